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
from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import LOW, MEDIUM, Control
from iamlab.analysis.credential_report.credentials import own_policies
from iamlab.model import managed_policies as managed
from iamlab.model.identities import Bounded
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.audit.controls import Case, Flaw
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

_UNIQUE_ID = re.compile(r"(AIDA|AROA)[A-Z0-9]{16,}", re.ASCII)
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True)
class _Known:
    """What there is in an account, to look names up."""

    account: Account

    @cached_property
    def held(self) -> dict[str, Mapping[str, object]]:
        """Give what there is of each kind; a list that an export left out is not known."""
        kinds: dict[str, Mapping[str, object]] = {
            "user": {one.arn: one for one in self.account.users.values()},
            "group": {one.arn: one for one in self.account.groups.values()},
            "role": {one.arn: one for one in self.account.roles.values()},
            "policy": self.account.policies,
            "saml-provider": self.account.saml_providers,
            "oidc-provider": self.account.oidc_providers,
            "instance-profile": {one.arn: one for one in self.account.instance_profiles.values()},
        }
        loaded = self.account.world.loaded
        return {kind: things for kind, things in kinds.items() if things or not loaded}

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
            return "role" in self.held and role not in self.account.roles
        made_later = any(path in f"/{arn.resource}" for path in _OF_AWS)
        if arn.service != "iam" or arn.kind not in self.held or made_later:
            return False
        return name not in self.held[arn.kind]

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
            (kind, Arn.parse(arn).name): arn for kind, things in self.held.items() for arn in things
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


def _documents(account: Account) -> Iterator[tuple[str, str, Policy]]:
    """Give every document: the ARN of what it hangs on, what it is called, and itself."""
    for held in (account.users, account.groups, account.roles):
        for one in held.values():
            for name, policy in one.inline.items():
                yield one.arn, f"Inline policy {name}", policy
    for own in own_policies(account):
        yield own.arn, f"Its version {own.default_version_id}", own.document
    for role in account.roles.values():
        if role.trust is not None:
            yield role.arn, "The trust policy", role.trust
    yield from _of_resources(account)


def _of_resources(account: Account) -> Iterator[tuple[str, str, Policy]]:
    for bucket in account.buckets.values():
        if bucket.policy is not None:
            yield f"arn:{account.partition}:s3:::{bucket.name}", "Its policy", bucket.policy
    for arn, policy in account.world.resource_policies.items():
        yield arn, "Its policy", policy


def _names(statement: Statement) -> Iterator[str]:
    """Give everything that a statement names."""
    for principals in (statement.principal, statement.not_principal):
        yield from (value for _, value in principals or ())
    if not _only_creates(statement):
        yield from statement.resource or ()
        yield from statement.not_resource or ()
    for condition in statement.conditions:
        yield from condition.values


def _only_creates(statement: Statement) -> bool:
    """Say whether it is about what is not there yet."""
    actions = statement.action or ()
    return bool(actions) and all(one.lower().startswith("iam:create") for one in actions)


def _nowhere(case: Case) -> Iterator[Flaw]:
    known = _Known(case.account)
    for holder, what, policy in _documents(case.account):
        for statement in policy.statements:
            for name in dict.fromkeys(_names(statement)):
                if known.lacks(name):
                    where = f"{what}, statement {statement.label}, names {name}"
                    yield holder, f"{where}, which is not there.", _mend(known, name)
    yield from _attached_nowhere(case)


def _mend(known: _Known, name: str) -> str:
    new = known.now_called(name)
    return f"Name {new}, as it is called now." if new else "Name what is meant, or take it out."


def _attached_nowhere(case: Case) -> Iterator[Flaw]:
    """Look for attached policies and boundaries that only a file can leave out."""
    for one in case.identities:
        boundary = one.boundary if isinstance(one, Bounded) else None
        for arn in (*one.attached, *([boundary] if boundary else [])):
            if arn not in case.account.policies and managed.find(arn) is None:
                yield (
                    one.arn,
                    f"It has the policy {arn}, whose document is not there.",
                    "Export the account again, with all of its policies.",
                )


def _trusts_nobody(case: Case) -> Iterator[Flaw]:
    known = _Known(case.account)
    for role in case.roles:
        if role.trust is not None and not role.path.startswith(_OF_AWS):
            trusted = list(_trusted(role))
            if all(known.lacks(name) for name in trusted):
                nobody = "whom it names is not there" if trusted else "it names nobody"
                yield (
                    role.arn,
                    f"Nobody can assume the role: {nobody}.",
                    "Delete the role, or say who may: role.update_assume_role_policy(...).",
                )


def _trusted(role: Role) -> Iterator[str]:
    for statement in role.trust.statements if role.trust else ():
        if statement.effect == "Allow":
            yield from (value for _, value in statement.principal or ())


CONTROLS = (
    Control("missing-name", "Policies name what is there", MEDIUM, look=_nowhere),
    Control("trusts-nobody", "Every role can be assumed by somebody", LOW, look=_trusts_nobody),
)
