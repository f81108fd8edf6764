"""Confidence against correctness: is what somebody is certain of right as often as that should be?

For each of the three words there is a band where the share of right answers belongs. A line through
the point shows how far chance alone may have moved it: only where the whole line lies below the
band somebody was too sure, and too careful where it lies above. So three answers are not taken for
thirty.

Notes
-----
The bands are a convention of this course: a guess is right about as often as chance has it, with
two or three verdicts to choose from. The line is Wilson's interval of 90 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import TEXT
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    HAIRLINE,
    INK,
    LIT_AREA,
    PALE_INK,
    PAPER,
    SILENT,
    SILENT_AREA,
    Look,
)
from iamlab.view.words import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BANDS = {"a guess": (0.3, 0.6), "fairly sure": (0.6, 0.9), "certain": (0.9, 1.0)}
"""Each word, and which share of such answers should be right."""

FEW = 3
"""Of fewer answers nothing is said but how many there are."""

FITS = Look("✓", "fits", ALLOW, ALLOW_AREA)
TOO_SURE = Look("✕", "too sure", DENY, DENY_AREA)
TOO_CAREFUL = Look("○", "too careful", SILENT, SILENT_AREA)
CHANCE = Look("–", "may be chance", SILENT, SILENT_AREA)
NEVER = Look("–", "never said", PALE_INK, PAPER)
TOO_FEW = Look("–", "too few to tell", PALE_INK, PAPER)

ADVICE = {
    "too sure": "slow down there",
    "too careful": "trust yourself more",
    "fits": "that fits",
    "may be chance": "that may be chance",
    "too few to tell": "too few to tell",
}

LEFT, RIGHT, ENDS = 2.35, 6.2, 6.5
"""Where the scale begins and ends, and where the words beside it begin."""
TOP, ROW = 0.82, 0.62
"""Where the first row begins, and how high each is."""


@dataclass(frozen=True, slots=True)
class Level:
    """The answers that were given with one confidence."""

    word: str
    right: int
    of: int
    state: Look

    @property
    def share(self) -> float | None:
        """The part that is right; ``None`` where there are no answers."""
        return self.right / self.of if self.of else None

    @property
    def sentence(self) -> str:
        """What it means."""
        if not self.of:
            return f"{self.word}: never"
        advice = ADVICE[self.state.word]
        return f"{self.word} {count(self.of, 'time')}, right {count(self.right, 'time')}: {advice}"


def calibration(answers: Iterable[tuple[str, bool]]) -> Figure:
    """Draw how often answers are right, by how sure one was of them.

    Parameters
    ----------
    answers
        Of each answer ``"a guess"``, ``"fairly sure"`` or ``"certain"``, and whether it was right.

    Raises
    ------
    RequestError
        An answer is no such pair.

    Examples
    --------
    >>> print(calibration([("certain", True)] * 3 + [("certain", False)] * 2).alt)
    3 of 5 answers right; certain 5 times, right 3 times: slow down there.
    """
    levels = levels_of(answers)
    total, right = sum(one.of for one in levels), sum(one.right for one in levels)
    sheet = Sheet(PAGE)
    _draw(sheet, levels)
    said = [one.sentence for one in sorted(levels, key=_urgency) if one.of]
    first = f"{right} of {count(total, 'answer')} right"
    return Figure.on(
        sheet,
        alt=told(f"{first}; ", said, ".") if said else NOTHING,
        caption="How often answers are right, by how sure you were: each point belongs in its band."
        f" {_summary(levels)}",
        rows=map(_row, levels),
        lines=_lines(levels, first if said else NOTHING),
    )


NOTHING = "No answer says yet how sure you were of it."


def levels_of(answers: Iterable[tuple[str, bool]]) -> tuple[Level, ...]:
    """Count answers by confidence, and judge each share by its band.

    Raises
    ------
    RequestError
        An answer is no pair of one of the three words, and True or False.
    """
    counts = dict.fromkeys(BANDS, (0, 0))
    for answer in _checked(answers):
        word, is_right = answer
        right, of = counts[word]
        counts[word] = right + is_right, of + 1
    return tuple(Level(word, *both, _state(word, *both)) for word, both in counts.items())


def _checked(answers: object) -> Iterator[tuple[str, bool]]:
    try:
        every = list(answers)  # type: ignore[call-overload]
    except TypeError:
        raise RequestError(f"Answers are a list of pairs, not {answers!r}.") from None
    for answer in every:
        pair = tuple(answer) if isinstance(answer, tuple | list) else ()
        known = len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], bool)
        if not known or pair[0] not in BANDS:
            raise RequestError(
                f"An answer is a pair of {', '.join(map(repr, BANDS))}, and True or False, "
                f"not {answer!r}."
            )
        yield pair


def _state(word: str, right: int, of: int) -> Look:
    if of < FEW:
        return TOO_FEW if of else NEVER
    low, high = BANDS[word]
    least, most = wilson(right, of)
    if low <= right / of <= high:
        return FITS
    return TOO_SURE if most < low else TOO_CAREFUL if least > high else CHANCE


def _urgency(level: Level) -> int:
    """Sort what must be told first before the rest; of two, the surer one."""
    order = [TOO_SURE, TOO_CAREFUL, CHANCE, FITS, TOO_FEW, NEVER]
    return 10 * order.index(level.state) - list(BANDS).index(level.word)


def _summary(levels: tuple[Level, ...]) -> str:
    told_first = min(levels, key=_urgency)
    return f"{told_first.sentence[0].upper()}{told_first.sentence[1:]}." if told_first.of else ""


def wilson(right: int, of: int, z: float = 1.6449) -> tuple[float, float]:
    """Give the shares between which the true one lies, nine times out of ten.

    Parameters
    ----------
    z
        How many standard deviations to each side: 1.6449 for 90 %.

    Examples
    --------
    >>> low, high = wilson(3, 5)
    >>> f"{low:.2f} {high:.2f}"
    '0.27 0.86'
    """
    share = right / of
    middle = share + z * z / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


# -- the picture ----------------------------------------------------------------------------------


def _draw(sheet: Sheet, levels: tuple[Level, ...]) -> None:
    bottom = TOP + len(levels) * ROW
    headings = {MARGIN: "HOW SURE", LEFT: "SHARE OF RIGHT ANSWERS", ENDS: "WHAT IT MEANS"}
    for x, heading in headings.items():
        sheet.heading(x, 0.28, heading)
    for share in (0, 25, 50, 75, 100):
        x = _at(share / 100)
        sheet.area((x, TOP - 0.08), (0.001, bottom - TOP + 0.08), HAIRLINE)
        sheet.note(x, TOP - 0.22, f"{share} %", align="center", fact=False)
    for number, one in enumerate(levels):
        y = TOP + (number + 0.5) * ROW
        sheet.area((MARGIN, TOP + number * ROW), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
        sheet.text(MARGIN, y - 0.1, one.word, face="bold")
        sheet.note(MARGIN, y + 0.11, _counted(one))
        _level(sheet, one, y)
        _meaning(sheet, one, y)
    sheet.area((MARGIN, bottom), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
    legend = Legend(sheet, LEFT, bottom + 0.28)
    legend.piece("where it belongs", LIT_AREA, PALE_INK, height=0.2)
    legend.piece("how far chance may move it", INK, INK, height=0.016)


def _at(share: float) -> float:
    return LEFT + 0.15 + share * (RIGHT - LEFT - 0.3)


def _level(sheet: Sheet, one: Level, y: float) -> None:
    """Draw the band, the point, and how far chance may have moved it."""
    low, high = BANDS[one.word]
    sheet.area((_at(low), y - 0.2), (_at(high) - _at(low), 0.4), LIT_AREA, edge=PALE_INK)
    if one.share is None:
        return
    least, most = wilson(one.right, one.of)
    sheet.area((_at(least), y - 0.008), (_at(most) - _at(least), 0.016), INK, edge=INK)
    for end in (least, most):
        sheet.area((_at(end), y - 0.07), (0.001, 0.14), INK, edge=INK)
    sheet.mark((_at(one.share), y), one.state.symbol, one.state.colour, 11)


def _meaning(sheet: Sheet, one: Level, y: float) -> None:
    words = str(one.state)
    sheet.text(ENDS, y - 0.1, words, one.state.colour, face="bold", size=TEXT)
    if one.of >= FEW:
        sheet.note(ENDS, y + 0.11, one.sentence, INK, room=PAGE - MARGIN - ENDS)


# -- the words ------------------------------------------------------------------------------------


def _counted(one: Level) -> str:
    return f"{one.right} of {one.of} right" if one.of else "never said"


def _row(one: Level) -> dict[str, object]:
    low, high = BANDS[one.word]
    return {
        "confidence": one.word,
        "right": one.right,
        "of": one.of,
        "share": one.share,
        "expected from": low,
        "expected to": high,
        "state": one.state.word,
    }


def _lines(levels: tuple[Level, ...], first: str) -> Iterator[str]:
    yield first
    for one in levels:
        low, high = BANDS[one.word]
        yield f"{one.word}: {_counted(one)}, {one.state}"
        yield f"  it belongs between {100 * low:g} and {100 * high:g} %"
        if one.of:
            least, most = wilson(one.right, one.of)
            yield f"  chance may move it between {100 * least:.0f} and {100 * most:.0f} %"
            yield f"  {one.sentence}"
