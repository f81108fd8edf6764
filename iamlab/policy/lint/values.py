"""Is the value of a condition what its operator compares, and what its key can hold?

Address ranges: those that ``aws:SourceIp`` never holds, and those written at greater length.

``aws:SourceIp`` is the address that AWS sees, so a public one. Private addresses come through a
VPC endpoint only, and stand in ``aws:VpcSourceIp``.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "IAM Access Analyzer policy check
reference".
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import ON_BY_DEFAULT, OPT_IN, REGION
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import Spot, has_wildcard, is_short, on_conditions
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector
    from iamlab.policy.lint.findings import Finding


class _Form(NamedTuple):
    """What values of one family of operators look like."""

    code: str
    operator: str
    noun: str
    mend: str


_FORMS = {
    "Bool": _Form("TYPE_MISMATCH_BOOLEAN", "Bool", "boolean", "Write true or false."),
    "Null": _Form("TYPE_MISMATCH_BOOLEAN", "Bool", "boolean", "Write true or false."),
    "Date": _Form("TYPE_MISMATCH_DATE", "DateEquals", "date", "Write it as 2026-11-25T10:00:00Z."),
    "Numeric": _Form("TYPE_MISMATCH_NUMBER", "NumericEquals", "number", "Write a number."),
    "Binary": _Form("TYPE_MISMATCH_STRING", "BinaryEquals", "base-64 text", "Encode the value."),
    "Ip": _Form(
        "TYPE_MISMATCH_IP_RANGE", "IpAddress", "range of addresses", "Write it as 203.0.113.0/24."
    ),
}
_EXPONENT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?[eE][+-]?\d{1,3}", re.ASCII)


def is_readable(operator: str, value: str) -> bool:
    """Say whether a value is of the form that an operator compares: it agrees with itself.

    Examples
    --------
    >>> is_readable("IpAddress", "203.0.113.0/24"), is_readable("NumericEquals", "ten")
    (True, False)
    """
    return OPERATORS[operator].test(value, value)


def _form(spot: Spot) -> Iterator[Finding]:
    """A value that the operator cannot read never fits."""
    form = _FORMS.get(spot.family)
    if form is None:
        return
    for index, value in enumerate(spot.condition.values):
        if is_readable(form.operator, value) or has_variable(value) or _EXPONENT.fullmatch(value):
            continue
        what = f"{_short(value)} is no {form.noun}, so {spot.comparison} never fits it."
        yield spot.find(form.code, what, form.mend, value=index)


def _epoch(spot: Spot) -> Iterator[Finding]:
    """Seconds since 1970 are a date too, but nobody reads them."""
    if spot.family != "Date" or spot.key == "aws:epochtime":
        return
    for index, value in enumerate(spot.condition.values):
        if not is_readable("NumericEquals", value):
            continue
        date = _date_of(value)
        better = None
        mend = "Write the date as YYYY-MM-DD."
        if date is not None:
            better, mend = spot.with_value(index, date), f"Write {date}."
        what = (
            f"{_short(value)} is a date in seconds since 1970, which may not mean what you expect."
        )
        yield spot.find("INVALID_DATE_VALUE", what, mend, better, value=index)


def _date_of(seconds: str) -> str | None:
    """Write whole seconds since 1970 as a date; what looks like a year may have been meant so."""
    if not re.fullmatch(r"\d{5,11}", seconds, re.ASCII):
        return None
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _several_booleans(spot: Spot) -> Iterator[Finding]:
    """Of two booleans one always fits."""
    if spot.comparison.name != "Bool" or spot.comparison.set_operator:
        return
    values = {value.lower() for value in spot.condition.values}
    if len(spot.condition.values) > 1:
        only = tuple(values) if len(values) == 1 else None
        yield spot.find(
            "INVALID_CONDITION_MULTIPLE_BOOLEAN",
            f"Bool takes one value for {spot.condition.key}, not {len(spot.condition.values)}.",
            "Write true or false.",
            spot.instead(values=only) if only else None,
        )


# The operator by which one value of several decides, and the word for it.
_DECIDING = {
    f"{family}{name}{end}": (f"{family}{name}Equals", word)
    for family in ("Numeric", "Date")
    for name, word in (("LessThan", "greatest"), ("GreaterThan", "least"))
    for end in ("", "Equals")
}


def _several_limits(spot: Spot) -> Iterator[Finding]:
    """Less than 5 or less than 9 is less than 9."""
    compare, word = _DECIDING.get(spot.comparison.name, ("", ""))
    values = spot.condition.values
    if not compare or len(values) < 2 or not all(is_readable(compare, one) for one in values):
        return
    test = OPERATORS[compare].test
    decides = reduce(lambda one, other: one if test(one, other) else other, values)
    yield spot.find(
        "REDUNDANT_CONDITION_VALUE_NUM",
        f"Of the values of {spot.condition.key} only the {word}, {decides}, decides.",
        "Leave out the others.",
        spot.instead(values=(decides,)),
    )


# What the values of some keys look like -----------------------------------------------------------

# For suggestions only: a Region that is not among them may be new.
_OTHER_PARTITIONS = "cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1"
_REGIONS = (*ON_BY_DEFAULT, *OPT_IN, *_OTHER_PARTITIONS.split())
_ID = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
_KMS_ID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32}"
_KMS_KEY = re.compile(
    rf"(arn:aws[a-z-]{{0,20}}:kms:[a-z0-9-]{{1,30}}:\d{{12}}:)?"
    rf"((key/)?({_KMS_ID})|alias/[a-zA-Z0-9/_-]{{1,250}})",
    re.ASCII,
)


class _Kind(NamedTuple):
    """What the values of one key look like."""

    code: str
    form: re.Pattern[str]
    noun: str
    mend: str


_A_REGION = _Kind("INVALID_REGION", REGION, "a Region", "Write a Region such as eu-west-1.")
_A_VPC = _Kind(
    "INVALID_VPC_FORMAT",
    re.compile(f"vpc-{_ID}", re.ASCII),
    "a VPC's id",
    "It is vpc- and 8 or 17 digits of 0 to 9 and a to f.",
)
_AN_ENDPOINT = _Kind(
    "INVALID_VPCE_FORMAT",
    re.compile(f"vpce-{_ID}", re.ASCII),
    "a VPC endpoint's id",
    "It is vpce- and 8 or 17 digits of 0 to 9 and a to f.",
)
_A_KMS_KEY = _Kind(
    "INVALID_KMS_KEY_VALUE",
    _KMS_KEY,
    "a KMS key",
    "Write the ARN of the key: arn:aws:kms:region:account:key/id.",
)
_KINDS = {
    "aws:requestedregion": _A_REGION,
    "ec2:region": _A_REGION,
    "kms:primaryregion": _A_REGION,
    "kms:replicaregion": _A_REGION,
    "aws:sourcevpc": _A_VPC,
    "aws:ec2instancesourcevpc": _A_VPC,
    "aws:sourcevpce": _AN_ENDPOINT,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _A_KMS_KEY,
    "s3express:x-amz-server-side-encryption-aws-kms-key-id": _A_KMS_KEY,
    "s3tables:kmskeyarn": _A_KMS_KEY,
    "s3vectors:kmskeyarn": _A_KMS_KEY,
    "secretsmanager:kmskeyarn": _A_KMS_KEY,
    "ec2:kmskeyid": _A_KMS_KEY,
}


def _kind(spot: Spot) -> Iterator[Finding]:
    """A value that the key can never hold."""
    kind = _KINDS.get(spot.key)
    if kind is None or spot.family not in ("String", "Arn"):
        return
    for index, value in enumerate(spot.condition.values):
        if kind.form.fullmatch(value) or has_wildcard(value) or has_variable(value):
            continue
        what = f"{_short(value)} has not the form of {kind.noun}."
        mend, better = kind.mend, None
        if kind.form.fullmatch(value.lower()):
            mend, better = f"Did you mean {value.lower()}?", spot.with_value(index, value.lower())
        elif kind is _A_REGION and len(value) < 30 and is_short(spot.case.policy):
            close = get_close_matches(value.lower(), _REGIONS, n=1, cutoff=0.8)
            mend = f"Did you mean {close[0]}?" if close else mend
        yield spot.find(kind.code, what, mend, better, value=index)


_PRIVATE_4 = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_6 = ipaddress.IPv6Network("fc00::/7")


@lru_cache(maxsize=4096)
def is_private(value: str) -> bool:
    """Say whether a range holds private addresses only.

    Examples
    --------
    >>> is_private("10.1.0.0/16"), is_private("203.0.113.0/24"), is_private("0.0.0.0/0")
    (True, False, False)
    """
    network = ipaddress.ip_network(value, strict=False)
    if isinstance(network, ipaddress.IPv6Network):
        return network.subnet_of(_PRIVATE_6)
    return any(map(network.subnet_of, _PRIVATE_4))


def _private(spot: Spot) -> Iterator[Finding]:
    """No request from a private address has ``aws:SourceIp``."""
    if spot.family != "Ip" or spot.key != "aws:sourceip":
        return
    ranges = [one for one in spot.condition.values if is_readable("IpAddress", one)]
    private = set(filter(is_private, ranges))
    if not private or len(ranges) < len(spot.condition.values):
        return
    what = f"{spot.condition.key} is a public address, and never in {min(private)}."
    middle = "NOT_" if spot.is_negated else ""
    if len(private) == len(set(ranges)):
        mend = "Write public ranges, or use aws:VpcSourceIp with aws:SourceVpc."
        yield spot.find(f"PRIVATE_{middle}IP_ADDRESS", what, mend)
    else:
        public = tuple(one for one in spot.condition.values if one not in private)
        mend = "Leave private ranges out, or give them to aws:VpcSourceIp."
        better = spot.instead(values=public)
        yield spot.find(f"PRIVATE_{middle}IP_ADDRESS_SUBSET", what, mend, better)


def _host_bits(spot: Spot) -> Iterator[Finding]:
    """What stands behind the prefix of a range does not count."""
    if spot.family != "Ip":
        return
    for index, value in enumerate(spot.condition.values):
        if "/" not in value or not is_readable("IpAddress", value):
            continue
        network = ipaddress.ip_network(value, strict=False)
        if ipaddress.ip_interface(value).ip == network.network_address:
            continue
        yield spot.find(
            "IMPROVE_IP_RANGE",
            f"Of {value} only the first {network.prefixlen} bits count.",
            f"Write {network}.",
            spot.with_value(index, str(network)),
            value=index,
        )


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_form, _epoch, _several_booleans, _several_limits, _kind),
    on_conditions(_private, _host_bits),
)
