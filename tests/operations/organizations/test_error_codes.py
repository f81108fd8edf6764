"""Every error of AWS Organizations is raised here, with its code, HTTP status and reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from iamlab.errors import AwsError
from iamlab.errors import organizations as organization_errors
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import RCP, SCP
from iamlab.operations.dispatch import perform
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    OUTSIDE,
    SERVICE,
    small_organization,
)
from tests.policy.documents import deny, document
from tests.rows import each_row

ABSENT_UNIT, ABSENT_POLICY = "ou-abcd-12345678", "p-absent1234"
ABSENT_ACCOUNT, NOBODY = "999999999999", "h-00000000"
NO_S3 = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'
POLICY = {"Name": "guard", "Description": "", "Type": SCP, "Content": NO_S3}


@dataclass(frozen=True)
class Row:
    """An error: how it comes about, and what AWS then answers."""

    code: str
    reason: str
    cause: Callable[[Organization], Any]

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".strip()


def do(operation: str, account: str = MAIN, **arguments: Any) -> Callable[[Organization], Any]:
    """Do an operation as an account's root user; if it fails, nothing is changed."""

    def cause(organization: Organization) -> Any:
        known = {"ROOT": organization.root.id, "WEB": list(organization.organizational_units)[-1]}
        sent = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
        before = snapshot(organization.world)
        try:
            return perform(
                organization.world.accounts[account], f"organizations:{operation}", **sent
            )
        except AwsError:
            assert snapshot(organization.world) == before
            raise

    return cause


def after(*steps: Callable[[Organization], Any]) -> Callable[[Organization], Any]:
    """Do one thing after the other; the last one fails."""

    def cause(organization: Organization) -> None:
        for step in steps:
            step(organization)

    return cause


def many_units(organization: Organization) -> None:
    """Make as many OUs as there may be."""
    organization.quotas["OrganizationalUnits"] = len(organization.organizational_units)


def many_policies(organization: Organization) -> None:
    """Make as many SCPs as there may be."""
    organization.quotas[SCP] = 1
    organization.create_policy("first", document(deny("s3:*")))


def suspend(organization: Organization) -> None:
    """Suspend an account, as AWS does when it is closed."""
    organization.members[DEV].status = "SUSPENDED"


def billing_only(organization: Organization) -> None:
    """Take all but the bills away."""
    organization.feature_set = "CONSOLIDATED_BILLING"


def answered(organization: Organization, how: str) -> None:
    """Answer an invitation twice."""
    handshake = organization.invite_account(OUTSIDE)
    handshake.decline()
    getattr(handshake, how)()


def elsewhere(organization: Organization) -> None:
    """Invite an account of another partition."""
    world = organization.world
    account = world.create_account("china")
    account.partition = "aws-cn"
    organization.invite_account(account).accept()


def with_tags(*tags: Any) -> Callable[[Organization], Any]:
    """Tag the root."""
    return do("TagResource", ResourceId="ROOT", Tags=list(tags))


def named(**arguments: Any) -> Callable[[Organization], Any]:
    """Make a policy of some values."""
    return do("CreatePolicy", **{**POLICY, **arguments})


MOVE = {"AccountId": DEV, "SourceParentId": "WEB"}
ACCOUNT = {"AccountName": "x", "Email": "x@example.org"}
GUARD = do("CreatePolicy", **POLICY)
ENABLED = do("EnableAWSServiceAccess", ServicePrincipal=SERVICE)
DELEGATE = {"AccountId": DEV, "ServicePrincipal": SERVICE}
REGISTERED = after(ENABLED, do("RegisterDelegatedAdministrator", **DELEGATE))
INVITE = do("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": OUTSIDE})
CLOSED = do("CloseAccount", AccountId=DEV)
DELEGATION = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":'
    f'"arn:aws:iam::{DEV}:root"}},"Action":"organizations:ListRoots","Resource":"*"}}}}'
)
DELEGATED = do("PutResourcePolicy", Content=DELEGATION)
FULL = {"PolicyId": "p-FullAWSAccess", "TargetId": "WEB"}

ROWS = [
    Row("AWSOrganizationsNotInUseException", "", do("ListRoots", OUTSIDE)),
    Row("AccessDeniedException", "", do("ListRoots", DEV)),
    Row("AccountAlreadyClosedException", "", after(CLOSED, CLOSED)),
    Row(
        "AccountAlreadyRegisteredException",
        "",
        after(REGISTERED, do("RegisterDelegatedAdministrator", **DELEGATE)),
    ),
    Row("AccountNotFoundException", "", do("DescribeAccount", AccountId=ABSENT_ACCOUNT)),
    Row(
        "AccountNotRegisteredException",
        "",
        do("DeregisterDelegatedAdministrator", **DELEGATE),
    ),
    Row("AccountNotRegisteredException", "", do("ListDelegatedServicesForAccount", AccountId=DEV)),
    Row("AlreadyInOrganizationException", "", do("CreateOrganization", DEV)),
    Row("ChildNotFoundException", "", do("ListParents", ChildId=ABSENT_UNIT)),
    Row(
        "ConstraintViolationException",
        "OU_NUMBER_LIMIT_EXCEEDED",
        after(many_units, do("CreateOrganizationalUnit", ParentId="ROOT", Name="x")),
    ),
    Row(
        "ConstraintViolationException", "POLICY_NUMBER_LIMIT_EXCEEDED", after(many_policies, GUARD)
    ),
    Row(
        "ConstraintViolationException",
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        do("RegisterDelegatedAdministrator", AccountId=MAIN, ServicePrincipal=SERVICE),
    ),
    Row(
        "ConstraintViolationException",
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        after(suspend, do("RegisterDelegatedAdministrator", **DELEGATE)),
    ),
    Row(
        "ConstraintViolationException",
        "SERVICE_ACCESS_NOT_ENABLED",
        do("RegisterDelegatedAdministrator", **DELEGATE),
    ),
    Row(
        "ConstraintViolationException",
        "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
        after(REGISTERED, do("DisableAWSServiceAccess", ServicePrincipal=SERVICE)),
    ),
    Row(
        "ConstraintViolationException",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        do("CloseAccount", AccountId=MAIN),
    ),
    Row(
        "ConstraintViolationException",
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        after(billing_only, CLOSED),
    ),
    Row(
        "ConstraintViolationException",
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        after(billing_only, DELEGATED),
    ),
    Row(
        "ConstraintViolationException",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        do("PutResourcePolicy", Content=DELEGATION.replace("{", "{" + " " * 40_000, 1)),
    ),
    Row(
        "ConstraintViolationException",
        "MAX_TAG_LIMIT_EXCEEDED",
        with_tags(*({"Key": f"k{number}", "Value": ""} for number in range(51))),
    ),
    Row(
        "CreateAccountStatusNotFoundException",
        "",
        do("DescribeCreateAccountStatus", CreateAccountRequestId="car-00000000"),
    ),
    Row(
        "DestinationParentNotFoundException",
        "",
        do("MoveAccount", **MOVE, DestinationParentId=ABSENT_UNIT),
    ),
    Row("DuplicateAccountException", "", do("MoveAccount", **MOVE, DestinationParentId="WEB")),
    Row("DuplicateHandshakeException", "", after(INVITE, INVITE)),
    Row(
        "DuplicateOrganizationalUnitException",
        "",
        do("CreateOrganizationalUnit", ParentId="ROOT", Name="Prod"),
    ),
    Row("DuplicatePolicyAttachmentException", "", do("AttachPolicy", **FULL)),
    Row("DuplicatePolicyException", "", after(GUARD, GUARD)),
    Row("HandshakeAlreadyInStateException", "", lambda value: answered(value, "decline")),
    Row(
        "HandshakeConstraintViolationException",
        "ALREADY_IN_AN_ORGANIZATION",
        do("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": DEV}),
    ),
    Row(
        "HandshakeConstraintViolationException",
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
        elsewhere,
    ),
    Row(
        "HandshakeConstraintViolationException",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
        do("EnableAllFeatures"),
    ),
    Row(
        "HandshakeConstraintViolationException",
        "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
        after(billing_only, do("EnableAllFeatures"), do("EnableAllFeatures")),
    ),
    Row("HandshakeNotFoundException", "", do("CancelHandshake", HandshakeId=NOBODY)),
    Row("InvalidHandshakeTransitionException", "", lambda item: answered(item, "accept")),
    Row(
        "InvalidInputException",
        "INVALID_PARTY_TYPE_TARGET",
        do("InviteAccountToOrganization", Target={"Type": "ORGANIZATION", "Id": "o-0123456789"}),
    ),
    Row(
        "InvalidInputException",
        "INVALID_EMAIL_ADDRESS_TARGET",
        do("InviteAccountToOrganization", Target={"Type": "EMAIL", "Id": "nobody at home"}),
    ),
    Row(
        "InvalidInputException",
        "TARGET_NOT_SUPPORTED",
        do("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": ABSENT_ACCOUNT}),
    ),
    Row("InvalidInputException", "INVALID_PATTERN", do("DescribeAccount", AccountId="dev")),
    Row("InvalidInputException", "INVALID_PATTERN", named(Name="\ud800")),
    Row("InvalidInputException", "INVALID_SYNTAX_POLICY_ID", do("DeletePolicy", PolicyId="p-*")),
    Row(
        "InvalidInputException",
        "INVALID_PATTERN_TARGET_ID",
        do("AttachPolicy", PolicyId="p-FullAWSAccess", TargetId="Web"),
    ),
    Row("InvalidInputException", "INVALID_ENUM", do("CreateOrganization", FeatureSet="SOME")),
    Row("InvalidInputException", "INVALID_ENUM_POLICY_TYPE", named(Type="SCP")),
    Row(
        "InvalidInputException", "INVALID_ROLE_NAME", do("CreateAccount", **ACCOUNT, RoleName="a b")
    ),
    Row(
        "InvalidInputException",
        "INVALID_ROLE_NAME",
        do("CreateAccount", **ACCOUNT, RoleName="AWSServiceRoleForX"),
    ),
    Row(
        "InvalidInputException",
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        do("EnableAWSServiceAccess", ServicePrincipal="config"),
    ),
    Row("InvalidInputException", "MAX_LENGTH_EXCEEDED", named(Name="x" * 129)),
    Row("InvalidInputException", "MAX_LENGTH_EXCEEDED", named(Description="x" * 513)),
    Row("InvalidInputException", "MIN_LENGTH_EXCEEDED", named(Name="")),
    Row("InvalidInputException", "MAX_VALUE_EXCEEDED", do("ListRoots", MaxResults=21)),
    Row("InvalidInputException", "MIN_VALUE_EXCEEDED", do("ListRoots", MaxResults=0)),
    Row("InvalidInputException", "INVALID_NEXT_TOKEN", do("ListRoots", NextToken="two")),
    Row(
        "InvalidInputException", "IMMUTABLE_POLICY", do("DeletePolicy", PolicyId="p-FullAWSAccess")
    ),
    Row(
        "InvalidInputException",
        "NON_DETACHABLE_POLICY",
        do("DetachPolicy", PolicyId="p-RCPFullAWSAccess", TargetId="ROOT"),
    ),
    Row(
        "InvalidInputException",
        "DUPLICATE_TAG_KEY",
        with_tags({"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}),
    ),
    Row(
        "InvalidInputException",
        "INVALID_SYSTEM_TAGS_PARAMETER",
        with_tags({"Key": "AWS:x", "Value": "1"}),
    ),
    Row("InvalidInputException", "INVALID_LIST_MEMBER", with_tags({"Key": "a"})),
    Row("InvalidInputException", "INVALID_LIST_MEMBER", with_tags("a")),
    Row("InvalidInputException", "INVALID_PATTERN", with_tags({"Key": "a;b", "Value": "1"})),
    Row(
        "InvalidInputException",
        "INVALID_PRINCIPAL",
        do("PutResourcePolicy", Content=DELEGATION.replace(":root", ":user/nobody")),
    ),
    Row("InvalidInputException", "", do("PutResourcePolicy", Content="{")),
    Row(
        "InvalidInputException",
        "",
        do("PutResourcePolicy", Content=DELEGATION.replace("ListRoots", "CreateAccount")),
    ),
    Row(
        "InvalidInputException",
        "",
        after(
            DELEGATED,
            do("PutResourcePolicy", Content=DELEGATION, Tags=[{"Key": "a", "Value": "b"}]),
        ),
    ),
    Row("MalformedPolicyDocumentException", "", named(Content="{")),
    Row("MasterCannotLeaveOrganizationException", "", do("LeaveOrganization")),
    Row("OrganizationNotEmptyException", "", do("DeleteOrganization")),
    Row(
        "OrganizationalUnitNotEmptyException",
        "",
        do("DeleteOrganizationalUnit", OrganizationalUnitId="WEB"),
    ),
    Row(
        "OrganizationalUnitNotFoundException",
        "",
        do("UpdateOrganizationalUnit", OrganizationalUnitId=ABSENT_UNIT, Name="x"),
    ),
    Row(
        "ParentNotFoundException",
        "",
        do("CreateOrganizationalUnit", ParentId=ABSENT_UNIT, Name="x"),
    ),
    Row(
        "PolicyInUseException",
        "",
        after(lambda o: o.create_policy("p", NO_S3).attach("Web"), lambda o: o.delete_policy("p")),
    ),
    Row(
        "PolicyNotAttachedException",
        "",
        lambda entry: entry.create_policy("p", NO_S3).detach("Web"),
    ),
    Row("PolicyNotFoundException", "", do("AttachPolicy", PolicyId=ABSENT_POLICY, TargetId="ROOT")),
    Row(
        "PolicyTypeAlreadyEnabledException",
        "",
        do("EnablePolicyType", RootId="ROOT", PolicyType=SCP),
    ),
    Row("PolicyTypeNotAvailableForOrganizationException", "", after(billing_only, GUARD)),
    Row(
        "PolicyTypeNotEnabledException",
        "",
        do("DisablePolicyType", RootId="ROOT", PolicyType=RCP),
    ),
    Row("ResourcePolicyNotFoundException", "", do("DescribeResourcePolicy")),
    Row("ResourcePolicyNotFoundException", "", do("DeleteResourcePolicy")),
    Row("RootNotFoundException", "", do("EnablePolicyType", RootId="r-none", PolicyType=RCP)),
    Row(
        "SourceParentNotFoundException",
        "",
        do("MoveAccount", AccountId=DEV, SourceParentId="ROOT", DestinationParentId="ROOT"),
    ),
    Row(
        "TargetNotFoundException", "", do("ListPoliciesForTarget", TargetId=ABSENT_UNIT, Filter=SCP)
    ),
    Row("TargetNotFoundException", "", do("ListTagsForResource", ResourceId=ABSENT_POLICY)),
]


@each_row("row", ROWS, ids=str)
def test_each_is_raised_with_code_status_and_reason(row: Row) -> None:
    """And it is in the log."""
    organization = small_organization()
    with pytest.raises(AwsError) as caught:
        row.cause(organization)

    error = caught.value
    assert (error.code, error.http_status) == (row.code, 400)
    assert getattr(error, "reason", "") == row.reason
    assert row.reason in str(error)
    assert error.message.strip()
    logged = organization.world.events[-1].error_code
    assert logged
    assert row.code.startswith(logged)  # CloudTrail cuts AccessDeniedException short


ERRORS = [
    name
    for name, kind in vars(organization_errors).items()
    if isinstance(kind, type)
    and issubclass(kind, AwsError)
    and name not in ("AccessDenied", "AwsError")
]
"""The names of the errors that the service answers with."""


def test_no_class_is_there_for_decoration() -> None:
    """Each one is raised by a row, but for the one that the others have in common."""
    raised = {row.code for row in ROWS}
    classes = set(ERRORS) - {"ReasonedError"}

    assert raised == classes


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring's tree names every class, and no other."""
    drawn = set(re.findall(r"[├└]─ (\w+)", organization_errors.__doc__ or ""))

    assert drawn == {*ERRORS, "AccessDenied"}


def test_every_code_is_one_of_aws_and_declared_for_the_operation() -> None:
    """As the model of AWS's own client library has it."""
    session = pytest.importorskip("botocore.session")
    model = session.get_session().get_service_model("organizations")
    known = {shape.name for shape in model.error_shapes}

    assert set(ERRORS) - {"ReasonedError"} <= known
    reasons = model.shape_for("ConstraintViolationExceptionReason").enum
    reasons += model.shape_for("InvalidInputExceptionReason").enum
    reasons += model.shape_for("HandshakeConstraintViolationExceptionReason").enum
    assert {row.reason for row in ROWS if row.reason} <= set(reasons)
    for row in ROWS:
        organization = small_organization()
        with pytest.raises(AwsError):
            row.cause(organization)
        event = organization.world.events[-1]
        declared = model.operation_model(event.event_name).error_shapes
        assert row.code in {shape.name for shape in declared}, (event.event_name, str(row))
