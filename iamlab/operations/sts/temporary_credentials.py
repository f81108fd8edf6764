"""GetSessionToken, GetFederationToken, AssumeRoot and GetScopedCredentials.

The first two return a session for a user's or root user's long-term keys. AssumeRoot makes the
caller the root user of a member account, for one task and fifteen minutes. GetScopedCredentials
returns the same session with fewer permissions.

GetDelegatedAccessToken, for products of AWS's partners, isn't modelled: trade-in tokens come from
delegation requests that customers accept in the console, and there are none (see ``NOT_MODELLED``
in ``registry.py``).

Notes
-----
AWS pages: "API GetSessionToken"; "API GetFederationToken"; "Permissions for GetSessionToken";
"Permissions for GetFederationToken"; "Compare AWS STS credentials"; "API AssumeRoot"; "Centralize
root access for member accounts"; "Perform a privileged task on an AWS Organizations member
account"; "API GetScopedCredentials" (November 2026); "API GetDelegatedAccessToken".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from iamlab import unsure
from iamlab.errors import AccessDenied, RequestError, ValidationError, noted
from iamlab.errors.sts import InsufficientSessionLifetime, InvalidSubjectCredentials
from iamlab.model import managed_policies as managed
from iamlab.model.organization.root_features import TASKS, may_assume_root, task_of, task_policy_arn
from iamlab.model.quotas import is_account_id
from iamlab.model.record import CredentialKind
from iamlab.operations.policy_documents import saved
from iamlab.operations.sts.calls import check_is_on, check_mfa, sts_operation
from iamlab.operations.sts.issuing import (
    credentials,
    federated_user,
    issue,
    passed_policies,
    scoped,
    session_tags,
)
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.model.credentials import SessionRecord
    from iamlab.operations.sts.calls import StsCall
    from iamlab.operations.sts.session import Session
    from iamlab.policy.document import Policy


DEFAULT_SECONDS = 43_200
OF_ROOT = 3600
"""The longest session of a root user; longer requests get this."""


def _seconds(call: StsCall) -> int:
    seconds = int(call.parameters.get("DurationSeconds", DEFAULT_SECONDS))
    return min(seconds, OF_ROOT) if call.is_root else seconds


def _issuer(call: StsCall) -> tuple[str, str]:
    return call.who.arn, call.who.who().userid


@sts_operation("GetSessionToken", credentials, reads_only=False)
def get_session_token(call: StsCall) -> Session:
    """Exchange long-term keys for a session of the same user, optionally with MFA."""
    call.must_be_allowed("sts:GetSessionToken", "*")
    with_mfa = check_mfa(call)
    check_is_on(call.endpoint, call.account)
    issuer, seconds = _issuer(call), _seconds(call)
    return issue(
        call, call.account, CredentialKind.USER, call.who.arn, issuer, seconds, mfa=with_mfa
    )


def _federated(call: StsCall) -> str:
    account = call.account
    start = f"arn:{account.partition}:sts::{account.account_id}"
    return f"{start}:federated-user/{call.parameters['Name']}"


@sts_operation("GetFederationToken", federated_user, reads_only=False, about=_federated)
def get_federation_token(call: StsCall) -> Session:
    """Create a session of a federated user, limited by the caller's permissions."""
    request, account = call.parameters, call.account
    arn = _federated(call)
    tags = session_tags(request.get("Tags", ()))
    call.must_be_allowed("sts:GetFederationToken", arn, tags.context())
    if tags.needs_permission:
        call.must_be_allowed("sts:TagSession", arn, tags.context())
    policies = passed_policies(account, request)
    check_is_on(call.endpoint, account)
    return issue(
        call,
        account,
        CredentialKind.FEDERATED,
        arn,
        _issuer(call),
        _seconds(call),
        name=request["Name"],
        tags=tags.tags,
        **policies,
    )


ROOT_SECONDS = 900


def _target(call: StsCall) -> str:
    """Return the ARN of the member account's root user, from any form."""
    named = str(call.parameters["TargetPrincipal"])
    if is_account_id(named):
        return f"arn:{call.account.partition}:iam::{named}:root"
    return named


@sts_operation("AssumeRoot", credentials, is_regional=True, reads_only=False, about=_target)
def assume_root(call: StsCall) -> Session:
    """Assume root in a member account for a task."""
    world, arn = call.world, _target(call)
    task = _task(str(call.parameters["TaskPolicyArn"].get("arn", "")))
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.resource) != ("iam", "root"):
        raise ValidationError(f"Invalid TargetPrincipal: {arn}")  # likely wording
    call.must_be_allowed("sts:AssumeRoot", arn, {"sts:TaskPolicyArn": task})
    why_not = may_assume_root(world, call.who.account_id, parsed.account, task_of(task))
    member = world.accounts.get(parsed.account)
    if why_not or member is None:
        what = "is not authorized to perform: sts:AssumeRoot on resource"
        note = why_not or "There is no such account in this world."
        raise noted(AccessDenied(f"User: {call.who.arn} {what}: {arn}"), note)
    check_is_on(call.endpoint, member)
    return issue(
        call,
        member,
        CredentialKind.ROOT_TASK,
        arn,
        (arn, member.account_id),
        call.parameters.get("DurationSeconds", ROOT_SECONDS),
        source_identity="" if call.session is None else call.session.source_identity,
        policy_arns=(task,),
    )


def _task(arn: str) -> str:
    """Check for one of the five policies under ``/root-task/``.

    Raises
    ------
    ValidationError
        It is another policy.
    """
    if not task_of(arn) or managed.find(arn) is None:
        error = ValidationError(f"Invalid TaskPolicyArn: {arn}")  # likely wording
        raise noted(error, f"It is {task_policy_arn('')} and one of {', '.join(TASKS)}")
    return arn


_KEPT = (
    *("name", "mfa", "tags", "transitive_tag_keys", "source_identity"),
    *("policy", "policy_arns", "keys"),
)
"""The fields that scoped credentials copy from their session."""

MOST_LAYERS = 3
"""How many scope-down policies can be combined."""


@sts_operation("GetScopedCredentials", scoped, is_regional=True, reads_only=False)
def get_scoped_credentials(call: StsCall) -> Session:
    """Create credentials of the caller's own session with fewer permissions or less time."""
    request, session = call.parameters, call.session
    if session is None:
        wrong = InvalidSubjectCredentials("The calling session's credentials are not valid.")
        raise noted(
            wrong, "Only temporary credentials can be scoped down: call GetSessionToken first."
        )
    if "Policy" not in request and "DurationSeconds" not in request:
        raise ValidationError("At least one of Policy or DurationSeconds must be provided.")
    call.must_be_allowed("sts:GetScopedCredentials", "*")
    policies = (*session.scoped, *_policy(call, session))
    # A console session can last longer than its credentials.
    left = int(((call.expiration or session.expiration) - call.world.clock.now).total_seconds())
    seconds = request.get("DurationSeconds", left)
    if seconds > left:
        raise InsufficientSessionLifetime(
            f"The requested DurationSeconds of {seconds} is greater than the remaining lifetime of "
            f"the calling session, which is {left} seconds."
        )
    keeps_time = unsure.SCOPED_CREDENTIALS_KEEP_THE_ISSUE_TIME
    return issue(
        call,
        call.world.accounts[session.account_id],
        session.kind,
        session.arn,
        (session.issuer_arn, session.issuer_id),
        seconds,
        issue_time=(session.issue_time or session.issued) if keeps_time else None,
        scoped=policies,
        **{name: getattr(session, name) for name in _KEPT},
    )


def _policy(call: StsCall, session: SessionRecord) -> tuple[Policy, ...]:
    """Return the scope-down policy, if there is one, and if the limit allows it."""
    text = call.parameters.get("Policy")
    if text is None:
        return ()
    if len(session.scoped) >= MOST_LAYERS:
        error = AccessDenied(
            f"A session can have at most {MOST_LAYERS} scope-down policies."  # likely wording
        )
        raise noted(error, "Without Policy, you can still set a shorter DurationSeconds.")
    number = len(session.scoped) + 1
    policy = saved(text, "scope-down policy", "session")
    return (replace(policy, name=f"scope-down policy {number}"),)


@sts_operation("GetDelegatedAccessToken", reads_only=False)
def get_delegated_access_token(_: StsCall) -> NoReturn:
    """Raise an error: a world has no trade-in tokens."""
    raise RequestError(
        "GetDelegatedAccessToken isn't modelled: trade-in tokens come from delegation requests of "
        "AWS's partners, and there are none in a world."
    )
