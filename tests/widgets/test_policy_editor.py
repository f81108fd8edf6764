"""The policy editor keeps any text, and says what it means as the policy's own methods do."""

import json

import pytest

from iamlab import Policy
from iamlab.errors import ExerciseError, NoSuchEntity, RequestError
from iamlab.policy.lint import review
from iamlab.teach.scenarios import MAP, MAPS, scenario
from iamlab.widgets import policy_editor
from iamlab.widgets.controls import reason
from tests.widgets.page import put

READ = Policy.allow("s3:GetObject", f"{MAPS}/*", sid="Read")
REQUESTS = [("s3:GetObject", MAP), ("s3:PutObject", MAP)]


def verdicts(editor):
    """Return the verdicts on the requests."""
    return [str(decision.verdict) for decision in editor.decisions]


def test_a_policy_is_described_and_decided_as_its_methods_do():
    """A request can have a context."""
    guard = Policy.deny("s3:*", when={"Bool": {"aws:SecureTransport": "false"}}, sid="OnlyTls")
    requests = [*REQUESTS, ("s3:GetObject", MAP, {"aws:SecureTransport": "false"})]
    editor = policy_editor(READ + guard, requests)
    assert editor.policy == READ + guard
    assert verdicts(editor) == ["allowed", "implicit deny", "explicit deny"]
    assert editor.findings == (READ + guard).lint()
    shown = editor.parts()["picture"]
    assert "Lets the caller read objects in star-maps." in shown
    assert "Matches 1 action: s3:GetObject." in shown
    assert "draft/OnlyTls" in shown
    assert "aws:SecureTransport: false" in shown


@pytest.mark.parametrize("document", [READ, READ.to_dict(), READ.text])
def test_it_takes_policies_dicts_and_text(document):
    """All mean the same."""
    editor = policy_editor(document, REQUESTS)
    assert editor.policy == READ
    assert editor.decide() is None


def test_the_policy_replaces_a_policy_of_a_user_of_a_world():
    """The world itself stays as it is."""
    world = scenario("stack")
    policy = world.user("alice").inline["stack"]
    revision = world.revision
    editor = policy_editor(policy, [("s3:DeleteObject", MAP)], world=world, user="alice")
    assert editor.decisions == [world.can(world.user("alice"), "s3:DeleteObject", MAP)]
    assert verdicts(editor) == ["explicit deny"]
    editor.set("text", Policy.allow("s3:*").text)
    assert verdicts(editor) == ["allowed"]
    assert world.revision == revision


def test_a_statement_that_decides_is_named_once():
    """Also if the policy comes through two groups."""
    world = scenario("groups")
    guard = Policy.deny("s3:*", sid="No")
    for group in ("astronomers", "developers"):
        world.group(group).add_user("alice")
        world.group(group).put_policy("guard", guard)
    editor = policy_editor(READ, REQUESTS, world=world, user="alice")
    (decision, _) = editor.decisions
    assert [match.address for match in decision.determining] == ["guard/No", "guard/No"]
    assert str(decision) == "✕ explicit deny by guard/No"
    assert reason(decision).startswith("The statement guard/No denies it.")
    assert editor.parts()["picture"].count("guard/No") == len(REQUESTS)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"', "{}", "\ud800", "<b>&", "1" * 99])
def test_any_text_stays(text):
    """With its problems, and below them the last policy."""
    editor = policy_editor(READ, REQUESTS)
    before = editor.parts()["picture"]
    editor.set("text", text)
    assert editor.state.text == text
    assert editor.policy is None
    assert editor.decisions == []
    assert [found.what for found in editor.findings] == [found.what for found in review(text)]
    parts = editor.parts()
    assert "a policy yet" in parts["facts"]
    assert "<b>" not in "".join(parts.values())
    assert parts["picture"].endswith(before)
    again = policy_editor("")
    again.from_json(editor.to_json())
    assert again.state == editor.state
    editor.set("text", READ.text)
    assert editor.parts()["picture"] == before


def test_a_problem_has_its_line_and_column():
    """A button leads there."""
    editor = policy_editor(READ.text.replace("Allow", "Permit"))
    [found] = editor.findings
    assert f'data-line="{found.line}" data-column="{found.column}"' in editor.parts()["facts"]
    assert "Write Allow or Deny" in editor.parts()["facts"]


def test_it_says_what_aws_would_answer():
    """By the type of the policy."""
    text = Policy.allow("s3:GetObject", MAP, principal="*").text
    assert "AWS answers MalformedPolicyDocument" in policy_editor(text).parts()["facts"]
    bucket = policy_editor(text, policy_type="resource", service="s3").parts()["facts"]
    assert "AWS would save this policy" in bucket


def test_long_policies_and_broad_actions_are_cut():
    """A star isn't expanded, so it takes no time."""
    actions = ["*", "s3:*", "nothing:*"]
    statements = [statement.text for statement in map(Policy.allow, actions)]
    assert "Matches actions of every service." in policy_editor(statements[0]).parts()["picture"]
    assert "more actions." in policy_editor(statements[1]).parts()["picture"]
    assert "Matches 0 actions." in policy_editor(statements[2]).parts()["picture"]
    few = policy_editor(Policy.allow("s3:GetObject*")).parts()["picture"]
    assert "s3:GetObjectVersionTagging and s3:GetObjectVersionTorrent." in few
    inner = READ.to_dict()["Statement"] * 30
    many = policy_editor({"Version": "2012-10-17", "Statement": inner}).parts()
    assert "and 10 more statements" in many["picture"]
    assert "more</li>" in many["facts"]


def test_wrong_arguments_are_errors():
    """Also a request that isn't valid, and a user who doesn't exist."""
    with pytest.raises(RequestError, match="no action"):
        policy_editor("{", [("s3:GetObjct", MAP)])
    with pytest.raises(RequestError, match="typ"):
        policy_editor(READ, policy_type="bucket")
    with pytest.raises(ExerciseError, match="identity-based"):
        policy_editor(READ, REQUESTS, policy_type="scp")
    with pytest.raises(NoSuchEntity):
        policy_editor(READ, REQUESTS, world=scenario("groups"), user="zoe")
    editor = policy_editor(READ)
    for name, value in {"texts": "{", "text": 1}.items():
        with pytest.raises(ExerciseError):
            editor.set(name, value)


@pytest.mark.browser
def test_typing_keeps_the_text_its_numbers_and_undo(page):
    """A button leads to the place of a problem, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    long = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": Policy.allow("s3:*", MAP).to_dict()["Statement"] * 9,
        },
        indent=2,
    )
    editor = policy_editor(long, REQUESTS)
    card = put(page, editor)
    text, numbers, facts = (card.locator(own) for own in ("textarea", ".numbers", "[role=status]"))
    assert numbers.text_content().split("\n")[-1] == str(long.count("\n") + 1)
    text.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    page.keyboard.type("oops")
    facts.get_by_text("a policy yet").first.wait_for()
    assert numbers.text_content().split("\n")[-1] == str(long.count("\n") + 2)
    assert text.input_value() == f"\noops{long}"
    for _ in range(9):
        page.keyboard.press("Control+z")
    facts.get_by_text("AWS would save").first.wait_for()
    assert text.input_value() == editor.state.text == long
    page.keyboard.press("Control+End")
    page.wait_for_timeout(100)
    tops = [own.evaluate("own => own.scrollTop") for own in (text, numbers)]
    assert tops[0] == tops[1] > 0
    text.evaluate("own => own.setSelectionRange(0, 0)")
    text.fill(long.replace("Allow", "Permit", 1))
    page.keyboard.press("Tab")
    button = facts.get_by_role("button").first
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")
    chosen = "own => own.value.slice(own.selectionStart, own.selectionStart + 6)"
    assert text.evaluate(chosen) == '"Permi'
    assert page.evaluate("document.activeElement.name") == "text"
    found = Axe().run(page, context=".iamlab-card")
    assert not found.response["violations"], found.generate_report()
