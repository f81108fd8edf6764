"""Everybody who can call STS, in one small organization, and a good call of every operation."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

from iamlab import World
from iamlab.engine.decision import Decision
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AwsError
from iamlab.operations.federation.oidc_issuer import OidcIssuer, create_issuer
from iamlab.operations.federation.saml_directory import SamlDirectory, create_directory
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from iamlab.world.identities import Role, User
from tests.policy.documents import document

MAIN, DEV = "111111111111", "222222222222"
IAM = "iam.amazonaws.com"
WORK, SHORT = f"arn:aws:iam::{MAIN}:role/work", f"arn:aws:iam::{MAIN}:role/short"
SAML, OIDC = f"arn:aws:iam::{MAIN}:saml-provider/AcmeAD", f"arn:aws:iam::{MAIN}:oidc-provider/id.io"
TASK = "arn:aws:iam::aws:policy/root-task/"
PHONE = f"arn:aws:iam::{MAIN}:mfa/phone"
EVERYTHING = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
PASSWORD = "Correct-Horse-1"
CALL = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"]


def trusting(*principals: str, actions: Any = CALL, **more: Any) -> dict[str, Any]:
    """Write a trust policy with principals and actions."""
    who = {"AWS": list(principals)}
    return document({"Effect": "Allow", "Principal": who, "Action": actions, **more})


def federated() -> dict[str, Any]:
    """Write a trust policy for the account itself, and for users of its two providers."""
    own = trusting(MAIN)["Statement"][0]
    provided = [
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": [action, "sts:TagSession", "sts:SetSourceIdentity"],
        }
        for provider, action in (
            (SAML, "sts:AssumeRoleWithSAML"),
            (OIDC, "sts:AssumeRoleWithWebIdentity"),
        )
    ]
    return document(own, *provided)


@dataclass(frozen=True)
class Scene:
    """The management account of an organization, with an administrator who has a key and a phone.

    Its roles ``work`` (12 hours at most) and ``short`` (one hour) let anybody of the account in.
    The member account ``dev`` administers IAM for the organization.
    """

    world: World
    main: Account
    dev: Account
    ana: User
    key: AccessKey
    phone: MfaDevice
    issuer: OidcIssuer
    directory: SamlDirectory

    @property
    def work(self) -> Role:
        """The role that may last 12 hours."""
        return self.main.roles["work"]

    @property
    def short(self) -> Role:
        """The role that may last one hour."""
        return self.main.roles["short"]

    def call(
        self, operation: str, caller: Any = None, *, region: str = "us-east-1", **arguments: Any
    ) -> dict[str, Any]:
        """Do a good call, with some parameters changed or (``...``) left out."""
        changed = {**GOOD[operation](self), **arguments}
        sent = {name: value for name, value in changed.items() if value is not ...}
        return self.world.sts.endpoint(region).call(operation, caller or self.key, **sent)

    def session(self, operation: str, caller: Any = None, **arguments: Any) -> Session:
        """Do a call, and give the session that it has made."""
        answer = self.call(operation, caller, **arguments)
        return Session(self.world, self.world.sessions[answer["Credentials"]["AccessKeyId"]])

    def assume(self, caller: Any, role: Role, **how: Any) -> Session:
        """Assume a role."""
        return self.world.sts.assume_role(
            caller, role_arn=role, **{"role_session_name": "s1", **how}
        )

    def can(self, caller: Any, action: str, resource: str = "*", **circumstances: Any) -> Decision:
        """Decide whether a principal can perform an action."""
        return self.world.can(caller, action, resource, **circumstances)


def made(seed: int = 7) -> Scene:
    """Make it, as a copy of what was made first: its keys and certificates take long."""
    first = _made(seed)
    world = first.world.copy()
    main, dev = world.accounts[MAIN], world.accounts[DEV]
    ana = main.users["ana"]
    key, phone = replace(first.key, user=ana), replace(first.phone, account=main)
    issuer, directory = (
        next(iter(own.values())) for own in (world.oidc_issuers, world.saml_directories)
    )
    return Scene(world, main, dev, ana, key, phone, issuer, directory)


@cache
def _made(seed: int) -> Scene:
    world = World(seed=seed)
    main = world.create_account("main", account_id=MAIN)
    organization = world.create_organization(main)
    dev = organization.create_account("dev", account_id=DEV)
    organization.enable_aws_service_access(IAM)
    organization.register_delegated_administrator(dev, IAM)
    organization.enable_organizations_root_credentials_management()
    organization.enable_organizations_root_sessions()
    main.enable_outbound_web_identity_federation()
    ana = main.create_user("ana")
    ana.put_policy("everything", EVERYTHING)
    ana.create_login_profile(PASSWORD)
    key = ana.create_access_key()
    phone = ana.create_virtual_mfa_device("phone")
    issuer = create_issuer(world, "https://id.io", audience="star-maps", algorithm="ES384")
    issuer.register(main)
    directory = create_directory(world)
    provider = directory.register(main)
    directory.map_group("astronomers", WORK, provider)
    directory.map_group("astronomers", SHORT, provider)
    directory.add_user("bob", groups=["astronomers"])
    for name, hours in (("work", 12), ("short", 1)):
        role = main.create_role(
            name, assume_role_policy_document=federated(), max_session_duration=3600 * hours
        )
        role.put_policy("everything", EVERYTHING)
    return Scene(world, main, dev, ana, key, phone, issuer, directory)


def administrator(account: Account) -> AccessKey:
    """Make a user who may do everything in an account, and give his key."""
    user = account.create_user("boss")
    user.put_policy("everything", EVERYTHING)
    return user.create_access_key()


def dumped(document_: Any = EVERYTHING) -> str:
    """Write a document as the API takes it."""
    return json.dumps(document_)


def with_mfa(scene: Scene) -> Session:
    """Trade keys and a code for a session."""
    if not scene.phone.is_enabled:
        scene.phone.enable()
    return scene.session("GetSessionToken", SerialNumber=PHONE, TokenCode=scene.phone.code())


def random_tags(count: int, size: int) -> dict[str, str]:
    """Make tags that no packing makes much smaller."""
    draw = Random(f"{count}/{size}")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return {f"k{number}": "".join(draw.choices(letters, k=size)) for number in range(count)}


def message(scene: Scene) -> str:
    """Let EC2 refuse somebody, and give the encoded part of what it says."""
    nobody = scene.main.users.get("nobody") or scene.main.create_user("nobody")
    sent = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    try:
        scene.main.call("ec2:RunInstances", nobody, **sent)
    except AwsError as error:
        return error.message.rpartition(" ")[2]
    raise AssertionError("EC2 did not refuse.")


Parameters = Callable[[Scene], dict[str, Any]]

GOOD: dict[str, Parameters] = {
    "AssumeRole": lambda _: {"RoleArn": WORK, "RoleSessionName": "s1"},
    "AssumeRoleWithSAML": lambda scene: {
        "RoleArn": WORK,
        "PrincipalArn": SAML,
        "SAMLAssertion": scene.directory.sign_in("bob"),
    },
    "AssumeRoleWithWebIdentity": lambda scene: {
        "RoleArn": WORK,
        "RoleSessionName": "s1",
        "WebIdentityToken": scene.issuer.token("carol1"),
    },
    "AssumeRoot": lambda _: {
        "TargetPrincipal": DEV,
        "TaskPolicyArn": {"arn": f"{TASK}S3UnlockBucketPolicy"},
    },
    "DecodeAuthorizationMessage": lambda scene: {"EncodedMessage": message(scene)},
    "GetAccessKeyInfo": lambda scene: {"AccessKeyId": scene.key.access_key_id},
    "GetCallerIdentity": lambda _: {},
    "GetDelegatedAccessToken": lambda _: {"TradeInToken": "token"},
    "GetFederationToken": lambda _: {"Name": "guest"},
    "GetScopedCredentials": lambda _: {"DurationSeconds": 900},
    "GetSessionToken": lambda _: {},
    "GetWebIdentityToken": lambda _: {"Audience": ["star-maps"], "SigningAlgorithm": "ES384"},
}
"""Operation -> parameters with which it succeeds, if its caller may."""

CALLERS: dict[str, Callable[[Scene], Any]] = {
    "a user": lambda scene: scene.ana,
    "a user's key": lambda scene: scene.key,
    "a user of a member account": lambda scene: administrator(scene.world.create_account("far")),
    "a user of the delegated administrator": lambda scene: administrator(scene.dev),
    "the root user": lambda scene: scene.main.root_arn,
    "the root user's key": lambda scene: scene.main.root.create_access_key(),
    "a role session": lambda scene: scene.session("AssumeRole"),
    "a chained role session": lambda scene: scene.assume(scene.session("AssumeRole"), scene.work),
    "a SAML session": lambda scene: scene.session("AssumeRoleWithSAML"),
    "a web identity session": lambda scene: scene.session("AssumeRoleWithWebIdentity"),
    "a GetSessionToken session": lambda scene: scene.session("GetSessionToken"),
    "a GetSessionToken session with MFA": with_mfa,
    "the root user's GetSessionToken session": lambda scene: scene.session(
        "GetSessionToken", scene.main.root_arn
    ),
    "a federated user": lambda scene: scene.session("GetFederationToken", Policy=dumped()),
    "the root user's federated user": lambda scene: scene.session(
        "GetFederationToken", scene.main.root_arn, Policy=dumped()
    ),
    "an AssumeRoot session": lambda scene: scene.session("AssumeRoot"),
    "a scoped role session": lambda scene: scene.session(
        "GetScopedCredentials", scene.session("AssumeRole")
    ),
    "a scoped GetSessionToken session": lambda scene: scene.session(
        "GetScopedCredentials", scene.session("GetSessionToken")
    ),
    "a scoped federated user": lambda scene: scene.session(
        "GetScopedCredentials", CALLERS["a federated user"](scene)
    ),
    "a console session": lambda scene: scene.world.sign_in(
        account="main", user="ana", password=PASSWORD
    ),
    "nobody": lambda _: ANONYMOUS,
}
"""Who can call."""
