"""Templates of items: a world drawn from a seed, and a question idea that makes an item of it.

An item is a function of its template, the seed and ``VERSION``. The names in it are drawn apart
from all else, so they never decide. The TOML files in ``templates/`` have the templates; names.toml
says how they are written.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from iamlab.errors import ExerciseError
from iamlab.exam.changes import which_change, which_two_changes
from iamlab.exam.items import CHOICE, MATCH, ORDER, SEVERAL, Item, Quiz
from iamlab.exam.orders import order_the_calls, order_the_evaluation
from iamlab.exam.scene import Scene
from iamlab.exam.several import match, which_are_allowed
from iamlab.exam.verdicts import which_decides, will_it_work
from iamlab.tables import tables
from iamlab.teach.items import Drawn
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.source_lines import at, find_named

if TYPE_CHECKING:
    from iamlab.exam.scene import Idea
    from iamlab.teach.items import Pools, Table

VERSION = "1"
"""It changes when a seed makes other items than before."""
TRIES = 200
MOST_WORDS = 120
"""So many words have a question and its prompts together, at most."""
IDEAS: dict[str, tuple[Idea, str]] = {
    "will it work": (will_it_work, CHOICE),
    "which statement decides": (which_decides, CHOICE),
    "which change": (which_change, CHOICE),
    "which two changes": (which_two_changes, SEVERAL),
    "who can": (which_are_allowed, SEVERAL),
    "order the evaluation": (order_the_evaluation, ORDER),
    "order the calls": (order_the_calls, ORDER),
    "match messages": (match, MATCH),
    "match policy types": (match, MATCH),
    "least privilege": (which_change, CHOICE),
    "which session call": (which_change, CHOICE),
}
"""The question ideas, which make an item of a scene, each with the form of its items."""
_FOLDER = Path(__file__).with_suffix("")
NAMES = "names.toml"


@cache
def pools() -> Pools:
    """Return the names by kind, and the texts, that all templates draw from."""
    found = tables(str(_FOLDER / NAMES))
    return {kind: own.split() for kind, own in found["names"].items()}, found["texts"]


@cache
def templates() -> dict[str, Table]:
    """Return the templates by name."""
    files = sorted(own for own in _FOLDER.glob("*.toml") if own.name != NAMES)
    return {name: own for file in files for name, own in tables(str(file)).items()}


def make(name: str, seed: int, *, names: Pools | None = None) -> Item:
    """Make the item of a template and a seed.

    Parameters
    ----------
    names
        Other names and texts to draw from; the key is the same with them.

    Raises
    ------
    ExerciseError
        There is no such template, or it makes no item with this seed.

    Examples
    --------
    >>> make("boundary_and_identity", 1).tags["kind"]
    'will it work'
    """
    with at(name):
        table = find_named("template", name, templates())
        return _make(name, table, Random(f"{VERSION} {name} {seed}"), seed, names or pools())


def contrast_pair(name: str, seed: int) -> Quiz:
    """Make two items that differ in one word, and in their keys.

    Raises
    ------
    ExerciseError
        There is no such template, or it has no contrast.

    Examples
    --------
    >>> for item in contrast_pair("mfa_key_is_missing", seed=1):
    ...     print(item.options[item.key[0]].text)
    Yes: the resource-based policy allows it.
    No: a statement in the resource-based policy denies it.
    """
    table = find_named("template", name, templates())
    sides = [own.strip() for own in table.get("contrast", "").split("|")]
    if len(sides) != 2:
        raise ExerciseError(f"The template {name!r} has no contrast of two words.")
    draw = Random(f"{VERSION} {name} {seed}")
    for _ in range(TRIES):
        start = draw.getstate()
        made = []
        for side in sides:
            draw.setstate(start)
            kinds, texts = pools()
            made.append(_item(name, table, draw, seed, (kinds, {**texts, "contrast": side})))
        first, second = made
        if not first or not second or first.question != second.question:
            continue
        if first.options[first.key[0]].text != second.options[second.key[0]].text:
            return Quiz((first, second))
    raise ExerciseError(f"The template {name!r} makes no pair for seed {seed}.")


def _make(name: str, table: Table, draw: Random, seed: int, names: Pools) -> Item:
    if "contrast" in table:
        side = draw.choice(table["contrast"].split("|")).strip()
        names = names[0], {**names[1], "contrast": side}
    for _ in range(TRIES):
        if item := _item(name, table, draw, seed, names):
            return item
    raise ExerciseError(f"The template {name!r} makes no item for seed {seed}.")


def _item(name: str, table: Table, draw: Random, seed: int, names: Pools) -> Item | None:
    """Draw a world once; there is an item if it is a good question."""
    table = table | (draw.choice(table["variants"]) if "variants" in table else {})
    scene = Scene(table, seed, draw, Drawn(draw, table, names))
    idea, _ = find_named("question idea", table["idea"], IDEAS)
    item = idea(scene)
    if item is None or not _is_fair(item, scene):
        return None
    return replace(item, tags={"template": name, **item.tags})


def _is_fair(item: Item, scene: Scene) -> bool:
    """Return whether an item tests a wanted belief, is short, and has options that differ."""
    words = len(" ".join((item.question, *item.prompts)).split())
    texts = {" ".join(own.text.lower().split()) for own in item.options}
    is_wanted = not scene.wanted or not item.tested.keys().isdisjoint(scene.wanted)
    return is_wanted and words <= MOST_WORDS and len(texts) == len(item.options)


def beliefs_tested(item: Item) -> set[str]:
    """Return the ids of the wrong beliefs that an item can tell from AWS's rules."""
    return {MUTANTS[name].belief for name in item.tested}
