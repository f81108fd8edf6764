"""Managed policies with their versions.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamlab.display import Shown, few
from iamlab.errors import AccessDenied, RequestError
from iamlab.policy.arn import Arn
from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_keys, as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.events import Event
    from iamlab.world.last_accessed.report import Granularity, LastAccessed
    from iamlab.world.saving import Document


@dataclass(slots=True, repr=False)
class ManagedPolicy(Shown):
    """A policy with an ARN of its own, that may hang on many identities.

    Parameters
    ----------
    versions
        ``"v1"`` ... to document. One of them, the default, is what applies.
    create_date, update_date
        When AWS published it and its default version; known of AWS's own policies only.
    account
        Whose it is; ``None`` for one of AWS's.
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
        made = self._do(
            "CreatePolicyVersion", PolicyDocument=as_text(document), SetAsDefault=set_as_default
        )
        return str(made["PolicyVersion"]["VersionId"])

    def delete_version(self, version_id: str) -> None:
        """Delete a version (``DeletePolicyVersion``) that is not the default.

        Raises
        ------
        DeleteConflict
            It is the default version.
        NoSuchEntity
            There is none of that id.
        """
        self._do("DeletePolicyVersion", VersionId=version_id)

    def set_default_version(self, version_id: str) -> None:
        """Let another version apply (``SetDefaultPolicyVersion``): the way to roll back.

        Raises
        ------
        NoSuchEntity
            There is none of that id.
        """
        self._do("SetDefaultPolicyVersion", VersionId=version_id)

    def delete(self) -> None:
        """Delete the policy (``DeletePolicy``).

        Raises
        ------
        DeleteConflict
            It is attached, or has more than one version.
        """
        self._do("DeletePolicy")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagPolicy``)."""
        self._do("TagPolicy", Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagPolicy``)."""
        self._do("UntagPolicy", TagKeys=as_keys(tag_keys))

    def last_accessed(
        self, events: Iterable[Event] | None = None, granularity: Granularity = "SERVICE_LEVEL"
    ) -> LastAccessed:
        """Say when the services that it allows were last accessed, and by whom that it hangs on.

        Raises
        ------
        RequestError
            It is AWS's, and every account has it: ask ``account.last_accessed(policy)``.
        """
        if self.account is None:
            raise RequestError(
                f"{self.name} is AWS's, and every account has it: ask account.last_accessed(...)."
            )
        return self.account.last_accessed(self, events, granularity)

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on this policy, as the root user of the account that it is of."""
        if self.account is None:
            error = AccessDenied("Policy is outside your own account.")
            error.add_note(f"{self.name} is AWS's. Make a policy of your own from its document.")
            raise error
        return perform(self.account, operation, PolicyArn=self.arn, **parameters)

    def copy(self, account: Account | None) -> ManagedPolicy:
        """Copy it for an account of another world; the documents are shared."""
        return replace(self, versions=dict(self.versions), tags=dict(self.tags), account=account)
