"""A document from a stranger makes no check, no review and no reading slow, and breaks none.

The types and codes themselves are tested elsewhere; here are documents that nobody would write.
"""

import json

import pytest

from iamlab import Policy, RequestError
from iamlab.policy.comparing import diff
from iamlab.policy.validate.validation import refusals
from tests.effort import first_now
from tests.growth import grows_linearly

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def parse(*statements):
    """A policy of statements, as a stranger sends it."""
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def condition(operator, key, values):
    """A statement with one condition."""
    return parse(ALLOW | {"Condition": {operator: {key: values}}})


# What is strange -> a document of this kind, of size n.
DOCUMENTS = {
    "many statements": lambda n: parse(*[ALLOW] * n),
    "many different statements": lambda n: parse(
        *[ALLOW | {"Sid": f"S{i}", "Resource": f"arn:aws:s3:::b{i}/*"} for i in range(n)]
    ),
    "many actions that are none": lambda n: parse(
        ALLOW | {"Action": [f"s3:GetObjects{i}" for i in range(n)]}
    ),
    "many services that are none": lambda n: parse(
        ALLOW | {"Action": [f"s{i}x:Get" for i in range(n)]}
    ),
    "many wildcards": lambda n: parse(ALLOW | {"Action": [f"s3:*{i}*" for i in range(n)]}),
    "many resources": lambda n: parse(
        ALLOW | {"Resource": [f"arn:aws:s3:::b{i}/*" for i in range(n)]}
    ),
    "many principals": lambda n: parse(
        ALLOW | {"Principal": {"AWS": [f"arn:aws:iam::{i:012}:group/x" for i in range(n)]}}
    ),
    "many conditions": lambda n: parse(
        ALLOW | {"Condition": {"StringEquals": {f"aws:RequestTag/{i}": "*" for i in range(n)}}}
    ),
    "many keys that are none": lambda n: parse(
        ALLOW | {"Condition": {"Bool": {f"s3:key{i}": "maybe" for i in range(n)}}}
    ),
    "many addresses": lambda n: condition(
        "IpAddress", "aws:SourceIp", [f"10.{i // 256 % 256}.{i % 256}.1/8" for i in range(n)]
    ),
    "a long action": lambda n: parse(ALLOW | {"Action": "s3:" + "a*" * n}),
    "a long resource": lambda n: parse(ALLOW | {"Resource": "arn:aws:s3:::" + "*a" * n}),
    "a long key": lambda n: condition("StringEquals", "aws:" + "x/" * n, "a"),
    "a long value": lambda n: condition("StringLike", "aws:PrincipalArn", "*?" * n),
    "many variables": lambda n: condition("StringLike", "s3:prefix", "${aws:username}" * n),
    "open variables": lambda n: condition("StringLike", "s3:prefix", "${" * n),
    "a long Sid": lambda n: parse(ALLOW | {"Sid": "é" * n}),
}
WAYS = {
    "check": lambda policy: len(refusals(policy, "identity")),
    "check for a bucket": lambda policy: len(refusals(policy, "resource", "s3")),
    "lint": lambda policy: len(policy.lint("identity")),
    "lint for a role": lambda policy: len(policy.lint("trust")),
    "describe": lambda policy: len(policy.describe()),
    "minimize": lambda policy: len(policy.minimize().statements),
}
SIZES = {"check": 2_000, "check for a bucket": 2_000}
"""Checking is so quick that less is over in half a millisecond, which nobody can measure."""
TOO_MUCH = ("many statements", "many different statements")


@pytest.mark.parametrize("document", first_now(DOCUMENTS))
@pytest.mark.parametrize("path", WAYS)
def test_no_document_takes_more_than_linear_time(path, document):
    """Four times as long, about four times as slow."""

    def work(size):
        policy = DOCUMENTS[document](size)
        return lambda: WAYS[path](policy)

    size = SIZES.get(path, 500)
    assert grows_linearly(work, size, counted=size // 4)  # shorter ones are within AWS's limits


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_too_much_to_compare_is_refused(document):
    """A difference is found, or refused with the reason; it does not hang."""
    policy = DOCUMENTS[document](3_000)
    if document in TOO_MUCH:
        with pytest.raises(RequestError, match="compares at most"):
            diff(policy, policy)
    else:
        assert not diff(policy, policy)
