"""Secrets Manager: secrets. What they hold is nobody's business here, only who may read it.

Notes
-----
AWS pages: "Resource-based policies" of Secrets Manager; "API PutResourcePolicy". That a policy is
public means here what it means for a bucket: AWS's own reasoning is not published.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import TYPE_CHECKING, ClassVar

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import (
    InvalidParameterException,
    MalformedPolicyDocumentException,
    PublicPolicyException,
    ResourceExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from iamlab.operations.parameters import as_text
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.operations.services.common import check_not_locked_out, check_region, keep
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

_LETTERS = 6


class _Secrets(Api):
    """Secrets are named by their names, to which an ARN adds six letters."""

    def arn_of(self, account: Account, given: Parameters) -> str:
        """Give the ARN of a secret that is there, by its ARN with or without the letters, or name.

        Of one that is to be made, as it will be.
        """
        if "Name" in given:
            return self._new(account, given["Name"], given.get("Region", DEFAULT_REGION))
        text = given.get("SecretId", "")
        if text in account.resources:
            return str(text)
        short = text if is_arn(text) else super().arn_of(account, given)
        return next((one for one in _secrets(account) if one[: -_LETTERS - 1] == short), short)

    def _new(self, account: Account, name: str, region: str) -> str:
        """Write the ARN of the next secret: its letters follow from the seed and its number."""
        ids = account.world.ids
        what = f"secret {account.account_id} {region} {name} {ids.made + 1}"
        return self.arn(account, f"{name}-{ids.hidden(what, ascii_letters, _LETTERS)}", region)

    def check_new(self, account: Account, given: Parameters) -> str:
        """Check that no secret of the Region has that name: whatever letters follow it."""
        arn = super().check_new(account, given)
        start = arn[:-_LETTERS]
        if any(one[:-_LETTERS] == start for one in _secrets(account)):
            raise self.taken(arn)
        return arn


def _secrets(account: Account) -> tuple[str, ...]:
    return tuple(arn for arn, one in account.resources.items() if one.kind == "secret")


API = _Secrets(
    service="secretsmanager",
    kinds=("secret",),
    place="secret:",
    named_by=("Name", "SecretId"),
    pattern=r"[\w/+=.@!-]{1,512}",
    misnamed=lambda _: ValidationException(
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
        "following: -/_+=.@!"
    ),
    absent=lambda _: ResourceNotFoundException("Secrets Manager can't find the specified secret."),
    taken=lambda arn: ResourceExistsException(
        f"The operation failed because the secret {_name(arn)} already exists."
    ),
    untaggable=InvalidParameterException,
    tag="TagResource",
    untag="UntagResource",
    delete="DeleteSecret",
    put_policy="PutResourcePolicy",
    refuse=AccessDeniedException,
)


def _name(arn: str) -> str:
    return Arn.parse(arn).resource.removeprefix("secret:")[: -_LETTERS - 1]


@dataclass(slots=True, eq=False)
class Secret(NamedResource):
    """A secret. Its ARN ends in six letters that no other secret of that name ever has.

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
            Whether a policy that lets everybody in shall be refused; the console asks for that
            always, the API does not by itself.

        Raises
        ------
        MalformedPolicyDocumentException
            In the service's words; also if nobody here could change the policy any more.
        PublicPolicyException
            It lets everybody in.
        """
        self._do(
            "PutResourcePolicy",
            SecretId=self.arn,
            ResourcePolicy=as_text(document),
            BlockPublicPolicy=block_public_policy,
        )

    def delete_policy(self) -> None:
        """Take the policy away (``DeleteResourcePolicy``)."""
        self._do("DeleteResourcePolicy", SecretId=self.arn)

    def _as(self, _: str) -> dict[str, str]:
        return {"SecretId": self.arn}


@API.makes(
    "CreateSecret",
    answer=lambda made: {"ARN": made.arn, "Name": made.name},
    keys=lambda _, given: {"secretsmanager:Name": given["Name"]},
    by_whom=True,
)
def create_secret(account: Account, given: Parameters, caller: Caller) -> Secret:
    """Make a secret."""
    check_region(given)
    secret = Secret(account, API.check_new(account, given), API.tags(given))
    if "Policy" in given:
        secret.policy = resource_policy(given["Policy"], secret, "secretsmanager")
        _check_open(secret, secret.policy, caller)
    account.world.ids.number()
    return keep(account, secret)


def _check_open(secret: Secret, policy: Policy, caller: Caller) -> None:
    """Refuse a policy that locks out whoever saves it."""
    error = MalformedPolicyDocumentException(
        "Your requested changes will not allow you to manage this secret in the future."
    )
    check_not_locked_out(secret, policy, caller, "secretsmanager:PutResourcePolicy", error)


def _check(secret: Secret, policy: Policy, given: Parameters, caller: Caller) -> None:
    """Refuse a public policy too, if that is asked for."""
    _check_open(secret, policy, caller)
    opens = public_because(policy) if given.get("BlockPublicPolicy") else ()
    if opens:
        error = PublicPolicyException("")  # AWS's sentence is not documented
        error.add_note(" ".join(opens))
        raise error


API.saves_policies(
    "PutResourcePolicy",
    "ResourcePolicy",
    _check,
    keys=lambda _, given: {
        "secretsmanager:BlockPublicPolicy": given.get("BlockPublicPolicy", False)
    },
)
API.deletes_policies("DeleteResourcePolicy")
API.shared()
