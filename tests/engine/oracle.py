"""A second, independent evaluator: slow, short, written from the AWS documents alone.

It works on plain JSON and shares nothing with the package, so that agreement means something. Two
parts have files of their own: the language of policies, and when a bucket policy is public.
"""

import re

from tests.engine.oracle_language import LISTS, applies, listed, statements
from tests.engine.oracle_public import is_public
from tests.engine.oracle_refused import saved

TRUST = "sts:(assumerole(with.*)?|tagsession|setsourceidentity|setcontext) arn:.*:iam:.*:role/"
BY_PROVIDER = "sts:(assumerolewith(saml arn:.*:saml|webidentity (?!arn:.*:saml))|tagsession|set)"
ABSENT = {"scps": [], "rcps": [], "endpoint": None, "scoped": [], "grants": []}
ABSENT |= {"endpoint_type": "Gateway"}
CONSTRAINED = "kms:(encrypt|decrypt|reencrypt(from|to)|generatedatakey.*|creategrant)"


def _names(caller, issuer, kind):
    """What a Principal element can call the caller, and how it then reaches him."""
    if kind != "AWS":
        return {f"{kind} {caller}": "direct", "AWS *": "all" if kind == "Federated" else "direct"}
    partition, account = caller.split(":")[1:5:3]
    return {
        "AWS *": "direct",
        f"AWS {caller}": "indirect" if ":role/" in caller else "direct",
        f"AWS {issuer}": "indirect",
        f"AWS {account}": "account",
        f"AWS arn:{partition}:iam::{account}:root": "account",
    }


def _reach(s, q):
    """How a statement reaches the caller: direct, indirect (by what he came from), account."""
    element = s.get("Principal", s.get("NotPrincipal"))
    if element is None:
        return {"unnamed"}
    element = element if isinstance(element, dict) else {"AWS": element if element == "*" else []}
    called = {f"{kind} {name}" for kind, names in element.items() for name in listed(names)}
    found = {path for name, path in q["names"].items() if name in called}
    if "NotPrincipal" not in s:
        return found
    frees_nobody = q["bounded"] or (found == {"account"} and not q["principal"].endswith(":root"))
    return set() if found and not (s["Effect"] == "Deny" and frees_nobody) else {"direct"}


def _ways(policies, effect, q):
    """How the matching statements of some policies reach the caller; empty if none does."""
    ways = set()
    for s in statements(policies):
        if s["Effect"] == effect and applies(s, q["action"], q["resource"], q["ctx"]):
            ways |= _reach(s, q)
    return ways


def _covers(grant, q):
    """Whether a grant of a KMS key is about the call."""
    exact = grant["constraints"].get("encryption_context_equals")
    pairs = exact or grant["constraints"].get("encryption_context_subset", {})
    sent = {k.removeprefix("kms:EncryptionContext:"): v for k, v in q["context"].items()}
    fits = pairs.items() <= sent.items() and (
        exact is None or {*sent.get("kms:EncryptionContextKeys", [])} <= {*exact}
    )
    return (
        grant["grantee_principal"] in (q["principal"], q["issuer"])
        and q["action"] in [f"kms:{operation}".lower() for operation in grant["operations"]]
        and (fits or not re.fullmatch(CONSTRAINED, q["action"]))
    )


def _restricted(q):
    return (q.get("public_access_block") or {}).get("restrict_public_buckets")


def _levels(q, *, inside, linked):
    """List what is around the call: each level must allow it, through one of its policies."""
    service, action = q["action"].lower().split(":")
    reached = service in LISTS["rcp_services"] and action != "retiregrant"
    return [
        *(saved(level, "identity") for level in q["scps"] if inside and not linked),
        *(saved(level, "rcp") for level in q["rcps"] if reached and not linked),
        *(saved([policy], "identity") for policy in q["scoped"] if inside),
    ]


def _hopeless(q, *, own):
    """Whether no policy can give this to a session, or to another account."""
    action, session = q["action"], re.search(":(role|assumed-role|federated-user)/", q["principal"])
    limited = re.match("backup:|kms:.* arn:.*:kms:.*:key/", f"{action} {q['resource']}")
    abroad = limited and action not in LISTS["across_accounts"]
    never = abroad or action in LISTS["never_across_accounts"]
    scopes = action == "sts:getscopedcredentials"  # with keys that do not expire
    return (never and not own) or scopes or (session and action in LISTS["needs_long_term_keys"])


def _may_ask(q):
    """Whether it is a call of STS that the caller's credentials are enough for."""
    himself = re.search(":root$|:user/", q["principal"])
    temporary = not himself or "aws:tokenissuetime" in q["ctx"]
    return (q["action"] == "sts:getsessiontoken" and himself) or (
        q["action"] == "sts:getscopedcredentials" and temporary
    )


def _has_gateway(q, service):
    return q["endpoint_type"] == "Gateway" and service in ("s3", "dynamodb")


def decide(question):
    """Return "allowed", "explicitDeny" or "implicitDeny"."""
    q = ABSENT | question
    caller, action, stored = q["principal"], q["action"].lower(), q["resource_policy"]
    service, issued = action.partition(":")[0], f"{action} {q['resource']}"
    trust, key = re.match(TRUST, issued), re.match("kms:.* arn:.*:kms:.*:key/", issued)
    provider = "-provider/" in caller or caller in LISTS["web_identity_hosts"]
    inside, root = caller.startswith("arn:") and not provider, caller.endswith(":root")
    own = not inside or caller.split(":")[4] == q["resource_account"]
    linked = ":role/aws-service-role/" in f"{caller} {q['issuer']}"
    if action == "sts:getcalleridentity" and not provider and caller != "anonymous":
        return "allowed"

    # Which policies are about this call at all.
    bounded = q["boundary"] and inside and not root and not linked
    identity = q["identity"] if inside and not root else []
    identity, boundary = (
        saved(policies, "identity") for policies in (identity, [q["boundary"]] * bool(bounded))
    )
    session, endpoint = (
        q["session"] if inside else [],
        saved([q["endpoint"]] * bool(q["endpoint"]), "endpoint"),
    )
    session, levels = saved(session, "identity"), _levels(q, inside=inside, linked=linked)
    by_provider = trust and re.match(BY_PROVIDER, f"{action} {caller}")
    fits = by_provider if provider else "rolewith" not in action
    unheard = (root and own and action in LISTS["root_unlocks"]) or (
        service == "logs" and (inside or caller == "anonymous")
    )
    resource = [stored] if stored and fits and not unheard else []
    resource = saved(resource, "trust" if trust else "resource")

    kind = "AWS" if inside else "Federated" if provider else "Service"
    ctx = {"*": "*", "?": "?", "$": "$"} | {k.lower(): v for k, v in q["context"].items()}
    q |= {
        "action": action,
        "ctx": ctx,
        "names": _names(caller, q["issuer"], kind),
        "bounded": bool(bounded),
    }
    denies = [_ways(some, "Deny", q) for some in (*levels, endpoint, identity, boundary, session)]
    if any(denies) or _ways(resource, "Deny", q) - {"unnamed"}:
        return "explicitDeny"
    if inside and _may_ask(q):
        return "allowed"

    ways = _ways(resource, "Allow", q) - {"unnamed"}
    stranger = not own or caller == "anonymous"
    if service == "s3" and stranger and _restricted(q) and stored and is_public(stored):
        ways = set()
    granted = key and any(_covers(grant, q) for grant in q["grants"])
    may = root or _ways(identity, "Allow", q)
    needed = [boundary] * bool(boundary)
    # A root user's session has a task policy, which only denies.
    needed += [session] if (session and not root) or ":federated-user/" in caller else []
    limits = all(_ways(policies, "Allow", q) for policies in needed)
    if not inside:
        allowed = "direct" in ways
    elif _hopeless(q, own=own) or (root and (trust or action == "sts:assumeroot")):
        allowed = False
    elif action == "sts:assumeroot":
        allowed = may and limits
    elif not own or (trust and action == "sts:setsourceidentity"):
        let_in = q.get("access_point")  # whose side the caller's policies have passed
        allowed = (ways or granted) and (let_in or (may and limits))
    else:
        by_identity = may and ("account" in ways or not (trust or key))
        allowed = "direct" in ways or granted or (("indirect" in ways or by_identity) and limits)

    admitted = _ways(endpoint, "Allow", q)
    admitted -= {"account"} if _has_gateway(q, service) and not root else set()
    guarded = (admitted or not endpoint) and all(_ways(level, "Allow", q) for level in levels)
    return "allowed" if allowed and guarded else "implicitDeny"
