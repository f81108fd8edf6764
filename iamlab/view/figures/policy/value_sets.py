"""The values of a condition as two sets: those that the policy lists, those that the request has.

``ForAllValues`` asks whether every value of the request fits one of the policy's, and so it holds
for the empty set; ``ForAnyValue`` asks whether one does. Which value fits which, and whether the
condition holds, is the engine's to say.

Notes
-----
AWS page: "Set operators for multivalued context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.conditions import OPERATORS
from iamlab.view.drawing.measure import TITLE
from iamlab.view.drawing.paragraph import paragraph
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figures.policy.compared_values import (
    BOTH,
    POLICY,
    REQUEST,
    compare,
    reason_of,
    shown,
)
from iamlab.view.layouts.set_tiles import Item, Ring, Tile, draw_sets
from iamlab.view.scene import Node, Scene
from iamlab.view.style import LIT_AREA, LOOKS, PALE_INK, SILENT, Look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.conditions import Comparison
    from iamlab.view.figure import Figure
    from iamlab.view.figures.policy.compared_values import ComparedValues, Part

PARTS: dict[Part, str] = {
    POLICY: "only in the policy",
    BOTH: "in both",
    REQUEST: "only in the request",
}
HOLDS = LOOKS["allowed"], "the condition holds"
FAILS = Look("○", "does not hold", SILENT, LIT_AREA), "the condition does not hold"
OF_POLICY, OF_REQUEST = "values of the policy", "values of the request"
NO_KEY = "it has no such key"
LESS = 0.6
"""By so much the sentence below the sets is less wide than the paper."""


def value_sets(
    operator: str,
    key: str,
    policy_values: str | Iterable[str],
    request_values: str | Iterable[str] | None = None,
) -> Figure:
    """Draw one condition: the values in the policy, those in the request, and whether it holds.

    Parameters
    ----------
    operator
        As a policy writes it: ``"ForAllValues:StringEquals"``.
    key
        The condition key, such as ``"aws:TagKeys"``.
    policy_values
        What the condition lists.
    request_values
        What the request has. ``None`` or none at all: it does not have the key.

    Raises
    ------
    RequestError
        There is no such operator, or it compares no values (``Null``); the key or a value is no
        text.

    Examples
    --------
    >>> figure = value_sets(
    ...     "ForAllValues:StringEquals", "aws:TagKeys", ["project", "owner"], ["project", "cost"])
    >>> print(figure.as_text())
    ForAllValues:StringEquals aws:TagKeys
      values of the policy: project, owner
      values of the request: project, cost
      only in the policy: owner
      in both: project
      only in the request: cost
    ○ the condition does not hold: cost fits no value of the policy
    """
    sets = compare(operator, key, policy_values, request_values)
    seen, verdict = HOLDS if sets.holds else FAILS
    reason = reason_of(sets)
    outcome = f"{seen.symbol} {verdict}: {reason}"
    return Scene(list(_nodes(sets)), after=[outcome]).figure(
        lambda _: _draw(sets, outcome, seen),
        alt=_alt(sets, verdict, reason),
        caption=_caption(sets.comparison),
        is_graph=False,
    )


def _nodes(sets: ComparedValues) -> Iterator[Node]:
    """Yield the condition, the parts of its two sets, and the values in each."""
    found = _named(sets.request) if sets.request else NO_KEY
    empty: dict[str, object] = {"value": None, "in policy": False, "in request": False, "fits": []}
    yield Node(
        "condition",
        _condition(sets),
        details=[f"{OF_POLICY}: {_named(sets.policy)}", f"{OF_REQUEST}: {found}"],
        facts={} if sets.policy or sets.request else empty,
    )
    for part, name in PARTS.items():
        own = sets.part(part)
        yield Node(name, f"{name}: {_named(own)}", parent="condition")
        for number, value in enumerate(own):
            fits = _how(sets, value) if part == BOTH else ""
            facts = {
                "value": value,
                "in policy": part != REQUEST,
                "in request": part != POLICY,
                "fits": list(sets.fits.get(value, ())),
            }
            line = f"{shown(value)} {fits}" if fits else ""
            yield Node(f"{name} {number}", value, parent=name, line=line, facts=facts)


# -- words -----------------------------------------------------------------------------------------


def _named(values: Iterable[str]) -> str:
    return ", ".join(map(shown, values)) or "no value"


def _condition(sets: ComparedValues) -> str:
    return f"{sets.comparison} {shown(sets.key)}"


def _how(sets: ComparedValues, value: str) -> str:
    """Name the values of the policy that one of the request fits, unless it is the same."""
    fits = sets.fits[value]
    return "" if fits == (value,) else f"fits {_named(fits)}"


def _alt(sets: ComparedValues, verdict: str, reason: str) -> str:
    parts = [
        f"{name}: {listed(list(map(shown, own)), 3, length=30)}"
        for part, name in PARTS.items()
        if (own := sets.part(part))
    ]
    start = f"{sets.comparison} {shorten(shown(sets.key), 40)}: "
    return told(
        start, parts or ["two empty sets"], f". {verdict.capitalize()}: {shorten(reason, 110)}."
    )


def _caption(comparison: Comparison) -> str:
    negated = OPERATORS[comparison.name].negated
    fit = "fit no value of the policy" if negated else "fit a value of the policy"
    if comparison.set_operator == "ForAllValues":
        return (
            f"ForAllValues holds if all values of the request {fit}; so it holds if there are none."
        )
    if comparison.set_operator:
        return f"ForAnyValue holds if some value of the request {fit.replace('fit', 'fits', 1)}."
    return f"{comparison} compares the one value of the request with each of the policy's."


# -- the picture -----------------------------------------------------------------------------------


def _draw(sets: ComparedValues, outcome: str, seen: Look) -> Sheet:
    sheet = Sheet()
    room = PAGE - 2 * MARGIN
    sheet.text(MARGIN, 0.26, _condition(sets), size=TITLE, face="bold", room=room)
    rings = [Ring(OF_POLICY), Ring(OF_REQUEST, "" if sets.request else NO_KEY)]
    tiles: dict[tuple[bool, ...], Tile] = {
        part: _tile(sets, part, name) for part, name in PARTS.items()
    }
    bottom = draw_sets(sheet, 0.5, rings, tiles, "")
    paragraph(sheet, MARGIN, bottom + 0.12, outcome, sheet.width - LESS, seen.colour, face="bold")
    return sheet


def _tile(sets: ComparedValues, part: Part, name: str) -> Tile:
    """Draw a part of the sets; the one that decides is lit."""
    items = tuple(
        Item(shown(value), _how(sets, value) if part == BOTH else "") for value in sets.part(part)
    ) or (Item("no value", colour=PALE_INK),)
    decides, wanted = sets.deciding
    if part != decides or not sets.is_decided_by_parts:
        return Tile(name, items)
    seen = (HOLDS if sets.holds else FAILS)[0]
    must = "needs a value" if wanted else "must be empty"
    return Tile(f"{name}: {must} {seen.symbol}", items, seen, is_fact=False)
