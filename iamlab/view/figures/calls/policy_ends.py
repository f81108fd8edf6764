"""The policies of both sides of a request: the caller's side and the resource's side.

A decision's trace has the outcome of each layer, its statements, and the request's values for their
conditions.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "AWS JSON policy elements: Principal", for an
account as a principal; "The confused deputy problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.layers import NAMES
from iamlab.engine.trace import ABSENT, ALLOWS, DENIES, NO_ALLOW
from iamlab.engine.verdict import Verdict, addresses
from iamlab.view import style
from iamlab.view.figures.names import names_only_account, resource_policy_of
from iamlab.view.style import ALLOW, ALLOW_AREA, DENY, DENY_AREA, SILENT, SILENT_AREA, Look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch

ENDS = ("identity", "resource")
"""The two sides that can allow a request of a user or role of another account."""
OUTCOMES = {
    DENIES: Look("✕", "denies", DENY, DENY_AREA),
    ALLOWS: Look("✓", "allows", ALLOW, ALLOW_AREA),
    NO_ALLOW: Look("○", "doesn't allow", SILENT, SILENT_AREA),
    ABSENT: Look("–", "is absent", style.ABSENT.colour, style.ABSENT.area),
}
"""The outcomes of a layer, in order of precedence."""


class Side(NamedTuple):
    """The policies of one layer, compared with a request.

    Parameters
    ----------
    name
        AWS's name for them.
    look
        Their outcome.
    shown, others
        The statements that match, Denys first, or else the Allow with the fewest mismatches; and
        all others.
    """

    name: str
    look: Look
    shown: list[StatementMatch]
    others: list[StatementMatch]


def side_of(decision: Decision, layer: str) -> Side:
    """Return the policies of a layer; a KMS grant belongs to the resource's side.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> side = side_of(world.can(world.user("alice"), "s3:GetObject", MAP), "identity")
    >>> print(side.look, *side.shown)
    ✓ allows star-maps-read/ReadMaps
    """
    is_resource = layer == "resource"
    steps = [decision.trace.step(part) for part in ([layer, "grant"] if is_resource else [layer])]
    name = resource_policy_of(decision.request) if is_resource else NAMES[layer]
    if is_resource and steps[1].found.present:
        name += " or grant"
    outcomes = {step.outcome for step in steps}
    matches = [match for step in steps for match in step.matches]
    applying = [match for match in matches if match.applies]
    shown = sorted(applying, key=lambda match: match.effect == "Allow")
    if not shown:
        allows = [match for match in matches if match.effect == "Allow"]
        shown = sorted(allows, key=lambda match: len(match.mismatches))[:1]
    return Side(
        name,
        next(look for outcome, look in OUTCOMES.items() if outcome in outcomes),
        shown,
        [match for match in matches if match not in shown],
    )


def conditions_of(decision: Decision, match: StatementMatch) -> Iterator[str]:
    """Yield the conditions of a statement, each with the values of the request.

    A condition begins with ``✓`` if it is met, with ``✕`` if not, and with ``–`` if the request
    doesn't have its key.
    """
    unmet = {mismatch.condition: mismatch for mismatch in match.mismatches}
    for condition in match.statement.conditions:
        mismatch, values = unmet.get(condition), decision.request.values(condition.key)
        symbol = "✓" if mismatch is None else "–" if values is None else "✕"
        expected = _values(condition.values if mismatch is None else mismatch.expected, "or")
        actual = "no such key" if values is None else _values(values, "and")
        test = f"{condition.comparison} {condition.key} {expected}"
        yield f"{symbol} {test}; the request has {actual}"


def _values(values: Sequence[str], word: str) -> str:
    return f" {word} ".join(f'"{value}"' for value in values) or "no value"


def stops_of(decision: Decision) -> set[str]:
    """Return the layers that keep a request from its resource; none if it is allowed.

    Between two accounts each side must allow, so both can block a request.
    """
    if decision:
        return set()
    trace = decision.trace
    stops = set(trace.blocked_by)
    if not trace.denies and not trace.is_cut:
        stops.add(trace.missing_granter)
    if trace.rule in ("cross_account", "both_sides"):
        stops |= {side for side in ENDS if side_of(decision, side).look != OUTCOMES[ALLOWS]}
    return {"resource" if layer == "grant" else layer for layer in stops}


def rule_of(decision: Decision) -> str:
    """Return the rule that decided, as a sentence."""
    trace = decision.trace
    if decision.verdict is Verdict.EXPLICIT_DENY:
        denies = ", ".join(addresses(trace.denies))
        return f"A Deny overrides every Allow: {denies}."
    if trace.is_cut:
        limits = " and the ".join(NAMES[layer] for layer in trace.blocking)
        return f"Without an Allow in the {limits}, no other Allow is enough."
    if names_only_account(decision):
        name = resource_policy_of(decision.request)
        return f"The {name} names the account: the caller's own policies must allow too."
    return trace.reason
