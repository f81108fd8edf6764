"""AWS Organizations: accounts that are made, moved, taken out, and that leave.

Notes
-----
AWS pages: "Creating a member account in an organization"; "Removing a member account from an
organization"; "Moving accounts to an organizational unit (OU) or between the root and OUs".
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import (
    ChildNotFoundException,
    ConstraintViolationException,
    CreateAccountStatusNotFoundException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    MasterCannotLeaveOrganizationException,
    SourceParentNotFoundException,
)
from iamlab.model.organization.organization import Organization, own_organization
from iamlab.model.organization.targets import ACCESS_ROLE, AccountRequest, Member
from iamlab.operations.organizations import lookup as answers
from iamlab.operations.organizations.calls import (
    ANYBODY,
    DELEGATE,
    anything,
    as_one,
    found,
    lists,
    member_of,
    named_by,
    needing,
    operation,
    parent_of,
    tagging,
)
from iamlab.operations.organizations.parameters import tags_of
from iamlab.operations.registry import Parameters, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.model.organization.targets import Container, OrganizationalUnit

_AS_STATUS = as_one("CreateAccountStatus", answers.request)
_AS_ACCOUNT = as_one("Account", answers.account)

WAIT = timedelta(days=4)
"""So long an account that was made in an organization stays there at least."""

TOO_MANY = "You have exceeded the allowed number of AWS accounts."


def accounts_held(organization: Organization) -> int:
    """Count accounts as the quota does: an open invitation is one."""
    open_ones = [one for one in organization.handshakes.values() if one.state == "OPEN"]
    return len(organization.members) + len(open_ones)


def joined(organization: Organization, account_id: str, method: str, tags: dict[str, str]) -> None:
    """Take an account in: below the root, with AWS's own policies of the enabled types."""
    organization.members[account_id] = Member(
        organization.world,
        organization.id,
        account_id,
        organization.full_access(),
        tags,
        organization.root.id,
        method,
        organization.world.clock.now,
    )
    organization.changed()


def check_can_go(organization: Organization, member: Member) -> None:
    """Insist that an account may go out of its organization.

    Raises
    ------
    MasterCannotLeaveOrganizationException
        It is the management account.
    ConstraintViolationException
        It is a delegated administrator, or was made too short a time ago.
    """
    if member.id == organization.management_account_id:
        raise MasterCannotLeaveOrganizationException(
            "The management account cannot leave its organization: delete the organization."
        )
    if organization.delegates.get(member.id) is not None:
        raise ConstraintViolationException(
            "The account is a delegated administrator: deregister it first.",
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        )
    since = member.joined_timestamp if member.joined_method == "CREATED" else None
    if since is not None and organization.world.clock.now < since + WAIT:
        raise ConstraintViolationException(
            f"The account was made in the organization less than {WAIT.days} days ago.",
            "WAIT_PERIOD_ACTIVE",
        )


@operation("CreateAccount", anything, answer=_AS_STATUS, also=tagging(anything))
def create_account(organization: Organization, given: Parameters) -> AccountRequest:
    """Make an account, with a role in it that the management account may assume."""
    world, tags = organization.world, tags_of(given)
    most = organization.quota("Accounts")
    if accounts_held(organization) >= most:
        error = ConstraintViolationException(TOO_MANY, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
        error.add_note(f"It is {most}; organization.raise_quota('Accounts', ...) raises it.")
        raise error
    name, email = given["AccountName"], given["Email"]
    if any(one.root.email.lower() == email.lower() for one in world.accounts.values()):
        return _requested(organization, name, reason="EMAIL_ALREADY_EXISTS")
    account = world.create_account(name, account_id=given.get("AccountId"))
    account.partition, account.root.email = organization.partition, email
    joined(organization, account.account_id, "CREATED", tags)
    _make_role(organization, account, given.get("RoleName", ACCESS_ROLE))
    return _requested(organization, name, account.account_id)


def _requested(
    organization: Organization, name: str, account_id: str = "", reason: str = ""
) -> AccountRequest:
    world = organization.world
    key = world.ids.organization_id("car")
    request = AccountRequest(key, name, world.clock.now, account_id, reason)
    organization.requests[key] = request
    return request


def _make_role(organization: Organization, account: Account, name: str) -> None:
    """Make the role; nobody called IAM for that, so the new account's log says nothing of it."""
    principal = {"AWS": organization.management_account.root_arn}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    given = {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust)}
    role = find("CreateRole").perform(account, given)
    role.attached.append(account.get_policy("AdministratorAccess").arn)


@operation("DescribeCreateAccountStatus", anything, by=DELEGATE, answer=_AS_STATUS)
def describe_create_account_status(organization: Organization, given: Parameters) -> AccountRequest:
    """Read how the making of an account ended."""
    refusal = CreateAccountStatusNotFoundException(
        "You specified a create account request that doesn't exist."
    )
    return found(organization.requests, given["CreateAccountRequestId"], refusal)


@lists("ListCreateAccountStatus", anything, "CreateAccountStatuses", answers.request)
def list_create_account_status(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List how the making of accounts ended."""
    states = given.get("States") or ("SUCCEEDED", "FAILED")
    return [one for one in organization.requests.values() if one.state in states]


@operation(
    "MoveAccount",
    named_by("AccountId"),
    also=needing("MoveAccount", "SourceParentId", "DestinationParentId"),
)
def move_account(organization: Organization, given: Parameters) -> None:
    """Move an account, together with what hangs on the account itself."""
    member = member_of(organization, given)
    destination = organization.container(given["DestinationParentId"])
    if given["SourceParentId"] != member.parent_id:
        raise SourceParentNotFoundException(
            "You specified a source parent in which the account is not."
        )
    if destination is None:
        raise DestinationParentNotFoundException(
            "You specified a destination parent that doesn't exist."
        )
    if destination.id == member.parent_id:
        raise DuplicateAccountException("The account is in the destination parent already.")
    member.parent_id = destination.id
    organization.changed()


@operation("RemoveAccountFromOrganization", named_by("AccountId"))
def remove_account_from_organization(organization: Organization, given: Parameters) -> None:
    """Take an account out: it stands alone then, and no policy of the organization reaches it."""
    member = member_of(organization, given)
    check_can_go(organization, member)
    del organization.members[member.id]
    organization.changed()


@operation("LeaveOrganization", anything, by=ANYBODY)
def leave_organization(account: Account, _: Parameters) -> None:
    """Leave, as a member account."""
    organization = own_organization(account)
    check_can_go(organization, organization.members[account.account_id])
    del organization.members[account.account_id]
    organization.changed()


@operation("DescribeAccount", named_by("AccountId"), by=DELEGATE, answer=_AS_ACCOUNT)
def describe_account(organization: Organization, given: Parameters) -> Member:
    """Read what an account is in the organization."""
    return member_of(organization, given)


@lists("ListAccounts", anything, "Accounts", answers.account)
def list_accounts(organization: Organization, _: Parameters) -> Iterable[Any]:
    """List all accounts."""
    return organization.members.values()


@lists("ListAccountsForParent", named_by("ParentId"), "Accounts", answers.account)
def list_accounts_for_parent(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the accounts right below a root or an OU."""
    parent = parent_of(organization, given["ParentId"])
    return parent.members


def _child(one: Container | Member) -> dict[str, str]:
    return {"Id": one.id, "Type": one.kind}


@lists("ListChildren", named_by("ParentId"), "Children", _child)
def list_children(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the accounts, or the OUs, right below a root or an OU."""
    parent = parent_of(organization, given["ParentId"])
    return parent.members if given["ChildType"] == "ACCOUNT" else parent.organizational_units


@lists("ListParents", named_by("ChildId"), "Parents", _child)
def list_parents(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the parents of an account or an OU: there is one."""
    key = given["ChildId"]
    below: dict[str, OrganizationalUnit | Member] = {
        **organization.organizational_units,
        **organization.members,
    }
    refusal = ChildNotFoundException("You specified a child that doesn't exist.")
    parent = parent_of(organization, found(below, key, refusal).parent_id)
    return [parent]
