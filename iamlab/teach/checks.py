"""Four kinds of exercise: the answer is a list of verdicts, a request, a set or a changed world.

Each kind reads an answer, stores it, checks it by running the engine, and computes a right answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.world_diff.world_edits import shortened
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.teach.edits import apply_edits, in_words
from iamlab.teach.exercises import Cell, Exercise, KnownWrong, Question
from iamlab.teach.marks import Mark
from iamlab.teach.mutants import mutants_met
from iamlab.teach.recognition import evidence
from iamlab.widgets.controls import reason
from iamlab.widgets.prediction import COARSE, FINE, verdict_word
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.teach.edits import Edit, Editor


@dataclass(frozen=True, kw_only=True)
class Predict(Exercise):
    """P: the verdict of each request.

    Parameters
    ----------
    fine
        Whether the verdicts distinguish explicit and implicit deny.
    """

    questions: tuple[Question, ...]
    fine: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The verdicts to choose from."""
        return FINE if self.fine else COARSE

    def read(self, answer: Any, world: World) -> list[str]:  # noqa: ARG002 - the same for all kinds
        """Return the verdict words of an answer."""
        if not isinstance(answer, list | tuple) or len(answer) != len(self.questions):
            message = f"Exercise {self.number} needs a list of {len(self.questions)} verdicts."
            raise ExerciseError(message)
        return [self._word(item) for item in answer]

    def _word(self, item: Any) -> str:
        word = verdict_word(item)
        if not self.fine and word in ("explicit deny", "implicit deny"):
            word = "denied"
        if word not in self.options:
            message = f"{item!r} isn't a verdict here. Write {' or '.join(self.options)}."
            raise ExerciseError(message)
        return word

    def data(self, answer: Any, world: World) -> list[str]:
        """Return the verdict words."""
        return self.read(answer, world)

    def right_answer(self, world: World) -> list[str]:
        """Return the engine's verdicts."""
        return [self._word(str(question.ask(world).verdict)) for question in self.questions]

    def evidence(self, answer: Any, world: World) -> dict[str, list[int]]:
        """Count for each wrong belief the requests that test it, and the answers that fit it."""
        found: dict[str, list[int]] = {}
        for question, word in zip(self.questions, self.read(answer, world), strict=True):
            for name, fits_belief in evidence(question.ask(world), word, world).items():
                tested, fitting = found.get(name, [0, 0])
                found[name] = [tested + 1, fitting + fits_belief]
        return found

    def recognise(self, answer: Any, world: World) -> KnownWrong | None:
        """Return the belief that leads to exactly this answer."""
        words, decisions = self.read(answer, world), [q.ask(world) for q in self.questions]
        for mutant in mutants_met(self.number.partition(".")[0].zfill(2)):
            believed = [self._word(str(mutant.verdict(own, world))) for own in decisions]
            if believed == words:
                hint = f"You answered as if {mutant.claim}. {mutant.truth}"
                return KnownWrong(lambda _: words, mutant.belief, hint)
        return None

    def _mark(self, answer: list[str], world: World) -> Mark:
        right = self.right_answer(world)
        good = sum(word == expected for word, expected in zip(answer, right, strict=True))
        if good == len(right):
            return Mark(correct=True, true_part=self.why)
        place = next(i for i, word in enumerate(answer) if word != right[i])
        decision = self.questions[place].ask(world)
        return Mark(
            correct=False,
            true_part=counted(good, len(right), "right"),
            counterexample=(
                f"Look at {self.questions[place]}. You answered {answer[place]}; "
                f"AWS decides {decision.verdict.symbol} {decision.verdict}. {_because(decision)}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Return each request with its verdict."""
        pairs = zip(self.questions, answer, strict=True)
        return "\n".join(f"{question}: {word}" for question, word in pairs)


def counted(good: int, total: int, participle: str) -> str:
    """Return a sentence that counts what is right."""
    return f"{good} of {total} {'is' if good == 1 else 'are'} {participle}." if good else ""


def applying(decision: Decision) -> str:
    """Return a sentence with the statements that match a request."""
    names = [
        f"{match.statement.label} ({match.effect})"
        for match in decision.trace.matches
        if match.applies
    ]
    return f"These match your request: {', '.join(names) or 'no statement'}."


def _edits(number: int) -> str:
    return "1 edit" if number == 1 else f"{number} edits"


def _because(decision: Decision) -> str:
    """Return a sentence with the statement that nearly matches, or with the reason."""
    return decision.nearest_miss or reason(decision)


def request_lines(parts: Sequence[str]) -> str:
    """Return the caller, the action and the resource of a request, each in a line."""
    names = zip(("Caller", "Action", "Resource"), parts, strict=True)
    return "\n".join(f"{name}: {part}" for name, part in names)


@dataclass(frozen=True, kw_only=True)
class Witness(Exercise):
    """X: one request that has a property.

    Parameters
    ----------
    has
        A function: does a decision have the property?
    wanted
        The property in words, to continue "The request must be ...".
    callers, actions, resources
        The choices on a card. An answer can use others.
    """

    has: Callable[[Decision], bool]
    wanted: str
    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def read(self, answer: Any, world: World) -> Question:  # noqa: ARG002 - the same for all kinds
        """Return the question from (caller, action, resource)."""
        if isinstance(answer, Question):
            return answer
        if not isinstance(answer, list | tuple) or len(answer) != 3:
            message = f"Exercise {self.number} needs (caller, action, resource)."
            raise ExerciseError(message)
        return Question(*(getattr(part, "name", str(part)) for part in answer))

    def data(self, answer: Any, world: World) -> list[str]:
        """Return caller, action and resource."""
        question = self.read(answer, world)
        return [question.caller, question.action, question.resource]

    def right_answer(self, world: World) -> list[str]:
        """Search all requests that the card offers."""
        for caller in self.callers:
            for action in self.actions:
                for resource in self.resources:
                    if self.has(Question(caller, action, resource).ask(world)):
                        return [caller, action, resource]
        message = f"No request of exercise {self.number} has the property."
        raise ExerciseError(message)

    def _mark(self, answer: Question, world: World) -> Mark:
        decision = answer.ask(world)
        if self.has(decision):
            return Mark(correct=True, true_part=f"{answer} is {decision}. {self.why}")
        return Mark(
            correct=False,
            true_part=applying(decision),
            counterexample=(
                f"The request must be {self.wanted}, but it is {decision.verdict.symbol} "
                f"{decision.verdict}. {_because(decision)}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Return caller, action and resource, each in a line."""
        return request_lines(answer)


FEW = 12
"""So many names are explained in the worked steps."""


@dataclass(frozen=True, kw_only=True)
class Collect(Exercise):
    """C: a set of names.

    Parameters
    ----------
    candidates, truth
        Functions of the world: the names to choose from, and the right set.
    about
        A function that explains why a name is in the set, or not.
    """

    candidates: Callable[[World], list[str]]
    truth: Callable[[World], set[str]]
    about: Callable[[World, str], str]

    def read(self, answer: Any, world: World) -> set[str]:
        """Return the set of names."""
        if not isinstance(answer, set | frozenset | list | tuple):
            message = f"Exercise {self.number} needs a set of names, such as {{'a', 'b'}}."
            raise ExerciseError(message)
        chosen = {str(item) for item in answer}
        for name in sorted(chosen - set(self.candidates(world))):
            error = ExerciseError(f"{name!r} isn't one of the choices.")
            raise noted(error, did_you_mean(name, self.candidates(world)))
        return chosen

    def data(self, answer: Any, world: World) -> list[str]:
        """Return the sorted names."""
        return sorted(self.read(answer, world))

    def right_answer(self, world: World) -> set[str]:
        """Return the right set in this world."""
        return self.truth(world)

    def _mark(self, answer: set[str], world: World) -> Mark:
        right = self.truth(world)
        if answer == right:
            return Mark(correct=True, true_part=self.why)
        good = len(answer & right)
        extra, missing = sorted(answer - right), sorted(right - answer)
        first = (extra or missing)[0]
        word = "doesn't belong to the set" if extra else "is missing"
        return Mark(
            correct=False,
            true_part=counted(good, len(right), "found"),
            counterexample=f"{first} {word}: {self.about(world, first)}",
            worked=tuple(f"{name}: {self.about(world, name)}" for name in [*extra, *missing][:FEW]),
        )

    def shown(self, answer: Any) -> str:
        """Return the names that are ticked."""
        return f"Ticked: {', '.join(sorted(answer)) or 'nothing'}"


@dataclass(frozen=True, kw_only=True)
class Repair(Exercise):
    """R: a changed world that reaches a target with few edits.

    Parameters
    ----------
    target
        The matrix to reach.
    most
        The largest number of edits. A move counts as two: leave and join. ``None``: any number.
    editor
        What the card can change.
    """

    target: tuple[Cell, ...]
    most: int | None = None
    editor: Editor

    def read(self, answer: Any, world: World) -> World:
        """Return the changed world of an answer, which can also be a list of edits."""
        if isinstance(answer, World):
            missing = {account for account in world.accounts if account not in answer.accounts}
            if missing or any(
                user not in answer.accounts[key].users
                for key, account in world.accounts.items()
                for user in account.users
            ):
                raise ExerciseError(f"Begin with world = start({self.number!r}), then change it.")
            return answer
        if not isinstance(answer, list | tuple):
            message = (
                f"Exercise {self.number} needs a changed world: world = start({self.number!r}), "
                f"change it, then check({self.number!r}, world)."
            )
            raise ExerciseError(message)
        changed = world.copy()
        apply_edits(changed, answer)
        return changed

    def data(self, answer: Any, world: World) -> list[str]:
        """Return the edits, one sentence each."""
        return list(world.diff(self.read(answer, world)))

    def submitted(self, answer: Any, world: World) -> Any:
        """Return the edits as data; for a world changed by hand, their sentences."""
        return self.data(answer, world) if isinstance(answer, World) else list(answer)

    def right_answer(self, world: World) -> list[Edit]:
        """Search for edits that reach the target."""
        for edits in self.editor.search(world, self.target):
            if self._mark(self.read(edits, world), world).correct:
                return edits
        message = f"No edit that exercise {self.number} offers reaches the target."
        raise ExerciseError(message)

    def _mark(self, answer: World, world: World) -> Mark:
        wrong = [
            (cell, decision)
            for cell in self.target
            for decision in [cell.question.ask(answer)]
            if bool(decision) is not cell.allowed
        ]
        good, edits = len(self.target) - len(wrong), _edits(self.editor.count(world, answer))
        count = f"{good} of {len(self.target)} requests are as wanted, with {edits}."
        if wrong:
            cell, decision = wrong[0]
            expected = "allowed" if cell.allowed else "denied"
            return Mark(
                correct=False,
                true_part=count,
                counterexample=(
                    f"{cell.question} must be {expected}, but it is {decision.verdict.symbol} "
                    f"{decision.verdict}. {_because(decision)}"
                ),
                decision=decision,
            )
        if fault := self._fault(answer, world):
            worked = "\n".join(("What you changed:", *map(shortened, world.diff(answer))))
            text = f"You reached the target, but {fault}."
            return Mark(correct=False, true_part=count, counterexample=text, worked=(worked,))
        return Mark(correct=True, true_part=f"{count} {self.why}")

    def _fault(self, answer: World, world: World) -> str:
        """Return what is wrong with an answer that reaches the target; empty if nothing is."""
        for edit in world.diff(answer):
            if self.editor.about not in edit:
                return f"not as the task asks: {edit}"
        if self.most is not None and self.editor.count(world, answer) > self.most:
            return f"{_edits(self.most)} would be enough"
        return ""

    def shown(self, answer: Any) -> str:
        """Return the edits in words."""
        if not all(isinstance(edit, list | tuple) for edit in answer):
            return "\n".join(map(str, answer))  # sentences, for a world changed by hand
        return "\n".join(in_words(answer)) or "No change"
