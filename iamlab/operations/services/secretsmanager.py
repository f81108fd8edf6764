"""Secrets Manager: secrets, without their values: only who can read them is modelled.

Notes
-----
AWS pages: "Resource-based policies" of Secrets Manager; "API PutResourcePolicy". A policy is
considered public like a bucket's: AWS doesn't publish its own reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import noted
from iamlab.errors.services import (
    MalformedPolicyDocumentException,
    PublicPolicyException,
    ResourceExistsException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.resource_policies import check_not_locked_out, resource_policy
from iamlab.operations.services.apis import Api, NamedResource, all_of, api_of, keep
from iamlab.operations.services.names_and_tags import region_of
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

_LETTERS = 6


class _Secrets(Api):
    """Secrets have names, to which an ARN adds six letters."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a secret, by ARN with or without the letters, or by name.

        For a new secret, its future ARN.
        """
        if "Name" in arguments:
            # The letters follow from the seed and the number of the next secret.
            region, ids = region_of(arguments), account.world.ids
            what = f"secret {account.account_id} {region} {arguments['Name']} {ids.made + 1}"
            letters = ids.hidden(what, ascii_letters, _LETTERS)
            return self.arn(account, f"{arguments['Name']}-{letters}", region)
        text = arguments.get("SecretId", "")
        if text in account.resources:
            return str(text)
        short = text if is_arn(text) else super().arn_of(account, arguments)
        return next((name for name in _secrets(account) if name[: -_LETTERS - 1] == short), short)

    def check_new(self, account: Account, arguments: Parameters) -> str:
        """Check that no secret of the Region has that name, with any letters."""
        arn = super().check_new(account, arguments)
        start = arn[:-_LETTERS]
        if any(secret[:-_LETTERS] == start for secret in _secrets(account)):
            raise self.taken(arn)
        return arn


def _secrets(account: Account) -> tuple[str, ...]:
    return tuple(secret.arn for secret in all_of(account, Secret))


API = api_of(
    "secret",
    _Secrets,
    taken=lambda arn: ResourceExistsException(
        f"The operation failed because the secret {_name(arn)} already exists."
    ),
)


def _name(arn: str) -> str:
    return Arn.parse(arn).resource.removeprefix("secret:")[: -_LETTERS - 1]


@dataclass(slots=True, eq=False)
class Secret(NamedResource):
    """A secret. Its ARN ends in six letters that are unique for its name.

    Examples
    --------
    >>> from iamlab import World
    >>> secret = World(seed=7).create_account("main").create_secret("prod/database")
    >>> secret.name, len(secret.arn.rpartition("-")[2])
    ('prod/database', 6)
    """

    kind: ClassVar[str] = "secret"
    api: ClassVar[Api] = API

    @property
    def name(self) -> str:
        """Its name, without the six letters."""
        return _name(self.arn)

    def put_policy(self, document: Document, *, block_public_policy: bool | None = None) -> None:
        """Replace the secret's policy (``PutResourcePolicy``).

        Parameters
        ----------
        block_public_policy
            Whether to reject a public policy; the console always does, the API only on request.

        Raises
        ------
        MalformedPolicyDocumentException
            In the service's words; also if it would lock the caller out.
        PublicPolicyException
            It is public.
        """
        self._do(
            "PutResourcePolicy",
            ResourcePolicy=as_text(document),
            BlockPublicPolicy=block_public_policy,
        )

    def delete_policy(self) -> None:
        """Delete the policy (``DeleteResourcePolicy``)."""
        self._do("DeleteResourcePolicy")


@API.does("CreateSecret", also=API.also, by_whom=True)
def create_secret(account: Account, arguments: Parameters, caller: Caller) -> Secret:
    """Create a secret."""
    secret = API.new(Secret, account, arguments)
    if "Policy" in arguments:
        _set_policy(secret, arguments["Policy"], caller)
    account.world.ids.number()
    return keep(secret)


@API.does("PutResourcePolicy", by_whom=True)
def put_resource_policy(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Replace a secret's policy."""
    may_be_public = not arguments.get("BlockPublicPolicy")
    secret = API.find(account, arguments)
    _set_policy(secret, arguments["ResourcePolicy"], caller, may_be_public=may_be_public)


def _set_policy(
    secret: Secret, document: Document, caller: Caller, *, may_be_public: bool = True
) -> None:
    """Set a policy that doesn't lock the caller out and, on request, isn't public."""
    policy = resource_policy(document, secret)
    error = MalformedPolicyDocumentException(
        "Your requested changes will not allow you to manage this secret in the future."
    )
    check_not_locked_out(secret, policy, caller, "PutResourcePolicy", error)
    opens = () if may_be_public else public_because(policy)
    if opens:
        why = "the resource policy did not prevent broad access to the secret."
        refusal = PublicPolicyException(
            f"The BlockPublicPolicy parameter is set to true, and {why}"
        )
        raise noted(refusal, " ".join(opens))
    secret.policy = policy


API.deletes_policies("DeleteResourcePolicy")
API.shared()
