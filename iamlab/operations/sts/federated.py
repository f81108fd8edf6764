"""AssumeRoleWithWebIdentity and AssumeRoleWithSAML: a role for whom somebody else knows.

The calls are not signed. What speaks for the caller is a token, or an assertion, that an identity
provider has signed; STS checks it, and then asks the role's trust policy.

Notes
-----
AWS pages: "API AssumeRoleWithWebIdentity"; "API AssumeRoleWithSAML"; "Create a role for OpenID
Connect federation"; "Configure SAML assertions for the authentication response"; "IAM and AWS STS
condition context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab import unsure
from iamlab.errors import AccessDenied, AwsError, RequestError, ValidationError
from iamlab.operations.federation.saml_identity import read_saml
from iamlab.operations.federation.saml_xml import invalid
from iamlab.operations.federation.web_identity import read_web_identity
from iamlab.operations.sts.assume_role import (
    DEFAULT_SECONDS,
    check_role_duration,
    check_source_identity,
    keys_of_call,
)
from iamlab.operations.sts.caller import check_is_on
from iamlab.operations.sts.calls import sts_operation
from iamlab.operations.sts.issuing import assumed_role, issue_for_role, passed_policies
from iamlab.operations.sts.session import find_role
from iamlab.operations.sts.session_tags import SessionTags, session_tags
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.operations.federation.saml_identity import SamlIdentity
    from iamlab.operations.federation.web_identity import WebIdentity
    from iamlab.operations.sts.calls import Asked
    from iamlab.operations.sts.session import Session

_KEPT = ("aud", "sub", "amr", "app_id", "id", "user_id", "sub_type", "namequalifier")
"""The parts of a token that stay condition keys of the session (see ``unsure.py``)."""

_NOT_KEPT = "saml:aud"
"""Of an assertion three keys stay: ``saml:sub``, ``saml:sub_type`` and ``saml:namequalifier``."""


def _web_answer(made: tuple[Session, WebIdentity]) -> dict[str, Any]:
    session, identity = made
    return {
        **assumed_role(session),
        "SubjectFromWebIdentityToken": identity.subject,
        "Audience": identity.audience,
        "Provider": identity.provider,
    }


def _role_arn(asked: Asked) -> str:
    return str(asked.given["RoleArn"])


@sts_operation("AssumeRoleWithWebIdentity", _web_answer, is_signed=False, about=_role_arn)
def assume_role_with_web_identity(asked: Asked) -> tuple[Session, WebIdentity]:
    """Take a role with a token of an OIDC provider."""
    given = asked.given
    if "ProviderId" in given:
        raise RequestError(
            "ProviderId is only for access tokens of OAuth (of www.amazon.com and "
            "graph.facebook.com), which iamlab does not model."
        )
    account = _account_of_role(asked, "sts:AssumeRoleWithWebIdentity")
    identity = read_web_identity(account, given["WebIdentityToken"])
    said = (identity.principal, identity.audience, identity.subject)
    asked.note(identity.principal, "WebIdentityUser", *said)
    check_source_identity(identity.source_identity)
    tags = session_tags(identity.tags, identity.transitive_tag_keys)
    session = assume(asked, account, identity, tags, given["RoleSessionName"])
    return session, identity


def saml_answer(made: tuple[Session, SamlIdentity]) -> dict[str, Any]:
    """Answer the session, and of whom the assertion speaks."""
    session, identity = made
    return {
        **assumed_role(session),
        "Subject": identity.subject,
        "SubjectType": identity.subject_type,
        "Issuer": identity.issuer,
        "Audience": identity.audience,
        "NameQualifier": identity.name_qualifier,
    }


def saml_noted(identity: SamlIdentity) -> dict[str, Any]:
    """Say what the event names of an assertion, which itself it does not have."""
    said = {
        "SAMLAssertionID": identity.assertion_id,
        "RoleSessionName": identity.role_session_name,
        "SourceIdentity": identity.source_identity,
        "PrincipalTags": dict(identity.tags),
    }
    return {name: value for name, value in said.items() if value}


@sts_operation("AssumeRoleWithSAML", saml_answer, is_signed=False, about=_role_arn)
def assume_role_with_saml(asked: Asked) -> tuple[Session, SamlIdentity]:
    """Take one of the roles that an assertion of a SAML provider names."""
    given = asked.given
    account = _account_of_role(asked, "sts:AssumeRoleWithSAML")
    identity = read_saml(account, given["PrincipalArn"], given["SAMLAssertion"])
    asked.note(identity.principal, "SAMLUser", identity.name_qualifier, identity.subject)
    asked.noted |= saml_noted(identity)
    if (given["RoleArn"], identity.principal) not in identity.roles:
        error = AccessDenied("Not authorized to perform sts:AssumeRoleWithSAML")
        pairs = ", ".join(role for role, _ in identity.roles)
        error.add_note(f"The assertion names other roles: {pairs}")
        raise error
    try:
        tags = session_tags(identity.tags, identity.transitive_tag_keys)
    except AwsError as error:  # of an assertion that is all AWS says, whatever is wrong in it
        raise invalid(error.message) from None
    session = assume(asked, account, identity, tags, identity.role_session_name)
    return session, identity


def _account_of_role(asked: Asked, action: str) -> Account:
    """Find the account of the role: its providers are asked.

    Raises
    ------
    AccessDenied
        There is no such account; AWS says no more than that.
    """
    arn = str(asked.given["RoleArn"])
    account = asked.world.accounts.get(Arn.parse(arn).account) if is_arn(arn) else None
    if account is None:
        raise AccessDenied(f"Not authorized to perform {action}")
    return account


def assume(
    asked: Asked,
    account: Account,
    identity: WebIdentity | SamlIdentity,
    tags: SessionTags,
    name: str,
    keys_of_session: Mapping[str, str] | None = None,
) -> Session:
    """Ask the trust policy about somebody whom a provider vouches for, and make the session.

    Parameters
    ----------
    asked
        The call; its caller is the provider.
    account
        The role's.
    name
        What the session shall be called.
    keys_of_session
        Condition keys that it has besides those of every federated session.

    Raises
    ------
    AccessDenied
        The trust policy, or what else has a say, does not let him; or there is no such role.
    ValidationError
        It would last longer than the role lets, or shorter than a session may.
    RegionDisabledException
        The account does not use STS in this Region.
    """
    given = asked.given
    action = "sts:" + asked.operation
    role = find_role(asked.world, str(given["RoleArn"]))
    keys = {**identity.context, **keys_of_call(name, tags, identity.source_identity)}
    asked.must_be_allowed(action, given["RoleArn"], keys)
    if role is None:
        raise AccessDenied(f"Not authorized to perform {action}")
    if tags.needs_permission:
        asked.must_be_allowed("sts:TagSession", role.arn, keys)
    if identity.source_identity:
        asked.must_be_allowed("sts:SetSourceIdentity", role.arn, keys)
    # Not before: whoever is not let in learns nothing of the account's policies.
    policy, policy_arns = passed_policies(account, given)
    seconds = _seconds(asked, identity)
    held: dict[str, str | bool | list[str]] = {
        "aws:FederatedProvider": identity.principal,
        **kept(identity.context),
        **(keys_of_session or {}),
    }
    check_role_duration(role, seconds)
    check_is_on(asked.endpoint, account)
    return issue_for_role(
        role,
        asked.operation,
        name,
        seconds,
        region=asked.endpoint,
        tags=tags.tags,
        transitive_tag_keys=tags.transitive_tag_keys,
        source_identity=identity.source_identity or "",
        policy=policy,
        policy_arns=policy_arns,
        keys=held,
        minimum_session_token_size=asked.minimum_size,
    )


def _seconds(asked: Asked, identity: WebIdentity | SamlIdentity) -> int:
    """Say how long the session lasts: an assertion may end before it would.

    Its attribute ``SessionDuration`` does not count here: it is for the console.

    Raises
    ------
    ValidationError
        What the assertion leaves is less than a session may last.
    """
    wanted = int(asked.given.get("DurationSeconds", DEFAULT_SECONDS))
    until = getattr(identity, "session_not_on_or_after", None)
    if until is None:
        return wanted
    left = int((until - asked.world.clock.now).total_seconds())
    if left < 900:
        raise ValidationError(
            f"The assertion's SessionNotOnOrAfter leaves {left} seconds: a session lasts 900."
        )
    return min(wanted, left)


def kept(context: Mapping[str, ContextValue]) -> dict[str, str | list[str]]:
    """Give the keys of the token that stay with the session."""
    if not unsure.FEDERATION_KEYS_STAY:
        return {}
    return {
        key: list(value) if isinstance(value, tuple) else str(value)
        for key, value in context.items()
        if key.rpartition(":")[2] in _KEPT and key != _NOT_KEPT
    }
