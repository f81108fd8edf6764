"""How a choice in the access portal becomes a session of a role.

The portal is a SAML identity provider, and AWS's own: it asserts who the user is, and STS gives a
session of the role whose trust policy lets the account's ``AWSSSO_...`` provider assume it. What
happens then is AssumeRoleWithSAML, so resource control policies have their say.

That MFA was used to sign in is not part of it: such sessions have no
``aws:MultiFactorAuthPresent`` that is true.

Notes
-----
AWS pages: "Attributes for access control"; "Condition context keys for IAM Identity Center"; "API
AssumeRoleWithSAML"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, AwsError
from iamlab.identity_center_errors import ForbiddenException, InvalidRequestException
from iamlab.world.events import record
from iamlab.world.federation.saml_claims import is_session_name
from iamlab.world.federation.saml_identity import SamlIdentity, context_of
from iamlab.world.gather import known as known_of
from iamlab.world.identity_center.provisioning import audience, provider_in
from iamlab.world.ids import HEX
from iamlab.world.sts.asked import Asked
from iamlab.world.sts.federated import assume, saml_answer, saml_noted
from iamlab.world.sts.session_tags import session_tags

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.identity_center.directory import IdentityStoreUser
    from iamlab.world.identity_center.instance import IdentityCenter
    from iamlab.world.identity_center.permission_sets import PermissionSet
    from iamlab.world.sts.session import Session

NO_ACCESS = "No access"
_OPERATION = "AssumeRoleWithSAML"


def session_for(
    center: IdentityCenter,
    user: IdentityStoreUser,
    account: Account,
    permission_set: PermissionSet,
) -> Session:
    """Make a session of an account's role for somebody who may choose it.

    Raises
    ------
    ForbiddenException
        STS does not let the portal: the account's SAML provider is gone, or a resource control
        policy denies it.
    InvalidRequestException
        No session can be called like the user.
    AwsError
        Attributes cannot be session tags, or STS is switched off in the Region.
    """
    said = _asserted(center, user, account, permission_set)
    asked = _asked(center, said, permission_set.provisioned[account.account_id].session_seconds)
    try:
        tags, of_user = session_tags(said.tags), {"identitystore:UserId": user.id}
        session = assume(asked, account, said, tags, said.role_session_name, of_user)
    except AwsError as error:
        _record_session(asked, account, error=error)
        if not isinstance(error, AccessDenied):
            raise
        refusal = ForbiddenException(NO_ACCESS)
        refusal.add_note(f"STS refused: {error.message}")
        raise refusal from error
    _record_session(asked, account, made=(session, said))
    return session


def _asserted(
    center: IdentityCenter,
    user: IdentityStoreUser,
    account: Account,
    permission_set: PermissionSet,
) -> SamlIdentity:
    """Put together what the portal says of somebody, for one role in one account."""
    name = user.user_name
    if not is_session_name(name):  # AWS's sentence is not documented
        error = InvalidRequestException("The user name cannot be the name of a role session.")
        error.add_note("Names of sessions have 2 to 64 letters, digits and the characters +=,.@-_")
        raise error
    role = account.roles.get(permission_set.provisioned[account.account_id].role_name)
    provider = provider_in(center, account)
    if role is None or provider is None or provider.metadata != center.saml_metadata:
        error_of_account = ForbiddenException(NO_ACCESS)
        error_of_account.add_note(
            f"Account {account.name} does not know the portal any more: its SAML provider "
            "AWSSSO_... is gone or was changed. center.provision_permission_set(...) mends that."
        )
        raise error_of_account
    context = context_of(provider, name, "persistent", audience(account))
    return SamlIdentity(
        principal=provider.arn,
        subject=name,
        subject_type="persistent",
        issuer=provider.issuer,
        audience=audience(account),
        name_qualifier=context["saml:namequalifier"],
        roles=((role.arn, provider.arn),),
        role_session_name=name,
        tags={
            key: value
            for key, path in center.access_control_attributes.items()
            if (value := user.attribute(path))  # what is not known of somebody makes no tag
        },
        context=context,
        assertion_id=_assertion_id(center, role.arn, name),
    )


def _assertion_id(center: IdentityCenter, role_arn: str, name: str) -> str:
    """Name the assertion, which nobody sees: nothing else of the world depends on it."""
    ids = center.world.ids
    return "_" + ids.hidden(f"assertion/{ids.events}/{role_arn}/{name}", HEX, 32)


def _asked(center: IdentityCenter, said: SamlIdentity, seconds: int) -> Asked:
    """Put together the call of STS: as always with SAML, nobody signs it."""
    [(role_arn, provider_arn)] = said.roles
    asked = Asked(
        world=center.world,
        operation=_OPERATION,
        caller=provider_arn,
        who=known_of(center.world, provider_arn),
        given={
            "RoleArn": role_arn,
            "PrincipalArn": provider_arn,
            "DurationSeconds": seconds,
        },
        endpoint=center.region,
    )
    asked.note(provider_arn, "SAMLUser", said.name_qualifier, said.subject)
    asked.noted |= saml_noted(said)
    return asked


def _record_session(
    asked: Asked,
    account: Account,
    *,
    made: tuple[Session, SamlIdentity] | None = None,
    error: AwsError | None = None,
) -> None:
    """Note the call in the role's account."""
    record(
        asked.world,
        ("sts", _OPERATION),
        asked.identity or {},
        account.account_id,
        read_only=True,
        parameters={**asked.given, **asked.noted},
        answer=None if made is None else saml_answer(made),
        error=error,
        resources=(asked.given["RoleArn"], asked.given["PrincipalArn"]),
        region=asked.endpoint,
    )
