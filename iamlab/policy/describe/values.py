"""The values of a policy, in words: variables, wildcards, dates, numbers of seconds.

An operator becomes a predicate, such as "is before 1 January 2027", with its negation. Values that
can never match, such as an invalid date or variable, are left out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import is_arn, names
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.describe.words import joined, noun, own, printable, twins, value_text
from iamlab.policy.variables import LITERALS, has_variable, keys_in, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.policy.statement import Condition


_DEFAULT = re.compile(r"\$\{([^\s,'{}]+), '([^'}]*)'\}")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):(\d\d)(?::(\d\d))?Z)?", re.ASCII)
_MONTHS = names("months")
BASE_FORMS = {"begins": "begin", "ends": "end", "contains": "contain", "matches": "match"}
"""The verbs of :func:`fitting` without their endings."""
_LAST_SECOND = 253402300799  # of the year 9999
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def spoken(text: str, *, variables: bool) -> str | None:
    """Replace the variables of a value with words: ``home/<own user name>/*``.

    Parameters
    ----------
    variables
        Whether ``${...}`` is a variable.

    Returns
    -------
    str or None
        Marks in variables are written as twins. ``None`` if the value can't match: a variable
        isn't valid, or its key has several values.

    Examples
    --------
    >>> from iamlab.policy.describe.words import plain
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
        default = f", or {defaults[key] or 'nothing'} by default" if key in defaults else ""
        return f"<{own(key)}{default}>"

    return substitute(
        text, show, lambda value: twins(f"${{{value}}}" if value in LITERALS else value)
    )


def keys_needed(values: Sequence[str]) -> tuple[str, ...]:
    """List the keys of variables without a default: the value can't match without them.

    Examples
    --------
    >>> keys_needed(("${aws:username}/${aws:userid, 'x'}", "${aws:SourceIp"))
    ('aws:username',)
    """
    return tuple(dict.fromkeys(key for value in values for key in _needed(value)))


def keys_needed_by_all(values: Sequence[str]) -> tuple[str, ...]:
    """List the keys without which none of the values can match.

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


def pattern_predicate(text: str) -> str:
    """Return a predicate for a pattern.

    Examples
    --------
    >>> [pattern_predicate(text) for text in ("a", "a*", "*a", "*a*", "a?", "*")]
    ['is a', 'begins with a', 'ends with a', 'contains a', 'matches a?', 'has some value']
    """
    inner = text.strip("*")
    if "*" in inner or "?" in inner:
        return f"matches {value_text(text)}"
    if not inner:
        return "has some value" if text else "is ''"
    start, end = text.startswith("*"), text.endswith("*")
    words = {(False, False): "is", (False, True): "begins with", (True, False): "ends with"}
    return f"{words.get((start, end), 'contains')} {value_text(inner)}"


def moment(text: str) -> str:
    """Write a date in words.

    Examples
    --------
    >>> moment("2027-01-01"), moment("2027-01-01T12:30:00Z"), moment("1798761600")
    ('1 January 2027, 00:00 UTC', '1 January 2027, 12:30 UTC', '1 January 2027, 00:00 UTC')
    """
    if text.isdecimal() and text.isascii() and len(text) < 13 and int(text) <= _LAST_SECOND:
        return _written(datetime.fromtimestamp(int(text), UTC))
    parts = _MOMENT.fullmatch(text)
    if parts is None:
        return value_text(printable(text))
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
    return _written(datetime(year, month, day, hour, minute, second, tzinfo=UTC))


def _written(when: datetime) -> str:
    seconds = f":{when.second:02}" if when.second else ""
    day = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    return f"{day}, {when.hour:02}:{when.minute:02}{seconds} UTC"


def duration(text: str) -> str:
    """Write a number of seconds in words.

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
    return f"{value_text(printable(text))} seconds"


def one_of(values: Sequence[str], limit: int = 8) -> str:
    """Join values with "or", and count the rest of a long list.

    Examples
    --------
    >>> one_of(["a"]), one_of(["a", "b"])
    ('a', 'a or b')
    """
    left = len(values) - limit
    if left < 2:
        return joined(values, "or")
    return joined([*values[:limit], f"{left} more"], "or")


ORDERS = {
    "LessThanEquals": ("is at most", "is at or before"),
    "LessThan": ("is less than", "is before"),
    "GreaterThanEquals": ("is at least", "is at or after"),
    "GreaterThan": ("is more than", "is after"),
    "Equals": ("is", "is exactly"),
}
_SECONDS = ("aws:multifactorauthage", "sts:durationseconds")
_VARIABLE = re.compile(r"\$\{[^}]*(?:\}|$)")
_LONE_VARIABLE = re.compile(r"\$\{([^\s,'{}*?$]+)\}")


FEW = 8


class Predicate(NamedTuple):
    """A predicate of a key, and its negation; both empty if no value can match."""

    affirmed: str
    denied: str


NONE = Predicate("", "")


def predicate(condition: Condition, *, variables: bool) -> Predicate:
    """Describe an operator and its values, as if it weren't negated.

    Parameters
    ----------
    variables
        Whether ``${...}`` is a variable in this document.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
    ...   "Condition": {"StringNotLike": {"s3:prefix": ["home/*", "shared"]}}}}'''
    >>> predicate(Policy.parse(text).statements[0].conditions[0], variables=True).denied
    'is not shared and does not begin with home/'
    """
    name = condition.comparison.name
    if name.startswith(("Numeric", "Date")):
        return _ordered(condition, name)
    if "IpAddress" in name:
        return _networks(condition)
    texts = [
        _text(value, variables=variables)
        for value in condition.values
        if _fits(name, value, variables=variables)
    ]
    known = [text for text in texts if text is not None]
    if not known:
        return NONE
    if OPERATORS[name].pattern:
        return _patterns(known)
    return _equal(known, _remark(name, condition.values))


def _fits(name: str, value: str, *, variables: bool) -> bool:
    """Return whether a value can match, as far as its text shows before variables are replaced."""
    if name == "BinaryEquals":
        return OPERATORS[name].test(value, value)
    if not name.startswith("Arn") or (variables and keys_in(value)):
        return True  # a variable can be a whole ARN
    return is_arn(_VARIABLE.sub("", value))


def _text(value: str, *, variables: bool) -> str | None:
    alone = _LONE_VARIABLE.fullmatch(value) if variables else None
    if alone and not is_multivalued(alone[1]):
        return f"\0{noun(alone[1])}"
    return spoken(value, variables=variables)


def _value(text: str) -> str:
    """Show a value; a value that is only a variable, marked with a null, becomes its key."""
    return f"the same as {text[1:]}" if text.startswith("\0") else value_text(text)


def _remark(name: str, values: Sequence[str]) -> str:
    if name.endswith("IgnoreCase"):
        return " (ignoring case)"
    bare = [_VARIABLE.sub("", value) for value in values]
    stars = name.startswith("String") and any("*" in text or "?" in text for text in bare)
    return " (* and ? are plain characters here)" if stars else ""


def _equal(texts: Sequence[str], remark: str = "") -> Predicate:
    values = [_value(text) for text in texts]
    if len(values) == 1:
        return Predicate(f"is {values[0]}{remark}", f"is not {values[0]}{remark}")
    return Predicate(f"is {one_of(values)}{remark}", f"is {_none_of(values)}{remark}")


def _none_of(values: Sequence[str]) -> str:
    if len(values) == 2:
        return f"neither {values[0]} nor {values[1]}"
    return f"none of {', '.join(values[:FEW])}" + (
        f" and {len(values) - FEW} more" if len(values) > FEW else ""
    )


def _patterns(texts: Sequence[str]) -> Predicate:
    """Return a predicate for patterns, first for those without a wildcard."""
    exact = [text for text in texts if not ("*" in text or "?" in text)]
    wild = [text for text in texts if "*" in text or "?" in text]
    parts = [_equal(exact)] if exact else []
    parts += [Predicate(words, _denied(words)) for words in map(pattern_predicate, wild[:FEW])]
    affirmed, denied = [part.affirmed for part in parts], [part.denied for part in parts]
    if len(wild) > FEW:
        affirmed.append(f"matches one of {len(wild) - FEW} more patterns")
        denied.append(f"matches none of {len(wild) - FEW} more patterns")
    return Predicate(joined(affirmed, "or"), joined(denied))


def _denied(words: str) -> str:
    if words == "has some value":
        return "has no value"
    verb, _, rest = words.partition(" ")
    return f"does not {BASE_FORMS[verb]} {rest}" if verb in BASE_FORMS else f"is not {rest}"


def _ordered(condition: Condition, name: str) -> Predicate:
    """Return a predicate for numbers or dates."""
    family = "Date" if name.startswith("Date") else "Numeric"
    same = OPERATORS[f"{family}Equals"].test
    known = [value for value in condition.values if same(value, value)]
    if not known:
        return NONE
    show: Callable[[str], str] = moment if family == "Date" else _number
    if family == "Numeric" and condition.key.lower() in _SECONDS:
        show = duration
    relation = name.removeprefix(family).removeprefix("Not")
    verb = ORDERS[relation][family == "Date"]
    values = [show(value) for value in known]
    if len(values) > 1:
        return Predicate(f"{verb} {one_of(values)}", f"is {_none_of(values)}")
    return Predicate(f"{verb} {values[0]}", f"{verb} {values[0]}".replace("is", "is not", 1))


def _number(text: str) -> str:
    return value_text(printable(text))


def _networks(condition: Condition) -> Predicate:
    within = OPERATORS["IpAddress"].test
    known = [value_text(printable(value)) for value in condition.values if within(value, value)]
    if not known:
        return NONE
    where = "in " if any("/" in value for value in known) else ""
    return Predicate(f"is {where}{one_of(known)}", f"is not {where}{one_of(known)}")
