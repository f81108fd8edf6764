"""The decision about one request.

By default, AWS denies a request. A policy must allow it, and a matching Deny overrides every Allow.

1. Compare every statement of every layer with the request, to find those that match.
2. If a Deny matches, the verdict is an explicit deny.
3. Otherwise, find the layers that allow. Every guardrail (RCP, SCP, VPC endpoint policy) must
   allow, and a policy must grant the request. The combining rule depends on the request: one
   account or two, a role, a KMS key, the root user. It decides which policies must allow, and
   whether a permissions boundary or session policy limits them.
4. If a required Allow is missing, the verdict is an implicit deny.

``read`` does exactly this, with any rules. ``evaluate`` returns the same verdict. For AWS's own
rules it is faster, because it uses ``engine/compiled.py``.

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
    """Decide one request by the policies that apply to it.

    Parameters
    ----------
    request
        The principal, the action and the resource.
    layers
        The policies that apply. ``World.can`` collects them for you.
    rules
        AWS's rules, or rules that a learner believes in.

    Returns
    -------
    Decision
        True if the request is allowed.

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
    """Decide one request on the readable path, which works with any rules."""
    layer_matches = applicable_statements(request, layers, rules)
    verdict = decide(layer_matches, combining_rule(request), rules)
    return Decision(verdict, request, layers, rules, layer_matches)


def decide(
    layer_matches: Mapping[str, LayerMatches], rule_name: str, rules: Rules = AWS_RULES
) -> Verdict:
    """Combine the results of the layers to a verdict."""
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
    # A Deny gets here only by rules that let an Allow override a Deny.
    return Verdict.EXPLICIT_DENY if denied else rules.default


def evaluate_call(
    questions: Iterable[tuple[Request, Layers]], rules: Rules = AWS_RULES
) -> Decision:
    """Decide a call that needs several (action, resource) pairs, which must all be allowed.

    Parameters
    ----------
    questions
        The pairs, each with the policies that apply to it.

    Returns
    -------
    Decision
        The decision about the first denied pair, or about the last pair.

    Raises
    ------
    RequestError
        There are no pairs.

    Examples
    --------
    >>> from iamlab import Layers, Policy, Request
    >>> ana, role = "arn:aws:iam::111111111111:user/ana", "arn:aws:iam::111111111111:role/night"
    >>> layers = Layers(identity=[Policy.allow("lambda:CreateFunction")])
    >>> function = "arn:aws:lambda:us-east-1:111111111111:function:nightly"
    >>> create = Request(ana, "lambda:CreateFunction", function)
    >>> decision = evaluate_call([(create, layers), (Request(ana, "iam:PassRole", role), layers)])
    >>> print(decision.request.action, decision)
    iam:PassRole ○ implicit deny
    """
    decision = None
    for request, layers in questions:
        decision = evaluate(request, layers, rules)
        if not decision:
            return decision
    if decision is None:
        raise RequestError("A call needs at least one pair: [(request, layers)].")
    return decision
