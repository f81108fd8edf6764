"""EC2: instances with their profiles, VPC endpoints, and the tags of both.

Each stands in a module of its own; here they are put together, as one service.

Notes
-----
AWS page: "Amazon EC2 API Reference".
"""

from __future__ import annotations

from iamlab.world.services.ec2_things import OfEc2
from iamlab.world.services.instance import Association, Instance
from iamlab.world.services.instance_profiles import associate_iam_instance_profile
from iamlab.world.services.instances import run_instances
from iamlab.world.services.vpc_endpoints import VpcEndpoint, create_vpc_endpoint

__all__ = [
    "Association",
    "Instance",
    "OfEc2",
    "VpcEndpoint",
    "associate_iam_instance_profile",
    "create_vpc_endpoint",
    "run_instances",
]
