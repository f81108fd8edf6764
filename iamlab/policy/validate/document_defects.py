"""What stands once in a document, and what is counted in it: version, Sids, numbers of parts.

What a check finds: a kind of defect, where it stands, and the words that it is told with.

How large a document is, and whether it is larger than AWS takes.

Which date values IAM can read when it saves a policy: more than the documents speak of.

Notes
-----
AWS pages: "IAM JSON policy elements: Version"; "IAM JSON policy elements: Sid"; "Amazon SQS policy
quotas"; "Amazon SNS API permissions".
AWS pages: "IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations".
AWS page: "IAM JSON policy elements: Condition operators", section "Date condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from iamlab.policy.json_text import Places
from iamlab.policy.rules import LONGEST_DOCUMENT

if TYPE_CHECKING:
    from iamlab.policy.document import Policy
    from iamlab.policy.rules import Counting, TypeRules
    from iamlab.policy.statement import Condition, Statement


Place = Callable[[Places], str]
"""Gives the JSON path of a defect; it is asked only for what is told."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that AWS would refuse.

    Parameters
    ----------
    kind
        The name under which ``messages.py`` has AWS's words and ``mends.py`` the mend.
    details
        What stands for each ``{...}`` in them.
    mend
        The name of the mend, where it is not that of the kind.
    """

    kind: str
    place: Place
    details: Mapping[str, object] = field(default_factory=dict)
    mend: str = ""


Check = Callable[["Policy", "TypeRules"], Iterator[Defect]]


def at_document(_: Places) -> str:
    """Give the path of the whole document."""
    return "$"


def at_statement(statement: Statement) -> Place:
    """Give the place of a statement."""
    return lambda places: places.statement(statement)


def at_element(statement: Statement, name: str) -> Place:
    """Give the place of an element of a statement."""
    return lambda places: places.element(statement, name)


def at_value(statement: Statement, name: str, index: int) -> Place:
    """Give the place of one value of Action, NotAction, Resource or NotResource."""
    return lambda places: places.value(statement, name, index)


def at_principal(statement: Statement, index: int) -> Place:
    """Give the place of one principal."""
    return lambda places: places.principal(statement, index)


def at_condition(statement: Statement, condition: Condition, index: int | None = None) -> Place:
    """Give the place of a condition's key, or of one of its values."""
    return partial(Places.condition, statement=statement, condition=condition, index=index)


def actions_of(statement: Statement) -> tuple[str, tuple[str, ...]]:
    """Give what is written in ``Action`` or ``NotAction``, with the element's name."""
    if statement.action is not None:
        return "Action", statement.action
    return "NotAction", statement.not_action or ()


def resources_of(statement: Statement) -> tuple[str, tuple[str, ...] | None]:
    """Give what is written in ``Resource`` or ``NotResource``, with the element's name."""
    if statement.resource is not None:
        return "Resource", statement.resource
    return "NotResource", statement.not_resource


def short(text: str) -> str:
    """Cut a text of absurd length, so that a message stays one that people can read."""
    return text if len(text) <= 300 else f"{text[:200]}..."


def no_statements(policy: Policy, _: TypeRules) -> Iterator[Defect]:
    """Find a document without a statement."""
    if not policy.statements:
        yield Defect("no_statement", at_document)


def old_version(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find a document of the older version of the language, or without one."""
    if rules.newest_version and policy.version != "2012-10-17":
        yield Defect("version", _at_version)


def _at_version(places: Places) -> str:
    line, _ = places.where("$.Version")
    return "$" if line is None else "$.Version"


def sid_letters(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find Sids with characters that the service does not take."""
    for statement in policy.statements if rules.sid is not None else ():
        if statement.sid is not None and not re.fullmatch(rules.sid or "", statement.sid):
            yield Defect("sid_letters", at_element(statement, "Sid"))


def sids_twice(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find statements with the Sid of an earlier one."""
    seen: set[str] = set()
    for statement in policy.statements if rules.unique_sids else ():
        if statement.sid and statement.sid in seen:
            place = at_element(statement, "Sid")
            yield Defect("sid_twice", place, {"sid": short(statement.sid)})
        seen.add(statement.sid or "")


def _principals(statement: Statement) -> int:
    return len(statement.principal or statement.not_principal or ())


def _conditions(statement: Statement) -> int:
    return len(statement.conditions)


IN_DOCUMENT: dict[str, Callable[[Statement], int]] = {
    "statements": lambda _: 1,
    "principals": _principals,
    "conditions": _conditions,
}
"""What is counted over all statements of a document."""

IN_STATEMENT: dict[str, Callable[[Statement], int]] = {
    "actions of a statement": lambda statement: len(actions_of(statement)[1]),
    "resources of a statement": lambda statement: len(resources_of(statement)[1] or ()),
}
"""What is counted in each statement."""


def too_many(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find more of something than the service takes."""
    for what, limit in rules.most.items():
        if what in IN_DOCUMENT:
            number = sum(map(IN_DOCUMENT[what], policy.statements))
            if number > limit:
                details = {"what": what, "number": number, "limit": limit}
                yield Defect("too_many", at_document, details)
            continue
        for statement in policy.statements:
            number = IN_STATEMENT[what](statement)
            if number > limit:
                details = {"what": what, "number": number, "limit": limit}
                yield Defect("too_many", at_statement(statement), details)


_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+', re.DOTALL)
_OUTSIDE = re.compile("[^\t\n\r\u0020-\u00ff]")
_UNITS = {
    "compact": "characters without the white space between its parts",
    "characters": "characters, white space included",
    "bytes": "bytes, white space included",
}


def size(policy: Policy, counting: Counting = "compact") -> int:
    """Measure a document as AWS does.

    Parameters
    ----------
    counting
        ``"compact"``, IAM's way: characters, without white space outside strings;
        ``"characters"``: all of them; ``"bytes"``: all, as UTF-8.

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


def too_large(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find a document that is larger than its type may be."""
    if rules.size is None:
        return
    counting, limit = rules.size.counting, rules.size.limit
    measured = size(policy, counting)
    if measured > limit:
        details = {"size": measured, "limit": limit, "unit": _UNITS[counting]}
        yield Defect(
            "size", at_document, {**details, **_value_of_parameter(policy, rules.parameter)}
        )


def unsendable(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find what IAM's API refuses before it reads the document: its length, its characters."""
    if not rules.iam_api:
        return
    parameter = _value_of_parameter(policy, rules.parameter)
    length = len(policy.text)
    if length > LONGEST_DOCUMENT:
        details = {"size": length, "limit": LONGEST_DOCUMENT}
        yield Defect("too_long", at_document, {**details, **parameter})
    outside = _OUTSIDE.search(policy.text)
    if outside is not None:
        yield Defect("characters", at_document, {"character": repr(outside[0]), **parameter})


def _value_of_parameter(policy: Policy, parameter: str) -> dict[str, str]:
    """Give how AWS's API names the document; it prints all of it, here its start is enough."""
    return {"start": f"{policy.text[:40]}...", "parameter": parameter}


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
    """Say whether IAM can read the text as a date: ISO 8601, in parts too, or seconds since 1970.

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


def unreadable_dates(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find values of date operators that are no dates."""
    if not rules.iam_grammar:
        return
    for statement in policy.statements:
        for condition in statement.conditions:
            if not condition.comparison.name.startswith("Date"):
                continue
            for index, value in enumerate(condition.values):
                if not is_date(value):
                    place = at_condition(statement, condition, index)
                    yield Defect("date", place, {"value": short(value)})
