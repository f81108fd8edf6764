"""The page about the night of the leak: its five scores, its parts, and its file."""

import pytest

from iamlab import Policy
from iamlab.errors import ExerciseError
from iamlab.exam import incident_page
from iamlab.incident import attack_steps, contain, night
from iamlab.teach import scenario
from tests.effort import slow

TEXT = "Bob's key was in a repository.\n\n<script>alert(1)</script> & more"


@pytest.fixture(scope="module")
def found():
    """A night, and its world after the right containment."""
    own = night(7)
    world = own.world.copy()
    for name in own.plan.leaves:
        contain(world, name)
    return own, world, [step for step, (is_right, _) in attack_steps(own).items() if is_right]


def test_a_containment_has_full_marks_for_safety_function_and_edits(found):
    """Excess needs a redesign, and the explanation counts missing steps."""
    _, world, steps = found
    scores = incident_page(world, world, steps[1:], TEXT).scores

    assert scores["Safety"] == (1, 2)
    assert scores["Function kept"] == (22, 22)
    assert scores["Edits"] == (3, 3)
    assert scores["Explanation"] == (len(steps) - 1, len(steps))
    assert 0 <= scores["Excess removed"][0] < scores["Excess removed"][1]


@slow
def test_who_does_nothing_has_no_points_for_safety(found):
    """And none for the explanation; wrong steps count against it."""
    own, _, steps = found
    wrong = next(step for step, (is_right, _) in attack_steps(own).items() if not is_right)
    page = incident_page(own.world, own.world, [wrong], TEXT)

    assert page.scores["Safety"] == (0, 2)
    assert page.scores["Explanation"] == (0, len(steps) + 1)
    assert "The maps can still leave" in page.html


def test_no_edit_has_no_points_for_edits_and_eradication_costs_none(found):
    """Who removes what the attacker left does more than containing, not too much."""
    own, world, steps = found
    erased = world.copy()
    for name in own.plan.erases:
        contain(erased, name)

    assert incident_page(own.world, own.world, steps, TEXT).scores["Edits"] == (0, 3)
    assert incident_page(erased, erased, steps, TEXT).scores["Edits"] == (3, 3)


@slow
def test_a_redesigned_world_has_full_marks_and_the_page_says_who_reaches_the_maps(found):
    """The director's question; what changed has only requests of the exercises' tables."""
    _, world, steps = found
    page = incident_page(world, scenario("20/redesigned"), steps, TEXT)
    changed = page.difference

    assert page.scores["Safety"] == (2, 2)
    assert page.scores["Excess removed"][0] == page.scores["Excess removed"][1]
    assert "role/deployer, role/nightly-job, user/alice, user/carol, user/erin, 222" in page.reached
    assert "222222222222:role/starsoft-reader" in page.reached.partition("star-archive,")[2]
    assert "user/bob" not in page.reached
    assert "Public: anybody may do sts:AssumeRole" in page.reached
    assert 16 <= len(changed) <= 28
    assert {row[-1] for row in changed.rows} == {"- denied now"}


def test_the_timeline_says_who_called_also_if_it_was_a_service():
    """In the night of a function, Lambda assumes its role."""
    own = night(11)
    rows = incident_page(own.world, own.world, [], TEXT, seed=11).timeline.rows

    assert "lambda.amazonaws.com" in {row[1] for row in rows}
    assert all(row[1] and row[2] for row in rows)


@slow
def test_stopping_the_nightly_job_costs_function(found):
    """The page names the requests that are denied now."""
    _, world, steps = found
    stopped = world.copy()
    stopped.role("nightly-job").put_policy("stop", Policy.deny("*"))
    page = incident_page(stopped, world, steps, TEXT)

    assert page.scores["Function kept"] == (19, 22)
    assert "role/nightly-job s3:ListBucket" in page.html


def test_the_page_is_one_file_with_all_calls_and_escaped_text(found, tmp_path):
    """Its figures have alternative texts, and it loads nothing."""
    own, world, steps = found
    incident_page(world, world, steps, TEXT).save(tmp_path / "night.html")
    html = (tmp_path / "night.html").read_text("utf-8")

    assert html.startswith("<!doctype html>")
    assert html.index(">Post-mortem") < html.index(">Who can reach") < html.index(">Marks")
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p>" in html
    assert html.count('alt="') >= 1
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert all(arn.rpartition("/")[2] in html for arn in own.goal)
    assert html.count("✕ denied") == len(own.refused)


def test_a_file_of_another_type_and_an_unknown_step_are_refused(found, tmp_path):
    """With what is there instead."""
    _, world, steps = found
    with pytest.raises(ExerciseError, match=r"must end with \.html"):
        incident_page(world, world, steps, TEXT).save(tmp_path / "night.pdf")
    with pytest.raises(ExerciseError, match="There is no step"):
        incident_page(world, world, ["02:00 nobody"], TEXT)
