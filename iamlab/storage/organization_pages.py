"""Read the pages that ``aws organizations`` prints: each has a part of the organization.

Pages can be in any order and can repeat each other with the same content. If the command's response
doesn't have the id that it belongs to (the policy of targets, the child of parents), the id is
added to the page.

Notes
-----
AWS page: "organizations" of the AWS CLI Command Reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iamlab.operations.organizations.parameters import RULES, Rule
from iamlab.storage.account_entries import Entry, WrongEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.storage.account_entries import Page, Problems

    Reader = Callable[["ExportedOrganization", Entry, Entry], None]
    """Reads an entry into the export; the last argument is its page."""

_PATH = re.compile(r"o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}(?:/ou-[0-9a-z-]{13,65})*(?:/[0-9]{12})?/")
_CHILD = Rule(rf"{RULES['AccountId'].pattern}|{RULES['OrganizationalUnitId'].pattern}")
ORGANIZATION_ID = Rule(r"o-[a-z0-9]{10,32}")


@dataclass(slots=True)
class ExportedOrganization:
    """The contents of the pages, by id.

    Parameters
    ----------
    contents
        The policies' contents, as printed: text or an object.
    targets
        Policy -> its targets, each with its place in the file.
    parents
        Child -> its parents, each with its place in the file: there must be exactly one.
    delegates
        Account -> the services that it administers, with the time of registration.
    """

    organizations: dict[str, Entry] = field(default_factory=dict)
    roots: dict[str, Entry] = field(default_factory=dict)
    units: dict[str, Entry] = field(default_factory=dict)
    accounts: dict[str, Entry] = field(default_factory=dict)
    policies: dict[str, Entry] = field(default_factory=dict)
    contents: dict[str, Entry] = field(default_factory=dict)
    targets: dict[str, dict[str, str]] = field(default_factory=dict)
    parents: dict[str, dict[str, str]] = field(default_factory=dict)
    delegates: dict[str, dict[str, datetime | None]] = field(default_factory=dict)
    services: dict[str, datetime | None] = field(default_factory=dict)

    def add_parent(self, child: str, parent: str, where: str) -> None:
        """Add a parent of a child, with its place in the file."""
        self.parents.setdefault(child, {}).setdefault(parent, where)

    def add_target(self, policy: str, target: str, where: str) -> None:
        """Add a target of a policy, with its place in the file."""
        self.targets.setdefault(policy, {}).setdefault(target, where)


def identifier(entry: Entry, key: str, rule: Rule) -> str:
    """Read an id, by AWS's pattern."""
    text = entry.text(key)
    if not re.fullmatch(rule.pattern, text, re.ASCII):
        raise WrongEntry(f"{key} {text[:100]!r} isn't a valid id")
    return text


def moment(entry: Entry, key: str) -> datetime | None:
    """Read an optional time: text, or seconds, as older versions of the CLI print it."""
    value = entry.raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return entry.moment(key)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise WrongEntry(f"{key} isn't a time such as 2026-11-25T10:00:00Z") from None


def _keep(known: dict[str, Entry], key: str, entry: Entry) -> None:
    """Add an entry; another page can repeat it, with more or fewer fields but equal values."""
    before = known.get(key, entry)
    same = before.raw.keys() & entry.raw.keys()
    other = sorted(str(name) for name in same if before.raw[name] != entry.raw[name])
    if other:
        raise WrongEntry(f"{key} is duplicated, with another {', '.join(other)}")
    known[key] = Entry({**before.raw, **entry.raw}, before.where, before.problems)


def _paths(entry: Entry, child: str) -> Iterator[list[str]]:
    """Read the paths that newer versions of the CLI print; an OU's path ends with its id."""
    paths = entry.entries("Paths") + ([entry.raw["Path"]] if "Path" in entry.raw else [])
    for path in paths:
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise WrongEntry(f"the path {str(path)[:100]!r} isn't like o-.../r-.../ou-.../")
        parts = path.rstrip("/").split("/")
        if child.startswith("ou-") and parts[-1] != child:
            raise WrongEntry(f"the path {path[:200]!r} doesn't end with {child}")
        if parts[-1].isdigit() and parts[-1] != child:
            raise WrongEntry(f"the path {path[:200]!r} belongs to another account")
        yield parts


def _reader_into(name: str, rule: Rule, *, has_parent: bool = False) -> Reader:
    """Make a reader of entries with an id."""

    def read(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
        key = identifier(entry, "Id", rule)
        if has_parent:
            named = [raw.text("ParentId") for raw in (entry, page) if "ParentId" in raw.raw]
            named += [path[-2 if path[-1] == key else -1] for path in _paths(entry, key)]
            for parent in named:
                export.add_parent(key, parent, entry.where)
        _keep(getattr(export, name), key, entry)

    return read


def _read_policy(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
    """Read a policy with its content or only its summary; the page can name a target."""
    summary = entry
    if "PolicySummary" in entry.raw:
        summary = Entry.read(entry.raw["PolicySummary"], entry.where, entry.problems)
    key = identifier(summary, "Id", RULES["PolicyId"])
    _keep(export.policies, key, summary)
    if "Content" in entry.raw:
        content = {"Content": entry.raw["Content"]}
        _keep(export.contents, key, Entry(content, entry.where, entry.problems))
    if "TargetId" in page.raw:
        export.add_target(key, identifier(page, "TargetId", RULES["TargetId"]), entry.where)


def _need(page: Entry, key: str, what: str) -> None:
    if key not in page.raw:
        raise WrongEntry(what)


def _read_target(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
    _need(page, "PolicyId", "the policy is missing: add a PolicyId beside Targets")
    key = identifier(page, "PolicyId", RULES["PolicyId"])
    export.add_target(key, identifier(entry, "TargetId", RULES["TargetId"]), entry.where)


def _read_parent(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
    _need(page, "ChildId", "the child is missing: add a ChildId beside Parents")
    export.add_parent(identifier(page, "ChildId", _CHILD), entry.text("Id"), entry.where)


def _read_child(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
    _need(page, "ParentId", "the parent is missing: add a ParentId beside Children")
    export.add_parent(identifier(entry, "Id", _CHILD), page.text("ParentId"), entry.where)


def _read_delegate(export: ExportedOrganization, entry: Entry, _: Entry) -> None:
    services = export.delegates.setdefault(identifier(entry, "Id", RULES["AccountId"]), {})
    for service in entry.objects("DelegatedServices"):
        services[service.text("ServicePrincipal")] = moment(service, "DelegationEnabledDate")


def _read_delegated_service(export: ExportedOrganization, entry: Entry, page: Entry) -> None:
    _need(page, "AccountId", "the account is missing: add an AccountId beside them")
    services = export.delegates.setdefault(identifier(page, "AccountId", RULES["AccountId"]), {})
    services[entry.text("ServicePrincipal")] = moment(entry, "DelegationEnabledDate")


def _read_service(export: ExportedOrganization, entry: Entry, _: Entry) -> None:
    export.services[entry.text("ServicePrincipal")] = moment(entry, "DateEnabled")


_read_root = _reader_into("roots", RULES["RootId"])
_read_unit = _reader_into("units", RULES["OrganizationalUnitId"], has_parent=True)
_read_account = _reader_into("accounts", RULES["AccountId"], has_parent=True)

READERS: Mapping[str, Reader] = {
    "Organization": _reader_into("organizations", ORGANIZATION_ID),
    **dict.fromkeys(("Root", "Roots"), _read_root),
    **dict.fromkeys(("OrganizationalUnit", "OrganizationalUnits"), _read_unit),
    **dict.fromkeys(("Account", "Accounts"), _read_account),
    **dict.fromkeys(("Policy", "Policies"), _read_policy),
    "Targets": _read_target,
    "Parents": _read_parent,
    "Children": _read_child,
    "DelegatedAdministrators": _read_delegate,
    "DelegatedServices": _read_delegated_service,
    "EnabledServicePrincipals": _read_service,
}
"""A page's list -> the reader of its entries."""

_SINGLE = ("Organization", "Root", "OrganizationalUnit", "Account", "Policy")
_IDS_OF_PAGE = ("ParentId", "ChildId", "PolicyId", "TargetId", "AccountId")


def collect(pages: list[tuple[str, Page]], problems: Problems) -> ExportedOrganization:
    """Read all pages.

    Parameters
    ----------
    pages
        The pages, each with its place.
    """
    export = ExportedOrganization()
    last: dict[tuple[str, ...], str | None] = {}
    for place, raw_page in pages:
        page = Entry(raw_page, place, problems)
        for key, reader in READERS.items():
            if raw_page.get(key) is None:
                continue
            for where, raw, own_page in _entries(page, key):
                entry = problems.attempt(where, Entry.read, raw, where, problems)
                if entry is not None:
                    problems.attempt(where, reader, export, entry, own_page)
            part = (key, *(str(raw_page.get(name)) for name in _IDS_OF_PAGE))
            more = place if raw_page.get("NextToken") else None
            last[part] = more if last.get(part, more) else None
    for part, cut in last.items():  # each of these pages has a next page
        if cut is not None:
            problems.add(cut, f"{part[0]} is incomplete: another page follows.")
    return export


def _entries(page: Entry, key: str) -> Iterator[tuple[str, Any, Entry]]:
    """Return each entry with its place and its page, which has the id that it belongs to."""
    value, where = page.raw[key], f"{page.where}: {key}"
    if key in _SINGLE:
        yield where, value, page
    elif key == "Targets" and isinstance(value, dict):  # the targets of all policies
        for policy_id, targets in value.items():
            own_page = Entry({"PolicyId": policy_id, "Targets": targets}, where, page.problems)
            yield from _entries(own_page, key)
    elif not isinstance(value, list | tuple):
        page.problems.add(where, "It must be a list.")
    else:
        for number, raw in enumerate(value):
            yield f"{where}[{number}]", raw, page
