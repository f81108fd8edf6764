"""The reach graph: who can become which principal, and the API calls for it.

It shows one path, also before and after a cut; all principals that a principal can become; all
principals that can get access to a resource; or every step in a world. All calls between the same
two principals share an arrow.

Notes
-----
AWS pages: "Policy evaluation logic"; "IAM roles"; "Grant a user permissions to pass a role to an
AWS service".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.cut import Cut
from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius
from iamlab.analysis.privilege_escalation.reach import ADMIN, Reach
from iamlab.authorization.resource import resource_context
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.arguments import check
from iamlab.view.figures.names import account_names, short_name
from iamlab.view.figures.reach.reach_path import (
    ADMINISTRATOR,
    becomes,
    before_and_after,
    calls_of,
    draw_path,
    edge_of,
    key_of,
    lines_of,
    name_and_kind,
    names_of,
    node_of,
    parts_of,
    row_of,
)
from iamlab.view.folding import alike, folded
from iamlab.view.layouts.network import columns_by_distance, draw_network
from iamlab.view.scene import Column, Edge, Node, Scene
from iamlab.view.style import LOOKS
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge as Step
    from iamlab.authorization.principal import Caller
    from iamlab.model.world import World
    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.figure import Figure

MOST, FEW = 60, 8
"""The largest number of boxes; with more than a few, similar ones are drawn as one."""
MANY = 40
"""The largest number of arrows."""
WIDEST = 1.55
"""The width of boxes, because calls have long names."""
GOAL = "goal"
"""The id of a resource."""


@with_old_names
def reach_graph(
    reach: Reach,
    principal: Caller | None = None,
    to: Caller | None = ADMIN,
    *,
    cut: Cut | None = None,
) -> Figure:
    """Draw the paths of a world.

    Parameters
    ----------
    reach
        What ``world.reach()`` returns.
    principal
        The start of the path. Default: all steps of all principals are drawn.
    to
        The end of the path. ``"admin"``: an administrator of any account. ``None``: all
        principals that this principal can become.
    cut
        What ``reach.cut(source, to)`` returns: the path is drawn before and after it.

    Raises
    ------
    RequestError
        A value has another type, or ``principal`` isn't in the world.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana, bob = main.create_user("dana"), main.create_user("bob")
    >>> bob.attach_policy("AdministratorAccess")
    >>> dana.put_policy("help", Policy.allow("iam:CreateAccessKey", bob.arn))
    >>> reach_graph(main.world.reach(), dana).alt
    'dana becomes bob by iam:CreateAccessKey. bob is an administrator.'
    """
    check("reach_graph", reach, Reach)
    if cut is not None:
        check("reach_graph", cut, Cut)
    if principal is None:
        return draw_edges(reach)
    if to is None:
        return draw_found(reach.blast_radius(principal))
    path = reach.path(principal, to)
    if path is None:
        return _no_path(reach.blast_radius(principal), to)
    return draw_path(path, reach) if cut is None else before_and_after(reach, path, cut)


def _no_path(found: BlastRadius, to: Caller) -> Figure:
    """Draw all that a principal can become, if it has no path to the target."""
    who = shorten(name_and_kind(found.source)[0], 40)
    target = "an administrator" if to == ADMIN else name_and_kind(getattr(to, "arn", str(to)))[0]
    text = f"{who} can't become {shorten(target, 40)} with any calls."
    instead = listed([name_and_kind(arn)[0] for arn in found], 4, length=30)
    figure = draw_found(found)
    return replace(
        figure,
        alt=f"{text} It can become {instead}." if found else text,
        caption=f"There is no path. {figure.caption}",
        rows=({"source": found.source, "to": target, "is_possible": False},),
        lines=(text, *figure.lines),
    )


def draw_edges(reach: Reach) -> Figure:
    """Draw every step between principals in their present state: what ``reach.show()`` returns.

    Examples
    --------
    >>> from iamlab.teach.scenarios import observatory
    >>> figure = draw_edges(observatory().reach())
    >>> figure.alt.partition(";")[0]
    '6 steps between 9 principals: carol becomes auditor by sts:AssumeRole'
    """
    different: dict[object, Step] = {}
    for step in reach.edges:
        different.setdefault((step.source.arn, step.target.arn, step.way.number), step)
    steps = list(different.values())
    wider = {step.source.arn for step in steps if step.is_own}
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for step in steps:
        for state in (step.source, step.target):
            exists = state.arn in reach.principals
            is_admin = exists and reach.is_admin(state.arn)
            kind = name_and_kind(state.arn)[1]
            notes = [kind if exists or ":assumed-role/" in state.arn else f"new {kind}"]
            notes += [ADMINISTRATOR.word] * is_admin + ["adds permissions"] * (state.arn in wider)
            node = node_of(state, is_admin=is_admin)
            nodes[state.arn] = replace(node, id=state.arn, note=", ".join(notes))
        if not step.is_own:
            source, target = step.source.arn, step.target.arn
            edge = replace(edge_of(step), source=source, target=target)
            edges.setdefault((source, target), edge)
    called = names_of(nodes, reach.world)
    parts = [f"{called[step.source.arn]} {becomes(step, called)}" for step in steps]
    nothing = "Only administrators can become other principals."
    head = f"{count(len(steps), 'step')} between {count(len(nodes), 'principal')}: "
    scene = replace(
        _scene(nodes, edges, reach.world, ("PRINCIPAL", "BECOMES", "THEN", "THEN")),
        before=[line for number, step in enumerate(steps, 1) for line in lines_of(step, number)]
        or [nothing],
        table=[row_of(step) for step in steps] or [{"source": "", "target": ""}],
    )
    drawn = _fewer_edges(scene)
    missing = len(scene.edges) - len(drawn.edges)
    more = f" {count(missing, 'more arrow is', 'more arrows are')} only in the table."
    return scene.figure(
        _draw,
        alt=alt_text(head, parts, ".") if steps else nothing,
        caption="Who can become which principal, and the calls for it. Steps of administrators in "
        f"their account are left out: they can become everyone in it.{more if missing else ''}",
        drawn=_folded(drawn),
    )


def draw_found(found: BlastRadius | Arrivals) -> Figure:
    """Draw all that a principal can become, or all principals that can access a resource.

    Parameters
    ----------
    found
        What ``reach.blast_radius(caller)`` or ``reach.to(action, resource)`` returns.

    Raises
    ------
    RequestError
        ``found`` has another type.

    Examples
    --------
    >>> from iamlab.teach.scenarios import observatory
    >>> world = observatory()
    >>> draw_found(world.reach().blast_radius(world.user("carol"))).alt
    'carol can become 2 of 18 principals: auditor by sts:AssumeRole; archivist in 2 steps.'
    """
    if isinstance(found, BlastRadius):
        return _draw_radius(found)
    if isinstance(found, Arrivals):
        return _draw_arrivals(found)
    raise RequestError(
        "Pass the result of reach.blast_radius(caller) or reach.to(action, resource), "
        f"not {type(found).__name__}."
    )


def _draw_radius(found: BlastRadius) -> Figure:
    world = next((path.world for path in (*found.values(), *found.admin_of.values())), None)
    names = account_names(world)
    admin_of = {names.get(key, key): path for key, path in found.admin_of.items()}
    # The path to administrator can differ from the path to the same principal.
    paths = {**found, **{f"administrator of {name}": path for name, path in admin_of.items()}}
    nodes, edges = parts_of(paths.values())
    lines, rows = _steps(paths)
    for key in list(nodes)[:1]:
        nodes[key] = replace(nodes[key], is_end=True)
    who = shorten(name_and_kind(found.source)[0], 40)
    head = f"{who} can become {len(found)} of {count(found.asked, 'principal')}"
    head += f", and administer {listed(list(admin_of), length=30)}" if admin_of else ""
    scene = replace(
        _scene(nodes, edges, world, ("START", "1 STEP", "2 STEPS", "3 OR MORE STEPS")),
        before=[head, found.source, *lines],
        table=rows or [{"source": found.source, "principal": "", "steps": 0}],
    )
    return _draw_paths(scene, found, f"The principals that {who} can become, and the calls for it.")


def _draw_arrivals(found: Arrivals) -> Figure:
    nodes, edges = parts_of(found.values())
    lines, rows = _steps(found)
    what, action, world = found.resource, found.action, None
    for path in found.values():
        key, world = key_of(path.target), path.world
        edges[key, GOAL] = Edge(key, GOAL, look=LOOKS["allowed"])
        owner = resource_context(world, what, action, path.source.account_id).account_id
        short = short_name(what)[0]
        nodes[GOAL] = Node(GOAL, what, action, short=short, frame=owner, is_end=True)
    on = f"{action} on {shorten(what, 50)}"
    head = f"{len(found)} of {count(found.asked, 'principal')} can use {on}, "
    head += f"{len(found.directly)} directly"
    scene = replace(
        _scene(nodes, edges, world, ("RESOURCE", "DIRECT ACCESS", "IN 1 STEP", "IN 2 STEPS")),
        before=[head, what, *lines],
        table=rows or [{"principal": "", "steps": 0}],
    )
    return _draw_paths(scene, found, f"Who can use {on}, directly or in several steps.")


def _draw_paths(scene: Scene, found: BlastRadius | Arrivals, caption: str) -> Figure:
    world = next((path.world for path in found.values()), None)
    called = names_of(found, world)
    parts = [_how(called[arn], path) for arn, path in found.items()]
    head = scene.before[0]
    return scene.figure(
        _draw,
        alt=alt_text(f"{head}: ", parts, ".") if parts else f"{head}.",
        caption=caption,
        drawn=_folded(scene),
    )


def _how(name: str, path: Path) -> str:
    steps = path.edges
    if len(steps) == 1:
        return f"{name} by {calls_of(steps[0])}"
    return f"{name} in {len(steps)} steps" if steps else f"{name} directly"


def _steps(paths: Mapping[str, Path]) -> tuple[list[str], list[dict[str, object]]]:
    """Return the list and the table of paths."""
    lines, rows = [], []
    for arn, path in paths.items():
        steps = path.edges
        lines.append(f"{arn}: {count(len(steps), 'step')}")
        if not steps:
            rows.append({"principal": arn, "steps": 0, "step": 0, "source": arn})
        for number, step in enumerate(steps, 1):
            lines += [f"  {line}" for line in lines_of(step, number)]
            rows.append(row_of(step, principal=arn, steps=len(steps), step=number))
    return lines, rows


# -- the picture -----------------------------------------------------------------------------------


def _draw(scene: Scene) -> Sheet:
    return draw_network(scene, widest_box=WIDEST)


def _scene(
    nodes: Mapping[str, Node],
    edges: Mapping[tuple[str, str], Edge],
    world: World | None,
    headings: Sequence[str],
) -> Scene:
    """Put each node into the column for its number of steps from the start, or to the resource."""
    arrows = [end[::-1] if GOAL in nodes else end for end in edges]
    far = columns_by_distance(list(nodes), arrows)
    last = max(far.values(), default=0)
    places = [last - place if GOAL in nodes else place for place in range(last + 1)]
    names = account_names(world)
    ids = dict.fromkeys(node.frame for node in nodes.values() if node.frame)
    frames = {key: (names.get(key, key), key) for key in ids} if len(ids) > 1 else {}
    placed = []
    for key, node in nodes.items():
        title, note = frames.get(node.frame, ("", ""))
        line = f"{node.words}, in {title} ({note})" if title else None
        placed.append(replace(node, column=places[far[key]], line=line))
    columns = {place: Column(headings[number]) for number, place in enumerate(places)}
    return Scene(placed, list(edges.values()), columns, frames)


def _fewer_edges(scene: Scene) -> Scene:
    """Leave out arrows if there are too many: one arrow to each node stays."""
    if len(scene.edges) <= MANY:
        return scene
    columns = {node.id: node.column for node in scene.nodes}
    on = (edge for edge in scene.edges if columns[edge.source] < columns[edge.target])
    return replace(scene, edges=list({edge.target: edge for edge in on}.values()))


def _folded(scene: Scene) -> Scene:
    return folded(alike(scene) if len(scene.nodes) > FEW else scene, MOST)
