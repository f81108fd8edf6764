"""The questions that you can ask a world. *The world collects facts, the engine decides.*"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import turned_around, with_old_names
from iamlab.errors import RequestError
from iamlab.model import world as records
from iamlab.model.record import check_texts
from iamlab.operations.unmodelled_actions import PresignedUrl, use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.analysis.external_access.findings import OutsideAccess
    from iamlab.analysis.external_access.zone_of_trust import ZoneOfTrust
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.analysis.what_can.what_can import WhatCan
    from iamlab.analysis.who_can import WhoCan
    from iamlab.analysis.world_diff.world_diff import WorldDiff
    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances


@with_old_names
class Questions(records.World):
    """The methods of a world that answer questions; ``do`` also logs an event."""

    @with_old_names
    def can(
        self,
        principal: Caller,
        action: str,
        resource: str | Sequence[str],
        *,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Decision:
        """Decide whether a principal can perform an action.

        Parameters
        ----------
        principal
            A user, a role ("any session of it"), an ARN of these, of a role session or of a root
            user, a service principal, or ``ANONYMOUS``.
        action
            As in ``Request``.
        resource
            An ARN or ``*``; for a call that needs several permissions, all its ARNs: of each
            resource, of the role that it passes, of the KMS key of the data.
        context
            Condition keys that the world doesn't know, or that override the world's.
        circumstances
            The circumstances of the call: ``network``, ``via``, ``source_arn``,
            ``request_tags``, ``region``; and how strictly to read the question: ``strict``,
            ``allow_unknown``; see ``iamlab.model.network_locations.Circumstances``.

        Returns
        -------
        Decision
            True when allowed. For several ARNs, it is that of the permission that fails, and
            ``pairs`` has the decisions about all of them.

        Raises
        ------
        NoSuchEntity
            The caller, its account or the call's VPC endpoint isn't in this world.
        RequestError
            The question isn't valid: the caller isn't a principal (a group, for example), an action
            is misspelt, the resource isn't an ARN, or a circumstance doesn't fit the caller. With
            ``strict=True`` also any other problem of the question or of the policies.

        Examples
        --------
        >>> from iamlab import Network
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> world = scenario("groups")
        >>> alice = world.user("alice")
        >>> print(world.can(alice, "s3:GetObject", MAP, network=Network(ip="203.0.113.9")))
        ✓ allowed by star-maps-read/ReadMaps
        >>> key = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        >>> for pair in world.can(alice, "s3:GetObject", [MAP, key]).pairs:
        ...     print(pair.request.action, pair.verdict)
        s3:GetObject allowed
        kms:Decrypt implicit deny
        """
        return authorize(self, principal, action, resource, context=context, **circumstances)

    def generate_presigned_url(
        self, principal: Caller, action: str, resource: str, expires_in: int = 3600
    ) -> PresignedUrl:
        """Sign a request to S3 for whoever gets the URL; ``open`` decides it.

        Parameters
        ----------
        principal
            The signer. With an access key or a session, the URL ends when it does.
        expires_in
            For how many seconds it is valid, at most seven days.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> world = scenario("groups")
        >>> url = world.generate_presigned_url(world.user("alice"), "s3:GetObject", MAP, 600)
        >>> print(url.open())
        ✓ allowed by star-maps-read/ReadMaps
        >>> world.clock.advance(minutes=10)
        >>> url.open()
        Traceback (most recent call last):
        ...
        iamlab.errors.AccessDenied: AccessDenied: Request has expired
        """
        if not action.startswith("s3:"):
            raise RequestError(f"{action} isn't an action of S3: only S3 has presigned URLs here.")
        return PresignedUrl(self, principal, action, resource, self.clock.now, expires_in)

    @with_old_names
    def do(
        self,
        principal: Caller,
        action: str,
        resource: str | Sequence[str],
        *,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Decision:
        """Use an action without a model in this world: decide, log the event, and raise if denied.

        Parameters
        ----------
        principal, action, resource, context, circumstances
            As in ``can``.

        Raises
        ------
        AccessDenied
            The caller has no permission; with the decision, in AWS's words.

        Examples
        --------
        >>> from iamlab import World
        >>> from iamlab.errors import AccessDenied
        >>> world = World(seed=7)
        >>> alice = world.create_account("main").create_user("alice")
        >>> try:
        ...     world.do(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
        ... except AccessDenied as error:
        ...     print(error.code, world.events[-1].event_name)
        AccessDenied GetObject
        """
        return use(self, principal, action, resource, context, circumstances)

    def who_can(
        self,
        action: str,
        resource: str,
        *,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> WhoCan:
        """Find all users, roles and root users of the world that can perform an action.

        Parameters
        ----------
        action, resource, context, circumstances
            As in ``can``.

        Returns
        -------
        WhoCan
            Their ARNs, each with its decision.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> world = scenario("groups")
        >>> [arn.rpartition("/")[2] for arn in world.who_can("s3:GetObject", MAP)]
        ['alice', 'bob', 'dana', 'arn:aws:iam::111111111111:root']
        """
        from iamlab.analysis.who_can import who_can

        check_texts(action=action, resource=resource)
        return who_can(self, action, resource, context, circumstances)

    @with_old_names
    def what_can(
        self,
        principal: Caller,
        *,
        services: Iterable[str] | None = None,
        resources: Iterable[str] | None = None,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> WhatCan:
        """Find everything that a principal can do: see ``iamlab.analysis.what_can``.

        Parameters
        ----------
        principal, context, circumstances
            As in ``can``.
        services
            Prefixes of services. Default: all.
        resources
            The resources. Default: those in the world, those that policies name, and an unnamed
            resource of each type.

        Examples
        --------
        >>> from iamlab.teach.scenarios import scenario
        >>> world = scenario("groups")
        >>> print(world.what_can(world.user("alice"), services=["s3"]).allowed[1])
        s3:GetObject on objects in star-maps: by star-maps-read/ReadMaps (group astronomers)
        """
        from iamlab.analysis.what_can.what_can import what_can

        return what_can(
            self,
            principal,
            services=services,
            resources=resources,
            context=context,
            circumstances=circumstances,
        )

    @with_old_names
    def access_matrix(
        self,
        actions: Iterable[str],
        resources: Iterable[str],
        principals: Iterable[Caller] | None = None,
        *,
        by: str = "principal",
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> AccessMatrix:
        """Decide for many callers, actions and resources at once.

        Parameters
        ----------
        actions, resources
            Every action is checked on every resource.
        principals
            Default: all of the kind that ``by`` names.
        by
            ``"principal"``: users, roles, root users. ``"role"``: roles. ``"group"``: the
            permissions of a member with only this group.
        context, circumstances
            As in ``can``.

        Returns
        -------
        AccessMatrix
            Each cell is the result of ``can``.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> world = scenario("groups")
        >>> actions = ["s3:GetObject", "s3:PutObject"]
        >>> matrix = world.access_matrix(actions, [MAP], [world.user("alice")])
        >>> matrix.allowed(0, 0), matrix.allowed(0, 1)
        (True, False)
        """
        from iamlab.analysis.access_matrix import access

        return access(self, actions, resources, principals, by, context, circumstances)

    def outside_access(self, zone_of_trust: ZoneOfTrust | None = None) -> OutsideAccess:
        """Find access from outside: see ``iamlab.analysis.external_access``.

        Parameters
        ----------
        zone_of_trust
            The trusted accounts: ``"organization"``, ``"account"``, an OU, or a list of accounts.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> queue = main.create_queue("orders")
        >>> queue.put_policy(Policy.allow("sqs:SendMessage", queue.arn, principal="*"))
        >>> [finding] = main.world.outside_access()
        >>> finding.resource_type, finding.is_public
        ('AWS::SQS::Queue', True)
        """
        from iamlab.analysis.external_access.external_access import outside_access

        return outside_access(self, zone_of_trust)

    def reach(
        self,
        *,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Reach:
        """Find privilege escalation: by roles, keys, passwords, and by writing policies.

        Parameters
        ----------
        context, circumstances
            As in ``can``, for all callers, without ``strict``.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> dana = main.create_user("dana")
        >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
        >>> print(main.world.reach().path(dana, to="admin"))
        1. user/dana -> user/dana with any permission: iam:PutUserPolicy
        """
        from iamlab.analysis.privilege_escalation.reach import reach

        return reach(self, context, circumstances)

    @turned_around
    def diff(self, after: records.World) -> WorldDiff:
        """Return what changes from this world to a later one: the edits, and the access.

        Parameters
        ----------
        after
            The later world. This one is the earlier, such as a ``copy()`` made before the change.

        Returns
        -------
        WorldDiff
            A sequence of sentences, one for each edit. ``gained`` and ``lost`` list who gained or
            lost access, and printing it shows both.

        Raises
        ------
        RequestError
            It isn't a world.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> before = world.copy()
        >>> main.create_user("ana").attach_policy("ReadOnlyAccess")
        >>> for edit in before.diff(world):
        ...     print(edit)
        added: main: user ana
        added: main: user ana has policy arn:aws:iam::aws:policy/ReadOnlyAccess
        """
        from iamlab.analysis.world_diff.world_diff import diff_between

        if not isinstance(after, records.World):
            raise RequestError(f"Compare a world with another world, not with {after!r}.")
        return diff_between(self, after)
