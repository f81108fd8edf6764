"""Policies of an organization: what they are, and where they hang.

Notes
-----
AWS pages: "Service control policies (SCPs)"; "Resource control policies (RCPs)".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, did_you_mean
from iamlab.organization_errors import MalformedPolicyDocumentException
from iamlab.policy.document import Policy
from iamlab.policy.writing import written
from iamlab.world.organization.targets import Part
from iamlab.world.policy_types import RCP, SCP

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.organization import Organization
    from iamlab.world.organization.targets import Target
    from iamlab.world.saving import Document


@dataclass(frozen=True, slots=True)
class PolicyType:
    """What is the same for all policies of a type.

    Parameters
    ----------
    rules
        What its documents are checked as: ``"scp"`` or ``"rcp"``.
    full_access
        The name of AWS's own policy, which lets everything through.
    statement
        Its one statement.
    most
        So many of them hang on one root, OU or account at most; AWS's own one counts.
    always_hangs
        Whether AWS's own one can never be detached.
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


TYPES: Mapping[str, PolicyType] = {
    SCP: PolicyType(
        "scp",
        "FullAWSAccess",
        "Allows access to every operation",
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        10,
        always_hangs=False,
    ),
    RCP: PolicyType(
        "rcp",
        "RCPFullAWSAccess",
        "Allows access to every resource",
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        5,
        always_hangs=True,
    ),
}
"""The types that decide who may do what; tag policies and their like do not, and are left out."""

OTHER_TYPES = (
    *("TAG_POLICY", "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY", "CHATBOT_POLICY"),
    *("DECLARATIVE_POLICY_EC2", "SECURITYHUB_POLICY", "SECURITYHUB_CSPM_POLICY"),
    *("INSPECTOR_POLICY", "UPGRADE_ROLLOUT_POLICY", "BEDROCK_POLICY", "S3_POLICY"),
    *("NETWORK_SECURITY_DIRECTOR_POLICY", "GUARDDUTY_POLICY"),
)
"""Types that AWS has besides."""


def type_of(policy_type: str) -> PolicyType:
    """Find a type by its name.

    Raises
    ------
    RequestError
        It is none, or none that decides who may do what.

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
class OrganizationPolicy(Part):
    """An SCP or an RCP: it grants nothing, it says how far grants can reach.

    Parameters
    ----------
    type
        ``SERVICE_CONTROL_POLICY`` or ``RESOURCE_CONTROL_POLICY``.
    """

    name: str
    type: str
    document: Policy = field(repr=False)
    description: str = field(default="", repr=False)
    is_aws_managed: bool = field(default=False, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def arn(self) -> str:
        """Of the management account; AWS's own policies are everybody's."""
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
        """Where it hangs."""
        return [target for target in self.organization.targets if self.id in target.attached]

    def attach(self, target: Target | Account | str) -> None:
        """Attach it to a root, an OU or an account."""
        self.organization.attach_policy(self, target)

    def detach(self, target: Target | Account | str) -> None:
        """Detach it from a root, an OU or an account."""
        self.organization.detach_policy(self, target)

    def update(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        content: Document | None = None,
    ) -> None:
        """Change it, wherever it hangs."""
        self._do(
            "UpdatePolicy",
            PolicyId=self.id,
            Name=name,
            Description=description,
            Content=None if content is None else as_content(content),
        )

    def delete(self) -> None:
        """Delete it.

        Raises
        ------
        PolicyInUseException
            It hangs somewhere.
        """
        self._do("DeletePolicy", PolicyId=self.id)


def as_content(document: Document) -> Any:
    """Give a document as the API takes it, without white space: AWS would count that.

    Raises
    ------
    MalformedPolicyDocumentException
        It cannot be written as JSON.
    """
    if isinstance(document, Policy):
        return document.text or written(document.statements, document).text
    if not isinstance(document, Mapping):
        return document
    try:
        return json.dumps(dict(document), separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        refusal = MalformedPolicyDocumentException("The provided policy document is not JSON.")
        refusal.add_note(f"$: {error}.")
        raise refusal from None


@cache
def full_access(policy_type: str) -> Policy:
    """Give the document of AWS's own policy of a type."""
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
    """List the ids of the policies of a type that hang on a target."""
    policies = organization.policies
    return [key for key in target.attached if policies[key].type == policy_type]
