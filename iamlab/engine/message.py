"""AWS's error message for a denial.

Notes
-----
AWS pages: "Troubleshoot access denied error messages"; "Troubleshoot access denied (403 Forbidden)
errors in Amazon S3"; "Troubleshooting key access". By the first page, the message names one policy
type. If several types block the request, iamlab names the first of ``NAMED_FIRST``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.layers import GUARDRAILS, NAMES
from iamlab.engine.public_access import is_restricted
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.engine.decision import Decision

# The order in which the layer to name is chosen.
NAMED_FIRST = (
    *("scp", "rcp", "endpoint", "resource", "identity", "boundary", "session", "scoped"),
)

# AWS appends the policy's ARN only for these, and only for an explicit deny.
_WITH_ARN = ("scp", "rcp", "identity", "boundary", "session")

# No AWS page has a message for it, or for an RCP without an Allow, which AWS doesn't permit.
_WITHOUT_REASON = ("scoped",)


def message(decision: Decision) -> str:
    """Return AWS's error message for a denial; empty if the request is allowed."""
    if decision:
        return ""
    request = decision.request
    if decision.combining_rule == "credentials_refused":
        return request.refusal
    own = None if decision.denies else _OWN_WORDS.get(decision.combining_rule)
    if own is not None:
        return own(decision)
    if _restricted(decision) or (request.service == "s3" and not _is_explained(decision)):
        return "Access Denied"
    named = f'"{request.resource}"' if request.service == "s3" else request.resource
    where = "" if request.resource == "*" else f" on resource: {named}"
    who = f"User: {request.principal}"
    if request.caller.kind is Kind.PROVIDER:
        return f"Not authorized to perform {request.action}"
    sentence = f"{who} is not authorized to perform: {request.action}"
    if request.about_kms_key and _is_abroad(decision) and named_layer(decision) == "resource":
        return f"{sentence} on this resource because {_KMS_REASON}"
    before = "You are not authorized to perform this operation. " * (request.service == "ec2")
    return f"{before}{sentence}{where}{_context(decision)}"


# KMS doesn't tell other accounts whether a key exists.
_KMS_REASON = (
    "the resource does not exist in this Region, no resource-based policies allow access, or a "
    "resource-based policy explicitly denies access"
)


_OWN_WORDS: dict[str, Callable[[Decision], str]] = {
    "needs_long_term_keys": lambda decision: (
        f"Cannot call {decision.request.action.partition(':')[2]} with session credentials"
    ),
    "needs_temporary_credentials": lambda _: "The calling session's credentials are not valid.",
    "root_user_assumes_role": lambda _: "Roles may not be assumed by root accounts.",
    "never_abroad": lambda decision: (
        "The specified method is not allowed against this resource."
        if decision.request.service == "s3"
        else f"User: {decision.request.principal} is not authorized to perform: "
        f"{decision.request.action} on resource: {decision.request.resource}"
    ),
}


def _restricted(decision: Decision) -> bool:
    """Return whether Block Public Access blocked the request."""
    layers = decision.layers
    return (
        decision.verdict is Verdict.IMPLICIT_DENY
        and layers.resource is not None
        and not any(layer in GUARDRAILS for layer in decision.blocking)
        and is_restricted(layers.public_access_block, layers.resource.policy, decision.request)
    )


def _context(decision: Decision) -> str:
    """Return the reason in the message; empty if AWS doesn't show it."""
    request, layer = decision.request, named_layer(decision)
    by_trust = layer == "resource" and request.about_trust
    if not _is_explained(decision):
        return ""
    if layer in _WITHOUT_REASON or (layer == "rcp" and not decision.denies):
        return ""
    if by_trust and not unsure.TRUST_DENIALS_GIVE_A_REASON:
        return ""
    name = "role trust policy" if by_trust else NAMES[layer]
    if not decision.denies:
        return f" because no {name} allows the {request.action} action"
    article = "the" if name == "role trust policy" else "an" if name[0] in "aeiou" else "a"
    arn = next((hit.attached.arn for hit in decision.denies if hit.layer == layer), None)
    tail = f": {arn}" if arn and layer in _WITH_ARN else ""
    return f" with an explicit deny in {article} {name}{tail}"


def _is_abroad(decision: Decision) -> bool:
    """Return whether the caller is in another account."""
    request = decision.request
    return bool(request.caller.account) and not request.same_account


def _is_explained(decision: Decision) -> bool:
    """Return whether AWS gives the caller a reason: in one account or one organization."""
    request = decision.request
    if not _is_abroad(decision):
        return not (request.caller.is_anonymous and request.service == "s3")
    caller = request.value("aws:PrincipalOrgID")
    return caller is not None and caller == request.value("aws:ResourceOrgID")


def named_layer(decision: Decision) -> str:
    """Choose the layer to name: the first that denies, otherwise the one without an Allow."""
    if decision.denies:
        return min((match.layer for match in decision.denies), key=NAMED_FIRST.index)
    first = [layer for layer in NAMED_FIRST if layer in decision.blocking]
    if first and (first[0] in GUARDRAILS or decision.trace.is_cut):
        return first[0]
    return decision.trace.missing_granter
