"""SNS: topics. Each has a policy from the first, and cannot be without one.

Notes
-----
AWS pages: "Example cases for Amazon SNS access control"; "Amazon SNS API permissions"; the default
policy is as SNS has been seen to write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.services import AuthorizationError, InvalidParameter, NotFound, TagLimitExceeded
from iamlab.operations.parameters import as_list, as_text, must_be_there
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.operations.services.common import keep
from iamlab.operations.services.statements import add_permission, sids_of, without_statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

_POLICY = "Policy"
DEFAULT_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"),
    *("DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"),
)
"""What the policy of a new topic lets its own account do."""

API = Api(
    service="sns",
    kinds=("topic",),
    place="",
    named_by=("Name", "TopicArn", "ResourceArn"),
    pattern=r"[\w-]{1,256}|[\w-]{1,251}\.fifo",
    misnamed=lambda _: InvalidParameter("Invalid parameter: Topic Name"),
    absent=lambda _: NotFound("Topic does not exist"),
    taken=lambda _: InvalidParameter(
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    ),
    untaggable=TagLimitExceeded,
    tag="TagResource",
    untag="UntagResource",
    delete="DeleteTopic",
    forgives=True,
    refuse=AuthorizationError,
)


@dataclass(slots=True, eq=False)
class Topic(NamedResource):
    """An SNS topic. Its subscriptions are below it, and are asked of its policy.

    Examples
    --------
    >>> from iamlab import World
    >>> topic = World(seed=7).create_account("main", account_id="111111111111").create_topic("news")
    >>> topic.policy.statements[0].label
    '__default_statement_ID'
    """

    kind: ClassVar[str] = "topic"
    separator: ClassVar[str] = ":"
    api: ClassVar[Api] = API

    def put_policy(self, document: Document) -> None:
        """Replace the topic's policy (``SetTopicAttributes``).

        Raises
        ------
        InvalidParameter
            In SNS's words.
        """
        self._set_policy(as_text(must_be_there(document)))

    def delete_policy(self) -> None:
        """Go back to the policy that a new topic has: SNS keeps no topic without one."""
        self._set_policy("")

    def add_permission(
        self, label: str, *, aws_account_id: Iterable[str], action_name: Iterable[str]
    ) -> None:
        """Let accounts do some actions: SNS writes the statement, with the label as its Sid.

        Raises
        ------
        InvalidParameter
            The label is taken, or an account or an action is none; or one of them is not given.
        """
        self._do(
            "AddPermission",
            TopicArn=self.arn,
            Label=label,
            AWSAccountId=as_list(aws_account_id, "aws_account_id is a list"),
            ActionName=as_list(action_name, "action_name is a list"),
        )

    def remove_permission(self, label: str) -> None:
        """Take a statement out of the policy by its Sid."""
        self._do("RemovePermission", TopicArn=self.arn, Label=label)

    def _set_policy(self, text: Any) -> None:
        self._do(
            "SetTopicAttributes", TopicArn=self.arn, AttributeName=_POLICY, AttributeValue=text
        )


@API.makes("CreateTopic", answer=lambda made: {"TopicArn": made.arn})
def create_topic(account: Account, given: Parameters) -> Topic:
    """Make a topic; one that is there already, made the same way, is given back."""
    there = account.resources.get(API.arn_of(account, given))
    wanted = Topic(account, there.arn if there else API.check_new(account, given), API.tags(given))
    wanted.policy = _policy_of(wanted, given.get("Attributes", {}).get(_POLICY, ""))
    if not isinstance(there, Topic):
        return keep(account, wanted)
    if _POLICY in given.get("Attributes", {}) and there.policy != wanted.policy:
        raise API.taken(there.arn)
    if "Tags" in given and there.tags != wanted.tags:
        raise InvalidParameter(
            "Invalid parameter: Tags Reason: Topic already exists with different tags"
        )
    return there


@API.does("SetTopicAttributes")
def set_topic_attributes(account: Account, given: Parameters) -> None:
    """Change an attribute; the policy is the one that is modelled."""
    topic = API.find(account, given)
    if given["AttributeName"] == _POLICY:
        topic.policy = _policy_of(topic, given.get("AttributeValue", ""))
        account.changed()


def _policy_of(topic: Topic, text: Any) -> Policy:
    if not isinstance(text, str):
        raise InvalidParameter("Invalid parameter: Policy Error: null")
    return resource_policy(text or default_policy(topic), topic, "sns")


def default_policy(topic: Topic) -> dict[str, Any]:
    """Write the policy of a new topic.

    Everybody is named, and a condition narrows that down to the topic's account.
    """
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{name}" for name in DEFAULT_ACTIONS],
                "Resource": topic.arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account.account_id}},
            }
        ],
    }


def _mistake(what: str, value: str) -> InvalidParameter:
    """Say what is wrong with a permission."""
    texts = {
        "empty": f"{value} Reason: It must not be empty",  # SNS's sentence is not documented
        "taken": "Statement already exists",
        "stranger": "Policy Error: PrincipalNotFound",
    }
    return InvalidParameter(f"Invalid parameter: {texts[what]}")


@API.does("AddPermission")
def permit(account: Account, given: Parameters) -> None:
    """Write a statement into the policy."""
    add_permission(API.find(account, given), given, ("AWSAccountId", "ActionName"), _mistake)


@API.does("RemovePermission")
def remove_permission(account: Account, given: Parameters) -> None:
    """Take a statement out of the policy; one that is not there is no mistake."""
    topic = API.find(account, given)
    if given["Label"] in sids_of(topic.policy):
        topic.policy = without_statement(topic.policy, given["Label"])
        account.changed()


API.shared()
