"""GetSessionToken and GetFederationToken: what a user, or root user, gets for long-term keys.

Notes
-----
AWS pages: "API GetSessionToken"; "API GetFederationToken"; "Permissions for GetSessionToken";
"Permissions for GetFederationToken"; "Compare AWS STS credentials".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.presented import CredentialKind
from iamlab.world.sts.answers import credentials, federated_user
from iamlab.world.sts.endpoints import check_is_on
from iamlab.world.sts.issuing import issue
from iamlab.world.sts.mfa_codes import check_mfa
from iamlab.world.sts.operation import sts_operation
from iamlab.world.sts.passed_policies import passed_policies
from iamlab.world.sts.session_tags import session_tags

if TYPE_CHECKING:
    from iamlab.world.sts.asked import Asked
    from iamlab.world.sts.session import Session

DEFAULT_SECONDS = 43_200
OF_ROOT = 3600
"""A root user's session lasts so long at most: who asks for more gets this."""


def _seconds(asked: Asked) -> int:
    seconds = int(asked.given.get("DurationSeconds", DEFAULT_SECONDS))
    return min(seconds, OF_ROOT) if asked.is_root else seconds


def _issuer(asked: Asked) -> tuple[str, str]:
    return asked.who.arn, asked.who.who().userid


@sts_operation("GetSessionToken", credentials, reads_only=False)
def get_session_token(asked: Asked) -> Session:
    """Trade long-term keys for a session of the same user, perhaps with MFA."""
    asked.must_be_allowed("sts:GetSessionToken", "*")
    with_mfa = check_mfa(asked)
    check_is_on(asked.endpoint, asked.account)
    return issue(
        asked.account,
        "GetSessionToken",
        CredentialKind.USER,
        asked.who.arn,
        _issuer(asked),
        _seconds(asked),
        region=asked.endpoint,
        parent=asked.parent,
        mfa=with_mfa,
        minimum_session_token_size=asked.minimum_size,
    )


def _federated(asked: Asked) -> str:
    account = asked.account
    start = f"arn:{account.partition}:sts::{account.account_id}"
    return f"{start}:federated-user/{asked.given['Name']}"


@sts_operation("GetFederationToken", federated_user, reads_only=False, about=_federated)
def get_federation_token(asked: Asked) -> Session:
    """Make a session for somebody whom only the caller knows: at most what both of them may."""
    given, account = asked.given, asked.account
    arn = _federated(asked)
    tags = session_tags(given.get("Tags", ()))
    asked.must_be_allowed("sts:GetFederationToken", arn, tags.context())
    if tags.needs_permission:
        asked.must_be_allowed("sts:TagSession", arn, tags.context())
    policy, policy_arns = passed_policies(account, given)
    check_is_on(asked.endpoint, account)
    return issue(
        account,
        "GetFederationToken",
        CredentialKind.FEDERATED,
        arn,
        _issuer(asked),
        _seconds(asked),
        name=given["Name"],
        region=asked.endpoint,
        parent=asked.parent,
        tags=tags.tags,
        policy=policy,
        policy_arns=policy_arns,
        minimum_session_token_size=asked.minimum_size,
    )
