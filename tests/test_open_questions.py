"""The table of open questions shows every switch, as it is set."""

from pathlib import Path

from iamlab.unsure import SWITCHES

TABLE = (Path(__file__).parent.parent / "docs" / "open-questions.md").read_text("utf-8")


def test_the_table_shows_every_switch_as_it_is_set():
    """One row a switch, in order: what it says, the way that is taken, why, and the test."""
    rows = [line for line in TABLE.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{one.name}` | {one.says} | {'yes' if one.taken else 'no'} | {one.because} "
        f"| `{one.test}` |"
        for one in SWITCHES
    ]
