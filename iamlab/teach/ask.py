"""The verbs of an exercise that need no widget: ``start``, ``check``, ``hint``, ``solution``.

What a card does, these do too, so that everybody has the same exercises.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.exercises import find
from iamlab.teach.marks import Feedback, check_confidence, feedback

if TYPE_CHECKING:
    from types import EllipsisType

    from iamlab.lab.world import World
    from iamlab.teach.exercises import Exercise
    from iamlab.teach.marks import Mark


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
    check_confidence(confidence or "")
    mark = task.mark(answer)
    failures = sum(not r.get("correct") for r in journal.of_exercise(number, "attempt"))
    if record:
        world = task.world()
        _record(
            task,
            "attempt",
            answer=task.data(answer, world),
            given=task.given(answer, world),
            correct=mark.correct,
            belief=mark.belief,
            evidence=task.evidence(answer, world),
            confidence=confidence or "",
        )
    return feedback(mark, failures + (not mark.correct))


def hint(number: str) -> Feedback:
    """Give the next of three hints: a nudge, a counterexample, worked steps.

    They follow your last wrong answer, if there is one.
    """
    task = find(number)
    attempts = journal.of_exercise(number, "attempt")
    if task.exit and not attempts:
        return Feedback(None, ("This is an exit ticket: answer first, then there is help.",))
    last = attempts[-1] if attempts and not attempts[-1].get("correct") else None
    step = min(len(journal.of_exercise(number, "hint")), 2)
    if len(journal.of_exercise(number, "hint")) < 3:
        _record(task, "hint", step=step + 1)
    said = (_nudge, _counterexample, _worked)[step](task, last)
    return Feedback(None, (f"Hint {step + 1} of 3.", *said.paragraphs), said.decision)


def _nudge(task: Exercise, last: dict[str, Any] | None) -> Feedback:
    recognised = _recognised(task, last)
    return Feedback(None, (recognised.hint if recognised else task.nudge,))


def _counterexample(task: Exercise, last: dict[str, Any] | None) -> Feedback:
    answer, mark, own = _wrong(task, last)
    who = "You answered" if own else "Suppose somebody answers"
    return Feedback(None, (f"{who}\n{task.shown(answer)}", mark.counterexample))


def _worked(task: Exercise, last: dict[str, Any] | None) -> Feedback:
    _, mark, _ = _wrong(task, last)
    said = () if mark.decision is not None else (task.nudge, mark.counterexample)
    return Feedback(None, (*said, task.why), mark.decision)


def _wrong(task: Exercise, last: dict[str, Any] | None) -> tuple[Any, Mark, bool]:
    """Give a wrong answer, what the check says of it, and whether it was the learner's last."""
    if last is not None:
        with suppress(ExerciseError):  # of a world that was changed by hand only words are kept
            return last.get("given"), task.mark(last.get("given")), True
    answer = task.known_wrong[0].answer(task.world())
    return answer, task.mark(answer), False


def _recognised(task: Exercise, last: dict[str, Any] | None) -> Any:
    """Find the known wrong answer, or the belief, that the last attempt came from."""
    if last is None:
        return None
    world = task.world()
    for wrong in task.known_wrong:
        if task.data(wrong.answer(world.copy()), world) == last.get("answer"):
            return wrong
    return task.recognise(last.get("given"), world)


def solution(number: str, *, give_up: bool = False) -> Feedback:
    """Show a right answer, computed now: after one attempt, or if you give up.

    Parameters
    ----------
    give_up
        See it without an attempt of your own; it is noted as such.
    """
    task = find(number)
    attempts = journal.of_exercise(number, "attempt")
    if task.exit and not attempts:
        return Feedback(None, ("This is an exit ticket: answer first, then there is help.",))
    if not give_up and not attempts:
        text = (
            "Try it once yourself first; any answer will do. Or give up on this one: press "
            f"Solution again, or call solution({number!r}, give_up=True)."
        )
        return Feedback(None, (text,))
    _record(task, "solution", give_up=give_up and not attempts)
    return Feedback(None, (f"A right answer:\n{task.shown(task.solution_answer())}", task.why))


def _record(task: Exercise, kind: str, **facts: Any) -> None:
    hints = len(journal.of_exercise(task.number, "hint"))
    journal.add(
        {"exercise": task.number, "kind": kind, "seed": task.seed, "hints_used": hints, **facts}
    )
