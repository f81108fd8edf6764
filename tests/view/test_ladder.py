"""The decision ladder follows AWS's flow chart: who is asked, who decides, who is not asked."""

from dataclasses import replace
from functools import cache

import pytest

from iamlab import Layers, Policy, Request
from iamlab.engine.evaluate import evaluate, read
from iamlab.engine.layers import NAMES
from iamlab.engine.rules import AWS_RULES
from iamlab.teach.mutants import MUTANTS
from iamlab.view.figures.decision.ladder import KEY, ladder, rungs
from tests.view.cases import DANA, DECISIONS, EC2, MAP, OWN, SHAPES, asked
from tests.view.looking import faults

# For each case: the rungs that decide, and those that nobody asks any more. Of the flow chart in
# AWS's page "How AWS enforcement code logic evaluates requests to allow or deny access".
draw = cache(lambda case: ladder(DECISIONS[case]))

AFTER = {number: list(range(number + 1, 9)) for number in range(9)}
DECIDE = {
    "nothing": ([6], AFTER[6]),
    "identity allows": ([6], []),
    "identity is silent": ([6], AFTER[6]),
    "identity denies": ([1], AFTER[1]),
    "resource allows": ([5], AFTER[5]),
    "resource allows, boundary shut": ([5], AFTER[5]),
    "resource denies": ([1], AFTER[1]),
    "role named, session shut": ([8], []),
    "role named": ([5], []),
    "boundary shut": ([7], [8]),
    "identity is silent, boundary shut": ([6], AFTER[6]),
    "session shut": ([8], []),
    "scp shut": ([3], AFTER[3]),
    "scp denies": ([1], AFTER[1]),
    "rcp denies": ([1], AFTER[1]),
    "endpoint shut": ([4], AFTER[4]),
    "scoped": ([5], [6, 7, 8]),
    "scoped shut": ([9], [6, 7, 8]),
    "two accounts allow": ([5, 6], []),
    "two accounts, resource silent": ([5], AFTER[5]),
    "two accounts, identity silent": ([6], AFTER[6]),
    "two accounts, boundary shut": ([7], [8]),
    "trust": ([5], AFTER[5]),
    "trust of account": ([6], AFTER[6]),
    "trust of account, identity allows": ([5, 6], []),
    "no trust": ([5], AFTER[5]),
    "service": ([5], AFTER[5]),
    "key of account": ([6], AFTER[6]),
    "key of dana": ([5], AFTER[5]),
    "anonymous": ([5], AFTER[5]),
    "root": ([0], [5, 6, 7, 8]),
    "root, scp shut": ([3], AFTER[3]),
    "root assumes": ([0], AFTER[1]),
    "who am I": ([0], AFTER[0]),
    "session token": ([0], AFTER[1]),
    "refused": ([0], AFTER[1]),
}


def test_every_case_has_an_expectation():
    """The table above is complete."""
    assert DECIDE.keys() == DECISIONS.keys()


@pytest.mark.parametrize("case", DECISIONS)
def test_the_rungs_that_decide_are_those_of_the_flow_chart(case):
    """The rungs that decide, and the pale ones, which are not reached."""
    every = rungs(DECISIONS[case])

    assert [rung.rung for rung in every if rung.decides] == DECIDE[case][0]
    assert [rung.rung for rung in every if rung.is_pale] == DECIDE[case][1]


@pytest.mark.parametrize("case", DECISIONS)
def test_a_ladder_says_what_the_steps_say(case):
    """Its table has each step with symbol and reason, and its list has both in words."""
    decision = DECISIONS[case]
    figure = ladder(decision)
    rows = [row for row in figure.rows if row["rung"]]

    assert [row["rung"] for row in rows] == list(range(1, len(decision.steps) + 1))
    for row, step in zip(rows, decision.steps, strict=True):
        assert (row["layer"], row["symbol"], row["reason"]) == (
            step.layer, step.symbol, step.reason,
        )  # fmt: skip
        applying = dict.fromkeys(match.address for match in step.statements if match.applies)
        assert row["statements"] == ", ".join(applying)
        assert f"{step.symbol} {row['answer']}; {row['part']}" in figure.as_text()
        assert f"  {step.reason}" in figure.as_text().splitlines()
    assert f"{decision.verdict.symbol} {decision.verdict}" in figure.as_text()
    assert decision.nearest_miss in figure.as_text()
    assert decision.message in figure.as_text()


@pytest.mark.parametrize("case", SHAPES)
def test_nothing_on_a_ladder_is_in_the_way_of_anything(case):
    """No label overlaps, no line runs through a row, the list has every word; it fits the page."""
    figure = draw(case)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= 10


@pytest.mark.parametrize("case", DECISIONS)
def test_the_alternative_text_names_caller_verdict_and_the_deciding_rung(case):
    """The caller, the rung that decides, the reason and the verdict."""
    decision = DECISIONS[case]
    alt = ladder(decision).alt
    deciding = next(rung for rung in rungs(decision) if rung.decides)

    assert decision.request.principal.rpartition("/")[2].rpartition(":")[2] in alt
    assert deciding.reason.rstrip(".")[:40] in alt
    assert alt.endswith(f"{decision.verdict.symbol} {str(decision.verdict).capitalize()}.")
    assert f"Decided by {deciding.title}: " in alt


def test_a_policy_without_a_match_differs_from_no_policy():
    """In the words of the answer, and in the effect: a ceiling blocks, or it doesn't."""
    there = ladder(asked(Layers(identity=[OWN], boundary=EC2)))
    missing = ladder(asked(Layers(identity=[OWN])))
    answers = [
        {row["layer"]: (row["symbol"], row["answer"], row["part"]) for row in figure.rows}
        for figure in (there, missing)
    ]

    assert answers[0]["boundary"] == ("○", "does not allow", "decides")
    assert answers[1]["boundary"] == ("–", "not there", "goes on")
    assert KEY["○"] in there.as_text()
    assert KEY["○"] not in missing.as_text()
    assert KEY["–"] in missing.as_text()
    silent = {row["layer"]: row["answer"] for row in ladder(asked(Layers(identity=[EC2]))).rows}
    assert (silent["identity"], silent["resource"]) == ("does not allow", "not there")


def test_a_deny_below_counts_at_the_first_rung():
    """The layer of the Deny is shown, although it is counted at the top."""
    rows = {row["layer"]: row for row in ladder(DECISIONS["scp denies"]).rows}

    assert rows["deny"]["decides"] is True
    assert (rows["scp"]["symbol"], rows["scp"]["part"]) == ("✕", "counted at 1")
    assert rows["identity"]["part"] == "not reached"


def test_between_two_accounts_the_later_side_cannot_help_alone():
    """The resource's side doesn't allow, so an Allow of the caller's side can't help."""
    late = {row["layer"]: row["part"] for row in ladder(
        DECISIONS["two accounts, resource silent"]).rows}  # fmt: skip

    assert late["identity"] == "cannot help"


def test_a_rule_that_no_policy_makes_has_a_row_of_its_own():
    """Root users, calls that need no permission, rejected credentials: the words name the rule."""
    says = {case: next(r for r in rungs(DECISIONS[case]) if r.decides).reason for case in DECIDE}

    assert says["root"] == "A root user needs no Allow in its own account."
    assert says["root assumes"] == "A root user can't assume a role."
    assert says["who am I"] == "AWS always allows this."
    assert says["refused"].endswith("The security token is expired.")


def test_a_role_and_a_key_have_policies_with_names_of_their_own():
    """The fifth rung has the name that the lesson uses."""
    names = {case: draw(case).rows[4]["name"] for case in ("trust", "key of dana")}

    assert names == {"trust": "Role trust policy", "key of dana": "Key policy and grants"}


def test_the_nearest_miss_is_below():
    """An implicit deny names the nearest statement, and what it missed."""
    decision = asked(Layers(identity=[Policy.allow("s3:Put*", sid="Write", name="put")]))
    labels = [label.whole for label in ladder(decision).sheet.record.labels]

    assert decision.nearest_miss.startswith("Nearest statement: put/Write. Action:")
    assert decision.nearest_miss in labels
    assert DECISIONS["identity is silent"].nearest_miss == ""


def test_the_same_decision_gives_the_same_bytes():
    """Drawn twice it is the same."""
    again = asked(Layers(identity=[OWN], boundary=EC2))

    assert ladder(DECISIONS["boundary shut"]).svg() == ladder(again).svg()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_wrong_belief_has_a_ladder_too(mutant):
    """With any rules, a rung or a rule decides, and it is drawn."""
    for case in ("identity denies", "boundary shut", "scp shut", "two accounts, resource silent"):
        of = DECISIONS[case]
        figure = ladder(read(of.request, of.layers, mutant.rules))

        assert any(row["decides"] for row in figure.rows)
        assert len(figure.alt) <= 300


def test_a_default_of_allow_is_a_rule_and_not_a_rung():
    """With rules that allow by default, a rule decides."""
    from iamlab.engine.verdict import Verdict

    believed = replace(AWS_RULES, default=Verdict.ALLOWED)
    figure = ladder(read(Request(DANA, "s3:GetObject", MAP), Layers(), believed))

    assert [row["layer"] for row in figure.rows if row["decides"]] == ["rule"]


def test_long_names_and_many_statements_stay_on_the_page():
    """Sixty Denies with names of two hundred letters are in the list; the picture shortens them."""
    many = [Policy.deny("s3:*", name="<b>$x^2$\n😀" + "n" * 200, sid=f"S{i}") for i in range(60)]
    figure = ladder(evaluate(Request(DANA, "s3:GetObject", MAP + "x" * 400), Layers(many)))

    assert faults(figure) == []
    assert all(reading.address in figure.rows[0]["statements"] for reading in
               evaluate(Request(DANA, "s3:GetObject", MAP), Layers(many)).denies)  # fmt: skip
    assert MAP + "x" * 400 in figure.as_text()


def test_every_layer_has_a_rung():
    """Each type of policy has a rung."""
    layers = {row["layer"] for row in ladder(DECISIONS["scoped"]).rows}

    assert layers == {*NAMES, "deny"} - {"grant"}
