"""The questions to a world that its events answer: what was used, and what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
    from iamlab.analysis.least_privilege.policy_sizes import PolicyForm
    from iamlab.analysis.least_privilege.unused import Unused
    from iamlab.analysis.trails.uses import Use
    from iamlab.authorization.principal import Caller
    from iamlab.model.event import Event
    from iamlab.model.world import World


class EventQuestions:
    """The methods of a world that look at what happened."""

    def least_privilege(
        self,
        caller: Caller,
        events: Iterable[Event | Use] | None = None,
        *,
        most_resources: int = 10,
        form: PolicyForm = "managed",
        pass_role: bool = False,
    ) -> LeastPrivilege:
        """Write the tightest policy that allows what a caller did, and say what it leaves open.

        Parameters
        ----------
        caller
            A user, a role, a session or key of one, or the ARN of one that need not be here.
        events
            Of another log, such as a ``Trail``. Default: those of this world.
        most_resources
            More resources than this with the same beginning are written as it and a star.
        form
            ``"managed"``: up to 6,144 characters each; ``"inline"``: one that fits a user or role.
        pass_role
            Whether to allow ``iam:PassRole`` for the roles that calls handed to services.

        Raises
        ------
        LimitExceeded
            What was used does not fit into all policies that one principal may have.
        RequestError
            That is no caller, or the root user, whom no policy of its own limits; or those are no
            events.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.attach_policy("AmazonS3FullAccess")
        >>> decision = world.do(ana, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
        >>> [statement.sid for statement in world.least_privilege(ana).policy.statements]
        ['ReadStarMaps']
        """
        from iamlab.analysis.least_privilege.least_privilege import least_privilege

        return least_privilege(
            cast("World", self),
            caller,
            events,
            most_resources=most_resources,
            form=form,
            pass_role=pass_role,
        )

    def unused(
        self,
        caller: Caller | None = None,
        events: Iterable[Event | Use] | None = None,
        *,
        unused_access_age: int = 90,
    ) -> Unused:
        """Say what was granted and never used, and which edits take it away.

        Parameters
        ----------
        caller
            A user or role. Default: all who are older than the age.
        events
            Of another log, such as a ``Trail``. Default: those of this world.
        unused_access_age
            In days, 1 to 365: how long ago the last use must be for a finding.

        Raises
        ------
        NoSuchEntity
            The caller is not in this world.
        RequestError
            That is no caller, no age, or those are no events.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.attach_policy("AmazonS3FullAccess")
        >>> print(world.unused(ana).edits[0])
        Detach AmazonS3FullAccess from user ana: nothing of it was used.
        """
        from iamlab.analysis.least_privilege.unused import unused

        return unused(cast("World", self), caller, events, unused_access_age=unused_access_age)
