"""The condition tree: an AND of ORs, coloured by what a request makes of it.

From left to right: a statement; its conditions, all of which must match; the values of each, of
which one is enough, or none may match; and what the request has. A key that the request lacks
doesn't match or mismatch: what follows from that depends on the operator, and is there in words.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition"; "Creating a condition with multiple keys or
values".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.view.drawing.measure import SMALL, height_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figures.names import asks_for
from iamlab.view.figures.policy.condition_facts import MISSING, NO_KEY, Branch, Leaf, Tree, trees
from iamlab.view.scene import Node, Scene
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    INK,
    LIT_AREA,
    PALE_INK,
    PALE_LINE,
    PAPER,
    look,
)
from iamlab.view.words import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.request import Request
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure

STATEMENT, CONDITION, VALUE, HAS = MARGIN, 2.75, 6.3, 8.3
"""Where the columns begin."""
STATEMENT_WIDTH, CONDITION_WIDTH, VALUE_WIDTH, HAS_WIDTH = 1.85, 2.85, 1.85, 1.5
TOP, HEADINGS = 0.8, 0.62
LEAF, LEAF_GAP = 0.32, 0.07
MORE = 0.22
"""The height of the line that counts those left out."""
BRANCH, BRANCH_GAP = 0.62, 0.16
"""The height of a condition whose words take one line, and the room below it."""
TREE_GAP = 0.3
STEP = height_of(SMALL)
VALUES = 6
"""The largest number of values that are drawn of a condition; others are counted."""
BRANCHES = 30
"""After so many conditions no further statement is drawn."""
COLOURS: dict[bool | None, tuple[str, str]] = {
    True: (ALLOW, ALLOW_AREA),
    False: (DENY, DENY_AREA),
    None: (PALE_INK, PAPER),
}
JOINTS = {"OR": " (OR: one is enough)", "NOR": " (NOR: none may fit)"}
READ = {
    "OR": "; of the values of one, one is enough (OR)",
    "NOR": "; of a negated one none may fit (NOR), and ✓ is one that does not",
}
NOTHING = "No statement here has a condition: they ask for nothing more."


def condition_tree(what: Decision | Policy | Statement, request: Request | None = None) -> Figure:
    """Draw conditions as a tree, each part with what a request makes of it.

    Parameters
    ----------
    what
        A policy or a statement; or a decision, for all statements with conditions that had a part
        in it.
    request
        What to hold a policy or a statement against; a decision has its own.

    Raises
    ------
    RequestError
        There is no request, or nothing that could have conditions.

    Examples
    --------
    >>> from iamlab import Policy, Request
    >>> policy = Policy.allow("s3:*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    >>> request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...                   "arn:aws:s3:::star-maps/m31.fits")
    >>> condition_tree(policy, request).alt.partition(": ")[2]
    'Allow #1 does not apply: ✕ aws:MultiFactorAuthPresent (no such key).'
    """
    found, decision = trees(what, request)
    drawn = found[: _most(found)]
    who = decision.request
    seen = look(decision.verdict) if isinstance(what, Decision) else None
    left_out = _left_out(found[len(drawn) :])
    facts = {"statement": "", "request": asks_for(who), "matches": None, "why": NOTHING}
    scene = Scene(
        list(_nodes(found)) or [Node("none", NOTHING, facts=facts)],
        before=[asks_for(who), f"  caller: {who.principal}", f"  resource: {who.resource}"],
        after=[
            *([f"(in the picture: {left_out})"] if left_out else []),
            *([str(seen)] if seen else []),
        ],
    )
    joints = {branch.joint for tree in drawn for branch in tree.branches}
    ways = "".join(words for joint, words in READ.items() if joint in joints)
    first, end = f"{asks_for(who)}: ", f". {seen.sentence}" if seen else "."

    def draw(_: Scene) -> Sheet:
        sheet = Sheet(PAGE)
        sheet.text(STATEMENT, 0.27, asks_for(who), INK, face="bold", room=7.4)
        if seen:
            sheet.text(PAGE - MARGIN, 0.27, str(seen), seen.colour, face="bold", align="right")
        _draw(sheet, drawn, left_out)
        return sheet

    return scene.figure(
        draw,
        alt=told(first, [tree.sentence for tree in found] or ["no statement has a condition"], end),
        caption=f"{first}all conditions must match (AND){ways}.",
        is_graph=False,
    )


def _most(found: Sequence[Tree]) -> int:
    """Count the statements that there is room for, at least one."""
    number = 0
    for place, tree in enumerate(found):
        number += len(tree.branches)
        if number > BRANCHES and place:
            return place
    return len(found)


def _left_out(others: Sequence[Tree]) -> str:
    """Count statements for which there is no room."""
    matching = sum(tree.matches for tree in others)
    more = f"and {count(len(others), 'more statement')} with conditions, {matching} of them match"
    return more if others else ""


def _nodes(found: Sequence[Tree]) -> Iterator[Node]:
    """Yield the statements, each with its conditions."""
    for number, tree in enumerate(found):
        joined = "all of these must match (AND)" if len(tree.branches) > 1 else ""
        yield Node(
            str(number),
            tree.label,
            line=f"{tree.title}: {tree.outcome}",
            details=list(filter(None, (tree.policy, joined))),
        )
        for place, branch in enumerate(tree.branches):
            has = ", ".join(map(str, branch.found)) or f"{MISSING} {NO_KEY}"
            yield Node(
                f"{number} {place}",
                branch.key,
                parent=str(number),
                line=f"{branch.symbol} {branch.key}: {branch.outcome}",
                details=[
                    f"{branch.operator}: {branch.asks}",
                    f"values{JOINTS.get(branch.joint, '')}",
                    *([f"  {leaf}" for leaf in branch.values] or ["  (no values)"]),
                    f"the request has: {has}",
                    *filter(None, [branch.why]),
                ],
                facts={
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
                },
            )


# -- the picture -----------------------------------------------------------------------------------


def _draw(sheet: Sheet, drawn: Sequence[Tree], left_out: str) -> None:
    if not drawn:
        sheet.text(STATEMENT, 0.55, NOTHING, INK)
        return
    titles = ("STATEMENT", "ALL CONDITIONS (AND)", "VALUES", "THE REQUEST HAS")
    for x, title in zip((STATEMENT, CONDITION, VALUE, HAS), titles, strict=True):
        sheet.heading(x, HEADINGS, title)
    y = TOP
    for tree in drawn:
        y = _tree(sheet, tree, y) + TREE_GAP
    sheet.note(STATEMENT, y - 0.1, left_out, INK)


def _tree(sheet: Sheet, tree: Tree, top: float) -> float:
    """Draw a statement; return its lower edge."""
    shown = tree.branches[:BRANCHES]
    middles, bottom = [], top - BRANCH_GAP
    for branch in shown:
        height = max(_box_height(branch), _height(branch.values), _has_height(branch))
        middles.append(bottom + BRANCH_GAP + height / 2)
        bottom += BRANCH_GAP + height
    if len(shown) < len(tree.branches):
        more = f"and {len(tree.branches) - len(shown)} more conditions"
        sheet.note(CONDITION, bottom + 0.15, more, INK, fact=False)
        bottom += MORE
    colour, area = COLOURS[tree.effect == "Allow"] if tree.applies else (INK, PAPER)
    shape, is_bold = (STATEMENT, (middles[0] + middles[-1]) / 2, STATEMENT_WIDTH), tree.applies
    words = tree.title, tree.policy
    root = Box(*shape, *words, colour, area, bold=is_bold, dashed=not is_bold)
    sheet.box(root)
    x, below = root.x, root.bottom[1] + 0.05
    below += paragraph(sheet, x, below, tree.outcome, root.width, colour, size=SMALL)
    start = _joint(sheet, root.right, "AND" if len(shown) > 1 else "")
    for branch, middle in zip(shown, middles, strict=True):
        _branch(sheet, branch, middle, start)
    return max(bottom, below)


def _joint(sheet: Sheet, place: Point, word: str) -> Point:
    """Write how the lines that begin here are joined; return where they begin."""
    x, y = place
    width = sheet.note(x + 0.06, y, word, INK, face="bold", fact=False)
    return (x + 0.12 + width, y) if word else place


def _box_height(branch: Branch) -> float:
    return BRANCH + (lines_of(branch.asks, CONDITION_WIDTH - 0.2, SMALL, most=2) - 1) * STEP


def _has_height(branch: Branch) -> float:
    why = lines_of(branch.why, HAS_WIDTH, SMALL) * STEP
    return _height(branch.found) + (why + 0.04 if why else 0)


def _height(leaves: Sequence[Leaf]) -> float:
    """Measure values above each other, and the line that counts those left out."""
    shown, left = _few(leaves)
    return max(len(shown), 1) * (LEAF + LEAF_GAP) - LEAF_GAP + (MORE if left else 0)


def _few(leaves: Sequence[Leaf]) -> tuple[Sequence[Leaf], Sequence[Leaf]]:
    """Choose the values that are drawn: those that fit come first where there are many."""
    if len(leaves) <= VALUES + 1:
        return leaves, ()
    order = sorted(leaves, key=lambda leaf: not leaf.fits)
    return order[:VALUES], order[VALUES:]


def _branch(sheet: Sheet, branch: Branch, y: float, start: Point) -> None:
    """Draw a condition, its values, and what the request has."""
    colour, area = COLOURS[branch.matches]
    height = _box_height(branch)
    # A condition that doesn't match is dashed: a print without colours says so too.
    fails, shape = not branch.matches, (CONDITION, y, CONDITION_WIDTH)
    box = Box(*shape, "", "", colour, area, bold=True, dashed=fails, height=height)
    sheet.box(box)
    sheet.line(start, box.left, colour, bold=branch.matches, dashed=fails)
    x, room, top = CONDITION + 0.1, CONDITION_WIDTH - 0.2, y - height / 2
    sheet.text(x, top + 0.15, f"{branch.symbol} {branch.key}", colour, face="bold", room=room)
    sheet.note(x, top + 0.33, branch.operator, INK, room=room)
    paragraph(sheet, x, top + 0.41, branch.asks, room, INK, size=SMALL, most=2)
    start = _joint(sheet, box.right, branch.joint)
    for leaf, left in _leaves(sheet, branch.values, (VALUE, y - _height(branch.values) / 2)):
        sheet.line(start, left, PALE_LINE if leaf.fits is None else COLOURS[leaf.fits][0])
    if not branch.values:
        sheet.note(VALUE, y, "(no values)", PALE_INK)
    top = y - _has_height(branch) / 2
    list(_leaves(sheet, branch.found, (HAS, top), HAS_WIDTH, LIT_AREA))
    if not branch.found:
        words, middle = f"{MISSING} {NO_KEY}", top + LEAF / 2
        sheet.box(Box(HAS, middle, HAS_WIDTH, words, "", PALE_INK, dashed=True, height=LEAF))
    below = top + _height(branch.found) + 0.04
    paragraph(sheet, HAS, below, branch.why, HAS_WIDTH, PALE_INK, size=SMALL)


def _leaves(
    sheet: Sheet,
    leaves: Sequence[Leaf],
    place: Point,
    width: float = VALUE_WIDTH,
    plain: str = PAPER,
) -> Iterator[tuple[Leaf, Point]]:
    """Draw values above each other; yield each with the left edge of its box."""
    shown, left = _few(leaves)
    x, y = place[0], place[1] + LEAF / 2
    for leaf in shown:
        colour, area = (INK, plain) if leaf.fits is None else COLOURS[leaf.fits]
        box = Box(x, y, width, leaf.shown, "", colour, area, height=LEAF)
        sheet.box(box)
        yield leaf, box.left
        y += LEAF + LEAF_GAP
    if left:
        fitting = sum(leaf.fits is True for leaf in left)
        more = f"and {len(left)} more" + (f", {fitting} ✓" if fitting else "")
        sheet.note(x, place[1] + _height(leaves) - 0.08, more, PALE_INK, fact=False)
