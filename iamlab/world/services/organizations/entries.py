"""All operations of AWS Organizations: whoever wants one finds its entry once these are loaded."""

from iamlab.world.services.organizations import (  # noqa: F401 - each brings its entries
    accounts,
    delegates,
    handshakes,
    management,
    policies,
    tags,
    types,
)
