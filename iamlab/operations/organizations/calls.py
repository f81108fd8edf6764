"""What all operations of AWS Organizations have in common: who may call, ARNs, condition keys.

Beside permission an operation wants the right account: most are for the management account, those
that only read for delegated administrators too, and a few for every account of the organization.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS Organizations"; "Delegated administrator
for AWS services that work with Organizations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.errors.organizations import AccessDeniedException
from iamlab.model.organization.organization import organization_of, own_organization
from iamlab.operations.dispatch import Call
from iamlab.operations.organizations.parameters import RULES, check_values, fault
from iamlab.operations.registry import nothing
from iamlab.operations.registry import operation as register

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.operations.registry import About, Answer, Pairs, Parameters, Perform

MANAGEMENT, DELEGATE, MEMBER, ANYBODY = "management", "delegate", "member", "anybody"
"""Who may call: the management account; a delegated administrator too; every account in the
organization; every account at all."""

_KINDS = {"r": "root", "ou": "ou"}


def caller_in(account: Account, by: str) -> Organization:
    """Find the organization of the account that calls.

    Raises
    ------
    AWSOrganizationsNotInUseException
        It is in none.
    AccessDeniedException
        The operation is for others.
    """
    organization = own_organization(account)
    key = account.account_id
    may = (
        by == MEMBER
        or key == organization.management_account_id
        or (by == DELEGATE and key in organization.delegates)
    )
    if not may:
        error = AccessDeniedException("You don't have permissions to access this resource.")
        also = " or a delegated administrator" if by == DELEGATE else ""
        error.add_note(f"Only the management account{also} can do that.")
        raise error
    return organization


@dataclass(slots=True)
class OrganizationsCall(Call):
    """A call of AWS Organizations: values are checked once it is known that the caller may."""

    def work(self) -> Any:
        """Do it, on the caller's organization or, if the operation says so, on the account."""
        if self.who.account_id != self.account_id:
            raise RequestError(
                f"{self.who.arn} is not of account {self.account_id}: an operation of AWS "
                "Organizations works for the caller's own account."
            )
        check_values(self.parameters)
        by = self.entry.allows
        place = self.account if by == ANYBODY else caller_in(self.account, by)
        made = self.entry.perform(place, self.parameters)
        if not self.entry.is_read_only:
            self.world.changed()
        return made


def anything(_: Account, __: Parameters) -> str:
    """Return the ARN of operations that are about nothing in particular."""
    return "*"


def operation(
    name: str,
    about: str | About = anything,
    answer: Answer = nothing,
    *,
    by: str = MANAGEMENT,
    **more: Any,
) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation on the caller's organization, or account.

    Parameters
    ----------
    about
        The parameter that names what it is about by its id, or what gives the ARN.
    by
        Which account may call: ``ANYBODY`` need be in no organization.
    """
    arn = named_by(about) if isinstance(about, str) else about
    more |= {"keys": _keys, "refuse": AccessDeniedException, "call_type": OrganizationsCall}
    return register(f"organizations:{name}", arn, answer, allows=by, **more)


def as_one(noun: str, write: Callable[[Any], dict[str, Any]]) -> Answer:
    """Answer a single part under its noun."""
    return lambda made: {noun: write(made)}


def _keys(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys of the service: the type of a policy, and a service's principal."""
    organization = organization_of(account.world, account.account_id)
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
    """Return the ARN of what has an id, or would have it; ``*`` of what is none."""
    organization = organization_of(account.world, account.account_id)
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
    """Let an operation be about what a parameter names by its id."""
    return lambda account, arguments: arn_of(account, arguments.get(parameter))


def tagging(about: About = anything) -> Pairs:
    """Let an operation that makes something need permission to tag it, if it gets tags."""

    def also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        return (
            [("organizations:TagResource", about(account, arguments))]
            if arguments.get("Tags")
            else []
        )

    return also


def needing(action: str, *parameters: str) -> Pairs:
    """Let an operation need its permission on further parts, too."""

    def also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        arns = (arn_of(account, arguments.get(parameter)) for parameter in parameters)
        return [(f"organizations:{action}", arn) for arn in arns]

    return also
