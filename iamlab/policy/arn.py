"""Amazon Resource Names, and lists of what their parts can be: Regions and services.

An ARN has six parts, separated by colons. The last part may hold anything, colons included.
``names.toml`` has the lists, and others of the modules of this folder.

Notes
-----
AWS pages: "Identify AWS resources with Amazon Resource Names (ARNs)"; "AWS Regions"; "Enable or
disable AWS Regions in your account"; "Manage AWS STS in an AWS Region"; "Resource control policies
(RCPs)", its list of services, as of 26 September 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from iamlab.errors import ArnError
from iamlab.tables import tables

_NAMES: dict[str, str] = tables(__file__, "names.toml")


def names(group: str) -> tuple[str, ...]:
    """Return a list of ``names.toml``.

    Examples
    --------
    >>> names("keys_of_sources")[:2]
    ('aws:sourceaccount', 'aws:sourcearn')
    """
    return tuple(_NAMES[group].split())


PARTS = 6
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
REGION = re.compile(
    r"[a-z]{2,4}(?:-[a-z]{2,5})?-(?:north|south|east|west|central|(?:north|south)(?:east|west))"
    r"-\d{1,2}",
    re.ASCII,
)
WEB_IDENTITY_PROVIDERS = names("web_identity_providers")
"""Identity providers that a trust policy names by their domains."""


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN in its parts. Which of them may be empty depends on the service.

    Parameters
    ----------
    partition
        ``aws``, ``aws-cn``, ``aws-us-gov`` or ``aws-eusc``.
    service, region, account
        The service's prefix; IAM and S3 leave the Region empty, S3 also the account.
    resource
        All that follows the fifth colon, slashes and further colons included.

    Notes
    -----
    AWS page: "Identify AWS resources with Amazon Resource Names (ARNs)".

    Examples
    --------
    >>> arn = Arn.parse("arn:aws:iam::111122223333:user/sky/alice")
    >>> arn.account, arn.kind, arn.name
    ('111122223333', 'user', 'alice')
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Read an ARN.

        Raises
        ------
        ArnError
            The text has fewer than six parts, or does not begin with ``arn:``.
        """
        parts = text.split(":", PARTS - 1)
        if len(parts) < PARTS or parts[0] != "arn":
            message = (
                f"{text!r} is not an ARN. "
                "An ARN has six parts: arn:partition:service:region:account:resource."
            )
            raise ArnError(message)
        return cls(*parts[1:])

    @property
    def kind(self) -> str:
        """The resource type: the text before the first slash, or all of it."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """The text after the last slash: the name without its path."""
        return self.resource.rpartition("/")[2]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def is_arn(text: str) -> bool:
    """Return whether the text has the six parts of an ARN."""
    return text.startswith("arn:") and text.count(":") >= PARTS - 1


@lru_cache(maxsize=4096)
def parts_of(arn: str) -> Arn:
    """Read an ARN, and cache it."""
    return Arn.parse(arn)


@lru_cache(maxsize=4096)
def parsed_arn(text: str) -> Arn | None:
    """Read an ARN; ``None`` if the text isn't one."""
    return parts_of(text) if is_arn(text) else None


ON_BY_DEFAULT = names("regions_on_by_default")
"""Regions that every account has."""

OPT_IN = names("regions_to_opt_in")
"""Regions that an account must opt in to."""

REGIONS = (*ON_BY_DEFAULT, *OPT_IN, *names("regions_of_other_partitions"))


RCP_SERVICES = frozenset(names("rcp_services"))
