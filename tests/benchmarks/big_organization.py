"""A large organization, built by its operations: accounts in OUs, users in groups, roles, buckets.

``python -m tests.benchmarks.big_organization 200 100`` says how long it takes, and how much memory.
"""

import resource
import sys
import time

from iamlab import Policy, World

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
TEAMS = "sky", "sea", "sun"
GROUPS, UNITS = 8, 10


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


REGIONS = _document(
    {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*", "s3:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    }
)
PERIMETER = _document(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }
)
BY_TAG = Policy.parse(
    _document(
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:List*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["sky", "sea"]}},
        },
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::homes/${aws:username}/*",
        },
    ),
    name="by-tag",
)
TRUST = _document(
    {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
)


def big_organization(accounts, principals):
    """Make an organization; a tenth of the principals of each account are roles."""
    world = World(seed=7)
    main = world.create_account("main")
    organization = world.create_organization(main)
    organization.raise_quota("Accounts", max(10, accounts))
    organization.enable_policy_type(RCP)
    organization.create_policy("regions", REGIONS, type=SCP).attach(organization.root)
    organization.create_policy("perimeter", PERIMETER, type=RCP).attach(organization.root)
    units = [organization.create_organizational_unit(f"Unit-{n}") for n in range(UNITS)]
    _fill(main, principals)
    for number in range(1, accounts):
        member = organization.create_account(f"member-{number}", parent=units[number % UNITS])
        _fill(member, principals - 1)  # it has the role of the management account already
    return world


def _fill(account, principals):
    groups = [account.create_group(f"group-{number}") for number in range(GROUPS)]
    groups[0].attach_policy("ReadOnlyAccess")
    groups[1].attach_policy("AmazonS3FullAccess")
    for group in groups[2:]:
        group.put_policy("by-tag", BY_TAG)
    account.create_bucket(
        f"data-{account.account_id}",
        policy=_document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": account.root_arn},
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::data-{account.account_id}/*",
            }
        ),
    )
    roles = principals // 10
    for number in range(roles):
        role = account.create_role(f"role-{number}", assume_role_policy_document=TRUST)
        role.put_policy("by-tag", BY_TAG)
    for number in range(principals - roles):
        user = account.create_user(f"user-{number}", tags={"team": TEAMS[number % len(TEAMS)]})
        groups[number % GROUPS].add_user(user)


def question(world):
    """Return an action and a resource of one of its accounts."""
    account = list(world.accounts.values())[-1]
    return "s3:GetObject", f"arn:aws:s3:::data-{account.account_id}/x"


def main(accounts, principals):
    """Build one, ask it, and say how long that takes."""
    start = time.perf_counter()

    def lap(what):
        nonlocal start
        now = time.perf_counter()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(  # noqa: T201 - whoever runs it wants to read it
            f"{what:40} {now - start:7.2f} s {memory:7.0f} MiB"
        )
        start = time.perf_counter()

    world = big_organization(accounts, principals)
    lap(f"{accounts} accounts, {accounts * principals} principals")
    action, arn = question(world)
    found = world.who_can(action, arn)
    lap(f"who_can, gathering: {len(found)} of {found.asked}")
    for action in ("s3:GetObject", "s3:PutObject", "sqs:SendMessage"):
        found = world.who_can(action, arn)
        lap(f"who_can, gathered, {action}: {len(found)}")
    world.who_can("s3:ListAllMyBuckets", "*")
    lap("who_can of no resource, gathering")
    world.who_can("iam:CreateUser", "*")
    lap("who_can of no resource, gathered")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
