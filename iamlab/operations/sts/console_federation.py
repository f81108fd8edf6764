"""Console federation: a link that turns temporary credentials into a session in the console.

It takes two steps. Your own broker sends the credentials to the federation endpoint and gets a
sign-in token; then it sends the browser there with the token, within fifteen minutes. The console
session has the permissions of the credentials, without a password.

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
    """A link to the console: anyone who opens it in time is signed in, so it is a secret.

    Parameters
    ----------
    url
        The second step: the URL for the browser.
    signin_token
        The response of the first step, which is in ``url``.
    signin_token_url
        The first step: the broker's request, with all three parts of the credentials.
    expires
        When the link expires.
    """

    url: str = field(repr=False)
    signin_token: str = field(repr=False)
    signin_token_url: str = field(repr=False)
    expires: datetime

    def __reduce__(self) -> Any:
        """Raise an error, because it can't be pickled."""
        raise TypeError("A link to the console contains secrets, so it can't be pickled.")


def console_federation_url(
    session: Session,
    *,
    destination: str | None = None,
    issuer: str = "https://example.com",
    session_duration: int | None = None,
    world: World | None = None,
) -> ConsoleLink:
    """Do both steps: exchange credentials for a sign-in token, and make the link.

    Parameters
    ----------
    session
        The session of a role or of a federated user.
    destination
        The page of AWS to open; by default the console's home page.
    issuer
        Where users go when their session expires.
    session_duration
        900 to 43,200 seconds, also above the role's maximum; only for a role session outside role
        chaining. By default the console session ends with the credentials.
    world
        A copy of the world that created the session.

    Raises
    ------
    BadRequest
        AWS rejects these credentials or this duration; a note explains why.

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
        refuse("Long-term keys have no session token. Assume a role with them first.")
    if not isinstance(credentials, Session):
        raise RequestError(f"Console federation needs a session, not {credentials!r}.")
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
    """Return the URL of the first step, which contains the credentials and so is secret."""
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
    """Open a link, like a browser.

    Parameters
    ----------
    link
        The result of :func:`console_federation_url`, or its ``url``.

    Returns
    -------
    FederatedConsoleSession
        A caller.

    Raises
    ------
    BadRequest
        It isn't such a link of this world, or it has expired.
    ExpiredToken
        The credentials have expired, and the session doesn't last longer.
    InvalidClientTokenId
        Its role or user has been deleted.
    """
    return open_link(world, link.url if isinstance(link, ConsoleLink) else link)


def _check_text(**texts: object) -> None:
    for name, text in texts.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} is text, not {text!r}.")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise RequestError(f"{name} can't be written in a URL: {text!r}.")
