"""Gains and losses in words, for the pictures of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.matrix.matrix_scene import arranged, said
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.tabular.signs import GAINED, LOST
from iamlab.view.words import listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.access_changes import AccessChanges, Cell
    from iamlab.model.world import World
    from iamlab.view.scene import Node

NOTHING = "Nobody gained or lost anything."


class Changed:
    """Somebody, and what he gained and lost.

    Parameters
    ----------
    gained, lost
        Actions with their resources, short.
    """

    __slots__ = ("gained", "lost", "who")

    def __init__(self, who: Node) -> None:
        self.who = who
        self.gained: list[str] = []
        self.lost: list[str] = []

    @property
    def total(self) -> int:
        """How much changed."""
        return len(self.gained) + len(self.lost)


def by_caller(changes: AccessChanges, world: World | None = None) -> list[Changed]:
    """Give each principal with its gains and losses, those with the most first."""
    cells: tuple[Cell, ...] = (*changes.gained, *changes.lost)
    callers = list(dict.fromkeys(cell[0] for cell in cells))
    pairs = list(dict.fromkeys(cell[1:] for cell in cells))
    scene = arranged(callers, pairs, lambda _row, _column: NOT_ALLOWED, world)
    found = {node.note: Changed(node) for node in scene.drawn}
    titles = {key[:2]: column.title for key, column in scene.columns.items()}
    for caller, *pair in changes.gained:
        found[caller].gained.append(titles[tuple(pair)])
    for caller, *pair in changes.lost:
        found[caller].lost.append(titles[tuple(pair)])
    return sorted(found.values(), key=lambda one: -one.total)


def alt_of(changes: AccessChanges, world: World | None = None) -> str:
    """Say who gained and who lost what."""
    if not changes:
        return f"{NOTHING}{apart_in_words(changes)}"
    found = by_caller(changes, world)
    pairs = {cell[1:] for cell in (*changes.gained, *changes.lost)}
    one_resource = len({resource for _, resource in pairs}) == 1
    on = (found[0].gained or found[0].lost)[0].partition(" on ")[2]
    first = f"On {shorten(on, 60)} " if one_resource and len(pairs) > 1 else ""
    parts = [(1, _told(one, bare=bool(first))) for one in found]
    return said(first, parts, "{} changed too")


def _told(one: Changed, *, bare: bool) -> str:
    parts = []
    for word, what in (("gained", one.gained), ("lost", one.lost)):
        names = [name.partition(" on ")[0] if bare else name for name in what]
        if names:
            parts.append(f"{word} {listed(names, 2, length=60)}")
    return f"{listed([one.who.text])} {' and '.join(parts)}"


def apart_in_words(changes: AccessChanges) -> str:
    """Say what only one of the two matrices has, and so was not compared."""
    return "".join(
        f" {count(len(names), words.partition(' ')[0].removesuffix('s'))} only "
        f"{words.rpartition(' ')[2]}."
        for words, names in changes.apart
    )


def rows_of(changes: AccessChanges, world: World | None = None) -> Iterator[dict[str, object]]:
    """Give a row for each gain and loss; one that says so if there is none."""
    accounts = {one.who.note: one.who for one in by_caller(changes, world)}
    for word, cells in (("gained", changes.gained), ("lost", changes.lost)):
        for caller, action, resource in cells:
            yield {
                "change": word,
                "account": accounts[caller].frame,
                "principal": caller,
                "action": action,
                "resource": resource,
            }
    if not changes:
        yield {"change": "none", "account": None, "principal": None, "action": None}


def lines_of(
    changes: AccessChanges, world: World | None = None, resources: Iterable[str] = ()
) -> Iterator[str]:
    """Say who gained and lost what, then what was not compared.

    Parameters
    ----------
    resources
        What the picture has besides: it is named, too.
    """
    if not changes:
        yield NOTHING
    changed = [resource for *_, resource in (*changes.gained, *changes.lost)]
    whole = dict.fromkeys((*changed, *resources))
    if whole:
        yield "resources"
        yield from (f"  {name}" for name in whole)
    for one in by_caller(changes, world):
        yield f"{one.who.listed}: +{len(one.gained)} −{len(one.lost)}"
        for seen, what in ((GAINED, one.gained), (LOST, one.lost)):
            yield from (f"  {seen}: {name}" for name in what)
    for words, names in changes.apart:
        yield words
        yield from (f"  {name}" for name in names)
