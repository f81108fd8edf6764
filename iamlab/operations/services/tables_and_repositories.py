"""DynamoDB and ECR: tables with their streams, and repositories of container images.

Their policies can't lock the caller out, unless requested.

A table's policy also applies to its indexes. A stream has its own policy: the table's policy
doesn't apply to it.

Notes
-----
AWS pages: "Using resource-based policies for DynamoDB"; "Resource-based policy considerations";
"Private repository policies in Amazon ECR"; "API SetRepositoryPolicy".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import noted
from iamlab.errors.services import (
    InvalidParameterException,
    ResourceNotFoundException,
    ValidationException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.services.apis import Api, NamedResource, all_of, api_of, keep
from iamlab.operations.services.names_and_tags import misfit, name_in, refuses

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

# -- tables and streams ---------------------------------------------------------------------------


def _absent(arn: str) -> ResourceNotFoundException:
    what = f"Stream: {arn}" if "/stream/" in arn else f"Table: {name_in(arn)}"
    return ResourceNotFoundException(f"Requested resource not found: {what} not found")


TABLES = api_of(
    "table",
    Api,
    absent=_absent,
    misnamed=lambda name: (
        misfit(name, "tableName", "[a-zA-Z0-9_.-]+")
        if len(name) in range(3, 256)
        else ValidationException(
            "TableName must be at least 3 characters long and at most 255 characters long"
        )
    ),
)


@dataclass(slots=True, eq=False)
class Stored(NamedResource):
    """A table or a stream, with DynamoDB's operations for policies."""

    api: ClassVar[Api] = TABLES

    def put_policy(
        self, document: Document, *, confirm_remove_self_resource_access: bool | None = None
    ) -> None:
        """Replace the policy (``PutResourcePolicy``).

        Parameters
        ----------
        confirm_remove_self_resource_access
            Set it even if it locks the caller out.

        Raises
        ------
        ValidationException
            It isn't a valid policy for a table, or it would lock the caller out.
        """
        self._do(
            "PutResourcePolicy",
            Policy=as_text(document),
            ConfirmRemoveSelfResourceAccess=confirm_remove_self_resource_access,
        )

    def delete_policy(self) -> None:
        """Delete the policy (``DeleteResourcePolicy``); a missing one isn't an error."""
        self._do("DeleteResourcePolicy")


@dataclass(slots=True, eq=False)
class Table(Stored):
    """A DynamoDB table. Its indexes are ``.../table/name/index/other``.

    Examples
    --------
    >>> from iamlab import World
    >>> table = World(seed=7).create_account("main").create_table("stars", stream_enabled=True)
    >>> table.name, table.stream.kind
    ('stars', 'stream')
    """

    kind: ClassVar[str] = "table"
    separator: ClassVar[str] = "/"

    @property
    def stream(self) -> Stream | None:
        """Its stream of changes, if it has one."""
        streams, below = all_of(self.account, Stream), f"{self.arn}/stream/"
        return next((stream for stream in streams if stream.arn.startswith(below)), None)


@dataclass(slots=True, eq=False)
class Stream(Stored):
    """The stream of a table's changes, with its own policy. It is deleted with its table."""

    kind: ClassVar[str] = "stream"


@TABLES.does("CreateTable", also=TABLES.also)
def create_table(account: Account, arguments: Parameters) -> Table:
    """Create a table, with a stream if requested."""
    table = TABLES.keep(TABLES.new(Table, account, arguments), arguments)
    if arguments.get("StreamSpecification", {}).get("StreamEnabled") is True:
        label = account.world.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        keep(Stream(account, f"{table.arn}/stream/{label}"))
    return table


TABLES.saves_policies(
    "PutResourcePolicy",
    "Policy",
    locked_out=lambda: noted(
        # AWS's sentence is not documented.
        ValidationException("The policy would deny the caller access to the resource policy."),
        "The caller couldn't change this policy afterwards. To set it anyway: "
        "confirm_remove_self_resource_access=True.",
    ),
    bypass="ConfirmRemoveSelfResourceAccess",
)
TABLES.deletes_policies("DeleteResourcePolicy")
TABLES.shared()


# -- repositories ---------------------------------------------------------------------------------

REPOSITORIES = api_of("repository", Api)


@dataclass(slots=True, eq=False)
class Repository(NamedResource):
    """A repository of container images. Its policy has no Resource element.

    Examples
    --------
    >>> from iamlab import World
    >>> World(seed=7).create_account("main").create_repository("team/web").name
    'team/web'
    """

    kind: ClassVar[str] = "repository"
    api: ClassVar[Api] = REPOSITORIES

    def put_policy(self, document: Document, *, force: bool | None = None) -> None:
        """Replace the repository's policy (``SetRepositoryPolicy``).

        Parameters
        ----------
        force
            Set it even if it locks the caller out.

        Raises
        ------
        InvalidParameterException
            The policy isn't valid; ECR gives no reason.
        """
        self._do("SetRepositoryPolicy", policyText=as_text(document), force=force)

    def delete_policy(self) -> None:
        """Delete the policy (``DeleteRepositoryPolicy``).

        Raises
        ------
        RepositoryPolicyNotFoundException
            There is no policy.
        """
        self._do("DeleteRepositoryPolicy")


@REPOSITORIES.does("CreateRepository", also=REPOSITORIES.also)
def create_repository(account: Account, arguments: Parameters) -> Repository:
    """Create a repository."""
    return REPOSITORIES.keep(REPOSITORIES.new(Repository, account, arguments), arguments)


REPOSITORIES.saves_policies(
    "SetRepositoryPolicy",
    "policyText",
    locked_out=lambda: noted(
        InvalidParameterException(
            "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository "
            "policy provided'"
        ),
        "The caller couldn't set another policy afterwards. To set it anyway: force=True.",
    ),
    bypass="force",
)
REPOSITORIES.deletes_policies(
    "DeleteRepositoryPolicy",
    refuses(
        "RepositoryPolicyNotFoundException",
        "Repository policy does not exist for the repository with name '{name}' in the registry "
        "with id '{arn.account}'",
    ),
)
REPOSITORIES.shared()
