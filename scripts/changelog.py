"""Check CHANGELOG.md, and print what is new in a version.

Without arguments it prints the problems. A release workflow runs it with the name of a tag::

    python scripts/changelog.py --tag v1.2.3 > notes.md

It fails if the tag isn't the version in pyproject.toml, or if its entry has no date. It needs only
Python, so that a release can run it before anything is installed.
"""

# ruff: noqa: INP001, T201 - a folder of scripts isn't a package, and a script prints

from __future__ import annotations

import re
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""What Keep a Changelog names, in its order."""
RELEASE = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d|unreleased)")
LINK = re.compile(r"^\[[^\]]+\]: ")


class Release(NamedTuple):
    """What is new in a version."""

    line: int
    heading: str
    sections: tuple[tuple[int, str, tuple[str, ...]], ...]
    """Line, name and entries of each section."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The numbers of the version, and the date; nothing if the heading has another form."""
        found = RELEASE.fullmatch(self.heading)
        return found.groups() if found else ()

    @property
    def version(self) -> str:
        """The version: ``1.2.3``."""
        return ".".join(self.parts[:3])


def releases(text: str) -> list[Release]:
    """Read the entries of a changelog, newest first.

    An entry becomes one line, because GitHub ends a line wherever the notes of a release do.
    """
    found: list[Release] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            found.append(Release(number, line[3:].strip(), ()))
        elif not found or not line.strip() or LINK.match(line):
            continue
        elif line.startswith("### "):
            section = (number, line[4:].strip(), ())
            found[-1] = found[-1]._replace(sections=(*found[-1].sections, section))
        else:
            found[-1] = _with_line(found[-1], number, line)
    return found


def _with_line(release: Release, number: int, line: str) -> Release:
    *others, (at, name, entries) = release.sections or ((number, "", ()),)
    if line.startswith("- "):
        entries = (*entries, line)
    elif entries and line.startswith("  "):
        entries = (*entries[:-1], _continued(entries[-1], line))
    else:
        return release._replace(sections=(*release.sections, (number, "", ())))
    return release._replace(sections=(*others, (at, name, entries)))


def _continued(entry: str, line: str) -> str:
    """Join a line to its paragraph; a point of a list and a row of a table stay lines."""
    row, row_before = (text.lstrip().startswith("|") for text in (line, entry.splitlines()[-1]))
    if row != row_before:
        return f"{entry}\n\n{line}"
    if row or line.lstrip().startswith("- "):
        return f"{entry}\n{line}"
    return f"{entry} {line.strip()}"


def problems(text: str) -> list[str]:
    """List what is wrong in a changelog: where, what, and how to fix it."""
    found = []
    every = releases(text)
    if not every:
        found.append("no version. Add a heading such as ## [0.1.0] - unreleased.")
    newer: Release | None = None
    for release in every:
        found += _of_heading(release, newer, text) + _of_sections(release)
        newer = release
    return [f"CHANGELOG.md, {problem}" for problem in found]


def _of_heading(release: Release, newer: Release | None, text: str) -> list[str]:
    where = f"line {release.line}: "
    if not release.parts:
        return [f"{where}'{release.heading}' isn't [1.2.3] - 2026-01-31 or [1.2.3] - unreleased."]
    found = []
    when = release.parts[3]
    if when == "unreleased" and newer:
        found.append(f"{where}only the newest version can be unreleased. Add the date.")
    if when != "unreleased":
        try:
            date.fromisoformat(when)
        except ValueError:
            found.append(f"{where}{when} isn't a day of the calendar.")
        link = (
            f"[{release.version}]: {PROJECT['urls']['Repository']}/releases/tag/v{release.version}"
        )
        if link not in text.splitlines():
            found.append(f"{where}the heading has no link. Add this line at the end: {link}")
    if newer and newer.parts:
        if [*map(int, release.parts[:3])] >= [*map(int, newer.parts[:3])]:
            found.append(f"{where}{release.version} isn't older than {newer.version} above it.")
        if "unreleased" not in (when, newer.parts[3]) and when > newer.parts[3]:
            found.append(f"{where}{when} is later than the date of the newer version above it.")
    return found


def _of_sections(release: Release) -> list[str]:
    found = []
    names = [name for _, name, _ in release.sections]
    if not names:
        found.append(f"line {release.line}: the version has no section. Add one of {SECTIONS}.")
    for number, name, entries in release.sections:
        if name not in SECTIONS:
            found.append(f"line {number}: this isn't in one of the sections {SECTIONS}.")
        elif not entries:
            found.append(f"line {number}: {name} is empty. Remove it, or add an entry.")
    known = [name for name in names if name in SECTIONS]
    if known != sorted(set(known), key=SECTIONS.index):
        found.append(f"line {release.line}: write each section once, in this order: {SECTIONS}.")
    return found


def notes(text: str, version: str) -> str:
    """Return what is new in a version, as Markdown for a release, with absolute links."""
    [release] = [release for release in releases(text) if release.version == version]
    parts = ["\n".join((f"## {name}\n", *rows)) for _, name, rows in release.sections]
    files = f"{PROJECT['urls']['Repository']}/blob/v{version}/"
    return re.sub(r"\]\((?!https?:)", f"]({files}", "\n\n".join(parts)) + "\n"


def problems_of_tag(tag: str, text: str) -> list[str]:
    """List the reasons why this tag can't be released."""
    version = PROJECT["version"]
    if tag != f"v{version}":
        return [
            f"The tag is {tag}, but pyproject.toml has version {version}: the tag is v{version}."
        ]
    dated = {own.version: own.parts[3] for own in releases(text) if own.parts}
    if version not in dated:
        return [f"CHANGELOG.md has no entry for {version}. Add ## [{version}] - and the date."]
    if dated[version] == "unreleased":
        return [f"CHANGELOG.md has no date for {version}. Write the date instead of 'unreleased'."]
    return []


def main(arguments: list[str]) -> int:
    """Print the problems, or the notes of the version with a tag."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = problems(text)
    match arguments:
        case ["--tag", tag]:
            found += problems_of_tag(tag, text)
        case [_, *_]:
            found = ["Usage: python scripts/changelog.py [--tag v1.2.3]"]
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    if arguments and not found:
        print(notes(text, PROJECT["version"]), end="")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
