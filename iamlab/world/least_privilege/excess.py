"""What a policy allows beyond what was used, statement by statement, and what goes away by it.

Notes
-----
AWS pages: "Security best practices in IAM", on least privilege; "Service Authorization Reference".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.policy.patterns import glob_resource
from iamlab.policy.variables import substitute
from iamlab.world.least_privilege.statements import by_label
from iamlab.world.least_privilege.wildcards import noun_of, shortly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.policy.document import Policy
    from iamlab.world.least_privilege.statements import Part
    from iamlab.world.least_privilege.used import Pair


@dataclass(frozen=True, slots=True)
class Excess:
    """What one statement allows that nobody used.

    Parameters
    ----------
    statement
        Its Sid, after the policy's name.
    resource
        The pattern that is to blame; empty where it is actions and resources put together.
    text
        What it is.
    """

    statement: str
    resource: str
    text: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.text}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What the caller's policies of now allow, beside the new ones.

    Parameters
    ----------
    before, after
        How many actions of the catalogue some statement allows, on whatever resource.
    gone
        The services of which actions go away, each with their number; most first.
    added
        Actions that were used, and that no identity-based policy of now names: something else
        allows them, such as a bucket policy.
    """

    before: int
    after: int
    gone: tuple[tuple[str, int], ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.before:,} actions allowed now, {self.after:,} then"
        if self.gone:
            first = ", ".join(f"{service} {count:,}" for service, count in self.gone[:_SHOWN])
            rest = len(self.gone) - _SHOWN
            text += f"; gone: {first}{f' and {rest} more services' if rest > 0 else ''}"
        return text


_SHOWN = 5


def excess_of(
    policies: Iterable[Policy], shares: Iterable[Sequence[Part]], pairs: Iterable[Pair]
) -> tuple[Excess, ...]:
    """Name what policies allow beyond the pairs that were used."""
    used: dict[str, set[str]] = {}
    for action, resource in pairs:
        used.setdefault(action, set()).add(resource)
    return tuple(
        found
        for policy, share in zip(policies, shares, strict=True)
        for label, part in by_label(share).items()
        for found in _of_part(f"{policy.name}/{label}", part, used)
    )


def _of_part(label: str, part: Part, used: dict[str, set[str]]) -> Iterator[Excess]:
    for pattern in part.resources:
        if pattern == "*":
            if any(map(_takes_resources, part.actions)):
                yield Excess(label, "*", "any resource: the records do not say on which")
        elif "*" in substitute_nothing(pattern):
            named = (used.get(action, ()) for action in part.actions)
            every = {one for ones in named for one in ones}
            count = sum(1 for one in every if _fits(pattern, one))
            noun = noun_of(pattern)
            text = f"all {noun} that {shortly(pattern)} matches, beside the {count:,} used"
            yield Excess(label, pattern, text)
    unused = _unused_pairs(part, used)
    if unused:
        text = f"{unused:,} of its pairs of action and resource were not used"
        yield Excess(label, "", text)


def _unused_pairs(part: Part, used: dict[str, set[str]]) -> int:
    """Count the pairs of an action and a resource named in full that were not used."""
    if len(part.actions) < 2 or "*" in part.resources:
        return 0
    by_action = [used.get(action, set()) for action in part.actions]
    every = set().union(*by_action)
    return sum(len(every) - len(own) for own in by_action)


def _takes_resources(action: str) -> bool:
    known = catalog.action(action)
    return known is None or bool(known.resource_types)


def _fits(pattern: str, resource: str) -> bool:
    return glob_resource(substitute_nothing(pattern, "?"), resource)


def substitute_nothing(pattern: str, instead: str = "") -> str:
    """Give a pattern without its literal signs, so that only its wildcards are left.

    Examples
    --------
    >>> substitute_nothing("arn:aws:s3:::maps/${*}a*")
    'arn:aws:s3:::maps/a*'
    """
    plain = substitute(pattern, lambda _: "*", lambda _: instead)
    return pattern if plain is None else plain


def compare(now: Iterable[Policy], then: Iterable[Policy], actions: Iterable[str]) -> Compared:
    """Hold the policies of now against the new ones, over the actions of the catalogue.

    Examples
    --------
    >>> from iamlab import Policy
    >>> now, then = Policy.allow("sts:*"), Policy.allow("sts:AssumeRole")
    >>> compare([now], [then], ["sts:AssumeRole"]).after
    1
    """
    before, after = allowed_by(now), allowed_by(then)
    gone = Counter(name.partition(":")[0] for name in before - after)
    in_order = sorted(gone.items(), key=lambda one: (-one[1], one[0]))
    known = {name for name in actions if catalog.action(name) is not None}
    return Compared(len(before), len(after), tuple(in_order), tuple(sorted(known - before)))


def allowed_by(policies: Iterable[Policy]) -> frozenset[str]:
    """Give the actions of the catalogue that some Allow statement is about."""
    every = (statement for policy in policies for statement in policy.statements)
    return frozenset[str]().union(
        *(catalog.matched(statement) for statement in every if statement.effect == "Allow")
    )
