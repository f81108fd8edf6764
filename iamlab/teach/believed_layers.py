"""Wrong beliefs about what applies: which policies count for a request, and its condition keys.

Each function returns the differences between what a learner sees and what AWS reads: fields of
``Layers``, and under ``context`` the condition keys. It is empty if nothing differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.engine.combining_rule import RESOURCE_POLICIES
from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.request import Kind, Request
from iamlab.model.managed_policies import find
from iamlab.operations.policy_documents import with_principals
from iamlab.policy.document import Policy, edited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.policy.statement import Statement

Differences = dict[str, Any]
View = Callable[[Request, Layers], Differences]

EVERYTHING = AttachedPolicy(Policy.allow("*", name="everything"))
FOR_EVERYONE = AttachedPolicy(Policy.allow("*", principal="*", name="for everyone"))
UNLIMITED: Differences = {
    **dict.fromkeys(("rcp", "scp", "scoped"), ()),
    **dict.fromkeys(("endpoint", "boundary", "resource")),
    **dict.fromkeys(("identity", "session"), (EVERYTHING,)),
}


def also(layers: Layers, more: Iterable[AttachedPolicy]) -> Differences:
    """Count further policies as identity-based policies."""
    added = tuple(more)
    return {"identity": (*layers.identity, *added)} if added else {}


# -- policies that limit, and policies of resources ---------------------------------------------


def _boundary_grants(_: Request, layers: Layers) -> Differences:
    return also(layers, layers.of("boundary"))


def _scp_grants(_: Request, layers: Layers) -> Differences:
    return also(layers, layers.of("scp"))


def _session_adds(_: Request, layers: Layers) -> Differences:
    added = also(layers, layers.session)
    return {**added, "session": (EVERYTHING,)} if added else {}


def _fedtoken_full(request: Request, layers: Layers) -> Differences:
    is_bare = request.caller.kind is Kind.FEDERATED and not layers.session
    return {"session": (EVERYTHING,)} if is_bare else {}


def _rcp_is_scp(request: Request, layers: Layers) -> Differences:
    from_outside = request.caller.account != request.resource_account
    return {"rcp": ()} if from_outside and layers.rcp else {}


def _needs_both(request: Request, _: Layers) -> Differences:
    """Where there can't be a resource-based policy, the caller's side is still enough."""
    can_have_one = request.service in RESOURCE_POLICIES and request.resource != "*"
    return {} if can_have_one else {"resource": FOR_EVERYONE}


def _no_resource_policies(request: Request, layers: Layers) -> Differences:
    """A trust policy belongs to an identity, so the belief isn't about it."""
    return {} if request.about_trust or layers.resource is None else {"resource": None}


def _root_unlimited(request: Request, _: Layers) -> Differences:
    return UNLIMITED if request.caller.kind is Kind.ROOT and request.same_account else {}


def _passrole_ignored(request: Request, _: Layers) -> Differences:
    return UNLIMITED if request.action.lower() == "iam:passrole" and request.same_account else {}


def _trust_alone(request: Request, layers: Layers) -> Differences:
    return also(layers, (EVERYTHING,)) if request.about_trust else {}


# -- groups and managed policies ----------------------------------------------------------------


def _group(attached: AttachedPolicy) -> str:
    """Return the name of the group that a policy comes from."""
    kind, _, name = "".join(attached.path[:1]).partition(" ")
    return name if kind == "group" else ""


def _first_group_wins(_: Request, layers: Layers) -> Differences:
    groups = list(filter(None, map(_group, layers.identity)))
    kept = tuple(own for own in layers.identity if _group(own) in ("", *groups[:1]))
    return {"identity": kept} if len(kept) < len(layers.identity) else {}


def _group_is_principal(request: Request, layers: Layers) -> Differences:
    start = f":iam::{request.caller.account}:group/"
    groups = set(map(_group, layers.identity))
    names = [value for value in named(layers) if start in value]
    mine = {name: request.principal for name in names if name.rpartition("/")[2] in groups}
    return renamed(layers, mine)


def named(layers: Layers) -> Iterable[str]:
    """List the principals that the resource's policy names."""
    policy = layers.resource and layers.resource.policy
    every = [statement.principals or () for statement in policy.statements] if policy else []
    return [value for principals in every for _, value in principals]


def renamed(layers: Layers, names: dict[str, str]) -> Differences:
    """Replace principals in the resource's policy."""
    if layers.resource is None or not names:
        return {}
    pairs = {("AWS", old): ("AWS", new) for old, new in names.items()}
    policy = with_principals(layers.resource.policy, pairs)
    return {"resource": replace(layers.resource, policy=policy)}


def _readonly_is_metadata(_: Request, layers: Layers) -> Differences:
    view_only = find("ViewOnlyAccess") if any(map(_is_read_only, layers.identity)) else None
    if view_only is None:
        return {}
    policy = view_only.document
    kept = (replace(own, policy=policy) if _is_read_only(own) else own for own in layers.identity)
    return {"identity": tuple(kept)}


def _is_read_only(attached: AttachedPolicy) -> bool:
    return (attached.arn or "").endswith(":aws:policy/ReadOnlyAccess")


# -- statements that say something else ---------------------------------------------------------


def _notaction_denies(_: Request, layers: Layers) -> Differences:
    denied = (_listed_denied(attached.policy) for attached in layers.identity)
    return also(layers, (AttachedPolicy(policy) for policy in denied if policy is not None))


@lru_cache(maxsize=256)
def _listed_denied(policy: Policy) -> Policy | None:
    """Return a policy that denies what the Allow statements exclude with NotAction."""
    changed: dict[int, Statement | None] = {
        statement.number: replace(
            statement, effect="Deny", action=statement.not_action, not_action=None
        )
        if statement.not_action is not None and statement.effect == "Allow"
        else None
        for statement in policy.statements
    }
    return edited(policy, changed) if any(changed.values()) else None


def _star_is_public(_: Request, layers: Layers) -> Differences:
    if layers.resource is None or "*" not in named(layers):
        return {}
    policy = _unconditional(layers.resource.policy)
    return {"resource": replace(layers.resource, policy=policy)}


@lru_cache(maxsize=256)
def _unconditional(policy: Policy) -> Policy:
    """Remove the conditions of the statements that allow everyone."""
    changed: dict[int, Statement | None] = {
        statement.number: replace(statement, conditions=())
        for statement in policy.statements
        if statement.effect == "Allow" and any(who == "*" for _, who in statement.principal or ())
    }
    return edited(policy, changed) if changed else policy


# -- the context --------------------------------------------------------------------------------


def _principalarn_is_session(request: Request, _: Layers) -> Differences:
    is_session = request.caller.kind is Kind.SESSION
    return {"context": {"aws:PrincipalArn": request.principal}} if is_session else {}


BELIEVED_LAYERS: dict[str, View] = {
    "group_is_principal": _group_is_principal,
    "first_group_wins": _first_group_wins,
    "same_account_needs_both": _needs_both,
    "trust_alone": _trust_alone,
    "boundary_grants": _boundary_grants,
    "scp_grants": _scp_grants,
    "rcp_is_scp": _rcp_is_scp,
    "session_adds": _session_adds,
    "notaction_denies": _notaction_denies,
    "principalarn_is_session": _principalarn_is_session,
    "root_unlimited": _root_unlimited,
    "passrole_ignored": _passrole_ignored,
    "fedtoken_full": _fedtoken_full,
    "star_is_public": _star_is_public,
    "no_resource_policies": _no_resource_policies,
    "readonly_is_metadata": _readonly_is_metadata,
}
