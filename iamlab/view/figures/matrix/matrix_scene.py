"""A matrix of access as a scene: principals are rows, actions on resources are columns.

Principals are put together by account and kind, actions by service. A matrix knows what is allowed
and what isn't; a world, or a table of verdicts, knows why not.
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
from iamlab.view.folding import alike
from iamlab.view.scene import HEADING, Cell, Column, Node, Scene
from iamlab.view.style import look
from iamlab.view.tables import NOT_ALLOWED, VerdictTable
from iamlab.view.words import LONGEST, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from iamlab.model.world import World
    from iamlab.view.style import Look

    Key: TypeAlias = tuple[str, str, int]

ALLOWED, EXPLICIT = look(Verdict.ALLOWED), look(Verdict.EXPLICIT_DENY)
MOST_REASONS = 5_000
"""The largest number of cells for which is worked out why they aren't allowed."""
KINDS = {
    "user": ("user", "users"),
    "role": ("role", "roles"),
    "group": ("group", "groups"),
    "assumed-role": ("session of a role", "sessions of roles"),
    "federated-user": ("federated user", "federated users"),
    "root": ("root user", "root users"),
}
OTHERS = ("other", "others")
PLURALS = dict((*KINDS.values(), OTHERS))
ROOT = "root user"


def matrix_scene(asked: AccessMatrix | VerdictTable, world: World | None = None) -> Scene:
    """Make a scene of a matrix, or of a table of verdicts.

    Parameters
    ----------
    world
        Where accounts have names, and where is looked up why something isn't allowed.

    Raises
    ------
    RequestError
        It is neither.
    """
    if isinstance(asked, VerdictTable):
        decisions = asked.decisions
        first = decisions[0] if decisions else ()
        return arranged(
            [row[0].request.principal for row in decisions if row],
            [(one.request.action, one.request.resource) for one in first],
            lambda row, column: look(decisions[row][column].verdict),
            world,
            asked.rows,
        )
    if not isinstance(asked, AccessMatrix):
        raise RequestError(
            "access_matrix() draws what world.access_matrix(...) or verdict_table(...) gives; "
            f"{type(asked).__name__} is no access matrix."
        )
    why = _reasons(asked, world)
    return arranged(
        asked.principals,
        asked.pairs,
        lambda row, column: ALLOWED if asked.allowed(row, column) else why(row, column),
        world,
    )


def _reasons(matrix: AccessMatrix, world: World | None) -> Callable[[int, int], Look]:
    """Return what says why something isn't allowed, as far as that is known."""
    if world is None or len(matrix) > MOST_REASONS:
        return lambda _row, _column: NOT_ALLOWED

    def why(row: int, column: int) -> Look:
        try:
            verdict = authorize(world, matrix.principals[row], *matrix.pairs[column]).verdict
        except (AwsError, RequestError):  # a group can't call
            return NOT_ALLOWED
        # The matrix may have been asked with other context keys, which it doesn't keep.
        return NOT_ALLOWED if verdict is Verdict.ALLOWED else look(verdict)

    return why


def arranged(
    callers: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    look_of: Callable[[int, int], Look],
    world: World | None = None,
    names: Sequence[str] = (),
) -> Scene:
    """Put together what belongs together, in the order in which it was first named.

    Parameters
    ----------
    look_of
        The look of a cell, by the numbers of its caller and its pair.
    names
        What callers are called, where that isn't the end of their ARNs.
    """
    called = names if len(names) == len(callers) else [""] * len(callers)
    nodes = _named_apart([
        _node(caller, world, name) for caller, name in zip(callers, called, strict=True)
    ])  # fmt: skip
    columns = _columns(pairs)
    keys = list(columns)
    across = _nested([(columns[key].group, key[1]) for key in keys])
    rows = []
    for row in _nested([(node.frame, node.kind) for node in nodes]):
        node = nodes[row]
        cells = {keys[n]: _cell(node, keys[n], look_of(row, n)) for n in across}
        rows.append(replace(node, id=f"{row} {node.id}", cells=cells))
    return Scene([*_headings(rows), *rows], columns={keys[n]: columns[keys[n]] for n in across})


def _cell(node: Node, key: Key, seen: Look) -> Cell:
    facts = {
        "account": node.frame,
        "kind": PLURALS[node.kind],
        "principal": node.note,
        "action": key[0],
        "resource": key[1],
        "allowed": seen == ALLOWED,
        "verdict": seen.word,
    }
    return Cell(look=seen, facts=facts)


def _headings(rows: Sequence[Node]) -> list[Node]:
    """Make a heading for the principals of an account and kind.

    The picture names the account only if there are several. A root user says what it is by itself.
    """
    several = len({row.frame for row in rows}) > 1
    headings: dict[str, Node] = {}
    accounts: set[str] = set()
    for row in rows:
        if row.parent not in headings:
            alone = row.kind == ROOT and (several or bool(accounts))
            kind = "" if alone else PLURALS[row.kind]
            is_named = several and not (row.kind == ROOT and row.frame in accounts)
            account = row.frame if is_named else ""
            text = " · ".join(filter(None, (account, kind)))
            headings[row.parent] = Node(row.parent, text, kind=HEADING, line=row.parent)
        accounts.add(row.frame)
    return list(headings.values())


def _columns(pairs: Sequence[tuple[str, str]]) -> dict[Key, Column]:
    """Make columns; resources that are alike when shortened keep their whole ARNs."""
    short = {name: name.split(":", 5)[-1] if is_arn(name) else name for _, name in pairs}
    seen = Counter(short.values())
    columns = {}
    for number, (action, name) in enumerate(pairs):
        on = short[name] if seen[short[name]] == 1 else name
        service, _, operation = action.partition(":")
        columns[action, name, number] = Column(
            f"{action} on {on}", operation or action, service, on
        )
    return columns


def _nested(keys: Sequence[tuple[str, str]]) -> list[int]:
    """Put numbers together by their first keys, and among those by their second ones."""
    found: dict[str, dict[str, list[int]]] = {}
    for number, (first, second) in enumerate(keys):
        found.setdefault(first, {}).setdefault(second, []).append(number)
    return [number for inner in found.values() for numbers in inner.values() for number in numbers]


def _node(caller: str, world: World | None, name: str = "") -> Node:
    """Describe a caller by its ARN."""
    if not is_arn(caller):
        return _row(caller, name or caller or "anybody", OTHERS[0], "")
    arn = Arn.parse(caller)
    kind, _, path = arn.resource.partition("/")
    known = None if world is None else world.accounts.get(arn.account)
    short = path.rpartition("/")[2] if kind in ("user", "role", "group") else path
    short = short or (ROOT if kind == "root" else arn.resource)
    own = name if name and name != caller else short
    account = arn.account if known is None else known.name
    return _row(caller, own, KINDS.get(kind, OTHERS)[0], account)


def _row(caller: str, name: str, kind: str, account: str) -> Node:
    parent = " · ".join(filter(None, (account, PLURALS[kind])))
    return Node(caller, name, caller, kind, parent, frame=account, line=f"{name} ({caller})")


def _named_apart(nodes: Sequence[Node]) -> list[Node]:
    """Give those of one name, account and kind their paths."""
    names = Counter((node.parent, node.text) for node in nodes)
    found = []
    for node in nodes:
        path = node.note.split(":", 5)[-1].partition("/")[2]
        if path and names[node.parent, node.text] > 1:
            found.append(replace(node, text=path, line=f"{path} ({node.note})"))
        else:
            found.append(node)
    return found


def merged(scene: Scene) -> Scene:
    """Put principals of one account and kind into one row if they may do the same."""

    def named(node: Node) -> Node:
        if not node.members:
            return node
        name = f"{node.members[0].text} and {len(node.members) - 1} more"
        callers = ", ".join(one.note for one in node.members)
        return replace(node, text=name, line=f"{name} ({callers})")

    scene = alike(scene)
    return replace(scene, nodes=[named(node) for node in scene.nodes])


def only(scene: Scene, nodes: Sequence[Node], keys: Sequence[Hashable]) -> Scene:
    """Return some of the rows and columns."""
    parents = {node.parent for node in nodes}
    return replace(
        scene,
        nodes=[
            *(node for node in scene.nodes if node.kind == HEADING and node.id in parents),
            *(replace(node, cells={key: node.cells[key] for key in keys}) for node in nodes),
        ],
        columns={key: scene.columns[key] for key in keys},
    )


def number_of(nodes: Iterable[Node]) -> str:
    """Count principals in words, by kind: ``"4 users and 1 root user"``."""
    kinds = Counter(node.kind for node in nodes)
    parts = [count(number, kind, PLURALS[kind]) for kind, number in kinds.items()]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nobody"


def resources_of(scene: Scene) -> dict[str, str]:
    """Return the resources, each with its short name."""
    return {key[1]: column.note for key, column in scene.columns.items()}


def said(first: str, parts: Sequence[tuple[int, str]], rest: str = "the list has {}") -> str:
    """Put a sentence together, the most telling parts first; the others are counted.

    Parameters
    ----------
    parts
        Of how many principals each part speaks, and what it says.
    rest
        What is said of those for whom there was no room.

    Examples
    --------
    >>> said("Today ", [(1, "ana may do all"), (2, "bob and eve may do nothing")])
    'Today ana may do all; bob and eve may do nothing.'
    >>> long = [(1, "somebody may do something")] * 20
    >>> said("", long)[-25:], len(said("", long)) <= LONGEST
    ('; the list has 10 others.', True)
    """
    text = f"{first}{parts[0][1]}"
    left = sum(number for number, _ in parts[1:])
    for number, part in parts[1:]:
        if len(f"{text}; {part}{_end(left - number, rest)}") > LONGEST:
            break
        text, left = f"{text}; {part}", left - number
    end = _end(left, rest)
    return f"{shorten(text, LONGEST - len(end))}{end}"


def _end(number: int, rest: str) -> str:
    return f"; {rest.format(count(number, 'other'))}." if number else "."
