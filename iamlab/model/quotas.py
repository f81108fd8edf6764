"""Limits and name patterns, as AWS's API states them.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations"; the "IAM API
Reference", for patterns and lengths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.errors import InvalidBucketName, RequestError, did_you_mean, noted
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota: its default, and the value that AWS can raise it to.

    Parameters
    ----------
    most
        ``None`` if AWS never raises it.
    """

    default: int
    most: int | None = None

    @property
    def highest(self) -> int:
        """The value that AWS can raise it to, which can be the default."""
        return self.default if self.most is None else self.most


_TABLES: dict[str, dict[str, list[int]]] = tables(__file__, "data/quotas.toml")
QUOTAS, OF_ORGANIZATIONS = (
    {name: Quota(*values) for name, values in _TABLES[service].items()}
    for service in ("iam", "organizations")
)
"""Quotas of November 2026, by AWS's names. What was loaded from a real account can exceed them."""

BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
"""Reserved prefixes and suffixes of the names of general purpose buckets."""

SESSION_SECONDS = (3600, 43200)
"""The range of a role's maximum session duration."""

_WORD = r"[\w+=,.@-]+"
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_ACCOUNT = re.compile(r"[0-9]{12}")


def quota_of(name: object, known: Mapping[str, Quota] = QUOTAS) -> Quota:
    """Return a quota: its default, and the value that AWS can raise it to.

    Raises
    ------
    RequestError
        The quota doesn't exist.
    """
    if not isinstance(name, str) or name not in known:
        raise RequestError(f"There is no quota {name!r}. {did_you_mean(str(name), known)}")
    return known[name]


def raised(name: object, value: object, known: Mapping[str, Quota] = QUOTAS) -> int:
    """Return the value that a quota can be raised to.

    Raises
    ------
    RequestError
        There is no such quota, or AWS doesn't raise it that far.

    Examples
    --------
    >>> raised("Accounts", 200, OF_ORGANIZATIONS)
    200
    """
    quota = quota_of(name, known)
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestError(f"A quota is raised to a whole number, not {value!r}.")
    if not quota.default <= value <= quota.highest:
        text = f"{name} is {quota.default}, and can be raised to {quota.highest} at most."
        raise RequestError(text)
    return value


def is_name(name: object) -> bool:
    """Return whether it is text with only the characters of IAM names."""
    return isinstance(name, str) and re.fullmatch(_WORD, name, re.ASCII) is not None


def is_path(path: object) -> bool:
    """Return whether it is a path: ``/``, or text that begins and ends with ``/``."""
    return isinstance(path, str) and _PATH.fullmatch(path) is not None


def check_bucket_name(name: object) -> None:
    """Check a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens.

    Notes
    -----
    AWS page: "General purpose bucket naming rules".

    Raises
    ------
    InvalidBucketName
        It has another form, looks like an IP address, or has a reserved prefix or suffix; a note
        names the problem.
    """
    if not (isinstance(name, str) and _BUCKET.fullmatch(name)):
        raise InvalidBucketName(_NO_BUCKET)
    if why := _misnamed(name):
        raise noted(InvalidBucketName(_NO_BUCKET), f"The name of a bucket {why}.")


_NO_BUCKET = "The specified bucket is not valid."


def _misnamed(name: str) -> str:
    """Return what is wrong with a bucket's name whose letters are right; empty: nothing."""
    if ".." in name:
        return "has no two dots in a row"
    if _ADDRESS.fullmatch(name):
        return "does not look like an IP address"
    if name.startswith(BUCKET_PREFIXES):
        return f"does not begin with {', '.join(BUCKET_PREFIXES)}"
    if name.endswith(BUCKET_SUFFIXES):
        return f"does not end with {', '.join(BUCKET_SUFFIXES)}"
    return ""


def is_account_id(text: object) -> bool:
    """Return whether it is 12 digits."""
    return isinstance(text, str) and _ACCOUNT.fullmatch(text) is not None
