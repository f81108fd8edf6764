"""A path from a principal to a target, as a tree, before and after a cut.

Below each principal on the path are other principals that it can become, in pale boxes. After a
cut, the path is bold up to the step that is closed; the edit that closes it is beside that step.

A node is a principal with its changes: "dana, user with any permission". A step has the names of
the operations that the caller calls. All figures of reach use these names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.cut import Cut
from iamlab.analysis.privilege_escalation.edge_finder import ADMINISTERS
from iamlab.analysis.privilege_escalation.paths import Path
from iamlab.display import count
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.arguments import check
from iamlab.view.figures.names import account_names, distinct_names
from iamlab.view.folding import folded
from iamlab.view.layouts.network import draw_network
from iamlab.view.layouts.tree import draw_tree
from iamlab.view.scene import Cell, Column, Edge, Node, Scene
from iamlab.view.style import DENY_AREA, INK, LOOKS, Look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.principal_states import Edge as Step
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.model.world import World
    from iamlab.view.figure import Figure

MOST = 20
"""The largest number of boxes in a picture; more are folded."""
CALLS, AFTER = "calls", "after the cut"
ADMINISTRATOR = Look("", "administrator", INK, DENY_AREA)
KINDS = {"root": "root user", "assumed-role": "role session"}


def draw_path(path: Path, reach: Reach | None = None) -> Figure:
    """Draw a path: what ``path.show()`` returns.

    Parameters
    ----------
    reach
        The reach with the other principals that those on the path can become. Default: they are
        left out.

    Raises
    ------
    RequestError
        It isn't a path.
    """
    check("draw_path", path, Path)
    scene = scene_of(path, [], _others(reach, path) if reach else [])
    steps = path.edges
    end = steps[-1].target if steps else path.source
    admin = f" {shorten(name_and_kind(end.arn)[0], 40)} is an administrator."
    return scene.figure(
        lambda scene: draw_tree(scene, "PATH"),
        drawn=folded(scene, MOST),
        alt=alt_text(f"{_sentence(path)}.", [admin] if path.is_admin(end) else []),
        caption="Each line is a step: API calls, and the identity that they give the caller.",
    )


def draw_cut(cut: Cut) -> Figure:
    """Draw a path before and after a cut: what ``cut.show()`` returns.

    Raises
    ------
    RequestError
        It isn't a cut.
    """
    check("draw_cut", cut, Cut)
    if cut.reach is not None and cut.way is not None:
        return before_and_after(cut.reach, cut.way, cut)
    text = "There is no path to close."
    return Scene([], before=[text], table=[{"step": 0, "is_open": False}]).figure(
        draw_network, alt=text, caption="Nothing to close.", is_graph=False
    )


def before_and_after(reach: Reach, path: Path, cut: Cut) -> Figure:
    """Draw a path before and after a cut."""
    edits = [short_edit(str(edit)) for edit in cut.edits]
    end = "To close it" if cut.is_closed else "Nothing closes it"
    head = f"Before the cut, {shorten(_sentence(path), 150)}. {end}"
    how = "No smaller set of edits closes it" if cut.is_smallest else "Each edit is needed"
    scene = scene_of(path, list(cut.edits_by_step(path, reach)), [])
    return replace(scene, after=[f"edit: {edit}" for edit in cut.edits]).figure(
        lambda scene: draw_tree(scene, "PATH"),
        alt=alt_text(f"{head}: ", edits, ".") if edits else f"{head}.",
        caption=f"The path before and after {count(len(cut), 'edit')}. {how}."
        if cut.is_closed
        else "No edits close this path and keep the access that you listed.",
    )


def _sentence(path: Path) -> str:
    """Describe a path in one clause."""
    steps = path.edges
    if not steps:
        return f"{shorten(name_and_kind(path.source.arn)[0], 30)} needs no step"
    called = names_of([path.source.arn, *(step.target.arn for step in steps)], path.world)
    return f"{called[path.source.arn]} {', then '.join(becomes(step, called) for step in steps)}"


def _others(reach: Reach, path: Path) -> list[tuple[int, Step]]:
    """Return the edges that lead away from a path, by step, except those of administrators."""
    states = [path.source, *(step.target for step in path.edges)]
    on_path = {state.arn for state in states}
    found: dict[tuple[int, str], Step] = {}
    for number, state in enumerate(states, 1):
        for step in () if path.is_admin(state) else reach.edges_from(state):
            if step.target.arn not in on_path and step.way != ADMINISTERS:
                found.setdefault((number, step.target.arn), step)
    return [(number, step) for (number, _), step in found.items()]


def scene_of(
    path: Path, closing: Sequence[tuple[CutEdit, ...] | None], others: Sequence[tuple[int, Step]]
) -> Scene:
    """Make a tree of a path.

    Parameters
    ----------
    closing
        The edits that close each step; empty if there is no cut.
    others
        Edges that lead away from the path, by step.
    """
    start = node_of(path.source, is_admin=path.is_admin(path.source))
    nodes = [replace(start, highlighted=True, is_end=True)]
    is_reached = True
    for number, step in enumerate(path.edges, 1):
        nodes += [_node(path, other, place) for place, other in others if place == number]
        node = _node(path, step, number, on_way=True)
        if closing:
            edits = closing[number - 1]
            closed_by = " ".join(map(str, edits or ()))
            facts = {
                **node.facts,
                "open_after_cut": edits is None,
                "reached_after_cut": is_reached,
                "closed_by": closed_by,
            }
            words = "✓ open" if is_reached else "no longer reached"
            after = Cell(words=f"✕ closed: {closed_by}" if edits else words, blocks=bool(edits))
            is_reached = is_reached and edits is None
            node = replace(node, cells={**node.cells, AFTER: after}, facts=facts)
        nodes.append(replace(node, highlighted=is_reached, stays=True))
    nodes += [_node(path, other, place) for place, other in others if place > len(path.edges)]
    rows = sorted((node.facts for node in nodes[1:]), key=lambda row: not row["on_way"])
    return Scene(
        nodes,
        [
            Edge(node.parent, node.id, node.cells[CALLS].words, dashed=node.blocks)
            for node in nodes[1:]
        ],
        {key: Column(key) for key in (CALLS, AFTER) if any(key in node.cells for node in nodes)},
        before=[] if path.edges else [f"{name_of(path.source)} needs no step"],
        table=rows or [{"step": 0, "on_way": True, "source": path.source.arn}],
    )


def _node(path: Path, step: Step, number: int, *, on_way: bool = False) -> Node:
    """Return the node that a step leads to."""
    node = node_of(step.target, is_admin=path.is_admin(step.target))
    line, *details = lines_of(step, number)
    conditions = [f"if {condition}" for condition in step.conditions]
    return replace(
        node,
        id=node.id if on_way else f"{number} {node.id}",
        parent=key_of(step.source),
        line=line if on_way else f"could also become {name_of(step.target)}",
        details=[node.words, *(details[1:] if on_way else [])],
        cells={CALLS: Cell(words="; ".join([" + ".join(operations(step)), *conditions]))},
        facts=row_of(step, step=number, on_way=on_way),
    )


# -- principals and steps --------------------------------------------------------------------------


def name_and_kind(arn: str) -> tuple[str, str]:
    """Return the name of a principal, and what it is.

    Examples
    --------
    >>> name_and_kind("arn:aws:iam::111111111111:role/jobs/nightly")
    ('nightly', 'role')
    """
    if not is_arn(arn):
        return arn, ""
    parsed = Arn.parse(arn)
    kind = KINDS.get(parsed.kind, parsed.kind)
    if parsed.kind == "assumed-role":  # a session is named with its role
        return parsed.resource.partition("/")[2], kind
    return (f"root of {parsed.account}" if parsed.kind == "root" else parsed.name), kind


def name_of(state: PrincipalState) -> str:
    """Return the name of a node with its changes.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    >>> from iamlab.analysis.privilege_escalation.principal_states import any_permission
    >>> from iamlab.authorization.principal import principal_of
    >>> dana = World(seed=7).create_account("main", account_id="1" * 12).create_user("dana")
    >>> state = PrincipalState.of(principal_of(dana.account.world, dana)).with_(any_permission())
    >>> name_of(state)
    'dana (user with any permission)'
    """
    name, kind = name_and_kind(state.arn)
    changes = " and ".join(change.label for change in state.changes)
    note = f"{kind} {changes}".strip()
    return f"{name} ({note})" if note else name


def names_of(arns: Iterable[str], world: World | None) -> dict[str, str]:
    """Return names by ARN; if two principals have the same name, with their account or kind."""
    accounts, forms = account_names(world), {}
    for arn in arns:
        name, kind = name_and_kind(arn)
        name = shorten(name, 30)
        account = Arn.parse(arn).account if is_arn(arn) else ""
        of = f" of {shorten(accounts.get(account, account), 20)}" if account else ""
        forms[arn] = name, f"{name}{of}", f"{kind} {name}{of}"
    return distinct_names(forms)


def node_of(state: PrincipalState, *, is_admin: bool) -> Node:
    """Return a node: a principal has several nodes if it gets more permissions."""
    name, kind = name_and_kind(state.arn)
    note = name_of(state).removeprefix(f"{name} (").removesuffix(")")
    if is_admin and kind != KINDS["root"]:
        note = ", ".join(filter(None, (kind, ADMINISTRATOR.word)))
    return Node(
        key_of(state),
        name,
        note,
        ADMINISTRATOR.word if is_admin else kind,
        short="root" if kind == KINDS["root"] else "",
        frame=state.account_id,
        look=ADMINISTRATOR if is_admin else None,
    )


def key_of(state: PrincipalState) -> str:
    """Return the id of a node."""
    return f"{state.arn} {state}"


def edge_of(step: Step) -> Edge:
    """Return an arrow with the calls of a step."""
    names = operations(step)
    rest = f" +{len(names) - 1}" if len(names) > 1 else ""
    return Edge(
        key_of(step.source),
        key_of(step.target),
        " + ".join(names),
        short=f"{names[0].partition(':')[2]}{rest}" if names else "",
        look=LOOKS["allowed"],
    )


def parts_of(paths: Iterable[Path]) -> tuple[dict[str, Node], dict[tuple[str, str], Edge]]:
    """Return the nodes and the arrows of paths."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for path in paths:
        for state in (path.source, *(step.target for step in path.edges)):
            nodes.setdefault(key_of(state), node_of(state, is_admin=path.is_admin(state)))
        for step in path.edges:
            edge = edge_of(step)
            edges.setdefault((edge.source, edge.target), edge)
    return nodes, edges


def operations(step: Step) -> list[str]:
    """Return the operations that the caller of an edge calls, each once."""
    return list(dict.fromkeys(call.operation for call in step.calls))


def calls_of(step: Step) -> str:
    """Return the operations of an edge as words: the first, and the number of others."""
    first, *more = operations(step) or ["no call"]
    return f"{first} and {count(len(more), 'more call')}" if more else first


def becomes(step: Step, names: Mapping[str, str]) -> str:
    """Return a step as a clause, with the names of principals by ARN."""
    target = shorten(name_of(step.target), 50) if step.is_own else names[step.target.arn]
    return f"becomes {target} by {calls_of(step)}"


def lines_of(step: Step, number: int) -> list[str]:
    """Return the lines of a step for the list."""
    head = f"{number}. {name_of(step.source)} becomes {name_of(step.target)}: {step.way.title}"
    calls = [" ".join(str(call).split()) for call in step.calls]
    details = [" + ".join(operations(step)), *calls, *(f"if {each}" for each in step.conditions)]
    return [head, *(f"  {detail}" for detail in details)]


def row_of(edge: Step, /, **more: object) -> dict[str, object]:
    """Return a row of the table."""
    return {
        **more,
        "source": edge.source.arn,
        "target": edge.target.arn,
        "target_is": str(edge.target),
        "way": edge.way.title,
        "calls": " + ".join(operations(edge)),
        "permissions": " ".join(edge.permissions),
        "conditions": " and ".join(edge.conditions),
    }


def short_edit(edit: str) -> str:
    """Return an edit with names instead of ARNs.

    Examples
    --------
    >>> short_edit("Remove s3:* from statement #2 of read of arn:aws:iam::111111111111:role/a.")
    'Remove s3:* from statement #2 of read of role a'
    """
    words = []
    for word in edit.removesuffix(".").split(" "):
        name, kind = name_and_kind(word)
        prefix = f"{kind} " if kind and kind != KINDS["root"] else ""
        words.append(f"{prefix}{shorten(name, 40)}")
    return " ".join(words)
