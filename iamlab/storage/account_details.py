"""An account as ``aws iam get-account-authorization-details`` prints it: read, and written.

The command prints users, groups, roles and managed policies of an account; no credentials, and no
descriptions and session durations of roles. Documents are JSON objects (as the CLI prints them) or
URL-encoded text (as the API returns them); a large account has several pages; with ``--filter``
some lists are empty. Nothing is invented: a warning names what the file refers to but doesn't have,
and each answer that depends on it lists it.

Notes
-----
AWS pages: "get-account-authorization-details" of the AWS CLI Command Reference; "IAM API Reference:
GetAccountAuthorizationDetails".
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.errors import LoadError
from iamlab.model import managed_policies
from iamlab.model.identities import Bounded, Identity, User
from iamlab.model.managed_policies import own_policies
from iamlab.model.quotas import is_account_id
from iamlab.operations.iam.answers import FORMS
from iamlab.operations.iam.common import page
from iamlab.operations.iam.policies import write_version
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage import account_entries
from iamlab.storage.account_entries import Entry, Problems, account_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World
    from iamlab.storage.account_entries import Page, Source

    Write = Callable[[Any], dict[str, Any]]


_COMMAND = "the output of get-account-authorization-details"
HOW = "aws iam get-account-authorization-details --output json > account.json"


class LoadWarning(UserWarning):
    """A file doesn't have something that it names."""


def load_account_details(
    world: World,
    exports: Iterable[Source],
    resource_policies: Mapping[str, str | Mapping[str, object]],
    organization: Source | None = None,
) -> World:
    """Fill an empty world with the files' contents."""
    problems = Problems()
    world.loaded = True
    how = f"To make one: {HOW}"
    pages = [
        page
        for export in exports
        for page in account_entries.pages_in(export, "account details", LISTS, _COMMAND, how)
    ]
    if not pages:
        raise LoadError(f"There is nothing to read. To make a file: {HOW}")
    policies: dict[str, ManagedPolicy] = {}
    accounts_of = [_read_page(world, policies, place, page, problems) for place, page in pages]
    problems.raise_if_any()
    for arn, policy in policies.items():
        _hand_over(world, arn, policy)
    _check_complete(pages, accounts_of)
    if not world.accounts:
        problems.add(pages[0][0], "It has no user, group, role or policy, and so no account.")
    problems.raise_if_any()
    if organization is not None:
        from iamlab.storage.organization_export import read_organization

        read_organization(world, organization, problems)
        problems.raise_if_any("The organization can't be read:")
    for arn, document in resource_policies.items():
        _give_policy(world, arn, document, problems)
    problems.raise_if_any("A resource-based policy can't be read:")
    for text in dict.fromkeys(_loose_ends(world)):
        world.warnings.append(text)
        warnings.warn(text, LoadWarning, stacklevel=3)
    world.changed()
    return world


def _check_complete(pages: list[tuple[str, Page]], accounts_of: list[set[str]]) -> None:
    """Reject an account without a last page; pages can be in any order."""
    for account_id in set().union(*accounts_of) or {""}:
        # Pages without an account can belong to this one.
        last, is_cut = "", True
        for (place, one_page), found in zip(pages, accounts_of, strict=True):
            is_own = account_id in found or not account_id
            if is_own:
                last = place
            if is_own or not found:
                is_cut &= bool(one_page.get("IsTruncated") or one_page.get("NextToken"))
        if is_cut:
            raise LoadError(
                f"{last} is incomplete: another page follows. Let the CLI fetch "
                f"all pages ({HOW}), or pass all pages."
            )


def _give_policy(
    world: World, arn: str, document: str | Mapping[str, object], problems: Problems
) -> None:
    """Read a resource-based policy that was passed with the files."""
    place = f"policy of {arn}"
    if not is_arn(str(arn)):
        problems.add(place, "Name the resource by its full ARN.")
    elif ":s3:::" in arn and "/" in arn:
        problems.add(place, f"The bucket has the policy, not the object: {arn.partition('/')[0]}.")
    else:
        found = account_entries.read_policy(
            document, f"policy of {arn.rpartition(':')[2]}", place, problems
        )
        if found is not None:
            world.resource_policies[arn] = found


def _read_page(
    world: World, policies: dict[str, ManagedPolicy], place: str, page: Page, problems: Problems
) -> set[str]:
    """Read a page with its four lists. Return the ids of the accounts in it."""
    readers: tuple[Callable[[World, Entry], str], ...] = (
        account_entries.read_user,
        account_entries.read_group,
        account_entries.read_role,
        lambda _, item: account_entries.read_managed(policies, item),
    )
    found: set[str | None] = set()
    for name, reader in zip(LISTS, readers, strict=True):
        items = page.get(name)
        if items is None:
            continue
        if not isinstance(items, list | tuple):
            problems.add(f"{place}: {name}", "It must be a list.")
            continue
        for number, raw in enumerate(items):
            where = f"{place}: {name}[{number}]"
            entry = problems.attempt(where, Entry.read, raw, where, problems)
            if entry is not None:
                found.add(problems.attempt(where, reader, world, entry))
    return {account for account in found if account and is_account_id(account)}


def _hand_over(world: World, arn: str, policy: ManagedPolicy) -> None:
    """Add a managed policy to its account; AWS managed policies go to all accounts."""
    if not policy.is_aws_managed:
        account_of(world, arn)
    for account in world.accounts.values():
        if policy.is_aws_managed or Arn.parse(arn).account == account.account_id:
            account.policies[arn] = policy.copy(account)


def _loose_ends(world: World) -> Iterator[str]:
    """Return a warning for each thing that the files name but don't have."""
    for account in world.accounts.values():
        users, groups, roles = account.users, account.groups, account.roles
        for identity in (*users.values(), *groups.values(), *roles.values()):
            yield from _missing_from(account, identity)


def _missing_from(account: Account, identity: Identity) -> Iterator[str]:
    named = list(identity.attached)
    if isinstance(identity, Bounded) and identity.boundary:
        named.append(identity.boundary)
    for arn in named:
        if arn in account.policies:
            continue
        if shipped := managed_policies.find(arn):
            of_day = (
                f"{shipped.default_version_id}, as AWS had it on {managed_policies.source().day}"
            )
            yield f"{arn} isn't in the file; iamlab uses {of_day} in the partition aws."
        else:
            yield f"{arn}, attached to {identity.kind} {identity.name}, isn't in the file."
    if isinstance(identity, User):
        for group in identity.groups:
            if group not in account.groups:
                yield f"Group {group}, of user {identity.name}, isn't in the file."


LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@operation("GetAccountAuthorizationDetails", on="*", answer=as_it_is)
def get_account_authorization_details(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return users, groups, roles and managed policies: a whole account, or a page of it.

    Parameters
    ----------
    arguments
        ``Filter``, ``MaxItems`` and ``Marker`` as they were sent.
    """
    bounded = [*account.users.values(), *account.roles.values()]
    identities = [*bounded, *account.groups.values()]
    attached = Counter(arn for identity in identities for arn in identity.attached)
    bounding = Counter(identity.boundary for identity in bounded if identity.boundary)
    used = (
        account.policies.get(arn) or managed_policies.find(arn)
        for arn in dict.fromkeys((*attached, *bounding))
    )
    of_aws = [policy for policy in used if policy is not None and policy.is_aws_managed]

    def with_counts(policy: ManagedPolicy) -> dict[str, Any]:
        return _policy(policy, attached[policy.arn], bounding[policy.arn])

    parts: dict[str, tuple[str, Write, Iterable[Any]]] = {
        "User": (LISTS[0], _identity, account.users.values()),
        "Group": (LISTS[1], _identity, account.groups.values()),
        "Role": (LISTS[2], _role, account.roles.values()),
        "LocalManagedPolicy": (LISTS[3], with_counts, own_policies(account)),
        "AWSManagedPolicy": (LISTS[3], with_counts, of_aws),
    }
    wanted = arguments.get("Filter") or parts
    entries = [
        (name, write, entity)
        for kind, (name, write, every) in parts.items()
        if kind in wanted
        for entity in every
    ]
    # Only the page's entries are written.
    one_page = page("All", entries, arguments, lambda entry: (entry[0], entry[1](entry[2])))
    found: dict[str, Any] = {name: [] for name in LISTS}
    for name, written in one_page.pop("All"):
        found[name].append(written)
    return {**found, **one_page}


def whole(account: Account) -> dict[str, Any]:
    """Return a whole account as a single page, with times as text: as the CLI prints it."""
    return as_printed(get_account_authorization_details(account, {"MaxItems": sys.maxsize}))


def as_printed(response: dict[str, Any]) -> dict[str, Any]:
    """Write a response as the CLI prints it, with its times as text."""
    return {key: _printed(value) for key, value in response.items()}


def _printed(value: Any) -> Any:
    if isinstance(value, dict):
        return as_printed(value)
    if isinstance(value, list | tuple):
        return [_printed(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _role(role: Role) -> dict[str, Any]:
    found = _identity(role)
    # Of a loaded account, only the names of instance profiles are known.
    known = role.account.instance_profiles
    found["InstanceProfileList"] = [
        FORMS["instance profile"](known[name]) if name in known else {"InstanceProfileName": name}
        for name in role.instance_profiles
    ]
    found["RoleLastUsed"] = FORMS["last use"](role)
    return found


def _policy(policy: ManagedPolicy, attached: int, bounding: int) -> dict[str, Any]:
    """Write a managed policy with all its versions."""
    return {
        **FORMS["policy"](policy),
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounding,
        "PolicyVersionList": [
            write_version(policy, version_id, with_document=True) for version_id in policy.versions
        ],
    }


def _identity(identity: Identity) -> dict[str, Any]:
    """Write a user, group or role with its policies."""
    found = {
        **FORMS[f"new {identity.kind}"](identity),
        f"{identity.kind.capitalize()}PolicyList": [
            {"PolicyName": name, "PolicyDocument": policy.to_dict()}
            for name, policy in identity.inline.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in identity.attached
        ],
    }
    return {**found, "GroupList": list(identity.groups)} if isinstance(identity, User) else found
