"""What a policy allows beyond what was used, and what a log cannot show.

A log does not prove that a permission isn't needed: some permissions have no event of their own,
since AWS checks them with a call of another name, and some events are in no trail.

Notes
-----
AWS pages: "Security best practices in IAM", on least privilege; "Service Authorization Reference";
"Generate policies based on access activity", "Things to know"; "Refine permissions in AWS using
last accessed information"; "Logging data events"; "Pass session tags in AWS STS"; "Actions,
resources, and condition keys for Amazon S3" and "... for AWS KMS", for permissions that no
operation has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.statements import noun_of, shortly, statements_by_sid
from iamlab.analysis.least_privilege.used_permissions import caller_key
from iamlab.analysis.trails.actions import data_actions, data_services
from iamlab.cloudtrail.arn_formats import table
from iamlab.display import count, few
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob_resource
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.least_privilege.statements import AllowStatement
    from iamlab.analysis.least_privilege.used_permissions import Log, Pair, Usage
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Excess:
    """What one statement allows that nobody used.

    Parameters
    ----------
    statement
        Its Sid, after the policy's name.
    resource
        The pattern that is the reason; empty if it is the combination of actions and resources.
    text
        What it is.
    """

    statement: str
    resource: str
    text: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.text}"


def excess_of(
    policies: Iterable[Policy], parts: Iterable[Sequence[AllowStatement]], pairs: Iterable[Pair]
) -> tuple[Excess, ...]:
    """Name what policies allow beyond the pairs that were used."""
    used: dict[str, set[str]] = defaultdict(set)
    for action, resource in pairs:
        used[action].add(resource)
    return tuple(
        found
        for policy, own in zip(policies, parts, strict=True)
        for sid, statement in statements_by_sid(own).items()
        for found in _excess_of_statement(f"{policy.name}/{sid}", statement, used)
    )


def _excess_of_statement(
    label: str, statement: AllowStatement, used: dict[str, set[str]]
) -> Iterator[Excess]:
    by_action = [used[action] for action in statement.actions]
    every = set[str]().union(*by_action)
    for pattern in statement.resources:
        if pattern == "*":
            known = map(catalog.action, statement.actions)
            if any(action is None or action.resource_types for action in known):
                yield Excess(label, "*", "any resource: the records do not say on which")
        elif "*" in _without_literals(pattern):
            glob = _without_literals(pattern, "?")
            number = sum(glob_resource(glob, resource) for resource in every)
            what = f"all {noun_of(pattern)} that {shortly(pattern)} matches"
            yield Excess(label, pattern, f"{what}, beside the {number:,} used")
    if "*" not in statement.resources:
        unused = sum(len(every) - len(own) for own in by_action)
        if unused:
            text = f"{unused:,} of its pairs of action and resource were not used"
            yield Excess(label, "", text)


def _without_literals(pattern: str, replacement: str = "") -> str:
    """Replace a pattern's literal characters such as ``${*}``: its wildcards are left."""
    plain = substitute(pattern, lambda _: "*", lambda _: replacement)
    return pattern if plain is None else plain


@dataclass(frozen=True, slots=True)
class Compared:
    """What the caller's policies of now allow, compared with the new ones.

    Parameters
    ----------
    before, after
        How many actions of the catalogue some statement allows, on any resource.
    gone
        The services of which actions go away, each with their number; most first.
    added
        Actions that were used, and that no identity-based policy of now has: something else
        allows them, such as a bucket policy.
    """

    before: int
    after: int
    gone: tuple[tuple[str, int], ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.before:,} actions allowed now, {self.after:,} then"
        if self.gone:
            first = ", ".join(f"{service} {number:,}" for service, number in self.gone[:_SHOWN])
            rest = len(self.gone) - _SHOWN
            text += f"; gone: {first}" + (f" and {count(rest, 'more service')}" if rest > 0 else "")
        return text


_SHOWN = 5


def compare(now: Iterable[Policy], then: Iterable[Policy], actions: Iterable[str]) -> Compared:
    """Compare the policies of now with the new ones, over the actions of the catalogue.

    Examples
    --------
    >>> from iamlab import Policy
    >>> now, then = Policy.allow("sts:*"), Policy.allow("sts:AssumeRole")
    >>> compare([now], [then], ["sts:AssumeRole"]).after
    1
    """
    before, after = allowed_by(now), allowed_by(then)
    gone = Counter(name.partition(":")[0] for name in before - after)
    in_order = sorted(gone.items(), key=lambda service: (-service[1], service[0]))
    known = {name for name in actions if catalog.action(name) is not None}
    return Compared(len(before), len(after), tuple(in_order), tuple(sorted(known - before)))


def allowed_by(policies: Iterable[Policy]) -> frozenset[str]:
    """Return the actions of the catalogue that some Allow statement is about."""
    every = (statement for policy in policies for statement in policy.statements)
    return frozenset[str]().union(
        *(catalog.matched(statement) for statement in every if statement.effect == "Allow")
    )


PERMISSION_ONLY = frozenset(table("lists")["without_event"])
"""Actions, in lower case, that have no event of their own."""


@dataclass(frozen=True, slots=True)
class NotShown:
    """Something that the events do not show.

    Parameters
    ----------
    kind
        ``"period"``, ``"data events"``, ``"pass role"``, ``"permission only"``, ``"path"``,
        ``"other account"``, ``"other caller"`` or ``"unknown action"``.
    text
        What it is, and what to do.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


def not_shown(
    log: Log, usage: Usage, caller: str, allowed_now: Iterable[str], *, all_logged: bool
) -> tuple[NotShown, ...]:
    """List what a log cannot show of a caller.

    Parameters
    ----------
    allowed_now
        Actions of the catalogue in the caller's policies.
    all_logged
        Whether the log is that of a world, which has every call.
    """
    now = frozenset(allowed_now)
    texts = (
        ("period", _period(log)),
        ("future", _future(log)),
        ("data events", () if all_logged else _data_events(log, usage, now)),
        ("pass role", _passed_roles(usage)),
        ("permission only", _permission_only(usage, now)),
        ("path", _unknown_paths(usage)),
        ("other account", _other_accounts(usage, caller)),
        ("unknown action", _unknown_actions(usage)),
    )
    return tuple(NotShown(kind, text) for kind, own in texts for text in own)


def other_callers(world: World, log: Log) -> Iterator[str]:
    """Name the callers of events that a world has no user or role for."""
    accounts = world.accounts.values()
    held = [identity for each in accounts for identity in (each.users, each.roles)]
    known = {caller_key(identity.arn) for named in held for identity in named.values()}
    callers = {*log.ids, *(key for key in log.by_caller if isinstance(key, tuple))}
    strangers = sorted(key for key in callers - known if key[1] in ("user", "role"))
    names = [f"{kind} {name} of {account}" for account, kind, name in strangers]
    if names:
        yield f"Events of {count(len(names), 'caller')} belong to nobody here: {few(names)}."


def _period(log: Log) -> Iterator[str]:
    if log.first is None:
        yield "There are no events, so no use is known."
    else:
        yield (
            f"Only what happened from {log.first:%Y-%m-%d %H:%M} to {log.last:%Y-%m-%d %H:%M} is "
            "known: work that is done once a quarter or a year may be missing."
        )


def _future(log: Log) -> Iterator[str]:
    if log.future:
        verb = "is" if log.future == 1 else "are"
        yield f"{count(log.future, 'event')} {verb} dated in the future and left out."


def _data_events(log: Log, usage: Usage, now: frozenset[str]) -> Iterator[str]:
    actions = (*now.intersection(data_actions().values()), *(action for action, _ in usage.pairs))
    services = {action.partition(":")[0].lower() for action in actions} - log.data_services
    missing = [service for service in data_services() if service in services]
    if missing:
        yield (
            f"No data events of {', '.join(missing)}: what was done there with objects, items or "
            "messages is not in this trail."
        )


def _passed_roles(usage: Usage) -> Iterator[str]:
    for passed, action in sorted(usage.passed.items()):
        role = f"the role in {passed.role}" if passed.is_profile else passed.role
        start = f"{action} handed {role} to {passed.service}: that takes iam:PassRole"
        if passed.is_profile:
            yield f"{start} on the role, which the record does not name."
        else:
            yield f"{start}, which is never logged. pass_role=True writes it into the policy."


def _permission_only(usage: Usage, now: frozenset[str]) -> Iterator[str]:
    without_event = PERMISSION_ONLY - {action.lower() for action, _ in usage.pairs}
    names = sorted(name for name in now if name.lower() in without_event)
    if names:
        yield f"{', '.join(names)}: allowed now, and without an event of its own."


def _unknown_paths(usage: Usage) -> Iterator[str]:
    for (_, resource), tally in sorted(usage.allowed.items()):
        if not tally.is_path_known:
            yield f"{resource}: its path is not known; if it has one, write the whole ARN."


def _other_accounts(usage: Usage, caller: str) -> Iterator[str]:
    own = Arn.parse(caller).account if caller else ""
    others: dict[str, str] = {}
    for _, resource in sorted(usage.allowed):
        account = Arn.parse(resource).account if is_arn(resource) else ""
        if account.isdigit() and account != own:
            others.setdefault(account, resource)
    for account, resource in others.items():
        yield (
            f"{resource} is of account {account}: a policy there must allow it too, and this "
            "policy is only one of the two sides."
        )


def _unknown_actions(usage: Usage) -> Iterator[str]:
    unknown = sorted({pair[0] for pair, tally in usage.allowed.items() if not tally.is_known})
    if unknown:
        yield (
            f"{', '.join(unknown)}: not in the catalogue; the permission may have another name "
            "than the call."
        )
