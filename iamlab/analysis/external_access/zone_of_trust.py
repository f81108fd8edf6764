"""The zone of trust: whose access to a resource is no news.

An analyzer is made for an account or for an organization, and whoever is in it is trusted. Here it
may also be an organizational unit, or a list of accounts. With the organization each resource has a
zone of its own: its owner's organization, or its owner alone.

What can be shared at all: resources with a policy of their own, roles, and keys with grants.

Notes
-----
AWS pages: "IAM Access Analyzer findings"; "Understand how IAM Access Analyzer findings work".
AWS pages: "IAM Access Analyzer supported resource types for external and internal access"; "AWS
services that work with IAM", for what else has a resource-based policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from iamlab.engine.actions import FOR_SERVICES_ONLY
from iamlab.engine.request import is_account
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.resources import BUCKET, OBJECT, resource_type
from iamlab.operations.services.cloudcontrol import SEPARATORS
from iamlab.policy.arn import Arn
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.engine.grants import Grant
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import OrganizationalUnit, Root
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

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
        Of the root or OU that is trusted, as ``aws:PrincipalOrgPaths`` has it: whoever will be in
        it is trusted too. Empty: it is these accounts alone.

    Examples
    --------
    >>> zone = Zone(frozenset({"111111111111"}), "o-a1/r-b2/")
    >>> zone.has_organization("o-a1"), zone.has_path("o-a1/r-b2/ou-c3/"), zone.has_path("o-z9/")
    (True, True, False)
    """

    accounts: frozenset[str]
    path: str = ""

    def has_organization(self, organization_id: str) -> bool:
        """Say whether all of an organization is in it.

        A list of accounts never holds one, even if it names every member: tomorrow there are more.
        """
        organization, _, below = self.path.partition("/")
        return organization == organization_id != "" and below.count("/") == 1

    def has_path(self, path: str) -> bool:
        """Say whether an account at this path is in it, whichever it is."""
        return bool(self.path) and path.startswith(self.path)


def zones(world: World, zone_of_trust: ZoneOfTrust | None) -> tuple[ZoneOf, str]:
    """Read what was given as a zone of trust.

    Returns
    -------
    callable, str
        What gives the zone for the resources of an account, or ``None`` if they are not looked at;
        and what it is in words.

    Raises
    ------
    RequestError
        It is none of these; there is no such OU, or no organization.
    """
    if zone_of_trust is None:
        zone_of_trust = ORGANIZATION if world.organizations else ACCOUNT
    if not isinstance(zone_of_trust, str):
        return _by_thing(world, zone_of_trust)
    if zone_of_trust == ACCOUNT:
        return (lambda owner: Zone(frozenset({owner}))), "each account by itself"
    if zone_of_trust == ORGANIZATION:
        if not world.organizations:
            raise RequestError('There is no organization here: the zone can be "account".')
        return _organizations(world), f"organization {', '.join(world.organizations)}"
    if is_account(zone_of_trust):
        return _listed([zone_of_trust])
    return _container(world, zone_of_trust)


def _by_thing(world: World, given: object) -> tuple[ZoneOf, str]:
    """Read an account, a part of an organization, or a list of accounts."""
    account_id = getattr(given, "account_id", None)
    if isinstance(account_id, str):
        return _listed([account_id])
    part_id = getattr(given, "id", None)
    if isinstance(part_id, str):
        return _container(world, part_id)
    try:
        many: list[object] = list(given)  # type: ignore[call-overload]  # it may be anything
    except TypeError:
        raise _no_zone(given) from None
    return _listed([getattr(one, "account_id", one) for one in many])


def _no_zone(given: object) -> RequestError:
    return RequestError(
        f"{given!r} is no zone of trust. It is "
        f'"{ACCOUNT}", "{ORGANIZATION}", an OU (its id or path), or a list of account ids.'
    )


def _listed(ids: list[object]) -> tuple[ZoneOf, str]:
    for one in ids:
        if not is_account(one):
            raise _no_zone(one)
    if not ids:
        raise _no_zone(ids)
    trusted = frozenset(map(str, ids))
    zone = Zone(trusted)
    words = "account" if len(trusted) == 1 else "accounts"
    names = ", ".join(sorted(trusted))
    return (lambda owner: zone if owner in trusted else None), f"{words} {names}"


def _organizations(world: World) -> ZoneOf:
    """Give each account its own organization, and itself alone if it is in none."""
    by_account: dict[str, Zone] = {}
    for organization in world.organizations.values():
        zone = Zone(frozenset(organization.members), organization.path_to(organization.root))
        by_account |= dict.fromkeys(organization.members, zone)
    return lambda owner: by_account.get(owner) or Zone(frozenset({owner}))


def _container(world: World, text: str) -> tuple[ZoneOf, str]:
    """Find an organization, a root or an OU by its id, or by its path."""
    known: dict[str, tuple[Organization, str]] = {}
    names: dict[str, str] = {}
    for organization in world.organizations.values():
        root = organization.root
        known[organization.id] = organization, organization.path_to(root)
        for one in (root, *organization.organizational_units.values()):
            known[one.id] = organization, organization.path_to(one)
            names[one.id] = one.label
    by_path = {path: found for found in known.values() for path in (found[1], found[1][:-1])}
    found = known.get(text) or by_path.get(text)
    if found is None:
        error = _no_zone(text)
        error.add_note(did_you_mean(text, (ACCOUNT, ORGANIZATION, *known)))
        raise error
    organization, path = found
    inside = (key for key in organization.members if organization.path_of(key).startswith(path))
    zone = Zone(frozenset(inside), path)
    return (lambda owner: zone if owner in zone.accounts else None), names.get(text, path)


_NO_TYPE = "AWS::Unknown::Resource"
_BELOW = {"dynamodb": "/", "lambda": ":", "s3": "/", "sns": ":"}
"""Service -> what stands before that which lies below its resources."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A resource that may be shared.

    Parameters
    ----------
    owner
        The account; empty: its ARN says it, or nothing does.
    policy, grants
        Who is let in: its resource-based policy or trust policy, and KMS grants.
    separator
        What stands between its ARN and that of something below it; empty: nothing is below it.
    is_held
        Whether it is in the world, so that its tags are known; else only its policy was given.
    """

    arn: str
    policy: Policy | None
    owner: str = ""
    grants: tuple[Grant, ...] = ()
    separator: str = ""
    is_held: bool = True

    @property
    def is_role(self) -> bool:
        """Whether it is a role, whose policy speaks of ``sts`` actions."""
        return ":iam:" in self.arn

    @property
    def service(self) -> str:
        """The prefix of the actions that its policy speaks of."""
        return "sts" if self.is_role else Arn.parse(self.arn).service

    @property
    def type(self) -> str:
        """What it is, as Access Analyzer calls it."""
        return type_of(self.arn)


def type_of(arn: str) -> str:
    """Say what a resource is, as Access Analyzer calls it.

    Examples
    --------
    >>> type_of("arn:aws:s3:::maps"), type_of("arn:aws:iam::111122223333:role/sky/reader")
    ('AWS::S3::Bucket', 'AWS::IAM::Role')
    """
    parsed = Arn.parse(arn)
    found = resource_type(parsed.service, parsed.resource)
    return BUCKET if found == OBJECT else found or _NO_TYPE


def shared_of(account: Account) -> Iterator[Shared]:
    """Give what an account has that may be shared. A VPC endpoint's policy lets nobody at it."""
    given = account.world.resource_policies
    for role in account.roles.values():
        yield Shared(role.arn, given.get(role.arn) or role.trust, account.account_id)
    for one in account.resources.values():
        grants = one.grants
        if (one.policy is not None or grants) and one.service not in FOR_SERVICES_ONLY:
            yield Shared(one.arn, one.policy, account.account_id, grants, one.separator)


def shared_by_hand(world: World) -> Iterator[Shared]:
    """Give the resources of which nothing is known but the policy."""
    held = {arn for account in world.accounts.values() for arn in account.resources}
    held |= {role.arn for account in world.accounts.values() for role in account.roles.values()}
    for arn, policy in world.resource_policies.items():
        parsed = Arn.parse(arn)
        is_role = (parsed.service, parsed.kind) == ("iam", "role")
        if arn in held or parsed.service in FOR_SERVICES_ONLY:
            continue
        separator = "" if is_role else _separator(parsed)
        yield Shared(arn, policy, separator=separator, is_held=False)


def _separator(arn: Arn) -> str:
    form = f"{arn.service}::{arn.resource}"
    for known, separator in SEPARATORS.items():
        if glob(known, form):
            return separator
    return _BELOW.get(arn.service, "")
