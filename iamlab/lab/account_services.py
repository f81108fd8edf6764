"""How an account gets queues, topics, functions, secrets, tables and the like.

What an account settles for all its buckets.

Notes
-----
AWS page: "Configuring block public access settings for your account".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.lab.account_ec2 import MakesOfEc2
from iamlab.model.public_access_block import as_parameter
from iamlab.operations.parameters import arn_of, as_tags, as_text
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.services.dynamodb import Table
    from iamlab.operations.services.ecr import Repository
    from iamlab.operations.services.eventbridge import EventBus
    from iamlab.operations.services.lambda_function import Function
    from iamlab.operations.services.secretsmanager import Secret
    from iamlab.operations.services.sns import Topic
    from iamlab.operations.services.sqs import Queue

    Tags = Mapping[str, str]


class MakesOfServices(MakesOfEc2):
    """The methods of an account that make them, each one operation of a service.

    Those that make something with a policy do it at once, where AWS's API has two calls.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def get_role(self, role_name: str) -> Role:
            """Find a role by name."""

    def create_queue(
        self,
        queue_name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Queue:
        """Create an SQS queue; nobody outside of the account may use it yet.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_queue("orders").arn
        'arn:aws:sqs:us-east-1:111111111111:orders'
        """
        made: Queue = self._make(
            "sqs:CreateQueue",
            QueueName=queue_name,
            Attributes=None if policy is None else {"Policy": as_text(policy)},
            tags=_mapping(tags),
            Region=region,
        )
        return made

    def create_topic(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Topic:
        """Create an SNS topic, with SNS's default policy if none is given.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> [one.sid for one in main.create_topic("news").policy.statements]
        ['__default_statement_ID']
        """
        made: Topic = self._make(
            "sns:CreateTopic",
            Name=name,
            Attributes=None if policy is None else {"Policy": as_text(policy)},
            Tags=as_tags(tags),
            Region=region,
        )
        return made

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
            Its execution role, by itself, its ARN or its name.

        Raises
        ------
        InvalidParameterValueException
            The role's trust policy does not let Lambda assume it.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="lambda.amazonaws.com")
        >>> role = main.create_role("worker", assume_role_policy_document=trust)
        >>> main.create_function("resize", role=role).arn
        'arn:aws:lambda:us-east-1:111111111111:function:resize'
        """
        made: Function = self._make(
            "lambda:CreateFunction",
            FunctionName=function_name,
            Role=self._arn_of_role(role),
            Policy=_text(policy),
            Tags=_mapping(tags),
            Region=region,
        )
        return made

    def _arn_of_role(self, role: Role | str) -> str:
        if isinstance(role, str):
            return role if is_arn(role) else self.get_role(role).arn
        return arn_of(role, "role is a role, its ARN or its name")

    def create_secret(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Secret:
        """Create a secret; what it holds is not kept here.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_secret("prod/db").name
        'prod/db'
        """
        made: Secret = self._make(
            "secretsmanager:CreateSecret",
            Name=name,
            Policy=_text(policy),
            Tags=as_tags(tags),
            Region=region,
        )
        return made

    def create_table(
        self,
        table_name: str,
        *,
        stream_enabled: bool = False,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> Table:
        """Create a DynamoDB table; ``table.stream`` is its stream, if one is asked for.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> table = main.create_table("stars", stream_enabled=True)
        >>> table.stream.arn
        'arn:aws:dynamodb:us-east-1:111111111111:table/stars/stream/2026-11-25T09:00:00.000'
        """
        made: Table = self._make(
            "dynamodb:CreateTable",
            TableName=table_name,
            StreamSpecification={"StreamEnabled": True} if stream_enabled else None,
            ResourcePolicy=_text(policy),
            Tags=as_tags(tags),
            Region=region,
        )
        return made

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
        made: Repository = self._make(
            "ecr:CreateRepository",
            repositoryName=repository_name,
            Policy=_text(policy),
            tags=as_tags(tags),
            Region=region,
        )
        return made

    def create_event_bus(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Tags | None = None,
        region: str = DEFAULT_REGION,
    ) -> EventBus:
        """Create an event bus; the default one is there already.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> main.create_event_bus("orders").arn
        'arn:aws:events:us-east-1:111111111111:event-bus/orders'
        """
        made: EventBus = self._make(
            "events:CreateEventBus",
            Name=name,
            Policy=_text(policy),
            Tags=as_tags(tags),
            Region=region,
        )
        return made


def _text(policy: Document | None) -> Any:
    return None if policy is None else as_text(policy)


def _mapping(tags: Tags | None) -> dict[str, str] | None:
    """Give tags as the APIs take them that take a mapping."""
    found = as_tags(tags)
    return None if found is None else {tag["Key"]: tag["Value"] for tag in found}


class BlocksPublicAccess:
    """The methods of an account for the four switches of all its buckets."""

    __slots__ = ()

    if TYPE_CHECKING:
        _make: Callable[..., Any]

    def put_public_access_block(
        self,
        *,
        block_public_acls: bool = False,
        ignore_public_acls: bool = False,
        block_public_policy: bool = False,
        restrict_public_buckets: bool = False,
    ) -> None:
        """Set the account's switches of S3 Block Public Access; those not named are off.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.put_public_access_block(block_public_policy=True)
        >>> main.get_public_access_block().block_public_policy
        True
        """
        switches = PublicAccessBlock(
            block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets
        )
        self._make(
            "s3:PutAccountPublicAccessBlock", PublicAccessBlockConfiguration=as_parameter(switches)
        )

    def get_public_access_block(self) -> PublicAccessBlock:
        """Read the account's switches.

        Raises
        ------
        NoSuchPublicAccessBlockConfiguration
            It has none.
        """
        read: PublicAccessBlock = self._make("s3:GetAccountPublicAccessBlock")
        return read

    def delete_public_access_block(self) -> None:
        """Take the account's switches away: each bucket's own are left."""
        self._make("s3:DeleteAccountPublicAccessBlock")
