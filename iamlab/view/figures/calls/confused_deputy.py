"""The confused deputy: somebody who works for many, and is told by one to work on another's things.

The deputy may do what it is asked for; it cannot know that the one who asks is not the owner. Only
the owner's policy can ask for whom it works: by ``sts:ExternalId`` of a vendor, by
``aws:SourceArn`` or ``aws:SourceAccount`` of an AWS service. The upper way is the customer's, the
lower one the attacker's; both lead through the same deputy to the same resource.

Notes
-----
AWS page: "The confused deputy problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.errors import RequestError
from iamlab.view import given
from iamlab.view.drawing.sheet import BOX_HEIGHT, MARGIN, PAD, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.calls.calls import account_names
from iamlab.view.figures.calls.confused_words import Panel, Words
from iamlab.view.given import check, check_world
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.model.world import World
    from iamlab.view.figures.calls.confused_words import Way

_ASKS, _DEPUTY, _OWNED = (MARGIN, 1.5), (3.3, 1.6), (8.05, 1.8)
"""Where the three columns begin, and how wide each is."""
_APART, _LINE = 1.0, 0.185
"""How far apart the two ways are, and the lines of a card."""
_STOP = 0.42
"""How far before the resource a refused call ends."""


def confused_deputy(
    honest: Decision,
    attack: Decision,
    *,
    before: tuple[Decision, Decision] | None = None,
    customer: str = "",
    attacker: str = "",
    world: World | None = None,
) -> Figure:
    """Draw the way of a customer and that of an attacker through one deputy.

    Parameters
    ----------
    honest, attack
        The deputy's call when the customer asks it, and when the attacker does: the same caller,
        action and resource; only the context is another.
    before
        The same two calls in a world where the policy does not ask for whom the deputy works.
    customer, attacker
        What they are called; the customer by the account of the resource if nothing is said.
    world
        Where accounts have names; if it is not given, they are called by their ids.

    Raises
    ------
    RequestError
        They are no decisions, or not of one caller, action and resource; a name is no text, or
        ``world`` is no world.

    Examples
    --------
    >>> from iamlab.teach.acme import observatory
    >>> world = observatory()
    >>> call = (world.account("starsoft").roles["collector"], "sts:AssumeRole",
    ...         "arn:aws:iam::222222222222:role/starsoft-reader")
    >>> honest = world.can(*call, context={"sts:ExternalId": "acme-4711"})
    >>> attack = world.can(*call, context={"sts:ExternalId": "nebula-1"})
    >>> for line in confused_deputy(honest, attack).as_text().splitlines()[-2:]:
    ...     print(line)
      what the trust policy of starsoft-reader asks
        customer ✓  attacker ✕  StringEquals sts:ExternalId wants "acme-4711"
    """
    for one in (honest, attack):
        check("confused_deputy", one, Decision)
    check_world("confused_deputy", world)
    for what, name in (("customer", customer), ("attacker", attacker)):
        given.text(f"confused_deputy({what}=...)", name)
    panels = [Panel("" if before is None else "after", honest, attack)]
    if before is not None:
        panels.insert(0, _before(before))
    requests = [one.request for panel in panels for one in panel.both]
    if len({(one.principal, one.action.lower(), one.resource) for one in requests}) > 1:
        raise RequestError(
            "A deputy is confused by one call that two ask for: give decisions on the same caller, "
            "action and resource."
        )
    words = Words(panels, customer, attacker, account_names(world))
    return Figure.on(
        _draw(words),
        alt=words.alt(),
        caption=words.caption(),
        rows=words.rows(),
        lines=words.lines(),
        graph=words.graph(),
    )


def _before(pair: object) -> Panel:
    """Give the panel of the two calls in a world where nobody asked for whom the deputy works."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise RequestError("confused_deputy(before) is two decisions: (honest, attack).")
    for one in pair:
        check("confused_deputy", one, Decision)
    return Panel("before", *pair)


def _draw(words: Words) -> Sheet:
    sheet, y = Sheet(3.0, 1.0), MARGIN
    for panel in words.panels:
        y = _panel(sheet, words, panel, y)
    return sheet


def _panel(sheet: Sheet, words: Words, panel: Panel, top: float) -> float:
    """Draw one panel below this height; give where the next one begins."""
    y = top + 0.12
    x = MARGIN
    if panel.title:
        sheet.heading(x, y, panel.title.upper())
        x += 0.8
    colour = DENY if panel.attack else INK
    sheet.text(x, y, words.headline(panel), colour, face="bold", room=PAGE - 4 * MARGIN - x)
    first, second = y + 0.62, y + 0.62 + _APART
    middle, tall = (first + second) / 2, _APART + BOX_HEIGHT
    deputy = Box(
        _DEPUTY[0], middle, _DEPUTY[1], words.deputy, words.deputy_note, area=LIT_AREA, bold=True,
        height=tall,
    )  # fmt: skip
    owned = Box(
        _OWNED[0], middle, _OWNED[1], words.resource, words.resource_note, bold=True, height=tall
    )
    for box in (deputy, owned):
        sheet.box(box)
    for height, way in zip((first, second), panel.ways(words), strict=True):
        _way(sheet, way, height)
    return _card(sheet, words.card(panel), second + 0.45)


def _way(sheet: Sheet, way: Way, y: float) -> None:
    """Draw who asks, the deputy's call, and how far it gets."""
    who = Box(_ASKS[0], y, _ASKS[1], way.who, way.role, dashed=way.is_attack)
    sheet.box(who)
    sheet.straight(who.right, (_DEPUTY[0], y), INK, arrow=True)
    left, room = who.right[0] + 0.1, _DEPUTY[0] - who.right[0] - 0.25
    for lift, text in ((-0.13, way.says), (0.13, way.names)):
        sheet.note(left, y + lift, text, INK, room=room)
    start, end = _DEPUTY[0] + _DEPUTY[1], _OWNED[0]
    seen = way.look
    if way.is_allowed:
        sheet.straight((start, y), (end, y), ALLOW, bold=True, arrow=True)
    else:
        sheet.straight((start, y), (end - _STOP, y), INK, bold=True)
        sheet.straight((end - _STOP, y), (end, y), PALE_LINE, dashed=True, arrow=True)
        sheet.mark((end - _STOP, y), "✕", DENY)
    left, room = start + 0.12, end - start - 0.25
    room -= 0 if way.is_allowed else _STOP + 0.1
    sheet.note(left, y - 0.14, way.verdict, seen.colour, face="bold", room=room)
    for number, text in enumerate(way.context):
        sheet.note(left, y + 0.14 + number * 0.17, text, INK, room=room)


def _card(sheet: Sheet, lines: Sequence[tuple[str, str]], y: float) -> float:
    """Write what the resource's policy asks; give where the next panel begins."""
    left, width = _DEPUTY[0], _OWNED[0] + _OWNED[1] - _DEPUTY[0]
    height = len(lines) * _LINE + 0.14
    sheet.area((left, y), (width, height), PAPER)
    for number, (text, colour) in enumerate(lines):
        face = "bold" if not number else "sans"
        x = left + PAD + (0.2 if number else 0)
        sheet.note(
            x, y + 0.16 + number * _LINE, text, colour, face=face, room=left + width - PAD - x
        )
    return y + height + 0.2
