"""What a policy allows beyond what was used, statement by statement, and what goes away by it.

What a log cannot show, so that nobody takes silence for proof.

Permissions that no event is about: they are asked beside a call that has another name.

Notes
-----
AWS pages: "Security best practices in IAM", on least privilege; "Service Authorization Reference".
AWS pages: "Generate policies based on access activity", "Things to know"; "Refine permissions in
AWS using last accessed information"; "Logging data events".
AWS pages: "Refine permissions in AWS using last accessed information"; "Pass
session tags in AWS STS"; "Actions, resources, and condition keys for Amazon S3" and "... for AWS
KMS", for permissions that no operation has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.statements import by_label
from iamlab.analysis.least_privilege.wildcards import noun_of, shortly
from iamlab.analysis.trails.actions import data_actions, data_services
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob_resource
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.least_privilege.statements import Part
    from iamlab.analysis.least_privilege.used_permissions import Log, Pair, Usage
    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Excess:
    """What one statement allows that nobody used.

    Parameters
    ----------
    statement
        Its Sid, after the policy's name.
    resource
        The pattern that is to blame; empty where it is actions and resources put together.
    text
        What it is.
    """

    statement: str
    resource: str
    text: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.text}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What the caller's policies of now allow, beside the new ones.

    Parameters
    ----------
    before, after
        How many actions of the catalogue some statement allows, on whatever resource.
    gone
        The services of which actions go away, each with their number; most first.
    added
        Actions that were used, and that no identity-based policy of now names: something else
        allows them, such as a bucket policy.
    """

    before: int
    after: int
    gone: tuple[tuple[str, int], ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.before:,} actions allowed now, {self.after:,} then"
        if self.gone:
            first = ", ".join(f"{service} {count:,}" for service, count in self.gone[:_SHOWN])
            rest = len(self.gone) - _SHOWN
            text += f"; gone: {first}{f' and {rest} more services' if rest > 0 else ''}"
        return text


_SHOWN = 5


def excess_of(
    policies: Iterable[Policy], shares: Iterable[Sequence[Part]], pairs: Iterable[Pair]
) -> tuple[Excess, ...]:
    """Name what policies allow beyond the pairs that were used."""
    used: dict[str, set[str]] = {}
    for action, resource in pairs:
        used.setdefault(action, set()).add(resource)
    return tuple(
        found
        for policy, share in zip(policies, shares, strict=True)
        for label, part in by_label(share).items()
        for found in _of_part(f"{policy.name}/{label}", part, used)
    )


def _of_part(label: str, part: Part, used: dict[str, set[str]]) -> Iterator[Excess]:
    for pattern in part.resources:
        if pattern == "*":
            if any(map(_takes_resources, part.actions)):
                yield Excess(label, "*", "any resource: the records do not say on which")
        elif "*" in substitute_nothing(pattern):
            named = (used.get(action, ()) for action in part.actions)
            every = {one for ones in named for one in ones}
            count = sum(1 for one in every if _fits(pattern, one))
            noun = noun_of(pattern)
            text = f"all {noun} that {shortly(pattern)} matches, beside the {count:,} used"
            yield Excess(label, pattern, text)
    unused = _unused_pairs(part, used)
    if unused:
        text = f"{unused:,} of its pairs of action and resource were not used"
        yield Excess(label, "", text)


def _unused_pairs(part: Part, used: dict[str, set[str]]) -> int:
    """Count the pairs of an action and a resource named in full that were not used."""
    if len(part.actions) < 2 or "*" in part.resources:
        return 0
    by_action = [used.get(action, set()) for action in part.actions]
    every = set().union(*by_action)
    return sum(len(every) - len(own) for own in by_action)


def _takes_resources(action: str) -> bool:
    known = catalog.action(action)
    return known is None or bool(known.resource_types)


def _fits(pattern: str, resource: str) -> bool:
    return glob_resource(substitute_nothing(pattern, "?"), resource)


def substitute_nothing(pattern: str, instead: str = "") -> str:
    """Give a pattern without its literal signs, so that only its wildcards are left.

    Examples
    --------
    >>> substitute_nothing("arn:aws:s3:::maps/${*}a*")
    'arn:aws:s3:::maps/a*'
    """
    plain = substitute(pattern, lambda _: "*", lambda _: instead)
    return pattern if plain is None else plain


def compare(now: Iterable[Policy], then: Iterable[Policy], actions: Iterable[str]) -> Compared:
    """Hold the policies of now against the new ones, over the actions of the catalogue.

    Examples
    --------
    >>> from iamlab import Policy
    >>> now, then = Policy.allow("sts:*"), Policy.allow("sts:AssumeRole")
    >>> compare([now], [then], ["sts:AssumeRole"]).after
    1
    """
    before, after = allowed_by(now), allowed_by(then)
    gone = Counter(name.partition(":")[0] for name in before - after)
    in_order = sorted(gone.items(), key=lambda one: (-one[1], one[0]))
    known = {name for name in actions if catalog.action(name) is not None}
    return Compared(len(before), len(after), tuple(in_order), tuple(sorted(known - before)))


def allowed_by(policies: Iterable[Policy]) -> frozenset[str]:
    """Give the actions of the catalogue that some Allow statement is about."""
    every = (statement for policy in policies for statement in policy.statements)
    return frozenset[str]().union(
        *(catalog.matched(statement) for statement in every if statement.effect == "Allow")
    )


@dataclass(frozen=True, slots=True)
class NotShown:
    """One thing that the events do not tell.

    Parameters
    ----------
    kind
        ``"period"``, ``"data events"``, ``"pass role"``, ``"permission only"``, ``"dependent"``,
        ``"path"``, ``"other account"`` or ``"unknown action"``.
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
        Actions of the catalogue that his policies are about.
    all_logged
        Whether the log is that of a world, which has every call.
    """
    now = frozenset(allowed_now)
    return (
        *_period(log),
        *(() if all_logged else _data_events(log, usage, now)),
        *_passed(usage),
        *_permission_only(usage, now),
        *_dependent(usage),
        *_places(usage, caller),
        *_unknown(usage),
    )


def _period(log: Log) -> Iterator[NotShown]:
    if log.first is None or log.last is None:
        yield NotShown("period", "There is no event at all: nothing is known of any use.")
        return
    text = (
        f"Only what happened from {log.first:%Y-%m-%d %H:%M} to {log.last:%Y-%m-%d %H:%M} is "
        "known: work that is done once a quarter or a year may be missing."
    )
    yield NotShown("period", text)


def _data_events(log: Log, usage: Usage, now: frozenset[str]) -> Iterator[NotShown]:
    may = {name.partition(":")[0] for name in now.intersection(data_actions().values())}
    did = {action.partition(":")[0].lower() for action, _ in usage.pairs}
    silent = [one for one in data_services() if one in may | did and one not in log.data_services]
    if silent:
        text = (
            f"No data events of {', '.join(silent)}: what was done there with objects, items or "
            "messages is not in this trail."
        )
        yield NotShown("data events", text)


def _passed(usage: Usage) -> Iterator[NotShown]:
    for passed, action in sorted(usage.passed.items()):
        whom = f"the role in {passed.role}" if passed.is_profile else passed.role
        text = (
            f"{action} handed {whom} to {passed.service}: that takes iam:PassRole, which is never "
            "logged. pass_role=True writes it into the policy."
        )
        if passed.is_profile:
            text = (
                f"{action} handed {whom} to {passed.service}: that takes iam:PassRole on the role, "
                "which the record does not name."
            )
        yield NotShown("pass role", text)


def _permission_only(usage: Usage, now: frozenset[str]) -> Iterator[NotShown]:
    mute = PERMISSION_ONLY - {action.lower() for action, _ in usage.pairs}
    silent = sorted(name for name in now if name.lower() in mute)
    if silent:
        text = f"{', '.join(silent)}: allowed now, and without an event of its own."
        yield NotShown("permission only", text)


def _dependent(usage: Usage) -> Iterator[NotShown]:
    used = {action.lower() for action, _ in usage.pairs}
    for action in sorted({action for action, _ in usage.allowed}):
        known = catalog.action(action)
        needed = known.dependent_actions if known else ()
        missing = [name for name in needed if name.lower() not in used]
        if missing:
            yield NotShown("dependent", f"{action} may need besides: {', '.join(missing)}.")


def _places(usage: Usage, caller: str) -> Iterator[NotShown]:
    own = Arn.parse(caller).account if caller else ""
    others: dict[str, str] = {}
    for (_, resource), tally in sorted(usage.allowed.items()):
        if not tally.is_path_known:
            text = f"{resource}: its path is not known; if it has one, write the whole ARN."
            yield NotShown("path", text)
        account = Arn.parse(resource).account if is_arn(resource) else ""
        if account.isdigit() and account != own:
            others.setdefault(account, resource)
    for account, resource in others.items():
        text = (
            f"{resource} is of account {account}: a policy there must allow it too, and this "
            "policy is only one of the two sides."
        )
        yield NotShown("other account", text)


def _unknown(usage: Usage) -> Iterator[NotShown]:
    unknown = sorted({pair[0] for pair, tally in usage.allowed.items() if not tally.is_known})
    if unknown:
        text = (
            f"{', '.join(unknown)}: not in the catalogue; the permission may have another name "
            "than the call."
        )
        yield NotShown("unknown action", text)


PERMISSION_ONLY = frozenset(
    {
        # Asked beside the call itself, which has another name.
        *("iam:passrole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"),
        *("s3:bypassgovernanceretention", "s3:objectowneroverridetobucketowner"),
        *("s3:replicateobject", "s3:replicatedelete", "s3:replicatetags"),
        *("kms:reencryptfrom", "kms:reencryptto"),
    }
)
"""Actions, in lower case, that have no event of their own."""
