"""What a log cannot show, so that nobody takes silence for proof.

Notes
-----
AWS pages: "Generate policies based on access activity", "Things to know"; "Refine permissions in
AWS using last accessed information"; "Logging data events".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.least_privilege.unseen import PERMISSION_ONLY
from iamlab.world.trails.data_actions import data_actions, data_services

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.world.least_privilege.used import Log, Usage


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
