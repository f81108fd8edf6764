"""A resource whose service's API names, tags and deletes it as those of other services do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from iamlab.policy.arn import Arn
from iamlab.world.api.values import as_keys, as_tags
from iamlab.world.context import of_tags
from iamlab.world.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.world.services.apis import Api

OWN_TAG_KEYS = frozenset({"ecr", "secretsmanager"})
"""Services whose policies can ask for ``ecr:ResourceTag`` and its like, the older key; EC2's things
say so themselves."""


@dataclass(slots=True, eq=False)
class Kept(Resource):
    """A resource whose service names, tags and deletes it as its :class:`Api` says."""

    api: ClassVar[Api]

    @property
    def name(self) -> str:
        """What it is called in its account and Region."""
        return Arn.parse(self.arn).resource.removeprefix(self.api.place)

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its tags under the service's own key too, where the service has one."""
        shows = self.service in OWN_TAG_KEYS
        return {**of_tags(f"{self.service}:ResourceTag", self.tags)} if shows else {}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource`` and its like).

        Raises
        ------
        AwsError
            There would be more than 50, or one of them cannot be.
        """
        operation, which, parameter = self.api.tag.split()
        name, _, kind = parameter.partition(":")
        self._do(operation, **self._as(which), **{name: tags if kind == "dict" else as_tags(tags)})

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagResource`` and its like)."""
        operation, which, parameter = self.api.untag.split()
        self._do(operation, **self._as(which), **{parameter.partition(":")[0]: as_keys(tag_keys)})

    def delete(self) -> None:
        """Delete it, and its policy with it."""
        operation, which = self.api.delete.split()[:2]
        self._do(operation, **self._as(which))

    def _as(self, parameter: str) -> dict[str, str]:
        """Say which one it is: by its name, or by its ARN."""
        if parameter == self.api.named_by[0]:
            return {parameter: self.name, "Region": self.region}
        return {parameter: self.arn}
