"""Statements that IAM refuses to save, written from the AWS documents; a part of the oracle.

They never have an effect. A service's own rules, and those for names, are left out: the
documents are kept by what they say.
"""

import ipaddress
import re

from tests.engine.oracle_language import LISTS, listed

PARTITIONS = r"\*|aws(-cn|-us-gov|-eusc|-iso(-[bef])?)?"
OF_IAM = (
    r"\*|root|(user|federated-user|role|group|instance-profile|mfa|server-certificate|policy|"
    r"sms-mfa|saml-provider|oidc-provider|report|access-report|role-template|delegation-request|"
    r"assumed-role|contextProvider)/.*"
)


def _is_arn(text):
    """Whether IAM takes a resource: the format of an ARN, and that of its own and S3's ARNs."""
    _, *parts = text.split(":")
    if not parts or not re.fullmatch(PARTITIONS, parts[0]):
        return text == "*"
    service, *rest = parts[1:] or [""]
    if not parts[1:] or re.search(r"[*?]", service):
        return True  # its reach is clear, whatever IAM says to it
    region, last = rest[0] if len(rest) > 1 else "?", ":".join(rest[2:])
    if service == "iam":
        return not region and bool(re.fullmatch(OF_IAM, last, re.DOTALL))
    if service == "s3" and region:
        return False
    return bool(service) and (len(parts) > 4 or "::" not in text)


def _is_action(text, kind):
    """Whether AWS takes an action: a service and a name; only a trust policy can't have a star."""
    if text == "*":
        return kind != "trust"
    return bool(re.fullmatch(r"(\*|[A-Za-z0-9.-]+):[^:]*", text))


def _is_range(text):
    try:
        return bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return False


def _has_bad_range(s):
    """Whether an operator for addresses has a value that is neither an address nor a CIDR range."""
    blocks = [keys for name, keys in s.get("Condition", {}).items() if "IpAddress" in name]
    return not all(_is_range(v) for keys in blocks for some in keys.values() for v in listed(some))


def is_refused(s, kind):
    """Whether AWS would refuse to save a statement in a policy of this kind."""
    actions = listed(s.get("Action", s.get("NotAction", [])))
    if not all(_is_action(action, kind) for action in actions) or _has_bad_range(s):
        return True
    if kind == "identity" and ("Principal" in s or "NotPrincipal" in s):
        return True
    if kind == "rcp":
        services = LISTS["rcp_services"]
        if s["Effect"] == "Allow":
            return False  # RCPFullAWSAccess
        actions = [action.lower().split(":") for action in listed(s.get("Action", "*"))]
        if any(prefix not in services for prefix, *_ in actions) or "NotPrincipal" in s:
            return True
        if s.get("Principal", "*") != "*":
            return True
    named = listed(s.get("Resource", s.get("NotResource", [])))
    return kind in ("identity", "rcp") and not all(map(_is_arn, named))


def saved(policies, kind):
    """Return the policies without the statements that AWS would refuse."""
    return [
        {**policy, "Statement": [s for s in listed(policy["Statement"]) if not is_refused(s, kind)]}
        for policy in policies
    ]
