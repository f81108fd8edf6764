"""IAM Identity Center: one sign-in for all accounts of an organization. Formerly AWS SSO."""

from iamlab.world.identity_center.instance import IdentityCenter, enable_identity_center
from iamlab.world.identity_center.permission_sets import PermissionSet
from iamlab.world.identity_center.portal import PortalSession
from iamlab.world.identity_center.set_policies import PolicyReference

__all__ = [
    "IdentityCenter",
    "PermissionSet",
    "PolicyReference",
    "PortalSession",
    "enable_identity_center",
]
