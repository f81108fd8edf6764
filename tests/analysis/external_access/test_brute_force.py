"""Outside access against brute force: what ``can`` allows a stranger, some finding says.

Policies, RCPs, switches and zones are chosen at random; then every stranger tries everything.
"""

import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, World
from iamlab.analysis.external_access.findings import OutsideFinding
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.policy.document import Policy
from tests.policy.documents import Doc, document

MAIN, DATA, OPS = "111111111111", "222222222222", "333333333333"
VENDOR, PARTNER, UNKNOWN = "444444444444", "555555555555", "666666666666"
BUCKET = "arn:aws:s3:::maps"
QUEUE = f"arn:aws:sqs:us-east-1:{DATA}:orders"
GIVEN = f"arn:aws:sns:us-east-1:{DATA}:news"
ROLE = f"arn:aws:iam::{DATA}:role/sky/reader"
VERA, PAUL, OTTO = (
    f"arn:aws:iam::{account}:user/{name}"
    for account, name in ((VENDOR, "vera"), (PARTNER, "paul"), (OPS, "otto"))
)
JOB = f"arn:aws:iam::{VENDOR}:role/job"
SESSION = f"arn:aws:sts::{VENDOR}:assumed-role/job/night"
CALLERS = (
    *(ANONYMOUS, VERA, PAUL, OTTO, JOB, SESSION, f"arn:aws:iam::{VENDOR}:root"),
    *(f"arn:aws:iam::{MAIN}:user/maria", f"arn:aws:iam::{PARTNER}:root"),
)
CONTEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"aws:SourceIp": "203.0.113.9"},
    {"aws:SecureTransport": False},
    {"aws:PrincipalTag/team": "sky"},
    {"aws:SourceVpce": "vpce-1", "aws:SourceIp": ()},
    {"sts:ExternalId": "x1"},
    {"aws:MultiFactorAuthPresent": True, "aws:PrincipalTag/team": "vera"},
)
OF_SIGNERS = {"aws:PrincipalTag/team", "aws:MultiFactorAuthPresent"}
"""What no call has that nobody has signed."""
OF_OBJECTS = ("s3:GetObject", "s3:PutObject")
NAMES = ("vera", "paul", "otto", "maria")
ACTIONS = {
    BUCKET: (
        ("s3:ListBucket", ""),
        *((action, f"/{name}/x") for action in OF_OBJECTS for name in NAMES),
    ),
    QUEUE: (("sqs:SendMessage", ""), ("sqs:DeleteQueue", "")),
    GIVEN: (("sns:Publish", ""), ("sns:Subscribe", "")),
    ROLE: (("sts:AssumeRole", ""), ("sts:TagSession", "")),
}
PATTERNS = {
    "s3": ("s3:*", "s3:Get*", "s3:GetObject", ["s3:ListBucket", "s3:PutObject"], "*"),
    "sqs": ("sqs:*", "sqs:SendMessage", ["sqs:SendMessage", "sqs:DeleteQueue"]),
    "sns": ("sns:*", "sns:Publish", ["sns:Subscribe", "sns:Publish"]),
    "sts": ("sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:TagSession"]),
    "kms": ("kms:*", "kms:Decrypt", ["kms:Decrypt", "kms:DescribeKey"]),
}
PRINCIPALS: tuple[Any, ...] = (
    *({"AWS": "*"}, {"AWS": "*"}, {"AWS": VENDOR}, {"AWS": [VERA, OTTO]}, {"AWS": JOB}),
    *({"AWS": SESSION}, {"AWS": f"arn:aws:iam::{PARTNER}:root"}, {"AWS": [OPS, UNKNOWN]}),
    *({"AWS": MAIN, "Service": "sns.amazonaws.com"}, {"Service": "s3.amazonaws.com"}),
)


def keys(world: World) -> list[tuple[str, str, list[Any]]]:
    """Return condition keys, the family of operators, and values that matter."""
    own, other = world.organizations
    paths = [world.organizations[own].path_of(OPS), f"{own}/*", f"{other}/*"]
    return [
        ("aws:PrincipalOrgID", "String", [own, other, "o-unknown", "${aws:ResourceOrgID}", "o-*"]),
        ("aws:PrincipalOrgPaths", "Paths", paths),
        ("aws:PrincipalAccount", "String", [VENDOR, PARTNER, OPS, DATA, "4444*"]),
        ("aws:PrincipalArn", "Arn", [VERA, f"arn:aws:iam::{VENDOR}:*", "arn:aws:iam::*:role/*"]),
        ("aws:PrincipalType", "String", ["User", "AssumedRole", "Account"]),
        ("aws:SourceAccount", "String", [DATA, VENDOR]),
        ("aws:SourceIp", "Ip", ["203.0.113.0/24", "10.0.0.0/8"]),
        ("aws:SecureTransport", "Bool", ["true", "false"]),
        ("aws:PrincipalTag/team", "String", ["sky", "${aws:username}", "sea"]),
        ("aws:SourceVpce", "String", ["vpce-1", "vpce-2"]),
        ("aws:username", "String", ["vera", "paul", "v*"]),
        ("aws:MultiFactorAuthPresent", "Bool", ["true", "false"]),
        ("sts:ExternalId", "String", ["x1", "x2"]),
        ("aws:PrincipalIsAWSService", "Bool", ["true", "false"]),
        ("aws:CurrentTime", "Date", ["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"]),
    ]


OPERATORS = {
    "String": ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
    "Paths": ("ForAnyValue:StringLike", "ForAllValues:StringNotLike", "ForAnyValue:StringNotLike"),
    "Arn": ("ArnLike", "ArnNotLike", "StringLike"),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Bool": ("Bool",),
    "Date": ("DateLessThan", "DateGreaterThan"),
}


def condition(world: World, chance: random.Random) -> Doc:
    """Write a Condition block."""
    block: Doc = {}
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        key, family, values = chance.choice(keys(world))
        operator = chance.choice(OPERATORS[family])
        if chance.random() < 0.25:
            operator += "IfExists"
        if chance.random() < 0.1:
            operator, values = "Null", ["true", "false"]
        block.setdefault(operator, {})[key] = chance.choice(values)
    return {"Condition": block} if block else {}


def statement(world: World, chance: random.Random, arn: str) -> Doc:
    """Write one statement of a resource-based policy."""
    service = "sts" if ":role/" in arn else arn.split(":")[2]
    effect = chance.choice(("Allow", "Allow", "Deny"))
    made: Doc = {"Effect": effect, "Action": chance.choice(PATTERNS[service])}
    if service == "s3":
        made["Resource"] = chance.choice(
            [arn, f"{arn}/*", [arn, f"{arn}/*"], [arn, f"{arn}/*"], f"{arn}/${{aws:username}}/*"]
        )
    elif service != "sts":
        made["Resource"] = arn
    made |= condition(world, chance)
    if effect == "Deny" and chance.random() < 0.6:
        return {**made, "Principal": {"AWS": "*"}}
    if effect == "Deny" and chance.random() < 0.4:
        listed = chance.choice(([VERA, VENDOR], [JOB, VENDOR], [OTTO, OPS], [VERA]))
        return {**made, "NotPrincipal": {"AWS": listed}}
    return {**made, "Principal": chance.choice(PRINCIPALS)}


def policy(world: World, chance: random.Random, arn: str) -> Policy:
    """Write a resource-based policy, which may be one that its service would not save."""
    several = range(chance.choice((1, 1, 2, 3)))
    written = document(*(statement(world, chance, arn) for _ in several))
    return Policy.parse(written, name=f"policy of {arn.rpartition(':')[2]}")


def guard(world: World, chance: random.Random) -> Doc:
    """Write an RCP."""
    action = chance.choice(("s3:*", "s3:Get*", "sqs:*", "sts:*", "kms:*"))
    made = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    return document({**made, **condition(world, chance)})


def random_world(chance: random.Random) -> World:
    """Build two organizations and a loose account; everybody outside is an administrator."""
    world = World(7)
    accounts = {
        number: world.create_account(name, account_id=number)
        for name, number in (
            *(("main", MAIN), ("data", DATA), ("ops", OPS), ("vendor", VENDOR)),
            ("partner", PARTNER),
        )
    }
    own = world.create_organization(MAIN)
    world.create_organization(PARTNER)
    unit = own.create_organizational_unit("Ops")
    for number in (DATA, OPS):
        own.invite_account(number).accept()
    own.move_account(OPS, unit)
    own.enable_policy_type("RESOURCE_CONTROL_POLICY")
    people = ((MAIN, "maria"), (OPS, "otto"), (VENDOR, "vera"), (PARTNER, "paul"))
    for number, name in people:
        accounts[number].create_user(name).attach_policy("AdministratorAccess")
    trust = document({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:AssumeRole"})
    accounts[VENDOR].create_role("job", assume_role_policy_document=trust).attach_policy(
        "AdministratorAccess"
    )
    data = accounts[DATA]
    for number in range(chance.choice((0, 0, 1, 2))):
        made = own.create_policy(
            f"guard-{number}", guard(world, chance), type="RESOURCE_CONTROL_POLICY"
        )
        made.attach(chance.choice((own.root, data)))
    restrict = chance.random() < 0.2
    block = PublicAccessBlock(restrict_public_buckets=restrict)
    data.create_bucket("maps", public_access_block=block).policy = policy(world, chance, BUCKET)
    data.create_queue("orders").policy = policy(world, chance, QUEUE)
    role = data.create_role("reader", path="/sky/", assume_role_policy_document=trust)
    role.trust = policy(world, chance, ROLE)
    key = data.create_key()
    key.policy = policy(world, chance, key.arn)
    if chance.random() < 0.5:
        key.create_grant(chance.choice((VERA, JOB, PAUL, OTTO)), ["Decrypt"])
    world.resource_policies[GIVEN] = policy(world, chance, GIVEN)
    world.changed()
    return world


def probes(world: World) -> Iterator[tuple[str, str, str]]:
    """Return actions on resources, each with the resource that is shared."""
    request = dict(ACTIONS)
    key = next(arn for arn in world.account("data").resources if ":key/" in arn)
    request[key] = (("kms:Decrypt", ""), ("kms:DescribeKey", ""), ("kms:CreateAlias", ""))
    for arn, pairs in request.items():
        yield from ((arn, action, f"{arn}{rest}") for action, rest in pairs)


def names(finding: OutsideFinding, caller: str) -> bool:
    """Return whether the principal of a finding means a caller."""
    value = finding.principal.get("AWS", "")
    own = caller if caller == ANONYMOUS else caller.split(":")[4]
    return value in ("*", own, caller) or (value == JOB and caller == SESSION)


def zone(world: World, chance: random.Random) -> tuple[Any, set[str]]:
    """Choose a zone of trust, and say which of the accounts are in it."""
    own = next(iter(world.organizations))
    unit = next(iter(world.organizations[own].organizational_units))
    choices: list[tuple[Any, set[str]]] = [
        (None, {MAIN, DATA, OPS}),
        ("account", {DATA}),
        ([DATA, VENDOR], {DATA, VENDOR}),
        (own, {MAIN, DATA, OPS}),
        (unit, {OPS}),
    ]
    return chance.choice(choices)


@given(st.integers(0, 2**32 - 1))
def test_whatever_a_stranger_may_do_is_found(seed: int) -> None:
    """Whoever calls, on whatever, in whatever way: if it is allowed, an active finding says so."""
    chance = random.Random(seed)
    world = random_world(chance)
    given_zone, inside = zone(world, chance)
    found = world.outside_access(given_zone)
    if DATA not in inside:
        assert not [finding for finding in found if finding.owner == DATA]
        return
    contexts = [{}, *chance.sample(CONTEXTS[1:], 2)]

    for caller in CALLERS:
        if caller != ANONYMOUS and caller.split(":")[4] in inside:
            continue
        for arn, action, resource in probes(world):
            for context in contexts:
                if caller == ANONYMOUS and OF_SIGNERS & context.keys():
                    continue
                if not world.can(caller, action, resource, context=context):
                    continue
                assert any(
                    finding.resource == arn and finding.covers(action) and names(finding, caller)
                    for finding in found.open
                ), (caller, action, resource, context)


@given(st.integers(0, 2**32 - 1))
def test_what_is_found_without_condition_somebody_may_do(seed: int) -> None:
    """A finding that asks for nothing and is not stopped is true of somebody of those it names."""
    chance = random.Random(seed)
    world = random_world(chance)
    given_zone, inside = zone(world, chance)
    outside = [
        caller for caller in CALLERS if caller == ANONYMOUS or caller.split(":")[4] not in inside
    ]

    for finding in world.outside_access(given_zone).open:
        assert finding.proof is None or finding.proof
        if not finding.is_unconditional or finding.principal["AWS"] == UNKNOWN:
            continue
        assert finding.proof is not None
        proof = finding.proof.request
        request = [
            pair
            for pair in probes(world)
            if pair[0] == finding.resource and finding.covers(pair[1])
        ]
        request.append((finding.resource, proof.action, proof.resource))
        callers = [caller for caller in outside if names(finding, caller)]
        allowed = any(
            world.can(caller, action, resource)
            for caller in callers
            for _, action, resource in request
        )
        assert allowed, finding
