"""The organization of a lesson's world: units, member accounts, SCPs and RCPs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.teach.notation import policy_of
from iamlab.teach.source_lines import at, check_table, need

if TYPE_CHECKING:
    from iamlab.teach.callers import LessonWorld
    from iamlab.world.organization import Organization

_OF_ORGANIZATION = {
    "management": (str,),
    "units": (str,),
    "members": (dict,),
    "scps": (dict,),
    "rcps": (dict,),
    "without_full_access": (str,),
}


def create_organization(world: LessonWorld, table: dict[str, Any]) -> None:
    """Create the organization: units, members, SCPs and RCPs."""
    check_table(table, _OF_ORGANIZATION)
    organization = world.create_organization(table.get("management", "acme-org"))
    for path in str(table.get("units", "")).split():
        parent, _, name = path.rpartition("/")
        organization.create_organizational_unit(name, parent=parent.rpartition("/")[2] or None)
    for name, unit in table.get("members", {}).items():
        with at("members", name):
            account = world.account(name)
            organization.invite_account(account).accept()
        if unit:
            organization.move_account(account, unit)
    if "rcps" in table:
        organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    policies = [("SERVICE", table.get("scps", {})), ("RESOURCE", table.get("rcps", {}))]
    for kind, name, own in ((kind, *item) for kind, tables in policies for item in tables.items()):
        with at(f"{kind[0].lower()}cps", name):
            check_table(own, {"policy": (str, dict), "on": (str,)})
            with at("policy"):
                document = policy_of(need(own, "policy"), world.main)
                made = organization.create_policy(name, document, type=f"{kind}_CONTROL_POLICY")
            for target in need(own, "on").split():
                with at("on"):
                    made.attach(_target(world, organization, target))
    for target in str(table.get("without_full_access", "")).split():
        organization.detach_policy("FullAWSAccess", _target(world, organization, target))


def _target(world: LessonWorld, organization: Organization, name: str) -> Any:
    accounts = {own.name: own for own in world.accounts.values()}
    return organization.root if name == "root" else accounts.get(name, name)
