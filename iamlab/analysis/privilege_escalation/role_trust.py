"""Who can assume which role, and what is missing where somebody nearly can.

There are two ends. The role's trust policy must name the caller. The caller's own policies must
allow ``sts:AssumeRole``, unless a trust policy of the same account names the caller directly. The
engine decides about each pair. The values that a trust policy requires of the call itself, such as
an external ID, are sent.

Notes
-----
AWS pages: "Methods to assume a role"; "Granting a user permissions to switch roles"; "Access to AWS
accounts owned by third parties"; "AWS global condition context keys"; "IAM and AWS STS condition
context keys".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.assumable_roles import as_name, principals_in
from iamlab.analysis.privilege_escalation.principal_states import statements_of
from iamlab.analysis.privilege_escalation.required_parameters import words
from iamlab.authorization.authorize import authorize
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import NAMES
from iamlab.engine.matching import action_matches
from iamlab.engine.verdict import Verdict, addresses
from iamlab.errors import IamLabError
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import holds
from iamlab.policy.samples import value_samples
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue, Request
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition

CAN = "can assume"
OUTSIDE = "trusted; its own account decides"
NOT_PERMITTED = "trusted, not permitted"
NOT_TRUSTED = "permitted, not trusted"
UNMET = "trusted, but a condition is not met"
DENIED = "trusted, but denied"
MISSING = "trusted, but not there"
DELETED = "deleted principal"
ASSUME = "sts:AssumeRole"
SAML, WEB = "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"

NOT_CHOSEN = words("keys", "not_of_the_call")
"""The beginnings of the condition keys whose values the caller can't choose."""
NOT_EASY = re.compile("Not|^Date|^Numeric(Less|Greater)")
"""The condition operators for which no value is looked for."""


class Trustee(NamedTuple):
    """Somebody who calls AssumeRole, or who a trust policy names.

    Parameters
    ----------
    id
        The ARN, or what the trust policy has instead.
    kind
        A user, a role, an AWS service, an identity provider, an outside account ...
    account_id
        The account, if it is in this world.
    """

    id: str
    name: str
    kind: str
    account_id: str = ""


class RoleTrust(NamedTuple):
    """A principal and a role, and whether the one can assume the other.

    Parameters
    ----------
    action
        The operation that assumes the role.
    conditions
        What the call must meet, or what is not met.
    denied_by
        The Deny statements, or the types of the policies that don't allow it.
    """

    source: Trustee
    role: Role
    state: str
    action: str = ASSUME
    conditions: tuple[Condition, ...] = ()
    denied_by: tuple[str, ...] = ()


def role_trusts(world: World) -> Iterator[RoleTrust]:
    """Yield the pairs of which at least one end is there, role by role."""
    callers = []
    for account in world.accounts.values():
        for identity in (*account.users.values(), *account.roles.values()):
            arn, kind = identity.arn, identity.kind
            known = principal_of(world, arn)
            trustee = Trustee(arn, identity.name, kind, account.account_id)
            names = {as_name(arn), known.who().userid.partition(":")[0]}
            effects: set[str] = {
                statement.effect
                for attached in known.identity
                for statement in attached.policy.statements
                if statement.action is None or any(map(_is_assume_role, statement.action))
            }
            callers.append((trustee, names, effects))
    for account in world.accounts.values():
        for role in account.roles.values():
            yield from _of_role(world, role, callers)


def _is_assume_role(pattern: str) -> bool:
    return action_matches(pattern, ASSUME)


def _of_role(
    world: World, role: Role, callers: Iterable[tuple[Trustee, set[str], set[str]]]
) -> Iterator[RoleTrust]:
    pairs, of_account = list(dict.fromkeys(principals_in(role.trust))), []
    named = {as_name(value) for kind, value in pairs if kind in ("AWS", "*")}
    for caller, names, effects in callers:
        is_own = caller.account_id == role.account.account_id
        is_candidate = bool(names & named) or (is_own and "*" in named) or "Allow" in effects
        found = _decided(world, caller, role) if is_candidate or effects else None
        if found is not None and (is_candidate or found.state == DENIED):
            yield found
        elif caller.account_id in named and caller.id != role.arn:
            of_account.append(RoleTrust(caller, role, NOT_PERMITTED))
    yield from of_account
    for kind, value in pairs:
        if as_name(value) not in world.accounts:  # its users and roles have their own pairs
            found = _of_outsider(world, kind, value, role)
            if found is not None:
                yield found


def _of_outsider(world: World, kind: str, value: str, role: Role) -> RoleTrust | None:
    """Return the pair of a principal that isn't a user or role of this world."""
    trustee, action = _outsider(kind, value), SAML if ":saml-provider/" in value else WEB
    if kind in ("Service", "Federated"):
        return _decided(world, trustee, role, ASSUME if kind == "Service" else action)
    if trustee.kind == DELETED:
        return RoleTrust(trustee, role, MISSING)
    if not is_arn(value) or (arn := Arn.parse(value)).account not in world.accounts:
        conditions = (
            condition
            for statement in statements_of([role.trust])
            for condition in statement.conditions
            if statement.effect == "Allow"
            and (statement.principal is None or trustee.id in map(_value, statement.principal))
        )
        return RoleTrust(trustee, role, OUTSIDE, ASSUME, tuple(conditions))
    try:
        if arn.service == "sts":
            return _decided(world, Trustee(value, arn.name, "role session", arn.account), role)
        principal_of(world, value)
    except IamLabError:
        return RoleTrust(trustee, role, MISSING)
    return None


def _value(principal: tuple[str, str]) -> str:
    return as_name(principal[1])


def _outsider(kind: str, value: str) -> Trustee:
    name = as_name(value)
    if value == "*":
        return Trustee("*", "anybody", "any principal of any account")
    if kind == "Service":
        return Trustee(value, value, "AWS service")
    if kind == "Federated":
        return Trustee(value, value.partition("-provider/")[2] or value, "identity provider")
    if name.isdigit():
        return Trustee(name, name, "outside account")
    if not is_arn(value):
        return Trustee(name, name, DELETED)
    arn = Arn.parse(value)
    return Trustee(value, arn.name, f"{arn.kind.replace('-', ' ')} of {arn.account}")


# -- one pair --------------------------------------------------------------------------------------


def _decided(world: World, source: Trustee, role: Role, action: str = ASSUME) -> RoleTrust | None:
    """Let the engine decide about a pair; ``None`` if neither end is there."""
    decision = authorize(world, source.id, action, role.arn)
    conditions: tuple[Condition, ...] = ()
    if not decision:
        conditions = (*_lacking(decision, "resource"), *_lacking(decision, "identity"))
        context = _context(conditions, decision.request)
        if context:
            decision = authorize(world, source.id, action, role.arn, context=context)
    if decision:
        return RoleTrust(source, role, CAN, action, conditions)
    steps = map(decision.trace.step, ("resource", "identity"))
    trusted, permitted = (bool(step.found.allows) for step in steps)
    unmet = _lacking(decision, "resource")
    if unmet:
        return RoleTrust(source, role, UNMET, action, unmet)
    if trusted and (permitted or decision.denies or decision.blocking):
        return RoleTrust(source, role, DENIED, action, denied_by=_denied_by(decision))
    if trusted:
        return RoleTrust(source, role, NOT_PERMITTED, action, conditions)
    # A caller that is denied it is not permitted, whatever else allows it.
    denied = decision.blocking or any(match.layer != "resource" for match in decision.denies)
    return RoleTrust(source, role, NOT_TRUSTED, action) if permitted and not denied else None


def _lacking(decision: Decision, layer: str) -> tuple[Condition, ...]:
    """Return the conditions of the first Allow that lacks only conditions, if none applies."""
    found = decision.trace.step(layer).found
    near = (
        match.statement.conditions
        for match in found.matches
        if match.effect == "Allow"
        and all(mismatch.condition is not None for mismatch in match.mismatches)
    )
    return () if found.allows else tuple(next(near, ()))


def _denied_by(decision: Decision) -> tuple[str, ...]:
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return tuple(addresses(decision.denies))
    blocking = tuple(NAMES[layer] for layer in decision.blocking)
    return blocking or ("the type of its credentials",)


def _context(conditions: Iterable[Condition], request: Request) -> dict[str, ContextValue]:
    """Make a context that meets conditions, as far as values are easy to find and to send."""
    found: dict[str, ContextValue] = {}
    for condition in conditions:
        comparison, key = condition.comparison, condition.key
        if NOT_EASY.search(comparison.name) or key.lower().startswith(NOT_CHOSEN):
            continue
        wanted = [substitute(value, request.value) for value in condition.values]
        many = is_multivalued(key)
        for text in value_samples(comparison.name, [text for text in wanted if text is not None]):
            if holds(comparison, wanted, [text], multivalued=many):
                found.setdefault(key, [text] if many else text)
                break
    return found
