"""Why: the steps of a decision, what was missing, what was enough.

Everything here is asked for after the decision, and reads what it kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.engine.applicable_statements import RESTRICTED, match_statement
from iamlab.engine.evaluation_case import is_bounded
from iamlab.engine.layer_results import layer_results
from iamlab.engine.layers import CEILINGS, GUARDS, LAYERS, LIMITS, NAMES, AttachedPolicy, Place
from iamlab.engine.principals import Named
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import LayerMatches, StatementMatch
    from iamlab.policy.statement import Statement

RUNGS = (*GUARDS, "resource", "identity", "boundary", "session")
"""The layers in flow-chart order, the VPC endpoint policy beside SCP and RCP; the first rung, above
them, is the sweep for explicit denies."""

ABSENT = {
    "rcp": "No resource control policy",
    "scp": "No service control policy",
    "endpoint": "No VPC endpoint",
    "resource": "No resource-based policy",
    "identity": "No identity-based policy",
    "boundary": "No boundary",
    "session": "No session policy",
}


@with_old_names
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
        The layer's statements, each with its mismatches.
    reason
        One sentence.
    """

    layer: str
    result: str
    statements: tuple[StatementMatch, ...]
    reason: str

    @property
    def symbol(self) -> str:
        """``✓ ✕ ○``, or ``–`` for a layer that is not there."""
        return {"allow": "✓", "deny": "✕", "silent": "○", "absent": "–"}[self.result]

    @property
    def is_plain(self) -> bool:
        """Whether the layer is not there because there is no such policy at all."""
        return self.reason == f"{ABSENT.get(self.layer)}."

    def __str__(self) -> str:
        return f"{self.symbol} {self.layer}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "layer": self.layer,
            "result": self.result,
            "reason": self.reason,
            "statements": [reading.to_dict() for reading in self.statements],
        }


def steps(decision: Decision) -> tuple[Step, ...]:
    """Retell a decision in the order of AWS's flow chart."""
    denies = decision.denies
    if denies:
        if decision.verdict is Verdict.EXPLICIT_DENY:
            first = Step("deny", "deny", denies, f"Denied by {_list(denies)}; a Deny wins.")
        else:
            reason = f"{_list(denies)} denies, but here no Deny stops {decision.request.action}."
            first = Step("deny", "silent", denies, reason)
    else:
        first = Step("deny", "silent", (), "No Deny statement applies.")
    scoped = ("scoped",) if decision.heard["scoped"].present else ()
    return (first, *(_rung(decision, layer) for layer in (*RUNGS, *scoped)))


def _rung(decision: Decision, layer: str) -> Step:
    heard = decision.heard[layer]
    readings = heard.readings
    grants = decision.heard["grant"].readings if layer == "resource" else ()
    if not heard.present and not grants:
        return Step(layer, "absent", (), f"{heard.why_absent or ABSENT[layer]}.")
    if heard.denies:
        would = f"; {_list(heard.allows)} would have allowed it" if heard.allows else ""
        return Step(layer, "deny", (*readings, *grants), f"{_list(heard.denies)} denies{would}.")
    if layer in CEILINGS:
        result, reason = _ceiling(decision, layer, heard)
        return Step(layer, result, readings, reason)
    allows = (*heard.allows, *(reading for reading in grants if reading.applies))
    if allows:
        return Step(layer, "allow", (*readings, *grants), _allow_reason(decision, allows))
    return Step(layer, "silent", (*readings, *grants), _silence(heard))


def _silence(heard: LayerMatches) -> str:
    """Say why nobody allows; what was taken away from all comes first."""
    cut = [reading.mismatches[-1] for reading in heard.readings if reading.effect == "Allow"]
    restricted = RESTRICTED if RESTRICTED in cut else None
    return f"No Allow counts: {restricted.note}." if restricted else "No Allow statement applies."


def _ceiling(decision: Decision, layer: str, heard: LayerMatches) -> tuple[str, str]:
    """Say whether a ceiling lets the request through, and where it does not."""
    name, action = NAMES[layer], decision.request.action
    if heard.only_denies:
        return "allow", f"It does not deny; in this {name} no Allow is needed."
    if all(heard.says):
        return "allow", f"{_list(heard.allows)} lets it through; a {name} never grants."
    if decision and layer in LIMITS:
        why = f"The {name} does not allow {action}, but it does not cut a grant to the very caller."
        return "silent", why
    if layer == "session" and not heard.readings:
        return "silent", "No session policy was passed, so the federated user has no permissions."
    levels = len(heard.levels)
    shut = [f"{number}" for number, says in enumerate(heard.says, 1) if not says]
    at = f" at level {', '.join(shut)} of {levels}" if levels > 1 else ""
    cuts = "it cuts the grant" if layer in LIMITS else "nothing gets through"
    return "silent", f"The {name} does not allow {action}{at}: {cuts}."


_HOW = {
    Named.DIRECT: "names the caller directly, or everyone",
    Named.INDIRECT: "names the role or user behind the caller",
    Named.ACCOUNT: "names the account, so the caller's own policies must allow too",
}


def _allow_reason(decision: Decision, allows: tuple[StatementMatch, ...]) -> str:
    if allows[0].layer in ("resource", "grant"):
        strongest = max(reading.named for reading in allows)
        return f"{_list(allows)} allows; it {_HOW[strongest]}."
    note = "" if decision else " That is not enough."
    return f"{_list(allows)} allows.{note}"


def _list(readings: tuple[StatementMatch, ...]) -> str:
    return ", ".join(dict.fromkeys(reading.address for reading in readings))


def why_not(decision: Decision, what: Policy | Statement | str) -> tuple[StatementMatch, ...]:
    """Hold a policy or a statement against the request; see ``Decision.why_not``."""
    if isinstance(what, str):
        everything = _everything(decision)
        found = tuple(r for r in everything if what in (r.address, r.attached.policy.name))
        if not found:
            error = RequestError(f"No policy or statement here is called {what!r}.")
            error.add_note(did_you_mean(what, [reading.address for reading in everything]))
            raise error
        return found
    own = tuple(
        r for r in _everything(decision) if what is r.attached.policy or what is r.statement
    )
    if own:
        return own
    policy = what if isinstance(what, Policy) else Policy((what,), name="statement")
    bounded = is_bounded(decision.request, decision.layers)
    return tuple(
        match_statement(
            statement,
            AttachedPolicy(policy),
            decision.request,
            Place("resource" if _names_somebody(statement) else "identity", bounded),
            decision.rules,
        )
        for statement in policy.statements
    )


def _everything(decision: Decision) -> list[StatementMatch]:
    return [reading for layer in LAYERS for reading in decision.heard[layer].readings]


def _names_somebody(statement: Statement) -> bool:
    return statement.principal is not None or statement.not_principal is not None


BY_IDENTITY = ("same_account", "root_user", "assume_root", "credentials_refused")
"""Situations in which it is the caller's own side that had to allow."""


def missing_granter(decision: Decision) -> str:
    """Name the side that had to allow and did not.

    Where trust or key policy must speak, or between two accounts, it is the resource's side as long
    as that is silent; else the identity's.
    """
    heard = decision.heard
    if decision.situation in BY_IDENTITY:
        return "identity"
    if decision.situation in ("role_trust", "both_sides", "kms_key", "cross_account"):
        has_spoken = bool(heard["resource"].allows or heard["grant"].allows)
        return "identity" if has_spoken else "resource"
    return "resource"


def sufficient(decision: Decision) -> tuple[StatementMatch, ...]:
    """Collect the Allow statements that were enough: those in some smallest set of votes."""
    rule = getattr(decision.rules, decision.situation, None)
    if rule is None:
        return ()  # no permission is needed
    resource = decision.heard["resource"].allows
    groups = {
        "direct": [reading for reading in resource if reading.named is Named.DIRECT],
        "indirect": [reading for reading in resource if reading.named is Named.INDIRECT],
        "account": [reading for reading in resource if reading.named is Named.ACCOUNT],
        "grant": decision.heard["grant"].allows,
        "identity": decision.heard["identity"].allows,
    }
    votes = layer_results(decision.heard, decision.rules)
    nobody = votes._replace(
        direct=False, indirect=False, account=False, grant=False, identity=False
    )
    there = [name for name, readings in groups.items() if readings]
    smallest: list[set[str]] = []
    for size in range(len(there) + 1):
        for chosen in map(set, combinations(there, size)):
            enough = rule(nobody._replace(**_all(chosen)))
            if enough and not any(known <= chosen for known in smallest):
                smallest.append(chosen)
    used = set().union(*smallest)
    return tuple(r for name, readings in groups.items() if name in used for r in readings)


def _all(names: set[str]) -> dict[str, Any]:
    return dict.fromkeys(names, True)


# How near an Allow comes: a statement that fails only in its condition is nearer than one for
# another action. This is summed over its mismatches; the smallest sum is the nearest.
_DISTANCE = {"Condition": 1, "Resource": 2, "NotResource": 2, "Action": 4, "NotAction": 4}
_FAR = 8  # somebody else's statement


def nearest_miss(decision: Decision) -> str:
    """Name in a sentence the Allow that came nearest, and its mismatches; empty if none did."""
    found = nearest(decision)
    return f"{found[0]} came nearest. {found[1]}" if found else ""


def nearest(decision: Decision) -> tuple[str, str] | None:
    """Find the Allow statement that came nearest to what was missing, and its mismatches.

    ``None`` unless the verdict is an implicit deny, and where no policy has any Allow statement.
    """
    if decision.verdict is not Verdict.IMPLICIT_DENY or decision.request.refusal:
        return None
    layers: tuple[str, ...] = ("identity", "resource", "grant")
    if granted_but_cut(decision):
        layers = decision.shut
    elif decision.situation in ("cross_account", "both_sides"):
        layers = tuple(layer for layer in layers if not decision.heard[layer].allows)
    near = [
        (sum(_DISTANCE.get(mismatch.element, _FAR) for mismatch in reading.mismatches), reading)
        for layer in layers
        for level in decision.heard[layer].levels
        if layer not in CEILINGS or not any(r.effect == "Allow" and r.applies for r in level)
        for reading in level
        if reading.effect == "Allow" and reading.mismatches
    ]
    if not near:
        return None
    _, reading = min(near, key=lambda item: item[0])
    return reading.address, f"{'; '.join(map(str, reading.mismatches))}."


def granted_but_cut(decision: Decision) -> bool:
    """Say whether all would be well without the ceilings that are shut."""
    rule = getattr(decision.rules, decision.situation, None)
    if rule is None or not decision.shut:
        return False
    return bool(rule(layer_results(decision.heard, decision.rules)._replace(limits=True)))
