"""Every operation that there is leaves events that CloudTrail could have written."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from iamlab import World
from iamlab.cloudtrail.recording import event_name
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AwsError, IamLabError, RequestError
from iamlab.operations.dispatch import perform
from iamlab.operations.registry import entries, entries_of
from iamlab.operations.registry import find as entry_of
from iamlab.world.account import Account
from tests.cloudtrail.record_format import problems, problems_of_log, secrets_of
from tests.effort import slow
from tests.operations.iam.key_material import CERTIFICATE, PRIVATE_KEY, SSH_KEY, metadata
from tests.operations.iam.random_calls import GOOD as DOCUMENT
from tests.operations.iam.random_calls import TRUST, Chance, start
from tests.operations.identity_center import single_sign_on
from tests.operations.random_calls import WorldChance
from tests.operations.sts import sts_scene
from tests.operations.sts.sts_scene import CALLERS, DEV, EVERYTHING, GOOD, Scene, trusting
from tests.policy.documents import trust
from tests.state_machine.test_world import busy_world

STS = entries_of("sts")

POLICY = "arn:aws:iam::111111111111:policy/a"
PASSWORDS = ("Correct-Horse-1", "Other-Horse-2", "Third-Horse-3")
WORK = "work"
"""The name of a role of the scene."""


def assert_good(world: World) -> list[dict[str, Any]]:
    """Insist that a log is such as AWS writes, and has no secret; give its records."""
    records = [event.to_dict() for event in world.events]
    wrong = [(record, found) for record in records if (found := problems(record))]
    written = json.dumps(records) + repr(list(world.events))

    assert wrong[:3] == []
    assert problems_of_log(records) == []
    assert [secret for secret in secrets_of(world) if secret in written] == []
    assert [password for password in (*PASSWORDS, PRIVATE_KEY[40:80]) if password in written] == []
    return records


def named(record: dict[str, Any]) -> tuple[str, str]:
    """Return the event that a record is of."""
    return record["eventSource"], record["eventName"]


def event_of(operation: str) -> tuple[str, str]:
    """Return the event of a service's operation."""
    service, _, name = operation.rpartition(":")
    return f"{service or 'iam'}.amazonaws.com", event_name(service or "iam", name)


def ended(records: list[dict[str, Any]]) -> dict[tuple[str, str], set[bool]]:
    """Return, for each event, whether it was logged as a success, a failure, or both."""
    found: dict[tuple[str, str], set[bool]] = {}
    for record in records:
        found.setdefault(named(record), set()).add("errorCode" not in record)
    return found


def somebodies(account: Account) -> list[Any]:
    """Make callers of several kinds, who may do all or nothing."""
    admin, dana = account.create_user("admin"), account.create_user("dana")
    role = account.create_role("everything", assume_role_policy_document=trusting(admin.arn))
    for caller in (admin, role):
        caller.put_policy("everything", EVERYTHING)
    session = account.world.sts.assume_role(admin, role_arn=role, role_session_name="work")
    return [admin, dana, session, account.root.create_access_key(), None]


@slow
def test_every_operation_of_iam_has_events_in_cloudtrails_shape() -> None:
    """Whoever calls, and however it ends."""
    every, found = sorted(entries()), dict[tuple[str, str], set[bool]]()
    undone = set(every) - HARD_TO_DO
    for seed in range(25):
        account = start(seed)
        for operation, arguments in THERE.items():
            perform(account, operation, **arguments)
        chance, callers = Chance(seed, account), somebodies(account)
        refused = [(operation, callers[1]) for operation in every * 4] if seed == 0 else []
        for number in range(200 + len(refused)):
            operation = chance.draw.choice(sorted(undone) if undone and number % 3 else every)
            caller = chance.draw.choice(callers)
            if number < len(refused):
                operation, caller = refused[number]  # who may not, tries all
            arguments = chance.parameters(operation)
            try:
                if caller is None:
                    perform(account, operation, **arguments)
                else:
                    account.call(operation, caller, **arguments)
            except IamLabError:
                continue
            undone.discard(operation)
        for key, ends in ended(assert_good(account.world)).items():
            found.setdefault(key, set()).update(ends)
        if seed > 3 and not undone:
            break

    ends = {name: found.get(event_of(name), set()) for name in every}
    assert {name for name in every if True not in ends[name]} <= HARD_TO_DO
    assert [name for name in every if False not in ends[name]] == []


# What is there at the beginning, beside the things of ``start``.
THERE: dict[str, dict[str, Any]] = {
    "PutUserPolicy": {"UserName": "a", "PolicyName": "a", "PolicyDocument": DOCUMENT},
    "PutGroupPolicy": {"GroupName": "a", "PolicyName": "a", "PolicyDocument": DOCUMENT},
    "PutRolePolicy": {"RoleName": "a", "PolicyName": "a", "PolicyDocument": DOCUMENT},
    "AttachUserPolicy": {"UserName": "a", "PolicyArn": POLICY},
    "AttachGroupPolicy": {"GroupName": "a", "PolicyArn": POLICY},
    "AttachRolePolicy": {"RoleName": "a", "PolicyArn": POLICY},
    "CreatePolicyVersion": {"PolicyArn": POLICY, "PolicyDocument": DOCUMENT},
    "CreateInstanceProfile": {"InstanceProfileName": "a"},
    "AddRoleToInstanceProfile": {"InstanceProfileName": "a", "RoleName": "a"},
    "CreateSAMLProvider": {"Name": "a", "SAMLMetadataDocument": metadata()},
    "CreateOpenIDConnectProvider": {"Url": "https://idp.example.com"},
    "UploadServerCertificate": {
        "ServerCertificateName": "a",
        "CertificateBody": CERTIFICATE,
        "PrivateKey": PRIVATE_KEY,
    },
    "UploadSSHPublicKey": {"UserName": "a", "SSHPublicKeyBody": SSH_KEY},
    "CreateServiceSpecificCredential": {
        "UserName": "a",
        "ServiceName": "codecommit.amazonaws.com",
    },
    "CreateVirtualMFADevice": {"VirtualMFADeviceName": "a"},
    "GenerateCredentialReport": {},
    "CreatePolicy": {"PolicyName": "gone", "PolicyDocument": DOCUMENT},
    "DeletePolicy": {"PolicyArn": "arn:aws:iam::111111111111:policy/gone"},
    "CreateUser": {"UserName": "gone"},
    "DeleteUser": {"UserName": "gone"},
    "CreateRole": {"RoleName": "gone", "AssumeRolePolicyDocument": TRUST},
    "DeleteRole": {"RoleName": "gone"},
}

# Of these, chance finds no parameters that are good.
HARD_TO_DO = {
    *("ChangePassword", "DeleteServiceLinkedRole", "DeleteSigningCertificate"),
    *("GetServiceLinkedRoleDeletionStatus", "UpdateLoginProfile", "UpdateSigningCertificate"),
}


@pytest.mark.slow
def test_every_operation_of_every_service_has_events_in_cloudtrails_shape() -> None:
    """By methods and calls, within an account and from others."""
    every = sorted(entries_of())
    found: dict[tuple[str, str], set[bool]] = {}
    for seed in range(12):
        world = busy_world(seed)
        chance = WorldChance(seed, world)
        arns = [user.arn for account in world.accounts.values() for user in account.users.values()]
        callers = [
            None,
            None,
            None,
            *arns,
            *(account.root_arn for account in world.accounts.values()),
        ]
        missing = [item for item in every if len(found.get(event_of(item), ())) < 2]
        for number in range(500):
            operation = chance.draw.choice(missing if missing and number % 3 else every)
            call_somehow(chance, operation, chance.draw.choice(callers))
        for key, ends in ended(assert_good(world)).items():
            found.setdefault(key, set()).update(ends)
        if seed > 3 and not missing:
            break

    assert [item for item in every if not found.get(event_of(item))] == []
    # Of a few, which few parameters fit, chance has found only one end so soon; what lists
    # all resources fails only without permission.
    others = [item for item in every if not item.partition(":")[2].startswith("List")]
    assert len([item for item in others if found[event_of(item)] != {True, False}]) < 15


def call_somehow(chance: WorldChance, operation: str, caller: str | None) -> None:
    """Call with parameters by chance; whatever becomes of it."""
    entry = entry_of(operation)
    account = chance.account(entry, caller.split(":")[4] if caller else "")
    arguments = chance.parameters(entry, account)
    try:
        if caller is None:
            perform(account, operation, **arguments)
        else:
            account.call(operation, caller, **arguments)
    except (AwsError, RequestError):
        pass


@pytest.mark.parametrize("operation", sorted(item.name for item in STS.values()))
@pytest.mark.slow
def test_every_operation_of_sts_has_events_in_cloudtrails_shape(operation: str) -> None:
    """As every caller, with good parameters and with bad ones."""
    scene = sts_scene.made()
    for who, make in sorted(CALLERS.items(), key=lambda value: "with MFA" in value[0]):
        if who == "nobody" and STS[f"sts:{operation}"].is_signed:
            continue
        caller = make(scene)
        for arguments in ({}, *({name: "nothing"} for name in GOOD[operation](scene)), {"None": 1}):
            try:
                scene.call(operation, caller, **arguments)
            except (AwsError, RequestError):
                continue
    records = assert_good(scene.world)

    assert ended(records).get(("sts.amazonaws.com", operation), set()) == ENDS.get(
        operation, {True, False}
    )


# Everybody may ask who he is; and how AWS trades tokens in is not modelled.
ENDS: dict[str, set[bool]] = {"GetCallerIdentity": {True}, "GetDelegatedAccessToken": set()}


def used(scene: Scene) -> Iterator[Any]:
    """Return every principal that can call services without a model."""
    for _, make in sorted(CALLERS.items(), key=lambda value: "with MFA" in value[0]):
        yield make(scene)
    yield scene.short
    yield "cloudtrail.amazonaws.com"
    yield f"arn:aws:sts::{scene.main.account_id}:assumed-role/{WORK}/somebody"
    yield "arn:aws:iam::111111111111:saml-provider/AcmeAD"


USES = (
    ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"),
    ("s3:ListBucket", "arn:aws:s3:::star-maps"),
    ("s3:ListAllMyBuckets", "*"),
    ("ec2:TerminateInstances", f"arn:aws:ec2:us-east-1:{DEV}:instance/i-1"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-west-1:{DEV}:table/stars"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{DEV}:key/k1"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:999999999999:far"),
    ("resource-explorer-2:Search", "arn:aws:resource-explorer-2:us-east-1:111111111111:view/a/b"),
    ("night:CountStars", "*"),
    ("iam:PassRole", "arn:aws:iam::111111111111:role/work"),
    ("sts:GetSessionToken", "*"),
    ("cloudwatch:PutMetricData", "*"),
)


@pytest.mark.parametrize("use", USES, ids=lambda use: use[0])
def test_every_use_of_what_has_no_model_has_an_event_in_cloudtrails_shape(use: Any) -> None:
    """Whoever uses it, also through a service."""
    scene = sts_scene.made()
    invented = use[0].startswith("night:")
    for caller in used(scene):
        for how in ({}, {"via": "athena.amazonaws.com"}):
            try:
                scene.world.do(caller, *use, allow_unknown=invented, **how)
            except (AwsError, RequestError):
                continue
    records = assert_good(scene.world)

    service = use[0].partition(":")[0].replace("cloudwatch", "monitoring")
    noted = [record for record in records if record["eventSource"] == f"{service}.amazonaws.com"]
    if use[0] == "iam:PassRole":
        assert "PassRole" not in {record["eventName"] for record in records}
    else:
        assert noted
        kinds = {record["userIdentity"]["type"] for record in noted}
        assert kinds >= {"IAMUser", "Root", "AssumedRole"}


def test_signing_in_and_identity_center_leave_events_in_cloudtrails_shape() -> None:
    """With and without MFA, to another role, and of people who are not there."""
    there = single_sign_on.Scene()
    there.center.sign_in(there.ana, with_mfa=True).role_credentials(there.dev, "Readers")
    with pytest.raises(AwsError):
        there.center.sign_in(there.bob).role_credentials(there.dev, "Readers")
    there.world.do(there.session(), "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
    types = {record["userIdentity"]["type"] for record in assert_good(there.world)}
    assert types >= {"Root", "AWSService", "AssumedRole", "IdentityCenterUser", "SAMLUser"}

    scene = sts_scene.made()
    signing_in(scene)
    names = [record["eventName"] for record in assert_good(scene.world)]
    assert Counter(names)["CheckMfa"] == 2
    assert {"ConsoleLogin", "SwitchRole", "GetSigninToken"} <= {*names}


def signing_in(scene: Scene) -> None:
    """Sign in in all ways, well and badly."""
    world, ana = scene.world, {"account": "main", "user": "ana"}
    world.sign_in(**ana, password=sts_scene.PASSWORD)
    scene.phone.enable()
    session = world.sign_in(**ana, password=sts_scene.PASSWORD, mfa_code=scene.phone.code())
    scene.assume(session, scene.work)
    for wrong in (
        {**ana, "password": "wrong"},
        {**ana, "password": sts_scene.PASSWORD, "mfa_code": "000000"},
        {"account": "main", "user": "nobody", "password": "wrong"},
        {"email": scene.main.root.email, "password": "wrong"},
    ):
        with pytest.raises(AwsError):
            world.sign_in(**wrong)
    link = world.sts.console_federation_url(scene.session("AssumeRole"))
    world.do(world.sts.sign_in_with(link), "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")


def test_an_anonymous_caller_differs_from_a_service() -> None:
    """An anonymous caller has no account, and only the owner of what he reads notes it."""
    scene = sts_scene.made()
    bucket = scene.main.create_bucket("star-maps")
    for caller in (ANONYMOUS, "cloudtrail.amazonaws.com"):
        try:
            scene.world.do(caller, "s3:GetObject", f"{bucket.arn}/m31")
        except AwsError:
            continue
    nobody, service = (event.user_identity for event in scene.world.events[-2:])

    assert nobody == {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    assert service == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    assert {event.recipient_account_id for event in scene.world.events[-2:]} == {
        scene.main.account_id
    }


def test_a_service_role_works_as_a_session() -> None:
    """A service that assumes a role is named once; what the role does then is the session's."""
    scene = sts_scene.made()
    role = scene.main.create_role(
        "task", assume_role_policy_document=trust({"Service": "ecs-tasks.amazonaws.com"})
    )
    role.put_policy("everything", EVERYTHING)
    session = scene.world.sts.assume_role_as_service("ecs-tasks.amazonaws.com", role_arn=role)
    scene.world.do(session, "s3:ListAllMyBuckets", "*")
    assumed, listed = (item for item in assert_good(scene.world)[-2:])

    assert assumed["sourceIPAddress"] == "ecs-tasks.amazonaws.com"
    assert listed["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role.arn
