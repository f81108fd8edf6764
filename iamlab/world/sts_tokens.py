"""STS at an endpoint, and the operations that return credentials or a token of the caller's own.

Notes
-----
AWS pages: "API GetSessionToken"; "API GetFederationToken"; "API GetScopedCredentials"; "API
GetWebIdentityToken"; "API GetDelegatedAccessToken"; "Manage AWS STS in an AWS Region".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, cast

from iamlab.deprecated import with_old_names
from iamlab.model.record import check_texts
from iamlab.operations.dispatch import Made, call_in
from iamlab.operations.parameters import (
    as_audience,
    as_policy_arns,
    as_session_policy,
    as_session_tags,
)
from iamlab.operations.sts.calls import check_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.model.world import World
    from iamlab.operations.parameters import Policies, Tags
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.sts.tokens_and_messages import IssuedToken
    from iamlab.world.sts import Session


@dataclass(frozen=True, slots=True)
class StsEndpoint:
    """An endpoint of STS, at which any operation can be called by its name."""

    world: World = field(repr=False)
    region: str = "us-east-1"

    def endpoint(self, region: str) -> Self:
        """Return the service at another endpoint: a Region's, or ``"aws-global"``.

        Raises
        ------
        RequestError
            There is no such Region.
        """
        check_region(region)
        return replace(self, region=region)

    @with_old_names
    def call(self, operation: str, principal: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation with AWS's own names, and return the API's response.

        Parameters
        ----------
        principal
            The caller who signs it; ``ANONYMOUS`` for an unsigned call.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> sorted(world.sts.call("GetSessionToken", ana, DurationSeconds=900))
        ['Credentials', 'SessionTokenSize', 'SessionTokenUtilization']
        """
        check_texts(operation=operation)
        return self._made(operation, principal, parameters)[1]

    def _do(self, operation: str, caller: Caller, **parameters: Any) -> Made:  # type: ignore[type-var]
        return cast("Made", self._made(operation, caller, parameters)[0])

    def _made(
        self, operation: str, caller: Caller, parameters: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        return call_in(self.world, f"sts:{operation}", caller, parameters, endpoint=self.region)


class StsTokens(StsEndpoint):
    """The methods of ``world.sts`` that get credentials or tokens."""

    __slots__ = ()

    @with_old_names
    def get_session_token(
        self,
        principal: Caller,
        *,
        duration_seconds: int | None = None,
        serial_number: str | None = None,
        token_code: str | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Exchange long-term keys for a session of the same user, with MFA if a code is sent.

        Parameters
        ----------
        duration_seconds
            900 to 129,600, by default 43,200. A root user gets at most 3,600.

        Raises
        ------
        AccessDenied
            The caller has no long-term keys, or the code is wrong.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> session = world.sts.get_session_token(key, duration_seconds=900)
        >>> session.arn == key.user.arn, session.keys["aws:MultiFactorAuthPresent"]
        (True, False)
        """
        return self._do(
            "GetSessionToken",
            principal,
            DurationSeconds=duration_seconds,
            SerialNumber=serial_number,
            TokenCode=token_code,
            MinimumSessionTokenSize=minimum_session_token_size,
        )

    @with_old_names
    def get_federation_token(
        self,
        principal: Caller,
        *,
        name: str,
        policy: Document | None = None,
        policy_arns: Policies | None = None,
        duration_seconds: int | None = None,
        tags: Tags | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Create a session of a federated user that the caller's application has authenticated.

        Parameters
        ----------
        policy, policy_arns
            Session policies, which limit the caller's permissions. Without them the session has no
            permissions, except from resource-based policies that name the federated user.
        duration_seconds
            900 to 129,600, by default 43,200. A root user's lasts at most 3,600.

        Raises
        ------
        AccessDenied
            The caller has no permission, or no long-term keys.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> broker = world.create_account("main").create_user("broker")
        >>> broker.put_policy("all", Policy.allow(["s3:*", "sts:GetFederationToken"]))
        >>> bo = world.sts.get_federation_token(
        ...     broker, name="bo", policy=Policy.allow("s3:GetObject"))
        >>> [bool(world.can(bo, action, "arn:aws:s3:::maps/m31"))
        ...     for action in ("s3:GetObject", "s3:PutObject")]
        [True, False]
        """
        return self._do(
            "GetFederationToken",
            principal,
            Name=name,
            Policy=as_session_policy(policy),
            PolicyArns=as_policy_arns(policy_arns),
            DurationSeconds=duration_seconds,
            Tags=as_session_tags(tags),
            MinimumSessionTokenSize=minimum_session_token_size,
        )

    @with_old_names
    def get_scoped_credentials(
        self,
        principal: Session,
        *,
        policy: Document | None = None,
        duration_seconds: int | None = None,
        scoped_session_description: str | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Create credentials of the caller's own session with fewer permissions or less time.

        Parameters
        ----------
        policy
            A policy that limits the permissions; up to three can be combined.
        duration_seconds
            1 to the rest of the session, which is the default.
        scoped_session_description
            A description for CloudTrail's event.

        Raises
        ------
        InvalidSubjectCredentials
            The caller has no temporary credentials.
        InsufficientSessionLifetime
            The session ends sooner.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.put_policy("all", Policy.allow("*"))
        >>> session = world.sts.get_session_token(ana)
        >>> less = world.sts.get_scoped_credentials(session, policy=Policy.allow("s3:GetObject"))
        >>> [bool(world.can(one, "s3:PutObject", "arn:aws:s3:::maps/m31"))
        ...     for one in (session, less)]
        [True, False]
        """
        return self._do(
            "GetScopedCredentials",
            principal,
            Policy=as_session_policy(policy),
            DurationSeconds=duration_seconds,
            ScopedSessionDescription=scoped_session_description,
            MinimumSessionTokenSize=minimum_session_token_size,
        )

    @with_old_names
    def get_web_identity_token(
        self,
        principal: Caller,
        *,
        audience: str | Iterable[str],
        signing_algorithm: str = "ES384",
        duration_seconds: int | None = None,
        tags: Tags | None = None,
        scope: str | None = None,
        subject_mode: str | None = None,
    ) -> IssuedToken:
        """Sign a token that identifies the caller to a service outside AWS.

        Such a service verifies it with the account's public keys:
        ``iamlab.operations.sts.tokens_and_messages.jwks_of(account)``.

        Parameters
        ----------
        audience
            The recipients: one to ten.
        signing_algorithm
            ``"RS256"`` or ``"ES384"``.
        duration_seconds
            60 to 3,600, by default 300.

        Raises
        ------
        OutboundWebIdentityFederationDisabledException
            The account hasn't enabled it.
        SessionDurationEscalationException
            The caller's session ends before the token.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> main = world.create_account("main")
        >>> issuer_url = main.enable_outbound_web_identity_federation()
        >>> ana = main.create_user("ana")
        >>> ana.put_policy("token", Policy.allow("sts:GetWebIdentityToken"))
        >>> token = world.sts.endpoint("eu-west-1").get_web_identity_token(ana, audience="acme")
        >>> token.web_identity_token.count("."), token.expiration.isoformat()
        (2, '2026-11-25T09:05:00+00:00')
        """
        return self._do(
            "GetWebIdentityToken",
            principal,
            Audience=as_audience(audience),
            SigningAlgorithm=signing_algorithm,
            DurationSeconds=duration_seconds,
            Tags=as_session_tags(tags),
            Scope=scope,
            SubjectMode=subject_mode,
        )

    @with_old_names
    def get_delegated_access_token(self, principal: Caller, *, trade_in_token: str) -> Session:
        """Raise an error: trade-in tokens of AWS's partners aren't modelled.

        Raises
        ------
        RequestError
            Always.
        """
        return self._do("GetDelegatedAccessToken", principal, TradeInToken=trade_in_token)
