"""Temporary credentials: a session of a role, for whoever may assume it.

Notes
-----
AWS pages: "API AssumeRole"; "Temporary security credentials in IAM"; "Roles terms and concepts",
for role chaining.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccessDenied,
    AwsError,
    ExpiredToken,
    InvalidClientTokenId,
    ValidationError,
)
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.context import of_temporary
from iamlab.world.events import record, user_identity
from iamlab.world.presented import Presented
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.policy.document import Policy
    from iamlab.world.gather import Caller, Gathered
    from iamlab.world.identities import Role
    from iamlab.world.saving import Document
    from iamlab.world.world import World

_SESSION_NAME = r"[\w+=,.@-]*"
_LEAST, _MOST = 900, 43_200
CHAINED = 3600
"""The most seconds of a session that a session of another role asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session of a role: a caller until it expires.

    Parameters
    ----------
    arn
        ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME``.
    access_key_id
        Begins with ``ASIA``; the secret and the token are in none of its texts.
    policies
        The session policy, if one was passed: at most what it allows can be done.
    keys
        Further condition keys that come with it: which instance it was made for, say.
    """

    world: World = field(repr=False)
    arn: str
    role_arn: str
    role_id: str = field(repr=False)
    issued: datetime = field(repr=False)
    expiration: datetime
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    policies: tuple[Policy, ...] = field(default=(), repr=False)
    keys: Mapping[str, ContextValue] = field(default_factory=dict, repr=False)

    @property
    def is_expired(self) -> bool:
        """Whether its time is over, by the world's clock."""
        return self.world.clock.now >= self.expiration

    def present(self, world: World) -> Presented:
        """Show it, as with every call.

        Raises
        ------
        ExpiredToken
            Its time is over.
        InvalidClientTokenId
            Its role has been deleted; one of the same name is another role.
        """
        if world.clock.now >= self.expiration:
            raise ExpiredToken("The security token included in the request is expired")
        role = _role(world, self.role_arn)
        if role is None or role.unique_id != self.role_id:
            raise InvalidClientTokenId("The security token included in the request is invalid.")
        keys = {**of_temporary(self.issued, world.clock.now), **self.keys}
        return Presented(self.arn, keys, self.policies)

    def used(self, world: World, service: str, region: str) -> None:
        """Note nothing: of sessions no use is kept."""

    def __reduce__(self) -> Any:
        """Refuse to be written to a file: that would write the secret too."""
        raise TypeError("A session holds secrets, so it cannot be pickled.")


@dataclass(frozen=True, slots=True)
class Sts:
    """The Security Token Service of a world."""

    world: World = field(repr=False)

    def assume_role(
        self,
        caller: Caller,
        *,
        role_arn: str,
        role_session_name: str,
        duration_seconds: int = 3600,
        external_id: str | None = None,
        policy: Document | None = None,
    ) -> Session:
        """Take a role: its trust policy must let the caller, and perhaps his own policies too.

        Parameters
        ----------
        duration_seconds
            900 to what the role allows; to 3,600 when a session of a role asks.
        external_id
            What the trust policy of a third party's role may ask for.
        policy
            A session policy.

        Raises
        ------
        AccessDenied
            The caller may not, or there is no such role: AWS does not say which.
        ValidationError
            The name or the duration is not as it must be.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana")
        >>> role = main.create_role("audit", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"AWS": ana.arn}, "Action": "sts:AssumeRole"}})
        >>> session = world.sts.assume_role(ana, role_arn=role.arn, role_session_name="ana")
        >>> session.arn
        'arn:aws:sts::111111111111:assumed-role/audit/ana'
        >>> world.clock.advance(hours=1)
        >>> session.is_expired
        True
        """
        who = self.world.gather(caller)
        sent = {
            "RoleArn": role_arn,
            "RoleSessionName": role_session_name,
            "DurationSeconds": duration_seconds,
            "ExternalId": external_id,
        }
        try:
            session = self._assume(caller, who, sent, policy)
        except AwsError as error:
            self._record(who, sent, None, error)
            raise
        self._record(who, sent, session, None)
        return session

    def _assume(
        self, caller: Caller, who: Gathered, sent: dict[str, Any], policy: Document | None
    ) -> Session:
        name, seconds = sent["RoleSessionName"], sent["DurationSeconds"]
        _check(name, seconds)
        policies = () if policy is None else (saved(policy, "session policy", "session"),)
        role = _role(self.world, sent["RoleArn"])
        context: dict[str, ContextValue] = {"sts:RoleSessionName": name}
        if sent["ExternalId"] is not None:
            context["sts:ExternalId"] = sent["ExternalId"]
        decision = self.world.can(caller, "sts:AssumeRole", sent["RoleArn"], context=context)
        if role is None:
            # What it says of a role that is there and forbidden; nobody learns which roles exist.
            what = "is not authorized to perform: sts:AssumeRole on resource"
            raise AccessDenied(f"User: {who.arn} {what}: {sent['RoleArn']}")
        if not decision:
            raise AccessDenied(decision)
        if who.issuer and seconds > CHAINED:
            raise ValidationError(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining"
            )
        if seconds > role.max_session_duration:
            raise ValidationError(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        now, account = self.world.clock.now, role.account
        return Session(
            self.world,
            f"arn:{account.partition}:sts::{account.account_id}:assumed-role/{role.name}/{name}",
            role.arn,
            role.unique_id,
            now,
            now + timedelta(seconds=seconds),
            *self.world.ids.temporary_key(),
            policies,
        )

    def _record(
        self,
        who: Gathered,
        sent: dict[str, Any],
        session: Session | None,
        error: AwsError | None,
    ) -> None:
        """Note the call in the caller's account; in the role's too, if it is another and let in."""
        owner = Arn.parse(sent["RoleArn"]).account if is_arn(sent["RoleArn"]) else who.account_id
        answer = None if session is None else _answer(session)
        identity = user_identity(who.arn, who.context(), who.issuer)
        accounts = [who.account_id] + [owner] * (session is not None and owner != who.account_id)
        for account_id in accounts:
            if account_id != who.account_id:
                identity = {
                    "type": "AWSAccount",
                    "principalId": identity.get("principalId", ""),
                    "accountId": who.account_id,
                }
            record(
                self.world,
                ("sts", "AssumeRole"),
                identity,
                account_id,
                read_only=True,
                parameters={key: value for key, value in sent.items() if value is not None},
                answer=answer,
                error=error,
                resources=(sent["RoleArn"],),
            )


def _answer(session: Session) -> dict[str, Any]:
    """Write what the log keeps of an answer: never a secret."""
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "Expiration": session.expiration.strftime("%b %d, %Y, %I:%M:%S %p"),
        },
        "AssumedRoleUser": {"Arn": session.arn},
    }


def _check(name: object, seconds: object) -> None:
    """Check what the API checks before it asks anybody."""
    start = "1 validation error detected: Value "
    if not isinstance(name, str) or not re.fullmatch(_SESSION_NAME, name, re.ASCII):
        raise ValidationError(
            f"{start}'{name}' at 'roleSessionName' failed to satisfy constraint: Member must "
            f"satisfy regular expression pattern: {_SESSION_NAME}"
        )
    if not 2 <= len(name) <= 64:
        side, limit = ("greater", 2) if len(name) < 2 else ("less", 64)
        raise ValidationError(
            f"{start}'{name}' at 'roleSessionName' failed to satisfy constraint: Member must have "
            f"length {side} than or equal to {limit}"
        )
    if not isinstance(seconds, int) or not _LEAST <= seconds <= _MOST:
        side, limit = (
            ("less", _MOST)
            if isinstance(seconds, int) and seconds > _MOST
            else (
                "greater",
                _LEAST,
            )
        )
        raise ValidationError(
            f"{start}'{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must "
            f"have value {side} than or equal to {limit}"
        )


def _role(world: World, arn: str) -> Role | None:
    """Find a role by its ARN, in whichever account it is."""
    if not is_arn(arn):
        return None
    parsed = Arn.parse(arn)
    account = world.accounts.get(parsed.account)
    role = account.roles.get(parsed.name) if account else None
    return role if role is not None and role.arn == arn else None
