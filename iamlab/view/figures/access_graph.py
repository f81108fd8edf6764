"""The access graph: who reaches what, by which policy, and what cuts the way.

One caller, one action, one resource. Columns from left to right: the caller, the groups that it is
in, the policies that reach it, their statements, the resource. The way that carries the Allow is
bold; a Deny stands on the line that it cuts; all else is pale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import LAYERS
from iamlab.view.drawing.sheet import ROW, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.access_rows import (
    Key,
    Row,
    alt_of,
    caption_of,
    key_of,
    lines_of,
    rows_of,
    short_name,
    table_row,
)
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    INK,
    LIT_AREA,
    PALE_INK,
    PALE_LINE,
    PAPER,
    look,
)

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.world.gather import Caller
    from iamlab.world.world import World

COLUMNS = {"caller": 0.15, "group": 1.95, "policy": 3.8, "statement": 6.3, "resource": 9.45}
WIDTHS = {"caller": 1.45, "group": 1.5, "policy": 2.15, "statement": 2.35, "resource": 2.3}
WIDTH = 11.9
TOP = 0.75
GATE = 0.4  # the first gate's distance from the resource


def access_graph(
    world: World,
    caller: Caller,
    action: str,
    resource: str,
    *,
    context: dict[str, ContextValue] | None = None,
) -> Figure:
    """Draw why one request is allowed or denied.

    Parameters
    ----------
    world, caller, action, resource, context
        As in ``World.can``.
    """
    return draw_decision(world.can(caller, action, resource, context=context))


def draw_decision(decision: Decision) -> Figure:
    """Draw a decision as an access graph."""
    rows = rows_of(decision)
    return Figure.on(
        _draw(decision, rows),
        alt=alt_of(decision),
        caption=caption_of(decision),
        rows=tuple(table_row(row) for row in rows),
        lines=tuple(lines_of(decision, rows)),
    )


def _draw(decision: Decision, rows: list[Row]) -> Sheet:
    inner = [row for row in rows if row.layer in ("identity", "resource")]
    ceilings = [row for row in rows if row.layer in ("boundary", "session")]
    order = sorted(inner, key=lambda row: (row.layer == "resource", row.group, row.policy))
    last = TOP + (max(len(order), 1) - 1) * ROW
    # Room below for the resource's two notes, and for the names of gates.
    height = max(last + 0.4, (TOP + last) / 2 + 0.7) + (0.3 if ceilings else 0)
    sheet = Sheet(WIDTH, height)
    for column, left in COLUMNS.items():
        if column != "group" or any(row.group for row in rows):
            sheet.heading(left, 0.28, column.upper())
    heights = [TOP + i * ROW for i in range(len(order))]
    middle = (TOP + TOP + (max(len(order), 1) - 1) * ROW) / 2
    _boxes(sheet, decision, order, heights, middle, ceilings)
    return sheet


def _boxes(
    sheet: Sheet,
    decision: Decision,
    order: list[Row],
    heights: list[float],
    middle: float,
    ceilings: list[Row],
) -> None:
    verdict = look(decision.verdict)
    caller_name, caller_kind = short_name(decision.request.principal)
    caller = Box(
        COLUMNS["caller"], middle, WIDTHS["caller"], caller_name, caller_kind,
        area=LIT_AREA, bold=True,
    )  # fmt: skip
    resource_name, resource_kind = short_name(decision.request.resource)
    resource = Box(
        COLUMNS["resource"], middle, WIDTHS["resource"], resource_name,
        f"{verdict.symbol} {verdict.word}", colour=verdict.colour, area=verdict.area, bold=True,
    )  # fmt: skip
    sheet.box(caller)
    sheet.box(resource)
    sheet.note(resource.x, middle + 0.36, decision.request.action, INK)
    sheet.note(resource.x, middle + 0.53, resource_kind, PALE_INK)
    carrying = {hit.address for hit in decision.determining} if decision else set()
    allowing = {hit.address for layer in LAYERS for hit in decision.heard[layer].allows}
    gate = resource.x - GATE if decision.shut and ceilings else None
    groups = _group_boxes(order, heights)
    policies = _policy_boxes(order, heights)
    for row, y in zip(order, heights, strict=True):
        address = f"{row.policy}/{row.label}"
        allows = row.applies and row.effect == "Allow"
        denies = row.applies and row.effect == "Deny"
        bold = address in (carrying or allowing) and allows
        colour = ALLOW if allows else DENY if denies else PALE_INK
        line = ALLOW if allows else DENY if denies else PALE_LINE
        policy = policies[key_of(row)]
        statement = Box(
            COLUMNS["statement"],
            y,
            WIDTHS["statement"],
            _statement_text(row),
            _statement_note(row),
            colour,
            ALLOW_AREA if allows else DENY_AREA if denies else PAPER,
            bold=bold or denies,
            dashed=not row.applies,
        )
        sheet.box(statement)
        sheet.line(policy.right, statement.left, line, bold=bold or denies)
        _way_to(sheet, caller, groups, policy, row, line, bold=bold or denies)
        if allows:
            if decision.denies:
                cut = _cut(y, resource)
                sheet.line(statement.right, cut, line, bold=bold)
                sheet.line(cut, resource.left, PALE_LINE, dashed=True, arrow=True)
            else:
                end = (gate, resource.y) if gate else resource.left
                sheet.line(statement.right, end, line, bold=bold, arrow=not gate)
    for box in (*groups.values(), *policies.values()):
        sheet.box(box)
    _cuts(sheet, decision, order, heights, resource)
    _gates(sheet, decision, ceilings, heights, resource)


def _way_to(
    sheet: Sheet,
    caller: Box,
    groups: dict[str, Box],
    policy: Box,
    row: Row,
    colour: str,
    *,
    bold: bool,
) -> None:
    """Draw the way from the caller to a policy, through its group."""
    if row.layer == "resource":
        return  # it hangs on the resource, not on the caller
    if row.group:
        group = groups[row.group]
        sheet.line(caller.right, group.left, colour, bold=bold)
        sheet.line(group.right, policy.left, colour, bold=bold)
    else:
        beside = (COLUMNS["group"], policy.y)  # past the groups on its own level
        sheet.line(caller.right, beside, colour, bold=bold)
        sheet.line(beside, policy.left, colour, bold=bold)


def _group_boxes(order: list[Row], heights: list[float]) -> dict[str, Box]:
    places: dict[str, list[float]] = {}
    for row, y in zip(order, heights, strict=True):
        if row.group:
            places.setdefault(row.group, []).append(y)
    leading = {row.group for row in order if row.applies}
    return {
        name: Box(
            COLUMNS["group"],
            sum(ys) / len(ys),
            WIDTHS["group"],
            name,
            colour=INK if name in leading else PALE_INK,
        )
        for name, ys in places.items()
    }


def _policy_boxes(order: list[Row], heights: list[float]) -> dict[Key, Box]:
    places: dict[Key, list[float]] = {}
    for row, y in zip(order, heights, strict=True):
        places.setdefault(key_of(row), []).append(y)
    rows = {key_of(row): row for row in order}
    leading = {key_of(row) for row in order if row.applies}
    return {
        key: Box(
            COLUMNS["policy"],
            sum(ys) / len(ys),
            WIDTHS["policy"],
            rows[key].policy,
            rows[key].kind,
            colour=INK if key in leading else PALE_INK,
        )
        for key, ys in places.items()
    }


def _statement_text(row: Row) -> str:
    if not row.effect:
        return f"○ {row.label}"
    symbol = "○" if not row.applies else "✓" if row.effect == "Allow" else "✕"
    return f"{symbol} {row.effect} {row.label}"


def _statement_note(row: Row) -> str:
    if row.applies:
        return ""
    if not row.effect:
        return "none applies"
    return f"does not apply: {row.miss.partition(':')[0]}"


def _cut(y: float, resource: Box) -> tuple[float, float]:
    """Say where a Deny cuts the line that leaves a statement at this height."""
    x = (COLUMNS["statement"] + WIDTHS["statement"] + resource.x) / 2
    return x, (y + resource.y) / 2


def _cuts(
    sheet: Sheet, decision: Decision, order: list[Row], heights: list[float], resource: Box
) -> None:
    """Put each Deny on the lines that it cuts, or before the resource if nothing is allowed."""
    denying = [
        y for row, y in zip(order, heights, strict=True) if row.applies and row.effect == "Deny"
    ]
    allowing = [
        y for row, y in zip(order, heights, strict=True) if row.applies and row.effect == "Allow"
    ]
    if not decision.denies:
        return
    cuts = [_cut(y, resource) for y in allowing] or [_cut(resource.y, resource)]
    for y in denying:
        start = (COLUMNS["statement"] + WIDTHS["statement"], y)
        for cut in cuts:
            sheet.line(start, cut, DENY, bold=True)
    for cut in cuts:
        sheet.mark(cut, "✕", DENY)


def _gates(
    sheet: Sheet, decision: Decision, ceilings: list[Row], heights: list[float], resource: Box
) -> None:
    """Draw each ceiling as a gate before the resource: open, or shut."""
    top = min([*heights, resource.y]) - 0.2
    bottom = max([*heights, resource.y]) + 0.2
    for place, layer in enumerate(dict.fromkeys(row.layer for row in ceilings)):
        x = resource.x - GATE - 0.3 * place
        heard = decision.heard[layer]
        is_open = bool(heard.allows) and not heard.denies
        colour = ALLOW if is_open else DENY if heard.denies else INK
        sheet.gate(x, top, bottom, colour, open_at=resource.y if is_open else None)
        words = f"{layer} {'✓ open' if is_open else '✕ denies' if heard.denies else '○ shut'}"
        sheet.note(x, bottom + 0.13 + 0.18 * place, words, colour, align="center")
