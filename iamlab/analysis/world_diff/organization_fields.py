"""The facts of organizations, and how they are written: see ``of_accounts.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.analysis.world_diff.account_fields import Fact
from iamlab.model.organization.policies import RCP, SCP
from iamlab.model.organization.targets import OrganizationalUnit
from iamlab.model.record import copy_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.analysis.world_diff.account_fields import Path
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World

SHORT = {SCP: "SCP", RCP: "RCP"}


def facts_of_organizations(world: World) -> Iterator[tuple[Path, Fact]]:
    """Say all that can be changed in the organizations of a world."""
    for key, organization in world.organizations.items():
        yield ("organization", key), Fact(f"organization {key}", "", organization)
        for (kind, *rest), fact in _of_organization(organization):
            thing = f"organization {key}: {fact.thing}"
            yield (kind, key, *rest), fact._replace(thing=thing)


def _of_organization(organization: Organization) -> Iterator[tuple[Path, Fact]]:
    for policy_type in organization.root.policy_types:
        yield ("policy type", policy_type), Fact(f"{policy_type} enabled", "", policy_type)
    for key, policy in organization.policies.items():
        if not policy.is_aws_managed:
            thing = f"{SHORT.get(policy.type, policy.type)} {policy.name}"
            yield ("organization policy", key), Fact(thing, f": {policy.content}", policy)
    for target in organization.targets:
        parent = getattr(target, "parent_id", "")
        if parent:
            above = organization.container(parent)
            shown = f": {above.label if above is not None else parent}"
            yield ("place", target.id), Fact(f"place of {target.label}", shown, target, parent)
        for key in target.attached:
            named = organization.policies[key]
            words = f"{target.label} has {SHORT.get(named.type, named.type)} {named.name}"
            yield ("hangs", target.id, key), Fact(words, "", key)


def _write_organization(world: World, where: list[str], value: Any) -> None:
    if value is None:
        del world.organizations[where[0]]
        return
    made: Organization = value.copy(world)
    made.members, made.organizational_units = {}, {}
    made.policies = {key: one for key, one in made.policies.items() if one.is_aws_managed}
    made.root.attached, made.root.policy_types = [], []
    world.organizations[where[0]] = made


def _write_type(world: World, where: list[str], value: Any) -> None:
    types = world.organizations[where[0]].root.policy_types
    types.remove(where[1]) if value is None else types.append(where[1])


def _write_policy(world: World, where: list[str], value: Any) -> None:
    organization, key = world.organizations[where[0]], where[1]
    if value is not None:
        organization.policies[key] = copy_into(value, world=world)
    elif any(key in target.attached for target in organization.targets):
        raise LookupError(key)  # what hangs somewhere cannot go alone
    else:
        del organization.policies[key]


def _write_place(world: World, where: list[str], value: Any) -> None:
    organization, key = world.organizations[where[0]], where[1]
    unit = isinstance(value or organization.target(key), OrganizationalUnit)
    held: dict[str, Any] = organization.organizational_units if unit else organization.members
    if value is None:
        del held[key]
        return
    if organization.container(value.parent_id) is None:
        raise LookupError(value.parent_id)
    if key not in held:
        held[key] = copy_into(value, world=world)
        held[key].attached = []
    held[key].parent_id = value.parent_id


def _write_hanging(world: World, where: list[str], value: Any) -> None:
    organization = world.organizations[where[0]]
    target = organization.target(where[1])
    if target is None or where[2] not in organization.policies:
        raise LookupError(where[1])
    target.attached.remove(where[2]) if value is None else target.attached.append(where[2])


OF_ORGANIZATIONS: Mapping[str, Callable[[World, list[str], Any], None]] = {
    "organization": _write_organization,
    "policy type": _write_type,
    "organization policy": _write_policy,
    "place": _write_place,
    "hangs": _write_hanging,
}
"""How a value is written into a world, by the kind of the fact."""
