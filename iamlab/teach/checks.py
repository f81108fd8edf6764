"""The kinds of exercise, by what the learner gives: verdicts, a request, a set, a changed world.

Each kind says how its answers are read, kept, and checked by running the engine, and computes a
right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError, did_you_mean
from iamlab.lab.world import World
from iamlab.teach.edits import apply_edits, as_calls
from iamlab.teach.exercises import Exercise, KnownWrong, Question
from iamlab.teach.marks import COARSE, FINE, Mark
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.recognition import evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.teach.edits import Edit


@dataclass(frozen=True, kw_only=True)
class Predict(Exercise):
    """P: the verdict of each request.

    Parameters
    ----------
    fine
        Whether the two kinds of denial are told apart.
    """

    questions: tuple[Question, ...]
    fine: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The verdicts to choose from."""
        return FINE if self.fine else COARSE

    def read(self, answer: Any, world: World) -> list[str]:  # noqa: ARG002 - the same for all kinds
        """Read a list of verdict words."""
        if not isinstance(answer, list | tuple) or len(answer) != len(self.questions):
            message = f"Exercise {self.number} wants a list of {len(self.questions)} verdicts."
            raise ExerciseError(message)
        return [self._word(item) for item in answer]

    def _word(self, item: Any) -> str:
        word = str(item).replace("_", " ").lower()
        word = {"explicitdeny": "explicit deny", "implicitdeny": "implicit deny"}.get(word, word)
        if not self.fine and word in ("explicit deny", "implicit deny"):
            word = "denied"
        if word not in self.options:
            message = f"{item!r} is no verdict here: write {' or '.join(self.options)}."
            raise ExerciseError(message)
        return word

    def data(self, answer: Any, world: World) -> list[str]:
        """Give the words."""
        return self.read(answer, world)

    def right_answer(self, world: World) -> list[str]:
        """Ask the engine."""
        return [self._word(str(question.ask(world).verdict)) for question in self.questions]

    def evidence(self, answer: Any, world: World) -> dict[str, list[int]]:
        """Count for each wrong belief the requests that could tell, and those that fit it."""
        found: dict[str, list[int]] = {}
        for question, word in zip(self.questions, self.read(answer, world), strict=True):
            for name, as_if in evidence(question.ask(world), word).items():
                asked, held = found.get(name, [0, 0])
                found[name] = [asked + 1, held + as_if]
        return found

    def recognise(self, answer: Any, world: World) -> KnownWrong | None:
        """Find the belief by which somebody would give just this answer."""
        given, decisions = self.read(answer, world), [q.ask(world) for q in self.questions]
        for mutant in MUTANTS.values():
            if [self._word(str(mutant.verdict(one))) for one in decisions] == given:
                hint = f"You answered as if {mutant.says} ({mutant.name}). {mutant.truth}"
                return KnownWrong(lambda _: given, mutant.belief, hint)
        return None

    def _mark(self, answer: list[str], world: World) -> Mark:
        right = self.right_answer(world)
        good = sum(given == wanted for given, wanted in zip(answer, right, strict=True))
        if good == len(right):
            return Mark(correct=True, true_part=self.why)
        place = next(i for i, given in enumerate(answer) if given != right[i])
        decision = self.questions[place].ask(world)
        return Mark(
            correct=False,
            true_part=_count(good, len(right), "right"),
            counterexample=(
                f"Look at {self.questions[place]}: you say {answer[place]}, "
                f"AWS says {decision.verdict.symbol} {decision.verdict}. {_because(decision)}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Write the list."""
        return repr(list(answer))


def _count(good: int, of: int, what: str) -> str:
    """Say what is right so far."""
    return f"{good} of {of} {'is' if good == 1 else 'are'} {what}." if good else ""


def _edits(number: int) -> str:
    return "1 edit" if number == 1 else f"{number} edits"


def _because(decision: Decision) -> str:
    """Say what decided, or what came nearest."""
    return decision.nearest_miss or f"It is decided by {_names(decision)}."


def _names(decision: Decision) -> str:
    return ", ".join(map(str, decision.determining)) or "the default: nothing allows it"


@dataclass(frozen=True, kw_only=True)
class Witness(Exercise):
    """X: one request that has a property.

    Parameters
    ----------
    has
        Whether a decision has it.
    wanted
        The property in words, after "The request must be ...".
    callers, actions, resources
        What a card offers; an answer may go beyond.
    """

    has: Callable[[Decision], bool]
    wanted: str
    callers: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def read(self, answer: Any, world: World) -> Question:  # noqa: ARG002 - the same for all kinds
        """Read caller, action, resource."""
        if isinstance(answer, Question):
            return answer
        if not isinstance(answer, list | tuple) or len(answer) != 3:
            message = f"Exercise {self.number} wants (caller, action, resource)."
            raise ExerciseError(message)
        return Question(*(getattr(part, "name", str(part)) for part in answer))

    def data(self, answer: Any, world: World) -> list[str]:
        """Give the three parts."""
        question = self.read(answer, world)
        return [question.caller, question.action, question.resource]

    def right_answer(self, world: World) -> list[str]:
        """Search all that the card offers."""
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
            true_part="",
            counterexample=(
                f"It must be {self.wanted}, and it is {decision.verdict.symbol} "
                f"{decision.verdict}. {_because(decision)}"
            ),
            decision=decision,
        )

    def shown(self, answer: Any) -> str:
        """Write the three parts."""
        return repr(tuple(answer))


@dataclass(frozen=True, kw_only=True)
class Collect(Exercise):
    """C: a set of names.

    Parameters
    ----------
    candidates, truth
        What may be chosen, and what is right, computed in the world.
    about
        Says how one element comes to be in the set, or not.
    """

    candidates: Callable[[World], list[str]]
    truth: Callable[[World], set[str]]
    about: Callable[[World, str], str]

    def read(self, answer: Any, world: World) -> set[str]:
        """Read a set of names."""
        if not isinstance(answer, set | frozenset | list | tuple):
            message = f"Exercise {self.number} wants a set of names, such as {{'a', 'b'}}."
            raise ExerciseError(message)
        chosen = {str(item) for item in answer}
        for name in sorted(chosen - set(self.candidates(world))):
            error = ExerciseError(f"There is nothing called {name!r} to choose here.")
            error.add_note(did_you_mean(name, self.candidates(world)))
            raise error
        return chosen

    def data(self, answer: Any, world: World) -> list[str]:
        """Give the names in order."""
        return sorted(self.read(answer, world))

    def right_answer(self, world: World) -> set[str]:
        """Ask the world."""
        return self.truth(world)

    def _mark(self, answer: set[str], world: World) -> Mark:
        right = self.truth(world)
        if answer == right:
            return Mark(correct=True, true_part=self.why)
        good = len(answer & right)
        extra, missing = sorted(answer - right), sorted(right - answer)
        first = (extra or missing)[0]
        word = "does not belong to it" if extra else "is missing"
        return Mark(
            correct=False,
            true_part=_count(good, len(right), "found"),
            counterexample=f"{first} {word}: {self.about(world, first)}",
        )

    def shown(self, answer: Any) -> str:
        """Write the set."""
        return "{" + ", ".join(repr(name) for name in sorted(answer)) + "}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a target matrix: a question, and whether it shall be allowed."""

    question: Question
    allowed: bool


@dataclass(frozen=True, kw_only=True)
class Repair(Exercise):
    """R: a changed world that reaches a target, with few edits.

    Parameters
    ----------
    target
        The matrix to reach.
    most
        How many edits are allowed; a move is two, one out and one in. ``None``: any number.
    editor
        What a card offers to change: ``"memberships"``, ``"versions"`` or ``"statements"``.
    kinds
        What an edit may be about: words that its sentence holds.
    search
        Yields lists of edits that could be the answer, the shortest first.
    count
        How many edits lead from one world to another. Default: the sentences of ``World.diff``.
    """

    target: tuple[Cell, ...]
    most: int | None
    editor: str
    kinds: tuple[str, ...]
    search: Callable[[World], Iterator[list[Edit]]]
    count: Callable[[World, World], int] = lambda before, after: len(after.diff(before))

    def read(self, answer: Any, world: World) -> World:
        """Read a changed world, or a list of edits."""
        if isinstance(answer, World):
            missing = {account for account in world.accounts if account not in answer.accounts}
            if missing or any(
                user not in answer.accounts[key].users
                for key, account in world.accounts.items()
                for user in account.users
            ):
                raise ExerciseError(f"Begin with world = start({self.number!r}), and change that.")
            return answer
        if not isinstance(answer, list | tuple):
            message = (
                f"Exercise {self.number} wants a changed world: world = start({self.number!r}), "
                f"change it, check({self.number!r}, world)."
            )
            raise ExerciseError(message)
        changed = world.copy()
        apply_edits(changed, answer)
        return changed

    def data(self, answer: Any, world: World) -> list[str]:
        """Give the edits, one sentence each."""
        return list(self.read(answer, world).diff(world))

    def given(self, answer: Any, world: World) -> Any:
        """Give the edits themselves; of a world that was changed by hand, the sentences."""
        return self.data(answer, world) if isinstance(answer, World) else list(answer)

    def right_answer(self, world: World) -> list[Edit]:
        """Search the edits that reach the target."""
        for edits in self.search(world):
            if self._mark(self.read(edits, world), world).correct:
                return edits
        message = f"No edit that exercise {self.number} offers reaches the target."
        raise ExerciseError(message)

    def _mark(self, answer: World, world: World) -> Mark:
        edits = answer.diff(world)
        made = self.count(world, answer)
        wrong = [
            (cell, decision)
            for cell in self.target
            for decision in [cell.question.ask(answer)]
            if bool(decision) is not cell.allowed
        ]
        good = len(self.target) - len(wrong)
        said = f"{good} of {len(self.target)} cells of the target hold, with {_edits(made)}."
        if wrong:
            cell, decision = wrong[0]
            shall = "allowed" if cell.allowed else "denied"
            return Mark(
                correct=False,
                true_part=said,
                counterexample=(
                    f"{cell.question} shall be {shall}, and is {decision.verdict.symbol} "
                    f"{decision.verdict}. {_because(decision)}"
                ),
                decision=decision,
            )
        other = [edit for edit in edits if not any(kind in edit for kind in self.kinds)]
        if other:
            return Mark(
                correct=False,
                true_part=said,
                counterexample=f"The target is reached, but not as the task asks: {other[0]}.",
            )
        if self.most is not None and made > self.most:
            return Mark(
                correct=False,
                true_part=said,
                counterexample=f"The target is reached, but {_edits(self.most)} would be enough.",
            )
        return Mark(correct=True, true_part=f"{said} {self.why}")

    def shown(self, answer: Any) -> str:
        """Write the calls that make the edits."""
        if not all(isinstance(edit, list | tuple) for edit in answer):
            return "\n".join(map(str, answer))  # sentences, of a world that was changed by hand
        return "\n".join(as_calls(answer)) or "(no change)"
