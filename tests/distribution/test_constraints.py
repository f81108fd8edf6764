"""constraints.txt: a class installs the versions that were tested together."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository import PROJECT, ROOT

TEXT = (ROOT / "constraints.txt").read_text("utf-8")
LINES = [Requirement(line) for line in TEXT.splitlines() if not line.startswith("#")]
EXTRAS = ("lab", "clients", "federation", "figures")
NEEDED = [
    requirement
    for line in [
        *PROJECT["dependencies"],
        *(line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]),
    ]
    if (requirement := Requirement(line)).name != PROJECT["name"]
]
PYTHONS = [own[-4:] for own in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", own)]


@pytest.mark.parametrize("python", PYTHONS)
def test_each_package_that_the_lessons_need_has_one_version_in_its_range(python: str) -> None:
    """On each Python that the package names."""
    own = {"python_version": python}
    chosen = [line for line in LINES if line.marker is None or line.marker.evaluate(own)]
    versions = {line.name: str(line.specifier).removeprefix("==") for line in chosen}

    assert len(versions) == len(chosen)
    assert [own.name for own in NEEDED if not own.specifier.contains(versions[own.name])] == []


def test_a_teacher_reads_how_it_is_used() -> None:
    """Each line is one version, and the head has the command."""
    assert 'python -m pip install -c constraints.txt "iamlab[lab,clients]"' in TEXT
    assert all(re.fullmatch(r"==[\w.]+", str(line.specifier)) for line in LINES)
    assert [line.name for line in LINES] == [canonicalize_name(line.name) for line in LINES]
