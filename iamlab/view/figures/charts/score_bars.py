"""Scores by topic as bars, with the pass mark.

The length of a bar is the share of right answers. The count is beside it, because 7 of 9 says more
than 78 %. Topics below the mark are hatched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.view.layouts.chart import SHARES, RowChart
from iamlab.view.scene import Node, Scene
from iamlab.view.style import bad, good, silent
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.figure import Figure

PASSED, REPEAT, NOT_ASKED = good("passed"), bad("to repeat"), silent("not asked", "–")
ROW = 0.36
NOTHING = "There are no answers yet."
NO_TOPIC = Node("nothing", NOTHING, facts={"topic": None, "right": 0, "of": 0})


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
        Topic -> the number of right answers, and of all answers.
    pass_mark
        The smallest share that passes a topic, 0 to 1; ``None``: no mark.
    pass_name
        The name of the mark.

    Raises
    ------
    RequestError
        The scores aren't such a mapping, or the mark isn't a share.

    Examples
    --------
    >>> print(score_bars({"sessions": (7, 9), "boundaries": (1, 4)}).alt)
    8 of 13 right, pass mark 70 %; boundaries: 1 of 4, ✕ to repeat; sessions: 7 of 9, ✓ passed.
    """
    nodes = scores_of(scores, pass_mark) or [NO_TOPIC]
    mark = "" if pass_mark is None else f"{pass_name} {100 * pass_mark:g} %"
    right, of = (sum(node.facts[key] for node in nodes) for key in ("right", "of"))
    before = [f"{right} of {of} right", *filter(None, [mark])]
    lowest_first = sorted(nodes, key=lambda node: (not node.facts["of"], node.facts.get("share")))
    first = ", ".join(shorten(words, 60) for words in before)
    return Scene(nodes, before=before).figure(
        lambda scene: _draw(scene.nodes, pass_mark, mark),
        alt=alt_text(f"{first}; ", [node.listed for node in lowest_first], ".") if of else NOTHING,
        caption=f"Right answers by topic; dashed: {mark}." if mark else "Right answers by topic.",
        is_graph=False,
    )


def scores_of(scores: Mapping[str, tuple[int, int]], pass_mark: float | None = 0.7) -> list[Node]:
    """Return a node for each topic: passed, to repeat or not asked.

    Raises
    ------
    RequestError
        The scores aren't such a mapping, or the mark isn't a share.
    """
    is_number = isinstance(pass_mark, int | float) and not isinstance(pass_mark, bool)
    if pass_mark is not None and not (is_number and 0 <= pass_mark <= 1):
        raise RequestError(f"pass_mark must be a share from 0 to 1 or None, not {pass_mark!r}.")
    if not callable(getattr(scores, "items", None)):
        raise RequestError(f"Scores must be a dict of (right, of), not {type(scores).__name__}.")
    return [_node(str(topic), score, pass_mark) for topic, score in scores.items()]


def _node(topic: str, score: object, mark: float | None) -> Node:
    pair = list(score) if isinstance(score, tuple | list) else []
    if [type(number) for number in pair] != [int, int] or not 0 <= pair[0] <= pair[1]:
        raise RequestError(
            f"The score of {topic!r} must be two numbers, right answers and all answers, "
            f"not {score!r}."
        )
    right, of = pair
    share = right / of if of else None
    look = NOT_ASKED
    if share is not None:
        look = PASSED if mark is None or share >= mark else REPEAT
    is_judged = mark is not None or share is None
    counted = f"{right} of {of}"
    return Node(
        topic,
        topic,
        counted,
        look=look if is_judged else None,
        line=f"{topic}: {counted}, {look}" if is_judged else f"{topic}: {counted}",
        facts={"topic": topic, "right": right, "of": of, "share": share, "state": look.word},
    )


def _draw(nodes: Sequence[Node], mark: float | None, words: str) -> Sheet:
    chart = RowChart(nodes, ("TOPIC", "RIGHT ANSWERS"), SHARES, height=ROW)
    for node, y in chart.rows:
        if node.facts["of"]:
            chart.bar(y, node.facts["share"], node.look or PASSED)
    if mark is not None:
        chart.mark(mark, words)
    return chart.sheet
