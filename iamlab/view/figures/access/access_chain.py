"""How the caller got its credentials: who called STS for which, in order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import chain_of
from iamlab.display import count
from iamlab.engine.request import Kind
from iamlab.errors import RequestError
from iamlab.model.record import CredentialKind
from iamlab.operations.sts.session import Session
from iamlab.view.figures.names import short_name
from iamlab.view.layouts.path import LINK
from iamlab.view.scene import Edge, Node, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.engine.decision import Decision

MOST = 5
"""The largest number of links; of a longer chain the first two and the last two are drawn."""


def chain_of_credentials(
    decision: Decision, session: Session | None, caller: str
) -> tuple[list[Node], list[Edge]]:
    """Return what led to the caller's credentials, and the calls; the caller isn't among them.

    Raises
    ------
    RequestError
        ``session`` isn't a session, or not the one that called.
    """
    links = list(_of_federated_user(decision) if session is None else _links(decision, session))
    nodes, edges = [], []
    keys = [f"link {number}" for number in range(len(links))]
    for number, (key, (node, times, operation)) in enumerate(zip(keys, links, strict=True), 1):
        line = f"{node.text}, {node.note}{': ' if times else ''}{times}"
        facts = {
            "layer": "credentials",
            "level": number,
            "place": node.id,
            "policy_type": node.note,
            "statement": operation,
        }
        nodes.append(replace(node, id=key, kind=LINK, line=line, details=[operation], facts=facts))
        edges.append(Edge(key, keys[number] if number < len(keys) else caller, operation, times))
    return nodes, edges


def fold_chain(scene: Scene) -> Scene:
    """Return the scene with at most so many links, those in the middle as one."""
    links = [node for node in scene.nodes if node.kind == LINK]
    if len(links) <= MOST:
        return scene
    first, *_, last = inner = tuple(links[2:-2])
    more = count(len(inner), "more session")
    others = replace(first, text=more, note="between them", members=inner)
    gone = {node.id for node in inner}
    edges = {edge.source: edge for edge in scene.edges if edge.source in gone}
    left = replace(edges[last.id], source=first.id, note="")
    return replace(
        scene,
        nodes=[others if n is first else n for n in scene.nodes if n is first or n.id not in gone],
        edges=[left, *(edge for edge in scene.edges if edge.source not in gone)],
    )


Link = tuple[Node, str, str]
"""Whose credentials, with the ARN as id; from when to when; how the next ones were got."""


def _links(decision: Decision, session: Session) -> Iterator[Link]:
    if not isinstance(session, Session):
        raise RequestError(f"session is a session, not an object of type {type(session).__name__}.")
    if session.arn != decision.request.principal:
        raise RequestError(
            f"It was not {session.arn} that asked, but {decision.request.principal}."
        )
    chain = chain_of(session)
    if chain[0].depth and chain[0].asked_by:
        name, note = short_name(chain[0].asked_by)
        yield Node(chain[0].asked_by, name, note or "asked"), "", chain[0].operation
    for one, following in pairwise(chain):
        yield _link(one, following.operation)


def _of_federated_user(decision: Decision) -> Iterator[Link]:
    caller = decision.request.caller
    if caller.kind is Kind.FEDERATED and caller.issuer:
        yield Node(caller.issuer, *short_name(caller.issuer)), "", "GetFederationToken"


def _link(one: Lifetime, operation: str) -> Link:
    name, note = short_name(one.arn)
    if one.kind is CredentialKind.LONG_TERM:
        note = f"{note}'s access key" if name else "access key"
    elif one.kind is CredentialKind.ROLE:
        note = f"session of {short_name(one.role_arn)[0]}"
    until = "" if one.end is None else f" to {one.end:%Y-%m-%d %H:%M}"
    account = one.arn.split(":")[4]
    times = f"account {account}, {one.start:%Y-%m-%d %H:%M}{until}, {one.ended}"
    return Node(one.arn, name, note), times, operation
