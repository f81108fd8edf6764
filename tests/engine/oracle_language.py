"""Whether a policy's statement matches, written from the AWS documents; a part of the oracle."""

import base64
import ipaddress
import json
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

TABLES = Path(__file__).parents[1] / "conformance"
LISTS = {
    title: [name.lower() for name in table["names"]]
    for title, table in json.loads(TABLES.joinpath("lists.json").read_text("utf-8")).items()
}
_fits = lru_cache(9999)(re.fullmatch)


def listed(value):
    """Return a list, also where a policy writes a single value without brackets."""
    return value if isinstance(value, list) else [value]


def _regex(text, kind, ctx):
    """Write a policy's text as a regular expression: variables filled in, wildcards by kind."""
    made, colons = "", 0
    for token in re.finditer(r"\$\{.*?\}|[^$*?:]+|.", text):
        part, ends_segment = token[0], text[token.end() : token.end() + 1] in ("", ":")
        beyond = kind == "Resource" and part == "*" and ends_segment
        inner = colons < 5 and kind in ("Arn", "Resource") and not beyond
        if part.startswith("${"):
            name, _, default = part[2:-1].partition(", '")
            value = ctx.get(name.lower(), default[:-1] if default else None)
            if not isinstance(value, str):
                return "(?!)"
            made += re.escape(value)
        elif part in ("*", "?") and kind != "Equals":
            made += ("[^:]" if inner else ".") + part.strip("?")
        else:
            made, colons = made + re.escape(part).replace("\0", r"\$"), colons + (part == ":")
    return made


def _compare(name, got, want, ctx):
    """One positive operator on one request value and one policy value; malformed is unequal."""
    if name.startswith(("String", "Arn")):
        kind = "Arn" if name.startswith("Arn") else "Like" if "Like" in name else "Equals"
        return bool(_fits(_regex(want, kind, ctx), got, re.IGNORECASE * ("Ignore" in name)))
    try:
        if name == "Bool":
            return {got.lower(), want.lower()} in ({"true"}, {"false"})
        if name == "BinaryEquals":
            return base64.b64decode(got, validate=True) == base64.b64decode(want, validate=True)
        if name == "IpAddress":
            return ipaddress.ip_address(got) in ipaddress.ip_network(want, strict=False)
        days = [re.sub(r"^\d{4}-\d\d-\d\d$", r"\g<0>T00Z", text) for text in (got, want)]
        a, b = (datetime.fromisoformat(d).timestamp() if "T" in d else float(d) for d in days)
    except ValueError:
        return False
    return ("Equals" in name, "Greater" in name, "Less" in name)[(a > b) - (a < b)]


def _holds(operator, key, wanted, ctx):
    """Whether one line of a Condition block is met."""
    many, name, if_exists = re.findall(r"^(?:(\w+):)?(\w+?)(IfExists)?$", operator)[0]
    wanted = [str(want).lower() if isinstance(want, bool) else str(want) for want in wanted]
    positive, values = name.replace("Not", ""), listed(ctx.get(key, []))
    if name == "Null":
        fits = str(not values).lower() in [want.lower() for want in wanted]
        return many == "ForAllValues" or (fits and not many)
    if not values or (many == "ForAllValues" and not any(values)):
        return many == "ForAllValues" or (not many and bool(if_exists or positive != name))
    unqualified = not many and (len(values) > 1 or key in LISTS["multivalued_keys"])
    if unqualified or (not wanted and (many or if_exists)):
        return False
    hits = [any(_compare(positive, v, w, ctx) for w in wanted) for v in values]
    return (any if many == "ForAnyValue" else all)(hit == (positive == name) for hit in hits)


def _is_about(pattern, resource, ctx):
    """Whether a value of a Resource element matches a resource."""
    kind = "Resource" if re.match("arn(:[^:]*){4}:", resource) else "Equals"
    return bool(pattern == "*" or _fits(_regex(pattern, kind, ctx), resource))


def applies(s, action, resource, ctx):
    """Whether action, resource and every condition of a statement match the request."""
    actions = [_regex(a.lower(), "Like", ctx) for a in listed(s.get("Action", s.get("NotAction")))]
    if any(_fits(regex, action) for regex in actions) != ("Action" in s):
        return False
    # A list of all buckets is asked for by this ARN, too.
    names = [resource]
    if (action, resource) == ("s3:listallmybuckets", "*"):
        names += [f"arn:{partition}:s3:::*" for partition in ("aws", "aws-cn", "aws-us-gov")]
    named = listed(s.get("Resource", s.get("NotResource", "*")))
    if any("${" in ":".join(name.split(":")[:5]) for name in named):
        return False
    fits = [_is_about(pattern, name, ctx) for pattern in named for name in names]
    if any(fits) == ("NotResource" in s):
        return False
    lines = [(op, k, v) for op, keys in s.get("Condition", {}).items() for k, v in keys.items()]
    return all(_holds(op, key.lower(), listed(values), ctx) for op, key, values in lines)


def statements(policies):
    """List the statements; in a document that is not of 2012-10-17 a dollar is only a dollar."""
    for policy in policies:
        new = policy.get("Version") == "2012-10-17"
        text = json.dumps(policy["Statement"])
        yield from listed(policy["Statement"] if new else json.loads(text.replace("$", r"\u0000")))
