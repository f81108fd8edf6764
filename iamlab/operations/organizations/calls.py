"""Calls to AWS Organizations: who can call, ARNs, condition keys.

An operation needs permission and the right account: most are for the management account, read-only
ones also for delegated administrators, and a few for all accounts of the organization. A resource
policy can let member accounts call more.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS Organizations"; "Delegated administrator
for AWS services that work with Organizations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, noted
from iamlab.errors.organizations import AccessDeniedException, ConstraintViolationException
from iamlab.model.organization.organization import (
    ANYBODY,
    DELEGATE,
    callers_of,
    own_organization,
)
from iamlab.operations.dispatch import Call
from iamlab.operations.organizations.parameters import RULES, check_values, fault
from iamlab.operations.registry import nothing
from iamlab.operations.registry import operation as register

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.operations.registry import About, Answer, Pairs, Parameters, Perform

_KINDS = {"r": "root", "ou": "ou"}


@dataclass(slots=True)
class OrganizationsCall(Call):
    """A call to AWS Organizations, which checks values after permissions.

    An operation for the management account also works for a member account if the organization's
    resource policy allows the call, which :meth:`authorize` has decided.
    """

    def work(self) -> Any:
        """Perform it, on the caller's organization or, for some operations, the account."""
        if self.who.account_id != self.account_id:
            raise RequestError(
                f"{self.who.arn} isn't in account {self.account_id}: an operation of AWS "
                "Organizations works for the caller's own account."
            )
        check_values(self.parameters)
        by, place = callers_of(self.operation), self.account
        made = self.entry.perform(place if by == ANYBODY else self._own(by), self.parameters)
        if not self.entry.is_read_only:
            self.world.changed()
        return made

    def _own(self, by: str) -> Organization:
        """Find the organization of the calling account.

        Raises
        ------
        AWSOrganizationsNotInUseException
            The account isn't in an organization.
        AccessDeniedException
            The operation is for other accounts.
        """
        organization, call = own_organization(self.account), (self.account_id, self.operation)
        is_delegated = bool(self.decisions) and organization.delegation(*call) is not None
        if not is_delegated and not organization.is_open_to(*call):
            error = AccessDeniedException("You don't have permissions to access this resource.")
            also = " or a delegated administrator" if by == DELEGATE else ""
            raise noted(error, f"Only the management account{also} can do that.")
        return organization


def check_all_features(organization: Organization) -> None:
    """Check that the organization has more than consolidated billing.

    Raises
    ------
    ConstraintViolationException
        It doesn't.
    """
    if organization.feature_set != "ALL":
        raise ConstraintViolationException(
            "The organization doesn't have all features enabled.",
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        )


def anything(_: Account, __: Parameters) -> str:
    """Return the ARN for operations without a resource."""
    return "*"


def operation(
    name: str,
    about: str | About = anything,
    answer: Answer = nothing,
    **more: Any,
) -> Callable[[Perform], Perform]:
    """Register a function as an operation on the caller's organization or account.

    Parameters
    ----------
    about
        The parameter with the resource's id, or a function that returns the ARN.
    """
    arn = named_by(about) if isinstance(about, str) else about
    more |= {"keys": _keys, "refuse": AccessDeniedException, "call_type": OrganizationsCall}
    return register(f"organizations:{name}", arn, answer, **more)


def _keys(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys of the service: the type of a policy, and a service's principal."""
    organization = account.world.organization_of(account.account_id)
    policies = {} if organization is None else organization.policies
    policy = policies.get(arguments.get("PolicyId", arguments.get("ResourceId", "")))
    named = [arguments[name] for name in ("Type", "PolicyType", "Filter") if name in arguments]
    types = [policy.type] if policy else [name for name in named if isinstance(name, str)]
    service = arguments.get("ServicePrincipal")
    return {
        **({"organizations:PolicyType": types[0]} if types else {}),
        **({"organizations:ServicePrincipal": service} if service else {}),
    }


def arn_of(account: Account, key: object) -> str:
    """Return the ARN for an id; ``*`` if it isn't an id."""
    organization = account.world.organization_of(account.account_id)
    if organization is None or not isinstance(key, str):
        return "*"
    if key in organization.policies:
        return organization.policies[key].arn
    if fault(RULES["ResourceId"], key):
        return "*"
    prefix = key.partition("-")[0]
    if prefix == "p":
        return organization.arn_of("policy", f"service_control_policy/{key}")
    return organization.arn_of(_KINDS.get(prefix, "account"), key)


def named_by(parameter: str) -> About:
    """Return a function that returns the ARN for a parameter's id."""
    return lambda account, arguments: arn_of(account, arguments.get(parameter))


def tagging(about: About = anything) -> Pairs:
    """Return the permission to tag, which creating a part with tags also needs."""

    def also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        if not arguments.get("Tags"):
            return []
        return [("organizations:TagResource", about(account, arguments))]

    return also


def needing(action: str, *parameters: str) -> Pairs:
    """Return the same permission on more parts."""

    def also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        arns = (arn_of(account, arguments.get(parameter)) for parameter in parameters)
        return [(f"organizations:{action}", arn) for arn in arns]

    return also
