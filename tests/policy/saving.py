"""Documents to save, with AWS's answers."""

from iamlab import Policy, PolicyError
from iamlab.policy.validate.validation import refusal_of_parse_error, refusals

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def document(*statements, **top):
    """Write a document of the newest version."""
    return {"Version": "2012-10-17", **top, "Statement": list(statements)}


def statement(**elements):
    """Write a statement that IAM saves, with some elements changed."""
    return {**STATEMENT, **elements}


def refused(raw, policy_type="identity", service=None):
    """List what AWS has against a document, whether it can be read or not."""
    try:
        policy = Policy.parse(raw)
    except PolicyError as error:
        return refusal_of_parse_error(error, policy_type, service)
    return refusals(policy, policy_type, service)
