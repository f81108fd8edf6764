"""The principals that policies of organizations and endpoints apply to, in a world built by hand.

The rows of AWS's pages that only a world can show: where an account is, who owns what, through
which endpoint a call comes, who was deleted and made again.
"""

from typing import TYPE_CHECKING, Any

import pytest

from iamlab import ANONYMOUS, Network, World
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import NoSuchEntity, RequestError
from iamlab.errors.services import NoSuchBucket
from iamlab.model.service_principals import sends
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

if TYPE_CHECKING:
    from iamlab.model.organization.organization import Organization

MAIN, DATA, OUT = "111111111111", "222222222222", "333333333333"
BUCKET, MAP = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31.fits"
READ = "s3:GetObject"
RCP = "RESOURCE_CONTROL_POLICY"
WEB = trust({"Service": "ec2.amazonaws.com"})


class Sky:
    """A management account, a member in an OU, an outsider; a bucket of the member's."""

    def __init__(self) -> None:
        self.world = World(seed=11)
        self.main = self.world.create_account("main", account_id=MAIN)
        self.data = self.world.create_account("data", account_id=DATA)
        self.out = self.world.create_account("out", account_id=OUT)
        self.organization: Organization = self.world.create_organization(self.main)
        self.unit = self.organization.create_organizational_unit("Sky")
        self.organization.enable_policy_type(RCP)
        self.organization.invite_account(self.data).accept()
        self.organization.move_account(self.data, self.unit)
        self.boss = self._admin(self.main, "boss")
        self.dana = self._admin(self.data, "dana")
        self.olga = self._admin(self.out, "olga")
        self.data.create_bucket("star-maps")

    def _admin(self, account: Account, name: str) -> Any:
        user = account.create_user(name)
        user.attach_policy("AdministratorAccess")
        return user

    def may(self, who: Any, action: str = READ, resource: str = MAP, **how: Any) -> str:
        """Return the verdict, and what is in the way."""
        decision = self.world.can(who, action, resource, **how)
        return f"{decision.verdict.value} {' '.join(sorted(decision.blocked_by))}".strip()

    def scp(self, statement: dict[str, Any], target: Any = None) -> Any:
        """Attach a service control policy, to the OU if nothing is said."""
        policy = self.organization.create_policy("guard", document(statement))
        policy.attach(target or self.unit)
        return policy

    def rcp(self, target: Any = None, **condition: Any) -> Any:
        """Attach a resource control policy that denies all of S3, KMS and STS."""
        statement = {"Effect": "Deny", "Principal": "*", "Resource": "*", **condition}
        statement["Action"] = ["s3:*", "kms:*", "sts:*", "sqs:*"]
        policy = self.organization.create_policy("perimeter", document(statement), type=RCP)
        policy.attach(target or self.unit)
        return policy

    def share(self, *principals: str) -> None:
        """Let somebody read the maps by the bucket policy."""
        statement = allow("s3:*", [BUCKET, f"{BUCKET}/*"], Principal={"AWS": list(principals)})
        self.world.bucket("star-maps").put_policy(document(statement))


@pytest.fixture
def sky() -> Sky:
    """The three accounts."""
    return Sky()


# -- service control policies: the principals they apply to -----------------------------------


def test_without_a_guard_an_administrator_may(sky: Sky) -> None:
    """FullAWSAccess is attached at every level, so nothing is in the way."""
    assert sky.may(sky.dana) == "allowed"


def test_every_level_must_allow(sky: Sky) -> None:
    """An OU that allows only EC2 shuts everything else out, whatever the account below allows."""
    sky.scp(allow("ec2:*"))
    sky.organization.detach_policy("p-FullAWSAccess", sky.unit)

    assert sky.may(sky.dana) == "implicitDeny scp"
    assert sky.may(sky.dana, "ec2:RunInstances", "*") == "allowed"


def test_on_one_level_one_allow_is_enough(sky: Sky) -> None:
    """Policies side by side are united; levels are intersected."""
    sky.scp(allow("ec2:*"))
    sky.organization.create_policy("maps", document(allow("s3:*"))).attach(sky.unit)
    sky.organization.detach_policy("p-FullAWSAccess", sky.unit)

    assert sky.may(sky.dana) == "allowed"


def test_an_scp_stops_the_root_user_of_a_member_account(sky: Sky) -> None:
    """Nothing else but organizations can."""
    sky.scp(deny("s3:*"))

    assert sky.may(sky.data.root_arn) == "explicitDeny scp"


def test_an_scp_stops_no_principal_of_the_management_account(sky: Sky) -> None:
    """Not even one at the root, above all accounts."""
    sky.scp(deny("s3:*"), sky.organization.root)
    sky.main.create_bucket("own-maps")

    assert sky.may(sky.boss, READ, "arn:aws:s3:::own-maps/x") == "allowed"
    assert sky.may(sky.main.root_arn, READ, "arn:aws:s3:::own-maps/x") == "allowed"
    assert sky.may(sky.dana) == "explicitDeny scp"


def test_an_scp_stops_a_delegated_administrator(sky: Sky) -> None:
    """It is a member account like any other."""
    service = "access-analyzer.amazonaws.com"
    sky.organization.enable_aws_service_access(service)
    sky.organization.register_delegated_administrator(sky.data, service)
    sky.scp(deny("s3:*"))

    assert sky.may(sky.dana) == "explicitDeny scp"


def test_an_scp_stops_no_service_linked_role(sky: Sky) -> None:
    """Those belong to services, and do what services must."""
    role = sky.data.create_service_linked_role("ecs.amazonaws.com")
    sky.share(role.arn)
    sky.scp(deny("*"))

    assert sky.may(role) == "allowed"


def test_an_scp_is_about_the_callers_account_not_the_resources(sky: Sky) -> None:
    """Who comes from outside to a member's bucket is not stopped by the member's SCP."""
    sky.share(sky.olga.arn)
    sky.scp(deny("s3:*"))

    assert sky.may(sky.olga) == "allowed"
    assert sky.may(sky.dana) == "explicitDeny scp"


def test_an_scp_stops_what_a_bucket_policy_grants_directly(sky: Sky) -> None:
    """The bucket policy names the very user; the ceiling is above both."""
    eve = sky.data.create_user("eve")
    sky.share(eve.arn)
    assert sky.may(eve) == "allowed"

    sky.scp(deny("s3:*"))

    assert sky.may(eve) == "explicitDeny scp"


def test_an_account_that_leaves_is_free_of_the_scps(sky: Sky) -> None:
    """They are attached to the place, and it is not there any more."""
    sky.scp(deny("s3:*"))
    sky.organization.move_account(sky.data, sky.organization.root)
    assert sky.may(sky.dana) == "allowed"
    sky.organization.move_account(sky.data, sky.unit)
    assert sky.may(sky.dana) == "explicitDeny scp"

    sky.organization.remove_account(sky.data)

    assert sky.may(sky.dana) == "allowed"


def test_disabling_the_policy_type_takes_all_guards_away(sky: Sky) -> None:
    """And enabling it again brings FullAWSAccess back, but no guard."""
    sky.scp(deny("s3:*"))
    for change in (sky.organization.disable_policy_type, sky.organization.enable_policy_type):
        change("SERVICE_CONTROL_POLICY")
        assert sky.may(sky.dana) == "allowed"


# -- resource control policies: what they reach -----------------------------------------------


def test_an_rcp_stops_whoever_calls(sky: Sky) -> None:
    """Own principals, the root user, outsiders, services, and who did not sign."""
    sky.world.bucket("star-maps").put_public_access_block()
    everybody = allow("s3:*", [BUCKET, f"{BUCKET}/*"], Principal="*")
    service = allow("s3:*", f"{BUCKET}/*", Principal={"Service": "cloudtrail.amazonaws.com"})
    sky.world.bucket("star-maps").put_policy(document(everybody, service))
    callers = (
        *(sky.dana, sky.olga, sky.boss, ANONYMOUS, sky.data.root_arn),
        "cloudtrail.amazonaws.com",
    )
    assert {sky.may(who) for who in callers} == {"allowed"}

    sky.rcp()

    assert {sky.may(who) for who in callers} == {"explicitDeny rcp"}


def test_an_rcp_with_the_usual_exemption_spares_services_and_the_organization(sky: Sky) -> None:
    """It keeps out only those who are neither."""
    sky.share(sky.olga.arn, sky.boss.arn)
    sky.rcp(
        Condition={
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": sky.organization.id},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        }
    )

    assert sky.may(sky.olga) == "explicitDeny rcp"
    assert sky.may(sky.boss) == "allowed"
    assert sky.may(sky.dana) == "allowed"


def test_an_rcp_protects_nothing_in_the_management_account(sky: Sky) -> None:
    """Which is one more reason to keep nothing there."""
    sky.main.create_bucket("own-maps")
    sky.rcp(sky.organization.root)

    assert sky.may(sky.boss, READ, "arn:aws:s3:::own-maps/x") == "allowed"
    assert sky.may(sky.dana) == "explicitDeny rcp"


def test_an_rcp_is_about_the_resources_account_not_the_callers(sky: Sky) -> None:
    """A member who reads a bucket outside is not stopped by his own account's RCP."""
    sky.out.create_bucket("far-maps")
    statement = allow("s3:*", "arn:aws:s3:::far-maps/*", Principal={"AWS": sky.dana.arn})
    sky.world.bucket("far-maps").put_policy(document(statement))
    sky.rcp()

    assert sky.may(sky.dana, READ, "arn:aws:s3:::far-maps/x") == "allowed"


def test_an_rcp_covers_some_services_only(sky: Sky) -> None:
    """Queues, say, but no topics."""
    queue, topic = sky.data.create_queue("jobs"), sky.data.create_topic("news")
    sky.rcp()

    assert sky.may(sky.dana, "sqs:SendMessage", queue.arn) == "explicitDeny rcp"
    assert sky.may(sky.dana, "sns:Publish", topic.arn) == "allowed"


def test_an_rcp_protects_a_role_from_being_assumed(sky: Sky) -> None:
    """Also by a service, unless it is exempted."""
    role = sky.data.create_role("web", assume_role_policy_document=WEB)
    assert sky.may("ec2.amazonaws.com", "sts:AssumeRole", role.arn) == "allowed"

    sky.rcp()

    assert sky.may("ec2.amazonaws.com", "sts:AssumeRole", role.arn) == "explicitDeny rcp"


def test_an_rcp_spares_keys_that_aws_manages_and_the_retiring_of_grants(sky: Sky) -> None:
    """Of a customer's key it stops the rest."""
    key, of_aws = sky.data.create_key(), sky.data.create_key()
    of_aws.key_manager = "AWS"
    sky.rcp()

    assert sky.may(sky.dana, "kms:Decrypt", key.arn) == "explicitDeny rcp"
    assert sky.may(sky.dana, "kms:RetireGrant", key.arn) == "allowed"
    assert sky.may(sky.dana, "kms:Decrypt", of_aws.arn) == "allowed"


# -- VPC endpoints ----------------------------------------------------------------------------


def through(sky: Sky, *statements: dict[str, Any]) -> Network:
    """Make an endpoint for S3 with a policy, and give the way through it."""
    endpoint = sky.data.create_vpc_endpoint(
        service_name="com.amazonaws.us-east-1.s3",
        vpc_id="vpc-1",
        policy=document(*statements) if statements else None,
    )
    return Network(endpoint=endpoint.arn)


def test_an_endpoint_lets_everything_through_by_default(sky: Sky) -> None:
    """And grants nothing: who may not from elsewhere may not here."""
    place = through(sky)
    nobody = sky.data.create_user("nobody")

    assert sky.may(sky.dana, network=place) == "allowed"
    assert sky.may(nobody, network=place) == "implicitDeny identity"


def test_an_endpoint_must_allow_what_comes_through_it(sky: Sky) -> None:
    """Without an Allow of its own nothing passes; calls that take another way are not asked."""
    place = through(sky, allow("s3:PutObject", Principal="*"))

    assert sky.may(sky.dana, network=place) == "implicitDeny endpoint"
    assert sky.may(sky.dana, "s3:PutObject", network=place) == "allowed"
    assert sky.may(sky.dana) == "allowed"


def test_a_gateway_endpoint_names_everybody_and_narrows_by_condition(sky: Sky) -> None:
    """An account as its Principal would admit the root user alone."""
    named = through(sky, allow("s3:*", Principal={"AWS": DATA}))
    narrowed = through(
        sky,
        allow("s3:*", Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": sky.dana.arn}}),
    )

    assert sky.may(sky.dana, network=named) == "implicitDeny endpoint"
    assert sky.may(sky.data.root_arn, network=named) == "allowed"
    assert sky.may(sky.dana, network=narrowed) == "allowed"
    assert sky.may(sky.data.root_arn, network=narrowed) == "implicitDeny endpoint"


def test_a_bucket_can_insist_on_an_endpoint(sky: Sky) -> None:
    """The key is there for calls through an endpoint only, so the negated operator hits others."""
    place = through(sky)
    endpoint = sky.world.can(sky.dana, READ, MAP, network=place).request.value("aws:SourceVpce")
    insist = deny(
        READ,
        f"{BUCKET}/*",
        Principal="*",
        Condition={"StringNotEquals": {"aws:SourceVpce": endpoint}},
    )
    sky.world.bucket("star-maps").put_policy(document(insist))

    assert sky.may(sky.dana, network=place) == "allowed"
    assert sky.may(sky.dana) == "explicitDeny resource"


# -- two accounts -----------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["user", "account", "everybody"])
@pytest.mark.parametrize("has_identity", [True, False])
def test_across_accounts_both_sides_must_allow(sky: Sky, names: str, *, has_identity: bool) -> None:
    """However the bucket policy names who comes: there is no short cut abroad."""
    zoe = sky.out.create_user("zoe")
    if has_identity:
        zoe.put_policy("read", document(allow("s3:*")))
    bucket = sky.world.bucket("star-maps")
    bucket.put_public_access_block()
    named: dict[str, Any] = {
        "user": {"AWS": zoe.arn},
        "account": {"AWS": OUT},
        "everybody": "*",
    }
    bucket.put_policy(document(allow(READ, f"{BUCKET}/*", Principal=named[names])))

    assert sky.may(zoe) == ("allowed" if has_identity else "implicitDeny identity")


def test_at_home_the_bucket_policy_alone_is_enough_if_it_names_the_user(sky: Sky) -> None:
    """An account's name only lets the account's own policies decide."""
    eve = sky.data.create_user("eve")
    sky.share(DATA)
    assert sky.may(eve) == "implicitDeny identity"

    sky.share(eve.arn)

    assert sky.may(eve) == "allowed"


def test_a_public_bucket_that_is_restricted_shuts_out_all_other_accounts(sky: Sky) -> None:
    """Even those that another statement names; own principals and services go on."""
    bucket = sky.world.bucket("star-maps")
    bucket.put_public_access_block()
    bucket.put_policy(
        document(
            allow(READ, f"{BUCKET}/*", Principal="*"),
            allow(READ, f"{BUCKET}/*", Principal={"AWS": OUT}),
            allow(READ, f"{BUCKET}/*", Principal={"Service": "cloudtrail.amazonaws.com"}),
        )
    )
    assert {sky.may(who) for who in (sky.olga, ANONYMOUS, sky.dana)} == {"allowed"}

    bucket.put_public_access_block(restrict_public_buckets=True)

    assert sky.may(sky.olga) == "implicitDeny resource"
    assert sky.may(ANONYMOUS) == "implicitDeny resource"
    assert sky.may(sky.dana) == "allowed"
    assert sky.may("cloudtrail.amazonaws.com") == "allowed"
    assert bucket.is_public()


def test_switches_of_the_account_hold_for_its_old_buckets_too(sky: Sky) -> None:
    """On anywhere is on."""
    bucket = sky.data.create_bucket("old-maps", public_access_block=PublicAccessBlock())
    bucket.put_policy(document(allow(READ, f"{bucket.arn}/*", Principal="*")))
    assert sky.may(ANONYMOUS, READ, f"{bucket.arn}/x") == "allowed"

    sky.data.put_public_access_block(restrict_public_buckets=True)

    assert sky.may(ANONYMOUS, READ, f"{bucket.arn}/x") == "implicitDeny resource"


# -- who was deleted and made again -----------------------------------------------------------


@pytest.mark.parametrize("kind", ["user", "role"])
def test_who_is_made_again_under_the_old_name_is_somebody_else(sky: Sky, kind: str) -> None:
    """A trust policy knew the first one by his id; it must be saved again."""

    def make() -> Any:
        if kind == "user":
            return sky.data.create_user("eve")
        return sky.data.create_role("eve", assume_role_policy_document=WEB)

    first = make()
    role = sky.data.create_role("audit", assume_role_policy_document=trust({"AWS": first.arn}))
    assert sky.may(first, "sts:AssumeRole", role.arn) == "allowed"

    first.delete()
    second = make()

    assert sky.may(second, "sts:AssumeRole", role.arn) == "implicitDeny resource"
    role.update_assume_role_policy(trust({"AWS": second.arn}))
    assert sky.may(second, "sts:AssumeRole", role.arn) == "allowed"


@pytest.mark.parametrize("kind", ["queue", "topic", "key", "secret", "bucket"])
def test_resource_policies_know_who_was_deleted_too(sky: Sky, kind: str) -> None:
    """They show the bare id, and let in nobody."""
    first = sky.data.create_user("eve")
    resource, action = {
        "queue": lambda: (sky.data.create_queue("jobs"), "sqs:SendMessage"),
        "topic": lambda: (sky.data.create_topic("news"), "sns:Publish"),
        "key": lambda: (sky.data.create_key(), "kms:Decrypt"),
        "secret": lambda: (sky.data.create_secret("pass"), "secretsmanager:GetSecretValue"),
        "bucket": lambda: (sky.world.bucket("star-maps"), "s3:ListBucket"),
    }[kind]()
    own = {"Effect": "Allow", "Action": action, "Resource": resource.arn}
    keep = allow("kms:*", Principal={"AWS": sky.data.root_arn})
    statement = {**own, "Principal": {"AWS": first.arn}}
    resource.put_policy(document(statement, *([keep] if kind == "key" else [])))
    assert sky.may(first, action, resource.arn) == "allowed"

    first.delete()

    assert not sky.may(sky.data.create_user("eve"), action, resource.arn).startswith("allowed")
    assert first.unique_id in resource.policy.text


def test_a_condition_on_the_principals_arn_knows_names_only(sky: Sky) -> None:
    """So a role that was made again fits it."""
    role = sky.data.create_role("job", assume_role_policy_document=WEB)
    condition = {"ArnEquals": {"aws:PrincipalArn": role.arn}}
    statement = allow(READ, f"{BUCKET}/*", Principal={"AWS": DATA}, Condition=condition)
    sky.world.bucket("star-maps").put_policy(document(statement))
    role.delete()
    again = sky.data.create_role("job", assume_role_policy_document=WEB)
    again.put_policy("read", document(allow(READ)))

    assert sky.may(again) == "allowed"


# -- services that call for themselves --------------------------------------------------------


def _function(sky: Sky) -> Any:
    trusted = trust({"Service": "lambda.amazonaws.com"})
    role = sky.data.create_role("function", assume_role_policy_document=trusted)
    return sky.data.create_function("on-upload", role=role)


RECEIVERS = {
    "a queue of a topic": (lambda s: s.data.create_queue("jobs"), "sns", "sqs:SendMessage"),
    "a queue of a rule": (lambda s: s.data.create_queue("jobs"), "events", "sqs:SendMessage"),
    "a topic of a bucket": (lambda s: s.data.create_topic("news"), "s3", "sns:Publish"),
    "a function of a rule": (_function, "events", "lambda:InvokeFunction"),
    "a bus of nobody": (lambda s: s.data.create_event_bus("sky"), "events", "events:PutEvents"),
    "a key of a trail": (lambda s: s.data.create_key(), "cloudtrail", "kms:GenerateDataKey"),
}


@pytest.mark.parametrize("case", RECEIVERS)
@pytest.mark.parametrize("key", ["aws:SourceArn", "aws:SourceAccount"])
def test_a_resource_lets_a_service_in_for_its_own_account_only(
    sky: Sky, case: str, key: str
) -> None:
    """Else the service could be made to call it for a stranger: the confused deputy."""
    make, service, action = RECEIVERS[case]
    resource, name = make(sky), f"{service}.amazonaws.com"
    own, strange = (f"arn:aws:cloudtrail:us-east-1:{account}:trail/all" for account in (DATA, OUT))
    wanted = {"aws:SourceArn": own, "aws:SourceAccount": DATA}[key]
    statement = {
        "Sid": "Service",
        "Effect": "Allow",
        "Principal": {"Service": name},
        "Action": action,
        "Resource": resource.arn,
        "Condition": {"StringEquals": {key: wanted}},
    }
    keep = allow("kms:*", Principal={"AWS": sky.data.root_arn})
    if resource.kind == "function":
        arguments = {"source_arn": own} if key == "aws:SourceArn" else {"source_account": DATA}
        resource.add_permission("Service", action, name, **arguments)
    else:
        resource.put_policy(document(statement, *([keep] if resource.kind == "key" else [])))

    def let_in(**how: Any) -> bool:
        return sky.may(name, action, resource.arn, **how) == "allowed"

    is_sent = key in sends(name)  # a condition on what a service does not send lets nobody in
    assert [let_in(source_arn=own), let_in(source_arn=strange), let_in()] == [is_sent, False, False]


def test_a_service_that_sends_nothing_is_not_let_in_by_such_a_condition(sky: Sky) -> None:
    """EC2 sends neither, when it assumes a role: a condition on it shuts it out for good."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": DATA}},
    }
    role = sky.data.create_role("web", assume_role_policy_document=document(statement))
    instance = f"arn:aws:ec2:us-east-1:{DATA}:instance/i-1"

    verdict = sky.may("ec2.amazonaws.com", "sts:AssumeRole", role.arn, source_arn=instance)
    assert verdict == "implicitDeny resource"


def test_a_service_that_calls_for_a_user_has_his_permissions(sky: Sky) -> None:
    """And a policy can tell such calls from his own: here only Athena may read for him."""
    eve = sky.data.create_user("eve")
    condition = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}
    eve.put_policy("read", document(allow(READ, f"{BUCKET}/*", Condition=condition)))

    assert sky.may(eve, via="athena.amazonaws.com") == "allowed"
    assert sky.may(eve) == "implicitDeny identity"
    assert sky.may(sky.data.create_user("nobody"), via="athena.amazonaws.com").startswith("implic")


def test_a_deny_by_address_spares_calls_that_services_make(sky: Sky) -> None:
    """If it asks for aws:ViaAWSService; the address of the user's own call is kept."""
    condition = {
        "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "Bool": {"aws:ViaAWSService": "false"},
    }
    sky.dana.put_policy("office", document(deny("*", Condition=condition)))

    assert sky.may(sky.dana, network=Network(ip="203.0.113.7")) == "allowed"
    assert sky.may(sky.dana) == "explicitDeny identity"
    assert sky.may(sky.dana, via="athena.amazonaws.com") == "allowed"


# -- other accounts, partitions and Regions ---------------------------------------------------

OWN_ONLY = {
    "s3:PutAccountPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    "s3:CreateBucket": {"Bucket": "loot"},
    "kms:CreateKey": {},
    "kms:ListKeys": {},
    "sqs:CreateQueue": {"QueueName": "loot"},
    "ec2:RunInstances": {"MinCount": 1, "MaxCount": 1},
    "CreateUser": {"UserName": "loot"},
}


@pytest.mark.parametrize("operation", OWN_ONLY)
def test_nobody_makes_or_lists_anything_in_another_account(sky: Sky, operation: str) -> None:
    """An administrator abroad is a stranger here; a role would let him in."""
    before = snapshot(sky.world)

    with pytest.raises(RequestError, match="isn't in account"):
        sky.data.call(operation, sky.olga, **OWN_ONLY[operation])

    assert snapshot(sky.world) == before


def test_a_bucket_that_was_deleted_is_not_its_namesake_elsewhere(sky: Sky) -> None:
    """Whoever still holds the old one can do nothing with the new one."""
    old = sky.world.bucket("star-maps")
    old.delete()
    new = sky.out.create_bucket("star-maps")

    for deed in (old.put_public_access_block, old.delete_policy, old.delete):
        with pytest.raises(NoSuchBucket):
            deed()

    assert sky.out.buckets == {"star-maps": new}
    assert new.own_public_access_block != PublicAccessBlock()


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws-cn:iam::{DATA}:root",
        f"arn:aws:iam:us-east-1:{DATA}:root",
        f"arn:aws-cn:iam::{DATA}:user/dana",
        f"arn:aws-us-gov:sts::{DATA}:assumed-role/audit/x",
    ],
)
def test_an_account_is_known_in_its_own_partition_only(sky: Sky, arn: str) -> None:
    """The same digits elsewhere are another account."""
    sky.data.create_role("audit", assume_role_policy_document=WEB)

    with pytest.raises(NoSuchEntity):
        sky.may(arn)


def test_an_endpoint_leads_to_its_own_region(sky: Sky) -> None:
    """A call to another one goes over the internet, and the endpoint's policy has no say."""
    near, far = sky.data.create_queue("near"), sky.data.create_queue("far", region="eu-west-1")
    sky.data.create_vpc_endpoint(
        service_name="com.amazonaws.us-east-1.sqs",
        vpc_id="vpc-1",
        policy=document(allow("sqs:ListQueues", Principal="*")),
    )
    network = Network(vpc="vpc-1")

    assert (
        sky.may(sky.dana, "sqs:SendMessage", near.arn, network=network) == "implicitDeny endpoint"
    )
    assert sky.may(sky.dana, "sqs:SendMessage", far.arn, network=network) == "allowed"
    matrix = sky.world.access_matrix(
        ["sqs:SendMessage"], [near.arn, far.arn], [sky.dana], network=network
    )
    assert [matrix.allowed(0, place) for place in (0, 1)] == [False, True]
    request = sky.world.can(sky.dana, "sqs:SendMessage", far.arn, network=network).request
    assert request.value("aws:SourceVpce") is None
    assert request.value("aws:SourceIp") is not None


def test_policies_that_were_given_beside_an_export_know_who_was_deleted(sky: Sky) -> None:
    """And who was renamed."""
    eve = sky.data.create_user("eve")
    arn = "arn:aws:s3:::given"
    statement = allow("s3:GetObject", f"{arn}/*", Principal={"AWS": eve.arn})
    world = World.from_account_details(
        *sky.world.to_account_details(), resource_policies={arn: document(statement)}
    )
    account = world.account(DATA)
    account.users["eve"].update(new_user_name="eva")
    assert world.can(account.users["eva"], READ, f"{arn}/x")

    account.users["eva"].delete()

    assert not world.can(account.create_user("eva"), READ, f"{arn}/x")
