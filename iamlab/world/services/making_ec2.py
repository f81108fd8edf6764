"""How an account gets instances, VPC endpoints, and resources of services without a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.api.values import arn_of, as_tags, as_text
from iamlab.world.checked import check_texts
from iamlab.world.context import DEFAULT_REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.saving import Document
    from iamlab.world.services.cloudcontrol import OtherResource
    from iamlab.world.services.ec2.instance import Instance
    from iamlab.world.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.world.things import InstanceProfile

    Tags = Mapping[str, str]


class MakesOfEc2:
    """The methods of an account that make them, each one operation of EC2 or Cloud Control."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _make(self, operation: str, **parameters: Any) -> Any: ...

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
        [made] = self._make(
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
        from iamlab.world.services.ec2.vpc_endpoints import type_for

        made: VpcEndpoint = self._make(
            "ec2:CreateVpcEndpoint",
            VpcId=vpc_id,
            ServiceName=service_name,
            VpcEndpointType=vpc_endpoint_type or type_for(service_name),
            PolicyDocument=_text(policy),
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
        made: OtherResource = self._make(
            "cloudformation:CreateResource",
            Arn=arn,
            Policy=_text(policy),
            Tags=as_tags(tags),
            Region=region or None,
        )
        return made


_PROFILE = "instance_profile is a profile, its name or its ARN"


def _text(policy: Document | None) -> Any:
    return None if policy is None else as_text(policy)


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
