"""A call of STS: which credentials, MFA device and endpoint it takes, and where its event is noted.

Operations of STS ask for permission while they work: whether somebody may assume a role depends on
what the role's trust policy and the session's tags say. A session is made last, so that what fails
leaves the world as it was.

Notes
-----
AWS pages: "AWS STS API Reference"; "AWS STS Regions and endpoints"; "Manage AWS STS in an AWS
Region"; "Secure API access with MFA"; "Actions, resources, and condition keys for AWS Security
Token Service"; "Logging IAM and AWS STS API calls with AWS CloudTrail". The sentences are those
that are seen in public.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, Unpack

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import UNKNOWN, caller_identity
from iamlab.cloudtrail.recording import record_event
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean, noted
from iamlab.errors.sts import InvalidAction, MissingAuthenticationToken, RegionDisabledException
from iamlab.model.console_access import console_page
from iamlab.model.credentials import VIRTUAL, accepts, devices_of
from iamlab.model.event import CONSOLE_SIGN_IN
from iamlab.model.record import CredentialKind
from iamlab.operations.dispatch import Call
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.registry import Answer, nothing, operation
from iamlab.operations.sts.session import Session
from iamlab.policy.arn import ON_BY_DEFAULT, Arn, is_arn

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.operations.registry import Entry


_BOTH = "must provide both MFA serial number and one time pass code."
_WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
_NOT_HIS = (
    "unable to validate MFA code.  Please verify your MFA serial number is valid and associated "
    "with this user."
)


def check_mfa(call: StsCall) -> datetime | None:
    """Check the device and code that a call sends; say when they were shown, if any were.

    Raises
    ------
    AccessDenied
        One of them is missing, the device is not the caller's, or it does not show that code now.
    """
    serial, code = call.parameters.get("SerialNumber"), call.parameters.get("TokenCode")
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise _mfa_failed(_BOTH)
    holder = _holder(call)
    devices = [] if holder is None else devices_of(holder)
    device = next((held for held in devices if held.serial_number == serial), None)
    if device is None:
        raise _mfa_failed(_NOT_HIS)
    if device.kind != VIRTUAL:
        note = "Codes are sent of virtual devices; of a passkey there are none."
        raise noted(_mfa_failed(_NOT_HIS), note)
    if not accepts(call.world, device, code):
        raise AccessDenied(_WRONG)
    return call.world.clock.now


def _mfa_failed(why: str) -> AwsError:
    return AccessDenied(f"MultiFactorAuthentication failed, {why}")


def _holder(call: StsCall) -> CredentialOwner | None:
    """Return the user or root user who calls, perhaps with a session; a role has no devices."""
    if call.who.kind not in (CredentialKind.LONG_TERM, CredentialKind.USER):
        return None
    users = (call.account.root, *call.account.users.values())
    return next((user for user in users if user.arn == call.who.arn), None)


GLOBAL = "aws-global"
"""The endpoint that is in no Region: ``https://sts.amazonaws.com``."""

ALWAYS_ON = "us-east-1"
"""The one Region whose endpoint nobody can switch off; the global endpoint is there too."""
STATUSES = ("Active", "Inactive")

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)


def check_region(region: str) -> None:
    """Check that there can be such an endpoint.

    Raises
    ------
    RequestError
        There cannot.
    """
    text: object = region
    if not isinstance(text, str) or not (text == GLOBAL or _REGION.fullmatch(text)):
        raise RequestError(
            f"{region!r} is no Region: write one such as us-east-1, or {GLOBAL} for the global "
            "endpoint of STS."
        )


def region_of(endpoint: str) -> str:
    """Return the Region of an endpoint.

    Examples
    --------
    >>> region_of("aws-global"), region_of("eu-west-1")
    ('us-east-1', 'eu-west-1')
    """
    return ALWAYS_ON if endpoint == GLOBAL else endpoint


def check_is_on(endpoint: str, account: Account) -> None:
    """Check that an account has not switched the endpoint off.

    Raises
    ------
    RegionDisabledException
        It has.
    """
    if region_of(endpoint) in account.sts_regions_off:
        raise RegionDisabledException(
            f"STS is not activated in this region for account:{account.account_id}. Your account "
            "administrator can activate STS in this region using the IAM Console."
        )


def check_switch(region: object, status: object) -> None:
    """Check that an account can switch an endpoint so: in a Region that it need not opt in to.

    Raises
    ------
    RequestError
        There is no such switch.
    """
    if status not in STATUSES:
        raise RequestError(f"The status is {' or '.join(STATUSES)}, not {status!r}.")
    if region not in ON_BY_DEFAULT:
        known = region if isinstance(region, str) else ""
        raise RequestError(
            f"STS cannot be switched in {region!r}: that is offered for Regions that are on by "
            f"default, and comes with the others. {did_you_mean(known, ON_BY_DEFAULT)}"
        )
    if region == ALWAYS_ON and status != "Active":
        raise RequestError(f"STS is always on in {ALWAYS_ON}.")


def works_everywhere(endpoint: str, account: Account) -> bool:
    """Return whether tokens of an endpoint are accepted in Regions that must be opted in to."""
    return endpoint != GLOBAL or account.global_endpoint_token_version == 2


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
            Who speaks, and of whom; the last is the user.
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
        self,
        action: str,
        resource: str,
        keys: Mapping[str, ContextValue] | None = None,
        **where: Unpack[Circumstances],
    ) -> Decision:
        """Ask whether the caller may do something."""
        where["region"] = region_of(self.endpoint)
        return authorization_request(
            self.world, self.caller, action, resource, None, where, operation_keys=keys
        ).decide()

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
        """Return the role's account: it notes the call too, if it is another one and let in."""
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
