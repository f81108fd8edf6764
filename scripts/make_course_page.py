"""Write docs/course.md, the page of the whole course, from the lessons' files.

Run ``python scripts/make_course_page.py``. A test fails if the page isn't up to date.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import iamlab.teach
from iamlab.exam import exam_paths
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "course.md"
KNOWLEDGE: dict[str, str] = tables(iamlab.teach.__file__, "knowledge.toml")

HEAD = """\
# The course

{count} lessons, {hours} hours. The exam tasks are those of AWS's exam guides.

<!-- scripts/make_course_page.py writes this page from the lessons' files. -->

| lesson | minutes | do first | exam tasks |
|---|---|---|---|
"""


def page() -> str:
    """Return the text of the page."""
    rows = {}
    for number, own in own_lessons().items():
        needs = ", ".join(own.content.get("prerequisites", "").split())
        title = f"[{number} {own.title}](../notebooks/{own.file.stem}.ipynb)"
        rows[number] = [title, str(own.content["minutes"]), needs, ", ".join(own.exam)]
    hours = round(sum(int(row[1]) for row in rows.values()) / 60)
    lines = [f"| {' | '.join(rows[number])} |" for number in sorted(rows)]
    head = HEAD.format(count=len(rows), hours=hours)
    parts = *_exams(), *_objectives(), *_beliefs(), *_knowledge()
    return "\n".join([head + "\n".join(lines), *parts, ""])


def _exams() -> Iterator[str]:
    yield "\n## Paths to exams\n\nLesson 21 has practice for each; `exam(form)` takes it."
    yield "\n| exam | form | lessons, in order | points of knowledge | not in this course |"
    yield "|---|---|---|---|---|"
    for exam, name, form, lessons, points, missing in exam_paths().rows:
        yield f"| {exam} {name} | `{form}` | {lessons} | {points} | {missing} |"


def _objectives() -> Iterator[str]:
    yield "\n## What you can do afterwards\n\nThe numbers are the exercises that test it."
    for number, own in own_lessons().items():
        yield f"\n**{number} {own.title}**\n"
        yield from (f"- {text} ({', '.join(tests)})" for text, tests in own.objectives.items())


def _beliefs() -> Iterator[str]:
    yield "\n## Wrong beliefs, and where you meet them\n"
    yield "| belief | as if | lessons |\n|---|---|---|"
    for belief, own in MISCONCEPTIONS.items():
        claims = "; ".join(mutant.claim for mutant in own.mutants)
        yield f"| {belief} | {claims} | {', '.join(own.lessons)} |"


def _knowledge() -> Iterator[str]:
    yield "\n## What exams ask, and where you learn it\n"
    yield "F: foundational. A: associate. P: professional and specialty."
    yield "\n| point | level | fact | lessons |\n|---|---|---|---|"
    lessons = own_lessons()
    for point, text in KNOWLEDGE.items():
        level, _, fact = text.partition(" | ")
        homes = [number for number, own in lessons.items() if point in own.knowledge]
        yield f"| {point} | {level} | {fact} | {', '.join(homes)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
