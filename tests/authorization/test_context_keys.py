"""The context of a request, proved key by key: each is there exactly when the table says so.

``policy/global_keys.toml`` says in words when a request has a key. Here each sentence is a question
about a situation, and in each of many situations each key must be there just then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from iamlab import ANONYMOUS, World
from iamlab.authorization.context_keys import (
    CALL_KEYS,
    CALLER_KEYS,
    ENDPOINT_KEYS,
    RESOURCE_KEYS,
)
from iamlab.engine.decision import Decision
from iamlab.errors import AccessDenied, RequestError
from iamlab.model.network_locations import INSIDE, SOMEWHERE, Network
from iamlab.operations.federation.oidc_issuer import create_issuer
from iamlab.operations.federation.saml_directory import create_directory
from iamlab.policy import condition_keys
from iamlab.policy.catalog import expand, services
from iamlab.policy.condition_keys import GLOBAL_KEYS, GlobalKey
from iamlab.world.account import Account
from tests.policy.documents import allow, document, trust
from tests.rows import each_row

when = SimpleNamespace(**condition_keys._WHEN)
"""The sentences that say when a request has a key, by their names in the table."""

MAIN, DATA, FOREIGN = "111111111111", "222222222222", "333333333333"
MAPS = "arn:aws:s3:::star-maps/m31.fits"
FOREIGN_MAPS = "arn:aws:s3:::foreign-maps/m31.fits"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{MAIN}:trail/all"
ATHENA = "athena.amazonaws.com"
WEB = trust({"Service": "ec2.amazonaws.com"})
GLUE, JOB = "glue.amazonaws.com", f"arn:aws:glue:us-east-1:{MAIN}:job/nightly"
PROJECT = f"arn:aws:codebuild:us-east-1:{MAIN}:project/site"
NODE = f"arn:aws:ssm:us-east-1:{MAIN}:managed-instance/mi-07"


@dataclass
class Stage:
    """A management account, a member and a stranger; people, buckets, an instance, endpoints."""

    world: World = field(default_factory=lambda: World(seed=5))

    def __post_init__(self) -> None:
        world = self.world
        self.main = world.create_account("main", account_id=MAIN)
        self.data = world.create_account("data", account_id=DATA)
        self.foreign = world.create_account("foreign", account_id=FOREIGN)
        self.organization = world.create_organization(management_account=self.main)
        self.unit = self.organization.create_organizational_unit("Data")
        self.organization.invite_account(self.data).accept()
        self.organization.move_account(self.data, self.unit)
        self.ana = self.main.create_user("ana")
        self.tagged = self.main.create_user("tess", tags={"team": "sky"})
        self.zoe = self.foreign.create_user("zoe")
        for caller in (self.ana, self.tagged, self.zoe):
            caller.create_login_profile("Correct-Horse-1")
        self.role = self.main.create_role("web", assume_role_policy_document=WEB)
        self.main.create_instance_profile("web").add_role("web")
        self.plain = self.main.create_role(
            "plain", assume_role_policy_document=trust({"AWS": self.ana.arn})
        )
        self.data.create_bucket("star-maps")
        self.foreign.create_bucket("foreign-maps")
        self.queue = self.data.create_queue("jobs", tags={"team": "sky"})
        self.endpoint = self.data.create_vpc_endpoint(
            service_name="com.amazonaws.us-east-1.s3", vpc_id="vpc-data"
        )
        self.strange_endpoint = self.foreign.create_vpc_endpoint(
            service_name="com.amazonaws.us-east-1.s3", vpc_id="vpc-foreign"
        )

    def can(self, caller: Any, resource: str = MAPS, **circumstances: Any) -> Decision:
        """Ask for an object, or for whatever is named."""
        action = "sqs:SendMessage" if ":sqs:" in resource else "s3:GetObject"
        return self.world.can(caller, action, resource, **circumstances)

    def saml_session(self) -> Any:
        """A session of a user of a SAML provider."""
        directory = create_directory(self.world)
        provider = directory.register(self.main)
        federated = {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": "sts:AssumeRoleWithSAML",
        }
        role = self.main.create_role("scientist", assume_role_policy_document=document(federated))
        directory.add_user("ana", groups=["science"])
        directory.map_group("science", role.arn, provider.arn)
        return self.world.sts.assume_role_with_saml(
            role_arn=role, principal_arn=provider, saml_assertion=directory.sign_in("ana")
        )

    def session(self) -> Any:
        """A session of a role, without MFA."""
        return self.world.sts.assume_role(
            self.ana, role_arn=self.plain.arn, role_session_name="ana"
        )

    def instance_session(self) -> Any:
        """What an instance calls with."""
        instance = self.main.create_instance(instance_profile="web", vpc_id="vpc-main")
        return instance.role_session()

    def service_session(self, service: str, source: str | None = None) -> Any:
        """What a service works with, or lets code work with."""
        role = self.main.create_role(
            "work", assume_role_policy_document=trust({"Service": service})
        )
        return self.world.sts.assume_role_as_service(service, role_arn=role, source_arn=source)

    def function_session(self) -> Any:
        """What the code of a function calls with."""
        role = self.main.create_role(
            "worker", assume_role_policy_document=trust({"Service": "lambda.amazonaws.com"})
        )
        return self.main.create_function("resize", role=role).role_session()

    def root_session(self) -> Any:
        """A session of AssumeRoot, in the member account."""
        self.organization.enable_aws_service_access("iam.amazonaws.com")
        self.main.call("EnableOrganizationsRootSessions", self.main.root)
        admin = self.main.create_user("admin")
        admin.put_policy("root", document(allow("sts:AssumeRoot")))
        return self.world.sts.assume_root(
            admin,
            target_principal=self.data,
            task_policy_arn="arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
        )

    def federated_session(self) -> Any:
        """A session of a user of an OIDC provider."""
        issuer = create_issuer(self.world, "https://id.acme.example", algorithm="ES384")
        provider = issuer.register(self.main)
        federated = {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"id.acme.example:sub": "ana"}},
        }
        role = self.main.create_role("guest", assume_role_policy_document=document(federated))
        return self.world.sts.assume_role_with_web_identity(
            role_arn=role, role_session_name="ana", web_identity_token=issuer.token("ana")
        )

    def session_with_source_identity(self) -> Any:
        """A session of a role that says who is behind it."""
        named = trust({"AWS": self.ana.arn})["Statement"][0]
        named["Action"] = ["sts:AssumeRole", "sts:SetSourceIdentity"]
        role = self.main.create_role("named", assume_role_policy_document=document(named))
        self.ana.put_policy("say", document(allow("sts:SetSourceIdentity")))
        return self.world.sts.assume_role(
            self.ana, role_arn=role, role_session_name="s1", source_identity="ana-acme"
        )

    def console(self, *, mfa: bool) -> Any:
        """A session in the console."""
        code = None
        if mfa:
            phone = self.ana.create_virtual_mfa_device("phone")
            phone.enable()
            self.world.clock.advance(minutes=2)
            code = phone.code()
        session = self.world.sign_in(
            account="main", user="ana", password="Correct-Horse-1", mfa_code=code
        )
        self.world.clock.advance(minutes=3)
        return session


@dataclass(frozen=True)
class Case:
    """A situation: how it comes about, and what is true of it."""

    ask: Callable[[Stage], Decision]
    facts: frozenset[str]


def case(facts: str, ask: Callable[[Stage], Decision]) -> Case:
    """Name what is true of a situation."""
    return Case(ask, frozenset(facts.split()))


PERSON = "principal signed in_org resource_in_org network"
CASES = {
    "a user": case(f"{PERSON} user", lambda s: s.can(s.ana)),
    "a user with an access key": case(f"{PERSON} user", lambda s: s.can(s.ana.create_access_key())),
    "a user with tags": case(f"{PERSON} user tagged", lambda s: s.can(s.tagged)),
    "a user of no organization": case(
        "principal signed user resource_in_org network", lambda s: s.can(s.zoe)
    ),
    "a resource of no organization": case(
        "principal signed in_org user network", lambda s: s.can(s.ana, FOREIGN_MAPS)
    ),
    "a resource with tags": case(
        f"{PERSON} user resource_tagged", lambda s: s.can(s.ana, s.queue.arn)
    ),
    "some session of a role": case(f"{PERSON} temporary", lambda s: s.can(s.plain)),
    "a session of a role": case(f"{PERSON} temporary", lambda s: s.can(s.session())),
    "an instance": case(f"{PERSON} temporary instance", lambda s: s.can(s.instance_session())),
    "a function": case(f"{PERSON} temporary function", lambda s: s.can(s.function_session())),
    "a function for which a service calls": case(
        f"{PERSON} temporary function forwarded", lambda s: s.can(s.function_session(), via=ATHENA)
    ),
    "a job of Glue": case(
        f"{PERSON} temporary glue_job", lambda s: s.can(s.service_session(GLUE, JOB))
    ),
    "Glue itself": case(f"{PERSON} temporary glue", lambda s: s.can(s.service_session(GLUE))),
    "a build": case(
        f"{PERSON} temporary build",
        lambda s: s.can(s.service_session("codebuild.amazonaws.com", PROJECT)),
    ),
    "a managed node": case(
        f"{PERSON} temporary node", lambda s: s.can(s.service_session("ssm.amazonaws.com", NODE))
    ),
    "a task of ECS": case(
        f"{PERSON} temporary", lambda s: s.can(s.service_session("ecs-tasks.amazonaws.com"))
    ),
    "a session of AssumeRoot": case(
        f"{PERSON} temporary assumed_root",
        lambda s: s.world.can(s.root_session(), "s3:GetBucketPolicy", "arn:aws:s3:::star-maps"),
    ),
    "a session of somebody known elsewhere": case(
        f"{PERSON} temporary federated without_mfa", lambda s: s.can(s.federated_session())
    ),
    "a session of SAML": case(f"{PERSON} temporary without_mfa", lambda s: s.can(s.saml_session())),
    "a session of OIDC for which a service calls": case(
        f"{PERSON} temporary federated without_mfa forwarded",
        lambda s: s.can(s.federated_session(), via=ATHENA),
    ),
    "a session with a source identity": case(
        f"{PERSON} temporary source_identity", lambda s: s.can(s.session_with_source_identity())
    ),
    "the console": case(f"{PERSON} user temporary", lambda s: s.can(s.console(mfa=False))),
    "the console with MFA": case(
        f"{PERSON} user temporary mfa", lambda s: s.can(s.console(mfa=True))
    ),
    "a root user": case(PERSON, lambda s: s.can(s.main.root_arn)),
    "nobody": case("principal resource_in_org network", lambda s: s.can(ANONYMOUS)),
    "a service that says for what": case(
        "signed service sent source_in_org resource_in_org",
        lambda s: s.can("cloudtrail.amazonaws.com", source_arn=TRAIL),
    ),
    "a service that calls for a stranger": case(
        "signed service sent resource_in_org",
        lambda s: s.can("cloudtrail.amazonaws.com", source_arn=TRAIL.replace(MAIN, FOREIGN)),
    ),
    "a service that says nothing": case(
        "signed service resource_in_org", lambda s: s.can("cloudtrail.amazonaws.com")
    ),
    "a service that sends nothing": case(
        "signed service resource_in_org", lambda s: s.can("ec2.amazonaws.com", source_arn=TRAIL)
    ),
    "a call through an endpoint": case(
        "principal signed in_org resource_in_org user endpoint endpoint_in_org",
        lambda s: s.can(s.ana, network=Network(endpoint=s.endpoint.arn)),
    ),
    "a call from a VPC with an endpoint": case(
        "principal signed in_org resource_in_org user endpoint endpoint_in_org",
        lambda s: s.can(s.ana, network=Network(ip="10.0.0.7", vpc="vpc-data")),
    ),
    "a call through a stranger's endpoint": case(
        "principal signed in_org resource_in_org user endpoint",
        lambda s: s.can(s.ana, network=Network(endpoint=s.strange_endpoint.name)),
    ),
    "a call that an endpoint is not for": case(
        f"{PERSON} user resource_tagged",
        lambda s: s.can(s.ana, s.queue.arn, network=Network(endpoint=s.endpoint.arn)),
    ),
    "a call from a VPC without endpoints": case(
        f"{PERSON} user", lambda s: s.can(s.ana, network=Network(ip="10.0.0.7", vpc="vpc-none"))
    ),
    "a call that a service makes for a user": case(
        f"{PERSON} user forwarded", lambda s: s.can(s.ana, via=ATHENA)
    ),
    "a call that a service makes for who used MFA": case(
        f"{PERSON} user temporary forwarded", lambda s: s.can(s.console(mfa=True), via=ATHENA)
    ),
    "a call that sends tags": case(
        f"{PERSON} user sends_tags", lambda s: s.can(s.ana, request_tags={"team": "sky"})
    ),
}

# What each of the table's sentences asks of a situation.
ASKED: dict[str, Callable[[frozenset[str]], bool]] = {
    when.EVERY: lambda _: True,
    when.SIGNED: lambda facts: "signed" in facts,
    when.ANY_PRINCIPAL: lambda facts: "principal" in facts,
    when.ANY_IDENTITY: lambda facts: {"principal", "signed"} <= facts,
    when.ORGANIZATION: lambda facts: "in_org" in facts,
    when.PRINCIPAL_TAG: lambda facts: "tagged" in facts,
    when.USER: lambda facts: "user" in facts,
    when.SERVICE: lambda facts: "service" in facts,
    when.SENT_BY_SERVICE: lambda facts: "sent" in facts,
    when.SOURCE_IN_ORGANIZATION: lambda facts: "source_in_org" in facts,
    when.TEMPORARY: lambda facts: "temporary" in facts,
    when.MAYBE_MFA: lambda facts: (
        bool({"temporary", "forwarded"} & facts) and "without_mfa" not in facts
    ),
    when.MFA: lambda facts: "mfa" in facts,
    when.INSTANCE: lambda facts: "instance" in facts,
    when.FUNCTION: lambda facts: "function" in facts,
    when.GLUE_JOB: lambda facts: "glue_job" in facts,
    when.GLUE: lambda facts: "glue" in facts,
    when.BUILD: lambda facts: "build" in facts,
    when.NODE: lambda facts: "node" in facts,
    when.ASSUMED_ROOT: lambda facts: "assumed_root" in facts,
    when.FEDERATED: lambda facts: "federated" in facts,
    when.SOURCE_IDENTITY: lambda facts: "source_identity" in facts,
    when.NO_ENDPOINT: lambda facts: "network" in facts,
    when.ENDPOINT: lambda facts: "endpoint" in facts,
    when.SUPPORTED_ENDPOINT: lambda facts: "endpoint" in facts,
    when.ENDPOINT_IN_ORGANIZATION: lambda facts: "endpoint_in_org" in facts,
    when.RESOURCE: lambda _: True,
    when.RESOURCE_IN_ORGANIZATION: lambda facts: "resource_in_org" in facts,
    when.RESOURCE_TAG: lambda facts: "resource_tagged" in facts,
    when.REQUEST_TAG: lambda facts: "sends_tags" in facts,
    when.REQUEST_TAGS: lambda facts: "sends_tags" in facts,
    when.FORWARDED: lambda facts: "forwarded" in facts,
    when.AGENT: lambda _: True,
}

# What the world cannot know, and why: no request has them unless somebody gives them by hand.
UNKNOWN = {
    when.WORKFORCE: "no IAM Identity Center here",
    when.CHAT: "no chat applications here",
    when.BROWSER: "no browsers here; a caller writes it as he likes",
    when.AGENTS: "what they hold is not settled in AWS's pages",
    when.SIGN_IN: "no aws login here",
    when.PROPAGATED: "no trusted identity propagation here",
}


def known(key: GlobalKey) -> bool:
    """Return whether the world can know a key."""
    return key.present not in UNKNOWN


def present(key: str, decision: Decision) -> bool:
    """Return whether a request has a key, or one that begins so."""
    keys = decision.request.keys
    lower = key.lower()
    return any(item.startswith(lower) for item in keys) if key.endswith("/") else lower in keys


@pytest.mark.parametrize("name", CASES)
def test_each_key_is_there_exactly_when_the_table_says_so(name: str) -> None:
    """In every situation, key by key."""
    situation = CASES[name]

    decision = situation.ask(Stage())

    wanted = {
        key.name: known(key) and ASKED[key.present](situation.facts) for key in GLOBAL_KEYS.values()
    }
    found = {key: present(key, decision) for key in wanted}
    assert {key: there for key, there in found.items() if there != wanted[key]} == {}


def test_each_sentence_of_the_table_is_asked_or_explained() -> None:
    """None is forgotten, and each is true somewhere and false elsewhere unless it is always so."""
    sentences = {key.present for key in GLOBAL_KEYS.values()}

    assert sentences == ASKED.keys() | UNKNOWN.keys()
    for sentence, ask in ASKED.items():
        answers = {ask(item.facts) for item in CASES.values()}
        always = sentence in (when.EVERY, when.RESOURCE, when.AGENT)
        assert answers == ({True} if always else {True, False}), sentence


def test_the_world_fills_no_key_that_the_table_does_not_know() -> None:
    """Beside what two services add."""
    filled = {*CALLER_KEYS, *RESOURCE_KEYS, *CALL_KEYS, *ENDPOINT_KEYS}

    own = {
        *("s3:ResourceAccount", "s3:authType", "s3:signatureversion"),
        *("kms:CallerAccount", "kms:ViaService"),
    }
    assert {key.lower() for key in filled - own} <= GLOBAL_KEYS.keys()


# Situation and key -> what it holds there.
VALUES: list[tuple[str, str, Callable[[Stage], Any]]] = [
    ("a user", "aws:PrincipalArn", lambda s: s.ana.arn),
    ("a user", "aws:PrincipalAccount", lambda _: MAIN),
    ("a user", "aws:PrincipalOrgID", lambda s: s.organization.id),
    ("a user", "aws:PrincipalOrgPaths", lambda s: f"{s.organization.id}/{s.organization.root.id}/"),
    ("a user", "aws:PrincipalType", lambda _: "User"),
    ("a user", "aws:PrincipalIsAWSService", lambda _: "false"),
    ("a user", "aws:userid", lambda s: s.ana.unique_id),
    ("a user", "aws:username", lambda _: "ana"),
    ("a user", "aws:SourceIp", lambda _: SOMEWHERE),
    ("a user", "aws:SecureTransport", lambda _: "true"),
    ("a user", "aws:ViaAWSService", lambda _: "false"),
    ("a user", "aws:RequestedRegion", lambda _: "us-east-1"),
    ("a user", "aws:CurrentTime", lambda _: "2026-11-25T09:00:00Z"),
    ("a user", "aws:EpochTime", lambda _: "1795597200"),
    ("a user", "aws:ResourceAccount", lambda _: DATA),
    ("a user", "s3:ResourceAccount", lambda _: DATA),
    ("a user", "aws:ResourceOrgID", lambda s: s.organization.id),
    (
        "a user",
        "aws:ResourceOrgPaths",
        lambda s: f"{s.organization.id}/{s.organization.root.id}/{s.unit.id}/",
    ),
    ("a user with tags", "aws:PrincipalTag/team", lambda _: "sky"),
    ("a resource with tags", "aws:ResourceTag/team", lambda _: "sky"),
    ("a session of a role", "aws:PrincipalArn", lambda s: s.plain.arn),
    ("a session of a role", "aws:userid", lambda s: f"{s.plain.unique_id}:ana"),
    ("a session of a role", "aws:PrincipalType", lambda _: "AssumedRole"),
    ("a session of a role", "aws:TokenIssueTime", lambda _: "2026-11-25T09:00:00Z"),
    ("a session of a role", "aws:MultiFactorAuthPresent", lambda _: "false"),
    ("an instance", "aws:Ec2InstanceSourceVpc", lambda _: "vpc-main"),
    ("an instance", "ec2:RoleDelivery", lambda _: "2.0"),
    (
        "a function",
        "lambda:SourceFunctionArn",
        lambda _: f"arn:aws:lambda:us-east-1:{MAIN}:function:resize",
    ),
    ("a job of Glue", "glue:CredentialIssuingService", lambda _: GLUE),
    ("Glue itself", "glue:RoleAssumedBy", lambda _: GLUE),
    ("a build", "codebuild:ProjectArn", lambda _: PROJECT),
    ("a managed node", "ssm:SourceInstanceArn", lambda _: NODE),
    ("a session of AssumeRoot", "aws:AssumedRoot", lambda _: "true"),
    ("a session of AssumeRoot", "aws:PrincipalArn", lambda s: s.data.root_arn),
    (
        "a session of somebody known elsewhere",
        "aws:FederatedProvider",
        lambda _: f"arn:aws:iam::{MAIN}:oidc-provider/id.acme.example",
    ),
    ("a session with a source identity", "aws:SourceIdentity", lambda _: "ana-acme"),
    ("the console", "aws:MultiFactorAuthPresent", lambda _: "false"),
    ("the console with MFA", "aws:MultiFactorAuthPresent", lambda _: "true"),
    ("the console with MFA", "aws:MultiFactorAuthAge", lambda _: "180"),
    ("a root user", "aws:PrincipalArn", lambda s: s.main.root_arn),
    ("a root user", "aws:PrincipalType", lambda _: "Account"),
    ("a root user", "aws:userid", lambda _: MAIN),
    ("nobody", "aws:PrincipalType", lambda _: "Anonymous"),
    ("nobody", "aws:userid", lambda _: "anonymous"),
    ("nobody", "aws:PrincipalAccount", lambda _: "anonymous"),
    ("a service that says for what", "aws:PrincipalIsAWSService", lambda _: "true"),
    ("a service that says for what", "aws:SourceArn", lambda _: TRAIL),
    ("a service that says for what", "aws:SourceAccount", lambda _: MAIN),
    ("a service that says for what", "aws:SourceOrgID", lambda s: s.organization.id),
    (
        "a service that says for what",
        "aws:PrincipalServiceName",
        lambda _: "cloudtrail.amazonaws.com",
    ),
    ("a call through an endpoint", "aws:SourceVpce", lambda s: s.endpoint.name),
    ("a call through an endpoint", "aws:SourceVpc", lambda _: "vpc-data"),
    ("a call through an endpoint", "aws:VpcSourceIp", lambda _: INSIDE),
    (
        "a call through an endpoint",
        "aws:SourceVpcArn",
        lambda _: f"arn:aws:ec2:us-east-1:{DATA}:vpc/vpc-data",
    ),
    ("a call through an endpoint", "aws:VpceAccount", lambda _: DATA),
    ("a call through an endpoint", "aws:VpceOrgID", lambda s: s.organization.id),
    ("a call from a VPC with an endpoint", "aws:VpcSourceIp", lambda _: "10.0.0.7"),
    ("a call from a VPC without endpoints", "aws:SourceIp", lambda _: SOMEWHERE),
    ("a call that a service makes for a user", "aws:CalledVia", lambda _: ATHENA),
    ("a call that a service makes for a user", "aws:CalledViaFirst", lambda _: ATHENA),
    ("a call that a service makes for a user", "aws:ViaAWSService", lambda _: "true"),
    ("a call that a service makes for a user", "aws:SourceIp", lambda _: SOMEWHERE),
    (
        "a call that a service makes for who used MFA",
        "aws:MultiFactorAuthPresent",
        lambda _: "false",
    ),
    ("a call that sends tags", "aws:RequestTag/team", lambda _: "sky"),
    ("a call that sends tags", "aws:TagKeys", lambda _: "team"),
]


@each_row(("name", "key", "value"), VALUES, ids=[f"{n}: {k}" for n, k, _ in VALUES])
def test_a_key_holds_what_aws_writes_there(
    name: str, key: str, value: Callable[[Stage], Any]
) -> None:
    """One value for each key, at least."""
    stage = Stage()

    assert CASES[name].ask(stage).request.values(key) == (value(stage),)


def test_a_value_is_known_of_every_key_that_the_world_fills() -> None:
    """So none of them is left out of the table above."""
    tried = {key.lower().partition("/")[0] for _, key, _ in VALUES}
    filled = {*CALLER_KEYS, *RESOURCE_KEYS, *CALL_KEYS, *ENDPOINT_KEYS}
    alike = {
        "aws:useragent": "told by AGENT",
        "aws:principalservicenameslist": "the list of the name",
        "aws:vpceorgpaths": "as aws:PrincipalOrgPaths",
        "aws:sourceorgpaths": "as aws:PrincipalOrgPaths",
        "aws:calledvialast": "as aws:CalledViaFirst",
        "kms:calleraccount": "test_a_key_is_used_through_a_service",
        "kms:viaservice": "test_a_key_is_used_through_a_service",
        "s3:authtype": "test_how_a_request_to_s3_is_signed",
        "s3:signatureversion": "test_how_a_request_to_s3_is_signed",
    }

    assert {key.lower().rstrip("/") for key in filled} - tried == alike.keys()


def test_a_key_is_used_through_a_service() -> None:
    """KMS sees which principal, and through which service in which Region."""
    stage = Stage()
    key = f"arn:aws:kms:eu-west-1:{DATA}:key/k1"

    direct = stage.world.can(stage.ana, "kms:Decrypt", key).request
    through = stage.world.can(stage.ana, "kms:Decrypt", key, via="s3.amazonaws.com").request

    assert direct.values("kms:ViaService") is None
    assert stage.can(stage.ana).request.values("kms:CallerAccount") is None
    assert stage.can(ANONYMOUS).request.values("kms:CallerAccount") is None
    assert through.values("kms:ViaService") == ("s3.eu-west-1.amazonaws.com",)
    assert through.values("kms:CallerAccount") == (MAIN,)


def test_how_a_request_to_s3_is_signed() -> None:
    """In a header, unless nobody signs it; and no other service sees it."""
    stage = Stage()
    signed = stage.world.can(stage.ana, "s3:GetObject", MAPS).request
    unsigned = stage.world.can(ANONYMOUS, "s3:GetObject", MAPS).request
    elsewhere = stage.world.can(stage.ana, "sqs:SendMessage", "*").request
    seen = [
        (request.value("s3:authType"), request.value("s3:signatureversion"))
        for request in (signed, unsigned, elsewhere)
    ]

    assert seen == [("REST-HEADER", "AWS4-HMAC-SHA256"), (None, None), (None, None)]


def test_a_forwarded_call_keeps_only_the_public_address() -> None:
    """The VPC of the first request isn't preserved, says the page of the global keys."""
    stage = Stage()
    stage.data.create_vpc_endpoint(service_name="com.amazonaws.us-east-1.athena", vpc_id="vpc-data")
    of_vpc = ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount")

    def keys(network: Network, **circumstances: Any) -> list[str]:
        decision = stage.can(stage.ana, network=network, **circumstances)
        every = ("aws:SourceIp", *of_vpc, "aws:SourceVpcArn", "aws:VpceOrgID", "aws:VpceOrgPaths")
        return [key for key in every if present(key, decision)]

    assert keys(Network(ip="198.51.100.7"), via=ATHENA) == ["aws:SourceIp"]
    # The user calls Athena through its endpoint, and Athena calls S3 through none.
    assert keys(Network(vpc="vpc-data"), via=ATHENA) == []
    # The endpoint is for S3, which the user doesn't call: the way to Athena is the internet.
    assert keys(Network(endpoint=stage.endpoint.arn), via=ATHENA) == ["aws:SourceIp"]
    assert len(keys(Network(endpoint=stage.endpoint.arn))) == 7


def test_a_forwarded_call_does_not_pass_the_callers_endpoint() -> None:
    """The service makes it from where it is, so the endpoint's policy has no say."""
    stage = Stage()
    stage.endpoint.put_policy(document({**allow("s3:PutObject", "*"), "Principal": "*"}))
    stage.ana.put_policy("read", document(allow("s3:GetObject", "*")))
    own = "arn:aws:s3:::own-maps/x"
    stage.main.create_bucket("own-maps")

    through = Network(endpoint=stage.endpoint.arn)
    assert not stage.can(stage.ana, own, network=through)
    assert stage.can(stage.ana, own, network=through, via=ATHENA)
    assert stage.can(stage.ana, own)


# Keys of an endpoint and its VPC that the page lists for the service. DynamoDB doesn't support
# SourceVpcArn, SQS supports VpceOrgID alone, and SNS none.
OF_ENDPOINTS = {
    "s3:GetObject": "SourceVpcArn VpceAccount VpceOrgID VpceOrgPaths",
    "dynamodb:GetItem": "VpceAccount VpceOrgID VpceOrgPaths",
    "sqs:SendMessage": "VpceOrgID",
    "sns:Publish": "",
    "iam:GetUser": "SourceVpcArn VpceAccount VpceOrgID VpceOrgPaths",
    "iam:PassRole": "",
}


@pytest.mark.parametrize("action", OF_ENDPOINTS)
def test_the_owner_of_an_endpoint_is_shown_to_the_services_that_aws_lists(action: str) -> None:
    """The endpoint itself is shown to all."""
    stage = Stage()
    service = action.partition(":")[0]
    endpoint = stage.data.create_vpc_endpoint(
        service_name=f"com.amazonaws.us-east-1.{service}", vpc_id="vpc-data"
    )

    decision = stage.world.can(stage.ana, action, "*", network=Network(endpoint=endpoint.arn))

    every = ("SourceVpcArn", "VpceAccount", "VpceOrgID", "VpceOrgPaths")
    assert [key for key in every if present(f"aws:{key}", decision)] == OF_ENDPOINTS[action].split()
    assert present("aws:SourceVpce", decision)
    assert present("aws:SourceVpc", decision)


@pytest.mark.parametrize(
    ("action", "is_there"),
    [
        ("ec2:CreateVpcEndpoint", False),
        ("ec2:createvpcendpoint", False),
        ("ec2:DeleteVpcEndpoints", True),
        ("ebs:PutSnapshotBlock", False),
        ("events:PutEvents", True),
    ],
)
def test_some_actions_do_not_show_the_owner_of_the_resource(
    action: str,
    is_there: bool,  # noqa: FBT001 - a column
) -> None:
    """The page of the global keys lists them for three keys."""
    stage = Stage()
    keys = ("aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths")

    decision = stage.world.can(stage.ana, action, "*")

    assert [present(key, decision) for key in keys] == [is_there] * 3


def test_a_matrix_decides_by_the_keys_that_each_action_supports() -> None:
    """Also for one resource, of which an action shows the owner and another one doesn't."""
    stage = Stage()
    owner = {"StringEquals": {"aws:ResourceAccount": MAIN}}
    stage.ana.put_policy("own", document(allow("ec2:*", Condition=owner)))
    actions = ["ec2:DeleteVpcEndpoints", "ec2:CreateVpcEndpoint"]

    matrix = stage.world.access_matrix(actions, ["*"], [stage.ana])

    assert [bool(stage.world.can(stage.ana, action, "*")) for action in actions] == [True, False]
    assert [matrix.allowed(0, place) for place in range(2)] == [True, False]


def test_every_service_and_action_that_supports_a_key_is_in_the_catalogue() -> None:
    """So a typing error in the table is found."""
    table = condition_keys._SUPPORT
    listed = {name for names in table["only_services"].values() for name in names.split()}
    actions = {name for names in table["not_actions"].values() for name in names.split()}

    assert listed <= set(services())
    assert all(expand(name) for name in actions)
    assert {
        key
        for part in ("only_services", "not_actions")
        for keys in table[part]
        for key in keys.split()
    } <= {key.name for key in GLOBAL_KEYS.values()}


def test_several_services_call_one_for_the_other() -> None:
    """The first and the last have keys of their own."""
    stage = Stage()
    chain = ("cloudformation.amazonaws.com", "dynamodb.amazonaws.com")

    request = stage.world.can(
        stage.ana, "kms:Decrypt", f"arn:aws:kms:us-east-1:{MAIN}:key/k1", via=chain
    ).request

    assert request.values("aws:CalledVia") == chain
    assert request.values("aws:CalledViaFirst") == chain[:1]
    assert request.values("aws:CalledViaLast") == chain[1:]


GLOBAL = {
    ("iam:CreateUser", "*"): "us-east-1",
    ("organizations:CreatePolicy", "*"): "us-east-1",
    ("globalaccelerator:ListAccelerators", "*"): "us-west-2",
    ("ec2:DescribeRegions", "*"): "eu-west-1",
    ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{DATA}:q"): "eu-west-1",
}


@pytest.mark.parametrize(("action", "resource"), GLOBAL)
def test_a_global_service_is_in_its_own_region_wherever_its_caller_is(
    action: str, resource: str
) -> None:
    """That is why Region guards have a list of services that they spare."""
    stage = Stage()

    request = stage.world.can(stage.ana, action, resource, region="eu-west-1").request

    assert request.value("aws:RequestedRegion") == GLOBAL[action, resource]


def test_context_set_by_hand_overrides_and_is_noted() -> None:
    """AWS would let no caller choose these; what a caller does choose needs no note."""
    stage = Stage()
    arguments = {
        "aws:principalorgid": "o-other",
        "aws:referer": "x",
        "aws:RequestTag/a": "b",
        "s3:ExistingObjectTag/team": "sky",
    }

    decision = stage.can(stage.ana, context=arguments)

    assert decision.request.values("aws:PrincipalOrgID") == ("o-other",)
    assert list(decision.assumed) == [
        "aws:principalorgid was set by hand. AWS sets it itself, and callers can't choose it."
    ]


@pytest.mark.parametrize(
    ("action", "key", "never"),
    [
        ("s3:GetObject", "s3:prefix", True),
        ("s3:ListBucket", "s3:prefix", False),
        ("s3:GetObject", "S3:ExistingObjectTag/team", False),
        ("ec2:StartInstances", "s3:prefix", True),
        ("s3:GetObject", "kms:EncryptionContext:dept", True),
        ("kms:Decrypt", "kms:EncryptionContext:dept", False),
        ("sqs:SendMessage", "aws:VpceAccount", True),
        ("sqs:SendMessage", "aws:VpceOrgID", False),
        ("ec2:CreateVpcEndpoint", "aws:ResourceAccount", True),
        ("s3:GetObject", "saml:sub", False),  # a session can have it
        ("s3:GetObject", "id.acme.example:sub", False),
        ("s3:GetObject", "lambda:SourceFunctionArn", False),
        ("s3:GetObject", "ours:key", False),  # not in the catalogue
    ],
)
def test_a_key_that_no_request_for_the_action_has_is_noted(
    action: str,
    key: str,
    never: bool,  # noqa: FBT001 - a column
) -> None:
    """By the catalogue, or by the page of the global keys; it counts all the same."""
    stage = Stage()

    decision = stage.world.can(stage.ana, action, "*", context={key: "x"})

    note = f"{key} was set by hand. No request for {action} has it."
    assert (note in decision.assumed) is never
    assert decision.request.values(key) == ("x",)
    assert stage.world.who_can(action, "*", context={key: "x"}).assumed.count(note) == never


def test_tags_count_as_they_are_when_the_question_is_asked() -> None:
    """Of callers and of resources."""
    stage = Stage()
    stage.can(stage.ana, stage.queue.arn)

    stage.ana.tag({"team": "sea"})
    stage.queue.tag({"team": "air"})

    request = stage.can(stage.ana, stage.queue.arn).request
    assert request.values("aws:PrincipalTag/team") == ("sea",)
    assert request.values("aws:ResourceTag/team") == ("air",)


def test_an_identity_shows_its_tags_as_a_resource() -> None:
    """IAM has a key of its own for it also."""
    stage = Stage()

    request = stage.world.can(stage.ana, "iam:GetUser", stage.tagged.arn).request

    assert request.values("aws:ResourceTag/team") == ("sky",)
    assert request.values("iam:ResourceTag/team") == ("sky",)


def test_calls_come_from_where_the_world_says_until_it_says_otherwise() -> None:
    """For good, inside of a with, or for one call."""
    stage = Stage()
    world = stage.world

    world.network(ip="198.51.100.1")
    assert stage.can(stage.ana).request.value("aws:SourceIp") == "198.51.100.1"
    with world.network(endpoint=stage.endpoint):
        assert stage.can(stage.ana).request.value("aws:SourceVpce") == stage.endpoint.name
        once = stage.can(stage.ana, network=Network(ip="198.51.100.2"))
        assert once.request.value("aws:SourceIp") == "198.51.100.2"
    assert stage.can(stage.ana).request.value("aws:SourceIp") == "198.51.100.1"
    assert world.copy().current_network == world.current_network


REFUSED = {
    "no address": (lambda s: s.world.network(ip="299.1.1.1"), "isn't an address"),
    "via for a service": (
        lambda s: s.can("ec2.amazonaws.com", via=ATHENA),
        "calls on its own behalf",
    ),
    "via nobody": (lambda s: s.can(s.ana, via="athena"), "name a service"),
    "a source for a user": (lambda s: s.can(s.ana, source_arn=TRAIL), "isn't a service"),
    "no ARN": (lambda s: s.can("ec2.amazonaws.com", source_arn="trail"), "isn't an ARN"),
    "no network": (lambda s: s.can(s.ana, network="10.0.0.1"), "network is a Network"),
    "no tags": (lambda s: s.can(s.ana, request_tags={"a": 1}), "dict of text to text"),
    "via a number": (lambda s: s.can(s.ana, via=5), "via is a service"),
    "no Region": (lambda s: s.can(s.ana, region=5), "region is text"),
    "a misspelt Region": (lambda s: s.can(s.ana, region="us-est-1"), "Did you mean .*us-east-1"),
    "a place": (lambda s: s.can(s.ana, region="Frankfurt"), "There is no Region 'Frankfurt'"),
    "no world": (lambda s: s.world.diff(None), "Compare a world with another"),
    "no circumstance": (lambda s: s.can(s.ana, networ="x"), "Did you mean network?"),
}


def test_what_isnt_one_is_left_to_the_world() -> None:
    """As if it had not been named."""
    stage = Stage()
    nothing: dict[str, Any] = dict.fromkeys(
        ("network", "via", "source_arn", "request_tags", "region", "context")
    )

    assert stage.can(stage.ana, **nothing).request == stage.can(stage.ana).request


@pytest.mark.parametrize("case_", REFUSED)
def test_what_cannot_be_asked_is_refused_with_the_way_to_ask_it(case_: str) -> None:
    """With the parameter's name."""
    ask, text = REFUSED[case_]

    with pytest.raises(RequestError, match=text):
        ask(Stage())


def denied(account: Account, operation: str, **arguments: Any) -> Decision:
    """Let somebody without permissions call an operation of IAM; give the decision."""
    nobody = account.create_user("nobody")
    with pytest.raises(AccessDenied) as caught:
        account.call(operation, nobody, **arguments)
    assert caught.value.decision is not None
    return caught.value.decision


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OF_OPERATIONS: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "CreateServiceLinkedRole",
        {"AWSServiceName": "ecs.amazonaws.com"},
        "iam:AWSServiceName",
        "ecs.amazonaws.com",
    ),
    (
        "AttachUserPolicy",
        {"UserName": "ana", "PolicyArn": READ_ONLY},
        "iam:PolicyARN",
        READ_ONLY,
    ),
    (
        "CreateUser",
        {"UserName": "new", "PermissionsBoundary": READ_ONLY},
        "iam:PermissionsBoundary",
        READ_ONLY,
    ),
    ("GetUser", {"UserName": "tess"}, "iam:ResourceTag/team", "sky"),
    (
        "CreateServiceSpecificCredential",
        {"UserName": "ana", "ServiceName": "codecommit.amazonaws.com"},
        "iam:ServiceSpecificCredentialServiceName",
        "codecommit.amazonaws.com",
    ),
    (
        "CreateServiceSpecificCredential",
        {
            "UserName": "ana",
            "ServiceName": "bedrock.amazonaws.com",
            "CredentialAgeDays": 30,
        },
        "iam:ServiceSpecificCredentialAgeDays",
        "30",
    ),
    (
        "CreateUser",
        {"UserName": "new", "Tags": [{"Key": "team", "Value": "sky"}]},
        "aws:RequestTag/team",
        "sky",
    ),
    ("UntagUser", {"UserName": "tess", "TagKeys": ["team"]}, "aws:TagKeys", "team"),
]


@pytest.mark.parametrize(("operation", "arguments", "key", "value"), OF_OPERATIONS)
def test_an_operation_of_iam_brings_its_own_keys(
    operation: str, arguments: dict[str, Any], key: str, value: str
) -> None:
    """As the Service Authorization Reference lists them."""
    decision = denied(Stage().main, operation, **arguments)

    assert decision.request.values(key) == (value,)


def test_who_passes_a_role_says_to_which_service() -> None:
    """For an instance profile it is EC2."""
    stage = Stage()
    stage.ana.put_policy("add", document(allow("iam:AddRoleToInstanceProfile", "*")))
    stage.main.create_instance_profile("empty")

    with pytest.raises(AccessDenied) as caught:
        stage.main.call(
            "AddRoleToInstanceProfile", stage.ana, InstanceProfileName="empty", RoleName="web"
        )

    assert caught.value.decision is not None
    request = caught.value.decision.request
    assert request.action == "iam:PassRole"
    assert request.values("iam:PassedToService") == ("ec2.amazonaws.com",)


def test_assume_role_brings_the_keys_of_sts() -> None:
    """Which trust policies ask for."""
    stage = Stage()
    stage.plain.update_assume_role_policy(trust({"AWS": stage.zoe.arn}))

    with pytest.raises(AccessDenied) as caught:
        stage.world.sts.assume_role(
            stage.ana, role_arn=stage.plain.arn, role_session_name="ana", external_id="x1"
        )

    assert caught.value.decision is not None
    request = caught.value.decision.request
    assert request.values("sts:ExternalId") == ("x1",)
    assert request.values("sts:RoleSessionName") == ("ana",)


@pytest.mark.parametrize(("kind", "is_allowed"), [("Gateway", False), ("Interface", True)])
def test_an_account_in_an_endpoints_policy_is_everybody_only_at_an_interface(
    kind: str,
    is_allowed: bool,  # noqa: FBT001 - a column
) -> None:
    """For one question, for all callers, and in a matrix; the root user always is."""
    stage = Stage()
    stage.ana.put_policy("read", document(allow("s3:GetObject", "*")))
    stage.main.create_bucket("own-maps")
    named = {**allow("s3:GetObject", "*"), "Principal": {"AWS": MAIN}}
    endpoint = stage.main.create_vpc_endpoint(
        "com.amazonaws.us-east-1.s3", "vpc-main", vpc_endpoint_type=kind, policy=document(named)
    )
    question = "s3:GetObject", "arn:aws:s3:::own-maps/x"
    through: Any = {"network": Network(endpoint=endpoint.arn)}

    matrix = stage.world.access_matrix([question[0]], [question[1]], [stage.ana], **through)

    assert bool(stage.world.can(stage.ana, *question, **through)) is is_allowed
    assert (stage.ana.arn in stage.world.who_can(*question, **through)) is is_allowed
    assert matrix.allowed(0, 0) is is_allowed
    assert stage.world.can(stage.main.root_arn, *question, **through)
