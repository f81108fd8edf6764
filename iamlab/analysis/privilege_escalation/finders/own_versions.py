"""Ways to widen oneself by other versions of the managed policies that one has.

Whoever may write a version of a policy and make it the default needs no right to attach anything.
Of AWS's policies nobody else makes versions.

Notes
-----
AWS pages: "Versioning IAM policies"; "API CreatePolicyVersion"; "API SetDefaultPolicyVersion". That
``SetAsDefault`` asks for no further permission is said in "Editing IAM policies".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders.own_calls import (
    ALL,
    allows_all,
    is_widest,
    widened_by,
)
from iamlab.analysis.privilege_escalation.finders.own_policies import has_enough
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something
from iamlab.engine.layers import Attached
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


MOST_SET_BACK = 2
"""Of so many policies at most another version is set: more are too many selections."""

SOME_VERSION = "v1"
"""Stands for a version where it makes no difference which."""


def rewrite(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreatePolicyVersion`` of a policy that one has, or that limits one's session."""
    has_all = is_widest(view) or has_enough(view)
    limits = {each.arn for each in _managed(view.state.gathered.session)}
    for arn, attached in _own(view).items():
        is_limit = arn in limits
        if allows_all(attached.policy) or (
            has_all and not is_limit and not denies_something(attached.policy)
        ):
            continue
        calls = rewriting(view, arn)
        if calls:
            yield widened_by(view, method, [states.policy_rewritten(arn)], calls)


def set_back(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``SetDefaultPolicyVersion`` of a policy that one has, or that limits one."""
    changed = {each.about for each in view.state.changes if each.about.startswith(states.VERSION)}
    has_all = is_widest(view) or has_enough(view)
    limits = _limits(view)
    own = {**_own(view), **limits}
    if not view.ever("iam:SetDefaultPolicyVersion"):
        return
    may = view.allowed("SetDefaultPolicyVersion", view.stock.policies, VersionId=SOME_VERSION)
    for policy in may:
        attached = own.get(policy.arn)
        about = f"{states.VERSION} {policy.arn}"
        denies = attached is not None and denies_something(attached.policy)
        if attached is None or (has_all and policy.arn not in limits and not denies):
            continue
        if len(changed) >= MOST_SET_BACK and about not in changed:
            continue
        for version_id, document in policy.versions.items():
            change = states.policy_version_set(policy.arn, version_id, document)
            is_back = version_id == policy.default_version_id  # where it was in the beginning
            if not is_back and is_wider(document, attached.policy):
                named = {"PolicyArn": policy.arn, "VersionId": version_id}
                yield widened_by(
                    view, method, [change], [view.call("SetDefaultPolicyVersion", **named)]
                )


def rewriting(view: AttackerView, arn: str) -> tuple[Call, ...]:
    """Give the calls that let a customer's policy allow all; none if it may not, or has done it.

    A policy has five versions at most. If it has, one that is not in force must be deleted first.
    """
    if (
        not view.ever("iam:CreatePolicyVersion")
        or states.policy_rewritten(arn) in view.state.changes
    ):
        return ()
    written = {"PolicyDocument": ALL, "SetAsDefault": True}
    may = view.allowed("CreatePolicyVersion", view.stock.policies, **written)
    policy = next((each for each in may if each.arn == arn), None)
    if policy is None:
        return ()
    write = view.call("CreatePolicyVersion", PolicyArn=arn, **written)
    too_many = max(0, len(policy.versions) + 1 - quota(view.account, "VersionsPerPolicy"))
    default = in_force(view, policy)
    spare = [each for each in policy.versions if each != default][:too_many]
    delete = [view.call("DeletePolicyVersion", PolicyArn=arn, VersionId=each) for each in spare]
    return (*delete, write) if all(map(view.may, delete)) else ()


def in_force(view: AttackerView, policy: ManagedPolicy) -> str:
    """Say which version of a policy is the default by now."""
    return next(
        (
            version_id
            for version_id, document in policy.versions.items()
            if states.policy_version_set(policy.arn, version_id, document) in view.state.changes
        ),
        policy.default_version_id,
    )


def is_wider(new: Policy, old: Policy) -> bool:
    """Say whether a policy allows something more than another, as far as its statements show.

    Examples
    --------
    >>> from iamlab import Policy
    >>> old, new = Policy.allow("s3:GetObject"), Policy.allow("s3:*")
    >>> is_wider(new, old), is_wider(old, old)
    (True, False)
    """
    if allows_all(old):
        return False
    allows, allowed = _said(new, "Allow"), _said(old, "Allow")
    denies, denied = _said(new, "Deny"), _said(old, "Deny")
    return bool(allows - allowed) or bool(allowed and denied - denies)


def _said(policy: Policy, effect: str) -> set[tuple[object, ...]]:
    return {_what(each) for each in policy.statements if each.effect == effect}


def _what(statement: Statement) -> tuple[object, ...]:
    return (
        *(statement.action, statement.not_action, statement.resource, statement.not_resource),
        *(statement.conditions, statement.variables),
    )


def _own(view: AttackerView) -> dict[str, Attached]:
    """Give the managed policies that a power has, and those that its session was made with."""
    known = view.state.gathered
    return {each.arn: each for each in _managed((*known.identity, *known.session)) if each.arn}


def _limits(view: AttackerView) -> dict[str, Attached]:
    """Give the managed policies that limit a power: its boundary, those of its session."""
    known = view.state.gathered
    boundary = () if known.boundary is None else (known.boundary,)
    return {each.arn: each for each in _managed((*known.session, *boundary)) if each.arn}


def _managed(policies: tuple[Policy | Attached, ...]) -> list[Attached]:
    return [each for each in policies if isinstance(each, Attached) and each.arn is not None]
