"""The decision: the verdict, and the values that explain it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.display import Shown
from iamlab.engine.applicable_statements import applicable_statements
from iamlab.engine.combining_rule import combining_rule
from iamlab.engine.refused_statements import quiet, refused_statements
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.verdict import Verdict, addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.engine.explain import Step
    from iamlab.engine.fixes import Fix
    from iamlab.engine.layers import Layers
    from iamlab.engine.refused_statements import RefusedStatement
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.engine.trace import Trace
    from iamlab.engine.verdict import LayerMatches, StatementMatch
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


@with_old_names
@dataclass(frozen=True, slots=True, init=False)
class Decision(Shown):
    """A verdict with its explanation. Explanations are computed when they are read.

    Parameters
    ----------
    verdict
        The outcome.
    request, layers, rules
        The request, the policies that applied, and the rules that combined them.
    pairs
        The decisions about all pairs of action and resource, if the call needs several.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> dana = world.create_account("acme").create_user("dana")
    >>> dana.put_policy("guard", Policy.deny("s3:Delete*", sid="KeepMaps"))
    >>> decision = world.can(dana, "s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits")
    >>> print(decision)
    ✕ explicit deny by guard/KeepMaps
    >>> print(decision.verdict, decision.determining[0].statement.sid)
    explicit deny KeepMaps
    """

    verdict: Verdict
    request: Request
    layers: Layers
    rules: Rules
    _noted: tuple[str, ...]
    pairs: tuple[Decision, ...]
    _layer_matches: Mapping[str, LayerMatches] | None = field(compare=False, repr=False)
    _trace: Trace | None = field(compare=False, repr=False)

    def __init__(
        self,
        verdict: Verdict,
        request: Request,
        layers: Layers,
        rules: Rules,
        layer_matches: Mapping[str, LayerMatches] | None = None,
        assumed: tuple[str, ...] = (),
        pairs: tuple[Decision, ...] = (),
    ) -> None:
        set_ = object.__setattr__
        set_(self, "verdict", verdict)
        set_(self, "request", request)
        set_(self, "layers", layers)
        set_(self, "rules", rules)
        set_(self, "_layer_matches", layer_matches)
        set_(self, "_noted", assumed)
        set_(self, "pairs", pairs)
        set_(self, "_trace", None)

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed; ``bool(decision)`` is the same."""
        return self.verdict is Verdict.ALLOWED

    def __bool__(self) -> bool:
        return self.allowed

    def __reduce__(self) -> tuple[Any, ...]:  # without the cached values
        question = self.request, self.layers, self.rules
        return Decision, (self.verdict, *question, None, self._noted, self.pairs)

    def assuming(self, assumed: Iterable[str]) -> Decision:
        """Return the same decision with further assumptions."""
        noted = (*self._noted, *assumed)
        return self if noted == self._noted else self.among(self.pairs, noted)

    def among(self, pairs: Sequence[Decision], assumed: tuple[str, ...]) -> Decision:
        """Return the same decision as one of several pairs of a call."""
        question = self.request, self.layers, self.rules, self._layer_matches
        return Decision(self.verdict, *question, assumed, tuple(pairs))

    @classmethod
    def of_call(cls, pairs: Sequence[Decision]) -> Decision:
        """Return the decision about a call that needs all these pairs of action and resource.

        It is that of the first pair if all are allowed, and otherwise that of the pair in AWS's
        error: of the first action that is denied, an explicit Deny comes before an implicit one.
        """
        if len(pairs) == 1:
            return pairs[0]
        pairs = [each for pair in pairs for each in pair.pairs or (pair,)]
        denied = [pair for pair in pairs if not pair] or [pairs[0]]
        alike = [pair for pair in denied if pair.request.action == denied[0].request.action]
        explicit = (pair for pair in alike if pair.verdict is Verdict.EXPLICIT_DENY)
        notes = dict.fromkeys(note for pair in pairs for note in quiet(pair.assumed))
        return next(explicit, denied[0]).among(pairs, tuple(notes))

    @property
    def refused(self) -> tuple[RefusedStatement, ...]:
        """The statements that AWS wouldn't save, void Deny statements first."""
        if not self.pairs:
            return refused_statements(self.request, self.layers)
        return tuple(dict.fromkeys(refused for pair in self.pairs for refused in pair.refused))

    @property
    def assumed(self) -> tuple[str, ...]:
        """What AWS wouldn't save, what is odd about the question, and assumptions, in words."""
        return tuple(dict.fromkeys((*map(str, self.refused), *self._noted)))

    @property
    def layer_matches(self) -> Mapping[str, LayerMatches]:
        """The statements of each layer, compared with the request."""
        if self._layer_matches is None:
            fast = self.rules is AWS_RULES
            made = applicable_statements(self.request, self.layers, self.rules, fast=fast)
            object.__setattr__(self, "_layer_matches", made)
        assert self._layer_matches is not None  # noqa: S101 - it was set just now
        return self._layer_matches

    @property
    def trace(self) -> Trace:
        """How the verdict was reached, layer by layer; computed at first use."""
        if self._trace is None:
            from iamlab.engine.trace import trace

            refused = refused_statements(self.request, self.layers)
            made = trace(self.verdict, self.request, self.layer_matches, self.rules, refused)
            object.__setattr__(self, "_trace", made)
        assert self._trace is not None  # noqa: S101 - it was set just now
        return self._trace

    @property
    def combining_rule(self) -> str:
        """The rule that combined the layers: ``"same_account"``, ``"role_trust"`` ..."""
        return combining_rule(self.request)

    @property
    def denies(self) -> tuple[StatementMatch, ...]:
        """All Deny statements that match, in the order of the flow chart."""
        return self.trace.denies

    @property
    def blocking(self) -> tuple[str, ...]:
        """The ceilings that apply and don't allow the request."""
        return self.trace.blocking

    @property
    def blocked_by(self) -> frozenset[str]:
        """The layers that block a denied request; empty when it is allowed.

        Every layer with a matching Deny, and every ceiling without an Allow. Otherwise the missing
        granter. AWS's message names only one layer, and it can be another: if nothing grants the
        request, this is the missing granter, even below a permissions boundary without an Allow.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> scenario("first_door").can("bob", "s3:GetObject", MAP).blocked_by
        frozenset({'identity'})
        """
        return self.trace.blocked_by

    @property
    def determining(self) -> tuple[StatementMatch, ...]:
        """The statements that decided: the denies, or the sufficient allows.

        It is empty for an implicit deny, and for requests that need no permission.
        """
        if self.verdict is Verdict.EXPLICIT_DENY:
            return self.denies
        return self.trace.sufficient if self else ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The eight steps of AWS's flow chart, each with its layer's result and reason.

        Scoped credentials add a ninth step.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> decision = scenario("groups").can("dana", "s3:DeleteObject", MAP)
        >>> [step.layer for step in decision.steps if step.result != "absent"]
        ['deny', 'identity']
        """
        from iamlab.engine.explain import steps

        return steps(self)

    @property
    def message(self) -> str:
        """AWS's error message for a denial; empty if the request is allowed.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> scenario("first_door").can("bob", "s3:GetObject", MAP).message
        'User: arn:aws:iam::111111111111:user/bob is not authorized to perform: ...
        """
        from iamlab.engine.message import message

        return message(self)

    @property
    def nearest_miss(self) -> str:
        """For an implicit deny: the nearest statement, an Allow with only one mismatch, if any."""
        from iamlab.engine.explain import nearest_miss

        return nearest_miss(self)

    def why_not(self, what: Policy | Statement | str) -> tuple[StatementMatch, ...]:
        """Compare a policy or a statement with the request, and list the mismatches.

        Parameters
        ----------
        what
            Any policy or statement. It can also be the address of a statement of these layers, such
            as ``"readers/#2"``, or of a whole policy: ``"readers"``.

        Returns
        -------
        tuple of StatementMatch
            Each statement with its ``mismatches``: the elements that don't match, with the values
            of the policy and of the request. A statement without mismatches matches.

        Raises
        ------
        RequestError
            There is no such address.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> decision = scenario("first_door").can("alice", "s3:PutObject", MAP)
        >>> for match in decision.why_not("read-maps"):
        ...     print(match)
        read-maps/ReadMaps
        """
        from iamlab.engine.explain import why_not

        return why_not(self, what)

    def fixes(self) -> tuple[Fix, ...]:
        """Find the smallest changes that flip the verdict, each one tested, narrowest first.

        It is empty if no change can: a root user can't assume a role, for example.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> dana = world.create_account("acme", account_id="111111111111").create_user("dana")
        >>> dana.put_policy("guard", Policy.deny("s3:Delete*", sid="KeepMaps"))
        >>> decision = world.can(dana, "s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits")
        >>> print(decision.fixes()[0])
        Add to a policy of dana: Allow s3:DeleteObject on ...
        """
        from iamlab.engine.fixes import fixes

        return fixes(self)

    def explain(self) -> str:
        """Return the explanation as text. It answers the six questions of every explanation.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> dana = world.create_account("acme", account_id="111111111111").create_user("dana")
        >>> dana.put_policy("guard", Policy.deny("s3:Delete*", sid="KeepMaps"))
        >>> decision = world.can(dana, "s3:DeleteObject", "arn:aws:s3:::star-maps/m31.fits")
        >>> print(decision.explain().splitlines()[7].strip())
        Denied by guard/KeepMaps. A Deny overrides every Allow.
        """
        from iamlab.engine.labels import as_text

        return as_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as JSON values, as ``iamlab can --json`` prints it."""
        return {
            "refused": [refused.to_dict() for refused in self.refused],
            "principal": self.request.principal,
            "action": self.request.action,
            "resource": self.request.resource,
            "verdict": self.verdict.value,
            "determining": [match.address for match in self.determining],
            "blocked_by": sorted(self.blocked_by),
            "message": self.message,
            "steps": [step.to_dict() for step in self.steps],
            "assumed": list(self.assumed),
            **({"pairs": [pair.to_pair() for pair in self.pairs]} if self.pairs else {}),
        }

    def to_pair(self) -> dict[str, str]:
        """Return the pair of action and resource with its verdict, as JSON values."""
        names = {"action": self.request.action, "resource": self.request.resource}
        return {**names, "verdict": self.verdict.value, "message": self.message}

    def __str__(self) -> str:
        by = f" by {', '.join(addresses(self.determining))}" if self.determining else ""
        return f"{self.verdict.symbol} {self.verdict}{by}"

    def __repr__(self) -> str:
        return f"<Decision {self}>"
