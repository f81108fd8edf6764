"""Outside access: who is found, who is not, and which policies stop them."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iamlab import ANONYMOUS, Policy, World
from iamlab.analysis.external_access import external_access as asked
from iamlab.analysis.external_access.callers import STRANGERS
from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding
from iamlab.analysis.external_access.shared_resource import type_of
from iamlab.analysis.external_access.zone_of_trust import Zone
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.operations.services.s3.bucket import Bucket
from tests.model.world_contents import snapshot
from tests.policy.documents import Doc, document
from tests.storage.account_exports import export_of, hand_made

MAIN, DATA, OPS, VENDOR = "111111111111", "222222222222", "333333333333", "444444444444"
UNKNOWN = "555555555555"
RCP = "RESOURCE_CONTROL_POLICY"
BUCKET = "arn:aws:s3:::maps"
VERA = f"arn:aws:iam::{VENDOR}:user/vera"
OFF = PublicAccessBlock()
BOTH = [BUCKET, f"{BUCKET}/*"]
ROWS = json.loads(
    Path(__file__)
    .parents[2]
    .joinpath("conformance", "s3_public.json")
    .read_text("utf-8")
    .replace("arn:aws:s3:::bk", BUCKET)
    .replace("111122223333", DATA)
)


@pytest.fixture
def world() -> World:
    """An organization of three accounts, one of them in an OU; and a vendor outside."""
    world = World(seed=7)
    for number, name in ((MAIN, "main"), (DATA, "data"), (OPS, "ops"), (VENDOR, "vendor")):
        world.create_account(name, account_id=number)
    organization = world.create_organization(MAIN)
    for number in (DATA, OPS):
        organization.invite_account(number).accept()
    organization.move_account(OPS, organization.create_organizational_unit("Ops"))
    organization.enable_policy_type(RCP)
    vera = world.account("vendor").create_user("vera")
    vera.attach_policy("AdministratorAccess")
    return world


def says(effect: str = "Allow", principal: Any = "*", action: Any = "s3:*", **more: Any) -> Doc:
    """Write a statement about the bucket."""
    named = {"Principal": principal} if principal is not None else {}
    return {"Effect": effect, **named, "Action": action, "Resource": BOTH, **more}


def bucket_with(world: World, *statements: Doc, block: PublicAccessBlock = OFF) -> Bucket:
    """Make the bucket, with a policy that S3 need not have saved."""
    bucket = world.account("data").create_bucket("maps", public_access_block=block)
    bucket.policy = Policy.parse(document(*statements), name="policy of maps")
    world.changed()
    return bucket


def role_with(world: World, **statement: Any) -> str:
    """Make a role that is trusted so, and give its ARN."""
    trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", **statement})
    role = world.account("data").create_role("reader", assume_role_policy_document=trust)
    return role.arn


def if_(operator: str, key: str, *values: str) -> Doc:
    """Write a Condition block with one condition."""
    return {"Condition": {operator: {key: list(values)}}}


def own_organization(world: World) -> str:
    """Return the id of the one organization."""
    return next(iter(world.organizations))


def only(found: OutsideAccess) -> OutsideFinding:
    """Return the one finding that there is."""
    assert len(found) == 1, str(found)
    return found[0]


# -- what kinds of things --------------------------------------------------------------------------


def everything(world: World) -> list[Any]:
    """Make one of each kind of resource that has a policy."""
    data = world.account("data")
    role = data.create_role(
        "job", assume_role_policy_document=document(_trust({"Service": "lambda.amazonaws.com"}))
    )
    return [
        *(data.create_bucket("maps", public_access_block=OFF), data.create_queue("orders")),
        *(data.create_topic("news"), data.create_key(), data.create_secret("token")),
        *(data.create_table("stars"), data.create_repository("images")),
        *(data.create_event_bus("shop"), data.create_function("count", role=role)),
    ]


def _trust(principal: Doc) -> Doc:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


OF_A_KIND = {
    "AWS::S3::Bucket": "s3:GetObject",
    "AWS::SQS::Queue": "sqs:SendMessage",
    "AWS::SNS::Topic": "sns:Publish",
    "AWS::KMS::Key": "kms:Decrypt",
    "AWS::SecretsManager::Secret": "secretsmanager:GetSecretValue",
    "AWS::DynamoDB::Table": "dynamodb:GetItem",
    "AWS::ECR::Repository": "ecr:BatchGetImage",
    "AWS::Events::EventBus": "events:PutEvents",
    "AWS::Lambda::Function": "lambda:InvokeFunction",
}


def test_every_kind_of_resource_with_a_policy_is_looked_at(world: World) -> None:
    """Each is found under the name that Access Analyzer, or else CloudFormation, has for it."""
    made = everything(world)
    for resource in made:
        action = OF_A_KIND[type_of(resource.arn)]
        of = {"Resource": [resource.arn, f"{resource.arn}/*"]}
        if type_of(resource.arn) == "AWS::ECR::Repository":
            of = {}
        let_in = {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": action, **of}
        resource.policy = Policy.parse(document(let_in), name=f"policy of {resource.name}")
    world.changed()

    found = world.outside_access()

    assert {finding.resource_type: finding.actions for finding in found} == {
        name: (action,) for name, action in OF_A_KIND.items()
    }
    for finding in found:
        assert (finding.owner, finding.principal, finding.is_public) == (
            DATA,
            {"AWS": VENDOR},
            False,
        )
        assert finding.proof is not None
        assert world.can(VERA, finding.actions[0], finding.proof.request.resource)


def test_what_is_made_anew_lets_in_nobody(world: World) -> None:
    """Not even the topic, whose first policy names everybody, and asks for its own account."""
    everything(world)

    assert list(world.outside_access()) == list(world.outside_access("account")) == []


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:us-east-1:111111111111:accesspoint/ap", "AWS::S3::AccessPoint"),
        ("arn:aws:s3:::maps/m31.fits", "AWS::S3::Bucket"),
        ("arn:aws:dynamodb:us-east-1:1:table/t/stream/2026", "AWS::DynamoDB::Stream"),
        ("arn:aws:lambda:us-east-1:111111111111:layer:l:1", "AWS::Lambda::LayerVersion"),
        ("arn:aws:glue:us-east-1:111111111111:catalog", "AWS::Unknown::Resource"),
    ],
)
def test_types_are_named_as_access_analyzer_names_them(arn: str, expected: str) -> None:
    """And what nobody knows has a name that says so."""
    assert type_of(arn) == expected


def here(service: str, rest: str) -> str:
    """Write an ARN of the data account."""
    return f"arn:aws:{service}:us-east-1:{DATA}:{rest}"


GIVEN = [
    ("s3", "accesspoint/ap", "s3:GetObject", "/object/*", ("s3:GetObject",)),
    ("execute-api", "a1b2", "execute-api:Invoke", "/prod/GET/x", ("execute-api:Invoke",)),
    ("backup", "backup-vault:v", "backup:*", "", ("backup:*",)),
    ("backup", "backup-vault:v", "backup:DeleteBackupVault", "", ()),
    ("lambda", "layer:l:1", "lambda:GetLayerVersion", "", ("lambda:GetLayerVersion",)),
    ("lambda", "function:f", "lambda:InvokeFunction", ":live", ("lambda:InvokeFunction",)),
    ("dynamodb", "table/t", "dynamodb:Query", "/index/*", ("dynamodb:Query",)),
    ("events", "event-bus/shop", "events:PutEvents", "", ("events:PutEvents",)),
    ("es", "domain/d", "es:ESHttpGet", "/*", ("es:ESHttpGet",)),
    ("kms", "key/k", "kms:Decrypt", "", ("kms:Decrypt",)),
    ("logs", "log-group:g", "logs:PutLogEvents", "", ()),
]


@pytest.mark.parametrize(("service", "name", "action", "below", "expected"), GIVEN)
def test_a_policy_that_was_given_is_looked_at(
    service: str, name: str, action: str, below: str, expected: tuple[str, ...], world: World
) -> None:
    """Of what the world has no model of too; also of what is below the resource."""
    arn = here(service, name)
    world.resource_policies[arn] = Policy.allow(action, f"{arn}{below}", principal=VENDOR)
    world.changed()

    found = world.outside_access()

    assert tuple(action for finding in found for action in finding.actions) == expected
    assert all(finding.proof for finding in found)


def test_the_policy_of_a_bus_is_about_its_rules(world: World) -> None:
    """Whose ARNs do not begin with that of the bus."""
    bus = world.account("data").create_event_bus("shop")
    bus.put_policy(Policy.allow("events:PutRule", here("events", "rule/shop/*"), principal=VENDOR))

    assert only(world.outside_access()).actions == ("events:PutRule",)


def test_a_grant_is_found_as_a_policy_is(world: World) -> None:
    """With its operations, though the key policy names nobody outside."""
    key = world.account("data").create_key()
    key.create_grant(VERA, ["Decrypt", "Encrypt"], name="vendor")

    found = only(world.outside_access())

    assert (found.source, found.statement) == ("KMS_GRANT", "vendor")
    assert found.actions == ("kms:Decrypt", "kms:Encrypt")
    assert found.principal == {"AWS": VERA}
    assert world.can(VERA, "kms:Decrypt", key.arn)
    assert "by grant vendor" in str(found)
    key.policy = None
    world.changed()
    assert only(world.outside_access())
    assert world.can(VERA, "kms:Decrypt", key.arn)


def test_a_grant_for_an_encryption_context_says_so(world: World) -> None:
    """Its constraint is its condition."""
    key = world.account("data").create_key()
    key.create_grant(VERA, ["Decrypt"], constraints={"EncryptionContextEquals": {"dept": "hr"}})

    found = only(world.outside_access())

    assert found.condition["kms:EncryptionContext:dept"] == ("hr",)
    assert found


def test_a_deny_of_the_key_policy_stops_a_grant(world: World) -> None:
    """A grant only allows."""
    key = world.account("data").create_key()
    key.create_grant(VERA, ["Decrypt"], name="vendor")
    key.policy = Policy.parse(
        document(
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"},
        ),
        name="key policy",
    )
    world.changed()

    found = only(world.outside_access())

    assert not found
    assert [stop.by for stop in found.stopped_by] == ["key policy/#1"]


def test_a_grant_for_what_never_works_from_outside_gives_no_access(world: World) -> None:
    """Whatever its constraint."""
    key = world.account("data").create_key()
    grant = key.create_grant(VERA, ["Decrypt"])
    context = {"encryption_context_subset": {"dept": "hr"}}
    key.kept_grants[grant.grant_id] = replace(
        grant, operations=("Decapsulate",), constraints=context
    )
    world.changed()

    assert list(world.outside_access()) == []


def test_a_vpc_endpoint_lets_in_nobody(world: World) -> None:
    """Its policy is full access for everybody, and never grants."""
    world.account("data").create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")

    assert list(world.outside_access()) == []


# -- who is outside --------------------------------------------------------------------------------


def unit_of(world: World) -> Any:
    """Return the OU."""
    [unit] = next(iter(world.organizations.values())).organizational_units.values()
    return unit


ZONES: dict[str, tuple[Callable[[World], Any], set[str]]] = {
    "default": (lambda _: None, {MAIN, DATA, OPS}),
    "organization": (lambda _: "organization", {MAIN, DATA, OPS}),
    "by id": (own_organization, {MAIN, DATA, OPS}),
    "the thing itself": (lambda w: next(iter(w.organizations.values())), {MAIN, DATA, OPS}),
    "account": (lambda _: "account", {DATA}),
    "its id": (lambda _: DATA, {DATA}),
    "an account": (lambda w: w.account("data"), {DATA}),
    "a list": (lambda _: [DATA, VENDOR], {DATA, VENDOR}),
    "a set of things": (lambda w: {w.account("data"), OPS}, {DATA, OPS}),
}


@pytest.mark.parametrize("name", ZONES)
def test_whoever_is_in_the_zone_of_trust_is_not_reported(name: str, world: World) -> None:
    """And all the others are."""
    zone, inside = ZONES[name]
    everybody = [MAIN, DATA, OPS, VENDOR, UNKNOWN]
    bucket_with(world, says(principal={"AWS": everybody}))

    found = world.outside_access(zone(world))

    assert {finding.principal["AWS"] for finding in found} == {*everybody} - inside


def test_an_ou_is_a_zone_with_what_is_below_it(world: World) -> None:
    """By id, by path, or itself; only what its accounts own is looked at."""
    organization = next(iter(world.organizations.values()))
    unit = unit_of(world)
    below = unit.create_organizational_unit("Night")
    organization.move_account(DATA, below)
    bucket_with(world, says(principal={"AWS": [MAIN, OPS, DATA]}))
    path = organization.path_to(unit)

    for zone in (unit, unit.id, path, path.rstrip("/")):
        found = only(world.outside_access(zone))
        assert found.principal == {"AWS": MAIN}
    assert world.outside_access(unit).zone == "OU Ops"
    assert not world.outside_access(world.account("ops")).asked


@pytest.mark.parametrize(
    "zone",
    ["", "nobody", "ou-none", "12", 5, [], [5], ["x"], b"x", object(), [DATA, "everybody"], {}],
)
def test_what_is_not_a_zone_is_refused(zone: Any, world: World) -> None:
    """With what it can be, and nothing else."""
    with pytest.raises(RequestError, match="zone of trust"):
        world.outside_access(zone)


def test_without_an_organization_each_account_is_its_own_zone() -> None:
    """And to ask for the organization is an error that says so."""
    world = World(seed=7)
    account = world.create_account("main", account_id=MAIN)
    account.create_queue("q").policy = Policy.allow("sqs:*", principal=VENDOR)
    world.changed()

    assert only(world.outside_access()).principal == {"AWS": VENDOR}
    with pytest.raises(RequestError, match="no organization"):
        world.outside_access("organization")


def test_who_is_in_no_organization_trusts_nobody_else(world: World) -> None:
    """Beside one that has an organization: its members are outside too."""
    queue = world.account("vendor").create_queue("orders")
    principals = {"AWS": [MAIN, VENDOR]}
    queue.put_policy(Policy.allow("sqs:SendMessage", queue.arn, principal=principals))

    found = only(world.outside_access())

    assert (found.owner, found.principal) == (VENDOR, {"AWS": MAIN})


def test_a_zone_of_listed_accounts_is_never_a_whole_organization(world: World) -> None:
    """Even if all its members are listed: tomorrow there are more."""
    bucket_with(world, says(**if_("StringEquals", "aws:PrincipalOrgID", own_organization(world))))

    assert only(world.outside_access([MAIN, DATA, OPS]))
    assert list(world.outside_access()) == []
    assert not Zone(frozenset({MAIN}), "o-a/r-b/ou-c/").has_organization("o-a")


PRINCIPALS: list[tuple[Any, list[dict[str, str]]]] = [
    ("*", [{"AWS": "*"}]),
    ({"AWS": "*"}, [{"AWS": "*"}]),
    ({"AWS": f"arn:aws:iam::{VENDOR}:root"}, [{"AWS": VENDOR}]),
    ({"AWS": VERA}, [{"AWS": VERA}]),
    (
        {"AWS": f"arn:aws:iam::{VENDOR}:role/night/job"},
        [{"AWS": f"arn:aws:iam::{VENDOR}:role/night/job"}],
    ),
    (
        {"AWS": f"arn:aws:sts::{VENDOR}:assumed-role/job/one"},
        [{"AWS": f"arn:aws:sts::{VENDOR}:assumed-role/job/one"}],
    ),
    (
        {"AWS": f"arn:aws:sts::{VENDOR}:federated-user/fred"},
        [{"AWS": f"arn:aws:sts::{VENDOR}:federated-user/fred"}],
    ),
    ({"AWS": [DATA, f"arn:aws:iam::{OPS}:user/otto", MAIN]}, []),
    ({"AWS": f"arn:aws-cn:iam::{VENDOR}:root"}, []),
    ({"AWS": "AIDAAAAAAAAAAAAAAAAAA"}, []),
    ({"AWS": ["nobody", "arn:aws:iam::444444444444:group/team"]}, []),
    ({"Service": "cloudtrail.amazonaws.com"}, []),
    (None, []),
]


@pytest.mark.parametrize(("principal", "expected"), PRINCIPALS, ids=lambda item: str(item)[:50])
def test_principals_are_written_as_access_analyzer_writes_them(
    principal: Any, expected: list[dict[str, str]], world: World
) -> None:
    """Accounts by id; who is inside, gone, of another partition or a service is not there."""
    bucket_with(world, says(principal=principal))
    if expected == [] and principal and "arn:aws-cn" in str(principal):
        assert all(finding.proof is None for finding in world.outside_access())
        return

    found = world.outside_access()

    assert [dict(finding.principal) for finding in found] == expected
    assert all(finding.proof is not None and finding.proof for finding in found)


def test_the_unique_id_of_somebody_outside_is_he(world: World) -> None:
    """What a policy keeps of a principal that was made anew under another name."""
    vera = world.account("vendor").users["vera"]
    bucket_with(world, says(principal={"AWS": vera.unique_id}))

    assert only(world.outside_access()).proof
    assert world.can(VERA, "s3:ListBucket", BUCKET)
    assert list(world.outside_access([DATA, VENDOR])) == []


@pytest.mark.parametrize(
    "principal",
    [
        {"CanonicalUser": "0a" * 32},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
    ],
)
def test_an_unknown_principal_is_shown_without_proof(principal: Doc, world: World) -> None:
    """Never silently safe."""
    bucket_with(world, says(principal=principal))

    found = only(world.outside_access())

    assert found
    assert found.proof is None
    assert "nobody was found" in str(found)


def test_the_canonical_id_of_somebody_inside_is_not_reported(world: World) -> None:
    """S3 saves it as the account that it stands for; a file may hold it as it was."""
    canonical = world.account("ops").canonical_user_id
    bucket_with(world, says(principal={"CanonicalUser": canonical}))

    assert list(world.outside_access()) == []
    assert only(world.outside_access("account")).principal == {"CanonicalUser": canonical}


def test_allow_with_not_principal_lets_in_everybody_else(world: World) -> None:
    """Anonymous callers too."""
    bucket_with(world, says(principal=None, NotPrincipal={"AWS": VENDOR}))

    found = only(world.outside_access())

    assert (found.principal, found.is_public) == ({"AWS": "*"}, True)
    assert world.can(ANONYMOUS, "s3:ListBucket", BUCKET)


PROVIDER = f"arn:aws:iam::{DATA}:saml-provider/corp"
FEDERATED = [
    (PROVIDER, "sts:AssumeRoleWithSAML", if_("StringEquals", "SAML:aud", "x"), True),
    ("accounts.google.com", "sts:AssumeRoleWithWebIdentity", {}, True),
    ("accounts.google.com", "sts:AssumeRoleWithSAML", {}, False),
    ("cognito-identity.amazonaws.com", "sts:AssumeRole", {}, False),
    (
        "accounts.google.com",
        "sts:AssumeRoleWithWebIdentity",
        if_("StringEquals", "aws:PrincipalOrgID", "o-1"),
        False,
    ),
]


@pytest.mark.parametrize(("provider", "action", "more", "expected"), FEDERATED)
def test_who_comes_from_an_identity_provider_is_outside(
    provider: str,
    action: str,
    more: Doc,
    expected: bool,  # noqa: FBT001
    world: World,
) -> None:
    """If the action fits, and nothing is asked that only an account can have."""
    arn = role_with(world, Principal={"AWS": DATA})
    trust = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, **more}
    world.role("reader").trust = Policy.parse(document(trust), name="trust of reader")
    world.changed()

    found = world.outside_access()

    assert [finding.resource for finding in found] == [arn] * expected
    assert all(finding.principal == {"Federated": provider} for finding in found)
    assert all(
        f"Whoever comes from {provider} may do {action} " in str(finding) for finding in found
    )
    assert not found.public


# -- conditions ------------------------------------------------------------------------------------

INSIDE: list[tuple[str, Doc]] = [
    ("organization", if_("StringEquals", "aws:PrincipalOrgID", "ORG")),
    ("resource's organization", if_("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}")),
    ("path", if_("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "ORG/*")),
    ("account", if_("StringEquals", "AWS:PRINCIPALACCOUNT", DATA, OPS)),
    ("arn", if_("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OPS}:role/*")),
    ("source account", if_("StringEquals", "aws:SourceAccount", DATA)),
    ("source arn", if_("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{DATA}:*")),
    ("source organization", if_("StringEquals", "aws:SourceOrgID", "ORG")),
    ("own bucket", if_("ArnEquals", "aws:SourceArn", BUCKET)),
    ("source owner", if_("StringEquals", "AWS:SourceOwner", DATA)),
    ("caller account", if_("StringEquals", "kms:CallerAccount", DATA)),
    ("root user's id", if_("StringLike", "aws:userid", f"{OPS}")),
    ("past", if_("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")),
    ("other owner", if_("StringEquals", "aws:ResourceAccount", VENDOR)),
]


@pytest.mark.parametrize(("name", "condition"), INSIDE, ids=lambda item: str(item)[:30])
def test_a_condition_that_nobody_outside_meets_confines_a_statement(
    name: str, condition: Doc, world: World
) -> None:
    """There is no finding, and nobody outside may do anything."""
    condition = json.loads(json.dumps(condition).replace("ORG", own_organization(world), 1))
    bucket_with(world, says(**condition))

    assert list(world.outside_access()) == [], name
    for caller in (ANONYMOUS, VERA):
        assert not world.can(caller, "s3:GetObject", f"{BUCKET}/x")


OUTSIDE: list[tuple[str, Doc, bool]] = [
    ("not ours", if_("StringNotEquals", "aws:PrincipalOrgID", "ORG"), True),
    ("or none", if_("StringEqualsIfExists", "aws:PrincipalOrgID", "ORG"), True),
    ("all of none", if_("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "ORG/*"), True),
    ("vendor too", if_("StringEquals", "aws:PrincipalAccount", DATA, VENDOR), False),
    ("account pattern", if_("StringLike", "aws:PrincipalAccount", "2222*"), True),
    ("any organization", if_("StringLike", "aws:PrincipalOrgID", "o-*"), True),
    ("other organization", if_("StringEquals", "aws:PrincipalOrgID", "o-vendor"), False),
    ("other path", if_("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-v/r-1/*"), False),
    ("any role of that name", if_("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a"), True),
    ("vendor's source", if_("StringEquals", "aws:SourceAccount", VENDOR), False),
    ("anybody's source", if_("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:news"), True),
    ("unknown bucket", if_("ArnLike", "aws:SourceArn", "arn:aws:s3:::of-nobody"), False),
    ("network", if_("IpAddress", "aws:SourceIp", "203.0.113.0/24"), False),
    ("half the internet", if_("IpAddress", "aws:SourceIp", "0.0.0.0/1"), True),
    ("endpoint", if_("StringEquals", "aws:SourceVpce", "vpce-1"), False),
    ("any endpoint", if_("StringLike", "aws:SourceVpce", "vpce-*"), True),
    ("TLS", if_("Bool", "aws:SecureTransport", "true"), True),
    ("referer", if_("StringLike", "aws:Referer", "https://maps.example.com/*"), True),
    ("tag", if_("StringEquals", "aws:PrincipalTag/team", "sky"), True),
    ("own name as tag", if_("StringEquals", "aws:PrincipalTag/t", "${aws:username}"), True),
    ("somebody's id", if_("StringEquals", "aws:userid", "AIDAAAAAAAAAAAAAAAAAA"), False),
    ("some user's id", if_("StringLike", "aws:userid", "AIDA*"), True),
    (
        "vendor's source too",
        if_("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{DATA}:*", f"arn:aws:sns:*:{VENDOR}:*"),
        False,
    ),
    ("future", if_("DateGreaterThan", "aws:CurrentTime", "2040-01-01T00:00:00Z"), True),
    ("MFA", if_("Bool", "aws:MultiFactorAuthPresent", "true"), True),
    ("not signed", if_("Null", "aws:PrincipalArn", "true"), True),
    ("access point", if_("StringEquals", "s3:DataAccessPointAccount", DATA), False),
]


@pytest.mark.parametrize(
    ("name", "condition", "is_public"), OUTSIDE, ids=lambda item: str(item)[:30]
)
def test_a_condition_that_somebody_outside_can_meet_is_shown(
    name: str,
    condition: Doc,
    is_public: bool,  # noqa: FBT001
    world: World,
) -> None:
    """With a proof; it is public if everybody can."""
    condition = json.loads(json.dumps(condition).replace("ORG", own_organization(world), 1))
    bucket_with(world, says(**condition))

    found = only(world.outside_access())

    [[(key, values)]] = [block.items() for block in condition["Condition"].values()]
    assert found.condition == {key: tuple(values)}
    assert (bool(found), found.is_public, found.is_unconditional) == (True, is_public, False), name
    assert found.proof
    assert found.when


@pytest.mark.parametrize(
    "condition",
    [
        if_("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalTag/org}"),
        if_("StringEquals", "aws:PrincipalType", "Ghost"),
        if_("StringLike", "aws:PrincipalArn", f"arn:*:{DATA}:*"),
        if_("StringLike", "aws:PrincipalArn", f"arn:aws:*::{DATA}:user/*"),
        if_("ArnLike", "aws:PrincipalArn", "nobody"),
        if_("NumericEquals", "s3:max-keys", "many"),
        {"Condition": {"StringLike": {"aws:PrincipalOrgPaths": "o-vendor/*"}}},
        {"Condition": {"StringEquals": {"s3:prefix": []}}},
    ],
    ids=str,
)
def test_a_condition_that_cannot_be_judged_is_never_silently_safe(
    condition: Doc, world: World
) -> None:
    """It is found, and says that there is no proof."""
    bucket_with(world, says(**condition))

    found = only(world.outside_access())

    assert found
    assert found.proof is None
    assert not found.is_public


def test_a_variable_about_a_known_account_is_never_silently_safe(world: World) -> None:
    """A tag may hold what the caller's account is."""
    by_tag = if_("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalTag/home}")
    bucket_with(world, says(principal={"AWS": VERA}, **by_tag))

    assert only(world.outside_access()).proof is None
    tagged = {"aws:PrincipalTag/home": VENDOR}
    assert world.can(VERA, "s3:GetObject", f"{BUCKET}/x", context=tagged)


def test_two_conditions_that_no_one_caller_meets_together_are_not_taken_for_safe(
    world: World,
) -> None:
    """The vendor's account is in no organization: no proof, but no silence."""
    both = {"StringEquals": {"aws:PrincipalAccount": VENDOR, "aws:PrincipalOrgID": "o-vendor"}}
    bucket_with(world, says(Condition=both))

    assert only(world.outside_access()).proof is None


def test_an_account_that_nobody_knows_is_not_a_member(world: World) -> None:
    """All members are known: no proof can be found, and the finding stays."""
    condition = if_("StringEquals", "aws:PrincipalOrgID", own_organization(world))
    bucket_with(world, says(principal={"AWS": [UNKNOWN, OPS]}, **condition))

    found = {finding.principal["AWS"]: finding.proof for finding in world.outside_access("account")}

    assert found[UNKNOWN] is None
    assert found[OPS]


@pytest.mark.parametrize("condition", [{}, if_("StringEquals", "sts:ExternalId", "x1")], ids=str)
def test_a_role_that_trusts_everybody_is_public(condition: Doc, world: World) -> None:
    """Whoever has an account can assume it; an external ID isn't a secret."""
    arn = role_with(world, Principal={"AWS": "*"}, **condition)

    found = only(world.outside_access())

    assert (found.resource, found.principal, found.is_public) == (arn, {"AWS": "*"}, True)
    assert found.proof is not None
    assert found.proof.request.principal != ANONYMOUS


def test_a_named_account_cannot_be_another(world: World) -> None:
    """What the Principal settles, a condition cannot change: nobody gets in."""
    elsewhere = if_("StringEquals", "aws:PrincipalAccount", UNKNOWN)
    bucket_with(world, says(principal={"AWS": VENDOR}, **elsewhere))

    assert list(world.outside_access()) == []


def test_an_own_member_is_outside_of_the_account_but_named_by_the_organization(
    world: World,
) -> None:
    """aws:PrincipalOrgID confines to the organization, not to the account."""
    condition = if_("StringEquals", "aws:PrincipalOrgID", own_organization(world))
    bucket_with(world, says(**condition))

    found = only(world.outside_access("account"))

    assert found.principal == {"AWS": "*"}
    assert not found.is_public
    assert list(world.outside_access()) == []


def test_a_path_confines_to_the_ou_and_what_is_below(world: World) -> None:
    """And a pattern that begins above it does not."""
    organization = next(iter(world.organizations.values()))
    path = organization.path_to(unit_of(world))
    organization.move_account(DATA, unit_of(world))
    start = "ForAnyValue:StringLike", "aws:PrincipalOrgPaths"
    bucket = bucket_with(world, says(**if_(*start, f"{path}*")))

    assert list(world.outside_access(unit_of(world))) == []
    bucket.policy = Policy.parse(document(says(**if_(*start, f"{organization.id}/*"))))
    assert only(world.outside_access(unit_of(world)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_bucket_is_as_public_as_s3_says(row: Doc, world: World) -> None:
    """Exceptions: providers, callers inside the zone, and a Deny."""
    bucket = bucket_with(world)
    bucket.policy = Policy.parse(row["policy"])
    world.changed()
    otherwise = row["id"] in ("6", "23", "open-PrincipalArn", "deny-ignored")

    found = world.outside_access("account")

    assert bool(found.public) is (row["public"] and not otherwise), row["why"]


# -- what stops ------------------------------------------------------------------------------------


def perimeter(world: World, **more: Any) -> Doc:
    """Write the Deny of a data perimeter: whoever is not of the organization."""
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": own_organization(world)}}
    return {"Condition": condition, **more}


def test_a_perimeter_in_the_policy_stops_everybody_outside(world: World) -> None:
    """Access Analyzer finds nothing; here it is shown with what stops it."""
    bucket_with(world, says(), says("Deny", Sid="OnlyOurs", **perimeter(world)))

    found = only(world.outside_access())

    assert not found
    assert (found.status, found.is_public) == ("RESOLVED", False)
    assert [(stop.layer, stop.by) for stop in found.stopped_by] == [
        ("resource", "policy of maps/OnlyOurs")
    ]
    assert found.proof is not None
    assert not found.proof
    assert "is stopped by the deny policy of maps/OnlyOurs" in str(found)


def test_the_same_perimeter_only_narrows_what_one_account_trusts(world: World) -> None:
    """Members of the organization pass, nobody else: not public."""
    bucket_with(world, says(), says("Deny", Sid="OnlyOurs", **perimeter(world)))

    found = only(world.outside_access("account"))

    assert found
    assert not found.is_public
    assert [stop.by for stop in found.narrowed_by] == ["policy of maps/OnlyOurs"]
    assert not found.is_unconditional
    assert "as far as the deny policy of maps/OnlyOurs lets through" in str(found)


def with_rcp(world: World, statement: Doc, name: str = "perimeter") -> None:
    """Attach an RCP to the root of the organization."""
    organization = next(iter(world.organizations.values()))
    policy = organization.create_policy(name, document(statement), type=RCP)
    policy.attach(organization.root)


def test_an_rcp_stops_what_access_analyzer_still_calls_active(world: World) -> None:
    """It leaves RCPs out of account, which is why both are reported."""
    bucket_with(world, says(principal={"AWS": VENDOR}))
    rule = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    with_rcp(world, {**rule, "Sid": "Ours", **perimeter(world)})

    found = only(world.outside_access())

    assert (bool(found), found.status) == (False, "ACTIVE")
    [stop] = found.stopped_by
    assert (stop.layer, stop.by, stop.where) == ("rcp", "perimeter/Ours", "root")
    assert str(stop) == "the resource control policy perimeter/Ours (root)"
    assert not world.can(VERA, "s3:GetObject", f"{BUCKET}/x")


def test_an_rcp_does_not_reach_the_management_account(world: World) -> None:
    """Nor services that RCPs don't apply to."""
    rule = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*"], "Resource": "*"}
    with_rcp(world, {**rule, **perimeter(world)})
    for name in ("main", "data"):
        queue = world.account(name).create_queue("orders")
        queue.put_policy(Policy.allow("sqs:SendMessage", queue.arn, principal=VENDOR))
    topic = world.account("data").create_topic("news")
    topic.put_policy(Policy.allow("sns:Publish", topic.arn, principal=VENDOR))

    found = world.outside_access()

    assert [finding.resource.split(":")[2:5:2] for finding in found.open] == [
        ["sns", DATA],
        ["sqs", MAIN],
    ]
    assert [finding.owner for finding in found.stopped] == [DATA]


def test_an_rcp_parts_a_statement_by_its_actions(world: World) -> None:
    """As a Deny of the policy does."""
    bucket_with(world, says(principal={"AWS": VENDOR}, action=["s3:GetObject", "s3:PutObject"]))
    with_rcp(world, {**says("Deny", action="s3:Put*"), "Resource": "*"})

    first, second = world.outside_access()

    assert (first.actions, bool(first)) == (("s3:GetObject",), True)
    assert (second.actions, bool(second)) == (("s3:PutObject",), False)


def test_an_rcp_that_spares_the_vendor_leaves_the_vendor(world: World) -> None:
    """He is the witness; it is no longer everybody."""
    spare = if_("StringNotEqualsIfExists", "aws:PrincipalAccount", VENDOR, DATA)
    bucket_with(world, says())
    with_rcp(world, {**says("Deny"), "Resource": "*", **spare})

    found = only(world.outside_access())

    assert (bool(found), found.is_public) == (True, False)
    assert found.proof is not None
    assert VENDOR in found.proof.request.principal
    assert [stop.layer for stop in found.narrowed_by] == ["rcp"]


def test_an_rcp_stops_what_trusts_a_stranger(world: World) -> None:
    """A role too: its trust policy is a resource-based policy."""
    role_with(world, Principal={"AWS": VENDOR})
    rule = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    with_rcp(world, {**rule, **perimeter(world)})

    assert [stop.layer for stop in only(world.outside_access()).stopped_by] == ["rcp"]


def test_restrict_public_buckets_stops_other_accounts_of_a_public_policy(world: World) -> None:
    """The named account has no access while the policy is public."""
    public, named = says(action="s3:GetObject"), says(principal={"AWS": VENDOR}, Sid="Vendor")
    on = PublicAccessBlock(restrict_public_buckets=True)
    bucket = bucket_with(world, public, named, block=on)

    found = world.outside_access()

    assert [bool(finding) for finding in found] == [False, False]
    assert {str(stop) for finding in found for stop in finding.stopped_by} == {
        "RestrictPublicBuckets of S3 Block Public Access"
    }
    assert {finding.status for finding in found} == {"RESOLVED"}
    bucket.policy = Policy.parse(document(named), name="policy of maps")
    world.changed()
    assert only(world.outside_access())


@pytest.mark.parametrize("switch", ["block_public_policy", "block_public_acls"])
def test_the_other_switches_stop_nothing_that_is_there(switch: str, world: World) -> None:
    """They refuse what is about to be saved."""
    bucket_with(world, says(action="s3:GetObject"), block=PublicAccessBlock(**{switch: True}))

    assert only(world.outside_access()).is_public


def test_a_deny_of_some_actions_parts_a_statement(world: World) -> None:
    """What is left is reported, and what is stopped."""
    bucket_with(
        world,
        says(action=["s3:GetObject", "s3:PutObject"]),
        says("Deny", action="s3:Put*", Sid="NoPut"),
    )

    first, second = world.outside_access()

    assert (first.actions, bool(first), first.is_public) == (("s3:GetObject",), True, True)
    assert (second.actions, bool(second)) == (("s3:PutObject",), False)
    assert first.covers("s3:getobject")
    assert not first.covers("s3:PutObject")


def test_a_deny_about_objects_stops_what_is_done_to_objects(world: World) -> None:
    """That it does not mention the bucket itself leaves nothing open."""
    stop = {**says("Deny", action="s3:PutObject"), "Resource": f"{BUCKET}/*"}
    bucket_with(world, says(action="s3:PutObject"), stop)

    assert not only(world.outside_access())


def test_a_deny_about_some_objects_stops_nothing(world: World) -> None:
    """Others can be read."""
    stop = {**says("Deny", action="s3:GetObject"), "Resource": f"{BUCKET}/secret/*"}
    bucket_with(world, says(action="s3:GetObject"), stop)

    found = only(world.outside_access())

    assert found
    assert found.is_public


def test_a_deny_that_spares_the_vendor_leaves_the_vendor(world: World) -> None:
    """By NotPrincipal or by condition: he gets in, and nobody else."""
    exempt = {"NotPrincipal": {"AWS": [VERA, f"arn:aws:iam::{VENDOR}:root"]}}
    by_condition = if_("ArnNotEquals", "aws:PrincipalArn", VERA)
    for rest in (
        says("Deny", None, Sid="Rest", **exempt),
        says("Deny", Sid="Rest", **by_condition),
    ):
        twin = world.copy()
        bucket_with(twin, says(), rest)

        found = only(twin.outside_access())

        assert found
        assert not found.is_public
        assert found.proof is not None
        assert VENDOR in found.proof.request.principal
        assert [stop.by for stop in found.narrowed_by] == ["policy of maps/Rest"]


def test_a_deny_from_elsewhere_leaves_the_network(world: World) -> None:
    """Whoever comes from there gets in; that is no longer everybody."""
    away = if_("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")
    bucket_with(world, says(), says("Deny", Sid="Net", **away))

    found = only(world.outside_access())

    assert (bool(found), found.is_public) == (True, False)
    assert [stop.by for stop in found.narrowed_by] == ["policy of maps/Net"]


def test_an_rcp_that_is_missing_stops_everything(world: World) -> None:
    """AWS keeps RCPFullAWSAccess everywhere; without it nothing is let through."""
    bucket_with(world, says(principal={"AWS": VENDOR}))
    next(iter(world.organizations.values())).root.attached.clear()
    world.changed()

    found = only(world.outside_access())

    assert [(stop.layer, stop.by) for stop in found.stopped_by] == [("rcp", "no policy")]


def test_a_caller_that_no_sample_meets_does_not_count_as_stopped(world: World) -> None:
    """Somebody who does not sign has this id, and is stopped; others may have one like it."""
    like = {
        "StringLike": {"aws:userid": "a*"},
        "StringLikeIfExists": {"aws:userid": "*y*"},
        "ForAnyValue:StringLike": {"aws:userid": "*us"},
    }
    bucket_with(world, says(Condition=like), says("Deny"))

    found = only(world.outside_access())

    assert found
    assert found.proof is None


def test_more_callers_than_are_tried_are_not_taken_for_stopped(world: World) -> None:
    """Though a Deny stops each who was tried."""
    listed = [f"{900000000000 + number}" for number in range(250)]
    key = "aws:PrincipalAccount"
    bucket_with(
        world,
        says(**if_("StringEquals", key, *listed)),
        says("Deny", **if_("StringEquals", key, *listed)),
    )

    found = only(world.outside_access())

    assert found
    assert found.proof is None


def test_home_folders_are_for_whoever_has_the_name(world: World) -> None:
    """The variable is the name of a user, and any account can have such a user."""
    home = {**says(action="s3:GetObject"), "Resource": f"{BUCKET}/${{aws:username}}/*"}
    bucket_with(world, home)

    found = only(world.outside_access())

    assert found.is_public
    assert found.proof is not None
    assert found.proof.request.resource.startswith(f"{BUCKET}/somebody/")
    assert world.can(VERA, "s3:GetObject", f"{BUCKET}/vera/x")


def test_the_id_of_somebody_inside_is_nobody_elses(world: World) -> None:
    """Beside an unknown one it is left out of account; alone it confines."""
    arn = role_with(world, Principal={"AWS": DATA})
    own = world.role("reader").unique_id
    bucket = bucket_with(world, says(**if_("StringLike", "aws:userid", f"{own}:*", "AROAX:*")))

    found = only(world.outside_access())

    assert arn
    assert found.proof is not None
    assert found.proof.request.value("aws:userid") == "AROAX:x"
    bucket.policy = Policy.parse(document(says(**if_("StringLike", "aws:userid", f"{own}:*"))))
    world.changed()
    assert list(world.outside_access()) == []


def test_a_deny_that_cannot_be_judged_is_not_taken_for_a_stop(world: World) -> None:
    """Who knows which organization the tag names? The finding stays, without proof."""
    unclear = if_("StringNotEquals", "aws:PrincipalOrgID", "${aws:PrincipalTag/org}")
    bucket_with(world, says(), says("Deny", **unclear))

    found = only(world.outside_access())

    assert found
    assert found.proof is None


def test_what_never_works_from_another_account_gives_no_access(world: World) -> None:
    """The bucket policy itself, and most of what there is to do with a key."""
    bucket_with(world, says(principal={"AWS": VENDOR}, action="s3:PutBucketPolicy"))
    key = world.account("data").create_key()
    key.policy = Policy.allow("kms:CreateAlias", principal=VENDOR)
    world.changed()

    assert list(world.outside_access()) == []


def test_a_statement_about_something_else_gives_no_access(world: World) -> None:
    """Another bucket, another service's actions, none at all, a trust policy with Resource."""
    elsewhere = {**says(), "Resource": "arn:aws:s3:::other/*"}
    bucket_with(world, elsewhere, says(action="sqs:*"), says(action=[]))
    role_with(world, Principal={"AWS": DATA})
    world.role("reader").trust = Policy.parse(
        document({**_trust({"AWS": VENDOR}), "Resource": "*"}), name="trust"
    )
    world.changed()

    assert list(world.outside_access()) == []


def test_actions_are_written_as_the_policy_does(world: World) -> None:
    """But for the star, which is all of this service; NotAction is spelt out."""
    bucket = bucket_with(world, says(action=["s3:Get*", "*", "sqs:*"]))

    assert only(world.outside_access()).actions == ("s3:Get*", "s3:*")
    rest = {**says(), "NotAction": ["s3:Get*", "s3:L*", "s3:P*", "s3:A*"]}
    del rest["Action"]
    bucket.policy = Policy.parse(document(rest), name="policy of maps")
    world.changed()
    found = only(world.outside_access())
    assert found.covers("s3:DeleteObject")
    assert not found.covers("s3:GetObject")
    assert not found.covers("s3:PutObject")


def test_an_action_that_nobody_knows_is_found_too(world: World) -> None:
    """It may be new."""
    bucket_with(world, says(action=["s3:ReadMinds", "s3:Futur*", "s3:Ω*"]))

    assert only(world.outside_access()).actions == ("s3:ReadMinds", "s3:Futur*")


SOURCE_KEY = "aws:SourceAccount"


def _both(operator: str, key: str, value: str, *source: str) -> Doc:
    """Ask for a service that calls, and on whose behalf."""
    found: Doc = {operator: {key: value}}
    if source:
        found["StringEquals"] = {source[0]: source[1]}
    return found


def _against(wants: str, refuses: str) -> Doc:
    """Ask for an account, and not for the same."""
    key = "aws:PrincipalAccount"
    return {wants: {key: VENDOR}, refuses: {key: VENDOR}}


# -- services --------------------------------------------------------------------------------------

SERVICES: list[tuple[str, Doc, bool]] = [
    ("sns.amazonaws.com", {}, True),
    ("sns.amazonaws.com", if_("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{DATA}:*"), False),
    ("sns.amazonaws.com", if_("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{VENDOR}:*"), True),
    ("s3.amazonaws.com", if_("StringEquals", "aws:SourceAccount", DATA), False),
    ("s3.amazonaws.com", if_("StringEquals", "aws:SourceOrgID", "ORG"), False),
    ("s3.amazonaws.com", if_("StringEquals", "aws:PrincipalOrgID", "ORG"), False),
    ("s3.amazonaws.com", if_("StringEquals", "aws:PrincipalOrgID", "o-vendor"), False),
    ("s3.amazonaws.com", if_("StringEquals", "kms:EncryptionContext:dept", "hr"), False),
    ("ec2.amazonaws.com", {}, False),
    ("nonsense", {}, False),
]


@pytest.mark.parametrize(("service", "condition", "expected"), SERVICES, ids=str)
def test_a_service_that_may_be_a_confused_deputy_is_distinguished(
    service: str,
    condition: Doc,
    expected: bool,  # noqa: FBT001
    world: World,
) -> None:
    """It isn't a finding; and one that does not say on whose behalf it comes cannot be asked."""
    condition = json.loads(json.dumps(condition).replace("ORG", own_organization(world), 1))
    queue = world.account("data").create_queue("orders")
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage"}
    queue.policy = Policy.parse(
        document({**statement, "Resource": queue.arn, **condition}), name="policy of orders"
    )
    world.changed()

    found = world.outside_access()

    assert list(found) == []
    assert [service.service for service in found.services] == [service] * expected
    assert all("on behalf of anybody" in str(service) for service in found.services)


AT_ODDS: list[tuple[Doc, list[str]]] = [
    # conditions of a statement for everybody that no caller from outside meets; services that do
    ({"StringEqualsIfExists": {"aws:PrincipalAccount": DATA}}, ["*"]),
    ({"StringEqualsIgnoreCaseIfExists": {"aws:PrincipalAccount": DATA}}, ["*"]),
    ({"ForAllValues:StringEquals": {"aws:PrincipalAccount": DATA}}, ["*"]),
    ({"Null": {"aws:PrincipalAccount": "true"}}, ["*"]),
    ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, ["*"]),
    ({"Null": {"aws:PrincipalServiceName": "false"}}, ["*"]),
    ({"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}, ["sns.amazonaws.com"]),
    ({"StringLike": {"aws:PrincipalServiceName": "sn?.amazonaws.com"}}, ["sns.amazonaws.com"]),
    ({"StringLike": {"aws:PrincipalServiceName": "new*.amazonaws.com"}}, ["newx.amazonaws.com"]),
    (_both("Bool", "aws:PrincipalIsAWSService", "true", "aws:SourceAccount", DATA), []),
    (_both("StringEquals", "aws:PrincipalServiceName", "ec2.amazonaws.com"), []),
    (_against("StringEquals", "StringNotEquals"), []),
    (_against("StringLike", "StringNotLike"), []),
    (_against("StringEquals", "StringNotEqualsIfExists"), []),
    (_against("StringEqualsIfExists", "StringNotEquals"), ["*"]),
]


@pytest.mark.parametrize(("condition", "services"), AT_ODDS, ids=str)
def test_what_nobody_outside_can_meet_is_not_a_finding(
    condition: Doc, services: list[str], world: World
) -> None:
    """Each caller has the key, or none but a service: then that is reported, apart."""
    queue = world.account("data").create_queue("orders")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}
    queue.policy = Policy.parse(
        document({**statement, "Resource": queue.arn, "Condition": condition})
    )
    world.changed()

    found = world.outside_access()

    assert list(found) == []
    assert [service.service for service in found.services] == services
    assert all(" on behalf of anybody" in str(service) for service in found.services)
    assert not world.can(ANONYMOUS, "sqs:SendMessage", queue.arn)
    assert not world.can(VERA, "sqs:SendMessage", queue.arn)


MEETABLE: list[Doc] = [
    {"StringEqualsIfExists": {"aws:PrincipalAccount": VENDOR}},
    {"StringEquals": {"aws:PrincipalAccount": VENDOR}, "StringNotEquals": {SOURCE_KEY: VENDOR}},
    {"StringLike": {"aws:PrincipalAccount": "4*"}, "StringNotLike": {"aws:PrincipalAccount": "3*"}},
    {"StringNotEquals": {"aws:PrincipalAccount": [*STRANGERS, DATA]}},
    {"Null": {"aws:PrincipalAccount": "false"}},
    {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
]


@pytest.mark.parametrize("condition", MEETABLE, ids=str)
def test_what_somebody_outside_can_meet_stays_a_finding(condition: Doc, world: World) -> None:
    """Nothing is taken for safe that is not."""
    bucket_with(world, says(Condition=condition))

    assert only(world.outside_access())
    assert world.can(VERA, "s3:GetObject", f"{BUCKET}/x")


def test_a_policy_that_names_all_sample_callers_does_not_count_as_safe(world: World) -> None:
    """Where no account is left that stands for all others, nothing is known of them."""
    denied = {"StringNotLike": {"aws:PrincipalAccount": [*STRANGERS, DATA, "anonymous"]}}
    bucket_with(world, says(Condition={**denied, "Null": {"aws:PrincipalAccount": "false"}}))

    assert only(world.outside_access())


def test_a_service_linked_role_is_aws_own_affair(world: World) -> None:
    """Its trust policy cannot be changed."""
    data = world.account("data")
    data.create_service_linked_role("elasticloadbalancing.amazonaws.com")
    job = _trust({"Service": "lambda.amazonaws.com"})
    role = data.create_role("job", assume_role_policy_document=document(job))

    assert [service.resource for service in world.outside_access().services] == [role.arn]


def test_an_rcp_for_deputies_keeps_services_to_their_customers(world: World) -> None:
    """It denies what a service does for an account of another organization."""
    queue = world.account("data").create_queue("orders")
    queue.policy = Policy.allow("sqs:SendMessage", queue.arn, principal="s3.amazonaws.com")
    world.changed()
    assert len(world.outside_access().services) == 1

    condition = {
        "StringNotEqualsIfExists": {"aws:SourceOrgID": own_organization(world)},
        "Null": {"aws:SourceAccount": "false"},
        "Bool": {"aws:PrincipalIsAWSService": "true"},
    }
    rule = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    with_rcp(world, {**rule, "Condition": condition})

    assert world.outside_access().services == ()


# -- worlds from files -----------------------------------------------------------------------------


def test_an_export_is_looked_at_with_the_policies_that_were_given() -> None:
    """Roles are in it; of a bucket the account is taken for granted, which is reported."""
    made = hand_made()
    [account] = made.accounts.values()
    trust = document(_trust({"AWS": VENDOR}))
    account.create_role("partner", assume_role_policy_document=trust)
    owner = account.account_id
    queue = f"arn:aws:sqs:us-east-1:{owner}:orders"
    open_queue = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": queue}
    tagged = if_("StringEquals", "aws:ResourceTag/open", "yes")
    world = World.from_account_details(
        export_of(made),
        resource_policies={
            BUCKET: document(says(principal={"AWS": VENDOR})),
            queue: document({**open_queue, **tagged}),
            f"arn:aws:sqs:us-east-1:{UNKNOWN}:theirs": document({**open_queue}),
        },
    )

    found = world.outside_access()

    by_type = {finding.resource_type: finding for finding in found}
    assert by_type["AWS::IAM::Role"].principal == {"AWS": VENDOR}
    assert by_type["AWS::S3::Bucket"].owner == owner
    assert by_type["AWS::SQS::Queue"].condition == {"aws:ResourceTag/open": ("yes",)}
    assert by_type["AWS::SQS::Queue"].proof
    assert any("No organization" in note for note in found.assumed)
    assert UNKNOWN not in {finding.owner for finding in world.outside_access([owner])}


def test_a_trust_policy_that_was_given_stands_for_the_roles_own(world: World) -> None:
    """As it does for ``can``."""
    arn = role_with(world, Principal={"AWS": VENDOR})
    world.resource_policies[arn] = Policy.parse(document(_trust({"AWS": DATA})))
    world.changed()

    assert list(world.outside_access()) == []
    assert not world.can(VERA, "sts:AssumeRole", arn)

    world.resource_policies[arn] = Policy.parse(document(_trust({"AWS": VENDOR})))
    world.role("reader").trust = Policy.parse(document(_trust({"AWS": DATA})))
    world.changed()
    assert only(world.outside_access())
    assert world.can(VERA, "sts:AssumeRole", arn)


def test_a_tag_of_a_resource_of_the_world_is_known(world: World) -> None:
    """So nobody needs to be warned of a condition that it does not meet."""
    queue = world.account("data").create_queue("orders", tags={"open": "no"})
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": queue.arn}
    tagged = if_("StringEquals", "aws:ResourceTag/open", "yes")
    queue.policy = Policy.parse(document({**statement, **tagged}))
    world.changed()
    assert list(world.outside_access()) == []

    queue.tags["open"] = "yes"
    assert only(world.outside_access())


def test_a_world_without_accounts_has_nothing_to_share() -> None:
    """And that isn't an error."""
    world = World()
    assert list(world.outside_access()) == []
    world.resource_policies[BUCKET] = Policy.parse(document(says()))
    assert list(world.outside_access()) == []


# -- the answer ------------------------------------------------------------------------------------


@pytest.fixture
def found(world: World) -> OutsideAccess:
    """Something public, something shared, something stopped."""
    bucket_with(
        world,
        says(action="s3:GetObject", Sid="Public"),
        says(principal={"AWS": VENDOR}, action=["s3:PutObject", "s3:ListBucket"], Sid="Vendor"),
        says("Deny", action="s3:PutObject", Sid="NoPut"),
    )
    role_with(world, Principal={"AWS": VENDOR}, **if_("StringEquals", "sts:ExternalId", "x1"))
    return world.outside_access()


def test_what_is_public_comes_first_and_what_is_stopped_last(found: OutsideAccess) -> None:
    """It is a sequence, and can be asked for each of them."""
    assert [finding.statement.rpartition("/")[2] for finding in found] == [
        "Public",
        "#1",
        "Vendor",
        "Vendor",
    ]
    assert [bool(finding) for finding in found] == [True, True, True, False]
    assert (found.public, found.stopped) == (tuple(found[:1]), (found[3],))
    assert found.open == found[:3]
    assert found.asked == 2
    assert repr(found).startswith("<OutsideAccess 4 findings, 1 public, 1 stopped")


def test_each_finding_is_a_sentence(found: OutsideAccess) -> None:
    """With who, what, where, when, and by which statement."""
    assert str(found[0]) == (
        "Public: anybody may do s3:GetObject on arn:aws:s3:::maps, by policy of maps/Public."
    )
    assert str(found[1]) == (
        f"Account {VENDOR} may do sts:AssumeRole on arn:aws:iam::{DATA}:role/reader, "
        "if the external ID sent is x1, by trust of reader/#1."
    )
    assert str(found[3]) == (
        f"Account {VENDOR} might do s3:PutObject on arn:aws:s3:::maps, "
        "by policy of maps/Vendor, but is stopped by the deny policy of maps/NoPut."
    )
    head, *lines = str(found).splitlines()
    assert head.startswith("Outside access, zone of trust: organization o-")
    assert lines == list(map(str, found))


def test_a_long_answer_is_cut_and_counted(world: World) -> None:
    """Printed, that is; it holds them all."""
    bucket_with(world, *(says(principal={"AWS": f"{900000000000 + n}"}) for n in range(40)))

    found = world.outside_access()

    assert len(found) == 40
    assert str(found).splitlines()[-1] == "and 10 more"
    assert str(world.copy().outside_access([DATA])).count("\n") == 31


def test_a_zone_without_findings_is_reported(world: World) -> None:
    """In words."""
    assert "Nobody outside is let in." in str(world.outside_access())


def test_it_is_a_table_too(found: OutsideAccess) -> None:
    """With a row for each finding."""
    frame = found.to_frame()

    assert list(frame["public"]) == [True, False, False, False]
    assert list(frame["open"]) == [True, True, True, False]
    assert frame["stopped by"][3] == "the deny policy of maps/NoPut"
    assert list(found[:0]) == []
    assert list(OutsideAccess((), "").to_frame().columns) == list(frame.columns)


def test_it_can_be_kept_and_compared(found: OutsideAccess, world: World) -> None:
    """The same world gives the same answer; a pickle gives it back."""
    again = world.copy().outside_access()

    assert again == found
    assert hash(again[0]) == hash(found[0])
    kept = pickle.loads(pickle.dumps(found))  # noqa: S301 - it was written just now
    assert kept == found
    assert [bool(kept_item.proof) for kept_item in kept] == [
        bool(finding.proof) for finding in found
    ]


def test_asking_changes_nothing(found: OutsideAccess, world: World) -> None:
    """Not even the ids that come next; and nothing is noted."""
    before = snapshot(world)
    world.outside_access()
    world.outside_access("account")

    assert snapshot(world) == before
    assert found


def test_who_interrupts_has_done_no_harm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work shows how far it is, and can be stopped."""
    bucket_with(world, says())
    before = snapshot(world)

    def impatient(items: Any, *_: Any) -> Any:
        yield next(iter(items))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(asked, "steps", impatient)
        with pytest.raises(KeyboardInterrupt):
            world.outside_access()

    assert snapshot(world) == before


def test_a_policy_full_of_riddles_takes_no_longer_than_a_moment(world: World) -> None:
    """There is a limit to what is tried, and whatever lies beyond it is not called safe."""
    keys = [f"aws:PrincipalTag/t{number}" for number in range(12)]
    wanted = {key: [f"a{number}*" for number in range(9)] for key in keys}
    denies = [
        says("Deny", Condition={"StringNotLike": {key: values[n % 9]}})
        for n, (key, values) in enumerate(wanted.items())
    ]
    bucket_with(world, says(Condition={"StringLike": wanted}), *denies)

    found = only(world.outside_access())

    assert found
    assert found.condition.keys() == wanted.keys()


@pytest.mark.parametrize("key", ["", "x" * 70_000, "aws:", "aws:PrincipalTag/", "a b"])
def test_a_strange_condition_key_harms_nobody(key: str, world: World) -> None:
    """It is found, or it is not, but never an error."""
    bucket_with(world, says(**if_("StringEquals", key, "x")), says("Deny", **if_("Null", key, "x")))

    assert len(world.outside_access()) == 1
