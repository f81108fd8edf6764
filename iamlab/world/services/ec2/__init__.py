"""EC2: instances with their profiles, VPC endpoints, and the tags of both.

Each stands in a module of its own; here they are put together, as one service.

Notes
-----
AWS page: "Amazon EC2 API Reference".
"""

from __future__ import annotations

from iamlab.world.services.ec2.instance import Association, Instance
from iamlab.world.services.ec2.instances import run_instances
from iamlab.world.services.ec2.profiles import associate_iam_instance_profile
from iamlab.world.services.ec2.things import OfEc2
from iamlab.world.services.ec2.vpc_endpoints import VpcEndpoint, create_vpc_endpoint

__all__ = [
    "Association",
    "Instance",
    "OfEc2",
    "VpcEndpoint",
    "associate_iam_instance_profile",
    "create_vpc_endpoint",
    "run_instances",
]
