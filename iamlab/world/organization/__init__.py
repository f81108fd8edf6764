"""An organization around accounts: its tree, its policies, how it is changed, in and out."""

from iamlab.world.organization.organization import (
    Organization,
    create_organization,
    leave_organization,
    organization_of,
    own_organization,
)
from iamlab.world.organization.targets import OrganizationalUnit, Root

__all__ = [
    "Organization",
    "OrganizationalUnit",
    "Root",
    "create_organization",
    "leave_organization",
    "organization_of",
    "own_organization",
]
