"""One resource, with all that decides who gets at it.

The caller's own account is taken to allow everything: what a stranger's policies say is up to the
stranger.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "AWS global condition context keys".
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.external_access.callers import Outside
from iamlab.analysis.external_access.findings import KMS_GRANT, POLICY
from iamlab.analysis.external_access.inside_conditions import (
    OF_CALLER,
    OF_RESOURCE,
    OF_SOURCE,
    Inside,
    filled,
)
from iamlab.analysis.external_access.sample_contexts import SOME_TEXT, as_values
from iamlab.authorization.context_keys import DEFAULT_REGION, CallAttributes, call_keys
from iamlab.authorization.resource import resource_context
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import MAX_TEXT
from iamlab.engine.statement_tests import action_test
from iamlab.model.network_locations import Network
from iamlab.policy.arn import PARTS, Arn
from iamlab.policy.building import allow
from iamlab.policy.catalog import PLACEHOLDER, arns_for
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob_resource
from iamlab.policy.samples import OTHER, meeting, resource_samples
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.external_access.zone_of_trust import Shared, Zone
    from iamlab.engine.decision import Decision
    from iamlab.engine.grants import Grant
    from iamlab.engine.layers import Level
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue, Request
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

_ALL = allow("*", name="the caller's own account")


def _layers(
    resource: Policy | None,
    rcps: tuple[Level, ...] = (),
    grants: Iterable[Grant] = (),
    public_access_block: PublicAccessBlock | None = None,
) -> Layers:
    """Put the resource's side beside that of a stranger whose own account allows everything.

    A federated user can do what a session policy lets him; for all others it is no limit.
    """
    return Layers(
        identity=[_ALL],
        resource=resource,
        session=[_ALL],
        rcps=rcps,
        grants=grants,
        public_access_block=public_access_block,
    )


class Lever(NamedTuple):
    """A statement that may let somebody in: of a policy, or what a grant says.

    Parameters
    ----------
    alone
        The layers as if there were nothing else.
    """

    statement: Statement
    address: str
    source: str
    alone: Layers
    grant: Grant | None = None

    def without_conditions(self) -> Lever:
        """Give the same as if it asked for nothing."""
        bare = replace(self.statement, conditions=())
        if self.grant is None:
            alone = _layers(Policy((bare,)))
        else:
            alone = _layers(None, grants=[replace(self.grant, constraints={})])
        return self._replace(statement=bare, alone=alone)


class Case:
    """A resource, its facts, and the zone of trust of its owner."""

    def __init__(self, world: World, shared: Shared, zone: Zone, owner: str) -> None:
        self.world = world
        self.shared = shared
        self.zone = zone
        action = "sts:AssumeRole" if shared.is_role else f"{shared.service}:Any"
        self.facts = resource_context(world, shared.arn, action, owner)
        self.owner = owner
        call = CallAttributes(
            world.clock.now,
            shared.service,
            self.facts.region or DEFAULT_REGION,
            owner,
            Network().outside,
        )
        told = {**self.facts.context, **call_keys(call)}
        self.base: dict[str, ContextValue] = {
            key.lower(): value for key, value in told.items() if as_values(value) is not None
        }
        self.inside = Inside(world, zone, self.base)
        policy = self.facts.policy
        statements = () if policy is None else policy.statements
        self.allows = tuple(one for one in statements if one.effect == "Allow")
        denies = tuple(one for one in statements if one.effect == "Deny")
        above = (
            one
            for level in self.facts.rcps
            for attached in level
            for one in attached.policy.statements
        )
        special = tuple(one for one in above if one.effect == "Deny" or one.conditions)
        self.stoppers = (*denies, *special)
        facts = self.facts
        self._whole = _layers(policy, facts.rcps, facts.grants, facts.public_access_block)

    def levers(self) -> Iterator[Lever]:
        """Give all that may let somebody in."""
        policy = self.facts.policy
        name = "policy" if policy is None else policy.name or "policy"
        for one in self.allows:
            alone = _layers(Policy((one,), name=name))
            yield Lever(one, f"{name}/{one.label}", POLICY, alone)
        for grant in self.facts.grants:
            [one] = grant.as_policy().statements
            yield Lever(one, grant.name, KMS_GRANT, _layers(None, grants=[grant]), grant)

    def stopping(self, action: str) -> tuple[Statement, ...]:
        """Give the statements that may stop an action, wherever they stand."""
        lower = action.lower()
        return tuple(one for one in self.stoppers if action_test(one)(lower))

    def decide(self, request: Request) -> Decision:
        """Decide a request that a statement alone would let through."""
        return evaluate(request, self._whole)

    def outside(self, statement: Statement, others: Sequence[Statement]) -> Outside:
        """Give all that is outside, as these statements see it."""
        wanted: dict[str, dict[str, None]] = {}
        for one in (statement, *others):
            for condition in one.conditions:
                key = condition.key.lower()
                if key in _ABOUT_CALLERS:
                    values = filled(condition, one, self.base)
                    known = (value for value in values if value)
                    wanted.setdefault(key, {}).update(dict.fromkeys(known))
        named = dict.fromkeys(
            value
            for one in others
            for kind, value in (*(one.principal or ()), *(one.not_principal or ()))
            if kind == "AWS" and value != "*"
        )
        return Outside(
            self.world,
            self.zone,
            Arn.parse(self.shared.arn).partition,
            {key: tuple(values) for key, values in wanted.items()},
            tuple(named),
        )

    def is_fixed(self, key: str) -> bool:
        """Say whether it is not the caller's way of calling that settles a condition key."""
        return key in _ABOUT_CALLERS or self.is_of_resource(key)

    def is_of_resource(self, key: str) -> bool:
        """Say whether a condition key is about the resource, and it is known what it holds."""
        if key in OF_RESOURCE or key in self._own_keys():
            return True
        return self.shared.is_held and key.startswith(("aws:resourcetag/", "iam:resourcetag/"))

    def works_on(self, action: str) -> tuple[bool, bool]:
        """Say whether an action works on the resource itself, and on what is below it."""
        if self.shared.is_role:
            return (True, False)
        return _works_on(action, self.shared.arn, self.shared.separator)

    def _own_keys(self) -> Iterable[str]:
        return map(str.lower, self.facts.attributes.own)

    def resources(
        self,
        action: str,
        statements: Iterable[Statement],
        context: Mapping[str, ContextValue],
    ) -> tuple[str, ...]:
        """Give one resource of each sort that some statements tell apart: itself, or below it.

        Only such as the action works on: it is not the bucket that is read by ``s3:GetObject``.
        """
        arn = self.shared.arn
        if self.shared.is_role:
            return (arn,)

        def value_of(key: str) -> str:
            return (as_values(context.get(key.lower())) or (SOME_TEXT,))[0]

        patterns: dict[str, None] = {}
        for one in statements:
            for text in (*(one.resource or ()), *(one.not_resource or ())):
                is_open = one.variables and has_variable(text)
                patterns[substitute(text, value_of) or text if is_open else text] = None
        itself, below = self.works_on(action)
        return tuple(
            one
            for one in _candidates(arn, self.shared.separator, tuple(patterns))
            if (itself if one == arn else below)
        )


_ABOUT_CALLERS = frozenset((*OF_CALLER, *OF_SOURCE))


@lru_cache(maxsize=512)
def _candidates(arn: str, separator: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
    below = _below(arn, separator)
    found: dict[tuple[bool, ...], str] = {}
    for text in (arn, *(f"{start}{OTHER}" for start in below), *resource_samples(patterns)):
        if (text == arn or text.startswith(below)) and len(text) <= MAX_TEXT:
            sort = (text == arn, *(glob_resource(one, text) for one in patterns))
            found.setdefault(sort, text)
    return tuple(found.values())


def _below(arn: str, separator: str) -> tuple[str, ...]:
    """Give how the ARNs of what is below a resource begin; the rules of an event bus are, too."""
    found = [f"{arn}{separator}"] if separator else []
    if ":event-bus/" in arn:
        start, _, name = arn.partition(":event-bus/")
        found.append(f"{start}:rule/{name}/")
    return tuple(found)


@lru_cache(maxsize=8192)
def _works_on(action: str, arn: str, separator: str) -> tuple[bool, bool]:
    """Say whether an action works on a resource itself, and on what is below it; both, if unknown.

    Examples
    --------
    >>> bucket = "arn:aws:s3:::maps"
    >>> [_works_on(f"s3:{name}", bucket, "/") for name in ("ListBucket", "GetObject", "New")]
    [(True, False), (False, True), (True, True)]
    """
    starts = _below(arn, separator)

    def is_below(form: str) -> bool:
        return not glob_resource(form, arn) and any(_meet(form, f"{one}*") for one in starts)

    forms = [PLACEHOLDER.sub("*", form) for form in arns_for(action)]
    itself = any(form != "*" and glob_resource(form, arn) for form in forms)
    below = any(map(is_below, forms))
    if itself and not action.startswith("s3:"):
        below = True  # versions of a function, paths of a domain: not all services list their types
    return (itself, below) if itself or below else (True, True)


def _meet(form: str, pattern: str) -> bool:
    """Say whether an ARN can fit both."""
    parts = (one.split(":", PARTS - 1) for one in (form, pattern))
    return all(meeting(*pair) is not None for pair in zip(*parts, strict=False))
