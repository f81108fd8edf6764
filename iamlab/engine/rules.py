"""The replaceable rules: each thing that a learner may believe otherwise is one entry.

``AWS`` is the table that is right. A wrong belief is the same table with one entry replaced, and
the engine then decides as somebody with that belief would:

>>> from dataclasses import replace
>>> from iamlab.engine.votes import Votes
>>> boundary_grants = replace(AWS, same_account=lambda v: v.identity or v.boundary is True)
>>> boundary_grants.same_account(Votes(boundary=True)), AWS.same_account(Votes(boundary=True))
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iamlab.engine.votes import Votes
from iamlab.policy.conditions import Comparison, missing_key_default

Grant = Callable[[Votes], bool]
Ceiling = Callable[[bool | None], bool]


def _open_unless_silent(allows: bool | None) -> bool:  # noqa: FBT001 - what the ceiling says
    """A ceiling that is there must allow; one that is not there cuts nothing."""
    return allows is not False


def _same_account(votes: Votes) -> bool:
    """Inside one account either side is enough; what names the very caller is not even cut."""
    return votes.direct or ((votes.identity or votes.indirect) and votes.limits)


def _resource_must_allow(votes: Votes) -> bool:
    """Trust and key policies must allow; if they name the account, its own policies must too."""
    by_account = votes.account and votes.identity
    return votes.direct or ((votes.indirect or by_account) and votes.limits)


def _cross_account(votes: Votes) -> bool:
    """Between two accounts both sides must allow, and every ceiling of the caller counts."""
    by_resource = votes.direct or votes.indirect or votes.account
    return by_resource and votes.identity and votes.limits


def _resource_alone(votes: Votes) -> bool:
    """Who has no identity-based policy needs to be let in by the resource policy."""
    return votes.direct


def _unless_cut(votes: Votes) -> bool:
    """The root user needs no Allow; only a session that was made for a task has limits."""
    return votes.limits


def _always(_: Votes) -> bool:
    return True


def _never(_: Votes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Rules:
    """How votes become a verdict.

    Parameters
    ----------
    missing_key
        Whether a condition holds if the request has no such key.
    deny_wins
        Whether, of a statement that denies and one that allows, the first decides.
    boundary, session
        Whether the ceiling lets a grant through, given what it says.
    same_account, role_trust, kms_key, cross_account, root_user, root_user_kms, root_user_abroad
        Who must allow, in each situation.
    root_user_assumes_role, outsider, session_token, never_refused
        The same for the rarer ones: roles are never assumed by root; an outsider is a service or
        an anonymous caller; the last two are for actions that need no permission.
    """

    missing_key: Callable[[Comparison], bool] = missing_key_default
    deny_wins: bool = True
    boundary: Ceiling = _open_unless_silent
    session: Ceiling = _open_unless_silent
    same_account: Grant = _same_account
    role_trust: Grant = _resource_must_allow
    kms_key: Grant = _resource_must_allow
    cross_account: Grant = _cross_account
    root_user: Grant = _unless_cut
    root_user_kms: Grant = _resource_alone
    root_user_abroad: Grant = _resource_alone
    root_user_assumes_role: Grant = _never
    outsider: Grant = _resource_alone
    session_token: Grant = _always
    never_refused: Grant = _always


AWS = Rules()
"""AWS's own rules."""
