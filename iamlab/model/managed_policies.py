"""Managed policies with their versions, and AWS's own ones by name or ARN.

A compressed file holds all policies that AWS had on the day of the file, one a line. The first
lookup opens it, and only the lines that are needed are read. The file is of the partition ``aws``.
For other partitions, the same documents are used with rewritten ARNs: which policies they really
have, and in which version, isn't modelled.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "AWS managed
policies", of the AWS Managed Policy Reference Guide. :func:`source` gives date and origin;
``scripts/make_managed_policies.py`` makes the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.display import Shown, few
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.record import Entities, Record
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account


@dataclass(slots=True, repr=False)
class ManagedPolicy(Shown, Record):
    """A policy with its own ARN that can be attached to many identities."""

    name: str
    arn: str
    versions: dict[str, Policy]
    default_version_id: str = "v1"
    path: str = "/"
    policy_id: str = ""
    newest: int = 0  # the highest version number so far
    create_date: datetime | None = None
    update_date: datetime | None = None
    version_dates: dict[str, datetime] = field(default_factory=dict, repr=False)
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    account: Account | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        default = self.versions.get(self.default_version_id)
        what = "" if default is None else f", {default.summary}"
        return f"<ManagedPolicy {few([self.name])}: {self.default_version_id}{what}>"

    @property
    def document(self) -> Policy:
        """The document of the default version, which applies."""
        return self.versions[self.default_version_id]

    @property
    def is_aws_managed(self) -> bool:
        """Whether it is an AWS managed policy, which you can't change."""
        return Arn.parse(self.arn).account == "aws"

    def copy(self, account: Account | None) -> ManagedPolicy:
        """Copy it for an account of another world; the documents are shared."""
        versions, dates, tags = dict(self.versions), dict(self.version_dates), dict(self.tags)
        return replace(self, versions=versions, version_dates=dates, tags=tags, account=account)


AnyPolicy = TypeVar("AnyPolicy", bound=ManagedPolicy)

FILE = Path(__file__).parent / "data/aws_managed_policies.txt.xz"
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the policies come from, and their date.

    Parameters
    ----------
    day
        The date of the newest change.
    count
        The number of policies.
    """

    day: date
    origin: str
    count: int


def source() -> Source:
    """Return where the policies come from.

    Examples
    --------
    >>> source().count > 1500, source().day.year >= 2026
    (True, True)
    """
    header = json.loads(_file()[0])
    return Source(date.fromisoformat(header["date"]), header["origin"], header["count"])


def names() -> list[str]:
    """List the names of all policies in alphabetical order, capitals first.

    Examples
    --------
    >>> "AdministratorAccess" in names()
    True
    """
    return list(_file()[1])


def find(name_or_arn: str, partition: str = "aws") -> ManagedPolicy | None:
    """Find an AWS managed policy; ``None`` if the file doesn't have it.

    Parameters
    ----------
    name_or_arn
        Its name or its ARN; case-sensitive.
    partition
        The partition of a name; an ARN names its own.

    Examples
    --------
    >>> find("Billing").arn
    'arn:aws:iam::aws:policy/job-function/Billing'
    >>> find("arn:aws:iam::aws:policy/Billing") is None  # the path belongs to the ARN
    True
    """
    policy = _shared(name_or_arn, partition)
    return None if policy is None else policy.copy(None)


@lru_cache(maxsize=4096)
def document_of_aws(arn: str) -> Policy | None:
    """Return the document of an AWS managed policy; ``None`` if there is none with this ARN."""
    policy = _shared(arn, "")
    return None if policy is None else policy.document


def _shared(name_or_arn: str, partition: str) -> ManagedPolicy | None:
    name = name_or_arn
    if is_arn(name_or_arn):
        arn = Arn.parse(name_or_arn)
        name, partition = arn.name, arn.partition
    if name not in _file()[1] or partition not in PARTITIONS:
        return None
    policy = _read(name, partition)
    return policy if name_or_arn in (name, policy.arn) else None


@cache
def _file() -> tuple[str, dict[str, str]]:
    """Open the file: its header, and the lines by name, not yet read."""
    import lzma  # here, because most programs use no AWS managed policy

    header, *lines = lzma.decompress(FILE.read_bytes()).decode().split("\n")
    return header, dict(line.split("\t", 1) for line in lines)


@cache
def _read(name: str, partition: str) -> ManagedPolicy:
    """Read a policy's line and cache it."""
    line = _file()[1][name].replace('"arn:aws:', f'"arn:{partition}:')
    found: dict[str, Any] = json.loads(line)
    version_id, updated = found["DefaultVersionId"], datetime.fromisoformat(found["UpdateDate"])
    return ManagedPolicy(
        name,
        f"arn:{partition}:iam::aws:policy{found['Path']}{name}",
        {version_id: Policy.parse(found["Document"], name=name)},
        version_id,
        found["Path"],
        create_date=datetime.fromisoformat(found["CreateDate"]),
        update_date=updated,
        version_dates={version_id: updated},
    )


class ManagedPolicies(Entities[AnyPolicy]):
    """Managed policies by ARN; the account's own and AWS's are also found by name."""

    __slots__ = ("account",)

    def __init__(self, account: Account, entities: Mapping[str, AnyPolicy]) -> None:
        super().__init__("policies", entities)
        self.account = account

    def __getitem__(self, policy: str | ManagedPolicy) -> AnyPolicy:
        if isinstance(policy, ManagedPolicy):
            policy = policy.arn
        if not isinstance(policy, str):
            raise RequestError(
                f"{policy!r} isn't a managed policy. Create one from a document with "
                "create_policy, or write it inline with put_policy."
            )
        return super().__getitem__(policy)

    def __missing__(self, name: object) -> AnyPolicy:
        """Find a policy by name, or one of AWS's by name or ARN."""
        found = next((policy for policy in self.values() if policy.name == name), None)
        found = found or find(str(name), self.account.partition)  # type: ignore[assignment]  # of the lab
        return super().__missing__(name) if found is None else found

    def similar_to(self, name: str) -> str:
        """Return a note about similar names of this account's and of AWS's policies."""
        name = name.rpartition("/")[2]
        namesake = find(name, self.account.partition)
        if namesake is not None:  # so its path was wrong
            return f"Did you mean {namesake.arn}?"
        own = [policy.name for policy in self.values()]
        note = did_you_mean(name, [*own, *names()])
        # A list of AWS's 1,500 names helps nobody.
        return did_you_mean(name, own) if own and not note.endswith("?") else note


def document_of(account: Account, arn: str) -> Policy | None:
    """Return the document of a managed policy's default version; ``None`` if it is unknown."""
    policy = account.policies.get(arn)
    return document_of_aws(arn) if policy is None else policy.document


def own_policies(account: Account) -> list[ManagedPolicy]:
    """List the account's own managed policies; a loaded account holds AWS's too."""
    return [policy for policy in account.policies.values() if not policy.is_aws_managed]
