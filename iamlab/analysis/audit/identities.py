"""Checks of identities and their policies: too much access, empty groups, tags, stale names.

Like AWS Config's rules, the checks of access read the text of statements and ignore conditions and
boundaries. A user or group that is renamed keeps its id and its policies; but policies that name it
by its ARN do not follow. Worse: whoever gets the old name later may get what was meant for another.

Notes
-----
AWS pages: "Security Hub controls for AWS Identity and Access Management", and "... for AWS KMS";
"IAM identifiers"; "Rename an IAM user"; "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.analysis.audit.controls import CHECKS, check
from iamlab.model import managed_policies
from iamlab.model.identities import Bounded
from iamlab.operations.iam.roles import OF_AWS, SERVICE_LINKED
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.audit.controls import AuditedAccount, Flaw
    from iamlab.model.account import Account
    from iamlab.model.identities import Group, Identity, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

    IsWrong = Callable[[Statement], bool]
    Texts = Iterator[str]


SUPPORT = "AWSSupportAccess"
CLOUD_SHELL = "AWSCloudShellFullAccess"

_WHOLE_SERVICE = re.compile(r"[a-z0-9-]+:\*+", re.ASCII | re.IGNORECASE)
_EVERY_KEY = re.compile(r"\*+|arn:[^:]*:kms:[^:]*:[^:]*:(\*+|key/\*+|alias/\*+)", re.ASCII)
_DECRYPTING = ("kms:Decrypt", "kms:ReEncryptFrom")


def allows_everything(statement: Statement) -> bool:
    """Return whether a statement allows every action on every resource, whatever its conditions."""
    return (
        statement.effect == "Allow"
        and any(_is_all(action, "*:*") for action in statement.action or ())
        and any(_is_all(resource) for resource in statement.resource or ())
    )


def _is_all(value: str, other: str = "*") -> bool:
    return value == other or (bool(value) and not value.strip("*"))


def _allows_a_service(statement: Statement) -> bool:
    """``service:*``, or everything except one service. Wildcards in action names don't count."""
    listed = [*(statement.action or ()), *(statement.not_action or ())]
    return statement.effect == "Allow" and any(map(_WHOLE_SERVICE.fullmatch, listed))


def _decrypts_with_every_key(statement: Statement) -> bool:
    if statement.effect != "Allow" or statement.resource is None:
        return False
    patterns = statement.not_action or () if statement.action is None else statement.action
    listed = (any(glob_ignoring_case(text, action) for text in patterns) for action in _DECRYPTING)
    acts = any(is_action is (statement.action is not None) for is_action in listed)
    return acts and any(map(_EVERY_KEY.fullmatch, statement.resource))


def _labels(policy: Policy, is_wrong: IsWrong) -> str:
    """Return the names of the statements that are wrong; empty if none is."""
    return ", ".join(statement.label for statement in policy.statements if is_wrong(statement))


def _managed(is_wrong: IsWrong, what: str) -> Callable[..., Texts]:
    """Check the default version of a customer managed policy."""

    def flaws(policy: ManagedPolicy, audited: AuditedAccount) -> Texts:
        if labels := _labels(policy.document, is_wrong):
            nobody = "" if policy.arn in audited.attached else " Nobody has the policy now."
            yield f"It {what} (statement {labels}).{nobody}"

    return flaws


def _inline(is_wrong: IsWrong, what: str) -> Callable[..., Texts]:
    def flaws(identity: Identity, _: AuditedAccount) -> Texts:
        for name, policy in identity.inline.items():
            if labels := _labels(policy, is_wrong):
                yield f"Inline policy {name}: it {what} (statement {labels})."

    return flaws


_ADMIN = (allows_everything, "allows everything on everything")
_SERVICE = (_allows_a_service, "allows all actions of a service")
_DECRYPTS = (_decrypts_with_every_key, "decrypts with every KMS key")

check("policy-admin", of="granting_policies")(_managed(*_ADMIN))
check("inline-policy-admin", of="identities")(_inline(*_ADMIN))
check("policy-whole-service", of="own_policies")(_managed(*_SERVICE))
check("policy-kms-decrypt", of="own_policies")(_managed(*_DECRYPTS))
check("inline-policy-kms-decrypt", of="identities")(_inline(*_DECRYPTS))


@check("user-policies", of="iam_users")
def _users_own_policies(user: User, _: AuditedAccount) -> Texts:
    if count := len(user.attached) + len(user.inline):
        yield f"The user has {'1 policy' if count == 1 else f'{count} policies'} of its own."


@check("inline-policies", of="identities")
def _inline_policies(identity: Identity, _: AuditedAccount) -> Texts:
    if identity.inline:
        yield f"Inline policies: {', '.join(identity.inline)}."


@check("support-role", of="itself")
def _support(_: AuditedAccount, audited: AuditedAccount) -> Texts:
    if not any(arn.endswith(f":aws:policy/{SUPPORT}") for arn in audited.attached):
        yield f"Nobody has {SUPPORT}, so nobody but administrators can ask AWS Support for help."


@check("cloudshell-full-access", of="identities")
def _cloud_shell(identity: Identity, _: AuditedAccount) -> Texts:
    if any(arn.endswith(f":aws:policy/{CLOUD_SHELL}") for arn in identity.attached):
        yield f"{CLOUD_SHELL} allows to upload and download files, past all other ways out."


@check("unused-policy", of="own_policies")
def _unused_policies(policy: ManagedPolicy, audited: AuditedAccount) -> Texts:
    if policy.arn not in audited.attached and policy.arn not in audited.bounding:
        yield "Nobody has this policy, and it is nobody's boundary."


@check("empty-group", of="groups")
def _empty_groups(group: Group, audited: AuditedAccount) -> Texts:
    if group.name not in audited.groups_with_members:
        yield "The group has no members."


@check("user-without-group", of="iam_users")
def _users_without_group(user: User, _: AuditedAccount) -> Texts:
    if not user.groups:
        yield "The user is in no group."


def _untagged(audited: AuditedAccount, identities: Iterable[Bounded]) -> Iterator[Flaw]:
    for principal in identities:
        if principal.path.startswith(SERVICE_LINKED):
            continue  # only AWS can tag it
        missing = [key for key in audited.thresholds.required_tags if key not in principal.tags]
        if missing:
            yield principal.arn, f"Tags are missing: {', '.join(missing)}.", "Set them: tag({...})."
        elif not principal.tags:
            yield principal.arn, "There are no tags.", "Add its owner and purpose: tag({...})."


CHECKS |= {
    "role-tags": lambda audited: _untagged(audited, audited.roles),
    "user-tags": lambda audited: _untagged(audited, audited.iam_users),
}


# -- names that lead nowhere ----------------------------------------------------------------------

_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{16,}", re.ASCII)


@dataclass(frozen=True)
class _AccountNames:
    """What there is in an account, to look names up."""

    account: Account

    @cached_property
    def arns(self) -> dict[str, dict[str, None]]:
        """Return the ARNs of each kind; a list that an export left out is not known."""
        account = self.account
        kinds: dict[str, Mapping[str, Any]] = {
            "user": account.users,
            "group": account.groups,
            "role": account.roles,
            "policy": account.policies,
            "saml-provider": account.saml_providers,
            "oidc-provider": account.oidc_providers,
            "instance-profile": account.instance_profiles,
        }
        return {
            kind: dict.fromkeys(principal.arn for principal in held.values())
            for kind, held in kinds.items()
            if held or not account.world.loaded
        }

    @cached_property
    def ids(self) -> frozenset[str]:
        """The unique ids of all users and roles of the world."""
        return frozenset(
            identity.unique_id
            for account in self.account.world.accounts.values()
            for identity in (*account.users.values(), *account.roles.values())
        )

    def lacks(self, name: str) -> bool:
        """Return whether a name is that of something of this account that is not there."""
        if _UNIQUE_ID.fullmatch(name):
            return not self.account.world.loaded and name not in self.ids
        if not is_arn(name) or any(mark in name for mark in ("*", "?", "${")):
            return False
        arn = Arn.parse(name)
        if arn.account != self.account.account_id:
            return False
        if (arn.service, arn.kind) == ("sts", "assumed-role"):
            role = arn.resource.removeprefix("assumed-role").lstrip("/").partition("/")[0]
            return "role" in self.arns and role not in self.account.roles
        made_later = any(path in f"/{arn.resource}" for path in OF_AWS)
        if arn.service != "iam" or arn.kind not in self.arns or made_later:
            return False
        return name not in self.arns[arn.kind]

    def now_called(self, name: str) -> str:
        """Find what was renamed or moved: its ARN today; empty if it was not."""
        arn = Arn.parse(name) if is_arn(name) else None
        if arn is None or arn.service != "iam":
            return ""
        called = arn.name
        for kind, old, new in self._renamed:
            if (kind, old) == (arn.kind, called):
                called = new
        return self._by_name.get((arn.kind, called), "")

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], str]:
        """Return the ARNs by kind and name, without path."""
        return {(kind, Arn.parse(arn).name): arn for kind, own in self.arns.items() for arn in own}

    @cached_property
    def _renamed(self) -> list[tuple[str, str, str]]:
        """List the renames that happened in this world: kind, old name, new name."""
        return [
            (kind, sent[f"{kind}Name"], sent[f"new{noun}Name"])
            for event in self.account.world.events
            for kind, noun in (("user", "User"), ("group", "Group"))
            if event.event_name == f"Update{noun}"
            and event.recipient_account_id == self.account.account_id
            and not event.error_code
            and f"new{noun}Name" in (sent := event.request_parameters or {})
        ]


def _documents(audited: AuditedAccount) -> Iterator[tuple[str, str, Policy]]:
    """Return every policy document: the ARN of its holder, what it is called, and the document."""
    account = audited.account
    for identity in audited.identities:
        for name, policy in identity.inline.items():
            yield identity.arn, f"Inline policy {name}", policy
    for managed in audited.own_policies:
        yield managed.arn, f"Its version {managed.default_version_id}", managed.document
    for role in audited.roles:
        if role.trust is not None:
            yield role.arn, "The trust policy", role.trust
    for bucket in account.buckets.values():
        if bucket.policy is not None:
            yield f"arn:{account.partition}:s3:::{bucket.name}", "Its policy", bucket.policy
    for arn, policy in account.world.resource_policies.items():
        yield arn, "Its policy", policy


def _names_in(statement: Statement) -> Iterator[str]:
    """Return everything that a statement names."""
    for principals in (statement.principal, statement.not_principal):
        yield from (value for _, value in principals or ())
    actions = statement.action or ()
    # What iam:Create... is about doesn't exist yet.
    if not actions or not all(action.lower().startswith("iam:create") for action in actions):
        yield from statement.resource or ()
        yield from statement.not_resource or ()
    for condition in statement.conditions:
        yield from condition.values


def _missing_names(audited: AuditedAccount) -> Iterator[Flaw]:
    names = _AccountNames(audited.account)
    for holder, what, policy in _documents(audited):
        for statement in policy.statements:
            for name in filter(names.lacks, dict.fromkeys(_names_in(statement))):
                new = names.now_called(name)
                fix = f"Name {new}, as it is called now." if new else _NAME_OR_REMOVE
                where = f"{what}, statement {statement.label}, names {name}"
                yield holder, f"{where}, which is not there.", fix
    for identity in audited.identities:
        boundary = identity.boundary if isinstance(identity, Bounded) else None
        # Only an export can leave out an attached policy.
        for arn in (*identity.attached, *([boundary] if boundary else [])):
            if arn not in audited.account.policies and managed_policies.find(arn) is None:
                what = f"It has the policy {arn}, whose document is not there."
                yield identity.arn, what, "Export the account again, with all of its policies."


_NAME_OR_REMOVE = "Name what is meant, or take it out."


def _trusts_nobody(audited: AuditedAccount) -> Iterator[Flaw]:
    names = _AccountNames(audited.account)
    fix = "Delete the role, or say who may: role.update_assume_role_policy(...)."
    for role in audited.roles:
        if role.trust is None or role.path.startswith(OF_AWS):
            continue
        allows = (statement for statement in role.trust.statements if statement.effect == "Allow")
        trusted = [value for statement in allows for _, value in statement.principal or ()]
        if all(map(names.lacks, trusted)):
            nobody = "its principals don't exist" if trusted else "it names no principal"
            yield role.arn, f"Nobody can assume the role: {nobody}.", fix


CHECKS |= {"missing-name": _missing_names, "trusts-nobody": _trusts_nobody}
