"""Calls of AWS Organizations: who may make them, and what they answer."""

import re
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, RequestError
from iamlab.errors.organizations import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
    PolicyNotFoundException,
)
from iamlab.model.organization.organization import Organization
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
from tests.policy.documents import allow, deny, document


@pytest.fixture
def organization() -> Organization:
    """The organization: root > Prod > Web > acme-dev."""
    return small_organization()


@pytest.fixture
def world(organization: Organization) -> World:
    """Its world, with an account outside of it."""
    return organization.world


@pytest.fixture
def main(organization: Organization) -> Account:
    """The management account."""
    return organization.management_account


def test_a_user_needs_permission_on_the_things_themselves(
    main: Account, organization: Organization
) -> None:
    """On the OU in which another one is made."""
    prod, web = organization.organizational_units.values()
    ana = allowed(main, "organizations:CreateOrganizationalUnit", resource=prod.arn)
    arguments = {"Name": "x"}
    made = main.call("organizations:CreateOrganizationalUnit", ana, ParentId=prod.id, **arguments)

    assert made["OrganizationalUnit"]["Path"].startswith(prod.path)
    with pytest.raises(AccessDeniedException, match=re.escape(web.arn)) as caught:
        main.call("organizations:CreateOrganizationalUnit", ana, ParentId=web.id, **arguments)
    assert caught.value.decision is not None
    assert caught.value.http_status == 400
    assert isinstance(caught.value, AccessDenied)


def test_attaching_needs_the_policy_and_the_target(
    main: Account, organization: Organization
) -> None:
    """One of them is not enough."""
    policy = organization.create_policy("p", document(deny("s3:*")))
    prod = next(iter(organization.organizational_units.values()))
    arguments = {"PolicyId": policy.id, "TargetId": prod.id}
    half = allowed(main, "organizations:AttachPolicy", resource=policy.arn)
    both = allowed(main, "organizations:AttachPolicy", resource=[policy.arn, prod.arn])
    with pytest.raises(AccessDeniedException):
        main.call("organizations:AttachPolicy", half, **arguments)
    main.call("organizations:AttachPolicy", both, **arguments)

    assert policy.targets == [prod]


def test_the_type_of_a_policy_is_a_condition_key(main: Account) -> None:
    """Who may make SCPs need not make RCPs."""
    scp_only = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    ana = main.create_user("ana")
    ana.put_policy("p", document(allow("organizations:*", Condition=scp_only)))
    content = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*",%s}}'
    arguments = {"Name": "p", "Description": ""}
    of_rcp = content % '"Principal":"*","Resource":"*"'
    main.call(
        "organizations:CreatePolicy",
        ana,
        Content=content % '"Resource":"*"',
        Type="SERVICE_CONTROL_POLICY",
        **arguments,
    )
    with pytest.raises(AccessDeniedException):
        main.call(
            "organizations:CreatePolicy",
            ana,
            Content=of_rcp,
            Type="RESOURCE_CONTROL_POLICY",
            **arguments,
        )


def test_tagging_while_making_is_a_permission_of_its_own(main: Account) -> None:
    """As everywhere."""
    ana = allowed(main, "organizations:CreateAccount")
    arguments = {"AccountName": "x", "Email": "x@example.org"}
    tags = [{"Key": "a", "Value": "b"}]
    with pytest.raises(AccessDeniedException, match="organizations:TagResource"):
        main.call("organizations:CreateAccount", ana, Tags=tags, **arguments)
    answer = main.call("organizations:CreateAccount", ana, **arguments)

    assert answer["CreateAccountStatus"]["State"] == "SUCCEEDED"


@pytest.mark.usefixtures("organization")
def test_only_the_management_account_changes_the_organization(world: World) -> None:
    """Whatever the permissions of a member's user are."""
    dev, outside = world.account(DEV), world.account(OUTSIDE)
    arguments = {"AccountName": "x", "Email": "x@example.org"}
    with pytest.raises(AccessDeniedException, match="don't have permissions") as caught:
        dev.call("organizations:CreateAccount", allowed(dev, "organizations:*"), **arguments)
    assert caught.value.decision is None
    ben = allowed(outside, "organizations:*")
    with pytest.raises(AWSOrganizationsNotInUseException):
        outside.call("organizations:DescribeAccount", ben, AccountId=OUTSIDE)
    with pytest.raises(AWSOrganizationsNotInUseException):
        outside.call("organizations:CreateAccount", ben, **arguments)


def test_a_delegated_administrator_reads_and_no_more(
    world: World, organization: Organization
) -> None:
    """Of whatever service it is one."""
    dev = world.account(DEV)
    ana = allowed(dev, "organizations:*")
    with pytest.raises(AccessDeniedException):
        dev.call("organizations:ListAccounts", ana)
    organization.enable_aws_service_access(SERVICE)
    organization.register_delegated_administrator(dev, SERVICE)

    assert len(dev.call("organizations:ListAccounts", ana)["Accounts"]) == 2
    with pytest.raises(AccessDeniedException):
        dev.call("organizations:DeleteOrganization", ana)


def test_every_member_may_ask_what_it_is_in(world: World, organization: Organization) -> None:
    """DescribeOrganization is for all."""
    dev = world.account(DEV)
    ana = allowed(dev, "organizations:DescribeOrganization")
    answer = dev.call("organizations:DescribeOrganization", ana)["Organization"]

    assert (answer["Id"], answer["MasterAccountId"]) == (organization.id, MAIN)


@pytest.mark.usefixtures("organization")
def test_nobody_calls_for_another_account(world: World) -> None:
    """The account is that of the caller."""
    ana = allowed(world.account(DEV), "organizations:*")
    with pytest.raises(RequestError, match="caller's own account"):
        world.account(MAIN).call("organizations:ListRoots", ana)


def test_calls_are_in_the_log_of_the_account(world: World, main: Account) -> None:
    """Those that fail, too."""
    event = world.events[-1]
    ana = main.create_user("ana")
    with pytest.raises(AccessDenied):
        main.call("organizations:ListRoots", ana)

    assert (event.event_name, event.event_source, event.recipient_account_id) == (
        "MoveAccount",
        "organizations.amazonaws.com",
        MAIN,
    )
    assert event.aws_region == "us-east-1"
    assert world.events[-1].error_code.startswith("AccessDenied")


def test_the_tree_can_be_walked(organization: Organization) -> None:
    """Down and up."""
    prod, web = organization.organizational_units
    root = organization.root.id

    assert ask(organization, "ListRoots")["Roots"][0]["Id"] == root
    units = ask(organization, "ListOrganizationalUnitsForParent", ParentId=root)
    assert [
        organizational_unit["Name"] for organizational_unit in units["OrganizationalUnits"]
    ] == ["Prod"]
    below = ask(organization, "ListChildren", ParentId=web, ChildType="ACCOUNT")
    assert below["Children"] == [{"Id": DEV, "Type": "ACCOUNT"}]
    below = ask(organization, "ListChildren", ParentId=prod, ChildType="ORGANIZATIONAL_UNIT")
    assert below["Children"] == [{"Id": web, "Type": "ORGANIZATIONAL_UNIT"}]
    assert ask(organization, "ListParents", ChildId=web)["Parents"] == [
        {"Id": prod, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert ask(organization, "ListParents", ChildId=prod)["Parents"] == [
        {"Id": root, "Type": "ROOT"}
    ]
    of_web = ask(organization, "ListAccountsForParent", ParentId=web)["Accounts"]
    (account,) = of_web
    assert account["Paths"] == [f"{organization.path_of(DEV)}{DEV}/"]
    described = ask(organization, "DescribeAccount", AccountId=DEV)["Account"]
    assert described == account
    unit = ask(organization, "DescribeOrganizationalUnit", OrganizationalUnitId=web)
    assert unit["OrganizationalUnit"]["Arn"] == organization.organizational_units[web].arn


def test_requests_and_services_can_be_read(organization: Organization) -> None:
    """And what is ended is gone."""
    organization.enable_aws_service_access(SERVICE)
    organization.enable_aws_service_access("config.amazonaws.com")
    organization.register_delegated_administrator(DEV, SERVICE)
    organization.register_delegated_administrator(DEV, "config.amazonaws.com")
    organization.deregister_delegated_administrator(DEV, "config.amazonaws.com")
    organization.disable_aws_service_access("config.amazonaws.com")
    (key,) = organization.requests

    status = ask(organization, "DescribeCreateAccountStatus", CreateAccountRequestId=key)
    assert status["CreateAccountStatus"]["AccountId"] == DEV
    enabled = ask(organization, "ListAWSServiceAccessForOrganization")
    assert [
        enabled_service_principal["ServicePrincipal"]
        for enabled_service_principal in enabled["EnabledServicePrincipals"]
    ] == [SERVICE]
    for wanted, many in (({}, 1), ({"ServicePrincipal": SERVICE}, 1)):
        found = ask(organization, "ListDelegatedAdministrators", **wanted)
        assert len(found["DelegatedAdministrators"]) == many
    config = {"ServicePrincipal": "config.amazonaws.com"}
    found = ask(organization, "ListDelegatedAdministrators", **config)
    assert found["DelegatedAdministrators"] == []
    services = ask(organization, "ListDelegatedServicesForAccount", AccountId=DEV)
    assert services["DelegatedServices"][0]["ServicePrincipal"] == SERVICE


def test_invitations_can_be_read_on_both_sides(world: World, organization: Organization) -> None:
    """They look the same."""
    handshake = organization.invite_account("outside", notes="Welcome")
    outside = world.account(OUTSIDE)
    sent = ask(organization, "ListHandshakesForOrganization")["Handshakes"]
    got = outside.call("organizations:ListHandshakesForAccount", outside.root)["Handshakes"]

    assert sent == got
    assert sent[0]["Id"] == handshake.id
    assert {"Type": "NOTES", "Value": "Welcome"} in sent[0]["Resources"]
    none = ask(
        organization,
        "ListHandshakesForOrganization",
        Filter={"ActionType": "ENABLE_ALL_FEATURES"},
    )
    assert none["Handshakes"] == []


def test_long_lists_come_in_pages(organization: Organization) -> None:
    """Twenty at a time, if nothing else is said."""
    names = [f"u{number}" for number in range(25)]
    for name in names:
        organization.create_organizational_unit(name, parent="Prod")
    prod = next(iter(organization.organizational_units))
    arguments: dict[str, Any] = {"ParentId": prod}
    found: list[str] = []
    while True:
        answer = ask(organization, "ListOrganizationalUnitsForParent", **arguments)
        found += [
            organizational_unit["Name"] for organizational_unit in answer["OrganizationalUnits"]
        ]
        if "NextToken" not in answer:
            break
        arguments["NextToken"] = answer["NextToken"]

    assert found == ["Web", *names]
    few = ask(organization, "ListOrganizationalUnitsForParent", ParentId=prod, MaxResults=3)
    assert len(few["OrganizationalUnits"]) == 3
    for token in ("x", "-1", "99", "1" * 5000, "٣"):
        with pytest.raises(InvalidInputException) as caught:
            ask(organization, "ListRoots", NextToken=token)
        assert caught.value.reason == "INVALID_NEXT_TOKEN"


def test_tags_are_kept_with_everything(organization: Organization) -> None:
    """Roots, OUs, accounts and policies."""
    policy = organization.create_policy("p", document(deny("s3:*")))
    prod = next(iter(organization.organizational_units.values()))
    for caller in (organization.root, prod, organization.members[DEV]):
        caller.tag({"team": "sky", "x": "y"})
        caller.untag(["x", "not there"])
        answer = ask(organization, "ListTagsForResource", ResourceId=caller.id)
        assert answer["Tags"] == [{"Key": "team", "Value": "sky"}]
    ask(
        organization,
        "TagResource",
        ResourceId=policy.id,
        Tags=[{"Key": "k", "Value": "größe 1"}],
    )
    assert policy.tags == {"k": "größe 1"}
    with pytest.raises(RequestError, match="write"):
        prod.untag("team")


def test_every_operation_has_an_entry_of_the_same_parameters_as_aws() -> None:
    """But for the account id that can be chosen here."""
    session = pytest.importorskip("botocore.session")
    model = session.get_session().get_service_model("organizations")
    for entry in entries_of("organizations").values():
        shape = model.operation_model(entry.name).input_shape
        members = {} if shape is None else dict(shape.members)
        required = [] if shape is None else shape.required_members

        assert set(entry.signature.parameters) - {"AccountId"} <= set(members), entry.name
        assert set(members) - set(entry.signature.parameters) == set(), entry.name
        assert sorted(entry.signature.required) == sorted(required), entry.name


def test_what_is_not_there_needs_permission_as_well(
    main: Account, organization: Organization
) -> None:
    """On the ARN that it would have; so nobody learns what there is."""
    absent = "p-absent1234"
    some = f"arn:aws:organizations::{MAIN}:policy/{organization.id}/*"
    ana = allowed(main, "organizations:DescribePolicy", resource=some)
    ben = main.create_user("ben")
    with pytest.raises(PolicyNotFoundException):
        main.call("organizations:DescribePolicy", ana, PolicyId=absent)
    with pytest.raises(AccessDeniedException, match=absent):
        main.call("organizations:DescribePolicy", ben, PolicyId=absent)
    with pytest.raises(AccessDeniedException):
        main.call("organizations:DescribePolicy", ben, PolicyId="p-*")
