"""Keys that tell accounts and networks apart, with values that let in more than they seem to.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.condition_keys import IDENTIFIERS
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import ConditionContext, has_wildcard, on_conditions
from iamlab.policy.lint.operators import is_subject
from iamlab.policy.variables import ANY_VARIABLE, has_variable, keys_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector
    from iamlab.policy.lint.findings import Finding

PATHS = frozenset(f"aws:{whose}orgpaths" for whose in ("principal", "resource", "source", "vpce"))
"""Keys whose values begin with the id of an organization."""

ENOUGH = 6
"""So many plain characters must stand before each wildcard in a path, and in a subject."""
_WILD = re.compile("[*?]+")

# Of two accounts that a request names, one may be compared with the other.
_OF_THE_RESOURCE = frozenset(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"))
_OF_THE_PRINCIPAL = frozenset(
    ("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths")
)
_OF_THE_NETWORK = frozenset(("aws:sourcevpc", "aws:ec2instancesourcevpc"))


def _wildcard(context: ConditionContext) -> Iterator[Finding]:
    """A wildcard in an id lets in whoever gets himself an id that fits."""
    pattern = OPERATORS[context.operator].pattern
    named = context.key in IDENTIFIERS or context.key in PATHS or is_subject(context.key)
    if not pattern or not context.narrows or not named:
        return
    for index, value in enumerate(context.values):
        if has_wildcard(value) and (context.key in IDENTIFIERS or _follows_little(value)):
            yield context.find(
                "WILDCARD_USAGE_TOO_PERMISSIVE",
                f"{value!r} fits more than one {context.name}.",
                "Write each id in full."
                if context.key in IDENTIFIERS
                else f"Write at least {ENOUGH} plain characters before each wildcard.",
                value=index,
            )


def _follows_little(value: str) -> bool:
    """Say whether fewer plain characters than that stand before one of the wildcards."""
    *before, _ = _WILD.split(ANY_VARIABLE.sub("_" * ENOUGH, value))
    return any(len(plain) < ENOUGH for plain in before)


def _variable(context: ConditionContext) -> Iterator[Finding]:
    """A variable that the caller can set lets him choose which account fits."""
    if context.key not in IDENTIFIERS or not context.narrows or not context.statement.variables:
        return
    if not OPERATORS[context.operator].variables:
        return
    for index, value in enumerate(context.values):
        keys = {key.lower() for key in keys_in(value)} if has_variable(value) else set()
        if not keys <= _comparable(context.key):
            yield context.find(
                "VARIABLE_USAGE_TOO_PERMISSIVE",
                f"{value!r} leaves it to the request which {context.name} fits.",
                "Write each id in full.",
                value=index,
            )


def _comparable(key: str) -> frozenset[str]:
    """Give the keys that a key may be compared with: of the other side, and not of one's own."""
    if key in _OF_THE_RESOURCE:
        return _OF_THE_PRINCIPAL
    if key in _OF_THE_NETWORK:
        return _OF_THE_NETWORK - {key}
    return (_OF_THE_RESOURCE | _OF_THE_PRINCIPAL) - {key}


# The caller, not AWS, fills these.
_WRITTEN_BY_THE_CALLER = frozenset(("aws:referer", "aws:useragent"))


def _untrustworthy(context: ConditionContext) -> Iterator[Finding]:
    """What the caller writes into his request proves nothing about him."""
    if context.key not in _WRITTEN_BY_THE_CALLER:
        return
    principals = context.statement.principal or ()
    if principals and all(kind == "Service" for kind, _ in principals):
        return  # a service of AWS is believed
    yield context.find(
        "UNTRUSTWORTHY_CONDITION_KEY",
        f"The caller can send any {context.name} he likes.",
        "Rest access on a key that AWS fills, such as aws:PrincipalArn.",
    )


DETECTORS: tuple[Detector, ...] = (on_conditions(_wildcard, _variable, _untrustworthy),)
