"""Allow and deny as two layers: what the one covers, what the other covers, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.verdict import Verdict
from iamlab.view.drawing.sheet import Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    INK,
    PALE_INK,
    PAPER,
    Look,
    look,
)
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.world.gather import Caller
    from iamlab.world.world import World

CELL, ROW_HEIGHT, GAP = 0.62, 0.36, 0.75
NAMES_WIDTH, TOP = 1.95, 1.8
NOTHING = Look("", "", PALE_INK, PAPER)
ALLOWS, DENIES = Look("✓", "an Allow", ALLOW, ALLOW_AREA), Look("✕", "a Deny", DENY, DENY_AREA)


def two_layers(
    world: World, caller: Caller, actions: Sequence[str], resources: Sequence[str]
) -> Figure:
    """Draw for each action and resource what Allows cover, what Denies cover, and what is left.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, README, scenario
    >>> world = scenario("stack")
    >>> print(two_layers(world, world.user("alice"), ["s3:GetObject"], [MAP, README]).as_text())
    s3:GetObject on star-maps/m31.fits: an Allow, no Deny: ✓ allowed
    s3:GetObject on star-maps/drafts/readme.txt: an Allow, a Deny: ✕ explicit deny
    """
    grid = [[world.can(caller, action, resource) for resource in resources] for action in actions]
    columns = [resource.rpartition(":")[2] for resource in resources]
    width = NAMES_WIDTH + 3 * len(columns) * CELL + 2 * GAP + 0.2
    bottom = TOP + len(actions) * ROW_HEIGHT
    sheet = Sheet(width, bottom + 0.5)
    legend = [f"{seen.symbol} {seen.word}" for seen in map(look, Verdict)]
    sheet.note(width - 0.2, bottom + 0.25, "    ".join(legend), INK, align="right")
    for row, action in enumerate(actions):
        sheet.note(0.1, TOP + (row + 0.5) * ROW_HEIGHT, shorten(action, 26), INK)
    panels = ("Allows cover", "Denies cover", "what is left")
    for number, heading in enumerate(panels):
        left = NAMES_WIDTH + number * (len(columns) * CELL + GAP)
        sheet.heading(left, 0.2, heading.upper())
        for column, name in enumerate(columns):
            x = left + (column + 0.5) * CELL
            sheet.note(x - 0.08, TOP - 0.1, shorten(name, 28), INK, rotation=40)
            for row, decisions in enumerate(grid):
                seen = _look(decisions[column], number)
                place = (left + column * CELL, TOP + row * ROW_HEIGHT)
                sheet.cell(place, (CELL, ROW_HEIGHT), seen)
        if number < len(panels) - 1:
            sign = ("minus", "is")[number]
            x = left + len(columns) * CELL + GAP / 2
            sheet.note(x, (TOP + bottom) / 2, sign, INK, align="center")
    every = [decision for decisions in grid for decision in decisions]
    return Figure.on(
        sheet,
        alt=_alt(caller, every),
        caption="The layer of Denies lies on top: what it covers is gone, whatever lies below.",
        rows=tuple(map(_row, every)),
        lines=tuple(map(_line, every)),
    )


def _allows(decision: Decision) -> bool:
    granters = [layer for layer in LAYERS if layer not in CEILINGS]
    return any(decision.heard[layer].allows for layer in granters)


def _look(decision: Decision, panel: int) -> Look:
    if panel == 0:
        return ALLOWS if _allows(decision) else NOTHING
    if panel == 1:
        return DENIES if decision.denies else NOTHING
    return look(decision.verdict)


def _alt(caller: Caller, every: list[Decision]) -> str:
    name = getattr(caller, "name", caller)
    allowed, denied = sum(map(_allows, every)), sum(bool(one.denies) for one in every)
    both = sum(_allows(one) and bool(one.denies) for one in every)
    left = sum(one.verdict is Verdict.ALLOWED for one in every)
    return (
        f"Of {len(every)} requests of {name}, Allows cover {allowed} and Denies {denied}. "
        f"{both} lie under both, and there the Deny counts; {left} are left."
    )


def _row(decision: Decision) -> dict[str, str]:
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        "an Allow": "yes" if _allows(decision) else "no",
        "a Deny": "yes" if decision.denies else "no",
        "verdict": str(decision.verdict),
    }


def _line(decision: Decision) -> str:
    asked = decision.request
    covers = (
        "an Allow" if _allows(decision) else "no Allow",
        "a Deny" if decision.denies else "no Deny",
    )
    what = asked.resource.rpartition(":")[2]
    verdict = f"{decision.verdict.symbol} {decision.verdict}"
    return f"{asked.action} on {what}: {', '.join(covers)}: {verdict}"
