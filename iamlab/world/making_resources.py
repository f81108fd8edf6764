"""How an account gets resources of other services than IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_list, as_tags, as_text
from iamlab.world.services.making import MakesOfServices
from iamlab.world.services.s3.account import BlocksPublicAccess
from iamlab.world.services.s3.switches import as_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.world.identities import Identity
    from iamlab.world.saving import Document
    from iamlab.world.services.kms.key import Key
    from iamlab.world.services.s3.bucket import Bucket


class MakesResources(BlocksPublicAccess, MakesOfServices):
    """The methods of an account that make resources, each one operation of a service."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def root_arn(self) -> str:
            """The root user's ARN."""

    def create_bucket(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Mapping[str, str] | None = None,
        public_access_block: PublicAccessBlock | None = None,
        object_ownership: str | None = None,
        acl: str | None = None,
    ) -> Bucket:
        """Create an S3 bucket. Its name is unique in the whole world.

        Parameters
        ----------
        public_access_block
            Its switches; all four are on if nothing is said, as AWS has it since April 2023. A
            bucket of the old kind has ``PublicAccessBlock()``.
        object_ownership
            ``"BucketOwnerEnforced"`` if nothing is said: ACLs are off.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).create_account("main").create_bucket("maps").public_access_block
        PublicAccessBlock(block_public_acls=True, ignore_public_acls=True, \
block_public_policy=True, restrict_public_buckets=True)
        """
        switches = None if public_access_block is None else as_parameter(public_access_block)
        made: Bucket = self._make(
            "s3:CreateBucket",
            Bucket=name,
            Policy=None if policy is None else as_text(policy),
            Tags=as_tags(tags),
            PublicAccessBlockConfiguration=switches,
            ObjectOwnership=object_ownership,
            ACL=acl,
        )
        return made

    def create_key(
        self,
        *,
        policy: Document | None = None,
        description: str = "",
        key_usage: str = "ENCRYPT_DECRYPT",
        key_spec: str = "SYMMETRIC_DEFAULT",
        tags: Mapping[str, str] | None = None,
        region: str = "us-east-1",
        bypass_policy_lockout_safety_check: bool = False,
        key_administrators: Sequence[str | Identity] | None = None,
        key_users: Sequence[str | Identity] | None = None,
    ) -> Key:
        """Create a KMS key.

        Parameters
        ----------
        policy
            Without it the key gets the default key policy: IAM policies of the account decide.
        key_administrators, key_users
            Identities or ARNs: the key gets the policy that the console makes of them.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> ana = main.create_user("ana")
        >>> [one.sid for one in main.create_key(key_users=[ana]).policy.statements][1]
        'Allow use of the key'
        """
        from iamlab.world.services.kms.key import arn_of_principal
        from iamlab.world.services.kms.policies import console_policy

        if key_administrators is not None or key_users is not None:
            if policy is not None:
                raise RequestError("Give a policy, or administrators and users: not both.")
            policy = console_policy(
                self.root_arn,
                (key_usage, key_spec),
                [arn_of_principal(one) for one in _listed(key_administrators)],
                [arn_of_principal(one) for one in _listed(key_users)],
            )
        made: Key = self._make(
            "kms:CreateKey",
            Policy=None if policy is None else as_text(policy),
            Description=description or None,
            KeyUsage=key_usage,
            KeySpec=key_spec,
            Tags=[{"TagKey": one["Key"], "TagValue": one["Value"]} for one in as_tags(tags) or ()]
            or None,
            Region=region,
            BypassPolicyLockoutSafetyCheck=bypass_policy_lockout_safety_check,
        )
        return made

    def _make(self, operation: str, **parameters: Any) -> Any:
        return perform(self, operation, **parameters)  # type: ignore[arg-type]


def _listed(principals: Sequence[str | Identity] | None) -> list[Any]:
    return as_list(principals or (), "Administrators and users of a key are lists")
