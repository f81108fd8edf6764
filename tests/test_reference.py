"""The reference pages of the site are complete: every public name, and every command."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from iamlab.cli.commands import COMMANDS
from iamlab.cli.main import main
from scripts.make_api_page import members, public_names, value_of

SCRIPTS = Path(__file__).parents[1] / "scripts"
ENTRY = re.compile(r"^`+\{py:(?:class|exception|function|data)\} ([\w.]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def made():
    """Return the text of the reference of Python, and of that of the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        pages = import_module("make_reference").pages()
        return "\n".join(pages.values()), import_module("make_command_page").page()


def test_every_public_name_has_one_entry(made):
    """Or all its methods are in the entries of the classes that inherit them."""
    entries = [value_of(name) for name in ENTRY.findall(made[0])]
    public = {id(own): own for _, names in public_names() for own in map(value_of, names)}
    left = [own for key, own in public.items() if key not in map(id, entries)]

    assert len(entries) == len({*map(id, entries)})
    for base in left:
        assert any(issubclass(own, base) for own in entries if isinstance(own, type)), base


def test_no_example_is_lost(made):
    """Each line of an example in a docstring is on a page, with its output."""
    for value in map(value_of, ENTRY.findall(made[0])):
        parts = [value, *(own for _, own in members(value))] if isinstance(value, type) else [value]
        for part in parts:
            _, _, example = (inspect.getdoc(part) or "").partition("Examples\n--------\n")
            assert example.strip() in made[0], (value, part)


def test_each_command_has_its_help(made, monkeypatch, capsys):
    """As it is printed in 80 columns, whatever the width of this terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"### `iamlab {name}`\n\n```text\n{capsys.readouterr().out}```" in made[1]
