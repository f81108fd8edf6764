"""The facts of accounts that can be changed, and how such a fact is written into a world.

Nothing is said of what decides nothing: access keys, passwords, events.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.authorization.attached_policies import allows_password_change
from iamlab.model.account import Account
from iamlab.model.identities import Bounded, Identity, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.resources import Resource
    from iamlab.model.world import World

Path = tuple[str, ...]
"""The kind of a fact, and where it is: ``("tag", "111111111111", "user", "ana", "team")``."""


class Fact(NamedTuple):
    """Something that is so.

    Parameters
    ----------
    thing
        What it is about, in words.
    shown
        Its value in words; empty if being there is all.
    value
        The value itself.
    mark
        What is compared, where the words do not say all.
    """

    thing: str
    shown: str
    value: Any
    mark: object = None


def facts_of_accounts(world: World) -> Iterator[tuple[Path, Fact]]:
    """Say all that can be changed in the accounts of a world."""
    for account in world.accounts.values():
        key = account.account_id
        yield ("account", key), Fact(f"account {account.name}", "", account)
        for (kind, *rest), fact in _of_account(account):
            yield (kind, key, *rest), fact._replace(thing=f"{account.name}: {fact.thing}")
    for arn, policy in world.resource_policies.items():
        yield ("given", arn), Fact(f"policy of {arn}", f": {policy.text}", policy)


def _of_account(account: Account) -> Iterator[tuple[Path, Fact]]:
    identities: list[Identity] = [
        *account.users.values(),
        *account.groups.values(),
        *account.roles.values(),
    ]
    for identity in identities:
        for (kind, *rest), fact in _of_identity(identity):
            yield (kind, identity.kind, identity.name, *rest), fact
    for arn, managed in account.policies.items():
        name, default = managed.name, managed.default_version_id
        yield ("default", arn), Fact(f"default version of policy {name}", f": {default}", default)
        for version, document in managed.versions.items():
            words = f"version {version} of policy {name}"
            yield ("version", arn, version), Fact(words, f": {document.text}", (managed, document))
    for arn, resource in account.resources.items():
        for (kind, *rest), fact in _of_resource(resource):
            yield (kind, arn, *rest), fact
    if account.s3_public_access_block is not None:
        shown = _switches(account.s3_public_access_block)
        words = "Block Public Access of the account"
        yield ("block",), Fact(words, shown, account.s3_public_access_block)
    if allows_password_change(account):
        words = "users may change their own passwords"
        yield ("own passwords",), Fact(words, "", account.password_policy)


def _of_identity(identity: Identity) -> Iterator[tuple[Path, Fact]]:
    who = f"{identity.kind} {identity.name}"
    yield ("identity",), Fact(who, "", identity)
    if identity.path != "/":
        yield ("path",), Fact(f"path of {who}", f": {identity.path}", identity.path)
    for arn in identity.attached:
        yield ("attached", arn), Fact(f"{who} has policy {arn}", "", arn)
    for name, policy in identity.inline.items():
        yield ("inline", name), Fact(f"inline policy {name} of {who}", f": {policy.text}", policy)
    for key, value in identity.tags.items():
        yield ("tag", key), Fact(f"tag {key} of {who}", f": {value}", value)
    if isinstance(identity, Bounded) and identity.boundary:
        yield (
            ("boundary",),
            Fact(f"boundary of {who}", f": {identity.boundary}", identity.boundary),
        )
    if isinstance(identity, User):
        for group in identity.groups:
            yield ("member", group), Fact(f"{who} in group {group}", "", group)
    if isinstance(identity, Role):
        if identity.trust is not None:
            words = f"trust policy of {who}"
            yield ("trust",), Fact(words, f": {identity.trust.text}", identity.trust)
        longest = identity.max_session_duration
        yield ("duration",), Fact(f"maximum session duration of {who}", f": {longest}", longest)


_OWN = ("account", "arn", "tags", "policy")
"""The fields of a resource that are told by themselves, or never change."""


def _of_resource(resource: Resource) -> Iterator[tuple[Path, Fact]]:
    what = f"{resource.kind} {resource.name}"
    yield ("resource",), Fact(what, "", resource)
    for key, value in resource.tags.items():
        yield ("resource tag", key), Fact(f"tag {key} of {what}", f": {value}", value)
    if resource.policy is not None:
        words = f"policy of {what}"
        yield ("resource policy",), Fact(words, f": {resource.policy.text}", resource.policy)
    for name, value in _settings(resource).items():
        words, tell = _SAID.get(name, (name.replace("_", " "), lambda _: ""))
        yield ("setting", name), Fact(f"{words} of {what}", tell(value), value, value)


def _settings(resource: Resource) -> dict[str, Any]:
    """Give the fields of a resource that are not as they are at first."""
    return {
        one.name: own(value)
        for one in fields(resource)
        if one.name not in _OWN and (value := getattr(resource, one.name)) != _at_first(one)
    }


def own(value: Any) -> Any:
    """Give a list or a dict of one's own: an edit and the worlds made of it share none."""
    return type(value)(value) if isinstance(value, list | dict) else value


def _at_first(one: Any) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _switches(block: PublicAccessBlock | None) -> str:
    names = [] if block is None else [one.name for one in fields(block) if getattr(block, one.name)]
    return f": {', '.join(names) or 'all off'}"


def _names(things: Mapping[str, Any]) -> str:
    return f": {', '.join(getattr(one, 'name', '') or key for key, one in things.items())}"


_SAID: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "own_public_access_block": ("Block Public Access", _switches),
    "kept_grants": ("grants", _names),
    "abac": ("ABAC", lambda value: f": {value}"),
    "key_state": ("state", lambda value: f": {value}"),
    "endpoint_policy": (
        "endpoint policy",
        lambda value: f": {value.text}" if value is not None else "",
    ),
}
"""Settings whose value is told, with their words: of others, one of which might be a secret, only
that they changed."""


# Writing -----------------------------------------------------------------------------------------


def _identities(world: World, where: list[str]) -> dict[str, Any]:
    held: dict[str, Any] = getattr(world.accounts[where[0]], f"{where[1]}s")
    return held


def _identity(world: World, where: list[str]) -> Any:
    return _identities(world, where)[where[2]]


def _resource(world: World, where: list[str]) -> Any:
    return world.accounts[where[0]].resources[where[1]]


def bare(thing: Any, account: Account, **more: Any) -> Any:
    """Give a copy of an identity or a resource with nothing on it."""
    empty = {
        one.name: type(value)()
        for one in fields(thing)
        if one.init and isinstance(value := getattr(thing, one.name), list | dict)
    }
    return replace(thing, account=account, **{**empty, **more})


def _write_identity(world: World, where: list[str], value: Any) -> None:
    account, name = world.accounts[where[0]], where[2]
    if value is None:
        del _identities(world, where)[name]
        return
    nothing = {one: None for one in ("boundary", "trust", "login_profile") if hasattr(value, one)}
    _identities(world, where)[name] = bare(value, account, path="/", **nothing)


def _write_resource(world: World, where: list[str], value: Any) -> None:
    account, arn = world.accounts[where[0]], where[1]
    if value is None:
        del account.resources[arn]
        return
    settings = {
        one.name: _at_first(one)
        for one in fields(value)
        if one.init and one.name not in _OWN and _at_first(one) is not MISSING
    }
    account.resources[arn] = bare(value, account, policy=None, **settings)


def _write_setting(world: World, where: list[str], value: Any) -> None:
    resource = _resource(world, where)
    one = next(one for one in fields(resource) if one.name == where[2])
    setattr(resource, where[2], _at_first(one) if value is None else own(value))


def _write_list(name: str) -> Callable[[World, list[str], Any], None]:
    def write(world: World, where: list[str], value: Any) -> None:
        held: list[str] = getattr(_identity(world, where), name)
        held.remove(where[3]) if value is None else held.append(where[3])

    return write


def _write_dict(
    find: Callable[[World, list[str]], Any], name: str
) -> Callable[[World, list[str], Any], None]:
    def write(world: World, where: list[str], value: Any) -> None:
        held: dict[str, Any] = getattr(find(world, where), name)
        if value is None:
            del held[where[-1]]
        else:
            held[where[-1]] = own(value)

    return write


def _write_field(
    find: Callable[[World, list[str]], Any], name: str, without: Any = None
) -> Callable[[World, list[str], Any], None]:
    def write(world: World, where: list[str], value: Any) -> None:
        setattr(find(world, where), name, without if value is None else own(value))

    return write


def _account(world: World, where: list[str]) -> Any:
    return world.accounts[where[0]]


def _write_account(world: World, where: list[str], value: Any) -> None:
    if value is None:
        if world.organization_of(where[0]) is not None:
            raise LookupError(where[0])  # an organization has no account that is not there
        del world.accounts[where[0]]
    else:
        made = Account(world, value.name, value.account_id, value.partition)
        world.accounts[where[0]] = made


def _write_version(world: World, where: list[str], value: Any) -> None:
    policies: dict[str, ManagedPolicy] = world.accounts[where[0]].policies
    arn, version = where[1:]
    if value is not None:
        managed, document = value
        known = policies.get(arn)
        if known is None:
            known = policies[arn] = managed.copy(_account(world, where))
            known.versions, known.default_version_id = {}, version
        known.versions[version] = document
    elif policies[arn].default_version_id != version:
        del policies[arn].versions[version]
    elif len(policies[arn].versions) == 1:
        del policies[arn]
    else:
        raise LookupError(version)  # the default version of a policy that stays


def _write_default(world: World, where: list[str], value: Any) -> None:
    managed = world.accounts[where[0]].policies[where[1]]
    if value not in managed.versions:
        raise LookupError(value)
    managed.default_version_id = value


def _write_given(world: World, where: list[str], value: Any) -> None:
    if value is None:
        del world.resource_policies[where[0]]
    else:
        world.resource_policies[where[0]] = value


OF_ACCOUNTS: Mapping[str, Callable[[World, list[str], Any], None]] = {
    "account": _write_account,
    "identity": _write_identity,
    "path": _write_field(_identity, "path", "/"),
    "attached": _write_list("attached"),
    "inline": _write_dict(_identity, "inline"),
    "tag": _write_dict(_identity, "tags"),
    "boundary": _write_field(_identity, "boundary"),
    "member": _write_list("groups"),
    "trust": _write_field(_identity, "trust"),
    "duration": _write_field(_identity, "max_session_duration", 3600),
    "default": _write_default,
    "version": _write_version,
    "resource": _write_resource,
    "resource tag": _write_dict(_resource, "tags"),
    "resource policy": _write_field(_resource, "policy"),
    "setting": _write_setting,
    "block": _write_field(_account, "s3_public_access_block"),
    "own passwords": _write_field(_account, "password_policy"),
    "given": _write_given,
}
"""How a value is written into a world, by the kind of the fact."""
