"""What all operations of AWS Organizations have in common: who may call, ARNs, pages.

Beside permission an operation wants the right account: most are for the management account, those
that only read for delegated administrators too, and a few for every account of the organization.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS Organizations"; "Delegated administrator
for AWS services that work with Organizations".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.organizations import (
    AccessDeniedException,
    AccountNotFoundException,
    InvalidInputException,
    ParentNotFoundException,
)
from iamlab.model.organization.organization import organization_of, own_organization
from iamlab.operations.dispatch import Call
from iamlab.operations.organizations.parameters import RULES, check_values, fault
from iamlab.operations.registry import as_it_is, nothing
from iamlab.operations.registry import operation as register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Container, Member
    from iamlab.operations.registry import About, Answer, Pairs, Parameters, Perform

MANAGEMENT, DELEGATE, MEMBER, ANYBODY = "management", "delegate", "member", "anybody"
"""Who may call: the management account; a delegated administrator too; every account in the
organization; every account at all."""

PAGE = 20

_KINDS = {"r": "root", "ou": "ou"}

Thing = TypeVar("Thing")


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
        if self.entry.allows == ANYBODY:
            return self.entry.perform(self.account, self.parameters)
        return self.entry.perform(caller_in(self.account, self.entry.allows), self.parameters)


def operation(
    name: str, about: About, answer: Answer = nothing, *, by: str = MANAGEMENT, **more: Any
) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation on the caller's organization, or account.

    Parameters
    ----------
    by
        Which account may call: ``ANYBODY`` need be in no organization.
    """
    more |= {"keys": _keys, "refuse": AccessDeniedException, "call_type": OrganizationsCall}
    return register(f"organizations:{name}", about, answer, allows=by, **more)


def lists(
    name: str, about: About, noun: str, write: Callable[[Any], Any], *, by: str = DELEGATE
) -> Callable[[Perform], Perform]:
    """Make a function that finds things the entry of an operation that lists them, in pages."""

    def make(find: Perform) -> Perform:
        @operation(name, about, as_it_is, by=by)
        @wraps(find)
        def perform(place: Any, given: Parameters) -> dict[str, Any]:
            return page(noun, find(place, given), given, write)

        return perform

    return make


def as_one(noun: str, write: Callable[[Any], dict[str, Any]]) -> Answer:
    """Answer a single thing under its noun."""
    return lambda made: {noun: write(made)}


def _keys(account: Account, given: Parameters) -> dict[str, Any]:
    """Give the condition keys of the service: the type of a policy, and a service's principal."""
    organization = organization_of(account.world, account.account_id)
    policies = {} if organization is None else organization.policies
    policy = policies.get(given.get("PolicyId", given.get("ResourceId", "")))
    named = [given[name] for name in ("Type", "PolicyType", "Filter") if name in given]
    types = [policy.type] if policy else [one for one in named if isinstance(one, str)]
    service = given.get("ServicePrincipal")
    return {
        **({"organizations:PolicyType": types[0]} if types else {}),
        **({"organizations:ServicePrincipal": service} if service else {}),
    }


def anything(_: Account, __: Parameters) -> str:
    """Give the ARN of operations that are about nothing in particular."""
    return "*"


def arn_of(account: Account, key: object) -> str:
    """Give the ARN of what has an id, or would have it; ``*`` of what is none."""
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

    def about(account: Account, given: Parameters) -> str:
        return arn_of(account, given.get(parameter))

    return about


def tagging(about: About) -> Pairs:
    """Let an operation that makes something need permission to tag it, if it gets tags."""

    def also(account: Account, given: Parameters) -> list[tuple[str, str]]:
        return [("organizations:TagResource", about(account, given))] if given.get("Tags") else []

    return also


def needing(action: str, *parameters: str) -> Pairs:
    """Let an operation need its permission on further things, too."""

    def also(account: Account, given: Parameters) -> list[tuple[str, str]]:
        arns = (arn_of(account, given.get(parameter)) for parameter in parameters)
        return [(f"organizations:{action}", arn) for arn in arns]

    return also


def found(known: Mapping[str, Thing], key: str, refusal: AwsError) -> Thing:
    """Find something by its id, or raise what AWS answers."""
    if key not in known:
        refusal.add_note(did_you_mean(key, known))
        raise refusal
    return known[key]


def parent_of(organization: Organization, key: str) -> Container:
    """Find the root or OU that a call names as parent."""
    parent = organization.container(key)
    if parent is None:
        raise ParentNotFoundException("You specified a parent that doesn't exist.")
    return parent


def member_of(organization: Organization, given: Parameters) -> Member:
    """Find the account that a call is about: one of the organization's."""
    refusal = AccountNotFoundException("You specified an account that doesn't exist.")
    return found(organization.members, given["AccountId"], refusal)


def page(
    name: str, things: Iterable[Any], given: Parameters, write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give one page of a list.

    Raises
    ------
    InvalidInputException
        The token is of no page.
    """
    every = list(things)
    token = given.get("NextToken", "0")
    if not (token.isascii() and token.isdecimal() and len(token) < 9) or int(token) > len(every):
        raise InvalidInputException("You specified an invalid value.", "INVALID_NEXT_TOKEN")
    start = int(token)
    stop = start + given.get("MaxResults", PAGE)
    answer: dict[str, Any] = {name: [write(one) for one in every[start:stop]]}
    return {**answer, "NextToken": str(stop)} if stop < len(every) else answer
