"""S3 Block Public Access: the four settings of account and bucket, and a bucket's status.

Notes
-----
AWS page: "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.policy.document import Policy


ALL_ON = PublicAccessBlock(*(True,) * 4)
"""The settings of a new bucket since April 2023."""

_NAMES = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}
"""A setting's name in the API -> its name here."""


@cache
def combined(*levels: PublicAccessBlock | None) -> PublicAccessBlock:
    """Combine the settings of account and bucket: a setting that is on at any level is on.

    Examples
    --------
    >>> combined(None, PublicAccessBlock(block_public_acls=True)).block_public_acls
    True
    """
    return PublicAccessBlock(
        *(
            any(level is not None and getattr(level, switch.name) for level in levels)
            for switch in fields(PublicAccessBlock)
        )
    )


def as_parameter(switches: PublicAccessBlock) -> dict[str, bool]:
    """Write the settings in the API's form.

    Raises
    ------
    RequestError
        They aren't settings.

    Examples
    --------
    >>> as_parameter(PublicAccessBlock(block_public_policy=True))["BlockPublicPolicy"]
    True
    """
    if not isinstance(switches, PublicAccessBlock):
        raise RequestError(f"Pass a PublicAccessBlock(...), not {switches!r}.")
    return {name: getattr(switches, ours) for name, ours in _NAMES.items()}


def from_parameter(sent: Mapping[str, bool]) -> PublicAccessBlock:
    """Read the settings in a call; settings that it doesn't name are off.

    Raises
    ------
    RequestError
        There is no such setting, or its value isn't true or false.
    """
    for name, value in sent.items():
        if name not in _NAMES:
            raise RequestError(f"There is no setting {name!r}. {did_you_mean(str(name), _NAMES)}")
        if not isinstance(value, bool):
            raise RequestError(f"{name} must be True or False, not {value!r}.")
    return PublicAccessBlock(**{_NAMES[name]: value for name, value in sent.items()})


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """Whether S3 considers a bucket's policy public; it is true if so.

    Parameters
    ----------
    reason
        Why, in words.
    restricted
        Whether RestrictPublicBuckets still denies everybody else.
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
    """Return whether a bucket's policy is public, and whether that has an effect.

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
            is_public=False, reason="its policy allows only fixed principals or values"
        )
    restricted = switches.restrict_public_buckets
    effect = (
        "RestrictPublicBuckets is on, so only its own account and AWS services have access."
        if restricted
        else "RestrictPublicBuckets is off, so the policy has its full effect."
    )
    return PublicStatus(is_public=True, reason=" ".join((*because, effect)), restricted=restricted)
