"""The condition table: its rows are what the engine says of the conditions."""

import pytest

from iamlab import Policy, World
from iamlab.errors import ExerciseError, RequestError
from iamlab.policy.conditions import holds, read_operator
from iamlab.widgets import condition_table
from iamlab.widgets.instruments.conditions import MOST
from tests.widgets.page import problems, put

MFA, IP, TAGS = "aws:MultiFactorAuthPresent", "aws:SourceIp", "aws:TagKeys"
CALLERS = [{MFA: True}, {MFA: False}, {}]
UGLY = '<b>"&' + "x" * 64 + "🪐"


def _matches(table):
    return [table.outcome(row).applies for row in range(len(table.state.rows))]


def _reveal(table, answer):
    table.set("answer", answer)
    table.set("confidence", "certain")
    table.press("reveal")


def test_every_row_follows_the_operator():
    """The three callers of the MFA guard, with each operator that the key can have."""
    [guard] = Policy.deny("iam:*", when={"Bool": {MFA: "false"}}, sid="Guard").statements
    table = condition_table(guard, CALLERS)
    expected = {
        "Bool": [False, True, False],
        "BoolIfExists": [False, True, True],
        "Null": [True, True, False],
    }
    assert table.operators(0) == list(expected)
    for operator, outcome in expected.items():
        table.set("operator 0", operator)
        assert _matches(table) == outcome
        verdicts = []
        for row in range(3):
            table.set("row", row)
            verdicts.append(str(table.decision.verdict) == "explicit deny")
        assert verdicts == outcome


@pytest.mark.parametrize(
    ("operator", "key", "value", "has"),
    [
        ("StringEquals", "s3:prefix", "home/*", ["home/alice", "home/*", None]),
        ("StringNotLike", "s3:prefix", "home/*", ["home/alice", "data", None]),
        ("NumericLessThan", "s3:max-keys", "10", ["9", "10", "ten", None]),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", ["2026-02-01", "x", None]),
        ("NotIpAddress", IP, "203.0.113.0/24", ["203.0.113.9", "192.0.2.1", None]),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*", ["arn:aws:iam::1:role/ab", None]),
    ],
)
def test_the_rows_are_those_of_the_engine(operator, key, value, has):
    """Each operator of a family, with and without IfExists; Null isn't offered for other values."""
    rows = [{} if own is None else {key: own} for own in has]
    table = condition_table({operator: {key: value}}, rows)
    assert operator in table.operators(0)
    assert f"{operator}IfExists" in table.operators(0)
    assert "Null" not in table.operators(0)
    for name in table.operators(0):
        table.set("operator 0", name)
        found = [None if own is None else [own] for own in has]
        assert _matches(table) == [holds(read_operator(name), [value], own) for own in found]


def test_all_conditions_must_match():
    """Each condition has its own outcome, and the statement matches if all do."""
    table = condition_table(
        {"Bool": {MFA: "true"}, "IpAddress": {IP: "203.0.113.0/24"}},
        [{MFA: True, IP: "203.0.113.1"}, {MFA: True, IP: "192.0.2.1"}, {}],
    )
    assert _matches(table) == [True, False, False]
    assert [len(table.outcome(row).mismatches) for row in range(3)] == [0, 1, 2]
    rows = table.parts()["rows"].split("<tr>")[2:]
    assert [row.count("✓ matches") for row in rows] == [3, 1, 0]


def test_a_key_can_have_several_values_and_variables():
    """Several values have commas between them; the keys of variables are columns, too."""
    table = condition_table({"ForAllValues:StringEquals": {TAGS: ["a", "b c"]}}, [{TAGS: ["a"]}])
    for text, outcome in {"a, b c": True, "a,c": False, "": True, " , ": True}.items():
        table.set("given 0", text)
        assert _matches(table) == [outcome]
    own = condition_table({"StringLike": {"s3:prefix": "home/${aws:username}/*"}})
    for place, text in enumerate(("home/alice/x", "alice")):
        assert _matches(own) == [False]
        own.set(f"given {place}", text)
    assert _matches(own) == [True]


def test_it_agrees_with_a_world():
    """A statement in a world allows the same requests."""
    world = World(seed=7)
    user = world.create_account("main", account_id="111122223333").create_user("dana")
    policy = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", when={"Bool": {MFA: "true"}})
    user.put_policy("read", policy)
    table = condition_table(policy.statements[0], CALLERS)
    question = "s3:GetObject", "arn:aws:s3:::maps/m31.fits"
    for row, context in enumerate(CALLERS):
        decision = world.can(user, *question, context=context)
        assert table.outcome(row).applies is bool(decision)


def test_each_row_waits_for_its_prediction():
    """A changed row waits again, unless this request was predicted; another operator hides all."""
    kept = []
    table = condition_table({"Bool": {MFA: "true"}}, CALLERS, predict_first=True, keep=kept.append)
    assert table.options == ("allowed", "implicit deny")
    assert table.decision is None
    assert "picture" not in table.parts()
    for row in range(3):
        table.set("row", row)
        assert table.outcome(row) is None
        assert "matches</td>" not in table.parts()["rows"].split("<tr>")[row + 2]
        _reveal(table, "allowed")
        assert table.outcome(row).applies is (row == 0)
    assert [own.correct for own in kept] == [True, False, False]
    table.set("row", 0)
    assert str(table.decision.verdict) == "allowed"
    table.set("given 0", "no")
    assert [table.outcome(row) is None for row in range(3)] == [True, False, False]
    table.set("given 0", "false")
    assert [table.outcome(row) is None for row in range(3)] == [False, False, False]
    table.set("operator 0", "BoolIfExists")
    assert [table.outcome(row) for row in range(3)] == [None] * 3


def test_rows_are_added_and_removed():
    """A new row is a copy of the chosen one; the last row stays."""
    table = condition_table({"Bool": {MFA: "true"}}, [{MFA: True}])
    for _ in range(MOST - 1):
        table.press("add")
    assert set(table.state.rows) == {("true",)}
    assert table.state.row == MOST - 1
    with pytest.raises(ExerciseError, match="no control"):
        table.press("add")
    for _ in range(MOST - 1):
        table.press("remove")
    assert table.state.row == 0
    with pytest.raises(ExerciseError, match="no control"):
        table.press("remove")


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    table, twin = (condition_table({"Bool": {MFA: "true"}}, CALLERS) for _ in range(2))
    table.set("operator 0", "Null")
    table.set("row", 2)
    table.press("add")
    twin.from_json(table.to_json())

    assert twin.state == table.state
    assert twin.parts() == table.parts()


def test_other_values_are_errors():
    """Errors change nothing."""
    table = condition_table({"Bool": {MFA: "true"}}, CALLERS)
    before = table.state
    for name, value in (
        ("operator 0", "StringLike"),
        ("operator 7", "Bool"),
        ("given 9", "x"),
        ("row", 3),
        ("column", 0),
    ):
        with pytest.raises(ExerciseError, match="no control"):
            table.set(name, value)
    with pytest.raises(RequestError, match="longer than"):
        table.set("given 0", "x" * 70_000)
    assert table.state == before
    for wrong in ("Bool", 5, Policy.allow("*")):
        with pytest.raises(RequestError, match="must be a dict"):
            condition_table(wrong)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Choose, type, predict, change an operator; axe-core finds nothing; it fits 400 pixels."""
    block = {"Bool": {MFA: "true"}, "StringNotEquals": {f"aws:PrincipalTag/{UGLY}": UGLY}}
    table = condition_table(block, [{MFA: True, f"aws:PrincipalTag/{UGLY}": UGLY}, {}])
    card = put(page, table)
    card.get_by_role("radio", name="2").click()
    card.get_by_text("The request of row 2").wait_for()
    card.locator("[name='given 0']").select_option("true")
    assert problems(page) == []
    field = card.get_by_label("(empty: absent)")
    field.press_sequentially("sky")
    card.get_by_role("cell", name="sky").wait_for()
    assert page.evaluate("document.activeElement.value") == "sky"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    card.get_by_text("The request of row 3").wait_for()
    card.get_by_role("radio", name="3").focus()
    page.keyboard.press("ArrowUp")
    card.get_by_text("The request of row 2").wait_for()
    card.get_by_role("button", name="Remove row 2").press("Enter")
    card.get_by_role("radio", name="3").wait_for(state="detached")
    assert _matches(table) == [False, True]

    hidden = condition_table({"Bool": {MFA: "true"}}, CALLERS, predict_first=True)
    card = put(page, hidden)
    card.get_by_role("radio", name="1").focus()
    page.keyboard.press("ArrowDown")
    card.get_by_text("The request of row 2").wait_for()
    card.get_by_role("radio", name="allowed").press("Space")
    card.get_by_role("radio", name="certain").press("Space")
    card.get_by_role("button", name="Show what AWS decides").press("Space")
    card.get_by_text("Different from your prediction.").wait_for()
    assert card.get_by_text("does not match").count() > 0
    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
