"""The learners of a class, the objectives of its lessons, and how much of them each can do.

Marking has checked again whether an exercise is right. Times, confidence, predictions and the order
of attempts are as the file has them, so a learner could have changed them.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.recognition import beliefs
from iamlab.view.figures.matrix.access_matrix import SHADES, share_look
from iamlab.view.layouts.chart import SHARES, RowChart
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import Cell, Column, Node, Scene
from iamlab.view.style import DENY, DENY_AREA, INK, PAPER, Look, bad, silent
from iamlab.view.words import alt_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.classroom.marking import Marked
    from iamlab.classroom.submissions import Record
    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.figure import Figure

MINUTES = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)
STUCK = 3
"""Who has so many wrong attempts since the last right one is stuck."""
NOT_TRIED, NONE_RIGHT = silent("not tried", "–"), Look("0", "none right", DENY, DENY_AREA)
PART, BELIEVED = Look("…", "some not tried", INK, PAPER), bad("believed")
LEGEND = [NONE_RIGHT, *(Look("", own, INK, c) for _, c, own in SHADES[1:]), PART, NOT_TRIED]
HEIGHT, WORDS, BAR, ROOM = 0.66, (0.61, -0.12), 0.14, 8.7
"""The height of a belief; where in it the words and the bar are; the room for the words."""


@dataclass(frozen=True)
class Learner:
    """One learner.

    Parameters
    ----------
    id
        The student's id.
    name
        The name to show; in an anonymous report, a pseudonym.
    marks
        The mark of each exercise by its number; without a submission, none.
    records
        The records of the submission, in order of time.
    """

    id: str = field(repr=False)
    name: str
    marks: Mapping[str, Marked] = field(repr=False)
    records: Sequence[Record] = field(repr=False)

    @cached_property
    def attempts(self) -> list[tuple[str, bool, str]]:
        """The exercise of each attempt, whether it was right, and its minute."""
        found = []
        for own in self.records:
            if own["kind"] == "attempt" and (mark := self.marks.get(own["exercise"])):
                is_right = mark.correct and own.get("correct") is True
                found.append((own["exercise"], is_right, "".join(MINUTES.findall(own["time"])[:1])))
        return found

    @cached_property
    def beliefs(self) -> set[str]:
        """The wrong beliefs that a check has named, or that explain the answers best."""
        found = {mutant.belief for mutant, *_ in beliefs(self.records).recognised}
        return found.union(*(own.beliefs for own in self.marks.values())) & MISCONCEPTIONS.keys()

    def stuck(self) -> list[tuple[str, bool, str]]:
        """The wrong attempts since the last right one, if there are many and they stay wrong."""
        last = max((place for place, own in enumerate(self.attempts, 1) if own[1]), default=0)
        found = [own for own in self.attempts[last:] if not self.marks[own[0]].correct]
        return found if len(found) >= STUCK else []


class Objective(NamedTuple):
    """What a learner can do after a lesson, and the numbers of the exercises that test it."""

    lesson: str
    text: str
    exercises: tuple[str, ...]

    def result(self, learners: Iterable[Learner]) -> tuple[int, int, int]:
        """Return how many exercises are right, how many were tried, and how many there are."""
        marks = [own.marks.get(number) for own in learners for number in self.exercises]
        tried = [mark.correct for mark in marks if mark and mark.attempts]
        return sum(tried), len(tried), len(marks)

    def cell(self, learners: Sequence[Learner]) -> Cell:
        """Return a cell of the heat map; of several learners, a share of what they tried."""
        right, tried, of = self.result(learners)
        words, look = f"{right} of {of} right, {of - tried} not tried", NOT_TRIED
        if tried:
            symbol = f"{right}/{of}{PART.symbol * (tried < of)}"
            symbol, of = (symbol, of) if len(learners) == 1 else (f"{right / tried:.0%}", tried)
            shade = share_look(right, of) if right else NONE_RIGHT
            look = replace(shade, symbol=symbol, word=words)
        return Cell(look=look, words=words)


def heat_map(goals: Sequence[Objective], rows: Mapping[str, Sequence[Learner]]) -> Figure:
    """Draw how much of each objective learners can do; the last row is the whole class."""
    nodes, numbers = list[Node](), {goal: " ".join(goal.exercises) for goal in goals}
    for name, members in rows.items():
        cells = {goal: goal.cell(members) for goal in goals}
        facts = {"learner": name} | {numbers[goal]: cell.words for goal, cell in cells.items()}
        nodes.append(Node(f"{len(nodes)}", name, cells=cells, facts=facts))
    columns = {a: Column(a.text, own, f"Lesson {a.lesson}") for a, own in numbers.items()}
    about = f"Lessons {', '.join(dict.fromkeys(goal.lesson for goal in goals))}"
    parts = [f"{goal.text.rstrip('.')}: {cell.words}" for goal, cell in nodes[-1].cells.items()]
    return Scene(nodes, columns=columns).figure(
        lambda scene: draw_grid(scene, pitches=(0.58, 0.52, 0.46), legend=LEGEND),
        alt=alt_text(f"{about}, {len(nodes) - 1} learners. The whole class: ", parts, "."),
        caption=f"{about}: how many of the exercises above a column are right.",
        is_graph=False,
    )


def belief_bars(beliefs: Iterable[tuple[Any, ...]], of: int) -> Figure:
    """Draw how many learners showed each belief: its words above its bar, and their number."""
    nodes = list[Node]()
    for claim, number, *_ in beliefs:
        note, facts = f"{number} of {of}", {"answers as if": claim, "learners": number}
        nodes.append(Node(claim, "", note, line=f"{claim}: {note}", facts=facts))

    def draw(_: Scene) -> Sheet:
        chart = RowChart(nodes, ("", "LEARNERS WHO ANSWERED AS IF ..."), SHARES, height=HEIGHT)
        for node, y in chart.rows:
            chart.sheet.note(WORDS[0], y + WORDS[1], node.id, INK, on_line=True, room=ROOM)
            chart.bar(y + BAR, node.facts["learners"] / of, BELIEVED)
        return chart.sheet

    return Scene(nodes, before=["Learners answered as if ..."]).figure(
        draw,
        alt=alt_text("Learners answered as if ... ", [own.listed for own in nodes] or ["none"]),
        caption="How many learners answered as if a wrong belief were true.",
        is_graph=False,
    )


def pseudonyms(students: Iterable[str], key: bytes) -> dict[str, str]:
    """Return a number for each student, in an order that only the key gives.

    Examples
    --------
    >>> pseudonyms(["ana", "bob", "carol"], b"a key")
    {'bob': 'Learner 01', 'ana': 'Learner 02', 'carol': 'Learner 03'}
    """
    order = sorted(students, key=lambda own: sign(own, key))
    width = max(2, len(str(len(order))))
    return {own: f"Learner {number:0{width}}" for number, own in enumerate(order, 1)}


def sign(student: str, key: bytes) -> str:
    """Return what nobody can compute without the key: 16 letters and digits for each student."""
    return hmac.digest(key, ascii(student).encode(), "sha256").hex()[:16]
