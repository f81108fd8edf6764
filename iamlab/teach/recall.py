"""Remembering: ``warm_up``, ``again``, ``drill`` and ``review`` ask what you learned earlier.

The items are always new scenarios. What is due comes from your answers in the progress file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.items import TEMPLATES
from iamlab.teach.lesson import lesson_of
from iamlab.teach.schedule import History
from iamlab.teach.source_lines import find_named
from iamlab.teach.tables import find
from iamlab.teach.worlds import merged

if TYPE_CHECKING:
    from iamlab.teach.cards import ExerciseCard
    from iamlab.teach.practice import Practice

CONTROLS = 1 / 3
"""How many items of a drill are controls, on average."""
FINE_FROM = 3
"""From which lesson on learners know the difference between explicit and implicit deny."""


def warm_up(lesson: str = "", *, items: int = 0) -> Practice:
    """Ask about topics of earlier lessons: what is due, then by the number of lessons ago.

    Parameters
    ----------
    lesson
        The lesson that begins: ``"02"``. Default: the one of the notebook.
    items
        How many items. Default: two, in lesson 01 one.

    Returns
    -------
    Practice
        The card. In Python, ``answer(verdict, decided)`` answers one item after the other.

    Raises
    ------
    ExerciseError
        There is no earlier lesson.

    Examples
    --------
    >>> practice = warm_up("02")
    >>> [item.belief for item in practice.items]
    ['M03', 'M25']
    """
    from iamlab.teach.practice import Practice

    lesson = (lesson or journal.notebook()).partition("_")[0]
    name, history = f"warm-up {lesson}", History()
    topics = history.topics_before(lesson)
    if not topics:
        raise ExerciseError(f"There is no lesson before lesson {lesson}.")
    own = history.items(name, topics, items or (1 if lesson == "01" else 2))
    fine = not (lesson.isdecimal() and int(lesson) < FINE_FROM)
    return Practice(name, "Warm-up", own, fine=fine)


def drill(belief: str, n: int = 8) -> Practice:
    """Practise one belief with several items; in about a third of them the belief is right.

    A drill that you interrupted goes on; after a finished one, the next call has other items.

    Parameters
    ----------
    belief
        Its id: ``"M18"``.
    n
        How many items.

    Raises
    ------
    ExerciseError
        There are no items about this belief.
    """
    from iamlab.teach.practice import Practice

    find_named("drill for", belief, TEMPLATES)
    if n < 1:
        raise ExerciseError("Ask for at least one item.")
    name, history = f"drill {belief}", History()
    answered = history.answered(name)
    begun = answered[len(answered) // n * n :]  # a finished drill is over: the next one begins
    places = range(len(answered), len(answered) + n - len(begun))
    items = begun + [history.new(name, place, belief, CONTROLS) for place in places]
    return Practice(name, f"Drill {belief}", items)


def review(minutes: float = 10) -> Practice:
    """Ask about all topics that are due, the weakest first, for ten minutes.

    Parameters
    ----------
    minutes
        After how many minutes no new item is shown.
    """
    from iamlab.teach.practice import Practice

    history = History()
    items = history.items("review", history.is_due())
    return Practice("review", "Review", items, minutes=minutes)


def again(number: str) -> ExerciseCard:
    """Show an exercise in a new world: other people and buckets, and requests in another order.

    An exercise is mastered when your first answer was right in three new worlds.

    Parameters
    ----------
    number
        The exercise: ``"3.4"``.

    Raises
    ------
    ExerciseError
        There is no such exercise, or it doesn't vary.
    """
    from iamlab.teach.cards import ExerciseCard

    lesson, task = lesson_of(number), find(number)
    _, _, world_name = task.world_name.partition("/")
    tables = [lesson.exercises[number], merged(lesson.worlds, world_name)]
    if lesson.named(tables, -1) == lesson.named(tables):
        message = f"Exercise {number} is the same in each world: it has no names that vary."
        raise ExerciseError(message)
    return ExerciseCard(find(number, History().next_seed(number)))
