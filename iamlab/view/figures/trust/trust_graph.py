"""The trust graph: who may become whom.

Principals on the left, the roles that they may take to the right of them, the roles that these may
take further on. A whole line is an assumption that the engine allows. A dashed one lacks something,
and has a ring at the end where it is missing: the caller's permission, or the role's trust.

Notes
-----
AWS pages: "IAM roles"; "Methods to assume a role"; "Roles terms and concepts", for role chaining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.principal import principal_of
from iamlab.model.world import World
from iamlab.view.drawing.network import Line, Node, Sign, draw_network
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.trust.trust_facts import (
    BECOMES,
    CUT,
    GONE,
    NOT_PERMITTED,
    NOT_TRUSTED,
    OUTSIDE,
    UNMET,
    steps_of,
)
from iamlab.view.figures.trust.trust_places import drawn
from iamlab.view.figures.trust.trust_words import NOBODY, alt_of, graph_of, lines_of, rows_of
from iamlab.view.given import check
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER, SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.view.drawing.network import Missing
    from iamlab.view.figures.trust.trust_facts import Party, Step
    from iamlab.view.figures.trust.trust_places import Drawn

HEADINGS = ("WHO", "MAY BECOME", "AND THEN", "AND THEN")
OF_AWS = ".amazonaws.com"

LOOKS: dict[str, tuple[str, bool, Missing, float | None]] = {
    BECOMES: (ALLOW, False, "", None),
    OUTSIDE: (ALLOW, False, "", None),
    NOT_PERMITTED: (SILENT, True, "start", 0.3),
    NOT_TRUSTED: (SILENT, True, "end", 0.68),
    UNMET: (SILENT, True, "end", 0.68),
    CUT: (DENY, True, "", None),
    GONE: (SILENT, True, "start", 0.3),
}
"""State -> the colour of its lines, whether they are dashed, at which end a ring stands, and where
their words do."""


def trust_graph(world: World, *, lit: Caller | None = None) -> Figure:
    """Draw who may become whom.

    Parameters
    ----------
    world
        All roles of all its accounts are drawn, and who may take them or nearly may.
    lit
        Whose steps, and the steps after them, are drawn bold; all others pale.

    Raises
    ------
    RequestError
        It is no world, or ``lit`` is not in it.

    Examples
    --------
    >>> from iamlab.teach.acme import observatory
    >>> world = observatory()
    >>> trust_graph(world, lit=world.user("carol")).alt
    'carol may become auditor and admin (if MFA).'
    """
    check("trust_graph", world, World)
    known = None if lit is None else principal_of(world, lit)
    key = "" if known is None else known.issuer or known.arn
    steps = steps_of(world)
    shown = drawn(world, steps, key)
    ways = _ways(shown.steps, key)
    return Figure.on(
        _sheet(shown, ways, key),
        alt=alt_of(world, steps, key),
        caption=_caption(world, shown, key),
        rows=rows_of(world, steps),
        lines=lines_of(world, steps, shown),
        graph=graph_of(world, steps),
    )


def _ways(steps: Sequence[Step], key: str) -> set[Step]:
    """Give the possible steps that lead on from somebody."""
    found: set[Step] = set()
    waiting = [key] if key else []
    while waiting:
        one = waiting.pop()
        own = {step for step in steps if step.source.key == one and step.is_possible} - found
        found |= own
        waiting += [step.target.key for step in own]
    return found


def _caption(world: World, shown: Drawn, key: str) -> str:
    text = "Who may become whom: whole lines are possible, a ring shows at which end it fails."
    if key:
        text += " Bold: the ways of the one who is lit."
    if any(", permitted" in note for note in shown.notes.values()):
        text += " Permitted more: roles that do not trust the caller."
    if shown.left_out:
        text += f" {len(shown.left_out)} more stand only in the table."
    return text if world.accounts else "There is no account, and so nobody."


# -- drawing ---------------------------------------------------------------------------------------


def _sheet(shown: Drawn, ways: set[Step], lit: str) -> Sheet:
    if not shown.columns:
        sheet = Sheet()
        sheet.text(MARGIN, 0.3, NOBODY)
        return sheet
    there = {step.state for step in shown.steps}
    return draw_network(
        [_node(shown, party, ways, lit) for party in shown.columns],
        [_line(shown, step, ways, lit) for step in shown.steps],
        headings=(("OUTSIDE",) if shown.outside else ()) + HEADINGS,
        titles=shown.titles,
        outside=shown.outside,
        signs=[
            Sign(state, colour, dashed=dashed, missing=missing)
            for state, (colour, dashed, missing, _) in LOOKS.items()
            if state in there
        ],
    )


def _node(shown: Drawn, party: Party, ways: set[Step], lit: str) -> Node:
    on_way = party.key == lit or any(party in (step.source, step.target) for step in ways)
    return Node(
        party.key,
        tuple(dict.fromkeys((party.name, party.name.removesuffix(OF_AWS)))),
        shown.notes[party],
        shown.columns[party],
        next(number for number, band in enumerate(shown.bands) if party in band),
        INK if not lit or on_way else PALE_INK,
        LIT_AREA if party.key == lit else PAPER,
        bold=on_way,
    )


def _line(shown: Drawn, step: Step, ways: set[Step], lit: str) -> Line:
    colour, dashed, missing, at = LOOKS[step.state]
    is_said = step.is_possible and step.target in shown.common
    return Line(
        step.source.key,
        step.target.key,
        () if is_said else step.labels,
        PALE_LINE if lit and step not in ways else colour,
        step in ways,
        dashed,
        missing,
        at,
    )
