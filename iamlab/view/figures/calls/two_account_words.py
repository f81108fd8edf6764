"""The two-account map in words: the cards of its ends, the list, the table, the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.display import count
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.engine.request import Kind
from iamlab.view.figures.calls.calls import title_and_note
from iamlab.view.figures.calls.policy_ends import end_of, gate_of, rule_of, stops_of
from iamlab.view.figures.names import short_name
from iamlab.view.style import DENY, INK, PALE_INK, SILENT, look
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import networkx as nx

    from iamlab.engine.decision import Decision
    from iamlab.view.figures.calls.policy_ends import End, Said

_CONDITION_COLOURS = {"✓": INK, "✕": DENY, "–": SILENT}
_SHORT = 40
WAY = ("identity", "boundary", "session", "scoped", "scp", "endpoint", "rcp", "resource")
"""What stands on the way from the caller to the resource."""


class CardLine(NamedTuple):
    """A line of a card: how far it is indented, how it looks, whether it is no mere count."""

    text: str
    level: int = 0
    colour: str = INK
    bold: bool = False
    is_fact: bool = True


class Words:
    """What a map says.

    Parameters
    ----------
    names
        Of accounts, by id.
    """

    def __init__(self, decision: Decision, names: Mapping[str, str]) -> None:
        self.decision, self.names = decision, names
        request = decision.request
        self.caller, self.caller_note = title_and_note(
            request.caller.arn, request.caller.kind.value
        )
        self.resource, self.resource_kind = short_name(request.resource)
        self.ends = {layer: end_of(decision, layer) for layer in ("identity", "resource")}
        self.verdict = look(decision.verdict)
        self.is_one_account = request.same_account

    # -- names -----------------------------------------------------------------------------------

    def account(self, account: str) -> str:
        """Call an account by its name, if it has one."""
        return self.names.get(account) or account

    def field_of_caller(self) -> tuple[str, str]:
        """Give the title of the caller's field, and the note beside it."""
        caller = self.decision.request.caller
        if caller.account:
            whose = "the caller's account"
            whose += ", and the resource's" if self.is_one_account else ""
            return self._titled(caller.account, whose)
        if caller.kind is Kind.SERVICE:
            return "AWS", "a service calls"
        return "outside of AWS", "the caller has no account"

    def field_of_resource(self) -> tuple[str, str]:
        """Give the title of the resource's field, and the note beside it."""
        return self._titled(self.decision.request.resource_account, "the resource's account")

    def _titled(self, account: str, whose: str) -> tuple[str, str]:
        name = self.names.get(account)
        return (name, f"{account}, {whose}") if name else (account, whose)

    # -- cards -----------------------------------------------------------------------------------

    def card(self, end: End, most: int | None = None) -> Iterator[CardLine]:
        """Give what one end says, line by line.

        Parameters
        ----------
        most
            So many statements, and so many conditions of each.
        """
        yield CardLine(end.text, 0, end.look.colour, bold=True)
        if end.why:
            yield CardLine(end.why, 1, PALE_INK)
        shown = end.shown[:most]
        for said in shown:
            yield from _statement(said, most)
        others = len(end.shown) + len(end.others) - len(shown)
        if others and most:
            yield CardLine(f"and {count(others, 'other statement')}", 1, PALE_INK, is_fact=False)

    # -- beside the picture ----------------------------------------------------------------------

    def alt(self) -> str:
        """Say what is to be seen."""
        request = self.decision.request
        who, what = shorten(self.caller, _SHORT), shorten(self.resource, _SHORT)
        of = f" of {shorten(self.account(request.caller.account), 24)}"
        first = (
            f"{who}{of if request.caller.account else ''} asks for {request.action} on {what} of "
            f"{shorten(self.account(request.resource_account), 24)}: "
        )
        ends = [f"the {end.name} {end.look.word}" for end in self.ends.values()]
        stops = stops_of(self.decision)
        matches = self.decision.layer_matches
        gates = [
            f"the {NAMES[layer]} {'denies' if matches[layer].denies else 'is shut'}"
            for layer in WAY
            if layer in stops and layer in CEILINGS
        ]
        unmet = [
            f"{condition.key} is {shorten(condition.has, 30)}"
            for end in self.ends.values()
            for said in end.shown
            for condition in said.conditions
            if not condition.fits
        ]
        parts = [*gates, *ends, *unmet]
        return told(first, parts, f". Verdict: {self.verdict.word}.", between=", ")

    def caption(self) -> str:
        """Give the line below the picture."""
        return f"{rule_of(self.decision)} {self.verdict.symbol} {self.verdict.word.capitalize()}."

    def rows(self) -> Iterator[dict[str, object]]:
        """Give the table: a row for each statement, and one for each layer without any."""
        for layer, end in self._everything().items():
            statements: Sequence[Said | None] = [*end.shown, *end.others] or [None]
            for said in statements:
                yield {
                    "layer": NAMES[layer],
                    "says": end.look.word,
                    "statement": said.address if said else "",
                    "effect": said.effect if said else "",
                    "applies": bool(said and said.applies),
                    "names_account": said.names_account if said else "",
                    "conditions": "; ".join(map(str, said.conditions)) if said else "",
                    "missed": "; ".join(said.misses) if said else "",
                }

    def _everything(self) -> dict[str, End]:
        """Give what each layer says that is there, the two ends in any case."""
        decision = self.decision
        return {
            layer: self.ends.get(layer) or end_of(decision, layer)
            for layer in WAY
            if layer in self.ends or decision.layer_matches[layer].present
        }

    def lines(self) -> list[str]:
        """Give the list: the caller's side, the gates, the resource's side, the verdict."""
        request = self.decision.request
        title, note = self.field_of_caller()
        lines = [f"{title}: {note}"]
        lines.append(f"  {self.caller}, {self.caller_note}: {request.principal}")
        lines.append(f"  asks for {request.action}")
        far = ""
        for layer, end in self._everything().items():
            gate = gate_of(self.decision, layer) if layer in CEILINGS else None
            if layer in ("rcp", "resource") and not far:
                title, note = self.field_of_resource()
                far = f"{title}: {note}"
                lines += [far, f"  {self.resource}, {self.resource_kind}: {request.resource}"]
            if gate is not None:
                lines.append(f"  {gate_name(layer)} {gate}")
            lines += ("  " + "  " * one.level + one.text for one in self.card(end))
            for said in end.others:
                lines += ("  " + "  " * one.level + one.text for one in _statement(said))
        lines.append(str(self.verdict))
        lines += [line for line in (rule_of(self.decision), self.decision.message) if line]
        return lines

    def graph(self) -> nx.DiGraph[Any]:
        """Give the way as a graph: caller, what stands on the way, resource."""
        import networkx as nx

        graph: nx.DiGraph[Any] = nx.DiGraph()
        near, far = self.field_of_caller()[0], self.field_of_resource()[0]
        if self.is_one_account:
            far = near
        graph.add_node("caller", label=self.caller, note=self.caller_note, field=near)
        last, stops, is_open = "caller", stops_of(self.decision), True
        for layer, end in self._everything().items():
            field = far if layer in ("rcp", "resource") else near
            gate = gate_of(self.decision, layer) if layer in CEILINGS else None
            seen = gate or end.look
            label = f"{seen.symbol} {end.name} {seen.word}"
            note = ", ".join(said.address for said in end.shown)
            graph.add_node(
                layer, label=label, note=note, field="" if layer == "endpoint" else field
            )
            graph.add_edge(last, layer, missing=not is_open)
            is_open, last = is_open and layer not in stops, layer
        graph.add_node("asked", label=self.resource, note=self.resource_kind, field=far)
        label = f"{self.decision.request.action}: {self.verdict}"
        graph.add_edge(last, "asked", label=label, missing=not self.decision)
        return graph


def gate_name(layer: str) -> str:
    """Give the short name of a ceiling, as it stands at its gate."""
    names = {"scp": "SCP", "rcp": "RCP", "scoped": "scope-down", "endpoint": "endpoint"}
    return names.get(layer, layer)


def _statement(said: Said, most: int | None = None) -> Iterator[CardLine]:
    """Give the lines of one statement."""
    colour = said.look.colour if said.applies else INK
    yield CardLine(f"{said.look.symbol} {said.effect} {said.address}", 1, colour)
    if said.through:
        yield CardLine(f"through {', '.join(said.through)}", 2, PALE_INK)
    if said.names_account:
        yield CardLine(f"it names account {said.names_account} (…:root): not its root user,", 2)
        yield CardLine("but all whom that account's own policies allow it too", 2)
    for condition in said.conditions[:most]:
        tone = _CONDITION_COLOURS[condition.symbol]
        yield CardLine(f"{condition.symbol} {condition.operator} {condition.key}", 2, tone)
        yield CardLine(f"wants {condition.wants}", 3)
        yield CardLine(f"the request has {condition.has}", 3, tone)
    hidden = len(said.conditions[most:]) if most else 0
    if hidden:
        yield CardLine(f"and {count(hidden, 'more condition')}", 2, PALE_INK, is_fact=False)
    for miss in said.misses[:most]:
        yield CardLine(f"✕ {miss}", 2, DENY)
