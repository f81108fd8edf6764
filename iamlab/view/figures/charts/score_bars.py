"""Scores by topic as bars: how much of each is right, and where the pass mark is.

Each bar is as long as the share that is right; the count stands beside it, since seven of nine says
more than 78 %. Topics below the mark are hatched and have a word of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.drawing.measure import SMALL, plain, widest, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import (
    ALLOW,
    ALLOW_FILL,
    DENY,
    DENY_FILL,
    FIELD_AREA,
    HAIRLINE,
    INK,
    PALE_INK,
    Look,
)
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PASSED = Look("✓", "passed", ALLOW, ALLOW_FILL)
REPEAT = Look("✕", "to repeat", DENY, DENY_FILL, hatch="////")
NOT_ASKED = Look("–", "not asked", PALE_INK, FIELD_AREA)

WIDEST_NAME = 3.6
ENDS = 7.75
"""Where the longest bar ends."""
TOP = 0.8
"""Where the first row begins."""
ROW, BAR = 0.36, 0.18
SHARES = (0, 25, 50, 75, 100)
"""The percentages that have a line."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many answers of a topic are right, and whether that is enough."""

    topic: str
    right: int
    of: int
    state: Look

    @property
    def share(self) -> float:
        """The part that is right; of nothing, nothing is."""
        return self.right / self.of if self.of else 0.0


def score_bars(
    scores: Mapping[str, tuple[int, int]],
    *,
    pass_mark: float | None = 0.7,
    pass_name: str = "pass mark",
) -> Figure:
    """Draw scores by topic.

    Parameters
    ----------
    scores
        Topic -> how many answers are right, and of how many.
    pass_mark
        The share from which on a topic is passed, 0 to 1; ``None``: there is none.
    pass_name
        What the mark is called.

    Raises
    ------
    RequestError
        The scores are no such mapping, or the mark is no share.

    Examples
    --------
    >>> print(score_bars({"sessions": (7, 9), "boundaries": (1, 4)}).alt)
    8 of 13 right; below the pass mark of 70 %: boundaries (1 of 4); passed: sessions (7 of 9).
    """
    every, mark = scores_of(scores, pass_mark), _checked_mark(pass_mark)
    sheet = Sheet(PAGE if every else 4)
    if every:
        _draw(sheet, every, mark, str(pass_name))
    else:
        sheet.text(MARGIN, 0.3, NOTHING, PALE_INK)
    return Figure.on(
        sheet,
        alt=_alt(every, mark, str(pass_name)),
        caption="Right answers by topic."
        if mark is None
        else f"Right answers by topic; dashed: {_mark_words(str(pass_name), mark)}.",
        rows=[*map(_row, every)] or [{"topic": None, "right": 0, "of": 0}],
        lines=_lines(every, mark, str(pass_name)),
    )


NOTHING = "No topic has been asked about yet."


def scores_of(scores: Mapping[str, tuple[int, int]], pass_mark: float | None = 0.7) -> list[Score]:
    """Judge scores by topic: passed, to repeat, not asked.

    Raises
    ------
    RequestError
        The scores are no such mapping, or the mark is no share.
    """
    mark = _checked_mark(pass_mark)
    return [_score(topic, score, mark) for topic, score in _items(scores)]


# -- what is given --------------------------------------------------------------------------------


def _checked_mark(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise RequestError(f"pass_mark is a share from 0 to 1, or None, not {given!r}.")
    return float(given)


def _items(scores: object) -> list[tuple[str, object]]:
    items = getattr(scores, "items", None)
    if not callable(items):
        raise RequestError(f"Scores are a dict, topic: (right, of), not {type(scores).__name__}.")
    return [(str(topic), score) for topic, score in items()]


def _score(topic: str, given: object, mark: float | None) -> Score:
    pair = tuple(given) if isinstance(given, tuple | list) else ()
    numbers = [one for one in pair if isinstance(one, int) and not isinstance(one, bool)]
    if len(pair) != 2 or len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1]:
        raise RequestError(
            f"The score of {topic!r} is two numbers, how many are right and of how many, "
            f"not {given!r}."
        )
    right, of = numbers
    is_enough = mark is None or (of > 0 and right / of >= mark)
    state = NOT_ASKED if not of else PASSED if is_enough else REPEAT
    return Score(topic, right, of, state)


# -- the picture ----------------------------------------------------------------------------------


def _draw(sheet: Sheet, every: list[Score], mark: float | None, name: str) -> None:
    names = max(widest(one.topic for one in every), width_of("TOPIC", SMALL))
    left = MARGIN + min(names, WIDEST_NAME) + 0.2
    width, bottom = ENDS - left, TOP + len(every) * ROW
    counts = widest((_counted(one) for one in every), face="bold")
    label = None if mark is None else _mark_label(left + width * mark, left, name, mark)
    sheet.heading(MARGIN, 0.28, "TOPIC")
    sheet.heading(left, 0.28, "RIGHT ANSWERS")
    for share in SHARES:
        x = left + width * share / 100
        sheet.area((x, TOP - 0.08), (0.001, bottom - TOP + 0.08), HAIRLINE)
        _share(sheet, x, share, label)
    for number, one in enumerate(every):
        y = TOP + (number + 0.5) * ROW
        sheet.text(MARGIN, y, one.topic, room=left - MARGIN - 0.2)
        place, size = (left, y - BAR / 2), (width * one.share, BAR)
        if one.of:  # what has nothing right has a stub, to be seen
            size = (max(size[0], 0.04), BAR)
            sheet.area(place, size, one.state.area, edge=one.state.colour, hatch=one.state.hatch)
            sheet.text(ENDS + 0.2, y, _counted(one), face="bold")
        if mark is not None or not one.of:
            words = str(one.state)
            place_of_words = ENDS + (0.32 + counts if one.of else 0.2)
            sheet.note(place_of_words, y, words, one.state.colour)
    sheet.area((left, TOP - 0.08), (0.001, bottom - TOP + 0.08), INK, edge=INK)
    if mark is not None and label is not None:
        x = left + width * mark
        sheet.straight((x, TOP - 0.1), (x, bottom), INK, dashed=True, bold=True)
        words, middle, half = label
        style = {"face": "bold", "align": "center", "room": 2 * half + 0.01}
        sheet.note(middle, TOP - 0.22, words, INK, **style)


def _mark_label(x: float, left: float, name: str, mark: float) -> tuple[str, float, float]:
    """Say how the mark is named, where the middle of that stands, and half of its width."""
    words = _mark_words(name, mark)
    half = min(width_of(plain(words), SMALL, "bold"), ENDS - left) / 2
    return words, min(max(x, left + half), ENDS + 1.5 - half), half


def _share(sheet: Sheet, x: float, share: int, label: tuple[str, float, float] | None) -> None:
    """Write a share above its line, unless the name of the mark stands there."""
    words = f"{share} %"
    if label is not None:
        apart = label[2] + width_of(words, SMALL) / 2 + 0.1
        if abs(x - label[1]) < apart:
            return
    sheet.note(x, TOP - 0.22, words, align="center", fact=False)


def _mark_words(name: str, mark: float) -> str:
    return f"{name} {100 * mark:g} %"


# -- the words ------------------------------------------------------------------------------------


def _counted(one: Score) -> str:
    return f"{one.right} of {one.of}"


def _row(one: Score) -> dict[str, object]:
    return {
        "topic": one.topic,
        "right": one.right,
        "of": one.of,
        "share": one.share if one.of else None,
        "state": one.state.word,
    }


def _lines(every: list[Score], mark: float | None, name: str) -> Iterator[str]:
    if not every:
        yield NOTHING
        return
    yield f"{sum(one.right for one in every)} of {sum(one.of for one in every)} right"
    if mark is not None:
        yield _mark_words(name, mark)
    for one in every:
        state = "" if mark is None and one.of else f", {one.state}"
        yield f"{one.topic}: {_counted(one)}{state}"


def _alt(every: list[Score], mark: float | None, name: str) -> str:
    if not every:
        return NOTHING
    first = f"{sum(one.right for one in every)} of {sum(one.of for one in every)} right"
    asked = sorted((one for one in every if one.of), key=lambda one: one.share)
    if not asked:
        topics = listed([one.topic for one in every])
        return f"{count(len(every), 'topic')}, and nothing asked about yet: {topics}."
    if mark is None:
        named = [_named(one) for one in asked]
        return told(f"{first}, the lowest share first: ", named, ".")
    low = [_named(one) for one in asked if one.state is REPEAT]
    passed = [_named(one) for one in reversed(asked) if one.state is PASSED]
    what = f"the {shorten(name, 40)} of {100 * mark:g} %"
    parts = [
        f"below {what}: {listed(low, 3, length=60)}" if low else f"all reach {what}",
        f"passed: {listed(passed, 2, length=60)}" if passed else "none is passed",
    ]
    rest = len(every) - len(asked)
    if rest:
        parts.append(f"{count(rest, 'topic')} not asked")
    return told(f"{first}; ", parts, ".")


def _named(one: Score) -> str:
    return f"{shorten(one.topic, 40)} ({_counted(one)})"
