"""The class at a glance: what each learner can do, and what to teach again tomorrow.

``reports.html`` has the texts of the report, and ``page.html`` is the page around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from itertools import chain, groupby, product
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from iamlab import view
from iamlab.classroom.course import Course, read_course
from iamlab.classroom.learners import Learner, Objective, belief_bars, heat_map, pseudonyms, sign
from iamlab.classroom.marking import mark_all
from iamlab.classroom.submissions import read_submissions
from iamlab.display import printable
from iamlab.errors import RequestError
from iamlab.exam.item_html import whole_table
from iamlab.exam.report import exercises_about
from iamlab.model.strict_json import replace_file
from iamlab.teach import course as progress
from iamlab.teach.exercises import Feedback
from iamlab.teach.lesson import lesson_of, lessons, own_lessons, seed_of
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.view.cards.card import boxed
from iamlab.view.cells import Link
from iamlab.view.style import bad, good, silent
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.classroom.marking import Marked
    from iamlab.view.figure import Figure

ROWS, COLUMNS = 34, 12
"""The most learners and objectives in one heat map, which fills a printed page."""
FEWEST, IN_HALF, OTHERS, NEARLY = 10, 4, 3, 90
"""An exercise is judged if so many learners tried it, and compared if both halves have so many, who
tried so many other exercises; and the percentage of nearly everybody."""
EASY, HARD, FLAT = map(bad, ("nearly all right", "nearly none right", "weaker half as good"))
FINE, TOO_FEW, NO_HALVES = good("fine"), silent("too few", "–"), silent("halves too small", "–")


@dataclass(frozen=True)
class ClassReport:
    """What the submissions of a class show: tables, figures, and a page to print.

    Parameters
    ----------
    title
        The course's title.
    learners
        All learners, in the order of their names.
    files
        What is wrong with files; an anonymous report shows only how many there are.
    anonymous
        Whether learners have pseudonyms.
    """

    title: str
    learners: Sequence[Learner] = field(repr=False)
    files: Table = field(default=Table.of("Files", "file, problem", ()), repr=False)
    anonymous: bool = False

    def goals(self) -> list[Objective]:
        """The objectives of each lesson in which somebody has tried an exercise."""
        tried = {lesson_of(number).number for own in self.learners for number, *_ in own.attempts}
        known = [(number, lessons()[number].objectives) for number in sorted(tried)]
        return [Objective(n, text, tuple(own)) for n, each in known for text, own in each.items()]

    def objectives(self) -> Table:
        """How many exercises of each objective the class has right, and how many it has tried."""
        rows = [(*own, *own.result(self.learners)) for own in self.goals()]
        return Table.of("Objectives", "lesson, objective, exercises, right, tried, of", rows)

    def results(self) -> Table:
        """How many exercises of each objective each learner has right and has tried."""
        columns, every = "learner, lesson, objective, exercises, right, tried, of", self.learners
        rows = [(own.name, *goal, *goal.result([own])) for own in every for goal in self.goals()]
        return Table.of("Learners by objectives", columns, rows)

    def heat_maps(self) -> list[Figure]:
        """Learners by objectives, in as many pictures as they need."""
        every, last = self.goals(), {"whole class": self.learners}
        goals = [every[n : n + COLUMNS] for n in range(0, len(every), COLUMNS)]
        groups = [self.learners[n : n + ROWS] for n in range(0, len(self.learners), ROWS)]
        rows = [{own.name: [own] for own in group} | last for group in groups]
        return [heat_map(*own) for own in product(goals, rows)]

    def misconceptions(self) -> Table:
        """Who showed each wrong belief, and which lessons treat it: teach these again."""
        rows = []
        for belief, known in MISCONCEPTIONS.items():
            if names := [own.name for own in self.learners if belief in own.beliefs]:
                claim = "; or ".join(own.claim for own in known.mutants)
                truth = " ".join(own.truth for own in known.mutants)
                titles = [f"{own} {lessons()[own].title}" for own in known.lessons]
                rows.append((claim, len(names), titles, exercises_about(belief), truth, names))
        columns = "answers as if, learners, lessons, exercises, what AWS does, who"
        rows.sort(key=lambda own: own[1], reverse=True)
        return Table.of("Wrong beliefs", columns, rows)

    def bars(self) -> Figure:
        """How many learners showed each wrong belief."""
        of = sum(bool(own.marks) for own in self.learners)
        return belief_bars(self.misconceptions().rows, of)

    def calibration(self) -> Figure:
        """How often first answers are right, by how sure learners were of them."""
        found = (progress.Progress(progress.Course(own.records)).answers for own in self.learners)
        return view.calibration(chain.from_iterable(found))

    def exercises(self) -> Table:
        """The share of learners who were right at first, of all and of both halves."""
        firsts = [{n: ok for n, ok, _ in reversed(own.attempts)} for own in self.learners]
        numbers = chain.from_iterable(own.exercises for own in lessons().values())
        rows = [_item(own, firsts) for own in numbers if any(own in first for first in firsts)]
        columns = "exercise, title, learners, right %, stronger half %, weaker half %, state"
        rows.sort(key=lambda own: own[-1].symbol != FLAT.symbol)
        return Table.of("Exercises", columns, rows)

    def stuck(self) -> Table:
        """Who has many wrong attempts since the last right one, at which exercise, since when."""
        rows, size = [], 10 if self.anonymous else 16  # a whole time leads to somebody's log
        for own in self.learners:
            if wrong := own.stuck():
                number, _, last = wrong[-1]
                title, hints = lesson_of(number).exercises[number]["title"], own.marks[number].hints
                since = wrong[0][-1][:size]
                rows.append((own.name, number, title, len(wrong), hints, since, last[:size]))
        columns = "learner, exercise, title, wrong attempts, hints, since, last"
        return Table.of("Stuck", columns, rows)

    def answers(self) -> list[Feedback]:
        """The feedback on each exercise of each learner."""
        return [_feedback(mark) for own in self.learners for mark in own.marks.values()]

    def repeat(self) -> Table:
        """The wrong beliefs as a learner reads about them."""
        return self.misconceptions().only("answers as if", "what AWS does", "lessons", "exercises")

    def html(self, template: str = "reports") -> str:
        """Return a template with the properties that it names, as HTML."""
        text = Path(__file__).with_name(f"{template}.html").read_text("utf-8")
        return re.sub(r"{{(\w+)}}", lambda found: _shown(getattr(self, found[1])), text)

    def _repr_html_(self) -> str:
        return boxed(self.html())

    def save(self, file: str | Path, *, force: bool = False) -> Path:
        """Write the report as an HTML page that needs no network; only you can read the file.

        Parameters
        ----------
        file
            Its name, or a folder.
        force
            Whether to overwrite a file that is there.

        Raises
        ------
        RequestError
            The file exists.
        """
        path = Path(file) if Path(file).suffix else Path(file, "report.html")
        return write_page(path, f"{self.title or 'iamlab'}: class report", self.html(), force=force)


def report(
    folder: str | Path, course: Course | str | Path | None = None, *, anonymous: bool = False
) -> ClassReport:
    """Show what the submissions of a class say: what to teach again, and who needs help.

    Parameters
    ----------
    folder
        The submissions: progress files or notebooks, in any folders and archives.
    course
        A course, or its folder. Without it, all lessons count, and each answer is checked in the
        world of its learner only.
    anonymous
        Whether learners have pseudonyms.

    Raises
    ------
    LoadError
        There is no such folder, or the course's folder isn't right.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "ana.txt").write_text("Hello", "utf-8")
    ...     print(report(folder).files)
    Files
    file     problem
    ───────  ──────────────────────────────────────────────────────
    ana.txt  it isn't a progress file, a notebook or a ZIP archive.
    """
    # Without a key there are no hidden worlds.
    known = course or Course(Path(), "", b"", [*own_lessons()], dict.fromkeys(own_lessons()), {})
    known = known if isinstance(known, Course) else read_course(known)
    submissions, faults = read_submissions(folder, known)
    records = {own.student: own.records for own in submissions}
    by_student = groupby(mark_all(submissions, known), key=lambda own: own.student)
    marks = {student: {own.exercise: own for own in each} for student, each in by_student}
    names = {own: own for own in records} | {s.id: s.name or s.id for s in known.roster.values()}
    every = [*names.values()]
    shown = {a: printable(n if every.count(n) == 1 else f"{n} ({a})") for a, n in names.items()}
    files = [(printable(own.file), printable(own.what)) for own in faults]
    if anonymous:
        shown, files = pseudonyms(names, known.key), [("a file", "not shown")] * len(files)
    order = sorted(shown.items(), key=lambda own: own[1].casefold())
    learners = [Learner(own, n, marks.get(own, {}), records.get(own, ())) for own, n in order]
    return ClassReport(known.title, learners, Table.of("Files", "file, problem", files), anonymous)


def _item(number: str, firsts: Sequence[Mapping[str, bool]]) -> tuple[Any, ...]:
    """Return the statistics of an exercise, from the first attempts of each learner."""
    tried = [(own[number], [own[n] for n in own if n != number]) for own in firsts if number in own]
    scored = sorted((mean(rest), right) for right, rest in tried if len(rest) >= OTHERS)
    order, half = [right for _, right in scored], len(scored) // 2
    share, look = round(100 * mean(right for right, _ in tried)), TOO_FEW
    above = below = None
    if len(tried) >= FEWEST:
        look = EASY if share >= NEARLY else HARD if share <= 100 - NEARLY else NO_HALVES
        if half >= IN_HALF:
            above, below = round(100 * mean(order[-half:])), round(100 * mean(order[:half]))
            look = look if look != NO_HALVES else FINE if above > below else FLAT
    title = lesson_of(number).exercises[number]["title"]
    return number, title, len(tried), share, above, below, look


def _shown(part: Any) -> str:
    """Return tables, with all of their rows, or figures as HTML."""
    part = part() if callable(part) else part
    if isinstance(part, Table):
        return whole_table(part) if part.rows else "<p>none</p>"
    return "".join(own._repr_html_() for own in (part if isinstance(part, list) else [part]))


def write_page(path: Path, title: str, inside: str, *, force: bool = False) -> Path:
    """Write a page that needs no network, and that only its owner can read.

    Raises
    ------
    RequestError
        The file exists.
    """
    if path.exists() and not force:
        raise RequestError(f"{path} exists already. Add --force to overwrite it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    page, parts = Path(__file__).with_name("page.html"), {"title": escape(title), "inside": inside}
    text = re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], page.read_text("utf-8"))
    replace_file(path, [text], private=True)
    return path


# -- feedback -------------------------------------------------------------------------------------


def write_feedback(
    folder: str | Path, course: Course | str | Path | None, out: str | Path, *, force: bool = False
) -> list[Path]:
    """Write a page for each student who handed in answers, and an index for the teacher.

    Only you can read the files. The index has everybody's results: don't give it away.

    Parameters
    ----------
    folder
        The submissions, as for ``report``.
    course
        The course, or its folder.
    out
        Where to write the pages.
    force
        Whether to write into a folder that isn't empty.

    Raises
    ------
    RequestError
        There is no course, or the folder isn't empty.
    LoadError
        There is no such folder of submissions, or the course's folder isn't right.

    Examples
    --------
    >>> write_feedback("no such folder", "no course", "feedback")
    Traceback (most recent call last):
    iamlab.errors.LoadError: no course/course.key can't be read: No such file or ...
    """
    if course is None:
        raise RequestError("Name the course's folder: --course COURSE")
    known = course if isinstance(course, Course) else read_course(course)
    home, rows = Path(out), list[Any]()
    if home.exists() and any(home.iterdir()) and not force:
        raise RequestError(f"{home} isn't empty. Add --force to write into it.")
    for own in report(folder, known).learners:
        alone, marks, name = ClassReport(known.title, [own]), own.marks.values(), ""
        if marks:
            start = re.sub("[^a-z0-9]+", "-", own.id.lower())[:40]
            name = f"{start}-{sign(own.id, known.key)}.html"
            write_page(home / name, f"Feedback for {own.name}", alone.html("feedback"), force=force)
        right, late = sum(mark.correct for mark in marks), sum(mark.late for mark in marks)
        claims = "\n".join(str(claim) for claim, *_ in alone.misconceptions().rows)
        rows.append((Link(own.name, name), right, len(marks), late, claims))
    index = whole_table(Table.of("Students", "student, right, of, late, answers as if", rows))
    first = write_page(home / "for_the_teacher.html", "For the teacher", index, force=force)
    return [first, *(home / link.address for link, *_ in rows if link.address)]


def _feedback(mark: Marked) -> Feedback:
    """Return the feedback on an exercise, with its counterexample if it isn't right."""
    number, seed, lesson = mark.exercise, seed_of(mark.student), lesson_of(mark.exercise)
    title = f"{number} {lesson.exercises[number]['title']}"
    why = " ".join(lesson.named(lesson.exercise(number, seed)[1]["why"], seed).split())
    text = mark.counterexample if mark.attempts else "– Not tried."
    texts = title, why if mark.correct else text, "It came after the date." * mark.late
    return Feedback(mark.correct if mark.attempts else None, tuple(filter(None, texts)))
