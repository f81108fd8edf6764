"""An organization as text: its tree, with the policies that hang on each part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.world.organization import Organization
    from iamlab.world.organization.targets import Member, OrganizationalUnit, Target

FEATURES = {"ALL": "all features", "CONSOLIDATED_BILLING": "consolidated billing only"}


def tree(organization: Organization) -> str:
    """Draw an organization.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.world.organization import create_organization
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> organization = create_organization(world, main)
    >>> ou = organization.create_organizational_unit("Prod")
    >>> print(tree(organization))  # doctest: +ELLIPSIS
    Organization o-... (all features), management account acme-main
    root r-...: FullAWSAccess
    ├─ OU Prod ou-...: FullAWSAccess
    └─ account acme-main 111111111111, management account: FullAWSAccess
    """
    features = FEATURES.get(organization.feature_set, organization.feature_set)
    management = organization.management_account.name
    head = f"Organization {organization.id} ({features}), management account {management}"
    below: dict[str, list[Target]] = {}
    every: list[OrganizationalUnit | Member] = [
        *organization.organizational_units.values(),
        *organization.members.values(),
    ]
    for one in every:
        below.setdefault(one.parent_id, []).append(one)
    return "\n".join((head, *_lines(organization, organization.root, below, "", "")))


def _lines(
    organization: Organization,
    one: Target,
    below: Mapping[str, list[Target]],
    first: str,
    rest: str,
) -> Iterator[str]:
    yield first + _line(organization, one)
    children = below.get(one.id, [])
    for number, child in enumerate(children, 1):
        last = number == len(children)
        branch, stem = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _lines(organization, child, below, rest + branch, rest + stem)


def _line(organization: Organization, one: Target) -> str:
    names = [organization.policies[key].name for key in one.attached]
    role = ", management account" if one.id == organization.management_account_id else ""
    hanging = f": {', '.join(names)}" if names else ""
    return f"{one.label} {one.id}{role}{hanging}"
