"""Signature Version 4: AWS's own example, and what botocore signs, also when it was changed."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamlab.clients.signature import read_signature
from iamlab.clients.wire import HttpRequest
from iamlab.clients.wire_values import HttpError
from tests.rows import each_row

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, "
    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
)
HEADERS = {
    "authorization": AUTHORIZATION,
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    "host": "iam.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
}
URL = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"
SIGNED = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def _request(url=URL, body=b"", method="GET", **headers):
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, url, {**HEADERS, **changed}, body)


def _is_right(request, secret=SECRET):
    try:
        read_signature(request).check_value(request, secret)
    except HttpError as error:
        return (error.code, error.http_status) != ("SignatureDoesNotMatch", 403)
    return True


def test_the_example_of_awss_documentation_is_right():
    """The signed request of the page "Create a signed AWS API request", to ListUsers."""
    assert _is_right(_request())


@each_row(
    "changed",
    [
        {"url": URL.replace("ListUsers", "ListRoles")},
        {"url": URL.replace("com/", "com/x")},
        {"body": b"x"},
        {"method": "POST"},
        {"host": "sts.amazonaws.com"},
        {"content_type": "text/plain"},
        {"x_amz_date": "20150830T123601Z"},
        {"authorization": AUTHORIZATION.replace("us-east-1", "us-east-2")},
        {"authorization": AUTHORIZATION.replace("content-type;", "")},
        {"authorization": AUTHORIZATION.replace("host;", "")},
        {"authorization": AUTHORIZATION[:-1]},
        {"authorization": AUTHORIZATION + "é"},
    ],
)
def test_whatever_is_changed_is_noticed(changed):
    """Method, path, query, body and each signed header are part of the signature."""
    assert not _is_right(_request(**changed))


def test_another_secret_is_noticed():
    """Only the key's own secret gives the signature."""
    assert not _is_right(_request(), SECRET.lower())


def test_spaces_and_the_order_of_the_query_do_not_matter():
    """As AWS's canonical form has it."""
    turned = "https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers"

    assert _is_right(_request(turned, content_type=f"  {HEADERS['content-type']}  "))


@each_row("path", ["", "/", "/a%20b/c", "/a%2Fb", "/a:b@c", "/~x"])
def test_paths_and_queries_are_signed_as_botocore_does(path):
    """The path is encoded once more, the query is sorted as it is."""
    url = f"https://iam.amazonaws.com{path}?b=2&a=%2F&a=1&c"
    signed = AWSRequest("POST", url, data=b"body", headers={"X-Amz-Meta": "a   b"})
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET), "iam", "us-east-1").add_auth(signed)
    sent = {name.lower(): value for name, value in signed.headers.items()}

    assert _is_right(HttpRequest("POST", url, sent, b"body"))


@each_row(
    ("changed", "code", "message"),
    [
        ({"authorization": "Basic YTpi"}, "IncompleteSignature", "Unsupported signing algorithm"),
        ({"authorization": "AWS4-HMAC-SHA256"}, "IncompleteSignature", "requires 'Credential'"),
        ({"x_amz_date": ""}, "IncompleteSignature", "requires 'Date'"),
        ({"x_amz_date": "yesterday"}, "IncompleteSignature", "ISO-8601"),
        (
            {"authorization": AUTHORIZATION.replace("/iam/", "/")},
            "IncompleteSignature",
            "5 slash-delimited",
        ),
        (
            {"authorization": AUTHORIZATION.replace("aws4_request", "aws5")},
            "SignatureDoesNotMatch",
            "terminator",
        ),
        ({"x_amz_date": "20150831T123600Z"}, "SignatureDoesNotMatch", "'20150830' != '20150831'"),
    ],
)
def test_an_incomplete_signature_is_named(changed, code, message):
    """The message says which part is wrong."""
    with pytest.raises(HttpError, match=message) as caught:
        read_signature(_request(**changed))

    assert caught.value.code == code
    assert "5d672d" not in str(caught.value)


@each_row(
    ("minutes", "message"),
    [
        (-5, None),
        (5, None),
        (-6, "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z"),
        (6, r"Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z"),
    ],
)
def test_a_clock_may_be_wrong_by_five_minutes(minutes, message):
    """In both directions."""
    signature = read_signature(_request())
    now = SIGNED + timedelta(minutes=minutes)
    if message is None:
        signature.check_date(now)
        return
    with pytest.raises(HttpError, match=message):
        signature.check_date(now)


@each_row("seconds", ["", "0", "604801", "x", "-1", "9" * 5000])
def test_a_presigned_url_is_valid_for_at_most_a_week(seconds):
    """AWS accepts 1 to 604,800 seconds."""
    with pytest.raises(HttpError, match="604800"):
        read_signature(_request(f"{URL}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires={seconds}"))


def test_a_request_without_signature_has_none():
    """Then nobody is the caller."""
    assert read_signature(HttpRequest("GET", URL, {}, b"")) is None


def test_a_signature_is_not_shown():
    """A log can contain its printed form."""
    assert "5d672d" not in repr(read_signature(_request()))
