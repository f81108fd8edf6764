"""The wheel alone, in an empty environment of each Python: what a learner has after pip install."""

import re
import shutil
from pathlib import Path

import pytest

from tests.distribution.built import PYTHONS, built, installed, run
from tests.repository import ROOT

README = ROOT / "README.md"
TESTS = (
    "engine/test_conformance.py",
    "policy/test_conditions.py",
    "policy/test_condition_keys.py",
)
"""Some of those that need no package of an extra: the policy language and the decision."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=PYTHONS)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the environment."""
    [wheel] = built(tmp_path_factory).glob("*.whl")
    return installed(request.param, wheel, request.config.cache.mkdir("installed"))


def test_what_needs_an_extra_names_it_and_the_rest_works(python: Path, tmp_path: Path) -> None:
    """None of their packages is there, and the iamlab that is used is the installed one."""
    done = run(python, ROOT / "tests" / "distribution" / "base_install.py", folder=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    [home, *packages] = done.stdout.split()
    assert Path(home).is_relative_to(python.parents[1])
    assert packages == []


def test_the_lines_of_the_readme_run(python: Path, tmp_path: Path) -> None:
    """Its example in Python, and its commands with an account of ``iamlab demo``."""
    example = run(python, "-m", "doctest", "-o", "FAIL_FAST", README, folder=tmp_path)

    assert (example.returncode, example.stdout) == (0, "")
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = re.findall(r"^iamlab (?!lab )(.*?) *(?:#.*)?$", "".join(blocks), re.MULTILINE)
    assert lines[0] == "demo"
    for line in lines:
        done = run(python.with_name("iamlab"), *line.split(), folder=tmp_path)
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout
        shutil.copy(tmp_path / "demo" / "account.json", tmp_path)


def test_the_notebooks_are_found_in_the_wheel(python: Path, tmp_path: Path) -> None:
    """They are copied for a learner, and a teacher makes editions of them."""
    program = python.with_name("iamlab")
    copied = run(program, "lab", "lessons", "--no-start", folder=tmp_path)
    blank = run(program, "classroom", "blank", "08", folder=tmp_path)
    originals = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}

    assert (copied.returncode, blank.returncode) == (0, 0), copied.stderr + blank.stderr
    assert {path.name for path in (tmp_path / "lessons").glob("*.ipynb")} == originals
    assert blank.stdout.strip() == "08_resource_policies_blank.ipynb"


def test_tests_pass_that_need_no_extra(python: Path, tmp_path: Path) -> None:
    """The files of the tests are copied, so that they can't import the repository's iamlab."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("*.py", "conformance/*", "engine/*.py", "policy/*.py"):
        for file in (ROOT / "tests").glob(name):
            own = tmp_path / file.relative_to(ROOT)
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, own)
    chosen = ("-m", "not (slow or chance or hypothesis)", "-p", "no:cacheprovider", "-q")
    files = [f"tests/{name}" for name in TESTS]
    done = run(python, "-m", "pytest", *chosen, *files, folder=tmp_path)

    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"\d{3} passed", done.stdout)
