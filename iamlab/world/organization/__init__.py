"""An organization around accounts: its tree, its policies, how it is changed, in and out."""

from iamlab.world.organization.organization import (
    Organization,
    OrganizationalUnit,
    Root,
    create_organization,
    leave_organization,
    organization_of,
    own_organization,
)

__all__ = [
    "Organization",
    "OrganizationalUnit",
    "Root",
    "create_organization",
    "leave_organization",
    "organization_of",
    "own_organization",
]
