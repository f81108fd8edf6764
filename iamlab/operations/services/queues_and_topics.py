"""SQS and SNS: queues and topics. Their policy is one of their attributes.

A queue needs no policy. A topic always has one.

Notes
-----
AWS pages: "Identity and access management in Amazon SQS"; "Amazon SQS policy quotas"; "API
AddPermission" of both, with its limits; "Example cases for Amazon SNS access control"; "Amazon SNS
API permissions". The default policy of a topic follows observed policies of SNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.services import InvalidAttributeValue, InvalidParameter, InvalidParameterValue
from iamlab.operations.parameters import as_list, as_text, must_be_there
from iamlab.operations.resource_policies import add_permission, remove_statement, resource_policy
from iamlab.operations.services.apis import Api, NamedResource, api_of, keep
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

QUEUES, TOPICS = api_of("queue", Api), api_of("topic", Api)


@dataclass(slots=True, eq=False)
class Queue(NamedResource):
    """An SQS queue.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> main.create_queue("orders").url
    'https://sqs.us-east-1.amazonaws.com/111111111111/orders'
    """

    kind: ClassVar[str] = "queue"
    api: ClassVar[Api] = QUEUES

    @property
    def url(self) -> str:
        """Its URL, which SQS's API requires."""
        arn = Arn.parse(self.arn)
        end = ".cn" if arn.partition == "aws-cn" else ""
        return f"https://sqs.{arn.region}.amazonaws.com{end}/{arn.account}/{self.name}"

    def put_policy(self, document: Document) -> None:
        """Replace the queue's policy (``SetQueueAttributes``).

        Raises
        ------
        InvalidAttributeValue
            The policy isn't valid; SQS gives no reason.
        """
        self._do("SetQueueAttributes", Attributes={"Policy": as_text(must_be_there(document))})

    def delete_policy(self) -> None:
        """Delete the policy by setting the attribute to an empty text."""
        self._do("SetQueueAttributes", Attributes={"Policy": ""})

    def add_permission(
        self, label: str, *, aws_account_ids: Iterable[str], actions: Iterable[str]
    ) -> None:
        """Allow accounts some actions; SQS writes the statement, with the label as its Sid.

        Raises
        ------
        InvalidParameterValue
            The label is taken, an account isn't valid, or a parameter is missing.
        OverLimit
            More than seven actions.
        """
        accounts = as_list(aws_account_ids, "aws_account_ids is a list")
        names = as_list(actions, "actions is a list")
        self._do("AddPermission", Label=label, AWSAccountIds=accounts, Actions=names)

    def remove_permission(self, label: str) -> None:
        """Remove a statement from the policy by its Sid.

        Raises
        ------
        InvalidParameterValue
            There is no such statement.
        """
        self._do("RemovePermission", Label=label)

    def _named(self, _: str) -> dict[str, str]:
        return {"QueueUrl": self.url}


@dataclass(slots=True, eq=False)
class Topic(NamedResource):
    """An SNS topic. Its policy also applies to its subscriptions.

    Examples
    --------
    >>> from iamlab import World
    >>> topic = World(seed=7).create_account("main", account_id="111111111111").create_topic("news")
    >>> topic.policy.statements[0].label
    '__default_statement_ID'
    """

    kind: ClassVar[str] = "topic"
    separator: ClassVar[str] = ":"
    api: ClassVar[Api] = TOPICS

    def put_policy(self, document: Document) -> None:
        """Replace the topic's policy (``SetTopicAttributes``).

        Raises
        ------
        InvalidParameter
            In SNS's words.
        """
        self._set_policy(as_text(must_be_there(document)))

    def delete_policy(self) -> None:
        """Restore the default policy, because every topic has one."""
        self._set_policy("")

    def _set_policy(self, text: Any) -> None:
        self._do("SetTopicAttributes", AttributeName="Policy", AttributeValue=text)

    def add_permission(
        self, label: str, *, aws_account_id: Iterable[str], action_name: Iterable[str]
    ) -> None:
        """Allow accounts some actions; SNS writes the statement, with the label as its Sid.

        Raises
        ------
        InvalidParameter
            The label is taken, an account or an action isn't valid, or a parameter is missing.
        """
        accounts = as_list(aws_account_id, "aws_account_id is a list")
        names = as_list(action_name, "action_name is a list")
        self._do("AddPermission", Label=label, AWSAccountId=accounts, ActionName=names)

    def remove_permission(self, label: str) -> None:
        """Remove a statement from the policy by its Sid."""
        self._do("RemovePermission", Label=label)


# -- queues ---------------------------------------------------------------------------------------


@QUEUES.does("CreateQueue", also=QUEUES.also)
def create_queue(account: Account, arguments: Parameters) -> Queue:
    """Create a queue; an existing one with the same policy is returned."""
    there = account.resources.get(QUEUES.arn_of(account, arguments))
    arn = there.arn if isinstance(there, Queue) else QUEUES.check_new(account, arguments)
    wanted = Queue(account, arn, QUEUES.tags(arguments))
    _set_attributes(wanted, arguments.get("Attributes", {}))
    if not isinstance(there, Queue):
        return keep(wanted)
    if there.policy != wanted.policy:
        raise QUEUES.taken(arn)
    return there


@QUEUES.does("SetQueueAttributes")
def set_queue_attributes(account: Account, arguments: Parameters) -> None:
    """Change attributes; only the policy is modelled."""
    _set_attributes(QUEUES.find(account, arguments), arguments["Attributes"])


def _set_attributes(queue: Queue, attributes: Parameters) -> None:
    """Set the modelled attributes: only the policy affects access."""
    if "Policy" not in attributes:
        return
    text = attributes["Policy"]
    if not isinstance(text, str):
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")
    queue.policy = resource_policy(text, queue) if text else None


@QUEUES.does("AddPermission")
def add_permission_to_queue(account: Account, arguments: Parameters) -> None:
    """Write a statement into the policy."""
    add_permission(QUEUES.find(account, arguments), arguments)


@QUEUES.does("RemovePermission")
def remove_permission_from_queue(account: Account, arguments: Parameters) -> None:
    """Take a statement out of the policy."""
    label = arguments["Label"]
    text = f"Value {label} for parameter Label is invalid. Reason: can't find label."
    remove_statement(QUEUES.find(account, arguments), label, InvalidParameterValue(text))


# -- topics ---------------------------------------------------------------------------------------


@TOPICS.does("CreateTopic", also=TOPICS.also)
def create_topic(account: Account, arguments: Parameters) -> Topic:
    """Create a topic; an equal existing one is returned."""
    there = account.resources.get(TOPICS.arn_of(account, arguments))
    arn, attributes = there.arn if there else "", arguments.get("Attributes", {})
    wanted = Topic(account, arn or TOPICS.check_new(account, arguments), TOPICS.tags(arguments))
    _set_policy(wanted, attributes.get("Policy", ""))
    if not isinstance(there, Topic):
        return keep(wanted)
    if "Policy" in attributes and there.policy != wanted.policy:
        raise TOPICS.taken(arn)
    if "Tags" in arguments and there.tags != wanted.tags:
        raise InvalidParameter(
            "Invalid parameter: Tags Reason: Topic already exists with different tags"
        )
    return there


@TOPICS.does("SetTopicAttributes")
def set_topic_attributes(account: Account, arguments: Parameters) -> None:
    """Change an attribute; only the policy is modelled."""
    topic = TOPICS.find(account, arguments)
    if arguments["AttributeName"] == "Policy":
        _set_policy(topic, arguments.get("AttributeValue", ""))


def _set_policy(topic: Topic, text: Any) -> None:
    if not isinstance(text, str):
        raise InvalidParameter("Invalid parameter: Policy Error: null")
    topic.policy = resource_policy(text or default_policy(topic), topic)


DEFAULT_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"),
    *("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"),
)
"""The actions that a new topic's policy allows its own account."""


def default_policy(topic: Topic) -> dict[str, Any]:
    """Return the policy of a new topic.

    It names everybody, and a condition limits that to the topic's account.
    """
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{name}" for name in DEFAULT_ACTIONS],
        "Resource": topic.arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account.account_id}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


@TOPICS.does("AddPermission")
def add_permission_to_topic(account: Account, arguments: Parameters) -> None:
    """Write a statement into the policy."""
    add_permission(TOPICS.find(account, arguments), arguments)


@TOPICS.does("RemovePermission")
def remove_permission_from_topic(account: Account, arguments: Parameters) -> None:
    """Remove a statement from the policy; a missing one isn't an error."""
    remove_statement(TOPICS.find(account, arguments), arguments["Label"])


QUEUES.shared()
TOPICS.shared()
