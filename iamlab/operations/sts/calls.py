"""A call of STS: which credentials and endpoint it takes, and where its event is noted.

Operations of STS ask for permission while they work: whether somebody may assume a role depends on
what the role's trust policy and the session's tags say. A session is made last, so that what fails
leaves the world as it was.

Notes
-----
AWS pages: "AWS STS API Reference"; "AWS STS Regions and endpoints"; "Actions, resources, and
condition keys for AWS Security Token Service"; "Logging IAM and AWS STS API calls with AWS
CloudTrail".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import UNKNOWN, caller_identity
from iamlab.cloudtrail.recording import record_event
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, RequestError
from iamlab.errors.sts import InvalidAction, MissingAuthenticationToken
from iamlab.model.console_access import console_page
from iamlab.model.event import CONSOLE_SIGN_IN
from iamlab.model.network_locations import Circumstances
from iamlab.model.record import CredentialKind
from iamlab.operations.dispatch import Call
from iamlab.operations.iam.access_keys import AccessKey
from iamlab.operations.registry import Answer, nothing, operation
from iamlab.operations.sts.caller import GLOBAL, check_region, region_of
from iamlab.operations.sts.session import Session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.credentials import SessionRecord
    from iamlab.model.world import World
    from iamlab.operations.registry import Entry


@dataclass(slots=True)
class StsCall(Call):
    """A call of STS.

    The caller of a call that nobody signs is the identity provider, as soon as its token has been
    read.
    """

    @classmethod
    def make(
        cls,
        world: World,
        entry: Entry,
        caller: Caller,
        parameters: Mapping[str, Any],
        account_id: str = "",
        endpoint: str = "us-east-1",
    ) -> Self:
        """Make a call, if the caller can sign it.

        Raises
        ------
        MissingAuthenticationToken
            Nobody has signed it.
        RequestError
            There is no such endpoint, or the caller signs no calls here.
        """
        check_region(endpoint)
        if not entry.is_signed:
            caller = ANONYMOUS
        elif caller == ANONYMOUS:
            raise MissingAuthenticationToken("Request is missing Authentication Token")
        made = super(StsCall, cls).make(world, entry, caller, parameters, account_id, endpoint)
        if entry.is_signed and not made.who.account_id:
            raise RequestError(
                f"{made.who.arn} signs no calls of STS here. How a service assumes a role: "
                "world.sts.assume_role_as_service(...)."
            )
        return made

    # -- the caller -------------------------------------------------------------------------------

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
        return int(self.parameters.get("MinimumSessionTokenSize", 0))

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
        self.caller, self.who = provider, principal_of(self.world, provider)
        self.identity = {
            "type": kind,
            "principalId": ":".join((issuer, *names)),
            "userName": names[-1],
            "identityProvider": issuer,
        }

    # -- the steps --------------------------------------------------------------------------------

    def check_credentials(self) -> None:
        """Leave that to :meth:`check_caller`: what STS refuses for it becomes an event."""

    def check_parameters(self) -> None:
        """Check the endpoint too.

        Raises
        ------
        InvalidAction
            The global endpoint does not have the operation.
        """
        if self.entry.is_regional and self.endpoint == GLOBAL:
            raise InvalidAction(f"Could not find operation {self.operation} for version 2011-06-15")
        super(StsCall, self).check_parameters()

    def check_caller(self) -> None:
        """Refuse what the caller's credentials are not good for, with the decision."""
        try:
            super(StsCall, self).check_credentials()
        except AccessDenied as error:
            error.decision = self.decide(self.entry.needs, "*")
            raise

    def note_resources(self) -> None:
        """Note nothing: a call works on one resource at most."""

    def authorize(self) -> None:
        """Leave that to the work: see :meth:`must_be_allowed`."""

    def decide(
        self, action: str, resource: str, keys: Mapping[str, ContextValue] | None = None
    ) -> Decision:
        """Ask whether the caller may do something."""
        where = Circumstances(region=region_of(self.endpoint))
        asked = authorization_request(
            self.world, self.caller, action, resource, None, where, operation_keys=keys
        )
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

    def work(self) -> Any:
        """Do it."""
        return self.entry.perform(self)

    def finish(self) -> None:
        """Note that somebody in the console has switched to a role: in the role's account."""
        made = self.result
        in_console = getattr(self.caller, "is_in_console", False)
        if not (in_console and isinstance(made, Session) and self.operation == "AssumeRole"):
            return
        who = principal_of(self.world, made)
        record_event(
            self.world,
            ("signin", "SwitchRole"),
            caller_identity(who),
            who.account_id,
            read_only=False,
            response_elements={"SwitchRole": "Success"},
            event_type=CONSOLE_SIGN_IN,
            additional_event_data={
                "SwitchFrom": self.who.arn,
                "RedirectTo": console_page(Arn.parse(made.arn).partition),
            },
        )

    # -- what the event says ----------------------------------------------------------------------

    def _identity(self) -> Mapping[str, Any]:
        if self.identity is not None:
            return self.identity
        return caller_identity(self.who, self.parent) if self.who.account_id else UNKNOWN

    def _owner(self) -> str:
        """Give the role's account: it notes the call too, if it is another one and let in."""
        about = self._about()
        return Arn.parse(about).account if about else ""

    def _parameters(self) -> dict[str, Any] | None:
        return {**self.parameters, **self.noted} or None  # without parameters it is noted with null

    def _about(self) -> str:
        about: Any = self.entry.about
        if about is None:
            return ""
        try:
            arn: str = about(self)
        except (KeyError, AttributeError, TypeError):
            return ""
        return arn if is_arn(arn) else ""

    def _region(self) -> str:
        return region_of(self.endpoint)


Work = Callable[[StsCall], Any]


def sts_operation(
    name: str, answer: Answer = nothing, *, about: Any = None, reads_only: bool = True, **more: Any
) -> Callable[[Work], Work]:
    """Make a function the entry of an operation.

    Parameters
    ----------
    about
        Gives the ARN that the event names, of the call.
    reads_only
        Whether CloudTrail calls it a read.
    more
        Further fields of the entry.
    """
    more = {"logs_answer": True, **more, "is_read_only": reads_only, "call_type": StsCall}
    return operation(f"sts:{name}", about, answer, **more)
