"""What a Lambda function works with: one session of its role, kept from run to run."""

import copy
import json
import pickle
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, ExpiredToken, RequestError
from iamlab.operations.services.lambda_functions import Function
from iamlab.operations.sts.session import Session, container_credentials, environment_variables
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from iamlab.world.identities import Role
from tests.policy.documents import allow, document, trust

OWN = "111111111111"
MAP = "arn:aws:s3:::star-maps/m31.fits"
LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.fixture
def main() -> Account:
    """An account, alone in its world."""
    return World(seed=4).create_account("main", account_id=OWN)


def role_for_lambda(account: Account, name: str = "worker") -> Role:
    """Make a role that Lambda may assume, and that may read."""
    made = account.create_role(name, assume_role_policy_document=trust(LAMBDA))
    made.put_policy("read", document(allow("s3:GetObject", "*")))
    return made


def task(account: Account) -> Session:
    """Return the session of a task of ECS."""
    who = {"Service": "ecs-tasks.amazonaws.com"}
    role = account.create_role("task", assume_role_policy_document=trust(who))
    return account.world.sts.assume_role_as_service("ecs-tasks.amazonaws.com", role_arn=role)


@pytest.fixture
def resize(main: Account) -> Function:
    """A function with its role."""
    return main.create_function("resize", role=role_for_lambda(main))


def test_a_function_keeps_its_session_from_run_to_run(main: Account, resize: Function) -> None:
    """Until a run could outlast it."""
    first = resize.role_session()
    main.world.clock.advance(hours=11, minutes=45)
    assert resize.role_session().access_key_id == first.access_key_id

    main.world.clock.advance(seconds=1)
    second = resize.role_session()

    assert second.access_key_id != first.access_key_id
    assert main.world.can(first, "s3:GetObject", MAP)
    main.world.clock.advance(minutes=15)
    with pytest.raises(ExpiredToken):
        main.world.can(first, "s3:GetObject", MAP)
    assert resize.role_session().access_key_id == second.access_key_id


def test_a_function_with_another_role_has_another_session(main: Account, resize: Function) -> None:
    """What its old session may do is as before: nothing takes it back."""
    old = resize.role_session()
    role_for_lambda(main, "other").delete_policy("read")
    resize.update_configuration(role="other")

    assert resize.role_session().arn.endswith(":assumed-role/other/resize")
    assert not main.world.can(resize.role_session(), "s3:GetObject", MAP)
    assert main.world.can(old, "s3:GetObject", MAP)
    resize.update_configuration(role="worker")
    assert resize.role_session().access_key_id != old.access_key_id


def test_a_role_made_anew_under_its_name_gives_a_new_session(
    main: Account, resize: Function
) -> None:
    """It is another role."""
    old = resize.role_session()
    main.roles["worker"].delete_policy("read")
    main.roles["worker"].delete()
    with pytest.raises(AccessDenied, match="cannot be assumed by Lambda"):
        resize.role_session()
    role_for_lambda(main)

    assert resize.role_session().record.issuer_id != old.record.issuer_id
    assert main.world.can(resize.role_session(), "s3:GetObject", MAP)


def test_who_is_not_trusted_any_more_keeps_what_he_has(main: Account, resize: Function) -> None:
    """A trust policy is asked when a session is made, and never again."""
    session = resize.role_session()
    main.roles["worker"].update_assume_role_policy(trust({"Service": "ec2.amazonaws.com"}))

    assert resize.role_session().access_key_id == session.access_key_id
    main.world.clock.advance(hours=12)
    with pytest.raises(AccessDenied, match="cannot be assumed by Lambda"):
        resize.role_session()


def test_functions_of_one_role_are_distinguished(main: Account, resize: Function) -> None:
    """By the ARN that their sessions carry, even if one scopes its credentials down."""
    other = main.create_function("rotate", role="worker", region="eu-west-1")
    main.roles["worker"].put_policy(
        "own",
        document(
            allow("s3:PutObject", Condition={"ArnEquals": {"lambda:SourceFunctionArn": resize.arn}})
        ),
    )
    session = resize.role_session()
    main.world.sts.get_scoped_credentials(session, duration_seconds=900)

    assert main.world.can(session, "s3:PutObject", MAP)
    assert main.world.can(session, "s3:PutObject", MAP, via="athena.amazonaws.com")
    assert not main.world.can(other.role_session(), "s3:PutObject", MAP)
    assert not main.world.can(main.roles["worker"], "s3:PutObject", MAP)
    assert other.role_session().record.region == "eu-west-1"
    assert resize.role_session().access_key_id == session.access_key_id


def test_a_function_made_anew_under_its_name_begins_without_credentials(
    main: Account, resize: Function
) -> None:
    """Those of the old one go on, and are not its own."""
    old = resize.role_session()
    resize.delete()
    again = main.create_function("resize", role="worker")

    assert again.role_session().access_key_id != old.access_key_id
    assert main.world.can(old, "s3:GetObject", MAP)


def test_a_session_that_somebody_else_made_as_lambda_is_not_the_functions(
    main: Account, resize: Function
) -> None:
    """Even if it says that it is for this function."""
    first = resize.role_session()
    main.world.sts.assume_role_as_service(
        "lambda.amazonaws.com", role_arn="arn:aws:iam::111111111111:role/worker", source_arn=resize
    )

    assert resize.role_session().access_key_id == first.access_key_id


@pytest.mark.parametrize("key_id", ["nonsense", "", "another role's", "another function's"])
def test_a_file_cannot_slip_another_session_to_a_function(
    key_id: str, main: Account, resize: Function
) -> None:
    """What is noted there must be of its own role, for this very function."""
    role_for_lambda(main, "other")
    others = {
        "another role's": main.create_function("audit", role="other"),
        "another function's": main.create_function("rotate", role="worker"),
    }
    other = others[key_id].role_session() if key_id in others else None
    data = world_to_json(main.world, secrets=True)
    saved = data["accounts"][OWN]["resources"][resize.arn]
    saved["delivered"] = other.access_key_id if other else key_id
    twin: Any = world_from_json(data).account("main").resources[resize.arn]

    assert twin.role_session().arn == f"arn:aws:sts::{OWN}:assumed-role/worker/resize"
    assert twin.role_session().access_key_id not in {key_id, other and other.access_key_id}


def test_a_saved_world_has_the_session_too(main: Account, resize: Function) -> None:
    """And of a file that is older than the note, the function gets a new one."""
    session = resize.role_session()
    data = world_to_json(main.world, secrets=True)
    twin: Any = world_from_json(data).account("main").resources[resize.arn]
    assert twin.role_session().access_key_id == session.access_key_id

    del data["accounts"][OWN]["resources"][resize.arn]["delivered"]
    twin = world_from_json(data).account("main").resources[resize.arn]
    assert twin.role_session().access_key_id != session.access_key_id


def test_a_copy_of_the_world_has_the_session_too(main: Account, resize: Function) -> None:
    """And what the copy's function gets is its own."""
    session = resize.role_session()
    twin = main.world.copy()
    again = twin.accounts[OWN].resources[resize.arn]

    assert isinstance(again, Function)
    assert again.role_session().access_key_id == session.access_key_id
    assert again.role_session().world is twin


def test_code_finds_its_credentials_where_sdks_look(main: Account, resize: Function) -> None:
    """Lambda's in the environment, those of a task at an address of its own."""
    session = resize.role_session()
    of_task = task(main)

    assert resize.environment() == {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "resize",
    }
    assert json.loads(json.dumps(of_task.container_credentials())) == {
        "RoleArn": of_task.role_arn,
        "AccessKeyId": of_task.access_key_id,
        "SecretAccessKey": of_task.secret_access_key,
        "Token": of_task.session_token,
        "Expiration": "2026-11-25T15:00:00Z",
    }


def test_what_is_delivered_shows_no_secret_by_itself(main: Account, resize: Function) -> None:
    """Not printed, not in a text, not in a file; whoever asks for a value gets it."""
    session = task(main)
    for delivered, owner in (
        (resize.environment(), resize.role_session()),
        (session.container_credentials(), session),
        (session.environment_variables(), session),
    ):
        texts = f"{delivered!r}{delivered}{[delivered]}"
        assert owner.access_key_id in texts
        assert owner.secret_access_key not in texts
        assert owner.session_token not in texts
        assert owner.secret_access_key in delivered.values()
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="secret"):
                attempt(delivered)


@pytest.mark.parametrize("deliver", [container_credentials, environment_variables])
def test_only_a_session_can_be_delivered(main: Account, deliver: Any) -> None:
    """An access key has no token, and a role has no credentials at all."""
    for thing in (main.create_user("ana").create_access_key(), None, "worker"):
        with pytest.raises(RequestError, match="Pass a session"):
            deliver(thing)
