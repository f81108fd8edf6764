"""``aws iam get-account-authorization-details`` in: a real account as a world.

The command prints users, groups, roles and managed policies of one account. Documents come as
JSON objects (as the CLI prints them) or as URL-encoded text (as the API returns them); a large
account comes in pages; with ``--filter`` some lists are empty. Nothing is invented: what the file
names but does not hold is warned of, and is listed with each answer that it touches.

Notes
-----
AWS page: "get-account-authorization-details" of the AWS CLI Command Reference.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from iamlab.errors import ArnError, LoadError, PolicyError
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy
from iamlab.world import managed
from iamlab.world.account import Account
from iamlab.world.identities import Bounded, Group, Identity, Role, User
from iamlab.world.policies import ManagedPolicy

if TYPE_CHECKING:
    from iamlab.world.world import World

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
HOW = "aws iam get-account-authorization-details --output json > account.json"
_MANY = 20  # problems shown of a file that has more

Page = Mapping[str, Any]
Export = str | Path | Mapping[str, object] | list[Mapping[str, object]]


class LoadWarning(UserWarning):
    """Something that a file names is not in it."""


@dataclass(slots=True)
class _Problems:
    """All that is wrong in the files, so that it can be said at once."""

    found: list[str] = field(default_factory=list)

    def add(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")

    def raise_if_any(self) -> None:
        if not self.found:
            return
        shown = self.found[:_MANY]
        if len(self.found) > _MANY:
            shown.append(f"... and {len(self.found) - _MANY} more")
        raise LoadError("\n".join(("The account details cannot be read:", *shown)))


def load_account_details(
    world: World,
    exports: Iterable[Export],
    resource_policies: Mapping[str, str | Mapping[str, object]],
) -> World:
    """Fill an empty world with what the files hold."""
    problems = _Problems()
    world.loaded = True
    pages = [item for export in exports for item in _pages(export)]
    policies: dict[str, ManagedPolicy] = {}
    if not pages:
        problems.add("input", f"There is nothing to read. Make a file with: {HOW}")
    for place, page in pages:
        _read_page(world, policies, place, page, problems)
    problems.raise_if_any()
    for arn, policy in policies.items():
        _hand_over(world, arn, policy)
    if not world.accounts:
        problems.add(
            pages[0][0], "It holds no user, group, role or policy, so no account can be told."
        )
    for arn, document in resource_policies.items():
        if arn.startswith("arn:") and ":s3:::" in arn and "/" in arn:
            problems.add(f"policy of {arn}", f"A bucket has one: name {arn.partition('/')[0]}.")
        found = _policy(document, f"policy of {_short(arn)}", f"policy of {arn}", problems)
        if found is not None:
            world.resource_policies[arn] = found
    problems.raise_if_any()
    for text in dict.fromkeys(_loose_ends(world)):
        world.warnings.append(text)
        warnings.warn(text, LoadWarning, stacklevel=4)
    world.changed()
    return world


def _short(arn: str) -> str:
    return arn.rpartition(":")[2]


def _pages(export: Export) -> Iterator[tuple[str, Page]]:
    """Give each page of an export with the place that errors name."""
    name = "account details"
    value: Any = export
    if isinstance(export, str | Path):
        name, value = Path(export).name, _read_json(Path(export))
    many = value if isinstance(value, list) else [value]
    for number, page in enumerate(many, 1):
        place = f"{name}, page {number}" if len(many) > 1 else name
        if not isinstance(page, dict) or not any(key in page for key in LISTS):
            message = (
                f"{place} is not the output of get-account-authorization-details: it has none of "
                f"{', '.join(LISTS)}. Make one with: {HOW}"
            )
            raise LoadError(message)
        if page.get("IsTruncated") and number == len(many):
            message = (
                f"{place} is cut off: it says IsTruncated, so another page follows. Let the CLI "
                f"fetch all pages ({HOW}), or give all pages as a list."
            )
            raise LoadError(message)
        yield place, page


def _read_json(path: Path) -> Any:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise LoadError(f"{path} cannot be read: {reason}.") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "The file seems cut off." if cut else "It is not JSON."
        place = f"{path.name}, line {error.lineno}, column {error.colno}"
        raise LoadError(f"{place}: {what} {error.msg}.") from None
    except RecursionError:
        raise LoadError(f"{path.name} is nested too deeply to be account details.") from None


def _read_page(
    world: World,
    policies: dict[str, ManagedPolicy],
    place: str,
    page: Page,
    problems: _Problems,
) -> None:
    """Read one page: its four lists. Policies wait until all accounts are known."""
    readers: tuple[Callable[[World, _Item], None], ...] = (
        _user,
        _group,
        _role,
        lambda _, item: _managed(policies, item),
    )
    for name, reader in zip(LISTS, readers, strict=True):
        items = page.get(name) or []
        if not isinstance(items, list):
            problems.add(f"{place}: {name}", "It must be a list.")
            continue
        for number, item in enumerate(items):
            where = f"{place}: {name}[{number}]"
            try:
                reader(world, _Item(item, where, problems))
            except (KeyError, TypeError, AttributeError, ValueError, ArnError) as error:
                problems.add(where, f"It is not what it should be ({_cause(error)}).")


def _cause(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a list, and where it stands."""

    raw: Page
    where: str
    problems: _Problems

    def __getitem__(self, key: str) -> str:
        value = self.raw[key]
        if not isinstance(value, str):
            message = f"{key} must be text"
            raise TypeError(message)
        return value

    def entries(self, key: str) -> list[Any]:
        value = self.raw.get(key) or []
        if not isinstance(value, list):
            message = f"{key} must be a list"
            raise TypeError(message)
        return value

    def inline(self, key: str) -> dict[str, Policy]:
        """Read inline policies."""
        found = {}
        for entry in self.entries(key):
            name = entry["PolicyName"]
            place = f"{self.where} inline policy {name}"
            policy = _policy(entry["PolicyDocument"], name, place, self.problems)
            if policy is not None:
                found[name] = policy
        return found

    def attached(self) -> list[str]:
        """List the ARNs of attached managed policies."""
        return [entry["PolicyArn"] for entry in self.entries("AttachedManagedPolicies")]

    def boundary(self) -> str | None:
        """Give the ARN of the permissions boundary."""
        boundary = self.raw.get("PermissionsBoundary") or {}
        arn: str | None = boundary.get("PermissionsBoundaryArn")
        return arn

    def tags(self) -> dict[str, str]:
        """Read tags."""
        return {tag["Key"]: tag["Value"] for tag in self.entries("Tags")}


def _policy(document: Any, name: str, place: str, problems: _Problems) -> Policy | None:
    """Read a document: an object, JSON text, or URL-encoded JSON text."""
    if isinstance(document, str) and not document.lstrip().startswith("{"):
        document = unquote(document)
    try:
        return Policy.parse(document, name=name)
    except PolicyError as error:
        for problem in error.problems:
            problems.add(place, str(problem))
    return None


def _account(world: World, arn: str) -> Account:
    """Find the account of an ARN, or add it: accounts are known by their things only."""
    account_id = Arn.parse(arn).account
    if not (len(account_id) == 12 and account_id.isdigit()):
        message = f"{arn} names no account of 12 digits"
        raise ValueError(message)
    if account_id not in world.accounts:
        world.accounts[account_id] = Account(world, account_id, account_id)
    return world.accounts[account_id]


def _user(world: World, item: _Item) -> None:
    account = _account(world, item["Arn"])
    account.users[item["UserName"]] = User(
        account,
        item["UserName"],
        item["Path"],
        item["UserId"],
        attached=item.attached(),
        inline=item.inline("UserPolicyList"),
        tags=item.tags(),
        boundary=item.boundary(),
        groups=list(item.entries("GroupList")),
    )


def _group(world: World, item: _Item) -> None:
    account = _account(world, item["Arn"])
    account.groups[item["GroupName"]] = Group(
        account,
        item["GroupName"],
        item["Path"],
        item["GroupId"],
        attached=item.attached(),
        inline=item.inline("GroupPolicyList"),
    )


def _role(world: World, item: _Item) -> None:
    account = _account(world, item["Arn"])
    name = item["RoleName"]
    document = item.raw["AssumeRolePolicyDocument"]
    trust = _policy(document, f"trust of {name}", f"{item.where} trust policy", item.problems)
    account.roles[name] = Role(
        account,
        name,
        item["Path"],
        item["RoleId"],
        attached=item.attached(),
        inline=item.inline("RolePolicyList"),
        tags=item.tags(),
        boundary=item.boundary(),
        trust=trust,
        instance_profiles=[
            profile["InstanceProfileName"] for profile in item.entries("InstanceProfileList")
        ],
    )


def _managed(policies: dict[str, ManagedPolicy], item: _Item) -> None:
    arn, name = item["Arn"], item["PolicyName"]
    versions = {}
    for entry in item.entries("PolicyVersionList"):
        version = entry["VersionId"]
        place = f"{item.where} policy {name} {version}"
        policy = _policy(entry["Document"], name, place, item.problems)
        if policy is not None:
            versions[version] = policy
    default = item["DefaultVersionId"]
    if default not in versions and not item.problems.found:
        item.problems.add(item.where, f"Policy {name} has no version {default}, its default.")
    policies[arn] = ManagedPolicy(name, arn, versions, default, item["Path"], item["PolicyId"])


def _hand_over(world: World, arn: str, policy: ManagedPolicy) -> None:
    """Give a managed policy to its account; AWS's own go to all."""
    if not policy.is_aws_managed:
        _account(world, arn)
    for account in world.accounts.values():
        if policy.is_aws_managed or Arn.parse(arn).account == account.account_id:
            account.policies[arn] = policy.copy(account.changed)


def _loose_ends(world: World) -> Iterator[str]:
    """Say what is named but not in the files."""
    for account in world.accounts.values():
        identities: list[Identity] = [
            *account.users.values(),
            *account.groups.values(),
            *account.roles.values(),
        ]
        for identity in identities:
            yield from _missing_from(account, identity)


def _missing_from(account: Account, identity: Identity) -> Iterator[str]:
    named = list(identity.attached)
    if isinstance(identity, Bounded) and identity.boundary:
        named.append(identity.boundary)
    for arn in named:
        if arn in account.policies:
            continue
        if managed.find(arn):
            yield f"{arn} is not in the file; iamlab uses the version that it ships."
        else:
            yield f"{arn}, attached to {identity.kind} {identity.name}, is not in the file."
    if isinstance(identity, User):
        for group in identity.groups:
            if group not in account.groups:
                yield f"Group {group}, of user {identity.name}, is not in the file."
