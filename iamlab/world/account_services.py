"""Creating resources in SQS, SNS, Lambda, Secrets Manager, DynamoDB, ECR and EventBridge.

Notes
-----
AWS page: "AWS services that work with IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.model import account as records
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import arn_of, as_tags, as_text
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.services.eventbridge import EventBus
    from iamlab.operations.services.lambda_functions import Function
    from iamlab.operations.services.queues_and_topics import Queue, Topic
    from iamlab.operations.services.secretsmanager import Secret
    from iamlab.operations.services.tables_and_repositories import Repository, Table

    Tags = Mapping[str, str]


class AccountServices(records.Account):
    """The methods of an account that create resources, each an operation of the service.

    Creating a resource with a policy is a single step, where AWS's API needs two calls.
    """

    __slots__ = ()

    def create_queue(
        self,
        queue_name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Queue:
        """Create an SQS queue. Only its account can use it at first.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_queue("orders").arn
        'arn:aws:sqs:us-east-1:111111111111:orders'
        """
        return perform(
            self,
            "sqs:CreateQueue",
            QueueName=queue_name,
            Attributes=None if policy is None else {"Policy": as_text(policy)},
            tags=_tag_mapping(tags),
            Region=region,
        )

    def create_topic(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Topic:
        """Create an SNS topic, by default with SNS's default policy.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> [one.sid for one in main.create_topic("news").policy.statements]
        ['__default_statement_ID']
        """
        return perform(
            self,
            "sns:CreateTopic",
            Name=name,
            Attributes=None if policy is None else {"Policy": as_text(policy)},
            Tags=as_tags(tags),
            Region=region,
        )

    def create_function(
        self,
        function_name: str,
        *,
        role: Role | str,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Function:
        """Create a Lambda function.

        Parameters
        ----------
        role
            The execution role, its ARN or its name.

        Raises
        ------
        InvalidParameterValueException
            The role's trust policy doesn't allow Lambda to assume it.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="lambda.amazonaws.com")
        >>> role = main.create_role("worker", assume_role_policy_document=trust)
        >>> main.create_function("resize", role=role).arn
        'arn:aws:lambda:us-east-1:111111111111:function:resize'
        """
        return perform(
            self,
            "lambda:CreateFunction",
            FunctionName=function_name,
            Role=self._arn_of_role(role),
            Policy=as_text(policy),
            Tags=_tag_mapping(tags),
            Region=region,
        )

    def _arn_of_role(self, role: Role | str) -> str:
        if isinstance(role, str):
            return role if is_arn(role) else self.roles[role].arn
        return arn_of(role, "role is a role, its ARN or its name")

    def create_secret(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Secret:
        """Create a secret; its value isn't stored here.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_secret("prod/db").name
        'prod/db'
        """
        sent = _sent(policy, tags, region)
        return perform(self, "secretsmanager:CreateSecret", Name=name, **sent)

    def create_table(
        self,
        table_name: str,
        *,
        stream_enabled: bool = False,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Table:
        """Create a DynamoDB table; ``table.stream`` is its stream, if requested.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> table = main.create_table("stars", stream_enabled=True)
        >>> table.stream.arn
        'arn:aws:dynamodb:us-east-1:111111111111:table/stars/stream/2026-11-25T09:00:00.000'
        """
        return perform(
            self,
            "dynamodb:CreateTable",
            TableName=table_name,
            StreamSpecification={"StreamEnabled": True} if stream_enabled else None,
            ResourcePolicy=as_text(policy),
            Tags=as_tags(tags),
            Region=region,
        )

    def create_repository(
        self,
        repository_name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Repository:
        """Create a repository of container images.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_repository("tools/sky").arn
        'arn:aws:ecr:us-east-1:111111111111:repository/tools/sky'
        """
        return perform(
            self,
            "ecr:CreateRepository",
            repositoryName=repository_name,
            Policy=as_text(policy),
            tags=as_tags(tags),
            Region=region,
        )

    def create_event_bus(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> EventBus:
        """Create an event bus; the default bus always exists.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_event_bus("orders").arn
        'arn:aws:events:us-east-1:111111111111:event-bus/orders'
        """
        return perform(self, "events:CreateEventBus", Name=name, **_sent(policy, tags, region))


def _sent(policy: Document | None, tags: Tags | None, region: str) -> dict[str, Any]:
    """Return the parameters that several services have."""
    return {"Policy": as_text(policy), "Tags": as_tags(tags), "Region": region}


def _tag_mapping(tags: Tags | None) -> dict[str, str] | None:
    """Return tags in the form of those APIs that take a mapping."""
    found = as_tags(tags)
    return None if found is None else {tag["Key"]: tag["Value"] for tag in found}
