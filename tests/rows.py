"""Tables of many rows, each collected as one test; a row that fails is reported as a subtest."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def each_row(
    names: str | tuple[str, ...],
    rows: Iterable[Any],
    ids: Callable[[Any], Any] | Iterable[Any] | None = None,
) -> Callable[[Test], Test]:
    """Run a test with each row, like ``pytest.mark.parametrize``, but as subtests of one test.

    A row that fails is reported with its id, and the others still run. Rows that pass are not
    reported: thousands of reports take time. All rows share the fixtures of the test, so it must
    need none that a row changes.
    """
    places = names if isinstance(names, tuple) else (names,)
    rows = list(rows)
    arguments = map(ids, rows) if callable(ids) else ids or [None] * len(rows)
    named = [
        _named(name, row, places, number)
        for number, (name, row) in enumerate(zip(arguments, rows, strict=True))
    ]

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(subtests: pytest.Subtests, **fixtures: Any) -> None:
            for name, values in named:
                try:
                    test(**values, **fixtures)
                except BaseException:
                    with subtests.test(name):
                        raise

        own = [
            parameter
            for parameter in inspect.signature(test).parameters.values()
            if parameter.name not in places
        ]
        kept = [text.replace(kind=inspect.Parameter.KEYWORD_ONLY) for text in own]
        first = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([first, *kept])  # type: ignore[attr-defined]
        del run.__wrapped__  # type: ignore[attr-defined]  # pytest would look through it
        return run

    return decorate


def _named(name: Any, row: Any, places: tuple[str, ...], number: int) -> tuple[str, dict[str, Any]]:
    """Return the id of a row, or its number, and its values by their names."""
    if isinstance(row, type(pytest.param())):
        assert not row.marks, "a subtest cannot be marked"
        name, row = name or row.id, row.values
    elif len(places) == 1:
        name = name or (row[:100] if isinstance(row, str) else None)
        row = (row,)
    shown = str(name or f"row {number}").encode("utf-8", "backslashreplace").decode()
    return shown, dict(zip(places, row, strict=True))
