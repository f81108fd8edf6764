"""The clickable access graph: switch policies, statements and memberships, and see what follows.

The figure's own layout draws everything once. A switch changes only marks: what is off, what each
policy says, and which statement decides. Up to ten switches, all answers are computed beforehand.

To switch off what is attached to a place in an organization leaves only ``FullAWSAccess`` there.
Each place with a policy of its own is a stop by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.engine.edits import with_levels
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import CEILINGS
from iamlab.engine.trace import ALLOWS
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.view.figures.calls.policy_ends import OUTCOMES
from iamlab.view.figures.decision import access_graph as figure
from iamlab.view.figures.decision.access_graph import CALLER, GRANT, OWN, RESOURCE, STATEMENT
from iamlab.view.figures.names import asks_for
from iamlab.view.folding import nested
from iamlab.view.layouts.path import GATE, draw_path
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import EFFECTS, LOOKS
from iamlab.view.words import listed
from iamlab.widgets import choices
from iamlab.widgets import controls as html
from iamlab.widgets.graph_picture import PENDING, Part, picture
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy, Level
    from iamlab.engine.trace import TraceLevel
    from iamlab.engine.verdict import StatementMatch
    from iamlab.world.world import World

SIDES = ("identity", "resource", "grant")
"""The layers whose statements are drawn."""
VERDICTS = dict(zip(("allow", "deny", "silent"), map(str, LOOKS.values()), strict=True))
AT_STOP = {"allow": "✓ allows", "deny": "✕ denies", "silent": "○ no Allow", "off": "off"}
"""The words of the resource and of stops, by their marks."""
MOST = 10
"""How many statements a picture has at most, and how many switches have answers beforehand."""
STOP = "stop "
"""How the ids of stops begin."""
WHOLE = ("FullAWSAccess", "RCPFullAWSAccess")
"""The policies of an organization that limit nothing."""
KINDS = ("group", "policy", "statement", GATE)
"""The kinds of nodes that can be switched off."""
FIXED = ("KMS grant", "account password policy")
"""The types of policies that aren't attached, so they can't be switched off."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The names of the switches that are off."""

    off: tuple[str, ...] = ()


class ClickableGraph(Instrument[Switched]):
    """The policies that apply to one request, each a switch.

    Its controls are the ``switches``: ``press("star-maps-read/ReadMaps")``.

    Parameters
    ----------
    world, principal, action, resource, context, circumstances
        The request, as in ``World.can``. The world doesn't change.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    ExerciseError
        The request needs several permissions.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> from iamlab.widgets import clickable_graph
    >>> world = scenario("groups")
    >>> graph = clickable_graph(world, world.user("dana"), "s3:DeleteObject", MAP)
    >>> str(graph.decision.verdict), graph.switches[:2]
    ('explicit deny', ('own-notes', 'own-notes/OwnNotes'))
    >>> graph.press("group contractors")
    >>> print(graph.decision)
    ✓ allowed by AmazonS3FullAccess/#1
    """

    title = "The access graph"
    question = "Click a box, or press Space on it, to switch it off or on."

    def __init__(
        self, world: World, principal: Caller, action: str, resource: str, **more: Any
    ) -> None:
        context, how = more.pop("context", None), more.pop("circumstances", None) or {}
        decision = world.can(principal, action, resource, context=context, **how)
        if decision.pairs:
            needed = " and ".join(pair.request.action for pair in decision.pairs)
            raise ExerciseError(f"This request needs {needed}. A graph shows one permission.")
        self._base, self._scene = decision, neutral(decision)
        nodes, self._switch = self._scene.nodes, switches_of(self._scene)
        self._stops = [node.id for node in nodes if node.id.startswith(STOP)]
        self._drawn_as = {own.id: node.id for node in nodes for own in node.members or (node,)}
        self.switches = tuple(self._switch.values())
        """The names of the switches."""
        bits = {key: 1 << number for number, key in enumerate(self._switch)}
        self._needs: dict[str, int] = {}
        """The switches that must be on, or a part has no effect: as bits, by part."""
        for node in nodes:
            self._needs[node.id] = self._needs.get(node.parent, 0) | bits.get(node.id, 0)
        ends = self._needs | dict.fromkeys(self._stops, 0)
        for edge in self._scene.edges:
            self._needs[edge.id] = ends[edge.source] | ends[edge.target]
        self._decided = lru_cache(64)(self._decide)
        super().__init__(Switched(), **more)

    def change(self, name: str, value: Any) -> Switched:
        """Switch something off or on; without a value, whichever it isn't."""
        if name not in self.switches:
            raise noted(self.no_control(name), did_you_mean(name, self.switches))
        is_on = name in self.state.off if value is None else bool(value)
        return replace(self.state, off=choices.switched(self.state.off, name, on=not is_on))

    def switches_on(self) -> int:
        """Return which switches are on, as bits."""
        return sum(1 << bit for bit, own in enumerate(self.switches) if own not in self.state.off)

    def decide(self) -> Decision | None:
        """Return the decision with the policies that are on."""
        return self._decided(self.switches_on())

    def _decide(self, on: int) -> Decision:
        levels = {layer: [level for _, level in self._levels(layer, on)] for layer in CEILINGS}
        sides = {layer: [tuple(self._policies(layer, on))] for layer in ("identity", "resource")}
        request, layers = self._base.request, with_levels(self._base.layers, levels | sides)
        return evaluate(request, layers).assuming(self._base.assumed)

    def _is_on(self, part: str, on: int) -> bool:
        needs = self._needs.get(self._drawn_as.get(part, part), 0)
        return on & needs == needs

    def _levels(self, layer: str, on: int) -> Iterator[tuple[str, Level]]:
        """Yield the stops of a layer that are on, each with its policies."""
        for number, level in enumerate(self._base.layers.levels(layer), 1):
            if self._is_on(key := f"{STOP}{layer} {number}", on):
                yield key, level

    def _policies(self, layer: str, on: int) -> Iterator[AttachedPolicy]:
        """Yield the policies of a layer with the statements that are on and keep their numbers."""
        for number, attached in enumerate(self._base.layers.of(layer)):
            key, every = f"policy {layer} 1 {number}", attached.policy.statements
            kept = tuple(own for n, own in enumerate(every) if self._is_on(f"{key} {n}", on))
            policy = attached.policy
            if len(kept) < len(every):
                policy = replace(policy, statements=kept)
            yield replace(attached, policy=policy)

    def controls(self) -> Mapping[str, str]:
        """Return the request and the graph without outcomes, and what is off."""
        return self._controls

    @cached_property
    def _controls(self) -> Mapping[str, str]:
        known = {edge.id: Part(needs=self._needs[edge.id]) for edge in self._scene.edges}
        for node in self._scene.nodes:
            switch = self._switch.get(node.id, "")
            effect = node.look.word if node.look else ""
            label = ", ".join(filter(None, (switch or node.text, effect, node.note)))
            known[node.id] = Part(switch, label, self._needs[node.id], self._words(node))
        label = f"The access graph: {asks_for(self._base.request)}. Its buttons are switches."
        graph = html.request_facts(self._base) + picture(draw_path(self._scene), known, label)
        off = '<b data-id="listed {0}" data-needs="{1}">{0}</b>'.format
        names = "".join(off(escape(name), self._needs[key]) for key, name in self._switch.items())
        return {
            "graph": graph + html.statements(self._base, is_open=False),
            "facts": f'<p class="offs">Switched off: {names}</p>',
        }

    def _words(self, node: Node) -> Mapping[str, str]:
        """Return the words that can become true of a node, by their marks."""
        if node.id == RESOURCE:
            return VERDICTS
        if node.id.startswith(STOP):
            return AT_STOP
        if node.column != STATEMENT:
            return {"off": "off"}
        missed = node.details[0] if node.details and not self.predict_first else "doesn't match"
        return {"decides": "decides", "matches": "matches", "misses": missed, "off": "off"}

    def reveal(self, decision: Decision) -> str:
        """Return the verdict with its reason."""
        return html.verdict(decision)

    def marks(self) -> dict[str, str]:
        """Return what is off and, if the verdict is shown, what decides."""
        on, off = self.switches_on(), self.state.off
        marks = {} if self.decision is None else self._outcome(on)
        for part in self._needs:
            if not self._is_on(part, on):
                marks[part] = "off" if self._switch.get(part) in off else "out"
        return marks | {f"listed {name}": "out" for name in off}

    def answers(self) -> dict[str, Any]:
        """Return the outcomes of all switches; with a prediction first, none."""
        return self._answers if len(self.switches) <= MOST and not self.predict_first else {}

    @cached_property
    def _answers(self) -> dict[str, Any]:
        # Statements of the caller's side that don't match can't change an outcome.
        ends = (node for node in self._scene.nodes if node.column >= STATEMENT)
        relevant = [self._needs[own.id] for own in ends if own.frame != CALLER or not own.details]
        numbers, outcomes, of = dict[tuple[bool, ...], int](), list[dict[str, Any]](), list[int]()
        for on in range(1 << len(self.switches)):
            effective = tuple(on & needs == needs for needs in relevant)
            if effective not in numbers:
                result = self.reveal(self._decided(on))
                outcome = {"parts": {"result": result}, "marks": self._outcome(on)}
                if outcome not in outcomes:
                    outcomes.append(outcome)
                numbers[effective] = outcomes.index(outcome)
            of.append(numbers[effective])
        return {"switches": self.switches, "of": of, "outcomes": outcomes}

    def _outcome(self, on: int) -> dict[str, str]:
        """Return the marks of a decision, apart from what is off."""
        decision, edges = self._decided(on), self._scene.edges
        verdict = html.CLASSES.get(decision.verdict.symbol, "silent")
        leading = {edge.target: edge for edge in edges if edge.target not in self._stops}
        out = {edge.source: edge.id for edge in edges}
        marks = {node.id: "misses" for node in self._scene.nodes if node.details}
        marks[RESOURCE] = verdict
        for key, match in self._matched(decision, on):
            if any(match is deciding for deciding in decision.determining):
                marks[key] = marks[out[key]] = f"decides path {verdict}"
                here = key
                while here in leading:
                    marks[leading[here].id] = f"path {verdict}"
                    here = leading[here].source
            elif "decides" not in marks.get(key, ""):
                marks[key] = "matches" if match.applies else "misses"
        marks |= {out[key]: mark for key, mark in marks.items() if mark == "misses"}
        for key, mark, passes in self._passed(decision, on):
            marks |= {key: mark, out[key]: "path allow" if passes else ""}
        return marks

    def _matched(self, decision: Decision, on: int) -> Iterator[tuple[str, StatementMatch]]:
        """Yield the statements of both sides that are on, by their nodes."""
        for layer in SIDES:
            keys = [
                self._drawn_as[key]
                for number, attached in enumerate(self._base.layers.of(layer))
                for part in range(len(attached.policy.statements))
                if self._is_on(key := f"policy {layer} 1 {number} {part}", on)
            ]
            yield from zip(keys, decision.trace.step(layer).matches, strict=False)

    def _passed(self, decision: Decision, on: int) -> Iterator[tuple[str, str, bool]]:
        """Yield each stop with its mark, and whether the request passes it."""
        marks = {stop.id: stop for stop in figure.stops_of(decision)}
        levels: dict[str, TraceLevel] = {}
        for layer in CEILINGS:
            own = (key for key, _ in self._levels(layer, on))
            levels |= zip(own, decision.trace.step(layer).levels, strict=False)
        passes = True
        for key in self._stops:
            mark = ""
            if level := levels.get(key):
                passes = passes and level.lets_through
                seen = OUTCOMES[ALLOWS if level.lets_through else level.outcome]
                mark = html.CLASSES.get(seen.symbol, "silent")
                if key.split()[1] in decision.blocked_by and not level.lets_through:
                    mark = f"decides {mark}"
            elif stop := marks.get(key):
                passes, mark = stop.highlighted, html.CLASSES.get(stop.text[0], "silent")
            yield key, mark, passes


def neutral(decision: Decision) -> Scene:
    """Return the scene of a decision without anything that tells the verdict.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> scene = neutral(world.can(world.user("alice"), "s3:GetObject", MAP))
    >>> [node.text for node in scene.nodes if node.column == STATEMENT]
    ['Allow ListMaps', 'Allow ReadMaps']
    """
    scene = _folded(figure.scene_of(decision))
    nodes, stops = list[Node](), list[Node]()
    for node in scene.nodes:
        if node.kind == GATE:
            stops += _gates(decision, node)
        elif node.id.startswith(STOP):
            rule = decision.trace.reason.rpartition(": ")[2].rstrip(".")
            title = rule if node.id == GRANT else figure.TITLES["identity"]
            stops.append(replace(node, text=f"{PENDING} {title}", note="", look=None))
        elif node.id == RESOURCE:
            end = replace(node, note="", look=None)
        else:
            nodes.append(_statement(decision, node) if node.column == STATEMENT else node)
    edges = [edge for edge in scene.edges if edge.target in {node.id for node in nodes}]
    sources = (node for node in nodes if node.column == STATEMENT)
    to_stops = [Edge(node.id, OWN if node.frame == CALLER else GRANT) for node in sources]
    if stops[0].id not in {edge.target for edge in to_stops}:
        edges += [edge for edge in scene.edges if edge.target == stops[0].id]
    down = [Edge(stop.id, following.id) for stop, following in pairwise([*stops, end])]
    return replace(scene, nodes=[*nodes, end, *stops], edges=[*edges, *to_stops, *down])


def _folded(scene: Scene) -> Scene:
    """Return a scene with few statements: the first ones that match stay."""
    statements = [node for node in scene.nodes if node.column == STATEMENT]
    kept = [node.id for node in statements if node.highlighted][:MOST]
    nodes = [replace(node, stays=node.stays or node.id in kept) for node in scene.nodes]
    return nested(replace(scene, nodes=nodes), MOST) if len(statements) > MOST else scene


def _gates(decision: Decision, stop: Node) -> Iterator[Node]:
    """Yield a stop for each place with a policy that limits something."""
    layer = stop.id.removeprefix(STOP)
    for number, level in enumerate(decision.layers.levels(layer), 1):
        own = [attached.policy.name for attached in level if attached.policy.name not in WHOLE]
        if own or not level:
            place = "".join(f" of {path}" for attached in level[:1] for path in attached.path[:1])
            text, note = f"{PENDING} {figure.TITLES[layer]}{place}", listed(own, 2) * any(own)
            yield replace(stop, id=f"{STOP}{layer} {number}", text=text, note=note, look=None)


def _statement(decision: Decision, node: Node) -> Node:
    """Return a statement with its effect; its details tell what doesn't match, if anything."""
    missed = [(node.note or "doesn't match").removeprefix("nearest: ")]
    node = replace(node, details=missed if node.look == figure.MISSES else ())
    if node.members:
        text = f"{len(node.members)} more statements"
        return replace(node, text=text, note="", look=None, kind="")
    _, layer, level, number, part = node.id.split()
    policy = decision.layers.levels(layer)[int(level) - 1][int(number)].policy
    statement = policy.statements[int(part)]
    seen = EFFECTS[statement.effect]
    text, note = f"{seen.word} {statement.label}", html.in_words(statement)
    return replace(node, text=text, note=note, look=seen, kind="statement", highlighted=True)


def switches_of(scene: Scene) -> dict[str, str]:
    """Return the names of the switches by their nodes: nodes that are folded have none."""
    known, named = {node.id: node for node in scene.nodes}, dict[str, str]()
    for node in scene.nodes:
        policy = known[node.parent] if node.kind == "statement" else node
        if node.members or node.kind not in KINDS or policy.note in FIXED:
            continue
        name = f"group {node.text}" if node.kind == "group" else node.text
        name = name.removeprefix(f"{PENDING} ")
        if node.kind == "statement":
            name = f"{policy.text}/{node.text.partition(' ')[2]}"
        same = sum(own.partition(" (")[0] == name for own in named.values())
        named[node.id] = f"{name} ({same + 1})" if same else name
    return named
