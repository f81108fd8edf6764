"""Worlds of lessons, from the tables of a lesson's file.

A table lists names (``users = "alice bob"``) and then gives each a table of its own, in which
``alice.groups`` or ``alice.attach`` have a meaning and every other key is an inline policy:
``alice.stack = "allow ..."``. ``like = "stack"`` begins with another world. ``calls`` are made by
the root user, or ``by = "bob/key-1"``, his first access key; ``at`` a time, they give a world a
past. The page docs/lesson-format.md lists all keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AwsError, ExerciseError, IamLabError, did_you_mean, noted
from iamlab.operations.dispatch import perform
from iamlab.policy.document import Policy
from iamlab.teach.callers import PASSWORD, LessonWorld, key_of, session_call
from iamlab.teach.notation import arn_of, read_policy
from iamlab.widgets.instruments.statement_stack import arranged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.credentials import RootUser
    from iamlab.world.identities import User
    from iamlab.world.organization import Organization
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
    "functions": lambda account, name, table: account.create_function(name, role=table["role"]),
    "endpoints": lambda account, _, table: account.create_vpc_endpoint(
        f"com.amazonaws.us-east-1.{table.get('service', 's3')}", table.get("vpc", "vpc-1")
    ),
    "instance_profiles": lambda account, name, _: account.create_instance_profile(name),
    "identity_providers": lambda account, name, _: _provider(account, name),
}
"""What an account can list, and how each is created."""

_WITHOUT_NAME = ("keys", "endpoints", "identity_providers")
_OF_ACCOUNT = (*_LISTS, "policies", "root", "calls", "id")
_OF_WORLD = ("accounts", "organization", "sessions", "network", "time")
_OF_RESOURCE = ("policy", "tags", "block_public_access", "role", "service", "vpc")


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
            raise noted(ExerciseError(f"World {name!r} {what}."), did_you_mean(name, tables))
        seen.append(name)
        chain.append(tables[name])
        name = tables[name].get("like", "")
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
    accounts: dict[str, Table] = {"acme-main": {}, **table.get("accounts", {})}
    accounts["acme-main"] = {**own, **accounts["acme-main"]}
    made = [(_account(world, name, contents), contents) for name, contents in accounts.items()]
    for part in (_create, _fill):
        for account, contents in made:
            part(account, contents)
    if "organization" in table:
        with _at("organization"):
            _organization(world, table["organization"])
    for name, call in table.get("sessions", {}).items():
        with _at("sessions", name):
            world.calls[name] = session_call(name, call, world.main)
    if "time" in table:
        _move_to(world, table["time"])
    world.network(**table.get("network", {}))
    world.events.clear()
    return world


def _account(world: LessonWorld, name: str, contents: Table) -> Account:
    return world.create_account(name, account_id=contents.get("id", ACCOUNTS.get(name)))


class _at:  # noqa: N801 - reads as a word
    """Turn AWS's errors into errors of the lesson's file, with the key."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, IamLabError):
            place = ".".join(self.keys)
            message = f"{place}: {error}" if isinstance(error, AwsError) else str(error)
            raise noted(ExerciseError(message), *getattr(error, "__notes__", ())) from error


def _names(contents: Table) -> Iterator[tuple[str, str]]:
    """Yield each declared name with its list."""
    for kind in _LISTS:
        for name in str(contents.get(kind, "")).split():
            yield kind, name


def _create(account: Account, contents: Table) -> None:
    """Create everything that has a name, without policies."""
    declared = {name for _, name in _names(contents)}
    _check_keys(contents, (*declared, *_OF_ACCOUNT))
    for kind, name in _names(contents):
        with _at(kind, name):
            made = _LISTS[kind](account, name, contents.get(name, {}))
            if kind in _WITHOUT_NAME:
                account.world.named[name] = made.arn  # type: ignore[attr-defined]


def _fill(account: Account, contents: Table) -> None:
    """Add policies, memberships, credentials and tags."""
    for name, value in contents.get("policies", {}).items():
        with _at("policies", name):
            _managed(account, name, value)
    for kind, name in _names(contents):
        own = contents.get(name, {})
        fill = _FILLERS.get(kind, _of_resource)
        for key, value in own.items():
            with _at(name, key):
                fill(account, name, key, value)
    for key, value in contents.get("root", {}).items():
        with _at("root", key):
            _check_keys({key: value}, _CREDENTIALS)
            _CREDENTIALS[key](account.root, "root", value)
    for call in contents.get("calls", ()):
        with _at("calls"):
            _make_call(account, **call)


def _make_call(account: Account, Operation: str, **parameters: Any) -> None:  # noqa: N803 - AWS's
    """Make a call as the root user, or ``by`` an access key; ``at`` a time."""
    if "at" in parameters:
        _move_to(account.world, parameters.pop("at"))
    if "by" in parameters:
        key, resource = key_of(parameters["by"], account), arn_of(parameters["Resource"], account)
        account.world.do(key, Operation, resource)
    else:
        perform(account, Operation, **parameters)


def policy_of(value: Any, account: Account) -> Policy:
    """Return a policy from notation, JSON, or notation with an order of its statements."""
    if isinstance(value, dict) and "order" in value:
        return arranged(policy_of(value["statements"], account), value["order"].split())
    return Policy.parse(read_policy(value, account))


def _managed(account: Account, name: str, value: Any) -> None:
    """Create a customer managed policy, with its versions."""
    if not (isinstance(value, dict) and "v1" in value):
        account.create_policy(name, policy_of(value, account))
        return
    made = account.create_policy(name, policy_of(value["v1"], account))
    for version in sorted(key for key in value if key not in ("v1", "default")):
        made.create_version(policy_of(value[version], account))
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
    elif not isinstance(value, str | dict):
        raise ExerciseError(f"{name}.{key} must be a policy, not {value!r}.")
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
            account.groups[group].add_user(name)
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
    _check_keys({key: value}, ("role",))
    account.instance_profiles[name].add_role(value)


def _of_resource(account: Account, name: str, key: str, value: Any) -> None:
    _check_keys({key: value}, _OF_RESOURCE)
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
    _check_keys({name: ""}, makers)
    return makers[name]().register(account)


def _own_account(account: Account) -> Table:
    """Return the trust policy of roles without one: the account."""
    return read_policy(f"allow - sts:AssumeRole to {account.name}", account)


_OF_ORGANIZATION = ("management", "units", "members", "scps", "rcps", "without_full_access")


def _organization(world: LessonWorld, table: Table) -> None:
    """Create the organization: units, members, SCPs and RCPs."""
    _check_keys(table, _OF_ORGANIZATION)
    organization = world.create_organization(table.get("management", "acme-org"))
    for path in str(table.get("units", "")).split():
        parent, _, name = path.rpartition("/")
        organization.create_organizational_unit(name, parent=parent.rpartition("/")[2] or None)
    for name, unit in table.get("members", {}).items():
        account = world.account(name)
        organization.invite_account(account).accept()
        if unit:
            organization.move_account(account, unit)
    if "rcps" in table:
        organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    policies = [("SERVICE", table.get("scps", {})), ("RESOURCE", table.get("rcps", {}))]
    for kind, name, own in ((kind, *item) for kind, tables in policies for item in tables.items()):
        document = policy_of(own["policy"], world.main)
        made = organization.create_policy(name, document, type=f"{kind}_CONTROL_POLICY")
        for target in own["on"].split():
            made.attach(_target(world, organization, target))
    for target in str(table.get("without_full_access", "")).split():
        organization.detach_policy("FullAWSAccess", _target(world, organization, target))


def _check_keys(table: Table, known: Iterable[str]) -> None:
    """Check that each key has a meaning."""
    for key in table:
        if key not in known:
            error = ExerciseError(f"{key!r} has no meaning here.")
            raise noted(error, did_you_mean(key, known))


def _target(world: LessonWorld, organization: Organization, name: str) -> Any:
    accounts = {own.name: own for own in world.accounts.values()}
    return organization.root if name == "root" else accounts.get(name, name)


def _move_to(world: World, time: datetime) -> None:
    """Move the world's clock to a later time."""
    seconds = (time - world.clock.now).total_seconds()
    if seconds < 0:
        raise ExerciseError(f"time must be after {world.clock.now:%Y-%m-%d %H:%M}Z.")
    world.clock.advance(seconds=seconds)
