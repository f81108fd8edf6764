"""All operations of KMS: whoever wants one finds its entry once these are loaded."""

from iamlab.world.services.kms import (  # noqa: F401 - each brings its entries
    grants,
    keys,
    policies,
    states,
)
