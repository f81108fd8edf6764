"""Which date values IAM can read when it saves a policy: more than the documents speak of.

Notes
-----
AWS page: "IAM JSON policy elements: Condition operators", section "Date condition operators".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.checks.defects import Defect, at_condition, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy

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
