"""S3 Block Public Access, as far as it acts on requests.

Notes
-----
AWS page: "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.public import is_public

if TYPE_CHECKING:
    from iamlab.engine.request import Request
    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four switches that are in force for a bucket; on at any level means on.

    Only ``restrict_public_buckets`` acts on requests, and only while the stored bucket policy is
    public. ``block_public_acls`` and ``block_public_policy`` refuse what is about to be saved,
    ``ignore_public_acls`` is about ACLs.

    Examples
    --------
    >>> PublicAccessBlock(restrict_public_buckets=True).restrict_public_buckets
    True
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


def is_restricted(block: PublicAccessBlock | None, policy: Policy, request: Request) -> bool:
    """Say whether RestrictPublicBuckets takes the bucket policy's Allows away from this caller.

    It shuts out everybody without an account and everybody from another one, even whom another
    statement of the policy names; services go on as the policy says.
    """
    if block is None or not block.restrict_public_buckets or request.service != "s3":
        return False
    caller = request.caller
    outside = caller.is_anonymous or bool(caller.account and not request.same_account)
    return outside and is_public(policy)
