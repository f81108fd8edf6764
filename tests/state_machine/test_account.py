"""Whatever is done to an account, in whatever order, it stays what a few dicts and sets say.

Hypothesis draws the steps, good and bad ones mixed. Before each, the model says by AWS's rules how
it may fail; after it, account and model must be equal, and so must what users and roles may do.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidClientTokenId,
    InvalidInput,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
    PasswordPolicyViolation,
    PolicyNotAttachable,
    RequestError,
    ValidationError,
)
from iamlab.operations.api_models import python_name
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.parameters import as_tags
from iamlab.operations.registry import entries
from iamlab.world.account import Account
from tests.effort import is_thorough, tries
from tests.model.world_contents import plain, snapshot
from tests.operations.iam.random_calls import Chance, outcome
from tests.policy.documents import allow, deny, document, trust
from tests.state_machine.steps import BOTH, Fault, Stepping, Steps

Found = dict[str, Any] | None

ID, OTHER = "111111111111", "222222222222"
QUOTAS = {
    **dict.fromkeys(("Users", "Groups", "Roles", "InstanceProfiles", "Policies"), 2),
    **dict.fromkeys(("PoliciesPerGroup", "PoliciesPerRole", "GroupsPerUser"), 1),
    "PoliciesPerUser": 2,
    "VersionsPerPolicy": 2,
}
"""Small ones, so that they are reached; two access keys and one role a profile are AWS's own."""

# -- what is drawn ----------------------------------------------------------------------------

NAMES = (*"aaaaAbbbcc", "no good")
"""Mostly one that is there."""
AWS = "arn:aws:iam::aws:policy/"
SERVICE_ONLY = f"{AWS}aws-service-role/AutoScalingServiceRolePolicy"
OWN = tuple(f"arn:aws:iam::{ID}:policy/{name}" for name in "aaabbA")
NO_POLICY = f"{AWS}NoSuchPolicyOfAws"

GET, PUT, GROUP = "s3:GetObject", "s3:PutObject", "iam:CreateGroup"
QUESTIONS = {
    GET: "arn:aws:s3:::star-maps/m31",
    PUT: "arn:aws:s3:::star-maps/m31",
    GROUP: f"arn:aws:iam::{ID}:group/c",
}
OF_AWS = {f"{AWS}AmazonS3ReadOnlyAccess": {GET}, f"{AWS}PowerUserAccess": {GET, PUT}}
"""AWS's policies -> which of the questions they allow; they deny nothing."""

ALLOWED = {"get": {GET}, "s3": {GET, PUT}, "group": {GROUP}, "long": {GET}}
DENIED = {"no-put": {PUT}, "no-group": {GROUP}}
GOOD = {
    "get": document(allow("s3:GetObject")),
    "s3": document(allow("s3:*")),
    "group": document(allow("iam:CreateGroup")),
    "no-put": document(deny("s3:Put*")),
    "no-group": document(deny("iam:*Group")),
    "long": document(allow("s3:GetObject", ["*", *(f"arn:aws:s3:::{n:0>90}/" for n in range(18))])),
}
TRUSTS = {"ec2": trust({"Service": "ec2.amazonaws.com"}), "root": trust({"AWS": ID})}
TEXTS = {name: json.dumps(text) for name, text in (GOOD | TRUSTS).items()} | {"torn": "{"}
KNOWN = {text: name for name, text in TEXTS.items()}
ROOM = {"User": 2048, "Group": 5120, "Role": 10_240}
"""How long a user's, group's, role's inline policies may be, all together."""

AWS_POLICIES = (*OF_AWS, SERVICE_ONLY)
TAGGED = (
    *(("User", "a"), ("User", "A"), ("Role", "a"), ("Role", "b"), ("InstanceProfile", "a")),
    *(("Policy", arn) for arn in (OWN[0], AWS_POLICIES[0], NO_POLICY)),
)
STATUSES = ("Inactive", "Active", "Inactive", "Off")
ALIASES = ("sky-maps", "sky-maps", "star-maps", "taken", "No--good")
NEVER_DONE: tuple[tuple[str, dict[str, Any], type[Exception]], ...] = (
    ("MakeUser", {}, RequestError),
    ("CreateUser", {"Name": "d"}, RequestError),
    ("CreateUser", {"UserName": 5}, RequestError),
    ("CreateUser", {}, ValidationError),
    ("CreateUser", {"UserName": "d" * 65}, ValidationError),
    ("DeleteUser", {"UserName": "zoe"}, NoSuchEntity),
)
HINDERS = ("attached", "inline", "groups", "password", "keys", "roles")
"""What must be gone before a thing can be deleted."""

NEW: dict[str, Callable[[], dict[str, Any]]] = {
    "Group": lambda: {"path": "/", "attached": set(), "inline": {}},
    "Role": lambda: {**NEW["Group"](), "boundary": None, "tags": {}},
    "User": lambda: {**NEW["Role"](), "groups": set(), "keys": {}, "password": False},
    "InstanceProfile": lambda: {"tags": {}, "roles": set()},
}
"""What each kind of thing is at first."""

DEFAULTS = {
    "minimum_password_length": 6,
    **dict.fromkeys(("max_password_age", "password_reuse_prevention"), 0),
    **dict.fromkeys((f"require_{what}_characters" for what in ("lowercase", "uppercase")), False),
    **dict.fromkeys(("require_symbols", "require_numbers", "hard_expiry"), False),
    "allow_users_to_change_password": False,
}
"""What a password policy demands, if nothing else is said."""

ARNS = (*OWN, *AWS_POLICIES, *OF_AWS, NO_POLICY)
CEILINGS = (*OWN, *OF_AWS, NO_POLICY, SERVICE_ONLY)
DOCUMENTS = (*GOOD, *GOOD, "long", "long", "ec2", "torn")
TRUST_TEXTS = (*TRUSTS, *TRUSTS, "get", "torn")
PATHS = ("/", "/sky/", "/sky/maps/", "sky")
TAGS = ({"team": "sky"}, {"TEAM": "air"}, {"env": "x"}, {"team": "sea", "stage": "y"}, {})
PASSWORDS = ("Correct-Horse-1", "lowercase", "weak")
VERSIONS = ("v1", "v1", "v2", "v2", "v3", "v4", "latest")
DEMANDS: tuple[dict[str, Any], ...] = (
    {},
    {"MinimumPasswordLength": 12},
    {"MinimumPasswordLength": 6, "RequireNumbers": True},
    {"RequireNumbers": False, "MaxPasswordAge": 90},
    {"MinimumPasswordLength": 5},
    {"MaxPasswordAge": 1096},
)
STEPS = Steps()
step = STEPS.step


# -- two ways to do the same ------------------------------------------------------------------

KEY = {
    "User": "UserName",
    "Group": "GroupName",
    "Role": "RoleName",
    "InstanceProfile": "InstanceProfileName",
    "Policy": "PolicyArn",
}
"""Kind of thing -> the parameter that names it."""

PLURALS = {noun: "Policies" if noun == "Policy" else f"{noun}s" for noun in KEY}

MAKERS = {
    **{f"Create{noun}": f"create_{python_name(noun)}" for noun in KEY},
    "CreateAccountAlias": "create_alias",
    "DeleteAccountAlias": "delete_alias",
    "UpdateAccountPasswordPolicy": "update_password_policy",
    "DeleteAccountPasswordPolicy": "delete_password_policy",
}
"""Operation -> the account's method, whose parameters are named like the API's."""

METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "Update{}": lambda item, to: item.update(**{python_name(key): to[key] for key in to}),
    "Delete{}": lambda item, _: item.delete(),
    "Attach{}Policy": lambda item, to: item.attach_policy(to["PolicyArn"]),
    "Detach{}Policy": lambda item, to: item.detach_policy(to["PolicyArn"]),
    "Put{}Policy": lambda item, to: item.put_policy(to["PolicyName"], to["PolicyDocument"]),
    "Delete{}Policy": lambda item, to: item.delete_policy(to["PolicyName"]),
    "Put{}PermissionsBoundary": lambda item, to: item.put_permissions_boundary(
        to["PermissionsBoundary"]
    ),
    "Delete{}PermissionsBoundary": lambda item, _: item.delete_permissions_boundary(),
    "Tag{}": lambda item, to: item.tag(to["Tags"]),
    "Untag{}": lambda item, to: item.untag(to["TagKeys"]),
    "AddUserTo{}": lambda item, to: item.add_user(to["UserName"]),
    "RemoveUserFrom{}": lambda item, to: item.remove_user(to["UserName"]),
    "CreateAccessKey": lambda item, _: item.create_access_key(),
    "UpdateAccessKey": lambda item, to: AccessKey(item, to["AccessKeyId"]).update(to["Status"]),
    "DeleteAccessKey": lambda item, to: AccessKey(item, to["AccessKeyId"]).delete(),
    "CreateLoginProfile": lambda item, to: item.create_login_profile(to["Password"]),
    "UpdateLoginProfile": lambda item, to: item.update_login_profile(password=to["Password"]),
    "DeleteLoginProfile": lambda item, _: item.delete_login_profile(),
    "UpdateAssumeRolePolicy": lambda item, to: item.update_assume_role_policy(to["PolicyDocument"]),
    "AddRoleTo{}": lambda item, to: item.add_role(to["RoleName"]),
    "RemoveRoleFrom{}": lambda item, to: item.remove_role(to["RoleName"]),
    "CreatePolicyVersion": lambda item, to: item.create_version(
        to["PolicyDocument"], set_as_default=to["SetAsDefault"]
    ),
    "SetDefaultPolicyVersion": lambda item, to: item.set_default_version(to["VersionId"]),
    "DeletePolicyVersion": lambda item, to: item.delete_version(to["VersionId"]),
}
"""Operation -> the method of the thing that it is about."""


def named(what: str, noun: str, name: str) -> dict[str, str]:
    """Name a thing as the API does: a policy by its ARNS, once it is there."""
    if not noun:
        return {}
    return {"PolicyName" if (what, noun) == ("Create{}", "Policy") else KEY[noun]: name}


def do_by_call(account: Account, what: str, noun: str, name: str, to: dict[str, Any]) -> Any:
    """Do it as the root user, with the names of AWS's API."""
    arguments = named(what, noun, name) | to
    if "Tags" in arguments:
        arguments["Tags"] = as_tags(arguments["Tags"])
    return account.call(what.format(noun), account.root_arn, **arguments)


HELD = {"User": "users", "Group": "groups", "Role": "roles", "Policy": "policies"}


def do_by_method(account: Account, what: str, noun: str, name: str, to: dict[str, Any]) -> Any:
    """Do it as a notebook does."""
    maker = MAKERS.get(what.format(noun))
    if maker:
        arguments = named(what, noun, name) | to
        return getattr(account, maker)(**{python_name(key): arguments[key] for key in arguments})
    if noun != "InstanceProfile":
        return METHODS[what](getattr(account, HELD[noun])[name], to)
    found = do_by_call(account, "Get{}", noun, name, {})[noun]["InstanceProfileName"]
    return METHODS[what](account.instance_profiles[found], to)


# -- the account as dicts and sets ------------------------------------------------------------

Model = dict[str, dict[str, dict[str, Any]]]


def look_at(account: Account) -> Model:
    """Write an account as the model is written."""

    def common(item: Any) -> dict[str, Any]:
        inline = {name: KNOWN[policy.text] for name, policy in item.inline.items()}
        return {"path": item.path, "attached": set(item.attached), "inline": inline}

    def bounded(item: Any) -> dict[str, Any]:
        return {**common(item), "boundary": item.boundary, "tags": item.tags}

    def user(item: Any) -> dict[str, Any]:
        keys = {key: record.status for key, record in item.key_records.items()}
        password = item.login_profile is not None
        return {**bounded(item), "groups": set(item.groups), "keys": keys, "password": password}

    def policy(item: Any) -> dict[str, Any]:
        versions = {version: KNOWN[text.text] for version, text in item.versions.items()}
        return {"versions": versions, "default": item.default_version_id, "tags": item.tags}

    profiles = account.instance_profiles.items()
    return {
        "User": {name: user(item) for name, item in account.users.items()},
        "Group": {name: common(item) for name, item in account.groups.items()},
        "Role": {
            name: {**bounded(item), "trust": KNOWN[item.trust.text]}  # type: ignore[union-attr]
            for name, item in account.roles.items()
        },
        "InstanceProfile": {
            name: {"tags": item.tags, "roles": {role.name for role in item.roles}}
            for name, item in profiles
        },
        "Policy": {arn: policy(item) for arn, item in account.policies.items()},
    }


def is_no_name(name: str) -> Fault:
    """A name has letters, digits and a few signs."""
    return not re.fullmatch(r"[\w+=,.@-]{1,64}", name, re.ASCII), ValidationError


def is_no_path(path: str) -> Fault:
    """A path begins and ends with a slash."""
    return not (path.startswith("/") and path.endswith("/")), ValidationError


def is_refused(text: str, among: dict[str, Any]) -> Fault:
    """A document is refused that cannot be read, or is of the other kind."""
    return text not in among, MalformedPolicyDocument


def alike(noun: str) -> Callable[[str], str]:
    """Write keys of tags so that the same ones are equal: users and roles ignore their case."""
    return str.lower if noun in ("User", "Role") else str


class Machine(Stepping):
    """An account, the model of it, and copies that were taken on the way."""

    def __init__(self) -> None:
        super().__init__(World(seed=1))
        self.world.create_account("main", account_id=ID).quotas.update(QUOTAS)
        self.world.create_account("other", account_id=OTHER).create_alias("taken")
        self.other = plain(self.world.accounts[OTHER])
        self.model: Model = {noun: {} for noun in KEY}
        self.newest: dict[str, int] = {}  # of each policy, the highest version there was
        self.alias: str | None = None
        self.demands: dict[str, Any] | None = None  # of passwords
        self.copies: list[tuple[World, Any]] = []

    @property
    def account(self) -> Account:
        """The account that is driven."""
        return self.world.accounts[ID]

    def do(
        self, what: str, noun: str, name: str, to: dict[str, Any] | None = None, *faults: Fault
    ) -> bool:
        """Do an operation, and say whether it was done: it is, unless there is a fault."""
        do = do_by_method if self.by_method else do_by_call
        self.operation = what.format(noun)
        return self.ends_well(lambda: do(self.account, what, noun, name, to or {}), *faults)

    def key(self, noun: str, name: str) -> str | None:
        """Find a thing's name as it was given at first; ARNs are the same in one case only."""
        if noun == "Policy":
            return name if name in self.model[noun] else None
        return next((key for key in self.model[noun] if key.lower() == name.lower()), None)

    def find(self, noun: str, name: str) -> tuple[dict[str, Any], tuple[Fault, Fault]]:
        """Find a thing, with how a step may fail that names it."""
        key = self.key(noun, name)
        item: dict[str, Any] = {} if key is None else self.model[noun][key]
        own = name not in AWS_POLICIES
        misspelt = noun != "Policy" and is_no_name(name)[0]
        wrong = ValidationError if own else AccessDenied
        return item, ((key is None and own, NoSuchEntity), (misspelt or not own, wrong))

    def lacks(self, arn: str | None) -> Fault:
        """A policy must be there to be attached, or to be a boundary."""
        known = {None, *self.model["Policy"], *AWS_POLICIES}
        return arn not in known, NoSuchEntity

    # -- things come, change their names, and go ----------------------------------------------

    @initialize(by_method=st.booleans(), rich=st.booleans())
    def start(self, *, by_method: bool, rich: bool) -> None:
        """Begin with one thing of each kind, and perhaps with everything attached to it."""
        how, a = {"by_method": by_method}, {"name": "a", "by_method": by_method}
        mine, maps = OWN[0], f"{AWS}AmazonS3ReadOnlyAccess"
        self.create_policy(**a, text="s3")
        self.create_version(**how, arn=mine, text="get", default=False)
        self.create_role(**a, text="ec2", boundary=mine)
        self.create_instance_profile(**a)
        for noun in ("User", "Group"):
            self.create(**a, noun=noun, path="/")
        self.add_role(**a, role="a")
        if not rich:
            return
        self.create_alias(**how, alias="sky-maps")
        for noun in ("User", "Group"):
            self.create(**how, noun=noun, name="b", path="/")
        for noun, arn in (("User", mine), ("Group", maps), ("Role", maps)):
            self.attach(**a, noun=noun, arn=arn)
            self.put_inline(**a, noun=noun, policy="a", text="group")
        self.attach(**a, noun="User", arn=maps)
        self.put_boundary(**a, noun="User", arn=f"{AWS}PowerUserAccess")
        self.add_user(**a, user="a")
        self.create_key(**a)
        self.create_login_profile(**a, password="Correct-Horse-1")

    def make(self, noun: str, name: str, to: dict[str, Any], new: Found, *faults: Fault) -> None:
        """Make a thing, whose name must be free, and for which there must be room."""
        taken = self.key(noun, name) is not None
        full = len(self.model[noun]) >= QUOTAS[f"{noun}s"]
        every = (is_no_name(name), (taken, EntityAlreadyExists), (full, LimitExceeded), *faults)
        if self.do("Create{}", noun, name, to, *every):
            self.model[noun][name] = new or {}

    @step(noun=("User", "Group"), name=NAMES, path=PATHS)
    def create(self, noun: str, name: str, path: str) -> None:
        """Make a user or a group."""
        self.make(noun, name, {"Path": path}, NEW[noun]() | {"path": path}, is_no_path(path))

    @step(name=NAMES)
    def create_instance_profile(self, name: str) -> None:
        """Make an instance profile."""
        self.make("InstanceProfile", name, {}, NEW["InstanceProfile"]())

    @step(name=NAMES, text=TRUST_TEXTS, boundary=(None, *CEILINGS))
    def create_role(self, name: str, text: str, boundary: str | None) -> None:
        """Make a role."""
        to = {"AssumeRolePolicyDocument": TEXTS[text], "PermissionsBoundary": boundary}
        new = NEW["Role"]() | {"trust": text, "boundary": boundary}
        unfit = (boundary == SERVICE_ONLY, InvalidInput)
        self.make("Role", name, to, new, is_refused(text, TRUSTS), self.lacks(boundary), unfit)

    @step(noun=("User", "Group"), name=NAMES, new=NAMES, path=PATHS)
    def rename(self, noun: str, name: str, new: str, path: str) -> None:
        """Rename and move a user or a group: all that is attached to it comes along."""
        _, faults = self.find(noun, name)
        old, held = self.key(noun, name), self.model[noun]
        taken = self.key(noun, new) not in (None, old)
        every = (*faults, is_no_name(new), is_no_path(path), (taken, EntityAlreadyExists))
        if self.do("Update{}", noun, name, {f"New{KEY[noun]}": new, "NewPath": path}, *every):
            held[new] = held.pop(str(old)) | {"path": path}
            for user in self.model["User"].values() if noun == "Group" else ():
                user["groups"] = {new if group == old else group for group in user["groups"]}

    @step(noun=("User", "Group", "Role", "InstanceProfile"), name=NAMES)
    def delete(self, noun: str, name: str) -> None:
        """Delete what nothing is attached to; a boundary and tags go with it."""
        item, faults = self.find(noun, name)
        key = self.key(noun, name)
        left = any(item.get(what) for what in HINDERS)
        left |= noun == "Group" and any(key in user["groups"] for user in self.users())
        left |= noun == "Role" and any(key in profile["roles"] for profile in self.profiles())
        if self.do("Delete{}", noun, name, {}, *faults, (left, DeleteConflict)):
            del self.model[noun][str(key)]

    @step(noun=("User", "Group", "Role", "InstanceProfile"), name=NAMES)
    def clear_out(self, noun: str, name: str) -> None:
        """Delete a thing as the console does: first what is attached to it, piece by piece."""
        item, key, how = self.find(noun, name)[0], self.key(noun, name), {"by_method": True}
        profiles = self.model["InstanceProfile"].items()
        for _ in sorted(item.get("attached", ())):
            self.detach(**how, noun=noun, name=name, which=0)
        for policy in [*item.get("inline", ())]:
            self.delete_inline(**how, noun=noun, name=name, policy=policy)
        for group in sorted(item.get("groups", ())):
            self.remove_user(**how, name=group, user=name)
        for user in [each for each in self.model["User"] if noun == "Group"]:
            self.remove_user(**how, name=name, user=user)
        for profile, role in [(each, role) for each, held in profiles for role in held["roles"]]:
            if key == {"InstanceProfile": profile, "Role": role}.get(noun):
                self.remove_role(**how, name=profile, role=role)
        for number in range(5 if "keys" in item else 0):
            self.delete_key(**how, name=name, number=4 - number)
        if "password" in item:
            self.delete_login_profile(**how, name=name)
        self.delete(**how, noun=noun, name=name)

    def users(self) -> list[dict[str, Any]]:
        """All users."""
        return list(self.model["User"].values())

    def profiles(self) -> list[dict[str, Any]]:
        """All instance profiles."""
        return list(self.model["InstanceProfile"].values())

    # -- what is attached to them ---------------------------------------------------------------

    @step(noun=("User", "Group", "Role"), name=NAMES, arn=ARNS)
    def attach(self, noun: str, name: str, arn: str) -> None:
        """Attach a managed policy; one that is attached stays so."""
        item, faults = self.find(noun, name)
        held = item.get("attached", set())
        full = arn not in held and len(held) >= QUOTAS[f"PoliciesPer{noun}"]
        every = (*faults, self.lacks(arn), (full, LimitExceeded))
        every = (*every, (arn == SERVICE_ONLY, PolicyNotAttachable))
        if self.do("Attach{}Policy", noun, name, {"PolicyArn": arn}, *every):
            held.add(arn)

    @step(noun=("User", "Group", "Role"), name=NAMES, which=(0, 1, 2))
    def detach(self, noun: str, name: str, which: int) -> None:
        """Detach a managed policy that is attached."""
        item, faults = self.find(noun, name)
        held = item.get("attached", set())
        arn = [*sorted(held), OWN[-1], NO_POLICY, SERVICE_ONLY][which]
        every = (*faults, (arn not in held, NoSuchEntity))
        if self.do("Detach{}Policy", noun, name, {"PolicyArn": arn}, *every):
            held.remove(arn)

    @step(noun=("User", "Group", "Role"), name=NAMES, policy=NAMES, text=DOCUMENTS)
    def put_inline(self, noun: str, name: str, policy: str, text: str) -> None:
        """Write an inline policy, as long as there is room for all of them together."""
        item, faults = self.find(noun, name)
        held = item.get("inline", {})
        after = [*(held[other] for other in held if other != policy), text]
        full = sum(len(re.sub(r"\s", "", TEXTS[each])) for each in after) > ROOM[noun]
        to = {"PolicyName": policy, "PolicyDocument": TEXTS[text]}
        every = (*faults, is_no_name(policy), is_refused(text, GOOD), (full, LimitExceeded))
        if self.do("Put{}Policy", noun, name, to, *every):
            held[policy] = text

    @step(noun=("User", "Group", "Role"), name=NAMES, policy=NAMES)
    def delete_inline(self, noun: str, name: str, policy: str) -> None:
        """Delete an inline policy."""
        item, faults = self.find(noun, name)
        held = item.get("inline", {})
        every = (*faults, is_no_name(policy), (policy not in held, NoSuchEntity))
        if self.do("Delete{}Policy", noun, name, {"PolicyName": policy}, *every):
            del held[policy]

    @step(noun=("User", "Role"), name=NAMES, arn=CEILINGS)
    def put_boundary(self, noun: str, name: str, arn: str) -> None:
        """Set a ceiling, in place of any that there was."""
        item, faults = self.find(noun, name)
        to = {"PermissionsBoundary": arn}
        unfit = (arn == SERVICE_ONLY, PolicyNotAttachable)
        if self.do("Put{}PermissionsBoundary", noun, name, to, *faults, self.lacks(arn), unfit):
            item["boundary"] = arn

    @step(noun=("User", "Role"), name=NAMES)
    def delete_boundary(self, noun: str, name: str) -> None:
        """Take the ceiling away."""
        item, faults = self.find(noun, name)
        none = (item.get("boundary") is None, NoSuchEntity)
        if self.do("Delete{}PermissionsBoundary", noun, name, {}, *faults, none):
            item["boundary"] = None

    @step(thing=TAGGED, tags=TAGS)
    def tag(self, thing: tuple[str, str], tags: dict[str, str]) -> None:
        """Set tags; a key of users and roles is known in any letter case."""
        same, (item, faults) = alike(thing[0]), self.find(*thing)
        if self.do("Tag{}", *thing, {"Tags": tags}, *faults):
            known = {same(key): key for key in item["tags"]}
            item["tags"] |= {known.get(same(key), key): value for key, value in tags.items()}

    @step(thing=TAGGED, tags=TAGS)
    def untag(self, thing: tuple[str, str], tags: dict[str, str]) -> None:
        """Take tags away; what is not there is no fault."""
        same, (item, faults) = alike(thing[0]), self.find(*thing)
        if self.do("Untag{}", *thing, {"TagKeys": list(tags)}, *faults):
            gone = {same(key) for key in tags}
            item["tags"] = {key: item["tags"][key] for key in item["tags"] if same(key) not in gone}

    @step(name=NAMES, user=NAMES)
    def add_user(self, name: str, user: str) -> None:
        """Make a user a member; who is one stays one."""
        _, faults = self.find("Group", name)
        item, more = self.find("User", user)
        held, group = item.get("groups", set()), self.key("Group", name)
        full = group not in held and len(held) >= QUOTAS["GroupsPerUser"]
        every = (*faults, *more, (full, LimitExceeded))
        if self.do("AddUserTo{}", "Group", name, {"UserName": user}, *every):
            held.add(group)

    @step(name=NAMES, user=NAMES)
    def remove_user(self, name: str, user: str) -> None:
        """End a membership; without a membership, nothing changes."""
        _, faults = self.find("Group", name)
        item, more = self.find("User", user)
        held, group = item.get("groups", set()), self.key("Group", name)
        if self.do("RemoveUserFrom{}", "Group", name, {"UserName": user}, *faults, *more):
            held.discard(group)

    @step(name=NAMES, role=NAMES)
    def add_role(self, name: str, role: str) -> None:
        """Put a role into a profile that is empty."""
        item, faults = self.find("InstanceProfile", name)
        _, more = self.find("Role", role)
        every = (*faults, *more, (bool(item.get("roles")), LimitExceeded))
        if self.do("AddRoleTo{}", "InstanceProfile", name, {"RoleName": role}, *every):
            item["roles"].add(self.key("Role", role))

    @step(name=NAMES, role=NAMES)
    def remove_role(self, name: str, role: str) -> None:
        """Take a role out of a profile."""
        item, faults = self.find("InstanceProfile", name)
        _, more = self.find("Role", role)
        key = self.key("Role", role)
        every = (*faults, *more, (key not in item.get("roles", ()), NoSuchEntity))
        if self.do("RemoveRoleFrom{}", "InstanceProfile", name, {"RoleName": role}, *every):
            item["roles"].remove(key)

    @step(name=NAMES, text=TRUST_TEXTS)
    def update_trust(self, name: str, text: str) -> None:
        """Replace a role's trust policy."""
        item, faults = self.find("Role", name)
        to = {"PolicyDocument": TEXTS[text]}
        if self.do("UpdateAssumeRolePolicy", "Role", name, to, *faults, is_refused(text, TRUSTS)):
            item["trust"] = text

    # -- managed policies ---------------------------------------------------------------------

    @step(name=NAMES, text=DOCUMENTS)
    def create_policy(self, name: str, text: str) -> None:
        """Make a policy; like all names, its own is free or taken whatever its letter case."""
        arn, held = f"arn:aws:iam::{ID}:policy/{name}", self.model["Policy"]
        every = (
            is_no_name(name),
            is_refused(text, GOOD),
            (any(arn.lower() == other.lower() for other in held), EntityAlreadyExists),
            (len(held) >= QUOTAS["Policies"], LimitExceeded),
        )
        if self.do("Create{}", "Policy", name, {"PolicyDocument": TEXTS[text]}, *every):
            held[arn] = {"versions": {"v1": text}, "default": "v1", "tags": {}}
            self.newest[arn] = 1

    @step(arn=ARNS, text=DOCUMENTS, default=BOTH)
    def create_version(self, arn: str, text: str, *, default: bool) -> None:
        """Add a version, whose number there never was."""
        item, faults = self.find("Policy", arn)
        full = len(item.get("versions", ())) >= QUOTAS["VersionsPerPolicy"]
        to = {"PolicyDocument": TEXTS[text], "SetAsDefault": default}
        every = (*faults, is_refused(text, GOOD), (full, LimitExceeded))
        if self.do("CreatePolicyVersion", "Policy", arn, to, *every):
            self.newest[arn] += 1
            version = f"v{self.newest[arn]}"
            item["versions"][version] = text
            item["default"] = version if default else item["default"]

    @step(arn=ARNS, version=VERSIONS)
    def set_default(self, arn: str, version: str) -> None:
        """Let another version apply."""
        item, faults = self.find("Policy", arn)
        every = (*faults, *self.is_no_version(item, version))
        if self.do("SetDefaultPolicyVersion", "Policy", arn, {"VersionId": version}, *every):
            item["default"] = version

    @step(arn=ARNS, version=VERSIONS)
    def delete_version(self, arn: str, version: str) -> None:
        """Delete a version that is not the default."""
        item, faults = self.find("Policy", arn)
        applies = (version == item.get("default"), DeleteConflict)
        every = (*faults, *self.is_no_version(item, version), applies)
        if self.do("DeletePolicyVersion", "Policy", arn, {"VersionId": version}, *every):
            del item["versions"][version]

    @staticmethod
    def is_no_version(item: dict[str, Any], version: str) -> tuple[Fault, Fault]:
        """A version is a number, and there."""
        there = version in item.get("versions", ())
        return (not there, NoSuchEntity), (version == "latest", ValidationError)

    @step(arn=ARNS)
    def delete_policy(self, arn: str) -> None:
        """Delete a policy that nobody has, and that has one version only."""
        item, faults = self.find("Policy", arn)
        every = [item for noun in ("User", "Group", "Role") for item in self.model[noun].values()]
        used = any(arn in other["attached"] or arn == other.get("boundary") for other in every)
        left = used or len(item.get("versions", ())) > 1
        if self.do("Delete{}", "Policy", arn, {}, *faults, (left, DeleteConflict)):
            del self.model["Policy"][arn]

    @step(arn=ARNS)
    def clear_out_policy(self, arn: str) -> None:
        """Delete a policy as the console does: first take it off, and delete its versions."""
        item, how = self.find("Policy", arn)[0], {"by_method": False}
        for noun in ("User", "Group", "Role"):
            for name, other in self.model[noun].items():
                if arn in other["attached"]:
                    which = sorted(other["attached"]).index(arn)
                    self.detach(**how, noun=noun, name=name, which=which)
                if other.get("boundary") == arn:
                    self.delete_boundary(**how, noun=noun, name=name)
        for version in [*item.get("versions", ())]:
            self.delete_version(**how, arn=arn, version=version)
        self.delete_policy(**how, arn=arn)

    # -- credentials --------------------------------------------------------------------------

    @step(name=NAMES)
    def create_key(self, name: str) -> None:
        """Make an access key; inactive ones count too."""
        item, faults = self.find("User", name)
        full = len(item.get("keys", ())) >= 2
        if self.do("CreateAccessKey", "User", name, {}, *faults, (full, LimitExceeded)):
            made = self.answer if self.by_method else self.answer["AccessKey"]
            item["keys"][made.access_key_id if self.by_method else made["AccessKeyId"]] = "Active"

    def some_key(self, number: int) -> str:
        """Choose the id of a key, whosever it is, or nobody's."""
        every = [key for user in self.users() for key in user["keys"]]
        return [*every, "AKIANOBODYS0EXAMPLE"][number % (len(every) + 1)]

    @step(name=NAMES, number=(0, 1, 2, 3, 4), status=STATUSES)
    def update_key(self, name: str, number: int, status: str) -> None:
        """Switch a key off or on, named with the user who has it."""
        item, faults = self.find("User", name)
        key, wrong = self.some_key(number), (status == "Off", ValidationError)
        to, none = {"AccessKeyId": key, "Status": status}, key not in item.get("keys", ())
        if self.do("UpdateAccessKey", "User", name, to, *faults, wrong, (none, NoSuchEntity)):
            item["keys"][key] = status

    @step(name=NAMES, number=(0, 1, 2, 3, 4))
    def delete_key(self, name: str, number: int) -> None:
        """Delete a key."""
        item, faults = self.find("User", name)
        key = self.some_key(number)
        none = (key not in item.get("keys", ()), NoSuchEntity)
        if self.do("DeleteAccessKey", "User", name, {"AccessKeyId": key}, *faults, none):
            del item["keys"][key]

    def is_weak(self, password: str) -> Fault:
        """The account's demands count; or, if it makes none, AWS's own."""
        classes = sum(bool(re.search(each, password)) for each in ("[a-z]", "[A-Z]", "[0-9]", "-"))
        if self.demands is None:
            return len(password) < 8 or classes < 3, PasswordPolicyViolation
        short = len(password) < self.demands.get("MinimumPasswordLength", 6)
        numbered = re.search("[0-9]", password) or not self.demands.get("RequireNumbers")
        return short or not numbered, PasswordPolicyViolation

    @step(name=NAMES, password=PASSWORDS)
    def create_login_profile(self, name: str, password: str) -> None:
        """Return a user a password."""
        item, faults = self.find("User", name)
        every = (
            *faults,
            (item.get("password", False), EntityAlreadyExists),
            self.is_weak(password),
        )
        if self.do("CreateLoginProfile", "User", name, {"Password": password}, *every):
            item["password"] = True

    @step(name=NAMES, password=PASSWORDS)
    def update_login_profile(self, name: str, password: str) -> None:
        """Return a user another password."""
        item, faults = self.find("User", name)
        every = (*faults, (not item.get("password"), NoSuchEntity), self.is_weak(password))
        self.do("UpdateLoginProfile", "User", name, {"Password": password}, *every)

    @step(name=NAMES)
    def delete_login_profile(self, name: str) -> None:
        """Take a user's password away."""
        item, faults = self.find("User", name)
        none = (not item.get("password"), NoSuchEntity)
        if self.do("DeleteLoginProfile", "User", name, {}, *faults, none):
            item["password"] = False

    # -- the account itself -------------------------------------------------------------------

    @step(alias=ALIASES)
    def create_alias(self, alias: str) -> None:
        """Return the account an alias, which nobody may have."""
        wrong = (alias == "No--good", ValidationError)
        taken = (alias in ("taken", self.alias), EntityAlreadyExists)
        if self.do("CreateAccountAlias", "", "", {"AccountAlias": alias}, wrong, taken):
            self.alias = alias

    @step(alias=ALIASES)
    def delete_alias(self, alias: str) -> None:
        """Take the alias away."""
        wrong = (alias == "No--good", ValidationError)
        none = (alias != self.alias, NoSuchEntity)
        if self.do("DeleteAccountAlias", "", "", {"AccountAlias": alias}, wrong, none):
            self.alias = None

    @step(demands=DEMANDS)
    def update_password_policy(self, demands: dict[str, Any]) -> None:
        """Set all demands on passwords: what is not said falls back to its default."""
        short = demands.get("MinimumPasswordLength", 6) < 6
        wrong = (short or demands.get("MaxPasswordAge", 1) > 1095, ValidationError)
        if self.do("UpdateAccountPasswordPolicy", "", "", demands, wrong):
            self.demands = demands

    @step()
    def delete_password_policy(self) -> None:
        """Go back to AWS's own demands."""
        none = (self.demands is None, NoSuchEntity)
        if self.do("DeleteAccountPasswordPolicy", "", "", {}, none):
            self.demands = None

    @step(ask=NEVER_DONE)
    def ask_wrongly(self, ask: tuple[str, dict[str, Any], type[Exception]]) -> None:
        """Call what is not an operation, or an operation with what it does not take."""
        what, to, error = ask
        self.operation = "CreateUser"
        root = self.account.root_arn
        assert not self.ends_well(lambda: self.account.call(what, root, **to), (True, error))

    @step(user=NAMES, name=NAMES)
    def act(self, user: str, name: str) -> None:
        """Let a user make a group: only who may do so hears what else is wrong."""
        caller = self.key("User", user)
        if caller is None:
            return
        item, to = self.account.users[caller], {"GroupName": name}
        self.operation = "CreateGroup"
        if self.may("User", caller, GROUP):
            taken = (self.key("Group", name) is not None, EntityAlreadyExists)
            full = (len(self.model["Group"]) >= QUOTAS["Groups"], LimitExceeded)
            faults: tuple[Fault, ...] = (is_no_name(name), taken, full)
        else:
            wrong = is_no_name(name)
            faults = (wrong, (not wrong[0], AccessDenied))
        if self.ends_well(lambda: self.account.call("CreateGroup", item, **to), *faults):
            self.model["Group"][name] = NEW["Group"]()

    @step(operation=tuple(sorted(entries())), seed=tuple(range(100)))
    def anything(self, operation: str, seed: int) -> None:
        """Do any operation of the API, well or badly asked, in a copy: whole, or not at all.

        So each of them is tried wherever the machine has come to. The model knows only those that
        have a rule of their own.
        """
        account = self.world.copy().accounts[ID]
        outcome(account, operation, Chance(seed, account).parameters(operation))

    # -- what must hold after every step ------------------------------------------------------

    @step(go_on=BOTH)
    def copy(self, *, go_on: bool) -> None:
        """Take a copy, and go on with it or with what it was taken of."""
        twin = self.world.copy()
        kept, self.world = (self.world, twin) if go_on else (twin, self.world)
        assert snapshot(kept) == snapshot(self.world)
        self.copies = [(kept, snapshot(kept)), *self.copies[:1]]

    @invariant()
    def the_account_is_what_the_model_says(self) -> None:
        """Things, what is attached to them, and what the account settles."""
        account = self.account
        assert look_at(account) == self.model
        assert account.alias == self.alias
        policy = account.password_policy
        request = {python_name(name): value for name, value in (self.demands or {}).items()}
        assert (policy is None) == (self.demands is None)
        assert policy is None or asdict(policy) == DEFAULTS | request

    @invariant()
    def nothing_else_is_changed(self) -> None:
        """Copies stay as they were taken, and so does another account."""
        for world, taken in self.copies:
            assert snapshot(world) == taken
        assert plain(self.world.accounts[OTHER]) == self.other

    @invariant()
    def who_may_do_what_follows(self) -> None:
        """Users and roles may do what the model says; an inactive key may do nothing."""
        for noun, held in (("User", self.account.users), ("Role", self.account.roles)):
            for name, item in held.items():
                for question, resource in QUESTIONS.items():
                    found = bool(self.world.can(item, question, resource))
                    assert found == self.may(noun, name, question), (noun, name, question)
        for name, user in self.account.users.items():
            for key, status in self.model["User"][name]["keys"].items():
                self.key_is_as_good_as_its_user(user, key, active=status == "Active")

    def key_is_as_good_as_its_user(self, user: Any, key: str, *, active: bool) -> None:
        """Ask with an access key."""
        try:
            found = bool(self.world.can(AccessKey(user, key), GET, QUESTIONS[GET]))
        except InvalidClientTokenId:
            assert not active
        else:
            assert active
            assert found == self.may("User", user.name, GET)

    def may(self, noun: str, name: str, question: str) -> bool:
        """Return whether something allows it, nothing denies it, and the boundary allows it too."""
        item = self.model[noun][name]
        from_whom = [item, *(self.model["Group"][group] for group in item.get("groups", ()))]
        own = [self.effect(each) for has in from_whom for each in policies_of(has)]
        ceiling = [self.effect(item["boundary"])] if item["boundary"] else []
        return (
            any(question in allowed for allowed, _ in own)
            and all(question in allowed for allowed, _ in ceiling)
            and not any(question in denied for _, denied in own + ceiling)
        )

    def effect(self, policy: str) -> tuple[set[str], set[str]]:
        """Return what a policy allows and denies, by the name of a document or an ARN."""
        found = self.model["Policy"].get(policy)
        text = found["versions"][found["default"]] if found else policy
        return (OF_AWS | ALLOWED).get(text, set()), DENIED.get(text, set())

    def teardown(self) -> None:
        """At the end, the API's own lists and numbers say the same."""
        ask = self.account.call
        root = self.account.root_arn
        numbers = ask("GetAccountSummary", root)["SummaryMap"]
        for noun, plural in PLURALS.items():
            assert numbers[plural] == len(self.model[noun])
        for name, user in self.model["User"].items():
            groups = ask("ListGroupsForUser", root, UserName=name)["Groups"]
            keys = ask("ListAccessKeys", root, UserName=name)["AccessKeyMetadata"]
            tags = ask("ListUserTags", root, UserName=name)["Tags"]
            assert {item["GroupName"] for item in groups} == user["groups"]
            assert {key["AccessKeyId"]: key["Status"] for key in keys} == user["keys"]
            assert tags == as_tags(user["tags"])
        for name, group in self.model["Group"].items():
            attached = ask("ListAttachedGroupPolicies", root, GroupName=name)["AttachedPolicies"]
            assert {item["PolicyArn"] for item in attached} == group["attached"]
            assert ask("ListGroupPolicies", root, GroupName=name)["PolicyNames"] == [
                *group["inline"]
            ]


def policies_of(item: dict[str, Any]) -> list[str]:
    """List the policies that are attached to an identity itself."""
    return [*item["attached"], *item["inline"].values()]


OFTEN = {
    "DeleteConflict": [f"Delete{noun}" for noun in (*KEY, "PolicyVersion")],
    "EntityAlreadyExists": [
        *(f"Create{noun}" for noun in (*KEY, "AccountAlias", "LoginProfile")),
        *("UpdateUser", "UpdateGroup"),
    ],
    "LimitExceeded": [
        *(f"Create{noun}" for noun in (*KEY, "PolicyVersion", "AccessKey")),
        *(f"Attach{noun}Policy" for noun in ROOM),
        *("PutUserPolicy", "AddUserToGroup", "AddRoleToInstanceProfile"),
    ],
}
"""How operations that keep AWS's rules must be refused now and then."""

WALKS = tries(270)
"""So many at least; in ``make test-all`` up to twice as many, until all has come to pass."""
TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=tries(12), stateful_step_count=40)


@pytest.mark.chance
def test_chance_reaches_everything() -> None:
    """Hypothesis finds the shortest failure; plain chance tries more, and misses no operation."""
    ended: Counter[tuple[str, str]] = Counter()
    for seed in range(2 * WALKS):
        if seed >= WALKS and not (is_thorough() and missed(ended)):
            break
        draw, machine = random.Random(seed), Machine()
        machine.start(by_method=draw.choice(BOTH), rich=draw.choice(BOTH))
        for _ in range(40):
            STEPS.take(machine, draw)
            machine.the_account_is_what_the_model_says()
            machine.nothing_else_is_changed()
            machine.who_may_do_what_follows()
        machine.teardown()
        ended += machine.ended

    assert not is_thorough() or missed(ended) == []


def missed(ended: Counter[tuple[str, str]]) -> list[Any]:
    """List what never ended well, and what was never refused as it must be now and then."""
    never = {each for each, _ in ended} - {each for each, how in ended if how == "done"}
    return [*never, *((each, how) for how in OFTEN for each in OFTEN[how] if not ended[each, how])]
