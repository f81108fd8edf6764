"""Forms: the shares of the tasks, no question twice, drills that adapt, and where to begin."""

from collections import Counter
from itertools import pairwise

import pytest

from iamlab.errors import ExerciseError
from iamlab.exam import exam_paths
from iamlab.exam.forms import (
    DRILL,
    MINUTES,
    QUESTIONS,
    SEEDS,
    STAGES,
    TOPICS,
    blueprints,
    difficulty,
    form,
    form_name,
    questions,
    topic_of,
)
from iamlab.exam.items import CHOICE, MATCH, ORDER, SEVERAL
from iamlab.tables import tables
from iamlab.teach import course
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
    made = form("drill Boundaries and organizations", 1)
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
    made = form(f"drill {about}", 2, 3)

    assert made.length == 3
    for item in made.items:
        lesson, beliefs = item.tags["lesson"], item.tags.get("beliefs", "").split()
        assert about in (topic_of(lesson), lesson, *beliefs)


def test_every_belief_has_a_drill():
    """At least one question for each."""
    assert {name for own in questions() for name in own.beliefs} == {*MISCONCEPTIONS}


def test_the_placement_test_goes_through_the_course():
    """A question about each stage, in the order of the lessons; another test has others."""
    first, second = form("placement", 3), form("placement", 4)
    shared = {*map(str, first.items)} & {*map(str, second.items)}

    assert first.length == len(STAGES) == 12
    for item, lessons in zip(first.items, STAGES, strict=True):
        assert item.tags["lesson"] in lessons
    assert len(shared) <= 3


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_of_the_placement_test_has_at_least_six_questions(stage):
    """So that two tests differ."""
    assert sum(own.lesson in stage and own.form in (CHOICE, SEVERAL) for own in questions()) >= 6


def test_each_lesson_has_a_topic():
    """But the exam itself."""
    assert {*own_lessons()} - {"21"} == {own for lessons in TOPICS.values() for own in lessons}


def test_the_paths_name_lessons_points_and_what_is_missing():
    """For each exam."""
    rows = exam_paths().rows

    assert [row[0] for row in rows] == [own.exam for own in blueprints().values()]
    assert all(len(str(row[-1])) > 40 for row in rows)
    assert all("20" in str(row[3]) or "04" in str(row[3]) for row in rows)


def test_a_path_begins_with_the_first_lessons_and_has_one_for_each_task():
    """In the order of the course; the map of the course has the same paths, and lesson 21."""
    for plan in blueprints().values():
        assert plan.lessons == sorted({*plan.lessons} & own_lessons().keys())
        assert plan.lessons[:5] == ["00", "01", "02", "03", "04"]
        assert all(not own.lessons or own.lessons & {*plan.lessons} for own in plan.tasks)
    goals = tables(course.__file__)["paths"]
    for name in ("clf", "saa", "scs"):
        plan = blueprints()[name]
        assert goals[f"Exam AWS Certified {plan.name}"].split() == [*plan.lessons, "21"]


@each_exam
def test_two_forms_that_follow_each_other_share_no_question_of_the_bank(name):
    """The next form has others."""
    found = [
        {own.question for own in form(name, seed).items if "template" not in own.tags}
        for seed in (1, 2, 3)
    ]

    assert all(found)
    assert all(first.isdisjoint(second) for first, second in pairwise(found))


@each_exam
def test_the_engine_makes_at_least_half_of_a_form(name):
    """The others are of the knowledge bank."""
    for seed in (1, 2):
        made = sum("template" in own.tags for own in form(name, seed).items)

        assert QUESTIONS // 2 <= made < QUESTIONS


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("SAA", "saa"), ("SAA-C03", "saa"), ("saa-c03", "saa"), (" Scs ", "scs")),
        *(("Placement", "placement"), ("drill m12", "drill M12"), ("DRILL  M12", "drill M12")),
        *(("drill 8", "drill 08"), ("drill 08", "drill 08"), ("drill 11", "drill 11")),
        ("drill access by tags", "drill Access by tags"),
        ("drill Boundary_is_in_the_way", "drill boundary_is_in_the_way"),
    ],
)
def test_a_form_can_be_named_in_any_case_with_the_code_or_a_number(name, meant):
    """A form has the name that is meant, which the progress file keeps."""
    assert form_name(name) == form_name(meant) == meant


def test_a_form_has_the_name_that_is_meant():
    """However it was asked for."""
    assert form("SAA-C03", 2, 2).name == "saa"
    assert form("drill 8", 2, 2).name == "drill 08"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        *(("saaa", "saa"), ("SAA-C02", "saa"), ("drill M99", "drill M"), ("drill 22", "drill M22")),
        *(("drill roles", "drill Roles and sessions"), ("placemnt", "placement")),
    ],
)
def test_a_form_that_does_not_exist_is_refused(name, near):
    """With the nearest name, and all names."""
    with pytest.raises(ExerciseError) as error:
        form_name(name)
    text = str(error.value)

    assert text.startswith(f"There is no form {name!r}. Did you mean {near}")
    assert all(f" {own}" in text for own in (*EXAMS, "placement"))
    assert '"drill M12", "drill 8", "drill Access by tags"' in text


def test_a_name_that_is_like_no_other_gets_the_list():
    """Nothing is guessed."""
    with pytest.raises(ExerciseError, match=r"There is no form 'xyz'. Exams: clf, "):
        form("xyz", 1)
