"""Questions about the night, each with the facts that answer it; and the score of an answer.

A question returns the choices, and for each of them whether it is right, and why.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from iamlab.incident.containment import ERASURES, contain, edits, excessive, fault, kept, remains
from iamlab.incident.night import Night, night

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.incident.containment import Request
    from iamlab.model.event import Event
    from iamlab.world.world import World

Facts = dict[str, tuple[bool, str]]
"""The choices: whether each is right, and a sentence with the reason."""

_OF_CREDENTIALS = ("AssumeRole", "ConsoleLogin")


def leaked_key(night: Night) -> Facts:
    """Return whose access key leaked, and from where each key was used.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> [user for user, (is_right, _) in leaked_key(found).items() if is_right]
    ['bob']
    """
    found: Facts = {}
    for user in night.world.account("acme-main").users.values():
        ids = {key.access_key_id for key in user.access_keys}
        own = [each for each in night.world.events if each.user_identity.get("accessKeyId") in ids]
        if own:
            counted = Counter(each.source_ip_address for each in own)
            places = ", ".join(f"{ip} ({number})" for ip, number in counted.items())
            found[user.name] = (user.name == night.plan.entry, f"its calls came from {places}.")
    return found


def attack_steps(night: Night) -> Facts:
    """Return the calls that changed something or returned credentials: are they the attacker's?

    A call is there once: without the copy in the log of the account that was called, and without
    the second event of a role switch in the console.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> steps = attack_steps(night(7))
    >>> [step for step, (is_right, _) in steps.items() if is_right][0]
    '10th 02:00 bob: UpdateAssumeRolePolicy deployer'
    """
    found: Facts = {}
    own = {own.account_id for own in night.world.accounts.values() if own.name.startswith("acme-")}
    for event in night.world.events:
        is_change = not event.read_only and event.management_event
        is_step = (is_change or event.event_name in _OF_CREDENTIALS) and not event.error_code
        who = _who(event)
        is_services = who.endswith(".amazonaws.com")
        is_copy = event.event_name == "SwitchRole" or who.removeprefix("account ") in own
        if is_step and event.recipient_account_id in own and not (is_copy or is_services):
            label = f"{event.event_time:%d}th {event.event_time:%H:%M} {who}: {event.event_name}"
            label = f"{label} {about(event.request_parameters or {})}".strip()
            text = f"it came from {event.source_ip_address}, with {event.user_agent.split()[0]}."
            found.setdefault(label, (event.event_id in night.attack, text))
    return found


def left_behind(night: Night) -> Facts:
    """Return what can be removed after the containment: is it something that the attacker left?

    Examples
    --------
    >>> from iamlab.incident import night
    >>> [text for text, (is_right, _) in left_behind(night(7)).items() if is_right][0]
    "Delete Bob's old access key"
    """
    world = night.world.copy()
    for name in night.plan.leaves:
        contain(world, name)
    left = remains(world, night)
    reasons = {True: "a call of the attacker left it.", False: "no call of the attacker left it."}
    facts = {text: (name in left, reasons[name in left]) for name, text in ERASURES.items()}
    leaked = ERASURES[f"no-{night.plan.leaves[0]}"]
    return facts | {leaked: (True, "the attacker had it, and one call makes it active again.")}


def _who(event: Event) -> str:
    """Return a short name of the caller: of a user, a role, a service, or another account."""
    own = event.user_identity
    arn = str(own.get("arn", ""))
    account = str(own.get("accountId", ""))
    return arn.split("/")[1] if "/" in arn else str(own.get("invokedBy", f"account {account}"))


def about(parameters: Mapping[str, object]) -> str:
    """Return the name of what a call is about."""
    texts = [str(own) for key, own in parameters.items() if key.lower().endswith(("name", "arn"))]
    return texts[0].rpartition("/")[2] if texts else ""


QUESTIONS: Mapping[str, Callable[[Night], Facts]] = {
    "leaked_key": leaked_key,
    "attack_steps": attack_steps,
    "left_behind": left_behind,
}
"""The questions by name."""


@cache
def night_of(seed: int) -> Night:
    """Return the night of a seed; it is built once, and nobody may change its world.

    Examples
    --------
    >>> night_of(7) is night_of(7)
    True
    """
    return night(seed)


@cache
def facts_of(question: str, seed: int) -> Facts:
    """Return the facts of a question about the night of a seed.

    Examples
    --------
    >>> facts_of("leaked_key", 7)["bob"][0]
    True
    """
    return QUESTIONS[question](night_of(seed))


# -- the score -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """How good a changed world is.

    Parameters
    ----------
    fault
        What is wrong, as :func:`fault` says; empty if nothing is.
    lost
        The requests that must stay allowed, and are denied.
    kept
        The share of the requests that must stay allowed and are, from 0 to 1.
    edits
        The edits, as sentences.
    fewest
        How many edits are enough.
    excess
        The requests that a redesign must deny, and are allowed.
    """

    fault: tuple[str, ...]
    lost: tuple[Request, ...]
    kept: float
    edits: tuple[str, ...]
    fewest: int
    excess: tuple[Request, ...]

    @property
    def is_contained(self) -> bool:
        """Whether the attacker gets nothing, and everybody can work."""
        return not self.fault and not self.lost


def score(after: World, night: Night, stage: str = "contained") -> Score:
    """Compare a changed copy of the night's world with that world.

    Parameters
    ----------
    stage
        As for :func:`fault`.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> after = found.world.copy()
    >>> for name in found.plan.leaves:
    ...     contain(after, name)
    >>> result = score(after, found)
    >>> result.is_contained, len(result.edits) == result.fewest
    (True, True)
    """
    wanted = kept(night.world)
    lost = tuple(request for request in wanted if not after.can(*request))
    return Score(
        fault(after, night, stage),
        lost,
        1 - len(lost) / len(wanted),
        edits(night.world, after),
        len(night.plan.leaves),
        tuple(request for request in excessive(night.world) if after.can(*request)),
    )
