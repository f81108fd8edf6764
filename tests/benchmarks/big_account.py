"""The benchmark's account: 260 users and roles, the same at every run, as JSON documents.

Its numbers are those of real policies. AWS's own managed policies have 7 actions a statement on
average (median 2), 1.3 resources, a condition in 45 of 100 statements, and StringEquals in most of
these. Every principal has 24 statements: 18 in three managed policies that many share, and six in
two inline policies of its own. Every third one has a permissions boundary also.

The peer, moto, evaluates only ``StringEquals``, and only where the request has the key; it takes
every other condition as met. So conditions here are of that kind, or such that the requests nearly
always meet them. Then both decide the same, and the peer has nothing to do that iamlab has not.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

Doc = dict[str, Any]

OWN = "111122223333"
PRINCIPALS, REQUESTS, PAIRS = 260, 20_000, 2_000
TEAMS = ("atlas", "basalt", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "jade")
REGIONS = ("eu-west-1", "us-east-1")
BOUNDARIES = ("boundary-data", "boundary-apps", "boundary-wide")

HOME = {"StringEquals": {"aws:ResourceAccount": OWN}}
INSIDE = {"StringEquals": {"aws:RequestedRegion": list(REGIONS)}}
TLS = {"Bool": {"aws:SecureTransport": "true"}}
OFFICE = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}
OF_ACCOUNT = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}}


def _in_team(team: str) -> Doc:
    return {"StringEquals": {"aws:PrincipalTag/team": team}}


def _allow(actions: str, resources: str | list[str], *conditions: Doc) -> Doc:
    return _statement("Allow", actions, resources, *conditions)


def _statement(effect: str, actions: str, resources: str | list[str], *conditions: Doc) -> Doc:
    """Write one statement; ``"s3:Get* List*"`` is two actions of the same service."""
    listed: list[str] = []
    for word in actions.split():
        whole = word == "*" or ":" in word
        listed.append(word if whole else f"{listed[-1].split(':')[0]}:{word}")
    met: Doc = {}
    for condition in conditions:
        for operator, keys in condition.items():
            met.setdefault(operator, {}).update(keys)
    made: Doc = {"Effect": effect, "Action": listed if len(listed) > 1 else listed[0]}
    return made | {"Resource": resources} | ({"Condition": met} if met else {})


def _baseline() -> list[Doc]:
    """What everybody has: five statements."""
    return [
        _allow(
            "iam:GetAccountSummary GetAccountPasswordPolicy ListAccountAliases ListUsers ListRoles "
            "ListGroups ListPolicies ListVirtualMFADevices",
            "*",
        ),
        _allow(
            "iam:ChangePassword GetUser CreateAccessKey UpdateAccessKey DeleteAccessKey "
            "ListAccessKeys ListMFADevices EnableMFADevice ResyncMFADevice",
            f"arn:aws:iam::{OWN}:user/${{aws:username}}",
        ),
        _allow(
            "acm:ListCertificates athena:List* autoscaling:Describe* cloudformation:List* "
            "cloudfront:List* cloudwatch:Get* List* Describe* codebuild:List* "
            "dynamodb:ListTables ec2:Describe* ecr:DescribeRepositories ecs:Describe* List* "
            "elasticache:Describe* elasticloadbalancing:Describe* events:List* glue:List* "
            "health:Describe* kms:ListAliases ListKeys lambda:List* logs:Describe* "
            "rds:Describe* route53:List* s3:ListAllMyBuckets sns:List* sqs:ListQueues "
            "states:List* tag:Get*",
            "*",
            INSIDE,
        ),
        _allow(
            "kms:Decrypt GenerateDataKey DescribeKey", f"arn:aws:kms:*:{OWN}:key/shared-*", HOME
        ),
        _statement(
            "Deny",
            "cloudtrail:StopLogging DeleteTrail UpdateTrail config:DeleteConfigRule "
            "StopConfigurationRecorder guardduty:DeleteDetector organizations:LeaveOrganization",
            "*",
        ),
    ]


def _of_team(team: str) -> list[Doc]:
    """What a team shares: seven statements on its own resources."""
    bucket = f"arn:aws:s3:::{team}-data"
    return [
        _allow("s3:ListBucket GetBucketLocation GetBucketTagging", bucket, HOME),
        _allow(
            "s3:GetObject GetObjectTagging GetObjectVersion GetObjectAttributes PutObject "
            "PutObjectTagging AbortMultipartUpload ListMultipartUploadParts",
            f"{bucket}/*",
            HOME,
            _in_team(team),
        ),
        _allow(
            "dynamodb:GetItem BatchGetItem Query Scan PutItem BatchWriteItem UpdateItem "
            "ConditionCheckItem DescribeTable DescribeTimeToLive",
            [
                f"arn:aws:dynamodb:*:{OWN}:table/{team}-*",
                f"arn:aws:dynamodb:*:{OWN}:table/{team}-*/index/*",
            ],
            _in_team(team),
        ),
        _allow(
            "sqs:SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility "
            "GetQueueAttributes GetQueueUrl",
            f"arn:aws:sqs:*:{OWN}:{team}-*",
            INSIDE,
        ),
        _allow(
            "lambda:InvokeFunction GetFunction ListVersionsByFunction",
            f"arn:aws:lambda:*:{OWN}:function:{team}-*",
        ),
        _allow(
            "logs:GetLogEvents FilterLogEvents StartQuery",
            f"arn:aws:logs:*:{OWN}:log-group:/{team}/*",
        ),
        _allow(
            "secretsmanager:GetSecretValue DescribeSecret",
            f"arn:aws:secretsmanager:*:{OWN}:secret:{team}/*",
            OFFICE,
        ),
    ]


JOBS: dict[str, list[Doc]] = {
    "developer": [
        _allow(
            "codebuild:Start* Stop* BatchGet* List* codecommit:Get* List* GitPull GitPush "
            "codepipeline:Get* List* StartPipelineExecution RetryStageExecution "
            "codedeploy:Get* List* CreateDeployment",
            "*",
            INSIDE,
        ),
        _allow("ecr:GetAuthorizationToken", "*"),
        _allow(
            "ecr:BatchGetImage GetDownloadUrlForLayer PutImage InitiateLayerUpload "
            "UploadLayerPart CompleteLayerUpload BatchCheckLayerAvailability",
            f"arn:aws:ecr:*:{OWN}:repository/apps/*",
            HOME,
        ),
        _allow("cloudformation:Describe* List* Get* ValidateTemplate", "*"),
        _allow(
            "lambda:UpdateFunctionCode PublishVersion UpdateAlias",
            f"arn:aws:lambda:*:{OWN}:function:dev-*",
            TLS,
        ),
        _statement("Deny", "lambda:DeleteFunction", f"arn:aws:lambda:*:{OWN}:function:prod-*"),
    ],
    "analyst": [
        _allow(
            "athena:StartQueryExecution GetQueryExecution GetQueryResults StopQueryExecution "
            "ListWorkGroups GetWorkGroup",
            f"arn:aws:athena:*:{OWN}:workgroup/*",
            INSIDE,
        ),
        _allow(
            "glue:GetTable GetTables GetDatabase GetDatabases GetPartition GetPartitions "
            "BatchGetPartition",
            [
                f"arn:aws:glue:*:{OWN}:catalog",
                f"arn:aws:glue:*:{OWN}:database/*",
                f"arn:aws:glue:*:{OWN}:table/*",
            ],
        ),
        _allow("s3:GetObject ListBucket", ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], HOME),
        _allow("s3:PutObject GetObject", "arn:aws:s3:::query-results/*", HOME, TLS),
        _allow(
            "quicksight:Describe* List* Search* redshift:Describe* ViewQueriesInConsole "
            "redshift-data:DescribeStatement ExecuteStatement GetStatementResult "
            "sagemaker:Describe* List* Search elasticmapreduce:Describe* List*",
            "*",
        ),
        _statement("Deny", "s3:DeleteObject DeleteBucket", "arn:aws:s3:::lake*"),
    ],
    "operator": [
        _allow(
            "ec2:StartInstances StopInstances RebootInstances MonitorInstances "
            "UnmonitorInstances CreateTags AttachVolume DetachVolume CreateSnapshot",
            f"arn:aws:ec2:*:{OWN}:instance/*",
            INSIDE,
            OF_ACCOUNT,
        ),
        _allow(
            "ssm:StartSession SendCommand",
            [f"arn:aws:ec2:*:{OWN}:instance/*", f"arn:aws:ssm:*:{OWN}:document/ops-*"],
        ),
        _allow("ssm:GetParameter GetParameters", f"arn:aws:ssm:*:{OWN}:parameter/ops/*"),
        _allow("cloudwatch:PutMetricAlarm SetAlarmState", f"arn:aws:cloudwatch:*:{OWN}:alarm:*"),
        _allow("sns:Publish", f"arn:aws:sns:*:{OWN}:ops-*", TLS),
        _statement("Deny", "ec2:TerminateInstances", f"arn:aws:ec2:*:{OWN}:instance/*"),
    ],
    "auditor": [
        _allow("iam:Get* List* GenerateCredentialReport SimulatePrincipalPolicy", "*", OF_ACCOUNT),
        _allow("cloudtrail:LookupEvents Describe* Get* List*", "*"),
        _allow(
            "account:GetAlternateContact acm:Describe* apigateway:GET athena:GetWorkGroup "
            "backup:List* Describe* cloudfront:Get* cloudformation:Get* config:Describe* Get* "
            "List* BatchGet* SelectResourceConfig dynamodb:Describe* ecr:GetRepositoryPolicy "
            "eks:Describe* List* elasticfilesystem:Describe* es:Describe* List* "
            "guardduty:Get* List* inspector2:List* kms:Describe* Get* lambda:GetPolicy "
            "logs:ListTagsForResource macie2:Get* organizations:Describe* List* "
            "ram:Get* redshift:Describe* route53:Get* secretsmanager:GetResourcePolicy "
            "ListSecrets securityhub:Get* List* ses:Get* sns:GetTopicAttributes "
            "sqs:GetQueueAttributes ssm:Describe* wafv2:Get* List*",
            "*",
        ),
        _allow("s3:GetBucketPolicy GetBucketAcl GetEncryptionConfiguration ListAllMyBuckets", "*"),
        _allow("access-analyzer:Get* List*", "*", INSIDE),
        _statement("Deny", "s3:GetObject kms:Decrypt", "arn:aws:s3:::*-data/*"),
    ],
}


def _own(name: str, team: str, number: int) -> tuple[list[Doc], list[Doc]]:
    """Two inline policies of one principal: four statements and two."""
    other = TEAMS[(number * 7 + 3) % len(TEAMS)]
    first = [
        _allow("s3:GetObject PutObject DeleteObject", f"arn:aws:s3:::home/{name}/*", HOME),
        _allow(
            "dynamodb:*",
            f"arn:aws:dynamodb:{REGIONS[number % 2]}:{OWN}:table/{name}",
            _in_team(team),
        ),
        _allow("sns:Publish Subscribe", f"arn:aws:sns:*:{OWN}:{name}-*"),
        _allow(
            "s3:GetObject",
            [f"arn:aws:s3:::{other}-data/public/*", f"arn:aws:s3:::{other}-data/for-{team}/*"],
        ),
    ]
    second = [
        _allow("iam:PassRole", f"arn:aws:iam::{OWN}:role/{team}/{name}-*"),
        _statement("Deny", "s3:PutObject", f"arn:aws:s3:::{team}-data/archive-{number % 40}/*"),
    ]
    return first, second


def _boundaries() -> dict[str, list[Doc]]:
    everyday = "logs:* cloudwatch:* ec2:Describe* tag:* health:* sns:* sqs:* lambda:* ssm:Get*"
    return {
        "boundary-data": [
            _allow("s3:* dynamodb:* athena:* glue:*", "*", HOME),
            _allow(everyday, "*", INSIDE),
            _allow("iam:Get* List*", "*"),
            _statement("Deny", "iam:Create* Put* Attach* Delete*", "*"),
        ],
        "boundary-apps": [
            _allow("s3:Get* List* Put*", "*"),
            _allow("dynamodb:*", f"arn:aws:dynamodb:*:{OWN}:table/*", HOME),
            _allow(everyday, "*"),
            _allow("codebuild:* ecr:* cloudformation:* secretsmanager:Get* kms:Decrypt", "*", TLS),
            _statement("Deny", "iam:* organizations:*", "*"),
        ],
        "boundary-wide": [
            _allow("*", "*"),
            _statement("Deny", "iam:*User* *Role* organizations:* account:*", "*"),
        ],
    }


@dataclass(frozen=True)
class Principal:
    """A user or a session of a role, and the names of the documents that apply to it."""

    arn: str
    name: str
    team: str
    job: str
    policies: tuple[str, ...]
    boundary: str | None
    context: Doc


@dataclass(frozen=True)
class Question:
    """One request of the account: the number of its principal, and the rest."""

    principal: int
    action: str
    resource: str
    context: Doc


@dataclass(frozen=True)
class Account:
    """The account: its documents as JSON text by name, its principals, the request."""

    documents: dict[str, str]
    principals: tuple[Principal, ...]
    requests: tuple[Question, ...]
    others: tuple[Question, ...]
    pairs: tuple[tuple[str, str], ...]


def build(seed: int = 2026, *, varied: bool = False) -> Account:
    """Make the account.

    Parameters
    ----------
    varied
        Whether half of the statements have conditions, and each request has its own 5 to 12 keys.

    Notes
    -----
    ``others`` are the same principals' requests for the same actions, on other objects, at other
    times and from other addresses: who remembers whole requests gains nothing there.
    """
    keys = random.Random(seed + 1) if varied else None
    written = {"baseline": _baseline(), **JOBS, **_boundaries()}
    written |= {f"team-{team}": _of_team(team) for team in TEAMS}
    principals = []
    for number in range(PRINCIPALS):
        principal = _principal(number)
        first, second = _own(principal.name, principal.team, number)
        written |= {f"{principal.name}-work": first, f"{principal.name}-extra": second}
        principals.append(principal)
    return Account(
        documents={
            name: _text(_half_conditional(statements) if varied else statements)
            for name, statements in written.items()
        },
        principals=tuple(principals),
        requests=_requests(seed, principals, "d1", keys),
        others=_requests(seed, principals, "d2", keys),
        pairs=_pairs(random.Random(seed + 2), principals),
    )


def _half_conditional(statements: list[Doc]) -> list[Doc]:
    """Return more statements a condition, until half of a policy's statements have one."""
    lacking = [number for number, item in enumerate(statements) if "Condition" not in item]
    more = max(0, len(lacking) - len(statements) // 2)
    conditional = {number: {"Condition": (HOME, TLS)[number % 2]} for number in lacking[:more]}
    return [item | conditional.get(number, {}) for number, item in enumerate(statements)]


def _own_keys(rng: random.Random, count: int, context: Doc) -> Doc:
    """Choose 5 to 12 keys: those that conditions need, and some of all others."""
    needed = ("aws:ResourceAccount", "aws:PrincipalTag/team", "aws:RequestedRegion")
    more = {
        "aws:UserAgent": f"aws-cli/2.{count % 40}",
        "aws:PrincipalOrgID": "o-a1b2c3d4e5",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:TokenIssueTime": "2026-11-02T08:00:00Z",
    }
    own = {key: context[key] for key in (*needed, "aws:SecureTransport", "aws:SourceIp")}
    rest = [pair for pair in (context | more).items() if pair[0] not in own]
    return own | dict(rng.sample(rest, rng.randrange(8)))


def _text(statements: list[Doc]) -> str:
    sids = [{"Sid": f"S{number}"} | item for number, item in enumerate(statements, 1)]
    return json.dumps({"Version": "2012-10-17", "Statement": sids})


def _principal(number: int) -> Principal:
    """Every fourth principal is a session of a role, the others are users."""
    team, job = TEAMS[number % len(TEAMS)], tuple(JOBS)[number // 3 % len(JOBS)]
    is_role = number % 4 == 3
    name = f"{team}-{'app' if is_role else 'user'}-{number}"
    kind = "role" if is_role else "user"
    identity = f"arn:aws:iam::{OWN}:{kind}/{name}"
    session = f"arn:aws:sts::{OWN}:assumed-role/{name}/i-0{number:03}"
    own = {"aws:userid": f"AROA{number:012}EXAMPLE:i-0{number:03}"}
    if not is_role:
        own = {"aws:username": name, "aws:userid": f"AIDA{number:012}EXAMPLE"}
    context = own | {
        "aws:PrincipalArn": identity,
        "aws:PrincipalAccount": OWN,
        "aws:PrincipalTag/team": team,
        "aws:ResourceAccount": OWN,
    }
    return Principal(
        session if is_role else identity,
        name,
        team,
        job,
        ("baseline", f"team-{team}", job, f"{name}-work", f"{name}-extra"),
        BOUNDARIES[number // 3 % len(BOUNDARIES)] if number % 3 == 0 else None,
        context,
    )


def _requests(
    seed: int, principals: list[Principal], mark: str, keys: random.Random | None = None
) -> tuple[Question, ...]:
    """Make the requests. The mark changes names of objects and the moment, and nothing else."""
    rng, moments = random.Random(seed), random.Random(f"{seed} {mark}")
    made = []
    for count in range(REQUESTS):
        number = rng.randrange(len(principals))
        action, resource = _call(rng, principals[number], f"{mark}/{count}")
        region = resource.split(":")[3] if resource.startswith("arn:") else ""
        if not region:
            region = "ap-south-1" if rng.random() < 0.03 else REGIONS[0]
        network = "10" if rng.random() < 0.99 else "203"
        moment = {
            "aws:SourceIp": f"{network}.{moments.randrange(200)}.113.{moments.randrange(1, 255)}",
            "aws:CurrentTime": f"2026-11-{moments.randrange(1, 29):02}T{count % 24:02}:00:07Z",
            "aws:SecureTransport": "true",
            "aws:RequestedRegion": region,
        }
        context = principals[number].context | moment
        if keys is not None:
            context = _own_keys(keys, count, context)
        made.append(Question(number, action, resource, context))
    return tuple(made)


def _pairs(rng: random.Random, principals: list[Principal]) -> tuple[tuple[str, str], ...]:
    """Choose different pairs of the same kinds as the requests."""
    pairs: dict[tuple[str, str], None] = {}
    while len(pairs) < PAIRS:
        pairs[_call(rng, rng.choice(principals), f"m/{rng.randrange(10_000)}")] = None
    return tuple(pairs)


def _call(rng: random.Random, who: Principal, tail: str) -> tuple[str, str]:
    """One call: mostly on what is one's own, at times on what is another's or forbidden to all."""
    lot = rng.random()
    if lot < 0.45:
        return _on_team(rng, who.team, tail)
    if lot < 0.60:
        return _on_team(rng, rng.choice(TEAMS), tail)
    if lot < 0.72:
        return _on_own(rng, who, tail)
    if lot < 0.85:
        return _at_work(rng, who.job if rng.random() < 0.75 else rng.choice(tuple(JOBS)), tail)
    if lot < 0.97:
        return rng.choice(EVERYDAY)
    return rng.choice(FORBIDDEN)


EVERYDAY = [
    ("ec2:DescribeInstances", "*"),
    ("ec2:DescribeVolumes", "*"),
    ("cloudwatch:GetMetricData", "*"),
    ("cloudwatch:ListMetrics", "*"),
    ("logs:DescribeLogGroups", f"arn:aws:logs:eu-west-1:{OWN}:log-group:*"),
    ("autoscaling:DescribeAutoScalingGroups", "*"),
    ("tag:GetResources", "*"),
    ("iam:ListUsers", f"arn:aws:iam::{OWN}:user/"),
    ("iam:GetAccountSummary", "*"),
    ("iam:CreateUser", f"arn:aws:iam::{OWN}:user/new"),
    ("s3:ListAllMyBuckets", "*"),
]
FORBIDDEN = [
    ("cloudtrail:StopLogging", f"arn:aws:cloudtrail:eu-west-1:{OWN}:trail/main"),
    ("config:DeleteConfigRule", f"arn:aws:config:eu-west-1:{OWN}:config-rule/r-1"),
    ("ec2:TerminateInstances", f"arn:aws:ec2:eu-west-1:{OWN}:instance/i-07"),
    ("s3:DeleteBucket", "arn:aws:s3:::lake"),
]


def _on_team(rng: random.Random, team: str, tail: str) -> tuple[str, str]:
    region, mark = rng.choice(REGIONS), tail.partition("/")[0]
    data = f"arn:aws:s3:::{team}-data"
    table = f"arn:aws:dynamodb:{region}:{OWN}:table/{team}-orders-{mark}"
    return rng.choice(
        [
            ("s3:GetObject", f"{data}/{tail}.csv"),
            ("s3:PutObject", f"{data}/{tail}.csv"),
            ("s3:PutObject", f"{data}/archive-{rng.randrange(40)}/{tail}.csv"),
            ("s3:GetObject", f"{data}/public/{tail}.csv"),
            ("s3:DeleteObject", f"{data}/{tail}.csv"),
            ("s3:ListBucket", data),
            ("dynamodb:GetItem", table),
            ("dynamodb:Query", f"{table}/index/by-day"),
            ("dynamodb:DeleteTable", table),
            ("sqs:SendMessage", f"arn:aws:sqs:{region}:{OWN}:{team}-jobs-{mark}"),
            ("sqs:ReceiveMessage", f"arn:aws:sqs:{region}:{OWN}:{team}-jobs-{mark}"),
            (
                "lambda:InvokeFunction",
                f"arn:aws:lambda:{region}:{OWN}:function:{team}-resize-{mark}",
            ),
            ("logs:FilterLogEvents", f"arn:aws:logs:{region}:{OWN}:log-group:/{team}/api:{tail}"),
            (
                "secretsmanager:GetSecretValue",
                f"arn:aws:secretsmanager:{region}:{OWN}:secret:{team}/db-{mark}",
            ),
        ]
    )


def _on_own(rng: random.Random, who: Principal, tail: str) -> tuple[str, str]:
    region = rng.choice(REGIONS)
    return rng.choice(
        [
            ("s3:GetObject", f"arn:aws:s3:::home/{who.name}/{tail}"),
            ("s3:PutObject", f"arn:aws:s3:::home/{who.name}/{tail}"),
            ("dynamodb:PutItem", f"arn:aws:dynamodb:{region}:{OWN}:table/{who.name}"),
            ("sns:Publish", f"arn:aws:sns:{region}:{OWN}:{who.name}-alerts"),
            ("iam:PassRole", f"arn:aws:iam::{OWN}:role/{who.team}/{who.name}-job"),
            ("iam:ListAccessKeys", f"arn:aws:iam::{OWN}:user/{who.name}"),
        ]
    )


def _at_work(rng: random.Random, job: str, tail: str) -> tuple[str, str]:
    region = rng.choice(REGIONS)
    calls = {
        "developer": [
            ("codebuild:StartBuild", f"arn:aws:codebuild:{region}:{OWN}:project/site"),
            ("ecr:BatchGetImage", f"arn:aws:ecr:{region}:{OWN}:repository/apps/api"),
            ("ecr:GetAuthorizationToken", "*"),
            ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{region}:{OWN}:function:dev-resize"),
            ("lambda:DeleteFunction", f"arn:aws:lambda:{region}:{OWN}:function:prod-resize"),
        ],
        "analyst": [
            ("athena:StartQueryExecution", f"arn:aws:athena:{region}:{OWN}:workgroup/primary"),
            ("glue:GetTable", f"arn:aws:glue:{region}:{OWN}:table/sales/orders"),
            ("s3:GetObject", f"arn:aws:s3:::lake/{tail}.parquet"),
            ("s3:PutObject", f"arn:aws:s3:::query-results/{tail}"),
            ("s3:DeleteObject", f"arn:aws:s3:::lake/{tail}.parquet"),
        ],
        "operator": [
            ("ec2:StopInstances", f"arn:aws:ec2:{region}:{OWN}:instance/i-0{tail[-3:]}"),
            ("ssm:StartSession", f"arn:aws:ec2:{region}:{OWN}:instance/i-0{tail[-3:]}"),
            ("ssm:GetParameter", f"arn:aws:ssm:{region}:{OWN}:parameter/ops/{tail}"),
            ("ec2:TerminateInstances", f"arn:aws:ec2:{region}:{OWN}:instance/i-0{tail[-3:]}"),
        ],
        "auditor": [
            ("iam:GetRole", f"arn:aws:iam::{OWN}:role/atlas/admin"),
            ("cloudtrail:LookupEvents", "*"),
            ("config:DescribeConfigRules", "*"),
            ("s3:GetBucketPolicy", "arn:aws:s3:::atlas-data"),
        ],
    }
    return rng.choice(calls[job])
