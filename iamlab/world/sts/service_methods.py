"""What AWS services do at STS, as methods of ``world.sts``.

Notes
-----
AWS pages: "Roles terms and concepts", for service roles and service-linked roles; "API AssumeRole".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.api.values import arn_of
from iamlab.world.sts.given import as_role_arn
from iamlab.world.sts.services import assume_role_as_service

if TYPE_CHECKING:
    from iamlab.world.identities import Role
    from iamlab.world.resources import Resource
    from iamlab.world.sts.session import Session
    from iamlab.world.world import World


class ServicesAssumeRoles:
    """The method that plays the part of an AWS service."""

    __slots__ = ()

    if TYPE_CHECKING:
        world: World
        region: str

    def assume_role_as_service(
        self,
        service: str,
        *,
        role_arn: str | Role,
        role_session_name: str | None = None,
        source_arn: str | Resource | None = None,
        duration_seconds: int | None = None,
    ) -> Session:
        """Let an AWS service take a role: only the role's trust policy is asked.

        Parameters
        ----------
        service
            The service principal: ``"ecs-tasks.amazonaws.com"``.
        role_arn
            A service role, or the service's service-linked role.
        role_session_name, duration_seconds
            If nothing is said, as the service does it: see ``iamlab.world.sts.service_kinds``.
            The role's maximum session duration does not limit a service.
        source_arn
            The resource for which the service works: a function, a task, a project. Of it come
            ``aws:SourceArn`` and ``aws:SourceAccount``, which the trust policy can ask for, and
            condition keys of the session such as ``lambda:SourceFunctionArn``.

        Raises
        ------
        AccessDenied
            The trust policy does not let the service, or there is no such role; in the service's
            words, where they are known.
        ValidationError
            A parameter is not as it must be.
        RegionDisabledException
            The account has switched STS off in the Region.
        RequestError
            It is no service; or it is EC2, which gives a role to an instance.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> role = main.create_role("deploy", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "cloudformation.amazonaws.com"},
        ...     "Action": "sts:AssumeRole"}})
        >>> session = world.sts.assume_role_as_service(
        ...     "cloudformation.amazonaws.com", role_arn=role)
        >>> session.arn
        'arn:aws:sts::111111111111:assumed-role/deploy/AWSCloudFormation'
        """
        if source_arn is not None and not isinstance(source_arn, str):
            source_arn = arn_of(source_arn, "source_arn is a resource or its ARN")
        return assume_role_as_service(
            self.world,
            service,
            as_role_arn(role_arn),
            endpoint=self.region,
            role_session_name=role_session_name,
            source_arn=source_arn,
            duration_seconds=duration_seconds,
        )
