"""The policies that apply to a request, by type, each with where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable


LAYERS = ("resource", "identity", "boundary", "session")
"""The layers that can speak, in the order of AWS's flow chart."""

CEILINGS = ("boundary", "session")
"""Those of them that only limit: each must let a grant through, and none grants."""

NAMES = {
    "rcp": "resource control policy",
    "scp": "service control policy",
    "endpoint": "VPC endpoint policy",
    "resource": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
}
"""What AWS calls each layer; in a denial it says the same words."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A policy and where it hangs.

    Parameters
    ----------
    policy
        The document.
    arn
        Of a managed policy; inline policies have none.
    path
        From the caller to the policy: ``("group astronomers",)``.
    """

    policy: Policy
    arn: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layers:
    """The policies that apply. Wherever a ``Policy`` stands, an ``Attached`` may stand.

    Parameters
    ----------
    identity
        Everything attached to the caller, through groups too.
    resource
        Bucket policy, key policy, trust policy ... of the resource.
    boundary
        The caller's permissions boundary.
    session
        Session policies, passed when the session was made.

    Examples
    --------
    >>> from iamlab import Policy
    >>> layers = Layers(identity=[Policy.parse('{"Statement": []}', name="readers")])
    >>> layers.identity[0].policy.name, layers.boundary
    ('readers', None)
    """

    identity: tuple[Attached, ...] = ()
    resource: Attached | None = None
    boundary: Attached | None = None
    session: tuple[Attached, ...] = ()

    def __init__(
        self,
        identity: Iterable[Policy | Attached] = (),
        resource: Policy | Attached | None = None,
        boundary: Policy | Attached | None = None,
        session: Iterable[Policy | Attached] = (),
    ) -> None:
        set_ = object.__setattr__
        set_(self, "identity", _many("identity", identity))
        set_(self, "resource", resource and _attached(resource))
        set_(self, "boundary", boundary and _attached(boundary))
        set_(self, "session", _many("session", session))

    def of(self, layer: str) -> tuple[Attached, ...]:
        """Give the policies of one layer."""
        policies = getattr(self, layer)
        if isinstance(policies, tuple):
            return policies
        return () if policies is None else (policies,)


def _attached(policy: Policy | Attached) -> Attached:
    if isinstance(policy, Attached):
        return policy
    if not isinstance(policy, Policy):
        raise RequestError(f"{policy!r} is no policy. Make one with Policy.parse(document).")
    return Attached(policy)


def _many(layer: str, policies: Iterable[Policy | Attached] | None) -> tuple[Attached, ...]:
    if policies is None or isinstance(policies, Policy | Attached | dict | str):
        raise RequestError(f"{layer} is a list of policies: write [policy].")
    return tuple(map(_attached, policies))
