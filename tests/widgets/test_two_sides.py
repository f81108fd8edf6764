"""Two sides: the verdict is the world's, with each statement on and off, on both sides."""

import json

import pytest

from iamlab import Policy, World
from iamlab.errors import ExerciseError
from iamlab.teach.scenarios import MAIN, MAP, OLD_MAP, observatory
from iamlab.widgets import two_sides
from tests.widgets.page import problems, put

AUDITOR = f"arn:aws:iam::{MAIN}:role/auditor"
READ = "s3:GetObject", OLD_MAP
OWN, THEIRS = "read-all/ReadEverywhere", "policy of star-archive/ReadersFromAcme"
BUCKET = "acme-data bucket star-archive"


def _with_key():
    """A user of one account, and an object of another one that is encrypted with its key."""
    world = World(seed=7)
    ana = world.create_account("near", account_id="111122223333").create_user("ana")
    far = world.create_account("far", account_id="444455556666")
    key = far.create_key()
    root = Policy.allow("kms:*", principal=f"arn:aws:iam::{far.account_id}:root").to_dict()
    names_ana = Policy.allow("kms:Decrypt", principal=ana.arn).to_dict()["Statement"][0]
    key.put_policy({**root, "Statement": [*root["Statement"], {"Sid": "Ana", **names_ana}]})
    read = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", principal=ana.arn)
    bucket = far.create_bucket("maps", policy=read)
    bucket.put_encryption("aws:kms", key.arn)
    ana.put_policy("read", Policy.allow(["s3:GetObject", "kms:Decrypt"]))
    return world, ana


def test_both_sides_must_allow():
    """The four cells: each side on and off."""
    world = observatory()
    sides = two_sides(world, AUDITOR, *READ)
    for own in (True, False):
        for theirs in (True, False):
            sides.set(OWN, own)
            sides.set(THEIRS, theirs)
            decision = sides.world().can(AUDITOR, *READ)
            assert sides.decision == decision
            assert decision.allowed is (own and theirs)
            shown = sides.parts()["sides"]
            assert shown.count("switched off") == (not own) + (not theirs)
            assert ('Identity-based policy <span class="badge allow">✓ allows' in shown) is own
            assert ('Bucket policy <span class="badge allow">✓ allows' in shown) is theirs
    assert world.can(AUDITOR, *READ)


def test_every_pair_of_a_call_is_compared():
    """An object's key has a policy of its own; its statements are there too, and can be off."""
    world, ana = _with_key()
    sides = two_sides(world, ana, "s3:GetObject", "arn:aws:s3:::maps/m31.fits")
    assert sides.decision
    shown = sides.parts()["sides"]
    assert "Bucket policy for s3:GetObject" in shown
    assert "Key policy for kms:Decrypt" in shown
    kept = "read/#1", "policy of maps/#1"
    for name in (*kept, *(name for name in sides.statements() if name.endswith("Ana"))):
        sides.set(name, value=False)
        assert not sides.decision
        assert sides.decision == sides.world().can(
            ana, "s3:GetObject", "arn:aws:s3:::maps/m31.fits"
        )
        assert "<dd><code>s3:GetObject" in sides.parts()["request"]
        sides.set(name, value=True)


def test_only_what_is_about_the_action_is_shown():
    """All of the resource's policy, and all of a policy that was edited; others only if needed."""
    sides = two_sides(observatory(), AUDITOR, *READ)
    assert {"policy of star-archive/TheNightlyJob", "read-all/ReadEverywhere"} < set(
        sides.statements()
    )
    assert "read-all/BecomeArchivist" not in sides.statements()
    sides.set("policy", "acme-main role auditor: read-all")
    document = json.loads(sides.policy(sides.state.policy, ()).text)
    document["Statement"][0]["Action"] = "s3:GetObjct*"
    sides.set("text", json.dumps(document))
    sides.press("apply")

    assert not sides.decision
    assert {"read-all/ReadEverywhere", "read-all/BecomeArchivist"} < set(sides.statements())
    assert "✕ Action: expected" in sides.parts()["sides"]


def test_a_key_of_the_context_is_set():
    """Condition keys that the resource's side asks for have a field; the others haven't."""
    world = observatory()
    sides = two_sides(world, AUDITOR, *READ)
    sides.set("key aws:SecureTransport", "false")
    assert sides.decision == world.can(AUDITOR, *READ, context={"aws:SecureTransport": "false"})
    assert str(sides.decision.verdict) == "explicit deny"
    assert "✕ shut: it denies" in sides.parts()["sides"]
    with pytest.raises(ExerciseError, match="no control"):
        sides.set("key aws:PrincipalArn", "x")


def test_in_one_account_one_side_is_enough():
    """Each statement can be switched off; the picture has two doors."""
    world = observatory()
    world.bucket("star-maps").put_policy(
        Policy.allow("s3:GetObject", MAP, principal=world.user("alice").arn, sid="Own")
    )
    sides = two_sides(world, "alice", "s3:GetObject", MAP)
    own = [name for name, (_, match) in sides.statements().items() if match.layer == "identity"]
    for name in own:
        sides.set(name, value=False)
    assert str(sides.decision.verdict) == "allowed"
    assert next(iter(sides.decision.determining)).address == "policy of star-maps/Own"
    assert "<figure" in sides.picture()
    sides.set("policy of star-maps/Own", value=False)
    assert str(sides.decision.verdict) == "implicit deny"


def test_a_caller_without_an_account_is_an_error():
    """The message says what to use instead."""
    with pytest.raises(ExerciseError, match=r"no side\. Use explorer"):
        two_sides(observatory(), "lambda.amazonaws.com", *READ)


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    first, twin = (two_sides(observatory(), AUDITOR, *READ) for _ in range(2))
    first.set(THEIRS, value=False)
    first.set("policy", BUCKET)
    first.set("key aws:SecureTransport", "true")
    twin.from_json(first.to_json())

    assert twin.state == first.state
    assert twin.parts() == first.parts()


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Predict, switch a statement, edit the bucket policy; axe-core finds nothing."""
    card = put(page, two_sides(observatory(), AUDITOR, *READ, predict_first=True))
    result = card.locator("[data-part=result]")
    assert card.locator("[data-part=picture] img").count() == 0
    card.get_by_label("allowed").focus()
    page.keyboard.press("Space")
    card.locator("[name=answer]:checked").wait_for()
    card.get_by_label("certain").check()
    card.get_by_role("button", name="Show what AWS decides").press("Enter")
    result.get_by_text("As you predicted.").wait_for()
    card.locator("[data-part=picture] img").first.wait_for()
    assert problems(page) == []

    card.get_by_label("policy of star-archive/ReadersFromAcme").press("Space")
    card.get_by_text("switched off").wait_for()
    assert page.evaluate("document.activeElement.name") == THEIRS
    card.get_by_label("Policy to change").select_option(BUCKET)
    card.get_by_text("Edit its JSON").click()
    card.get_by_role("textbox", name="Document of").fill(Policy.allow("s3:*").text)
    card.get_by_role("button", name="Apply").click()
    result.get_by_text("Principal").wait_for()
    page.set_viewport_size({"width": 400, "height": 800})

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
