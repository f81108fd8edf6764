"""Editions of a lesson's notebook: ``solved`` for instructors, ``blank`` for typing along.

The texts that they add are in ``editions.toml``.
"""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import subprocess
import tokenize
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from iamlab import widgets
from iamlab.distribution.notebooks import originals
from iamlab.errors import RequestError
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.source_lines import find_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Change = Callable[["list[Cell]"], "list[Cell]"]

Cell = dict[str, Any]

_TABLES = tables(__file__)
CARDS = {*_TABLES["cards"].split(), *widgets.__all__}
TERMINAL = re.compile(r"^( *)([!%].*)", re.MULTILINE)
"""A line that isn't Python: a command for a terminal, or for IPython."""
STAYS = re.compile(r"^from iamlab| \.\.\.", re.MULTILINE)
"""Code that prepares the lesson, or has gaps already."""


def edition(lesson: str, kind: str, folder: Path, *, force: bool = False) -> Path:
    """Write an edition of a lesson's notebook, and return its path.

    Parameters
    ----------
    lesson
        As in ``notebook_of``.
    kind
        ``"solved"`` or ``"blank"``.
    folder
        Where to write it.
    force
        Whether to overwrite an edition that is there.

    Raises
    ------
    RequestError
        There is no notebook of this lesson, the file exists, or a cell fails.
    """
    source = notebook_of(lesson)
    path = folder / f"{source.stem}_{kind}.ipynb"
    notebook = remade(source, path, partial(cells_of, kind), force=force)
    return save(_run(notebook, source) if kind == "solved" else notebook, path)


def remade(source: Path, path: Path, change: Change, *, force: bool) -> Cell:
    """Return a notebook with other cells, to be saved at a path.

    Parameters
    ----------
    change
        Returns the other cells for those of the notebook.

    Raises
    ------
    RequestError
        The file exists, or the source isn't a notebook.
    """
    check_new(path, force=force and not (path.exists() and path.samefile(source)))
    try:
        notebook: Cell = json.loads(source.read_text("utf-8"))
        return {**notebook, "cells": change(notebook["cells"])}
    except (ValueError, LookupError, TypeError) as error:
        raise RequestError(f"{source} isn't a notebook.") from error


def check_new(*paths: Path, force: bool) -> None:
    """Check that files aren't there yet, or that they can be overwritten.

    Raises
    ------
    RequestError
        One of them exists.
    """
    if there := [str(own) for own in paths if own.exists() and not force]:
        raise RequestError(f"{', '.join(there)} already exists. Add --force to overwrite it.")


def save(notebook: Cell, path: Path) -> Path:
    """Write a notebook, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def notebook_of(lesson: str) -> Path:
    """Return the notebook of a lesson.

    Parameters
    ----------
    lesson
        Its number, such as ``"8"`` or ``"08"``; or the file of your own lesson or of its notebook.

    Raises
    ------
    RequestError
        The notebook isn't there. The message says where iamlab looked.
    """
    file, folders = Path(lesson), [Path(lesson).parent]
    if file.suffix not in (".toml", ".ipynb"):
        file = find_named("lesson", lesson.zfill(2), own_lessons()).file
        folders = [Path(), Path("notebooks"), originals()]
    paths = [folder / file.with_suffix(".ipynb").name for folder in folders]
    for found in filter(Path.exists, paths):
        return found
    looked = " or ".join(str(folder.resolve()) for folder in folders)
    raise RequestError(f"There is no {paths[0].name} in {looked}. Name the notebook's path.")


def cells_of(kind: str, cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells of an edition, without outputs: its own first, then those of a notebook."""
    made: list[Cell] = []
    cards: set[str] = set()  # the names of cards
    for cell in (*_TABLES[kind], *cells):
        source = "".join(cell["source"]).strip()
        if cell["cell_type"] == "code":
            body = _statements(source)
            for each in body:
                if isinstance(each, ast.Assign) and _function(each.value) in CARDS:
                    cards |= {str(getattr(node, "id", "")) for node in ast.walk(each.targets[0])}
            if kind == "solved":
                source = _solved(source, body, cards)
            elif not cell["metadata"].get("jupyter", {}).get("source_hidden"):
                source = _blank(source, body, cards)
        made.append(with_source(cell, source))
    return made


def with_source(cell: Cell, source: str) -> Cell:
    """Return a cell with another source, without outputs."""
    run: Cell = {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    return {"metadata": {}, **cell, **run, "source": source}


def _solved(source: str, body: list[ast.stmt], cards: set[str]) -> str:
    """Return the code of a cell that shows a card with its answer, if it shows a card."""
    if not _shows_card(body, cards):
        return source
    shown = ast.get_source_segment(source, body[-1]) or ""
    before, _, rest = source.rpartition(shown)
    return f"{before}answered({shown}){rest}"


def _blank(source: str, body: list[ast.stmt], cards: set[str]) -> str:
    """Return the comments of a cell, and a hint of each statement; all code if it must stay."""
    if not body or _shows_card(body, cards) or STAYS.search(source):
        return source
    lines = {own.lineno: _hint(own) for own in body}
    for token in tokenize.generate_tokens(io.StringIO(_python(source)).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            lines[line] = f"{lines.get(line, '')}  {token.string}".strip()
    return "\n".join(lines[line] for line in sorted(lines))


def _python(source: str) -> str:
    """Return the code of a cell with texts in place of commands for a terminal."""
    return TERMINAL.sub(lambda line: f"{line[1]}{line[2]!r}", source)


def _statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; a cell that isn't Python has none, and stays as it is."""
    with suppress(SyntaxError):
        return ast.parse(_python(source)).body
    return []


def _function(value: ast.expr | None) -> str:
    """Return the name of the function or the method that a value calls."""
    function = value.func if isinstance(value, ast.Call) else None
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _shows_card(body: list[ast.stmt], cards: set[str]) -> bool:
    """Return whether a cell shows a card: what makes one, or its name."""
    last = getattr(body[-1], "value", None) if body and isinstance(body[-1], ast.Expr) else None
    return _function(last) in CARDS or (isinstance(last, ast.Name) and last.id in cards)


class _Gaps(ast.NodeTransformer):
    """Puts ``...`` in the place of each text."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        is_text = isinstance(node.value, str | bytes) and len(node.value) > 2
        return ast.Constant(...) if is_text else node

    def visit_JoinedStr(self, _: ast.JoinedStr) -> ast.Constant:
        return ast.Constant(...)


def _hint(statement: ast.stmt) -> str:
    """Return the shape of a statement in one line."""
    match statement:
        case ast.Expr(ast.Constant(str(command))):  # for a terminal
            return f"# {' '.join(command.split()[:3])} ..."
    return f"# {shorten(ast.unparse(_Gaps().visit(statement)), 88, placeholder=' ...')}"


def _run(notebook: Cell, source: Path) -> Cell:
    """Run all cells in a folder of their own, and return the notebook with its outputs."""
    import nbformat
    from nbclient import NotebookClient, exceptions

    own: Any = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages that run it have some
        with suppress(FileNotFoundError):
            shutil.copy(source.with_suffix(".toml"), folder)
        client = NotebookClient(own, resources={"metadata": {"path": folder}})
        client.record_timing = client.store_widget_state = False
        try:
            client.execute(stderr=subprocess.DEVNULL)  # of the kernel: cells have their errors
        except exceptions.CellExecutionError as error:
            text = f"A cell of {source} fails: {error.ename}: {error.evalue}"
            raise RequestError(text) from error
        except exceptions.DeadKernelError as error:
            raise RequestError(f"{source} can't be run: {error}.") from error
    return dict(own)
