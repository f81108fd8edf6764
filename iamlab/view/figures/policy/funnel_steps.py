"""The steps of a funnel: which actions a statement matches, and which of them can act.

Counted in the catalogue: what Action matches, or NotAction lets in; what of this can work on a
resource that is named, by the resource types that AWS declares for each action.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.display import count, printable
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn
from iamlab.policy.describe.targets import may_work_on
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob_resource
from iamlab.policy.statement import Statement
from iamlab.view.given import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

EXAMPLES = 4
"""So many actions, or services, are named."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many actions are left, why, and some words on them."""

    heading: str
    why: str
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """How many there are, as people write it."""
        return f"{len(self.names):,}"

    @property
    def title(self) -> str:
        """How many there are, and why."""
        return f"{self.number} {self.why}"


def statements_of(policy: object) -> tuple[Statement, ...]:
    """Give the statements that are drawn: those of one effect."""
    if isinstance(policy, Statement):
        return (policy,)
    if not isinstance(policy, Policy):
        got = type(policy).__name__
        raise RequestError(
            f"funnel wants a policy or a statement, not an object of type {got}: make one with "
            "Policy.parse(document)."
        )
    if not policy.statements:
        raise RequestError("The policy has no statement, so it matches no action.")
    allows = tuple(one for one in policy.statements if one.effect == "Allow")
    return allows or policy.statements


def catalogue(services: str | Iterable[str] | None) -> tuple[str, ...]:
    """List the actions of some services, or of all."""
    if services is None:
        return tuple(one.full_name for one in catalog.all_actions())
    prefixes = texts("service", services)
    if not prefixes:
        raise RequestError("Name at least one service, or none for all that there are.")
    for prefix in prefixes:
        if not catalog.has(prefix):
            error = RequestError(f"There is no service {prefix!r}.")
            error.add_note(did_you_mean(prefix, catalog.services()))
            raise error
    every = (one.full_name for prefix in prefixes for one in catalog.actions_of(prefix).values())
    return tuple(dict.fromkeys(every))


def arns(resources: str | Iterable[str]) -> tuple[str, ...]:
    """Read what is asked about: ARNs, ARNs with wildcards, or the star.

    Raises
    ------
    RequestError
        Something in it is none of these.

    Examples
    --------
    >>> arns(["arn:aws:s3:::star-maps/m31.fits", "arn:aws:s3*", "*"])[1:]
    ('arn:aws:s3*', '*')
    """
    asked = texts("resource", resources)
    for one in asked:
        is_short = one.startswith("arn:") and one.endswith("*")  # it covers all that may follow
        if not (one == "*" or is_short or is_arn(one)):
            error = RequestError(f"Each resource is an ARN, and not {one!r}.")
            error.add_note("Such as arn:aws:s3:::bucket/key; * and ? may stand in it.")
            raise error
    return asked


def steps_of(
    statements: Sequence[Statement], asked: Sequence[str], everything: tuple[str, ...]
) -> list[Step]:
    """Give the steps: the catalogue, what is matched, what can act, and what is asked for."""
    matched = {one.number: catalog.matched(one) for one in statements}

    def left(
        names: Iterable[str], fits: Callable[[Statement, str], bool] = lambda _, __: True
    ) -> tuple[str, ...]:
        return tuple(
            name
            for name in names
            if any(name in matched[one.number] and fits(one, name) for one in statements)
        )

    picked = left(everything)
    alike = _alike(picked)  # what holds for one of them holds for all
    able = left(picked, lambda one, name: _can_act(one, alike[name]))
    services = len({name.partition(":")[0] for name in everything})
    spared = everything if any(one.not_action is not None for one in statements) else ()
    steps = [
        Step("catalogue", f"actions in {count(services, 'service')}", everything,
               _largest(everything)),
        Step("action", _patterns(statements), picked, _examples(picked, spared)),
        Step("resource", _places(statements), able, _examples(able, picked)),
    ]  # fmt: skip
    if asked:
        found = left(able, lambda one, name: any(_acts_on(one, name, arn) for arn in asked))
        why = f"can act on {_joined(asked)}"
        steps.append(Step("asked for", why, found, _examples(found, able)))
    return steps


def _alike(names: Iterable[str]) -> dict[str, str]:
    """Give for each action the first of its service that works on the same resources."""
    first: dict[tuple[str, tuple[str, ...]], str] = {}
    return {
        name: first.setdefault((name.partition(":")[0], catalog.arns_for(name)), name)
        for name in names
    }


@lru_cache(maxsize=4096)
def _can_act(statement: Statement, name: str) -> bool:
    """Say whether an action can work on what a statement names."""
    if statement.resource is not None:
        return any(may_work_on(name, pattern) for pattern in statement.resource)
    return "*" not in (statement.not_resource or ())


def _acts_on(statement: Statement, name: str, arn: str) -> bool:
    """Say whether an action can work on one resource, and the statement is about that."""
    if not may_work_on(name, arn):
        return False
    if statement.resource is not None:
        return any(glob_resource(pattern, arn) for pattern in statement.resource)
    return not any(glob_resource(pattern, arn) for pattern in statement.not_resource or ())


def _joined(values: Iterable[str]) -> str:
    return ", ".join(map(printable, dict.fromkeys(values)))


def _largest(names: Sequence[str]) -> tuple[str, ...]:
    """Name the services that have most actions."""
    services = Counter(name.partition(":")[0] for name in names)
    most = [f"{service} ({number:,})" for service, number in services.most_common(EXAMPLES)]
    return (f"the largest: {', '.join(most)}",)


def _patterns(statements: Sequence[Statement]) -> str:
    """Say what the Action elements match, and what NotAction spares."""
    values = [value for one in statements for value in one.action or ()]
    spared = [value for one in statements for value in one.not_action or ()]
    said = [f"match Action {_joined(values)}"] if values else []
    if any(one.not_action is not None for one in statements):
        said.append(f"are let in by NotAction: all but {_joined(spared) or 'none'}")
    return "; ".join(said) or "match: there is no Action"


def _places(statements: Sequence[Statement]) -> str:
    """Say which resources are named."""
    named = [value for one in statements for value in one.resource or ()]
    spared = [value for one in statements for value in one.not_resource or ()]
    said = [f"can act on {_joined(named)}"] if named else []
    if any(one.not_resource is not None for one in statements):
        said.append(f"can act on something that is not {_joined(spared) or 'named'}")
    return "; ".join(said) or "stay: it has no Resource, and is about what it hangs on"


def _examples(names: Sequence[str], before: Sequence[str] = ()) -> tuple[str, ...]:
    """Name some actions that are left, and some that are not."""
    kept = set(names)
    lost = [name for name in before if name not in kept]
    said = (f"such as {few(names)}" if len(names) > EXAMPLES else few(names),) if names else ()
    return (*said, f"but not {few(lost)}") if lost else said


def few(names: Sequence[str], most: int = EXAMPLES) -> str:
    """Name some actions, of several services if there are.

    Examples
    --------
    >>> few(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
    's3:GetObject, sqs:SendMessage, s3:PutObject'
    """
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.partition(":")[0], name)
    largest = Counter(name.partition(":")[0] for name in names).most_common(most)
    chosen = [firsts[service] for service, _ in largest]
    chosen += [name for name in names if name not in chosen][: most - len(chosen)]
    more = len(names) - len(chosen)
    return ", ".join(chosen) + (f" and {more:,} more" if more else "")
