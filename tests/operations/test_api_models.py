"""Every operation of IAM's API has an entry or a reason, and answers as AWS's clients expect."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import util
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import botocore.session
import pytest

from iamlab import World
from iamlab.errors import AwsError
from iamlab.operations import api_models as model
from iamlab.operations.registry import NOT_MODELLED, entries, entries_of
from iamlab.world.account import Account
from tests.operations.iam.key_material import CERTIFICATE, PRIVATE_KEY, SSH_KEY, metadata
from tests.policy.documents import allow, document, trust
from tests.rows import each_row

ROOT = Path(__file__).parents[2]
ID = "111111111111"
SERVICE = botocore.session.get_session().get_service_model("iam")
COMMON = {"AccessDenied", "InvalidClientTokenId", "ValidationError"}
"""Codes that any call may answer, so that no operation declares them."""


def made_anew(service: str) -> dict[str, Any]:
    """Make a model as the script does."""
    spec = util.spec_from_file_location("made", ROOT / "scripts/make_api_models.py")
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    model_made = (
        made.others(model._data(service)) if service == "services" else made.installed(service)
    )
    return {"text": made.text_of(model_made), "origin": model_made["origin"]}


# -- the model ------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["iam", "organizations", "sts"])
def test_every_operation_has_an_entry_or_a_reason(service: str) -> None:
    """None has both, and no name is made up."""
    session = pytest.importorskip("botocore.session").get_session()
    prefix = "" if service == "iam" else f"{service}:"
    every = {f"{prefix}{name}" for name in session.get_service_model(service).operation_names}
    known = {f"{prefix}{entry.name}" for entry in entries_of(service).values()}
    missing = {name for name in NOT_MODELLED if name.rpartition(":")[0] == prefix[:-1]}

    assert known | missing == every
    assert not known & missing


def test_few_operations_are_missing_and_each_has_a_sentence() -> None:
    """A client reads it."""
    assert len(NOT_MODELLED) <= 21
    assert all(reason.endswith(".") for reason in NOT_MODELLED.values())


@pytest.mark.parametrize("service", ["iam", "services", "sts"])
def test_the_data_are_those_of_the_client_that_is_installed(service: str) -> None:
    """Made anew, they are the same; for another version there is nothing to compare."""
    made, kept = made_anew(service), model._data(service)
    if made["origin"] != kept["origin"]:
        pytest.skip(f"The data are of {kept['origin']}, installed is {made['origin']}.")

    assert model.file_of(service).read_text("utf-8") == made["text"]


SHAPES = sorted(model._data()["shapes"])
SAMPLES = (
    "",
    "a",
    "A-b.c",
    "/",
    "/a/b/",
    "a b",
    "a\n",
    "é",
    "名",
    "\u2003",
    "x@y=z,+",
    "\x7f",
    "*",
)


@each_row("name", [name for name in SHAPES if model.shape(name).pattern])
def test_every_pattern_is_read_as_aws_means_it(name: str) -> None:
    """Letters are those of ASCII, but in tags, which take every alphabet."""
    shape = model.shape(name)
    assert shape.matches is not None
    assert shape.pattern is not None
    theirs = SERVICE.shape_for(name).metadata["pattern"]
    assert shape.pattern == theirs
    of_all_letters = r"\p{L}" in theirs
    for sample in SAMPLES:
        found = bool(shape.matches.fullmatch(sample))
        if not sample.isascii() and not of_all_letters and sample != "é":
            assert not found, sample
        if of_all_letters and sample.isalpha():
            assert found, sample


def test_limits_are_those_of_the_client() -> None:
    """Least, most, and the texts that there are."""
    for name in SHAPES:
        ours, theirs = model.shape(name), SERVICE.shape_for(name)
        assert ours.type == theirs.type_name
        assert (ours.min, ours.max) == (theirs.metadata.get("min"), theirs.metadata.get("max"))
        assert ours.enum == tuple(getattr(theirs, "enum", ()) or ())


# -- errors ---------------------------------------------------------------------------------------


def _names(code: CodeType) -> Iterator[str]:
    """Return the names that a function uses, and those in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def codes(function: Any, seen: set[Any]) -> set[str]:
    """Collect the codes of the errors that a function, and whatever it calls, is about."""
    found: set[str] = set()
    if not isinstance(function, FunctionType) or function in seen:
        return found
    seen.add(function)
    closed = [cell.cell_contents for cell in function.__closure__ or ()]
    named = [function.__globals__.get(name) for name in _names(function.__code__)]
    for action in (*named, *closed):
        if isinstance(action, type) and issubclass(action, AwsError) and action is not AwsError:
            found.add(action.code)
        elif getattr(action, "__module__", "").startswith("iamlab.model"):
            found |= codes(action, seen)
    return found


@each_row("name", sorted(entries()))
def test_no_operation_answers_a_code_that_it_does_not_declare(name: str) -> None:
    """Also those that any call may answer."""
    entry = entries()[name]
    declared = set(model.signature(name).errors) | COMMON | UNDECLARED.get(name, set())
    if entry.on != "role" or entry.is_read_only:
        declared.add("UnmodifiableEntity")  # of functions that users, groups and roles share

    assert codes(entry.perform, set()) <= declared


UNDECLARED = {
    "GetAccessKeyLastUsed": {"NoSuchEntity"},  # as is known from AWS's answers
    # These are not answered: the job fails, and the report's ErrorDetails have them.
    "GenerateOrganizationsAccessReport": {
        "AWSOrganizationsNotInUseException",
        "AccessDeniedException",
        "InvalidInput",
        "PolicyNotFoundException",
        "PolicyTypeNotEnabledException",
        "TargetNotFoundException",
    },
}
"""Codes that functions are about, and AWS's model does not declare."""


def test_what_is_protected_can_be_read() -> None:
    """Only changes of a service-linked role are refused."""
    account = World(seed=4).create_account("main", account_id=ID)
    role = account.create_service_linked_role("ecs.amazonaws.com")
    reads = [
        name
        for name, entry in entries().items()
        if entry.on == "role"
        and entry.is_read_only
        and model.signature(name).required == ("RoleName",)
    ]

    assert len(reads) > 4
    for operation in reads:
        account.call(operation, account.root_arn, RoleName=role.name)


# -- answers --------------------------------------------------------------------------------------

NAME = {"user": {"UserName": "ana"}, "group": {"GroupName": "team"}, "role": {"RoleName": "app"}}
START = f"arn:aws:iam::{ID}"
READ = str(document(allow("s3:GetObject"))).replace("'", '"')
TRUST = str(trust({"Service": "ec2.amazonaws.com"})).replace("'", '"')
OWN, ADMIN = {"PolicyArn": f"{START}:policy/own"}, "arn:aws:iam::aws:policy/AdministratorAccess"
SAML = {"SAMLProviderArn": f"{START}:saml-provider/corp"}
OIDC = {"OpenIDConnectProviderArn": f"{START}:oidc-provider/token.example"}
TAGS = {"Tags": [{"Key": "team", "Value": "sky"}]}
PHONE = {"SerialNumber": f"{START}:mfa/phone"}
CODE, API = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
PASSWORD, NEXT = "Correct-Horse-1", "Battery-Staple-2"
PROFILE, CERTIFICATE_NAME = {"InstanceProfileName": "web"}, {"ServerCertificateName": "maps"}
LINKED = {"AWSServiceName": "ecs.amazonaws.com"}
CONTEXT = {"ContextProvider": {"SubjectSourceKey": "sub"}}
SIMULATED = {"ActionNames": ["s3:GetObject", "s3:PutObject"]}
BOTH_SIDES = {
    "CallerArn": f"{START}:user/ana",
    "ResourceArns": ["arn:aws:s3:::maps/m31"],
    "ResourcePolicy": str(document(allow("s3:*", "arn:aws:s3:::maps/*", Principal="*"))).replace(
        "'", '"'
    ),
    "ResourceOwner": "arn:aws:iam::222222222222:root",
    "PermissionsBoundaryPolicyInputList": [READ],
    "OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [READ]}],
}

Sent = dict[str, Any] | Callable[[Account], dict[str, Any]]


def only(values: Any) -> Any:
    """Return the one thing there is."""
    [thing] = values
    return thing


def _codes(account: Account) -> dict[str, Any]:
    """Show two codes of the phone, one after the other."""
    from iamlab.model.credentials import code_at, seed_of

    record, now = account.mfa_records[PHONE["SerialNumber"]], account.world.clock.now
    seed = seed_of(account.world, record.number)
    shown = [code_at(seed, now - pause) for pause in (timedelta(seconds=30), timedelta())]
    return {**PHONE, "AuthenticationCode1": shown[0], "AuthenticationCode2": shown[1]}


def _organized(account: Account) -> dict[str, Any]:
    """Make an organization that IAM may work in."""
    account.world.create_organization(account).enable_aws_service_access("iam.amazonaws.com")
    return {}


def _root_of(account: Account) -> dict[str, Any]:
    (organization,) = account.world.organizations.values()
    return {"EntityPath": f"{organization.id}/{organization.root.id}"}


def _newest_job(account: Account) -> dict[str, Any]:
    return {"JobId": list(account.last_accessed_jobs)[-1]}


def _of_ana(operation: str, kind: str, held: str, **more: Any) -> tuple[str, Sent]:
    """Call an operation on the one thing of a kind that ana has."""
    return operation, lambda account: {
        **NAME["user"],
        kind: only(getattr(account.users["ana"], held)),
        **more,
    }


def _tags(noun: str, named: dict[str, str]) -> list[tuple[str, Sent]]:
    return [
        (f"Tag{noun}", {**named, **TAGS}),
        (f"List{noun}Tags", named),
        (f"Untag{noun}", {**named, "TagKeys": ["team"]}),
    ]


def _attachments(kind: str) -> list[tuple[str, Sent]]:
    noun, named = kind.capitalize(), NAME[kind]
    inline = {**named, "PolicyName": "inline"}
    return [
        (f"Attach{noun}Policy", {**named, **OWN}),
        (f"ListAttached{noun}Policies", named),
        (f"Put{noun}Policy", {**inline, "PolicyDocument": READ}),
        (f"Get{noun}Policy", inline),
        (f"List{noun}Policies", named),
    ]


def _detachments(kind: str) -> list[tuple[str, Sent]]:
    noun, named = kind.capitalize(), NAME[kind]
    return [
        (f"Detach{noun}Policy", {**named, **OWN}),
        (f"Delete{noun}Policy", {**named, "PolicyName": "inline"}),
    ]


def _boundaries(kind: str) -> list[tuple[str, Sent]]:
    noun, named = kind.capitalize(), NAME[kind]
    put = (f"Put{noun}PermissionsBoundary", {**named, "PermissionsBoundary": ADMIN})
    return [put, (f"Get{noun}", named), (f"Delete{noun}PermissionsBoundary", named)]


CALLS: list[tuple[str, Sent]] = [
    ("CreatePolicy", {"PolicyName": "own", "PolicyDocument": READ, "Description": "d", **TAGS}),
    ("CreateUser", {**NAME["user"], **TAGS, "PermissionsBoundary": OWN["PolicyArn"]}),
    ("CreateGroup", NAME["group"]),
    ("CreateRole", {**NAME["role"], "AssumeRolePolicyDocument": TRUST, **TAGS, "Description": "d"}),
    ("AddUserToGroup", {**NAME["user"], **NAME["group"]}),
    *(call for kind in NAME for call in _attachments(kind)),
    *(call for kind in ("user", "role") for call in _boundaries(kind)),
    *_tags("User", NAME["user"]),
    *_tags("Role", NAME["role"]),
    *_tags("Policy", OWN),
    ("GetUser", {}),
    ("GetGroup", NAME["group"]),
    ("GetPolicy", OWN),
    ("ListUsers", {"MaxItems": 1}),
    ("ListGroups", {}),
    ("ListGroupsForUser", NAME["user"]),
    ("ListRoles", {}),
    ("ListPolicies", {"MaxItems": 3}),
    ("ListEntitiesForPolicy", OWN),
    ("UpdateRole", NAME["role"]),
    ("UpdateRoleDescription", {**NAME["role"], "Description": "of maps"}),
    ("UpdateAssumeRolePolicy", {**NAME["role"], "PolicyDocument": TRUST}),
    ("CreatePolicyVersion", {**OWN, "PolicyDocument": READ, "SetAsDefault": True}),
    ("GetPolicyVersion", {**OWN, "VersionId": "v2"}),
    ("ListPolicyVersions", OWN),
    ("SetDefaultPolicyVersion", {**OWN, "VersionId": "v2"}),
    ("DeletePolicyVersion", {**OWN, "VersionId": "v1"}),
    # instance profiles and service-linked roles
    ("CreateInstanceProfile", {**PROFILE, **TAGS}),
    ("AddRoleToInstanceProfile", {**PROFILE, **NAME["role"]}),
    ("GetInstanceProfile", PROFILE),
    ("ListInstanceProfiles", {}),
    ("ListInstanceProfilesForRole", NAME["role"]),
    *_tags("InstanceProfile", PROFILE),
    ("CreateServiceLinkedRole", LINKED),
    ("DeleteServiceLinkedRole", {"RoleName": "AWSServiceRoleForECS"}),
    (
        "GetServiceLinkedRoleDeletionStatus",
        lambda account: {"DeletionTaskId": only(account.deletion_tasks)},
    ),
    # identity providers
    (
        "CreateSAMLProvider",
        {
            "Name": "corp",
            "SAMLMetadataDocument": metadata(),
            "AddPrivateKey": PRIVATE_KEY,
            **TAGS,
        },
    ),
    ("UpdateSAMLProvider", {**SAML, **CONTEXT}),
    ("GetSAMLProvider", SAML),
    ("ListSAMLProviders", {}),
    *_tags("SAMLProvider", SAML),
    (
        "CreateOpenIDConnectProvider",
        {"Url": "https://token.example", "ClientIDList": ["one"], **CONTEXT, **TAGS},
    ),
    ("AddClientIDToOpenIDConnectProvider", {**OIDC, "ClientID": "two"}),
    ("RemoveClientIDFromOpenIDConnectProvider", {**OIDC, "ClientID": "two"}),
    ("UpdateOpenIDConnectProviderThumbprint", {**OIDC, "ThumbprintList": ["a" * 40]}),
    ("UpdateOpenIDConnectProvider", {**OIDC, **CONTEXT}),
    ("GetOpenIDConnectProvider", OIDC),
    ("ListOpenIDConnectProviders", {}),
    *_tags("OpenIDConnectProvider", OIDC),
    # certificates, SSH keys, service passwords
    (
        "UploadServerCertificate",
        {
            **CERTIFICATE_NAME,
            "CertificateBody": CERTIFICATE,
            "CertificateChain": CERTIFICATE,
            "PrivateKey": PRIVATE_KEY,
            **TAGS,
        },
    ),
    ("GetServerCertificate", CERTIFICATE_NAME),
    ("ListServerCertificates", {}),
    *_tags("ServerCertificate", CERTIFICATE_NAME),
    ("UpdateServerCertificate", {**CERTIFICATE_NAME, "NewPath": "/a/"}),
    ("DeleteServerCertificate", CERTIFICATE_NAME),
    ("UploadSigningCertificate", {**NAME["user"], "CertificateBody": CERTIFICATE}),
    ("ListSigningCertificates", NAME["user"]),
    _of_ana("UpdateSigningCertificate", "CertificateId", "signing_certificates", Status="Inactive"),
    ("UploadSSHPublicKey", {**NAME["user"], "SSHPublicKeyBody": SSH_KEY}),
    ("ListSSHPublicKeys", NAME["user"]),
    _of_ana("GetSSHPublicKey", "SSHPublicKeyId", "ssh_public_keys", Encoding="PEM"),
    _of_ana("UpdateSSHPublicKey", "SSHPublicKeyId", "ssh_public_keys", Status="Inactive"),
    ("CreateServiceSpecificCredential", {**NAME["user"], "ServiceName": CODE}),
    _of_ana(
        "ResetServiceSpecificCredential",
        "ServiceSpecificCredentialId",
        "service_specific_credentials",
    ),
    _of_ana(
        "UpdateServiceSpecificCredential",
        "ServiceSpecificCredentialId",
        "service_specific_credentials",
        Status="Inactive",
    ),
    ("ListServiceSpecificCredentials", {"AllUsers": True}),
    _of_ana(
        "DeleteServiceSpecificCredential",
        "ServiceSpecificCredentialId",
        "service_specific_credentials",
    ),
    (
        "CreateServiceSpecificCredential",
        {**NAME["user"], "ServiceName": API, "CredentialAgeDays": 30},
    ),
    ("ListServiceSpecificCredentials", {**NAME["user"], "ServiceName": API}),
    # access keys, passwords, MFA devices
    ("CreateAccessKey", NAME["user"]),
    ("ListAccessKeys", NAME["user"]),
    (
        "GetAccessKeyLastUsed",
        lambda account: {"AccessKeyId": only(account.users["ana"].key_records)},
    ),
    _of_ana("UpdateAccessKey", "AccessKeyId", "key_records", Status="Inactive"),
    ("CreateLoginProfile", {**NAME["user"], "Password": PASSWORD}),
    ("GetLoginProfile", NAME["user"]),
    ("UpdateLoginProfile", {**NAME["user"], "PasswordResetRequired": False}),
    ("UpdateAccountPasswordPolicy", {"AllowUsersToChangePassword": True}),
    ("GetAccountPasswordPolicy", {}),
    ("ChangePassword", {"OldPassword": PASSWORD, "NewPassword": NEXT}),
    ("DeleteAccountPasswordPolicy", {}),
    ("CreateVirtualMFADevice", {"VirtualMFADeviceName": "phone", **TAGS}),
    *_tags("MFADevice", PHONE),
    ("EnableMFADevice", lambda account: {**NAME["user"], **_codes(account)}),
    ("ResyncMFADevice", lambda account: {**NAME["user"], **_codes(account)}),
    ("ListMFADevices", NAME["user"]),
    ("ListVirtualMFADevices", {}),
    ("GetMFADevice", {**NAME["user"], **PHONE}),
    ("CreateAccountAlias", {"AccountAlias": "star-maps"}),
    ("ListAccountAliases", {}),
    # reports
    ("GenerateCredentialReport", {}),
    ("GenerateCredentialReport", {}),
    ("GenerateCredentialReport", {}),
    ("GetCredentialReport", {}),
    ("GetAccountSummary", {}),
    ("GetAccountAuthorizationDetails", {}),
    (
        "ListPoliciesGrantingServiceAccess",
        {"Arn": f"{START}:user/ana", "ServiceNamespaces": ["s3"]},
    ),
    ("GenerateServiceLastAccessedDetails", {"Arn": f"{START}:user/ana"}),
    ("GetServiceLastAccessedDetails", _newest_job),  # in progress
    (
        "GenerateServiceLastAccessedDetails",
        {"Arn": f"{START}:user/ana", "Granularity": "ACTION_LEVEL"},
    ),
    (
        "GetServiceLastAccessedDetailsWithEntities",
        lambda account: {**_newest_job(account), "ServiceNamespace": "s3"},  # in progress
    ),
    ("GetServiceLastAccessedDetails", _newest_job),
    (
        "GetServiceLastAccessedDetailsWithEntities",
        lambda account: {**_newest_job(account), "ServiceNamespace": "s3"},
    ),
    # the policy simulator
    ("SimulateCustomPolicy", {**SIMULATED, **BOTH_SIDES, "PolicyInputList": [READ]}),
    ("SimulateCustomPolicy", {**SIMULATED, "PolicyInputList": [READ], "MaxItems": 1}),
    ("SimulatePrincipalPolicy", {**SIMULATED, "PolicySourceArn": f"{START}:user/ana"}),
    ("GetContextKeysForCustomPolicy", {"PolicyInputList": [READ]}),
    ("GetContextKeysForPrincipalPolicy", {"PolicySourceArn": f"{START}:user/ana"}),
    ("SetSecurityTokenServicePreferences", {"GlobalEndpointTokenVersion": "v2Token"}),
    # what an account and its organization have switched on
    ("PutAccountProperties", {"Properties": {"RoleManager/Enabled": "false"}}),
    ("GetAccountProperties", {}),
    ("EnableOutboundWebIdentityFederation", {}),
    ("GetOutboundWebIdentityFederationInfo", {}),
    ("DisableOutboundWebIdentityFederation", {}),
    ("EnableOrganizationsRootSessions", _organized),
    ("EnableOrganizationsRootCredentialsManagement", {}),
    ("ListOrganizationsFeatures", {}),
    ("DisableOrganizationsRootSessions", {}),
    ("GenerateOrganizationsAccessReport", _root_of),
    ("GetOrganizationsAccessReport", _newest_job),  # in progress
    ("GetOrganizationsAccessReport", _newest_job),
    ("GenerateOrganizationsAccessReport", {"EntityPath": "o-a1b2c3d4e5/r-f6g7"}),
    ("GetOrganizationsAccessReport", _newest_job),  # in progress
    ("GetOrganizationsAccessReport", _newest_job),  # failed
    ("DisableOrganizationsRootCredentialsManagement", {}),
    # and all of it away
    ("DeleteAccountAlias", {"AccountAlias": "star-maps"}),
    ("DeactivateMFADevice", {**NAME["user"], **PHONE}),
    ("DeleteVirtualMFADevice", PHONE),
    ("DeleteLoginProfile", NAME["user"]),
    _of_ana("DeleteAccessKey", "AccessKeyId", "key_records"),
    _of_ana("DeleteSigningCertificate", "CertificateId", "signing_certificates"),
    _of_ana("DeleteSSHPublicKey", "SSHPublicKeyId", "ssh_public_keys"),
    _of_ana(
        "DeleteServiceSpecificCredential",
        "ServiceSpecificCredentialId",
        "service_specific_credentials",
    ),
    ("RemoveRoleFromInstanceProfile", {**PROFILE, **NAME["role"]}),
    ("DeleteInstanceProfile", PROFILE),
    ("DeleteSAMLProvider", SAML),
    ("DeleteOpenIDConnectProvider", OIDC),
    ("RemoveUserFromGroup", {**NAME["user"], **NAME["group"]}),
    *(call for kind in NAME for call in _detachments(kind)),
    ("UpdateUser", {**NAME["user"], "NewPath": "/a/"}),
    ("UpdateGroup", {**NAME["group"], "NewPath": "/a/"}),
    ("DeleteUser", NAME["user"]),
    ("DeleteGroup", NAME["group"]),
    ("DeleteRole", NAME["role"]),
    ("DeletePolicy", OWN),
]
"""Calls in a row, in which every operation comes at least once."""

PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes,),
}


def faults(value: Any, shape: Any, where: str) -> Iterator[str]:
    """Yield where an answer differs from what AWS's client declares."""
    kind = shape.type_name
    if shape.name == "policyDocumentType":  # which real clients give as a dict
        yield from [] if isinstance(value, dict) else [f"{where}: a document is a dict"]
    elif kind == "structure":
        yield from _of_structure(value, shape, where)
    elif kind == "list":
        for number, part in enumerate(value):
            yield from faults(part, shape.member, f"{where}[{number}]")
    elif kind == "map":
        for name, part in value.items():
            yield from faults(name, shape.key, f"{where}: {name}")
            yield from faults(part, shape.value, f"{where}.{name}")
    else:
        yield from _of_plain(value, shape, where)


def _of_structure(value: dict[str, Any], shape: Any, where: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, part in value.items():
        if name in shape.members:
            yield from faults(part, shape.members[name], f"{where}.{name}")
        else:
            yield f"{where}.{name} is unknown"


OTHERWISE = {
    "PermissionsBoundaryAttachmentType": ("Policy",),
    "PolicySourceType": ("IAM Policy", "Resource Policy", "Permissions Boundary Policy"),
}
"""Shape -> what AWS answers, as its own examples show, beside the texts of the model."""


def _of_plain(value: Any, shape: Any, where: str) -> Iterator[str]:
    kind = shape.type_name
    if not isinstance(value, PLAIN[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield f"{where} is {value!r}, and no {kind}"
    elif getattr(shape, "enum", ()) and value not in (*shape.enum, *OTHERWISE.get(shape.name, ())):
        yield f"{where} is {value!r}, and none of {shape.enum}"


OF_ROOT = ("GetUser.User.Path is missing", "GetUser.User.UserName is missing")
"""The root user has neither, though the model demands both."""


IN_PROGRESS = (
    "GetServiceLastAccessedDetails.JobCompletionDate is missing",
    "GetServiceLastAccessedDetailsWithEntities.JobCompletionDate is missing",
)
"""A job that is not done has no such date, as AWS's pages say, though the model demands it."""


def test_every_answer_is_what_real_clients_expect() -> None:
    """Members that there are, of the right types, and all that must be there."""
    account = World(seed=4).create_account("main", account_id=ID)
    found: list[str] = []
    for operation, sent in CALLS:
        parameters = sent if isinstance(sent, dict) else sent(account)
        oneself = operation == "ChangePassword"
        caller = account.users["ana"] if oneself else account.root_arn
        answer = account.call(operation, caller, **parameters)
        shape = SERVICE.operation_model(operation).output_shape
        if shape is None:
            assert answer == {}, operation
        else:
            found += faults(answer, shape, operation)

    assert [item for item in found if item not in (*OF_ROOT, *IN_PROGRESS)] == []
    assert set(IN_PROGRESS) <= set(found)
    assert account.users == account.groups == account.roles == account.policies == {}


def test_every_operation_is_called() -> None:
    """So that a new one cannot be forgotten here."""
    assert {operation for operation, _ in CALLS} == set(entries())


def test_every_kind_of_fault_is_found() -> None:
    """Else an answer might be wrong, and nobody would know."""
    shape = SERVICE.operation_model("GetUser").output_shape
    user = {"UserName": 1, "Path": "/", "UserId": "A", "Arn": "a", "Other": 1, "Tags": [{}]}
    expected = ["CreateDate is missing", "UserName is 1", "Other is unknown", "Key is missing"]

    found = list(faults({"User": user}, shape, "GetUser"))

    assert all(any(part in item for item in found) for part in expected)
    assert not list(faults({}, SERVICE.operation_model("ListSAMLProviders").output_shape, ""))
