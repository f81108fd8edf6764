"""A call of STS, from its parameters to its answer and its event.

The parameters are checked first, then the credentials, then permissions; the session is made last,
so that what fails leaves the world as it was.

One entry for each operation of STS: who signs it, what does it, what is logged and answered.

Where STS is called: the endpoint of a Region, or the global one.

Notes
-----
AWS pages: "AWS STS API Reference"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
AWS pages: "AWS STS API Reference"; "AWS STS Regions and endpoints"; "Logging IAM and AWS STS API
calls with AWS CloudTrail".
AWS pages: "AWS STS Regions and endpoints"; "Manage AWS STS in an AWS Region".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import check_credentials
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.recording import note, record_for
from iamlab.cloudtrail.user_identity import UNKNOWN, caller_identity
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean
from iamlab.errors.sts import InvalidAction, MissingAuthenticationToken
from iamlab.model.console_access import console_page
from iamlab.model.event import CONSOLE_SIGN_IN
from iamlab.operations.registry import nothing
from iamlab.operations.sts.caller import GLOBAL, Asked, check_region, region_of
from iamlab.operations.sts.session import Session
from iamlab.operations.validation import check_by_model
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.world import World


def call(
    world: World,
    name: str,
    caller: Caller,
    parameters: Mapping[str, Any],
    endpoint: str,
) -> Any:
    """Do an operation of STS as somebody.

    Parameters
    ----------
    name
        The operation: ``"AssumeRole"``.
    caller
        Who signs it; of an operation that is not signed, ``ANONYMOUS``.
    parameters
        As AWS names them; those that are ``None`` were not given.
    endpoint
        The Region whose endpoint is called, or ``"aws-global"``.

    Returns
    -------
    Any
        What the operation makes: a session, mostly.

    Raises
    ------
    AwsError
        As AWS answers.
    RequestError
        There is no such operation or parameter, or a value is of the wrong kind.
    """
    operation = find(name)
    check_region(endpoint)
    given = {key: value for key, value in parameters.items() if value is not None}
    if not operation.is_signed:
        caller = ANONYMOUS
    elif caller == ANONYMOUS:
        raise MissingAuthenticationToken("Request is missing Authentication Token")
    who = principal_of(world, caller)
    if operation.is_signed and not who.account_id:
        raise RequestError(
            f"{who.arn} signs no calls of STS here. How a service assumes a role: "
            "world.sts.assume_role_as_service(...)."
        )
    asked = Asked(world, name, caller, who, given, endpoint)
    try:
        if operation.is_regional and endpoint == GLOBAL:
            raise InvalidAction(f"Could not find operation {name} for version 2011-06-15")
        check_by_model("sts", name, given)
        _check_credentials(asked)
        made = operation.perform(asked)
    except AwsError as error:
        _record(operation, asked, None, error)
        raise
    _record(operation, asked, made, None)
    if isinstance(made, Session) and getattr(caller, "is_in_console", False):
        _record_switch(asked, made)
    return made


def _check_credentials(asked: Asked) -> None:
    """Refuse what the caller's credentials are not good for, with the decision."""
    action = f"sts:{asked.operation}"
    try:
        check_credentials(asked.who, action)
    except AccessDenied as error:
        error.decision = asked.decide(action, "*")
        raise


def _record(operation: Operation, asked: Asked, made: Any, error: AwsError | None) -> None:
    """Note the call in the caller's account; in the role's too, if it is another and let in."""
    logged = made is not None and operation.logs_answer
    answer = operation.answer(made) if logged else None
    about = _about(operation, asked)
    record_for(
        asked.world,
        ("sts", operation.name),
        asked.identity or _identity(asked),
        (asked.who.account_id, _account_in(about)),
        read_only=operation.reads_only,
        # A call without parameters is noted with null.
        parameters={**asked.given, **asked.noted} or None,
        answer=answer,
        error=error,
        resources=(about,) if is_arn(about) else (),
        region=region_of(asked.endpoint),
        session_credential_from_console=getattr(asked.caller, "is_in_console", False),
    )


def _record_switch(asked: Asked, made: Session) -> None:
    """Note that somebody in the console has switched to a role: in the role's account."""
    if asked.operation != "AssumeRole":
        return
    who = principal_of(asked.world, made)
    note(
        asked.world,
        ("signin", "SwitchRole"),
        caller_identity(who),
        who.account_id,
        read_only=False,
        response_elements={"SwitchRole": "Success"},
        event_type=CONSOLE_SIGN_IN,
        additional_event_data={
            "SwitchFrom": asked.who.arn,
            "RedirectTo": console_page(Arn.parse(made.arn).partition),
        },
    )


def _about(operation: Operation, asked: Asked) -> str:
    """Give the ARN that the event names; of a call that says none, nothing."""
    if operation.about is None:
        return ""
    try:
        return operation.about(asked)
    except (KeyError, AttributeError, TypeError):
        return ""


def _account_in(arn: str) -> str:
    return Arn.parse(arn).account if is_arn(arn) else ""


def _identity(asked: Asked) -> Mapping[str, Any]:
    """Say who called."""
    if not asked.who.account_id:
        return UNKNOWN
    return caller_identity(asked.who, asked.parent)


Perform = Callable[["Asked"], Any]
Answer = Callable[[Any], dict[str, Any]]
About = Callable[["Asked"], str]

MODULES = ("assume_role", "temporary_credentials", "web_identity_tokens")
"""Where the entries are."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of STS.

    Parameters
    ----------
    name
        As in the API.
    perform
        Checks, asks, and does it.
    answer
        What ``perform`` gives, as the API answers it.
    is_signed
        Whether the caller signs it with AWS credentials; else a token of somebody else's speaks.
    is_regional
        Whether the global endpoint does not have it.
    reads_only
        Whether CloudTrail calls it a read.
    about
        The ARN that the event names, if it does.
    logs_answer
        Whether the event has the answer, without its secrets.
    """

    name: str
    perform: Perform
    answer: Answer
    is_signed: bool = True
    is_regional: bool = False
    reads_only: bool = True
    about: About | None = None
    logs_answer: bool = True


_OPERATIONS: dict[str, Operation] = {}


def sts_operation(name: str, answer: Answer = nothing, **more: Any) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation; ``more`` are fields of :class:`Operation`."""

    def make(perform: Perform) -> Perform:
        _OPERATIONS[name] = Operation(name, perform, answer, **more)
        return perform

    return make


def operations() -> Mapping[str, Operation]:
    """Give all operations by name.

    Examples
    --------
    >>> len(operations())
    12
    """
    for module in MODULES:
        import_module(f"iamlab.operations.sts.{module}")
    return _OPERATIONS


def find(name: str) -> Operation:
    """Find an operation.

    Raises
    ------
    RequestError
        There is none.
    """
    every = operations()
    text: object = name
    if not isinstance(text, str):
        raise RequestError(f"An operation is named by its text, AssumeRole, not by {name!r}.")
    if name not in every:
        raise RequestError(f"STS has no operation {name!r}. {did_you_mean(name, every)}")
    return every[name]
