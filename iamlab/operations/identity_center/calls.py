"""Calls to IAM Identity Center's APIs: permissions, and meaning and rules of parameters.

Methods of an instance and of its parts call as the root user of the management account. A call of
another principal is in that account too, and needs permission for each type of resource that the
Service Authorization Reference requires.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS IAM Identity Center" and the same "for
AWS Identity Store"; "Logging IAM Identity Center API calls with AWS CloudTrail"; "IAM Identity
Center API Reference" and "Identity Store API Reference", with the pages of their data types;
"Manage your AWS accounts", section "Limiting access to the identity store from member accounts".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations import registry
from iamlab.operations.api_models import Shape
from iamlab.operations.authorization_needs import context_of
from iamlab.operations.dispatch import Call, perform
from iamlab.policy.call_permissions import required_types
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.model.world import World
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.operations.registry import Answer, Perform

SSO, IDENTITY_STORE = "sso", "identitystore"
"""The prefixes of the two services."""

USER, GROUP, PERMISSION_SET, ACCOUNT = "USER", "GROUP", "PermissionSet", "account"
"""The names of the parts in errors; the first two are also the types of principals."""

_NAMES = {USER: "user_name", GROUP: "display_name", PERMISSION_SET: "name"}
"""Part -> the field with its name."""

_INSTANCE_BY = {SSO: "InstanceArn", IDENTITY_STORE: "IdentityStoreId"}
"""Service -> the parameter that names the instance."""

_ARNS = {
    "Account": ("sso", "account", "TargetId"),
    "AllUsers": (IDENTITY_STORE, "user", ""),
    "AllGroups": (IDENTITY_STORE, "group", ""),
    "AllGroupMemberships": (IDENTITY_STORE, "membership", ""),
    "User": (IDENTITY_STORE, "user", "UserId"),
    "Group": (IDENTITY_STORE, "group", "GroupId"),
    "GroupMembership": (IDENTITY_STORE, "membership", "MembershipId"),
}
"""Type of resource -> service and type in its ARN, and the parameter with its id."""


@dataclass(slots=True, eq=False)
class InstancePart:
    """A part of an instance: it holds its world, and its instance's ARN."""

    world: World = field(repr=False)
    instance_arn: str = field(repr=False)
    id: str

    @property
    def center(self) -> IdentityCenter:
        """The instance of the part.

        Raises
        ------
        RequestError
            The world has no such instance.
        """
        found: IdentityCenter | None = self.world.identity_centers.get(self.instance_arn)
        if found is None:
            raise RequestError(f"The world has no instance {self.instance_arn}.")
        return found


def do(center: Any, operation: str, **parameters: Any) -> Any:
    """Do an operation on an instance, as the root user of the management account.

    Raises
    ------
    RequestError
        A required parameter is ``None``.
    """
    entry, owner = registry.find(operation), center.organization.management_account
    instance = center.arn if entry.service == SSO else center.identity_store_id
    arguments = {_INSTANCE_BY[entry.service]: instance, **parameters}
    for name in entry.signature.required:
        if arguments.get(name) is None:
            raise RequestError(f"{operation} requires {name}.")
    return perform(owner, operation, **arguments)


@dataclass(slots=True)
class CenterCall(Call):
    """A call to Identity Center's APIs.

    Parameters
    ----------
    then
        What the service does in accounts after the call.
    """

    then: list[Callable[[], None]] = field(default_factory=list)

    @property
    def center(self) -> IdentityCenter:
        """The instance.

        Raises
        ------
        ResourceNotFoundException
            There is no instance.
        """
        found = self._instance()
        if found is None:  # AWS's sentence is not documented
            raise ResourceNotFoundException("Instance not found.")
        return found

    def _instance(self) -> IdentityCenter | None:
        part = str(self.parameters.get("ResourceArn", "")).rpartition("/")[0]
        key = self.parameters.get(self._instance_by, part.replace(":permissionSet/", ":instance/"))
        every = self.world.identity_centers.values()
        found: IdentityCenter | None = next(
            (center for center in every if key in (center.arn, center.identity_store_id)), None
        )
        return found

    @property
    def _instance_by(self) -> str:
        return _INSTANCE_BY[self.entry.service]

    @property
    def permission_set(self) -> PermissionSet:
        """The permission set that the call names."""
        return find(
            self.center.permission_sets, self.parameters["PermissionSetArn"], PERMISSION_SET
        )

    def noted_permission_set(self) -> PermissionSet:
        """Find the permission set that the call names, and note its ARN for the event."""
        found = self.permission_set
        self.noted["PermissionSetArn"] = found.arn
        return found

    def check_caller(self) -> None:
        """Check that the caller is in the management account, or a member that reads the store.

        Raises
        ------
        AccessDeniedException
            The caller is in another account.
        """
        if self.entry.name == "ListInstances":  # each account has its own list
            super(CenterCall, self).check_caller()
            return
        organization, own = self.center.organization, self.account_id
        reads_store = self.entry.service == IDENTITY_STORE and self.entry.is_read_only
        known = organization.members if reads_store else (organization.management_account_id,)
        if own != self.who.account_id or own not in known:
            error = AccessDeniedException("You don't have permissions to access this resource.")
            manager = organization.management_account_id
            raise noted(error, f"Only the management account, {manager}, can use the instance.")

    def note_resources(self) -> None:
        """Note nothing: the parameters name the resources."""

    def needed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Return the action on each type of resource that it requires."""
        action = self.entry.needs
        keys = context_of(self.account, self.entry, self.parameters, "*")
        for kind in required_types(action):
            yield from ((action, arn, keys) for arn in self._arns(kind))
        if not required_types(action):
            yield action, self.parameters.get("ResourceArn", "*"), keys

    def _arns(self, kind: str) -> list[str]:
        """Return the ARNs of the resources of a type; with ``*`` for a new resource."""
        center, arguments = self.center, {**self.parameters.get("MemberId", {}), **self.parameters}
        known = {"Instance": center.arn, "Identitystore": center.identity_store_arn}
        new = f"{center.arn.replace(':instance/', ':permissionSet/')}/*"
        known |= {"PermissionSet": arguments.get("PermissionSetArn", new)}
        if kind in known:
            return [known[kind]]
        service, place, name = _ARNS[kind]
        ids = [arguments.get(name, arguments.get("AccountId", "*"))]
        if kind == "Group":
            ids = arguments.get("GroupIds", ids)
        return [f"arn:{self.account.partition}:{service}:::{place}/{key}" for key in ids]

    def work(self) -> Any:
        """Perform the operation; return its result."""
        return self.entry.perform(self)

    def finish(self) -> None:
        """Update the accounts."""
        for step in self.then:
            step()

    def _owner(self) -> str:
        return ""  # events of Identity Center don't name a resource's account

    def _parameters(self) -> dict[str, Any] | None:
        named = {
            name: self.parameters[name] for name in (self._instance_by,) if name in self.parameters
        }
        return {**named, **self.noted}

    def _region(self) -> str:
        found = self._instance()
        return DEFAULT_REGION if found is None else found.region


def operation(name: str, answer: Answer = registry.nothing) -> Callable[[Perform], Perform]:
    """Register a function as an operation: ``"sso:CreatePermissionSet"``."""
    refuse = AccessDeniedException
    return registry.operation(name, None, answer, call_type=CenterCall, refuse=refuse)


Held = TypeVar("Held", bound=InstancePart)


def find(held: Mapping[str, Held], reference: object, noun: str) -> Held:
    """Find a part by object, id, ARN or name.

    Parameters
    ----------
    held
        The parts, by id.
    noun
        Its name in AWS's errors.

    Raises
    ------
    ResourceNotFoundException
        There is no such part.
    RequestError
        It isn't a part or text.
    """
    text = id_of(reference, noun)
    end = text.rpartition("/")[2]  # from an ARN
    for key in (text, end):
        if key in held:
            return held[key]
    named = {getattr(part, _NAMES[noun]): part for part in held.values()}
    same = [part for name, part in named.items() if name.lower() == text.lower()]
    if isinstance(reference, str) and same:
        return same[0]
    raise noted(ResourceNotFoundException(f"{noun} not found."), did_you_mean(text, named))


def id_of(reference: object, noun: str) -> str:
    """Return the id of a part, or the text itself.

    Raises
    ------
    RequestError
        It isn't a part or text.
    """
    attribute = "account_id" if noun == ACCOUNT else "id"
    text = reference if isinstance(reference, str) else getattr(reference, attribute, None)
    if not isinstance(text, str):
        raise RequestError(f"{reference!r} isn't a {noun}. Pass the object, its id or its name.")
    return text


MOST_PAIRS = 50
"""The most tags of a permission set, and the most attributes that become session tags."""


class TextRule(NamedTuple):
    """The rule for a text.

    Parameters
    ----------
    pattern
        The pattern, as AWS writes it.
    least, most
        The length.
    blanks
        Allowed white space, for a pattern of all visible characters.
    """

    pattern: str
    least: int
    most: int
    blanks: str = ""

    def is_met_by(self, value: str) -> bool:
        """Return whether a text has only these characters."""
        if _VISIBLE in self.pattern:
            return all(
                (letter.isprintable() and letter != " ") or letter in self.blanks
                for letter in value
            )
        return Shape("string", pattern=self.pattern).fits(value)


_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"

RULES: Mapping[str, TextRule] = {
    name: TextRule(**row) for name, row in tables(__file__, "text_rules.toml").items()
}
"""Parameter -> its rule."""


def invalid(name: str, demand: str, value: str | None = None) -> ValidationException:
    """Make AWS's error for an invalid parameter.

    Examples
    --------
    >>> invalid("name", "have length greater than or equal to 1", "").message[-50:]
    'Member must have length greater than or equal to 1'
    """
    shown = "" if value is None else f" '{value}'"
    return ValidationException(
        f"1 validation error detected: Value{shown} at '{name}' failed to satisfy constraint: "
        f"Member must {demand}"
    )


def checked(name: str, value: object) -> str:
    """Check a text by a parameter's rule.

    Raises
    ------
    ValidationException
        It breaks the rule.
    RequestError
        It isn't text.

    Examples
    --------
    >>> checked("name", "ReadOnly")
    'ReadOnly'
    """
    if not isinstance(value, str):
        raise RequestError(f"{name} is text, not {value!r}.")
    rule = RULES[name]
    for is_wrong, demand in (
        (len(value) < rule.least, f"have length greater than or equal to {rule.least}"),
        (len(value) > rule.most, f"have length less than or equal to {rule.most}"),
        (not rule.is_met_by(value), f"satisfy regular expression pattern: {rule.pattern}"),
    ):
        if is_wrong:
            raise invalid(name, demand, value[:200])
    return value


def optional(name: str, value: object) -> str:
    """Check an optional text; ``None`` is an empty text."""
    return "" if value is None or value == "" else checked(name, value)


def checked_pairs(key_rule: str, value_rule: str, pairs: Mapping[str, object]) -> dict[str, str]:
    """Check pairs of texts, such as tags.

    Raises
    ------
    ValidationException
        A key or a value breaks its rule, or there are too many.
    """
    found = {checked(key_rule, key): checked(value_rule, value) for key, value in pairs.items()}
    if len(found) > MOST_PAIRS:
        raise invalid(key_rule, f"have length less than or equal to {MOST_PAIRS}")
    return found
