"""AssumeRole, AssumeRoleWithWebIdentity and AssumeRoleWithSAML: sessions of a role.

The role's trust policy decides who gets a session. AWS doesn't reveal whether a role exists:
callers without permission get the same error as for a missing role.

The last two calls aren't signed. Instead they have a token or assertion that an identity provider
signed. STS checks it, and then evaluates the trust policy for its subject.

Notes
-----
AWS pages: "API AssumeRole"; "Roles terms and concepts", for role chaining; "Pass session tags in
AWS STS"; "Monitor and control actions taken with assumed roles"; "The confused deputy problem";
"API AssumeRoleWithWebIdentity"; "API AssumeRoleWithSAML"; "Create a role for OpenID Connect
federation"; "Configure SAML assertions for the authentication response"; "IAM and AWS STS condition
context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab import unsure
from iamlab.authorization.context_keys import mfa_keys
from iamlab.errors import AccessDenied, AwsError, RequestError, ValidationError, noted
from iamlab.errors.sts import InvalidContextAssertion
from iamlab.model.record import CredentialKind
from iamlab.operations.api_models import shape
from iamlab.operations.federation.saml_identity import read_saml
from iamlab.operations.federation.saml_xml import invalid
from iamlab.operations.federation.web_identity import read_web_identity
from iamlab.operations.iam.common import fields, filled
from iamlab.operations.sts.calls import check_is_on, check_mfa, sts_operation
from iamlab.operations.sts.issuing import (
    SessionTags,
    assumed_role,
    issue_for_role,
    passed_policies,
    session_tags,
)
from iamlab.operations.sts.session import find_role
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.federation.saml_identity import SamlIdentity
    from iamlab.operations.federation.web_identity import WebIdentity
    from iamlab.operations.sts.calls import StsCall
    from iamlab.operations.sts.session import Session

DEFAULT_SECONDS = 3600
CHAINED = 3600
"""The longest session in a role chain, in seconds."""


def _role_arn(call: StsCall) -> str:
    return str(call.parameters["RoleArn"])


def _check_arn(arn: str) -> None:
    """Check the form of a role's ARN.

    Raises
    ------
    ValidationError
        It lacks a part.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or not (parsed.partition and parsed.service and parsed.resource):
        raise ValidationError(f"{arn} is invalid")


@sts_operation("AssumeRole", assumed_role, about=_role_arn)
def assume_role(call: StsCall) -> Session:
    """Assume a role."""
    request = call.parameters
    _check_arn(request["RoleArn"])
    check_source_identity(request.get("SourceIdentity"))
    role = find_role(call.world, request["RoleArn"])
    tags = session_tags(request.get("Tags", ()), request.get("TransitiveTagKeys", ()), call.session)
    if tags.inherited:
        call.noted["IncomingTransitiveTags"] = dict(tags.inherited)
    with_mfa = check_mfa(call)
    source_identity = _authorise(call, role, tags, with_mfa)
    if role is None:
        # The same as for a denied role, so that callers don't learn which roles exist.
        what = "is not authorized to perform: sts:AssumeRole on resource"
        raise AccessDenied(f"User: {call.who.arn} {what}: {request['RoleArn']}")
    # Only now: before, other accounts could learn which policies and roles an account has.
    policies = passed_policies(role.account, request)
    seconds = _seconds(call, role)
    check_is_on(call.endpoint, role.account)
    return issue_for_role(
        call,
        role,
        request["RoleSessionName"],
        seconds,
        tags,
        mfa=with_mfa if unsure.ROLE_SESSIONS_CARRY_MFA else None,
        source_identity=source_identity,
        **policies,
    )


def _seconds(call: StsCall, role: Role) -> int:
    """Return how long the session lasts.

    Raises
    ------
    ValidationError
        It would be too long for the role, or for role chaining.
    """
    seconds = int(call.parameters.get("DurationSeconds", DEFAULT_SECONDS))
    if call.who.kind is CredentialKind.ROLE and seconds > CHAINED:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
    _check_role_duration(role, seconds)
    if call.who.kind is CredentialKind.CONSOLE and call.expiration is not None:
        # The console's Switch Role: not longer than the caller's session.
        seconds = min(seconds, int((call.expiration - call.world.clock.now).total_seconds()))
    return seconds


def _check_role_duration(role: Role, seconds: int) -> None:
    if seconds > role.max_session_duration:
        raise ValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def check_source_identity(name: str | None) -> None:
    """Check that a source identity has AWS's form, and doesn't look like AWS's own.

    Raises
    ------
    ValidationError
        It has another form, or looks like AWS's own.
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
    call: StsCall, role: Role | None, tags: SessionTags, with_mfa: datetime | None
) -> str:
    """Check every permission that the call needs; return the resulting source identity."""
    request, resource = call.parameters, call.parameters["RoleArn"]
    keys = keys_of_call(request["RoleSessionName"], tags, request.get("SourceIdentity"))
    if "ExternalId" in request:
        keys["sts:ExternalId"] = request["ExternalId"]
    if with_mfa is not None:
        keys |= mfa_keys(call.world.clock.now, with_mfa)
    inherited = "" if call.session is None else call.session.source_identity
    passed = request.get("SourceIdentity") or ""
    call.must_be_allowed("sts:AssumeRole", resource, keys)
    if role is None:
        return ""
    _check_passing(call, resource, keys, tags, passed or inherited)
    if inherited and passed not in ("", inherited):
        wrong = ValidationError("The source identity is already set for this assume role session")
        raise noted(wrong, f"It is {inherited} for the whole role chain and can't change.")
    if "ProvidedContexts" in request:
        call.must_be_allowed("sts:SetContext", resource, keys)
        refused = InvalidContextAssertion("The context assertion that was provided is invalid.")
        raise noted(
            refused, "Trusted identity propagation isn't modelled: there is no such provider."
        )
    return inherited or passed


def _check_passing(
    call: StsCall,
    resource: str,
    keys: Mapping[str, ContextValue],
    tags: SessionTags,
    source_identity: str | None,
) -> None:
    """Check the permissions for session tags and a source identity, if the session gets them."""
    if tags.needs_permission:
        call.must_be_allowed("sts:TagSession", resource, keys)
    if source_identity:
        call.must_be_allowed("sts:SetSourceIdentity", resource, keys)


def session_actions(action: str, has_tags: bool, source_identity: str) -> list[str]:  # noqa: FBT001
    """Return the actions that a call for a role needs, by what it sends."""
    more = {"sts:TagSession": has_tags, "sts:SetSourceIdentity": bool(source_identity)}
    return [action, *(name for name, is_sent in more.items() if is_sent)]


def keys_of_call(
    role_session_name: str, tags: SessionTags, source_identity: str | None
) -> dict[str, ContextValue]:
    """Return the condition keys of a call for a role."""
    found: dict[str, Any] = {"sts:RoleSessionName": role_session_name, **tags.context()}
    if source_identity:
        found["sts:SourceIdentity"] = source_identity
    return found


_KEPT = ("aud", "sub", "amr", "app_id", "id", "user_id", "sub_type", "namequalifier")
"""The claims of a token that become condition keys of the session (see ``unsure.py``)."""

_NOT_KEPT = "saml:aud"
"""Three keys of an assertion stay in the session: ``saml:sub``, ``saml:sub_type`` and
``saml:namequalifier``."""


def _web_answer(made: tuple[Session, WebIdentity]) -> dict[str, Any]:
    session, identity = made
    return {
        **assumed_role(session),
        "SubjectFromWebIdentityToken": identity.subject,
        **fields(identity, "Audience", "Provider"),
    }


@sts_operation("AssumeRoleWithWebIdentity", _web_answer, is_signed=False, about=_role_arn)
def assume_role_with_web_identity(call: StsCall) -> tuple[Session, WebIdentity]:
    """Assume a role with a token of an OIDC provider."""
    request = call.parameters
    if "ProviderId" in request:
        raise RequestError(
            "ProviderId is only for access tokens of OAuth (of www.amazon.com and "
            "graph.facebook.com), which iamlab doesn't model."
        )
    account = _account_of_role(call, "sts:AssumeRoleWithWebIdentity")
    identity = read_web_identity(account, request["WebIdentityToken"])
    stated = (identity.principal, identity.audience, identity.subject)
    call.note(identity.principal, "WebIdentityUser", *stated)
    check_source_identity(identity.source_identity)
    tags = session_tags(identity.tags, identity.transitive_tag_keys)
    session = assume(call, account, identity, tags, request["RoleSessionName"])
    return session, identity


def saml_answer(made: tuple[Session, SamlIdentity]) -> dict[str, Any]:
    """Return the session and the assertion's subject."""
    session, identity = made
    names = ("Subject", "SubjectType", "Issuer", "Audience", "NameQualifier")
    return {**assumed_role(session), **fields(identity, *names)}


def saml_noted(identity: SamlIdentity) -> dict[str, Any]:
    """Return what the event shows of an assertion; it does not hold the assertion itself."""
    return filled(
        SAMLAssertionID=identity.assertion_id,
        RoleSessionName=identity.role_session_name,
        SourceIdentity=identity.source_identity,
        PrincipalTags=dict(identity.tags),
    )


@sts_operation("AssumeRoleWithSAML", saml_answer, is_signed=False, about=_role_arn)
def assume_role_with_saml(call: StsCall) -> tuple[Session, SamlIdentity]:
    """Assume a role that a SAML provider's assertion names."""
    request = call.parameters
    account = _account_of_role(call, "sts:AssumeRoleWithSAML")
    identity = read_saml(account, request["PrincipalArn"], request["SAMLAssertion"])
    call.note(identity.principal, "SAMLUser", identity.name_qualifier, identity.subject)
    call.noted |= saml_noted(identity)
    if (request["RoleArn"], identity.principal) not in identity.roles:
        error = AccessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
        pairs = ", ".join(role for role, _ in identity.roles)
        raise noted(error, f"The assertion names other roles: {pairs}")
    try:
        tags = session_tags(identity.tags, identity.transitive_tag_keys)
    except AwsError as error:  # AWS's only message about an assertion, whatever is wrong
        raise invalid(error.message) from None
    session = assume(call, account, identity, tags, identity.role_session_name)
    return session, identity


def _account_of_role(call: StsCall, action: str) -> Account:
    """Find the account of the role, whose providers count.

    Raises
    ------
    ValidationError
        It isn't the ARN of a role.
    AccessDenied
        There is no such account; AWS gives no reason.
    """
    arn = _role_arn(call)
    if not is_arn(arn) or Arn.parse(arn).kind != "role":
        raise ValidationError("Request ARN is invalid")
    account = call.world.accounts.get(Arn.parse(arn).account)
    if account is None:
        raise AccessDenied(f"Not authorized to perform {action}")
    return account


def assume(
    call: StsCall,
    account: Account,
    identity: WebIdentity | SamlIdentity,
    tags: SessionTags,
    name: str,
    keys_of_session: Mapping[str, str] | None = None,
) -> Session:
    """Evaluate the trust policy for a provider's subject, and create the session.

    Parameters
    ----------
    call
        The call, whose caller is the provider.
    account
        The role's account.
    name
        The name of the session.
    keys_of_session
        Condition keys in addition to those of every federated session.

    Raises
    ------
    AccessDenied
        The trust policy or another policy doesn't allow it, or there is no such role.
    ValidationError
        It would be longer than the role allows, or shorter than a session can be.
    RegionDisabledException
        The account has disabled STS in this Region.
    """
    action, resource = f"sts:{call.operation}", call.parameters["RoleArn"]
    role = find_role(call.world, _role_arn(call))
    provider = provider_key(action, identity.principal)
    keys = {**provider, **identity.context, **keys_of_call(name, tags, identity.source_identity)}
    call.must_be_allowed(action, resource, keys)
    if role is None:
        raise AccessDenied(f"Not authorized to perform {action}")
    _check_passing(call, role.arn, keys, tags, identity.source_identity)
    # Not before: a denied caller can't learn the account's policies.
    policies = passed_policies(account, call.parameters)
    seconds = _federated_seconds(call, identity)
    _check_role_duration(role, seconds)
    check_is_on(call.endpoint, account)
    return issue_for_role(
        call,
        role,
        name,
        seconds,
        tags,
        source_identity=identity.source_identity or "",
        keys={**provider, **kept(identity.context), **(keys_of_session or {})},
        **policies,
    )


def _federated_seconds(call: StsCall, identity: WebIdentity | SamlIdentity) -> int:
    """Return how long the session lasts: the assertion can end it earlier.

    Its attribute ``SessionDuration`` doesn't count here: it is for the console.

    Raises
    ------
    ValidationError
        The assertion's rest is shorter than a session can be.
    """
    wanted = int(call.parameters.get("DurationSeconds", DEFAULT_SECONDS))
    until = getattr(identity, "session_not_on_or_after", None)
    if until is None:
        return wanted
    left = int((until - call.world.clock.now).total_seconds())
    if left < 900:
        raise ValidationError(
            f"The assertion's SessionNotOnOrAfter leaves {left} seconds: a session lasts 900."
        )
    return min(wanted, left)


def kept(context: Mapping[str, ContextValue]) -> dict[str, str | list[str]]:
    """Return the keys of the token that stay in the session."""
    if not unsure.FEDERATION_KEYS_STAY:
        return {}
    return {
        key: list(value) if isinstance(value, tuple) else str(value)
        for key, value in context.items()
        if key.rpartition(":")[2] in _KEPT and key != _NOT_KEPT
    }


def provider_key(action: str, provider: str) -> dict[str, str]:
    """Return the key with the identity provider, which OIDC has, but not SAML."""
    return {"aws:FederatedProvider": provider} if action.endswith("WebIdentity") else {}
