"""The trace of a decision in words: its steps, and the mismatches of statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.engine.applicable_statements import RESTRICTED, Comparison, has_principal
from iamlab.engine.combining_rule import has_boundary
from iamlab.engine.layers import (
    CEILINGS,
    GUARDRAILS,
    PERMISSION_FILTERS,
    AttachedPolicy,
    Place,
)
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.verdict import LayerMatches, Verdict, addresses
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.describe.words import joined
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.trace import TraceStep
    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Statement

FLOW_CHART = (*GUARDRAILS, "resource", "identity", "boundary", "session")
"""The layers in the order of the flow chart, with the VPC endpoint policy next to SCP and RCP. The
first step looks for explicit denies."""

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
    """A step of the flow chart.

    Parameters
    ----------
    layer
        ``"deny"`` for the first step, otherwise the layer's name.
    result
        ``"deny"``, ``"allow"``, ``"silent"`` (it applies and doesn't allow) or ``"absent"``.
    statements
        The layer's statements, each with its mismatches.
    reason
        The reason, in a sentence.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> for step in scenario("groups").can("dana", "s3:DeleteObject", MAP).steps[:2]:
    ...     print(step.layer, step.result, "-", step.reason)
    deny deny - Denied by guard/KeepMaps. A Deny overrides every Allow.
    rcp absent - No resource control policy.
    """

    layer: str
    result: str
    statements: tuple[StatementMatch, ...]
    reason: str

    @property
    def symbol(self) -> str:
        """``✓ ✕ ○``, or ``–`` for a missing layer."""
        return {"allow": "✓", "deny": "✕", "silent": "○", "absent": "–"}[self.result]

    @property
    def is_plain(self) -> bool:
        """Whether the layer is missing because there is no such policy."""
        return self.reason == f"{ABSENT.get(self.layer)}."

    def __str__(self) -> str:
        return f"{self.symbol} {self.layer}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Return the step as JSON values."""
        return {
            "layer": self.layer,
            "result": self.result,
            "reason": self.reason,
            "statements": [match.to_dict() for match in self.statements],
        }


def steps(decision: Decision) -> tuple[Step, ...]:
    """List the steps of a decision in the order of AWS's flow chart."""
    denies = decision.denies
    if denies:
        if decision.verdict is Verdict.EXPLICIT_DENY:
            reason = f"Denied by {_list(denies)}. A Deny overrides every Allow."
            first = Step("deny", "deny", denies, reason)
        else:
            reason = f"{_do(denies, 'denies')}, but no Deny can stop {decision.request.action}."
            first = Step("deny", "silent", denies, reason)
    else:
        void = [str(refused) for refused in decision.trace.refused if refused.is_void_deny]
        reason = " ".join((*void, f"No {'other ' * bool(void)}Deny statement matches."))
        first = Step("deny", "silent", (), reason)
    scoped = ("scoped",) if decision.trace.step("scoped").found.present else ()
    return (first, *(_step(decision, layer) for layer in (*FLOW_CHART, *scoped)))


def _step(decision: Decision, layer: str) -> Step:
    traced, grant = decision.trace.step(layer), decision.trace.step("grant")
    found = traced.found
    grants = grant.found if layer == "resource" else LayerMatches()
    if not found.present and not grants.present:
        return Step(layer, "absent", (), f"{found.why_absent or ABSENT[layer]}.")
    matches = (*found.matches, *grants.matches)
    if found.denies:
        would = f"; {_list(found.allows)} would have allowed it" if found.allows else ""
        return Step(layer, "deny", matches, f"{_do(found.denies, 'denies')}{would}.")
    if layer in CEILINGS:
        return Step(layer, *_ceiling(decision, traced))
    allows = (*found.allows, *grants.allows)
    if allows:
        return Step(layer, "allow", matches, _allow_reason(decision, allows))
    return Step(layer, "silent", matches, _silence(found))


def _silence(found: LayerMatches) -> str:
    """Explain why nothing allows, first by Block Public Access."""
    if found.is_restricted and any(match.effect == "Allow" for match in found.matches):
        return f"No Allow has an effect: {RESTRICTED.note}."
    return "No Allow statement matches."


def _ceiling(decision: Decision, traced: TraceStep) -> tuple[str, tuple[StatementMatch, ...], str]:
    """Return a ceiling's result, statements and reason, with the levels that don't allow."""
    layer, name, action = traced.layer, traced.name, decision.request.action
    found, matches = traced.found, traced.matches
    if found.only_denies:
        return "allow", matches, f"It doesn't deny. This {name} needs no Allow."
    if all(found.allows_by_level):
        reason = f"{_do(found.allows, 'allows')} it, but a {name} never grants."
        return "allow", matches, reason
    if decision and layer in PERMISSION_FILTERS:
        why = f"The {name} doesn't allow {action}, but it doesn't limit a grant to this caller."
        return "silent", matches, why
    if layer == "session" and not matches:
        why = "No session policy was passed, so the federated user has no permissions."
        return "silent", matches, why
    levels = len(found.allows_by_level)
    numbered = enumerate(found.allows_by_level, 1)
    blocking = ", ".join(f"{number}" for number, allows in numbered if not allows)
    at = f" at level {blocking} of {levels}" if levels > 1 else ""
    cuts = "limits the grant" if layer in PERMISSION_FILTERS else "blocks the request"
    return "silent", matches, f"The {name} doesn't allow {action}{at} and {cuts}."


PLURALS = {"allows": "allow", "denies": "deny"}
_HOW = {
    PrincipalMatch.DIRECT: "names the caller directly, or everybody",
    PrincipalMatch.INDIRECT: "names the role or user behind the caller",
    PrincipalMatch.ACCOUNT: "names the account, so the caller's own policies must allow too",
}


def _allow_reason(decision: Decision, allows: tuple[StatementMatch, ...]) -> str:
    if allows[0].layer in ("resource", "grant"):
        strongest = max(match.principal_match for match in allows)
        which = "it" if len(addresses(allows)) == 1 else "one of them"
        return f"{_do(allows, 'allows')}; {which} {_HOW[strongest]}."
    note = "" if decision else " That isn't enough."
    return f"{_do(allows, 'allows')}.{note}"


def _list(matches: tuple[StatementMatch, ...]) -> str:
    return joined(addresses(matches))


def _do(matches: tuple[StatementMatch, ...], verb: str) -> str:
    """Return statements with their verb: ``"a/1 allows"``, ``"a/1 and b/1 allow"``."""
    is_plural = len(addresses(matches)) > 1
    return f"{_list(matches)} {PLURALS[verb] if is_plural else verb}"


def why_not(decision: Decision, what: Policy | Statement | str) -> tuple[StatementMatch, ...]:
    """Compare a policy or a statement with the request; see ``Decision.why_not``."""
    if isinstance(what, str):
        everything = decision.trace.matches
        found = tuple(r for r in everything if what in (r.address, r.attached.policy.name))
        if not found:
            error = RequestError(f"No policy or statement here has the name {what!r}.")
            error.add_note(did_you_mean(what, [match.address for match in everything]))
            raise error
        return found
    own = tuple(
        r for r in decision.trace.matches if what is r.attached.policy or what is r.statement
    )
    if own:
        return own
    policy = what if isinstance(what, Policy) else Policy((what,), name="statement")
    bounded = has_boundary(decision.request, decision.layers)
    made = []
    for statement in policy.statements:
        layer = "resource" if has_principal(statement) else "identity"
        comparison = Comparison(Place(layer, bounded), decision.request, decision.rules)
        made.append(comparison.match(statement, AttachedPolicy(policy)))
    return tuple(made)


def nearest_miss(decision: Decision) -> str:
    """Return a sentence with the nearest statement and its mismatch; can be empty."""
    match = decision.trace.nearest
    return f"Nearest statement: {match.address}. {match.why_not}." if match else ""
