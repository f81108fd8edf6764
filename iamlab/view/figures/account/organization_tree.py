"""The organization tree: root, OUs and accounts, with the policies that hang on each.

The tree is written like folders: what is in something stands below it and further to the right, so
that a large organization is only longer. Beside each place stand the policies that hang on it; of a
request, what they say of it. The way from the root to the account is bold until a place stops it.

Notes
-----
AWS pages: "Viewing the details of an organization"; "SCP evaluation"; "How RCPs work with AWS
Organizations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import RCP, SCP, TYPES
from iamlab.view.drawing.measure import SMALL, TEXT, Face, widest, wrap
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.account.organization_rows import (
    CALLER,
    LAYER_OF,
    MANAGEMENT,
    RESOURCE,
    Row,
    Said,
    ends_of,
    folded,
    rows_of,
    types_of,
)
from iamlab.view.figures.names import short_name
from iamlab.view.given import check
from iamlab.view.style import (
    ABSENT,
    ALLOW,
    DENY,
    DENY_AREA,
    INK,
    LIT_AREA,
    PALE_INK,
    PALE_LINE,
    PAPER,
    look,
)
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import networkx as nx

MOST = 60
"""So many places are drawn; beyond, they are counted."""

INDENT = 0.3
"""How much further to the right a place stands than what it is in."""
BOX = 2.5
"""How wide its box is."""
TOP = 0.42
"""Where the first row begins."""
HEIGHT, LIT_HEIGHT = 0.3, 0.44
BETWEEN, LIT_BETWEEN = 0.045, 0.085
"""Above and below a box, and where something is said beside it."""
LINE = 0.19
ROOM = 3.4
"""How wide a column of policies is at most."""
GAP = 0.25
DEEPEST = 6
"""So many steps are indented: a root, five levels of OUs, as AWS has at most, and an account."""
TITLES = {SCP: "service control policies", RCP: "resource control policies"}
SHORT = {SCP: "SCP", RCP: "RCP"}


def organization_tree(organization: Organization, decision: Decision | None = None) -> Figure:
    """Draw an organization, and the way of a request through it.

    Parameters
    ----------
    organization
        Its root, OUs, accounts and policies are drawn.
    decision
        Whose way is lit: by what the SCPs above the caller's account say, and the RCPs above the
        resource's.

    Raises
    ------
    RequestError
        One of them is something else, or the decision is of another organization.

    Examples
    --------
    >>> from iamlab.teach.acme import OLD_MAP, observatory
    >>> world = observatory()
    >>> decision = world.can(world.role("archivist"), "s3:DeleteObject", OLD_MAP)
    >>> (organization,) = world.organizations.values()
    >>> alt = organization_tree(organization, decision).alt
    >>> alt[alt.index("at OU") :]
    'at OU Archive the SCP denies by KeepTheArchive of keep-the-archive. Verdict: explicit deny.'
    """
    check("organization_tree", organization, Organization)
    if decision is not None:
        check("organization_tree", decision, Decision)
    rows = rows_of(organization, decision)
    drawn = folded(rows, MOST)
    return Figure.on(
        _Drawing(organization, drawn, lit=decision is not None).sheet,
        alt=_alt(organization, rows, decision),
        caption=_caption(organization, decision, len(rows) - len(drawn)),
        rows=[_table_row(row) for row in rows],
        lines=_lines(organization, rows, drawn, decision),
        graph=_graph(rows),
    )


class _Drawing:
    """Draws the rows, one below the other."""

    def __init__(self, organization: Organization, rows: Sequence[Row], *, lit: bool) -> None:
        self.types = types_of(organization)
        self.lit = lit
        deepest = min(max(row.depth for row in rows), DEEPEST)
        self.left = MARGIN + deepest * INDENT + BOX + GAP  # where the policies begin
        columns = max(len(self.types), 1)
        self.room = min(ROOM, (PAGE - MARGIN - self.left - GAP * (columns - 1)) / columns)
        self.sheet = Sheet()
        self._draw(rows)

    def _draw(self, rows: Sequence[Row]) -> None:
        sheet = self.sheet
        sheet.heading(MARGIN, 0.28, "ROOT, OUS AND ACCOUNTS")
        for kind in self.types:
            sheet.heading(self._column(kind), 0.28, TITLES[kind].upper())
        bottom = TOP
        boxes: dict[str, Box] = {}
        passed: dict[str, bool] = {}
        for row in rows:
            height = LIT_HEIGHT if row.note or row.says else HEIGHT
            between = LIT_BETWEEN if row.says else BETWEEN
            y = bottom + between + height / 2
            bottom = y + height / 2 + between
            boxes[row.id] = box = self._box(row, y, height)
            if row.parent_id in boxes:
                self._branch(boxes[row.parent_id], box, row, passes=passed[row.parent_id])
            stopped = any(said.stops for said in row.says.values())
            passed[row.id] = passed.get(row.parent_id, True) and not stopped
            self._policies(row, y)
        for box in boxes.values():
            sheet.box(box)

    def _column(self, kind: str) -> float:
        return self.left + self.types.index(kind) * (self.room + GAP)

    def _box(self, row: Row, y: float, height: float) -> Box:
        x = MARGIN + min(row.depth, DEEPEST) * INDENT
        stops = any(said.stops for said in row.says.values())
        colour = DENY if stops else INK if row.is_lit or not self.lit else PALE_INK
        area = DENY_AREA if stops else LIT_AREA if row.is_end else PAPER
        return Box(x, y, BOX, row.title, row.note, colour, area, bold=row.is_lit, height=height)

    def _branch(self, parent: Box, box: Box, row: Row, *, passes: bool) -> None:
        """Lead a line from what something is in down to it; bold, if a request comes along it."""
        x = parent.x + INDENT / 2
        goes = row.is_lit and passes
        colour, stopped = (ALLOW if goes else PALE_LINE), row.is_lit and not passes
        self.sheet.straight((x, parent.bottom[1]), (x, box.y), colour, bold=goes, dashed=stopped)
        self.sheet.straight((x, box.y), box.left, colour, bold=goes, dashed=stopped)

    def _policies(self, row: Row, y: float) -> None:
        """Write what hangs at a place, AWS's own policy small, and below it what is said."""
        for kind in self.types:
            x, said = self._column(kind), row.says.get(kind)
            lines = self._told(said) if said else []
            top = y - len(lines) * LINE / 2
            self._names(row.policies[kind], kind, x, top)
            for number, (words, face) in enumerate(lines, 1):
                colour = said.look.colour if said else INK
                size = TEXT if face == "bold" else SMALL
                self.sheet.text(
                    x,
                    top + number * LINE,
                    words,
                    colour,
                    size=size,
                    face=face,
                    room=self.room,
                )

    def _told(self, said: Said) -> list[tuple[str, Face]]:
        """Give the lines in which something is said: the whole of it, if there is room."""
        if said.look is ABSENT:
            lines = wrap(str(said), self.room, SMALL, most=2)
            return [(line, "sans") for line in lines]
        whole = str(said) if said.stops else said.short
        if widest((whole,), TEXT, "bold") > self.room:
            whole = said.short
        return [(whole, "bold")]

    def _names(self, names: Sequence[str], kind: str, x: float, y: float) -> None:
        end = x + self.room
        own = TYPES[kind].full_access
        ordered = sorted(names, key=lambda name: name == own)
        for number, name in enumerate(ordered):
            size, colour = (SMALL, PALE_INK) if name == own else (TEXT, INK)
            more = len(ordered) - number - 1
            rest = widest((f"  +{more}",), SMALL) if more else 0.0
            room = end - x - rest
            if number and room < min(widest((name,), size), 0.9):
                self.sheet.note(x, y, f"+{more + 1}", fact=False)
                return
            x += self.sheet.text(x, y, name, colour, size=size, room=room) + 0.14


# -- in words --------------------------------------------------------------------------------------


def _alt(organization: Organization, rows: Sequence[Row], decision: Decision | None) -> str:
    name = shorten(organization.management_account.name, 30)
    if decision is None:
        units = sum(row.kind == "OU" for row in rows)
        accounts = sum(row.kind == "account" for row in rows)
        fences = [
            f"{', '.join(shorten(one, 30) for one in own)} on {shorten(row.title, 30)}"
            for row in rows
            if (own := [policy for kind in row.policies for policy in _written(row, kind)])
        ]
        head = f"{name} manages {count(accounts, 'account')} in {count(units, 'OU')}: "
        return told(head, fences or ["nothing but AWS's own policies hangs on them"], ".")
    who, what = (
        short_name(one)[0] for one in (decision.request.principal, decision.request.resource)
    )
    head = f"{shorten(who, 30)} asks for {decision.request.action} on {shorten(what, 40)}: "
    stops = [
        f"at {shorten(row.title, 30)} the {SHORT[kind]} {_stop(said)}"
        for row in rows
        for kind, said in row.says.items()
        if said.stops
    ]
    verdict = look(decision.verdict)
    end = f". Verdict: {verdict.word}."
    return told(head, stops or _unstopped(organization, rows, decision), end)


def _stop(said: Said) -> str:
    return f"denies by {shorten(said.by, 60)}" if said.by else "has no Allow"


def _unstopped(
    organization: Organization, rows: Sequence[Row], decision: Decision
) -> Iterator[str]:
    """Say of each way whether it is open, or why nothing is heard on it."""
    for kind, account_id in ends_of(decision).items():
        said = [row.says[kind] for row in rows if kind in row.says]
        if said and said[0].look is ABSENT:
            yield shorten(said[0].words, 70)
        elif said:
            yield f"{count(len(said), 'level')} of {SHORT[kind]}s let it through"
        elif account_id not in organization.members:
            yield f"no {SHORT[kind]} of this organization has a part in it"


def _caption(organization: Organization, decision: Decision | None, missing: int) -> str:
    text = f"Organization {organization.id}."
    if decision is not None:
        seen = look(decision.verdict)
        who, what = (
            short_name(decision.request.principal)[0],
            short_name(decision.request.resource)[0],
        )
        text = (
            f"May {who} do {decision.request.action} on {what}? {seen.symbol} "
            f"{seen.word.capitalize()}. Every level must allow, and none may deny."
        )
    return f"{text} {missing} more places stand only in the list." if missing else text


def _written(row: Row, kind: str) -> list[str]:
    """Give the policies at a place that are not AWS's own."""
    return [name for name in row.policies[kind] if name != TYPES[kind].full_access]


def _table_row(row: Row) -> dict[str, object]:
    return {
        "kind": row.kind,
        "name": row.title,
        "id": row.id,
        "parent_id": row.parent_id,
        "depth": row.depth,
        "management_account": MANAGEMENT in row.roles,
        "callers_account": CALLER in row.roles,
        "resources_account": RESOURCE in row.roles,
        **{
            TITLES[kind].replace(" ", "_"): ", ".join(row.policies.get(kind, ())) for kind in TITLES
        },
        **{f"{LAYER_OF[kind]}_says": str(row.says.get(kind, "")) for kind in TITLES},
    }


def _lines(
    organization: Organization,
    rows: Sequence[Row],
    drawn: Sequence[Row],
    decision: Decision | None,
) -> Iterator[str]:
    yield f"organization {organization.id} of {organization.management_account.name}"
    for row in rows:
        start = "  " * row.depth
        kind = "account " if row.kind == "account" else ""
        key = "" if row.kind == "root" else f" ({row.id})"
        yield f"{start}{kind}{row.title}{key}{', ' if row.note else ''}{row.note}"
        for policy_type, names in row.policies.items():
            yield f"{start}  {TITLES[policy_type]}: {', '.join(names) or 'none'}"
            if policy_type in row.says:
                yield f"{start}    {row.says[policy_type]}"
    if not types_of(organization):
        yield "no SCPs and no RCPs are enabled"
    for row in drawn:
        if row.folded:
            inside = ", ".join(one.title for one in row.folded)
            yield f"drawn as one, {row.title}: {inside}"
    if decision is not None:
        asked, seen = decision.request, look(decision.verdict)
        yield f"{asked.principal} asks for {asked.action} on {asked.resource}"
        for kind, account_id in ends_of(decision).items():
            if account_id not in organization.members:
                whose = "caller" if kind == SCP else "resource"
                where = f"of account {account_id}" if account_id else "of no account"
                yield f"  the {whose} is {where}, which is not in this organization"
        yield f"  {seen}"


def _graph(rows: Sequence[Row]) -> nx.DiGraph[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for row in rows:
        names = [name for own in row.policies.values() for name in own]
        graph.add_node(row.id, label=row.title, note=", ".join((*row.roles, *names)))
        if row.parent_id:
            says = "; ".join(f"{SHORT[kind]} {said}" for kind, said in row.says.items())
            graph.add_edge(row.parent_id, row.id, **({"label": says} if says else {}))
    return graph
