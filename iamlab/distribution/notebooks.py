"""``iamlab lab``: copies the notebooks for a learner, and opens JupyterLab with them.

Beside the notebooks, a hidden file has a digest of each one as it was last copied. A notebook with
the same cells is replaced when there is a new version, and keeps its outputs. Any other notebook is
the learner's: it is never overwritten, and its new version is put beside it.
"""

from __future__ import annotations

import json
import warnings
from contextlib import chdir
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.display import few, printable
from iamlab.errors import RequestError
from iamlab.model.strict_json import replace_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

COPIED = ".iamlab_notebooks.json"
FIRST = "00_start_here.ipynb"


def lab(options: argparse.Namespace) -> list[str]:
    """Copy the notebooks, and open JupyterLab with them."""
    folder = Path(options.folder).expanduser()
    if not 0 <= options.port < 65_536:
        raise RequestError(f"{options.port} isn't a port. Choose a number below 65,536.")
    if options.no_start:
        return list(copied(folder, update=options.update))
    from jupyterlab.labapp import LabApp  # before anything is copied: it may not be installed

    ready = "JupyterLab starts. If no browser opens, open an address below. Ctrl+C stops it."
    print(*copied(folder, update=options.update), ready, sep="\n", flush=True)
    settings = Path(__file__).with_name("jupyter_lab_config.py")
    arguments = [f"--config={settings}", f"--port={options.port}"]
    arguments += ["--no-browser"] * options.no_browser
    with chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are about JupyterLab's own code
        LabApp.launch_instance(arguments)
    return []


def originals() -> Path:
    """Return the folder of the notebooks: in the package, or beside it in a copy of the repository.

    Raises
    ------
    RequestError
        The package was installed without them.

    Examples
    --------
    >>> (originals() / "index.ipynb").exists()
    True
    """
    package = Path(iamlab.__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / FIRST).exists():
            return folder
    raise RequestError("This iamlab has no notebooks. Install it again: pip install iamlab[lab]")


def copied(folder: Path, *, update: bool = False) -> Iterator[str]:
    r"""Copy the notebooks that a folder doesn't have, and say in a few lines what is done.

    Parameters
    ----------
    update
        Whether notebooks that the learner didn't change are replaced by new versions.

    Raises
    ------
    RequestError
        The folder is a file, or has files of something else.
    OSError
        A file can't be read or written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     print(*copied(Path(home, "lessons")), sep="\n")
    Copied: 00_start_here.ipynb, ... more.
    The notebooks and your progress are in ...lessons.
    """
    source = originals()
    _check(folder)
    if not (folder.exists() and folder.samefile(source)):
        for what, names in _copy(source, folder, update=update).items():
            yield f"{what}: {few(names)}."
    yield f"The notebooks and your progress are in {printable(str(folder.absolute()))}."


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder} isn't a folder. Name a folder for the notebooks.")
    others = folder.is_dir() and any(not own.name.startswith(".") for own in folder.iterdir())
    if others and not any((folder / known).exists() for known in (COPIED, FIRST)):
        raise RequestError(f"{folder} has other files. Name a new folder: {folder / 'lessons'}")


def _copy(source: Path, folder: Path, *, update: bool) -> dict[str, list[str]]:
    """Copy what is missing or new, and return what was done with which files."""
    done: dict[str, list[str]] = {}
    before = _digests(folder / COPIED)
    after = dict(before)
    for path in (*sorted(source.glob("*.ipynb")), *sorted(source.glob("images/*"))):
        name, new = path.relative_to(source).as_posix(), path.read_bytes()
        place, version = folder / name, _digest(new)
        own, last = _content(place), before.get(name)
        if own is None:
            what, content = "Copied", new
        elif version in (last, _digest(own)):  # nothing is newer
            after[name] = version
            continue
        elif not update:
            what, content = "New versions, which iamlab lab --update copies", b""
        elif _digest(own) == last and (mixed := _with_outputs(new, own)):
            what, content = "Updated, with your outputs", mixed
        else:
            place = _beside(place, version)
            content = _content(place) or new  # what is there already keeps its outputs
            what = "You changed these, so their new versions are beside them"
        if content:
            place.parent.mkdir(parents=True, exist_ok=True)
            replace_file(place, [content], private=False)
            after[name] = version
        done.setdefault(what, []).append(place.relative_to(folder).as_posix())
    if after != before:
        replace_file(folder / COPIED, [json.dumps(after, indent=1).encode()], private=False)
    return done


def _content(place: Path) -> bytes | None:
    """Return the content of a file, ``None`` if it is missing. A link or a folder isn't ours."""
    if place.is_symlink() or place.is_dir():
        return b""
    return place.read_bytes() if place.exists() else None


def _beside(place: Path, version: str) -> Path:
    """Return a free name for a new version, or the name that it has already."""
    stem = f"{place.stem}_{iamlab.__version__}"
    names = (f"{stem}_{number}" if number > 1 else stem for number in count(1))
    places = (place.with_name(f"{name}{place.suffix}") for name in names)
    return next(p for p in places if (own := _content(p)) is None or _digest(own) == version)


def _digests(file: Path) -> dict[str, str]:
    """Read the digests of what was copied; a damaged file has none, so that nothing is replaced."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(content: bytes) -> str:
    """Return a digest of a notebook's cells without outputs, or of a file that isn't a notebook.

    JupyterLab adds an empty cell when the last one is run, so empty cells don't count.
    """
    try:
        cells = [own for cell in json.loads(content)["cells"] if any((own := _key(cell)[1:])[1:])]
        content = json.dumps(cells).encode()
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pass  # it isn't a notebook
    return sha256(content).hexdigest()


def _key(cell: dict[str, Any]) -> tuple[object, str, str]:
    return cell.get("id"), cell["cell_type"], "".join(cell["source"])


def _with_outputs(new: bytes, own: bytes) -> bytes | None:
    """Return a new version with the outputs of its cells; ``None`` if some would be lost."""
    try:
        before, after = json.loads(own), json.loads(new)
    except ValueError:  # a picture
        return new
    outputs = [cell for cell in before["cells"] if cell.get("outputs")]
    run = {_key(cell): cell for cell in outputs}
    if len(run) < len(outputs) or not run.keys() <= set(map(_key, after["cells"])):
        return None
    cells = [run.get(_key(cell), cell) for cell in after["cells"]]
    return json.dumps({**before, "cells": cells}, indent=1).encode()
