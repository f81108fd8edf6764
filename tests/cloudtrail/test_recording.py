"""CloudTrail's event for a call: the principal, the address, the result, and the account's log."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Network, World
from iamlab.analysis.trails.actions import actions_of_call
from iamlab.cloudtrail.event_fields import clip, event_values, within_limit
from iamlab.cloudtrail.recording import NAMES, is_data_event
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, EntityAlreadyExists, NoSuchEntity, ReportExpired
from iamlab.errors.sts import IDPRejectedClaim
from iamlab.model.event import Event, code_of, is_denial
from iamlab.model.resources import resource_type
from iamlab.operations.dispatch import perform
from iamlab.operations.sts.tokens_and_messages import decode
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.effort import tries
from tests.policy.documents import allow, document, trust

OWN, OTHER = "111111111111", "222222222222"
MAP = "arn:aws:s3:::star-maps/m31.fits"
HOME = "203.0.113.9"


@pytest.fixture
def main() -> Account:
    """An account, beside another one."""
    world = World(seed=7)
    world.create_account("other", account_id=OTHER)
    return world.create_account("main", account_id=OWN)


@pytest.fixture
def ana(main: Account) -> User:
    """Somebody who may do everything in the account."""
    user = main.create_user("ana")
    user.attach_policy("AdministratorAccess")
    return user


@pytest.fixture
def dana(main: Account) -> User:
    """Somebody who may do nothing."""
    return main.create_user("dana")


def of(world: World, call: Callable[[], Any]) -> list[Event]:
    """Return the events of a call, however it ends."""
    before = len(world.events)
    with suppress(AwsError):
        call()
    return list(world.events[before:])


def shared_bucket(main: Account, *principals: str) -> Account:
    """Make a bucket in the other account that lets somebody do everything with it."""
    other = main.world.account("other")
    bucket = other.create_bucket("star-maps")
    bucket.put_policy(
        document(
            allow("s3:*", [bucket.arn, f"{bucket.arn}/*"], Principal={"AWS": list(principals)})
        )
    )
    return other


# -- how it ended ---------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, Any], str, bool]] = [
    # Operation, its parameters, the code in the log, whether they are there.
    ("iam:CreateUser", {"UserName": "zoe"}, "AccessDenied", False),
    ("kms:CreateKey", {"Description": "of maps"}, "AccessDenied", False),
    ("lambda:DeleteFunction", {"FunctionName": "resize"}, "AccessDenied", False),
    ("secretsmanager:CreateSecret", {"Name": "x"}, "AccessDenied", False),
    ("sns:CreateTopic", {"Name": "x"}, "AccessDenied", False),
    ("sqs:CreateQueue", {"QueueName": "x"}, "AccessDenied", False),
    ("organizations:ListRoots", {"MaxResults": 5}, "AccessDenied", False),
    ("s3:CreateBucket", {"Bucket": "new-maps"}, "AccessDenied", True),
    ("ec2:RunInstances", {"MinCount": 1, "MaxCount": 1}, "Client.UnauthorizedOperation", True),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused[0])
def test_each_service_notes_a_refusal_in_its_own_way(
    main: Account, dana: User, refused: tuple[str, dict[str, Any], str, bool]
) -> None:
    """Most have one code, whatever the API answers, and hide the action."""
    operation, sent, code, shows = refused
    [event] = of(main.world, lambda: main.call(operation.removeprefix("iam:"), dana, **sent))

    assert event.error_code == code
    assert event.outcome == "denied"
    assert f"is not authorized to perform: {operation}" in event.error_message
    assert (event.request_parameters is not None) is shows
    assert event.response_elements is None


def test_the_log_has_ec2s_reason_and_the_beginning_of_its_encoded_part(
    main: Account, dana: User
) -> None:
    """An event holds a kilobyte of it."""
    [event] = of(main.world, lambda: main.call("ec2:RunInstances", dana, MinCount=1, MaxCount=1))
    reason, message, encoded = event.error_message.partition(
        "Encoded authorization failure message: "
    )

    assert "because no identity-based policy allows the ec2:RunInstances action" in reason
    assert message
    assert encoded
    assert len(event.error_message.encode()) <= 1024


def test_a_refusal_of_ec2_is_the_same_to_whoever_has_no_model_of_the_call(
    main: Account, dana: User
) -> None:
    """``do`` hands out the encoded part too, which whoever may can read; other services none."""
    world = main.world
    with pytest.raises(AccessDenied) as refused:
        world.do(dana, "ec2:RunInstances", f"arn:aws:ec2:us-east-1:{main.account_id}:instance/*")
    message, marked, encoded = refused.value.message.partition(
        ". Encoded authorization failure message: "
    )

    assert message.endswith("allows the ec2:RunInstances action")
    assert marked
    assert '"action":"ec2:RunInstances"' in decode(world, main.account_id, encoded)
    assert world.events[-1].error_code == "Client.UnauthorizedOperation"
    assert world.events[-1].error_message.startswith(f"{message}{marked}{encoded[:50]}")
    with pytest.raises(AccessDenied, match=r"action$"):
        world.do(dana, "s3:GetObject", "arn:aws:s3:::maps/a")


CODES = [
    ("iam", NoSuchEntity("no"), "NoSuchEntityException"),
    ("iam", EntityAlreadyExists("no"), "EntityAlreadyExistsException"),
    ("iam", ReportExpired("no"), "CredentialReportExpiredException"),
    ("sts", IDPRejectedClaim("no"), "IDPRejectedClaim"),
    ("ec2", NoSuchEntity("no"), "Client.NoSuchEntity"),
    ("s3", NoSuchEntity("no"), "NoSuchEntity"),
    ("resource-explorer-2", AccessDenied("no"), "UnauthorizedException"),
]


@pytest.mark.parametrize(("service", "error", "code"), CODES, ids=str)
def test_the_code_in_the_log_is_not_that_of_the_api(
    service: str, error: AwsError, code: str
) -> None:
    """IAM's errors are called by their classes, EC2's by whose fault they are."""
    assert code_of(service, error) == code
    assert is_denial(code) is isinstance(error, AccessDenied)


def test_a_failure_for_another_reason_shows_the_parameters(main: Account, ana: User) -> None:
    """Permission was there."""
    [event] = of(main.world, lambda: main.call("DeleteUser", ana, UserName="zoe"))

    assert (event.outcome, event.error_code) == ("failed", "NoSuchEntityException")
    assert event.request_parameters == {"userName": "zoe"}


def test_a_sign_in_that_fails_has_no_code(main: Account) -> None:
    """Its outcome is a failure all the same."""
    [event] = of(main.world, lambda: main.world.sign_in(account="main", user="x", password="y"))

    assert (event.error_code, event.error_message) == ("", "Failed authentication")
    assert event.outcome == "failed"


def test_credentials_that_are_not_accepted_leave_no_event(main: Account, ana: User) -> None:
    """Nobody knows who called."""
    key = ana.create_access_key()
    key.update("Inactive")

    assert of(main.world, lambda: main.call("ListUsers", key)) == []
    assert of(main.world, lambda: main.world.do(key, "s3:GetObject", MAP)) == []


def test_what_credentials_are_not_good_for_is_refused_and_noted(main: Account, ana: User) -> None:
    """Whether the operation is called, or its action only asked for."""
    session = main.world.sts.get_session_token(ana.create_access_key())
    [event] = of(main.world, lambda: main.world.do(session, "sts:GetSessionToken", "*"))

    assert event.error_code == "AccessDenied"
    assert event.error_message == "Cannot call GetSessionToken with session credentials"
    assert (event.event_name, event.read_only) == ("GetSessionToken", False)


# -- in whose log ---------------------------------------------------------------------------------


def test_both_accounts_note_what_is_done_with_a_resource_of_the_other(
    main: Account, ana: User
) -> None:
    """By a call, or of what has no model; the owner learns little about the caller."""
    other = shared_bucket(main, ana.arn)
    calls = (
        lambda: other.call("s3:GetBucketPolicyStatus", ana, Bucket="star-maps"),
        lambda: main.world.do(ana, "s3:GetObject", MAP),
    )
    for call in calls:
        mine, theirs = of(main.world, call)

        assert (mine.recipient_account_id, theirs.recipient_account_id) == (OWN, OTHER)
        assert mine.user_identity["arn"] == ana.arn
        assert theirs.user_identity == {
            "type": "AWSAccount",
            "principalId": ana.unique_id,
            "accountId": OWN,
        }
        assert mine.shared_event_id == theirs.shared_event_id != ""
        assert mine.request_id == theirs.request_id != ""
        assert mine.event_id != theirs.event_id


def test_the_owner_is_shown_nothing_about_denied_callers(main: Account, dana: User) -> None:
    """Only the caller's account notes it, and there it shares nothing."""
    shared_bucket(main, OTHER)
    [event] = of(main.world, lambda: main.world.do(dana, "s3:GetObject", MAP))

    assert event.recipient_account_id == OWN
    assert (event.shared_event_id, event.outcome) == ("", "denied")


def test_an_account_that_is_not_in_the_world_keeps_no_log(main: Account, ana: User) -> None:
    """The caller's does."""
    queue = "arn:aws:sqs:us-east-1:999999999999:far"
    events = of(main.world, lambda: main.world.do(ana, "sqs:SendMessage", queue))

    assert [event.recipient_account_id for event in events] == [OWN]
    assert of(main.world, lambda: main.world.do(ANONYMOUS, "sqs:SendMessage", queue)) == []


def test_what_nobody_signed_is_in_the_owners_log_whatever_became_of_it(main: Account) -> None:
    """There is no other."""
    shared_bucket(main, OTHER)
    [event] = of(main.world, lambda: main.world.do(ANONYMOUS, "s3:GetObject", MAP))

    assert (event.recipient_account_id, event.outcome) == (OTHER, "denied")
    assert event.user_identity["accountId"] == "ANONYMOUS_PRINCIPAL"


@pytest.mark.parametrize("action", ["iam:PassRole", "IAM:passrole", "sts:TagSession"])
def test_a_permission_that_is_not_a_call_has_no_event(
    main: Account, ana: User, action: str
) -> None:
    """It is part of another call, which has one."""
    role = main.create_role("web", assume_role_policy_document=trust({"AWS": OWN}))

    assert of(main.world, lambda: main.world.do(ana, action, role.arn)) == []


# -- who, and from where --------------------------------------------------------------------------


def test_a_root_user_is_named_by_the_alias_of_the_account(main: Account) -> None:
    """If it has one."""
    before = of(main.world, lambda: main.create_user("zoe"))
    main.create_alias("sky-maps")
    after = of(main.world, lambda: main.create_user("kim"))

    assert "userName" not in before[0].user_identity
    assert after[0].user_identity["userName"] == "sky-maps"


def test_a_call_comes_from_where_the_caller_is(main: Account, ana: User) -> None:
    """Of a private address AWS sees that of the NAT gateway."""
    world = main.world
    with world.network(ip=HOME):
        called, used = (
            *of(world, lambda: main.call("ListUsers", ana)),
            *of(world, lambda: world.do(ana, "s3:GetObject", MAP)),
        )
    [elsewhere] = of(
        world, lambda: world.do(ana, "s3:GetObject", MAP, network=Network(ip="198.51.100.7"))
    )
    [inside] = of(world, lambda: world.do(ana, "s3:GetObject", MAP, network=Network(ip="10.0.0.5")))

    assert called.source_ip_address == used.source_ip_address == HOME
    assert elsewhere.source_ip_address == "198.51.100.7"
    assert inside.source_ip_address == Network(ip="10.0.0.5").outside
    assert {event.user_agent for event in (called, used)} == {"iamlab"}


def test_context_set_by_hand_is_noted(main: Account, ana: User) -> None:
    """The address and the program."""
    keys = {"aws:SourceIp": "192.0.2.1", "aws:UserAgent": "telescope/2.0"}
    [event] = of(main.world, lambda: main.world.do(ana, "s3:GetObject", MAP, context=keys))

    assert (event.source_ip_address, event.user_agent) == ("192.0.2.1", "telescope/2.0")


def test_the_event_names_the_vpc_endpoint_that_the_call_went_through(
    main: Account, ana: User
) -> None:
    """And only of its service; the caller's own address is seen there."""
    world = main.world
    endpoint = world.account("other").create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    with world.network(vpc="vpc-1", ip="10.0.0.5"):
        [through] = of(world, lambda: world.do(ana, "s3:GetObject", MAP))
        [beside] = of(world, lambda: main.call("ListUsers", ana))

    assert through.source_ip_address == "10.0.0.5"
    assert through.to_dict()["vpcEndpointId"] == endpoint.name
    assert through.vpc_endpoint_account_id == OTHER
    assert "vpcEndpointId" not in beside.to_dict()


def test_the_endpoint_that_a_call_deletes_hinders_no_event(main: Account) -> None:
    """It is gone when the event is written."""
    endpoint = main.create_vpc_endpoint("com.amazonaws.us-east-1.ec2", "vpc-1")
    main.world.network(endpoint=endpoint)
    [event] = of(
        main.world, lambda: perform(main, "ec2:DeleteVpcEndpoints", VpcEndpointIds=[endpoint.name])
    )

    assert event.outcome == "allowed"


def test_of_a_service_that_calls_for_somebody_it_is_the_services_name(
    main: Account, ana: User
) -> None:
    """In the place of the address, of the program, and beside who he is."""
    via = ["athena.amazonaws.com", "glue.amazonaws.com"]
    [event] = of(main.world, lambda: main.world.do(ana, "s3:GetObject", MAP, via=via))

    assert event.user_identity["arn"] == ana.arn
    assert event.user_identity["invokedBy"] == via[-1]
    assert (event.source_ip_address, event.user_agent) == (via[-1], via[-1])


def test_a_call_from_the_console_says_so(main: Account, ana: User) -> None:
    """And no other."""
    ana.create_login_profile("Correct-Horse-1")
    session = main.world.sign_in(account="main", user="ana", password="Correct-Horse-1")
    events = [
        *of(main.world, lambda: main.call("ListUsers", session)),
        *of(main.world, lambda: main.world.do(session, "s3:GetObject", MAP)),
        *of(main.world, lambda: main.world.sts.get_caller_identity(session)),
    ]
    [by_key] = of(main.world, lambda: main.call("ListUsers", ana.create_access_key()))[-1:]

    assert [event.to_dict()["sessionCredentialFromConsole"] for event in events] == ["true"] * 3
    assert "sessionCredentialFromConsole" not in by_key.to_dict()


def test_switching_to_a_role_in_the_console_is_in_the_roles_account(
    main: Account, ana: User
) -> None:
    """Beside the call of STS, which both accounts note."""
    ana.create_login_profile("Correct-Horse-1")
    session = main.world.sign_in(account="main", user="ana", password="Correct-Horse-1")
    role = main.world.account("other").create_role(
        "guest", assume_role_policy_document=trust({"AWS": OWN})
    )
    *pair, switch = of(
        main.world,
        lambda: main.world.sts.assume_role(session, role_arn=role, role_session_name="ana"),
    )

    assert [event.event_name for event in pair] == ["AssumeRole"] * 2
    assert (switch.event_name, switch.event_type) == ("SwitchRole", "AwsConsoleSignIn")
    assert switch.recipient_account_id == OTHER
    assert switch.user_identity["type"] == "AssumedRole"
    assert switch.additional_event_data == {
        "SwitchFrom": ana.arn,
        "RedirectTo": "https://console.aws.amazon.com/",
    }


# -- what it was ----------------------------------------------------------------------------------

KINDS = [
    # Action, resource -> the event's name, whether it is of data, whether it only reads.
    ("s3:GetObject", MAP, "GetObject", True, True),
    ("s3:PutObject", MAP, "PutObject", True, False),
    ("s3:ListBucket", "arn:aws:s3:::star-maps", "ListObjects", True, True),
    ("s3:ListAllMyBuckets", "*", "ListBuckets", False, True),
    ("s3:GetBucketPolicy", "arn:aws:s3:::star-maps", "GetBucketPolicy", False, True),
    ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{OWN}:function:f", "Invoke", True, False),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{OWN}:table/t", "GetItem", True, True),
    (
        "dynamodb:DescribeTable",
        f"arn:aws:dynamodb:us-east-1:{OWN}:table/t",
        "DescribeTable",
        False,
        True,
    ),
    ("sns:Publish", f"arn:aws:sns:us-east-1:{OWN}:t", "Publish", True, False),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OWN}:q", "SendMessage", True, False),
    ("secretsmanager:GetSecretValue", "*", "GetSecretValue", False, True),
    ("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r", "AssumeRole", False, True),
    (
        "sts:GetFederationToken",
        f"arn:aws:sts::{OWN}:federated-user/x",
        "GetFederationToken",
        False,
        False,
    ),
    (
        "ec2:TerminateInstances",
        f"arn:aws:ec2:us-east-1:{OWN}:instance/i-1",
        "TerminateInstances",
        False,
        False,
    ),
    ("night:CountStars", "*", "CountStars", False, False),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_an_event_is_of_management_or_of_data_and_reads_or_does_not(
    main: Account, ana: User, kind: tuple[str, str, str, bool, bool]
) -> None:
    """As CloudTrail says it; the action need not have the event's name."""
    action, resource, name, is_data, reads = kind
    invented = action.startswith("night:")
    [event, *_] = of(
        main.world, lambda: main.world.do(ana, action, resource, allow_unknown=invented)
    )

    assert event.event_name == name
    assert (event.event_category, event.management_event) == (
        ("Data", False) if is_data else ("Management", True)
    )
    assert event.read_only is reads


def test_every_renamed_event_of_an_operation_is_known_by_its_action() -> None:
    """Whoever searches for an action finds what it let."""
    for key, name in NAMES.items():
        service, _, operation = key.partition(":")
        actions = [action.name for action in actions_of_call(f"{service}.amazonaws.com", name)]
        assert actions in ([key], [key.replace("PublicAccess", "BucketPublicAccess")]) or (
            operation == "DeletePublicAccessBlock" and actions == ["s3:PutBucketPublicAccessBlock"]
        ), key


TYPES = [
    (
        MAP,
        [
            {"ARN": MAP, "type": "AWS::S3::Object"},
            {"ARN": "arn:aws:s3:::star-maps", "accountId": OTHER, "type": "AWS::S3::Bucket"},
        ],
    ),
    (
        f"arn:aws:kms:us-east-1:{OWN}:key/k",
        [{"ARN": f"arn:aws:kms:us-east-1:{OWN}:key/k", "accountId": OWN, "type": "AWS::KMS::Key"}],
    ),
    (
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        [{"ARN": "arn:aws:iam::aws:policy/ReadOnlyAccess", "type": "AWS::IAM::ManagedPolicy"}],
    ),
    (
        f"arn:aws:sqs:us-east-1:{OWN}:q",
        [{"ARN": f"arn:aws:sqs:us-east-1:{OWN}:q", "accountId": OWN, "type": "AWS::SQS::Queue"}],
    ),
    (
        f"arn:aws:night:us-east-1:{OWN}:star/x",
        [{"ARN": f"arn:aws:night:us-east-1:{OWN}:star/x", "accountId": OWN}],
    ),
    ("m31", [{"ARN": "m31"}]),
]


@pytest.mark.parametrize(("arn", "records"), TYPES, ids=lambda value: str(value)[:40])
def test_a_resource_has_its_owner_and_its_type(
    main: Account, arn: str, records: list[dict[str, str]]
) -> None:
    """Of an object in S3, its bucket has."""
    main.create_user("zoe")
    event = replace(main.world.events[-1], resources=(arn,), resource_account_id=OTHER)

    assert event.to_dict()["resources"] == records


def test_types_follow_from_the_beginning_of_a_resource() -> None:
    """Whatever is between it and the name."""
    assert resource_type("lambda", "function:resize:live") == "AWS::Lambda::Function"
    assert resource_type("secretsmanager", "secret:a/b-x") == "AWS::SecretsManager::Secret"
    assert resource_type("iam", "role/sky/web") == "AWS::IAM::Role"
    assert resource_type("sts", "assumed-role/web/a") == ""
    assert not is_data_event("iam", "GetObject")


def test_iam_and_ec2_name_what_they_are_about_in_their_parameters_only(
    main: Account, ana: User
) -> None:
    """Other services name the resource."""
    [iam] = of(main.world, lambda: main.call("GetUser", ana, UserName="ana"))
    key = main.create_key()
    [kms] = of(main.world, lambda: main.call("kms:DescribeKey", ana, KeyId=key.arn))

    assert iam.resources == ()
    assert kms.resources == (key.arn,)


# -- how much, and what not -----------------------------------------------------------------------


def test_what_is_too_large_is_left_out_of_an_event(main: Account, ana: User) -> None:
    """More than 100 KB of parameters, and of an answer."""
    tags = [{"Key": f"k{number}", "Value": "x" * 200} for number in range(900)]
    [event] = of(main.world, lambda: main.call("TagUser", ana, UserName="ana", Tags=tags))

    assert event.request_parameters is None
    assert event.error_code == "ValidationException"
    assert within_limit({"a": "x" * 102_390}, 102_400) == {"a": "x" * 102_390}
    assert within_limit({"a": "x" * 102_393}, 102_400) is None


def test_what_is_too_long_is_cut(main: Account, ana: User) -> None:
    """A user agent, say; never within a character."""
    agent = "\N{TELESCOPE}" * 300
    keys = {"aws:UserAgent": agent}
    [event] = of(main.world, lambda: main.world.do(ana, "s3:GetObject", MAP, context=keys))

    assert event.user_agent == agent[:256]


@settings(max_examples=tries(100))
@given(st.text(max_size=60), st.integers(4, 40))
def test_a_cut_text_is_a_beginning_and_fits(text: str, most: int) -> None:
    """And as much of it as there is room for."""
    cut = clip(text, most)
    rest = text[len(cut) : len(cut) + 1]

    assert text.startswith(cut)
    assert len(cut.encode()) <= most
    assert not rest or len((cut + rest).encode()) > most


def test_numbers_that_json_does_not_have_are_written_as_text() -> None:
    """Else no log could be written."""
    assert event_values({"A": float("nan"), "B": [float("inf")]}) == {"a": "nan", "b": ["inf"]}


def test_times_in_answers_are_in_us_style_whatever_the_service(main: Account, ana: User) -> None:
    """As in an event of IAM."""
    [event] = of(main.world, lambda: main.call("CreateAccessKey", ana, UserName="ana"))
    made = (event.response_elements or {})["accessKey"]

    assert made["createDate"] == "Nov 25, 2026, 09:00:00 AM"
    assert made.keys() == {"accessKeyId", "status", "userName", "createDate"}


def test_events_of_one_caller_share_what_they_say_of_him(main: Account, ana: User) -> None:
    """There are many of them."""
    for _ in range(2):
        main.call("ListUsers", ana)
    first, second = main.world.events[-2:]

    assert first.user_identity is second.user_identity


# -- files ----------------------------------------------------------------------------------------


def test_a_saved_world_keeps_all_that_its_events_say(main: Account, ana: User) -> None:
    """And an older file, which says less, is read all the same."""
    shared_bucket(main, ana.arn)
    main.world.do(ana, "s3:GetObject", MAP, via="athena.amazonaws.com")
    written = world_to_json(main.world)
    again = world_from_json(written)

    assert again.events == main.world.events
    assert type(again.events) is type(main.world.events)
    old = [
        {name: value for name, value in event.items() if name not in NEW_FIELDS}
        for event in written["events"]
    ]
    [event] = world_from_json({**written, "events": old}).events[-1:]
    assert (event.source_ip_address, event.event_category) == ("", "Management")


NEW_FIELDS = {
    *("source_ip_address", "user_agent", "request_id", "management_event", "event_category"),
    *("vpc_endpoint_id", "vpc_endpoint_account_id", "api_version", "resource_account_id"),
    "session_credential_from_console",
}
