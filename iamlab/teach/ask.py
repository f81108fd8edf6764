"""The verbs of an exercise that need no widget: ``start``, ``check``, ``hint``, ``solution``.

What a card does, these do too, so that everybody has the same exercises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.teach import journal
from iamlab.teach.exercises import find
from iamlab.teach.marks import Feedback, feedback

if TYPE_CHECKING:
    from types import EllipsisType

    from iamlab.teach.exercises import Exercise
    from iamlab.world.world import World


def start(number: str) -> World:
    """Give the world in which an exercise begins; change it, then ``check`` it."""
    return find(number).world()


def check(
    number: str,
    answer: Any | EllipsisType | None = None,
    *,
    confidence: str | None = None,
    record: bool = True,
) -> Feedback:
    """Check an answer by running the engine, and say what it shows.

    Parameters
    ----------
    number
        The exercise: ``"3.1"``.
    answer
        Verdicts, a request, a set of names, or a changed world, as the exercise asks. Without one
        (or with ``...``) it says so, and raises nothing.
    confidence
        How sure you are: ``"a guess"``, ``"fairly sure"`` or ``"certain"``.
    record
        Whether to keep the attempt in the progress file.

    Raises
    ------
    ExerciseError
        Unknown exercise, or an answer of the wrong kind.
    """
    task = find(number)
    if answer is None or answer is ...:
        return Feedback(None, (f"Exercise {number} is not answered yet. {task.prompt}",))
    mark = task.mark(answer)
    failures = sum(not r.get("correct") for r in journal.of_exercise(number, "attempt"))
    if record:
        _record(task, "attempt", answer=task.data(answer, task.world()), correct=mark.correct,
                belief=mark.belief, confidence=confidence or "")  # fmt: skip
    return feedback(mark, failures + (not mark.correct))


def hint(number: str) -> Feedback:
    """Give the next of three hints: a nudge, a counterexample, worked steps.

    The nudge is chosen by the last wrong answer, if that is one that a known belief leads to.
    """
    task = find(number)
    attempts = journal.of_exercise(number, "attempt")
    last = attempts[-1] if attempts and not attempts[-1].get("correct") else None
    used = len(journal.of_exercise(number, "hint"))
    _record(task, "hint", step=min(used, 2) + 1)
    steps = (_nudge, _counterexample, _worked)
    return Feedback(None, (f"Hint {min(used, 2) + 1} of 3.", *steps[min(used, 2)](task, last)))


def _nudge(task: Exercise, last: dict[str, Any] | None) -> tuple[str, ...]:
    recognised = _recognised(task, last)
    return (recognised.hint if recognised else task.nudge,)


def _counterexample(task: Exercise, last: dict[str, Any] | None) -> tuple[str, ...]:
    wrong = _recognised(task, last) or task.known_wrong[0]
    answer = wrong.answer(task.world())
    mark = task.mark(answer)
    return (f"Suppose somebody answers\n{task.shown(answer)}", mark.counterexample)


def _worked(task: Exercise, _: dict[str, Any] | None) -> tuple[str, ...]:
    mark = task.mark(task.known_wrong[0].answer(task.world()))
    if mark.decision is None:
        return (task.nudge, mark.counterexample, task.why)
    return (mark.decision.explain(), task.why)


def _recognised(task: Exercise, last: dict[str, Any] | None) -> Any:
    """Find the known wrong answer that the last attempt was."""
    if last is None:
        return None
    world = task.world()
    for wrong in task.known_wrong:
        if task.data(wrong.answer(world.copy()), world) == last.get("answer"):
            return wrong
    return None


def solution(number: str, *, give_up: bool = False) -> Feedback:
    """Show a right answer, computed now: after one attempt, or if you give up.

    Parameters
    ----------
    give_up
        See it without an attempt of your own; it is noted as such.
    """
    task = find(number)
    if not give_up and not journal.of_exercise(number, "attempt"):
        return Feedback(
            None,
            (
                (
                    "Try it once yourself first; any answer will do. "
                    f"Or give up on this one: solution({number!r}, give_up=True)."
                ),
            ),
        )
    _record(task, "solution", give_up=give_up)
    return Feedback(None, (f"A right answer:\n{task.shown(task.solution_answer())}", task.why))


def _record(task: Exercise, kind: str, **facts: Any) -> None:
    hints = len(journal.of_exercise(task.number, "hint"))
    journal.add(
        {"exercise": task.number, "kind": kind, "seed": task.seed, "hints_used": hints, **facts}
    )
