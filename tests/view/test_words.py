"""Sentences beside pictures stay short, and never end in the middle of a part."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.display import count
from iamlab.view.words import LONGEST, alt_text, listed, shorten
from tests.effort import tries
from tests.view.scenes import UGLY

TEXTS = st.text(max_size=80) | st.sampled_from(UGLY)


@settings(max_examples=tries(100))
@given(TEXTS, st.lists(TEXTS, max_size=30), TEXTS)
def test_an_alternative_text_is_not_too_long(first, parts, last):
    """It has at most 300 printable characters."""
    text = alt_text(first, parts, last)

    assert len(text) <= LONGEST
    assert text.isprintable()


@settings(max_examples=tries(60))
@given(st.lists(st.text("abc", min_size=1, max_size=60), max_size=20))
def test_parts_are_whole_and_the_rest_is_counted(parts):
    """The text has the first parts, and the number of the others."""
    text = alt_text("So: ", parts, ".")
    own = text.removeprefix("So: ").removesuffix(".").split("; ")
    kept = own[:-1] if own[-1].endswith(" more") else own

    assert kept == parts[: len(kept)] or (not parts and kept == [""])
    assert own == (parts or [""]) or own[-1] == f"{len(parts) - len(kept)} more"


def test_as_many_parts_are_kept_as_have_room():
    """The sentence would be too long with the next part."""
    parts = [f"way number {i} is open" for i in range(40)]
    text = alt_text("Ways: ", parts, ".")
    kept = text.count("is open")

    longer = "; ".join([*parts[: kept + 1], f"{39 - kept} more"])

    assert 5 < kept < 40
    assert text.endswith(f"; {40 - kept} more.")
    assert len(f"Ways: {longer}.") > LONGEST


def test_empty_parts_are_left_out():
    """They aren't counted either."""
    assert alt_text("So: ", ["", "open", ""], ".") == "So: open."


@settings(max_examples=tries(60))
@given(TEXTS, st.integers(1, 50))
def test_shortened_text_has_its_length_and_both_ends(text, length):
    """It is never longer, and characters that can't be printed become signs."""
    short = shorten(text, length)

    assert len(short) == min(len(text), length)
    assert short.isprintable()
    if "…" not in text:
        assert ("…" in short) == (len(text) > length)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "nobody"),
        (["ana"], "ana"),
        (["ana", "bob"], "ana and bob"),
        (["ana", "bob", "eve"], "ana, bob and eve"),
        (["ana", "bob", "eve", "zoe", "yan"], "ana, bob, eve and 2 more"),
        (["x" * 50], f"{'x' * 20}…{'x' * 19}"),
    ],
)
def test_a_few_names_are_said_and_the_rest_is_counted(names, words):
    """As in a sentence."""
    assert listed(names) == words


def test_things_are_counted_in_their_number():
    """One policy, two policies."""
    assert [count(n, "policy", "policies") for n in (0, 1, 2)] == [
        "0 policies",
        "1 policy",
        "2 policies",
    ]
