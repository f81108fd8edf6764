"""The facts of a world that edits change.

A fact has a path: its kind, then where it is. Most kinds are fields of an identity, a resource, an
account or an organization, and are rows of a table. What doesn't change a decision isn't a fact:
access keys, passwords, events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.model.identities import allows_password_change
from iamlab.model.organization.policies import RCP, SCP
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.resources import Resource
    from iamlab.model.world import World

Path = tuple[str, ...]
"""The kind of a fact, and where it is: ``("tag", "111111111111", "user", "ana", "team")``."""


class Fact(NamedTuple):
    """A fact of a world.

    Parameters
    ----------
    subject
        What it is about, in words.
    shown
        Its value in words; empty if there is no value.
    value
        The value itself.
    mark
        What is compared, if the words don't say everything.
    """

    subject: str
    shown: str
    value: Any
    mark: object = None


Facts = Iterator[tuple[Path, Fact]]


def facts_of(world: World) -> dict[Path, Fact]:
    """Return every fact of a world by its path."""
    found: dict[Path, Fact] = {}
    for key, account in world.accounts.items():
        found["account", key] = Fact(f"account {account.name}", "", account)
        for (kind, *rest), fact in _of_account(account):
            found[kind, key, *rest] = fact._replace(subject=f"{account.name}: {fact.subject}")
    found |= _fields_of("world", world)
    for key, organization in world.organizations.items():
        found["organization", key] = Fact(f"organization {key}", "", organization)
        for (kind, *rest), fact in _of_organization(organization):
            subject = f"organization {key}: {fact.subject}"
            found[kind, key, *rest] = fact._replace(subject=subject)
    return found


# -- fields ---------------------------------------------------------------------------------------


def _value(value: Any) -> str:
    return f": {value}"


def _text(policy: Any) -> str:
    return f": {policy.text}" if policy is not None else ""


def _nothing(_: Any) -> str:
    return ""


def _switches(block: PublicAccessBlock | None) -> str:
    every = () if block is None else fields(block)
    names = [field.name for field in every if getattr(block, field.name)]
    return f": {', '.join(names) or 'all off'}"


def _names(grants: Mapping[str, Any]) -> str:
    return f": {', '.join(getattr(grant, 'name', '') or key for key, grant in grants.items())}"


class Field(NamedTuple):
    """A field whose value is a fact; of a list or dict, each item is one.

    Parameters
    ----------
    of
        The kind of its owner.
    subject
        What the fact is about: ``{0}`` is the owner and ``{1}`` the item's key.
    show
        Puts a value into words.
    unset
        The value that doesn't count as a fact.
    default
        What is written when the fact is removed.
    """

    of: str
    name: str
    subject: str
    show: Callable[[Any], str] = _value
    unset: Any = None
    default: Any = None

    def facts(self, owner: object, words: str) -> Facts:
        """Return the facts of an owner, each with its item's key if it is one of an item."""
        value = getattr(owner, self.name, self.unset)
        if isinstance(value, list | dict):
            for key in value:
                item = value[key] if isinstance(value, dict) else key
                yield (key,), Fact(self.subject.format(words, key), self.show(item), item)
        elif value not in (None, self.unset):
            yield (), Fact(self.subject.format(words), self.show(value), value)

    def write(self, owner: Any, where: list[str], value: Any) -> None:
        """Write a value, or remove it if it is ``None``."""
        held = getattr(owner, self.name)
        if isinstance(held, dict):
            if value is None:
                del held[where[-1]]
            else:
                held[where[-1]] = own_copy(value)
        elif isinstance(held, list):
            held.remove(where[-1]) if value is None else held.append(where[-1])
        else:
            setattr(owner, self.name, self.default if value is None else own_copy(value))


_SHOW = {show.__name__[1:]: show for show in (_value, _text, _nothing, _switches, _names)}
"""How a value is put into words, as ``fields.toml`` calls it."""

TABLES: dict[str, Any] = tables(__file__, "fields.toml")
FIELDS = {
    kind: Field(**{**field, "show": _SHOW[field.get("show", "value")]})
    for kind, field in TABLES["fields"].items()
}
"""The facts that are fields, by the kind of the fact."""

_TOLD_ELSEWHERE = ("account", "arn", "tags", "policy")
"""The fields of a resource that are facts of other kinds, or never change."""

_SETTINGS = {name: (label, _SHOW[how]) for name, (label, how) in TABLES["settings"].items()}
"""The settings of resources whose value is shown. Others might be secret: only that they changed
is shown."""


# -- reading --------------------------------------------------------------------------------------


def _of_account(account: Account) -> Facts:
    users_and_groups = (*account.users.values(), *account.groups.values())
    for identity in (*users_and_groups, *account.roles.values()):
        words, at = f"{identity.kind} {identity.name}", (identity.kind, identity.name)
        yield ("identity", *at), Fact(words, "", identity)
        yield from _fields_of("identity", identity, words, *at)
    for arn, managed in account.policies.items():
        name, default = managed.name, managed.default_version_id
        yield ("default", arn), Fact(f"default version of policy {name}", f": {default}", default)
        for version, document in managed.versions.items():
            words = f"version {version} of policy {name}"
            yield ("version", arn, version), Fact(words, _text(document), (managed, document))
    for arn, resource in account.resources.items():
        words = f"{resource.kind} {resource.name}"
        yield ("resource", arn), Fact(words, "", resource)
        yield from _fields_of("resource", resource, words, arn)
        for name, fact in _of_settings(resource, words):
            yield ("setting", arn, name), fact
    for path, fact in _fields_of("account", account):
        if path[0] != "own passwords" or allows_password_change(account):
            yield path, fact


def _fields_of(of: str, owner: object, words: str = "", *at: str) -> Facts:
    """Return the facts that are fields of an owner, and where the owner is."""
    for kind, field in FIELDS.items():
        if field.of == of:
            for rest, fact in field.facts(owner, words):
                yield (kind, *at, *rest), fact


def _of_settings(resource: Resource, words: str) -> Iterator[tuple[str, Fact]]:
    for setting in settings_of(resource):
        value = own_copy(getattr(resource, setting.name))
        if value != initial_value(setting):
            label, show = _SETTINGS.get(setting.name, (setting.name.replace("_", " "), _nothing))
            yield setting.name, Fact(f"{label} of {words}", show(value), value, value)


def settings_of(resource: Resource) -> Iterator[Any]:
    """Return the fields of a resource that are settings."""
    return (field for field in fields(resource) if field.name not in _TOLD_ELSEWHERE)


def own_copy(value: Any) -> Any:
    """Copy a list or a dict: an edit and the worlds made of it must not share one."""
    return type(value)(value) if isinstance(value, list | dict) else value


def initial_value(field: Any) -> Any:
    """Return the default value of a field of a dataclass; ``MISSING`` without a default."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def _type_and_name(policy: Any) -> str:
    return f"{ {SCP: 'SCP', RCP: 'RCP'}.get(policy.type, policy.type) } {policy.name}"


def _of_organization(organization: Organization) -> Facts:
    yield from _fields_of("root", organization.root)
    for key, policy in organization.policies.items():
        if not policy.is_aws_managed:
            fact = Fact(_type_and_name(policy), f": {policy.content}", policy)
            yield ("organization policy", key), fact
    for target in organization.targets:
        if parent := getattr(target, "parent_id", ""):
            above = organization.container(parent)
            shown = f": {above.label if above is not None else parent}"
            yield ("place", target.id), Fact(f"place of {target.label}", shown, target, parent)
        for key in target.attached:
            words = f"{target.label} has {_type_and_name(organization.policies[key])}"
            yield ("hangs", target.id, key), Fact(words, "", key)
