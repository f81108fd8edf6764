"""Worlds of lessons, from the tables of a lesson's file.

A table lists names (``users = "alice bob"``) and then gives each a table of its own, in which
``alice.groups`` or ``alice.attach`` have a meaning and every other key is an inline policy:
``alice.stack = "allow ..."``. ``like = "stack"`` begins with another world. ``calls`` are made by
the root user, or ``by = "bob/key-1"``, his first access key; ``at`` a time, they give a world a
past. The page docs/lesson-format.md lists all keys.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, ExerciseError, did_you_mean, noted
from iamlab.model.organization.policies import RCP, SCP
from iamlab.operations.dispatch import perform
from iamlab.teach.callers import PASSWORD, LessonWorld, caller_of, directory_of, key_of, read_call
from iamlab.teach.edits import apply_edits, read_edits
from iamlab.teach.notation import arn_of, policy_of, read_policy
from iamlab.teach.source_lines import FORMAT, Keys, at, check_table, expect, find_named, need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.world import World

Table = dict[str, Any]

_LISTS: dict[str, list[str]] = {kind: keys.split() for kind, keys in FORMAT["lists"].items()}
"""What an account can list, and the keys of each."""

_WITHOUT_NAME = ("keys", "endpoints", "identity_providers")
_ISSUERS = {"github": "github_actions", "cognito": "cognito", "directory": "create_saml_directory"}


def _add_to_groups(account: Account, user: Any, groups: str) -> None:
    for name in groups.split():
        find_named("group", name, account.groups).add_user(user)


def _enable_mfa(_: Account, owner: Any, __: Any) -> None:
    owner.create_virtual_mfa_device(f"{getattr(owner, 'name', 'root')}-phone").enable()


def _tag(_: Account, owner: Any, tags: str | Table) -> None:
    """Add tags from ``team=sky project=andromeda``, or from a table."""
    put = owner.put_tagging if hasattr(owner, "put_tagging") else owner.tag
    put(dict(word.split("=", 1) for word in tags.split()) if isinstance(tags, str) else tags)


def _add_people(account: Account, _: Any, people: Table) -> None:
    for name, groups in people.items():
        directory_of(account.world).add_user(name, groups=groups.split())


def _map_groups(account: Account, _: Any, groups: Table) -> None:
    for group, names in groups.items():
        for name in names.split():
            role = find_named("role", name, account.roles)
            directory_of(account.world).map_group(group, role, arn_of("directory", account))


_FILL: dict[str, Callable[[Account, Any, Any], object]] = {
    "attach": lambda _, owner, value: [owner.attach_policy(own) for own in value.split()],
    "boundary": lambda _, owner, value: owner.put_permissions_boundary(value),
    "groups": _add_to_groups,
    "tags": _tag,
    "password": lambda _, owner, __: owner.create_login_profile(PASSWORD),
    "mfa": _enable_mfa,
    "access_keys": lambda _, owner, number: [owner.create_access_key() for _ in range(number)],
    "trust": lambda account, role, value: role.update_assume_role_policy(policy_of(value, account)),
    "people": _add_people,
    "roles": _map_groups,
    "max_session_duration": lambda _, role, most: role.update(max_session_duration=most),
    "policy": lambda account, owner, value: owner.put_policy(policy_of(value, account)),
    "role": lambda _, owner, role: hasattr(owner, "add_role") and owner.add_role(role),
}
"""How a key changes what has been created, if that doesn't have it already."""


def merged(tables: Mapping[str, Table], name: str, *before: str) -> Table:
    """Return the table of a world together with the worlds that it is like.

    Parameters
    ----------
    before
        The worlds that are like this world.

    Raises
    ------
    ExerciseError
        There is no such world, or worlds are like each other.
    """
    if name in before or name not in tables:
        what = "is like itself" if name in before else "isn't in this file"
        with at(*before[-1:], "like"):
            raise noted(ExerciseError(f"World {name!r} {what}."), did_you_mean(name, tables))
    table = dict(tables[name])
    with at(name, "like"):
        like = expect(table.pop("like", ""), str)
    return _over(merged(tables, like, *before, name) if like else {}, table)


def _over(base: Table, table: Table) -> Table:
    """Return a table with the changes of another: ``false`` removes a key."""
    found = dict(base)
    for key, value in table.items():
        before = found.get(key)
        if value is False and key in found and not isinstance(before, bool):
            del found[key]
        elif isinstance(value, dict) and isinstance(before, dict):
            found[key] = _over(before, value)
        elif isinstance(value, dict) and isinstance(before, str) and "order" in value:
            found[key] = {"statements": before, **value}
        else:
            found[key] = value
    return found


def build(table: Table, seed: int) -> LessonWorld:
    """Build the world of a table.

    Raises
    ------
    ExerciseError
        A key has no meaning, or AWS rejects a part. The notes name the key.

    Examples
    --------
    >>> world = build({"users": "ana", "ana": {"read": "allow - s3:GetObject *"}}, seed=7)
    >>> print(world.can("ana", "s3:GetObject", "arn:aws:s3:::maps/m31.fits"))
    ✓ allowed by read/#1
    """
    world = LessonWorld(seed)
    check_table(table, {**_known_keys(table), **FORMAT["world"]})
    if "incident" in table:
        from iamlab.incident.night import populate

        with at("incident"):
            find_named("incident", table["incident"], {"night": populate})(world, seed)
    else:
        _fill_world(world, table)
    with at("edits"):
        apply_edits(world, read_edits(table.get("edits", "")))
    return world


def _fill_world(world: LessonWorld, table: Table) -> None:
    """Create everything in a table, and make its calls."""
    parts = [(_account(world, table.get("name", "acme-main"), table), table, tuple[str, ...]())]
    for name, contents in table.get("accounts", {}).items():
        with at("accounts", name):
            check_table(contents, _known_keys(contents))
            parts.append((_account(world, name, contents), contents, ("accounts", name)))
    if "organization" in table:  # before all else, so that its ID stays the same
        with at("organization"):
            world.create_organization(table["organization"].get("management", "acme-org"))
    for part in (_create_all, fill):
        for account, contents, keys in parts:
            with at(*keys):
                part(account, contents)
    if "organization" in table:
        with at("organization"):
            _fill_organization(world, table["organization"])
    for name, call in table.get("sessions", {}).items():
        with at("sessions", name):
            world.calls[name] = read_call(name, call, world.main)
    for account, contents, keys in parts:
        _make_calls(account, contents, keys)
    for name in world.calls:
        with at("sessions", name), suppress(AccessDenied):
            caller_of(world.copy(), name)
    with at("time"):
        _move_to(world, table.get("time", world.clock.now))
    with at("network"):
        world.network(**table.get("network", {}))
    if not table.get("log"):
        world.events.clear()


def _account(world: LessonWorld, name: str, contents: Table) -> Account:
    return world.create_account(name, account_id=contents.get("id", FORMAT["ids"].get(name)))


def declared(contents: Table) -> Iterator[tuple[str, str]]:
    """Yield each declared name with its list."""
    for kind in _LISTS:
        for name in str(contents.get(kind, "")).split():
            yield kind, name


def _known_keys(contents: Table) -> Table:
    """Return the keys of an account's table."""
    known = FORMAT["keys"]
    named = {name: {key: known[key] for key in _LISTS[kind]} for kind, name in declared(contents)}
    return {**named, **dict.fromkeys(_LISTS, "text"), **FORMAT["account"]}


def _create_all(account: Account, contents: Table) -> None:
    """Create everything that has a name, without policies."""
    for kind, name in declared(contents):
        with at(kind, name):
            made = _create(account, kind, name, contents.get(name, {}))
            if kind in _WITHOUT_NAME:
                account.world.named[name] = made.arn  # type: ignore[attr-defined]


def _create(account: Account, kind: str, name: str, table: Table) -> Any:
    match kind:
        case "roles":  # without a trust policy of its own
            trust = read_policy(f"allow - sts:AssumeRole to {account.name}", account)
            return account.create_role(name, assume_role_policy_document=trust)
        case "buckets":
            block = None if table.get("block_public_access", True) else PublicAccessBlock()
            return account.create_bucket(name, public_access_block=block)
        case "keys":
            return account.create_key(description=name)
        case "functions":
            return account.create_function(name, role=need(table, "role"))
        case "endpoints":
            service = f"com.amazonaws.us-east-1.{table.get('service', 's3')}"
            return account.create_vpc_endpoint(service, table.get("vpc", "vpc-1"))
        case "identity_providers":
            maker = find_named("identity provider", name, _ISSUERS)
            return getattr(account.world, maker)().register(account)
        case _:
            return getattr(account, f"create_{kind.removesuffix('s')}")(name)


def fill(account: Account, contents: Table) -> None:
    """Add policies, memberships, credentials and tags, and make the calls."""
    for name, value in contents.get("policies", {}).items():
        with at("policies", name):
            _managed(account, name, value)
    for kind, name in (*declared(contents), ("root", "root")):
        for key, value in contents.get(name, {}).items():
            with at(name, key):
                owner: Any = account.root if kind == "root" else _owner(account, kind, name)
                if key not in _LISTS.get(kind, _FILL):
                    owner.put_policy(key, policy_of(value, account))
                elif key in _FILL:
                    _FILL[key](account, owner, value)


def _owner(account: Account, kind: str, name: str) -> Any:
    return getattr(account, kind, {}).get(name) or account.resources.get(arn_of(name, account))


def _make_calls(account: Account, contents: Table, keys: Keys) -> None:
    for number, call in enumerate(contents.get("calls", ())):
        with at(*keys, "calls", str(number)):
            _make_call(account, call)


def _make_call(account: Account, call: Table) -> None:
    """Make a call as the root user, or ``by`` an access key or a session; ``at`` a time."""
    operation = need(call, "Operation")
    if "at" in call:
        _move_to(account.world, call["at"])
    if by := call.get("by"):
        resource, world = arn_of(need(call, "Resource"), account), account.world
        is_session = by in world.calls  # type: ignore[attr-defined]
        caller = caller_of(world, by) if is_session else key_of(by, account)
        with suppress(*[AccessDenied] * call.get("refused", False)):
            world.do(caller, operation, resource)
    else:
        own = {key: value for key, value in call.items() if key not in ("Operation", "at")}
        if "KeyId" in own:
            own["KeyId"] = account.world.named.get(own["KeyId"], own["KeyId"])  # type: ignore[attr-defined]
        perform(account, operation, **own)


def _managed(account: Account, name: str, value: Any) -> None:
    """Create a customer managed policy, with its versions."""
    if not (isinstance(value, dict) and "v1" in value):
        account.create_policy(name, policy_of(value, account))
        return
    with at("v1"):
        made = account.create_policy(name, policy_of(value["v1"], account))
    for version in sorted(key for key in value if key not in ("v1", "default")):
        with at(version):
            made.create_version(policy_of(value[version], account))
    with at("default"):
        made.set_default_version(value.get("default", "v1"))


def _fill_organization(world: LessonWorld, table: Table) -> None:
    """Create units, members, SCPs and RCPs."""
    [organization] = world.organizations.values()
    world.on_cards = table.get("on_cards", True)
    targets = {own.name: own for own in world.accounts.values()} | {"root": organization.root}
    for path in table.get("units", "").split():
        parent, _, name = path.rpartition("/")
        organization.create_organizational_unit(name, parent=parent.rpartition("/")[2] or None)
    for name, unit in table.get("members", {}).items():
        with at("members", name):
            organization.invite_account(name).accept()
            if unit:
                organization.move_account(name, unit)
    if "rcps" in table:
        organization.enable_policy_type(RCP)
    for kind, policy_type in (("scps", SCP), ("rcps", RCP)):
        for name, own in table.get(kind, {}).items():
            with at(kind, name):
                document, on = need(own, "policy"), need(own, "on")
                with at("policy"):
                    policy = policy_of(document, world.main)
                    made = organization.create_policy(name, policy, type=policy_type)
                with at("on"):
                    for target in on.split():
                        made.attach(targets.get(target, target))
    for target in table.get("without_full_access", "").split():
        organization.detach_policy("FullAWSAccess", targets.get(target, target))


def _move_to(world: World, time: datetime) -> None:
    """Move the world's clock to a later time."""
    seconds = (time - world.clock.now).total_seconds()
    if seconds < 0:
        raise ExerciseError(f"time must be after {world.clock.now:%Y-%m-%d %H:%M}Z.")
    world.clock.advance(seconds=seconds)
