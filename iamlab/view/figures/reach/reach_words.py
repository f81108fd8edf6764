"""How principals, edges and their calls are named in the figures of reach.

A point of the graph is a principal with what has been made of it: "dana, user with any permission".
An edge is named by the operations that its caller calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.figures.names import account_names, told_apart
from iamlab.view.scene import Edge, Node
from iamlab.view.style import DENY_AREA, INK, LOOKS, Look
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge as Step
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.model.world import World

ADMINISTRATOR = Look("", "administrator", INK, DENY_AREA)
KINDS = {"root": "root user", "assumed-role": "role session"}


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
    if parsed.kind == "assumed-role":  # the name of a session alone doesn't name its role
        return parsed.resource.partition("/")[2], kind
    return (f"root of {parsed.account}" if parsed.kind == "root" else parsed.name), kind


def name_of(state: PrincipalState) -> str:
    """Name a point of the graph.

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
    """Return names by ARN; where two principals have one name, with their account or kind."""
    accounts, forms = account_names(world), {}
    for arn in arns:
        name, kind = name_and_kind(arn)
        name = shorten(name, 30)
        account = Arn.parse(arn).account if is_arn(arn) else ""
        of = f" of {shorten(accounts.get(account, account), 20)}" if account else ""
        forms[arn] = name, f"{name}{of}", f"{kind} {name}{of}"
    return told_apart(forms)


def node_of(state: PrincipalState, *, is_admin: bool) -> Node:
    """Return a point of the graph: one principal is several points if it gets more permissions."""
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
    """Return the id of a point."""
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


def points_of(paths: Iterable[Path]) -> tuple[dict[str, Node], dict[tuple[str, str], Edge]]:
    """Return the points and the arrows of paths."""
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
    """Return the operations of an edge for a sentence: the first, and how many more."""
    first, *more = operations(step) or ["no call"]
    return f"{first} and {count(len(more), 'more call')}" if more else first


def lines_of(step: Step, number: int) -> list[str]:
    """Return all that is known of a step, below each other."""
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
    """Return an edit with names in the place of ARNs.

    Examples
    --------
    >>> short_edit("Take s3:* out of statement #2 of read of arn:aws:iam::111111111111:role/a.")
    'Take s3:* out of statement #2 of read of role a'
    """
    words = []
    for word in edit.removesuffix(".").split(" "):
        name, kind = name_and_kind(word)
        prefix = f"{kind} " if kind and kind != KINDS["root"] else ""
        words.append(f"{prefix}{shorten(name, 40)}")
    return " ".join(words)
