"""Privilege escalation in a company of some accounts: how long it takes, how much memory.

``python -m tests.benchmarks.reach 1000 1`` says it of an account with 1,000 principals,
``python -m tests.benchmarks.reach 100 200`` of 200 accounts with 20,000, and
``python -m tests.benchmarks.reach 300 dense`` of an account full of risky permissions.
"""

import random
import resource
import sys
import time

from iamlab import Policy, World

MAP = "arn:aws:s3:::star-maps/m31.fits"
FIRST = 111111111111


def company(principals, accounts):
    """Make accounts as companies have them: most people read, few administer, some roles cross."""
    chance = random.Random(7)
    world = World(seed=7)
    ids = [str(FIRST + number) for number in range(accounts)]
    users = principals // 2
    for number, account_id in enumerate(ids):
        main = world.create_account(f"account-{number}", account_id=account_id)
        read = main.create_policy("read", Policy.allow(["s3:Get*", "s3:List*", "ec2:Describe*"]))
        dev = main.create_policy("dev", Policy.allow(["ec2:*", "s3:*", "lambda:*", "logs:*"]))
        own = f"arn:aws:iam::{account_id}:role/dev-*"
        delegate = main.create_policy(
            "delegate", Policy.allow(["iam:PassRole", "iam:PutRolePolicy", "iam:CreateRole"], own)
        )
        for place in range(users):
            user = main.create_user(f"user-{place}")
            hang(user, place, read, dev, delegate)
            if place % 7 == 0:
                role = f"arn:aws:iam::{account_id}:role/app-{chance.randrange(users)}"
                user.put_policy("assume", Policy.allow("sts:AssumeRole", role))
        for place in range(principals - users):
            trusted = {"Service": "ec2.amazonaws.com"}
            if place % 3 == 0:
                trusted = {"AWS": account_id if place % 2 else chance.choice(ids)}
            role = main.create_role(
                f"{'dev' if place % 10 == 0 else 'app'}-{place}",
                assume_role_policy_document=Policy.allow("sts:AssumeRole", None, principal=trusted),
            )
            hang(role, place, read, dev)
    return world


RISKY = (
    *("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:TagUser"),
    *("iam:UpdateLoginProfile", "iam:CreateLoginProfile", "iam:AddUserToGroup"),
    *("iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy"),
    *("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:PutGroupPolicy"),
    *("iam:CreateRole", "iam:DeleteUserPermissionsBoundary", "iam:PassRole", "sts:AssumeRole"),
    *("lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"),
    *("ec2:RunInstances", "cloudformation:CreateStack", "glue:CreateDevEndpoint", "ssm:*"),
    *("ecs:RegisterTaskDefinition", "ecs:RunTask", "codebuild:StartBuild", "ec2:*", "s3:*"),
)


def dense(principals):
    """Make an account in which each principal has four random sets of risky permissions."""
    chance = random.Random(7)
    main = World(seed=7).create_account("main", account_id=str(FIRST))
    groups = [main.create_group(f"group-{number}") for number in range(10)]
    policies = [
        main.create_policy(f"set-{number}", Policy.allow(chance.sample(RISKY, 3)))
        for number in range(40)
    ]
    trusted = [{"AWS": str(FIRST)}, *({"Service": f"{name}.amazonaws.com"} for name in SERVICES)]
    for place in range(principals):
        if place % 2:
            identity = main.create_user(f"user-{place}")
            chance.choice(groups).add_user(identity)
        else:
            trust = Policy.allow("sts:AssumeRole", None, principal=chance.choice(trusted))
            identity = main.create_role(f"role-{place}", assume_role_policy_document=trust)
        for policy in chance.sample(policies, 3):
            identity.attach_policy(policy)
        own = f"arn:aws:iam::{FIRST}:user/user-{chance.randrange(principals)}"
        identity.put_policy("own", Policy.allow(chance.sample(RISKY[:9], 2), own))
        if place % 50 == 0:
            identity.attach_policy("AdministratorAccess")
    return main.world


SERVICES = ("lambda", "ec2", "ecs-tasks", "cloudformation")


def hang(identity, place, read, dev, delegate=None):
    """Attach to each what such a one has."""
    identity.attach_policy(read)
    if place % 5 == 0:
        identity.attach_policy(dev)
    if delegate is not None and place % 20 == 0:
        identity.attach_policy(delegate)
    if place % 50 == 0:
        identity.attach_policy("AdministratorAccess")


def main(principals, accounts):
    """Return how long each question takes."""

    def say(*words):
        print(*words)  # noqa: T201 - whoever runs it wants to read it

    world = company(principals, accounts) if accounts else dense(principals)
    say(f"{accounts or 'dense'} accounts of {principals} principals")
    reach = world.reach()
    questions = {
        "edges": lambda: len(reach.edges),
        "admins": lambda: len(reach.admins()),
        "to": lambda: len(reach.to("s3:PutObject", MAP)),
        "graph": lambda: len(reach.graph()),
    }
    for name, ask in questions.items():
        start = time.perf_counter()
        found = ask()
        say(f"{name}: {found} in {time.perf_counter() - start:.2f} s")
    say(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]), 0 if sys.argv[2] == "dense" else int(sys.argv[2]))
