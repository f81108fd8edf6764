"""Amazon ECR: repositories of container images.

Notes
-----
AWS pages: "Private repository policies in Amazon ECR"; "API SetRepositoryPolicy".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import (
    InvalidParameterException,
    RepositoryAlreadyExistsException,
    RepositoryNotFoundException,
    RepositoryPolicyNotFoundException,
    TooManyTagsException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.operations.services.common import check_not_locked_out, keep
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"(?=.{{2,256}}\Z){_PART}(?:/{_PART})*"
_INVALID = "Invalid parameter at '{}' failed to satisfy constraint: '{}'"


def _shown(arn: str) -> str:
    return f"'{Arn.parse(arn).resource.removeprefix('repository/')}'"


API = Api(
    service="ecr",
    kinds=("repository",),
    place="repository/",
    named_by=("repositoryName", "resourceArn"),
    pattern=_NAME,
    misnamed=lambda _: InvalidParameterException(
        _INVALID.format("repositoryName", "must satisfy regular expression")
    ),
    absent=lambda arn: RepositoryNotFoundException(
        f"The repository with name {_shown(arn)} does not exist in the registry with id "
        f"'{Arn.parse(arn).account}'"
    ),
    taken=lambda arn: RepositoryAlreadyExistsException(
        f"The repository with name {_shown(arn)} already exists in the registry with id "
        f"'{Arn.parse(arn).account}'"
    ),
    untaggable=TooManyTagsException,
    tag="TagResource",
    untag="UntagResource",
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
        text = as_text(document)
        self._do("SetRepositoryPolicy", **self._as("repositoryName"), policyText=text, force=force)

    def delete_policy(self) -> None:
        """Take the policy away (``DeleteRepositoryPolicy``).

        Raises
        ------
        RepositoryPolicyNotFoundException
            There is none.
        """
        self._do("DeleteRepositoryPolicy", **self._as("repositoryName"))


def _answer(made: Repository) -> dict[str, Any]:
    arn = Arn.parse(made.arn)
    written = {"repositoryArn": made.arn, "registryId": arn.account, "repositoryName": made.name}
    return {"repository": written}


@API.makes("CreateRepository", answer=_answer)
def create_repository(account: Account, given: Parameters) -> Repository:
    """Make a repository."""
    repository = Repository(account, API.check_new(account, given), API.tags(given))
    if "Policy" in given:
        repository.policy = resource_policy(given["Policy"], repository, "ecr")
    return keep(account, repository)


def _check(repository: Repository, policy: Policy, given: Parameters, caller: Caller) -> None:
    """Refuse a policy that locks out whoever sets it."""
    error = InvalidParameterException(
        _INVALID.format("PolicyText", "Invalid repository policy provided")
    )
    error.add_note("The caller could not set another policy afterwards: say force=True.")
    if not given.get("force"):
        check_not_locked_out(repository, policy, caller, "ecr:SetRepositoryPolicy", error)


API.saves_policies("SetRepositoryPolicy", "policyText", _check)
API.deletes_policies(
    "DeleteRepositoryPolicy",
    lambda arn: RepositoryPolicyNotFoundException(
        f"Repository policy does not exist for the repository with name {_shown(arn)} in the "
        f"registry with id '{Arn.parse(arn).account}'"
    ),
)
API.shared()
