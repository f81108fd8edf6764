"""Nobody can make a decision slow or break it: not with a policy, not with a request.

Each path to a decision takes linear time, or refuses with an error of iamlab. What patterns and the
reader of documents do by themselves is tested in ``tests/policy``.
"""

import functools
import json
from dataclasses import replace

import pytest

from iamlab import Layers, Policy, Request, evaluate
from iamlab.engine.evaluate import read
from iamlab.engine.matrix import evaluate_matrix
from iamlab.engine.question_index import ResourceFacts
from iamlab.engine.request import MAX_TEXT
from iamlab.errors import PolicyError, RequestError
from tests.effort import first_now, later, slow
from tests.growth import grows_linearly
from tests.rows import each_row

NEW = "2012-10-17"
OWN = "111122223333"
ANA = f"arn:aws:iam::{OWN}:user/ana"
GET, BUCKET, OBJECT = "s3:GetObject", "arn:aws:s3:::bk", "arn:aws:s3:::bk/k"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def parse(*statements):
    """Make a policy of statements, from text, as a stranger sends it."""
    return Policy.parse(json.dumps({"Version": NEW, "Statement": list(statements)}))


def decided(layers, action=GET, resource=OBJECT, context=None, principal=ANA):
    """Decide on the fast path."""
    return bool(evaluate(Request(principal, action, resource, context=context or {}), layers))


def explained(layers, action=GET, resource=OBJECT, context=None, principal=ANA):
    """Decide on the readable path, and explain."""
    decision = read(Request(principal, action, resource, context=context or {}), layers)
    assert decision.explain()
    return bool(decision)


def in_matrix(layers, action=GET, resource=OBJECT, context=None, principal=ANA):
    """Decide as one cell of a matrix; what belongs to the resource is known of the resource."""
    callers = [
        (principal, replace(layers, resource=None, rcp=()), context or {}),
        (principal, Layers(), {}),
    ]
    pairs = [("s3:ListAllMyBuckets", "*"), (action, resource)]
    facts = {resource: ResourceFacts(policy=layers.resource, rcps=layers.rcp)}
    return bool(evaluate_matrix(principals=callers, pairs=pairs, resources=facts).rows[0] >> 1 & 1)


WAYS = [decided, explained, in_matrix]
every_path = pytest.mark.parametrize("path", WAYS)


def allowing(**elements):
    """Layers of one identity policy with one statement that allows."""
    made = {name: value for name, value in (ALLOW | elements).items() if value is not None}
    return Layers([parse(made)])


def on_condition(operator, key, value):
    """The same with a condition."""
    return allowing(Condition={operator: {key: value}})


# Patterns in every place where there may be one -------------------------------------------------

PATTERNS = {
    "stars without end": lambda n: ("a*" * n + "b", "a" * n),
    "stars that fit": lambda n: ("*a" * n, "a" * n),
    "question marks": lambda n: ("?" * n, "a" * n),
    "a star before question marks": lambda n: ("*" + "?" * n + "b", "a" * (2 * n)),
    "star and question mark in turn": lambda n: ("*?" * n, "a" * n),
    "pieces with a question mark": lambda n: ("*a?" * n + "b", "aa" * n),
    "halves that nearly fit": lambda n: ("*" + "a" * n + "b" + "a" * n + "*", ("a" * n + "c") * 2),
}
PLACES = {
    "Action": lambda pattern, text: (allowing(Action=f"s3:{pattern}"), {"action": f"s3:{text}"}),
    "NotAction": lambda pattern, text: (
        allowing(Action=None, NotAction=f"s3:{pattern}"),
        {"action": f"s3:{text}"},
    ),
    "Resource": lambda pattern, text: (
        allowing(Resource=f"arn:aws:s3:::{pattern}"),
        {"resource": f"arn:aws:s3:::{text}"},
    ),
    "the Region of a Resource": lambda pattern, text: (
        allowing(Resource=f"arn:aws:sqs:{pattern}:{OWN}:q"),
        {"action": "sqs:SendMessage", "resource": f"arn:aws:sqs:{text}:{OWN}:q"},
    ),
    "NotResource": lambda pattern, text: (
        allowing(Resource=None, NotResource=f"arn:aws:s3:::{pattern}"),
        {"resource": f"arn:aws:s3:::{text}"},
    ),
    "StringLike": lambda pattern, text: (
        on_condition("StringLike", "s3:prefix", pattern),
        {"context": {"s3:prefix": text}},
    ),
    "ForAnyValue:StringNotLike": lambda pattern, text: (
        on_condition("ForAnyValue:StringNotLike", "aws:TagKeys", [pattern, "x"]),
        {"context": {"aws:TagKeys": ["x", text]}},
    ),
    "ArnLike": lambda pattern, text: (
        on_condition("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:*:{pattern}"),
        {"context": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OWN}:{text}"}},
    ),
    "beside a variable": lambda pattern, text: (
        allowing(Resource=f"arn:aws:s3:::${{aws:username}}/{pattern}"),
        {"resource": f"arn:aws:s3:::ana/{text}", "context": {"aws:username": "ana"}},
    ),
}


@every_path
@pytest.mark.parametrize("pattern", first_now(PATTERNS))
@pytest.mark.parametrize("place", PLACES)
def test_no_pattern_makes_a_decision_slow(path, place, pattern):
    """Four times the pattern and the text take about four times as long."""

    def work(size):
        layers, request = PLACES[place](*PATTERNS[pattern](size))
        return lambda: path(layers, **request)

    assert grows_linearly(work, 2_000)


@every_path
def test_the_stars_of_a_value_are_not_wildcards(path):
    """A name full of stars, put in the place of a variable, matches itself and is not slow."""

    def work(size):
        name = "a*" * size
        layers = allowing(Resource="arn:aws:s3:::bk/${aws:username}*b")
        return lambda: path(
            layers, resource=f"arn:aws:s3:::bk/{'a' * size}b", context={"aws:username": name}
        )

    assert work(3)() is False
    assert path(
        allowing(Resource="arn:aws:s3:::bk/${aws:username}/*"),
        resource="arn:aws:s3:::bk/a*a?/k",
        context={"aws:username": "a*a?"},
    )
    assert grows_linearly(work, 4_000)


# Much of everything -----------------------------------------------------------------------------


def _statements(size):
    return Layers([parse(*[ALLOW | {"Action": "s3:Put*"}] * size, ALLOW)]), {}


def _different_statements(size):
    each = (
        ALLOW
        | {
            "Action": [f"s3:Get{number}*", "s3:Get*"],
            "Resource": f"arn:aws:s3:::bk{number}/*",
            "Condition": {"StringLike": {f"aws:PrincipalTag/t{number}": f"a{number}*"}},
        }
        for number in range(size)
    )
    return Layers([parse(*each)]), {"context": {"aws:PrincipalTag/t0": "a0"}}


def _policies(size):
    return Layers([parse(ALLOW | {"Resource": f"{BUCKET}/{n}*"}) for n in range(size)]), {}


def _levels(size):
    full = parse(ALLOW)
    return Layers([full], scp=[[full]] * size, rcp=[[full]] * size), {}


def _conditions(size):
    tests = {f"aws:PrincipalTag/t{number}": "x" for number in range(size)}
    return allowing(Condition={"StringEqualsIfExists": tests}), {}


def _values(operator, key, value, texts):
    def make(size):
        listed = [text for number in range(size) for text in [texts(number)]]
        return on_condition(operator, key, listed), {"context": {key: value}}

    return make


def _principals(size):
    names = [f"arn:aws:iam::{OWN}:user/u{number}" for number in range(size)]
    stored = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "*", "Resource": "*"}
    return Layers(resource=parse(stored)), {}


def _context_keys(size):
    context = {f"aws:RequestTag/t{number}": "x" for number in range(size)}
    return on_condition("StringEquals", "aws:RequestTag/t1", "x"), {"context": context}


def _context_values(size):
    tags = [f"t{number}" for number in range(size)]
    return on_condition("ForAllValues:StringLike", "aws:TagKeys", ["t*"]), {
        "context": {"aws:TagKeys": tags}
    }


def _variables(size):
    name = "${aws:username}" * size
    return allowing(Resource=f"arn:aws:s3:::{name}"), {
        "resource": f"arn:aws:s3:::{'ana' * min(size, 20_000)}",
        "context": {"aws:username": "ana"},
    }


def _unclosed_variables(size):
    return allowing(Resource="arn:aws:s3:::" + "${" * size), {}


MUCH = {
    "statements": _statements,
    "statements of which each is different": _different_statements,
    "policies": _policies,
    "levels of an organization": _levels,
    "conditions": _conditions,
    "principals": _principals,
    "context keys": _context_keys,
    "context values": _context_values,
    "variables": _variables,
    "variables that do not end": _unclosed_variables,
    "values": _values("StringNotEquals", "aws:username", "ana", "u{}".format),
    "patterns": _values("StringLike", "aws:username", "ana", "*u{}*".format),
    "networks": _values("IpAddress", "aws:SourceIp", "192.0.2.9", "10.{}.0.0/16".format),
    "numbers": _values("NumericEquals", "s3:max-keys", "7", "1{}".format),
    "long numbers": _values("NumericLessThan", "s3:max-keys", "7", lambda n: "9" * 390 + str(n)),
    "dates": _values(
        "DateEquals", "aws:CurrentTime", "2026-11-25", "2026-11-25T10:00:00.{}Z".format
    ),
    "no dates": _values("DateEquals", "aws:CurrentTime", "2026-11-25", "2026-99-{}".format),
    "ARNs": _values("ArnEquals", "aws:SourceArn", OBJECT, "arn:aws:s3:::b*/{}".format),
    "bytes": _values("BinaryEquals", "app:Digest", "AAEC", lambda n: "AAEC" * 40 + f"{n:04}"),
}


BIG = {"statements of which each is different": 250, "policies": 500}


@every_path
@pytest.mark.parametrize("what", first_now(MUCH))
def test_four_times_as_much_takes_four_times_as_long(path, what):
    """From the text of the policies to the verdict, whatever there is much of."""

    def work(size):
        return lambda: path(MUCH[what](size)[0], **MUCH[what](size)[1])

    assert grows_linearly(work, BIG.get(what, 1_000))


def test_a_matrix_grows_with_its_callers_and_with_its_pairs():
    """Each of the two for itself; no pair is cheaper or dearer for being one of many."""
    layers = [allowing(Resource=[f"{BUCKET}/a*b{n}*", "*x?y*"]) for n in range(40)]

    def callers(size):
        request = [(f"arn:aws:iam::{OWN}:user/u{n}", layers[n % 40], {}) for n in range(size)]
        return lambda: evaluate_matrix(principals=request, pairs=[(GET, OBJECT)])

    def pairs(size):
        request = [(GET, f"{BUCKET}/{'ab' * (n % 50)}{n}") for n in range(size)]
        return lambda: evaluate_matrix(principals=[(ANA, layers[0], {})], pairs=request)

    assert grows_linearly(callers, 1_000)
    assert grows_linearly(pairs, 1_000)


@functools.cache
def _a_hundred_thousand_statements():
    """Make a policy of which only the last statement is about reading; AWS would not save it."""
    return parse(*[ALLOW | {"Action": "s3:Put*"}] * 99_999, ALLOW)


@slow
@pytest.mark.xdist_group("a hundred thousand statements")  # parsed in one process only
@every_path
def test_a_hundred_thousand_statements_are_decided(path):
    """The last of them allows; one more denies."""
    policy = _a_hundred_thousand_statements()
    (deny,) = parse(ALLOW | {"Effect": "Deny"}).statements

    assert path(Layers([policy]))
    assert not path(Layers([replace(policy, statements=(*policy.statements, deny))]))


# Long and deep ----------------------------------------------------------------------------------

LONG = 1_000_000
LONG_ELEMENTS = {
    "Sid": {"Sid": "x" * LONG},
    "Action": {"Action": ["s3:" + "x" * LONG, "*"]},
    "wild Action": {"Action": ["s3:" + "x*" * LONG, "*"]},
    "Resource": {"Resource": [f"{BUCKET}/" + "x" * LONG, "*"]},
    "wild Resource": {"Resource": [f"{BUCKET}/" + "x*?" * LONG, "*"]},
    "colons": {"Resource": ["arn" + ":" * LONG, "*"]},
    "variable": {"Resource": [f"{BUCKET}/${{" + "x" * LONG + "}", "*"]},
    "default": {"Resource": [f"{BUCKET}/${{x, '" + "x" * LONG + "'}", "*"]},
    "condition key": {"Condition": {"StringNotEquals": {"x" * LONG: "x"}}},
    "condition value": {"Condition": {"StringNotLike": {"aws:username": "x*" * LONG}}},
    "number": {"Condition": {"NumericNotEquals": {"aws:EpochTime": "9" * LONG}}},
    "date": {"Condition": {"DateNotEquals": {"aws:CurrentTime": "2026-11-25T" + "1" * LONG}}},
    "network": {"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/" + "1" * LONG}}},
}
CONTEXT = {
    "aws:username": "ana",
    "aws:EpochTime": "7",
    "aws:CurrentTime": "2026-11-25",
    "aws:SourceIp": "192.0.2.9",
}


@every_path
@pytest.mark.parametrize("element", LONG_ELEMENTS)
def test_a_policy_with_a_million_characters_is_decided(path, element):
    """What is so long matches nothing, and the rest counts, unless AWS refuses the statement."""
    is_refused = element in ("colons", "date", "network")
    assert path(allowing(**LONG_ELEMENTS[element]), context=CONTEXT) is not is_refused


@every_path
@pytest.mark.parametrize("what", ["principal", "action", "resource", "context"])
def test_a_request_with_a_million_characters_is_refused(path, what):
    """AWS takes no such text anywhere, and iamlab says how long it may be."""
    text = {
        "principal": f"arn:aws:iam::{OWN}:user/" + "a" * LONG,
        "action": "s3:" + "a" * LONG,
        "resource": f"{BUCKET}/" + "a" * LONG,
        "context": {"aws:username": "a" * LONG},
    }[what]

    with pytest.raises(RequestError, match=f"{MAX_TEXT}"):
        path(allowing(), **{what: text})


def _nested(value, depth):
    for _ in range(depth):
        value = [value]
    return value


DEEP = 10_000
DEEP_PLACES = {
    "Action": '{"Statement": [{"Effect": "Allow", "Action": %s, "Resource": "*"}]}',
    "Condition": '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"Bool": %s}}]}',
    "Statement": '{"Statement": %s}',
    "an unknown element": '{"Statement": [], "Extra": %s}',
}


@pytest.mark.parametrize("place", DEEP_PLACES)
@pytest.mark.parametrize("brackets", ["[]", '{"x":}'])
def test_a_deep_document_is_refused(place, brackets):
    """Ten thousand lists or objects, one in the other, closed or not."""
    begin, end = brackets[:-1], brackets[-1]

    for inside in (begin * DEEP + "1" + end * DEEP, begin * DEEP):
        with pytest.raises(PolicyError, match=r"nested deeper|ends too early"):
            Policy.parse(DEEP_PLACES[place] % inside)


@pytest.mark.parametrize("depth", [30, 900, 10_000, later(200_000)])
def test_deep_python_values_are_refused(depth):
    """However deep, neither a document nor a context exhausts the interpreter's stack."""
    with pytest.raises(PolicyError):
        Policy.parse({"Statement": [ALLOW | {"Action": _nested("*", depth)}]})
    with pytest.raises(RequestError):
        Request(ANA, GET, OBJECT, context={"aws:TagKeys": _nested("a", depth)})
    with pytest.raises(RequestError):
        evaluate_matrix(
            principals=[(ANA, allowing(), {"aws:TagKeys": _nested("a", depth)})],
            pairs=[(GET, OBJECT)],
        )


# Strange text -----------------------------------------------------------------------------------

STRANGE = {
    "NUL": "a\0b",
    "line break": "a\nb",
    "right to left": "\u202ea\u05d0\u2069",
    "combining": "e\u0301",
    "composed": "\u00e9",
    "no-break space": "a\u00a0b",
    "zero width": "a\u200bb",
    "byte order mark": "\ufeffa",
    "above U+FFFF": "\U0001f511",
    "lower case is longer": "\u0130",
    "upper case is longer": "\u00df",
    "final sigma": "\u03a3\u03c2",
    "digits of another script": "\u0661\u0662",
    "private use": "\ue000\ue001",
    "no character": "\ufffe\uffff",
    "regular expression": "(a+)+$[^",
    "format": "%s{0}{x!r}",
    "quotes": "'\"\\",
    "variable": "${ana}",
    "markup": "<script>&amp;",
}


@every_path
@each_row("name", STRANGE)
def test_strange_text_is_compared_as_it_is(path, name):
    """It matches itself and, without its last character or with one more, nothing."""
    text = STRANGE[name]
    other = text + "x"

    for operator in ("StringEquals", "StringLike", "StringEqualsIgnoreCase"):
        # Of the old language, where a dollar is a dollar.
        tested = ALLOW | {"Condition": {operator: {"aws:PrincipalTag/t": text}}}
        layers = Layers([Policy.parse(json.dumps({"Statement": [tested]}))])
        assert path(layers, context={"aws:PrincipalTag/t": text})
        assert not path(layers, context={"aws:PrincipalTag/t": other})
    for pattern in (f"{BUCKET}/{text}", f"{BUCKET}/{text}?"):
        made = {"Statement": [ALLOW | {"Resource": pattern}]}
        layers = Layers([Policy.parse(json.dumps(made))])
        assert path(layers, resource=f"{BUCKET}/{text}") is not pattern.endswith("?")
        assert path(layers, resource=f"{BUCKET}/{other}") is pattern.endswith("?")


@every_path
@each_row("name", STRANGE)
def test_strange_text_in_every_element_breaks_nothing(path, name):
    """As element, key or value: the statement does not apply, or applies; nothing else happens."""
    text = STRANGE[name]

    assert not path(allowing(Action=f"s3:{text}"))
    assert not path(allowing(Action=f"{text}:*"))
    assert path(allowing(Action=None, NotAction=f"s3:{text}"))
    assert not path(allowing(Resource=text))
    assert not path(allowing(Principal={"AWS": text}))
    assert path(allowing(Sid=text))
    for operator in ("NumericEquals", "DateLessThan", "Bool", "IpAddress", "BinaryEquals", "Null"):
        assert not path(on_condition(operator, text, text), context={"aws:username": "ana"})
    stored = {"Effect": "Allow", "Principal": {"AWS": text}, "Action": "*", "Resource": "*"}
    assert not path(Layers(resource=parse(stored)))


def test_a_composed_letter_is_not_a_combined_one():
    """AWS compares characters; it does not normalize them."""
    layers = on_condition("StringEquals", "aws:PrincipalTag/t", STRANGE["composed"])

    for path in WAYS:
        assert not path(layers, context={"aws:PrincipalTag/t": STRANGE["combining"]})


HALVES = {"first": "\ud800", "last": "\udfff", "star": "a\udc2ab", "question mark": "\udc3f"}


@every_path
@pytest.mark.parametrize("name", HALVES)
def test_half_a_surrogate_pair_is_refused_everywhere(path, name):
    """It is not a character; inside the engine such halves mark stars that are not wildcards."""
    half = HALVES[name]
    layers = allowing(Resource=f"{BUCKET}/${{aws:username}}")
    for request in (
        {"principal": f"arn:aws:iam::{OWN}:user/{half}"},
        {"action": f"s3:{half}"},
        {"resource": f"{BUCKET}/{half}"},
        {"context": {"aws:username": half}},
        {"context": {f"aws:PrincipalTag/{half}": "x"}},
        {"context": {"aws:TagKeys": ["a", half]}},
    ):
        with pytest.raises(RequestError):
            path(layers, **request)
    with pytest.raises(PolicyError):
        allowing(Resource=f"{BUCKET}/{half}")


@every_path
@each_row(
    "request",
    [
        {"action": ""},
        {"action": "*"},
        {"action": "s3:Get*"},
        {"action": "s3\n:GetObject"},
        {"action": "s3:GetObject\n"},
        {"action": "\uff53\uff13:GetObject"},
        {"resource": ""},
        {"principal": ""},
        {"principal": f"arn:aws:iam::{OWN}:group/g"},
        {"principal": f"arn:aws:iam::{OWN}\n:user/ana"},
        {"principal": "arn:aws:iam::\u0661" + OWN[1:] + ":user/ana"},
        {"context": {"aws:username": None, "AWS:username": "x"}},
        {"context": {"aws:username": object()}},
        {"context": {"aws:username": b"ana"}},
        {"context": {"aws:username": float("nan")}},
        {"context": {"aws:EpochTime": 10**5_000}},
        {"context": {"aws:TagKeys": [["a"]]}},
        {"context": {"aws:TagKeys": {"a": "b"}}},
        {"context": {7: "x"}},
        {"context": [("aws:username", "ana")]},
    ],
)
def test_what_is_not_a_request_is_refused_by_every_way(path, request):
    """A RequestError, never another one, and never an answer."""
    with pytest.raises(RequestError):
        path(allowing(), **request)
