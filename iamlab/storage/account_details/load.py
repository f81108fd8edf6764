"""Reads what ``aws iam get-account-authorization-details`` prints: a real account as a world.

The command prints users, groups, roles and managed policies of one account. Documents are JSON
objects (as the CLI prints them) or URL-encoded text (as the API returns them); a large account
comes in pages; with ``--filter`` some lists are empty. Nothing is invented: there is a warning of
what the file names but does not have, and each answer that depends on it lists it.

Notes
-----
AWS page: "get-account-authorization-details" of the AWS CLI Command Reference.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.errors import ArnError, LoadError
from iamlab.model import aws_managed_policies as managed
from iamlab.model.identities import Bounded, Identity, User
from iamlab.model.quotas import is_account_id
from iamlab.model.strict_json import read_json
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage.account_details.entries import (
    Entry,
    Page,
    Problems,
    WrongEntry,
    account_of,
    read_group,
    read_managed,
    read_policy,
    read_role,
    read_user,
)

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
HOW = "aws iam get-account-authorization-details --output json > account.json"

Source = str | Path | Mapping[str, object] | list[Mapping[str, object]]
"""An organization: a file, an object, or several outputs of the CLI."""

Export = str | Path | Mapping[str, object] | list[Mapping[str, object]]


class LoadWarning(UserWarning):
    """A file does not have something that it names."""


@dataclass(frozen=True, slots=True)
class _Numbered:
    """One page, and the place that errors name."""

    place: str
    page: Page

    @property
    def truncated(self) -> bool:
        """Whether the page says that another one follows."""
        return bool(self.page.get("IsTruncated") or self.page.get("NextToken"))


def load_account_details(
    world: World,
    exports: Iterable[Export],
    resource_policies: Mapping[str, str | Mapping[str, object]],
    organization: Source | None = None,
) -> World:
    """Fill an empty world with what the files hold."""
    problems = Problems()
    world.loaded = True
    pages = [item for export in exports for item in _pages(export)]
    if not pages:
        raise LoadError(f"There is nothing to read. Make a file with: {HOW}")
    policies: dict[str, ManagedPolicy] = {}
    accounts_of = [_read_page(world, policies, item, problems) for item in pages]
    problems.raise_if_any()
    for arn, policy in policies.items():
        _hand_over(world, arn, policy)
    _check_complete(pages, accounts_of)
    if not world.accounts:
        place = pages[0].place
        problems.add(place, "It holds no user, group, role or policy, so no account can be told.")
    problems.raise_if_any()
    if organization is not None:
        from iamlab.storage.organization_export.export import read_organization

        read_organization(world, organization, problems)
        problems.raise_if_any("The organization cannot be read:")
    for arn, document in resource_policies.items():
        _give_policy(world, arn, document, problems)
    problems.raise_if_any("A policy that was given beside the account details cannot be read:")
    for text in dict.fromkeys(_loose_ends(world)):
        world.warnings.append(text)
        warnings.warn(text, LoadWarning, stacklevel=3)
    world.changed()
    return world


def _check_complete(pages: list[_Numbered], accounts_of: list[set[str]]) -> None:
    """Refuse an account of which every page says that more follows, in whatever order they come."""
    for account_id in set().union(*accounts_of) or {""}:
        own = [
            item
            for item, found in zip(pages, accounts_of, strict=True)
            if account_id in found or not account_id
        ]
        if all(item.truncated for item in own) and all(
            item.truncated for item, found in zip(pages, accounts_of, strict=True) if not found
        ):
            raise LoadError(
                f"{own[-1].place} is cut off: it says that another page follows. Let the CLI fetch "
                f"all pages ({HOW}), or give all pages."
            )


def _give_policy(
    world: World, arn: str, document: str | Mapping[str, object], problems: Problems
) -> None:
    """Read the policy of a resource that was given beside the files."""
    place = f"policy of {arn}"
    if not is_arn(str(arn)):
        problems.add(place, "Name the resource by its whole ARN.")
    elif ":s3:::" in arn and "/" in arn:
        problems.add(place, f"The bucket has the policy, not the object: {arn.partition('/')[0]}.")
    else:
        found = read_policy(document, f"policy of {arn.rpartition(':')[2]}", place, problems)
        if found is not None:
            world.resource_policies[arn] = found


def _pages(export: Export) -> Iterator[_Numbered]:
    """Give each page of an export."""
    name = "account details"
    value: Any = export
    if isinstance(export, str | Path):
        name, value = Path(export).name, read_json(Path(export), "account details")
    many = value if isinstance(value, list) else [value]
    for number, page in enumerate(many, 1):
        place = f"{name}, page {number}" if len(many) > 1 else name
        if not isinstance(page, dict) or not any(key in page for key in LISTS):
            raise LoadError(
                f"{place} is not the output of get-account-authorization-details: it has none of "
                f"{', '.join(LISTS)}. Make one with: {HOW}"
            )
        yield _Numbered(place, page)


def _read_page(
    world: World,
    policies: dict[str, ManagedPolicy],
    numbered: _Numbered,
    problems: Problems,
) -> set[str]:
    """Read one page: its four lists. Give the ids of the accounts in it."""
    readers: tuple[Callable[[World, Entry], str], ...] = (
        read_user,
        read_group,
        read_role,
        lambda _, item: read_managed(policies, item),
    )
    found: set[str] = set()
    for name, reader in zip(LISTS, readers, strict=True):
        items = numbered.page.get(name)
        if items is None:
            continue
        if not isinstance(items, list | tuple):
            problems.add(f"{numbered.place}: {name}", "It must be a list.")
            continue
        for number, raw in enumerate(items):
            where = f"{numbered.place}: {name}[{number}]"
            try:
                found.add(reader(world, Entry.read(raw, where, problems)))
            except (WrongEntry, ArnError) as error:
                problems.add(where, f"It is not what it should be: {error}.")
    return {account for account in found if is_account_id(account)}


def _hand_over(world: World, arn: str, policy: ManagedPolicy) -> None:
    """Give a managed policy to its account; AWS's own go to all."""
    if not policy.is_aws_managed:
        account_of(world, arn)
    for account in world.accounts.values():
        if policy.is_aws_managed or Arn.parse(arn).account == account.account_id:
            account.policies[arn] = policy.copy(account)


def _loose_ends(world: World) -> Iterator[str]:
    """Say what the files name but do not have."""
    for account in world.accounts.values():
        for identities in (account.users, account.groups, account.roles):
            for identity in identities.values():
                yield from _missing_from(account, identity)


def _missing_from(account: Account, identity: Identity) -> Iterator[str]:
    named = list(identity.attached)
    if isinstance(identity, Bounded) and identity.boundary:
        named.append(identity.boundary)
    for arn in named:
        if arn in account.policies:
            continue
        if shipped := managed.find(arn):
            of_day = f"{shipped.default_version_id}, as AWS had it on {managed.source().day}"
            yield f"{arn} is not in the file; iamlab uses {of_day} in the partition aws."
        else:
            yield f"{arn}, attached to {identity.kind} {identity.name}, is not in the file."
    if isinstance(identity, User):
        for group in identity.groups:
            if group not in account.groups:
                yield f"Group {group}, of user {identity.name}, is not in the file."
