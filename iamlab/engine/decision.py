"""The decision: what was decided, and all that is needed to say why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.display import Shown
from iamlab.engine.applicable_statements import applicable_statements
from iamlab.engine.evaluation_case import evaluation_case
from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.explain import Step
    from iamlab.engine.fixes import Fix
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import LayerMatches, StatementMatch
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


@with_old_names
@dataclass(frozen=True, slots=True, init=False)
class Decision(Shown):
    """A verdict, and all that is needed to say why. Explanations are made when they are read.

    Parameters
    ----------
    verdict
        The outcome.
    request, layers, rules
        The question, the policies that applied, the rules that were followed.
    assumed
        What was taken for granted, for lack of knowledge; in words.
    """

    verdict: Verdict
    request: Request
    layers: Layers
    rules: Rules
    assumed: tuple[str, ...]
    _heard: Mapping[str, LayerMatches] | None = field(compare=False, repr=False)

    def __init__(
        self,
        verdict: Verdict,
        request: Request,
        layers: Layers,
        rules: Rules,
        heard: Mapping[str, LayerMatches] | None = None,
        assumed: tuple[str, ...] = (),
    ) -> None:
        set_ = object.__setattr__
        set_(self, "verdict", verdict)
        set_(self, "request", request)
        set_(self, "layers", layers)
        set_(self, "rules", rules)
        set_(self, "_heard", heard)
        set_(self, "assumed", assumed)

    def __bool__(self) -> bool:
        return self.verdict is Verdict.ALLOWED

    def __reduce__(self) -> tuple[Any, ...]:  # what was heard can be heard again
        told = self.verdict, self.request, self.layers, self.rules
        return Decision, (*told, None, self.assumed)

    def assuming(self, assumed: Iterable[str]) -> Decision:
        """Give the same decision with a note of what was taken for granted."""
        noted = (*self.assumed, *assumed)
        return Decision(self.verdict, self.request, self.layers, self.rules, self._heard, noted)

    @property
    def heard(self) -> Mapping[str, LayerMatches]:
        """What each layer said."""
        if self._heard is None:
            object.__setattr__(
                self, "_heard", applicable_statements(self.request, self.layers, self.rules)
            )
        assert self._heard is not None  # noqa: S101 - it was set just now
        return self._heard

    @property
    def situation(self) -> str:
        """Which rule combined the layers: ``"same_account"``, ``"role_trust"`` ..."""
        return evaluation_case(self.request)

    @property
    def denies(self) -> tuple[StatementMatch, ...]:
        """All Deny statements that apply, in the order of the flow chart."""
        return tuple(reading for layer in LAYERS for reading in self.heard[layer].denies)

    @property
    def shut(self) -> tuple[str, ...]:
        """The ceilings that are there and do not allow."""
        return tuple(layer for layer in CEILINGS if not all(self.heard[layer].says))

    @property
    def blocked_by(self) -> frozenset[str]:
        """The layers that stand in the way of a denied request; empty when it is allowed.

        Every layer with a matching Deny and every ceiling without an Allow; if there are none, the
        granter that is missing.
        """
        from iamlab.engine.explain import missing_granter

        if self:
            return frozenset()
        if self.request.refusal and not self.denies:
            return frozenset()  # it is no policy that stands in the way
        blocked = {reading.layer for reading in self.denies} | set(self.shut)
        return frozenset(blocked or {missing_granter(self)})

    @property
    def determining(self) -> tuple[StatementMatch, ...]:
        """The statements that decided: the denies, or the allows that were enough.

        Empty for an implicit deny, which no statement makes, and for what needs no permission.
        """
        from iamlab.engine.explain import sufficient

        if self.verdict is Verdict.EXPLICIT_DENY:
            return self.denies
        return sufficient(self) if self else ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The eight rungs of AWS's flow chart, each with what its layer said and why.

        A ninth is there when the credentials are scoped.
        """
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

    def why_not(self, what: Policy | Statement | str) -> tuple[StatementMatch, ...]:
        """Compare a policy or a statement with the request, and list the mismatches.

        Parameters
        ----------
        what
            A policy or a statement, of these layers or any other; or the address of a statement of
            these layers, such as ``"readers/#2"``, or of a whole policy: ``"readers"``.

        Returns
        -------
        tuple of StatementMatch
            Each statement with its ``mismatches``: the elements that don't match, with the values
            of the policy and of the request. A statement without mismatches applies.

        Raises
        ------
        RequestError
            There is no such address.
        """
        from iamlab.engine.explain import why_not

        return why_not(self, what)

    def fixes(self) -> tuple[Fix, ...]:
        """Find the smallest changes that flip the verdict, each proved; the least broad first.

        Empty when nothing can: a root user assumes no role, whatever is written.
        """
        from iamlab.engine.fixes import fixes

        return fixes(self)

    def explain(self) -> str:
        """Answer the six questions that every explanation in iamlab answers, as text."""
        from iamlab.engine.labels import as_text

        return as_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the decision as JSON values: what ``iamlab can --json`` prints."""
        return {
            "principal": self.request.principal,
            "action": self.request.action,
            "resource": self.request.resource,
            "verdict": self.verdict.value,
            "determining": [reading.address for reading in self.determining],
            "blocked_by": sorted(self.blocked_by),
            "message": self.message,
            "steps": [step.to_dict() for step in self.steps],
            "assumed": list(self.assumed),
        }

    def __str__(self) -> str:
        by = f" by {', '.join(map(str, self.determining))}" if self.determining else ""
        return f"{self.verdict.symbol} {self.verdict}{by}"

    def __repr__(self) -> str:
        return f"<Decision {self}>"
