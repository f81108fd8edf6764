"""The few documents that the state machine of worlds writes: Allow and Deny of some actions.

Those of resources name a principal, an organization or a tag; the others are ready by name.
"""

from typing import Any

from tests.policy.documents import allow, deny, document, trust

Doc = dict[str, Any]

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"

USES: dict[str, tuple[str, ...]] = {
    "bucket": ("s3:GetObject", "s3:PutObject"),
    "queue": ("sqs:SendMessage",),
    "topic": ("sns:Publish",),
    "secret": ("secretsmanager:GetSecretValue",),
    "function": ("lambda:InvokeFunction",),
    "table": ("dynamodb:GetItem",),
    "repository": ("ecr:BatchGetImage",),
    "event bus": ("events:PutEvents",),
    "key": ("kms:Decrypt",),
    "instance": ("ec2:StopInstances",),
    "VPC endpoint": ("ec2:DeleteVpcEndpoints",),
    "role": ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"),
    "federated user": ("sts:GetFederationToken",),
}
"""Kind of resource -> the requests for it, and what its policies are about."""

EVERY_USE = [action for actions in USES.values() for action in actions]
FULL = document(allow("*"))
FULL_RCP = document(allow("*", Principal="*"))
SKY = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OWN_ORGANIZATION = {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}

INLINE: dict[str, Doc] = {
    "all": FULL,
    "use": document(allow(EVERY_USE)),
    "s3": document(allow("s3:*")),
    "not-s3": document({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
    "near": document(
        allow("*", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})
    ),
    "inside": document(allow("*", Condition={"StringEquals": OWN_ORGANIZATION})),
    "sky": document(
        allow(EVERY_USE, Condition={"StringEquals": {"aws:ResourceTag/team": "sky"}}),
        allow("organizations:*"),
    ),
    "no-send": document(deny(["sqs:*", "sns:Publish"])),
    "same-team": document(
        allow(
            EVERY_USE,
            Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        )
    ),
    "untagged": document(allow(EVERY_USE), deny(["sts:TagSession", "sts:SetSourceIdentity"])),
    "with-mfa": document(allow("*", Condition=WITH_MFA)),
    "behind-ana": document(allow("*", Condition={"StringEquals": {"aws:SourceIdentity": "ana"}})),
}
"""Policies of users, roles and sessions."""

UNLOCKS = [f"s3:{name}BucketPolicy" for name in ("Delete", "Put", "Get")] + ["s3:ListAllMyBuckets"]
OF_ROOT = {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
TO_UNLOCK = document(
    {"Effect": "Deny", "NotAction": UNLOCKS, "Resource": "*"}, deny(UNLOCKS, Condition=OF_ROOT)
)
"""AWS's policy S3UnlockBucketPolicy, for a task of a root user."""

BEFORE = "before "
"""How the name of a policy begins that revokes what was issued until then."""


def text_of(name: str) -> Doc:
    """Return one of these policies by its name, or the one that revokes older sessions."""
    return older(name.removeprefix(BEFORE)) if name.startswith(BEFORE) else INLINE[name]


def older(date: str) -> Doc:
    """Write what the console puts on a role to revoke its sessions of before."""
    condition = {"DateLessThan": {"aws:TokenIssueTime": date}}
    return document(deny(["*"], ["*"], Condition=condition))


SCPS: dict[str, Doc] = {
    "only-s3": document(allow("s3:*")),
    "only-use": document(allow(EVERY_USE)),
    "no-put": document(deny(["s3:PutObject", "sqs:*", "sts:AssumeRole"])),
    "no-root": document(
        deny("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})
    ),
    "no-way-out": document(deny(EVERY_USE, Condition={"StringNotEquals": OWN_ORGANIZATION})),
}
INSIDE = {
    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}
RCP_SERVICES = ["s3:*", "sqs:*", "kms:*", "sts:*", "secretsmanager:*", "dynamodb:*"]
RCPS: dict[str, Doc] = {
    "inside": document(deny(RCP_SERVICES, Principal="*", Condition=INSIDE)),
    "no-send": document(deny(["sqs:*", "events:*"], Principal="*")),
    "no-get": document(deny(["s3:GetObject", "ecr:*", "sts:AssumeRole"], Principal="*")),
}
CEILINGS = {SCP: SCPS, RCP: RCPS}
"""Policies of organizations, by type and name."""

WAYS: dict[str, Doc] = {
    "open": document(allow("*", Principal="*")),
    "get": document(allow("s3:GetObject", Principal="*")),
    "own": document(
        allow(
            "*",
            Principal="*",
            Condition={"StringEquals": {"aws:PrincipalAccount": "111111111111"}},
        )
    ),
    "no-put": document(
        allow("*", Principal="*"), deny(["s3:PutObject", "sqs:SendMessage"], Principal="*")
    ),
}
"""Policies of VPC endpoints."""


def of_resource(kind: str, arn: str, owner: str, how: str, who: Doc | str) -> Doc:
    """Write the policy of a resource.

    Parameters
    ----------
    how
        The principals it allows or denies: ``allow`` and ``deny`` the named ones, ``sky`` all with
        that tag, ``o-...`` all in that organization, ``path:...`` all below that OU,
        ``guard:o-...`` denies all other organizations.
    """
    what, where = list(USES[kind]), f"{arn}/*" if kind == "bucket" else arn
    word, _, key = how.partition(":")
    made = {
        "allow": lambda: [allow(what, where, Principal=who)],
        "deny": lambda: [
            deny(what, where, Principal=who),
            allow(what, where, Principal={"AWS": f"arn:aws:iam::{owner}:root"}),
        ],
        "sky": lambda: [allow(what, where, Principal="*", Condition=SKY)],
        "org": lambda: [
            allow(
                what,
                where,
                Principal="*",
                Condition={"StringEquals": {"aws:PrincipalOrgID": key}},
            )
        ],
        "path": lambda: [
            allow(
                what,
                where,
                Principal="*",
                Condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"o-*{key}/*"}},
            )
        ],
        "guard": lambda: [
            allow(what, where, Principal="*"),
            deny(
                what,
                where,
                Principal="*",
                Condition={
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": key},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            ),
        ],
    }[word]()
    if kind == "key":
        made.append(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{owner}:root"}))
    if kind == "repository":
        made = [{name: item[name] for name in item if name != "Resource"} for item in made]
    return document(*made)


def of_new(kind: str, arn: str, owner: str) -> Doc | None:
    """Return the policy that a service writes itself for what is made without one."""
    root = {"AWS": f"arn:aws:iam::{owner}:root"}
    if kind == "key":
        statement = allow("kms:*", "*", Sid="Enable IAM User Permissions", Principal=root)
        return {**document(statement), "Id": "key-default-1"}
    if kind == "topic":
        does = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission")
        more = ("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish")
        statement = allow(
            [f"SNS:{name}" for name in (*does, *more)],
            arn,
            Sid="__default_statement_ID",
            Principal={"AWS": "*"},
            Condition={"StringEquals": {"AWS:SourceOwner": owner}},
        )
        return {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [statement],
        }
    return None


TRUSTS: dict[str, Doc] = {
    "plain": {"Action": "sts:AssumeRole"},
    "all": {"Action": list(USES["role"])},
    "sky": {"Action": list(USES["role"]), "Condition": SKY},
    "guest": {
        "Action": list(USES["role"]),
        "Condition": {"StringEquals": {"sts:ExternalId": "sky-7"}},
    },
    "with-mfa": {"Action": list(USES["role"]), "Condition": WITH_MFA},
}
"""What a trust policy lets somebody do, and when."""


def of_trust(who: Doc, how: str = "all") -> Doc:
    """Write a trust policy: EC2 and Lambda may use every role, others as ``how`` says."""
    [services] = trust({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]})["Statement"]
    return document(services, {"Effect": "Allow", "Principal": who, **TRUSTS[how]})


def of_providers(providers: Doc, owner: str, *, with_tags: bool) -> Doc:
    """Write a trust policy for users of identity providers, and for the account."""
    named = [
        {
            "Effect": "Allow",
            "Principal": {"Federated": arn},
            "Action": [action, *(USES["role"][1:] if with_tags else ())],
        }
        for action, arn in providers.items()
    ]
    own = of_trust({"AWS": f"arn:aws:iam::{owner}:root"})
    return document(*own["Statement"], *named)
