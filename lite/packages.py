"""The Python packages of the browser edition: fetched, made smaller, compiled and listed.

The Python package index has no builds of pandas, matplotlib, cryptography and lxml for browsers, so
only packages in pure Python are here. Pyodide's lock file says which versions go with its Python.
"""

# ruff: noqa: INP001, S603 - a folder of scripts isn't a package; the programs that run are pip and node, with names from this repository

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from email import message_from_bytes
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
LOCK = "pyodide-lock.json"

OF_THE_KERNEL = (
    *("micropip", "ipython", "jedi", "comm"),  # what starts a kernel
    *("asttokens", "decorator", "executing", "matplotlib-inline", "packaging", "parso"),
    *("ipython-pygments-lexers", "prompt-toolkit", "psygnal", "pure-eval", "pygments", "six"),
    *("stack-data", "traitlets", "typing-extensions", "wcwidth", "jupyterlab-widgets"),
)
OF_THE_COURSE = ("ipywidgets", "anywidget", "fsrs", "networkx")
"""Optional dependencies of iamlab in pure Python; it always needs those in ``dependencies``."""
WITH_PUBLIC = ("pyjwt", "signxml")
"""In pure Python, but of use only beside packages that the index doesn't have for browsers."""
AT_THE_START = (
    *("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"),
    *("iamlab", "anywidget", "fsrs", "networkx"),
)
"""What a kernel loads in one go; the kernel would fetch the first seven one after another."""
UNUSED = (
    *(".data/", "/tests/", ".dist-info/RECORD"),
    *("jedi/third_party/django-stubs/", "jedi/third_party/typeshed/third_party/"),
)
"""Parts of paths in wheels that no browser needs."""
IN_THE_BROWSER = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "os_name": "posix",
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "extra": "",
}


class Wheel(NamedTuple):
    """A package, as a file and its metadata."""

    path: Path
    name: str
    version: str
    requires: tuple[str, ...]


def program(name: str) -> str:
    """Find a program of Node.js."""
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"make lite needs {name}: install Node.js 20 or newer, and try again")
    return found


def read(path: Path) -> Wheel:
    """Read what a wheel says of itself, and which packages it needs in a browser."""
    with ZipFile(path) as archive:
        inside = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(inside))
    needs = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    return Wheel(
        path,
        str(metadata["Name"]),
        str(metadata["Version"]),
        tuple(
            canonicalize_name(need.name)
            for need in needs
            if need.marker is None or need.marker.evaluate(IN_THE_BROWSER)
        ),
    )


def fetch(names: tuple[str, ...], locked: dict[str, Any], target: Path) -> None:
    """Download packages in pure Python from the index.

    Parameters
    ----------
    names
        Packages. Their versions are those of Pyodide, or in the ranges of pyproject.toml.
    locked
        The packages of Pyodide's lock file.
    target
        An empty folder.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        lines += [line for line in extra if canonicalize_name(Requirement(line).name) in names]
    ranges = {canonicalize_name(Requirement(line).name): line for line in lines}
    wanted = [
        f"{name}=={locked[name]['version']}" if name in locked else ranges.get(name, name)
        for name in sorted({*names, *(Requirement(line).name for line in project["dependencies"])})
    ]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    pure = ["--only-binary=:all:", "--python-version=3.14", "--platform=any", "--abi=none"]
    subprocess.run([*pip, "download", "--no-deps", *pure, "-d", target, *wanted], check=True)
    subprocess.run([*pip, "wheel", "--no-deps", "-w", target, ROOT], check=True)


def slim(wheel: Wheel, target: Path, compiled: Path | None = None) -> Path:
    """Write a wheel without what a browser doesn't use, and return its path.

    Parameters
    ----------
    compiled
        A folder of compiled modules, which take the place of their sources.
    """
    target.mkdir(parents=True, exist_ok=True)
    path = target / wheel.path.name
    with ZipFile(wheel.path) as old, ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as new:
        for entry in old.infolist():
            name = entry.filename
            if entry.is_dir() or any(part in f"/{name}" for part in UNUSED):
                continue
            module = compiled / "site-packages" / f"{name}c" if compiled else None
            if module and module.exists():
                _add(new, f"{name}c", module.read_bytes())
            else:
                _add(new, name, old.read(entry))
    return path


def _add(archive: ZipFile, name: str, content: bytes) -> None:
    """Add a file without its time, so that the same packages make the same archive."""
    entry = ZipInfo(name)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content, ZIP_DEFLATED, compresslevel=9)


def with_hash(path: Path) -> Path:
    """Put a part of its hash into a wheel's name, so that a browser never takes an old one."""
    name, version, *rest = path.name.split("-")
    tag = f"0{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    return path.rename(path.with_name("-".join((name, version, tag, *rest))))


def entry_of(wheel: Wheel, known: set[str]) -> dict[str, Any]:
    """Return what the lock file says of a wheel."""
    with ZipFile(wheel.path) as archive:
        tops = {re.sub(r"(\.pyc?)?(/.*)?$", "", name, count=1) for name in archive.namelist()}
    return {
        "name": wheel.name,
        "version": wheel.version,
        "file_name": wheel.path.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.path.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top for top in tops if not top.endswith(".dist-info")),
        "depends": [name for name in wheel.requires if name in known],
        "unvendored_tests": False,
    }


def lock_of(folder: Path, original: dict[str, Any], public: str = "") -> dict[str, Any]:
    """List the packages of a folder as Pyodide does, and check that none is missing.

    Parameters
    ----------
    original
        The lock file of Pyodide.
    public
        The address of its public distribution, which then has all packages that the folder hasn't.
    """
    wheels = {canonicalize_name(w.name): w for w in map(read, sorted(folder.glob("*.whl")))}
    others = {
        name: entry | {"file_name": public + entry["file_name"]}
        for name, entry in original["packages"].items()
        if public and name not in wheels
    }
    known = {*wheels, *others}
    missing = {need for wheel in wheels.values() for need in wheel.requires} - known
    if missing:
        raise SystemExit(f"lite/packages.py: add {', '.join(sorted(missing))} to OF_THE_KERNEL")
    entries = {name: entry_of(wheel, known) for name, wheel in wheels.items()}
    return original | {"packages": entries | others}


def compile_modules(folder: Path, lesson: Path, target: Path) -> None:
    """Run a lesson in a kernel of node, and compile the modules that it has imported."""
    node = program("node")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    script = Path(__file__).parent / "compile.mjs"
    packages = ",".join(AT_THE_START)
    subprocess.run([node, script, folder, packages, lesson, target], check=True)


def stdlib_with(compiled: Path, source: Path, target: Path) -> None:
    """Write the standard library, with compiled modules in place of their sources."""
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as new:
        for entry in old.infolist():
            module = compiled / "stdlib" / f"{entry.filename}c"
            if module.is_file():
                _add(new, f"{entry.filename}c", module.read_bytes())
            elif not entry.is_dir():
                _add(new, entry.filename, old.read(entry))


def gather(core: Path, extension: Path, work: Path, public: str = "") -> Path:
    """Make the folder that the site serves as ``static/pyodide``.

    Parameters
    ----------
    core
        Pyodide's own files, as npm has them.
    extension
        The folder of wheels that come with the kernel.
    work
        A folder for files on the way.
    public
        The address of Pyodide's public distribution, if the site may use it.
    """
    original = json.loads((core / LOCK).read_text("utf-8"))
    fetched, raw, final = work / "fetched", work / "raw", work / "pyodide"
    for folder in (fetched, raw, final):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    names = (*OF_THE_KERNEL, *OF_THE_COURSE, *(WITH_PUBLIC if public else ()))
    fetch(names, original["packages"], fetched)
    for path in extension.glob("*.whl"):
        if not path.name.startswith("widgetsnbextension-3"):
            shutil.copy(path, fetched)
    wheels = [read(path) for path in sorted(fetched.glob("*.whl"))]

    for wheel in wheels:
        slim(wheel, raw)
    for name in (*CORE, STDLIB):
        shutil.copy(core / name, raw)
    (raw / LOCK).write_text(json.dumps(lock_of(raw, original, public)), "utf-8")
    compiled = work / "compiled"
    compile_modules(raw, ROOT / "notebooks/00_start_here.ipynb", compiled)

    for wheel in wheels:
        with_hash(slim(wheel, final, compiled))
    for name in CORE:
        shutil.copy(core / name, final)
    stdlib_with(compiled, core / STDLIB, final / STDLIB)
    (final / LOCK).write_text(json.dumps(lock_of(final, original, public)), "utf-8")
    return final
