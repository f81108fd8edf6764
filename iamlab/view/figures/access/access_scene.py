"""All that an access graph shows, as values: who asks, the ways, the stops, the resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.request import Kind
from iamlab.view.figures.access.access_chain import Link, links_of
from iamlab.view.figures.access.access_rows import Row, rows_of
from iamlab.view.figures.access.access_stops import Stops, is_abroad, is_outsider, stops_of
from iamlab.view.figures.access.access_ways import Way, ways_of
from iamlab.view.figures.names import short_name

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.operations.sts.session import Session


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, and what its words are made of.

    Parameters
    ----------
    decision, rows, ways, stops, links
        As they are; see their modules.
    who, who_note, role
        The caller's name, what it is, and of a role's session the role.
    what, what_note
        The resource's name, and what it is.
    here, there
        The accounts of the caller and of the resource, each as id and name; the name is empty if
        nobody told it.
    """

    decision: Decision
    rows: tuple[Row, ...]
    ways: tuple[Way, ...]
    stops: Stops
    links: tuple[Link, ...]
    who: str
    who_note: str
    role: str
    what: str
    what_note: str
    here: tuple[str, str]
    there: tuple[str, str]

    @property
    def identity(self) -> tuple[Way, ...]:
        """The ways through the caller's own policies."""
        return tuple(way for way in self.ways if way.side == "identity")

    @property
    def resource(self) -> tuple[Way, ...]:
        """The ways through what hangs on the resource."""
        return tuple(way for way in self.ways if way.side == "resource")

    @property
    def is_abroad(self) -> bool:
        """Whether caller and resource are of two accounts."""
        return is_abroad(self.decision)

    @property
    def is_outsider(self) -> bool:
        """Whether the caller is of no account."""
        return is_outsider(self.decision)

    @property
    def allows(self) -> bool:
        """Whether the request is allowed."""
        return bool(self.decision)


def scene_of(decision: Decision, session: Session | None) -> Scene:
    """Collect what is to be seen of a decision.

    Raises
    ------
    RequestError
        ``session`` is not the one that asked.
    """
    request = decision.request
    rows, links = rows_of(decision), links_of(decision, session)
    names = {} if session is None else session.world.accounts
    who, who_note, role = _who(decision)
    what, what_note = short_name(request.resource)
    if request.resource == "*":
        what_note = "no resource in particular"
    return Scene(
        decision,
        rows,
        ways_of(rows),
        stops_of(decision),
        links,
        who,
        who_note,
        role,
        what,
        what_note,
        *(
            (account, names[account].name if account in names else "")
            for account in (request.caller.account, request.resource_account)
        ),
    )


def _who(decision: Decision) -> tuple[str, str, str]:
    """Name the caller, say what it is, and name the role whose session it is."""
    caller = decision.request.caller
    name, note = short_name(caller.arn)
    if caller.kind is Kind.ROLE:
        return "some session", "of a role", name
    if caller.kind is Kind.SESSION:
        return name, "role session", short_name(caller.issuer)[0]
    return name, _NOTES.get(caller.kind, note), ""


_NOTES = {
    Kind.ROOT: "root user",
    Kind.FEDERATED: "federated user",
    Kind.SERVICE: "AWS service",
    Kind.PROVIDER: "identity provider",
    Kind.ANONYMOUS: "nobody signed",
}
