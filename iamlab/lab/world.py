"""The world of a notebook: its accounts and organizations, its network, its services.

Notes
-----
AWS pages: "AWS Organizations"; "AWS Security Token Service"; "AWS global condition context keys",
section "Properties of the network".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.lab.event_questions import EventQuestions
from iamlab.lab.questions import Questions
from iamlab.lab.world_files import WorldFiles
from iamlab.lab.world_providers import WorldProviders
from iamlab.model import world as records
from iamlab.model.network_locations import Here, Network, find_endpoint
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform

if TYPE_CHECKING:
    from iamlab.lab.account import Account
    from iamlab.lab.event_log import EventLog
    from iamlab.lab.identities import Group, Role, User
    from iamlab.lab.organization import Organization
    from iamlab.lab.sts import Sts
    from iamlab.model import account as account_records
    from iamlab.operations.federation.oidc_issuer import OidcIssuer
    from iamlab.operations.federation.saml_directory import SamlDirectory
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.operations.services.s3.bucket import Bucket
    from iamlab.operations.sign_in import ConsoleSession


@facade_of(records.World)
class World(Questions, EventQuestions, WorldFiles, WorldProviders):
    """A world of its own: its accounts, its time, its ids. Two worlds never know of each other.

    Parameters
    ----------
    seed
        The same seed and the same calls give the same world, ids included.
    clock
        The default is advanced by hand; a :class:`~iamlab.model.clock_and_ids.RealClock` is the
        computer's.

    Examples
    --------
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> alice = main.create_user("alice")
    >>> print(world.can(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"))
    ○ implicit deny
    >>> alice.attach_policy("AmazonS3ReadOnlyAccess")
    >>> print(world.can(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"))
    ✓ allowed by AmazonS3ReadOnlyAccess/#1
    """

    # What a world holds was made as a class of the lab.
    accounts: dict[str, Account]  # type: ignore[assignment]  # mypy takes a dict's values as they are
    organizations: dict[str, Organization]  # type: ignore[assignment]
    events: EventLog
    oidc_issuers: dict[str, OidcIssuer]
    saml_directories: dict[str, SamlDirectory]
    identity_centers: dict[str, IdentityCenter]

    if TYPE_CHECKING:  # said in the record

        def create_account(self, name: str, *, account_id: str | None = None) -> Account: ...  # noqa: D102

        def account(self, name_or_id: str) -> Account: ...  # noqa: D102

        def user(self, name: str) -> User: ...  # noqa: D102

        def group(self, name: str) -> Group: ...  # noqa: D102

        def role(self, name: str) -> Role: ...  # noqa: D102

        def bucket(self, name: str) -> Bucket: ...  # noqa: D102

        def organization_of(self, account_id: str) -> Organization | None: ...  # noqa: D102

    def create_organization(
        self, management_account: account_records.Account | str, *, feature_set: str = "ALL"
    ) -> Organization:
        """Make an organization (``CreateOrganization``).

        Parameters
        ----------
        management_account
            The account that makes it, its name or its id: no SCP and no RCP will reach it.
        feature_set
            ``"ALL"``, or ``"CONSOLIDATED_BILLING"``: one bill, no policies.

        Raises
        ------
        AlreadyInOrganizationException
            The account is in one already.

        Examples
        --------
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main", account_id="111111111111")
        >>> organization = world.create_organization(main)
        >>> main.organization is organization
        True
        """
        text = management_account
        name = text if isinstance(text, str) else getattr(text, "account_id", None)
        if not isinstance(name, str):
            raise RequestError(f"{management_account!r} is no account.")
        account = self.account(name)
        made: Organization = perform(
            account, "organizations:CreateOrganization", FeatureSet=feature_set
        )
        return made

    def network(self, *, ip: str = "", vpc: str = "", endpoint: str | VpcEndpoint = "") -> Here:
        """Say from where calls come, from now on, or inside of a ``with``.

        Parameters
        ----------
        ip
            The caller's address.
        vpc
            The VPC that the caller is in; its endpoints are used.
        endpoint
            The VPC endpoint that calls go through: itself, its id or its ARN.

        Examples
        --------
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> with world.network(ip="198.51.100.7"):
        ...     decision = world.can(ana, "s3:ListAllMyBuckets", "*")
        >>> decision.request.value("aws:SourceIp")
        '198.51.100.7'
        >>> world.can(ana, "s3:ListAllMyBuckets", "*").request.value("aws:SourceIp")
        '198.18.0.10'
        """
        wanted = Network(ip, vpc, endpoint)  # type: ignore[arg-type]  # which reads its ARN
        if wanted.endpoint:
            find_endpoint(self, wanted.endpoint)
        here = Here(self, self.current_network)
        self.current_network = wanted
        return here

    @property
    def sts(self) -> Sts:
        """The Security Token Service: temporary credentials."""
        from iamlab.lab.sts import Sts

        return Sts(self)

    def sign_in(self, **given: Any) -> ConsoleSession:
        """Sign in to the console: see ``iamlab.operations.sign_in.sign_in`` for what can be given.

        Examples
        --------
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.create_login_profile("Correct-Horse-1")
        >>> world.sign_in(account="main", user="ana", password="Correct-Horse-1").with_mfa
        False
        """
        from iamlab.operations.sign_in import sign_in

        return sign_in(self, **given)
