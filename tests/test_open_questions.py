"""The table of open questions shows every switch with its value."""

from pathlib import Path

from iamlab.unsure import SWITCHES

TABLE = (Path(__file__).parent.parent / "docs" / "open-questions.md").read_text("utf-8")


def test_the_table_shows_every_switch_as_it_is_set():
    """It has one row for each switch, in order: assumption, value, reason and test."""
    rows = [line for line in TABLE.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{switch.name}` | {switch.says} | {'yes' if switch.taken else 'no'} | {switch.because} "
        f"| `{switch.test}` |"
        for switch in SWITCHES
    ]
