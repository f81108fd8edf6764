"""An HTTP server on this computer only, which passes each request to a function.

It reads HTTP/1.1 strictly: a request that two programs could read in two ways is refused. Other
computers can't connect, and neither a web page nor a foreign host name leads to it.

Notes
-----
AWS pages: "Service-specific endpoints" of the AWS SDKs and Tools Reference Guide, for clients that
call a local address; "Methods for accessing an Amazon S3 general purpose bucket", for buckets in
host names. The rules of HTTP are in RFC 9110 and RFC 9112.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from contextlib import suppress
from http import HTTPStatus
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from time import monotonic
from traceback import format_exc
from typing import TYPE_CHECKING, Any, NoReturn

from iamlab.display import printable
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.clients.wire import Response

    Handle = Callable[[str, str, Mapping[str, str], bytes], Response]

PATIENCE = 30.0
"""Seconds that a client has for a request, for reading its response, and between two requests."""
MOST_CONNECTIONS = MOST_HEADERS = 100
LONGEST_LINE, LONGEST_HEAD, LARGEST_BODY = 16 << 10, 64 << 10, 64 << 20
"""In bytes: a line, all headers together, and a body."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST = re.compile(rb"(%s) ([\x21-\x7e]+) HTTP/1\.([01])" % _TOKEN)
_HEADER = re.compile(rb"(%s):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*" % _TOKEN)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e]*)?")
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_ONCE = ("authorization", "content-length", "expect", "host", "origin", "transfer-encoding")
_OURS = ("connection", "content-length", "transfer-encoding")
_TOO_LARGE = 413, f"The body is larger than {LARGEST_BODY} bytes."

_LOG = logging.getLogger(__name__)


class _Refused(Exception):  # noqa: N818 - it says what happened to a request
    """A request that isn't passed on: the status, and the reason."""


class _Connection(BaseRequestHandler):
    """The requests of one connection, one after the other."""

    server: LocalServer
    request: socket.socket

    def handle(self) -> None:
        self.received = bytearray()
        self.busy = Lock()  # held while a request is answered
        self.server.open.add(self)
        with suppress(OSError):  # the client is gone, or too slow
            if len(self.server.open) > MOST_CONNECTIONS:
                self._refuse(503, f"There are more than {MOST_CONNECTIONS} connections.")
            while self._one():
                pass
        self.server.open.discard(self)

    def _one(self) -> bool:
        """Answer a request; return whether another one can follow."""
        self.deadline = monotonic() + PATIENCE
        if not self.received:
            self._receive()
        self.deadline = monotonic() + PATIENCE
        try:
            request = self._read()
        except TimeoutError:
            self._refuse(408, "The request didn't arrive in time.")
        except _Refused as refused:
            self._refuse(*refused.args)
        with self.busy:
            if self.server.is_stopping:
                return False
            response = self._answer(*request)
            self._send(response)
        return self.keeps and response != b""

    def _answer(self, method: str, *others: Any) -> bytes:
        """Call the function; return what is to be sent."""
        try:
            response = self.server.answer(method, *others)
            return _written(response, keeps=self.keeps, is_head=method == "HEAD")
        except Exception:  # noqa: BLE001 - whatever it is, the server goes on
            trace = "\n".join(map(printable, format_exc().splitlines()))
            _LOG.error("A request could not be answered:\n%s", trace)
            return _written((500, {}, b""), keeps=self.keeps)

    def _refuse(self, status: int, why: str) -> NoReturn:
        """Send the reason, and end the connection when the client has had time to read it."""
        response = status, {"Content-Type": "text/plain"}, f"{why}\n".encode()
        self._send(_written(response, keeps=False))
        self.request.shutdown(socket.SHUT_WR)
        self.deadline = monotonic() + min(PATIENCE, 2)
        while True:  # until that raises an OSError
            self._receive()
            self.received.clear()

    def _send(self, response: bytes) -> None:
        self.request.settimeout(PATIENCE)
        self.request.sendall(response)

    # -- Reading ---------------------------------------------------------------------------------

    def _receive(self) -> None:
        """Receive more bytes, as long as there is time."""
        self.request.settimeout(max(self.deadline - monotonic(), 0.001))
        more = self.request.recv(1 << 16)
        if not more:
            raise ConnectionError
        self.received += more

    def _take(self, count: int) -> bytes:
        while len(self.received) < count:
            self._receive()
        taken = bytes(self.received[:count])
        del self.received[:count]
        return taken

    def _line(self) -> bytes:
        """Take a line."""
        while (end := self.received.find(b"\n", 0, LONGEST_LINE)) < 0:
            if len(self.received) >= LONGEST_LINE:
                raise _Refused(431, f"A line is longer than {LONGEST_LINE} bytes.")
            self._receive()
        line = self._take(end + 1)
        if not line.endswith(b"\r\n"):
            raise _Refused(400, "A line doesn't end with CR and LF.")
        return line[:-2]

    def _read(self) -> tuple[str, str, dict[str, str], bytes]:
        """Read a request: its method, URL, headers and body."""
        line = _REQUEST.fullmatch(self._line() or self._line())
        if line is None:
            raise _Refused(400, "The first line isn't a method, a target in ASCII and HTTP/1.1.")
        method, target, self.keeps = line[1].decode(), line[2].decode(), line[3] == b"1"
        headers = self._headers()
        host = headers.get("host", "").lower()
        self._check_source(host, headers)
        if target.lower().startswith(f"http://{host}/"):
            target = target[len(f"http://{host}") :]
        if not target.startswith("/"):
            raise _Refused(400, "The target must be a path, or a URL with the same host.")
        if method not in _METHODS:
            raise _Refused(501, f"The methods are {', '.join(_METHODS)}.")
        body = self._body(headers)
        self.keeps &= headers.get("connection", "").lower() != "close"
        return method, f"http://{host}{target}", headers, body

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        room, most = LONGEST_HEAD, MOST_HEADERS
        while line := self._line():
            room, most = room - len(line), most - 1
            if min(room, most) < 0:
                raise _Refused(431, f"Headers: at most {MOST_HEADERS}, and {LONGEST_HEAD} bytes.")
            found = _HEADER.fullmatch(line)
            if found is None:
                raise _Refused(400, "A header isn't a name, a colon and a value on one line.")
            name, value = found[1].decode().lower(), found[2].decode("latin-1")
            if name in headers and name in _ONCE:
                raise _Refused(400, f"The header {name} is duplicated.")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    def _check_source(self, host: str, headers: Mapping[str, str]) -> None:
        """Check that a program on this computer asks for this server, and not a web page."""
        port = self.server.port
        if not re.fullmatch(rf"(127\.0\.0\.1|([a-z0-9_.-]+\.)?localhost):{port}", host):
            raise _Refused(400, f"The host must be 127.0.0.1:{port} or localhost:{port}.")
        is_ours = headers.get("origin", f"http://{host}").lower() == f"http://{host}"
        if not is_ours or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise _Refused(403, "Pages of other sites can't call this server.")

    def _body(self, headers: dict[str, str]) -> bytes:
        """Read the body; if it comes in chunks, the header that says so is removed."""
        coding, length = headers.pop("transfer-encoding", None), headers.get("content-length")
        is_odd = (coding or "").lower() != "chunked" or length is not None or not self.keeps
        if coding is not None and is_odd:
            raise _Refused(
                400, "Transfer-Encoding is chunked, without Content-Length, in HTTP/1.1."
            )
        size = "0" if length is None else length
        if not re.fullmatch("[0-9]{1,15}", size, re.ASCII):
            raise _Refused(400, "Content-Length isn't a number.")
        if int(size) > LARGEST_BODY:
            raise _Refused(*_TOO_LARGE)
        if self.keeps and headers.get("expect", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._take(int(size)) if coding is None else self._chunks()

    def _chunks(self) -> bytes:
        body = bytearray()
        while found := _CHUNK.fullmatch(self._line()):
            size = int(found[1], 16)
            if len(body) + size > LARGEST_BODY:
                raise _Refused(*_TOO_LARGE)
            if not size:
                self._headers()  # of the trailer, which nothing reads
                return bytes(body)
            body += self._take(size)
            if self._line():
                raise _Refused(400, "A chunk is longer than its size.")
        raise _Refused(400, "A chunk doesn't begin with its size.")


def _written(response: Response, *, keeps: bool, is_head: bool = False) -> bytes:
    """Write a response; that to HEAD can have the length of what isn't sent."""
    status, headers, body = response
    if not status:
        return b""
    lengths = [text for name, text in headers.items() if name.lower() == "content-length"]
    kept = {name: text for name, text in headers.items() if name.lower() not in _OURS}
    if status not in (204, 304):
        kept["Content-Length"] = lengths[0] if is_head and lengths else str(len(body))
    kept["Connection"] = "keep-alive" if keeps else "close"
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(re.sub(r"[\x00-\x1f\x7f]", " ", f"{name}: {text}") for name, text in kept.items()),
    )
    head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    return head if is_head or status in (204, 304) else head + body


class LocalServer(ThreadingTCPServer):
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

    allow_reuse_address = os.name != "nt"  # on Windows two programs could have the same port
    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, handle: Handle, port: int = 0) -> None:
        self.answer, self.is_stopping = handle, False
        self.open: set[_Connection] = set()
        try:
            super().__init__(("127.0.0.1", port), _Connection)
        except (OSError, OverflowError, TypeError) as error:
            raise RequestError(
                f"No server can listen on port {port!r}: {error}. Choose another port, or 0 for a "
                "free one."
            ) from None
        Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop; a request that is being answered is finished first."""
        self.is_stopping = True
        self.shutdown()
        self.server_close()
        for connection in tuple(self.open):
            with connection.busy, suppress(OSError):
                connection.request.shutdown(socket.SHUT_RDWR)
