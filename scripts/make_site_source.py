"""Gather the pages of the site in one folder, for Sphinx: build/docs/source.

``make docs`` runs it. The pages of ``docs/`` are at the root of the site, and the notebooks beside
them in ``notebooks/``, as they look after a run. Links keep working: one to a file that isn't on
the site leads to the repository.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import make_command_page
import make_glossary_page
import make_reference
from cards_without_kernel import without_kernel
from run_notebooks import executed

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "docs" / "source"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)#\s]+)")
SCHEMAS = ROOT / "iamlab" / "distribution" / "schemas"
IN_OUTPUT = re.compile(r'(href=")(\w+)\.ipynb(?=[#"])')
STOP_IN_A_BROWSER = ("15", "16", "20")
"""Lessons with calls by boto3, or with a table that only pandas can cut."""
ON_THE_SITE = ("CHANGELOG.md", "CONTRIBUTING.md")
"""Pages at the top of the repository."""
NOT_A_PAGE = ("index",)
"""The map of the course shows a learner's state, which a page doesn't have."""
LITE = "../lite/lab/index.html?path="
"""The course in the browser, from a page of a notebook."""


def main() -> None:
    """Write the folder anew, except what didn't change: Sphinx reads only new files."""
    wanted = {**_pages(), **_notebooks(), **_made()}
    for folder in (ROOT / "docs" / "_static", ROOT / "notebooks" / "images"):
        for path in folder.iterdir():
            place = "_static" if folder.name == "_static" else "notebooks/images"
            wanted[f"{place}/{path.name}"] = path.read_bytes()
    wanted["_static/card.css"] = (ROOT / "iamlab" / "widgets" / "card.css").read_bytes()
    for path in [own for own in SOURCE.rglob("*") if own.is_file()]:
        if path.relative_to(SOURCE).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = SOURCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    _schemas()


def _pages() -> dict[str, bytes]:
    """Return the pages that are files in the repository, by their place on the site."""
    found = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in ON_THE_SITE)]
    pages = {}
    for path in found:
        place = path.relative_to(ROOT).as_posix()
        pages[_on_site(place)] = _linked(path.read_text("utf-8"), place).encode()
    return pages


def _made() -> dict[str, bytes]:
    """Return the pages that are made for the site alone."""
    made = {f"reference/{name}": text for name, text in make_reference.pages().items()}
    made["reference/commands.md"] = make_command_page.page()
    made["glossary.md"] = make_glossary_page.page()
    made["schemas/index.md"] = _list_of_schemas()
    return {place: text.encode() for place, text in made.items()}


def _notebooks() -> dict[str, bytes]:
    """Return the notebooks after a run, without what only works with a kernel."""
    found = sorted((ROOT / "notebooks").glob("*.ipynb"))
    pages = {}
    for path, notebook in executed(own for own in found if own.stem not in NOT_A_PAGE):
        lesson = LITE + path.name
        place = f"notebooks/{path.name}"
        made = without_kernel(notebook, lesson)
        for cell in made.cells:
            if cell.cell_type == "markdown":
                cell.source = _linked(cell.source, place)
            else:
                _folded(cell)
        made.cells.insert(1, _door(lesson))
        text = json.dumps(made, ensure_ascii=False)
        pages[place] = IN_OUTPUT.sub(r"\1\2.html", text).encode()
    return pages


def _folded(cell: Any) -> None:
    """Fold the code that JupyterLab folds, and leave out a line that only shows a card."""
    shows_card = any('class="iamlab-card"' in str(own.get("data")) for own in cell.outputs)
    tags = []
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        tags = ["hide-input"]
    elif shows_card and re.fullmatch(r"\w+(\.\w+)*(\([^\n]*\))?", cell.source):
        tags = ["remove-input"]
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), *tags]


def _door(lesson: str) -> dict[str, Any]:
    needs_more = any(f"path={number}_" in lesson for number in STOP_IN_A_BROWSER)
    stops = " Some of its cells need the full installation, and say so." if needs_more else ""
    text = (
        f'<p class="door"><a class="main" href="{lesson}">Open this notebook in the browser</a> '
        "Nothing is installed, and your answers stay on your computer. The first start loads up to "
        "35 MB, which takes about 10 seconds on a fast connection."
        f"{stops}</p>"
    )
    return {"cell_type": "markdown", "id": "door", "metadata": {}, "source": text}


def _on_site(place: str) -> str:
    return place.lower() if place in ON_THE_SITE else place.removeprefix("docs/")


def _linked(text: str, place: str) -> str:
    """Return a text whose links lead to the same files, from its place on the site."""
    here = posixpath.dirname(place)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, found[2]))
        path = ROOT / target
        if not path.exists():
            return found[0]  # made for the site, or a mistake, which Sphinx reports
        is_page = target.startswith(("docs/", "notebooks/")) or target in ON_THE_SITE
        if not is_page or Path(target).stem in NOT_A_PAGE or path.is_dir():
            kind = "tree" if path.is_dir() else "blob"
            return f"{found[1]}{REPOSITORY}/{kind}/main/{target}"
        return found[1] + os.path.relpath(_on_site(target), posixpath.dirname(_on_site(place)))

    return LINK.sub(link, text)


def _list_of_schemas() -> str:
    """Return the page at the address of the folder of schemas."""
    rows = []
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        rows.append(f'| <a href="{path.name}">`{schema["title"]}`</a> | {schema["description"]} |')
    about = (
        "A JSON Schema (draft 2020-12) describes what each command prints with `--json`. [The tour "
        "of the command line](../command-line.md#read-answers-in-a-program) shows how to use one."
    )
    table = "\n".join(("| Schema | What the command prints |", "|---|---|", *rows))
    return f"# Schemas of `--json`\n\n{about}\n\n{table}\n"


def _schemas() -> None:
    """Put the schemas of ``--json`` where their addresses say that they are."""
    for path in SCHEMAS.glob("*.json"):
        target = ROOT / "build" / "site" / "schemas" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


if __name__ == "__main__":
    main()
