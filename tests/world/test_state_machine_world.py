"""Whatever is done to a world of several accounts, it stays what a few dicts and sets say.

Organizations, resources and identities are changed in whatever order, well or badly; copies are
taken, and files written and read in between. After each step world and model must be equal, and so
must what everybody may do: the model asks the oracle, with layers that it put together itself.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
)
from iamlab.organization_errors import (
    AccountAlreadyRegisteredException,
    AccountNotFoundException,
    AccountNotRegisteredException,
    AlreadyInOrganizationException,
    ConstraintViolationException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    DuplicateHandshakeException,
    DuplicateOrganizationalUnitException,
    DuplicatePolicyAttachmentException,
    DuplicatePolicyException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
    MalformedPolicyDocumentException,
    MasterCannotLeaveOrganizationException,
    OrganizationalUnitNotEmptyException,
    OrganizationNotEmptyException,
    ParentNotFoundException,
    PolicyInUseException,
    PolicyNotAttachedException,
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from iamlab.world.account import Account
from iamlab.world.api.entry import entries_of
from iamlab.world.files import world_from_json, world_to_json
from iamlab.world.organization import Organization
from iamlab.world.services.kms.key import Key
from iamlab.world.who_can import everybody
from tests.world.deep import snapshot
from tests.world.exports import trust
from tests.world.plain_world import (
    ALWAYS,
    ANONYMOUS,
    OFF,
    ON,
    POLICY_ROOM,
    SERVICES,
    Node,
    PlainWorld,
    written,
)
from tests.world.stepping import BOTH, Fault, Stepping, Steps
from tests.world.whole_world import assert_whole
from tests.world.words_of_policies import (
    CEILINGS,
    INLINE,
    RCP,
    RCPS,
    SCP,
    SCPS,
    WAYS,
    Doc,
    of_resource,
    of_trust,
)
from tests.world.world_chance import WorldChance

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
    ("Service", "sns.amazonaws.com", ""),
    ("Everybody", "", ""),
)
"""Whom policies name."""

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
    "s3:DeleteBucketPolicy": ("bucket", "", "policy", lambda one: {"Bucket": one.name}),
    "s3:DeletePublicAccessBlock": (
        "bucket",
        "s3:PutBucketPublicAccessBlock",
        "block",
        lambda one: {"Bucket": one.name},
    ),
    "sqs:DeleteQueue": ("queue", "", "all", lambda one: {"QueueUrl": one.url}),
    "sns:DeleteTopic": ("topic", "", "all", lambda one: {"TopicArn": one.arn}),
    "secretsmanager:DeleteResourcePolicy": (
        "secret",
        "",
        "policy",
        lambda one: {"SecretId": one.arn},
    ),
    "dynamodb:DeleteResourcePolicy": ("table", "", "policy", lambda one: {"ResourceArn": one.arn}),
    "ecr:DeleteRepository": ("repository", "", "all", lambda one: {"repositoryName": one.name}),
    "lambda:DeleteFunction": ("function", "", "all", lambda one: {"FunctionName": one.name}),
}
"""What somebody does to a resource -> its kind, the action if that has another name, what goes."""


def pick(among: Any, number: int) -> Any:
    """Choose one of what there is."""
    every = sorted(among)
    return every[number % len(every)]


# -- the world as the model is written --------------------------------------------------------


def look_at(world: World) -> PlainWorld:
    """Write a world as the model is written."""
    found = PlainWorld()
    for key, account in world.accounts.items():
        found.accounts[key] = _account(account)
        for arn, resource in account.resources.items():
            found.resources[arn] = _resource(resource)
    found.organizations = {key: _organization(one) for key, one in world.organizations.items()}
    network = world.current_network
    found.network = (network.vpc, network.endpoint.rpartition("/")[2])
    return found


def _account(account: Account) -> dict[str, Any]:
    def identity(one: Any) -> dict[str, Any]:
        inline = {name: written(policy.to_json()) for name, policy in one.inline.items()}
        inline |= dict.fromkeys(one.attached, written(INLINE["all"]))
        return {"id": one.unique_id, "path": one.path, "inline": inline, "tags": one.tags}

    def role(one: Any) -> dict[str, Any]:
        return {**identity(one), "trust": one.trust.to_json()}

    block = account.s3_public_access_block
    return {
        "User": {name: identity(one) for name, one in account.users.items()},
        "Role": {name: role(one) for name, one in account.roles.items()},
        "Profile": {
            name: {"id": one.unique_id, "roles": [role.name for role in one.roles]}
            for name, one in account.instance_profiles.items()
        },
        "block": block and _switches(block),
    }


def _switches(block: Any) -> tuple[bool, ...]:
    return tuple(getattr(block, name) for name in block.__dataclass_fields__)


def _resource(one: Any) -> dict[str, Any]:
    more: dict[str, Callable[[], dict[str, Any]]] = {
        "bucket": lambda: {
            "block": one.own_public_access_block and _switches(one.own_public_access_block),
            "abac": one.abac == "Enabled",
        },
        "key": lambda: {
            "state": one.key_state,
            "grants": {
                key: (kept.grantee_principal, kept.operations)
                for key, kept in one.kept_grants.items()
            },
        },
        "instance": lambda: {
            "state": one.state,
            "profile": one.association and one.association.profile_id,
        },
        "VPC endpoint": lambda: {
            "policy_of_way": one.endpoint_policy.to_json()["Statement"],
            "vpc": one.vpc_id,
            "service": one.for_service,
        },
    }
    return {
        "kind": one.kind,
        "account": one.account.account_id,
        "tags": one.tags,
        "policy": one.policy and one.policy.to_json(),
        **more.get(one.kind, dict)(),
    }


def _organization(one: Organization) -> dict[str, Any]:
    nodes = {target.id: target for target in one.targets}
    return {
        "management": one.management_account_id,
        "root": one.root.id,
        "all": one.feature_set == "ALL",
        "types": set(one.root.policy_types),
        "parents": {key: parent for key, each in nodes.items() if (parent := _above(each))},
        "names": {key: unit.name for key, unit in one.organizational_units.items()},
        "hangs": {key: set(each.attached) for key, each in nodes.items()},
        "policies": {
            key: {
                "type": policy.type,
                "name": policy.name,
                "text": written(policy.document.to_json()),
                "tags": policy.tags,
            }
            for key, policy in one.policies.items()
        },
        "joined": {key: member.joined_method for key, member in one.members.items()},
        "invited": {key: (each.target_id, each.state) for key, each in one.handshakes.items()},
        "failed": sum(bool(request.failure_reason) for request in one.requests.values()),
        "services": set(one.service_access),
        "delegates": {key: set(services) for key, services in one.delegates.items()},
        "tags": {key: each.tags for key, each in nodes.items()},
    }


def _above(target: Any) -> str:
    return getattr(target, "parent_id", "")


def shown(model: PlainWorld) -> dict[str, Any]:
    """Write the model as the look at a world is written: who is named, by his name."""
    made = model.copy()
    for _, _, _, one in made.identities():
        one["inline"] = {name: written(INLINE[text]) for name, text in one["inline"].items()}
        if "trust" in one:
            one["trust"] = model.shown(one["trust"])
    for resource in made.resources.values():
        if resource["policy"]:
            resource["policy"] = model.shown(resource["policy"])
        if resource["kind"] == "VPC endpoint":
            resource["policy_of_way"] = resource["policy_of_way"]["Statement"]
    for organization in made.organizations.values():
        organization["joined"] = {key: how for key, (how, _) in organization["joined"].items()}
        organization["invited"] = {
            key: (invited["to"], state_of(invited, model.hours))
            for key, invited in organization["invited"].items()
        }
    return {**vars(made), "hours": 0}


def state_of(invited: dict[str, Any], now: int) -> str:
    """Say how an invitation stands: 15 days after it was sent it is over."""
    over = now >= invited["since"] + 15 * 24
    return "EXPIRED" if over and invited["state"] == "OPEN" else str(invited["state"])


# -- the machine ------------------------------------------------------------------------------


class Machine(Stepping):
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
        """Give an account."""
        return self.world.accounts[key]

    def some_organization(self, number: int) -> tuple[str, dict[str, Any]]:
        """Choose one of the organizations; there may be none."""
        every = self.model.organizations
        return ("", {}) if not every else (key := pick(every, number), every[key])

    def node(self, organization: dict[str, Any], number: int, *, leaves: bool = True) -> Node:
        """Choose a root, an OU or an account; now and then something that is not there."""
        every = [*organization["hangs"], NOWHERE]
        return str(pick([one for one in every if leaves or not one.isdigit()], number))

    def number_of(self, organization: dict[str, Any], node: Node) -> int:
        """Give the number by which a root or an OU is chosen."""
        every = sorted([one for one in organization["hangs"] if not one.isdigit()] + [NOWHERE])
        return every.index(node)

    def some_resource(self, number: int, *kinds: str) -> tuple[str, dict[str, Any], Any]:
        """Choose a resource of some kinds; there may be none."""
        every = self.model.resources
        fitting = [arn for arn, one in every.items() if one["kind"] in kinds or not kinds]
        if not fitting:
            return "", {}, None
        arn = pick(fitting, number)
        return arn, every[arn], self.account(every[arn]["account"]).resources[arn]

    def some_identity(self, number: int, *nouns: str) -> tuple[str, str, str, dict[str, Any]]:
        """Choose a user or role that has come by a rule; there is always one to begin with."""
        every = {
            (account, noun, name): one
            for account, noun, name, one in self.model.identities()
            if noun in (nouns or ("User", "Role")) and name in ("ana", "bob", "app", "job")
        }
        if not every:
            return "", "", "", {}
        account, noun, name = pick(every, number)
        return account, noun, name, every[account, noun, name]

    def identity(self, account: str, noun: str, name: str) -> Any:
        """Give a user or role of the world."""
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
        one = self.account(account)
        lost = (self.model.lost(), NoSuchEntity)
        shut = (not self.model.may(one.root_arn, self.operation, "*"), AccessDenied)
        return self.ends_well(
            lambda: one.call(self.operation, one.root_arn, **to), *faults, lost, shut
        )

    def made(self, name: str) -> str:
        """Give the id of what was just made."""
        if self.by_method:
            return str(self.answer.id)
        return str(self.answer[name].get("Id") or self.answer[name]["PolicySummary"]["Id"])

    def do(self, operation: str, ask: Callable[[], Any], *faults: Fault) -> bool:
        """Do something by a method."""
        self.operation = operation
        return self.ends_well(ask, *faults)

    # -- a start ------------------------------------------------------------------------------

    @initialize(rich=st.booleans())
    def start(self, *, rich: bool) -> None:
        """Begin with a user and a role in each account, and perhaps with much more."""
        how = {"by_method": True}
        for account in START:
            for noun, name in (("User", "ana"), ("Role", "app")):
                self.create_identity(**how, account=account, noun=noun, name=name, who=WHO[0])
        for number in range(6):
            self.put_inline(**how, number=number, text="use")
        if not rich:
            return
        self.create_organization(**how, account=MAIN, every=True)
        [one] = self.model.organizations.values()
        self.create_unit(**how, which=0, number=self.number_of(one, one["root"]), name="Prod")
        [unit] = one["names"]
        self.create_account(**how, which=0, account=DEV, number=self.number_of(one, unit))
        self.create_identity(**how, account=DEV, noun="User", name="ana", who=WHO[0])
        self.create_identity(**how, account=DEV, noun="Role", name="app", who=WHO[0])
        self.enable_type(**how, which=0, kind=RCP)
        self.create_policy(**how, which=0, kind=SCP, name="no-put")
        self.create_policy(**how, which=0, kind=RCP, name="inside")
        for number, kind in enumerate(MAKERS):
            self.make(**how, kind=kind, account=DEV, name="maps")
            self.put_policy(**how, number=number, how="allow", who=WHO[number], kinds=(kind,))
        for number in range(8):
            self.put_inline(**how, number=number, text="all" if number % 2 else "use")
        self.profile(**how, account=DEV, what="make")
        self.profile(**how, account=DEV, what="add")
        self.run_instance(**how, account=DEV, with_profile=True)

    # -- organizations ------------------------------------------------------------------------

    @step(account=(MAIN, MAIN, RIVAL, OUT, DEV), every=(True, True, True, False))
    def create_organization(self, account: str, *, every: bool) -> None:
        """Make an organization."""
        if account not in self.model.accounts:
            return
        inside = (self.model.organization_of(account) is not None, AlreadyInOrganizationException)
        features = "ALL" if every else "CONSOLIDATED_BILLING"
        done = self.as_member(
            account,
            "CreateOrganization",
            lambda: self.world.create_organization(account, feature_set=features),
            inside,
            FeatureSet=features,
        )
        if done:
            made = self.account(account).organization
            assert made is not None
            made.quotas.update(QUOTAS)
            self.model.add_organization(made.id, made.root.id, account, every=every)

    @step(which=BOTH)
    def delete_organization(self, which: int) -> None:
        """Delete an organization."""
        key, one = self.some_organization(which)
        if not key:
            return
        full = (len(one["joined"]) > 1, OrganizationNotEmptyException)
        if self.organize(key, "DeleteOrganization", {}, lambda made: made.delete(), full):
            del self.model.organizations[key]

    @step(which=BOTH, number=NUMBERS, name=("Prod", "Test", "Web"))
    def create_unit(self, which: int, number: int, name: str) -> None:
        """Make an OU."""
        key, one = self.some_organization(which)
        if not key:
            return
        parent = self.node(one, number, leaves=False)
        faults = (
            (parent == NOWHERE, ParentNotFoundException),
            (name in self.names_below(one, parent), DuplicateOrganizationalUnitException),
            (len(one["names"]) >= QUOTAS["OrganizationalUnits"], ConstraintViolationException),
        )
        done = self.organize(
            key,
            "CreateOrganizationalUnit",
            {"ParentId": parent, "Name": name},
            lambda made: made.create_organizational_unit(name, parent=parent),
            *faults,
        )
        if done:
            unit = self.made("OrganizationalUnit")
            self.model.add_node(key, unit, parent)
            one["names"][unit] = name

    @staticmethod
    def names_below(one: dict[str, Any], parent: Node, but: Node = "") -> set[str]:
        """Give the names of the OUs right below something."""
        names = one["names"]
        return {names[key] for key in names if one["parents"][key] == parent and key != but}

    @step(which=BOTH, number=NUMBERS, name=("Prod", "Test", "Web"))
    def rename_unit(self, which: int, number: int, name: str) -> None:
        """Rename an OU."""
        key, one = self.some_organization(which)
        if not key or not one["names"]:
            return
        unit = pick(one["names"], number)
        taken = self.names_below(one, one["parents"][unit], unit)
        done = self.organize(
            key,
            "UpdateOrganizationalUnit",
            {"OrganizationalUnitId": unit, "Name": name},
            lambda made: made.organizational_units[unit].update(name=name),
            (name in taken, DuplicateOrganizationalUnitException),
        )
        if done:
            one["names"][unit] = name

    @step(which=BOTH, number=NUMBERS)
    def delete_unit(self, which: int, number: int) -> None:
        """Delete an OU."""
        key, one = self.some_organization(which)
        if not key or not one["names"]:
            return
        unit = pick(one["names"], number)
        full = (unit in one["parents"].values(), OrganizationalUnitNotEmptyException)
        to = {"OrganizationalUnitId": unit}
        if self.organize(
            key,
            "DeleteOrganizationalUnit",
            to,
            lambda made: made.organizational_units[unit].delete(),
            full,
        ):
            self.model.drop_node(key, unit)

    # -- accounts of organizations ------------------------------------------------------------

    def is_full(self, one: dict[str, Any]) -> bool:
        """Say whether no further account has room; an open invitation is one."""
        states = [state_of(each, self.model.hours) for each in one["invited"].values()]
        return len(one["joined"]) + states.count("OPEN") >= QUOTAS["Accounts"]

    @step(which=BOTH, account=(*LATER, *LATER, OUT), number=NUMBERS)
    def create_account(self, which: int, account: str, number: int) -> None:
        """Make an account in an organization; the method moves it at once."""
        key, one = self.some_organization(which)
        if not key:
            return
        parent = self.node(one, number, leaves=False) if self.by_method else one["root"]
        faults = (
            (parent == NOWHERE, ParentNotFoundException),
            (self.is_full(one), ConstraintViolationException),
            (account in self.model.accounts, EntityAlreadyExists),
        )
        name = f"account-{account[0]}"
        to = {
            "AccountName": name,
            "Email": f"no-{next(self.turn)}@example.com",
            "AccountId": account,
        }
        if not self.organize(
            key,
            "CreateAccount",
            to,
            lambda made: made.create_account(name, parent=parent, account_id=account),
            *faults,
        ):
            return
        self.model.add_account(account)
        self.model.join(key, account, "CREATED")
        one["parents"][account] = parent
        role = self.account(account).roles["OrganizationAccountAccessRole"]
        trusted = {"AWS": f"arn:aws:iam::{one['management']}:root"}
        self.model.accounts[account]["Role"][role.name] = {
            "id": role.unique_id,
            "path": "/",
            "inline": {"arn:aws:iam::aws:policy/AdministratorAccess": "all"},
            "tags": {},
            "trust": written(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
                    ],
                }
            ),
        }

    @step(which=BOTH, account=START)
    def create_account_of_a_taken_address(self, which: int, account: str) -> None:
        """Ask for an account whose address another one has: AWS only notes that it failed."""
        key, one = self.some_organization(which)
        if not key:
            return
        self.by_method, before = False, snapshot(self.world)["accounts"]
        to = {"AccountName": "twin", "Email": self.account(account).root.email.upper()}
        full = (self.is_full(one), ConstraintViolationException)
        if self.organize(key, "CreateAccount", to, str, full):
            status = self.answer["CreateAccountStatus"]
            assert status["FailureReason"] == "EMAIL_ALREADY_EXISTS"
            one["failed"] += 1
        assert snapshot(self.world)["accounts"] == before

    @step(which=BOTH, account=(*START, DEV))
    def invite(self, which: int, account: str) -> None:
        """Invite an account."""
        key, one = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        states = [
            state_of(each, self.model.hours)
            for each in one["invited"].values()
            if each["to"] == account
        ]
        faults = (
            (account in one["joined"], HandshakeConstraintViolationException),
            ("OPEN" in states, DuplicateHandshakeException),
            (self.is_full(one), HandshakeConstraintViolationException),
        )
        to = {"Target": {"Type": "ACCOUNT", "Id": account}}
        if self.organize(
            key,
            "InviteAccountToOrganization",
            to,
            lambda made: made.invite_account(account),
            *faults,
        ):
            one["invited"][self.made("Handshake")] = {
                "to": account,
                "state": "OPEN",
                "since": self.model.hours,
            }

    @step(number=NUMBERS, word=("Accept", "Accept", "Accept", "Decline", "Cancel"))
    def answer_invitation(self, number: int, word: str) -> None:
        """Accept an invitation, decline it, or take it back."""
        every = {
            (key, each): invited
            for key, one in self.model.organizations.items()
            for each, invited in one["invited"].items()
        }
        if not every:
            return
        key, each = pick(every, number)
        invited, wanted = every[key, each], {"Cancel": "CANCELED"}.get(word, f"{word}ed".upper())
        wanted = wanted.replace("EED", "ED")
        state = state_of(invited, self.model.hours)
        main = self.model.organizations[key]["management"]
        faults = [
            (state == wanted, HandshakeAlreadyInStateException),
            (state not in (wanted, "OPEN"), InvalidHandshakeTransitionException),
        ]
        if word == "Accept":
            faults += self.why_not_join(key, invited["to"])
        handshake = self.world.organizations[key].handshakes[each]
        who = main if word == "Cancel" else invited["to"]
        method = getattr(handshake, word.lower())
        if self.as_member(who, f"{word}Handshake", method, *faults, HandshakeId=each):
            invited["state"] = wanted
            if word == "Accept":
                self.leave_what_there_was(invited["to"])
                self.model.join(key, invited["to"], "INVITED")

    def why_not_join(self, key: str, account: str) -> list[Fault]:
        """Say what keeps an account from joining: it may have to leave another one first."""
        before = self.model.organization_of(account)
        if before == key:
            return [(True, HandshakeConstraintViolationException)]
        return [] if before is None else self.why_not_go(before, account)

    def why_not_go(self, key: str, account: str) -> list[Fault]:
        """Say what keeps an account in its organization."""
        one = self.model.organizations[key]
        how, since = one["joined"][account]
        return [
            (account == one["management"], MasterCannotLeaveOrganizationException),
            (account in one["delegates"], ConstraintViolationException),
            (
                how == "CREATED" and self.model.hours < since + 4 * 24,
                ConstraintViolationException,
            ),
        ]

    def leave_what_there_was(self, account: str) -> None:
        """Take an account out of the organization that it is in."""
        key = self.model.organization_of(account)
        if key is not None:
            self.model.drop_node(key, account)

    @step(which=BOTH, account=(MAIN, DEV, DEV, OUT, LAB), number=NUMBERS)
    def move(self, which: int, account: str, number: int) -> None:
        """Move an account."""
        key, one = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        to = self.node(one, number, leaves=False)
        from_where = one["parents"].get(account, one["root"])
        nowhere = ParentNotFoundException if self.by_method else DestinationParentNotFoundException
        faults = (
            (account not in one["joined"], AccountNotFoundException),
            (to == NOWHERE, nowhere),
            (to == from_where, DuplicateAccountException),
        )
        given = {"AccountId": account, "SourceParentId": from_where, "DestinationParentId": to}
        if self.organize(
            key, "MoveAccount", given, lambda made: made.move_account(account, to), *faults
        ):
            one["parents"][account] = to

    @step(which=BOTH, account=(MAIN, DEV, OUT, LAB, RIVAL))
    def remove_account(self, which: int, account: str) -> None:
        """Take an account out."""
        key, one = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        inside = account in one["joined"]
        faults = self.why_not_go(key, account) if inside else [(True, AccountNotFoundException)]
        if self.organize(
            key,
            "RemoveAccountFromOrganization",
            {"AccountId": account},
            lambda made: made.remove_account(account),
            *faults,
        ):
            self.model.drop_node(key, account)

    @step(account=(MAIN, DEV, OUT, RIVAL))
    def leave(self, account: str) -> None:
        """Let an account leave."""
        key = self.model.organization_of(account)
        if key is None:
            return
        faults, one = self.why_not_go(key, account), self.account(account)
        if self.as_member(account, "LeaveOrganization", one.leave_organization, *faults):
            self.model.drop_node(key, account)

    # -- policies of organizations ------------------------------------------------------------

    @step(which=BOTH, kind=OWN_TYPES)
    def enable_type(self, which: int, kind: str) -> None:
        """Enable a type of policies."""
        key, one = self.some_organization(which)
        if not key:
            return
        faults = (
            (not one["all"], PolicyTypeNotAvailableForOrganizationException),
            (kind in one["types"], PolicyTypeAlreadyEnabledException),
        )
        to = {"RootId": one["root"], "PolicyType": kind}
        if self.organize(
            key, "EnablePolicyType", to, lambda made: made.enable_policy_type(kind), *faults
        ):
            one["types"].add(kind)
            for held in one["hangs"].values():
                held.add(ALWAYS[kind])

    @step(which=BOTH, kind=OWN_TYPES)
    def disable_type(self, which: int, kind: str) -> None:
        """Disable a type: all its policies are detached."""
        key, one = self.some_organization(which)
        if not key:
            return
        off = (kind not in one["types"], PolicyTypeNotEnabledException)
        to = {"RootId": one["root"], "PolicyType": kind}
        if self.organize(
            key, "DisablePolicyType", to, lambda made: made.disable_policy_type(kind), off
        ):
            one["types"].remove(kind)
            for node in one["hangs"]:
                one["hangs"][node] -= self.model.hanging(key, node, kind)

    @step(which=BOTH, kind=OWN_TYPES, name=(*SCPS, *RCPS))
    def create_policy(self, which: int, kind: str, name: str) -> None:
        """Make a policy; what an SCP says is none for an RCP, and the other way round."""
        key, one = self.some_organization(which)
        if not key:
            return
        own = [each for each in one["policies"].values() if each["type"] == kind]
        text = written((SCPS | RCPS)[name])
        faults = (
            (not one["all"], PolicyTypeNotAvailableForOrganizationException),
            (name in [each["name"] for each in own], DuplicatePolicyException),
            (name not in CEILINGS[kind], MalformedPolicyDocumentException),
            (len(own) - 1 >= QUOTAS[kind], ConstraintViolationException),
        )
        to = {"Name": name, "Content": text, "Description": "", "Type": kind}
        if self.organize(
            key,
            "CreatePolicy",
            to,
            lambda made: made.create_policy(name, json.loads(text), type=kind),
            *faults,
        ):
            new = {"type": kind, "name": name, "text": text, "tags": {}}
            one["policies"][self.made("Policy")] = new

    def some_policy(self, number: int, which: int) -> tuple[str, dict[str, Any], str]:
        """Choose a policy of an organization; AWS's own are among them."""
        key, one = self.some_organization(which)
        if not key or not one["policies"]:
            return "", {}, ""
        return key, one, pick(one["policies"], number)

    @step(which=BOTH, number=NUMBERS, name=(*SCPS, *RCPS))
    def update_policy(self, which: int, number: int, name: str) -> None:
        """Let a policy say something else, wherever it hangs."""
        key, one, policy = self.some_policy(number, which)
        if not key:
            return
        held, text = one["policies"][policy], written((SCPS | RCPS)[name])
        faults = (
            (policy in ALWAYS.values(), InvalidInputException),
            (name not in CEILINGS[held["type"]], MalformedPolicyDocumentException),
        )
        if self.organize(
            key,
            "UpdatePolicy",
            {"PolicyId": policy, "Content": text},
            lambda made: made.update_policy(policy, content=json.loads(text)),
            *faults,
        ):
            held["text"] = text

    @step(which=BOTH, number=NUMBERS)
    def delete_policy(self, which: int, number: int) -> None:
        """Delete a policy that hangs nowhere."""
        key, one, policy = self.some_policy(number, which)
        if not key:
            return
        faults = (
            (policy in ALWAYS.values(), InvalidInputException),
            (any(policy in held for held in one["hangs"].values()), PolicyInUseException),
        )
        if self.organize(
            key,
            "DeletePolicy",
            {"PolicyId": policy},
            lambda made: made.delete_policy(policy),
            *faults,
        ):
            del one["policies"][policy]

    @step(which=BOTH, number=NUMBERS, node=NUMBERS)
    def attach(self, which: int, number: int, node: int) -> None:
        """Attach a policy to something."""
        key, one, policy = self.some_policy(number, which)
        if not key:
            return
        target, kind = self.node(one, node), one["policies"][policy]["type"]
        held = one["hangs"].get(target, set())
        room = (
            POLICY_ROOM[kind]
            if target == NOWHERE
            else (POLICY_ROOM[kind] - len(self.model.hanging(key, target, kind)))
        )
        faults = (
            (target == NOWHERE, TargetNotFoundException),
            (kind not in one["types"], PolicyTypeNotEnabledException),
            (policy in held, DuplicatePolicyAttachmentException),
            (room <= 0, ConstraintViolationException),
        )
        to = {"PolicyId": policy, "TargetId": target}
        if self.organize(
            key, "AttachPolicy", to, lambda made: made.attach_policy(policy, target), *faults
        ):
            held.add(policy)

    @step(which=BOTH, number=NUMBERS, node=NUMBERS)
    def detach(self, which: int, number: int, node: int) -> None:
        """Detach a policy; an SCP is always left, and AWS's own RCP stays."""
        key, one, policy = self.some_policy(number, which)
        if not key:
            return
        target = self.node(one, node)
        held = one["hangs"].get(target, set())
        policy = pick(held, number) if held and which else policy
        kind = one["policies"][policy]["type"]
        alone = target != NOWHERE and self.model.hanging(key, target, kind) == {policy}
        faults = (
            (target == NOWHERE, TargetNotFoundException),
            (policy == ALWAYS[RCP], InvalidInputException),
            (policy not in held, PolicyNotAttachedException),
            (alone, ConstraintViolationException),
        )
        to = {"PolicyId": policy, "TargetId": target}
        if self.organize(
            key, "DetachPolicy", to, lambda made: made.detach_policy(policy, target), *faults
        ):
            held.remove(policy)

    # -- services that work in all accounts, tags of an organization's things -----------------

    @step(which=BOTH, service=SERVICES_OF_AWS, on=(True, True, False))
    def service_access(self, which: int, service: str, *, on: bool) -> None:
        """Let a service work in all accounts, or no longer."""
        key, one = self.some_organization(which)
        if not key:
            return
        delegated = any(service in each for each in one["delegates"].values())
        word, faults = (
            ("Enable", ())
            if on
            else (
                "Disable",
                ((delegated, ConstraintViolationException),),
            )
        )
        if self.organize(
            key,
            f"{word}AWSServiceAccess",
            {"ServicePrincipal": service},
            lambda made: getattr(made, f"{word.lower()}_aws_service_access")(service),
            *faults,
        ):
            one["services"] = (one["services"] | {service}) if on else one["services"] - {service}

    @step(which=BOTH, service=SERVICES_OF_AWS, account=(MAIN, DEV, OUT), on=(True, True, False))
    def delegate(self, which: int, service: str, account: str, *, on: bool) -> None:
        """Let an account administer a service, or no longer."""
        key, one = self.some_organization(which)
        if not key or account not in self.model.accounts:
            return
        if one["delegates"] and not on:
            account = pick(one["delegates"], which)
            service = pick(one["delegates"][account], which)
        held = one["delegates"].get(account, set())
        foreign = (account not in one["joined"], AccountNotFoundException)
        word, faults = (
            (
                "Register",
                (
                    foreign,
                    (account == one["management"], ConstraintViolationException),
                    (service not in one["services"], ConstraintViolationException),
                    (service in held, AccountAlreadyRegisteredException),
                ),
            )
            if on
            else ("Deregister", (foreign, (service not in held, AccountNotRegisteredException)))
        )
        if self.organize(
            key,
            f"{word}DelegatedAdministrator",
            {"AccountId": account, "ServicePrincipal": service},
            lambda made: getattr(made, f"{word.lower()}_delegated_administrator")(account, service),
            *faults,
        ):
            left = held | {service} if on else held - {service}
            one["delegates"].pop(account, None)
            one["delegates"] |= {account: left} if left else {}

    @step(which=BOTH, node=NUMBERS, tags=TAGS, on=BOTH)
    def tag_node(self, which: int, node: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a root, an OU or an account, or take them away."""
        key, one = self.some_organization(which)
        if not key:
            return
        target = self.node(one, node)
        if target == NOWHERE and self.by_method:
            return
        to: dict[str, Any] = {"ResourceId": target}
        to |= {"Tags": as_list(tags)} if on else {"TagKeys": list(tags)}

        def method(made: Organization) -> None:
            found: Any = made.target(target)
            found.tag(tags) if on else found.untag(list(tags))

        gone = (target == NOWHERE, TargetNotFoundException)
        if self.organize(key, "TagResource" if on else "UntagResource", to, method, gone):
            one["tags"][target] = changed(one["tags"][target], tags, on=on)

    # -- identities ---------------------------------------------------------------------------

    def principal(self, who: tuple[str, str, str]) -> tuple[Doc | str, bool]:
        """Write whom a policy names, and say whether he is there."""
        noun, account, name = who
        if noun == "Everybody":
            return "*", True
        if noun == "Service":
            return {"Service": account}, True
        if noun == "Account":
            return {"AWS": f"arn:aws:iam::{account}:root"}, True
        if account not in self.model.accounts:  # whoever is outside of the world is taken as there
            account = MAIN
        there = name in self.model.accounts[account][noun]
        return {"AWS": self.model.arn(account, noun, name)}, there

    @step(
        account=(*START, DEV, DEV),
        noun=("User", "Role"),
        name=("ana", "bob", "app", "job"),
        who=WHO[:-2],
    )
    def create_identity(
        self, account: str, noun: str, name: str, who: tuple[str, str, str]
    ) -> None:
        """Make a user or a role."""
        if account not in self.model.accounts or name not in NAMES[noun]:
            return
        held = self.model.accounts[account][noun]
        taken, (named, there) = (name in held, EntityAlreadyExists), self.principal(who)
        if noun == "User":
            ask: Callable[[], Any] = lambda: self.account(account).create_user(name)  # noqa: E731
            faults: tuple[Fault, ...] = (taken,)
            more: dict[str, Any] = {}
        else:
            assert isinstance(named, dict)
            text = of_trust(named)
            ask = lambda: self.account(account).create_role(  # noqa: E731
                name, assume_role_policy_document=text
            )
            faults = (taken, (not there, MalformedPolicyDocument))
            more = {"trust": self.model.kept(text)}
        if self.do(f"Create{noun}", ask, *faults):
            found = self.identity(account, noun, name)
            new = {"id": found.unique_id, "path": "/", "inline": {}, "tags": {}}
            held[name] = {**new, **more}

    @step(number=NUMBERS, name=NAMES["User"], path=("/", "/sky/"))
    def rename_user(self, number: int, name: str, path: str) -> None:
        """Rename and move a user: policies that name him go with him."""
        account, noun, old, one = self.some_identity(number, "User")
        if not account:
            return
        held = self.model.accounts[account][noun]
        taken = (name in held and name != old, EntityAlreadyExists)
        user = self.identity(account, noun, old)
        if self.do("UpdateUser", lambda: user.update(new_user_name=name, new_path=path), taken):
            held[name] = {**held.pop(old), "path": path}

    @step(number=NUMBERS, text=tuple(INLINE))
    def put_inline(self, number: int, text: str) -> None:
        """Let a user or a role do something."""
        account, noun, name, one = self.some_identity(number)
        if account and self.do(
            f"Put{noun}Policy",
            lambda: self.identity(account, noun, name).put_policy("own", INLINE[text]),
        ):
            one["inline"]["own"] = text

    @step(number=NUMBERS)
    def delete_inline(self, number: int) -> None:
        """Take that away."""
        account, noun, name, one = self.some_identity(number)
        if not account:
            return
        none = ("own" not in one["inline"], NoSuchEntity)
        if self.do(
            f"Delete{noun}Policy",
            lambda: self.identity(account, noun, name).delete_policy("own"),
            none,
        ):
            del one["inline"]["own"]

    @step(number=NUMBERS, first=(True, True, False))
    def delete_identity(self, number: int, *, first: bool) -> None:
        """Delete a user or a role, having taken away what hangs on it, or not."""
        account, noun, name, one = self.some_identity(number)
        if not account:
            return
        if first and one["inline"]:
            self.identity(account, noun, name).delete_policy("own")
            del one["inline"]["own"]
        profiles = self.model.accounts[account]["Profile"].values()
        left = bool(one["inline"]) or (
            noun == "Role" and any(name in each["roles"] for each in profiles)
        )
        if self.do(
            f"Delete{noun}", self.identity(account, noun, name).delete, (left, DeleteConflict)
        ):
            del self.model.accounts[account][noun][name]

    @step(number=NUMBERS, tags=TAGS, on=BOTH)
    def tag_identity(self, number: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a user or a role, or take them away."""
        account, noun, name, one = self.some_identity(number)
        if not account:
            return
        found = self.identity(account, noun, name)
        ask = (lambda: found.tag(tags)) if on else (lambda: found.untag(list(tags)))
        if self.do(f"{'Tag' if on else 'Untag'}{noun}", ask):
            one["tags"] = changed(one["tags"], tags, on=on)

    @step(number=NUMBERS, who=WHO[:-2])
    def update_trust(self, number: int, who: tuple[str, str, str]) -> None:
        """Let somebody else take a role."""
        account, noun, name, one = self.some_identity(number, "Role")
        if not account:
            return
        named, there = self.principal(who)
        assert isinstance(named, dict)
        text, role = of_trust(named), self.identity(account, noun, name)
        gone = (not there, MalformedPolicyDocument)
        if self.do("UpdateAssumeRolePolicy", lambda: role.update_assume_role_policy(text), gone):
            one["trust"] = self.model.kept(text)

    @step(account=(*START, DEV), what=("make", "make", "add", "add", "remove", "delete"))
    def profile(self, account: str, what: str) -> None:
        """Make an instance profile, put the role into it, take it out, delete the profile."""
        if account not in self.model.accounts:
            return
        one, held = self.account(account), self.model.accounts[account]["Profile"]
        profile = held.get("web")
        made = one.instance_profiles.get("web")
        if what == "make":
            taken = (profile is not None, EntityAlreadyExists)
            ask = lambda: one.create_instance_profile("web")  # noqa: E731
            if self.do("CreateInstanceProfile", ask, taken):
                held["web"] = {"id": self.answer.unique_id, "roles": []}
        elif profile is None or made is None:
            return
        elif what == "delete":
            full = (bool(profile["roles"]), DeleteConflict)
            if self.do("DeleteInstanceProfile", made.delete, full):
                del held["web"]
        else:
            self.change_profile(profile, made, what, "app" in self.model.accounts[account]["Role"])

    def change_profile(self, profile: dict[str, Any], made: Any, what: str, there: bool) -> None:  # noqa: FBT001
        """Put the role into a profile, or take it out."""
        roles, none = profile["roles"], (not there, NoSuchEntity)
        if what == "add":
            full = (bool(roles), LimitExceeded)
            if self.do("AddRoleToInstanceProfile", lambda: made.add_role("app"), full, none):
                roles.append("app")
        else:
            empty = ("app" not in roles, NoSuchEntity)
            if self.do("RemoveRoleFromInstanceProfile", lambda: made.remove_role("app"), empty):
                roles.remove("app")

    # -- resources ----------------------------------------------------------------------------

    @step(kind=KINDS, account=(MAIN, DEV, DEV, OUT), name=NAMED)
    def make(self, kind: str, account: str, name: str) -> None:
        """Make a resource; a bucket's name is unique in the whole world."""
        if account not in self.model.accounts:
            return
        ends = [
            (arn, re.split("[:/]", arn)[-1])
            for arn, one in self.model.resources.items()
            if one["kind"] == kind
        ]
        named = [
            arn
            for arn, end in ends
            if end == name or (kind == "secret" and end.startswith(f"{name}-"))
        ]
        if kind == "key" and len(ends) > 1:
            return
        own = [arn for arn in named if self.model.resources[arn]["account"] == account]
        if own and kind in FREE:
            return
        has_role = "app" in self.model.accounts[account]["Role"]
        wrong = (
            AwsError
            if kind != "bucket"
            else (BucketAlreadyOwnedByYou if own else BucketAlreadyExists)
        )
        faults = (
            (bool(own if kind != "bucket" else named) and kind != "key", wrong),
            (kind == "function" and not has_role, NoSuchEntity),
        )
        if self.do("make a resource", lambda: MAKERS[kind](self.account(account), name), *faults):
            self.model.add_resource(self.answer.arn, kind, account)

    @step(number=NUMBERS, how=HOW, who=WHO, kinds=((), (), ("bucket",), ("bucket", "queue", "key")))
    def put_policy(
        self, number: int, how: str, who: tuple[str, str, str], kinds: tuple[str, ...]
    ) -> None:
        """Write the policy of a resource."""
        arn, one, found = self.some_resource(number, *(kinds or tuple(MAKERS)))
        if not arn:
            return
        if self.model.lost() and one["kind"] in LOOKED_AT:
            return
        named, there = self.principal(who)
        there = there or how not in ("allow", "deny")
        document: Any = "{"
        if how != "torn":
            document = of_resource(
                one["kind"], arn, one["account"], self.key_for(how, number), named
            )
        public = (
            how != "torn" and one["kind"] == "bucket" and self.model.is_too_public(arn, document)
        )
        faults = ((how == "torn" or not there, AwsError), (public, AccessDenied))
        if self.do("put a resource policy", lambda: found.put_policy(document), *faults):
            one["policy"] = self.model.kept(document)

    def key_for(self, how: str, number: int) -> str:
        """Add the organization or the OU that a policy speaks of."""
        key, one = self.some_organization(number)
        if how in ("org", "guard"):
            return f"{how}:{key or 'o-nonesuch00'}"
        if how == "path":
            return f"path:{pick([*one.get('names', ()), one.get('root', NOWHERE)], number)}"
        return how

    @step(number=NUMBERS)
    def delete_resource_policy(self, number: int) -> None:
        """Take the policy of a resource away; topics fall back to the one that SNS writes."""
        arn, one, found = self.some_resource(number, *(kind for kind in MAKERS if kind != "key"))
        if not arn:
            return
        none = (one["policy"] is None and one["kind"] not in FORGIVES, AwsError)
        if self.do("delete a resource policy", found.delete_policy, none):
            self.model.resources[arn]["policy"] = None
            if one["kind"] == "topic":
                fresh = self.model.copy()
                fresh.add_resource(arn, "topic", one["account"])
                one["policy"] = fresh.resources[arn]["policy"]

    @step(number=NUMBERS, tags=TAGS, on=(True, True, False))
    def tag_resource(self, number: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a resource, or take them away."""
        arn, one, found = self.some_resource(number)
        if not arn:
            return
        ask = (lambda: found.tag(tags)) if on else (lambda: found.untag(list(tags)))
        pending = (one.get("state") == "PendingDeletion", AwsError)
        if self.do("tag a resource", ask, pending):
            one["tags"] = changed(one["tags"], tags, on=on)

    @step(number=NUMBERS)
    def delete_resource(self, number: int) -> None:
        """Delete a resource; keys and instances stay for a while."""
        arn, one, found = self.some_resource(number)
        if not arn:
            return
        if one["kind"] == "instance":
            if self.do("TerminateInstances", found.terminate):
                one |= {"state": "terminated", "profile": None}
        elif one["kind"] == "key":
            pending = (one["state"] == "PendingDeletion", AwsError)
            if self.do("ScheduleKeyDeletion", lambda: found.schedule_deletion(7), pending):
                one["state"] = "PendingDeletion"
        elif self.do("delete a resource", found.delete):
            del self.model.resources[arn]

    @step(number=NUMBERS, switches=SWITCHES)
    def block_bucket(self, number: int, switches: tuple[bool, ...] | None) -> None:
        """Set the switches of a bucket, or take them away."""
        arn, one, found = self.some_resource(number, "bucket")
        if arn and self.do("switches of bucket", lambda: set_switches(found, switches)):
            one["block"] = switches

    @step(account=(MAIN, DEV, OUT), switches=(*SWITCHES, None, None))
    def block_account(self, account: str, switches: tuple[bool, ...] | None) -> None:
        """Set the switches of an account, or take them away."""
        if account not in self.model.accounts:
            return
        one = self.account(account)
        if self.do("switches of account", lambda: set_switches(one, switches)):
            self.model.accounts[account]["block"] = switches

    @step(number=NUMBERS, on=BOTH)
    def count_tags(self, number: int, *, on: bool) -> None:
        """Let the tags of a bucket count, or not."""
        arn, one, found = self.some_resource(number, "bucket")
        if arn and self.do("ABAC", lambda: found.put_abac("Enabled" if on else "Disabled")):
            one["abac"] = on

    @step(number=NUMBERS, who=NUMBERS, operations=(("Decrypt",), ("Encrypt",)))
    def grant(self, number: int, who: int, operations: tuple[str, ...]) -> None:
        """Make a grant on a key."""
        arn, one, found = self.some_resource(number, "key")
        account, noun, name, _ = self.some_identity(who)
        if not arn or not account:
            return
        grantee = self.model.arn(account, noun, name)
        off = (one["state"] != "Enabled", AwsError)
        if self.do("CreateGrant", lambda: found.create_grant(grantee, operations), off):
            one["grants"][self.answer.grant_id] = (grantee, operations)

    @step(number=NUMBERS, which=NUMBERS)
    def revoke(self, number: int, which: int) -> None:
        """End a grant."""
        arn, one, found = self.some_resource(number, "key")
        if not arn or not one["grants"]:
            return
        grant = pick(one["grants"], which)
        if self.do("RevokeGrant", lambda: found.revoke_grant(grant)):
            del one["grants"][grant]

    @step(number=NUMBERS, what=("enable", "disable", "cancel_deletion"))
    def switch_key(self, number: int, what: str) -> None:
        """Switch a key on or off, or keep it after all."""
        arn, one, found = self.some_resource(number, "key")
        if not arn:
            return
        pending = one["state"] == "PendingDeletion"
        wrong = (pending != (what == "cancel_deletion"), AwsError)
        if self.do(f"{what} key", getattr(found, what), wrong):
            one["state"] = "Enabled" if what == "enable" else "Disabled"

    @step(account=(MAIN, DEV, OUT), with_profile=BOTH)
    def run_instance(self, account: str, *, with_profile: bool) -> None:
        """Start an instance."""
        kinds = [one["kind"] for one in self.model.resources.values()]
        if account not in self.model.accounts or kinds.count("instance") > 2:
            return
        profile = self.model.accounts[account]["Profile"].get("web") or {}
        named = "web" if with_profile else None
        none = (with_profile and not profile.get("roles"), AwsError)
        one = self.account(account)
        if self.do("RunInstances", lambda: one.create_instance(instance_profile=named), none):
            self.model.add_resource(self.answer.arn, "instance", account)
            if with_profile:
                self.model.resources[self.answer.arn]["profile"] = profile["id"]

    @step(
        number=NUMBERS, what=("associate", "associate", "disassociate", "replace", "stop", "start")
    )
    def change_instance(self, number: int, what: str) -> None:
        """Give an instance a profile, take it away, stop it, start it."""
        arn, one, found = self.some_resource(number, "instance")
        if not arn:
            return
        profile = self.model.accounts[one["account"]]["Profile"].get("web") or {}
        over, has = one["state"] == "terminated", one["profile"] is not None
        empty = (not profile.get("roles"), AwsError)
        asks: dict[str, tuple[Callable[[], Any], tuple[Fault, ...], dict[str, Any]]] = {
            "associate": (
                lambda: found.associate_iam_instance_profile("web"),
                (empty, (over or has, AwsError)),
                {"profile": profile.get("id")},
            ),
            "replace": (
                lambda: found.replace_iam_instance_profile_association("web"),
                (empty, (not has or one["state"] != "running", AwsError)),
                {"profile": profile.get("id")},
            ),
            "disassociate": (
                found.disassociate_iam_instance_profile,
                ((not has, AwsError),),
                {"profile": None},
            ),
            "stop": (found.stop, ((over, AwsError),), {"state": "stopped"}),
            "start": (found.start, ((over, AwsError),), {"state": "running"}),
        }
        ask, faults, after = asks[what]
        if self.do(f"{what} instance", ask, *faults):
            one |= after

    @step(account=(MAIN, DEV), service=("s3", "s3", "sqs"), way=tuple(WAYS))
    def make_endpoint(self, account: str, service: str, way: str) -> None:
        """Make a VPC endpoint: one for each service, in the account's one VPC."""
        vpc, resources = f"vpc-{account[0]}", self.model.resources.values()
        known = [(one.get("vpc"), one.get("service")) for one in resources]
        if account not in self.model.accounts or (vpc, service) in known:
            return
        one, name = self.account(account), f"com.amazonaws.us-east-1.{service}"
        if self.do(
            "CreateVpcEndpoint", lambda: one.create_vpc_endpoint(name, vpc, policy=WAYS[way])
        ):
            self.model.add_resource(self.answer.arn, "VPC endpoint", account)
            self.model.resources[self.answer.arn] |= {
                "policy_of_way": WAYS[way],
                "vpc": vpc,
                "service": service,
            }

    @step(number=NUMBERS, way=(*WAYS, None))
    def change_endpoint(self, number: int, way: str | None) -> None:
        """Let something else through an endpoint."""
        arn, one, found = self.some_resource(number, "VPC endpoint")
        if not arn:
            return
        ask = (lambda: found.put_policy(WAYS[way])) if way else found.delete_policy
        if self.do("ModifyVpcEndpoint", ask):
            one["policy_of_way"] = WAYS[way or "open"]

    @step(vpc=("", "vpc-1", "vpc-2", ""), number=NUMBERS)
    def come_from(self, vpc: str, number: int) -> None:
        """Say from where calls come: the internet, a VPC, an endpoint."""
        arn, _, found = self.some_resource(number, "VPC endpoint")
        named = arn if number % 2 and not vpc else ""
        self.world.network(vpc=vpc, endpoint=found if named else "")
        self.model.network = (vpc, named.rpartition("/")[2])

    # -- somebody's own calls, time, copies, files --------------------------------------------

    @step(number=NUMBERS, who=tuple(range(20)), operation=tuple(ACTS))
    def act(self, number: int, who: int, operation: str) -> None:
        """Let somebody do something to a resource, which he may or may not."""
        kind, action, what, to = ACTS[operation]
        arn, one, found = self.some_resource(number, kind)
        if not arn:
            return
        caller = pick(self.model.everybody(), who)
        may = self.model.may(caller, action or operation, arn)
        none = what == "policy" and one["policy"] is None and kind not in FORGIVES
        faults = ((not may, AwsError), (self.model.lost(), NoSuchEntity), (none, AwsError))
        owner, given = self.account(one["account"]), to(found)
        if not self.do(operation, lambda: owner.call(operation, caller, **given), *faults):
            return
        if what == "all":
            del self.model.resources[arn]
        else:
            one[what] = None

    @step(days=(1, 1, 5, 16))
    def wait(self, days: int) -> None:
        """Let time go by."""
        self.world.clock.advance(days=days)
        self.model.hours += days * 24

    @step(operation=tuple(sorted(entries_of())), seed=tuple(range(100)), who=tuple(range(20)))
    def anything(self, operation: str, seed: int, who: int) -> None:
        """Do any operation of any service, well or badly asked, in a copy: whole, or not at all.

        By a method it is done for the root user; by a call somebody needs permission for it.
        """
        world = self.world.copy()
        chance = WorldChance(seed, world)
        caller = None if self.by_method else pick(self.model.everybody(), who)
        self.tried[operation, chance.outcome(operation, caller)] += 1
        assert_whole(world)

    @step(go_on=BOTH)
    def copy(self, *, go_on: bool) -> None:
        """Take a copy, and go on with it or with what it was taken of."""
        self.keep(self.world.copy(), go_on=go_on)

    @step(go_on=BOTH, secrets=BOTH)
    def save_and_load(self, *, go_on: bool, secrets: bool) -> None:
        """Write the world, read it, and go on with what was read or with what was written."""
        text = json.dumps(world_to_json(self.world, secrets=secrets))
        twin = world_from_json(json.loads(text))
        assert json.dumps(world_to_json(twin, secrets=secrets)) == text or not secrets
        assert [one.to_json() for one in twin.events] == [
            one.to_json() for one in self.world.events
        ]
        self.keep(twin, go_on=go_on)

    def keep(self, twin: World, *, go_on: bool) -> None:
        """Keep one of two worlds that are equal, with what is asked of it, and go on with the other."""
        kept, self.world = (self.world, twin) if go_on else (twin, self.world)
        assert snapshot(kept) == snapshot(self.world)
        self.copies = [(kept, snapshot(kept), self.model.copy()), *self.copies[:1]]

    # -- what must hold after every step ------------------------------------------------------

    @invariant()
    def the_world_is_what_the_model_says(self) -> None:
        """Accounts, their identities and resources, organizations, the network."""
        found, wanted = vars(look_at(self.world)), shown(self.model)
        for name, part in wanted.items():
            assert [*differences(found[name], part, name)] == []

    @invariant()
    def the_world_hangs_together(self) -> None:
        """Nothing leads to what is not there."""
        assert_whole(self.world)

    @invariant()
    def levels_and_paths_follow_the_tree(self) -> None:
        """What is above an account is what hangs on the way from the root to it."""
        for account in self.model.accounts:
            organization = self.world.organization_of(account)
            assert (organization and organization.id) == self.model.organization_of(account)
            if organization is None:
                continue
            assert organization.path_of(account) == self.model.path(account)
            for kind in (SCP, RCP):
                found = organization.levels(account, kind)
                ids = [{one.arn.rpartition("/")[2] for one in level} for level in found]
                assert ids == self.model.levels(account, kind)
                shown_levels = organization.effective_policies(account, kind).levels
                assert [one.target_id for one in shown_levels] == (
                    self.model.way(organization.id, account) if ids else []
                )

    @invariant()
    def nothing_else_is_changed(self) -> None:
        """Copies stay as they were taken."""
        for world, taken, _ in self.copies:
            assert snapshot(world) == taken

    @invariant()
    def who_may_do_what_follows(self) -> None:
        """Two questions after each step: to everybody at once, and one by one."""
        pairs = self.model.asked()
        for _ in range(2):
            self.ask(self.world, self.model, *pairs[next(self.turn) * 7 % len(pairs)])

    def ask(self, world: World, model: PlainWorld, action: str, resource: str) -> None:
        """Ask everybody of a world; services and strangers too, where the resource is there."""
        callers = [*model.everybody(), *SERVICES, ANONYMOUS]
        if model.lost():
            self.nobody_can_be_asked(world, callers, action, resource)
            return
        may = [one for one in callers if model.may(one, action, resource)]
        found = [one for one in callers if world.can(one, action, resource)]
        assert found == may, (action, resource, set(found) ^ set(may))
        at_once = world.who_can(action, resource)
        assert set(at_once) == {one for one in may if one.startswith("arn:")}

    @staticmethod
    def nobody_can_be_asked(world: World, callers: list[str], action: str, resource: str) -> None:
        """The way is gone: whoever is no service of AWS's has to say where he is."""
        for ask in (
            lambda: world.can(callers[0], action, resource),
            lambda: world.who_can(action, resource),
        ):
            try:
                ask()
            except NoSuchEntity:
                continue
            raise AssertionError(action)

    def teardown(self) -> None:
        """At the end everything is asked, copies too, and the API's own lists say the same."""
        for world, model in ((self.world, self.model), *((one, of) for one, _, of in self.copies)):
            for action, resource in model.asked():
                self.ask(world, model, action, resource)
        if not self.model.lost():
            for key, one in self.model.organizations.items():
                self.lists_say_the_same(key, one)

    def lists_say_the_same(self, key: str, one: dict[str, Any]) -> None:
        """Ask Organizations' own lists about accounts, OUs, policies and where they hang."""
        main = self.world.organizations[key].management_account

        def ids(operation: str, name: str, field: str = "Id", **to: str) -> set[str]:
            answer = main.call(f"organizations:{operation}", main.root_arn, **to)
            return {each[field] for each in answer[name]}

        parents = one["parents"]
        assert ids("ListAccounts", "Accounts") == set(one["joined"])
        for node in one["hangs"]:
            for kind in (SCP, RCP):
                hanging = self.model.hanging(key, node, kind)
                to = {"TargetId": node, "Filter": kind}
                assert ids("ListPoliciesForTarget", "Policies", **to) == hanging
            if node in parents:
                assert ids("ListParents", "Parents", ChildId=node) == {parents[node]}
            if node.isdigit():
                continue
            below = {each for each in parents if parents[each] == node}
            accounts = ids("ListAccountsForParent", "Accounts", ParentId=node)
            units = ids("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=node)
            assert accounts | units == below
        for policy in one["policies"]:
            hangs = {node for node, held in one["hangs"].items() if policy in held}
            targets = ids("ListTargetsForPolicy", "Targets", "TargetId", PolicyId=policy)
            assert targets == hangs


def differences(found: Any, wanted: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Give where two values differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in found | wanted:
            yield from differences(found.get(key), wanted.get(key), f"{place}.{key}")
    elif normal(found) != normal(wanted):
        yield place, found, wanted


def normal(value: Any) -> Any:
    """Write a list of one as that one, as policies may do."""
    if isinstance(value, dict):
        return {key: normal(one) for key, one in value.items()}
    if isinstance(value, list):
        return normal(value[0]) if len(value) == 1 else [normal(one) for one in value]
    return value


FORGIVES = ("bucket", "queue", "topic", "secret", "table", "event bus")
"""Kinds for which it is no mistake to take a policy away that is not there."""


LOOKED_AT = ("key", "secret", "table", "repository")
"""Kinds for which it is asked whether a policy would lock out whoever writes it."""


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Write tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def changed(held: dict[str, str], tags: dict[str, str], *, on: bool) -> dict[str, str]:
    """Give tags with some more, or without them."""
    return held | tags if on else {key: held[key] for key in held if key not in tags}


def set_switches(thing: Any, switches: tuple[bool, ...] | None) -> None:
    """Set the four switches of a bucket or an account, or take them away."""
    if switches is None:
        thing.delete_public_access_block()
        return
    names = ("block_public_acls", "ignore_public_acls", "block_public_policy")
    every = (*names, "restrict_public_buckets")
    thing.put_public_access_block(**dict(zip(every, switches, strict=True)))


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=settings().max_examples // 5, stateful_step_count=30)


WALKS, STEPS_OF_A_WALK = 24, 100
HOW_OFTEN = {
    "ConstraintViolationException": [
        *("organizations:DetachPolicy", "organizations:RemoveAccountFromOrganization"),
        "organizations:CreateOrganizationalUnit",
    ],
    "PolicyInUseException": ["organizations:DeletePolicy"],
    "PolicyTypeNotEnabledException": ["organizations:AttachPolicy"],
    "OrganizationalUnitNotEmptyException": ["organizations:DeleteOrganizationalUnit"],
    "AccessDenied": ["put a resource policy", "sqs:DeleteQueue", "s3:DeletePublicAccessBlock"],
    "DeleteConflict": ["DeleteUser", "DeleteRole"],
    "BucketAlreadyExists": ["make a resource"],
}
"""How operations that keep AWS's rules must be refused now and then."""

OFTEN = (
    *("attach", "attach", "detach", "create_policy", "update_policy", "put_policy", "act"),
    *("answer_invitation", "invite", "move", "delegate", "service_access", "change_instance"),
    *("rename_user", "delete_identity", "create_identity", "save_and_load", "copy", "anything"),
    *("act", "act", "tag_resource", "delete_resource_policy", "delete_resource", "make", "leave"),
    *("remove_account", "wait", "profile", "delegate", "delegate", "service_access", "revoke"),
    *("switch_key", "change_endpoint", "make_endpoint", "come_from", "create_unit"),
)
"""Steps that lead far, or that need a state to which few others lead."""


def walk(seed: int, steps: int) -> Machine:
    """Take some steps by plain chance, and look after each."""
    draw, machine = random.Random(seed), Machine()
    machine.start(rich=draw.random() < 0.7)
    for _ in range(steps):
        STEPS.take(machine, draw, OFTEN if draw.random() < 0.4 else ())
        for look in looks(machine):
            look()
    machine.teardown()
    return machine


def looks(machine: Machine) -> Iterator[Callable[[], None]]:
    """Give all that must hold after each step."""
    yield machine.the_world_is_what_the_model_says
    yield machine.the_world_hangs_together
    yield machine.levels_and_paths_follow_the_tree
    yield machine.nothing_else_is_changed
    yield machine.who_may_do_what_follows


def test_chance_walks_through_the_world() -> None:
    """Hypothesis finds the shortest failure; plain chance tries more, and misses no operation."""
    ended: Counter[tuple[str, str]] = Counter()
    for seed in range(WALKS):
        ended += walk(seed, STEPS_OF_A_WALK).ended

    operations = {operation for operation, _ in ended}
    assert operations == {operation for operation, how in ended if how == "done"}
    missed = [(each, how) for how in HOW_OFTEN for each in HOW_OFTEN[how] if not ended[each, how]]
    assert missed == []


def busy_world(seed: int) -> World:
    """A world with an organization, and with roles and profiles for what gets one."""
    machine = Machine(seed)
    machine.start(rich=True)
    main = machine.account(MAIN)
    for name, service in (("worker", "lambda"), ("web", "ec2")):
        document = trust({"Service": f"{service}.amazonaws.com"})
        main.create_role(name, assume_role_policy_document=document)
    main.create_instance_profile("web").add_role("web")
    main.create_instance_profile("empty")
    for kind, make in MAKERS.items():
        make(main, "abcd" if kind in FREE else "abc")
    ana = main.users["ana"]
    ana.put_policy("own", INLINE["all"])
    for key in main.resources.values():
        if isinstance(key, Key):
            key.create_grant(ana, ["Decrypt"], retiring_principal=ana)
    [organization] = machine.world.organizations.values()
    organization.invite_account(OUT).accept()
    organization.enable_aws_service_access(SERVICES_OF_AWS[0])
    organization.register_delegated_administrator(DEV, SERVICES_OF_AWS[0])
    organization.invite_account(RIVAL)
    return machine.world


def test_every_operation_can_succeed_and_what_fails_changes_nothing() -> None:
    """By methods, and by calls of users and roles who may do all, some, or nothing."""
    every = sorted(entries_of())
    missing, ended = set(every), Counter[str]()
    for seed in range(60):
        world = busy_world(seed)
        chance = WorldChance(seed, world)
        somebody = sorted(everybody(world.accounts.values()))
        callers = [*[None] * len(somebody), *somebody]
        for _ in range(400):
            among = sorted(missing) if missing and chance.draw.random() < 0.5 else every
            operation = chance.draw.choice(among)
            how = chance.outcome(operation, chance.draw.choice(callers))
            ended[how] += 1
            if how == "done":
                missing.discard(operation)
            if chance.draw.random() < 0.01:
                world.clock.advance(days=5)
        assert_whole(world)
        if not missing:
            break

    assert sorted(missing) == []
    assert ended["done"] > 1000
    assert min(ended["AccessDenied"], ended["AccessDeniedException"]) > 50


def test_the_same_calls_make_the_same_world() -> None:
    """Ids, times and events of organizations and resources included."""

    def made() -> Any:
        world = walk(3, 60).world
        return snapshot(world), [event.to_json() for event in world.events]

    assert made() == made()
