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
from typing import TYPE_CHECKING, Any, cast

from iamlab.identity_center_errors import ConflictException
from iamlab.world.identity_center.parts import SSO, Part, find, recorded
from iamlab.world.identity_center.set_policies import CarriesPolicies, PolicyReference
from iamlab.world.identity_center.values import checked, checked_mapping, optional, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from iamlab.policy.document import Policy
    from iamlab.world.identity_center.instance import IdentityCenter
    from iamlab.world.identity_center.parts import Call

NOUN = "PermissionSet"
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
class PermissionSet(Part, CarriesPolicies):
    """A permission set.

    Parameters
    ----------
    relay_state
        Where in the console its users begin.
    tags
        Of the permission set itself; roles do not get them.
    managed_policies
        ARNs of AWS's own.
    permissions_boundary
        The ARN of one of AWS's policies, or a customer managed one.
    provisioned
        By account id.
    """

    set_name: str = ""
    description: str = field(default="", repr=False)
    session_duration: str = "PT1H"
    relay_state: str = field(default="", repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    managed_policies: list[str] = field(default_factory=list, repr=False)
    customer_managed_policy_references: list[PolicyReference] = field(
        default_factory=list, repr=False
    )
    inline_policy: Policy | None = field(default=None, repr=False)
    permissions_boundary: str | PolicyReference | None = field(default=None, repr=False)
    provisioned: dict[str, Provisioned] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What it is called; it cannot be renamed."""
        return self.set_name

    @property
    def arn(self) -> str:
        """``arn:aws:sso:::permissionSet/ssoins-.../ps-...``."""
        instance = self.instance_arn.rpartition("/")[2]
        return f"arn:{self.partition}:sso:::permissionSet/{instance}/{self.id}"

    @property
    def partition(self) -> str:
        """That of the instance."""
        return self.instance_arn.split(":")[1]

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
        with self.recorded("UpdatePermissionSet", **asked):
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
        with self.recorded("DeletePermissionSet"):
            if self.provisioned:
                error = ConflictException(
                    "Could not delete because PermissionSet has ApplicationProfile associated "
                    "with it"
                )
                error.add_note("Delete its assignments first: center.delete_account_assignment.")
                raise error
            del self.center.permission_sets[self.id]

    def recorded(self, operation: str, **parameters: Any) -> AbstractContextManager[Call]:
        """Note a call about it, if it is still there.

        Raises
        ------
        ResourceNotFoundException
            It has been deleted.
        """
        find(self.center.permission_sets, self, NOUN)
        given = {key: one for key, one in parameters.items() if one is not None}
        return recorded(self.center, SSO, operation, PermissionSetArn=self.arn, **given)


class HasPermissionSets:
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
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> center = organization.enable_identity_center()
        >>> readers = center.create_permission_set("Readers", session_duration="PT8H")
        >>> readers.attach_managed_policy("ReadOnlyAccess")
        >>> readers.managed_policies
        ['arn:aws:iam::aws:policy/ReadOnlyAccess']
        """
        center = cast("IdentityCenter", self)
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
                called,
                said,
                session_duration,
                begins,
                tagged,
            )
            center.permission_sets[made.id] = made
            call.answer["PermissionSet"] = {"Name": called, "PermissionSetArn": made.arn}
        return made
