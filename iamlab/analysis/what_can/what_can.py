"""Everything that a caller may do, in few lines, and what stops the rest.

The question is about the actions that some Allow matches, on the resources of ``candidates.py``.
The engine decides all of it at once and takes notes (``engine/explained_pairs.py``); ``lines.py``
makes few lines of them. So each line is what ``can`` says of each of its actions and resources, in
this moment. Then it decides once more under each supposition (``suppositions.py``), for lines with
a condition that no export tells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.access_matrix import batches_of, in_order, with_further_pairs
from iamlab.analysis.suppositions import MFA, suppositions, unknown_keys
from iamlab.analysis.what_can.candidates import (
    Candidate,
    Candidates,
    Home,
    candidates_for,
    patterns_in,
    resource_statements,
)
from iamlab.analysis.what_can.granting_statements import Access, Stopped
from iamlab.analysis.what_can.lines import Decided, lines_from
from iamlab.authorization.authorize import authorization_request, is_on
from iamlab.authorization.context_keys import override_keys
from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import check_resource, raise_problems
from iamlab.authorization.resource import resource_context
from iamlab.deprecated import with_old_names
from iamlab.display import Shown, count, few, steps
from iamlab.engine.combining_rule import NEEDS_NO_PERMISSION, NEVER_REFUSED, ONLY_NARROWS
from iamlab.engine.explained_pairs import ExplainedPairs
from iamlab.engine.layers import LAYERS, Layers
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.question_index import QuestionIndex
from iamlab.engine.refused_statements import refused_in
from iamlab.engine.request import ANONYMOUS, as_text, check_text
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.network_locations import check_circumstances
from iamlab.policy.call_permissions import required_types, type_of
from iamlab.policy.catalog import action, all_actions, has, matched
from iamlab.policy.catalog import services as catalogued
from iamlab.policy.describe.words import briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.access_matrix import Batch
    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

__all__ = ["Access", "Stopped", "WhatCan", "what_can"]

FEW = 20
"""So many lines of a kind are printed; others are counted."""


class Incomplete(NamedTuple):
    """Actions that are allowed on some resource, but not on each type that a call needs.

    Parameters
    ----------
    missing
        The types of resources on which nothing allows them.
    """

    actions: tuple[str, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        names = briefly(self.actions, FEW, "actions")
        return f"A call of {names} also needs permission on: {', '.join(self.missing)}"


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class WhatCan(Shown):
    """What a caller may do.

    Parameters
    ----------
    allowed
        What the caller may do, and by which statements.
    stopped
        What a policy of the caller would grant, and something stops.
    assumed
        What was taken for granted, in words.
    conditional
        What the caller may do as well under a condition that the world doesn't tell: the last of
        ``when`` says which, such as "called from 203.0.113.0/24".
    matrix
        The decisions about all pairs: one row.
    incomplete
        Actions with lines in ``allowed`` whose calls are denied: they need more.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("read", Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*"))
    >>> print(dana.account.world.what_can(dana).allowed[0])
    s3:GetObject on objects in star-maps: by read/#1
    """

    principal: str
    allowed: tuple[Access, ...]
    stopped: tuple[Stopped, ...]
    assumed: tuple[str, ...] = ()
    matrix: AccessMatrix = field(
        default_factory=partial(AccessMatrix, (), (), ()), repr=False, compare=False
    )
    conditional: tuple[Access, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Return each action and resource that is allowed, of those that were question."""
        for _, name, resource in self.matrix:
            yield name, resource

    def __len__(self) -> int:
        """The number of pairs in question, of an action and a resource, that are allowed."""
        return self.matrix.rows[0].bit_count() if self.matrix.rows else 0

    def __repr__(self) -> str:
        lines = f"{count(len(self.allowed), 'line')} allowed, {len(self.stopped):,} stopped"
        return f"<WhatCan {few([self.principal])}: {lines}>"

    def lines(self, cut: Callable[[Sequence[object]], Iterable[object]] = list) -> Iterator[str]:
        """Write what is allowed, what is conditional, what is stopped and what is incomplete.

        Parameters
        ----------
        cut
            Shortens a list of lines.
        """
        parts: dict[str, Sequence[object]] = {
            f"{self.principal} may{':' if self.allowed else ' do nothing.'}": self.allowed,
            "under conditions that the world doesn't tell:": self.conditional,
            "but not:": self.stopped,
        }
        for number, (head, listed) in enumerate(parts.items()):
            yield from (head,) if listed or not number else ()
            yield from (f"  {line}" for line in cut(listed))
        yield from map(str, cut(self.incomplete))

    def __str__(self) -> str:
        return "\n".join(self.lines(capped))

    def to_frame(self) -> Any:
        """Return a ``pandas.DataFrame``: first the lines that are allowed, then the others."""
        from iamlab import display

        columns = ("allowed", "actions", "resources", "except", "when", "by")
        rows = [(True, *line.columns) for line in self.allowed]
        rows += [(None, *line.columns) for line in self.conditional]
        rows += [(False, *line.columns) for line in self.stopped]
        return display.table(columns, rows)


def capped(lines: Sequence[object]) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = [f"and {len(lines) - FEW} more"] if len(lines) > FEW else []
    return [*map(str, lines[:FEW]), *more]


def what_can(
    world: World,
    caller: Caller,
    *,
    services: Iterable[str] | None = None,
    resources: Iterable[str] | None = None,
    context: Mapping[str, ContextValue] | None = None,
    circumstances: Circumstances | None = None,
) -> WhatCan:
    """Return everything that a caller can do.

    Parameters
    ----------
    caller, context, circumstances
        As in ``World.can``.
    services
        Prefixes of the services in question. Default: all.
    resources
        The resources in question. Default: what the world has, what policies name, and an example
        of each type of resource that nothing has named.

    Raises
    ------
    NoSuchEntity, RequestError
        As ``World.can`` raises them; or there is no such service.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("groups")
    >>> for line in what_can(world, world.user("alice"), services=["s3"]).allowed:
    ...     print(line)
    s3:ListBucket on the bucket star-maps: by star-maps-read/ListMaps (group astronomers)
    s3:GetObject on objects in star-maps: by star-maps-read/ReadMaps (group astronomers)
    """
    check_circumstances(circumstances or {})
    principal = principal_of(world, caller).within_limits()
    question = _Question(world, principal, context or {}, circumstances or {})
    names = _actions(world, principal, _wanted(services))
    candidates = _candidates(question, names, resources)
    pairs = [
        (name, candidates.known[place].arn)
        for name in names
        for place in candidates.places(candidates.fitting(name))
    ]
    refused = tuple(map(str, refused_in(principal.layers(), "")))
    if is_on("strict", world, question.circumstances):
        raise_problems(refused)
    batches = batches_of(world, principal, pairs, question.explicit, question.circumstances)
    decided = [question.decide(batch, pairs) for batch in steps(batches, "deciding")]
    allowed_pairs = [item.witness.index.pairs.in_order(item.witness.may) for item in decided]
    row = in_order([batch.places for batch in batches])(allowed_pairs)
    allowed, stopped = lines_from(decided, candidates, question.keys)
    denied, lacking = _lacking(question, pairs, row)
    row ^= denied
    matrix = AccessMatrix((principal.arn,), tuple(pairs), (row,))
    under = list(_conditional(question, pairs, candidates, {_granted(line) for line in allowed}))
    chosen = [line for words, line in under if not words]
    lines = tuple(sorted((*allowed, *chosen), key=_is_free))
    conditional = tuple(line for words, line in under if words)
    incomplete = (*_incomplete(pairs, row), *lacking)
    noted = (*refused, *principal.assumed)
    return WhatCan(principal.arn, lines, stopped, noted, matrix, conditional, incomplete)


FEW_SUPPOSED = 3
"""So many suppositions are looked at."""


def _conditional(
    question: _Question,
    pairs: Sequence[tuple[str, str]],
    candidates: Candidates,
    known: set[tuple[object, ...]],
) -> Iterator[tuple[str, Access]]:
    """Return the lines in addition if a call is made as no export tells, each with how."""
    principal = question.principal
    no_mfa = MFA if principal.issuer is not None else ()
    keys = unknown_keys(question.world, question.explicit, question.circumstances, without=no_mfa)
    own = (own.policy.statements for layer in LAYERS for own in principal.layers().of(layer))
    statements = [statement for each in own for statement in each]
    for tried in suppositions(statements, keys, principal.context())[:FEW_SUPPOSED]:
        supposed = replace(question, explicit={**tried.keys, **question.explicit})
        context = (question.world, principal, pairs, supposed.explicit, question.circumstances)
        decided = [supposed.decide(batch, pairs) for batch in batches_of(*context)]
        for line in lines_from(decided, candidates, supposed.keys)[0]:
            if _granted(line) not in known and not _is_free(line):
                known.add(_granted(line))
                when = (*line.when, tried.words) if tried.words else line.when
                yield tried.words, replace(line, when=when)


def _granted(line: Access) -> tuple[object, ...]:
    return line.actions, line.resources, line.but, line.by


def _incomplete(pairs: Sequence[tuple[str, str]], row: int) -> Iterator[Incomplete]:
    """Return the actions that lack types of resources, of the types in question."""
    digits = f"{row:0{len(pairs)}b}"[::-1] if pairs else ""
    types: dict[str, dict[str, bool]] = defaultdict(dict)
    for (name, resource), digit in zip(pairs, digits, strict=True):
        if len(required_types(name)) > 1:
            kind = type_of(name, resource)
            types[name][kind] = types[name].get(kind, False) or digit == "1"
    lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in types.items():
        missing = tuple(kind for kind in required_types(name) if found.get(kind) is False)
        if missing and any(found.values()):
            lacking[missing].append(name)
    yield from (Incomplete(tuple(names), missing) for missing, names in lacking.items())


def _lacking(
    question: _Question, pairs: Sequence[tuple[str, str]], row: int
) -> tuple[int, list[Incomplete]]:
    """Return the allowed pairs whose calls lack a bucket or a KMS key, and the actions for each."""
    bits, how = 0, (question.explicit, question.circumstances)
    lacking: dict[str, list[str]] = defaultdict(list)
    for place in with_further_pairs(question.world, pairs):
        request = question.world, question.principal, *pairs[place], *how
        if row >> place & 1 and not (decision := authorization_request(*request).decide()):
            name, resource = pairs[place]
            lacking[f"{decision.request.resource}, if it is about {resource}"].append(name)
            bits |= 1 << place
    return bits, [Incomplete(tuple(names), (what,)) for what, names in lacking.items()]


def _is_free(line: Access) -> bool:
    """Return whether a line tells only of what nobody is refused: that is the least news."""
    free = NEVER_REFUSED | NEEDS_NO_PERMISSION | ONLY_NARROWS
    return not line.by and free.issuperset(name.lower() for name in line.actions)


def _wanted(services: Iterable[str] | None) -> frozenset[str] | None:
    if services is None:
        return None
    if isinstance(services, str):
        raise RequestError(f"services is a list of prefixes: write [{services!r}].")
    wanted = frozenset(str(service).lower() for service in services)
    for service in sorted(wanted):
        if not has(service):
            hint = did_you_mean(service, catalogued())
            raise RequestError(f"There is no service with the prefix {service!r}. {hint}")
    return wanted


@dataclass(frozen=True, slots=True)
class _Question:
    """The caller, and how the call is made."""

    world: World
    principal: PrincipalContext
    explicit: Mapping[str, ContextValue]
    circumstances: Circumstances

    @property
    def home(self) -> Home:
        """Where resources are taken to be that name no account."""
        account = self.world.accounts.get(self.principal.account_id)
        account = account or next(iter(self.world.accounts.values()), None)
        return Home("aws", "") if account is None else Home(account.partition, account.account_id)

    def decide(self, batch: Batch, pairs: Sequence[tuple[str, str]]) -> Decided:
        """Decide the pairs of a batch, with notes."""
        listed = [pairs[place] for place in batch.places]
        via = bool(self.circumstances.get("via"))
        caller = batch.caller(self.principal, self.explicit, via=via)
        return Decided(ExplainedPairs(QuestionIndex(listed, batch.facts), *caller), listed)

    def statements(self) -> Iterator[Statement]:
        """Return the statements that can match: of the caller's policies, and of resources."""
        layers: Layers = self.principal.layers()
        for layer in LAYERS:
            for attached in layers.of(layer):
                yield from attached.policy.statements
        yield from (statement for _, statement in resource_statements(self.world))
        for organization in self.world.organizations.values():
            for policy in organization.policies.values():
                yield from policy.document.statements
        for account in self.world.accounts.values():
            for resource in account.resources.values():
                on_the_way = getattr(resource, "endpoint_policy", None)
                yield from () if on_the_way is None else on_the_way.statements

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The caller's condition keys: what policy variables stand for."""
        return as_text(override_keys(self.principal.context(), self.explicit))


def _actions(world: World, principal: PrincipalContext, wanted: frozenset[str] | None) -> list[str]:
    """List the actions that some Allow is about; for a root user, who needs none, all."""
    names: set[str] = set()
    if principal.arn.endswith(":root"):
        names = {action.full_name for action in all_actions()}
    elif principal.arn != ANONYMOUS:
        free = map(action, (*NEVER_REFUSED, *NEEDS_NO_PERMISSION, *ONLY_NARROWS))
        names = {action.full_name for action in free if action is not None}
    own = (statement for attached in principal.identity for statement in attached.policy.statements)
    for start, statement in (*(("", statement) for statement in own), *resource_statements(world)):
        if statement.effect == "Allow":
            names |= {name for name in matched(statement) if name.startswith(start)}
    return sorted(
        name for name in names if wanted is None or name.partition(":")[0].lower() in wanted
    )


def _candidates(
    question: _Question, names: Iterable[str], resources: Iterable[str] | None
) -> Candidates:
    if resources is not None:
        if isinstance(resources, str):
            raise RequestError(f"resources is a list: write [{resources!r}].")
        found = Candidates(question.home)
        for resource in resources:
            check_text("resource", resource)
            check_resource(resource)
            found.add([Candidate(resource, resource)])
        return found
    services = dict.fromkeys(name.partition(":")[0] for name in names)
    keys = question.keys
    patterns = (pattern for entry in question.statements() for pattern in patterns_in(entry, keys))
    named = (pattern for pattern in patterns if pattern != "*")
    found = candidates_for((question.world,), question.home, services, named)
    if question.principal.account_id:
        return found
    # Who has no account cannot ask for what nobody owns.
    return found.only(
        lambda arn: bool(resource_context(question.world, arn, "s3:GetObject", "").account_id)
    )
