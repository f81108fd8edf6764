"""The four switches of Block Public Access: as values, as the API writes them, and together.

Notes
-----
AWS page: "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_ON = PublicAccessBlock(
    block_public_acls=True,
    ignore_public_acls=True,
    block_public_policy=True,
    restrict_public_buckets=True,
)
"""What a new bucket has since April 2023."""

_NAMES = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}
"""A switch as the API calls it -> as it is called here."""


def combined(*levels: PublicAccessBlock | None) -> PublicAccessBlock:
    """Put the switches of account and bucket together: on at any level is on.

    Examples
    --------
    >>> combined(None, PublicAccessBlock(block_public_acls=True)).block_public_acls
    True
    """
    return PublicAccessBlock(
        *(
            any(level is not None and getattr(level, one.name) for level in levels)
            for one in fields(PublicAccessBlock)
        )
    )


def as_parameter(switches: PublicAccessBlock) -> dict[str, bool]:
    """Write the switches as the API takes and gives them.

    Raises
    ------
    RequestError
        They are none.

    Examples
    --------
    >>> as_parameter(PublicAccessBlock(block_public_policy=True))["BlockPublicPolicy"]
    True
    """
    if not isinstance(switches, PublicAccessBlock):
        raise RequestError(f"Give a PublicAccessBlock(...), not {switches!r}.")
    return {name: getattr(switches, ours) for name, ours in _NAMES.items()}


def from_parameter(sent: Mapping[str, bool]) -> PublicAccessBlock:
    """Read the switches that a call sends; those that it does not name are off.

    Raises
    ------
    RequestError
        There is no such switch, or it is neither on nor off.
    """
    for name, value in sent.items():
        if name not in _NAMES:
            raise RequestError(f"There is no switch {name!r}. {did_you_mean(str(name), _NAMES)}")
        if not isinstance(value, bool):
            raise RequestError(f"{name} is True or False, not {value!r}.")
    return PublicAccessBlock(**{_NAMES[name]: value for name, value in sent.items()})
