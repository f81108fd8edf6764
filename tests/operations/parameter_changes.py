"""Calls that differ in one parameter, by chance: in an account of IAM, and in organizations."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.api_models import Shape
from iamlab.operations.dispatch import perform
from iamlab.operations.registry import find
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.iam.key_material import (
    CERTIFICATE,
    LONG_CERTIFICATE,
    OTHER_PRIVATE_KEY,
    PRIVATE_KEY,
    SSH_KEY,
    metadata,
)
from tests.operations.iam.random_calls import GOOD, OWN, TRUST, Chance
from tests.operations.random_calls import WorldChance
from tests.operations.sts.sts_scene import EVERYTHING
from tests.policy.documents import allow, document
from tests.state_machine.policy_documents import RCP
from tests.state_machine.test_world import busy_world

Sent = dict[str, Any]
Draw = Callable[[str], tuple[Account, str, Sent]]
"""Draws the account, the caller and the parameters of an operation."""

PASSWORD = "Correct-Horse-1"
WITH_KEY = document(allow("s3:*", Condition={"StringEquals": {"aws:username": "a", "my:key": "1"}}))
CENTERS = [f"arn:aws:sso:::instance/ssoins-{digit * 16}" for digit in "12"]
HARDWARE = ("GAHT12345678", "GAHT12345679", "GAHT12345680", "GAHT12345681")
"""Serial numbers of MFA devices; the first two belong to a user."""

IDP = f"arn:aws:iam::{OWN}:oidc-provider"
VALUES: dict[str, list[Any]] = {
    "ActionNames": ["s3:GetObject", "s3:PutObject"],
    "AccountAlias": ["sky-maps", "star-maps"],
    "AuthenticationCode1": ["123456", "654321"],
    "AuthenticationCode2": ["123456", "654321"],
    "AWSServiceName": [f"{name}.amazonaws.com" for name in ("autoscaling", "lex", "guardduty")],
    "ClientID": ["one", "two", "three"],
    "ClientIDList": ["one", "two"],
    "ContextProvider": [{"SubjectSourceKey": "sub"}, {"SubjectSourceKey": "email"}],
    "CredentialAgeDays": [30, 90],
    "CustomSuffix": ["sky", "stars"],
    "IdentityCenterInstanceArn": CENTERS,
    "Marker": ["0", "1"],
    "MaxItems": [1],
    "MaxSessionDuration": [3600, 7200],
    "MaxSigninSessionDuration": [3600, 7200],
    "NewPassword": ["Third-Horse-3", "Fourth-Horse-4"],
    "NewPath": ["/", "/sky/"],
    "OldPassword": [PASSWORD, "Other-Horse-2"],
    "OpenIDConnectProviderArn": [f"{IDP}/{name}.example.com" for name in "ab"],
    "OrganizationsPolicyId": ["p-FullAWSAccess", "p-none1234"],
    "Password": ["Other-Horse-2", "Third-Horse-3"],
    "Path": ["/", "/sky/"],
    "PolicyArn": [f"arn:aws:iam::{OWN}:policy/{name}" for name in "abc"],
    "PolicyInputList": [GOOD, str(WITH_KEY).replace("'", '"')],
    "PrivateKey": [PRIVATE_KEY, OTHER_PRIVATE_KEY],
    "PolicySourceArn": [f"arn:aws:iam::{OWN}:user/{name}" for name in "abc"],
    "SAMLMetadataDocument": [metadata(), metadata("https://other.example/saml")],
    "SAMLProviderArn": [f"arn:aws:iam::{OWN}:saml-provider/{name}" for name in "ab"],
    "SerialNumber": [*HARDWARE, *(f"arn:aws:iam::{OWN}:mfa/{name}" for name in "ab")],
    "ServiceName": [f"{name}.amazonaws.com" for name in ("codecommit", "cassandra", "bedrock")],
    "TagKeys": ["a", "b"],
    "Url": ["https://c.example.com", "https://d.example.com"],
    "VersionId": ["v1", "v2"],
}
"""Parameter of IAM -> valid values."""


STARTS = {
    "AccessKeyId": "AKIA",
    "CertificateId": "[B-Z]",
    "SSHPublicKeyId": "APKA",
    "ServiceSpecificCredentialId": "ACCA",
}
"""Parameter -> how the ids of IAM begin that it can have."""


class ValidChance(Chance):
    """Draws calls of IAM that are mostly valid, by a user who can do everything."""

    def __init__(self, seed: int) -> None:
        account, self.caller = account_of_iam(seed)
        super().__init__(seed, account)

    def drawn(self, operation: str) -> tuple[Account, str, Sent]:
        """Draw the account, the caller and the parameters."""
        return self.account, self.caller, self.parameters(operation)

    def value(self, name: str, wanted: Shape) -> Any:
        """Draw a value of the table, or of the operation's model."""
        if name in VALUES and wanted.type != "list":
            return self.draw.choice(VALUES[name])
        return super().value(name, wanted)

    def text(self, name: str, wanted: Shape) -> str:
        """Draw a name of something that is there, or a new one."""
        if wanted.enum:
            return self.draw.choice(wanted.enum)
        if name == "Status":
            return self.draw.choice(["Active", "Inactive"])
        if name in STARTS:
            ids = [each for each in self.known_ids() if re.match(STARTS[name], each)]
            return self.draw.choice(ids)
        if name == "JobId":
            return self.draw.choice([*self.account.last_accessed_jobs])
        if name == "RemovePrivateKey":
            held = [each.private_keys for each in self.account.saml_providers.values()]
            return self.draw.choice([key for keys in held for key in keys])
        if name == "RoleName" and self.draw.random() < 0.3:
            return self.draw.choice(sorted(self.account.roles))
        if name.endswith("Name") or name in ("Key", "Value", "Description"):
            return self.draw.choice("abcdef")
        return super().text(name, wanted)


def new_key() -> str:
    """Make another public key for SSH."""
    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _things(name: str) -> list[tuple[str, Sent]]:
    """Return calls that create one of everything, with a name."""
    user, role = {"UserName": name}, {"RoleName": name}
    policy = {"PolicyArn": f"arn:aws:iam::{OWN}:policy/{name}"}
    inline = {"PolicyName": name, "PolicyDocument": GOOD}
    second = {"PolicyName": "b", "PolicyDocument": GOOD}
    read = {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    bound = {"PermissionsBoundary": policy["PolicyArn"]}
    context: Sent = {"ContextProvider": {"SubjectSourceKey": "sub"}}
    if name == "b":
        context["IdentityCenterInstanceArn"] = CENTERS[0]
    host, tags = f"{name}.example.com", [{"Key": key, "Value": name} for key in "ab"]
    document = {"PolicyDocument": str(WITH_KEY).replace("'", '"'), "SetAsDefault": name == "b"}
    every: list[tuple[str, Sent]] = [
        ("CreateUser", {**user, "Tags": tags}),
        ("CreateGroup", {"GroupName": name}),
        ("CreateRole", {**role, "AssumeRolePolicyDocument": TRUST, "Tags": tags}),
        ("CreatePolicy", {**inline, "Tags": tags}),
        ("CreatePolicyVersion", {**policy, **document}),
        ("CreateInstanceProfile", {"InstanceProfileName": name, "Tags": tags}),
        ("CreateInstanceProfile", {"InstanceProfileName": f"{name}2"}),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": name, **role}),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": f"{name}2", **role}),
        (
            "CreateSAMLProvider",
            {
                "Name": name,
                "SAMLMetadataDocument": metadata(),
                "AddPrivateKey": PRIVATE_KEY,
                "Tags": tags,
                **context,
            },
        ),
        (
            "CreateOpenIDConnectProvider",
            {"Url": f"https://{host}", "Tags": tags, "ClientIDList": ["one", "two"], **context},
        ),
        ("CreateVirtualMFADevice", {"VirtualMFADeviceName": name, "Tags": tags}),
        ("CreateLoginProfile", {**user, "Password": PASSWORD, "MaxSigninSessionDuration": 3600}),
        ("CreateAccessKey", user),
        ("CreateAccessKey", user),
        ("UploadSigningCertificate", {**user, "CertificateBody": CERTIFICATE}),
        ("UploadSigningCertificate", {**user, "CertificateBody": LONG_CERTIFICATE}),
        *[
            ("UploadSSHPublicKey", {**user, "SSHPublicKeyBody": key})
            for key in (SSH_KEY, new_key())
        ],
        ("PutUserPermissionsBoundary", {**user, **bound}),
        ("PutRolePermissionsBoundary", {**role, **bound}),
        (
            "UploadServerCertificate",
            {
                "ServerCertificateName": name,
                "CertificateBody": CERTIFICATE,
                "PrivateKey": PRIVATE_KEY,
                "Tags": tags,
            },
        ),
    ]
    for service, group in (("codecommit", "a"), ("cassandra", "b")):
        own = {**user, "ServiceName": f"{service}.amazonaws.com"}
        every += [("CreateServiceSpecificCredential", own)]
        every += [("AddUserToGroup", {**user, "GroupName": group})]
    for kind in ("User", "Group", "Role"):
        named = {f"{kind}Name": name}
        every += [(f"Put{kind}Policy", {**named, **each}) for each in (inline, second)]
        every += [(f"Attach{kind}Policy", {**named, **each}) for each in (policy, read)]
    return every


def _unused(name: str) -> list[tuple[str, Sent]]:
    """Return calls that create what nothing else needs, so that it can be deleted."""
    return [
        ("CreateUser", {"UserName": name}),
        ("CreateGroup", {"GroupName": name}),
        ("CreateRole", {"RoleName": name, "AssumeRolePolicyDocument": TRUST}),
        ("CreatePolicy", {"PolicyName": name, "PolicyDocument": GOOD}),
        ("CreateInstanceProfile", {"InstanceProfileName": name}),
    ]


def account_of_iam(seed: int) -> tuple[Account, str]:
    """Make an account with two of everything, and a user who can do everything."""
    account = World(seed=seed).create_account("main", account_id=OWN)
    organization = account.world.create_organization(account)
    organization.enable_aws_service_access("iam.amazonaws.com")
    for name in "ab":
        perform(account, "CreateGroup", GroupName=name)
    calls = [call for name in "ab" for call in _things(name) if call[0] != "CreateGroup"]
    calls += [call for name in "cd" for call in _unused(name)]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    for serial in HARDWARE[:2]:
        calls.append(("EnableMFADevice", {"UserName": "a", "SerialNumber": serial, **codes}))
    for service in ("elasticbeanstalk", "spot", "ecs", "batch"):
        calls.append(("CreateServiceLinkedRole", {"AWSServiceName": f"{service}.amazonaws.com"}))
    calls.append(("CreateAccountAlias", {"AccountAlias": "sky-maps"}))
    paths = [top := f"{organization.id}/{organization.root.id}", f"{top}/{OWN}"]
    for operation, parameters in calls:
        perform(account, operation, **parameters)
    for role in [each for each in account.roles.values() if each.path.startswith("/aws-")][:2]:
        perform(account, "DeleteServiceLinkedRole", RoleName=role.name)
    admin = account.create_user("admin")
    admin.put_policy("everything", EVERYTHING)
    admin.create_login_profile(PASSWORD)
    admin.create_access_key()
    for name in ("user/a", "user/b", "policy/a", "policy/b"):
        arn = f"arn:aws:iam::{OWN}:{name}"
        account.call("GenerateServiceLastAccessedDetails", admin, Arn=arn)
    for path in paths:
        account.call("GenerateOrganizationsAccessReport", admin, EntityPath=path)
    account.world.clock.advance(minutes=1)
    for job in account.last_accessed_jobs:
        with suppress(AwsError):  # of another kind
            account.call("GetServiceLastAccessedDetails", admin, JobId=job)
    return account, admin.arn


BAD = ("ValidationError", "ValidationException", "InvalidInput", "RequestError")
"""Errors that only show that a value isn't valid."""

Outcome = tuple[str, Any, World | None]


def outcome(account: Account, caller: Any, operation: str, sent: Sent) -> Outcome:
    """Call in a copy of the world; return how it ended, the answer, and the world afterwards."""
    world = account.world.copy()
    try:
        answer = world.accounts[account.account_id].call(operation, caller, **sent)
    except (AwsError, RequestError) as error:
        return getattr(error, "code", type(error).__name__), None, None
    return "done", repr(answer), world


def differs(before: Outcome, after: Outcome) -> bool:
    """Return whether two calls, of which one succeeds, ended in different ways."""
    if before[0] != after[0]:
        return "done" in (before[0], after[0]) and before[0] not in BAD and after[0] not in BAD
    if before[2] is None or after[2] is None:
        return False
    return bool(before[1] != after[1] or snapshot(before[2]) != snapshot(after[2]))


def without_effect(operations: Iterable[str], draw: Draw, tries: int) -> dict[str, set[str]]:
    """Return the parameters whose change has changed nothing, in so many tries of an operation."""
    found = {}
    for operation in operations:
        own = find(operation).signature
        left = {*own.parameters} - own.unmodelled
        for _ in range(tries):
            if not left:
                break
            account, caller, sent = draw(operation)
            others, before = draw(operation)[2], outcome(account, caller, operation, sent)
            for name in sorted(left & (sent.keys() | others.keys())):
                changed = {**sent, **({name: others[name]} if name in others else {})}
                if name not in others:
                    del changed[name]
                if differs(before, outcome(account, caller, operation, changed)):
                    left.discard(name)
        if left:
            found[operation] = left
    return found


def organizations(seed: int) -> World:
    """Make a world of organizations, with units and policies that can be deleted."""
    world = busy_world(seed)
    main = world.accounts[OWN]
    organization = main.organization
    assert organization is not None
    for name in ("One", "Two"):
        unit = organization.create_organizational_unit(name)
        made = organization.create_policy(name, document(allow("s3:*", "*")))
        for thing in (unit.id, made.id):
            tags = [{"Key": key, "Value": name} for key in ("team", "none")]
            main.call("organizations:TagResource", main.root, ResourceId=thing, Tags=tags)
    kind = {"RootId": organization.root.id, "PolicyType": RCP}
    main.call("organizations:DisablePolicyType", main.root, **kind)
    return world


class OrganizationChance(WorldChance):
    """Draws calls of root users, mostly that of the management account."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, organizations(seed))

    def drawn(self, operation: str) -> tuple[Account, str, Sent]:
        """Draw the account, the caller and the parameters."""
        entry = find(operation)
        account = self.account(entry, "")
        sent = self.parameters(entry, account)
        if "Filter" in sent and "Handshakes" in operation:
            kinds = ("INVITE", "ENABLE_ALL_FEATURES")
            sent["Filter"] = {"ActionType": self.draw.choice(kinds)}
        return account, account.root_arn, sent
