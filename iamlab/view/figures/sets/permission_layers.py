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
from iamlab.view.figures.sets.set_tiles import MOST_SETS
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
        return (
            NAMES[self.layers[0]] if len(self.layers) == 1 else listed(self.short, len(self.short))
        )

    @property
    def short(self) -> list[str]:
        """What its layers are called in a word or two."""
        return [SHORT[layer] for layer in self.layers]

    @property
    def note(self) -> str:
        """The names of its policies, where they say more than the set's own."""
        own = ", ".join(self.policies)
        return "" if own == self.label else own or "no policy"


def allows(decision: Decision, layer: str) -> bool:
    """Say whether a layer allows an action, or lets it through if it is a ceiling."""
    heard = decision.layer_matches[layer]
    if layer in CEILINGS:
        return all(heard.allows_by_level)
    if layer == "resource":
        return bool(heard.allows or decision.layer_matches["grant"].allows)
    return bool(heard.allows)


def sets_of(decisions: Sequence[Decision]) -> list[LayerSet]:
    """Say which sets there are, at most as many as can be drawn."""
    sets = [
        LayerSet((layer,), _policies(decisions, layer))
        for layer in ORDER
        if any(counts(decision, layer) for decision in decisions)
    ]
    if len(sets) > COMFORTABLE:
        sets = _merged(sets, decisions)
    while len(sets) > MOST_SETS:  # then the last two ceilings are drawn as what both let through
        first, second = [one for one in sets if one.layers[0] in CEILINGS][-2:]
        both = LayerSet(first.layers + second.layers, first.policies + second.policies)
        sets[sets.index(first)] = both
        sets.remove(second)
    return sets


def _merged(sets: list[LayerSet], decisions: Sequence[Decision]) -> list[LayerSet]:
    """Make one of the ceilings that let through the same."""
    found: dict[object, LayerSet] = {}
    for one in sets:
        is_ceiling = one.layers[0] in CEILINGS
        key = tuple(map(one.has, decisions)) if is_ceiling else one.layers
        known = found.get(key)
        found[key] = (
            LayerSet(known.layers + one.layers, known.policies + one.policies) if known else one
        )
    return list(found.values())


def counts(decision: Decision, layer: str) -> bool:
    """Say whether a layer has a part in a decision."""
    heard = decision.layer_matches[layer]
    if layer == "identity":
        return not why_absent(layer, decision.request)
    if layer == "resource":  # it grants besides; or it has to, as for a caller of another account
        missing = layer in decision.blocked_by and not decision.denies
        return missing or allows(decision, layer)
    return heard.present


def _policies(decisions: Sequence[Decision], layer: str) -> tuple[str, ...]:
    """Name the policies of a layer."""
    layers = (layer, "grant") if layer == "resource" else (layer,)
    return tuple(
        dict.fromkeys(
            attached.policy.name
            for decision in decisions
            for one in layers
            for attached in decision.layers.of(one)
            if attached.policy.name
        )
    )
