"""A matrix of access as a scene: principals are rows, actions on resources are columns.

Principals are grouped by account and kind, actions by service. A matrix only has what is allowed; a
world or a table of verdicts also has the reason why something isn't.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from iamlab.authorization.authorize import authorize
from iamlab.display import count
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.verdict import Verdict
from iamlab.errors import AwsError, RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.scene import HEADING, Cell, Column, Node, Scene
from iamlab.view.style import look
from iamlab.view.tables import NOT_ALLOWED, VerdictTable
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.model.world import World
    from iamlab.view.style import Look

    Key: TypeAlias = tuple[str, str, int]

ALLOWED, EXPLICIT = look(Verdict.ALLOWED), look(Verdict.EXPLICIT_DENY)
MOST_REASONS = 5_000
"""The largest number of cells for which the reasons are evaluated."""
ROOT = "root user"


def matrix_scene(matrix: AccessMatrix | VerdictTable, world: World | None = None) -> Scene:
    """Make a scene of a matrix, or of a table of verdicts.

    Parameters
    ----------
    world
        The world with the names of accounts, and the reasons why something isn't allowed.

    Raises
    ------
    RequestError
        It has another type.
    """
    if isinstance(matrix, VerdictTable):
        decisions = matrix.decisions
        first = decisions[0] if decisions else ()
        return arranged(
            [row[0].request.principal for row in decisions if row],
            [(each.request.action, each.request.resource) for each in first],
            lambda row, column: look(decisions[row][column].verdict),
            world,
        )
    if not isinstance(matrix, AccessMatrix):
        raise RequestError(
            "access_matrix() draws what world.access_matrix(...) or verdict_table(...) returns; "
            f"{type(matrix).__name__} isn't an access matrix."
        )
    why_world = world if len(matrix) <= MOST_REASONS else None

    def look_of(row: int, column: int) -> Look:
        if matrix.allowed(row, column):
            return ALLOWED
        return _reason(why_world, matrix.principals[row], *matrix.pairs[column])

    return arranged(matrix.principals, matrix.pairs, look_of, world)


def _reason(world: World | None, caller: str, action: str, resource: str) -> Look:
    """Return why something isn't allowed, if that is known."""
    try:
        verdict = authorize(world, caller, action, resource).verdict if world else Verdict.ALLOWED
    except (AwsError, RequestError):  # a group can't call
        return NOT_ALLOWED
    # A matrix doesn't keep its context keys: with others, the world may decide differently.
    return NOT_ALLOWED if verdict is Verdict.ALLOWED else look(verdict)


def arranged(
    callers: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    look_of: Callable[[int, int], Look | None],
    world: World | None = None,
) -> Scene:
    """Group rows and columns, in the order in which they were first named.

    Parameters
    ----------
    look_of
        The look of a cell, by the numbers of its caller and its pair.
    """
    rows = [_row(caller, world) for caller in callers]
    namesakes = Counter((row.parent, row.text) for row in rows)
    columns = _columns(pairs)
    keys = list(columns)
    across = _grouped([(columns[key].group, key[1]) for key in keys])
    nodes = []
    for number in _grouped([(row.frame, row.kind) for row in rows]):
        row = rows[number]
        path = row.id.split(":", 5)[-1].partition("/")[2]
        text = path if path and namesakes[row.parent, row.text] > 1 else row.text
        cells = {keys[n]: _cell(row, keys[n], look_of(number, n)) for n in across}
        line = f"{text} ({row.id})"
        nodes.append(replace(row, id=f"{number} {row.id}", text=text, line=line, cells=cells))
    several = len({row.frame for row in rows}) > 1
    headings = {
        node.parent: Node(node.parent, text, kind=HEADING, line=node.parent)
        for node in nodes
        if (text := node.parent if several else f"{node.kind}s")
    }
    return Scene([*headings.values(), *nodes], columns={keys[n]: columns[keys[n]] for n in across})


def _row(caller: str, world: World | None) -> Node:
    """Return a principal, without its cells."""
    account, kind, text = "", "other", caller or "anybody"
    if is_arn(caller):
        arn = Arn.parse(caller)
        known = world.accounts.get(arn.account) if world else None
        account = known.name if known else arn.account
        start, _, path = arn.resource.partition("/")
        kind = ROOT if start == "root" else start.replace("-", " ")
        text = path if start == "assumed-role" else path.rpartition("/")[2]
        text = text or (ROOT if start == "root" else arn.resource)
    parent = " · ".join(filter(None, (account, f"{kind}s")))
    return Node(caller, text, kind=kind, parent=parent, frame=account)


def _cell(row: Node, key: Key, seen: Look | None) -> Cell:
    facts = {
        "account": row.frame,
        "kind": f"{row.kind}s",
        "principal": row.id,
        "action": key[0],
        "resource": key[1],
        "allowed": seen == ALLOWED,
        "verdict": seen.word if seen else "",
    }
    return Cell(look=seen, facts=facts)


def _columns(pairs: Sequence[tuple[str, str]]) -> dict[Key, Column]:
    """Make columns; resources with the same short name keep their whole ARNs."""
    short = {name: name.split(":", 5)[-1] if is_arn(name) else name for _, name in pairs}
    alike = Counter(short.values())
    columns = {}
    for number, (action, name) in enumerate(pairs):
        on = short[name] if alike[short[name]] == 1 else name
        service, _, operation = action.partition(":")
        title = f"{action} on {on}"
        columns[action, name, number] = Column(title, operation or action, service, on)
    return columns


def _grouped(keys: Sequence[tuple[str, str]]) -> list[int]:
    """Return the numbers of the keys, grouped by their first parts, then by their second ones."""
    first: dict[str | tuple[str, str], int] = {}
    for number, key in enumerate(keys):
        first.setdefault(key[0], number)
        first.setdefault(key, number)
    return sorted(range(len(keys)), key=lambda n: (first[keys[n][0]], first[keys[n]]))


def number_of(nodes: Iterable[Node]) -> str:
    """Count principals by kind: ``"4 users and 1 root user"``."""
    kinds = Counter(node.kind for node in nodes)
    return listed([count(number, kind) for kind, number in kinds.items()], len(kinds))


def resources_of(scene: Scene) -> dict[str, str]:
    """Return the resources, each with its short name."""
    return {key[1]: column.note for key, column in scene.columns.items()}
