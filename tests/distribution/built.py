"""The wheel and the source distribution, built once for all tests, and environments to try them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from packaging.requirements import Requirement

from tests.cli.helpers import PATIENCE
from tests.effort import give_up
from tests.repository import PROJECT, ROOT

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
TESTS = [
    line
    for line in PROJECT["optional-dependencies"]["test"]
    if Requirement(line).name in ("hypothesis", "pytest")
]
"""What the tests need that run in such an environment."""
Done = subprocess.CompletedProcess[str]


def run(*command: str | Path, folder: Path) -> Done:
    """Run a program in a folder, and let it import nothing from the repository."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env={**own, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )


def built(factory: pytest.TempPathFactory) -> Path:
    """Build both files if they aren't built in this run, and return their folder."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "dist"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            made = folder.with_suffix(".new")
            build = (sys.executable, "-m", "build", "--outdir", made, ROOT)
            done = run(*build, folder=folder.parent)
            if done.returncode:
                text = done.stdout + done.stderr
                assert "build-requirements" in text, text  # the tools of the build are missing
                give_up(f"The package can't be built: {text[-500:]}")
            made.rename(folder)
    return folder


def installed(version: str, wheel: Path, cache: Path) -> Path:
    """Install a wheel, with what it needs and pytest, and return the Python of the environment.

    The environments are in pytest's cache, so that only the first run downloads. The versions are
    those of constraints.txt.
    """
    program = _program(version)
    home = cache / version
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile")
    names = [*PROJECT["dependencies"], *TESTS]
    with FileLock(cache / f"{version}.lock"):
        if _is_new(home / "names", "\n".join(names).encode()):
            made = run(program, "-m", "venv", "--clear", "--without-pip", home, folder=cache)
            assert made.returncode == 0, made.stderr
            limits = ("--constraint", ROOT / "constraints.txt")
            done = run(*pip, *limits, *names, folder=cache)
            if done.returncode:
                give_up(f"{', '.join(names)} can't be installed: {done.stderr[-300:]}")
            (home / "names").write_text("\n".join(names), "utf-8")
        if _is_new(home / wheel.name, wheel.read_bytes()):
            alone = ("--no-deps", "--no-index", "--force-reinstall")
            done = run(*pip, *alone, wheel, folder=cache)
            assert done.returncode == 0, done.stderr
            shutil.copy(wheel, home)
    return python


def _is_new(file: Path, content: bytes) -> bool:
    """Return whether a file doesn't have this content."""
    return not file.exists() or file.read_bytes() != content


def _program(version: str) -> str:
    """Find a Python, or skip the test."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    places = (shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python"))
    for found in filter(None, places):  # pyenv's python3.12 fails where another one is chosen
        if run(found, "--version", folder=ROOT).returncode == 0:
            return str(found)
    pytest.skip(f"Python {version} isn't on this machine")
