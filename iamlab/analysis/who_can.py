"""Who can do something: every user, role and root user of a world is asked.

The callers are gathered once, and remembered with their policies until the world changes. The
resource's side is worked out once for each question (``engine/compiled.py``). The answer names the
callers who are allowed; a decision is made when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.authorization import context_keys as contexts
from iamlab.authorization.authorize import NetworkPath, authorize
from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import check_strictly, question_defects
from iamlab.authorization.resource import ResourceContext, resource_context
from iamlab.display import Shown, called, count, few, steps
from iamlab.engine import compiled
from iamlab.engine.evaluate import evaluate
from iamlab.engine.refused_statements import loudest_first, refused_in
from iamlab.engine.request import ContextValue, Request
from iamlab.engine.verdict import Verdict
from iamlab.policy.call_permissions import (
    also_needed,
    foreign_key_notes,
    foreign_keys,
    without_keys,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from iamlab.authorization.principal import PrincipalContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.model.account import Account
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World

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
            *contexts.set_key_notes(action, self.explicit),
            *also_needed(action, (resource,), tagged=bool(self.path.call.tags)),
            *foreign_key_notes(action, resource, self.explicit),
        )

    def requests(
        self, callers: Iterable[GatheredCaller], action: str, resource: str
    ) -> Iterator[Request]:
        """Yield the request of each caller."""
        over = without_keys(self.context, foreign_keys(action, resource))
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
    """

    action: str
    resource: str
    assumed: tuple[str, ...]
    asked: int
    _found: Mapping[str, tuple[PrincipalContext, _SharedFacts]] = field(repr=False)

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
        return "\n".join(self._found) or "nobody"

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        what = few([f"{self.action} on {self.resource}"])
        return f"<WhoCan {what}: {who}, of {count(self.asked, 'principal')}>"


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
    notes: dict[str, None] = {}
    number = 0
    for accounts, owner in steps(_alike(world, resource, action), "asking account by account"):
        facts = resource_context(world, resource, action, owner)
        path = NetworkPath.of(world, contexts.CallerAttributes(), facts, action, circumstances)
        shared = _SharedFacts(facts, path, context or {}, defects)
        callers = _all_callers(world, accounts, path.policy)
        of_resource = facts.beside({}).layers()
        requests = shared.requests(callers, action, resource)
        for (known, layers, _), request in zip(callers, requests, strict=True):
            if compiled.decide(request, layers, of_resource) is Verdict.ALLOWED and (
                facts.behind is None
                or authorize(world, known, action, resource, context=context, **circumstances)
            ):
                found[known.arn] = known, shared
        for gathered in (of_resource, *(layers for _, layers, _ in callers)):
            refused.update(map(str, refused_in(gathered, action)))
        notes |= dict.fromkeys(note for known, *_ in callers for note in known.assumed)
        notes |= dict.fromkeys(shared.assumed(action, resource))
        number += len(callers)
    problems = (*loudest_first(refused), *defects)
    check_strictly(world, circumstances, problems)
    return WhoCan(action, resource, (*problems, *notes), number, found)


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
    """Return the ARNs of every user, role and root user."""
    for account in accounts:
        yield from (user.arn for user in account.users.values())
        yield from (role.arn for role in account.roles.values())
        yield account.root_arn
