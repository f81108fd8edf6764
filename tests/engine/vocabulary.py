"""The small world of the random questions: who calls, what for, and the words of the policies.

Patterns come in two pools: those that match, or may do so, and those that miss by a little. The
first option of every pool is the simplest one, because hypothesis shrinks towards it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Doc = dict[str, Any]

OWN, FOREIGN = "111122223333", "444455556666"
NEW, OLD = "2012-10-17", "2008-10-17"


@dataclass(frozen=True)
class Caller:
    """A principal, what is behind it, and which kinds of policy can be attached to it."""

    arn: str
    issuer: str | None = None
    tagged: bool = True

    @property
    def kind(self) -> str:
        """One of user, role, session, federated, root, service, anonymous, provider."""
        if self.arn in PROVIDERS:
            return "provider"
        if not self.arn.startswith("arn:"):
            return "anonymous" if self.arn == "anonymous" else "service"
        name = self.arn.split(":")[5].split("/")[0]
        return {"assumed-role": "session", "federated-user": "federated"}.get(name, name)

    @property
    def account(self) -> str:
        """The account of the caller; services and the anonymous are asked about OWN."""
        return self.arn.split(":")[4] if self.arn.startswith("arn:") else OWN

    @property
    def keys(self) -> Doc:
        """The condition keys that follow from who calls."""
        if self.kind in ("anonymous", "provider"):
            return {}
        if self.kind == "service":
            return {"aws:PrincipalIsAWSService": "true"}
        role = self.issuer if self.kind == "session" else None
        name = {"aws:username": self.arn.split("/")[-1]} if self.kind == "user" else {}
        organization = {"aws:PrincipalOrgID": "o-1"} if self.account == OWN else {}
        return {
            "aws:PrincipalArn": role or self.arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalIsAWSService": "false",
            **organization,
            **name,
        }


ANA, BEN = f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{OWN}:user/staff/ben"
EVE = f"arn:aws:iam::{FOREIGN}:user/eve"
DEV, OPS = f"arn:aws:iam::{OWN}:role/dev", f"arn:aws:iam::{OWN}:role/team/ops"
DEV_1, DEV_2 = (f"arn:aws:sts::{OWN}:assumed-role/dev/s{n}" for n in (1, 2))
OPS_1 = f"arn:aws:sts::{OWN}:assumed-role/ops/s1"
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
OWN_ROOT, FOREIGN_ROOT = (f"arn:aws:iam::{account}:root" for account in (OWN, FOREIGN))
EC2, LOGGING = "ec2.amazonaws.com", "logging.s3.amazonaws.com"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
LINKED_1 = f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s1"
SAML, OIDC = f"arn:aws:iam::{OWN}:saml-provider/corp", f"arn:aws:iam::{OWN}:oidc-provider/idp.io/x"
GOOGLE = "accounts.google.com"
PROVIDERS = [SAML, OIDC, GOOGLE]

CALLERS = [
    *[Caller(ANA)] * 4,
    Caller(BEN),
    *[Caller(EVE)] * 2,
    *[Caller(DEV_1, DEV)] * 3,
    Caller(DEV_2, DEV),
    *[Caller(OPS_1, OPS)] * 2,
    Caller(DEV),
    *[Caller(GUEST, ANA)] * 3,
    *[Caller(OWN_ROOT, tagged=False)] * 2,
    Caller(FOREIGN_ROOT, tagged=False),
    Caller(EC2, tagged=False),
    Caller(LOGGING, tagged=False),
    Caller("anonymous", tagged=False),
    *[Caller(LINKED_1, LINKED), Caller(LINKED)],
    *[Caller(provider, tagged=False) for provider in PROVIDERS],
]
NAMES = [ANA, BEN, EVE, DEV, OPS, DEV_1, DEV_2, OPS_1, GUEST, OWN_ROOT, OWN, FOREIGN_ROOT, FOREIGN]

S3_CALLS = [
    ("s3:GetObject", "arn:aws:s3:::bk/ana/x"),
    ("s3:GetObject", "arn:aws:s3:::bk/*/x"),
    ("s3:PutObject", "arn:aws:s3:::bk/ben/y:z"),
    ("s3:ListBucket", "arn:aws:s3:::bk"),
]
TRUST_CALLS = {
    "": [*["sts:AssumeRole"] * 3, "sts:TagSession", "sts:SetSourceIdentity"],
    SAML: [*["sts:AssumeRoleWithSAML"] * 3, "sts:TagSession", "sts:AssumeRoleWithWebIdentity"],
    OIDC: ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity", "sts:AssumeRoleWithSAML"],
    GOOGLE: ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"],
}


@functools.cache
def trust_calls(account: str, caller: str = "") -> list[tuple[str, str]]:
    """Calls on roles; a provider of identities makes others than an AWS principal."""
    paths = ["role/dev" if account == OWN else "role/team/admin", "role/team/ops"]
    actions = TRUST_CALLS.get(caller, TRUST_CALLS[""])
    return [(action, f"arn:aws:iam::{account}:{path}") for path in paths for action in actions]


@functools.cache
def shared_calls(account: str) -> list[tuple[str, str]]:
    """Calls on resources that have a policy of their own, also roles."""
    key = f"arn:aws:kms:us-east-1:{account}:key/k1"
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    return [
        *S3_CALLS,
        ("kms:Decrypt", key),
        ("kms:Decrypt", key),
        ("kms:DescribeKey", key),
        ("kms:PutKeyPolicy", key),
        ("kms:RetireGrant", key),
        ("s3:GetBucketPolicy", "arn:aws:s3:::bk"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::bk"),
        ("sqs:SendMessage", queue),
        ("sqs:SetQueueAttributes", queue),
        ("sqs:GetQueueAttributes", queue),
        ("backup:StartBackupJob", f"arn:aws:backup:us-east-1:{account}:backup-vault:ana"),
        ("backup:CopyIntoBackupVault", f"arn:aws:backup:us-east-1:{account}:backup-vault:ana"),
        ("sns:Publish", f"arn:aws:sns:us-east-1:{account}:topic"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{account}:table/ana"),
        ("logs:PutLogEvents", f"arn:aws:logs:us-east-1:{account}:log-group:g:log-stream:s"),
    ]


@functools.cache
def private_calls(account: str) -> list[tuple[str, str]]:
    """Calls that only policies on the caller's side can allow."""
    return [
        ("ec2:StartInstances", f"arn:aws:ec2:us-east-1:{account}:instance/i-1"),
        ("ec2:DescribeInstances", "*"),
        ("s3:ListAllMyBuckets", "*"),
        ("kms:ListKeys", "*"),
        ("iam:PassRole", f"arn:aws:iam::{account}:role/team/ops"),
        ("iam:GetUser", f"arn:aws:iam::{account}:user/ana"),
        ("iam:ListRoles", f"arn:aws:iam::{account}:role/"),
        ("sts:GetSessionToken", "*"),
        ("sts:GetScopedCredentials", "*"),
        ("sts:GetFederationToken", f"arn:aws:sts::{account}:federated-user/ana"),
        ("sts:GetCallerIdentity", "*"),
        ("sts:AssumeRoot", f"arn:aws:iam::{account}:root"),
    ]


@functools.cache
def action_patterns(action: str) -> tuple[list[str], list[str]]:
    """Patterns that match the action, and patterns that miss it by a little."""
    service, name = action.split(":")
    hits = [
        action,
        "*",
        f"{service}:*",
        f"{service}:{name[:3]}*",
        f"{service}:*{name[-4:]}",
        f"{service}:{name[:-1]}?",
        f"{service}:{name}*",
        f"{service.upper()}:{name.lower()}",
        "*:*",
        f"*:{name[:3]}*",
    ]
    misses = [
        f"{service}:{name}Acl",
        f"{service}:{name}?",
        f"{service}:{name[:-1]}",
        f"{service}:*{name[:3]}",
        f"{'ec2' if service != 'ec2' else 's3'}:*",
        f"*:{name[1:]}",
    ]
    return hits, misses


@functools.cache
def trust_patterns(action: str) -> tuple[list[str], list[str]]:
    """Make the same for trust policies, which hold only a few actions."""
    name = action.split(":")[1]
    hits = [action, action.lower(), f"sts:{name[:3]}*", "sts:*"]
    others = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:SetSourceIdentity", "sts:SetContext"]
    return hits, [other for other in others if other != action]


VARIABLES = [
    "${aws:username}",
    "${AWS:UserName}",
    "${aws:username, 'ana'}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'ana'}",
]


@functools.cache
def resource_patterns(resource: str) -> tuple[list[str], list[str]]:
    """Patterns that match the resource or may do so, and patterns that mostly miss it."""
    if resource == "*":
        return ["*"], ["arn:aws:*", "arn:aws:ec2:*:*:*", "arn:aws:s3:::*", "arn:*:*:*:*:*"]
    _, partition, service, region, account, last = resource.split(":", 5)

    def arn(*parts: str) -> str:
        return ":".join(("arn", *parts))

    wide = ["*" if part else "" for part in (region, account)]
    hits = [
        resource,
        "*",
        arn(partition, service, region, account, "*"),
        arn(partition, service, region, account, last[: len(last) // 2] + "*"),
        arn(partition, service, region, account, last[:-1] + "?"),
        arn(partition, service, region, account, last.replace("a", "*", 1)),
        arn(partition, service, *wide, last),
        arn("*", service, *wide, "*"),
        arn(partition, service, "*"),
        arn(partition, "*"),
        arn(partition, service, "*", last),
        arn(partition, service[:2] + "*", last[: len(last) // 2] + "*"),
        *[
            arn(partition, service, region, account, last.replace(name, text))
            for name in ("ana", "*")
            if name in last
            for text in [*VARIABLES, "${*}"]
        ],
    ]
    misses = [
        arn(partition, service, region, account, last + "/*"),
        arn(partition, service, region, account, last + "?"),
        arn(partition, service, region, account, last[:-1]),
        arn(partition, service, region, account, last.upper()),
        arn(partition, service, region, account, last[:-1] + "${?}"),
        arn(partition, service, "eu-west-1", account, last),
        arn(partition, service, region, "444455556666", last),
        arn(partition, service, region, account),
        arn(partition, "sqs", "*"),
        arn(partition, service, "*", last[:-1]),
        arn(partition, service, "*1", last),
        arn("aws-cn", service, "*"),
        arn(partition, service, region, "${aws:PrincipalAccount}", last),
        arn(partition, service, "${*}", account, last),
    ]
    return hits, misses


def _family(*names: str, negated: Sequence[str] = ("NotEquals",)) -> list[str]:
    family = names[0]
    return [family + name for name in (*names[1:], *negated)]


ORDER = ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS = {
    "String": _family(
        *("String", "Equals", "Like", "EqualsIgnoreCase"),
        negated=("NotEquals", "NotLike", "NotEqualsIgnoreCase"),
    ),
    "Numeric": _family("Numeric", *ORDER),
    "Date": _family("Date", *ORDER),
    "Bool": ["Bool"],
    "Binary": ["BinaryEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": _family("Arn", "Equals", "Like", negated=("NotEquals", "NotLike")),
}


@dataclass(frozen=True)
class Key:
    """A condition key with the values it takes in requests and in policies."""

    name: str
    family: str
    values: Sequence[str]
    tests: Sequence[str | float | bool]
    many: bool = False
    derived: bool = False


INSTANTS = ["2026-11-25T10:00:00Z", "2026-11-25", "2026-11-25T10:00Z", "1795600800"]
OTHER_INSTANTS = ["2026-11-25T11:00:00+01:00", "2026-11-24T23:59:59Z", "2026-11-25T10:00:00.500Z"]
DATES: list[str | float | bool] = [*INSTANTS, 1795600800, *OTHER_INSTANTS]
BOOLS: list[str | float | bool] = ["true", "false", True, False, "TRUE", "False"]
TOPIC = f"arn:aws:sns:us-east-1:{OWN}:topic"
STORE = f"arn:aws:x:us-east-2:{FOREIGN}:store/abc:{OWN}:finance/d.txt"
KEYS = [
    Key(
        "aws:ResourceTag/team",
        "String",
        ["red", "blue", "ana"],
        ["red", "Red", "b*", "r?d", "ana", "${aws:PrincipalTag/team}", "${aws:username}"],
    ),
    Key(
        "s3:prefix",
        "String",
        ["ana/", "home/ana/x", "*"],
        [
            *["ana/", "ana/*", "${aws:username}/", "home/${aws:username}/*", "h*", "ANA/"],
            *["${*}", "*", "${aws:PrincipalTag/team, 'ana'}/", "home/???/x"],
        ],
    ),
    Key("aws:SourceVpce", "String", ["vpce-1", "vpce-2"], ["vpce-1", "vpce-*", "vpce-?", "vpce-2"]),
    Key("aws:PrincipalOrgID", "String", [], ["o-1", "o-2", "o-*"], derived=True),
    Key("aws:PrincipalIsAWSService", "Bool", [], BOOLS, derived=True),
    Key("aws:PrincipalTag/team", "String", [], ["red", "ana", "*", "a?a", "RED"], derived=True),
    Key("aws:username", "String", [], ["ana", "ANA", "a*", "ben", "e??"], derived=True),
    Key("sts:ExternalId", "String", ["x1", "x2"], ["x1", "x2", "x*", "X1", "7", 7]),
    Key("s3:max-keys", "Numeric", ["10", "9.5", "100"], ["10", 10, "10.0", 9.5, "100", 11]),
    Key("aws:MultiFactorAuthAge", "Numeric", ["3600", "60"], [3600, "60", "3599.5"]),
    Key("aws:CurrentTime", "Date", ["2026-11-25T10:00:00Z", "2026-11-25T00:00:00Z"], DATES),
    Key("aws:EpochTime", "Date", ["1795600800", "1795564800"], DATES),
    Key("aws:SecureTransport", "Bool", ["true", "false"], BOOLS),
    Key("aws:MultiFactorAuthPresent", "Bool", ["false", "true"], BOOLS),
    Key("app:Digest", "Binary", ["aGVsbG8=", "AAEC"], ["aGVsbG8=", "AAEC", "AAED"]),
    Key(
        "aws:SourceIp",
        "Ip",
        ["203.0.113.9", "198.51.100.7", "2001:db8::5", "2001:0DB8:0:0:0:0:0:6"],
        [
            *["203.0.113.0/24", "203.0.113.9", "203.0.113.77/24", "198.51.100.0/29"],
            *["2001:db8::/32", "2001:db8::5", "2001:db8::/126", "0.0.0.0/0", "::/0"],
        ],
    ),
    Key(
        "aws:SourceArn",
        "Arn",
        [TOPIC, STORE],
        [
            *[TOPIC, f"arn:aws:sns:*:{OWN}:*", f"arn:aws:x:*:{OWN}:finance/*", "arn:*:*:*:*:*"],
            *["arn:aws:sns:*:${aws:PrincipalAccount}:t????", f"arn:aws:x:*:*:*{OWN}:*", STORE],
            *["arn:aws:sns:*", "*", f"arn:aws:sns:us-east-1:{FOREIGN}:topic"],
        ],
    ),
    Key(
        "aws:PrincipalArn",
        "Arn",
        [],
        [
            *[ANA, DEV, f"arn:aws:iam::{OWN}:user/*", f"arn:aws:iam::{OWN}:role/*", OPS],
            *[f"arn:aws:iam::{OWN}:*", OWN_ROOT, f"arn:aws:iam::{FOREIGN}:*", DEV_1],
            "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
        ],
        derived=True,
    ),
    *[Key("aws:TagKeys", "String", ["a", "b", "c"], ["a", "b", "A", "[ab]", "?"], many=True)] * 3,
    Key(
        "aws:CalledVia",
        "String",
        ["athena.amazonaws.com", "glue.amazonaws.com"],
        ["athena.amazonaws.com", "*.amazonaws.com", "glue.amazonaws.com"],
        many=True,
    ),
    Key(
        "aws:PrincipalOrgPaths",
        "String",
        ["o-1/r-1/ou-1/", "o-1/r-1/ou-2/"],
        ["o-1/*", "o-1/r-1/ou-1/*", "o-1/r-1/ou-1/", "o-2/*"],
        many=True,
    ),
]
PINS = [key for key in KEYS if key.name in ("aws:SourceVpce", "aws:SourceIp", "aws:PrincipalOrgID")]
