"""A call of STS, from its parameters to its answer and its event.

The parameters are checked first, then the credentials, then permissions; the session is made last,
so that what fails leaves the world as it was.

Notes
-----
AWS pages: "AWS STS API Reference"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.sts_errors import InvalidAction, MissingAuthenticationToken
from iamlab.world.api.validation import check_by_model
from iamlab.world.asking import check_credentials
from iamlab.world.events import CONSOLE_SIGN_IN, note, record_for
from iamlab.world.events.identity import UNKNOWN, caller_identity
from iamlab.world.gather import known as known_of
from iamlab.world.links import console_page
from iamlab.world.sts.asked import Asked
from iamlab.world.sts.endpoints import GLOBAL, check_region, region_of
from iamlab.world.sts.operation import find
from iamlab.world.sts.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.gather import Caller
    from iamlab.world.sts.operation import Operation
    from iamlab.world.world import World


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
    who = known_of(world, caller)
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
    who = known_of(asked.world, made)
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
