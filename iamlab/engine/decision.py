"""The decision: what was decided, and all that is needed to say why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.explain import Step
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import Heard, Hit


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, and all that is needed to say why. Explanations are made when they are read.

    Parameters
    ----------
    verdict
        The outcome.
    request, layers, rules
        The question, the policies that applied, the rules that were followed.
    situation
        Which rule combined the layers: ``"same_account"``, ``"role_trust"`` ...
    heard
        What each layer said.
    assumed
        What was taken for granted, for lack of knowledge; in words.
    """

    verdict: Verdict
    request: Request
    layers: Layers
    rules: Rules
    situation: str
    heard: Mapping[str, Heard]
    assumed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    def assuming(self, assumed: Iterable[str]) -> Decision:
        """Give the same decision with a note of what was taken for granted."""
        return replace(self, assumed=(*self.assumed, *assumed))

    @property
    def denies(self) -> tuple[Hit, ...]:
        """All Deny statements that apply, in the order of the flow chart."""
        return tuple(hit for layer in LAYERS for hit in self.heard[layer].denies)

    @property
    def shut(self) -> tuple[str, ...]:
        """The ceilings that are there and do not allow."""
        return tuple(
            layer
            for layer in CEILINGS
            if self.heard[layer].present and not self.heard[layer].allows
        )

    @property
    def blocked_by(self) -> frozenset[str]:
        """The layers that stand in the way of a denied request; empty when it is allowed.

        Every layer with a matching Deny and every ceiling without an Allow; if there are none, the
        granter that is missing.
        """
        from iamlab.engine.explain import missing_granter

        if self:
            return frozenset()
        blocked = {hit.layer for hit in self.denies} | set(self.shut)
        return frozenset(blocked or {missing_granter(self)})

    @property
    def determining(self) -> tuple[Hit, ...]:
        """The statements that decided: the denies, or the allows that were enough.

        Empty for an implicit deny, which no statement makes, and for what needs no permission.
        """
        from iamlab.engine.explain import sufficient

        if self.verdict is Verdict.EXPLICIT_DENY:
            return self.denies
        return sufficient(self) if self else ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The eight rungs of AWS's flow chart, each with what its layer said and why."""
        from iamlab.engine.explain import steps

        return steps(self)

    @property
    def message(self) -> str:
        """The sentence that AWS prints for a denial; empty when allowed."""
        from iamlab.engine.message import message

        return message(self)

    @property
    def nearest_miss(self) -> str:
        """For an implicit deny: the Allow that came nearest, and what it missed by."""
        from iamlab.engine.explain import nearest_miss

        return nearest_miss(self)

    def explain(self) -> str:
        """Answer the six questions that every explanation in iamlab answers, as text."""
        from iamlab.engine.labels import as_text

        return as_text(self)

    def to_json(self) -> dict[str, Any]:
        """Give the decision as JSON values: what ``iamlab can --json`` prints."""
        return {
            "principal": self.request.principal,
            "action": self.request.action,
            "resource": self.request.resource,
            "verdict": self.verdict.value,
            "determining": [hit.address for hit in self.determining],
            "blocked_by": sorted(self.blocked_by),
            "message": self.message,
            "steps": [step.to_json() for step in self.steps],
            "assumed": list(self.assumed),
        }

    def __str__(self) -> str:
        by = f" by {', '.join(map(str, self.determining))}" if self.determining else ""
        return f"{self.verdict.symbol} {self.verdict}{by}"

    def __repr__(self) -> str:
        return f"<Decision {self}>"

    def _repr_html_(self) -> str:
        from iamlab import display

        return display.html(self)
