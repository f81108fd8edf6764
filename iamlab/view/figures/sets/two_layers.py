"""Allow and deny as two layers: what the one covers, what the other covers, and what is left.

Each cell is a request. For few resources three grids are side by side; for more, both layers are in
one grid, on top of each other. Where there is no more room, the last row and column count.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.policy.arn import PARTS, is_arn
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, height_of, widest
from iamlab.view.drawing.shapes import Ink, Tiles
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.given import check, texts
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW_AREA, DENY_FILL, INK, PALE_INK, PAPER, Look, look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure

T = TypeVar("T")

MOST = 20
"""The largest number of actions or resources in the picture; of more, the others are counted."""
BESIDE = 6
"""The largest number of resources for which the grids are side by side."""
CELL, ROW_HEIGHT, GAP = 0.6, 0.34, 0.56
ACTIONS_ROOM, NAMES_ROOM, SLOPE = 1.9, 1.75, 40
HEADINGS, SAMPLE = 0.42, 0.3
HATCH = "//"
"""Over what Denies cover, and nothing else: they are on top."""
NUMBERS = "numbers: so many of the others"
ALLOWED, SILENT = look(Verdict.ALLOWED), replace(look(Verdict.IMPLICIT_DENY), hatch="")
DENIED = replace(look(Verdict.EXPLICIT_DENY), hatch=HATCH)
NOTHING = Look("", "", PALE_INK, PAPER)
ALLOWS, DENIES = replace(ALLOWED, word="an Allow"), replace(DENIED, word="a Deny")
OVER = replace(DENIED, word="a Deny over an Allow", area=ALLOW_AREA)
ALONE = replace(DENIED, word="a Deny over nothing")
CUT = replace(SILENT, word="an Allow that is not enough", area=ALLOW_AREA)
VERDICTS = {Verdict.ALLOWED: ALLOWED, Verdict.EXPLICIT_DENY: DENIED, Verdict.IMPLICIT_DENY: SILENT}
COUNTED = (ALLOWS, DENIES, ALLOWED)
"""The looks that are counted where there is no room for cells."""
SIDE_BY_SIDE, ON_TOP = ("Allows cover", "Denies cover", "what is left"), ("Denies over Allows",)
"""The grids."""
LEGENDS = {SIDE_BY_SIDE: (ALLOWED, DENIED, SILENT), ON_TOP: (ALLOWED, OVER, ALONE, CUT, SILENT)}


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
        It isn't a world, there is no action or no resource, or a request is impossible.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, README, scenario
    >>> world = scenario("stack")
    >>> print(two_layers(world, world.user("alice"), ["s3:GetObject"], [MAP, README]).as_text())
    s3:GetObject on star-maps/m31.fits: an Allow, no Deny: ✓ allowed
    s3:GetObject on star-maps/drafts/readme.txt: an Allow, a Deny: ✕ explicit deny
    """
    check("two_layers", world, World)
    actions, resources = texts("action", actions), texts("resource", resources)
    if not actions or not resources:
        raise RequestError("Name at least one action and one resource.")
    names = _names(resources)
    every = [authorize(world, principal, *pair) for pair in product(actions, resources)]
    return Scene([_node(decision, names) for decision in every]).figure(
        lambda _: _draw(list(map(_looks, every)), actions, list(names.values())),
        alt=_alt(principal, every, names),
        caption="The layer of Denies lies on top: what it covers is gone, whatever lies below.",
        is_graph=False,
    )


def _names(resources: Sequence[str]) -> dict[str, str]:
    """Name resources by the last part of their ARNs, as long as that tells them apart."""
    names = {one: one.split(":", PARTS - 1)[-1] if is_arn(one) else one for one in resources}
    last = list(names.values())
    return {one: name if name and last.count(name) == 1 else one for one, name in names.items()}


def _allows(decision: Decision) -> bool:
    """Whether a layer that can grant allows it; the Allow of a ceiling covers nothing."""
    steps = map(decision.trace.step, ("identity", "resource", "grant"))
    return any(step.found.allows for step in steps)


def _node(decision: Decision, names: Mapping[str, str]) -> Node:
    request, allows, denies = decision.request, _allows(decision), bool(decision.denies)
    name = f"{request.action} on {names[request.resource]}"
    covers = f"{'an' if allows else 'no'} Allow, {'a' if denies else 'no'} Deny"
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
    name = getattr(caller, "name", None) or every[0].request.principal
    groups = {
        f"{shorten(str(name), 36)} may do": [one for one in every if one],
        "the Denies stop": [one for one in every if one.denies],
    }
    parts = []
    for words, group in groups.items():
        requests = [
            f"{shorten(one.request.action, 26)} on {shorten(names[one.request.resource], 28)}"
            for one in group
        ]
        which = f"{len(group)}: {listed(requests, 2, length=60)}" if group else "none"
        parts.append(f"{words} {which}")
    if both := sum(_allows(one) and bool(one.denies) for one in every):
        parts.append(f"an Allow covers {both} of these, too")
    if rest := sum(not one and not one.denies for one in every):
        parts.append(f"for {rest} an Allow is missing")
    return told(f"Of {count(len(every), 'request')}, ", parts, ".")


# -- the picture -----------------------------------------------------------------------------------


def _looks(decision: Decision) -> dict[str, Look]:
    """Return how a request looks in each grid."""
    allows, denies = _allows(decision), bool(decision.denies)
    verdict = VERDICTS[decision.verdict]
    on_top = (OVER if allows else ALONE) if denies else CUT if allows else SILENT
    looks = [ALLOWS if allows else NOTHING, DENIES if denies else NOTHING, verdict]
    looks.append(verdict if decision else on_top)
    return dict(zip((*SIDE_BY_SIDE, *ON_TOP), looks, strict=True))


def _draw(
    requests: Sequence[Mapping[str, Look]], actions: Sequence[str], resources: Sequence[str]
) -> Sheet:
    grids = SIDE_BY_SIDE if len(resources) <= BESIDE else ON_TOP
    down, across = _labels(actions), _labels(resources)
    left = MARGIN + min(ACTIONS_ROOM, widest(down, SMALL)) + 0.15
    slanted = min(NAMES_ROOM, widest(across, SMALL))
    beyond = (slanted + height_of(SMALL)) * cos(radians(SLOPE))  # the last label leans over it
    room = PAGE - left - beyond - (len(grids) - 1) * GAP
    width = min(CELL, room / (len(grids) * len(across)))
    top = HEADINGS + slanted * sin(radians(SLOPE)) + 0.2
    step, bottom = len(across) * width + GAP, top + len(down) * ROW_HEIGHT
    sheet = Sheet(left + len(grids) * step - GAP + MARGIN, bottom)
    for number, action in enumerate(down):
        y, is_fact = top + (number + 0.5) * ROW_HEIGHT, action in actions
        sheet.note(MARGIN, y, action, INK, room=ACTIONS_ROOM, fact=is_fact)
    starts = range(0, len(requests), len(resources))
    rows = _grouped([_grouped(requests[start : start + len(resources)]) for start in starts])
    for place, grid in enumerate(grids):
        if place:
            words = ("minus", "is")[place - 1]
            sheet.note(left - GAP / 2, (top + bottom) / 2, words, INK, align="center", fact=False)
        sheet.heading(left, 0.2, grid.upper())
        for number, name in enumerate(across):
            x, is_fact = left + (number + 0.5) * width - 0.05, name in resources
            style = {"rotation": SLOPE, "room": NAMES_ROOM}
            sheet.note(x, top - 0.08, name, INK, fact=is_fact, **style)
        covered: list[Point] = []
        for row, column in product(range(len(down)), range(len(across))):
            corner = left + column * width, top + row * ROW_HEIGHT
            looks = [one[grid] for groups in rows[row] for one in groups[column]]
            if _cell(sheet, corner, width, looks).hatch:
                covered.append(corner)
        _hatch(sheet, covered, (width, ROW_HEIGHT))
        left += step
    shown = {one[grids[-1]] for one in requests}
    numbers = "" if max(len(actions), len(resources)) <= MOST else NUMBERS
    if numbers and grids is ON_TOP:
        numbers += " are allowed"
    _legend(sheet, bottom, [seen for seen in LEGENDS[grids] if seen in shown], numbers)
    return sheet


def _legend(sheet: Sheet, bottom: float, looks: Sequence[Look], numbers: str) -> None:
    legend = Legend(sheet, MARGIN, bottom + 0.3)
    for seen in looks:
        x, y = legend.place(SAMPLE, str(seen), seen.colour)
        sheet.area((x, y - 0.09), (SAMPLE, 0.18), seen.area)
        _hatch(sheet, [(x, y - 0.09)] if seen.hatch else [], (SAMPLE, 0.18))
    if numbers:
        legend.place(0, numbers, INK)


def _labels(names: Sequence[str]) -> list[str]:
    """Return the names for which there is room, and the number of the others."""
    groups = _grouped(names)
    return [group[0] if len(group) == 1 else f"{len(group)} more" for group in groups]


def _grouped(parts: Sequence[T]) -> list[Sequence[T]]:
    """Return groups of one, and one group of those for which there is no room."""
    if len(parts) <= MOST:
        return [[part] for part in parts]
    return [*([part] for part in parts[: MOST - 1]), parts[MOST - 1 :]]


def _cell(sheet: Sheet, corner: Point, width: float, looks: Sequence[Look]) -> Look:
    """Draw a request, or the number of those that count among several; return its look."""
    x, y = corner[0] + width / 2, corner[1] + ROW_HEIGHT / 2
    seen = looks[0] if len(looks) == 1 else NOTHING
    sheet.area(corner, (width, ROW_HEIGHT), seen.area)
    style: dict[str, Any] = {"align": "center", "fact": False}
    if len(looks) > 1:
        number = str(sum(one in COUNTED for one in looks))
        sheet.note(x, y, number, INK, room=width, **style)
    else:
        on_line = bool(seen.hatch)
        sheet.text(x, y, seen.symbol, seen.colour, size=12, face="bold", on_line=on_line, **style)
    return seen


def _hatch(sheet: Sheet, corners: Sequence[Point], size: Point) -> None:
    """Put the layer of Denies over some cells: lines that a print in black and white has, too."""
    if corners:
        ink = Ink(hatch=HATCH, hatch_colour=DENY_FILL, opacity=0.6, layer=3)
        sheet.draw(Tiles(tuple((corner, size) for corner in corners), ink))
