"""The proof that a lesson is good, for ``iamlab lesson check`` and for the tests."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.authorization.question_defects import HOW_TO_ALLOW
from iamlab.errors import ExerciseError, did_you_mean
from iamlab.tables import tables
from iamlab.teach.callers import caller_of
from iamlab.teach.checks import Predict
from iamlab.teach.exercises import Choosing, feedback
from iamlab.teach.gate import OpenRequest, sentences, violations
from iamlab.teach.lesson import DEMO, FOLDER, lessons, open_lesson, read_lesson, reveals
from iamlab.teach.mutants import telling
from iamlab.teach.scenarios import known_scenarios
from iamlab.teach.source_lines import Keys, LocatedError, at, each_value
from iamlab.teach.tables import find

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from iamlab.engine.decision import Decision
    from iamlab.teach.exercises import Exercise
    from iamlab.teach.lesson import Lesson

LONGEST_SENTENCE = 25
LONGEST_CELL = 12
MOST_WRONG = 4
_CARD = re.compile(r'\bexercise\(\s*["\']([\w.]+)["\']')
_CALL = re.compile(r'\b(exercise|reveal|scenario)\((?:[\w."\']+,)?\s*["\']([\w./-]+)["\']')
_BRACES = re.compile(r"(?<!\$)\{(\w+)\}")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
_CORRECT = "Correct this line."
_WITH_PROSE = {"prompt", "nudge", "why", "wrong"}
_SAMPLE = 40
"""So many requests of an exercise are compared between seeds."""

Place = str | Keys
"""A cell of the notebook, or a key of the lesson's file."""
PROBLEMS: dict[str, list[str]] = tables(__file__)
"""The text of each problem, and how to fix it."""


class Problem(NamedTuple):
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


def answers_of(file: Path) -> Iterator[dict[str, str]]:
    """Yield each right answer, and each wrong one with what a learner reads the second time."""
    with suppress(ExerciseError):  # the check reports it
        for number, solution in LessonCheck(open_lesson(file)).solutions.items():
            yield {"title": f"{number}, a right answer", "text": solution}
            for wrong in (task := find(number)).known_wrong:
                answer = wrong.answer(task.world())
                title = f"{number}, a wrong answer ({wrong.belief or '-'})"
                yield {"title": title, "text": task.shown(answer)}
                reads = str(feedback(task.mark(answer), failures=2))
                yield {"title": "The learner reads, the second time", "text": reads}


def notebook_of(file: Path) -> Path:
    """Return the notebook of a lesson: beside its file, or in a folder ``notebooks``."""
    beside = file.with_suffix(".ipynb")
    folders = (file.parent, file.parent.parent, FOLDER.parent.parent, FOLDER.parent)
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
        numbers = (DEMO, *(number for number in range(1, seeds) if number != DEMO))
        variants = {tuple(lesson.names(seed).items()): seed for seed in reversed(numbers)}
        self.seeds = sorted({*numbers[:2], *variants.values()}, key=numbers.index)

    def problems(self) -> list[Problem]:
        """List all problems, each once."""
        checks = [self._worlds, self._exercises, self._names, self._objectives, self._sentences]
        checks += [self._cards, self._cells, self._predictions, self._terms]
        return list(dict.fromkeys(found for check in checks for found in check()))

    def _problem(self, place: Place, name: str, **values: Any) -> Problem:
        """Return a problem of the table, at a cell or at a key."""
        text, fix = (part.format(check=self, **values) for part in PROBLEMS[name])
        if isinstance(place, str):
            return Problem(self.notebook.name, place, text, fix)
        return Problem(self.lesson.file.name, f"line {self.lesson.line(*place)}", text, fix)

    def _error(self, error: ExerciseError) -> Problem:
        own = error if isinstance(error, LocatedError) else self.lesson.located(error)
        fix = " ".join(getattr(own, "__notes__", ())) or _CORRECT
        text = own.text.replace(f" {HOW_TO_ALLOW}", "")  # a lesson has only known actions
        return Problem(self.lesson.file.name, f"line {own.line}", text, fix)

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

    def _worlds(self) -> Iterator[Problem]:
        """Every world builds, and no session is refused unless its table says so."""
        for name, seed in product(self.lesson.worlds, self.seeds):
            try:
                world = self.lesson.world(name, seed)
                for session in [own for own in world.calls if "refused" not in world.calls[own]]:
                    with at("world", name), at("sessions", session):
                        caller_of(world.copy(), session)
            except ExerciseError as error:
                yield self._error(error)

    def _exercises(self) -> Iterator[Problem]:
        """Every exercise is read, its solution passes, and its wrong answers have their hints."""
        for number in self.lesson.exercises:
            path = tuple(number.split("."))
            try:
                with at(*path):
                    for seed in (DEMO, *self._variants(number)):
                        yield from self._wrong_answers(find(number, seed), path)
                    yield from self._seeds(number, path)
            except ExerciseError as error:
                yield self._error(error)

    def _variants(self, number: str) -> range:
        """Return seeds that choose the variants of an exercise after the first one."""
        return range(-1, -len(self.lesson.exercises[number].get("variants", " ")), -1)

    def _seeds(self, number: str, path: Keys) -> Iterator[Problem]:
        first = None
        for seed in (*self.seeds, *self._variants(number)):
            task = find(number, seed)
            with at("solution"):
                mark = task.mark(task.solution_answer())
            if not mark.correct:
                yield self._problem((*path, "solution"), "unsolved", seed=seed, mark=mark)
            can_differ = self._variants(number) or not self.lesson.names()
            seen = Counter() if can_differ else _difficulty(task)
            first = seen if first is None else first
            if seen != first:
                changed = "; ".join(", ".join(own) for own in (first - seen, seen - first))
                yield self._problem(path, "unlike_seeds", seed=seed, changed=changed)
                return

    def _wrong_answers(self, task: Exercise, path: Keys) -> Iterator[Problem]:
        world, solution = task.world(), self.solutions.get(task.number, "")
        if solution and solution in task.nudge:
            yield self._problem((*path, "nudge"), "solved_by_nudge", solution=solution)
        if not 1 <= (count := len(task.known_wrong)) <= MOST_WRONG:
            yield self._problem((*path, "wrong"), "number_of_wrong", count=count, most=MOST_WRONG)
        before: list[Any] = []
        for place, wrong in enumerate(task.known_wrong):
            where = (*path, "wrong", str(place))
            with at("wrong", str(place)):
                answer = wrong.answer(task.world())
                data, mark = task.data(answer, world), task.mark(answer)
            if solution and solution in wrong.hint:
                yield self._problem(where, "solved_by_hint", solution=solution)
            is_own = (mark.belief, mark.hint) == (wrong.belief, wrong.hint)
            if mark.correct or data in before or not is_own:
                fault = "right" if mark.correct else "same" if data in before else "no_own_hint"
                yield self._problem(where, fault)
            before.append(data)

    def _objectives(self) -> Iterator[Problem]:
        """Every objective is tested, and every exercise tests one; "More" and exits needn't."""
        tested = {number for own in self.lesson.objectives.values() for number in own}
        for number, table in self.lesson.exercises.items():
            is_free = table.get("exit") or str(table.get("title")).startswith("More")
            if number not in tested and not is_free:
                yield self._problem(tuple(number.split(".")), "no_objective", number=number)

    def _names(self) -> Iterator[Problem]:
        """Every name names something."""
        for place, what, name, known in self._named():
            if name not in known:
                fix = did_you_mean(name, known)
                yield self._problem(place, "no_such_name", what=what, named=name, fix=fix)

    def _named(self) -> Iterator[tuple[Place, str, str, Collection[str]]]:
        """Yield each name with its place, what it names, and all names that there are."""
        own, every = self.lesson, lessons()
        files = (file.stem.partition("_")[0] for file in own.file.parent.glob("*.toml"))
        known = {"lesson": {*every, *files}, "reveal": reveals(), "scenario": known_scenarios()}
        known["exercise"] = {number for each in every.values() for number in each.exercises}
        for number in own.content.get("prerequisites", "").split():
            yield ("prerequisites",), "lesson", number, known["lesson"]
        for text, tests in own.objectives.items():
            for number in tests or [""]:
                yield ("objectives", text), "exercise", number, own.exercises
        for term, table in own.glossary.items():
            if isinstance(table, dict) and "exercise" in table:
                yield ("glossary", term), "exercise", table["exercise"], known["exercise"]
        for path, text in _texts_in(own.content):
            names = own.names() if path[0] in (own.key, "world", "reveals") else ()
            yield from ((path, "name in braces", name, names) for name in _BRACES.findall(text))
        for place, source in self._of_type("code"):
            yield from ((place, call, name, known[call]) for call, name in _CALL.findall(source))

    def _sentences(self) -> Iterator[Problem]:
        """Every sentence is short."""
        content, key = self.lesson.content, self.lesson.key
        parts = {name: content.get(name) for name in ("glossary", "reveals", key)}
        texts: list[tuple[Place, str]] = [
            (path, text.rpartition("|")[2])
            for path, text in _texts_in(parts)
            if path[0] != key or {*path} & _WITH_PROSE
        ]
        for place, text in (*texts, *self._of_type("markdown")):
            for part in "|".join(sentences(text)).split("|"):
                if len(part.split()) > LONGEST_SENTENCE:
                    yield self._problem(place, "long_sentence", part=part, most=LONGEST_SENTENCE)

    def _cards(self) -> Iterator[Problem]:
        """The notebook opens the lesson, and has the card of each exercise once."""
        if not self.cells:
            yield self._problem("cell 1", "no_notebook")
            return
        code, file = self._of_type("code"), self.lesson.file
        cards = [(place, own) for place, source in code for own in _CARD.findall(source)]
        numbers = [number for _, number in cards]
        for place, number in cards:
            if numbers.count(number) > 1:
                yield self._problem(place, "card_twice", number=number)
        for number in self.lesson.exercises:
            if number not in numbers:
                yield self._problem(tuple(number.split(".")), "no_card", number=number)
        opening = [own for _, own in code if "open_lesson(" in own and file.name in own]
        if file.resolve().parent != FOLDER and not opening:
            yield self._problem("cell 1", "not_opened")

    def _cells(self) -> Iterator[Problem]:
        """The cells are short, have no solution, and their links work."""
        for place, cell_type, source in self.cells:
            if cell_type == "code" and len(source.splitlines()) > LONGEST_CELL:
                yield self._problem(place, "long_cell", most=LONGEST_CELL)
            for link in _LINK.findall(source) if cell_type == "markdown" else ():
                if not (self.notebook.parent / link).exists():
                    yield self._problem(place, "no_link", link=link)
            for number, solution in self.solutions.items():
                if " " in solution and solution.replace("'", '"') in source.replace("'", '"'):
                    yield self._problem(place, "solved_by_cell", number=number)

    def _predictions(self) -> Iterator[Problem]:
        """No sentence answers a prediction before it."""
        for place, text in violations(self._steps()):
            yield self._problem(place, "settled", text=text)

    def _steps(self) -> Iterator[tuple[Place, str | OpenRequest]]:
        """Yield the sentences and the predictions of the notebook and its cards."""
        for place, cell_type, source in self.cells:
            if cell_type == "markdown":
                yield from ((place, own) for own in sentences(source))
                continue
            for number in [own for own in _CARD.findall(source) if own in self.solutions]:
                task = find(number)
                for key in ("title", "prompt", "nudge"):
                    path = (*number.split("."), key)
                    yield from ((path, own) for own in sentences(getattr(task, key)))
                for question in task.questions if isinstance(task, Predict) else ():
                    yield place, OpenRequest(place, question.ask(task.world()))

    def _terms(self) -> Iterator[Problem]:
        """Every term of the glossary is in the prose, and no term of a later lesson is."""
        prose, own = self._of_type("markdown"), self.lesson.file.name
        for term in self.lesson.glossary if prose else ():
            if not any(_has_term(source, term) for _, source in prose):
                yield self._problem(("glossary", term), "no_mention", term=term)
        homes: dict[str, str] = {}
        read = [source for _, source in prose]
        for file in sorted(self.lesson.file.parent.glob("*.toml"), reverse=True):
            with suppress(ExerciseError):  # the check of that lesson reports it
                homes |= dict.fromkeys(map(str.lower, read_lesson(file).glossary), file.name)
            if file.name < own and notebook_of(file).is_file():
                read.append(notebook_of(file).read_text("utf-8"))
        without_code = [(place, re.sub(r"`[^`]+`", "", source)) for place, source in prose]
        for term, home in homes.items():
            marked = re.compile(rf"\*{re.escape(term)}(s|es)?\*", re.IGNORECASE)
            cells = [place for place, source in without_code if _has_term(source, term)]
            if home > own and cells and not any(map(marked.search, read)):
                yield self._problem(cells[0], "explained_later", term=term, home=home)


def _texts_in(table: Any) -> Iterator[tuple[Keys, str]]:
    """Yield each text in a table with its path."""
    return ((path, own) for path, own in each_value(table) if isinstance(own, str))


def _has_term(text: str, term: str) -> bool:
    """Return whether a text has a term. Code and the titles of linked pages don't count."""
    words = re.escape(term).replace(r"\ ", r"\s+")
    plain = re.sub(r"^```.*?^```|\[[^\]]*\]\(|\*", "", text, flags=re.DOTALL | re.MULTILINE)
    return bool(re.search(rf"\b{words}(s|es)?\b", plain, re.IGNORECASE))


def _difficulty(task: Any) -> Counter[Any]:
    """Count the requests of an exercise by what makes them easy or difficult."""
    world, target = task.world(), getattr(task, "target", ())
    questions = [*getattr(task, "questions", ()), *(cell.question for cell in target)]
    if isinstance(task, Choosing):
        questions = list(task.offered())
    return Counter(_features(own.ask(world), world) for own in questions[:_SAMPLE])


def _features(decision: Decision, world: Any) -> str:
    """Return the verdict, and how many statements match, layers are present, beliefs differ."""
    matches = sum(match.applies for match in decision.trace.matches)
    layers = sum(step.found.present for step in decision.trace.steps)
    beliefs = len(telling(decision, world))
    return f"{decision.verdict} ({matches} statements, {layers} layers, {beliefs} beliefs)"
