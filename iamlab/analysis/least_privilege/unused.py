"""What was granted and never used, and the edits that take it away.

The edits are about policies. Each is proved, in a copy of the world, to keep all that was used,
with all boundaries, SCPs and resource policies. The findings are about users and roles, as IAM
Access Analyzer reports them.

Notes
-----
AWS pages: "IAM Access Analyzer unused access"; "Refine permissions in AWS using last accessed
information".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.attached_policies import policies_of, users_and_roles
from iamlab.analysis.least_privilege.excess import NotShown, allowed_by, not_shown
from iamlab.analysis.least_privilege.findings import findings_for, is_after
from iamlab.analysis.least_privilege.least_privilege import arn_of, titled_lists
from iamlab.analysis.least_privilege.policy_edits import (
    apply_edits,
    check_unchanged,
    edit_for,
    find_identity,
    proved,
)
from iamlab.analysis.least_privilege.shrinking import Visibility, pairs_to_keep, used_through
from iamlab.analysis.least_privilege.used_permissions import Usage, completed, log_of, with_path
from iamlab.authorization.principal import principal_of
from iamlab.display import Shown, steps, table
from iamlab.errors import AwsError, RequestError
from iamlab.model.identities import Bounded
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.analysis.least_privilege.findings import UnusedFinding
    from iamlab.analysis.least_privilege.policy_edits import Edit
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
class StatementUse:
    """One Allow statement, and how much of it a user or role used.

    Parameters
    ----------
    principal, holder
        The ARN of the user or role, and of the policy's holder: the same, or a group.
    used
        The actions that the statement may have allowed, of those that were used.
    actions
        How many actions of the catalogue it has.
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
        The ARNs of the users and roles that were examined.
    since
        What was used only before this moment counts as unused in the findings.
    edits
        What to do; made one after the other.
    findings
        In the words of IAM Access Analyzer.
    rows
        Each statement, with how much of it was used.
    skipped
        The ARNs of those that are newer than the age allows.
    impossible
        Edits that AWS would reject, with the reason.
    not_shown
        What the events cannot show.
    """

    asked: tuple[str, ...]
    since: datetime
    edits: tuple[Edit, ...]
    findings: tuple[UnusedFinding, ...]
    rows: tuple[StatementUse, ...] = field(repr=False)
    skipped: tuple[str, ...] = ()
    impossible: tuple[tuple[Edit, str], ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    _world: World | None = field(default=None, repr=False, compare=False)

    def apply(self, world: World | None = None) -> World:
        """Make the edits, with the operations of IAM.

        Parameters
        ----------
        world
            Where to make them. Default: a copy of the world that was examined.

        Returns
        -------
        World
            Where they were made.

        Raises
        ------
        RequestError
            One of them is rejected, since the world has changed in between; then none is made.
        """
        assert self._world is not None  # noqa: S101 - unused() sets it
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
        """Give the statements as a table: who has them, and how much of each was used."""
        columns = ("principal", "holder", "policy", "statement", "used", "actions")
        rows = [
            (one.principal, one.holder, one.policy, one.statement, ", ".join(one.used), one.actions)
            for one in self.rows
        ]
        return table(columns, rows)

    def __str__(self) -> str:
        number = len(self.asked)
        lists: dict[str, Iterable[object]] = {
            "To do": self.edits,
            "AWS would refuse": [f"{edit} ({why})" for edit, why in self.impossible],
            "Findings": self.findings,
            "Too young to say": self.skipped,
            "Not shown by the events": self.not_shown,
        }
        head = self.asked[0] if number == 1 else f"{number:,} users and roles"
        end = () if self.edits or self.findings else ("\nNothing to take away.",)
        return "\n".join((head, *titled_lists(lists, _SHOWN), *end))


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
        A parameter is wrong.
    """
    since_days = _days(unused_access_age)
    log = log_of(world.events if events is None else events)
    visibility = Visibility(events is None, frozenset(log.data_services))
    until = max(world.clock.now, log.last or world.clock.now)
    since = until - timedelta(days=since_days)
    everybody = _users_and_roles(world, caller)
    too_new = {one.arn for one in everybody if is_after(one.create_date, since)}
    examined = [one for one in everybody if caller is not None or one.arn not in too_new]
    keep = _PairsToKeep(world, log)
    findings = {
        one.arn: () if one.arn in too_new else findings_for(one, log, since, visibility)
        for one in steps(examined, "looking for what is unused")
    }
    edits: dict[tuple[str, str], Edit | None] = {}
    rows: list[StatementUse] = []
    for one in examined:
        # An unused role goes as a whole; its policies need no edits of their own.
        is_unused = any("Role" in finding.finding_type for finding in findings[one.arn])
        if caller is not None or not is_unused:
            _examine(one, keep, visibility, edits, rows)
    made, rejected = proved(world, filter(None, edits.values()), keep.by_arn)
    return Unused(
        tuple(one.arn for one in examined),
        since,
        made,
        tuple(finding for own in findings.values() for finding in own),
        tuple(rows),
        tuple(one.arn for one in everybody if one.arn in too_new),
        rejected,
        _not_shown(world, log, examined, since, all_logged=events is None),
        world.copy(),  # which stays as it is now
    )


class _PairsToKeep:
    """What users and roles used; looked up once each, and kept for the proof."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.by_arn: dict[str, Mapping[Pair, Mapping[str, str]]] = {}

    def __call__(self, one: Bounded) -> Mapping[Pair, Mapping[str, str]]:
        if one.arn not in self.by_arn:
            usage = completed(self._world, self._log.of(one.arn, one.unique_id))
            self.by_arn[one.arn] = pairs_to_keep(usage)
        return self.by_arn[one.arn]


def _days(age: object) -> int:
    least, most = AGES
    if isinstance(age, bool) or not isinstance(age, int) or not least <= age <= most:
        raise RequestError(f"unused_access_age is {least} to {most} days, not {age!r}.")
    return age


def _users_and_roles(world: World, caller: Caller | None) -> list[Bounded]:
    """Give what to examine: one, or all users and roles."""
    if caller is None:
        return list(users_and_roles(world.accounts.values()))
    arn = with_path(world, arn_of(caller))
    principal_of(world, arn)  # which rejects a caller that does not exist
    one = find_identity(world, arn)
    assert isinstance(one, Bounded)  # noqa: S101 - arn_of lets only users and roles through
    return [one]


def _examine(
    one: Bounded,
    keep: _PairsToKeep,
    visibility: Visibility,
    edits: dict[tuple[str, str], Edit | None],
    rows: list[StatementUse],
) -> None:
    """Go through the policies of one user or role: what is used of them, and which edits they need.

    Parameters
    ----------
    edits
        Those found so far, by the policy's key: each policy of a holder gets one, and the document
        of a managed policy is changed once, however many have it.
    """
    for policy in policies_of(one):
        rows += [
            StatementUse(
                one.arn,
                policy.holder.arn,
                policy.name,
                statement.label,
                tuple(sorted(used_through(statement, keep(one)))),
                len(catalog.matched(statement)),
            )
            for statement in policy.policy.statements
            if statement.effect == "Allow"
        ]
        if policy.key not in edits:
            edit = edit_for(policy, keep, visibility)
            if edit is not None and edit.kind == "edit" and edit.policy_arn is not None:
                done = (
                    other.policy_arn for other in edits.values() if other and other.kind == "edit"
                )
                edit = None if edit.policy_arn in done else edit
            edits[policy.key] = edit


def _not_shown(
    world: World, log: Log, examined: list[Bounded], since: datetime, *, all_logged: bool
) -> tuple[NotShown, ...]:
    """List what the events cannot show of any of them, and whether they go back far enough."""
    found: list[NotShown] = []
    if log.first is not None and log.first > since and not all_logged:
        start, wanted = f"{log.first:%Y-%m-%d %H:%M}", f"{since:%Y-%m-%d}"
        text = f"The events begin at {start}, and do not go back to {wanted}."
        found.append(NotShown("period", text))
    policies = (held.policy for one in examined for held in principal_of(world, one.arn).identity)
    # What one call of one caller leaves open would be too much to list for all.
    caller, unique_id = (examined[0].arn, examined[0].unique_id) if examined else ("", "")
    usage = completed(world, log.of(caller, unique_id)) if len(examined) == 1 else Usage()
    return (*found, *not_shown(log, usage, caller, allowed_by(policies), all_logged=all_logged))
