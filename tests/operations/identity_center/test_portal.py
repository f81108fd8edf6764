"""The access portal of IAM Identity Center: what it offers, and what its sessions may."""

import json
from datetime import timedelta

import pytest

from iamlab import Policy, unsure
from iamlab.errors import (
    AccessDenied,
    AwsError,
    ExpiredToken,
    InvalidClientTokenId,
)
from iamlab.errors.identity_center import (
    ConflictException,
    ForbiddenException,
    UnauthorizedException,
)
from iamlab.operations.federation.saml_directory import create_directory
from iamlab.operations.identity_center.permission_sets import PolicyReference
from tests.operations.identity_center.single_sign_on import DEV, KEY, MAIN, PROD, Scene, reserved
from tests.policy.documents import allow, deny, document, trust


@pytest.fixture
def scene() -> Scene:
    """A new one."""
    return Scene()


# -- the portal ------------------------------------------------------------------------------------


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

    assert session.arn == f"arn:aws:sts::{DEV}:assumed-role/{role.name}/ana"
    assert session.role_arn == role.arn
    assert session.record.operation == "AssumeRoleWithSAML"
    assert session.expiration - session.issued == timedelta(hours=2)
    assert session.keys["identitystore:UserId"] == scene.ana.id
    assert not {"aws:FederatedProvider", "aws:MultiFactorAuthPresent"} & session.keys.keys()
    assert scene.world.can(session, "s3:GetObject", KEY)
    assert not scene.world.can(session, "s3:PutObject", KEY)


def test_a_policy_can_ask_for_the_user_behind_the_session(scene: Scene) -> None:
    """The id of the identity store is a condition key; of an IAM user there isn't one."""
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
    """The portal asserts, STS refuses; the learner learns who."""
    scene.organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    closed = document(deny("sts:AssumeRoleWithSAML", Principal="*"))
    scene.organization.create_policy("NoSaml", closed, type="RESOURCE_CONTROL_POLICY").attach(
        scene.dev
    )
    portal = scene.center.sign_in("ana")
    before = len(scene.world.sessions)
    with pytest.raises(ForbiddenException, match="No access") as caught:
        portal.role_credentials(DEV, "Readers")

    assert isinstance(caught.value.__cause__, AccessDenied)
    assert len(scene.world.sessions) == before
    assert [(event.event_name, event.error_code) for event in scene.world.events[-2:]] == [
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
    scene.world.clock.advance(days=5)  # an account that was made cannot go at once
    portal = scene.center.sign_in("ana")
    suspended = portal.accounts()
    scene.organization.members[DEV].status = "ACTIVE"
    back = portal.accounts()
    scene.organization.remove_account(scene.dev)

    assert (suspended, back, portal.accounts()) == ([], [scene.dev], [])
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    assert scene.center.account_assignments == []


def test_a_saml_provider_that_is_gone_closes_the_account_until_it_is_fixed(scene: Scene) -> None:
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

    assert "doesn't trust the portal any more" in caught.value.__notes__[0]
    assert provider.metadata == own
    assert portal.role_credentials(DEV, "Readers").arn.endswith("/ana")


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


@pytest.mark.parametrize("stay", [True, False])
def test_whether_keys_of_the_assertion_stay_is_a_switch(
    stay: bool,  # noqa: FBT001
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for every session of AssumeRoleWithSAML; who the user is stays anyway."""
    monkeypatch.setattr(unsure, "FEDERATION_KEYS_STAY", stay)
    keys = scene.session().record.keys

    assert ("saml:sub" in keys) is stay
    assert keys["identitystore:UserId"] == scene.ana.id


def test_of_the_assertion_those_keys_stay_that_stay_of_every_assertion(scene: Scene) -> None:
    """Not its audience: the portal is like any other identity provider of those of companies."""
    directory = create_directory(scene.dev.world)
    provider = directory.register(scene.dev)
    trusting = trust({"Federated": provider.arn})
    trusting["Statement"][0]["Action"] = "sts:AssumeRoleWithSAML"
    role = scene.dev.create_role("stars", assume_role_policy_document=trusting)
    directory.map_group("all", role, provider)
    of_company = scene.world.sts.assume_role_with_saml(
        role_arn=role,
        principal_arn=provider,
        saml_assertion=directory.sign_in(directory.add_user("ana", groups=["all"])),
    )
    of_portal = scene.session().record.keys

    assert "saml:aud" not in of_portal
    assert {*of_portal} == {*of_company.record.keys, "identitystore:UserId"}
    assert of_portal["saml:sub"] == of_company.record.keys["saml:sub"] == "ana"
    assert of_portal["saml:namequalifier"] != of_company.record.keys["saml:namequalifier"]


# -- attributes for access control -----------------------------------------------------------------


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


# -- the log ---------------------------------------------------------------------------------------


def test_the_call_of_sts_is_in_the_accounts_log(scene: Scene) -> None:
    """As every AssumeRoleWithSAML; the choice itself is in that of the management account."""
    session, role = scene.session(), scene.role()
    [provider] = scene.dev.saml_providers.values()
    made, chosen = (event.to_dict() for event in scene.world.events[-2:])

    assert (made["eventName"], made["recipientAccountId"]) == ("AssumeRoleWithSAML", DEV)
    assert made["userIdentity"]["type"] == "SAMLUser"
    assert made["userIdentity"]["userName"] == "ana"
    request = made["requestParameters"]
    assert (request["roleArn"], request["principalArn"]) == (role.arn, provider.arn)
    assert (request["roleSessionName"], request["durationSeconds"]) == ("ana", 7200)
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
    event = scene.world.events[-1].to_dict()

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
    own = [event for event in scene.world.events if event.recipient_account_id == DEV]
    callers = {event.user_identity.get("arn", "") for event in own[1:]}

    assert [event.event_name for event in own] == [
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


def test_the_administrators_calls_show_the_assignments(scene: Scene) -> None:
    """In the management account: who reads the log sees a new administrator come."""
    scene.readers.put_inline_policy(Policy.allow("*"))
    scene.readers.put_permissions_boundary("PowerUserAccess")
    scene.readers.put_permissions_boundary(PolicyReference("own"))
    scene.main.create_policy("own", document(allow("*")))
    scene.center.create_account_assignment(MAIN, scene.readers, scene.bob)
    shown = {
        event.event_name: event.request_parameters
        for event in scene.world.events
        if event.event_source == "sso.amazonaws.com" and event.request_parameters
    }
    ceiling = shown["PutPermissionsBoundaryToPermissionSet"]["permissionsBoundary"]

    assert '"Action":"*"' in shown["PutInlinePolicyToPermissionSet"]["inlinePolicy"].replace(
        " ", ""
    )
    assert ceiling == {"customerManagedPolicyReference": {"name": "own", "path": "/"}}
    assert shown["CreateAccountAssignment"] == {
        "instanceArn": scene.center.arn,
        "targetId": MAIN,
        "targetType": "AWS_ACCOUNT",
        "permissionSetArn": scene.readers.arn,
        "principalType": "USER",
        "principalId": scene.bob.id,
    }


def test_a_refusal_is_logged_too(scene: Scene) -> None:
    """In the management account, with its code."""
    with pytest.raises(ConflictException):
        scene.center.create_permission_set("Readers")
    event = scene.world.events[-1]

    assert (event.event_source, event.event_name) == ("sso.amazonaws.com", "CreatePermissionSet")
    assert (event.error_code, event.recipient_account_id) == ("ConflictException", MAIN)


def test_no_log_names_people_or_holds_secrets(scene: Scene) -> None:
    """What CloudTrail hides of the identity store is hidden, and no credential is anywhere."""
    secret = scene.center.create_user("zoe-the-cat", "Zoe", "zoe@example.com")
    session = scene.session()
    shown = json.dumps([event.to_dict() for event in scene.world.events])

    assert secret.id in shown
    for hidden in ("zoe", "Zoe", session.secret_access_key, session.session_token):
        assert hidden not in shown
