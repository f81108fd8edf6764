"""Wrong beliefs as mutants: the engine can decide a request as if a wrong belief were true.

``misconceptions.toml`` has the beliefs in words. A mutant decides the same request again, but by
another rule (``believed_rules.py``), by other policies or condition keys, or with a wrong idea of
the world (``believed_views.py``). With mutants an exercise finds out what a learner believes. A
learner breaks a belief with a request on which the mutant and AWS disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.authorization.context_keys import override_keys
from iamlab.engine.decision import Decision
from iamlab.engine.evaluate import decide, read
from iamlab.engine.rules import AWS_RULES, Rules, matching
from iamlab.tables import tables
from iamlab.teach.believed_rules import BELIEVED_RULES
from iamlab.teach.believed_views import BELIEVED_LAYERS, BELIEVED_WORLDS

if TYPE_CHECKING:
    from iamlab.engine.verdict import Verdict
    from iamlab.teach.believed_views import View, WorldView
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong belief. What no policy decides (M39) has AWS's verdicts.

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
        AWS's rules; if the belief is about them, with other entries.
    view, world_view
        Functions that return what differs from AWS in the policies and condition keys. The second
        one also needs the world.
    """

    name: str
    belief: str
    claim: str
    truth: str
    rules: Rules = AWS_RULES
    view: View | None = None
    world_view: WorldView | None = None

    def verdict(self, decision: Decision, world: World | None = None) -> Verdict:
        """Return the verdict on the same request by this belief; see ``decide``."""
        return self.decide(decision, world).verdict

    def decide(self, decision: Decision, world: World | None = None) -> Decision:
        """Decide the same request by this belief.

        Parameters
        ----------
        world
            The world of the request. A belief about facts that only the world knows agrees with AWS
            without it.
        """
        return Decision.of_call([self._decide(own, world) for own in decision.pairs or (decision,)])

    def _decide(self, pair: Decision, world: World | None) -> Decision:
        request, layers = pair.request, pair.layers
        seen = dict(self.view(request, layers)) if self.view is not None else {}
        if self.world_view is not None and world is not None:
            seen |= self.world_view(request, layers, world)
        if not seen and self.rules is AWS_RULES:
            return pair
        if not seen and matching(self.rules) == matching(pair.rules):  # the same statements match
            verdict = decide(pair.layer_matches, pair.combining_rule, self.rules)
            return Decision(verdict, request, layers, self.rules, pair.layer_matches)
        if keys := seen.pop("context", {}):
            context = override_keys(request.context, keys)
            request = replace(request, context=context, issuer=request.caller.issuer or None)
        return read(request, replace(layers, **seen) if seen else layers, self.rules)


class Misconception(NamedTuple):
    """A wrong belief of the syllabus.

    Parameters
    ----------
    lessons
        The lessons in which it is met: ``("04", "06")``.
    mutants
        What a learner with this belief can think.
    """

    lessons: tuple[str, ...]
    mutants: tuple[Mutant, ...]


def _mutant(belief: str, name: str, claim: str, truth: str) -> Mutant:
    """Make a mutant of the words and the functions for it."""
    rules = replace(AWS_RULES, **BELIEVED_RULES[name]) if name in BELIEVED_RULES else AWS_RULES
    views = BELIEVED_LAYERS.get(name), BELIEVED_WORLDS.get(name)
    return Mutant(name, belief, claim, truth, rules, *views)


def _misconception(key: str, table: dict[str, Any]) -> Misconception:
    lessons = tuple(table.pop("lessons").split())
    return Misconception(lessons, tuple(_mutant(key, own, **table[own]) for own in table))


_TABLES = tables(__file__, "misconceptions.toml")
MISCONCEPTIONS = {key: _misconception(key, table) for key, table in _TABLES.items()}
"""All misconceptions of the syllabus, by id: ``MISCONCEPTIONS["M18"].lessons``."""

MUTANTS = {mutant.name: mutant for known in MISCONCEPTIONS.values() for mutant in known.mutants}


def mutants_met(lesson: str) -> list[Mutant]:
    """List the mutants that a learner has met up to a lesson, first those of this lesson.

    In a lesson of your own, whose number isn't one of the course, they are all.

    Examples
    --------
    >>> [mutant.name for mutant in mutants_met("02")][:3], len(mutants_met("21"))
    (['last_wins', 'most_specific_wins', 'deny_is_deny'], 42)
    """
    met = [known for known in MISCONCEPTIONS.values() if known.lessons[0] <= lesson]
    met.sort(key=lambda known: lesson not in known.lessons)
    return [mutant for known in met for mutant in known.mutants]


def telling(decision: Decision, world: World | None = None) -> tuple[Mutant, ...]:
    """Return the mutants whose verdict on this request differs from AWS's.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("stack")
    >>> decision = world.can(world.user("alice"), "s3:DeleteObject", MAP)
    >>> [mutant.name for mutant in telling(decision)]
    ['last_wins', 'deny_is_deny']
    """
    right = decision.verdict
    return tuple(own for own in MUTANTS.values() if own.verdict(decision, world) is not right)
