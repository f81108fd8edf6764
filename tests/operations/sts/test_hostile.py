"""Whatever is passed to STS is done completely or not at all, and no secret is shown."""

import copy
import json
import pickle
from collections import Counter
from collections.abc import Callable
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.authorization.principal import principal_of
from iamlab.errors import AwsError, IamLabError, RequestError
from iamlab.model.clock_and_ids import Ids
from iamlab.operations.api_models import names, signature
from iamlab.operations.sts.session import Session
from iamlab.operations.sts.tokens_and_messages import IssuedToken
from iamlab.storage.saved_world import world_to_json
from iamlab.world.sts import Sts
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.operations.sts.sts_scene import (
    DEV,
    EVERYTHING,
    GOOD,
    PHONE,
    SAML,
    SHORT,
    TASK,
    WORK,
    Scene,
    made,
    message,
)

# -- wrong types ----------------------------------------------------------------------------------

NO_TEXT = (5, 5.5, True, b"x", [], {}, ["x"], object(), World)
NO_NUMBER = ("900", 900.0, True, b"9", [], {}, [900], object(), float("nan"))
NO_TEXTS = (5, 5.5, True, "x", b"x", object(), [5], [None], [b"x"], ["x", 5], World)
NO_DOCUMENT = (5, 5.5, True, b"x", [], ["x"], (), object(), World)
NO_MAPPING = (5, True, "x", b"x", [], ["x"], [{"Key": "a", "Value": "b"}], object(), World)
NO_CALLER = (None, 5, True, b"x", [], {}, object(), World, "", "anna", "a.b", "ec2.amazonaws.com")
WRONG = {
    "principal": NO_CALLER,
    **dict.fromkeys(("duration_seconds", "minimum_session_token_size"), NO_NUMBER),
    **dict.fromkeys(("policy_arns", "transitive_tag_keys", "provided_contexts"), NO_TEXTS),
    "policy": NO_DOCUMENT,
    "tags": (*NO_MAPPING, {1: "a"}, {"k": 5}, {b"k": "a"}),
    "audience": (5, True, b"x", object(), [5], [None], World),
    "role_arn": (*NO_TEXT, None),
    "principal_arn": (*NO_TEXT, None),
}
"""Parameter -> values of the wrong type; of all others texts are wanted."""


def methods(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return good parameters of every method of ``world.sts`` that is an operation."""
    role: dict[str, Any] = {"role_arn": WORK, "role_session_name": "s1"}
    limits: dict[str, Any] = {
        "duration_seconds": 900,
        "policy": EVERYTHING,
        "policy_arns": ["ReadOnlyAccess"],
        "minimum_session_token_size": 0,
    }
    return {
        "assume_role": {
            "principal": scene.key,
            **role,
            **limits,
            "tags": {"a": "b"},
            "transitive_tag_keys": ["a"],
            "external_id": "xx",
            "serial_number": PHONE,
            "token_code": scene.phone.code(),
            "source_identity": "ana",
            "provided_contexts": None,
        },
        "assume_role_with_web_identity": {
            **role,
            **limits,
            "web_identity_token": scene.issuer.token("carol1"),
            "provider_id": None,
        },
        "assume_role_with_saml": {
            "role_arn": WORK,
            **limits,
            "principal_arn": SAML,
            "saml_assertion": scene.directory.sign_in("bob"),
        },
        "assume_root": {
            "principal": scene.key,
            "target_principal": DEV,
            "task_policy_arn": f"{TASK}S3UnlockBucketPolicy",
            "duration_seconds": 900,
            "minimum_session_token_size": 0,
        },
        "get_session_token": {
            "principal": scene.key,
            "duration_seconds": 900,
            "serial_number": PHONE,
            "token_code": scene.phone.code(),
            "minimum_session_token_size": 0,
        },
        "get_federation_token": {"principal": scene.key, "name": "guest", **limits, "tags": {}},
        "get_scoped_credentials": {
            "principal": scene.session("AssumeRole"),
            "policy": EVERYTHING,
            "duration_seconds": 900,
            "scoped_session_description": "xx",
            "minimum_session_token_size": 0,
        },
        "get_web_identity_token": {
            "principal": scene.key,
            "audience": ["a"],
            "signing_algorithm": "ES384",
            "duration_seconds": 60,
            "tags": {},
            "scope": None,
            "subject_mode": "AWSIdentity",
        },
        "get_delegated_access_token": {"principal": scene.key, "trade_in_token": "x"},
        "get_caller_identity": {"principal": scene.key},
        "get_access_key_info": {
            "principal": scene.key,
            "access_key_id": scene.key.access_key_id,
        },
        "decode_authorization_message": {
            "principal": scene.key,
            "encoded_message": message(scene),
        },
    }


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Everybody who can call STS, with a phone that is in use."""
    scene = made()
    scene.phone.enable()
    return scene


METHODS = sorted(methods(made()))


@pytest.mark.parametrize("method", METHODS)
def test_a_good_call_of_each_method_is_done(scene: Scene, method: str) -> None:
    """Control: so that what follows fails for what is wrong, and for nothing else."""
    call = getattr(scene.world.sts, method)
    scene.world.clock.advance(seconds=30)  # each MFA code is accepted once
    if method == "get_delegated_access_token":
        with pytest.raises(RequestError, match="n't modelled"):
            call(**methods(scene)[method])
    else:
        assert call(**methods(scene)[method])


@pytest.mark.parametrize("method", METHODS)
def test_a_value_of_the_wrong_type_differs_from_anything_else(scene: Scene, method: str) -> None:
    """By RequestError, whichever parameter it is of; never by an error from the depths."""
    given_ = methods(scene)[method]
    before = snapshot(scene.world)
    for name in given_:
        for wrong in WRONG.get(name, NO_TEXT):
            with pytest.raises(RequestError):
                getattr(scene.world.sts, method)(**{**given_, name: wrong})

    assert snapshot(scene.world) == before


@pytest.mark.parametrize("operation", names("sts"))
def test_a_call_by_awss_names_is_checked_as_well(scene: Scene, operation: str) -> None:
    """Each parameter with everything that no parameter can be."""
    before = snapshot(scene.world)
    for name in [*signature(operation, "sts").parameters, "Unknown"]:
        for wrong in (5.5, b"x", object(), {5: 5}, {"x"}, lambda: 5, [[]], [{5: 5}], [object()]):
            with pytest.raises(RequestError):
                scene.world.sts.call(operation, scene.key, **{name: wrong})

    assert snapshot(scene.world) == before


@pytest.mark.parametrize("wrong", [None, 5, True, b"AssumeRole", [], {}, "", "assumeRole", "Get"])
def test_what_is_not_an_operation_is_refused(scene: Scene, wrong: Any) -> None:
    """With the way to name one."""
    with pytest.raises(RequestError, match="operation"):
        scene.world.sts.call(wrong, scene.key)


def nested() -> list[Any]:
    """Make a list that holds itself."""
    found: list[Any] = []
    found.append(found)
    return found


def deep() -> list[Any]:
    """Make a list in a list in a list, and so on."""
    found: list[Any] = []
    for _ in range(100_000):
        found = [found]
    return found


@pytest.mark.parametrize("make", [nested, deep])
@pytest.mark.parametrize("name", ["PolicyArns", "Tags", "Policy", "RoleArn", "ProvidedContexts"])
def test_values_without_end_are_refused_in_few_words(
    scene: Scene, name: str, make: Callable[[], Any]
) -> None:
    """They are not written out."""
    with pytest.raises(RequestError) as caught:
        scene.call("AssumeRole", **{name: make()})
    assert len(str(caught.value)) < 500


POLICIES = {
    "deep": lambda: '{"a":' * 200_000,
    "deep lists": lambda: "[" * 1_000_000,
    "long": lambda: "x" * 5_000_000,
    "of spaces": lambda: json.dumps(EVERYTHING) + " " * 1_000_000,
    "with a mark": lambda: "\ufeff" + json.dumps(EVERYTHING),
    "half a letter": lambda: json.dumps(EVERYTHING) + "\ud800",
    "twice": lambda: json.dumps(EVERYTHING) * 2,
    "a number": lambda: "1e999",
    "nothing": lambda: "null",
}


@pytest.mark.parametrize("which", POLICIES)
@pytest.mark.parametrize("operation", ["AssumeRole", "GetFederationToken", "GetScopedCredentials"])
def test_policies_that_arent_any_are_refused_as_aws_refuses_them(
    scene: Scene, operation: str, which: str
) -> None:
    """At once."""
    caller = scene.session("AssumeRole") if "Scoped" in operation else scene.key
    with pytest.raises(AwsError) as caught:
        scene.call(operation, caller, Policy=POLICIES[which]())
    codes = {"MalformedPolicyDocument", "ValidationError", "PackedPolicyTooLarge"}
    assert caught.value.code in codes


# -- what fails changes nothing -------------------------------------------------------------------

POOL: dict[str, list[Any]] = {
    "RoleArn": [WORK, SHORT, WORK.replace("work", "none"), "none", "x" * 30],
    "RoleSessionName": ["s1", "s 1", ""],
    "Policy": [json.dumps(EVERYTHING), "{}", "x" * 3000, 5],
    "PolicyArns": [
        [],
        [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        [{"arn": "arn:aws:iam::aws:policy/None"}],
        [{}],
        "x",
    ],
    "DurationSeconds": [900, 1, 3600, 3601, 43_200, 129_600, 0, -1, "900"],
    "Tags": [[], [{"Key": "a", "Value": "b"}], [{"Key": "a"}], [{"Key": "", "Value": ""}], {}],
    "TransitiveTagKeys": [[], ["a"], ["b"], "a"],
    "ExternalId": ["sky", "x"],
    "SerialNumber": [PHONE, "GAHT12345678"],
    "TokenCode": ["000000", "12345"],
    "SourceIdentity": ["ana", "bob", "a"],
    "ProvidedContexts": [[], [{"ProviderArn": "x" * 20, "ContextAssertion": "xxxx"}]],
    "MinimumSessionTokenSize": [0, 4096, 4097],
    "Audience": [["a"], [], ["a"] * 11],
    "SigningAlgorithm": ["ES384", "HS256"],
    "Scope": ["read"],
    "SubjectMode": ["AWSIdentity", "OriginIdentity", "Other"],
    "Name": ["guest", "g"],
    "TargetPrincipal": [DEV, "111111111111", "999999999999", f"arn:aws:iam::{DEV}:root"],
    "TaskPolicyArn": [{"arn": f"{TASK}S3UnlockBucketPolicy"}, {"arn": "x" * 20}, {}],
    "ScopedSessionDescription": ["why", "w"],
    "AccessKeyId": ["AKIANONE000000000000", "AKIA"],
    "EncodedMessage": ["none", "!" * 100],
    "WebIdentityToken": ["none", "a.b.c"],
    "SAMLAssertion": ["none", "PHg+"],
    "PrincipalArn": [SAML, SAML.replace("Acme", "None"), "x"],
    "ProviderId": ["www.amazon.com"],
    "TradeInToken": ["token"],
}
REGIONS = ("us-east-1", "eu-west-1", "aws-global", "me-south-1")


def chance(scene: Scene, draw: Random, callers: list[Any]) -> str:
    """Do one call by chance; say how it ended. If it failed, see that nothing has changed."""
    operation = draw.choice(names("sts"))
    good = GOOD[operation](scene)
    known = signature(operation, "sts").parameters
    for name in draw.sample(sorted(known), min(len(known), draw.choice((0, 0, 1, 1, 2, 3)))):
        good[name] = draw.choice(POOL[name])
    for name in draw.sample(sorted(good), min(len(good), draw.choice((0, 0, 0, 1)))):
        del good[name]
    world = scene.world
    before = (snapshot(world), world.revision, len(world.events))
    sts = world.sts.endpoint(draw.choice(REGIONS))
    answer, how = outcome(lambda: sts.call(operation, draw.choice(callers), **good))
    if how != "done":
        after = (snapshot(world), world.revision, len(world.events))
        assert after[:-1] == before[:-1], (operation, good)
        assert after[-1] - before[-1] in ((0,) if how == "RequestError" else (0, 1))
    elif "Credentials" in answer:
        key_id = answer["Credentials"]["AccessKeyId"]
        callers.append(Session(world, world.sessions[key_id]))
        assert len(world.sessions) == len(before[0]["sessions"]) + 1
    return how


def outcome(call: Callable[[], Any]) -> tuple[Any, str]:
    """Do a call; give its answer, and how it ended."""
    try:
        return call(), "done"
    except AwsError as error:
        return None, error.code
    except RequestError:
        return None, "RequestError"


@pytest.mark.slow
def test_what_fails_changes_nothing_but_the_log() -> None:
    """Over many calls by many callers; sessions that were made call too."""
    ended: Counter[str] = Counter()
    for seed in (7, 8):
        scene, draw = made(seed), Random(seed)
        scene.main.set_sts_regional_endpoint_status("eu-west-1", "Inactive")
        callers: list[Any] = [scene.key, scene.key, scene.main.root_arn, "anonymous", WORK]
        for _ in range(250):
            scene.world.clock.advance(seconds=draw.choice((0, 1, 90)))
            ended[chance(scene, draw, callers)] += 1

    assert ended["done"] > 80
    common = {"AccessDenied", "ValidationError", "RequestError", "RegionDisabledException"}
    assert common | {"InvalidClientTokenId", "ExpiredToken", "InvalidAction"} <= set(ended)
    assert len(ended) > 12


def test_the_same_calls_make_the_same_sessions() -> None:
    """Ids, secrets, tokens, events and all."""

    def run() -> Any:
        scene, draw = made(), Random(5)
        callers: list[Any] = [scene.key]
        for _ in range(60):
            chance(scene, draw, callers)
        sessions = [Session(scene.world, record) for record in scene.world.sessions.values()]
        events = [event.to_dict() for event in scene.world.events]
        return (
            [session.credentials for session in sessions],
            snapshot(scene.world)["sessions"],
            events,
        )

    assert run() == run()


def test_another_seed_makes_other_secrets() -> None:
    """Though everything else is the same."""
    secrets = {made(seed).session("AssumeRole").secret_access_key for seed in (7, 8)}

    assert len(secrets) == 2


def test_a_token_that_would_be_too_long_draws_no_id() -> None:
    """The next one is as if nobody had asked for it."""
    scene = made()
    tags = [{"Key": f"k{number}", "Value": "x" * 256} for number in range(50)]
    before = scene.world.ids.made
    with pytest.raises(AwsError, match="payload size"):
        scene.call("GetWebIdentityToken", Tags=tags)

    assert scene.world.ids.made == before


# -- secrets --------------------------------------------------------------------------------------

MARK = "S3cr3tMark"
marked = st.text("abc/+=. ", max_size=12).map(lambda text: MARK + text)
shapes: list[Callable[[str], Any]] = [
    lambda secret: secret,
    lambda secret: [secret],
    lambda secret: {"ContextAssertion": secret},
    lambda secret: [{"ProviderArn": "x" * 20, "ContextAssertion": secret}],
    lambda secret: [{"ProviderArn": "x" * 20, "ContextAssertion": secret}] * 6,
    lambda secret: [MappingProxyType({"ProviderArn": "x" * 20, "ContextAssertion": secret})],
    lambda secret: [{"ProviderArn": 5, "ContextAssertion": [secret]}],
]
SENT_SECRETS = [
    ("AssumeRole", "TokenCode", shapes[:2]),
    ("AssumeRole", "ProvidedContexts", shapes[2:]),
    ("GetSessionToken", "TokenCode", shapes[:2]),
    ("AssumeRoleWithWebIdentity", "WebIdentityToken", shapes[:2]),
    ("AssumeRoleWithSAML", "SAMLAssertion", shapes[:2]),
    ("GetDelegatedAccessToken", "TradeInToken", shapes[:2]),
]


def told(world: World) -> str:
    """Return all that is ever written of a world, but for the request with its secrets."""
    sessions = [Session(world, record) for record in world.sessions.values()]
    return "\n".join(
        (
            repr(world),
            repr(world.sts),
            repr(list(world.sessions.values())),
            repr(sessions),
            "".join(map(str, sessions)),
            repr(list(world.events)),
            json.dumps([event.to_dict() for event in world.events]),
            json.dumps(world_to_json(world)),
            pickle.dumps(list(world.sessions.values())).decode("latin-1"),
        )
    )


@settings(max_examples=tries(60))
@given(st.sampled_from(SENT_SECRETS), st.data(), marked)
def test_a_secret_that_is_sent_is_shown_to_nobody(
    sent: tuple[str, str, list[Callable[[str], Any]]], data: st.DataObject, secret: str
) -> None:
    """In whatever shape it comes: not in the error, not in the log."""
    operation, name, ways = sent
    scene = made()
    with pytest.raises(IamLabError) as caught:
        scene.call(operation, **{name: data.draw(st.sampled_from(ways))(secret)})
    error = caught.value
    words = "\n".join([str(error), repr(error), *getattr(error, "__notes__", ())])

    assert MARK not in words
    assert MARK not in told(scene.world)


@settings(max_examples=tries(25))
@given(
    st.sampled_from(("AssumeRole", "GetSessionToken", "GetFederationToken", "AssumeRoot")),
    st.integers(0, 4096),
    st.sampled_from((7, 8)),
)
def test_the_secrets_of_a_session_are_in_nothing_but_itself(
    operation: str, size: int, seed: int
) -> None:
    """Whatever the session, however long its token."""
    scene = made(seed)
    session = scene.session(operation, MinimumSessionTokenSize=size)
    scoped = scene.session("GetScopedCredentials", scene.session("AssumeRole"))
    everything = told(scene.world)
    for key in (session, scoped):
        assert key.access_key_id in everything
        assert key.secret_access_key not in everything
        assert key.session_token not in everything
        assert key.session_token[:40] not in everything
        assert key.credentials["SecretAccessKey"] == key.secret_access_key


@pytest.mark.parametrize("operation", ["AssumeRole", "GetSessionToken", "GetFederationToken"])
def test_a_session_is_not_written_to_any_file(operation: str) -> None:
    """Neither pickled nor copied."""
    session = made().session(operation)
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secrets"):
            write(session)


def test_a_token_for_others_is_shown_once_and_is_in_no_file() -> None:
    """Nor in its own repr."""
    scene = made()
    token = scene.world.sts.get_web_identity_token(scene.key, audience="star-maps")
    assert isinstance(token, IssuedToken)
    assert token.web_identity_token.count(".") == 2
    for part in token.web_identity_token.split("."):
        assert part not in repr(token) + str(token) + told(scene.world)
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(token)


def test_what_a_call_was_given_is_not_in_the_repr_of_the_call() -> None:
    """Which is in tracebacks that show variables."""
    from iamlab.operations.sts.calls import StsCall

    scene = made()
    who = principal_of(scene.world, scene.key)
    request = StsCall(scene.world, "AssumeRole", scene.key, who, {"TokenCode": MARK}, "us-east-1")

    assert MARK not in repr(request)


def test_secrets_follow_from_the_seed_and_the_id_alone() -> None:
    """So that a world keeps none; and who has another seed has others."""
    scene = made()
    session = scene.session("AssumeRole")
    twin = Session(scene.world.copy(), session.record)

    assert twin.credentials == session.credentials
    assert Ids(7).secret_of(session.access_key_id) == session.secret_access_key
    assert Ids(8).secret_of(session.access_key_id) != session.secret_access_key


def test_the_service_shows_no_secret_of_the_world() -> None:
    """Its repr is the endpoint."""
    assert repr(made().world.sts) == "Sts(region='us-east-1')"
    assert isinstance(made().world.sts, Sts)
