"""The report of a finished exam: scores, the beliefs that wrong answers fit, what to repeat."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamlab import view
from iamlab.errors import ExerciseError
from iamlab.exam.forms import STAGES, topic_of
from iamlab.exam.item_html import EMPTY, html_page, options, question
from iamlab.model.strict_json import replace_file
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS
from iamlab.view.cards.card import boxed, items
from iamlab.view.html import html_table
from iamlab.view.style import bad, good, silent
from iamlab.view.tables import Table
from iamlab.view.tabular.reports import Topic, exam_table
from iamlab.widgets.controls import fold
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from iamlab.exam.items import Item
    from iamlab.exam.sitting import Exam
    from iamlab.view.figure import Figure

RIGHT, WRONG, OPEN = good("right"), bad("wrong"), silent("no answer", "–")
LIKELY = 0.5
"""A belief is named if at least this share of the answers that test it fit it."""
MOST_EXERCISES = 2
"""So many exercises are named for a belief."""
PASS_MARK = "That mark is for the whole exam, and it isn't a percentage of right answers."


class Fit(NamedTuple):
    """How many answers fit a wrong belief, of those that test it."""

    name: str
    fits: int
    of: int

    def __str__(self) -> str:
        own = MUTANTS[self.name]
        drill = f'exam("drill {own.belief}")'
        return f"as if {own.claim}: {self.fits} of {self.of} (to practise: {drill})"


class Report:
    """What an exam shows.

    Parameters
    ----------
    sitting
        A finished exam.

    Examples
    --------
    >>> from iamlab.exam.forms import form
    >>> from iamlab.exam.sitting import Exam, Given
    >>> sitting = Exam(form("clf", seed=5, number=4))
    >>> sitting.given = [Given(item.key, "certain") for item in sitting.items]
    >>> Report(sitting).score
    (4, 4)
    """

    def __init__(self, sitting: Exam) -> None:
        self.sitting, self.form = sitting, sitting.form
        self._order = sitting.order

    @property
    def items(self) -> list[Item]:
        """The items that were asked; each has its ``world``, ``decision`` and ``picture``."""
        return [self.form.items[place] for place in self._order]

    @property
    def score(self) -> tuple[int, int]:
        """The number of right answers, and of questions."""
        return sum(map(self.sitting.is_right, self._order)), len(self._order)

    @cached_property
    def beliefs(self) -> list[Fit]:
        """The wrong beliefs that the answers fit, those with most answers first."""
        tested, fits = Counter[str](), Counter[str]()
        for place in self._order:
            tested.update([*self._fits(place)])
            fits.update(self._fits(place))
        found = [Fit(name, number, tested[name]) for name, number in fits.items() if number]
        likely = (own for own in found if own.fits >= LIKELY * own.of)
        return sorted(likely, key=lambda own: (-own.fits, own.of, own.name))

    @property
    def by_task(self) -> Table:
        """The score of each task of the exam."""
        plan, scores = self.form.blueprint, defaultdict[str, list[bool]](list)
        for place in self._order if self.form.tasks else ():
            scores[self.form.tasks[place]].append(self.sitting.is_right(place))
        titles = {own.number: own.title for own in plan.tasks} if plan else {}
        rows = [(n, titles[n], sum(scores[n]), len(scores[n])) for n in titles if n in scores]
        return Table.of("Score by exam task", "task, title, right, of", rows)

    @cached_property
    def topics(self) -> list[Topic]:
        """The score of each topic, the belief behind most wrong answers, and what to repeat."""
        places: dict[str, list[int]] = defaultdict(list)
        for place in self._order:
            places[topic_of(self.form.items[place].tags["lesson"])].append(place)
        likely = {own.name for own in self.beliefs}
        found = []
        for name, own in places.items():
            wrong = [place for place in own if not self.sitting.is_right(place)]
            fitting = Counter(
                belief
                for place in wrong
                for belief, is_so in self._fits(place).items()
                if is_so and belief in likely
            )
            belief = MUTANTS[fitting.most_common(1)[0][0]].claim if fitting else ""
            again = dict.fromkeys(exercise for place in wrong for exercise in self.repeat(place))
            found.append(Topic(name, len(own) - len(wrong), len(own), belief, tuple(again)))
        return found

    def _fits(self, place: int) -> dict[str, bool]:
        return self.form.items[place].fits(self.sitting.given[place].chosen)

    def repeat(self, place: int) -> tuple[str, ...]:
        """Return the exercises to repeat after a wrong answer, or else the lesson."""
        item = self.form.items[place]
        chosen = self.sitting.given[place].chosen
        beliefs = [own.belief for own in item.fitting(chosen)] or item.tags.get(
            "beliefs", ""
        ).split()
        found = dict.fromkeys(own for belief in beliefs for own in exercises_about(belief))
        return tuple(found)[:MOST_EXERCISES] or (f"lesson {item.tags['lesson']}",)

    @property
    def start(self) -> str:
        """The lesson to start with: that of a stage in which both answers are wrong, or one."""
        wrong = [
            self.form.items[place].tags["lesson"]
            for place in self._order
            if not self.sitting.is_right(place)
        ]
        missed = [[own for own in wrong if own in stage] for stage in STAGES]
        found = [own for own in missed if len(own) > 1] or [own for own in missed if own]
        return min(found[0]) if found else "21"

    @property
    def calibration(self) -> Figure:
        """How often answers are right, by how sure you were."""
        answers = ((self.sitting.given[place], place) for place in self._order)
        pairs = ((own.confidence, self.sitting.is_right(place)) for own, place in answers)
        return view.calibration((sure, right) for sure, right in pairs if sure in CONFIDENCE)

    @property
    def figure(self) -> Figure:
        """The scores by topic as bars."""
        scores = {own.name: (own.right, own.of) for own in self.topics}
        return view.score_bars(scores, pass_mark=self.pass_mark)

    @property
    def pass_mark(self) -> float:
        """The share of right answers that passes: that of the exam's scale, or 0.7."""
        plan = self.form.blueprint
        return plan.pass_mark / 1_000 if plan else 0.7

    @property
    def table(self) -> Table:
        """A row for each question."""
        columns = (
            "question, task, topic, level, result, answer, right answer, sure, seconds, repeat"
        )
        rows = []
        for number, place in enumerate(self._order, 1):
            item, own = self.form.items[place], self.sitting.given[place]
            task = self.form.tasks[place] if self.form.tasks else None
            right = self.sitting.is_right(place)
            look = RIGHT if right else WRONG if own.chosen else OPEN
            again = None if right else ", ".join(self.repeat(place))
            about = number, task, topic_of(item.tags["lesson"]), item.tags["level"], look
            answers = item.lettered(own.chosen), item.lettered(item.key)
            rows.append((*about, *answers, own.confidence or None, own.seconds, again))
        return Table.of("Questions", columns, rows)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each question."""
        return self.table.to_frame()

    @property
    def lines(self) -> tuple[str, ...]:
        """The result in sentences."""
        right, of = self.score
        plan = self.form.blueprint
        found = [f"{right} of {of} right ({100 * right // of} %)."]
        if plan:
            found.append(f"{plan.exam} is passed with {plan.pass_mark} of 1,000. {PASS_MARK}")
            found.append(plan.note)
        if self.form.name == "placement":
            title = own_lessons()[self.start].title
            found.append(f"Start with lesson {self.start}, {title}.")
        return tuple(found)

    def __str__(self) -> str:
        fits = [f"You answered {own}." for own in self.beliefs]
        return "\n".join(
            [
                self.form.title,
                *self.lines,
                "",
                str(exam_table(self.topics, pass_mark=self.pass_mark)),
                "",
                *fits,
            ]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return boxed(self.html(folded=True))

    def html(self, *, folded: bool = False) -> str:
        """Return the content of the report.

        Parameters
        ----------
        folded
            Whether the questions are in folds; on paper, they are not.
        """
        parts = [f"<h3>{escape(self.form.title)}</h3>", self.summary(), _whole(self.table)]
        for number, place in enumerate(self._order, 1):
            right = self.sitting.is_right(place)
            title = f"Question {number}: {'✓ right' if right else '✕ wrong'}"
            inside = self._item(place)
            parts.append(fold(title, inside) if folded else f"<h4>{escape(title)}</h4>{inside}")
        return "".join(parts)

    def summary(self) -> str:
        """Return the content without the questions: scores, beliefs and calibration."""
        tables = [
            exam_table(self.topics, pass_mark=self.pass_mark),
            *([self.by_task] if self.form.tasks else []),
        ]
        whole = "".join(_whole(own) for own in tables)
        parts = [items(self.lines), whole, self.figure._repr_html_()]
        if self.beliefs:
            parts.append(f"<p>You answered</p>{items([str(own) for own in self.beliefs])}")
        if any(self.sitting.given[place].confidence for place in self._order):
            parts.append(self.calibration._repr_html_())
        return "".join(parts)

    def _item(self, place: int) -> str:
        """Write an item with its feedback."""
        item, chosen = self.form.items[place], self.sitting.given[place].chosen
        above, asks = question(item)
        shown = chosen or (EMPTY,) * len(item.key)
        answer = f"Your answer: {item.lettered(chosen) or 'none'}."
        feedback = items([answer, *item.marked(chosen).paragraphs])
        picture = item.picture._repr_html_() if item.picture else ""
        return f"{above}<p>{asks}</p>{options(item, shown, marked=True)}{feedback}{picture}"

    def save(self, path: str | Path) -> None:
        """Write the report as an HTML page, which a browser can print, or as a PDF.

        Raises
        ------
        ExerciseError
            The name ends with neither ``.html`` nor ``.pdf``.
        """
        from iamlab.exam.exports.paper import drawn

        kind, title = Path(path).suffix, self.form.title
        if kind not in (".html", ".pdf"):
            raise ExerciseError(f"{path} must end with .html or .pdf.")
        content = (
            html_page(title, self.html()) if kind == ".html" else drawn([*self._printed()], title)
        )
        replace_file(Path(path), [content], private=True)

    def _printed(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the report on paper, each with its style."""
        from iamlab.exam.exports.paper import HEADING, OPTION, TEXT, TITLE

        yield TITLE, self.form.title
        yield from ((TEXT, own) for own in self.lines)
        for own in self.topics:
            again = f" Repeat {', '.join(own.again)}." if own.again else ""
            yield TEXT, f"{own.name}: {own.right} of {own.of} right.{again}"
        yield from ((TEXT, f"You answered {own}.") for own in self.beliefs)
        for number, place in enumerate(self._order, 1):
            item, reply = self.form.items[place], self.sitting.given[place]
            marked = item.marked(reply.chosen)
            how = ", ".join(filter(None, (reply.confidence, f"{reply.seconds:g} seconds")))
            yield HEADING, f"Question {number}: {marked.state} ({how})"
            yield from ((TEXT, own) for own in (item.question, *item.facts, *item.prompts))
            yield from (
                (OPTION, item.named(n).replace(": ", "\n", 1)) for n in range(len(item.options))
            )
            yield TEXT, f"Your answer: {item.lettered(reply.chosen) or 'none'}."
            yield from ((TEXT, own) for own in marked.paragraphs)


def _whole(table: Table) -> str:
    return html_table(table.caption, table.columns, table.rows, longest=len(table))


@cache
def exercises_about(belief: str) -> tuple[str, ...]:
    """Return the exercises in which a wrong answer shows a belief, in the lessons that meet it.

    Examples
    --------
    >>> exercises_about("M12")[0].partition(".")[0]
    '11'
    """
    known = MISCONCEPTIONS[belief]
    names = "|".join((belief, *(own.name for own in known.mutants)))
    mentions, lessons = re.compile(rf"\b({names})\b"), own_lessons()
    return tuple(
        number
        for lesson in known.lessons
        if lesson in lessons
        for number, table in lessons[lesson].exercises.items()
        if mentions.search(str(table))
    )
