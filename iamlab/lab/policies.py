from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied, RequestError
from iamlab.world import policies as policy_records
from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_keys, as_tags, as_text
from iamlab.world.kept import stands_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.world.events import Event
    from iamlab.world.last_accessed.report import Granularity, LastAccessed
    from iamlab.world.saving import Document


@stands_for(policy_records.ManagedPolicy)
class ManagedPolicy(policy_records.ManagedPolicy):
    __doc__ = policy_records.ManagedPolicy.__doc__
    __slots__ = ()

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
