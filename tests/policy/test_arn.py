"""ARNs: six parts, of which the last may hold anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.errors import ArnError
from iamlab.policy.arn import Arn, is_arn

PART = st.text(st.characters(exclude_characters=":"), max_size=8)


@given(st.lists(PART, min_size=4, max_size=4), st.text(max_size=12))
def test_an_arn_is_written_as_it_was_read(parts, resource):
    """Reading loses nothing, colons in the resource included."""
    text = ":".join(("arn", *parts, resource))

    assert str(Arn.parse(text)) == text
    assert is_arn(text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("arn:aws:iam::111122223333:user/sky/night/alice", "user", "alice"),
        ("arn:aws:iam::111122223333:root", "root", "root"),
        ("arn:aws:sts::111122223333:assumed-role/dev/s1", "assumed-role", "s1"),
        ("arn:aws:s3:::bk/a:b", "bk", "a:b"),
    ],
)
def test_kind_is_before_the_first_slash_and_name_after_the_last(text, kind, name):
    """A path between kind and name belongs to neither."""
    arn = Arn.parse(text)

    assert (arn.kind, arn.name) == (kind, name)


@pytest.mark.parametrize(
    "text",
    ["", "arn", "arn:aws:s3:::"[:-1], "ARN:aws:s3:::bk", "urn:aws:s3:::bk", "bk", " arn:a:b:c:d:e"],
)
def test_text_without_six_parts_is_not_an_arn(text):
    """Fewer than six parts, or another beginning: refused, and the text is quoted."""
    assert not is_arn(text)
    with pytest.raises(ArnError) as caught:
        Arn.parse(text)
    assert repr(text) in str(caught.value)
