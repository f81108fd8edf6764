"""The objects of a notebook: worlds, accounts and users, with their methods.

Rarely used classes are imported on first use, so that a world is ready quickly.
"""

# Records are made as the classes of these modules.
from iamlab.model.record import Record
from iamlab.operations.registry import register_modules
from iamlab.world import account, credentials, events, identities, world  # noqa: F401

Record.facade_modules |= {
    "iamlab.model.managed_policies": "iamlab.world.iam_resources",
    "iamlab.model.organization.organization": "iamlab.world.organization",
    "iamlab.model.organization.policies": "iamlab.world.organization_parts",
    "iamlab.model.organization.targets": "iamlab.world.organization_parts",
    "iamlab.model.providers": "iamlab.world.iam_resources",
    "iamlab.operations.sts.session": "iamlab.world.sts",
}

register_modules(
    "iam",
    "iamlab.analysis.account_reports",
    "iamlab.storage.account_details",
    "iamlab.analysis.last_accessed.operations",
    "iamlab.analysis.policy_simulator.simulator",
)
register_modules("access-analyzer", "iamlab.clients.access_findings")  # and what it imports
