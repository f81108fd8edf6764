"""Tables of policies, requests and decisions.

A row is a statement, a part of a request, a step of a decision, or a level.

Notes
-----
AWS page: "Components of a request".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import NAMES
from iamlab.engine.verdict import Verdict
from iamlab.view.tables import Table
from iamlab.view.tabular.signs import EFFECTS, RESULTS

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.engine.explain import Step
    from iamlab.engine.request import Request
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.organization.policies import EffectivePolicies
    from iamlab.model.resources import Resource
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Condition, Principals, Statement


STATEMENT = (
    *("Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
"""The elements of a statement, in the order in which AWS lists them."""


def policy_table(policy: Policy, caption: str = "") -> Table:
    """Give a policy: a row a statement, a column an element."""
    named = f"Statements of {policy.name}" if policy.name else "Statements of the policy"
    return Table(caption or named, STATEMENT, tuple(map(_statement, policy.statements)))


def _statement(one: Statement) -> tuple[object, ...]:
    return (
        one.label,
        one.sid,
        EFFECTS[one.effect],
        _principals(one.principal),
        _principals(one.not_principal),
        one.action,
        one.not_action,
        one.resource,
        one.not_resource,
        "; ".join(map(_condition, one.conditions)) or None,
    )


def _condition(line: Condition) -> str:
    return f"{line.comparison} {line.key}: {', '.join(line.values)}"


def _principals(named: Principals | None) -> tuple[str, ...] | None:
    if named is None:
        return None
    return tuple("*" if kind == "*" else f"{kind}: {value}" for kind, value in named)


def resource_table(resource: Resource) -> Table:
    """Give the statements of a resource's own policy."""
    caption = f"Statements of the policy of {resource.kind} {resource.name}"
    if resource.policy is None:
        return Table(f"{caption}, which has none", STATEMENT, ())
    return policy_table(resource.policy, caption)


def managed_policy_table(policy: ManagedPolicy) -> Table:
    """Give the versions of a managed policy; one of them is the default, and applies."""
    rows = (
        (
            version,
            version == policy.default_version_id,
            *(sum(one.effect == effect for one in document.statements) for effect in EFFECTS),
            len(document.text),
        )
        for version, document in policy.versions.items()
    )
    columns = ("VersionId", "IsDefaultVersion", "Allow", "Deny", "characters")
    return Table(f"Versions of managed policy {policy.name}", columns, tuple(rows))


def decision_table(decision: Decision) -> Table:
    """Give the rungs of a decision, in the order of AWS's flow chart."""
    asked = decision.request
    decided = _deciding(decision)
    columns = ("layer", "result", "decided", "reason", "statements that apply")
    return Table(
        f"{decision.verdict.symbol} {decision.verdict}: {asked.principal or 'anybody'}, "
        f"{asked.action} on {asked.resource}",
        columns,
        tuple(_step(step, decided=step.layer in decided) for step in decision.steps),
    )


def _deciding(decision: Decision) -> set[str]:
    """Name the rungs that decided: a Deny at the first one, however many there are."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return {"deny"}
    layers = {reading.layer for reading in decision.determining} or set(decision.blocked_by)
    return {"resource" if layer == "grant" else layer for layer in layers}


def _step(step: Step, *, decided: bool) -> tuple[object, ...]:
    applying = tuple(reading.address for reading in step.statements if reading.applies)
    layer = "explicit deny anywhere" if step.layer == "deny" else NAMES.get(step.layer, step.layer)
    return layer, RESULTS[step.result], decided, step.reason, applying


def effective_policies_table(found: EffectivePolicies) -> Table:
    """Give what reaches an account from above: a row a policy, level by level."""
    note = f": {found.note}" if found.note else ""
    rows = (
        (
            *(number, level.label, level.target_id, attached.policy.name, attached.arn),
            any(one.effect == "Deny" for one in attached.policy.statements),
        )
        for number, level in enumerate(found.levels, 1)
        for attached in level.policies
    )
    return Table(
        f"{found.type} for {found.account_name} ({found.account_id}){note}",
        ("level", "target", "target_id", "policy", "arn", "denies something"),
        tuple(rows),
    )


def request_table(request: Request) -> Table:
    """Give a request: a row a part, and a row a context key.

    Examples
    --------
    >>> from iamlab import Request
    >>> request = Request("ec2.amazonaws.com", "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits",
    ...                   "111122223333", context={"aws:SourceIp": "203.0.113.7"})
    >>> print(request_table(request))
    Request for s3:GetObject
    part               key           value
    ─────────────────  ────────────  ───────────────────────────────
    Principal                        ec2.amazonaws.com
    Action                           s3:GetObject
    Resource                         arn:aws:s3:::star-maps/m31.fits
    account                          111122223333
    Condition context  aws:SourceIp  203.0.113.7
    """
    parts = (
        ("Principal", request.principal),
        ("Action", request.action),
        ("Resource", request.resource),
        ("account", request.resource_account),
        ("issuer", request.issuer),
        ("refusal", request.refusal),
    )
    rows: list[tuple[object, ...]] = [(part, None, value) for part, value in parts if value]
    for key in request.context:
        values = request.values(key) or ()
        rows.append(("Condition context", key, values[0] if len(values) == 1 else values))
    return Table(f"Request for {request.action}", ("part", "key", "value"), tuple(rows))
