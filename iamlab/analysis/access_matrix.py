"""Many callers, actions and resources at once: each cell is what ``can`` says.

The engine decides many pairs as sets (``engine/matrix.py``). What it needs to know of a resource, a
VPC endpoint and the context depends on the service of the action and on the caller's account. So
callers are grouped by account, and pairs are put into batches: services for which all resources
that they share are the same.

Notes
-----
AWS pages: "IAM user groups", for what a group is: no principal, but a bag of policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, islice, product
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.who_can import everybody as everybody_of
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.authorize import (
    NetworkPath,
    authorization_request,
    is_on,
    question_defects,
)
from iamlab.authorization.context_keys import call_keys, override_keys
from iamlab.authorization.principal import PrincipalContext, principal_of, scps_of
from iamlab.authorization.question_defects import raise_problems
from iamlab.authorization.resource import resource_context
from iamlab.display import steps
from iamlab.engine.refused_statements import loudest_first, refused_in
from iamlab.engine.request import check_text, service_of
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.identities import Group, User, policies_of
from iamlab.model.network_locations import check_circumstances
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.call_permissions import TAG_KEYS, key_name, keys_of_other_types, without_keys
from iamlab.policy.condition_keys import unsupported_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.engine.question_index import ResourceFacts
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World

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
        raise RequestError(f"by={by!r} isn't an option. {did_you_mean(str(by), _EVERY)}")
    pairs = list(product(actions, resources))
    for action, resource in pairs:
        check_text("action", action)
        check_text("resource", resource)
    who = _EVERY[by](world) if callers is None else list(callers)
    circumstances = circumstances or {}
    defects = _defects(world, pairs, circumstances)
    refused: set[str] = set()
    found = matrix(world, who, pairs, context, circumstances, by, refused)
    problems = (*loudest_first(refused), *defects)
    if is_on("strict", world, circumstances):
        raise_problems(problems)
    return replace(found, assumed=problems)


_EVERY: Mapping[str, Callable[[World], list[Caller]]] = {
    "principal": lambda world: list(everybody(world)),
    "group": lambda world: list(_groups(world)),
    "role": lambda world: [
        role.arn for account in world.accounts.values() for role in account.roles.values()
    ],
}
"""The default callers, by the word of ``by``."""


class MatrixRow(NamedTuple):
    """A row of the matrix: the caller's context, and the name at the head of the row."""

    principal: PrincipalContext
    name: str


def everybody(world: World) -> list[str]:
    """List the ARNs of every user, role and root user."""
    return list(everybody_of(world.accounts.values()))


def _row(world: World, caller: Caller, by: str) -> MatrixRow:
    if by == "group":
        # By itself, a namesake of another world, or its ARN.
        arn = caller if isinstance(caller, str) else getattr(caller, "arn", "")
        for group in _groups(world):
            if group.arn == arn:
                return MatrixRow(member_of(group), arn)
    principal = principal_of(world, caller).within_limits()
    return MatrixRow(principal, principal.arn)


def _groups(world: World) -> list[Group]:
    return [group for account in world.accounts.values() for group in account.groups.values()]


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
    attached = tuple(policies_of(group, (f"group {group.name}",), missing))
    return PrincipalContext(
        member.arn,
        account.account_id,
        partial(contexts.user_attributes, member, account.world.membership_of(account.account_id)),
        attached,
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
    refused: set[str] | None = None,
) -> AccessMatrix:
    """Decide for each caller and each (action, resource) pair; each bit is what ``can`` says.

    Parameters
    ----------
    refused
        Gets the sentences about statements that AWS wouldn't save.
    """
    from iamlab.engine.matrix import AccessMatrix

    circumstances = circumstances or {}
    check_circumstances(circumstances)
    listed = [_row(world, caller, by) for caller in steps(callers, "gathering")]
    rows = [0] * len(listed)
    for places in _alike(listed).values():
        principals = [listed[place].principal for place in places]
        decided = _rows(world, principals, pairs, context or {}, circumstances, refused)
        for place, row in zip(places, decided, strict=True):
            rows[place] = row
    for number in with_further_pairs(world, pairs):
        for place, row in enumerate(rows):
            question = world, listed[place].principal, *pairs[number], context, circumstances
            if row >> number & 1 and not authorization_request(*question).decide():
                rows[place] ^= 1 << number
    return AccessMatrix(tuple(row.name for row in listed), tuple(pairs), tuple(rows))


def with_further_pairs(world: World, pairs: Sequence[Pair]) -> list[int]:
    """Return the places of pairs with which a bucket or a KMS key must be asked, too."""
    buckets = {arn for _, arn in pairs if ":s3:" in arn}
    alone = {arn: resource_context(world, arn, "s3:GetObject", "").is_alone for arn in buckets}
    return [number for number, (_, arn) in enumerate(pairs) if not alone.get(arn, True)]


def _defects(world: World, pairs: Iterable[Pair], circumstances: Circumstances) -> tuple[str, ...]:
    """Return what is odd about the pairs, and the number of further odd ones."""
    found: dict[str, None] = {}
    for action, resource in pairs:
        found |= dict.fromkeys(question_defects(world, action, resource, circumstances))
    first = tuple(islice(found, MOST_DEFECTS))
    more = len(found) - len(first)
    return (*first, f"{more} more of these questions are odd.") if more else first


MOST_DEFECTS = 20
"""The most odd questions that an answer names."""


def _rows(
    world: World,
    callers: Sequence[PrincipalContext],
    pairs: Sequence[Pair],
    explicit: Given,
    circumstances: Circumstances,
    refused: set[str] | None,
) -> list[int]:
    """Decide for callers that have the same resources and VPC endpoints."""
    from iamlab.engine.matrix import evaluate_matrix

    via = bool(circumstances.get("via"))
    batches = batches_of(world, callers[0], pairs, explicit, circumstances)
    decided = []
    for batch in batches:
        taken: Iterable[Asking] = (
            batch.caller(caller, explicit, via=via) for caller in steps(callers, "deciding")
        )
        listed = [pairs[place] for place in batch.places]
        if refused is not None:
            taken = _noting(taken, batch, listed, refused)
        decided.append(evaluate_matrix(taken, listed, batch.facts).rows)
    back = in_order([batch.places for batch in batches])
    return [back([rows[number] for rows in decided]) for number in range(len(callers))]


def _noting(
    callers: Iterable[Asking], batch: Batch, pairs: Sequence[Pair], refused: set[str]
) -> Iterator[Asking]:
    """Note the refused statements of the resources' policies, then of each caller's."""
    for action in {service_of(action): action for action, _ in pairs}.values():
        for resource, facts in batch.facts.items():
            refused.update(map(str, refused_in(facts.layers(), action, resource)))
    for asking in callers:
        refused.update(map(str, refused_in(asking[1], "")))
        yield asking


def _alike(rows: Sequence[MatrixRow]) -> dict[object, list[int]]:
    """Group the callers that have the same resources and VPC endpoints."""
    found: dict[object, list[int]] = {}
    for place, (principal, _) in enumerate(rows):
        who = principal.who()
        found.setdefault((principal.account_id, who.service, who.sends), []).append(place)
    return found


@dataclass(slots=True)
class Batch:
    """Pairs that the engine decides at once.

    Parameters
    ----------
    policy
        The VPC endpoint's policy.
    facts
        The resources by ARN; their contexts hold what is known of the call.
    places
        The places of the pairs among all pairs, in order.
    absent
        Condition keys that were set and that such requests don't have.
    """

    policy: AttachedPolicy | None
    facts: dict[str, ResourceFacts]
    places: list[int] = field(default_factory=list)
    absent: frozenset[str] = frozenset()

    def takes(self, other: Batch) -> bool:
        """Return whether the engine can decide the pairs of another batch together with these."""
        alike = self.policy is other.policy and self.absent == other.absent
        return alike and all(
            self.facts.get(resource, facts) == facts for resource, facts in other.facts.items()
        )

    def caller(self, principal: PrincipalContext, explicit: Given, *, via: bool) -> Asking:
        """Return a caller as the engine takes it."""
        own = override_keys(principal.context(forwarded=via), explicit)
        layers = principal.layers(endpoint=self.policy)
        return principal.arn, layers, without_keys(own, self.absent), principal.issuer


def batches_of(
    world: World,
    caller: PrincipalContext,
    pairs: Sequence[Pair],
    explicit: Given,
    circumstances: Circumstances,
) -> list[Batch]:
    """Put pairs into as few batches as the engine allows."""
    who = caller.who()
    levels: dict[str, ResourceContext] = {}

    def facts_of(
        action: str, resource: str, absent: frozenset[str]
    ) -> tuple[AttachedPolicy | None, ResourceFacts]:
        facts = resource_context(world, resource, action, caller.account_id)
        if facts.rcps:
            # The engine reads levels that are the same object once.
            same = levels.setdefault(facts.account_id, facts)
            facts = replace(facts, rcps=same.rcps)
        path = NetworkPath.of(world, who, facts, action, circumstances)
        found = facts.beside(call_keys(path.call))
        keys = without_keys(override_keys(found.context, explicit), absent)
        return path.policy, replace(found, context=keys)

    chosen = {key_name(key) for key in override_keys({}, explicit)}
    chosen |= TAG_KEYS if circumstances.get("request_tags") else set()
    by_service: dict[tuple[str, str, frozenset[str], frozenset[str]], list[int]] = {}
    for place, (action, resource) in enumerate(pairs):
        region = Arn.parse(resource).region if is_arn(resource) else ""
        absent = keys_of_other_types(action, resource) & chosen if chosen else frozenset()
        key = (service_of(action), region, unsupported_keys(action), absent)
        by_service.setdefault(key, []).append(place)
    found: list[Batch] = []
    for (*_, absent), places in steps(by_service.items(), "looking up"):
        own = Batch(None, {}, absent=absent)
        for action, resource in (pairs[place] for place in places):
            if resource not in own.facts:
                # The endpoint and the keys depend on what they are grouped by.
                own.policy, own.facts[resource] = facts_of(action, resource, absent)
        batch = next((known for known in found if known.takes(own)), None)
        if batch is None:
            found.append(batch := own)
        batch.facts |= own.facts
        batch.places += places
    for batch in found:
        batch.places.sort()
    return found


def in_order(places: Sequence[Sequence[int]]) -> Callable[[Sequence[int]], int]:
    """Return how sets of several batches become one, with the bits at these places.

    Examples
    --------
    >>> bin(in_order([[0, 2], [1]])([0b01, 0b1]))
    '0b11'
    """
    every = [place for batch in places for place in batch]
    if every == list(range(len(every))):
        first = list(accumulate(map(len, places), initial=0))[:-1]
        return lambda sets: sum(bits << start for bits, start in zip(sets, first, strict=True))
    order = sorted(range(len(every)), key=every.__getitem__, reverse=True)
    pick = itemgetter(*order)

    def back(sets: Sequence[int]) -> int:
        digits = "".join(
            f"{bits:0{len(batch)}b}"[::-1] for bits, batch in zip(sets, places, strict=True)
        )
        return int("".join(pick(digits)), 2)

    return back
