"""The zone of trust: whose access to a resource is expected, and which conditions ask for it.

An analyzer is created for an account or for an organization, and trusts all that is in it. Here the
zone may also be an organizational unit, or a list of accounts. With the organization each resource
has a zone of its own: its owner's organization, or its owner alone.

To say that a statement lets in nobody from outside needs a reason that holds for all callers. There
is one: a condition requires that the caller, or the principal behind a service, has an account, an
organization or a name, and each value that it accepts is inside the zone of trust. Whatever is not
sure does not count.

Notes
-----
AWS pages: "IAM Access Analyzer findings"; "Understand how IAM Access Analyzer findings work"; "AWS
global condition context keys"; "The confused deputy problem".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from iamlab.authorization.resource import find_resource
from iamlab.engine.request import ContextValue, is_account
from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.policy.arn import PARTS, Arn, is_arn
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.variables import substitute
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import OrganizationalUnit, Root
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition, Statement

    ZoneOfTrust: TypeAlias = (
        str | Account | Organization | Root | OrganizationalUnit | Iterable[str | Account]
    )

    ZoneOf: TypeAlias = Callable[[str], "Zone | None"]


ACCOUNT, ORGANIZATION = "account", "organization"
"""The two that AWS has: each account by itself, and each organization."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Who is trusted.

    Parameters
    ----------
    accounts
        By their ids.
    path
        Of the root or OU that is trusted, as ``aws:PrincipalOrgPaths`` has it: accounts that join
        it later are trusted too. Empty: only these accounts are.

    Examples
    --------
    >>> zone = Zone(frozenset({"111111111111"}), "o-a1/r-b2/")
    >>> zone.has_organization("o-a1"), zone.has_path("o-a1/r-b2/ou-c3/"), zone.has_path("o-z9/")
    (True, True, False)
    """

    accounts: frozenset[str]
    path: str = ""

    def has_organization(self, organization_id: str) -> bool:
        """Return whether all of an organization is in it.

        A list of accounts never has one, even with every member: tomorrow there are more.
        """
        organization, _, below = self.path.partition("/")
        return organization == organization_id != "" and below.count("/") == 1

    def has_path(self, path: str) -> bool:
        """Return whether an account at this path is in it, whichever it is."""
        return bool(self.path) and path.startswith(self.path)


def zones(world: World, zone_of_trust: ZoneOfTrust | None) -> tuple[ZoneOf, str]:
    """Read a zone of trust.

    Returns
    -------
    callable, str
        What gives the zone for the resources of an account, or ``None`` if they are not examined;
        and its description.

    Raises
    ------
    RequestError
        It isn't one of these; there is no such OU, or no organization.
    """
    if zone_of_trust is None:
        zone_of_trust = ORGANIZATION if world.organizations else ACCOUNT
    if not isinstance(zone_of_trust, str):
        return _zone_of_object(world, zone_of_trust)
    if zone_of_trust == ACCOUNT:
        return (lambda owner: Zone(frozenset({owner}))), "each account by itself"
    if zone_of_trust == ORGANIZATION:
        if not world.organizations:
            raise RequestError('There is no organization here: the zone can be "account".')
        return _organizations(world), f"organization {', '.join(world.organizations)}"
    if is_account(zone_of_trust):
        return _accounts([zone_of_trust])
    return _organization_or_unit(world, zone_of_trust)


def _zone_of_object(world: World, zone: object) -> tuple[ZoneOf, str]:
    """Read an account, a part of an organization, or a list of accounts."""
    account_id, part_id = getattr(zone, "account_id", None), getattr(zone, "id", None)
    if isinstance(account_id, str):
        return _accounts([account_id])
    if isinstance(part_id, str):
        return _organization_or_unit(world, part_id)
    try:
        members: list[object] = list(zone)  # type: ignore[call-overload]  # it may be anything
    except TypeError:
        raise _no_zone(zone) from None
    return _accounts([getattr(member, "account_id", member) for member in members])


def _no_zone(zone: object) -> RequestError:
    return RequestError(
        f"{zone!r} isn't a zone of trust. Use "
        f'"{ACCOUNT}", "{ORGANIZATION}", an OU (its id or path), or a list of account ids.'
    )


def _accounts(ids: list[object]) -> tuple[ZoneOf, str]:
    for unit_id in ids:
        if not is_account(unit_id):
            raise _no_zone(unit_id)
    if not ids:
        raise _no_zone(ids)
    zone = Zone(frozenset(map(str, ids)))
    words = "account" if len(zone.accounts) == 1 else "accounts"
    names = ", ".join(sorted(zone.accounts))
    return (lambda owner: zone if owner in zone.accounts else None), f"{words} {names}"


def _organizations(world: World) -> ZoneOf:
    """Return each account its own organization, and itself alone if it is in none."""
    by_account: dict[str, Zone] = {}
    for organization in world.organizations.values():
        zone = Zone(frozenset(organization.members), organization.path_to(organization.root))
        by_account |= dict.fromkeys(organization.members, zone)
    return lambda owner: by_account.get(owner) or Zone(frozenset({owner}))


def _organization_or_unit(world: World, text: str) -> tuple[ZoneOf, str]:
    """Find an organization, a root or an OU by its id, or by its path."""
    known: dict[str, tuple[Organization, str]] = {}
    names: dict[str, str] = {}
    for organization in world.organizations.values():
        root = organization.root
        known[organization.id] = organization, organization.path_to(root)
        for node in (root, *organization.organizational_units.values()):
            known[node.id] = organization, organization.path_to(node)
            names[node.id] = node.label
    by_path = {path: found for found in known.values() for path in (found[1], found[1][:-1])}
    found = known.get(text) or by_path.get(text)
    if found is None:
        raise noted(_no_zone(text), did_you_mean(text, (ACCOUNT, ORGANIZATION, *known)))
    organization, path = found
    inside = (key for key in organization.members if organization.path_of(key).startswith(path))
    zone = Zone(frozenset(inside), path)
    return (lambda owner: zone if owner in zone.accounts else None), names.get(text, path)


SOURCE_OWNER = "aws:sourceowner"
"""The account of whoever calls a topic: the policy that SNS writes for a new one asks for it. It is
none of today's global keys, and its own page says only for what it is used."""

_KEYS = tables(__file__, "condition_keys.toml")
OF_CALLER, OF_SOURCE, OF_RESOURCE, OF_SERVICES, OF_PLACES, OF_CUSTOMER = (
    tuple(keys.split()) for keys in _KEYS.values()
)
"""Condition keys, as ``condition_keys.toml`` explains them."""


class Inside(NamedTuple):
    """What is known of the zone of trust when the policy of one resource is read.

    Parameters
    ----------
    context
        The condition keys of the resource, in lower case, which variables may stand for.
    """

    world: World
    zone: Zone
    context: Mapping[str, ContextValue]

    def has(self, key: str, value: str) -> bool:
        """Return whether only somebody inside can have this value of a condition key."""
        test = _TESTS.get(key)
        return test is not None and test(value, self)

    def ids(self) -> set[str]:
        """Return the ids of the zone's accounts, users and roles."""
        ids = set(self.zone.accounts)
        for account_id in self.zone.accounts & self.world.accounts.keys():
            account = self.world.accounts[account_id]
            callers = (*account.users.values(), *account.roles.values())
            ids |= {caller.unique_id for caller in callers}
        return ids


def confines(condition: Condition, statement: Statement, inside: Inside) -> bool:
    """Return whether a condition of an Allow keeps everybody outside out."""
    key, comparison = condition.key.lower(), condition.comparison
    operator = OPERATORS[comparison.name]
    if (
        key not in _TESTS
        or not operator.variables
        or operator.negated
        or comparison.if_exists
        or comparison.set_operator == "ForAllValues"
    ):
        return False  # a request without the key, or with another value, may pass
    values = filled(condition, statement, inside.context)
    by_parts = comparison.name.startswith("Arn")
    return bool(values) and all(
        value is not None and inside.has(key, _account_and_name(value) if by_parts else value)
        for value in values
    )


def filled(
    condition: Condition, statement: Statement, context: Mapping[str, ContextValue]
) -> tuple[str | None, ...]:
    """Return a condition's values; ``None`` for one with a variable that is not the resource's."""
    known = {key: value for key, value in context.items() if isinstance(value, str)}
    return filled_by(lambda key: known.get(key.lower()), condition, statement)


def filled_by(
    value_of: Callable[[str], str | None], condition: Condition, statement: Statement
) -> tuple[str | None, ...]:
    """Return a condition's values with its variables replaced; ``None`` where one has no value."""
    if not statement.variables or not OPERATORS[condition.comparison.name].variables:
        return condition.values
    return tuple(substitute(value, value_of) for value in condition.values)


def _account_and_name(arn: str) -> str:
    """Leave out of an ARN the parts whose stars cannot match the account."""
    if not is_arn(arn):
        return arn
    *_, account, name = arn.split(":", PARTS - 1)
    return f"arn::::{account}:{name}" if account else arn


def _is_path_inside(value: str, inside: Inside) -> bool:
    start = _plain_start(value)
    organization, slash, _ = start.partition("/")
    zone = inside.zone
    return zone.has_path(start) or (bool(slash) and zone.has_organization(organization))


def _is_arn_inside(value: str, inside: Inside) -> bool:
    """Return whether an ARN has an account of the zone; a star before the account may hide it."""
    if not is_arn(value):
        return False
    *head, name = value.split(":", PARTS - 1)
    if set("*?") & set("".join(head)):
        return False
    if head[-1]:
        return head[-1] in inside.zone.accounts
    known = None if set("*?") & set(name) else find_resource(inside.world, Arn.parse(value), value)
    return known is not None and known.account.account_id in inside.zone.accounts


def _is_id_inside(value: str, inside: Inside) -> bool:
    """Return whether a unique id is that of an identity of the zone, with any session name."""
    start = _plain_start(value)
    unique_id, colon, _ = start.partition(":")
    if not colon and start != value:
        return False
    return unique_id in inside.ids()


def _plain_start(pattern: str) -> str:
    """Return the text before the first wildcard."""
    return pattern.replace("?", "*").partition("*")[0]


_TESTS: Mapping[str, Callable[[str, Inside], bool]] = {
    **dict.fromkeys(
        ("aws:principalaccount", "aws:sourceaccount", SOURCE_OWNER, "kms:calleraccount"),
        lambda value, inside: value in inside.zone.accounts,
    ),
    **dict.fromkeys(("aws:principalarn", "aws:sourcearn"), _is_arn_inside),
    **dict.fromkeys(
        ("aws:principalorgid", "aws:sourceorgid"),
        lambda value, inside: inside.zone.has_organization(value),
    ),
    **dict.fromkeys(("aws:principalorgpaths", "aws:sourceorgpaths"), _is_path_inside),
    "aws:userid": _is_id_inside,
}
"""Condition key -> whether only somebody inside can have a value that a policy asks for."""
