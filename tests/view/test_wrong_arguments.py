"""Figures say what they draw to whoever hands them something else."""

import pytest

import iamlab.view
from iamlab import Policy, World
from iamlab.errors import RequestError
from iamlab.teach.scenarios import MAP, scenario

WANTED = {
    "access_matrix": r"world\.access",
    "attachment_graph": "an account, world, user, role or group",
    "calibration": r"[Aa]nswer",
    "credential_lifetimes": "a world, an account or a user",
    "difference_bars": "two access matrices",
    "exam_table": "a list of Topic",
    "growth": "a list of numbers|a whole number",
    "organization_tree": "an organization",
    "reach_graph": r"world\.reach",
    "report_table": "a credential report",
    "score_bars": "right answers and all answers|Scores must be a dict",
    "sequence": "a timeline",
    "session_timeline": "a timeline",
    "trust_graph": "a world",
    "two_account_map": "a decision",
}
"""Function -> what it says that it wants."""

PAIRS = {"confused_deputy": "a decision", "matrix_difference": "an access matrix"}
"""Likewise, of those that take two of them."""

WRONG = (None, 7, 1.5, "text", b"text", [None], {"a": object()}, object(), Policy.allow("s3:*"))


def kind(value):
    """Name a test by its argument's type: an object's ``repr`` differs from process to process."""
    return type(value).__name__


@pytest.mark.parametrize("value", WRONG, ids=kind)
def test_a_wrong_argument_raises_an_error_that_says_what_is_wanted(value):
    """It isn't an error from somewhere inside."""
    for name, wanted in WANTED.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(value)
    for name, wanted in PAIRS.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(value, value)


DECISION = {
    "access_graph": r"world\.can",
    "ladder": r"world\.can",
    "two_doors": r"world\.can",
    "request_sentence": "neither a request nor a decision",
}
"""What draws one decision, or its request."""

POLICY = {
    "condition_tree": "a decision, or a policy or statement and a request",
    "funnel": r"Policy\.parse",
    "policy_card": r"Policy\.parse",
}
"""What draws a policy."""


@pytest.mark.parametrize("value", WRONG, ids=kind)
def test_the_error_says_how_to_get_a_decision(value):
    """A world isn't a decision either."""
    for name, wanted in DECISION.items():
        for wrong in (value, World()):
            with pytest.raises(RequestError, match=wanted):
                getattr(iamlab.view, name)(wrong)


@pytest.mark.parametrize("value", [*WRONG[:-1], World()], ids=kind)
def test_the_error_says_how_to_make_a_policy(value):
    """A document isn't a policy: it isn't parsed yet."""
    for name, wanted in POLICY.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(value)


def test_conditions_want_a_request_beside_the_policy():
    """The error says how to pass it."""
    for request in (None, "alice", {}):
        with pytest.raises(RequestError, match=r"condition_tree\(policy, Request"):
            iamlab.view.condition_tree(WRONG[-1], request)


@pytest.mark.parametrize("value", WRONG, ids=kind)
def test_the_error_asks_for_a_world(value):
    """A policy isn't a world."""
    for name in ("permission_sets", "two_layers"):
        with pytest.raises(RequestError, match="a world"):
            getattr(iamlab.view, name)(value, "alice", "s3:GetObject", "*")


@pytest.mark.parametrize(
    "value", [value for value in WRONG if not isinstance(value, str)], ids=kind
)
def test_a_type_of_policy_and_a_file_are_text(value):
    """A number, a list or a policy is neither."""
    with pytest.raises(RequestError, match="policy_type must be text"):
        iamlab.view.policy_card(WRONG[-1], policy_type=value)
    with pytest.raises(RequestError, match=r"the path of a file|can be saved as"):
        iamlab.view.door().save(value)


@pytest.mark.parametrize("value", [7, "acme", [None], object(), Policy.allow("s3:*")], ids=kind)
def test_where_names_are_looked_up_is_a_world(value):
    """The error names the argument."""
    world = scenario("groups")
    matrix, decision = (
        world.access_matrix(["s3:GetObject"], [MAP]),
        world.can(world.user("dana"), "s3:GetObject", MAP),
    )
    values = {
        "access_matrix": (matrix,),
        "matrix_difference": (matrix, matrix),
        "difference_bars": (matrix, matrix),
        "sequence": (world.events,),
        "two_account_map": (decision,),
        "confused_deputy": (decision, decision),
    }
    for name, drawn in values.items():
        with pytest.raises(RequestError, match=rf"{name}\(world=...\) needs a world"):
            getattr(iamlab.view, name)(*drawn, world=value)


def test_what_people_are_called_is_text():
    """The error names the argument."""
    world = scenario("groups")
    decision = world.can(world.user("dana"), "s3:GetObject", MAP)
    for name in ("customer", "attacker"):
        for value in (5, None, b"acme", ["acme"]):
            with pytest.raises(RequestError, match=rf"confused_deputy\({name}=...\) must be text"):
                iamlab.view.confused_deputy(decision, decision, **{name: value})


def test_a_report_is_judged_at_a_moment_and_by_thresholds():
    """A number isn't a moment; a moment without a time zone is in UTC."""
    report = scenario("groups").account("acme-main").credential_report()
    for value in (7, "2026-11-25", True):
        with pytest.raises(RequestError, match=r"now=...\) must be a datetime"):
            iamlab.view.report_table(report, now=value)
        with pytest.raises(RequestError, match=r"must be Thresholds\("):
            iamlab.view.report_table(report, thresholds=value)
    with pytest.raises(RequestError, match="must be a datetime"):
        iamlab.view.report_table(report, now=0)


@pytest.mark.parametrize("value", WRONG, ids=kind)
def test_a_table_of_verdicts_says_what_it_wants(value):
    """A world, a list of principals and a list of pairs; text isn't a list."""
    world, pairs = scenario("groups"), [("s3:GetObject", MAP)]
    with pytest.raises(RequestError, match="verdict_table needs a world"):
        iamlab.view.verdict_table(value, ["dana"], pairs)
    for wrong in ([value], [(value,)], [("s3:GetObject", value)] * (not isinstance(value, str))):
        if wrong:
            with pytest.raises(RequestError, match="a list of pairs of action and resource"):
                iamlab.view.verdict_table(world, ["dana"], wrong)
    with pytest.raises(RequestError, match="caller"):
        iamlab.view.verdict_table(world, [value], pairs)
    if not isinstance(value, list | dict):
        with pytest.raises(RequestError, match="a list of principals"):
            iamlab.view.verdict_table(world, value, pairs)
        with pytest.raises(RequestError, match="a list of pairs of action and resource"):
            iamlab.view.verdict_table(world, ["dana"], value)


def test_a_table_of_verdicts_takes_whatever_gives_callers_and_pairs():
    """A generator is read only once."""
    world = scenario("groups")
    alice = world.user("alice").arn
    callers, pairs = [world.user("dana"), alice], [["s3:GetObject", MAP]]
    found = iamlab.view.verdict_table(world, iter(callers), iter(pairs))

    assert [len(row) for row in found.decisions] == [1, 1]
    assert (found.rows, found.columns) == (
        ("dana", alice),
        ("s3:GetObject on star-maps/m31.fits",),
    )


def test_every_figure_is_asked_here():
    """A new figure must have a test here; ``signed_request`` and ``value_sets`` have their own."""
    functions = {name for name in iamlab.view.__all__ if name[0].islower()}
    others = {"permission_sets", "two_layers", "door", "show", "verdict_table"}
    others |= {"signed_request", "value_sets"}

    assert functions == {*WANTED, *PAIRS, *DECISION, *POLICY, *others}
