"""What is meant by what a method was given: a thing, its id, or its name.

A thing of another world is looked up by its id, as everywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.errors import RequestError, did_you_mean
from iamlab.organization_errors import (
    AccountNotFoundException,
    ParentNotFoundException,
    PolicyNotFoundException,
    TargetNotFoundException,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.errors import AwsError
    from iamlab.world.account import Account
    from iamlab.world.organization import Organization
    from iamlab.world.organization.policies import OrganizationPolicy
    from iamlab.world.organization.targets import Container, Target


def container_of(organization: Organization, given: object) -> Container:
    """Find the root or OU that is meant; nothing means the root."""
    if given is None:
        return organization.root
    names = [(one.name, one.id) for one in organization.organizational_units.values()]
    key = _key(given, organization.organizational_units, [*names, *_root(organization)], "OUs")
    found = organization.container(key)
    if found is None:
        refusal = ParentNotFoundException("You specified a parent that doesn't exist.")
        raise _noted(refusal, given, names)
    return found


def target_of(organization: Organization, given: Target | Account | str) -> str:
    """Find the id of the root, OU or account that is meant."""
    things = {**organization.organizational_units, **organization.members}
    names = [(one.name, one.id) for one in things.values()]
    key = _key(given, things, [*names, *_root(organization)], "OUs and accounts")
    if organization.target(key) is None:
        refusal = TargetNotFoundException("You specified a target that doesn't exist.")
        raise _noted(refusal, given, names)
    return key


def policy_of(organization: Organization, given: OrganizationPolicy | str) -> OrganizationPolicy:
    """Find the policy that is meant."""
    names = [(one.name, one.id) for one in organization.policies.values()]
    key = _key(given, organization.policies, names, "policies")
    if key not in organization.policies:
        refusal = PolicyNotFoundException("You specified a policy that doesn't exist.")
        raise _noted(refusal, given, names)
    return organization.policies[key]


def account_id_of(organization: Organization, given: Account | str) -> str:
    """Find the id of the account that is meant, which need not be in the organization."""
    accounts = organization.world.accounts
    names = [(one.name, one.account_id) for one in accounts.values()]
    key = _key(given, accounts, names, "accounts")
    if key not in accounts:
        refusal = AccountNotFoundException("You specified an account that doesn't exist.")
        raise _noted(refusal, given, names)
    return key


def _root(organization: Organization) -> list[tuple[str, str]]:
    root = organization.root.id
    return [("root", root), ("Root", root)]


def _key(
    given: object, known: Mapping[str, object], names: Iterable[tuple[str, str]], what: str
) -> str:
    """Give the id that is meant: that of a thing, the text itself, or that of the name."""
    if not isinstance(given, str):
        key = getattr(given, "account_id", None) or getattr(given, "id", None)
        if not isinstance(key, str):
            raise RequestError(f"{given!r} is neither one of the {what}, nor an id, nor a name.")
        return key
    if given in known:
        return given
    named = [key for name, key in names if name == given]
    if len(named) > 1:
        raise RequestError(f"Several {what} are called {given}: use an id, {' or '.join(named)}.")
    return named[0] if named else given


def _noted(refusal: AwsError, given: object, names: Iterable[tuple[str, str]]) -> AwsError:
    refusal.add_note(did_you_mean(str(given), (name for name, _ in names)))
    return refusal


def free_address(organization: Organization, name: str) -> str:
    """Make an address that no other account has, of an account's name."""
    start = re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:40] or "account"
    taken = {account.root.email.lower() for account in organization.world.accounts.values()}
    number, address = 1, f"{start}@example.com"
    while address in taken:
        number += 1
        address = f"{start}-{number}@example.com"
    return address
