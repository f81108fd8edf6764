"""AWS Organizations: types of policies, enabled and disabled.

Notes
-----
AWS pages: "Enabling a policy type"; "Disabling a policy type".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.organization_errors import (
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)
from iamlab.world.organization import answers
from iamlab.world.organization.policies import of_type, type_of
from iamlab.world.services.organizations.calls import named_by, operation

if TYPE_CHECKING:
    from iamlab.world.api.entry import Parameters
    from iamlab.world.organization import Organization
    from iamlab.world.organization.targets import Root

NOT_ENABLED = "This operation can be performed only for enabled policy types."


def check_available(organization: Organization) -> None:
    """Insist that the organization can have policies.

    Raises
    ------
    PolicyTypeNotAvailableForOrganizationException
        It has consolidated billing only.
    """
    if organization.feature_set != "ALL":
        raise PolicyTypeNotAvailableForOrganizationException(
            "The organization has not all features enabled, so it can have no policies."
        )


def _root_of(organization: Organization, given: Parameters) -> Root:
    if given["RootId"] != organization.root.id:
        raise RootNotFoundException("You specified a root that doesn't exist.")
    return organization.root


def _answer_root(root: Root) -> dict[str, Any]:
    return {"Root": answers.root(root)}


@operation("EnablePolicyType", named_by("RootId"), "RootId PolicyType", answer=_answer_root)
def enable_policy_type(organization: Organization, given: Parameters) -> Root:
    """Enable a type. AWS's own policy of it is then on every root, OU and account."""
    root, policy_type = _root_of(organization, given), given["PolicyType"]
    known = type_of(policy_type)
    check_available(organization)
    if policy_type in root.policy_types:
        raise PolicyTypeAlreadyEnabledException("The specified policy type is already enabled.")
    root.policy_types.append(policy_type)
    for target in organization.targets:
        target.attached.append(known.full_access_id)
    organization.changed()
    return root


@operation("DisablePolicyType", named_by("RootId"), "RootId PolicyType", answer=_answer_root)
def disable_policy_type(organization: Organization, given: Parameters) -> Root:
    """Disable a type: all its policies are detached, and where they hung is forgotten."""
    root, policy_type = _root_of(organization, given), given["PolicyType"]
    type_of(policy_type)
    if policy_type not in root.policy_types:
        raise PolicyTypeNotEnabledException(NOT_ENABLED)
    for target in organization.targets:
        gone = of_type(organization, target, policy_type)
        target.attached = [key for key in target.attached if key not in gone]
    root.policy_types.remove(policy_type)
    organization.changed()
    return root
