"""The graph, point by point: a power's edges are looked for when somebody comes to it.

Administrators of an account are alike: what one can do to the others in it, each can. So they share
one point of the graph, "administrators of 111111111111", and what it leads to is worked out once. A
path that goes through it is written with the administrator's own calls afterwards. Only where an
SCP asks who calls are they not alike, and each is looked at by itself.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.world.identities import User
from iamlab.world.progress import steps
from iamlab.world.reach.admin import is_admin
from iamlab.world.reach.assuming import Assuming
from iamlab.world.reach.edges import Edge
from iamlab.world.reach.own_denies import OF_CALLER
from iamlab.world.reach.powers import Power, any_permission
from iamlab.world.reach.standpoint import Standpoint, Stock
from iamlab.world.reach.table import Way
from iamlab.world.reach.ways import edges_from
from iamlab.world.reach.ways.making import UNIQUE_IDS, Made
from iamlab.world.who_can import everybody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.reach.deciding import Decider

ADMINISTERS = Way(0, "is an administrator of the account", (), (), ())
"""Leads from an administrator to the point that all administrators of the account share."""


LONGEST_CHAIN = 30
"""So often somebody widens himself at most on one way."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a search is: at a power, and as what it came there before it widened itself.

    Whoever can widen himself in ten ways has a thousand sets of them. Each way by itself is looked
    at, and one chain that goes through all of them; what no other set can give that the chain does
    not give. Steps of the chain that turn out not to be needed are left out of a path.
    """

    power: Power
    base: Power

    @classmethod
    def of(cls, power: Power) -> Point:
        """Begin with a power."""
        return cls(power, power)


@dataclass(eq=False)
class Explorer:
    """Finds edges, and keeps what it has found.

    Parameters
    ----------
    decider
        Of a world that does not change meanwhile.
    asks_together
        Whether everybody will be asked; then many are asked at once.
    """

    decider: Decider
    asks_together: bool = True
    _edges: dict[Power, tuple[Edge, ...]] = field(default_factory=dict)
    _own: dict[Power, tuple[Edge, ...]] = field(default_factory=dict)
    _admins: dict[Power, bool] = field(default_factory=dict)
    _stocks: dict[str, Stock] = field(default_factory=dict)
    _alike: dict[str, bool] = field(default_factory=dict)
    _chains: dict[Power, Mapping[Power, Edge]] = field(default_factory=dict)

    @cached_property
    def today(self) -> dict[str, Power]:
        """Every user, role and root user as it is, by ARN."""
        world = self.decider.world
        found = {
            arn: Power.of(world.gather(arn))
            for arn in steps(list(everybody(world.accounts.values())), "gathering")
        }
        self.decider.together(found.values())
        return found

    @cached_property
    def assuming(self) -> Assuming:
        """Who may assume what."""
        return Assuming(self.decider)

    def is_admin(self, power: Power) -> bool:
        """Say whether a power is an administrator of its account."""
        known = self._admins.get(power)
        if known is None:
            known = self._admins[power] = is_admin(self.decider, power)
        return known

    # Edges --------------------------------------------------------------------------------------

    def own_edges(self, power: Power) -> tuple[Edge, ...]:
        """Give all edges that a power has, be it an administrator or not."""
        known = self._own.get(power)
        if known is None:
            if self.asks_together:
                _ = self.today
            known = self._own[power] = tuple(edges_from(self._standpoint(power)))
        return known

    def edges(self, power: Power) -> tuple[Edge, ...]:
        """Give the edges of the graph that begin at a point."""
        known = self._edges.get(power)
        if known is None:
            known = self._edges[power] = self._edges_of(power)
        return known

    def _edges_of(self, power: Power) -> tuple[Edge, ...]:
        if is_shared(power):
            return tuple(self._of_administrators(power))
        if not self._shares(power):
            return self.own_edges(power)
        shared = Edge(ADMINISTERS, power, self._shared(power), tuple)
        if power.arn.endswith(":root"):
            return (shared,)
        abroad = self._standpoint(power).abroad()
        return (shared, *(edge for edge in abroad if edge.target.account_id != power.account_id))

    def _shares(self, power: Power) -> bool:
        """Say whether a power is an administrator like all others of its account."""
        if not self.is_admin(power):
            return False
        account_id = power.account_id
        if account_id not in self._alike:
            asked = asks_who_calls(power) or account_id in self._told_apart
            self._alike[account_id] = not asked
        return self._alike[account_id]

    def _shared(self, power: Power) -> Power:
        """Give the point that the administrators of an account share."""
        return Power(shared_name(power.account_id), gathered=power.gathered)

    def _of_administrators(self, shared: Power) -> Iterable[Edge]:
        """Give what any administrator of an account can do to the others in it."""
        account = self.decider.world.accounts[shared.account_id]
        for edge in self.own_edges(an_administrator(account)):
            target = edge.target
            if target.account_id != shared.account_id or edge.is_own:
                continue
            if not target.changes or target.arn in self._known_abroad:
                yield Edge(edge.way, shared, target, edge.make, edge.conditions)

    def _standpoint(self, power: Power) -> Standpoint:
        stock = self._stocks.get(power.account_id)
        if stock is None:
            account = self.decider.world.accounts[power.account_id]
            stock = self._stocks[power.account_id] = Stock(account)
        return Standpoint(self.decider, power, stock, self.assuming)

    @cached_property
    def _told_apart(self) -> frozenset[str]:
        """The accounts whose principals another account's roles tell apart by conditions."""
        found: set[str] = set()
        for account in self.decider.world.accounts.values():
            for role in account.roles.values():
                if tells_apart(role.trust):
                    found |= accounts_named_by(role.trust, self.decider.world.accounts)
                    found.discard(account.account_id)
        return frozenset(found)

    @cached_property
    def _known_abroad(self) -> frozenset[str]:
        """The principals that policies of another account name.

        Only for these it matters to an administrator of their account what they can be made into.
        """
        world = self.decider.world
        found = set()
        for account in world.accounts.values():
            policies = [role.trust for role in account.roles.values()]
            policies += [one.policy for one in account.resources.values()]
            for statement in (
                each for one in policies if one is not None for each in one.statements
            ):
                named = statement.principal or statement.not_principal or ()
                texts = [value for _, value in named]
                texts += [value for one in statement.conditions for value in one.values]
                found |= {
                    text
                    for text in texts
                    if is_arn(text) and Arn.parse(text).account != account.account_id
                }
        return frozenset(found)

    # Searches -----------------------------------------------------------------------------------

    def further(self, point: Point) -> Iterator[tuple[Edge, Point]]:
        """Give the edges that begin at a point, each with the point that it leads to."""
        power = point.power
        chain = None if power == point.base else self._chain(point.base)
        for edge in self.edges(power):
            if not edge.is_own:
                yield edge, Point.of(edge.target)
            elif chain is None or chain.get(power) is edge:
                yield edge, Point(edge.target, point.base)

    def _chain(self, base: Power) -> Mapping[Power, Edge]:
        """Give the own edges by which somebody makes the most of himself, one after the other."""
        known = self._chains.get(base)
        if known is None:
            known = self._chains[base] = dict(self._links(base))
        return known

    def _links(self, power: Power) -> Iterator[tuple[Power, Edge]]:
        made = {change.label for change in power.changes}
        for _ in range(LONGEST_CHAIN):
            if self.is_admin(power):
                return
            new = [
                edge
                for edge in self.edges(power)
                if edge.is_own and not made >= {one.label for one in edge.target.changes}
            ]
            if not new:
                return
            best = next((edge for edge in new if self.is_admin(edge.target)), new[0])
            yield power, best
            power = best.target
            made |= {change.label for change in power.changes}

    def search(self, source: Power, is_wanted: Callable[[Power], bool]) -> tuple[Edge, ...] | None:
        """Find a short way to a power that is wanted; ``None`` if there is none."""
        if is_wanted(source):
            return ()
        came: dict[Point, tuple[Point, Edge] | None] = {Point.of(source): None}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            for edge, there in self.further(here):
                if there not in came:
                    came[there] = (here, edge)
                    if not is_shared(there.power) and is_wanted(there.power):
                        return _back(came, there)
                    waiting.append(there)
        return None

    def all_from(self, source: Power) -> dict[Power, tuple[Edge, ...]]:
        """Give all that can be got to, each with a short way there."""
        came: dict[Point, tuple[Point, Edge] | None] = {Point.of(source): None}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            for edge, there in self.further(here):
                if there not in came:
                    came[there] = (here, edge)
                    waiting.append(there)
        found: dict[Power, tuple[Edge, ...]] = {}
        for point in came:
            if not is_shared(point.power):
                found.setdefault(point.power, _back(came, point))
        return found

    def ways_to(self, is_wanted: Callable[[Power], bool]) -> dict[Power, tuple[Edge, ...]]:
        """Give all of today who get to a wanted power, each with a short way there."""
        into: dict[Point, list[tuple[Edge, Point]]] = defaultdict(list)
        for here, leading in self.whole.items():
            for edge, there in leading:
                into[there].append((edge, here))
        asked = [one for one in self.whole if not is_shared(one.power)]
        found: dict[Point, tuple[Edge, ...]] = {
            point: () for point in steps(asked, "asking") if is_wanted(point.power)
        }
        waiting = deque(found)
        while waiting:
            there = waiting.popleft()
            for edge, here in into[there]:
                if here not in found:
                    found[here] = (edge, *found[there])
                    waiting.append(here)
        return {
            power: found[Point.of(power)]
            for power in self.today.values()
            if Point.of(power) in found
        }

    @cached_property
    def whole(self) -> Mapping[Point, tuple[tuple[Edge, Point], ...]]:
        """Every point to which anybody of today can get, with what leads on from it."""
        found: dict[Point, tuple[tuple[Edge, Point], ...]] = {}
        waiting = [Point.of(power) for power in self.today.values()]
        while waiting:
            for point in steps(waiting, "looking for ways"):
                found[point] = tuple(self.further(point))
            new = dict.fromkeys(there for here in waiting for _, there in found[here])
            waiting = [point for point in new if point not in found]
        return found

    def written_out(
        self, edges: Sequence[Edge], is_wanted: Callable[[Power], bool]
    ) -> tuple[Edge, ...]:
        """Write a way with its caller's own calls, and without a step that is not needed."""
        found = self._through_administrators(edges)
        place = 0
        while sum(edge.is_own for edge in found) > 1 and place < len(found):
            fewer = self._again(found, without=place) if found[place].is_own else None
            if fewer and is_wanted(fewer[-1].target):
                found = fewer
            else:
                place += 1
        return found

    def _through_administrators(self, edges: Iterable[Edge]) -> tuple[Edge, ...]:
        """Write a way that goes through administrators' common point with their own calls."""
        found: list[Edge] = []
        speaker: Power | None = None
        for edge in edges:
            if edge.way is ADMINISTERS:
                speaker = edge.source
            elif speaker is not None:
                found += self._as(speaker, edge.target)
                speaker = None
            else:
                found.append(edge)
        return tuple(found)

    def _as(self, speaker: Power, target: Power) -> tuple[Edge, ...]:
        """Give an administrator's own way to somebody in his account.

        A root user can assume no role: it makes an administrator first.
        """
        for edge in self.own_edges(speaker):
            if edge.target == target:
                return (edge,)
        made = next(one for one in self.own_edges(speaker) if self.is_admin(one.target))
        return (made, *self._as(made.target, target))

    def _again(self, edges: Sequence[Edge], without: int) -> tuple[Edge, ...] | None:
        """Go a way once more without one of its steps; ``None`` if then another is not possible."""
        power, found = edges[0].source, []
        for place, edge in enumerate(edges):
            if place == without:
                continue
            added = set(edge.target.changes) - set(edge.source.changes)
            same = (
                one
                for one in self.own_edges(power)
                if one.way is edge.way
                and one.target.arn == edge.target.arn
                and set(one.target.changes) - set(one.source.changes) == added
            )
            step = next(same, None)
            if step is None:
                return None
            found.append(step)
            power = step.target
        return tuple(found)


def an_administrator(account: Account) -> Power:
    """Make up an administrator who is none of those that there are, and so can do it to each."""
    name = "administrator"
    while name in account.users:
        name += "-"
    made = Made(User(account, name, unique_id=UNIQUE_IDS["user"]))
    return made.power().with_(any_permission())


def shared_name(account_id: str) -> str:
    """Give the name of the point that the administrators of an account share."""
    return f"administrators of {account_id}"


def is_shared(power: Power) -> bool:
    """Say whether a point of the graph is that of an account's administrators."""
    return power.arn.startswith("administrators of ")


def asks_who_calls(power: Power) -> bool:
    """Say whether an SCP above a power's account treats some of its principals otherwise."""
    return any(
        condition.key.lower().startswith(OF_CALLER)
        for attached in power.gathered.layers().of("scp")
        for statement in attached.policy.statements
        for condition in statement.conditions
    )


def tells_apart(trust: Policy | None) -> bool:
    """Say whether a trust policy has a condition on who calls, or on what only he can say."""
    return any(
        condition.key.lower().startswith((*OF_CALLER, "aws:requesttag", "sts:"))
        and condition.key.lower() != "sts:externalid"
        for statement in (() if trust is None else trust.statements)
        for condition in statement.conditions
    )


def accounts_named_by(trust: Policy | None, accounts: Iterable[str]) -> set[str]:
    """Give the accounts whose principals a trust policy may mean."""
    found: set[str] = set()
    for statement in () if trust is None else trust.statements:
        for _, value in statement.principal or statement.not_principal or ():
            own = Arn.parse(value).account if is_arn(value) else value
            found |= {own} if own.isdigit() else set(accounts)
    return found


def _back(came: Mapping[Point, tuple[Point, Edge] | None], last: Point) -> tuple[Edge, ...]:
    """Go back from the last point to the first; give the edges in order."""
    found: list[Edge] = []
    before = came[last]
    while before is not None:
        point, edge = before
        found.append(edge)
        before = came[point]
    return tuple(reversed(found))
