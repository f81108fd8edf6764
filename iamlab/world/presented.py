"""What somebody shows who calls: an access key, a session. It says who calls, and with what.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Use temporary credentials with AWS resources".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.policy.document import Policy
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Presented:
    """Who calls, as credentials that were accepted say it.

    Parameters
    ----------
    arn
        The caller.
    context
        Condition keys that come with the credentials: when they were made, whether MFA was used.
    session
        Session policies that were passed when they were made.
    """

    arn: str
    context: Mapping[str, ContextValue] = field(default_factory=lambda: MappingProxyType({}))
    session: tuple[Policy, ...] = ()


@runtime_checkable
class Credential(Protocol):
    """What can be shown."""

    def present(self, world: World) -> Presented:
        """Show it to a world, which may be a copy of the one that it was made in.

        Raises
        ------
        AwsError
            AWS does not accept it: it is unknown, inactive, deleted or expired.
        """
        ...

    def used(self, world: World, service: str, region: str) -> None:
        """Note that it was used for a call, where AWS notes that."""
        ...
