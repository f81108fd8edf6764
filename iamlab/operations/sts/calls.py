"""Calls to STS: their credentials, MFA device and endpoint, and the logs of their events.

Operations of STS check permissions while they run, because assuming a role depends on the role's
trust policy and the session's tags. The session is created last, so that a failed call doesn't
change the world.

Notes
-----
AWS pages: "AWS STS API Reference"; "AWS STS Regions and endpoints"; "Manage AWS STS in an AWS
Region"; "Secure API access with MFA"; "Actions, resources, and condition keys for AWS Security
Token Service"; "Logging IAM and AWS STS API calls with AWS CloudTrail". The error messages come
from public sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, Unpack

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import UNKNOWN, caller_identity
from iamlab.cloudtrail.recording import record_sign_in
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean, noted
from iamlab.errors.sts import InvalidAction, MissingAuthenticationToken, RegionDisabledException
from iamlab.model.console_access import console_page
from iamlab.model.credentials import VIRTUAL, accepted_code, devices_of, use_code
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
    from iamlab.model.credentials import CredentialOwner, MfaRecord, SessionRecord
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
    """Check the device and code of a call; return when they were used, if any.

    Raises
    ------
    AccessDenied
        One is missing, the device isn't the caller's, or the code isn't current.
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
        note = "Only virtual devices have codes; a passkey has none to send."
        raise noted(_mfa_failed(_NOT_HIS), note)
    if not accepted_code(call.world, device, code):
        raise noted(AccessDenied(_WRONG), ONCE)
    call.used_code = device, code
    return call.world.clock.now


ONCE = "Each code is accepted once. world.clock.advance(seconds=30) brings the next one."


def _mfa_failed(why: str) -> AwsError:
    return AccessDenied(f"MultiFactorAuthentication failed, {why}")


def _holder(call: StsCall) -> CredentialOwner | None:
    """Return the calling user or root user, also for its session; roles have no devices."""
    if call.who.kind not in (CredentialKind.LONG_TERM, CredentialKind.USER):
        return None
    users = (call.account.root, *call.account.users.values())
    return next((user for user in users if user.arn == call.who.arn), None)


GLOBAL = "aws-global"
"""The global endpoint: ``https://sts.amazonaws.com``."""

ALWAYS_ON = "us-east-1"
"""The only Region whose endpoint can't be disabled; the global endpoint is there too."""
STATUSES = ("Active", "Inactive")

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)


def check_region(region: str) -> None:
    """Check the name of an endpoint.

    Raises
    ------
    RequestError
        The name isn't valid.
    """
    text: object = region
    if not isinstance(text, str) or not (text == GLOBAL or _REGION.fullmatch(text)):
        raise RequestError(
            f"{region!r} isn't a Region. Write one such as us-east-1, or {GLOBAL} for the global "
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
    """Check that an account hasn't disabled the endpoint.

    Raises
    ------
    RegionDisabledException
        It is disabled.
    """
    if region_of(endpoint) in account.sts_regions_off:
        raise RegionDisabledException(
            f"STS is not activated in this region for account:{account.account_id}. Your account "
            "administrator can activate STS in this region using the IAM Console."
        )


def check_switch(region: object, status: object) -> None:
    """Check that an account can change an endpoint's status: only in a default Region.

    Raises
    ------
    RequestError
        The status can't be changed.
    """
    if status not in STATUSES:
        raise RequestError(f"The status must be {' or '.join(STATUSES)}, not {status!r}.")
    if region not in ON_BY_DEFAULT:
        known = region if isinstance(region, str) else ""
        raise RequestError(
            f"STS's status can't be changed in {region!r}: only Regions that are on by default "
            f"have this setting. {did_you_mean(known, ON_BY_DEFAULT)}"
        )
    if region == ALWAYS_ON and status != "Active":
        raise RequestError(f"STS is always enabled in {ALWAYS_ON}.")


def works_everywhere(endpoint: str, account: Account) -> bool:
    """Return whether opt-in Regions accept an endpoint's tokens."""
    return endpoint != GLOBAL or account.global_endpoint_token_version == 2


@dataclass(slots=True)
class StsCall(Call):
    """A call to STS.

    The caller of an unsigned call is the identity provider, after its token has been read.
    """

    used_code: tuple[MfaRecord, str] | None = field(default=None, repr=False)  # an MFA device's

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
            It isn't signed.
        RequestError
            There is no such endpoint, or the caller can't sign calls.
        """
        check_region(endpoint)
        if not entry.is_signed:
            caller = ANONYMOUS
        elif caller == ANONYMOUS:
            raise MissingAuthenticationToken("Request is missing Authentication Token")
        made = super(StsCall, cls).make(world, entry, caller, parameters, account_id, endpoint)
        if entry.is_signed and not made.who.account_id:
            raise RequestError(
                f"{made.who.arn} can't sign calls to STS. To assume a role as a service: "
                "world.sts.assume_role_as_service(...)."
            )
        return made

    @property
    def session(self) -> SessionRecord | None:
        """The caller's session, if it calls with one from STS."""
        return self.caller.record if isinstance(self.caller, Session) else None

    @property
    def expiration(self) -> datetime | None:
        """When the caller's credentials expire; ``None``: never."""
        found: datetime | None = getattr(self.caller, "expiration", None)
        return found

    @property
    def parent(self) -> str:
        """The id of the caller's credentials; empty without credentials."""
        is_credential = isinstance(self.caller, Session | AccessKey)
        return str(getattr(self.caller, "access_key_id", "")) if is_credential else ""

    @property
    def account(self) -> Account:
        """The caller's account."""
        return self.world.accounts[self.who.account_id]

    @property
    def is_root(self) -> bool:
        """Whether the caller is a root user."""
        return self.who.arn.endswith(":root")

    @property
    def minimum_size(self) -> int:
        """The minimum length of the token, in bytes."""
        return int(self.parameters.get("MinimumSessionTokenSize", 0))

    def note(self, provider: str, kind: str, issuer: str, *names: str) -> None:
        """Set the identity from an identity provider.

        Parameters
        ----------
        provider
            The caller, as the trust policy names it.
        kind
            ``WebIdentityUser`` or ``SAMLUser``.
        issuer, names
            The issuer, and the names; the last is the user.
        """
        self.caller, self.who = provider, principal_of(self.world, provider)
        self.identity = {
            "type": kind,
            "principalId": ":".join((issuer, *names)),
            "userName": names[-1],
            "identityProvider": issuer,
        }

    def check_credentials(self) -> None:
        """Do nothing here: :meth:`check_caller` checks it, so that a rejection becomes an event."""

    def check_parameters(self) -> None:
        """Check the endpoint too.

        Raises
        ------
        InvalidAction
            The global endpoint doesn't have the operation.
        """
        if self.entry.is_regional and self.endpoint == GLOBAL:
            raise InvalidAction(f"Could not find operation {self.operation} for version 2011-06-15")
        super(StsCall, self).check_parameters()

    def check_caller(self) -> None:
        """Reject calls that the caller's credentials can't make, with the decision."""
        try:
            super(StsCall, self).check_credentials()
        except AccessDenied as error:
            error.decision = self.decide(self.entry.needs, "*")
            raise

    def note_resources(self) -> None:
        """Note nothing: a call has at most one resource."""

    def authorize(self) -> None:
        """Do nothing here: the operation checks it with :meth:`must_be_allowed`."""

    def decide(
        self,
        action: str,
        resource: str,
        keys: Mapping[str, ContextValue] | None = None,
        **where: Unpack[Circumstances],
    ) -> Decision:
        """Decide whether the caller can perform an action."""
        where["region"] = region_of(self.endpoint)
        question = self.world, self.caller, action, resource, None, where
        self.decisions.append(authorization_request(*question, operation_keys=keys).decide())
        return self.decisions[-1]

    def must_be_allowed(
        self, action: str, resource: str, keys: Mapping[str, ContextValue] | None = None
    ) -> None:
        """Check that the caller can perform an action.

        Raises
        ------
        AccessDenied
            The caller has no permission; with the decision.
        """
        decision = self.decide(action, resource, keys)
        if not decision:
            raise AccessDenied(decision)

    def work(self) -> Any:
        """Do it."""
        return self.entry.perform(self)

    def finish(self) -> None:
        """Record the use of a code, and a role switch in the console, in the role's account."""
        if self.used_code is not None and (holder := _holder(self)) is not None:
            use_code(holder, *self.used_code)
        made = self.result
        in_console = getattr(self.caller, "is_in_console", False)
        if not (in_console and isinstance(made, Session) and self.operation == "AssumeRole"):
            return
        who = principal_of(self.world, made)
        page = console_page(Arn.parse(made.arn).partition)
        data = {"SwitchFrom": self.who.arn, "RedirectTo": page}
        record_sign_in(self.world, "SwitchRole", caller_identity(who), who.account_id, data)

    def _identity(self) -> Mapping[str, Any]:
        if self.identity is not None:
            return self.identity
        return caller_identity(self.who, self.parent) if self.who.account_id else UNKNOWN

    def _owner(self) -> str:
        """Return the role's account, which also logs a successful call from another account."""
        about = self._about()
        return Arn.parse(about).account if about else ""

    def _parameters(self) -> dict[str, Any] | None:
        return {**self.parameters, **self.noted} or None  # without parameters the event has null

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
    """Register a function as an operation.

    Parameters
    ----------
    about
        Returns the ARN in the event for a call.
    reads_only
        Whether CloudTrail considers it read-only.
    more
        More fields of the entry.
    """
    more = {"logs_answer": True, **more, "is_read_only": reads_only, "call_type": StsCall}
    return operation(f"sts:{name}", about, answer, **more)
