"""The HTTP server: malformed and hostile requests are refused, and it goes on."""

import gc
import http.client
import io
import logging
import socket
import threading
from contextlib import ExitStack, suppress
from importlib import import_module

import boto3
import pytest

from iamlab import RequestError
from iamlab.clients.http_server import LocalServer
from tests.hidden import hide
from tests.rows import each_row

ENDS = "Connection: close\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


class Echo:
    """Answers with what it got, and keeps it."""

    def __init__(self):
        self.got = []
        self.answer = (200, {"Content-Type": "text/plain"}, b"fine")

    def __call__(self, *request):
        """Answer, or fail."""
        self.got.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def echo():
    """Make what answers."""
    return Echo()


@pytest.fixture
def server(echo):
    """Start a server."""
    with LocalServer(echo) as started:
        yield started


def _dial(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def _send(server, text, *, is_all=True):
    """Send bytes, and read until the server ends the connection."""
    sent = text if isinstance(text, bytes) else text.encode("latin-1")
    with _dial(server) as line:
        line.sendall(sent.replace(b"HOST", f"127.0.0.1:{server.port}".encode()))
        if is_all:
            line.shutdown(socket.SHUT_WR)
        return _received(line).decode("latin-1")


def _received(line):
    """Read until the server ends the connection, also with a reset when it has read enough."""
    got = []
    with suppress(ConnectionResetError):
        got += iter(lambda: line.recv(65536), b"")
    return b"".join(got)


def _status(answer):
    return int(answer.split(" ")[1]) if answer else 0


def test_a_request_is_passed_on_and_answered(server, echo):
    """With its method, URL, headers in lower case, and body; the connection stays open."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for body in (b"Action=GetUser", b""):
        client.request("POST", "/a%2Fb/../c//?x=1&y", body, {"X-Amz-Date": " 20261125T090000Z "})
        response = client.getresponse()

        assert (response.status, response.read()) == (200, b"fine")
        method, url, headers, got = echo.got[-1]
        assert (method, url, got) == ("POST", f"{server.url}/a%2Fb/../c//?x=1&y", body)
        assert headers["x-amz-date"] == "20261125T090000Z"
        assert headers["host"] == f"127.0.0.1:{server.port}"
    client.close()


def test_only_this_computer_can_connect(server):
    """The server listens on the loopback address."""
    with pytest.raises(OSError, match=r"refused|reach|assign"):
        socket.create_connection(("127.0.0.2", server.port), timeout=20)
    assert repr(server) == f"<LocalServer {server.url}>"


@each_row(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: HOST\r\n\r\n", 200),
        ("\r\nGET / HTTP/1.1\r\nHost: HOST\r\n\r\n", 200),
        ("GET / HTTP/1.0\r\nHost: HOST\r\n\r\n", 200),
        ("GET http://HOST/a?b HTTP/1.1\r\nHost: HOST\r\n\r\n", 200),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 200),
        ("OPTIONS / HTTP/1.1\r\nHost: HOST\r\n\r\n", 200),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n\r\nab", 200),
        # No two readings.
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2, 2\r\n\r\nab", 400),
        (f"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\n{CHUNKED}\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nAuthorization: a\r\nauthorization: b\r\n\r\n", 400),
        (f"POST / HTTP/1.1\r\nHost: HOST\r\n{CHUNKED}{CHUNKED}\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length : 2\r\n\r\nab", 400),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\r\n Content-Length: 2\r\n\r\nab", 400),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\rContent-Length: 2\r\n\r\nab", 400),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nX-A: a\x00b\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: HOST\n\n", 0),
        # Wrong lengths.
        *(
            (f"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: {wrong}\r\n\r\nab", 400)
            for wrong in ("-1", "+2", "2.0", "0x2", "two", "", "\xb2", "1_0")
        ),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 70000000\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9\r\n\r\nab", 0),
        # No HTTP, or another one.
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n", 0),
        ("GET /\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
        ("GET /\xe9 HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
        ("CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n", 400),
        ("BREW / HTTP/1.1\r\nHost: HOST\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nExpect: rain\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\n: x\r\n\r\n", 400),
        ("", 0),
        # Too much.
        ("GET /" + "a" * (256 << 10), 431),
        ("GET / HTTP/1.1\r\nHost: HOST\r\n" + "X-A: 1\r\n" * (32 << 10), 431),
    ],
)
def test_http_is_read_strictly(server, echo, request_text, status):
    """What can be read in two ways is refused; what is only odd is passed on."""
    echo.got.clear()
    answer = _send(server, request_text)

    # A client that goes on sending after the refusal may find the connection reset.
    assert _status(answer) in ((431, 0) if status == 431 else (status,))
    assert len(echo.got) == (status == 200)


@each_row(
    ("request_text", "url"),
    [
        ("GET http://HOST/a?b=http://x HTTP/1.1", "/a?b=http://x"),
        ("GET //a//b HTTP/1.1", "//a//b"),
        ("GET /../etc/passwd HTTP/1.1", "/../etc/passwd"),
        ("GET /%00%0d%0a HTTP/1.1", "/%00%0d%0a"),
    ],
)
def test_a_path_is_passed_on_as_it_is(server, echo, request_text, url):
    """The signature covers the path, so nothing in it is made nicer."""
    echo.got.clear()
    _send(server, f"{request_text}\r\nHost: HOST\r\n\r\n")

    assert echo.got[0][1] == f"{server.url}{url}"


@each_row(
    ("headers", "status"),
    [
        ("Host: localhost:PORT", 200),
        ("Host: bucket.localhost:PORT", 200),
        ("Host: My.Bucket.localhost:PORT", 200),
        ("Host: 127.0.0.1", 400),
        ("Host: 127.0.0.1:1", 400),
        ("Host: rebound.example:PORT", 400),
        ("Host: localhost.example:PORT", 400),
        ("Host: evil/localhost:PORT", 400),
        ("Host: a@localhost:PORT", 400),
        ("Host: ", 400),
        ("X-No: host", 400),
        ("Host: localhost:PORT\r\nHost: rebound.example", 400),
        ("Host: 127.0.0.1:PORT\r\nOrigin: https://evil.example", 403),
        ("Host: 127.0.0.1:PORT\r\nOrigin: null", 403),
        ("Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:1", 403),
        ("Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT", 200),
        ("Host: 127.0.0.1:PORT\r\nSec-Fetch-Site: cross-site", 403),
        ("Host: 127.0.0.1:PORT\r\nSec-Fetch-Site: none", 200),
    ],
)
def test_no_web_page_and_no_foreign_name_leads_here(server, echo, headers, status):
    """A name that was pointed at this computer is refused, and so is a page's request."""
    echo.got.clear()
    text = headers.replace("PORT", str(server.port))

    assert _status(_send(server, f"GET / HTTP/1.1\r\n{text}\r\n\r\n")) == status
    assert len(echo.got) == (status == 200)


def test_a_target_with_another_host_is_refused(server, echo):
    """An absolute URL must agree with the header."""
    answer = _send(server, "GET http://localhost/ HTTP/1.1\r\nHost: HOST\r\n\r\n")

    assert (_status(answer), echo.got) == (400, [])


def test_a_client_that_asks_first_can_continue(server, echo):
    """As botocore does for objects of S3."""
    with _dial(server) as line:
        line.sendall(
            f"PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{ENDS}"
            "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n".encode()
        )
        first = line.recv(65536)
        line.sendall(b"abc")
        then = b"".join(iter(lambda: line.recv(65536), b""))

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert then.startswith(b"HTTP/1.1 200 OK\r\n")
    assert echo.got[0][3] == b"abc"


@each_row(
    ("chunks", "body"),
    [
        ("0\r\n\r\n", b""),
        ("3\r\nabc\r\n0\r\n\r\n", b"abc"),
        ("3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n", b"abc0123456789"),
        ("x\r\nabc\r\n0\r\n\r\n", None),
        ("-3\r\nabc\r\n0\r\n\r\n", None),
        ("3\r\nabcd\r\n0\r\n\r\n", None),
        ("\r\n", None),
        ("fffffff\r\nabc", None),
        ("3\r\nabc\r\n0\r\nX-Sum: 1", None),
        ("3\r\nab", None),
    ],
)
def test_a_body_in_chunks_is_put_together(server, echo, chunks, body):
    """Malformed chunks are refused."""
    echo.got.clear()
    headers = "Host: HOST\r\nTransfer-Encoding: Chunked\r\n"
    answer = _send(server, f"PUT /b/k HTTP/1.1\r\n{headers}\r\n{chunks}")

    assert _status(answer) in ((200,) if body is not None else (0, 400, 413))
    assert [got[3] for got in echo.got] == ([] if body is None else [body])
    assert all("transfer-encoding" not in got[2] for got in echo.got)


def test_requests_can_be_sent_without_waiting(server, echo):
    """They are answered in order; after one that can't be read, no other is read."""
    get = "GET /{} HTTP/1.1\r\nHost: HOST\r\n\r\n"
    answer = _send(server, get.format(1) + get.format(2) + "nonsense\r\n\r\n" + get.format(3))

    assert answer.count("HTTP/1.1 200 OK") == 2
    assert answer.count(" 400 Bad Request\r\n") == 1
    assert [url[-2:] for _, url, *_ in echo.got] == ["/1", "/2"]


def test_head_has_no_body(server, echo):
    """But the length of what a GET would get."""
    echo.answer = (200, {"content-length": "1234"}, b"")
    answer = _send(server, f"HEAD / HTTP/1.1\r\nHost: HOST\r\n{ENDS}\r\n")

    assert "\r\nContent-Length: 1234\r\n" in answer
    assert answer.endswith("\r\n\r\n")
    echo.answer = (204, {}, b"nothing")
    answer = _send(server, f"GET / HTTP/1.1\r\nHost: HOST\r\n{ENDS}\r\n")
    assert "Content-Length" not in answer
    assert answer.endswith("\r\n\r\n")


def test_without_a_status_the_connection_ends_without_an_answer(server, echo):
    """As at a network that loses the answer; what follows in this connection isn't read."""
    echo.answer = (0, {}, b"")
    get = "GET /{} HTTP/1.1\r\nHost: HOST\r\n\r\n"

    assert _send(server, get.format(1) + get.format(2)) == ""
    assert [url[-2:] for _, url, *_ in echo.got] == ["/1"]


def test_a_response_can_not_be_split(server, echo):
    """A line break in a header becomes a space, and only the server frames the body."""
    echo.answer = (
        200,
        {"X-A": "1\r\nX-B: 2", "transfer-encoding": "chunked", "Connection": "x", "X-é\n": "π"},
        b"ab",
    )
    lines = _send(server, f"GET / HTTP/1.1\r\nHost: HOST\r\n{ENDS}\r\n").split("\r\n")

    assert [line for line in lines[1:] if not line.startswith("Date: ")] == [
        *(ENDS.strip(), "Content-Length: 2", "X-A: 1  X-B: 2", "X-É : ?", "", "ab")
    ]


@each_row(
    "answer",
    [
        ZeroDivisionError("secret in the traceback, \x1b[31mred"),
        (200, {}, "no bytes"),
        (9999, {}, b""),
        (200, {"X-A": 1}, b""),
        None,
    ],
)
def test_an_error_in_the_program_is_a_500_without_a_traceback(server, echo, caplog, answer):
    """The log has it, without control characters, and the next request is answered."""
    caplog.clear()
    fine, echo.answer = echo.answer, answer
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    client.request("GET", "/")
    response = client.getresponse()
    text = response.read().decode()
    echo.answer = fine
    client.request("GET", "/")

    assert (response.status, "secret" in text, "Traceback" in text) == (500, False, False)
    assert client.getresponse().read() == b"fine"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "Traceback" in caplog.text
    assert "\x1b" not in caplog.text
    client.close()


@pytest.fixture
def hasty(server):
    """Let clients have little time."""
    server._server.adj.channel_timeout = 0.05
    server._server.adj.cleanup_interval = server._server.next_channel_cleanup = 0
    return server


def test_a_slow_client_is_let_go(hasty, echo):
    """Nothing of what it has said so far is passed on."""
    parts = (
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHo",
        b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab",
    )
    with ExitStack() as stack:
        lines = [stack.enter_context(_dial(hasty)) for _ in parts]
        for line, part in zip(lines, parts, strict=True):
            with suppress(OSError):  # it is let go already
                line.sendall(part)
        assert [_received(line) for line in lines] == [b""] * len(parts)
    assert echo.got == []


def test_a_client_that_drips_has_no_more_time_than_others(hasty, echo):
    """The time is for the whole request, not for each byte."""
    with _dial(hasty) as line, suppress(ConnectionError):
        while True:  # until the server has had enough
            line.sendall(b"a")
    assert echo.got == []


def test_a_client_that_does_not_read_does_not_keep_the_server_from_stopping(hasty, echo):
    """Its response is too large to be sent without it."""
    echo.answer = (200, {}, bytes(16 << 20))
    with _dial(hasty) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{hasty.port}\r\n\r\n".encode())
        line.recv(1)
        hasty.stop()


def test_too_many_connections_wait_until_there_is_room(server, echo):
    """The others are answered as before."""
    server._server.adj.connection_limit = 2 + len(server._open)
    first, second, third = (
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for _ in range(3)
    )
    for client in (first, second):
        client.request("GET", "/1")
        assert client.getresponse().read() == b"fine"
    third.request("GET", "/3")
    for client in (first, second):
        client.request("GET", "/2")
        assert client.getresponse().read() == b"fine"
    assert [url[-1] for _, url, *_ in echo.got] == ["1", "1", "2", "2"]
    first.close()
    assert third.getresponse().read() == b"fine"
    second.close()
    third.close()


def test_a_client_that_dies_in_the_middle_disturbs_nobody(server, echo):
    """Its request is not passed on."""
    for part in (b"POST / HTTP/1.1\r\nHost", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"):
        with _dial(server) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            line.sendall(part)

    assert _status(_send(server, f"GET / HTTP/1.1\r\nHost: HOST\r\n{ENDS}\r\n")) == 200
    assert len(echo.got) == 1


def test_many_clients_at_once_are_answered(server):
    """Each gets its own answer."""
    statuses = []

    def ask():
        statuses.append(_status(_send(server, f"GET / HTTP/1.1\r\nHost: HOST\r\n{ENDS}\r\n")))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 20


def test_stop_finishes_what_is_being_answered():
    """A request that was begun is answered, idle connections end, and then the port is free."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        go_on.wait()
        return 200, {}, b"done"

    server = LocalServer(slow)
    got = []
    with _dial(server) as idle:
        client = threading.Thread(
            target=lambda: got.append(_send(server, "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"))
        )
        client.start()
        begun.wait()
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        go_on.set()
        stopper.join()
        client.join()

        assert _status(got[0]) == 200
        assert got[0].endswith("done")
        assert _received(idle) == b""
    server.stop()  # does nothing
    with LocalServer(slow, server.port) as again:
        assert again.port == server.port


@each_row("port", [-1, 70_000, "8000", 1.5])
def test_a_port_that_is_none_is_refused(echo, port):
    """The message says what to do."""
    with pytest.raises(RequestError, match="Choose another port, or 0 for a free one"):
        LocalServer(echo, port)


def test_a_port_in_use_is_refused(server, echo):
    """Two servers can't share one."""
    with pytest.raises(RequestError, match="in use"):
        LocalServer(echo, server.port)


@each_row("content", [b"stars", io.BytesIO(b"stars"), b""])
def test_the_real_client_of_s3_sends_its_objects(server, echo, content):
    """It asks before it sends, and a response to HEAD has the size of what it doesn't have."""
    echo.got.clear()
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "secret"}
    s3 = boto3.Session(**keys, region_name="us-east-1").client("s3", endpoint_url=server.url)
    echo.answer = (200, {"ETag": '"1"', "Content-Length": "5"}, b"")
    s3.put_object(Bucket="maps", Key="a b/é", Body=content)
    size = s3.head_object(Bucket="maps", Key="m31")["ContentLength"]
    s3.close()
    method, url, headers, body = echo.got[0]

    assert (method, url) == ("PUT", f"{server.url}/maps/a%20b/%C3%A9")
    assert headers["expect"] == "100-continue"
    assert body == (b"" if content == b"" else b"stars")
    assert size == 5


def test_nothing_is_left_after_stop(echo):
    """No thread, no file and no port, also after 64 MiB have gone in and out."""
    before = threading.active_count()
    with LocalServer(echo) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        echo.answer = (200, {}, bytes(64 << 20))
        client.request("PUT", "/b/k", echo.answer[2])
        assert len(client.getresponse().read()) == len(echo.got[0][3]) == 64 << 20
    client.close()
    while threading.active_count() > before:  # until they have noticed
        pass
    with pytest.raises(OSError, match="refused"):
        _dial(server)
    gc.collect()  # would warn of what is open


def test_without_waitress_an_error_says_how_to_install_it(monkeypatch):
    """It isn't among the packages that the lessons need."""
    hide("waitress", monkeypatch)

    with pytest.raises(ModuleNotFoundError, match=r'pip install "iamlab\[clients\]"'):
        import_module("iamlab.clients.http_server")
