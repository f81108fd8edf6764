"""Secrets, tables, repositories, event buses, and resources of services without a module."""

import json
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, RequestError, ValidationError
from iamlab.errors.services import (
    InvalidParameterException,
    MalformedPolicyDocumentException,
    PublicPolicyException,
    ResourceNotFoundException,
    ValidationException,
)
from iamlab.operations.dispatch import perform
from iamlab.operations.services.apis import NamedResource
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document

OWN, OTHER = "111111111111", "222222222222"
START = f"us-east-1:{OWN}"
PARTNER = {"AWS": OTHER}


@pytest.fixture
def main() -> Account:
    """An account with dana, beside one with eve, who may do everything."""
    world = World(seed=4)
    account = world.create_account("main", account_id=OWN)
    account.create_user("dana")
    eve = world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("all", document(allow("*")))
    return account


def eve(account: Account) -> Any:
    """Who may do everything in her own account."""
    return account.world.user("eve")


# Kind -> how it is made, an action on it, and the Resource of its policy.
KINDS: dict[str, Any] = {
    "secret": (lambda a, **m: a.create_secret("x", **m), "secretsmanager:GetSecretValue", "*"),
    "table": (lambda a, **m: a.create_table("abc", **m), "dynamodb:GetItem", None),
    "repository": (lambda a, **m: a.create_repository("abc", **m), "ecr:BatchGetImage", ""),
    "bus": (lambda a, **m: a.create_event_bus("abc", **m), "events:PutEvents", None),
}


def policy_for(kind: str, arn: str, principal: Any = PARTNER) -> dict[str, Any]:
    """A policy that lets a partner in."""
    _, action, resource = KINDS[kind]
    statement = allow(action, arn if resource is None else resource, Principal=principal)
    if not resource and resource is not None:
        del statement["Resource"]
    return document(statement)


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_lets_another_account_in(kind: str, main: Account) -> None:
    """As long as it is there."""
    make, action, _ = KINDS[kind]
    thing = make(main)
    assert thing.policy is None
    assert not main.world.can(eve(main), action, thing.arn)

    thing.put_policy(policy_for(kind, thing.arn))
    assert main.world.can(eve(main), action, thing.arn)
    thing.delete_policy()
    assert not main.world.can(eve(main), action, thing.arn)


@pytest.mark.parametrize("kind", KINDS)
def test_in_its_own_account_the_policy_is_enough(kind: str, main: Account) -> None:
    """Dana has no policy of her own."""
    make, action, _ = KINDS[kind]
    thing = make(main)
    thing.put_policy(policy_for(kind, thing.arn, {"AWS": main.users["dana"].arn}))

    assert main.world.can(main.users["dana"], action, thing.arn)


@pytest.mark.parametrize("kind", KINDS)
def test_one_can_be_made_with_tags_and_a_policy_or_not_at_all(kind: str, main: Account) -> None:
    """A policy that is refused leaves nothing behind."""
    make, action, _ = KINDS[kind]
    arn = make(main).arn
    main.resources.clear()
    before = snapshot(main.world)
    with pytest.raises(AwsError) as bad:
        make(main, policy="{", tags={"team": "sky"})
    assert snapshot(main.world) == before
    assert bad.value.http_status == 400

    made = make(main, policy=policy_for(kind, arn), tags={"team": "sky"})

    assert made.tags == {"team": "sky"}
    assert main.world.can(eve(main), action, made.arn)


@pytest.mark.parametrize("kind", KINDS)
def test_tags_come_and_go_and_the_thing_too(kind: str, main: Account) -> None:
    """By the operations of its service; it can be made again."""
    make, _, _ = KINDS[kind]
    thing = make(main, tags={"team": "sky"})
    thing.tag({"cost": "1"})
    thing.untag(["team", "none"])
    assert thing.tags == {"cost": "1"}
    with pytest.raises(RequestError, match="list of keys"):
        thing.untag("cost")

    thing.delete()

    assert thing.arn not in main.resources
    assert make(main).tags == {}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_in_one_region(kind: str, main: Account) -> None:
    """Of another one it is another thing."""
    make, action, _ = KINDS[kind]
    first, second = make(main), make(main, region="eu-west-1")
    second.tag({"where": "there"})

    assert (first.region, second.region) == ("us-east-1", "eu-west-1")
    assert first.tags == {}
    assert first.name == second.name
    assert isinstance(first, NamedResource)
    assert main.world.events[-1].aws_region == "eu-west-1"
    assert action.startswith(first.service)


def test_a_secrets_arn_ends_in_letters_that_are_never_used_twice(main: Account) -> None:
    """So that a policy about the first does not mean the second of the same name."""
    first = main.create_secret("prod/database")
    first.delete()
    second = main.create_secret("prod/database")

    assert (
        first.arn[:-6]
        == second.arn[:-6]
        == f"arn:aws:secretsmanager:{START}:secret:" + ("prod/database-")
    )
    assert first.arn != second.arn
    assert second.name == "prod/database"


@pytest.mark.parametrize("how", ["name", "arn", "short arn"])
def test_a_secret_is_found_by_name_or_arn(how: str, main: Account) -> None:
    """The letters may be left out."""
    secret = main.create_secret("prod/database")
    called = {"name": secret.name, "arn": secret.arn, "short arn": secret.arn[:-7]}[how]
    perform(main, "secretsmanager:TagResource", SecretId=called, Tags=[{"Key": "a", "Value": "b"}])

    assert secret.tags == {"a": "b"}


def test_who_makes_a_secret_is_asked_for_the_arn_that_it_gets(main: Account) -> None:
    """So that a team may be kept to names of its own."""
    dana = main.users["dana"]
    dana.put_policy(
        "some",
        document(
            allow("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:*:{OWN}:secret:a/*")
        ),
    )
    with pytest.raises(AccessDenied):
        main.call("secretsmanager:CreateSecret", dana, Name="b/x")

    answer = main.call("secretsmanager:CreateSecret", dana, Name="a/x")
    assert answer["ARN"] in main.resources


def test_a_public_policy_is_refused_if_that_is_asked_for(main: Account) -> None:
    """The API does not ask by itself."""
    secret = main.create_secret("x")
    public = document(allow("secretsmanager:GetSecretValue", "*", Principal="*"))
    with pytest.raises(PublicPolicyException):
        secret.put_policy(public, block_public_policy=True)
    assert secret.policy is None
    secret.put_policy(policy_for("secret", secret.arn), block_public_policy=True)

    secret.put_policy(public)

    assert main.world.can(eve(main), "secretsmanager:GetSecretValue", secret.arn)


# Kind -> what puts a policy, the action, how it is done nevertheless, and the error.
LOCKS: dict[str, Any] = {
    "secret": ("secretsmanager:PutResourcePolicy", None, MalformedPolicyDocumentException),
    "table": (
        "dynamodb:PutResourcePolicy",
        {"confirm_remove_self_resource_access": True},
        ValidationException,
    ),
    "repository": ("ecr:SetRepositoryPolicy", {"force": True}, InvalidParameterException),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_nobody_shuts_himself_out_by_mistake(kind: str, main: Account) -> None:
    """Where it can be meant, it must be said."""
    action, meant, error = LOCKS[kind]
    thing = KINDS[kind][0](main)
    shut = deny(action, thing.arn, Principal="*")
    if kind == "repository":
        del shut["Resource"]
    with pytest.raises(error):
        thing.put_policy(document(shut))
    assert thing.policy is None

    if meant:
        thing.put_policy(document(shut), **meant)
        assert not main.world.can(main.root_arn, action, thing.arn)


def test_it_is_the_caller_who_must_not_be_shut_out(main: Account) -> None:
    """What keeps dana out, but not the root user, is refused to dana only."""
    secret, dana = main.create_secret("x"), main.users["dana"]
    dana.put_policy("all", document(allow("secretsmanager:*")))
    no_dana = document(deny("secretsmanager:*", "*", Principal={"AWS": dana.arn}))
    text = json.dumps(no_dana)
    with pytest.raises(MalformedPolicyDocumentException, match="will not allow you to manage"):
        main.call(
            "secretsmanager:PutResourcePolicy", dana, SecretId=secret.arn, ResourcePolicy=text
        )
    assert secret.policy is None

    secret.put_policy(no_dana)

    assert not main.world.can(dana, "secretsmanager:GetSecretValue", secret.arn)


def test_indexes_are_asked_of_the_tables_policy_and_streams_of_their_own(main: Account) -> None:
    """AWS keeps a policy for each stream."""
    table = main.create_table("stars", stream_enabled=True)
    assert table.stream is not None
    arns = [table.arn, f"{table.arn}/index/*"]
    table.put_policy(document(allow("dynamodb:*", arns, Principal=PARTNER)))
    index = f"{table.arn}/index/by-colour"

    assert main.world.can(eve(main), "dynamodb:Query", index)
    assert not main.world.can(eve(main), "dynamodb:GetRecords", table.stream.arn)
    table.stream.put_policy(
        document(allow("dynamodb:GetRecords", table.stream.arn, Principal=PARTNER))
    )
    assert main.world.can(eve(main), "dynamodb:GetRecords", table.stream.arn)

    table.delete()

    assert not main.resources
    assert main.create_table("stars").stream is None


def test_a_policy_is_about_its_own_resource(main: Account) -> None:
    """And of no other."""
    table = main.create_table("stars")
    with pytest.raises(ValidationException):
        table.put_policy(document(allow("dynamodb:*", f"{table.arn}-2", Principal=PARTNER)))


def test_a_repositorys_policy_has_no_resource(main: Account) -> None:
    """It means itself."""
    repository = main.create_repository("team/web")
    with pytest.raises(InvalidParameterException):
        repository.put_policy(document(allow("ecr:*", repository.arn, Principal=PARTNER)))

    assert repository.name == "team/web"
    assert repository.arn == f"arn:aws:ecr:{START}:repository/team/web"


def test_a_bus_lets_accounts_in_by_statements_of_its_own(main: Account) -> None:
    """One with the same id takes the place of the first; a condition may name an organization."""
    bus = main.create_event_bus("partners")
    bus.put_permission("one", principal="*", condition=ORGANIZATION)
    assert not main.world.can(eve(main), "events:PutEvents", bus.arn)
    bus.put_permission("one", principal=OTHER)

    assert main.world.can(eve(main), "events:PutEvents", bus.arn)
    assert bus.policy is not None
    assert len(bus.policy.statements) == 1
    bus.remove_permission("one")
    assert bus.policy is None
    with pytest.raises(ResourceNotFoundException):
        bus.remove_permission("one")
    bus.put_permission("one", principal=OTHER)
    with pytest.raises(ResourceNotFoundException, match="provided id"):
        bus.remove_permission("two")


ORGANIZATION = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}


def test_the_default_bus_is_there_without_being_made(main: Account) -> None:
    """A call that names no bus means it; it is kept from the first change on."""
    arguments = {"StatementId": "one", "Action": "events:PutEvents", "Principal": OTHER}
    perform(main, "events:PutPermission", **arguments)
    arn = f"arn:aws:events:{START}:event-bus/default"

    assert main.world.can(eve(main), "events:PutEvents", arn)
    assert main.resources[arn].name == "default"
    perform(main, "events:RemovePermission", RemoveAllPermissions=True)
    assert not main.world.can(eve(main), "events:PutEvents", arn)


def test_a_condition_of_a_bus_is_about_organizations(main: Account) -> None:
    """No other can be sent without a whole policy."""
    bus = main.create_event_bus("partners")
    with pytest.raises(ValidationException, match="at 'condition'"):
        bus.put_permission("one", principal="*", condition=ORGANIZATION | {"Type": "StringLike"})


LOGS = f"arn:aws:logs:{START}:log-group:web"


def test_a_resource_of_any_service_is_made_by_its_arn(main: Account) -> None:
    """Its policy is checked by the rules of its service, if they are known."""
    group = main.create_resource(LOGS, tags={"team": "sky"})
    vault = main.create_resource(
        f"arn:aws:backup:{START}:backup-vault:safe",
        policy=document(allow("backup:CopyIntoBackupVault", "*", Principal=PARTNER)),
    )
    domain = main.create_resource(f"arn:aws:es:{START}:domain/search")
    with pytest.raises(InvalidParameterException):
        group.put_policy(document(allow("s3:GetObject", LOGS, Principal=PARTNER)))
    domain.put_policy(document(allow("es:ESHttpGet", f"{domain.arn}", Principal=PARTNER)))
    group.tag({"cost": "1"})
    group.untag(["team"])

    assert group.tags == {"cost": "1"}
    assert main.world.can(eve(main), "es:ESHttpGet", domain.arn)
    assert main.world.can(eve(main), "backup:CopyIntoBackupVault", vault.arn)
    domain.delete_policy()
    assert domain.policy is None
    group.delete()
    assert LOGS not in main.resources
    with pytest.raises(RequestError, match="list of keys"):
        vault.untag("cost")


@pytest.mark.parametrize(
    ("arn", "word"),
    [
        (f"arn:aws:sqs:{START}:orders", "create_queue"),
        ("arn:aws:s3:::maps", "create_bucket"),
        (f"arn:aws:iam::{OWN}:user/zoe", "create_user"),
        (f"arn:aws:logs:us-east-1:{OTHER}:log-group:web", "is of account"),
        (f"arn:aws:s3:{START}:accesspoint/maps", "by create_access_point"),
        ("maps", "isn't the ARN"),
        (f"arn:aws:logs:{START}:log-group:*", "isn't the ARN of a single"),
    ],
)
def test_what_has_a_way_of_its_own_is_made_that_way(arn: str, word: str, main: Account) -> None:
    """And nothing is made in another account."""
    with pytest.raises(RequestError, match=word):
        main.create_resource(arn)
    assert not main.resources


def test_an_access_point_is_not_a_bucket(main: Account) -> None:
    """One of several Regions can be made by its ARN, and a map of where the storage is, too."""
    for resource in (f":{OWN}:accesspoint/maps.mrap", f"us-east-1:{OWN}:storage-lens/maps"):
        arn = f"arn:aws:s3:{resource}"
        assert main.create_resource(arn).arn == arn


def test_a_service_of_its_own_shows_tags_under_its_own_key_too(main: Account) -> None:
    """The older key of some services."""
    secret, queue = main.create_secret("x", tags={"team": "sky"}), main.create_queue("q")
    dana = main.users["dana"]
    own = {"StringEquals": {"secretsmanager:ResourceTag/team": "sky"}}
    dana.put_policy("some", document(allow("secretsmanager:*", "*", Condition=own)))

    assert main.world.can(dana, "secretsmanager:GetSecretValue", secret.arn)
    assert queue.context == {}


def test_the_default_bus_cannot_be_deleted(main: Account) -> None:
    """Neither before anything was changed in it, nor after; nor by its ARN."""
    arn = f"arn:aws:events:{START}:event-bus/default"
    main.call("events:PutPermission", main.root_arn, **PERMISSION)
    bus: Any = main.resources[arn]
    other = main.create_event_bus("shop/default")
    other.delete()

    for delete in (
        bus.delete,
        lambda: main.call("events:DeleteEventBus", main.root_arn, Name=arn),
        lambda: main.call(
            "events:DeleteEventBus", main.root_arn, Name="default", Region="eu-west-1"
        ),
    ):
        with pytest.raises(ValidationException, match="Cannot delete event bus default"):
            delete()

    assert main.resources[arn] is bus
    assert other.arn not in main.resources


PERMISSION = {"StatementId": "partner", "Principal": OTHER, "Action": "events:PutEvents"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_policy_at_all_is_refused(kind: str, main: Account) -> None:
    """It is not a way to take one away."""
    thing, nothing = KINDS[kind][0](main), None
    thing.put_policy(policy_for(kind, thing.arn))
    before = thing.policy

    with pytest.raises(ValidationError, match="must not be null"):
        thing.put_policy(nothing)

    assert thing.policy is before


def test_a_resource_of_another_service_is_not_changed_by_no_policy(main: Account) -> None:
    """It isn't silently left unchanged either."""
    thing = main.create_resource(f"arn:aws:logs:{START}:log-group:web")
    nothing: Any = None

    with pytest.raises(ValidationError, match="must not be null"):
        thing.put_policy(nothing)
    with pytest.raises(RequestError, match="arn must be text"):
        main.create_resource(5)  # type: ignore[arg-type]


def test_a_stream_that_is_gone_is_called_by_its_arn(main: Account) -> None:
    """A table by its name."""
    table = main.create_table("stars", stream_enabled=True)
    stream: Any = table.stream
    table.delete()

    for thing, shown in ((stream, f"Stream: {stream.arn}"), (table, "Table: stars")):
        with pytest.raises(ResourceNotFoundException) as caught:
            thing.put_policy(policy_for("table", thing.arn))
        assert caught.value.message == f"Requested resource not found: {shown} not found"


def test_a_bus_is_called_by_its_whole_name(main: Account) -> None:
    """Slashes can be in it."""
    main.create_event_bus("shop/orders")

    with pytest.raises(AwsError, match="Event bus shop/orders already exists"):
        main.create_event_bus("shop/orders")
