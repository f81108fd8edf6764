"""docs/course.md shows the whole course, and its three tables have no gap."""

import re
from importlib import util
from pathlib import Path

import pytest

import iamlab.teach
from iamlab.tables import tables
from iamlab.teach.course import course_map
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/course.md").read_text("utf-8")
KNOWLEDGE = tables(iamlab.teach.__file__, "knowledge.toml")
MAIN = {  # the tasks of AWS's exam guides that are about IAM and STS
    *("CLF-C02 2.3", "SAA-C03 1.1", "DVA-C02 2.1", "SOA-C03 4.1"),
    *("SCS-C03 4.1", "SCS-C03 4.2", "SCS-C03 6.1", "SAP-C02 1.4"),
}
OTHERS = {  # those that are about more than this
    *("CLF-C02 2.2", "SAA-C03 1.2", "SAA-C03 1.3", "DVA-C02 2.3", "SOA-C03 4.2"),
    *("SCS-C03 2.1", "SCS-C03 2.2", "SAP-C02 1.2", "SAP-C02 2.3", "SAP-C02 3.2"),
}
LESSONS = own_lessons()


def test_the_page_of_the_course_is_up_to_date():
    """``python scripts/make_course_page.py`` writes it."""
    spec = util.spec_from_file_location("made", ROOT / "scripts/make_course_page.py")
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)

    assert made.page() == PAGE


def test_the_course_has_22_lessons_with_minutes_and_exam_tasks():
    """On the page, and on the map in the index."""
    rows = re.findall(r"^\| \[(\d\d) .* \| (\d+) \| .*\| (.+) \|$", PAGE, re.MULTILINE)
    numbers = [f"{number:02}" for number in range(22)]

    assert [number for number, *_ in rows] == numbers
    assert [own for own in course_map().lessons if own.isdecimal()] == numbers
    assert all(course_map().lessons[own].exam for own in numbers)


@pytest.mark.parametrize("number", [own for own in LESSONS if LESSONS[own].exercises])
def test_each_objective_is_tested_by_an_exercise(number):
    """Of the same lesson; three or four objectives in each lesson, or more."""
    lesson = LESSONS[number]

    assert len(lesson.objectives) >= 3
    assert all(tests and {*tests} <= {*lesson.exercises} for tests in lesson.objectives.values())


def test_each_wrong_belief_is_met_in_two_lessons_that_exist():
    """Other tests prove that the lessons' exercises and predictions meet it."""
    homes = {belief: set(own.lessons) for belief, own in MISCONCEPTIONS.items()}

    assert {belief for belief, own in homes.items() if len(own & {*LESSONS}) < 2} == set()


def test_each_point_of_knowledge_has_a_lesson():
    """And each lesson names points that there are."""
    taught = {point for own in LESSONS.values() for point in own.knowledge}

    assert taught == set(KNOWLEDGE)
    assert [*KNOWLEDGE] == [str(number) for number in range(1, 89)]


def test_each_exam_task_has_a_lesson():
    """And a lesson names tasks that there are."""
    named = {task for own in LESSONS.values() for task in own.exam}

    assert MAIN <= named <= MAIN | OTHERS
