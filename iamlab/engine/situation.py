"""Which rule combines the votes: one account or two, a role, a key, the root user, an outsider?

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access", for the
trust and key policies that must allow; "Cross-account policy evaluation logic"; "IAM identifiers",
for partitions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.actions import (
    BACKUP_ABROAD,
    KMS_ABROAD,
    NEEDS_BOTH_SIDES,
    NEEDS_LONG_TERM_KEYS,
    NEEDS_NO_PERMISSION,
    NEVER_ABROAD,
    NEVER_REFUSED,
    ONLY_NARROWS,
)
from iamlab.engine.request import Kind

if TYPE_CHECKING:
    from iamlab.engine.request import Request

OUTSIDERS = (Kind.SERVICE, Kind.ANONYMOUS, Kind.PROVIDER)

SESSIONS = (Kind.ROLE, Kind.SESSION, Kind.FEDERATED)
"""Who calls with temporary credentials, as the ARN shows."""

UNSIGNED = (Kind.ANONYMOUS, Kind.PROVIDER)
"""Who has no AWS credentials with which to sign."""


FREE = ("needs_no_permission", "only_narrows")
"""Situations in which nobody has to allow."""


def situation(request: Request) -> str:
    """Name the situation. Apart from the first one and those of ``FREE`` it is one of ``Rules``.

    Examples
    --------
    >>> from iamlab import Request
    >>> situation(Request("arn:aws:iam::111122223333:user/alice", "sts:AssumeRole",
    ...                   "arn:aws:iam::444455556666:role/partner"))
    'cross_account'
    """
    caller, action = request.caller, request.action.lower()
    if action in NEVER_REFUSED and caller.kind not in UNSIGNED:
        return "never_refused"
    by_credentials = _of_credentials(request, action)
    if by_credentials:
        return by_credentials
    if caller.kind is Kind.ROOT:
        return _of_root_user(request, action)
    if action == "sts:assumeroot":
        return "assume_root"
    if not request.same_account:
        return "never_abroad" if _never_abroad(request, action) else "cross_account"
    if request.about_kms_key:
        return "kms_key"
    if not request.about_trust:
        return "same_account"
    return "both_sides" if action in NEEDS_BOTH_SIDES else "role_trust"


def _of_credentials(request: Request, action: str) -> str:
    """Name the situation where it is the kind of credentials that decides; else nothing."""
    kind = request.caller.kind
    if kind in OUTSIDERS:
        return "outsider"
    if action in NEEDS_LONG_TERM_KEYS and kind in SESSIONS:
        return "needs_long_term_keys"
    if request.refusal:
        return "credentials_refused"
    if action in NEEDS_NO_PERMISSION and kind in (Kind.USER, Kind.ROOT):
        return "needs_no_permission"
    if action in ONLY_NARROWS and request.with_long_term_keys:
        return "needs_temporary_credentials"
    if action in ONLY_NARROWS and unsure.SCOPED_CREDENTIALS_NEED_NO_ALLOW:
        return "only_narrows"
    return ""


def _of_root_user(request: Request, action: str) -> str:
    """Name the situation of a root user."""
    if action == "sts:assumeroot" or request.about_trust:
        return "root_user_assumes_role"
    if not request.same_account:
        return "never_abroad" if _never_abroad(request, action) else "root_user_abroad"
    return "root_user_kms" if request.about_kms_key else "root_user"


def _never_abroad(request: Request, action: str) -> bool:
    """Say whether no policy can give this to a caller of another account."""
    return (
        not request.same_partition
        or action in NEVER_ABROAD
        or (request.about_kms_key and action not in KMS_ABROAD)
        or (request.service == "backup" and action not in BACKUP_ABROAD)
    )
