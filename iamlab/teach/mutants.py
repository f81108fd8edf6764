"""Wrong beliefs as rules: the engine decides as somebody would who holds one.

Each mutant is AWS's table of rules with one entry replaced. That is how an exercise finds out what
a learner believes, and how a learner breaks a belief: by a request on which both disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import read
from iamlab.engine.rules import AWS_RULES, Rules
from iamlab.errors import ExerciseError, did_you_mean
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
        What the exercises call it.
    belief
        Id of the misconception, as in the syllabus.
    says
        The belief, as somebody would say who holds it; after "as if ...".
    truth
        What AWS does instead.
    rules
        The rules by which it decides.
    """

    name: str
    belief: str
    says: str
    truth: str
    rules: Rules

    def verdict(self, decision: Decision) -> Verdict:
        """Decide the same request as somebody would who believes this."""
        return read(decision.request, decision.layers, self.rules).verdict


def _last_wins(applying: Sequence[StatementMatch]) -> bool:
    return applying[-1].effect == "Deny"


def _literal_letters(reading: StatementMatch) -> tuple[int, int]:
    """Measure how specific a statement is: the letters of its resources, then of its actions."""
    statement = reading.statement

    def most(patterns: tuple[str, ...] | None) -> int:
        return max(
            (len(one) - one.count("*") - one.count("?") for one in patterns or ()), default=0
        )

    return most(statement.resource), most(statement.action)


def _most_specific_wins(applying: Sequence[StatementMatch]) -> bool:
    denies = [_literal_letters(one) for one in applying if one.effect == "Deny"]
    allows = [_literal_letters(one) for one in applying if one.effect == "Allow"]
    return max(denies) >= max(allows, default=(0, 0))


def _deny_is_deny(applying: Sequence[StatementMatch]) -> bool:
    return all(one.effect == "Deny" for one in applying)


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
            "the statement that stands last decides",
            "The order of statements never matters: any Deny that applies wins.",
            replace(AWS_RULES, deny_wins=_last_wins),
        ),
        Mutant(
            "most_specific_wins",
            "M02",
            "the statement that names the request most exactly decides",
            "How exact a statement is never matters: any Deny that applies wins.",
            replace(AWS_RULES, deny_wins=_most_specific_wins),
        ),
        Mutant(
            "deny_is_deny",
            "M04",
            "any Allow lifts any denial",
            "An Allow lifts an implicit deny only. An explicit one stays, whatever allows.",
            replace(AWS_RULES, deny_wins=_deny_is_deny),
        ),
        Mutant(
            "missing_key_false",
            "M18",
            "a condition key that the request does not have counts as false",
            "A key that is not there is not false: Bool with such a key does not match.",
            replace(AWS_RULES, missing_key=_missing_key_is_false),
        ),
    )
}


def find_mutant(name: str) -> Mutant:
    """Find a mutant by its name.

    Raises
    ------
    ExerciseError
        There is none of that name.
    """
    if name not in MUTANTS:
        error = ExerciseError(f"There is no mutant {name!r}.")
        error.add_note(did_you_mean(name, MUTANTS))
        raise error
    return MUTANTS[name]


def telling(decision: Decision) -> tuple[Mutant, ...]:
    """Give the mutants that decide this request otherwise than AWS: a prediction tells them apart.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("stack")
    >>> decision = world.can(world.user("alice"), "s3:DeleteObject", MAP)
    >>> [mutant.name for mutant in telling(decision)]
    ['last_wins', 'deny_is_deny']
    """
    return tuple(one for one in MUTANTS.values() if one.verdict(decision) is not decision.verdict)
