"""The instance's view: what software gets from the metadata service while time passes."""

import json

import pytest

from iamlab import Policy, World
from iamlab.errors import ExerciseError
from iamlab.model.clock_and_ids import RealClock
from iamlab.widgets import instance_view
from tests.widgets.page import problems, put

TRUST = Policy.allow("sts:AssumeRole", None, principal="ec2.amazonaws.com")
RENEWED = 23
"""The place of the slider at which the credentials are renewed: 5 hours and 45 minutes."""


def _instance(world, **options):
    """Make an instance with the role web, and another instance profile."""
    main = world.create_account("main", account_id="111111111111")
    for name in ("web", "batch"):
        main.create_role(name, assume_role_policy_document=TRUST)
        main.create_instance_profile(name).add_role(name)
    return main.create_instance(instance_profile="web", **options)


@pytest.fixture
def instance():
    """Make an instance whose metadata service requires a token."""
    return _instance(World(seed=7), http_tokens="required")


def _statuses(seen):
    return [answer.status for answer in seen.requests(seen.world()).values()]


def _states(seen):
    return [(row.issuer_arn.rpartition("/")[2], row.ended) for row in seen.world().timeline()]


def _document(seen):
    *_, answer = seen.requests(seen.world()).values()
    return json.loads(answer.body)


def test_it_shows_the_profile_the_role_and_what_each_request_gets(instance):
    """Without a token there is no answer, and with one the role and its credentials."""
    seen = instance_view(instance)
    parts = seen.parts()

    assert _statuses(seen) == [401, 200, 200, 200]
    assert '<option value="web" selected>' in parts["profile"]
    assert "HttpTokens: required" in parts["seen"]
    assert "401 Unauthorized" in parts["seen"]
    assert _document(seen)["AccessKeyId"] in parts["seen"]
    assert _document(seen)["Expiration"] == "2026-11-25T15:00:00Z"


def test_credentials_are_renewed_before_they_expire_and_both_are_valid_then(instance):
    """A quarter of an hour later only the new ones are; back in time there is only the old one."""
    seen = instance_view(instance)
    old = _document(seen)
    seen.set("place", RENEWED - 1)
    assert _document(seen) == old
    seen.set("place", RENEWED)
    new = _document(seen)

    assert new["AccessKeyId"] != old["AccessKeyId"]
    assert new["LastUpdated"] == "2026-11-25T14:45:00Z"
    assert _states(seen) == [("web", "still valid")] * 2
    assert "Valid: 2 of 2 access keys." in seen.parts()["facts"]
    assert all(key["AccessKeyId"] in seen.parts()["keys"] for key in (old, new))
    seen.set("place", RENEWED + 1)
    assert _states(seen) == [("web", "expired"), ("web", "still valid")]
    seen.set("place", 0)
    assert _document(seen) == old


def test_another_profile_gives_another_role_and_old_credentials_stay_valid(instance):
    """Replaced, disassociated and associated again; each is AWS's call."""
    seen = instance_view(instance)
    seen.set("place", 4)
    seen.set("profile", "batch")
    assert "ReplaceIamInstanceProfileAssociation at 10:00." in seen.parts()["facts"]
    assert _states(seen) == [("web", "still valid"), ("batch", "still valid")]
    seen.set("place", 8)
    seen.set("profile", "")
    assert "DisassociateIamInstanceProfile at 11:00." in seen.parts()["facts"]
    assert _statuses(seen) == [401, 200, 404]
    assert "it has no instance profile" in seen.parts()["seen"]
    seen.set("place", 12)
    seen.set("profile", "web")

    assert "AssociateIamInstanceProfile at 12:00." in seen.parts()["facts"]
    assert _states(seen)[:2] == [("web", "still valid"), ("batch", "still valid")]
    seen.set("place", 3)
    assert '<option value="web" selected>' in seen.parts()["profile"]
    assert "Profile" not in seen.parts()["facts"]


def test_the_last_choice_at_a_time_counts(instance):
    """Somebody who goes through the list by keyboard makes no other call."""
    seen = instance_view(instance)
    seen.set("profile", "")
    seen.set("profile", "batch")
    assert [call.event_name for call in seen.world().events][-2:] == [
        "ReplaceIamInstanceProfileAssociation",
        "AssumeRole",
    ]
    seen.set("profile", "web")

    assert "Profile" not in seen.parts()["facts"]
    assert _states(seen) == [("web", "still valid")]


def test_no_secret_is_shown(instance):
    """The secret, the session token and the token of the metadata service are hidden."""
    seen = instance_view(instance)
    document = _document(seen)
    token = list(seen.requests(seen.world()).values())[1].body
    texts = [repr(seen), seen.to_json(), json.dumps(seen.parts())]

    assert "(hidden)" in seen.parts()["seen"]
    for secret in (document["SecretAccessKey"], document["Token"], token):
        assert not any(secret in text for text in texts)


@pytest.mark.parametrize(
    ("change", "statuses", "words"),
    [
        ({"http_tokens": "optional"}, [200, 200, 200, 200], "HttpTokens: optional"),
        ({"http_endpoint": "disabled"}, [403, 403, 403], "metadata service is disabled"),
    ],
)
def test_the_options_of_the_metadata_service_count(instance, change, statuses, words):
    """Version 1 needs no token, and a disabled service answers nothing."""
    instance.modify_metadata_options(**change)
    seen = instance_view(instance)

    assert _statuses(seen) == statuses
    assert words in seen.parts()["seen"]


def test_a_stopped_instance_and_a_role_for_others_get_nothing(instance):
    """The first gets no answer, and the second gets AWS's error as the content."""
    instance.account.roles["web"].update_assume_role_policy(
        Policy.allow("sts:AssumeRole", None, principal="lambda.amazonaws.com")
    )
    assert "AssumeRoleUnauthorizedAccess" in instance_view(instance).parts()["seen"]
    instance.stop()
    seen = instance_view(instance)

    assert _statuses(seen) == [0, 0, 0]
    assert "✕ no answer" in seen.parts()["seen"]
    seen.use("profile", "batch")
    assert "IncorrectInstanceState" in seen.parts()["result"]


def test_the_world_does_not_change_and_a_real_clock_can_be_moved(instance):
    """Each card has its own copy, whose clock only the card moves."""
    world = instance.account.world
    before = world.clock.now, len(world.events), instance.association
    seen = instance_view(instance)
    seen.set("place", 40)
    seen.set("profile", "batch")
    assert (world.clock.now, len(world.events), instance.association) == before
    real = instance_view(_instance(World(seed=7, clock=RealClock())))
    real.set("place", RENEWED)

    assert _states(real) == [("web", "still valid")] * 2


def test_the_state_survives_as_json_and_other_values_are_errors(instance):
    """An instance without any profile in its account has only one choice."""
    seen, twin = instance_view(instance), instance_view(instance)
    seen.set("place", 5)
    seen.set("profile", "batch")
    twin.from_json(seen.to_json())
    assert twin.parts() == seen.parts()
    for name, value in {"place": 49, "profile": "admin", "associate": None}.items():
        with pytest.raises(ExerciseError, match=r"no control|can't be"):
            seen.set(name, value)
    bare = World(seed=7).create_account("main").create_instance()

    assert "none" in instance_view(bare).parts()["profile"]


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, instance):
    """Move the clock with the arrow keys, replace the profile, and see both access keys."""
    seen = instance_view(instance)
    card = put(page, seen)
    assert problems(page) == []
    card.get_by_role("slider").focus()
    for _ in range(RENEWED):
        page.keyboard.press("ArrowRight")
    card.get_by_text("Time: 2026-11-25 14:45").wait_for()
    card.get_by_text("✓ still valid").nth(1).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    card.get_by_text("ReplaceIamInstanceProfileAssociation at 14:45.").wait_for()
    assert page.evaluate("[document.activeElement.name, document.activeElement.value]") == [
        "profile",
        "batch",
    ]
    card.get_by_label("Instance profile").select_option(label="none")
    card.get_by_text("✕ 404 Not Found").wait_for()

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
