"""The Regions of AWS: those that every account has, and those that it must opt in to.

They are those of the partition ``aws``; China, GovCloud and the European Sovereign Cloud have their
own.

Notes
-----
AWS pages: "AWS Regions"; "Enable or disable AWS Regions in your account"; "Manage AWS STS in an AWS
Region".
"""

ON_BY_DEFAULT = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-northeast-1", "ap-northeast-2"),
    *("ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
    *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
)
"""Regions that every account has."""

OPT_IN = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2"),
    *("eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
)
"""Regions that an account must opt in to."""
