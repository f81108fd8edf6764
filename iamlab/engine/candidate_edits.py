"""Changes that could flip a verdict: for each Deny, missing Allow and blocking ceiling.

``engine/fixes.py`` tries them and keeps those that work.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.engine.combining_rule import RESOURCE_POLICIES, WITHOUT_RESOURCE, why_absent
from iamlab.engine.edits import AWS_MANAGED, BREADTH, SWITCH, Edit
from iamlab.engine.layers import CEILINGS, LAYERS, NAMES
from iamlab.engine.principals import PRINCIPAL_ALLOWED
from iamlab.engine.request import Kind
from iamlab.policy.conditions import Comparison
from iamlab.policy.statement import Condition, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Principals

# Condition keys whose values the caller chooses with the request, in lower case.
SENT_BY_CALLER = (
    *("sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "aws:requesttag/"),
    *("kms:encryptioncontext:", "s3:x-amz-", "iam:passedtoservice"),
)
STRING_EQUALS = Comparison("StringEquals")
MFA = (("aws:MultiFactorAuthPresent", "true"), ("aws:MultiFactorAuthAge", "1"))


def who_may_change(layer: str, request: Request) -> str:
    """Return who can change the policies of a layer."""
    caller, owner = request.caller.account, request.resource_account
    return {
        "scp": f"an administrator of the organization of account {caller}",
        "rcp": f"an administrator of the organization of account {owner}",
        "endpoint": "the owner of the VPC endpoint",
        "resource": f"the owner of the resource, account {owner}",
        "session": "the caller who creates the session",
        "scoped": "the caller who requests the scoped credentials",
    }.get(layer, f"an administrator of account {caller}")


def candidate_edits(decision: Decision) -> list[Edit]:
    """List the changes that could flip a verdict, narrowest first."""
    if decision:
        found = [*_forbid(decision)]
    else:
        found = [
            *_sign_in(decision),
            *_send(decision),
            *_undo_denies(decision),
            *_grant(decision),
            *_open(decision),
            *_switch_off(decision),
        ]
    return sorted(dict.fromkeys(found), key=lambda edit: edit.breadth)


def _places(decision: Decision, layer: str) -> Iterator[tuple[int, int, StatementMatch]]:
    """Return the statements of a layer, each with its level and the place of its policy."""
    for level, policies in enumerate(decision.layers.levels(layer)):
        found = decision.trace.step(layer).found
        matches = found.levels[level] if found.present else ()
        for place, attached in enumerate(policies):
            yield from ((level, place, match) for match in matches if match.attached is attached)


def _sign_in(decision: Decision) -> Iterator[Edit]:
    """Suggest signing in with MFA if a condition requires it."""
    keys = {
        condition.key.lower()
        for match in decision.trace.matches
        for condition in match.statement.conditions
    }
    own = (Kind.USER, Kind.ROOT, Kind.ROLE, Kind.SESSION)
    if decision.request.caller.kind in own and any(key.lower() in keys for key, _ in MFA):
        yield Edit("Sign in with MFA.", "the caller", BREADTH["sign in"], ("sign in",), context=MFA)


def _send(decision: Decision) -> Iterator[Edit]:
    """Suggest sending the values that an Allow requires, if the caller can choose them."""
    for match in decision.trace.matches:
        wanted = _wanted_of_caller(match) if match.effect == "Allow" else ()
        if wanted:
            values = " and ".join(f'{key} "{value}"' for key, value in wanted)
            target = ("send", match.address)
            yield Edit(f"Send {values}.", "the caller", BREADTH["sign in"], target, context=wanted)


def _wanted_of_caller(match: StatementMatch) -> tuple[tuple[str, str], ...]:
    """List the missing keys and values of a statement, if the caller can choose all of them."""
    found = []
    for mismatch in match.mismatches:
        condition = mismatch.condition
        if condition is None or condition.comparison != STRING_EQUALS or not mismatch.expected:
            return ()
        key = condition.key
        if not key.lower().startswith(SENT_BY_CALLER) and not key.lower().endswith(":aud"):
            return ()
        found.append((key, mismatch.expected[0]))
    return tuple(found)


def _switch_off(decision: Decision) -> Iterator[Edit]:
    """Suggest switching off RestrictPublicBuckets, which blocks a public bucket policy."""
    block = decision.layers.public_access_block
    if block is not None and block.restrict_public_buckets:
        who = who_may_change("resource", decision.request)
        text = "Switch off RestrictPublicBuckets. The bucket is then open to all its principals."
        at = ("switch",)
        yield Edit(text, who, BREADTH["everybody"], at, layer=SWITCH)


def _undo_denies(decision: Decision) -> Iterator[Edit]:
    """Narrow or remove each Deny."""
    request = decision.request
    for layer in LAYERS:
        who = who_may_change(layer, request)
        for level, place, match in _places(decision, layer):
            if match.effect != "Deny" or not match.applies:
                continue
            if AWS_MANAGED in (match.attached.arn or ""):
                yield _detached(match, layer, level, place, who)
                continue
            number = match.statement.number
            at = (("deny", layer, level, place, number), layer, level, place)
            yield from _without_value(match, request, who, at)
            exempting = _exempting(match.statement, request)
            if exempting is not None:
                name = request.value("aws:PrincipalArn")
                text = f"Exempt {name} from {match.address} with ArnNotEquals aws:PrincipalArn."
                yield Edit(text, who, BREADTH["this caller"], *at, number, exempting)
            text = f"Remove {match.address} from the {NAMES[layer]}."
            yield Edit(text, who, BREADTH["everybody"], *at, number)


def _detached(match: StatementMatch, layer: str, level: int, place: int, who: str) -> Edit:
    """Detach a whole policy: only AWS can change its managed policies."""
    text = f"Detach {match.attached.policy.name}. Only AWS can change it."
    target = ("detach", layer, level, place)
    return Edit(text, who, BREADTH["everybody"], target, layer, level, place)


def _without_value(
    match: StatementMatch,
    request: Request,
    who: str,
    at: tuple[tuple[object, ...], str, int, int],
) -> Iterator[Edit]:
    """Remove the request's own action or resource from a list that has others."""
    statement = match.statement
    for element, own in (("action", request.action), ("resource", request.resource)):
        values = getattr(statement, element) or ()
        same = own.lower() if element == "action" else own
        kept = tuple(v for v in values if (v.lower() if element == "action" else v) != same)
        if kept and len(kept) < len(values):
            text = f"Remove {own} from the {element}s of {match.address}."
            shorter = _with(statement, element, kept)
            yield Edit(text, who, BREADTH["one value"], *at, statement.number, shorter)


def _with(statement: Statement, element: str, values: tuple[str, ...]) -> Statement:
    if element == "action":
        return replace(statement, action=values)
    return replace(statement, resource=values)


def _exempting(statement: Statement, request: Request) -> Statement | None:
    """Write the Deny so that this caller is exempt."""
    name = request.value("aws:PrincipalArn")
    if name is None:
        return None
    comparison, key = Comparison("ArnNotEquals"), "aws:PrincipalArn"
    conditions: list[Condition] = []
    values: tuple[str, ...] = (name,)
    for condition in statement.conditions:
        if condition.comparison == comparison and condition.key.lower() == key.lower():
            values = (*condition.values, name)
        else:
            conditions.append(condition)
    return replace(statement, conditions=(*conditions, Condition(comparison, key, values)))


def _grant(decision: Decision) -> Iterator[Edit]:
    """Add an Allow to the policies of the identity or of the resource."""
    request = decision.request
    if not why_absent("identity", request):
        yield from _widened(decision, "identity", ("grant", "identity"))
        text = (
            f"Add to a policy of {_short(request)}: Allow {request.action} on {request.resource}."
        )
        exact = _exact(request)
        yield _new(request, "identity", ("grant", "identity"), text, exact)
    if _has_resource_policy(decision) and not why_absent("resource", request):
        yield from _widened(decision, "resource", ("grant", "resource"))
        for principal in _principals(request):
            name = principal[0][1] if principal[0][0] != "*" else "everybody"
            text = f"Add to {_its_policy(request)}: Allow {request.action} for {name}."
            place = None if decision.layers.resource is None else 0
            exact = _exact(request, principal)
            yield _new(request, "resource", ("grant", "resource"), text, exact, place=place)


def _short(request: Request) -> str:
    return (request.caller.issuer or request.principal).rpartition("/")[2]


def _its_policy(request: Request) -> str:
    if request.about_trust:
        return "the role's trust policy"
    return "the key policy" if request.about_kms_key else "the resource-based policy"


def _has_resource_policy(decision: Decision) -> bool:
    """Return whether the resource can have a policy of its own."""
    request = decision.request
    if request.resource == "*":
        return False
    known = decision.layers.resource is not None or request.about_trust
    return (
        known
        or request.service in RESOURCE_POLICIES
        or decision.trace.missing_granter == "resource"
    )


def _principals(request: Request) -> list[Principals]:
    """Return the principals to name: first the role of a session, then the session itself."""
    caller = request.caller
    if caller.kind is Kind.ANONYMOUS:
        return [(("*", "*"),)]
    if caller.kind is Kind.SERVICE:
        return [(("Service", caller.arn),)]
    if caller.kind is Kind.PROVIDER:
        return [(("Federated", caller.arn),)]
    named = [caller.issuer, caller.arn] if caller.is_of_role else [caller.arn]
    return [(("AWS", arn),) for arn in dict.fromkeys(named)]


def as_pattern(resource: str) -> str:
    """Write a resource so that its stars are plain characters.

    Examples
    --------
    >>> as_pattern("arn:aws:s3:::bk/*/x")
    'arn:aws:s3:::bk/${*}/x'
    """
    if resource == "*":
        return resource
    return "".join(f"${{{letter}}}" if letter in "*?$" else letter for letter in resource)


def _exact(request: Request, principal: Principals | None = None) -> Statement:
    """Write the Allow statement that matches only this request."""
    resource: tuple[str, ...] | None = (as_pattern(request.resource),)
    if principal is not None:
        if request.about_trust or request.service in WITHOUT_RESOURCE:
            resource = None
        elif request.about_kms_key:
            resource = ("*",)  # in a key policy, this is the key
    return Statement("Allow", 1, None, principal, action=(request.action,), resource=resource)


def _new(
    request: Request,
    layer: str,
    target: tuple[object, ...],
    text: str,
    statement: Statement,
    *,
    level: int = 0,
    place: int | None = None,
) -> Edit:
    who = who_may_change(layer, request)
    breadth = BREADTH["this request"]
    return Edit(text, who, breadth, target, layer, level, place, None, statement)


def _widened(
    decision: Decision, layer: str, target: tuple[object, ...], only: int | None = None
) -> Iterator[Edit]:
    """Add the missing value to an Allow statement with only one mismatch."""
    request = decision.request
    who = who_may_change(layer, request)
    for level, place, match in _places(decision, layer):
        if only not in (None, level) or match.effect != "Allow" or len(match.mismatches) != 1:
            continue
        if AWS_MANAGED in (match.attached.arn or ""):
            continue
        element = match.mismatches[0].element.lower()
        statement = match.statement
        if element in ("action", "resource") and getattr(statement, element):
            missing = request.action if element == "action" else request.resource
            value = (
                missing if element == "action" or not statement.variables else as_pattern(missing)
            )
            wider = _with(statement, element, (*getattr(statement, element), value))
        elif (
            element == "principal" and layer in PRINCIPAL_ALLOWED and _can_name(statement, request)
        ):
            missing = _principals(request)[0][0][1]
            wider = replace(statement, principal=(*(statement.principal or ()), ("AWS", missing)))
        else:
            continue
        text = f"Add {missing} to the {element}s of {match.address}."
        at = (target, layer, level, place, statement.number)
        yield Edit(text, who, BREADTH["one value"], *at, wider)


def _can_name(statement: Statement, request: Request) -> bool:
    """Return whether a caller can be added to the principals of a statement."""
    named = statement.principal
    return bool(named and named[0][0] not in ("", "*") and request.caller.account)


def _open(decision: Decision) -> Iterator[Edit]:
    """Add an Allow to each blocking ceiling."""
    request = decision.request
    for layer in CEILINGS:
        in_layer = decision.trace.step(layer).found
        for level, allows in enumerate(in_layer.allows_by_level):
            if allows:
                continue
            target = ("open", layer, level)
            yield from _widened(decision, layer, target, level)
            many = len(in_layer.levels) > 1
            at = f" of level {level + 1}" if many else ""
            text = f"Allow {request.action} on {request.resource} in the {NAMES[layer]}{at}."
            policies = decision.layers.levels(layer)
            own = len(policies[level]) if level < len(policies) else 0
            managed = own == 1 and AWS_MANAGED in (policies[level][0].arn or "")
            alone = own > 0 and layer in ("boundary", "endpoint", "scoped")
            if managed and alone:
                text = text.replace("in the", "in a policy of your own that replaces the")
            place = 0 if alone else None
            yield _new(request, layer, target, text, _exact(request), level=level, place=place)


def _forbid(decision: Decision) -> Iterator[Edit]:
    """Remove each determining Allow, or add a Deny."""
    request = decision.request
    deciding = decision.determining
    for layer in ("identity", "resource"):
        who = who_may_change(layer, request)
        for level, place, match in _places(decision, layer):
            if match not in deciding:
                continue
            at = (("allow", layer, level, place, match.statement.number), layer, level, place)
            if AWS_MANAGED in (match.attached.arn or ""):
                yield _detached(match, layer, level, place, who)
                continue
            yield from _without_value(match, request, who, at)
            text = f"Remove {match.address} from the {NAMES[layer]}."
            yield Edit(text, who, BREADTH["everybody"], *at, match.statement.number)
    if not why_absent("identity", request):
        text = f"Add to a policy of {_short(request)}: Deny {request.action} on {request.resource}."
        deny = replace(_exact(request), effect="Deny")
        yield _new(request, "identity", ("forbid",), text, deny)
    if _has_resource_policy(decision) and not why_absent("resource", request):
        principal = _principals(request)[-1]
        name = principal[0][1]
        text = f"Add to {_its_policy(request)}: Deny {request.action} for {name}."
        own = None if decision.layers.resource is None else 0
        deny = replace(_exact(request, principal), effect="Deny")
        yield _new(request, "resource", ("forbid",), text, deny, place=own)
