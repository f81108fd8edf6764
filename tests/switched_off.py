"""Find functions that no test would miss: ``python -m tests.switched_off --sample 200``.

All tests run once, to record which tests enter which function. Then one public function after the
other is switched off: it does nothing and returns ``None``. If neither the fastest tests that
enter it fail nor those of its folder, it is printed; the exit status is the number of such
functions. It needs Python 3.12.
"""

# ruff: noqa: T201 - a script prints

import argparse
import ast
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "iamlab"
SWITCH, RECORD = "IAMLAB_SWITCHED_OFF", "IAMLAB_RECORD_TESTS"
FASTEST, PATIENCE = 25, 900
"""The number of tests that are run for a function, the fastest first; and seconds."""
MARKS = "not (browser or slow or speed)"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "tests.switched_off", "-p", "no:randomly"]

entered: dict[str, list[tuple[float, str]]] = defaultdict(list)
"""Function -> the tests that enter it, with their durations."""
during: set[str] = set()
folder = os.environ.get(RECORD, "")  # now, since tests may change the environment


def pytest_configure() -> None:
    """As a plugin of pytest: switch off a function, or record which tests enter which."""
    if name := os.environ.get(SWITCH):
        switch_off(name)
    if folder:
        watch = sys.monitoring
        watch.use_tool_id(watch.COVERAGE_ID, "switched_off")
        watch.register_callback(watch.COVERAGE_ID, watch.events.PY_START, _enter)
        watch.set_events(watch.COVERAGE_ID, watch.events.PY_START)


def _enter(code: CodeType, _: int) -> object:
    if code.co_filename.startswith(str(PACKAGE)):
        during.add(f"{_module_of(Path(code.co_filename))}:{code.co_qualname}")
    return sys.monitoring.DISABLE  # until the next test


def _module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Note what a test enters."""
    during.clear()
    if folder:
        sys.monitoring.restart_events()
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test has entered, when it is over."""
    if report.when == "call" and folder:
        for name in during:
            entered[name].append((report.duration, report.nodeid))


def pytest_unconfigure() -> None:
    """Write down what was entered."""
    if folder:
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)
        kept = {name: sorted(tests)[:FASTEST] for name, tests in entered.items()}
        Path(folder, f"{os.getpid()}.json").write_text(json.dumps(kept), "utf-8")


def switch_off(name: str) -> None:
    """Take away what a function does, wherever it has been imported: ``iamlab.errors:brief``.

    Raises
    ------
    ValueError
        Its code can't be replaced: it is a closure, or isn't written in Python.
    """
    module, _, path = name.partition(":")
    found: Any = import_module(module)
    for part in path.split("."):
        found = vars(found)[part] if isinstance(found, type) else getattr(found, part)
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        holders = ("__wrapped__", "fget", "func", "__func__")  # decorated, or a property
        found = next(filter(None, (getattr(found, each, None) for each in holders)), None)
        if found is None:
            raise ValueError(f"{name} isn't a function of Python.")
    found.__code__ = (lambda *_, **__: None).__code__


def functions() -> list[str]:
    """Name every public function and method of the package."""
    names = []
    for file in sorted(PACKAGE.rglob("*.py")):
        module = _module_of(file)
        for node in ast.parse(file.read_text("utf-8")).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            start = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            names += [
                f"{module}:{start}{part.name}"
                for part in inner
                if isinstance(part, ast.FunctionDef) and not f"{start}{part.name}".startswith("_")
            ]
    return [name for name in names if "._" not in name.partition(":")[2]]


def record() -> dict[str, list[str]]:
    """Run all tests, and return the tests that enter each function, the fastest first."""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    with TemporaryDirectory() as records:
        command = [*PYTEST, "-n", "2", "-m", MARKS]
        subprocess.run(command, cwd=ROOT, env={**os.environ, RECORD: records}, check=False)
        for file in Path(records).iterdir():
            for name, tests in json.loads(file.read_text("utf-8")).items():
                found[name] += tests
    return {name: [test for _, test in sorted(tests)[:FASTEST]] for name, tests in found.items()}


def state_of(name: str, tests: list[str]) -> str:
    """Switch a function off; say whether a test misses it: one that enters it, or of its folder."""
    room = f"tests/{name.split('.')[1].partition(':')[0]}"
    for chosen in (tests, [room] if (ROOT / room).is_dir() else []):
        try:
            run = subprocess.run(
                [*PYTEST, "-x", "-p", "no:cacheprovider", "-m", MARKS, *chosen],
                cwd=ROOT,
                env={**os.environ, SWITCH: name},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "missed"  # something waits for ever
        if "ValueError" in run.stderr and name in run.stderr:
            return "not replaceable"
        if run.returncode:
            return "missed"
    return "NOT MISSED"


def main() -> int:
    """Switch off a sample of functions, one at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    tests, every = record(), functions()
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    left = 0
    for number, name in enumerate(chosen, 1):
        state = state_of(name, tests[name]) if name in tests else "NEVER ENTERED"
        left += state.isupper()
        print(f"{number}/{len(chosen)} {name}: {state}", flush=True)
    print(f"{left} of {len(chosen)} functions are missed by no test.")
    return left


if __name__ == "__main__":
    sys.exit(main())
