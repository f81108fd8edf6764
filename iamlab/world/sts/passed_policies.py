"""Session policies: what is passed with a call, so that the session may do less.

Notes
-----
AWS pages: "Policies and permissions in AWS Identity and Access Management", section on session
policies; "API AssumeRole", of ``Policy`` and ``PolicyArns``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import ValidationError
from iamlab.policy.arn import Arn, is_arn
from iamlab.world import managed
from iamlab.world.saving import saved
from iamlab.world.sts.packing import check_plaintext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account


def passed_policies(
    account: Account, given: Mapping[str, Any]
) -> tuple[Policy | None, tuple[str, ...]]:
    """Read the session policies of a call: the inline one, and the ARNs of managed ones.

    Parameters
    ----------
    account
        Whose managed policies can be named; AWS's own can always be.

    Raises
    ------
    MalformedPolicyDocument
        The document is no policy.
    PackedPolicyTooLarge
        They are too long.
    ValidationError
        There are too many, or one of those that are named is not there.
    """
    arns = tuple(dict.fromkeys(str(one.get("arn", "")) for one in given.get("PolicyArns", ())))
    text = given.get("Policy")
    check_plaintext(text or "", arns)
    policy = None if text is None else saved(text, "session policy", "session")
    for arn in arns:
        _check_is_there(account, arn)
    return policy, arns


def _check_is_there(account: Account, arn: str) -> None:
    """Check a managed policy; AWS's sentence about one that is not there is likely."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.kind) != ("iam", "policy"):
        raise ValidationError(f"ARN {arn} is not valid.")
    if arn not in account.policies and managed.find(arn) is None:
        error = ValidationError(f"Policy ARN {arn} does not exist or is not attachable.")
        error.add_note("It is one of AWS's, or of the account of the role or user.")
        raise error
