"""Reports: the account in numbers, its credentials as CSV, the export that is read again."""

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import World
from iamlab.analysis.account_reports import grants
from iamlab.analysis.credential_report import (
    COLUMNS,
    Certificate,
    CredentialReport,
    Credentials,
    Key,
    Password,
    Row,
)
from iamlab.errors import (
    AccessDenied,
    InvalidInput,
    LoadError,
    NoSuchEntity,
    ReportExpired,
    ReportInProgress,
    ReportNotPresent,
    RequestError,
    ValidationError,
)
from iamlab.model.user_credentials import SigningCertificate
from iamlab.operations.sign_in import sign_in
from iamlab.policy import catalog
from iamlab.policy.document import Policy
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import ACCOUNT, export_of, hand_made

ID = "111111111111"
ROOT = f"arn:aws:iam::{ID}:root"
READ = document(allow("s3:GetObject"))
BY_EC2 = trust({"Service": "ec2.amazonaws.com"})
PASSWORD = "Correct-Horse-1"


@pytest.fixture
def world() -> World:
    """A world with one account, which is empty."""
    world = World(seed=1)
    world.create_account("main", account_id=ID)
    return world


@pytest.fixture
def main(world: World) -> Account:
    """The account."""
    return world.accounts[ID]


def state(account: Account) -> Any:
    """Return all that an operation could change, events aside."""
    world = account.world
    return world.diff(World()), world.ids.made, account.report_job, world.revision


# -- the account in numbers -----------------------------------------------------------------------

KEYS = [
    "Users",
    "UsersQuota",
    "Groups",
    "GroupsQuota",
    "ServerCertificates",
    "ServerCertificatesQuota",
    "UserPolicySizeQuota",
    "GroupPolicySizeQuota",
    "GroupsPerUserQuota",
    "SigningCertificatesPerUserQuota",
    "AccessKeysPerUserQuota",
    "MFADevices",
    "MFADevicesInUse",
    "AccountMFAEnabled",
    "AccountAccessKeysPresent",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
    "AttachedPoliciesPerGroupQuota",
    "AttachedPoliciesPerRoleQuota",
    "AttachedPoliciesPerUserQuota",
    "Policies",
    "PoliciesQuota",
    "PolicySizeQuota",
    "PolicyVersionsInUse",
    "PolicyVersionsInUseQuota",
    "VersionsPerPolicyQuota",
    "GlobalEndpointTokenVersion",
    "AssumeRolePolicySizeQuota",
    "InstanceProfiles",
    "InstanceProfilesQuota",
    "Providers",
    "RolePolicySizeQuota",
    "Roles",
    "RolesQuota",
]


def test_the_summary_has_the_34_numbers_of_awss_page(main: Account) -> None:
    """By AWS's names, each a whole number."""
    answer = main.call("GetAccountSummary", ROOT)["SummaryMap"]

    assert list(answer) == KEYS
    assert len(KEYS) == 34
    assert all(type(number) is int for number in answer.values())


def test_the_summary_of_an_empty_account_has_quotas_only(main: Account) -> None:
    """Nothing is there, except the version of STS's tokens."""
    answer = main.summary().numbers
    counts = {name: number for name, number in answer.items() if not name.endswith("Quota")}

    assert {name for name, number in counts.items() if number} == {"GlobalEndpointTokenVersion"}
    assert (answer["UsersQuota"], answer["AttachedPoliciesPerRoleQuota"]) == (5000, 20)
    assert (answer["UserPolicySizeQuota"], answer["RolePolicySizeQuota"]) == (2048, 10240)


def test_the_summary_counts_what_is_there(main: Account) -> None:
    """Each number moves with its own kind of thing."""
    for name in ("ana", "ben", "cat"):
        main.create_user(name)
    main.create_group("readers")
    main.create_group("writers")
    main.create_role("r", assume_role_policy_document=BY_EC2)
    policy = main.create_policy("read", READ)
    policy.create_version(READ)
    main.create_policy("also", READ)
    main.create_instance_profile("box")
    main.root.create_access_key()
    main.root.create_login_profile(PASSWORD)
    main.users["ana"].create_virtual_mfa_device("ana-phone").enable()
    main.create_virtual_mfa_device("spare")
    main.users["ben"].attach_policy("ReadOnlyAccess")
    found = main.summary()

    expected = {
        "Users": 3,
        "Groups": 2,
        "Roles": 1,
        "Policies": 2,
        "PolicyVersionsInUse": 3,
        "InstanceProfiles": 1,
        "MFADevices": 2,
        "MFADevicesInUse": 1,
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 1,
        "AccountPasswordPresent": 1,
        "Providers": 0,
    }
    assert {name: found[name] for name in expected} == expected


def test_a_raised_quota_is_in_the_summary(main: Account) -> None:
    """As AWS shows it once it has been raised."""
    main.quotas["Roles"] = 10_000

    assert main.summary()["RolesQuota"] == 10_000


def test_the_summary_reads_well(main: Account) -> None:
    """A number and its quota are in one line."""
    main.create_user("ana")
    lines = str(main.summary()).splitlines()

    assert "Users: 1 of 5000" in lines
    assert "PolicySizeQuota: 6144" in lines
    assert not any(line.startswith("UsersQuota") for line in lines)


def test_the_summary_of_an_export_says_what_it_does_not_know() -> None:
    """An export holds no credentials: their numbers are left out, and never 0."""
    world = World.from_account_details(export_of(hand_made()))
    account = world.accounts[ACCOUNT]
    found = account.summary()

    assert found["Users"] == 5
    assert "AccountMFAEnabled" in found.unknown
    assert "AccountMFAEnabled" not in account.call("GetAccountSummary", account.root_arn).values()
    assert "AccountMFAEnabled: not in the file" in str(found)
    with pytest.raises(RequestError, match="does not tell AccountMFAEnabled"):
        found["AccountMFAEnabled"]


def test_a_misspelt_number_is_answered_with_the_nearest(main: Account) -> None:
    """As everywhere."""
    with pytest.raises(RequestError, match="Did you mean Users"):
        main.summary()["User"]


# -- the export -----------------------------------------------------------------------------------


def alike(account: Account) -> World:
    """Copy an account into a world that holds what an export can tell, and no more."""
    twin = account.world.copy()
    own = twin.accounts[account.account_id]
    own.name = own.account_id
    own.buckets.clear()
    for role in own.roles.values():
        role.max_session_duration = 3600
    return twin


def without_aws(world: World) -> World:
    """Take AWS's own policies out, which a loaded account holds too."""
    for account in world.accounts.values():
        account.policies = {
            arn: policy for arn, policy in account.policies.items() if not policy.is_aws_managed
        }
    return world


@pytest.mark.filterwarnings("error")
def test_an_account_comes_back_from_its_export() -> None:
    """What is written down and read again is the same account, and nothing is missing."""
    world = hand_made()
    account = world.accounts[ACCOUNT]
    account.users["carol"].attach_policy("ReadOnlyAccess")
    account.users["erin"].put_permissions_boundary("PowerUserAccess")
    back = World.from_account_details(account.call("GetAccountAuthorizationDetails", ROOT_OF))

    assert back.warnings == []
    assert without_aws(back).diff(alike(account)) == ()


ROOT_OF = f"arn:aws:iam::{ACCOUNT}:root"


def pages(account: Account, **request: Any) -> list[dict[str, Any]]:
    """Fetch all pages."""
    found, marker = [], {}
    while True:
        page = account.call("GetAccountAuthorizationDetails", ROOT_OF, **request, **marker)
        found.append(page)
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_pages_of_an_export_are_the_export(size: int) -> None:
    """Every page has all four lists; together they hold each thing once, and they load."""
    account = hand_made().accounts[ACCOUNT]
    whole = account.call("GetAccountAuthorizationDetails", ROOT_OF)
    found = pages(account, MaxItems=size)
    lists = [name for name in whole if isinstance(whole[name], list)]

    assert all(sum(len(page[name]) for name in lists) <= size for page in found)
    for name in lists:
        assert [entry for page in found for entry in page[name]] == whole[name]
    assert World.from_account_details(found).diff(alike(account)) == ()


@pytest.mark.parametrize(
    ("wanted", "filled"),
    [
        (["User"], {"UserDetailList": 5}),
        (["Group"], {"GroupDetailList": 2}),
        (["Role", "Group"], {"GroupDetailList": 2, "RoleDetailList": 2}),
        (["LocalManagedPolicy"], {"Policies": 3}),
        (["AWSManagedPolicy"], {"Policies": 1}),
    ],
)
def test_a_filter_leaves_the_other_lists_empty(wanted: list[str], filled: dict[str, int]) -> None:
    """They are there, with nothing in them."""
    account = hand_made().accounts[ACCOUNT]
    account.users["carol"].attach_policy("ReadOnlyAccess")
    page = account.call("GetAccountAuthorizationDetails", ROOT_OF, Filter=wanted)

    assert {name: len(value) for name, value in page.items() if value} == filled
    assert page["RoleDetailList"] == [] or "Role" in wanted


def test_an_export_counts_attachments_and_boundaries() -> None:
    """As AWS does, of the account's own policies and of AWS's that are used."""
    account = hand_made().accounts[ACCOUNT]
    account.users["carol"].attach_policy("ReadOnlyAccess")
    policies = account.call("GetAccountAuthorizationDetails", ROOT_OF)["Policies"]
    counts = {
        policy["PolicyName"]: (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"])
        for policy in policies
    }

    assert counts == {
        "read-maps": (1, 0),
        "ceiling": (0, 2),
        "everything": (2, 0),
        "ReadOnlyAccess": (1, 0),
    }


def test_a_loaded_account_can_be_exported_again() -> None:
    """Even if a policy that is attached is not in its file."""
    export = export_of(hand_made())
    export["Policies"] = []
    export["RoleDetailList"][0]["InstanceProfileList"] = [{"InstanceProfileName": "p"}]
    with pytest.warns(UserWarning, match="n't in the file"):
        first = World.from_account_details(export)
    again = first.accounts[ACCOUNT].call("GetAccountAuthorizationDetails", ROOT_OF)

    assert again["Policies"] == []
    assert again["RoleDetailList"][0]["InstanceProfileList"][0]["InstanceProfileName"] == "p"
    with pytest.warns(UserWarning, match="n't in the file"):
        assert World.from_account_details(again).diff(first) == ()


def test_an_export_is_json_but_for_its_times() -> None:
    """So it can be written to a file."""
    account = hand_made().accounts[ACCOUNT]
    text = json.dumps(account.call("GetAccountAuthorizationDetails", ROOT_OF), default=str)

    assert quote("alice") in text


# -- who has what of a service --------------------------------------------------------------------


def granting(account: Account, arn: str, *services: str) -> dict[str, list[str]]:
    """Ask, and give the names of policies by service."""
    answer = account.call(
        "ListPoliciesGrantingServiceAccess",
        account.root_arn,
        Arn=arn,
        ServiceNamespaces=list(services),
    )
    return {
        item["ServiceNamespace"]: [entry["PolicyName"] for entry in item["Policies"]]
        for item in answer["PoliciesGrantingServiceAccess"]
    }


def test_policies_of_a_user_and_its_groups_are_listed_by_service() -> None:
    """Inline and managed, the group's too; a Deny grants nothing, a boundary is not looked at."""
    account = hand_made().accounts[ACCOUNT]
    alice, bob = account.users["alice"].arn, account.users["bob"].arn

    assert granting(account, alice, "s3", "dynamodb", "sqs") == {
        "s3": ["home", "list", "read-maps"],
        "dynamodb": ["by-tag"],
        "sqs": [],
    }
    assert granting(account, bob, "s3", "sqs") == {"s3": ["everything"], "sqs": ["everything"]}


def test_an_inline_policy_is_listed_with_its_holder_and_a_managed_one_with_its_arn() -> None:
    """As the API's page has it."""
    account = hand_made().accounts[ACCOUNT]
    account.users["alice"].attach_policy("read-maps")  # her group has it already
    answer = account.call(
        "ListPoliciesGrantingServiceAccess",
        ROOT_OF,
        Arn=account.users["alice"].arn,
        ServiceNamespaces=["s3"],
    )
    (item,) = answer["PoliciesGrantingServiceAccess"]

    inline = [entry for entry in item["Policies"] if entry["PolicyType"] == "INLINE"]
    assert [(entry["EntityType"], entry["EntityName"]) for entry in inline] == [
        ("USER", "alice"),
        ("GROUP", "astronomers"),
    ]
    (managed,) = [entry for entry in item["Policies"] if entry["PolicyType"] == "MANAGED"]
    assert managed["PolicyArn"] == f"arn:aws:iam::{ACCOUNT}:policy/read-maps"


@pytest.mark.parametrize("kind", ["group/interns", "role/audit/auditor"])
def test_groups_and_roles_can_be_asked_about(kind: str) -> None:
    """By their ARN, path and all."""
    account = hand_made().accounts[ACCOUNT]
    expected = ["everything"] if kind.startswith("role") else []

    assert granting(account, f"arn:aws:iam::{ACCOUNT}:{kind}", "ec2") == {"ec2": expected}


def test_a_policy_that_is_not_in_the_file_grants_nothing() -> None:
    """Nobody knows what it says."""
    export = export_of(hand_made())
    export["Policies"] = []
    with pytest.warns(UserWarning, match="n't in the file"):
        account = World.from_account_details(export).accounts[ACCOUNT]

    assert granting(account, account.users["bob"].arn, "s3") == {"s3": []}


@pytest.mark.parametrize(
    ("statement", "service", "expected"),
    [
        (allow("s3:GetObject"), "s3", True),
        (allow("S3:getobject"), "s3", True),
        (allow("s3:Nonsense"), "s3", False),
        (allow("s3:Get*"), "s3express", False),
        (allow("*"), "sqs", True),
        (deny("*"), "sqs", False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "sqs", True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam", False),
        ({"Effect": "Allow", "NotAction": "iam:Get*", "Resource": "*"}, "iam", True),
    ],
)
def test_a_statement_grants_a_service(statement: Any, service: str, *, expected: bool) -> None:
    """If it allows one action that the service has."""
    assert grants(Policy.parse(document(statement)), service) is expected


@given(st.sampled_from(["s3:*", "s3:Get*", "*:Get*", "*", "iam:PassRole", "s3:x"]))
def test_what_grants_a_service_is_what_the_catalogue_says(pattern: str) -> None:
    """For every service of a few, the same as expanding the pattern."""
    policy = Policy.parse(document(allow(pattern)))
    for service in ("s3", "sqs", "iam"):
        own = {action.full_name for action in catalog.actions_of(service).values()}
        assert grants(policy, service) is bool(own & set(catalog.expand(pattern)))


TOO_SHORT = "failed to satisfy constraint: Member must have length greater than or equal to 1"
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "no such user": (
        {"Arn": f"arn:aws:iam::{ID}:user/zoe", "ServiceNamespaces": ["s3"]},
        NoSuchEntity,
        f"ARN arn:aws:iam::{ID}:user/zoe is not found.",
    ),
    "not an identity": (
        {"Arn": "a-text-of-twenty-letters", "ServiceNamespaces": ["s3"]},
        InvalidInput,
        "ARN a-text-of-twenty-letters is not valid.",
    ),
    "no such service": (
        {"Arn": f"arn:aws:iam::{ID}:user/ana", "ServiceNamespaces": ["s4"]},
        InvalidInput,
        "Service namespace s4 is not valid.",
    ),
    "no service": (
        {"Arn": f"arn:aws:iam::{ID}:user/ana", "ServiceNamespaces": []},
        ValidationError,
        f"1 validation error detected: Value at 'serviceNamespaces' {TOO_SHORT}",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_question_leaves_the_world_as_it_was(case: str, main: Account) -> None:
    """And it says what is wrong."""
    main.create_user("ana")
    parameters, error, message = REFUSED[case]
    before = state(main)

    with pytest.raises(error) as caught:
        main.call("ListPoliciesGrantingServiceAccess", ROOT, **parameters)

    assert caught.value.message == message  # type: ignore[attr-defined]
    assert state(main) == before


def test_asking_about_oneself_needs_permission_on_oneself(main: Account) -> None:
    """The resource is the identity that is asked about."""
    ana = main.create_user("ana")
    main.create_user("ben")
    ana.put_policy("self", document(allow("iam:ListPoliciesGrantingServiceAccess", ana.arn)))
    request = {"ServiceNamespaces": ["iam"]}

    assert main.call("ListPoliciesGrantingServiceAccess", ana, Arn=ana.arn, **request)
    for name in ("ben", "nobody"):
        arn = f"arn:aws:iam::{ID}:user/{name}"
        with pytest.raises(AccessDenied):
            main.call("ListPoliciesGrantingServiceAccess", ana, Arn=arn, **request)


# -- the credential report: how it is made --------------------------------------------------------


def generate(account: Account) -> str:
    """Have a report made; give the state."""
    state: str = account.call("GenerateCredentialReport", account.root_arn)["State"]
    return state


def fetch(account: Account) -> dict[str, Any]:
    """Fetch the report."""
    return account.call("GetCredentialReport", account.root_arn)


def test_a_report_is_started_in_progress_and_complete(main: Account) -> None:
    """Whoever asks on finds it complete, though the clock doesn't move."""
    assert [generate(main) for _ in range(4)] == ["STARTED", "INPROGRESS", "COMPLETE", "COMPLETE"]


def test_a_report_is_complete_when_the_clock_has_moved_on(world: World, main: Account) -> None:
    """However little."""
    generate(main)
    world.clock.advance(seconds=5)

    assert fetch(main)["GeneratedTime"] == world.clock.now - timedelta(seconds=5)
    assert generate(main) == "COMPLETE"


def test_a_report_that_nobody_asked_for_is_not_present(main: Account) -> None:
    """AWS's code is 410."""
    with pytest.raises(ReportNotPresent) as caught:
        fetch(main)

    assert caught.value.http_status == 410
    assert "GenerateCredentialReport" in caught.value.__notes__[0]


def test_a_report_in_progress_cannot_be_fetched(main: Account) -> None:
    """And asking for it does not make it ready."""
    generate(main)
    before = state(main)

    for _ in range(5):
        with pytest.raises(ReportInProgress) as caught:
            fetch(main)
    assert caught.value.http_status == 404
    assert state(main) == before


def test_a_report_is_kept_for_four_hours(world: World, main: Account) -> None:
    """Who asks before gets the old one, who asks later a new one."""
    first = main.credential_report()
    main.create_user("ana")
    world.clock.advance(hours=3, minutes=59)

    assert main.credential_report() == first
    assert generate(main) == "COMPLETE"

    world.clock.advance(minutes=1)
    with pytest.raises(ReportExpired) as caught:
        fetch(main)
    assert caught.value.http_status == 410
    assert generate(main) == "STARTED"
    assert [row.user for row in main.credential_report().rows] == ["<root_account>", "ana"]


def test_a_report_shows_the_account_as_it_was_when_it_was_started(main: Account) -> None:
    """Not as it is when it is fetched."""
    generate(main)
    main.create_user("ana")

    assert [row.user for row in main.credential_report().rows] == ["<root_account>"]


def test_the_api_gives_the_report_as_csv(main: Account) -> None:
    """As boto3 gives it: the bytes, decoded from Base64."""
    report = main.credential_report()
    answer = fetch(main)

    assert answer["Content"] == report.csv.encode()
    assert answer["ReportFormat"] == "text/csv"
    assert answer["GeneratedTime"] == report.generated_time == main.world.clock.now


def test_a_report_needs_permission(main: Account) -> None:
    """To have it made, and to fetch it."""
    ana = main.create_user("ana")
    main.credential_report()
    for operation in ("GenerateCredentialReport", "GetCredentialReport"):
        with pytest.raises(AccessDenied, match=f"iam:{operation}"):
            main.call(operation, ana)


def test_a_copied_world_has_the_report_and_goes_its_own_way(world: World, main: Account) -> None:
    """A report that the copy makes is not in the original."""
    generate(main)
    twin = world.copy().accounts[ID]
    twin.credential_report()

    with pytest.raises(ReportInProgress):
        fetch(main)


def test_no_report_is_made_of_an_export() -> None:
    """It holds no credentials, and to say that nobody has any would be a lie."""
    account = World.from_account_details(export_of(hand_made())).accounts[ACCOUNT]

    with pytest.raises(RequestError, match="get-credential-report"):
        account.credential_report()


# -- the credential report: what it says ----------------------------------------------------------


def row_of(account: Account, user: str) -> Row:
    """Have a fresh report made, and take a user's row."""
    account.report_job = None
    (found,) = [row for row in account.credential_report().rows if row.user == user]
    return found


def test_the_columns_are_awss_23_in_their_order(main: Account) -> None:
    """The head of the CSV is the list on AWS's page."""
    head = (
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
        "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
        "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
        "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
        "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
        "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info"
    )

    assert main.credential_report().csv.splitlines()[0] == head
    assert len(COLUMNS) == 23


def test_a_user_without_credentials_has_none_in_the_report(main: Account) -> None:
    """Everything is false or N/A."""
    main.create_user("ana", path="/sky/")
    row = row_of(main, "ana")

    assert (row.arn, row.user_creation_time) == (
        f"arn:aws:iam::{ID}:user/sky/ana",
        "2026-11-25T09:00:00+00:00",
    )
    rest = {getattr(row, column) for column in COLUMNS[3:]}
    assert rest == {"false", "N/A"}


def test_the_root_user_comes_first_and_rotates_no_password(main: Account) -> None:
    """Its name is that of AWS's page."""
    main.create_user("ana")
    first = main.credential_report().rows[0]

    assert (first.user, first.arn) == ("<root_account>", ROOT)
    assert first.password_next_rotation == "not_supported"
    assert (first.password_enabled, first.mfa_active) == ("false", "false")


def test_a_password_shows_when_it_was_set_and_used(world: World, main: Account) -> None:
    """no_information, as long as nobody signed in; a rotation, if the account wants one."""
    ana = main.create_user("ana")
    world.clock.advance(days=1)
    ana.create_login_profile(PASSWORD)
    row = row_of(main, "ana")
    assert (row.password_enabled, row.password_last_used) == ("true", "no_information")
    assert (row.password_last_changed, row.password_next_rotation) == (
        "2026-11-26T09:00:00+00:00",
        "N/A",
    )

    main.update_password_policy(max_password_age=30)
    world.clock.advance(hours=1)
    sign_in(world, account=ID, user="ana", password=PASSWORD)
    row = row_of(main, "ana")
    assert row.password_last_used == "2026-11-26T10:00:00+00:00"
    assert row.password_next_rotation == "2026-12-26T09:00:00+00:00"


def test_the_root_users_credentials_are_in_the_report(main: Account) -> None:
    """Password, MFA device and keys."""
    main.root.create_login_profile(PASSWORD)
    main.root.create_virtual_mfa_device("phone").enable()
    main.root.create_access_key()
    row = row_of(main, "<root_account>")

    assert (row.password_enabled, row.mfa_active, row.access_key_1_active) == ("true",) * 3
    assert row.password_next_rotation == "not_supported"


def test_keys_show_status_age_and_last_use(world: World, main: Account) -> None:
    """Two of them; of S3 no Region is noted."""
    ana = main.create_user("ana")
    first = ana.create_access_key()
    world.clock.advance(days=2)
    second = ana.create_access_key()
    second.update("Inactive")
    world.clock.advance(hours=1)
    first.used(first.user.account.world, "s3", "eu-central-1")
    row = row_of(main, "ana")

    assert (row.access_key_1_active, row.access_key_2_active) == ("true", "false")
    assert row.access_key_1_last_rotated == "2026-11-25T09:00:00+00:00"
    assert row.access_key_2_last_rotated == "2026-11-27T09:00:00+00:00"
    assert row.access_key_1_last_used_date == "2026-11-27T10:00:00+00:00"
    assert row.access_key_1_last_used_region == "N/A"
    assert row.access_key_1_last_used_service == "s3"
    assert row.access_key_2_last_used_date == "N/A"

    world.clock.advance(hours=1)
    first.used(first.user.account.world, "ec2", "eu-central-1")
    assert row_of(main, "ana").access_key_1_last_used_region == "eu-central-1"


def test_an_mfa_device_counts_once_it_is_enabled(main: Account) -> None:
    """Not while it is only set up."""
    device = main.create_user("ana").create_virtual_mfa_device("ana-phone")
    assert row_of(main, "ana").mfa_active == "false"

    device.enable()
    assert row_of(main, "ana").mfa_active == "true"


def test_no_secret_is_in_a_report(main: Account) -> None:
    """Nor in what is kept of it, copied or pickled."""
    ana = main.create_user("ana")
    ana.create_login_profile(PASSWORD)
    secret = ana.create_access_key().secret_access_key
    report = main.credential_report()

    for text in (report.csv, repr(report), str(pickle.dumps(report)), repr(main.report_job)):
        assert secret not in text
        assert PASSWORD not in text


def test_a_report_is_frozen_and_can_be_copied(main: Account) -> None:
    """It is a value."""
    report = main.credential_report()

    assert copy.deepcopy(report) == pickle.loads(pickle.dumps(report)) == report  # noqa: S301
    with pytest.raises(AttributeError):
        report.rows[0].user = "x"  # type: ignore[misc]


def test_signing_certificates_are_in_the_report(world: World, main: Account) -> None:
    """Status, and when it was uploaded."""
    ana = main.create_user("ana")
    for name, status in (("c1", "Inactive"), ("c2", "Active")):
        ana.signing_certificates[name] = SigningCertificate(name, "", world.clock.now, status)
        world.clock.advance(hours=1)
    row = row_of(main, "ana")

    assert (row.cert_1_active, row.cert_2_active) == ("false", "true")
    assert row.cert_1_last_rotated == "2026-11-25T09:00:00+00:00"
    assert row.cert_2_last_rotated == "2026-11-25T10:00:00+00:00"


def test_a_report_is_a_table(main: Account) -> None:
    """With AWS's columns, and a row for each user."""
    main.create_user("ana")
    frame = main.credential_report().to_frame()

    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["user"]) == ["<root_account>", "ana"]


# -- reports of real accounts ---------------------------------------------------------------------

times = st.datetimes(datetime(2015, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
maybe = st.none() | times
keys = st.builds(
    lambda is_active, made, used, place: (
        Key(is_active, made, used, *place) if used else Key(is_active, made)
    ),
    st.booleans(),
    times,
    maybe,
    st.tuples(st.sampled_from(["", "us-east-1"]), st.sampled_from(["s3", "ec2"])),
)
held = st.builds(
    Credentials,
    st.text("abc=,.@-_+", min_size=1, max_size=9),
    st.just(f"arn:aws:iam::{ID}:user/x"),
    maybe,
    st.none() | st.builds(Password, maybe, maybe, maybe),
    st.sampled_from([(), ("unknown",)]),
    st.lists(keys, max_size=2).map(tuple),
    st.lists(st.builds(Certificate, st.booleans(), times), max_size=2).map(tuple),
)


@given(st.lists(held, max_size=4))
def test_what_is_written_is_read_again(every: list[Credentials]) -> None:
    """Credentials, a report, its CSV, and back: the same."""
    report = CredentialReport.of(every, datetime(2026, 11, 25, tzinfo=UTC))
    back = CredentialReport.parse(report.csv)

    assert back == report
    assert back.credentials() == tuple(every)
    assert back.generated_time is None


OLD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated\r\n"
    f"<root_account>,{ROOT},2019-01-02T03:04:05Z,not_supported,2026-01-01T00:00:00+00:00,"
    "not_supported,not_supported,TRUE,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,"
    "false,N/A\r\n"
)


def test_reports_of_former_years_are_read_too() -> None:
    """22 columns, TRUE in capitals, the root user's password not_supported: it has one."""
    (root,) = CredentialReport.parse("\ufeff" + OLD).credentials()

    assert root.is_root
    assert root.password is not None
    assert root.password.last_used == datetime(2026, 1, 1, tzinfo=UTC)
    assert (root.mfa, root.keys, root.certificates) == (("unknown",), (), ())
    assert root.created == datetime(2019, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_time_without_a_zone_is_utc() -> None:
    """Whoever took the zone away."""
    (root,) = CredentialReport.parse(OLD.replace("05Z", "05")).credentials()

    assert root.created == datetime(2019, 1, 2, 3, 4, 5, tzinfo=UTC)


NO_REPORTS: dict[str, tuple[str | Callable[[], str], str]] = {
    "empty": ("", "it has no column user"),
    "something else": ("a,b\n1,2\n", "it has no column user"),
    "still Base64": ("dXNlcixhcm4=", "base64 --decode"),
    "too few columns": (OLD + "zoe,arn\n", "row 2: it has 2 columns"),
    "no time": (OLD.replace("2026-01-01T", "yesterday"), "row 1: password_last_used isn't a time"),
    "neither true nor false": (OLD.replace("TRUE", "maybe"), "mfa_active is neither"),
    "an open quote": (OLD + '"zoe', "line 3: it is not CSV"),
    "an endless cell": (OLD + "x" * 200_000, "it is not CSV"),
}


@pytest.mark.parametrize("case", NO_REPORTS)
def test_what_is_not_a_report_is_refused_with_the_place(case: str) -> None:
    """One sentence, with the file's name."""
    text, item = NO_REPORTS[case]
    with pytest.raises(LoadError) as caught:
        CredentialReport.parse(str(text), name="users.csv")

    assert item in str(caught.value)
    assert str(caught.value).startswith("users.csv")


def test_a_report_is_printed_as_csv(main: Account) -> None:
    """As the file would be."""
    report = main.credential_report()

    assert str(report) == report.csv
