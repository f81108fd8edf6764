"""The decision.

An action is denied unless something allows it, and a Deny that applies beats every Allow. So:

1. Compare every statement of every layer with the request. Which of them apply?
2. If a Deny applies, the verdict is an explicit deny.
3. Otherwise see which layers allow. The guardrails (RCP, SCP, VPC endpoint policy) must each
   allow. And something must grant the request: the combining rule for this kind of request (one
   account or two, a role, a KMS key, the root user ...) says who must allow, and whether a
   permissions boundary or session policy cuts that.
4. If that isn't enough, nothing allows the request: an implicit deny.

``read`` does exactly this, with any rules. ``evaluate`` gives the same verdict; for AWS's own rules
it finds it faster, by ``engine/compiled.py``.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.deprecated import old_names_of
from iamlab.engine import compiled
from iamlab.engine.applicable_statements import applicable_statements
from iamlab.engine.combining_rule import NO_ALLOW_NEEDED, combining_rule
from iamlab.engine.decision import Decision
from iamlab.engine.layer_results import layer_results
from iamlab.engine.layers import LAYERS
from iamlab.engine.rules import AWS_RULES, Rules
from iamlab.engine.verdict import LayerMatches, Verdict
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request
else:
    __getattr__ = old_names_of(__name__)


def evaluate(request: Request, layers: Layers, rules: Rules = AWS_RULES) -> Decision:
    """Decide one request, given the policies that apply to it.

    Parameters
    ----------
    request
        Who wants to do what, on which resource.
    layers
        The policies that apply. The caller gathers them; ``World.can`` does it for you.
    rules
        AWS's rules, or those of somebody who believes otherwise.

    Returns
    -------
    Decision
        True when allowed.

    Examples
    --------
    >>> from iamlab import Layers, Policy, Request
    >>> readers = Policy.parse({"Version": "2012-10-17", "Statement": {
    ...     "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}, name="readers")
    >>> request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...                   "arn:aws:s3:::star-maps/m31.fits")
    >>> print(evaluate(request, Layers(identity=[readers])))
    ✓ allowed by readers/#1
    >>> print(evaluate(request, Layers()))
    ○ implicit deny
    """
    if rules is AWS_RULES:
        return Decision(compiled.decide(request, layers), request, layers, rules)
    return read(request, layers, rules)


def read(request: Request, layers: Layers, rules: Rules = AWS_RULES) -> Decision:
    """Decide one request on the readable path, which takes any rules."""
    layer_matches = applicable_statements(request, layers, rules)
    verdict = decide(layer_matches, combining_rule(request), rules)
    return Decision(verdict, request, layers, rules, layer_matches)


def decide(
    layer_matches: Mapping[str, LayerMatches], rule_name: str, rules: Rules = AWS_RULES
) -> Verdict:
    """Combine what the layers allow and deny to a verdict."""
    if rule_name == "never_refused":
        return Verdict.ALLOWED
    if rule_name == "needs_no_permission" and not unsure.DENY_STOPS_GET_SESSION_TOKEN:
        return Verdict.ALLOWED

    applying = [match for layer in LAYERS for match in layer_matches[layer].applying]
    denied = any(match.effect == "Deny" for match in applying)
    if denied and rules.deny_wins(applying):
        return Verdict.EXPLICIT_DENY

    if rule_name in NO_ALLOW_NEEDED:
        return Verdict.ALLOWED
    results = layer_results(layer_matches, rules)
    if results.guardrails and getattr(rules, rule_name)(results):
        return Verdict.ALLOWED
    # Only rules by which an Allow wins over a Deny come here with a Deny.
    return Verdict.EXPLICIT_DENY if denied else rules.default


def evaluate_call(
    questions: Iterable[tuple[Request, Layers]], rules: Rules = AWS_RULES
) -> Decision:
    """Decide a call that needs several (action, resource) pairs: each of them must be allowed.

    Parameters
    ----------
    questions
        The pairs, each with the policies that apply to it.

    Returns
    -------
    Decision
        That of the first pair that is refused; if none is, that of the last.

    Raises
    ------
    RequestError
        There is no question at all.
    """
    decision = None
    for request, layers in questions:
        decision = evaluate(request, layers, rules)
        if not decision:
            return decision
    if decision is None:
        raise RequestError("A call needs at least one pair: [(request, layers)].")
    return decision
