"""The first recorded walks are taken again: nothing that can be seen may be different."""

import pytest

from tests.effort import first_now
from tests.recorded import walks

FIRST = 50
GROUP = 10


@pytest.mark.parametrize("start", first_now(range(0, FIRST, GROUP), 0))
def test_walks_end_as_they_were_recorded(start, monkeypatch):
    """What they answer, log, decide, save and report; a walk that differs is named."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    kept = walks.recorded()
    found = (walks.digests_of(number) for number in range(start, start + GROUP))
    lines = [walks.different(number, kept[number], digests) for number, digests, *_ in found]

    assert [line for line in lines if line] == []


def test_what_cannot_be_compared_is_left_out():
    """Neither where a class is nor a signature is kept."""
    from tests.recorded.questions import plain

    token = f"eyJ{'a' * 30}.eyJ{'b' * 9}"
    assert plain(f"{token}.c-d") == f"{token}.signature"
    assert plain("iamlab.world.some.Thing at 0x7f00") == "Thing"
    assert plain({"one", "two"}) == ["one", "two"]
