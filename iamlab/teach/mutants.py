"""Wrong beliefs as rules: the engine can decide a request as if a wrong belief were true.

Each mutant is AWS's table of rules with one entry replaced. With it an exercise finds out what a
learner believes. A learner breaks a belief with a request on which the mutant and AWS disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import read
from iamlab.engine.rules import AWS_RULES, Rules
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.conditions import Comparison, missing_key_default

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch, Verdict


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong belief.

    Parameters
    ----------
    name
        Its name in the exercises.
    belief
        Id of the misconception, as in the syllabus.
    claim
        The belief in words, to continue "as if ...".
    truth
        What AWS does instead.
    rules
        AWS's rules with one entry replaced.
    """

    name: str
    belief: str
    claim: str
    truth: str
    rules: Rules

    def verdict(self, decision: Decision) -> Verdict:
        """Decide the same request by the rules of this belief."""
        return read(decision.request, decision.layers, self.rules).verdict


def _last_wins(applying: Sequence[StatementMatch]) -> bool:
    return applying[-1].effect == "Deny"


_NO_WILDCARDS = str.maketrans("", "", "*?")


def _literal_letters(match: StatementMatch) -> tuple[int, int]:
    """Measure how specific a statement is: the letters of its resources, then of its actions."""
    statement = match.statement

    def longest(patterns: tuple[str, ...] | None) -> int:
        return max((len(text.translate(_NO_WILDCARDS)) for text in patterns or ()), default=0)

    return longest(statement.resource), longest(statement.action)


def _most_specific_wins(applying: Sequence[StatementMatch]) -> bool:
    denies = [_literal_letters(match) for match in applying if match.effect == "Deny"]
    allows = [_literal_letters(match) for match in applying if match.effect == "Allow"]
    return max(denies) >= max(allows, default=(0, 0))


def _deny_is_deny(applying: Sequence[StatementMatch]) -> bool:
    return all(match.effect == "Deny" for match in applying)


def _missing_key_is_false(comparison: Comparison, wanted: Sequence[str | None]) -> bool:
    if comparison.name == "Bool" and not comparison.if_exists:
        return any(value is not None and value.lower() == "false" for value in wanted)
    return missing_key_default(comparison, wanted)


MUTANTS = {
    mutant.name: mutant
    for mutant in (
        Mutant(
            "last_wins",
            "M02",
            "the last statement decides",
            "The order of statements never matters: any Deny that matches wins.",
            replace(AWS_RULES, deny_wins=_last_wins),
        ),
        Mutant(
            "most_specific_wins",
            "M02",
            "the most specific statement decides",
            "A more specific statement isn't stronger: any Deny that matches wins.",
            replace(AWS_RULES, deny_wins=_most_specific_wins),
        ),
        Mutant(
            "deny_is_deny",
            "M04",
            "one more Allow fixes every denial",
            "An Allow fixes an implicit deny only. An explicit deny wins over every Allow.",
            replace(AWS_RULES, deny_wins=_deny_is_deny),
        ),
        Mutant(
            "missing_key_false",
            "M18",
            "a condition key that isn't in the request counts as false",
            "A missing key isn't false: Bool doesn't match a key that isn't in the request.",
            replace(AWS_RULES, missing_key=_missing_key_is_false),
        ),
    )
}


def find_mutant(name: str) -> Mutant:
    """Find a mutant by its name.

    Raises
    ------
    ExerciseError
        There is no mutant with this name.
    """
    if name not in MUTANTS:
        raise noted(ExerciseError(f"There is no mutant {name!r}."), did_you_mean(name, MUTANTS))
    return MUTANTS[name]


def telling(decision: Decision) -> tuple[Mutant, ...]:
    """Return the mutants whose verdict on this request differs from AWS's.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("stack")
    >>> decision = world.can(world.user("alice"), "s3:DeleteObject", MAP)
    >>> [mutant.name for mutant in telling(decision)]
    ['last_wins', 'deny_is_deny']
    """
    own = decision.verdict
    return tuple(mutant for mutant in MUTANTS.values() if mutant.verdict(decision) is not own)
