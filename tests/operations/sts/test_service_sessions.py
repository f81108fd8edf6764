"""Sessions that AWS services make: who lets them, what they are called, how long they last."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, RequestError, ValidationError
from iamlab.errors.sts import RegionDisabledException
from iamlab.model.service_principals import PRINCIPALS
from iamlab.operations.sts.service_session_kinds import KINDS, PLAIN, Work, kind_of
from iamlab.operations.sts.service_sessions import session_name
from iamlab.operations.sts.session import Session
from iamlab.policy.arn import Arn
from iamlab.policy.condition_keys import global_key
from iamlab.world.account import Account
from iamlab.world.identities import Role
from tests.effort import tries
from tests.model.world_contents import plain, snapshot
from tests.policy.documents import allow, document, trust

OWN, OTHER = "111111111111", "222222222222"
MAP = "arn:aws:s3:::star-maps/m31.fits"
HEX32 = "0123456789abcdef" * 2
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def arn(service: str, resource: str, region: str = "us-east-1") -> str:
    """Write the ARN of something in the account."""
    return f"arn:aws:{service}:{region}:{OWN}:{resource}"


FUNCTION = arn("lambda", "function:resize")
PROJECT, BUILD = arn("codebuild", "project/site"), arn("codebuild", f"build/site:{UUID}")
NODE, INSTANCE = arn("ssm", "managed-instance/mi-0123456789abcdef0"), arn("ec2", "instance/i-07")


@pytest.fixture
def main() -> Account:
    """An account, alone in its world."""
    return World(seed=4).create_account("main", account_id=OWN)


def role_for(account: Account, service: str, name: str = "worker", **more: Any) -> Role:
    """Make a role that a service may assume, and that may read."""
    made = account.create_role(
        name, assume_role_policy_document=trust({"Service": service}), **more
    )
    made.put_policy("read", document(allow("s3:GetObject", "*")))
    return made


def assume(account: Account, service: str, source: str | None = None, **more: Any) -> Session:
    """Let a service take a role that lets it."""
    role = account.roles.get("worker") or role_for(account, service)
    return account.world.sts.assume_role_as_service(
        service, role_arn=role, source_arn=source, **more
    )


def state(world: World) -> Any:
    """Return everything that a call could change, except the log."""
    return snapshot(world), plain(world.sessions)


# Service, what it works for -> the session's name (or its form), its hours, its own keys.
SESSIONS: list[tuple[str, str | None, str, int, dict[str, str]]] = [
    ("lambda", FUNCTION, "resize", 12, {"lambda:SourceFunctionArn": FUNCTION}),
    ("lambda", f"{FUNCTION}:live", "resize", 12, {"lambda:SourceFunctionArn": FUNCTION}),
    ("lambda", arn("lambda", "function:f"), "lambda-f", 12, {
        "lambda:SourceFunctionArn": arn("lambda", "function:f")
    }),
    ("lambda", None, "lambda", 12, {}),
    ("lambda", "arn:aws:s3:::function", "lambda", 12, {}),
    ("lambda", arn("lambda", "function:"), "lambda", 12, {}),
    ("ecs-tasks", arn("ecs", f"task/blue/{HEX32}"), HEX32, 6, {}),
    ("ecs-tasks", None, "[0-9a-f]{32}", 6, {}),
    ("codebuild", BUILD, f"AWSCodeBuild-{UUID}", 1, {
        "codebuild:BuildArn": BUILD, "codebuild:ProjectArn": PROJECT
    }),
    ("codebuild", None, r"AWSCodeBuild-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", 1, {}),
    ("glue", arn("glue", "job/nightly"), "GlueJobRunnerSession", 1, {
        "glue:CredentialIssuingService": "glue.amazonaws.com"
    }),
    ("glue", arn("glue", "crawler/maps"), "GlueJobRunnerSession", 1, {
        "glue:RoleAssumedBy": "glue.amazonaws.com"
    }),
    ("ssm", NODE, "mi-0123456789abcdef0", 1, {"ssm:SourceInstanceArn": NODE}),
    ("ssm", INSTANCE, "i-07", 1, {"ssm:SourceInstanceArn": INSTANCE}),
    ("ssm", arn("ssm", f"automation-execution/{UUID}"), f"Automation-{UUID}", 1, {}),
    ("ssm", None, "Automation-[0-9a-f-]{36}", 1, {}),
    ("states", arn("states", "stateMachine:m"), "[A-Za-z]{32}", 1, {}),
    ("events", arn("events", "rule/nightly"), "[0-9a-f]{32}", 1, {}),
    ("cloudformation", None, "AWSCloudFormation", 1, {}),
    ("backup", None, "AWSBackup-worker", 1, {}),
    ("batch", None, "batch", 1, {}),
    ("delivery.logs", None, "delivery-logs", 1, {}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "source", "name", "hours", "keys"), SESSIONS)
def test_a_service_makes_its_sessions_in_its_own_way(
    main: Account, service: str, source: str | None, name: str, hours: int, keys: dict[str, str]
) -> None:
    """Name, length and condition keys; the permissions are the role's."""
    session = assume(main, f"{service}.amazonaws.com", source)

    assert re.fullmatch(name, session.record.name)
    assert session.arn == f"arn:aws:sts::{OWN}:assumed-role/worker/{session.record.name}"
    assert session.record.seconds == hours * 3600
    assert dict(session.record.keys) == keys
    decision = main.world.can(session, "s3:GetObject", MAP)
    assert decision
    assert {key: decision.request.value(key) for key in keys} == keys
    assert not main.world.can(session, "s3:PutObject", MAP)


def test_each_build_of_a_project_has_an_id_that_nobody_knows_before(main: Account) -> None:
    """The same one in its name and in its key."""
    first, second = (assume(main, "codebuild.amazonaws.com", PROJECT) for _ in range(2))

    for session in (first, second):
        build = session.record.name.removeprefix("AWSCodeBuild-")
        assert session.record.keys == {
            "codebuild:BuildArn": arn("codebuild", f"build/site:{build}"),
            "codebuild:ProjectArn": PROJECT,
        }
    assert first.arn != second.arn


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_row_is_of_a_known_service_that_assumes_roles(name: str) -> None:
    """Its keys are known too, and its refusal can be written."""
    kind = kind_of(f"{name}.amazonaws.com")

    assert kind is KINDS[name]
    assert kind is not PLAIN
    assert PRINCIPALS[name].assumes_roles
    assert all(global_key(key) is not None for key in kind.keys)
    assert kind.refusal.format(role="x")


REFUSALS = {
    "lambda": "The role defined for the function cannot be assumed by Lambda.",
    "ecs-tasks": "ECS was unable to assume the role 'arn:aws:iam::111111111111:role/closed' that",
    "codebuild": "CodeBuild is not authorized to perform: sts:AssumeRole on service role.",
    "glue": "Service is unable to assume provided role.",
    "ssm": "Nonexistent role or missing ssm service principal in trust policy: arn:aws:iam::1111",
    "states": "Neither the global service principal states.amazonaws.com, nor the regional one",
    "events": "Provided role 'arn:aws:iam::111111111111:role/closed' cannot be assumed by princip",
    "cloudformation": "Role arn:aws:iam::111111111111:role/closed is invalid or cannot be assumed",
    "backup": "IAM Role cannot be assumed by AWS Backup",
    "batch": "User: batch.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_service_that_is_not_trusted_says_so_in_its_own_words(main: Account, name: str) -> None:
    """The trust policy decided, the world is as it was, and only the refusal is noted."""
    closed = role_for(main, "ec2.amazonaws.com", "closed", max_session_duration=43_200)
    before = state(main.world)

    with pytest.raises(AccessDenied) as caught:
        main.world.sts.assume_role_as_service(f"{name}.amazonaws.com", role_arn=closed)

    assert caught.value.message.startswith(REFUSALS[name])
    assert caught.value.decision is not None
    assert not caught.value.decision
    assert f'{{"Service": "{name}.amazonaws.com"}}' in caught.value.__notes__[0]
    assert state(main.world) == before
    event = main.world.events[-1]
    assert (event.error_code, event.request_parameters) == ("AccessDenied", None)


def test_a_role_that_is_not_there_is_refused_alike(main: Account) -> None:
    """In this account, or in one that is not in this world."""
    for owner in (OWN, OTHER):
        with pytest.raises(AccessDenied) as caught:
            main.world.sts.assume_role_as_service(
                "lambda.amazonaws.com", role_arn=f"arn:aws:iam::{owner}:role/absent"
            )
        assert caught.value.message == REFUSALS["lambda"]
        assert "There is no role" in caught.value.__notes__[0]
    assert [event.recipient_account_id for event in main.world.events[-1:]] == [OWN]


def test_the_roles_longest_session_does_not_limit_a_service(main: Account) -> None:
    """A person gets an hour of this role, Lambda gets twelve; the limits of the API hold."""
    role_for(main, "lambda.amazonaws.com", max_session_duration=3600)

    assert assume(main, "lambda.amazonaws.com", FUNCTION).record.seconds == 43_200
    assert assume(main, "lambda.amazonaws.com", duration_seconds=7200).record.seconds == 7200
    for seconds in (899, 43_201):
        with pytest.raises(ValidationError, match="'durationSeconds' failed to satisfy"):
            assume(main, "lambda.amazonaws.com", duration_seconds=seconds)


def test_a_service_role_that_assumes_a_role_is_chained(main: Account) -> None:
    """So the second session lasts an hour at most, and the first one's keys stay behind."""
    first = assume(main, "lambda.amazonaws.com", FUNCTION)
    next_role = main.create_role(
        "next",
        assume_role_policy_document=trust({"AWS": first.role_arn}),
        max_session_duration=43_200,
    )

    def chained(seconds: int) -> Session:
        return main.world.sts.assume_role(
            first, role_arn=next_role, role_session_name="hop", duration_seconds=seconds
        )

    with pytest.raises(ValidationError, match="1 hour session limit"):
        chained(3601)
    assert chained(3600).record.parent == first.access_key_id
    assert "lambda:SourceFunctionArn" not in chained(900).keys


def test_a_trust_policy_can_ask_for_the_name_of_the_session(main: Account) -> None:
    """A service sends it as everybody does."""
    wants = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:RoleSessionName": "resize"}},
        }
    )
    main.create_role("worker", assume_role_policy_document=wants)

    for how in ({"source": FUNCTION}, {"role_session_name": "resize"}):
        assert assume(main, "lambda.amazonaws.com", **how).record.name == "resize"
    with pytest.raises(AccessDenied):
        assume(main, "lambda.amazonaws.com", FUNCTION, role_session_name="other")


def test_the_call_is_noted_as_the_services_own(main: Account) -> None:
    """In the role's account, without a secret, in the Region of what the service works for."""
    source = arn("ecs", f"task/blue/{HEX32}", region="eu-west-1")
    session = assume(main, "ecs-tasks.amazonaws.com", source)
    record = main.world.events[-1].to_dict()

    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}
    assert (record["eventName"], record["awsRegion"], record["readOnly"]) == (
        "AssumeRole",
        "eu-west-1",
        True,
    )
    assert record["requestParameters"] == {"roleArn": session.role_arn, "roleSessionName": HEX32}
    assert record["responseElements"]["credentials"] == {
        "accessKeyId": session.access_key_id,
        "expiration": "Nov 25, 2026, 03:00:00 PM",
    }
    assert record["recipientAccountId"] == OWN
    for secret in (session.secret_access_key, session.session_token):
        assert secret not in json.dumps(record)


def test_sts_that_is_switched_off_is_off_for_services_too(main: Account) -> None:
    """In that Region only."""
    main.set_sts_regional_endpoint_status("eu-west-1", "Inactive")
    far = FUNCTION.replace("us-east-1", "eu-west-1")

    assert assume(main, "lambda.amazonaws.com", FUNCTION).record.region == "us-east-1"
    with pytest.raises(RegionDisabledException):
        assume(main, "lambda.amazonaws.com", far)
    with pytest.raises(RegionDisabledException):
        main.world.sts.endpoint("eu-west-1").assume_role_as_service(
            "lambda.amazonaws.com", role_arn=main.roles["worker"]
        )


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"service": "lambda"}, "isn't a service"),
    ({"service": None}, "isn't a service"),
    ({"service": "Lambda.amazonaws.com"}, "isn't a service"),
    ({"service": "lambda.amazonaws.com.evil.example"}, "isn't a service"),
    ({"service": "ec2.amazonaws.com"}, "instance.role_session"),
    ({"service": "ec2.amazonaws.com.cn"}, "instance.role_session"),
    ({"role_arn": 5}, "role_arn is a role or its ARN"),
    ({"role_arn": None}, "role_arn is a role or its ARN"),
    ({"source_arn": "resize"}, "isn't an ARN"),
    ({"source_arn": 5}, "source_arn is a resource or its ARN"),
    ({"duration_seconds": "900"}, "DurationSeconds"),
    ({"role_session_name": 5}, "RoleSessionName"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_what_is_of_the_wrong_kind_is_refused_clearly(
    main: Account, wrong: dict[str, Any], words: str
) -> None:
    """And nothing happens."""
    role = role_for(main, "lambda.amazonaws.com")
    before = state(main.world)
    request: dict[str, Any] = {"service": "lambda.amazonaws.com", "role_arn": role, **wrong}

    with pytest.raises(RequestError, match=words):
        main.world.sts.assume_role_as_service(request.pop("service"), **request)

    assert state(main.world) == before


@pytest.mark.parametrize("name", ["", "a", "a b", "x" * 65])
def test_a_name_that_sts_does_not_take_is_refused(main: Account, name: str) -> None:
    """A service has to follow the same rules."""
    with pytest.raises(ValidationError, match="'roleSessionName' failed to satisfy"):
        assume(main, "lambda.amazonaws.com", role_session_name=name)


@pytest.mark.parametrize("wrong", ["worker", "worker" * 9, "arn:aws:s3:::worker-bucket", ":" * 30])
def test_what_is_not_an_arn_of_a_role_is_refused(main: Account, wrong: str) -> None:
    """Too short, no ARN, of no account."""
    with pytest.raises(ValidationError, match=r"'roleArn'|is invalid"):
        main.world.sts.assume_role_as_service("lambda.amazonaws.com", role_arn=wrong)
    with pytest.raises(AccessDenied):
        main.world.sts.assume_role_as_service("lambda.amazonaws.com", role_arn=main.root_arn)


RESOURCES = st.text(st.characters(codec="utf-8"), max_size=90)


@settings(max_examples=tries(60))
@given(st.sampled_from([*sorted(KINDS), "batch"]), st.sampled_from(["lambda", "ecs"]), RESOURCES)
def test_whatever_a_service_works_for_its_session_has_a_good_name(
    service: str, of: str, resource: str
) -> None:
    """Two to 64 letters that STS takes, out of any ARN."""
    source = Arn.parse(f"arn:aws:{of}:us-east-1:{OWN}:{resource}")
    work = Work(
        f"{service}.amazonaws.com", "r" * 64, source, lambda letters, size: letters[0] * size
    )

    assert re.fullmatch(r"[\w+=,.@-]{2,64}", session_name(work), re.ASCII)
    for tell in kind_of(work.service).keys.values():
        assert isinstance(tell(work), str)


def test_the_same_seed_gives_the_same_sessions() -> None:
    """Drawn names included; another seed gives others."""

    def made(seed: int) -> list[str]:
        account = World(seed=seed).create_account("main", account_id=OWN)
        return [
            *(assume(account, "ecs-tasks.amazonaws.com").arn for _ in range(2)),
            assume(account, "ecs-tasks.amazonaws.com").session_token,
        ]

    assert made(9) == made(9)
    assert len({*made(9), *made(10)}) == 6
