"""Forms: the shares of the tasks, no question twice, drills that adapt, and where to begin."""

from collections import Counter

import pytest

from iamlab.errors import ExerciseError
from iamlab.exam import exam_paths
from iamlab.exam.forms import (
    DRILL,
    MINUTES,
    PLACEMENT,
    QUESTIONS,
    SEEDS,
    STAGES,
    TOPICS,
    blueprints,
    difficulty,
    drill,
    form,
    form_of,
    placement,
    questions,
    topic_of,
)
from iamlab.exam.items import MATCH, ORDER
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS

EXAMS = [*blueprints()]
each_exam = pytest.mark.parametrize("name", EXAMS)


def test_the_six_exams_have_their_codes_and_pass_marks():
    """As the exam guides have them."""
    assert {own.exam: own.pass_mark for own in blueprints().values()} == {
        "CLF-C02": 700,
        "SAA-C03": 720,
        "DVA-C02": 720,
        "SOA-C03": 720,
        "SCS-C03": 750,
        "SAP-C02": 750,
    }
    assert (QUESTIONS, MINUTES, SEEDS) == (20, 35, 1_000)


@each_exam
def test_a_form_has_the_shares_of_the_tasks_and_no_question_twice(name):
    """20 questions of the exam's levels and forms; those that the engine makes and others."""
    plan, made = blueprints()[name], form(name, 7)
    shares = Counter(made.tasks)

    assert sum(own.share for own in plan.tasks) == 100
    assert len(made.items) == len(made.tasks) == made.length == QUESTIONS
    assert made.minutes == MINUTES
    assert len({own.tags.get("template") or own.question for own in made.items}) == QUESTIONS
    assert {own.tags["level"] for own in made.items} <= {*plan.levels}
    assert {own.form for own in made.items} <= {*plan.forms}
    for task in plan.tasks:
        assert abs(shares[task.number] - task.share * QUESTIONS / 100) <= 4
    assert any("template" in own.tags for own in made.items)


def test_the_specialty_has_orders_and_matches():
    """As SCS-C03 has, and the other exams don't."""
    forms = Counter(item.form for seed in range(3) for item in form("scs", seed).items)

    assert forms[ORDER] + forms[MATCH] >= 3


def test_the_same_name_and_seed_make_the_same_form():
    """And another seed another one."""
    first, again, other = (form("saa", seed, 5) for seed in (5, 5, 6))

    assert [*map(str, first.items)] == [*map(str, again.items)]
    assert [*map(str, first.items)] != [*map(str, other.items)]


def test_a_drill_gets_harder_after_two_right_answers_and_easier_after_a_wrong_one():
    """Its items are in the order of their difficulty."""
    made = drill("Boundaries and organizations", 1)
    levels = [difficulty(own) for own in made.items]
    right, wrong = (made.order([own] * (DRILL - 1)) for own in (True, False))

    assert levels == sorted(levels)
    assert made.length == DRILL < len(made.items)
    assert made.order([]) == right[:1] == wrong[:1]
    assert max(wrong[1:5]) <= wrong[0] < right[4]
    assert right[-1] > right[0] > min(wrong)
    assert len({*right}) == len({*wrong}) == DRILL
    assert made.order([True, True, False])[:3] == made.order([True, True])


@pytest.mark.parametrize("about", ["M12", "11", *TOPICS])
def test_a_drill_is_about_a_belief_a_lesson_or_a_topic(about):
    """And about nothing else."""
    made = drill(about, 2, 3)

    assert made.length == 3
    for item in made.items:
        lesson, beliefs = item.tags["lesson"], item.tags.get("beliefs", "").split()
        assert about in (topic_of(lesson), lesson, *beliefs)


def test_every_belief_has_a_drill():
    """At least one question for each."""
    assert {name for own in questions() for name in own.beliefs} == {*MISCONCEPTIONS}


def test_the_placement_test_goes_through_the_course():
    """Two questions about each stage, in the order of the lessons."""
    made = placement(3)
    stages = [
        next(n for n, own in enumerate(STAGES) if item.tags["lesson"] in own) for item in made.items
    ]

    assert len(made.items) == PLACEMENT
    assert stages == sorted([*range(len(STAGES))] * 2)


def test_each_lesson_has_a_topic():
    """But the exam itself."""
    assert {*own_lessons()} - {"21"} == {own for lessons in TOPICS.values() for own in lessons}


def test_the_paths_name_lessons_points_and_what_is_missing():
    """For each exam."""
    rows = exam_paths().rows

    assert [row[0] for row in rows] == [own.exam for own in blueprints().values()]
    assert all(len(str(row[-1])) > 40 for row in rows)
    assert all("20" in str(row[3]) or "04" in str(row[3]) for row in rows)


@pytest.mark.parametrize("name", ["saaa", "drill M99", "drills"])
def test_a_form_that_does_not_exist_is_refused(name):
    """With the nearest name."""
    with pytest.raises(ExerciseError, match="There is no"):
        form_of(name, 1)
