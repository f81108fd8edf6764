"""Small random worlds in which power can be gained: two accounts, few people, risky policies."""

import random
from typing import Any

from iamlab import World
from iamlab.world.account import Account

MAIN, OTHER = "111111111111", "222222222222"
VERSION = "2012-10-17"

ACTIONS = (
    *("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    *("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"),
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AddUserToGroup"),
    *("iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:CreateLoginProfile"),
    *("iam:UpdateLoginProfile", "iam:CreateRole", "iam:CreateUser", "iam:DeactivateMFADevice"),
    *("iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
    *("iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary"),
    *("iam:DetachUserPolicy", "iam:DeleteUserPolicy", "iam:RemoveUserFromGroup", "iam:*", "*"),
    *("iam:TagUser", "iam:TagRole", "sts:*", "iam:Put*", "iam:Attach*", "iam:DeletePolicyVersion"),
    *("iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "s3:*", "ec2:Describe*"),
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({} for _ in range(6)),
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
    {"StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{MAIN}:policy/limit"}},
    {"StringEquals": {"aws:PrincipalTag/team": "sky"}},
    {"StringEquals": {"aws:RequestTag/team": "sky"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "sea"}},
    {"IpAddress": {"aws:SourceIp": "10.9.0.0/16"}},
)
TRUST_CONDITIONS: tuple[dict[str, Any], ...] = (
    *({} for _ in range(4)),
    {"StringEquals": {"sts:ExternalId": "seven"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}},
    {"StringEquals": {"aws:RequestTag/team": "sky"}},
    {"StringEquals": {"aws:PrincipalTag/team": "sky"}},
)
PROBES = (
    ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"),
    ("ec2:DescribeInstances", "*"),
    ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{MAIN}:instance/*"),
    ("iam:CreateUser", f"arn:aws:iam::{MAIN}:user/zoe"),
    ("iam:PutUserPolicy", f"arn:aws:iam::{MAIN}:user/u0"),
    ("iam:AttachRolePolicy", f"arn:aws:iam::{MAIN}:role/r0"),
    ("iam:CreateAccessKey", f"arn:aws:iam::{MAIN}:user/u1"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{MAIN}:key/1"),
    ("iamlab-probe:AnythingAtAll", "*"),
)


def made(seed: int) -> World:
    """Make the world of a seed."""
    chance = random.Random(seed)
    world = World(seed=seed)
    main = world.create_account("main", account_id=MAIN)
    other = world.create_account("other", account_id=OTHER)
    main.create_policy("limit", document(_statement(chance, "Allow"), _statement(chance, "Allow")))
    main.create_policy("wide", document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    main.create_policy("some", document(_statement(chance, "Allow")))
    if chance.random() < 0.5:
        with_versions = main.policies[f"arn:aws:iam::{MAIN}:policy/some"]
        for _ in range(chance.randrange(5)):
            with_versions.create_version(document(_statement(chance, "Allow")))
    for account in (main, other):
        _people(chance, account)
    if chance.random() < 0.4:
        _organize(chance, world, main, other)
    return world


def _organize(chance: random.Random, world: World, main: Account, other: Account) -> None:
    """Put the accounts into an organization, with an SCP above the first."""
    organization = world.create_organization(other)
    organization.invite_account(main).accept()
    denied = _statement(chance, "Deny")
    organization.create_policy("guard", document(denied)).attach(main)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Put statements into a policy."""
    return {"Version": VERSION, "Statement": list(statements)}


def _people(chance: random.Random, account: Account) -> None:
    groups = [account.create_group(f"g{number}") for number in range(2)]
    for group in groups:
        _hang(chance, group, account)
    for number in range(3):
        user = account.create_user(f"u{number}", tags=_tags(chance))
        _hang(chance, user, account)
        for group in groups:
            if chance.random() < 0.3:
                group.add_user(user)
        for _ in range(chance.choice((0, 0, 1, 2))):
            user.create_access_key()
        if chance.random() < 0.3:
            user.create_login_profile("Correct-Horse-1")
        if chance.random() < 0.3:
            user.create_virtual_mfa_device(f"phone{number}").enable(user)
        _bound(chance, user, account)
    for number in range(3):
        role = account.create_role(
            f"r{number}", assume_role_policy_document=_trust(chance), tags=_tags(chance)
        )
        _hang(chance, role, account)
        _bound(chance, role, account)


def _tags(chance: random.Random) -> dict[str, str]:
    return chance.choice(({}, {}, {"team": "sky"}, {"team": "sea"}))


def _hang(chance: random.Random, identity: Any, account: Account) -> None:
    for number in range(chance.choice((0, 1, 1, 2))):
        statements = [_statement(chance, "Allow") for _ in range(chance.randrange(1, 3))]
        if chance.random() < 0.2:
            statements.append(_statement(chance, "Deny"))
        identity.put_policy(f"p{number}", document(*statements))
    if chance.random() < 0.25 and account.account_id == MAIN:
        identity.attach_policy(chance.choice(("limit", "some", "wide")))
    if chance.random() < 0.1:
        identity.attach_policy(chance.choice(("ReadOnlyAccess", "IAMFullAccess")))


def _bound(chance: random.Random, identity: Any, account: Account) -> None:
    if chance.random() < 0.3 and account.account_id == MAIN:
        identity.put_permissions_boundary(chance.choice(("limit", "wide")))


def _statement(chance: random.Random, effect: str) -> dict[str, Any]:
    resource = chance.choice(
        (
            *("*", "*", f"arn:aws:iam::{MAIN}:user/u*", f"arn:aws:iam::{MAIN}:role/*"),
            *(f"arn:aws:iam::{OTHER}:*", f"arn:aws:iam::{MAIN}:*"),
            *("arn:aws:iam::*:user/${aws:username}", f"arn:aws:iam::{MAIN}:policy/*"),
        )
    )
    condition = chance.choice(CONDITIONS)
    more = {"Condition": condition} if condition else {}
    count = chance.randrange(1, 5)
    actions = chance.sample(ACTIONS, count)
    if effect == "Deny":
        actions = [action for action in actions if action != "*"] or ["iam:PutUserPolicy"]
    return {"Effect": effect, "Action": actions, "Resource": resource, **more}


def _trust(chance: random.Random) -> dict[str, Any]:
    principal = chance.choice(
        (
            *({"AWS": MAIN}, {"AWS": OTHER}, {"AWS": f"arn:aws:iam::{MAIN}:user/u0"}, {"AWS": "*"}),
            *({"Service": "ec2.amazonaws.com"}, {"AWS": [MAIN, OTHER]}),
        )
    )
    condition = chance.choice(TRUST_CONDITIONS)
    actions = chance.choice(("sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"]))
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    return document({**statement, **({"Condition": condition} if condition else {})})
