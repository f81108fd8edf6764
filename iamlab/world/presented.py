"""What somebody shows who calls: an access key, a session. It says who calls, and with what.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Use temporary credentials with AWS resources".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.layers import Attached
    from iamlab.engine.request import ContextValue
    from iamlab.policy.document import Policy
    from iamlab.world.world import World


class CredentialKind(Enum):
    """What credentials can be; it decides which operations they are good for at all."""

    LONG_TERM = "long-term credentials"
    CONSOLE = "a console session"
    USER = "a session of GetSessionToken"
    FEDERATED = "a session of GetFederationToken"
    FEDERATED_CONSOLE = "a console session of a federated user"
    ROLE = "a role session"
    ROOT_TASK = "a session of AssumeRoot"


OF_FEDERATED_USERS = (CredentialKind.FEDERATED, CredentialKind.FEDERATED_CONSOLE)
"""Whoever calls with these has an ARN of his own, and permissions of the user who made him."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
    principal
        Whose permissions they have: of a role session the role; if nothing is said, the caller.
    kind
        What they are: see :class:`CredentialKind`.
    userid
        The caller's ``aws:userid``, if it is not the principal's.
    tags
        Session tags, which win over tags of the principal.
    scoped
        Scope-down policies.
    default_regions_only
        Whether Regions that must be opted in to do not take them.
    """

    arn: str
    context: Mapping[str, ContextValue] = field(default_factory=lambda: _NOTHING)
    session: tuple[Policy | Attached, ...] = ()
    principal: str = ""
    kind: CredentialKind = CredentialKind.LONG_TERM
    userid: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    scoped: tuple[Policy, ...] = ()
    default_regions_only: bool = False


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
