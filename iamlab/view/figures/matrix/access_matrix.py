"""The access matrix: principals down, actions across, each cell a symbol; a large one as shares.

Up to sixty rows every cell is a verdict. Of more principals those who may do the same share a row;
what is larger still becomes a heat map: how much of a service a kind of principal may do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.view.figures.matrix.matrix_scene import (
    ALLOWED,
    EXPLICIT,
    ROOT,
    matrix_scene,
    merged,
    number_of,
    resources_of,
    said,
)
from iamlab.view.given import check_world
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import HEADING, Node
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.words import listed, shorten

if TYPE_CHECKING:
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World
    from iamlab.view.figure import Figure
    from iamlab.view.scene import Scene
    from iamlab.view.style import Look
    from iamlab.view.tables import VerdictTable

ROWS, COLUMNS = 60, 24
"""The largest numbers of rows and columns with symbols."""
NOTHING = "Nobody was asked about, or nothing was asked."


def access_matrix(asked: AccessMatrix | VerdictTable, *, world: World | None = None) -> Figure:
    """Draw who may do what.

    Parameters
    ----------
    asked
        As ``World.access`` gives it, or as :func:`iamlab.view.verdict_table` does.
    world
        Where accounts have names, and where is looked up whether what isn't allowed is denied by a
        statement; a matrix knows only what is allowed.

    Raises
    ------
    RequestError
        It is neither of the two, or ``world`` isn't a world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> actions = ["s3:GetObject", "s3:DeleteObject"]
    >>> matrix = world.access_matrix(actions, [MAP], [world.user("dana")])
    >>> print(access_matrix(matrix, world=world).as_text())
    resource
      star-maps/m31.fits (arn:aws:s3:::star-maps/m31.fits)
    acme-main · users
      dana (arn:aws:iam::111111111111:user/dana)
        ✓ allowed: s3:GetObject on star-maps/m31.fits
        ✕ explicit deny: s3:DeleteObject on star-maps/m31.fits
    """
    check_world("access_matrix", world)
    scene = matrix_scene(asked, world)
    shown = scene if len(scene.drawn) <= ROWS else merged(scene)
    if len(shown.drawn) > ROWS or len(shown.columns) > COLUMNS:
        from iamlab.view.figures.matrix.access_shares import share_map

        return share_map(scene, shown)
    resources = resources_of(scene)
    word = "resource" if len(resources) == 1 else "resources"
    known = [f"  {short} ({whole})" for whole, short in resources.items()]
    is_empty = not scene.drawn or not scene.columns
    nothing = dict.fromkeys(("principal", "action", "resource", "allowed", "verdict"))
    last = [Node("nothing", NOTHING, kind=HEADING, facts=nothing)] if is_empty else []
    return replace(
        shown, nodes=[*shown.nodes, *last], before=[word, *known] if resources else []
    ).figure(
        lambda scene: draw_grid(scene, nothing=NOTHING),
        alt=_alt(scene),
        caption=_caption(scene, shown),
        is_graph=False,
    )


def _caption(scene: Scene, shown: Scene) -> str:
    resources = list(resources_of(scene))
    on = f" on {resources[0]}" if len(resources) == 1 else ""
    text = f"Who may do what{on}: {number_of(scene.drawn)}."
    if len(shown.drawn) < len(scene.drawn):
        text += " Those of one kind who may do the same share a row."
    if NOT_ALLOWED in scene.looks:
        text += " A matrix knows what is not allowed, and not why."
    return text


def _alt(scene: Scene) -> str:
    """Say who may do what: those who may do the same together, those who may do most first."""
    if not scene.drawn or not scene.columns:
        return f"{NOTHING} There is no cell in this access matrix."
    groups: dict[tuple[Look | None, ...], list[Node]] = {}
    for node in scene.drawn:
        groups.setdefault(tuple(cell.look for cell in node.cells.values()), []).append(node)

    def order(group: tuple[tuple[Look | None, ...], list[Node]]) -> tuple[bool, int]:
        """Put root users, who may do nearly all, behind the others."""
        looks, nodes = group
        return all(node.kind == ROOT for node in nodes), -looks.count(ALLOWED)

    resources = list(resources_of(scene).values())
    on = f"On {shorten(resources[0], 40)} " if len(resources) == 1 else ""
    return said(
        on,
        [(len(nodes), _sentence(scene, nodes)) for _, nodes in sorted(groups.items(), key=order)],
    )


def _sentence(scene: Scene, nodes: list[Node]) -> str:
    """Say what principals may do who may do the same."""
    several = len(resources_of(scene)) > 1
    allowed, denied = [], []
    for key, cell in nodes[0].cells.items():
        action, title = key[0], scene.columns[key].title
        if cell.look == ALLOWED:
            allowed.append(title if several else action)
        elif cell.look is not None and cell.look.symbol == EXPLICIT.symbol:
            denied.append(action)
    what = "all" if len(allowed) == len(scene.columns) > 1 else listed(allowed, 3, length=50)
    who = listed([node.text for node in nodes], 3, length=24)
    text = f"{who} may do {what if allowed else 'nothing'}"
    stopped = listed(list(dict.fromkeys(denied)), 2)
    return f"{text}, but a Deny stops {stopped}" if denied else text
