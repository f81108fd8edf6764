"""Console federation: temporary credentials become a link, and a link a session in the console."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    ExpiredToken,
    InvalidClientTokenId,
    RequestError,
    ValidationError,
)
from iamlab.errors.identity_center import BadRequest
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.console_federation import ConsoleLink, sign_in_with, signin_token_url
from iamlab.operations.sts.federation_endpoint import get_signin_token
from iamlab.operations.sts.session import Session
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.operations.sts.sts_scene import CALLERS, EVERYTHING, Scene, made
from tests.policy.documents import allow, document

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
ENDPOINT = "https://signin.aws.amazon.com/federation"


@pytest.fixture
def scene() -> Scene:
    """Ana, who may do everything, and the roles work (12 hours) and short (1 hour)."""
    return made()


def link(scene: Scene, session: Any, **how: Any) -> ConsoleLink:
    """Make a link."""
    return scene.world.sts.console_federation_url(session, **how)


def guest(scene: Scene, **how: Any) -> Session:
    """Make a federated user who may do everything that ana may."""
    how = {"policy": EVERYTHING, **how}
    return scene.world.sts.get_federation_token(scene.key, name="guest", **how)


def asked(url: str) -> dict[str, str]:
    """Take a URL's query apart."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def why(caught: pytest.ExceptionInfo[BaseException]) -> str:
    """Return the note of an error."""
    return " ".join(caught.value.__notes__)


# -- the two steps --------------------------------------------------------------------------------


def test_the_two_urls_are_those_of_aws(scene: Scene) -> None:
    """First the credentials as JSON, then the token that came back."""
    session = scene.assume(scene.key, scene.work)
    made_link = link(scene, session, session_duration=7200, issuer="https://acme.example/?a=1&b=2")
    first, second = made_link.signin_token_url, made_link.url

    assert first.startswith(f"{ENDPOINT}?Action=getSigninToken&SessionDuration=7200&Session=%7B")
    assert json.loads(asked(first)["Session"]) == {
        "sessionId": session.access_key_id,
        "sessionKey": session.secret_access_key,
        "sessionToken": session.session_token,
    }
    assert second.startswith(f"{ENDPOINT}?Action=login&Issuer=")
    assert asked(second) == {
        "Action": "login",
        "Issuer": "https://acme.example/?a=1&b=2",
        "Destination": "https://console.aws.amazon.com/",
        "SigninToken": made_link.signin_token,
    }


def test_without_a_duration_none_is_sent(scene: Scene) -> None:
    """As AWS wants it for a federated user."""
    assert "SessionDuration" not in asked(link(scene, guest(scene)).signin_token_url)


def test_both_steps_can_be_gone_by_hand(scene: Scene) -> None:
    """A broker's own program asks for the token, and writes the link itself."""
    session = scene.assume(scene.key, scene.work)
    token = get_signin_token(scene.world, signin_token_url(session))
    query = {"Action": "login", "Destination": "https://console.aws.amazon.com/s3/home"}
    url = f"{ENDPOINT}?{urlencode({**query, 'SigninToken': token})}"

    assert sign_in_with(scene.world, url).arn == session.arn


def test_a_link_can_be_opened_for_fifteen_minutes(scene: Scene) -> None:
    """More than once: it is as good as a password for so long."""
    made_link = link(scene, scene.assume(scene.key, scene.work))
    scene.world.clock.advance(seconds=899)
    for _ in range(2):
        assert scene.can(scene.world.sts.sign_in_with(made_link), *READ)
    assert made_link.expires > scene.world.clock.now

    scene.world.clock.advance(seconds=1)
    assert made_link.expires == scene.world.clock.now
    with pytest.raises(BadRequest, match="Bad Request") as caught:
        scene.world.sts.sign_in_with(made_link)
    assert "15 minutes" in why(caught)


def test_the_same_seed_gives_the_same_link() -> None:
    """And each moment another one."""
    links = [link(scene, scene.assume(scene.key, scene.work)) for scene in (made(), made())]
    scene = made()
    session = scene.assume(scene.key, scene.work)
    scene.world.clock.advance(seconds=1)

    assert links[0] == links[1]
    assert link(scene, session).signin_token != links[0].signin_token


# -- whose credentials are taken ------------------------------------------------------------------

TAKEN = frozenset(
    (
        *("a role session", "a chained role session", "a SAML session", "a web identity session"),
        *("a federated user", "the root user's federated user"),
        *("a scoped role session", "a scoped federated user"),
    )
)


@pytest.mark.parametrize("who", CALLERS)
def test_sessions_of_roles_and_federated_users_are_taken_and_no_others(
    scene: Scene, who: str
) -> None:
    """Not the user's own session, though it is temporary too; and a key has no session token."""
    caller = CALLERS[who](scene)
    if who in TAKEN:
        session = scene.world.sts.sign_in_with(link(scene, caller))
        assert session.arn == caller.arn
        return
    before, events = snapshot(scene.world), len(scene.world.events)
    has_credentials = isinstance(caller, Session | AccessKey)
    with pytest.raises(BadRequest if has_credentials else RequestError):
        link(scene, caller)
    assert (snapshot(scene.world), len(scene.world.events)) == (before, events)


def test_why_credentials_of_get_session_token_are_not_taken_is_said(scene: Scene) -> None:
    """AWS says Bad Request and no more; its own pages do not agree."""
    for session in (
        scene.world.sts.get_session_token(scene.key),
        scene.world.sts.get_scoped_credentials(
            scene.world.sts.get_session_token(scene.key), duration_seconds=900
        ),
    ):
        with pytest.raises(BadRequest) as caught:
            link(scene, session)
        assert (caught.value.code, caught.value.http_status) == ("BadRequest", 400)
        assert "AssumeRole" not in caught.value.message
        assert "GetSessionToken" in why(caught)
        assert "GetFederationToken" in why(caught)


def test_credentials_that_are_not_good_get_no_token(scene: Scene) -> None:
    """Expired ones, those of a role that is gone, and those of another world."""
    expired = scene.assume(scene.key, scene.short, duration_seconds=900)
    scene.world.clock.advance(seconds=900)
    orphan = scene.assume(scene.key, scene.short)
    scene.short.delete_policy("everything")
    scene.short.delete()
    other = made(seed=8)
    stranger = other.assume(other.key, other.work)

    for session, words in (
        (expired, "expired"),
        (orphan, "invalid"),
        (stranger, "and sessionToken"),
    ):
        with pytest.raises(BadRequest) as caught:
            link(scene, session)
        assert words in why(caught)


def test_all_three_parts_of_the_credentials_must_be_right(scene: Scene) -> None:
    """A key id alone is not a secret, so it opens nothing."""
    session = scene.assume(scene.key, scene.work)
    good = json.loads(asked(signin_token_url(session))["Session"])
    odd: list[Any] = ["", "x", None, 7, []]
    bad: list[Any] = [{**good, name: value} for name in good for value in odd]
    bad += [{name: good[name] for name in good if name != gone} for gone in good]
    bad += [[good], "text", None, 7, {}]

    for item in bad:
        query = urlencode({"Action": "getSigninToken", "Session": json.dumps(item)})
        with pytest.raises(BadRequest):
            get_signin_token(scene.world, f"{ENDPOINT}?{query}")


# -- how long -------------------------------------------------------------------------------------

DURATIONS: dict[str, tuple[Callable[[Scene], Session], int, bool]] = {
    "a role's, the least": (lambda scene: scene.assume(scene.key, scene.short), 900, True),
    "a role's, the most": (lambda scene: scene.assume(scene.key, scene.short), 43_200, True),
    "less": (lambda scene: scene.assume(scene.key, scene.short), 899, False),
    "more": (lambda scene: scene.assume(scene.key, scene.short), 43_201, False),
    "nothing": (lambda scene: scene.assume(scene.key, scene.short), 0, False),
    "negative": (lambda scene: scene.assume(scene.key, scene.short), -900, False),
    "huge": (lambda scene: scene.assume(scene.key, scene.short), 10**5000, False),
    "SAML": (lambda scene: scene.session("AssumeRoleWithSAML"), 43_200, True),
    "web identity": (lambda scene: scene.session("AssumeRoleWithWebIdentity"), 43_200, True),
    "chained": (
        lambda scene: scene.assume(scene.assume(scene.key, scene.work), scene.short),
        900,
        False,
    ),
    "federated user": (guest, 3600, False),
    "scoped": (
        lambda scene: scene.world.sts.get_scoped_credentials(
            scene.assume(scene.key, scene.work), duration_seconds=60
        ),
        900,
        False,
    ),
    "asked for by a user's session": (
        lambda scene: scene.assume(scene.world.sts.get_session_token(scene.key), scene.work),
        900,
        True,
    ),
}


@pytest.mark.parametrize("what", DURATIONS)
def test_a_duration_is_for_roles_that_nobody_chained(scene: Scene, what: str) -> None:
    """900 to 43,200 seconds, whatever the role allows."""
    of, seconds, is_taken = DURATIONS[what]
    session = of(scene)
    if not is_taken:
        with pytest.raises(BadRequest) as caught:
            link(scene, session, session_duration=seconds)
        assert "SessionDuration" in why(caught)
        return
    in_console = scene.world.sts.sign_in_with(link(scene, session, session_duration=seconds))
    scene.world.clock.advance(seconds=seconds - 1)
    assert scene.can(in_console, *READ)
    scene.world.clock.advance(seconds=1)
    assert in_console.is_expired
    with pytest.raises(ExpiredToken):
        scene.can(in_console, *READ)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("000900", 900),
        ("0000000043200", 43_200),
        ("00000900099999", None),
        ("9" * 5000, None),
        ("900.0", None),
        ("9e2", None),
        ("-900", None),
        ("٩٠٠", None),
    ],
)
def test_a_duration_in_a_url_is_a_number_or_nothing(
    scene: Scene, written: str, seconds: int | None
) -> None:
    """However many digits it has."""
    session = scene.assume(scene.key, scene.work)
    url = signin_token_url(session, session_duration=900).replace("=900&", f"={written}&")
    if seconds is None:
        with pytest.raises(BadRequest):
            get_signin_token(scene.world, url)
        return
    in_console = sign_in_with(scene.world, login(get_signin_token(scene.world, url)))
    assert (in_console.until - in_console.signed_in).total_seconds() == seconds


def login(token: str, **more: str) -> str:
    """Write a link."""
    query = {"Action": "login", "Destination": "https://console.aws.amazon.com/", **more}
    return f"{ENDPOINT}?{urlencode({**query, 'SigninToken': token})}"


@pytest.mark.parametrize("of", [guest, lambda scene: scene.assume(scene.key, scene.short)])
def test_without_a_duration_the_session_ends_with_the_credentials(
    scene: Scene, of: Callable[[Scene], Session]
) -> None:
    """Not so long after the link was opened."""
    session = of(scene)
    scene.world.clock.advance(minutes=5)
    in_console = scene.world.sts.sign_in_with(link(scene, session))

    assert in_console.expiration == session.expiration
    assert in_console.signed_in == scene.world.clock.now


def test_with_a_duration_it_outlives_the_credentials(scene: Scene) -> None:
    """They are good for the API as long as before, and the role's maximum does not count."""
    session = scene.assume(scene.key, scene.short, duration_seconds=900)
    in_console = scene.world.sts.sign_in_with(link(scene, session, session_duration=43_200))
    scene.world.clock.advance(hours=11)

    assert session.is_expired
    assert not in_console.is_expired
    assert scene.can(in_console, *READ)
    with pytest.raises(ExpiredToken):
        scene.can(session, *READ)


def test_credentials_that_expire_before_the_link_is_opened(scene: Scene) -> None:
    """Open nothing, unless a duration was asked for."""
    session = scene.assume(scene.key, scene.short, duration_seconds=900)
    scene.world.clock.advance(seconds=890)
    short, long = link(scene, session), link(scene, session, session_duration=900)
    scene.world.clock.advance(seconds=10)

    with pytest.raises(ExpiredToken):
        scene.world.sts.sign_in_with(short)
    assert scene.can(scene.world.sts.sign_in_with(long), *READ)


# -- permissions ---------------------------------------------------------------------------------


def test_the_session_may_what_the_credentials_may(scene: Scene) -> None:
    """Session policies, scope-down policies, tags and the issue time go along."""
    policy = document(allow(["s3:*", "iam:*"]))
    session = scene.assume(
        scene.key, scene.work, policy=policy, tags={"team": "sky"}, source_identity="bob"
    )
    scene.world.clock.advance(minutes=1)
    scoped = scene.world.sts.get_scoped_credentials(session, policy=document(allow("s3:Get*")))
    for item in (session, scoped):
        in_console = scene.world.sts.sign_in_with(link(scene, item))
        for action in ("s3:GetObject", "s3:PutObject", "ec2:RunInstances", "iam:ListUsers"):
            there, outside = scene.can(in_console, action), scene.can(item, action)
            assert there.verdict is outside.verdict
            assert there.request.keys == outside.request.keys
        assert in_console.tags == {"team": "sky"}
        assert in_console.source_identity == "bob"


@pytest.mark.parametrize("who", ["a federated user", "the root user's federated user"])
def test_a_federated_user_can_call_iam_in_the_console_and_not_by_the_api(
    scene: Scene, who: str
) -> None:
    """The same permissions, and another door."""
    session = CALLERS[who](scene)
    in_console = scene.world.sts.sign_in_with(link(scene, session))

    with pytest.raises(InvalidClientTokenId):
        scene.main.call("ListUsers", session)
    assert scene.main.call("ListUsers", in_console)["Users"]
    assert scene.world.events[-1].user_identity["type"] == "FederatedUser"
    assert in_console.present(scene.world).kind is CredentialKind.FEDERATED_CONSOLE
    assert scene.can(in_console, "iam:ListUsers").request.principal == session.arn


def test_a_federated_user_has_no_more_in_the_console_than_he_was_given(scene: Scene) -> None:
    """His session policy and the user's own policies, both."""
    in_console = scene.world.sts.sign_in_with(
        link(scene, guest(scene, policy=document(allow("iam:ListUsers"))))
    )
    bare = scene.world.sts.sign_in_with(link(scene, guest(scene, policy=None)))

    assert scene.main.call("ListUsers", in_console)
    with pytest.raises(AccessDenied):
        scene.main.call("ListRoles", in_console)
    with pytest.raises(AccessDenied):
        scene.main.call("ListUsers", bare)


@pytest.mark.parametrize("operation", ["AssumeRole", "GetSessionToken", "GetFederationToken"])
def test_sts_stays_closed_to_a_federated_user(scene: Scene, operation: str) -> None:
    """But for who he is."""
    in_console = scene.world.sts.sign_in_with(link(scene, guest(scene)))

    with pytest.raises(AccessDenied, match=f"Cannot call {operation} with session credentials"):
        scene.call(operation, in_console)
    assert scene.world.sts.get_caller_identity(in_console).arn == in_console.arn


def test_a_role_that_is_taken_in_the_console_is_a_chained_one(scene: Scene) -> None:
    """An hour at most; and transitive tags and source identity go along."""
    session = scene.assume(
        scene.key,
        scene.work,
        tags={"team": "sky"},
        transitive_tag_keys=["team"],
        source_identity="bob",
    )
    in_console = scene.world.sts.sign_in_with(link(scene, session, session_duration=43_200))
    with pytest.raises(ValidationError, match="1 hour session limit"):
        scene.assume(in_console, scene.work, duration_seconds=3601)

    switched = scene.assume(in_console, scene.short)
    assert (switched.tags, switched.source_identity) == ({"team": "sky"}, "bob")
    assert switched.record.parent == session.access_key_id


def test_revoking_reaches_into_the_console(scene: Scene) -> None:
    """The session there has the issue time of the credentials."""
    session = scene.assume(scene.key, scene.work)
    in_console = scene.world.sts.sign_in_with(link(scene, session, session_duration=43_200))
    scene.world.clock.advance(hours=2)
    assert scene.can(in_console, *READ)
    scene.work.revoke_sessions()

    assert not scene.can(in_console, *READ)


def test_the_end_of_the_role_or_user_ends_the_session_and_the_link(scene: Scene) -> None:
    """As it ends the credentials."""
    made_link = link(scene, scene.assume(scene.key, scene.short))
    in_console = scene.world.sts.sign_in_with(made_link)
    scene.short.delete_policy("everything")
    scene.short.delete()

    with pytest.raises(InvalidClientTokenId):
        scene.can(in_console, *READ)
    with pytest.raises(InvalidClientTokenId):
        scene.world.sts.sign_in_with(made_link)


# -- invalid links -------------------------------------------------------------------------------


def test_a_token_that_was_changed_opens_nothing(scene: Scene) -> None:
    """Whichever letter it is: not another session's id, not another duration, not a later time."""
    token = link(scene, scene.assume(scene.key, scene.work)).signin_token
    scene.assume(scene.key, scene.work)
    for place in range(0, len(token), 3):
        for letter in ("0", "A"):
            changed = token[:place] + letter + token[place + 1 :]
            if changed != token:
                with pytest.raises(BadRequest):
                    sign_in_with(scene.world, login(changed))
    with pytest.raises(BadRequest):
        sign_in_with(scene.world, login(token.replace("0000", "ffff", 1)))


def test_a_token_is_good_in_its_own_world_and_in_copies_of_it(scene: Scene) -> None:
    """Not in one of another seed; and not in a copy that was made before the session."""
    before = scene.world.copy()
    session = scene.assume(scene.key, scene.work)
    made_link = link(scene, session)
    copy, other = scene.world.copy(), made(seed=8)
    other.assume(other.key, other.work)

    assert sign_in_with(copy, made_link).arn == session.arn
    assert copy.sts.console_federation_url(session) == made_link
    for world in (before, other.world, World(seed=7)):
        with pytest.raises(BadRequest):
            sign_in_with(world, made_link)


DESTINATIONS = {
    "https://console.aws.amazon.com/s3/home?region=eu-west-1#x": True,
    "https://eu-west-1.console.aws.amazon.com/ec2/": True,
    "https://quicksight.aws.amazon.com/": True,
    "http://console.aws.amazon.com/": False,
    "https://aws.amazon.com.evil.example/": False,
    "https://evil.example/console.aws.amazon.com": False,
    "https://console.aws.amazon.com@evil.example/": False,
    "https://evil.example\\.aws.amazon.com/": False,
    "https://evil.example/\\.aws.amazon.com": False,
    "https://console.amazonaws.cn/": False,
    "javascript:alert(1)": False,
    "//console.aws.amazon.com/": False,
    "https://[": False,
    "https://": False,
    "": False,
}


@pytest.mark.parametrize("page", DESTINATIONS)
def test_a_link_leads_to_aws_and_nowhere_else(scene: Scene, page: str) -> None:
    """Neither when it is made, nor when somebody has changed it."""
    session = scene.assume(scene.key, scene.work)
    if DESTINATIONS[page]:
        assert asked(link(scene, session, destination=page).url)["Destination"] == page
        return
    with pytest.raises(BadRequest):
        link(scene, session, destination=page)
    with pytest.raises(BadRequest):
        sign_in_with(scene.world, login(link(scene, session).signin_token, Destination=page))


@settings(max_examples=tries(60))
@given(url=st.one_of(st.text(), st.text().map(lambda text: f"{ENDPOINT}?Action=login&{text}")))
def test_no_text_is_a_link_by_chance_and_none_breaks_anything(url: str) -> None:
    """Bad Request, and no more."""
    for step in (get_signin_token, sign_in_with):
        with pytest.raises(BadRequest):
            step(SCENE.world, url)


SCENE = made()


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{", "nan", '{"sessionId": 1e999}', '{"sessionId": {"a": []}}', "\ud800"],
)
def test_odd_json_is_a_bad_request(scene: Scene, text: str) -> None:
    """However deep it is."""
    encoded = urlencode({"Session": text}, errors="surrogatepass")
    with pytest.raises(BadRequest):
        get_signin_token(scene.world, f"{ENDPOINT}?Action=getSigninToken&{encoded}")


@pytest.mark.parametrize(
    "ask",
    [
        lambda scene, session: link(scene, session, session_duration="900"),
        lambda scene, session: link(scene, session, session_duration=True),
        lambda scene, session: link(scene, session, session_duration=900.0),
        lambda scene, session: link(scene, session, destination=7),
        lambda scene, session: link(scene, session, destination="https://x.aws.amazon.com/\ud800"),
        lambda scene, session: link(scene, session, issuer=None),
        lambda scene, session: link(scene, session, issuer="\udfff"),
        lambda scene, _: link(scene, None),
        lambda scene, _: scene.world.sts.sign_in_with(None),
        lambda scene, session: scene.world.sts.sign_in_with(session),
        lambda scene, _: get_signin_token(scene.world, b"https://"),  # type: ignore[arg-type]
    ],
)
def test_what_is_of_the_wrong_kind_is_refused_in_words(
    scene: Scene, ask: Callable[[Scene, Session], Any]
) -> None:
    """And nothing is noted."""
    session = scene.assume(scene.key, scene.work)
    before = len(scene.world.events)

    with pytest.raises(RequestError):
        ask(scene, session)
    assert len(scene.world.events) == before


# -- secrets, and the log -------------------------------------------------------------------------


def test_neither_a_link_nor_a_session_in_the_console_shows_its_secrets(scene: Scene) -> None:
    """Not in repr, log or files; and nobody in the console has the credentials in hand."""
    session = scene.assume(scene.key, scene.work)
    made_link = link(scene, session)
    in_console = scene.world.sts.sign_in_with(made_link)
    scene.main.call("ListUsers", in_console)
    texts = [repr(item) + str(item) for item in (made_link, in_console, replace(made_link))]
    texts += [repr(event) + repr(event.to_dict()) for event in scene.world.events]
    secrets = (session.secret_access_key, session.session_token, made_link.signin_token)

    assert not [text for text in texts for secret in secrets if secret in text]
    assert repr(in_console).startswith("FederatedConsoleSession('arn:aws:sts::")
    for entry in (made_link, in_console):
        with pytest.raises(TypeError, match="secrets"):
            pickle.dumps(entry)
    for name in ("secret_access_key", "session_token", "credentials"):
        with pytest.raises(RequestError, match="stay in the browser"):
            getattr(in_console, name)
    for give in (in_console.environment_variables, in_console.container_credentials):
        with pytest.raises(RequestError, match="stay in the browser"):
            give()
    with pytest.raises(RequestError, match="stay in the browser"):
        link(scene, in_console)


def test_a_refused_request_shows_no_secret(scene: Scene) -> None:
    """Neither the message nor the note."""
    session = scene.world.sts.get_session_token(scene.key)
    with pytest.raises(BadRequest) as caught:
        link(scene, session)
    text = f"{caught.value!r}{caught.value}{why(caught)}"

    assert session.secret_access_key not in text
    assert session.session_token not in text


def test_both_steps_are_noted(scene: Scene) -> None:
    """In the account of the session, as events of the sign-in service."""
    session = scene.assume(scene.key, scene.work)
    start = len(scene.world.events)
    scene.world.sts.sign_in_with(link(scene, session))
    first, second = scene.world.events[start:]

    assert (first.event_name, second.event_name) == ("GetSigninToken", "ConsoleLogin")
    assert first.user_identity["accessKeyId"] == session.access_key_id
    assert "accessKeyId" not in second.user_identity
    for event in (first, second):
        assert event.event_source == "signin.amazonaws.com"
        assert event.event_type == "AwsConsoleSignIn"
        assert event.response_elements == {event.event_name: "Success"}
        assert event.user_identity["arn"] == session.arn
        assert event.user_identity["type"] == "AssumedRole"
        assert event.recipient_account_id == session.record.account_id


def test_the_event_of_a_federated_user_says_who_made_him(scene: Scene) -> None:
    """A user, or a root user."""
    for session, issuer in (
        (
            guest(scene),
            {
                "type": "IAMUser",
                "arn": scene.ana.arn,
                "principalId": scene.ana.unique_id,
                "userName": "ana",
            },
        ),
        (
            CALLERS["the root user's federated user"](scene),
            {"type": "Root", "arn": scene.main.root_arn, "principalId": scene.main.account_id},
        ),
    ):
        scene.world.do(session, *READ)
        identity = scene.world.events[-1].user_identity
        assert identity["type"] == "FederatedUser"
        assert identity["arn"] == session.arn
        assert identity["accessKeyId"] == session.access_key_id
        shown = identity["sessionContext"]["sessionIssuer"]
        assert shown == {"accountId": scene.main.account_id, **issuer}


def test_in_china_the_console_is_elsewhere(scene: Scene) -> None:
    """Each partition has its own sign-in service."""
    main = scene.world.create_account("china", account_id="333333333333")
    main.partition = "aws-cn"
    user = main.create_user("li")
    user.put_policy("all", EVERYTHING)
    key = user.create_access_key()
    session = scene.world.sts.get_federation_token(key, name="guest", policy=EVERYTHING)
    made_link = link(scene, session)

    assert made_link.url.startswith("https://signin.amazonaws.cn/federation?Action=login")
    assert asked(made_link.url)["Destination"] == "https://console.amazonaws.cn/"
    assert scene.world.sts.sign_in_with(made_link).arn == session.arn
