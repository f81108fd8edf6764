"""Signature Version 4: who signed a request, and whether the signature is right.

A signature is an HMAC of the request with a key that is made from the secret, the day, the Region
and the service. It is in the header ``Authorization``, or in the query of a presigned URL.

Notes
-----
AWS pages: "AWS Signature Version 4 for API requests"; "Create a signed AWS API request";
"Troubleshoot Signature Version 4 signing for AWS API requests"; "Common errors" of the IAM API
Reference. The sentences come from public sources. It is likely, not certain, that an expired
presigned URL is answered with ``RequestExpired``; S3 has its own answer.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from iamlab.clients.wire_values import HttpError

if TYPE_CHECKING:
    from iamlab.clients.wire import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SKEW = timedelta(minutes=5)
"""By how much the client's clock can be wrong; with S3 three times as much."""
LONGEST = 604_800
"""The most seconds that a presigned URL is valid."""

UNSIGNED = "UNSIGNED-PAYLOAD"
"""In the place of the body's hash: the signature doesn't cover the body."""

_OLD = f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
_NOT_SIGNED = "There were headers present in the request which were not signed"
_SKEWED = "The difference between the request time and the current time is too large."
_NOT_HASHED = (UNSIGNED, "STREAMING-")
_DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a request, with what it claims.

    Parameters
    ----------
    access_key_id, region, service
        The credential scope, with the day of ``date``.
    date
        When the request was signed.
    signed_headers
        The names of the headers in the signature.
    token
        The session token, if there is one.
    expires
        For how many seconds a presigned URL is valid; ``None``: the signature is in a header.
    """

    access_key_id: str
    region: str
    service: str
    date: datetime
    signed_headers: tuple[str, ...]
    value: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires: int | None = None

    @property
    def scope(self) -> str:
        """The credential scope without the access key."""
        return f"{self.date:%Y%m%d}/{self.region}/{self.service}/{TERMINATOR}"

    def check_date(self, now: datetime) -> None:
        """Check that the request was signed about now, or that its URL is still valid.

        Raises
        ------
        HttpError
            It is too old, or its date is in the future.
        """
        is_s3 = self.service == "s3"
        skew = 3 * SKEW if is_s3 else SKEW
        signed, early, late = f"{self.date:{_DATE}}", now - skew, now + skew
        is_old = self.expires is None and self.date < early
        if is_s3 and (self.date > late or is_old):
            raise HttpError("RequestTimeTooSkewed", _SKEWED, 403)
        if self.date > late:
            compared = f"{signed} is still later than {late:{_DATE}} ({now:{_DATE}} + 5 min.)"
            raise _mismatch(f"Signature not yet current: {compared}")
        if is_old:
            compared = f"{signed} is now earlier than {early:{_DATE}} ({now:{_DATE}} - 5 min.)"
            raise _mismatch(f"Signature expired: {compared}")
        if self.expires is not None and self.date + timedelta(seconds=self.expires) < now:
            if is_s3:
                raise HttpError("AccessDenied", "Request has expired", 403)
            raise HttpError("RequestExpired", "Request has expired.")

    def check_value(self, request: HttpRequest, secret: str) -> None:
        """Check that the secret and the request give this signature.

        Raises
        ------
        HttpError
            Another secret signed it, or the request was changed after that.
        """
        sent = {name for name in request.headers if name.startswith("x-amz-")}
        if self.service == "s3" and sent - {*self.signed_headers}:
            raise HttpError("AccessDenied", _NOT_SIGNED, 403)
        if "host" not in self.signed_headers:
            raise _mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        digest = sha256(self._canonical(request).encode()).hexdigest()
        text = "\n".join((ALGORITHM, self.date.strftime(_DATE), self.scope, digest))
        key = f"AWS4{secret}".encode()
        for part in (*self.scope.split("/"), text):
            key = hmac.new(key, part.encode(), sha256).digest()
        if not hmac.compare_digest(key.hex().encode(), self.value.encode("utf-8", "replace")):
            raise _mismatch(
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service "
                "documentation for details."
            )

    def _canonical(self, request: HttpRequest) -> str:
        """Return the request in the form that is signed."""
        parts = urlsplit(request.url)
        path = parts.path or "/"
        pairs = [pair.partition("=")[::2] for pair in parts.query.split("&") if pair]
        query = sorted(pair for pair in pairs if pair[0] != "X-Amz-Signature")
        headers = {**request.headers, "host": request.host}
        lines = [
            request.method.upper(),
            path if self.service == "s3" else quote(path, safe="/~"),
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in self.signed_headers),
            "",
            ";".join(self.signed_headers),
            self._hash_of_body(request),
        ]
        return "\n".join(lines)

    def _hash_of_body(self, request: HttpRequest) -> str:
        """Return the hash of the body, or what clients of S3 sign instead of it."""
        sent = request.headers.get("x-amz-content-sha256", "")
        if self.service == "s3" and (self.expires is not None or sent.startswith(_NOT_HASHED)):
            return sent or UNSIGNED
        return sha256(request.body).hexdigest()


def _mismatch(message: str) -> HttpError:
    return HttpError("SignatureDoesNotMatch", message, 403)


def _incomplete(message: str) -> HttpError:
    return HttpError("IncompleteSignature", message, 403)


def read_signature(request: HttpRequest) -> Signature | None:
    """Read the signature of a request; ``None`` if it has none.

    Raises
    ------
    HttpError
        A part is missing or malformed.
    """
    query = dict(request.query)
    if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        return _read(
            {
                name.removeprefix("X-Amz-"): value
                for name, value in query.items()
                if name.startswith("X-Amz-")
            },
            "AWS query-string parameters must include 'X-Amz-{}'.",
            _seconds(query.get("X-Amz-Expires", "")),
        )
    text = request.headers.get("authorization", "")
    if text.startswith("AWS ") or "AWSAccessKeyId" in query:
        raise HttpError("InvalidRequest", _OLD)
    if not text:
        return None
    algorithm, _, rest = text.strip().partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    parts = {name: value for name, _, value in pairs}
    date, token = (request.headers.get(f"x-amz-{name}", "") for name in ("date", "security-token"))
    return _read(
        {"Algorithm": algorithm, "Date": date, **parts, "Security-Token": token},
        "Authorization header requires '{}' parameter.",
    )


def _seconds(text: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= LONGEST:
        raise _incomplete(f"X-Amz-Expires must be a number of seconds from 1 to {LONGEST}.")
    return int(text)


def _read(parts: dict[str, str], missing: str, expires: int | None = None) -> Signature:
    if parts.get("Algorithm") != ALGORITHM:
        raise _incomplete(f"Unsupported signing algorithm; use {ALGORITHM}.")
    wanted = ("Credential", "Signature", "SignedHeaders", "Date")
    absent = [missing.format(name) for name in wanted if not parts.get(name)]
    if absent:
        raise _incomplete(" ".join(absent))
    scope = parts["Credential"].split("/")
    if len(scope) != 5:
        raise _incomplete("Credential must have exactly 5 slash-delimited elements.")
    key_id, day, region, service, end = scope
    if end != TERMINATOR:
        raise _mismatch(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
    try:
        date = datetime.strptime(parts["Date"], _DATE).replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete("Date must be in ISO-8601 'basic format'.") from None
    if day != f"{date:%Y%m%d}":
        raise _mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{day[:20]}' != '{date:%Y%m%d}', from '{date:{_DATE}}'."
        )
    headers = tuple(parts["SignedHeaders"].lower().split(";"))
    value, token = parts["Signature"], parts.get("Security-Token", "")
    return Signature(key_id, region, service, date, headers, value, token, expires)
