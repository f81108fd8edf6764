"""Small random worlds in which one may become others; and an attacker who tries all there is.

The attacker knows nothing of policies. He makes the calls of a way, in a copy of the world, with
every value that a policy here could want, and sees what works: so the graph's edges can be held
against what is so.
"""

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

from iamlab import World
from iamlab.analysis.privilege_escalation.finders.own_calls import ALL
from iamlab.errors import AwsError
from iamlab.model.credentials import code_at, seed_of
from iamlab.operations.dispatch import call_in
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document

MAIN, OTHER = "111111111111", "222222222222"
HERE = f"arn:aws:iam::{MAIN}"
LIMIT, WIDE = f"{HERE}:policy/limit", f"{HERE}:policy/wide"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
PASSWORD = "Correct-Horse-9"

GROUPS_OF_ACTIONS = (
    ["sts:AssumeRole"],
    ["sts:AssumeRole", "sts:TagSession"],
    ["iam:UpdateAssumeRolePolicy"],
    ["iam:PutRolePolicy"],
    ["iam:AttachRolePolicy"],
    ["iam:CreatePolicyVersion"],
    ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"],
    ["iam:CreateAccessKey"],
    ["iam:CreateAccessKey", "iam:DeleteAccessKey"],
    ["iam:CreateLoginProfile", "iam:DeactivateMFADevice"],
    ["iam:UpdateLoginProfile"],
    ["iam:UpdateLoginProfile", "iam:DeactivateMFADevice"],
    ["iam:PutUserPolicy"],
    ["iam:AttachUserPolicy"],
    ["iam:PutGroupPolicy"],
    ["iam:AddUserToGroup"],
    ["iam:CreateRole", "iam:PutRolePolicy"],
    ["iam:CreateRole", "iam:AttachRolePolicy"],
    ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"],
    ["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateLoginProfile"],
    ["iam:CreateServiceSpecificCredential", "codecommit:*"],
    ["s3:*", "codecommit:GitPull"],
    ["*"],
)
RESOURCES = (
    *(
        "*",
        "*",
        "*",
        f"{HERE}:user/*",
        f"{HERE}:role/*",
        f"{HERE}:role/dev/*",
        f"{HERE}:user/dev/*",
    ),
    *(f"{HERE}:role/dev/r1", f"{HERE}:user/u1", f"{HERE}:role/*1", f"{HERE}:role/r0"),
    *(f"{HERE}:role/${{aws:username}}-*", f"{HERE}:group/*", f"{HERE}:policy/*"),
    *(f"{HERE}:role/new-?", f"arn:aws:iam::{OTHER}:role/*"),
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({} for _ in range(8)),
    {"StringEquals": {"iam:PermissionsBoundary": LIMIT}},
    {"ArnLike": {"iam:PermissionsBoundary": f"{HERE}:policy/l*"}},
    {"ArnEquals": {"iam:PolicyARN": WIDE}},
    {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
    {"StringEquals": {"aws:ResourceTag/team": "sky"}},
    {"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"Null": {"aws:TokenIssueTime": "false"}},
)
TRUST_CONDITIONS: tuple[dict[str, Any], ...] = (
    *({} for _ in range(5)),
    {"StringLike": {"sts:ExternalId": "seven-*"}},
    {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}},
    {"StringEquals": {"aws:RequestTag/team": "sky"}},
    {"StringEquals": {"sts:SourceIdentity": "dana"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "sky"}},
    {"ArnLike": {"aws:PrincipalArn": f"{HERE}:user/u*"}},
)
LETS_IN = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def made(seed: int) -> World:
    """Make the world of a seed."""
    draw = random.Random(seed)
    world = World(seed=seed)
    main = world.create_account("main", account_id=MAIN)
    other = world.create_account("other", account_id=OTHER)
    main.create_policy("limit", document(*_statements(draw, 3)))
    main.create_policy("wide", document(allow("*")))
    some = main.create_policy("some", document(*_statements(draw, 1)))
    for _ in range(draw.choice((0, 0, 4))):
        some.create_version(document(allow("s3:GetObject")))
    _people(draw, main)
    other.create_role("r0", assume_role_policy_document=_trust(draw))
    if draw.random() < 0.3:
        organization = world.create_organization(main)
        organization.invite_account(other).accept()
        guard = organization.create_policy("guard", document(_denial(draw)))
        guard.attach(other)
    return world


def _people(draw: random.Random, main: Account) -> None:
    groups = [main.create_group("g0"), main.create_group("g1")]
    groups[0].put_policy("p", document(*_statements(draw, 1)))
    for number in range(3):
        path = draw.choice(("/", "/dev/"))
        user = main.create_user(f"u{number}", path=path, tags=_tags(draw))
        _hang(draw, user)
        for _ in range(draw.choice((0, 1, 2))):
            user.create_access_key()
        if draw.random() < 0.4:
            user.create_login_profile("Some-Other-1")
        if draw.random() < 0.3:
            user.create_virtual_mfa_device(f"phone{number}").enable(user)
        if draw.random() < 0.3:
            draw.choice(groups).add_user(user)
    for number in range(3):
        role = main.create_role(
            f"r{number}",
            path=draw.choice(("/", "/dev/")),
            assume_role_policy_document=_trust(draw),
            tags=_tags(draw),
        )
        _hang(draw, role)


def _hang(draw: random.Random, identity: Any) -> None:
    identity.put_policy("p", document(*_statements(draw, draw.choice((1, 2, 3)))))
    if draw.random() < 0.2:
        identity.put_policy("q", document(_denial(draw)))
    if draw.random() < 0.3:
        identity.attach_policy(draw.choice(("some", "limit")))
    if draw.random() < 0.25:
        identity.put_permissions_boundary(draw.choice(("limit", "wide")))


def _tags(draw: random.Random) -> dict[str, str]:
    return draw.choice(({}, {"team": "sky"}, {"team": "sea"}))


def _statements(draw: random.Random, most: int) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw.randrange(1, most + 1)):
        condition = draw.choice(CONDITIONS)
        more = {"Condition": condition} if condition else {}
        # To allow all is rare, else everybody may do everything.
        groups = GROUPS_OF_ACTIONS if draw.random() < 0.1 else GROUPS_OF_ACTIONS[:-1]
        found.append(allow(draw.choice(groups), draw.choice(RESOURCES), **more))
    return found


def _denial(draw: random.Random) -> dict[str, Any]:
    condition = draw.choice(CONDITIONS)
    more = {"Condition": condition} if condition else {}
    return deny(draw.choice(GROUPS_OF_ACTIONS[:-1]), draw.choice(RESOURCES), **more)


def _trust(draw: random.Random) -> dict[str, Any]:
    principal = draw.choice(
        (
            *({"AWS": MAIN}, {"AWS": f"{HERE}:root"}, {"AWS": "*"}, {"AWS": OTHER}),
            *({"Service": "ec2.amazonaws.com"}, {"Service": "lambda.amazonaws.com"}),
        )
    )
    condition = draw.choice(TRUST_CONDITIONS)
    more = {"Condition": condition} if condition else {}
    actions = draw.choice((["sts:AssumeRole"], LETS_IN))
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, **more}
    if draw.random() < 0.15:
        guard = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        wants = {"StringNotEquals": {"sts:ExternalId": "seven"}}
        return document(statement, {**guard, "Condition": wants})
    return document(statement)


# The attacker -----------------------------------------------------------------------------------


class Attacker:
    """Tries the calls of every row with all values that there are."""

    def __init__(self, world: World, arn: str) -> None:
        self.world, self.arn = world, arn
        self._scratch = world.copy()  # for calls that change nothing that counts
        self.account = world.accounts[MAIN]
        self.name = arn.rpartition("/")[2]

    def found(self) -> set[tuple[int, str]]:
        """Return the rows that work, each with the ARN of its target; a new target has no ARN."""
        every = (*self._users(), *self._roles(), *self._new())
        return {(number, arn) for number, arn, steps in every if self._works(steps)}

    def _works(self, alternatives: Any) -> bool:
        return any(self._does(steps) for steps in alternatives)

    def _does(self, steps: list[tuple[str, dict[str, Any]]]) -> bool:
        """Make some calls in a copy, and say whether all are let."""
        asks_only = len(steps) == 1 and steps[0][0] == "AssumeRole"
        world = self._scratch if asks_only else self.world.copy()
        caller: Any = self.arn
        try:
            for name, parameters in steps:
                if name == "sign in":
                    world.sign_in(account=MAIN, user=parameters["user"], password=PASSWORD)
                elif name == "AssumeRole":
                    call_in(world, f"sts:{name}", caller, parameters)
                else:
                    world.accounts[MAIN].call(name, caller, **parameters)
        except AwsError:
            return False
        return True

    def _users(self) -> Iterator[tuple[int, str, list[Any]]]:
        for user in self.account.users.values():
            if user.arn == self.arn:
                continue
            named = {"UserName": user.name}
            key = ("CreateAccessKey", named)
            gone = [
                ("DeleteAccessKey", {**named, "AccessKeyId": key_record})
                for key_record in user.key_records
            ]
            is_full = len(gone) > 1
            keys = [[key_id, key] for key_id in gone] if is_full else [[key]]
            yield (11 if is_full else 10), user.arn, keys
            devices = [
                ("DeactivateMFADevice", {**named, "SerialNumber": mfa_device.serial_number})
                for mfa_device in user.mfa_devices
            ]
            is_there = user.login_profile is not None
            operation = "UpdateLoginProfile" if is_there else "CreateLoginProfile"
            password = (operation, {**named, "Password": PASSWORD})
            console = [*devices, password, ("sign in", {"user": user.name})]
            yield (28 if devices else 13 if is_there else 12), user.arn, [console]
            yield (
                20,
                user.arn,
                [[gift, *entry] for gift in self._gifts(user) for entry in (*keys, console)],
            )

    def _gifts(self, user: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return what a user can be given, by which it may more: only what always does."""
        named = {"UserName": user.name}
        yield "PutUserPolicy", {**named, "PolicyName": "x", "PolicyDocument": ALL}
        for policy in (ADMIN, WIDE):
            if policy not in user.attached:
                yield "AttachUserPolicy", {**named, "PolicyArn": policy}
        for group in user.groups:
            parameters = {"GroupName": group, "PolicyName": "x", "PolicyDocument": ALL}
            yield "PutGroupPolicy", parameters
        if "g0" not in user.groups:
            yield "AddUserToGroup", {"GroupName": "g0", **named}
        for policy in self._own_policies(user):
            yield "CreatePolicyVersion", policy

    def _own_policies(self, holder: Any) -> Iterator[dict[str, Any]]:
        for arn in holder.attached:
            if arn in self.account.policies:
                yield {"PolicyArn": arn, "PolicyDocument": ALL, "SetAsDefault": True}

    def _assumptions(self, role_arn: str) -> Iterator[tuple[str, dict[str, Any]]]:
        devices = [
            mfa_device
            for user in self.account.users.values()
            for mfa_device in user.mfa_devices
            if user.arn == self.arn
        ]
        now, records = self.world.clock.now, self.account.mfa_records
        codes = [
            {
                "SerialNumber": device.serial_number,
                "TokenCode": code_at(
                    seed_of(self.world, records[device.serial_number].number), now
                ),
            }
            for device in devices
        ]
        tags = [{"Key": "team", "Value": value} for value in ("sky", "sea")]
        for name, external, tag, source, code in product(
            (self.name, f"{self.name}-x", "some-session"),
            ({}, {"ExternalId": "seven-x"}, {"ExternalId": "seven"}),
            ({}, *({"Tags": [tag]} for tag in tags)),
            ({}, {"SourceIdentity": "dana"}),
            ({}, *codes),
        ):
            yield (
                "AssumeRole",
                {"RoleArn": role_arn, "RoleSessionName": name, **external, **tag, **source, **code},
            )

    def _roles(self) -> Iterator[tuple[int, str, list[Any]]]:
        every = [
            role for account in self.world.accounts.values() for role in account.roles.values()
        ]
        for role in every:
            if role.arn == self.arn:
                continue
            takes = [
                assumption for assumption in self._assumptions(role.arn) if self._does([assumption])
            ]
            yield 15, role.arn, [[take] for take in takes[:1]]
            if role.account.account_id != MAIN:
                continue
            statement = {"Effect": "Allow", "Principal": {"AWS": self.arn}, "Action": LETS_IN}
            text = str(document(statement)).replace("'", '"')
            write = ("UpdateAssumeRolePolicy", {"RoleName": role.name, "PolicyDocument": text})
            edited = [[write, assumption] for assumption in self._assumptions(role.arn)]
            opened = next((change for change in edited if self._does(change)), None)
            yield 14, role.arn, [] if opened is None else [opened]
            named = {"RoleName": role.name}
            put = ("PutRolePolicy", {**named, "PolicyName": "x", "PolicyDocument": ALL})
            attach = [
                ("AttachRolePolicy", {**named, "PolicyArn": policy})
                for policy in (ADMIN, WIDE, LIMIT)
                if policy not in role.attached
            ]
            versions = [
                ("CreatePolicyVersion", own_policy) for own_policy in self._own_policies(role)
            ]
            for number, gifts in ((16, attach), (17, [put]), (18, versions)):
                yield number, role.arn, [[gift, takes[0]] for gift in gifts if takes]
            if opened is not None:
                gifts = [put, *attach, *versions]
                yield 19, role.arn, [[gift, *opened] for gift in gifts]

    def _new(self) -> Iterator[tuple[int, str, list[Any]]]:
        paths = ("/", "/dev/")
        boundaries = ({}, {"PermissionsBoundary": LIMIT}, {"PermissionsBoundary": WIDE})
        tags = ({}, *({"Tags": [{"Key": "team", "Value": item}]} for item in ("sky", "sea")))
        roles, users = [], []
        statement = {"Effect": "Allow", "Principal": {"AWS": self.arn}, "Action": LETS_IN}
        text = str(document(statement)).replace("'", '"')
        for name, path, boundary, tag in product(
            ("x", "x1", f"{self.name}-x", "new-x"), paths, boundaries, tags
        ):
            role, user = {"RoleName": name}, {"UserName": name}
            more = {"Path": path, **boundary, **tag}
            role_create = ("CreateRole", {**role, **more, "AssumeRolePolicyDocument": text})
            user_create = ("CreateUser", {**user, **more})
            inline = {"PolicyName": "x", "PolicyDocument": ALL}
            if self._does([role_create]):
                gifts = [("PutRolePolicy", {**role, **inline})]
                gifts += [
                    ("AttachRolePolicy", {**role, "PolicyArn": item}) for item in (ADMIN, WIDE)
                ]
                parameters = [gift for gift in gifts if self._does([role_create, gift])]
                arn = f"{HERE}:role{path}{name}"
                if parameters:
                    roles += [
                        [role_create, parameters[0], assumption]
                        for assumption in self._assumptions(arn)
                    ]
            if self._does([user_create]):
                gifts = [("PutUserPolicy", {**user, **inline})]
                gifts += [
                    ("AttachUserPolicy", {**user, "PolicyArn": item}) for item in (ADMIN, WIDE)
                ]
                gifts += [("AddUserToGroup", {**user, "GroupName": "g0"})]
                password = ("CreateLoginProfile", {**user, "Password": PASSWORD})
                ends = [[("CreateAccessKey", user)], [password, ("sign in", {"user": name})]]
                users += [[user_create, gift, *end] for gift in gifts for end in ends]
        yield 21, "", roles
        yield 22, "", users
