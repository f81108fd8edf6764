"""The own ways: each is there when its row says so, keeps its promise, and is gone when guarded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.own_paths import Own
from tests.policy.documents import allow, deny, document

MAIN = "111111111111"
START = f"arn:aws:iam::{MAIN}"
DANA, ROLE, OTHER = f"{START}:user/dana", f"{START}:role/job", f"{START}:role/other"
MAP = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
LIMIT = f"{START}:policy/limit"
EVERYTHING = document(allow("*"))
MFA_DENIES = deny("s3:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}

Arrange = Callable[[Account], str]


def made() -> Account:
    """Make an account with a user, a group that he is in, and two roles."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    dana = main.create_user("dana")
    main.create_group("team").add_user(dana)
    by_account = document({**allow("sts:AssumeRole", None), "Principal": {"AWS": MAIN}})
    del by_account["Statement"][0]["Resource"]
    main.create_role("job", assume_role_policy_document=by_account)
    main.create_role("other", assume_role_policy_document=by_account)
    return main


def give(holder: Any, *statements: dict[str, Any], name: str = "rights") -> None:
    """Write an inline policy."""
    holder.put_policy(name, document(*statements))


def managed(main: Account, name: str, *statements: dict[str, Any]) -> str:
    """Make a managed policy, and give its ARN."""
    return main.create_policy(name, document(*statements)).arn


def user_may(*statements: dict[str, Any]) -> Arrange:
    """Let dana do something."""

    def arrange(main: Account) -> str:
        give(main.users["dana"], *statements)
        return DANA

    return arrange


def role_may(*statements: dict[str, Any]) -> Arrange:
    """Let a role do something."""

    def arrange(main: Account) -> str:
        give(main.roles["job"], *statements)
        return ROLE

    return arrange


def own_version(main: Account) -> str:
    """Dana may write versions of a policy of hers."""
    arn = managed(main, "own", allow("iam:CreatePolicyVersion", f"{START}:policy/own"))
    main.users["dana"].attach_policy(arn)
    return DANA


def groups_version(main: Account) -> str:
    """Dana may write versions of a policy of her group."""
    arn = managed(main, "own", allow("iam:CreatePolicyVersion", f"{START}:policy/own"))
    main.groups["team"].attach_policy(arn)
    return DANA


def roles_version(main: Account) -> str:
    """A role may write versions of a policy of its own."""
    arn = managed(main, "own", allow("iam:CreatePolicyVersion", f"{START}:policy/own"))
    main.roles["job"].attach_policy(arn)
    return ROLE


def full_version(main: Account) -> str:
    """There are five versions, and dana may delete one."""
    arn = managed(main, "own", allow(["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]))
    for _ in range(4):
        main.policies[arn].create_version(document(allow("s3:ListAllMyBuckets")))
    main.users["dana"].attach_policy(arn)
    return DANA


def older_version(main: Account) -> str:
    """The first version allowed all."""
    arn = managed(main, "own", allow("*"))
    less = document(allow("iam:SetDefaultPolicyVersion", f"{START}:policy/own"))
    main.policies[arn].create_version(less, set_as_default=True)
    main.users["dana"].attach_policy(arn)
    return DANA


def strong_group(main: Account) -> str:
    """There is a group of administrators."""
    main.create_group("admins").attach_policy("AdministratorAccess")
    give(main.users["dana"], allow("iam:AddUserToGroup", f"{START}:group/admins"))
    return DANA


def bounded(main: Account, holder: Any, action: str, resource: str = "*") -> None:
    """Put a boundary that allows all of IAM and STS above somebody who may one thing and S3."""
    arn = managed(main, "limit", allow(["iam:*", "sts:*"]))
    holder.put_permissions_boundary(arn)
    give(holder, allow(action, resource), allow("s3:*"))


def own_boundary(action: str) -> Arrange:
    """Dana is under a boundary about which she may do something."""

    def arrange(main: Account) -> str:
        bounded(main, main.users["dana"], action)
        return DANA

    return arrange


def roles_own_boundary(action: str) -> Arrange:
    """A role is under a boundary about which it may do something itself."""

    def arrange(main: Account) -> str:
        bounded(main, main.roles["job"], action)
        return ROLE

    return arrange


def others_boundary(action: str, resource: str = OTHER) -> Arrange:
    """A role that dana takes is under a boundary about which she may do something."""

    def arrange(main: Account) -> str:
        bounded(main, main.roles["other"], "s3:ListAllMyBuckets")
        give(main.users["dana"], allow("sts:AssumeRole", OTHER), allow(action, resource))
        return DANA

    return arrange


def inline_deny(main: Account) -> str:
    """An inline policy of dana's denies S3."""
    give(main.users["dana"], allow("s3:*"), allow("iam:DeleteUserPolicy", DANA))
    give(main.users["dana"], deny("s3:*"), name="not-s3")
    return DANA


def attached_deny(main: Account) -> str:
    """A managed policy of dana's denies S3."""
    give(main.users["dana"], allow("s3:*"), allow("iam:DetachUserPolicy", DANA))
    main.users["dana"].attach_policy(managed(main, "not-s3", deny("s3:*")))
    return DANA


def role_deny(main: Account) -> str:
    """An inline policy of a role denies S3."""
    give(main.roles["job"], allow("s3:*"), allow("iam:DeleteRolePolicy", ROLE))
    give(main.roles["job"], deny("s3:*"), name="not-s3")
    return ROLE


def groups_deny(action: str) -> Arrange:
    """Policies of dana's group deny S3."""

    def arrange(main: Account) -> str:
        give(main.users["dana"], allow("s3:*"), allow(action))
        if action == "iam:DetachGroupPolicy":
            main.groups["team"].attach_policy(managed(main, "not-s3", deny("s3:*")))
        else:
            give(main.groups["team"], deny("s3:*"), name="not-s3")
        return DANA

    return arrange


def new_device(main: Account) -> str:
    """Dana may register a device, and S3 asks for MFA."""
    own = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"]
    give(main.users["dana"], allow(own), allow("s3:*"), MFA_DENIES)
    return DANA


def old_device(main: Account) -> str:
    """Dana has a device."""
    dana = main.users["dana"]
    dana.create_virtual_mfa_device("phone").enable(dana)
    give(dana, allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    return DANA


def own_tag(main: Account) -> str:
    """S3 is for a team, and dana says in which she is."""
    give(main.users["dana"], allow("iam:TagUser", DANA), allow("s3:*", Condition=TEAM))
    return DANA


def denied_without_tag(main: Account) -> str:
    """S3 is denied to those of no team."""
    without = {"StringNotEquals": {"aws:PrincipalTag/team": "sky"}}
    give(main.users["dana"], allow(["iam:TagUser", "s3:*"]), deny("s3:*", Condition=without))
    return DANA


def in_quarantine(main: Account) -> str:
    """S3 is denied to those in quarantine, among them dana."""
    closed = {"StringEquals": {"aws:PrincipalTag/quarantine": "yes"}}
    main.users["dana"].tag({"quarantine": "yes"})
    give(main.users["dana"], allow(["iam:TagUser", "s3:*"]), deny("s3:*", Condition=closed))
    return DANA


def buckets_tag(main: Account) -> str:
    """The bucket's policy asks for the team."""
    bucket = main.create_bucket("star-maps")
    about = allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Condition=TEAM)
    bucket.put_policy(document({**about, "Principal": {"AWS": DANA}}))
    give(main.users["dana"], allow("iam:TagUser", DANA))
    return DANA


def roles_own_tag(main: Account) -> str:
    """A role says itself in which team it is."""
    give(main.roles["job"], allow("iam:TagRole", ROLE), allow("s3:*", Condition=TEAM))
    return ROLE


def others_tag(main: Account) -> str:
    """Dana says in which team a role is that she takes."""
    give(main.roles["other"], allow("s3:*", Condition=TEAM))
    give(main.users["dana"], allow("iam:TagRole", OTHER), allow("sts:AssumeRole", OTHER))
    return DANA


def sessions_tag(main: Account) -> str:
    """Dana says in which team her session of a role is."""
    give(main.roles["other"], allow("s3:*", Condition=TEAM))
    lets = allow(["sts:AssumeRole", "sts:TagSession"], None, Principal={"AWS": MAIN})
    del lets["Resource"]
    main.roles["other"].update_assume_role_policy(document(lets))
    give(main.users["dana"], allow(["sts:AssumeRole", "sts:TagSession"], OTHER))
    return DANA


@dataclass(frozen=True)
class Row:
    """A way, a world in which somebody has it, and the permissions without which he has it not."""

    number: int
    arrange: Arrange
    without: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number}-{getattr(self.arrange, '__name__', '')}"


PUT_BOUNDARY = ("iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary")
ROWS = (
    Row(1, own_version, ("iam:CreatePolicyVersion",)),
    Row(1, groups_version, ("iam:CreatePolicyVersion",)),
    Row(1, roles_version, ("iam:CreatePolicyVersion",)),
    Row(1, full_version, ("iam:CreatePolicyVersion",)),
    Row(1, full_version, ("iam:DeletePolicyVersion",)),
    Row(2, older_version, ("iam:SetDefaultPolicyVersion",)),
    Row(3, user_may(allow("iam:AttachUserPolicy", DANA)), ("iam:AttachUserPolicy",)),
    Row(
        4,
        user_may(allow("iam:AttachGroupPolicy", f"{START}:group/team")),
        ("iam:AttachGroupPolicy",),
    ),
    Row(5, role_may(allow("iam:AttachRolePolicy", ROLE)), ("iam:AttachRolePolicy",)),
    Row(6, user_may(allow("iam:PutUserPolicy", DANA)), ("iam:PutUserPolicy",)),
    Row(7, user_may(allow("iam:PutGroupPolicy", f"{START}:group/team")), ("iam:PutGroupPolicy",)),
    Row(8, role_may(allow("iam:PutRolePolicy", ROLE)), ("iam:PutRolePolicy",)),
    Row(9, strong_group, ("iam:AddUserToGroup",)),
    Row(
        23,
        own_boundary("iam:DeleteUserPermissionsBoundary"),
        ("iam:DeleteUserPermissionsBoundary",),
    ),
    Row(
        24,
        others_boundary("iam:DeleteRolePermissionsBoundary"),
        ("iam:DeleteRolePermissionsBoundary",),
    ),
    Row(24, others_boundary("iam:DeleteRolePermissionsBoundary"), ("sts:AssumeRole",)),
    Row(
        24,
        roles_own_boundary("iam:DeleteRolePermissionsBoundary"),
        ("iam:DeleteRolePermissionsBoundary",),
    ),
    Row(25, own_boundary(PUT_BOUNDARY[0]), PUT_BOUNDARY),
    Row(25, roles_own_boundary(PUT_BOUNDARY[1]), PUT_BOUNDARY),
    Row(25, others_boundary(PUT_BOUNDARY[1]), PUT_BOUNDARY),
    Row(26, own_boundary("iam:CreatePolicyVersion"), ("iam:CreatePolicyVersion",)),
    Row(26, roles_own_boundary("iam:CreatePolicyVersion"), ("iam:CreatePolicyVersion",)),
    Row(26, others_boundary("iam:CreatePolicyVersion", LIMIT), ("iam:CreatePolicyVersion",)),
    Row(26, others_boundary("iam:CreatePolicyVersion", LIMIT), ("sts:AssumeRole",)),
    Row(27, inline_deny, ("iam:DeleteUserPolicy",)),
    Row(27, attached_deny, ("iam:DetachUserPolicy",)),
    Row(27, role_deny, ("iam:DeleteRolePolicy",)),
    Row(27, groups_deny("iam:DetachGroupPolicy"), ("iam:DetachGroupPolicy",)),
    Row(27, groups_deny("iam:DeleteGroupPolicy"), ("iam:DeleteGroupPolicy",)),
    Row(27, groups_deny("iam:RemoveUserFromGroup"), ("iam:RemoveUserFromGroup",)),
    Row(29, new_device, ("iam:CreateVirtualMFADevice",)),
    Row(29, new_device, ("iam:EnableMFADevice",)),
    Row(29, new_device, ("sts:GetSessionToken",)),
    Row(29, old_device, ("sts:GetSessionToken",)),
    Row(30, own_tag, ("iam:TagUser",)),
    Row(30, denied_without_tag, ("iam:TagUser",)),
    Row(30, in_quarantine, ("iam:TagUser",)),
    Row(30, buckets_tag, ("iam:TagUser",)),
    Row(30, roles_own_tag, ("iam:TagRole",)),
    Row(30, others_tag, ("iam:TagRole",)),
    Row(30, sessions_tag, ("sts:TagSession",)),
)
each_row = pytest.mark.parametrize("row", ROWS, ids=str)


def holder_of(main: Account, arn: str) -> Any:
    """Find the user or role of an ARN."""
    return main.users["dana"] if arn == DANA else main.roles[arn.rpartition("/")[2]]


def edges(main: Account, caller: Any, number: int) -> list[Any]:
    """Return the edges of a way."""
    own = Own(main.world)
    return own.edges(own.power(caller), number)


@each_row
def test_each_way_gives_what_its_edge_promises(row: Row) -> None:
    """Before, the map cannot be read; the replay is let do every call, and reads the map."""
    main = made()
    arn = row.arrange(main)
    assert not main.world.can(arn, *MAP)

    own = Own(main.world)
    found = own.edges(own.power(arn), row.number)
    paths = [own.reach.along(edge) for edge in found]

    assert any(own.promised(path.target, [MAP]) == [True] for path in paths)
    for path in paths:
        assert own.promised(path.target, [MAP]) == own.kept(path, [MAP]), str(path)
        assert {edge.way for edge in path.edges} == {METHODS[row.number]}


@each_row
def test_a_deny_of_what_it_takes_closes_each_way(row: Row) -> None:
    """An explicit deny in the caller's own policies."""
    main = made()
    arn = row.arrange(main)
    give(holder_of(main, arn), deny(list(row.without)), name="guard")

    assert not edges(main, arn, row.number)


@each_row
def test_an_scp_closes_each_way(row: Row) -> None:
    """It denies the account what the way takes."""
    main = made()
    arn = row.arrange(main)
    organization = main.world.create_organization(main.world.create_account("management"))
    organization.invite_account(main).accept()
    organization.create_policy("guard", document(deny(list(row.without)))).attach(main)

    assert not edges(main, arn, row.number)


@each_row
def test_a_boundary_closes_each_way(row: Row) -> None:
    """One that allows everything else."""
    main = made()
    arn = row.arrange(main)
    everything_else = {"Effect": "Allow", "NotAction": list(row.without), "Resource": "*"}
    boundary = managed(main, "boundary", everything_else)
    holder_of(main, arn).put_permissions_boundary(boundary)

    if row.without != ("sts:GetSessionToken",):  # which nobody needs a permission for
        assert not edges(main, arn, row.number)


@pytest.mark.parametrize("row", [row for row in ROWS if row.arrange(made()) == ROLE], ids=str)
def test_a_session_policy_closes_each_way_of_a_session(row: Row) -> None:
    """And stays, whatever is written to the role."""
    main = made()
    role = main.roles[row.arrange(main).rpartition("/")[2]]
    main.create_user("zoe").put_policy("take", document(allow("sts:AssumeRole")))

    def session(policy: dict[str, Any]) -> Session:
        return main.world.sts.assume_role(
            main.users["zoe"], role_arn=role, role_session_name="zoe", policy=policy
        )

    assert not edges(main, session(document(allow("s3:*"))), row.number)
    narrow = session(document(allow(["iam:*", "ec2:DescribeRegions"])))
    own = Own(main.world)
    found = own.edges(own.power(narrow), row.number)
    assert found
    for edge in found:
        path = own.reach.along(edge)
        probes = [MAP, ("ec2:DescribeRegions", "*"), ("iam:ListUsers", "*")]
        assert own.promised(edge.target, probes) == own.kept(path, probes)
        assert own.promised(edge.target, [MAP]) == [False]
