"""SQS: queues. Their policy is one of their attributes.

Notes
-----
AWS pages: "Identity and access management in Amazon SQS"; "Amazon SQS policy quotas"; "API
AddPermission", with its limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.services import (
    InvalidAttributeValue,
    InvalidParameterValue,
    OverLimit,
    QueueAlreadyExists,
    QueueDoesNotExist,
)
from iamlab.operations.parameters import as_list, as_text, must_be_there
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.operations.services.common import keep, name_in
from iamlab.operations.services.statements import add_permission, remove_statement
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

_MOST_ACTIONS = 7
_POLICY = "Policy"

API = Api(
    service="sqs",
    kinds=("queue",),
    place="",
    named_by=("QueueName", "QueueUrl"),
    pattern=r"[\w-]{1,80}|[\w-]{1,75}\.fifo",
    misnamed=lambda _: InvalidParameterValue(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    ),
    absent=lambda _: QueueDoesNotExist("The specified queue does not exist."),
    taken=lambda arn: QueueAlreadyExists(
        f"A queue already exists with the same name {name_in(arn)} and a different value for "
        "attribute Policy"
    ),
    untaggable=InvalidParameterValue,
    tag="TagQueue",
    untag="UntagQueue",
    delete="DeleteQueue",
)


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
    api: ClassVar[Api] = API

    @property
    def url(self) -> str:
        """Its address, which SQS's API asks for."""
        arn = Arn.parse(self.arn)
        end = ".cn" if arn.partition == "aws-cn" else ""
        return f"https://sqs.{arn.region}.amazonaws.com{end}/{arn.account}/{self.name}"

    def put_policy(self, document: Document) -> None:
        """Replace the queue's policy (``SetQueueAttributes``).

        Raises
        ------
        InvalidAttributeValue
            Whatever is wrong with it: SQS says no more.
        """
        self._set_policy(as_text(must_be_there(document)))

    def delete_policy(self) -> None:
        """Take the policy away: the attribute is set to nothing."""
        self._set_policy("")

    def add_permission(
        self, label: str, *, aws_account_ids: Iterable[str], actions: Iterable[str]
    ) -> None:
        """Let accounts do some actions: SQS writes the statement, with the label as its Sid.

        Raises
        ------
        InvalidParameterValue
            The label is taken, or what should be an account is none; or one of them is not given.
        OverLimit
            More than seven actions.
        """
        accounts, names = (
            as_list(aws_account_ids, "aws_account_ids is a list"),
            as_list(actions, "actions is a list"),
        )
        self._do(
            "AddPermission", QueueUrl=self.url, Label=label, AWSAccountIds=accounts, Actions=names
        )

    def remove_permission(self, label: str) -> None:
        """Take a statement out of the policy by its Sid.

        Raises
        ------
        InvalidParameterValue
            There is none.
        """
        self._do("RemovePermission", QueueUrl=self.url, Label=label)

    def _set_policy(self, text: Any) -> None:
        self._do("SetQueueAttributes", QueueUrl=self.url, Attributes={_POLICY: text})

    def _as(self, _: str) -> dict[str, str]:
        return {"QueueUrl": self.url}


@API.makes("CreateQueue", lambda made: {"QueueUrl": made.url})
def create_queue(account: Account, given: Parameters) -> Queue:
    """Make a queue; one that is there already, with the same policy, is given back."""
    there = account.resources.get(API.arn_of(account, given))
    queue = there if isinstance(there, Queue) else Queue(account, API.check_new(account, given))
    tags = API.tags(given)
    wanted = Queue(account, queue.arn, tags)
    _set_attributes(wanted, given.get("Attributes", {}))
    if there is None:
        return keep(account, wanted)
    if queue.policy != wanted.policy:
        raise API.taken(queue.arn)
    return queue


@API.does("SetQueueAttributes")
def set_queue_attributes(account: Account, given: Parameters) -> None:
    """Change attributes; the policy is the one that is modelled."""
    _set_attributes(API.find(account, given), given["Attributes"])
    account.changed()


def _set_attributes(queue: Queue, attributes: Parameters) -> None:
    """Set those that are known here: only the policy means anything for access."""
    if _POLICY not in attributes:
        return
    text = attributes[_POLICY]
    if text is None or not isinstance(text, str):
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")
    queue.policy = resource_policy(text, queue, "sqs") if text else None


def _mistake(what: str, value: str) -> AwsError:
    """Say what is wrong with a permission."""
    if what == "many":
        return OverLimit(f"{value} Actions were found, maximum allowed is {_MOST_ACTIONS}.")
    texts = {
        # The first sentence is not documented.
        "empty": f"Value  for parameter {value} is invalid. Reason: It must not be empty.",
        "taken": f"Value {value} for parameter Label is invalid. Reason: Already exists.",
        "stranger": (
            f"Value [{value}] for parameter PrincipalId is invalid. Reason: Unable to verify."
        ),
    }
    return InvalidParameterValue(texts[what])


@API.does("AddPermission")
def permit(account: Account, given: Parameters) -> None:
    """Write a statement into the policy."""
    queue, names = API.find(account, given), ("AWSAccountIds", "Actions")
    add_permission(queue, given, names, _mistake, most_actions=_MOST_ACTIONS)


@API.does("RemovePermission")
def remove_permission(account: Account, given: Parameters) -> None:
    """Take a statement out of the policy."""
    label = given["Label"]
    refusal = InvalidParameterValue(
        f"Value {label} for parameter Label is invalid. Reason: can't find label."
    )
    remove_statement(API.find(account, given), label, refusal)


API.shared()
