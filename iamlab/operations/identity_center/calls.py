"""Calls of IAM Identity Center's APIs: who may make them, what parameters mean and may be.

Methods of an instance and of its parts make the calls for the root user of the management account.
Somebody's own call is made in that account too, and needs permission for each kind of resource that
the Service Authorization Reference requires.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS IAM Identity Center" and the same "for
AWS Identity Store"; "Logging IAM Identity Center API calls with AWS CloudTrail"; "IAM Identity
Center API Reference" and "Identity Store API Reference", with the pages of their data types.
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
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.model.world import World
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.operations.registry import Answer, Perform

SSO, IDENTITY_STORE = "sso", "identitystore"
"""The two services that calls go to."""

USER, GROUP, PERMISSION_SET, ACCOUNT = "USER", "GROUP", "PermissionSet", "account"
"""What refusals call the parts; the first two are the types of principals, too."""

_NAMES = {USER: "user_name", GROUP: "display_name", PERMISSION_SET: "name"}
"""Which field is the name of each."""

_INSTANCE_BY = {SSO: "InstanceArn", IDENTITY_STORE: "IdentityStoreId"}
"""Service -> the parameter that names the instance."""

_ARNS = {
    "Account": ("sso", "account", "TargetId"),
    "User": (IDENTITY_STORE, "user", "UserId"),
    "Group": (IDENTITY_STORE, "group", "GroupId"),
    "GroupMembership": (IDENTITY_STORE, "membership", "MembershipId"),
}
"""Kind of resource -> service and type in its ARN, and the parameter that has its id."""


@dataclass(slots=True, eq=False)
class InstancePart:
    """A part of an instance: it knows its world, and its instance by the ARN."""

    world: World = field(repr=False)
    instance_arn: str = field(repr=False)
    id: str

    @property
    def center(self) -> IdentityCenter:
        """The instance that it belongs to.

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
        What must be there is ``None``.
    """
    entry, owner = registry.find(operation), center.organization.management_account
    instance = center.arn if entry.service == SSO else center.identity_store_id
    arguments = {_INSTANCE_BY[entry.service]: instance, **parameters}
    for name in entry.required:
        if arguments.get(name) is None:
            raise RequestError(f"{operation} needs {name}, which is None.")
    return perform(owner, operation, **arguments)


@dataclass(slots=True)
class CenterCall(Call):
    """A call of Identity Center's APIs.

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
            There is none.
        """
        found = self._instance()
        if found is None:  # AWS's sentence is not documented
            raise ResourceNotFoundException("Instance not found.")
        return found

    def _instance(self) -> IdentityCenter | None:
        key, every = self.parameters.get(self._instance_by), self.world.identity_centers.values()
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
        """Insist on the management account, which has the instance.

        Raises
        ------
        AccessDeniedException
            The caller is of another account.
        """
        owner = self.center.organization.management_account_id
        if not owner == self.account_id == self.who.account_id:
            error = AccessDeniedException("You don't have permissions to access this resource.")
            error.add_note(f"Only the management account, {owner}, works with the instance here.")
            raise error

    def note_resources(self) -> None:
        """Note nothing: the parameters say what the call works on."""

    def needed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Ask for the action on each kind of resource that it requires."""
        action = self.entry.needs
        known = catalog.action(action)
        keys = context_of(self.account, self.entry, self.parameters)
        for kind in known.resource_types if known else ():
            if kind.required:
                yield action, self._arn(kind.name), keys

    def _arn(self, kind: str) -> str:
        """Return the ARN of the resource of a kind; of one that is to be made, with ``*``."""
        center, arguments = self.center, {**self.parameters.get("MemberId", {}), **self.parameters}
        known = {"Instance": center.arn, "Identitystore": center.identity_store_arn}
        new = f"{center.arn.replace(':instance/', ':permissionSet/')}/*"
        known |= {"PermissionSet": arguments.get("PermissionSetArn", new)}
        if kind in known:
            return known[kind]
        service, place, name = _ARNS[kind]
        return f"arn:{self.account.partition}:{service}:::{place}/{arguments.get(name, '*')}"

    def work(self) -> Any:
        """Do it, and give what that makes."""
        return self.entry.perform(self)

    def finish(self) -> None:
        """Bring the accounts up to date."""
        for step in self.then:
            step()

    def _owner(self) -> str:
        return ""  # events of Identity Center name no account of a resource

    def _parameters(self) -> dict[str, Any] | None:
        return {self._instance_by: self.parameters.get(self._instance_by), **self.noted}

    def _region(self) -> str:
        found = self._instance()
        return DEFAULT_REGION if found is None else found.region


def operation(name: str, answer: Answer = registry.nothing) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation: ``"sso:CreatePermissionSet"``."""
    refuse = AccessDeniedException
    return registry.operation(name, None, answer, call_type=CenterCall, refuse=refuse)


Held = TypeVar("Held", bound=InstancePart)


def find(held: Mapping[str, Held], reference: object, noun: str) -> Held:
    """Find the part that is meant: itself, its id, its ARN, or its name.

    Parameters
    ----------
    held
        By id.
    noun
        As AWS calls it in a refusal.

    Raises
    ------
    ResourceNotFoundException
        There is none.
    RequestError
        It is neither a part nor text.
    """
    text = id_of(reference, noun)
    end = text.rpartition("/")[2]  # of an ARN
    for key in (text, end):
        if key in held:
            return held[key]
    named = {getattr(part, _NAMES[noun]): part for part in held.values()}
    same = [part for name, part in named.items() if name.lower() == text.lower()]
    if isinstance(reference, str) and same:
        return same[0]
    raise noted(ResourceNotFoundException(f"{noun} not found."), did_you_mean(text, named))


def id_of(reference: object, noun: str) -> str:
    """Return the id of a part that is given itself; a text stays as it is.

    Raises
    ------
    RequestError
        It is neither.
    """
    attribute = "account_id" if noun == ACCOUNT else "id"
    text = reference if isinstance(reference, str) else getattr(reference, attribute, None)
    if not isinstance(text, str):
        raise RequestError(f"{reference!r} is no {noun}: give it itself, its id, or its name.")
    return text


MOST_PAIRS = 50
"""So many tags a permission set has at most, and so many attributes become session tags."""


class TextRule(NamedTuple):
    """What a text may be.

    Parameters
    ----------
    pattern
        As AWS writes it.
    least, most
        The length.
    blanks
        White space that the pattern allows, if it is one of all visible characters.
    """

    pattern: str
    least: int
    most: int
    blanks: str = ""

    def is_met_by(self, value: str) -> bool:
        """Return whether a text has no other characters than these."""
        if _VISIBLE in self.pattern:
            return all(
                (letter.isprintable() and letter != " ") or letter in self.blanks
                for letter in value
            )
        return Shape("string", pattern=self.pattern).fits(value)


_TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_TEXT = TextRule(rf"[{_VISIBLE}\t\n\r \u00A0\u3000]+", 1, 1024, "\t\n\r \u00a0\u3000")
_PATH = r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"
_RELAY_STATE = r"""[a-zA-Z0-9&$@#\\\/%?=~\-_'"|!:,.;*+\[\]\ \(\)\{\}]+"""

RULES: Mapping[str, TextRule] = {
    **dict.fromkeys(("attribute", "displayName", "email", "groupDescription"), _TEXT),
    "customerManagedPolicyReference.name": TextRule(r"[\w+=,.@-]+", 1, 128),
    "customerManagedPolicyReference.path": TextRule(_PATH, 1, 512),
    "description": TextRule(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", 1, 700),
    "inlinePolicy": TextRule(r"[\u0009\u000A\u000D\u0020-\u00FF]+", 1, 32_768),
    "key": TextRule(r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]+", 1, 128),
    "name": TextRule(r"[\w+=,.@-]+", 1, 32),
    "relayState": TextRule(_RELAY_STATE, 1, 240),
    "tagKey": TextRule(_TAG, 1, 128),
    "tagValue": TextRule(_TAG, 0, 256),
    "userName": TextRule(f"[{_VISIBLE}]+", 1, 128),
}
"""Parameter -> what it may be."""


def invalid(name: str, demand: str, value: str | None = None) -> ValidationException:
    """Make AWS's error for a parameter that isn't what it must be.

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
    """Insist that a text is what a parameter may be.

    Raises
    ------
    ValidationException
        It is not.
    RequestError
        It is no text at all.

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
    """Do the same; nothing at all is an empty text."""
    return "" if value is None or value == "" else checked(name, value)


def checked_pairs(key_rule: str, value_rule: str, pairs: Mapping[str, object]) -> dict[str, str]:
    """Insist on pairs of texts, such as tags.

    Raises
    ------
    ValidationException
        A key or a value is not what it may be, or there are too many.
    """
    found = {checked(key_rule, key): checked(value_rule, value) for key, value in pairs.items()}
    if len(found) > MOST_PAIRS:
        raise invalid(key_rule, f"have length less than or equal to {MOST_PAIRS}")
    return found
