"""Assignments: who may choose which permission set in which account.

An assignment makes the account's role, the last one that is deleted takes it away. AWS does such
requests later and answers with a status; here they are done at once, and what would make the
status FAILED is raised.

Notes
-----
AWS pages: "Assign user or group access to AWS accounts"; "API CreateAccountAssignment"; "API
ProvisionPermissionSet".
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.identity_center.calls import (
    GROUP,
    PERMISSION_SET,
    USER,
    CenterCall,
    OfInstance,
    account_of,
    active_account_of,
    do,
    find,
    id_of,
    operation,
)
from iamlab.operations.identity_center.directory import IdentityStoreGroup, IdentityStoreUser
from iamlab.operations.identity_center.provisioning import deprovision, provision, wanted

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.identity_center.permission_sets import PermissionSet

    Principal = IdentityStoreUser | IdentityStoreGroup


_ACCOUNT, _ALL = "AWS_ACCOUNT", "ALL_PROVISIONED_ACCOUNTS"
_EITHER = "USER or GROUP"
"""The type of a principal of which a method knows only the name."""

_IN_PROGRESS = {"Status": "IN_PROGRESS"}
"""What AWS answers at first, and what the log shows."""


@dataclass(frozen=True, slots=True)
class AccountAssignment:
    """A user or group, an account, and a permission set there; all by their ids.

    Parameters
    ----------
    principal_type
        ``USER`` or ``GROUP``.
    """

    account_id: str
    permission_set_id: str
    principal_type: str
    principal_id: str


class Assigns(OfInstance):
    """The methods of an instance about assignments."""

    __slots__ = ()

    def create_account_assignment(
        self,
        account: Account | str,
        permission_set: PermissionSet | str,
        principal: Principal | str,
    ) -> AccountAssignment:
        """Let a user, or all of a group, choose a permission set in an account.

        The account gets a role of it, or its role is brought up to date. An assignment that is
        there already stays so.

        Parameters
        ----------
        account
            A member or the management account: itself, its id or its name.
        permission_set
            Itself, its ARN or its name.
        principal
            Itself, its id, or its name if no other principal is called so.

        Raises
        ------
        ResourceNotFoundException
            One of the three is not there.
        NoSuchEntity
            The account lacks a customer managed policy that the permission set names.
        LimitExceeded
            There is no room in the account.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev = organization.create_account("acme-dev")
        >>> center = organization.enable_identity_center()
        >>> readers = center.create_permission_set("Readers")
        >>> made = center.create_account_assignment(dev, readers, center.create_user("ana"))
        >>> [name[:22] for name in dev.roles if "Reserved" in name]
        ['AWSReservedSSO_Readers']
        """
        made: AccountAssignment = self._assign("Create", account, permission_set, principal)
        return made

    def delete_account_assignment(
        self,
        account: Account | str,
        permission_set: PermissionSet | str,
        principal: Principal | str,
    ) -> None:
        """Take the choice away; the account's role too, if nobody else has it.

        Sessions of a role that stays go on until they expire; those of a role that goes end.

        Parameters
        ----------
        principal
            Who has been deleted from the identity store is given himself, or by his id.

        Raises
        ------
        ResourceNotFoundException
            There is no such assignment.
        """
        self._assign("Delete", account, permission_set, principal)

    def _assign(
        self,
        verb: str,
        account: Account | str,
        permission_set: PermissionSet | str,
        principal: Principal | str,
    ) -> Any:
        """Do an operation on an assignment; names do for ids."""
        kinds = {IdentityStoreUser: USER, IdentityStoreGroup: GROUP}
        if not isinstance(principal, str | IdentityStoreUser | IdentityStoreGroup):
            raise RequestError(
                f"{principal!r} is no principal: give a user or a group of the identity store. IAM "
                "users and roles cannot be assigned."
            )
        return do(
            self._center,
            f"sso:{verb}AccountAssignment",
            TargetId=_account_text(account),
            TargetType=_ACCOUNT,
            PermissionSetArn=id_of(permission_set, PERMISSION_SET),
            PrincipalType=kinds.get(type(principal), _EITHER),
            PrincipalId=id_of(principal, "principal"),
        )

    def provision_permission_set(
        self, permission_set: PermissionSet | str, account: Account | str | None = None
    ) -> None:
        """Bring the roles of a permission set up to date: in one account, or wherever there are.

        Raises
        ------
        ResourceNotFoundException
            There is no such permission set, or it has never been provisioned in that account.
        NoSuchEntity
            An account lacks a customer managed policy; then no account is changed.
        """
        do(
            self._center,
            "sso:ProvisionPermissionSet",
            PermissionSetArn=id_of(permission_set, PERMISSION_SET),
            TargetType=_ALL if account is None else _ACCOUNT,
            TargetId=None if account is None else _account_text(account),
        )

    def choices_of(self, user: IdentityStoreUser) -> list[tuple[Account, PermissionSet]]:
        """List what somebody may choose from: accounts that are active, and permission sets there.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> center.choices_of(center.create_user("ana"))
        []
        """
        center = self._center
        members = center.organization.members
        mine = {user.id, *(group.id for group in user.groups)}
        places = dict.fromkeys(
            (one.account_id, one.permission_set_id)
            for one in center.account_assignments
            if one.principal_id in mine
        )
        return [
            (members[account_id].account, center.permission_sets[set_id])
            for account_id, set_id in places
            if account_id in members and members[account_id].status == "ACTIVE"
        ]


def _account_text(account: Account | str) -> str:
    """Give the id of an account that is given itself; a text stays as it is."""
    text = account if isinstance(account, str) else getattr(account, "account_id", None)
    if not isinstance(text, str):
        raise RequestError(f"{account!r} is no account: give it itself, its id, or its name.")
    return text


@operation(
    "sso:CreateAccountAssignment", lambda _: {"AccountAssignmentCreationStatus": _IN_PROGRESS}
)
def create_account_assignment(call: CenterCall) -> AccountAssignment:
    """Let somebody choose a permission set in an account; then the account gets the role."""
    center, where, chosen = call.center, active_account_of(call.center, _target(call)), _set(call)
    made = AccountAssignment(where.account_id, chosen.id, *_principal(call))
    call.noted |= _named(made, chosen)
    want = wanted(chosen, where)
    if made not in center.account_assignments:
        center.account_assignments.append(made)
    call.then = partial(provision, chosen, where, want)
    return made


@operation(
    "sso:DeleteAccountAssignment", lambda _: {"AccountAssignmentDeletionStatus": _IN_PROGRESS}
)
def delete_account_assignment(call: CenterCall) -> None:
    """Take the choice away; then the account's role too, if nobody else has it."""
    center, where, chosen = call.center, account_of(call.center, _target(call)), _set(call)
    there = [
        one
        for one in center.account_assignments
        if (one.account_id, one.permission_set_id) == (where.account_id, chosen.id)
    ]
    gone = _assigned(there, call)
    call.noted |= _named(gone, chosen)
    center.account_assignments.remove(gone)
    if there == [gone]:
        call.then = partial(deprovision, chosen, where)


@operation(
    "sso:ProvisionPermissionSet", lambda _: {"PermissionSetProvisioningStatus": _IN_PROGRESS}
)
def provision_permission_set(call: CenterCall) -> None:
    """Check that the roles of a permission set can be brought up to date, and then do it."""
    center, chosen = call.center, call.permission_set
    if call.parameters["TargetType"] == _ALL:
        there = [key for key in chosen.provisioned if key in center.organization.members]
    else:
        there = [active_account_of(center, _target(call)).account_id]
        if there[0] not in chosen.provisioned:  # AWS's sentence is not documented
            raise ResourceNotFoundException(
                f"{chosen.arn} is not provisioned in account {there[0]}."
            )
    accounts = [center.world.accounts[key] for key in there]
    work = [(one, wanted(chosen, one)) for one in accounts]

    def then() -> None:
        for one, want in work:
            provision(chosen, one, want)

    call.then = then


def _target(call: CenterCall) -> str:
    """Give the account that a call names.

    Raises
    ------
    ValidationException
        It names no account.
    """
    if call.parameters["TargetType"] != _ACCOUNT or "TargetId" not in call.parameters:
        raise ValidationException("The target is an AWS account: TargetType AWS_ACCOUNT, TargetId.")
    return str(call.parameters["TargetId"])


def _set(call: CenterCall) -> PermissionSet:
    """Find the permission set; the event says it only when all is found."""
    return find(call.center.permission_sets, call.parameters["PermissionSetArn"], PERMISSION_SET)


def _principal(call: CenterCall) -> tuple[str, str]:
    """Find a user or a group that is there: its type and its id."""
    sent, center = call.parameters, call.center
    kind, key = sent["PrincipalType"], sent["PrincipalId"]
    found = []
    for one, held in ((USER, center.users), (GROUP, center.groups)):
        if kind in (one, _EITHER):
            with suppress(ResourceNotFoundException):
                found.append((one, find(held, key, one).id))
    if len(found) > 1:
        raise RequestError(f"A user and a group are called {key}: give the one you mean.")
    if not found:
        raise ResourceNotFoundException("Principal not found.")
    return found[0]


def _assigned(there: list[AccountAssignment], call: CenterCall) -> AccountAssignment:
    """Find the one assignment that is somebody's; of who has been deleted only the id is left.

    Raises
    ------
    ResourceNotFoundException
        There is none.
    """
    key = call.parameters["PrincipalId"]
    if all(one.principal_id != key for one in there):
        _, key = _principal(call)
    for one in there:
        if one.principal_id == key:
            return one
    raise ResourceNotFoundException("Assignment not found.")


def _named(assignment: AccountAssignment, permission_set: PermissionSet) -> dict[str, str]:
    """Give the parameters of a call about an assignment."""
    return {
        "TargetId": assignment.account_id,
        "TargetType": _ACCOUNT,
        "PermissionSetArn": permission_set.arn,
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
    }
