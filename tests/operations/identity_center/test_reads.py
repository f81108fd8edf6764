"""What Identity Center tells: instances, permission sets, assignments, users and groups."""

from pathlib import Path
from typing import Any

import botocore.session
import pytest

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.identity_center.permission_sets import PolicyReference
from iamlab.operations.registry import entries_of
from tests.operations.services.test_reads import unknown_members
from tests.policy.documents import allow, document

SESSION = botocore.session.get_session()
CLIENTS = {"sso": "sso-admin", "identitystore": "identitystore"}
MAIN, DEV = "111111111111", "222222222222"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def center() -> Any:
    """An instance with ana in the group team, which has Readers in dev; ben has nothing."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    organization = world.create_organization(main)
    made = organization.enable_identity_center()
    dev = organization.create_account("dev")
    ana = made.create_user("ana", email="ana@example.com", attributes={"name.givenName": "Ana"})
    made.create_user("ben", attributes={"title": "Pilot"})
    team = made.create_group("team", "Astronomers")
    team.add_user(ana)
    readers = made.create_permission_set("Readers", description="may read", tags={"team": "sky"})
    readers.attach_managed_policy("ReadOnlyAccess")
    made.create_permission_set("Empty")
    made.create_account_assignment(dev, readers, team)
    made.create_account_assignment(main, readers, ana)
    return made


def read(center: Any, operation: str, caller: Any = None, **sent: Any) -> dict[str, Any]:
    """Return an answer, whose members botocore must know."""
    main = center.organization.management_account
    service, _, name = operation.partition(":")
    instance = {"sso": {"InstanceArn": center.arn}}
    store = {"IdentityStoreId": center.identity_store_id}
    own = {} if name == "ListInstances" else instance.get(service, store)
    output = main.call(operation, caller or main.root_arn, **{**own, **sent})
    model = SESSION.get_service_model(CLIENTS[service])
    assert unknown_members(output, model.operation_model(name).output_shape) == []
    return output


def sets(center: Any) -> tuple[Any, Any]:
    """Return the two permission sets."""
    readers, empty = center.permission_sets.values()
    return readers, empty


def test_an_instance_is_listed_and_described(center: Any) -> None:
    """With its store and its owner."""
    shown = {
        "InstanceArn": center.arn,
        "IdentityStoreId": center.identity_store_id,
        "OwnerAccountId": MAIN,
        "Status": "ACTIVE",
    }
    assert read(center, "sso:ListInstances") == {"Instances": [shown]}
    assert read(center, "sso:DescribeInstance") == shown


def test_only_accounts_of_the_organization_see_its_instance(center: Any) -> None:
    """AWS page: API ListInstances: those "visible to the account calling this API"."""
    world = center.world
    dev, other = world.account("dev"), world.create_account("other")
    assert len(dev.call("sso:ListInstances", dev.root_arn)["Instances"]) == 1
    assert other.call("sso:ListInstances", other.root_arn) == {"Instances": []}
    with pytest.raises(RequestError):
        dev.call("sso:ListInstances", other.root_arn)
    with pytest.raises(AwsError, match="AccessDeniedException"):
        dev.call("sso:DescribeInstance", dev.root_arn, InstanceArn=center.arn)


def test_member_accounts_read_the_identity_store_and_change_nothing(center: Any) -> None:
    """AWS page: "Manage your AWS accounts": limiting access to the store from member accounts."""
    world, store = center.world, {"IdentityStoreId": center.identity_store_id}
    dev, other = world.account("dev"), world.create_account("other")
    key, team = next(iter(center.users)), next(iter(center.groups))
    assert dev.call("identitystore:ListUsers", dev.root_arn, **store)["Users"]
    zoe = dev.create_user("zoe")
    asks = {**store, "MemberId": {"UserId": key}, "GroupIds": [team]}
    with pytest.raises(AwsError, match="AccessDenied"):
        dev.call("identitystore:IsMemberInGroups", zoe, **asks)
    zoe.put_policy("read", document(allow("identitystore:IsMemberInGroups", ["*"])))
    assert dev.call("identitystore:IsMemberInGroups", zoe, **asks)["Results"]
    assert world.events[-1].read_only
    for account in (dev, other):
        with pytest.raises(AwsError, match="AccessDenied"):
            account.call("identitystore:DeleteUser", account.root_arn, **store, UserId=key)
    for account, caller in ((other, other.root_arn), (dev, other.root_arn)):
        with pytest.raises(AwsError, match="AccessDenied"):
            account.call("identitystore:ListUsers", caller, **store)


def test_a_permission_set_is_described_with_what_it_has(center: Any) -> None:
    """An empty description or page is left out."""
    readers, empty = sets(center)
    assert read(center, "sso:ListPermissionSets")["PermissionSets"] == [readers.arn, empty.arn]
    arn = {"PermissionSetArn": readers.arn}
    assert read(center, "sso:DescribePermissionSet", **arn)["PermissionSet"] == {
        "Name": "Readers",
        "PermissionSetArn": readers.arn,
        "Description": "may read",
        "SessionDuration": "PT1H",
    }
    attached = read(center, "sso:ListManagedPoliciesInPermissionSet", **arn)
    assert attached == {"AttachedManagedPolicies": [{"Name": "ReadOnlyAccess", "Arn": READ_ONLY}]}
    tags = read(center, "sso:ListTagsForResource", ResourceArn=readers.arn)
    assert tags == {"Tags": [{"Key": "team", "Value": "sky"}]}
    assert tags == read(
        center, "sso:ListTagsForResource", InstanceArn=None, ResourceArn=readers.arn
    )


def test_the_policies_of_a_permission_set_are_read_back(center: Any) -> None:
    """Without an inline policy its text is empty; without a boundary there is an error."""
    readers, empty = sets(center)
    arn = {"PermissionSetArn": empty.arn}
    assert read(center, "sso:GetInlinePolicyForPermissionSet", **arn) == {"InlinePolicy": ""}
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        read(center, "sso:GetPermissionsBoundaryForPermissionSet", **arn)

    empty.put_inline_policy(document(allow("s3:*")))
    empty.put_permissions_boundary(PolicyReference("maps", "/sky/"))
    empty.attach_customer_managed_policy_reference("maps", "/sky/")
    reference = {"Name": "maps", "Path": "/sky/"}
    inline = read(center, "sso:GetInlinePolicyForPermissionSet", **arn)["InlinePolicy"]
    assert inline == empty.inline_policy.text
    boundary = read(center, "sso:GetPermissionsBoundaryForPermissionSet", **arn)
    assert boundary == {"PermissionsBoundary": {"CustomerManagedPolicyReference": reference}}
    listed = read(center, "sso:ListCustomerManagedPolicyReferencesInPermissionSet", **arn)
    assert listed == {"CustomerManagedPolicyReferences": [reference]}

    readers.put_permissions_boundary("ReadOnlyAccess")
    arn = {"PermissionSetArn": readers.arn}
    boundary = read(center, "sso:GetPermissionsBoundaryForPermissionSet", **arn)
    assert boundary == {"PermissionsBoundary": {"ManagedPolicyArn": READ_ONLY}}


def test_assignments_are_those_of_an_account_and_a_permission_set(center: Any) -> None:
    """And the lists of provisioned accounts and permission sets agree."""
    readers, empty = sets(center)
    dev = center.world.account("dev").account_id
    [team] = center.groups
    arn = {"PermissionSetArn": readers.arn}
    found = read(center, "sso:ListAccountAssignments", AccountId=dev, **arn)
    assert found["AccountAssignments"] == [
        {"AccountId": dev, **arn, "PrincipalType": "GROUP", "PrincipalId": team}
    ]
    other = {"PermissionSetArn": empty.arn}
    assert not read(center, "sso:ListAccountAssignments", AccountId=dev, **other)[
        "AccountAssignments"
    ]
    accounts = read(center, "sso:ListAccountsForProvisionedPermissionSet", **arn)
    assert accounts == {"AccountIds": [dev, MAIN]}
    in_dev = read(center, "sso:ListPermissionSetsProvisionedToAccount", AccountId=dev)
    assert in_dev == {"PermissionSets": [readers.arn]}


def test_a_user_has_the_assignments_of_its_groups(center: Any) -> None:
    """AWS page: API ListAccountAssignmentsForPrincipal: "that the principal has access to"."""
    ana, ben = center.users
    [team] = center.groups
    dev = center.world.account("dev").account_id

    def places(kind: str, key: str, **more: Any) -> list[tuple[str, str]]:
        sent = {"PrincipalType": kind, "PrincipalId": key, **more}
        found = read(center, "sso:ListAccountAssignmentsForPrincipal", **sent)
        return [(each["AccountId"], each["PrincipalType"]) for each in found["AccountAssignments"]]

    assert places("USER", ana) == [(dev, "GROUP"), (MAIN, "USER")]
    assert places("USER", ben) == []
    assert places("GROUP", team) == [(dev, "GROUP")]
    assert places("USER", ana, Filter={"AccountId": MAIN}) == [(MAIN, "USER")]
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        places("GROUP", ana)
    with pytest.raises(AwsError, match="ValidationException"):
        places("ROLE", ana)


def test_attributes_for_access_control_are_read_back(center: Any) -> None:
    """In the form in which they are set."""
    center.set_access_control_attributes({"Title": "${path:title}"})
    found = read(center, "sso:DescribeInstanceAccessControlAttributeConfiguration")
    attribute = {"Key": "Title", "Value": {"Source": ["${path:title}"]}}
    assert found == {
        "Status": "ENABLED",
        "InstanceAccessControlAttributeConfiguration": {"AccessControlAttributes": [attribute]},
    }


def test_users_are_described_with_the_attributes_that_they_have(center: Any) -> None:
    """In the API's form; a user without a name has none."""
    ana, ben = center.users.values()
    store = {"IdentityStoreId": center.identity_store_id}
    first = {
        **store,
        "UserId": ana.id,
        "UserName": "ana",
        "DisplayName": "ana",
        "Name": {"GivenName": "Ana"},
        "Emails": [{"Value": "ana@example.com", "Primary": True}],
    }
    second = {**store, "UserId": ben.id, "UserName": "ben", "DisplayName": "ben", "Title": "Pilot"}
    assert read(center, "identitystore:ListUsers") == {"Users": [first, second]}
    assert read(center, "identitystore:DescribeUser", UserId=ben.id) == second


def test_groups_and_memberships_are_described(center: Any) -> None:
    """A membership is named by its group and its user."""
    ana, ben = center.users
    [team] = center.groups
    store = {"IdentityStoreId": center.identity_store_id}
    shown = {**store, "GroupId": team, "DisplayName": "team", "Description": "Astronomers"}
    assert read(center, "identitystore:ListGroups") == {"Groups": [shown]}
    assert read(center, "identitystore:DescribeGroup", GroupId=team) == shown

    is_in = {"GroupId": team, "MemberId": {"UserId": ana}}
    of_group = read(center, "identitystore:ListGroupMemberships", GroupId=team)
    assert of_group == {"GroupMemberships": [{**store, **is_in}]}
    of_member = "identitystore:ListGroupMembershipsForMember"
    assert read(center, of_member, MemberId={"UserId": ana}) == of_group
    assert read(center, of_member, MemberId={"UserId": ben}) == {"GroupMemberships": []}
    sent = {"MemberId": {"UserId": ben}, "GroupIds": [team]}
    assert read(center, "identitystore:IsMemberInGroups", **sent)["Results"] == [
        {"GroupId": team, "MemberId": {"UserId": ben}, "MembershipExists": False}
    ]


def unique(path: str, value: str) -> dict[str, Any]:
    """Return what names a user or a group by an attribute."""
    attribute = {"AttributePath": path, "AttributeValue": value}
    return {"AlternateIdentifier": {"UniqueAttribute": attribute}}


@pytest.mark.parametrize("path", ["userName", "UserName", "emails.value"])
def test_a_user_is_found_by_what_is_unique(center: Any, path: str) -> None:
    """Whatever the case of the letters."""
    value = "Ana@example.com" if path == "emails.value" else "ANA"
    found = read(center, "identitystore:GetUserId", **unique(path, value))
    [ana, _] = center.users
    assert found == {"IdentityStoreId": center.identity_store_id, "UserId": ana}


def test_a_group_is_found_by_its_name(center: Any) -> None:
    """Not by its id."""
    [team] = center.groups
    found = read(center, "identitystore:GetGroupId", **unique("displayName", "team"))
    assert found["GroupId"] == team
    with pytest.raises(AwsError, match="GROUP not found"):
        read(center, "identitystore:GetGroupId", **unique("displayName", team))


EXTERNAL = {"AlternateIdentifier": {"ExternalId": {"Issuer": "x", "Id": "ana"}}}
NOT_FOUND = [
    ("identitystore:GetUserId", unique("userName", "zoe"), "USER not found."),
    ("identitystore:GetUserId", unique("emails.value", ""), "USER not found."),
    ("identitystore:GetUserId", EXTERNAL, "USER not found."),
    (
        "identitystore:GetUserId",
        {"AlternateIdentifier": {"UniqueAttribute": "ana"}},
        "USER not found.",
    ),
    ("identitystore:DescribeUser", {"UserId": "zoe"}, "USER not found."),
    ("identitystore:DescribeGroup", {"GroupId": "zoe"}, "GROUP not found."),
    ("identitystore:ListGroupMembershipsForMember", {"MemberId": {}}, "USER not found."),
    ("sso:DescribePermissionSet", {"PermissionSetArn": "zoe"}, "PermissionSet not found."),
]


@pytest.mark.parametrize(("operation", "sent", "text"), NOT_FOUND)
def test_what_is_not_there_is_not_found(
    center: Any, operation: str, sent: dict[str, Any], text: str
) -> None:
    """In AWS's words for the other operations."""
    with pytest.raises(AwsError) as refused:
        read(center, operation, **sent)
    assert (refused.value.code, refused.value.message) == ("ResourceNotFoundException", text)


def test_an_attribute_that_is_not_unique_finds_nobody(center: Any) -> None:
    """Two users can have one title."""
    with pytest.raises(AwsError, match="ValidationException"):
        read(center, "identitystore:GetUserId", **unique("title", "Pilot"))


STORE, ACCOUNT = "arn:aws:identitystore:::", "arn:aws:sso:::account/"
# Operation, parameters, and the ARNs that the permission must name.
NEEDS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("identitystore:ListUsers", {}, [f"{STORE}user/*", "{store}"]),
    ("identitystore:DescribeUser", {"UserId": "{ana}"}, [f"{STORE}user/{{ana}}", "{store}"]),
    (
        "identitystore:IsMemberInGroups",
        {"MemberId": {"UserId": "{ana}"}, "GroupIds": ["{team}"]},
        [f"{STORE}membership/*", f"{STORE}user/{{ana}}", f"{STORE}group/{{team}}", "{store}"],
    ),
    (
        "sso:ListAccountAssignments",
        {"AccountId": MAIN, "PermissionSetArn": "{readers}"},
        [f"{ACCOUNT}{MAIN}", "{readers}", "{center}"],
    ),
    ("sso:ListTagsForResource", {"ResourceArn": "{readers}"}, ["{readers}"]),
    ("sso:ListInstances", {}, ["*"]),
]


def filled(value: Any, names: dict[str, str]) -> Any:
    """Return a row of the table with names in it."""
    if isinstance(value, dict):
        return {key: filled(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, names) for part in value]
    return value.format(**names)


@pytest.mark.parametrize(("operation", "sent", "arns"), NEEDS)
def test_a_read_needs_permission_on_each_type_of_resource(
    center: Any, operation: str, sent: dict[str, Any], arns: list[str]
) -> None:
    """AWS pages: "Actions, resources, and condition keys" of the two services."""
    names = {
        "ana": next(iter(center.users)),
        "team": next(iter(center.groups)),
        "store": center.identity_store_arn,
        "readers": sets(center)[0].arn,
        "center": center.arn,
    }
    arguments, needed = filled(sent, names), filled(arns, names)
    dana = center.organization.management_account.create_user("dana")
    for missing in needed:
        others = [arn for arn in needed if arn != missing]
        dana.put_policy("read", document(allow(operation, [*others, f"{ACCOUNT}000000000000"])))
        with pytest.raises(AwsError, match="AccessDenied"):
            read(center, operation, dana, **arguments)
    dana.put_policy("read", document(allow(operation, needed)))
    assert read(center, operation, dana, **arguments)


def test_events_of_reads_hide_the_name_of_a_user(center: Any) -> None:
    """CloudTrail has a placeholder in place of a user's name."""
    read(center, "identitystore:GetUserId", **unique("userName", "ana"))
    event = center.world.events[-1]

    assert "ana" not in str(event.request_parameters)
    assert event.read_only
    read(center, "sso:ListInstances")
    assert "InstanceArn" not in str(center.world.events[-1].request_parameters)


def test_every_read_of_the_table_is_tested_here() -> None:
    """By its name in this file."""
    every = {
        name for name, entry in entries_of("sso", "identitystore").items() if entry.is_read_only
    }
    text = Path(__file__).read_text("utf-8")
    assert not [name for name in every if f'"{name}"' not in text]
