"""The two doors as values: which are open, which of them count, and what bars the way behind them.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Cross-account policy
evaluation logic"; "Key policies in AWS KMS"; "How IAM roles differ from resource-based policies".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iamlab.engine.layers import NAMES, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.decision.ladder_flow import FIXED
from iamlab.view.figures.names import resource_policy_of

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

State = Literal["open", "shut", "barred", "absent"]
Way = Literal["side by side", "one after the other", "no door"]

WORDS = {
    "open": ("✓", "open"),
    "shut": ("○", "shut: it says nothing"),
    "barred": ("✕", "barred by a Deny"),
    "absent": ("–", "no door: not there"),
}

EITHER, BOTH = "either is enough", "both must be open"
ONLY_RESOURCE = "only the resource's door counts"
ONLY_IDENTITY = "only the identity door counts"


@dataclass(frozen=True, slots=True)
class Door:
    """One door.

    Parameters
    ----------
    side
        ``"identity"`` or ``"resource"``.
    policies
        Whose policies these are, in words.
    state
        Whether it is open; what that is as a sign and in words.
    reason
        Why, in a sentence with the statement's address.
    counts
        Whether it can let anybody in by itself here.
    leads
        Whether the request gets in by it.
    """

    side: str
    policies: str
    state: State
    reason: str
    statements: tuple[str, ...]
    counts: bool
    leads: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.side.capitalize()} door"

    @property
    def symbol(self) -> str:
        """Its state as a sign."""
        return WORDS[self.state][0]

    @property
    def words(self) -> str:
        """Its state in words."""
        return WORDS[self.state][1]

    def __str__(self) -> str:
        vain = "" if self.counts else " (it does not count here)"
        return f"{self.name}, {self.policies}: {self.symbol} {self.words}{vain}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Both doors, the sign between them, and the bars before the room.

    Parameters
    ----------
    way
        How the doors stand.
    sign
        What is written between them.
    bars
        What stops the request behind the doors: a sign and words each.
    """

    doors: tuple[Door, Door]
    way: Way
    sign: str
    bars: tuple[tuple[str, str], ...]


def plan(decision: Decision) -> Plan:
    """Read a decision as two doors.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> found = plan(world.can(world.user("alice"), "s3:GetObject", MAP))
    >>> print(found.sign, *found.doors, sep=chr(10))
    either is enough
    Identity door, identity-based policies: ✓ open
    Resource door, bucket policy: – no door: not there
    """
    way, sign, counting = _arranged(decision)
    doors = tuple(_door(decision, side, counting) for side in ("identity", "resource"))
    return Plan((doors[0], doors[1]), way, sign, _bars(decision, way, doors))


def _arranged(decision: Decision) -> tuple[Way, str, tuple[str, ...]]:
    """Say how the doors stand, what the sign says, and which doors count."""
    both: tuple[str, ...] = ("identity", "resource")
    situation = decision.combining_rule
    if situation == "same_account":
        if (
            decision.trace.principal_match is PrincipalMatch.ACCOUNT
        ):  # that leaves it to the caller's own policies
            what = resource_policy_of(decision.request)
            sign = f"the {what} names only the account: {ONLY_IDENTITY}"
            return "side by side", sign, ("identity",)
        return "side by side", EITHER, both
    if situation == "cross_account":
        return "one after the other", f"two accounts: {BOTH}", both
    if situation == "both_sides":
        return "one after the other", f"a source identity: {BOTH}", both
    if situation in ("role_trust", "kms_key"):
        return _by_trust(decision)
    if situation in ("outsider", "root_user_kms", "root_user_abroad"):
        return "side by side", ONLY_RESOURCE, ("resource",)
    if situation == "assume_root":
        return "side by side", ONLY_IDENTITY, ("identity",)
    return "no door", FIXED.get(situation, "by these rules no door counts").rstrip("."), ()


def _by_trust(decision: Decision) -> tuple[Way, str, tuple[str, ...]]:
    """A role's trust policy and a key policy must allow; naming the account is half of it."""
    what = "the trust policy" if decision.combining_rule == "role_trust" else "the key policy"
    if decision.trace.principal_match is PrincipalMatch.ACCOUNT:
        sign = f"{what} names only the account: {BOTH}"
        return "one after the other", sign, ("identity", "resource")
    return "side by side", f"{ONLY_RESOURCE}: {what}", ("resource",)


def _door(decision: Decision, side: str, counting: tuple[str, ...]) -> Door:
    step = next(step for step in decision.steps if step.layer == side)
    layers = (side, "grant") if side == "resource" else (side,)
    states: dict[str, State] = {"deny": "barred", "allow": "open", "silent": "shut"}
    state = states.get(step.result, "absent")
    applying = [hit for layer in layers for hit in decision.layer_matches[layer].applying]
    if state == "barred":
        applying = [hit for hit in applying if hit.effect == "Deny"]
    leading = {hit.layer for hit in decision.determining} if decision else set()
    return Door(
        side,
        "identity-based policies" if side == "identity" else resource_policy_of(decision.request),
        state,
        step.reason,
        tuple(dict.fromkeys(hit.address for hit in applying)),
        counts=side in counting,
        leads=bool(leading & set(layers)) if decision else state == "open" and side in counting,
    )


def _bars(decision: Decision, way: Way, doors: tuple[Door, ...]) -> tuple[tuple[str, str], ...]:
    """Say what stops the request behind the doors, whichever is open."""
    if decision.verdict is Verdict.ALLOWED:
        return ()
    bars = []
    at_doors = all(hit.layer in ("identity", "resource") for hit in decision.denies)
    # Who stands before a barred door needs no further bar; who comes through the other one does.
    by_another = way == "side by side" and any(door.state == "open" for door in doors)
    behind = not at_doors or by_another
    if decision.verdict is Verdict.EXPLICIT_DENY and behind:
        addresses = dict.fromkeys(hit.address for hit in decision.denies)
        bars.append(("✕", f"a Deny stops all: {', '.join(addresses)}"))
    # No filter cuts what is granted to the very caller.
    exempt = PERMISSION_FILTERS if decision.trace.is_enough_at_resource else ()
    silent = [
        layer
        for layer in decision.blocking
        if layer not in exempt and not decision.layer_matches[layer].denies
    ]
    bars += [("○", f"shut: {NAMES[layer]}") for layer in silent]
    return tuple(bars)
