"""The speed of real clients, as a ratio to moto's in the same run: both answer boto3 in process."""

import json
from statistics import median
from time import perf_counter

import boto3
import pytest
from moto import mock_aws

from iamlab import World
from tests.rows import each_row

ROUNDS, CALLS = 9, 60
MAIN = "111111111111"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole"},
}


class Side:
    """One of the two: its clients, and the calls that are measured."""

    def __init__(self, session):
        self.iam, self.sts = session.client("iam"), session.client("sts")
        self.number = 0
        for number in range(100):
            self.iam.create_user(UserName=f"user-{number}")
        document = json.dumps(TRUST)
        made = self.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document)
        self.role = made["Role"]["Arn"]

    def create_user(self):
        """Create a user."""
        self.number += 1
        self.iam.create_user(UserName=f"new-{self.number}")

    def get_user(self):
        """Read a user."""
        self.iam.get_user(UserName="user-7")

    def list_users(self):
        """Read a page of 100 users."""
        self.iam.list_users(MaxItems=100)

    def assume_role(self):
        """Assume a role."""
        self.sts.assume_role(RoleArn=self.role, RoleSessionName="bench")

    def seconds(self, call):
        """Measure some calls; what they made is removed."""
        start = perf_counter()
        for _ in range(CALLS):
            call(self)
        spent = perf_counter() - start
        for number in range(self.number):
            self.iam.delete_user(UserName=f"new-{number + 1}")
        self.number = 0
        return spent


@pytest.fixture(scope="module")
def sides():
    """Make both sides. moto enforces no policy, and iamlab decides every call."""
    world = World(seed=7)
    dana = world.create_account("main", account_id=MAIN).create_user("dana")
    dana.create_access_key()
    dana.attach_policy("AdministratorAccess")
    with mock_aws():
        yield (
            Side(world.boto3_session(dana)),
            Side(boto3.Session("a", "b", region_name="us-east-1")),
        )


@each_row("name", ["create_user", "get_user", "list_users", "assume_role"])
def test_clients_are_answered_as_fast_as_by_moto(sides, name):
    """The median of the rounds' ratios is at most 1, with a tenth for the noise of a machine."""
    ours, motos = sides
    call = getattr(Side, name)
    ratios = [ours.seconds(call) / motos.seconds(call) for _ in range(ROUNDS)]

    assert median(ratios) <= 1.1
