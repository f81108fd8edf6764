"""AWS Organizations: invitations, and how they are answered.

An account that is a member elsewhere may accept too: it leaves the one organization and joins the
other in one step, if it could leave at all.

Notes
-----
AWS pages: "Inviting an AWS account to join your organization"; "Migrating an account from an
organization to another"; ``AcceptHandshake`` in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import (
    AccessDeniedException,
    DuplicateHandshakeException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
)
from iamlab.model.organization.organization import Organization, organization_of
from iamlab.model.organization.targets import Handshake
from iamlab.operations.organizations import lookup as answers
from iamlab.operations.organizations.accounts import TOO_MANY, accounts_held, check_can_go, joined
from iamlab.operations.organizations.calls import (
    ANYBODY,
    MANAGEMENT,
    anything,
    as_one,
    lists,
    operation,
    tagging,
)
from iamlab.operations.organizations.parameters import RULES, fault, party_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_AS_HANDSHAKE = as_one("Handshake", answers.handshake)


def about_handshake(account: Account, given: Parameters) -> str:
    """Give the ARN of the invitation that a call is about."""
    key = given.get("HandshakeId")
    known = _known_to(account)
    return known[key].arn if isinstance(key, str) and key in known else "*"


def about_invited(account: Account, given: Parameters) -> str:
    """Give the ARN of the account that is invited, as it will be; ``*`` of an address."""
    target = given.get("Target")
    key = target.get("Id") if isinstance(target, Mapping) else None
    organization = organization_of(account.world, account.account_id)
    if organization is None or not isinstance(key, str) or fault(RULES["AccountId"], key):
        return "*"
    return organization.arn_of("account", key)


def _known_to(account: Account) -> dict[str, Handshake]:
    """List the invitations that an account sent as management account, or was sent."""
    return {
        one.id: one
        for organization in account.world.organizations.values()
        for one in organization.handshakes.values()
        if account.account_id == organization.management_account_id or one.is_for(account)
    }


@operation(
    "InviteAccountToOrganization", about_invited, answer=_AS_HANDSHAKE, also=tagging(about_invited)
)
def invite_account_to_organization(organization: Organization, given: Parameters) -> Handshake:
    """Invite an account."""
    kind, key = party_of(given)
    tags = tags_of(given)
    world = organization.world
    made = Handshake(
        world, organization.id, "", kind, key, world.clock.now, given.get("Notes", ""), tags=tags
    )
    if kind == "ACCOUNT" and key not in world.accounts:
        raise InvalidInputException(
            "You specified an account that doesn't exist.", "TARGET_NOT_SUPPORTED"
        )
    _check_wanted(organization, made)
    made.id = world.ids.organization_id("h")
    organization.handshakes[made.id] = made
    organization.changed()
    return made


def _check_wanted(organization: Organization, made: Handshake) -> None:
    if any(made.is_for(account) for account in organization.accounts):
        raise HandshakeConstraintViolationException(
            "The invited account is a member of the organization already.",
            "ALREADY_IN_AN_ORGANIZATION",
        )
    target = (made.target_type, made.target_id)
    for one in organization.handshakes.values():
        if one.state == "OPEN" and (one.target_type, one.target_id) == target:
            raise DuplicateHandshakeException("The account has an open invitation already.")
    if accounts_held(organization) >= organization.quota("Accounts"):
        raise HandshakeConstraintViolationException(TOO_MANY, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


def _handshake(account: Account, given: Parameters) -> Handshake:
    known = _known_to(account)
    if given["HandshakeId"] not in known:
        raise HandshakeNotFoundException("You specified a handshake that doesn't exist.")
    return known[given["HandshakeId"]]


def _check_state(handshake: Handshake, wanted: str) -> None:
    if handshake.state == wanted:
        raise HandshakeAlreadyInStateException(f"The handshake is {wanted} already.")
    if handshake.state != "OPEN":
        raise InvalidHandshakeTransitionException(
            f"The handshake is {handshake.state}, and cannot become {wanted}."
        )


def _check_party(handshake: Handshake, account: Account, *, invited: bool) -> None:
    if handshake.is_for(account) is not invited:
        raise AccessDeniedException("You don't have permissions to access this resource.")


@operation("AcceptHandshake", about_handshake, answer=_AS_HANDSHAKE, by=ANYBODY)
def accept_handshake(account: Account, given: Parameters) -> Handshake:
    """Join the organization that invited the account."""
    handshake = _handshake(account, given)
    _check_party(handshake, account, invited=True)
    _check_state(handshake, "ACCEPTED")
    before = organization_of(account.world, account.account_id)
    if before is handshake.organization:
        raise HandshakeConstraintViolationException(
            "The account is a member of the organization already.", "ALREADY_IN_AN_ORGANIZATION"
        )
    if account.partition != handshake.organization.partition:
        raise HandshakeConstraintViolationException(
            "The organization is in another partition.",
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
        )
    if before is not None:
        check_can_go(before, before.members[account.account_id])
        del before.members[account.account_id]
    handshake.outcome = "ACCEPTED"
    joined(handshake.organization, account.account_id, "INVITED", dict(handshake.tags))
    return handshake


@operation("DeclineHandshake", about_handshake, answer=_AS_HANDSHAKE, by=ANYBODY)
def decline_handshake(account: Account, given: Parameters) -> Handshake:
    """Refuse an invitation."""
    handshake = _handshake(account, given)
    _check_party(handshake, account, invited=True)
    _check_state(handshake, "DECLINED")
    handshake.outcome = "DECLINED"
    account.changed()
    return handshake


@operation("CancelHandshake", about_handshake, answer=_AS_HANDSHAKE, by=ANYBODY)
def cancel_handshake(account: Account, given: Parameters) -> Handshake:
    """Take an invitation back."""
    handshake = _handshake(account, given)
    _check_party(handshake, account, invited=False)
    _check_state(handshake, "CANCELED")
    handshake.outcome = "CANCELED"
    account.changed()
    return handshake


@operation("DescribeHandshake", about_handshake, answer=_AS_HANDSHAKE, by=ANYBODY)
def describe_handshake(account: Account, given: Parameters) -> Handshake:
    """Read an invitation: who sent it and who was sent it may."""
    return _handshake(account, given)


@lists("ListHandshakesForAccount", anything, "Handshakes", answers.handshake, by=ANYBODY)
def list_handshakes_for_account(account: Account, given: Parameters) -> Iterable[Any]:
    """List the invitations that an account was sent."""
    every = (one for one in _known_to(account).values() if one.is_for(account))
    return _chosen(every, given)


@lists("ListHandshakesForOrganization", anything, "Handshakes", answers.handshake, by=MANAGEMENT)
def list_handshakes_for_organization(
    organization: Organization, given: Parameters
) -> Iterable[Any]:
    """List the invitations that the organization sent."""
    every = organization.handshakes.values()
    return _chosen(every, given)


def _chosen(every: Iterable[Handshake], given: Parameters) -> list[Handshake]:
    """Choose those of a kind: there are invitations only."""
    kind = given.get("Filter", {}).get("ActionType", "INVITE")
    return list(every) if kind == "INVITE" else []
