"""The condition tree: an AND of ORs, coloured by what a request makes of it.

From left to right: a statement; its conditions, all of which must match; the values of each, of
which one is enough, or none may fit; and what the request has. A key that the request lacks is
neither right nor wrong: what follows from that depends on the operator, and stands there in words.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition"; "Creating a condition with multiple keys or
values".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.view.drawing.measure import SMALL, height_of, width_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.names import asks_for
from iamlab.view.figures.policy.condition_facts import MISSING, NO_KEY, Branch, Leaf, Tree, trees
from iamlab.view.figures.policy.condition_words import (
    NOTHING,
    alt_of,
    caption_of,
    left_out,
    lines_in_words,
    rows_of,
)
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_AREA,
    EFFECTS,
    INK,
    LIT_AREA,
    PALE_INK,
    PALE_LINE,
    PAPER,
    look,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.request import Request
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.view.drawing.shapes import Point

STATEMENT, CONDITION, VALUE, HAS = MARGIN, 2.75, 6.3, 8.3
"""Where the columns begin."""
STATEMENT_WIDTH, CONDITION_WIDTH, VALUE_WIDTH, HAS_WIDTH = 1.85, 2.85, 1.85, 1.5
TOP, HEADINGS = 0.92, 0.62
LEAF, LEAF_GAP = 0.32, 0.07
MORE = 0.22  # for the line that counts those left out
BRANCH, BRANCH_GAP = 0.62, 0.16  # a condition whose words take one line
TREE_GAP = 0.3
STEP = height_of(SMALL)
VALUES = 6
"""So many values of a condition are drawn; others are counted."""
BRANCHES = 30
"""So many conditions are drawn, and then no further statement."""
COLOURS: dict[bool | None, tuple[str, str]] = {
    True: (ALLOW, ALLOW_AREA),
    False: (DENY, DENY_AREA),
    None: (PALE_INK, PAPER),
}


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
    drawn = _shown(found)
    asked = what if isinstance(what, Decision) else None
    return Figure.on(
        _draw(drawn, found, decision.request, asked),
        alt=alt_of(found, decision.request, asked),
        caption=caption_of(decision.request, drawn),
        rows=rows_of(found, decision.request),
        lines=lines_in_words(found, drawn, decision.request, asked),
    )


def _shown(found: Sequence[Tree]) -> tuple[Tree, ...]:
    """Choose the statements that there is room for, at least one."""
    number = 0
    for i, tree in enumerate(found):
        number += len(tree.branches)
        if number > BRANCHES and i:
            return tuple(found[:i])
    return tuple(found)


# -- the picture -----------------------------------------------------------------------------------


def _draw(
    drawn: Sequence[Tree], found: Sequence[Tree], request: Request, asked: Decision | None
) -> Sheet:
    sheet = Sheet(PAGE)
    sheet.text(STATEMENT, 0.27, asks_for(request), INK, face="bold", room=7.4)
    if asked is not None:
        seen = look(asked.verdict)
        sheet.text(PAGE - MARGIN, 0.27, str(seen), seen.colour, face="bold", align="right")
    if not found:
        sheet.text(STATEMENT, 0.55, NOTHING, INK)
        return sheet
    headings = (
        (STATEMENT, "STATEMENT"),
        (CONDITION, "ALL CONDITIONS (AND)"),
        (VALUE, "VALUES"),
        (HAS, "THE REQUEST HAS"),
    )
    for x, words in headings:
        sheet.heading(x, HEADINGS, words)
    y = TOP - 0.12
    for tree in drawn:
        y = _tree(sheet, tree, y) + TREE_GAP
    if len(drawn) < len(found):
        sheet.note(STATEMENT, y - 0.1, left_out(found[len(drawn) :]), INK)
    return sheet


def _tree(sheet: Sheet, tree: Tree, top: float) -> float:
    """Draw one statement; give its lower edge."""
    shown = tree.branches[:BRANCHES]
    middles = []
    bottom = top
    for branch in shown:
        height = _height(branch)
        middles.append(bottom + height / 2)
        bottom += height + BRANCH_GAP
    bottom -= BRANCH_GAP
    if len(shown) < len(tree.branches):
        more = f"and {len(tree.branches) - len(shown)} more conditions"
        sheet.note(CONDITION, bottom + 0.15, more, INK, fact=False)
        bottom += MORE
    colour, area = COLOURS[tree.effect == "Allow"] if tree.applies else (INK, PAPER)
    symbol = EFFECTS[tree.effect].symbol if tree.applies else "○"
    root = Box(
        STATEMENT, (middles[0] + middles[-1]) / 2, STATEMENT_WIDTH,
        f"{symbol} {tree.effect} {tree.label}", tree.policy, colour, area,
        bold=tree.applies, dashed=not tree.applies,
    )  # fmt: skip
    sheet.box(root)
    below = root.y + root.height / 2 + 0.05
    below += paragraph(
        sheet, STATEMENT, below, tree.outcome, STATEMENT_WIDTH, colour, size=SMALL, most=3
    )
    start = root.right if len(shown) == 1 else _joint(sheet, root.right, "AND")
    for branch, middle in zip(shown, middles, strict=True):
        _branch(sheet, branch, middle, start)
    return max(bottom, below)


def _joint(sheet: Sheet, place: Point, word: str) -> Point:
    """Write how the branches that begin here are joined; say where their lines begin."""
    x, y = place
    sheet.note(x + 0.06, y, word, INK, face="bold", fact=False)
    return x + 0.12 + width_of(word, SMALL, "bold"), y


def _height(branch: Branch) -> float:
    """Measure a condition: the highest of its words, its values and what the request has."""
    return max(_box_height(branch), _stack(branch.values), _has_height(branch))


def _box_height(branch: Branch) -> float:
    return BRANCH + (lines_of(branch.asks, CONDITION_WIDTH - 0.2, SMALL, most=2) - 1) * STEP


def _has_height(branch: Branch) -> float:
    why = lines_of(branch.why, HAS_WIDTH, SMALL, most=3) * STEP
    return _stack(branch.found) + (why + 0.04 if why else 0)


def _stack(leaves: Sequence[Leaf]) -> float:
    """Measure boxes above each other, and the line that counts those left out."""
    values, left = _few(leaves)
    return max(len(values), 1) * (LEAF + LEAF_GAP) - LEAF_GAP + (MORE if left else 0)


def _few(leaves: Sequence[Leaf]) -> tuple[tuple[Leaf, ...], tuple[Leaf, ...]]:
    """Choose the values that are drawn: those that fit come first where there are many."""
    if len(leaves) <= VALUES + 1:
        return tuple(leaves), ()
    order = sorted(leaves, key=lambda leaf: not leaf.fits)
    return tuple(order[:VALUES]), tuple(order[VALUES:])


def _branch(sheet: Sheet, branch: Branch, y: float, start: Point) -> None:
    colour, area = COLOURS[branch.matches]
    height = _box_height(branch)
    # Dashed is what does not match: a print without colours says so too.
    fails = not branch.matches
    box = Box(
        CONDITION, y, CONDITION_WIDTH, "", "", colour, area, bold=True, dashed=fails, height=height
    )
    sheet.box(box)
    sheet.line(start, box.left, colour, bold=branch.matches, dashed=fails)
    x, room, top = CONDITION + 0.1, CONDITION_WIDTH - 0.2, y - height / 2
    sheet.text(x, top + 0.15, f"{branch.symbol} {branch.key}", colour, face="bold", room=room)
    sheet.note(x, top + 0.33, branch.operator, INK, room=room)
    paragraph(sheet, x, top + 0.41, branch.asks, room, INK, size=SMALL, most=2)
    _values(sheet, branch, box.right, y)
    _found(sheet, branch, y)


def _values(sheet: Sheet, branch: Branch, place: Point, y: float) -> None:
    """Draw the policy's values, and how they are joined."""
    start = _joint(sheet, place, branch.joint) if branch.joint else place
    shown, left = _few(branch.values)
    top = y - _stack(branch.values) / 2
    for number, leaf in enumerate(shown):
        box = _leaf(sheet, leaf, (VALUE, top + number * (LEAF + LEAF_GAP)), VALUE_WIDTH, PAPER)
        sheet.line(start, box.left, COLOURS[leaf.fits][0] if leaf.is_judged else PALE_LINE)
    if not shown:
        sheet.note(VALUE, y, "(no values)", PALE_INK)
    if left:
        below = top + _stack(branch.values)
        sheet.note(VALUE, below - 0.08, _more(left), PALE_INK, fact=False)


def _found(sheet: Sheet, branch: Branch, y: float) -> None:
    """Draw what the request has, and what follows from a key that it has not."""
    shown, left = _few(branch.found)
    top = y - _has_height(branch) / 2
    for number, leaf in enumerate(shown):
        _leaf(sheet, leaf, (HAS, top + number * (LEAF + LEAF_GAP)), HAS_WIDTH, LIT_AREA)
    if not shown:
        words = f"{MISSING} {NO_KEY}"
        box = Box(HAS, top + LEAF / 2, HAS_WIDTH, words, "", PALE_INK, dashed=True, height=LEAF)
        sheet.box(box)
    below = top + _stack(branch.found)
    if left:
        sheet.note(HAS, below - 0.08, _more(left), PALE_INK, fact=False)
    paragraph(sheet, HAS, below + 0.04, branch.why, HAS_WIDTH, PALE_INK, size=SMALL, most=3)


def _leaf(sheet: Sheet, leaf: Leaf, place: Point, width: float, plain: str) -> Box:
    """Draw one value, by its upper left corner."""
    colour, area = COLOURS[leaf.fits] if leaf.is_judged else (INK, plain)
    x, top = place
    box = Box(x, top + LEAF / 2, width, leaf.shown, "", colour, area, height=LEAF)
    sheet.box(box)
    return box


def _more(left: Sequence[Leaf]) -> str:
    fitting = sum(leaf.fits is True for leaf in left)
    return f"and {len(left)} more" + (f", {fitting} ✓" if fitting else "")
