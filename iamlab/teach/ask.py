"""What a card does, without the card: ``check``, ``hint`` and ``solution``, and keep a prediction.

These functions do the same as the buttons, so that you can also solve each exercise in Python.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import addresses
from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.exercises import Feedback, feedback
from iamlab.teach.explain import NO_STATEMENT
from iamlab.teach.lesson import SEED
from iamlab.teach.recognition import evidence
from iamlab.teach.tables import find
from iamlab.widgets.prediction import HAPPENED, Prediction, confidence_word

if TYPE_CHECKING:
    from types import EllipsisType

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.world.world import World


SOLVED = "You have solved this exercise."
ANSWER_FIRST = "This is an exit ticket. Please answer first; after that you can get help."


def start(number: str, *, seed: int = SEED) -> World:
    """Return the world in which an exercise begins; change it, then ``check`` it.

    Examples
    --------
    >>> world = start("2.3")
    >>> sorted(world.main.users)
    ['alice', 'bob']
    """
    return find(number, seed).world()


def check(
    number: str,
    answer: Any | EllipsisType | None = None,
    *,
    confidence: str | None = None,
    seconds: float | None = None,
    record: bool = True,
    seed: int = SEED,
) -> Feedback:
    """Check an answer by running the engine, and return the feedback.

    Parameters
    ----------
    number
        The exercise: ``"3.1"``.
    answer
        Verdicts, a request, a set of names, calls or a changed world, as the exercise asks. Without
        an answer (or with ``...``) the feedback repeats the task, and nothing is raised.
    confidence
        How sure you are: ``"a guess"``, ``"fairly sure"`` or ``"certain"``.
    seconds
        How long the answer took, for the progress file.
    record
        Whether to keep the attempt in the progress file.
    seed
        The seed of the exercise, if it isn't the usual one.

    Raises
    ------
    ExerciseError
        Unknown exercise, or an answer of the wrong kind.

    Examples
    --------
    >>> print(check("0.3", ["allowed"], record=False))
    ↻ Not yet.
    Look at alice: s3:DeleteObject on star-maps/m31.fits. You answered allowed; AWS ...
    """
    task = find(number, seed)
    if answer is None or answer is ...:
        return Feedback(None, (f"Exercise {number} is not answered yet. {task.prompt}",))
    confidence = confidence_word(confidence or "")
    mark = task.mark(answer)
    failures = sum(not r.get("correct") for r in journal.of_exercise(number, "attempt", seed))
    if record:
        world = task.world()
        facts = {"answer": task.data(answer, world), "given": task.submitted(answer, world)}
        facts |= {"correct": mark.correct, "belief": mark.belief, "confidence": confidence}
        facts |= {"evidence": task.evidence(answer, world), "seconds": seconds}
        _record(task, "attempt", **facts)
    return feedback(mark, failures + (not mark.correct))


def again(task: Exercise, attempts: list[dict[str, Any]]) -> Feedback:
    """Return the feedback on the last of these attempts once more."""
    failures = sum(not attempt.get("correct") for attempt in attempts)
    return feedback(task.mark(attempts[-1]["given"]), failures)


def hint(number: str, *, seed: int = SEED) -> Feedback:
    """Return the next of three hints: a nudge, a counterexample, worked steps.

    Before the first attempt there is only the nudge. Later, the hints are about your last answer.

    Examples
    --------
    >>> from contextlib import chdir
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, chdir(folder):
    ...     print(hint("2.1"))
    Hint 1 of 3.
    For each request, look for a Deny that matches, in any position. If you find no Deny, ...
    The next hint comes after your first answer. Any answer will do.
    """
    task = find(number, seed)
    attempts, hints = (journal.of_exercise(number, kind, seed) for kind in ("attempt", "hint"))
    if task.exit and not attempts:
        return Feedback(None, (ANSWER_FIRST,))
    if not attempts:
        if not hints:
            _record(task, "hint", step=0)
        later = "The next hint comes after your first answer. Any answer will do."
        return Feedback(None, ("Hint 1 of 3.", task.nudge, later))
    last = attempts[-1]
    if last.get("correct"):
        return Feedback(None, (SOLVED,))
    used = sum(record.get("step") != 0 for record in hints)
    step = min(used, 2)
    if used < 3:
        _record(task, "hint", step=step + 1)
    texts, decision = _help(task, last, step)
    return Feedback(None, (f"Hint {step + 1} of 3.", *texts), decision)


def _help(task: Exercise, last: dict[str, Any], step: int) -> tuple[tuple[str, ...], Any]:
    """Return a hint on the last attempt, and for the worked steps the decision."""
    if step == 0:
        known = task.known(last.get("given"), last.get("answer"), task.world())
        return (known.hint if known else task.nudge,), None
    try:
        lead, answer = "You answered:", last.get("given")
        mark = task.mark(answer)
    except ExerciseError:  # for a world changed by hand, only sentences are kept
        lead, answer = "A common wrong answer:", task.known_wrong[0].answer(task.world())
        mark = task.mark(answer)
    if step == 1:
        return (lead, task.shown(answer), mark.counterexample), None
    return (*mark.worked, task.why), mark.decision


def solution(number: str, *, give_up: bool = False, seed: int = SEED) -> Feedback:
    """Show a right answer, computed now, after one attempt or if you give up.

    Parameters
    ----------
    give_up
        Show it without an attempt. The progress file records that you gave up.
    seed
        The seed of the exercise, if it isn't the usual one.

    Examples
    --------
    >>> from contextlib import chdir
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, chdir(folder):
    ...     print(solution("2.1", give_up=True))
    A right answer:
    alice: s3:DeleteObjectTagging on star-maps/m31.fits: explicit deny
    alice: s3:PutObject on star-maps/drafts/readme.txt: explicit deny
    alice: s3:PutObject on star-maps/m31.fits: allowed
    bob: s3:GetObject on star-maps/m31.fits: implicit deny
    alice: iam:ListUsers on user/: implicit deny
    A Deny that matches decides, in any position and however broad it is.
    """
    task = find(number, seed)
    attempts = journal.of_exercise(number, "attempt", seed)
    if task.exit and not attempts:
        return Feedback(None, (ANSWER_FIRST,))
    if not give_up and not attempts:
        text = (
            "Try it once yourself first; any answer will do. To give up, press Solution again, "
            f"or call solution({number!r}, give_up=True)."
        )
        return Feedback(None, (text,))
    _record(task, "solution", give_up=give_up and not attempts)
    return Feedback(None, ("A right answer:", task.shown(task.solution_answer()), task.why))


def _record(task: Exercise, kind: str, **facts: Any) -> None:
    hints = len(journal.of_exercise(task.number, "hint", task.seed))
    own = {"exercise": task.number, "kind": kind, "seed": task.seed, "hints_used": hints}
    journal.add({**own, **facts})


# -- predictions ----------------------------------------------------------------------------


def keep(prediction: Prediction, world: World | None = None, **facts: Any) -> None:
    """Keep a prediction in the progress file, with further facts such as its item."""
    decision = prediction.decision
    request = decision.request
    question = [request.principal, request.action, request.resource]
    about = {"key": key_of(decision), "question": question, "verdict": decision.verdict.value}
    names = ("answer", "confidence", "seconds", "correct")
    answer = {name: getattr(prediction, name) for name in names}
    found = evidence(decision, prediction.answer, world)
    journal.add({"kind": "prediction", **about, **answer, "evidence": found, **facts})


def key_of(decision: Decision) -> str:
    """Return a key of a question: the same request in the same world has the same."""
    request = decision.request
    statements = [[own.address, str(own.statement)] for own in decision.trace.matches]
    facts = [request.principal, request.action, request.resource, statements]
    return sha256(json.dumps(facts).encode()).hexdigest()[:16]


def earlier(decision: Decision, key: str) -> tuple[Prediction | None, dict[str, Any]]:
    """Return the prediction of this question that is in the progress file, and what followed."""
    own = (record for record in reversed(journal.records()) if record.get("key") == key)
    first = {record.get("kind"): record for record in own}
    if "prediction" not in first:
        return None, {}
    found = first["prediction"]
    return Prediction(found["answer"], found["confidence"], decision), first.get("explanation", {})


def keep_explanation(key: str, happened: str, decided: str, *, correct: bool) -> None:
    """Keep what the learner chose under "What happened?" and "Which statement decided?"."""
    facts = {"happened": happened, "decided": decided, "correct": correct}
    journal.add({"kind": "explanation", "key": key, **facts})


def statements(decision: Decision) -> list[str]:
    """Return the addresses of all statements that could decide, and "no statement"."""
    return [*addresses(decision.trace.matches), NO_STATEMENT]


def reflect(decision: Decision, happened: str, decided: str) -> tuple[bool, str]:
    """Check the learner's explanation of a revealed decision, and return the feedback."""
    right = HAPPENED[decision.verdict]
    names = addresses(decision.determining) or [NO_STATEMENT]
    first = f"You chose: {happened} What happened: {right}"
    if happened == right:
        first = "Yes, that is what happened."
    other = "" if decided == NO_STATEMENT else f", not {decided}"
    second = f"{' and '.join(names)} decided it{other}."
    if decided in names:
        second = f"And {decided} decided it."
    elif names == [NO_STATEMENT]:
        second = "No statement decided it. An implicit deny is the default: it needs none."
    return happened == right and decided in names, f"{first} {second}"
