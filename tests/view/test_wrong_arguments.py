"""Figures say what they draw to whoever hands them something else."""

import pytest

import iamlab.view
from iamlab import Policy, World
from iamlab.errors import RequestError

WANTED = {
    "access_matrix": r"world\.access",
    "attachment_graph": "an account or a world",
    "calibration": r"[Aa]nswer",
    "credential_lifetimes": "a world, an account or a user",
    "difference_bars": "two access matrices",
    "exam_table": "a list of Topic",
    "growth": "a list of numbers|a whole number",
    "organization_tree": "an organization",
    "reach_graph": r"world\.reach",
    "report_table": "a credential report",
    "score_bars": "right and of how many|Scores are a dict",
    "sequence": "a timeline",
    "session_timeline": "a timeline",
    "trust_graph": "a world",
    "two_account_map": "a decision",
}
"""Function -> what it says that it wants."""

PAIRS = {"confused_deputy": "a decision", "matrix_difference": "an access matrix"}
"""Likewise, of those that take two of them."""

WRONG = (None, 7, 1.5, "text", b"text", [None], {"a": object()}, object(), Policy.allow("s3:*"))


def kind(given):
    """Name a test by its argument's type: an object's ``repr`` differs from process to process."""
    return type(given).__name__


@pytest.mark.parametrize("given", WRONG, ids=kind)
def test_a_wrong_argument_is_told_what_is_wanted(given):
    """In words, and not by whatever breaks first inside."""
    for name, wanted in WANTED.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(given)
    for name, wanted in PAIRS.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(given, given)


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


@pytest.mark.parametrize("given", WRONG, ids=kind)
def test_what_is_no_decision_is_told_how_to_get_one(given):
    """A world, which knows decisions, is none either."""
    for name, wanted in DECISION.items():
        for wrong in (given, World()):
            with pytest.raises(RequestError, match=wanted):
                getattr(iamlab.view, name)(wrong)


@pytest.mark.parametrize("given", [*WRONG[:-1], World()], ids=kind)
def test_what_is_no_policy_is_told_how_to_make_one(given):
    """A document is none: it is not read yet."""
    for name, wanted in POLICY.items():
        with pytest.raises(RequestError, match=wanted):
            getattr(iamlab.view, name)(given)


def test_conditions_want_a_request_beside_the_policy():
    """The error says how it is given."""
    for request in (None, "alice", {}):
        with pytest.raises(RequestError, match=r"condition_tree\(policy, Request"):
            iamlab.view.condition_tree(WRONG[-1], request)


@pytest.mark.parametrize("given", WRONG, ids=kind)
def test_what_is_no_world_cannot_be_asked(given):
    """Nor is a policy asked for what it allows."""
    for name in ("permission_sets", "two_layers"):
        with pytest.raises(RequestError, match="a world"):
            getattr(iamlab.view, name)(given, "alice", "s3:GetObject", "*")


@pytest.mark.parametrize(
    "given", [given for given in WRONG if not isinstance(given, str)], ids=kind
)
def test_what_is_no_text_is_no_type_of_policy_and_no_file(given):
    """A number, a list or a policy is neither."""
    with pytest.raises(RequestError, match="policy_type is text"):
        iamlab.view.policy_card(WRONG[-1], policy_type=given)
    with pytest.raises(RequestError, match=r"names none|cannot be saved"):
        iamlab.view.door().save(given)


def test_every_figure_is_asked_here():
    """A new one has to say what it wants, too; ``value_sets`` has its own claims."""
    functions = {name for name in iamlab.view.__all__ if name[0].islower()}
    others = {"permission_sets", "two_layers", "door", "show", "value_sets", "verdict_table"}

    assert functions == {*WANTED, *PAIRS, *DECISION, *POLICY, *others}
