"""When a bucket policy is public, written from the S3 pages alone; a part of the oracle."""

import ipaddress

from tests.engine.oracle_language import LISTS, listed

POSITIVE = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")


def _fixed(key, value):
    if key == "aws:sourceip":
        network = ipaddress.ip_network(value, strict=False)
        return network.prefixlen >= (8 if network.version == 4 else 32)
    if key == "s3:dataaccesspointarn":  # the name may be open where the account is not
        value = value.partition(":accesspoint/")[0]
    return not any(sign in value for sign in ("*", "?", "${"))


def is_public(policy):
    """Whether some Allow is pinned neither by its principals nor by one key to fixed values."""
    for s in listed(policy["Statement"]):
        who, lines = (
            s.get("Principal", "*" if "NotPrincipal" in s else {}),
            s.get("Condition", {}).items(),
        )
        open_to = "*" if not isinstance(who, dict) or "Federated" in who else who.get("AWS", [])
        tests = [
            (k, v) for op, keys in lines if op in (*POSITIVE, "IpAddress") for k, v in keys.items()
        ]
        pins = [(k.lower(), listed(v)) for k, v in tests if k.lower() in LISTS["public_pins"]]
        pinned = any(all(_fixed(key, str(value)) for value in values) for key, values in pins)
        if s["Effect"] == "Allow" and "*" in listed(open_to) and not pinned:
            return True
    return False
