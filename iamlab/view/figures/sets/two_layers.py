"""Allow and deny as two layers: what Allows cover, what Denies cover, and what is left.

Each cell is a request. For few resources three grids are side by side; for more, both layers are in
one grid, the Denies on top.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.policy.arn import PARTS, is_arn
from iamlab.view.arguments import check, texts
from iamlab.view.layouts.grid import draw_grid
from iamlab.view.scene import Cell, Column, Node, Scene
from iamlab.view.style import ALLOW_AREA, INK, PAPER, SILENT_FILL, Look, look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.view.figure import Figure

MOST = 20
"""The largest number of actions or resources in the picture; the list has all."""
BESIDE = 6
"""The largest number of resources for which the grids are side by side."""
PITCHES = (0.6, 0.5, 0.4, 0.32)
"""The widths of columns: the first for which there is room."""
NOTHING = Look("", "", INK, PAPER)
ALLOWED, DENIED, SILENT = map(look, (Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY))
ALLOWS, DENIES = replace(ALLOWED, word="an Allow"), replace(DENIED, word="a Deny")
OVER = replace(DENIED, word="an Allow, a Deny")
ALONE = replace(DENIED, word="no Allow, a Deny", fill=SILENT_FILL)
NOT_ENOUGH = replace(SILENT, word="an Allow that is not enough", fill=ALLOW_AREA, hatch="")
FILLED = (DENIES, DENIED, OVER, ALONE, NOT_ENOUGH)
SIDE_BY_SIDE, ON_TOP = ("Allows cover", "− Denies cover", "= what is left"), ("Denies over Allows",)
"""The grids."""
LEGEND = (ALLOWED, DENIED, OVER, ALONE, NOT_ENOUGH, SILENT)


@with_old_names
def two_layers(
    world: World,
    principal: Caller,
    actions: str | Iterable[str],
    resources: str | Iterable[str],
) -> Figure:
    """Draw for each action and resource what Allows cover, what Denies cover, and what is left.

    Parameters
    ----------
    world, principal
        As in ``World.can``.
    actions, resources
        Every action is combined with every resource.

    Raises
    ------
    RequestError
        ``world`` isn't a world, there is no action or no resource, or a request is impossible.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, README, scenario
    >>> world = scenario("stack")
    >>> print(two_layers(world, world.user("alice"), ["s3:GetObject"], [MAP, README]).as_text())
    Allows cover − Denies cover = what is left
    s3:GetObject on star-maps/m31.fits: an Allow, no Deny: ✓ allowed
    s3:GetObject on star-maps/drafts/readme.txt: an Allow, a Deny: ✕ explicit deny
    """
    check("two_layers", world, World)
    actions, resources = texts("action", actions), texts("resource", resources)
    if not actions or not resources:
        raise RequestError("Pass at least one action and one resource.")
    names = _names(resources)
    every = [authorize(world, principal, *pair) for pair in product(actions, resources)]
    drawn = _grid(every, actions[:MOST], resources[:MOST], names)
    shown = {cell.look for node in drawn.nodes for cell in node.cells.values()}
    left = len(every) - len(actions[:MOST]) * len(resources[:MOST])
    nodes = [_node(decision, names) for decision in every]
    panels = dict.fromkeys(column.group for column in drawn.columns.values())
    return Scene(nodes, before=[" ".join(panels)]).figure(
        lambda scene: draw_grid(
            scene, pitches=PITCHES, filled=FILLED, legend=[seen for seen in LEGEND if seen in shown]
        ),
        alt=_alt(principal, every, names),
        caption="Denies are on top: a Deny wins over any Allow."
        f"{f' The list has {left:,} more.' if left else ''}",
        drawn=drawn,
        is_graph=False,
    )


def _names(resources: Sequence[str]) -> dict[str, str]:
    """Name resources by the last part of their ARNs, as long as that tells them apart."""
    names = {arn: arn.split(":", PARTS - 1)[-1] if is_arn(arn) else arn for arn in resources}
    last = list(names.values())
    return {arn: name if name and last.count(name) == 1 else arn for arn, name in names.items()}


def _allows(decision: Decision) -> bool:
    """Whether a layer that can grant allows it; the Allow of a ceiling covers nothing."""
    steps = map(decision.trace.step, ("identity", "resource", "grant"))
    return any(step.found.allows for step in steps)


def _node(decision: Decision, names: Mapping[str, str]) -> Node:
    request, allows, denies = decision.request, _allows(decision), bool(decision.denies)
    name = f"{request.action} on {names[request.resource]}"
    allow = f"{'an' if allows else 'no'} Allow"
    is_enough = bool(decision) or denies or not allows
    covers = f"{allow if is_enough else NOT_ENOUGH.word}, {'a' if denies else 'no'} Deny"
    return Node(
        f"{request.action} {request.resource}",
        name,
        line=f"{name}: {covers}: {look(decision.verdict)}",
        facts={
            "action": request.action,
            "resource": request.resource,
            "an Allow": allows,
            "a Deny": denies,
            "verdict": str(decision.verdict),
        },
    )


def _alt(caller: Caller, every: Sequence[Decision], names: Mapping[str, str]) -> str:
    who = shorten(str(getattr(caller, "name", None) or every[0].request.principal), 36)

    def named(decisions: Sequence[Decision]) -> str:
        requests = [
            f"{shorten(request.action, 26)} on {shorten(names[request.resource], 28)}"
            for request in (decision.request for decision in decisions)
        ]
        return f"{len(requests)}: {listed(requests, 2, length=60)}" if requests else "none"

    both = sum(_allows(decision) and bool(decision.denies) for decision in every)
    missing = sum(not decision and not decision.denies for decision in every)
    parts = [
        f"{who} may do {named([decision for decision in every if decision])}",
        f"the Denies stop {named([decision for decision in every if decision.denies])}",
        f"an Allow covers {both} of these, too" if both else "",
        f"for {missing} an Allow is missing" if missing else "",
    ]
    return alt_text(f"Of {count(len(every), 'request')}, ", parts, ".")


# -- the picture -----------------------------------------------------------------------------------


def _looks(decision: Decision) -> dict[str, Look]:
    """Return how a request looks in each grid."""
    allows, denies, verdict = _allows(decision), bool(decision.denies), look(decision.verdict)
    on_top = (OVER if allows else ALONE) if denies else NOT_ENOUGH if allows else SILENT
    looks = [ALLOWS if allows else NOTHING, DENIES if denies else NOTHING, verdict]
    looks.append(verdict if decision else on_top)
    return dict(zip((*SIDE_BY_SIDE, *ON_TOP), looks, strict=True))


def _grid(
    every: Sequence[Decision],
    actions: Sequence[str],
    resources: Sequence[str],
    names: Mapping[str, str],
) -> Scene:
    """Return a row for each action, and in each grid a column for each resource."""
    panels = SIDE_BY_SIDE if len(resources) <= BESIDE else ON_TOP
    keys = list(product(panels, resources))
    looks = {
        (decision.request.action, decision.request.resource): _looks(decision) for decision in every
    }
    nodes = [
        Node(action, action, cells={
            (panel, resource): Cell(look=looks[action, resource][panel]) for panel, resource in keys
        })
        for action in actions
    ]  # fmt: skip
    titles = {
        (panel, resource): Column(f"{names[resource]}, {panel}", names[resource], panel)
        for panel, resource in keys
    }
    return Scene(nodes, columns=titles)
