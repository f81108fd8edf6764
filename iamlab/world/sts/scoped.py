"""GetScopedCredentials: the same session, with less.

Notes
-----
AWS page: "API GetScopedCredentials" (November 2026).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.errors import AccessDenied, ValidationError
from iamlab.sts_errors import InsufficientSessionLifetime, InvalidSubjectCredentials
from iamlab.world.saving import saved
from iamlab.world.sts.answers import scoped
from iamlab.world.sts.issuing import issue
from iamlab.world.sts.operation import sts_operation

if TYPE_CHECKING:
    from iamlab.policy.document import Policy
    from iamlab.world.sts.asked import Asked
    from iamlab.world.sts.issuing import SessionFields
    from iamlab.world.sts.record import SessionRecord
    from iamlab.world.sts.session import Session

MOST_LAYERS = 3
"""So many scope-down policies can lie one upon another."""


@sts_operation("GetScopedCredentials", scoped, is_regional=True, reads_only=False)
def get_scoped_credentials(asked: Asked) -> Session:
    """Make credentials of the caller's own session that may do less, or end sooner."""
    given, session = asked.given, asked.session
    if session is None:
        wrong = InvalidSubjectCredentials("The calling session's credentials are not valid.")
        wrong.add_note("Only temporary credentials can be scoped down: call GetSessionToken first.")
        raise wrong
    if "Policy" not in given and "DurationSeconds" not in given:
        raise ValidationError("At least one of Policy or DurationSeconds must be provided.")
    asked.must_be_allowed("sts:GetScopedCredentials", "*")
    policies = (*session.scoped, *_policy(asked, session))
    # A console session may last longer than the credentials that it was opened with.
    left = int(((asked.expiration or session.expiration) - asked.world.clock.now).total_seconds())
    seconds = given.get("DurationSeconds", left)
    if seconds > left:
        raise InsufficientSessionLifetime(
            f"The requested DurationSeconds of {seconds} is greater than the remaining lifetime of "
            f"the calling session, which is {left} seconds."
        )
    account = asked.world.accounts[session.account_id]
    return issue(
        account,
        "GetScopedCredentials",
        session.kind,
        session.arn,
        (session.issuer_arn, session.issuer_id),
        seconds,
        name=session.name,
        region=asked.endpoint,
        minimum_session_token_size=asked.minimum_size,
        scoped=policies,
        **_inherited(session),
    )


def _inherited(session: SessionRecord) -> SessionFields:
    """Give what the new credentials have of the session's, which is their parent."""
    keeps = unsure.SCOPED_CREDENTIALS_KEEP_THE_ISSUE_TIME
    return {
        "parent": session.access_key_id,
        "issue_time": (session.issue_time or session.issued) if keeps else None,
        "mfa": session.mfa,
        "tags": session.tags,
        "transitive_tag_keys": session.transitive_tag_keys,
        "source_identity": session.source_identity,
        "policy": session.policy,
        "policy_arns": session.policy_arns,
        "keys": session.keys,
    }


def _policy(asked: Asked, session: SessionRecord) -> tuple[Policy, ...]:
    """Read the scope-down policy, if there is one and room for it."""
    text = asked.given.get("Policy")
    if text is None:
        return ()
    if len(session.scoped) >= MOST_LAYERS:
        error = AccessDenied(
            f"A session can have at most {MOST_LAYERS} scope-down policies."  # likely wording
        )
        error.add_note("Without Policy, DurationSeconds alone can still be made shorter.")
        raise error
    number = len(session.scoped) + 1
    policy = saved(text, "scope-down policy", "session")
    return (replace(policy, name=f"scope-down policy {number}"),)
