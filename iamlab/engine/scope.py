"""Whom a layer binds: the shape of the caller, the action and the resource say so, no flag does.

Notes
-----
AWS pages: "Service control policies (SCPs)"; "Resource control policies (RCPs)"; "Permissions
boundaries for IAM entities"; "AWS account root user".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.actions import FOR_SERVICES_ONLY, RCP_SPARES, ROOT_UNLOCKS
from iamlab.engine.request import SERVICE_LINKED, Kind
from iamlab.policy.rcp_services import RCP_SERVICES

if TYPE_CHECKING:
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request

# The layers of the caller's own side, by who has none of them whatever is handed in.
OWN_SIDE = ("scp", "identity", "boundary", "session", "scoped")
WITHOUT = {
    Kind.SERVICE: (OWN_SIDE, "An AWS service is no principal of an account"),
    Kind.ANONYMOUS: (OWN_SIDE, "Who does not sign is no principal of an account"),
    Kind.PROVIDER: (OWN_SIDE, "Who comes from an identity provider has no AWS identity yet"),
    Kind.ROOT: (("identity", "boundary"), "No policy can be attached to the root user"),
}


def unbound(layer: str, request: Request) -> str:
    """Say why a layer has no part in this request, in a clause; empty where it has.

    Examples
    --------
    >>> from iamlab.engine.request import Request
    >>> unbound("scp", Request("ec2.amazonaws.com", "sts:AssumeRole",
    ...                        "arn:aws:iam::111122223333:role/job"))
    'An AWS service is no principal of an account'
    """
    caller, action = request.caller, request.action.lower()
    layers, reason = WITHOUT.get(caller.kind, ((), ""))
    if layer in layers:
        return reason
    if layer in ("scp", "rcp", "boundary") and caller.is_service_linked:
        return "A service-linked role does not stand under this"
    if layer == "rcp" and caller.kind is Kind.SERVICE and SERVICE_LINKED in request.resource:
        return "RCPs never keep a service from its service-linked role"
    if layer == "rcp":
        return _out_of_reach(request, action)
    if layer == "resource":
        if caller.kind is Kind.ROOT and request.same_account and action in ROOT_UNLOCKS:
            return "The owner's root user may always mend this policy, whatever it says"
        if request.service in FOR_SERVICES_ONLY and caller.kind is not Kind.SERVICE:
            return f"Resource policies of {request.service} speak only to AWS services"
        if request.resource_is_role and request.service != "sts":
            return "A role's trust policy speaks only of sts actions"
    if layer == "grant" and not request.about_kms_key:
        return "Grants are for KMS keys"
    return ""


def _out_of_reach(request: Request, action: str) -> str:
    """Say why an RCP does not protect this resource against this action."""
    if request.service not in RCP_SERVICES:
        return f"RCPs do not cover {request.service}"
    if action in RCP_SPARES:
        return f"RCPs do not cover {request.action}"
    return "RCPs protect resources, and this call concerns none" if request.resource == "*" else ""


def only_denies(layer: str, request: Request) -> bool:
    """Say whether a ceiling needs no Allow: the task policy of a root session only denies.

    Notes
    -----
    AWS page: "Perform a privileged task on a member account": its policies hold no Allow.
    """
    return layer == "session" and request.caller.kind is Kind.ROOT


def is_bounded(request: Request, layers: Layers) -> bool:
    """Say whether a permissions boundary stands above the caller."""
    return layers.boundary is not None and not unbound("boundary", request)
