"""Permission sets: what a role shall be that Identity Center makes in accounts.

A permission set is a template. Roles that were made of it stay as they are until it is provisioned
again.

Notes
-----
AWS pages: "Manage AWS accounts with permission sets"; "Set session duration for AWS accounts";
"Create, manage, and delete permission sets".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors.identity_center import ConflictException
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.identity_center.calls import CenterCall, OfInstance, do, operation
from iamlab.operations.identity_center.parameters import (
    checked,
    checked_mapping,
    optional,
    seconds_of,
)
from iamlab.operations.identity_center.set_policies import PolicySet
from iamlab.operations.parameters import as_session_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A permission set as an account has it.

    Parameters
    ----------
    role_name
        Of the role that was made.
    session_seconds
        How long its sessions last: as it was when it was provisioned.
    """

    role_name: str
    session_seconds: int


@dataclass(slots=True, eq=False)
class PermissionSet(PolicySet):
    """A permission set.

    Parameters
    ----------
    name
        It cannot be renamed.
    relay_state
        Where in the console its users begin.
    tags
        Of the permission set itself; roles do not get them.
    provisioned
        By account id.
    """

    name: str = ""
    description: str = field(default="", repr=False)
    session_duration: str = "PT1H"
    relay_state: str = field(default="", repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    provisioned: dict[str, Provisioned] = field(default_factory=dict, repr=False)

    def update(
        self,
        *,
        description: str | None = None,
        session_duration: str | None = None,
        relay_state: str | None = None,
    ) -> None:
        """Change it (``UpdatePermissionSet``); what is not given stays.

        Raises
        ------
        ValidationException
            Something cannot be so: sessions last ``PT1H`` to ``PT12H``, say.
        """
        self._do(
            "UpdatePermissionSet",
            Description=description,
            SessionDuration=session_duration,
            RelayState=relay_state,
        )

    def delete(self) -> None:
        """Delete it (``DeletePermissionSet``).

        Raises
        ------
        ConflictException
            Somebody is assigned to it.
        """
        self._do("DeletePermissionSet")


class HasPermissionSets(OfInstance):
    """The methods of an instance about its permission sets."""

    __slots__ = ()

    def create_permission_set(
        self,
        name: str,
        *,
        description: str = "",
        session_duration: str = "PT1H",
        relay_state: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> PermissionSet:
        """Make a permission set (``CreatePermissionSet``), which allows nothing yet.

        Parameters
        ----------
        session_duration
            How long role sessions last: ``"PT1H"`` to ``"PT12H"``.
        relay_state
            Where in the console its users begin: a URL.

        Raises
        ------
        ConflictException
            There is one of that name.
        ValidationException
            Something cannot be so.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> readers = center.create_permission_set("Readers", session_duration="PT8H")
        >>> readers.attach_managed_policy("ReadOnlyAccess")
        >>> readers.managed_policies
        ['arn:aws:iam::aws:policy/ReadOnlyAccess']
        """
        made: PermissionSet = do(
            self._center,
            "sso:CreatePermissionSet",
            Name=name,
            Description=description,
            SessionDuration=session_duration,
            RelayState=relay_state,
            Tags=as_session_tags(tags),
        )
        return made


def _as_made(made: PermissionSet) -> dict[str, Any]:
    return {"PermissionSet": {"Name": made.name, "PermissionSetArn": made.arn}}


@operation("sso:CreatePermissionSet", _as_made)
def create_permission_set(call: CenterCall) -> PermissionSet:
    """Make a permission set."""
    center, given = call.center, call.parameters
    call.noted["Name"] = given["Name"]
    made = PermissionSet(
        center.world,
        center.arn,
        "",
        name=checked("name", given["Name"]),
        description=optional("description", given.get("Description")),
        relay_state=optional("relayState", given.get("RelayState")),
        session_duration=given.get("SessionDuration", "PT1H"),
    )
    seconds_of(made.session_duration)
    made.tags = checked_mapping("tagKey", "tagValue", dict(tags_of(given)), MOST_TAGS)
    if made.name in (one.name for one in center.permission_sets.values()):
        raise ConflictException(f"PermissionSet with name {made.name} already exists.")
    made.id = f"ps-{center.hexadecimal(16)}"
    center.permission_sets[made.id] = made
    return made


@operation("sso:UpdatePermissionSet")
def update_permission_set(call: CenterCall) -> None:
    """Change a permission set; roles that were made of it stay as they are."""
    chosen, given = call.permission_set, call.parameters
    sent = ("Description", "SessionDuration", "RelayState")
    call.noted |= {name: given[name] for name in sent if name in given}
    lasts = given.get("SessionDuration", chosen.session_duration)
    seconds_of(lasts)
    said = optional("description", given.get("Description", chosen.description))
    begins = optional("relayState", given.get("RelayState", chosen.relay_state))
    chosen.description, chosen.session_duration, chosen.relay_state = said, lasts, begins


@operation("sso:DeletePermissionSet")
def delete_permission_set(call: CenterCall) -> None:
    """Delete a permission set that nobody is assigned to."""
    chosen = call.permission_set
    if chosen.provisioned:
        error = ConflictException(
            "Could not delete because PermissionSet has ApplicationProfile associated with it"
        )
        error.add_note("Delete its assignments first: center.delete_account_assignment.")
        raise error
    del call.center.permission_sets[chosen.id]
