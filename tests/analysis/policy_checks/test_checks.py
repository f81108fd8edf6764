"""Access Analyzer's custom policy checks: AWS's own examples, and what each element does."""

import gzip
import json
from pathlib import Path

import botocore
import pytest

from iamlab import Policy, RequestError
from iamlab.analysis.policy_checks import (
    check_access_not_granted,
    check_no_new_access,
    check_no_public_access,
)
from iamlab.analysis.policy_checks.checks import POLICY_TYPES, RESOURCE_TYPES
from iamlab.errors.services import ValidationException
from tests.rows import each_row

allow, deny = Policy.allow, Policy.deny
GET, PUT, S3 = "s3:GetObject", "s3:PutObject", "arn:aws:s3:::"
OWN = "111122223333"
ANA = f"arn:aws:iam::{OWN}:user/ana"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
EVERYBODY = {"AWS": "*"}  # AWS saves no trust policy with "*" alone
TRUST = "AWS::IAM::AssumeRolePolicyDocument"


def statement(**elements):
    """A policy with one Allow."""
    return Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow"} | elements})


def net(*values):
    """All of S3 from some addresses."""
    return allow("s3:*", when={"IpAddress": {"aws:SourceIp": list(values)}})


def named(name, *, operator="StringLike"):
    """All of S3 for some users."""
    return allow("s3:*", when={operator: {"aws:username": name}})


GUARDED = allow("*") + deny("iam:*")
NOT_IAM = statement(NotAction="iam:*", Resource="*")
MAPS, LOGS = f"{S3}maps/*", f"{S3}logs/*"

NEW_ACCESS = {
    "the same": (allow(GET), allow(GET), ""),
    "fewer actions": (allow("s3:Get*"), allow("S3:getobject"), ""),
    "more actions": (allow(GET), allow("s3:Get*"), "s3:Get"),
    "an action that the catalogue doesn't have": (allow("s3:*"), allow("s3:NewOne"), ""),
    "a new action that nothing allowed": (allow("s3:Get*"), allow("s3:NewOne"), "s3:NewOne"),
    "a list of the actions of a pattern": (
        allow("sts:Get*Token"),
        allow(["sts:GetSessionToken", "sts:GetFederationToken"]),
        "",
    ),
    "fewer resources": (allow(GET), allow(GET, MAPS), ""),
    "other resources": (allow(GET, MAPS), allow(GET, LOGS), GET),
    "two statements for one": (allow(GET, [MAPS, LOGS]), allow(GET, MAPS) + allow(GET, LOGS), ""),
    "one statement for two": (allow(GET, MAPS) + allow(GET, LOGS), allow(GET, [MAPS, LOGS]), ""),
    "the pairs of two statements": (
        allow(GET, MAPS) + allow(PUT, LOGS),
        allow([GET, PUT], [MAPS, LOGS]),
        "s3:",
    ),
    "NotAction": (NOT_IAM, allow("s3:*"), ""),
    "not what NotAction leaves out": (NOT_IAM, allow(["s3:*", "iam:Get*"]), "iam:Get"),
    "NotResource": (statement(Action="*", NotResource=LOGS), allow(GET, MAPS), ""),
    "what NotResource leaves out": (
        statement(Action="*", NotResource=LOGS),
        allow(GET, f"{S3}*"),
        GET,
    ),
    "a Deny less": (GUARDED, allow("*"), "iam:"),
    "a smaller Deny": (GUARDED, allow("*") + deny("iam:Create*"), "iam:"),
    "a larger Deny": (allow("*") + deny("iam:Create*"), GUARDED, ""),
    "a Deny that isn't needed": (GUARDED, allow("s3:*"), ""),
    "a Deny on other resources": (allow(GET) + deny(GET, LOGS), allow(GET, MAPS), ""),
    "an Allow that is denied": (allow(GET), allow([GET, PUT]) + deny(PUT), ""),
    "an Allow that is denied here and there": (allow(GET), allow("s3:*") + deny(PUT), "s3:"),
    "a condition more": (allow("s3:*"), net("203.0.113.0/24"), ""),
    "a condition less": (net("203.0.113.0/24"), allow("s3:*"), "s3:"),
    "a smaller range": (net("203.0.113.0/24", "198.51.100.0/24"), net("203.0.113.128/25"), ""),
    "a larger range": (net("203.0.113.0/24"), net("203.0.112.0/23"), "s3:"),
    "a narrower pattern": (named("a*"), named("an?"), ""),
    "a wider pattern": (named("an?"), named("a*"), "s3:"),
    "more values that may not be": (
        named("ana", operator="StringNotEquals"),
        named(["ana", "ben"], operator="StringNotEquals"),
        "",
    ),
    "fewer values that may not be": (
        named(["ana", "ben"], operator="StringNotEquals"),
        named("ana", operator="StringNotEquals"),
        "s3:",
    ),
    "IfExists": (
        named("ana", operator="StringEquals"),
        named("ana", operator="StringEqualsIfExists"),
        "s3:",
    ),
    "no IfExists": (
        named("ana", operator="StringEqualsIfExists"),
        named("ana", operator="StringEquals"),
        "",
    ),
    "a variable": (allow(GET, f"{S3}home/*"), allow(GET, f"{S3}home/${{aws:username}}"), ""),
    "a text for a variable": (
        allow(GET, f"{S3}home/${{aws:username}}"),
        allow(GET, f"{S3}home/ana"),
        GET,
    ),
    "only the type of policy has it": (allow(GET), allow("s3:*", principal="*"), ""),
}


@each_row(("before", "after", "proved_by"), NEW_ACCESS.values(), NEW_ACCESS)
@pytest.mark.slow
def test_new_access_of_an_identity_policy(before, after, proved_by):
    """It's found with a request that proves it, and nothing else is."""
    result = check_no_new_access(before, after)
    witnesses = [reason.witness for reason in result.reasons]

    assert result.result == ("FAIL" if proved_by else "PASS")
    assert all(witness.request.action.startswith(proved_by) for witness in witnesses)


def trust(principal, **elements):
    """A trust policy."""
    return allow("sts:AssumeRole", None, principal=principal, **elements)


SHARED = {
    "fewer principals": (trust([OWN, "444455556666"]), trust(OWN), "PASS"),
    "another account": (trust(OWN), trust([OWN, "444455556666"]), "FAIL"),
    "somebody instead of everybody": (trust(EVERYBODY), trust(ANA), "PASS"),
    "everybody": (trust(ANA), trust(EVERYBODY), "FAIL"),
    "MFA no more": (trust(OWN, when=MFA), trust(OWN), "FAIL"),
    "MFA": (trust(OWN), trust(OWN, when=MFA), "PASS"),
    "a user doesn't need what the account must allow": (
        allow(GET, principal=OWN),
        allow(GET, principal=ANA),
        "FAIL",
    ),
    "a Deny allows nothing": (
        deny(GET, principal="*"),
        Policy.parse({"Version": "2012-10-17", "Statement": []}),
        "PASS",
    ),
    "a service": (
        allow(GET, principal=OWN),
        allow(GET, principal={"Service": "ec2.amazonaws.com"}),
        "FAIL",
    ),
    "everybody isn't a user of an identity provider": (
        statement(Principal=EVERYBODY, Action="sts:AssumeRoleWithWebIdentity"),
        statement(
            Principal={"Federated": "accounts.google.com"}, Action="sts:AssumeRoleWithWebIdentity"
        ),
        "FAIL",
    ),
}


@each_row(("before", "after", "result"), SHARED.values(), SHARED)
def test_new_access_of_a_resource_policy(before, after, result):
    """Each failure has its witness."""
    found = check_no_new_access(before, after, "RESOURCE_POLICY")

    assert found.result == result
    assert all(reason.witness for reason in found.reasons)


def test_the_answers_are_those_of_the_api():
    """The examples of the API reference, word by word."""
    john = {"AWS": "arn:aws:iam::123456789012:user/JohnDoe"}
    write = {
        "Sid": "AllowJohnDoe",
        "Principal": john,
        "Action": PUT,
        "Resource": f"{S3}my-bucket/*",
    }
    resources = {"resources": [f"{S3}my-bucket/*"], "policy_type": "RESOURCE_POLICY"}
    new = check_no_new_access(allow(GET, MAPS), allow(GET, MAPS) + allow(PUT, MAPS))
    granted = check_access_not_granted(statement(**write), **resources)
    kept = check_access_not_granted(
        statement(**(write | {"Resource": f"{S3}non-sensitive-bucket/*"})), **resources
    )
    bob = {"Sid": "Bob", "Action": [GET]}
    public = check_no_public_access(statement(**bob, Principal="*"), "AWS::S3::Bucket")
    private = check_no_public_access(statement(**bob, Principal=john), "AWS::S3::Bucket")

    assert (
        new.message == "The modified permissions grant new access compared to your existing policy."
    )
    assert new.reasons[0].description == "New access in the statement with index: 1."
    assert (new.reasons[0].statement_index, new.reasons[0].statement_id) == (1, None)
    assert granted.message == (
        "The policy document grants access to perform one or more of the listed actions or "
        "resources."
    )
    assert granted.reasons[0].description == (
        "One or more of the listed actions or resources in the statement with sid: AllowJohnDoe."
    )
    assert (granted.reasons[0].statement_index, granted.reasons[0].statement_id) == (
        0,
        "AllowJohnDoe",
    )
    assert kept.result == "PASS"
    assert kept.message == (
        "The policy document does not grant access to perform the listed actions or resources."
    )
    assert public.message == "The resource policy grants public access for the given resource type."
    assert public.reasons[0].description == (
        "Public access granted in the following statement with sid: Bob."
    )
    assert private.message == (
        "The resource policy does not grant public access for the given resource type."
    )


NOT_GRANTED = {
    "another action": (allow("s3:Get*"), [PUT], [], "PASS"),
    "one of two actions": (allow("s3:Get*"), [PUT, GET], [], "FAIL"),
    "a pattern": (allow(GET), ["s3:*"], [], "FAIL"),
    "an action within a pattern": (allow("s3:*"), [GET], [], "FAIL"),
    "denied": (
        allow("iam:*") + deny("iam:Create*"),
        ["iam:CreateUser", "iam:CreateRole"],
        [],
        "PASS",
    ),
    "NotAction": (NOT_IAM, ["iam:PassRole"], [], "PASS"),
    "not in NotAction": (NOT_IAM, ["sts:AssumeRole"], [], "FAIL"),
    "another resource": (allow("s3:*", LOGS), [], [MAPS], "PASS"),
    "a resource within a pattern": (allow("s3:*", f"{S3}*"), [], [f"{S3}maps/m31"], "FAIL"),
    "denied there": (allow("s3:*") + deny("*", MAPS), [], [MAPS], "PASS"),
    "denied on some of it": (allow("s3:*") + deny("*", f"{S3}maps/a*"), [], [MAPS], "FAIL"),
    "NotResource": (statement(Action="*", NotResource=MAPS), [], [f"{S3}maps/x*"], "PASS"),
    "the action elsewhere": (allow(GET, LOGS) + allow(PUT, MAPS), [GET], [MAPS], "PASS"),
    "the action there": (allow(GET, LOGS) + allow(PUT, MAPS), [PUT], [MAPS], "FAIL"),
    "only with a condition": (named("ana"), [GET], [], "FAIL"),
}


@each_row(("policy", "actions", "resources", "result"), NOT_GRANTED.values(), NOT_GRANTED)
def test_access_that_must_not_be_granted(policy, actions, resources, result):
    """Both an action and a resource are needed if both are listed."""
    found = check_access_not_granted(policy, actions, resources)

    assert found.result == result
    assert all(reason.witness for reason in found.reasons)


PUBLIC = {
    "everybody": (allow(GET, MAPS, principal="*"), "AWS::S3::Bucket", "FAIL"),
    "an organization": (
        allow(GET, MAPS, principal="*", when={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
        "AWS::S3::Bucket",
        "PASS",
    ),
    "a condition that anybody meets": (
        allow(GET, MAPS, principal="*", when={"Bool": {"aws:SecureTransport": "true"}}),
        "AWS::S3::Bucket",
        "FAIL",
    ),
    "another account": (allow(GET, MAPS, principal="444455556666"), "AWS::S3::Bucket", "PASS"),
    "a queue": (allow("sqs:*", principal="*"), "AWS::SQS::Queue", "FAIL"),
    "actions of another service": (allow("s3:*", principal="*"), "AWS::SQS::Queue", "PASS"),
    "a trust policy": (trust(EVERYBODY), TRUST, "FAIL"),
    "a trust policy for *": (trust("*"), TRUST, "FAIL"),
    "a trust policy for an account": (trust("444455556666"), TRUST, "PASS"),
    "all denied": (
        allow(GET, MAPS, principal="*") + deny("*", MAPS, principal="*"),
        "AWS::S3::Bucket",
        "PASS",
    ),
}


NOT_SAVED = {
    "everybody and MFA": (trust("*", when=MFA), "FAIL"),
    "everybody and somebody": (trust({"AWS": ["*", OWN]}), "FAIL"),
    "everybody but an account": (statement(NotPrincipal={"AWS": OWN}, Action="sts:*"), "FAIL"),
    "every action": (statement(Principal="*", Action="*"), "FAIL"),
    "a Resource": (allow("sts:AssumeRole", principal=EVERYBODY), "FAIL"),
    "a Resource for an account": (allow("sts:AssumeRole", principal="444455556666"), "PASS"),
    "every identity provider": (
        statement(Principal={"Federated": "*"}, Action="sts:AssumeRoleWithWebIdentity"),
        "FAIL",
    ),
    "an organization": (trust("*", when={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}), "PASS"),
    "a Deny": (deny("sts:AssumeRole", None, principal="*"), "PASS"),
    "another action is denied": (
        trust("*") + deny("sts:TagSession", None, principal="*"),
        "FAIL",
    ),
    "nobody": (allow("sts:AssumeRole", None), "PASS"),
}


@each_row(("policy", "result"), NOT_SAVED.values(), NOT_SAVED)
def test_a_trust_policy_that_aws_would_not_save_can_be_public(policy, result):
    """AWS page: "CheckNoPublicAccess": it's about a document, before IAM sees it."""
    assert check_no_public_access(policy, TRUST).result == result


def test_trust_in_everybody_is_public_in_both_forms():
    """IAM refuses ``"*"`` ("AssumeRolepolicy contained an invalid principal"), but means the same.

    AWS page: "AWS JSON policy elements: Principal": the two forms are equivalent.
    """
    short, long = (check_no_public_access(trust(who), TRUST) for who in ("*", EVERYBODY))

    assert short == long
    assert short.reasons[0].witness.request == long.reasons[0].witness.request


@pytest.mark.parametrize(
    ("elements", "result"),
    [
        ({"Principal": "*", "Action": "s3*", "Resource": "*"}, "FAIL"),
        ({"Principal": ANA, "Action": "s3*", "Resource": "*"}, "PASS"),
        ({"Action": GET, "Resource": MAPS}, "PASS"),
        ({"Principal": {"Service": "*"}, "Action": GET, "Resource": MAPS}, "FAIL"),
    ],
)
def test_a_bucket_policy_that_aws_would_not_save_can_be_public(elements, result):
    """AWS page: "CheckNoPublicAccess"."""
    assert check_no_public_access(statement(**elements), "AWS::S3::Bucket").result == result


@each_row(("policy", "resource_type", "result"), PUBLIC.values(), PUBLIC)
def test_public_access(policy, resource_type, result):
    """As in the findings about external access."""
    found = check_no_public_access(policy, resource_type)

    assert found.result == result
    assert all(reason.witness for reason in found.reasons)


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES)
def test_each_type_of_resource_can_be_public(resource_type):
    """The check knows an ARN of the type."""
    everything = trust(EVERYBODY) if resource_type == TRUST else allow("*", principal="*")

    assert not check_no_public_access(everything, resource_type)


def test_the_types_are_those_of_the_api():
    """As botocore's model lists them."""
    [file] = Path(botocore.__file__).parent.glob("data/accessanalyzer/*/service-2.json.gz")
    shapes = json.loads(gzip.decompress(file.read_bytes()))["shapes"]

    assert set(RESOURCE_TYPES) == set(shapes["AccessCheckResourceType"]["enum"])
    assert list(POLICY_TYPES) == shapes["AccessCheckPolicyType"]["enum"]


def test_what_cannot_be_checked_is_refused():
    """An unknown type with AWS's error; a check without access, and an invalid action."""
    with pytest.raises(ValidationException, match="Member must satisfy enum value set"):
        check_no_new_access(allow(GET), allow(GET), "SCP")
    with pytest.raises(ValidationException, match="at 'resourceType'"):
        check_no_public_access(allow(GET), "AWS::IAM::User")
    with pytest.raises(RequestError):
        check_access_not_granted(allow(GET))
    with pytest.raises(RequestError):
        check_access_not_granted(allow(GET), ["s3"])


def test_a_failure_says_which_request():
    """With the keys of the context that the policies use."""
    text = str(check_no_new_access(net("203.0.113.0/24"), net("203.0.112.0/23")))

    assert text.startswith("FAIL: ")
    assert "For example, arn:aws:iam::111122223333:user/somebody can do s3:GetObject on " in text
    assert " with aws:SourceIp=203.0.112" in text
