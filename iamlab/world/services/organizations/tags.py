"""AWS Organizations: tags of roots, OUs, accounts and policies.

Notes
-----
AWS page: "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.organization_errors import InvalidInputException, TargetNotFoundException
from iamlab.world.api import answers as iam_responses
from iamlab.world.api.entry import Parameters, as_it_is
from iamlab.world.services.organizations.calls import (
    DELEGATE,
    named_by,
    operation,
    page,
)
from iamlab.world.services.organizations.values import tags_of

if TYPE_CHECKING:
    from iamlab.world.organization import Organization
    from iamlab.world.organization.policies import OrganizationPolicy
    from iamlab.world.organization.targets import Target


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


@operation("TagResource", named_by("ResourceId"), "ResourceId Tags:list")
def tag_resource(organization: Organization, given: Parameters) -> None:
    """Set tags."""
    one = _own(organization, given)
    one.tags = tags_of(given, one.tags)
    organization.changed()


@operation("UntagResource", named_by("ResourceId"), "ResourceId TagKeys:list")
def untag_resource(organization: Organization, given: Parameters) -> None:
    """Take tags away; a key that is not there is no mistake."""
    one, gone = _own(organization, given), given["TagKeys"]
    one.tags = {key: value for key, value in one.tags.items() if key not in gone}
    organization.changed()


@operation(
    "ListTagsForResource",
    named_by("ResourceId"),
    "ResourceId NextToken?",
    by=DELEGATE,
    answer=as_it_is,
)
def list_tags_for_resource(organization: Organization, given: Parameters) -> dict[str, Any]:
    """List tags."""
    return page("Tags", iam_responses.tags(_tagged(organization, given).tags), given, dict)
