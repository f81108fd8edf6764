"""Which layers are drawn as sets, and which actions lie in which: as the engine's decisions say.

A layer of Allows is the set of the actions that it allows, a ceiling that of those it lets through.
What can be drawn are four sets; so ceilings that agree become one, and then those that are left
over become one that is what all of them let through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.combining_rule import why_absent
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.view.layouts.set_tiles import MOST_SETS
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision

ORDER = ("identity", "boundary", "session", "scp", "rcp", "endpoint", "scoped", "resource")
"""In which the layers are drawn: the first two side by side, the others across them."""
SHORT = {
    "identity": "identity",
    "boundary": "boundary",
    "session": "session policy",
    "scp": "SCP",
    "rcp": "RCP",
    "endpoint": "endpoint policy",
    "scoped": "scope-down policy",
    "resource": "resource policy",
}
COMFORTABLE = 3
"""Of more sets those ceilings are drawn as one that agree."""


@dataclass(frozen=True, slots=True)
class LayerSet:
    """A set: one layer, or several ceilings that are drawn as one."""

    layers: tuple[str, ...]
    policies: tuple[str, ...]

    def has(self, decision: Decision) -> bool:
        """Say whether an action lies in it."""
        return all(allows(decision, layer) for layer in self.layers)

    @property
    def label(self) -> str:
        """What AWS calls it, or in short if it is several."""
        return NAMES[self.layers[0]] if len(self.layers) == 1 else self.names

    @property
    def short(self) -> list[str]:
        """The names of its layers in a word or two."""
        return [SHORT[layer] for layer in self.layers]

    @property
    def names(self) -> str:
        """These names as words of a sentence."""
        return listed(self.short, len(self.layers))

    @property
    def is_ceiling(self) -> bool:
        """Whether it only limits."""
        return self.layers[0] in CEILINGS

    @property
    def note(self) -> str:
        """The names of its policies, where they say more than the set's own."""
        own = ", ".join(self.policies)
        return "" if own == self.label else own or "no policy"

    def __add__(self, other: LayerSet) -> LayerSet:
        """Return the set of what both let through."""
        return LayerSet(self.layers + other.layers, self.policies + other.policies)


def allows(decision: Decision, layer: str) -> bool:
    """Whether a layer allows an action, or lets it through if it is a ceiling."""
    found = decision.trace.step(layer).found
    if layer in CEILINGS:
        return all(found.allows_by_level)
    granted = layer == "resource" and decision.trace.step("grant").found.allows
    return bool(found.allows or granted)


def counts(decision: Decision, layer: str) -> bool:
    """Whether a layer has a part in a decision."""
    if layer == "identity":
        return not why_absent(layer, decision.request)
    if layer == "resource":  # it grants besides; or it has to, as for a caller of another account
        missing = layer in decision.blocked_by and not decision.denies
        return missing or allows(decision, layer)
    return decision.trace.step(layer).found.present


def sets_of(decisions: Sequence[Decision]) -> list[LayerSet]:
    """Return the sets, at most as many as can be drawn."""
    sets = [
        LayerSet((layer,), _policies(decisions, layer))
        for layer in ORDER
        if any(counts(decision, layer) for decision in decisions)
    ]
    if len(sets) > COMFORTABLE:  # then ceilings that let through the same are one
        alike: dict[object, LayerSet] = {}
        for one in sets:
            key = tuple(map(one.has, decisions)) if one.is_ceiling else one.layers
            alike[key] = alike[key] + one if key in alike else one
        sets = list(alike.values())
    while len(sets) > MOST_SETS:  # then the last two ceilings are what both let through
        first, second = [one for one in sets if one.is_ceiling][-2:]
        sets[sets.index(first)] = first + second
        sets.remove(second)
    return sets


def _policies(decisions: Sequence[Decision], layer: str) -> tuple[str, ...]:
    layers = (layer, "grant") if layer == "resource" else (layer,)
    attached = [
        one for decision in decisions for each in layers for one in decision.layers.of(each)
    ]
    return tuple(dict.fromkeys(one.policy.name for one in attached if one.policy.name))
