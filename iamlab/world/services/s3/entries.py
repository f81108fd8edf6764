"""All operations of S3: whoever wants one finds its entry once these are loaded."""

from iamlab.world.services.s3 import (  # noqa: F401 - each brings its entries
    buckets,
    policies,
    public_access,
    tags,
)
