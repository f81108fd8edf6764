"""Name the tests that a change can break: those of its folder, and of all folders above it.

``make quick`` hands the names to pytest. A change is what is different from ``origin/main``, or
from the last commit where there is no such branch, and what git does not know yet.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.floors import FLOORS, floor_of

ROOT = Path(__file__).parents[1]
HOUSE = {"state_machine": "world", "recorded": "world", "browser": "teach", "conformance": "policy"}
"""Folders of tests that are about no room alone -> the lowest room that they are about."""
WITH_NOTEBOOKS = ("notebooks", "docs", "README.md")


def main() -> None:
    """Print the paths for pytest, in one line."""
    print(*paths_of(changed_files()))  # noqa: T201 - make reads it


def changed_files() -> list[str]:
    """Ask git what is different."""
    base = _git("merge-base", "HEAD", "origin/main") or ["HEAD"]
    return [*_git("diff", "--name-only", base[0]), *_git("ls-files", "-o", "--exclude-standard")]


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.split()


def paths_of(files: Iterable[str]) -> list[str]:
    """Return the paths of the tests that these files can break.

    Examples
    --------
    >>> paths_of(["iamlab/teach/ask.py"])[:4]
    ['iamlab/teach', 'tests/teach', 'iamlab/exam', 'tests/exam']
    >>> paths_of(["tests/teach/test_ask.py"])
    ['tests/teach/test_ask.py']
    >>> paths_of([".github/workflows/ci.yml"])
    ['tests/distribution']
    >>> paths_of(["scripts/compare_catalogues.py"])
    ['tests/distribution/test_compare_catalogues.py']
    >>> paths_of(["LICENSE"])
    []
    """
    lowest, single = len(FLOORS), set[str]()
    for file in files:
        folder, _, rest = file.partition("/")
        room = rest.partition("/")[0]
        if folder == "tests" and Path(file).name.startswith("test_"):
            single.add(file)
        elif folder in ("iamlab", "tests"):
            # A helper of all tests, or a module beside the rooms, is below them all.
            lowest = min(lowest, floor_of(HOUSE.get(room, room)) or 0)
        elif file.startswith(WITH_NOTEBOOKS):
            single |= {"tests/test_notebooks.py", "tests/test_readme.py"}
        elif file.startswith((".github", "CHANGELOG.md")):
            single.add("tests/distribution")
        elif folder == "scripts":
            single |= _that_name(Path(file).stem)
        elif file.startswith(
            ("Makefile", "pyproject.toml", "environment.yml", ".ci", "Dockerfile")
        ):
            single.add("tests/test_packaging.py")
    found = [path for room in FLOORS[lowest:] for path in _of_room(room)]
    if found:
        found += ["tests/test_architecture.py", *_helpers(lowest)]
    return [*found, *sorted(item for item in single if not _is_in(item, found) and _is_there(item))]


def _that_name(script: str) -> set[str]:
    """Return the tests that use a script."""
    tests = (ROOT / "tests").rglob("test_*.py")
    return {
        path.relative_to(ROOT).as_posix() for path in tests if script in path.read_text("utf-8")
    }


def _of_room(room: str) -> list[str]:
    """Return the doctests of a room, and its tests."""
    there = (f"iamlab/{room}", f"iamlab/{room}.py", f"tests/{room}")
    return [path for path in there if _is_there(path)]


def _helpers(lowest: int) -> list[str]:
    """Return the folders beside the rooms that a change so low can break."""
    return [
        f"tests/{name}"
        for name, room in HOUSE.items()
        if lowest <= FLOORS.index(room) and _is_there(f"tests/{name}") and name != "conformance"
    ]


def _is_in(file: str, folders: list[str]) -> bool:
    return any(file.startswith(f"{folder}/") for folder in folders)


def _is_there(path: str) -> bool:
    return (ROOT / path).exists()


if __name__ == "__main__":
    main()
