"""An organization made of what the pages of an export say, if it hangs together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.model.organization.organization import Organization, organization_of
from iamlab.model.organization.policies import (
    DEEPEST,
    OTHER_TYPES,
    RCP,
    TYPES,
    OrganizationPolicy,
    aws_managed,
    of_type,
)
from iamlab.model.organization.targets import Member, OrganizationalUnit, Root
from iamlab.operations.organizations.parameters import RULES
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage.account_details.entries import Entry, WrongEntry, account_of, read_policy
from iamlab.storage.organization_export.pages import identifier, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.organization.targets import Target
    from iamlab.model.world import World
    from iamlab.storage.account_details.entries import Problems
    from iamlab.storage.organization_export.pages import Told

STATUSES = ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED")


def build(world: World, told: Told, place: str, problems: Problems) -> Organization | None:
    """Make the organization; only if nothing is wrong does the world get it."""
    before = len(problems.found)
    made = _Building(world, told, place, problems).made()
    if made is None or len(problems.found) > before:
        return None
    _take_in(world, made, told)
    return made


class _Building:
    """An organization in the making. Whatever is wrong is noted, and the rest read on."""

    def __init__(self, world: World, told: Told, place: str, problems: Problems) -> None:
        self.world, self.told, self.place, self.problems = world, told, place, problems
        self.partition = "aws"

    def made(self) -> Organization | None:
        """Put it together."""
        organization = self._begun()
        if organization is None:
            return None
        for entries, add in (
            (self.told.units, self._add_unit),
            (self.told.accounts, self._add_account),
            (self.told.policies, self._add_policy),
        ):
            for key, entry in entries.items():
                self._trying(entry.where, partial(add, organization, key, entry))
        self._check_tree(organization)
        self._attach(organization)
        self._check_hanging(organization)
        self._add_delegates(organization)
        return organization

    def _trying(self, where: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except WrongEntry as error:
            self.problems.add(where, f"It is not what it should be: {error}.")
            return None

    def _begun(self) -> Organization | None:
        """Read the organization and its root, of which there is one each."""
        for what, entries, command in (
            ("Organization", self.told.organizations, "describe-organization"),
            ("Roots", self.told.roots, "list-roots"),
        ):
            if len(entries) != 1:
                many = "several" if entries else "none"
                message = f"{what}: there must be one, and there are {many}: see {command}."
                self.problems.add(self.place, message.replace("are none", "is none"))
                return None
        (key, entry), (root_id, root) = (
            *self.told.organizations.items(),
            *self.told.roots.items(),
        )
        made: Organization | None = self._trying(
            entry.where, partial(self._organization, key, entry, root_id)
        )
        if made is not None:
            self._trying(root.where, partial(self._read_root, made, root))
        return made

    def _organization(self, key: str, entry: Entry, root_id: str) -> Organization:
        management = identifier(entry, "MasterAccountId", RULES["AccountId"])
        arn = entry.text("Arn")
        if is_arn(arn):
            self.partition = Arn.parse(arn).partition
        features = entry.text("FeatureSet")
        if features not in RULES["FeatureSet"].among:
            raise WrongEntry(f"FeatureSet {features!r} is neither ALL nor CONSOLIDATED_BILLING")
        if management not in self.told.accounts:
            raise WrongEntry(f"the management account {management} is not among the Accounts")
        if key in self.world.organizations:
            raise WrongEntry(f"the world has an organization {key} already")
        made = Organization(self.world, key, management, Root(self.world, key, root_id), features)
        if features == "ALL":
            made.policies = aws_managed(made)
        self._check_arn(made, entry, f"organization/{key}")
        email = self.told.accounts[management].raw.get("Email")
        if entry.raw.get("MasterAccountEmail", email) != email:
            raise WrongEntry(f"MasterAccountEmail is not the Email of account {management}")
        return made

    def _check_arn(self, made: Organization, entry: Entry, end: str) -> None:
        start = f"arn:{self.partition}:organizations::{made.management_account_id}"
        if entry.text("Arn") != f"{start}:{end}":
            raise WrongEntry(f"Arn {entry.text('Arn')[:200]!r} is not {start}:{end}")

    def _read_root(self, made: Organization, entry: Entry) -> None:
        self._check_arn(made, entry, f"root/{made.id}/{made.root.id}")
        for one in entry.objects("PolicyTypes"):
            name, status = one.text("Type"), one.text("Status")
            if name not in TYPES:
                continue  # tag policies and their like decide about no request
            if status != "ENABLED":
                raise WrongEntry(f"{name} is {status}: wait until it is one or the other")
            if made.feature_set != "ALL":
                raise WrongEntry(f"{name} is enabled in an organization without all features")
            if name not in made.root.policy_types:
                made.root.policy_types.append(name)

    def _parent(self, made: Organization, key: str) -> str:
        parents = self.told.parents.get(key, {})
        if len(parents) != 1:
            several = " or ".join(parents)
            raise WrongEntry(
                f"the parent of {key} is told in two ways, {several}"
                if parents
                else f"the parent of {key} is not told: put its ParentId beside it"
            )
        (parent,) = parents
        if parent != made.root.id and parent not in self.told.units:
            raise WrongEntry(f"its parent {parent} is neither the root nor one of the OUs")
        return parent

    def _add_unit(self, made: Organization, key: str, entry: Entry) -> None:
        self._check_arn(made, entry, f"ou/{made.id}/{key}")
        unit = OrganizationalUnit(self.world, made.id, key)
        unit.unit_name, unit.parent_id = entry.text("Name"), self._parent(made, key)
        made.organizational_units[key] = unit

    def _add_account(self, made: Organization, key: str, entry: Entry) -> None:
        self._check_arn(made, entry, f"account/{made.id}/{key}")
        entry.text("Name")
        entry.text("Email")
        status = entry.text("Status" if "Status" in entry.raw else "State")
        method = entry.text("JoinedMethod")
        if status not in STATUSES or method not in ("CREATED", "INVITED"):
            raise WrongEntry(f"Status {status!r} or JoinedMethod {method!r} is none of AWS's")
        if organization_of(self.world, key) is not None:
            raise WrongEntry(f"the account {key} is in another organization already")
        known = self.world.accounts.get(key)
        if known is not None and known.partition != self.partition:
            raise WrongEntry(f"the account {key} is in the partition {known.partition}")
        parent, since = self._parent(made, key), moment(entry, "JoinedTimestamp")
        made.members[key] = Member(self.world, made.id, key, [], {}, parent, method, since, status)

    def _add_policy(self, made: Organization, key: str, entry: Entry) -> None:
        policy_type, name = entry.text("Type"), entry.text("Name")
        if policy_type in OTHER_TYPES or key in made.policies:
            return  # it decides about no request, or is one of AWS's, which are known
        if policy_type not in TYPES:
            raise WrongEntry(f"Type {policy_type!r} is none of AWS's")
        managed = entry.raw.get("AwsManaged", False) is True
        if not managed:
            self._check_arn(made, entry, f"policy/{made.id}/{policy_type.lower()}/{key}")
        content = self.told.contents.get(key)
        if content is None:
            raise WrongEntry(f"{key} has no Content: see describe-policy --policy-id {key}")
        place = f"{content.where} policy {name}"
        document = read_policy(content.raw["Content"], name, place, self.problems)
        description = entry.text("Description") if "Description" in entry.raw else ""
        if document is not None:
            made.policies[key] = OrganizationPolicy(
                self.world, made.id, key, name, policy_type, document, description, managed
            )

    def _check_tree(self, made: Organization) -> None:
        """Insist that every OU hangs below the root, and no deeper than AWS lets it."""
        for unit in made.organizational_units.values():
            key, steps = unit.parent_id, 1
            while key in made.organizational_units and steps <= DEEPEST:
                key, steps = made.organizational_units[key].parent_id, steps + 1
            if steps > DEEPEST:
                message = (
                    f"{unit.id} is more than {DEEPEST} OUs deep, or its parents go in a circle."
                )
                self.problems.add(self.told.units[unit.id].where, message)

    def _attach(self, made: Organization) -> None:
        """Hang each policy where it is told to hang."""
        if RCP in made.root.policy_types:  # AWS hangs it everywhere, and nobody can take it off
            for target in made.targets:
                target.attached.append(TYPES[RCP].full_access_id)
        for key, targets in self.told.targets.items():
            told = self.told.policies.get(key)
            if told is not None and told.raw.get("Type") in OTHER_TYPES:
                continue
            for target_id, where in targets.items():
                self._trying(where, partial(self._hang, made, key, target_id))

    def _hang(self, made: Organization, key: str, target_id: str) -> None:
        target, policy = made.target(target_id), made.policies.get(key)
        if policy is None:
            if key in self.told.policies:
                return  # what is wrong with it has been said
            raise WrongEntry(f"the policy {key} is not among the Policies")
        if target is None:
            if target_id in self.told.units or target_id in self.told.accounts:
                return
            raise WrongEntry(f"{target_id} is neither the root nor an OU nor an account")
        if policy.type not in made.root.policy_types:
            raise WrongEntry(f"{key} hangs on {target_id}, but {policy.type} is not enabled")
        if key not in target.attached:
            target.attached.append(key)

    def _check_hanging(self, made: Organization) -> None:
        """Insist on what AWS sees to: a policy of each enabled type hangs on everything."""
        for policy_type in made.root.policy_types:
            bare = [one for one in made.targets if not of_type(made, one, policy_type)]
            for one in bare:
                message = (
                    f"Targets: no {policy_type} hangs on {one.id}, and AWS leaves one at least: "
                    "see list-targets-for-policy, of AWS's own policies too."
                )
                self.problems.add(self._place_of(one), message)

    def _place_of(self, target: Target) -> str:
        entries = {**self.told.roots, **self.told.units, **self.told.accounts}
        return entries[target.id].where

    def _add_delegates(self, made: Organization) -> None:
        made.service_access = dict(self.told.services)
        for key, services in self.told.delegates.items():
            if key not in self.told.accounts or key == made.management_account_id:
                message = f"DelegatedAdministrators: {key} is no member account."
                self.problems.add(self.place, message)
            made.delegates[key] = dict(services)
            for service, since in services.items():
                made.service_access.setdefault(service, since)


def _take_in(world: World, made: Organization, told: Told) -> None:
    """Give the organization to the world, and the world those accounts that it lacks."""
    partition = Arn.parse(told.organizations[made.id].text("Arn")).partition
    for key in made.members:
        entry = told.accounts[key]
        name = entry.text("Name")
        if key not in world.accounts:
            account_of(world, f"arn:{partition}:iam::{key}:root")
            world.warnings.append(
                f"Account {name} ({key}) of organization {made.id} is in no file: it is taken as "
                "one without users, roles and resources."
            )
        account = world.accounts[key]
        account.root.email = entry.text("Email")
        if account.name == key:  # an export of IAM's does not know what its account is called
            account.name = name
    for key, services in made.delegates.items():
        if not services:
            world.warnings.append(
                f"Account {key} is a delegated administrator; of which services is in no file."
            )
    world.organizations[made.id] = made
    world.changed()
