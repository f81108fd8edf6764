"""What an account creates in S3, KMS and EC2, and resources of services without methods here.

Notes
-----
AWS pages: "Configuring block public access settings for your account"; "Creating a KMS key".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.lab.account_services import policy_text
from iamlab.model import account as records
from iamlab.model.public_access_block import as_parameter
from iamlab.model.record import check_texts
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import arn_of, as_list, as_tags
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
        """Create an S3 bucket. Its name is unique in the whole world.

        Parameters
        ----------
        public_access_block
            Its switches; all four are on if nothing is said, as AWS has it since April 2023. A
            bucket of the old kind has ``PublicAccessBlock()``.
        object_ownership
            ``"BucketOwnerEnforced"`` if nothing is said: ACLs are off.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).create_account("main").create_bucket("maps").public_access_block
        PublicAccessBlock(block_public_acls=True, ignore_public_acls=True, \
block_public_policy=True, restrict_public_buckets=True)
        """
        switches = None if public_access_block is None else as_parameter(public_access_block)
        made: Bucket = perform(
            self,
            "s3:CreateBucket",
            Bucket=name,
            Policy=policy_text(policy),
            Tags=as_tags(tags),
            PublicAccessBlockConfiguration=switches,
            ObjectOwnership=object_ownership,
            ACL=acl,
        )
        return made

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
            Without it the key gets the default key policy: IAM policies of the account decide.
        key_administrators, key_users
            Identities or ARNs: the key gets the policy that the console makes of them.

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
                raise RequestError("Give a policy, or administrators and users: not both.")
            policy = console_policy(
                self.root_arn,
                (key_usage, key_spec),
                [arn_of_principal(principal) for principal in _listed(key_administrators)],
                [arn_of_principal(principal) for principal in _listed(key_users)],
            )
        made: Key = perform(
            self,
            "kms:CreateKey",
            Policy=policy_text(policy),
            Description=description or None,
            KeyUsage=key_usage,
            KeySpec=key_spec,
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in as_tags(tags) or ()]
            or None,
            Region=region,
            BypassPolicyLockoutSafetyCheck=bypass_policy_lockout_safety_check,
        )
        return made

    def put_public_access_block(
        self,
        *,
        block_public_acls: bool = False,
        ignore_public_acls: bool = False,
        block_public_policy: bool = False,
        restrict_public_buckets: bool = False,
    ) -> None:
        """Set the account's switches of S3 Block Public Access; those not named are off.

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
        perform(
            self,
            "s3:PutAccountPublicAccessBlock",
            PublicAccessBlockConfiguration=as_parameter(switches),
        )

    def get_public_access_block(self) -> PublicAccessBlock:
        """Read the account's switches.

        Raises
        ------
        NoSuchPublicAccessBlockConfiguration
            It has none.
        """
        read: PublicAccessBlock = perform(self, "s3:GetAccountPublicAccessBlock")
        return read

    def delete_public_access_block(self) -> None:
        """Take the account's switches away: each bucket's own are left."""
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
            What hands it a role; it may get one later.
        vpc_id
            ``"vpc-..."``; the account's default VPC if nothing is said.
        http_tokens
            ``"required"``: its metadata service is IMDSv2 only; ``"optional"`` if nothing is said.
        http_put_response_hop_limit
            How far a token of the metadata service travels, 1 to 64 hops; 1 if nothing is said,
            and 2 reach a container.

        Raises
        ------
        InvalidParameterValue
            There is no such instance profile, or no role in it; or an option cannot be so.

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
        [made] = perform(
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
        started: Instance = made
        return started

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
        """Create a VPC endpoint, which lets everything through if no policy is given.

        Parameters
        ----------
        service_name
            ``"com.amazonaws.us-east-1.s3"``.
        vpc_endpoint_type
            ``"Gateway"`` or ``"Interface"``; if nothing is said, what the service has.

        Raises
        ------
        InvalidServiceName
            There is no such service in the Region.
        InvalidPolicyDocument
            The policy is none of an endpoint.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> endpoint = main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
        >>> endpoint.vpc_endpoint_type, endpoint.endpoint_policy.statements[0].effect
        ('Gateway', 'Allow')
        """
        from iamlab.operations.services.ec2.vpc_endpoints import type_for

        made: VpcEndpoint = perform(
            self,
            "ec2:CreateVpcEndpoint",
            VpcId=vpc_id,
            ServiceName=service_name,
            VpcEndpointType=vpc_endpoint_type or type_for(service_name),
            PolicyDocument=policy_text(policy),
            TagSpecifications=_specified(tags, "vpc-endpoint"),
            Region=region,
        )
        return made

    def create_resource(
        self, arn: str, *, policy: Document | None = None, tags: Tags | None = None
    ) -> OtherResource:
        """Create a resource of a service that has no method of its own here, by its ARN.

        Raises
        ------
        RequestError
            The ARN is none of this account, or there is a method for such a thing.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_resource("arn:aws:logs:us-east-1:111111111111:log-group:web").service
        'logs'
        """
        check_texts(arn=arn)
        region = Arn.parse(arn).region if is_arn(arn) else ""
        made: OtherResource = perform(
            self,
            "cloudformation:CreateResource",
            Arn=arn,
            Policy=policy_text(policy),
            Tags=as_tags(tags),
            Region=region or None,
        )
        return made


_PROFILE = "instance_profile is a profile, its name or its ARN"


def _specified(tags: Tags | None, what: str) -> list[dict[str, Any]] | None:
    """Write tags as EC2 takes them for what is to be made."""
    found = as_tags(tags)
    return [{"ResourceType": what, "Tags": found}] if found else None


def _named(profile: InstanceProfile | str) -> dict[str, str]:
    """Name an instance profile by its name or its ARN."""
    if not isinstance(profile, str):
        return {"Arn": arn_of(profile, _PROFILE)}
    if not profile:
        raise RequestError(f"{_PROFILE}.")
    return {"Arn" if is_arn(profile) else "Name": profile}


def _listed(principals: Sequence[str | Identity] | None) -> list[Any]:
    return as_list(principals or (), "Administrators and users of a key are lists")
