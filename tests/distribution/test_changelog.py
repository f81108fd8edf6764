"""The changelog has the form that a release reads."""

import pytest

from scripts.changelog import PROJECT, ROOT, main, notes, problems, problems_of_tag

HOME = PROJECT["urls"]["Repository"]
GOOD = f"""\
# Changelog

What changes.

## [0.10.0] - unreleased

### Added

- One line
  and the rest of it.
  - A detail,
    which goes on.
- **Another.** See the
  table:

  | old | new |
  |---|---|

### Fixed

- A bug: [a page](docs/api.md), [a site](https://example.com).

## [0.2.0] - 2026-12-24

### Changed

- Something.

## [0.1.0] - 2026-12-01

### Added

- All.

[0.2.0]: {HOME}/releases/tag/v0.2.0
[0.1.0]: {HOME}/releases/tag/v0.1.0
"""
NOTES = f"""\
## Added

- One line and the rest of it.
  - A detail, which goes on.
- **Another.** See the table:

  | old | new |
  |---|---|

## Fixed

- A bug: [a page]({HOME}/blob/v0.10.0/docs/api.md), [a site](https://example.com).
"""


def test_the_changelog_has_the_form():
    """``python scripts/changelog.py`` says the same."""
    assert problems((ROOT / "CHANGELOG.md").read_text("utf-8")) == []
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("[0.10.0] - unreleased", "0.10.0", "line 5: '0.10.0' isn't [1.2.3]"),
        ("[0.10.0] -", "[0.2.0] -", "line 23: 0.2.0 isn't older than 0.2.0"),
        ("[0.10.0] -", "[0.1.9] -", "line 23: 0.2.0 isn't older than 0.1.9"),
        ("2026-12-24", "2026-11-24", "line 29: 2026-12-01 is later"),
        ("2026-12-24", "2026-13-24", "line 23: 2026-13-24 isn't a day"),
        ("2026-12-24", "unreleased", "line 23: only the newest version can be unreleased"),
        ("### Changed", "### Improved", "line 25: this isn't in one of the sections"),
        ("### Changed\n\n- Something.", "### Changed", "line 25: Changed is empty"),
        ("### Fixed", "### Added", "line 5: write each section once"),
        ("### Added\n\n- One", "### Security\n\n- One", "line 5: write each section once"),
        ("### Changed\n\n- Something.", "", "line 23: the version has no section"),
        ("### Changed\n\n- Something.", "- Something.", "line 25: this isn't in one"),
        ("- Something.", "- Something.\n\nText.", "line 29: this isn't in one"),
        (f"{HOME}/releases/tag/v0.2.0", "https://example.com", "line 23: the heading has no link"),
    ],
)
def test_each_fault_of_the_form_is_found_with_its_line(right, wrong, problem):
    """One change of a good changelog, one problem."""
    assert right in GOOD

    [found] = problems(GOOD.replace(right, wrong, 1))

    assert found.startswith(f"CHANGELOG.md, {problem}")


def test_a_text_without_a_version_is_a_problem():
    """An empty file, for example."""
    assert len(problems("# Changelog\n")) == 1


def test_the_notes_of_a_release_have_one_line_for_each_entry():
    """GitHub ends a line wherever the notes of a release do."""
    assert notes(GOOD, "0.10.0") == NOTES


@pytest.mark.parametrize(
    ("tag", "when", "problem"),
    [
        ("v{}", "2026-12-01", None),
        ("v9.9.9", "2026-12-01", "The tag is v9.9.9"),
        ("{}", "2026-12-01", "The tag is"),
        ("v{}", "unreleased", "has no date"),
        ("v{}", "soon", "has no entry"),
    ],
)
def test_only_the_tag_of_the_version_with_a_dated_entry_can_be_released(tag, when, problem):
    """The release workflow stops before it builds anything."""
    version = PROJECT["version"]

    found = problems_of_tag(tag.format(version), f"## [{version}] - {when}\n")

    assert problem in found[0] if problem else found == []


def test_the_script_prints_notes_only_for_a_tag_that_can_be_released(capsys):
    """Otherwise the notes are empty and the exit status is 1, so that the workflow stops."""
    assert main([]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["--tag", "v9.9.9"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "v9.9.9" in printed.err
    assert main(["--help"]) == 1
