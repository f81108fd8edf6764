"""How an account gets resources of other services than IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.saving import Document
    from iamlab.world.services.s3 import Bucket


class MakesResources:
    """The methods of an account that make resources, each one operation of a service."""

    __slots__ = ()

    def create_bucket(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Create an S3 bucket. Its name is unique in the whole world."""
        made: Bucket = self._make(
            "s3:CreateBucket",
            Bucket=name,
            Policy=None if policy is None else as_text(policy),
            Tags=as_tags(tags),
        )
        return made

    def _make(self, operation: str, **parameters: Any) -> Any:
        return perform(self, operation, **parameters)  # type: ignore[arg-type]
