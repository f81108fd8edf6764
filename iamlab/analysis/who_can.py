"""Who can do something: every user, role and root user of a world is asked.

The callers are gathered once, and remembered with their policies until the world changes. The
resource's side is worked out once for each question (``engine/compiled.py``). The answer names the
callers who are allowed; a decision is made when it is read. Whoever is allowed only under
conditions that an export doesn't tell, or in a session of a certain name, is named with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.analysis.suppositions import IN_SESSION, MFA, session_arns, suppositions, unknown_keys
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.authorize import NetworkPath, authorize, is_on, question_defects
from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import raise_problems, set_key_notes
from iamlab.authorization.resource import ResourceContext, resource_context, why_closed
from iamlab.display import Shown, called, count, few, steps
from iamlab.engine import compiled
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import LAYERS
from iamlab.engine.refused_statements import loudest_first, refused_in
from iamlab.engine.request import ContextValue, Request
from iamlab.engine.statement_tests import action_test
from iamlab.engine.verdict import Verdict
from iamlab.policy.call_permissions import (
    also_needed,
    keys_of_other_types,
    other_type_notes,
    without_keys,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from iamlab.analysis.suppositions import Supposition
    from iamlab.authorization.principal import PrincipalContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.model.account import Account
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

    GatheredCaller = tuple[PrincipalContext, Layers, Mapping[str, ContextValue]]


@dataclass(frozen=True, slots=True)
class _SharedFacts:
    """The resource, the VPC endpoint and the context that are the same for some callers."""

    facts: ResourceContext
    path: NetworkPath
    explicit: Mapping[str, ContextValue]
    defects: tuple[str, ...]

    @property
    def context(self) -> dict[str, ContextValue]:
        """The keys that are added to a caller's own keys, or replace them."""
        forwarded = contexts.forwarded_keys({}) if self.path.call.via else {}
        return contexts.override_keys(
            {**forwarded, **self.facts.context, **contexts.call_keys(self.path.call)}, self.explicit
        )

    def assumed(self, action: str, resource: str) -> tuple[str, ...]:
        """Return what was taken for granted, in words."""
        return (
            *self.facts.assumed,
            *self.path.assumed,
            *set_key_notes(action, tuple(self.explicit)),
            *also_needed(action, (resource,), tagged=bool(self.path.call.tags)),
            *other_type_notes(action, resource, self.explicit),
        )

    def requests(
        self, callers: Iterable[GatheredCaller], action: str, resource: str
    ) -> Iterator[Request]:
        """Yield the request of each caller."""
        over = without_keys(self.context, keys_of_other_types(action, resource))
        account = self.facts.account_id
        for known, _, context in callers:
            keys = contexts.override_keys(context, over)
            yield Request(known.arn, action, resource, account, keys, known.issuer)


@dataclass(frozen=True, slots=True)
class WhoCan(Mapping[str, "Decision"], Shown):
    """Those who are allowed, by ARN, each with its decision.

    Parameters
    ----------
    assumed
        What was taken for granted, in words.
    asked
        How many were asked.
    conditional
        Those who are allowed only under a condition, by ARN, with the condition in words.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> found = scenario("groups").who_can("s3:DeleteObject", MAP)
    >>> print(found["arn:aws:iam::111111111111:user/bob"])
    ✓ allowed by AmazonS3FullAccess/#1
    """

    action: str
    resource: str
    assumed: tuple[str, ...]
    asked: int
    _found: Mapping[str, tuple[PrincipalContext, _SharedFacts]] = field(repr=False)
    conditional: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, arn: str) -> Decision:
        principal, shared = self._found[arn]
        layers = principal.layers(shared.facts, shared.path.policy)
        caller = principal, layers, principal.context()
        [request] = shared.requests([caller], self.action, self.resource)
        decision = evaluate(request, layers)
        notes = shared.assumed(self.action, self.resource)
        return decision.assuming((*shared.defects, *principal.assumed, *notes))

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        under = (f"{arn} ({words})" for arn, words in self.conditional.items())
        return "\n".join((*self._found, *under)) or "nobody"

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        what = few([f"{self.action} on {self.resource}"])
        more = f", {len(self.conditional)} under conditions" if self.conditional else ""
        return f"<WhoCan {what}: {who}{more}, of {count(self.asked, 'principal')}>"


def who_can(
    world: World,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
) -> WhoCan:
    """Ask every user, role and root user of the world."""
    defects = question_defects(world, action, resource, circumstances)
    refused: set[str] = set()
    found: dict[str, tuple[PrincipalContext, _SharedFacts]] = {}
    conditional: dict[str, str] = {}
    notes: dict[str, None] = {}
    number = 0
    unknown = unknown_keys(world, context or {}, circumstances)
    for accounts, owner in steps(_alike(world, resource, action), "asking account by account"):
        facts = resource_context(world, resource, action, owner)
        path = NetworkPath.of(world, contexts.CallerAttributes(), facts, action, circumstances)
        shared = _SharedFacts(facts, path, context or {}, defects)
        callers = _all_callers(world, accounts, path.policy)
        of_resource = facts.beside({}).layers()
        requests = shared.requests(callers, action, resource)
        under = _Conditional(world, shared, of_resource, action, resource, circumstances, unknown)
        for caller, request in zip(callers, requests, strict=True):
            known = caller[0]
            if under.decides(shared, caller, request):
                found[known.arn] = known, shared
            elif (how := under.met_by(caller, request)) is not None and how[0]:
                conditional[known.arn] = how[0]
            elif how is not None:
                found[known.arn] = known, how[1]
        for gathered in (of_resource, *(layers for _, layers, _ in callers)):
            refused.update(map(str, refused_in(gathered, action, resource)))
        notes |= dict.fromkeys(note for known, *_ in callers for note in known.assumed)
        notes |= dict.fromkeys(shared.assumed(action, resource))
        number += len(callers)
    for words, depend in Counter(conditional.values()).items():
        notes[f"{count(depend, 'principal')} can do it only {words}."] = None
    problems = (*loudest_first(refused), *defects)
    if is_on("strict", world, circumstances):
        raise_problems(problems)
    return WhoCan(action, resource, (*problems, *notes), number, found, conditional)


MetCondition = tuple[str, _SharedFacts]
"""Under which condition somebody is allowed, in words; if the caller chooses, how it calls."""


@dataclass(slots=True)
class _Conditional:
    """What callers who are denied would be allowed."""

    world: World
    shared: _SharedFacts
    of_resource: Layers
    action: str
    resource: str
    circumstances: Circumstances
    unknown: tuple[str, ...]
    _limited: dict[int, tuple[Policy, tuple[Statement, ...]]] = field(default_factory=dict)
    _tried: dict[tuple[int, ...], list[Supposition]] = field(default_factory=dict)

    def met_by(self, caller: GatheredCaller, request: Request) -> MetCondition | None:
        """Return a condition under which a caller is allowed."""
        known, layers, _ = caller
        is_role = known.issuer is not None
        limited = [*self._statements(layers), *self._statements(self.of_resource)]
        key = (is_role, *map(id, limited))
        if key not in self._tried:
            keys = [key for key in self.unknown if not (is_role and key in MFA)]
            self._tried[key] = suppositions(limited, keys, request.context)
        for tried in self._tried[key]:
            by = replace(self.shared, explicit={**tried.keys, **self.shared.explicit})
            if self._allows(by, caller):
                return tried.words and f"if {tried.words}", by
        own = [own.policy.statements for layer in LAYERS for own in self.of_resource.of(layer)]
        for arn in session_arns(known.arn, chain(*own)) if is_role else ():
            session = principal_of(self.world, arn)
            if self._allows(self.shared, (session, session.layers(), session.context())):
                return f"{IN_SESSION} {session.arn.rpartition('/')[2]}", self.shared
        return None

    def _allows(self, shared: _SharedFacts, caller: GatheredCaller) -> bool:
        [request] = shared.requests([caller], self.action, self.resource)
        return self.decides(shared, caller, request)

    def decides(self, shared: _SharedFacts, caller: GatheredCaller, request: Request) -> bool:
        """Return whether a caller is allowed; of several pairs, for all."""
        if compiled.decide(request, caller[1], self.of_resource) is not Verdict.ALLOWED:
            return False
        question = (self.world, caller[0], self.action, self.resource)
        return shared.facts.is_alone or bool(
            authorize(*question, context=shared.explicit, **self.circumstances)
        )

    def _statements(self, layers: Layers) -> Iterator[Statement]:
        """Return the statements about the action with conditions on unknown keys."""
        for layer in LAYERS:
            for attached in layers.of(layer):
                policy = attached.policy
                if id(policy) not in self._limited:  # the policy's id stays taken
                    self._limited[id(policy)] = policy, tuple(self._limited_in(policy))
                yield from self._limited[id(policy)][1]

    def _limited_in(self, policy: Policy) -> Iterator[Statement]:
        for statement in policy.statements:
            is_limited = any(each.key.lower() in self.unknown for each in statement.conditions)
            if is_limited and action_test(statement)(self.action.lower()):
                yield statement


def _alike(world: World, resource: str, action: str) -> list[tuple[tuple[Account, ...], str]]:
    """Group the accounts for which the resource is the same, with the id of one of them.

    If nothing tells the resource's account, each account is taken to ask for one of its own.
    """
    accounts = tuple(world.accounts.values())
    owners = {
        resource_context(world, resource, action, account.account_id).account_id
        for account in accounts[:2]
    }
    if len(owners) < 2:
        return [(accounts, accounts[0].account_id)] if accounts else []
    return [((account,), account.account_id) for account in accounts]


def _all_callers(
    world: World, accounts: tuple[Account, ...], endpoint: AttachedPolicy | None
) -> tuple[GatheredCaller, ...]:
    """Gather every caller of some accounts, or remember them."""
    # A world that changes forgets its callers, so that no other policy can get this one's id.
    key: Hashable = (tuple(account.account_id for account in accounts), id(endpoint))
    # Time and tags can change without an operation of the world.
    stamp: Hashable = (
        world.clock.now,
        tuple(
            (principal.arn, *principal.tags.items())
            for account in accounts
            for principal in (*account.users.values(), *account.roles.values())
            if principal.tags
        ),
    )
    remembered = world.remembered.callers
    if key not in remembered or remembered[key][0] != stamp:
        arns = steps(list(everybody(accounts)), "gathering")
        callers = tuple(
            (known, known.layers(endpoint=endpoint), known.context())
            for known in (principal_of(world, arn) for arn in arns)
        )
        remembered[key] = stamp, callers
    found: tuple[GatheredCaller, ...] = remembered[key][1]
    return found


def everybody(accounts: Iterable[Account]) -> Iterator[str]:
    """Return the ARNs of every user, role and root user; in a closed account, nobody can call."""
    for account in accounts:
        if why_closed(account.account_id, account.world.membership_of(account.account_id)):
            continue
        yield from (who.arn for who in (*account.users.values(), *account.roles.values()))
        yield account.root_arn
