"""Run the notebooks for the site, and keep what they show until a notebook or iamlab changes.

They run in the environment of the tests. The site's own has no AWS CLI, which lessons use: it and
Sphinx need different versions of docutils.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "docs" / "executed"
AT_ONCE = 2
LONGEST = 120
"""The seconds that a cell may take, on a busy machine."""


def executed(paths: Iterable[Path]) -> Iterator[tuple[Path, Any]]:
    """Return each notebook with its outputs, two at a time."""
    os.environ.pop("IAMLAB_STUDENT", None)  # everyone's page has the course's own variant
    os.environ.pop("IAMLAB_PROGRESS", None)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    every = list(paths)
    with ThreadPoolExecutor(AT_ONCE) as workers:
        yield from zip(every, workers.map(_executed, every), strict=True)


def _executed(path: Path) -> Any:
    if (kept := _kept(path)).exists():
        return nbformat.read(kept, as_version=4)
    with TemporaryDirectory() as folder:
        return run(path, Path(folder))


def run(path: Path, folder: Path) -> Any:
    """Run a notebook in a folder, keep it with its outputs, and return it.

    The tests run some notebooks; ``make docs`` then needn't.
    """
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, folder)
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = _kept(path)
    # Another process may look for it at any time. nbformat would sort the parts of each card.
    whole = kept.with_suffix(f".{os.getpid()}")
    whole.write_text(json.dumps(notebook, ensure_ascii=False), "utf-8")
    whole.replace(kept)
    for old in KEPT.glob(f"{path.stem}.*.ipynb"):
        if old != kept:
            old.unlink(missing_ok=True)
    return notebook


def execute(notebook: Any, folder: Path) -> None:
    """Run the cells of a notebook in a folder; it then has their outputs."""
    NotebookClient(
        notebook,
        timeout=LONGEST,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def _kept(path: Path) -> Path:
    digest = hashlib.sha256(path.read_bytes() + _package()).hexdigest()[:16]
    return KEPT / f"{path.stem}.{digest}.ipynb"


@cache
def _package() -> bytes:
    """Return the digest of all that a notebook's outputs depend on."""
    files = [own for own in (ROOT / "iamlab").rglob("*") if own.is_file()]
    files = [own for own in files if own.suffix != ".pyc"] + [Path(__file__)]
    found = hashlib.sha256(sys.version.encode())
    for own in sorted(files):
        found.update(str(own.relative_to(ROOT)).encode() + b"\0" + own.read_bytes())
    return found.digest()
