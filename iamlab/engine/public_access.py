"""S3 Block Public Access: its effect on requests.

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
    """The four settings that apply to a bucket; a setting that is on at any level is on.

    Only ``restrict_public_buckets`` affects requests, and only if the bucket policy is public.
    ``block_public_acls`` and ``block_public_policy`` reject new ACLs and policies.
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
    """Return whether RestrictPublicBuckets cancels the bucket policy's Allows for this caller.

    It blocks callers without an account and callers of other accounts, even if another statement
    names them. Services keep their access.
    """
    if block is None or not block.restrict_public_buckets or request.service != "s3":
        return False
    caller = request.caller
    outside = caller.is_anonymous or bool(caller.account and not request.same_account)
    return outside and is_public(policy)
