"""AWS Organizations: SCPs and RCPs, made, changed, attached and detached.

AWS Organizations: tags of roots, OUs, accounts and policies.

Notes
-----
AWS pages: "Managing organization policies with AWS Organizations"; "Enabling a policy type";
"Attaching organization policies".
AWS page: "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import (
    ConstraintViolationException,
    DuplicatePolicyAttachmentException,
    DuplicatePolicyException,
    InvalidInputException,
    PolicyInUseException,
    PolicyNotAttachedException,
    PolicyNotFoundException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from iamlab.model.organization.organization import organization_of
from iamlab.model.organization.policies import TYPES, OrganizationPolicy, of_type, type_of
from iamlab.operations.iam.common import write_tags
from iamlab.operations.organizations import lookup as answers
from iamlab.operations.organizations.calls import (
    DELEGATE,
    anything,
    as_one,
    found,
    lists,
    named_by,
    needing,
    operation,
    tagging,
)
from iamlab.operations.organizations.management import NOT_ENABLED, check_available
from iamlab.operations.organizations.parameters import tags_of
from iamlab.operations.policy_documents import saved
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Target
    from iamlab.operations.registry import Parameters

_AS_POLICY = as_one("Policy", answers.policy)


def policy_of(organization: Organization, given: Parameters) -> OrganizationPolicy:
    """Find the policy that a call is about."""
    refusal = PolicyNotFoundException("You specified a policy that doesn't exist.")
    return found(organization.policies, given["PolicyId"], refusal)


def own_policy(organization: Organization, given: Parameters) -> OrganizationPolicy:
    """Find a policy that is to be changed.

    Raises
    ------
    InvalidInputException
        It is AWS's.
    """
    policy = policy_of(organization, given)
    if policy.is_aws_managed:
        message = "The policy is managed by AWS, and nobody else can change it."
        raise InvalidInputException(message, "IMMUTABLE_POLICY")
    return policy


def target_of(organization: Organization, given: Parameters) -> Target:
    """Find the root, OU or account that a call is about."""
    target = organization.target(given["TargetId"])
    if target is None:
        raise TargetNotFoundException("You specified a target that doesn't exist.")
    return target


def about_new(account: Account, given: Parameters) -> str:
    """Give the ARN that a new policy will have, but for its id, which nobody knows yet."""
    organization = organization_of(account.world, account.account_id)
    if organization is None or given.get("Type") not in TYPES:
        return "*"
    return organization.arn_of("policy", f"{given['Type'].lower()}/*")


def _check_name(
    organization: Organization, name: str, policy_type: str, but: object = None
) -> None:
    for one in organization.policies.values():
        if (one.name, one.type) == (name, policy_type) and one is not but:
            raise DuplicatePolicyException("A policy with the same name already exists.")


def _document(content: str, name: str, policy_type: str) -> Policy:
    """Read what a policy shall say; AWS has a reason, too, for one that is too long."""
    try:
        return saved(content, name, TYPES[policy_type].rules)
    except ConstraintViolationException as error:
        error.reason = "POLICY_CONTENT_LIMIT_EXCEEDED"
        raise


@operation("CreatePolicy", about_new, answer=_AS_POLICY, also=tagging(about_new))
def create_policy(organization: Organization, given: Parameters) -> OrganizationPolicy:
    """Make a policy. Its type need not be enabled for that."""
    name, policy_type = given["Name"], given["Type"]
    type_of(policy_type)
    tags = tags_of(given)
    check_available(organization)
    _check_name(organization, name, policy_type)
    document = _document(given["Content"], name, policy_type)
    own = [one for one in organization.policies.values() if one.type == policy_type]
    most = organization.quota(policy_type)
    if sum(not one.is_aws_managed for one in own) >= most:
        message = f"You have reached the limit of {most} policies of this type."
        raise ConstraintViolationException(message, "POLICY_NUMBER_LIMIT_EXCEEDED")
    key = organization.world.ids.organization_id("p")
    policy = OrganizationPolicy(
        organization.world,
        organization.id,
        key,
        name,
        policy_type,
        document,
        given["Description"],
        tags=tags,
    )
    organization.policies[key] = policy
    organization.changed()
    return policy


@operation("DescribePolicy", named_by("PolicyId"), by=DELEGATE, answer=_AS_POLICY)
def describe_policy(organization: Organization, given: Parameters) -> OrganizationPolicy:
    """Read a policy."""
    return policy_of(organization, given)


@operation("UpdatePolicy", named_by("PolicyId"), answer=_AS_POLICY)
def update_policy(organization: Organization, given: Parameters) -> OrganizationPolicy:
    """Change what a policy says, or is called, wherever it hangs."""
    policy = own_policy(organization, given)
    name = given.get("Name", policy.name)
    _check_name(organization, name, policy.type, policy)
    document = policy.document
    if "Content" in given:
        document = _document(given["Content"], name, policy.type)
    elif name != policy.name:  # explanations call its statements by its name
        document = Policy.parse(policy.content, name=name)
    policy.name, policy.document = name, document
    policy.description = given.get("Description", policy.description)
    organization.changed()
    return policy


@operation("DeletePolicy", named_by("PolicyId"))
def delete_policy(organization: Organization, given: Parameters) -> None:
    """Delete a policy that hangs nowhere."""
    policy = own_policy(organization, given)
    if policy.targets:
        error = PolicyInUseException("The policy still hangs on a root, an OU or an account.")
        error.add_note(f"Detach it from {', '.join(one.label for one in policy.targets)}.")
        raise error
    del organization.policies[policy.id]
    organization.changed()


@operation("AttachPolicy", named_by("PolicyId"), also=needing("AttachPolicy", "TargetId"))
def attach_policy(organization: Organization, given: Parameters) -> None:
    """Attach a policy: it reaches whatever is below."""
    policy, target = policy_of(organization, given), target_of(organization, given)
    if policy.type not in organization.root.policy_types:
        error = PolicyTypeNotEnabledException(NOT_ENABLED)
        error.add_note(f'organization.enable_policy_type("{policy.type}") enables it.')
        raise error
    if policy.id in target.attached:
        raise DuplicatePolicyAttachmentException("The policy hangs there already.")
    if len(of_type(organization, target, policy.type)) >= TYPES[policy.type].most:
        raise ConstraintViolationException(
            "You have attached the maximum number of policies to the specified target.",
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    target.attached.append(policy.id)
    organization.changed()


@operation("DetachPolicy", named_by("PolicyId"), also=needing("DetachPolicy", "TargetId"))
def detach_policy(organization: Organization, given: Parameters) -> None:
    """Detach a policy. One SCP is always left, and AWS's own RCP cannot be detached at all."""
    policy, target = policy_of(organization, given), target_of(organization, given)
    if policy.is_aws_managed and TYPES[policy.type].always_hangs:
        message = f"{policy.name} cannot be detached."
        raise InvalidInputException(message, "NON_DETACHABLE_POLICY")
    if policy.id not in target.attached:
        raise PolicyNotAttachedException("The policy does not hang there.")
    if len(of_type(organization, target, policy.type)) == 1:
        raise ConstraintViolationException(
            "You cannot remove the last policy attached to the specified target. You must have "
            "at least one attached at all times.",
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    target.attached.remove(policy.id)
    organization.changed()


@lists("ListPolicies", anything, "Policies", answers.policy_summary)
def list_policies(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the policies of a type, AWS's own included."""
    return [one for one in organization.policies.values() if one.type == given["Filter"]]


@lists("ListPoliciesForTarget", named_by("TargetId"), "Policies", answers.policy_summary)
def list_policies_for_target(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List the policies of a type that hang on a root, an OU or an account itself."""
    keys = of_type(organization, target_of(organization, given), given["Filter"])
    return [organization.policies[key] for key in keys]


@lists("ListTargetsForPolicy", named_by("PolicyId"), "Targets", answers.target)
def list_targets_for_policy(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List where a policy hangs."""
    return policy_of(organization, given).targets


def _tagged(organization: Organization, given: Parameters) -> Target | OrganizationPolicy:
    """Find what has the tags."""
    key = given["ResourceId"]
    one = organization.target(key) or organization.policies.get(key)
    if one is None:
        raise TargetNotFoundException("You specified a target that doesn't exist.")
    return one


def _own(organization: Organization, given: Parameters) -> Target | OrganizationPolicy:
    one = _tagged(organization, given)
    if getattr(one, "is_aws_managed", False):
        message = "The policy is managed by AWS, and nobody else can change it."
        raise InvalidInputException(message, "IMMUTABLE_POLICY")
    return one


@operation("TagResource", named_by("ResourceId"))
def tag_resource(organization: Organization, given: Parameters) -> None:
    """Set tags."""
    one = _own(organization, given)
    one.tags = tags_of(given, one.tags)
    organization.changed()


@operation("UntagResource", named_by("ResourceId"))
def untag_resource(organization: Organization, given: Parameters) -> None:
    """Take tags away; a key that is not there is no mistake."""
    one, gone = _own(organization, given), given["TagKeys"]
    one.tags = {key: value for key, value in one.tags.items() if key not in gone}
    organization.changed()


@lists("ListTagsForResource", named_by("ResourceId"), "Tags", dict)
def list_tags_for_resource(organization: Organization, given: Parameters) -> Iterable[Any]:
    """List tags."""
    return write_tags(_tagged(organization, given).tags)
