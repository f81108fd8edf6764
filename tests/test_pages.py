"""Pages for newcomers are true: each command on them runs, and prints what the page shows."""

import doctest
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from iamlab.cli.main import main
from tests.effort import slow
from tests.peers.compare_with_moto import QUESTIONS
from tests.repository import PROJECT, ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
FIVE_MINUTES = sorted((ROOT / "docs" / "five-minutes").glob("*.md"))
PAGES = {
    path.stem: path.read_text("utf-8")
    for path in (*FIVE_MINUTES, ROOT / "docs" / "compare.md", ROOT / "docs" / "testing.md")
}
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONGEST = 70
"""The number of lines that a page for five minutes can have, with its code."""


@slow
@pytest.mark.parametrize("name", PAGES)
def test_each_example_prints_what_the_page_shows(name):
    """In Python, from the top of the page to its end."""
    parsed = doctest.DocTestParser().get_doctest(PAGES[name], {}, name, f"{name}.md", 0)

    assert doctest.DocTestRunner(verbose=False).run(parsed).failed == 0


@slow
@pytest.mark.parametrize("name", PAGES)
def test_each_command_prints_what_the_page_shows(name, tmp_path, monkeypatch, capsys):
    """A text below commands is the output of the last one; three dots are for more lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("iamlab.teach.lesson._opened", {})
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    shown = ""
    for kind, text in BLOCK.findall(PAGES[name]):
        if kind == "text":
            pattern = re.escape(text).replace(re.escape("...\n"), r"(?:.*\n)*")
            assert re.fullmatch(pattern, shown), shown
            continue
        for line in text.replace("\\\n", " ").splitlines():
            command, *arguments = shlex.split(line, comments=True)
            capsys.readouterr()
            if command == "iamlab":
                stay = ["--no-start"] if arguments == ["lab"] else []
                assert main([*arguments, *stay]) in (0, 1), line
            else:
                _check(command, arguments)
            shown = capsys.readouterr().out


def _check(command, arguments):
    """Check a command that isn't iamlab's, without running it."""
    if command == "mkdir":
        Path(*arguments).mkdir()
    elif command == "make":
        targets = re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, re.MULTILINE)
        assert arguments[0] in targets
    elif command == "git":
        assert arguments == ["clone", f"{PROJECT['urls']['Repository']}.git"]
    elif command == ".venv/bin/pytest":
        assert ">>> " in (ROOT / arguments[0]).read_text("utf-8")
    elif command == "python":
        assert arguments[:3] == ["-m", "pip", "install"]
        _, _, extras = arguments[3].partition("[")
        assert {*filter(None, extras.strip("]").split(","))} <= {*PROJECT["optional-dependencies"]}
    else:
        assert (command, arguments) == ("cd", ["iamlab"])


def test_a_page_for_five_minutes_is_one_screen():
    """It says what a reader has after one, three and five minutes."""
    for path in FIVE_MINUTES:
        text = path.read_text("utf-8")
        assert re.findall(r"^\*\*After (\w+) minutes?\*\* ", text, re.MULTILINE) == [
            *("one", "three", "five")
        ]
        assert len(text.splitlines()) <= LONGEST


def test_every_address_of_the_project_begins_as_pyproject_says():
    """And every page that is linked exists."""
    urls = PROJECT["urls"]
    for name, text in PAGES.items():
        for address in re.findall(r"https://[^\s)]*iamlab-course[^\s)]*", text):
            assert address.startswith((urls["Homepage"], urls["Repository"])), (name, address)
    for path in FIVE_MINUTES:
        for link in re.findall(r"\]\((?!https:)([^)#]+)", path.read_text("utf-8")):
            assert (path.parent / link).exists(), (path.name, link)


def test_the_numbers_of_the_page_about_tests_are_true():
    """The rows of the conformance tables, and the questions for moto."""
    tables = (ROOT / "tests" / "conformance").glob("*.json")
    rows = sum(len(json.loads(path.read_text("utf-8"))) for path in tables)

    assert "More than 2,000 questions" in PAGES["testing"]
    assert rows > 2_000
    assert f"the same {QUESTIONS:,} questions" in PAGES["testing"]


def test_each_line_of_the_comparison_has_a_source_and_a_case():
    """A page about the other tool, and an example on this page or a lesson."""
    page = PAGES["compare"]
    headings = re.findall(r"^## (.*)", page, re.MULTILINE)
    sections = {re.sub(r"[^a-z -]", "", own.lower()).replace(" ", "-") for own in headings}
    lines = re.findall(r"^\| (?!kind|-).*", page, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        cases = re.findall(r"\]\((?:#([a-z-]+)|\.\./notebooks/\d\d_\w+\.ipynb)\)", line)
        assert "](https://" in line
        assert cases, line
        assert {*filter(None, cases)} <= sections
