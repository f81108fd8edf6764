"""AssumeRole: a session of a role, for whom its trust policy lets.

AWS does not say whether there is such a role: whoever may not assume it hears the same as of one
that is not there.

Notes
-----
AWS pages: "API AssumeRole"; "Roles terms and concepts", for role chaining; "Pass session tags in
AWS STS"; "Monitor and control actions taken with assumed roles"; "The confused deputy problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab import unsure
from iamlab.authorization.context_keys import mfa_keys
from iamlab.errors import AccessDenied, ValidationError
from iamlab.errors.sts import InvalidContextAssertion
from iamlab.model.record import CredentialKind
from iamlab.operations.api_models import shape
from iamlab.operations.sts.caller import check_is_on, check_mfa
from iamlab.operations.sts.calls import sts_operation
from iamlab.operations.sts.issuing import assumed_role, issue_for_role, passed_policies
from iamlab.operations.sts.session import find_role
from iamlab.operations.sts.session_tags import SessionTags, session_tags

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.model.identities import Role
    from iamlab.operations.sts.caller import Asked
    from iamlab.operations.sts.session import Session

DEFAULT_SECONDS = 3600
CHAINED = 3600
"""The most seconds of a session that a session of another role asked for."""


@sts_operation("AssumeRole", assumed_role, about=lambda asked: str(asked.given["RoleArn"]))
def assume_role(asked: Asked) -> Session:
    """Take a role."""
    given, world = asked.given, asked.world
    check_source_identity(given.get("SourceIdentity"))
    role = find_role(world, given["RoleArn"])
    tags = session_tags(given.get("Tags", ()), given.get("TransitiveTagKeys", ()), asked.session)
    if tags.inherited:
        asked.noted["IncomingTransitiveTags"] = dict(tags.inherited)
    with_mfa = check_mfa(asked)
    source_identity = _authorise(asked, role, tags, with_mfa)
    if role is None:
        # What it says of a role that is there and forbidden; nobody learns which roles exist.
        what = "is not authorized to perform: sts:AssumeRole on resource"
        raise AccessDenied(f"User: {asked.who.arn} {what}: {given['RoleArn']}")
    # Only now: else a stranger would learn which policies and roles an account has.
    policy, policy_arns = passed_policies(role.account, given)
    seconds = given.get("DurationSeconds", DEFAULT_SECONDS)
    if asked.who.kind is CredentialKind.ROLE and seconds > CHAINED:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
    check_role_duration(role, seconds)
    if asked.who.kind is CredentialKind.CONSOLE and asked.expiration is not None:
        # The console's Switch Role: not longer than one is signed in.
        left = int((asked.expiration - world.clock.now).total_seconds())
        seconds = min(seconds, left)
    check_is_on(asked.endpoint, role.account)
    carried = with_mfa if unsure.ROLE_SESSIONS_CARRY_MFA else None
    return issue_for_role(
        role,
        "AssumeRole",
        given["RoleSessionName"],
        seconds,
        region=asked.endpoint,
        parent=asked.parent,
        mfa=carried,
        tags=tags.tags,
        transitive_tag_keys=tags.transitive_tag_keys,
        source_identity=source_identity,
        policy=policy,
        policy_arns=policy_arns,
        minimum_session_token_size=asked.minimum_size,
    )


def check_role_duration(role: Role, seconds: int) -> None:
    """Check that the role lets sessions last so long.

    Raises
    ------
    ValidationError
        It does not.
    """
    if seconds > role.max_session_duration:
        raise ValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def check_source_identity(name: str | None) -> None:
    """Check that a source identity has AWS's form, and does not look like one of AWS's own.

    Raises
    ------
    ValidationError
        It has not, or it does.
    """
    if name is None:
        return
    form = shape("sourceIdentityType", "sts")
    fits = form.matches is None or form.matches.fullmatch(name)
    if name.lower().startswith("aws:") or not fits or not 2 <= len(name) <= 256:
        raise ValidationError(
            f"1 validation error detected: Value '{name[:256]}' at 'sourceIdentity' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            f"{form.pattern}, have 2 to 256 characters, and not begin with aws:"
        )


def _authorise(
    asked: Asked, role: Role | None, tags: SessionTags, with_mfa: datetime | None
) -> str:
    """Insist on every permission that the call needs; give the source identity that results."""
    given = asked.given
    keys = keys_of_call(given["RoleSessionName"], tags, given.get("SourceIdentity"))
    if "ExternalId" in given:
        keys["sts:ExternalId"] = given["ExternalId"]
    if with_mfa is not None:
        keys |= mfa_keys(asked.world.clock.now, with_mfa)
    resource = given["RoleArn"]
    inherited = "" if asked.session is None else asked.session.source_identity
    passed = given.get("SourceIdentity") or ""
    asked.must_be_allowed("sts:AssumeRole", resource, keys)
    if role is None:
        return ""
    if tags.needs_permission:
        asked.must_be_allowed("sts:TagSession", resource, keys)
    if passed or inherited:
        asked.must_be_allowed("sts:SetSourceIdentity", resource, keys)
    if inherited and passed not in ("", inherited):
        wrong = ValidationError("The source identity is already set for this assume role session")
        wrong.add_note(f"It is {inherited} for all of the chain: it never changes.")
        raise wrong
    if "ProvidedContexts" in given:
        asked.must_be_allowed("sts:SetContext", resource, keys)
        refused = InvalidContextAssertion("The context assertion that was provided is invalid.")
        refused.add_note("Trusted identity propagation is not modelled: there is no such provider.")
        raise refused
    return inherited or passed


def keys_of_call(
    role_session_name: str, tags: SessionTags, source_identity: str | None
) -> dict[str, ContextValue]:
    """Give the condition keys that a call for a role has."""
    found: dict[str, Any] = {"sts:RoleSessionName": role_session_name, **tags.context()}
    if source_identity:
        found["sts:SourceIdentity"] = source_identity
    return found
