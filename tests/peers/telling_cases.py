"""Questions picked by hand, each with the fault of moto's that it shows; or none, where both agree.

The pages that say who is right are in ``faults.py``.
"""

from tests.peers.faults import Case, Doc

NEW = "2012-10-17"
BUCKET = "arn:aws:s3:::bk"
PHONE = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
SESSION = "arn:aws:sts::111122223333:assumed-role/dev/s1"
ROLE = "arn:aws:iam::111122223333:role/dev"
RED = {"StringEquals": {"aws:PrincipalTag/team": "red"}}


def _policy(*statements: Doc, version: str = NEW) -> list[Doc]:
    """One policy of statements that, where they do not say otherwise, allow all on all."""
    usual = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    made = []
    for statement in statements:
        left_out = {"Resource"} & {name.removeprefix("Not") for name in statement}
        made.append({name: usual[name] for name in usual if name not in left_out} | statement)
    return [{"Version": version, "Statement": made}]


def _allow(action: str, resource: str = "*") -> list[Doc]:
    return _policy({"Action": action, "Resource": resource})


ALL = {"Action": "*"}
AT_HOME = {"aws:RequestedRegion": "eu-west-1"}
RED_AT_HOME = {"StringEquals": {**AT_HOME, "aws:PrincipalTag/team": "red"}}

TELLING: list[tuple[Case, tuple[str, ...]]] = [
    # Both agree.
    (Case(_allow("s3:Get*", f"{BUCKET}/*")), ()),
    (Case(_allow("s3:Put*")), ()),
    (Case(_policy(ALL, {"Effect": "Deny", "Action": "s3:*"})), ()),
    (Case(_policy({"Condition": RED}), context={"aws:PrincipalTag/team": "red"}), ()),
    (Case(_policy(ALL), "sts:GetCallerIdentity", "*"), ()),
    # Patterns.
    (Case(_allow("s3:getobject")), ("letter case",)),
    (Case(_allow("s3:GetObjec?")), ("question mark",)),
    (Case(_allow("s3:GetObjects?")), ("question mark",)),
    (Case(_allow("*", f"{BUCKET}/report.txt"), resource=f"{BUCKET}/report-txt"), ("expression",)),
    (Case(_allow("*", f"{BUCKET}/a+b"), resource=f"{BUCKET}/a+b"), ("expression",)),
    (Case(_allow("*", f"{BUCKET}/(draft"), resource=f"{BUCKET}/(draft"), ("expression",)),
    (Case(_allow("*", f"{BUCKET}/k"), resource=f"{BUCKET}/k\n"), ("expression",)),
    (Case(_allow("s3*")), ("prefix",)),
    (
        Case(
            _allow("sqs:*", "arn:aws:sqs:eu*1:444455556666:q"),
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:x1:444455556666:q",
        ),
        ("colons",),
    ),
    # Elements that are not read.
    (Case(_policy({"NotResource": f"{BUCKET}/*"})), ("not resource",)),
    (Case(_policy(ALL, {"Effect": "Deny", "NotResource": f"{BUCKET}/ben/*"})), ("not resource",)),
    (
        Case(_allow("s3:*", f"{BUCKET}/${{aws:username}}/*"), context={"aws:username": "ana"}),
        ("variables",),
    ),
    (Case(_allow("s3:*", f"{BUCKET}/${{*}}"), resource=f"{BUCKET}/*"), ("variables",)),
    # Conditions.
    (
        Case(_policy(ALL, {"Condition": RED}), context={"aws:PrincipalTag/team": "blue"}),
        ("failing condition",),
    ),
    (
        Case(
            _policy(ALL, {"Effect": "Deny", "Condition": RED}),
            context={"aws:PrincipalTag/team": "blue"},
        ),
        ("failing condition",),
    ),
    (Case(_policy({"Condition": PHONE}), context={}), ("operators",)),
    (
        Case(
            _policy(
                ALL,
                {
                    "Effect": "Deny",
                    "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
                },
            ),
            context={"aws:SourceIp": "203.0.113.9"},
        ),
        ("operators",),
    ),
    (Case(_policy({"Condition": RED})), ("missing key",)),
    (
        Case(_policy(ALL, {"Effect": "Deny", "Condition": RED_AT_HOME}), context=AT_HOME),
        ("missing key",),
    ),
    (
        Case(_policy({"Condition": RED}), context={"aws:principaltag/TEAM": "blue"}),
        ("key case",),
    ),
    (
        Case(
            _policy({"Condition": {"StringEquals": {"app:Version": 7}}}),
            context={"app:Version": "7"},
        ),
        ("numbers",),
    ),
    (Case(_allow("s3:*"), "sts:GetSessionToken", "*"), ("session token",)),
    (
        Case(_allow("sts:*"), "sts:GetSessionToken", "*", principal=SESSION, issuer=ROLE),
        ("session for a session",),
    ),
    (Case(_allow("sts:*"), "sts:GetScopedCredentials", "*"), ("scoped credentials",)),
    (
        Case(_allow("s3:*"), "sts:GetScopedCredentials", "*", principal=SESSION, issuer=ROLE),
        ("scoped credentials",),
    ),
]
