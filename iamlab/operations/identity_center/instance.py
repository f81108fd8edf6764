"""An instance of IAM Identity Center: one for an organization, in its management account.

Not modelled: instances of single accounts, delegated administrators, applications, trusted identity
propagation, and identity sources outside of AWS. The methods are calls of the management account's
root user; somebody's own call, ``account.call("sso:...", ana, ...)``, needs permission.

Notes
-----
AWS pages: "What is IAM Identity Center?"; "Organization and account instances of IAM Identity
Center"; "Enable IAM Identity Center"; "Attributes for access control".
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamlab.errors import FailedAuthentication, RequestError, did_you_mean
from iamlab.errors.identity_center import ConflictException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.model.record import copy_into
from iamlab.operations.dispatch import perform
from iamlab.operations.federation.saml_assertion import metadata_of
from iamlab.operations.federation.signatures import certificate_of, rsa_key
from iamlab.operations.identity_center import portal
from iamlab.operations.identity_center.assignments import AccountAssignment, Assigns
from iamlab.operations.identity_center.calls import USER, CenterCall, do, find, operation
from iamlab.operations.identity_center.directory import (
    PATHS,
    IdentityStore,
    IdentityStoreGroup,
    IdentityStoreUser,
)
from iamlab.operations.identity_center.parameters import checked_mapping
from iamlab.operations.identity_center.permission_sets import HasPermissionSets, PermissionSet
from iamlab.operations.identity_center.provisioning import SERVICE, enter
from iamlab.operations.sts.calls import GLOBAL, check_region

if TYPE_CHECKING:
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World
    from iamlab.operations.identity_center.portal import PortalSession

MOST_ATTRIBUTES = 50
_SOURCE = re.compile(r"\$\{path:(.+)\}")


@dataclass(slots=True, eq=False)
class IdentityCenter(IdentityStore, HasPermissionSets, Assigns):
    """An instance.

    Parameters
    ----------
    arn
        ``arn:aws:sso:::instance/ssoins-...``.
    identity_store_id
        ``d-...``.
    region
        Where it is: it cannot be moved.
    saml_metadata
        By which accounts know its signature.
    users, groups, permission_sets
        By id.
    providers
        Account id -> the ARN of the SAML provider that it has made there.
    access_control_attributes
        Key of a session tag -> the path of a user's attribute.
    """

    world: World = field(repr=False)
    arn: str
    identity_store_id: str
    organization_id: str = field(repr=False)
    region: str = "us-east-1"
    saml_metadata: str = field(default="", repr=False)
    users: dict[str, IdentityStoreUser] = field(default_factory=dict, repr=False)
    groups: dict[str, IdentityStoreGroup] = field(default_factory=dict, repr=False)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict, repr=False)
    account_assignments: list[AccountAssignment] = field(default_factory=list, repr=False)
    providers: dict[str, str] = field(default_factory=dict, repr=False)
    access_control_attributes: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def organization(self) -> Organization:
        """The organization whose accounts it opens.

        Raises
        ------
        RequestError
            It has been deleted.
        """
        found = self.world.organizations.get(self.organization_id)
        if found is None:
            raise RequestError(f"The organization {self.organization_id} has been deleted.")
        return found

    @property
    def identity_store_arn(self) -> str:
        """``arn:aws:identitystore::MANAGEMENT:identitystore/d-...``."""
        owner = self.organization.management_account
        start = f"arn:{owner.partition}:identitystore::{owner.account_id}"
        return f"{start}:identitystore/{self.identity_store_id}"

    @property
    def access_portal_url(self) -> str:
        """Where people sign in."""
        return f"https://{self.identity_store_id}.awsapps.com/start"

    def set_access_control_attributes(self, attributes: Mapping[str, str]) -> None:
        """Say which attributes of users become session tags, under which keys; none: ``{}``.

        Its operations are ``CreateInstanceAccessControlAttributeConfiguration`` and
        ``UpdateInstanceAccessControlAttributeConfiguration``.

        Parameters
        ----------
        attributes
            ``{"Department": "${path:enterprise.department}"}``.

        Raises
        ------
        ValidationException
            A key cannot be so, or there is no such attribute.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> center.set_access_control_attributes({"Title": "${path:title}"})
        >>> center.access_control_attributes
        {'Title': 'title'}
        """
        given: object = attributes
        if not isinstance(given, Mapping):
            raise RequestError(f"This is a mapping of texts to texts, not {attributes!r}.")
        sent = [{"Key": key, "Value": {"Source": [one]}} for key, one in given.items()]
        do(
            self,
            "sso:UpdateInstanceAccessControlAttributeConfiguration",
            InstanceAccessControlAttributeConfiguration={"AccessControlAttributes": sent},
        )

    def sign_in(self, user: IdentityStoreUser | str, *, with_mfa: bool = False) -> PortalSession:
        """Let somebody sign in to the access portal, for eight hours. The password is right.

        Parameters
        ----------
        user
            A user of the identity store, or the user name.
        with_mfa
            Whether an MFA device is used too.

        Raises
        ------
        FailedAuthentication
            There is no such user.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> ana = center.create_user("ana")
        >>> center.sign_in("ana", with_mfa=True).accounts()
        []
        """
        if not isinstance(with_mfa, bool):
            raise RequestError(f"with_mfa is True or False, not {with_mfa!r}.")
        try:
            known = find(self.users, user, USER)
        except ResourceNotFoundException as unknown:
            # The page says the same of a password that is wrong; the text is likely.
            error = FailedAuthentication("We couldn't verify your sign-in credentials.")
            for note in unknown.__notes__:
                error.add_note(note)
            raise error from None
        return portal.sign_in(self, known, with_mfa=with_mfa)

    def hexadecimal(self, size: int) -> str:
        """Make an id of so many hexadecimal digits, 32 at most."""
        return self.world.ids.uuid().replace("-", "")[:size]

    def copy(self, world: World) -> IdentityCenter:
        """Copy the instance into another world; what is frozen is shared."""
        return replace(
            self,
            world=world,
            users={key: copy_into(one, world=world) for key, one in self.users.items()},
            groups={key: copy_into(one, world=world) for key, one in self.groups.items()},
            permission_sets={
                key: copy_into(one, world=world) for key, one in self.permission_sets.items()
            },
            account_assignments=list(self.account_assignments),
            providers=dict(self.providers),
            access_control_attributes=dict(self.access_control_attributes),
        )


def _set_attributes(call: CenterCall) -> None:
    """Say which attributes of users become session tags."""
    sent = call.parameters["InstanceAccessControlAttributeConfiguration"]
    pairs = [
        (one.get("Key"), source)
        for one in sent.get("AccessControlAttributes", ())
        for source in one.get("Value", {}).get("Source", ())
    ]
    given = checked_mapping("key", "attribute", dict(pairs), MOST_ATTRIBUTES)
    if len({key.lower() for key in given}) < len(given):
        raise ValidationException("Keys of session tags differ in more than their case.")
    call.center.access_control_attributes = {key: _path(one) for key, one in given.items()}


for _verb in ("Create", "Update"):
    operation(f"sso:{_verb}InstanceAccessControlAttributeConfiguration")(_set_attributes)


def enable_identity_center(
    organization: Organization, *, region: str = "us-east-1"
) -> IdentityCenter:
    """Enable IAM Identity Center for an organization, as its management account does.

    The service gets access to the organization, and a service-linked role in each account.

    Parameters
    ----------
    region
        Where it shall be.

    Raises
    ------
    ConflictException
        The organization has an instance, or has consolidated billing only.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("acme-main"))
    >>> center = enable_identity_center(organization, region="eu-west-1")
    >>> center.arn[:30], center.access_portal_url[:10]
    ('arn:aws:sso:::instance/ssoins-', 'https://d-')
    """
    check_region(region)
    if region == GLOBAL:
        raise RequestError(f"{GLOBAL} is no Region: write one such as us-east-1.")
    world, owner = organization.world, organization.management_account
    if any(one.organization_id == organization.id for one in world.identity_centers.values()):
        raise ConflictException("The organization has an instance of IAM Identity Center already.")
    if organization.feature_set != "ALL":
        # The console asks to enable all features first; there is no call, and so no code.
        raise ConflictException("IAM Identity Center needs an organization with all features.")
    perform(owner, "organizations:EnableAWSServiceAccess", ServicePrincipal=SERVICE)
    for account in organization.accounts:
        enter(account)
    number = world.ids.uuid().replace("-", "")
    end, store = number[:16], f"d-{number[16:26]}"
    made = IdentityCenter(
        world,
        f"arn:{owner.partition}:sso:::instance/ssoins-{end}",
        store,
        organization.id,
        region,
        _metadata(world, owner.account_id, region, end),
    )
    world.identity_centers[made.arn] = made
    return made


def _metadata(world: World, owner: str, region: str, end: str) -> str:
    """Write the metadata of the portal, the SAML identity provider of all accounts."""
    whose = b64encode(f"{owner}_ins-{end}".encode()).decode()
    issuer = f"https://portal.sso.{region}.amazonaws.com/saml/assertion/{whose}"
    key = rsa_key(world, f"identity center/{end}")
    return metadata_of(issuer, [certificate_of(key, f"{region}.signin.aws", int(end, 16) + 1)])


def _path(source: str) -> str:
    """Read where a tag's value comes from: ``${path:title}``."""
    found = _SOURCE.fullmatch(source)
    if found is None or found[1] not in PATHS:  # AWS's sentence is not documented
        error = ValidationException(f"The attribute source {source[:200]} is not supported.")
        shown = source if found is None else found[1]
        error.add_note(f"Write ${{path:title}}. {did_you_mean(shown, PATHS)}")
        raise error
    return found[1]
