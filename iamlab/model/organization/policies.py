"""The policies of an organization: their types, their quotas, and how they apply level by level.

Notes
-----
AWS pages: "Managing organization policies with AWS Organizations"; "Quotas and service limits for
AWS Organizations", as of November 2026; "Service control policies (SCPs)"; "Resource control
policies (RCPs)"; "SCP evaluation"; "How RCPs work with AWS Organizations".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.display import Shown
from iamlab.engine.layers import AttachedPolicy
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.organization.targets import OrganizationPart
from iamlab.policy.document import Policy
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Target


SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"


DEEPEST = 5
"""How deep OUs can be nested."""


@dataclass(frozen=True, slots=True)
class PolicyType:
    """A type of policies.

    Parameters
    ----------
    rules
        The grammar of its documents: ``"scp"`` or ``"rcp"``.
    full_access
        The name of AWS's own policy, which allows everything.
    statement
        The statement of that policy.
    most
        How many can be attached to a root, OU or account, AWS's own policy included.
    always_hangs
        Whether AWS's own policy can't be detached.
    """

    rules: str
    full_access: str
    description: str
    statement: Mapping[str, str]
    most: int
    always_hangs: bool

    @property
    def full_access_id(self) -> str:
        """The id of AWS's own policy."""
        return f"p-{self.full_access}"


_TABLES: dict[str, Any] = tables(__file__, "../data/policy_types.toml")
TYPES: Mapping[str, PolicyType] = {
    name: PolicyType(**row) for name, row in _TABLES["types"].items()
}
"""The authorization policies. Tag policies and other management policies are left out."""

OTHER_TYPES = tuple(_TABLES["other_types"].split())
"""AWS's other types."""


def type_of(policy_type: str) -> PolicyType:
    """Find a type by its name.

    Raises
    ------
    RequestError
        It isn't a type, or isn't an authorization policy's.

    Examples
    --------
    >>> type_of("RESOURCE_CONTROL_POLICY").full_access_id
    'p-RCPFullAWSAccess'
    """
    if policy_type not in TYPES:
        hint = did_you_mean(str(policy_type), TYPES)
        raise RequestError(f"iamlab knows no policies of the type {policy_type!r}. {hint}")
    return TYPES[policy_type]


@dataclass(slots=True, eq=False)
class OrganizationPolicy(OrganizationPart):
    """A policy of an organization."""

    name: str
    type: str
    document: Policy = field(repr=False)
    description: str = field(default="", repr=False)
    is_aws_managed: bool = field(default=False, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def arn(self) -> str:
        """The management account's; AWS's own policies belong to AWS."""
        end = f"{self.type.lower()}/{self.id}"
        organization = self.organization
        if self.is_aws_managed:
            return f"arn:{organization.partition}:organizations::aws:policy/{end}"
        return organization.arn_of("policy", end)

    @property
    def content(self) -> str:
        """Its JSON text."""
        return self.document.text

    @property
    def targets(self) -> list[Target]:
        """Where it is attached."""
        return [target for target in self.organization.targets if self.id in target.attached]


@dataclass(slots=True, eq=False)
class ResourcePolicy(OrganizationPart):
    """The policy that lets member accounts call operations of AWS Organizations."""

    policy: Policy = field(repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    service: ClassVar[str] = "organizations"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:resourcepolicy/o-.../rp-...``."""
        return self.organization.arn_of("resourcepolicy", self.id)


@cache
def full_access(policy_type: str) -> Policy:
    """Return the document of AWS's own policy of a type."""
    known = TYPES[policy_type]
    document = {"Version": "2012-10-17", "Statement": [dict(known.statement)]}
    return Policy.parse(json.dumps(document, indent=2), name=known.full_access)


def aws_managed(organization: Organization) -> dict[str, OrganizationPolicy]:
    """Make AWS's own policies for an organization, by id."""
    return {
        known.full_access_id: OrganizationPolicy(
            organization.world,
            organization.id,
            known.full_access_id,
            known.full_access,
            policy_type,
            full_access(policy_type),
            known.description,
            is_aws_managed=True,
        )
        for policy_type, known in TYPES.items()
    }


def of_type(organization: Organization, target: Target, policy_type: str) -> list[str]:
    """List the ids of the policies of a type that are attached to a target."""
    policies = organization.policies
    return [key for key in target.attached if policies[key].type == policy_type]


def levels(
    organization: Organization, account_id: str, policy_type: str
) -> tuple[tuple[AttachedPolicy, ...], ...]:
    """Return the policies that apply to an account from above, the root first.

    There are none if the type isn't enabled, or for the management account: no SCP limits its
    principals, and no RCP its resources.
    """
    type_of(policy_type)
    if policy_type not in organization.root.policy_types:
        return ()
    if account_id == organization.management_account_id or account_id not in organization.members:
        return ()
    return tuple(
        tuple(
            AttachedPolicy(policy.document, policy.arn, (target.label,))
            for policy in map(organization.policies.__getitem__, target.attached)
            if policy.type == policy_type
        )
        for target in organization.way_to(account_id)
    )


@dataclass(frozen=True, slots=True)
class Level:
    """The policies attached to a root, OU or account above an account's principals.

    Parameters
    ----------
    label
        ``root``, ``OU Prod``, ``account acme-dev``.
    """

    label: str
    target_id: str
    policies: tuple[AttachedPolicy, ...]


@dataclass(frozen=True, slots=True)
class EffectivePolicies(Shown):
    """The policies that apply to an account from above; every level must allow, and none can deny.

    Parameters
    ----------
    levels
        The root first, the account last.
    note
        Why no policy applies, if none does.
    """

    account_id: str
    account_name: str
    type: str
    levels: tuple[Level, ...]
    note: str = ""

    def __str__(self) -> str:
        head = f"{self.type} for {self.account_name} ({self.account_id})"
        if self.note:
            return f"{head}: {self.note}"
        wide = max(len(level.label) for level in self.levels)
        lines = [f"{head}: each level must allow, none can deny"]
        for level in self.levels:
            names = ", ".join(attached.policy.name for attached in level.policies)
            lines.append(f"  {level.label:<{wide}}  {names}")
        return "\n".join(lines)


def effective(organization: Organization, account: Account, policy_type: str) -> EffectivePolicies:
    """Return the policies that apply to an account from above."""
    found = levels(organization, account.account_id, policy_type)
    path = organization.way_to(account.account_id)
    shown = tuple(
        Level(target.label, target.id, policies)
        for target, policies in zip(path, found, strict=False)
    )
    note = "" if found else _why_nothing(organization, policy_type)
    return EffectivePolicies(account.account_id, account.name, policy_type, shown, note)


def _why_nothing(organization: Organization, policy_type: str) -> str:
    if policy_type not in organization.root.policy_types:
        return "nothing: the type isn't enabled"
    what = "its principals" if policy_type == SCP else "its resources"
    return f"nothing: it is the management account, so no policy limits {what}"
