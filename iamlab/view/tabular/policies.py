"""Tables of policies, requests and decisions.

A row is a statement, a part of a request, a step of a decision, or a level.

Notes
-----
AWS page: "Components of a request".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.engine.layers import NAMES
from iamlab.engine.request import Request
from iamlab.engine.verdict import Verdict
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.organization.policies import EffectivePolicies
from iamlab.model.resources import Resource
from iamlab.policy.document import Policy
from iamlab.view.style import EFFECTS, RESULTS
from iamlab.view.tables import Table, table_of

if TYPE_CHECKING:
    from iamlab.policy.statement import Principals, Statement

STATEMENT = (
    "Statement, Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, "
    "Condition"
)
"""The elements of a statement, in the order in which AWS lists them."""


@table_of.register(Policy)
def policy_table(policy: Policy, caption: str = "") -> Table:
    """Return a policy: a row for each statement, a column for each element."""
    named = f"Statements of {policy.name}" if policy.name else "Statements of the policy"
    return Table.of(caption or named, STATEMENT, map(_statement, policy.statements))


def _statement(statement: Statement) -> tuple[object, ...]:
    conditions = (
        f"{line.comparison} {line.key}: {', '.join(line.values)}" for line in statement.conditions
    )
    head = statement.label, statement.sid, EFFECTS[statement.effect]
    principals = _principals(statement.principal), _principals(statement.not_principal)
    actions = statement.action, statement.not_action
    resources = statement.resource, statement.not_resource
    return *head, *principals, *actions, *resources, "; ".join(conditions) or None


def _principals(named: Principals | None) -> tuple[str, ...] | None:
    if named is None:
        return None
    return tuple("*" if kind == "*" else f"{kind}: {value}" for kind, value in named)


@table_of.register(Resource)
def _(resource: Resource) -> Table:
    """Return the statements of a resource's own policy."""
    caption = f"Statements of the policy of {resource.kind} {resource.name}"
    if resource.policy is None:
        return Table.of(f"{caption}, which has none", STATEMENT, ())
    return policy_table(resource.policy, caption)


@table_of.register(ManagedPolicy)
def _(policy: ManagedPolicy) -> Table:
    """Return the versions of a managed policy; the default version applies."""
    rows = []
    for version, document in policy.versions.items():
        effects = [statement.effect for statement in document.statements]
        numbers = effects.count("Allow"), effects.count("Deny"), len(document.text)
        rows.append((version, version == policy.default_version_id, *numbers))
    columns = "VersionId, IsDefaultVersion, Allow, Deny, characters"
    return Table.of(f"Versions of managed policy {policy.name}", columns, rows)


@table_of.register(Decision)
def _(decision: Decision) -> Table:
    """Return the steps of a decision, in the order of AWS's flow chart."""
    request, rows, decided = decision.request, [], _deciding(decision)
    for step in decision.steps:
        name = NAMES.get(step.layer, step.layer)
        name = "explicit deny anywhere" if step.layer == "deny" else name
        applying = tuple(match.address for match in step.statements if match.applies)
        rows.append((name, RESULTS[step.result], step.layer in decided, step.reason, applying))
    who, verdict = request.principal or "anybody", decision.verdict
    caption = f"{verdict.symbol} {verdict}: {who}, {request.action} on {request.resource}"
    return Table.of(caption, "layer, result, decided, reason, statements that match", rows)


def _deciding(decision: Decision) -> set[str]:
    """Return the steps that decided; a Deny always decides at the first one."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return {"deny"}
    layers = {match.layer for match in decision.determining} or set(decision.blocked_by)
    return {"resource" if layer == "grant" else layer for layer in layers}


@table_of.register(EffectivePolicies)
def _(found: EffectivePolicies) -> Table:
    """Return the policies above an account, level by level."""
    rows = []
    for number, level in enumerate(found.levels, 1):
        for attached in level.policies:
            denies = any(statement.effect == "Deny" for statement in attached.policy.statements)
            names = level.label, level.target_id, attached.policy.name, attached.arn
            rows.append((number, *names, denies))
    caption = f"{found.type} for {found.account_name} ({found.account_id})"
    note = f": {found.note}" if found.note else ""
    columns = "level, target, target_id, policy, arn, denies something"
    return Table.of(f"{caption}{note}", columns, rows)


@table_of.register(Request)
def _(request: Request) -> Table:
    """Return a request: a row for each part, and for each context key."""
    parts = {
        "Principal": request.principal,
        "Action": request.action,
        "Resource": request.resource,
        "account": request.resource_account,
        "issuer": request.issuer,
        "refusal": request.refusal,
    }
    rows: list[tuple[object, ...]] = [(part, None, text) for part, text in parts.items() if text]
    for key in request.context:
        values = request.values(key) or ()
        rows.append(("Condition context", key, values[0] if len(values) == 1 else values))
    return Table.of(f"Request for {request.action}", "part, key, value", rows)
