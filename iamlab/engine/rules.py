"""The rules of the decision. Each one can be replaced by a wrong belief of a learner.

``AWS_RULES`` has AWS's rules. A wrong belief is the same table with one rule replaced. The engine
then decides as a learner with this belief would.

>>> from dataclasses import replace
>>> from iamlab.engine.layer_results import LayerResults
>>> boundary_grants = replace(AWS_RULES, same_account=lambda v: v.identity or any(v.boundary))
>>> boundary_allows = LayerResults(boundary=(True,))
>>> boundary_grants.same_account(boundary_allows), AWS_RULES.same_account(boundary_allows)
(True, False)

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Cross-account policy
evaluation logic"; "Permissions boundaries for IAM entities"; "Key policies in AWS KMS"; "API
AssumeRole"; "AWS account root user"; "Configuring IAM policies for using access points".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from operator import and_, attrgetter
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import old_names_of
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.matching import any_action_matches
from iamlab.engine.principals import match_principal
from iamlab.engine.request import Request
from iamlab.engine.verdict import Verdict
from iamlab.policy.conditions import ConditionRules
from iamlab.policy.patterns import glob_resource

if TYPE_CHECKING:
    from iamlab.engine.layers import Place
    from iamlab.engine.principals import PrincipalMatch
    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Statement
else:
    __getattr__ = old_names_of(__name__)

GrantRule = Callable[[LayerResults], int]
CeilingRule = Callable[[Sequence[int]], int]

ALL = -1
"""Every bit is set: nothing is limited."""


def _any_deny(applying: Sequence[StatementMatch]) -> bool:
    """Check for a Deny: one is enough, in any policy, whatever else allows."""
    return any(match.effect == "Deny" for match in applying)


def _every_level(allows: Sequence[int]) -> int:
    """Combine the levels of a ceiling: each must allow; a missing ceiling limits nothing."""
    return reduce(and_, allows, ALL)


def _same_account(results: LayerResults) -> int:
    """Within an account, either side is enough.

    The filters are the permissions boundary and the session policy. They don't limit an Allow of a
    resource policy whose Principal is the ARN of the session or user, or ``*`` (``direct``). A Deny
    in them still wins.
    """
    return results.direct | ((results.identity | results.indirect) & results.filters)


def _resource_must_allow(results: LayerResults) -> int:
    """Trust and key policies must allow. If they name the account, its policies must allow too."""
    by_account = results.account & results.identity
    return results.direct | ((results.indirect | by_account) & results.filters)


def _key_policy_or_grant(results: LayerResults) -> int:
    """For a KMS key, the key policy or a grant must allow."""
    return _resource_must_allow(results) | results.grant


def _both_sides(results: LayerResults) -> int:
    """Between two accounts, both sides must allow, and every ceiling of the caller applies."""
    by_resource = results.direct | results.indirect | results.account | results.grant
    return by_resource & results.identity & results.filters


def _bucket_of_access_point(results: LayerResults) -> int:
    """The bucket behind an access point must allow; the caller's side allowed the access point."""
    return results.direct | results.indirect | results.account


def _resource_alone(results: LayerResults) -> int:
    """For callers without identity-based policies, the resource's side must allow."""
    return results.direct | results.grant


def _identity_alone(results: LayerResults) -> int:
    """Only the caller's side must allow: a member account doesn't have to permit root access."""
    return results.identity & results.filters


def _always(_: LayerResults) -> int:
    """The root user needs no Allow in its own account."""
    return ALL


def _never(_: LayerResults) -> int:
    return False


@dataclass(frozen=True, slots=True)
class Rules(ConditionRules):
    """How statements are matched, and how results become a verdict.

    The rules for conditions (``missing_key``, ``empty_set``, ``any_value``, ``operators``) come
    from :class:`~iamlab.policy.conditions.ConditionRules`.

    Parameters
    ----------
    variable
        Returns the value of a policy variable; ``None`` if it has none.
    action
        Returns whether any value of an element matches the request's action.
    resource
        Returns whether a value matches the request's resource.
    principal
        Returns how directly a statement names the caller.
    deny_wins
        Returns whether a Deny decides, of the statements that match.
    default
        The verdict if no statement denies and a required Allow is missing.
    rcp, scp, endpoint, boundary, session, scoped
        Returns whether the ceiling allows, by the results of its levels.
    same_account, role_trust, kms_key, cross_account, root_user, root_user_kms, root_user_abroad
        Returns whether the results are enough, for each type of request.
    root_user_assumes_role, assume_root, both_sides, never_abroad, needs_long_term_keys,
    needs_temporary_credentials, credentials_refused, outsider, behind_access_point
        The same for rarer requests. Setting a source identity needs both sides, even in one
        account. Root users can't assume roles. sts:AssumeRoot needs only the caller's side. Some
        actions never work from another account. A session can't be exchanged with GetSessionToken
        or GetFederationToken. An outsider is a service, an anonymous caller, or a user of an
        identity provider. A bucket must allow what came through its access point.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from iamlab import Layers, Policy, Request, evaluate
    >>> ana, maps = "arn:aws:iam::111111111111:user/ana", "arn:aws:s3:::star-maps/m31.fits"
    >>> request = Request(ana, "s3:GetObject", maps, resource_account="111111111111")
    >>> layers = Layers(identity=[Policy.deny("s3:Get*"), Policy.allow("s3:*")])
    >>> last_wins = replace(AWS_RULES, deny_wins=lambda applying: applying[-1].effect == "Deny")
    >>> print(evaluate(request, layers), evaluate(request, layers, last_wins), sep="; ")
    ✕ explicit deny by policy/#1; ✓ allowed by policy/#1
    """

    variable: Callable[[Request, str], str | None] = Request.value
    action: Callable[[tuple[str, ...], str], bool] = any_action_matches
    resource: Callable[[str, str], bool] = glob_resource
    principal: Callable[[Statement, Request, Place], PrincipalMatch] = match_principal
    deny_wins: Callable[[Sequence[StatementMatch]], bool] = _any_deny
    default: Verdict = Verdict.IMPLICIT_DENY
    rcp: CeilingRule = _every_level
    scp: CeilingRule = _every_level
    endpoint: CeilingRule = _every_level
    boundary: CeilingRule = _every_level
    session: CeilingRule = _every_level
    scoped: CeilingRule = _every_level
    same_account: GrantRule = _same_account
    role_trust: GrantRule = _resource_must_allow
    kms_key: GrantRule = _key_policy_or_grant
    cross_account: GrantRule = _both_sides
    behind_access_point: GrantRule = _bucket_of_access_point
    both_sides: GrantRule = _both_sides
    root_user: GrantRule = _always
    root_user_kms: GrantRule = _resource_alone
    root_user_abroad: GrantRule = _resource_alone
    root_user_assumes_role: GrantRule = _never
    assume_root: GrantRule = _identity_alone
    never_abroad: GrantRule = _never
    needs_long_term_keys: GrantRule = _never
    needs_temporary_credentials: GrantRule = _never
    credentials_refused: GrantRule = _never
    outsider: GrantRule = _resource_alone

    def __reduce__(self) -> str | tuple[Any, ...]:
        # AWS's rules are pickled by name, since nested functions can't be pickled.
        if self is AWS_RULES:
            return "AWS_RULES"
        return Rules, tuple(getattr(self, field.name) for field in fields(self))


AWS_RULES = Rules()
"""AWS's own rules."""

matching = attrgetter("variable", "action", "resource", "principal", *ConditionRules.__match_args__)
"""Returns the rules by which a statement matches a request; the others combine the results."""
