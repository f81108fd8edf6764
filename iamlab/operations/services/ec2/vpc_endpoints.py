"""VPC endpoints: connections from a VPC to a service, each with a policy for its requests.

An endpoint policy isn't a resource-based policy: it gives no access to the endpoint itself.

Notes
-----
AWS pages: "Control access to VPC endpoints using endpoint policies"; "Gateway endpoints"; "API
CreateVpcEndpoint".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors.ec2 import (
    InvalidParameterCombination,
    InvalidServiceName,
    InvalidVpcEndpointIdNotFound,
)
from iamlab.errors.services import InvalidParameter
from iamlab.model.record import check_texts
from iamlab.operations.parameters import as_text, must_be_there
from iamlab.operations.policy_documents import saved
from iamlab.operations.services.apis import forget, keep
from iamlab.operations.services.ec2.instances import check_vpc
from iamlab.operations.services.ec2.tagged_resources import (
    OfEc2,
    arn_of,
    does,
    find,
    keys_of,
    new_id,
    tags_at_start,
)
from iamlab.operations.services.names_and_tags import check_region, region_of
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

GATEWAYS = frozenset({"s3", "dynamodb"})
"""Services with gateway endpoints; they also have interface endpoints."""

PREFIX_OF = {
    "ecr.api": "ecr",
    "ecr.dkr": "ecr",
    "email-smtp": "ses",
    "git-codecommit": "codecommit",
    "monitoring": "cloudwatch",
    "sagemaker.api": "sagemaker",
    "sagemaker.runtime": "sagemaker",
    "streaming-data": "kinesis",
}
"""End of an endpoint service's name -> the service's prefix in actions, if that differs."""

_SERVICE = re.compile(r"(?:cn\.)?com\.amazonaws\.([a-z0-9-]+)\.([a-z0-9.-]+)", re.ASCII)
_EVERYTHING = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def full_access() -> Policy:
    """Return the default policy of an endpoint, which allows everything.

    Examples
    --------
    >>> full_access().statements[0].action
    ('*',)
    """
    return Policy.parse(_EVERYTHING, name="full access")


@dataclass(slots=True, eq=False)
class VpcEndpoint(OfEc2):
    """A VPC endpoint.

    Parameters
    ----------
    service_name
        ``com.amazonaws.us-east-1.s3``.
    vpc_endpoint_type
        ``Gateway`` or ``Interface``.
    endpoint_policy
        The policy for requests through it. It isn't ``policy``, because it gives no access to the
        endpoint itself.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> endpoint = main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-0a1b2c3d")
    >>> endpoint.for_service, endpoint.vpc_endpoint_type
    ('s3', 'Gateway')
    """

    service_name: str = ""
    vpc_id: str = ""
    vpc_endpoint_type: str = "Gateway"
    endpoint_policy: Policy = field(default_factory=full_access, repr=False)
    kind: ClassVar[str] = "VPC endpoint"

    @property
    def for_service(self) -> str:
        """The prefix of its service: ``"s3"``."""
        return _prefix(self.service_name)

    @property
    def vpc_arn(self) -> str:
        """The ARN of its VPC."""
        start = self.arn.partition(":vpc-endpoint/")[0]
        return f"{start}:vpc/{self.vpc_id}"

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys of endpoints."""
        return {**keys_of(self), **_service_keys(self.service_name)}

    def modify(self, *, policy: Document | None = None, reset_policy: bool | None = None) -> None:
        """Replace its policy (``ModifyVpcEndpoint``).

        Parameters
        ----------
        reset_policy
            Whether to restore full access.

        Raises
        ------
        InvalidPolicyDocument
            It isn't a valid endpoint policy.
        InvalidParameterCombination
            Both parameters are set.
        """
        self._do(
            "ModifyVpcEndpoint",
            VpcEndpointId=self.name,
            PolicyDocument=None if policy is None else as_text(policy),
            ResetPolicy=reset_policy,
        )

    def put_policy(self, document: Document) -> None:
        """Replace its policy; see :meth:`modify`."""
        self.modify(policy=must_be_there(document))

    def delete_policy(self) -> None:
        """Restore full access: every endpoint has a policy."""
        self.modify(reset_policy=True)

    def delete(self) -> None:
        """Delete it (``DeleteVpcEndpoints``)."""
        self._do("DeleteVpcEndpoints", VpcEndpointIds=[self.name])


def _service_keys(service_name: str) -> dict[str, str]:
    return {"ec2:VpceServiceName": service_name, "ec2:VpceServiceOwner": "amazon"}


def _prefix(service_name: str) -> str:
    found = _SERVICE.fullmatch(service_name)
    end = "" if found is None else found[2]
    return PREFIX_OF.get(end, end.partition(".")[0].partition("-fips")[0])


def type_for(service_name: str) -> str:
    """Return the default type of a service's endpoint.

    Examples
    --------
    >>> type_for("com.amazonaws.us-east-1.s3"), type_for("com.amazonaws.us-east-1.sqs")
    ('Gateway', 'Interface')
    """
    check_texts(service_name=service_name)
    return "Gateway" if _prefix(service_name) in GATEWAYS else "Interface"


def _keys(_: Account, arguments: Parameters) -> dict[str, str]:
    return {"ec2:Region": region_of(arguments), **_service_keys(arguments["ServiceName"])}


@does("CreateVpcEndpoint", on="vpc-endpoint/*", keys=_keys)
def create_vpc_endpoint(account: Account, arguments: Parameters) -> VpcEndpoint:
    """Create a VPC endpoint, by default with full access."""
    check_region(arguments)
    check_vpc(arguments["VpcId"])
    name, kind = arguments["ServiceName"], arguments.get("VpcEndpointType", "Gateway")
    _check_service(name, kind, region_of(arguments))
    tags = tags_at_start(arguments, "vpc-endpoint")
    document = arguments.get("PolicyDocument")
    policy = full_access() if document is None else _checked(document, name)
    arn = arn_of(account, arguments, new_id(account, "vpce"))
    return keep(VpcEndpoint(account, arn, tags, None, name, arguments["VpcId"], kind, policy))


def _check_service(name: str, kind: str, region: str) -> None:
    """Check that the Region has the service, with this type of endpoint."""
    found = _SERVICE.fullmatch(name)
    if found is None or found[1] != region:
        raise InvalidServiceName(f"The Vpc Endpoint Service '{name}' does not exist")
    types = ("Interface", "Gateway") if _prefix(name) in GATEWAYS else ("Interface",)
    if kind not in types:
        raise InvalidParameter(
            f"Endpoint type ({kind}) does not match available service types ([{', '.join(types)}])."
        )


def _checked(document: Document, service_name: str) -> Policy:
    return saved(document, f"endpoint policy for {_prefix(service_name)}", "endpoint")


@does("ModifyVpcEndpoint", on="VpcEndpointId", answer=lambda _: {"Return": True})
def modify_vpc_endpoint(account: Account, arguments: Parameters) -> None:
    """Replace an endpoint's policy, or restore full access."""
    endpoint = _find(account, arguments, arguments["VpcEndpointId"])
    if "PolicyDocument" in arguments and arguments.get("ResetPolicy"):
        raise InvalidParameterCombination(
            "The parameter PolicyDocument cannot be used together with ResetPolicy"
        )
    if "PolicyDocument" in arguments:
        endpoint.endpoint_policy = _checked(arguments["PolicyDocument"], endpoint.service_name)
    elif arguments.get("ResetPolicy"):
        endpoint.endpoint_policy = full_access()


@does("DeleteVpcEndpoints", on="VpcEndpointIds")
def delete_vpc_endpoints(account: Account, arguments: Parameters) -> None:
    """Delete endpoints, or none if one of them is missing."""
    for endpoint in find_endpoints(account, arguments):
        forget(endpoint)


def find_endpoints(account: Account, arguments: Parameters) -> list[VpcEndpoint]:
    """Find all endpoints that a call names."""
    wanted = dict.fromkeys(map(str, arguments["VpcEndpointIds"]))
    return [_find(account, arguments, which) for which in wanted]


def _find(account: Account, arguments: Parameters, which: object) -> VpcEndpoint:
    refusal = InvalidVpcEndpointIdNotFound(f"The Vpc Endpoint Id '{which}' does not exist")
    return find(account, arguments, which, VpcEndpoint, refusal)
