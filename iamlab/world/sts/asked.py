"""A call of STS: who calls, with which credentials and parameters, and whether he may.

Notes
-----
AWS page: "AWS STS API Reference"; "Actions, resources, and condition keys for AWS Security Token
Service".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied
from iamlab.world.access_key import AccessKey
from iamlab.world.asking import Circumstances, question
from iamlab.world.gather import known as known_of
from iamlab.world.presented import CredentialKind
from iamlab.world.sts.endpoints import region_of
from iamlab.world.sts.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.world.account import Account
    from iamlab.world.gather import Caller, Gathered
    from iamlab.world.sts.record import SessionRecord
    from iamlab.world.world import World


@dataclass(slots=True)
class Asked:
    """One call.

    Parameters
    ----------
    operation
        Its name.
    caller
        As he was given: a key, a session, an ARN. Of a call that nobody signs it is the identity
        provider, as soon as its token has been read.
    who
        What is known of him.
    given
        The parameters, as AWS names them.
    endpoint
        The Region whose endpoint is called, or ``"aws-global"``.
    identity
        Who calls, as the event says it, if he is not known to AWS.
    noted
        What the event names among the parameters besides: what a token says, what is inherited.
    """

    world: World
    operation: str
    caller: Caller
    who: Gathered
    given: Mapping[str, Any] = field(repr=False)  # a code or a token may be among them
    endpoint: str
    identity: dict[str, Any] | None = None
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def session(self) -> SessionRecord | None:
        """The caller's session, if he calls with one that STS has made."""
        return self.caller.record if isinstance(self.caller, Session) else None

    @property
    def expiration(self) -> datetime | None:
        """When the caller's credentials end; ``None``: never."""
        found: datetime | None = getattr(self.caller, "expiration", None)
        return found

    @property
    def parent(self) -> str:
        """The id of the credentials that he calls with; empty if no credentials were shown."""
        is_credential = isinstance(self.caller, Session | AccessKey)
        return str(getattr(self.caller, "access_key_id", "")) if is_credential else ""

    @property
    def account(self) -> Account:
        """The caller's account."""
        return self.world.accounts[self.who.account_id]

    @property
    def is_root(self) -> bool:
        """Whether it is a root user who calls."""
        return self.who.arn.endswith(":root")

    @property
    def has_long_term_keys(self) -> bool:
        """Whether he calls with his own keys, or is a user of whom nothing else is said."""
        return self.who.kind is CredentialKind.LONG_TERM

    @property
    def minimum_size(self) -> int:
        """How many bytes the token shall have at least."""
        return int(self.given.get("MinimumSessionTokenSize", 0))

    def note(self, provider: str, kind: str, issuer: str, *names: str) -> None:
        """Note who it is that an identity provider speaks of.

        Parameters
        ----------
        provider
            Who calls, as the trust policy names it.
        kind
            ``WebIdentityUser`` or ``SAMLUser``.
        issuer, names
            How the event says who it is: who speaks, and of whom; the last is the user.
        """
        self.caller, self.who = provider, known_of(self.world, provider)
        self.identity = {
            "type": kind,
            "principalId": ":".join((issuer, *names)),
            "userName": names[-1],
            "identityProvider": issuer,
        }

    def decide(
        self,
        action: str,
        resource: str,
        keys: Mapping[str, ContextValue] | None = None,
    ) -> Decision:
        """Ask whether the caller may do something."""
        where = Circumstances(region=region_of(self.endpoint))
        asked = question(self.world, self.caller, action, resource, None, where, keys=keys)
        return asked.decide()

    def must_be_allowed(
        self, action: str, resource: str, keys: Mapping[str, ContextValue] | None = None
    ) -> None:
        """Insist that the caller may do something.

        Raises
        ------
        AccessDenied
            He may not; with the decision.
        """
        decision = self.decide(action, resource, keys)
        if not decision:
            raise AccessDenied(decision)
