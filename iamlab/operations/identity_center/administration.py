"""Operations of administrators: permission sets, their policies, and assignments.

AWS creates and deletes assignments later and answers with a status. Here that is immediate, and a
status FAILED becomes an error.

Notes
-----
AWS pages: "Create, manage, and delete permission sets"; "Use IAM policies in permission sets"; "IAM
Identity Center quotas"; "Assign user or group access to AWS accounts"; "API
CreateAccountAssignment"; "API ProvisionPermissionSet"; "Attributes for access control".
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors import LimitExceeded, RequestError, did_you_mean, noted
from iamlab.errors.identity_center import ConflictException, ServiceQuotaExceededException
from iamlab.errors.organizations import AccountNotFoundException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.model import managed_policies as managed
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.identity_center import provisioning
from iamlab.operations.identity_center.calls import (
    GROUP,
    USER,
    CenterCall,
    checked,
    checked_pairs,
    find,
    invalid,
    operation,
    optional,
)
from iamlab.operations.identity_center.directory import PATHS
from iamlab.operations.identity_center.permission_sets import (
    ALL_ACCOUNTS,
    AWS_ACCOUNT,
    EITHER,
    AccountAssignment,
    PermissionSet,
    PolicyReference,
)
from iamlab.operations.organizations.lookup import account_id_of
from iamlab.operations.policy_documents import saved
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Answer

MOST_POLICIES = 20
_SOURCE = re.compile(r"\$\{path:(.+)\}")


@operation(
    "sso:CreatePermissionSet",
    lambda made: {"PermissionSet": {"Name": made.name, "PermissionSetArn": made.arn}},
)
def create_permission_set(call: CenterCall) -> PermissionSet:
    """Create a permission set."""
    center, arguments = call.center, call.parameters
    call.noted["Name"] = arguments["Name"]
    made = PermissionSet(center.world, center.arn, "", name=checked("name", arguments["Name"]))
    made.description = optional("description", arguments.get("Description"))
    made.relay_state = optional("relayState", arguments.get("RelayState"))
    made.session_duration = arguments.get("SessionDuration", "PT1H")
    provisioning.seconds_of(made.session_duration)
    made.tags = checked_pairs("tagKey", "tagValue", dict(tags_of(arguments)))
    if made.name in (other.name for other in center.permission_sets.values()):
        raise ConflictException(f"PermissionSet with name {made.name} already exists.")
    made.id = f"ps-{center.hexadecimal(16)}"
    center.permission_sets[made.id] = made
    return made


@operation("sso:UpdatePermissionSet")
def update_permission_set(call: CenterCall) -> None:
    """Change a permission set; existing roles don't change until it is provisioned."""
    chosen, arguments = call.noted_permission_set(), call.parameters
    sent = ("Description", "SessionDuration", "RelayState")
    call.noted |= {name: arguments[name] for name in sent if name in arguments}
    lasts = arguments.get("SessionDuration", chosen.session_duration)
    provisioning.seconds_of(lasts)
    about = optional("description", arguments.get("Description", chosen.description))
    begins = optional("relayState", arguments.get("RelayState", chosen.relay_state))
    chosen.description, chosen.session_duration, chosen.relay_state = about, lasts, begins


@operation("sso:DeletePermissionSet")
def delete_permission_set(call: CenterCall) -> None:
    """Delete a permission set without assignments."""
    chosen = call.noted_permission_set()
    if chosen.provisioned:
        error = ConflictException(
            "Could not delete because PermissionSet has ApplicationProfile associated with it"
        )
        raise noted(error, "Delete its assignments first: center.delete_account_assignment.")
    del call.center.permission_sets[chosen.id]


@operation("sso:AttachManagedPolicyToPermissionSet")
@operation("sso:AttachCustomerManagedPolicyReferenceToPermissionSet")
def attach_policy(call: CenterCall) -> None:
    """Attach an AWS managed policy, or a reference to a customer managed one."""
    chosen = call.noted_permission_set()
    held, policy, there, _ = _policy_in(call, chosen)
    if policy in held:
        raise ConflictException(there)
    taken = len(chosen.managed_policies) + len(chosen.customer_managed_policy_references)
    if taken >= MOST_POLICIES:
        raise ServiceQuotaExceededException(
            "You have exceeded AWS SSO limits. Cannot create ManagedPolicy more than "
            f"{MOST_POLICIES} for id {chosen.id}. Please refer to "
            "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"
        )
    held.append(policy)


@operation("sso:DetachManagedPolicyFromPermissionSet")
@operation("sso:DetachCustomerManagedPolicyReferenceFromPermissionSet")
def detach_policy(call: CenterCall) -> None:
    """Detach such a policy."""
    held, policy, _, missing = _policy_in(call, call.noted_permission_set())
    if policy not in held:
        raise ResourceNotFoundException(missing)
    held.remove(policy)


def _policy_in(call: CenterCall, chosen: PermissionSet) -> tuple[list[Any], object, str, str]:
    """Return the policies to change, the call's policy, and its errors if attached or missing."""
    if "ManagedPolicyArn" in call.parameters:
        call.noted["ManagedPolicyArn"] = text = call.parameters["ManagedPolicyArn"]
        arn = _arn_of(text, call.account.partition)
        there = f"Permission set with id {chosen.id} already has a typed link attachment to a"
        missing = f"Could not find ManagedPolicy with arn {arn}"
        return chosen.managed_policies, arn, f"{there} managed policy with {arn}", missing
    policy = _reference_in(call.parameters, call.noted)
    named = f"managed policy with name: {policy.name} and path {policy.path}"
    there, missing = "already attached", "does not exist on PermissionSet"
    held = chosen.customer_managed_policy_references
    return held, policy, f"Given customer {named} {there}", f"Given {named} {missing}"


def _arn_of(text: str, partition: str) -> str:
    """Return the ARN of an AWS managed policy."""
    if is_arn(text) and Arn.parse(text).account != "aws":
        error = invalid("managedPolicyArn", "be the ARN of an AWS managed policy", text[:200])
        why = "Name a customer managed policy with a reference, because each account has its own"
        raise noted(error, f"{why}: PolicyReference(name, path).")
    policy = managed.find(text, partition)
    if policy is None:
        missing = ResourceNotFoundException(f"Policy does not exist with ARN: {text[:200]}")
        raise noted(missing, did_you_mean(text.rpartition("/")[2], managed.names()))
    return policy.arn


def _reference_in(arguments: Mapping[str, Any], noted_in: dict[str, Any]) -> PolicyReference:
    """Return the reference to a customer managed policy, and note it for the event.

    Raises
    ------
    ValidationException
        A policy can't have this name.
    RequestError
        It isn't a policy or a name.
    """
    sent = arguments["CustomerManagedPolicyReference"]
    name = checked("customerManagedPolicyReference.name", sent.get("Name"))
    path = checked("customerManagedPolicyReference.path", sent.get("Path", "/"))
    noted_in["CustomerManagedPolicyReference"] = {"Name": name, "Path": path}
    return PolicyReference(name, path)


@operation("sso:PutInlinePolicyToPermissionSet")
def put_inline_policy(call: CenterCall) -> None:
    """Set the inline policy."""
    chosen = call.noted_permission_set()
    call.noted["InlinePolicy"] = text = checked("inlinePolicy", call.parameters["InlinePolicy"])
    try:  # AWS doesn't document whether it is checked now or only when it is provisioned
        chosen.inline_policy = saved(text, provisioning.INLINE, "identity")
    except LimitExceeded:  # the limit of managed policies, which is smaller than here
        chosen.inline_policy = Policy.parse(text, name=provisioning.INLINE)


@operation("sso:DeleteInlinePolicyFromPermissionSet")
def delete_inline_policy(call: CenterCall) -> None:
    """Delete the inline policy."""
    call.noted_permission_set().inline_policy = None


@operation("sso:PutPermissionsBoundaryToPermissionSet")
def put_permissions_boundary(call: CenterCall) -> None:
    """Set the permissions boundary of the roles."""
    chosen, sent = call.noted_permission_set(), call.parameters["PermissionsBoundary"]
    shown: dict[str, Any] = {}
    if "CustomerManagedPolicyReference" in sent:
        chosen.permissions_boundary = _reference_in(sent, shown)
    else:
        arn = _arn_of(sent.get("ManagedPolicyArn", ""), call.account.partition)
        chosen.permissions_boundary = shown["ManagedPolicyArn"] = arn
    call.noted["PermissionsBoundary"] = shown


@operation("sso:DeletePermissionsBoundaryFromPermissionSet")
def delete_permissions_boundary(call: CenterCall) -> None:
    """Delete the permissions boundary."""
    chosen = call.noted_permission_set()
    if chosen.permissions_boundary is None:  # AWS's sentence is not documented
        raise ResourceNotFoundException(f"No permissions boundary on {chosen.id}")
    chosen.permissions_boundary = None


def _status(of: str) -> Answer:
    return lambda _: {of: {"Status": "IN_PROGRESS"}}  # AWS's first answer


@operation("sso:CreateAccountAssignment", _status("AccountAssignmentCreationStatus"))
def create_account_assignment(call: CenterCall) -> AccountAssignment:
    """Assign a user or group to an account with a permission set, which creates the role."""
    center, account, chosen = call.center, _account_in(call), call.permission_set
    made = AccountAssignment(account.account_id, chosen.id, *_principal_in(call))
    _note_assignment(call, made, chosen)
    want = provisioning.wanted(chosen, account)
    if made not in center.account_assignments:
        center.account_assignments.append(made)
    call.then = [partial(provisioning.provision, chosen, account, want)]
    return made


@operation("sso:DeleteAccountAssignment", _status("AccountAssignmentDeletionStatus"))
def delete_account_assignment(call: CenterCall) -> None:
    """Delete an assignment, and the role if it was the last."""
    account, chosen = _account_in(call, must_be_active=False), call.permission_set
    every, place = call.center.account_assignments, (account.account_id, chosen.id)
    there = [assigned for assigned in every if assigned.place == place]
    # Of a deleted principal, only the id is left.
    key = call.parameters["PrincipalId"]
    if all(assigned.principal_id != key for assigned in there):
        _, key = _principal_in(call)
    gone = next((assigned for assigned in there if assigned.principal_id == key), None)
    if gone is None:
        raise ResourceNotFoundException("Assignment not found.")
    _note_assignment(call, gone, chosen)
    every.remove(gone)
    if there == [gone]:
        call.then = [partial(provisioning.deprovision, chosen, account)]


@operation("sso:ProvisionPermissionSet", _status("PermissionSetProvisioningStatus"))
def provision_permission_set(call: CenterCall) -> None:
    """Check that the roles of a permission set can be updated, and then update them."""
    center, chosen = call.center, call.noted_permission_set()
    if call.parameters["TargetType"] == ALL_ACCOUNTS:
        known = [key for key in chosen.provisioned if key in center.organization.members]
        accounts = [center.world.accounts[key] for key in known]
    else:
        accounts = [_account_in(call)]
        key = accounts[0].account_id
        if key not in chosen.provisioned:  # AWS's sentence is not documented
            raise ResourceNotFoundException(f"{chosen.arn} is not provisioned in account {key}.")
    call.then = [
        partial(provisioning.provision, chosen, account, provisioning.wanted(chosen, account))
        for account in accounts
    ]


def _account_in(call: CenterCall, *, must_be_active: bool = True) -> Account:
    """Find the account that a call names.

    Raises
    ------
    ValidationException
        It doesn't name an account.
    ResourceNotFoundException
        The world has no such account, or it is in another organization, or suspended.
    """
    center, arguments = call.center, call.parameters
    if arguments["TargetType"] != AWS_ACCOUNT or "TargetId" not in arguments:
        raise ValidationException("The target is an AWS account: TargetType AWS_ACCOUNT, TargetId.")
    organization, key = center.organization, arguments["TargetId"]
    try:
        key = account_id_of(organization, key)
    except AccountNotFoundException as unknown:
        raise _no_account(key, *unknown.__notes__) from None
    member = organization.members.get(key)
    if must_be_active and member is None:
        raise _no_account(key, f"It isn't in the organization {organization.id}.")
    if must_be_active and member is not None and member.status != "ACTIVE":
        raise _no_account(key, f"It is {member.status}.")
    return center.world.accounts[key]


def _no_account(key: str, note: str) -> AwsError:
    """Return the error for a missing account; AWS doesn't document its sentence."""
    error = ResourceNotFoundException(f"AWS account {key} not found in the organization.")
    return noted(error, note)


def _principal_in(call: CenterCall) -> tuple[str, str]:
    """Find an existing user or group: its type and its id."""
    sent, center = call.parameters, call.center
    kind, key = sent["PrincipalType"], sent["PrincipalId"]
    found = []
    for noun, held in ((USER, center.users), (GROUP, center.groups)):
        if kind in (noun, EITHER):
            with suppress(ResourceNotFoundException):
                found.append((noun, find(held, key, noun).id))
    if len(found) > 1:
        raise RequestError(f"A user and a group are called {key}: pass the object or the id.")
    if not found:
        raise ResourceNotFoundException("Principal not found.")
    return found[0]


def _note_assignment(call: CenterCall, made: AccountAssignment, chosen: PermissionSet) -> None:
    """Note the parameters of a call about an assignment, with ids in place of names."""
    call.noted |= {"TargetId": made.account_id, "TargetType": AWS_ACCOUNT}
    call.noted["PermissionSetArn"] = chosen.arn
    call.noted |= {"PrincipalType": made.principal_type, "PrincipalId": made.principal_id}


@operation("sso:CreateInstanceAccessControlAttributeConfiguration")
def set_attributes(call: CenterCall) -> None:
    """Set which of the users' attributes become session tags."""
    sent = call.parameters["InstanceAccessControlAttributeConfiguration"]
    pairs = {
        attribute.get("Key"): source
        for attribute in sent.get("AccessControlAttributes", ())
        for source in attribute.get("Value", {}).get("Source", ())
    }
    checked = checked_pairs("key", "attribute", pairs)
    if len({key.lower() for key in checked}) < len(checked):
        raise ValidationException("Keys of session tags must be unique case-insensitively.")
    call.center.access_control_attributes = {key: _path(source) for key, source in checked.items()}


operation("sso:UpdateInstanceAccessControlAttributeConfiguration")(set_attributes)


def _path(source: str) -> str:
    """Return the path of a tag's source: ``${path:title}``."""
    found = _SOURCE.fullmatch(source)
    if found is None or found[1] not in PATHS:  # AWS's sentence is not documented
        error = ValidationException(f"The attribute source {source[:200]} is not supported.")
        shown = source if found is None else found[1]
        raise noted(error, f"Write ${{path:title}}. {did_you_mean(shown, PATHS)}")
    return found[1]
