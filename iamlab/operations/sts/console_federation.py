"""Console federation: a link that turns temporary credentials into a session in the console.

It takes two steps. A broker of your own sends the credentials to the federation endpoint and gets a
sign-in token; then it sends the browser there with the token, within fifteen minutes. Who comes in
that way may do what the credentials may, and has no password anywhere.

Notes
-----
AWS page: "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from iamlab.errors import RequestError
from iamlab.model.console_access import console_page, federation_page
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.federation_endpoint import (
    TOKEN_LASTS,
    FederatedConsoleSession,
    check_destination,
    check_duration,
    get_signin_token,
    open_link,
    refuse,
)
from iamlab.operations.sts.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.world import World


@dataclass(frozen=True, slots=True)
class ConsoleLink:
    """A link into the console: whoever opens it in time is in, so it is as secret as a password.

    Parameters
    ----------
    url
        The second step: where the browser is sent.
    signin_token
        What the first step answered; it stands in ``url``.
    signin_token_url
        The first step: where the broker asked. It has all three parts of the credentials in it.
    expires
        Until when the link can be opened.
    """

    url: str = field(repr=False)
    signin_token: str = field(repr=False)
    signin_token_url: str = field(repr=False)
    expires: datetime

    def __reduce__(self) -> Any:
        """Refuse to be written to a file."""
        raise TypeError("A link into the console holds secrets, so it cannot be pickled.")


def console_federation_url(
    session: Session,
    *,
    destination: str | None = None,
    issuer: str = "https://example.com",
    session_duration: int | None = None,
    world: World | None = None,
) -> ConsoleLink:
    """Go both steps: trade credentials for a sign-in token, and make the link of it.

    Parameters
    ----------
    session
        Of a role or of a federated user.
    destination
        The page of AWS to be opened; if nothing is said, the console's first.
    issuer
        Where people are sent when their session is over.
    session_duration
        900 to 43,200 seconds, whatever the role allows; only for a session of a role that no other
        role's session asked for. If nothing is said, the console's session ends with the
        credentials.
    world
        A copy of the world in which the session was made.

    Raises
    ------
    BadRequest
        AWS does not take these credentials, or this duration; a note says why.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> key = world.create_account("main").create_user("ana").create_access_key()
    >>> key.user.put_policy("federate", Policy.allow("sts:GetFederationToken"))
    >>> link = console_federation_url(world.sts.get_federation_token(key, name="bo"))
    >>> link.url.partition("&")[0], link.expires.isoformat()
    ('https://signin.aws.amazon.com/federation?Action=login', '2026-11-25T09:15:00+00:00')
    >>> sign_in_with(world, link).arn.rpartition(":")[2]
    'federated-user/bo'
    """
    credentials: object = session
    if isinstance(credentials, AccessKey):
        refuse("A user's own keys have no session token. Assume a role with them first.")
    if not isinstance(credentials, Session):
        raise RequestError(f"Console federation is for a session, not for {credentials!r}.")
    where = session.world if world is None else world
    partition = session.role_arn.split(":", 2)[1]
    page = console_page(partition) if destination is None else destination
    _check_text(destination=page, issuer=issuer)
    check_destination(page, partition)
    first = signin_token_url(session, session_duration=session_duration)
    token = get_signin_token(where, first)
    login = {"Action": "login", "Issuer": issuer, "Destination": page, "SigninToken": token}
    url = f"{federation_page(partition)}?{urlencode(login)}"
    return ConsoleLink(url, token, first, where.clock.now + TOKEN_LASTS)


def signin_token_url(session: Session, *, session_duration: int | None = None) -> str:
    """Write the first step: a request that holds the credentials, so it is secret."""
    duration: object = session_duration
    if duration is not None and (isinstance(duration, bool) or not isinstance(duration, int)):
        raise RequestError(f"session_duration is a number of seconds, not {duration!r}.")
    if duration is not None:
        check_duration(duration)
    credentials = {
        "sessionId": session.access_key_id,
        "sessionKey": session.secret_access_key,
        "sessionToken": session.session_token,
    }
    query = {
        "Action": "getSigninToken",
        **({} if duration is None else {"SessionDuration": str(duration)}),
        "Session": json.dumps(credentials),
    }
    return f"{federation_page(session.role_arn.split(':', 2)[1])}?{urlencode(query)}"


def sign_in_with(world: World, link: ConsoleLink | str) -> FederatedConsoleSession:
    """Open a link, as a browser does.

    Parameters
    ----------
    link
        What :func:`console_federation_url` has made, or its ``url``.

    Returns
    -------
    FederatedConsoleSession
        A caller.

    Raises
    ------
    BadRequest
        It is no such link of this world, or it was opened too late.
    ExpiredToken
        The credentials have expired meanwhile, and no session was to last longer.
    InvalidClientTokenId
        The role or user behind it has been deleted.
    """
    return open_link(world, link.url if isinstance(link, ConsoleLink) else link)


def _check_text(**texts: object) -> None:
    for name, text in texts.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} is text, not {text!r}.")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise RequestError(f"{name} cannot be written in a URL: {text!r}.")
