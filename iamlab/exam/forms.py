"""Forms: which questions an exam about IAM and STS has, by the share of its tasks.

A question comes from a template, with one of the seeds that the tests try, or from the knowledge
bank; a form has no template and no question of the bank twice. The same
name and seed make the same form within a version of iamlab.

Notes
-----
AWS page: "AWS Certification: exam guides". A form has only the part of an exam that is about IAM
and STS.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import groupby, zip_longest
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.exam.items import CHOICE, SEVERAL, Item
from iamlab.exam.knowledge_bank import LEVELS, bank, bank_item
from iamlab.exam.templates import IDEAS, make, templates
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.source_lines import find_named
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SEEDS = 1_000
"""Questions have seeds from 0 to the one before this."""
DRILLS = "drill "
"""The names of drills begin with it."""
DRILL, PLACEMENT = 10, 12
"""How many questions have a drill and a placement test."""
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
    share
        Of the form's questions, in percent.
    lessons, points
        What its questions are about.
    """

    number: str
    title: str
    share: int
    lessons: frozenset[str]
    points: frozenset[str]


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
    not_covered
        What else the exam asks, of which this course has nothing.
    """

    exam: str
    name: str
    pass_mark: int
    levels: tuple[str, ...]
    forms: tuple[str, ...]
    tasks: tuple[Task, ...]
    not_covered: str

    @property
    def lessons(self) -> list[str]:
        """The lessons that prepare for it, in their order."""
        about = frozenset().union(*(own.lessons for own in self.tasks))
        points = frozenset().union(*(own.points for own in self.tasks))
        return [
            number
            for number, own in own_lessons().items()
            if own.exercises and (number in about or not points.isdisjoint(own.knowledge))
        ]

    @property
    def note(self) -> str:
        """What the form is, and what it isn't."""
        return (
            f"IAM practice for {self.exam}. It has only the part that is about IAM and STS, in "
            "shares that are iamlab's own. It isn't from AWS, and the questions are iamlab's."
        )


@cache
def blueprints() -> dict[str, Blueprint]:
    """Return the blueprints by the names of the forms: ``"saa"``."""
    return {name: _blueprint(**table) for name, table in _TABLES["exams"].items()}


def _blueprint(exam: str, levels: str, forms: str, tasks: dict[str, str], **more: Any) -> Blueprint:
    made = []
    for number, text in tasks.items():
        share, title, points = text.split(" | ")
        lessons = (own.number for own in own_lessons().values() if f"{exam} {number}" in own.exam)
        made.append(Task(number, title, int(share), frozenset(lessons), frozenset(points.split())))
    return Blueprint(
        exam, levels=(*levels.split(),), forms=(*forms.split(),), tasks=(*made,), **more
    )


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
"""The lessons of each stage of the placement test."""


def topic_of(lesson: str) -> str:
    """Return the topic of a lesson.

    Examples
    --------
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
    made = [
        Question(name, -1, IDEAS[own["idea"]][1], own["level"], own["lesson"], "", _beliefs(own))
        for name, own in templates().items()
    ]
    for place, own in enumerate(bank()):
        form = CHOICE if len(own["right"]) == 1 else SEVERAL
        more = own["level"], own["lesson"], own["point"], frozenset[str]()
        made.append(Question("", place, form, *more))
    return tuple(made)


def _beliefs(template: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(template.get("beliefs", "").split())


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
        found = []
        for number in range(min(len(right) + 1, self.length)):
            found.append(left.pop(min(range(len(left)), key=lambda n: abs(left[n] - level))))
            if number < len(right):
                run = run + 1 if right[number] else 0
                step = len(self.items) // self.length + 1
                level += 2 * step if run == HARDER_AFTER else 0 if right[number] else -step
                run %= HARDER_AFTER
        return found


def form(name: str, seed: int, number: int = QUESTIONS) -> Form:
    """Make the form of an exam.

    Parameters
    ----------
    name
        ``"clf"``, ``"saa"``, ``"dva"``, ``"soa"``, ``"scs"`` or ``"sap"``.
    number
        How many questions.

    Raises
    ------
    ExerciseError
        There is no such exam.

    Examples
    --------
    >>> made = form("saa", seed=5, number=4)
    >>> made.title, sorted(made.tasks)
    ('IAM practice for SAA-C03, form 5', ['1.1', '1.1', '1.1', '1.2'])
    """
    plan = find_named("exam", name, blueprints())
    draw, chosen = Random(f"form {name} {seed}"), dict[Question, str]()
    fitting = [own for own in questions() if own.level in plan.levels and own.form in plan.forms]
    quotas = _quotas([own.share for own in plan.tasks], number)
    for task, wanted in zip(plan.tasks, quotas, strict=True):
        own = [each for each in fitting if each.is_of(task) and each not in chosen]
        chosen |= dict.fromkeys(draw.sample(own, min(wanted, len(own))), task.number)
    every = [(each, task.number) for task in plan.tasks for each in fitting if each.is_of(task)]
    for each, task_number in draw.sample(every, len(every)):  # for tasks with too few questions
        if len(chosen) < number:
            chosen.setdefault(each, task_number)
    order = draw.sample([*chosen], len(chosen))
    items = tuple(each.item(draw) for each in order)
    tasks, minutes = tuple(map(chosen.__getitem__, order)), MINUTES * number // QUESTIONS
    title = f"IAM practice for {plan.exam}, form {seed}"
    return Form(name, seed, title, items, len(items), tasks, minutes)


def _quotas(shares: Sequence[int], number: int) -> list[int]:
    """Split a number by shares; what is left goes to the largest remainders."""
    exact = [share * number / sum(shares) for share in shares]
    found = [int(own) for own in exact]
    by_rest = sorted(range(len(shares)), key=lambda place: found[place] - exact[place])
    for place in by_rest[: number - sum(found)]:
        found[place] += 1
    return found


def _mixed(fitting: Iterable[Question], draw: Random) -> list[Question]:
    """Return questions by chance: a template and a question of the bank in turn."""
    own = [*fitting]
    lists = ([q for q in own if bool(q.template) is made] for made in (True, False))
    turns = zip_longest(*(draw.sample(each, len(each)) for each in lists))
    return [question for turn in turns for question in turn if question is not None]


def drill(about: str, seed: int, number: int = DRILL) -> Form:
    """Make a drill about a topic, a wrong belief, a lesson or a template.

    Raises
    ------
    ExerciseError
        It is none of these.

    Examples
    --------
    >>> drill("M12", seed=1, number=2).title
    'Drill about M12, number 1'
    """
    kinds: dict[str, list[Question]] = defaultdict(list)
    for own in questions():
        for name in filter(None, (topic_of(own.lesson), own.lesson, own.template, *own.beliefs)):
            kinds[name].append(own)
    draw = Random(f"drill {about} {seed}")
    fitting = _mixed(find_named("topic, belief, lesson or template", about, dict(kinds)), draw)
    items: dict[str, Item] = {}
    for place in range(MOST_TRIED * number):
        if len(items) < CHOICES * number:
            item = fitting[place % len(fitting)].item(draw)
            texts = sorted(option.text for option in item.options)
            items.setdefault(str((item.question, item.facts, item.prompts, texts)), item)
    by_difficulty = tuple(sorted(items.values(), key=difficulty))
    length = min(number, len(by_difficulty))
    return Form(
        f"drill {about}", seed, f"Drill about {about}, number {seed}", by_difficulty, length
    )


def placement(seed: int) -> Form:
    """Make a placement test: two questions about each stage of the course, in its order."""
    draw, items = Random(f"placement {seed}"), []
    for lessons in STAGES:
        own = [each for each in questions() if each.lesson in lessons and each.form == CHOICE]
        items += [each.item(draw) for each in _mixed(own, draw)[: PLACEMENT // len(STAGES)]]
    return Form("placement", seed, f"Placement test {seed}", tuple(items), len(items))


def form_of(name: str, seed: int) -> Form:
    """Make a form by its name: an exam, ``"placement"``, or ``"drill M12"``."""
    if name == "placement":
        return placement(seed)
    return (
        drill(name.removeprefix("drill "), seed) if name.startswith("drill ") else form(name, seed)
    )


def difficulty(item: Item) -> int:
    """Estimate how difficult an item is, from 1: by its level, and by what there is to read.

    Each policy, every third statement, every second wrong belief that it tells apart, and a form
    other than one of four count one, and a higher level counts two.
    """
    statements = sum(fact.count("\n") for fact in item.facts)
    beliefs = {MUTANTS[name].belief for name in item.tested}
    level = LEVELS.index(item.tags["level"])
    parts = len(item.facts), statements // 3, len(beliefs) // 2, item.form != CHOICE
    return 1 + 2 * level + sum(parts)
