"""Questions as JSON: every layer is read and used, every problem is reported, nothing crashes."""

import inspect
import json
import re
from copy import deepcopy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamlab import AttachedPolicy, Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.evaluate import evaluate_call
from iamlab.engine.grants import Grant
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.engine.questions import LAYERS, OLD_KEYS, REQUEST, SWITCHES, read_questions
from iamlab.errors import LoadError
from tests.engine.json_questions import ask_engine
from tests.engine.making import QUESTIONS
from tests.rows import each_row

OWN, FOREIGN = "111122223333", "444455556666"
ANA, EVE = f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{FOREIGN}:user/eve"
OBJECT = "arn:aws:s3:::maps/m31"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/k"
GET = {"principal": ANA, "action": "s3:GetObject", "resource": OBJECT}
DECRYPT = {"principal": ANA, "action": "kms:Decrypt", "resource": KEY}


def document(effect="Allow", **elements):
    """A policy of one statement that is about everything, where it says nothing else."""
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


ALLOW, DENY = document(), document("Deny")
ANYONE = document(Principal="*")
NOBODY = {"Version": "2012-10-17", "Statement": []}


def read_one(request, **layers):
    """Read one question that is written as JSON."""
    ((read, found),) = read_questions(json.dumps({"request": request, "layers": layers}))
    return read, found


def verdict(request, **layers):
    """Read one question and decide it."""
    return evaluate(*read_one(request, **layers)).verdict


def problems(text):
    """Read what cannot be read, and give the lines of what is wrong."""
    with pytest.raises(LoadError) as caught:
        read_questions(text if isinstance(text, str) else json.dumps(text))
    first, *lines = str(caught.value).splitlines()
    assert first == "This isn't a question:"
    assert lines
    assert all(re.match(r"  \$\S* \(line \d+, column \d+\): ", line) for line in lines), lines
    return [line.strip() for line in lines]


# -- what is read -----------------------------------------------------------------------------


def test_the_keys_are_the_parameters_of_request_and_layers():
    """None is missing, and none is there that these do not have."""
    assert set(REQUEST) == set(inspect.signature(Request).parameters)
    assert set(LAYERS) == set(inspect.signature(Layers).parameters)
    assert set(SWITCHES) == set(inspect.signature(PublicAccessBlock).parameters)


def test_a_question_is_read_as_it_would_be_written_in_python():
    """Every key at once: the same request, the same layers."""
    request = {
        "principal": f"arn:aws:sts::{OWN}:assumed-role/dev/s1",
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resource_account": FOREIGN,
        "context": {"aws:TagKeys": ["a", "b"], "aws:SecureTransport": True, "aws:x": "y"},
        "issuer": f"arn:aws:iam::{OWN}:role/path/dev",
    }
    layers = {
        "identity": [ALLOW, {"policy": DENY, "name": "no", "arn": "arn:x", "path": ["group g"]}],
        "resource": {"policy": ANYONE, "name": "bucket"},
        "boundary": ALLOW,
        "session": [ALLOW],
        "scps": [[ALLOW], [ALLOW, DENY]],
        "rcps": [[ANYONE]],
        "endpoint": ANYONE,
        "scoped": [ALLOW, DENY],
        "grants": [
            {"grantee_principal": ANA, "operations": ["Decrypt"], "name": "mine"},
            {
                "grantee_principal": EVE,
                "operations": ["Encrypt", "Decrypt"],
                "constraints": {"encryption_context_equals": {"a": "b"}},
            },
        ],
        "public_access_block": {"restrict_public_buckets": True, "block_public_acls": False},
    }
    read, found = read_one(request, **layers)
    made = {name: Policy.parse(item) for name, item in (("a", ALLOW), ("d", DENY), ("p", ANYONE))}

    assert read == Request(**request)
    assert found == Layers(
        identity=[made["a"], AttachedPolicy(made["d"], "arn:x", ("group g",))],
        resource=made["p"],
        boundary=made["a"],
        session=[made["a"]],
        scp=[[made["a"]], [made["a"], made["d"]]],
        rcp=[[made["p"]]],
        endpoint=made["p"],
        scoped=[made["a"], made["d"]],
        grant=[
            Grant(ANA, ("Decrypt",), name="mine"),
            Grant(EVE, ("Encrypt", "Decrypt"), layers["grants"][1]["constraints"], name="grant-2"),
        ],
        public_access_block=PublicAccessBlock(restrict_public_buckets=True),
    )


def test_a_policy_is_called_by_its_name_or_by_its_place():
    """So that an explanation can say which one decided."""
    _, found = read_one(
        GET,
        identity=[ALLOW, {"policy": ALLOW, "name": "readers"}, ALLOW],
        resource=ANYONE,
        boundary={"policy": ALLOW},
        scp=[[ALLOW], [ALLOW, ALLOW]],
        scoped=[ALLOW],
    )
    names = {
        layer: [item.policy.name for item in found.of(layer)]
        for layer in ("identity", "resource", "boundary", "scp", "scoped")
    }

    assert names["identity"] == ["identity-1", "readers", "identity-3"]
    assert names["resource"] == ["resource"]
    assert names["boundary"] == ["boundary"]
    assert names["scp"] == ["scp-1-1", "scp-2-1", "scp-2-2"]
    assert names["scoped"] == ["scoped-1"]


def test_where_a_policy_came_from_is_in_the_explanation():
    """Its path leads from the caller to it."""
    guard = {"policy": DENY, "name": "guard", "path": ["group interns"]}
    decision = evaluate(*read_one(GET, identity=[ALLOW, guard]))

    assert "guard" in decision.explain()
    assert "group interns" in decision.explain()


def test_a_policy_keeps_its_own_text():
    """Only its part of the file, as it was written, so that it can be shown."""
    bare = '{ "Statement":  [] }'
    layers = f'{{"identity": [{bare}, {{"policy": {bare}}}]}}'
    text = f'{{"request": {json.dumps(GET)}, "layers": {layers}}}'
    ((_, found),) = read_questions(text)

    assert [item.policy.text for item in found.identity] == [bare, bare]
    assert [item.policy.to_dict() for item in found.identity] == [{"Statement": []}] * 2


def test_what_is_left_out_or_null_is_not_there():
    """The least question is a request."""
    least = read_questions(json.dumps({"request": GET}))
    nulls = dict.fromkeys(LAYERS)
    request = {**GET, "context": None, "issuer": None, "resource_account": None}

    assert least == [(Request(**GET), Layers())]
    assert read_one(request, **nulls) == least[0]


def test_credentials_that_are_not_good_for_it_are_refused_whatever_policies_say():
    """In the words that AWS has for them."""
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    request, layers = read_one({**GET, "refusal": "No."}, identity=[everything])
    decision = evaluate(request, layers)

    assert decision.verdict is Verdict.IMPLICIT_DENY
    assert decision.message == "No."
    assert decision.fixes() == ()


@given(QUESTIONS)
def test_any_question_is_decided_as_when_it_is_put_in_python(question):
    """Over the universe of all layers: the file says the same as the objects."""
    request = {name: question.get(name) for name in REQUEST}
    layers = {name: question.get(OLD_KEYS.get(name, name)) for name in LAYERS} | {
        "resource": question["resource_policy"]
    }
    read, found = read_one(request, **layers)

    assert evaluate(read, found).verdict is ask_engine(question).verdict


# -- every layer is used ----------------------------------------------------------------------

OPEN = {"identity": [ALLOW]}
TELLING = {
    "identity": (GET, {}, {"identity": [ALLOW]}),
    "identity-second": (GET, OPEN, {"identity": [ALLOW, DENY]}),
    "resource": (GET, {}, {"resource": ANYONE}),
    "boundary": (GET, OPEN, {**OPEN, "boundary": NOBODY}),
    "session": (
        {**GET, "principal": f"arn:aws:sts::{OWN}:assumed-role/dev/s1"},
        OPEN,
        {**OPEN, "session": [NOBODY]},
    ),
    "scps": (GET, OPEN, {**OPEN, "scps": [[ALLOW], [NOBODY]]}),
    "scps-empty-level": (GET, OPEN, {**OPEN, "scps": [[]]}),
    "rcps": (GET, OPEN, {**OPEN, "rcps": [[ANYONE], [document("Deny", Principal="*")]]}),
    "endpoint": (GET, OPEN, {**OPEN, "endpoint": NOBODY}),
    "scoped": (GET, OPEN, {**OPEN, "scoped": [ALLOW, NOBODY]}),
    "grants": (
        DECRYPT,
        {"resource": NOBODY},
        {
            "resource": NOBODY,
            "grants": [{"grantee_principal": ANA, "operations": ["Decrypt"]}],
        },
    ),
    "grant-operations": (
        DECRYPT,
        {"grants": [{"grantee_principal": ANA, "operations": ["Encrypt"]}]},
        {"grants": [{"grantee_principal": ANA, "operations": ["Encrypt", "Decrypt"]}]},
    ),
    "public_access_block": (
        {**GET, "principal": EVE, "resource_account": OWN},
        {**OPEN, "resource": ANYONE},
        {
            **OPEN,
            "resource": ANYONE,
            "public_access_block": {"restrict_public_buckets": True},
        },
    ),
}


@pytest.mark.parametrize(("request_", "before", "after"), TELLING.values(), ids=TELLING)
def test_each_layer_can_turn_the_verdict(request_, before, after):
    """With it and without it the answer is another: it was read, and was asked."""
    verdicts = [verdict(request_, **before), verdict(request_, **after)]

    assert verdicts.count(Verdict.ALLOWED) == 1


def test_each_part_of_the_request_counts():
    """Account of the resource, context and issuer turn a verdict too."""
    own = {**OPEN, "resource": ANYONE}
    condition = document(Condition={"StringEquals": {"aws:x": "y"}})
    session = {**GET, "principal": f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s1"}
    linked = f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    shut = {**OPEN, "scps": [[NOBODY]]}

    assert verdict(GET, **OPEN) is Verdict.ALLOWED
    assert verdict({**GET, "resource_account": FOREIGN}, **OPEN) is Verdict.IMPLICIT_DENY
    assert verdict({**GET, "resource_account": FOREIGN}, **own) is Verdict.ALLOWED
    assert verdict(GET, identity=[condition]) is Verdict.IMPLICIT_DENY
    assert verdict({**GET, "context": {"aws:x": "y"}}, identity=[condition]) is Verdict.ALLOWED
    assert verdict(session, **shut) is Verdict.IMPLICIT_DENY
    assert verdict({**session, "issuer": linked}, **shut) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("value", "wanted"), [(300, "300"), (1.50, "1.5"), (True, "true"), ("x", "x"), (["a"], "a")]
)
def test_a_value_of_the_context_may_be_text_number_or_true(value, wanted):
    """As in Request; a number is compared by its text or as a number."""
    condition = document(Condition={"StringEquals": {"aws:x": wanted}})

    assert verdict({**GET, "context": {"aws:x": value}}, identity=[condition]) is Verdict.ALLOWED


def test_nobody_in_particular_can_ask():
    """The word for a caller who did not sign is understood."""
    request = {**GET, "principal": "anonymous", "resource_account": OWN}

    assert verdict(request, resource=ANYONE) is Verdict.ALLOWED


# -- lists ------------------------------------------------------------------------------------


def test_a_list_is_a_call_that_needs_all():
    """Each in its order; the first that is refused is the answer."""
    yes, no = {"request": GET, "layers": OPEN}, {"request": GET, "layers": {"identity": [DENY]}}
    other = {"request": {**GET, "action": "s3:PutObject"}}

    def decide(*questions):
        return evaluate_call(read_questions(json.dumps(list(questions))))

    assert len(read_questions(json.dumps([yes, no, other]))) == 3
    assert decide(yes).verdict is decide(yes, yes).verdict is Verdict.ALLOWED
    assert decide(yes, no, other).verdict is Verdict.EXPLICIT_DENY
    assert decide(yes, other, no).verdict is Verdict.IMPLICIT_DENY
    assert decide(yes, other, no).request.action == "s3:PutObject"


def test_no_question_is_a_problem():
    """An empty list asks for nothing."""
    (line,) = problems("[]")

    assert "$ (line 1, column 1): There is no question here." in line


# -- problems ---------------------------------------------------------------------------------


def test_every_problem_is_reported_at_once_with_its_place():
    """Path, line and column of each: request, layers, policies, grants and switches."""
    text = """[
  {"request": {"principal": "alice", "action": "s3:GetObject", "resource": "*"},
   "layers": {"identity": [{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}],
              "identitty": [],
              "resource": [],
              "scps": [{}],
              "boundary": {"policy": 5, "path": "x", "naem": "y"},
              "public_access_block": {"restrict_public_buckets": "yes"},
              "grants": [{"grantee_principal": "alice", "operations": []}]}},
  {"layers": null},
  7
]"""
    found = [
        re.match(r"(\S+) \(line (\d+), column (\d+)\)", line).groups() for line in problems(text)
    ]

    assert {(path, int(line)) for path, line, _ in found} == {
        ("$[0].request", 2),
        ("$[0].layers.identity[0].Statement[0].Effect", 3),
        ("$[0].layers.identitty", 4),
        ("$[0].layers.resource", 5),
        ("$[0].layers.scps[0]", 6),
        ("$[0].layers.boundary.naem", 7),
        ("$[0].layers.boundary.path", 7),
        ("$[0].layers.boundary.policy", 7),
        ("$[0].layers.public_access_block.restrict_public_buckets", 8),
        ("$[0].layers.grants[0]", 9),
        ("$[1]", 10),
        ("$[1].layers", 10),
        ("$[2]", 11),
    }
    lines = text.splitlines()
    for path, line, column in found:
        rest = lines[int(line) - 1][int(column) - 1 :]

        assert rest[0] in '"{[57n', (path, rest)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ({"request": GET, "layer": {}}, "layers"),
        ({"request": {**GET, "princpal": ANA}}, "principal"),
        ({"request": GET, "layers": {"scpp": []}}, "scp"),
        ({"request": GET, "layers": {"identity": [{"policy": ALLOW, "names": "x"}]}}, "name"),
        (
            {"request": GET, "layers": {"public_access_block": {"restrict_public_bucket": True}}},
            "restrict_public_buckets",
        ),
        (
            {
                "request": GET,
                "layers": {"grants": [{"grantee": ANA, "operations": ["Decrypt"]}]},
            },
            "grantee_principal",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_misspelt_key_is_answered_with_the_right_one(wrong, meant):
    """What is not known is never passed over in silence: it might be a Deny."""
    assert any(meant in line for line in problems(wrong))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "{", "nul", "{'request': 1}", '{"request": }', "\ufeff{}", "[" * 100_000),
        *('{"request": {}, "request": {}}', '"\\ud800"', '{"a": 1,}', "// x\n{}", "\x00", "NaN"),
        *("null", "5", '"x"', "true", "{}", "[[]]", "[null]"),
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_is_not_a_question_is_reported_with_its_place(text):
    """Broken JSON, other JSON, nothing at all."""
    assert problems(text)


HOSTILE = {
    "request-list": {"request": []},
    "request-null": {"request": None},
    "principal-number": {"request": {**GET, "principal": 5}},
    "principal-list": {"request": {**GET, "principal": [ANA]}},
    "action-true": {"request": {**GET, "action": True}},
    "action-wildcard": {"request": {**GET, "action": "s3:*"}},
    "resource-empty": {"request": {**GET, "resource": ""}},
    "resource-object": {"request": {**GET, "resource": {}}},
    "resource-long": {"request": {**GET, "resource": "x" * 70_000}},
    "account-word": {"request": {**GET, "resource_account": "mine"}},
    "account-list": {"request": {**GET, "resource_account": [OWN]}},
    "issuer-list": {"request": {**GET, "issuer": []}},
    "issuer-object": {"request": {**GET, "issuer": {}}},
    "issuer-true": {"request": {**GET, "issuer": True}},
    "refusal-list": {"request": {**GET, "refusal": []}},
    "context-list": {"request": {**GET, "context": []}},
    "context-null-value": {"request": {**GET, "context": {"a": None}}},
    "context-nested": {"request": {**GET, "context": {"a": {"b": 1}}}},
    "context-nested-list": {"request": {**GET, "context": {"a": [["b"]]}}},
    "context-twice": {"request": {**GET, "context": {"a": "1", "A": "2"}}},
    "layers-list": {"request": GET, "layers": []},
    "identity-object": {"request": GET, "layers": {"identity": ALLOW}},
    "identity-nested": {"request": GET, "layers": {"identity": [[ALLOW]]}},
    "identity-text": {"request": GET, "layers": {"identity": ["policy"]}},
    "resource-two": {"request": GET, "layers": {"resource": [ALLOW]}},
    "scps-flat": {"request": GET, "layers": {"scps": [ALLOW]}},
    "scps-deep": {"request": GET, "layers": {"scps": [[[ALLOW]]]}},
    "policy-null": {"request": GET, "layers": {"identity": [{"policy": None}]}},
    "policy-policy": {"request": GET, "layers": {"identity": [{"policy": {"policy": ALLOW}}]}},
    "name-number": {"request": GET, "layers": {"identity": [{"policy": ALLOW, "name": 5}]}},
    "arn-list": {"request": GET, "layers": {"identity": [{"policy": ALLOW, "arn": []}]}},
    "path-text": {"request": GET, "layers": {"identity": [{"policy": ALLOW, "path": "group"}]}},
    "grant-empty": {"request": DECRYPT, "layers": {"grants": [{}]}},
    "grant-text": {"request": DECRYPT, "layers": {"grants": ["x"]}},
    "switch-number": {"request": GET, "layers": {"public_access_block": {SWITCHES[0]: 1}}},
    "switches-true": {"request": GET, "layers": {"public_access_block": True}},
}
GRANT = {"grantee_principal": ANA, "operations": ["Decrypt"]}
HOSTILE_GRANTS = {
    "operations-null": {"operations": None},
    "operations-text": {"operations": "Decrypt"},
    "operations-list": {"operations": [["Decrypt"]]},
    "grantee-list": {"grantee_principal": [ANA]},
    "constraints-null": {"constraints": None},
    "constraints-other": {"constraints": {"encryption": {}}},
    "constraint-list": {"constraints": {"encryption_context_subset": ["a"]}},
    "constraint-value-list": {"constraints": {"encryption_context_subset": {"a": ["x"]}}},
    "constraint-value-object": {"constraints": {"encryption_context_equals": {"a": {"b": "c"}}}},
    "constraint-value-null": {"constraints": {"encryption_context_equals": {"a": None}}},
    "name-list": {"name": ["x"]},
    "name-object": {"name": {"a": "b"}},
    "name-true": {"name": True},
}
HOSTILE |= {
    f"grant-{name}": {"request": DECRYPT, "layers": {"grants": [{**GRANT, **item}]}}
    for name, item in HOSTILE_GRANTS.items()
}


@each_row("question", HOSTILE.values(), ids=HOSTILE)
def test_a_value_of_the_wrong_kind_is_reported_with_its_place(question):
    """Wherever something else is than what is wanted: a LoadError, never a crash."""
    assert problems(question)


@pytest.mark.parametrize("digits", [100, 5_000])
def test_a_number_of_many_digits_is_kept_as_it_is_written(digits):
    """Python refuses to turn thousands of digits into a number; nobody asked it to."""
    number = "1" * digits
    text = json.dumps(
        {
            "request": {**GET, "context": {"aws:x": "CONTEXT"}},
            "layers": {"identity": [document(Condition={"StringEquals": {"aws:x": "POLICY"}})]},
        }
    )
    text = text.replace('"CONTEXT"', number).replace('"POLICY"', number)
    ((request, layers),) = read_questions(text)

    assert evaluate(request, layers)


# -- no text crashes it -----------------------------------------------------------------------

FULL = {
    "request": {**GET, "context": {"a": ["b"]}, "issuer": None, "resource_account": OWN},
    "layers": {
        "identity": [{"policy": ALLOW, "name": "n", "arn": "arn:x", "path": ["g"]}],
        "resource": ANYONE,
        "boundary": ALLOW,
        "session": [ALLOW],
        "scps": [[ALLOW]],
        "rcps": [[ANYONE]],
        "endpoint": ANYONE,
        "scoped": [ALLOW],
        "grants": [{**GRANT, "constraints": {"encryption_context_subset": {"a": "b"}}}],
        "public_access_block": dict.fromkeys(SWITCHES, True),
    },
}


def places(value, path=()):
    """All places in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


PLACES = [path for path in places(FULL) if path]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(PLACES), VALUES)
@example(("request", "issuer"), [])
@example(("layers", "grants", 0, "constraints", "encryption_context_subset", "a"), ["x"])
def test_whatever_is_in_one_place_is_read_and_decided_or_told(path, value):
    """One value of a full question is replaced by anything: an answer, or a LoadError."""
    question = deepcopy(FULL)
    *method, last = path
    part = question
    for key in method:
        part = part[key]
    part[last] = value
    try:
        found = read_questions(json.dumps(question))
    except LoadError as error:
        assert "$" in str(error)  # noqa: PT017 - either is well
        return
    decision = evaluate_call(found)

    assert json.dumps(decision.to_dict())
    assert decision.explain()


@given(st.text(alphabet='{}[]":,\\ \n0az', max_size=40) | st.text(max_size=40))
def test_no_text_crashes_it(text):
    """Any text is a question or has an error."""
    try:
        read_questions(text)
    except LoadError as error:
        assert "(line " in str(error)  # noqa: PT017 - either is well


@given(st.integers(0, len(json.dumps(FULL)) - 1))
def test_a_file_that_is_cut_off_gets_an_error(length):
    """At whatever letter it ends."""
    assert problems(json.dumps(FULL)[:length])
