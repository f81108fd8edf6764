"""Amazon ECR: repositories of container images.

Notes
-----
AWS pages: "Private repository policies in Amazon ECR"; "API SetRepositoryPolicy".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors import noted
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import (
    InvalidParameterException,
    RepositoryAlreadyExistsException,
    RepositoryNotFoundException,
    RepositoryPolicyNotFoundException,
    TooManyTagsException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"(?=.{{2,256}}\Z){_PART}(?:/{_PART})*"
_INVALID = "Invalid parameter at '{}' failed to satisfy constraint: '{}'"


def _sentence(text: str, arn: str) -> str:
    """Complete a sentence: with the name of a repository, and its registry."""
    parts = Arn.parse(arn)
    name = parts.resource.removeprefix("repository/")
    return f"{text.format(name)} in the registry with id '{parts.account}'"


API = Api(
    service="ecr",
    place="repository/",
    named_by=("repositoryName", "resourceArn"),
    pattern=_NAME,
    misnamed=lambda _: InvalidParameterException(
        _INVALID.format("repositoryName", "must satisfy regular expression")
    ),
    absent=lambda arn: RepositoryNotFoundException(
        _sentence("The repository with name '{}' does not exist", arn)
    ),
    taken=lambda arn: RepositoryAlreadyExistsException(
        _sentence("The repository with name '{}' already exists", arn)
    ),
    untaggable=TooManyTagsException,
    delete="DeleteRepository",
    put_policy="SetRepositoryPolicy",
    refuse=AccessDeniedException,
)


@dataclass(slots=True, eq=False)
class Repository(NamedResource):
    """A repository of container images. Its policy has no Resource: it means itself.

    Examples
    --------
    >>> from iamlab import World
    >>> World(seed=7).create_account("main").create_repository("team/web").name
    'team/web'
    """

    kind: ClassVar[str] = "repository"
    api: ClassVar[Api] = API

    def put_policy(self, document: Document, *, force: bool | None = None) -> None:
        """Replace the repository's policy (``SetRepositoryPolicy``).

        Parameters
        ----------
        force
            Set it even if nobody here could change it any more.

        Raises
        ------
        InvalidParameterException
            Whatever is wrong with it: ECR says no more.
        """
        self._do("SetRepositoryPolicy", policyText=as_text(document), force=force)

    def delete_policy(self) -> None:
        """Take the policy away (``DeleteRepositoryPolicy``).

        Raises
        ------
        RepositoryPolicyNotFoundException
            There is none.
        """
        self._do("DeleteRepositoryPolicy")


def _answer(made: Repository) -> dict[str, Any]:
    arn = Arn.parse(made.arn)
    written = {"repositoryArn": made.arn, "registryId": arn.account, "repositoryName": made.name}
    return {"repository": written}


@API.does("CreateRepository", _answer, also=API.also)
def create_repository(account: Account, given: Parameters) -> Repository:
    """Make a repository."""
    return API.keep(API.new(Repository, account, given), given)


API.saves_policies(
    "SetRepositoryPolicy",
    "policyText",
    locked_out=lambda: noted(
        InvalidParameterException(
            _INVALID.format("PolicyText", "Invalid repository policy provided")
        ),
        "The caller could not set another policy afterwards: say force=True.",
    ),
    bypass="force",
)
API.deletes_policies(
    "DeleteRepositoryPolicy",
    lambda arn: RepositoryPolicyNotFoundException(
        _sentence("Repository policy does not exist for the repository with name '{}'", arn)
    ),
)
API.shared()
