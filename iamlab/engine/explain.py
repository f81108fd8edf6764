"""Why: the steps of a decision, what was missing, what was enough.

Everything here is asked for after the decision, and reads what it kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import CEILINGS, LAYERS, NAMES
from iamlab.engine.matching import Miss, Place, misses
from iamlab.engine.principals import Named
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Hit, Verdict
from iamlab.engine.votes import count

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import Attached
    from iamlab.engine.verdict import Heard
    from iamlab.policy.document import Statement

RUNGS = ("rcp", "scp", "endpoint", *LAYERS)
"""The layers in flow-chart order, below the first rung, which is the sweep for explicit denies."""

ABSENT = {
    "rcp": "no resource control policy",
    "scp": "no service control policy",
    "endpoint": "no VPC endpoint",
    "resource": "no resource-based policy",
    "identity": "no identity-based policy",
    "boundary": "no boundary",
    "session": "no session policy",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement, held against the request: it applies if nothing misses."""

    address: str
    effect: str
    misses: tuple[Miss, ...]
    path: tuple[str, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether every element of it matches."""
        return not self.misses

    def __str__(self) -> str:
        if self.applies:
            return f"{self.effect} {self.address}"
        return f"{self.effect} {self.address} does not apply. {self.misses[0]}"

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "statement": self.address,
            "effect": self.effect,
            "applies": self.applies,
            "misses": [str(miss) for miss in self.misses],
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One rung.

    Parameters
    ----------
    layer
        ``"deny"`` for the first rung, else the layer's name.
    result
        ``"deny"``, ``"allow"``, ``"silent"`` (it is there and says nothing) or ``"absent"``.
    statements
        The layer's statements, each with what it missed.
    reason
        One sentence.
    """

    layer: str
    result: str
    statements: tuple[Reading, ...]
    reason: str

    @property
    def symbol(self) -> str:
        """``✓ ✕ ○``, or ``–`` for a layer that is not there."""
        return {"allow": "✓", "deny": "✕", "silent": "○", "absent": "–"}[self.result]

    def __str__(self) -> str:
        return f"{self.symbol} {self.layer}: {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "layer": self.layer,
            "result": self.result,
            "reason": self.reason,
            "statements": [reading.to_json() for reading in self.statements],
        }


def steps(decision: Decision) -> tuple[Step, ...]:
    """Retell a decision in the order of AWS's flow chart."""
    denies = decision.denies
    if denies:
        said = tuple(map(_said, denies))
        if decision.verdict is Verdict.EXPLICIT_DENY:
            first = Step("deny", "deny", said, f"Denied by {_list(denies)}; a Deny wins.")
        else:
            reason = f"{_list(denies)} denies, but here no Deny stops {decision.request.action}."
            first = Step("deny", "silent", said, reason)
    else:
        first = Step("deny", "silent", (), "No Deny statement applies.")
    return (first, *(_rung(decision, layer) for layer in RUNGS))


def _rung(decision: Decision, layer: str) -> Step:
    heard = decision.heard.get(layer)
    if heard is None or not heard.present:
        return Step(layer, "absent", (), f"{ABSENT[layer][0].upper()}{ABSENT[layer][1:]}.")
    readings = tuple(readings_of(decision, layer))
    if heard.denies:
        would = f"; {_list(heard.allows)} would have allowed it" if heard.allows else ""
        return Step(layer, "deny", readings, f"{_list(heard.denies)} denies{would}.")
    if heard.allows:
        return Step(layer, "allow", readings, _allow_reason(decision, layer, heard))
    if layer in CEILINGS:
        reason = f"The {NAMES[layer]} does not allow {decision.request.action}: it cuts the grant."
        if not readings and layer == "session":
            reason = "No session policy was passed, so the federated user has no permissions."
    else:
        reason = "No Allow statement applies."
    return Step(layer, "silent", readings, reason)


_HOW = {
    Named.DIRECT: "names the caller directly, or everyone",
    Named.INDIRECT: "names the role or user behind the caller",
    Named.ACCOUNT: "names the account, so the caller's own policies must allow too",
}


def _allow_reason(decision: Decision, layer: str, heard: Heard) -> str:
    if layer == "resource":
        strongest = max(hit.named for hit in heard.allows)
        return f"{_list(heard.allows)} allows; it {_HOW[strongest]}."
    if layer in CEILINGS:
        return f"{_list(heard.allows)} lets it through; a {NAMES[layer]} never grants."
    note = "" if decision else " That is not enough."
    return f"{_list(heard.allows)} allows.{note}"


def readings_of(decision: Decision, layer: str) -> list[Reading]:
    """Hold every statement of a layer against the request, and keep what each missed."""
    return [
        Reading(address(attached, statement), statement.effect, found, attached.path)
        for attached, statement, found in held(decision, layer)
    ]


def held(decision: Decision, layer: str) -> list[tuple[Attached, Statement, tuple[Miss, ...]]]:
    """Hold every statement of a layer against the request: its policy, itself, what it missed."""
    place = Place(layer, bounded=decision.layers.boundary is not None)
    missing_key = decision.rules.missing_key
    return [
        (attached, statement, tuple(misses(statement, decision.request, place, missing_key)))
        for attached in decision.layers.of(layer)
        for statement in attached.policy.statements
    ]


def address(attached: Attached, statement: Statement) -> str:
    """Name a statement: its policy, a slash, its Sid or number."""
    return f"{attached.policy.name or 'policy'}/{statement.label}"


def _said(hit: Hit) -> Reading:
    return Reading(hit.address, hit.statement.effect, (), hit.attached.path)


def _list(hits: tuple[Hit, ...]) -> str:
    return ", ".join(dict.fromkeys(hit.address for hit in hits))


def missing_granter(decision: Decision) -> str:
    """Name the side that had to allow and did not.

    Where trust or key policy must speak, or between two accounts, it is the resource's side as long
    as that is silent; else the identity's.
    """
    resource_has_spoken = bool(decision.heard["resource"].allows)
    if decision.situation in ("same_account", "root_user"):
        return "identity"
    if decision.situation in ("role_trust", "kms_key", "cross_account"):
        return "identity" if resource_has_spoken else "resource"
    return "resource"


def sufficient(decision: Decision) -> tuple[Hit, ...]:
    """Collect the Allow statements that were enough: those in some smallest set of votes."""
    rule = getattr(decision.rules, decision.situation)
    resource, identity = decision.heard["resource"].allows, decision.heard["identity"].allows
    groups = {
        "direct": [hit for hit in resource if hit.named is Named.DIRECT],
        "indirect": [hit for hit in resource if hit.named is Named.INDIRECT],
        "account": [hit for hit in resource if hit.named is Named.ACCOUNT],
        "identity": list(identity),
    }
    votes = count(decision.heard, decision.rules)
    nobody = replace(votes, direct=False, indirect=False, account=False, identity=False)
    there = [name for name, hits in groups.items() if hits]
    smallest: list[set[str]] = []
    for size in range(len(there) + 1):
        for chosen in map(set, combinations(there, size)):
            enough = rule(replace(nobody, **dict.fromkeys(chosen, True)))
            if enough and not any(known <= chosen for known in smallest):
                smallest.append(chosen)
    used = set().union(*smallest)
    return tuple(hit for name, hits in groups.items() if name in used for hit in hits)


# How near a miss is: a statement that fails only in its condition is nearer than one for another
# action. The sum over what it missed; the least is the nearest.
_DISTANCE = {"Condition": 1, "Resource": 2, "NotResource": 2, "Action": 4, "NotAction": 4}
_FAR = 8  # somebody else's statement


def nearest_miss(decision: Decision) -> str:
    """Name in a sentence the Allow that came nearest, and what it missed by; empty if none did."""
    found = nearest(decision)
    return f"{found[0]} came nearest. {found[1]}" if found else ""


def nearest(decision: Decision) -> tuple[str, str] | None:
    """Find the Allow statement that came nearest to what was missing, and what it missed by.

    ``None`` unless the verdict is an implicit deny, and where no policy has any Allow statement.
    """
    if decision.verdict is not Verdict.IMPLICIT_DENY:
        return None
    layers: tuple[str, ...] = ("identity", "resource")
    if granted_but_cut(decision):
        layers = decision.shut
    elif decision.situation == "cross_account":
        layers = tuple(layer for layer in layers if not decision.heard[layer].allows)
    near = [
        (sum(_DISTANCE.get(miss.element.split()[0], _FAR) for miss in found), at, found)
        for layer in layers
        for attached, statement, found in held(decision, layer)
        if statement.effect == "Allow" and found
        for at in [address(attached, statement)]
    ]
    if not near:
        return None
    _, at, found = min(near, key=lambda item: item[0])
    return at, f"{'; '.join(map(str, found))}."


def granted_but_cut(decision: Decision) -> bool:
    """Say whether all would be well without the ceilings that are shut."""
    if not decision.shut or decision.request.caller.kind is Kind.ROOT:
        return False
    votes = replace(count(decision.heard, decision.rules), limits=True)
    return bool(getattr(decision.rules, decision.situation)(votes))
