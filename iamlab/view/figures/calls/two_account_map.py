"""The two-account map: an arrow from a caller to a resource, and what stands at both of its ends.

The caller's account is a field at the left, the resource's one at the right. What the caller's own
policies say stands at the arrow's beginning, what the resource's policy says at its end, each with
the conditions and what the request has for them. Ceilings are gates that the arrow has to pass.
Within one account there is one field.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "How AWS enforcement code logic evaluates
requests to allow or deny access".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.view.drawing.measure import SMALL, plain, width_of
from iamlab.view.drawing.sheet import MARGIN, PAD, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.calls.calls import account_names
from iamlab.view.figures.calls.policy_ends import DENIES, IS_OPEN, gate_of, rule_of, stops_of
from iamlab.view.figures.calls.two_account_words import CardLine, Words, gate_name
from iamlab.view.given import check, check_world
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.world import World

_LEFT, _RIGHT, _WIDTH = MARGIN, 5.1, 4.75
"""Where the fields begin, and how wide each is."""
_BOX, _INDENT, _LINE = 1.8, 0.2, 0.185
_ENDS = {"identity": _LEFT + 2.5, "resource": _RIGHT + _WIDTH - 2.5}
"""Where on the arrow the two ends are."""
_GATES = {
    "boundary": 3.2,
    "session": 3.65,
    "scoped": 4.1,
    "scp": 4.55,
    "endpoint": 5.0,
    "rcp": 5.6,
}
"""Where on the arrow the ceilings are; their names stand below and above in turn."""
_ABOVE = ("boundary", "scoped", "endpoint")
_BORDER = 5.0
"""Where the arrow ends when it is no policy that stops it."""
_MOST = 3
"""So many statements of an end have room, and so many conditions of a statement."""


def two_account_map(decision: Decision, *, world: World | None = None) -> Figure:
    """Draw what the caller's side says, what the resource's side says, and what comes of it.

    Parameters
    ----------
    decision
        What was decided.
    world
        Where accounts have names; if it is not given, they are called by their ids.

    Raises
    ------
    RequestError
        It is no decision, or ``world`` is no world.

    Examples
    --------
    >>> from iamlab.teach.acme import OLD_MAP, observatory
    >>> world = observatory()
    >>> alice = world.can(world.user("alice"), "s3:GetObject", OLD_MAP)
    >>> for line in two_account_map(alice, world=world).as_text().splitlines()[:4]:
    ...     print(line)
    acme-main: 111111111111, the caller's account
      alice, user: arn:aws:iam::111111111111:user/alice
      asks for s3:GetObject
      ○ identity-based policy says nothing
    """
    check("two_account_map", decision, Decision)
    check_world("two_account_map", world)
    words = Words(decision, account_names(world))
    return Figure.on(
        _Drawing(decision, words).sheet,
        alt=words.alt(),
        caption=words.caption(),
        rows=words.rows(),
        lines=words.lines(),
        graph=words.graph(),
    )


class _Drawing:
    """A sheet on which a map is drawn."""

    def __init__(self, decision: Decision, words: Words) -> None:
        self.decision, self.words, self.sheet = decision, words, Sheet(3.0, 1.0)
        cards = {
            layer: [line for one in words.card(end, _MOST) for line in _pieces(one)]
            for layer, end in words.ends.items()
        }
        # Room above the arrow only where a gate has its name there.
        self.way = 1.3 if any(decision.layer_matches[layer].present for layer in _ABOVE) else 0.95
        self.top = self.way + 0.82
        bottom = self.top + max(map(len, cards.values())) * _LINE + 0.14
        self._fields(bottom)
        self._way()
        for layer, lines in cards.items():
            self._card(layer, lines)
        self._verdict(bottom + 0.42)

    def _fields(self, bottom: float) -> None:
        near, far = self.words.field_of_caller(), self.words.field_of_resource()
        tall = bottom + 0.15 - MARGIN
        if self.words.is_one_account:
            self.sheet.field(_LEFT, MARGIN, _RIGHT + _WIDTH - _LEFT, tall, *near)
            return
        self.sheet.field(_LEFT, MARGIN, _WIDTH, tall, *near)
        self.sheet.field(_RIGHT, MARGIN, _WIDTH, tall, *far)

    def _way(self) -> None:
        """Draw the arrow, with what stands on it."""
        words, sheet, verdict = self.words, self.sheet, self.words.verdict
        caller = Box(
            _LEFT + _INDENT,
            self.way,
            _BOX,
            words.caller,
            words.caller_note if words.caller_note != words.caller else "",
            area=LIT_AREA,
            bold=True,
        )
        resource = Box(
            _RIGHT + _WIDTH - _INDENT - _BOX,
            self.way,
            _BOX,
            words.resource,
            words.resource_kind,
            verdict.colour,
            verdict.area,
            bold=True,
        )
        for box in (caller, resource):
            sheet.box(box)
        request = self.decision.request
        sheet.note(caller.x, self.way + 0.36, f"asks for {request.action}", INK, room=_BOX + 0.2)
        stop = self._stop()
        if stop is None:
            sheet.straight(caller.right, resource.left, ALLOW, bold=True, arrow=True)
        else:
            sheet.straight(caller.right, (stop, self.way), INK, bold=True)
            sheet.straight((stop, self.way), resource.left, PALE_LINE, dashed=True, arrow=True)
        self._gates()
        for layer, x in _ENDS.items():
            seen = self.words.ends[layer].look
            sheet.straight((x, self.way + 0.15), (x, self.top), seen.colour)
            sheet.mark((x, self.way), seen.symbol, seen.colour)

    def _stop(self) -> float | None:
        """Say where the arrow is stopped first."""
        if self.decision:
            return None
        places = {**_ENDS, **_GATES}
        return min((places[layer] for layer in stops_of(self.decision)), default=_BORDER)

    def _gates(self) -> None:
        for layer, x in _GATES.items():
            seen = gate_of(self.decision, layer)
            if seen is None:
                continue
            colour = ALLOW if seen is IS_OPEN else DENY if seen is DENIES else INK
            is_open = self.way if seen is IS_OPEN else None
            self.sheet.gate(x, self.way - 0.27, self.way + 0.27, colour, open_at=is_open)
            first = self.way - 0.55 if layer in _ABOVE else self.way + 0.39
            for place, text in enumerate((gate_name(layer), str(seen))):
                self.sheet.note(x, first + 0.16 * place, text, colour, align="center")

    def _card(self, layer: str, lines: list[CardLine]) -> None:
        """Write what an end says."""
        left = (_LEFT if layer == "identity" else _RIGHT) + _INDENT
        width, height = _WIDTH - 2 * _INDENT, len(lines) * _LINE + 0.14
        seen = self.words.ends[layer].look
        self.sheet.area((left, self.top), (width, height), seen.area, edge=seen.colour)
        for number, line in enumerate(lines):
            x, y = left + PAD + _INDENT * line.level, self.top + 0.16 + number * _LINE
            self.sheet.note(
                x,
                y,
                line.text,
                line.colour,
                face="bold" if line.bold else "sans",
                room=left + width - PAD - x,
                fact=line.is_fact,
            )

    def _verdict(self, y: float) -> None:
        verdict = self.words.verdict
        text = str(verdict)
        taken = self.sheet.text(_LEFT + _INDENT, y, text, verdict.colour, face="bold")
        rule = rule_of(self.decision)
        self.sheet.note(_LEFT + _INDENT + taken + 0.15, y, rule, INK)


def _pieces(line: CardLine) -> Iterator[CardLine]:
    """Break a line between its words where it has too little room."""
    room = _WIDTH - 2 * _INDENT - 2 * PAD - _INDENT * line.level
    words, level = line.text.split(" "), line.level
    text = words[0]
    for word in words[1:]:
        longer = f"{text} {word}"
        if width_of(plain(longer), SMALL) > room:
            yield line._replace(text=text, level=level)
            text, level = word, line.level + 1
            room -= _INDENT * (level - line.level)
        else:
            text = longer
    yield line._replace(text=text, level=level)
