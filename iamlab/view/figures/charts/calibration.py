"""Confidence and correctness: how often answers are right, by how sure the learner was.

For each of the three words there is a band of expected shares. A line through the point shows its
range of chance. You were too sure only if the whole line is below the band, and too careful only if
it is above. So three answers don't count as much as thirty.

Notes
-----
The bands are a convention of this course: a guess among two or three verdicts is right
as often as by chance. The range of chance is Wilson's interval of 90 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.drawing.legend import Legend
from iamlab.view.layouts.chart import SHARES, RowChart
from iamlab.view.scene import Node, Scene
from iamlab.view.style import INK, LIT_AREA, PALE_INK, bad, good, silent
from iamlab.view.words import alt_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.figure import Figure
    from iamlab.view.style import Look

BANDS = {"a guess": (0.3, 0.6), "fairly sure": (0.6, 0.9), "certain": (0.9, 1.0)}
"""Each word, and the expected share of right answers."""
FEW = 3
"""Fewer answers than that aren't judged."""

FITS, CHANCE = good("fits"), silent("may be chance", "–")
TOO_SURE, TOO_CAREFUL = bad("too sure"), silent("too careful")
TOO_FEW, NEVER = silent("too few to tell", "–"), silent("no answer", "–")
URGENCY = [TOO_SURE, TOO_CAREFUL, CHANCE, FITS, TOO_FEW, NEVER]
ADVICE = {TOO_SURE: "slow down there", TOO_CAREFUL: "trust yourself more", TOO_FEW: TOO_FEW.word}
"""The words for an outcome, other than "that" and its word."""
NOTHING = "There are no answers yet."
ROW, BAND, END = 0.56, 0.4, 0.14
"""The height of a row, of a band, and of the ends of an interval."""


def calibration(answers: Iterable[tuple[str, bool]]) -> Figure:
    """Draw how often answers are right, by how sure the learner was.

    Parameters
    ----------
    answers
        Pairs: ``"a guess"``, ``"fairly sure"`` or ``"certain"``, and whether it was right.

    Raises
    ------
    RequestError
        An answer isn't such a pair.

    Examples
    --------
    >>> print(calibration([("certain", True)] * 3 + [("certain", False)] * 2).alt)
    3 of 5 answers right; certain 5 times, right 3 times: slow down there.
    """
    nodes = levels_of(answers)
    right, of = (sum(node.facts[key] for node in nodes) for key in ("right", "of"))
    first = f"{right} of {count(of, 'answer')} right" if of else NOTHING
    # The most urgent result is first; of two such results, the surer answers.
    urgent = sorted(nodes, key=lambda node: (URGENCY.index(node.look or NEVER), -BANDS[node.id][0]))
    sentences = [node.details[-1] for node in urgent if node.facts["of"]]
    most = f" {sentences[0][0].upper()}{sentences[0][1:]}." if sentences else ""
    return Scene(nodes, before=[first]).figure(
        lambda scene: _draw(scene.nodes),
        alt=alt_text(f"{first}; ", sentences, ".") if of else NOTHING,
        caption="How often answers are right, by how sure you were. Each point should be in its "
        f"band.{most}",
        is_graph=False,
    )


def levels_of(answers: Iterable[tuple[str, bool]]) -> list[Node]:
    """Return a node for each confidence, with its share of right answers and its outcome.

    Raises
    ------
    RequestError
        An answer isn't a pair of one of the three words, and True or False.
    """
    found: dict[str, list[bool]] = {word: [] for word in BANDS}
    for word, is_right in _pairs(answers):
        found[word].append(is_right)
    return [_node(word, sum(results), len(results)) for word, results in found.items()]


def _pairs(answers: object) -> Iterator[tuple[str, bool]]:
    if not isinstance(answers, Iterable):
        raise RequestError(f"Answers are a list of pairs, not {answers!r}.")
    for answer in answers:
        pair = tuple(answer) if isinstance(answer, tuple | list) else ()
        if len(pair) != 2 or pair[0] not in list(BANDS) or not isinstance(pair[1], bool):
            words = ", ".join(map(repr, BANDS))
            raise RequestError(
                f"An answer is a pair of {words}, and True or False, not {answer!r}."
            )
        yield pair


def _node(word: str, right: int, of: int) -> Node:
    low, high = BANDS[word]
    look, counted = _look(word, right, of), f"{right} of {of} right" if of else NEVER.word
    details = [f"expected: {100 * low:g} to {100 * high:g} % right"]
    if of:
        least, most = wilson(right, of)
        details += [
            f"range of chance: {100 * least:.0f} to {100 * most:.0f} %",
            f"{word} {count(of, 'time')}, right {count(right, 'time')}: "
            + ADVICE.get(look, f"that {look.word}"),
        ]
    return Node(
        word,
        word,
        counted,
        look=look,
        line=f"{word}: {counted}, {look}",
        details=details,
        facts={
            "confidence": word,
            "right": right,
            "of": of,
            "share": right / of if of else None,
            "expected from": low,
            "expected to": high,
            "state": look.word,
        },
    )


def _look(word: str, right: int, of: int) -> Look:
    if of < FEW:
        return TOO_FEW if of else NEVER
    low, high = BANDS[word]
    least, most = wilson(right, of)
    if low <= right / of <= high:
        return FITS
    return TOO_SURE if most < low else TOO_CAREFUL if least > high else CHANCE


def wilson(right: int, of: int, z: float = 1.6449) -> tuple[float, float]:
    """Return Wilson's interval: the true share is in it nine times out of ten.

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


def _draw(nodes: Sequence[Node]) -> Sheet:
    """Draw the band of each confidence, its point, and its range of chance."""
    chart = RowChart(nodes, ("HOW SURE", "SHARE OF RIGHT ANSWERS"), SHARES, height=ROW)
    sheet, at = chart.sheet, chart.scale.at
    for node, y in chart.rows:
        low, high = BANDS[node.id]
        sheet.area((at(low), y - BAND / 2), (at(high) - at(low), BAND), LIT_AREA, edge=PALE_INK)
        right, of = node.facts["right"], node.facts["of"]
        if not of or not node.look:
            continue
        least, most = map(at, wilson(right, of))
        sheet.area((least, y - 0.008), (most - least, 0.016), INK, edge=INK)
        for end in (least, most):
            sheet.area((end, y - END / 2), (0.001, END), INK, edge=INK)
        sheet.mark((at(right / of), y), node.look.symbol, node.look.colour, 11)
    legend = Legend(sheet, chart.scale.start, chart.bottom + 0.28)
    legend.piece("expected", LIT_AREA, PALE_INK, height=0.2)
    legend.piece("range of chance", INK, INK, height=0.016)
    return sheet
