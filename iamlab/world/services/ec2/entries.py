"""All operations of EC2: whoever wants one finds its entry once these are loaded."""

from iamlab.world.services.ec2 import (  # noqa: F401 - each brings its entries
    instances,
    profiles,
    things,
    vpc_endpoints,
)
