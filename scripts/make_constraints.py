"""Write constraints.txt: the versions that the tests ran with, for a class that installs the same.

Run it with the Python of the environment where ``make test-all`` passed: it takes the packages that
``iamlab[lab,clients]`` installs there, with their own requirements. Some versions don't install on
the oldest Python of the package. For these, that Python is asked which ones pip chooses, so it must
be on this machine. Packages that only Windows or macOS needs aren't in the file.
"""

# ruff: noqa: INP001, T201 - a folder of scripts isn't a package; a script prints

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FILE = ROOT / "constraints.txt"
EXTRAS = ("lab", "clients")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OLDEST = re.sub("[^0-9.]", "", PROJECT["requires-python"])
HEAD = f"""\
# Versions that were tested together, so that a whole class has the same:
#
#   python -m pip install -c constraints.txt "iamlab[{",".join(EXTRAS)}]"
#
# scripts/make_constraints.py writes this file.
"""


def needed() -> list[str]:
    """Return the requirements of the package and the extras, as pyproject.toml has them."""
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for name in EXTRAS for line in extras[name])]
    for line in lines:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            lines += [own for name in requirement.extras for own in extras[name]]
    return [line for line in lines if Requirement(line).name != PROJECT["name"]]


def versions() -> dict[str, str]:
    """Return what is installed of these, and of all that they need in turn."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    left = [Requirement(line) for line in needed()]
    while left:
        requirement = left.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                package = distribution(name)
            except PackageNotFoundError:
                print(f"{name} isn't installed here.")
                continue
            found[name] = package.version
            more = map(Requirement, package.requires or ())
            left += [own for own in more if not own.marker or own.marker.evaluate({"extra": extra})]
    return dict(sorted(found.items()))


def is_too_new(name: str) -> bool:
    """Return whether the version that is installed needs a newer Python than the oldest one."""
    needs = distribution(name).metadata.get("Requires-Python")
    return needs is not None and not SpecifierSet(needs).contains(f"{OLDEST}.99")


def chosen_by_oldest(known: dict[str, str]) -> dict[str, str]:
    """Return the versions that pip installs with the oldest Python, beside those that are known."""
    with TemporaryDirectory() as folder:
        limits = Path(folder, "constraints.txt")
        limits.write_text("".join(f"{name}=={own}\n" for name, own in known.items()), "utf-8")
        python = Path(folder, "bin", "python")
        make = (f"python{OLDEST}", "-m", "venv", "--without-pip", folder)
        subprocess.run(make, check=True)  # noqa: S603 - the Python of this machine
        pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
        report = ("--dry-run", "--report", "-", "--constraint", limits)
        done = subprocess.run([*pip, *report, *needed()], check=True, stdout=subprocess.PIPE)  # noqa: S603
    packages = [own["metadata"] for own in json.loads(done.stdout)["install"]]
    return {canonicalize_name(own["name"]): own["version"] for own in packages}


def lines() -> list[str]:
    """Return the lines of the file, the packages in order."""
    newest = versions()
    same = {name: version for name, version in newest.items() if not is_too_new(name)}
    oldest = chosen_by_oldest(same)
    found = [f"{name}=={version}" for name, version in same.items()]
    _, minor = OLDEST.split(".")
    for name in sorted(newest.keys() | oldest.keys() - same.keys()):
        if name not in same and name in newest:
            found.append(f'{name}=={newest[name]}; python_version > "3.{minor}"')
        if name not in same and name in oldest:
            found.append(f'{name}=={oldest[name]}; python_version == "3.{minor}"')
    return sorted(found)


if __name__ == "__main__":
    made = lines()
    FILE.write_text(HEAD + "".join(f"{line}\n" for line in made), "utf-8")
    print(f"{len(made)} lines in {FILE.name}")
