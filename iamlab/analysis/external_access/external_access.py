"""Who outside can reach what: each statement of each policy is asked, and the answers sorted.

Notes
-----
AWS pages: "IAM Access Analyzer findings"; "IAM Access Analyzer supported resource types for
external and internal access"; "The confused deputy problem", for services.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.external_access.callers import (
    ANY_SERVICE,
    account_named,
    has_star,
    is_everybody,
    like,
)
from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding, ServiceAccess
from iamlab.analysis.external_access.inside_conditions import confines
from iamlab.analysis.external_access.shared_resource import Case
from iamlab.analysis.external_access.witness import Answer, Search
from iamlab.analysis.external_access.zone_of_trust import shared_by_hand, shared_of, zones
from iamlab.analysis.what_can.granting_statements import conditions_of
from iamlab.display import steps
from iamlab.engine.actions import (
    BACKUP_ABROAD,
    KMS_ABROAD,
    NEEDS_BOTH_SIDES,
    NEVER_ABROAD,
    RCP_SPARES,
)
from iamlab.engine.matching import action_matches
from iamlab.engine.prepared import action_test
from iamlab.engine.principals import TRUST_ACTIONS
from iamlab.engine.request import SERVICE_LINKED, is_account
from iamlab.model.service_principals import PRINCIPALS, sends
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.catalog import actions_of, expand
from iamlab.policy.patterns import is_action_pattern
from iamlab.policy.shortest import shortest
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from iamlab.analysis.external_access.findings import Stop
    from iamlab.analysis.external_access.shared_resource import Lever
    from iamlab.analysis.external_access.witness import Pair
    from iamlab.analysis.external_access.zone_of_trust import Shared, Zone, ZoneOf, ZoneOfTrust
    from iamlab.engine.decision import Decision
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition

EVERYBODY = ("AWS", "*")
_TIED = ("kms:encryptioncontext:", "kms:viaservice", "aws:sourceowner", "aws:referer")
"""Keys by which statements for a service can be tied to a customer in older ways."""

SERVICE_NAMES = ("aws:principalservicename", "aws:principalservicenameslist")
SERVICE_END = ".amazonaws.com"


def outside_access(world: World, zone_of_trust: ZoneOfTrust | None = None) -> OutsideAccess:
    """Find all that somebody outside of the zone of trust can reach.

    Every Allow of a resource-based policy, of a role's trust policy and every KMS grant is asked
    for each outsider that it may mean. Whether he gets in, the engine says, with all that may stop
    him: a Deny of the same policy, RCPs, S3 Block Public Access.

    Parameters
    ----------
    zone_of_trust
        ``"organization"``: each owner's organization, or the owner alone if it is in none; this is
        the default where there is one. ``"account"``: each owner alone. An OU, the organization or
        its root (itself, its id or its path), or a list of accounts: then only what these own is
        looked at.

    Raises
    ------
    RequestError
        There is no such zone.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> _ = main.create_role("audit", assume_role_policy_document=Policy.allow(
    ...     "sts:AssumeRole", None, principal="444455556666"))
    >>> [finding] = outside_access(main.world)
    >>> finding.resource_type, finding.principal
    ('AWS::IAM::Role', {'AWS': '444455556666'})
    """
    zone_of, words = zones(world, zone_of_trust)
    found = _Found()
    every = [*_everything(world)]
    for shared in steps(every, "looking at resources", len(every)):
        found.look_at(world, shared, zone_of)
    return OutsideAccess(
        tuple(sorted(found.findings, key=_order)),
        words,
        tuple(found.services),
        found.asked,
        tuple(found.assumed),
    )


def _everything(world: World) -> Iterator[Shared]:
    for account in world.accounts.values():
        yield from shared_of(account)
    yield from shared_by_hand(world)


def _order(finding: OutsideFinding) -> tuple[object, ...]:
    """Put first what is public, last what is stopped."""
    place = (finding.resource_type, finding.resource, finding.statement, str(finding.principal))
    return (bool(finding.stopped_by), not finding.is_public, *place, finding.actions)


def _owner(world: World, shared: Shared) -> str:
    """Say who owns a resource: a bucket of which nobody knows it, the first account."""
    if shared.owner:
        return shared.owner
    account = Arn.parse(shared.arn).account
    return account or next(iter(world.accounts), "")


class _Found:
    """What has been found so far."""

    def __init__(self) -> None:
        self.findings: list[OutsideFinding] = []
        self.services: list[ServiceAccess] = []
        self.assumed: dict[str, None] = {}
        self.asked = 0

    def look_at(self, world: World, shared: Shared, zone_of: ZoneOf) -> None:
        """Look at one resource."""
        owner = _owner(world, shared)
        zone = zone_of(owner) if is_account(owner) else None
        if zone is None:
            return
        self.asked += 1
        if not _names_outsiders(world, shared, zone):
            return
        case = Case(world, shared, zone, owner)
        self.assumed |= dict.fromkeys(case.facts.assumed)
        for lever in case.levers():
            self._pull(case, lever)

    def _pull(self, case: Case, lever: Lever) -> None:
        statement = lever.statement
        if any(confines(one, statement, case.inside) for one in statement.conditions):
            return
        for pair in _pairs(statement):
            if _is_inside(pair, case.zone, case.world):
                continue
            if pair[0] == "Service":
                self.services += _for_services(case, lever, pair[1])
                continue
            found = [*_findings(case, lever, pair)]
            self.findings += found
            if pair == EVERYBODY and not found:  # a service of AWS is everybody too
                self.services += _for_any_service(case, lever)


def _names_outsiders(world: World, shared: Shared, zone: Zone) -> bool:
    """Say whether a policy or a grant names anybody outside, so that it is worth a closer look."""
    statements = () if shared.policy is None else shared.policy.statements
    allows = (one for one in statements if one.effect == "Allow")
    pairs = [pair for one in allows for pair in _pairs(one)]
    pairs += [("AWS", grant.grantee_principal) for grant in shared.grants]
    return not all(_is_inside(pair, zone, world) for pair in pairs)


def _pairs(statement: Statement) -> tuple[Pair, ...]:
    """Give the values of an Allow's Principal element; NotPrincipal names everybody else."""
    if statement.principal is None:
        return () if statement.not_principal is None else (EVERYBODY,)
    return tuple(
        dict.fromkeys(EVERYBODY if is_everybody(*pair) else pair for pair in statement.principal)
    )


def _is_inside(pair: Pair, zone: Zone, world: World) -> bool:
    """Say whether only somebody in the zone of trust is named, or a service that says nothing."""
    kind, value = pair
    if kind == "CanonicalUser":
        trusted = (world.accounts[key] for key in zone.accounts & world.accounts.keys())
        return any(one.canonical_user_id == value for one in trusted)
    if kind == "Service":
        return not sends(value)
    if kind != "AWS":
        return False
    account = value.split(":")[4] if is_arn(value) else value
    return account in zone.accounts


def _findings(case: Case, lever: Lever, pair: Pair) -> Iterator[OutsideFinding]:
    """Give what a statement gives to one whom it names, a finding for each different outcome."""
    merged: dict[_Sort, list[str]] = defaultdict(list)
    proofs: dict[_Sort, Decision | None] = {}
    for names in _groups(case, lever.statement):
        outcome = Search(case, lever, pair, names[0]).outcome()
        if outcome.answer is not Answer.NOBODY:
            sort = _Sort(outcome.answer, outcome.is_public, outcome.stops)
            merged[sort] += names
            proofs.setdefault(sort, outcome.proof)
    for sort in [*merged]:
        # What stops these keeps others out of the rest too: that is said there.
        if sort.is_stopped and any(one.narrows(sort.stops) for one in merged):
            del merged[sort]
    every = {name for names in merged.values() for name in names}
    for sort, names in merged.items():
        yield OutsideFinding(
            case.shared.arn,
            case.shared.type,
            case.owner,
            _shown(pair),
            _written(case, lever.statement, {*names}, every),
            lever.address,
            sort.is_public,
            _condition(lever.statement.conditions),
            conditions_of(lever.statement),
            () if sort.is_stopped else sort.stops,
            sort.stops if sort.is_stopped else (),
            lever.source,
            proofs[sort],
        )


class _Sort(NamedTuple):
    """Actions of which the same is to be said."""

    answer: Answer
    is_public: bool
    stops: tuple[Stop, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether nobody gets in."""
        return self.answer is Answer.STOPPED

    def narrows(self, stops: tuple[Stop, ...]) -> bool:
        """Say whether somebody gets in, and all of these keep out others."""
        return not self.is_stopped and {*stops} <= {*self.stops}


def _for_any_service(case: Case, lever: Lever) -> Iterator[ServiceAccess]:
    """Give what services may do where everybody is named: those that conditions name, or any."""
    conditions = lever.statement.conditions
    named = [
        one
        for one in conditions
        if one.key.lower() in SERVICE_NAMES and one.comparison.name != "Null"
    ]
    if not named:
        yield from _for_services(case, lever, ANY_SERVICE, "*")
        return
    values = [value for one in named for value in one.values]
    known = [f"{name}{SERVICE_END}" for name in PRINCIPALS]
    for names in ((*values, *known), map(like, values)):  # only if none is known, a made-up one
        found = [
            access
            for service in dict.fromkeys(names)
            if service.endswith(SERVICE_END) and not has_star(service) and sends(service)
            for access in _for_services(case, lever, service)
        ]
        yield from found
        if found:
            return


def _for_services(
    case: Case, lever: Lever, service: str, shown: str = ""
) -> Iterator[ServiceAccess]:
    """Give what a service may do on behalf of somebody outside."""
    keys = {condition.key.lower() for condition in lever.statement.conditions}
    if any(key.startswith(_TIED) for key in keys) or SERVICE_LINKED in case.shared.arn:
        return
    names = [
        name
        for names in _groups(case, lever.statement)
        if Search(case, lever, ("Service", service), names[0]).outcome().answer is Answer.OPEN
        for name in names
    ]
    if names:
        yield ServiceAccess(
            case.shared.arn,
            case.shared.type,
            case.owner,
            shown or service,
            _written(case, lever.statement, {*names}, {*names}),
            lever.address,
        )


def _groups(case: Case, statement: Statement) -> list[list[str]]:
    """Put the actions of a statement together that everything else sees alike."""
    names = _names(case.shared.service, statement.action, statement.not_action)
    tests = [action_test(one) for one in case.stoppers]
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name in names:
        lower = name.lower()
        stopped_by = tuple(number for number, test in enumerate(tests) if test(lower))
        groups[stopped_by, _odd(lower), case.works_on(name)].append(name)
    return list(groups.values())


@lru_cache(maxsize=4096)
def _names(
    service: str, action: tuple[str, ...] | None, not_action: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Give the actions of a service that an element is about; of a role, those on roles."""
    test = action_test(Statement("Allow", 1, action=action, not_action=not_action))
    known = [
        one.full_name
        for one in actions_of(service).values()
        if service != "sts" or any(use.name == "role" for use in one.resource_types)
    ]
    unknown = (
        pattern.replace("*", "x").replace("?", "x")
        for pattern in action or ()
        if is_action_pattern(pattern)
        and pattern.lower().startswith(f"{service}:")
        and not expand(pattern)
    )
    every = dict.fromkeys((*known, *filter(_ACTION.fullmatch, unknown)))
    return tuple(name for name in every if test(name.lower()))


@lru_cache(maxsize=4096)
def _odd(action: str) -> tuple[object, ...]:
    """Say which rules of its own an action has."""
    trust = action if action in TRUST_ACTIONS else ""
    return (trust, *(action in table for table in _TABLES))


_TABLES = (BACKUP_ABROAD, KMS_ABROAD, NEEDS_BOTH_SIDES, NEVER_ABROAD, RCP_SPARES)
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9-]+", re.ASCII)


def _written(
    case: Case, statement: Statement, names: AbstractSet[str], every: AbstractSet[str]
) -> tuple[str, ...]:
    """Write actions as the policy does, if these are all, else with the fewest patterns."""
    service = case.shared.service
    own = tuple(
        dict.fromkeys(
            f"{service}:*" if pattern in ("*", "*:*") else pattern
            for pattern in statement.action or ()
            if any(action_matches(pattern, name) for name in names)
        )
    )
    return own if own and names == every else shortest(names, own)


def _shown(pair: Pair) -> dict[str, str]:
    """Write a principal as Access Analyzer does: accounts by their ids."""
    kind, value = pair
    return {kind: account_named(value) or value}


def _condition(conditions: Iterable[Condition]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in conditions:
        found[one.key] = tuple(dict.fromkeys((*found.get(one.key, ()), *one.values)))
    return found
