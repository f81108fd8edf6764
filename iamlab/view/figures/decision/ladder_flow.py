"""The rungs of the ladder: which layers AWS considers for a request, and which one decides.

The steps of a decision say what each layer does. AWS's flow chart adds that it has exits: what is
denied at one rung never comes to the next, and a caller whom the resource's policy names needs
nothing from the rungs of the own side.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import CEILINGS, GUARDRAILS, PERMISSION_FILTERS
from iamlab.engine.trace import PARTICULAR
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Container

    from iamlab.engine.decision import Decision
    from iamlab.engine.explain import Step

NAMES = {
    "deny": ("Any explicit Deny?", "in any policy of any kind"),
    "rcp": ("Resource control policies", "RCP: a ceiling, it never grants"),
    "scp": ("Service control policies", "SCP: a ceiling, it never grants"),
    "endpoint": ("VPC endpoint policy", "a ceiling, it never grants"),
    "resource": ("Resource-based policy", "the resource's side: it can grant"),
    "identity": ("Identity-based policies", "the caller's side: they can grant"),
    "boundary": ("Permissions boundary", "a ceiling, it never grants"),
    "session": ("Session policies", "a ceiling, they never grant"),
    "scoped": ("Scope-down policies", "a ceiling, they never grant"),
}
"""The names of rungs, and what each can do."""
OF_ROLE = "Role trust policy", "the role's side: it must grant"
OF_KEY = "Key policy and grants", "the key's side: they must grant"

ANSWERS = {"allow": "allows", "deny": "a Deny here", "silent": "says nothing"}
OF_CEILINGS = {**ANSWERS, "allow": "lets through", "silent": "does not allow"}
"""What a layer says, by the result of its step."""

NOT_ASKED, NO_HELP, AT_FIRST = "not asked", "cannot help", "counted at 1"
GOES_ON, DECIDES = "goes on", "decides"

FIXED = {
    "never_refused": "AWS never refuses this call, whatever a policy says.",
    "needs_no_permission": "This call needs no permission.",
    "only_narrows": "This call needs no permission: it can only take away.",
    "root_user": "The root user needs no Allow in its own account.",
    **PARTICULAR,
}
"""What decides where no rung does."""

_EVERYBODY_ALLOWS = LayerResults(
    direct=True, indirect=True, account=True, grant=True, identity=True
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder.

    Parameters
    ----------
    number
        Its place, from 1; 0 for a rule that is between the rungs and needs no policy.
    layer, name, note
        The layer; its name, and what it can do.
    symbol, answer
        What it says, as a symbol and in words.
    reason
        Why, in a sentence.
    part
        ``"decides"``, ``"goes on"``, ``"not asked"``; ``"counted at 1"``: its Deny was found by the
        first rung; ``"cannot help"``: another account has refused already.
    """

    number: int
    layer: str
    name: str
    note: str
    symbol: str
    answer: str
    reason: str
    part: str

    @property
    def decides(self) -> bool:
        """Whether it makes the verdict."""
        return self.part == DECIDES

    @property
    def is_pale(self) -> bool:
        """Whether it has no part in the verdict any more."""
        return self.part in (NOT_ASKED, NO_HELP, AT_FIRST)

    def __str__(self) -> str:
        number = f"{self.number}. " if self.number else ""
        return f"{number}{self.name} ({self.note}): {self.symbol} {self.answer}; {self.part}"


def rungs(decision: Decision) -> tuple[Rung, ...]:
    """List the rungs in the order of the flow chart.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> decision = world.can(world.user("dana"), "s3:DeleteObject", MAP)
    >>> print(rungs(decision)[0])
    1. Any explicit Deny? (in any policy of any kind): ✕ a Deny; decides
    """
    deciding = _deciding(decision)
    order = tuple(step.layer for step in decision.steps)
    reached = _reached(decision, order, deciding)
    both = decision.verdict is Verdict.IMPLICIT_DENY and decision.trace.rule == "cross_account"
    found = []
    for number, step in enumerate(decision.steps, 1):
        if step.layer in deciding:
            part = DECIDES
        elif step.layer in reached:
            part = GOES_ON
        else:
            part = AT_FIRST if step.result == "deny" else NO_HELP if both else NOT_ASKED
        name, note = _name(step.layer, decision)
        answer = _answer(step, decision)
        found.append(Rung(number, step.layer, name, note, step.symbol, answer, step.reason, part))
    if not deciding:
        place = next((n for n, layer in enumerate(order) if layer not in reached), len(order))
        found.insert(place, _rule(decision))
    return tuple(found)


def _deciding(decision: Decision) -> tuple[str, ...]:
    """Return the layers that make the verdict; none where the rule does."""
    trace = decision.trace
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return ("deny",)
    if decision:
        if trace.is_enough_at_resource:
            return ("resource",)
        layers = ("resource" if one.layer == "grant" else one.layer for one in trace.sufficient)
        return tuple(dict.fromkeys(layers))
    if not _can_be_allowed(decision):
        return ()
    exempt = PERMISSION_FILTERS if trace.is_enough_at_resource else ()
    for layer in CEILINGS:  # the guardrails first
        allows = trace.step(layer).found.allows_by_level
        if layer not in exempt and not getattr(decision.rules, layer)(allows):
            if layer in GUARDRAILS or trace.is_cut:
                return (layer,)
            break
    return (trace.missing_granter,)


def _can_be_allowed(decision: Decision) -> bool:
    """Whether there are policies that allow such a request, by the rule."""
    combine = decision.trace.combine
    return combine is not None and bool(combine(_EVERYBODY_ALLOWS))


def _reached(
    decision: Decision, order: tuple[str, ...], deciding: tuple[str, ...]
) -> Container[str]:
    """Return the layers that AWS considers before the verdict is made."""
    trace = decision.trace
    if trace.rule == "never_refused":
        return ()
    is_hopeless = not decision and not _can_be_allowed(decision)
    if deciding == ("deny",) or trace.needs_no_allow or is_hopeless:
        return ("deny",)
    skipped: tuple[str, ...] = ()
    if trace.is_enough_at_resource:
        skipped = ("identity", *PERMISSION_FILTERS)
    elif trace.rule == "root_user":
        skipped = ("resource", "identity", *PERMISSION_FILTERS)
    end = len(order) if decision else max(map(order.index, deciding)) + 1
    return frozenset(order[:end]) - frozenset(skipped)


def _rule(decision: Decision) -> Rung:
    """Return what decides where no rung does."""
    answer = "needs no Allow" if decision else "no policy can"
    reason = FIXED.get(decision.trace.rule, "By these rules no Allow is needed.")
    if decision.trace.refusal and not decision:
        reason = f"{reason} {decision.trace.refusal}"
    symbol = decision.verdict.symbol
    return Rung(0, "rule", "A rule of AWS", "it asks no policy", symbol, answer, reason, DECIDES)


def _name(layer: str, decision: Decision) -> tuple[str, str]:
    if layer == "resource" and decision.request.about_trust:
        return OF_ROLE
    if layer == "resource" and decision.request.about_kms_key:
        return OF_KEY
    return NAMES[layer]


def _answer(step: Step, decision: Decision) -> str:
    if step.layer == "deny":
        return "a Deny" if step.result == "deny" else "no Deny"
    if step.layer == "session" and step.result == "silent" and not step.statements:
        return "allows nothing"
    if step.result == "allow" and decision.trace.step(step.layer).found.only_denies:
        return "does not deny"
    answers = OF_CEILINGS if step.layer in CEILINGS else ANSWERS
    return answers.get(step.result, "not there")
