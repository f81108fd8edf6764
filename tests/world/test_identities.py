"""Users, groups, roles, policies and buckets: what changes counts at once; the rest is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import (
    AwsError,
    BucketAlreadyOwnedByYou,
    EntityAlreadyExists,
    IamLabError,
    MalformedPolicy,
    MalformedPolicyDocument,
    NoSuchEntity,
    RequestError,
    ValidationError,
)
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document, trust

ID, OTHER = "111111111111", "222222222222"
OBJECT = "arn:aws:s3:::star-maps/m31"
READ = document(allow("s3:GetObject"))
BY_ALICE = trust({"AWS": f"arn:aws:iam::{ID}:user/alice"})
AWS_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture
def world() -> World:
    """A world with one account, and a bucket in it."""
    world = World(seed=1)
    world.create_account("main", account_id=ID).create_bucket("star-maps")
    return world


@pytest.fixture
def main(world: World) -> Account:
    """The account."""
    return world.accounts[ID]


def reads(world: World, who: Any) -> str:
    """Ask whether somebody may read the map."""
    return world.can(who, "s3:GetObject", OBJECT).verdict.value


# -- changes count at once --------------------------------------------------------------------


def test_attaching_and_detaching_counts_at_once(world: World, main: Account) -> None:
    """A policy applies from the moment it is attached to the moment it is detached."""
    alice, policy = main.create_user("alice"), main.create_policy("read", READ)
    seen = [reads(world, alice)]
    for change in (alice.attach_policy, alice.attach_policy, alice.detach_policy):
        change(policy)
        seen.append(reads(world, alice))

    assert seen == ["implicitDeny", "allowed", "allowed", "implicitDeny"]


@pytest.mark.parametrize("form", ["AmazonS3ReadOnlyAccess", AWS_S3])
def test_an_aws_managed_policy_is_known_by_name_and_by_arn(
    form: str, world: World, main: Account
) -> None:
    """Both forms attach and detach the same policy."""
    alice = main.create_user("alice")

    alice.attach_policy(form)
    assert (reads(world, alice), alice.attached) == ("allowed", [AWS_S3])

    alice.detach_policy(form)
    assert (reads(world, alice), alice.attached) == ("implicitDeny", [])


def test_membership_counts_at_once(world: World, main: Account) -> None:
    """A user has the policies of a group as long as he is in it."""
    alice, group = main.create_user("alice"), main.create_group("readers")
    group.put_policy("read", READ)
    seen = [reads(world, alice)]
    group.add_user(alice)
    seen.append(reads(world, alice))
    assert [user.name for user in group.users] == ["alice"]

    group.remove_user("ALICE")

    assert [*seen, reads(world, alice)] == ["implicitDeny", "allowed", "implicitDeny"]
    assert group.users == []


def test_what_is_attached_to_a_group_later_reaches_its_members(world: World, main: Account) -> None:
    """Members need not be added again when the group changes."""
    alice, group = main.create_user("alice"), main.create_group("readers")
    group.add_user(alice)
    seen = []
    for name, text in (("read", READ), ("stop", document(deny("*")))):
        group.put_policy(name, text)
        seen.append(reads(world, alice))
    for name in ("stop", "read"):
        group.delete_policy(name)
        seen.append(reads(world, alice))

    assert seen == ["allowed", "explicitDeny", "allowed", "implicitDeny"]


def test_a_new_version_counts_when_it_is_the_default(world: World, main: Account) -> None:
    """CreatePolicyVersion changes nothing by itself; SetDefaultPolicyVersion does, and back."""
    alice, policy = main.create_user("alice"), main.create_policy("read", READ)
    alice.attach_policy(policy)
    seen = [reads(world, alice)]
    assert policy.create_version(document(deny("*"))) == "v2"
    seen.append(reads(world, alice))
    policy.set_default_version("v2")
    seen.append(reads(world, alice))
    policy.set_default_version("v1")
    seen.append(reads(world, alice))
    assert policy.create_version(document(deny("*")), set_as_default=True) == "v3"

    assert [*seen, reads(world, alice)] == [
        *("allowed", "allowed", "explicitDeny", "allowed", "explicitDeny")
    ]


def test_a_boundary_limits_and_never_grants(world: World, main: Account) -> None:
    """It cuts what the policies allow, and gives nothing to whoever has no policy."""
    main.create_policy("read", READ)
    main.create_policy("ec2", document(allow("ec2:*")))
    alice, role = (
        main.create_user("alice"),
        main.create_role("r", assume_role_policy_document=BY_ALICE),
    )
    for caller in (alice, role):
        caller.put_permissions_boundary("read")
        seen = [reads(world, caller)]
        caller.attach_policy("read")
        seen.append(reads(world, caller))
        caller.put_permissions_boundary("ec2")
        seen.append(reads(world, caller))
        caller.delete_permissions_boundary()
        assert [*seen, reads(world, caller)] == [
            "implicitDeny",
            "allowed",
            "implicitDeny",
            "allowed",
        ]


def test_a_bucket_policy_counts_at_once(world: World, main: Account) -> None:
    """PutBucketPolicy and DeleteBucketPolicy are seen by the next request."""
    alice, bucket = main.create_user("alice"), main.buckets["star-maps"]
    seen = [reads(world, alice)]
    for effect in (allow, deny):
        bucket.put_policy(
            document(effect("s3:GetObject", f"{bucket.arn}/*", Principal={"AWS": alice.arn}))
        )
        seen.append(reads(world, alice))
    bucket.delete_policy()

    assert [*seen, reads(world, alice)] == [
        *("implicitDeny", "allowed", "explicitDeny", "implicitDeny")
    ]


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_s3_saves_a_canonical_user_id_as_its_account(
    element: str, world: World, main: Account
) -> None:
    """What counts, and what is shown later, is the account."""
    partner, bucket = world.create_account("partner"), main.buckets["star-maps"]
    bucket.delete_public_access_block()  # the policy is open to everybody
    named = {"CanonicalUser": partner.canonical_user_id, "AWS": main.account_id}
    statement = allow("s3:GetObject", f"{bucket.arn}/*") | {element: named}
    plain = allow("s3:ListBucket", bucket.arn, Principal="*")
    bucket.put_policy(document(statement, plain))

    assert len(partner.canonical_user_id) == 64
    assert partner.canonical_user_id != main.canonical_user_id
    assert bucket.policy is not None
    saved = bucket.policy.to_dict()["Statement"]
    assert saved == [statement | {element: {"AWS": [partner.root_arn, main.account_id]}}, plain]


def test_a_new_trust_policy_counts_at_once(world: World, main: Account) -> None:
    """UpdateAssumeRolePolicy decides who may assume."""
    alice, bob = main.create_user("alice"), main.create_user("bob")
    role = main.create_role("r", assume_role_policy_document=BY_ALICE)
    ask = lambda: [bool(world.can(who, "sts:AssumeRole", role.arn)) for who in (alice, bob)]  # noqa: E731
    assert ask() == [True, False]

    role.update_assume_role_policy(trust({"AWS": bob.arn}))

    assert ask() == [False, True]


# -- AWS managed policies belong to AWS -------------------------------------------------------


@pytest.mark.parametrize("form", ["AmazonS3ReadOnlyAccess", AWS_S3])
def test_nobody_changes_an_aws_managed_policy(form: str, main: Account) -> None:
    """One world cannot rewrite what every world is handed."""
    policy = main.policies[form]
    before = (dict(policy.versions), policy.default_version_id)
    with pytest.raises(IamLabError):
        policy.create_version(document(allow("*")), set_as_default=True)

    fresh = World().create_account("other").policies[form]
    assert (dict(fresh.versions), fresh.default_version_id) == before


# -- AWS's refusals, in AWS's words -----------------------------------------------------------

A65, A129 = "a" * 65, "a" * 129
PATH = (
    "The specified value for path is invalid. It must begin and end with / and contain only "
    "alphanumeric characters and/or / characters."
)
INVALID = (
    "The specified value for {} is invalid. It must contain only alphanumeric characters and/or "
    "the following: +=,.@_-"
)
START = "1 validation error detected: Value"
UNKNOWN = "arn:aws:iam::111111111111:policy/none"
REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "no user": (
        lambda a: a.users["none"],
        NoSuchEntity,
        "The user with name none cannot be found.",
    ),
    "no role": (
        lambda a: a.roles["none"],
        NoSuchEntity,
        "The role with name none cannot be found.",
    ),
    "no group": (
        lambda a: a.groups["none"],
        NoSuchEntity,
        "The group with name none cannot be found.",
    ),
    "no policy": (
        lambda a: a.users["alice"].attach_policy(UNKNOWN),
        NoSuchEntity,
        f"Policy {UNKNOWN} does not exist or is not attachable.",
    ),
    "no such boundary": (
        lambda a: a.users["alice"].put_permissions_boundary(UNKNOWN),
        NoSuchEntity,
        f"Policy {UNKNOWN} does not exist or is not attachable.",
    ),
    "not attached": (
        lambda a: a.users["alice"].detach_policy(AWS_S3),
        NoSuchEntity,
        f"Policy {AWS_S3} was not found.",
    ),
    "no version": (
        lambda a: a.policies["read"].set_default_version("v9"),
        NoSuchEntity,
        f"Policy arn:aws:iam::{ID}:policy/read version v9 does not exist or is not attachable.",
    ),
    "no inline policy of a user": (
        lambda a: a.users["alice"].delete_policy("p"),
        NoSuchEntity,
        "The user policy with name p cannot be found.",
    ),
    "no inline policy of a group": (
        lambda a: a.groups["readers"].delete_policy("p"),
        NoSuchEntity,
        "The group policy with name p cannot be found.",
    ),
    "no inline policy of a role": (
        lambda a: a.roles["r"].delete_policy("p"),
        NoSuchEntity,
        "The role policy with name p cannot be found.",
    ),
    "user twice": (
        lambda a: a.create_user("alice"),
        EntityAlreadyExists,
        "User with name alice already exists.",
    ),
    "user twice, other case": (
        lambda a: a.create_user("ALICE"),
        EntityAlreadyExists,
        "User with name ALICE already exists.",
    ),
    "user twice, other path": (
        lambda a: a.create_user("alice", path="/x/"),
        EntityAlreadyExists,
        "User with name alice already exists.",
    ),
    "group twice": (
        lambda a: a.create_group("Readers"),
        EntityAlreadyExists,
        "Group with name Readers already exists.",
    ),
    "role twice": (
        lambda a: a.create_role("R", assume_role_policy_document=BY_ALICE),
        EntityAlreadyExists,
        "Role with name R already exists.",
    ),
    "policy twice": (
        lambda a: a.create_policy("READ", READ),
        EntityAlreadyExists,
        "A policy called READ already exists. Duplicate names are not allowed.",
    ),
    "space in a user's name": (
        lambda a: a.create_user("x y"),
        ValidationError,
        INVALID.format("userName"),
    ),
    "umlaut in a user's name": (
        lambda a: a.create_user("jürgen"),
        ValidationError,
        INVALID.format("userName"),
    ),
    "slash in a group's name": (
        lambda a: a.create_group("x/y"),
        ValidationError,
        INVALID.format("groupName"),
    ),
    "line break after a role's name": (
        lambda a: a.create_role("x\n", assume_role_policy_document=BY_ALICE),
        ValidationError,
        INVALID.format("roleName"),
    ),
    "long user's name": (
        lambda a: a.create_user(A65),
        ValidationError,
        (
            f"{START} at 'userName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        ),
    ),
    "long role's name": (
        lambda a: a.create_role(A65, assume_role_policy_document=BY_ALICE),
        ValidationError,
        (
            f"{START} at 'roleName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        ),
    ),
    "long policy's name": (
        lambda a: a.create_policy(A129, READ),
        ValidationError,
        (
            f"{START} at 'policyName' failed to satisfy constraint: "
            "Member must have length less than or equal to 128"
        ),
    ),
    "path without slashes": (lambda a: a.create_user("x", path="sky"), ValidationError, PATH),
    "path with a space": (lambda a: a.create_group("x", path="/s y/"), ValidationError, PATH),
    "empty path": (lambda a: a.create_user("x", path=""), ValidationError, PATH),
    "inline policy's name": (
        lambda a: a.users["alice"].put_policy("x y", READ),
        ValidationError,
        INVALID.format("policyName"),
    ),
    "no JSON": (
        lambda a: a.users["alice"].put_policy("p", "{"),
        MalformedPolicyDocument,
        "Syntax errors in policy.",
    ),
    "principal in an identity policy": (
        lambda a: a.create_policy("p", document(allow("s3:*", Principal="*"))),
        MalformedPolicyDocument,
        "Policy document should not specify a principal.",
    ),
    "bucket name taken": (
        lambda a: a.create_bucket("star-maps"),
        BucketAlreadyOwnedByYou,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
}


def _snapshot(world: World) -> tuple[Any, ...]:
    return (
        world.diff(World()),
        world.ids.made,
        {key: list(account.users) for key, account in world.accounts.items()},
    )


@pytest.fixture
def full(world: World, main: Account) -> World:
    """The world with one of each."""
    main.create_user("alice")
    main.create_group("readers")
    main.create_policy("read", READ)
    main.create_role("r", assume_role_policy_document=BY_ALICE)
    return world


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_speaks_as_aws_and_leaves_the_world_as_it_was(case: str, full: World) -> None:
    """Code and sentence are AWS's, and nothing is half-done: not even an id is used up."""
    operation, error, message = REFUSALS[case]
    before = _snapshot(full)

    with pytest.raises(error) as caught:
        operation(full.accounts[ID])

    assert caught.value.message == message
    assert str(caught.value) == f"{error.code}: {message}"
    assert _snapshot(full) == before


NOTES: dict[str, Callable[[Account], Any]] = {
    "alice": lambda a: a.users["alcie"],
    "readers": lambda a: a.groups["reader"],
    "read": lambda a: a.users["alice"].attach_policy(f"arn:aws:iam::{ID}:policy/rea"),
    "AmazonS3ReadOnlyAccess": lambda a: a.users["alice"].attach_policy("AmazonS3ReadOnlyAcess"),
}


@pytest.mark.parametrize("nearest", NOTES)
def test_a_misspelt_name_is_answered_with_the_nearest(nearest: str, full: World) -> None:
    """The help is a note below AWS's sentence."""
    with pytest.raises(NoSuchEntity) as caught:
        NOTES[nearest](full.accounts[ID])

    assert f"Did you mean {nearest}" in "\n".join(caught.value.__notes__)


@pytest.mark.parametrize("name", ["a", "a" * 64, "x+=,.@-_9"])
def test_every_name_that_iam_takes_is_taken(name: str, main: Account) -> None:
    """Letters, digits and +=,.@-_ up to 64 of them; the case is kept."""
    user = main.create_user(name, path="/a/b!c/")

    assert user.arn == f"arn:aws:iam::{ID}:user/a/b!c/{name}"
    assert main.users[name.upper()] is user


# -- a group is not a principal ------------------------------------------------------------------


def test_a_group_cannot_call(full: World) -> None:
    """Whether as an object or by its ARN; the reason names its users."""
    group = full.accounts[ID].groups["readers"]
    group.add_user("alice")
    for caller in (group, group.arn):
        with pytest.raises(RequestError, match=r"isn't a principal.*alice"):
            full.can(caller, "s3:GetObject", OBJECT)


def test_a_group_holds_neither_groups_nor_roles(full: World) -> None:
    """Groups do not nest, and roles do not join."""
    account = full.accounts[ID]
    readers, writers = account.groups["readers"], account.create_group("writers")
    for member in (writers, readers, account.roles["r"]):
        with pytest.raises(RequestError, match="can't be a member of a group"):
            readers.add_user(member)

    assert readers.users == []


def test_a_user_of_another_account_cannot_join(full: World) -> None:
    """A user here with the same name isn't added instead."""
    stranger = full.create_account("other", account_id=OTHER).create_user("alice")
    readers = full.accounts[ID].groups["readers"]

    with pytest.raises(IamLabError):
        readers.add_user(stranger)

    assert readers.users == []


def test_a_group_in_a_bucket_policy_is_refused_with_the_reason(full: World) -> None:
    """S3 says that the principal is invalid; the note says why and what to do instead."""
    account = full.accounts[ID]
    group = account.groups["readers"]
    text = document(allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Principal={"AWS": group.arn}))

    with pytest.raises(MalformedPolicy, match="Invalid principal in policy") as caught:
        account.buckets["star-maps"].put_policy(text)

    assert "isn't a principal" in "\n".join(caught.value.__notes__)
    assert account.buckets["star-maps"].policy is None


def test_a_group_in_a_trust_policy_is_refused_with_the_reason(full: World) -> None:
    """IAM does not save it either, and the old trust policy stays."""
    account = full.accounts[ID]
    role, group = account.roles["r"], account.groups["readers"]
    before = role.trust

    with pytest.raises(MalformedPolicyDocument, match="Invalid principal") as caught:
        role.update_assume_role_policy(trust({"AWS": group.arn}))

    assert "isn't a principal" in "\n".join(caught.value.__notes__)
    assert role.trust is before


BUCKET_REFUSALS = {
    "no principal": document(allow("s3:GetObject", "arn:aws:s3:::star-maps/*")),
    "another bucket": document(allow("s3:GetObject", "arn:aws:s3:::homes/*", Principal="*")),
    "a name that begins alike": document(
        allow("s3:GetObject", "arn:aws:s3:::star-maps-2/*", Principal="*")
    ),
    "nobody of that name": document(
        allow(
            "s3:GetObject",
            "arn:aws:s3:::star-maps/*",
            Principal={"AWS": f"arn:aws:iam::{ID}:user/nobody"},
        )
    ),
    "no account of that canonical user ID": document(
        allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Principal={"CanonicalUser": "0a" * 32})
    ),
    "no JSON": "{",
}


@pytest.mark.parametrize("case", BUCKET_REFUSALS)
def test_s3_does_not_save_a_bucket_policy_with_a_mistake(case: str, full: World) -> None:
    """Neither when the bucket is made, nor later; and no bucket is left behind."""
    account = full.accounts[ID]
    text = json.loads(json.dumps(BUCKET_REFUSALS[case]).replace("star-maps/", "new/"))

    with pytest.raises(MalformedPolicy):
        account.buckets["star-maps"].put_policy(BUCKET_REFUSALS[case])
    with pytest.raises(MalformedPolicy):
        account.create_bucket("new", policy=text)

    assert account.buckets["star-maps"].policy is None
    assert "new" not in account.buckets
