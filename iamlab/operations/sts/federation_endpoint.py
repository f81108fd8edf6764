"""The federation endpoint of the console: two requests and their responses.

The first request sends temporary credentials and gets a sign-in token. The second one sends the
token and signs in. The token contains its session and its time, with a seal that only this world
can make, so it isn't stored.

Notes
-----
AWS pages: "Enable custom identity broker access to the AWS console"; "Compare AWS STS credentials";
"Permissions for GetFederationToken". It is likely, not certain: that a destination must be a page
of AWS; the content of the events; that a console session has the issue time of the credentials, so
that revoking applies to it; and that a federated user can't call STS in the console either.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import SplitResult, parse_qs, urlsplit

from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import caller_identity
from iamlab.cloudtrail.recording import record_sign_in
from iamlab.errors import ExpiredToken, InvalidClientTokenId, RequestError, noted
from iamlab.errors.identity_center import BadRequest
from iamlab.model.clock_and_ids import moment_of, seal, since_text
from iamlab.model.console_access import console_page, federation_page
from iamlab.model.managed_policies import PARTITIONS
from iamlab.model.record import CredentialKind
from iamlab.operations.sts.session import Session, presented

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import NoReturn

    from iamlab.model.credentials import Presented, SessionRecord
    from iamlab.model.world import World


TOKEN_LASTS = timedelta(minutes=15)
SHORTEST, LONGEST = 900, 43_200
"""The range of a console session's duration, in seconds."""

REFUSED: Mapping[CredentialKind, str] = {
    CredentialKind.USER: "Credentials of GetSessionToken are the user's own, who signs in with a "
    'password. (AWS\'s page "Permissions for GetSessionToken" allows them, "Compare AWS STS '
    "credentials\" doesn't.) Assume a role, or call GetFederationToken.",
    CredentialKind.ROOT_TASK: "Credentials of AssumeRoot are for one task, and AWS's page doesn't "
    "list them.",
}
"""Kind of credentials -> why the console rejects them."""

_TOKEN = re.compile(
    "(?P<written>(?P<id>[A-Z0-9]{16,128})(?P<since>[0-9a-f]{15})(?P<seconds>[0-9a-f]{4}))"
    "[A-Za-z0-9_-]{64}EXAMPLETOKEN"
)
_NUMBER = re.compile("0*[0-9]{1,5}")
_HOST = re.compile("[a-z0-9.-]+")
_PARTS = ("sessionId", "sessionKey", "sessionToken")


def get_signin_token(world: World, url: str) -> str:
    """Answer the first step, like the federation endpoint.

    Raises
    ------
    BadRequest
        The credentials or the duration aren't valid, or not for this purpose.
    """
    query = _query(url, "getSigninToken")
    session = _session_in(world, query.get("Session", ""))
    record = session.record
    reason = REFUSED.get(record.kind) or _why_not_shown(session)
    if reason:
        refuse(reason)
    seconds = _seconds(world, record, query.get("SessionDuration"))
    since = since_text(world.clock.now)
    token = _sealed(world, f"{record.access_key_id}{since}{seconds:04x}")
    _record(session, "GetSigninToken", record.access_key_id)
    return token


def open_link(world: World, url: str) -> FederatedConsoleSession:
    """Answer the second step: sign in the browser with the token.

    Raises
    ------
    BadRequest
        It isn't such a link of this world, or it has expired.
    AwsError
        The credentials are no longer valid.
    """
    query = _query(url, "login")
    found = _TOKEN.fullmatch(query.get("SigninToken", ""))
    record = world.sessions.get(found["id"]) if found else None
    if found is None or record is None or found[0] != _sealed(world, found["written"]):
        refuse("The sign-in token is unknown.")
    since, seconds = moment_of(found["since"]), int(found["seconds"], 16)
    now = world.clock.now
    if not since <= now < since + TOKEN_LASTS:
        refuse("A sign-in token is valid for 15 minutes: create another link.")
    check_destination(query.get("Destination", ""), record.issuer_arn.split(":", 2)[1])
    until = now + timedelta(seconds=seconds) if seconds else record.expiration
    session = FederatedConsoleSession(world, record, now, until)
    session.present(world)
    _record(session, "ConsoleLogin", "")
    return session


def _query(url: object, action: str) -> dict[str, str]:
    """Return the parameters of a request to the federation endpoint."""
    if not isinstance(url, str):
        raise RequestError(f"A link must be a ConsoleLink or its URL, not {url!r}.")
    parts = _split(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    known = {federation_page(partition) for partition in PARTITIONS}
    if f"{parts.scheme}://{parts.netloc}{parts.path}" not in known or query.get("Action") != action:
        refuse(f"It isn't a URL of the federation endpoint with Action={action}.")
    return query


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets without an address
        refuse("It isn't a URL.")


def _session_in(world: World, text: str) -> Session:
    """Find the session with the three parts of a request."""
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        sent = None
    parts = [sent.get(name) for name in _PARTS] if isinstance(sent, dict) else []
    record = world.sessions.get(parts[0]) if parts and isinstance(parts[0], str) else None
    if record is None:
        refuse("Session must be a JSON object with sessionId, sessionKey and sessionToken.")
    session = Session(world, record)
    if parts[1:] != [session.secret_access_key, session.session_token]:
        refuse("The secret access key or the session token is wrong.")
    return session


def _why_not_shown(session: Session) -> str:
    try:
        session.present(session.world)
    except (ExpiredToken, InvalidClientTokenId) as error:
        return error.message
    return ""


def _seconds(world: World, record: SessionRecord, wanted: str | None) -> int:
    """Return how long the console's session lasts; 0: as long as the credentials."""
    if wanted is None:
        return 0
    check_duration(int(wanted) if _NUMBER.fullmatch(wanted) else 0)
    if not record.operation.startswith("AssumeRole"):
        refuse(
            f"SessionDuration isn't for credentials of {record.operation}: their duration is set "
            "when they are created."
        )
    parent = world.sessions.get(record.parent)
    if parent is not None and parent.kind is CredentialKind.ROLE:
        refuse("SessionDuration isn't for a chained role: the session ends with its credentials.")
    return int(wanted)


def _sealed(world: World, written: str) -> str:
    """Make the seal of a token, with a secret of the world."""
    return written + seal(world.ids, "signin", written, 64)


def check_duration(seconds: int) -> None:
    """Check the duration of a console session."""
    if not SHORTEST <= seconds <= LONGEST:
        refuse(f"SessionDuration must be {SHORTEST} to {LONGEST} seconds.")


def check_destination(page: str, partition: str) -> None:
    """Check for a page of AWS: the link can't lead anywhere else."""
    parts = _split(page)
    domain = str(urlsplit(console_page(partition)).hostname).removeprefix("console")
    host = parts.hostname or ""
    # Browsers treat a backslash as a slash, so a host can have only its own characters.
    if parts.scheme != "https" or not (_HOST.fullmatch(host) and host.endswith(domain)):
        refuse(f"The destination must be a page of the console: {console_page(partition)}, say.")


def refuse(why: str) -> NoReturn:
    """Reject a request, like the endpoint.

    Raises
    ------
    BadRequest
        Always; with a note that explains why.
    """
    raise noted(BadRequest("Bad Request"), why)


def _record(session: Session, name: str, access_key_id: str) -> None:
    """Record a step in the log of the session's account."""
    who = principal_of(session.world, session)
    identity = caller_identity(who, access_key_id)
    record_sign_in(session.world, name, identity, who.account_id, {"MFAUsed": "No"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FederatedConsoleSession(Session):
    """A console session from a link: the same caller, with another end.

    A role session has its role's permissions there. A federated user can even call IAM there, which
    AWS doesn't allow through the API. Its secrets stay in the browser.

    Parameters
    ----------
    signed_in, until
        Its start and its end; the credentials can expire earlier.
    """

    signed_in: datetime
    until: datetime
    is_in_console: ClassVar[bool] = True

    @property
    def expiration(self) -> datetime:
        """When it ends."""
        return self.until

    @property
    def secret_access_key(self) -> str:
        """Raise an error: the credentials stay in the browser.

        Raises
        ------
        RequestError
            Always.
        """
        return _in_the_browser()

    @property
    def session_token(self) -> str:
        """Raise an error: the credentials stay in the browser.

        Raises
        ------
        RequestError
            Always.
        """
        return _in_the_browser()

    def present(self, world: World) -> Presented:
        """Present the credentials, as with every click.

        Raises
        ------
        ExpiredToken
            It has expired.
        InvalidClientTokenId
            The role or user behind it has been deleted.
        """
        if world.clock.now >= self.until:
            raise ExpiredToken("The security token included in the request is expired")
        shown = presented(world, self.record)
        is_federated = shown.kind is CredentialKind.FEDERATED
        return replace(shown, kind=CredentialKind.FEDERATED_CONSOLE) if is_federated else shown


def _in_the_browser() -> NoReturn:
    raise RequestError("The credentials of a console session stay in the browser.")
