"""Operations of IAM's API asked by chance: parameters of the API's own model, good and bad."""

import json
import random
import re
from typing import Any

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.api_models import Shape, shape, signature
from iamlab.operations.dispatch import perform
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.iam.key_material import CERTIFICATE, PRIVATE_KEY, SSH_KEY, metadata
from tests.policy.documents import allow, document

OWN = "111111111111"
NAMES = (*"aaaaaabcC", "x" * 65, "no good", "")
GOOD = json.dumps(document(allow("s3:GetObject", "*")))
FOR_ALL = json.dumps(document(allow("s3:*", "arn:aws:s3:::b/*", Principal="*")))
TRUST = json.dumps(
    document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
)
TEXTS = {
    "PolicyArn": [
        f"arn:aws:iam::{OWN}:policy/a",
        f"arn:aws:iam::{OWN}:policy/b",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::aws:policy/none-of-this-name",
    ],
    "PermissionsBoundary": [
        f"arn:aws:iam::{OWN}:policy/a",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ],
    "PolicyDocument": [GOOD, GOOD, "{", TRUST],
    "PolicyInputList": [GOOD, GOOD, GOOD, "{"],
    "PermissionsBoundaryPolicyInputList": [GOOD],
    "ServiceControlPolicyInputList": [GOOD],
    "ResourcePolicy": [FOR_ALL, GOOD],
    "ResourceArns": ["arn:aws:s3:::b/a", "arn:aws:s3:::b/b", "*"],
    "ResourceOwner": ["arn:aws:iam::222222222222:root", OWN],
    "ResourceHandlingOption": ["EC2-VPC-EBS"],
    "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:*"],
    "CallerArn": [f"arn:aws:iam::{OWN}:user/a", f"arn:aws:iam::{OWN}:root"],
    "ContextKeyName": ["aws:username", "my:key"],
    "ContextKeyValues": ["a", "1"],
    "PolicySourceArn": [
        f"arn:aws:iam::{OWN}:user/a",
        f"arn:aws:iam::{OWN}:group/a",
        f"arn:aws:iam::{OWN}:role/b",
    ],
    "AssumeRolePolicyDocument": [TRUST, TRUST, GOOD],
    "SerialNumber": [f"arn:aws:iam::{OWN}:mfa/a", "GAHT12345678"],
    "AuthenticationCode1": ["123456", "12345"],
    "AuthenticationCode2": ["654321", "123456"],
    "Password": ["Correct-Horse-1", "Other-Horse-2", "weak"],
    "OldPassword": ["Correct-Horse-1", "wrong"],
    "NewPassword": ["Third-Horse-3", "weak"],
    "AccountAlias": ["sky-maps", "No-Good"],
    "AWSServiceName": ["elasticbeanstalk.amazonaws.com", "lex.amazonaws.com", "nothing"],
    "CustomSuffix": ["sky"],
    "ServiceName": ["codecommit.amazonaws.com", "cassandra.amazonaws.com", "none"],
    "ServiceNamespaces": ["s3", "iam"],
    "ServiceNamespace": ["s3", "iam", "none"],
    "SAMLMetadataDocument": [metadata(), "<" * 1500],
    "SAMLProviderArn": [f"arn:aws:iam::{OWN}:saml-provider/a"],
    "Url": ["https://idp.example.com", "http://no"],
    "ClientIDList": ["sts.amazonaws.com", "another"],
    "ClientID": ["sts.amazonaws.com", "another"],
    "OpenIDConnectProviderArn": [f"arn:aws:iam::{OWN}:oidc-provider/idp.example.com"],
    "ThumbprintList": ["a" * 40, "0" * 40],
    "CertificateBody": [CERTIFICATE, "no"],
    "CertificateChain": [CERTIFICATE],
    "PrivateKey": [PRIVATE_KEY, "no"],
    "AddPrivateKey": [PRIVATE_KEY],
    "SSHPublicKeyBody": [SSH_KEY, "no"],
    "GlobalEndpointTokenVersion": ["v1Token", "v2Token"],
    "Arn": [f"arn:aws:iam::{OWN}:user/a", f"arn:aws:iam::{OWN}:role/a"],
    "Path": ["/", "/sky/", "sky", "/" * 600],
    "PathPrefix": ["/", "/sky/"],
    "VersionId": ["v1", "v2", "v7", "latest"],
    "Marker": ["0", "1", "99", "x"],
    "Description": ["", "of maps", "é\u2713"],
}


class Chance:
    """Draws parameters for an operation."""

    def __init__(self, seed: int, account: Account) -> None:
        self.draw, self.account = random.Random(seed), account

    def known_ids(self) -> list[str]:
        """All ids that are in the account, of whatever."""
        text = repr(snapshot(self.account.world))
        return sorted(set(re.findall(r"'([A-Z0-9]{16,}|task/[^']+)'", text)))

    def paths(self) -> list[str]:
        """Paths of organizations: of the account's own, if it is in one, and of another."""
        own = self.account.organization
        return ["o-a1b2c3d4e5/r-f6g7", *([f"{own.id}/{own.root.id}"] * 3 if own else [])]

    def parameters(self, operation: str) -> dict[str, Any]:
        """Some parameters, mostly with all that must be there."""
        known = signature(operation)
        found = {}
        for name, of in known.parameters.items():
            wanted = name in known.required
            if self.draw.random() < (0.97 if wanted else 0.25):
                found[name] = self.value(name, shape(of))
        return found

    def value(self, name: str, wanted: Shape) -> Any:
        """A value of a shape, good or bad."""
        if self.draw.random() < 0.02:
            return self.draw.choice([5, [], {}, "\0", True])
        makers = {
            "string": lambda: self.text(name, wanted),
            "integer": lambda: self.draw.choice([1, 3600, 900, 43_200, 10, 0, -1, 10**6]),
            "boolean": lambda: self.draw.random() < 0.5,
            "list": lambda: [
                self.value(name, shape(wanted.member)) for _ in range(self.draw.randrange(3))
            ],
            "structure": lambda: {part: self.value(part, shape(of)) for part, of in wanted.members},
            "map": lambda: {"RoleManager/Enabled": self.draw.choice(["true", "false", "no"])},
            "timestamp": lambda: None,
            "blob": lambda: b"x",
        }
        return makers[wanted.type]()

    def text(self, name: str, wanted: Shape) -> str:
        """A text that fits, or nearly does."""
        if wanted.enum:
            return self.draw.choice([*wanted.enum, "None of these"])
        if name == "JobId":
            return self.draw.choice([*self.account.last_accessed_jobs, "0" * 36])
        if name == "EntityPath":
            return self.draw.choice(self.paths())
        if name.endswith("Id") and name != "VersionId":
            return self.draw.choice(self.known_ids() or ["AKIANOBODYS0EXAMPLE"])
        return self.draw.choice(TEXTS.get(name) or NAMES)


def outcome(account: Account, operation: str, arguments: dict[str, Any]) -> str:
    """Do it, and say how it ended; a failure must have left everything as it was."""
    before, made = snapshot(account.world), account.world.ids.made
    ended = "done"
    try:
        perform(account, operation, **arguments)
    except (AwsError, RequestError) as error:
        ended = type(error).__name__
    if ended != "done":
        assert snapshot(account.world) == before, (operation, arguments, ended)
        assert account.world.ids.made == made, (operation, arguments, ended)
    return ended


def start(seed: int) -> Account:
    """A small account, whose organization IAM may work in."""
    account = World(seed=seed).create_account("main", account_id=OWN)
    account.create_user("a").enable_mfa_device("GAHT12345678", "123456", "654321")
    account.create_group("a").add_user("a")
    account.create_role("a", assume_role_policy_document=TRUST)
    account.create_policy("a", GOOD)
    account.world.create_organization(account).enable_aws_service_access("iam.amazonaws.com")
    return account
