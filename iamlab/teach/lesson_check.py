"""The proof that a lesson is good, for ``iamlab lesson check`` and for the tests."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.teach.checks import Predict
from iamlab.teach.exercises import Question
from iamlab.teach.gate import OpenRequest, sentences, violations
from iamlab.teach.lesson import FOLDER, SEED, open_lesson, read_lesson
from iamlab.teach.mutants import telling
from iamlab.teach.source_lines import Keys, LocatedError, at
from iamlab.teach.tables import find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.teach.lesson import Lesson

LONGEST_SENTENCE = 25
LONGEST_CELL = 12
MOST_WRONG = 4
_CARD = re.compile(r'\bexercise\(\s*["\']([\w.]+)["\']')
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
_CORRECT = "Correct this line."
_NO_ANSWER = "Name the rule, or ask a question."
_WITH_PROSE = {"prompt", "nudge", "why", "wrong"}
_SAMPLE = 40
"""So many requests of an exercise are compared between seeds."""

Place = str | Keys
"""A cell of the notebook, or a key of the lesson's file."""
Fault = tuple[Place, str, str] | tuple[Exception]
"""The place of a problem, what is wrong, and how to fix it; or an error, which says that."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a lesson, where, and how to fix it.

    Parameters
    ----------
    file, place
        ``"x1_our_buckets.toml"``, ``"line 12"``; in a notebook ``"cell 3"``.
    """

    file: str
    place: str
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.text}"


def check_lesson(file: Path, seeds: int = 20) -> list[Problem]:
    """Read a lesson and list its problems.

    Raises
    ------
    ExerciseError
        Its number is the number of another lesson.
    """
    try:
        return LessonCheck(open_lesson(file), seeds).problems()
    except LocatedError as error:
        return [Problem(error.file, f"line {error.line}", error.text, _CORRECT)]


def notebook_of(file: Path) -> Path:
    """Return the notebook of a lesson: beside its file, or in a folder ``notebooks``."""
    beside = file.with_suffix(".ipynb")
    folders = (file.parent, file.parent.parent, FOLDER.parent.parent)
    others = [folder / "notebooks" / beside.name for folder in folders]
    return next((path for path in (beside, *others) if path.is_file()), beside)


class LessonCheck:
    """The checks of a lesson.

    Parameters
    ----------
    lesson
        A lesson that ``open_lesson`` has read.
    seeds
        How many seeds to try. Seeds with the same names are tried once.
    """

    def __init__(self, lesson: Lesson, seeds: int = 20) -> None:
        self.lesson = lesson
        self.notebook = notebook_of(lesson.file)
        numbers = (SEED, *(number for number in range(1, seeds) if number != SEED))
        variants = {tuple(lesson.names(seed).items()): seed for seed in reversed(numbers)}
        self.seeds = sorted({*numbers[:2], *variants.values()}, key=numbers.index)

    def problems(self) -> list[Problem]:
        """List all problems, each once."""
        checks = (
            *(self._worlds, self._exercises, self._objectives, self._sentences),
            *(self._cards, self._cells, self._predictions, self._terms),
        )
        found = [self._problem(*fault) for check in checks for fault in check()]
        return list(dict.fromkeys(found))

    def _problem(self, place: Place | Exception, text: str = "", fix: str = "") -> Problem:
        """Return the problem at a cell, at a key, or of an error."""
        file = self.lesson.file.name
        if isinstance(place, Exception):
            own = place if isinstance(place, LocatedError) else self.lesson.located(place)
            fix = " ".join(getattr(own, "__notes__", ())) or _CORRECT
            return Problem(file, f"line {own.line}", own.text, fix)
        if isinstance(place, str):
            return Problem(self.notebook.name, place, text, fix)
        return Problem(file, f"line {self.lesson.line(*place)}", text, fix)

    @cached_property
    def solutions(self) -> dict[str, str]:
        """The solution of each exercise in the words of its card, by number."""
        found = {}
        for number in self.lesson.exercises:
            with suppress(ExerciseError):  # another check reports it
                task = find(number)
                found[number] = task.shown(task.solution_answer())
        return found

    @cached_property
    def cells(self) -> list[tuple[str, str, str]]:
        """The place, the type and the source of each cell of the notebook."""
        with suppress(OSError, ValueError, LookupError, TypeError):  # another check reports it
            cells = json.loads(self.notebook.read_text("utf-8"))["cells"]
            return [
                (f"cell {number}", cell["cell_type"], "".join(cell["source"]))
                for number, cell in enumerate(cells, 1)
            ]
        return []

    def _of_type(self, cell_type: str) -> list[tuple[str, str]]:
        return [(place, source) for place, own, source in self.cells if own == cell_type]

    def _worlds(self) -> Iterator[Fault]:
        """Every world builds."""
        for name, seed in product(self.lesson.worlds, self.seeds):
            try:
                self.lesson.world(name, seed)
            except ExerciseError as error:
                yield (error,)

    def _exercises(self) -> Iterator[Fault]:
        """Every exercise is read, its solution passes, and its wrong answers have their hints."""
        for number in self.lesson.exercises:
            path = tuple(number.split("."))
            try:
                with at(*path):
                    yield from self._wrong_answers(find(number), path)
                    yield from self._seeds(number, path)
            except ExerciseError as error:
                yield (error,)

    def _seeds(self, number: str, path: Keys) -> Iterator[Fault]:
        first = None
        for task in (find(number, seed) for seed in self.seeds):
            with at("solution"):
                mark = task.mark(task.solution_answer())
            if not mark.correct:
                text = f"The solution doesn't pass with seed {task.seed}: {mark.counterexample}"
                yield (*path, "solution"), text, "Change the solution or the target."
            seen = _difficulty(task) if self.lesson.names() else Counter()
            first = seen if first is None else first
            if seen != first:
                changed = "; ".join(_in_words(own) for own in (first - seen, seen - first))
                text = f"{number} isn't equally difficult with seed {task.seed}: {changed}."
                yield path, text, "Choose other values in [names]."
                return

    def _wrong_answers(self, task: Exercise, path: Keys) -> Iterator[Fault]:
        world, solution = task.world(), self.solutions.get(task.number, "")
        if solution and solution in task.nudge:
            yield (*path, "nudge"), f"The nudge contains the solution: {solution}", _NO_ANSWER
        if not 1 <= (count := len(task.known_wrong)) <= MOST_WRONG:
            text = f"Exercise {task.number} has {count} known wrong answers."
            yield (*path, "wrong"), text, f"Write 1 to {MOST_WRONG} of them."
        before: list[Any] = []
        for place, wrong in enumerate(task.known_wrong):
            where = (*path, "wrong", str(place))
            with at("wrong", str(place)):
                answer = wrong.answer(task.world())
                data, mark = task.data(answer, world), task.mark(answer)
            if solution and solution in wrong.hint:
                yield where, f"The hint contains the solution: {solution}", _NO_ANSWER
            if mark.correct:
                yield where, "This answer is right.", "Remove it, or change the exercise."
            elif data in before:
                yield where, "Two wrong answers are the same.", "Remove one of them."
            elif (mark.belief, mark.hint) != (wrong.belief, wrong.hint):
                yield where, "This answer doesn't get its own hint.", "Choose another answer."
            before.append(data)

    def _objectives(self) -> Iterator[Fault]:
        """Every objective is tested, and every exercise tests one; "More" and exits needn't."""
        every = self.lesson.exercises
        tested: set[str] = set()
        for objective in self.lesson.objectives:
            tested |= {*objective.exercises}
            for number in {*(objective.exercises or [""])} - {*every}:
                text = f"There is no exercise {number!r} for this objective."
                yield ("objectives", objective.text), text, f"Name some of {', '.join(every)}."
        for number, table in every.items():
            is_free = table.get("exit") or str(table.get("title")).startswith("More")
            if number not in tested and not is_free:
                fix = "Add its number to an objective, or begin its title with More."
                yield tuple(number.split(".")), f"Exercise {number} tests no objective.", fix

    def _sentences(self) -> Iterator[Fault]:
        """Every sentence is short."""
        content, key = self.lesson.content, self.lesson.key
        parts = {name: content.get(name) for name in ("glossary", "reveals", key)}
        texts: list[tuple[Place, str]] = [
            own for own in _texts_in(parts) if own[0][0] != key or {*own[0]} & _WITH_PROSE
        ]
        for place, text in (*texts, *self._of_type("markdown")):
            for sentence in sentences(text if isinstance(place, str) else text.rpartition("|")[2]):
                for part in sentence.split("|"):
                    if len(part.split()) > LONGEST_SENTENCE:
                        fix = f"Write at most {LONGEST_SENTENCE} words."
                        yield place, f"This sentence is too long: {part!r}.", fix

    def _cards(self) -> Iterator[Fault]:
        """The notebook opens the lesson, and has the card of each exercise once."""
        if not self.cells:
            text = "This notebook is missing, or it isn't a notebook."
            yield "cell 1", text, "Copy the one that iamlab lesson new writes."
            return
        code = self._of_type("code")
        cards = [(place, own) for place, source in code for own in _CARD.findall(source)]
        numbers = [number for _, number in cards]
        for place, number in cards:
            if number not in self.lesson.exercises or numbers.count(number) > 1:
                text = f"Exercise {number} isn't in the lesson, or is in the notebook twice."
                yield place, text, "Correct the number, or remove the card."
        for number in self.lesson.exercises:
            if number not in numbers:
                fix = f'Add a cell with exercise("{number}") to {self.notebook.name}.'
                yield tuple(number.split(".")), f"Exercise {number} isn't in the notebook.", fix
        file = self.lesson.file
        if file.resolve().parent != FOLDER and not any(
            "open_lesson(" in source and file.name in source for _, source in code
        ):
            fix = f'Begin with open_lesson("{file.name}").'
            yield "cell 1", "The notebook doesn't open its lesson.", fix

    def _cells(self) -> Iterator[Fault]:
        """The cells are short, have no solution, and their links work."""
        for place, cell_type, source in self.cells:
            if cell_type == "code" and len(source.splitlines()) > LONGEST_CELL:
                yield place, f"The cell has more than {LONGEST_CELL} lines.", "Split it."
            for link in _LINK.findall(source) if cell_type == "markdown" else ():
                if not (self.notebook.parent / link).exists():
                    yield place, f"{link} doesn't exist.", "Correct the link."
            for number, solution in self.solutions.items():
                if " " in solution and solution.replace("'", '"') in source.replace("'", '"'):
                    yield place, f"The cell contains the solution of {number}.", "Remove it."

    def _predictions(self) -> Iterator[Fault]:
        """No sentence answers a prediction before it."""
        fix = "Move the sentence behind the prediction, or into a reveal."
        yield from ((place, f"{text}.", fix) for place, text in violations(self._steps()))

    def _steps(self) -> Iterator[tuple[Place, str | OpenRequest]]:
        """Yield the sentences and the predictions of the notebook and its cards."""
        for place, cell_type, source in self.cells:
            if cell_type == "markdown":
                yield from ((place, own) for own in sentences(source))
                continue
            for number in _CARD.findall(source):
                if number in self.solutions:
                    task = find(number)
                    for key in ("title", "prompt", "nudge"):
                        path = (*number.split("."), key)
                        yield from ((path, own) for own in sentences(getattr(task, key)))
                    for question in task.questions if isinstance(task, Predict) else ():
                        yield place, OpenRequest(place, question.ask(task.world()))

    def _terms(self) -> Iterator[Fault]:
        """Every term of the glossary is in the prose, and no term of a later lesson is."""
        prose = self._of_type("markdown")
        for term in self.lesson.glossary if prose else ():
            if not any(_has_term(source, term) for _, source in prose):
                fix = "Use the term in the notebook, or remove it from the glossary."
                yield ("glossary", term), f"The notebook doesn't mention {term!r}.", fix
        later: dict[str, str] = {}
        read = [source for _, source in prose]
        for file in sorted(self.lesson.file.parent.glob("*.toml"), reverse=True):
            with suppress(ExerciseError):  # the check of that lesson reports it
                for term in read_lesson(file).glossary:
                    later[term.lower()] = file.name
            if file.name < self.lesson.file.name and notebook_of(file).is_file():
                read.append(notebook_of(file).read_text("utf-8"))
        for term, home in later.items():
            marked = re.compile(rf"\*{re.escape(term)}(s|es)?\*", re.IGNORECASE)
            without_code = ((place, re.sub(r"`[^`]+`", "", source)) for place, source in prose)
            cells = [place for place, source in without_code if _has_term(source, term)]
            explained = any(map(marked.search, read))
            if home > self.lesson.file.name and cells and not explained:
                fix = "Use another word, or explain it here and write it as *term*."
                yield cells[0], f"{term!r} is explained only in {home}.", fix


def _texts_in(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each text in a table or list with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, own in items:
            yield from _texts_in(own, (*path, str(key)))


def _has_term(text: str, term: str) -> bool:
    """Return whether a text has a term. Code and the titles of linked pages don't count."""
    words = re.escape(term).replace(r"\ ", r"\s+")
    plain = re.sub(r"^```.*?^```|\[[^\]]*\]\(|\*", "", text, flags=re.DOTALL | re.MULTILINE)
    return bool(re.search(rf"\b{words}(s|es)?\b", plain, re.IGNORECASE))


def _difficulty(task: Any) -> Counter[Any]:
    """Count the requests of an exercise by what makes them easy or difficult."""
    world = task.world()
    if hasattr(task, "questions"):
        questions = list(task.questions)
    elif hasattr(task, "target"):
        questions = [cell.question for cell in task.target]
    elif hasattr(task, "requests"):
        questions = list(task.requests.questions())
    elif hasattr(task, "actions"):
        parts = product(task.callers, task.actions, task.resources)
        questions = [Question(*own) for own in parts]
    else:
        questions = []
    return Counter(_features(own.ask(world), world) for own in questions[:_SAMPLE])


def _features(decision: Decision, world: Any) -> tuple[str, int, int, int]:
    """Return the verdict, and how many statements match, layers are present, beliefs differ."""
    matches = sum(match.applies for match in decision.trace.matches)
    layers = sum(step.found.present for step in decision.trace.steps)
    return str(decision.verdict), matches, layers, len(telling(decision, world))


def _in_words(requests: Counter[Any]) -> str:
    return ", ".join(
        f"{count} {verdict} with {matches} statements, {layers} layers, {beliefs} beliefs"
        for (verdict, matches, layers, beliefs), count in requests.items()
    )
