"""AWS Organizations: create, invite, move and close accounts; how they join and leave.

A member of another organization can also accept an invitation: it leaves its organization and joins
the other in one step, if it can leave. An organization with only consolidated billing changes to
all features when all invited accounts agree.

Notes
-----
AWS pages: "Creating a member account in an organization"; "Removing a member account from an
organization"; "Moving accounts to an organizational unit (OU) or between the root and OUs";
"Inviting an AWS account to join your organization"; "Migrating an account from an organization to
another"; "Closing a member account in an organization"; "Enabling all features for an
organization"; ``AcceptHandshake`` and ``EnableAllFeatures`` in the API reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.errors import noted
from iamlab.errors import organizations as errors
from iamlab.model.organization.organization import Organization, own_organization
from iamlab.model.organization.policies import aws_managed
from iamlab.model.organization.targets import (
    ACCESS_ROLE,
    APPROVE,
    ENABLE,
    INVITE,
    AccountRequest,
    Handshake,
    Member,
)
from iamlab.operations.organizations.calls import check_all_features, needing, operation, tagging
from iamlab.operations.organizations.lookup import about_handshake, handshake_in, member_of, missing
from iamlab.operations.organizations.parameters import RULES, fault, party_of, tags_of
from iamlab.operations.organizations.reads import AS_HANDSHAKE, AS_REQUEST
from iamlab.operations.registry import Parameters, find

if TYPE_CHECKING:
    from iamlab.model.account import Account

WAIT = timedelta(days=4)
"""How long an account must stay in the organization that created it."""

TOO_MANY = "You have exceeded the allowed number of AWS accounts."
_FULL, _MEMBER = "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "ALREADY_IN_AN_ORGANIZATION"


def _is_full(organization: Organization) -> bool:
    """Return whether the quota of accounts is exhausted; open invitations count."""
    invited = sum(handshake.state == "OPEN" for handshake in organization.handshakes.values())
    return len(organization.members) + invited >= organization.quota("Accounts")


def _join(organization: Organization, account_id: str, method: str, tags: dict[str, str]) -> None:
    """Add an account below the root, with AWS's own policies of the enabled types."""
    world, attached, root = organization.world, organization.full_access(), organization.root
    organization.members[account_id] = Member(
        world, organization.id, account_id, attached, tags, root.id, method, world.clock.now
    )


def _leave(organization: Organization, account_id: str) -> None:
    """Remove an account from its organization.

    Raises
    ------
    MasterCannotLeaveOrganizationException
        It is the management account.
    ConstraintViolationException
        It is a delegated administrator, or was created too recently.
    """
    member = organization.members[account_id]
    if account_id == organization.management_account_id:
        raise errors.MasterCannotLeaveOrganizationException(
            "The management account cannot leave its organization: delete the organization."
        )
    if organization.delegates.get(account_id) is not None:
        raise errors.ConstraintViolationException(
            "The account is a delegated administrator: deregister it first.",
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        )
    since = member.joined_timestamp if member.joined_method == "CREATED" else None
    if since is not None and organization.world.clock.now < since + WAIT:
        raise errors.ConstraintViolationException(
            f"The account was made in the organization less than {WAIT.days} days ago.",
            "WAIT_PERIOD_ACTIVE",
        )
    del organization.members[account_id]


@operation("CreateAccount", answer=AS_REQUEST, also=tagging())
def create_account(organization: Organization, arguments: Parameters) -> AccountRequest:
    """Create an account, with a role that the management account can assume."""
    world, tags = organization.world, tags_of(arguments)
    if _is_full(organization):
        most = organization.quota("Accounts")
        error = errors.ConstraintViolationException(TOO_MANY, _FULL)
        raise noted(error, f"It is {most}; To raise it: organization.raise_quota('Accounts', ...).")
    email = arguments["Email"].lower()
    is_taken = any(other.root.email.lower() == email for other in world.accounts.values())
    account_id = "" if is_taken else _make_account(organization, arguments, tags)
    key, reason = world.ids.organization_id("car"), "EMAIL_ALREADY_EXISTS" if is_taken else ""
    made = AccountRequest(key, arguments["AccountName"], world.clock.now, account_id, reason)
    organization.requests[key] = made
    return made


def _make_account(organization: Organization, arguments: Parameters, tags: dict[str, str]) -> str:
    """Create an account, and its role without a call to IAM, so that no log has it."""
    world, owner = organization.world, organization.management_account
    account = world.create_account(arguments["AccountName"], account_id=arguments.get("AccountId"))
    account.partition, account.root.email = organization.partition, arguments["Email"]
    _join(organization, account.account_id, "CREATED", tags)
    principal = {"AWS": owner.root_arn}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    named = {"RoleName": arguments.get("RoleName", ACCESS_ROLE), "AssumeRolePolicyDocument": trust}
    role = find("CreateRole").perform(account, named)
    role.attached.append(account.policies["AdministratorAccess"].arn)
    return account.account_id


_PARENTS = ("SourceParentId", "DestinationParentId")


@operation("MoveAccount", "AccountId", also=needing("MoveAccount", *_PARENTS))
def move_account(organization: Organization, arguments: Parameters) -> None:
    """Move an account; its own policies stay attached to it."""
    member = member_of(organization, arguments)
    destination = organization.container(arguments["DestinationParentId"])
    if arguments["SourceParentId"] != member.parent_id:
        raise errors.SourceParentNotFoundException(
            "You specified a source parent in which the account is not."
        )
    if destination is None:
        raise missing("destination parent")
    if destination.id == member.parent_id:
        raise errors.DuplicateAccountException("The account is already in the destination parent.")
    member.parent_id = destination.id


@operation("RemoveAccountFromOrganization", "AccountId")
def remove_account_from_organization(organization: Organization, arguments: Parameters) -> None:
    """Remove an account, to which the organization's policies no longer apply."""
    _leave(organization, member_of(organization, arguments).id)


@operation("CloseAccount", "AccountId")
def close_account(organization: Organization, arguments: Parameters) -> None:
    """Close a member account: nobody can use it, or what is in it, any more.

    AWS takes minutes, in which the account is ``PENDING_CLOSURE``; here it is immediate. After 90
    days AWS deletes the account; here it stays.
    """
    member = member_of(organization, arguments)
    check_all_features(organization)
    if member.id == organization.management_account_id:
        raise errors.ConstraintViolationException(
            "You cannot close the management account of an organization.",
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        )
    if member.status != "ACTIVE":
        raise errors.AccountAlreadyClosedException("The account is closed already.")
    member.status = "SUSPENDED"


@operation("LeaveOrganization")
def leave_organization(account: Account, _: Parameters) -> None:
    """Leave, as a member account."""
    _leave(own_organization(account), account.account_id)


def about_invited(account: Account, arguments: Parameters) -> str:
    """Return the future ARN of the invited account; with ``*`` for an address."""
    target = arguments.get("Target")
    key = target.get("Id") if isinstance(target, Mapping) else None
    organization = account.world.organization_of(account.account_id)
    if organization is None or not isinstance(key, str) or fault(RULES["AccountId"], key):
        return "*"
    return organization.arn_of("account", key)


@operation("InviteAccountToOrganization", about_invited, AS_HANDSHAKE, also=tagging(about_invited))
def invite_account_to_organization(organization: Organization, arguments: Parameters) -> Handshake:
    """Invite an account."""
    target, tags, world = party_of(arguments), tags_of(arguments), organization.world
    now, notes = world.clock.now, arguments.get("Notes", "")
    made = Handshake(world, organization.id, "", *target, now, notes, tags=tags)
    if target[0] == "ACCOUNT" and target[1] not in world.accounts:
        raise errors.InvalidInputException(
            "You specified an account that doesn't exist.", "TARGET_NOT_SUPPORTED"
        )
    if any(made.is_for(account) for account in organization.accounts):
        raise errors.HandshakeConstraintViolationException(
            "The invited account is already a member of the organization.", _MEMBER
        )
    for sent in organization.handshakes.values():
        if sent.state == "OPEN" and (sent.target_type, sent.target_id) == target:
            raise errors.DuplicateHandshakeException("The account already has an open invitation.")
    if _is_full(organization):
        raise errors.HandshakeConstraintViolationException(TOO_MANY, _FULL)
    made.id = world.ids.organization_id("h")
    organization.handshakes[made.id] = made
    return made


def _open_handshake(account: Account, arguments: Parameters, outcome: str) -> Handshake:
    """Find the handshake that an account can answer or cancel.

    Raises
    ------
    AccessDeniedException
        Only the other party can do that.
    HandshakeAlreadyInStateException, InvalidHandshakeTransitionException
        It isn't open.
    """
    handshake, cancels = handshake_in(account, arguments), outcome == "CANCELED"
    is_sender = account.account_id == handshake.organization.management_account_id
    if not (is_sender if cancels else handshake.is_for(account)):
        raise errors.AccessDeniedException("You don't have permissions to access this resource.")
    if handshake.state == outcome:
        raise errors.HandshakeAlreadyInStateException(f"The handshake is {outcome} already.")
    if handshake.state != "OPEN" and not (cancels and handshake.state == "REQUESTED"):
        raise errors.InvalidHandshakeTransitionException(
            f"The handshake is {handshake.state}, and cannot become {outcome}."
        )
    return handshake


@operation("AcceptHandshake", about_handshake, AS_HANDSHAKE)
def accept_handshake(account: Account, arguments: Parameters) -> Handshake:
    """Accept an invitation and join the organization, or agree to all features."""
    handshake = _open_handshake(account, arguments, "ACCEPTED")
    organization = handshake.organization
    if handshake.action == INVITE:
        _check_joins(account, organization)
        if account.organization is not None:
            _leave(account.organization, account.account_id)
        _join(organization, account.account_id, "INVITED", dict(handshake.tags))
    if handshake.action == ENABLE:  # no type of policies is enabled yet
        organization.feature_set, organization.policies = "ALL", aws_managed(organization)
    handshake.outcome = "ACCEPTED"
    return handshake


def _check_joins(account: Account, organization: Organization) -> None:
    """Check that an account can join an organization."""
    if account.organization is organization:
        raise errors.HandshakeConstraintViolationException(
            "The account is a member of the organization already.", _MEMBER
        )
    if account.partition != organization.partition:
        raise errors.HandshakeConstraintViolationException(
            "The organization is in another partition.",
            "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
        )


@operation("DeclineHandshake", about_handshake, AS_HANDSHAKE)
def decline_handshake(account: Account, arguments: Parameters) -> Handshake:
    """Decline an invitation."""
    handshake = _open_handshake(account, arguments, "DECLINED")
    handshake.outcome = "DECLINED"
    return handshake


@operation("CancelHandshake", about_handshake, AS_HANDSHAKE)
def cancel_handshake(account: Account, arguments: Parameters) -> Handshake:
    """Cancel an invitation, or the change to all features with the requests that belong to it."""
    handshake = _open_handshake(account, arguments, "CANCELED")
    for each in handshake.organization.handshakes.values():
        if each is handshake or (each.parent_id == handshake.id and each.state == "OPEN"):
            each.outcome = "CANCELED"
    return handshake


@operation("EnableAllFeatures", answer=AS_HANDSHAKE)
def enable_all_features(organization: Organization, _: Parameters) -> Handshake:
    """Ask each invited account to agree to all features; the management account accepts last."""
    every, world, now = organization.handshakes, organization.world, organization.world.clock.now
    if organization.feature_set == "ALL":
        raise errors.HandshakeConstraintViolationException(
            "The organization has all features already.", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"
        )
    if any(
        each.action == ENABLE and each.state in ("REQUESTED", "OPEN") for each in every.values()
    ):
        raise errors.HandshakeConstraintViolationException(
            "The organization is changing to all features already.",
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
        )

    def ask(action: str, parent_id: str, kind: str = "", key: str = "") -> Handshake:
        new = Handshake(world, organization.id, world.ids.organization_id("h"), kind, key, now)
        new.action, new.parent_id = action, parent_id
        return every.setdefault(new.id, new)

    made = ask(ENABLE, "")
    for member in organization.members.values():
        if member.joined_method == "INVITED" and member.id != organization.management_account_id:
            ask(APPROVE, made.id, "ACCOUNT", member.id)
    return made
