"""What was granted and never used, and the edits that take it away.

The edits are about policies. Each is proved, in a copy of the world, to keep all that was used,
with all boundaries, SCPs and resource policies. The findings are about users and roles, as IAM
Access Analyzer reports them: there an attempt counts as a use, even one that was refused.

Notes
-----
AWS pages: "IAM Access Analyzer unused access"; "Refine permissions in AWS using last accessed
information"; "Using service-linked roles".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.excess import NotShown, allowed_by, not_shown, other_callers
from iamlab.analysis.least_privilege.least_privilege import arn_of, policies_now, titled_lists
from iamlab.analysis.least_privilege.policy_edits import (
    apply_edits,
    check_unchanged,
    edit_for,
    find_identity,
    policies_of,
    proved,
)
from iamlab.analysis.least_privilege.shrinking import Visibility, pairs_to_keep, used_through
from iamlab.analysis.least_privilege.used_permissions import Usage, completed, log_of, with_path
from iamlab.authorization.principal import Caller, principal_of
from iamlab.display import Shown, count, steps, table
from iamlab.errors import AwsError, RequestError
from iamlab.model.identities import Bounded, Role, User
from iamlab.operations.iam.roles import OF_AWS
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from iamlab.analysis.least_privilege.policy_edits import PairsOf, PolicyEdit
    from iamlab.analysis.least_privilege.used_permissions import Log, Pair
    from iamlab.analysis.trails.uses import Use
    from iamlab.model.event import Event
    from iamlab.model.world import World

FindingType = Literal[
    "UnusedIAMRole", "UnusedIAMUserPassword", "UnusedIAMUserAccessKey", "UnusedPermission"
]

UNUSED_ACCESS_AGE = 90
"""In days: AWS's default."""

AGES = (1, 365)
"""What AWS takes."""


@dataclass(frozen=True, slots=True)
class UnusedFinding:
    """A finding about a user or role.

    Parameters
    ----------
    resource
        The ARN of the user or role.
    text
        What it is.
    last_accessed
        When it was last used; ``None``: no use is known.
    services
        Of unused permissions: the services of which nothing was used.
    actions
        Of unused permissions: the actions that were not used, of services that were.
    """

    finding_type: FindingType
    resource: str
    text: str
    last_accessed: datetime | None = None
    services: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.finding_type}: {self.resource}: {self.text}"


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

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("list", Policy.allow("iam:ListUsers"))
    >>> dana.account.world.clock.advance(days=100)
    >>> print(*dana.account.world.unused(dana).edits)
    Delete inline policy list of user dana: nothing of it was used.
    """

    asked: tuple[str, ...]
    since: datetime
    edits: tuple[PolicyEdit, ...]
    findings: tuple[UnusedFinding, ...]
    rows: tuple[StatementUse, ...] = field(repr=False)
    skipped: tuple[str, ...] = ()
    impossible: tuple[tuple[PolicyEdit, str], ...] = ()
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
        """Return the statements as a table: who has them, and how much of each was used."""
        columns = ("principal", "holder", "policy", "statement", "used", "actions")
        rows = [
            (row.principal, row.holder, row.policy, row.statement, ", ".join(row.used), row.actions)
            for row in self.rows
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
    """Return what is unused; see ``World.unused``.

    Raises
    ------
    NoSuchEntity
        The caller is not in this world, so his policies are not known.
    RequestError
        A parameter is wrong.
    """
    least, most = AGES
    days: object = unused_access_age
    if isinstance(days, bool) or not isinstance(days, int) or not least <= days <= most:
        raise RequestError(f"unused_access_age is {least} to {most} days, not {days!r}.")
    log = log_of(world.events if events is None else events, world.clock.now)
    visibility = Visibility(events is None, frozenset(log.data_services))
    until = max(world.clock.now, log.last or world.clock.now)
    since = until - timedelta(days=days)
    everybody = _users_and_roles(world, caller)
    too_new = {user.arn for user in everybody if user.create_date and user.create_date > since}
    examined = [user for user in everybody if caller is not None or user.arn not in too_new]
    findings = {
        user.arn: () if user.arn in too_new else tuple(_findings(user, log, since, visibility))
        for user in steps(examined, "looking for what is unused")
    }
    used: dict[str, Mapping[Pair, Mapping[str, str]]] = {}

    def pairs_of(who: Bounded) -> Mapping[Pair, Mapping[str, str]]:
        """Return what a user or role used; looked up once, and kept for the proof."""
        if who.arn not in used:
            used[who.arn] = pairs_to_keep(completed(world, log.of(who.arn, who.unique_id)))
        return used[who.arn]

    edits: dict[tuple[str, str], PolicyEdit | None] = {}
    rows: list[StatementUse] = []
    for principal in examined:
        # An unused role goes as a whole; its policies need no edits of their own.
        is_unused = any("Role" in finding.finding_type for finding in findings[principal.arn])
        if caller is not None or not is_unused:
            _examine(principal, pairs_of, visibility, edits, rows)
    made, rejected = proved(world, filter(None, edits.values()), used)
    return Unused(
        tuple(principal.arn for principal in examined),
        since,
        made,
        tuple(finding for own in findings.values() for finding in own),
        tuple(rows),
        tuple(principal.arn for principal in everybody if principal.arn in too_new),
        rejected,
        _not_shown(world, log, examined, since, all_logged=events is None),
        world.copy(),  # which stays as it is now
    )


def _users_and_roles(world: World, caller: Caller | None) -> list[Bounded]:
    """Return what to examine: one, or all users, and roles whose policies no service keeps."""
    if caller is None:
        return [
            principal
            for account in world.accounts.values()
            for principal in (*account.users.values(), *account.roles.values())
            if isinstance(principal, User) or not principal.path.startswith(OF_AWS)
        ]
    arn = with_path(world, arn_of(world, caller))
    principal_of(world, arn)  # which rejects a caller that does not exist
    identity = find_identity(world, arn)
    assert isinstance(identity, Bounded)  # noqa: S101 - arn_of lets only users and roles through
    return [identity]


def _examine(
    principal: Bounded,
    pairs_of: PairsOf,
    visibility: Visibility,
    edits: dict[tuple[str, str], PolicyEdit | None],
    rows: list[StatementUse],
) -> None:
    """Add how the policies of one user or role are used, and which edits they need.

    Each policy of a holder gets one edit, by its key, and the document of a managed policy is
    changed once, however many have it.
    """
    for policy in policies_of(principal):
        rows += [
            StatementUse(
                principal.arn,
                policy.holder.arn,
                policy.name,
                statement.label,
                tuple(sorted(used_through(statement, pairs_of(principal)))),
                len(catalog.matched(statement)),
            )
            for statement in policy.policy.statements
            if statement.effect == "Allow"
        ]
        if policy.key not in edits:
            edit = edit_for(policy, pairs_of, visibility)
            if edit is not None and edit.kind == "edit" and edit.policy_arn is not None:
                known = (other for other in edits.values() if other and other.kind == "edit")
                edit = None if any(other.policy_arn == edit.policy_arn for other in known) else edit
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
    found += (NotShown("other caller", text) for text in other_callers(world, log))
    policies = (policy for user in examined for policy in policies_now(world, user.arn) or ())
    # What one call of one caller leaves open would be too much to list for all.
    caller, unique_id = (examined[0].arn, examined[0].unique_id) if examined else ("", "")
    usage = completed(world, log.of(caller, unique_id)) if len(examined) == 1 else Usage()
    return (*found, *not_shown(log, usage, caller, allowed_by(policies), all_logged=all_logged))


def _findings(
    principal: Bounded, log: Log, since: datetime, visibility: Visibility
) -> Iterator[UnusedFinding]:
    """Return the findings about a user or role; what was used only before a moment is unused."""
    usage = log.of(principal.arn, principal.unique_id)
    if isinstance(principal, Role):
        recorded = principal.last_used.date if principal.last_used else None
        role = _finding("UnusedIAMRole", principal, "the role", since, None, recorded, usage.last)
        if role:  # as all of it is unused, its permissions get no findings of their own
            yield role
            return
    elif isinstance(principal, User):
        yield from filter(None, _of_credentials(principal, log, since))
    yield from _of_permissions(principal, usage, since, visibility)


def _finding(
    finding_type: FindingType,
    principal: Bounded,
    what: str,
    since: datetime,
    created: datetime | None,
    *used: datetime | None,
) -> UnusedFinding | None:
    """Return a finding, unless it was used since a moment, or is too new."""
    last = max((moment for moment in used if moment is not None), default=None)
    if (created is not None and created > since) or (last is not None and last >= since):
        return None
    when = "never used" if last is None else f"last used on {last:%Y-%m-%d}"
    return UnusedFinding(finding_type, principal.arn, f"{what} was {when}", last)


def _of_credentials(user: User, log: Log, since: datetime) -> Iterator[UnusedFinding | None]:
    if profile := user.login_profile:
        used = profile.last_used, log.signed_in(user.arn, user.unique_id)
        kind: FindingType = "UnusedIAMUserPassword"
        yield _finding(kind, user, "the password", since, profile.create_date, *used)
    for key in user.key_records.values():
        if key.status == "Active":
            used = key.last_used.date if key.last_used else None, log.keys.get(key.access_key_id)
            what = f"access key {key.access_key_id}"
            yield _finding("UnusedIAMUserAccessKey", user, what, since, key.create_date, *used)


def _of_permissions(
    principal: Bounded, usage: Usage, since: datetime, visibility: Visibility
) -> Iterator[UnusedFinding]:
    """Compare what the identity-based policies allow with what was attempted lately."""
    used = {pair[0].lower() for pair, tally in usage.pairs.items() if tally.last >= since}
    used_services = {action.partition(":")[0] for action in used}
    unused_services: dict[str, None] = {}
    unused_actions = []
    for name in sorted(allowed_by(policies_now(principal.account.world, principal.arn) or ())):
        service = name.partition(":")[0]
        if name.lower() not in used and visibility.shows(name):
            if service in used_services:
                unused_actions.append(name)
            else:
                unused_services[service] = None
    if unused_services or unused_actions:
        services = f"{len(unused_services):,} services are"
        if len(unused_services) == 1:
            [service] = unused_services
            services = f"{catalog.service_name(service) or service} is"
        actions = count(len(unused_actions), "action")
        text = f"{services} unused, and {actions} of services that are used"
        lists = tuple(unused_services), tuple(unused_actions)
        yield UnusedFinding("UnusedPermission", principal.arn, text, usage.last, *lists)
