"""The resources that can be shared, each with all that decides who gets access to it.

These are resources with a policy of their own, roles, and keys with grants. The caller's own
account is assumed to allow everything: a stranger controls a stranger's policies.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "AWS global condition context keys"; "IAM Access
Analyzer supported resource types for external and internal access"; "AWS services that work with
IAM", for what else has a resource-based policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.external_access.callers import Outside
from iamlab.analysis.external_access.findings import KMS_GRANT, POLICY
from iamlab.analysis.external_access.sample_contexts import SOME_TEXT, as_values
from iamlab.analysis.external_access.zone_of_trust import (
    OF_CALLER,
    OF_RESOURCE,
    OF_SOURCE,
    Inside,
    filled,
)
from iamlab.authorization.context_keys import DEFAULT_REGION, CallAttributes, call_keys
from iamlab.authorization.resource import resource_context
from iamlab.engine.combining_rule import FOR_SERVICES_ONLY
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import MAX_TEXT, ContextValue, Request
from iamlab.engine.statement_tests import action_test
from iamlab.model.network_locations import Network
from iamlab.model.resources import BUCKET, OBJECT, resource_type
from iamlab.operations.services.cloudcontrol import SEPARATORS
from iamlab.policy.arn import PARTS, Arn
from iamlab.policy.catalog import PLACEHOLDER, arns_for
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob, glob_resource
from iamlab.policy.samples import OTHER, meeting, resource_samples
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.external_access.zone_of_trust import Zone
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.grants import Grant
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

_SEPARATORS = {"dynamodb": "/", "lambda": ":", "s3": "/", "sns": ":"}
"""Service -> what is between the ARN of a resource and the name of a resource below it."""

_ALLOW_ALL = Policy.allow("*", name="the caller's own account")


@dataclass(frozen=True, slots=True)
class SharedResource:
    """A resource that may be shared.

    Parameters
    ----------
    owner
        The account; empty: its ARN has it, or nothing says it.
    policy, grants
        Who is let in: its resource-based policy or trust policy, and KMS grants.
    separator
        What is between its ARN and the name of a resource below it; empty: nothing is below it.
    is_known
        Whether it is in the world, so that its tags are known; else only its policy is.
    """

    arn: str
    policy: Policy | None
    owner: str = ""
    grants: tuple[Grant, ...] = ()
    separator: str = ""
    is_known: bool = True

    @property
    def is_role(self) -> bool:
        """Whether it is a role, whose policy has ``sts`` actions."""
        return ":iam:" in self.arn

    @property
    def service(self) -> str:
        """The prefix of the actions in its policy."""
        return "sts" if self.is_role else Arn.parse(self.arn).service


def type_of(arn: str) -> str:
    """Return what a resource is, as Access Analyzer calls it.

    Examples
    --------
    >>> type_of("arn:aws:s3:::maps"), type_of("arn:aws:iam::111122223333:role/sky/reader")
    ('AWS::S3::Bucket', 'AWS::IAM::Role')
    """
    parsed = Arn.parse(arn)
    found = resource_type(parsed.service, parsed.resource)
    return BUCKET if found == OBJECT else found or "AWS::Unknown::Resource"


def shared_resources(world: World) -> Iterator[SharedResource]:
    """Return what may be shared. A VPC endpoint's policy gives nobody access to the endpoint."""
    policies = world.resource_policies
    known = set()
    for account in world.accounts.values():
        for role in account.roles.values():
            known.add(role.arn)
            policy = policies.get(role.arn) or role.trust
            yield SharedResource(role.arn, policy, account.account_id)
        for found in account.resources.values():
            known.add(found.arn)
            policy = found.requested(found.arn, "").policy  # with ACLs
            if (policy or found.grants) and found.service not in FOR_SERVICES_ONLY:
                yield SharedResource(
                    found.arn, policy, account.account_id, found.grants, found.separator
                )
    for arn, policy in policies.items():
        parsed = Arn.parse(arn)
        if arn not in known and parsed.service not in FOR_SERVICES_ONLY:
            is_role = (parsed.service, parsed.kind) == ("iam", "role")
            separator = "" if is_role else _separator(parsed)
            yield SharedResource(arn, policy, separator=separator, is_known=False)


def _separator(arn: Arn) -> str:
    name = f"{arn.service}::{arn.resource}"
    found = (separator for pattern, separator in SEPARATORS.items() if glob(pattern, name))
    return next(found, _SEPARATORS.get(arn.service, ""))


class AccessStatement(NamedTuple):
    """A statement that may let somebody in: of a policy, or what a grant allows.

    Parameters
    ----------
    alone
        The layers as if nothing else applied.
    """

    statement: Statement
    address: str
    source: str
    alone: Layers
    grant: Grant | None = None

    def without_conditions(self) -> AccessStatement:
        """Return the same without its conditions."""
        bare = replace(self.statement, conditions=())
        if self.grant is None:
            alone = _for_stranger(resource=Policy((bare,)))
        else:
            alone = _for_stranger(grant=[replace(self.grant, constraints={})])
        return self._replace(statement=bare, alone=alone)


def _for_stranger(**layers: Any) -> Layers:
    """Combine the resource's side with a stranger whose own account allows everything.

    A session policy limits a federated user only.
    """
    return Layers(identity=[_ALLOW_ALL], session=[_ALLOW_ALL], **layers)


def _layers_of(facts: ResourceContext) -> Layers:
    """Combine what decides about a resource with such a stranger."""
    return _for_stranger(
        resource=facts.policy,
        rcp=facts.rcps,
        grant=facts.grants,
        public_access_block=facts.public_access_block,
    )


class ResourceAccess:
    """A resource with its policies, and the zone of trust of its owner.

    Attributes
    ----------
    context
        The condition keys that each request has, in lower case.
    limits
        The statements that may stop a request: each Deny, and all of RCPs with conditions.
    """

    def __init__(self, world: World, shared: SharedResource, zone: Zone, owner: str) -> None:
        self.world, self.shared, self.zone, self.owner = world, shared, zone, owner
        action = "sts:AssumeRole" if shared.is_role else f"{shared.service}:Any"
        facts = self.facts = resource_context(world, shared.arn, action, owner)
        region = facts.region or DEFAULT_REGION
        call = CallAttributes(world.clock.now, action, region, owner, Network().outside)
        self.context: dict[str, ContextValue] = {
            key.lower(): value
            for key, value in {**facts.context, **call_keys(call)}.items()
            if as_values(value) is not None
        }
        self.inside = Inside(world, zone, self.context)
        own = () if facts.policy is None else facts.policy.statements
        rcps = (attached.policy for level in facts.rcps for attached in level)
        above = (statement for policy in rcps for statement in policy.statements)
        self.limits = (
            *(entry for entry in own if entry.effect == "Deny"),
            *(entry for entry in above if entry.effect == "Deny" or entry.conditions),
        )
        self._layers = _layers_of(facts)

    def access_statements(self) -> Iterator[AccessStatement]:
        """Return all that may let somebody in."""
        policy = self.facts.policy
        if policy is not None:
            name = policy.name or "policy"
            for statement in policy.statements:
                if statement.effect == "Allow":
                    alone = _for_stranger(resource=Policy((statement,), name=name))
                    yield AccessStatement(statement, f"{name}/{statement.label}", POLICY, alone)
        for grant in self.facts.grants:
            [statement] = grant.as_policy().statements
            alone = _for_stranger(grant=[grant])
            yield AccessStatement(statement, grant.name, KMS_GRANT, alone, grant)

    def limits_of(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that may stop an action, in any policy."""
        return tuple(limit for limit in self.limits if action_test(limit)(action.lower()))

    def decide(self, request: Request) -> Decision:
        """Decide a request that a statement alone would let through; an access point's twice."""
        decision, point = evaluate(request, self._layers), self.shared.arn
        known = resource_context(self.world, request.resource, request.action, self.owner)
        if not decision or (behind := known.bucket(self.world, request.action, point)) is None:
            return decision
        arn, facts = behind
        account = facts.account_id
        request = replace(request, resource=arn, resource_account=account, access_point=point)
        return evaluate(request, _layers_of(facts))

    def outside(self, statement: Statement, limits: Sequence[Statement]) -> Outside:
        """Return all that is outside, as far as these statements can tell callers apart."""
        wanted: dict[str, dict[str, None]] = {}
        for entry in (statement, *limits):
            for condition in entry.conditions:
                key = condition.key.lower()
                if key in _ABOUT_CALLERS:
                    values = filter(None, filled(condition, entry, self.context))
                    wanted.setdefault(key, {}).update(dict.fromkeys(values))
        each = ((*(limit.principal or ()), *(limit.not_principal or ())) for limit in limits)
        principals = (pair for pairs in each for pair in pairs)
        named = dict.fromkeys(value for kind, value in principals if kind == "AWS" and value != "*")
        partition = Arn.parse(self.shared.arn).partition
        values_of = {key: tuple(values) for key, values in wanted.items()}
        return Outside(self.world, self.zone, partition, values_of, tuple(named))

    def is_fixed(self, key: str) -> bool:
        """Return whether the caller cannot choose the value of a condition key."""
        return key in _ABOUT_CALLERS or self.is_of_resource(key)

    def is_of_resource(self, key: str) -> bool:
        """Return whether a condition key is about the resource, and its value is known."""
        if key in OF_RESOURCE or key in map(str.lower, self.facts.attributes.own):
            return True
        return self.shared.is_known and key.startswith(("aws:resourcetag/", "iam:resourcetag/"))

    def works_on(self, action: str) -> tuple[bool, bool]:
        """Return whether an action works on the resource itself, and on resources below it."""
        if self.shared.is_role:
            return (True, False)
        return _works_on(action, self.shared.arn, self.shared.separator)

    def resources(
        self, action: str, statements: Iterable[Statement], context: Mapping[str, ContextValue]
    ) -> tuple[str, ...]:
        """Return a resource for each way in which statements can match: itself, or below it.

        Only those that the action works on: ``s3:GetObject`` does not read the bucket.
        """
        arn = self.shared.arn
        if self.shared.is_role:
            return (arn,)

        def value_of(key: str) -> str:
            return (as_values(context.get(key.lower())) or (SOME_TEXT,))[0]

        patterns: dict[str, None] = {}
        for statement in statements:
            for text in (*(statement.resource or ()), *(statement.not_resource or ())):
                is_open = statement.variables and has_variable(text)
                patterns[substitute(text, value_of) or text if is_open else text] = None
        itself, below = self.works_on(action)
        candidates = _candidates(arn, self.shared.separator, tuple(patterns))
        return tuple(found for found in candidates if (itself if found == arn else below))


_ABOUT_CALLERS = frozenset((*OF_CALLER, *OF_SOURCE))


@lru_cache(maxsize=512)
def _candidates(arn: str, separator: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    below = _below(arn, separator)
    found: dict[tuple[bool, ...], str] = {}
    for text in (arn, *(f"{start}{OTHER}" for start in below), *resource_samples(patterns)):
        if (text == arn or text.startswith(below)) and len(text) <= MAX_TEXT:
            matches = (text == arn, *(glob_resource(pattern, text) for pattern in patterns))
            found.setdefault(matches, text)
    return tuple(found.values())


def _below(arn: str, separator: str) -> tuple[str, ...]:
    """Return how the ARNs below a resource begin; those of the rules of an event bus count too."""
    found = [f"{arn}{separator}"] if separator else []
    if ":event-bus/" in arn:
        start, _, name = arn.partition(":event-bus/")
        found.append(f"{start}:rule/{name}/")
    return tuple(found)


@lru_cache(maxsize=8192)
def _works_on(action: str, arn: str, separator: str) -> tuple[bool, bool]:
    """Return whether an action works on a resource itself, and below it; both, if unknown.

    Examples
    --------
    >>> bucket = "arn:aws:s3:::maps"
    >>> [_works_on(f"s3:{name}", bucket, "/") for name in ("ListBucket", "GetObject", "New")]
    [(True, False), (False, True), (True, True)]
    """
    starts = _below(arn, separator)
    patterns = [PLACEHOLDER.sub("*", known_arn) for known_arn in arns_for(action)]
    itself = any(pattern != "*" and glob_resource(pattern, arn) for pattern in patterns)
    below = any(
        not glob_resource(pattern, arn) and _can_both_match(pattern, f"{start}*")
        for pattern in patterns
        for start in starts
    )
    if itself and not action.startswith("s3:"):
        below = True  # versions of a function, paths of a domain: not all services list their types
    return (itself, below) if itself or below else (True, True)


def _can_both_match(first: str, other: str) -> bool:
    """Return whether an ARN can match both patterns."""
    parts = (pattern.split(":", PARTS - 1) for pattern in (first, other))
    return all(meeting(*pair) is not None for pair in zip(*parts, strict=False))
