"""An EC2 instance: its place, and the instance profile that passes it a role.

Instances by their ids.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "Use instance profiles"; "Configure the Instance Metadata
Service options"; "Actions, resources, and condition keys for Amazon EC2".
AWS page: "Error codes for the Amazon EC2 API".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors.ec2 import InvalidInstanceIDMalformed, InvalidInstanceIDNotFound
from iamlab.operations.parameters import arn_of
from iamlab.operations.services.ec2.instance_role import session_of
from iamlab.operations.services.ec2.metadata import MetadataService
from iamlab.operations.services.ec2.tagged_resources import OfEc2, keys_of
from iamlab.operations.services.ec2.tagged_resources import arn_of as ec2_arn

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.providers import InstanceProfile
    from iamlab.operations.registry import Parameters
    from iamlab.operations.sts.session import Session


@dataclass(frozen=True, slots=True)
class Association:
    """The association of an instance and an instance profile, with its own id.

    Parameters
    ----------
    profile_id
        The unique id of the profile, which a new profile with the same name doesn't have.
    """

    association_id: str
    profile_arn: str
    profile_id: str

    @property
    def profile(self) -> dict[str, str]:
        """The instance profile, in the API's form."""
        return {"Arn": self.profile_arn, "Id": self.profile_id}


@dataclass(slots=True, eq=False)
class Instance(OfEc2):
    """An EC2 instance.

    Parameters
    ----------
    address
        Its private IP address.
    state
        ``running``, ``stopped`` or ``terminated``.
    metadata_options
        ``HttpTokens``: whether its metadata service requires a token (IMDSv2); ``HttpEndpoint``:
        whether it is enabled; ``HttpPutResponseHopLimit``: how far a token travels.
    delivered
        For each version of the metadata service, the id of its current access key.
    """

    vpc_id: str = ""
    address: str = ""
    state: str = "running"
    metadata_options: dict[str, str | int] = field(default_factory=dict)
    association: Association | None = field(default=None, repr=False)
    delivered: dict[str, str] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = "instance"

    @property
    def private_ip(self) -> str:
        """Its private IP address."""
        return self.address

    @property
    def http_tokens(self) -> str:
        """``required`` (IMDSv2 only) or ``optional`` (also IMDSv1)."""
        return str(self.metadata_options.get("HttpTokens", "optional"))

    @property
    def http_endpoint(self) -> str:
        """``enabled`` or ``disabled``: whether its metadata service answers."""
        return str(self.metadata_options.get("HttpEndpoint", "enabled"))

    @property
    def http_put_response_hop_limit(self) -> int:
        """How many hops the response with a token travels: 1 in the instance, 2 to containers."""
        limit = self.metadata_options.get("HttpPutResponseHopLimit", 1)
        return limit if isinstance(limit, int) else 1  # a file can contain anything

    @property
    def metadata(self) -> MetadataService:
        """Its metadata service, which gives software on it identity and credentials."""
        return MetadataService(self)

    @property
    def iam_instance_profile(self) -> InstanceProfile | None:
        """Its instance profile; ``None`` without one, or if it was deleted."""
        if self.association is None:
            return None
        every = self.account.instance_profiles.values()
        wanted = self.association.profile_id
        return next((profile for profile in every if profile.unique_id == wanted), None)

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys of instances."""
        profile = self.association and self.association.profile_arn
        return {
            **keys_of(self),
            "ec2:InstanceID": self.name,
            "ec2:MetadataHttpTokens": self.http_tokens,
            "ec2:MetadataHttpEndpoint": self.http_endpoint,
            "ec2:MetadataHttpPutResponseHopLimit": self.http_put_response_hop_limit,
            **({"ec2:InstanceProfile": profile} if profile else {}),
        }

    def associate_iam_instance_profile(self, instance_profile: InstanceProfile | str) -> None:
        """Attach an instance profile, also while running (``AssociateIamInstanceProfile``).

        Raises
        ------
        IncorrectState
            It already has an instance profile.
        InvalidParameterValue
            There is no such profile, or it has no role.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="ec2.amazonaws.com")
        >>> role = main.create_role("web", assume_role_policy_document=trust)
        >>> profile = main.create_instance_profile("web")
        >>> profile.add_role("web")
        >>> instance = main.create_instance()
        >>> instance.associate_iam_instance_profile("web")
        >>> instance.iam_instance_profile is profile
        True
        """
        self._do(
            "AssociateIamInstanceProfile",
            InstanceId=self.name,
            IamInstanceProfile={"Name": name_of(instance_profile)},
        )

    def replace_iam_instance_profile_association(
        self, instance_profile: InstanceProfile | str
    ) -> None:
        """Replace the instance profile (``ReplaceIamInstanceProfileAssociation``).

        Raises
        ------
        IncorrectInstanceState
            It isn't running.
        InvalidAssociationIDNotFound
            It has no instance profile to replace.
        """
        self._do(
            "ReplaceIamInstanceProfileAssociation",
            AssociationId=self._association_id,
            IamInstanceProfile={"Name": name_of(instance_profile)},
        )

    def disassociate_iam_instance_profile(self) -> None:
        """Detach its instance profile; existing credentials stay valid until they expire.

        Raises
        ------
        InvalidAssociationIDNotFound
            It has no instance profile.
        """
        self._do("DisassociateIamInstanceProfile", AssociationId=self._association_id)

    @property
    def _association_id(self) -> str:
        return self.association.association_id if self.association else "iip-assoc-none"

    def modify_metadata_options(
        self,
        *,
        http_tokens: str | None = None,
        http_endpoint: str | None = None,
        http_put_response_hop_limit: int | None = None,
    ) -> None:
        """Change the options of its metadata service (``ModifyInstanceMetadataOptions``).

        Raises
        ------
        InvalidParameterValue
            ``http_tokens`` is ``"required"`` or ``"optional"``, ``http_endpoint`` ``"enabled"``
            or ``"disabled"``, ``http_put_response_hop_limit`` 1 to 64.
        """
        self._do(
            "ModifyInstanceMetadataOptions",
            InstanceId=self.name,
            HttpTokens=http_tokens,
            HttpEndpoint=http_endpoint,
            HttpPutResponseHopLimit=http_put_response_hop_limit,
        )

    def stop(self) -> None:
        """Stop it (``StopInstances``)."""
        self._do("StopInstances", InstanceIds=[self.name])

    def start(self) -> None:
        """Start it again (``StartInstances``)."""
        self._do("StartInstances", InstanceIds=[self.name])

    def terminate(self) -> None:
        """Terminate it (``TerminateInstances``)."""
        self._do("TerminateInstances", InstanceIds=[self.name])

    def role_session(self, *, delivery: str = "2.0") -> Session:
        """Return the metadata service's credentials: a session of the role in the instance profile.

        The session stays the same until 15 minutes before its end, or until the role changes.

        Parameters
        ----------
        delivery
            The version of the metadata service: ``"1.0"`` needs no token, and can be disabled.

        Raises
        ------
        AccessDenied
            The role's trust policy doesn't allow EC2.
        RequestError
            There is no role, or the metadata service doesn't answer; with the reason.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> role = main.create_role("web", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}})
        >>> profile = main.create_instance_profile("web")
        >>> profile.add_role(role)
        >>> session = main.create_instance(instance_profile=profile).role_session()
        >>> session.arn.startswith("arn:aws:sts::111111111111:assumed-role/web/i-")
        True
        """
        return session_of(self, delivery)


def name_of(instance_profile: InstanceProfile | str) -> str:
    """Return the name of an instance profile.

    Raises
    ------
    RequestError
        It isn't a profile or a name.
    """
    if isinstance(instance_profile, str):
        return instance_profile
    arn_of(instance_profile, "instance_profile is a profile or its name")
    return instance_profile.name


_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)


def find_instance(account: Account, arguments: Parameters, which: object) -> Instance:
    """Find an instance by a call's id; see :func:`find_instances`."""
    return find_instances(account, {**arguments, "InstanceIds": [which]})[0]


def find_instances(account: Account, arguments: Parameters) -> list[Instance]:
    """Find all instances that a call names.

    Raises
    ------
    InvalidInstanceIDMalformed, InvalidInstanceIDNotFound
        An id isn't valid, or there are no such instances.
    """
    wanted = arguments["InstanceIds"]
    for which in wanted:
        if not (isinstance(which, str) and _ID.fullmatch(which)):
            raise InvalidInstanceIDMalformed(f'Invalid id: "{which}"')
    known = {which: account.resources.get(ec2_arn(account, arguments, which)) for which in wanted}
    found = [instance for instance in known.values() if isinstance(instance, Instance)]
    missing = [which for which in known if not isinstance(known[which], Instance)]
    if missing:
        noun, verb = ("IDs", "do") if len(missing) > 1 else ("ID", "does")
        raise InvalidInstanceIDNotFound(
            f"The instance {noun} '{', '.join(missing)}' {verb} not exist"
        )
    return found
