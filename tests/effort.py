"""How hard the tests try: little in ``make test``, everything in ``make test-all``.

A test that tries random inputs says its number of tries for 100 examples of hypothesis, and
``tries`` scales it to the profile. A test with costly rows gives the first of each kind always, and
marks the rest.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import pytest
from hypothesis import settings

FEWEST = 3

slow = pytest.mark.slow
"""Only ``make test-all`` runs it."""


def give_up(reason: str) -> NoReturn:
    """Skip a test that this machine can't run; fail where CI=true, as nobody sees a skip there."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def is_thorough() -> bool:
    """Return whether the profile tries everything."""
    return settings.get_current_profile_name() != "quick"


def tries(number: int) -> int:
    """Scale a number of random tries to the profile: ``number`` is for 100 examples."""
    return max(min(number, FEWEST), number * settings().max_examples // 100)


def later(*values: Any) -> Any:
    """Return a row of a table that only ``make test-all`` runs."""
    return pytest.param(*values, marks=slow)


def first_now(rows: Iterable[Any], now: int = 1) -> list[Any]:
    """Mark the rows of a table as slow, but for the first one, or the first few.

    A row is a tuple where the table has several columns.
    """
    return [row if place < now else _later(row) for place, row in enumerate(rows)]


def first_of_each_now(rows: Mapping[str, Any]) -> list[Any]:
    """Mark the names of a table as slow, but for the first one of each class of its values."""
    seen: set[type] = set()
    found = []
    for name, own in rows.items():
        found.append(later(name) if type(own) in seen else name)
        seen.add(type(own))
    return found


def _later(row: Any) -> Any:
    if isinstance(row, type(pytest.param())):
        return pytest.param(*row.values, marks=[*row.marks, slow], id=row.id)
    return later(*row) if isinstance(row, tuple) else later(row)
