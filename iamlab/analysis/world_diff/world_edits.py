"""Edits between two worlds: each is a fact that was added, removed or changed.

An edit can be done or undone by itself, in a copy of a world: its value is written there. The field
of a fact writes its value; facts that aren't fields have their own writers.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis.world_diff import facts
from iamlab.model.account import Account
from iamlab.model.organization.targets import OrganizationalUnit
from iamlab.model.record import copy_into
from iamlab.policy.document import Policy
from iamlab.policy.text_difference import text_difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.analysis.world_diff.facts import Fact, Path
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World


@dataclass(frozen=True, slots=True)
class WorldEdit:
    """An edit that leads from one world to another.

    Parameters
    ----------
    sentence
        In words: ``"added: acme: user ana in group astronomers"``.
    path
        What it is about; see ``Path``.
    old, new
        The value before and after; ``None`` if there was no value.
    """

    sentence: str
    path: Path
    old: Any = field(repr=False, compare=False)
    new: Any = field(repr=False, compare=False)

    def done(self, world: World) -> World | None:
        """Return a copy of a world in which it is done; ``None`` if it cannot be done there."""
        return _written(world, self.path, self.new)

    def undone(self, world: World) -> World | None:
        """Return a copy of a world in which it is taken back; ``None`` if it cannot be."""
        return _written(world, self.path, self.old)

    @property
    def documents(self) -> tuple[Policy | None, Policy | None]:
        """The policy before and after; for a new version of a policy, the version before it."""
        old, new = self.old, self.new
        if old is None and self.path[0] == "version":
            managed, document = new
            others = [other for other in managed.versions.values() if other is not document]
            return (others[-1] if others else None), document
        values = (getattr(value, "document", value) for value in (old, new))
        before, after = (value if isinstance(value, Policy) else None for value in values)
        return before, after

    @property
    def lines(self) -> Iterator[str]:
        """What it is, and below it the statements that it adds to a policy, or removes."""
        yield shortened(self.sentence)
        old, new = self.documents
        if known := old or new:
            nothing = Policy((), known.version, known.id)
            yield from (f"  {line}" for line in text_difference(old or nothing, new or nothing))

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[Any, ...]:  # values hold whole worlds, and their secrets
        return WorldEdit, (self.sentence, self.path, None, None)


def shortened(sentence: str) -> str:
    """Write a sentence about an edit on one line, without the text of a policy."""
    return " ".join(sentence.partition(": {")[0].split())


def edits_between(before: World, after: World) -> tuple[WorldEdit, ...]:
    """List the edits that lead from one world to another.

    Examples
    --------
    >>> from iamlab import World
    >>> before = World(seed=7)
    >>> main = before.create_account("main")
    >>> after = before.copy()
    >>> ana = after.account("main").create_user("ana")
    >>> [str(edit) for edit in edits_between(before, after)]
    ['added: main: user ana']
    """
    old, new = facts.facts_of(before), facts.facts_of(after)
    found = [
        WorldEdit(f"removed: {fact.subject}{fact.shown}", path, fact.value, None)
        for path, fact in _by_words(old)
        if path not in new
    ]
    found += [
        WorldEdit(f"added: {fact.subject}{fact.shown}", path, None, fact.value)
        for path, fact in _by_words(new)
        if path not in old
    ]
    found += [
        WorldEdit(_changed(fact, new[path]), path, fact.value, new[path].value)
        for path, fact in _by_words(old)
        if path in new and (fact.shown, fact.mark) != (new[path].shown, new[path].mark)
    ]
    return tuple(found)


def _by_words(facts: Mapping[Path, Fact]) -> list[tuple[Path, Fact]]:
    return sorted(facts.items(), key=lambda item: (item[1].subject, item[0]))


def _changed(old: Fact, new: Fact) -> str:
    shown = new.shown.removeprefix(":").strip()
    return f"changed: {old.subject}{old.shown}" + (f" -> {shown}" if shown else "")


def _written(world: World, path: Path, value: Any) -> World | None:
    """Write a value into a copy of a world, if there is a place for it."""
    twin = world.copy()
    try:
        write(twin, path, value)
    except (LookupError, ValueError):
        return None
    return twin


# -- writing --------------------------------------------------------------------------------------


def _bare(record: Any, account: Account, **more: Any) -> Any:
    """Copy an identity or a resource without what is attached to it."""
    empty = {
        field.name: type(value)()
        for field in fields(record)
        if field.init and isinstance(value := getattr(record, field.name), list | dict)
    }
    return replace(record, account=account, **{**empty, **more})


def _write_account(world: World, key: str, value: Any) -> None:
    if value is not None:
        world.accounts[key] = Account(world, value.name, value.account_id, value.partition)
    elif world.organization_of(key) is not None:
        raise LookupError(key)  # a member of an organization can't be removed alone
    else:
        del world.accounts[key]


def _write_identity(account: Account, kind: str, name: str, value: Any) -> None:
    held = getattr(account, f"{kind}s")
    if value is None:
        del held[name]
        return
    absent = {key: None for key in ("boundary", "trust", "login_profile") if hasattr(value, key)}
    held[name] = _bare(value, account, path="/", **absent)


def _write_resource(account: Account, arn: str, value: Any) -> None:
    if value is None:
        del account.resources[arn]
        return
    every = facts.settings_of(value)
    initial = {setting.name: facts.initial_value(setting) for setting in every if setting.init}
    known = {name: setting for name, setting in initial.items() if setting is not MISSING}
    account.resources[arn] = _bare(value, account, policy=None, **known)


def _write_setting(account: Account, arn: str, name: str, value: Any) -> None:
    resource = account.resources[arn]
    found = next(field for field in fields(resource) if field.name == name)
    setattr(resource, name, facts.initial_value(found) if value is None else facts.own_copy(value))


def _write_version(account: Account, arn: str, version: str, value: Any) -> None:
    policies = account.policies
    if value is not None:
        managed, document = value
        known = policies.get(arn)
        if known is None:
            known = policies[arn] = managed.copy(account)
            known.versions, known.default_version_id = {}, version
        known.versions[version] = document
    elif policies[arn].default_version_id != version:
        del policies[arn].versions[version]
    elif len(policies[arn].versions) == 1:
        del policies[arn]
    else:
        raise LookupError(version)  # the default version of a policy that stays


def _write_default(account: Account, arn: str, value: Any) -> None:
    if value not in account.policies[arn].versions:
        raise LookupError(value)
    account.policies[arn].default_version_id = value


def _write_organization(world: World, key: str, value: Any) -> None:
    if value is None:
        del world.organizations[key]
        return
    made: Organization = value.copy(world)
    made.members, made.organizational_units = {}, {}
    made.policies = {key: policy for key, policy in made.policies.items() if policy.is_aws_managed}
    made.root.attached, made.root.policy_types = [], []
    world.organizations[key] = made


def _write_organization_policy(organization: Organization, key: str, value: Any) -> None:
    if value is not None:
        organization.policies[key] = copy_into(value, world=organization.world)
    elif any(key in target.attached for target in organization.targets):
        raise LookupError(key)  # an attached policy can't be removed alone
    else:
        del organization.policies[key]


def _write_place(organization: Organization, key: str, value: Any) -> None:
    unit = isinstance(value or organization.target(key), OrganizationalUnit)
    held: dict[str, Any] = organization.organizational_units if unit else organization.members
    if value is None:
        del held[key]
        return
    if organization.container(value.parent_id) is None:
        raise LookupError(value.parent_id)
    if key not in held:
        held[key] = copy_into(value, world=organization.world)
        held[key].attached = []
    held[key].parent_id = value.parent_id


def _write_attachment(organization: Organization, target_id: str, key: str, value: Any) -> None:
    target = organization.target(target_id)
    if target is None or key not in organization.policies:
        raise LookupError(target_id)
    target.attached.remove(key) if value is None else target.attached.append(key)


_WRITERS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "": {"account": _write_account, "organization": _write_organization},
    "accounts": {
        "identity": _write_identity,
        "default": _write_default,
        "version": _write_version,
        "resource": _write_resource,
        "setting": _write_setting,
    },
    "organizations": {
        "organization policy": _write_organization_policy,
        "place": _write_place,
        "hangs": _write_attachment,
    },
}
"""Where a world has a fact -> the fact's kind -> its writer, if it isn't a field."""


KINDS = frozenset(facts.FIELDS).union(*_WRITERS.values())
"""The kinds of facts."""


def write(world: World, path: Path, value: Any) -> None:
    """Write the value of a fact into a world; ``None`` removes the fact.

    Raises
    ------
    LookupError, ValueError
        The world has no place for it.
    """
    kind, *where = path
    if kind in facts.FIELDS:
        facts.FIELDS[kind].write(_owner(world, facts.FIELDS[kind].of, where), where, value)
    for held, writers in _WRITERS.items():
        if kind in writers:
            within = [getattr(world, held)[where.pop(0)]] if held else [world]
            writers[kind](*within, *where, value)


def _owner(world: World, of: str, where: list[str]) -> Any:
    """Find the owner of a field in a world."""
    if of == "world":
        return world
    if of == "root":
        return world.organizations[where[0]].root
    account = world.accounts[where[0]]
    if of == "identity":
        return getattr(account, f"{where[1]}s")[where[2]]
    return account.resources[where[1]] if of == "resource" else account
