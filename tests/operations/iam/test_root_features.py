"""Centralised root access: who can switch it on, its purpose, and who is never affected."""

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AccountNotManagementOrDelegatedAdministratorException,
    AwsError,
    CallerIsNotManagementAccountException,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
    RequestError,
    ServiceAccessNotEnabledException,
)
from iamlab.errors.organizations import ConstraintViolationException
from iamlab.model import managed_policies as managed
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.root_features import (
    CREDENTIALS,
    FEATURES,
    SERVICE,
    SESSIONS,
    TASKS,
    is_in_charge,
    may_assume_root,
)
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    OUTSIDE,
    allowed,
    small_organization,
)
from tests.policy.documents import deny, document

ABSENT = "999999999999"
READ = "ListOrganizationsFeatures"
ON = {f"EnableOrganizations{feature}": feature for feature in FEATURES}
OFF = {f"DisableOrganizations{item}": item for item in FEATURES}


def trusting() -> Organization:
    """Make an organization that lets IAM work in its accounts."""
    organization = small_organization()
    organization.enable_aws_service_access(SERVICE)
    return organization


def delegating() -> Organization:
    """Make one whose account acme-dev is a delegated administrator for IAM."""
    organization = trusting()
    organization.register_delegated_administrator(DEV, SERVICE)
    return organization


def ask(organization: Organization, operation: str, account_id: str = MAIN) -> dict[str, Any]:
    """Call an operation of IAM as an account's root user."""
    account = organization.world.accounts[account_id]
    return account.call(operation, account.root_arn)


# -- on and off -----------------------------------------------------------------------------------


def test_each_feature_is_switched_by_itself_and_listed_in_awss_order() -> None:
    """Every call answers the organization's id and what is on then."""
    organization = trusting()
    steps: tuple[tuple[str, list[str]], ...] = (
        (READ, []),
        ("EnableOrganizationsRootSessions", [SESSIONS]),
        ("EnableOrganizationsRootCredentialsManagement", [CREDENTIALS, SESSIONS]),
        ("DisableOrganizationsRootSessions", [CREDENTIALS]),
        ("DisableOrganizationsRootCredentialsManagement", []),
    )
    for operation, features in steps:
        expected = {"OrganizationId": organization.id, "EnabledFeatures": features}

        assert ask(organization, operation) == expected
        assert organization.root_features == features


@given(st.lists(st.sampled_from([*ON, *OFF]), max_size=6))
def test_what_is_on_depends_on_the_last_switch_of_each_feature(calls: list[str]) -> None:
    """Twice is as once, and no order of the two features matters."""
    organization = trusting()
    for call in calls:
        ask(organization, call)
    last = {{**ON, **OFF}[call]: call in ON for call in calls}

    assert organization.root_features == [entry for entry in FEATURES if last.get(entry)]


def test_the_features_are_those_of_awss_client() -> None:
    """By their names."""
    service = botocore.session.get_session().get_service_model("iam")
    answer = service.operation_model(READ).output_shape

    assert tuple(answer.members["EnabledFeatures"].member.enum) == FEATURES


def test_the_methods_of_an_organization_do_the_same() -> None:
    """Each is one operation of IAM, by the management account, and is logged as such."""
    organization = trusting()
    organization.enable_organizations_root_credentials_management()
    organization.enable_organizations_root_sessions()
    assert organization.root_features == list(FEATURES)

    organization.disable_organizations_root_credentials_management()
    organization.disable_organizations_root_sessions()
    assert organization.root_features == []

    logged = organization.world.events[-4:]
    assert {entry.event_source for entry in logged} == {"iam.amazonaws.com"}
    assert [event.event_name for event in logged] == [*ON, *OFF]


def test_a_feature_waits_while_iam_has_no_access_to_the_organization() -> None:
    """It cannot be read or used, but is on again as soon as the access is."""
    organization = trusting()
    organization.enable_organizations_root_sessions()
    organization.disable_aws_service_access(SERVICE)
    for operation in (READ, *ON, *OFF):
        with pytest.raises(ServiceAccessNotEnabledException, match="Trusted access"):
            ask(organization, operation)
    world = organization.world
    assert "enable_aws_service_access" in may_assume_root(world, MAIN, DEV, "S3UnlockBucketPolicy")

    organization.enable_aws_service_access(SERVICE)
    assert ask(organization, READ)["EnabledFeatures"] == [SESSIONS]
    assert may_assume_root(world, MAIN, DEV, "S3UnlockBucketPolicy") == ""


def test_a_new_organization_inherits_nothing() -> None:
    """What was on goes with the old one."""
    world = World(seed=3)
    main = world.create_account("main")
    first = world.create_organization(main)
    first.enable_aws_service_access(SERVICE)
    first.enable_organizations_root_sessions()
    main.call("organizations:DeleteOrganization", main.root_arn)
    with pytest.raises(OrganizationNotFoundException):
        main.call(READ, main.root_arn)

    assert world.create_organization(main).root_features == []


def test_a_copy_of_a_world_has_features_of_its_own() -> None:
    """What is switched in one is not switched in the other."""
    organization = trusting()
    organization.enable_organizations_root_sessions()
    twin = organization.world.copy().organizations[organization.id]
    assert twin.root_features == [SESSIONS]

    twin.root_features.clear()
    assert organization.root_features == [SESSIONS]


# -- who may --------------------------------------------------------------------------------------


def test_a_delegated_administrator_switches_off_and_reads_but_never_on() -> None:
    """So the errors tell that each operation declares."""
    organization = delegating()
    organization.enable_organizations_root_sessions()
    for operation in ON:
        with pytest.raises(CallerIsNotManagementAccountException):
            ask(organization, operation, DEV)

    assert ask(organization, READ, DEV)["EnabledFeatures"] == [SESSIONS]
    assert ask(organization, "DisableOrganizationsRootSessions", DEV)["EnabledFeatures"] == []


@pytest.mark.parametrize("administers", ["", "config.amazonaws.com"])
def test_a_member_may_nothing_even_if_it_administers_another_service(administers: str) -> None:
    """Only the delegated administrator for IAM is in charge."""
    organization = trusting()
    if administers:
        organization.enable_aws_service_access(administers)
        organization.register_delegated_administrator(DEV, administers)

    assert not is_in_charge(organization, DEV)
    for operation in (READ, *ON, *OFF):
        with pytest.raises(AccountNotManagementOrDelegatedAdministratorException):
            ask(organization, operation, DEV)


def test_the_access_stays_as_long_as_somebody_administers_iam() -> None:
    """And whoever did it may no more once he is deregistered."""
    organization = delegating()
    with pytest.raises(ConstraintViolationException):
        organization.disable_aws_service_access(SERVICE)

    organization.deregister_delegated_administrator(DEV, SERVICE)
    with pytest.raises(AccountNotManagementOrDelegatedAdministratorException):
        ask(organization, READ, DEV)


def billing_only() -> Account:
    """Make the management account of an organization with one bill and no more."""
    world = World(seed=3)
    main = world.create_account("main", account_id=MAIN)
    world.create_organization(main, feature_set="CONSOLIDATED_BILLING")
    return main


OTHERS: dict[str, tuple[Callable[[], Account], type[AwsError]]] = {
    "isn't in an organization": (
        lambda: trusting().world.accounts[OUTSIDE],
        OrganizationNotFoundException,
    ),
    "consolidated billing": (billing_only, OrganizationNotInAllFeaturesModeException),
    "no trusted access": (
        lambda: small_organization().management_account,
        ServiceAccessNotEnabledException,
    ),
}


@pytest.mark.parametrize("operation", [READ, *ON, *OFF])
@pytest.mark.parametrize("which", OTHERS)
def test_what_is_missing_is_said_and_nothing_changes(which: str, operation: str) -> None:
    """Whatever is asked for."""
    make, refusal = OTHERS[which]
    account = make()
    before = snapshot(account.world)
    with pytest.raises(refusal):
        account.call(operation, account.root_arn)

    assert snapshot(account.world) == before


@pytest.mark.parametrize("operation", [READ, *ON, *OFF])
def test_each_operation_needs_its_own_permission_and_no_other(operation: str) -> None:
    """On all resources; permissions of AWS Organizations are not asked for."""
    organization = trusting()
    main = organization.management_account
    with pytest.raises(AccessDenied, match=f"iam:{operation}"):
        main.call(operation, allowed(main, "organizations:*", "iam:GetUser"))

    main.call(operation, allowed(main, f"iam:{operation}"))


def test_an_scp_binds_the_delegated_administrator_and_not_the_management_account() -> None:
    """As for any action."""
    organization = delegating()
    guard = organization.create_policy("guard", document(deny("iam:*OrganizationsRoot*", "*")))
    organization.attach_policy(guard, organization.root)
    with pytest.raises(AccessDenied, match="service control policy"):
        ask(organization, "DisableOrganizationsRootSessions", DEV)

    ask(organization, "DisableOrganizationsRootSessions")


def test_the_operations_take_no_parameters_and_no_caller_of_elsewhere() -> None:
    """They are about the caller's own organization."""
    organization = trusting()
    main = organization.management_account
    with pytest.raises(RequestError, match="no parameter"):
        main.call(READ, main.root_arn, OrganizationId=organization.id)
    with pytest.raises(RequestError, match="own account"):
        main.call(READ, organization.world.accounts[DEV].root_arn)


# -- whose root user may be assumed, and for what -------------------------------------------------


def test_the_tasks_are_those_of_awss_policies() -> None:
    """Each is a managed policy of that name, under /root-task/."""
    arns = {managed.find(task, "aws").arn for task in TASKS}  # type: ignore[union-attr]

    assert arns == {f"arn:aws:iam::aws:policy/root-task/{task}" for task in TASKS}


FOR = {
    "RootCredentialsManagement": {
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
    },
    "RootSessions": {"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"},
}


@pytest.mark.parametrize("caller", [MAIN, DEV])
@pytest.mark.parametrize("feature", FOR)
def test_a_task_needs_its_own_feature_and_not_the_other(feature: str, caller: str) -> None:
    """For the management account and for its delegated administrator alike."""
    organization = delegating()
    world = organization.world
    assert all(may_assume_root(world, caller, DEV, task) for task in TASKS)

    ask(organization, f"EnableOrganizations{feature}")
    may = {task for task in TASKS if not may_assume_root(world, caller, DEV, task)}

    assert may == FOR[feature]


def suspended() -> World:
    """Make a world whose account acme-dev is suspended."""
    organization = everything()
    organization.members[DEV].status = "SUSPENDED"
    return organization.world


def everything() -> Organization:
    """Make an organization with both features on."""
    organization = trusting()
    organization.enable_organizations_root_credentials_management()
    organization.enable_organizations_root_sessions()
    return organization


TASK = "SQSUnlockQueuePolicy"
REFUSED: dict[str, tuple[Callable[[], World], tuple[str, str, str], str]] = {
    "isn't a task": (
        lambda: everything().world,
        (MAIN, DEV, "AdministratorAccess"),
        "isn't a task",
    ),
    "its ARN": (
        lambda: everything().world,
        (MAIN, DEV, f"arn:aws:iam::aws:policy/root-task/{TASK}"),
        "isn't a task",
    ),
    "a caller outside": (
        lambda: everything().world,
        (OUTSIDE, DEV, TASK),
        "isn't in an organization",
    ),
    "an unknown caller": (
        lambda: everything().world,
        (ABSENT, DEV, TASK),
        "isn't in an organization",
    ),
    "a plain member": (lambda: everything().world, (DEV, DEV, TASK), "isn't the management"),
    "a target outside": (lambda: everything().world, (MAIN, OUTSIDE, TASK), "isn't in"),
    "an unknown target": (lambda: everything().world, (MAIN, ABSENT, TASK), "isn't in"),
    "the management account": (lambda: everything().world, (MAIN, MAIN, TASK), "management"),
    "a suspended target": (suspended, (MAIN, DEV, TASK), "SUSPENDED"),
    "only consolidated billing": (lambda: billing_only().world, (MAIN, MAIN, TASK), "consolidated"),
    "no trusted access": (
        lambda: small_organization().world,
        (MAIN, DEV, TASK),
        "doesn't have access",
    ),
    "nothing on": (lambda: trusting().world, (MAIN, DEV, TASK), "To enable it"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_a_refused_assume_root_names_the_reason(which: str) -> None:
    """In one sentence, and asking changes nothing."""
    make, request, words = REFUSED[which]
    world = make()
    before = snapshot(world)
    why = may_assume_root(world, *request)

    assert words in why
    assert why.endswith(".")
    assert snapshot(world) == before


def test_the_reason_names_what_would_help() -> None:
    """Step by step, until nothing is in the way."""
    organization = small_organization()
    world = organization.world
    for _ in range(3):
        why = may_assume_root(world, MAIN, DEV, "IAMDeleteRootUserCredentials")
        if "enable_aws_service_access" in why:
            organization.enable_aws_service_access(SERVICE)
        elif "enable_organizations_root_credentials_management()" in why:
            organization.enable_organizations_root_credentials_management()

    assert why == ""


def test_an_account_that_left_is_out_of_reach() -> None:
    """Its root user is its own again."""
    organization = everything()
    world = organization.world
    world.clock.advance(days=5)
    world.accounts[DEV].leave_organization()

    assert "isn't in" in may_assume_root(world, MAIN, DEV, TASK)
