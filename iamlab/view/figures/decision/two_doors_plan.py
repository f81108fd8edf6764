"""The two doors as values: which are open, which of them count, and what bars the room behind them.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Cross-account policy
evaluation logic"; "Key policies in AWS KMS"; "How IAM roles differ from resource-based policies".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from iamlab.engine.layers import NAMES, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.names import resource_policy_of
from iamlab.view.style import ABSENT, LOOKS, Look

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

State = Literal["open", "shut", "barred", "absent"]
Way = Literal["side by side", "one after the other", "no door"]
Arrangement = tuple[Way, str, tuple[str, ...]]
"""How the doors are placed, what the sign says, and which doors count."""

DOORS = {
    "open": replace(LOOKS["allowed"], word="open"),
    "shut": replace(LOOKS["implicitDeny"], word="shut: it says nothing"),
    "barred": replace(LOOKS["explicitDeny"], word="barred by a Deny"),
    "absent": replace(ABSENT, word="no door: not there"),
}
"""How a door looks, by its state."""
STATES: dict[str, State] = {"deny": "barred", "allow": "open", "silent": "shut", "absent": "absent"}
"""The state of a door by the result of its step."""
SIDES = {"identity": ("identity",), "resource": ("resource", "grant")}
"""The layers of each door."""

EITHER, BOTH = "either is enough", "both must be open"
ONLY_RESOURCE = "only the resource's door counts"
ONLY_IDENTITY = "only the identity door counts"
FROM_RESOURCE: Arrangement = ("side by side", ONLY_RESOURCE, ("resource",))
ARRANGEMENTS: dict[str, Arrangement] = {
    "same_account": ("side by side", EITHER, tuple(SIDES)),
    "cross_account": ("one after the other", f"two accounts: {BOTH}", tuple(SIDES)),
    "both_sides": ("one after the other", f"a source identity: {BOTH}", tuple(SIDES)),
    "outsider": FROM_RESOURCE,
    "root_user_kms": FROM_RESOURCE,
    "root_user_abroad": FROM_RESOURCE,
    "assume_root": ("side by side", ONLY_IDENTITY, ("identity",)),
}
"""By the rule that combines the layers."""
TRUSTING = {"role_trust": "the trust policy", "kms_key": "the key policy"}
"""The policies that must allow, by the rule that says so."""


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
        Whether it is open.
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
        """Its name."""
        return f"{self.side.capitalize()} door"

    @property
    def look(self) -> Look:
        """Its state as a symbol, in words, and in colours."""
        return DOORS[self.state]

    @property
    def words(self) -> str:
        """Its state in words."""
        return self.look.word

    def __str__(self) -> str:
        vain = "" if self.counts else " (it does not count here)"
        return f"{self.name}, {self.policies}: {self.look}{vain}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Both doors, the sign between them, and the bars before the room.

    Parameters
    ----------
    way
        How the doors are placed.
    sign
        The words between them.
    bars
        What stops the request behind the doors: a symbol and words each.
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
    way, sign, counting = _arrangement(decision)
    doors = _door(decision, "identity", counting), _door(decision, "resource", counting)
    return Plan(doors, way, sign, tuple(_bars(decision, way, doors)))


def _arrangement(decision: Decision) -> Arrangement:
    rule = decision.trace.rule
    # A policy that names only the account leaves it to the caller's own policies.
    names_account = decision.trace.principal_match is PrincipalMatch.ACCOUNT
    if rule in TRUSTING and names_account:
        sign = f"{TRUSTING[rule]} names only the account: {BOTH}"
        return "one after the other", sign, tuple(SIDES)
    if rule in TRUSTING:
        return "side by side", f"{ONLY_RESOURCE}: {TRUSTING[rule]}", ("resource",)
    if rule == "same_account" and names_account:
        policy = resource_policy_of(decision.request)
        sign = f"the {policy} names only the account: {ONLY_IDENTITY}"
        return "side by side", sign, ("identity",)
    fixed = decision.trace.reason.rstrip(".") or "by these rules no door counts"
    return ARRANGEMENTS.get(rule, ("no door", fixed, ()))


def _door(decision: Decision, side: str, counting: tuple[str, ...]) -> Door:
    step = next(step for step in decision.steps if step.layer == side)
    state, counts = STATES[step.result], side in counting
    steps = [decision.trace.step(layer) for layer in SIDES[side]]
    matches = [
        match
        for step in steps
        for match in (step.found.denies if state == "barred" else step.found.applying)
    ]
    leading = any(match.layer in SIDES[side] for match in decision.determining)
    policies = (
        resource_policy_of(decision.request) if side == "resource" else f"{side}-based policies"
    )
    return Door(
        side,
        policies,
        state,
        step.reason,
        tuple(dict.fromkeys(match.address for match in matches)),
        counts,
        leads=leading if decision else state == "open" and counts,
    )


def _bars(decision: Decision, way: Way, doors: tuple[Door, Door]) -> list[tuple[str, str]]:
    """Return what stops the request behind the doors, whichever is open."""
    trace, bars = decision.trace, []
    if decision:
        return []
    # A barred door needs no further bar; a request that comes through the other one does.
    by_another = way == "side by side" and any(door.state == "open" for door in doors)
    behind = by_another or any(
        match.layer not in ("identity", "resource") for match in trace.denies
    )
    if decision.verdict is Verdict.EXPLICIT_DENY and behind:
        addresses = dict.fromkeys(match.address for match in trace.denies)
        bars.append(("✕", f"a Deny stops all: {', '.join(addresses)}"))
    exempt = PERMISSION_FILTERS if trace.is_enough_at_resource else ()
    silent = [
        layer
        for layer in trace.blocking
        if layer not in exempt and not trace.step(layer).found.denies
    ]
    return [*bars, *(("○", f"shut: {NAMES[layer]}") for layer in silent)]
