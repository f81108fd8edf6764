"""The confused deputy in words: who asks for what, what the policy asks, and who gets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.engine.layers import NAMES
from iamlab.view.figures.calls.calls import title_and_note
from iamlab.view.figures.calls.policy_ends import end_of, rule_of, stops_of
from iamlab.view.figures.names import short_name
from iamlab.view.style import DENY, INK, PALE_INK, Look, look
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import networkx as nx

    from iamlab.engine.decision import Decision
    from iamlab.view.figures.calls.policy_ends import Said

_MOST_KEYS, _MOST_CONDITIONS = 2, 4
_SHORT = 32


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one who asks the deputy.

    Parameters
    ----------
    says, names
        What is told to the deputy, and the resource that is named.
    context
        What the deputy's call has in its context that that of the other way does not have.
    """

    who: str
    role: str
    says: str
    names: str
    verdict: str
    look: Look
    context: tuple[str, ...]
    is_allowed: bool
    is_attack: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """Two calls of the deputy in one world."""

    title: str
    honest: Decision
    attack: Decision

    @property
    def both(self) -> tuple[Decision, Decision]:
        """The customer's and the attacker's."""
        return self.honest, self.attack

    def ways(self, words: Words) -> tuple[Way, Way]:
        """Give the customer's way and the attacker's."""
        honest, attack = self.both
        return words.way(honest, attack, is_attack=False), words.way(attack, honest, is_attack=True)


class Words:
    """What the figure says.

    Parameters
    ----------
    names
        Of accounts, by id.
    """

    def __init__(
        self, panels: Sequence[Panel], customer: str, attacker: str, names: Mapping[str, str]
    ) -> None:
        self.panels = panels
        request = panels[-1].honest.request
        owner = request.resource_account
        self.customer = customer or names.get(owner, "") or f"account {owner}"
        self.attacker = attacker or "somebody else"
        self.deputy, note = title_and_note(request.caller.arn, request.caller.kind.value)
        of = names.get(request.caller.account) or request.caller.account
        self.deputy_note = f"{note} of {of}" if of else note
        self.resource, what = short_name(request.resource)
        self.resource_note = f"{what or 'resource'} of {names.get(owner) or owner}"
        self.noun = what.split(" ")[-1] if what else "resource"
        self.request = request

    def way(self, decision: Decision, other: Decision, *, is_attack: bool) -> Way:
        """Give the way of a call, beside the other one."""
        seen = look(decision.verdict)
        return Way(
            self.attacker if is_attack else self.customer,
            "attacker" if is_attack else "customer",
            f"“my {self.noun} is",
            f"{self.resource}”",
            f"{seen.symbol} {decision.request.action}: {seen.word}",
            seen,
            tuple(_context(decision, other)),
            bool(decision),
            is_attack,
        )

    def headline(self, panel: Panel) -> str:
        """Say who gets through."""
        honest, attack = map(bool, panel.both)
        if honest and attack:
            return f"{self.attacker} gets at what is {self.customer}'s"
        if honest:
            return f"{self.attacker} is stopped, {self.customer} gets through"
        if attack:
            return f"{self.attacker} gets through, {self.customer} does not"
        return "nobody gets through"

    def card(self, panel: Panel) -> list[tuple[str, str]]:
        """Say what the resource's policy asks, and what the two calls have for it."""
        end, other = end_of(panel.honest, "resource"), end_of(panel.attack, "resource")
        lines = [(f"what the {end.name} of {self.resource} asks", INK)]
        honest = {said.address: said for said in (*end.shown, *end.others)}
        shown = [said for said in other.shown if said.address in honest]
        asked = [line for said in shown for line in _asks(honest[said.address], said)]
        lines += asked[:_MOST_CONDITIONS]
        if len(asked) > _MOST_CONDITIONS:
            lines.append(
                (f"and {count(len(asked) - _MOST_CONDITIONS, 'more condition')}", PALE_INK)
            )
        if shown and not asked:
            lines.append((f"{shown[0].address} does not ask for whom {self.deputy} works", DENY))
        stops = [NAMES[layer] for layer in NAMES if layer in stops_of(panel.attack)]
        if not panel.attack and not any(not one.fits for said in shown for one in said.conditions):
            by = f"by the {' and the '.join(stops)}" if stops else rule_of(panel.attack)
            lines.append((f"the attack is stopped {by}", INK))
        return lines

    # -- beside the picture ----------------------------------------------------------------------

    def alt(self) -> str:
        """Say what is to be seen."""
        deputy, resource = shorten(self.deputy, _SHORT), shorten(self.resource, _SHORT)
        customer, attacker = shorten(self.customer, 24), shorten(self.attacker, 24)
        panel = self.panels[-1]
        honest, attack = panel.ways(self)
        parts = [f"Through {deputy}, {customer} {_gets(honest)} {resource}{_with(honest)}"]
        parts.append(f"{attacker} {_gets(attack, to=False)}{_with(attack)}")
        unmet = [
            f"the {end_of(panel.attack, 'resource').name} wants {one.key} {shorten(one.wants, 30)}"
            for said in end_of(panel.attack, "resource").shown
            for one in said.conditions
            if not one.fits
        ]
        text = "; ".join(parts) + (f": {unmet[0]}" if unmet else "")
        if len(self.panels) > 1:
            was = self.panels[0].ways(self)[1]
            text += f". Before, {attacker} {_gets(was, to=False)}"
        return told(text, [], ".")

    def caption(self) -> str:
        """Give the line below the picture."""
        return (
            f"{self.deputy} may do what it is asked for, and cannot know whose {self.noun} that "
            "is; only the owner's policy can ask for whom it works."
        )

    def rows(self) -> Iterator[dict[str, object]]:
        """Give the table: a row for each call."""
        for panel in self.panels:
            for decision, way in zip(panel.both, panel.ways(self), strict=True):
                end = end_of(decision, "resource")
                yield {
                    **({"panel": panel.title} if panel.title else {}),
                    "who": way.who,
                    "role": way.role,
                    "deputy": decision.request.principal,
                    "action": decision.request.action,
                    "resource": decision.request.resource,
                    "context": ", ".join(way.context),
                    "verdict": way.look.word,
                    "statements": ", ".join(said.address for said in end.shown),
                    "stopped_by": ", ".join(sorted(NAMES[one] for one in stops_of(decision))),
                }

    def lines(self) -> list[str]:
        """Give the list: the deputy, the resource, then panel by panel."""
        request = self.request
        lines = [
            f"{self.deputy}, {self.deputy_note}: {request.principal}",
            f"{self.resource}, {self.resource_note}: {request.resource}",
        ]
        for panel in self.panels:
            title = f"{panel.title.upper()}: " if panel.title else ""
            lines.append(f"{title}{self.headline(panel)}")
            for way in panel.ways(self):
                lines.append(f"  {way.who}, {way.role}, to {self.deputy}: {way.says} {way.names}")
                lines.append(f"    {self.deputy} to {self.resource}: {way.verdict}")
                lines += (f"      {text}" for text in way.context)
            lines += (f"  {'  ' * bool(i)}{text}" for i, (text, _) in enumerate(self.card(panel)))
        return lines

    def graph(self) -> nx.DiGraph[Any]:
        """Give the ways as a graph, a field for each panel."""
        import networkx as nx

        graph: nx.DiGraph[Any] = nx.DiGraph()
        for panel in self.panels:
            title = panel.title
            graph.add_node((title, "deputy"), label=self.deputy, note=self.deputy_note, field=title)
            for way in panel.ways(self):
                graph.add_node((title, way.role), label=way.who, note=way.role, field=title)
                graph.add_edge(
                    (title, way.role), (title, "deputy"), label=f"{way.says} {way.names}"
                )
                # Two calls lead to one resource: each has a node of its own.
                call = (title, way.role, "call")
                label = ", ".join([way.verdict, *way.context])
                graph.add_node(call, label=label, note=f"for {way.who}", field=title)
                graph.add_edge((title, "deputy"), call)
                graph.add_node(
                    (title, "owned"), label=self.resource, note=self.resource_note, field=title
                )
                graph.add_edge(call, (title, "owned"), missing=not way.is_allowed)
        return graph


def _context(decision: Decision, other: Decision) -> Iterator[str]:
    """Give what is in a call's context, and is not so in the other's."""
    keys = {key.lower(): key for one in (decision, other) for key in one.request.context}
    values = {
        key: decision.request.values(key)
        for key in sorted(keys.values())
        if decision.request.values(key) != other.request.values(key)
    }
    if not values:
        yield "nothing says for whom"
    for key, found in list(values.items())[:_MOST_KEYS]:
        yield f"no {key}" if found is None else f'{key} "{" ".join(found)}"'
    if len(values) > _MOST_KEYS:
        yield f"and {count(len(values) - _MOST_KEYS, 'more key')}"


def _asks(honest: Said, attack: Said) -> Iterator[tuple[str, str]]:
    """Give a statement's conditions, and which of the two calls meets each."""
    for one, other in zip(honest.conditions, attack.conditions, strict=True):
        meets = f"customer {one.symbol}  attacker {other.symbol}"
        colour = INK if other.fits else DENY
        yield f"{meets}  {other.operator} {other.key} wants {other.wants}", colour


def _gets(way: Way, *, to: bool = True) -> str:
    if way.is_allowed:
        return "gets to" if to else "gets there too"
    return "does not get to" if to else "is stopped"


def _with(way: Way) -> str:
    return f" ({shorten(', '.join(way.context), 50)})"
