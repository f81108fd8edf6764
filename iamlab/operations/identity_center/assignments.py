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
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.errors.services import ResourceNotFoundException
from iamlab.operations.identity_center.directory import IdentityStoreGroup, IdentityStoreUser
from iamlab.operations.identity_center.parameters import (
    GROUP,
    PERMISSION_SET,
    SSO,
    USER,
    OfInstance,
    account_of,
    active_account_of,
    find,
    recorded,
)
from iamlab.operations.identity_center.provisioning import deprovision, provision, wanted

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.identity_center.permission_sets import PermissionSet

    Principal = IdentityStoreUser | IdentityStoreGroup


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
        center = self._center
        with recorded(center, SSO, "CreateAccountAssignment") as call:
            where = active_account_of(center, account)
            chosen = find(center.permission_sets, permission_set, PERMISSION_SET)
            made = AccountAssignment(where.account_id, chosen.id, *self._principal(principal))
            call.asked |= _named(made, chosen)
            want = wanted(chosen, where)
            if made not in center.account_assignments:
                center.account_assignments.append(made)
            call.answer["AccountAssignmentCreationStatus"] = _IN_PROGRESS
        provision(chosen, where, want)
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
        center = self._center
        with recorded(center, SSO, "DeleteAccountAssignment") as call:
            where = account_of(center, account)
            chosen = find(center.permission_sets, permission_set, PERMISSION_SET)
            there = [
                one
                for one in center.account_assignments
                if (one.account_id, one.permission_set_id) == (where.account_id, chosen.id)
            ]
            gone = self._assigned(there, principal)
            call.asked |= _named(gone, chosen)
            center.account_assignments.remove(gone)
            call.answer["AccountAssignmentDeletionStatus"] = _IN_PROGRESS
        if there == [gone]:
            deprovision(chosen, where)

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
        center = self._center
        with recorded(center, SSO, "ProvisionPermissionSet") as call:
            chosen = find(center.permission_sets, permission_set, PERMISSION_SET)
            call.asked["PermissionSetArn"] = chosen.arn
            if account is None:
                members = center.organization.members
                there = [key for key in chosen.provisioned if key in members]
            else:
                there = [active_account_of(center, account).account_id]
                if there[0] not in chosen.provisioned:  # AWS's sentence is not documented
                    raise ResourceNotFoundException(
                        f"{chosen.arn} is not provisioned in account {there[0]}."
                    )
            accounts = [center.world.accounts[key] for key in there]
            work = [(one, wanted(chosen, one)) for one in accounts]
            call.answer["PermissionSetProvisioningStatus"] = _IN_PROGRESS
        for one, want in work:
            provision(chosen, one, want)

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

    def _principal(self, given: Principal | str) -> tuple[str, str]:
        """Find a user or a group that is there: its type and its id."""
        if not isinstance(given, str | IdentityStoreUser | IdentityStoreGroup):
            raise RequestError(
                f"{given!r} is no principal: give a user or a group of the identity store. IAM "
                "users and roles cannot be assigned."
            )
        found = []
        for kind, held in ((USER, self._center.users), (GROUP, self._center.groups)):
            with suppress(ResourceNotFoundException):
                found.append((kind, find(held, given, kind).id))
        if len(found) > 1:
            raise RequestError(f"A user and a group are called {given}: give the one you mean.")
        if not found:
            raise ResourceNotFoundException("Principal not found.")
        return found[0]

    def _assigned(
        self, there: list[AccountAssignment], principal: Principal | str
    ) -> AccountAssignment:
        """Find the one assignment that is somebody's; of who has been deleted only the id is left.

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        key = getattr(principal, "id", principal)
        if all(one.principal_id != key for one in there):
            _, key = self._principal(principal)
        for one in there:
            if one.principal_id == key:
                return one
        raise ResourceNotFoundException("Assignment not found.")


def _named(assignment: AccountAssignment, permission_set: PermissionSet) -> dict[str, str]:
    """Give the parameters of a call about an assignment."""
    return {
        "TargetId": assignment.account_id,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": permission_set.arn,
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
    }
