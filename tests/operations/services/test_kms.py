"""KMS keys: key policies, the check against locking oneself out, grants, states, aliases."""

import json
from datetime import timedelta
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, NoSuchEntity, RequestError
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import (
    AlreadyExistsException,
    DisabledException,
    InvalidAliasNameException,
    KMSInvalidStateException,
    LimitExceededException,
    MalformedPolicyDocumentException,
    NotFoundException,
    TagException,
    ValidationException,
)
from iamlab.operations.services.kms.grants import GRANT_OPERATIONS
from iamlab.operations.services.kms.key import Key
from iamlab.operations.services.kms.keys import SPECS
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

OWN, FOREIGN = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{OWN}:root"
ABSENT = "1234abcd-12ab-34cd-56ef-1234567890ab"
LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
INVALID_PRINCIPAL = "Policy contains a statement with one or more invalid principals."


@pytest.fixture
def world() -> World:
    """A world of two accounts, each with an administrator, and dana who may do nothing."""
    world = World(seed=4)
    for name, number, admin in (("own", OWN, "ana"), ("foreign", FOREIGN, "eve")):
        account = world.create_account(name, account_id=number)
        account.create_user(admin).attach_policy("AdministratorAccess")
    world.accounts[OWN].create_user("dana")
    return world


@pytest.fixture
def own(world: World) -> Account:
    """The key's account."""
    return world.accounts[OWN]


@pytest.fixture
def dana(own: Account) -> User:
    """A user without permissions."""
    return own.users["dana"]


def lets(*arns: str, action: str | list[str] = "kms:*", **more: Any) -> dict[str, Any]:
    """Write a statement that lets somebody do something with the key."""
    return allow(action, "*", Principal={"AWS": list(arns)}, **more)


def uses(world: World, *callers: Any, key: Key, action: str = "kms:Decrypt") -> list[bool]:
    """Ask who may use a key."""
    return [bool(world.can(caller, action, key.arn)) for caller in callers]


# -- the policy of a new key ----------------------------------------------------------------------


def test_the_api_gives_a_key_to_its_accounts_own_policies(
    world: World, own: Account, dana: User
) -> None:
    """One statement: without it identity-based policies count for nothing."""
    key = own.create_key()
    assert key.policy is not None
    saved = key.policy.to_dict()
    before = uses(world, own.root_arn, world.user("ana"), dana, world.user("eve"), key=key)
    key.put_policy(document(lets(dana.arn)), bypass_policy_lockout_safety_check=True)

    assert saved["Id"] == "key-default-1"
    assert saved["Statement"] == [
        {"Sid": "Enable IAM User Permissions", **lets(ROOT), "Principal": {"AWS": ROOT}}
    ]
    assert before == [True, True, False, False]
    assert uses(world, own.root_arn, world.user("ana"), dana, key=key) == [False, False, True]


USES = {
    ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"): (
        "Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey"
    ),
    ("ENCRYPT_DECRYPT", "RSA_2048"): "Encrypt Decrypt ReEncrypt* DescribeKey GetPublicKey",
    ("SIGN_VERIFY", "ECC_NIST_P256"): "DescribeKey GetPublicKey Sign Verify",
    ("GENERATE_VERIFY_MAC", "HMAC_256"): "DescribeKey GenerateMac VerifyMac",
    ("KEY_AGREEMENT", "ECC_NIST_P256"): "DescribeKey GetPublicKey DeriveSharedSecret",
    ("ENCAPSULATE_DECAPSULATE", "ML_KEM_768"): "DescribeKey GetPublicKey Encapsulate Decapsulate",
}


@pytest.mark.parametrize("kind", USES)
def test_the_console_writes_administrators_and_users_into_the_policy(
    kind: tuple[str, str], world: World, own: Account, dana: User
) -> None:
    """Who manages a key cannot use it, and who uses it cannot manage it."""
    ana = own.create_user("boss")
    key = own.create_key(
        key_usage=kind[0], key_spec=kind[1], key_administrators=[ana], key_users=[dana.arn]
    )
    assert key.policy is not None
    saved = key.policy.to_dict()
    sids = [statement["Sid"] for statement in saved["Statement"]]

    assert saved["Id"] == "key-consolepolicy-3"
    assert sids == [
        "Enable IAM User Permissions",
        "Allow access for Key Administrators",
        "Allow use of the key",
        "Allow attachment of persistent resources",
    ]
    named = [action.removeprefix("kms:") for action in saved["Statement"][2]["Action"]]
    assert named == USES[kind].split()
    use = f"kms:{USES[kind].split()[-1]}".replace("*", "")
    assert uses(world, ana, dana, key=key, action="kms:PutKeyPolicy") == [True, False]
    if use != "kms:DescribeKey":
        assert uses(world, ana, dana, key=key, action=use) == [use == "kms:GetPublicKey", True]
    assert uses(world, dana, key=key, action="kms:CreateGrant") == [False]
    assert world.can(dana, "kms:CreateGrant", key.arn, context={"kms:GrantIsForAWSResource": True})


def test_only_who_is_chosen_is_written(own: Account, dana: User) -> None:
    """And a policy of one's own goes not together with choosing."""
    assert own.create_key(key_users=[]).policy == own.create_key(key_administrators=[]).policy
    for chosen, count in (({"key_users": [dana]}, 3), ({"key_administrators": [dana]}, 2)):
        policy = own.create_key(**chosen).policy  # type: ignore[arg-type]
        assert policy is not None
        assert len(policy.statements) == count
    with pytest.raises(RequestError, match="not both"):
        own.create_key(policy=document(lets(ROOT)), key_users=[dana])


def test_a_key_is_of_one_kind_for_one_use(own: Account) -> None:
    """Each use has its kinds."""
    for usage, specs in SPECS.items():
        for spec in specs:
            own.create_key(key_usage=usage, key_spec=spec)
    with pytest.raises(ValidationException, match="not compatible"):
        own.create_key(key_usage="SIGN_VERIFY")
    with pytest.raises(ValidationException, match="'SIGN' at 'keyUsage' failed to satisfy"):
        own.create_key(key_usage="SIGN")
    with pytest.raises(ValidationException, match="Member must satisfy enum value set"):
        own.create_key(key_spec="RSA_248")


def test_the_same_seed_gives_the_same_key(own: Account) -> None:
    """A key that was refused does not count."""
    twin = World(seed=4).create_account("own", account_id=OWN)
    other = World(seed=4).create_account("own", account_id=OWN)
    with pytest.raises(MalformedPolicyDocumentException):
        other.create_key(policy=document(lets(f"{ROOT[:-4]}user/nobody")))

    assert other.create_key().arn == twin.create_key().arn != own.create_key().arn


# -- saving a key policy --------------------------------------------------------------------------

MALFORMED = (
    "The request was rejected because the specified policy is not syntactically or semantically "
    "correct."
)

REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "nobody of that name": (
        document(lets(ROOT), lets(f"arn:aws:iam::{OWN}:user/nobody")),
        MalformedPolicyDocumentException,
        INVALID_PRINCIPAL,
    ),
    "the id of somebody deleted": (
        document(lets(ROOT), lets("AIDAEXAMPLEEXAMPLE123")),
        MalformedPolicyDocumentException,
        INVALID_PRINCIPAL,
    ),
    "another key": (
        document(lets(ROOT) | {"Resource": f"arn:aws:kms:us-east-1:{OWN}:key/other"}),
        MalformedPolicyDocumentException,
        MALFORMED,
    ),
    "another service": (
        document(lets(ROOT), lets(ROOT, action="s3:GetObject")),
        MalformedPolicyDocumentException,
        MALFORMED,
    ),
    "too large": (
        document(lets(ROOT), lets(ROOT, Sid="x" * 32_768)),
        LimitExceededException,
        "The request was rejected because a length constraint or quota was exceeded.",
    ),
    "everybody locked out": (
        document(lets(ROOT, action="kms:Decrypt")),
        MalformedPolicyDocumentException,
        LOCKED_OUT,
    ),
    "the saver locked out": (
        document(lets(f"arn:aws:iam::{OWN}:user/ana")),
        MalformedPolicyDocumentException,
        LOCKED_OUT,
    ),
    "the saver denied": (
        document(lets(ROOT), deny("kms:PutKeyPolicy", "*", Principal="*")),
        MalformedPolicyDocumentException,
        LOCKED_OUT,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_kms_refuses_in_its_own_words_and_nothing_changes(case: str, own: Account) -> None:
    """For a key that is there, and for one that is to be."""
    policy, error, sentence = REFUSED[case]
    key = own.create_key()
    before = snapshot(own.world)
    for attempt in (lambda: key.put_policy(policy), lambda: own.create_key(policy=policy)):
        with pytest.raises(error) as caught:
            attempt()

        assert caught.value.message == sentence  # type: ignore[attr-defined]
        assert caught.value.http_status == 400  # type: ignore[attr-defined]
        assert caught.value.__notes__
    assert snapshot(own.world) == before


def test_a_statement_without_resource_is_saved_and_does_nothing(
    world: World, own: Account, dana: User
) -> None:
    """As the API does it."""
    statement = lets(dana.arn, action="kms:Decrypt")
    del statement["Resource"]
    key = own.create_key(policy=document(lets(ROOT), statement))

    assert uses(world, dana, key=key) == [False]


def test_the_lock_out_check_is_about_who_saves(world: World, own: Account, dana: User) -> None:
    """By what the engine says of the new policy; the caller may say that it is meant."""
    key = own.create_key(policy=document(lets(ROOT), lets(dana.arn, action="kms:PutKeyPolicy")))
    for_ana = document(lets(world.user("ana").arn))
    for_dana = document(lets(dana.arn))

    with pytest.raises(MalformedPolicyDocumentException, match=LOCKED_OUT):
        own.call("kms:PutKeyPolicy", dana, KeyId=key.key_id, Policy=json.dumps(for_ana))
    own.call("kms:PutKeyPolicy", dana, KeyId=key.key_id, Policy=json.dumps(for_dana))
    with pytest.raises(AccessDenied):
        own.call("kms:PutKeyPolicy", own.root_arn, KeyId=key.arn, Policy=json.dumps(for_ana))
    own.call(
        "kms:PutKeyPolicy",
        dana,
        KeyId=key.key_id,
        Policy=json.dumps(for_ana),
        BypassPolicyLockoutSafetyCheck=True,
    )

    assert uses(world, dana, world.user("ana"), key=key) == [False, True]


def test_an_account_statement_keeps_who_has_the_permission_in_iam(own: Account, dana: User) -> None:
    """The account is not locked out, but dana would be without her own policy."""
    dana.put_policy("make", document(allow(["kms:CreateKey", "kms:PutKeyPolicy"])))
    text = json.dumps(document(lets(ROOT)))
    made = own.call("kms:CreateKey", dana, Policy=text)
    dana.put_policy("make", document(allow("kms:CreateKey")))
    with pytest.raises(MalformedPolicyDocumentException, match=LOCKED_OUT):
        own.call("kms:CreateKey", dana, Policy=text)
    by_default = own.call("kms:CreateKey", dana)

    assert made["KeyMetadata"]["Enabled"]
    assert by_default["KeyMetadata"]["KeyId"] != made["KeyMetadata"]["KeyId"]


def test_skipping_the_check_can_be_forbidden(own: Account, dana: User) -> None:
    """It is a condition key of the call."""
    dana.put_policy("make", document(allow("kms:*")))
    bypass = {"Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}}
    dana.put_policy("careful", document(deny("kms:*") | bypass))
    key = own.create_key()
    sent = {"KeyId": key.arn, "Policy": json.dumps(document(lets(ROOT)))}
    own.call("kms:PutKeyPolicy", dana, **sent)
    with pytest.raises(AccessDenied, match="explicit deny"):
        own.call("kms:PutKeyPolicy", dana, **sent, BypassPolicyLockoutSafetyCheck=True)


def test_another_account_manages_no_key_whatever_both_sides_allow(
    world: World, own: Account
) -> None:
    """It can use one, with both sides' consent."""
    eve = world.user("eve")
    key = own.create_key(policy=document(lets(ROOT), lets(eve.arn)))

    assert uses(world, eve, key=key) == [True]
    with pytest.raises(AccessDenied):
        own.call("kms:PutKeyPolicy", eve, KeyId=key.arn, Policy=json.dumps(document(lets(ROOT))))
    described = world.accounts[FOREIGN].call("kms:DescribeKey", eve, KeyId=key.arn)
    assert described["KeyMetadata"]["AWSAccountId"] == OWN
    eve.detach_policy("AdministratorAccess")
    assert uses(world, eve, key=key) == [False]


def test_a_key_policy_has_one_name_and_is_always_there(own: Account) -> None:
    """It can be replaced, not taken away."""
    key = own.create_key()
    answer = own.call("kms:GetKeyPolicy", own.root_arn, KeyId=key.arn)

    assert answer["PolicyName"] == "default"
    assert key.policy == key.get_policy()
    assert not hasattr(key, "delete_policy")
    for operation, more in (("Get", {}), ("Put", {"Policy": "{}"})):
        with pytest.raises(NotFoundException, match="No such policy exists"):
            own.call(
                f"kms:{operation}KeyPolicy",
                own.root_arn,
                KeyId=key.arn,
                PolicyName="other",
                **more,  # type: ignore[arg-type]
            )
    key.policy = None
    with pytest.raises(RequestError, match="without a key policy"):
        key.get_policy()


def test_no_managed_policy_is_attached_to_a_key(own: Account) -> None:
    """As on no resource."""
    with pytest.raises(RequestError, match=r"not to a key.*key.put_policy"):
        own.create_key().attach_policy("AdministratorAccess")


def test_whose_name_comes_back_is_somebody_else(world: World, own: Account, dana: User) -> None:
    """The key policy shows the bare id of the one who was deleted, and cannot be saved again."""
    key = own.create_key(policy=document(lets(ROOT), lets(dana.arn, action="kms:Decrypt")))
    unique_id = dana.unique_id
    dana.delete()
    second = own.create_user("dana")

    assert key.policy is not None
    assert key.policy.statements[1].principal == (("AWS", unique_id),)
    assert uses(world, second, key=key) == [False]
    with pytest.raises(MalformedPolicyDocumentException, match=INVALID_PRINCIPAL):
        key.put_policy(key.policy)


# -- grants ---------------------------------------------------------------------------------------


def test_a_grant_lets_somebody_use_a_key_until_it_is_revoked(
    world: World, own: Account, dana: User
) -> None:
    """Without a word in key policy or identity-based policies."""
    key = own.create_key()
    grant = key.create_grant(dana, ["Decrypt", "DescribeKey"], name="nightly")
    seen = [uses(world, dana, key=key), uses(world, dana, key=key, action="kms:Encrypt")]
    again = key.create_grant(dana, ["Decrypt", "DescribeKey"], name="nightly")
    listed = own.call("kms:ListGrants", own.root_arn, KeyId=key.arn)["Grants"]
    key.revoke_grant(grant)

    assert seen == [[True], [False]]
    assert again == grant
    assert [(item["GrantId"], item["Name"]) for item in listed] == [(grant.grant_id, "nightly")]
    assert (key.list_grants(), uses(world, dana, key=key)) == ([], [False])
    with pytest.raises(NotFoundException, match="not found"):
        key.revoke_grant(grant.grant_id)


def test_grants_without_a_name_are_never_the_same(own: Account, dana: User) -> None:
    """Each call makes one."""
    key = own.create_key()
    first, second = (key.create_grant(dana.arn, ["Decrypt"]) for _ in range(2))

    assert first.grant_id != second.grant_id
    assert list(key.kept_grants) == [first.grant_id, second.grant_id]


@pytest.mark.parametrize(
    ("constraint", "fits"),
    [("EncryptionContextSubset", [True, True]), ("EncryptionContextEquals", [True, False])],
)
def test_a_constraint_ties_a_grant_to_an_encryption_context(
    constraint: str, fits: list[bool], world: World, own: Account, dana: User
) -> None:
    """Equal, or at least containing."""
    key = own.create_key()
    key.create_grant(dana, ["Decrypt"], constraints={constraint: {"map": "m31"}})
    contexts: list[dict[str, str]] = [{"map": "m31"}, {"map": "m31", "more": "x"}, {"map": "m32"}]
    request = [
        bool(
            world.can(
                dana,
                "kms:Decrypt",
                key.arn,
                context={
                    "kms:EncryptionContextKeys": list(context),
                    **{f"kms:EncryptionContext:{name}": value for name, value in context.items()},
                },
            )
        )
        for context in contexts
    ]
    listed = own.call("kms:ListGrants", own.root_arn, KeyId=key.arn)["Grants"][0]

    assert request == [*fits, False]
    assert listed["Constraints"] == {constraint: {"map": "m31"}}


def test_who_makes_a_grant_needs_permission_which_can_be_narrow(own: Account, dana: User) -> None:
    """By the operations and the grantee that it is for."""
    key = own.create_key()
    narrow = {
        "Condition": {
            "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
            "StringEquals": {"kms:GranteePrincipal": dana.arn},
        }
    }
    dana.put_policy("grant", document(allow("kms:CreateGrant") | narrow))
    sent: dict[str, Any] = {"KeyId": key.key_id, "GranteePrincipal": dana.arn}
    made = own.call("kms:CreateGrant", dana, **sent, Operations=["Decrypt"])

    assert set(made) == {"GrantId", "GrantToken"}
    with pytest.raises(AccessDenied):
        own.call("kms:CreateGrant", dana, **sent, Operations=["Decrypt", "Encrypt"])
    with pytest.raises(AccessDenied):
        own.call(
            "kms:CreateGrant", dana, **sent | {"GranteePrincipal": ROOT}, Operations=["Decrypt"]
        )


def test_a_grant_is_for_operations_that_its_key_can(own: Account, dana: User) -> None:
    """And for an ARN; what is refused leaves nothing behind."""
    keys = {usage: own.create_key(key_usage=usage, key_spec=SPECS[usage][0]) for usage in SPECS}
    rsa = own.create_key(key_spec="RSA_2048")
    before = snapshot(own.world)
    for key in (*keys.values(), rsa):
        for operation in ("Sign", "GenerateMac", "GenerateDataKey"):
            fits = {
                "Sign": key is keys["SIGN_VERIFY"],
                "GenerateMac": key is keys["GENERATE_VERIFY_MAC"],
                "GenerateDataKey": key is keys["ENCRYPT_DECRYPT"],
            }[operation]
            if not fits:
                with pytest.raises(ValidationException, match="not supported"):
                    key.create_grant(dana, [operation])
    with pytest.raises(ValidationException, match="'Decript' at 'operations'"):
        rsa.create_grant(dana, ["Decript"])
    with pytest.raises(RequestError, match="no constraint"):
        rsa.create_grant(dana, ["Decrypt"], constraints={"EncryptionContext": {}})
    with pytest.raises(RequestError, match="must be text"):
        rsa.create_grant(dana, ["Decrypt"], constraints={"EncryptionContextEquals": {"a": 1}})  # type: ignore[dict-item]
    with pytest.raises(ValidationException, match="must be an ARN"):
        rsa.create_grant("dana", ["Decrypt"])
    assert snapshot(own.world) == before

    rsa.create_grant(dana, ["Encrypt", "GetPublicKey", "RetireGrant"])
    assert len(GRANT_OPERATIONS) == 19


def test_a_grant_is_retired_by_its_retiring_principal_or_by_a_policy(
    world: World, own: Account, dana: User
) -> None:
    """Another grant's leave is not enough."""
    key = own.create_key()
    ben, cat = own.create_user("ben"), own.create_user("cat")
    by_ben = key.create_grant(dana, ["Decrypt"], retiring_principal=ben)
    by_cat = key.create_grant(dana, ["Decrypt"], retiring_principal=cat)
    own_leave = key.create_grant(dana, ["Decrypt", "RetireGrant"])
    before = snapshot(world)

    def retire(who: Any, grant: Any, **named: str) -> None:
        named = named or {"KeyId": key.arn, "GrantId": grant.grant_id}
        own.call("kms:RetireGrant", who, **named)

    for who, grant in ((cat, by_ben), (dana, by_ben), (ben, own_leave)):
        with pytest.raises(AccessDenied):
            retire(who, grant)
    assert snapshot(world) == before
    assert by_ben.for_engine()[1].operations == ("RetireGrant",)

    retire(ben, by_ben)
    retire(dana, own_leave)
    assert list(key.kept_grants) == [by_cat.grant_id]
    retire(world.user("ana"), by_cat)
    key.retire_grant(key.create_grant(dana, ["Decrypt"]))
    by_token = key.create_grant(dana, ["Decrypt"], retiring_principal=cat)
    retire(cat, by_token, GrantToken=by_token.grant_token)
    assert key.kept_grants == {}
    with pytest.raises(NotFoundException, match="no grant with this token"):
        own.call("kms:RetireGrant", world.user("ana"), GrantToken=by_token.grant_token)
    with pytest.raises(ValidationException, match="token of the grant"):
        own.call("kms:RetireGrant", world.user("ana"), KeyId=key.arn)


def test_a_grant_reaches_into_another_account_only_with_its_consent(
    world: World, own: Account
) -> None:
    """The other account's policies must allow too."""
    eve = world.user("eve")
    key = own.create_key()
    key.create_grant(eve, ["Decrypt"])

    assert uses(world, eve, key=key) == [True]
    eve.detach_policy("AdministratorAccess")
    assert uses(world, eve, key=key) == [False]


# -- states, aliases, tags ------------------------------------------------------------------------


def test_a_key_that_is_switched_off_gives_no_grants_but_can_be_managed(
    own: Account, dana: User
) -> None:
    """Who may use it is another question, which the policies still answer."""
    key = own.create_key()
    key.disable()
    with pytest.raises(DisabledException, match=r"is disabled\."):
        key.create_grant(dana, ["Decrypt"])
    key.put_policy(document(lets(ROOT)))
    key.enable()
    key.create_grant(dana, ["Decrypt"])

    assert key.key_state == "Enabled"


def test_a_key_waits_for_its_deletion(own: Account, dana: User) -> None:
    """Seven to thirty days, in which it can be kept after all."""
    key = own.create_key()
    for days in (6, 31):
        with pytest.raises(ValidationException, match="7 to 30"):
            key.schedule_deletion(days)
    with pytest.raises(KMSInvalidStateException, match="is not pending deletion"):
        key.cancel_deletion()
    key.schedule_deletion(7)
    assert key.deletion_date == own.world.clock.now + timedelta(days=7)
    described = own.call("kms:DescribeKey", own.root_arn, KeyId=key.arn)["KeyMetadata"]
    assert (described["KeyState"], described["Enabled"]) == ("PendingDeletion", False)
    assert described["DeletionDate"] == key.deletion_date
    before = snapshot(own.world)
    attempts = (
        key.enable,
        key.disable,
        key.schedule_deletion,
        lambda: key.create_grant(dana, ["Decrypt"]),
        lambda: key.create_alias("alias/maps"),
        lambda: key.tag({"a": "b"}),
        lambda: key.untag(["a"]),
    )
    for attempt in attempts:
        with pytest.raises(KMSInvalidStateException, match="is pending deletion"):
            attempt()
    assert snapshot(own.world) == before

    key.cancel_deletion()

    assert (key.key_state, key.deletion_date) == ("Disabled", None)


def test_a_policy_can_ask_for_a_long_wait(own: Account, dana: User) -> None:
    """By a condition key of the call; without a number it is thirty days."""
    key = own.create_key()
    short = {"Condition": {"NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "20"}}}
    dana.put_policy("end", document(allow("kms:*"), deny("kms:*") | short))
    with pytest.raises(AccessDenied, match="explicit deny"):
        own.call("kms:ScheduleKeyDeletion", dana, KeyId=key.arn, PendingWindowInDays=7)
    answer = own.call("kms:ScheduleKeyDeletion", dana, KeyId=key.arn)

    assert answer["KeyState"] == "PendingDeletion"


def test_an_alias_stands_for_its_key(world: World, own: Account, dana: User) -> None:
    """In its Region; who makes one needs permission for alias and key."""
    key, far = own.create_key(), own.create_key(region="eu-west-1")
    far.create_alias("alias/maps")
    dana.put_policy("name", document(allow("kms:CreateAlias", key.arn)))
    sent = {"AliasName": "alias/maps", "TargetKeyId": key.key_id}
    with pytest.raises(AccessDenied, match=":alias/maps"):
        own.call("kms:CreateAlias", dana, **sent)
    dana.put_policy("name", document(allow(["kms:CreateAlias", "kms:DescribeKey"])))
    own.call("kms:CreateAlias", dana, **sent)

    for named in ("alias/maps", f"arn:aws:kms:us-east-1:{OWN}:alias/maps", key.key_id, key.arn):
        answer = own.call("kms:DescribeKey", dana, KeyId=named)
        assert answer["KeyMetadata"]["Arn"] == key.arn
    assert uses(world, dana, key=key, action="kms:DescribeKey") == [True]
    with pytest.raises(AlreadyExistsException, match="alias/maps already exists"):
        own.create_key().create_alias("alias/maps")
    for name in ("maps", "alias/aws/s3", "alias/a b"):
        with pytest.raises(InvalidAliasNameException):
            key.create_alias(name)
    key.delete_alias("alias/maps")
    assert (key.aliases, far.aliases) == ([], ["alias/maps"])
    with pytest.raises(NotFoundException, match="alias/maps is not found"):
        key.delete_alias("alias/maps")


@pytest.mark.parametrize(
    ("key_id", "message"),
    [
        (ABSENT, f"Key 'arn:aws:kms:us-east-1:{OWN}:key/{ABSENT}' does not exist"),
        ("1234", "Invalid keyId '1234'"),
        ("alias/none", f"Alias arn:aws:kms:us-east-1:{OWN}:alias/none is not found."),
        (
            f"arn:aws:kms:us-east-1:999999999999:key/{ABSENT}",
            f"Key 'arn:aws:kms:us-east-1:999999999999:key/{ABSENT}' does not exist",
        ),
    ],
)
def test_what_is_not_a_key_is_reported(key_id: str, message: str, own: Account) -> None:
    """With its ARN."""
    with pytest.raises(NotFoundException) as caught:
        own.create_key()._do("DescribeKey", KeyId=key_id)

    assert caught.value.message == message


def test_a_key_is_found_only_in_its_region(own: Account) -> None:
    """By its id and by its ARN."""
    key = own.create_key(region="eu-west-1")
    elsewhere = key.arn.replace("eu-west-1", "us-east-1")
    for region, key_id, message in (
        (None, key.key_id, f"Key '{elsewhere}' does not exist"),
        ("us-east-1", key.key_id, f"Key '{elsewhere}' does not exist"),
        ("us-east-1", key.arn, "Invalid arn eu-west-1"),
    ):
        with pytest.raises(NotFoundException) as caught:
            own.call("kms:DescribeKey", own.root_arn, KeyId=key_id, Region=region)
        assert caught.value.message == message
    for region, key_id in (("eu-west-1", key.key_id), ("eu-west-1", key.arn), (None, key.arn)):
        answer = own.call("kms:DescribeKey", own.root_arn, KeyId=key_id, Region=region)
        assert answer["KeyMetadata"]["Arn"] == key.arn


BAD_TAGS: list[tuple[list[tuple[str, str]], type[AwsError], str]] = [
    ([("team", "sky"), ("team", "sea")], TagException, "Duplicate tag keys"),
    ([(f"t{number}", "") for number in range(51)], TagException, "Too many tags"),
    ([("AWS:team", "sky")], TagException, "Tags beginning with aws: are reserved"),
    ([("a", "b"), ("k" * 129, "")], ValidationException, f"{'k' * 129}' at 'tags.2.member.tagKey'"),
    ([("a", "v" * 257)], ValidationException, "at 'tags.1.member.tagValue' failed to satisfy"),
]


@pytest.mark.parametrize(("pairs", "error", "message"), BAD_TAGS)
def test_tags_are_refused_in_the_words_of_kms(
    pairs: list[tuple[str, str]], error: type[AwsError], message: str, own: Account
) -> None:
    """When a key is created, and when it is tagged."""
    key, tags = own.create_key(), [{"TagKey": name, "TagValue": text} for name, text in pairs]
    for operation, more in (("CreateKey", {}), ("TagResource", {"KeyId": key.arn})):
        with pytest.raises(error) as caught:
            own.call(f"kms:{operation}", own.root_arn, Tags=tags, **more)
        assert message in caught.value.message
        assert caught.value.http_status == 400
    assert (key.tags, len(own.resources)) == ({}, 1)


def test_kms_denies_with_its_own_code(world: World, own: Account, dana: User) -> None:
    """AccessDeniedException and 400, and nothing about the key to another account."""
    key = own.create_key()
    refused = []
    for caller in (dana, world.user("eve")):
        with pytest.raises(AccessDeniedException) as caught:
            own.call("kms:DescribeKey", caller, KeyId=key.arn)
        refused.append(caught.value)

    assert {(error.code, error.http_status) for error in refused} == {
        ("AccessDeniedException", 400)
    }
    assert "because no identity-based policy allows" in refused[0].message
    assert "does not exist in this Region, no resource-based policies" in refused[1].message
    assert key.arn not in refused[1].message


def test_tags_of_a_key_decide_at_once(world: World, own: Account, dana: User) -> None:
    """With the account statement, by an identity-based policy that asks for them."""
    where = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "sky"}}}
    dana.put_policy("sky", document(allow("kms:Decrypt") | where))
    key = own.create_key(tags={"team": "sea"})
    seen = [uses(world, dana, key=key)]
    key.tag({"team": "sky"})
    seen.append(uses(world, dana, key=key))
    tags = own.call("kms:ListResourceTags", own.root_arn, KeyId=key.arn)
    key.untag(["team"])

    assert [*seen, uses(world, dana, key=key)] == [[False], [True], [False]]
    assert tags == {"Tags": [{"TagKey": "team", "TagValue": "sky"}]}


def test_tags_in_the_call_are_seen_by_policies(own: Account, dana: User) -> None:
    """Of a new key, which needs permission to be tagged too."""
    where = {"Condition": {"StringEquals": {"aws:RequestTag/team": "sky"}}}
    dana.put_policy("make", document(allow(["kms:CreateKey", "kms:TagResource"]) | where))
    made = own.call("kms:CreateKey", dana, Tags=[{"TagKey": "team", "TagValue": "sky"}])
    keys = own.call("kms:ListKeys", own.root_arn)["Keys"]

    assert [key["KeyArn"] for key in keys] == [made["KeyMetadata"]["Arn"]]
    with pytest.raises(AccessDenied):
        own.call("kms:CreateKey", dana, Tags=[{"TagKey": "team", "TagValue": "sea"}])


def test_resource_control_policies_reach_customer_managed_keys_only(own: Account) -> None:
    """Those that AWS manages are out of their reach."""
    customers = own.create_key()
    managed = Key(own, f"{customers.arn[:-36]}{'0' * 36}", key_manager="AWS")

    assert (customers.under_rcps, managed.under_rcps) == (True, False)


def test_a_key_is_in_its_region(own: Account) -> None:
    """Events say so too."""
    key = own.create_key(region="eu-west-1")

    assert key.region == "eu-west-1"
    assert own.world.events[-1].aws_region == "eu-west-1"
    assert own.resources[key.arn] is key
    with pytest.raises(NoSuchEntity):
        own.resources[key.arn.replace("eu-west-1", "us-east-1")]
    with pytest.raises(RequestError, match="isn't a Region"):
        own.create_key(region="Mars")


def test_a_copy_of_the_world_has_keys_of_its_own(world: World, own: Account, dana: User) -> None:
    """Grants that are made there are no made here."""
    key = own.create_key()
    twin = world.copy()
    copied = twin.accounts[OWN].resources[key.arn]
    assert isinstance(copied, Key)
    copied.create_grant(dana.arn, ["Decrypt"])
    copied.create_alias("alias/maps")

    assert (key.kept_grants, key.aliases) == ({}, [])
    assert uses(twin, dana.arn, key=copied) == [True]
    assert uses(world, dana, key=key) == [False]


def test_a_role_named_in_a_key_policy_is_cut_by_its_boundary_a_user_is_not(
    world: World, own: Account, dana: User
) -> None:
    """The general rule for resource-based policies holds for keys."""
    role = own.create_role("job", assume_role_policy_document=trust({"AWS": ROOT}))
    for caller in (dana, role):
        caller.put_permissions_boundary("AmazonS3ReadOnlyAccess")
    key = own.create_key(policy=document(lets(ROOT), lets(dana.arn, role.arn)))

    assert uses(world, dana, role, key=key) == [True, False]


@pytest.mark.parametrize(
    ("grantee", "operations", "more"),
    [
        (5, ["Decrypt"], {}),
        (ROOT, None, {}),
        (ROOT, "Decrypt", {}),
        (ROOT, [["Decrypt"]], {}),
        (ROOT, ["Decrypt"], {"constraints": {"EncryptionContextSubset": 5}}),
        (ROOT, ["Decrypt"], {"constraints": {5: {}}}),
        (ROOT, ["Decrypt"], {"constraints": [1]}),
        (ROOT, ["Decrypt"], {"retiring_principal": 5}),
    ],
    ids=str,
)
def test_what_is_not_a_grant_is_refused(
    grantee: Any, operations: Any, more: dict[str, Any], own: Account
) -> None:
    """With a sentence about what is wrong, and no grant is made."""
    key = own.create_key()

    with pytest.raises(RequestError):
        key.create_grant(grantee, operations, **more)

    assert key.list_grants() == []


def test_what_is_not_a_grant_is_refused_in_a_call_too(own: Account) -> None:
    """Before and after somebody's permission is asked."""
    key, sent = own.create_key(), {"GranteePrincipal": ROOT, "Operations": ["Decrypt"]}
    wrong: dict[str, Any]
    for wrong in (
        {"Operations": [["Decrypt"]]},
        {"Constraints": {5: {}}},
        {"Constraints": {"EncryptionContextSubset": 5}},
    ):
        with pytest.raises(RequestError):
            own.call("kms:CreateGrant", ROOT, KeyId=key.arn, **{**sent, **wrong})


def test_what_is_not_a_grant_is_not_ended(own: Account) -> None:
    """A grant is named by itself or by its id."""
    key, wrong = own.create_key(), 5

    with pytest.raises(RequestError, match="grant must be text"):
        key.revoke_grant(wrong)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="grant must be text"):
        key.retire_grant(wrong)  # type: ignore[arg-type]


def test_users_of_a_key_are_identities_or_arns(own: Account) -> None:
    """Nothing else is written into its policy."""
    wrong: Any = [5]

    with pytest.raises(RequestError, match="A principal is a user, a role or an ARN, not 5"):
        own.create_key(key_users=wrong)


def test_users_of_a_key_are_a_list(own: Account) -> None:
    """One name alone would be taken letter by letter."""
    wrong: Any
    for wrong in ("ana", 5):
        with pytest.raises(RequestError, match="users of a key are lists"):
            own.create_key(key_users=wrong)
        with pytest.raises(RequestError, match="users of a key are lists"):
            own.create_key(key_administrators=wrong)
