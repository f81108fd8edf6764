"""Calls of real clients: what is listed, what the client got, and why."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Policy, World
from iamlab.errors import ExerciseError
from iamlab.widgets import client_calls
from iamlab.widgets.instruments import console_and_clients
from iamlab.widgets.instruments.console_and_clients import REJECTED
from tests.widgets.page import problems, put

NO_POLICY = "The call ended before AWS looked at any policy."


@pytest.fixture
def world():
    """Ana may list users and read one, but not her manager; Bob may do nothing."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    for name in ("ana", "bob", "boss"):
        main.create_user(name).create_access_key()
    own = Policy.allow(["iam:List*", "iam:GetUser"], "*", sid="Read")
    world.user("ana").put_policy("own", own)
    guard = Policy.deny("iam:GetUser", world.user("boss").arn, sid="NotTheBoss")
    world.user("ana").put_policy("guard", guard)
    return world


def _iam(world, name="ana"):
    return world.boto3_session(world.user(name)).client("iam")


def _ask(call, **parameters):
    with suppress(ClientError):
        call(**parameters)


def _facts(calls):
    return calls.parts()["facts"]


def test_the_last_denied_call_is_chosen_and_explained(world):
    """With the client's error, the request, the verdict and what decides, in words and drawn."""
    iam = _iam(world)
    with pytest.raises(ClientError) as caught:
        iam.get_user(UserName="boss")
    iam.list_users()
    calls = client_calls(world)
    parts = calls.parts()
    message = caught.value.response["Error"]["Message"]

    assert calls.chosen.operation == "GetUser"
    assert str(calls.decision) == "✕ explicit deny by guard/NotTheBoss"
    assert f"The client got 403 AccessDenied: {message}" in parts["facts"]
    assert "The statement guard/NotTheBoss denies it." in parts["result"]
    assert "The six questions" in parts["result"]
    assert "<figure" in parts["result"]
    assert "boss" in parts["picture"]


def test_calls_are_listed_newest_first_with_caller_status_and_code(world):
    """A denial and another error look different."""
    _iam(world).list_users()
    _ask(_iam(world).get_user, UserName="zoe")
    _ask(_iam(world, "bob").list_users)
    calls = client_calls(world)
    rows = calls.parts()["calls"].split("<tr>")[2:]

    assert [call.operation for call in calls.calls] == ["ListUsers", "GetUser", "ListUsers"]
    for row, words in zip(
        rows,
        [("iam:ListUsers", "bob", "✕ 403", "AccessDenied"), ("○ 404", "NoSuchEntity"), ("✓ 200",)],
        strict=True,
    ):
        assert all(word in row for word in words)
    assert "3 of 3 calls" in calls.parts()["calls"]


def test_the_last_denied_call_is_listed_after_many_newer_ones(world, monkeypatch):
    """The others are counted."""
    most = 4
    monkeypatch.setattr(console_and_clients, "MOST", most)
    _ask(_iam(world, "bob").list_users)
    for _ in range(most + 3):
        _iam(world).list_users()
    calls = client_calls(world)

    assert len(calls.calls) == most + 1
    assert calls.state.row == most
    assert calls.chosen.caller.endswith("user/bob")
    assert f"{most + 1} of {most + 4} calls" in calls.parts()["calls"]


def test_a_newer_call_is_listed_on_request(world):
    """What is chosen stays until then."""
    _ask(_iam(world, "bob").list_users)
    calls = client_calls(world)
    _iam(world).list_users()
    _ask(_iam(world).create_user, UserName="zoe")

    assert calls.chosen.operation == "ListUsers"
    assert "1 of 3 calls" in calls.parts()["calls"]
    calls.press("refresh")
    assert calls.chosen.operation == "CreateUser"
    calls.set("row", "1")
    assert calls.decision
    assert "The client got its result." in _facts(calls)


def test_an_allowed_call_can_fail_or_be_only_decided(world):
    """Then no denial explains what the client got."""
    _ask(_iam(world).get_user, UserName="zoe")
    world.user("ana").attach_policy("ReadOnlyAccess")
    world.boto3_session(world.user("ana")).client("cloudwatch").list_metrics()
    calls = client_calls(world)
    assert "iamlab only decides about this operation" in _facts(calls)
    assert calls.decision
    calls.set("row", "1")

    assert "AWS allowed the call. It failed after that." in _facts(calls)
    assert "NoSuchEntity" in _facts(calls)


def _inactive(world):
    [key] = world.user("ana").access_keys
    iam = _iam(world)
    key.update(status="Inactive")
    return iam


def _with_another_secret(world):
    [key] = world.user("ana").access_keys
    session = world.boto3_session(world.user("ana"))
    other = boto3.Session(
        key.access_key_id, "wrong", botocore_session=session._session, region_name="us-east-1"
    )
    return other.client("iam")


def _ahead(world):
    world.gateway.time_of_clients = lambda: datetime.now(UTC) - timedelta(hours=1)
    return _iam(world)


def _behind(world):
    world.gateway.time_of_clients = lambda: datetime.now(UTC) + timedelta(hours=1)
    return _iam(world)


def _expired(world):
    session = world.sts.get_session_token(world.user("ana").access_keys[0], duration_seconds=900)
    iam = world.boto3_session(session).client("iam")
    world.clock.advance(hours=1)
    return iam


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_inactive, "The access key isn't known or isn't active"),
        (_with_another_secret, "The secret access key is wrong"),
        (_ahead, "The client's clock is ahead."),
        (_behind, "The client's clock is behind"),
        (_expired, "The session has expired"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_if_no_policy_decides(world, make, why):
    """Its caller isn't verified, so there is no decision."""
    _ask(make(world).list_users)
    calls = client_calls(world)

    assert calls.decision is None
    assert why in _facts(calls).replace("&#x27;", "'")
    assert NO_POLICY in _facts(calls)
    assert "not verified" in calls.parts()["calls"]
    assert "AWS decides" not in "".join(calls.parts().values())


def test_each_service_has_its_own_code_for_the_same_mistake(world):
    """The words are the same: the key isn't active."""
    session = world.boto3_session(world.user("ana"))
    world.user("ana").access_keys[0].update(status="Inactive")
    for service, call in (
        ("iam", "list_users"),
        ("organizations", "list_accounts"),
        ("ec2", "describe_instances"),
        ("s3", "list_buckets"),
    ):
        _ask(getattr(session.client(service), call))
    calls = client_calls(world)

    assert [call.code for call in calls.calls] == [
        "InvalidAccessKeyId",
        "AuthFailure",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
    ]
    for row in range(4):
        calls.set("row", row)
        assert "isn&#x27;t active" in _facts(calls)


def test_a_caller_without_a_signature_is_anonymous_where_policies_decide(world):
    """S3 decides about such requests too."""
    world.account("main").create_bucket("maps")
    world.gateway.handle("GET", "https://maps.s3.us-east-1.amazonaws.com/m31", {}, b"")
    calls = client_calls(world)

    assert "anonymous" in calls.parts()["calls"]
    assert calls.decision is not None


def test_an_unknown_message_needs_no_words_and_a_hostile_name_is_text(world):
    """The operation is what the client wrote."""
    world.gateway.handle(
        "POST", "https://iam.amazonaws.com/", {}, b"Action=<b>x&Version=2010-05-08"
    )
    calls = client_calls(world)
    whole = "".join(calls.parts().values())

    assert not any(calls.chosen.message.startswith(start) for start in REJECTED)
    assert NO_POLICY in whole
    assert "<b>x" not in whole


def test_without_calls_a_sentence_says_how_to_make_some(world):
    """And nothing is chosen."""
    calls = client_calls(world)

    assert "world.boto3_session(user)" in calls.parts()["calls"]
    assert (calls.chosen, calls.decision, _facts(calls)) == (None, None, "")
    for name, value in {"row": "0", "call": None}.items():
        with pytest.raises(ExerciseError, match=r"no control|can't be"):
            calls.set(name, value)


def test_no_secret_is_shown(world):
    """Neither a secret nor a token."""
    session = world.boto3_session(world.user("bob"))
    made = session.client("sts").get_session_token()["Credentials"]
    calls = client_calls(world)
    texts = [repr(calls), calls.to_json(), *calls.parts().values()]

    for secret in (made["SecretAccessKey"], made["SessionToken"]):
        assert not any(secret in text for text in texts)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, world):
    """Choose a call with the arrow keys, and list newer ones; the focus stays."""
    _iam(world).list_users()
    _ask(_iam(world).get_user, UserName="boss")
    calls = client_calls(world)
    card = put(page, calls)
    card.get_by_role("radio", name="iam:GetUser").focus()
    page.keyboard.press("ArrowDown")
    card.get_by_text("✓ allowed", exact=True).wait_for()
    assert page.evaluate("document.activeElement.value") == "1"
    _ask(_iam(world, "bob").list_users)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    card.get_by_text("user/bob is not authorized").wait_for()
    assert page.evaluate("document.activeElement.name") == "refresh"
    card.get_by_text("iam:GetUser").click()
    card.get_by_text("✕ explicit deny", exact=True).wait_for()
    card.get_by_text("The decision as a figure").click()
    assert card.get_by_role("img").first.is_visible()

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
