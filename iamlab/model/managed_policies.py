"""Managed policies with their versions.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamlab.display import Shown, few
from iamlab.model.record import Record
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


@dataclass(slots=True, repr=False)
class ManagedPolicy(Shown, Record):
    """A policy with an ARN of its own, that can be attached to many identities."""

    name: str
    arn: str
    versions: dict[str, Policy]
    default_version_id: str = "v1"
    path: str = "/"
    policy_id: str = ""
    newest: int = 0  # the highest number that was ever given
    create_date: datetime | None = None
    update_date: datetime | None = None
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    account: Account | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        default = self.versions.get(self.default_version_id)
        what = "" if default is None else f", {default.summary}"
        return f"<ManagedPolicy {few([self.name])}: {self.default_version_id}{what}>"

    @property
    def document(self) -> Policy:
        """The default version's document: the one that applies."""
        return self.versions[self.default_version_id]

    @property
    def is_aws_managed(self) -> bool:
        """Whether AWS owns it; then nobody else can change it."""
        return Arn.parse(self.arn).account == "aws"

    def copy(self, account: Account | None) -> ManagedPolicy:
        """Copy it for an account of another world; the documents are shared."""
        return replace(self, versions=dict(self.versions), tags=dict(self.tags), account=account)
