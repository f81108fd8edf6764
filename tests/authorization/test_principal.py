"""Who calls, and whose permissions count: a principal, a service for him, as a role, for itself.

The same service may call in each of these ways. Policies tell them apart by condition keys.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from iamlab import World
from iamlab.engine.decision import Decision
from iamlab.errors import AccessDenied, RequestError
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from iamlab.world.identities import Role, User
from tests.operations.organizations.small_organization import DEV, small_organization
from tests.policy.documents import allow, deny, document, trust

OWN, EVIL = "111111111111", "666666666666"
MAP = "arn:aws:s3:::star-maps/m31.fits"
ATHENA, GLUE, TRAIL = "athena.amazonaws.com", "glue.amazonaws.com", "cloudtrail.amazonaws.com"
OWN_TRAIL = f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/all"
JOB = f"arn:aws:glue:us-east-1:{OWN}:job/nightly"


@dataclass
class Scene:
    """An account with ana, who may read; a role of Glue, which may write; a bucket of CloudTrail's.

    All four ways of calling want to do the same two things.
    """

    world: World
    main: Account
    ana: User
    role: Role

    @property
    def glue(self) -> Session:
        """The session that Glue works with."""
        return self.world.sts.assume_role_as_service(GLUE, role_arn=self.role, source_arn=JOB)

    def ways(self, action: str) -> dict[str, Decision]:
        """Ask for an action in all ways."""
        can = self.world.can
        return {
            "ana": can(self.ana, action, MAP),
            "for ana": can(self.ana, action, MAP, via=ATHENA),
            "service role": can(self.glue, action, MAP),
            "for a service role": can(self.glue, action, MAP, via=ATHENA),
            "service": can(TRAIL, action, MAP, source_arn=OWN_TRAIL),
        }


@pytest.fixture
def scene() -> Scene:
    """Make it."""
    world = World(seed=4)
    main = world.create_account("main", account_id=OWN)
    ana = main.create_user("ana")
    ana.put_policy("read", document(allow("s3:GetObject", "*")))
    role = main.create_role("etl", assume_role_policy_document=trust({"Service": GLUE}))
    role.put_policy("write", document(allow("s3:PutObject", "*")))
    main.create_bucket("star-maps")
    return Scene(world, main, ana, role)


# -- whose permissions, which keys ---------------------------------------------------------------

KEYS = {
    "aws:ViaAWSService": ("false", "true", "false", "true", "false"),
    "aws:CalledVia": (None, ATHENA, None, ATHENA, None),
    "aws:PrincipalIsAWSService": ("false", "false", "false", "false", "true"),
    "aws:PrincipalServiceName": (None, None, None, None, TRAIL),
    "aws:PrincipalType": ("User", "User", "AssumedRole", "AssumedRole", None),
    "aws:username": ("ana", "ana", None, None, None),
    "aws:SourceArn": (None, None, None, None, OWN_TRAIL),
    "aws:SourceAccount": (None, None, None, None, OWN),
    "glue:CredentialIssuingService": (None, None, GLUE, GLUE, None),
}
"""Key -> its value for each way of calling, in order."""


@pytest.mark.parametrize("key", KEYS)
def test_a_key_tells_the_ways_of_calling_apart(scene: Scene, key: str) -> None:
    """A forward access session is the caller's; a service role's session is the role's."""
    found = [decision.request.values(key) for decision in scene.ways("s3:GetObject").values()]

    assert found == [None if value is None else (value,) for value in KEYS[key]]


def test_permissions_are_those_of_whose_session_it_is(scene: Scene) -> None:
    """A service that calls for ana may what she may; as its role, what the role may."""
    may = {action: scene.ways(f"s3:{action}") for action in ("GetObject", "PutObject")}
    nothing = dict.fromkeys(may["GetObject"], False)

    assert {how: bool(value) for how, value in may["GetObject"].items()} == nothing | {
        "ana": True,
        "for ana": True,
    }
    assert {how: bool(value) for how, value in may["PutObject"].items()} == nothing | {
        "service role": True,
        "for a service role": True,
    }


def test_only_through_a_service_can_be_asked_for(scene: Scene) -> None:
    """With aws:CalledVia: the direct call is forbidden, and so is that of a service role."""
    only = {"ForAnyValue:StringEquals": {"aws:CalledVia": [ATHENA]}}
    for caller in (scene.ana, scene.role):
        caller.put_policy("athena", document(allow("s3:DeleteObject", "*", Condition=only)))

    ways = scene.ways("s3:DeleteObject")

    assert {how for how, route in ways.items() if route} == {"for ana", "for a service role"}
    assert not scene.world.can(scene.ana, "s3:DeleteObject", MAP, via="lambda.amazonaws.com")


def test_a_guard_of_the_bucket_can_spare_services_that_call_for_somebody(scene: Scene) -> None:
    """With aws:ViaAWSService; another key exempts a service that calls for itself."""
    bucket = scene.main.resources["arn:aws:s3:::star-maps"]
    everyone = {"Principal": "*", "Resource": "arn:aws:s3:::star-maps/*"}
    bucket.put_policy(  # type: ignore[attr-defined]
        document(
            allow("s3:PutObject", Principal={"Service": TRAIL}, Resource=everyone["Resource"]),
            {
                **deny("s3:*"),
                **everyone,
                "Condition": {
                    "Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}
                },
            },
        )
    )

    assert {how for how, route in scene.ways("s3:GetObject").items() if route} == {"for ana"}
    assert {how for how, route in scene.ways("s3:PutObject").items() if route} == {
        "for a service role",
        "service",
    }


def test_a_service_that_calls_for_itself_has_only_what_the_resource_gives(scene: Scene) -> None:
    """No identity's policy is asked; and it cannot be called for by somebody else."""
    bucket = scene.main.resources["arn:aws:s3:::star-maps"]
    assert not scene.ways("s3:PutObject")["service"]
    bucket.put_policy(  # type: ignore[attr-defined]
        document(allow("s3:PutObject", "arn:aws:s3:::star-maps/*", Principal={"Service": TRAIL}))
    )

    assert scene.ways("s3:PutObject")["service"]
    assert not scene.ways("s3:PutObject")["ana"]
    with pytest.raises(RequestError, match="calls on its own behalf"):
        scene.world.can(TRAIL, "s3:PutObject", MAP, via=ATHENA)
    with pytest.raises(RequestError, match="isn't a service"):
        scene.world.can(scene.glue, "s3:PutObject", MAP, source_arn=OWN_TRAIL)


def test_a_service_role_needs_no_permission_of_whoever_started_it(scene: Scene) -> None:
    """That is why handing over a role is a permission of its own, iam:PassRole."""
    scene.ana.put_policy("none", document(deny("*", "*")))

    assert scene.ways("s3:PutObject")["service role"]
    assert not scene.ways("s3:GetObject")["for ana"]


# -- the confused deputy -------------------------------------------------------------------------

ASKS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "aws:SourceAccount": {"Condition": {"StringEquals": {"aws:SourceAccount": OWN}}},
    "aws:SourceArn": {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:*:*:{OWN}:*"}}},
}
DEPUTIES = {
    "lambda.amazonaws.com": "function:resize",
    "glue.amazonaws.com": "job/nightly",
    "codebuild.amazonaws.com": "project/site",
    "ecs-tasks.amazonaws.com": "task/blue/1",
    "states.amazonaws.com": "stateMachine:m",
    "cloudtrail.amazonaws.com": "trail/all",
}


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("service", DEPUTIES)
def test_a_strangers_resource_gets_a_service_in_unless_the_trust_policy_asks(
    service: str, asks: str
) -> None:
    """He makes his own function, job or trail, names the role, and lets the service do the rest."""
    world = World(seed=4)
    world.create_account("evil", account_id=EVIL)
    statement = {**trust({"Service": service})["Statement"][0], **ASKS[asks]}
    role = world.create_account("main", account_id=OWN).create_role(
        "worker", assume_role_policy_document=document(statement)
    )

    def comes_in(owner: str) -> bool:
        name = {"ecs-tasks": "ecs"}.get(service.partition(".")[0], service.partition(".")[0])
        source = f"arn:aws:{name}:us-east-1:{owner}:{DEPUTIES[service]}"
        try:
            world.sts.assume_role_as_service(service, role_arn=role, source_arn=source)
        except AccessDenied:
            return False
        return True

    assert comes_in(OWN)
    assert comes_in(EVIL) == (asks == "nothing")


def test_a_policy_that_asks_for_what_is_not_sent_lets_nobody_in(scene: Scene) -> None:
    """EventBridge sends the rule's ARN and no account; the refusal says what it does send."""
    wants = trust({"Service": "events.amazonaws.com"})["Statement"][0] | ASKS["aws:SourceAccount"]
    role = scene.main.create_role("rule", assume_role_policy_document=document(wants))
    rule = f"arn:aws:events:us-east-1:{OWN}:rule/nightly"

    notes = []
    for source in (rule, None):
        with pytest.raises(AccessDenied) as caught:
            scene.world.sts.assume_role_as_service(
                "events.amazonaws.com", role_arn=role, source_arn=source
            )
        notes.append(caught.value.__notes__[-1])

    assert notes[0] == f"For {rule} it sends aws:SourceArn, and no other such key."
    assert "With source_arn= it sends aws:SourceArn" in notes[1]


@pytest.mark.parametrize("asks", ASKS)
def test_a_strangers_topic_gets_into_a_queue_unless_its_policy_asks(asks: str) -> None:
    """The same for what a service calls by itself: SNS sends no account, so ask for the ARN."""
    world = World(seed=4)
    main = world.create_account("main", account_id=OWN)
    world.create_account("evil", account_id=EVIL)
    queue = main.create_queue("jobs")
    queue.put_policy(
        document(
            allow(
                "sqs:SendMessage",
                queue.arn,
                Principal={"Service": "sns.amazonaws.com"},
                **ASKS[asks],
            )
        )
    )

    def comes_in(owner: str) -> bool:
        topic = f"arn:aws:sns:us-east-1:{owner}:news"
        send = "sqs:SendMessage"
        return bool(world.can("sns.amazonaws.com", send, queue.arn, source_arn=topic))

    assert comes_in(OWN) == (asks != "aws:SourceAccount")
    assert comes_in(EVIL) == (asks == "nothing")


# -- service roles and service-linked roles under an organization's policies ----------------------


def in_a_member() -> tuple[World, Account]:
    """Forbid everything to an account and on its resources, by an SCP and an RCP."""
    organization = small_organization()
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    organization.create_policy("nothing", document(deny("*"))).attach("Web")
    rcp = document({**deny(["sts:*", "s3:*"]), "Principal": "*"})
    organization.create_policy("no-sts", rcp, type="RESOURCE_CONTROL_POLICY").attach("Web")
    return organization.world, organization.world.accounts[DEV]


def test_a_service_linked_role_is_beyond_scps_and_rcps() -> None:
    """The service comes in, and may what AWS's policy of the role says."""
    world, member = in_a_member()
    linked = member.create_service_linked_role("autoscaling.amazonaws.com")

    session = world.sts.assume_role_as_service("autoscaling.amazonaws.com", role_arn=linked)

    assert session.arn.endswith("/AWSServiceRoleForAutoScaling/autoscaling")
    assert world.can(session, "ec2:RunInstances", "*")
    assert not world.can(session, "dynamodb:GetItem", "*")
    for stranger in ("ec2spot.amazonaws.com", "lambda.amazonaws.com"):
        with pytest.raises(AccessDenied):
            world.sts.assume_role_as_service(stranger, role_arn=linked)


def test_a_service_role_is_not_beyond_them() -> None:
    """The RCP keeps the service out; without it, the SCP forbids what the session would do."""
    world, member = in_a_member()
    role = member.create_role("etl", assume_role_policy_document=trust({"Service": GLUE}))
    role.put_policy("all", document(allow("*", "*")))
    organization = world.organization_of(DEV)
    assert organization is not None

    with pytest.raises(AccessDenied) as caught:
        world.sts.assume_role_as_service(GLUE, role_arn=role)
    assert caught.value.decision is not None
    assert caught.value.decision.verdict.value == "explicitDeny"

    organization.detach_policy("no-sts", "Web")
    session = world.sts.assume_role_as_service(GLUE, role_arn=role)
    assert world.can(session, "ec2:DescribeRegions", "*").verdict.value == "explicitDeny"
    organization.detach_policy("nothing", "Web")
    assert world.can(session, "ec2:DescribeRegions", "*")
