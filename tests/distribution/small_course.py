"""Notebooks of a few cells, and what a learner does with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIRST, LESSON = "00_start_here.ipynb", "02_deny_wins.ipynb"

Notebook = dict[str, Any]


def write(path: Path, *sources: str) -> None:
    """Write a notebook: its title, and cells of code. A cell has its id in each version."""
    cells: list[Notebook] = [
        {"cell_type": "code", "id": f"id of {source}", "source": source.splitlines(keepends=True)}
        | {"metadata": {}, "outputs": [], "execution_count": None}
        for source in sources
    ]
    cells[0]["cell_type"] = "markdown"
    del cells[0]["outputs"], cells[0]["execution_count"]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1), "utf-8")


def edit(path: Path, change: Callable[[Notebook], object]) -> None:
    """Change a notebook, and save it."""
    notebook = json.loads(path.read_bytes())
    change(notebook)
    path.write_text(json.dumps(notebook), "utf-8")


def run(notebook: Notebook) -> None:
    """Run all cells, as JupyterLab does: it adds an empty cell after the last one."""
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [said(f"output of {''.join(cell['source'])}")]
    empty = {"cell_type": "code", "id": "empty", "source": [], "metadata": {}, "outputs": []}
    notebook["cells"].append({**empty, "execution_count": None})
    notebook["metadata"] = {"kernelspec": {"name": "my-python", "display_name": "My Python"}}


def said(text: str) -> Notebook:
    """Return an output of a cell."""
    return {"output_type": "stream", "name": "stdout", "text": [text]}


def answer(notebook: Notebook) -> None:
    """Type an answer into the last cell."""
    notebook["cells"][-1]["source"] = ['check("denied")']


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    files = filter(Path.is_file, folder.rglob("*"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
