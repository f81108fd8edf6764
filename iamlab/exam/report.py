"""The report of a finished exam: scores, the beliefs that wrong answers fit, what to repeat."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from iamlab import view
from iamlab.errors import ExerciseError
from iamlab.exam.forms import PLACEMENT, topic_of
from iamlab.exam.item_html import STYLE, html_page, options, question, result, whole_table, why
from iamlab.model.strict_json import replace_file
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS
from iamlab.view.cards.card import boxed, items
from iamlab.view.tables import Table
from iamlab.view.tabular.reports import Topic, exam_table
from iamlab.widgets.controls import fold

if TYPE_CHECKING:
    import pandas as pd

    from iamlab.exam.items import Item
    from iamlab.exam.sitting import Exam, Reply
    from iamlab.view.figure import Figure

LIKELY = 0.5
"""A belief is named if at least this share of the answers that test it fit it."""
MOST_EXERCISES = 2
"""So many exercises are named for a belief."""
COLUMNS = "question, task, topic, level, result, answer, right answer, sure, seconds, repeat"
PASS_MARK = "That mark is for the whole exam, and it isn't a percentage of right answers."


class Fit(NamedTuple):
    """How many answers fit a wrong belief, of those that test it."""

    name: str
    fits: int
    of: int

    def __str__(self) -> str:
        own, share = MUTANTS[self.name], f"{self.fits} of {self.of}"
        return f'as if {own.claim}: {share} (to practise: exam("drill {own.belief}"))'


class Report:
    """What an exam shows.

    Parameters
    ----------
    sitting
        A finished exam.

    Examples
    --------
    >>> from iamlab.exam.forms import form
    >>> from iamlab.exam.sitting import Answer, Exam
    >>> sitting = Exam(form("clf", seed=5, number=4))
    >>> sitting.answers = [Answer(item.key, confidence="certain") for item in sitting.items]
    >>> Report(sitting).score
    (4, 4)
    """

    def __init__(self, sitting: Exam) -> None:
        self.form, self.replies = sitting.form, sitting.replies

    @property
    def items(self) -> list[Item]:
        """The items that were asked; each has its ``world``, ``decision`` and ``picture``."""
        return [own.item for own in self.replies]

    @property
    def score(self) -> tuple[int, int]:
        """The number of right answers, and of questions."""
        return sum(own.right for own in self.replies), len(self.replies)

    @cached_property
    def beliefs(self) -> list[Fit]:
        """The wrong beliefs that the answers fit, those with most answers first."""
        tested = Counter(name for own in self.replies for name in own.item.tested)
        fits = Counter(name for own in self.replies for name in _fitting(own))
        found = (Fit(name, number, tested[name]) for name, number in fits.items())
        likely = (own for own in found if own.fits >= LIKELY * own.of)
        return sorted(likely, key=lambda own: (-own.fits, own.of, own.name))

    @property
    def by_task(self) -> Table:
        """The score of each task of the exam."""
        plan, rows = self.form.blueprint, []
        for task in plan.tasks if plan else ():
            own = [
                each.right for each in self.replies if self.form.tasks[each.place] == task.number
            ]
            rows += [(task.number, task.title, sum(own), len(own))] * bool(own)
        return Table.of("Score by exam task", "task, title, right, of", rows)

    @cached_property
    def topics(self) -> list[Topic]:
        """The score of each topic, the belief behind most wrong answers, and what to repeat."""
        topics = [topic_of(own.item.tags["lesson"]) for own in self.replies]
        likely, found = {own.name for own in self.beliefs}, []
        for name in dict.fromkeys(topics):
            every = [own for own, topic in zip(self.replies, topics, strict=True) if topic == name]
            wrong = [own for own in every if not own.right]
            fits = Counter(belief for own in wrong for belief in _fitting(own) if belief in likely)
            belief = MUTANTS[fits.most_common(1)[0][0]].claim if fits else ""
            again = dict.fromkeys(exercise for own in wrong for exercise in _repeat(own))
            found.append(Topic(name, len(every) - len(wrong), len(every), belief, tuple(again)))
        return found

    @property
    def start(self) -> str:
        """The lesson to start with: the one after the last right answer before two wrong ones.

        If no two answers after each other are wrong, the first wrong one counts.
        """
        wrong = [own.number for own in self.replies if not own.right]
        both = [number for number in wrong if number + 1 in wrong]
        end = [*both, *wrong, len(self.replies) + 1][0]
        known = [own.item.tags["lesson"] for own in self.replies if own.right and own.number < end]
        return next(own for own in own_lessons() if own > max(known, default=""))

    @property
    def calibration(self) -> Figure:
        """How often answers are right, by how sure you were."""
        sure = (own for own in self.replies if own.answer.confidence)
        return view.calibration((own.answer.confidence, own.right) for own in sure)

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
        rows = []
        for own in self.replies:
            item, answer = own.item, own.answer
            task = self.form.tasks[own.place] if self.form.tasks else None
            about = own.number, task, topic_of(item.tags["lesson"]), item.tags["level"], own.look
            letters = item.lettered(answer.chosen), item.lettered(item.key)
            again = None if own.right else ", ".join(_repeat(own))
            rows.append((*about, *letters, answer.confidence or None, answer.seconds, again))
        return Table.of("Questions", COLUMNS, rows)

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
        if self.form.name == PLACEMENT:
            title = own_lessons()[self.start].title
            found.append(f"Start with lesson {self.start}, {title}.")
        return tuple(found)

    def __str__(self) -> str:
        table = str(exam_table(self.topics, pass_mark=self.pass_mark))
        fits = (f"You answered {own}." for own in self.beliefs)
        return "\n".join([self.form.title, *self.lines, "", table, "", *fits])

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
        head = f"{STYLE}<h3>{escape(self.form.title)}</h3>"
        parts = [head, self.summary(), whole_table(self.table)]
        for own in self.replies:
            title, (above, asks) = f"Question {own.number}: {own.look}", question(own.item)
            inside = f"{asks}{options(own.item, own.answer.chosen, marked=True)}"
            inside = f'{above}<form><fieldset disabled class="item">{inside}</fieldset></form>'
            inside += f"<p><strong>{result(own.item, own.answer.chosen)}</strong></p>"
            inside += why(own.item, own.answer.chosen, is_open=True)
            parts.append(fold(title, inside) if folded else f"<h4>{escape(title)}</h4>{inside}")
        return "".join(parts)

    def summary(self) -> str:
        """Return the content without the questions: scores, beliefs and calibration."""
        topics = exam_table(self.topics, pass_mark=self.pass_mark)
        tables = "".join(whole_table(own) for own in (topics, self.by_task) if own.rows)
        parts = [items(self.lines), tables, self.figure._repr_html_()]
        if self.beliefs:
            parts.append(f"<p>You answered</p>{items([str(own) for own in self.beliefs])}")
        if any(own.answer.confidence for own in self.replies):
            parts.append(self.calibration._repr_html_())
        return "".join(parts)

    def save(self, path: str | Path) -> None:
        """Write the report as an HTML page, which a browser can print, or as a PDF.

        Raises
        ------
        ExerciseError
            The name ends with neither ``.html`` nor ``.pdf``.
        """
        kind, title = Path(path).suffix, self.form.title
        if kind not in (".html", ".pdf"):
            raise ExerciseError(f"{path} must end with .html or .pdf.")
        content = html_page(title, self.html()) if kind == ".html" else self._pdf()
        replace_file(Path(path), [content], private=True)

    def _pdf(self) -> bytes:
        from iamlab.exam.exports.entries import Entry
        from iamlab.exam.exports.paper import HEADING, TEXT, TITLE, drawn, question_lines

        texts = list(self.lines)
        for topic in self.topics:
            again = f" Repeat {', '.join(topic.again)}." if topic.again else ""
            texts.append(f"{topic.name}: {topic.right} of {topic.of} right.{again}")
        texts += [f"You answered {own}." for own in self.beliefs]
        lines = [(TITLE, self.form.title), *((TEXT, text) for text in texts)]
        for own in self.replies:
            item, answer = own.item, own.answer
            how = ", ".join(filter(None, (answer.confidence, f"{answer.seconds:g} seconds")))
            lines.append((HEADING, f"Question {own.number}: {own.look} ({how})"))
            lines += question_lines(Entry(own.number, "", item))
            chosen = f"Your answer: {item.lettered(answer.chosen) or 'none'}."
            lines += [(TEXT, text) for text in (chosen, *item.marked(answer.chosen).paragraphs)]
        return drawn(lines, self.form.title)


def _fitting(reply: Reply) -> list[str]:
    """Return the names of all wrong beliefs that an answer fits."""
    return [name for name, is_so in reply.item.fits(reply.answer.chosen).items() if is_so]


def _repeat(reply: Reply) -> tuple[str, ...]:
    """Return the exercises to repeat after a wrong answer, or else the lesson."""
    tags, fitting = reply.item.tags, reply.item.fitting(reply.answer.chosen)
    beliefs = [own.belief for own in fitting] or tags.get("beliefs", "").split()
    found = dict.fromkeys(own for belief in beliefs for own in exercises_about(belief))
    return tuple(found)[:MOST_EXERCISES] or (f"lesson {tags['lesson']}",)


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
