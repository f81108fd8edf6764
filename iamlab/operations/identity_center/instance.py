"""An instance of IAM Identity Center: one for an organization, in its management account.

Not modelled: instances of single accounts, delegated administrators, applications, trusted identity
propagation, and external identity sources. The methods call as the management account's root user;
a call of another principal, ``account.call("sso:...", ana, ...)``, needs permission.

Notes
-----
AWS pages: "What is IAM Identity Center?"; "Organization and account instances of IAM Identity
Center"; "Enable IAM Identity Center"; "Assign user or group access to AWS accounts".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.errors.identity_center import ConflictException
from iamlab.model.record import copy_into
from iamlab.operations.dispatch import perform
from iamlab.operations.federation.saml_assertion import metadata_of
from iamlab.operations.federation.signatures import certificate_of, rsa_key
from iamlab.operations.identity_center import portal
from iamlab.operations.identity_center.calls import (
    ACCOUNT,
    GROUP,
    PERMISSION_SET,
    USER,
    do,
    id_of,
)
from iamlab.operations.identity_center.directory import (
    IdentityStore,
    IdentityStoreGroup,
    IdentityStoreUser,
)
from iamlab.operations.identity_center.permission_sets import (
    AWS_ACCOUNT,
    EITHER,
    AccountAssignment,
    HasPermissionSets,
    PermissionSet,
)
from iamlab.operations.identity_center.provisioning import SERVICE, enter
from iamlab.operations.sts.calls import GLOBAL, check_region

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World
    from iamlab.operations.identity_center.portal import PortalSession

    Principal = IdentityStoreUser | IdentityStoreGroup


@dataclass(slots=True, eq=False)
class IdentityCenter(IdentityStore, HasPermissionSets):
    """An instance of IAM Identity Center.

    Parameters
    ----------
    arn
        ``arn:aws:sso:::instance/ssoins-...``.
    identity_store_id
        ``d-...``.
    region
        Its Region, which can't change.
    saml_metadata
        The metadata with which accounts check its signature.
    users, groups, permission_sets
        By id.
    providers
        Account id -> the ARN of its SAML provider there.
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
        """The organization of the instance.

        Raises
        ------
        RequestError
            The organization was deleted.
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
        """The URL where users sign in."""
        return f"https://{self.identity_store_id}.awsapps.com/start"

    def create_account_assignment(
        self,
        account: Account | str,
        permission_set: PermissionSet | str,
        principal: Principal | str,
    ) -> AccountAssignment:
        """Assign a user or group to an account with a permission set.

        The role in the account is created or updated. An existing assignment stays.

        Parameters
        ----------
        account
            A member or the management account: the object, its id or its name.
        permission_set
            The permission set, its ARN or its name.
        principal
            The user or group, its id, or its name if it is unique.

        Raises
        ------
        ResourceNotFoundException
            The account, the permission set or the principal doesn't exist.
        NoSuchEntity
            The account doesn't have a customer managed policy that the permission set names.
        LimitExceeded
            The account has reached a quota.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev = organization.create_account("acme-dev")
        >>> center = organization.enable_identity_center()
        >>> readers = center.create_permission_set("Readers")
        >>> made = center.create_account_assignment(dev, readers, center.create_user("ana"))
        >>> [name[:22] for name in dev.roles if "Reserved" in name]
        ['AWSReservedSSO_Readers']
        """
        made: AccountAssignment = self._assign("Create", account, permission_set, principal)
        return made

    def delete_account_assignment(
        self,
        account: Account | str,
        permission_set: PermissionSet | str,
        principal: Principal | str,
    ) -> None:
        """Delete an assignment, and the account's role if it was the last.

        Sessions of a remaining role stay valid until they expire; those of a deleted role end.

        Parameters
        ----------
        principal
            For a deleted principal: the object or its id.

        Raises
        ------
        ResourceNotFoundException
            There is no such assignment.
        """
        self._assign("Delete", account, permission_set, principal)

    def _assign(self, verb: str, account: object, permission_set: object, principal: object) -> Any:
        """Do an operation on an assignment; names can replace ids."""
        kinds = {IdentityStoreUser: USER, IdentityStoreGroup: GROUP, str: EITHER}
        kind = next((name for cls, name in kinds.items() if isinstance(principal, cls)), None)
        if kind is None:
            raise RequestError(
                f"{principal!r} isn't a principal. Pass a user or a group of the identity store. "
                "IAM users and roles can't be assigned."
            )
        return do(
            self,
            f"sso:{verb}AccountAssignment",
            TargetId=id_of(account, ACCOUNT),
            TargetType=AWS_ACCOUNT,
            PermissionSetArn=id_of(permission_set, PERMISSION_SET),
            PrincipalType=kind,
            PrincipalId=id_of(principal, "principal"),
        )

    def choices_of(self, user: IdentityStoreUser) -> list[tuple[Account, PermissionSet]]:
        """List a user's choices: active accounts, and the permission sets there.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main")
        >>> center = world.create_organization(main).enable_identity_center()
        >>> center.choices_of(center.create_user("ana"))
        []
        """
        members, mine = self.organization.members, {user.id, *(group.id for group in user.groups)}
        every = self.account_assignments
        places = dict.fromkeys(
            assigned.place for assigned in every if assigned.principal_id in mine
        )
        return [
            (members[account_id].account, self.permission_sets[set_id])
            for account_id, set_id in places
            if account_id in members and members[account_id].status == "ACTIVE"
        ]

    def set_access_control_attributes(self, attributes: Mapping[str, str]) -> None:
        """Set which of the users' attributes become session tags, and their keys; none: ``{}``.

        Its operations are ``CreateInstanceAccessControlAttributeConfiguration`` and
        ``UpdateInstanceAccessControlAttributeConfiguration``.

        Parameters
        ----------
        attributes
            ``{"Department": "${path:enterprise.department}"}``.

        Raises
        ------
        ValidationException
            A key isn't valid, or there is no such attribute.

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
        sources: object = attributes
        if not isinstance(sources, Mapping):
            raise RequestError(f"This is a mapping of texts to texts, not {attributes!r}.")
        sent = [{"Key": key, "Value": {"Source": [source]}} for key, source in sources.items()]
        do(
            self,
            "sso:UpdateInstanceAccessControlAttributeConfiguration",
            InstanceAccessControlAttributeConfiguration={"AccessControlAttributes": sent},
        )

    def sign_in(self, user: IdentityStoreUser | str, *, with_mfa: bool = False) -> PortalSession:
        """Sign a user in to the access portal for eight hours, without checking a password.

        Parameters
        ----------
        user
            A user of the identity store, or the user name.
        with_mfa
            Whether MFA is used.

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
        return portal.sign_in(self, user, with_mfa=with_mfa)

    def hexadecimal(self, size: int) -> str:
        """Make an id with a number of hexadecimal digits, at most 32."""
        return self.world.ids.uuid().replace("-", "")[:size]

    def copy(self, world: World) -> IdentityCenter:
        """Copy the instance into another world; immutable parts are shared."""
        made = copy_into(self, world=world)
        held: dict[str, Any]
        for held in (made.users, made.groups, made.permission_sets):
            held |= {key: copy_into(part, world=world) for key, part in held.items()}
        return made


def enable_identity_center(
    organization: Organization, *, region: str = "us-east-1"
) -> IdentityCenter:
    """Enable IAM Identity Center for an organization, as its management account.

    The service gets trusted access to the organization, and a service-linked role in each account.

    Raises
    ------
    ConflictException
        The organization has an instance, or only consolidated billing.
    """
    check_region(region)
    if region == GLOBAL:
        raise RequestError(f"{GLOBAL} isn't a Region. Write one such as us-east-1.")
    world, owner = organization.world, organization.management_account
    if any(center.organization_id == organization.id for center in world.identity_centers.values()):
        raise ConflictException("The organization already has an instance of IAM Identity Center.")
    if organization.feature_set != "ALL":
        # The console requires all features first; there is no API call, and so no code.
        raise ConflictException("IAM Identity Center needs an organization with all features.")
    perform(owner, "organizations:EnableAWSServiceAccess", ServicePrincipal=SERVICE)
    for account in organization.accounts:
        enter(account)
    number = world.ids.uuid().replace("-", "")
    end, store = number[:16], f"d-{number[16:26]}"
    arn = f"arn:{owner.partition}:sso:::instance/ssoins-{end}"
    metadata = _metadata(world, owner.account_id, region, end)
    made = IdentityCenter(world, arn, store, organization.id, region, metadata)
    world.identity_centers[made.arn] = made
    return made


def _metadata(world: World, owner: str, region: str, end: str) -> str:
    """Return the metadata of the portal, the SAML identity provider of all accounts."""
    owned_by = b64encode(f"{owner}_ins-{end}".encode()).decode()
    issuer = f"https://portal.sso.{region}.amazonaws.com/saml/assertion/{owned_by}"
    key = rsa_key(world, f"identity center/{end}")
    return metadata_of(issuer, [certificate_of(key, f"{region}.signin.aws", int(end, 16) + 1)])
