"""GetSessionToken and GetFederationToken: what a user, or root user, gets for long-term keys.

AssumeRoot: the root user of a member account, for one task and fifteen minutes.

GetScopedCredentials: the same session, with less.

GetDelegatedAccessToken: what products of AWS's partners get for a trade-in token. Not modelled.

Who holds such a token got it from a delegation request that a customer accepted in his console.
Those requests are not modelled either (``api/not_modelled.py`` says why), so no token is right.

Notes
-----
AWS pages: "API GetSessionToken"; "API GetFederationToken"; "Permissions for GetSessionToken";
"Permissions for GetFederationToken"; "Compare AWS STS credentials".
AWS pages: "API AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged
task on an AWS Organizations member account".
AWS page: "API GetScopedCredentials" (November 2026).
AWS page: "API GetDelegatedAccessToken".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from iamlab import unsure
from iamlab.errors import AccessDenied, RequestError, ValidationError
from iamlab.errors.sts import InsufficientSessionLifetime, InvalidSubjectCredentials
from iamlab.model import managed_policies as managed
from iamlab.model.organization.root_features import TASKS, may_assume_root
from iamlab.model.quotas import is_account_id
from iamlab.model.record import CredentialKind
from iamlab.operations.policy_documents import saved
from iamlab.operations.sts.caller import check_is_on, check_mfa
from iamlab.operations.sts.calls import sts_operation
from iamlab.operations.sts.issuing import (
    credentials,
    federated_user,
    issue,
    passed_policies,
    scoped,
    with_source_identity,
)
from iamlab.operations.sts.session_tags import session_tags
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.model.session_record import SessionRecord
    from iamlab.operations.sts.caller import Asked
    from iamlab.operations.sts.issuing import SessionFields
    from iamlab.operations.sts.session import Session
    from iamlab.policy.document import Policy


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


ROOT_SECONDS = 900


def _target(asked: Asked) -> str:
    """Give the ARN of the member account's root user, however it was named."""
    named = str(asked.given["TargetPrincipal"])
    if is_account_id(named):
        return f"arn:{asked.account.partition}:iam::{named}:root"
    return named


@sts_operation(
    "AssumeRoot", with_source_identity, is_regional=True, reads_only=False, about=_target
)
def assume_root(asked: Asked) -> Session:
    """Take the root user of a member account for a task."""
    world, arn = asked.world, _target(asked)
    task = _task(str(asked.given["TaskPolicyArn"].get("arn", "")))
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.resource) != ("iam", "root"):
        raise ValidationError(f"Invalid TargetPrincipal: {arn}")  # likely wording
    asked.must_be_allowed("sts:AssumeRoot", arn, {"sts:TaskPolicyArn": task})
    why_not = may_assume_root(world, asked.who.account_id, parsed.account, task.rpartition("/")[2])
    member = world.accounts.get(parsed.account)
    if why_not or member is None:
        what = "is not authorized to perform: sts:AssumeRoot on resource"
        error = AccessDenied(f"User: {asked.who.arn} {what}: {arn}")
        error.add_note(why_not or "There is no such account in this world.")
        raise error
    check_is_on(asked.endpoint, member)
    session = asked.session
    return issue(
        member,
        "AssumeRoot",
        CredentialKind.ROOT_TASK,
        arn,
        (arn, member.account_id),
        asked.given.get("DurationSeconds", ROOT_SECONDS),
        region=asked.endpoint,
        parent=asked.parent,
        source_identity="" if session is None else session.source_identity,
        policy_arns=(task,),
        minimum_session_token_size=asked.minimum_size,
    )


def _task(arn: str) -> str:
    """Insist on one of the five policies under ``/root-task/``.

    Raises
    ------
    ValidationError
        It is another one.
    """
    path, _, name = arn.rpartition("/")
    if not path.endswith(":policy/root-task") or name not in TASKS or managed.find(arn) is None:
        error = ValidationError(f"Invalid TaskPolicyArn: {arn}")  # likely wording
        error.add_note("It is arn:aws:iam::aws:policy/root-task/ and one of " + ", ".join(TASKS))
        raise error
    return arn


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


@sts_operation("GetDelegatedAccessToken", reads_only=False)
def get_delegated_access_token(_: Asked) -> NoReturn:
    """Refuse: there are no trade-in tokens in a world."""
    raise RequestError(
        "GetDelegatedAccessToken is not modelled: trade-in tokens come from delegation requests of "
        "AWS's partners, and there are none in a world."
    )
