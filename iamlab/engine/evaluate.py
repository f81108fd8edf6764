"""The decision.

An action is denied unless something allows it, and a Deny that applies beats every Allow. So:

1. Listen to each layer: which of its statements apply, to allow or to deny?
2. If any denies, the verdict is an explicit deny.
3. Else count who allows. The situation (one account or two, a role, a KMS key, the root user ...)
   tells which rule says whether that is enough. If so, the request is allowed.
4. Else nobody has allowed it: an implicit deny.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.engine.layers import LAYERS
from iamlab.engine.matching import Place, applies
from iamlab.engine.principals import how_reached
from iamlab.engine.request import Kind
from iamlab.engine.rules import AWS, Rules
from iamlab.engine.verdict import Heard, Hit, Verdict
from iamlab.engine.votes import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request

# Whoever holds valid credentials may ask who he is; not even an explicit deny keeps him from it.
NEVER_REFUSED = ("sts:getcalleridentity",)
# A user may always trade his keys for a session token: no Allow is needed.
NEEDS_NO_PERMISSION = ("sts:getsessiontoken",)
# UNSURE: AWS's page says that policies have no effect on it; AWS's own quarantine policies deny it.
DENY_STOPS_GET_SESSION_TOKEN = True


def evaluate(request: Request, layers: Layers, rules: Rules = AWS) -> Decision:
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
    heard = {layer: listen(layer, request, layers, rules) for layer in LAYERS}
    case = situation(request)
    return Decision(decide(heard, case, rules), request, layers, rules, case, heard)


def decide(heard: Mapping[str, Heard], case: str, rules: Rules = AWS) -> Verdict:
    """Make a verdict of what the layers say."""
    if case == "never_refused" or (case == "session_token" and not DENY_STOPS_GET_SESSION_TOKEN):
        return Verdict.ALLOWED
    denied = any(layer.denies for layer in heard.values())
    if denied and rules.deny_wins:
        return Verdict.EXPLICIT_DENY
    if getattr(rules, case)(count(heard, rules)):
        return Verdict.ALLOWED
    return Verdict.EXPLICIT_DENY if denied else Verdict.IMPLICIT_DENY


def listen(layer: str, request: Request, layers: Layers, rules: Rules = AWS) -> Heard:
    """Collect the statements of one layer that apply to the request."""
    allows: list[Hit] = []
    denies: list[Hit] = []
    bounded = layers.boundary is not None
    place = Place(layer, bounded)
    for attached in layers.of(layer):
        for statement in attached.policy.statements:
            if applies(statement, request, place, rules.missing_key):
                named = how_reached(statement, request, bounded=bounded)
                hits = denies if statement.effect == "Deny" else allows
                hits.append(Hit(layer, attached, statement, named))
    # A federated user without session policy still stands under one, which allows nothing.
    present = bool(layers.of(layer)) or (
        layer == "session" and request.caller.kind is Kind.FEDERATED
    )
    return Heard(present, tuple(allows), tuple(denies))


def situation(request: Request) -> str:
    """Name the rule that combines the votes; it is an entry of ``Rules``.

    Examples
    --------
    >>> from iamlab import Request
    >>> situation(Request("arn:aws:iam::111122223333:user/alice", "sts:AssumeRole",
    ...                   "arn:aws:iam::444455556666:role/partner"))
    'cross_account'
    """
    caller = request.caller
    if request.action.lower() in NEVER_REFUSED and caller.kind is not Kind.ANONYMOUS:
        return "never_refused"
    if caller.kind in (Kind.SERVICE, Kind.ANONYMOUS):
        return "outsider"
    if request.action.lower() in NEEDS_NO_PERMISSION and caller.kind in (Kind.USER, Kind.ROOT):
        return "session_token"
    if caller.kind is Kind.ROOT:
        if request.about_trust:
            return "root_user_assumes_role"
        if not request.same_account:
            return "root_user_abroad"
        return "root_user_kms" if request.about_kms_key else "root_user"
    if not request.same_account:
        return "cross_account"
    if request.about_trust:
        return "role_trust"
    return "kms_key" if request.about_kms_key else "same_account"
