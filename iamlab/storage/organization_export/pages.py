"""What ``aws organizations`` prints, taken apart: each page says something of the organization.

Pages may come in any order and repeat one another, but not with other content. Where the command's
answer does not say whose it is (the targets of a policy, the parents of a child), that stands
beside it on the page.

Notes
-----
AWS page: "organizations" of the AWS CLI Command Reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iamlab.errors import ArnError
from iamlab.operations.organizations.parameters import RULES, Rule
from iamlab.storage.account_details.entries import Entry, WrongEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.storage.account_details.entries import Page, Problems

_PATH = re.compile(r"o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}(?:/ou-[0-9a-z-]{13,65})*(?:/[0-9]{12})?/")
_CHILD = Rule(rf"{RULES['AccountId'].pattern}|{RULES['OrganizationalUnitId'].pattern}")
ORGANIZATION_ID = Rule(r"o-[a-z0-9]{10,32}")


@dataclass(slots=True)
class Told:
    """What the pages say, by ids.

    Parameters
    ----------
    contents
        Of policies, as they are printed: text or an object.
    targets
        Policy -> what it hangs on, each with the place that says so.
    parents
        Child -> its parents, each with the place that says so: it must be one.
    delegates
        Account -> the services that it administers, and since when.
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


def identifier(entry: Entry, key: str, rule: Rule) -> str:
    """Read an id, by AWS's pattern."""
    text = entry.text(key)
    if not re.fullmatch(rule.pattern, text, re.ASCII):
        raise WrongEntry(f"{key} {text[:100]!r} is no such id")
    return text


def moment(entry: Entry, key: str) -> datetime | None:
    """Read a time that may be left out: text, or seconds, as older versions of the CLI print it."""
    value = entry.raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return entry.moment(key)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise WrongEntry(f"{key} is no time such as 2026-11-25T10:00:00Z") from None


def _keep(known: dict[str, Entry], key: str, entry: Entry) -> None:
    """Note an entry; another page may repeat it, and say more or less, but nothing else."""
    before = known.get(key)
    if before is None:
        known[key] = entry
        return
    same = before.raw.keys() & entry.raw.keys()
    other = sorted(str(name) for name in same if before.raw[name] != entry.raw[name])
    if other:
        raise WrongEntry(f"{key} stands there twice, with another {', '.join(other)}")
    known[key] = Entry({**before.raw, **entry.raw}, before.where, before.problems)


def _below(told: Told, child: str, entry: Entry, page: Entry) -> None:
    """Note which parents an entry, or its page, names."""
    named = [one.text("ParentId") for one in (entry, page) if "ParentId" in one.raw]
    named += [path[-2 if path[-1] == child else -1] for path in _paths(entry, child)]
    for parent in named:
        told.parents.setdefault(child, {}).setdefault(parent, entry.where)


def _paths(entry: Entry, child: str) -> Iterator[list[str]]:
    """Read the paths that newer versions of the CLI print; that of an OU ends with itself."""
    paths = entry.entries("Paths") + ([entry.raw["Path"]] if "Path" in entry.raw else [])
    for path in paths:
        if not isinstance(path, str) or not _PATH.fullmatch(path):
            raise WrongEntry(f"the path {str(path)[:100]!r} is none such as o-.../r-.../ou-.../")
        parts = path.rstrip("/").split("/")
        if child.startswith("ou-") and parts[-1] != child:
            raise WrongEntry(f"the path {path[:200]!r} does not end with {child}")
        if parts[-1].isdigit() and parts[-1] != child:
            raise WrongEntry(f"the path {path[:200]!r} is that of another account")
        yield parts


def _organization(told: Told, entry: Entry, _: Entry) -> None:
    _keep(told.organizations, identifier(entry, "Id", ORGANIZATION_ID), entry)


def _root(told: Told, entry: Entry, _: Entry) -> None:
    _keep(told.roots, identifier(entry, "Id", RULES["RootId"]), entry)


def _unit(told: Told, entry: Entry, page: Entry) -> None:
    key = identifier(entry, "Id", RULES["OrganizationalUnitId"])
    _below(told, key, entry, page)
    _keep(told.units, key, entry)


def _account(told: Told, entry: Entry, page: Entry) -> None:
    key = identifier(entry, "Id", RULES["AccountId"])
    _below(told, key, entry, page)
    _keep(told.accounts, key, entry)


def _policy(told: Told, entry: Entry, page: Entry) -> None:
    """Read a policy with its content, or its summary alone; a page may say where they hang."""
    summary = entry
    if "PolicySummary" in entry.raw:
        summary = Entry.read(entry.raw["PolicySummary"], entry.where, entry.problems)
    key = identifier(summary, "Id", RULES["PolicyId"])
    _keep(told.policies, key, summary)
    if "Content" in entry.raw:
        content = {"Content": entry.raw["Content"]}
        _keep(told.contents, key, Entry(content, entry.where, entry.problems))
    if "TargetId" in page.raw:
        target = identifier(page, "TargetId", RULES["TargetId"])
        told.targets.setdefault(key, {}).setdefault(target, entry.where)


def _target(told: Told, entry: Entry, page: Entry) -> None:
    if "PolicyId" not in page.raw:
        raise WrongEntry("whose targets they are is not said: put a PolicyId beside Targets")
    key = identifier(page, "PolicyId", RULES["PolicyId"])
    target = identifier(entry, "TargetId", RULES["TargetId"])
    told.targets.setdefault(key, {}).setdefault(target, entry.where)


def _parent(told: Told, entry: Entry, page: Entry) -> None:
    if "ChildId" not in page.raw:
        raise WrongEntry("whose parent it is is not said: put a ChildId beside Parents")
    child = identifier(page, "ChildId", _CHILD)
    told.parents.setdefault(child, {}).setdefault(entry.text("Id"), entry.where)


def _child(told: Told, entry: Entry, page: Entry) -> None:
    if "ParentId" not in page.raw:
        raise WrongEntry("whose child it is is not said: put a ParentId beside Children")
    child = identifier(entry, "Id", _CHILD)
    told.parents.setdefault(child, {}).setdefault(page.text("ParentId"), entry.where)


def _delegate(told: Told, entry: Entry, _: Entry) -> None:
    services = told.delegates.setdefault(identifier(entry, "Id", RULES["AccountId"]), {})
    for service in entry.objects("DelegatedServices"):
        services[service.text("ServicePrincipal")] = moment(service, "DelegationEnabledDate")


def _delegated(told: Told, entry: Entry, page: Entry) -> None:
    if "AccountId" not in page.raw:
        raise WrongEntry("whose services they are is not said: put an AccountId beside them")
    services = told.delegates.setdefault(identifier(page, "AccountId", RULES["AccountId"]), {})
    services[entry.text("ServicePrincipal")] = moment(entry, "DelegationEnabledDate")


def _service(told: Told, entry: Entry, _: Entry) -> None:
    told.services[entry.text("ServicePrincipal")] = moment(entry, "DateEnabled")


READERS: Mapping[str, Callable[[Told, Entry, Entry], None]] = {
    "Organization": _organization,
    "Root": _root,
    "Roots": _root,
    "OrganizationalUnit": _unit,
    "OrganizationalUnits": _unit,
    "Account": _account,
    "Accounts": _account,
    "Policy": _policy,
    "Policies": _policy,
    "Targets": _target,
    "Parents": _parent,
    "Children": _child,
    "DelegatedAdministrators": _delegate,
    "DelegatedServices": _delegated,
    "EnabledServicePrincipals": _service,
}
"""What a page may hold -> how one entry of it is read."""

_SINGLE = ("Organization", "Root", "OrganizationalUnit", "Account", "Policy")
_WHOSE = ("ParentId", "ChildId", "PolicyId", "TargetId", "AccountId")


def collect(pages: list[tuple[str, Page]], problems: Problems) -> Told:
    """Read all pages.

    Parameters
    ----------
    pages
        Each with its place.
    """
    told = Told()
    for place, page in pages:
        whole = Entry(page, place, problems)
        for key, reader in READERS.items():
            if page.get(key) is not None:
                _read(told, whole, key, reader)
    _check_whole(pages, problems)
    return told


def _read(told: Told, page: Entry, key: str, reader: Callable[[Told, Entry, Entry], None]) -> None:
    for where, raw, whose in _entries(page, key):
        try:
            reader(told, Entry.read(raw, where, page.problems), whose)
        except (WrongEntry, ArnError) as error:
            page.problems.add(where, f"It is not what it should be: {error}.")


def _entries(page: Entry, key: str) -> Iterator[tuple[str, Any, Entry]]:
    """Give each entry with its place, and with the page that says whose it is."""
    value, where = page.raw[key], f"{page.where}: {key}"
    if key in _SINGLE:
        yield where, value, page
    elif key == "Targets" and isinstance(value, dict):  # those of all policies at once
        for policy_id, targets in value.items():
            whose = Entry({"PolicyId": policy_id, "Targets": targets}, where, page.problems)
            yield from _entries(whose, key)
    elif not isinstance(value, list | tuple):
        page.problems.add(where, "It must be a list.")
    else:
        for number, raw in enumerate(value):
            yield f"{where}[{number}]", raw, page


def _check_whole(pages: list[tuple[str, Page]], problems: Problems) -> None:
    """Refuse a list of which every page says that another one follows."""
    last: dict[tuple[str, ...], str | None] = {}
    for place, page in pages:
        for key in READERS:
            if page.get(key) is None:
                continue
            whose = (key, *(str(page.get(name)) for name in _WHOSE))
            more = place if page.get("NextToken") else None
            last[whose] = more if last.get(whose, more) else None
    for whose, cut in last.items():
        if cut is not None:
            problems.add(cut, f"{whose[0]} is cut off: it says that another page follows.")
