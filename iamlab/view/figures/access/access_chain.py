"""How the credentials came about with which somebody calls: who asked for which, in order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import chain_of
from iamlab.display import count
from iamlab.engine.request import Kind
from iamlab.errors import RequestError
from iamlab.model.record import CredentialKind
from iamlab.operations.sts.session import Session
from iamlab.view.figures.names import short_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.engine.decision import Decision

MOST = 5
"""So many links are drawn; of a longer chain the first two and the last two."""


@dataclass(frozen=True, slots=True)
class Link:
    """Some credentials, or whoever asked for the first ones.

    Parameters
    ----------
    name, note
        Who calls with them, and what they are.
    times
        From when to when they are good, and what has become of them.
    leads_by
        The operation by which the next ones were asked for.
    arn
        Who calls with them, whole.
    """

    name: str
    note: str
    times: str
    leads_by: str
    arn: str = ""


def links_of(decision: Decision, session: Session | None) -> tuple[Link, ...]:
    """Give what led to the caller's credentials; itself is not among them.

    Raises
    ------
    RequestError
        ``session`` is none, or not the one that asked.
    """
    if session is None:
        return tuple(_of_federated_user(decision))
    _check(session, decision.request.principal)
    chain = chain_of(session)
    links = [] if chain[0].depth == 0 or not chain[0].asked_by else [_asking(chain[0])]
    for one, following in pairwise(chain):
        links.append(_link(one, following.operation))
    return tuple(links)


def _check(session: object, asked: str) -> None:
    if not isinstance(session, Session):
        raise RequestError(f"session is a session, not an object of type {type(session).__name__}.")
    if session.arn != asked:
        raise RequestError(f"It was not {session.arn} that asked, but {asked}.")


def drawn(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Give the links that are drawn, the middle ones as one if there are too many."""
    if len(links) <= MOST:
        return links
    left_out = links[2:-2]
    more = count(len(left_out), "more session")
    one = Link(more, "between them", "", left_out[-1].leads_by)
    return (*links[:2], one, *links[-2:])


def _of_federated_user(decision: Decision) -> Iterator[Link]:
    caller = decision.request.caller
    if caller.kind is Kind.FEDERATED and caller.issuer:
        name, note = short_name(caller.issuer)
        yield Link(name, note, "", "GetFederationToken", caller.issuer)


def _asking(first: Lifetime) -> Link:
    name, note = short_name(first.asked_by)
    return Link(name, note or "asked", "", first.operation, first.asked_by)


def _link(one: Lifetime, leads_by: str) -> Link:
    name, note = short_name(one.arn)
    if one.kind is CredentialKind.LONG_TERM:
        note = f"{note}'s access key" if name else "access key"
    elif one.kind is CredentialKind.ROLE:
        note = f"session of {short_name(one.role_arn)[0]}"
    account = one.arn.split(":")[4]
    until = "" if one.end is None else f" to {one.end:%Y-%m-%d %H:%M}"
    times = f"account {account}, {one.start:%Y-%m-%d %H:%M}{until}, {one.ended}"
    return Link(name, note, times, leads_by, one.arn)
