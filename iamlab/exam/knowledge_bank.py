"""The knowledge bank: questions about what no engine decides, such as quotas, names and features.

The 88 points are what exams ask about IAM and STS; ``iamlab/teach/knowledge.toml`` lists them, and
each lesson says which of them it teaches. The TOML file beside this module has at least two
questions about each point, with the AWS page that answers them and the day on which the questions
were compared with AWS's pages.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.exam.items import CHOICE, SEVERAL, Item, Option, Quiz
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.source_lines import find_named

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVELS = ("foundational", "associate", "specialty")


@cache
def bank() -> list[dict[str, Any]]:
    """Return the questions as tables; each has the first lesson that teaches its point."""
    lessons = reversed(own_lessons().values())
    homes = {point: own.number for own in lessons for point in own.knowledge}
    return [{**own, "lesson": homes[own["point"]]} for own in tables(__file__)["items"]]


def knowledge(
    questions: int = 10, *, points: Iterable[str] = (), level: str = "", seed: object = 0
) -> Quiz:
    """Ask about points of knowledge, in an order by the seed, each question once.

    Parameters
    ----------
    questions
        How many. There are fewer if fewer fit.
    points
        The numbers of the points; default: all. ``lesson.knowledge`` has those of a lesson.
    level
        ``"foundational"``, ``"associate"`` or ``"specialty"``; default: all.
    seed
        The same seed asks the same, with the options in the same order.

    Raises
    ------
    ExerciseError
        The level or a point doesn't exist, or ``questions`` isn't a positive number.

    Examples
    --------
    >>> [item.tags["point"] for item in knowledge(points=["7"])]
    ['7', '7']
    """
    items, wanted = bank(), list(points)
    known = {own["point"]: own for own in items}
    if questions < 1:
        raise ExerciseError(f"Ask at least one question, not {questions}.")
    for point in wanted:
        find_named("point of knowledge", point, known)
    find_named("level", level or LEVELS[0], dict.fromkeys(LEVELS))
    fitting = [
        place
        for place, own in enumerate(items)
        if own["point"] in (wanted or known) and level in ("", own["level"])
    ]
    drawn = Random(f"{seed} knowledge").sample(fitting, min(questions, len(fitting)))
    return Quiz(bank_item(place, seed) for place in drawn)


def bank_item(place: int, seed: object) -> Item:
    """Return the item at a place of the bank, with its options in an order by the seed."""
    table, draw = bank()[place], Random(f"{seed} {place}")
    options = [Option(text) for text in table["right"]]
    options += [Option(text, tuple(fits), why) for text, why, *fits in table["wrong"]]
    order = draw.sample(range(len(options)), len(options))
    return Item(
        question=" ".join(table["question"].split()),
        options=tuple(options[place] for place in order),
        key=tuple(sorted(order.index(place) for place in range(len(table["right"])))),
        form=CHOICE if len(table["right"]) == 1 else SEVERAL,
        rationale=(table["why"], f"AWS page: {table['page']}, {table['url']}"),
        tags={"kind": "knowledge", **{key: table[key] for key in ("point", "level", "lesson")}},
    )
