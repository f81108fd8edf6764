"""What can be asked of a policy itself: each method hands on to the module that knows."""

import pytest

from iamlab import Policy
from iamlab.errors import PolicyError
from iamlab.policy.comparing import diff
from iamlab.policy.describe import prose
from iamlab.policy.lint import advise

READ = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", sid="Read")
GUARD = Policy.deny("s3:*", when={"Bool": {"aws:SecureTransport": "false"}}, sid="Guard")


def test_policies_are_built_and_added_as_a_person_would_write_them():
    """Version first, single values without brackets, elements in AWS's order."""
    assert (READ + GUARD).to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::maps/*",
            },
            {
                "Sid": "Guard",
                "Effect": "Deny",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def test_what_is_built_can_be_saved_and_has_nothing_to_fix():
    """As an identity-based policy."""
    policy = READ + GUARD
    policy.validate("identity")

    assert policy.lint() == ()


def test_validate_raises_with_aws_words_and_the_first_marked():
    """A trust policy is another thing."""
    with pytest.raises(PolicyError) as caught:
        READ.validate("trust")

    assert caught.value.problems[0].what.startswith("AWS answers MalformedPolicyDocument: ")
    assert all(problem.what.startswith("After that") for problem in caught.value.problems[1:])


def test_lint_describe_and_diff_are_those_of_their_modules():
    """The type is handed on."""
    bucket = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", principal="*")

    assert bucket.lint("identity") == advise(bucket, "identity")
    assert bucket.lint("resource", "s3") == advise(bucket, "resource", "s3")
    assert bucket.lint("identity") != bucket.lint("resource", "s3")
    assert READ.describe("scp") == prose(READ, for_type="scp") != READ.describe()
    assert READ.diff(GUARD) == diff(READ, GUARD)
    assert READ.diff(GUARD).lost == ("s3:GetObject",)


def test_minimize_says_the_same_in_fewer_words():
    """And leaves alone what is short already."""
    wordy = Policy.allow(["s3:Get*", "s3:GetObject"], "*") + Policy.allow("s3:Put*", "*")

    assert [statement.action for statement in wordy.minimize().statements] == [
        ("s3:Get*", "s3:Put*")
    ]
    assert READ.minimize() is READ


def test_only_policies_are_added():
    """With the reason."""
    with pytest.raises(Exception, match="Only a policy can be added"):
        READ + {"Statement": []}
