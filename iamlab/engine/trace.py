"""The trace of a decision: the reasons that explanations and figures show.

A trace has a step for each layer, in the order of AWS's flow chart. A step has the statements of
its layer, level by level, with their mismatches. It also has whether the layer blocks the request,
and why the layer doesn't apply. The trace has the rule that combined the layers, and its results.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.engine.combining_rule import NO_ALLOW_NEEDED, combining_rule
from iamlab.engine.layer_results import layer_results
from iamlab.engine.layers import CEILINGS, LAYERS, NAMES, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.verdict import LayerMatches, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.layer_results import LayerResults
    from iamlab.engine.refused_statements import RefusedStatement
    from iamlab.engine.request import Request
    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import StatementMatch

DENIES, ALLOWS, NO_ALLOW, ABSENT = "denies", "allows", "no Allow", "absent"
"""The outcomes of a step, and of each of its levels."""

PARTICULAR = {
    "cross_account": "Two accounts: both sides must allow.",
    "behind_access_point": "The bucket behind an access point: its policy must allow, too.",
    "role_trust": "A role: its trust policy must allow.",
    "kms_key": "A KMS key: its key policy or a grant must allow.",
    "never_abroad": "No policy can allow this to another account.",
    "needs_long_term_keys": "Only a user's long-term keys can be exchanged for this session.",
    "needs_temporary_credentials": "Only temporary credentials can be scoped down.",
    "credentials_refused": "These credentials aren't valid for this call, whatever policies allow.",
    "root_user_assumes_role": "A root user can't assume a role.",
    "both_sides": "A source identity: trust policy and the caller's own policies must both allow.",
    "assume_root": "AssumeRoot: the caller's own policies are enough.",
}
"""Sentences for the combining rules that an explanation names."""

ORDINARY = {
    "same_account": "One account: either side is enough.",
    "root_user": "A root user needs no Allow in its own account.",
    "root_user_abroad": "The root user of another account: the resource's policy must allow.",
    "root_user_kms": "A KMS key: its key policy must allow the root user too.",
    "outsider": "A caller without an account: the resource's side must allow.",
    "never_refused": "AWS always allows this.",
    "needs_no_permission": "This needs no permission.",
    "only_narrows": "This needs no permission: it only removes permissions.",
}
"""Sentences for the other rules."""

NAMED_DIRECTLY = "an Allow on the resource's side names the caller directly"
"""Why permission filters don't apply to a caller."""

BY_IDENTITY = ("same_account", "root_user", "assume_root", "credentials_refused")
"""The rules that need an Allow on the caller's side."""

BY_RESOURCE_FIRST = ("role_trust", "both_sides", "kms_key", "cross_account")
"""The rules that need an Allow on the resource's side, and then on the caller's side."""

# Of the Allows with one mismatch, one in a condition is nearer than one in the action.
_DISTANCE = {"Condition": 1, "Resource": 2, "NotResource": 2, "Action": 4, "NotAction": 4}
_FAR = 8  # the statement names another principal


@dataclass(frozen=True, slots=True)
class TraceLevel:
    """A level of a layer: the organization's root, an OU, an account; other layers have one.

    Parameters
    ----------
    outcome
        ``DENIES``, ``ALLOWS`` or ``NO_ALLOW``.
    lets_through
        Whether it needs no further Allow: one of its statements allows, or it can only deny.
    """

    matches: tuple[StatementMatch, ...]
    outcome: str
    lets_through: bool


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A layer of a decision.

    Parameters
    ----------
    layer
        One of ``LAYERS``.
    found
        Its statements, compared with the request.
    blocks
        Whether it is in ``decision.blocked_by``.
    exempt
        Why it doesn't apply to this caller or call, in a clause; empty if it does.
    """

    layer: str
    found: LayerMatches
    blocks: bool = False
    exempt: str = ""

    @property
    def name(self) -> str:
        """AWS's name for this type of policy."""
        return NAMES[self.layer]

    @property
    def outcome(self) -> str:
        """``DENIES``, ``ALLOWS``, ``NO_ALLOW`` or ``ABSENT``.

        A ceiling allows if each of its levels allows.
        """
        if not self.found.present:
            return ABSENT
        if self.found.denies:
            return DENIES
        is_ceiling = self.layer in CEILINGS
        allows = all(self.found.allows_by_level) if is_ceiling else bool(self.found.allows)
        return ALLOWS if allows else NO_ALLOW

    @property
    def levels(self) -> tuple[TraceLevel, ...]:
        """The levels, first the organization's root."""
        return tuple(map(self._level, self.found.levels))

    def _level(self, matches: tuple[StatementMatch, ...]) -> TraceLevel:
        effects = {match.effect for match in matches if match.applies}
        outcome = DENIES if "Deny" in effects else ALLOWS if "Allow" in effects else NO_ALLOW
        lets_through = outcome != DENIES and ("Allow" in effects or self.found.only_denies)
        return TraceLevel(matches, outcome, lets_through)

    @property
    def matches(self) -> tuple[StatementMatch, ...]:
        """All statements of the layer."""
        return self.found.matches


@dataclass(frozen=True, slots=True)
class Trace:
    """How a verdict was reached; see ``Decision.trace``.

    Parameters
    ----------
    steps
        A step for each layer, in the order of ``LAYERS``.
    rule
        The name of the rule that combined the layers.
    combine
        The rule itself; ``None`` if no Allow is needed.
    results
        The results of the layers.
    refusal
        AWS's error message if the credentials aren't valid for the call; see ``Request``.
    refused
        The statements that AWS wouldn't save, void Deny statements first.

    Examples
    --------
    >>> from iamlab import Layers, Policy, Request, evaluate
    >>> request = Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject", "arn:aws:s3:::b/k")
    >>> boundary = Policy.allow("ec2:*")
    >>> trace = evaluate(request, Layers([Policy.allow("s3:*")], boundary=boundary)).trace
    >>> present = [step for step in trace.steps if step.found.present]
    >>> [(step.layer, step.outcome, step.blocks) for step in present]
    [('identity', 'allows', False), ('boundary', 'no Allow', True)]
    >>> trace.rule, trace.reason, trace.is_cut
    ('same_account', 'One account: either side is enough.', True)
    """

    verdict: Verdict
    steps: tuple[TraceStep, ...]
    rule: str
    combine: Callable[[LayerResults], int] | None
    results: LayerResults
    refusal: str
    refused: tuple[RefusedStatement, ...] = ()

    @property
    def reason(self) -> str:
        """The rule in a sentence; can be empty."""
        return PARTICULAR.get(self.rule) or ORDINARY.get(self.rule, "")

    def step(self, layer: str) -> TraceStep:
        """Return the step of a layer."""
        return self.steps[LAYERS.index(layer)]

    @property
    def matches(self) -> tuple[StatementMatch, ...]:
        """All statements, in the order of the flow chart."""
        return tuple(match for step in self.steps for match in step.matches)

    @property
    def denies(self) -> tuple[StatementMatch, ...]:
        """All Deny statements that match, in the order of the flow chart."""
        return tuple(match for step in self.steps for match in step.found.denies)

    @property
    def blocking(self) -> tuple[str, ...]:
        """The ceilings that apply and don't allow."""
        return tuple(layer for layer in CEILINGS if not all(self.step(layer).found.allows_by_level))

    @property
    def blocked_by(self) -> frozenset[str]:
        """The layers that block a denied request; empty if it is allowed.

        Every layer with a matching Deny, and every ceiling without an Allow. Otherwise the missing
        granter.
        """
        if self.verdict is Verdict.ALLOWED or (self.refusal and not self.denies):
            return frozenset()  # if credentials aren't valid, no policy blocks
        blocked = {match.layer for match in self.denies} | set(self.blocking)
        return frozenset(blocked or {self.missing_granter})

    @property
    def needs_no_allow(self) -> bool:
        """Whether the request needs no Allow."""
        return self.rule in (*NO_ALLOW_NEEDED, "never_refused")

    @property
    def is_granted(self) -> bool:
        """Whether enough layers allow by the rule, regardless of guardrails and Denies."""
        return self.combine is not None and bool(self.combine(self.results))

    @property
    def is_cut(self) -> bool:
        """Whether the request would be granted without the ceilings that block it."""
        return (
            bool(self.blocking)
            and self.combine is not None
            and bool(self.combine(self.results._replace(filters=True)))
        )

    @property
    def is_enough_at_resource(self) -> bool:
        """Whether the resource's side names the caller itself, so that no filter limits it."""
        if self.combine is None or self.rule == "root_user":
            return False
        results = self.results
        alone = results._replace(identity=False, indirect=False, account=False, filters=False)
        return bool((results.direct or results.grant) and self.combine(alone))

    @property
    def principal_match(self) -> PrincipalMatch:
        """The most direct match on the resource's side; a grant names the caller directly."""
        if self.step("grant").found.allows:
            return PrincipalMatch.DIRECT
        matches = (match.principal_match for match in self.step("resource").found.allows)
        return max(matches, default=PrincipalMatch.NOT)

    @property
    def missing_granter(self) -> str:
        """The side that must allow and doesn't.

        If a trust or key policy must allow, or between two accounts, this is first the resource's
        side. If the resource's side allows, it is the identity's.
        """
        allows = self.step("resource").found.allows or self.step("grant").found.allows
        by_identity = self.rule in BY_IDENTITY or (self.rule in BY_RESOURCE_FIRST and allows)
        return "identity" if by_identity else "resource"

    @property
    def sufficient(self) -> tuple[StatementMatch, ...]:
        """The Allow statements that were enough: those of every smallest sufficient set."""
        if self.combine is None:
            return ()  # no Allow is needed
        resource = self.step("resource").found.allows
        kinds = PrincipalMatch.DIRECT, PrincipalMatch.INDIRECT, PrincipalMatch.ACCOUNT
        groups: dict[str, tuple[StatementMatch, ...]] = {
            kind.name.lower(): tuple(found for found in resource if found.principal_match is kind)
            for kind in kinds
        }
        groups |= {layer: self.step(layer).found.allows for layer in ("grant", "identity")}
        none: dict[str, Any] = dict.fromkeys(groups, False)
        nobody = self.results._replace(**none)
        present = [name for name, matches in groups.items() if matches]
        smallest: list[set[str]] = []
        for size in range(len(present) + 1):
            for chosen in map(set, combinations(present, size)):
                allowing: dict[str, Any] = dict.fromkeys(chosen, True)
                is_enough = self.combine(nobody._replace(**allowing))
                if is_enough and not any(known <= chosen for known in smallest):
                    smallest.append(chosen)
        used = set().union(*smallest)
        return tuple(match for name in groups if name in used for match in groups[name])

    @property
    def nearest(self) -> StatementMatch | None:
        """The nearest statement: the first of ``all_nearest``; ``None`` if there isn't one."""
        return next(iter(self.all_nearest), None)

    @property
    def all_nearest(self) -> tuple[StatementMatch, ...]:
        """The nearest statements, where an Allow is missing: only one part doesn't match.

        A part is the action, the resource, the principal or one condition. An action of another
        service isn't near. Empty if the verdict isn't an implicit deny, or if no Allow is so near.
        All are equally near.
        """
        if self.verdict is not Verdict.IMPLICIT_DENY or self.refusal:
            return ()
        layers: tuple[str, ...] = ("identity", "resource", "grant")
        if self.is_cut:
            layers = self.blocking
        elif self.rule in ("cross_account", "both_sides"):
            layers = tuple(layer for layer in layers if not self.step(layer).found.allows)
        near = [
            match
            for layer in layers
            for level in self.step(layer).levels
            if layer not in CEILINGS or not _allows(level)
            for match in level.matches
            if match.effect == "Allow" and _is_near(match)
        ]
        least = min(map(_distance, near), default=0)
        return tuple(match for match in near if _distance(match) == least)


def _allows(level: TraceLevel) -> bool:
    return any(match.applies and match.effect == "Allow" for match in level.matches)


def _is_near(match: StatementMatch) -> bool:
    """Return whether only one part of a statement doesn't match, and its service does."""
    if len(match.mismatches) != 1:
        return False
    (mismatch,) = match.mismatches
    service = str(mismatch.actual).partition(":")[0].lower()
    of_service = any(text.lower().startswith(f"{service}:") for text in mismatch.expected)
    return mismatch.element != "Action" or of_service


def _distance(match: StatementMatch) -> int:
    (mismatch,) = match.mismatches
    return _DISTANCE.get(mismatch.element, _FAR)


def trace(
    verdict: Verdict,
    request: Request,
    layer_matches: Mapping[str, LayerMatches],
    rules: Rules,
    refused: tuple[RefusedStatement, ...] = (),
) -> Trace:
    """Build the trace of a decision."""
    rule = combining_rule(request)
    steps = tuple(TraceStep(layer, found) for layer, found in layer_matches.items())
    results, combine = layer_results(layer_matches, rules), getattr(rules, rule, None)
    made = Trace(verdict, steps, rule, combine, results, request.refusal, refused)
    blocked_by, directly = made.blocked_by, made.is_enough_at_resource
    steps = tuple(
        TraceStep(
            step.layer,
            step.found,
            blocks=step.layer in blocked_by,
            exempt=step.found.why_absent
            or (NAMED_DIRECTLY if directly and step.layer in PERMISSION_FILTERS else ""),
        )
        for step in steps
    )
    return replace(made, steps=steps)
