"""The access graph: who reaches what, by which policy, and what cuts the way.

One caller, one action, one resource. Columns from left to right: the caller, the groups that it is
in or the role that it has assumed, policies, statements, and at the right the way to the resource.
What carries the Allow is bold; a Deny stands on the line that it cuts; all else is pale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.view.drawing.measure import SMALL, TITLE, widest, wrap
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.access.access_chain import drawn
from iamlab.view.figures.access.access_network import graph_of
from iamlab.view.figures.access.access_plan import is_straight, plan_of
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES
from iamlab.view.figures.access.access_scene import scene_of
from iamlab.view.figures.access.access_trunk import (
    BROKEN,
    DISC,
    LINES,
    PALE,
    draw_straight,
    draw_trunk,
    joint_of,
)
from iamlab.view.figures.access.access_words import (
    CALLERS,
    NO_POLICIES,
    RESOURCES,
    alt_of,
    caption_of,
    lines_of,
    table_of,
)
from iamlab.view.given import check
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    INK,
    LIT_AREA,
    PALE_INK,
    PAPER,
    look,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.operations.sts.session import Session
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figures.access.access_plan import Plan
    from iamlab.view.figures.access.access_scene import Scene
    from iamlab.view.figures.access.access_ways import Way


def access_graph(decision: Decision, *, session: Session | None = None) -> Figure:
    """Draw why one request is allowed or denied.

    Parameters
    ----------
    decision
        As ``World.can`` gives it.
    session
        The session that asked: the chain of credentials that led to it is drawn, too.

    Raises
    ------
    RequestError
        It is no decision, or it was not this session that asked.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(access_graph(world.can(world.user("alice"), "s3:GetObject", MAP)).caption)
    May alice do s3:GetObject on star-maps/m31.fits? ✓ Allowed.
    """
    check("access_graph", decision, Decision)
    scene = scene_of(decision, session)
    return Figure.on(
        _draw(scene, plan_of(scene)),
        alt=alt_of(scene),
        caption=caption_of(scene),
        rows=table_of(scene),
        lines=lines_of(scene),
        graph=lambda: graph_of(scene),
    )


def _draw(scene: Scene, plan: Plan) -> Sheet:
    sheet = Sheet()
    _fields(sheet, scene, plan)
    _headings(sheet, scene, plan)
    caller = _caller(sheet, scene, plan)
    start = _role(sheet, scene, plan, caller)
    statements = _ways(sheet, scene, plan, caller, start)
    if not scene.identity and any(stop.kind == "own" for stop in scene.stops.all):
        _nothing(sheet, start, plan, joint_of(scene, plan))
    resource = _resource(sheet, scene, plan)
    if is_straight(scene):
        draw_straight(sheet, scene, plan, statements, resource)
    else:
        draw_trunk(sheet, scene, plan, caller, statements, resource)
    if scene.decision.request.refusal:
        said = f"AWS answers: {scene.decision.request.refusal}"
        y = sheet.height + 0.1
        for line in wrap(said, min(sheet.width, PAGE) - 2 * MARGIN, most=3):
            sheet.text(MARGIN, y, line, DENY, fact=False)
            y += 0.2
    return sheet


def _fields(sheet: Sheet, scene: Scene, plan: Plan) -> None:
    """Draw the accounts; the title of the resource's stands above its policies."""
    accounts = {CALLERS: scene.here, RESOURCES: scene.there}
    if scene.is_outsider:
        del accounts[CALLERS]
    for (left, top, right, bottom), (whose, account) in zip(
        plan.fields, accounts.items(), strict=False
    ):
        sheet.field(left, top, right - left, bottom - top, "")
        # Where lines lead down to a caller or a policy, the title stands beside them.
        x = plan.columns["policy" if whose == RESOURCES or scene.links else "caller"][0]
        number, name = account
        words = f"{number}, {whose}" if name else whose
        room = plan.trunk - x - 0.25 - widest([words], SMALL)
        title = name or f"account {number}"
        taken = sheet.text(x, top + 0.2, title, size=TITLE, face="bold", room=room)
        sheet.note(x + taken + 0.12, top + 0.21, words)


def _headings(sheet: Sheet, scene: Scene, plan: Plan) -> None:
    words = {
        "caller": "PRINCIPAL",
        "group": "ASSUMED ROLE" if scene.role else "GROUP",
        "policy": "POLICY",
        "statement": "STATEMENT",
        "resource": "RESOURCE" if is_straight(scene) else "WAY TO THE RESOURCE",
    }
    if scene.links:
        del words["caller"]  # the chain that leads to the caller has a heading already
    for name, word in words.items():
        if name in plan.columns:
            sheet.heading(plan.columns[name][0], plan.heading, word)


def _caller(sheet: Sheet, scene: Scene, plan: Plan) -> Box:
    """Draw the caller, and above it what led to its credentials."""
    x, width = plan.columns["caller"]
    caller = Box(x, plan.caller, width, scene.who, scene.who_note, area=LIT_AREA, bold=True)
    links = drawn(scene.links)
    if links:
        sheet.heading(x, plan.links[0] - 0.4, "WHO GOT CREDENTIALS FROM WHOM")
    boxes = [
        Box(x, y, width, link.name, link.note) for link, y in zip(links, plan.links, strict=True)
    ]
    for link, box, below in zip(links, boxes, [*boxes, caller][1:], strict=True):
        sheet.box(box)
        sheet.note(x + width + 0.12, box.y, link.times)
        sheet.straight(box.bottom, below.top, INK, arrow=True)
        sheet.note(box.bottom[0] + 0.1, box.bottom[1] + 0.17, link.leads_by, INK)
    sheet.box(caller)
    return caller


def _role(sheet: Sheet, scene: Scene, plan: Plan, caller: Box) -> Box:
    """Draw the role whose session calls, and give what its policies hang on."""
    if not scene.role:
        return caller
    x, width = plan.columns["group"]
    speaks = any(way.applies for way in scene.ways)
    role = Box(x, plan.caller, width, scene.role, "assumed role", INK if speaks else PALE_INK)
    sheet.line(caller.right, role.left, **_strongest(scene.identity))
    sheet.box(role)
    return role


def _strongest(ways: Sequence[Way]) -> Mapping[str, Any]:
    """Give the look of a line that several ways share."""
    for does in (ALLOWS, DENIES):
        if any(way.does == does for way in ways):
            return LINES[does]
    return PALE


def _ways(sheet: Sheet, scene: Scene, plan: Plan, caller: Box, start: Box) -> list[tuple[Way, Box]]:
    """Draw what leads from the caller to each statement, and give the statements' boxes."""
    policies: dict[tuple[str, ...], list[tuple[Way, float]]] = {}
    groups: dict[str, list[tuple[Way, float]]] = {}
    for way, y in zip(scene.ways, plan.ways, strict=True):
        policies.setdefault(way.key, []).append((way, y))
        if way.group:
            groups.setdefault(way.group, []).append((way, y))
    group_boxes = {name: _mean(plan.columns["group"], own, name) for name, own in groups.items()}
    for name, box in group_boxes.items():
        sheet.line(start.right, box.left, **_strongest([way for way, _ in groups[name]]))
        sheet.box(box)
    statements = []
    for own in policies.values():
        first = own[0][0]
        box = _mean(plan.columns["policy"], own, first.policy, first.kind)
        sheet.box(box)
        style = _strongest([way for way, _ in own])
        if first.side == "identity" and first.group:
            sheet.line(group_boxes[first.group].right, box.left, **style)
        elif first.side == "identity":
            _past_groups(sheet, plan, start, box, style)
        elif any(way.names for way, _ in own):
            _past_groups(sheet, plan, caller, box, style)
        for way, y in own:
            statement = _statement(plan, way, y)
            sheet.line(box.right, statement.left, **LINES.get(way.does, PALE))
            sheet.box(statement)
            statements.append((way, statement))
    return statements


def _nothing(sheet: Sheet, start: Box, plan: Plan, joint: Point) -> None:
    """Show that no policy leads on from the caller."""
    sheet.line(start.right, (joint[0] - DISC, joint[1]), **BROKEN)
    words_at = plan.columns["policy"][0], start.y
    sheet.note(*words_at, NO_POLICIES, on_line=True)


def _mean(
    column: tuple[float, float], own: Sequence[tuple[Way, float]], text: str, note: str = ""
) -> Box:
    """Give a box in the middle of the ways that lead through it."""
    y = sum(y for _, y in own) / len(own)
    colour = INK if any(way.applies for way, _ in own) else PALE_INK
    return Box(column[0], y, column[1], text, note, colour)


def _past_groups(
    sheet: Sheet, plan: Plan, start: Box, policy: Box, style: Mapping[str, Any]
) -> None:
    """Lead a line to a policy, past the groups on the policy's own level."""
    left, _ = plan.columns.get("group", plan.columns["policy"])
    beside = [(left, policy.y)] if "group" in plan.columns and start.x < left else []
    sheet.line(start.right, policy.left, via=beside, **style)


def _statement(plan: Plan, way: Way, y: float) -> Box:
    x, width = plan.columns["statement"]
    colour, area = _STATEMENTS.get(way.does, (PALE_INK, PAPER))
    return Box(
        x, y, width, way.text, way.note or way.names, colour, area,
        bold=way.applies, dashed=not way.applies,
    )  # fmt: skip


_STATEMENTS = {ALLOWS: (ALLOW, ALLOW_AREA), DENIES: (DENY, DENY_AREA)}


def _resource(sheet: Sheet, scene: Scene, plan: Plan) -> Box:
    seen = look(scene.decision.verdict)
    x, width = plan.columns["resource"]
    box = Box(x, plan.resource, width, scene.what, str(seen), seen.colour, seen.area, bold=True)
    sheet.box(box)
    sheet.note(x, plan.resource + 0.36, scene.decision.request.action, INK, room=width)
    sheet.note(x, plan.resource + 0.53, scene.what_note, room=width)
    return box
