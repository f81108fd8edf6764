"""Edits: what is different between two worlds, one by one, so that each can be done or undone.

A world is read as facts: that there is a user, that a policy hangs on it, which text a policy has.
Each fact has a path (its kind, then where it is), words, and a value; and each kind has a function
that writes such a value into a world. An edit is a fact that came, went or changed.

Which edit gave or took what: found by undoing and doing each of them alone.

An edit causes a change if undoing it alone, in the world after, takes the change back; or if doing
it alone, in the world before, makes it. So of two edits that are only together enough both are
causes, and so are two of which each alone would do. Where no edit is one by itself, all are named
that touch the caller or the resource.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.analysis.access_matrix import everybody, matrix
from iamlab.analysis.world_diff.account_fields import OF_ACCOUNTS, facts_of_accounts
from iamlab.analysis.world_diff.organization_fields import OF_ORGANIZATIONS, facts_of_organizations
from iamlab.display import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.world_diff.account_fields import Fact, Path
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.identities import Role, User
    from iamlab.model.world import World


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


Pair = tuple[str, str]
Cell = tuple[str, str, str]

MOST_EDITS = 200
"""For so many edits it is asked what each of them alone does; of more only all together."""


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody gained or lost something.

    Parameters
    ----------
    gained
        Else it was lost.
    by
        The edits that cause it, as sentences.
    together
        Whether none of them does so by itself; ``None`` if that was not worked out, as there are
        too many edits.
    """

    caller: str
    action: str
    resource: str
    gained: bool
    by: tuple[str, ...]
    together: bool | None = False

    def __str__(self) -> str:
        return f"{self.words} {self.action} on {self.resource}"

    @property
    def words(self) -> str:
        """Who gained or lost."""
        return f"{self.caller} {'gained' if self.gained else 'lost'}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two worlds before the same questions."""

    edits: tuple[Edit, ...]
    before: World
    after: World
    gained: dict[Cell, bool]

    @classmethod
    def of(
        cls, edits: tuple[Edit, ...], before: World, after: World, pairs: Sequence[Pair]
    ) -> Comparison:
        """Ask both worlds, and note each cell in which they differ: whether it was gained."""
        callers = tuple(dict.fromkeys((*everybody(before), *everybody(after))))
        old, new = (_allowed(world, callers, pairs) for world in (before, after))
        gained = {
            (caller, *pair): bool(new[caller] >> place & 1)
            for caller in callers
            if (changed := old[caller] ^ new[caller])
            for place, pair in enumerate(pairs)
            if changed >> place & 1
        }
        return cls(edits, before, after, gained)

    @property
    def _is_worked_out(self) -> bool:
        """Whether each edit is done and undone by itself, which takes long if there are many."""
        return len(self.edits) <= MOST_EDITS

    def changes(self) -> Iterator[Change]:
        """Give each change with the edits that cause it."""
        causes = self._causes() if self._is_worked_out else {}
        for cell, gained in self.gained.items():
            by = causes.get(cell, ())
            if by:
                yield Change(*cell, gained, by)
            else:
                together = True if self._is_worked_out else None
                yield Change(*cell, gained, self._touching(cell), together)

    def _causes(self) -> dict[Cell, tuple[str, ...]]:
        found: dict[Cell, list[str]] = defaultdict(list)
        for edit in steps(self.edits if self.gained else (), "undoing edits"):
            undone, done = edit.undone(self.after), None
            taken_back = self._cells_that_are(undone, self.gained, as_after=False)
            left = [cell for cell in self.gained if cell not in taken_back]
            if left:
                done = edit.done(self.before)
            made = self._cells_that_are(done, left, as_after=True)
            for cell in (*taken_back, *made):
                found[cell].append(edit.sentence)
        return {cell: tuple(sentences) for cell, sentences in found.items()}

    def _cells_that_are(
        self, world: World | None, cells: Iterable[Cell], *, as_after: bool
    ) -> set[Cell]:
        """Give the cells that are in a world as in the world after, or as before."""
        asked = list(cells)
        if world is None or not asked:
            return set()
        callers = tuple(dict.fromkeys(caller for caller, _, _ in asked))
        pairs = list(dict.fromkeys((action, resource) for _, action, resource in asked))
        places = {pair: place for place, pair in enumerate(pairs)}
        rows = _allowed(world, callers, pairs)
        return {
            cell
            for cell in asked
            if bool(rows[cell[0]] >> places[cell[1:]] & 1) is (self.gained[cell] is as_after)
        }

    def _touching(self, cell: Cell) -> tuple[str, ...]:
        """Name the edits that touch the caller or the resource; if none does, all."""
        caller, _, resource = cell
        touching = [
            edit.sentence
            for edit in self.edits
            if _touches(edit, caller, (self.before, self.after)) or _is_about(edit, resource)
        ]
        return tuple(touching) or tuple(edit.sentence for edit in self.edits)


def _allowed(world: World, callers: Iterable[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """Ask a world; who is not in it, may do nothing."""
    there = frozenset(everybody(world))
    asked = [caller for caller in callers if caller in there]
    found: AccessMatrix = matrix(world, asked, pairs)
    return {**dict.fromkeys(callers, 0), **dict(zip(asked, found.rows, strict=True))}


def _touches(edit: Edit, caller: str, worlds: Iterable[World]) -> bool:
    """Say whether an edit is one of an identity that is the caller, or a group of his."""
    if len(edit.path) < 4:
        return False
    account_id, kind, name = edit.path[1:4]
    return any(_is_of(world, caller, account_id, kind, name) for world in worlds)


def _is_of(world: World, caller: str, account_id: str, kind: str, name: str) -> bool:
    account = world.accounts.get(account_id)
    if account is None or kind not in ("user", "role", "group"):
        return False
    if kind == "group":
        users = account.users.values()
        return any(user.arn == caller and name in user.groups for user in users)
    one: User | Role | None = getattr(account, f"{kind}s").get(name)
    return one is not None and one.arn == caller


def _is_about(edit: Edit, resource: str) -> bool:
    """Say whether an edit is one of a resource, or of what the resource is below of."""
    return any(
        resource == part or resource.startswith((f"{part}/", f"{part}:"))
        for part in edit.path[1:]
        if part.startswith("arn:")
    )
