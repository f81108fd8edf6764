"""Defects of a document as a whole: size, version, Sids, dates, numbers of parts.

Every check gets a ``CheckedPolicy`` and finds ``SaveDefect``.

Notes
-----
AWS pages: "IAM JSON policy elements: Version"; "IAM JSON policy elements: Sid"; "IAM JSON policy
elements: Condition operators", section "Date condition operators"; "Amazon SQS policy quotas";
"Amazon SNS API permissions"; "IAM and AWS STS quotas"; "Quotas and service limits for AWS
Organizations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.policy.conditions import is_range
from iamlab.policy.rules import LONGEST_DOCUMENT
from iamlab.policy.statement import values_of

if TYPE_CHECKING:
    from iamlab.policy.json_text import Places
    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.rules import Counting, TypeRules
    from iamlab.policy.statement import ListValue, Statement


@dataclass(frozen=True, slots=True)
class SaveDefect:
    """A defect that AWS would reject.

    Parameters
    ----------
    kind
        The name of AWS's message and of the remedy in ``aws_messages.toml``.
    details
        The values for each ``{...}`` in them.
    remedy
        The name of the remedy, if it isn't the kind.
    """

    kind: str
    path: str
    details: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A policy, the rules of its type, and the places of its parts."""

    policy: PolicyRecord
    rules: TypeRules
    places: Places

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The policy's statements."""
        return self.policy.statements

    def values(self, elements: tuple[str, ...]) -> Iterator[ListValue]:
        """Return the values of some elements of all statements."""
        for statement in self.policy.statements:
            yield from values_of(statement, elements)

    def path(self, value: ListValue) -> str:
        """Return the JSON path of a value."""
        return self.places.value(value.statement, value.element, value.index)


Check = Callable[[CheckedPolicy], Iterator[SaveDefect]]


def short(text: str) -> str:
    """Cut a very long text, so that a message stays readable."""
    return text if len(text) <= 300 else f"{text[:200]}..."


def no_statements(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find a document without a statement."""
    if not checked.statements:
        yield SaveDefect("no_statement", "$")


def old_version(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find a document with the older version of the language, or without a version."""
    if checked.rules.newest_version and checked.policy.version != "2012-10-17":
        line, _ = checked.places.where("$.Version")
        yield SaveDefect("version", "$" if line is None else "$.Version")


def sid_letters(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find Sids with characters that the service doesn't accept."""
    form = checked.rules.sid
    for statement in checked.statements if form is not None else ():
        if statement.sid is not None and not re.fullmatch(form or "", statement.sid):
            yield SaveDefect("sid_letters", checked.places.element(statement, "Sid"))


def sids_twice(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find statements with the Sid of an earlier one."""
    for statement, _ in repeated_sids(checked.statements) if checked.rules.unique_sids else ():
        place = checked.places.element(statement, "Sid")
        yield SaveDefect("sid_twice", place, {"sid": short(statement.sid or "")})


def repeated_sids(statements: tuple[Statement, ...]) -> Iterator[tuple[Statement, Statement]]:
    """Return each statement with the Sid of an earlier one, and the first that has this Sid."""
    first: dict[str, Statement] = {}
    for statement in statements:
        if statement.sid and first.setdefault(statement.sid, statement) is not statement:
            yield statement, first[statement.sid]


IN_DOCUMENT: dict[str, Callable[[Statement], int]] = {
    "statements": lambda _: 1,
    "principals": lambda statement: len(statement.principal or statement.not_principal or ()),
    "conditions": lambda statement: len(statement.conditions),
}
"""Numbers that are added up over all statements of a document."""

IN_STATEMENT: dict[str, Callable[[Statement], int]] = {
    "actions of a statement": lambda statement: len(statement.actions),
    "resources of a statement": lambda statement: len(statement.resources or ()),
}
"""Numbers that are counted in each statement."""


def too_many(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find numbers that are over the service's limits."""
    for what, limit in checked.rules.most.items():
        if what in IN_DOCUMENT:
            counts = {"$": sum(map(IN_DOCUMENT[what], checked.statements))}
        else:
            count = IN_STATEMENT[what]
            over = (statement for statement in checked.statements if count(statement) > limit)
            counts = {checked.places.statement(statement): count(statement) for statement in over}
        for path, number in counts.items():
            if number > limit:
                yield SaveDefect("too_many", path, {"what": what, "number": number, "limit": limit})


# Sizes --------------------------------------------------------------------------------------------

_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+', re.DOTALL)
_OUTSIDE = re.compile("[^\t\n\r\u0020-\u00ff]")
_UNITS = {
    "compact": "characters without the white space between its parts",
    "characters": "characters, white space included",
    "bytes": "bytes, white space included",
}


def size(policy: PolicyRecord, counting: Counting = "compact") -> int:
    """Measure a document as AWS does.

    Parameters
    ----------
    counting
        ``"compact"``, for IAM: characters without white space outside strings;
        ``"characters"``: all characters; ``"bytes"``: all bytes in UTF-8.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{ "Statement": [],  "Id": "a b" }')
    >>> size(policy), size(policy, "characters")
    (27, 33)
    """
    text = policy.text
    if counting == "bytes":
        return len(text.encode())
    if counting == "characters":
        return len(text)
    spaces = (match for match in _STRING_OR_SPACE.finditer(text) if match[1] is None)
    return len(text) - sum(match.end() - match.start() for match in spaces)


def too_large(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find a document that is over the size limit of its type."""
    if checked.rules.size is None:
        return
    counting, limit = checked.rules.size.counting, checked.rules.size.limit
    measured = size(checked.policy, counting)
    if measured > limit:
        details = {"size": measured, "limit": limit, "unit": _UNITS[counting]}
        yield SaveDefect("size", "$", {**details, **_value_of_parameter(checked)})


def unsendable(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find defects that IAM's API rejects before it reads the document: length and characters."""
    if not checked.rules.iam_api:
        return
    parameter, text = _value_of_parameter(checked), checked.policy.text
    if len(text) > LONGEST_DOCUMENT:
        yield SaveDefect(
            "too_long", "$", {"size": len(text), "limit": LONGEST_DOCUMENT, **parameter}
        )
    outside = _OUTSIDE.search(text)
    if outside is not None:
        yield SaveDefect("characters", "$", {"character": repr(outside[0]), **parameter})


def _value_of_parameter(checked: CheckedPolicy) -> dict[str, str]:
    """Return the API's name for the document, and its beginning. AWS prints all of it."""
    return {"start": f"{checked.policy.text[:40]}...", "parameter": checked.rules.parameter}


# Dates: IAM accepts more than its pages say -------------------------------------------------------

_MOMENT = re.compile(
    r"(?P<year>-?\d{1,9})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"
    r"(?:[Tt](?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d{1,9})?)?"
    r"(?:[Zz]|[+-](?P<zone_hour>\d\d)(?::(?P<zone_minute>\d\d))?)?)?)?)?",
    re.ASCII,
)
_RANGES = {
    "year": (-292_275_054, 292_278_993),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "zone_hour": (0, 23),
    "zone_minute": (0, 59),
}
_SECONDS = re.compile(r"\d{1,19}", re.ASCII)
_MOST_SECONDS = 2**63 - 1


def is_date(text: str) -> bool:
    """Return whether IAM accepts the text as a date: all or part of ISO 8601, or epoch seconds.

    Examples
    --------
    >>> is_date("2026-11-25T10:00:00Z"), is_date("1795600000"), is_date("2026-13")
    (True, True, False)
    """
    if not ("-" in text or "t" in text.lower()):
        return bool(_SECONDS.fullmatch(text)) and int(text) <= _MOST_SECONDS
    parts = _MOMENT.fullmatch(text)
    return parts is not None and all(
        low <= int(parts[name]) <= high
        for name, (low, high) in _RANGES.items()
        if parts[name] is not None
    )


def unreadable_dates(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find values of date operators that aren't dates."""
    if checked.rules.iam_grammar:
        yield from _unreadable_values(checked, "date", "Date", is_date)


def unreadable_ranges(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find values of the operators for addresses that are neither an address nor a CIDR range."""
    return _unreadable_values(checked, "range", "IpAddress", is_range)


def _unreadable_values(
    checked: CheckedPolicy, kind: str, operators: str, is_readable: Callable[[str], bool]
) -> Iterator[SaveDefect]:
    for statement in checked.statements:
        for condition in statement.conditions:
            if operators in condition.comparison.name:
                for index, value in enumerate(condition.values):
                    if not is_readable(value):
                        place = checked.places.condition(statement, condition, index)
                        yield SaveDefect(kind, place, {"value": short(value)})
