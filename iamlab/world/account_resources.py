"""Creating resources in S3, KMS and EC2, and resources of services without own methods.

Notes
-----
AWS pages: "Configuring block public access settings for your account"; "Creating a KMS key".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.model import account as records
from iamlab.model.public_access_block import as_parameter
from iamlab.model.record import check_texts
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import arn_of, as_list, as_tags, as_text
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.model.identities import Identity
    from iamlab.model.providers import InstanceProfile
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.services.cloudcontrol import OtherResource
    from iamlab.operations.services.ec2.instance import Instance
    from iamlab.operations.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.operations.services.kms.key import Key
    from iamlab.operations.services.s3.access_points import AccessPoint
    from iamlab.operations.services.s3.bucket import Bucket

    Tags = Mapping[str, str]


class AccountResources(records.Account):
    """The methods of an account that create resources, each an operation of the service."""

    __slots__ = ()

    def create_bucket(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Mapping[str, str] | None = None,
        public_access_block: PublicAccessBlock | None = None,
        object_ownership: str | None = None,
        acl: str | None = None,
    ) -> Bucket:
        """Create an S3 bucket. Bucket names are globally unique.

        Parameters
        ----------
        public_access_block
            Its settings; by default all four are on, as in AWS since April 2023.
            ``PublicAccessBlock()`` turns all off.
        object_ownership
            By default ``"BucketOwnerEnforced"``: ACLs are disabled.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).create_account("main").create_bucket("maps").public_access_block
        PublicAccessBlock(block_public_acls=True, ignore_public_acls=True, \
block_public_policy=True, restrict_public_buckets=True)
        """
        switches = None if public_access_block is None else as_parameter(public_access_block)
        return perform(
            self,
            "s3:CreateBucket",
            Bucket=name,
            Policy=as_text(policy),
            Tags=as_tags(tags),
            PublicAccessBlockConfiguration=switches,
            ObjectOwnership=object_ownership,
            ACL=acl,
        )

    def create_access_point(
        self,
        name: str,
        bucket: Bucket | str,
        *,
        policy: Document | None = None,
        vpc_id: str | None = None,
        public_access_block: PublicAccessBlock | None = None,
        bucket_account_id: str | None = None,
        region: str = DEFAULT_REGION,
    ) -> AccessPoint:
        """Create an S3 access point: a name for a bucket, with its own policy.

        Parameters
        ----------
        vpc_id
            The VPC that all requests must come from; by default from anywhere.
        public_access_block
            Its settings; by default all four are on.
        bucket_account_id
            The bucket's account, if it is another one.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_access_point("readers", main.create_bucket("maps")).arn
        'arn:aws:s3:us-east-1:111111111111:accesspoint/readers'
        """
        switches = None if public_access_block is None else as_parameter(public_access_block)
        return perform(
            self,
            "s3:CreateAccessPoint",
            Name=name,
            Bucket=getattr(bucket, "name", bucket),
            BucketAccountId=bucket_account_id,
            VpcConfiguration=None if vpc_id is None else {"VpcId": vpc_id},
            PublicAccessBlockConfiguration=switches,
            Policy=as_text(policy),
            Region=region,
        )

    def create_key(
        self,
        *,
        policy: Document | None = None,
        description: str = "",
        key_usage: str = "ENCRYPT_DECRYPT",
        key_spec: str = "SYMMETRIC_DEFAULT",
        tags: Mapping[str, str] | None = None,
        region: str = "us-east-1",
        bypass_policy_lockout_safety_check: bool = False,
        key_administrators: Sequence[str | Identity] | None = None,
        key_users: Sequence[str | Identity] | None = None,
    ) -> Key:
        """Create a KMS key.

        Parameters
        ----------
        policy
            By default the key gets the default key policy: the account's IAM policies decide.
        key_administrators, key_users
            Identities or ARNs, from which the key policy is made, like in the console.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> ana = main.create_user("ana")
        >>> [one.sid for one in main.create_key(key_users=[ana]).policy.statements][1]
        'Allow use of the key'
        """
        from iamlab.operations.services.kms.key import arn_of_principal
        from iamlab.operations.services.kms.keys import console_policy

        if key_administrators is not None or key_users is not None:
            if policy is not None:
                raise RequestError("Pass a policy, or administrators and users, not both.")
            policy = console_policy(
                self.root_arn,
                (key_usage, key_spec),
                [arn_of_principal(principal) for principal in _listed(key_administrators)],
                [arn_of_principal(principal) for principal in _listed(key_users)],
            )
        return perform(
            self,
            "kms:CreateKey",
            Policy=as_text(policy),
            Description=description or None,
            KeyUsage=key_usage,
            KeySpec=key_spec,
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in as_tags(tags) or ()]
            or None,
            Region=region,
            BypassPolicyLockoutSafetyCheck=bypass_policy_lockout_safety_check,
        )

    def put_public_access_block(
        self,
        *,
        block_public_acls: bool = False,
        ignore_public_acls: bool = False,
        block_public_policy: bool = False,
        restrict_public_buckets: bool = False,
    ) -> None:
        """Set the account's settings of S3 Block Public Access; settings not named are off.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.put_public_access_block(block_public_policy=True)
        >>> main.get_public_access_block().block_public_policy
        True
        """
        switches = PublicAccessBlock(
            block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets
        )
        sent = {"PublicAccessBlockConfiguration": as_parameter(switches)}
        perform(self, "s3:PutAccountPublicAccessBlock", **sent)

    def get_public_access_block(self) -> PublicAccessBlock:
        """Return the account's settings of S3 Block Public Access.

        Raises
        ------
        NoSuchPublicAccessBlockConfiguration
            It has no such settings.
        """
        return perform(self, "s3:GetAccountPublicAccessBlock")

    def delete_public_access_block(self) -> None:
        """Remove the account's settings; the buckets' own settings stay."""
        perform(self, "s3:DeleteAccountPublicAccessBlock")

    def create_instance(
        self,
        *,
        instance_profile: InstanceProfile | str | None = None,
        vpc_id: str | None = None,
        private_ip: str | None = None,
        http_tokens: str | None = None,
        http_put_response_hop_limit: int | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Instance:
        """Start an EC2 instance (``RunInstances``).

        Parameters
        ----------
        instance_profile
            The instance profile, which can also be attached later.
        vpc_id
            ``"vpc-..."``; by default the account's default VPC.
        http_tokens
            ``"required"``: its metadata service is IMDSv2 only; by default ``"optional"``.
        http_put_response_hop_limit
            The hop limit of the metadata service's token, 1 to 64; by default 1. A container needs
            2.

        Raises
        ------
        InvalidParameterValue
            There is no such instance profile, or it has no role; or an option isn't valid.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> instance = main.create_instance(http_tokens="required", tags={"Name": "web"})
        >>> instance.state, instance.http_tokens, instance.tags
        ('running', 'required', {'Name': 'web'})
        """
        sent = {"HttpTokens": http_tokens, "HttpPutResponseHopLimit": http_put_response_hop_limit}
        options = {name: value for name, value in sent.items() if value is not None}
        made: list[Instance] = perform(
            self,
            "ec2:RunInstances",
            MinCount=1,
            MaxCount=1,
            IamInstanceProfile=None if instance_profile is None else _named(instance_profile),
            VpcId=vpc_id,
            PrivateIpAddress=private_ip,
            MetadataOptions=options or None,
            TagSpecifications=_specified(tags, "instance"),
            Region=region,
        )
        return made[0]

    def create_vpc_endpoint(
        self,
        service_name: str,
        vpc_id: str,
        *,
        vpc_endpoint_type: str | None = None,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> VpcEndpoint:
        """Create a VPC endpoint, which allows everything by default.

        Parameters
        ----------
        service_name
            ``"com.amazonaws.us-east-1.s3"``.
        vpc_endpoint_type
            ``"Gateway"`` or ``"Interface"``; by default the service's type.

        Raises
        ------
        InvalidServiceName
            There is no such service in the Region.
        InvalidPolicyDocument
            The policy isn't valid for an endpoint.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> endpoint = main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
        >>> endpoint.vpc_endpoint_type, endpoint.endpoint_policy.statements[0].effect
        ('Gateway', 'Allow')
        """
        from iamlab.operations.services.ec2.vpc_endpoints import type_for

        return perform(
            self,
            "ec2:CreateVpcEndpoint",
            VpcId=vpc_id,
            ServiceName=service_name,
            VpcEndpointType=vpc_endpoint_type or type_for(service_name),
            PolicyDocument=as_text(policy),
            TagSpecifications=_specified(tags, "vpc-endpoint"),
            Region=region,
        )

    def create_resource(
        self, arn: str, *, policy: Document | None = None, tags: Tags | None = None
    ) -> OtherResource:
        """Create a resource, by its ARN, of a service without its own method.

        Raises
        ------
        RequestError
            The ARN isn't in this account, or there is a method for such a resource.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_resource("arn:aws:logs:us-east-1:111111111111:log-group:web").service
        'logs'
        """
        check_texts(arn=arn)
        region = Arn.parse(arn).region if is_arn(arn) else ""
        return perform(
            self,
            "cloudformation:CreateResource",
            Arn=arn,
            Policy=as_text(policy),
            Tags=as_tags(tags),
            Region=region or None,
        )


_PROFILE = "instance_profile is a profile, its name or its ARN"


def _specified(tags: Tags | None, what: str) -> list[dict[str, Any]] | None:
    """Return tags in EC2's form for new resources."""
    found = as_tags(tags)
    return [{"ResourceType": what, "Tags": found}] if found else None


def _named(profile: InstanceProfile | str) -> dict[str, str]:
    """Return an instance profile's name or ARN as EC2's parameter."""
    if not isinstance(profile, str):
        return {"Arn": arn_of(profile, _PROFILE)}
    if not profile:
        raise RequestError(f"{_PROFILE}.")
    return {"Arn" if is_arn(profile) else "Name": profile}


def _listed(principals: Sequence[str | Identity] | None) -> list[Any]:
    return as_list(principals or (), "Administrators and users of a key are lists")
