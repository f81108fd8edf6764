"""Makes trails as CloudTrail delivers them, of any length: the same seed makes the same bytes."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta

ACCOUNT, REGION = "111122223333", "eu-west-1"
USERS, ROLES, BUCKETS, TABLES = 20, 30, 12, 8
BEGIN = datetime(2026, 11, 25, tzinfo=UTC)


def iam_user(name="maya"):
    """Return the identity of a user."""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper():0<11}EXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": f"AKIA{name.upper():0<9}EXAMPLE",
        "userName": name,
    }


def role_session(role="app", session="job", path="/"):
    """Return the identity of a role's session."""
    role_id = f"AROA{role.upper().replace('-', ''):0<11}EXAMPLE"
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAJOB000000EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": f"arn:aws:iam::{ACCOUNT}:role{path}{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-25T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def record(service="iam", name="ListUsers", parameters=None, identity=None, **more):
    """Make one record; ``more`` are further fields, and ``None`` takes one away."""
    made = {
        "eventVersion": "1.11",
        "userIdentity": iam_user() if identity is None else identity,
        "eventTime": "2026-11-25T10:15:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.31",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": "r-1",
        "eventID": "e-1",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": f"{service}.example"},
    }
    return made | more


def _object_call(chance):
    bucket, key = f"bucket-{chance.randrange(BUCKETS)}", f"{chance.randrange(10**6):06}.fits"
    name = chance.choice(("GetObject", "GetObject", "PutObject", "HeadObject"))
    arn = f"arn:aws:s3:::{bucket}"
    return (
        "s3",
        name,
        {"bucketName": bucket, "key": key, "Host": f"{bucket}.s3"},
        {
            "resources": [
                {"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"},
                {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": arn},
            ],
            "managementEvent": False,
            "eventCategory": "Data",
        },
    )


def _table_call(chance):
    table = f"Table{chance.randrange(TABLES)}"
    return "dynamodb", chance.choice(("Query", "GetItem", "PutItem")), {"tableName": table}, {}


def _instance_call(chance):
    ids = [{"instanceId": f"i-{chance.randrange(200):017x}"}]
    return (
        "ec2",
        chance.choice(("StartInstances", "StopInstances")),
        {"instancesSet": {"items": ids}},
        {},
    )


def _identity_call(chance):
    name = chance.choice(("GetRole", "PutRolePolicy", "ListRolePolicies"))
    return "iam", name, {"roleName": f"role-{chance.randrange(ROLES)}"}, {}


def _refused_call(chance):
    user = f"arn:aws:iam::{ACCOUNT}:user/user-{chance.randrange(USERS)}"
    text = f"User: {user} is not authorized to perform: iam:DeleteRole on resource: role audit"
    return "iam", "DeleteRole", None, {"errorCode": "AccessDenied", "errorMessage": text}


def _reading_call(chance):
    return *chance.choice((("ec2", "DescribeInstances"), ("logs", "DescribeLogGroups"))), {}, {}


CALLS = (_object_call, _table_call, _instance_call, _identity_call, _refused_call, _reading_call)
WEIGHTS = (50, 15, 8, 10, 2, 15)


def records(count, seed=7):
    """Make records: half of them of objects, by users and sessions of roles, a second apart."""
    chance = random.Random(seed)
    for number in range(count):
        (call,) = chance.choices(CALLS, WEIGHTS)
        service, name, parameters, more = call(chance)
        if chance.random() < 0.3:
            identity = iam_user(f"user-{chance.randrange(USERS)}")
        else:
            identity = role_session(f"role-{chance.randrange(ROLES)}", f"job-{number % 1000}")
        at = BEGIN + timedelta(seconds=number)
        yield record(
            service,
            name,
            parameters,
            identity,
            **more,
            eventTime=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            eventID=f"e-{number:08}",
        )


def text_of(made):
    """Write records as CloudTrail does: one line, without a space."""
    return json.dumps({"Records": list(made)}, separators=(",", ":"))


def lookup_text(made):
    """Write records as ``aws cloudtrail lookup-events`` prints them."""
    events = [
        {
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "ReadOnly": "true",
            "EventTime": "2026-11-25T10:15:00+00:00",
            "EventSource": record["eventSource"],
            "Username": "maya",
            "Resources": [],
            "CloudTrailEvent": json.dumps(record),
        }
        for record in made
    ]
    return json.dumps({"Events": events, "NextToken": "t"}, indent=4)


def write(path, text):
    """Write a file with its folders; compressed if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_long(path, count, seed=7):
    """Write one long file piece by piece, on one line."""
    with gzip.open(path, "wt", compresslevel=4) as file:
        file.write('{"Records":[')
        for number, record in enumerate(records(count, seed)):
            file.write(("," if number else "") + json.dumps(record, separators=(",", ":")))
        file.write("]}")
    return path
