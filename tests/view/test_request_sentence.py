"""The request sentence has every part of a request, and AWS's word for each."""

from datetime import UTC, datetime

import pytest

from iamlab import Layers, Policy, Request
from iamlab.display import printable
from iamlab.engine.evaluate import evaluate
from iamlab.errors import RequestError
from iamlab.teach.scenarios import MAP, scenario
from iamlab.view.figures.decision.request_sentence import (
    MISSING_WORDS,
    context_keys,
    request_sentence,
)
from tests.view.cases import DANA, DECISIONS, NIGHT, OTHER, ROLE
from tests.view.looking import faults

CONTEXT = {
    "aws:SourceIp": "203.0.113.7",
    "aws:CurrentTime": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    "aws:MultiFactorAuthPresent": True,
    "aws:TagKeys": ["owner", "team"],
    "aws:PrincipalTag/team": "sky",
    "kms:CallerAccount": (),
}
ASKED = Request(DANA, "s3:GetObject", MAP, context=CONTEXT)


def words_in(figure):
    """Return the words of the picture."""
    return {label.whole for label in figure.sheet.record.labels}


def test_each_part_is_above_the_word_that_aws_has_for_it():
    """Principal, Action, Resource and the context of conditions."""
    assert {"Principal", "Action", "Resource", "Condition context"} <= words_in(
        request_sentence(ASKED)
    )
    assert {"dana", "s3:GetObject", "star-maps/m31.fits"} <= words_in(request_sentence(ASKED))


def test_the_table_has_the_whole_request():
    """Whole ARNs, and every context key with its values; keys without a value are left out."""
    rows = request_sentence(ASKED).rows
    values = {(row["part"], row["key"]): row["value"] for row in rows}

    assert values["Principal", ""] == ASKED.principal
    assert values["Action", ""] == ASKED.action
    assert values["Resource", ""] == ASKED.resource
    found = {key: value for (part, key), value in values.items() if part == "Condition context"}
    assert found == {
        "aws:SourceIp": "203.0.113.7",
        "aws:CurrentTime": "2026-03-02T09:00:00+00:00",
        "aws:MultiFactorAuthPresent": "true",
        "aws:TagKeys": ("owner", "team"),
        "aws:PrincipalTag/team": "sky",
    }
    for value in (ASKED.principal, ASKED.resource):
        assert value in request_sentence(ASKED).as_text()


def test_the_sentence_says_when_from_where_and_with_what():
    """Time, address and MFA are in the sentence; unknown values are left out."""
    figure = request_sentence(ASKED)

    assert "on 2026-03-02T09:00:00+00:00" in figure.alt
    assert "from 203.0.113.7" in figure.alt
    assert "with MFA" in figure.alt
    bare = request_sentence(Request(DANA, "s3:GetObject", MAP))
    assert "time unknown" in words_in(bare)
    assert "MFA" not in bare.alt
    assert "no context keys" in bare.as_text()
    without = Request(DANA, "s3:GetObject", MAP, context={"aws:MultiFactorAuthPresent": False})
    assert "without MFA" in request_sentence(without).alt


def test_what_a_policy_asks_for_comes_first_even_if_it_is_missing():
    """The list also has a key that only a policy has, as missing in the request."""
    policy = Policy.allow(
        "s3:*", when={"StringEquals": {"aws:principaltag/TEAM": "sky", "aws:UserAgent": "x"}}
    )
    decision = evaluate(ASKED, Layers(identity=[policy]))
    keys = context_keys(ASKED, decision)
    figure = request_sentence(decision)

    assert [(key.text, key.facts["value"]) for key in keys if key.highlighted] == [
        ("aws:PrincipalTag/team", "sky"),
        ("aws:UserAgent", None),
    ]
    assert [key.highlighted for key in keys[:2]] == [True, True]
    assert f"aws:UserAgent: {MISSING_WORDS} (a policy asks for it)" in figure.as_text()
    assert "lacks aws:UserAgent, for which a policy asks" in figure.alt
    assert {row["key"] for row in figure.rows if row["a policy asks for it"]} == {
        "aws:PrincipalTag/team", "aws:UserAgent",
    }  # fmt: skip
    assert not any(key.highlighted for key in context_keys(ASKED, None))


@pytest.mark.parametrize(
    "case", ["identity allows", "identity denies", "identity is silent", "service", "anonymous"]
)
def test_a_decision_answers_the_question_below(case):
    """The verdict as a sign and a word, in the picture, the list and the alternative text."""
    decision = DECISIONS[case]
    figure = request_sentence(decision)
    verdict = f"{decision.verdict.symbol} {decision.verdict}"

    assert verdict in words_in(figure)
    assert figure.as_text().endswith(f"? {verdict}")
    assert figure.alt.endswith(f"{decision.verdict.symbol} {str(decision.verdict).capitalize()}.")
    assert figure.rows[-1]["value"] == str(decision.verdict)


def test_a_request_alone_has_no_verdict():
    """It isn't evaluated yet."""
    text = request_sentence(ASKED).as_text()

    assert not any(word in text for word in ("allowed", "implicit deny", "explicit deny"))


def test_a_session_says_for_which_role_it_acts_and_whose_the_resource_is():
    """The principal is the session; the resource is in the same account or another one."""
    own = request_sentence(Request(NIGHT, "s3:GetObject", MAP)).as_text()
    other = request_sentence(Request(NIGHT, "s3:GetObject", MAP, OTHER)).as_text()

    assert f"acts as {ROLE}" in own
    assert "the caller's own account" in own
    assert f"  account {OTHER}\n  another account\n" in other


@pytest.mark.parametrize("number", [0, 1, 7, 8, 60])
def test_many_keys_are_counted_and_the_list_has_them_all(number):
    """The picture stays small."""
    context = {f"aws:PrincipalTag/k{i:02}": f"v{i}" for i in range(number)}
    figure = request_sentence(Request(DANA, "s3:GetObject", MAP, context=context))

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[1] < 4
    assert all(f"  {key}: {value}" in figure.as_text() for key, value in context.items())
    left = [word for word in words_in(figure) if word.startswith("and ")]
    assert left == ([f"and {number - 6} more keys"] if number > 7 else [])


def test_what_is_neither_a_request_nor_a_decision_is_refused():
    """The error says what is needed."""
    with pytest.raises(RequestError, match="neither a request nor a decision"):
        request_sentence("alice reads a map")


def test_names_of_strangers_are_text():
    """Markup, formulas, line breaks and four hundred letters overlap nothing; the list has all."""
    ugly = "<b>$x^2$ \u202eevil\n😀" + "n" * 400
    context = {f"aws:PrincipalTag/{ugly}": ugly, "aws:SourceIp": "$y$" * 90}
    who = f"arn:aws:iam::111111111111:user/{ugly}"
    figure = request_sentence(
        evaluate(Request(who, "s3:GetObject", f"{MAP}{ugly}", context=context), Layers())
    )

    assert faults(figure) == []
    assert printable(who) in figure.as_text()
    assert figure.rows[0]["value"] == who
    assert len(figure.alt) <= 300


def test_the_same_request_gives_the_same_bytes():
    """With two equal worlds, and in any order of the context."""
    first, two = (
        request_sentence(world.can(world.user("dana"), "s3:DeleteObject", MAP))
        for world in (scenario("groups"), scenario("groups"))
    )
    turned = Request(DANA, "s3:GetObject", MAP, context=dict(reversed(CONTEXT.items())))

    assert first.svg() == two.svg()
    assert request_sentence(turned).svg() == request_sentence(ASKED).svg()
