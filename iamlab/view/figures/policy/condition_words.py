"""What the condition tree says in words: its alternative text, its table and its list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.names import asks_for
from iamlab.view.figures.policy.condition_facts import MISSING, NO_KEY
from iamlab.view.style import EFFECTS, look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import Request
    from iamlab.view.figures.policy.condition_facts import Branch, Tree

JOINTS = {"OR": " (OR: one is enough)", "NOR": " (NOR: none may fit)"}
READ = {
    "OR": "; of the values of one, one is enough (OR)",
    "NOR": "; of a negated one none may fit (NOR), and ✓ is one that does not",
}
NOTHING = "No statement here has a condition: they ask for nothing more."


def caption_of(request: Request, drawn: Sequence[Tree]) -> str:
    """Give the line below the figure: how such a tree is read."""
    joints = {branch.joint for tree in drawn for branch in tree.branches}
    ways = "".join(READ[joint] for joint in ("OR", "NOR") if joint in joints)
    return f"{asks_for(request)}: all conditions must match (AND){ways}."


def left_out(others: Sequence[Tree]) -> str:
    """Count statements for which there is no room."""
    matching = sum(tree.matches for tree in others)
    return f"and {count(len(others), 'more statement')} with conditions, {matching} of them match"


def alt_of(found: Sequence[Tree], request: Request, asked: Decision | None) -> str:
    """Say in a sentence which statements apply, and which conditions keep the others from it."""
    verdict = "." if asked is None else f". {look(asked.verdict).sentence}"
    first = f"{asks_for(request)}: "
    if not found:
        return f"{first}no statement has a condition{verdict}"
    return told(first, map(_told, found), verdict)


def _told(tree: Tree) -> str:
    name = f"{tree.effect} {shorten(tree.address, 40)}"
    if tree.applies:
        return f"{name} applies: {listed([f'✓ {b.key}' for b in tree.branches], 2)}"
    if tree.matches:
        return f"{name}: all conditions match, but {' and '.join(tree.other)} does not"
    failing = [branch for branch in tree.branches if not branch.matches]
    shown = [f"✕ {shorten(one.key, 40)} ({shorten(_has(one), 30)})" for one in failing]
    return f"{name} does not apply: {listed(shown, 2, length=90)}"


def _has(branch: Branch) -> str:
    return ", ".join(leaf.text or '""' for leaf in branch.found) or NO_KEY


def rows_of(found: Sequence[Tree], request: Request) -> list[dict[str, object]]:
    """Give the table: a row a condition."""
    rows: list[dict[str, object]] = [
        {
            "statement": tree.address,
            "effect": tree.effect,
            "operator": branch.operator,
            "key": branch.key,
            "asks": branch.asks,
            "values": tuple(leaf.text for leaf in branch.values),
            "request has": tuple(leaf.text for leaf in branch.found) or None,
            "matches": branch.matches,
            "why": branch.why,
            "statement applies": tree.applies,
        }
        for tree in found
        for branch in tree.branches
    ]
    return rows or [
        {"statement": "", "request": asks_for(request), "matches": None, "why": NOTHING}
    ]


def lines_in_words(
    found: Sequence[Tree], drawn: Sequence[Tree], request: Request, asked: Decision | None
) -> list[str]:
    """Give the tree as an indented list."""
    lines = [asks_for(request), f"  caller: {request.principal}", f"  resource: {request.resource}"]
    for tree in found:
        symbol = EFFECTS[tree.effect].symbol if tree.applies else "○"
        lines.append(f"{symbol} {tree.effect} {tree.label}: {tree.outcome}")
        lines += [f"  {tree.policy}"] if tree.policy else []
        if len(tree.branches) > 1:
            lines.append("  all of these must match (AND)")
        for branch in tree.branches:
            lines.append(f"  {branch.symbol} {branch.key}: {branch.outcome}")
            lines.append(f"    {branch.operator}: {branch.asks}")
            lines.append(f"    values{JOINTS.get(branch.joint, '')}")
            lines += [f"      {leaf}" for leaf in branch.values] or ["      (no values)"]
            has = [str(leaf) for leaf in branch.found] or [f"{MISSING} {NO_KEY}"]
            lines.append(f"    the request has: {', '.join(has)}")
            lines += [f"    {branch.why}"] if branch.why else []
    if not found:
        lines.append(NOTHING)
    if len(drawn) < len(found):
        lines.append(f"(in the picture: {left_out(found[len(drawn) :])})")
    if asked is not None:
        lines.append(str(look(asked.verdict)))
    return lines
