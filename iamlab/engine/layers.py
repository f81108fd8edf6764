"""The policies that apply to a request, by type, each with its path."""

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
"""The outer ceilings: each must allow every request, whichever policy grants it."""

PERMISSION_FILTERS = ("boundary", "session")
"""The inner ceilings: they limit identity-based policies and some resource-based policies."""

CEILINGS = (*GUARDRAILS, *PERMISSION_FILTERS, "scoped")
"""All layers that only limit and never grant."""

LAYERS = (*GUARDRAILS, "resource", "grant", "identity", *PERMISSION_FILTERS, "scoped")
"""All layers, in the order of AWS's flow chart. It doesn't have VPC endpoints, grants and scoped
credentials; they are next to the most similar layers."""

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
"""AWS's name for each layer, also in its error messages."""


def policy_type_of(layer: str, action: str) -> str:
    """Return the type of a layer's policies: the policy of a role is a trust policy.

    Examples
    --------
    >>> policy_type_of("resource", "sts:AssumeRole"), policy_type_of("scoped", "s3:GetObject")
    ('trust', 'session')
    """
    if layer == "resource" and action.lower().startswith("sts:"):
        return "trust"
    return "session" if layer == "scoped" else layer


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy and where it is attached.

    Parameters
    ----------
    policy
        The document.
    arn
        The ARN of a managed policy; inline policies have none.
    path
        The path from the caller to the policy: ``("group astronomers",)``.
    vpc_endpoint_type
        The type of the VPC endpoint whose policy it is: ``Interface``, or by default ``Gateway``.

    Examples
    --------
    >>> from iamlab import Layers, Policy, Request, evaluate
    >>> read = AttachedPolicy(Policy.allow("s3:Get*"), path=("group astronomers",))
    >>> ana, maps = "arn:aws:iam::111111111111:user/ana", "arn:aws:s3:::star-maps/m31.fits"
    >>> request = Request(ana, "s3:GetObject", maps, resource_account="111111111111")
    >>> evaluate(request, Layers(identity=[read])).determining[0].attached.path
    ('group astronomers',)
    """

    policy: Policy
    arn: str | None = None
    path: tuple[str, ...] = ()
    vpc_endpoint_type: str = "Gateway"


Level = tuple[AttachedPolicy, ...]
"""Policies of one level: one Allow in any of them is enough."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a statement, which decides its permitted elements and principals.

    Parameters
    ----------
    layer
        ``"identity"``, ``"resource"`` ...
    bounded
        Whether the caller has a permissions boundary: NotPrincipal depends on it.
    is_interface
        Whether it is in the policy of an interface endpoint: what an account means depends on it.
    """

    layer: str
    bounded: bool = False
    is_interface: bool = False


@with_old_names
@dataclass(frozen=True, slots=True, init=False)
class Layers:
    """The policies that apply. Each can be a ``Policy`` or an ``AttachedPolicy``.

    Parameters
    ----------
    identity
        All policies attached to the caller, also through groups.
    resource
        The resource's policy: bucket policy, key policy, trust policy ...
    boundary
        The caller's permissions boundary.
    session
        The session policies that were passed when the session was created.
    scp
        The service control policies of the caller's account: a list of policies for each level,
        first the organization's root. Every level must allow. ``()``: no organization.
    rcp
        The resource control policies of the resource's account, in the same form.
    endpoint
        The policy of the VPC endpoint that the request came through.
    scoped
        The scope-down policies of credentials from GetScopedCredentials: each must allow.
    grant
        The KMS grants on the key.
    public_access_block
        The settings of S3 Block Public Access for the bucket.

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
    # The form that engine/compiled.py caches here.
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
        set_(self, "_granted", tuple(AttachedPolicy(known.as_policy()) for known in self.grant))
        set_(self, "compiled", None)

    def __reduce__(self) -> tuple[Any, ...]:  # without the cache
        return Layers, tuple(getattr(self, known.name) for known in fields(self) if known.init)

    def levels(self, layer: str) -> tuple[Level, ...]:
        """Return the policies of a layer by level. Each level must have a matching Allow.

        SCPs and RCPs have a level for the root, each OU and the account; scoped credentials have
        one for each policy. Every other layer has one level, a missing layer has none.
        """
        if layer in ("scp", "rcp"):
            return self.scp if layer == "scp" else self.rcp
        if layer == "scoped":
            return tuple((attached,) for attached in self.scoped)
        policies = self.of(layer)
        return (policies,) if policies else ()

    def place(self, layer: str, *, bounded: bool) -> Place:
        """Return the place of a layer's statements."""
        kind = getattr(self.endpoint, "vpc_endpoint_type", "") if layer == "endpoint" else ""
        return Place(layer, bounded, kind == "Interface")

    def of(self, layer: str) -> Level:
        """Return all policies of a layer."""
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
        raise RequestError(f"{policy!r} isn't a policy. Pass Policy.parse(document).")
    return AttachedPolicy(policy)


def _many(layer: str, policies: Iterable[Policy | AttachedPolicy] | None) -> Level:
    if policies is None or isinstance(policies, Policy | AttachedPolicy | dict | str):
        raise RequestError(f"{layer} must be a list of policies. Write [policy].")
    return tuple(map(_attached, policies))


def _levels(layer: str, levels: object) -> tuple[Level, ...]:
    if not isinstance(levels, Iterable) or isinstance(levels, dict | str):
        raise RequestError(f"{layer} must be a list of levels. Write [[policy], [policy]].")
    return tuple(_many(f"A level of {layer}", level) for level in levels)


def _switches(block: object) -> PublicAccessBlock | None:
    if block is not None and not isinstance(block, PublicAccessBlock):
        form = "PublicAccessBlock(restrict_public_buckets=True)"
        raise RequestError(f"{block!r} isn't a PublicAccessBlock. Pass {form}.")
    return block
