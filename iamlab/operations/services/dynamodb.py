"""DynamoDB: tables and their streams. Indexes are below their table and are asked of its policy.

A stream has a policy of its own: what the table's policy says does not reach it.

Notes
-----
AWS pages: "Using resource-based policies for DynamoDB"; "Resource-based policy considerations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors import noted
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import (
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.services.apis import Api, NamedResource, keep, misfit, name_in

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters


def _absent(arn: str) -> ResourceNotFoundException:
    what = f"Stream: {arn}" if "/stream/" in arn else f"Table: {name_in(arn)}"
    return ResourceNotFoundException(f"Requested resource not found: {what} not found")


API = Api(
    service="dynamodb",
    place="table/",
    named_by=("TableName", "ResourceArn"),
    pattern=r"[a-zA-Z0-9_.-]{3,255}",
    misnamed=lambda name: (
        misfit(name, "tableName", "[a-zA-Z0-9_.-]+")
        if len(name) in range(3, 256)
        else ValidationException(
            "TableName must be at least 3 characters long and at most 255 characters long"
        )
    ),
    absent=_absent,
    taken=lambda arn: ResourceInUseException(f"Table already exists: {name_in(arn)}"),
    untaggable=ValidationException,
    delete="DeleteTable",
    refuse=AccessDeniedException,
)


@dataclass(slots=True, eq=False)
class Stored(NamedResource):
    """What tables and streams have in common: how their policies are kept."""

    api: ClassVar[Api] = API

    def put_policy(
        self, document: Document, *, confirm_remove_self_resource_access: bool | None = None
    ) -> None:
        """Replace the policy (``PutResourcePolicy``).

        Parameters
        ----------
        confirm_remove_self_resource_access
            Set it even if nobody here could change it any more.

        Raises
        ------
        ValidationException
            It is no policy for a table, or would lock out whoever saves it.
        """
        self._do(
            "PutResourcePolicy",
            Policy=as_text(document),
            ConfirmRemoveSelfResourceAccess=confirm_remove_self_resource_access,
        )

    def delete_policy(self) -> None:
        """Take the policy away (``DeleteResourcePolicy``); that there is none is no mistake."""
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
        every = self.account.resources.values()
        below = f"{self.arn}/stream/"
        return next(
            (one for one in every if isinstance(one, Stream) and one.arn.startswith(below)), None
        )


@dataclass(slots=True, eq=False)
class Stream(Stored):
    """The stream of a table's changes, with a policy of its own. It goes with its table."""

    kind: ClassVar[str] = "stream"


def _answer(made: Table) -> dict[str, Any]:
    stream = {"LatestStreamArn": made.stream.arn} if made.stream else {}
    return {"TableDescription": {"TableName": made.name, "TableArn": made.arn, **stream}}


@API.does("CreateTable", _answer, also=API.also)
def create_table(account: Account, given: Parameters) -> Table:
    """Make a table, with a stream if one is asked for."""
    table = API.keep(API.new(Table, account, given), given)
    if given.get("StreamSpecification", {}).get("StreamEnabled") is True:
        label = account.world.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        keep(Stream(account, f"{table.arn}/stream/{label}"))
    return table


API.saves_policies(
    "PutResourcePolicy",
    "Policy",
    locked_out=lambda: noted(
        ValidationException(""),  # AWS's sentence is not documented
        "The caller could not change this policy afterwards: say "
        "confirm_remove_self_resource_access=True.",
    ),
    bypass="ConfirmRemoveSelfResourceAccess",
)
API.deletes_policies("DeleteResourcePolicy")
API.shared()
