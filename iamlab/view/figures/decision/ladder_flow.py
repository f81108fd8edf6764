"""The way of a request down the ladder: which rungs are asked, and which one decides.

The steps of a decision say what each layer answers. What AWS's flow chart adds is that it has
exits: who is denied at one rung is never asked for at the next, and who is named by the resource's
policy needs no word from the rungs of his own side.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.combining_rule import NO_ALLOW_NEEDED
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import CEILINGS, GUARDRAILS, PERMISSION_FILTERS
from iamlab.engine.trace import PARTICULAR
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
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
"""What each rung is called, and what it can do."""

EVERYBODY_ALLOWS = LayerResults(direct=True, indirect=True, account=True, grant=True, identity=True)

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


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder.

    Parameters
    ----------
    number
        Its place, from 1; 0 for a rule that stands between the rungs and needs no policy.
    layer, name, note
        The layer; what it is called, and what it can do.
    symbol, answer
        What it says, as a sign and as a word.
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
    steps = decision.steps
    order = tuple(step.layer for step in steps)
    deciding = deciding_layers(decision)
    asked = asked_layers(decision, order, deciding)
    late = NO_HELP if _two_accounts_refuse(decision) else NOT_ASKED
    found = []
    for number, step in enumerate(steps, 1):
        part = GOES_ON if step.layer in asked else late if step.result != "deny" else AT_FIRST
        part = DECIDES if step.layer in deciding else part
        name, note = name_of(step.layer, decision)
        answer = answer_of(step, decision)
        found.append(Rung(number, step.layer, name, note, step.symbol, answer, step.reason, part))
    rule = _rule(decision, deciding)
    if rule is not None:
        found.insert(_place_of_rule(decision, order), rule)
    return tuple(found)


def name_of(layer: str, decision: Decision) -> tuple[str, str]:
    """Give what a rung is called, and what it can do; a role's and a key's policy have names."""
    if layer == "resource" and decision.request.about_trust:
        return "Role trust policy", "the role's side: it must grant"
    if layer == "resource" and decision.request.about_kms_key:
        return "Key policy and grants", "the key's side: they must grant"
    return NAMES[layer]


def deciding_layers(decision: Decision) -> tuple[str, ...]:
    """Name the rungs that make the verdict; none where the situation does."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return ("deny",)
    if decision:
        if decision.trace.is_enough_at_resource:
            return ("resource",)
        layers = ("resource" if hit.layer == "grant" else hit.layer for hit in decision.determining)
        return tuple(dict.fromkeys(layers))
    return _refusing(decision)


def _refusing(decision: Decision) -> tuple[str, ...]:
    """Name the rung where a request ends that nobody denies."""
    rule = getattr(decision.rules, decision.combining_rule, None)
    if rule is None or not rule(EVERYBODY_ALLOWS):
        return ()  # no policy could have allowed it
    cutting: tuple[str, ...] = CEILINGS
    if decision.trace.is_enough_at_resource:  # what names the very caller is cut by none of these
        cutting = tuple(layer for layer in CEILINGS if layer not in PERMISSION_FILTERS)
    shut = [layer for layer in cutting if not _lets_through(decision, layer)]
    for layer in shut:
        if layer in GUARDRAILS:
            return (layer,)
    if shut and decision.trace.is_cut:
        return (shut[0],)
    return (decision.trace.missing_granter,)


def _lets_through(decision: Decision, layer: str) -> bool:
    return bool(getattr(decision.rules, layer)(decision.layer_matches[layer].allows_by_level))


def asked_layers(
    decision: Decision, order: tuple[str, ...], deciding: tuple[str, ...]
) -> frozenset[str]:
    """Name the rungs that AWS asks before the verdict is made."""
    situation = decision.combining_rule
    if situation == "never_refused":
        return frozenset()
    if deciding == ("deny",) or _is_settled_early(decision):
        return frozenset(("deny",))
    skipped: tuple[str, ...] = ()
    if decision.trace.is_enough_at_resource:
        skipped = ("identity", *PERMISSION_FILTERS)
    if situation == "root_user":
        skipped = ("resource", "identity", *PERMISSION_FILTERS)
    reached = order
    if not decision:  # it ends at the rung that refuses
        reached = order[: max((order.index(layer) for layer in deciding), default=len(order)) + 1]
    return frozenset(reached) - frozenset(skipped)


def _is_settled_early(decision: Decision) -> bool:
    """Say whether the situation settles all once nobody denies."""
    if decision.combining_rule in NO_ALLOW_NEEDED:
        return True
    rule = getattr(decision.rules, decision.combining_rule, None)
    return not decision and rule is not None and not rule(EVERYBODY_ALLOWS)


def _two_accounts_refuse(decision: Decision) -> bool:
    """Say whether both accounts are asked, so that one who comes late is asked in vain."""
    return decision.verdict is Verdict.IMPLICIT_DENY and decision.combining_rule == "cross_account"


def _rule(decision: Decision, deciding: tuple[str, ...]) -> Rung | None:
    """Give what decides where no rung does."""
    if deciding:
        return None
    seen = decision.verdict.symbol
    word = "needs no Allow" if decision else "no policy can"
    text = FIXED.get(decision.combining_rule, "By these rules no Allow is needed.")
    if decision.request.refusal and not decision:
        text = f"{text} {decision.request.refusal}"
    return Rung(0, "rule", "A rule of AWS", "it asks no policy", seen, word, text, DECIDES)


def _place_of_rule(decision: Decision, order: tuple[str, ...]) -> int:
    """Say before which rung the rule stands."""
    if decision.combining_rule == "never_refused":
        return 0
    if _is_settled_early(decision):
        return 1
    return order.index("resource") if decision.combining_rule == "root_user" else len(order)


def answer_of(step: Step, decision: Decision) -> str:
    """Say in two or three words what a rung answers."""
    if step.layer == "deny":
        return "a Deny" if step.result == "deny" else "no Deny"
    ceiling = step.layer in CEILINGS
    words = {
        "allow": "lets through" if ceiling else "allows",
        "deny": "a Deny here",
        "silent": "does not allow" if ceiling else "says nothing",
        "absent": "not there",
    }
    if step.layer == "session" and step.result == "silent" and not step.statements:
        return "allows nothing"
    if step.result == "allow" and decision.layer_matches[step.layer].only_denies:
        return "does not deny"
    return words[step.result]
