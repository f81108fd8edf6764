"""Write what the lessons' files know into the pages for instructors, docs/instructors/.

Run ``python scripts/make_instructor_pages.py`` after a change of a lesson, or on a new page that
has only the two comments. The rest of a page is written by hand and stays. A test fails if a page
isn't up to date.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab import teach, view
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.teach.lesson import Lesson

ROOT = Path(__file__).parents[1]
PAGES, NOTEBOOKS = ROOT / "docs" / "instructors", ROOT / "notebooks"
BEGIN = "<!-- From the lesson: scripts/make_instructor_pages.py writes this part. -->"
END = "<!-- End of the lesson's part. -->"
EVERYWHERE = {
    *("after", "check", "exercise", "hint", "predict", "progress", "refused", "reveal"),
    *("scenario", "solution", "start", "warm_up"),
}
"""Names of ``iamlab.teach`` that are part of nearly every lesson."""
METHODS = {
    *("blast_radius", "credential_report", "last_accessed", "least_privilege", "outside_access"),
    *("reach", "security_recommendations", "walk_through", "who_can"),
}
"""Methods that show a table or a figure, and aren't names of ``iamlab.view``."""
LONGEST = 80
"""The most characters of a wrong answer that a row shows."""


class Cell(NamedTuple):
    """A cell with code, and the title of its section."""

    section: str
    code: str


class Wrong(NamedTuple):
    """A known wrong answer; without a text it is that of somebody with the belief."""

    exercise: str
    answer: str
    belief: str
    hint: str


def page(number: str) -> Path:
    """Return the path of a lesson's page: it is named as the notebook."""
    return PAGES / f"{own_lessons()[number].file.stem}.md"


def updated(number: str, text: str) -> str:
    """Return the text of a lesson's page with the part that the lesson writes."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{part(number)}\n\n{END}{after}"


@cache
def part(number: str) -> str:
    """Return the part of a page that is written from the lesson."""
    own = own_lessons()[number]
    parts = _head(own), *map("\n".join, (_objectives(own), _exercises(own)))
    others = (_beliefs(own), _wrong_answers(own), _variants(own))
    return "\n\n".join(filter(None, [*parts, *map("\n".join, others)]))


# -- the notebook --------------------------------------------------------------------------------


@cache
def cells(number: str) -> list[dict[str, Any]]:
    """Return the cells of a lesson's notebook."""
    file = NOTEBOOKS / f"{own_lessons()[number].file.stem}.ipynb"
    return list(json.loads(file.read_text("utf-8"))["cells"])


def headings(number: str) -> list[tuple[int, str]]:
    """Return the headings of a lesson's notebook with their levels, without their stars."""
    texts = ("".join(own["source"]) for own in cells(number) if own["cell_type"] == "markdown")
    found = (match for text in texts for match in re.findall(r"^(#+) (.+)", text, re.MULTILINE))
    return [(len(hashes), _plain(title)) for hashes, title in found]


def _plain(title: str) -> str:
    """Return a title without the stars for difficulty."""
    return re.sub(" ?★+", "", title).strip()


def _code(number: str) -> Iterator[Cell]:
    """Yield the cells with code, each with the section that it is in."""
    section = ""
    for own in cells(number):
        text = "".join(own["source"])
        if own["cell_type"] == "markdown":
            titles = re.findall(r"^## (.+)", text, re.MULTILINE)
            section = _plain(titles[-1]) if titles else section
        else:
            yield Cell(section, text)


def _names(code: str) -> Iterator[str]:
    """Yield each figure and each instrument that a cell shows."""
    known = {*view.__all__, *teach.__all__, *METHODS} - EVERYWHERE
    for node in ast.walk(ast.parse(re.sub(r"(?m)^\s*[%!].*", "", code))):
        name = getattr(node, "id", "") or getattr(node, "attr", "")
        if name in known:
            yield name


# -- the parts -----------------------------------------------------------------------------------


def _head(own: Lesson) -> str:
    """Return the time, the lessons before, the exam tasks, and what the notebook shows."""
    minutes = re.search(r"\*(\d+ minutes[^·*]*)", "".join(cells(own.number)[0]["source"]))
    time = minutes[1].strip() if minutes else f"{own.content['minutes']} minutes"
    link = f"[notebook](../../notebooks/{own.file.stem}.ipynb)"
    before = ", ".join(own.content.get("prerequisites", "").split()) or "none"
    lines = [f"{time}, {link}. Lessons before: {before}. Exam tasks: {', '.join(own.exam)}."]
    shown: dict[str, list[str]] = defaultdict(list)
    for cell in _code(own.number):
        for name in _names(cell.code):
            shown[name] += [cell.section] if cell.section not in shown[name] else []
    pieces = [f"`{name}` ({'; '.join(filter(None, found))})" for name, found in shown.items()]
    if pieces:
        lines.append(f"Figures and instruments, with their sections: {', '.join(pieces)}.")
    return "\n\n".join(lines)


def _objectives(own: Lesson) -> Iterator[str]:
    if own.objectives:
        yield "| objective | exercises |\n|---|---|"
    for text, numbers in own.objectives.items():
        yield f"| {_escaped(text)} | {', '.join(numbers)} |"


def _exercises(own: Lesson) -> Iterator[str]:
    if own.exercises:
        yield "| exercise | title | kind | part of the lesson |\n|---|---|---|---|"
    sections = {
        number: cell.section
        for cell in _code(own.number)
        for number in re.findall(r"\bexercise\(\"([\d.]+)\"", cell.code)
    }
    for number, table in own.exercises.items():
        more = "more" if sections[number].startswith("More") else "core"
        place = "exit ticket" if table.get("exit") else more
        yield f"| {number} | {_escaped(table['title'])} | {table['kind']} | {place} |"


def _beliefs(own: Lesson) -> Iterator[str]:
    wrong = [*_wrong(own)]
    if found := beliefs(own.number):
        yield "| belief | as if | in AWS | exercises |\n|---|---|---|---|"
    for belief in found:
        mutants = MISCONCEPTIONS[belief].mutants
        claims, truths = ("; ".join(text) for text in zip(*map(_words, mutants), strict=True))
        numbers = dict.fromkeys(known.exercise for known in wrong if known.belief == belief)
        numbers |= dict.fromkeys(
            number
            for number, table in own.exercises.items()
            if belief in {mutant.belief for mutant in mutants if mutant.name == table.get("mutant")}
        )
        places = ", ".join(sorted(numbers, key=[*own.exercises].index))
        yield f"| {belief} | {_escaped(claims)} | {_escaped(truths)} | {places} |"


def _words(mutant: Any) -> tuple[str, str]:
    return mutant.claim, mutant.truth


def beliefs(number: str) -> list[str]:
    """Return the beliefs of a lesson; those of its wrong answers if the course lists none."""
    found = [belief for belief, own in MISCONCEPTIONS.items() if number in own.lessons]
    met = sorted({known.belief for known in _wrong(own_lessons()[number])} - {""})
    return found or met


def _wrong(own: Lesson) -> Iterator[Wrong]:
    """Yield the known wrong answers of the exercises and their variants."""
    for number, table in own.exercises.items():
        for variant in table, *table.get("variants", {}).values():
            for text in variant.get("wrong", ()):
                *answer, belief, hint = (" ".join(text.split()) for text in text.rsplit("|", 2))
                known = MUTANTS.get(belief)
                belief = known.belief if known else belief.strip("-")
                yield Wrong(number, *map(own.named, (" ".join(answer), belief, hint)))


def _wrong_answers(own: Lesson) -> Iterator[str]:
    rows = [*_wrong(own)]
    if rows:
        yield f"<details>\n<summary>{len(rows)} known wrong answers, with their hints</summary>\n"
        yield (
            "A: allowed, D: denied, E: explicit deny, I: implicit deny. Without an answer: that of "
            "somebody with the\nbelief. A learner sees the hint after the second wrong answer.\n"
        )
        yield "| exercise | answer | belief | hint |\n|---|---|---|---|"
    for known in rows:
        cut = known.answer[:LONGEST] + " ..." * (len(known.answer) > LONGEST)
        shown = f"`{cut}`".replace("|", r"\|") if cut else ""
        yield f"| {known.exercise} | {shown} | {known.belief} | {_escaped(known.hint)} |"
    if rows:
        yield "\n</details>"


def _variants(own: Lesson) -> Iterator[str]:
    pieces = []
    for name, values in own.content.get("names", {}).items():
        options = values.split() if isinstance(values, str) else values
        pieces.append(f"`{name}` is {' or '.join(f'`{value}`' for value in options)}")
    for number, table in own.exercises.items():
        if "variants" in table:
            names = ", ".join(f"`{name}`" for name in table["variants"])
            pieces.append(f"exercise {number} has {len(table['variants'])} variants ({names})")
    kinds = {table["kind"] for table in own.exercises.values()} & {"predict", "explain"}
    if kinds:
        pieces.append(f"the order of the requests ({', '.join(sorted(kinds))})")
    if pieces:
        yield f"What varies by the student's seed: {'; '.join(pieces)}."


def _escaped(text: str) -> str:
    """Return a text for a cell of a table, with nothing that Markdown would read."""
    return re.sub(r"([|*<])", r"\\\1", text)


if __name__ == "__main__":
    for lesson in own_lessons():
        if (file := page(lesson)).exists():
            file.write_text(updated(lesson, file.read_text("utf-8")), "utf-8")
