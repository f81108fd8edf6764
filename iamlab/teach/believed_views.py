"""Wrong beliefs about what applies: which policies count for a request, and its condition keys.

Each function returns the differences between what a learner sees and what AWS reads: fields of
``Layers``, and under ``context`` the condition keys. It is empty if nothing differs. Some also
need facts that only the world knows: who assumed a role, who has an MFA device.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.engine.combining_rule import RESOURCE_POLICIES
from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.request import Kind, Request
from iamlab.errors import IamLabError
from iamlab.model.credentials import devices_of
from iamlab.model.managed_policies import find
from iamlab.model.organization.policies import SCP, of_type
from iamlab.operations.policy_documents import with_principals
from iamlab.operations.sts.session import find_role
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy, edited
from iamlab.teach.callers import caller_of
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.policy.statement import Statement

Differences = dict[str, Any]
View = Callable[[Request, Layers], Differences]
WorldView = Callable[[Request, Layers, World], Differences]

EVERYTHING = AttachedPolicy(Policy.allow("*", name="everything"))
FOR_EVERYONE = AttachedPolicy(Policy.allow("*", principal="*", name="for everyone"))
UNLIMITED: Differences = {
    **dict.fromkeys(("rcp", "scp", "scoped"), ()),
    **dict.fromkeys(("endpoint", "boundary", "resource")),
    **dict.fromkeys(("identity", "session"), (EVERYTHING,)),
}


def _also(layers: Layers, *more: Iterable[AttachedPolicy]) -> Differences:
    """Count further policies as identity-based policies."""
    added = tuple(chain(*more))
    return {"identity": (*layers.identity, *added)} if added else {}


@lru_cache(maxsize=256)
def _changed(policy: Policy, change: Callable[[Statement], Statement | None]) -> Policy:
    """Return a policy with each statement changed, or left out."""
    return edited(policy, {own.number: change(own) for own in policy.statements})


# -- policies that limit, and policies of resources ---------------------------------------------


def _session_adds(_: Request, layers: Layers) -> Differences:
    added = _also(layers, layers.session)
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
    """A Principal is refused, but a condition can name the ARN of a group."""
    start = f":iam::{request.caller.account}:group/"
    groups = set(map(_group, layers.identity))
    conditions = [own for statement in _statements(layers) for own in statement.conditions]
    named = (*_named(layers), *(value for own in conditions for value in own.values))
    mine = [name for name in named if start in name and name.rpartition("/")[2] in groups]
    keys = {"context": {"aws:PrincipalArn": mine[0]}} if mine else {}
    return {**_renamed(layers, dict.fromkeys(mine, request.principal)), **keys}


def _statements(layers: Layers) -> Iterable[Statement]:
    """Return the statements of the resource's policy."""
    return layers.resource.policy.statements if layers.resource else ()


def _named(layers: Layers) -> Iterable[str]:
    """List the principals that the resource's policy names."""
    return [value for own in _statements(layers) for _, value in own.principals or ()]


def _renamed(layers: Layers, names: dict[str, str]) -> Differences:
    """Replace principals in the resource's policy."""
    if layers.resource is None or not names:
        return {}
    pairs = {("AWS", old): ("AWS", new) for old, new in names.items()}
    policy = with_principals(layers.resource.policy, pairs)
    return {"resource": replace(layers.resource, policy=policy)}


def _readonly_is_metadata(_: Request, layers: Layers) -> Differences:
    seen = tuple(map(_view_only, layers.identity))
    return {"identity": seen} if seen != layers.identity else {}


def _view_only(attached: AttachedPolicy) -> AttachedPolicy:
    """Take ReadOnlyAccess for ViewOnlyAccess."""
    is_read_only = (attached.arn or "").endswith(":aws:policy/ReadOnlyAccess")
    view_only = find("ViewOnlyAccess") if is_read_only else None
    return attached if view_only is None else replace(attached, policy=view_only.document)


# -- statements that say something else ---------------------------------------------------------


def _notaction_denies(_: Request, layers: Layers) -> Differences:
    denied = (_changed(attached.policy, _listed_denied) for attached in layers.identity)
    return _also(layers, (AttachedPolicy(policy) for policy in denied if policy.statements))


def _listed_denied(own: Statement) -> Statement | None:
    """Deny what an Allow statement excludes with NotAction."""
    if own.not_action is None or own.effect == "Deny":
        return None
    return replace(own, effect="Deny", action=own.not_action, not_action=None)


def _star_is_public(_: Request, layers: Layers) -> Differences:
    if layers.resource is None or "*" not in _named(layers):
        return {}
    policy = _changed(layers.resource.policy, _unconditional)
    return {"resource": replace(layers.resource, policy=policy)}


def _unconditional(own: Statement) -> Statement:
    """Remove the conditions of a statement that allows everyone."""
    is_public = own.effect == "Allow" and any(who == "*" for _, who in own.principal or ())
    return replace(own, conditions=()) if is_public else own


def _principalarn_is_session(request: Request, _: Layers) -> Differences:
    is_session = request.caller.kind is Kind.SESSION
    return {"context": {"aws:PrincipalArn": request.principal}} if is_session else {}


BELIEVED_LAYERS: dict[str, View] = {
    "group_is_principal": _group_is_principal,
    "first_group_wins": _first_group_wins,
    "same_account_needs_both": _needs_both,
    "trust_alone": lambda own, layers: _also(layers, (EVERYTHING,)) if own.about_trust else {},
    "boundary_grants": lambda _, layers: _also(layers, layers.of("boundary")),
    "scp_grants": lambda _, layers: _also(layers, layers.of("scp")),
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


# -- what only the world knows ------------------------------------------------------------------


def assumers(world: World, arn: str) -> list[str]:
    """List the callers behind a role session: who assumed the role, and so on to the first.

    Examples
    --------
    >>> from iamlab.teach.scenarios import observatory
    >>> world = observatory()
    >>> carol = world.sts.assume_role(
    ...     world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol")
    >>> assumers(world, carol.arn)
    ['arn:aws:iam::111111111111:user/carol']
    """
    found: list[str] = []
    for event in reversed(list(world.events)):
        answer: Any = event.response_elements or {}
        session = answer.get("assumedRoleUser", {}).get("arn")
        caller = event.user_identity.get("arn")
        if session == arn and caller:
            found.append(caller)
            arn = caller
    # A lesson's session is made in a copy of its world, whose events nobody keeps.
    calls = getattr(world, "calls", {})
    names = {own.get("role_session_name", key): key for key, own in calls.items()}
    name = names.get(arn.rpartition("/")[2], "")
    while "assume_role" in calls.get(name, {}):
        name = calls[name]["by"]
        behind: Any = caller_of(world.copy(), name)
        found.append(getattr(behind, "arn", behind))
    return found


def _assumer_adds(choose: Callable[[list[str]], list[str]]) -> WorldView:
    """Count the policies of one of the callers behind a session, unless it is deleted."""

    def view(request: Request, layers: Layers, world: World) -> Differences:
        is_session = request.caller.kind is Kind.SESSION
        callers = choose(assumers(world, request.principal) if is_session else [])
        with suppress(IamLabError):
            return _also(layers, *(principal_of(world, arn).identity for arn in callers))
        return {}

    return view


def _trust_grants(request: Request, layers: Layers, world: World) -> Differences:
    """Read the trust policy of the caller's role as one of its permission policies."""
    role = find_role(world, request.caller.issuer) if request.caller.is_of_role else None
    if role is None or role.trust is None:
        return {}
    return _also(layers, (AttachedPolicy(_changed(role.trust, _for_every_resource)),))


def _for_every_resource(own: Statement) -> Statement:
    return replace(own, principal=None, resource=("*",))


def _scp_binds_management(request: Request, _: Layers, world: World) -> Differences:
    for organization in world.organizations.values():
        if organization.management_account_id == request.caller.account:
            policies = map(organization.policies.get, of_type(organization, organization.root, SCP))
            level = tuple(AttachedPolicy(scp.document) for scp in policies if scp is not None)
            return {"scp": (level,)} if level else {}
    return {}


def _sourceip_everywhere(request: Request, _: Layers, world: World) -> Differences:
    address = request.value("aws:VpcSourceIp") or world.current_network.outside
    return {} if request.value("aws:SourceIp") else {"context": {"aws:SourceIp": address}}


def _name_is_identity(request: Request, layers: Layers, world: World) -> Differences:
    """Read a unique ID in the resource's policy as the caller, if one with its name was deleted."""
    ids = [value for value in _named(layers) if value.startswith(("AIDA", "AROA"))]
    arn = request.caller.issuer or request.principal
    deleted = [own for own in world.events if own.event_name in _DELETED] if ids else []
    sent = [(own.request_parameters or {}).get(_DELETED[own.event_name]) for own in deleted]
    return _renamed(layers, dict.fromkeys(ids if arn.rpartition("/")[2] in sent else (), arn))


_DELETED = {"DeleteUser": "userName", "DeleteRole": "roleName"}


def _mfa_by_switch(request: Request, layers: Layers, world: World) -> Differences:
    """Add a ceiling that allows nothing, if the user has a device and didn't use it."""
    account = world.accounts.get(request.caller.account)
    if account is None or request.caller.kind is not Kind.USER:
        return {}
    user = account.users.get(Arn.parse(request.principal).name)
    used = request.value("aws:MultiFactorAuthPresent") == "true"
    return {} if used or user is None or not devices_of(user) else {"scp": (*layers.scp, ())}


BELIEVED_WORLDS: dict[str, WorldView] = {
    "role_adds": _assumer_adds(lambda callers: callers[:1]),
    "trust_grants": _trust_grants,
    "scp_binds_management": _scp_binds_management,
    "chain_keeps": _assumer_adds(lambda callers: callers[1:][-1:]),
    "sourceip_everywhere": _sourceip_everywhere,
    "name_is_identity": _name_is_identity,
    "mfa_by_switch": _mfa_by_switch,
}
