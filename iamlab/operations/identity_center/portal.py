"""The AWS access portal, where users sign in once and choose an account and a role.

The portal is AWS's own SAML identity provider: it asserts the user's identity, and STS returns a
session of the role whose trust policy allows the account's ``AWSSSO_...`` provider to assume it.
The call is AssumeRoleWithSAML, so resource control policies apply.

The assertion doesn't contain whether MFA was used: ``aws:MultiFactorAuthPresent`` isn't true in
such sessions.

Notes
-----
AWS pages: "Using the AWS access portal"; "Set session duration of the AWS access portal"; "IAM
Identity Center Portal API Reference"; "AWS access portal events", "Sign-in events"; "Attributes for
access control"; "Condition context keys for IAM Identity Center"; "API
AssumeRoleWithSAML"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import record_event, record_in_account
from iamlab.errors import AccessDenied, AwsError, FailedAuthentication, RequestError, noted
from iamlab.errors.identity_center import (
    ForbiddenException,
    InvalidRequestException,
    UnauthorizedException,
)
from iamlab.errors.services import ResourceNotFoundException
from iamlab.model.clock_and_ids import HEX
from iamlab.model.event import SERVICE_EVENT
from iamlab.operations import registry
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.federation.saml_identity import SamlIdentity, context_of
from iamlab.operations.iam.common import filled
from iamlab.operations.identity_center.calls import ACCOUNT, SSO, USER, find, id_of
from iamlab.operations.identity_center.provisioning import audience, provider_in
from iamlab.operations.sts.assume_role import assume, saml_answer, saml_noted
from iamlab.operations.sts.calls import StsCall
from iamlab.operations.sts.issuing import session_tags

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.operations.identity_center.directory import IdentityStoreUser
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.operations.sts.session import Session


LASTS = timedelta(hours=8)
"""The default length of a portal session."""

NO_ACCESS = "No access"


@dataclass(frozen=True, slots=True, eq=False)
class PortalSession:
    """A user's session in the access portal. It alone gives no access to accounts.

    Parameters
    ----------
    with_mfa
        Whether MFA was used to sign in. Role sessions don't show it.
    """

    center: IdentityCenter = field(repr=False)
    user: IdentityStoreUser
    issued: datetime
    expiration: datetime
    with_mfa: bool

    @property
    def is_expired(self) -> bool:
        """Whether it has expired, by the world's clock."""
        return self.center.world.clock.now >= self.expiration

    def accounts(self) -> list[Account]:
        """List the user's accounts (``ListAccounts``).

        Raises
        ------
        UnauthorizedException
            The session has expired, or the user has been deleted.
        """
        return list(dict.fromkeys(account for account, _ in self._choices()))

    def roles(self, account: Account | str) -> list[str]:
        """List the names of the user's permission sets in an account (``ListAccountRoles``).

        Raises
        ------
        ForbiddenException
            The user has no permission set there.
        UnauthorizedException
            The session has expired, or the user has been deleted.
        """
        key = self._account_id(account)
        there = [chosen.name for place, chosen in self._choices() if place.account_id == key]
        if not there:
            raise self._no_access(account)
        return there

    def role_credentials(
        self, account: Account | str, permission_set: PermissionSet | str
    ) -> Session:
        """Return credentials of a role in an account (``GetRoleCredentials``).

        The session has the user's name and the permission set's session duration, even if the
        portal session ends earlier.

        Parameters
        ----------
        account
            The account, its id or its name.
        permission_set
            The permission set or its name.

        Raises
        ------
        ForbiddenException
            The user has no such assignment, or the account rejects the portal.
        UnauthorizedException
            The session has expired, or the user has been deleted.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main", account_id="111111111111")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> ana, readers = center.create_user("ana"), center.create_permission_set("Readers")
        >>> _ = center.create_account_assignment(main, readers, ana)
        >>> session = center.sign_in(ana).role_credentials(main, "Readers")
        >>> session.arn[:61], session.arn[-4:]
        ('arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Readers', '/ana')
        """
        key, name = self._account_id(account), _name_of(permission_set)
        choices = {
            (place.account_id, chosen.name): (place, chosen) for place, chosen in self._choices()
        }
        called = (SSO, "GetRoleCredentials"), {"role_name": name, "account_id": key}
        try:
            if (key, name) not in choices:
                raise self._no_access(account)
            session = session_for(self.center, self._own(), *choices[key, name])
        except AwsError as error:
            _record(self.center, self.user, *called, error=error)
            raise
        _record(self.center, self.user, *called)
        return session

    def _own(self) -> IdentityStoreUser:
        """Return the user's current record in the identity store.

        Raises
        ------
        UnauthorizedException
            The session has expired, or the user has been deleted.
        """
        user = self.center.users.get(self.user.id)
        if user is not None and not self.is_expired:
            return user
        gone = f"The user {self.user.user_name} has been deleted."
        over = f"The portal's session ended at {self.expiration:%H:%M}: sign in again."
        error = UnauthorizedException("Session token not found or invalid")
        raise noted(error, gone if user is None else over)

    def _choices(self) -> list[tuple[Account, PermissionSet]]:
        return self.center.choices_of(self._own())

    def _account_id(self, reference: Account | str) -> str:
        text, every = id_of(reference, ACCOUNT), self.center.organization.accounts
        return next((account.account_id for account in every if account.name == text), text)

    def _no_access(self, account: Account | str) -> AwsError:
        mine = ", ".join(f"{chosen.name} in {place.name}" for place, chosen in self._choices())
        why = f"{self.user.user_name} has no such permission set in account"
        offer = f"{getattr(account, 'name', account)}. The portal offers: {mine or 'nothing'}."
        return noted(ForbiddenException(NO_ACCESS), f"{why} {offer}")


def _name_of(permission_set: object) -> str:
    name = permission_set if isinstance(permission_set, str) else getattr(permission_set, "name", 0)
    if not isinstance(name, str):
        raise RequestError(f"{permission_set!r} isn't a permission set. Pass it or its name.")
    return name


def sign_in(
    center: IdentityCenter, name: IdentityStoreUser | str, *, with_mfa: bool
) -> PortalSession:
    """Sign a user in to the portal, and record the event.

    Raises
    ------
    FailedAuthentication
        There is no such user.
    """
    try:
        user = find(center.users, name, USER)
    except ResourceNotFoundException as unknown:
        # The page shows the same for a wrong password; the text is likely.
        error = FailedAuthentication("We couldn't verify your sign-in credentials.")
        raise noted(error, *unknown.__notes__) from None
    now = center.world.clock.now
    used = "PASSWORD,TOTP" if with_mfa else "PASSWORD"
    call, details = ("signin", "UserAuthentication"), {"UserAuthentication": "Success"}
    more = {"LoginTo": center.access_portal_url, "CredentialType": used}
    _record(center, user, call, details, additional_event_data=more)
    return PortalSession(center, user, now, now + LASTS, with_mfa)


def _record(
    center: IdentityCenter,
    user: IdentityStoreUser,
    call: tuple[str, str],
    details: dict[str, Any],
    error: AwsError | None = None,
    **more: Any,
) -> None:
    """Record a user's action in the portal as an event of the service, in its own fields."""
    owner = center.organization.management_account_id
    person = {"userId": user.id, "identityStoreArn": center.identity_store_arn}
    record_event(
        center.world,
        call,
        {"type": "IdentityCenterUser", "accountId": owner, "onBehalfOf": person},
        owner,
        region=center.region,
        read_only=call[0] == SSO,
        event_type=SERVICE_EVENT,
        service_event_details=details,
        error_code=error.code if error else "",
        error_message=error.message if error else "",
        **more,
    )


def session_for(
    center: IdentityCenter, user: IdentityStoreUser, account: Account, permission_set: PermissionSet
) -> Session:
    """Create a session of an account's role for an assigned user.

    Raises
    ------
    ForbiddenException
        STS denies the portal: the account's SAML provider was deleted, or a resource control policy
        denies it.
    InvalidRequestException
        The user name can't be a session name.
    AwsError
        Attributes can't be session tags, or STS is disabled in the Region.
    """
    identity = _asserted(center, user, account, permission_set)
    arns = {"RoleArn": identity.roles[0][0], "PrincipalArn": identity.principal}
    seconds = permission_set.provisioned[account.account_id].session_seconds
    arguments = {**arns, "DurationSeconds": seconds}
    entry = registry.find("sts:AssumeRoleWithSAML")
    call = StsCall.make(center.world, entry, "", arguments, "", center.region)
    call.note(identity.principal, "SAMLUser", identity.name_qualifier, identity.subject)
    call.noted |= saml_noted(identity)
    refused: AwsError | None = None
    try:
        tags, of_user = session_tags(identity.tags), {"identitystore:UserId": user.id}
        made = assume(call, account, identity, tags, identity.role_session_name, of_user)
    except AwsError as error:
        refused = error
    record_in_account(
        center.world,
        ("sts", call.operation),
        call.identity or {},
        account.account_id,
        read_only=True,
        parameters={**arguments, **call.noted},
        answer=None if refused else saml_answer((made, identity)),
        error=refused,
        resources=tuple(arns.values()),
        region=center.region,
    )
    if isinstance(refused, AccessDenied):
        raise noted(ForbiddenException(NO_ACCESS), f"STS refused: {refused.message}") from refused
    if refused is not None:
        raise refused
    return made


def _asserted(
    center: IdentityCenter, user: IdentityStoreUser, account: Account, permission_set: PermissionSet
) -> SamlIdentity:
    """Return the portal's assertion about a user, for a role in an account."""
    name = user.user_name
    if not is_session_name(name):  # AWS's sentence is not documented
        error = InvalidRequestException("The user name cannot be the name of a role session.")
        form = "Names of sessions have 2 to 64 letters, digits and the characters +=,.@-_"
        raise noted(error, form)
    role = account.roles.get(permission_set.provisioned[account.account_id].role_name)
    provider = provider_in(center, account)
    if role is None or provider is None or provider.metadata != center.saml_metadata:
        why = (
            f"Account {account.name} doesn't trust the portal any more: its SAML provider "
            "AWSSSO_... was deleted or changed. To fix it: center.provision_permission_set(...)."
        )
        raise noted(ForbiddenException(NO_ACCESS), why)
    context, ids = context_of(provider, name, "persistent", audience(account)), center.world.ids
    # Nobody sees the id of the assertion, and nothing else depends on it.
    key = ids.hidden(f"assertion/{ids.events}/{role.arn}/{name}", HEX, 32)
    known = {tag: user.attribute(path) for tag, path in center.access_control_attributes.items()}
    return SamlIdentity(
        principal=provider.arn,
        subject=name,
        subject_type="persistent",
        issuer=provider.issuer,
        audience=audience(account),
        name_qualifier=context["saml:namequalifier"],
        roles=((role.arn, provider.arn),),
        role_session_name=name,
        tags=filled(**known),  # missing attributes make no tags
        context=context,
        assertion_id=f"_{key}",
    )
