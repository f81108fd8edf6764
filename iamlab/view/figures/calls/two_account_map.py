"""The two-account map: an arrow from a caller to a resource, and the policies on both sides.

The caller's account is a frame on the left, the resource's account a frame on the right; if they
are the same, there is one frame. Each layer of policies has a sign on the arrow. The statements of
both sides are below it, with the request's values for each condition.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "How AWS enforcement code logic evaluates
requests to allow or deny access".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.layers import NAMES
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.request import Kind
from iamlab.view.arguments import check, check_world
from iamlab.view.drawing.measure import SMALL, wrap
from iamlab.view.drawing.sheet import DISC, MARGIN, PAD, Box, Sheet
from iamlab.view.figures.calls.policy_ends import ENDS, conditions_of, rule_of, side_of, stops_of
from iamlab.view.figures.names import account_names, asks_for, short_name, title_and_note
from iamlab.view.scene import HEADING, Edge, Node, Scene
from iamlab.view.style import ABSENT, ALLOW, DENY, EFFECTS, INK, LIT_AREA, PALE_LINE, SILENT, look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.verdict import StatementMatch
    from iamlab.model.world import World
    from iamlab.view.figure import Figure

MOST = 3
"""The largest number of statements below a side in the picture, and of lines of each."""
LEFT, RIGHT, WIDTH = MARGIN, 5.1, 4.75
"""Where the frames begin, and the width of each."""
BOX, INDENT, LINE, ARROW, CARDS = 1.8, 0.2, 0.185, 1.05, 1.75
LAYERS = ("identity", "boundary", "session", "scoped", "scp", "endpoint", "rcp", "resource")
"""The layers that a request passes, from the caller to the resource."""
PLACES = dict(zip(LAYERS, (2.55, 2.97, 3.38, 3.8, 4.2, 4.58, 5.6, 7.35), strict=True))
SHORT = {"scoped": "scope-down", "scp": "SCP", "rcp": "RCP"}
TONES = {"✓": ALLOW, "✕": DENY, "–": SILENT}
NOTHING = {"statement": "", "effect": "", "matches": False}
NOTHING |= dict.fromkeys(("names_account", "conditions", "missed"), "")
"""The row of a layer without policies."""


def two_account_map(decision: Decision, *, world: World | None = None) -> Figure:
    """Draw the policies on the caller's side and on the resource's side, and the verdict.

    Parameters
    ----------
    decision
        The decision to explain.
    world
        The world whose accounts' names are shown. Default: accounts are shown by their ids.

    Raises
    ------
    RequestError
        ``decision`` isn't a decision, or ``world`` isn't a world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import OLD_MAP, observatory
    >>> world = observatory()
    >>> alice = world.can(world.user("alice"), "s3:GetObject", OLD_MAP)
    >>> for line in two_account_map(alice, world=world).as_text().splitlines()[:4]:
    ...     print(line)
    acme-main: 111111111111, the caller's account
      alice, user: arn:aws:iam::111111111111:user/alice
        requests s3:GetObject
      ○ identity-based policy doesn't allow
    """
    check("two_account_map", decision, Decision)
    check_world("two_account_map", world)
    frames = _frames(decision, account_names(world))
    verdict, rule = look(decision.verdict), rule_of(decision)
    nodes = list(_nodes(decision, frames))
    scene = Scene(
        nodes,
        list(_edges(decision, [node.id for node in nodes if node.kind != HEADING])),
        frames=frames,
        after=[str(verdict), rule, *filter(None, [decision.message])],
    )
    return scene.figure(
        _draw, alt=_alt(decision, nodes, frames), caption=f"{rule} {verdict.sentence}"
    )


def _frames(decision: Decision, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the titles and the notes of the caller's account and of the resource's."""
    request, caller = decision.request, decision.request.caller

    def frame(account: str, whose: str) -> tuple[str, str]:
        return (names[account], f"{account}, {whose}") if account in names else (account, whose)

    if request.same_account:
        return {"near": frame(caller.account, "the caller's account, and the resource's")}
    near = frame(caller.account, "the caller's account")
    near = near if caller.account else ("no account", f"{caller.kind.value} caller")
    return {"near": near, "far": frame(request.resource_account, "the resource's account")}


def _nodes(decision: Decision, frames: Mapping[str, tuple[str, str]]) -> Iterator[Node]:
    """Yield nodes: the accounts, the caller, the layers with their statements, the resource."""
    request, far = decision.request, list(frames)[-1]
    for key, words in frames.items():
        yield Node(key, ": ".join(words), kind=HEADING)
    title, note = title_and_note(request.principal, request.caller.kind.value)
    line, details = f"{title}, {note}: {request.principal}", [f"requests {request.action}"]
    yield Node("caller", title, note, "", "near", frame="near", line=line, details=details)
    for layer in LAYERS:
        step, side = decision.trace.step(layer), side_of(decision, layer)
        if not step.found.present and layer not in ENDS:
            continue
        facts = {"layer": NAMES[layer], "says": side.look.word}
        parent = far if layer in ("rcp", "resource") else "near"
        text = f"{side.look.symbol} {side.name} {side.look.word}"
        yield Node(
            layer,
            text,
            ", ".join(match.address for match in side.shown),
            parent=parent,
            frame=parent,
            short=SHORT.get(layer, layer),
            look=side.look,
            line=text,
            details=[step.exempt] if step.exempt else [],
            facts={} if side.shown or side.others else facts | NOTHING,
        )
        for match in (*side.shown, *side.others):
            yield _statement(decision, match, layer, facts, stays=match in side.shown)
    title, note = short_name(request.resource)
    line, verdict = f"{title}, {note or 'resource'}: {request.resource}", look(decision.verdict)
    yield Node("target", title, note or "resource", "", far, frame=far, look=verdict, line=line)


def _statement(
    decision: Decision, match: StatementMatch, layer: str, facts: Mapping[str, str], *, stays: bool
) -> Node:
    """Return the node of a statement: it is in the list, and below its layer in the picture."""
    caller, conditions = decision.request.caller, list(conditions_of(decision, match))
    is_account = match.principal_match is PrincipalMatch.ACCOUNT and caller.kind is not Kind.ROOT
    account = caller.account if is_account else ""
    misses = [str(mismatch) for mismatch in match.mismatches if mismatch.condition is None]
    details = [*conditions, *(f"✕ {miss}" for miss in misses)]
    if account:
        details.insert(0, f"its Principal is account {account}: own policies must allow too")
    symbol = EFFECTS[match.effect].symbol if match.applies else "○"
    path = f" through {', '.join(match.path)}" if match.path else ""
    return Node(
        f"{layer} {match.address} {match.path}",
        f"{symbol} {match.effect} {match.address}{path}",
        kind=HEADING,
        parent=layer,
        stays=stays,
        details=details,
        facts={
            **facts,
            "statement": match.address,
            "effect": match.effect,
            "matches": match.applies,
            "names_account": account,
            "conditions": "; ".join(conditions),
            "missed": "; ".join(misses),
        },
    )


def _edges(decision: Decision, keys: Sequence[str]) -> Iterator[Edge]:
    """Yield the arrow from the caller through the layers; it is dashed after the first stop."""
    stops, is_stopped = stops_of(decision), False
    for source, target in pairwise(keys):
        is_last = target == keys[-1]
        is_stopped = is_stopped or source in stops or (is_last and not decision)
        label = f"{decision.request.action}: {look(decision.verdict)}" if is_last else ""
        yield Edge(source, target, label, dashed=is_stopped)


def _alt(decision: Decision, nodes: Sequence[Node], frames: Mapping[str, tuple[str, str]]) -> str:
    where = " to ".join(shorten(title, 24) for title, _ in frames.values())
    where = f"from {where}" if len(frames) > 1 else f"in {where}"
    layers = (*stops_of(decision), *ENDS)
    parts = [f"the {node.text[2:]}" for node in nodes if node.id in layers]
    for node in nodes:
        if node.parent in ENDS and node.stays:
            parts += [shorten(words, 70) for words in node.details if words[0] in "✕–"]
    first = f"{asks_for(decision.request)}, {where}: "
    return alt_text(first, parts, f". Verdict: {look(decision.verdict).word}.")


# -- the picture -----------------------------------------------------------------------------------


def _draw(scene: Scene) -> Sheet:
    sheet = Sheet(3.0, 1.0)
    caller, *layers, target = scene.drawn
    bottom = max(_card(sheet, scene, node) for node in layers if node.id in ENDS)
    width = WIDTH if len(scene.frames) > 1 else RIGHT + WIDTH - LEFT
    for left, (title, note) in zip((LEFT, RIGHT), scene.frames.values(), strict=False):
        sheet.field(left, MARGIN, width, bottom + 0.15 - MARGIN, title, note)
    x = LEFT + INDENT
    start = Box(x, ARROW, BOX, caller.text, caller.note, area=LIT_AREA, bold=True)
    verdict, right = target.look or ABSENT, RIGHT + WIDTH - INDENT - BOX
    end = Box(right, ARROW, BOX, target.text, target.note, verdict.colour, verdict.area, bold=True)
    sheet.box(start)
    sheet.box(end)
    sheet.note(x, ARROW + 0.36, caller.details[0], INK, room=BOX + 0.2)
    stop = next((edge.source for edge in scene.edges if edge.dashed), "")
    if stop:
        place = PLACES[stop], ARROW
        sheet.straight(start.right, place, INK, bold=True)
        sheet.straight(place, end.left, PALE_LINE, dashed=True, arrow=True)
    else:
        sheet.straight(start.right, end.left, ALLOW, bold=True, arrow=True)
    for number, node in enumerate(layers):
        middle, seen = PLACES[node.id], node.look or ABSENT
        sheet.mark((middle, ARROW), seen.symbol, seen.colour)
        if node.id in ENDS:
            sheet.straight((middle, ARROW + DISC), (middle, CARDS), seen.colour)
        else:
            y = ARROW + (-0.3 if number % 2 else 0.3)
            sheet.note(middle, y, node.short, seen.colour, align="center", fact=False)
    taken = sheet.text(x, bottom + 0.42, scene.after[0], verdict.colour, face="bold")
    sheet.note(x + taken + 0.15, bottom + 0.42, scene.after[1], INK)
    return sheet


def _card(sheet: Sheet, scene: Scene, layer: Node) -> float:
    """Write the outcome of a side and its statements; return the lower edge of the card."""
    left = (LEFT if layer.id == ENDS[0] else RIGHT) + INDENT
    width, seen = WIDTH - 2 * INDENT, layer.look or ABSENT
    statements = [node for node in scene.nodes if node.parent == layer.id]
    shown = [node for node in statements if node.stays][:MOST]
    lines = [(0, layer.text), *((1, words) for words in layer.details)]
    for node in shown:
        lines += [(1, node.text), *((2, words) for words in node.details[:MOST])]
        if more := len(node.details[MOST:]):
            lines.append((2, f"and {more} more"))
    if others := len(statements) - len(shown):
        lines.append((1, f"and {count(others, 'other statement')}"))
    room = width - 2 * PAD
    pieces = [
        (level, piece, words)
        for level, words in lines
        for piece in wrap(words, room - INDENT * level, SMALL)
    ]
    height = len(pieces) * LINE + 0.14
    sheet.area((left, CARDS), (width, height), seen.area, edge=seen.colour)
    for number, (level, piece, words) in enumerate(pieces):
        x, y = left + PAD + INDENT * level, CARDS + 0.16 + number * LINE
        # A count, or a line that was shortened, isn't in the list; that has the whole.
        is_fact = piece in words and not words.startswith("and ")
        tone, face = TONES.get(words[0], INK), "sans" if number else "bold"
        sheet.note(x, y, piece, tone, face=face, room=room - INDENT * level, fact=is_fact)
    return CARDS + height
