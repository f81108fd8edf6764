"""What the resource policy delegates, what a closed account can't do, and all features later."""

import json
from datetime import timedelta
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, InvalidClientTokenId
from iamlab.errors.organizations import (
    AccessDeniedException,
    HandshakeConstraintViolationException,
    InvalidHandshakeTransitionException,
    PolicyTypeNotAvailableForOrganizationException,
)
from iamlab.model.organization.organization import _CALLERS, Organization
from iamlab.model.organization.policies import RCP, SCP
from iamlab.operations.registry import entries_of
from iamlab.world.account import Account
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    OUTSIDE,
    SERVICE,
    allowed,
    ask,
    small_organization,
)
from tests.policy.documents import allow, deny, document, trust

ROOT_OF_DEV = f"arn:aws:iam::{DEV}:root"
GUARD = {
    "Name": "guard",
    "Description": "",
    "Content": json.dumps({"Version": "2012-10-17", "Statement": [deny("s3:*")]}),
}


@pytest.fixture
def organization() -> Organization:
    """The organization: root > Prod > Web > acme-dev."""
    return small_organization()


@pytest.fixture
def world(organization: Organization) -> World:
    """Its world, with an account outside of it."""
    return organization.world


@pytest.fixture
def dev(world: World) -> Account:
    """A member account."""
    return world.account(DEV)


def delegation(*actions: str, **more: Any) -> dict[str, Any]:
    """Return a policy that lets the member account call some operations."""
    named = [f"organizations:{name}" for name in actions]
    return document(allow(named, Principal={"AWS": ROOT_OF_DEV}, **more))


# -- the resource policy --------------------------------------------------------------------------


def test_a_member_account_calls_what_the_resource_policy_allows(
    organization: Organization, dev: Account
) -> None:
    """Its policies are the organization's, and belong to the management account."""
    ana = allowed(dev, "organizations:*")
    with pytest.raises(AccessDeniedException, match="don't have permissions"):
        dev.call("organizations:CreatePolicy", ana, Type=SCP, **GUARD)
    organization.put_resource_policy(delegation("CreatePolicy", "AttachPolicy"))
    made = dev.call("organizations:CreatePolicy", ana, Type=SCP, **GUARD)["Policy"]
    key = made["PolicySummary"]["Id"]
    dev.call("organizations:AttachPolicy", ana, PolicyId=key, TargetId=organization.root.id)

    assert key in organization.root.attached
    assert f"::{MAIN}:policy/" in made["PolicySummary"]["Arn"]
    with pytest.raises(AccessDeniedException, match="no resource-based policy allows"):
        dev.call("organizations:DeletePolicy", ana, PolicyId=key)


def test_the_callers_own_policies_must_allow_it_too(
    organization: Organization, dev: Account
) -> None:
    """Two accounts: neither side is enough, also for a user that the policy names."""
    ben = dev.create_user("ben")
    organization.put_resource_policy(
        document(allow("organizations:ListRoots", Principal={"AWS": [ROOT_OF_DEV, ben.arn]}))
    )
    with pytest.raises(AccessDeniedException, match="no identity-based policy allows"):
        dev.call("organizations:ListRoots", ben)
    ben.put_policy("p", document(allow("organizations:ListRoots")))

    assert dev.call("organizations:ListRoots", ben)["Roots"]


def test_a_question_has_the_same_answer_as_the_call(
    organization: Organization, world: World, dev: Account
) -> None:
    """Once there is a resource policy, it decides, in any case of letters."""
    ana, root = allowed(dev, "organizations:*"), organization.root.arn
    organization.put_resource_policy(delegation("ListRoots"))

    assert world.can(ana, "organizations:ListRoots", "*")
    assert world.can(ana, "Organizations:listroots", "*")
    assert not world.can(ana, "organizations:AttachPolicy", root)
    assert not world.can(ana, "organizations:ListAccounts", "*")
    organization.delete_resource_policy()
    with pytest.raises(AccessDeniedException):
        dev.call("organizations:ListRoots", ana)


def test_a_condition_limits_the_delegation_to_a_type(
    organization: Organization, dev: Account
) -> None:
    """As in AWS's examples."""
    ana = allowed(dev, "organizations:*")
    only = {"StringEquals": {"organizations:PolicyType": SCP}}
    organization.put_resource_policy(delegation("CreatePolicy", Condition=only))

    assert dev.call("organizations:CreatePolicy", ana, Type=SCP, **GUARD)
    with pytest.raises(AccessDeniedException):
        dev.call("organizations:CreatePolicy", ana, Type=RCP, **GUARD)


def test_an_explicit_deny_is_stronger_than_the_delegation(
    organization: Organization, dev: Account
) -> None:
    """Of an SCP above the member account, for example."""
    ana = allowed(dev, "organizations:*")
    organization.put_resource_policy(delegation("ListRoots"))
    organization.create_policy("no", document(deny("organizations:*"))).attach(dev)

    with pytest.raises(AccessDeniedException, match="service control policy"):
        dev.call("organizations:ListRoots", ana)


@pytest.mark.parametrize("name", ["CreateAccount", "DeleteOrganization", "PutResourcePolicy"])
def test_only_policies_can_be_delegated(
    name: str, organization: Organization, dev: Account
) -> None:
    """A wildcard doesn't help, either."""
    ana = allowed(dev, "organizations:*")
    organization.put_resource_policy(delegation("*"))
    more = {
        "CreateAccount": {"AccountName": "x", "Email": "x@example.org"},
        "PutResourcePolicy": {"Content": json.dumps(delegation("*"))},
    }
    with pytest.raises(AccessDeniedException, match="don't have permissions"):
        dev.call(f"organizations:{name}", ana, **more.get(name, {}))


def test_a_delegated_administrator_of_a_service_needs_no_resource_policy(
    organization: Organization, dev: Account
) -> None:
    """It reads as before, whatever the policy delegates."""
    ana = allowed(dev, "organizations:ListAccounts", "organizations:DescribeOrganization")
    organization.put_resource_policy(delegation("CreatePolicy"))
    organization.enable_aws_service_access(SERVICE)
    organization.register_delegated_administrator(dev, SERVICE)

    assert dev.call("organizations:ListAccounts", ana)["Accounts"]
    assert dev.call("organizations:DescribeOrganization", ana)["Organization"]


def test_the_management_account_needs_no_resource_policy(organization: Organization) -> None:
    """Its own calls are decided by its own policies."""
    main = organization.management_account
    organization.put_resource_policy(delegation("CreatePolicy"))

    assert main.call("organizations:ListRoots", allowed(main, "organizations:ListRoots"))["Roots"]


def test_there_is_one_resource_policy_which_keeps_its_id_and_tags(
    organization: Organization,
) -> None:
    """Another one replaces its content."""
    first = organization.put_resource_policy(delegation("ListRoots"), tags={"team": "sky"})
    again = organization.put_resource_policy(delegation("ListParents"))
    answer = ask(organization, "DescribeResourcePolicy")["ResourcePolicy"]

    assert (again.id, again.tags) == (first.id, {"team": "sky"})
    assert answer["ResourcePolicySummary"] == {"Id": again.id, "Arn": again.arn}
    assert again.arn.startswith(f"arn:aws:organizations::{MAIN}:resourcepolicy/o-")
    assert json.loads(answer["Content"]) == delegation("ListParents")
    tags = [{"Key": "cost", "Value": "1"}]
    ask(organization, "TagResource", ResourceId=again.id, Tags=tags)
    assert again.tags == {"team": "sky", "cost": "1"}


def test_a_deleted_principal_loses_the_delegation(organization: Organization, dev: Account) -> None:
    """A new user with the same name is another one; a renamed user keeps it."""
    ana = allowed(dev, "organizations:*")
    organization.put_resource_policy(
        document(allow("organizations:ListRoots", Principal={"AWS": ana.arn}))
    )
    ana.update(new_user_name="anna")

    assert dev.call("organizations:ListRoots", ana)["Roots"]
    ana.delete_policy("some")
    ana.delete()
    again = dev.create_user("anna")
    again.put_policy("p", document(allow("organizations:*")))
    with pytest.raises(AccessDeniedException):
        dev.call("organizations:ListRoots", again)


def test_the_resource_policy_is_kept_by_files_and_copies(
    organization: Organization, world: World, tmp_path: Any
) -> None:
    """And a copy's policy belongs to the copy."""
    organization.put_resource_policy(delegation("ListRoots"), tags={"a": "b"})
    organization.close_account(DEV)
    world.save(tmp_path / "world.json")
    for other in (World.load(tmp_path / "world.json"), world.copy()):
        same = other.organizations[organization.id]
        assert same.resource_policy is not None
        assert same.resource_policy.organization is same
        assert same.resource_policy.policy.to_dict() == delegation("ListRoots")
        assert same.resource_policy.tags == {"a": "b"}
        assert same.members[DEV].status == "SUSPENDED"
        same.delete_resource_policy()
    assert organization.resource_policy is not None


def test_the_table_of_callers_names_operations_that_exist() -> None:
    """All others are for the management account."""
    every = {entry.name.lower() for entry in entries_of("organizations").values()}

    assert set(_CALLERS) <= every


# -- closed accounts ------------------------------------------------------------------------------


def test_nobody_calls_from_a_closed_account(
    organization: Organization, world: World, dev: Account
) -> None:
    """No key, no session and no root user; AWS's error is likely."""
    ana = allowed(dev, "*")
    key = ana.create_access_key()
    session = world.sts.get_session_token(ana)
    organization.close_account(dev)
    for caller in (ana, key, session, dev.root):
        with pytest.raises(InvalidClientTokenId) as caught:
            dev.call("ListUsers", caller)
        assert "closed" in caught.value.__notes__[0]
        assert not world.can(caller, "iam:ListUsers", f"arn:aws:iam::{DEV}:user/")


def test_nobody_assumes_a_role_of_a_closed_account(
    organization: Organization, world: World, dev: Account
) -> None:
    """The message is that for a role that isn't there."""
    main = organization.management_account
    role = dev.create_role("in", assume_role_policy_document=trust({"AWS": main.root_arn}))
    ana = allowed(main, "sts:AssumeRole")
    running = world.sts.assume_role(ana, role_arn=role, role_session_name="before")
    organization.close_account("acme-dev")
    with pytest.raises(AccessDenied) as caught:
        world.sts.assume_role(ana, role_arn=role, role_session_name="after")

    what = f"is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    assert caught.value.message == f"User: {ana.arn} {what}"
    assert not world.can(ana, "sts:AssumeRole", role.arn)
    with pytest.raises(InvalidClientTokenId):
        world.sts.get_caller_identity(running)


def test_nobody_uses_what_is_in_a_closed_account(
    organization: Organization, world: World, dev: Account
) -> None:
    """Whatever its policies allow; lists and tables agree with single answers."""
    ana = allowed(organization.management_account, "s3:GetObject")
    bucket = dev.create_bucket(
        "maps",
        policy=document(allow("s3:GetObject", "arn:aws:s3:::maps/*", Principal={"AWS": ana.arn})),
    )
    question = ("s3:GetObject", f"{bucket.arn}/m31")

    assert world.can(ana, *question)
    assert ana.arn in str(world.who_can(*question))
    organization.close_account(dev)
    decision = world.can(ana, *question)
    assert not decision
    assert "SUSPENDED" in decision.explain()
    assert not list(world.who_can(*question))
    matrix = world.access_matrix([question[0]], [question[1]])
    assert not any(matrix.rows)


def test_a_closed_account_stays_in_its_organization(organization: Organization) -> None:
    """The organization still reads it, moves it and tags it."""
    organization.close_account(DEV)
    answer = ask(organization, "DescribeAccount", AccountId=DEV)["Account"]
    organization.move_account(DEV, organization.root)
    organization.members[DEV].tag({"closed": "yes"})

    assert (answer["Status"], answer["State"]) == ("SUSPENDED", "SUSPENDED")
    assert organization.members[DEV].parent_id == organization.root.id


# -- all features ---------------------------------------------------------------------------------


@pytest.fixture
def billing() -> Organization:
    """An organization with consolidated billing, an invited account, and one that it made."""
    world = World(seed=7)
    made = world.create_organization(
        world.create_account("acme-main", account_id=MAIN), feature_set="CONSOLIDATED_BILLING"
    )
    world.create_account("guest", account_id=OUTSIDE)
    made.invite_account("guest").accept()
    made.create_account("acme-dev", account_id=DEV)
    return made


def asked(organization: Organization) -> list[Any]:
    """Return the requests to members."""
    every = organization.handshakes.values()
    return [each for each in every if each.action == "APPROVE_ALL_FEATURES"]


def test_an_invited_account_must_agree_to_all_features(billing: Organization) -> None:
    """Accounts that the organization made aren't asked; the management account accepts last."""
    handshake = billing.enable_all_features()
    (request,) = asked(billing)

    assert (handshake.state, request.state) == ("REQUESTED", "OPEN")
    assert (request.target_id, request.parent_id) == (OUTSIDE, handshake.id)
    with pytest.raises(InvalidHandshakeTransitionException):
        handshake.accept()
    request.accept()
    assert (handshake.state, billing.feature_set) == ("OPEN", "CONSOLIDATED_BILLING")
    handshake.accept()
    assert (handshake.state, billing.feature_set) == ("ACCEPTED", "ALL")


def test_policies_can_be_made_when_all_features_are_enabled(billing: Organization) -> None:
    """No type is enabled yet; then AWS's own policies are attached to all."""
    with pytest.raises(PolicyTypeNotAvailableForOrganizationException):
        billing.create_policy("p", document(deny("s3:*")))
    handshake = billing.enable_all_features()
    asked(billing)[0].accept()
    handshake.accept()
    assert billing.root.policy_types == []
    billing.enable_policy_type(SCP)
    billing.create_policy("p", document(deny("s3:*"))).attach("guest")

    assert billing.members[OUTSIDE].attached[0] == "p-FullAWSAccess"
    assert not billing.world.can(f"arn:aws:iam::{OUTSIDE}:root", "s3:ListAllMyBuckets", "*")


def test_an_account_that_left_need_not_agree(billing: Organization) -> None:
    """The request can be answered for 90 days, as AWS says."""
    handshake = billing.enable_all_features()
    asked(billing)[0].decline()
    assert handshake.state == "REQUESTED"
    billing.remove_account("guest")
    assert handshake.state == "OPEN"
    billing.world.clock.advance(days=90)

    assert handshake.expiration_timestamp - handshake.requested_timestamp == timedelta(days=90)
    assert handshake.state == "EXPIRED"
    assert billing.enable_all_features().state == "OPEN"


def test_the_change_is_canceled_with_its_requests(billing: Organization) -> None:
    """And begins anew."""
    handshake = billing.enable_all_features()
    with pytest.raises(HandshakeConstraintViolationException):
        billing.enable_all_features()
    handshake.cancel()

    assert [each.state for each in (handshake, *asked(billing))] == ["CANCELED", "CANCELED"]
    assert billing.enable_all_features().state == "REQUESTED"


def test_the_requests_say_what_they_are_about(billing: Organization) -> None:
    """Each account sees its own, and the lists can be filtered."""
    handshake = ask(billing, "EnableAllFeatures")["Handshake"]
    of_parent = {"ParentHandshakeId": handshake["Id"]}
    (child,) = ask(billing, "ListHandshakesForOrganization", Filter=of_parent)["Handshakes"]
    guest = billing.world.account(OUTSIDE)
    by_kind = {"ActionType": "APPROVE_ALL_FEATURES"}
    own = guest.call("organizations:ListHandshakesForAccount", guest.root, Filter=by_kind)

    assert own["Handshakes"] == [child]
    assert handshake["Action"] == "ENABLE_ALL_FEATURES"
    assert "/enable_all_features/h-" in handshake["Arn"]
    assert handshake["Parties"] == [{"Id": billing.id, "Type": "ORGANIZATION"}]
    assert [each["Type"] for each in handshake["Resources"]] == ["ORGANIZATION"]
    assert child["Parties"][1] == {"Id": OUTSIDE, "Type": "ACCOUNT"}
    assert {"Type": "PARENT_HANDSHAKE", "Value": handshake["Id"]} in child["Resources"]
