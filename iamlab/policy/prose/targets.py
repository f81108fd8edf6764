"""What the actions of a statement are done to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.catalog import expand
from iamlab.policy.prose.fitting import may_fit
from iamlab.policy.prose.resources import Noun, noun
from iamlab.policy.prose.settings import ABOUT_EVERYBODY
from iamlab.policy.prose.values import spoken
from iamlab.policy.prose.words import briefly

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.policy.prose.actions import Actions
    from iamlab.policy.prose.phrases import Phrase
    from iamlab.policy.statement import Statement

FEW = 5
LOOKED_UP = 300
"""So many resources are looked up in the catalogue, and so many pairs of action and resource in
thousands below: no policy that AWS keeps has more."""
PAIRS = 30_000
ITSELF = "the resource that has this policy"


@dataclass(frozen=True, slots=True)
class Target:
    """What the actions of a statement are done to.

    Parameters
    ----------
    nouns
        Each resource pattern (as written) in words; empty if every resource is meant.
    everywhere
        How every resource is called, where ``nouns`` are empty.
    whose
        What follows "any role", where ``nouns`` are empty.
    this
        How the one resource is called that the policy hangs on, where it is that.
    spares
        Whether the nouns are what is *not* meant.
    """

    nouns: tuple[tuple[str, Noun], ...] = ()
    everywhere: str = "every resource"
    whose: str = ""
    this: str = ""
    spares: bool = False

    @property
    def words(self) -> str:
        """All of it as a noun phrase."""
        if not self.nouns:
            return self.everywhere
        words = self.listed(one for _, one in self.nouns)
        return f"everything except {words}" if self.spares else words

    @staticmethod
    def listed(nouns: Iterable[Noun]) -> str:
        """Join some nouns, and count those of a long list."""
        return briefly(list(dict.fromkeys(one.words for one in nouns)), FEW, "resources")

    def fitting(self, name: str) -> tuple[Noun, ...]:
        """Give the nouns that an action can work on."""
        if self.spares or len(self.nouns) > LOOKED_UP:
            return tuple(one for _, one in self.nouns)
        return tuple(one for pattern, one in self.nouns if may_fit(name, pattern))

    def unfit(self, names: Sequence[str]) -> tuple[str, ...]:
        """List the actions that work on none of the resources."""
        if not self.nouns or len(self.nouns) * len(names) > PAIRS:
            return ()
        return tuple(name for name in names if not self.fitting(name))

    def in_vain(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """List the patterns of which no action works on any of the resources."""
        if not self.nouns or self.spares:
            return ()
        names = {one: expand(one) for one in patterns[:LOOKED_UP] if not one.startswith("*:")}
        if len(self.nouns) * sum(map(len, names.values())) > PAIRS:
            return ()
        return tuple(
            one for one, fits in names.items() if fits and len(self.unfit(fits)) == len(fits)
        )

    def can_follow(self, one: Phrase, nouns: Sequence[Noun]) -> bool:
        """Say whether the nouns can follow a phrase as its object: they are of its kind."""
        same = all((noun.service, noun.kind) == (one.service, one.kind) for noun in nouns)
        return same and not self.spares


def target_of(statement: Statement, for_type: str, found: Actions) -> Target:
    """Say what a statement's actions are done to."""
    patterns = statement.resource if statement.resource is not None else statement.not_resource
    if patterns is None:
        return _itself("this role" if _only("sts", statement, found) else ITSELF)
    if statement.resource is not None and "*" in patterns:
        return _everything(statement, for_type, found)
    readings = [(one, spoken(one, variables=statement.variables)) for one in patterns]
    nouns = tuple(
        (one, noun(text) if number < LOOKED_UP else Noun(text))
        for number, (one, text) in enumerate(readings)
        if text is not None
    )
    return Target(nouns, spares=statement.resource is None)


def _only(service: str, statement: Statement, found: Actions) -> bool:
    """Say whether a statement lists actions of one service only."""
    return statement.action is not None and _services(found) == {service}


def _services(found: Actions) -> set[str]:
    prefixes = {name.partition(":")[0].lower() for name in (*found.exact, *found.wild)}
    return prefixes | {*found.services}


def _itself(name: str) -> Target:
    return Target(everywhere=name, this=name)


def _everything(statement: Statement, for_type: str, found: Actions) -> Target:
    """Say what a star stands for: in the policy of a key, for instance, it is that key."""
    if statement.principal is None and statement.not_principal is None:
        return Target()
    # The policy of a bucket is about its objects too.
    may_be_s3 = statement.action is None or found.everything or {"s3", "*"} & _services(found)
    if for_type == "resource" and not may_be_s3:
        return _itself("this key" if _only("kms", statement, found) else ITSELF)
    if for_type in ABOUT_EVERYBODY:
        return Target()
    whose = " that this policy governs"
    return Target(everywhere=f"every resource{whose}", whose=whose)
