"""The parts of a request: who, does what, to what, when and where.

Every request is one sentence. AWS has a word for each of its parts, and policies use the same words
for them: Principal, Action, Resource, Condition. In the first picture of the course, a request
comes to a door and gets a verdict.

Notes
-----
AWS pages: "Components of a request"; "AWS global condition context keys".
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.request import Request
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.policy.catalog import action as in_catalog
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import PAGE, Box, Sheet
from iamlab.view.figures.names import short_name
from iamlab.view.layouts.network import draw_network
from iamlab.view.scene import Column, Edge, Node, Scene
from iamlab.view.style import ABSENT, FIELD_AREA, HAIRLINE, INK, LIT_AREA, PALE_INK, Look, look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.view.figure import Figure

LEFTS, WIDTHS = (0.15, 2.26, 4.37, 6.62), (1.96, 1.96, 2.1, 3.2)
"""The left ends and widths of the four parts."""
TOP, BOX, LABEL = 0.72, 0.56, 1.2
"""The middle of the boxes, their height, and the middle of AWS's words below them."""
ROW_HEIGHT, VERDICT_WIDTH = 0.215, 1.7
MANY = 7
"""The largest number of context keys in the picture; the others are counted."""
MISSING_WORDS = f"{ABSENT.symbol} not in the request"
NO_TIME, NO_KEYS, CONTEXT = "time unknown", "no context keys", "Condition context"
ASKED = "a policy asks for it"
CHECKS = "checks all policies that apply"
PARTS = (
    ("who", "the caller, such as alice"),
    ("does what", "the action, such as s3:GetObject"),
    ("on what", "the resource, an ARN"),
    ("in which context", "time, address, MFA, tags ..."),
)
MEANING = {
    Verdict.ALLOWED: "an Allow matches, no Deny does",
    Verdict.EXPLICIT_DENY: "a Deny matches: it always wins",
    Verdict.IMPLICIT_DENY: "a required Allow is missing",
}
FIRST = (
    "currenttime sourceip requestedregion multifactorauthpresent securetransport principaltag/ "
    "requesttag/ resourcetag/ principalorgid externalid sourcevpce useragent viaaws"
)
"""The beginnings of the most useful keys. Keys about the principal often repeat it."""


def door(*, meanings: bool = True) -> Figure:
    """Draw the parts of every request, and the three verdicts that it can get.

    Parameters
    ----------
    meanings
        Whether each verdict has its meaning. Pass False before a learner's first prediction.

    Examples
    --------
    >>> print(door(meanings=False).caption)
    Every request to AWS goes through this door.
    """
    nodes = [
        Node(name, name, is_, line=f"{name}: {is_}", facts={"part": name, "is": is_})
        for name, is_ in PARTS
    ]
    edges = [Edge(name, "door") for name, _ in PARTS]
    nodes.append(Node("door", "AWS IAM", CHECKS, line=f"AWS IAM {CHECKS}", column=1, is_end=True))
    for verdict, meaning in MEANING.items():
        seen, note = look(verdict), meaning if meanings else ""
        line = f"{seen}: {note}" if note else str(seen)
        nodes.append(Node(line, str(seen), note, "", "door", 2, look=seen, is_end=True, line=line))
        edges.append(Edge("door", line, look=seen))
    columns = {n: Column(title) for n, title in enumerate(("REQUEST", "DOOR", "VERDICT"))}
    return Scene(nodes, edges, columns).figure(
        draw_network,
        alt="A request has four parts: who, does what, on what, and in which context. IAM checks "
        "all policies that apply, and answers with one of three verdicts. "
        f"{'; '.join(node.id for node in nodes[5:])}.",
        caption="Every request to AWS goes through this door.",
        is_graph=False,
    )


def request_sentence(asked: Decision | Request) -> Figure:
    """Draw a request as one sentence in its parts.

    Parameters
    ----------
    asked
        A request; or a decision, for its request, its verdict, and the condition keys of its
        policies.

    Raises
    ------
    RequestError
        ``asked`` has another type.

    Examples
    --------
    >>> from iamlab import Request
    >>> figure = request_sentence(Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...     "arn:aws:s3:::star-maps/m31.fits", context={"aws:SourceIp": "203.0.113.7"}))
    >>> print(figure.alt.partition("; ")[2])
    the request has 1 context key.
    """
    decision = asked if isinstance(asked, Decision) else None
    request = asked.request if isinstance(asked, Decision) else asked
    if not isinstance(request, Request):
        raise RequestError(
            f"An object of type {type(asked).__name__} is neither a request nor a decision: pass "
            "Request(principal, action, resource), or the result of world.can(...)."
        )
    parts, keys = list(_parts(request)), context_keys(request, decision)
    who, does, what, when = parts
    nodes = [*parts, *(keys or [Node("none", NO_KEYS, parent=CONTEXT)])]
    verdict = None if decision is None else look(decision.verdict)
    question = f"May {who.text} do {does.text} to {what.text}?"
    if verdict:
        facts = {"part": "verdict", "key": "", "value": verdict.word}
        nodes.append(Node("verdict", f"{question} {verdict}", facts=facts))
    missing = [key.text for key in keys if key.look is ABSENT]
    sent = f"the request has {count(len(keys) - len(missing), 'context key')}"
    lacks = f"lacks {listed(missing, 2)}, for which a policy asks" if missing else ""
    moment = "".join(f", {words}" for words in (when.text, when.note) if words not in ("", NO_TIME))
    sentence = f"{shorten(who.text, 40)} does {does.text} to {shorten(what.text, 50)}"
    ending = f". {verdict.sentence}" if verdict else "."
    wanted = [{ASKED: node.highlighted if node.parent else None} for node in nodes]
    more = wanted if verdict else [{}] * len(nodes)
    table = [{**node.facts, **own} for node, own in zip(nodes, more, strict=True) if node.facts]
    return Scene(nodes, table=table).figure(
        lambda _: _draw(parts, keys, question, verdict),
        alt=alt_text(f"{sentence}{shorten(moment, 60)}; ", [sent, lacks], ending, between=", and "),
        caption="Every request to AWS is one sentence, and policies use its parts.",
        is_graph=False,
    )


def _parts(request: Request) -> Iterator[Node]:
    """Yield the four parts, each with its details."""
    caller, known = request.caller, in_catalog(request.action)
    issuer = caller.issuer if caller.issuer != request.principal else ""
    account = f"account {caller.account}" if caller.account else "of no account"
    who = short_name(request.principal)[0], caller.kind.value
    yield _part("WHO", "Principal", who, account, issuer and f"acts as {issuer}", request.principal)
    does = known.description.removeprefix("Grants permission to ") if known else ""
    level = known.level if known else ""
    yield _part("DOES WHAT", "Action", (request.action, level), does, request.action)
    owner = request.resource_account and f"account {request.resource_account}"
    whose = "the caller's own account" if request.same_account else "another account"
    whose = whose if caller.account else ""
    what = short_name(request.resource)
    yield _part("TO WHAT", "Resource", what, owner, whose, request.resource)
    time, address = request.value("aws:CurrentTime"), request.value("aws:SourceIp")
    mfa = {"true": "with MFA", "false": "without MFA"}
    where = [f"on {time}" if time else "", f"from {address}" if address else ""]
    where.append(mfa.get(request.value("aws:MultiFactorAuthPresent") or "", ""))
    when, *more = [words for words in where if words] or [NO_TIME]
    yield _part("WHEN AND WHERE", CONTEXT, (when, ", ".join(more)), "")


def _part(question: str, word: str, words: tuple[str, str], *details: str) -> Node:
    """Return a part; the last detail is the value that policies compare."""
    (text, note), value = words, details[-1]
    facts = {"part": word, "key": "", "value": value} if value else {}
    line = f"{question.lower()}: {text} ({word})"
    more = [detail for detail in (note, *details) if detail]
    return Node(word, text, note, question, line=line, details=more, facts=facts)


def context_keys(request: Request, decision: Decision | None) -> list[Node]:
    """Return the context keys; those in conditions of policies are first, and highlighted."""
    wanted = {
        condition.key.lower(): condition.key
        for step in (() if decision is None else decision.trace.steps)
        for match in step.matches
        for condition in match.statement.conditions
    }
    sent = {name.lower(): name for name in request.context if request.keys.get(name.lower())}
    nodes = []
    for low, name in (wanted | sent).items():
        values = request.keys[low] if low in sent else None
        words = MISSING_WORDS if values is None else ", ".join(values)
        line = f"{name}: {words}{f' ({ASKED})' if low in wanted else ''}"
        value = values[0] if values and len(values) == 1 else values
        node = Node(name, name, words, parent=CONTEXT, line=line, highlighted=low in wanted)
        facts = {"part": CONTEXT, "key": name, "value": value}
        nodes.append(replace(node, look=ABSENT if values is None else None, facts=facts))
    return sorted(nodes, key=_rank)


def _rank(key: Node) -> tuple[bool, int, str]:
    name = key.text.partition(":")[2].lower()
    places = [n for n, start in enumerate(FIRST.split()) if name.startswith(start)]
    return not key.highlighted, min(places, default=99), key.text.lower()


# -- the picture -----------------------------------------------------------------------------------


def _draw(
    parts: Sequence[Node], keys: Sequence[Node], question: str, verdict: Look | None
) -> Sheet:
    sheet, lowest = Sheet(PAGE), 0.0
    for left, width, part in zip(LEFTS, WIDTHS, parts, strict=True):
        sheet.heading(left, 0.24, part.kind)
        box = Box(left, TOP, width, part.text, part.note, INK, LIT_AREA, bold=True, height=BOX)
        sheet.box(box)
        middle, y = box.bottom[0], LABEL + 0.17
        sheet.straight(box.bottom, (middle, LABEL - 0.1))
        sheet.text(middle, LABEL, part.id, face="bold", align="center")
        if part.id != CONTEXT:
            sheet.straight(box.right, (left + width + 0.15, TOP))
            for detail in part.details[:-1]:
                if detail != part.note:
                    y += sheet.paragraph(left, y, detail, width, size=SMALL) + 0.03
        lowest = max(lowest, y)
    bottom = _context(sheet, keys, LABEL + 0.2)
    if verdict:
        y, right = max(lowest + 0.4, bottom - 0.28), LEFTS[2] + WIDTHS[2] - VERDICT_WIDTH
        ask = Box(LEFTS[0], y, right - LEFTS[0] - 0.3, question, area=FIELD_AREA)
        colours = verdict.colour, verdict.area
        answer = Box(right, y, VERDICT_WIDTH, str(verdict), "", *colours, bold=True)
        sheet.box(ask)
        sheet.box(answer)
        sheet.straight(ask.right, answer.left, verdict.colour, bold=True, arrow=True)
    return sheet


def _context(sheet: Sheet, keys: Sequence[Node], top: float) -> float:
    """Draw the context keys, those of policies first; return the lower edge."""
    left, width, y = LEFTS[3], WIDTHS[3], top + ROW_HEIGHT / 2
    shown = keys if len(keys) <= MANY else keys[: MANY - 1]
    for is_wanted, group in groupby(shown, key=lambda key: key.highlighted):
        if shown[0].highlighted:
            sheet.heading(left, y + 0.02, "A POLICY ASKS FOR" if is_wanted else "ALSO SENT")
            y += ROW_HEIGHT
        for key in group:
            colour, face = PALE_INK if key.look else INK, "bold" if is_wanted else "sans"
            taken = sheet.note(left, y, key.text, colour, room=1.85)
            room = width - taken - 0.15
            sheet.note(left + width, y, key.note, colour, room=room, face=face, align="right")
            y += ROW_HEIGHT
            line = y - ROW_HEIGHT / 2
            sheet.straight((left, line), (left + width, line), HAIRLINE)
    if len(shown) < len(keys) or not keys:
        more = f"and {len(keys) - len(shown)} more keys" if keys else NO_KEYS
        sheet.note(left, y, more, fact=False)
        y += ROW_HEIGHT
    return y - ROW_HEIGHT / 2
