"""A second, independent evaluator: slow, short, written from the AWS documents alone.

It works on plain JSON and shares nothing with the package, so that agreement means something.
"""

import base64
import ipaddress
import json
import re
from datetime import UTC, datetime
from typing import Any

Doc = dict[str, Any]
MULTIVALUED = re.compile(
    "aws:(calledvia|tagkeys|principalservicenameslist|(principal|resource|source|vpce)orgpaths)"
    "|sts:(identitytokenaudience|requestcontextproviders|transitivetagkeys)"
)
# Policies hold no character above U+00FF, so these can stand for wildcards that are still alive.
STAR, ANY = "\ue000", "\ue001"
LIVE, DEAD = str.maketrans("*?", STAR + ANY), str.maketrans(STAR + ANY, "*?")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _expand(raw: str, version: str | None, context: Doc) -> str | None:
    """Fill in the variables (None if one has no value) and mark the live wildcards."""
    pieces = re.split(r"\$\{(.*?)\}", raw) if version == "2012-10-17" else [raw]
    result = pieces[0].translate(LIVE)
    for inside, after in zip(pieces[1::2], pieces[2::2], strict=True):
        name, _, default = inside.partition(", '")
        value = context.get(name.lower(), default[:-1] if default.endswith("'") else None)
        if MULTIVALUED.fullmatch(name.lower()) or not isinstance(value, str):
            return None
        result += value + after.translate(LIVE)
    return result


def _glob(pattern: str, value: str) -> bool:
    parts = [".*" if c == STAR else "." if c == ANY else re.escape(c) for c in pattern]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _arn_glob(pattern: str, arn: str, *, short_forms: bool) -> bool:
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    whole = len(wanted) == 6 or (short_forms and pattern.endswith(STAR))
    return whole and len(given) == 6 and all(map(_glob, wanted, given))


def _resource_matches(pattern: str, resource: str, version: str | None, context: Doc) -> bool:
    if pattern == "*" or not re.match("arn(:[^:]*){4}:", resource):
        return pattern in ("*", resource)
    early = version == "2012-10-17" and any("${" in part for part in pattern.split(":", 5)[:5])
    expanded = None if early else _expand(pattern, version, context)
    return expanded is not None and _arn_glob(expanded, resource, short_forms=True)


def _measure(value: str, *, is_date: bool) -> float:
    if is_date and re.match(r"\d{4}-", value):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return float(value)


def _compare(name: str, got: str, want: str) -> bool:
    """One positive operator on one request value and one policy value; malformed is unequal."""
    plain = want.translate(DEAD)
    try:
        if name.startswith("Arn"):
            return _arn_glob(want, got, short_forms=False)
        if name == "StringLike":
            return _glob(want, got)
        if name == "StringEquals":
            return got == plain
        if name == "StringEqualsIgnoreCase":
            return got.lower() == plain.lower()
        if name == "Bool":
            return got.lower() == plain.lower() and got.lower() in ("true", "false")
        if name == "BinaryEquals":
            return base64.b64decode(got, validate=True) == base64.b64decode(plain, validate=True)
        if name == "IpAddress":
            return ipaddress.ip_address(got) in ipaddress.ip_network(plain, strict=False)
        a, b = (_measure(value, is_date=name.startswith("Date")) for value in (got, plain))
        return ("Equals" in name, "Greater" in name, "Less" in name)[(a > b) - (a < b)]
    except ValueError:
        return False


def _condition_matches(op: str, key: str, wanted: list[Any], version: str | None, ctx: Doc) -> bool:
    quantifier, name, if_exists = re.findall(r"^(?:(\w+):)?(\w+?)(IfExists)?$", op)[0]
    negated, name = "Not" in name, name.replace("Not", "")
    wanted = [json.dumps(want) if isinstance(want, bool) else str(want) for want in wanted]
    values = _listed(ctx.get(key.lower(), []))
    if name == "Null":
        fits = json.dumps(not values) in [want.lower() for want in wanted]
        return quantifier == "ForAllValues" or (fits and not quantifier)
    values = [] if quantifier == "ForAllValues" and not any(values) else values
    if values and not quantifier and (len(values) > 1 or MULTIVALUED.fullmatch(key.lower())):
        return False
    if not wanted and (quantifier or if_exists):
        return not values and quantifier != "ForAnyValue"
    if not values:
        return quantifier == "ForAllValues" or (not quantifier and bool(if_exists or negated))
    variables = version if name.startswith(("String", "Arn")) else None
    known = [t for want in wanted if (t := _expand(want, variables, ctx)) is not None]
    hits = [any(_compare(name, value, want) for want in known) != negated for value in values]
    return any(hits) if quantifier == "ForAnyValue" else all(hits)


def _matching(policies: list[Doc], effect: str, question: Doc) -> list[Doc]:
    """Statements whose action, resource and every condition match; principals come later."""
    ctx = {"*": "*", "?": "?", "$": "$"} | {k.lower(): v for k, v in question["context"].items()}
    found = []
    for version, s in ((p.get("Version"), s) for p in policies for s in _listed(p["Statement"])):
        actions = [a.lower().translate(LIVE) for a in _listed(s.get("Action", s.get("NotAction")))]
        action_hit = any(_glob(pattern, question["action"].lower()) for pattern in actions)
        resources = _listed(s.get("Resource", s.get("NotResource", "*")))
        hit = any(_resource_matches(r, question["resource"], version, ctx) for r in resources)
        tests = [(op, k, v) for op, keys in s.get("Condition", {}).items() for k, v in keys.items()]
        holds = all(_condition_matches(op, k, _listed(v), version, ctx) for op, k, v in tests)
        matches = holds and action_hit == ("Action" in s) and hit != ("NotResource" in s)
        found += [s] if matches and s["Effect"] == effect else []
    return found


def _reach(statement: Doc, question: Doc) -> set[str]:
    """How a statement names the caller: direct, indirect (what he came from), account; or not."""
    caller, element = question["principal"], statement.get("Principal")
    parts = caller.split(":")
    accounts = [parts[4], f"arn:{parts[1]}:iam::{parts[4]}:root"] if len(parts) > 4 else []
    if "NotPrincipal" in statement:
        named = _reach({"Principal": statement["NotPrincipal"]}, question)
        frees_nobody = question["boundary"] or (named == {"account"} and ":root" not in caller)
        spared = named and not (statement["Effect"] == "Deny" and frees_nobody)
        return set() if spared else {"direct"}
    element = element if isinstance(element, dict) else {"AWS": element if element == "*" else []}
    found = {"direct" for name in _listed(element.get("Service", [])) if name == caller}
    for entry in _listed(element.get("AWS", [])):
        if entry in accounts:
            found.add("account")
        elif entry == "*" or (entry == caller and ":role/" not in caller):
            found.add("direct")
        elif entry == (question["issuer"] or caller):
            found.add("indirect")
    return found


def decide(question: Doc) -> str:
    """Return "allowed", "explicitDeny" or "implicitDeny"."""
    caller, issued = question["principal"], f"{question['action'].lower()} {question['resource']}"
    trust = re.match("sts:(assumerole.*|tagsession|setsourceidentity) arn:.*:iam:.*:role/", issued)
    key = re.match("kms:.* arn:.*:kms:.*:key/", issued)
    if issued.startswith("sts:getcalleridentity ") and caller != "anonymous":
        return "allowed"
    boundary, resource = ([d for d in [question[k]] if d] for k in ("boundary", "resource_policy"))
    identity, session = question["identity"], question["session"]
    denies = [s for s in _matching(resource, "Deny", question) if _reach(s, question)]
    if denies or _matching(identity + boundary + session, "Deny", question):
        return "explicitDeny"
    grants = {way for s in _matching(resource, "Allow", question) for way in _reach(s, question)}
    direct, indirect, account = (way in grants for way in ("direct", "indirect", "account"))
    may = bool(_matching(identity, "Allow", question))
    limits = not boundary or bool(_matching(boundary, "Allow", question))
    if session or ":federated-user/" in caller:
        limits = limits and bool(_matching(session, "Allow", question))
    own = caller.split(":")[4:5] == [question["resource_account"]]
    if not caller.startswith("arn:"):
        allowed = direct
    elif issued.startswith("sts:getsessiontoken ") and re.search(":root$|:user/", caller):
        allowed = True
    elif caller.endswith(":root"):
        allowed = not trust and (direct or account or (own and not key))
    elif not own:
        allowed = bool(grants) and may and limits
    elif trust or key:
        allowed = direct or (indirect and limits) or (account and may and limits)
    else:
        allowed = direct or ((may or indirect) and limits)
    return "allowed" if allowed else "implicitDeny"
