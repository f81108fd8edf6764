"""Access keys: two for each, a secret once, and good only while they are active."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from iamlab.authorization.principal import principal_of
from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    InvalidClientTokenId,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    RequestError,
    ValidationError,
)
from iamlab.operations.iam.credentials import AccessKey
from iamlab.world.account import Account
from tests.operations.iam.user_credentials import ID, held, made, told, written
from tests.policy.documents import allow, document, trust

UNKNOWN = "AKIAAAAAAAAAAAAAAAAA"
OBJECT = "arn:aws:s3:::star-maps/m31"


def test_a_key_calls_as_its_user() -> None:
    """With the user's policies, and without the keys of MFA."""
    world, main = made()
    alice = main.users["alice"]
    key = alice.create_access_key()
    before = bool(world.can(key, "s3:GetObject", OBJECT))
    alice.attach_policy("AmazonS3ReadOnlyAccess")

    assert (before, bool(world.can(key, "s3:GetObject", OBJECT))) == (False, True)
    assert key.user is alice
    assert "aws:MultiFactorAuthPresent" not in principal_of(world, key).context()


def test_a_key_of_root_calls_as_root() -> None:
    """Which may do everything."""
    world, main = made()
    key = main.root.create_access_key()

    assert world.can(key, "s3:DeleteBucket", "arn:aws:s3:::star-maps")
    assert key.present(world).arn == main.root_arn
    assert main.root.access_keys == [key]


def test_ids_and_secrets_are_marked_as_examples_and_come_from_the_seed() -> None:
    """20 and 40 characters; the same seed gives the same, and no two keys are alike."""
    keys = [made()[1].users["alice"].create_access_key() for _ in range(2)]
    other = made()[1]
    second = [other.users["alice"].create_access_key() for _ in range(2)][1]

    assert keys[0].access_key_id == keys[1].access_key_id
    assert keys[0].secret_access_key == keys[1].secret_access_key
    assert second.secret_access_key != keys[0].secret_access_key
    assert (len(second.access_key_id), len(second.secret_access_key)) == (20, 40)
    assert second.access_key_id.startswith("AKIA")
    assert second.access_key_id.endswith("EXAMPLE")
    assert second.secret_access_key.endswith("EXAMPLEKEY")


COPIES: dict[str, Callable[[AccessKey], AccessKey]] = {
    "listed": lambda key: key.user.access_keys[0],
    "copied": copy.copy,
    "deeply copied": copy.deepcopy,
    "pickled": lambda key: pickle.loads(pickle.dumps(key)),  # noqa: S301 - our own
}


@pytest.mark.parametrize("how", COPIES)
def test_the_secret_is_shown_once(how: str) -> None:
    """Only the object that creation returned has it."""
    key = made()[1].users["alice"].create_access_key()
    twin = COPIES[how](key)

    assert twin.access_key_id == key.access_key_id
    with pytest.raises(RequestError, match="shown only once"):
        _ = twin.secret_access_key


def test_the_secret_is_written_nowhere() -> None:
    """In no text of the key, no event, no pickle of world or key, no summary."""
    world, main = made()
    alice = main.users["alice"]
    key = alice.create_access_key()
    answered = main.call("CreateAccessKey", main.root_arn, UserName="alice")["AccessKey"]
    listed = main.call("ListAccessKeys", main.root_arn, UserName="alice")
    texts = [repr(key), str(key), told(world), str(alice.summary()), repr(listed)]

    for secret in (key.secret_access_key, answered["SecretAccessKey"]):
        assert not [text for text in texts if secret in text]
        assert secret.encode() not in written(world) + written(key)
    assert set(listed["AccessKeyMetadata"][0]) == {
        *("UserName", "AccessKeyId", "Status", "CreateDate")
    }


def test_only_an_active_key_is_accepted() -> None:
    """What counts is what the account knows now, whichever object is shown."""
    world, main = made()
    key = main.users["alice"].create_access_key()
    twin = main.users["alice"].access_keys[0]
    seen = []
    for change in (
        (lambda: None),
        (lambda: key.update("Inactive")),
        (lambda: key.update("Active")),
    ):
        change()
        seen.append([twin.status, _answer(world, twin), _answer(world, key)])
    key.delete()

    assert seen == [
        ["Active", "implicitDeny", "implicitDeny"],
        ["Inactive", "InvalidClientTokenId", "InvalidClientTokenId"],
        ["Active", "implicitDeny", "implicitDeny"],
    ]
    assert _answer(world, twin) == "InvalidClientTokenId"
    assert "deleted" in repr(key)
    with pytest.raises(NoSuchEntity):
        _ = key.status


def _answer(world: Any, key: AccessKey) -> str:
    try:
        return str(world.can(key, "s3:GetObject", OBJECT).verdict.value)
    except InvalidClientTokenId as error:
        return error.code


def test_an_unknown_key_is_not_accepted() -> None:
    """Though it looks like one."""
    world, main = made()

    with pytest.raises(InvalidClientTokenId) as caught:
        world.can(AccessKey(main.users["alice"], UNKNOWN), "s3:GetObject", OBJECT)

    assert caught.value.http_status == 403
    assert caught.value.message == "The security token included in the request is invalid."


def test_a_key_goes_with_its_user_through_a_rename() -> None:
    """It then calls under the new ARN."""
    world, main = made()
    alice = main.users["alice"]
    key = alice.create_access_key()
    alice.update(new_user_name="alicia")

    assert principal_of(world, key).arn == f"arn:aws:iam::{ID}:user/sky/alicia"


def test_a_copy_of_the_world_has_its_own_keys() -> None:
    """What is switched off there stays on here."""
    world, main = made()
    key = main.users["alice"].create_access_key()
    root_key = main.root.create_access_key()
    twin = world.copy().account("main")
    twin.users["alice"].access_keys[0].update("Inactive")
    twin.root.access_keys[0].delete()

    assert (key.status, root_key.status) == ("Active", "Active")
    assert twin.users["alice"].access_keys[0].status == "Inactive"
    assert twin.users["alice"].access_keys[0] != key
    assert len({key, *main.users["alice"].access_keys}) == 1
    assert twin.root.access_keys == []


# -- what is refused --------------------------------------------------------------------------

REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "a third key": (
        lambda a: a.users["alice"].create_access_key(),
        LimitExceeded,
        "Cannot exceed quota for AccessKeysPerUser: 2",
    ),
    "no such user": (
        lambda a: a.call("CreateAccessKey", a.root_arn, UserName="none"),
        NoSuchEntity,
        "The user with name none cannot be found.",
    ),
    "somebody else's key": (
        lambda a: a.call(
            "DeleteAccessKey",
            a.root_arn,
            UserName="bob",
            AccessKeyId=next(iter(a.users["alice"].key_records)),
        ),
        NoSuchEntity,
        "The Access Key with id {key} cannot be found.",
    ),
    "an unknown key": (
        lambda a: a.call("GetAccessKeyLastUsed", a.root_arn, AccessKeyId=UNKNOWN),
        NoSuchEntity,
        f"The Access Key with id {UNKNOWN} cannot be found.",
    ),
    "a status that keys have not": (
        lambda a: a.users["alice"].access_keys[0].update("Expired"),
        InvalidInput,
        "An access key can only be made Active or Inactive.",
    ),
    "a status that nothing has": (
        lambda a: a.users["alice"].access_keys[0].update("Off"),
        ValidationError,
        (
            "1 validation error detected: Value at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Active, Inactive, Expired]"
        ),
    ),
    "a user with keys": (
        lambda a: a.users["alice"].delete(),
        DeleteConflict,
        "Cannot delete entity, must delete access keys first.",
    ),
    "a role that names nobody": (
        lambda a: a.call("ListAccessKeys", a.roles["r"]),
        ValidationError,
        "Must specify userName when calling with non-User credentials",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_speaks_as_aws_and_leaves_the_world_as_it_was(case: str) -> None:
    """Not even an id is used up."""
    world, main = made()
    main.create_role("r", assume_role_policy_document=trust({"AWS": ID}))
    keys = [main.users["alice"].create_access_key() for _ in range(2)]
    operation, error, message = REFUSALS[case]
    before = held(world)

    with pytest.raises(error) as caught:
        operation(main)

    assert caught.value.message == message.format(key=keys[0].access_key_id)
    assert held(world) == before


def test_an_inactive_key_counts_for_the_quota_and_a_deleted_one_does_not() -> None:
    """Rotation needs room for the second."""
    alice = made()[1].users["alice"]
    first, second = alice.create_access_key(), alice.create_access_key()
    first.update("Inactive")
    with pytest.raises(LimitExceeded):
        alice.create_access_key()
    first.delete()

    assert alice.access_keys == [second]
    assert alice.create_access_key() in alice.access_keys


# -- who may, and whose -----------------------------------------------------------------------


def test_a_user_without_a_name_means_himself() -> None:
    """And the root user itself."""
    _, main = made()
    alice = main.users["alice"]
    alice.put_policy("own", document(allow("iam:*AccessKey*", alice.arn)))
    made_key = main.call("CreateAccessKey", alice)["AccessKey"]
    root_key = main.call("CreateAccessKey", main.root_arn)["AccessKey"]

    assert made_key["UserName"] == "alice"
    assert [key.access_key_id for key in alice.access_keys] == [made_key["AccessKeyId"]]
    assert [key.access_key_id for key in main.root.access_keys] == [root_key["AccessKeyId"]]
    with pytest.raises(AccessDenied):
        main.call("CreateAccessKey", alice, UserName="bob")
    assert main.users["bob"].access_keys == []


def test_the_use_of_a_key_is_asked_of_the_user_whose_it_is() -> None:
    """Not of the caller; of a key that is nobody's, of everything."""
    _, main = made()
    alice, bob = main.users["alice"], main.users["bob"]
    alice.put_policy("own", document(allow("iam:GetAccessKeyLastUsed", alice.arn)))
    own, other = alice.create_access_key(), bob.create_access_key()

    request = main.call("GetAccessKeyLastUsed", alice, AccessKeyId=own.access_key_id)
    assert request["UserName"] == "alice"
    for key_id in (other.access_key_id, UNKNOWN):
        with pytest.raises(AccessDenied):
            main.call("GetAccessKeyLastUsed", alice, AccessKeyId=key_id)


# -- last used --------------------------------------------------------------------------------


def test_a_use_is_noted_once_in_15_minutes() -> None:
    """With its time, service and Region; S3 has none."""
    world, main = made()
    key = main.users["alice"].create_access_key()
    ask = lambda: main.call(  # noqa: E731
        "GetAccessKeyLastUsed", main.root_arn, AccessKeyId=key.access_key_id
    )["AccessKeyLastUsed"]
    assert key.last_used is None
    assert ask() == {"ServiceName": "N/A", "Region": "N/A"}

    key.used(key.user.account.world, "ec2", "eu-central-1")
    first = world.clock.now
    world.clock.advance(minutes=14)
    key.used(key.user.account.world, "s3", "us-east-1")
    assert ask() == {"LastUsedDate": first, "ServiceName": "ec2", "Region": "eu-central-1"}

    world.clock.advance(minutes=1)
    key.used(key.user.account.world, "s3", "us-east-1")
    assert ask() == {"LastUsedDate": world.clock.now, "ServiceName": "s3", "Region": "N/A"}


def test_the_summary_shows_keys_with_status_age_and_use() -> None:
    """As the console's page of a user does."""
    world, main = made()
    alice = main.users["alice"]
    group = main.create_group("readers")
    group.add_user(alice)
    group.attach_policy("AmazonS3ReadOnlyAccess")
    group.put_policy("list", document(allow("s3:ListBucket")))
    alice.put_policy("home", document(allow("s3:*")))
    alice.put_permissions_boundary("PowerUserAccess")
    used, old = alice.create_access_key(), alice.create_access_key()
    old.update("Inactive")
    world.clock.advance(days=1)
    used.used(used.user.account.world, "ec2", "eu-central-1")
    old.used(old.user.account.world, "s3", "us-east-1")

    shown = alice.summary()

    assert str(shown).splitlines() == [
        "User alice",
        f"  ARN                   arn:aws:iam::{ID}:user/sky/alice",
        "  created               2026-11-25",
        "  console sign-in link  no console access",
        "  last sign-in          never",
        "  MFA devices           none",
        "  groups                readers",
        "  policies              home (inline)",
        "                        AmazonS3ReadOnlyAccess (attached to group readers)",
        "                        list (inline of group readers)",
        "  boundary              arn:aws:iam::aws:policy/PowerUserAccess",
        (
            f"  access keys           {used.access_key_id}  Active, 1 day old, "
            "last used: 2026-11-26, ec2 in eu-central-1"
        ),
        (
            f"                        {old.access_key_id}  Inactive, 1 day old, "
            "last used: 2026-11-26, s3"
        ),
    ]
