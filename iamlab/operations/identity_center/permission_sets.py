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
from typing import TYPE_CHECKING

from iamlab.errors.identity_center import ConflictException
from iamlab.operations.identity_center.parameters import (
    SSO,
    OfInstance,
    checked,
    checked_mapping,
    optional,
    recorded,
    seconds_of,
)
from iamlab.operations.identity_center.set_policies import PolicySet

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
        asked = {
            "Description": description,
            "SessionDuration": session_duration,
            "RelayState": relay_state,
        }
        with self._noted("UpdatePermissionSet", **asked):
            said = self.description if description is None else description
            lasts = self.session_duration if session_duration is None else session_duration
            begins = self.relay_state if relay_state is None else relay_state
            seconds_of(lasts)
            said, begins = optional("description", said), optional("relayState", begins)
            self.description, self.session_duration, self.relay_state = said, lasts, begins

    def delete(self) -> None:
        """Delete it (``DeletePermissionSet``).

        Raises
        ------
        ConflictException
            Somebody is assigned to it.
        """
        with self._noted("DeletePermissionSet"):
            if self.provisioned:
                error = ConflictException(
                    "Could not delete because PermissionSet has ApplicationProfile associated "
                    "with it"
                )
                error.add_note("Delete its assignments first: center.delete_account_assignment.")
                raise error
            del self.center.permission_sets[self.id]


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
        center = self._center
        with recorded(center, SSO, "CreatePermissionSet", Name=name) as call:
            called = checked("name", name)
            said, begins = optional("description", description), optional("relayState", relay_state)
            seconds_of(session_duration)
            tagged = checked_mapping("tagKey", "tagValue", tags, MOST_TAGS)
            if called in (one.name for one in center.permission_sets.values()):
                raise ConflictException(f"PermissionSet with name {called} already exists.")
            made = PermissionSet(
                center.world,
                center.arn,
                f"ps-{center.hexadecimal(16)}",
                name=called,
                description=said,
                session_duration=session_duration,
                relay_state=begins,
                tags=tagged,
            )
            center.permission_sets[made.id] = made
            call.answer["PermissionSet"] = {"Name": called, "PermissionSetArn": made.arn}
        return made
