"""A boto3 session whose clients call a world, and nothing else.

Only this one session is changed: an event handler of its botocore session answers each request
before it would be sent. The session ignores the computer's profiles and variables of AWS.

Notes
-----
AWS pages: "Events" of the Boto3 guide; "Configuration settings" of the AWS SDKs and Tools
Reference Guide.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iamlab.clients.services import is_of_aws
from iamlab.errors import RequestError
from iamlab.model.credentials import CredentialOwner
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.session import Session
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.clients.gateway import Gateway

_FIXED: dict[str, Any] = {
    **dict.fromkeys(("profile", "ca_bundle")),
    "config_file": str(Path(__file__).with_name("aws_config.ini")),
    "credentials_file": os.devnull,
    **tables(__file__, "clients.toml")["botocore"],
}
"""Settings that a computer's own profiles and variables can't change."""


class _Raw(BytesIO):
    """A body in the form of urllib3, from which botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def boto3_session(gateway: Gateway, principal: Any, region_name: str) -> Any:
    """Return a boto3 session that signs as a principal: see ``world.boto3_session``."""
    import boto3

    *keys, token = credentials_of(gateway, principal)
    session = session_apart()
    session.register("before-send", lambda request, **_: _answer(gateway, request))
    return boto3.Session(*keys, token or None, region_name=region_name, botocore_session=session)


def session_apart() -> Any:
    """Return a session of botocore that ignores the computer's profiles and variables."""
    from botocore.session import Session as BotocoreSession

    variables = {name: (None, None, value, None) for name, value in _FIXED.items()}
    session = BotocoreSession(session_vars=variables)
    if (moto := sys.modules.get("moto.core.models")) is not None:
        session.unregister("before-send", moto.botocore_stubber)  # it answers every session
    return session


def credentials_of(gateway: Gateway, principal: Any) -> tuple[str, str, str]:
    """Return the access key, its secret and the token of a session; else an empty one."""
    if isinstance(principal, Session):
        return principal.access_key_id, principal.secret_access_key, principal.session_token
    if isinstance(principal, AccessKey):
        key_id = principal.access_key_id
    elif isinstance(principal, CredentialOwner):
        key_id, name = active_key(principal), principal.user_name
        if not key_id:
            no_key = f"{name} has no active access key, so no client can sign as {name}."
            raise RequestError(f"{no_key} Create one: user.create_access_key().")
    else:
        raise RequestError(
            f"A client needs credentials, and {principal!r} has none. Pass a user, a root user, an "
            "access key, or a session such as world.sts.assume_role(...)."
        )
    return key_id, gateway.world.ids.secret_of(key_id), ""


def active_key(owner: CredentialOwner) -> str:
    """Return the id of an active access key of a user or root user; without one, an empty text."""
    records = tuple(owner.key_records.values())  # another thread can change them
    return next((key.access_key_id for key in records if key.status == "Active"), "")


def _answer(gateway: Gateway, request: Any) -> Any:
    """Answer a request of botocore instead of sending it.

    Raises
    ------
    RequestError
        It is for a host that isn't AWS's.
    """
    from botocore.awsrequest import AWSResponse, HeadersDict

    host = urlsplit(request.url).hostname or ""
    if not is_of_aws(host):
        raise RequestError(
            f"This session's clients call only the world, at AWS's own endpoints: not {host!r}. "
            "Remove endpoint_url."
        )
    headers = {name: _text(value) for name, value in request.headers.items()}
    body = request.body or b""
    body = body if isinstance(body, str | bytes) else body.read()
    sent = body.encode() if isinstance(body, str) else bytes(body)
    status, answered, content = gateway.handle(request.method, request.url, headers, sent)
    return AWSResponse(request.url, status, HeadersDict(answered), _Raw(content))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
