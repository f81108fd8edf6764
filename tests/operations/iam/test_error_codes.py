"""Every error that a world can raise is raised here, with AWS's code, HTTP status and sentence.

So no class of error is there for decoration only, and of each code that IAM's API declares it is
said either what causes it here, or why nothing can.
"""

import ast
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import iamlab.model
from iamlab import World, errors
from iamlab.errors import AwsError
from iamlab.model.organization.organization import Organization
from iamlab.operations import api_models as model
from iamlab.operations.dispatch import perform
from iamlab.operations.registry import NOT_MODELLED, entries
from iamlab.policy import rules
from iamlab.tables import tables
from iamlab.world.account import Account
from tests.operations.iam.key_material import CERTIFICATE, OTHER_PRIVATE_KEY, SMALL_KEY, SSH_KEY
from tests.policy.documents import allow, document, trust

ID, OTHER = "111111111111", "222222222222"
PASSWORD, NEXT = "Correct-Horse-1", "Battery-Staple-2"
READ = document(allow("s3:GetObject", "*"))
IAM, AWS = f"arn:aws:iam::{ID}", "arn:aws:iam::aws:policy"
INVALID_TOKEN = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"
WRONG = "Your authentication information is incorrect. Please try again."
LONG_ARN, SHORT_ARN = "length less than or equal to 2048", "length greater than or equal to 20"
OPAQUE = "is not authorized to perform: sts:AssumeRole on resource"


@pytest.fixture
def main() -> Account:
    """An account with one of each: a user, a group, a role, a policy, a profile, a linked role."""
    world = World(seed=9)
    account = world.create_account("main", account_id=ID)
    world.create_account("other", account_id=OTHER).create_bucket("taken")
    ana = account.create_user("ana")
    account.create_group("sky")
    account.create_role("app", assume_role_policy_document=trust({"AWS": ana.arn}))
    account.create_role("web", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"}))
    account.create_policy("read", READ)
    account.create_instance_profile("web").add_role("web")
    account.create_service_linked_role("ecs.amazonaws.com")
    return account


@dataclass(frozen=True)
class Row:
    """An error: how it comes about, and what AWS then answers."""

    code: str
    status: int
    text: str
    cause: Callable[[Account], Any]

    def __str__(self) -> str:
        return f"{self.code}: {self.text[:60]}"


def do(operation: str, **arguments: Any) -> Callable[[Account], Any]:
    """Do an operation as the account's root user."""
    return lambda account: perform(account, operation, **arguments)


def times(number: int, operation: str, **arguments: Any) -> Callable[[Account], Any]:
    """Do an operation so many times."""

    def cause(account: Account) -> None:
        for _ in range(number):
            perform(account, operation, **arguments)

    return cause


def after(*steps: Callable[[Account], Any]) -> Callable[[Account], Any]:
    """Do one thing after the other; the last one fails."""

    def cause(account: Account) -> None:
        for step in steps:
            step(account)

    return cause


def text(value: Any) -> str:
    """Write a document down."""
    return json.dumps(value)


def wait(**time: float) -> Callable[[Account], Any]:
    """Let time pass."""
    return lambda account: account.world.clock.advance(**time)


ANA, PROFILE = {"UserName": "ana"}, {"InstanceProfileName": "web"}
OWN, ADMIN = {"PolicyArn": f"{IAM}:policy/read"}, {"PolicyArn": f"{AWS}/AdministratorAccess"}
ABSENT = {"PolicyArn": f"{IAM}:policy/absent"}
PASSWORDS = do("CreateLoginProfile", **ANA, Password=PASSWORD)
VERSION = {**OWN, "PolicyDocument": text(READ)}
LINKED = "AWSServiceRoleForECS"
PHONE = {"SerialNumber": f"{IAM}:mfa/phone"}
TRUSTING = {"Effect": "Allow", "Principal": {"AWS": ID}, "Action": "sts:AssumeRole"}
SET_UP = do("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
BIG = document(allow("s3:GetObject", f"arn:aws:s3:::maps/{'x' * 6200}"))


def enabled(account: Account) -> None:
    """Create Ana's phone, a virtual MFA device."""
    account.users["ana"].create_virtual_mfa_device("phone").enable()


def policies(kind: str, number: int) -> Callable[[Account], Any]:
    """Attach so many policies."""

    def cause(account: Account) -> None:
        values = {"user": account.users, "group": account.groups, "role": account.roles}
        who = next(iter(values[kind].values()))
        for count in range(number):
            who.attach_policy(account.create_policy(f"p{count}", READ))

    return cause


def groups(account: Account) -> None:
    """Put ana into eleven groups."""
    for count in range(11):
        account.create_group(f"g{count}").add_user("ana")


def hang_on_ana(account: Account) -> None:
    """Attach the account's own policy."""
    account.users["ana"].attach_policy("read")


def key_of_nobody(account: Account) -> None:
    """Show a key that was deleted."""
    key = account.users["ana"].create_access_key()
    key.delete()
    account.world.can(key, "s3:GetObject", "*")


def inactive_key(account: Account) -> None:
    """Show a key that was switched off."""
    key = account.users["ana"].create_access_key()
    key.update("Inactive")
    account.world.do(key, "s3:GetObject", "*")


def wrong_secret(account: Account) -> None:
    """Call with the id of a key and another secret."""
    key = account.users["ana"].create_access_key()
    account.world.caller_of({"AccessKeyId": key.access_key_id, "SecretAccessKey": "wrong"})


def old_console_session(account: Account) -> None:
    """Use the console thirteen hours after signing in."""
    PASSWORDS(account)
    session = account.world.sign_in(user="ana", account=ID, password=PASSWORD)
    account.world.clock.advance(hours=13)
    account.call("ListUsers", session)


def organized(account: Account, **how: Any) -> None:
    """Make the account the management account of an organization."""
    account.world.create_organization(account, **how)


def invited(account: Account) -> Organization:
    """Let the other account make an organization that IAM may work in, and this one join it."""
    made = account.world.create_organization("other")
    made.enable_aws_service_access("iam.amazonaws.com")
    made.invite_account(account).accept()
    return made


def delegated(account: Account) -> None:
    """Make the account a delegated administrator for IAM."""
    invited(account).register_delegated_administrator(account, "iam.amazonaws.com")


def root_changes_password(account: Account) -> None:
    """Call ChangePassword as the root user."""
    account.call("ChangePassword", account.root_arn, OldPassword=PASSWORD, NewPassword=NEXT)


ROWS = [
    # -- nothing of that name ---------------------------------------------------------------------
    Row(
        "NoSuchEntity",
        404,
        "The user with name zoe cannot be found.",
        do("GetUser", UserName="zoe"),
    ),
    Row(
        "NoSuchEntity",
        404,
        "The role with name zoe cannot be found.",
        do("GetRole", RoleName="zoe"),
    ),
    Row(
        "NoSuchEntity",
        404,
        "The group with name zoe cannot be found.",
        do("GetGroup", GroupName="zoe"),
    ),
    Row(
        "NoSuchEntity",
        404,
        f"Policy {ABSENT['PolicyArn']} does not exist or is not attachable.",
        do("AttachUserPolicy", **ANA, **ABSENT),
    ),
    Row(
        "NoSuchEntity",
        404,
        f"Policy {ABSENT['PolicyArn']} was not found.",
        do("DetachUserPolicy", **ANA, **ABSENT),
    ),
    Row(
        "NoSuchEntity",
        404,
        f"Policy {OWN['PolicyArn']} version v9 does not exist or is not attachable.",
        do("GetPolicyVersion", **OWN, VersionId="v9"),
    ),
    *(
        Row(
            "NoSuchEntity",
            404,
            f"The {kind} policy with name p cannot be found.",
            do(f"Get{kind.capitalize()}Policy", **named, PolicyName="p"),
        )
        for kind, named in (
            ("user", ANA),
            ("group", {"GroupName": "sky"}),
            ("role", {"RoleName": "app"}),
        )
    ),
    Row(
        "NoSuchEntity",
        404,
        "Login Profile for User ana cannot be found.",
        do("GetLoginProfile", **ANA),
    ),
    Row(
        "NoSuchEntity",
        404,
        "The Access Key with id AKIA0000000000EXAMPLE cannot be found.",
        do("DeleteAccessKey", **ANA, AccessKeyId="AKIA0000000000EXAMPLE"),
    ),
    Row(
        "NoSuchEntity",
        404,
        "Instance Profile db cannot be found.",
        do("GetInstanceProfile", InstanceProfileName="db"),
    ),
    Row(
        "NoSuchEntity",
        404,
        f"The Password Policy with domain name {ID} cannot be found.",
        do("GetAccountPasswordPolicy"),
    ),
    Row(
        "NoSuchEntity",
        404,
        "The account policy with name PasswordPolicy cannot be found.",
        do("DeleteAccountPasswordPolicy"),
    ),
    *(
        Row("NoSuchEntity", 404, f"Policy {ABSENT['PolicyArn']} was not found.", cause)
        for cause in (
            do("GetPolicy", **ABSENT),
            do("DeletePolicy", **ABSENT),
            do("ListPolicyVersions", **ABSENT),
            do("ListEntitiesForPolicy", **ABSENT),
            do("TagPolicy", **ABSENT, Tags=[]),
            do("UntagPolicy", **ABSENT, TagKeys=[]),
            do("ListPolicyTags", **ABSENT),
        )
    ),
    *(
        Row(
            "NoSuchEntity",
            404,
            f"Policy {ABSENT['PolicyArn']} version v1 does not exist or is not attachable.",
            do(name, **ABSENT, VersionId="v1"),
        )
        for name in ("GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion")
    ),
    *(
        Row(
            "NoSuchEntity",
            404,
            f"Scope ARN: {ABSENT['PolicyArn']} does not exist or is not attachable.",
            do(operation, **named, PermissionsBoundary=ABSENT["PolicyArn"]),
        )
        for operation, named in (
            ("CreateUser", {"UserName": "ben"}),
            ("PutUserPermissionsBoundary", ANA),
            ("PutRolePermissionsBoundary", {"RoleName": "app"}),
        )
    ),
    # -- the name is taken ------------------------------------------------------------------------
    Row(
        "EntityAlreadyExists",
        409,
        "User with name ana already exists.",
        do("CreateUser", UserName="ana"),
    ),
    Row(
        "EntityAlreadyExists",
        409,
        "Group with name SKY already exists.",
        do("CreateGroup", GroupName="SKY"),
    ),
    Row(
        "EntityAlreadyExists",
        409,
        "Role with name app already exists.",
        do(
            "CreateRole",
            RoleName="app",
            AssumeRolePolicyDocument=text(trust({"Service": "ec2.amazonaws.com"})),
        ),
    ),
    Row(
        "EntityAlreadyExists",
        409,
        "A policy called read already exists. Duplicate names are not allowed.",
        do("CreatePolicy", PolicyName="read", PolicyDocument=text(READ)),
    ),
    Row(
        "EntityAlreadyExists",
        409,
        "Instance Profile web already exists.",
        do("CreateInstanceProfile", **PROFILE),
    ),
    Row(
        "EntityAlreadyExists",
        409,
        "Login Profile for user ana already exists.",
        after(PASSWORDS, PASSWORDS),
    ),
    # -- there are as many as there may be --------------------------------------------------------
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for AccessKeysPerUser: 2",
        times(3, "CreateAccessKey", **ANA),
    ),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for PoliciesPerUser: 10",
        policies("user", 11),
    ),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for PoliciesPerRole: 20",
        policies("role", 21),
    ),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for PoliciesPerGroup: 10",
        policies("group", 11),
    ),
    Row("LimitExceeded", 409, "Cannot exceed quota for GroupsPerUser: 10", groups),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for PolicySize: 6144",
        do("CreatePolicy", PolicyName="big", PolicyDocument=text(BIG)),
    ),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for ACLSizePerRole: 2048",
        do(
            "UpdateAssumeRolePolicy",
            RoleName="app",
            PolicyDocument=text(
                trust({"Service": [f"s{count}.amazonaws.com" for count in range(120)]})
            ),
        ),
    ),
    Row(
        "LimitExceeded",
        409,
        "Maximum policy size of 2048 bytes exceeded for user ana",
        do("PutUserPolicy", **ANA, PolicyName="big", PolicyDocument=text(BIG)),
    ),
    Row(
        "LimitExceeded",
        409,
        "A managed policy can have up to 5 versions. Before you create a new version, you must "
        "delete an existing version.",
        times(5, "CreatePolicyVersion", **VERSION),
    ),
    Row(
        "LimitExceeded",
        409,
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        do("AddRoleToInstanceProfile", **PROFILE, RoleName="app"),
    ),
    # -- something must go first ------------------------------------------------------------------
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must detach all policies first.",
        after(hang_on_ana, do("DeleteUser", **ANA)),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must delete policies first.",
        after(
            do("PutUserPolicy", **ANA, PolicyName="own", PolicyDocument=text(READ)),
            do("DeleteUser", **ANA),
        ),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove roles from instance profile first.",
        do("DeleteRole", RoleName="web"),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must delete login profile first.",
        after(PASSWORDS, do("DeleteUser", **ANA)),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must delete access keys first.",
        after(do("CreateAccessKey", **ANA), do("DeleteUser", **ANA)),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove users from group first.",
        after(do("AddUserToGroup", GroupName="sky", **ANA), do("DeleteGroup", GroupName="sky")),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete entity, must delete MFA device first.",
        after(enabled, do("DeleteUser", **ANA)),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete the default version of a policy.",
        do("DeletePolicyVersion", **OWN, VersionId="v1"),
    ),
    Row(
        "DeleteConflict",
        409,
        "Cannot delete a policy attached to entities.",
        after(hang_on_ana, do("DeletePolicy", **OWN)),
    ),
    Row(
        "DeleteConflict",
        409,
        "This policy has more than one version. Before you delete a policy, you must delete the "
        "policy's versions. The default version is deleted with the policy.",
        after(do("CreatePolicyVersion", **VERSION), do("DeletePolicy", **OWN)),
    ),
    # -- parameters and documents -----------------------------------------------------------------
    *(
        Row(
            "ValidationError",
            400,
            f"The specified value for {name[:1].lower()}{name[1:]} is invalid. It must contain "
            "only alphanumeric characters and/or the following: +=,.@_-",
            do(operation, **{name: "x y"}, **more),
        )
        for operation, name, more in (
            ("GetRole", "RoleName", {}),
            ("CreateGroup", "GroupName", {}),
            ("CreatePolicy", "PolicyName", {"PolicyDocument": text(READ)}),
            ("GetInstanceProfile", "InstanceProfileName", {}),
            ("UpdateUser", "NewUserName", ANA),
            ("AttachUserPolicy", "UserName", OWN),
        )
    ),
    *(
        Row(
            "ValidationError",
            400,
            "The specified value for pathPrefix is invalid. It must begin with the / character "
            "and contain only alphanumeric characters and/or / characters.",
            do(operation, PathPrefix=prefix),
        )
        for operation, prefix in (
            ("ListUsers", "sky"),
            ("ListUsers", ""),
            ("ListRoles", "/bad path/"),
            ("ListPolicies", f"/{'a' * 512}"),
        )
    ),
    *(
        Row(
            "ValidationError",
            400,
            f"1 validation error detected: Value at '{name[:1].lower()}{name[1:]}' failed to "
            f"satisfy constraint: Member must have {demand}",
            do(operation, **{name: value}, **more),
        )
        for operation, name, value, demand, more in (
            ("ListUsers", "PathPrefix", f"/{'a' * 511}/", "length less than or equal to 512", {}),
            ("ListEntitiesForPolicy", "PolicyArn", f"{AWS}/{'p' * 2025}", LONG_ARN, {}),
            ("ListEntitiesForPolicy", "PolicyArn", "arn:aws:iam::aws:x", SHORT_ARN, {}),
            ("GetRole", "RoleName", "x" * 65, "length less than or equal to 64", {}),
            ("ListUsers", "MaxItems", 0, "value greater than or equal to 1", {}),
            (
                "CreateRole",
                "MaxSessionDuration",
                5,
                "value greater than or equal to 3600",
                {"RoleName": "new", "AssumeRolePolicyDocument": text(document(TRUSTING))},
            ),
        )
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member "
        r"must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
        do("GetPolicyVersion", **OWN, VersionId="1"),
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value at 'scope' failed to satisfy constraint: Member must "
        "satisfy enum value set: [All, AWS, Local]",
        do("ListPolicies", Scope="Mine"),
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member "
        "must satisfy constraint: [Member must have length less than or equal to 128, Member "
        "must have length greater than or equal to 1, Member must satisfy regular expression "
        r"pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]",
        do("UntagUser", **ANA, TagKeys=["fine", "x" * 129, "a;b"]),
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
        do("TagUser", **ANA, Tags=[{"Key": "x" * 129, "Value": ""}]),
    ),
    Row(
        "InvalidInput",
        400,
        "Duplicate tag keys found.",
        do("TagPolicy", **OWN, Tags=[{"Key": "a", "Value": ""}] * 2),
    ),
    Row(
        "ValidationError",
        400,
        "Invalid ARN:  Could not be parsed!",
        lambda account: account.call(
            "AttachUserPolicy", account.root_arn, **ANA, PolicyArn="longpolicynamebutnoarn"
        ),
    ),
    Row(
        "MalformedPolicyDocument",
        400,
        "This policy contains invalid Json",
        do("UpdateAssumeRolePolicy", RoleName="app", PolicyDocument="not valid json"),
    ),
    Row(
        "MalformedPolicyDocument",
        400,
        "Has prohibited field Resource",
        do(
            "UpdateAssumeRolePolicy",
            RoleName="app",
            PolicyDocument=text(document({**TRUSTING, "Resource": "*"})),
        ),
    ),
    Row(
        "ValidationError",
        400,
        "The specified value for userName is invalid. It must contain only alphanumeric "
        "characters and/or the following: +=,.@_-",
        do("CreateUser", UserName="x y"),
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member "
        "must have length less than or equal to 64",
        do("CreateUser", UserName="x" * 65),
    ),
    Row(
        "ValidationError",
        400,
        "The specified value for path is invalid. It must begin and end with / and contain only "
        "alphanumeric characters and/or / characters.",
        do("CreateUser", UserName="zoe", Path="sky"),
    ),
    Row(
        "MalformedPolicyDocument",
        400,
        "Syntax errors in policy.",
        do("CreatePolicy", PolicyName="bad", PolicyDocument="{"),
    ),
    Row(
        "InvalidInput",
        400,
        "Custom suffix is not allowed for ecs.amazonaws.com",
        do("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com", CustomSuffix="sky"),
    ),
    Row(
        "PolicyNotAttachable",
        400,
        "Cannot attach a Service Role Policy to a Customer User.",
        do(
            "AttachUserPolicy",
            **ANA,
            PolicyArn=f"{AWS}/aws-service-role/AmazonECSServiceRolePolicy",
        ),
    ),
    Row(
        "UnmodifiableEntity",
        400,
        f"Cannot perform the operation on the protected role '{LINKED}' - this role is only "
        "modifiable by AWS",
        do("DeleteRole", RoleName=LINKED),
    ),
    # -- passwords and MFA devices ----------------------------------------------------------------
    Row(
        "PasswordPolicyViolation",
        400,
        "Password should have a minimum length of 8",
        do("CreateLoginProfile", **ANA, Password="Weak-1"),
    ),
    *(
        Row(
            "PasswordPolicyViolation",
            400,
            f"Password should have at least one {noun}",
            after(
                do("UpdateAccountPasswordPolicy", **{f"Require{rule}": True}),
                do("CreateLoginProfile", **ANA, Password=password),
            ),
        )
        for rule, noun, password in (
            ("UppercaseCharacters", "uppercase letter", "correct-horse-1"),
            ("LowercaseCharacters", "lowercase letter", "CORRECT-HORSE-1"),
            ("Numbers", "number", "Correct-Horse"),
            ("Symbols", "symbol", "CorrectHorse1"),
        )
    ),
    Row(
        "PasswordPolicyViolation",
        400,
        "Password does not conform to the account password policy.",
        after(
            do("UpdateAccountPasswordPolicy", PasswordReusePrevention=1),
            PASSWORDS,
            lambda account: account.users["ana"].attach_policy("IAMUserChangePassword"),
            lambda account: account.users["ana"].change_password(PASSWORD, PASSWORD),
        ),
    ),
    Row(
        "InvalidUserType",
        400,
        "Only IAM Users can change their own password.",
        root_changes_password,
    ),
    Row(
        "InvalidAuthenticationCode",
        403,
        "Authentication code for device is not valid.",
        after(
            SET_UP,
            do(
                "EnableMFADevice",
                **ANA,
                **PHONE,
                AuthenticationCode1="000000",
                AuthenticationCode2="000000",
            ),
        ),
    ),
    # -- certificates and SSH keys ----------------------------------------------------------------
    Row(
        "MalformedCertificate",
        400,
        "Certificate none is malformed.",
        do("UploadSigningCertificate", **ANA, CertificateBody="none"),
    ),
    Row(
        "KeyPairMismatch",
        400,
        "The private key does not match the public key in the certificate.",
        do(
            "UploadServerCertificate",
            ServerCertificateName="maps",
            CertificateBody=CERTIFICATE,
            PrivateKey=OTHER_PRIVATE_KEY,
        ),
    ),
    Row(
        "DuplicateCertificate",
        409,
        "The certificate is associated with user ana already.",
        times(2, "UploadSigningCertificate", **ANA, CertificateBody=CERTIFICATE),
    ),
    Row(
        "InvalidPublicKey",
        400,
        "The public key is malformed or otherwise invalid.",
        do("UploadSSHPublicKey", **ANA, SSHPublicKeyBody=SMALL_KEY),
    ),
    Row(
        "DuplicateSSHPublicKey",
        400,
        "The SSH public key is associated with user ana already.",
        times(2, "UploadSSHPublicKey", **ANA, SSHPublicKeyBody=SSH_KEY),
    ),
    # -- credential reports -----------------------------------------------------------------------
    Row(
        "ReportNotPresent",
        410,
        "Credential report not present.",
        do("GetCredentialReport"),
    ),
    Row(
        "ReportInProgress",
        404,
        "Credential report is still being generated.",
        after(do("GenerateCredentialReport"), do("GetCredentialReport")),
    ),
    Row(
        "ReportExpired",
        410,
        "Credential report expired.",
        after(
            lambda account: account.credential_report(), wait(hours=5), do("GetCredentialReport")
        ),
    ),
    Row(
        "ReportGenerationLimitExceeded",
        409,
        "The request failed because the maximum number of concurrent requests for this account "
        "are already running.",
        times(6, "GenerateOrganizationsAccessReport", EntityPath="o-a1b2c3d4e5/r-f6g7"),
    ),
    # -- what an account and its organization switch on -------------------------------------------
    Row(
        "FeatureEnabled",
        409,
        "Outbound web identity federation is already enabled for your account",
        times(2, "EnableOutboundWebIdentityFederation"),
    ),
    *(
        Row(
            "FeatureDisabled",
            404,
            "Outbound web identity federation is disabled for your account",
            do(operation),
        )
        for operation in (
            "DisableOutboundWebIdentityFederation",
            "GetOutboundWebIdentityFederationInfo",
        )
    ),
    Row(
        "OrganizationNotFoundException",
        400,
        "No organization is associated with your account.",
        do("ListOrganizationsFeatures"),
    ),
    Row(
        "OrganizationNotInAllFeaturesModeException",
        400,
        "Your organization does not have all features enabled.",
        after(
            lambda account: organized(account, feature_set="CONSOLIDATED_BILLING"),
            do("ListOrganizationsFeatures"),
        ),
    ),
    Row(
        "ServiceAccessNotEnabledException",
        400,
        "Trusted access is not enabled for IAM in AWS Organizations.",
        after(organized, do("EnableOrganizationsRootSessions")),
    ),
    Row(
        "AccountNotManagementOrDelegatedAdministratorException",
        400,
        "The account is not the management account or a delegated administrator account for "
        "centralized root access.",
        after(invited, do("DisableOrganizationsRootSessions")),
    ),
    Row(
        "CallerIsNotManagementAccountException",
        400,
        "The account is not the management account of the organization.",
        after(delegated, do("EnableOrganizationsRootCredentialsManagement")),
    ),
    # -- who calls, and whether he may ------------------------------------------------------------
    Row(
        "AccessDenied",
        403,
        f"User: {IAM}:user/ana is not authorized to perform: iam:ListUsers on resource: "
        f"{IAM}:user/ because no identity-based policy allows the iam:ListUsers action",
        lambda account: account.call("ListUsers", account.users["ana"]),
    ),
    Row("InvalidClientTokenId", 403, INVALID_TOKEN, key_of_nobody),
    Row("InvalidClientTokenId", 403, INVALID_TOKEN, inactive_key),
    Row("ExpiredToken", 403, EXPIRED_TOKEN, old_console_session),
    Row(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.",
        wrong_secret,
    ),
    Row(
        "FailedAuthentication",
        401,
        WRONG,
        lambda account: account.world.sign_in(account=ID, user="ana", password=PASSWORD),
    ),
]
"""What IAM answers, and the console; the last block holds for every service."""


def bucket_policy(document_: Any) -> Callable[[Account], Any]:
    """Return the bucket star-maps this policy."""
    return lambda account: account.create_bucket("star-maps", policy=document_)


def assume(role: str, **more: Any) -> Callable[[Account], Any]:
    """Let ana assume a role."""

    def cause(account: Account) -> None:
        arguments: dict[str, Any] = {"role_session_name": "s1", **more}
        account.world.sts.assume_role(
            account.users["ana"], role_arn=f"{IAM}:role/{role}", **arguments
        )

    return cause


def chain(account: Account) -> None:
    """Let a session of a role ask for two hours."""
    app = account.roles["app"]
    app.put_policy("on", document(allow("sts:AssumeRole", "*")))
    last = account.create_role("last", assume_role_policy_document=trust({"AWS": app.arn}))
    sts = account.world.sts
    first = sts.assume_role(account.users["ana"], role_arn=app.arn, role_session_name="s1")
    sts.assume_role(first, role_arn=last.arn, role_session_name="s2", duration_seconds=7200)


def late(account: Account) -> None:
    """Use a session two hours after it was asked for."""
    role = account.roles["app"]
    ana = account.users["ana"]
    session = account.world.sts.assume_role(ana, role_arn=role.arn, role_session_name="s1")
    account.world.clock.advance(hours=2)
    account.world.can(session, "s3:GetObject", "*")


def of_deleted_role(account: Account) -> None:
    """Use a session of a role that was deleted."""
    role = account.roles["app"]
    ana = account.users["ana"]
    session = account.world.sts.assume_role(ana, role_arn=role.arn, role_session_name="s1")
    role.delete()
    account.world.can(session, "s3:GetObject", "*")


OF_S3_AND_STS = [
    Row(
        "BucketAlreadyExists",
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again.",
        lambda account: account.create_bucket("taken"),
    ),
    Row(
        "BucketAlreadyOwnedByYou",
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
        after(*[lambda account: account.create_bucket("star-maps")] * 2),
    ),
    Row(
        "InvalidBucketName",
        400,
        "The specified bucket is not valid.",
        lambda account: account.create_bucket("Star Maps"),
    ),
    Row(
        "MalformedPolicy",
        400,
        "Policies must be valid JSON and the first byte must be '{'",
        bucket_policy("no JSON"),
    ),
    Row("MalformedPolicy", 400, "Missing required field Principal", bucket_policy(READ)),
    Row(
        "MalformedPolicy",
        400,
        "Policy has invalid resource",
        bucket_policy(document(allow("s3:GetObject", "arn:aws:s3:::other/*", Principal="*"))),
    ),
    Row(
        "MalformedPolicy",
        400,
        "Invalid principal in policy",
        bucket_policy(
            document(
                allow(
                    "s3:GetObject",
                    "arn:aws:s3:::star-maps/*",
                    Principal={"AWS": f"{IAM}:user/nobody"},
                )
            )
        ),
    ),
    Row("AccessDenied", 403, f"User: {IAM}:user/ana {OPAQUE}: {IAM}:role/web", assume("web")),
    Row("AccessDenied", 403, f"User: {IAM}:user/ana {OPAQUE}: {IAM}:role/no", assume("no")),
    Row(
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        assume("app", duration_seconds=7200),
    ),
    Row(
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining",
        chain,
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 900",
        assume("app", duration_seconds=60),
    ),
    Row(
        "ValidationError",
        400,
        f"1 validation error detected: Value '{'s' * 65}' at 'roleSessionName' failed to satisfy "
        "constraint: Member must have length less than or equal to 64",
        assume("app", role_session_name="s" * 65),
    ),
    Row(
        "ValidationError",
        400,
        "1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*",
        assume("app", role_session_name="a/b"),
    ),
    Row(
        "MalformedPolicyDocument",
        400,
        "Syntax errors in policy.",
        assume("app", policy="{"),
    ),
    Row("ExpiredToken", 403, EXPIRED_TOKEN, late),
    Row("InvalidClientTokenId", 403, INVALID_TOKEN, of_deleted_role),
]
"""What S3 and STS answer."""

ONLY_OF_S3 = {
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "InvalidBucketName",
    "MalformedPolicy",
}

CANNOT_OCCUR = {
    "ConcurrentModification": "Here one call is over before the next begins.",
    "EntityTemporarilyUnmodifiable": "Here a change is everywhere at once.",
    "ServiceFailure": "Nothing here breaks down.",
    "NotSupportedService": "Of a service that takes no such credentials NoSuchEntity is said here.",
    "InvalidCertificate": "Of a certificate only the form is looked at: MalformedCertificate.",
    "UnrecognizedPublicKeyEncoding": "An encoding that is none breaks the enum: ValidationError.",
    "PolicyEvaluation": "Every policy that can be read can be evaluated.",
    "OpenIdIdpCommunicationError": "Nobody is asked over the network.",
}
"""Codes of operations that are there, which nothing in a world can cause, each with the reason."""

_TEMPLATES = "Role templates have no operations here."
WITHOUT_OPERATION = {
    "NameConflict": _TEMPLATES,
    "RoleModified": _TEMPLATES,
    "RoleTemplateDisabled": _TEMPLATES,
}
"""Codes that only operations without an entry declare."""

OF_EVERY_CALL = {
    *("AccessDenied", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "ValidationError",
}
"""Codes that any operation may answer, so that none declares them."""

OF_ROOT_FEATURES = {
    "AccountNotManagementOrDelegatedAdministratorException",
    "CallerIsNotManagementAccountException",
    "OrganizationNotFoundException",
    "OrganizationNotInAllFeaturesModeException",
    "ServiceAccessNotEnabledException",
}
"""Codes for which the client has no status; the pages of the API reference give 400."""

OURS = {"FailedAuthentication"}
"""The console's sign-in page gives no code."""


@pytest.mark.parametrize("row", [*ROWS, *OF_S3_AND_STS], ids=str)
def test_each_error_has_awss_code_status_and_sentence(main: Account, row: Row) -> None:
    """Raised by what would raise it there."""
    with pytest.raises(AwsError) as caught:
        row.cause(main)
    error = caught.value

    assert (error.code, error.http_status, error.message) == (row.code, row.status, row.text)
    assert str(error) == f"{row.code}: {row.text}"
    assert type(error).__name__ == row.code


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_log_has_the_code_and_the_sentence_too(main: Account, row: Row) -> None:
    """Of every call that failed, but for those whose credentials were not accepted."""
    before = len(main.world.events)
    with pytest.raises(AwsError):
        row.cause(main)
    last = main.world.events[-1]
    logged = (last.error_code, last.error_message)

    if row.code in ("ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch"):
        assert logged == ("", "")
    elif row.code == "FailedAuthentication":
        assert logged == ("", "Failed authentication")
    else:
        assert len(main.world.events) > before
        code = row.code if last.event_source != "iam.amazonaws.com" else CLASSES.get(row.code, "")
        assert logged == (code or f"{row.code.removesuffix('Exception')}Exception", row.text)


# The log has the names of IAM's classes of errors: not always the code with an ending.
CLASSES = {
    "AccessDenied": "AccessDenied",
    "ReportExpired": "CredentialReportExpiredException",
    "ReportInProgress": "CredentialReportNotReadyException",
    "ReportNotPresent": "CredentialReportNotPresentException",
    "ValidationError": "ValidationException",
}


# -- all of them, and no others -------------------------------------------------------------------


def classes() -> list[type[AwsError]]:
    """List those of errors.py: what other services answer is tested with those services."""
    return [
        subclass for subclass in AwsError.__subclasses__() if subclass.__module__ == errors.__name__
    ]


def made_in(path: Path) -> set[str]:
    """Collect the classes of errors that a module makes, or picks from a table to make."""
    tree = ast.parse(path.read_text("utf-8"))
    caught = {
        id(name)
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and handler.type is not None
        for name in ast.walk(handler.type)
    }
    names = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in caught
    }
    return names & {error.__name__ for error in classes()}


def made_in_world() -> set[str]:
    """Collect them over all modules of the world."""
    home = Path(iamlab.__file__).parent
    rooms = ("model", "authorization", "cloudtrail", "operations", "analysis", "storage", "world")
    paths = [path for room in rooms for path in (home / room).rglob("*.py")]
    return set[str]().union(made_for_documents(), *map(made_in, paths))


def made_for_documents() -> set[str]:
    """Collect those that a document is rejected with: the table of AWS's messages names them."""
    messages = tables(rules.__file__, "aws_messages.toml").values()
    codes = {key.split()[0] for table in messages for key in table}
    return codes & {error.__name__ for error in classes()}


@pytest.mark.slow
def test_every_error_that_a_world_can_raise_is_raised_here() -> None:
    """By IAM and the console in one table, by S3 and STS in the other."""
    of_iam = {row.code for row in ROWS}
    of_others = {row.code for row in OF_S3_AND_STS}

    assert of_iam == made_in_world() - ONLY_OF_S3
    assert of_others >= ONLY_OF_S3
    assert of_others - ONLY_OF_S3 <= OF_EVERY_CALL | {"MalformedPolicyDocument"}


@pytest.mark.slow
def test_no_class_of_error_is_decoration() -> None:
    """Each is raised in a world, under the code that is its name."""
    known = classes()

    assert {item.code for item in known} == made_in_world()
    assert all(item.__name__ == item.code for item in known)
    assert {id(getattr(errors, item.code)) for item in known} == {id(item) for item in known}


def test_a_class_that_is_only_caught_does_not_count(tmp_path: Path) -> None:
    """Control: naming an error is not raising it; a table of errors to be raised is."""
    module = tmp_path / "module.py"
    module.write_text(
        "from iamlab.errors import DeleteConflict, LimitExceeded, NoSuchEntity\n"
        "TABLE = (LimitExceeded,)\n"
        "try:\n    raise NoSuchEntity('x')\nexcept DeleteConflict:\n    pass\n"
    )

    assert made_in(module) == {"LimitExceeded", "NoSuchEntity"}


def declared(names: Iterable[str]) -> set[str]:
    """Collect the codes that operations of IAM's API declare."""
    return {code for name in names for code in model.signature(name).errors}


def test_every_code_that_iam_declares_is_raised_or_cannot_occur() -> None:
    """Over all operations of its API; a code is in one table only, and has its reason."""
    raised = {row.code for row in ROWS}

    assert declared(model.names()) - raised == set(CANNOT_OCCUR) | set(WITHOUT_OPERATION)
    assert raised - declared(model.names()) == OF_EVERY_CALL | OURS
    assert all([*CANNOT_OCCUR.values(), *WITHOUT_OPERATION.values()])
    assert not [code for code in (*CANNOT_OCCUR, *WITHOUT_OPERATION) if hasattr(errors, code)]


def test_where_an_operation_is_missing_its_own_codes_are_missing_too() -> None:
    """A new entry moves its codes out of that table."""
    of_entries, missing = declared(entries()), [name for name in NOT_MODELLED if ":" not in name]

    assert set(WITHOUT_OPERATION) == declared(missing) - of_entries
    assert set(CANNOT_OCCUR) <= of_entries


def test_the_statuses_are_those_of_awss_own_client() -> None:
    """As it reads them for each code."""
    loaders = pytest.importorskip("botocore.loaders")
    shapes = loaders.Loader().load_service_model("iam", "service-2")["shapes"].values()
    statuses = {
        shape["error"]["code"]: shape["error"]["httpStatusCode"]
        for shape in shapes
        if "error" in shape
    }
    rows = [row for row in ROWS if row.code in statuses]

    of_client = {row.code for row in ROWS} - OF_EVERY_CALL - OURS - OF_ROOT_FEATURES
    assert {row.code for row in rows} == of_client
    assert [str(row) for row in rows if row.status != statuses[row.code]] == []
