"""The smallest set of edits that closes every path from one principal to another.

A path that is still open is found, and each edit that would close it is tried; what is open then is
treated in the same way. Whatever set of edits closes all paths must close the one that was found,
so none is missed: all sets of one edit are tried, then all of two, then all of three. If even these
leave a path open, edits are added one by one, and those that turn out not to be needed are taken
back. Each edit of such a set is needed, but a smaller set may exist.

Notes
-----
AWS pages: "Grant least privilege"; "Security best practices in IAM".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import cut_edits
from iamlab.analysis.privilege_escalation.attacker_view import GIVES_POWER
from iamlab.analysis.privilege_escalation.edge_finder import is_shared
from iamlab.analysis.privilege_escalation.permission_checks import Need
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import UNHEARD_OF
from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.principal import principal_of
from iamlab.display import Shown, count, few, steps
from iamlab.errors import AwsError, RequestError
from iamlab.model.network_locations import Circumstances
from iamlab.model.record import check_texts
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch
    from iamlab.model.world import World


EXHAUSTIVE = 3
"""Up to so many edits all sets are tried."""

MOST = 40
"""So many edits are put together at most."""

Wanted = tuple[str, str, str]
WANTED = 3
"""So many parts has what must stay."""


@dataclass(frozen=True, slots=True)
class Cut(Shown):
    """Edits that close all paths from one principal to another.

    Parameters
    ----------
    edits
        None if there is no path to close, or if nothing closes it.
    is_closed
        Whether no path is open after them.
    is_smallest
        Whether no smaller set of such edits does it: all have been tried. Else each of the edits is
        needed, but a smaller set may exist.
    left
        A path that stays open, if one does.
    reach, way
        What principals can become before the edits, and a shortest path before them, if any.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme", account_id="111111111111").create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> cut = dana.account.world.reach().cut(dana)
    >>> cut.is_closed, cut.is_smallest
    (True, True)
    >>> print(*cut.edits)
    Remove iam:PutUserPolicy from statement #1 of own of arn:aws:iam::111111111111:user/dana.
    """

    edits: tuple[CutEdit, ...]
    is_closed: bool
    is_smallest: bool
    left: Path | None = None
    reach: Reach | None = field(default=None, compare=False, repr=False)
    way: Path | None = field(default=None, compare=False, repr=False)
    _world: World | None = field(default=None, compare=False, repr=False)

    def apply(self, world: World | None = None) -> World:
        """Make the edits, with the operations of IAM.

        Parameters
        ----------
        world
            Where to make them. Default: a copy of the world.

        Returns
        -------
        World
            Where they were made.

        Raises
        ------
        RequestError
            The world has changed in between, and something that is to be edited is not there; then
            no edit is made.
        """
        if world is None:
            assert self._world is not None  # noqa: S101 - whoever made this gave it
            world = self._world.copy()
        try:
            cut_edits.apply(world.copy(), self.edits)
        except (KeyError, AwsError, RequestError) as error:
            raise RequestError(f"The world has changed in between: {error}.") from error
        cut_edits.apply(world, self.edits)
        return world

    def edits_by_step(self, path: Path, reach: Reach) -> Iterator[tuple[CutEdit, ...] | None]:
        """Yield for each step of a path the edits that close it, or ``None`` if it stays open.

        If only several edits together close a step, these are all edits of the cut.

        Parameters
        ----------
        path, reach
            A path, and the reach in which it is open.
        """
        after, alone = reach.again(self.apply(reach.world.copy())), {}
        for edit in self.edits:
            world = reach.world.copy()
            cut_edits.apply(world, [edit])
            alone[edit] = reach.again(world)
        for step in path.edges:
            if _is_open(step, after, reach):
                yield None
            else:
                by = (edit for edit, edited in alone.items() if not _is_open(step, edited, reach))
                yield tuple(by) or self.edits

    def __bool__(self) -> bool:
        return self.is_closed

    def __len__(self) -> int:
        return len(self.edits)

    def __str__(self) -> str:
        if not self.is_closed:
            return f"No edits close this path and keep what you want:\n{self.left}"
        if not self.edits:
            return "There is no path to close."
        how = (
            "No smaller set of such edits does it."
            if self.is_smallest
            else "Each is needed, but a smaller set may exist."
        )
        return "\n".join((*map(str, self.edits), how))

    def __repr__(self) -> str:
        if not self.is_closed:
            return "<Cut: nothing closes this way>"
        if not self.edits:
            return "<Cut: there is no path to close>"
        edits = few(str(edit).rstrip(".") for edit in self.edits)
        return f"<Cut {count(len(self.edits), 'edit')}: {edits}>"


def _is_open(step: Edge, after: Reach, before: Reach) -> bool:
    """Return whether all calls of a step that were allowed are still allowed."""
    source = step.source
    known = principal_of(after.world, source.credential or source.arn)
    state = PrincipalState.of(known, source.credential).with_(*source.changes)
    needs = [need for call in step.calls for need in call.needs if before.decide(source, need)]
    return all(after.decide(state, need) for need in needs)


@dataclass(slots=True, eq=False)
class Cutter:
    """Looks for edits in copies of a world.

    Parameters
    ----------
    find
        Gives the graph of a world, and a path that is open in it.
    keep
        What must stay: caller, action, resource.
    """

    world: World
    find: Callable[[World], tuple[Reach, Path | None]]
    keep: Sequence[Wanted]
    _before: tuple[Reach | None, Path | None] = (None, None)

    def smallest(self) -> Cut:
        """Find the smallest set, up to three edits; else one in which each edit is needed."""
        sets: list[frozenset[CutEdit]] = [frozenset()]
        for size in range(EXHAUSTIVE + 1):
            closing: list[frozenset[CutEdit]] = []
            further: dict[frozenset[CutEdit], None] = {}
            for edits in steps(sets, "trying edits"):
                edited = self._edited(edits)
                if edited is None:
                    continue
                reach, path = self.find(edited)
                self._before = self._before if edits else (reach, path)
                if path is None:
                    closing.append(edits)
                elif size < EXHAUSTIVE:
                    new = (edit for edit in candidates(reach, path) if edit not in edits)
                    further |= dict.fromkeys(edits | {edit} for edit in new)
            if closing:
                smallest: frozenset[CutEdit] = min(closing, key=_cost)
                return self._cut(smallest, is_smallest=True)
            sets = list(further)
        return self._one_by_one()

    def _edited(self, edits: Iterable[CutEdit]) -> World | None:
        """Return a copy with edits made; ``None`` if something is lost that must stay."""
        twin = self.world.copy()
        cut_edits.apply(twin, _ordered(edits))
        return twin if all(_can(twin, *cell) for cell in self.keep) else None

    def _one_by_one(self) -> Cut:
        """Add edits until no path is open, then take back those that are not needed."""
        edits: frozenset[CutEdit] = frozenset()
        path: Path | None = None
        while len(edits) < MOST:
            edited = self._edited(edits)
            if edited is None:  # cannot be: each was tried before it was taken
                break
            reach, path = self.find(edited)
            if path is None:
                return self._cut(self._needed(edits))
            tried = sorted(candidates(reach, path), key=lambda edit: (edit.breadth, str(edit)))
            new = (edit for edit in tried if edit not in edits)
            chosen = next((edit for edit in new if self._edited(edits | {edit})), None)
            if chosen is None:
                break
            edits |= {chosen}
        return self._cut((), left=path)

    def _cut(
        self, edits: Iterable[CutEdit], *, is_smallest: bool = False, left: Path | None = None
    ) -> Cut:
        return Cut(_ordered(edits), left is None, is_smallest, left, *self._before, self.world)

    def _needed(self, edits: frozenset[CutEdit]) -> frozenset[CutEdit]:
        for edit in sorted(edits, key=lambda edit: (-edit.breadth, str(edit))):
            fewer = edits - {edit}
            edited = self._edited(fewer)
            if edited is not None and self.find(edited)[1] is None:
                edits = fewer
        return edits


def candidates(reach: Reach, path: Path) -> dict[CutEdit, None]:
    """Return every edit that takes away what a path needs."""
    found = [(edge.source, each) for edge in path.edges for each in reach.decisions(edge)]
    if not path.edges:  # he is there already: by what he has
        names = (*(f"iam:{name}" for name in GIVES_POWER), UNHEARD_OF)
        found = [(path.source, reach.decide(path.source, Need(name, "*", {}))) for name in names]
    return dict.fromkeys(edit for state, each in found for edit in _edits(reach, state, each))


def _edits(reach: Reach, state: PrincipalState, decision: Decision) -> Iterator[CutEdit]:
    """Return the edits that a permission of somebody's can be taken away with."""
    holder, request = state.principal.issuer or state.arn, decision.request
    is_held = not state.arn.endswith(":root") and not is_shared(state)
    today = principal_of(reach.world, holder).identity if is_held else ()
    for reading in decision.trace.step("identity").found.applying:
        if reading.effect == "Allow" and reading.attached in today:
            yield from takes(reading, holder)
    for reading in decision.trace.step("resource").found.applying:
        if reading.effect == "Allow" and request.action.startswith("sts:"):
            for principal in reading.statement.principal or ():
                yield cut_edits.Distrust(request.resource, reading.statement.number, principal)
    if is_held and holder in reach.principals:
        yield cut_edits.DenyAction(holder, request.action)


def takes(reading: StatementMatch, principal: str) -> Iterator[CutEdit]:
    """Return the edits of an identity-based policy, and of how it is attached to a principal."""
    attached, statement, arn = reading.attached, reading.statement, Arn.parse(principal)
    group = next((each[6:] for each in attached.path if each.startswith("group ")), "")
    holder = f"arn:{arn.partition}:iam::{arn.account}:group/{group}" if group else principal
    if group:
        yield cut_edits.Leave(principal, group)
    if attached.arn is not None:
        yield cut_edits.Detach(holder, attached.arn)
        if ":iam::aws:policy/" in attached.arn:
            return
    elif attached.path and not group:
        return  # what the account's password policy gives
    where = (holder, attached.policy.name) if attached.arn is None else ("", attached.arn)
    for pattern in statement.action or ():
        yield cut_edits.TakeAction(*where, statement.number, pattern)


def _cost(edits: Collection[CutEdit]) -> tuple[int, int, str]:
    return len(edits), sum(edit.breadth for edit in edits), str(_ordered(edits))


def _ordered(edits: Iterable[CutEdit]) -> tuple[CutEdit, ...]:
    return tuple(sorted(edits, key=lambda edit: (type(edit).__name__, str(edit))))


def _can(world: World, caller: str, action: str, resource: str) -> bool:
    check_texts(action=action, resource=resource)
    request = authorization_request(world, caller, action, resource, None, Circumstances())
    return bool(request.decide())


def wanted(world: World, keep: object) -> tuple[Wanted, ...]:
    """Read what must stay: an access matrix, or triples of caller, action and resource.

    Raises
    ------
    RequestError
        It is neither; or it is not so today.
    """
    cells: list[Wanted] = []
    for kept in keep if isinstance(keep, Iterable) else (keep,):
        if not (isinstance(kept, tuple | list) and len(kept) == WANTED):
            raise RequestError(
                f"keep must be a matrix, or triples of caller, action and resource, not {kept!r}."
            )
        caller, action, resource = kept
        cell = (str(getattr(caller, "arn", caller)), action, resource)
        if not _can(world, *cell):
            raise RequestError(f"{cell[0]} may not do {action} on {resource}: it cannot stay so.")
        cells.append(cell)
    return tuple(cells)
