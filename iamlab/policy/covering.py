"""Does one pattern match all that another matches? Decided by the patterns alone.

A narrow pattern is read as text in which each star, question mark and variable is one sign. The
wide pattern covers it if it matches that text: its star takes any signs, its question mark any
sign that stands for just one character, and its letters only themselves. So what is said to be
covered is covered, whatever actions and resources the future may bring; where it is not plain to
see, the answer is no.

Notes
-----
AWS pages: "IAM JSON policy elements: Action"; "IAM JSON policy elements: Resource"; "IAM policy
elements: Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.patterns import glob, is_action_pattern
from iamlab.policy.variables import ANY_VARIABLE, has_variable, is_misplaced

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from iamlab.policy.statement import Statement

_WILD = re.compile(r"[*?]{2,}")
# A variable is one sign: half of a surrogate pair, which no document holds.
_SIGN = re.compile("[\ud800-\udbff]")
FIRST_SIGN, SIGNS = 0xD800, 1024
_ONE_CHARACTER = "[^*\ud800-\udbff]"
LONG = 1_000_000
"""Patterns with question marks whose lengths multiply to more are not compared."""


def covers(wide: str, narrow: str) -> bool:
    """Say whether a pattern surely matches all that another matches, letter case included.

    Examples
    --------
    >>> covers("s3:Get*", "s3:GetObject*"), covers("s3:Get?*", "s3:Get*")
    (True, False)
    """
    wide, narrow = _WILD.sub(_in_order, wide), _WILD.sub(_in_order, narrow)
    if wide == narrow:
        return True
    if "?" not in wide or ("*" not in narrow and not _SIGN.search(narrow)):
        return glob(wide, narrow)
    return len(wide) * len(narrow) <= LONG and _covers_with_signs(wide, narrow)


def _in_order(run: re.Match[str]) -> str:
    """Write a run of wildcards in one of the ways that mean the same: ``*?*`` as ``?*``."""
    marks = run[0].count("?")
    return "?" * marks + ("*" if marks < len(run[0]) else "")


def _covers_with_signs(wide: str, narrow: str) -> bool:
    """Match piece by piece like ``glob``, but let no question mark take a star or a variable."""
    body, tail, length = _expressions(wide)
    end = len(narrow) - length
    return end >= 0 and bool(body.fullmatch(narrow, 0, end) and tail.fullmatch(narrow, end))


@lru_cache(maxsize=1024)
def _expressions(wide: str) -> tuple[re.Pattern[str], re.Pattern[str], int]:
    """Give what must match up to the last star, what must follow it, and how long that is."""
    body, star, last = wide.rpartition("*")
    first, *middle = map(_expression, body.split("*"))
    pieces = "".join(f"(?>.*?{piece})" for piece in middle)  # the first place, and no way back
    rest = ".*" if star else ""
    return re.compile(first + pieces + rest, re.DOTALL), re.compile(_expression(last)), len(last)


def _expression(piece: str) -> str:
    return re.escape(piece).replace(r"\?", _ONE_CHARACTER)


def covers_action(wide: str, narrow: str) -> bool:
    """Say the same of two values of an Action element, whose letter case does not count.

    What can match no action, such as ``s3*``, covers nothing else and is covered by nothing else.

    Examples
    --------
    >>> covers_action("S3:*", "s3:GetObject"), covers_action("*", "ec2:*")
    (True, True)
    """
    if wide == narrow:
        return True
    if not (wide + narrow).isascii():
        return False
    if not (is_action_pattern(wide) and is_action_pattern(narrow)):
        return False
    return wide in ("*", "*:*") or covers(wide.lower(), narrow.lower())


def covers_resource(wide: str, narrow: str, *, variables: bool = True) -> bool:
    """Say the same of two values of a Resource element.

    Parameters
    ----------
    variables
        Whether ``${...}`` is a variable. It stands for any text, and is equal only to itself.

    Examples
    --------
    >>> covers_resource("arn:aws:s3:::home/*", "arn:aws:s3:::home/${aws:username}/*")
    True
    >>> covers_resource("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/ana/*")
    False
    """
    if wide in ("*", narrow):
        return True
    if not is_arn(narrow):
        return False  # it matches nothing but itself, or all that begins like it
    if variables and (has_variable(wide) or has_variable(narrow)):
        if is_misplaced(wide) or is_misplaced(narrow):
            return False
        names = dict.fromkeys(ANY_VARIABLE.findall(wide) + ANY_VARIABLE.findall(narrow))
        if len(names) > SIGNS:
            return False
        signs = {name: chr(FIRST_SIGN + number) for number, name in enumerate(names)}
        wide, narrow = (
            ANY_VARIABLE.sub(lambda found: signs[found[0]], one) for one in (wide, narrow)
        )
    wanted, found = wide.split(":", PARTS - 1), narrow.split(":", PARTS - 1)
    if len(wanted) < PARTS and not wide.endswith("*"):
        return False
    return all(map(covers, wanted, found))


def covers_statement(wide: Statement, narrow: Statement) -> bool:
    """Say whether one statement surely applies wherever another of the same document does.

    Examples
    --------
    >>> from iamlab import Policy
    >>> from iamlab.policy.building import add
    >>> both = add(Policy.allow("s3:*"), Policy.allow("s3:GetObject", when={"aws:username": "ana"}))
    >>> covers_statement(*both.statements), covers_statement(*reversed(both.statements))
    (True, False)
    """
    return (
        wide.effect == narrow.effect
        and not never_applies(wide)
        and principals_of(wide) == principals_of(narrow)
        and conditions_of(wide) <= conditions_of(narrow)
        and covers_pairs(wide, narrow)
    )


def covers_pairs(wide: Statement, narrow: Statement) -> bool:
    """Say the same of their actions and resources alone, of statements that have an effect."""
    return _covers_resources(wide, narrow) and _covers_actions(wide, narrow)


def never_applies(statement: Statement) -> bool:
    """Say whether a statement has no effect: an empty list, or a variable where none may stand.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.allow("sqs:*", "arn:aws:sqs:*:${aws:PrincipalAccount}:*")
    >>> never_applies(policy.statements[0])
    True
    """
    if () in (statement.action, statement.resource, statement.principal):
        return True
    listed = statement.resources
    return statement.variables and any(map(is_misplaced, listed or ()))


def principals_of(statement: Statement) -> Hashable:
    """Give Principal and NotPrincipal in a form in which order does not count."""
    both = (statement.principal, statement.not_principal)
    return tuple(None if one is None else frozenset(one) for one in both)


def conditions_of(statement: Statement) -> frozenset[Hashable]:
    """Give the conditions in a form in which neither order nor a key's letter case counts."""
    return frozenset(
        (one.comparison, one.key.lower(), frozenset(one.values)) for one in statement.conditions
    )


def _covers_actions(wide: Statement, narrow: Statement) -> bool:
    if wide.action is not None:
        return "*" in wide.action or each_covered(wide.action, narrow.action, covers_action)
    return each_covered(narrow.not_action, wide.not_action, covers_action)


def _covers_resources(wide: Statement, narrow: Statement) -> bool:
    def fits(one: str, other: str) -> bool:
        return covers_resource(one, other, variables=wide.variables)

    def spares(one: str, other: str) -> bool:
        return may_stand_for(one, other, variables=wide.variables)

    if (wide.resource, wide.not_resource) == (narrow.resource, narrow.not_resource):
        return True
    if wide.resource is not None:
        all_ = "*" in wide.resource and narrow.not_resource is not None
        return all_ or each_covered(wide.resource, narrow.resource, fits)
    return each_covered(narrow.not_resource, wide.not_resource, spares)


def may_stand_for(wide: str, narrow: str, *, variables: bool) -> bool:
    """Say whether a value of NotResource makes another superfluous.

    What a variable without a value does there is an open question, so it is not touched.
    """
    if variables and has_variable(narrow):
        return wide == narrow
    return covers_resource(wide, narrow, variables=variables)


def each_covered(
    wide: Iterable[str] | None, narrow: Iterable[str] | None, covering: Callable[[str, str], bool]
) -> bool:
    """Say whether each of some patterns is covered by one of others; no list covers no other."""
    if wide is None or narrow is None:
        return False
    known = set(wide)
    return all(one in known or any(covering(other, one) for other in known) for one in narrow)
