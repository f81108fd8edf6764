"""The identity store: users and groups of Identity Center, which aren't IAM users and groups.

Not modelled: passwords, MFA devices, and external identity sources.

Notes
-----
AWS pages: "Manage your identity source"; "Identity Store API Reference"; "Supported user attributes
in IAM Identity Center".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.errors.identity_center import ConflictException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.identity_center.calls import (
    GROUP,
    USER,
    CenterCall,
    Held,
    InstancePart,
    checked,
    do,
    find,
    id_of,
    operation,
    optional,
)

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""CloudTrail's placeholder for personal data."""

_EMAIL = "emails"
"""The path of the address in UpdateUser."""

_FIELDS = {
    "userName": "user_name",
    "displayName": "display_name",
    "emails[primary eq true].value": "email",
}
"""Standard attributes: path -> field."""

ATTRIBUTES = (
    *("name.familyName", "name.givenName", "name.middleName", "nickName", "title", "userType"),
    *("locale", "timezone", "preferredLanguage", "enterprise.costCenter"),
    *("enterprise.department", "enterprise.division", "enterprise.employeeNumber"),
    *("enterprise.manager.value", "enterprise.organization"),
)
"""Paths of the other attributes that a user can have."""

PATHS = (*_FIELDS, *ATTRIBUTES)
"""Paths of all attributes that can become session tags."""

_RESERVED = ("administrator", "awsadministrators")
"""Reserved user names."""


@dataclass(slots=True, eq=False)
class IdentityStoreUser(InstancePart):
    """A user who signs in to the access portal.

    Parameters
    ----------
    user_name
        The user name, which is also the name of role sessions.
    attributes
        The attributes, by AWS's paths: ``{"enterprise.department": "astronomy"}``.
    """

    user_name: str = ""
    display_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    attributes: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def groups(self) -> list[IdentityStoreGroup]:
        """The user's groups."""
        return [group for group in self.center.groups.values() if self.id in group.member_ids]

    def attribute(self, path: str) -> str:
        """Return the attribute with a path; empty if unset.

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
        """Change attributes (``UpdateUser``); omitted ones stay.

        Existing sessions keep their tags.

        Raises
        ------
        ResourceNotFoundException
            The user has been deleted.
        ValidationException
            There is no such attribute, or its value isn't valid.
        """
        changed: dict[str, Any] = {"displayName": display_name, _EMAIL: email}
        changed |= _paths(attributes)
        sent = [
            {"AttributePath": path, "AttributeValue": value}
            for path, value in changed.items()
            if value is not None
        ]
        do(self.center, "identitystore:UpdateUser", UserId=self.id, Operations=sent)


@dataclass(slots=True, eq=False)
class IdentityStoreGroup(InstancePart):
    """A group of users of the identity store.

    Parameters
    ----------
    member_ids
        Ids of users, in the order in which they joined.
    """

    display_name: str = ""
    description: str = field(default="", repr=False)
    member_ids: list[str] = field(default_factory=list, repr=False)

    @property
    def users(self) -> list[IdentityStoreUser]:
        """The group's users."""
        return [self.center.users[key] for key in self.member_ids]

    def add_user(self, user: IdentityStoreUser | str) -> None:
        """Add a user (``CreateGroupMembership``).

        Raises
        ------
        ConflictException
            The user is already a member.
        ResourceNotFoundException
            There is no such user, or the group has been deleted.
        """
        self._do("CreateGroupMembership", user)

    def remove_user(self, user: IdentityStoreUser | str) -> None:
        """Remove a user (``DeleteGroupMembership``). Role sessions stay valid until they expire.

        Raises
        ------
        ResourceNotFoundException
            The user isn't a member.
        """
        self._do("DeleteGroupMembership", user)

    def _do(self, name: str, user: IdentityStoreUser | str) -> None:
        member = {"UserId": id_of(user, USER)}
        do(self.center, f"identitystore:{name}", GroupId=self.id, MemberId=member)


class IdentityStore:
    """The methods of an instance for its users and groups."""

    __slots__ = ()

    def create_user(
        self,
        user_name: str,
        display_name: str = "",
        email: str = "",
        *,
        attributes: Mapping[str, str] | None = None,
    ) -> IdentityStoreUser:
        """Create a user (``CreateUser`` of the identity store); accounts get no IAM user.

        Parameters
        ----------
        attributes
            Other attributes, by AWS's paths: ``{"enterprise.department": "astronomy"}``.

        Raises
        ------
        ConflictException
            The name is taken.
        ValidationException
            A name or an attribute isn't valid.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> center.create_user("ana").user_name, len(main.users)
        ('ana', 0)
        """
        arguments = {"UserName": user_name, "DisplayName": display_name}
        more = {"Emails": [{"Value": email}] if email else None, "Attributes": _paths(attributes)}
        made: IdentityStoreUser = do(self, "identitystore:CreateUser", **arguments, **more)
        return made

    def delete_user(self, user: IdentityStoreUser | str) -> None:
        """Delete a user: portal access ends at once, role sessions stay valid until they expire.

        Assignments to the user stay without effect.

        Raises
        ------
        ResourceNotFoundException
            It doesn't exist.
        """
        do(self, "identitystore:DeleteUser", UserId=id_of(user, USER))

    def create_group(self, display_name: str, description: str = "") -> IdentityStoreGroup:
        """Create a group (``CreateGroup`` of the identity store).

        Raises
        ------
        ConflictException
            The name is taken.
        """
        arguments = {"DisplayName": display_name, "Description": description}
        made: IdentityStoreGroup = do(self, "identitystore:CreateGroup", **arguments)
        return made

    def delete_group(self, group: IdentityStoreGroup | str) -> None:
        """Delete a group; its members stay, and assignments to it have no effect.

        Raises
        ------
        ResourceNotFoundException
            It doesn't exist.
        """
        do(self, "identitystore:DeleteGroup", GroupId=id_of(group, GROUP))


def _paths(attributes: object) -> dict[str, Any]:
    """Check for a mapping of paths to texts; ``None`` is an empty one.

    Raises
    ------
    RequestError
        It isn't such a mapping.
    """
    paths = {} if attributes is None else attributes
    if not isinstance(paths, Mapping):
        raise RequestError(f"attributes is a mapping of paths to texts, not {attributes!r}.")
    return dict(paths)


def _known_attributes(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Check attributes.

    Raises
    ------
    ValidationException
        There is no such attribute, or its value isn't valid.
    """
    for path in attributes:
        if path not in ATTRIBUTES:  # AWS's sentence is not documented
            error = ValidationException(f"The attribute {path} is not supported.")
            raise noted(error, did_you_mean(str(path), ATTRIBUTES))
    return {path: checked("attribute", value) for path, value in attributes.items()}


_PLAIN = ("NickName", "Title", "UserType", "Locale", "Timezone", "PreferredLanguage")
"""Parameters of CreateUser that are attributes; their paths begin with a lower-case letter."""


def _attributes_in(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the other attributes of a call, by their paths."""
    name = arguments.get("Name", {})
    names = {f"name.{key[0].lower()}{key[1:]}": text for key, text in name.items()}
    plain = {f"{key[0].lower()}{key[1:]}": arguments[key] for key in _PLAIN if key in arguments}
    return {**names, **plain, **arguments.get("Attributes", {})}


def _email_in(sent: Any) -> Any:
    """Return the first address of a list in the API's form; else the value itself."""
    if isinstance(sent, list | tuple):
        return sent[0].get("Value", "") if sent and isinstance(sent[0], Mapping) else ""
    return sent


def _add(held: dict[str, Held], made: Held, name_field: str, duplicate: str) -> Held:
    """Add a user or a group, whose name must be unique case-insensitively."""
    names = {getattr(part, name_field).lower() for part in held.values()}
    if getattr(made, name_field).lower() in names:
        raise ConflictException(duplicate)
    made.id = made.world.ids.uuid()
    held[made.id] = made
    return made


@operation("identitystore:CreateUser", lambda made: {"UserId": made.id})
def create_user(call: CenterCall) -> IdentityStoreUser:
    """Create a user."""
    center, arguments = call.center, call.parameters
    call.noted["UserName"] = HIDDEN
    name = checked("userName", arguments.get("UserName"))
    known = _known_attributes(_attributes_in(arguments))
    shown = optional("displayName", arguments.get("DisplayName"))
    address = optional("email", _email_in(arguments.get("Emails")))
    if name.lower() in _RESERVED:  # AWS's sentence is not documented
        raise ValidationException(f"The user name {name} is reserved.")
    made = IdentityStoreUser(center.world, center.arn, "", name, shown or name, address, known)
    return _add(center.users, made, "user_name", "Duplicate UserName")


@operation("identitystore:UpdateUser")
def update_user(call: CenterCall) -> None:
    """Change a user's attributes."""
    key = call.noted["UserId"] = call.parameters["UserId"]
    user, edits = find(call.center.users, key, USER), call.parameters["Operations"]
    changed = {edit["AttributePath"]: edit.get("AttributeValue") for edit in edits}
    shown = changed.pop("displayName", user.display_name)
    address = _email_in(changed.pop(_EMAIL, user.email))
    known = _known_attributes(changed)
    shown, address = optional("displayName", shown), optional("email", address)
    user.display_name, user.email = shown, address
    user.attributes |= known


@operation("identitystore:DeleteUser")
def delete_user(call: CenterCall) -> None:
    """Delete a user, with all memberships."""
    key = _delete(call, "UserId", call.center.users, USER)
    for group in call.center.groups.values():
        group.member_ids = [member for member in group.member_ids if member != key]


@operation("identitystore:CreateGroup", lambda made: {"GroupId": made.id})
def create_group(call: CenterCall) -> IdentityStoreGroup:
    """Create a group."""
    center, arguments = call.center, call.parameters
    call.noted["DisplayName"] = HIDDEN
    name = checked("displayName", arguments.get("DisplayName"))
    about = optional("groupDescription", arguments.get("Description"))
    made = IdentityStoreGroup(center.world, center.arn, "", name, about)
    return _add(center.groups, made, "display_name", "Duplicate GroupDisplayName")


@operation("identitystore:DeleteGroup")
def delete_group(call: CenterCall) -> None:
    """Delete a group."""
    _delete(call, "GroupId", call.center.groups, GROUP)


def _delete(call: CenterCall, parameter: str, held: dict[str, Held], noun: str) -> str:
    """Delete a user or a group; return the id."""
    key = call.noted[parameter] = find(held, call.parameters[parameter], noun).id
    del held[key]
    return key


@operation("identitystore:CreateGroupMembership")
def create_group_membership(call: CenterCall) -> None:
    """Add a user to a group."""
    group, member_id = _membership(call)
    if member_id in group.member_ids:
        raise ConflictException("Member and Group relationship already exists.")
    group.member_ids.append(member_id)


# AWS names a membership by its own id, and iamlab by group and member.
@operation("identitystore:DeleteGroupMembership")
def delete_group_membership(call: CenterCall) -> None:
    """Remove a user from a group."""
    group, member_id = _membership(call)
    if member_id not in group.member_ids:
        raise ResourceNotFoundException("GROUP_MEMBERSHIP not found.")
    group.member_ids.remove(member_id)


def _membership(call: CenterCall) -> tuple[IdentityStoreGroup, str]:
    """Find the group and the member that a call names."""
    call.noted["GroupId"] = call.parameters["GroupId"]
    group = find(call.center.groups, call.parameters["GroupId"], GROUP)
    member = find(call.center.users, call.parameters["MemberId"].get("UserId", ""), USER)
    call.noted["MemberId"] = {"UserId": member.id}
    return group, member.id
