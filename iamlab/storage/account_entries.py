"""An entry of an export, read strictly: anything that AWS wouldn't write is a problem.

An entry that is misread could grant more than the real account does. So a boundary that can't be
read, or a name that doesn't match its ARN, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from iamlab.errors import ArnError, LoadError, PolicyError
from iamlab.model.account import Account
from iamlab.model.identities import Group, Identity, Role, User
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.providers import InstanceProfile
from iamlab.model.quotas import is_account_id, is_name, is_path
from iamlab.model.record import RoleLastUsed
from iamlab.model.strict_json import read_json
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.model.world import World

Page = Mapping[str, Any]
Source = str | Path | Mapping[str, object] | list[Mapping[str, object]]
"""A file, an object, or several outputs of the CLI."""

Value = TypeVar("Value")
_MANY = 20  # the most problems that an error shows


@dataclass(slots=True)
class Problems:
    """All problems in the files, so that a single error can list them."""

    found: list[str] = field(default_factory=list)
    names: dict[tuple[str, str, str], str] = field(default_factory=dict)  # those read so far

    def add(self, place: str, what: str) -> None:
        """Add a problem at a place."""
        self.found.append(f"{place}: {what}")

    def attempt(self, place: str, read: Callable[..., Value], *values: Any) -> Value | None:
        """Read a value at a place; if it is wrong, add a problem."""
        try:
            return read(*values)
        except (WrongEntry, ArnError) as error:
            self.add(place, f"It isn't valid: {error}.")
            return None

    def raise_if_any(self, heading: str = "The account details can't be read:") -> None:
        """Raise an error that lists the problems."""
        if not self.found:
            return
        shown = self.found[:_MANY]
        if len(self.found) > _MANY:
            shown.append(f"... and {len(self.found) - _MANY} more")
        raise LoadError("\n".join((heading, *shown)))


class WrongEntry(Exception):  # noqa: N818 - it only carries a sentence to the list of problems
    """An entry isn't as AWS writes it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list, and its place in the file."""

    raw: Page
    where: str
    problems: Problems

    @classmethod
    def read(cls, raw: object, where: str, problems: Problems) -> Entry:
        """Make an entry from a value in the file."""
        if not isinstance(raw, dict):
            raise WrongEntry("it must be an object")
        return cls(raw, where, problems)

    def text(self, key: str) -> str:
        """Read required text."""
        if key not in self.raw:
            raise WrongEntry(f"{key} is missing")
        return _text(key, self.raw[key])

    def optional_text(self, key: str) -> str:
        """Read optional text."""
        return self.text(key) if key in self.raw else ""

    def name(self, key: str) -> str:
        """Read a name, by AWS's pattern."""
        return _name(key, self.text(key))

    def path(self) -> str:
        """Read the path."""
        path = self.text("Path")
        if not is_path(path):
            raise WrongEntry(f"Path {path!r} doesn't begin and end with a slash")
        return path

    def entries(self, key: str) -> list[Any]:
        """Read an optional list."""
        value = self.raw.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise WrongEntry(f"{key} must be a list")
        return list(value)

    def objects(self, key: str) -> Iterator[Entry]:
        """Read a list of objects."""
        for raw in self.entries(key):
            yield Entry.read(raw, self.where, self.problems)

    def inline(self, key: str) -> dict[str, Policy]:
        """Read inline policies."""
        found: dict[str, Policy] = {}
        for entry in self.objects(key):
            name = entry.name("PolicyName")
            place = f"{self.where} inline policy {name}"
            policy = read_policy(entry.raw.get("PolicyDocument"), name, place, self.problems)
            if name in found and policy != found[name]:
                raise WrongEntry(f"inline policy {name} is duplicated, with different content")
            if policy is not None:
                found[name] = policy
        return found

    def attached(self) -> list[str]:
        """List the ARNs of attached managed policies."""
        entries = self.objects("AttachedManagedPolicies")
        return [_policy_arn(entry.text("PolicyArn")) for entry in entries]

    def boundary(self) -> str | None:
        """Return the ARN of the permissions boundary; it is an error if it can't be read."""
        boundary = self.raw.get("PermissionsBoundary")
        if boundary is None:
            return None
        if not isinstance(boundary, dict) or "PermissionsBoundaryArn" not in boundary:
            raise WrongEntry("PermissionsBoundary must name a PermissionsBoundaryArn")
        return _policy_arn(_text("PermissionsBoundaryArn", boundary["PermissionsBoundaryArn"]))

    def moment(self, key: str) -> datetime | None:
        """Read an optional time; a time without a zone is UTC."""
        value = self.raw.get(key)
        if value is None:
            return None
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise WrongEntry(f"{key} isn't a time such as 2026-11-25T10:00:00Z") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def tags(self) -> dict[str, str]:
        """Read tags."""
        return {tag.text("Key"): tag.text("Value") for tag in self.objects("Tags")}


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise WrongEntry(f"{key} must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WrongEntry(
            f"{key} contains half of a surrogate pair, which isn't a character"
        ) from None
    return value


def _name(key: str, value: object) -> str:
    text = _text(key, value)
    if not is_name(text):
        raise WrongEntry(f"{key} {text!r} has characters other than A-Z a-z 0-9 _ + = , . @ -")
    return text


def _policy_arn(text: str) -> str:
    arn = Arn.parse(text)
    if arn.service != "iam" or arn.kind != "policy":
        raise WrongEntry(f"{text!r} isn't the ARN of a managed policy")
    return text


def pages_in(
    source: Source, what: str, keys: Collection[str], command: str, how: str
) -> list[tuple[str, Page]]:
    """Read the pages of an export, each with its place for errors.

    Parameters
    ----------
    what
        The name of the content: ``"account details"``.
    keys
        The keys of a page: each page must have at least one.
    command, how
        The command that prints such a page, and how to make a file of it.

    Raises
    ------
    LoadError
        The file can't be read, or contains something else.
    """
    name, value = what, source
    if isinstance(source, str | Path):
        name, value = Path(source).name, read_json(Path(source), what)
    pages: list[Any] = value if isinstance(value, list) else [value]
    found: list[tuple[str, Page]] = []
    for number, page in enumerate(pages, 1):
        place = f"{name}, page {number}" if len(pages) > 1 else name
        if not isinstance(page, dict) or not any(key in page for key in keys):
            raise LoadError(f"{place} is not {command}: it has none of {', '.join(keys)}. {how}")
        found.append((place, page))
    return found


def read_policy(document: Any, name: str, place: str, problems: Problems) -> Policy | None:
    """Read a document: an object, JSON text, or URL-encoded JSON text."""
    if isinstance(document, str) and not document.lstrip().startswith("{"):
        document = unquote(document)
    try:
        return Policy.parse(document, name=name)
    except PolicyError as error:
        for problem in error.problems:
            problems.add(place, str(problem))
    return None


def account_of(world: World, text: str) -> Account:
    """Find the account of an ARN, or add it: only ARNs name the accounts."""
    arn = Arn.parse(text)
    if not is_account_id(arn.account):
        raise WrongEntry(f"{text} doesn't have an account of 12 digits")
    if arn.account not in world.accounts:
        world.accounts[arn.account] = Account(world, arn.account, arn.account, arn.partition)
    return world.accounts[arn.account]


def _keep(identity: Identity, item: Entry) -> str:
    """Add an identity to its account; pages can repeat it, but only with the same content."""
    known: dict[str, Identity] = getattr(identity.account, f"{identity.kind}s")
    before = known.get(identity.name)
    if before is not None and _content(before) != _content(identity):
        raise WrongEntry(f"{identity.kind} {identity.name} is duplicated, with different content")
    key = (identity.account.account_id, identity.kind, identity.name.lower())
    if item.problems.names.setdefault(key, identity.name) != identity.name:
        raise WrongEntry(
            f"{identity.kind} {identity.name} has the name of another in different case"
        )
    known[identity.name] = identity
    return _check_arn(identity, item)


def _content(identity: Identity) -> list[object]:
    names = (name for name in identity.__dataclass_fields__ if name != "account")
    return [getattr(identity, name) for name in names]


def _check_arn(identity: Identity, item: Entry) -> str:
    """Check that path, name and ARN match; return the account's id."""
    if identity.arn != item.text("Arn"):
        raise WrongEntry(f"Arn {item.text('Arn')!r} doesn't match its path and name")
    return identity.account.account_id


def _fields(item: Entry, kind: str) -> dict[str, Any]:
    """Read the common fields of users, groups and roles."""
    fields: dict[str, Any] = {
        "name": item.name(f"{kind}Name"),
        "path": item.path(),
        "unique_id": item.text(f"{kind}Id"),
        "attached": item.attached(),
        "inline": item.inline(f"{kind}PolicyList"),
    }
    if kind != "Group":
        fields |= {"tags": item.tags(), "boundary": item.boundary()}
    return {**fields, "create_date": item.moment("CreateDate")}


def read_user(world: World, item: Entry) -> str:
    """Read a user into its account; return the account's id."""
    account, fields = account_of(world, item.text("Arn")), _fields(item, "User")
    groups = [_name("GroupList", name) for name in item.entries("GroupList")]
    return _keep(User(account, **fields, groups=groups), item)


def read_group(world: World, item: Entry) -> str:
    """Read a group into its account; return the account's id."""
    return _keep(Group(account_of(world, item.text("Arn")), **_fields(item, "Group")), item)


def read_role(world: World, item: Entry) -> str:
    """Read a role into its account; return the account's id."""
    account, fields = account_of(world, item.text("Arn")), _fields(item, "Role")
    document, place = item.raw.get("AssumeRolePolicyDocument"), f"{item.where} trust policy"
    role = Role(
        account,
        **fields,
        description=item.optional_text("Description"),
        trust=read_policy(document, f"trust of {fields['name']}", place, item.problems),
        instance_profiles=[
            profile.name("InstanceProfileName") for profile in item.objects("InstanceProfileList")
        ],
        last_used=_last_used(item),
    )
    account.roles[role.name] = role
    for profile in item.objects("InstanceProfileList"):
        name = profile.name("InstanceProfileName")
        path = profile.path() if "Path" in profile.raw else "/"
        made = InstanceProfile(account, name, path, profile.optional_text("InstanceProfileId"))
        account.instance_profiles.setdefault(name, made)
    return _check_arn(role, item)


def _last_used(item: Entry) -> RoleLastUsed | None:
    """Read when a role was last used; an unused role has no value, or an empty object.

    A missing Region becomes empty text.
    """
    used = Entry.read(item.raw.get("RoleLastUsed") or {}, item.where, item.problems)
    date, region = used.moment("LastUsedDate"), used.optional_text("Region")
    return None if date is None else RoleLastUsed(date, region)


def read_managed(policies: dict[str, ManagedPolicy], item: Entry) -> str:
    """Read a managed policy with all its versions; return its owner, which can be ``aws``."""
    arn = _policy_arn(item.text("Arn"))
    owner = Arn.parse(arn).account
    if owner != "aws" and not is_account_id(owner):
        raise WrongEntry(f"{arn} doesn't have an account of 12 digits")
    # Some tools omit name and id; the ARN ends with the name.
    name = item.name("PolicyName") if "PolicyName" in item.raw else Arn.parse(arn).name
    versions: dict[str, Policy] = {}
    dates: dict[str, datetime] = {}
    listed: list[str] = []
    for entry in item.objects("PolicyVersionList"):
        version = entry.text("VersionId")
        listed.append(version)
        place = f"{item.where} policy {name} {version}"
        policy = read_policy(entry.raw.get("Document"), name, place, item.problems)
        if policy is not None:
            versions[version] = policy
            date = entry.moment("CreateDate")
            dates |= {} if date is None else {version: date}
    default = item.text("DefaultVersionId")
    if default not in listed:
        raise WrongEntry(f"policy {name} doesn't have {default}, its default version")
    policy_id = item.optional_text("PolicyId")
    path, created, updated = item.path(), item.moment("CreateDate"), item.moment("UpdateDate")
    made = ManagedPolicy(name, arn, versions, default, path, policy_id)
    made.create_date, made.update_date, made.version_dates = created, updated, dates
    before = policies.setdefault(arn, made)
    if (before.versions, before.default_version_id) != (versions, default):
        raise WrongEntry(f"policy {name} is duplicated, with different content")
    return owner
