"""Whether S3 takes a bucket's policy for public, and why.

Notes
-----
AWS pages: "Blocking public access to your Amazon S3 storage", section "The meaning of public"; "API
GetBucketPolicyStatus".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """Whether S3 takes a bucket's policy for public; it is true if so.

    Parameters
    ----------
    reason
        Why, in words.
    restricted
        Whether RestrictPublicBuckets keeps everybody else out all the same.
    """

    is_public: bool
    reason: str
    restricted: bool = False

    def __bool__(self) -> bool:
        return self.is_public

    def __str__(self) -> str:
        lead = "public" if self.is_public else "not public"
        return f"{lead}: {self.reason}"


def status_of(policy: Policy | None, switches: PublicAccessBlock) -> PublicStatus:
    """Say whether a bucket's policy is public, and whether that does any harm.

    Examples
    --------
    >>> from iamlab.engine.public_access import PublicAccessBlock
    >>> print(status_of(None, PublicAccessBlock()))
    not public: it has no bucket policy
    """
    if policy is None:
        return PublicStatus(is_public=False, reason="it has no bucket policy")
    because = public_because(policy)
    if not because:
        return PublicStatus(
            is_public=False,
            reason="whatever its policy allows is tied to principals or values that are fixed",
        )
    restricted = switches.restrict_public_buckets
    effect = (
        "RestrictPublicBuckets is on, so only its own account and AWS services get in."
        if restricted
        else "RestrictPublicBuckets is off, so it works as it says."
    )
    return PublicStatus(is_public=True, reason=" ".join((*because, effect)), restricted=restricted)
