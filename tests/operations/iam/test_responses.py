"""Each response of IAM has the fields that AWS's has, and no others.

AWS pages: API ListUsers, ListRoles and ListPolicies (lists leave attributes out), CreateRole,
CreatePolicy, GetPolicy, GetInstanceProfile, GetAccountAuthorizationDetails and Policy.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import NoSuchEntity
from iamlab.world.account import Account
from tests.policy.documents import allow, document, trust

ID = "111111111111"
READ = document(allow("s3:GetObject"))
TEXT = json.dumps(READ)
TAGS = {"team": "sky"}
EC2 = trust({"Service": "ec2.amazonaws.com"})

NAMED = "Arn CreateDate Path"
ROLE = f"{NAMED} AssumeRolePolicyDocument RoleId RoleName"
USER = f"{NAMED} UserId UserName"
POLICY = (
    "Arn AttachmentCount CreateDate DefaultVersionId IsAttachable Path "
    "PermissionsBoundaryUsageCount PolicyId PolicyName UpdateDate"
)
PROFILE = f"{NAMED} InstanceProfileId InstanceProfileName Roles"
VERSION = "CreateDate IsDefaultVersion VersionId"
FULL = "PermissionsBoundary Tags"


@pytest.fixture
def main() -> Account:
    """An account in which everything has tags, a description and a boundary."""
    account = World(seed=7).create_account("main", account_id=ID)
    policy = account.create_policy("read", READ, description="Reads.", tags=TAGS)
    account.create_user("ana", tags=TAGS, permissions_boundary=policy)
    role = account.create_role(
        "app",
        assume_role_policy_document=EC2,
        tags=TAGS,
        permissions_boundary=policy,
        description="For EC2.",
        max_session_duration=7200,
    )
    account.create_instance_profile("app", tags=TAGS).add_role(role)
    account.create_group("sky").add_user("ana")
    return account


NEW = {"PermissionsBoundary": f"arn:aws:iam::{ID}:policy/read", "Tags": [{"Key": "k", "Value": ""}]}
OWN = {"PolicyArn": f"arn:aws:iam::{ID}:policy/read"}

ROWS = [
    ("ListUsers", {}, "Users.0", USER),
    ("GetUser", {"UserName": "ana"}, "User", f"{USER} {FULL}"),
    ("CreateUser", {"UserName": "ben", **NEW}, "User", f"{USER} {FULL}"),
    ("CreateUser", {"UserName": "ben"}, "User", USER),
    ("GetGroup", {"GroupName": "sky"}, "Users.0", USER),
    ("ListRoles", {}, "Roles.0", f"{ROLE} Description MaxSessionDuration"),
    (
        "GetRole",
        {"RoleName": "app"},
        "Role",
        f"{ROLE} Description MaxSessionDuration RoleLastUsed {FULL}",
    ),
    (
        "CreateRole",
        {
            "RoleName": "new",
            "AssumeRolePolicyDocument": json.dumps(EC2),
            "Description": "New.",
            "MaxSessionDuration": 7200,
            **NEW,
        },
        "Role",
        f"{ROLE} {FULL}",
    ),
    (
        "UpdateRoleDescription",
        {"RoleName": "app", "Description": "Else."},
        "Role",
        f"{ROLE} Description {FULL}",
    ),
    ("CreateServiceLinkedRole", {"AWSServiceName": "ecs.amazonaws.com"}, "Role", ROLE),
    ("ListInstanceProfiles", {}, "InstanceProfiles.0", PROFILE),
    ("ListInstanceProfiles", {}, "InstanceProfiles.0.Roles.0", ROLE),
    ("ListInstanceProfilesForRole", {"RoleName": "app"}, "InstanceProfiles.0.Roles.0", ROLE),
    (
        "GetInstanceProfile",
        {"InstanceProfileName": "app"},
        "InstanceProfile",
        f"{PROFILE} Tags",
    ),
    ("CreateInstanceProfile", {"InstanceProfileName": "new"}, "InstanceProfile", PROFILE),
    (
        "CreatePolicy",
        {"PolicyName": "new", "PolicyDocument": TEXT, "Description": "New."},
        "Policy",
        POLICY,
    ),
    ("GetPolicy", OWN, "Policy", f"{POLICY} Description Tags"),
    ("ListPolicies", {"Scope": "Local"}, "Policies.0", POLICY),
    ("ListPolicyVersions", OWN, "Versions.0", VERSION),
    ("GetPolicyVersion", {**OWN, "VersionId": "v1"}, "PolicyVersion", f"{VERSION} Document"),
    ("CreatePolicyVersion", {**OWN, "PolicyDocument": TEXT}, "PolicyVersion", VERSION),
    (
        "GetAccountAuthorizationDetails",
        {},
        "RoleDetailList.0",
        f"{ROLE} AttachedManagedPolicies InstanceProfileList RoleLastUsed RolePolicyList {FULL}",
    ),
    (
        "GetAccountAuthorizationDetails",
        {},
        "RoleDetailList.0.InstanceProfileList.0.Roles.0",
        ROLE,
    ),
    ("GetAccountAuthorizationDetails", {}, "Policies.0", f"{POLICY} PolicyVersionList"),
    (
        "GetAccountAuthorizationDetails",
        {},
        "Policies.0.PolicyVersionList.0",
        f"{VERSION} Document",
    ),
]
"""Operation, parameters, a place in the response, and the fields there."""


@pytest.mark.parametrize(("operation", "parameters", "place", "fields"), ROWS)
def test_response_has_the_fields_of_aws(
    main: Account, operation: str, parameters: dict[str, Any], place: str, fields: str
) -> None:
    """Recorded responses and the pages of the operations agree."""
    found: Any = main.call(operation, main.root_arn, **parameters)
    for part in place.split("."):
        found = found[int(part)] if part.isdecimal() else found[part]

    assert sorted(found) == sorted(fields.split())


def test_policy_without_tags_has_an_empty_list_of_them(main: Account) -> None:
    """GetPolicy and GetInstanceProfile always list tags; GetUser and GetRole only if there are."""
    main.create_policy("bare", READ)
    main.create_user("ben")
    main.create_instance_profile("bare")

    def get(operation: str, **named: str) -> Any:
        return next(iter(main.call(operation, main.root_arn, **named).values()))

    assert get("GetPolicy", PolicyArn=f"arn:aws:iam::{ID}:policy/bare")["Tags"] == []
    assert get("GetPolicy", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")["Tags"] == []
    assert get("GetInstanceProfile", InstanceProfileName="bare")["Tags"] == []
    assert "Tags" not in get("GetUser", UserName="ben")


def test_a_new_policy_is_counted_from_zero(main: Account) -> None:
    """CreatePolicy's response has counters; GetPolicy counts attachments and boundaries apart."""
    made = main.call("CreatePolicy", main.root_arn, PolicyName="p", PolicyDocument=TEXT)["Policy"]
    main.users["ana"].attach_policy("p")
    main.roles["app"].attach_policy("p")
    main.roles["app"].put_permissions_boundary("p")
    found = main.call("GetPolicy", main.root_arn, PolicyArn=made["Arn"])["Policy"]
    names = ("AttachmentCount", "PermissionsBoundaryUsageCount")

    assert [made[name] for name in names] == [0, 0]
    assert [found[name] for name in names] == [2, 1]


def test_each_version_has_its_own_date(main: Account) -> None:
    """UpdateDate is that of the newest version; setting the default version changes no date."""
    policy = main.policies["read"]
    dates = [main.world.clock.now]
    for _ in range(2):
        dates.insert(0, main.world.clock.advance(hours=1) or main.world.clock.now)
        policy.create_version(READ)
    main.world.clock.advance(hours=1)
    policy.set_default_version("v2")
    listed = main.call("ListPolicyVersions", main.root_arn, **OWN)["Versions"]

    assert [version["CreateDate"] for version in listed] == dates
    assert main.call("GetPolicy", main.root_arn, **OWN)["Policy"]["UpdateDate"] == dates[0]

    policy.delete_version("v1")

    assert set(policy.version_dates) == {"v2", "v3"}


def test_dates_of_versions_survive_a_file_and_an_export(main: Account, tmp_path: Path) -> None:
    """Saved worlds and exports of accounts keep them."""
    main.world.clock.advance(hours=1)
    main.policies["read"].create_version(READ)
    main.world.save(tmp_path / "world.json")
    loaded = World.load(tmp_path / "world.json").accounts[ID].policies["read"]
    exported = main.call("GetAccountAuthorizationDetails", main.root_arn)
    read = World.from_account_details(exported).accounts[ID].policies[OWN["PolicyArn"]]

    assert loaded.version_dates == read.version_dates == main.policies["read"].version_dates


def test_what_is_left_out_of_an_update_stays(main: Account) -> None:
    """UpdateRole without parameters changes nothing, as recorded answers show."""
    main.roles["app"].update()
    found = main.call("GetRole", main.root_arn, RoleName="app")["Role"]

    assert (found["MaxSessionDuration"], found["Description"]) == (7200, "For EC2.")


def test_who_isnt_a_member_can_be_removed(main: Account) -> None:
    """IAM changes nothing and reports nothing. It looks for the user before the group."""
    main.create_user("ben")
    main.groups["sky"].remove_user("ben")

    assert [user.name for user in main.groups["sky"].users] == ["ana"]
    for user, group, missing in (("zoe", "none", "user with name zoe"), ("ana", "none", "group")):
        with pytest.raises(NoSuchEntity, match=f"The {missing}"):
            main.call("RemoveUserFromGroup", main.root_arn, UserName=user, GroupName=group)


def attached(main: Account, operation: str, **parameters: Any) -> list[str]:
    """List the names of the policies in a response."""
    (found,) = (
        value
        for name, value in main.call(operation, main.root_arn, **parameters).items()
        if name in ("AttachedPolicies", "Policies")
    )
    return [policy["PolicyName"] for policy in found]


@pytest.mark.parametrize("noun", ["User", "Group", "Role"])
def test_attached_policies_are_listed_by_path(main: Account, noun: str) -> None:
    """The path is that of the policy, also of an AWS managed one."""
    deep = main.create_policy("deep", READ, path="/sky/night/")
    name = {"User": "ana", "Group": "sky", "Role": "app"}[noun]
    holder: Any = getattr(main, f"{noun.lower()}s")[name]
    for policy in ("read", deep, "AWSLambdaExecute", "AWSLambdaBasicExecutionRole"):
        holder.attach_policy(policy)

    def listed(prefix: str) -> list[str]:
        named = {f"{noun}Name": name, "PathPrefix": prefix}
        return attached(main, f"ListAttached{noun}Policies", **named)

    assert listed("/sky/") == listed("/sky/night/") == ["deep"]
    assert listed("/service-role/") == ["AWSLambdaBasicExecutionRole"]
    assert len(listed("/")) == 4
    assert listed("/night/") == []


def test_policies_are_listed_by_their_use(main: Account) -> None:
    """Scope, OnlyAttached, PathPrefix and PolicyUsageFilter narrow the list together."""
    main.create_policy("deep", READ, path="/sky/")
    main.users["ana"].attach_policy("deep")
    main.users["ana"].attach_policy("Billing")

    def listed(**parameters: Any) -> list[str]:
        return attached(main, "ListPolicies", **parameters)

    assert listed(Scope="Local") == ["read", "deep"]
    assert listed(PolicyUsageFilter="PermissionsBoundary") == ["read"]
    assert listed(PolicyUsageFilter="PermissionsPolicy") == ["deep", "Billing"]
    assert listed(OnlyAttached=True) == ["deep", "Billing"]
    assert listed(OnlyAttached=True, Scope="AWS") == ["Billing"]
    assert listed(OnlyAttached=True, Scope="Local", PathPrefix="/sky/") == ["deep"]
    assert listed(OnlyAttached=True, PolicyUsageFilter="PermissionsBoundary") == []
    assert (
        listed(OnlyAttached=False, PathPrefix="/sky/", PolicyUsageFilter="PermissionsBoundary")
        == []
    )
    assert len(listed(Scope="AWS", MaxItems=3)) == 3
