"""Policy documents: what is refused, what is let through, and that nothing else can happen."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import display
from iamlab.errors import PolicyError
from iamlab.policy.document import Policy
from iamlab.policy.json_text import MAX_DEPTH
from tests.effort import first_now, slow
from tests.growth import grows_linearly
from tests.rows import each_row

NEW, OLD = "2012-10-17", "2008-10-17"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def statement(**elements):
    """A document of one good statement with other elements."""
    made = ALLOW | elements
    return {
        "Version": NEW,
        "Statement": {name: value for name, value in made.items() if value is not ...},
    }


def attempt(document):
    """Parse, whatever comes of it."""
    try:
        return Policy.parse(document)
    except PolicyError as error:
        return error


def problems(document):
    """What is wrong with a document, as pairs of path and text."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(document)
    return [(problem.path, problem.what) for problem in caught.value.problems]


def conditioned(operator, key, value):
    """A good document with one condition."""
    return statement(Condition={operator: {key: value}})


# What parse refuses -----------------------------------------------------------------------------

MANY_MISTAKES = """\
{
  "Version": "2012-10-18",
  "version": "2012-10-17",
  "Statement": [
    {"Sid": 7, "Effect": "allow", "Action": "s3:*", "NotAction": "s3:Get*"},
    {"Effect": "Deny", "Resource": [1, "*"], "Condition": {
      "StringEqual": {"aws:username": "ana"},
      "Bool": {"aws:SecureTransport": null},
      "Null": "aws:TagKeys"
    }},
    "Allow",
    {"Effect": "Allow", "Effect": "Deny", "Action": "*", "Principal": {"Aws": "*"}}
  ]
}
"""
MISTAKES = [
    # path, line, the text that is where it points to, a word of what is wrong
    ("$.Version", 2, '"2012-10-18"', "2012-10-18"),
    ("$.version", 3, '"2012-10-17"', "version"),
    ("$.Statement[0].Sid", 5, "7", "number"),
    ("$.Statement[0].Effect", 5, '"allow"', "allow"),
    ("$.Statement[0].NotAction", 5, '"s3:Get*"', "Action"),
    ("$.Statement[1]", 6, "{", "Action is missing"),
    ("$.Statement[1].Resource[0]", 6, "1", "number"),
    ("$.Statement[1].Condition.StringEqual", 7, "{", "StringEqual"),
    ("$.Statement[1].Condition.Bool.aws:SecureTransport", 8, "null", "null"),
    ("$.Statement[1].Condition.Null", 9, '"aws:TagKeys"', "text"),
    ("$.Statement[2]", 11, '"Allow"', "text"),
    ("$.Statement[3].Effect", 12, '"Effect": "Deny"', "Duplicate"),
    ("$.Statement[3].Principal.Aws", 12, '"*"}}', "Aws"),
]


def test_every_problem_of_a_document_is_reported_at_once():
    """Path, line and column (in characters, from 1) of each, in reading order, with a fix."""
    lines = MANY_MISTAKES.splitlines()
    places = [(path, line, lines[line - 1].index(at) + 1) for path, line, at, _ in MISTAKES]
    with pytest.raises(PolicyError) as caught:
        Policy.parse(MANY_MISTAKES, name="broken")

    found = caught.value.problems
    assert [(finding.path, finding.line, finding.column) for finding in found] == places
    for finding, row in zip(found, MISTAKES, strict=True):
        assert row[3] in finding.what
        assert finding.remedy
        assert str(finding) in str(caught.value)
    assert "'broken' has 13 problems" in str(caught.value)


def test_a_dict_has_the_same_problems_without_lines():
    """What is not a text has no lines; a key can't be in it twice."""
    document = json.loads(MANY_MISTAKES)
    paths = [path for path, _ in problems(document)]

    assert sorted(paths) == sorted(path for path, _, _, word in MISTAKES if word != "Duplicate")
    with pytest.raises(PolicyError) as caught:
        Policy.parse(document)
    assert {(problem.line, problem.column) for problem in caught.value.problems} == {(None, None)}


REFUSED = [
    # document, path, a word of what is wrong
    (None, "$", "null"),
    (True, "$", "boolean"),
    (5, "$", "number"),
    ([], "$", "list"),
    ("5", "$", "number"),
    ('"text"', "$", "text"),
    ("[]", "$", "list"),
    ("null", "$", "null"),
    ({}, "$", "Statement is missing"),
    ({"statement": []}, "$", "Statement is missing"),
    ({"Statement": None}, "$.Statement", "null"),
    ({"Statement": [None]}, "$.Statement[0]", "null"),
    ({"Statement": [[]]}, "$.Statement[0]", "list"),
    ({"Statement": "x"}, "$.Statement", "text"),
    ({"Statement": [], "Statements": []}, "$.Statements", "no element"),
    ({"Statement": [], "Version": 2012}, "$.Version", "number"),
    ({"Statement": [], "Version": "2012-10-17 "}, "$.Version", "can't be"),
    ({"Statement": [], "Version": None}, "$.Version", "null"),
    ({"Statement": [], "Id": 5}, "$.Id", "number"),
    ({"Statement": [], "Id": ["a"]}, "$.Id", "list"),
    (statement(Effect=...), "$.Statement", "Effect is missing"),
    (statement(Effect="allow"), "$.Statement.Effect", "allow"),
    (statement(Effect="ALLOW"), "$.Statement.Effect", "ALLOW"),
    (statement(Effect=["Allow"]), "$.Statement.Effect", "list"),
    (statement(Effect=True), "$.Statement.Effect", "boolean"),
    (statement(Action=...), "$.Statement", "Action is missing"),
    (statement(NotAction="s3:*"), "$.Statement.NotAction", "Action and NotAction"),
    (statement(NotResource="*"), "$.Statement.NotResource", "Resource and NotResource"),
    (
        statement(Principal="*", NotPrincipal="*"),
        "$.Statement.NotPrincipal",
        "Principal and NotPrincipal",
    ),
    (statement(Action=5), "$.Statement.Action", "number"),
    (statement(Action={}), "$.Statement.Action", "object"),
    (statement(Action=None), "$.Statement.Action", "null"),
    (statement(Action=["a:b", ["c:d"]]), "$.Statement.Action[1]", "list"),
    (statement(Resource=[True]), "$.Statement.Resource[0]", "boolean"),
    (statement(Sid=None), "$.Statement.Sid", "null"),
    (statement(action="s3:*"), "$.Statement.action", "no element"),
    (statement(Principals="*"), "$.Statement.Principals", "no element"),
    (statement(Principal=["*"]), "$.Statement.Principal", "list"),
    (statement(Principal=5), "$.Statement.Principal", "number"),
    (statement(Principal={"aws": "*"}), "$.Statement.Principal.aws", "no principal type"),
    (statement(Principal={"AWS": 111122223333}), "$.Statement.Principal.AWS", "number"),
    (statement(Principal={"AWS": [None]}), "$.Statement.Principal.AWS[0]", "null"),
    (statement(Condition=[]), "$.Statement.Condition", "list"),
    (statement(Condition=None), "$.Statement.Condition", "null"),
    (statement(Condition={"Bool": []}), "$.Statement.Condition.Bool", "list"),
    (conditioned("Equals", "a:b", "c"), "$.Statement.Condition.Equals", "no operator"),
    (conditioned("bool", "a:b", "c"), "$.Statement.Condition.bool", "no operator"),
    (conditioned("NullIfExists", "a:b", "c"), "$.Statement.Condition.NullIfExists", "no operator"),
    (conditioned("ForAny:Bool", "a:b", "c"), "$.Statement.Condition.ForAny:Bool", "no operator"),
    (conditioned("Bool", "a:b", {}), "$.Statement.Condition.Bool.a:b", "object"),
    (conditioned("Bool", "a:b", [None]), "$.Statement.Condition.Bool.a:b[0]", "null"),
    (conditioned("Bool", "a:b", [[]]), "$.Statement.Condition.Bool.a:b[0]", "list"),
]


@each_row(("document", "path", "word"), REFUSED)
def test_what_is_not_a_policy_is_refused(document, path, word):
    """Each refusal that the design names: at its place, and for its reason."""
    found = problems(document)

    assert path in [place for place, _ in found]
    assert word in " ".join(what for place, what in found if place == path)


HINTS = [
    ({"statement": [], "Statement": []}, "'Statement'"),
    (statement(Acton="s3:*"), "'Action'"),
    (statement(Principal={"aws": "*"}), "'AWS'"),
    (statement(Principal={"Group": "*"}), "AWS, Service, Federated, CanonicalUser"),
    (conditioned("stringequals", "a:b", "c"), "'StringEquals'"),
    (conditioned("StringEqual", "a:b", "c"), "'StringEquals'"),
    (conditioned("StringLikeIfExist", "a:b", "c"), "'StringLikeIfExists'"),
    (conditioned("forallvalues:Bool", "a:b", "c"), "'ForAllValues'"),
    (conditioned("Some:Bool", "a:b", "c"), "ForAllValues, ForAnyValue"),
    (conditioned("ForAllValues:Nul", "a:b", "c"), "'Null'"),
    (conditioned("zzz", "a:b", "c"), "StringEquals"),
    (conditioned("NullIfExists", "a:b", "c"), "Write Null"),
    (statement(Effect="allow"), "case-sensitive"),
    (statement(Sid=5), "in quotes"),
    ("{'Statement': []}", "double quotes"),
    ("{\"Statement\": 'a'}", "Use double quotes"),
    ('{"Statement": []', "'}'"),
]


@pytest.mark.parametrize(("document", "hint"), HINTS)
def test_a_mistake_comes_with_a_fix(document, hint):
    """The nearest known word, or the known words."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(document)

    assert hint in " ".join(f"{problem.what} {problem.remedy}" for problem in caught.value.problems)


def test_a_question_ends_with_its_mark():
    """``Did you mean 'StringEquals'?`` is a whole sentence."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(conditioned("StringEqual", "a:b", "c"))

    assert "?." not in str(caught.value)


BAD_JSON = [
    # text, line, column
    ("", 1, 1),
    ("   ", 1, 4),
    ("\n\n  x", 3, 3),
    ("{", 1, 2),
    ("{}}", 1, 3),
    ("{} {}", 1, 4),
    ("{,}", 1, 2),
    ('{"Statement": [],}', 1, 18),
    ('{"Statement": [1,]}', 1, 18),
    ('{"Statement": [1 2]}', 1, 18),
    ('{"Statement": [1', 1, 17),
    ('{"Statement": [1,', 1, 18),
    ('{"Statement" []}', 1, 14),
    ('{"Statement"', 1, 13),
    ('{"Statement":', 1, 14),
    ("{Statement: []}", 1, 2),
    ('{"Statement": "x', 1, 15),
    ('{"Statement": "a\nb"}', 1, 15),
    ('{"Statement": "\\x"}', 1, 15),
    ('{"Statement": NaN}', 1, 15),
    ('{"Statement": Infinity}', 1, 15),
    ('{"Statement": True}', 1, 15),
    ('{"Statement": .5}', 1, 15),
    ('{"Statement": +5}', 1, 15),
    ('{"Statement": 05}', 1, 16),
    ("// a comment\n{}", 1, 1),
    ('{"Statement": /* none */ []}', 1, 15),
    ('{"Statement": []} # end', 1, 19),
    ("\ufeff{}", 1, 1),
    ("\u00a0{}", 1, 1),
    ('{"Id": "\ud800"}', 1, 8),
    ('{"Id": "\\udfff"}', 1, 8),
    ('{"\\ud800": 1}', 1, 2),
    ("\ud800", 1, 1),
]


@pytest.mark.parametrize(("text", "line", "column"), BAD_JSON)
def test_invalid_json_is_rejected_where_it_ends_to_be_json(text, line, column):
    """One problem, since nothing after it can be understood; and its place."""
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text)

    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (line, column)
    assert str(caught.value).encode()


@pytest.mark.parametrize(
    "document",
    [
        *(b"{}", object(), {"Statement": {1, 2}}, {"Statement": b""}, {"Statement": float("nan")}),
        *({"Statement": float("inf")}, {("a",): 1}, {"Id": "\ud800"}, {"Id": 10**5000}),
    ],
)
def test_python_values_that_are_not_json_are_refused(document):
    """A set, bytes, NaN, half a character: a PolicyError, like all else."""
    assert problems(document)


@pytest.mark.parametrize("times", [2, 3])
def test_a_key_that_is_duplicated_is_refused_at_the_second(times):
    """The place is that of the repeated key, wherever in the document it is."""
    pairs = ", ".join(['"a:b": "c"'] * times)
    text = json.dumps(statement(Condition={"Bool": {"a:b": "c"}})).replace('"a:b": "c"', pairs)
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text)

    second = text.index('"a:b"', text.index('"a:b"') + 1) + 1
    assert len(caught.value.problems) == times - 1
    assert caught.value.problems[0].column == second


def test_of_two_equal_keys_each_problem_has_its_own_place():
    """What is wrong with the first value is reported where the first value is."""
    text = '{"Statement": {"Effect": "allow", "Effect": "Allow", "Action": "*"}}'
    with pytest.raises(PolicyError) as caught:
        Policy.parse(text)

    places = {problem.column for problem in caught.value.problems if "allow" in problem.what}
    assert places == {text.index('"allow"') + 1}


# What parse lets through ------------------------------------------------------------------------

LET_THROUGH = [
    {"Statement": []},
    {"Version": OLD, "Statement": []},
    {"Id": "", "Statement": []},
    statement(Action="s3"),
    statement(Action=""),
    statement(Action="s*:Get*"),
    statement(Action="a:b:c"),
    statement(Action="nosuchservice:NoSuchAction"),
    statement(Action=[]),
    statement(Action=..., NotAction=[]),
    statement(Resource=...),
    statement(Resource=[]),
    statement(Resource="not an arn"),
    statement(Resource="${unclosed"),
    statement(Resource=..., NotResource="*"),
    statement(Principal="nobody"),
    statement(Principal={}),
    statement(Principal={"AWS": []}),
    statement(Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
    statement(NotPrincipal={"AWS": "*"}),
    statement(Effect="Allow", NotPrincipal={"AWS": "111122223333"}),
    statement(Sid="a b c"),
    statement(Sid=""),
    statement(Condition={}),
    statement(Condition={"Bool": {}}),
    conditioned("Bool", "a:b", []),
    conditioned("Bool", "no colon", "x"),
    conditioned("DateEquals", "a:b", "yesterday"),
    conditioned("IpAddress", "a:b", "here"),
    conditioned("StringEquals", "a:b", [1, 2.5, True, "x"]),
    conditioned("ForAllValues:Null", "a:b", "true"),
    statement(Condition={"StringEquals": {"a:b": "c", "A:B": "d"}}),
    {"Statement": [ALLOW | {"Sid": "Same"}, ALLOW | {"Sid": "Same"}]},
    statement(Resource="漢字 \U0001f511 é \0"),
]


@pytest.mark.parametrize("document", LET_THROUGH)
def test_what_can_be_understood_is_let_through(document):
    """Saving has its own rules; parse refuses only what is not a policy."""
    policy = Policy.parse(document)

    assert policy.to_dict() == document
    assert Policy.parse(json.dumps(document)) == policy
    assert Policy.parse(policy.to_dict()) == policy


def test_elements_are_read_as_they_are_written():
    """One value or a list, quoted or not: the same tuple of text."""
    policy = Policy.parse(
        {
            "Version": NEW,
            "Id": "P1",
            "Statement": [
                {
                    "Sid": "First",
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": ["1", "2"], "Service": "s"},
                    "NotAction": "a:b",
                    "NotResource": ["*"],
                    "Condition": {"ForAnyValue:BoolIfExists": {"k": [True, False, "x", 1, 1.5]}},
                },
                {"Effect": "Allow", "Principal": "*", "Action": ["a:b", "c:d"]},
            ],
        },
        name="both",
    )

    first, second = policy.statements
    assert (policy.version, policy.id, policy.name) == (NEW, "P1", "both")
    assert (first.effect, first.sid, first.number, first.label) == ("Deny", "First", 1, "First")
    assert first.not_principal == (("AWS", "1"), ("AWS", "2"), ("Service", "s"))
    assert (first.principal, first.action, first.resource) == (None, None, None)
    assert (first.not_action, first.not_resource) == (("a:b",), ("*",))
    (condition,) = first.conditions
    assert str(condition.comparison) == "ForAnyValue:BoolIfExists"
    assert (condition.key, condition.values) == ("k", ("true", "false", "x", "1", "1.5"))
    assert (second.principal, second.number, second.label) == ((("*", "*"),), 2, "#2")
    assert (second.sid, second.resource, second.conditions) == (None, None, ())


@pytest.mark.parametrize(("version", "wanted"), [(NEW, True), (OLD, False), (None, False)])
def test_variables_mean_something_only_in_the_new_language(version, wanted):
    """Without a version, AWS takes the old language."""
    document = {"Statement": [ALLOW]} | ({"Version": version} if version else {})
    policy = Policy.parse(document)

    assert policy.version == (version or OLD)
    assert policy.statements[0].variables is wanted


def test_a_policy_is_given_back_as_it_is():
    """Only a name makes a new one, and the name is not a part of what it says."""
    policy = Policy.parse({"Statement": [ALLOW]}, name="one")
    renamed = Policy.parse(policy, name="two")

    assert Policy.parse(policy) is policy
    assert renamed == policy
    assert (policy.name, renamed.name) == ("one", "two")
    assert renamed.to_dict() == policy.to_dict()
    assert hash(renamed) == hash(policy)


def test_a_notebook_shows_a_policy_by_the_one_door(monkeypatch):
    """What is drawn is made by the display module, asked by name."""
    policy = Policy.parse({"Statement": [ALLOW]})
    monkeypatch.setattr(display, "html", lambda value: f"<p>{value.version}</p>")

    assert policy._repr_html_() == f"<p>{OLD}</p>"


TEXTS = st.text(max_size=8)
LISTS = TEXTS | st.lists(TEXTS, max_size=3)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = TEXTS | st.booleans() | NUMBERS
PRINCIPAL = TEXTS | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser"]), LISTS
)
CONDITION = st.dictionaries(
    st.sampled_from(["StringEquals", "ForAllValues:ArnLikeIfExists", "Null", "DateLessThan"]),
    st.dictionaries(TEXTS, SCALARS | st.lists(SCALARS, max_size=3), max_size=2),
    max_size=2,
)


@st.composite
def documents(draw):
    """Any document that parse lets through."""
    statements = []
    for _ in range(draw(st.integers(0, 3))):
        made = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
        made[draw(st.sampled_from(["Action", "NotAction"]))] = draw(LISTS)
        for pair, values in [
            (("Resource", "NotResource"), LISTS),
            (("Principal", "NotPrincipal"), PRINCIPAL),
        ]:
            if draw(st.booleans()):
                made[draw(st.sampled_from(pair))] = draw(values)
        if draw(st.booleans()):
            made["Sid"] = draw(TEXTS)
        if draw(st.booleans()):
            made["Condition"] = draw(CONDITION)
        statements.append(made)
    single = len(statements) == 1 and draw(st.booleans())
    document = {"Statement": statements[0] if single else statements}
    if draw(st.booleans()):
        document["Version"] = draw(st.sampled_from([NEW, OLD]))
    return document


@given(documents())
def test_text_and_dict_give_the_same_policy_and_it_comes_back_as_written(document):
    """Reading and writing lose nothing."""
    policy = Policy.parse(document)

    assert policy.to_dict() == document
    assert Policy.parse(json.dumps(document, indent=3)) == policy
    assert Policy.parse(json.dumps(document, ensure_ascii=False)) == policy
    assert Policy.parse(json.dumps(policy.to_dict())) == policy


JSON = st.recursive(
    st.none() | SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            TEXTS | st.sampled_from(["Statement", "Effect", "Action", "Condition", "Principal"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.fixed_dictionaries({"Statement": JSON | st.lists(JSON, max_size=2)}))
def test_any_json_is_a_policy_or_a_policy_error(document):
    """No value can make parse fail in another way, and each problem has path and fix."""
    result = attempt(document)

    if isinstance(result, Policy):
        assert result.to_dict() == document
    else:
        assert result.problems
        assert all(
            problem.path.startswith("$") and problem.what and problem.remedy
            for problem in result.problems
        )


@given(st.text('{}[]":,\\u\n 019.eE+-truefalsnl/*ab\ud800\ufeff', max_size=40))
def test_any_text_is_a_policy_or_a_policy_error_with_a_place(text):
    """No text can make parse fail in another way; text that is JSON is never called broken."""
    result = attempt(text)

    assert isinstance(result, Policy) or all(
        problem.line and problem.column for problem in result.problems
    )


@given(documents(), st.data())
def test_a_document_cut_off_anywhere_is_refused(document, data):
    """Half a file is never half a policy."""
    text = json.dumps(document)
    with pytest.raises(PolicyError):
        Policy.parse(text[: data.draw(st.integers(0, len(text) - 1))])


# Numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "10", "-5", "1.5", "10.0", "9" * 30])
def test_a_number_is_kept_as_it_is_written(number):
    """A condition compares its text."""
    text = json.dumps(conditioned("NumericEquals", "a:b", 12345)).replace("12345", number)
    policy = Policy.parse(text)

    assert policy.statements[0].conditions[0].values == (number,)
    assert Policy.parse(policy.to_dict()) == policy


@pytest.mark.parametrize(
    "number", ["1.10", "1e400", "-0", "1E5", pytest.param("1" * 5_000, id="5,000 digits")]
)
def test_every_number_survives_the_round_trip(number):
    """Trailing zeros, exponents and many digits included."""
    text = json.dumps(conditioned("NumericEquals", "a:b", 12345)).replace("12345", number)
    policy = Policy.parse(text)

    assert Policy.parse(policy.to_dict()) == policy


def test_digits_of_other_scripts_are_not_json_numbers():
    """JSON has ten digits."""
    text = json.dumps(conditioned("NumericEquals", "a:b", 12345)).replace("12345", "1\u0662")
    with pytest.raises(PolicyError):
        Policy.parse(text)


# Hostile documents ------------------------------------------------------------------------------


def nested(depth):
    """Lists in lists."""
    made = []
    for _ in range(depth):
        made = [made]
    return made


def test_deep_nesting_is_refused():
    """10,000 levels, closed or not, as text or as Python lists, don't crash."""
    for document in ("[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000, nested(10_000)):
        assert len(problems(document)) == 1
    circle = []
    circle.append(circle)
    assert len(problems(circle)) == 1


def test_a_policy_may_nest_as_deep_as_the_language_does():
    """The deepest value of a real policy is well above the limit."""
    assert Policy.parse(
        {"Statement": [ALLOW | {"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["a"]}}}]}
    )
    above, below = ("[" * depth + "]" * depth for depth in (MAX_DEPTH + 1, MAX_DEPTH + 2))
    assert "nested deeper" not in problems(above)[0][1]
    assert "nested deeper" in problems(below)[0][1]


def text_of(statements):
    """A document of many statements, as text."""
    return json.dumps({"Version": NEW, "Statement": statements})


GROWING = {
    "good statements": lambda n: text_of([ALLOW] * n),
    "one long string": lambda n: text_of([ALLOW | {"Sid": "x" * (100 * n)}]),
    "many actions": lambda n: text_of([ALLOW | {"Action": ["s3:Get"] * n}]),
    "many conditions": lambda n: text_of(
        [ALLOW | {"Condition": {"StringEquals": {f"a:{i}": "b" for i in range(n)}}}]
    ),
    "white space": lambda n: " " * (100 * n) + text_of([]) + "\n" * (100 * n),
    "an unclosed string": lambda n: '{"Id": "' + "x" * (100 * n),
    "a long unknown element": lambda n: '{"' + "x" * (10 * n) + '": 1}',
    "a long unknown operator": lambda n: json.dumps(conditioned("String" * n, "a:b", "c")),
    "open brackets": lambda n: "[" * (100 * n),
}
QUADRATIC = {
    "bad statements": lambda n: text_of([ALLOW | {"Effect": "allow"}] * (4 * n)),
    "keys that stand twice": lambda n: "{" + ",".join(['"Statement":[]'] * (8 * n)) + "}",
    "a long key above many values": lambda n: (
        '{"Statement": [], "' + "k" * (8 * n) + '": [' + ",".join("1" * (8 * n)) + "]}"
    ),
}


@pytest.mark.parametrize(
    "make",
    first_now(pytest.param(make, id=name) for name, make in (GROWING | QUADRATIC).items()),
)
def test_parsing_takes_linear_time(make):
    """Four times the document takes about four times as long, right or wrong."""

    def work(size):
        text = make(size)
        return lambda: attempt(text)

    assert grows_linearly(work, 1_000)


@slow
def test_a_hundred_thousand_statements_are_read():
    """AWS saves no such policy, but reading it is not a problem."""
    policy = Policy.parse(text_of([{"Effect": "Allow", "Action": "*"}] * 100_000))

    assert policy.statements[-1].label == "#100000"
