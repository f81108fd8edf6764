"""docs/lesson-format.md documents all that a lesson's file can have, and its examples work."""

import json
import re
from pathlib import Path

import pytest

from iamlab.teach import callers, edits, lesson, named, worlds
from iamlab.teach.kinds import KINDS, kind_of
from iamlab.teach.lesson_check import check_lesson
from iamlab.teach.tables import find
from tests.teach.test_gate import LESSONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lesson-format.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The examples of the page as one lesson."""
    monkeypatch.setattr(lesson, "_opened", {})
    path = tmp_path / "x1_format.toml"
    path.write_text("\n".join(BLOCKS), "utf-8")
    return path


def test_the_examples_are_a_lesson_with_all_ten_kinds(file):
    """Each can be read."""
    opened = lesson.open_lesson(file)
    tasks = [find(number) for number in opened.exercises]

    assert [kind_of(task).name for task in tasks] == [
        *("predict", "explain", "write", "repair", "witness"),
        *("collect", "order", "sequence", "design", "break"),
    ]
    assert {kind_of(task).name for task in tasks} == set(KINDS)


def test_the_examples_have_no_problem(file):
    """Each world builds, each solution passes, and each wrong answer gets its own hint."""
    cards = (f'exercise("{number}")' for number in lesson.open_lesson(file).exercises)
    code = [
        {"cell_type": "code", "source": [own]} for own in ('open_lesson("x1_format.toml")', *cards)
    ]
    prose = {"cell_type": "markdown", "source": ["A bucket policy and a prefix."]}
    file.with_suffix(".ipynb").write_text(json.dumps({"cells": [prose, *code]}), "utf-8")

    assert [str(own) for own in check_lesson(file, seeds=5)] == []


@pytest.mark.parametrize(
    "names",
    [
        *(worlds._LISTS, worlds._OF_ACCOUNT, worlds._OF_WORLD),
        *(worlds._OF_ORGANIZATION, worlds._KEYS, callers._CALLS, callers._NETWORK, edits.EDITORS),
        *(edits._OPERATIONS, named.PROPERTIES, named.COLLECTIONS, named.ORDERS, named.GOALS),
        *(lesson._SHAPE, KINDS),
    ],
    ids=lambda names: next(iter(names)),
)
def test_the_page_has_every_name(names):
    """Lists, keys, calls of sessions, edits, and what files name."""
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []


def test_each_lesson_names_the_page():
    """An author finds it from any file."""
    for path in LESSONS:
        file = lesson.FOLDER / path.with_suffix(".toml").name
        assert "docs/lesson-format.md" in file.read_text("utf-8")
