"""A student has a seed of their own, which everybody can compute."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.teach.lesson import DEMO, VARIANTS, seed_of
from iamlab.teach.tables import find
from tests.effort import later

SHOWN = """
import json
from iamlab.teach import check, journal
from iamlab.teach.lesson import SEED
from iamlab.teach.tables import find
check("0.1", find("0.1").solution_answer())
print(json.dumps([SEED, [str(own) for own in find("0.1").questions], journal.records()]))
"""


def as_student(folder, **names):
    """Return the seed, the requests of exercise 0.1 and the records of somebody."""
    own = {key: text for key, text in os.environ.items() if key not in NAMES}
    own |= {"IAMLAB_PROGRESS": str(folder / "progress.jsonl"), **names}
    command = [sys.executable, "-c", SHOWN]
    run = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


NAMES = ("IAMLAB_STUDENT", "JUPYTERHUB_USER")


@pytest.mark.parametrize(
    ("names", "student"),
    [
        ({}, ""),
        later({"JUPYTERHUB_USER": "anna"}, "anna"),
        ({"IAMLAB_STUDENT": "ben", "JUPYTERHUB_USER": "anna"}, "ben"),
        later({"IAMLAB_STUDENT": "", "JUPYTERHUB_USER": "anna"}, "anna"),
    ],
    ids=["nobody", "hub", "both", "empty"],
)
def test_the_environment_names_the_student(tmp_path, names, student):
    """IAMLAB_STUDENT comes first, then JUPYTERHUB_USER; without both it is the course's seed."""
    seed, _, (record,) = as_student(tmp_path, **names)

    assert seed == seed_of(student)
    assert record["seed"] == seed
    assert record.get("student", "") == student
    assert record["correct"]


def test_two_students_have_two_variants():
    """Their first exercise has the same requests in another order."""
    first, second = ([*map(str, find("0.1", seed_of(name)).questions)] for name in ("anna", "ben"))

    assert first != second
    assert sorted(first) == sorted(second)


@given(st.text())
def test_a_seed_is_the_courses_or_one_of_fifty(student):
    """Blanks around a name and capital letters don't matter; nobody gets the course's seed."""
    seed = seed_of(student)

    assert seed == DEMO if not student.strip() else 101 <= seed < 101 + VARIANTS
    assert seed == seed_of(f" {student}\n")


def test_a_class_gets_many_variants():
    """Of thirty students, no variant has more than five."""
    seeds = [seed_of(f"student{number:02}@example.org") for number in range(30)]

    assert len({*seeds}) >= 20
    assert max(map(seeds.count, seeds)) <= 5
