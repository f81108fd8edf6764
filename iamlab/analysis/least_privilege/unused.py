"""What was granted and never used, and the edits that take it away.

Two answers in one. The edits are about policies: each is proved, in a copy of the world, to keep
all that was used, with the boundaries, SCPs and resource policies that there are. The findings are
about users and roles, as IAM Access Analyzer gives them.

Notes
-----
AWS pages: "IAM Access Analyzer unused access"; "Refine permissions in AWS using last accessed
information".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.applying_edits import (
    apply_edits,
    check_unchanged,
    find,
    proved,
)
from iamlab.analysis.least_privilege.excess import NotShown, allowed_by, not_shown
from iamlab.analysis.least_privilege.findings import findings_for, is_young
from iamlab.analysis.least_privilege.least_privilege import arn_of, whole, with_path
from iamlab.analysis.least_privilege.policy_edits import edit_for
from iamlab.analysis.least_privilege.policy_holders import (
    holdings_of,
    pairs_of,
    principals,
    used_through,
)
from iamlab.analysis.least_privilege.shrinking import Sight
from iamlab.analysis.least_privilege.used_permissions import Usage, log_of
from iamlab.analysis.least_privilege.wildcards import readable
from iamlab.authorization.principal import principal_of
from iamlab.display import Shown, steps
from iamlab.errors import AwsError, RequestError
from iamlab.model.identities import Bounded
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.analysis.least_privilege.findings import Finding
    from iamlab.analysis.least_privilege.policy_edits import Edit
    from iamlab.analysis.least_privilege.policy_holders import Holding
    from iamlab.analysis.least_privilege.used_permissions import Log, Pair
    from iamlab.analysis.trails.uses import Use
    from iamlab.authorization.principal import Caller
    from iamlab.model.event import Event
    from iamlab.model.world import World

UNUSED_ACCESS_AGE = 90
"""In days: AWS's default."""

AGES = (1, 365)
"""What AWS takes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One Allow statement, and how much of it somebody used.

    Parameters
    ----------
    principal, holder
        The ARN of the user or role, and of whom the policy hangs on: himself, or a group.
    used
        The actions that the statement may have allowed, of those that were used.
    actions
        How many actions of the catalogue it is about.
    """

    principal: str
    holder: str
    policy: str
    statement: str
    used: tuple[str, ...]
    actions: int


@dataclass(frozen=True, slots=True)
class Unused(Shown):
    """What is unused, and what to do about it.

    Parameters
    ----------
    asked
        The ARNs of those who were looked at.
    since
        What was used before this moment only, counts as unused in the findings.
    edits
        What to do; made one after the other.
    findings
        In the words of IAM Access Analyzer.
    rows
        Each statement, with how much of it was used.
    skipped
        The ARNs of those who are younger than the age asked for.
    impossible
        Edits that AWS would refuse, with the reason.
    not_shown
        What the events cannot show.
    """

    asked: tuple[str, ...]
    since: datetime
    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...] = field(repr=False)
    skipped: tuple[str, ...] = ()
    impossible: tuple[tuple[Edit, str], ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    _world: World | None = field(default=None, repr=False, compare=False)

    def apply(self, world: World | None = None) -> World:
        """Make the edits, with the operations of IAM.

        Parameters
        ----------
        world
            Where to make them. Default: a copy of the world that was asked.

        Returns
        -------
        World
            Where they were made.

        Raises
        ------
        RequestError
            One of them is refused, since the world has changed in between; then none is made.
        """
        assert self._world is not None  # noqa: S101 - whoever made this gave it
        if world is None:
            world = self._world.copy()
        elif not isinstance(world, type(self._world)):
            raise RequestError(f"Edits are made in a world, not in {world!r}.")
        check_unchanged(self._world, world, self.edits)
        try:
            apply_edits(world.copy(), self.edits)
        except AwsError as error:
            raise RequestError(f"{error} The world has changed in between.") from error
        apply_edits(world, self.edits)
        return world

    def to_frame(self) -> pd.DataFrame:
        """Give the statements as a table: whose they are, and how much of each was used."""
        from iamlab import display

        columns = ("principal", "holder", "policy", "statement", "used", "actions")
        rows = [
            (one.principal, one.holder, one.policy, one.statement, ", ".join(one.used), one.actions)
            for one in self.rows
        ]
        return display.table(columns, rows)

    def __str__(self) -> str:
        return "\n".join(_said(self))


def _said(found: Unused) -> Iterator[str]:
    """Say it line by line."""
    many = len(found.asked)
    yield found.asked[0] if many == 1 else f"{many:,} users and roles"
    blocks: tuple[tuple[str, Iterable[object]], ...] = (
        ("To do", found.edits),
        ("AWS would refuse", [f"{edit} ({why})" for edit, why in found.impossible]),
        ("Findings", found.findings),
        ("Too young to say", found.skipped),
        ("Not shown by the events", found.not_shown),
    )
    for title, every in blocks:
        lines = list(every)
        if lines:
            yield f"\n{title}:"
        for line in lines[:_SHOWN]:
            first, *more = str(line).split("\n")
            yield f"- {readable(first)}"
            yield from (f"  {readable(one)}" for one in more)
        if len(lines) > _SHOWN:
            yield f"- and {len(lines) - _SHOWN:,} more"
    if not found.edits and not found.findings:
        yield "\nNothing to take away."


_SHOWN = 50


def unused(
    world: World,
    caller: Caller | None = None,
    events: Iterable[Event | Use] | None = None,
    *,
    unused_access_age: int = UNUSED_ACCESS_AGE,
) -> Unused:
    """Say what is unused; see ``World.unused``.

    Raises
    ------
    NoSuchEntity
        The caller is not in this world, so his policies are not known.
    RequestError
        It cannot be asked that way.
    """
    days = _days(unused_access_age)
    log = log_of(world.events if events is None else events)
    sight = Sight(events is None, frozenset(log.data_services))
    last = log.last
    until = world.clock.now if last is None else max(world.clock.now, last)
    since = until - timedelta(days=days)
    everybody = _asked(world, caller)
    asked = [one for one in everybody if caller is not None or not is_young(one, since)]
    use = _Use(world, log)
    # A role that nobody uses goes as a whole; its policies are no matter of their own.
    of_each = {
        one.arn: () if is_young(one, since) else findings_for(one, log, since, sight)
        for one in steps(asked, "looking for what is unused")
    }
    idle = {
        arn for arn, found in of_each.items() if any("Role" in one.finding_type for one in found)
    }
    working = [one for one in asked if caller is not None or one.arn not in idle]
    edits, rows = _edits(working, use, sight)
    can, cannot = proved(world, edits, use.by_arn)
    return Unused(
        tuple(one.arn for one in asked),
        since,
        can,
        tuple(one for found in of_each.values() for one in found),
        rows,
        tuple(one.arn for one in everybody if is_young(one, since)),
        cannot,
        _not_shown(world, log, asked, since, all_logged=events is None),
        world.copy(),  # which stays as it is now
    )


class _Use:
    """What users and roles used; looked up once each, and remembered for the proof."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.by_arn: dict[str, Mapping[Pair, Mapping[str, str]]] = {}

    def __call__(self, one: Bounded) -> Mapping[Pair, Mapping[str, str]]:
        if one.arn not in self.by_arn:
            usage = whole(self._world, self._log.of(one.arn, one.unique_id))
            self.by_arn[one.arn] = pairs_of(usage)
        return self.by_arn[one.arn]


def _days(age: object) -> int:
    least, most = AGES
    if isinstance(age, bool) or not isinstance(age, int) or not least <= age <= most:
        raise RequestError(f"unused_access_age is {least} to {most} days, not {age!r}.")
    return age


def _asked(world: World, caller: Caller | None) -> list[Bounded]:
    """Give who is to be looked at: one, or all users and roles."""
    if caller is None:
        return list(principals(world.accounts.values()))
    arn = with_path(world, arn_of(caller))
    principal_of(world, arn)  # which knows who is not there
    one = find(world, arn)
    assert isinstance(one, Bounded)  # noqa: S101 - arn_of lets only users and roles through
    return [one]


def _edits(
    asked: Iterable[Bounded], use: _Use, sight: Sight
) -> tuple[tuple[Edit, ...], tuple[Row, ...]]:
    """Go through the policies of each: what is used of them, and what to do with them."""
    edits: dict[tuple[str, str], Edit | None] = {}
    documents: set[str] = set()
    rows: list[Row] = []
    for one in asked:
        for holding in holdings_of(one):
            rows += _rows(one, holding, use)
            if holding.key in edits:
                continue
            edit = edit_for(holding, use, sight)
            edits[holding.key] = edit
            if edit is not None and edit.kind == "edit" and edit.policy_arn is not None:
                # Its document is changed once, however many have it.
                if edit.policy_arn in documents:
                    edits[holding.key] = None
                documents.add(edit.policy_arn)
    return tuple(edit for edit in edits.values() if edit is not None), tuple(rows)


def _rows(one: Bounded, holding: Holding, use: _Use) -> Iterator[Row]:
    for statement in holding.policy.statements:
        if statement.effect == "Allow":
            yield Row(
                one.arn,
                holding.holder.arn,
                holding.name,
                statement.label,
                tuple(sorted(used_through(statement, use(one)))),
                len(catalog.matched(statement)),
            )


def _not_shown(
    world: World, log: Log, asked: list[Bounded], since: datetime, *, all_logged: bool
) -> tuple[NotShown, ...]:
    """List what the events cannot show of any of them, and whether they go back far enough."""
    found: list[NotShown] = []
    if log.first is not None and log.first > since and not all_logged:
        begun, wanted = f"{log.first:%Y-%m-%d %H:%M}", f"{since:%Y-%m-%d}"
        text = f"The events begin at {begun}, and do not go back to {wanted}."
        found.append(NotShown("period", text))
    every = (attached.policy for one in asked for attached in principal_of(world, one.arn).identity)
    # What one call of one caller leaves open is too much to say of all.
    caller, unique_id = (asked[0].arn, asked[0].unique_id) if asked else ("", "")
    usage = whole(world, log.of(caller, unique_id)) if len(asked) == 1 else Usage()
    return (*found, *not_shown(log, usage, caller, allowed_by(every), all_logged=all_logged))
