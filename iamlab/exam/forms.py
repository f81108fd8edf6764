"""Forms: which questions an exam about IAM and STS has, by the share of its tasks.

A question comes from a template, with one of the seeds that the tests try, or from the knowledge
bank; a form has no template and no question of the bank twice, and the next form has as many others
as there are. The same name and seed make the same form within a version of iamlab.

Notes
-----
AWS page: "AWS Certification: exam guides". A form has only the part of an exam that is about IAM
and STS.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import cycle, groupby, islice, pairwise
from math import ceil
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.errors import ExerciseError
from iamlab.exam.items import CHOICE, SEVERAL, Item
from iamlab.exam.knowledge_bank import LEVELS, bank, bank_item
from iamlab.exam.templates import IDEAS, make, templates
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MUTANTS
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

SEEDS = 1_000
"""Questions have seeds from 0 to the one before this."""
PLACEMENT, DRILLS = "placement", "drill "
"""The name of placement tests, and how those of drills begin."""
DRILL = 10
"""How many questions a drill has."""
MADE = 0.7
"""So many of the questions about a task are made by the engine, if there are enough templates."""
CHOICES, MOST_TRIED = 3, 6
"""A drill chooses from so many items for each question, and tries so many seeds for each."""
EASIEST, HARDER_AFTER = 4, 2
"""It begins in this part of its items, and gets harder after so many right answers."""
_TABLES = tables(__file__)
QUESTIONS, MINUTES = int(_TABLES["questions"]), int(_TABLES["minutes"])


class Task(NamedTuple):
    """A task of an exam guide, with its share of the form.

    Parameters
    ----------
    share, lessons, points
        Of the form's questions, in percent, and what they are about.
    """

    number: str
    title: str
    share: int
    lessons: set[str]
    points: set[str]


@dataclass(frozen=True)
class Blueprint:
    """What an exam asks about IAM and STS.

    Parameters
    ----------
    exam, name
        The exam's code and its name: ``"SAA-C03"``.
    pass_mark
        The score, of 1,000, with which the whole exam is passed.
    levels, forms
        How difficult its questions are, and their forms.
    lessons
        Those that prepare for it, in their order.
    not_covered
        What else the exam asks, of which this course has nothing.
    """

    exam: str
    name: str
    pass_mark: int
    levels: list[str]
    forms: list[str]
    lessons: list[str]
    tasks: list[Task]
    not_covered: str

    @property
    def note(self) -> str:
        """What the form is, and what it isn't."""
        return str(_TABLES["note"]).format(exam=self.exam)


@cache
def blueprints() -> dict[str, Blueprint]:
    """Return the blueprints by the names of the forms: ``"saa"``."""
    return {name: _blueprint(**table) for name, table in _TABLES["exams"].items()}


def _blueprint(exam: str, tasks: dict[str, str], **more: Any) -> Blueprint:
    made = []
    for number, text in tasks.items():
        share, title, points, *further = text.split(" | ")
        lessons = {own.number for own in own_lessons().values() if f"{exam} {number}" in own.exam}
        lessons.update(*map(str.split, further))
        made.append(Task(number, title, int(share), lessons, {*points.split()}))
    lists = {name: more.pop(name).split() for name in ("levels", "forms", "lessons")}
    return Blueprint(exam, tasks=made, **lists, **more)


def exam_paths() -> Table:
    """Return for each exam the lessons in order, the points of knowledge, and what isn't covered.

    Examples
    --------
    >>> exam_paths().rows[0][:2]
    ('CLF-C02', 'Cloud Practitioner')
    """
    lessons, rows = own_lessons(), []
    for name, plan in blueprints().items():
        taught = {point for number in plan.lessons for point in lessons[number].knowledge}
        points = _ranges(sorted(map(int, taught)))
        rows.append((plan.exam, plan.name, name, ", ".join(plan.lessons), points, plan.not_covered))
    columns = "exam, name, form, lessons, points of knowledge, not in this course"
    return Table.of("Paths to exams", columns, rows)


def _ranges(numbers: Iterable[int]) -> str:
    """Write sorted numbers with those that follow each other as ranges.

    Examples
    --------
    >>> _ranges([1, 2, 3, 7])
    '1-3, 7'
    """
    runs = groupby(enumerate(numbers), lambda own: own[1] - own[0])
    ends = [[number for _, number in own] for _, own in runs]
    return ", ".join(f"{own[0]}-{own[-1]}" if len(own) > 1 else str(own[0]) for own in ends)


TOPICS: dict[str, list[str]] = {name: own.split() for name, own in _TABLES["topics"].items()}
"""The lessons of each topic, by its name."""
STAGES: list[list[str]] = [own.split() for own in _TABLES["stages"]]
"""The lessons of each question of the placement test."""


def topic_of(lesson: str) -> str:
    """Return the topic of a lesson.

    >>> topic_of("11")
    'Boundaries and organizations'
    """
    return next(name for name, lessons in TOPICS.items() if lesson in lessons)


class Question(NamedTuple):
    """A template, or a question of the knowledge bank (its place there), that can be asked."""

    template: str
    place: int
    form: str
    level: str
    lesson: str
    point: str
    beliefs: frozenset[str]

    def item(self, draw: Random) -> Item:
        """Make the item, with a seed by chance."""
        seed = draw.randrange(SEEDS)
        return make(self.template, seed) if self.template else bank_item(self.place, seed)

    def is_of(self, task: Task) -> bool:
        """Return whether a task is about it."""
        return self.lesson in task.lessons if self.template else self.point in task.points


@cache
def questions() -> tuple[Question, ...]:
    """Return everything that can be asked."""
    made = []
    for name, own in templates().items():
        kind, beliefs = IDEAS[own["idea"]][1], frozenset(own.get("beliefs", "").split())
        made.append(Question(name, -1, kind, own["level"], own["lesson"], "", beliefs))
    for place, own in enumerate(bank()):
        kind = CHOICE if len(own["right"]) == 1 else SEVERAL
        beliefs = frozenset(MUTANTS[name].belief for _, _, *fits in own["wrong"] for name in fits)
        made.append(Question("", place, kind, own["level"], own["lesson"], own["point"], beliefs))
    return tuple(made)


class Form(NamedTuple):
    """The items of an exam, a drill or a placement test.

    Parameters
    ----------
    name, seed
        They make the same form again: ``"saa"``, 5.
    items
        Those of an exam, in their order; those of a drill from easy to difficult, of which it asks
        ``length``.
    tasks
        The exam task of each item; empty for a drill.
    minutes
        The time limit; 0 for none.
    """

    name: str
    seed: int
    title: str
    items: tuple[Item, ...]
    length: int
    tasks: tuple[str, ...] = ()
    minutes: int = 0

    @property
    def blueprint(self) -> Blueprint | None:
        """The exam's blueprint; a drill has none."""
        return blueprints().get(self.name)

    @property
    def adapts(self) -> bool:
        """Whether it is a drill: each answer is marked at once, and decides what comes next."""
        return self.name.startswith(DRILLS)

    def order(self, right: Sequence[bool]) -> list[int]:
        """Return the places of the items that are asked so far, and of the next one.

        All of an exam; a drill asks harder items after two right answers, and easier ones after a
        wrong one.

        Parameters
        ----------
        right
            Whether each answer so far is right.
        """
        if not self.adapts:
            return [*range(self.length)]
        left, level, run = [*range(len(self.items))], len(self.items) // EASIEST, 0
        step, found = len(self.items) // self.length + 1, []
        for is_right in [*right, True][: self.length]:  # the last one decides nothing
            found.append(left.pop(min(range(len(left)), key=lambda n: abs(left[n] - level))))
            run = run + 1 if is_right else 0
            level += 2 * step if run == HARDER_AFTER else 0 if is_right else -step
            run %= HARDER_AFTER
        return found


@cache
def subjects() -> dict[str, list[Question]]:
    """Return the questions of each drill: by topic, lesson, template and wrong belief."""
    found: dict[str, list[Question]] = defaultdict(list)
    for own in questions():
        for name in filter(None, (topic_of(own.lesson), own.lesson, own.template, *own.beliefs)):
            found[name].append(own)
    return dict(found)


def form_name(name: str) -> str:
    """Return the name of a form as it is saved: an exam can have its code, a lesson its number.

    Raises
    ------
    ExerciseError
        There is no such form.

    Examples
    --------
    >>> form_name("SAA-C03"), form_name("drill m12"), form_name("drill 8")
    ('saa', 'drill M12', 'drill 08')
    """
    exams, lessons = blueprints(), own_lessons()
    known = {own: own for own in (*exams, PLACEMENT, *map(DRILLS.__add__, subjects()))}
    known |= {plan.exam: own for own, plan in exams.items()}
    known |= {f"{DRILLS}{lessons[own].key}": DRILLS + own for own in lessons.keys() & subjects()}
    small, text = {own.lower(): own for own in known}, " ".join(str(name).lower().split())
    if text not in small:
        begin = (own for own in small if own.startswith(text))
        near = [*begin, *get_close_matches(text.split("-c0")[0], small, 1)]
        meant = [f"Did you mean {known[small[own]]}?" for own in near[:1]]
        texts = f"There is no form {name!r}.", *meant, _TABLES["names"].format(", ".join(exams))
        raise ExerciseError(" ".join(texts))
    return known[small[text]]


def form(name: str, seed: int, number: int = 0) -> Form:
    """Make a form: an exam, a drill or a placement test.

    Parameters
    ----------
    name
        ``"clf"``, ``"saa"``, ``"dva"``, ``"soa"``, ``"scs"`` or ``"sap"``; ``"placement"``; or a
        drill about a topic, a wrong belief, a lesson or a template: ``"drill M12"``.
    number
        How many questions. Default: 20, and 10 for a drill. A placement test has always 12.

    Raises
    ------
    ExerciseError
        There is no such form.

    Examples
    --------
    >>> made = form("saa", seed=5, number=4)
    >>> made.title, sorted(made.tasks)
    ('IAM practice for SAA-C03, form 5', ['1.1', '1.1', '1.1', '1.3'])
    """
    name = form_name(name)
    draw, about = Random(f"{name} {seed}"), name.removeprefix(DRILLS)
    if about != name:
        return _drill(about, seed, number or DRILL, draw)
    if name != PLACEMENT:
        return _exam(name, seed, number or QUESTIONS, draw)
    choices = [own for own in questions() if own.form in (CHOICE, SEVERAL)]
    stages = ([own for own in choices if own.lesson in lessons] for lessons in STAGES)
    items = tuple(draw.choice(stage).item(draw) for stage in stages)
    return Form(name, seed, f"Placement test {seed}", items, len(items))


def _exam(name: str, seed: int, number: int, draw: Random) -> Form:
    plan, chosen = blueprints()[name], dict[Question, str]()
    fitting = [own for own in questions() if own.level in plan.levels and own.form in plan.forms]
    quotas = zip(plan.tasks, _quotas([own.share for own in plan.tasks], number), strict=True)
    for task, wanted in (*quotas, *((own, number) for own in plan.tasks)):  # if a task has too few
        turn = _turn([own for own in fitting if own.is_of(task)], wanted, seed, chosen)
        chosen |= dict.fromkeys(turn[: min(wanted, number - len(chosen))], task.number)
    order = draw.sample([*chosen], len(chosen))
    items = tuple(each.item(draw) for each in order)
    tasks, minutes = tuple(map(chosen.__getitem__, order)), MINUTES * number // QUESTIONS
    title = f"IAM practice for {plan.exam}, form {seed}"
    return Form(name, seed, title, items, len(items), tasks, minutes)


def _quotas(shares: Sequence[int], number: int) -> list[int]:
    """Split a number by shares.

    >>> _quotas([70, 15, 15], 20)
    [14, 3, 3]
    """
    ends = [round(number * sum(shares[:place]) / 100) for place in range(len(shares) + 1)]
    return [end - start for start, end in pairwise(ends)]


def _turn(
    fitting: Sequence[Question], wanted: int, seed: int, without: Container[Question] = ()
) -> list[Question]:
    """Return questions, first as many as are wanted of templates and of the bank.

    For the next seed, these are others, if there are enough.
    """
    made, known = ([own for own in fitting if bool(own.template) is kind] for kind in (True, False))
    first, found = min(len(made), ceil(MADE * wanted)), []
    for own, number in ((made, first), (known, wanted - first)):
        deck = Random(len(own)).sample(own, len(own))
        start = seed * number % max(1, len(own))
        found.append([each for each in deck[start:] + deck[:start] if each not in without])
    return [*found[0][:first], *found[1], *found[0][first:]]


def _drill(about: str, seed: int, number: int, draw: Random) -> Form:
    items: dict[str, Item] = {}
    fitting = cycle(_turn(subjects()[about], CHOICES * number, seed))
    for question in islice(fitting, MOST_TRIED * number):
        if len(items) < CHOICES * number:
            item = question.item(draw)
            texts = sorted(option.text for option in item.options)
            items.setdefault(str((item.question, item.facts, item.prompts, texts)), item)
    by_difficulty = tuple(sorted(items.values(), key=difficulty))
    title = f"Drill about {'lesson ' * about.isdigit()}{about}, number {seed}"
    return Form(DRILLS + about, seed, title, by_difficulty, min(number, len(items)))


def difficulty(item: Item) -> int:
    """Estimate how difficult an item is, from 1: by its level, and by what there is to read.

    Each policy, every third statement, every second wrong belief that it tells apart, and a form
    other than one of four count one, and a higher level counts two.
    """
    statements = sum(fact.count("\n") for fact in item.facts)
    beliefs = {MUTANTS[name].belief for name in item.tested}
    parts = len(item.facts), statements // 3, len(beliefs) // 2, item.form != CHOICE
    return 1 + 2 * LEVELS.index(item.tags["level"]) + sum(parts)
