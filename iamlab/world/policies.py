"""Managed policies with their versions.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamlab.errors import (
    AccessDenied,
    DeleteConflict,
    LimitExceeded,
    NoSuchEntity,
    RequestError,
    did_you_mean,
)
from iamlab.policy.arn import Arn
from iamlab.world.quotas import VERSIONS_PER_POLICY
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from iamlab.policy.document import Policy
    from iamlab.world.saving import Document


@dataclass(slots=True)
class ManagedPolicy:
    """A policy with an ARN of its own, that may hang on many identities.

    Parameters
    ----------
    versions
        ``"v1"`` ... to document. One of them, the default, is what applies.
    create_date, update_date
        When AWS published it and its default version; known of AWS's own policies only.
    changed
        Called after each change.
    """

    name: str
    arn: str
    versions: dict[str, Policy]
    default_version_id: str = "v1"
    path: str = "/"
    policy_id: str = ""
    newest: int = 0  # the highest number that was ever given
    create_date: datetime | None = None
    update_date: datetime | None = None
    changed: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def document(self) -> Policy:
        """The default version's document: the one that applies."""
        return self.versions[self.default_version_id]

    @property
    def is_aws_managed(self) -> bool:
        """Whether AWS owns it; then nobody else can change it."""
        return Arn.parse(self.arn).account == "aws"

    def create_version(self, document: Document, *, set_as_default: bool = False) -> str:
        """Add a version (``CreatePolicyVersion``); its number is never used again.

        Returns
        -------
        str
            The new version's id, such as ``"v2"``.

        Raises
        ------
        LimitExceeded
            There are five versions already.
        MalformedPolicyDocument
            IAM does not save such a document.
        """
        self._check_own()
        policy = saved(document, self.name, "identity")
        if len(self.versions) >= VERSIONS_PER_POLICY:
            raise LimitExceeded(
                f"A managed policy can have up to {VERSIONS_PER_POLICY} versions. Before you "
                "create a new version, you must delete an existing version."
            )
        known = [int(version.removeprefix("v").split(".")[0]) for version in self.versions]
        number = self.newest = max(self.newest, *known) + 1
        self.versions[f"v{number}"] = policy
        if set_as_default:
            self.default_version_id = f"v{number}"
        self.changed()
        return f"v{number}"

    def delete_version(self, version_id: str) -> None:
        """Delete a version (``DeletePolicyVersion``) that is not the default.

        Raises
        ------
        DeleteConflict
            It is the default version.
        NoSuchEntity
            There is none of that id.
        """
        self._check_own()
        self._check_there(version_id)
        if version_id == self.default_version_id:
            raise DeleteConflict("Cannot delete the default version of a policy.")
        del self.versions[version_id]
        self.changed()

    def set_default_version(self, version_id: str) -> None:
        """Let another version apply (``SetDefaultPolicyVersion``): the way to roll back.

        Raises
        ------
        NoSuchEntity
            There is none of that id.
        """
        self._check_own()
        self._check_there(version_id)
        self.default_version_id = version_id
        self.changed()

    def _check_there(self, version_id: str) -> None:
        if not isinstance(version_id, str):
            raise RequestError(f"{version_id!r} is no version: write 'v2'.")
        if version_id not in self.versions:
            error = NoSuchEntity(
                f"Policy {self.arn} version {version_id} does not exist or is not attachable."
            )
            error.add_note(did_you_mean(version_id, self.versions))
            raise error

    def _check_own(self) -> None:
        if self.is_aws_managed:
            error = AccessDenied("Policy is outside your own account.")
            error.add_note(f"{self.name} is AWS's. Make a policy of your own from its document.")
            raise error

    def copy(self, changed: Callable[[], None]) -> ManagedPolicy:
        """Copy it for another world; the documents are shared."""
        return replace(self, versions=dict(self.versions), changed=changed)
