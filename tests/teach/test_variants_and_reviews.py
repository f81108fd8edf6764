"""Variants of an exercise, paths that must be closed, and reviews of changes."""

import re
from pathlib import Path

import pytest

from iamlab.errors import ExerciseError
from iamlab.teach import again, lesson, start
from iamlab.teach.cards import input_for
from iamlab.teach.checks import NO_REQUEST
from iamlab.teach.lesson import open_lesson
from iamlab.teach.tables import find

PAGE = Path(__file__).parents[2] / "docs" / "lesson-format.md"
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
NOTE = "arn:aws:s3:::star-maps/notes/m31.fits"


@pytest.fixture(autouse=True)
def _examples(tmp_path, monkeypatch):
    """The examples of the page about the format, as a lesson."""
    monkeypatch.setattr(lesson, "_opened", {})
    path = tmp_path / "x1_format.toml"
    path.write_text("\n".join(BLOCKS), "utf-8")
    open_lesson(path)


def test_everybody_without_a_seed_has_the_first_variant():
    """Other seeds get others, and the same seed always the same one."""
    names = {seed: find("x1.11", seed).world_name for seed in (7, *range(20))}

    assert names[7] == "x1/attach"
    assert set(names.values()) == {"x1/attach", "x1/new-key"}
    assert find("x1.11", 3).world_name == names[3]


def test_practising_again_shows_one_variant_after_the_other():
    """The first new world has the second variant."""
    worlds = [find("x1.11", seed).world_name for seed in (-1, -2, -3)]

    assert worlds == ["x1/new-key", "x1/attach", "x1/new-key"]
    assert again("x1.11").task.world_name == "x1/new-key"


def test_a_mistake_in_a_variant_is_found_in_its_line(tmp_path):
    """A mistake in a key that all variants have, too."""
    text = "\n".join(BLOCKS).replace("x1", "x2")
    for old, new in (
        ('UserName=bob PolicyName=new-key",', 'UserName=eve PolicyName=new-key",'),
        ('no_path = "bob admin"', 'no_pat = "bob admin"'),
    ):
        file = tmp_path / "x2_format.toml"
        file.write_text(text.replace(old, new, 1), "utf-8")
        open_lesson(file)
        line = 1 + file.read_text("utf-8").splitlines().index(
            next(own for own in file.read_text("utf-8").splitlines() if new in own)
        )
        with pytest.raises(ExerciseError, match=f"x2_format.toml, line {line}: "):
            find("x2.11", -1)
        lesson._opened.clear()


def test_a_repair_that_leaves_a_path_fails():
    """The requests of the target are as wanted, but Bob can still attach a policy to himself."""
    task = find("x1.11")
    mark = task.mark([])

    assert not mark.correct
    assert "bob can still become admin, in 1 step" in mark.counterexample
    assert "iam:AttachUserPolicy UserName=bob PolicyArn=" in mark.counterexample


def test_a_repair_by_another_way_that_closes_the_path_passes():
    """Any right answer does: a permissions boundary instead of a deletion."""
    world = start("x1.11")
    world.user("bob").delete_policy("attach-self")

    assert find("x1.11").mark(world).correct


def test_a_review_finds_only_what_the_change_adds():
    """Not what was allowed before, what it is for, or what is denied."""
    task = find("x1.12")

    assert task.right_answer(task.world()) == ["alice", "s3:DeleteObject", NOTE]
    for answer, text in (
        (("alice", "s3:GetObject", NOTE), "The change is for this request."),
        (("bob", "s3:GetObject", NOTE), "It was so before the change, too."),
        (("bob", "s3:DeleteObject", NOTE), "must be allowed"),
        ([], "The change allows more than it is for: 1 request here."),
    ):
        assert text in task.mark(answer).counterexample


def test_a_card_offers_to_accept_a_change():
    """Ticking the box empties the lists, and choosing in a list unticks it."""
    own = input_for(find("x1.12"))
    own.set("caller", "bob")
    own.set("accept", True)

    assert NO_REQUEST in own.controls()["request"]
    assert own.read() == []

    own.set("caller", "alice")
    assert own.state.values == ("alice", "", "")

    own.restore([])
    assert own.accepts


def test_only_a_review_can_be_accepted():
    """Another witness needs a request."""
    with pytest.raises(ExerciseError, match="needs"):
        find("x1.5").mark([])
    assert "accept" not in str(input_for(find("x1.5")).controls())


WITH_A_LOG = """
title = "A log"
[world.log]
log = true
users = "bob"
roles = "job"
buckets = "star-maps"
bob.access_keys = 1
bob.maps = '''
allow Read   s3:GetObject    star-maps/*
allow Delete s3:DeleteObject star-maps/*'''
job.trust = "allow - sts:AssumeRole to bob"
job.write = "allow Write s3:PutObject star-maps/*"
sessions.night = {assume_role = "job", by = "bob"}
calls = [
    {Operation = "s3:GetObject", Resource = "star-maps/m31.fits", by = "bob/key-1"},
    {Operation = "s3:PutObject", Resource = "star-maps/m", by = "night", at = 2030-01-02T02:00:00Z},
    {Operation = "s3:DeleteObject", Resource = "star-maps/m31.fits", by = "night", refused = true},
]
[x3.1]
kind = "collect"
world = "log"
title = "Unused"
prompt = "Which statements does the log show no use of?"
collect = "unused_statements bob"
nudge = "Read the events of Bob."
why = "What nobody used can go."
wrong = ["maps/Read | - | Look at the first event."]
"""


def test_a_world_can_keep_the_events_of_its_calls(tmp_path):
    """Calls of a session, too, and of a call that is refused."""
    file = tmp_path / "x3_log.toml"
    file.write_text(WITH_A_LOG, "utf-8")
    world = open_lesson(file).world("log")
    names = [(own.event_name, own.error_code) for own in world.events if "Object" in own.event_name]

    assert names == [("GetObject", ""), ("PutObject", ""), ("DeleteObject", "AccessDenied")]
    assert find("x3.1").right_answer(world) == {"maps/Delete"}

    file.write_text(WITH_A_LOG.replace(", refused = true", ""), "utf-8")
    with pytest.raises(ExerciseError, match=r"line 18: .*not authorized"):
        open_lesson(file).world("log")
