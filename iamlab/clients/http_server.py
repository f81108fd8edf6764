"""An HTTP server on this computer only, which passes each request to a function.

waitress reads requests and writes responses. Added is that a request that two programs could read
in two ways is refused, and that neither a web page nor a foreign host name leads to the server.

Notes
-----
AWS pages: "Service-specific endpoints" of the AWS SDKs and Tools Reference Guide, for clients that
call a local address; "Methods for accessing an Amazon S3 general purpose bucket", for buckets in
host names. The rules of HTTP are in RFC 9110 and RFC 9112.
"""

from __future__ import annotations

import logging
import math
import re
import socket
from http import HTTPStatus
from threading import Lock, Thread
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Self

from waitress import channel, parser, server, task, wasyncore

from iamlab.display import printable
from iamlab.errors import RequestError
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from iamlab.clients.wire import Response

    Headers = Mapping[str, str]
    Handle = Callable[[str, str, Headers, bytes], Response]

_SETTINGS: dict[str, Any] = tables(__file__, "clients.toml")["waitress"]
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_OURS = task.hop_by_hop | {"content-length"}
_TEXT = {"Content-Type": "text/plain"}
_ONCE = rb"\n(authorization|expect|host|length|origin):"

_LOG = logging.getLogger(__name__)
logging.getLogger("waitress").setLevel(logging.ERROR)  # it also warns when requests wait


class _Parser(parser.HTTPRequestParser):
    """Reads a request."""

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse also what waitress accepts but another program could read in another way."""
        super().parse_header(header_plus)
        text = re.sub(rb"\n(content-length|transfer-encoding):", rb"\nlength:", header_plus.lower())
        names = re.findall(_ONCE, text)
        if len({*names}) < len(names) or "TRANSFER_ENCODING" in self.headers:  # of HTTP/1.0
            raise parser.ParsingError("A header is duplicated, or Transfer-Encoding isn't allowed.")
        if re.search(rb"\n[ \t]", text):
            raise parser.ParsingError("A header has more than one line.")


class _Channel(channel.HTTPChannel):
    """A connection."""

    parser_class = _Parser

    def handle_read(self) -> None:
        """Measure the time of a request from its first byte, not from its latest one."""
        begun = self.last_activity if self.request else None
        super().handle_read()
        if begun and self.request:
            self.last_activity = begun

    def send_continue(self) -> None:
        """Leave it out when there is no body, as waitress 3.0.2 would wait for another request."""
        if self.request and not self.request.completed:
            super().send_continue()


class LocalServer:
    """An HTTP server on 127.0.0.1, in threads of this program.

    Parameters
    ----------
    handle
        Gets a request's method, URL, headers with names in lower case, and body, and returns the
        status, headers and body of the response; with status 0 the connection ends without one. It
        is called in several threads.
    port
        The port; 0 chooses a free one.

    Raises
    ------
    RequestError
        The port is used by another program, or isn't a port.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> def hello(method, url, headers, body):
    ...     return 200, {"Content-Type": "text/plain"}, b"Hello"
    >>> with LocalServer(hello) as server:
    ...     urlopen(server.url).read()
    b'Hello'
    """

    def __init__(self, handle: Handle, port: int = 0) -> None:
        try:
            listening = socket.create_server(("127.0.0.1", range(1 << 16).index(port)))
        except (OSError, ValueError) as error:
            hint = "Choose another port, or 0 for a free one"
            raise RequestError(f"No server can listen on port {port!r}: {error}. {hint}.") from None
        self.answer, self.port = handle, int(listening.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: dict[int, Any] = {}  # by file number, what is read and written
        self._goes_on, self._stopping = True, Lock()
        made: Any = server.create_server(self._wsgi, self._open, sockets=[listening], **_SETTINGS)
        made.channel_class = _Channel
        self._server = made
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop; a request that is being answered is finished first."""
        with self._stopping:
            if self._goes_on:
                self._server.task_dispatcher.shutdown(timeout=math.inf)
                self._goes_on = False
                self._server.pull_trigger()
                self._thread.join()  # what it waits for is closed after it: it may end by itself
                wasyncore.close_all(self._open)

    def _serve(self) -> None:
        """Read and write until it is stopped, and clients have got their responses."""
        channels = self._server.active_channels
        while self._goes_on or any(
            each.total_outbufs_len and not each.will_close for each in channels.values()
        ):
            # With poll(): select() fails in a program with more than 1,024 open files.
            wasyncore.loop(1, use_poll=True, map=self._open, count=1)

    def _wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer a request, as an application of WSGI."""
        try:
            status, headers, body = self._response(environ)
            line = f"{status} {HTTPStatus(status).phrase}" if status else ""
        except Exception:  # noqa: BLE001 - whatever it is, the server goes on
            trace = "\n".join(map(printable, format_exc().splitlines()))
            _LOG.error("A request could not be answered:\n%s", trace)
            line, headers, body = "500 Internal Server Error", {}, b""
        if not line:
            # An application raises this when it notices that the client has gone. It is the only
            # way in which waitress closes a connection without sending a response.
            raise channel.ClientDisconnected
        start_response(line, list(headers.items()))
        return [body]

    def _response(self, environ: WSGIEnvironment) -> Response:
        """Return the response, with headers that can't break it."""
        method, target = environ["REQUEST_METHOD"], environ["REQUEST_URI"]  # not decoded
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): text
            for name, text in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_LENGTH", "CONTENT_TYPE")
        }
        here = f"http://{headers.get('host', '').lower()}"
        if target.lower().startswith(f"{here}/"):
            target = target[len(here) :]
        status, sent, body = self._refusal(method, here, target, headers) or self.answer(
            method, here + target, headers, environ["wsgi.input"].read()
        )
        is_head = method == "HEAD"
        lengths = (text for name, text in sent.items() if name.lower() == "content-length")
        size = int(next(lengths, len(body))) if is_head else len(body)  # of what GET returns
        kept = {_line(name): _line(sent[name]) for name in sent if name.lower() not in _OURS}
        return status, {**kept, "Content-Length": str(size)}, b"" if is_head else bytes(body)

    def _refusal(self, method: str, here: str, target: str, headers: Headers) -> Response | None:
        """Check that a program on this computer asks for this server, and not a web page."""
        names = rf"http://(127\.0\.0\.1|([a-z0-9_.-]+\.)?localhost):{self.port}"
        if not re.fullmatch(names, here):
            return 400, _TEXT, f"The host must be 127.0.0.1:{self.port}, or localhost.".encode()
        is_foreign = headers.get("origin", here).lower() != here
        if is_foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return 403, _TEXT, b"Pages of other sites can't call this server."
        if not re.fullmatch(r"/[\x21-\x7e]*", target):
            return 400, _TEXT, b"The target must be a path in ASCII, or a URL with the same host."
        return None if method in _METHODS else (501, _TEXT, f"There is no {method}.".encode())


def _line(text: str) -> str:
    """Return a name or a value of a header on one line, in the characters of HTTP."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).encode("latin-1", "replace").decode("latin-1")
