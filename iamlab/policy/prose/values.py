"""Values of a policy, read aloud: variables, wildcards, dates, numbers of seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.prose.keys import own
from iamlab.policy.prose.words import joined, printable, said, twins
from iamlab.policy.variables import LITERALS, has_variable, keys_in, substitute

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULT = re.compile(r"\$\{([^\s,'{}]+), '([^'}]*)'\}")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):(\d\d)(?::(\d\d))?Z)?", re.ASCII)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
BASE_FORMS = {"begins": "begin", "ends": "end", "contains": "contain", "fits": "fit"}
"""The verbs of :func:`fitting` without their endings."""
_LAST_SECOND = 253402300799  # of the year 9999
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def spoken(text: str, *, variables: bool) -> str | None:
    """Read the variables of a value: ``home/<own user name>/*``.

    Parameters
    ----------
    variables
        Whether ``${...}`` means anything here.

    Returns
    -------
    str or None
        With twins for the marks that come from variables; ``None`` if a variable is written
        wrongly, or its key holds several values, so that the value fits nothing.

    Examples
    --------
    >>> from iamlab.policy.prose.words import plain
    >>> plain(spoken("home/${aws:username}/*", variables=True))
    'home/<own user name>/*'
    >>> spoken("home/${aws:username", variables=True) is None
    True
    """
    text = printable(text)
    if not has_variable(text):
        return text
    if not variables:
        return text.replace("${", twins("${"))
    defaults = dict(_DEFAULT.findall(text))

    def show(key: str) -> str | None:
        if is_multivalued(key):
            return None
        default = f", or {defaults[key] or 'nothing'} if there is none" if key in defaults else ""
        return f"<{own(key)}{default}>"

    return substitute(
        text, show, lambda value: twins(f"${{{value}}}" if value in LITERALS else value)
    )


def keys_needed(values: Sequence[str]) -> tuple[str, ...]:
    """List the keys of variables that have no default: without one, the value with it fits nothing.

    Examples
    --------
    >>> keys_needed(("${aws:username}/${aws:userid, 'x'}", "${aws:SourceIp"))
    ('aws:username',)
    """
    return tuple(dict.fromkeys(key for value in values for key in _needed(value)))


def keys_needed_by_all(values: Sequence[str]) -> tuple[str, ...]:
    """List the keys without which none of the values fits anything.

    Examples
    --------
    >>> keys_needed_by_all(("${aws:username}",)), keys_needed_by_all(("${aws:username}", "root"))
    (('aws:username',), ())
    """
    live = [value for value in values if spoken(value, variables=True) is not None]
    needs = [{key.lower() for key in _needed(value)} for value in live]
    common = set.intersection(*needs) if needs else set()
    return tuple(key for key in keys_needed(live) if key.lower() in common)


def _needed(value: str) -> list[str]:
    if not has_variable(value) or spoken(value, variables=True) is None:
        return []
    backed = {key for key, _ in _DEFAULT.findall(value)}
    return [key for key in keys_in(value) if key not in backed]


def fitting(text: str) -> str:
    """Say what a pattern fits, as a predicate.

    Examples
    --------
    >>> [fitting(text) for text in ("a", "a*", "*a", "*a*", "a?", "*")]
    ['is a', 'begins with a', 'ends with a', 'contains a', 'fits a?', 'has some value']
    """
    inner = text.strip("*")
    if "*" in inner or "?" in inner:
        return f"fits {said(text)}"
    if not inner:
        return "has some value" if text else "is ''"
    start, end = text.startswith("*"), text.endswith("*")
    words = {(False, False): "is", (False, True): "begins with", (True, False): "ends with"}
    return f"{words.get((start, end), 'contains')} {said(inner)}"


def moment(text: str) -> str:
    """Read a date.

    Examples
    --------
    >>> moment("2027-01-01"), moment("2027-01-01T12:30:00Z"), moment("1798761600")
    ('1 January 2027, 00:00 UTC', '1 January 2027, 12:30 UTC', '1 January 2027, 00:00 UTC')
    """
    if text.isdecimal() and text.isascii() and len(text) < 13 and int(text) <= _LAST_SECOND:
        return _written(datetime.fromtimestamp(int(text), UTC))
    parts = _MOMENT.fullmatch(text)
    if parts is None:
        return said(printable(text))
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
    return _written(datetime(year, month, day, hour, minute, second, tzinfo=UTC))


def _written(when: datetime) -> str:
    seconds = f":{when.second:02}" if when.second else ""
    day = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    return f"{day}, {when.hour:02}:{when.minute:02}{seconds} UTC"


def duration(text: str) -> str:
    """Read a number of seconds.

    Examples
    --------
    >>> duration("3600"), duration("5400"), duration("7.5")
    ('1 hour', '90 minutes', '7.5 seconds')
    """
    if text.isdecimal() and text.isascii() and len(text) < 12:
        count = int(text)
        for size, unit in _UNITS:
            if count and count % size == 0:
                return f"{count // size} {unit}{'' if count == size else 's'}"
    return f"{said(printable(text))} seconds"


def one_of(values: Sequence[str], limit: int = 8) -> str:
    """List values of which one is enough; how many are left out is said.

    Examples
    --------
    >>> one_of(["a"]), one_of(["a", "b"])
    ('a', 'a or b')
    """
    left = len(values) - limit
    if left < 2:
        return joined(values, "or")
    return joined([*values[:limit], f"{left} more"], "or")
