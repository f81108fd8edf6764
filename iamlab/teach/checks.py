"""Four kinds of exercise: the answer is a list of verdicts, a request, a set or a changed world.

Each kind reads an answer, stores it, checks it by running the engine, and computes a right answer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.world_diff.world_edits import shortened
from iamlab.display import count
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.teach.callers import caller_of
from iamlab.teach.edits import apply_edits, in_words
from iamlab.teach.exercises import Cell, Choosing, Exercise, KnownWrong, Mark, Question
from iamlab.teach.mutants import mutants_met
from iamlab.teach.recognition import evidence
from iamlab.teach.scenarios import scenario
from iamlab.widgets.controls import reason
from iamlab.widgets.prediction import COARSE, FINE, verdict_word
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.teach.edits import Edit, Editor


@dataclass(frozen=True, kw_only=True)
class ForEach(Exercise):
    """An exercise with several requests; its answer has a word for each of them.

    Parameters
    ----------
    questions
        The requests.
    """

    questions: tuple[Question, ...]

    def decisions(self, world: World) -> list[Decision]:
        """Return the decision on each request."""
        return [question.ask(world) for question in self.questions]

    @abstractmethod
    def is_right(self, word: str, decision: Decision) -> bool:
        """Return whether a word is right for a decision."""

    @abstractmethod
    def contrast(self, word: str, decision: Decision) -> str:
        """Compare a wrong word with the decision, in sentences."""

    def _mark(self, answer: list[str], world: World) -> Mark:
        rows = list(zip(self.questions, answer, self.decisions(world), strict=True))
        wrong = [row for row in rows if not self.is_right(*row[1:])]
        if not wrong:
            return Mark(correct=True, true_part=self.why)
        question, word, decision = wrong[0]
        good = counted(len(rows) - len(wrong), len(rows), "right")
        text = f"Look at {question}. {self.contrast(word, decision)}"
        return Mark(correct=False, true_part=good, counterexample=text, decision=decision)

    def shown(self, answer: Any) -> str:
        """Return each request with its word."""
        pairs = zip(self.questions, answer, strict=True)
        return "\n".join(f"{question}: {word}" for question, word in pairs)


@dataclass(frozen=True, kw_only=True)
class Predict(ForEach):
    """P: the verdict of each request.

    Parameters
    ----------
    fine
        Whether the verdicts distinguish explicit and implicit deny.
    """

    fine: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The verdicts to choose from."""
        return FINE if self.fine else COARSE

    def read(self, answer: Any, world: World) -> list[str]:  # noqa: ARG002 - the same for all kinds
        """Return the verdict words of an answer."""
        size = len(self.questions)
        return [self._word(own) for own in self.items(answer, f"a list of {size} verdicts", size)]

    def _word(self, item: Any) -> str:
        word = verdict_word(item)
        if not self.fine and word in ("explicit deny", "implicit deny"):
            word = "denied"
        if word not in self.options:
            known = " or ".join(self.options)
            raise ExerciseError(f"{item!r} isn't a verdict here. Write {known}.")
        return word

    def right_answer(self, world: World) -> list[str]:
        """Return the engine's verdicts."""
        return [self._word(str(decision.verdict)) for decision in self.decisions(world)]

    def evidence(self, answer: Any, world: World) -> dict[str, list[int]]:
        """Count for each wrong belief the requests that test it, and the answers that fit it."""
        found: dict[str, list[int]] = {}
        for decision, word in zip(self.decisions(world), self.read(answer, world), strict=True):
            for name, fits_belief in evidence(decision, word, world).items():
                tested, fitting = found.get(name, [0, 0])
                found[name] = [tested + 1, fitting + fits_belief]
        return found

    def recognise(self, answer: Any, world: World) -> KnownWrong | None:
        """Return the belief that leads to exactly this answer."""
        words, decisions = self.read(answer, world), self.decisions(world)
        for mutant in mutants_met(self.number.partition(".")[0].zfill(2)):
            if [self._word(str(mutant.verdict(own, world))) for own in decisions] == words:
                hint = f"You answered as if {mutant.claim}. {mutant.truth}"
                return KnownWrong(lambda _: words, mutant.belief, hint)
        return None

    def is_right(self, word: str, decision: Decision) -> bool:
        """Return whether the verdict is the engine's."""
        return word == self._word(str(decision.verdict))

    def contrast(self, word: str, decision: Decision) -> str:
        """Compare the verdict with the engine's."""
        return f"You answered {word}; AWS decides {verdict_of(decision)}. {_because(decision)}"


def counted(good: int, total: int, participle: str) -> str:
    """Return a sentence that counts what is right."""
    return f"{good} of {total} {'is' if good == 1 else 'are'} {participle}." if good else ""


def applying(decision: Decision) -> str:
    """Return a sentence with the statements that match a request."""
    matches = decision.trace.matches
    names = dict.fromkeys(f"{own.address} ({own.effect})" for own in matches if own.applies)
    return f"These match your request: {', '.join(names) or 'no statement'}."


def verdict_of(decision: Decision) -> str:
    """Return the verdict with its symbol."""
    return f"{decision.verdict.symbol} {decision.verdict}"


def unlike(what: object, wanted: object, decision: Decision) -> str:
    """Compare what a request must be with the decision; ``True`` stands for allowed."""
    words: dict[object, object] = {True: "allowed", False: "denied"}
    return f"{what} must be {words.get(wanted, wanted)}, but it is {verdict_of(decision)}."


def _because(decision: Decision) -> str:
    """Return a sentence with the nearest statement, or with the reason."""
    return decision.nearest_miss or reason(decision)


def request_lines(parts: Sequence[str]) -> str:
    """Return the caller, the action and the resource of a request, each in a line."""
    names = zip(("Caller", "Action", "Resource"), parts, strict=True)
    return "\n".join(f"{name}: {part}" for name, part in names)


NO_REQUEST = "There is no such request: accept the change"


@dataclass(frozen=True, kw_only=True)
class Witness(Choosing):
    """X: one request that has a property.

    Parameters
    ----------
    has
        A function: does a decision have the property?
    wanted
        The property in words, to continue "The request must be ...".
    before
        The world before a change, in which the request must not have the property. Then the answer
        can also be that there is no such request: the change is accepted.
    purpose
        Functions that match the requests that the change is for.
    """

    has: Callable[[Decision], bool]
    wanted: str
    before: str = ""
    purpose: tuple[Callable[[Question], bool], ...] = ()
    unsolved = "No request of exercise {} has the property."

    def read(self, answer: Any, world: World) -> Question | None:  # noqa: ARG002 - as for all kinds
        """Return the question from (caller, action, resource); ``[]``: there is no such request."""
        if self.before and answer in ([], ()):
            return None
        return Question.read(self.items(answer, "(caller, action, resource)", 3))

    def data(self, answer: Any, world: World) -> list[str]:
        """Return caller, action and resource."""
        return question.parts if (question := self.read(answer, world)) else []

    def tries(self, world: World) -> Iterator[list[str]]:  # noqa: ARG002 - as for all kinds
        """Yield all requests that the card offers, and last that there is no such request."""
        yield from (question.parts for question in self.offered())
        if self.before:
            yield []

    def _mark(self, answer: Question | None, world: World) -> Mark:
        if answer is None:
            found = [own for own in self.offered() if not self._fault(own, world)]
            text = f"The change allows more than it is for: {count(len(found), 'request')} here."
            return Mark(not found, "" if found else self.why, text if found else "")
        decision, fault = answer.ask(world), self._fault(answer, world)
        if not fault:
            return Mark(correct=True, true_part=f"{answer} is {decision}. {self.why}")
        good = applying(decision)
        return Mark(correct=False, true_part=good, counterexample=fault, decision=decision)

    def _fault(self, question: Question, world: World) -> str:
        """Return why a request isn't the one that is looked for; empty if it is."""
        if not self.has(decision := question.ask(world)):
            return f"{unlike('The request', self.wanted, decision)} {_because(decision)}"
        if any(matches(question) for matches in self.purpose):
            return "The change is for this request."
        is_old = self.before and self.has(question.ask(scenario(self.before, seed=self.seed)))
        return "It was so before the change, too." if is_old else ""

    def shown(self, answer: Any) -> str:
        """Return caller, action and resource, each in a line."""
        return request_lines(answer) if answer else NO_REQUEST


FEW = 12
"""So many names are explained in the worked steps."""


Judged = Mapping[str, tuple[bool, str]]
"""Each name to choose from: whether it belongs to a set, and a sentence why."""


@dataclass(frozen=True, kw_only=True)
class Collect(Exercise):
    """C: a set of names.

    Parameters
    ----------
    collection
        A function of the world: the names to choose from.
    """

    collection: Callable[[World], Judged]

    def read(self, answer: Any, world: World) -> set[str]:
        """Return the set of names."""
        if not isinstance(answer, set | frozenset | list | tuple):
            raise self.needs("a set of names, such as {'a', 'b'}")
        chosen = {str(item) for item in answer}
        known = self.collection(world)
        for name in sorted(chosen.difference(known)):
            error = ExerciseError(f"{name!r} isn't one of the choices.")
            raise noted(error, did_you_mean(name, known))
        return chosen

    def data(self, answer: Any, world: World) -> list[str]:
        """Return the sorted names."""
        return sorted(self.read(answer, world))

    def right_answer(self, world: World) -> set[str]:
        """Return the right set in this world."""
        return {name for name, (belongs, _) in self.collection(world).items() if belongs}

    def _mark(self, answer: set[str], world: World) -> Mark:
        judged, right = self.collection(world), self.right_answer(world)
        if answer == right:
            return Mark(correct=True, true_part=self.why)
        wrong = [*sorted(answer - right), *sorted(right - answer)]
        word = "doesn't belong to the set" if answer - right else "is missing"
        worked = [f"{name}: {judged[name][1]}" for name in wrong[:FEW]]
        text = f"{wrong[0]} {word}: {judged[wrong[0]][1]}"
        found = counted(len(answer & right), len(right), "found")
        return Mark(correct=False, true_part=found, counterexample=text, worked=tuple(worked))

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
    no_path
        Pairs of callers: the first must not be able to become the second, in whatever steps;
        ``"admin"`` is any administrator. ``"leak"`` and a stage: the world of the night must be
        right, as ``iamlab.incident.fault`` says.
    """

    target: tuple[Cell, ...]
    no_path: tuple[tuple[str, str], ...] = ()
    most: int | None = None
    editor: Editor
    unsolved = "No edit that exercise {} offers reaches the target."

    def read(self, answer: Any, world: World) -> World:
        """Return the changed world of an answer, which can also be a list of edits."""
        seed = f", seed={self.seed}" if self.seed != Exercise.seed else ""
        begin = f"world = start({self.number!r}{seed})"
        if isinstance(answer, World):
            if not all(
                key in answer.accounts and account.users.keys() <= answer.accounts[key].users.keys()
                for key, account in world.accounts.items()
            ):
                raise ExerciseError(f"Begin with {begin}, then change it.")
            return answer
        wanted = f"a changed world: {begin}, change it, then check({self.number!r}, world{seed})"
        changed = world.copy()
        apply_edits(changed, self.items(answer, wanted))
        return changed

    def data(self, answer: Any, world: World) -> list[str]:
        """Return the edits, one sentence each."""
        return list(world.diff(self.read(answer, world)))

    def submitted(self, answer: Any, world: World) -> Any:
        """Return the edits as data; for a world changed by hand, their sentences."""
        return self.data(answer, world) if isinstance(answer, World) else list(answer)

    def tries(self, world: World) -> Iterator[list[Edit]]:
        """Yield edits that could reach the target."""
        return self.editor.search(world, self.target)

    def _mark(self, answer: World, world: World) -> Mark:
        wrong = [cell for cell in self.target if not cell.holds_in(answer)]
        good = len(self.target) - len(wrong)
        edit = f", with {count(self.editor.count(world, answer), 'edit')}" if self.most else ""
        found = f"{good} of {len(self.target)} requests are as wanted{edit}."
        if wrong:
            cell, decision = wrong[0], wrong[0].question.ask(answer)
            text = f"{unlike(cell.question, cell.allowed, decision)} {_because(decision)}"
            return Mark(correct=False, true_part=found, counterexample=text, decision=decision)
        for begin, end in self.no_path:
            if fault := self._path(answer, begin, end):
                known = 1 if begin == "leak" else len(fault)
                text, path = "\n".join(fault[:known]), fault[known:]
                steps = ("\n".join(("The shortest path:", *path)),) if path else ()
                return Mark(correct=False, true_part=found, counterexample=text, worked=steps)
        if fault := self._fault(answer, world):
            from iamlab.incident.containment import edits

            worked = "\n".join(("What you changed:", *map(shortened, edits(world, answer))))
            text = f"You reached the target, but {fault}."
            return Mark(correct=False, true_part=found, counterexample=text, worked=(worked,))
        return Mark(correct=True, true_part=f"{found} {self.why}")

    def _path(self, world: World, begin: str, end: str) -> Sequence[str]:
        """Return a sentence and the steps from one caller to another; ``leak``: of the night."""
        if begin == "leak":
            from iamlab.incident import containment, questions

            return containment.fault(world, questions.night_of(self.seed), end)
        target = end if end == "admin" else caller_of(world, end)
        path = world.reach().path(caller_of(world, begin), target) or ()
        steps = [f"{own} {str(call).partition(' ')[2]}" for own in path for call in own.calls[:1]]
        text = f"{begin} can still become {end}, in {count(len(steps), 'step')}."
        return [text, *steps] if steps else []

    def _fault(self, answer: World, world: World) -> str:
        """Return what is wrong with an answer that reaches the target; empty if nothing is."""
        if others := [own for own in world.diff(answer) if self.editor.about not in own]:
            return f"not as the task asks: {others[0]}"
        if self.most is not None and self.editor.count(world, answer) > self.most:
            return f"{count(self.most, 'edit')} would be enough"
        return ""

    def shown(self, answer: Any) -> str:
        """Return the edits in words."""
        if not all(isinstance(edit, list | tuple) for edit in answer):
            return "\n".join(map(str, answer))  # sentences, for a world changed by hand
        return "\n".join(in_words(answer)) or "No change"
