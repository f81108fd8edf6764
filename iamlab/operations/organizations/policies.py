"""AWS Organizations: SCPs and RCPs, their types, how they are attached, and tags.

And the resource policy of an organization, which delegates the management of policies.

Notes
-----
AWS pages: "Managing organization policies with AWS Organizations"; "Enabling a policy type";
"Disabling a policy type"; "Attaching organization policies"; "Tagging AWS Organizations resources";
"Create a resource-based delegation policy with AWS Organizations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from iamlab.errors import noted
from iamlab.errors import organizations as errors
from iamlab.model.organization.policies import (
    TYPES,
    OrganizationPolicy,
    ResourcePolicy,
    of_type,
    type_of,
)
from iamlab.operations.organizations import lookup
from iamlab.operations.organizations.calls import check_all_features, needing, operation, tagging
from iamlab.operations.organizations.lookup import missing, policy_in, tagged_in, target_in
from iamlab.operations.organizations.parameters import tags_of
from iamlab.operations.organizations.reads import AS_POLICY, AS_RESOURCE_POLICY, AS_ROOT
from iamlab.operations.policy_documents import absent, saved
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Root
    from iamlab.operations.registry import Parameters

NOT_ENABLED = "This operation can be performed only for enabled policy types."

Tagged = TypeVar("Tagged")


def _root_of(organization: Organization, arguments: Parameters) -> Root:
    if arguments["RootId"] != organization.root.id:
        raise missing("root")
    return organization.root


def _check_available(organization: Organization) -> None:
    """Check that the organization can have policies."""
    if organization.feature_set != "ALL":
        raise errors.PolicyTypeNotAvailableForOrganizationException(
            "The organization doesn't have all features enabled, so it can't have policies."
        )


@operation("EnablePolicyType", "RootId", AS_ROOT)
def enable_policy_type(organization: Organization, arguments: Parameters) -> Root:
    """Enable a type; AWS's own policy is attached to every root, OU and account."""
    root, policy_type = _root_of(organization, arguments), arguments["PolicyType"]
    known = type_of(policy_type)
    _check_available(organization)
    if policy_type in root.policy_types:
        raise errors.PolicyTypeAlreadyEnabledException(
            "The specified policy type is already enabled."
        )
    root.policy_types.append(policy_type)
    for target in organization.targets:
        target.attached.append(known.full_access_id)
    return root


@operation("DisablePolicyType", "RootId", AS_ROOT)
def disable_policy_type(organization: Organization, arguments: Parameters) -> Root:
    """Disable a type: all its policies are detached, which can't be undone."""
    root, policy_type = _root_of(organization, arguments), arguments["PolicyType"]
    type_of(policy_type)
    if policy_type not in root.policy_types:
        raise errors.PolicyTypeNotEnabledException(NOT_ENABLED)
    for target in organization.targets:
        gone = of_type(organization, target, policy_type)
        target.attached = [key for key in target.attached if key not in gone]
    root.policy_types.remove(policy_type)
    return root


def _own(part: Tagged) -> Tagged:
    """Check that a part to change isn't AWS's own policy."""
    if getattr(part, "is_aws_managed", False):
        message = "The policy is managed by AWS. You can't change it."
        raise errors.InvalidInputException(message, "IMMUTABLE_POLICY")
    return part


def about_new(account: Account, arguments: Parameters) -> str:
    """Return the future ARN of a new policy, with ``*`` for its id."""
    organization = account.world.organization_of(account.account_id)
    if organization is None or arguments.get("Type") not in TYPES:
        return "*"
    return organization.arn_of("policy", f"{arguments['Type'].lower()}/*")


def _check_name(
    organization: Organization, name: str, policy_type: str, but: object = None
) -> None:
    for policy in organization.policies.values():
        if (policy.name, policy.type) == (name, policy_type) and policy is not but:
            raise errors.DuplicatePolicyException("A policy with the same name already exists.")


def _document(content: str, name: str, rules: str, service: str | None = None) -> Policy:
    """Read the content of a policy; AWS also has a reason for one that is too long."""
    try:
        return saved(content, name, rules, service)
    except errors.ConstraintViolationException as error:
        error.reason = "POLICY_CONTENT_LIMIT_EXCEEDED"
        raise


@operation("CreatePolicy", about_new, AS_POLICY, also=tagging(about_new))
def create_policy(organization: Organization, arguments: Parameters) -> OrganizationPolicy:
    """Create a policy. Its type needn't be enabled."""
    name, policy_type, about = arguments["Name"], arguments["Type"], arguments["Description"]
    type_of(policy_type)
    tags = tags_of(arguments)
    _check_available(organization)
    _check_name(organization, name, policy_type)
    document = _document(arguments["Content"], name, TYPES[policy_type].rules)
    world, every, most = organization.world, organization.policies, organization.quota(policy_type)
    same = [each for each in every.values() if each.type == policy_type]
    if sum(not each.is_aws_managed for each in same) >= most:
        message = f"You have reached the limit of {most} policies of this type."
        raise errors.ConstraintViolationException(message, "POLICY_NUMBER_LIMIT_EXCEEDED")
    key, own = world.ids.organization_id("p"), organization.id
    every[key] = OrganizationPolicy(world, own, key, name, policy_type, document, about, tags=tags)
    return every[key]


@operation("UpdatePolicy", "PolicyId", AS_POLICY)
def update_policy(organization: Organization, arguments: Parameters) -> OrganizationPolicy:
    """Change a policy's content or name, everywhere it is attached."""
    policy = _own(policy_in(organization, arguments))
    name = arguments.get("Name", policy.name)
    _check_name(organization, name, policy.type, policy)
    document = policy.document
    if "Content" in arguments:
        document = _document(arguments["Content"], name, TYPES[policy.type].rules)
    elif name != policy.name:  # explanations use its name
        document = Policy.parse(policy.content, name=name)
    policy.name, policy.document = name, document
    policy.description = arguments.get("Description", policy.description)
    return policy


@operation("DeletePolicy", "PolicyId")
def delete_policy(organization: Organization, arguments: Parameters) -> None:
    """Delete a policy that isn't attached."""
    policy = _own(policy_in(organization, arguments))
    if policy.targets:
        error = errors.PolicyInUseException("The policy is still attached to a target.")
        raise noted(
            error, f"Detach it from {', '.join(target.label for target in policy.targets)}."
        )
    del organization.policies[policy.id]


@operation("AttachPolicy", "PolicyId", also=needing("AttachPolicy", "TargetId"))
def attach_policy(organization: Organization, arguments: Parameters) -> None:
    """Attach a policy, which applies to everything below."""
    policy, target = policy_in(organization, arguments), target_in(organization, arguments)
    if policy.type not in organization.root.policy_types:
        error = errors.PolicyTypeNotEnabledException(NOT_ENABLED)
        raise noted(error, f'organization.enable_policy_type("{policy.type}") enables it.')
    if policy.id in target.attached:
        raise errors.DuplicatePolicyAttachmentException("The policy is already attached to it.")
    if len(of_type(organization, target, policy.type)) >= TYPES[policy.type].most:
        raise errors.ConstraintViolationException(
            "You have attached the maximum number of policies to the specified target.",
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    target.attached.append(policy.id)


@operation("DetachPolicy", "PolicyId", also=needing("DetachPolicy", "TargetId"))
def detach_policy(organization: Organization, arguments: Parameters) -> None:
    """Detach a policy. A target keeps at least one SCP, and AWS's own RCP can't be detached."""
    policy, target = policy_in(organization, arguments), target_in(organization, arguments)
    if policy.is_aws_managed and TYPES[policy.type].always_hangs:
        message = f"{policy.name} cannot be detached."
        raise errors.InvalidInputException(message, "NON_DETACHABLE_POLICY")
    if policy.id not in target.attached:
        raise errors.PolicyNotAttachedException("The policy isn't attached to the target.")
    if len(of_type(organization, target, policy.type)) == 1:
        raise errors.ConstraintViolationException(
            "You cannot remove the last policy attached to the specified target. You must have "
            "at least one attached at all times.",
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    target.attached.remove(policy.id)


def about_resource_policy(account: Account, _: Parameters) -> str:
    """Return the ARN of the organization's resource policy, with ``*`` for the id of a new one."""
    organization = account.world.organization_of(account.account_id)
    if organization is None:
        return "*"
    known = organization.resource_policy
    return known.arn if known else organization.arn_of("resourcepolicy", "*")


_TO_TAG = tagging(about_resource_policy)


@operation("PutResourcePolicy", about_resource_policy, AS_RESOURCE_POLICY, also=_TO_TAG)
def put_resource_policy(organization: Organization, arguments: Parameters) -> ResourcePolicy:
    """Let member accounts call operations; the policy replaces the one that is there."""
    tags, known, world = tags_of(arguments), organization.resource_policy, organization.world
    check_all_features(organization)
    if tags and known is not None:  # AWS's sentence is not documented
        raise errors.InvalidInputException("The resource policy exists: tag it with TagResource.")
    policy = _document(arguments["Content"], "resource policy", "resource", "organizations")
    for _, _, note in absent(policy, world):
        message = "You specified an invalid principal element in the policy."
        raise noted(errors.InvalidInputException(message, "INVALID_PRINCIPAL"), note)
    key = known.id if known else world.ids.organization_id("rp")
    made = ResourcePolicy(world, organization.id, key, policy, known.tags if known else tags)
    organization.resource_policy = made
    return made


@operation("DeleteResourcePolicy")
def delete_resource_policy(organization: Organization, arguments: Parameters) -> None:
    """Delete the resource policy: member accounts lose what it allowed."""
    lookup.resource_policy_in(organization, arguments)
    organization.resource_policy = None


@operation("TagResource", "ResourceId")
def tag_resource(organization: Organization, arguments: Parameters) -> None:
    """Set tags."""
    tagged = _own(tagged_in(organization, arguments))
    tagged.tags = tags_of(arguments, tagged.tags)


@operation("UntagResource", "ResourceId")
def untag_resource(organization: Organization, arguments: Parameters) -> None:
    """Remove tags; a missing key isn't an error."""
    tagged, gone = _own(tagged_in(organization, arguments)), arguments["TagKeys"]
    tagged.tags = {key: value for key, value in tagged.tags.items() if key not in gone}
