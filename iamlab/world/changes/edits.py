"""Edits: what is different between two worlds, one by one, so that each can be done or undone.

A world is read as facts: that there is a user, that a policy hangs on it, which text a policy has.
Each fact has a path (its kind, then where it is), words, and a value; and each kind has a function
that writes such a value into a world. An edit is a fact that came, went or changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.world.changes.of_accounts import OF_ACCOUNTS, facts_of_accounts
from iamlab.world.changes.of_organizations import OF_ORGANIZATIONS, facts_of_organizations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.changes.of_accounts import Fact, Path
    from iamlab.world.world import World

WRITERS = {**OF_ACCOUNTS, **OF_ORGANIZATIONS}
"""How a value is written into a world, by the kind of the fact."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit that leads from one world to another.

    Parameters
    ----------
    sentence
        In words: ``"added: acme: user ana in group astronomers"``.
    path
        What it is about; see ``Path``.
    old, new
        The value before and after; ``None``: it was not there.
    """

    sentence: str
    path: Path
    old: Any = field(repr=False, compare=False)
    new: Any = field(repr=False, compare=False)

    def done(self, world: World) -> World | None:
        """Give a copy of a world in which it is done; ``None`` if it cannot be done there."""
        return _written(world, self.path, self.new)

    def undone(self, world: World) -> World | None:
        """Give a copy of a world in which it is taken back; ``None`` if it cannot be."""
        return _written(world, self.path, self.old)

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[Any, ...]:  # values hold whole worlds, and their secrets
        return Edit, (self.sentence, self.path, None, None)


def edits_between(before: World, after: World) -> tuple[Edit, ...]:
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
    old, new = facts_of(before), facts_of(after)
    found = [
        Edit(f"removed: {fact.thing}{fact.shown}", path, fact.value, None)
        for path, fact in _by_words(old)
        if path not in new
    ]
    found += [
        Edit(f"added: {fact.thing}{fact.shown}", path, None, fact.value)
        for path, fact in _by_words(new)
        if path not in old
    ]
    found += [
        Edit(_changed(fact, new[path]), path, fact.value, new[path].value)
        for path, fact in _by_words(old)
        if path in new and (fact.shown, fact.mark) != (new[path].shown, new[path].mark)
    ]
    return tuple(found)


def _by_words(facts: Mapping[Path, Fact]) -> list[tuple[Path, Fact]]:
    return sorted(facts.items(), key=lambda one: (one[1].thing, one[0]))


def _changed(old: Fact, new: Fact) -> str:
    shown = new.shown.removeprefix(":").strip()
    return f"changed: {old.thing}{old.shown}" + (f" -> {shown}" if shown else "")


def _written(world: World, path: Path, value: Any) -> World | None:
    """Write a value into a copy of a world, if there is a place for it."""
    kind, *where = path
    twin = world.copy()
    try:
        WRITERS[kind](twin, where, value)
    except (LookupError, ValueError):
        return None
    return twin


def facts_of(world: World) -> dict[Path, Fact]:
    """Say all that can be changed in a world."""
    return {**dict(facts_of_accounts(world)), **dict(facts_of_organizations(world))}
