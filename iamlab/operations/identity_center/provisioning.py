"""What Identity Center creates in an account: a SAML provider, and a role for each permission set.

It uses its service-linked role, so SCPs don't apply. Only it can change the roles: they are below
``/aws-reserved/``, which IAM reserves for it. In the management account, Identity Center uses the
caller's permissions, according to AWS; here the caller is the root user, so that makes no
difference.

Notes
-----
AWS pages: "Reference permission sets in resource policies, Amazon EKS Cluster config maps, and AWS
KMS key policies", for names and paths; "Using service-linked roles for IAM Identity Center".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.cloudtrail.event_fields import user_identity
from iamlab.cloudtrail.recording import record_in_account
from iamlab.errors import LimitExceeded, NoSuchEntity, RequestError, noted
from iamlab.model.identities import Role
from iamlab.model.quotas import SESSION_SECONDS
from iamlab.operations.federation.saml_xml import DOORS
from iamlab.operations.iam.common import add, attachable, check_room, quota, same_name
from iamlab.operations.identity_center.calls import invalid
from iamlab.operations.identity_center.permission_sets import PolicyReference, Provisioned
from iamlab.operations.policy_documents import rename_everywhere, saved
from iamlab.operations.registry import find

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.providers import SAMLProvider
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.policy.document import Policy

SERVICE = "sso.amazonaws.com"
INLINE = "AwsSSOInlinePolicy"
"""The name of the inline policy in the roles."""

PATH = f"/aws-reserved/{SERVICE}/"
LINKED_ROLE = "AWSServiceRoleForSSO"
SESSION_NAME = "AWS-SSO"
HOME = "us-east-1"
"""The Region that isn't in the paths of roles."""

_DURATION = re.compile(
    r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.ASCII
)


def seconds_of(duration: object) -> int:
    """Read a session duration in the form of ISO 8601.

    Raises
    ------
    ValidationException
        It isn't a duration, or isn't within one and twelve hours.

    Examples
    --------
    >>> seconds_of("PT1H"), seconds_of("PT1H30M"), seconds_of("PT12H")
    (3600, 5400, 43200)
    """
    if not isinstance(duration, str):
        raise RequestError(f"session_duration is text such as PT8H, not {duration!r}.")
    found = _DURATION.fullmatch(duration)
    parts = zip(found.groups(), (86_400, 3600, 60, 1), strict=True) if found else ()
    seconds = sum(int(part or 0) * unit for part, unit in parts)
    least, most = SESSION_SECONDS  # like a role's
    if not least <= seconds <= most:  # AWS's sentence is not documented
        error = invalid("sessionDuration", "be between PT1H and PT12H", duration[:100])
        raise noted(error, "PT8H is eight hours, PT1H30M an hour and a half.")
    return seconds


@dataclass(frozen=True, slots=True)
class Wanted:
    """A permission set's role in an account, with ARNs of managed policies."""

    attached: tuple[str, ...] = ()
    inline: Policy | None = None
    boundary: str | None = None


def wanted(permission_set: PermissionSet, account: Account) -> Wanted:
    """Return the role that an account must have, if the account has everything it needs.

    Raises
    ------
    NoSuchEntity
        A customer managed policy is missing.
    PolicyNotAttachable
        A policy is only for service-linked roles.
    LimitExceeded
        The account has reached its quota of roles or providers, or the role its quota of policies.
    """
    references = permission_set.customer_managed_policy_references
    named: list[str | PolicyReference] = [*permission_set.managed_policies, *references]
    attached = tuple(_arn_in(account, policy) for policy in named)
    most = quota(account, "PoliciesPerRole")
    if len(attached) > most:
        raise LimitExceeded(f"Cannot exceed quota for PoliciesPerRole: {most}")
    boundary = permission_set.permissions_boundary
    ceiling = None if boundary is None else _arn_in(account, boundary)
    if account.account_id not in permission_set.provisioned:
        check_room(account, "Roles", len(account.roles))
    if provider_in(permission_set.center, account) is None:
        check_room(account, "SAMLProviders", len(account.saml_providers))
    return Wanted(attached, permission_set.inline_policy, ceiling)


def _arn_in(account: Account, policy: str | PolicyReference) -> str:
    """Find a policy in an account, and check that it can be attached to a role."""
    if isinstance(policy, str):
        return attachable(account, policy, "Role").arn
    try:
        arn = policy.arn_in(account.partition, account.account_id)
        return attachable(account, arn, "Role").arn
    except NoSuchEntity as error:
        error.add_note(
            f"Account {account.name} needs a policy {policy.name} with path {policy.path} first: "
            "the permission set only names it. In AWS the assignment's status becomes FAILED."
        )
        raise


def provision(permission_set: PermissionSet, account: Account, want: Wanted) -> None:
    """Create or update the role in an account; all checks were done before."""
    enter(account)
    provider = _own_provider(permission_set.center, account)
    known = permission_set.provisioned.get(account.account_id)
    role = account.roles.get(known.role_name) if known is not None else None
    if role is None:
        role = _made(permission_set, account, provider)
    elif role.description != permission_set.description:
        role.description = permission_set.description
        arguments = {"RoleName": role.name, "Description": role.description}
        _note(account, "UpdateRole", arguments)
    _bring_up_to_date(role, want)
    seconds = seconds_of(permission_set.session_duration)
    permission_set.provisioned[account.account_id] = Provisioned(role.name, seconds)
    account.changed()


def deprovision(permission_set: PermissionSet, account: Account) -> None:
    """Delete the role; the SAML provider and the service-linked role stay.

    Its sessions end with it, and resource-based policies that name it have no effect any more: a
    new role gets another name.
    """
    gone = permission_set.provisioned.pop(account.account_id)
    role = account.roles.get(gone.role_name)
    if role is None:
        return
    enter(account)
    _bring_up_to_date(role, Wanted())
    del account.roles[role.name]
    rename_everywhere(account.world, role.arn, role.unique_id)
    _note(account, "DeleteRole", {"RoleName": role.name})
    account.changed()


def provider_in(center: IdentityCenter, account: Account) -> SAMLProvider | None:
    """Find an instance's SAML provider in an account, if it still exists."""
    return account.saml_providers.get(center.providers.get(account.account_id, ""))


def enter(account: Account) -> None:
    """Create Identity Center's service-linked role in an account, if needed."""
    if same_name(LINKED_ROLE, account.roles) is None:
        _do_in_iam(account, "CreateServiceLinkedRole", {"AWSServiceName": SERVICE})


def audience(account: Account) -> str:
    """Return the sign-in endpoint that assertions are for."""
    return f"https://{DOORS[account.partition].host}/saml"


def _own_provider(center: IdentityCenter, account: Account) -> SAMLProvider:
    """Return the SAML provider, which is created or corrected if needed."""
    known, metadata = provider_in(center, account), center.saml_metadata
    if known is None:
        name = f"AWSSSO_{center.hexadecimal(16)}_DO_NOT_DELETE"
        arguments = {"Name": name, "SAMLMetadataDocument": metadata}
        known = _do_in_iam(account, "CreateSAMLProvider", arguments)
        center.providers[account.account_id] = known.arn
    elif known.metadata != metadata:
        arguments = {"SAMLProviderArn": known.arn, "SAMLMetadataDocument": metadata}
        _do_in_iam(account, "UpdateSAMLProvider", arguments)
    return known


def _made(permission_set: PermissionSet, account: Account, provider: SAMLProvider) -> Role:
    center = permission_set.center
    name = f"AWSReservedSSO_{permission_set.name}_{center.hexadecimal(16)}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider.arn},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": audience(account)}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    path = PATH if center.region == HOME else f"{PATH}{center.region}/"
    role = Role(account, name, path, trust=saved(text, f"trust of {name}", "trust"))
    role.description = permission_set.description
    role.max_session_duration = SESSION_SECONDS[1]  # the permission set limits the sessions
    add(role)
    arguments = {"Path": path, "RoleName": name, "AssumeRolePolicyDocument": text}
    _note(account, "CreateRole", {**arguments, "MaxSessionDuration": role.max_session_duration})
    return role


def _bring_up_to_date(role: Role, want: Wanted) -> None:
    """Update a role, and record the necessary calls."""
    arns, before = want.attached, role.attached
    calls = [
        *(("AttachRolePolicy", {"PolicyArn": arn}) for arn in arns if arn not in before),
        *(("DetachRolePolicy", {"PolicyArn": arn}) for arn in before if arn not in arns),
    ]
    if want.inline is None and role.inline:
        calls.append(("DeleteRolePolicy", {"PolicyName": INLINE}))
    elif want.inline is not None and want.inline != role.inline.get(INLINE):
        text = want.inline.text
        calls.append(("PutRolePolicy", {"PolicyName": INLINE, "PolicyDocument": text}))
    if want.boundary is None and role.boundary is not None:
        calls.append(("DeleteRolePermissionsBoundary", {}))
    elif want.boundary is not None and want.boundary != role.boundary:
        calls.append(("PutRolePermissionsBoundary", {"PermissionsBoundary": want.boundary}))
    for operation, arguments in calls:
        _note(role.account, operation, {"RoleName": role.name, **arguments})
    role.attached, role.boundary = list(want.attached), want.boundary
    role.inline = {} if want.inline is None else {INLINE: want.inline}


def _do_in_iam(account: Account, name: str, arguments: dict[str, Any]) -> Any:
    """Do an operation of IAM in an account, and record it."""
    made = find(name).perform(account, arguments)
    account.changed()
    _note(account, name, arguments)
    return made


def _note(account: Account, name: str, arguments: dict[str, Any]) -> None:
    """Record a call to IAM by Identity Center in an account."""
    is_first = name == "CreateServiceLinkedRole"  # the service-linked role didn't exist yet
    caller = {"type": "AWSService", "invokedBy": SERVICE} if is_first else _identity(account)
    call, key = ("iam", name), account.account_id
    record_in_account(account.world, call, caller, key, read_only=False, parameters=arguments)


def _identity(account: Account) -> dict[str, Any]:
    """Return the caller: a session of the service-linked role."""
    linked, now = account.roles[LINKED_ROLE], account.world.clock.now
    start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
    context = {
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalAccount": account.account_id,
        "aws:userid": f"{linked.unique_id}:{SESSION_NAME}",
        **temporary_credential_keys(now, now),  # a new session
    }
    found = user_identity(f"{start}/{linked.name}/{SESSION_NAME}", context, linked.arn)
    return {**found, "invokedBy": SERVICE}
