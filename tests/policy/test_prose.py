"""What a policy says in plain English, for policies of every kind."""

import json
import re
from pathlib import Path

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab import Policy
from iamlab.errors import RequestError
from iamlab.policy.catalog import expand
from iamlab.policy.describe import prose, sentences
from iamlab.policy.describe.action_phrases import phrase
from iamlab.policy.describe.targets import may_work_on
from tests.effort import first_now, is_thorough, slow
from tests.growth import grows_linearly
from tests.rows import each_row

TABLE = Path(__file__).parents[1] / "conformance" / "prose.json"
ROWS = json.loads(TABLE.read_text("utf-8"))["rows"]
AWS_OWN = {
    name: Policy.parse(raw["Document"])
    for name, raw in json.loads(aws_managed_policies_data).items()
}
MANAGED = {
    "AdministratorAccess": ["Lets the caller do everything on every resource."],
    "AWSDenyAll": ["Denies everything on every resource."],
    "PowerUserAccess": [
        "2 statements.",
        (
            "Lets the caller do everything except IAM, Organizations and Account Management "
            "actions, on every resource."
        ),
    ],
    "IAMUserChangePassword": [
        "2 statements.",
        (
            "Lets the caller change the password of the user <own user name> (any account) and any "
            "user whose path and name end with /<own user name>. Without aws:username in the "
            "request, the resource with this variable doesn't match."
        ),
        "Lets the caller read the account's password policy (IAM).",
    ],
}
STAR = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements, version="2012-10-17"):
    """A policy of statements that allow everything where they say nothing else."""
    made = [
        {key: value for key, value in (STAR | statement).items() if value is not None}
        for statement in statements
    ]
    return Policy.parse({"Version": version, "Statement": made})


def said(for_type="", **statement):
    """What a policy of one statement says."""
    return prose(policy(statement), for_type=for_type)


def uncounted(text):
    """The text without numbers of actions, which change as AWS adds some."""
    return re.sub(r"\(\d+(?=[,)])", "(n", text)


@each_row("row", ROWS, ids=lambda row: row["name"])
def test_prose_rows(row):
    """Policies of every kind, and what a teacher would print of them."""
    text = prose(Policy.parse(row["policy"]), for_type=row["type"])

    assert uncounted(text).split("\n") == [uncounted(line) for line in row["says"]]


@pytest.mark.parametrize("name", MANAGED)
def test_policies_that_everybody_knows(name):
    """The beginning of what AWS's own policies say."""
    wanted = MANAGED[name]

    assert prose(AWS_OWN[name]).split("\n")[: len(wanted)] == wanted


def test_read_only_access_to_s3_is_counted_and_sorted_by_level():
    """A wildcard says how many actions it fits today, and of which level they are."""
    text = prose(AWS_OWN["AmazonS3ReadOnlyAccess"])

    assert "s3:Get* (" in text
    assert ", all Read)" in text
    assert "every List action)" in text


def test_full_access_to_iam_names_the_service():
    """The service's star is among single actions."""
    assert "use every IAM action" in prose(AWS_OWN["IAMFullAccess"])


@pytest.mark.chance
def test_every_policy_of_aws_can_be_read():
    """No policy that AWS has written breaks it, or is passed over in silence."""
    for name, item in list(AWS_OWN.items())[:: 1 if is_thorough() else 5]:
        lines = sentences(item)

        assert len(lines) == len(item.statements), name
        assert all(line.endswith(".") and line.isprintable() for line in lines), name


def test_what_is_denied_is_in_gerunds():
    """The same actions, allowed and denied."""
    actions = ["ec2:StopInstances", "s3:PutObject", "iam:ListUsers", "kms:DescribeKey"]

    assert said(Action=actions) == (
        "Lets the caller list users (IAM), stop any EC2 instance, write any object, and describe "
        "any KMS key."
    )
    assert said(Effect="Deny", Action=actions) == (
        "Denies listing users (IAM), stopping any EC2 instance, writing any object, and describing "
        "any KMS key."
    )


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [
        ("apigateway:GET", "use apigateway:GET."),
        ("cloudtrail:LookupEvents", "look up events (CloudTrail)."),
        ("ec2:DescribeVpcs", "describe VPCs (EC2)."),
        ("wafv2:ListWebACLs", "list web ACLs (WAF V2)."),
        (["ec2:DescribeTags", "ec2:DescribeVpcs"], "describe tags and VPCs (EC2)."),
        ("S3:getobject", "read any object."),
        (["s3:GetObject", "S3:GETOBJECT"], "read any object."),
        (["ec2:CreateSnapshot", "ec2:CreateSnapshots"], "create any EC2 snapshot."),
        ("sts:GetCallerIdentity", "ask who they are (STS)."),
        ("sqs:Get*", "use every sqs:Get* action (2, all Read) on every resource."),
        (
            "s3:ListAllMyBucket?",
            "use every s3:ListAllMyBucket? action (1, List) on every resource.",
        ),
        ("sqs:*", "use every SQS action on every resource."),
        ("s3:**", "use every S3 action on every resource."),
        ("*", "do everything on every resource."),
        (["s3:GetObject", "s3:Nope"], "read any object. No known action matches s3:Nope."),
        (["s3:GetObject", ""], "read any object. No known action matches ''."),
    ],
)
def test_action_rows(actions, wanted):
    """Each way to write an action, in words."""
    assert uncounted(said(Action=actions)) == f"Lets the caller {uncounted(wanted)}"


MAPS = "arn:aws:s3:::star-maps"


@pytest.mark.parametrize(
    ("resource", "names"),
    [
        (f"{MAPS}/*", ("DeleteObject", "DeleteObjectVersion")),
        (MAPS, ("DeleteBucket", "DeleteBucketPolicy")),
    ],
)
def test_only_actions_that_work_on_the_resource_are_counted(resource, names):
    """An action of buckets isn't one of the actions on objects."""
    every = expand("s3:Delete*")
    fitting = [name for name in every if may_work_on(name, resource)]
    text = said(Action="s3:Delete*", Resource=resource)

    assert {f"s3:{name}" for name in names} <= set(fitting) < set(every)
    assert f"every s3:Delete* action ({len(fitting)}" in text


def test_no_action_of_another_service_is_counted():
    """Nothing of EC2 works on a bucket."""
    text = said(Action=["s3:Get*", "ec2:Describe*"], Resource=MAPS)

    assert "ec2:Describe* (none)" in text


def test_what_is_many_is_counted():
    """Eight things of a sort are named, and the others are counted."""
    names = ("Vpcs", "Tags", "Images", "Hosts", "Fleets", "Regions", "Subnets", "Volumes")
    actions = [f"ec2:Describe{name}" for name in (*names, "Addresses", "KeyPairs", "Snapshots")]
    prefixes = ("s3", "ec2", "iam", "kms", "sqs", "sns", "logs", "rds", "ecs", "eks", "ecr")
    services = [f"{prefix}:*" for prefix in prefixes]
    wild = [f"{prefix}:List*" for prefix in ("ssm", *prefixes) if prefix != "logs"]
    buckets = [f"arn:aws:s3:::b{number}" for number in range(9)]
    users = [f"arn:aws:iam::111122223333:user/u{number}" for number in range(9)]

    assert "use 3 more actions on every resource" in said(Action=actions)
    assert "and 3 more actions, on every" in said(Action=None, NotAction=actions)
    assert "SNS, CloudWatch Logs, RDS and 3 more services" in said(Action=services)
    assert "or 3 more patterns" in said(Action=wild)
    assert "the bucket b4 and 4 more resources" in said(Action="s3:*", Resource=buckets)
    assert "and 3 more principals" in said(Principal={"AWS": users})


def test_values_that_are_many_are_counted():
    """Of a long list of values eight are shown."""
    values = [f"v{number}" for number in range(12)]

    def given(operator, values):
        return said(Condition={operator: {"aws:PrincipalTag/team": values}})

    assert "v7 or 4 more" in given("StringEquals", values)
    assert "v7 and 4 more" in given("StringNotEquals", values)
    assert "or matches one of 4 more patterns" in given("StringLike", [f"{v}*" for v in values])
    assert "and matches none of 4 more patterns" in given(
        "StringNotLike", [f"{v}*" for v in values]
    )


@pytest.mark.parametrize(
    ("operator", "key", "value", "wanted"),
    [
        ("DateEquals", "aws:CurrentTime", "2026-11-25T10:30:05Z", "25 November 2026, 10:30:05 UTC"),
        ("DateEquals", "aws:CurrentTime", "2026-11-25T10:30+01:00", "2026-11-25T10:30+01:00"),
        ("DateEquals", "aws:CurrentTime", "2026-11", "2026-11"),
        ("DateEquals", "aws:EpochTime", "0", "1 January 1970, 00:00 UTC"),
        ("DateEquals", "aws:EpochTime", "9" * 12, "999999999999"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "86400", "1 day"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "172800", "2 days"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "61", "61 seconds"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "0", "0 seconds"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "1.5", "1.5 seconds"),
        ("NumericEquals", "s3:max-keys", "10", "is 10"),
        ("IpAddress", "aws:SourceIp", "203.0.113.7", "is 203.0.113.7"),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "is in 203.0.113.0/24"),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "is not in 203.0.113.0/24"),
        (
            "Bool",
            "aws:ViaAWSService",
            "false",
            "if no service makes the call on behalf of the caller.",
        ),
        ("Bool", "x:y", "false", "if x:y is false (the request must have x:y)."),
        ("Bool", "x:y", "true", "if x:y is true."),
        ("BoolIfExists", "x:y", "false", "if x:y is false"),
        ("StringLike", "s3:prefix", "**", "has some value"),
        ("StringNotLike", "s3:prefix", "*", "has no value"),
        ("StringNotLike", "s3:prefix", "*a*", "does not contain a"),
        ("StringLike", "s3:prefix", "*a", "ends with a"),
        ("StringLike", "s3:prefix", "a?", "matches a?"),
        ("StringLike", "s3:prefix", "${*}", "is '${*}'"),
        ("StringEquals", "s3:prefix", "${aws:username}", "is the same as the caller's user name"),
        ("StringEquals", "s3:prefix", "a b", "is 'a b'"),
        ("StringEquals", "s3:prefix", "${s3:x, 'b'}/c", "is <s3:x, or b by default>/c"),
    ],
)
def test_condition_value_rows(operator, key, value, wanted):
    """Dates, durations, addresses, patterns and variables, in words."""
    text = said(Condition={operator: {key: value}})

    assert wanted in text.partition(" (or")[0]


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [
        ("arn:aws:s3:::b", "the bucket b"),
        ("arn:aws:s3:::b?", "every bucket or object that matches b?"),
        ("arn:aws:s3:::b*", "every bucket whose name begins with b, and every object in it"),
        ("arn:aws:s3:::*b*", "every bucket or object that matches *b*"),
        ("arn:aws:s3:::*", "every bucket and every object"),
        ("arn:aws:s3:::*/x", "every object that matches */x"),
        ("arn:aws:s3:::b/*", "objects in b"),
        ("arn:aws:s3:::b/x", "the object x in b"),
        ("arn:aws:s3:::b/x*", "objects in b whose key begins with x"),
        ("arn:aws:s3:::b/x/*", "objects under x/ in b"),
        ("arn:aws:s3:::b/*x", "objects in b whose key matches *x"),
        ("arn:aws-cn:s3:::b", "the bucket b (partition aws-cn)"),
        ("arn:*:s3:::b", "the bucket b"),
        ("arn:aws:iam::*:role/*", "any role"),
        ("arn:aws:iam::111122223333:role/*", "any role (account 111122223333)"),
        ("arn:aws:iam::*:role/Admin", "the role Admin (any account)"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "the AWS managed policy ReadOnlyAccess"),
        ("arn:aws:sqs:*:*:*", "any SQS queue"),
        ("arn:aws:sqs:eu-west-1:*:*", "any SQS queue (eu-west-1, any account)"),
        ("arn:aws:sqs::111122223333:q", "the SQS queue q (no Region, account 111122223333)"),
        (
            "arn:aws:dynamodb:*:*:table/s*",
            "any DynamoDB table whose name begins with s, and what belongs to it",
        ),
        (
            "arn:aws:ssm:*::document/AWS-Run",
            "the Systems Manager document AWS-Run (any Region, no account)",
        ),
        ("arn:aws:dynamodb:*:*:table/*/index/*", "any DynamoDB index"),
        ("arn:aws:ecs:*:*:task/a*/b", "everything that matches arn:aws:ecs:*:*:task/a*/b"),
        ("arn:aws:nope:::x", "the resource arn:aws:nope:::x"),
        ("arn:aws:nope:::x*", "everything that matches arn:aws:nope:::x*"),
        ("arn:aws:s3*", "everything that matches arn:aws:s3*"),
        ("arn:aws:s3", "arn:aws:s3 (which isn't an ARN)"),
        ("home", "home (which isn't an ARN)"),
        ("arn:aws:s3:::b/${*}/*", "objects under '${*}/' in b"),
        ("arn:aws:s3:::b/${aws:PrincipalTag/a/b}/*", "objects under <own tag a/b>/ in b"),
    ],
)
def test_resource_rows(resource, wanted):
    """Each kind of resource pattern, in words."""
    start = "Lets the caller use every *:Get* action (of any service) on "

    assert said(Action="*:Get*", Resource=resource).startswith(f"{start}{wanted}.")


def test_an_action_is_put_with_the_resources_that_it_works_on():
    """A statement is a cross product, of which only some pairs can match."""
    text = said(
        Action=["s3:ListBucket", "s3:GetObject", "s3:GetBucketPolicy", "iam:GetUser"],
        Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    )

    assert text == (
        "Lets the caller list the objects of and read the policy of the bucket b, and read objects "
        "in b. iam:GetUser can't be used on these resources."
    )


def test_what_other_things_are_listed_too_does_not_hide_the_object():
    """Where the resources are of several kinds, or unknown ones, the action keeps its own noun."""
    assert said(Action="s3:GetObject", Resource="arn:aws:s3:::b*") == (
        "Lets the caller read objects on every bucket whose name begins with b, and every object "
        "in it."
    )


@pytest.mark.parametrize(
    ("for_type", "beginning"),
    [
        ("", "Lets the caller do"),
        ("identity", "Lets the caller do"),
        ("boundary", "If another policy allows it, lets the caller do"),
        ("session", "If another policy allows it, lets the caller do"),
        ("scp", "If another policy allows it, lets the caller do"),
        ("rcp", "If another policy allows it, lets everybody, signed in or not, do"),
        ("endpoint", "If another policy allows it, lets everybody, signed in or not, do"),
        ("resource", "Matches nothing: a resource-based policy must have a Principal"),
        ("trust", "Matches nothing: a trust policy must have a Principal"),
    ],
)
def test_a_ceiling_is_not_said_to_grant(for_type, beginning):
    """What the same statement says depends on where the policy hangs."""
    assert prose(policy(STAR), for_type=for_type).startswith(beginning)


@pytest.mark.parametrize(
    ("principal", "wanted"),
    [
        ({"Service": "s3.amazonaws.com"}, "S3"),
        ({"Service": "nope.amazonaws.com"}, "the service nope.amazonaws.com"),
        ({"Service": "EC2.amazonaws.com"}, "the service EC2.amazonaws.com"),
        (
            {"AWS": "arn:aws:sts::111122223333:federated-user/eve"},
            "the federated user eve of account 111122223333",
        ),
        ({"AWS": "AROAEXAMPLEEXAMPLE12"}, "the role with the ID AROAEXAMPLEEXAMPLE12 (nobody, if "),
        ({"AWS": ["111122223333", "bob"]}, "account 111122223333 (if its own policies allow it)"),
    ],
)
def test_principal_rows(principal, wanted):
    """Each kind of principal, in words."""
    assert said(Principal=principal).startswith(f"Lets {wanted}")


@pytest.mark.parametrize(
    "principal",
    [
        "alice",
        {"AWS": "arn:aws:iam::111122223333:user/*"},
        {"AWS": "arn:aws:iam::111122223333:group/devs"},
        {"AWS": "arn:aws:iam::1:user/ana"},
        {"AWS": "arn:aws:s3:::b"},
        {"Service": "*"},
        {"Service": "ec2"},
        {"Federated": "*"},
        {"Federated": "arn:aws:iam::111122223333:user/ana"},
        {"AWS": []},
        {},
    ],
)
def test_who_can_be_nobody_is_said_to_be_nobody(principal):
    """A principal of a wrong form makes a statement that never matches."""
    assert said(Principal=principal).startswith("Matches nothing: ")


def test_not_principal_names_the_exempt_principals():
    """A Deny exempts only the root user of an account; an Allow excludes the whole account."""
    account = {"AWS": "111122223333"}

    denies = said(Effect="Deny", NotPrincipal=account)
    allows = said(NotPrincipal=account)
    nobody = said(Effect="Deny", NotPrincipal={"AWS": "bob"})

    assert denies.startswith("Denies everybody except the root user of account 111122223333 every")
    assert "except everybody in account 111122223333, do everything" in allows
    assert nobody.startswith("Denies everybody everything")


@pytest.mark.parametrize(
    ("principal", "action", "dead"),
    [
        ({"AWS": "111122223333"}, "sts:AssumeRoleWithSAML", True),
        ({"AWS": "111122223333"}, "sts:AssumeRoleWithWebIdentity", True),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithSAML", True),
        ({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity", False),
        ({"Federated": "arn:aws:iam::111122223333:saml-provider/x"}, "sts:AssumeRole", True),
        ({"AWS": "111122223333"}, "sts:TagSession", False),
        ({"AWS": "111122223333"}, "sts:*", False),
    ],
)
def test_an_action_of_a_trust_policy_must_fit_its_principal(principal, action, dead):
    """Users and services assume a role with another action than users of a provider."""
    text = said("trust", Principal=principal, Action=action, Resource=None)

    assert text.startswith("Matches nothing: ") is dead


def test_one_action_without_effect_is_named_beside_the_others():
    """The rest of a trust policy's statement still matches."""
    text = said(
        Principal={"AWS": "111122223333"},
        Action=["sts:AssumeRole", "sts:AssumeRoleWithSAML"],
        Resource=None,
    )

    assert text.endswith(". This Principal can't use sts:AssumeRoleWithSAML.")


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": None},
        {"Action": None, "NotAction": "*"},
        {"Resource": None, "NotResource": "*"},
        {"Action": None, "NotAction": ["s*:Get*"]},
        {"Action": "nope:*"},
        {"Condition": {"Bool": {"aws:SecureTransport": "maybe"}}},
        {"Condition": {"Null": {"aws:username": "maybe"}}},
        {"Condition": {"StringEquals": {"aws:username": []}}},
        {"Condition": {"StringEquals": {"aws:username": "${nope"}}},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": "*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "here"}}},
        {"Condition": {"BinaryEquals": {"x:y": "?"}}},
    ],
)
def test_a_statement_that_can_never_match_says_so(statement):
    """Nobody must read a promise where there isn't one."""
    assert said(**statement).startswith("Matches nothing: ")


def test_a_trust_policy_may_name_no_resource():
    """IAM does not save one, and it would match nothing."""
    text = said("trust", Principal="*", Action="sts:AssumeRole")

    assert text == "Matches nothing: a trust policy can't have a Resource."


def test_not_action_without_actions_spares_nothing():
    """An empty list exempts nothing."""
    assert said(Action=None, NotAction=[]) == ("Lets the caller do everything on every resource.")


def test_a_star_in_a_resource_policy_is_the_resource_that_it_is_attached_to():
    """Only where it is said that the policy is attached to something."""
    whole = {"Principal": {"AWS": "111122223333"}, "Action": ["sqs:*", "sqs:SendMessage"]}

    assert "on every resource that this policy governs" in said(**whole)
    assert "send messages to any SQS queue that this policy governs" in said(**whole)
    assert "on the resource that has this policy" in said("resource", **whole)
    assert "send messages to the resource that has this policy" in said("resource", **whole)
    assert "on every resource." in said("rcp", **whole)


def test_an_unknown_type_is_refused():
    """The message names the nearest one."""
    with pytest.raises(RequestError, match="Did you mean scp"):
        prose(policy(STAR), for_type="scps")


def test_a_statement_is_called_by_its_sid_if_there_are_several():
    """One statement needs no name."""
    named = {"Sid": "All"}

    assert said(**named).startswith("Lets")
    assert prose(policy(named, {})).split("\n") == [
        "2 statements.",
        "All: Lets the caller do everything on every resource.",
        "Lets the caller do everything on every resource.",
    ]


def test_a_very_long_policy_is_cut():
    """The number of the statements is said first, and of those left out last."""
    lines = prose(policy(*[STAR] * 300)).split("\n")

    assert (lines[0], lines[-1], len(lines)) == ("300 statements.", "And 100 more statements.", 202)


def test_what_cannot_be_printed_is_replaced_and_what_is_long_is_cut():
    """A terminal must not be steered by a document."""
    text = said(
        Action="s3:Get\u001b[2J*",
        Resource=f"arn:aws:s3:::b/\u202e{'x' * 1000}/*",
        Condition={"StringEquals": {"x:\u0007": "y" * 1000}},
    )
    bucket = said(Resource=f"arn:aws:s3:::b/\u202e\ue02a{'x' * 1000}/*")

    assert text.isprintable()
    assert bucket.isprintable()
    assert len(bucket) < 400
    assert "[...]" in bucket


@pytest.mark.parametrize(
    "statement",
    first_now(
        [
            lambda size: {
                "Resource": [f"arn:aws:s3:::b{n}" for n in range(size)],
                "Action": "s3:Get*",
            },
            lambda size: {"Action": [f"s3:Get{n}*" for n in range(size)]},
            lambda size: {"Action": [f"s3:Get{n}" for n in range(size)]},
            lambda size: {"Principal": {"AWS": [f"{n:012}" for n in range(size)]}},
            lambda size: {"Resource": "arn:aws:s3:::b/" + "${" * size},
            lambda size: {"Condition": {"StringEquals": {"aws:username": "${" * size}}},
            lambda size: {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:::::" + "${" * size}}},
            lambda size: {"Condition": {"StringLike": {"aws:username": "a*" * size}}},
            lambda size: {
                "Condition": {"StringLike": {"aws:username": [f"{n}" for n in range(size)]}}
            },
            lambda size: {"Condition": {"NumericEquals": {"x:y": "1" * size}}},
            lambda size: {
                "Resource": "arn:aws:sqs:" + "a*" * size + "::q",
                "Action": "sqs:SendMessage",
            },
        ]
    ),
)
def test_reading_aloud_takes_linear_time(statement):
    """Four times the document takes about four times as long."""

    def work(size):
        made = policy(statement(size))
        return lambda: prose(made)

    assert grows_linearly(work, 2_000)


@slow
def test_a_hundred_thousand_statements_are_read_soon():
    """The text shows only the first, so it is quick however many there are."""
    made = policy(*[{"Action": f"s3:Get{number}*"} for number in range(20_000)])

    assert prose(made).startswith("20000 statements.")


def test_an_action_that_the_catalogue_lacks_keeps_its_name():
    """Its words would be a guess."""
    assert phrase("s3:Nope").words == "use s3:Nope"
