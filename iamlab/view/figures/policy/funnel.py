"""The funnel of a statement: of all actions that AWS has, how many are matched, how many can act.

First what the Action element matches, or NotAction lets in; then, of these, the actions that can
work on a resource that the statement names: ``s3:ListBucket`` is asked of a bucket, and so matches
nothing in a statement that names only objects. Conditions are not looked at.

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM JSON policy elements: NotAction".
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.policy import catalog
from iamlab.policy.document import Policy
from iamlab.view.drawing.measure import SMALL, TITLE
from iamlab.view.drawing.paragraph import paragraph
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figures.policy.funnel_steps import (
    EXAMPLES,
    Step,
    arns,
    catalogue,
    few,
    statements_of,
    steps_of,
)
from iamlab.view.scene import Node, Scene
from iamlab.view.style import EFFECTS, INK, PALE_INK, PALE_LINE, PAPER, SILENT_AREA
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.policy.statement import Effect, Statement
    from iamlab.view.figure import Figure

BAR_HEIGHT, STEP = 0.56, 1.15
MIDDLE, BROADEST, SLIMMEST = 2.2, 4.0, 1.5
"""Where the middle of the bars is, how broad one for all actions is, and one for a single one."""
WORDS, TOP = 4.6, 0.5
BREATH, REASON = 90, 70
"""So many characters of an alternative text name what is left, and why each step leaves it."""


def funnel(
    policy: Policy | Statement,
    resources: str | Iterable[str] = (),
    *,
    services: str | Iterable[str] | None = None,
) -> Figure:
    """Draw how a statement picks from all the actions that AWS has.

    Parameters
    ----------
    policy
        A statement, or a policy: then all its Allow statements together; its Deny statements if it
        has no others.
    resources
        ARNs. A last step says how many actions are left that can act on one of them.
    services
        Prefixes: the catalogue is only that of these services. Default: all services of AWS.

    Raises
    ------
    RequestError
        That is neither a policy nor a statement, the policy has no statement, a resource is no
        ARN, or there is no such service.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers = Policy.allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::star-maps/*")
    >>> figure = funnel(readers)
    >>> [(row["step"], row["actions"]) for row in figure.rows][1:]
    [('action', 2), ('resource', 1)]
    >>> print(figure.as_text().splitlines()[-1])
      but not s3:ListBucket
    """
    statements = statements_of(policy)
    steps = steps_of(statements, arns(resources), catalogue(services))
    effect = statements[0].effect
    nodes = [
        Node(
            step.heading,
            step.title,
            line=f"{step.heading}: {step.title}",
            details=step.notes,
            facts={
                "step": step.heading,
                "actions": len(step.names),
                "services": len({name.partition(":")[0] for name in step.names}),
                "why": step.why,
                "examples": "; ".join(step.notes),
            },
        )
        for step in steps
    ]
    return Scene(nodes).figure(
        lambda _: _draw(steps, effect),
        alt=_alt(steps, effect),
        caption=_caption(policy, statements),
        is_graph=False,
    )


# -- words ---------------------------------------------------------------------------------------


def _alt(steps: Sequence[Step], effect: Effect) -> str:
    first, *rest = steps
    seen, left = EFFECTS[effect], steps[-1]
    parts = [f"{one.number} {_short(one.why)}" for one in rest]
    end = f"{effect} {_in_a_breath(left.names)}" if left.names else f"nothing is left to {effect}"
    return told(f"Of {first.title}, ", parts, f". {seen.symbol} {end}.", between=", ")


def _short(why: str) -> str:
    """Leave out what has no room of the names in a reason, and count it."""
    first, *names = why.split(", ")
    said = shorten(first, REASON)
    for number, name in enumerate(names):
        if len(f"{said}, {name}") > REASON:
            return f"{said} and {len(names) - number:,} more"
        said += f", {name}"
    return said


def _in_a_breath(names: Sequence[str]) -> str:
    """Name as many actions as an alternative text has room for, each whole."""
    said = (few(names, most) for most in range(EXAMPLES, 1, -1))
    return next((one for one in said if len(one) <= BREATH), few(names, 1))


def _caption(policy: Policy | Statement, statements: Sequence[Statement]) -> str:
    said = f"AWS's actions of {catalog.data_date():%d %B %Y}; conditions are not looked at. "
    said += "Each tenfold makes a bar the same bit broader."
    others = len(policy.statements) - len(statements) if isinstance(policy, Policy) else 0
    if others:
        said += f" What {count(others, 'Deny statement')} may take away again is not drawn."
    return said


# -- the picture ---------------------------------------------------------------------------------


def _draw(steps: Sequence[Step], effect: Effect) -> Sheet:
    sheet = Sheet(PAGE, 1)
    y, most = TOP, len(steps[0].names)
    before: tuple[float, float] | None = None
    for step in steps:
        width = _width(len(step.names), most)
        if before:
            _narrowing(sheet, before, (width, y - BAR_HEIGHT / 2))
        _bar(sheet, step, (width, y), effect if step is steps[-1] else None)
        before = (width, y + BAR_HEIGHT / 2)
        y = max(y + STEP, _words(sheet, step, y) + 0.2 + BAR_HEIGHT / 2)
    return sheet


def _width(number: int, most: int) -> float:
    """Say how broad a bar is: by the logarithm, since 22,000 and 20 fit on no other scale."""
    if number <= 1:
        return SLIMMEST
    return SLIMMEST + (BROADEST - SLIMMEST) * log10(number) / log10(most)


def _bar(sheet: Sheet, step: Step, place: tuple[float, float], effect: Effect | None) -> None:
    """Draw a bar with its number; the last one has the look of the effect, an empty one none."""
    width, y = place
    words, colour, area = step.number, INK, SILENT_AREA
    if effect:
        seen = EFFECTS[effect]
        words, colour, area = f"{seen.symbol} {effect} {step.number}", seen.colour, seen.area
    if not step.names:
        colour, area = PALE_LINE, PAPER
    style = {"bold": bool(effect and step.names), "dashed": not step.names}
    sheet.box(Box(MIDDLE - width / 2, y, width, "", "", colour, area, **style, height=BAR_HEIGHT))
    # The words beside the bar have its number, too.
    sheet.text(MIDDLE, y, words, colour, size=TITLE, face="bold", align="center", fact=False)


def _narrowing(sheet: Sheet, before: tuple[float, float], after: tuple[float, float]) -> None:
    """Draw what leads from one bar to the next."""
    (above, top), (below, bottom) = before, after
    right = [(MIDDLE + above / 2, top), (MIDDLE + below / 2, bottom)]
    left = [(MIDDLE - below / 2, bottom), (MIDDLE - above / 2, top)]
    sheet.draw(Line((*right, *left), Ink(fill=SILENT_AREA, layer=1)))


def _words(sheet: Sheet, step: Step, y: float) -> float:
    """Write beside a bar what it stands for; give where the words end."""
    room = PAGE - MARGIN - WORDS
    sheet.heading(WORDS, y - BAR_HEIGHT / 2 + 0.02, step.heading.upper())
    y += 0.12 - BAR_HEIGHT / 2
    y += paragraph(sheet, WORDS, y, step.title, room, face="bold", most=2)
    for note in step.notes:
        y += paragraph(sheet, WORDS, y, note, room, PALE_INK, size=SMALL)
    return y
