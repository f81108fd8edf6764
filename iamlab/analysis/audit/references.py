"""Names that lead nowhere: policies that still name what was renamed, moved or deleted.

A user or group that is renamed keeps its id and its policies; but policies that name it by its ARN
do not follow. Worse: whoever is given the old name later may get what was meant for another.

Notes
-----
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.audit.controls import AuditedAccount, Check, Flaw
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

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


REFERENCE_CHECKS: dict[str, Check] = {"missing-name": _missing_names, "trusts-nobody": _trusts_nobody}
