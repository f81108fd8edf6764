"""Credentials as software has them: whose they are, and what makes them nobody's."""

import json
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import InvalidClientTokenId, RequestError, SignatureDoesNotMatch
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.identities import User
from tests.policy.documents import trust

OWN = "111111111111"


@pytest.fixture
def world() -> World:
    """A user, a function, an instance."""
    world = World(seed=7)
    main = world.create_account("main", account_id=OWN)
    main.create_user("ana")
    for service in ("ec2", "lambda"):
        who = {"Service": f"{service}.amazonaws.com"}
        main.create_role(service, assume_role_policy_document=trust(who))
    main.create_instance_profile("web").add_role("ec2")
    return world


@pytest.fixture
def ana(world: World) -> User:
    """The user."""
    return world.user("ana")


def whose(world: World, credentials: Any) -> str:
    """Return who calls with the credentials."""
    return world.sts.get_caller_identity(world.caller_of(credentials)).arn


def test_what_the_answer_of_sts_holds_is_a_caller(world: World, ana: User) -> None:
    """And the object that the method gives is the same caller."""
    session = world.sts.get_session_token(ana)

    assert whose(world, session.credentials) == ana.arn
    assert world.caller_of(session.credentials).access_key_id == session.access_key_id


def test_a_stolen_access_key_works_for_whoever_has_it(world: World, ana: User) -> None:
    """With the names of a credentials file."""
    key = ana.create_access_key()
    stolen = {
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
    }

    assert whose(world, stolen) == ana.arn
    key.update("Inactive")
    with pytest.raises(InvalidClientTokenId):
        whose(world, stolen)


def test_software_on_an_instance_and_in_a_function_calls_with_what_it_is_given(
    world: World,
) -> None:
    """The metadata service's JSON, and the function's environment."""
    main = world.account("main")
    instance = main.create_instance(instance_profile="web")
    token = instance.metadata.put_token()
    text = instance.metadata.get("/latest/meta-data/iam/security-credentials/ec2", token)
    function = main.create_function("resize", role="lambda")

    assert whose(world, json.loads(text)).endswith(f"/ec2/{instance.name}")
    assert whose(world, function.environment()).endswith("/lambda/resize")


@pytest.mark.parametrize(
    ("part", "value", "error"),
    [
        ("SecretAccessKey", "wrong", SignatureDoesNotMatch),
        ("SecretAccessKey", "é", SignatureDoesNotMatch),
        ("SessionToken", "wrong", InvalidClientTokenId),
        ("SessionToken", None, InvalidClientTokenId),
        ("AccessKeyId", "ASIAUNKNOWNEXAMPLE", InvalidClientTokenId),
        ("AccessKeyId", None, RequestError),
        ("SecretAccessKey", None, RequestError),
        ("SecretAccessKey", 5, RequestError),
    ],
)
def test_a_wrong_part_makes_them_nobodys(
    world: World, ana: User, part: str, value: Any, error: type[Exception]
) -> None:
    """Each is refused as AWS refuses it, and no text shows a secret."""
    right = world.sts.get_session_token(ana).credentials

    with pytest.raises(error) as caught:
        world.caller_of(right | {part: value})

    shown = f"{caught.value!r} {caught.value} {getattr(caught.value, '__notes__', '')}"
    assert right["SecretAccessKey"] not in shown
    assert right["SessionToken"] not in shown


def test_a_token_beside_long_term_keys_is_too_much(world: World, ana: User) -> None:
    """It is not a session's."""
    key = ana.create_access_key()
    arguments = {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key}

    with pytest.raises(InvalidClientTokenId):
        world.caller_of(arguments | {"SessionToken": "x"})


def test_credentials_themselves_are_not_a_caller_and_are_not_shown(world: World, ana: User) -> None:
    """The refusal says how to make one of them."""
    arguments: Any = world.sts.get_session_token(ana).credentials

    with pytest.raises(RequestError, match="caller_of") as caught:
        world.can(arguments, "s3:ListAllMyBuckets", "*")

    assert arguments["SecretAccessKey"] not in str(caught.value)


def test_a_file_with_secrets_keeps_them_working_and_one_without_does_not(
    world: World, ana: User
) -> None:
    """Without secrets the seed, from which they follow, is another one."""
    right = world.sts.get_session_token(ana).credentials

    assert whose(world_from_json(world_to_json(world, secrets=True)), right) == ana.arn
    with pytest.raises((SignatureDoesNotMatch, InvalidClientTokenId)):
        world_from_json(world_to_json(world)).caller_of(right)
