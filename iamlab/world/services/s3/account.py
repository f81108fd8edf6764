"""What an account settles for all its buckets.

Notes
-----
AWS page: "Configuring block public access settings for your account".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.world.services.s3.switches import as_parameter

if TYPE_CHECKING:
    from collections.abc import Callable


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
