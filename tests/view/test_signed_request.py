"""The figure of a signed request: what it says is covered is what the signature protects."""

from hashlib import sha256
from urllib.parse import urlencode, urlsplit, urlunsplit

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamlab.clients.signature import read_signature
from iamlab.clients.wire import HttpRequest
from iamlab.clients.wire_values import HttpError
from iamlab.errors import RequestError
from iamlab.view import signed_request
from iamlab.view.drawing.sheet import PAGE
from tests.rows import each_row
from tests.view.looking import faults

KEY_ID, SECRET, TOKEN = "ASIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "FwoGZXIvYXdzEBYa" + "token" * 60
CREDENTIALS = Credentials(KEY_ID, SECRET, TOKEN)
URL = "https://iam.amazonaws.com/a/b?Action=ListUsers&Version=2010-05-08"
BODY = "Marker=7"


def _signed(url=URL, body=BODY, **headers):
    """Return a request that botocore signed: its method, URL, headers and body."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", url, data=body, headers={"X-Meta": "sky", **fields})
    SigV4Auth(CREDENTIALS, "iam", "us-east-1").add_auth(request)
    return "POST", url, {**dict(request.headers), "User-Agent": "boto3"}, body


def _presigned(kind=SigV4QueryAuth, service="iam", url=URL):
    """Return a request with a presigned URL of botocore."""
    request = AWSRequest("GET", url, headers={"X-Meta": "sky"})
    kind(CREDENTIALS, service, "us-east-1", expires=900).add_auth(request)
    return "GET", request.url, {"X-Meta": "sky", "User-Agent": "boto3"}, ""


def _rows(figure):
    return {row["part"]: row for row in figure.rows}


def _is_accepted(method, url, headers, body):
    """Whether the signature of a request is right, by the code that the gateway uses."""
    small = {name.lower(): value for name, value in headers.items()}
    request = HttpRequest(method, url, small, body.encode())
    try:
        read_signature(request).check_value(request, SECRET)
    except HttpError:
        return False
    return True


def _changed(part, method, url, headers, body):
    """Return the request with another value of one of its parts."""
    kind, _, name = part.partition(" ")
    pieces = urlsplit(url)
    small = {key.lower(): value for key, value in headers.items()}
    own = {"access key id": KEY_ID, "credential scope": "us-east-1", "algorithm": "SHA256"}
    own |= {"SignedHeaders": "host", "Signature": "Signature="}
    if kind == "method":
        method = "PUT"
    elif kind == "host":
        url = urlunsplit(pieces._replace(netloc="sts.amazonaws.com"))
    elif kind == "path":
        url = urlunsplit(pieces._replace(path="/c"))
    elif kind == "query":
        url = url.replace(f"{name}=", f"{name}=1")
    elif kind == "header":
        small[name] += "1"
    elif kind == "body":
        body += "1"
    elif kind == "Authorization":
        small["authorization"] = small["authorization"].replace(own[name], f"{own[name]}X", 1)
    else:
        url = url.replace(own[name], f"{own[name]}X", 1)
    return method, url, small, body


@each_row("request", [_signed(), _presigned()], ids=["header", "URL"])
def test_the_signature_protects_what_is_covered_and_nothing_else(request):
    """Whoever changes a covered part is noticed, and whoever changes another part isn't."""
    assert _is_accepted(*request)
    rows = _rows(signed_request(*request))

    for part, row in rows.items():
        if not part.endswith(" Signature"):  # the signature itself isn't covered by itself
            assert _is_accepted(*_changed(part, *request)) is not row["covered"], part


def test_every_part_of_the_request_has_a_row():
    """Method, host, path, query, headers, body, and the parts of the Authorization header."""
    rows = _rows(signed_request(*_signed()))

    assert {part: row["value"] for part, row in rows.items() if row["covered"]} == {
        "method": "POST",
        "host": "iam.amazonaws.com",
        "path": "/a/b",
        "query Action": "ListUsers",
        "query Version": "2010-05-08",
        "header x-meta": "sky",
        "header x-amz-date": rows["header x-amz-date"]["value"],
        "header x-amz-security-token": "FwoGZXIv… (session token)",
        "body": f"8 bytes, SHA-256 {sha256(BODY.encode()).hexdigest()[:16]}…",
        "Authorization algorithm": "AWS4-HMAC-SHA256",
        "Authorization credential scope": rows["Authorization credential scope"]["value"],
        "Authorization SignedHeaders": "host;x-amz-date;x-amz-security-token;x-meta",
    }
    assert [part for part, row in rows.items() if not row["covered"]] == [
        "header user-agent",
        "Authorization access key id",
        "Authorization Signature",
    ]


def test_the_keys_lead_from_the_secret_to_the_signature():
    """Each key is made with the one before it, and with one part of the scope."""
    figure = signed_request(*_signed())
    scope = _rows(figure)["Authorization credential scope"]["value"]
    names = ("date key", "Region key", "service key", "signing key")
    pairs = zip(names, scope.split("/"), strict=True)
    keys = [f"{name}, {part}" for name, part in pairs]

    assert [*figure.lines[-8:-3]] == ["secret access key, never sent", *keys]
    assert [line.partition(",")[0] for line in figure.lines[-3:]] == [
        "canonical request",
        "string to sign",
        "signature",
    ]


def _everything(figure):
    return "".join((figure.svg().decode(), figure._repr_html_(), repr(figure.rows), repr(figure)))


@each_row("request", [_signed(), _presigned()], ids=["header", "URL"])
def test_no_secret_is_shown_and_the_session_token_is_shortened(request):
    """Neither in the picture nor in words or rows; the secret isn't in the request at all."""
    shown = _everything(signed_request(*request))

    assert "FwoGZXIv…" in shown
    assert "FwoGZXIvY" not in shown
    assert SECRET not in shown


@each_row(
    ("name", "value"),
    [
        ("Password", "Correct-Horse-1"),
        ("SAMLAssertion", "PHNhbWxwOlJlc3BvbnNlPg" * 9),
        ("WebIdentityToken", "eyJhbGciOiJIUzI1NiJ9" * 9),
        ("TokenCode", "481516"),
        ("PrivateKey", "-----BEGIN"),
        ("SecretString", "hush-hush"),
    ],
)
def test_values_that_can_be_secret_are_left_out(name, value):
    """In the body, the query and a header; a body has only its action, its size and its hash."""
    query = urlencode({"Action": "CreateLoginProfile", name: value})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    figures = [
        signed_request("POST", "https://iam.amazonaws.com/", form, query),
        signed_request("GET", f"https://iam.amazonaws.com/?{query}", {name: value}),
        signed_request("POST", "https://iam.amazonaws.com/", {}, f'{{"{name}": "{value}"}}'),
    ]

    assert all(value[:6] not in _everything(figure) for figure in figures)
    assert figures[0].rows[-1]["value"].startswith("Action=CreateLoginProfile…, ")
    assert _rows(figures[1])[f"query {name}"]["value"] == "…"


def test_the_customer_key_of_s3_and_a_password_in_the_url_are_left_out():
    """And so are cookies and the credentials of a proxy."""
    names = ("x-amz-server-side-encryption-customer-key", "cookie", "proxy-authorization")
    headers = dict.fromkeys(names, "hush-hush")

    shown = _everything(signed_request("GET", "https://ana:hush-hush@iam.amazonaws.com/", headers))

    assert "hush" not in shown
    assert "iam.amazonaws.com" in shown


def test_a_request_without_a_signature_is_drawn_without_keys():
    """Nothing of it is covered, and nobody is known to have sent it."""
    figure = signed_request("POST", "https://sts.amazonaws.com/", {}, "Action=AssumeRoleWithSAML")

    assert not any(row["covered"] for row in figure.rows)
    assert "anonymous" in figure.alt
    assert "anonymous" in figure.caption
    assert "key" not in figure.as_text()
    assert figure.sheet.record.boxes == []


def test_the_parts_of_a_presigned_url_are_in_the_query():
    """Each is drawn once: as a part of the signature, or as a parameter."""
    parts = _rows(signed_request(*_presigned()))

    assert parts["URL access key id"]["value"] == KEY_ID
    assert parts["query X-Amz-Expires"]["value"] == "900"
    assert parts["query X-Amz-Security-Token"]["value"] == "FwoGZXIv… (session token)"
    assert not {"query X-Amz-Credential", "query X-Amz-Signature"} & set(parts)


@each_row(
    "request",
    [
        _presigned(S3SigV4QueryAuth, "s3"),
        _signed(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"),
        _signed(X_Amz_Content_SHA256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ],
    ids=["URL of S3", "unsigned", "streaming"],
)
def test_a_body_can_be_without_a_signature(request):
    """As in presigned URLs of S3, and in uploads whose length isn't known before."""
    assert _rows(signed_request(*request))["body"]["covered"] is False


@each_row(
    ("authorization", "message"),
    [
        ("Basic YTpi", "IncompleteSignature: Unsupported signing algorithm"),
        ("AWS4-HMAC-SHA256 Credential=a/b", "requires 'Signature' parameter"),
        (
            "AWS4-HMAC-SHA256 Credential=AKID/b, SignedHeaders=host, Signature=5d672d",
            "exactly 5 slash-delimited elements",
        ),
    ],
)
def test_a_malformed_authorization_gives_awss_error(authorization, message):
    """The error says which part is wrong, and hides the signature."""
    headers = {"Authorization": authorization, "X-Amz-Date": "20150830T123600Z"}
    with pytest.raises(RequestError, match=message) as caught:
        signed_request("GET", URL, headers)

    assert "5d672d" not in str(caught.value)
    assert caught.value.__suppress_context__


@each_row(
    "request",
    [
        (None, URL, {}),
        ("GET", b"https://iam.amazonaws.com/?X-Amz-Security-Token=hush", {}),
        ("GET", URL, "hush"),
        ("GET", URL, {"Cookie": ["hush"]}),
        ("GET", URL, {7: "hush"}),
        ("GET", URL, {}, {"Password": "hush"}),
        ("GET", "https://[hush/", {}),
    ],
)
def test_an_error_about_a_value_does_not_have_the_value(request):
    """It can be secret: the error has only its type."""
    with pytest.raises(RequestError, match=r"must be|can't read") as caught:
        signed_request(*request)

    assert "hush" not in str(caught.value)


def test_bytes_and_text_of_a_body_are_the_same():
    """A client can send either."""
    method, url, headers, body = _signed()

    first, other = (signed_request(method, url, headers, own) for own in (body, body.encode()))

    assert first.svg() == other.svg()


@pytest.mark.parametrize("number", [0, 1, 40])
def test_long_urls_and_many_headers_fit(number):
    """The picture shortens and counts; the list has every header."""
    url = f"https://maps.s3.eu-west-1.amazonaws.com/{'a-long-name/' * 40}?{'v' * 300}={'x' * 900}"
    headers = {f"x-meta-{n}": "long " * 90 for n in range(number)}
    figure = signed_request(*_signed(url, **headers))

    assert faults(figure) == []
    assert figure.sheet.width <= PAGE
    assert sum("header x-meta-" in line for line in figure.lines) == number
    assert any("more" in label.drawn for label in figure.sheet.record.labels) is (number > 12)


def test_parameters_with_the_same_name_have_a_row_each():
    """A query can have a name twice."""
    figure = signed_request("GET", "https://iam.amazonaws.com/?a=1&a=2&a=2", {})

    assert [row["value"] for row in figure.rows if row["part"] == "query a"] == ["1", "2", "2"]
