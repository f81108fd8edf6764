"""S13, S14, S19 to S21b: what the old introduction says of roles on EC2, and what STS does there.

As in ``test_claims_about_iam.py``, each test proves what is right today, in a world built with
public methods.
"""

import json
from typing import Any

import pytest

from iamlab import AccessDenied, Network, World
from iamlab.errors import ExpiredToken, LimitExceeded, RequestError, ValidationError
from iamlab.errors.ec2 import IncorrectState
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.services.ec2.instance import Instance
from iamlab.world.account import Account
from iamlab.world.identities import Role, User
from tests.policy.documents import allow, deny, document, trust

ID = "111111111111"
BUCKET, MAP = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31.fits"
READ, WRITE = "s3:GetObject", "s3:PutObject"
EC2 = {"Service": "ec2.amazonaws.com"}
ROLES = "/latest/meta-data/iam/security-credentials/"
ELSEWHERE = Network(ip="198.51.100.66")


@pytest.fixture
def main() -> Account:
    """An account with a user, a bucket, and two roles in instance profiles."""
    account = World(seed=3).create_account("main", account_id=ID)
    account.create_user("ana")
    account.create_bucket("star-maps")
    for name, action in (("reader", READ), ("writer", WRITE)):
        role = account.create_role(name, assume_role_policy_document=trust(EC2))
        role.put_policy("maps", document(allow(action, MAP)))
        account.create_instance_profile(name).add_role(role)
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """The user."""
    return main.users["ana"]


@pytest.fixture
def reader(main: Account) -> Role:
    """The role that reads."""
    return main.roles["reader"]


@pytest.fixture
def web(main: Account) -> Instance:
    """An instance with that role, which wants tokens."""
    return main.create_instance(
        instance_profile="reader", http_tokens="required", vpc_id="vpc-1", private_ip="10.0.0.9"
    )


def may(who: Any, action: str, main: Account, **circumstances: Any) -> bool:
    """Ask whether somebody may do something with the map."""
    return bool(main.world.can(who, action, MAP, **circumstances))


# -- S13: user credentials must never be stored on EC2: true as a rule ---------------------------


def test_s13_a_stored_key_is_possible_and_is_never_taken_back_by_itself(
    main: Account, ana: User, web: Instance
) -> None:
    """AWS cannot tell who holds it, nor where: it works until somebody deletes it."""
    ana.put_policy("maps", document(allow(READ, MAP)))
    stored = ana.create_access_key()
    on_it = Network(vpc=web.vpc_id, ip=web.private_ip)
    main.world.clock.advance(days=3650)

    assert may(stored, READ, main, network=on_it)
    assert may(stored, READ, main, network=ELSEWHERE)


def test_s13_what_a_role_gives_the_instance_ends_by_itself(main: Account, web: Instance) -> None:
    """After six hours; the software has new credentials before that, without doing anything."""
    first = web.role_session()
    main.world.clock.advance(hours=5, minutes=55)
    second = web.role_session()
    assert may(first, READ, main)
    main.world.clock.advance(minutes=5)

    with pytest.raises(ExpiredToken):
        may(first, READ, main)
    assert may(second, READ, main)


def test_s13_what_a_role_gives_can_be_tied_to_the_instances_network(
    main: Account, ana: User, reader: Role, web: Instance
) -> None:
    """The credentials say where they were made; a stored key says nothing of the kind."""
    main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    away = {
        "StringNotEquals": {"aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}"},
        "Null": {"ec2:SourceInstanceArn": "false"},
    }
    ana.put_policy("maps", document(allow(READ, MAP)))
    for who in (reader, ana):
        who.put_policy("tie", document(deny("*", "*", Condition=away)))
    session, stored = web.role_session(), ana.create_access_key()

    assert may(session, READ, main, network=Network(vpc="vpc-1"))
    assert not may(session, READ, main, network=ELSEWHERE)
    assert may(stored, READ, main, network=ELSEWHERE)


def test_s13_imdsv2_gives_nothing_to_who_only_makes_a_server_fetch_an_address(
    web: Instance,
) -> None:
    """A token is got by PUT, on the instance itself; all the rest wants it."""
    assert web.metadata.request("GET", f"{ROLES}reader").status == 401
    forwarded = {"X-aws-ec2-metadata-token-ttl-seconds": "60", "X-Forwarded-For": "198.51.100.66"}
    assert web.metadata.request("PUT", "/latest/api/token", forwarded).status == 403
    with pytest.raises(RequestError, match="travels 1 of the 2 hops"):
        web.metadata.put_token(hops=2)

    assert json.loads(web.metadata.get(f"{ROLES}reader", web.metadata.put_token()))["Token"]


# -- S14a: services need roles, as policies cannot be attached to them: half wrong ----------------


def test_s14a_from_ec2_to_s3_a_role_is_right(main: Account, web: Instance) -> None:
    """An instance has no policy, so it does what its role may."""
    with pytest.raises(RequestError):
        web.attach_policy("AmazonS3ReadOnlyAccess")

    assert may(web.role_session(), READ, main)


@pytest.mark.parametrize("kind", ["topic to queue", "bucket to function", "trail to bucket"])
def test_s14a_a_service_may_also_be_named_in_the_policy_of_a_resource(
    main: Account, kind: str
) -> None:
    """The Principal is the service; aws:SourceArn is the resource that it calls for."""
    trail = f"arn:aws:cloudtrail:us-east-1:{ID}:trail/all"
    main.create_role("draw", assume_role_policy_document=trust({"Service": "lambda.amazonaws.com"}))
    queue, function = main.create_queue("stars"), main.create_function("draw", role="draw")
    ways: dict[str, tuple[str, str, Any, str]] = {
        "topic to queue": ("sns", "sqs:SendMessage", queue, main.create_topic("stars").arn),
        "bucket to function": ("s3", "lambda:InvokeFunction", function, BUCKET),
        "trail to bucket": ("cloudtrail", WRITE, main.buckets["star-maps"], trail),
    }
    service, action, resource, source = ways[kind]
    arn = f"{resource.arn}/log" if kind == "trail to bucket" else resource.arn
    caller, only = f"{service}.amazonaws.com", {"ArnEquals": {"aws:SourceArn": source}}
    assert not main.world.can(caller, action, arn, source_arn=source)

    lets = allow(action, arn, Principal={"Service": caller}, Condition=only)
    resource.put_policy(document(lets))

    assert main.world.can(caller, action, arn, source_arn=source)
    assert not main.world.can(caller, action, arn, source_arn=f"{source}-2")


def test_s14a_a_service_may_have_a_role_that_it_brings_along(main: Account) -> None:
    """A service-linked role: nobody else assumes it, and nobody edits what it may."""
    role = main.create_service_linked_role("elasticbeanstalk.amazonaws.com")

    assert main.world.can("elasticbeanstalk.amazonaws.com", "sts:AssumeRole", role.arn)
    assert not main.world.can("ec2.amazonaws.com", "sts:AssumeRole", role.arn)
    assert not main.world.can(main.users["ana"], "sts:AssumeRole", role.arn)


# -- S14b: keys stored on EC2 work and are wrong; make a role: true -------------------------------


def test_s14b_the_instance_profile_is_what_hands_the_role_over(main: Account) -> None:
    """A role alone is nothing that an instance could be given."""
    main.create_role("alone", assume_role_policy_document=trust(EC2))
    with pytest.raises(InvalidParameterValue, match="Invalid IAM Instance Profile name"):
        main.create_instance(instance_profile="alone")
    main.create_instance_profile("alone").add_role("alone")

    session = main.create_instance(instance_profile="alone").role_session()
    assert session.role_arn == main.roles["alone"].arn


def test_s14b_who_gives_the_role_must_be_allowed_to_pass_it(
    main: Account, ana: User, reader: Role
) -> None:
    """Else whoever may start instances could give himself any role of the account."""
    ana.attach_policy("AmazonEC2FullAccess")
    request: dict[str, Any] = {
        "MinCount": 1,
        "MaxCount": 1,
        "IamInstanceProfile": {"Name": "reader"},
    }
    with pytest.raises(AccessDenied, match="iam:PassRole"):
        main.call("ec2:RunInstances", ana, **request)
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    ana.put_policy("pass", document(allow("iam:PassRole", reader.arn, Condition=to_ec2)))

    [started] = main.call("ec2:RunInstances", ana, **request)["Instances"]
    assert started["IamInstanceProfile"]["Arn"].endswith(":instance-profile/reader")


# -- S19: once a role could be given only at the launch, now to a running instance: true ----------


def test_s19_a_running_instance_gets_another_role_and_loses_it(
    main: Account, web: Instance
) -> None:
    """Its software sees that at the next request; what it was given before goes on."""
    service = web.metadata
    seen, sessions = [service.get(ROLES, service.put_token())], [web.role_session()]
    web.replace_iam_instance_profile_association("writer")
    seen.append(service.get(ROLES, service.put_token()))
    sessions.append(web.role_session())
    web.disassociate_iam_instance_profile()
    with pytest.raises(RequestError, match="404 Not Found"):
        service.get(ROLES, service.put_token())
    web.associate_iam_instance_profile("reader")
    seen.append(service.get(ROLES, service.put_token()))

    assert seen == ["reader", "writer", "reader"]
    assert web.state == "running"
    assert [may(session, READ, main) for session in sessions] == [True, False]
    assert [may(session, WRITE, main) for session in sessions] == [False, True]


# -- S20: only one role for each instance: true ---------------------------------------------------


def test_s20_an_instance_has_one_profile_and_a_profile_one_role(
    main: Account, web: Instance
) -> None:
    """Neither number can be raised; one role may be in many profiles, and on many instances."""
    with pytest.raises(IncorrectState):
        web.associate_iam_instance_profile("writer")
    profile = main.instance_profiles["reader"]
    with pytest.raises(LimitExceeded):
        profile.add_role("writer")
    main.create_instance_profile("reader-too").add_role("reader")
    others = [main.create_instance(instance_profile=name) for name in ("reader", "reader-too")]

    assert len({other.role_session().role_arn for other in (web, *others)}) == 1
    assert len({other.role_session().arn for other in (web, *others)}) == 3


def test_s20_its_software_may_assume_further_roles(
    main: Account, reader: Role, web: Instance
) -> None:
    """By STS, if both sides let it; a session of a chain lasts an hour at most."""
    lets = trust({"AWS": reader.arn})
    main.create_role("audit", assume_role_policy_document=lets, max_session_duration=12 * 3600)
    audit, sts = main.roles["audit"], main.world.sts
    audit.put_policy("maps", document(allow(WRITE, MAP)))
    request: dict[str, Any] = {"role_arn": audit.arn, "role_session_name": "web"}
    with pytest.raises(ValidationError, match="1 hour session limit"):
        sts.assume_role(web.role_session(), **request, duration_seconds=3601)
    chained = sts.assume_role(web.role_session(), **request, duration_seconds=3600)

    assert [may(chained, action, main) for action in (READ, WRITE)] == [False, True]
    assert may(web.role_session(), READ, main)


# -- S21a: roles of resources use STS in the background: true -------------------------------------


def test_s21a_ec2_assumes_the_role_and_the_metadata_service_hands_it_out(
    main: Account, reader: Role, web: Instance
) -> None:
    """The log has the call: a service's, not the instance's; its name is the session's."""
    service = web.metadata
    document_ = json.loads(service.get(f"{ROLES}reader", service.put_token()))
    event = main.world.events[-1]

    assert (event.event_source, event.event_name) == ("sts.amazonaws.com", "AssumeRole")
    assert event.user_identity == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert event.request_parameters == {"roleArn": reader.arn, "roleSessionName": web.name}
    assert event.response_elements is not None
    assert event.response_elements["credentials"]["accessKeyId"] == document_["AccessKeyId"]
    session = web.role_session()
    assert session.access_key_id == document_["AccessKeyId"]
    decision = main.world.can(session, READ, MAP)
    assert decision
    assert decision.request.value("aws:userid") == f"{reader.unique_id}:{web.name}"


# -- S21b: the role asks STS for temporary access: imprecise --------------------------------------


def test_s21b_a_role_is_passive_and_its_trust_policy_is_asked(
    main: Account, reader: Role, web: Instance
) -> None:
    """EC2 asks; what the trust policy does not let it, no policy of the role can."""
    reader.attach_policy("AdministratorAccess")
    reader.update_assume_role_policy(trust({"AWS": ID}))
    with pytest.raises(AccessDenied, match="EC2 cannot assume the role reader"):
        web.role_session()
    found = json.loads(web.metadata.get(f"{ROLES}reader", web.metadata.put_token()))
    assert found["Code"] == "AssumeRoleUnauthorizedAccess"

    reader.detach_policy("AdministratorAccess")
    reader.delete_policy("maps")
    reader.update_assume_role_policy(trust(EC2))
    assert not may(web.role_session(), READ, main)


def test_s21b_what_the_session_may_is_looked_up_at_each_request(
    main: Account, reader: Role, web: Instance
) -> None:
    """STS puts no permissions into the credentials: the role's policies of the moment count."""
    session = web.role_session()
    assert [may(session, action, main) for action in (READ, WRITE)] == [True, False]

    reader.put_policy("maps", document(allow(WRITE, MAP)))

    assert [may(session, action, main) for action in (READ, WRITE)] == [False, True]
