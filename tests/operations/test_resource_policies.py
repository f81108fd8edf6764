"""A resource's own policy: each service refuses what is wrong with it by its own code and words."""

import ast
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

import iamlab.model
from iamlab import World
from iamlab.errors import AwsError
from iamlab.errors import services as service_errors
from iamlab.model.resources import Resource
from iamlab.operations.resource_policies import resource_policy
from iamlab.policy.rules import SERVICES
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import Doc, allow, deny, document

OWN, OUTSIDE = "111122223333", "999999999999"
HERE = f"us-east-1:{OWN}"


class Table(Resource):
    """A resource with something below it."""

    separator: ClassVar[str] = "/"


class Versioned(Resource):
    """A resource whose qualifiers come after a colon."""

    separator: ClassVar[str] = ":"


RESOURCES: dict[str, tuple[type[Resource], str, str]] = {
    "s3": (Table, "arn:aws:s3:::star-maps", "s3:ListBucket"),
    "sqs": (Resource, f"arn:aws:sqs:{HERE}:plates", "sqs:SendMessage"),
    "sns": (Resource, f"arn:aws:sns:{HERE}:alerts", "SNS:Publish"),
    "kms": (Resource, f"arn:aws:kms:{HERE}:key/1", "kms:Decrypt"),
    "lambda": (Versioned, f"arn:aws:lambda:{HERE}:function:stack", "lambda:InvokeFunction"),
    "secretsmanager": (
        Resource,
        f"arn:aws:secretsmanager:{HERE}:secret:dome-AbCdEf",
        "secretsmanager:GetSecretValue",
    ),
    "ecr": (Resource, f"arn:aws:ecr:{HERE}:repository/stack", "ecr:BatchGetImage"),
    "dynamodb": (Table, f"arn:aws:dynamodb:{HERE}:table/stars", "dynamodb:GetItem"),
    "events": (Resource, f"arn:aws:events:{HERE}:event-bus/sky", "events:PutEvents"),
    "execute-api": (
        Table,
        f"arn:aws:execute-api:{HERE}:abc123",
        "execute-api:Invoke",
    ),
    "logs": (Resource, f"arn:aws:logs:{HERE}:log-group:dome", "logs:PutLogEvents"),
    "backup": (Resource, f"arn:aws:backup:{HERE}:backup-vault:v", "backup:CopyIntoBackupVault"),
}
"""Service -> what kind of thing its resource is, its ARN, and something to do with it."""

UNKNOWN = f"arn:aws:iam::{OWN}:user/nobody"
PRINCIPALS = {
    "nobody of that name": {"AWS": UNKNOWN},
    "a role that is not there": {"AWS": f"arn:aws:iam::{OWN}:role/none"},
    "a group": {"AWS": f"arn:aws:iam::{OWN}:group/sky"},
    "a pattern": {"AWS": f"arn:aws:iam::{OWN}:user/*"},
    "the id of a user that was deleted": {"AWS": "AIDAEXAMPLEEXAMPLE123"},
    "the id of a role that was deleted": {"AWS": "AROAEXAMPLEEXAMPLE123"},
}
DEFECTS = (*PRINCIPALS, "another resource", "another service", "no principal", "no policy")

ECR = (
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy "
    "provided'"
)
API = (
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
)
KMS = (
    "The request was rejected because the specified policy is not syntactically or semantically "
    "correct."
)
SQS = "Invalid value for the parameter Policy."
ANSWERS: dict[str, tuple[str, int, dict[str, str]]] = {
    "s3": (
        "MalformedPolicy",
        400,
        {
            "principal": "Invalid principal in policy",
            "another resource": "Policy has invalid resource",
            "another service": "Policy has invalid action",
            "no principal": "Missing required field Principal",
            "no policy": "Policies must be valid JSON and the first byte must be '{'",
        },
    ),
    "sqs": ("InvalidAttributeValue", 400, {"": SQS}),
    "sns": (
        "InvalidParameter",
        400,
        {
            "principal": "Invalid parameter: Policy Error: PrincipalNotFound",
            "another service": "Invalid parameter: Policy statement action out of service scope!",
            "": "Invalid parameter: Policy Error: null",
        },
    ),
    "kms": (
        "MalformedPolicyDocumentException",
        400,
        {"principal": "Policy contains a statement with one or more invalid principals.", "": KMS},
    ),
    "lambda": (
        "InvalidParameterValueException",
        400,
        {
            "principal": (
                "The provided principal was invalid. Please check the principal and try again."
            ),
            "": "One of the parameters in the request is not valid.",
        },
    ),
    "secretsmanager": (
        "MalformedPolicyDocumentException",
        400,
        {
            "principal": "This resource policy contains an unsupported principal.",
            "": "This resource policy contains a syntax error.",
        },
    ),
    "ecr": ("InvalidParameterException", 400, {"": ECR}),
    "dynamodb": ("ValidationException", 400, {"": "The resource policy is not valid."}),
    "events": ("ValidationException", 400, {"": "The policy is not valid."}),
    "execute-api": ("BadRequestException", 400, {"": API}),
    "logs": ("InvalidParameterException", 400, {"": "A parameter is specified incorrectly."}),
    "backup": (
        "InvalidParameterValueException",
        400,
        {"": "Something is wrong with a parameter's value."},
    ),
}
"""Service -> its code, status, and sentence for each defect; ``""``: for the others."""

SPEAKS_OF_OTHERS = ("logs", "backup")
ACCEPTED = {
    ("ecr", "another resource"),
    *((speak, "another resource") for speak in SPEAKS_OF_OTHERS),
}
"""Cases that aren't errors: ECR's policies have no Resource, two others have several."""


@pytest.fixture
def own() -> Account:
    """An account with a user and a role."""
    account = World(seed=4).create_account("own", account_id=OWN)
    account.create_user("ana")
    trusted = allow("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})
    del trusted["Resource"]
    account.create_role("job", assume_role_policy_document=document(trusted))
    return account


def made(service: str, account: Account) -> Resource:
    """Make the resource of a service."""
    kind, arn, _ = RESOURCES[service]
    return kind(account, arn)


def lets(service: str, principal: Any, *, action: str = "", on: str = "") -> Doc:
    """Write a statement that lets somebody do something with a service's resource."""
    _, arn, usual = RESOURCES[service]
    statement = allow(action or usual, on or arn, Principal=principal)
    if service == "ecr":
        del statement["Resource"]
    return statement


def wrong(service: str, defect: str) -> Any:
    """Write a policy with one defect."""
    arn = RESOURCES[service][1]
    everybody = {"AWS": f"arn:aws:iam::{OWN}:root"}
    if defect in PRINCIPALS:
        return document(lets(service, PRINCIPALS[defect]))
    if defect == "another resource":
        return document(lets(service, everybody, on=f"{arn}-other"))
    if defect == "another service":
        return document(lets(service, everybody, action="ec2:RunInstances"))
    if defect == "no principal":
        statement = lets(service, everybody)
        del statement["Principal"]
        return document(statement)
    return "no JSON"


@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize("service", RESOURCES)
def test_each_service_refuses_in_its_own_words(service: str, defect: str, own: Account) -> None:
    """With the place and the fix as a note; and nothing is changed."""
    before = snapshot(own.world)
    if (service, defect) in ACCEPTED:
        resource_policy(wrong(service, defect), made(service, own))
        return
    code, status, sentences = ANSWERS[service]
    kind = "principal" if defect in PRINCIPALS else defect

    with pytest.raises(AwsError) as caught:
        resource_policy(wrong(service, defect), made(service, own))

    error = caught.value
    assert (error.code, error.http_status) == (code, status)
    assert error.message == sentences.get(kind, sentences.get("", ""))
    assert error.__notes__
    assert snapshot(own.world) == before


SIZES = {
    "lambda": (
        "PolicyLengthExceededException",
        "The final policy size ({size}) is bigger than the limit (20480).",
    ),
    "kms": (
        "LimitExceededException",
        "The request was rejected because a length constraint or quota was exceeded.",
    ),
    "events": ("PolicyLengthExceededException", "The event bus policy is too long."),
    "secretsmanager": (
        "ValidationException",
        (
            "1 validation error detected: Value at 'resourcePolicy' failed to satisfy constraint: "
            "Member must have length less than or equal to 20480"
        ),
    ),
    "sqs": ("InvalidAttributeValue", SQS),
}


@pytest.mark.parametrize("service", SIZES)
def test_what_is_too_large_is_refused_as_well(service: str, own: Account) -> None:
    """Some services have a code for it."""
    code, sentence = SIZES[service]
    where = {"StringEquals": {"aws:SourceArn": "x" * 33_000}}
    statement = lets(service, {"AWS": OWN}) | {"Condition": where}
    with pytest.raises(AwsError) as caught:
        resource_policy(document(statement), made(service, own))

    text = caught.value.message
    digits = "".join(letter for letter in text.split(")")[0] if letter.isdigit())
    assert (caught.value.code, text) == (code, sentence.format(size=digits))


def test_lambda_minds_two_statements_of_one_name(own: Account) -> None:
    """As AddPermission does."""
    twice = [{**lets("lambda", {"AWS": OWN}), "Sid": "one"}] * 2
    with pytest.raises(service_errors.ResourceConflictException) as caught:
        resource_policy(document(*twice), made("lambda", own))

    assert caught.value.http_status == 409


def test_every_service_with_rules_is_in_the_table() -> None:
    """A new one wants its rows here. The one policy of an organization is of all its parts."""
    assert set(RESOURCES) == set(ANSWERS) == set(SERVICES) - {"organizations"}


# -- what is saved --------------------------------------------------------------------------------

THERE = {
    "a user": f"arn:aws:iam::{OWN}:user/ana",
    "a role": f"arn:aws:iam::{OWN}:role/job",
    "a session": f"arn:aws:sts::{OWN}:assumed-role/job/s1",
    "the account": f"arn:aws:iam::{OWN}:root",
    "the account's number": OWN,
    "a user of an account outside": f"arn:aws:iam::{OUTSIDE}:user/zoe",
    "an account outside": OUTSIDE,
}


@pytest.mark.parametrize("who", THERE)
@pytest.mark.parametrize("service", RESOURCES)
def test_who_is_there_may_be_named(service: str, who: str, own: Account) -> None:
    """Nobody knows what is in accounts outside of this world; the text stays as it is."""
    policy = resource_policy(document(lets(service, {"AWS": THERE[who]})), made(service, own))

    assert policy.statements[0].principal == (("AWS", THERE[who]),)


@pytest.mark.parametrize("service", [resource for resource in RESOURCES if resource != "logs"])
def test_the_id_of_somebody_who_is_there_may_be_named(service: str, own: Account) -> None:
    """It is a dead one that is refused."""
    named = [own.users["ana"].unique_id, own.roles["job"].unique_id]
    saved = resource_policy(document(lets(service, {"AWS": named})), made(service, own))
    own.users["ana"].delete()

    assert len(saved.statements) == 1
    with pytest.raises(AwsError):
        resource_policy(document(lets(service, {"AWS": named})), made(service, own))


BELOW = {
    "s3": ["arn:aws:s3:::star-maps/*", "s3:GetObject"],
    "lambda": [f"arn:aws:lambda:{HERE}:function:stack:live", "lambda:InvokeFunction"],
    "dynamodb": [f"arn:aws:dynamodb:{HERE}:table/stars/index/*", "dynamodb:Query"],
    "events": [f"arn:aws:events:{HERE}:rule/sky/*", "events:PutRule"],
    "execute-api": [f"arn:aws:execute-api:{HERE}:abc123/prod/GET/*", "execute-api:Invoke"],
    "kms": ["*", "kms:Decrypt"],
    "sqs": ["*", "sqs:SendMessage"],
    "secretsmanager": ["*", "secretsmanager:GetSecretValue"],
}


@pytest.mark.parametrize("service", BELOW)
def test_a_policy_can_be_about_what_is_below(service: str, own: Account) -> None:
    """Objects, versions, indexes, the rules of a bus; and where the service takes it, of all."""
    on, action = BELOW[service]
    policy = document(lets(service, {"AWS": OWN}, action=action, on=on))

    assert resource_policy(policy, made(service, own)).statements[0].resource == (on,)


SHORT = {
    "execute-api:/*": f"arn:aws:execute-api:{HERE}:abc123/*",
    "execute-api:/prod/GET/*": f"arn:aws:execute-api:{HERE}:abc123/prod/GET/*",
    f"arn:aws:execute-api:{HERE}:abc123/*": f"arn:aws:execute-api:{HERE}:abc123/*",
}


@pytest.mark.parametrize("short", SHORT)
@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_an_api_keeps_its_own_whole_arn(element: str, short: str, own: Account) -> None:
    """API Gateway completes the short form as it saves, and leaves the rest of the text alone."""
    statement = lets("execute-api", "*") | {"Sid": "one"}
    del statement["Resource"]
    policy = resource_policy(document(statement | {element: short}), made("execute-api", own))

    assert policy.to_dict() == document(statement | {element: SHORT[short]})


def test_an_api_completes_each_of_several_resources(own: Account) -> None:
    """And only those that are short."""
    statement = lets("execute-api", "*") | {"Resource": list(SHORT)}
    policy = resource_policy(document(statement), made("execute-api", own))

    assert policy.statements[0].resource == tuple(SHORT.values())


@pytest.mark.parametrize("service", ["s3", "dynamodb", "lambda"])
def test_not_resource_is_looked_at_too(service: str, own: Account) -> None:
    """An exempt resource must also belong to it."""
    arn, action = RESOURCES[service][1:]
    for exempt, fits in ((arn, True), (f"{arn}-other", False)):
        statement = deny(action, Principal="*") | {"NotResource": exempt}
        del statement["Resource"]
        if fits:
            resource_policy(document(statement), made(service, own))
        else:
            with pytest.raises(AwsError):
                resource_policy(document(statement), made(service, own))


def test_vpc_endpoints_do_not_ask_who_is_there(own: Account) -> None:
    """The form is looked at all the same."""
    endpoint = Resource(own, f"arn:aws:ec2:{HERE}:vpc-endpoint/vpce-1")
    named = document(allow("*", Principal={"AWS": UNKNOWN}))

    assert resource_policy(named, endpoint).name == "policy of vpce-1"
    with pytest.raises(service_errors.InvalidPolicyDocument):
        resource_policy(document(allow("*")), endpoint)


# -- the errors -----------------------------------------------------------------------------------


def named_in(path: Path) -> set[str]:
    """Collect the names that a module uses, but for those that it imports or only catches."""
    tree = ast.parse(path.read_text("utf-8"))
    handlers = [node.type for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    caught = {id(name) for handler in handlers if handler is not None for name in ast.walk(handler)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if id(name) not in caught}


@pytest.mark.slow
def test_no_class_of_error_of_the_services_is_decoration() -> None:
    """Each is raised somewhere in a world, and drawn in the tree with its status."""
    known = {
        name: var
        for name, var in vars(service_errors).items()
        if isinstance(var, type) and issubclass(var, AwsError) and var is not AwsError
    }
    home = Path(iamlab.__file__).parent
    used = set[str]().union(
        *(
            named_in(path)
            for room in ("operations", "world", "analysis")
            for path in (home / room).rglob("*.py")
        )
    )
    tables = (path.read_text("utf-8") for path in home.rglob("*.toml"))
    used |= {word for table in tables for word in re.findall(r"\w+", table)}
    drawn = (service_errors.__doc__ or "").splitlines()

    assert known.keys() - used == set()
    for name, value in known.items():
        assert any(f"─ {name} " in line and str(value.http_status) in line for line in drawn), name
