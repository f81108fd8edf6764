"""Worlds of three accounts, one by hand and others random, with callers to ask about."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from iamlab import ANONYMOUS, Policy, World
from iamlab.analysis.access_matrix import everybody
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.model.network_locations import Network
from tests.policy.documents import Doc, allow, deny, document, trust

if TYPE_CHECKING:
    import random

MAIN, DATA, VENDOR = "111111111111", "222222222222", "333333333333"

KEY, OTHER_KEY = (f"arn:aws:kms:us-east-1:{DATA}:key/{name}" for name in ("k1", "k2"))

QUEUE = f"arn:aws:sqs:eu-west-1:{DATA}:telescope"

READER = f"arn:aws:iam::{DATA}:role/sky/reader"

RESOURCES = (
    *("arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31.fits", "arn:aws:s3:::raw/2026/1"),
    *("arn:aws:s3:::nobodys-bucket", "arn:aws:s3:::nobodys-bucket/x", "arn:aws:s3:::*"),
    *(KEY, OTHER_KEY, QUEUE, READER, f"arn:aws:iam::{MAIN}:role/job"),
    *(f"arn:aws:iam::{VENDOR}:role/none", f"arn:aws:iam::{MAIN}:user/alice"),
    *(f"arn:aws:ec2:us-west-2:{MAIN}:instance/i-1", "arn:aws:sns:us-east-1:999999999999:t", "*"),
)

OWNED = RESOURCES[:-1]  # who has no account cannot ask for "*": nobody could tell whose it is

ACTIONS = (
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "S3:getobject"),
    *("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"),
    *("sts:GetCallerIdentity", "sts:GetSessionToken", "iam:GetRole", "iam:PassRole"),
    *("kms:Decrypt", "kms:Encrypt", "sqs:SendMessage", "ec2:StartInstances"),
)

OUTSIDERS = (
    *(ANONYMOUS, "ec2.amazonaws.com", "lambda.amazonaws.com", "accounts.google.com"),
    *(f"arn:aws:iam::{MAIN}:saml-provider/corp", f"arn:aws:sts::{MAIN}:assumed-role/job/night"),
    f"arn:aws:sts::{DATA}:assumed-role/reader/alice",
)


def observatory() -> World:
    """Build three accounts: people, groups, boundaries, tags, roles, keys, buckets and a queue."""
    world = World(7)
    main, data, vendor = (
        world.create_account(name, account_id=number)
        for name, number in (("main", MAIN), ("data", DATA), ("vendor", VENDOR))
    )
    alice = main.create_user("alice", tags={"team": "sky"})
    alice.put_policy(
        "own",
        document(
            allow("s3:*", "arn:aws:s3:::star-maps/*"),
            allow("sts:AssumeRole", READER),
            allow("kms:*", [KEY, OTHER_KEY]),
            deny("s3:Delete*"),
        ),
    )
    bob = main.create_user("bob", path="/dev/", tags={"team": "sea"})
    bob.attach_policy("AdministratorAccess")
    bob.put_permissions_boundary(
        main.create_policy("limit", document(allow(["s3:*", "sts:*", "kms:Decrypt"])))
    )
    main.create_user("carol")
    team = main.create_group("team")
    team.put_policy(
        "homes",
        document(
            allow("s3:GetObject", "arn:aws:s3:::raw/*", Condition=where("aws:PrincipalTag/team")),
            allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}"),
        ),
    )
    team.add_user("alice")
    team.add_user("bob")
    job = main.create_role(
        "job", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    job.put_policy("all", document(allow("s3:*"), allow("kms:Decrypt")))
    reader = data.create_role(
        "reader",
        path="/sky/",
        assume_role_policy_document=document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{MAIN}:root", job.arn]},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            },
            {
                "Effect": "Allow",
                "Principal": {"Federated": "accounts.google.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
            },
        ),
    )
    reader.attach_policy("AmazonS3ReadOnlyAccess")
    data.create_user("dana").attach_policy("AdministratorAccess")
    vendor.create_user("vera").attach_policy("AmazonS3FullAccess")
    data.create_bucket(
        "star-maps",
        policy=document(
            allow(
                ["s3:GetObject", "s3:PutObject"],
                "arn:aws:s3:::star-maps/*",
                Principal={"AWS": [alice.arn, f"arn:aws:iam::{VENDOR}:root"]},
            ),
            deny(
                "s3:PutObject",
                "arn:aws:s3:::star-maps/*",
                Principal="*",
                Condition=where("aws:PrincipalTag/team", "StringNotEquals"),
            ),
            allow("s3:ListBucket", "arn:aws:s3:::star-maps", Principal="*"),
        ),
        public_access_block=PublicAccessBlock(),
    )
    main.create_bucket("raw")
    world.resource_policies[KEY] = Policy.parse(
        document(
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{DATA}:root"}),
            allow("kms:Decrypt", Principal={"AWS": [alice.arn, job.arn]}),
            allow("kms:Encrypt", Principal={"Service": "lambda.amazonaws.com"}),
        )
    )
    world.resource_policies[QUEUE] = Policy.parse(
        document(allow("sqs:SendMessage", QUEUE, Principal="*", Condition=where("aws:username")))
    )
    world.changed()
    return world


def where(key: str, operator: str = "StringEquals") -> dict[str, Any]:
    """Write a condition that the key has one of the values that somebody has."""
    return {operator: {key: ["sky", "alice"]}}


def some_of(chance: random.Random, values: Any, most: int = 3) -> list[Any]:
    """Pick a few of them."""
    return chance.sample(list(values), chance.randint(1, most))


def _statement(chance: random.Random) -> Doc:
    made = {
        "Effect": chance.choice(("Allow", "Allow", "Deny")),
        "Action": some_of(chance, [*ACTIONS, "*", "s3:*", "sts:*", "kms:*"]),
        chance.choice(("Resource", "Resource", "NotResource")): some_of(chance, RESOURCES),
    }
    if chance.random() < 0.4:
        key = chance.choice(("aws:username", "aws:PrincipalTag/team", "aws:PrincipalAccount"))
        operator = chance.choice(("StringEquals", "StringNotEquals", "StringEqualsIfExists"))
        made["Condition"] = {operator: {key: ["alice", "sky", MAIN]}}
    return made


def _resource_policy(chance: random.Random, world: World, *drop: str) -> Policy:
    """Make one; a trust policy has no Resource, so that is dropped."""
    who = [*everybody(world), MAIN, DATA, "*"]
    principals = ["*", {"AWS": some_of(chance, who)}, {"Service": "ec2.amazonaws.com"}]
    statements = [
        {**_statement(chance), "Principal": chance.choice(principals)}
        for _ in range(chance.randint(1, 3))
    ]
    return Policy.parse(
        document(
            *({k: v for k, v in statement.items() if k not in drop} for statement in statements)
        )
    )


def random_world(chance: random.Random) -> World:
    """Put random policies on what is there."""
    world = observatory()
    for account in world.accounts.values():
        for identity in (*account.users.values(), *account.roles.values()):
            if chance.random() < 0.6:
                identity.put_policy("random", document(_statement(chance), _statement(chance)))
        for bucket in account.buckets.values():
            bucket.policy = _resource_policy(chance, world) if chance.random() < 0.7 else None
        for role in account.roles.values():
            role.trust = _resource_policy(chance, world, "Resource", "NotResource")
    for arn in (KEY, OTHER_KEY, QUEUE, "arn:aws:s3:::nobodys-bucket"):
        if chance.random() < 0.6:
            world.resource_policies[arn] = _resource_policy(chance, world)
    world.changed()
    return world


def organized(world: World, chance: random.Random) -> World:
    """Put two of the accounts into an organization, under random policies."""
    first, second, *_ = world.accounts.values()
    organization = world.create_organization(first)
    unit = organization.create_organizational_unit("Sky")
    organization.enable_policy_type(RCP)
    organization.invite_account(second).accept()
    if chance.random() < 0.7:
        organization.move_account(second, unit)
    keys: list[tuple[str, Any]] = [
        ("aws:PrincipalOrgID", organization.id),
        ("aws:PrincipalTag/team", "sky"),
        ("aws:ResourceOrgID", [organization.id, "o-other"]),
        ("aws:PrincipalArn", f"arn:aws:iam::{second.account_id}:user/dana"),
    ]
    for number in range(chance.randint(1, 3)):
        key, value = chance.choice(keys)
        operator = chance.choice(("StringEquals", "StringNotEquals", "StringNotEqualsIfExists"))
        guard = deny(chance.choice(("s3:*", "kms:*", "sts:*")), Condition={operator: {key: value}})
        kind = chance.choice((SCP, RCP))
        if kind == RCP:
            guard["Principal"] = "*"
        policy = organization.create_policy(f"guard-{number}", document(guard), type=kind)
        policy.attach(chance.choice((organization.root, unit, second)))
    for bucket in first.buckets.values():
        bucket.policy = None if chance.random() < 0.3 else bucket.policy
    return world


def circumstances(world: World, chance: random.Random) -> dict[str, Any]:
    """Return how the call is made."""
    endpoint = next(iter(world.accounts.values())).create_vpc_endpoint(
        service_name="com.amazonaws.us-east-1.s3", vpc_id="vpc-1"
    )
    endpoint.put_policy(document({**allow("s3:Get*"), "Principal": "*"}))
    every: list[dict[str, Any]] = [
        {},
        {},
        {"network": Network(endpoint=endpoint.arn)},
        {"via": "athena.amazonaws.com"},
        {"region": "eu-west-1"},
        {"request_tags": {"team": "sky"}},
        {"context": {"AWS:USERNAME": "alice"}},
        {"context": {"aws:PrincipalTag/team": "sky"}},
    ]
    return chance.choice(every)


SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
