"""Many callers, actions and resources at once: each cell is what ``can`` says.

The engine decides about many pairs as sets (``engine/matrix.py``). What it must be told of a
resource, of a call's way and of its context depends on the service of the action and on the
caller's account, and on nothing else of the two. So the questions are cut into parts: callers of
one account, and services that are told the same of all resources that they share.

Notes
-----
AWS pages: "IAM user groups", for what a group is: no principal, but a bag of policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.who_can import everybody as everybody_of
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.attached_policies import policies_of, scps_of
from iamlab.authorization.authorize import NetworkPath, check_circumstances
from iamlab.authorization.context_keys import FORWARDED_CALL_KEYS, call_keys, override_keys
from iamlab.authorization.principal import PrincipalContext, principal_of
from iamlab.authorization.resource import resource_context
from iamlab.display import steps
from iamlab.engine.request import check_text, service_of
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.identities import Group, User
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.authorization.context_keys import CallerAttributes
    from iamlab.authorization.principal import Caller
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.layers import Layers
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.engine.question_space import ResourceFacts
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

Pair = tuple[str, str]
Given = Mapping[str, "ContextValue"]
Asking = tuple[str, "Layers", dict[str, "ContextValue"], str | None]


def access(
    world: World,
    actions: Iterable[str],
    resources: Iterable[str],
    callers: Iterable[Caller] | None = None,
    by: str = "principal",
    context: Given | None = None,
    circumstances: Circumstances | None = None,
) -> AccessMatrix:
    """Ask for every action on every resource.

    Parameters
    ----------
    callers
        Default: everybody of the kind that ``by`` names.
    by
        ``"principal"``: users, roles, root users. ``"role"``: roles. ``"group"``: what each group
        alone gives, that is, a member with nothing else: no policies, tags or boundary of its own.
    context, circumstances
        As in ``World.can``.

    Raises
    ------
    NoSuchEntity, RequestError
        As ``World.can`` raises them; or there is no such ``by``.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> matrix = access(scenario("groups"), ["s3:GetObject", "s3:DeleteObject"], [MAP], by="group")
    >>> for group, action, _ in matrix:
    ...     print(group.rpartition("/")[2], action)
    astronomers s3:GetObject
    developers s3:GetObject
    developers s3:DeleteObject
    """
    if by not in _EVERY:
        raise RequestError(f"by={by!r} is no way to ask. {did_you_mean(str(by), _EVERY)}")
    pairs = list(product(actions, resources))
    for action, resource in pairs:
        check_text("action", action)
        check_text("resource", resource)
    who = _EVERY[by](world) if callers is None else list(callers)
    return matrix(world, who, pairs, context, circumstances, by)


_EVERY: Mapping[str, Callable[[World], list[Caller]]] = {
    "principal": lambda world: list(everybody(world)),
    "group": lambda world: [
        group for account in world.accounts.values() for group in account.groups.values()
    ],
    "role": lambda world: [
        role.arn for account in world.accounts.values() for role in account.roles.values()
    ],
}
"""Who is asked for, by the word of ``by``."""


class Known(NamedTuple):
    """A row: what the engine is told of a caller, and what stands before the row."""

    gathered: PrincipalContext
    name: str


def everybody(world: World) -> list[str]:
    """List the ARNs of every user, role and root user."""
    return list(everybody_of(world.accounts.values()))


def _known(world: World, caller: Caller, by: str) -> Known:
    group = _group_of(world, caller) if by == "group" else None
    if group is not None:
        return Known(member_of(group), group.arn)
    gathered = principal_of(world, caller).within_limits()
    return Known(gathered, gathered.arn)


def _group_of(world: World, caller: Caller) -> Group | None:
    """Find a group of this world by itself, a namesake of another world, or its ARN."""
    arn = caller if isinstance(caller, str) else getattr(caller, "arn", "")
    everywhere = (group for one in world.accounts.values() for group in one.groups.values())
    return next((group for group in everywhere if group.arn == arn), None)


def member_of(group: Group) -> PrincipalContext:
    """Make up a member that has nothing but what the group gives.

    Examples
    --------
    >>> from iamlab import World
    >>> team = World(seed=7).create_account("main", account_id="111111111111").create_group("team")
    >>> member_of(team).arn
    'arn:aws:iam::111111111111:user/some-member-of-team'
    """
    account, name = group.account, f"some-member-of-{group.name}"
    while name in account.users:
        name += "-"
    member = User(account, name, unique_id=f"AIDA{'MEMBEREXAMPLE':0>17}")
    missing: list[str] = []
    hanging = tuple(policies_of(group, (f"group {group.name}",), missing))
    return PrincipalContext(
        member.arn,
        account.account_id,
        partial(contexts.user_attributes, member, account.world.membership_of(account.account_id)),
        hanging,
        assumed=tuple(missing),
        scps=scps_of(account),
    )


def matrix(
    world: World,
    callers: Sequence[Caller],
    pairs: Sequence[Pair],
    context: Given | None = None,
    circumstances: Circumstances | None = None,
    by: str = "principal",
) -> AccessMatrix:
    """Decide for each caller and each (action, resource) pair; each bit is what ``can`` says."""
    from iamlab.engine.matrix import AccessMatrix

    circumstances = circumstances or {}
    check_circumstances(circumstances)
    known = [_known(world, caller, by) for caller in steps(callers, "gathering")]
    rows = [0] * len(known)
    for places in _alike(known).values():
        some = [known[place].gathered for place in places]
        decided = _rows(world, some, pairs, context or {}, circumstances)
        for place, row in zip(places, decided, strict=True):
            rows[place] = row
    return AccessMatrix(tuple(one.name for one in known), tuple(pairs), tuple(rows))


def _rows(
    world: World,
    callers: Sequence[PrincipalContext],
    pairs: Sequence[Pair],
    given: Given,
    circumstances: Circumstances,
) -> list[int]:
    """Decide for callers to whom resources and ways look the same."""
    from iamlab.engine.matrix import evaluate_many

    via = bool(circumstances.get("via"))
    cut = parts(world, callers[0], pairs, given, circumstances)
    decided = []
    for part in cut:
        asking = (part.asking(one, given, via=via) for one in steps(callers, "deciding"))
        asked = [pairs[place] for place in part.places]
        decided.append(evaluate_many(asking, asked, part.facts).rows)
    back = in_order([part.places for part in cut])
    return [back([rows[number] for rows in decided]) for number in range(len(callers))]


def _alike(callers: Sequence[Known]) -> dict[object, list[int]]:
    """Put the callers together to whom a resource and a way look the same."""
    found: dict[object, list[int]] = {}
    for place, known in enumerate(callers):
        who = known.gathered.who()
        found.setdefault((known.gathered.account_id, who.service, who.sends), []).append(place)
    return found


@dataclass(slots=True)
class Part:
    """Pairs that the engine can be asked at once.

    Parameters
    ----------
    policy
        Of the VPC endpoint on the way.
    facts
        By the resource's ARN; what is known of the call stands in their contexts.
    places
        Which of all pairs they are, in order.
    """

    policy: Policy | None
    facts: dict[str, ResourceFacts]
    places: list[int] = field(default_factory=list)

    def takes(self, other: Part) -> bool:
        """Say whether the pairs of another part can be asked together with these."""
        return self.policy is other.policy and all(
            self.facts.get(resource, facts) == facts for resource, facts in other.facts.items()
        )

    def asking(self, known: PrincipalContext, given: Given, *, via: bool) -> Asking:
        """Give a caller as the engine takes it."""
        own = {**known.context(), **(FORWARDED_CALL_KEYS if via else {})}
        return (
            known.arn,
            known.layers(endpoint=self.policy),
            override_keys(own, given),
            known.issuer,
        )


def parts(
    world: World,
    caller: PrincipalContext,
    pairs: Sequence[Pair],
    given: Given,
    circumstances: Circumstances,
) -> list[Part]:
    """Cut pairs into as few parts as one question about many allows."""
    by_way: dict[tuple[str, str], list[int]] = {}
    for place, (action, resource) in enumerate(pairs):
        by_way.setdefault((service_of(action), _region(resource)), []).append(place)
    told = _Told(world, caller.who(), caller.account_id, given, circumstances)
    found: list[Part] = []
    for places in steps(by_way.values(), "looking up"):
        own = told.part([pairs[place] for place in places])
        one = next((known for known in found if known.takes(own)), None)
        if one is None:
            found.append(one := own)
        one.facts |= own.facts
        one.places += places
    for one in found:
        one.places.sort()
    return found


def _region(resource: str) -> str:
    return Arn.parse(resource).region if is_arn(resource) else ""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the engine is told of resources and ways, for callers to whom they look the same."""

    world: World
    who: CallerAttributes
    account_id: str
    given: Given
    circumstances: Circumstances
    _rcps: dict[str, ResourceContext] = field(default_factory=dict)

    def part(self, pairs: Iterable[Pair]) -> Part:
        """Say it of pairs of one service and Region."""
        facts: dict[str, ResourceFacts] = {}
        policy = None
        for action, resource in pairs:
            if resource not in facts:
                way, facts[resource] = self._one(action, resource)
                policy = way.policy  # the endpoint depends on nothing else
        return Part(policy, facts)

    def _one(self, action: str, resource: str) -> tuple[NetworkPath, ResourceFacts]:
        facts = resource_context(self.world, resource, action, self.account_id)
        if facts.rcps:
            # The engine looks at the same levels once.
            same = self._rcps.setdefault(facts.account_id, facts)
            facts = replace(facts, rcps=same.rcps)
        way = NetworkPath.of(self.world, self.who, facts, action, self.circumstances)
        beside = facts.beside(call_keys(way.call))
        return way, replace(beside, context=override_keys(beside.context, self.given))


def in_order(places: Sequence[Sequence[int]]) -> Callable[[Sequence[int]], int]:
    """Say how sets of several parts become one, with the bits at these places.

    Examples
    --------
    >>> bin(in_order([[0, 2], [1]])([0b01, 0b1]))
    '0b11'
    """
    every = [place for part in places for place in part]
    if every == list(range(len(every))):
        lengths = list(map(len, places))
        return lambda sets: sum(
            bits << start for bits, start in zip(sets, _sums(lengths), strict=True)
        )
    order = sorted(range(len(every)), key=every.__getitem__, reverse=True)
    pick = itemgetter(*order)

    def back(sets: Sequence[int]) -> int:
        digits = "".join(
            f"{bits:0{len(part)}b}"[::-1] for bits, part in zip(sets, places, strict=True)
        )
        return int("".join(pick(digits)), 2)

    return back


def _sums(lengths: Iterable[int]) -> Iterator[int]:
    """Give where each part begins."""
    start = 0
    for length in lengths:
        yield start
        start += length
