"""Which changes could flip a verdict: for each Deny, each missing Allow, each shut ceiling.

Nothing is decided here. ``engine/fixes.py`` tries them out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.engine.edits import AWS_MANAGED, BREADTH, SWITCH, Edit
from iamlab.engine.evaluation_case import RESOURCE_POLICIES, WITHOUT_RESOURCE, unbound
from iamlab.engine.explain import missing_granter
from iamlab.engine.layers import CEILINGS, LAYERS, NAMES
from iamlab.engine.principals import MAY_NAME
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
    """Say who may change the policies of a layer."""
    caller, owner = request.caller.account, request.resource_account
    return {
        "scp": f"an administrator of the organization of account {caller}",
        "rcp": f"an administrator of the organization of account {owner}",
        "endpoint": "the owner of the VPC endpoint",
        "resource": f"the owner of the resource, account {owner}",
        "session": "whoever makes the session",
        "scoped": "whoever asks for the scoped credentials",
    }.get(layer, f"an administrator of account {caller}")


def fix_candidates(decision: Decision) -> list[Edit]:
    """List the changes that could flip a verdict, the least broad first."""
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
    return sorted(found, key=lambda edit: edit.breadth)


def _places(decision: Decision, layer: str) -> Iterator[tuple[int, int, StatementMatch]]:
    """Give the statements of a layer, each with its level and the place of its policy."""
    for level, policies in enumerate(decision.layers.levels(layer)):
        readings = decision.heard[layer].levels[level] if decision.heard[layer].present else ()
        for place, attached in enumerate(policies):
            yield from ((level, place, one) for one in readings if one.attached is attached)


def _sign_in(decision: Decision) -> Iterator[Edit]:
    """Signing in with MFA helps where some condition asks for it."""
    asked = {
        condition.key.lower()
        for heard in decision.heard.values()
        for reading in heard.readings
        for condition in reading.statement.conditions
    }
    own = (Kind.USER, Kind.ROOT, Kind.ROLE, Kind.SESSION)
    if decision.request.caller.kind in own and any(key.lower() in asked for key, _ in MFA):
        yield Edit("Sign in with MFA.", "the caller", BREADTH["sign in"], ("sign in",), context=MFA)


def _send(decision: Decision) -> Iterator[Edit]:
    """Sending what an Allow asks for helps where the caller chooses what to send."""
    for heard in decision.heard.values():
        for reading in heard.readings:
            wanted = _wanted_of_caller(reading) if reading.effect == "Allow" else ()
            if wanted:
                said = " and ".join(f'{key} "{value}"' for key, value in wanted)
                target = ("send", reading.address)
                yield Edit(
                    f"Send {said}.", "the caller", BREADTH["sign in"], target, context=wanted
                )


def _wanted_of_caller(reading: StatementMatch) -> tuple[tuple[str, str], ...]:
    """List the keys and values that a statement lacks, if the caller chooses all of them."""
    found = []
    for mismatch in reading.mismatches:
        condition = mismatch.condition
        if condition is None or condition.comparison != STRING_EQUALS or not mismatch.expected:
            return ()
        key = condition.key
        if not key.lower().startswith(SENT_BY_CALLER) and not key.lower().endswith(":aud"):
            return ()
        found.append((key, mismatch.expected[0]))
    return tuple(found)


def _switch_off(decision: Decision) -> Iterator[Edit]:
    """Without RestrictPublicBuckets a public bucket policy says again what it said."""
    block = decision.layers.public_access_block
    if block is not None and block.restrict_public_buckets:
        who = who_may_change("resource", decision.request)
        text = "Switch RestrictPublicBuckets off: then the bucket is open to all that it names."
        at = ("switch",)
        yield Edit(text, who, BREADTH["everybody"], at, layer=SWITCH)


def _undo_denies(decision: Decision) -> Iterator[Edit]:
    """Narrow each Deny, or take it out."""
    request = decision.request
    detached: list[Edit] = []
    for layer in LAYERS:
        who = who_may_change(layer, request)
        for level, place, reading in _places(decision, layer):
            if reading.effect != "Deny" or not reading.applies:
                continue
            if AWS_MANAGED in (reading.attached.arn or ""):
                found = _detached(reading, layer, level, place, who)
                if found not in detached:
                    detached.append(found)
                    yield found
                continue
            number = reading.statement.number
            at = (("deny", layer, level, place, number), layer, level, place)
            yield from _without_value(reading, request, who, at)
            spared = _sparing(reading.statement, request)
            if spared is not None:
                name = request.value("aws:PrincipalArn")
                text = f"Spare {name} in {reading.address}, by ArnNotEquals aws:PrincipalArn."
                yield Edit(text, who, BREADTH["this caller"], *at, number, spared)
            text = f"Take {reading.address} out of the {NAMES[layer]}."
            yield Edit(text, who, BREADTH["everybody"], *at, number)


def _detached(reading: StatementMatch, layer: str, level: int, place: int, who: str) -> Edit:
    """Take a whole policy away: AWS's own cannot be changed."""
    text = f"Detach {reading.attached.policy.name}: it is AWS's to change."
    target = ("detach", layer, level, place)
    return Edit(text, who, BREADTH["everybody"], target, layer, level, place)


def _without_value(
    reading: StatementMatch,
    request: Request,
    who: str,
    at: tuple[tuple[object, ...], str, int, int],
) -> Iterator[Edit]:
    """Take the request's own action or resource out of a list that has others."""
    statement = reading.statement
    for element, asked in (("action", request.action), ("resource", request.resource)):
        values = getattr(statement, element) or ()
        same = asked.lower() if element == "action" else asked
        kept = tuple(v for v in values if (v.lower() if element == "action" else v) != same)
        if kept and len(kept) < len(values):
            text = f"Take {asked} out of the {element}s of {reading.address}."
            shorter = _with(statement, element, kept)
            yield Edit(text, who, BREADTH["one value"], *at, statement.number, shorter)


def _with(statement: Statement, element: str, values: tuple[str, ...]) -> Statement:
    if element == "action":
        return replace(statement, action=values)
    return replace(statement, resource=values)


def _sparing(statement: Statement, request: Request) -> Statement | None:
    """Write the Deny so that it spares this caller."""
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
    """Let the identity's side allow, or the resource's."""
    request = decision.request
    if not unbound("identity", request):
        yield from _widened(decision, "identity", ("grant", "identity"))
        text = (
            f"Add to a policy of {_short(request)}: Allow {request.action} on {request.resource}."
        )
        exact = _exact(request)
        yield _new(request, "identity", ("grant", "identity"), text, exact)
    if _has_resource_policy(decision) and not unbound("resource", request):
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
    """Say whether the resource can have a policy of its own."""
    request = decision.request
    if request.resource == "*":
        return False
    known = decision.layers.resource is not None or request.about_trust
    return known or request.service in RESOURCE_POLICIES or missing_granter(decision) == "resource"


def _principals(request: Request) -> list[Principals]:
    """Say who is to be named: the role behind a session, or else the very session."""
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
    """Write a resource so that its stars stand for nothing but themselves.

    Examples
    --------
    >>> as_pattern("arn:aws:s3:::bk/*/x")
    'arn:aws:s3:::bk/${*}/x'
    """
    if resource == "*":
        return resource
    return "".join(f"${{{letter}}}" if letter in "*?$" else letter for letter in resource)


def _exact(request: Request, principal: Principals | None = None) -> Statement:
    """Write the Allow statement that is about this request and no other."""
    resource: tuple[str, ...] | None = (as_pattern(request.resource),)
    if principal is not None:
        if request.about_trust or request.service in WITHOUT_RESOURCE:
            resource = None
        elif request.about_kms_key:
            resource = ("*",)  # in a key policy this is the key
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
    """Add the missing value to an Allow statement of which only one element doesn't match."""
    request = decision.request
    who = who_may_change(layer, request)
    for level, place, reading in _places(decision, layer):
        if only not in (None, level) or reading.effect != "Allow" or len(reading.mismatches) != 1:
            continue
        if AWS_MANAGED in (reading.attached.arn or ""):
            continue
        element = reading.mismatches[0].element.lower()
        statement = reading.statement
        if element in ("action", "resource") and getattr(statement, element):
            asked = request.action if element == "action" else request.resource
            value = as_pattern(asked) if element == "resource" and statement.variables else asked
            wider = _with(statement, element, (*getattr(statement, element), value))
        elif element == "principal" and layer in MAY_NAME and _can_name(statement, request):
            asked = _principals(request)[0][0][1]
            wider = replace(statement, principal=(*(statement.principal or ()), ("AWS", asked)))
        else:
            continue
        text = f"Add {asked} to the {element}s of {reading.address}."
        at = (target, layer, level, place, statement.number)
        yield Edit(text, who, BREADTH["one value"], *at, wider)


def _can_name(statement: Statement, request: Request) -> bool:
    """Say whether a caller can be put beside those whom a statement names."""
    named = statement.principal
    return bool(named and named[0][0] not in ("", "*") and request.caller.account)


def _open(decision: Decision) -> Iterator[Edit]:
    """Let each shut ceiling allow."""
    request = decision.request
    for layer in CEILINGS:
        heard = decision.heard[layer]
        for level, says in enumerate(heard.says):
            if says:
                continue
            target = ("open", layer, level)
            yield from _widened(decision, layer, target, level)
            many = len(heard.levels) > 1
            at = f" of level {level + 1}" if many else ""
            text = f"Allow {request.action} on {request.resource} in the {NAMES[layer]}{at}."
            policies = decision.layers.levels(layer)
            own = len(policies[level]) if level < len(policies) else 0
            managed = own == 1 and AWS_MANAGED in (policies[level][0].arn or "")
            alone = own > 0 and layer in ("boundary", "endpoint", "scoped")
            if managed and alone:
                text = text.replace("in the", "in a policy of your own that takes the place of the")
            place = 0 if alone else None
            yield _new(request, layer, target, text, _exact(request), level=level, place=place)


def _forbid(decision: Decision) -> Iterator[Edit]:
    """Take each determining Allow out, or add a Deny."""
    request = decision.request
    deciding = decision.determining
    detached: list[Edit] = []
    for layer in ("identity", "resource"):
        who = who_may_change(layer, request)
        for level, place, reading in _places(decision, layer):
            if reading not in deciding:
                continue
            at = (("allow", layer, level, place, reading.statement.number), layer, level, place)
            if AWS_MANAGED in (reading.attached.arn or ""):
                found = _detached(reading, layer, level, place, who)
                if found not in detached:
                    detached.append(found)
                    yield found
                continue
            yield from _without_value(reading, request, who, at)
            text = f"Take {reading.address} out of the {NAMES[layer]}."
            yield Edit(text, who, BREADTH["everybody"], *at, reading.statement.number)
    if not unbound("identity", request):
        text = f"Add to a policy of {_short(request)}: Deny {request.action} on {request.resource}."
        deny = replace(_exact(request), effect="Deny")
        yield _new(request, "identity", ("forbid",), text, deny)
    if _has_resource_policy(decision) and not unbound("resource", request):
        principal = _principals(request)[-1]
        name = principal[0][1]
        text = f"Add to {_its_policy(request)}: Deny {request.action} for {name}."
        own = None if decision.layers.resource is None else 0
        deny = replace(_exact(request, principal), effect="Deny")
        yield _new(request, "resource", ("forbid",), text, deny, place=own)
