"""Queues and topics: their policies let others in, and say so in SQS's and SNS's own ways."""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, NoSuchEntity, RequestError, ValidationError
from iamlab.errors.services import InvalidAttributeValue, InvalidParameter, InvalidParameterValue
from iamlab.operations.services.queues_and_topics import DEFAULT_ACTIONS
from iamlab.world.account import Account
from tests.policy.documents import allow, document

OWN, OTHER = "111111111111", "222222222222"


@pytest.fixture
def main() -> Account:
    """An account with a user, beside another account with a user who may do everything."""
    world = World(seed=4)
    account = world.create_account("main", account_id=OWN)
    account.create_user("dana")
    eve = world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("all", document(allow("*")))
    return account


@pytest.fixture
def eve(main: Account) -> Any:
    """Who may do everything in her own account."""
    return main.world.user("eve")


def test_a_queue_is_closed_until_its_policy_says_otherwise(main: Account, eve: Any) -> None:
    """Then who is named may do what it says, if her own account lets her."""
    queue = main.create_queue("orders")
    assert queue.policy is None
    assert not main.world.can(eve, "sqs:SendMessage", queue.arn)

    queue.put_policy(document(allow("sqs:SendMessage", queue.arn, Principal={"AWS": OTHER})))

    assert main.world.can(eve, "sqs:SendMessage", queue.arn)
    assert not main.world.can(eve, "sqs:ReceiveMessage", queue.arn)
    queue.delete_policy()
    assert not main.world.can(eve, "sqs:SendMessage", queue.arn)


def test_in_its_own_account_a_queues_policy_is_enough(main: Account) -> None:
    """Dana has no policy of her own."""
    dana = main.users["dana"]
    main.create_queue(
        "orders",
        policy=document(
            allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OWN}:orders", Principal=who(dana.arn))
        ),
    )

    assert main.world.can(dana, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OWN}:orders")
    assert not main.world.can(dana, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OWN}:others")


def who(arn: str) -> dict[str, str]:
    """A Principal."""
    return {"AWS": arn}


def test_add_permission_writes_a_statement_with_the_label_as_its_sid(
    main: Account, eve: Any
) -> None:
    """For accounts and actions only; it can be taken out again."""
    queue = main.create_queue("orders")
    queue.add_permission("partner", aws_account_ids=[OTHER], actions=["SendMessage"])

    assert queue.policy is not None
    assert queue.policy.to_dict()["Statement"] == [
        {
            "Sid": "partner",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{OTHER}:root"]},
            "Action": ["SQS:SendMessage"],
            "Resource": queue.arn,
        }
    ]
    assert main.world.can(eve, "sqs:SendMessage", queue.arn)
    with pytest.raises(InvalidParameterValue, match="Already exists"):
        queue.add_permission("partner", aws_account_ids=[OTHER], actions=["SendMessage"])
    queue.remove_permission("partner")
    assert queue.policy is None


@pytest.mark.parametrize(
    ("what", "count"), [("statements", 21), ("actions", 8), ("bytes", 8200), ("principals", 51)]
)
def test_a_queues_policy_is_kept_to_sqss_quotas(what: str, count: int, main: Account) -> None:
    """Whichever is exceeded, SQS says the same."""
    queue = main.create_queue("orders")
    item = allow("sqs:SendMessage", queue.arn, Principal={"AWS": OTHER})
    policies = {
        "statements": document(*[item] * count),
        "actions": document(item | {"Action": ["sqs:SendMessage"] * count}),
        "bytes": document(item | {"Sid": "x" * count}),
        "principals": document(item | {"Principal": {"AWS": [OTHER] * count}}),
    }
    with pytest.raises(InvalidAttributeValue):
        queue.put_policy(policies[what])


def test_who_is_not_there_cannot_be_named(main: Account) -> None:
    """Of accounts in the world all are known."""
    queue = main.create_queue("orders")
    nobody = who(f"arn:aws:iam::{OWN}:user/nobody")
    with pytest.raises(InvalidAttributeValue) as caught:
        queue.put_policy(document(allow("sqs:SendMessage", queue.arn, Principal=nobody)))

    assert "nobody" in caught.value.__notes__[-1]


def test_making_a_queue_again_gives_the_same_one(main: Account) -> None:
    """If it is made alike."""
    assert main.create_queue("orders") is main.create_queue("orders")
    assert main.create_queue("orders", region="eu-west-1") is not main.create_queue("orders")
    assert len(main.resources) == 2


def test_a_topic_has_snss_policy_from_the_first(main: Account, eve: Any) -> None:
    """Everybody is named, and the condition lets nobody from outside in."""
    topic = main.create_topic("news")

    assert topic.policy is not None
    written = topic.policy.to_dict()
    assert (written["Version"], written["Id"]) == ("2008-10-17", "__default_policy_ID")
    [statement] = written["Statement"]
    assert statement["Sid"] == "__default_statement_ID"
    assert statement["Action"] == [f"SNS:{name}" for name in DEFAULT_ACTIONS]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": OWN}}
    assert not main.world.can(eve, "sns:Publish", topic.arn)


def test_a_topics_permissions_come_to_those_that_are_there(main: Account, eve: Any) -> None:
    """And go one by one; the whole policy goes back to SNS's own."""
    topic = main.create_topic("news")
    topic.add_permission("partner", aws_account_id=[OTHER], action_name=["Publish"])
    assert main.world.can(eve, "sns:Publish", topic.arn)
    assert not main.world.can(eve, "sns:Subscribe", topic.arn)

    topic.remove_permission("partner")
    topic.remove_permission("partner")  # SNS does not mind
    assert not main.world.can(eve, "sns:Publish", topic.arn)
    topic.put_policy(document(allow("sns:Publish", topic.arn, Principal=who(OTHER))))
    topic.delete_policy()

    assert topic.policy.statements[0].sid == "__default_statement_ID"


def test_subscriptions_are_asked_of_the_topics_policy(main: Account, eve: Any) -> None:
    """They are below it."""
    topic = main.create_topic("news")
    below = f"{topic.arn}:d94a7ed9"
    policy = document(allow("sns:Publish", topic.arn, Principal=who(OTHER)))
    topic.put_policy(policy)

    assert not main.world.can(eve, "sns:Publish", below)  # the statement is about the topic
    assert main.world.can(eve, "sns:Publish", topic.arn)


def test_a_service_is_let_in_for_one_resource(main: Account) -> None:
    """A bucket that sends events to a queue."""
    queue, bucket = main.create_queue("orders"), "arn:aws:s3:::maps"
    only = {"ArnLike": {"aws:SourceArn": bucket}, "StringEquals": {"aws:SourceAccount": OWN}}
    statement = allow(
        "sqs:SendMessage", queue.arn, Principal={"Service": "s3.amazonaws.com"}, Condition=only
    )
    queue.put_policy(document(statement))
    sent = {"aws:SourceArn": bucket, "aws:SourceAccount": OWN}

    assert main.world.can("s3.amazonaws.com", "sqs:SendMessage", queue.arn, context=sent)
    sent["aws:SourceAccount"] = OTHER
    assert not main.world.can("s3.amazonaws.com", "sqs:SendMessage", queue.arn, context=sent)


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_tags_come_and_go_and_the_thing_too(kind: str, main: Account) -> None:
    """By the operations of its service."""
    make = getattr(main, f"create_{kind}")
    made = make("x", tags={"team": "sky"})
    made.tag({"cost": "1"})
    made.untag(["team", "none"])

    assert made.tags == {"cost": "1"}
    with pytest.raises(RequestError, match="list of keys"):
        made.untag("cost")
    made.delete()
    with pytest.raises(NoSuchEntity):
        main.resources[made.arn]


@pytest.mark.parametrize(
    ("operation", "arguments", "action"),
    [
        ("sqs:CreateQueue", {"QueueName": "q"}, "sqs:CreateQueue"),
        ("sqs:CreateQueue", {"QueueName": "q", "tags": {"team": "sky"}}, "sqs:TagQueue"),
        ("sns:CreateTopic", {"Name": "q"}, "sns:CreateTopic"),
        ("sns:CreateTopic", {"Name": "q", "Tags": [{"Key": "a", "Value": "b"}]}, "sns:TagResource"),
    ],
)
def test_who_makes_one_needs_the_permission_for_it(
    operation: str, arguments: dict[str, Any], action: str, main: Account
) -> None:
    """On the ARN that it will have; and to tag it, if it is made with tags."""
    dana, service = main.users["dana"], operation[:3]
    others = [f"{service}:*"] if action != operation else ["none:None"]
    statements = [allow(others)]
    if action != operation:
        statements.append({"Effect": "Deny", "Action": action, "Resource": "*"})
    dana.put_policy("some", document(*statements))
    with pytest.raises(AccessDenied, match=f"{action} on resource: arn:aws:{service}:us-east-1"):
        main.call(operation, dana, **arguments)
    assert not main.resources

    dana.put_policy("some", document(allow([operation, action], f"arn:aws:{service}:*:{OWN}:q")))
    answer = main.call(operation, dana, **arguments)
    assert next(iter(answer.values())).endswith("q")


def test_tags_that_are_sent_can_be_asked_for(main: Account) -> None:
    """Also where the API takes them as a mapping."""
    dana = main.users["dana"]
    only = {"StringEquals": {"aws:RequestTag/team": "sky"}}
    dana.put_policy("some", document(allow("sqs:*", "*", Condition=only)))
    with pytest.raises(AccessDenied):
        main.call("sqs:CreateQueue", dana, QueueName="q")

    main.call("sqs:CreateQueue", dana, QueueName="q", tags={"team": "sky"})


def test_events_are_noted_where_they_happen(main: Account) -> None:
    """In the Region of the queue."""
    main.create_queue("orders", region="eu-west-1").tag({"a": "b"})

    assert [event.event_name for event in main.world.events[-2:]] == ["CreateQueue", "TagQueue"]
    assert {event.aws_region for event in main.world.events[-2:]} == {"eu-west-1"}
    assert main.world.events[-1].event_source == "sqs.amazonaws.com"


def test_there_is_no_such_region(main: Account) -> None:
    """A slip, not an answer of AWS."""
    with pytest.raises(RequestError, match="isn't a Region"):
        main.create_queue("orders", region="Frankfurt")


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_no_policy_is_not_taken_for_an_empty_one(kind: str, main: Account) -> None:
    """Which would take it away, or reset it."""
    thing = getattr(main, f"create_{kind}")("orders")
    action = {"queue": "sqs:SendMessage", "topic": "sns:Publish"}[kind]
    thing.put_policy(document(allow(action, thing.arn, Principal={"AWS": OTHER})))
    before = thing.policy
    nothing: Any = None

    with pytest.raises(ValidationError, match="must not be null"):
        thing.put_policy(nothing)

    assert thing.policy is before


@pytest.mark.parametrize(
    ("label", "accounts", "actions"),
    [("", [OTHER], ["Publish"]), ("x", [], ["Publish"]), ("x", [OTHER], [])],
)
def test_a_permission_for_nothing_or_nobody_is_refused(
    label: str, accounts: list[str], actions: list[str], main: Account
) -> None:
    """In the service's code; the policies stay as they are."""
    queue, topic = main.create_queue("orders"), main.create_topic("news")
    before = queue.policy, topic.policy

    with pytest.raises(InvalidParameterValue, match="must not be empty"):
        queue.add_permission(label, aws_account_ids=accounts, actions=actions)
    with pytest.raises(InvalidParameter, match="must not be empty"):
        topic.add_permission(label, aws_account_id=accounts, action_name=actions)

    assert (queue.policy, topic.policy) == before


@pytest.mark.parametrize("wrong", [None, OTHER, 5])
def test_a_permission_takes_lists(wrong: Any, main: Account) -> None:
    """One text would be taken letter by letter."""
    queue, topic = main.create_queue("orders"), main.create_topic("news")

    with pytest.raises(RequestError, match="aws_account_ids is a list"):
        queue.add_permission("x", aws_account_ids=wrong, actions=["SendMessage"])
    with pytest.raises(RequestError, match="actions is a list"):
        queue.add_permission("x", aws_account_ids=[OTHER], actions=wrong)
    with pytest.raises(RequestError, match="aws_account_id is a list"):
        topic.add_permission("x", aws_account_id=wrong, action_name=["Publish"])
    with pytest.raises(RequestError, match="action_name is a list"):
        topic.add_permission("x", aws_account_id=[OTHER], action_name=wrong)
