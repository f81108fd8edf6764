"""Credentials of a user that only one service takes, and what they are good for.

Notes
-----
AWS pages: "Service-specific credentials for IAM users"; "API keys for AWS services"; "Use IAM with
CodeCommit"; "API UploadSigningCertificate". Which calls a credential is good for is likely, not
sure; nothing says that a service still takes signing certificates, so that is a condition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.layers import Attached
from iamlab.policy.document import Policy
from iamlab.world.credential_limits import CREDENTIALS
from iamlab.world.reach.powers import CALLS_WITH, Change

if TYPE_CHECKING:
    from iamlab.world.gather import Gathered


class Kind(NamedTuple):
    """Credentials for a service.

    Parameters
    ----------
    service
        What the user is limited to, as it is called in actions.
    actions
        What they are good for.
    probe
        Who may not even do this gains nothing.
    """

    service: str
    actions: tuple[str, ...]
    probe: str


BY_NAME = {
    "codecommit.amazonaws.com": Kind(
        "codecommit", ("codecommit:GitPull", "codecommit:GitPush"), "codecommit:GitPull"
    ),
    "cassandra.amazonaws.com": Kind("cassandra", ("cassandra:*",), "cassandra:Select"),
    "bedrock.amazonaws.com": Kind("bedrock", ("bedrock:*",), "bedrock:InvokeModel"),
    "logs.amazonaws.com": Kind("logs", ("logs:*",), "logs:PutLogEvents"),
}
"""``ServiceName`` of a service-specific credential -> what it is good for."""

CODECOMMIT = BY_NAME["codecommit.amazonaws.com"]
SIGNED = Kind("ec2", ("ec2:*",), "ec2:DescribeInstances")
STILL_TAKEN = "EC2 takes requests that are signed with a certificate"


def only_in(kind: Kind) -> Change:
    """Let it call one service, and nothing else."""
    return Change(f"in {kind.service}", lambda known: limited_to(kind, known), CALLS_WITH)


def limited_to(kind: Kind, known: Gathered) -> Gathered:
    """Give a user as a service sees it that takes credentials of its own."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": list(kind.actions), "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    ceiling = Attached(
        Policy.parse(document, name=f"a credential for {kind.service}"), path=CREDENTIALS
    )
    return replace(known, scoped=(*known.scoped, ceiling))
