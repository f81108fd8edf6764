"""What is different between two worlds: the edits, and who gained or lost what by which of them.

An edit causes a change if undoing it alone, in the world after, takes the change back; or if doing
it alone, in the world before, makes it. If two edits are only enough together, both are causes, and
so are two of which each alone would do. If no edit is a cause by itself, all are named that touch
the caller or the resource.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, overload

from iamlab.analysis.access_matrix import everybody, matrix
from iamlab.analysis.external_access.external_access import outside_access
from iamlab.analysis.what_can.what_can import capped
from iamlab.analysis.world_diff.edit_questions import action_patterns, as_samples, asked_by
from iamlab.analysis.world_diff.world_edits import edits_between, shortened
from iamlab.deprecated import with_old_names
from iamlab.display import Shown, steps
from iamlab.engine.request import check_text
from iamlab.errors import RequestError
from iamlab.policy.samples import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.world_diff.world_edits import WorldEdit
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World

Pair = tuple[str, str]
Cell = tuple[str, str, str]

_VERB = {True: "gained", False: "lost"}

MOST_EDITS = 200
"""With more edits than this, they are not done and undone one by one."""


@with_old_names
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

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> dana = world.create_account("acme", account_id="111111111111").create_user("dana")
    >>> before = world.copy()
    >>> dana.put_policy("list", Policy.allow("iam:ListUsers"))
    >>> change = before.diff(world).changes()[0]
    >>> print(change)
    arn:aws:iam::111111111111:user/dana gained iam:ListUsers on *
    >>> len(change.by), change.together
    (1, False)
    """

    principal: str
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
        return f"{self.principal} {_VERB[self.gained]}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two worlds that were asked the same questions."""

    edits: tuple[WorldEdit, ...]
    before: World
    after: World
    gained: dict[Cell, bool]

    @classmethod
    def of(
        cls, edits: tuple[WorldEdit, ...], before: World, after: World, pairs: Sequence[Pair]
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
        """Return each change with the edits that cause it."""
        causes = self._causes() if self._is_worked_out else {}
        for cell, gained in self.gained.items():
            if by := causes.get(cell):
                yield Change(*cell, gained, by)
            else:
                yield Change(*cell, gained, self._touching(cell), self._is_worked_out or None)

    def _causes(self) -> dict[Cell, tuple[str, ...]]:
        found: dict[Cell, list[str]] = defaultdict(list)
        for edit in steps(self.edits if self.gained else (), "undoing edits"):
            undone = edit.undone(self.after)
            taken_back = self._cells_where(undone, list(self.gained), as_after=False)
            left = [cell for cell in self.gained if cell not in taken_back]
            done = edit.done(self.before) if left else None
            made = self._cells_where(done, left, as_after=True)
            for cell in (*taken_back, *made):
                found[cell].append(edit.sentence)
        return {cell: tuple(sentences) for cell, sentences in found.items()}

    def _cells_where(self, world: World | None, cells: list[Cell], *, as_after: bool) -> set[Cell]:
        """Return the cells that are in a world as in the world after, or as before."""
        if world is None or not cells:
            return set()
        callers = tuple(dict.fromkeys(caller for caller, _, _ in cells))
        pairs = list(dict.fromkeys((action, resource) for _, action, resource in cells))
        places = {pair: place for place, pair in enumerate(pairs)}
        rows = _allowed(world, callers, pairs)
        return {
            cell
            for cell in cells
            if bool(rows[cell[0]] >> places[cell[1:]] & 1) is (self.gained[cell] is as_after)
        }

    def _touching(self, cell: Cell) -> tuple[str, ...]:
        """Return the names of the edits that affect the caller or resource; if none does, all."""
        caller, _, resource = cell
        touching = [
            edit.sentence
            for edit in self.edits
            if _touches(edit, caller, (self.before, self.after)) or _is_about(edit, resource)
        ]
        return tuple(touching) or tuple(edit.sentence for edit in self.edits)


def _allowed(world: World, callers: Iterable[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """Ask a world; a caller that isn't in it may do nothing."""
    known = frozenset(everybody(world)).intersection(callers)
    listed = [caller for caller in callers if caller in known]
    found: AccessMatrix = matrix(world, listed, pairs)
    return {**dict.fromkeys(callers, 0), **dict(zip(listed, found.rows, strict=True))}


def _touches(edit: WorldEdit, caller: str, worlds: Iterable[World]) -> bool:
    """Return whether an edit is one of an identity that is the caller, or a group of his."""
    if len(edit.path) < 4 or edit.path[2] not in ("user", "role", "group"):
        return False
    account_id, kind, name = edit.path[1:4]
    for account in (world.accounts[account_id] for world in worlds if account_id in world.accounts):
        if kind == "group":
            named = [user.arn for user in account.users.values() if name in user.groups]
        else:
            record = getattr(account, f"{kind}s").get(name)
            named = [] if record is None else [record.arn]
        if caller in named:
            return True
    return False


def _is_about(edit: WorldEdit, resource: str) -> bool:
    """Return whether an edit is one of a resource, or of what the resource is below of."""
    return any(
        resource == part or resource.startswith((f"{part}/", f"{part}:"))
        for part in edit.path[1:]
        if part.startswith("arn:")
    )


@dataclass(frozen=True, eq=False)
class WorldDiff(Sequence[str], Shown):
    """The edits that lead from one world to another, as sentences.

    It is equal to a tuple of the same sentences.

    Parameters
    ----------
    details
        The edits, each of which can be done and undone.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("astronomers").remove_user("alice")
    >>> diff = diff_between(before, after)
    >>> list(diff)
    ['removed: acme-main: user alice in group astronomers']
    >>> print(diff.changes(["s3:GetObject"], [MAP])[0])
    arn:aws:iam::111111111111:user/alice lost s3:GetObject on arn:aws:s3:::star-maps/m31.fits
    """

    details: tuple[WorldEdit, ...]
    _worlds: tuple[World, World] | None = field(default=None, repr=False)

    @property
    def edits(self) -> tuple[str, ...]:
        """The edits as sentences."""
        return tuple(edit.sentence for edit in self.details)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...

    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        return self.edits[place]

    def __len__(self) -> int:
        return len(self.details)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, WorldDiff):
            return self.edits == other.edits
        return self.edits == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.edits)

    def __reduce__(self) -> tuple[Any, ...]:  # the worlds have secrets, and stay behind
        return WorldDiff, (self.details,)

    def __repr__(self) -> str:
        return f"<WorldDiff {list(self.edits)}>"

    def changes(
        self, actions: Iterable[str] | None = None, resources: Iterable[str] | None = None
    ) -> tuple[Change, ...]:
        """Return who gained or lost what, and by which edits.

        Parameters
        ----------
        actions
            Default: some of those that the edits are about.
        resources
            Default: what the worlds have, and what the edited policies name.

        Raises
        ------
        RequestError
            A question cannot be asked; or the difference comes from a file, without its worlds.
        """
        if self._worlds is None:
            raise RequestError("A difference from a file has its sentences only: compare again.")
        before, after = self._worlds
        if actions is not None and resources is not None:
            pairs = list(product(actions, resources))
        else:
            pairs = asked_by(self.details, before, after, actions, resources)
        for action, resource in pairs:
            check_text("action", action)
            check_text("resource", resource)
        return tuple(Comparison.of(self.details, before, after, pairs).changes())

    @cached_property
    def gains_and_losses(self) -> tuple[Change, ...]:
        """Who gained or lost what, as far as the edits themselves say what to ask."""
        return self.changes()

    @property
    def gained(self) -> tuple[Change, ...]:
        """The gains: who can do what after the edits, and could not before."""
        return tuple(change for change in self.gains_and_losses if change.gained)

    @property
    def lost(self) -> tuple[Change, ...]:
        """The losses: who could do what before the edits, and can't after them."""
        return tuple(change for change in self.gains_and_losses if not change.gained)

    @property
    def changed(self) -> tuple[str, ...]:
        """The edits that neither give nor take access."""
        causes = {edit for change in self.gains_and_losses for edit in change.by}
        return tuple(edit for edit in self.edits if edit not in causes)

    @property
    def by_edit(self) -> Mapping[tuple[str, ...], tuple[Change, ...]]:
        """The gains and losses by the edits that cause them."""
        return _by_edits(self.gains_and_losses)

    @cached_property
    def outside(self) -> Mapping[str, tuple[str, ...]]:
        """The access from outside the zone of trust that was gained, and that was lost."""
        if self._worlds is None or all(edit.path[0] in _INSIDE for edit in self.details):
            return {}
        old, new = (
            {
                (each.resource, *each.principal.items(), each.actions, each.when): str(each)
                for each in outside_access(world).open
            }
            for world in self._worlds
        )
        sides = {"gained": (new, old), "lost": (old, new)}
        return {
            word: tuple(text for key, text in has.items() if key not in had)
            for word, (has, had) in sides.items()
        }

    def lines(
        self,
        changes: Iterable[Change],
        cut: Callable[[Sequence[str]], Sequence[str]] = list,
        *,
        sampled: bool = True,
    ) -> Iterator[str]:
        """Write the edits with their statements, the access from outside, and the changes.

        Parameters
        ----------
        cut
            Shortens a list of lines.
        sampled
            Whether the actions are samples of those that the edits are about.
        """
        if not self.details:
            yield "Nothing is different."
        yield from cut([line for edit in self.details for line in edit.lines])
        for word, texts in self.outside.items():
            if texts:
                yield from ("", f"Access from outside was {word}:")
                yield from cut([f"  {text}" for text in texts])
        by_edits = _by_edits(changes)
        if self.details and self._worlds and not by_edits:
            yield "Nobody gained or lost the access that was checked."
        named = action_patterns(self.details, *(self._worlds or ())) if sampled else ()
        for by, caused in by_edits.items():
            yield ""
            if len(by) > 1:
                yield _HOW[caused[0].together]
            yield from cut([*map(shortened, by)])
            yield from cut([*_change_lines(caused, named)])

    def __str__(self) -> str:
        return "\n".join(self.lines(self.gains_and_losses if self._worlds else (), capped))


def diff_between(before: World, after: World) -> WorldDiff:
    """Compare two worlds, as they are now."""
    return WorldDiff(edits_between(before, after), (before.copy(), after.copy()))


_HOW = {True: "By all of these together:", False: "By these:", None: "By one or more of these:"}
"""Whether several edits do it only together; ``None``: nobody has worked that out."""

_INSIDE = frozenset(["attached", "boundary", "default", "inline", "member", "path", "version"])
"""Kinds of edits that let nobody in from outside."""


def _by_edits(changes: Iterable[Change]) -> dict[tuple[str, ...], tuple[Change, ...]]:
    found: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        found[change.by].append(change)
    return {by: tuple(caused) for by, caused in found.items()}


def _change_lines(changes: Iterable[Change], named: Iterable[str]) -> Iterator[str]:
    """Write a line for each principal, and below it a line for each resource."""
    grouped: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for change in changes:
        grouped[change.words][change.resource].append(change.action)
    for words, by_resource in grouped.items():
        yield f"  {words}:"
        for resource, actions in by_resource.items():
            yield f"    {', '.join(as_samples(actions, named))} on {resource.replace(OTHER, '*')}"
