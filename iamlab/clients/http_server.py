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
from typing import TYPE_CHECKING, Self

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
_INCIDENT: Response = 500, {}, b"iamlab made an error here; its log has more.\n"

_LOG = logging.getLogger(__name__)


class _Refused(Exception):  # noqa: N818 - it says what happened to a request
    """A request that isn't passed on: the status, and the reason."""


class _Connection(BaseRequestHandler):
    """The requests of one connection, one after the other."""

    server: _Listener
    request: socket.socket

    def handle(self) -> None:
        self.received = bytearray()
        self.busy = Lock()  # held while a request is answered
        self.server.open.add(self)
        with suppress(OSError):  # the client is gone, or too slow
            while self._one():
                pass
        self.server.open.discard(self)

    def _one(self) -> bool:
        """Answer a request; return whether another one can follow."""
        self.deadline = monotonic() + PATIENCE
        if not self.received and not self._receive():
            return False
        self.deadline = monotonic() + PATIENCE
        try:
            method, url, headers, body = self._read()
        except TimeoutError:
            return self._refuse(408, "The request didn't arrive in time.")
        except _Refused as refused:
            return self._refuse(*refused.args)
        with self.busy:
            if self.server.is_stopping:
                return False
            self.keeps &= headers.get("connection", "").lower() != "close"
            response = self._answer(method, url, headers, body)
            self.request.settimeout(PATIENCE)
            self.request.sendall(response)
        return self.keeps

    def _answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Call the function; return what is to be sent."""
        is_head = method == "HEAD"
        try:
            response = self.server.answer(method, url, headers, body)
            return _written(response, keeps=self.keeps, is_head=is_head)
        except Exception:  # noqa: BLE001 - whatever it is, the server goes on
            _LOG.exception("A request could not be answered")
            return _written(_INCIDENT, keeps=self.keeps, is_head=is_head)

    def _refuse(self, status: int, why: str) -> bool:
        """Send the reason, and end the connection when the client has had time to read it."""
        self.request.settimeout(PATIENCE)
        answer = status, {"Content-Type": "text/plain"}, f"{why}\n".encode()
        self.request.sendall(_written(answer, keeps=False))
        self.request.shutdown(socket.SHUT_WR)
        self.deadline = monotonic() + min(PATIENCE, 2)
        while self._receive():
            self.received.clear()
        return False

    # -- Reading ---------------------------------------------------------------------------------

    def _receive(self) -> bool:
        """Receive more bytes; return whether there were any."""
        self.request.settimeout(max(self.deadline - monotonic(), 0.001))
        more = self.request.recv(1 << 16)
        self.received += more
        return bool(more)

    def _wait_for(self, count: int) -> None:
        while len(self.received) < count:
            if not self._receive():
                raise ConnectionError

    def _take(self, count: int) -> bytes:
        self._wait_for(count)
        taken = bytes(self.received[:count])
        del self.received[:count]
        return taken

    def _line(self, too_long: int = 400) -> bytes:
        """Take a line; one that is too long is refused with this status."""
        while (end := self.received.find(b"\n", 0, LONGEST_LINE)) < 0:
            if len(self.received) >= LONGEST_LINE:
                raise _Refused(too_long, f"A line is longer than {LONGEST_LINE} bytes.")
            self._wait_for(len(self.received) + 1)
        line = self._take(end + 1)
        if not line.endswith(b"\r\n"):
            raise _Refused(400, "A line doesn't end with CR and LF.")
        return line[:-2]

    def _read(self) -> tuple[str, str, dict[str, str], bytes]:
        """Read a request: its method, URL, headers and body."""
        if len(self.server.open) > MOST_CONNECTIONS:
            raise _Refused(503, f"There are more than {MOST_CONNECTIONS} connections.")
        line = _REQUEST.fullmatch(self._line(414) or self._line(414))
        if line is None:
            raise _Refused(400, "The first line isn't a method, a target in ASCII and HTTP/1.1.")
        method, target, self.keeps = line[1].decode(), line[2].decode(), line[3] == b"1"
        headers = self._headers()
        host = headers.get("host", "").lower()
        if target.lower().startswith(f"http://{host}/"):
            target = target[len(f"http://{host}") :]
        self._check_source(host, headers)
        if not target.startswith("/"):
            raise _Refused(400, "The target must be a path, or a URL with the same host.")
        if method not in _METHODS:
            raise _Refused(501, f"The methods are {', '.join(_METHODS)}.")
        return method, f"http://{host}{target}", headers, self._body(headers)

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        room = LONGEST_HEAD
        for _ in range(MOST_HEADERS + 1):
            line = self._line(431)
            if not line:
                return headers
            found, room = _HEADER.fullmatch(line), room - len(line)
            if found is None:
                raise _Refused(400, "A header isn't a name, a colon and a value on one line.")
            if room < 0:
                break
            name, value = found[1].decode().lower(), found[2].decode("latin-1")
            if name in headers and name in _ONCE:
                raise _Refused(400, f"The header {name} is there twice.")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        raise _Refused(431, f"Headers: at most {MOST_HEADERS}, and {LONGEST_HEAD} bytes.")

    def _check_source(self, host: str, headers: Mapping[str, str]) -> None:
        """Check that a program on this computer asks for this server, and not a web page."""
        port = self.server.server_address[1]
        if not re.fullmatch(rf"(127\.0\.0\.1|([a-z0-9_.-]+\.)?localhost):{port}", host):
            raise _Refused(400, f"The host must be 127.0.0.1:{port} or localhost:{port}.")
        is_ours = headers.get("origin", f"http://{host}").lower() == f"http://{host}"
        if not is_ours or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise _Refused(403, "Pages of other sites can't call this server.")

    def _body(self, headers: dict[str, str]) -> bytes:
        """Read the body; if it comes in chunks, the header that says so is removed."""
        length, coding = headers.get("content-length"), headers.pop("transfer-encoding", None)
        if coding is not None and (length is not None or not self.keeps):
            raise _Refused(400, "Transfer-Encoding is for HTTP/1.1, without Content-Length.")
        if coding is not None and coding.lower() != "chunked":
            raise _Refused(501, "The only Transfer-Encoding is chunked.")
        if not re.fullmatch("[0-9]+", length or "0", re.ASCII) or length == "":
            raise _Refused(400, "Content-Length isn't a number.")
        if len(length or "") > 15 or int(length or 0) > LARGEST_BODY:
            raise _Refused(*_TOO_LARGE)
        if headers.get("expect", "100-continue").lower() != "100-continue":
            raise _Refused(417, "The only expectation is 100-continue.")
        if "expect" in headers and self.keeps:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._chunks() if coding else self._take(int(length or 0))

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
    """Write a response."""
    status, headers, body = response
    has_no_body = status < 200 or status in (204, 304)
    length = {} if has_no_body else {"Content-Length": str(len(body))}
    if is_head:  # what is known about the body that isn't sent
        length |= {name: text for name, text in headers.items() if name.lower() == _OURS[1]}
    kept = {name: text for name, text in headers.items() if name.lower() not in _OURS}
    kept |= {**length, "Connection": "keep-alive" if keeps else "close"}
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(re.sub(r"[\x00-\x1f\x7f]", " ", f"{name}: {text}") for name, text in kept.items()),
    )
    head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    return head if is_head or has_no_body else head + body


class _Listener(ThreadingTCPServer):
    """Accepts connections, each in its own thread."""

    allow_reuse_address = os.name != "nt"  # on Windows two programs could have the same port
    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, answer: Handle, port: int) -> None:
        self.answer = answer
        self.open: set[_Connection] = set()
        self.is_stopping = False
        super().__init__(("127.0.0.1", port), _Connection)

    def stop(self) -> None:
        self.is_stopping = True
        self.shutdown()
        self.server_close()
        for connection in tuple(self.open):
            with connection.busy, suppress(OSError):
                connection.request.shutdown(socket.SHUT_RDWR)


class LocalServer:
    """An HTTP server on 127.0.0.1, in threads of this program.

    Parameters
    ----------
    handle
        Gets a request's method, URL, headers with names in lower case, and body, and returns the
        status, headers and body of the response. It is called in several threads.
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
            self._listener = _Listener(handle, port)
        except (OSError, OverflowError, TypeError) as error:
            raise RequestError(
                f"No server can listen on port {port!r}: {error}. Choose another port, or 0 for a "
                "free one."
            ) from None
        self._thread = Thread(target=self._listener.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop; a request that is being answered is finished first."""
        self._listener.stop()
        self._thread.join()
