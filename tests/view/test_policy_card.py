"""A policy card has each statement in words and as JSON; so has the card of a bare policy."""

import json
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy
from iamlab.display import printable
from iamlab.errors import RequestError
from iamlab.policy.describe import sentences
from iamlab.policy.statement import statement_to_json
from iamlab.teach.scenarios import scenario
from iamlab.view.figures.policy.policy_card import LETTERS, NOTHING, json_lines, policy_card
from tests.effort import tries
from tests.view.looking import faults

UGLY = "<script>$x^2$</script>\u202e\n😀" + "n" * 400


def many(number):
    """Write a policy of so many statements, every third one a Deny."""
    return Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"S{i}",
                    "Effect": "Deny" if i % 3 == 0 else "Allow",
                    "Action": [f"s3:Get{letter}*" for letter in "ABCDEF"[: i % 6 + 1]],
                    "Resource": "*",
                    "Condition": {"StringLike": {"aws:PrincipalTag/team": ["a*", "b*"]}},
                }
                for i in range(number)
            ],
        },
        name="many",
    )


STACKED = scenario("stack").user("alice").inline["stack"]
STACK = STACKED.to_dict()
GUARD = scenario("groups").group("contractors").inline["guard"].to_dict()


def words_in(figure):
    """Return the words of the picture."""
    return [label.whole for label in figure.sheet.record.labels]


def test_each_statement_is_shown_in_words_and_as_it_is_written():
    """Effect, Sid, sentence, and JSON that reads back as the same statement."""
    figure = policy_card(STACKED)

    for row, statement, words in zip(
        figure.rows, STACKED.statements, sentences(STACKED), strict=True
    ):
        assert (row["statement"], row["effect"]) == (statement.label, statement.effect)
        assert f"{row['statement']}: {row['words']}" == words
        assert json.loads(row["json"]) == statement_to_json(statement)
        symbol = {"Allow": "✓", "Deny": "✕"}[statement.effect]
        assert f"{symbol} {statement.effect}" in words_in(figure)
        assert row["words"] in words_in(figure)
        assert f"{symbol} {statement.effect} {statement.label}" in figure.as_text().splitlines()


def test_the_alternative_text_names_the_policy_and_what_its_statements_do():
    """It also counts Allow and Deny."""
    assert policy_card(Policy.parse(GUARD, name="guard")).alt == (
        "Policy guard has 1 statement: Deny KeepMaps: "
        "Denies every s3:Delete* action (6) on objects in star-maps."
    )
    assert policy_card(STACKED).alt.startswith(
        "Policy stack has 5 statements (3 Allow, 2 Deny): Allow ListMaps: "
    )


def test_an_empty_policy_says_that_it_says_nothing():
    """In the picture, the list, the table and the alternative text."""
    figure = policy_card(Policy.parse({"Version": "2012-10-17", "Statement": []}))

    assert faults(figure) == []
    assert NOTHING in words_in(figure)
    assert "has no statements" in figure.alt


@pytest.mark.parametrize("number", [1, 3, 7, 20, 60])
def test_many_statements_are_counted_and_the_list_has_them_all(number):
    """Up to twenty are drawn, and nothing overlaps."""
    figure = policy_card(many(number))
    drawn = [word for word in words_in(figure) if word in ("✓ Allow", "✕ Deny")]

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= 10
    assert len(drawn) == min(number, 20)
    assert [row["statement"] for row in figure.rows] == [f"S{i}" for i in range(number)]
    assert all(f"S{i}" in figure.as_text() for i in range(number))
    left = [word for word in words_in(figure) if word.startswith("and ")]
    assert left == (["and 40 more statements"] if number == 60 else [])


def test_long_lists_are_counted_and_the_table_has_all_values():
    """A thousand actions don't make a thousand lines."""
    actions = [f"s3:Action{i}" for i in range(1000)]
    figure = policy_card(Policy.allow(actions, name="all"))

    assert "… 988 more values" in words_in(figure)
    assert figure.drawing.get_size_inches()[1] < 8
    assert json.loads(figure.rows[0]["json"])["Action"] == actions
    assert faults(figure) == []


@given(
    st.dictionaries(
        st.sampled_from(["Action", "Resource"]),
        st.lists(st.text(max_size=30), min_size=1, max_size=9),
        min_size=2,
    ),
    st.text(min_size=1, max_size=80),
)
@settings(max_examples=tries(60))
def test_the_lines_are_the_statement_again(elements, sid):
    """Joined, they read back as the same JSON; only a single value can be too long."""
    statement = Policy.parse({"Statement": {"Effect": "Deny", "Sid": sid, **elements}}).statements[
        0
    ]
    lines = json_lines(statement)

    assert json.loads("\n".join(lines)) == statement_to_json(statement)
    assert all(len(line.strip()) <= LETTERS + 1 or "[" not in line.strip()[:14] for line in lines)
    assert all(line.isprintable() for line in lines)
    assert {len(line) - len(line.lstrip()) for line in lines} <= {0, 2, 4}


def test_values_left_out_are_counted_and_never_a_single_one():
    """A count takes as much room as one value."""
    three, four = (
        json_lines(Policy.allow(["a:" + "x" * 30 + str(i) for i in range(n)]).statements[0], 2)
        for n in (3, 4)
    )

    assert not any("…" in line for line in three)
    assert [line.strip() for line in four if "…" in line] == ["… 2 more values"]


def test_names_of_strangers_are_text():
    """Markup, formulas, line breaks and long names overlap nothing; the list has them whole."""
    document = {"Statement": {"Effect": "Allow", "Sid": UGLY, "Action": UGLY, "Resource": UGLY}}
    figure = policy_card(Policy.parse(document, name=UGLY))

    assert faults(figure) == []
    assert printable(UGLY) in figure.as_text()
    assert json.loads(figure.rows[0]["json"])["Sid"] == UGLY
    assert len(figure.alt) <= 300


def test_what_it_is_used_as_changes_the_words():
    """An SCP grants nothing; it only limits."""
    assert (
        "If another policy allows it, lets"
        in policy_card(Policy.allow("s3:*"), policy_type="scp").as_text()
    )


def test_what_is_not_a_policy_is_refused():
    """The error says how to make one."""
    with pytest.raises(RequestError, match="make one with Policy"):
        policy_card(STACK)


def test_the_same_policy_gives_the_same_bytes():
    """Drawn twice it is the same."""
    assert policy_card(STACKED).svg() == policy_card(Policy.parse(STACK, name="stack")).svg()


# -- the card of a bare policy ---------------------------------------------------------------------


class _Page(HTMLParser):
    """Collects the tags and the words of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_a_bare_policy_shows_words_beside_json():
    """Each statement is a row of a table that a screen reader can follow."""
    page = _Page(STACKED._repr_html_())

    assert [row.partition(": ")[2] in page.words for row in sentences(STACKED)] == [True] * 5
    for statement in STACKED.statements:
        written = "\n".join(json_lines(statement))
        assert written in page.words
        assert statement.label in page.words
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert (scopes.count("col"), scopes.count("row")) == (3, 5)
    assert any(word.startswith("Policy stack: 5 statements") for word in page.words)


def test_a_bare_policy_is_escaped():
    """No name becomes a tag."""
    document = {"Statement": {"Effect": "Deny", "Sid": UGLY, "Action": UGLY, "Resource": UGLY}}
    html = Policy.parse(document, name=UGLY)._repr_html_()

    assert "<script>" not in html
    assert escape(UGLY) in html


@pytest.mark.parametrize("number", [0, 1, 60])
def test_a_bare_policy_counts_what_it_leaves_out(number):
    """Thirty statements are shown; the whole document is in a fold below."""
    policy = many(number)
    page = _Page(policy._repr_html_())

    assert ("and 30 more statements" in page.words) is (number == 60)
    assert (NOTHING in page.words) is (number == 0)
    assert policy.text in "".join(page.words)
