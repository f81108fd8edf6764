"""What the steps of the state machine of worlds are drawn from, and how they find and do things."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    NoSuchEntity,
)
from iamlab.model.organization.organization import Organization
from iamlab.world.account import Account
from tests.state_machine.plain_world import (
    OFF,
    ON,
    Node,
    PlainWorld,
)
from tests.state_machine.policy_documents import (
    RCP,
    SCP,
)
from tests.state_machine.steps import Fault, Stepping, Steps

MAIN, DEV, OUT, RIVAL, LAB = (digit * 12 for digit in "12345")
START, LATER = (MAIN, OUT, RIVAL), (DEV, LAB)
QUOTAS = {"Accounts": 4, "OrganizationalUnits": 3, SCP: 4, RCP: 4}
"""Small ones, so that they are reached."""

STEPS = Steps()
step = STEPS.step
# -- what is drawn ----------------------------------------------------------------------------

NUMBERS = tuple(range(8))
WHO = (
    *(("User", MAIN, "ana"), ("User", OUT, "ana"), ("User", DEV, "ana"), ("User", MAIN, "bob")),
    *(("Role", MAIN, "app"), ("Role", DEV, "app"), ("Role", OUT, "app")),
    *(("Account", account, "") for account in (MAIN, OUT, DEV, RIVAL)),
    ("Session", MAIN, "assumed-role/app/s1"),
    ("Session", MAIN, "federated-user/guest"),
    ("Service", "sns.amazonaws.com", ""),
    ("Everybody", "", ""),
)
"""The principals that policies name."""

HOW = ("allow", "allow", "allow", "deny", "sky", "org", "path", "guard", "torn")
NAMES = {"User": ("ana", "ana", "bob"), "Role": ("app", "app", "job")}
TAGS: tuple[dict[str, str], ...] = ({"team": "sky"}, {"team": "sea"}, {"env": "x"}, {})
SWITCHES = (ON, OFF, OFF, (False, False, True, False), (False, False, False, True), None)
OWN_TYPES = (SCP, SCP, RCP)
SERVICES_OF_AWS = ("access-analyzer.amazonaws.com", "config.amazonaws.com")
NOWHERE = "ou-none-00000000"

MAKERS: dict[str, Callable[[Account, str], Any]] = {
    "bucket": lambda account, name: account.create_bucket(name),
    "queue": lambda account, name: account.create_queue(name),
    "topic": lambda account, name: account.create_topic(name),
    "secret": lambda account, name: account.create_secret(name),
    "function": lambda account, name: account.create_function(name, role="app"),
    "table": lambda account, name: account.create_table(name),
    "repository": lambda account, name: account.create_repository(name),
    "event bus": lambda account, name: account.create_event_bus(name),
    "key": lambda account, _: account.create_key(),
}
NAMED = ("maps", "stars")
KINDS = (*MAKERS, "bucket", "bucket", "queue", "key")
"""Kinds with a policy of their own."""

FREE = ("queue", "topic")
"""What is made once more is given back."""

ACTS: dict[str, tuple[str, str, str, Callable[[Any], dict[str, Any]]]] = {
    "s3:DeleteBucketPolicy": ("bucket", "", "policy", lambda principal: {"Bucket": principal.name}),
    "s3:DeletePublicAccessBlock": (
        "bucket",
        "s3:PutBucketPublicAccessBlock",
        "block",
        lambda principal: {"Bucket": principal.name},
    ),
    "sqs:DeleteQueue": ("queue", "", "all", lambda principal: {"QueueUrl": principal.url}),
    "sns:DeleteTopic": ("topic", "", "all", lambda principal: {"TopicArn": principal.arn}),
    "secretsmanager:DeleteResourcePolicy": (
        "secret",
        "",
        "policy",
        lambda principal: {"SecretId": principal.arn},
    ),
    "dynamodb:DeleteResourcePolicy": (
        "table",
        "",
        "policy",
        lambda principal: {"ResourceArn": principal.arn},
    ),
    "ecr:DeleteRepository": (
        "repository",
        "",
        "all",
        lambda principal: {"repositoryName": principal.name},
    ),
    "lambda:DeleteFunction": (
        "function",
        "",
        "all",
        lambda principal: {"FunctionName": principal.name},
    ),
}
"""What somebody does to a resource -> its kind, the action if that has another name, what goes."""


def pick(among: Any, number: int) -> Any:
    """Choose one of what there is."""
    every = sorted(among)
    return every[number % len(every)]


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Write tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def changed(held: dict[str, str], tags: dict[str, str], *, on: bool) -> dict[str, str]:
    """Return tags with some more, or without them."""
    return held | tags if on else {key: held[key] for key in held if key not in tags}


def empty(found: Any, item: dict[str, Any]) -> None:
    """Take away what is attached to a user or a role, so that it can be deleted."""
    for policy in item["inline"]:
        found.delete_policy(policy)
    item["inline"] = {}
    if "keys" in item:
        for key in found.access_keys:
            key.delete()
        for phone in found.mfa_devices:
            phone.deactivate()
        item |= {"keys": {}, "phones": []}


class WorldSteps(Stepping):
    """A world, the model of it, and copies that were taken on the way."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(World(seed=seed))
        self.model = PlainWorld()
        for account in START:
            self.world.create_account(f"account-{account[0]}", account_id=account)
            self.model.add_account(account)
        self.copies: list[tuple[World, Any, Any]] = []
        self.turn = count()
        self.tried: Counter[tuple[str, str]] = Counter()  # in copies: operation, how it ended

    # -- finding things -----------------------------------------------------------------------

    def account(self, key: str) -> Account:
        """Return an account."""
        return self.world.accounts[key]

    def some_organization(self, number: int) -> tuple[str, dict[str, Any]]:
        """Choose one of the organizations; there may be none."""
        every = self.model.organizations
        return ("", {}) if not every else (key := pick(every, number), every[key])

    def node(self, organization: dict[str, Any], number: int, *, leaves: bool = True) -> Node:
        """Choose a root, an OU or an account; now and then something that is not there."""
        every = [*organization["hangs"], NOWHERE]
        return str(pick([item for item in every if leaves or not item.isdigit()], number))

    def number_of(self, organization: dict[str, Any], node: Node) -> int:
        """Return the number by which a root or an OU is chosen."""
        every = sorted([item for item in organization["hangs"] if not item.isdigit()] + [NOWHERE])
        return every.index(node)

    def some_resource(self, number: int, *kinds: str) -> tuple[str, dict[str, Any], Any]:
        """Choose a resource of some kinds; there may be none."""
        every = self.model.resources
        fitting = [arn for arn, item in every.items() if item["kind"] in kinds or not kinds]
        if not fitting:
            return "", {}, None
        arn = pick(fitting, number)
        return arn, every[arn], self.account(every[arn]["account"]).resources[arn]

    def some_identity(self, number: int, *nouns: str) -> tuple[str, str, str, dict[str, Any]]:
        """Choose a user or role that has come by a rule; there is always one to begin with."""
        every = {
            (account, noun, name): item
            for account, noun, name, item in self.model.identities()
            if noun in (nouns or ("User", "Role")) and name in ("ana", "bob", "app", "job")
        }
        if not every:
            return "", "", "", {}
        account, noun, name = pick(every, number)
        return account, noun, name, every[account, noun, name]

    def identity(self, account: str, noun: str, name: str) -> Any:
        """Return a user or role of the world."""
        held = self.account(account)
        return held.users[name] if noun == "User" else held.roles[name]

    # -- doing things -------------------------------------------------------------------------

    def organize(
        self,
        key: str,
        operation: str,
        to: dict[str, Any],
        method: Callable[[Organization], Any],
        *faults: Fault,
    ) -> bool:
        """Do an operation of an organization, by its method or by a call of its root user."""
        self.operation = f"organizations:{operation}"
        organization = self.world.organizations[key]
        main = organization.management_account
        if self.by_method:
            return self.ends_well(lambda: method(organization), *faults)
        lost = (self.model.lost(), NoSuchEntity)
        return self.ends_well(lambda: main.call(self.operation, main.root_arn, **to), *faults, lost)

    def as_member(
        self, account: str, operation: str, method: Callable[[], Any], *faults: Fault, **to: Any
    ) -> bool:
        """Do an operation of an account's own: its root user needs permission for a call."""
        self.operation = f"organizations:{operation}"
        if self.by_method:
            return self.ends_well(method, *faults)
        item = self.account(account)
        lost = (self.model.lost(), NoSuchEntity)
        shut = (not self.model.may(item.root_arn, self.operation, "*"), AccessDenied)
        return self.ends_well(
            lambda: item.call(self.operation, item.root_arn, **to), *faults, lost, shut
        )

    def made(self, name: str) -> str:
        """Return the id of what was just made."""
        if self.by_method:
            return str(self.answer.id)
        return str(self.answer[name].get("Id") or self.answer[name]["PolicySummary"]["Id"])

    def do(self, operation: str, ask: Callable[[], Any], *faults: Fault) -> bool:
        """Do something by a method."""
        self.operation = operation
        return self.ends_well(ask, *faults)
