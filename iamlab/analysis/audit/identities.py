"""Checks of identities and their policies: policies that allow too much, empty groups, tags.

Like AWS Config's rules, these read the text of statements and ignore conditions and boundaries.

Names that lead nowhere: policies that still name what was renamed, moved or deleted.

A user or group that is renamed keeps its id and its policies; but policies that name it by its ARN
do not follow. Worse: whoever is given the old name later may get what was meant for another.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management", and "... for AWS KMS".
AWS pages: "IAM identifiers"; "Rename an IAM user"; "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.model import managed_policies
from iamlab.model.identities import Bounded
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.audit.controls import AuditedAccount, Check, Flaw
    from iamlab.model.account import Account
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

    IsWrong = Callable[[Statement], bool]


SUPPORT = "AWSSupportAccess"
CLOUD_SHELL = "AWSCloudShellFullAccess"

_WHOLE_SERVICE = re.compile(r"[a-z0-9-]+:\*+", re.ASCII | re.IGNORECASE)
_EVERY_KEY = re.compile(r"\*+|arn:[^:]*:kms:[^:]*:[^:]*:(\*+|key/\*+|alias/\*+)", re.ASCII)
_DECRYPTING = ("kms:Decrypt", "kms:ReEncryptFrom")


def allows_everything(statement: Statement) -> bool:
    """Say whether a statement allows every action on every resource, whatever its conditions."""
    return (
        statement.effect == "Allow"
        and any(_is_all(action, "*:*") for action in statement.action or ())
        and any(_is_all(resource) for resource in statement.resource or ())
    )


def _is_all(value: str, other: str = "*") -> bool:
    return value == other or (bool(value) and not value.strip("*"))


def _allows_a_service(statement: Statement) -> bool:
    """``service:*``, or everything but one service; wildcards in an action's name don't count."""
    listed = [*(statement.action or ()), *(statement.not_action or ())]
    return statement.effect == "Allow" and any(map(_WHOLE_SERVICE.fullmatch, listed))


def _decrypts_with_every_key(statement: Statement) -> bool:
    if statement.effect != "Allow" or statement.resource is None:
        return False
    patterns = statement.not_action or () if statement.action is None else statement.action
    listed = (
        any(glob_ignoring_case(pattern, action) for pattern in patterns) for action in _DECRYPTING
    )
    acts = any(one is (statement.action is not None) for one in listed)
    return acts and any(map(_EVERY_KEY.fullmatch, statement.resource))


def _labels(policy: Policy, is_wrong: IsWrong) -> str:
    """Name the statements that are wrong; empty if none is."""
    return ", ".join(one.label for one in policy.statements if is_wrong(one))


def _all_policies(audited: AuditedAccount) -> Iterable[ManagedPolicy]:
    return audited.own_policies


def _granting_policies(audited: AuditedAccount) -> Iterable[ManagedPolicy]:
    """Leave out policies that are boundaries only: they grant nothing."""
    boundaries = audited.bounding - audited.attached
    return (policy for policy in audited.own_policies if policy.arn not in boundaries)


def _managed(
    which: Callable[[AuditedAccount], Iterable[ManagedPolicy]],
    is_wrong: IsWrong,
    what: str,
    fix: str,
) -> Check:
    """Check the default version of the customer managed policies."""

    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        for policy in which(audited):
            if labels := _labels(policy.document, is_wrong):
                nobody = "" if policy.arn in audited.attached else " Nobody has the policy now."
                yield policy.arn, f"{what} (statement {labels}).{nobody}", fix

    return check


def _inline(is_wrong: IsWrong, what: str, fix: str) -> Check:
    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        for identity in audited.identities:
            for name, policy in identity.inline.items():
                if labels := _labels(policy, is_wrong):
                    yield identity.arn, f"Inline policy {name}: {what} (statement {labels}).", fix

    return check


def _users_own_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Give it to a group, and put the user into it; or let people use roles."
    for user in audited.account.users.values():
        if count := len(user.attached) + len(user.inline):
            many = "1 policy" if count == 1 else f"{count} policies"
            yield user.arn, f"The user has {many} of its own.", fix


def _inline_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Make managed policies of them: they have versions, and are seen in one place."
    for identity in audited.identities:
        if identity.inline:
            yield identity.arn, f"Inline policies: {', '.join(identity.inline)}.", fix


def _support(audited: AuditedAccount) -> Iterator[Flaw]:
    if not any(arn.endswith(f":aws:policy/{SUPPORT}") for arn in audited.attached):
        yield (
            f"account {audited.account.account_id}",
            f"Nobody has {SUPPORT}, so nobody but administrators can ask AWS Support for help.",
            f"Attach {SUPPORT} to a role for whoever handles incidents.",
        )


def _cloud_shell(audited: AuditedAccount) -> Iterator[Flaw]:
    what = f"{CLOUD_SHELL} allows to upload and download files, past all other ways out."
    fix = "Detach it, and allow cloudshell actions without GetFileDownloadUrls."
    for identity in audited.identities:
        if any(arn.endswith(f":aws:policy/{CLOUD_SHELL}") for arn in identity.attached):
            yield identity.arn, what, fix


def _unused_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    what = "Nobody has this policy, and it is nobody's boundary."
    for policy in audited.own_policies:
        if policy.arn not in audited.attached | audited.bounding:
            yield policy.arn, what, "Delete it, unless it waits for somebody: policy.delete()."


def _empty_groups(audited: AuditedAccount) -> Iterator[Flaw]:
    members = {name for user in audited.account.users.values() for name in user.groups}
    for group in audited.account.groups.values():
        if group.name not in members:
            yield group.arn, "The group has no members.", "Delete it, or add users."


def _users_without_group(audited: AuditedAccount) -> Iterator[Flaw]:
    for user in audited.account.users.values():
        if not user.groups:
            yield user.arn, "The user is in no group.", "Add the user to one: group.add_user(user)."


def _untagged(audited: AuditedAccount, identities: Iterable[Bounded]) -> Iterator[Flaw]:
    for one in identities:
        if one.path.startswith("/aws-service-role/"):
            continue  # only AWS can tag it
        missing = [key for key in audited.thresholds.required_tags if key not in one.tags]
        if missing:
            yield one.arn, f"Tags are missing: {', '.join(missing)}.", "Set them: tag({...})."
        elif not one.tags:
            yield one.arn, "There are no tags.", "Say whose it is and what for: tag({...})."


_ACTIONS = "List the actions that are needed; policy.create_version(...) replaces the document."
_KEYS = "Name the keys in Resource."

CHECKS: dict[str, Check] = {
    "policy-admin": _managed(
        _granting_policies, allows_everything, "It allows everything on everything", _ACTIONS
    ),
    "inline-policy-admin": _inline(
        allows_everything, "it allows everything on everything", "Allow what is needed only."
    ),
    "policy-whole-service": _managed(
        _all_policies, _allows_a_service, "It allows all actions of a service", _ACTIONS
    ),
    "policy-kms-decrypt": _managed(
        _all_policies, _decrypts_with_every_key, "It decrypts with every KMS key", _KEYS
    ),
    "inline-policy-kms-decrypt": _inline(
        _decrypts_with_every_key, "it decrypts with every KMS key", _KEYS
    ),
    "user-policies": _users_own_policies,
    "inline-policies": _inline_policies,
    "support-role": _support,
    "cloudshell-full-access": _cloud_shell,
    "unused-policy": _unused_policies,
    "role-tags": lambda audited: _untagged(audited, audited.roles),
    "user-tags": lambda audited: _untagged(audited, audited.account.users.values()),
    "empty-group": _empty_groups,
    "user-without-group": _users_without_group,
}


_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{16,}", re.ASCII)
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True)
class _AccountNames:
    """What there is in an account, to look names up."""

    account: Account

    @cached_property
    def arns(self) -> dict[str, dict[str, None]]:
        """Give the ARNs of each kind; a list that an export left out is not known."""
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
            kind: dict.fromkeys(one.arn for one in held.values())
            for kind, held in kinds.items()
            if held or not account.world.loaded
        }

    @cached_property
    def ids(self) -> frozenset[str]:
        """The unique ids of all users and roles of the world."""
        return frozenset(
            one.unique_id
            for account in self.account.world.accounts.values()
            for one in (*account.users.values(), *account.roles.values())
        )

    def lacks(self, name: str) -> bool:
        """Say whether a name is that of something of this account that is not there."""
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
        made_later = any(path in f"/{arn.resource}" for path in _OF_AWS)
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
        """Give the ARNs by kind and name, without path."""
        return {
            (kind, Arn.parse(arn).name): arn for kind, arns in self.arns.items() for arn in arns
        }

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
    """Give every policy document: the ARN of its holder, what it is called, and the document."""
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
    """Give everything that a statement names."""
    for principals in (statement.principal, statement.not_principal):
        yield from (value for _, value in principals or ())
    actions = statement.action or ()
    # What iam:Create... is about doesn't exist yet.
    if not actions or not all(one.lower().startswith("iam:create") for one in actions):
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
        if role.trust is None or role.path.startswith(_OF_AWS):
            continue
        allows = (one for one in role.trust.statements if one.effect == "Allow")
        trusted = [value for statement in allows for _, value in statement.principal or ()]
        if all(map(names.lacks, trusted)):
            nobody = "whom it names is not there" if trusted else "it names nobody"
            yield role.arn, f"Nobody can assume the role: {nobody}.", fix


REFERENCE_CHECKS: dict[str, Check] = {
    "missing-name": _missing_names,
    "trusts-nobody": _trusts_nobody,
}
