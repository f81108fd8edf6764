"""Questions that AWS would never decide raise, or say so first."""

import pytest

from iamlab import ANONYMOUS, Policy, World
from iamlab.errors import AccessDenied, RequestError
from iamlab.policy import catalog
from tests.rows import each_row

ACCOUNT = "111111111111"
MAPS, M31 = "arn:aws:s3:::maps", "arn:aws:s3:::maps/m31"
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops"
TRUST = Policy.allow("sts:AssumeRole", None, principal={"Service": "ec2.amazonaws.com"})


@pytest.fixture
def world():
    """An account with an administrator, a role and a bucket."""
    made = World(seed=7)
    main = made.create_account("main", account_id=ACCOUNT)
    main.create_user("ana").attach_policy("AdministratorAccess")
    main.create_role("ops", assume_role_policy_document=TRUST)
    main.create_bucket("maps")
    return made


ANSWERS = {
    "can": lambda world, action, on, **how: world.can(world.user("ana"), action, on, **how),
    "do": lambda world, action, on, **how: world.do(world.user("ana"), action, on, **how),
    "who_can": lambda world, action, on, **how: world.who_can(action, on, **how),
    "access_matrix": lambda world, action, on, **how: world.access_matrix([action], [on], **how),
}
every_answer = pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)

NEVER = {
    "a misspelt action": ("s3:GetObjct", M31, "s3 has no action GetObjct. Did you mean s3:GetObj"),
    "an operation": ("s3:ListObjectsV2", MAPS, "Did you mean s3:ListBucket?"),
    "a misspelt service": ("s33:GetObject", M31, "no service with the prefix s33. Did you mean s3"),
    "a service that isn't there": ("nosuch:Thing", "*", "no service with the prefix nosuch. The c"),
    "a name as resource": ("s3:GetObject", "maps", "'maps' isn't an ARN."),
    "a short ARN": ("s3:GetObject", "arn:aws:s3", "'arn:aws:s3' isn't an ARN."),
}


@every_answer
@pytest.mark.parametrize(("action", "resource", "words"), NEVER.values(), ids=NEVER)
def test_what_no_api_could_receive_is_an_error(world, answer, action, resource, words):
    """It names the catalogue's date where the catalogue decides; and nothing is logged."""
    events = len(world.events)
    with pytest.raises(RequestError) as error:
        answer(world, action, resource)

    assert words in str(error.value)
    assert (f"The catalogue is of {catalog.data_date()}." in str(error.value)) == (
        "ARN" not in words
    )
    assert len(world.events) == events


@every_answer
def test_a_newer_action_is_decided_if_that_is_asked_for(world, answer):
    """It is decided by its name, and the answer says so."""
    found = answer(world, "s3:GetNewThing", M31, allow_unknown=True)

    assert found.assumed[0] == (
        f"s3 has no action GetNewThing. The catalogue is of {catalog.data_date()}. "
        "It is decided by its name alone."
    )


ODD = {
    "an instance for a list": ("ec2:DescribeInstances", INSTANCE, "never has a resource"),
    "a bucket for an object": ("s3:GetObject", MAPS, "${BucketName}/${ObjectName}"),
    "an object for a bucket": ("s3:ListBucket", M31, "never has the resource"),
    "a role that isn't there": ("iam:PassRole", f"{ROLE}s", "There is no role"),
    "a role of another path": ("iam:PassRole", ROLE.replace("ops", "team/ops"), "There is no role"),
    "a resource of another service": ("s3:GetObject", INSTANCE, "never has the resource"),
}


@every_answer
@pytest.mark.parametrize(("action", "resource", "words"), ODD.values(), ids=ODD)
def test_what_is_only_odd_is_decided_and_said_first(world, answer, action, resource, words):
    """AWS wouldn't ask so; with strict=True it is an error."""
    assert words in answer(world, action, resource).assumed[0]
    with pytest.raises(RequestError, match=words.replace("$", r"\$")[:15]):
        answer(world, action, resource, strict=True)


FINE = [
    ("s3:GetObject", M31),
    ("s3:GetObject", f"{MAPS}/*"),
    ("s3:GetObject", "*"),
    ("s3:ListBucket", MAPS),
    ("s3:ListAllMyBuckets", "*"),
    ("S3:getobject", M31),
    ("ec2:DescribeInstances", "*"),
    ("ec2:StartInstances", INSTANCE),
    ("iam:PassRole", ROLE),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*"),
    ("iam:PassRole", "arn:aws:iam::999999999999:role/elsewhere"),
    ("sts:GetCallerIdentity", "*"),
    ("sts:GetScopedCredentials", "*"),
]


@each_row(("action", "resource"), FINE)
def test_what_aws_asks_is_not_commented(world, action, resource):
    """Wildcards in a question stand for some resource, and other accounts may have the role."""
    found = world.can(world.user("ana"), action, resource, strict=True)

    assert not any("never has" in text or "no role" in text for text in found.assumed)


def test_strict_raises_all_problems_at_once(world):
    """Of policies and of the question; the world's own setting counts too."""
    ana = world.user("ana")
    void = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "s3*", "Resource": "*"},
        },
        name="guard",
    )
    ana.inline["guard"] = void
    assumed = world.can(ana, "s3:GetObject", MAPS).assumed

    assert assumed[0].startswith("AWS would not save policy guard, statement 1: Malformed")
    assert "never has the resource" in assumed[1]
    with pytest.raises(RequestError) as error:
        world.can(ana, "s3:GetObject", MAPS, strict=True)
    assert str(error.value).split("\n") == list(assumed[:2])
    for answer in ANSWERS.values():
        assert answer(world, "s3:GetObject", M31).assumed[0] == assumed[0]
        with pytest.raises(RequestError, match="policy guard"):
            answer(world, "s3:GetObject", M31, strict=True)
    assert world.what_can(ana, services=["s3"]).assumed[0] == assumed[0]
    with pytest.raises(RequestError, match="policy guard"):
        world.what_can(ana, services=["s3"], strict=True)


def test_a_denied_use_raises_its_denial_after_the_question_is_checked(world):
    """``do`` doesn't log a question that no API could receive."""
    bob = world.account("main").create_user("bob")
    with pytest.raises(AccessDenied) as error:
        world.do(bob, "s3:GetObject", MAPS)

    assert "never has the resource" in error.value.decision.assumed[0]


def test_what_can_checks_its_services_and_resources(world):
    """Both are named in the question."""
    ana = world.user("ana")
    with pytest.raises(RequestError, match="Did you mean s3"):
        world.what_can(ana, services=["s33"])
    with pytest.raises(RequestError, match="isn't an ARN"):
        world.what_can(ana, resources=["maps"])


def test_the_options_of_a_question_are_booleans(world):
    """A text would always count as true."""
    with pytest.raises(RequestError, match="strict is True or False"):
        world.can(ANONYMOUS, "s3:GetObject", M31, strict="no")


def test_a_matrix_names_a_few_odd_questions_and_counts_the_others(world):
    """Thirty actions on the wrong type of resource."""
    actions = catalog.expand("ec2:Describe*")[:30]
    assumed = world.access_matrix(actions, [INSTANCE], [world.user("ana")]).assumed

    assert len(assumed) == 21
    assert assumed[-1] == "10 more of these questions are odd."
