"""Who outside has access to what: each statement of each policy is tried, and the findings sorted.

Notes
-----
AWS pages: "IAM Access Analyzer findings"; "IAM Access Analyzer supported resource types for
external and internal access"; "The confused deputy problem", for services.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.analysis.external_access.callers import (
    ANY_SERVICE,
    account_named,
    has_star,
    is_everybody,
    like,
)
from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding, ServiceAccess
from iamlab.analysis.external_access.shared_resource import (
    ResourceAccess,
    shared_resources,
    type_of,
)
from iamlab.analysis.external_access.witness import Answer, SearchResult, WitnessSearch
from iamlab.analysis.external_access.zone_of_trust import OF_CUSTOMER, confines, zones
from iamlab.analysis.what_can.granting_statements import conditions_of
from iamlab.display import steps
from iamlab.engine.combining_rule import (
    BACKUP_CROSS_ACCOUNT,
    KMS_CROSS_ACCOUNT,
    NEEDS_BOTH_SIDES,
    RCP_EXEMPT,
    SAME_ACCOUNT_ONLY,
)
from iamlab.engine.matching import action_matches
from iamlab.engine.principals import TRUST_ACTIONS
from iamlab.engine.request import SERVICE_LINKED, is_account
from iamlab.engine.statement_tests import action_test
from iamlab.model.service_principals import PRINCIPALS, sends
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.catalog import actions_of, expand
from iamlab.policy.patterns import is_action_pattern
from iamlab.policy.shortest import shortest
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from iamlab.analysis.external_access.shared_resource import AccessStatement, SharedResource
    from iamlab.analysis.external_access.witness import PrincipalValue
    from iamlab.analysis.external_access.zone_of_trust import Zone, ZoneOfTrust
    from iamlab.engine.decision import Decision
    from iamlab.model.world import World

EVERYBODY = ("AWS", "*")

SERVICE_NAMES = ("aws:principalservicename", "aws:principalservicenameslist")
SERVICE_END = ".amazonaws.com"


def outside_access(world: World, zone_of_trust: ZoneOfTrust | None = None) -> OutsideAccess:
    """Find all access that somebody outside of the zone of trust has.

    Every Allow of a resource-based policy, of a role's trust policy and every KMS grant is tried
    for each outsider that it may mean. The engine decides whether he gets in, with all that may
    stop him: a Deny of the same policy, RCPs, S3 Block Public Access.

    Parameters
    ----------
    zone_of_trust
        ``"organization"``: each owner's organization, or the owner alone if it is in none; this is
        the default where there is one. ``"account"``: each owner alone. An OU, the organization or
        its root (itself, its id or its path), or a list of accounts: then only their resources are
        examined.

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
    found: list[OutsideFinding | ServiceAccess] = []
    assumed: dict[str, None] = {}
    examined = 0
    every = [*shared_resources(world)]
    for shared in steps(every, "looking at resources", len(every)):
        # If nobody knows who owns a bucket, the first account does.
        owner = shared.owner or Arn.parse(shared.arn).account or next(iter(world.accounts), "")
        zone = zone_of(owner) if is_account(owner) else None
        if zone is None:
            continue
        examined += 1
        if not _names_outsiders(world, shared, zone):
            continue
        access = ResourceAccess(world, shared, zone, owner)
        assumed |= dict.fromkeys(access.facts.assumed)
        for statement in access.access_statements():
            found += _access_through(access, statement)
    findings = sorted((item for item in found if isinstance(item, OutsideFinding)), key=_order)
    services = tuple(finding for finding in found if isinstance(finding, ServiceAccess))
    return OutsideAccess(tuple(findings), words, services, examined, tuple(assumed))


def _order(finding: OutsideFinding) -> tuple[object, ...]:
    """Put first what is public, last what is stopped."""
    place = (finding.resource_type, finding.resource, finding.statement, str(finding.principal))
    return (bool(finding.stopped_by), not finding.is_public, *place, finding.actions)


def _names_outsiders(world: World, shared: SharedResource, zone: Zone) -> bool:
    """Return whether a policy or a grant names anybody outside, so that it needs a closer look."""
    statements = () if shared.policy is None else shared.policy.statements
    allows = (statement for statement in statements if statement.effect == "Allow")
    principals = [value for allow in allows for value in _principals(allow)]
    principals += [("AWS", grant.grantee_principal) for grant in shared.grants]
    return not all(_is_inside(value, zone, world) for value in principals)


def _principals(statement: Statement) -> tuple[PrincipalValue, ...]:
    """Return the values of an Allow's Principal element; NotPrincipal names everybody else."""
    if statement.principal is None:
        return () if statement.not_principal is None else (EVERYBODY,)
    return tuple(
        dict.fromkeys(EVERYBODY if is_everybody(*pair) else pair for pair in statement.principal)
    )


def _is_inside(principal: PrincipalValue, zone: Zone, world: World) -> bool:
    """Return whether it names only the zone of trust, or a service that sends no keys."""
    kind, value = principal
    if kind == "CanonicalUser":
        trusted = (world.accounts[key] for key in zone.accounts & world.accounts.keys())
        return any(grantee.canonical_user_id == value for grantee in trusted)
    if kind == "Service":
        return not sends(value)
    if kind != "AWS":
        return False
    account = value.split(":")[4] if is_arn(value) else value
    return account in zone.accounts


def _access_through(
    access: ResourceAccess, allow: AccessStatement
) -> Iterator[OutsideFinding | ServiceAccess]:
    """Return the access that a statement gives to anybody outside."""
    statement = allow.statement
    if any(confines(condition, statement, access.inside) for condition in statement.conditions):
        return
    for principal in _principals(statement):
        if _is_inside(principal, access.zone, access.world):
            continue
        if principal[0] == "Service":
            yield from _for_service(access, allow, principal[1])
            continue
        found = [*_findings(access, allow, principal)]
        yield from found
        if principal == EVERYBODY and not found:  # a service of AWS is everybody too
            yield from _for_any_service(access, allow)


def _findings(
    access: ResourceAccess, allow: AccessStatement, principal: PrincipalValue
) -> Iterator[OutsideFinding]:
    """Return what a statement allows one principal, a finding for each different outcome."""
    actions: dict[SearchResult, list[str]] = defaultdict(list)
    proofs: dict[SearchResult, Decision | None] = {}
    for names in _groups(access, allow.statement):
        outcome = WitnessSearch(access, allow, principal, names[0]).outcome()
        if outcome.answer is not Answer.NOBODY:
            kind = outcome._replace(proof=None)
            actions[kind] += names
            proofs.setdefault(kind, outcome.proof)
    for kind in [*actions]:
        # What stops these stops others of the rest too: the other finding says so.
        others = (action for action in actions if action.answer is not Answer.STOPPED)
        is_stopped = kind.answer is Answer.STOPPED
        if is_stopped and any({*kind.stops} <= {*other.stops} for other in others):
            del actions[kind]
    every = {name for names in actions.values() for name in names}
    values: dict[str, dict[str, None]] = defaultdict(dict)
    for condition in allow.statement.conditions:
        values[condition.key] |= dict.fromkeys(condition.values)
    account = account_named(principal[1])
    for kind, names in actions.items():
        is_stopped = kind.answer is Answer.STOPPED
        yield OutsideFinding(
            access.shared.arn,
            type_of(access.shared.arn),
            access.owner,
            {principal[0]: account or principal[1]},
            _written(access, allow.statement, {*names}, every),
            allow.address,
            kind.is_public,
            {key: tuple(wanted) for key, wanted in values.items()},
            conditions_of(allow.statement),
            () if is_stopped else kind.stops,
            kind.stops if is_stopped else (),
            allow.source,
            proofs[kind],
        )


def _for_any_service(access: ResourceAccess, allow: AccessStatement) -> Iterator[ServiceAccess]:
    """Return what services may do where everybody is named: those that conditions name, or any."""
    named = [
        condition
        for condition in allow.statement.conditions
        if condition.key.lower() in SERVICE_NAMES and condition.comparison.name != "Null"
    ]
    if not named:
        yield from _for_service(access, allow, ANY_SERVICE, "*")
        return
    values = [value for condition in named for value in condition.values]
    known = [f"{name}{SERVICE_END}" for name in PRINCIPALS]
    for names in ((*values, *known), map(like, values)):  # invented names if none is known
        found = [
            service_access
            for service in dict.fromkeys(names)
            if service.endswith(SERVICE_END) and not has_star(service) and sends(service)
            for service_access in _for_service(access, allow, service)
        ]
        yield from found
        if found:
            return


def _for_service(
    access: ResourceAccess, allow: AccessStatement, service: str, shown: str = ""
) -> Iterator[ServiceAccess]:
    """Return what a service may do on behalf of somebody outside."""
    shared, statement = access.shared, allow.statement
    keys = {condition.key.lower() for condition in statement.conditions}
    if any(key.startswith(OF_CUSTOMER) for key in keys) or SERVICE_LINKED in shared.arn:
        return
    principal = ("Service", service)
    names = [
        name
        for names in _groups(access, statement)
        if WitnessSearch(access, allow, principal, names[0]).outcome().answer is Answer.OPEN
        for name in names
    ]
    if names:
        actions = _written(access, statement, {*names}, {*names})
        name, arn = shown or service, shared.arn
        yield ServiceAccess(arn, type_of(arn), access.owner, name, actions, allow.address)


def _groups(access: ResourceAccess, statement: Statement) -> list[list[str]]:
    """Group the actions of a statement for which everything else gives the same result."""
    tests = [action_test(limit) for limit in access.limits]
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for name in _actions(access.shared.service, statement.action, statement.not_action):
        lower = name.lower()
        stopped_by = tuple(number for number, test in enumerate(tests) if test(lower))
        groups[stopped_by, _special_rules(lower), access.works_on(name)].append(name)
    return list(groups.values())


@lru_cache(maxsize=4096)
def _actions(
    service: str, action: tuple[str, ...] | None, not_action: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Return the actions of a service that an element matches; of a role, those on roles."""
    test = action_test(Statement("Allow", 1, action=action, not_action=not_action))
    known = [
        known_action.full_name
        for known_action in actions_of(service).values()
        if service != "sts" or any(use.name == "role" for use in known_action.resource_types)
    ]
    unknown = (
        like(pattern)
        for pattern in action or ()
        if is_action_pattern(pattern)
        and pattern.lower().startswith(f"{service}:")
        and not expand(pattern)
    )
    every = dict.fromkeys((*known, *filter(_ACTION.fullmatch, unknown)))
    return tuple(name for name in every if test(name.lower()))


@lru_cache(maxsize=4096)
def _special_rules(action: str) -> tuple[object, ...]:
    """Return which rules of its own an action has."""
    trust = action if action in TRUST_ACTIONS else ""
    return (trust, *(action in table for table in _TABLES))


_TABLES = (BACKUP_CROSS_ACCOUNT, KMS_CROSS_ACCOUNT, NEEDS_BOTH_SIDES, SAME_ACCOUNT_ONLY, RCP_EXEMPT)
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9-]+", re.ASCII)


def _written(
    access: ResourceAccess, statement: Statement, names: AbstractSet[str], every: AbstractSet[str]
) -> tuple[str, ...]:
    """Write actions as the policy does, if these are all, else with the fewest patterns."""
    own = tuple(
        dict.fromkeys(
            f"{access.shared.service}:*" if pattern in ("*", "*:*") else pattern
            for pattern in statement.action or ()
            if any(action_matches(pattern, name) for name in names)
        )
    )
    return own if own and names == every else shortest(names, own)
