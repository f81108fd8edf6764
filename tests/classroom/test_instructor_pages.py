"""Pages for instructors: none is behind its lesson, and what they name and claim exists."""

import doctest
import re
from importlib import util
from pathlib import Path

import pytest

from iamlab.classroom import poll
from iamlab.exam.forms import subjects
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS
from tests.effort import first_now

ROOT = Path(__file__).parents[2]
HEADINGS = [
    *("A lesson of 50 minutes", "A lesson of 90 minutes"),
    *("Questions that bring out the beliefs", "Live demonstration"),
    *("Wrong answers, and what to say", "On the board", "To discuss", "What to leave out"),
    "Accessibility",
]
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def _script():
    spec = util.spec_from_file_location("made", ROOT / "scripts/make_instructor_pages.py")
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


MADE = _script()
LESSONS = own_lessons()
EXERCISES = {number for own in LESSONS.values() for number in own.exercises}
PAGES = {
    number: MADE.page(number).read_text("utf-8") for number in LESSONS if MADE.page(number).exists()
}
GUIDE = MADE.GUIDE
each_page = pytest.mark.parametrize("number", PAGES)


def _by_hand(number):
    """Return a page without the part that the lesson writes."""
    before, _, rest = PAGES[number].partition(MADE.BEGIN)
    return before + rest.partition(MADE.END)[2]


def _section(number, heading):
    """Return the text of a section."""
    return _by_hand(number).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _minutes(plan):
    """Return the minutes of the rows of a plan."""
    return [int(own) for own in re.findall(r"^\| *(\d+) *\|", plan, re.MULTILINE)]


def _without_code(text):
    return CODE.sub("", text)


# -- the lesson's part ---------------------------------------------------------------------------


def test_each_lesson_has_a_page():
    """And nothing else is in the folder than pages of lessons, and the guide."""
    assert set(LESSONS) == set(PAGES)
    assert {path.name for path in MADE.PAGES.glob("*")} <= {
        GUIDE.name,
        *(MADE.page(number).name for number in LESSONS),
    }


@each_page
def test_no_page_is_behind_its_lesson(number):
    """``python scripts/make_instructor_pages.py`` writes the lesson's part."""
    assert MADE.updated(PAGES[number], MADE.part(number)) == PAGES[number]


def test_the_guide_is_up_to_date():
    """It lists all lessons with their pages, and the paths to exams; the same script writes it."""
    text = GUIDE.read_text("utf-8")

    assert MADE.updated(text, MADE.guide_part()) == text


@pytest.mark.parametrize("number", LESSONS)
def test_the_part_has_what_the_lesson_has(number):
    """Each exercise, objective and belief is a row, and each known wrong answer."""
    own, text = LESSONS[number], MADE.part(number)
    rows = re.findall(r"^\| ([\w.]+) \|", text, re.MULTILINE)
    wrong = sum(len(own.exercise(task)[1].get("wrong", ())) for task in own.exercises)

    assert all(
        f"\n| {objective.replace('*', chr(92) + '*')} | " in text for objective in own.objectives
    )
    assert set(own.exercises) <= set(rows)
    assert set(MADE.beliefs(number)) <= set(rows)
    assert len([row for row in rows if row in own.exercises]) == len(own.exercises) + wrong
    assert f"{own.content['minutes']} minutes" in text.partition("\n")[0]


def test_the_part_is_written_between_the_comments_only():
    """What is by hand stays, before and after; an empty part is filled, and an old one replaced."""
    page = f"# 01\n\nBy hand.\n\n{MADE.BEGIN}\nold\n{MADE.END}\n\n## After\n"
    once = MADE.updated(page, "new")

    assert once.startswith("# 01\n\nBy hand.\n\n")
    assert once.endswith(f"\n\n{MADE.END}\n\n## After\n")
    assert once.count("new") == 1
    assert "old" not in once
    assert MADE.updated(once, "new") == once


# -- the part by hand ----------------------------------------------------------------------------


@each_page
def test_a_page_has_its_headings(number):
    """The lesson's title, and the same sections in the same order on each page."""
    titles = re.findall(r"^# (.+)", _without_code(PAGES[number]), re.MULTILINE)

    assert titles == [f"{number} {LESSONS[number].title}: for instructors"]
    assert re.findall(r"^## (.+)", _by_hand(number), re.MULTILINE) == HEADINGS
    assert all(_section(number, heading).strip() for heading in HEADINGS)


@each_page
@pytest.mark.parametrize("length", [50, 90])
def test_the_minutes_of_a_plan_are_those_of_its_heading(number, length):
    """Each row has a number of minutes."""
    plan = _section(number, f"A lesson of {length} minutes")

    assert "| minutes | what | how |" in plan
    assert len(_minutes(plan)) == len(re.findall(r"^\|", plan, re.MULTILINE)) - 2
    assert sum(_minutes(plan)) == length


@each_page
def test_each_belief_of_the_lesson_has_its_question(number):
    """The heading begins with its id: ``### M06: both sides must allow``."""
    section = _section(number, "Questions that bring out the beliefs")
    found = re.findall(r"^### (M\d\d): \S", section, re.MULTILINE)

    assert set(found) >= set(MADE.beliefs(number)) & {
        belief for belief, own in MISCONCEPTIONS.items() if number in own.lessons
    }
    assert len(found) == len(set(found))


@each_page
def test_exercises_and_beliefs_that_a_page_names_exist(number):
    """A number such as 8.3 is an exercise, unless it is that of an exam task."""
    text = _by_hand(number)
    words = re.sub(r"[A-Z]{3}-C0\d \d\.\d", "", _without_code(text))
    named = {*re.findall(r"(?<![\w.])\d{1,2}\.\d{1,2}(?![\w]|\.\d)", words)}
    called = {*re.findall(r"\b(?:exercise|check|hint|solution|start|find)\(\"([\d.]+)\"", text)}

    assert named | called <= EXERCISES
    assert {*re.findall(r"\bM\d\d\b", text)} <= set(MISCONCEPTIONS)


@each_page
@pytest.mark.parametrize("length", [50, 90])
def test_sections_that_a_plan_names_are_in_the_notebook(number, length):
    """They are in italics: *The request builder*. Of a title with a colon, one half is enough."""
    plan = _without_code(_section(number, f"A lesson of {length} minutes"))
    titles = [title for _, title in MADE.headings(number)]
    known = {*titles, *(half.strip() for title in titles for half in title.split(":", 1))}

    assert {*re.findall(r"(?<![*\w])\*([^*\n|]+)\*(?![*\w])", plan)} <= known


def _polls(number):
    return [*re.findall(r"classroom poll ([\w.]+)", _by_hand(number))]


@each_page
def test_subjects_of_polls_exist(number):
    """Exercises, beliefs, lessons, topics and templates; a slow test makes the polls."""
    known = {own.lower() for own in (*subjects(), *MISCONCEPTIONS, *EXERCISES)}

    assert {
        own.lower().zfill(2) if own.isdigit() else own.lower() for own in _polls(number)
    } <= known


@pytest.mark.slow
@each_page
def test_polls_of_a_page_have_a_question(number):
    """It fits on a screen."""
    assert all(poll(name, seed=seed).item for name in _polls(number) for seed in (1, 2))


@pytest.mark.parametrize("name", first_now(["guide", *PAGES]))
def test_examples_of_a_page_are_true(name, tmp_path, monkeypatch):
    """They run one after the other, as in a new notebook."""
    monkeypatch.chdir(tmp_path)
    page = PAGES.get(name) or GUIDE.read_text("utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    example = parser.get_doctest("\n".join(blocks), {}, f"page {name}", None, None)

    assert example.examples
    assert runner.run(example).failed == 0


@pytest.mark.parametrize("path", sorted(MADE.PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_links_of_a_page_lead_somewhere(path):
    """To a file of this repository, or to the web."""
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", _without_code(path.read_text("utf-8"))):
        assert link.startswith("https://") or (path.parent / link).exists(), link
