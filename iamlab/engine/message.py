"""The sentence that AWS prints when it refuses.

Notes
-----
AWS page: "Troubleshoot access denied error messages". It promises that one policy type is named;
which one, where several are in the way, is iamlab's choice: the first in flow-chart order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.explain import granted_but_cut, missing_granter
from iamlab.engine.layers import NAMES
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

# UNSURE: the page has forms for role trust policies, yet published denials of sts:AssumeRole carry
# no reason at all, whichever side refused. True prints the page's forms instead.
TRUST_DENIALS_GIVE_A_REASON = False

# AWS appends the policy's ARN only for these, and only for an explicit deny.
_WITH_ARN = ("identity", "boundary", "session")


def message(decision: Decision) -> str:
    """Write AWS's sentence for a denial; empty when the request is allowed."""
    if decision:
        return ""
    request = decision.request
    if decision.situation == "root_user_assumes_role" and not decision.denies:
        return "Roles may not be assumed by root accounts."
    who = request.principal
    where = "" if request.resource == "*" else f" on resource: {request.resource}"
    sentence = f"User: {who} is not authorized to perform: {request.action}{where}"
    return sentence + _context(decision)


def _context(decision: Decision) -> str:
    """Say because of what; nothing where AWS keeps it to itself."""
    request = decision.request
    if request.about_trust and not TRUST_DENIALS_GIVE_A_REASON:
        return ""
    if request.caller.account and not request.same_account:
        return ""
    layer = named_layer(decision)
    name = "role trust policy" if layer == "resource" and request.about_trust else NAMES[layer]
    if decision.verdict is Verdict.IMPLICIT_DENY:
        return f" because no {name} allows the {request.action} action"
    article = "the" if name == "role trust policy" else "an" if name[0] in "aeiou" else "a"
    arn = next((hit.attached.arn for hit in decision.denies if hit.layer == layer), None)
    tail = f": {arn}" if arn and layer in _WITH_ARN else ""
    return f" with an explicit deny in {article} {name}{tail}"


def named_layer(decision: Decision) -> str:
    """Choose the one layer that the sentence names."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return decision.denies[0].layer
    return decision.shut[0] if granted_but_cut(decision) else missing_granter(decision)
