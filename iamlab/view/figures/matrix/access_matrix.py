"""The access matrix: principals down, actions across, each cell a symbol; a large one as shares.

Up to sixty rows every cell is a verdict. Of more principals, those that may do the same share a
row. What is larger still becomes a heat map: how much of a service a kind of principal may do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.view.figures.matrix.access_shares import share_map
from iamlab.view.figures.matrix.matrix_scene import (
    ALLOWED,
    EXPLICIT,
    ROOT,
    matrix_scene,
    number_of,
    resources_of,
)
from iamlab.view.folding import alike
from iamlab.view.given import check_world
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.tables import NOT_ALLOWED
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World
    from iamlab.view.figure import Figure
    from iamlab.view.scene import Node, Scene
    from iamlab.view.style import Look
    from iamlab.view.tables import VerdictTable

ROWS, COLUMNS = 60, 24
"""The largest numbers of rows and columns with symbols."""
NOTHING = "There are no principals or no actions in this access matrix."


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
    drawn = scene if len(scene.drawn) <= ROWS else alike(scene)
    if len(drawn.drawn) > ROWS or len(scene.columns) > COLUMNS:
        return share_map(scene)
    resources = resources_of(scene)
    before = [f"  {short} ({whole})" for whole, short in resources.items()]
    is_empty = not scene.drawn or not scene.columns
    nothing = dict.fromkeys(("principal", "action", "resource", "allowed", "verdict"))
    return replace(
        scene,
        before=["resource" if len(before) == 1 else "resources", *before] if before else [],
        after=[NOTHING] if is_empty else [],
        table=[nothing] if is_empty else [],
    ).figure(
        lambda scene: draw_grid(scene, nothing=NOTHING),
        alt=NOTHING if is_empty else _alt(scene),
        caption=_caption(scene, drawn),
        drawn=drawn,
        is_graph=False,
    )


def _caption(scene: Scene, drawn: Scene) -> str:
    resources = list(resources_of(scene))
    on = f" on {resources[0]}" if len(resources) == 1 else ""
    text = f"Who may do what{on}: {number_of(scene.drawn)}."
    if len(drawn.nodes) < len(scene.nodes):
        text += " Those of one kind that may do the same share a row."
    if NOT_ALLOWED in scene.looks:
        text += " A matrix knows what is not allowed, and not why."
    return text


def _alt(scene: Scene) -> str:
    """Describe those that may do the same together, those that may do most first."""
    groups: dict[tuple[Look | None, ...], list[Node]] = {}
    for node in scene.drawn:
        groups.setdefault(tuple(cell.look for cell in node.cells.values()), []).append(node)
    # Root users, which may do nearly everything, are last.
    ordered = sorted(
        groups, key=lambda looks: (groups[looks][0].kind == ROOT, -looks.count(ALLOWED))
    )
    resources = list(resources_of(scene).values())
    on = f"On {shorten(resources[0], 40)} " if len(resources) == 1 else ""
    return told(on, [_sentence(scene, groups[looks], bare=bool(on)) for looks in ordered], ".")


def _sentence(scene: Scene, nodes: list[Node], *, bare: bool) -> str:
    """Describe what principals may do that may do the same."""
    cells = nodes[0].cells.items()
    allowed = [
        key[0] if bare else scene.columns[key].title for key, cell in cells if cell.look == ALLOWED
    ]
    denied = list(dict.fromkeys(key[0] for key, cell in cells if cell.look == EXPLICIT))
    what = "all" if len(allowed) == len(scene.columns) > 1 else listed(allowed, 3, length=50)
    text = f"{listed([node.text for node in nodes], 3, length=24)} may do "
    text += what if allowed else "nothing"
    return f"{text}, but a Deny stops {listed(denied, 2)}" if denied else text
