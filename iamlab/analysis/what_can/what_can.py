"""Everything that one caller may do, in few lines, and what stops the rest.

What is asked are the actions that some Allow is about, on the resources of ``within_reach.py``. The
matrix decides all of it at once and takes notes (``engine/reasons.py``); ``compact.py`` makes few
lines of that. So each line is what ``can`` says of each of its actions and resources, in this
moment: a policy whose condition is not met now has no line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.analysis.access_matrix import in_order, parts
from iamlab.analysis.what_can.candidates import Candidate, Candidates, Home, written
from iamlab.analysis.what_can.granting_statements import Access, Stopped
from iamlab.analysis.what_can.lines import Told, lines_from
from iamlab.analysis.what_can.question_space import of_resources, within_reach
from iamlab.authorization.authorize import check_circumstances
from iamlab.authorization.context_keys import override_keys
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import resource_context
from iamlab.display import Shown, few, steps
from iamlab.engine.evaluation_case import NEEDS_NO_PERMISSION, NEVER_REFUSED, ONLY_NARROWS
from iamlab.engine.layers import LAYERS, Layers
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.question_space import QuestionSpace
from iamlab.engine.reasons import Witness
from iamlab.engine.request import ANONYMOUS, as_text, check_text
from iamlab.errors import RequestError
from iamlab.policy.catalog import action, all_actions, has, matched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.access_matrix import Part
    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

__all__ = ["Access", "Stopped", "WhatCan", "what_can"]

FEW = 20
"""So many lines of a kind are printed; others are counted."""


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
    matrix
        All that was asked, decided: one row.
    """

    caller: str
    allowed: tuple[Access, ...]
    stopped: tuple[Stopped, ...]
    assumed: tuple[str, ...] = ()
    matrix: AccessMatrix = field(
        default_factory=partial(AccessMatrix, (), (), ()), repr=False, compare=False
    )

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Give each action and resource that is allowed, of those that were asked."""
        for _, name, resource in self.matrix:
            yield name, resource

    def __len__(self) -> int:
        """How many actions on how many resources, of those that were asked, are allowed."""
        return self.matrix.rows[0].bit_count() if self.matrix.rows else 0

    def __repr__(self) -> str:
        lines = f"{len(self.allowed):,} lines allowed, {len(self.stopped):,} stopped"
        return f"<WhatCan {few([self.caller])}: {lines}>"

    def __str__(self) -> str:
        lines = [f"{self.caller} may:", *_some("  ", map(str, self.allowed), len(self.allowed))]
        if not self.allowed:
            lines = [f"{self.caller} may do nothing."]
        if self.stopped:
            lines.append("but not:")
            lines += _some("  ", map(str, self.stopped), len(self.stopped))
        return "\n".join(lines)

    def to_frame(self) -> Any:
        """Give it as a ``pandas.DataFrame``: first the lines that are allowed, then the others."""
        from iamlab import display

        columns = ("allowed", "actions", "resources", "except", "when", "by")
        rows = [(True, *one.columns) for one in self.allowed]
        rows += [(False, *one.columns) for one in self.stopped]
        return display.table(columns, rows)


def _some(indent: str, lines: Iterable[str], count: int) -> list[str]:
    found = [f"{indent}{line}" for line, _ in zip(lines, range(FEW), strict=False)]
    return [*found, f"{indent}and {count - FEW} more"] if count > FEW else found


def what_can(
    world: World,
    caller: Caller,
    *,
    services: Iterable[str] | None = None,
    resources: Iterable[str] | None = None,
    context: Mapping[str, ContextValue] | None = None,
    circumstances: Circumstances | None = None,
) -> WhatCan:
    """Say everything that a caller may do.

    Parameters
    ----------
    caller, context, circumstances
        As in ``World.can``.
    services
        Prefixes of the services that are asked for. Default: all.
    resources
        What is asked for. Default: what there is, what policies name, and one thing of each type
        that nobody has named.

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
    asked = _Asked.of(world, caller, context or {}, circumstances or {})
    names = _actions(world, asked.known, _wanted(services))
    candidates = _candidates(asked, names, resources)
    pairs = [
        (name, candidates.known[place].arn)
        for name in names
        for place in candidates.places(candidates.fitting(name))
    ]
    cut = asked.parts(pairs)
    told = [asked.told(part, pairs) for part in steps(cut, "deciding")]
    decided = [one.witness.universe.pairs.in_order(one.witness.may) for one in told]
    row = in_order([part.places for part in cut])(decided)
    allowed, stopped = lines_from(told, candidates, asked.keys)
    matrix = AccessMatrix((asked.known.arn,), tuple(pairs), (row,))
    lines = tuple(sorted(allowed, key=_is_free))
    return WhatCan(asked.known.arn, lines, stopped, asked.known.assumed, matrix)


def _is_free(line: Access) -> bool:
    """Say whether a line tells only of what nobody is refused: that is the least news."""
    free = NEVER_REFUSED | NEEDS_NO_PERMISSION | ONLY_NARROWS
    return not line.by and free.issuperset(name.lower() for name in line.actions)


def _wanted(services: Iterable[str] | None) -> frozenset[str] | None:
    if services is None:
        return None
    if isinstance(services, str):
        raise RequestError(f"services is a list of prefixes: write [{services!r}].")
    wanted = frozenset(str(one).lower() for one in services)
    for one in sorted(wanted):
        if not has(one):
            raise RequestError(f"There is no service with the prefix {one!r}.")
    return wanted


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, and how the call is made."""

    world: World
    known: PrincipalContext
    given: Mapping[str, ContextValue]
    circumstances: Circumstances

    @classmethod
    def of(
        cls,
        world: World,
        caller: Caller,
        given: Mapping[str, ContextValue],
        circumstances: Circumstances,
    ) -> _Asked:
        check_circumstances(circumstances)
        return cls(world, principal_of(world, caller).within_limits(), given, circumstances)

    @property
    def home(self) -> Home:
        """Where things are taken to be of which nobody knows more."""
        account = self.world.accounts.get(self.known.account_id)
        account = account or next(iter(self.world.accounts.values()), None)
        return Home("aws", "") if account is None else Home(account.partition, account.account_id)

    def parts(self, pairs: Sequence[tuple[str, str]]) -> list[Part]:
        """Cut pairs into those that the engine can be asked at once."""
        return parts(self.world, self.known, pairs, self.given, self.circumstances)

    def told(self, part: Part, pairs: Sequence[tuple[str, str]]) -> Told:
        """Decide the pairs of a part, with notes."""
        asked = [pairs[place] for place in part.places]
        asking = part.asking(self.known, self.given, via=bool(self.circumstances.get("via")))
        return Told(Witness(QuestionSpace(asked, part.facts), *asking), asked)

    def statements(self) -> Iterator[Statement]:
        """Give the statements that may speak: of the caller's policies, and of resources."""
        layers: Layers = self.known.layers()
        for layer in LAYERS:
            for attached in layers.of(layer):
                yield from attached.policy.statements
        yield from (statement for _, statement in of_resources(self.world))
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
        return as_text(override_keys(self.known.context(), self.given))


def _actions(world: World, known: PrincipalContext, wanted: frozenset[str] | None) -> list[str]:
    """List the actions that some Allow is about; for a root user, who needs none, all."""
    if known.arn.endswith(":root"):
        names = {one.full_name for one in all_actions()}
    else:
        names = _allowed_by(world, known)
    return sorted(
        name for name in names if wanted is None or name.partition(":")[0].lower() in wanted
    )


def _allowed_by(world: World, known: PrincipalContext) -> set[str]:
    names: set[str] = set()
    if known.arn != ANONYMOUS:
        free = map(action, (*NEVER_REFUSED, *NEEDS_NO_PERMISSION, *ONLY_NARROWS))
        names |= {one.full_name for one in free if one is not None}
    for attached in known.identity:
        for statement in attached.policy.statements:
            if statement.effect == "Allow":
                names |= matched(statement)
    for service, statement in of_resources(world):
        if statement.effect == "Allow":
            names |= {name for name in matched(statement) if name.startswith(f"{service}:")}
    return names


def _candidates(asked: _Asked, names: Iterable[str], resources: Iterable[str] | None) -> Candidates:
    if resources is not None:
        if isinstance(resources, str):
            raise RequestError(f"resources is a list: write [{resources!r}].")
        found = Candidates(asked.home)
        for one in resources:
            check_text("resource", one)
            found.add([Candidate(one, one)])
        return found
    services = dict.fromkeys(name.partition(":")[0] for name in names)
    keys = asked.keys
    patterns = (one for statement in asked.statements() for one in written(statement, keys))
    found = within_reach((asked.world,), asked.home, services, (p for p in patterns if p != "*"))
    if asked.known.account_id:
        return found
    # Who has no account cannot ask for what nobody owns.
    return found.only(
        lambda arn: bool(resource_context(asked.world, arn, "s3:GetObject", "").account_id)
    )
