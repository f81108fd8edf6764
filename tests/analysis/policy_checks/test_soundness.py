"""PASS means that no request has the access; FAIL has a request that proves it, nearly always.

The requests are those of ``tests/engine/request_kinds.py``, which doesn't know the checks. What
the policies of other types allow isn't part of the question.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, evaluate
from iamlab.analysis.policy_checks.checks import (
    IDENTITY,
    RESOURCE,
    check_access_not_granted,
    check_no_new_access,
)
from iamlab.engine.evaluate import read
from tests.effort import tries
from tests.engine import equivalence
from tests.engine.request_kinds import kinds_of_requests

S3 = "arn:aws:s3:::"
ACTIONS = ["s3:*", "s3:Get*", "S3:getobject", "s3:GetObject", "*", "s3:Put?*", "s3", "sqs:Send*"]
HOME = f"{S3}home/${{aws:username}}"
PLACES = ["*", f"{S3}*", f"{S3}home/*", HOME, f"{HOME}/*", f"{S3}home/ana", "arn:aws:sqs:*:*:q?"]
VALUES = {
    "StringEquals": ["ana", "ben", "a*"],
    "StringLike": ["a*", "ana", "*", "an?", "${aws:PrincipalTag/x}"],
    "StringNotEquals": ["ana", "ben"],
    "StringNotLike": ["a*", "ana"],
    "ForAllValues:StringLike": ["a*", "ana", "ben"],
    "ForAnyValue:StringNotEquals": ["ana", "ben"],
    "Null": ["true", "false"],
}
ADDRESSES = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32"]
ARNS = ["arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:111122223333:*", "arn:aws:sns:*:*:*"]
NAMES = ["aws:username", "AWS:UserName", "aws:TagKeys"]
ACCOUNT, OTHER = "111122223333", "444455556666"
PRINCIPALS = [
    *("*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    *({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ana"}, {"AWS": [ACCOUNT, OTHER]}),
    *({"Service": "ec2.amazonaws.com"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/dev"}),
    {"Federated": "accounts.google.com"},
]


def some(values, fewest=1):
    """One or two of some values."""
    return st.lists(st.sampled_from(values), min_size=fewest, max_size=2, unique=True)


TEXTS = st.sampled_from([*VALUES]).flatmap(
    lambda name: st.tuples(
        st.sampled_from(["", "IfExists"] if name.startswith("String") else [""]),
        st.sampled_from(NAMES),
        some(VALUES[name], 0),
    ).map(lambda drawn: {name + drawn[0]: {drawn[1]: drawn[2]}})
)
CONDITIONS = st.one_of(
    st.just({}),
    TEXTS,
    some(ADDRESSES).map(lambda drawn: {"IpAddress": {"aws:SourceIp": drawn}}),
    some(ADDRESSES).map(lambda drawn: {"NotIpAddress": {"aws:SourceIp": drawn}}),
    some(ARNS).map(lambda drawn: {"ArnLike": {"aws:SourceArn": drawn}}),
    some(ARNS).map(lambda drawn: {"ArnNotEquals": {"aws:SourceArn": drawn}}),
)


def statements(*, named):
    """Statements with much in common, so that one often contains the other."""
    who = [{"Principal": name} for name in PRINCIPALS]
    who += [{"NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ana"}}, {}]
    return st.builds(
        lambda effect, action, names, resource, places, condition, principal: {
            "Effect": effect,
            action: names,
            resource: places,
            "Condition": condition,
            **principal,
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["Action", "Action", "NotAction"]),
        some(ACTIONS),
        st.sampled_from(["Resource", "Resource", "NotResource"]),
        some(PLACES),
        CONDITIONS,
        st.sampled_from(who if named else [{}] * 9 + [{"Principal": "*"}]),
    )


def pairs(*, named):
    """Two policies: the second has statements of the first, changed a little, and some others."""
    each = statements(named=named)

    def changed(item, other, element):
        swapped = {name: other[name] for name in other if name.removeprefix("Not") == element}
        kept = {name: item[name] for name in item if name.removeprefix("Not") != element}
        return kept | swapped if swapped else item

    elements = st.sampled_from(["Action", "Resource", "Condition", "Principal", "Sid"])
    return st.lists(each, min_size=1, max_size=3).flatmap(
        lambda first: st.tuples(
            st.just(first),
            st.lists(
                st.one_of(
                    st.builds(changed, st.sampled_from(first), each, elements),
                    st.sampled_from(first),
                    each,
                ),
                max_size=3,
            ),
            st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
        )
    )


def written(items, version):
    """Write a policy."""
    return Policy.parse({"Version": version, "Statement": items})


def differences(old, new, layer):
    """Return the requests that the new policy allows, and the old one doesn't."""
    every = (*old.statements, *new.statements)
    people = equivalence._people(every) if layer == "resource" else ((None, ACCOUNT),)
    sides = [(around(old), around(new)) for around in equivalence.AROUND[layer]]
    kinds = kinds_of_requests(every, layer)
    share = max(1, 3000 // (len(kinds) * len(people)))
    for request in equivalence._requests(kinds, people, share):
        for before, after in sides:
            alone = after.identity or request.principal.endswith(":root")
            if alone and request.same_account and layer == "resource":
                continue  # here the caller needs no resource-based policy
            if evaluate(request, after) and not evaluate(request, before):
                yield request


def no_request_differs(old, new, policy_type, layer):
    """Compare the result of the check with what the engine decides about many requests."""
    result = check_no_new_access(old, new, policy_type)

    assert bool(result) is (result.result == "PASS") is (not result.reasons)
    if result:
        witness = next(differences(old, new, layer), None)

        assert witness is None, (witness, witness.context)
    for reason in result.reasons:
        if reason.witness is not None:
            assert read(reason.witness.request, reason.witness.layers)


@given(pairs(named=False))
@settings(max_examples=tries(150))
def test_an_identity_policy_that_passes_gives_no_request_new_access(drawn):
    """Whatever its conditions, NotAction, NotResource and Deny."""
    first, second, version = drawn

    no_request_differs(written(first, "2012-10-17"), written(second, version), IDENTITY, "identity")


@given(pairs(named=True))
@settings(max_examples=tries(150))
def test_a_resource_policy_that_passes_gives_no_request_new_access(drawn):
    """Whatever its principals; the caller's own policies allow everything, or nothing."""
    first, second, version = drawn

    no_request_differs(written(first, "2012-10-17"), written(second, version), RESOURCE, "resource")


@given(pairs(named=False), some(ACTIONS[:6], 0), some(PLACES, 0))
@settings(max_examples=tries(150))
def test_a_policy_that_passes_grants_none_of_the_access(drawn, actions, places):
    """No action with one of the resources."""
    actions = actions or ([] if places else ["s3:Get*"])
    policy = written(drawn[0], "2012-10-17")
    if not check_access_not_granted(policy, actions, places):
        return
    wanted = {"Effect": "Allow", "Action": actions or "*", "Resource": places or "*"}
    listed = written([wanted], "2012-10-17")
    [around] = equivalence.AROUND["identity"]
    kinds = kinds_of_requests((*policy.statements, *listed.statements))
    for request in equivalence._requests(kinds, ((None, ACCOUNT),), 200):
        assert not (evaluate(request, around(policy)) and evaluate(request, around(listed))), (
            request
        )
