"""The six questions of every explanation, with their answers for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.layers import GUARDRAILS, LAYERS, NAMES, PERMISSION_FILTERS
from iamlab.engine.refused_statements import loud, quiet
from iamlab.engine.request import Kind
from iamlab.engine.trace import PARTICULAR
from iamlab.engine.verdict import Verdict
from iamlab.policy.variables import keys_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.explain import Step
    from iamlab.policy.statement import Statement

QUESTIONS = (
    "Who is really calling?",
    "What is the request: action, resource and context?",
    "Which policies apply?",
    "Is there an explicit deny?",
    "Do the RCPs, SCPs and endpoint policies allow it?",
    "Which policies allow it?",
)
"""Between two accounts, and where a policy limits the grant, the last question names these too."""

LIMITS = (*PERMISSION_FILTERS, "scoped")


@dataclass(frozen=True, slots=True)
class Label:
    """A question and its answer, as lines of text."""

    question: str
    answer: tuple[str, ...]


def labels(decision: Decision) -> tuple[Label, ...]:
    """Answer the six questions for a decision."""
    steps = {step.layer: step for step in decision.steps}
    answers = (
        [_who(decision)],
        _what(decision),
        _policies(decision),
        [steps["deny"].reason, *_paths(decision)],
        _ceilings(steps),
        _grant(decision, steps),
    )
    questions = *QUESTIONS[:-1], _last_question(decision, steps)
    return tuple(
        Label(question, tuple(answer)) for question, answer in zip(questions, answers, strict=True)
    )


def as_text(decision: Decision) -> str:
    """Write the six questions with their answers, then the verdict."""
    lines = loud(decision.assumed)
    for number, label in enumerate(labels(decision), 1):
        lines.append(f"{number}. {label.question}")
        lines += (f"   {line}" for line in label.answer)
    lines += ("", f"{decision.verdict.symbol} {str(decision.verdict).upper()}")
    lines += (line for line in (decision.message,) if line)
    if decision.pairs:
        lines += ("", f"{PAIRS}:", *(f"  {line}" for line in pair_lines(decision)))
    if notes := quiet(decision.assumed):
        lines += ("", "Assumed:", *(f"  - {line}" for line in notes))
    return "\n".join(lines)


PAIRS = "The call needs all of these permissions"


def pair_lines(decision: Decision) -> list[str]:
    """Write the pairs of a call, those first that are denied."""
    return [
        f"{pair.verdict.symbol} {pair.request.action} on {pair.request.resource}: {pair.verdict}"
        for pair in sorted(decision.pairs, key=bool)
    ]


def _who(decision: Decision) -> str:
    caller = decision.request.caller
    who = {
        Kind.USER: f"The IAM user {caller.arn}.",
        Kind.ROOT: f"The root user of account {caller.account}.",
        Kind.ROLE: f"A session of the role {caller.arn}.",
        Kind.SESSION: f"The session {caller.arn} of the role {caller.issuer}.",
        Kind.FEDERATED: f"The federated user {caller.arn} of {caller.issuer or 'an IAM user'}.",
        Kind.SERVICE: f"The AWS service {caller.arn}.",
        Kind.PROVIDER: f"A user of the identity provider {caller.arn}.",
        Kind.ANONYMOUS: "An anonymous caller, who didn't sign the request.",
    }
    return who[caller.kind]


def _what(decision: Decision) -> list[str]:
    request = decision.request
    whose = "the caller's own" if request.same_account else "another"
    note = f", {whose} account" if request.caller.account else ""
    owner = f"(account {request.resource_account}{note})."
    lines = [f"{request.action} on {request.resource} {owner}"]
    return lines + [f"{key}: {values}" for key, values in context_in_policies(decision).items()]


def context_in_policies(decision: Decision) -> dict[str, str]:
    """Return the condition keys that any policy uses, with the request's values in words."""
    found = {}
    for key in keys_in_policies(decision):
        values = decision.request.values(key)
        found[key] = "not in the request" if values is None else ", ".join(values) or "(empty)"
    return found


def keys_in_policies(decision: Decision) -> list[str]:
    """List the condition keys that any policy uses: the relevant part of the context."""
    keys: dict[str, str] = {}
    for layer in LAYERS:
        for attached in decision.layers.of(layer):
            for statement in attached.policy.statements:
                keys |= {key.lower(): key for key in _keys_of(statement)}
    return sorted(keys.values())


def _keys_of(statement: Statement) -> Iterator[str]:
    """Return the keys of a statement's conditions and variables."""
    texts = [*(statement.resource or ()), *(statement.not_resource or ())]
    for condition in statement.conditions:
        yield condition.key
        texts += condition.values
    if statement.variables:
        for text in texts:
            yield from keys_in(text)


def _policies(decision: Decision) -> list[str]:
    """List the policies that apply to this request, each with its path."""
    lines = []
    for step in decision.trace.steps:
        for attached in decision.layers.of(step.layer) if step.found.present else ():
            via = f" (through {', '.join(attached.path)})" if attached.path else ""
            lines.append(f"{step.name}: {attached.policy.name or 'unnamed'}{via}")
    return lines or ["None."]


def _paths(decision: Decision) -> list[str]:
    return [
        f"{hit.address} comes through {', '.join(hit.attached.path)}."
        for hit in decision.denies
        if hit.attached.path
    ]


def _ceilings(steps: dict[str, Step]) -> list[str]:
    if all(steps[layer].result == "absent" and steps[layer].is_plain for layer in GUARDRAILS):
        return ["No RCP, SCP or VPC endpoint policy applies to this request."]
    return [f"{steps[layer].symbol} {NAMES[layer]}: {steps[layer].reason}" for layer in GUARDRAILS]


def _last_question(decision: Decision, steps: dict[str, Step]) -> str:
    """Ask which policies allow it, about both sides and about limits only if there are some."""
    question = QUESTIONS[-1].removesuffix("?")
    if not decision.request.same_account:
        question += " (resource-based, identity-based or both)"
    limits = [NAMES[name] for name in LIMITS if name in steps and steps[name].result != "absent"]
    return f"{question}{', within the ' * bool(limits)}{' and the '.join(limits)}?"


def _grant(decision: Decision, steps: dict[str, Step]) -> list[str]:
    if decision.combining_rule == "root_user" and decision:
        return ["The root user needs no Allow in its own account."]
    if decision.verdict is Verdict.ALLOWED and not decision.determining:
        return [f"{decision.request.action} needs no permission."]
    lines = [PARTICULAR[decision.combining_rule]] if decision.combining_rule in PARTICULAR else []
    is_optional = decision.combining_rule == "same_account" and steps["resource"].is_plain
    sides = ("identity",) if is_optional else ("resource", "identity")
    lines += [
        f"{step.symbol} {NAMES[step.layer]}: {step.reason}"
        for step in map(steps.get, ("resource", "identity", *LIMITS))
        if step and (step.result != "absent" or step.layer in sides)
    ]
    return [*lines, *filter(None, [decision.nearest_miss])]
