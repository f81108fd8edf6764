"""The world, with all that can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.lab.account import Account
from iamlab.world import world as records
from iamlab.world.keeping import Keeping
from iamlab.world.networks import Here, Network, find_endpoint
from iamlab.world.outside import HasOutside
from iamlab.world.questions import Questions

if TYPE_CHECKING:
    from iamlab.world.organization import Organization
    from iamlab.world.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.world.signin import ConsoleSession
    from iamlab.world.sts import Sts


class World(Questions, Keeping, HasOutside, records.World):
    __doc__ = records.World.__doc__

    def create_organization(
        self, management_account: Account | str, *, feature_set: str = "ALL"
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
        from iamlab.world.organization import create_organization

        return create_organization(self, management_account, feature_set=feature_set)

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
        from iamlab.world.sts import Sts

        return Sts(self)

    def sign_in(self, **given: Any) -> ConsoleSession:
        """Sign in to the console: see ``iamlab.world.signin.sign_in`` for what can be given.

        Examples
        --------
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.create_login_profile("Correct-Horse-1")
        >>> world.sign_in(account="main", user="ana", password="Correct-Horse-1").with_mfa
        False
        """
        from iamlab.world.signin import sign_in

        return sign_in(self, **given)
