"""The organization tree: each change is a call of AWS, and the verdict is the engine's."""

import pytest

from iamlab import World
from iamlab.errors import ExerciseError
from iamlab.errors.organizations import (
    ConstraintViolationException,
    DuplicatePolicyAttachmentException,
    InvalidInputException,
    ParentNotFoundException,
    PolicyNotAttachedException,
)
from iamlab.teach.scenarios import DATA, OLD_MAP, observatory
from iamlab.widgets import organization_tree
from tests.widgets.page import problems, put

REQUEST = f"arn:aws:iam::{DATA}:role/archivist", "s3:DeleteObject", OLD_MAP


@pytest.fixture(scope="module")
def world():
    """Acme's accounts in two OUs."""
    return observatory()


def _call(tree, button, place, **what):
    tree.set("place", place)
    for name, value in what.items():
        tree.set(name, value)
    tree.press(button)


def test_the_verdict_follows_attached_policies(world):
    """It is that of the world with the same calls; the first world stays as it was."""
    tree, twin = organization_tree(world, *REQUEST), world.copy()
    (organization,) = twin.organizations.values()
    assert str(tree.decision.verdict) == "explicit deny"
    _call(tree, "detach", "OU Archive", policy="keep-the-archive")
    organization.detach_policy("keep-the-archive", "Archive")
    assert tree.decision.verdict is twin.can(*REQUEST).verdict
    assert tree.decision
    _call(tree, "attach", "OU Science", policy="keep-the-archive")
    organization.attach_policy("keep-the-archive", "Science")
    assert tree.decision.verdict is twin.can(*REQUEST).verdict
    assert str(tree.decision.verdict) == "explicit deny"
    assert "AttachPolicy(policyId=" in tree.parts()["facts"]
    _call(tree, "move", "root", account="account acme-data")
    organization.move_account("acme-data", organization.root)
    assert tree.decision.verdict is twin.can(*REQUEST).verdict
    assert tree.decision

    assert tree.world().can(*REQUEST)
    assert not world.can(*REQUEST)
    for _ in range(3):
        tree.press("undo")
    assert tree.state.calls == ()
    assert str(tree.decision.verdict) == "explicit deny"


def test_the_level_that_stops_is_named(world):
    """With symbol and word, beside its policies; levels that allow are named, too."""
    tree = organization_tree(world, *REQUEST)
    assert "✕ denies: KeepTheArchive of keep-the-archive" in tree.parts()["tree"]
    assert "SCPs at OU Archive deny: KeepTheArchive" in tree.parts()["facts"]
    _call(tree, "attach", "OU Archive", policy="region-guard")
    tree.set("policy", "keep-the-archive")
    tree.press("detach")
    tree.set("policy", "FullAWSAccess")
    tree.press("detach")

    assert "○ no Allow here" in tree.parts()["tree"]
    assert str(tree.decision.verdict) == "implicit deny"


@pytest.mark.parametrize(
    ("button", "place", "what", "error"),
    [
        ("detach", "account acme-data", "FullAWSAccess", ConstraintViolationException),
        ("detach", "root", "RCPFullAWSAccess", InvalidInputException),
        ("detach", "root", "region-guard", PolicyNotAttachedException),
        ("attach", "OU Science", "region-guard", DuplicatePolicyAttachmentException),
        ("move", "account acme-main", "account acme-data", ParentNotFoundException),
    ],
)
def test_what_aws_refuses_changes_nothing(world, button, place, what, error):
    """The card shows AWS's message."""
    tree = organization_tree(world, *REQUEST)
    choices = {"account" if button == "move" else "policy": what}
    with pytest.raises(error) as raised:
        _call(tree, button, place, **choices)
    tree.use(button, press=True)

    assert tree.note == raised.value.short
    assert tree.state.calls == ()


def test_nothing_gives_the_verdict_away(world):
    """Before a prediction, again after each call; afterwards all is shown."""
    tree = organization_tree(world, *REQUEST, predict_first=True)
    for policy, place in (("region-guard", "OU Science"), ("tls-only", "root")):
        text = "".join(tree.parts().values())
        assert tree.decision is None
        assert not [word for word in ("denies", "allows", "✓", "✕", "Verdict") if word in text]
        tree.set("answer", "explicit deny")
        tree.set("confidence", "certain")
        tree.press("reveal")
        assert "✓ allows" in tree.parts()["tree"]
        assert "The tree as a figure" in tree.parts()["picture"]
        _call(tree, "detach", place, policy=policy)


def test_the_state_survives_as_json(world):
    """A copy of the state shows the same card."""
    tree, twin = (organization_tree(world, *REQUEST) for _ in range(2))
    _call(tree, "detach", "OU Archive", policy="keep-the-archive")
    twin.from_json(tree.to_json())

    assert twin.state == tree.state
    assert twin.parts() == tree.parts()


def test_other_values_are_errors(world):
    """A world without an organization has no tree; a principal from outside is explained."""
    tree = organization_tree(world, *REQUEST)
    for name, value in {"place": "OU Sales", "attach": None, "move": None, "undo": None}.items():
        with pytest.raises(ExerciseError, match=r"no control|can't be"):
            tree.set(name, value)
    account = World(seed=7).create_account("main")
    with pytest.raises(ExerciseError, match="with an organization"):
        organization_tree(account.world, account.create_user("ana"), "s3:GetObject", OLD_MAP)
    outside = organization_tree(world, "mallory", "s3:GetObject", OLD_MAP)
    assert "no SCP of this organization applies" in outside.parts()["facts"]


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, world):
    """Detach by mouse, attach by keyboard, and undo; axe-core finds nothing."""
    tree = organization_tree(world, *REQUEST, predict_first=True)
    card = put(page, tree)
    card.locator("[name=place]").select_option("OU Archive")
    card.locator("[name=policy]").select_option("keep-the-archive")
    card.get_by_role("button", name="Detach").click()
    card.get_by_text("DetachPolicy").wait_for()
    assert problems(page) == []
    card.get_by_text("implicit deny").click()
    card.get_by_text("a guess").click()
    card.get_by_role("button", name="Show what AWS decides").click()
    card.get_by_text("Different from your prediction.").wait_for()
    card.get_by_text("✓ allows: #1 of FullAWSAccess").first.wait_for()
    card.locator("[name=place]").press("ArrowUp")
    card.get_by_role("button", name="Attach").press("Enter")
    card.get_by_text("AttachPolicy").wait_for()
    assert [call[0] for call in tree.state.calls] == ["detach", "attach"]
    card.get_by_role("button", name="Undo").press("Space")
    page.wait_for_function("!document.body.innerText.includes('AttachPolicy')")

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
