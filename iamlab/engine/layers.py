"""The policies that apply to a request, by type, each with where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import old_names_of, with_old_names
from iamlab.engine.grants import Grant
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
else:
    __getattr__ = old_names_of(__name__)

GUARDRAILS = ("rcp", "scp", "endpoint")
"""The outer ceilings: each must let every request through, whoever grants it."""

PERMISSION_FILTERS = ("boundary", "session")
"""The inner ceilings: they cut what identity-based policies grant, and some resource grants."""

CEILINGS = (*GUARDRAILS, *PERMISSION_FILTERS, "scoped")
"""All layers that only limit, and never grant."""

LAYERS = (*GUARDRAILS, "resource", "grant", "identity", *PERMISSION_FILTERS, "scoped")
"""The layers that can speak, in the order of AWS's flow chart; it has no place for VPC endpoints,
grants and scoped credentials, which stand beside those that are most like them."""

NAMES = {
    "rcp": "resource control policy",
    "scp": "service control policy",
    "endpoint": "VPC endpoint policy",
    "resource": "resource-based policy",
    "grant": "KMS grant",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scoped": "scope-down policy",
}
"""What AWS calls each layer; in a denial it says the same words."""


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy and where it is attached.

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


Level = tuple[AttachedPolicy, ...]
"""Policies side by side, of which one Allow is enough."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands; this decides which elements it may have, and whom it can name.

    Parameters
    ----------
    layer
        ``"identity"``, ``"resource"`` ...
    bounded
        Whether the caller has a permissions boundary: NotPrincipal asks.
    """

    layer: str
    bounded: bool = False


@with_old_names
@dataclass(frozen=True, slots=True, init=False)
class Layers:
    """The policies that apply. Wherever a ``Policy`` stands, an ``AttachedPolicy`` can stand.

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
    scp
        Service control policies of the caller's account: one list of policies for each level, the
        organization's root first. Every level must allow; ``()`` for an account in no organization.
    rcp
        Resource control policies of the account that owns the resource, in the same way.
    endpoint
        Policy of the VPC endpoint that the request came through.
    scoped
        Scope-down policies of credentials from GetScopedCredentials: each must allow.
    grant
        KMS grants on the key.
    public_access_block
        The switches of S3 Block Public Access in force for the bucket.

    Examples
    --------
    >>> from iamlab import Policy
    >>> layers = Layers(identity=[Policy.parse('{"Statement": []}', name="readers")])
    >>> layers.identity[0].policy.name, layers.boundary
    ('readers', None)
    """

    identity: Level = ()
    resource: AttachedPolicy | None = None
    boundary: AttachedPolicy | None = None
    session: Level = ()
    scp: tuple[Level, ...] = ()
    rcp: tuple[Level, ...] = ()
    endpoint: AttachedPolicy | None = None
    scoped: Level = ()
    grant: tuple[Grant, ...] = ()
    public_access_block: PublicAccessBlock | None = None
    _granted: Level = field(init=False, compare=False, repr=False)
    # What engine/compiled.py has made of these policies, once it was asked.
    compiled: object = field(init=False, compare=False, repr=False)

    def __init__(
        self,
        identity: Iterable[Policy | AttachedPolicy] = (),
        resource: Policy | AttachedPolicy | None = None,
        boundary: Policy | AttachedPolicy | None = None,
        session: Iterable[Policy | AttachedPolicy] = (),
        scp: Iterable[Iterable[Policy | AttachedPolicy]] = (),
        rcp: Iterable[Iterable[Policy | AttachedPolicy]] = (),
        endpoint: Policy | AttachedPolicy | None = None,
        scoped: Iterable[Policy | AttachedPolicy] = (),
        grant: Iterable[Grant | tuple[str, Sequence[str], Mapping[str, Mapping[str, str]]]] = (),
        public_access_block: PublicAccessBlock | None = None,
    ) -> None:
        set_ = object.__setattr__
        set_(self, "identity", _many("identity", identity))
        set_(self, "resource", _one(resource))
        set_(self, "boundary", _one(boundary))
        set_(self, "session", _many("session", session))
        set_(self, "scp", _levels("scp", scp))
        set_(self, "rcp", _levels("rcp", rcp))
        set_(self, "endpoint", _one(endpoint))
        set_(self, "scoped", _many("scoped", scoped))
        set_(self, "grant", tuple(map(Grant.of, grant)))
        set_(self, "public_access_block", _switches(public_access_block))
        set_(self, "_granted", tuple(AttachedPolicy(one.as_policy()) for one in self.grant))
        set_(self, "compiled", None)

    def __reduce__(self) -> tuple[Any, ...]:  # what was made of them can be made again
        return Layers, tuple(getattr(self, one.name) for one in fields(self) if one.init)

    def levels(self, layer: str) -> tuple[Level, ...]:
        """Give the policies of one layer in levels: each must allow, and in each one is enough.

        Organizations have as many levels as there are between root and account, scoped credentials
        one for each policy, every other layer one; a layer that is not there has none.
        """
        if layer in ("scp", "rcp"):
            return self.scp if layer == "scp" else self.rcp
        if layer == "scoped":
            return tuple((attached,) for attached in self.scoped)
        policies = self.of(layer)
        return (policies,) if policies else ()

    def of(self, layer: str) -> Level:
        """Give all policies of one layer."""
        if layer in ("scp", "rcp"):
            return tuple(attached for level in self.levels(layer) for attached in level)
        if layer == "grant":
            return self._granted
        policies = getattr(self, layer)
        if isinstance(policies, tuple):
            return policies
        return () if policies is None else (policies,)


def _one(policy: Policy | AttachedPolicy | None) -> AttachedPolicy | None:
    return None if policy is None else _attached(policy)


def _attached(policy: Policy | AttachedPolicy) -> AttachedPolicy:
    if isinstance(policy, AttachedPolicy):
        return policy
    if not isinstance(policy, Policy):
        raise RequestError(f"{policy!r} is no policy. Make one with Policy.parse(document).")
    return AttachedPolicy(policy)


def _many(layer: str, policies: Iterable[Policy | AttachedPolicy] | None) -> Level:
    if policies is None or isinstance(policies, Policy | AttachedPolicy | dict | str):
        raise RequestError(f"{layer} is a list of policies: write [policy].")
    return tuple(map(_attached, policies))


def _levels(layer: str, levels: object) -> tuple[Level, ...]:
    if not isinstance(levels, Iterable) or isinstance(levels, dict | str):
        raise RequestError(f"{layer} is a list of levels, root first: write [[policy], [policy]].")
    return tuple(_many(f"A level of {layer}", level) for level in levels)


def _switches(block: object) -> PublicAccessBlock | None:
    if block is not None and not isinstance(block, PublicAccessBlock):
        message = f"{block!r} is no PublicAccessBlock(restrict_public_buckets=True)."
        raise RequestError(message)
    return block
