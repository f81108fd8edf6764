"""Students have variants of equal difficulty, and their right answers differ."""

import json
from collections import Counter
from functools import cache
from itertools import permutations

import pytest

from iamlab.errors import ExerciseError
from iamlab.teach import lesson_check
from iamlab.teach.explain import Explain
from iamlab.teach.lesson import DEMO, VARIANTS, own_lessons
from iamlab.teach.lesson_check import LessonCheck
from iamlab.teach.tables import find

LESSONS = {number: own for number, own in own_lessons().items() if number <= "19"}
VARYING = [
    exercise
    for own in LESSONS.values()
    for exercise, table in own.exercises.items()
    if "variants" in table
]
STUDENTS = range(101, 101 + VARIANTS)
MANY = (*STUDENTS, *range(1001, 1151))
"""200 seeds: those of all students, and more."""

OTHER_JOBS = {"18.5", "18.6", "19.10"}
"""Their variants are other tasks: attack and defence of lesson 18 are six jobs, and each review of
19.10 is another change."""

MOST_STATEMENTS_APART = 1
"""The worlds of two variants differ by so many statements at most."""

each_lesson = pytest.mark.parametrize("number", LESSONS)
each_exercise = pytest.mark.parametrize("number", VARYING)


def _variant(number, seed):
    return LESSONS[number.partition(".")[0].zfill(2)].exercise(number, seed)[0]


def _one_of_each(number, seeds=STUDENTS):
    """The course's seed, and a seed of each other variant."""
    return {_variant(number, seed): seed for seed in (*seeds, DEMO)}


def _statements(world):
    """How many statements all policies of a world have."""
    policies = [world.to_account_details(), world.to_resource_policies()]
    return json.dumps(policies, default=str).count('"Effect"')


def _difficulty(task):
    """What the variants of an exercise have in common."""
    world = task.world()
    found = {
        "kind": type(task).__name__,
        "beliefs": Counter(wrong.belief for wrong in task.known_wrong),
        "answer": len(task.submitted(task.solution_answer(), world)),
        "sets": len(getattr(task, "judged", lambda _: ())(world)),
    }
    for decision in getattr(task, "decisions", lambda _: ())(world):
        layers = sum(step.found.present for step in decision.trace.steps)
        found.setdefault("verdicts", Counter())[str(decision.verdict)] += 1
        found["layers"] = max(layers, found.get("layers", 0))
    return found


def _assert_equal(number, seeds):
    """Each of the seeds has an exercise that is as difficult as that of the course's seed."""
    demo = find(number)
    wanted, statements = _difficulty(demo), _statements(demo.world())
    for seed in seeds:
        task = find(number, seed)
        assert _difficulty(task) == wanted, (seed, _variant(number, seed))
        assert abs(_statements(task.world()) - statements) <= MOST_STATEMENTS_APART, seed
        assert task.mark(task.solution_answer()).correct, seed


@pytest.mark.parametrize("number", [own for own in VARYING if own not in OTHER_JOBS])
def test_each_variant_is_as_difficult_as_the_course_s_exercise(number):
    """The same kind, verdicts, layers, beliefs of wrong answers, and size of the world."""
    _assert_equal(number, _one_of_each(number).values())


@pytest.mark.slow
@pytest.mark.parametrize("number", [own for own in VARYING if own not in OTHER_JOBS])
def test_no_student_has_a_more_difficult_exercise(number):
    """For 200 seeds: those with the same variant and names differ only in the order of requests."""
    own = LESSONS[number.partition(".")[0].zfill(2)]
    kinds = {(_variant(number, seed), *own.names(seed).values()): seed for seed in MANY}
    _assert_equal(number, {*kinds.values(), *MANY[::50]})


@each_exercise
def test_every_student_s_variant_exists_and_each_variant_has_students(number):
    """So no variant is data that nobody sees."""
    own = LESSONS[number.partition(".")[0].zfill(2)]

    assert {*_one_of_each(number)} == {*own.exercises[number]["variants"]}


@pytest.mark.parametrize("number", [own for own in VARYING if own not in {"12.8", *OTHER_JOBS}])
def test_the_right_answer_of_one_variant_is_wrong_for_another(number):
    """For at least three variants; in 12.8, two requests have only two orders."""
    seeds = _one_of_each(number).values()
    answers = {_answer(number, seed) for seed in seeds}

    assert len(seeds) >= 3
    assert len(answers) == len(seeds)


@each_exercise
def test_a_known_wrong_answer_keeps_its_belief_and_its_hint_in_each_variant(number):
    """It is wrong there, too, and no other wrong answer is the same."""
    for seed in _one_of_each(number).values():
        task = find(number, seed)
        answers = [wrong.answer(task.world()) for wrong in task.known_wrong]
        for wrong, answer in zip(task.known_wrong, answers, strict=True):
            mark = task.mark(answer)
            assert (mark.correct, mark.belief, mark.hint) == (False, wrong.belief, wrong.hint)
        data = [json.dumps(task.data(own, task.world()), default=str) for own in answers]
        assert len({*data}) == len(data)


@pytest.mark.slow
@each_lesson
def test_no_sentence_answers_a_student_s_prediction(number, monkeypatch):
    """``check_lesson`` reads the course's cards; here it reads those of each variant."""
    own = LESSONS[number]
    seeds = {
        seed
        for exercise in own.exercises
        if exercise in VARYING
        for seed in _one_of_each(exercise).values()
    } - {DEMO}
    for seed in seeds or {STUDENTS[0]}:
        monkeypatch.setattr(lesson_check, "find", lambda number, seed=seed: find(number, seed))
        assert list(LessonCheck(own)._predictions()) == []


@cache
def _answer(number, seed):
    """The right answer, in the order of the card."""
    task = find(number, seed)
    return json.dumps(task.submitted(task.solution_answer(), task.world()), default=str)


def _is_core(task):
    return not (task.exit or task.title.startswith("More"))


@pytest.mark.slow
@each_lesson
def test_a_core_exercise_has_three_right_answers(number):
    """Among half of the seeds of students."""
    core = [own for own in LESSONS[number].exercises if _is_core(find(own))]
    few = (own for own in core if own in VARYING or own == "19.4")  # 19.4: another object

    assert any(len({_answer(own, seed) for seed in STUDENTS[::2]}) >= 3 for own in few)


def _table(number):
    return LESSONS[number.partition(".")[0].zfill(2)].exercises[number]


COPIED = 0.4
"""The largest share of pairs in which a copied lesson is all right."""


def _is_right_for(number, seed, other):
    """Whether another student's answer is right, too."""
    task = find(number, seed)
    if _answer(number, seed) == _answer(number, other):
        return True
    if not isinstance(task, Explain):  # of two statements, both can be nearest
        return False
    try:
        return task.mark(json.loads(_answer(number, other))).correct
    except ExerciseError:
        return False


@pytest.mark.slow
@each_lesson
def test_a_copied_lesson_is_wrong_for_most_students(number):
    """At most two pairs in five can copy all answers of a lesson and have them all right.

    The pairs are those of 25 students: 600 in all.
    Only exercises with one right answer count: verdicts, explanations, sets and variants. An answer
    with other names, such as a policy, may be right for another student.
    """
    alike = [
        exercise
        for exercise in LESSONS[number].exercises
        if _table(exercise).get("kind") in ("predict", "explain", "collect") or exercise in VARYING
    ]
    pairs = list(permutations(STUDENTS[:25], 2))
    copied = sum(
        all(_is_right_for(exercise, seed, other) for exercise in alike) for seed, other in pairs
    )

    assert copied / len(pairs) <= COPIED
