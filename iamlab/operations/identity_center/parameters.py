"""What the parts of an instance have in common: they know their instance, and calls are logged.

Calls of the administrator's are done for the root user of the management account, as the methods
of accounts and organizations are.

What parameters of IAM Identity Center may be: letters and lengths, and the session duration.

Notes
-----
AWS pages: "Logging IAM Identity Center API calls with AWS CloudTrail"; "IAM Identity Center API
Reference" and "Identity Store API Reference", for how things are named there.
AWS pages: "IAM Identity Center API Reference" and "Identity Store API Reference", the pages of
their data types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast
from unicodedata import category

from iamlab.authorization.context_keys import root_user_keys
from iamlab.cloudtrail.recording import record_in_account
from iamlab.cloudtrail.user_identity import user_identity
from iamlab.errors import AwsError, RequestError, did_you_mean
from iamlab.errors.organizations import AccountNotFoundException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.api_models import Shape
from iamlab.operations.organizations.lookup import account_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.identity_center.instance import IdentityCenter


SSO, IDENTITY_STORE = "sso", "identitystore"
"""The two services that calls go to."""

USER, GROUP, PERMISSION_SET = "USER", "GROUP", "PermissionSet"
"""What refusals call the parts; the first two are the types of principals, too."""

_NAMES = {USER: "user_name", GROUP: "display_name", PERMISSION_SET: "name"}
"""Which field is the name of each."""

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail shows in the place of names and addresses of people."""


@dataclass(slots=True, eq=False)
class Part:
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
        found = self.world.identity_centers.get(self.instance_arn)
        if found is None:
            raise RequestError(f"The world has no instance {self.instance_arn}.")
        return found


class OfInstance:
    """Methods of an instance, in a module of their own."""

    __slots__ = ()

    @property
    def _center(self) -> IdentityCenter:
        """The instance whose methods they are."""
        return cast("IdentityCenter", self)


@dataclass(slots=True)
class Call:
    """A call of the administrator's while it is done.

    Parameters
    ----------
    asked
        Its parameters, as AWS names them; more can be added as soon as they are known.
    answer
        What is answered.
    """

    asked: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)


Own = TypeVar("Own", bound=Part)


def find(held: Mapping[str, Own], given: object, noun: str) -> Own:
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
    text = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(text, str):
        raise RequestError(f"{given!r} is no {noun}: give it itself, its id, or its name.")
    end = text.rpartition("/")[2]  # of an ARN
    for key in (text, end):
        if key in held:
            return held[key]
    named = {getattr(one, _NAMES[noun]): one for one in held.values()}
    same = [one for name, one in named.items() if name.lower() == text.lower()]
    if isinstance(given, str) and same:
        return same[0]
    error = ResourceNotFoundException(f"{noun} not found.")
    error.add_note(did_you_mean(text, named))
    raise error


def account_of(center: IdentityCenter, given: Account | str) -> Account:
    """Find the account that is meant, be it in the organization or not.

    Raises
    ------
    ResourceNotFoundException
        The world has none.
    """
    try:
        return center.world.accounts[account_id_of(center.organization, given)]
    except AccountNotFoundException as unknown:
        raise _no_account(given, *unknown.__notes__) from None


def active_account_of(center: IdentityCenter, given: Account | str) -> Account:
    """Find the account that is meant, which can be opened to somebody.

    Raises
    ------
    ResourceNotFoundException
        It is in no world, in another organization, or suspended.
    """
    account, organization = account_of(center, given), center.organization
    member = organization.members.get(account.account_id)
    if member is None:
        raise _no_account(account.account_id, f"It is not in the organization {organization.id}.")
    if member.status != "ACTIVE":
        raise _no_account(account.account_id, f"It is {member.status}.")
    return account


def _no_account(given: object, *notes: str) -> ResourceNotFoundException:
    """Say that there is no such account; AWS's sentence is not documented."""
    error = ResourceNotFoundException(f"AWS account {given} not found in the organization.")
    for note in notes:
        error.add_note(note)
    return error


@contextmanager
def recorded(
    center: IdentityCenter, service: str, operation: str, **parameters: Any
) -> Iterator[Call]:
    """Note a call of the administrator's in the management account, however it ends.

    Yields
    ------
    Call
        To be filled with what is asked and answered.
    """
    of_store = {"IdentityStoreId": center.identity_store_id}
    call = Call({**({"InstanceArn": center.arn} if service == SSO else of_store), **parameters})
    try:
        yield call
    except AwsError as refusal:
        _record(center, (service, operation), call, refusal)
        raise
    _record(center, (service, operation), call, None)


def _record(
    center: IdentityCenter, named: tuple[str, str], call: Call, error: AwsError | None
) -> None:
    account = center.organization.management_account
    record_in_account(
        center.world,
        named,
        user_identity(account.root_arn, root_user_keys(account.root_arn, account.account_id), None),
        account.account_id,
        read_only=False,
        parameters=call.asked,
        answer=None if error else call.answer,
        error=error,
        region=center.region,
    )


SESSION_SECONDS = (3600, 43_200)
"""What a permission set's session duration may be: one hour to twelve."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text may be.

    Parameters
    ----------
    pattern
        As AWS writes it.
    least, most
        The length.
    blanks
        What the pattern allows besides whatever can be seen, if that is what it speaks of.
    """

    pattern: str
    least: int
    most: int
    blanks: str = ""

    def is_met_by(self, value: str) -> bool:
        """Say whether a text has no other characters than these."""
        if _VISIBLE in self.pattern:
            return all(category(one)[0] in "LMSNP" or one in self.blanks for one in value)
        return Shape("string", pattern=self.pattern).fits(value)


_TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_TEXT = Rule(rf"[{_VISIBLE}\t\n\r \u00A0\u3000]+", 1, 1024, "\t\n\r \u00a0\u3000")
_PATH = r"((/[A-Za-z0-9\.,\+@=_-]+)*)/"
_RELAY_STATE = r"""[a-zA-Z0-9&$@#\\\/%?=~\-_'"|!:,.;*+\[\]\ \(\)\{\}]+"""

RULES: Mapping[str, Rule] = {
    "attribute": _TEXT,
    "customerManagedPolicyReference.name": Rule(r"[\w+=,.@-]+", 1, 128),
    "customerManagedPolicyReference.path": Rule(_PATH, 1, 512),
    "description": Rule(r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", 1, 700),
    "displayName": _TEXT,
    "email": _TEXT,
    "groupDescription": _TEXT,
    "inlinePolicy": Rule(r"[\u0009\u000A\u000D\u0020-\u00FF]+", 1, 32_768),
    "key": Rule(r"[\p{L}\p{Z}\p{N}_.:\/=+\-@]+", 1, 128),
    "name": Rule(r"[\w+=,.@-]+", 1, 32),
    "relayState": Rule(_RELAY_STATE, 1, 240),
    "tagKey": Rule(_TAG, 1, 128),
    "tagValue": Rule(_TAG, 0, 256),
    "userName": Rule(f"[{_VISIBLE}]+", 1, 128),
}
"""Parameter -> what it may be."""

_DURATION = re.compile(
    r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.ASCII
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
    >>> try:
    ...     checked("name", "")
    ... except ValidationException as error:
    ...     print(error.message[-50:])
    Member must have length greater than or equal to 1
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
            raise ValidationException(
                f"1 validation error detected: Value '{value[:200]}' at '{name}' failed to satisfy "
                f"constraint: Member must {demand}"
            )
    return value


def optional(name: str, value: object) -> str:
    """Do the same; nothing at all is an empty text."""
    return "" if value is None or value == "" else checked(name, value)


def checked_mapping(key_rule: str, value_rule: str, given: object, most: int) -> dict[str, str]:
    """Insist on a mapping of texts, such as tags; nothing is an empty one.

    Raises
    ------
    ValidationException
        A key or a value is not what it may be, or there are too many.
    RequestError
        It is no mapping.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RequestError(f"This is a mapping of texts to texts, not {given!r}.")
    found = {checked(key_rule, key): checked(value_rule, one) for key, one in given.items()}
    if len(found) > most:
        raise ValidationException(
            f"1 validation error detected: Value at '{key_rule}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}"
        )
    return found


def seconds_of(duration: object) -> int:
    """Read a session duration in the form of ISO 8601.

    Raises
    ------
    ValidationException
        It is none, or not within one and twelve hours.

    Examples
    --------
    >>> seconds_of("PT1H"), seconds_of("PT1H30M"), seconds_of("PT12H")
    (3600, 5400, 43200)
    """
    if not isinstance(duration, str):
        raise RequestError(f"session_duration is text such as PT8H, not {duration!r}.")
    found = _DURATION.fullmatch(duration)
    parts = [int(part or 0) for part in found.groups()] if found else []
    seconds = sum(part * unit for part, unit in zip(parts, (86_400, 3600, 60, 1), strict=False))
    least, most = SESSION_SECONDS
    if not least <= seconds <= most:  # AWS's sentence is not documented
        error = ValidationException(
            f"1 validation error detected: Value '{duration[:100]}' at 'sessionDuration' failed to "
            "satisfy constraint: Member must be between PT1H and PT12H"
        )
        error.add_note("PT8H is eight hours, PT1H30M an hour and a half.")
        raise error
    return seconds
