"""An organization written as ``aws organizations`` prints it, and read again.

It is read from an object with all lists, as :func:`organization_to_json` writes it, or from a list
of the commands' outputs. It is read strictly: anything that AWS wouldn't write is a problem, and
nothing is guessed. Tags, invitations and policies other than SCPs and RCPs are left out.

Notes
-----
AWS page: "organizations" of the AWS CLI Command Reference. ``docs/organization-export.md``
describes how to make such a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import LoadError
from iamlab.model.organization import policies
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import DEEPEST, OTHER_TYPES, RCP, TYPES
from iamlab.model.organization.targets import Member, OrganizationalUnit, Root
from iamlab.operations.organizations.parameters import RULES
from iamlab.operations.organizations.reads import FORMS
from iamlab.operations.organizations.reads import services as services_of
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage.account_details import as_printed
from iamlab.storage.account_entries import WrongEntry, account_of, pages_in, read_policy
from iamlab.storage.organization_pages import READERS, collect, identifier, moment

if TYPE_CHECKING:
    from iamlab.model.world import World
    from iamlab.storage.account_entries import Entry, Problems, Source
    from iamlab.storage.organization_pages import ExportedOrganization

HOW = "docs/organization-export.md describes how to make it."

STATUSES = ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED")


def organization_to_json(organization: Organization) -> dict[str, Any]:
    """Write an organization as an object with the lists that ``aws organizations`` prints.

    OUs and accounts also have their ``ParentId``; ``Targets`` are by the policy's id.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> written = organization_to_json(world.create_organization(main))
    >>> written["Accounts"][0]["Name"], list(written["Targets"])
    ('acme-main', ['p-FullAWSAccess', 'p-RCPFullAWSAccess'])
    """
    units = organization.organizational_units.values()
    held = organization.policies.values()
    written = {
        "Organization": FORMS["organization"](organization),
        "Roots": [FORMS["root"](organization.root)],
        "OrganizationalUnits": [{**FORMS["unit"](ou), "ParentId": ou.parent_id} for ou in units],
        "Accounts": [
            {**FORMS["account"](member), "ParentId": member.parent_id}
            for member in organization.members.values()
        ],
        "Policies": list(map(FORMS["policy"], held)),
        "Targets": {policy.id: list(map(FORMS["target"], policy.targets)) for policy in held},
        "DelegatedAdministrators": [
            {
                **FORMS["delegate"](organization.members[key]),
                "DelegatedServices": services_of(services),
            }
            for key, services in organization.delegates.items()
        ],
        "EnabledServicePrincipals": services_of(organization.service_access, "DateEnabled"),
    }
    return as_printed(written)


def read_organization(world: World, source: Source, problems: Problems) -> Organization | None:
    """Read an organization into a world that has the exported accounts.

    An account that the world doesn't have is added empty, with a warning in ``world.warnings``.

    Parameters
    ----------
    source
        A path, an object with all lists, or a list of the commands' outputs.
    problems
        Receives every problem with its place.

    Returns
    -------
    Organization or None
        ``None`` if something is wrong; then the world is unchanged.

    Raises
    ------
    LoadError
        The file can't be read, or contains something else.
    """
    command = "what aws organizations prints"
    pages = pages_in(source, "organization", READERS, command, HOW)
    if not pages:
        raise LoadError(f"There is nothing to read. {HOW}")
    before = len(problems.found)
    export = collect(pages, problems)
    if len(problems.found) > before:
        return None
    made = _Builder(world, export, pages[0][0], problems).organization()
    if made is None or len(problems.found) > before:
        return None
    _add_to_world(world, made, export)
    return made


class _Builder:
    def __init__(
        self, world: World, export: ExportedOrganization, place: str, problems: Problems
    ) -> None:
        self.world, self.export, self.place, self.problems = world, export, place, problems
        self.partition = "aws"

    def organization(self) -> Organization | None:
        """Build it; ``None`` if there isn't exactly one organization with one root."""
        export = self.export
        for what, entries, command in (
            ("Organization", export.organizations, "describe-organization"),
            ("Roots", export.roots, "list-roots"),
        ):
            if len(entries) != 1:
                message = f"{what}: there must be exactly one, not {len(entries)}: see {command}."
                self.problems.add(self.place, message)
                return None
        [(key, entry)], [(root_id, root)] = export.organizations.items(), export.roots.items()
        made = self.problems.attempt(entry.where, self._organization, key, entry, root_id)
        if made is None:
            return None
        self.problems.attempt(root.where, self._read_root, made, root)
        for known, add in (
            (export.units, self._add_unit),
            (export.accounts, self._add_account),
            (export.policies, self._add_policy),
        ):
            for key, entry in known.items():
                self.problems.attempt(entry.where, add, made, key, entry)
        self._check_tree(made)
        self._attach(made)
        self._check_attached(made)
        self._add_delegates(made)
        return made

    def _organization(self, key: str, entry: Entry, root_id: str) -> Organization:
        management = identifier(entry, "MasterAccountId", RULES["AccountId"])
        arn = entry.text("Arn")
        if is_arn(arn):
            self.partition = Arn.parse(arn).partition
        features = entry.text("FeatureSet")
        if features not in RULES["FeatureSet"].among:
            raise WrongEntry(f"FeatureSet {features!r} isn't ALL or CONSOLIDATED_BILLING")
        if management not in self.export.accounts:
            raise WrongEntry(f"the management account {management} isn't among the Accounts")
        if key in self.world.organizations:
            raise WrongEntry(f"the world already has an organization {key}")
        made = Organization(self.world, key, management, Root(self.world, key, root_id), features)
        if features == "ALL":
            made.policies = policies.aws_managed(made)
        self._check_arn(made, entry, f"organization/{key}")
        email = self.export.accounts[management].raw.get("Email")
        if entry.raw.get("MasterAccountEmail", email) != email:
            raise WrongEntry(f"MasterAccountEmail isn't the Email of account {management}")
        return made

    def _check_arn(self, made: Organization, entry: Entry, end: str) -> None:
        start = f"arn:{self.partition}:organizations::{made.management_account_id}"
        if entry.text("Arn") != f"{start}:{end}":
            raise WrongEntry(f"Arn {entry.text('Arn')[:200]!r} is not {start}:{end}")

    def _read_root(self, made: Organization, entry: Entry) -> None:
        self._check_arn(made, entry, f"root/{made.id}/{made.root.id}")
        for policy_type in entry.objects("PolicyTypes"):
            name, status = policy_type.text("Type"), policy_type.text("Status")
            if name not in TYPES:
                continue  # tag policies and other management policies don't affect requests
            if status != "ENABLED":
                raise WrongEntry(f"{name} is {status}: wait until it is enabled or disabled")
            if made.feature_set != "ALL":
                raise WrongEntry(f"{name} is enabled in an organization without all features")
            if name not in made.root.policy_types:
                made.root.policy_types.append(name)

    def _parent(self, made: Organization, key: str) -> str:
        parents = self.export.parents.get(key, {})
        if not parents:
            raise WrongEntry(f"the parent of {key} is missing: add its ParentId")
        if len(parents) > 1:
            raise WrongEntry(f"the parent of {key} has two values, {' or '.join(parents)}")
        (parent,) = parents
        if parent != made.root.id and parent not in self.export.units:
            raise WrongEntry(f"its parent {parent} isn't the root or an OU")
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
            raise WrongEntry(f"Status {status!r} or JoinedMethod {method!r} isn't one of AWS's")
        if self.world.organization_of(key) is not None:
            raise WrongEntry(f"the account {key} is already in another organization")
        known = self.world.accounts.get(key)
        if known is not None and known.partition != self.partition:
            raise WrongEntry(f"the account {key} is in the partition {known.partition}")
        parent, since = self._parent(made, key), moment(entry, "JoinedTimestamp")
        made.members[key] = Member(self.world, made.id, key, [], {}, parent, method, since, status)

    def _add_policy(self, made: Organization, key: str, entry: Entry) -> None:
        policy_type, name = entry.text("Type"), entry.text("Name")
        if policy_type in OTHER_TYPES or key in made.policies:
            return  # it doesn't affect requests, or is AWS's own, which is known
        if policy_type not in TYPES:
            raise WrongEntry(f"Type {policy_type!r} isn't one of AWS's")
        managed = entry.raw.get("AwsManaged", False) is True
        if not managed:
            self._check_arn(made, entry, f"policy/{made.id}/{policy_type.lower()}/{key}")
        content = self.export.contents.get(key)
        if content is None:
            raise WrongEntry(f"{key} has no Content: see describe-policy --policy-id {key}")
        place = f"{content.where} policy {name}"
        document = read_policy(content.raw["Content"], name, place, self.problems)
        description = entry.optional_text("Description")
        if document is not None:
            made.policies[key] = policies.OrganizationPolicy(
                self.world, made.id, key, name, policy_type, document, description, managed
            )

    def _check_tree(self, made: Organization) -> None:
        """Check that every OU is below the root, and not deeper than AWS allows."""
        for unit in made.organizational_units.values():
            key, depth = unit.parent_id, 1
            while key in made.organizational_units and depth <= DEEPEST:
                key, depth = made.organizational_units[key].parent_id, depth + 1
            if depth > DEEPEST:
                message = f"{unit.id} is more than {DEEPEST} OUs deep, or in a circle."
                self.problems.add(self.export.units[unit.id].where, message)

    def _attach(self, made: Organization) -> None:
        """Attach each policy to its targets."""
        if RCP in made.root.policy_types:  # AWS attaches it everywhere, and it can't be detached
            for target in made.targets:
                target.attached.append(TYPES[RCP].full_access_id)
        for key, targets in self.export.targets.items():
            policy = self.export.policies.get(key)
            if policy is not None and policy.raw.get("Type") in OTHER_TYPES:
                continue
            for target_id, where in targets.items():
                self.problems.attempt(where, self._attach_to, made, key, target_id)

    def _attach_to(self, made: Organization, key: str, target_id: str) -> None:
        target, policy = made.target(target_id), made.policies.get(key)
        if policy is None:
            if key in self.export.policies:
                return  # its problem was added before
            raise WrongEntry(f"the policy {key} isn't among the Policies")
        if target is None:
            if target_id in self.export.units or target_id in self.export.accounts:
                return
            raise WrongEntry(f"{target_id} isn't the root, an OU or an account")
        if policy.type not in made.root.policy_types:
            raise WrongEntry(f"{key} is attached to {target_id}, but {policy.type} is not enabled")
        if key not in target.attached:
            target.attached.append(key)

    def _check_attached(self, made: Organization) -> None:
        """Check AWS's guarantee: every target has a policy of each enabled type."""
        places = {**self.export.roots, **self.export.units, **self.export.accounts}
        for policy_type in made.root.policy_types:
            for target in made.targets:
                if not policies.of_type(made, target, policy_type):
                    message = (
                        f"Targets: no {policy_type} is attached to {target.id}, but AWS requires "
                        "one: see list-targets-for-policy, also for AWS's own policies."
                    )
                    self.problems.add(places[target.id].where, message)

    def _add_delegates(self, made: Organization) -> None:
        made.service_access = dict(self.export.services)
        for key, services in self.export.delegates.items():
            if key not in self.export.accounts or key == made.management_account_id:
                message = f"DelegatedAdministrators: {key} isn't a member account."
                self.problems.add(self.place, message)
            made.delegates[key] = dict(services)
            for service, since in services.items():
                made.service_access.setdefault(service, since)


def _add_to_world(world: World, made: Organization, export: ExportedOrganization) -> None:
    """Add the organization to the world, with accounts that the world doesn't have."""
    partition = Arn.parse(export.organizations[made.id].text("Arn")).partition
    for key in made.members:
        entry = export.accounts[key]
        name = entry.text("Name")
        if key not in world.accounts:
            account_of(world, f"arn:{partition}:iam::{key}:root")
            world.warnings.append(
                f"Account {name} ({key}) of organization {made.id} isn't in a file: assumed to "
                "have no users, roles and resources."
            )
        account = world.accounts[key]
        account.root.email = entry.text("Email")
        if account.name == key:  # an IAM export doesn't have the account's name
            account.name = name
    for key, services in made.delegates.items():
        if not services:
            world.warnings.append(f"Account {key} is a delegated administrator for unknown uses.")
    world.organizations[made.id] = made
    world.changed()
