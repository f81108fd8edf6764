"""The trust door: its verdict is the world's, and that of a call to AssumeRole."""

import json

import pytest

from iamlab import Policy, World
from iamlab.errors import AccessDenied, ExerciseError, MalformedPolicyDocument, NoSuchEntity
from iamlab.teach.scenarios import COLLECTOR, EXTERNAL_ID, MAIN, READER, observatory
from iamlab.widgets import trust_door
from tests.widgets.page import problems, put

ASSUME = "sts:AssumeRole"
DANA = f"arn:aws:iam::{MAIN}:user/dana"
TRUST_OF_AUDITOR = "acme-main role auditor: trust policy"
TRUST = "trust of starsoft-reader/OurVendor"


def _tagging():
    """A user, and a role whose trust policy has statements about tags, MFA and session names."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    ana = main.create_user("ana", tags={"team": "sky"})
    everybody = {"AWS": f"arn:aws:iam::{MAIN}:root"}
    trust = {"Version": "2012-10-17", "Statement": []}
    for sid, action, condition in (
        ("Ours", ASSUME, {"StringLike": {"sts:RoleSessionName": "${aws:username}*"}}),
        ("Tags", "sts:TagSession", {"StringEquals": {"aws:RequestTag/team": "sky"}}),
    ):
        own = {"Sid": sid, "Effect": "Allow", "Principal": everybody, "Action": action}
        trust["Statement"].append({**own, "Condition": condition})
    without = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    own = {"Sid": "Mfa", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ASSUME}
    trust["Statement"].append({**own, "Condition": without})
    role = main.create_role("audit", assume_role_policy_document=trust)
    ana.put_policy("become", Policy.allow([ASSUME, "sts:TagSession"], role.arn))
    return main.world, ana, role


def test_the_verdict_is_that_of_the_world():
    """For every principal and role of a large world, and with each statement off."""
    world = observatory()
    for account in world.accounts.values():
        for role in account.roles.values():
            for caller in (COLLECTOR, world.user("carol"), "ec2.amazonaws.com"):
                door = trust_door(world, caller, role)
                assert door.decision == world.can(caller, ASSUME, role.arn)
                for name in list(door.statements()):
                    if door.statements()[name][0]:
                        door.set(name, value=False)
                        assert door.decision == door.world().can(caller, ASSUME, role.arn)
                        assert "switched off" in door.parts()["sides"]
                        door.set(name, value=True)
                assert door.decision == world.can(caller, ASSUME, role.arn)


def test_conditions_ask_for_keys():
    """There is a field for each key that the request can have, and a sign for each condition."""
    door = trust_door(observatory(), COLLECTOR, READER)
    shown = door.parts()
    assert "key sts:ExternalId" in shown["keys"]
    assert "○ shut: it doesn&#x27;t match" in shown["sides"]
    assert "the request has no such key" in shown["sides"]
    assert not door.decision
    door.set("key sts:ExternalId", EXTERNAL_ID)

    assert door.decision
    assert "✓ open: it allows" in door.parts()["sides"]
    assert "✓ StringEquals sts:ExternalId" in door.parts()["sides"]
    door.set("key sts:ExternalId", "")
    assert door.state.keys == ()


def test_tags_need_another_permission():
    """The door decides as AssumeRole does: with tags, TagSession must be allowed as well."""
    world, ana, role = _tagging()
    door = trust_door(world, ana, role)
    calls = 0
    for mfa in ("", "true", "false"):
        for name in ("", "ana-1", "bob"):
            for team in ("", "sky", "sea"):
                door.set("key aws:MultiFactorAuthPresent", mfa)
                door.set("key sts:RoleSessionName", name)
                door.set("key aws:RequestTag/team", team)
                context = {"aws:MultiFactorAuthPresent": mfa} if mfa else {}
                context |= {"sts:RoleSessionName": name} if name else {}
                needed = [ASSUME, "sts:TagSession"][: 1 + bool(team)]
                tags = {"team": team} if team else {}
                results = [
                    world.can(ana, own, role.arn, context=context, request_tags=tags)
                    for own in needed
                ]
                assert door.decision.allowed is all(results)
                if not mfa and name:
                    calls += 1
                    assert _assumes(world, ana, role, name, tags) is door.decision.allowed
    assert calls == 6


def test_a_session_passes_tags_on():
    """Transitive tags of the caller's session need TagSession too, as in the call itself."""
    world, ana, role = _tagging()
    main = world.account("main")
    trust = Policy.allow([ASSUME, "sts:TagSession"], None, principal=ana.arn)
    between = main.create_role("between", assume_role_policy_document=trust)
    between.put_policy("become", Policy.allow(ASSUME, role.arn))
    ana.put_policy("become", Policy.allow([ASSUME, "sts:TagSession"], between.arn))
    role.update_assume_role_policy(Policy.allow([ASSUME, "sts:TagSession"], None, principal=MAIN))
    for tags, transitive in (({"team": "sky"}, ["team"]), ({"team": "sky"}, [])):
        session = world.sts.assume_role(
            ana,
            role_arn=between,
            role_session_name="ana",
            tags=tags,
            transitive_tag_keys=transitive,
        )
        door = trust_door(world, session, role)
        assert door.decision.allowed is not bool(transitive)
        assert door.decision.allowed is _assumes(world, session, role, "next", {})


def _assumes(world, caller, role, name, tags):
    try:
        world.copy().sts.assume_role(
            caller, role_arn=role.arn, role_session_name=name, tags=tags or None
        )
    except AccessDenied:
        return False
    return True


def test_both_sides_can_be_edited():
    """A document is applied as AWS would save it, or explained; what was typed stays."""
    world = observatory()
    door = trust_door(world, "dana", "auditor")
    assert {"acme-main policy deploy", TRUST_OF_AUDITOR} < set(door.places)
    assert "No statement is about this action." in door.parts()["sides"]
    door.set("policy", "acme-main policy deploy")
    allow = json.dumps(Policy.allow(ASSUME, world.role("auditor").arn).to_dict())
    door.set("text", allow)
    door.press("apply")
    assert door.decision
    assert door.decision == door.world().can("dana", ASSUME, world.role("auditor").arn)
    assert "deploy/#1" in door.statements()
    assert not world.can("dana", ASSUME, world.role("auditor").arn)

    door.set("policy", TRUST_OF_AUDITOR)
    nobody = Policy.allow(ASSUME, None, principal=f"arn:aws:iam::{MAIN}:user/nobody")
    door.set("text", json.dumps(nobody.to_dict()))
    with pytest.raises(MalformedPolicyDocument, match="Invalid principal"):
        door.press("apply")
    door.set("deploy/#1", value=False)
    assert "user/nobody" in door.parts()["text"]
    door.set("text", json.dumps(Policy.allow(ASSUME, None, principal=DANA).to_dict()))
    door.press("apply")
    assert door.decision  # her own policies needn't allow it if the trust policy names her
    door.press("undo")
    assert not door.decision
    with pytest.raises(ExerciseError, match="no control"):
        door.set("policy", "acme-main role admin: trust policy")


def test_a_hidden_verdict_stays_hidden():
    """Before a prediction there is no sign; it comes back hidden after each change."""
    door = trust_door(observatory(), COLLECTOR, READER, predict_first=True)
    hidden = door.parts()
    assert "picture" not in hidden
    for word in ("open:", "shut:", "allows", "allow<", "no such key"):
        assert word not in hidden["sides"]
    door.set("answer", "implicit")
    door.set("confidence", "certain")
    door.press("reveal")
    assert door.prediction.correct
    assert list(door.parts())[-3:] == ["result", "policy", "picture"]
    door.set(TRUST, value=False)

    assert door.decision is None
    assert "switched off" in door.parts()["sides"]
    assert "picture" not in door.parts()


def test_the_state_survives_as_json():
    """A copy of the state shows the same card."""
    doors = [trust_door(observatory(), COLLECTOR, READER) for _ in range(2)]
    doors[0].set("key sts:ExternalId", EXTERNAL_ID)
    doors[0].set("collect/CollectFromCustomers", value=False)
    doors[0].set("policy", "starsoft role collector: collect")
    doors[1].from_json(doors[0].to_json())

    assert doors[1].state == doors[0].state
    assert doors[1].parts() == doors[0].parts()


def test_what_does_not_exist_is_an_error():
    """Roles, controls, statements."""
    world = observatory()
    with pytest.raises(NoSuchEntity):
        trust_door(world, "carol", "nobody")
    door = trust_door(world, "carol", "admin")
    for name in ("nothing/Here", "key sts:ExternalId", "text", "apply", "undo", "on SCP"):
        with pytest.raises(ExerciseError, match="no control"):
            door.set(name, "x")


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page):
    """Type the external ID, switch and edit statements; axe-core finds nothing."""
    card = put(page, trust_door(observatory(), COLLECTOR, READER))
    result = card.locator("[data-part=result]")
    card.get_by_label("sts:ExternalId").focus()
    page.keyboard.type(EXTERNAL_ID)
    result.get_by_text("✓ allowed").wait_for()
    assert problems(page) == []
    card.get_by_label("trust of starsoft-reader/OurVendor").press("Space")
    result.get_by_text("○ implicit deny").wait_for()
    assert page.evaluate("document.activeElement.name") == TRUST

    card.get_by_label("Policy to change").select_option(
        "acme-data role starsoft-reader: trust policy"
    )
    card.get_by_text("Edit its JSON").click()
    card.get_by_role("textbox", name="Document of").fill("{")
    card.get_by_role("button", name="Apply").click()
    result.get_by_text("Expected a name").wait_for()
    assert card.get_by_role("textbox", name="Document of").input_value() == "{"
    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
