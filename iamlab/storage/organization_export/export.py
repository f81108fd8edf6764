"""An organization written as ``aws organizations`` prints it, and read again.

It is read from one object with all lists, as :func:`organization_to_json` writes it, or from a list
of what the commands print. It is read strictly: whatever AWS would not write is a problem, and
nothing is guessed. Tags, invitations and policies of other types than SCPs and RCPs are left out.

Notes
-----
AWS page: "organizations" of the AWS CLI Command Reference. ``docs/organization-export.md`` says how
such a file is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.errors import LoadError
from iamlab.model.strict_json import read_json
from iamlab.operations.organizations import lookup as answers
from iamlab.storage.account_details.export import as_printed
from iamlab.storage.organization_export.build import build
from iamlab.storage.organization_export.pages import READERS, collect

if TYPE_CHECKING:
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World
    from iamlab.storage.account_details.entries import Page, Problems

Source = str | Path | Mapping[str, object] | list[Mapping[str, object]]

HOW = "docs/organization-export.md says how it is made."


def organization_to_json(organization: Organization) -> dict[str, Any]:
    """Write an organization as one object; its lists are those that ``aws organizations`` prints.

    OUs and accounts have their ``ParentId`` too; ``Targets`` are by the policy's id.

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
    policies = organization.policies.values()
    written = {
        "Organization": answers.organization(organization),
        "Roots": [answers.root(organization.root)],
        "OrganizationalUnits": [{**answers.unit(one), "ParentId": one.parent_id} for one in units],
        "Accounts": [
            {**answers.account(one), "ParentId": one.parent_id}
            for one in organization.members.values()
        ],
        "Policies": [answers.policy(one) for one in policies],
        "Targets": {one.id: [answers.target(target) for target in one.targets] for one in policies},
        "DelegatedAdministrators": [
            {
                **answers.delegate(organization.members[key]),
                "DelegatedServices": [
                    answers.service(name, since, "DelegationEnabledDate")
                    for name, since in services.items()
                ],
            }
            for key, services in organization.delegates.items()
        ],
        "EnabledServicePrincipals": [
            answers.service(name, since, "DateEnabled")
            for name, since in organization.service_access.items()
        ],
    }
    return as_printed(written)


def read_organization(world: World, source: Source, problems: Problems) -> Organization | None:
    """Read an organization into a world that has its accounts, as far as they were exported.

    An account that the world does not have is added empty, with a warning in ``world.warnings``.

    Parameters
    ----------
    source
        A path, an object with all lists, or a list of what the commands print.
    problems
        Gets everything that is wrong, each with its place.

    Returns
    -------
    Organization or None
        Nothing if something is wrong; the world is then as it was.

    Raises
    ------
    LoadError
        The file cannot be read, or holds something else.
    """
    pages = _pages(source)
    before = len(problems.found)
    export = collect(pages, problems)
    if len(problems.found) > before:
        return None
    return build(world, export, pages[0][0], problems)


def _pages(source: Source) -> list[tuple[str, Page]]:
    name, value = "organization", source
    if isinstance(source, str | Path):
        name, value = Path(source).name, read_json(Path(source), "organization")
    many: list[Any] = value if isinstance(value, list) else [value]
    pages = [
        (f"{name}, page {number}" if len(many) > 1 else name, page)
        for number, page in enumerate(many, 1)
    ]
    for place, page in pages:
        if not isinstance(page, dict) or not any(key in page for key in READERS):
            raise LoadError(
                f"{place} is not what aws organizations prints: it has none of "
                f"{', '.join(READERS)}. {HOW}"
            )
    if not pages:
        raise LoadError(f"There is nothing to read. {HOW}")
    return pages
