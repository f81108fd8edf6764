"""Whether one pattern matches everything that another matches, decided by the patterns alone.

The narrow pattern is read as text in which each star, question mark and variable is one symbol.
The wide pattern covers it if it matches that text. A star matches any symbols, a question mark any
symbol for one character, and a letter only itself. So a yes stays true for every future action and
resource. In doubt, the answer is no.

Notes
-----
AWS pages: "IAM JSON policy elements: Action"; "IAM JSON policy elements: Resource"; "IAM policy
elements: Variables and tags".
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.patterns import glob, is_action_pattern
from iamlab.policy.samples import may_meet
from iamlab.policy.variables import ANY_VARIABLE, has_variable, is_misplaced, with_variables_as

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from iamlab.policy.statement import Statement

_WILD = re.compile(r"[*?]{2,}")
# A variable is one symbol: half of a surrogate pair, which no document contains.
_SIGN = re.compile("[\ud800-\udbff]")
FIRST_SIGN, SIGNS = 0xD800, 1024
_ONE_CHARACTER = "[^*\ud800-\udbff]"
LONG = 1_000_000
"""Patterns with question marks aren't compared if the product of their lengths is greater."""


def covers(wide: str, narrow: str) -> bool:
    """Return whether a pattern certainly matches all that another matches, case-sensitively.

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
    """Write adjacent wildcards in one standard form: ``*?*`` as ``?*``."""
    marks = run[0].count("?")
    return "?" * marks + ("*" if marks < len(run[0]) else "")


def _covers_with_signs(wide: str, narrow: str) -> bool:
    """Match like ``glob``, but never match a question mark with a star or a variable."""
    body, tail, length = _expressions(wide)
    end = len(narrow) - length
    return end >= 0 and bool(body.fullmatch(narrow, 0, end) and tail.fullmatch(narrow, end))


@lru_cache(maxsize=1024)
def _expressions(wide: str) -> tuple[re.Pattern[str], re.Pattern[str], int]:
    """Return the expressions up to and after the last star, and the length of the latter."""
    body, star, last = wide.rpartition("*")
    first, *middle = map(_expression, body.split("*"))
    pieces = "".join(f"(?>.*?{piece})" for piece in middle)  # the first place, no backtracking
    rest = ".*" if star else ""
    return re.compile(first + pieces + rest, re.DOTALL), re.compile(_expression(last)), len(last)


def _expression(piece: str) -> str:
    return re.escape(piece).replace(r"\?", _ONE_CHARACTER)


def covers_action(wide: str, narrow: str) -> bool:
    """Return whether a value of an Action element covers another, ignoring case.

    A value that can't match any action, such as ``s3*``, covers only itself, and only it covers
    itself.

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
    """Return whether a value of a Resource element covers another.

    Parameters
    ----------
    variables
        Whether ``${...}`` is a variable. It can be any text, and is equal only to itself.

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
        return False  # it matches only itself, or everything that begins with it
    if variables and (has_variable(wide) or has_variable(narrow)):
        if is_misplaced(wide) or is_misplaced(narrow):
            return False
        names = dict.fromkeys(ANY_VARIABLE.findall(wide) + ANY_VARIABLE.findall(narrow))
        if len(names) > SIGNS:
            return False
        signs = {name: chr(FIRST_SIGN + number) for number, name in enumerate(names)}
        wide, narrow = (
            ANY_VARIABLE.sub(lambda found: signs[found[0]], pattern) for pattern in (wide, narrow)
        )
    wanted, found = wide.split(":", PARTS - 1), narrow.split(":", PARTS - 1)
    if len(wanted) < PARTS and not wide.endswith("*"):
        return False
    return all(map(covers, wanted, found))


def covers_pairs(wide: Statement, narrow: Statement) -> bool:
    """Compare actions and resources only, of statements that have an effect."""
    return _covers_resources(wide, narrow) and _covers_actions(wide, narrow)


def never_applies(statement: Statement) -> bool:
    """Return whether a statement has no effect: an empty list, or a misplaced variable.

    A NotAction without a valid action pattern has no clear meaning: it never applies either.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.allow("sqs:*", "arn:aws:sqs:*:${aws:PrincipalAccount}:*")
    >>> never_applies(policy.statements[0])
    True
    """
    if () in (statement.action, statement.resource, statement.principal):
        return True
    if not all(map(is_action_pattern, statement.not_action or ())):
        return True
    listed = statement.resources
    return statement.variables and any(map(is_misplaced, listed or ()))


def principals_of(statement: Statement) -> Hashable:
    """Return Principal and NotPrincipal in a form without order."""
    both = (statement.principal, statement.not_principal)
    return tuple(None if pairs is None else frozenset(pairs) for pairs in both)


def conditions_of(statement: Statement) -> frozenset[Hashable]:
    """Return the conditions in a form without order and without the case of keys."""
    return frozenset(
        (line.comparison, line.key.lower(), frozenset(line.values)) for line in statement.conditions
    )


def _covers_actions(wide: Statement, narrow: Statement) -> bool:
    if wide.action is not None:
        return "*" in wide.action or each_covered(wide.action, narrow.action, covers_action)
    return each_covered(narrow.not_action, wide.not_action, covers_action)


def _covers_resources(wide: Statement, narrow: Statement) -> bool:
    fits = partial(covers_resource, variables=wide.variables)
    spares = partial(may_stand_for, variables=wide.variables)
    if (wide.resource, wide.not_resource) == (narrow.resource, narrow.not_resource):
        return True
    if wide.resource is not None:
        all_ = "*" in wide.resource and narrow.not_resource is not None
        return all_ or each_covered(wide.resource, narrow.resource, fits)
    if wide.not_resource is not None and narrow.resource is not None:
        return are_apart(wide.not_resource, narrow.resource)
    return each_covered(narrow.not_resource, wide.not_resource, spares)


def are_apart(patterns: Iterable[str], others: Iterable[str]) -> bool:
    """Return whether certainly no text matches a pattern of both; a variable can be any text.

    Examples
    --------
    >>> are_apart(["maps/*", "logs/*"], ["home/*"]), are_apart(["*.log"], ["home/*"])
    (True, False)
    """
    first, second = (
        {with_variables_as("*", text) for text in texts} for texts in (patterns, others)
    )
    return not any(may_meet(text, other) for text in first for other in second)


def may_stand_for(wide: str, narrow: str, *, variables: bool) -> bool:
    """Return whether a value of NotResource makes another redundant.

    AWS doesn't document what a variable without a value does there, so such values stay.
    """
    if variables and has_variable(narrow):
        return wide == narrow
    return covers_resource(wide, narrow, variables=variables)


def each_covered(
    wide: Iterable[str] | None, narrow: Iterable[str] | None, covering: Callable[[str, str], bool]
) -> bool:
    """Return whether each narrow pattern is covered by a wide one; false if a list is missing."""
    if wide is None or narrow is None:
        return False
    known = set(wide)
    return all(text in known or any(covering(other, text) for other in known) for text in narrow)
