"""Worlds made from a seed, and steps in them by chance: calls, methods, sessions, time.

Only public names are used, and the list of operations is in ``operations.json``, so that a walk
is the same whatever becomes of the package inside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from iamlab import ANONYMOUS, Network, World
from tests.recorded.questions import Log

Doc = dict[str, Any]
NEW = "2012-10-17"
IDS = {"main": "111111111111", "dev": "222222222222", "prod": "333333333333", "out": "444444444444"}
PASSWORDS = ["Correct-Horse-1", "Other-Horse-2", "Third-Horse-3"]
SERVICES = ["lambda", "ec2", "ecs-tasks", "glue", "cloudformation"]
REGIONS = ["us-east-1", "us-east-1", "us-east-1", "eu-west-1", "no good"]
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
AWS_POLICIES = ["ReadOnlyAccess", "AmazonS3FullAccess", "IAMReadOnlyAccess", "PowerUserAccess"]
ACTIONS = [
    *("s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "kms:Decrypt"),
    *("sts:AssumeRole", "iam:PassRole", "iam:CreateUser", "iam:GetUser", "ec2:RunInstances"),
    *("lambda:InvokeFunction", "dynamodb:GetItem", "secretsmanager:GetSecretValue", "sns:Publish"),
    *("iam:AttachUserPolicy", "iam:CreateAccessKey", "organizations:ListAccounts"),
]
WILD = ["*", "s3:*", "s3:Get*", "iam:*", "iam:Get*", "sts:*", "kms:*", "ec2:*", "lambda:*"]
CONDITIONS: list[Doc] = [
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}},
    {"StringLike": {"aws:username": "a*"}},
    {"StringEqualsIfExists": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    {"DateGreaterThan": {"aws:CurrentTime": "2026-11-25T10:00:00Z"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}},
    {"Null": {"aws:TokenIssueTime": "true"}},
]


METADATA = (
    '<?xml version="1.0"?><EntityDescriptor entityID="https://idp.example/saml" '
    'xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><IDPSSODescriptor/></EntityDescriptor>'
    f"<!--{' ' * 1000}-->"
)


@cache
def private_key() -> str:
    """Write the key of the certificate: it follows from a number, and opens nothing."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.derive_private_key(2026, ec.SECP256R1())
    return key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()


DATA: Doc = json.loads(Path(__file__).with_name("operations.json").read_text("utf-8"))
TEXTS: dict[str, list[Any]] = DATA["texts"]
"""Parameter -> values, of which some are wrong."""
BEFORE: dict[str, str] = DATA["before"]
"""What finds nothing to do -> what makes it something to do."""
POOLS: dict[str, str] = DATA["pools"]
"""Parameter -> what of which thing it is: ``"arn key"``."""
NAMES: dict[str, list[str]] = DATA["names"]
"""Kind of a thing -> names that it may be given."""


def _parameters(lines: list[str]) -> dict[str, dict[str, str]]:
    every = {}
    for line in lines:
        name, *parameters = line.split()
        every[name] = {
            parameter.partition(":")[0].rstrip("!"): parameter.partition(":")[2]
            or parameter[-1:] * parameter.endswith("!")
            for parameter in parameters
        }
    return every


OPERATIONS = _parameters(DATA["calls"])
"""The parameters of all operations: ``UserName:s!`` is a text that must be given."""
METHODS = _parameters(DATA["methods"])
"""The parameters of all methods of things, by kind and name: ``user!`` must be given."""


_SHORT = ("aws", "mfa", "saml", "ssh", "acl")


def camel(name: str) -> str:
    """Write a name as AWS does: ``UserName`` for ``user_name``."""
    parts = name.split("_")
    return "".join(part.upper() if part in _SHORT else part.capitalize() for part in parts)


KIND_OF = {"UserName": "user", "GroupName": "group", "RoleName": "role", "PolicyName": "policy"}
OWNED = ("AccessKeyId", "CertificateId", "SSHPublicKeyId", "ServiceSpecificCredentialId")
SERVICE_OF = {
    "bucket": "s3",
    "key": "kms",
    "queue": "sqs",
    "topic": "sns",
    "function": "lambda",
    "secret": "secretsmanager",
    "table": "dynamodb",
    "repository": "ecr",
    "bus": "events",
}

IN_ACCOUNT = {
    "user": "users",
    "group": "groups",
    "role": "roles",
    "policy": "policies",
    "profile": "instance_profiles",
    "saml": "saml_providers",
    "oidc": "oidc_providers",
    "certificate": "server_certificates",
}
IN_WORLD = {
    "account": "accounts",
    "organization": "organizations",
    "center": "identity_centers",
    "issuer": "oidc_issuers",
    "directory": "saml_directories",
}
IN_ORGANIZATION = {"unit": "organizational_units", "member": "members", "org_policy": "policies"}
"""Kind of a thing -> the public attribute that lists it."""


class Walk:
    """A world, what is in it, and a draw from its seed.

    Parameters
    ----------
    number
        The seed of the walk. That of the world is one of four: to make keys takes time.
    """

    def __init__(self, number: int) -> None:
        self.number, self.draw, self.log = number, Random(f"walk {number}"), Log()
        self.world = World(seed=number % 4)
        self.things: dict[str, list[Any]] = {}
        self.found: dict[str, list[str]] = {}
        self.focus: dict[str, Any] = {}
        self.account: Any = None
        self.service = "iam"
        self.operation = ""
        self.before: Any = None
        self.makers = self._makers()

    # What there is.

    def choose_account(self, *, kind: str = "") -> None:
        """Draw the account of the next step: mostly the first, or the one that rules others."""
        every = list(self.world.accounts.values())
        self.account, self.focus = every[0] if self.chance(0.7) else self.pick(every), {}
        mains = [
            organization.management_account for organization in self.world.organizations.values()
        ]
        if kind == "organizations" and mains and self.chance(0.85):
            self.account = self.pick(mains)

    def action_on(self, resource: str) -> str:
        """Draw an action, mostly one that fits a resource."""
        service = resource.split(":")[2] if resource.startswith("arn:") else ""
        fitting = [action for action in ACTIONS if action.startswith(f"{service}:")]
        if self.chance(0.02):
            return self.pick(["s3:GetObjekt", "nothing", "s3:*"])
        return self.pick(fitting if fitting and self.chance(0.8) else ACTIONS)

    def chance(self, part: float) -> bool:
        """Return yes in a part of the cases."""
        return self.draw.random() < part

    def pick(self, some: Any) -> Any:
        """Draw one; of nothing, nothing."""
        every = list(some)
        return self.draw.choice(every) if every else None

    def keep(self, kind: str, item: Any) -> Any:
        """Remember a thing for later steps."""
        if item is not None:
            self.things.setdefault(kind, []).append(item)
        return item

    def pool(self, kind: str) -> list[Any]:
        """Return the things of a kind that the account, or the world, has now."""
        if kind in ("other", "endpoint", "instance", *SERVICE_OF):
            held = self.account.resources.values()
            return [item for item in held if kind in (item.kind, _kind(item))]
        if kind in IN_ACCOUNT:
            return list(getattr(self.account, IN_ACCOUNT[kind]).values())
        if kind in IN_WORLD:
            return list(getattr(self.world, IN_WORLD[kind]).values())
        if kind in IN_ORGANIZATION:
            item = self.account.organization
            return list(getattr(item, IN_ORGANIZATION[kind]).values()) if item else []
        if kind in ("world", "sts", "root", "org_root"):
            item = self.account.organization
            only = {"world": self.world, "sts": self.world.sts, "root": self.account.root}
            return [only[kind]] if kind in only else [item.root] if item else []
        return [item for item in self.things.get(kind, ()) if self._is_here(item)]

    def _is_here(self, item: Any) -> bool:
        account = getattr(item, "account", None)
        return account is None or account is self.account or self.chance(0.1)

    def one(self, kind: str) -> Any:
        """Draw a thing of a kind; the same one for the whole step."""
        if kind not in self.focus:
            self.focus[kind] = self.pick(self.pool(kind))
        return self.focus[kind]

    def name(self, kind: str) -> str:
        """Name a thing: mostly one that is there."""
        if kind == "instance" and self.chance(0.5):
            return self.seen("InstanceId")
        there = None if self.chance(0.12) else self.one(kind)
        return self.pick(NAMES.get(kind, NAMES["thing"])) if there is None else there.name

    def arn(self, kind: str, other: str = "none") -> str:
        """Return the ARN of a thing that is there, mostly."""
        there = None if self.chance(0.1) else self.one(kind)
        return other if there is None else there.arn

    def seen(self, key: str, other: str = "none") -> str:
        """Return an id that some answer has told."""
        known = self.found.get(key)
        if not known or self.chance(0.1):
            return other
        return known[-1] if self.chance(0.6) else self.pick(known[-6:])

    def harvest(self, answer: Any) -> None:
        """Remember the ids in an answer."""
        if isinstance(answer, Mapping):
            for key, value in answer.items():
                if isinstance(value, str) and key == "Id":
                    self.found.setdefault(value.partition("-")[0], []).append(value)
                elif isinstance(value, str) and (key.endswith(("Id", "Token")) or key == "Marker"):
                    self.found.setdefault(key, []).append(value)
                    if key in OWNED and "UserName" in answer:
                        owned = (self.account.account_id, str(answer["UserName"]), value)
                        self.things.setdefault(key, []).append(owned)
                else:
                    self.harvest(value)
        elif isinstance(answer, list):
            for value in answer[:3]:
                self.harvest(value)

    # Policies.

    def statement(self, resource: str | None = "*", *, own: str = "") -> Doc:
        """Write a statement."""
        made: Doc = {"Effect": "Deny" if self.chance(0.15) else "Allow"}
        wild = [*WILD, *([f"{own}:*"] * 9 if own else [])]
        actions = [self.pick(ACTIONS if self.chance(0.6) and not own else wild)]
        while self.chance(0.3):
            actions.append(self.pick(ACTIONS if not own else wild))
        made["NotAction" if self.chance(0.05) else "Action"] = (
            actions[0] if len(actions) == 1 else list(dict.fromkeys(actions))
        )
        if resource is not None:
            made["NotResource" if resource != "*" and self.chance(0.05) else "Resource"] = resource
        if self.chance(0.3):
            made["Condition"] = self.pick(CONDITIONS)
        return made

    def document(self) -> str:
        """Write an identity policy, at times a bad one."""
        if self.chance(0.04):
            return self.pick(["{", "", json.dumps({"Version": NEW, "Statement": []}), self.trust()])
        some = [self.statement(self.pick([*self.targets(), "*", "*"]))]
        while self.chance(0.35):
            some.append(self.statement(self.pick([*self.targets(), "*"])))
        return json.dumps({"Version": NEW, "Statement": some})

    def targets(self) -> list[str]:
        """Return what policies are about and questions are asked on."""
        here = [resource.arn for resource in self.account.resources.values()]
        roles = [role.arn for role in self.account.roles.values()]
        users = [user.arn for user in self.account.users.values()]
        few = [*here[:4], *roles[:2], *users[:2]]
        objects = [f"{arn}/m31" for arn in here if arn.startswith("arn:aws:s3:::")]
        return [*few, *objects[:2], "arn:aws:s3:::elsewhere/*"]

    def principal(self) -> Any:
        """Write a principal of a resource policy."""
        who = self.pick(self.world.accounts.values())
        some = [*list(who.users.values())[:3], *list(who.roles.values())[:3]]
        named = [principal.arn for principal in some] or [who.root_arn]
        return self.pick(
            [
                *("*", {"AWS": "*"}, {"AWS": who.account_id}, {"AWS": who.root_arn}),
                *({"AWS": self.pick(named)}, {"AWS": named}, {"Service": "s3.amazonaws.com"}),
            ]
        )

    def of_resource(self, service: str, arn: str) -> str:
        """Write a resource policy, at times a bad one."""
        if self.chance(0.06):
            return self.pick(["{", "", self.document()])
        where = [arn] if service != "s3" else [arn, f"{arn}/*", [arn, f"{arn}/*"]]
        about = None if service == "ecr" else "*" if service == "kms" else self.pick(where)
        made = self.statement(about, own=service)
        made.pop("NotAction", None)
        made["Action"] = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish"}.get(
            service, f"{service}:{self.pick('***G')}".replace("G", "Get*")
        )
        some = [{**made, "Principal": self.principal()}]
        if service == "kms" and self.chance(0.9):
            own = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
            some.append({**own, "Principal": {"AWS": self.account.root_arn}})
        return json.dumps({"Version": NEW, "Statement": some})

    def trust(self) -> str:
        """Write a trust policy: mostly of an account and of services."""
        calls = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"]
        who = {"AWS": self.pick([self.account.account_id, IDS["main"], "*"])}
        services = {"Service": [f"{service}.amazonaws.com" for service in SERVICES]}
        some: list[Doc] = [
            {"Effect": "Allow", "Principal": who, "Action": calls},
            {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"},
        ]
        for kind, call in (("saml", "SAML"), ("oidc", "WebIdentity")):
            held = [principal.arn for principal in self.pool(kind)]
            if held:
                calls = [f"sts:AssumeRoleWith{call}", "sts:TagSession", "sts:SetSourceIdentity"]
                some.append({"Effect": "Allow", "Principal": {"Federated": held}, "Action": calls})
        if self.chance(0.15):
            some[0]["Condition"] = self.pick(
                [{"StringEquals": {"sts:ExternalId": "42"}}, *CONDITIONS]
            )
        return json.dumps({"Version": NEW, "Statement": some})

    def tags(self) -> Any:
        """Draw tags, mostly good ones."""
        good = [
            [{"Key": "team", "Value": self.pick(["sky", "red"])}],
            [{"Key": "cost", "Value": ""}],
        ]
        bad = [[{"Key": "aws:team", "Value": "sky"}], [{"Key": "team", "Value": "sky"}] * 2, ["x"]]
        return self.pick(bad if self.chance(0.07) else good)

    # Parameters.

    def _makers(self) -> dict[str, Callable[[], Any]]:
        """Return how parameters are drawn that depend on the world."""
        names: dict[str, Callable[[], Any]] = {
            "AssumeRolePolicyDocument": self.trust,
            "VirtualMFADeviceName": lambda: self.pick(["phone", "tablet", "spare", "no good"]),
            "VirtualMfaDeviceName": lambda: self.pick(["phone", "tablet", "spare", "no good"]),
            "PolicyArn": lambda: self.pick([self.arn("policy"), self.arn("policy"), _aws(self)]),
            "ManagedPolicy": lambda: self.pick([*AWS_POLICIES, _aws(self)]),
            "PermissionsBoundary": lambda: self.pick([self.arn("policy"), _aws(self)]),
            "PolicySourceArn": self.identity,
            "CallerArn": lambda: self.pick([self.arn("user"), self.account.root_arn]),
            "Arn": self.about,
            "SerialNumber": self.serial,
            "AuthenticationCode1": lambda: self.code(-30),
            "AuthenticationCode2": lambda: self.code(0),
            "TokenCode": lambda: self.code(0),
            "MfaCode": lambda: self.code(0),
            "Password": self.password,
            "OldPassword": lambda: self.pick([PASSWORDS[0]] * 6 + ["wrong"]),
            "NewPassword": self.password,
            "VersionId": self.version,
            "SAMLMetadataDocument": lambda: self.pick([METADATA] * 5 + ["<" * 1500]),
            "SamlMetadataDocument": lambda: self.pick([METADATA] * 5 + ["<" * 1500]),
            "PrivateKey": lambda: self.pick([private_key()] * 5 + ["no"]),
            "AddPrivateKey": private_key,
            "Role": lambda: self.arn("role") if self.service == "lambda" else self.one("role"),
            "EntityPath": self.entity_path,
            "Marker": lambda: self.pick([self.seen("Marker"), "0", "x"]),
            "TargetPrincipal": lambda: self.pick(IDS.values()),
            "EncodedMessage": lambda: self.pick(self.things.get("encoded", [])[-4:]) or "none",
            "WebIdentityToken": self.token,
            "SAMLAssertion": self.assertion,
            "SamlAssertion": self.assertion,
            "ProvidedContexts": self.context_given,
            "PolicyArns": lambda: [{"arn": _aws(self)}],
            "ActionNames": lambda: self.draw.sample(ACTIONS, 2),
            "ResourceArns": lambda: [self.pick(self.targets()), "arn:aws:s3:::maps-main/m31"],
            "ResourceOwner": lambda: self.pick(IDS.values()),
            "ContextEntries": self.entries,
            "PolicyInputList": lambda: [self.document()],
            "PermissionsBoundaryPolicyInputList": lambda: [self.document()],
            "OrderedOrganizationPolicyInputList": lambda: [
                {"ServiceControlPolicyInputList": [self.document()]}
            ],
            "Tags": self.tags,
            "Region": lambda: self.pick(REGIONS),
            # What the services take.
            "Bucket": lambda: self.name("bucket") if self.chance(0.9) else "elsewhere",
            "GranteePrincipal": lambda: self.pick([self.arn("user"), self.arn("role")]),
            "RetiringPrincipal": lambda: self.pick([self.arn("user"), self.arn("role")]),
            "QueueUrl": self.url,
            "InstanceIds": lambda: [self.name("instance")],
            "VpcEndpointIds": lambda: [self.name("endpoint")],
            "Resources": lambda: [self.name(self.pick(["instance", "endpoint"]))],
            "IamInstanceProfile": lambda: self.pick(
                [*[{"Name": self.name("profile")}] * 4, {"Arn": self.arn("profile")}, {"Name": 5}]
            ),
            "TagSpecifications": lambda: [{"ResourceType": "instance", "Tags": self.tags()}],
            "Principal": lambda: self.pick([IDS["dev"], IDS["dev"], "s3.amazonaws.com", "*", "x"]),
            "AWSAccountIds": lambda: [IDS["dev"]],
            "AwsAccountIds": lambda: [IDS["dev"]],
            "AWSAccountId": lambda: [IDS["dev"]],
            "AwsAccountId": lambda: [IDS["dev"]],
            "Tagging": lambda: {"TagSet": self.tags()},
            "Attributes": lambda: {"Policy": self.resource_policy()},
            "AttributeValue": self.resource_policy,
            "Policy": self.resource_policy,
            "PolicyText": self.resource_policy,
            "ResourcePolicy": self.resource_policy,
            # What Organizations takes.
            "AccountId": self.member_id,
            "ChildId": lambda: self.pick([self.name_id("unit"), self.member_id()]),
            "ParentId": self.container_id,
            "DestinationParentId": self.container_id,
            "SourceParentId": self.parent_of_member,
            "RootId": lambda: self.container_id(root=True),
            "TargetId": lambda: self.pick([self.container_id(), self.member_id()]),
            "ResourceId": lambda: self.pick([self.container_id(), self.member_id()]),
            "HandshakeId": lambda: self.seen("h", "h-00000000"),
            "CreateAccountRequestId": lambda: self.seen("car", "car-0"),
            "Content": self.guard,
            "Target": lambda: {"Type": "ACCOUNT", "Id": self.pick(IDS.values())},
            "JobId": lambda: self.seen("JobId", "0" * 36),
        }
        return names

    def name_id(self, kind: str) -> str:
        """Return the id of a thing of an organization."""
        there = self.one(kind)
        if kind == "org_policy" and "p" in self.found and self.chance(0.5):
            return self.seen("p")
        return there.id if there is not None and self.chance(0.92) else "ou-none-00000000"

    def container_id(self, *, root: bool = False) -> str:
        """Return the id of a root or an OU."""
        item = self.account.organization
        if item is None or self.chance(0.06):
            return "r-0000"
        units = [] if root else list(item.organizational_units)
        return self.pick([item.root.id, *units])

    def member_id(self) -> str:
        """Return the id of a member of the organization."""
        there = self.one("member")
        return there.id if there is not None and self.chance(0.85) else self.pick(IDS.values())

    def parent_of_member(self) -> str:
        """Return the id of the parent of the member that the step is about."""
        there = self.one("member")
        return there.parent_id if there is not None and self.chance(0.9) else "r-0000"

    def identity(self) -> str:
        """Return the ARN of a user, a group or a role."""
        return self.arn(self.pick(["user", "user", "group", "role"]))

    def about(self) -> str:
        """Return the ARN that a call is about, or that a new resource must have."""
        if self.service == "cloudformation":
            return self.pick(["log-group:abc", "log-group:abc", "log-group:abcd"]).join(
                [f"arn:aws:logs:us-east-1:{self.account.account_id}:", ""]
            )
        return self.pick([self.identity(), self.arn("policy")])

    def serial(self) -> str:
        """Return the serial number of a device."""
        there = self.one("device")
        return "GAHT12345678" if there is None else there.serial_number

    def code(self, seconds: int) -> str:
        """Return the code that a device shows at a moment."""
        from datetime import timedelta

        there = self.one("device")
        if there is None or self.chance(0.08):
            return "123456"
        return there.code(self.world.clock.now + timedelta(seconds=seconds))

    def password(self) -> str:
        """Return a password."""
        return self.pick([*PASSWORDS, *PASSWORDS, "weak"])

    def version(self) -> str:
        """Return a version of the policy that the step is about."""
        there = self.one("policy")
        return self.pick(["v1", "v7", "latest"] if there is None else [*there.versions, "v2"])

    def entity_path(self) -> str:
        """Return a path in the organization."""
        item = self.account.organization
        return "o-a1b2c3d4e5/r-f6g7" if item is None else f"{item.id}/{item.root.id}"

    def entries(self) -> list[Doc]:
        """Return condition keys as the simulator takes them."""
        key = self.pick(["aws:username", "aws:SourceIp", "my:key"])
        value = self.pick(["ana", "203.0.113.9"])
        return [{"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}]

    def url(self) -> str:
        """Return the URL of a queue."""
        there = self.one("queue")
        none = f"https://sqs.us-east-1.amazonaws.com/{self.account.account_id}/none"
        return none if there is None or self.chance(0.08) else there.url

    def guard(self) -> str:
        """Write a policy of an organization."""
        if self.chance(0.08):
            return "{"
        made = {"Effect": "Deny", "Action": self.pick(ACTIONS), "Resource": "*"}
        if self.focus.get("type") == RCP:
            made |= {"Principal": "*", "Action": "s3:GetObject"}
        return json.dumps({"Version": NEW, "Statement": [made]})

    def resource_policy(self) -> str:
        """Write the policy of the resource that the step is about."""
        if self.service in ("iam", "sts"):
            return self.document()
        kind = {service: kind for kind, service in SERVICE_OF.items()}.get(self.service, "bucket")
        there = self.one(kind)
        arn = there.arn if there is not None else "*"
        if self.operation.rpartition(":")[2].startswith("Create"):
            arn = "*" if self.chance(0.5) else arn
        return self.of_resource(self.service, arn)

    def token(self) -> str:
        """Let an issuer sign a token."""
        there = self.pick(self.world.oidc_issuers.values())
        subject = self.pick(["ana", "repo:acme/maps:ref:refs/heads/main"])
        return "none" if there is None else there.token(subject)

    def assertion(self) -> str:
        """Let a directory sign an assertion."""
        there = self.pick(self.world.saml_directories.values())
        return "none" if there is None else there.sign_in("bob")

    def context_given(self) -> list[Doc]:
        """Return an assertion of who is behind a session."""
        arn = "arn:aws:iam::aws:contextProvider/IdentityCenter"
        return [{"ProviderArn": arn, "ContextAssertion": "none"}]

    def parameters(self, operation: str) -> Doc:
        """Draw the parameters of an operation, mostly with all that must be there."""
        self.operation, service = operation, operation.rpartition(":")[0] or "iam"
        self.service, self.focus = service, {}
        takes, arguments = OPERATIONS[operation], {}
        owned = next((name for name in OWNED if name in takes), None)
        if owned and self.chance(0.85):
            here = [
                item for item in self.things.get(owned, ()) if item[0] == self.account.account_id
            ]
            if here:
                _, user, arguments[owned] = self.pick(here[-5:])
                self.focus["user"] = self.account.users.get(user)
        self._devices(operation)
        optional = 0.08 if service == "sts" else self.pick([0.1, 0.3, 0.3])
        for name, form in takes.items():
            wanted = "!" in form
            if name not in arguments and self.chance(
                0.98 if wanted else self.likely(name, optional)
            ):
                arguments[name] = self.value(name, form)
        if self.chance(0.01):
            arguments["Unknown"] = "x"
        return arguments

    def likely(self, name: str, usual: float) -> float:
        """Return how often a parameter is given that may be left out."""
        if name == "UserName":
            return 0.9
        return min(usual, 0.06) if name in SELDOM else usual

    def _devices(self, operation: str) -> None:
        """Let the user of a step be that of its device."""
        if operation in ("ResyncMFADevice", "DeactivateMFADevice", "GetMFADevice"):
            held = [item for item in self.pool("device") if getattr(item, "user", None)]
            device = self.focus["device"] = self.pick(held)
            if device is not None and device.user.named:
                self.focus["user"] = device.user

    def value(self, name: str, form: str) -> Any:
        """Draw a value of a parameter, good or bad."""
        if self.chance(0.012):
            return self.pick([5, [], {}, "\0", "", True, "x" * 600])
        if "=" in form:
            value = self.pick([*form.partition("=")[2].split("|"), "None of these"])
            return [value] if form[0] == "l" else value
        made = self._value(name)
        if name in ("Tags", "tags") and form[0] == "d" and isinstance(made[0], dict):
            return {str(tag["Key"]): tag["Value"] for tag in made}
        if self.service == "kms" and name == "Tags" and isinstance(made[0], dict):
            return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in made]
        if made is None and form:
            return {"b": self.chance(0.5), "i": 1, "l": ["x"], "d": {"x": "y"}}.get(form[0], "abc")
        return made

    def _value(self, name: str) -> Any:  # noqa: C901, PLR0912 - one case after the other
        short = self.operation.rpartition(":")[2]
        if name in ("Name", "Type", "PolicyType", "Filter") and self.service == "organizations":
            kinds: Any = self.pick([SCP, SCP, RCP, "None"])
            self.focus["type"] = kinds
            if name == "Filter" and "Handshakes" in short:
                return {"ActionType": "INVITE"}
            return f"{self.pick(['Web', 'Ops', 'guard', ''])}" if name == "Name" else kinds
        if name == "Content" and "type" not in self.focus:
            self.focus["type"] = self.pick([SCP, SCP, RCP])
        if name == "PolicyDocument" and short == "UpdateAssumeRolePolicy":
            return self.trust()
        if name == "PolicyDocument" and self.service == "iam":
            return self.document()
        if name == "PolicyDocument":  # of a VPC endpoint
            return json.dumps({"Version": NEW, "Statement": [_endpoint(self.statement())]})
        if name == "AccountId" and short == "CreateAccount":
            return self.pick(["555555555555", "666666666666", IDS["dev"]])
        if name == "RoleName" and self.service == "organizations":
            return "Access"
        if name in ("UserName", "GroupName", "RoleName", "PolicyName", "Name"):
            return self._named(name, short)
        if name.startswith("New") and name.endswith("Name"):
            return f"renamed-{self.draw.randrange(9)}"
        if name.endswith(("ArnOf", "esourceArn", "esourceARN")) or name == "Resource":
            kind = {service: kind for kind, service in SERVICE_OF.items()}.get(self.service)
            return self.arn(kind or "bucket")
        if name == "ServiceName" and self.service == "ec2":
            return self.pick(
                [f"com.amazonaws.us-east-1.{item}" for item in ("s3", "sqs")] + ["none"]
            )
        if name == "Action" and self.service in ("lambda", "events"):
            return {"lambda": "lambda:InvokeFunction", "events": "events:PutEvents"}[self.service]
        known = name in self.makers or name in TEXTS
        if short.startswith("Create") and not known and name.endswith("Name"):
            return self.pick(NAMES["thing"])
        if short.startswith(("Create", "Upload")) and name in _NEW_NAMES:
            return f"new-{self.draw.randrange(30)}"
        if name in TEXTS:
            return self.pick(TEXTS[name])
        if name in POOLS:
            how, kind = POOLS[name].split()
            return getattr(self, how)(kind)
        maker = self.makers.get(name) or self.makers.get(name[:1].upper() + name[1:])
        return maker() if maker else None

    def _named(self, name: str, short: str) -> str:
        """Return a name that is there, or a new one where something is made."""
        if name == "PolicyName" and short != "CreatePolicy":
            return self.pick(["own", "own", "more", "none"])
        if name == "Name" and self.service in ("sns", "secretsmanager", "events", "kms", "sts"):
            made = self.service == "sts" or short.startswith("Create")
            return self.pick(["abc", "abcd", "x1"]) if made else self.name("bus")
        kind = KIND_OF.get(name, "thing")
        if short.startswith(("Create", "Upload")) and short[6:] in (name[:-4], "SAMLProvider"):
            return self.pick([*NAMES[kind], f"{kind}-{self.draw.randrange(40)}"])
        if short.endswith("ServiceLinkedRole") and self.chance(0.8):
            linked = [
                principal
                for principal in self.pool("role")
                if "/aws-service-role/" in principal.arn
            ]
            return linked[0].name if linked else self.name("role")
        return self.name(kind)

    # Callers.

    def caller(self, *, root: float = 0.6) -> Any:
        """Draw who calls: mostly the root user of the account, who may do everything."""
        if self.chance(root):
            return self.account.root
        users, roles = self.pool("user"), self.pool("role")
        other = self.pick(self.world.accounts.values())
        own = self.account.account_id
        return self.pick(
            [
                *users,
                *users,
                *[user.arn for user in users[:2]],
                *roles[:3],
                "/".join((f"arn:aws:sts::{own}:assumed-role", "work", "monday")),
                *self.things.get("access_key", ())[-3:],
                *self.things.get("session", ())[-5:],
                *self.things.get("session", ())[-5:],
                *self.things.get("console", ())[-2:],
                *list(other.users.values())[:2],
                *(other.root_arn, ANONYMOUS, "lambda.amazonaws.com", f"arn:aws:iam::{own}:user/no"),
            ]
        )

    def network(self) -> Network:
        """Draw where a call comes from."""
        endpoint = self.one("endpoint")
        some: list[Doc] = [{"ip": "203.0.113.9"}, {"ip": "198.51.100.1"}, {"vpc": "vpc-1"}, {}]
        if endpoint is not None:
            some.append({"endpoint": endpoint.name})
        return Network(**self.pick(some))


SELDOM = {
    *("Region", "Marker", "NextToken", "ProviderId", "SerialNumber", "TokenCode", "Scope"),
    *(
        "ProvidedContexts",
        "MinimumSessionTokenSize",
        "ContextProvider",
        "IdentityCenterInstanceArn",
    ),
}
_NEW_NAMES = {
    *("InstanceProfileName", "ServerCertificateName", "VirtualMFADeviceName", "Bucket"),
    *("TableName", "FunctionName", "QueueName", "repositoryName", "RepositoryName"),
}


def _kind(resource: Any) -> str:
    """Return of which kind a resource is."""
    service = resource.service
    if service == "ec2":
        return "endpoint" if resource.name.startswith("vpce-") else "instance"
    return next((kind for kind, item in SERVICE_OF.items() if item == service), "other")


def _aws(walk: Walk) -> str:
    """Return the ARN of one of AWS's policies, seldom of one that there is not."""
    return f"arn:aws:iam::aws:policy/{walk.pick([*AWS_POLICIES, *AWS_POLICIES, 'none'])}"


def _endpoint(statement: Doc) -> Doc:
    return {**statement, "Principal": "*"}


ENCODED = re.compile(r"Encoded authorization failure message: (\S+)")
"""What a refusal of EC2 hands out to be decoded."""
