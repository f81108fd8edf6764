"""Find functions that no test would miss: ``python -m tests.switched_off --sample 200``.

One public function after the other is switched off: it returns ``None`` and does nothing. Then the
test files that name it or its module are run until one test fails; if none does, those of its
folder. The functions that no test misses are printed; the exit status is their number.
"""

# ruff: noqa: T201 - a script prints

import argparse
import ast
import os
import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import FunctionType

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "iamlab"
SWITCH = "IAMLAB_SWITCHED_OFF"
PATIENCE = 600


def pytest_configure() -> None:
    """As a plugin of pytest: switch off the function that the environment names."""
    name = os.environ.get(SWITCH)
    if name:
        switch_off(name)


def switch_off(name: str) -> None:
    """Take away what a function does, wherever it has been imported: ``iamlab.errors:brief``.

    Raises
    ------
    ValueError
        Its code can't be replaced: it is a closure, or isn't written in Python.
    """
    module, _, path = name.partition(":")
    found = import_module(module)
    for part in path.split("."):
        found = vars(found)[part] if isinstance(found, type) else getattr(found, part)
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        holders = ("__wrapped__", "fget", "func", "__func__")  # decorated, or a property
        inner = next(filter(None, (getattr(found, each, None) for each in holders)), None)
        if inner is None:
            raise ValueError(f"{name} isn't a function of Python.")
        found = inner
    found.__code__ = (lambda *_, **__: None).__code__


def functions() -> list[str]:
    """Name every public function and method of the package."""
    names = []
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.parse(file.read_text("utf-8")).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            start = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            names += [
                f"{module}:{start}{part.name}"
                for part in inner
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
            ]
    return [name for name in names if ":_" not in name]


def tests_of(name: str) -> list[list[str]]:
    """Return the test files that name a function and its module; then its folder's."""
    module, _, path = name.partition(":")
    word, file = path.rpartition(".")[2], module.rpartition(".")[2]
    texts = {path: path.read_text("utf-8") for path in sorted(TESTS.rglob("test_*.py"))}
    near = [path for path, text in texts.items() if word in text and file in text + path.stem]
    further = [path for path, text in texts.items() if word in text and path not in near]
    source = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    folder = TESTS.joinpath(*module.split(".")[1:2])
    last = [folder] if folder.is_dir() else [TESTS / "lab"]
    rounds = [[*near, source], further, last]
    return [[str(path) for path in paths] for paths in rounds if paths]


def is_missed(name: str) -> bool:
    """Return whether a test fails if a function is switched off."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "tests.switched_off"]
    command += [
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-m",
        "not (browser or slow or speed)",
    ]
    for paths in tests_of(name):
        run = subprocess.run(
            [*command, *paths],
            cwd=TESTS.parent,
            env={**os.environ, SWITCH: name},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        if run.returncode not in (0, 5):  # 5: no test was chosen
            return True
    return False


def main() -> int:
    """Switch off a sample of functions, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    every = functions()
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    left = []
    for number, name in enumerate(chosen, 1):
        try:
            switch_off_alone = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    f"from tests.switched_off import switch_off as s; s({name!r})",
                ],
                cwd=TESTS.parent,
                capture_output=True,
                check=False,
            )
            state = (
                "skipped" if switch_off_alone.returncode else "missed" if is_missed(name) else ""
            )
        except subprocess.TimeoutExpired:
            state = "missed"  # a test waits for ever
        if not state:
            left.append(name)
        print(f"{number}/{len(chosen)} {name}: {state or 'NOT MISSED'}", flush=True)
    print(f"{len(left)} of {len(chosen)} are not missed:", *left, sep="\n  ")
    return len(left)


if __name__ == "__main__":
    sys.exit(main())
