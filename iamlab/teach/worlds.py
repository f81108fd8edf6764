"""Worlds of lessons, from the tables of a lesson's file.

A table lists names (``users = "alice bob"``) and then gives each a table of its own, in which
``alice.groups`` or ``alice.attach`` have a meaning and every other key is an inline policy:
``alice.stack = "allow ..."``. ``like = "stack"`` begins with another world. ``calls`` are made by
the root user, or ``by = "bob/key-1"``, his first access key; ``at`` a time, they give a world a
past. The page docs/lesson-format.md lists all keys.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, ExerciseError, did_you_mean, noted
from iamlab.operations.dispatch import perform
from iamlab.teach.callers import PASSWORD, LessonWorld, caller_of, key_of, session_call
from iamlab.teach.notation import arn_of, policy_of, read_policy
from iamlab.teach.organizations import create_organization
from iamlab.teach.source_lines import at, check_keys, check_table, expect, find_named, need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.world.account import Account
    from iamlab.world.credentials import RootUser
    from iamlab.world.identities import User
    from iamlab.world.world import World

Table = dict[str, Any]

ACCOUNTS = {
    "acme-main": "111111111111",
    "acme-data": "222222222222",
    "acme-org": "999999999999",
    "starsoft": "333333333333",
    "nebula-labs": "444444444444",
}
"""The ids of the accounts of the story; other accounts get an id from the seed, or ``id``."""

_OPEN = PublicAccessBlock()

_LISTS: dict[str, Callable[[Account, str, Table], Any]] = {
    "users": lambda account, name, _: account.create_user(name),
    "groups": lambda account, name, _: account.create_group(name),
    "roles": lambda account, name, _: account.create_role(
        name, assume_role_policy_document=_own_account(account)
    ),
    "buckets": lambda account, name, table: account.create_bucket(
        name, public_access_block=None if table.get("block_public_access", True) else _OPEN
    ),
    "keys": lambda account, name, _: account.create_key(description=name),
    "queues": lambda account, name, _: account.create_queue(name),
    "topics": lambda account, name, _: account.create_topic(name),
    "secrets": lambda account, name, _: account.create_secret(name),
    "tables": lambda account, name, _: account.create_table(name),
    "functions": lambda account, name, table: account.create_function(
        name, role=need(table, "role")
    ),
    "endpoints": lambda account, _, table: account.create_vpc_endpoint(
        f"com.amazonaws.us-east-1.{table.get('service', 's3')}", table.get("vpc", "vpc-1")
    ),
    "instance_profiles": lambda account, name, _: account.create_instance_profile(name),
    "identity_providers": lambda account, name, _: _provider(account, name),
}
"""What an account can list, and how each is created."""

_WITHOUT_NAME = ("keys", "endpoints", "identity_providers")
_POLICY = (str, dict)
_OF_ACCOUNT = {
    **dict.fromkeys((*_LISTS, "id"), (str,)),
    **dict.fromkeys(("policies", "root"), (dict,)),
    "calls": (list,),
}
_OF_WORLD = {
    **dict.fromkeys(("accounts", "organization", "sessions", "network"), (dict,)),
    "time": (datetime,),
}
_OF_RESOURCE = {
    **dict.fromkeys(("policy", "tags"), _POLICY),
    **dict.fromkeys(("role", "service", "vpc"), (str,)),
    "block_public_access": (bool,),
}
_OF_IDENTITY = {
    **dict.fromkeys(("attach", "groups", "boundary"), (str,)),
    **dict.fromkeys(("password", "mfa"), (bool,)),
    **dict.fromkeys(("access_keys", "max_session_duration"), (int,)),
}
"""The types of each key. Other keys of an identity are inline policies."""


def merged(tables: Mapping[str, Table], name: str) -> Table:
    """Return the table of a world together with the worlds that it is like.

    Raises
    ------
    ExerciseError
        There is no such world, or worlds are like each other.
    """
    chain: list[Table] = []
    seen: list[str] = []
    while name:
        if name in seen or name not in tables:
            what = "is like itself" if name in seen else "isn't in this file"
            error = noted(ExerciseError(f"World {name!r} {what}."), did_you_mean(name, tables))
            with at(*seen[-1:], "like"):
                raise error
        seen.append(name)
        chain.append(tables[name])
        with at(name, "like"):
            name = expect(tables[name].get("like", ""), str)
    found: Table = {}
    for table in reversed(chain):
        found = _over(found, {key: value for key, value in table.items() if key != "like"})
    return found


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
    own = {key: value for key, value in table.items() if key not in _OF_WORLD}
    check_table({key: table[key] for key in table if key in _OF_WORLD}, _OF_WORLD)
    accounts: dict[str, Table] = {"acme-main": {}, **table.get("accounts", {})}
    with at("accounts"):
        check_table(accounts, dict.fromkeys(accounts, (dict,)))
    accounts["acme-main"] = {**own, **accounts["acme-main"]}
    made = [(_account(world, name, contents), contents) for name, contents in accounts.items()]
    for part in (_create, _fill):
        for account, contents in made:
            with at(
                *(("accounts", account.name) if account.name in table.get("accounts", {}) else ())
            ):
                part(account, contents)
    if "organization" in table:
        with at("organization"):
            create_organization(world, table["organization"])
    for name, call in table.get("sessions", {}).items():
        with at("sessions", name):
            world.calls[name] = session_call(name, call, world.main)
    for name in world.calls:
        with at("sessions", name), suppress(AccessDenied):
            caller_of(world.copy(), name)
    with at("time"):
        _move_to(world, table.get("time", world.clock.now))
    with at("network"):
        world.network(**table.get("network", {}))
    world.events.clear()
    return world


def _account(world: LessonWorld, name: str, contents: Table) -> Account:
    return world.create_account(name, account_id=contents.get("id", ACCOUNTS.get(name)))


def _names(contents: Table) -> Iterator[tuple[str, str]]:
    """Yield each declared name with its list."""
    for kind in _LISTS:
        for name in str(contents.get(kind, "")).split():
            yield kind, name


def _create(account: Account, contents: Table) -> None:
    """Create everything that has a name, without policies."""
    declared = {name for _, name in _names(contents)}
    check_table(contents, {**dict.fromkeys(declared, (dict,)), **_OF_ACCOUNT})
    for kind, name in _names(contents):
        with at(kind, name):
            made = _LISTS[kind](account, name, contents.get(name, {}))
            if kind in _WITHOUT_NAME:
                account.world.named[name] = made.arn  # type: ignore[attr-defined]


def _fill(account: Account, contents: Table) -> None:
    """Add policies, memberships, credentials and tags."""
    for name, value in contents.get("policies", {}).items():
        with at("policies", name):
            _managed(account, name, value)
    for kind, name in _names(contents):
        own = contents.get(name, {})
        fill = _FILLERS.get(kind, _of_resource)
        types = _OF_IDENTITY if kind in _FILLERS else _OF_RESOURCE
        for key, value in own.items():
            with at(name, key):
                fill(account, name, key, expect(value, *types.get(key, _POLICY)))
    for key, value in contents.get("root", {}).items():
        with at("root", key):
            find_named("credential", key, _CREDENTIALS)(account.root, "root", value)
    for number, call in enumerate(contents.get("calls", ())):
        with at("calls", str(number)):
            _make_call(account, need(call, "Operation"), **call)


def _make_call(account: Account, operation: str, **parameters: Any) -> None:
    """Make a call as the root user, or ``by`` an access key; ``at`` a time."""
    del parameters["Operation"]
    if "at" in parameters:
        _move_to(account.world, parameters.pop("at"))
    if "by" in parameters:
        key, resource = key_of(parameters["by"], account), arn_of(parameters["Resource"], account)
        account.world.do(key, operation, resource)
    else:
        perform(account, operation, **parameters)


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


def _tags(value: str | Mapping[str, str]) -> dict[str, str]:
    """Return tags from ``team=sky project=andromeda``, or a table."""
    if isinstance(value, str):
        return dict(word.split("=", 1) for word in value.split())
    return dict(value)


def _of_identity(account: Account, name: str, key: str, value: Any, kind: str) -> None:
    identity = getattr(account, kind)[name]
    if key == "attach":
        for policy in value.split():
            identity.attach_policy(policy)
    elif key == "tags":
        identity.tag(_tags(value))
    elif key == "boundary":
        identity.put_permissions_boundary(value)
    else:
        identity.put_policy(key, policy_of(value, account))


_CREDENTIALS: dict[str, Callable[[User | RootUser, str, Any], Any]] = {
    "password": lambda owner, _, __: owner.create_login_profile(PASSWORD),
    "mfa": lambda owner, name, _: owner.create_virtual_mfa_device(name).enable(),
    "access_keys": lambda owner, _, many: [owner.create_access_key() for _ in range(int(many))],
}
"""What a user, or the root user, can have to sign in with."""


def _of_user(account: Account, name: str, key: str, value: Any) -> None:
    user = account.users[name]
    if key == "groups":
        for group in value.split():
            find_named("group", group, account.groups).add_user(name)
    elif key in _CREDENTIALS:
        _CREDENTIALS[key](user, name, value)
    else:
        _of_identity(account, name, key, value, "users")


def _of_group(account: Account, name: str, key: str, value: Any) -> None:
    _of_identity(account, name, key, value, "groups")


def _of_role(account: Account, name: str, key: str, value: Any) -> None:
    role = account.roles[name]
    if key == "trust":
        role.update_assume_role_policy(policy_of(value, account))
    elif key == "max_session_duration":
        role.update(max_session_duration=value)
    else:
        _of_identity(account, name, key, value, "roles")


def _of_profile(account: Account, name: str, key: str, value: Any) -> None:
    check_keys([key], ("role",))
    account.instance_profiles[name].add_role(value)


def _of_resource(account: Account, name: str, key: str, value: Any) -> None:
    check_keys([key], _OF_RESOURCE)
    if key not in ("policy", "tags"):  # it was needed to create the resource
        return
    resource: Any = account.resources[arn_of(name, account)]
    if key == "policy":
        resource.put_policy(policy_of(value, account))
    else:
        set_tags = resource.put_tagging if hasattr(resource, "put_tagging") else resource.tag
        set_tags(_tags(value))


_FILLERS: dict[str, Callable[[Account, str, str, Any], None]] = {
    "users": _of_user,
    "groups": _of_group,
    "roles": _of_role,
    "instance_profiles": _of_profile,
}


def _provider(account: Account, name: str) -> Any:
    """Register an issuer or a directory outside AWS."""
    world = account.world
    makers: dict[str, Callable[[], Any]] = {
        "github": world.github_actions,
        "cognito": world.cognito,
        "directory": world.create_saml_directory,
    }
    check_keys([name], makers)
    return makers[name]().register(account)


def _own_account(account: Account) -> Table:
    """Return the trust policy of roles without one: the account."""
    return read_policy(f"allow - sts:AssumeRole to {account.name}", account)


def _move_to(world: World, time: datetime) -> None:
    """Move the world's clock to a later time."""
    seconds = (time - world.clock.now).total_seconds()
    if seconds < 0:
        raise ExerciseError(f"time must be after {world.clock.now:%Y-%m-%d %H:%M}Z.")
    world.clock.advance(seconds=seconds)
