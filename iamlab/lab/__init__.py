"""The objects of a notebook: worlds, accounts, users, with all that they can do and answer."""

from iamlab.lab import (  # noqa: F401 - records are made as the classes of these
    account,
    credentials,
    events,
    iam_resources,
    identities,
    organization,
    organization_parts,
    world,
)
from iamlab.operations.registry import register_modules

register_modules(
    "iam",
    "iamlab.analysis.account_operations",
    "iamlab.storage.account_details.export",
    "iamlab.analysis.last_accessed.operations",
    "iamlab.analysis.policy_simulator.simulator",
    "iamlab.analysis.policy_simulator.requests",
)
