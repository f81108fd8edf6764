"""What policies require a call to say: external ids, session names, tags, boundaries.

A condition such as ``"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}`` tells its reader
what to send. Such values are taken from the policies that have a say: variables are filled with
what is known of the caller, wildcards with some text. What is secret (passwords, keys, signed
assertions) is made only when a call is made: until then a placeholder stands for it.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "IAM policy elements: Variables and
tags"; "IAM and AWS STS condition context keys"; "Set an account password policy for IAM users".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamlab.model.organization.policies import RCP, SCP
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue
    from iamlab.model.world import World
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Condition, Statement


FILLER = "reach"
"""What stands for a star, and where any value will do."""

MOST_VALUES = 4
"""So many values of one key are tried."""

_SENDABLE = ("String", "Arn")


class RequiredValue(NamedTuple):
    """A value that a condition wants.

    Parameters
    ----------
    is_pattern
        Whether stars and question marks in it are wildcards.
    has_variables
        Whether ``${...}`` in it means anything.
    """

    text: str
    is_pattern: bool = False
    has_variables: bool = False


RequiredValues = Mapping[str, tuple[RequiredValue, ...]]
"""Key, in small letters -> what is wanted of it."""


class Sample(NamedTuple):
    """A text that a call can send.

    Parameters
    ----------
    is_literal
        Whether a policy spells it out, so that its reader must know it.
    """

    text: str
    is_literal: bool = False


def required_in(*policies: Policy) -> RequiredValues:
    """Give what policies want of each key, by the key in small letters.

    An Allow wants what its conditions compare with; a Deny wants what it makes an exception of. A
    key that is asked for otherwise has no values.
    """
    found: dict[str, list[RequiredValue]] = {}
    for policy in policies:
        for statement in policy.statements:
            for one in statement.conditions:
                found.setdefault(one.key.lower(), []).extend(_wanted(statement, one))
    return {key: tuple(dict.fromkeys(values)) for key, values in found.items()}


def _wanted(statement: Statement, one: Condition) -> list[RequiredValue]:
    name, is_deny = one.comparison.name, statement.effect == "Deny"
    if name == "Null":
        wants_some = ("true" if is_deny else "false") in map(str.lower, one.values)
        return [RequiredValue("*", is_pattern=True)] if wants_some else []
    if name.startswith(_SENDABLE) and OPERATORS[name].negated is is_deny:
        is_pattern = OPERATORS[name].pattern
        return [RequiredValue(text, is_pattern, statement.variables) for text in one.values]
    return []


def merged(*several: RequiredValues) -> RequiredValues:
    """Put together what is asked at several places."""
    found: dict[str, list[RequiredValue]] = {}
    for required in several:
        for key, values in required.items():
            found.setdefault(key, []).extend(values)
    return {key: tuple(dict.fromkeys(values)) for key, values in found.items()}


def samples(
    required: RequiredValues, key: str, known: Mapping[str, ContextValue], default: str = FILLER
) -> list[Sample]:
    """Give texts for a key that policies ask for; none if they do not.

    Parameters
    ----------
    known
        What is known of the caller, for variables.
    default
        What is sent where any value will do.

    Examples
    --------
    >>> from iamlab import Policy
    >>> trust = Policy.parse({"Version": "2012-10-17", "Statement": {
    ...     "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
    ...     "Condition": {"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}}}})
    >>> found = samples(required_in(trust), "sts:RoleSessionName", {"aws:username": "dana"})
    >>> [one.text for one in found]
    ['dana-reach']
    """
    found = (_sample(value, known, default) for value in required.get(key.lower(), ()))
    return list(dict.fromkeys(one for one in found if one is not None))[:MOST_VALUES]


def texts(
    required: RequiredValues, key: str, known: Mapping[str, ContextValue], default: str = FILLER
) -> list[str]:
    """Give the same as ``samples``, without what is known of the texts."""
    return [one.text for one in samples(required, key, known, default)]


def required_tags(
    required: RequiredValues, known: Mapping[str, ContextValue], *starts: str
) -> dict[str, list[str]]:
    """Give the tags that policies ask for, each with values that would do.

    Parameters
    ----------
    starts
        What the keys begin with: ``aws:RequestTag/``.
    """
    # The case of letters does not count in a condition's key, but does in the values of TagKeys.
    named = texts(required, "aws:TagKeys", known)
    written = {name.lower(): name for name in named}
    found: dict[str, list[str]] = {}
    for start in starts:
        for key in required:
            if key.startswith(start.lower()):
                name = key[len(start) :]
                found.setdefault(written.get(name, name), []).extend(texts(required, key, known))
    for name in named:
        found.setdefault(name, []).append(FILLER)
    return {key: list(dict.fromkeys(values)) for key, values in found.items() if values}


def tag_sets(found: Mapping[str, list[str]], most: int | None = None) -> list[Mapping[str, str]]:
    """Give each of some tags with each of its values, at most so many; then all keys at once."""
    single = [{key: value} for key, values in found.items() for value in values]
    every = {key: values[0] for key, values in found.items()}
    return [*single[:most], *([every] if len(found) > 1 else [])]


def with_values(text: str, known: Mapping[str, ContextValue]) -> str | None:
    """Put values in the place of a text's variables; ``None`` if one has no value."""
    lower = {key.lower(): value for key, value in known.items() if isinstance(value, str)}
    return substitute(text, lambda key: lower.get(key.lower()))


def _sample(value: RequiredValue, known: Mapping[str, ContextValue], default: str) -> Sample | None:
    """Make a text of what a condition requires; ``None`` if a variable has no value."""
    text = with_values(value.text, known) if value.has_variables else value.text
    if text is None:
        return None
    if not value.is_pattern or not set("*?") & set(text):
        return Sample(text, is_literal=text == value.text)
    return Sample(default if text == "*" else filled(text))


def filled(pattern: str, star: str = FILLER) -> str:
    """Put some text in the place of wildcards.

    Examples
    --------
    >>> filled("dev-*"), filled("v?")
    ('dev-reach', 'vx')
    """
    return pattern.replace("*", star).replace("?", "x")


def literals(policy: Policy | None, key: str) -> list[str]:
    """Give the fixed values that a policy wants a key to have.

    Examples
    --------
    >>> from iamlab import Policy
    >>> literals(Policy.parse({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
    ...     "Condition": {"StringEquals": {"sts:ExternalId": "7-of-9"}}}}), "sts:externalid")
    ['7-of-9']
    """
    if policy is None:
        return []
    required = required_in(policy).get(key.lower(), ())
    return [one.text for one in required if not set("*?$") & set(one.text)]


WHOSE = "reach"
"""Whose keys it is that a caller makes."""

_LONGEST_PASSWORD = 128
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands for a text.

    Parameters
    ----------
    said
        What it is, in words.
    make
        Makes it, for the world in which the call is made.

    Examples
    --------
    >>> from iamlab import World
    >>> PASSWORD, len(PASSWORD.make(World(seed=7)))
    (Placeholder(said='a password that the caller chooses'), 128)
    """

    said: str
    make: Callable[[World], str] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.said


def _password(world: World) -> str:
    """Make a password that every password policy takes: as long as can be, of all kinds."""
    every = "Aa1-"
    return every + world.ids.hidden("reach/password", _LETTERS, _LONGEST_PASSWORD - len(every))


def _ssh_key(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from iamlab.operations.federation.signatures import rsa_key

    public = rsa_key(world, WHOSE).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _certificate(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    from iamlab.operations.federation.signatures import certificate_of, rsa_key

    made = certificate_of(rsa_key(world, WHOSE), "reach", 1)
    return made.public_bytes(Encoding.PEM).decode()


PASSWORD = Placeholder("a password that the caller chooses", _password)
SUPPOSED = Placeholder("a password that the user has already", lambda world: _password(world)[::-1])
SSH_KEY = Placeholder("the public half of an SSH key that the caller has made", _ssh_key)
CERTIFICATE = Placeholder("a certificate of a key that the caller has made", _certificate)


def every_policy(world: World) -> Iterator[Policy]:
    """Give all policies that somebody has written in a world."""
    for account in world.accounts.values():
        held = (*account.users.values(), *account.groups.values(), *account.roles.values())
        yield from (policy for one in held for policy in one.inline.values())
        yield from (one.document for one in account.policies.values() if not one.is_aws_managed)
        yield from policies_above(world, account.account_id, SCP)
    yield from policies_of_others(world)


def policies_of_others(world: World) -> Iterator[Policy]:
    """Give the policies in a world that are not attached to callers."""
    for account in world.accounts.values():
        yield from (one.trust for one in account.roles.values() if one.trust is not None)
        yield from (one.policy for one in account.resources.values() if one.policy is not None)
        yield from dict.fromkeys(policies_above(world, account.account_id, RCP))
    yield from world.resource_policies.values()


def policies_above(world: World, account_id: str, *kinds: str) -> Iterator[Policy]:
    """Give the policies of some kinds that an organization has above an account."""
    organization = world.organization_of(account_id)
    for kind in kinds:
        levels = organization.levels(account_id, kind) if organization else ()
        yield from (attached.policy for level in levels for attached in level)
