"""IAM Identity Center: what single sign-on makes in accounts, and what its sessions may."""

import json
import pickle
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World, identity_center_errors
from iamlab.errors import (
    AccessDenied,
    AwsError,
    ExpiredToken,
    InvalidClientTokenId,
    LoadError,
    RequestError,
    UnmodifiableEntity,
)
from iamlab.identity_center_errors import (
    ConflictException,
    ForbiddenException,
    ResourceNotFoundException,
    UnauthorizedException,
    ValidationException,
)
from iamlab.organization_errors import AWSOrganizationsNotInUseException
from iamlab.policy.arn import Arn
from iamlab.world.account import Account
from iamlab.world.api.calling import perform
from iamlab.world.files import world_from_json, world_to_json
from iamlab.world.identities import Role
from iamlab.world.identity_center import (
    IdentityCenter,
    PermissionSet,
    PolicyReference,
    PortalSession,
    enable_identity_center,
)
from iamlab.world.identity_center.values import seconds_of
from iamlab.world.organization import Organization
from iamlab.world.sts.session import Session
from tests.world.deep import snapshot
from tests.world.exports import allow, deny, document, trust

MAIN, DEV, PROD = "111111111111", "222222222222", "333333333333"
BUCKET, KEY = "arn:aws:s3:::maps", "arn:aws:s3:::maps/m31"
PROTECTED = "Cannot perform the operation on the protected role"


class Scene:
    """An organization of three accounts; Ana is in a group that reads S3 in dev."""

    def __init__(self, region: str = "us-east-1") -> None:
        self.world = World(seed=7)
        self.main = self.world.create_account("acme-main", account_id=MAIN)
        self.organization: Organization = self.world.create_organization(self.main)
        self.dev = self.organization.create_account("acme-dev", account_id=DEV)
        self.prod = self.organization.create_account("acme-prod", account_id=PROD)
        self.center: IdentityCenter = self.organization.enable_identity_center(region=region)
        self.ana = self.center.create_user("ana", "Ana Lopez", "ana@example.com")
        self.bob = self.center.create_user("bob")
        self.group = self.center.create_group("astronomers")
        self.group.add_user(self.ana)
        self.readers = self.center.create_permission_set("Readers", session_duration="PT2H")
        self.readers.attach_managed_policy("AmazonS3ReadOnlyAccess")
        self.center.create_account_assignment(self.dev, self.readers, self.group)

    def role(self, account: Account | None = None, name: str = "Readers") -> Role:
        """The role of a permission set in an account."""
        [found] = reserved(account or self.dev, name)
        return found

    def session(self, **more: Any) -> Session:
        """Ana signs in, and takes the role in dev."""
        return self.center.sign_in(self.ana, **more).role_credentials(self.dev, "Readers")


@pytest.fixture
def scene() -> Scene:
    """A new one."""
    return Scene()


def reserved(account: Account, name: str = "") -> list[Role]:
    """The roles that Identity Center has made in an account."""
    return [one for one in account.roles.values() if one.name.startswith(f"AWSReservedSSO_{name}")]


# -- the instance ---------------------------------------------------------------------------------


def test_an_instance_is_the_organizations_and_lives_in_the_management_account(
    scene: Scene,
) -> None:
    """Its ids are as AWS's, and the portal is found by that of the identity store."""
    center = scene.center

    assert re.fullmatch(r"arn:aws:sso:::instance/ssoins-[0-9a-f]{16}", center.arn)
    assert re.fullmatch(r"d-[0-9a-f]{10}", center.identity_store_id)
    assert center.access_portal_url == f"https://{center.identity_store_id}.awsapps.com/start"
    assert center.identity_store_arn == (
        f"arn:aws:identitystore::{MAIN}:identitystore/{center.identity_store_id}"
    )
    assert scene.world.identity_centers == {center.arn: center}
    assert center.organization is scene.organization
    assert "sso.amazonaws.com" in scene.organization.service_access


def test_the_service_has_its_linked_role_in_every_account(scene: Scene) -> None:
    """In those that are there when it is enabled, and in a later one when it is needed."""
    late = scene.organization.create_account("acme-late")
    before = "AWSServiceRoleForSSO" in late.roles
    scene.center.create_account_assignment(late, "Readers", "bob")

    assert not before
    for account in (scene.main, scene.dev, scene.prod, late):
        assert account.roles["AWSServiceRoleForSSO"].path == "/aws-service-role/sso.amazonaws.com/"


def test_an_organization_has_one_instance(scene: Scene) -> None:
    """Enabling it twice is a conflict, and another organization has its own."""
    with pytest.raises(ConflictException, match="already"):
        scene.organization.enable_identity_center()
    other = scene.world.create_organization(scene.world.create_account("other"))

    assert other.enable_identity_center().arn != scene.center.arn


def test_consolidated_billing_is_not_enough() -> None:
    """Nothing is enabled then."""
    world = World(seed=7)
    main = world.create_account("main")
    organization = world.create_organization(main, feature_set="CONSOLIDATED_BILLING")
    before = snapshot(world)
    with pytest.raises(ConflictException, match="all features"):
        enable_identity_center(organization)

    assert snapshot(world) == before


@pytest.mark.parametrize("region", ["aws-global", "mars", "", 5])
def test_an_instance_is_in_a_region(region: Any) -> None:
    """The global endpoint of STS is none."""
    world = World(seed=7)
    organization = world.create_organization(world.create_account("main"))
    with pytest.raises(RequestError, match="no Region"):
        organization.enable_identity_center(region=region)


def test_the_same_seed_gives_the_same_ids() -> None:
    """Down to the names of the roles and the credentials."""
    one, other = Scene(), Scene()

    assert one.center.arn == other.center.arn
    assert one.role().arn == other.role().arn
    assert one.session().credentials == other.session().credentials


# -- the identity store ---------------------------------------------------------------------------


def test_its_users_and_groups_are_none_of_iam(scene: Scene) -> None:
    """They have ids of their own, and no account knows them."""
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    assert re.fullmatch(uuid, scene.ana.id)
    assert re.fullmatch(uuid, scene.group.id)
    assert [scene.group.users, scene.ana.groups, scene.bob.groups] == [
        [scene.ana],
        [scene.group],
        [],
    ]
    assert scene.bob.display_name == "bob"
    assert not any(one.users or one.groups for one in scene.world.accounts.values())


def test_a_user_who_is_deleted_leaves_the_groups(scene: Scene) -> None:
    """One of the same name who comes later is another."""
    scene.center.delete_user("ana")
    again = scene.center.create_user("ana")

    assert scene.group.users == []
    assert scene.center.choices_of(again) == []


def test_a_group_that_is_deleted_means_nobody_any_more(scene: Scene) -> None:
    """Its members stay; the assignment does too, and with it the role."""
    scene.center.delete_group(scene.group)

    assert scene.center.choices_of(scene.ana) == []
    assert scene.center.users[scene.ana.id] is scene.ana
    assert len(reserved(scene.dev)) == 1
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    assert reserved(scene.dev) == []


def test_what_is_known_of_a_user_can_change(scene: Scene) -> None:
    """What is not given stays."""
    scene.ana.update(email="ana@example.org", attributes={"title": "Chair"})
    scene.ana.update(attributes={"locale": "es"})

    assert scene.ana.email == "ana@example.org"
    assert scene.ana.display_name == "Ana Lopez"
    assert scene.ana.attributes == {"title": "Chair", "locale": "es"}


# -- what an assignment makes ---------------------------------------------------------------------


def test_an_assignment_makes_a_role_and_a_saml_provider(scene: Scene) -> None:
    """With AWS's names, path and trust policy."""
    role, [provider] = scene.role(), scene.dev.saml_providers.values()
    assert role.trust is not None

    assert re.fullmatch(r"AWSReservedSSO_Readers_[0-9a-f]{16}", role.name)
    assert role.path == "/aws-reserved/sso.amazonaws.com/"
    assert role.max_session_duration == 43_200
    assert role.attached == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    assert re.fullmatch(r"AWSSSO_[0-9a-f]{16}_DO_NOT_DELETE", provider.name)
    assert role.trust.to_json()["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    ]
    assert provider.issuer.startswith("https://portal.sso.us-east-1.amazonaws.com/saml/assertion/")
    assert reserved(scene.prod) == reserved(scene.main) == []


def test_only_us_east_1_is_not_in_the_path() -> None:
    """Of every other Region the path of the roles tells where Identity Center is."""
    there = Scene("eu-west-1")

    assert there.role().path == "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    assert there.session().record.region == "eu-west-1"


def test_a_second_assignment_makes_no_second_role(scene: Scene) -> None:
    """A role for each permission set and account, whoever may choose it; one provider."""
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    writers = scene.center.create_permission_set("Writers")
    scene.center.create_account_assignment(scene.dev, writers, scene.bob)

    assert len(reserved(scene.dev, "Readers")) == len(reserved(scene.dev, "Writers")) == 1
    assert len(scene.dev.saml_providers) == 1
    assert len(scene.center.account_assignments) == 3


def test_the_management_account_can_be_opened_too(scene: Scene) -> None:
    """Its role is as protected as the others."""
    scene.center.create_account_assignment(MAIN, "Readers", "ana")
    role = scene.role(scene.main)
    with pytest.raises(UnmodifiableEntity, match=PROTECTED):
        role.attach_policy("AdministratorAccess")

    assert scene.center.sign_in("ana").role_credentials("acme-main", "Readers").role_arn == role.arn


CHANGES: dict[str, dict[str, Any]] = {
    "AttachRolePolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "DeleteRole": {},
    "DeleteRolePermissionsBoundary": {},
    "DeleteRolePolicy": {"PolicyName": "AwsSSOInlinePolicy"},
    "DetachRolePolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
    "PutRolePermissionsBoundary": {
        "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"
    },
    "PutRolePolicy": {
        "PolicyName": "more",
        "PolicyDocument": json.dumps(document(allow("*"))),
    },
    "UpdateAssumeRolePolicy": {"PolicyDocument": json.dumps(trust({"AWS": DEV}))},
    "UpdateRole": {"MaxSessionDuration": 3600},
    "UpdateRoleDescription": {"Description": "mine"},
}


@pytest.mark.parametrize("operation", CHANGES)
def test_nobody_can_change_such_a_role_in_iam(operation: str, scene: Scene) -> None:
    """Not even the root user."""
    role = scene.role()
    before = snapshot(scene.world)
    with pytest.raises(UnmodifiableEntity) as caught:
        perform(scene.dev, operation, RoleName=role.name, **CHANGES[operation])

    assert (
        caught.value.message == f"{PROTECTED} '{role.name}' - this role is only modifiable by AWS"
    )
    assert snapshot(scene.world) == before


def test_it_is_not_a_service_linked_role_either(scene: Scene) -> None:
    """So it cannot be deleted as one, and SCPs reach it."""
    with pytest.raises(AwsError, match="not a service-linked role"):
        perform(scene.dev, "DeleteServiceLinkedRole", RoleName=scene.role().name)

    assert reserved(scene.dev)


def test_the_last_assignment_takes_the_role_along(scene: Scene) -> None:
    """As long as somebody else is assigned it stays; provider and linked role stay anyway."""
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    kept = len(reserved(scene.dev))
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.bob)

    assert (kept, len(reserved(scene.dev))) == (1, 0)
    assert scene.readers.provisioned == {}
    assert scene.dev.saml_providers
    assert "AWSServiceRoleForSSO" in scene.dev.roles


def test_a_role_that_is_made_again_is_another(scene: Scene) -> None:
    """A bucket policy that names the role by its ARN means nobody then, and shows a bare id."""
    bucket = scene.dev.create_bucket("maps")
    old = scene.role()
    bucket.put_policy(document(allow("s3:GetObject", KEY, Principal={"AWS": old.arn})))
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.group)
    assert bucket.policy is not None

    assert scene.role().name != old.name
    assert bucket.policy.statements[0].principal == (("AWS", old.unique_id),)


# -- permission sets ------------------------------------------------------------------------------


def test_a_change_bites_after_provisioning_and_not_before(scene: Scene) -> None:
    """Then at once, in sessions that there are too."""
    session = scene.session()
    scene.readers.put_inline_policy(Policy.allow("s3:PutObject"))
    before = scene.world.can(session, "s3:PutObject", KEY)
    scene.center.provision_permission_set(scene.readers)

    assert not before
    assert scene.world.can(session, "s3:PutObject", KEY)
    assert list(scene.role().inline) == ["AwsSSOInlinePolicy"]


def test_provisioning_can_be_for_one_account(scene: Scene) -> None:
    """The other one keeps the role as it was."""
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.readers.detach_managed_policy("AmazonS3ReadOnlyAccess")
    scene.readers.update(description="Nothing", session_duration="PT12H")
    scene.center.provision_permission_set("Readers", "acme-prod")

    assert (scene.role().attached, scene.role(scene.prod).attached) != ([], [])
    assert scene.role(scene.prod).attached == []
    assert scene.role(scene.prod).description == "Nothing"
    portal = scene.center.sign_in("ana")
    lasting = [portal.role_credentials(one, "Readers").record.seconds for one in (DEV, PROD)]
    assert lasting == [7200, 43_200]


def test_a_new_assignment_brings_the_role_up_to_date(scene: Scene) -> None:
    """AWS says that the permission set is provisioned with it."""
    scene.readers.attach_managed_policy("AmazonSQSReadOnlyAccess")
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)

    assert len(scene.role().attached) == 2


def test_all_that_is_taken_away_goes(scene: Scene) -> None:
    """Policies of each kind, and the boundary."""
    scene.dev.create_policy("extra", document(allow("sqs:*")))
    scene.readers.attach_customer_managed_policy_reference("extra")
    scene.readers.put_inline_policy(document(allow("sns:*")))
    scene.readers.put_permissions_boundary("PowerUserAccess")
    scene.center.provision_permission_set(scene.readers)
    role = scene.role()
    full = (list(role.attached), list(role.inline), role.boundary)
    scene.readers.detach_managed_policy("AmazonS3ReadOnlyAccess")
    scene.readers.detach_customer_managed_policy_reference("extra")
    scene.readers.delete_inline_policy()
    scene.readers.delete_permissions_boundary()
    scene.center.provision_permission_set(scene.readers)

    assert full == (
        ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", f"arn:aws:iam::{DEV}:policy/extra"],
        ["AwsSSOInlinePolicy"],
        "arn:aws:iam::aws:policy/PowerUserAccess",
    )
    assert (role.attached, role.inline, role.boundary) == ([], {}, None)


def test_a_boundary_is_the_ceiling_of_the_role(scene: Scene) -> None:
    """A customer managed one is each account's own."""
    scene.dev.create_policy("ceiling", document(allow("s3:ListBucket")), path="/limits/")
    scene.readers.put_permissions_boundary(PolicyReference("ceiling", "/limits/"))
    scene.center.provision_permission_set(scene.readers)
    session = scene.session()

    assert scene.role().boundary == f"arn:aws:iam::{DEV}:policy/limits/ceiling"
    assert scene.world.can(session, "s3:ListBucket", BUCKET)
    assert not scene.world.can(session, "s3:GetObject", KEY)


def test_what_a_permission_set_names_means_another_policy_in_each_account(scene: Scene) -> None:
    """The name is the same; the documents are the accounts' own."""
    for account, action in ((scene.dev, "sqs:*"), (scene.prod, "sns:*")):
        account.create_policy("own", document(allow(action)))
    scene.readers.attach_customer_managed_policy_reference("own")
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.center.provision_permission_set(scene.readers)
    portal = scene.center.sign_in("ana")
    may = [
        bool(scene.world.can(portal.role_credentials(one, "Readers"), action, "*"))
        for one in (DEV, PROD)
        for action in ("sqs:ListQueues", "sns:ListTopics")
    ]

    assert may == [True, False, False, True]


def test_if_one_account_lacks_a_policy_none_is_changed(scene: Scene) -> None:
    """The refusal says which account needs what."""
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.dev.create_policy("own", document(allow("sqs:*")))
    scene.readers.attach_customer_managed_policy_reference("own")
    before = snapshot(scene.world)
    with pytest.raises(AwsError) as caught:
        scene.center.provision_permission_set(scene.readers)

    assert caught.value.code == "NoSuchEntity"
    assert "Account acme-prod needs a policy own" in caught.value.__notes__[-1]
    assert snapshot(scene.world) == before


def test_a_permission_set_is_deleted_when_nobody_has_it(scene: Scene) -> None:
    """Then its methods find it no more."""
    with pytest.raises(ConflictException, match="ApplicationProfile"):
        scene.readers.delete()
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    scene.readers.delete()

    assert scene.center.permission_sets == {}
    with pytest.raises(ResourceNotFoundException, match="PermissionSet not found"):
        scene.readers.attach_managed_policy("ReadOnlyAccess")


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT1H", 3600), ("PT12H", 43_200), ("PT90M", 5400), ("PT3600S", 3600), ("PT2H0M1S", 7201)],
)
def test_session_durations_are_read_as_iso_8601(duration: str, seconds: int) -> None:
    """Hours, minutes and seconds."""
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    "duration", ["", "P", "PT", "PT59M", "PT12H1S", "1H", "PT1H ", "P1D", "pt1h", "PT-1H", "PT٣H"]
)
def test_a_session_lasts_one_hour_to_twelve(duration: str, scene: Scene) -> None:
    """Everything else is refused."""
    with pytest.raises(ValidationException):
        scene.center.create_permission_set("Odd", session_duration=duration)
    with pytest.raises(ValidationException):
        scene.readers.update(session_duration=duration)

    assert scene.readers.session_duration == "PT2H"


# -- the portal -----------------------------------------------------------------------------------


def test_the_portal_offers_what_is_assigned_to_the_user_and_the_groups(scene: Scene) -> None:
    """Each account once, with all its permission sets."""
    writers = scene.center.create_permission_set("Writers")
    scene.center.create_account_assignment(scene.dev, writers, scene.ana)
    scene.center.create_account_assignment(scene.prod, writers, scene.ana)
    scene.center.create_account_assignment(scene.prod, writers, scene.group)
    portal = scene.center.sign_in(scene.ana)

    assert portal.accounts() == [scene.dev, scene.prod]
    assert portal.roles(scene.dev) == ["Readers", "Writers"]
    assert portal.roles("acme-prod") == portal.roles(PROD) == ["Writers"]
    assert scene.center.sign_in("bob").accounts() == []


def test_a_session_is_one_of_the_accounts_role_named_after_the_user(scene: Scene) -> None:
    """It lasts as long as the permission set says."""
    session, role = scene.session(), scene.role()
    [provider] = scene.dev.saml_providers.values()

    assert session.arn == f"arn:aws:sts::{DEV}:assumed-role/{role.name}/ana"
    assert session.role_arn == role.arn
    assert session.record.operation == "AssumeRoleWithSAML"
    assert session.expiration - session.issued == timedelta(hours=2)
    assert session.keys["identitystore:UserId"] == scene.ana.id
    assert session.keys["aws:FederatedProvider"] == provider.arn
    assert scene.world.can(session, "s3:GetObject", KEY)
    assert not scene.world.can(session, "s3:PutObject", KEY)


def test_a_policy_can_ask_for_the_user_behind_the_session(scene: Scene) -> None:
    """The id of the identity store is a condition key; of an IAM user there is none."""
    scene.readers.put_inline_policy(
        document(
            deny("s3:*", Condition={"StringEquals": {"identitystore:UserId": scene.ana.id}}),
        )
    )
    scene.center.create_account_assignment(scene.dev, "Readers", "bob")
    bob = scene.center.sign_in("bob").role_credentials(DEV, "Readers")

    assert not scene.world.can(scene.session(), "s3:GetObject", KEY)
    assert scene.world.can(bob, "s3:GetObject", KEY)


def test_mfa_in_the_portal_is_not_mfa_in_the_session(scene: Scene) -> None:
    """A policy that asks for aws:MultiFactorAuthPresent does not let it."""
    needs = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    scene.readers.put_inline_policy(document(allow("sqs:*", Condition=needs)))
    scene.center.provision_permission_set(scene.readers)
    portal = scene.center.sign_in("ana", with_mfa=True)

    assert portal.with_mfa
    session = portal.role_credentials(DEV, "Readers")
    assert not scene.world.can(session, "sqs:ListQueues", "*")


def test_an_scp_applies_to_such_a_session_as_to_any_other(scene: Scene) -> None:
    """In a member account; nothing of the kind reaches the management account."""
    scene.center.create_account_assignment(scene.main, scene.readers, scene.ana)
    policy = scene.organization.create_policy("NoMaps", Policy.deny("s3:GetObject"))
    policy.attach(scene.organization.root)
    portal = scene.center.sign_in("ana")
    decision = scene.world.can(portal.role_credentials(DEV, "Readers"), "s3:GetObject", KEY)

    assert not decision
    assert "service control policy" in decision.message
    assert scene.world.can(portal.role_credentials(MAIN, "Readers"), "s3:GetObject", KEY)


def test_an_scp_does_not_keep_the_service_from_provisioning(scene: Scene) -> None:
    """It works with its service-linked role."""
    scene.organization.create_policy("NoIam", Policy.deny("iam:*")).attach(scene.prod)
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)

    assert len(reserved(scene.prod)) == 1


def test_an_rcp_can_close_the_portal_of_an_account(scene: Scene) -> None:
    """The portal asserts, STS refuses; the learner is told who."""
    scene.organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    closed = document(deny("sts:AssumeRoleWithSAML", Principal="*"))
    scene.organization.create_policy(
        "NoSaml", closed, policy_type="RESOURCE_CONTROL_POLICY"
    ).attach(scene.dev)
    portal = scene.center.sign_in("ana")
    before = len(scene.world.sessions)
    with pytest.raises(ForbiddenException, match="No access") as caught:
        portal.role_credentials(DEV, "Readers")

    assert isinstance(caught.value.__cause__, AccessDenied)
    assert len(scene.world.sessions) == before
    assert [(one.event_name, one.error_code) for one in scene.world.events[-2:]] == [
        ("AssumeRoleWithSAML", "AccessDenied"),
        ("GetRoleCredentials", "ForbiddenException"),
    ]


def test_who_leaves_the_group_cannot_choose_any_more_but_goes_on(scene: Scene) -> None:
    """The session works until it expires."""
    portal = scene.center.sign_in("ana")
    session = portal.role_credentials(DEV, "Readers")
    scene.group.remove_user("ana")

    assert portal.accounts() == []
    with pytest.raises(ForbiddenException, match="No access"):
        portal.role_credentials(DEV, "Readers")
    assert scene.world.can(session, "s3:GetObject", KEY)
    scene.world.clock.advance(hours=2)
    with pytest.raises(ExpiredToken):
        scene.world.can(session, "s3:GetObject", KEY)


def test_who_is_deleted_is_shut_out_of_the_portal_but_goes_on(scene: Scene) -> None:
    """One of the same name does not take the portal's session over."""
    portal = scene.center.sign_in("ana")
    session = portal.role_credentials(DEV, "Readers")
    scene.center.delete_user(scene.ana)
    scene.group.add_user(scene.center.create_user("ana"))

    with pytest.raises(UnauthorizedException, match="Session token not found or invalid"):
        portal.accounts()
    assert scene.world.can(session, "s3:GetObject", KEY)


def test_sessions_end_with_their_role(scene: Scene) -> None:
    """When the last assignment is deleted; a role that is made again does not revive them."""
    session = scene.session()
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.group)

    with pytest.raises(InvalidClientTokenId):
        scene.world.can(session, "s3:GetObject", KEY)


def test_the_portal_closes_after_eight_hours_and_role_sessions_do_not(scene: Scene) -> None:
    """Each has its own time."""
    scene.readers.update(session_duration="PT12H")
    scene.center.provision_permission_set(scene.readers)
    portal = scene.center.sign_in("ana")
    scene.world.clock.advance(hours=7, minutes=59)
    session = portal.role_credentials(DEV, "Readers")
    open_till_then = not portal.is_expired
    scene.world.clock.advance(minutes=1)

    assert open_till_then
    assert portal.is_expired
    for ask in (
        portal.accounts,
        lambda: portal.roles(DEV),
        lambda: portal.role_credentials(DEV, "Readers"),
    ):
        with pytest.raises(UnauthorizedException):
            ask()
    assert scene.world.can(session, "s3:GetObject", KEY)


def test_a_suspended_or_removed_account_is_not_offered(scene: Scene) -> None:
    """The assignment is still there, and can be deleted."""
    scene.organization.members[DEV].status = "SUSPENDED"
    portal = scene.center.sign_in("ana")
    suspended = portal.accounts()
    scene.organization.members[DEV].status = "ACTIVE"
    back = portal.accounts()
    scene.organization.remove_account(scene.dev)

    assert (suspended, back, portal.accounts()) == ([], [scene.dev], [])
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    assert scene.center.account_assignments == []


def test_a_saml_provider_that_is_gone_closes_the_account_until_it_is_mended(scene: Scene) -> None:
    """IAM lets an administrator delete it: hence its name."""
    [provider] = scene.dev.saml_providers.values()
    provider.delete()
    portal = scene.center.sign_in("ana")
    with pytest.raises(ForbiddenException, match="No access"):
        portal.role_credentials(DEV, "Readers")
    scene.center.provision_permission_set(scene.readers)
    [again] = scene.dev.saml_providers.values()
    assert again.name != provider.name


def test_metadata_of_somebody_else_close_the_account_too(scene: Scene) -> None:
    """Whoever signs now, it is not the portal; provisioning puts its own metadata back."""
    [provider] = scene.dev.saml_providers.values()
    own = provider.metadata
    provider.update(saml_metadata_document=own.replace("portal.sso", "evil.sso"))
    portal = scene.center.sign_in("ana")
    with pytest.raises(ForbiddenException) as caught:
        portal.role_credentials(DEV, "Readers")
    scene.center.provision_permission_set(scene.readers)

    assert "does not know the portal any more" in caught.value.__notes__[0]
    assert provider.metadata == own
    assert portal.role_credentials(DEV, "Readers")


def test_sts_must_be_on_where_identity_center_is() -> None:
    """An account can switch a Region of STS off."""
    there = Scene("eu-west-1")
    there.dev.sts_regions_off.append("eu-west-1")
    with pytest.raises(AwsError, match="STS is not activated in this region"):
        there.session()

    assert there.world.events[-2].error_code == "RegionDisabledException"


def test_a_user_name_must_do_for_a_session(scene: Scene) -> None:
    """The identity store takes more names than STS."""
    scene.group.add_user(scene.center.create_user("añа/😀"))
    portal = scene.center.sign_in("añа/😀")
    with pytest.raises(AwsError, match="cannot be the name of a role session") as caught:
        portal.role_credentials(DEV, "Readers")

    assert caught.value.code == "InvalidRequestException"


# -- attributes for access control ----------------------------------------------------------------


def test_attributes_become_session_tags(scene: Scene) -> None:
    """Those that are known of the user; they are not transitive, and policies see them."""
    scene.center.set_access_control_attributes(
        {
            "Department": "${path:enterprise.department}",
            "Login": "${path:userName}",
            "Mail": "${path:emails[primary eq true].value}",
            "Title": "${path:title}",
        }
    )
    scene.ana.update(attributes={"enterprise.department": "stars"})
    of_own = {"StringEquals": {"aws:PrincipalTag/Department": "stars"}}
    scene.readers.put_inline_policy(document(allow("sqs:*", Condition=of_own)))
    scene.center.provision_permission_set(scene.readers)
    session = scene.session()

    assert session.tags == {"Department": "stars", "Login": "ana", "Mail": "ana@example.com"}
    assert session.transitive_tag_keys == ()
    assert scene.world.can(session, "sqs:ListQueues", "*")


def test_a_session_keeps_its_tags(scene: Scene) -> None:
    """A change of the user shows in the next one."""
    scene.center.set_access_control_attributes({"Title": "${path:title}"})
    scene.ana.update(attributes={"title": "Fellow"})
    first = scene.session()
    scene.ana.update(attributes={"title": "Chair"})

    assert (first.tags, scene.session().tags) == ({"Title": "Fellow"}, {"Title": "Chair"})
    scene.center.set_access_control_attributes({})
    assert scene.session().tags == {}


def test_an_attribute_that_cannot_be_a_tag_stops_the_session(scene: Scene) -> None:
    """STS refuses it, and no session is made."""
    scene.center.set_access_control_attributes({"Title": "${path:title}"})
    scene.ana.update(attributes={"title": "<Chair>"})
    with pytest.raises(AwsError, match="at 'tags' failed") as caught:
        scene.session()

    assert caught.value.code == "ValidationError"
    assert scene.world.sessions == {}


# -- the log --------------------------------------------------------------------------------------


def test_the_call_of_sts_is_in_the_accounts_log(scene: Scene) -> None:
    """As every AssumeRoleWithSAML; the choice itself is in that of the management account."""
    session, role = scene.session(), scene.role()
    [provider] = scene.dev.saml_providers.values()
    made, chosen = (one.to_json() for one in scene.world.events[-2:])

    assert (made["eventName"], made["recipientAccountId"]) == ("AssumeRoleWithSAML", DEV)
    assert made["userIdentity"]["type"] == "SAMLUser"
    assert made["userIdentity"]["userName"] == "ana"
    asked = made["requestParameters"]
    assert (asked["roleArn"], asked["principalArn"]) == (role.arn, provider.arn)
    assert (asked["roleSessionName"], asked["durationSeconds"]) == ("ana", 7200)
    answered = made["responseElements"]
    assert answered["assumedRoleUser"]["arn"] == session.arn
    assert set(answered["credentials"]) == {"accessKeyId", "expiration"}
    assert made["userIdentity"]["principalId"] == f"{answered['nameQualifier']}:ana"
    assert (chosen["eventName"], chosen["recipientAccountId"]) == ("GetRoleCredentials", MAIN)
    assert chosen["userIdentity"] == {
        "type": "IdentityCenterUser",
        "accountId": MAIN,
        "onBehalfOf": {
            "userId": scene.ana.id,
            "identityStoreArn": scene.center.identity_store_arn,
        },
    }
    assert chosen["serviceEventDetails"] == {"role_name": "Readers", "account_id": DEV}
    assert chosen["eventType"] == "AwsServiceEvent"


def test_signing_in_is_logged_with_what_was_used(scene: Scene) -> None:
    """In the management account, as of a user of Identity Center."""
    scene.center.sign_in("ana", with_mfa=True)
    event = scene.world.events[-1].to_json()

    assert event["eventName"] == "UserAuthentication"
    assert event["additionalEventData"]["CredentialType"] == "PASSWORD,TOTP"
    assert event["recipientAccountId"] == MAIN


def test_what_the_service_does_in_an_account_it_does_with_its_linked_role(scene: Scene) -> None:
    """The account's log says so, for everything that is made and taken away."""
    scene.readers.put_inline_policy(Policy.allow("sqs:*"))
    scene.readers.put_permissions_boundary("PowerUserAccess")
    scene.readers.update(description="Read all")
    scene.center.provision_permission_set(scene.readers)
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    own = [one for one in scene.world.events if one.recipient_account_id == DEV]
    callers = {one.user_identity.get("arn", "") for one in own[1:]}

    assert [one.event_name for one in own] == [
        "CreateServiceLinkedRole",
        "CreateSAMLProvider",
        "CreateRole",
        "AttachRolePolicy",
        "UpdateRole",
        "PutRolePolicy",
        "PutRolePermissionsBoundary",
        "DetachRolePolicy",
        "DeleteRolePolicy",
        "DeleteRolePermissionsBoundary",
        "DeleteRole",
    ]
    assert callers == {f"arn:aws:sts::{DEV}:assumed-role/AWSServiceRoleForSSO/AWS-SSO"}


def test_a_refusal_is_logged_too(scene: Scene) -> None:
    """In the management account, with its code."""
    with pytest.raises(ConflictException):
        scene.center.create_permission_set("Readers")
    event = scene.world.events[-1]

    assert (event.event_source, event.event_name) == ("sso.amazonaws.com", "CreatePermissionSet")
    assert (event.error_code, event.recipient_account_id) == ("ConflictException", MAIN)


def test_no_log_names_people_or_holds_secrets(scene: Scene) -> None:
    """What CloudTrail hides of the identity store is hidden, and no credential stands anywhere."""
    secret = scene.center.create_user("zoe-the-cat", "Zoe", "zoe@example.com")
    session = scene.session()
    told = json.dumps([one.to_json() for one in scene.world.events])

    assert secret.id in told
    for hidden in ("zoe", "Zoe", session.secret_access_key, session.session_token):
        assert hidden not in told


# -- what is refused ------------------------------------------------------------------------------


Cause = Callable[[Scene], Any]


def _twenty(scene: Scene) -> None:
    for number in range(20):
        scene.readers.attach_customer_managed_policy_reference(f"p{number}")


REFUSALS: list[tuple[str, int, str, Cause]] = [
    ("ConflictException", 400, "Duplicate UserName", lambda s: s.center.create_user("ANA")),
    (
        "ConflictException",
        400,
        "Duplicate GroupDisplayName",
        lambda s: s.center.create_group("Astronomers"),
    ),
    ("ConflictException", 400, "Member and Group", lambda s: s.group.add_user("ana")),
    (
        "ConflictException",
        400,
        "PermissionSet with name Readers already exists.",
        lambda s: s.center.create_permission_set("Readers"),
    ),
    (
        "ConflictException",
        400,
        "already has a typed link attachment",
        lambda s: s.readers.attach_managed_policy("AmazonS3ReadOnlyAccess"),
    ),
    ("ForbiddenException", 403, "No access", lambda s: s.center.sign_in("bob").roles(DEV)),
    ("ForbiddenException", 403, "No access", lambda s: s.center.sign_in("ana").roles("mars")),
    (
        "ForbiddenException",
        403,
        "No access",
        lambda s: s.center.sign_in("ana").role_credentials(DEV, "Writers"),
    ),
    (
        "ForbiddenException",
        403,
        "No access",
        lambda s: s.center.sign_in("ana").role_credentials(PROD, s.readers),
    ),
    ("FailedAuthentication", 401, "sign-in", lambda s: s.center.sign_in("nobody")),
    ("ResourceNotFoundException", 400, "USER not found", lambda s: s.group.add_user("x")),
    ("ResourceNotFoundException", 400, "GROUP_MEMBERSHIP", lambda s: s.group.remove_user("bob")),
    ("ResourceNotFoundException", 400, "GROUP not", lambda s: s.center.delete_group("x")),
    (
        "ResourceNotFoundException",
        400,
        "Principal not found",
        lambda s: s.center.create_account_assignment(DEV, "Readers", "nobody"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "PermissionSet not found",
        lambda s: s.center.create_account_assignment(DEV, "Writers", "ana"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "AWS account 999999999999 not found",
        lambda s: s.center.create_account_assignment("999999999999", "Readers", "ana"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "Assignment not found",
        lambda s: s.center.delete_account_assignment(DEV, "Readers", "bob"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "not provisioned",
        lambda s: s.center.provision_permission_set("Readers", PROD),
    ),
    (
        "ResourceNotFoundException",
        400,
        "Policy does not exist with ARN: ReadOnlyAcces",
        lambda s: s.readers.attach_managed_policy("ReadOnlyAcces"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "Could not find ManagedPolicy",
        lambda s: s.readers.detach_managed_policy("ReadOnlyAccess"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "does not exist on PermissionSet",
        lambda s: s.readers.detach_customer_managed_policy_reference("own"),
    ),
    (
        "ResourceNotFoundException",
        400,
        "No permissions boundary",
        lambda s: s.readers.delete_permissions_boundary(),
    ),
    ("ValidationException", 400, "at 'userName'", lambda s: s.center.create_user("a b")),
    ("ValidationException", 400, "at 'userName'", lambda s: s.center.create_user("")),
    ("ValidationException", 400, "at 'userName'", lambda s: s.center.create_user("\ud800")),
    ("ValidationException", 400, "at 'userName'", lambda s: s.center.create_user("x" * 129)),
    ("ValidationException", 400, "reserved", lambda s: s.center.create_user("Administrator")),
    (
        "ValidationException",
        400,
        "enterprise.cat is not supported",
        lambda s: s.center.create_user("cat", attributes={"enterprise.cat": "x"}),
    ),
    (
        "ValidationException",
        400,
        "at 'name'",
        lambda s: s.center.create_permission_set("x" * 33),
    ),
    (
        "ValidationException",
        400,
        "at 'relayState'",
        lambda s: s.center.create_permission_set("x", relay_state="<>"),
    ),
    (
        "ValidationException",
        400,
        "at 'tagKey'",
        lambda s: s.center.create_permission_set("x", tags={"<": ""}),
    ),
    (
        "ValidationException",
        400,
        "at 'managedPolicyArn'",
        lambda s: s.readers.attach_managed_policy(f"arn:aws:iam::{DEV}:policy/own"),
    ),
    (
        "ValidationException",
        400,
        "at 'customerManagedPolicyReference.path'",
        lambda s: s.readers.attach_customer_managed_policy_reference("own", "sky"),
    ),
    (
        "ValidationException",
        400,
        "at 'inlinePolicy'",
        lambda s: s.readers.put_inline_policy(document(allow("s3:*", "x" * 33_000))),
    ),
    (
        "MalformedPolicyDocument",
        400,
        "",
        lambda s: s.readers.put_inline_policy(document(allow("s3:*", Principal="*"))),
    ),
    (
        "ValidationException",
        400,
        "The attribute source title is not supported",
        lambda s: s.center.set_access_control_attributes({"Title": "title"}),
    ),
    (
        "ValidationException",
        400,
        "not supported",
        lambda s: s.center.set_access_control_attributes({"Title": "${path:shoe}"}),
    ),
    (
        "ValidationException",
        400,
        "in more than their case",
        lambda s: s.center.set_access_control_attributes(
            {"Title": "${path:title}", "title": "${path:locale}"}
        ),
    ),
]


def _row(row: tuple[str, int, str, Cause]) -> str:
    return f"{row[0]}: {row[2][:40]}"


@pytest.mark.parametrize("row", REFUSALS, ids=_row)
def test_what_is_refused_changes_nothing(row: tuple[str, int, str, Cause], scene: Scene) -> None:
    """With AWS's code and status."""
    code, status, text, cause = row
    before = snapshot(scene.world)
    with pytest.raises(AwsError, match=re.escape(text)) as caught:
        cause(scene)

    assert (caught.value.code, caught.value.http_status) == (code, status)
    assert snapshot(scene.world) == before


def test_there_is_room_for_twenty_policies(scene: Scene) -> None:
    """AWS's and customers' count together; the quota of the account's role counts as well."""
    scene.readers.detach_managed_policy("AmazonS3ReadOnlyAccess")
    _twenty(scene)
    with pytest.raises(AwsError, match="more than 20") as caught:
        scene.readers.attach_managed_policy("ReadOnlyAccess")

    assert caught.value.code == "ServiceQuotaExceededException"


@pytest.mark.parametrize(
    ("quota", "most"), [("Roles", 2), ("SAMLProviders", 0), ("PoliciesPerRole", 0)]
)
def test_the_accounts_quotas_hold(quota: str, most: int, scene: Scene) -> None:
    """Then nothing of the assignment is there."""
    scene.prod.quotas[quota] = most
    scene.prod.create_role("own", assume_role_policy_document=trust({"AWS": PROD}))
    before = snapshot(scene.world)
    with pytest.raises(AwsError, match=f"Cannot exceed quota for {quota}"):
        scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)

    assert snapshot(scene.world) == before


def test_policies_of_service_linked_roles_are_not_for_these(scene: Scene) -> None:
    """IAM says so when it is provisioned, and the account stays as it was."""
    scene.readers.attach_managed_policy("AWSSSOServiceRolePolicy")
    before = snapshot(scene.world)
    with pytest.raises(AwsError) as caught:
        scene.center.provision_permission_set(scene.readers)

    assert caught.value.code == "PolicyNotAttachable"
    assert snapshot(scene.world) == before


WRONG: list[Cause] = [
    lambda s: s.center.create_user(5),
    lambda s: s.center.create_user("cat", attributes=5),
    lambda s: s.center.create_user("cat", attributes={"title": 5}),
    lambda s: s.center.create_group(None),
    lambda s: s.center.create_permission_set(b"x"),
    lambda s: s.center.create_permission_set("x", session_duration=3600),
    lambda s: s.center.create_permission_set("x", tags=["a"]),
    lambda s: s.center.create_account_assignment(5, "Readers", "ana"),
    lambda s: s.center.create_account_assignment(DEV, 5, "ana"),
    lambda s: s.center.create_account_assignment(DEV, "Readers", s.dev.create_user("iam")),
    lambda s: s.center.delete_account_assignment(DEV, "Readers", 5),
    lambda s: s.center.set_access_control_attributes(5),
    lambda s: s.center.sign_in(5),
    lambda s: s.center.sign_in("ana", with_mfa="yes"),
    lambda s: s.center.sign_in("ana").roles(5),
    lambda s: s.center.sign_in("ana").role_credentials(DEV, 5),
    lambda s: s.group.add_user(5),
    lambda s: s.readers.attach_managed_policy(5),
    lambda s: s.readers.put_inline_policy(5),
    lambda s: s.readers.put_permissions_boundary(5),
]


@pytest.mark.parametrize("cause", WRONG)
def test_what_is_of_the_wrong_kind_is_a_request_error(cause: Cause, scene: Scene) -> None:
    """So that a slip in Python is not taken for AWS's answer."""
    with pytest.raises(RequestError):
        cause(scene)


def test_a_name_that_two_have_must_be_said_more_exactly(scene: Scene) -> None:
    """A user and a group can be called alike."""
    twin = scene.center.create_group("ana")
    with pytest.raises(RequestError, match="A user and a group"):
        scene.center.create_account_assignment(PROD, "Readers", "ana")

    assert scene.center.create_account_assignment(PROD, "Readers", twin).principal_type == "GROUP"


def test_without_an_organization_there_is_nothing_to_open(scene: Scene) -> None:
    """Its parts say so, and not with a KeyError."""
    scene.organization.remove_account(scene.dev)
    scene.organization.remove_account(scene.prod)
    portal = scene.center.sign_in("ana")
    scene.organization.delete()
    for ask in (portal.accounts, lambda: scene.center.create_user("zoe")):
        with pytest.raises((RequestError, AWSOrganizationsNotInUseException), match="deleted"):
            ask()


def test_the_error_tree_is_drawn_as_it_is() -> None:
    """Each class stands in it with its status."""
    text = identity_center_errors.__doc__ or ""
    drawn = dict(re.findall(r"[├└]─ (\w+) +(\d+)", text))
    real = {
        name: str(getattr(identity_center_errors, name).http_status)
        for name in identity_center_errors.__all__
    }

    assert drawn == real


# -- worlds ---------------------------------------------------------------------------------------


def test_a_copy_of_the_world_has_its_own_instance(scene: Scene) -> None:
    """What happens there does not happen here."""
    before = snapshot(scene.world)
    twin = scene.world.copy()
    assert snapshot(twin) == before
    center = twin.identity_centers[scene.center.arn]
    center.groups[scene.group.id].remove_user("ana")
    center.delete_account_assignment("acme-dev", "Readers", scene.group)
    center.permission_sets[scene.readers.id].delete()
    center.create_user("zoe")

    assert snapshot(scene.world) == before
    assert scene.center.sign_in("ana").accounts() == [scene.dev]
    assert reserved(twin.accounts[DEV]) == []


@pytest.mark.parametrize("secrets", [True, False])
def test_a_saved_world_opens_the_same_doors(secrets: bool, scene: Scene) -> None:  # noqa: FBT001
    """With or without secrets: the portal is known by its certificate, which is none."""
    scene.readers.put_inline_policy(Policy.allow("sqs:*"))
    scene.readers.put_permissions_boundary(PolicyReference("ceiling", "/sky/"))
    scene.readers.attach_customer_managed_policy_reference("own")
    scene.center.set_access_control_attributes({"Login": "${path:userName}"})
    written = json.loads(json.dumps(world_to_json(scene.world, secrets=secrets)))
    again = world_from_json(written)
    center = again.identity_centers[scene.center.arn]
    session = center.sign_in("ana").role_credentials("acme-dev", "Readers")

    assert world_to_json(again, secrets=secrets)["identity_centers"] == written["identity_centers"]
    assert session.tags == {"Login": "ana"}
    assert session.role_arn == scene.role().arn


def _damaged(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    """Put a value somewhere into the one instance of a file."""

    def damage(center: dict[str, Any]) -> None:
        place: Any = center
        for step in path[:-1]:
            place = next(iter(place.values())) if step is ... else place[step]
        place[path[-1]] = value

    return damage


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (_damaged(["users", ..., "instance_arn"], "x"), "It must be arn:aws:sso"),
        (_damaged(["groups", ..., "member_ids"], ["nobody"]), "There is no such user"),
        (_damaged(["permission_sets", ..., "session_duration"], "PT99H"), "PT1H to PT12H"),
        (_damaged(["permission_sets", ..., "provisioned"], {}), "is not provisioned"),
        (_damaged(["permission_sets"], {}), "There is no such permission set"),
        (_damaged(["users", "x"], {"id": "y", "instance_arn": "x"}), "id"),
        (_damaged(["region"], 5), "There must be text"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(
    damage: Callable[[dict[str, Any]], None], text: str, scene: Scene
) -> None:
    """What hangs loose would be missed later."""
    written = json.loads(json.dumps(world_to_json(scene.world)))
    damage(next(iter(written["identity_centers"].values())))
    with pytest.raises(LoadError, match=re.escape("$.identity_centers")) as caught:
        world_from_json(written)

    assert text in str(caught.value)


def test_a_portal_session_shows_no_secret(scene: Scene, tmp_path: Path) -> None:
    """It holds none; the session that it gives refuses to be written."""
    portal = scene.center.sign_in("ana")
    session = portal.role_credentials(DEV, "Readers")
    scene.world.save(tmp_path / "world.json")
    shown = repr(portal) + repr(session) + (tmp_path / "world.json").read_text("utf-8")

    assert session.secret_access_key not in shown
    assert session.session_token not in shown
    with pytest.raises(TypeError, match="secrets"):
        pickle.dumps(session)


# -- a law ----------------------------------------------------------------------------------------


WHO = ("user ana", "user bob", "group astronomers", "group pilots")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assign", "unassign", "join", "leave", "provision"]),
        st.sampled_from([DEV, PROD]),
        st.sampled_from(["Readers", "Writers"]),
        st.sampled_from(WHO),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def start() -> World:
    """Two permission sets, two users, two groups; nobody is assigned."""
    scene = Scene()
    scene.center.create_permission_set("Writers")
    scene.center.create_group("pilots")
    scene.center.delete_account_assignment(DEV, "Readers", scene.group)
    return scene.world


@given(steps=STEPS)
@settings(max_examples=60)
def test_a_role_is_there_as_long_as_somebody_is_assigned(
    steps: list[tuple[str, str, str, str]], start: World
) -> None:
    """And the portal offers to each what is assigned to him or to a group of his; no more."""
    world = start.copy()
    [center] = world.identity_centers.values()
    groups = {one.name: one for one in center.groups.values()}
    users = {one.name: one for one in center.users.values()}
    assigned: set[tuple[str, str, str]] = set()
    members = {"ana": {"group astronomers"}, "bob": set[str]()}
    for step, account, name, who in steps:
        kind, _, called = who.partition(" ")
        principal: Any = users[called] if kind == "user" else groups[called]
        try:
            if step == "assign":
                center.create_account_assignment(account, name, principal)
                assigned.add((account, name, who))
            elif step == "unassign":
                center.delete_account_assignment(account, name, principal)
                assigned.remove((account, name, who))
            elif step == "provision":
                center.provision_permission_set(name)
            elif kind == "group" and step == "join":
                principal.add_user("bob")
                members["bob"].add(who)
            elif kind == "group":
                principal.remove_user("bob")
                members["bob"].remove(who)
        except AwsError as error:
            assert error.code in ("ConflictException", "ResourceNotFoundException")  # noqa: PT017

    for account in (DEV, PROD):
        made = {one.name.split("_")[1] for one in reserved(world.accounts[account])}
        assert made == {name for place, name, _ in assigned if place == account}
        for one in reserved(world.accounts[account]):
            assert Arn.parse(one.arn).account == account
    for called, user in users.items():
        mine = {f"user {called}", *members[called]}
        offered = {(place.account_id, one.name) for place, one in center.choices_of(user)}
        assert offered == {(place, name) for place, name, who in assigned if who in mine}
        portal: PortalSession = center.sign_in(user)
        for place, name in offered:
            assert portal.role_credentials(place, name).record.account_id == place
    sets: list[PermissionSet] = list(center.permission_sets.values())
    for one_set in sets:
        assert {*one_set.provisioned} == {p for p, name, _ in assigned if name == one_set.name}
