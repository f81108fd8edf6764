"""The identity store: people and groups of Identity Center, who are no IAM users and no IAM groups.

Not modelled: passwords, MFA devices, and directories outside of AWS that fill the store.

Notes
-----
AWS pages: "Manage your identity source"; "Identity Store API Reference"; "Supported user attributes
in IAM Identity Center".
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.identity_center import ConflictException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.identity_center.parameters import (
    GROUP,
    HIDDEN,
    IDENTITY_STORE,
    USER,
    OfInstance,
    Own,
    Part,
    checked,
    find,
    optional,
    recorded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIELDS = {
    "userName": "user_name",
    "displayName": "display_name",
    "emails[primary eq true].value": "email",
}
"""Attributes that everybody has: path -> field."""

ATTRIBUTES = (
    *("name.familyName", "name.givenName", "name.middleName", "nickName", "title", "userType"),
    *("locale", "timezone", "preferredLanguage", "enterprise.costCenter"),
    *("enterprise.department", "enterprise.division", "enterprise.employeeNumber"),
    *("enterprise.manager.value", "enterprise.organization"),
)
"""Paths of what may be known of somebody besides."""

PATHS = (*_FIELDS, *ATTRIBUTES)
"""Paths of all that can become a session tag."""

_RESERVED = ("administrator", "awsadministrators")
"""Names that no user can have."""


@dataclass(slots=True, eq=False)
class IdentityStoreUser(Part):
    """Somebody who signs in to the access portal.

    Parameters
    ----------
    user_name
        It becomes the name of role sessions.
    attributes
        By the paths that AWS names them by: ``{"enterprise.department": "astronomy"}``.
    """

    user_name: str = ""
    display_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    attributes: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def groups(self) -> list[IdentityStoreGroup]:
        """The groups that the user is in."""
        return [one for one in self.center.groups.values() if self.id in one.member_ids]

    def attribute(self, path: str) -> str:
        """Give what is known under a path; empty if nothing is.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> ana = center.create_user("ana", attributes={"title": "Astronomer"})
        >>> ana.attribute("userName"), ana.attribute("title"), ana.attribute("locale")
        ('ana', 'Astronomer', '')
        """
        named = _FIELDS.get(path)
        return self.attributes.get(path, "") if named is None else str(getattr(self, named))

    def update(
        self,
        *,
        display_name: str | None = None,
        email: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Change what is known of the user (``UpdateUser``); what is not given stays.

        Sessions that there are keep the tags that were made of it.

        Raises
        ------
        ResourceNotFoundException
            The user has been deleted.
        ValidationException
            There is no such attribute, or it cannot be so.
        """
        with recorded(self.center, IDENTITY_STORE, "UpdateUser", UserId=self.id):
            find(self.center.users, self, USER)
            changed = known_attributes(attributes)
            shown = self.display_name if display_name is None else display_name
            address = self.email if email is None else email
            shown, address = optional("displayName", shown), optional("email", address)
            self.display_name, self.email = shown, address
            self.attributes |= changed


@dataclass(slots=True, eq=False)
class IdentityStoreGroup(Part):
    """A group of users of the identity store.

    Parameters
    ----------
    member_ids
        Ids of users, in the order in which they came.
    """

    display_name: str = ""
    description: str = field(default="", repr=False)
    member_ids: list[str] = field(default_factory=list, repr=False)

    @property
    def users(self) -> list[IdentityStoreUser]:
        """Its members."""
        known = self.center.users
        return [known[key] for key in self.member_ids]

    def add_user(self, user: IdentityStoreUser | str) -> None:
        """Make a user a member (``CreateGroupMembership``).

        Raises
        ------
        ConflictException
            The user is one.
        ResourceNotFoundException
            There is no such user, or the group has been deleted.
        """
        with self._membership("CreateGroupMembership", user) as member_id:
            if member_id in self.member_ids:
                raise ConflictException("Member and Group relationship already exists.")
            self.member_ids.append(member_id)

    def remove_user(self, user: IdentityStoreUser | str) -> None:
        """End a membership (``DeleteGroupMembership``). Role sessions go on until they expire.

        Raises
        ------
        ResourceNotFoundException
            The user is no member.
        """
        with self._membership("DeleteGroupMembership", user) as member_id:
            if member_id not in self.member_ids:
                raise ResourceNotFoundException("GROUP_MEMBERSHIP not found.")
            self.member_ids.remove(member_id)

    @contextmanager
    def _membership(self, operation: str, user: IdentityStoreUser | str) -> Iterator[str]:
        """Note a call about somebody's membership, which has an id of its own in AWS."""
        center = self.center
        with recorded(center, IDENTITY_STORE, operation, GroupId=self.id) as call:
            find(center.groups, self, GROUP)
            member = find(center.users, user, USER)
            call.asked["MemberId"] = {"UserId": member.id}
            yield member.id


class IdentityStore(OfInstance):
    """The methods of an instance about its people and groups."""

    __slots__ = ()

    def create_user(
        self,
        user_name: str,
        display_name: str = "",
        email: str = "",
        *,
        attributes: Mapping[str, str] | None = None,
    ) -> IdentityStoreUser:
        """Add somebody (``CreateUser`` of the identity store): no account gets an IAM user.

        Parameters
        ----------
        attributes
            What else is known, by AWS's paths: ``{"enterprise.department": "astronomy"}``.

        Raises
        ------
        ConflictException
            The name is taken.
        ValidationException
            A name or an attribute cannot be so.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> center.create_user("ana").user_name, len(main.users)
        ('ana', 0)
        """
        center = self._center
        with recorded(center, IDENTITY_STORE, "CreateUser", UserName=HIDDEN) as call:
            name = checked("userName", user_name)
            known = known_attributes(attributes)
            shown, address = optional("displayName", display_name), optional("email", email)
            if name.lower() in _RESERVED:  # AWS's sentence is not documented
                raise ValidationException(f"The user name {name} is reserved.")
            if name.lower() in (one.user_name.lower() for one in center.users.values()):
                raise ConflictException("Duplicate UserName")
            key = center.world.ids.uuid()
            made = IdentityStoreUser(
                center.world, center.arn, key, name, shown or name, address, known
            )
            center.users[made.id] = made
            call.answer["UserId"] = made.id
        return made

    def delete_user(self, user: IdentityStoreUser | str) -> None:
        """Delete a user: the portal is closed at once, role sessions go on until they expire.

        Assignments to the user stay, and mean nobody.

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        key = self._delete("User", self._center.users, user)
        for group in self._center.groups.values():
            group.member_ids = [one for one in group.member_ids if one != key]

    def create_group(self, display_name: str, description: str = "") -> IdentityStoreGroup:
        """Add a group (``CreateGroup`` of the identity store).

        Raises
        ------
        ConflictException
            The name is taken.
        """
        center = self._center
        with recorded(center, IDENTITY_STORE, "CreateGroup", DisplayName=HIDDEN) as call:
            name = checked("displayName", display_name)
            said = optional("groupDescription", description)
            if name.lower() in (one.display_name.lower() for one in center.groups.values()):
                raise ConflictException("Duplicate GroupDisplayName")
            key = center.world.ids.uuid()
            made = IdentityStoreGroup(center.world, center.arn, key, name, said)
            center.groups[made.id] = made
            call.answer["GroupId"] = made.id
        return made

    def delete_group(self, group: IdentityStoreGroup | str) -> None:
        """Delete a group; its members stay, and assignments to it mean nobody.

        Raises
        ------
        ResourceNotFoundException
            There is none.
        """
        self._delete("Group", self._center.groups, group)

    def _delete(self, kind: str, held: dict[str, Own], given: Own | str) -> str:
        """Delete a user or a group; give the id."""
        with recorded(self._center, IDENTITY_STORE, f"Delete{kind}") as call:
            key = find(held, given, kind.upper()).id
            call.asked[f"{kind}Id"] = key
            del held[key]
        return key


def known_attributes(given: Mapping[str, str] | None) -> dict[str, str]:
    """Check what is known of somebody.

    Raises
    ------
    ValidationException
        There is no such attribute, or it cannot be so.
    RequestError
        It is no mapping.
    """
    attributes: object = {} if given is None else given
    if not hasattr(attributes, "items"):
        raise RequestError(f"attributes is a mapping of paths to texts, not {given!r}.")
    found = {}
    for path, value in attributes.items():
        if path not in ATTRIBUTES:  # AWS's sentence is not documented
            error = ValidationException(f"The attribute {path} is not supported.")
            error.add_note(did_you_mean(str(path), ATTRIBUTES))
            raise error
        found[path] = checked("attribute", value)
    return found
