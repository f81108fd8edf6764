"""AWS's protocols, judged by botocore's own serialisers and parsers: every operation's shapes."""

import random
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from iamlab.clients.wire import HttpRequest, api
from iamlab.clients.wire_values import HttpError
from tests.effort import tries
from tests.rows import each_row

SERVICES = ("iam", "sts", "organizations")
OPERATIONS = [(name, each) for name in SERVICES for each in api(name).model.operation_names]
OTHERS = (
    "sqs",
    "sns",
    "dynamodb",
    "secretsmanager",
    "kms",
    "ec2",
    "s3",
    "lambda",
    "accessanalyzer",
)
"""Services of every protocol; of their many operations a few are drawn."""

AMBIGUOUS = frozenset(("ListDirectoryBuckets", "InvokeAsync"))
"""Operations whose requests are those of another one, or whose answer is a status."""
LETTERS = "aZ09 /+%&=<>\"'\r\n\té😀]\\;"


def made_up(shape, chance, deep=0):
    """Make a value of a shape."""
    kind = shape.type_name
    if kind == "structure":
        names = list(shape.members)
        chosen = [name for name in names if chance.random() < (0.7 if deep < 4 else 0.1)]
        chosen = chosen or chance.sample(names, min(1, len(names)))
        return {name: made_up(shape.members[name], chance, deep + 1) for name in chosen}
    if kind == "list":
        many = chance.randint(0, 12 if deep < 2 else 1) if deep < 6 else 0
        return [made_up(shape.member, chance, deep + 1) for _ in range(many)]
    if kind == "map":
        return {
            f"key {number}": made_up(shape.value, chance, deep + 1)
            for number in range(1, chance.randint(2, 4))  # an empty map isn't sent
        }
    return _SCALARS[kind](chance)


def _text(chance):
    return "".join(chance.choices(LETTERS, k=chance.randint(0, 12)))


_SCALARS = {
    "string": _text,
    "integer": lambda chance: chance.randint(-5, 10**6),
    "long": lambda chance: chance.randint(-5, 10**12),
    "double": lambda chance: chance.randint(0, 100) / 8,
    "boolean": lambda chance: chance.random() < 0.5,
    "timestamp": lambda chance: (
        datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=chance.randint(-(10**8), 10**8))
    ),
    "blob": lambda chance: chance.randbytes(chance.randint(0, 9)),
}


def _request(service, sent):
    body = sent["body"]
    body = urlencode(body) if isinstance(body, dict) else body
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    encoded = body if isinstance(body, bytes) else body.encode()
    return HttpRequest("POST", f"https://{service}.amazonaws.com/", headers, encoded)


def _seen(response):
    status, headers, body = response
    return {"status_code": status, "headers": HeadersDict(headers), "body": body}


@each_row(("service", "name"), OPERATIONS)
def test_what_a_client_sends_is_read_again(service, name):
    """Every operation's parameters survive the serialiser of a real client."""
    model = api(service).model.operation_model(name)
    for number in range(tries(30)):
        chance = random.Random(f"{service}/{name}/{number}")
        shape = model.input_shape
        parameters = {} if shape is None else made_up(shape, chance)
        serializer = create_serializer(model.service_model.resolved_protocol, False)
        sent = _request(service, serializer.serialize_to_request(parameters, model))

        assert api(service).parse(sent) == (name, parameters)


@each_row(("service", "name"), OPERATIONS)
def test_a_client_reads_what_was_answered(service, name):
    """Every operation's response survives the parser of a real client."""
    model = api(service).model.operation_model(name)
    parser = create_parser(model.service_model.resolved_protocol)
    for number in range(tries(30)):
        chance = random.Random(f"{service}/{name}/{number}")
        shape = model.output_shape
        answer = {} if shape is None else made_up(shape, chance)
        parsed = parser.parse(_seen(api(service).answer(name, answer, "number-1")), shape)

        assert parsed.pop("ResponseMetadata")["RequestId"] == "number-1"
        assert parsed == answer


@each_row(
    ("service", "code"),
    [
        (service, shape.error_code)
        for service in SERVICES
        for shape in api(service).model.error_shapes
    ],
)
def test_a_client_reads_each_error(service, code):
    """Code, message and status of every error that the models declare."""
    model = api(service).model
    parser = create_parser(model.resolved_protocol)
    made = api(service).error(code, "Why <not> & how", 409, "number-1", {})
    parsed = parser.parse(_seen(made), None)

    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (code, "Why <not> & how")
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 409


def fitting(shape, chance, place="", deep=0):
    """Make a value that can be sent in its place: not every text fits into a header or a path."""
    kind = shape.type_name
    if kind == "structure":
        wanted = set(shape.required_members)
        return {
            name: fitting(member, chance, member.serialization.get("location", ""), deep + 1)
            for name, member in shape.members.items()
            if name in wanted or chance.random() < (0.5 if deep < 4 else 0.1)
        }
    if kind == "list":
        many = chance.randint(1, 3) if deep < 6 else 0
        return [fitting(shape.member, chance, place, deep + 1) for _ in range(many)]
    if kind == "map":
        inside = shape.value
        return {
            f"key{each}": "v" if place else fitting(inside, chance, "", deep + 1) for each in "ab"
        }
    if kind == "string" and place:
        letters = "aZ09" if place.startswith("header") else "aZ09 é&=%+/"
        return (
            chance.choice(shape.enum) if shape.enum else "a" + "".join(chance.choices(letters, k=5))
        )
    made = _SCALARS["double" if kind == "float" else kind](chance)
    return made.replace("\r", "") if kind == "string" else made  # XML has no carriage return


def _drawn(service):
    """Draw operations of a service; the deprecated ones have a successor with the same request."""
    model = api(service).model
    names = [
        name
        for name in model.operation_names
        if name not in AMBIGUOUS
        and not model.operation_model(name).deprecated
        and not model.operation_model(name).has_event_stream_output
    ]
    return random.Random(service).sample(names, min(len(names), 25 * tries(1)))


@each_row(("service", "name"), [(each, name) for each in OTHERS for name in _drawn(each)])
def test_every_protocol_is_read_and_written(service, name):
    """What clients of other services send is read again, and they read what is answered."""
    spoken, model = api(service), api(service).model.operation_model(name)
    chance = random.Random(f"{service}/{name}")
    parameters = {} if model.input_shape is None else fitting(model.input_shape, chance)
    if spoken.protocol == "ec2":
        parameters = _full(parameters)  # a form can't show an empty list or structure
    if model.get_streaming_input() is not None:
        parameters[model.input_shape.serialization["payload"]] = b"body"
    sent = create_serializer(spoken.protocol, False).serialize_to_request(parameters, model)
    read, values = spoken.parse(_request_to(service, sent))

    assert read == name
    assert values == parameters

    shape = model.output_shape
    answer = {} if shape is None else fitting(shape, chance)
    if model.has_streaming_output or _has_union(shape):
        return
    parser = create_parser(spoken.protocol)
    parsed = parser.parse(_seen(spoken.answer(name, answer, "number-1")), shape)
    del parsed["ResponseMetadata"]
    if "StatusCode" not in answer:
        parsed.pop("StatusCode", None)
    assert _full(parsed) == _full(answer)


def _full(value):
    """Return a value without what is empty."""
    if isinstance(value, dict):
        inside = {name: _full(each) for name, each in value.items()}
        return {name: each for name, each in inside.items() if each not in ({}, [], None)}
    if isinstance(value, list):
        return [each for each in map(_full, value) if each not in ({}, [], None)]
    return value


def _has_union(shape, seen=()):
    """Return whether a value can have only one of several members, which isn't made up here."""
    if shape is None or shape.name in seen:
        return False
    if getattr(shape, "is_tagged_union", False):
        return True
    inside = {"structure": lambda: [*shape.members.values()], "list": lambda: [shape.member]}
    inside["map"] = lambda: [shape.value]
    parts = inside.get(shape.type_name, list)()
    return any(_has_union(part, (*seen, shape.name)) for part in parts)


def _request_to(service, sent):
    """Make an HTTP request of what a client serialised."""
    body = sent["body"]
    body = urlencode(body) if isinstance(body, dict) else body or b""
    query = sent["query_string"]
    query = query if isinstance(query, str) else urlencode(query, doseq=True)
    path = sent["url_path"] + (("&" if "?" in sent["url_path"] else "?") + query if query else "")
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in sent["headers"].items()
    }
    host = "s3.amazonaws.com" if service == "s3" else f"{service}.us-east-1.amazonaws.com"
    encoded = body if isinstance(body, bytes) else body.encode()
    return HttpRequest(sent["method"], f"https://{host}{path}", headers, encoded)


def _form(text):
    return HttpRequest("POST", "https://iam.amazonaws.com/", {}, text.encode())


@each_row(
    ("body", "code"),
    [
        ("", "MissingAction"),
        ("Action=Nothing&Version=2010-05-08", "InvalidAction"),
        ("Action=ListUsers&Version=2011-06-15", "InvalidAction"),
        ("Action=ListUsers&Version=2010-05-08&MaxItems=many", "MalformedInput"),
        ("Action=ListUsers&Version=2010-05-08&MaxItems.member.1=2", "MalformedInput"),
        ("Action=TagUser&Tags.member.x.Key=a", "MalformedInput"),
        ("Action=TagUser&Tags.member.1=a", "MalformedInput"),
        ("Action=TagUser&Tags=a", "MalformedInput"),
        ("Action=TagUser&Tags.member.1=a&Tags.member.1.Key=a", "MalformedQueryString"),
        ("Action=TagUser&Tags.member.1.Key=a&Tags.member.1=a", "MalformedQueryString"),
        (f"Action=TagUser&Tags{'.member' * 5000}=a", "MalformedInput"),
    ],
)
def test_a_malformed_form_is_refused(body, code):
    """It gets AWS's code, whatever is in it."""
    with pytest.raises(HttpError) as caught:
        api("iam").parse(_form(body))

    assert caught.value.code == code
    assert caught.value.http_status == 400


@each_row(
    ("target", "body", "code"),
    [
        ("", b"{}", "UnknownOperationException"),
        ("AWSOrganizationsV20161128.Nothing", b"{}", "UnknownOperationException"),
        ("TrentService.ListAccounts", b"{}", "UnknownOperationException"),
        ("AWSOrganizationsV20161128.ListAccounts", b"{", "SerializationException"),
        ("AWSOrganizationsV20161128.ListAccounts", b"\xff", "SerializationException"),
        ("AWSOrganizationsV20161128.ListAccounts", b"[]", "SerializationException"),
        ("AWSOrganizationsV20161128.ListAccounts", b"[" * 99_999, "SerializationException"),
        (
            "AWSOrganizationsV20161128.ListAccounts",
            b'{"MaxResults": "1"}',
            "SerializationException",
        ),
        ("AWSOrganizationsV20161128.ListAccounts", b'{"NextToken": 1}', "SerializationException"),
    ],
)
def test_malformed_json_is_refused(target, body, code):
    """It gets AWS's code, whatever is in it."""
    headers = {"x-amz-target": target}
    request = HttpRequest("POST", "https://organizations.us-east-1.amazonaws.com/", headers, body)
    with pytest.raises(HttpError) as caught:
        api("organizations").parse(request)

    assert caught.value.code == code


def test_a_text_that_xml_cannot_contain_is_replaced():
    """A name with a control character can't break a response."""
    _, _, body = api("iam").error("NoSuchEntity", "no \x00\ud800 user", 404, "number-1")

    assert "no \ufffd\ufffd user".encode() in body


def test_a_request_shows_no_secret():
    """Headers, URL and body can contain a token or a password."""
    request = HttpRequest("POST", "https://x/?token=s3cret", {"a": "s3cret"}, b"s3cret")

    assert "s3cret" not in repr(request)
