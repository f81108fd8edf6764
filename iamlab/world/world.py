"""The world of a notebook: accounts, organizations, network, identity providers, files.

Notes
-----
AWS pages: "AWS Organizations"; "AWS Security Token Service"; "AWS global condition context keys",
section "Properties of the network".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from iamlab.errors import RequestError
from iamlab.model import world as records
from iamlab.model.network_locations import Network, find_endpoint
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform
from iamlab.world.events import EventQuestions
from iamlab.world.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from iamlab.model import account as account_records
    from iamlab.operations.federation.oidc_issuer import OidcIssuer
    from iamlab.operations.federation.saml_directory import SamlDirectory
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.operations.services.ec2.vpc_endpoints import VpcEndpoint
    from iamlab.operations.services.s3.bucket import Bucket
    from iamlab.operations.sign_in import ConsoleSession
    from iamlab.storage.account_entries import Source
    from iamlab.world.account import Account
    from iamlab.world.events import EventLog
    from iamlab.world.identities import Group, Role, User
    from iamlab.world.organization import Organization
    from iamlab.world.sts import Session, Sts


@facade_of(records.World)
class World(Questions, EventQuestions):
    """A simulated AWS with its own accounts, time and ids. Worlds are independent of each other.

    Parameters
    ----------
    seed
        The same seed and the same calls give the same world, with the same ids.
    clock
        By default you advance the time; a :class:`~iamlab.model.clock_and_ids.RealClock` is the
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

    # A world's contents are objects of `iamlab.world`.
    accounts: dict[str, Account]  # type: ignore[assignment]  # mypy takes a dict's values as they are
    organizations: dict[str, Organization]  # type: ignore[assignment]
    events: EventLog
    oidc_issuers: dict[str, OidcIssuer]
    saml_directories: dict[str, SamlDirectory]
    identity_centers: dict[str, IdentityCenter]

    if TYPE_CHECKING:  # documented in the record

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
        """Create an organization (``CreateOrganization``).

        Parameters
        ----------
        management_account
            The account that creates it, its name or its id: no SCP or RCP will apply to it.
        feature_set
            ``"ALL"``, or ``"CONSOLIDATED_BILLING"``: one bill, no policies.

        Raises
        ------
        AlreadyInOrganizationException
            The account is already in an organization.

        Examples
        --------
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main", account_id="111111111111")
        >>> organization = world.create_organization(main)
        >>> main.organization is organization
        True
        """
        name = getattr(management_account, "account_id", management_account)
        if not isinstance(name, str):
            raise RequestError(f"{management_account!r} isn't an account.")
        account = self.account(name)
        return perform(account, "organizations:CreateOrganization", FeatureSet=feature_set)

    def network(self, *, ip: str = "", vpc: str = "", endpoint: str | VpcEndpoint = "") -> Network:
        """Set where calls come from, from now on or until the end of a ``with``.

        Parameters
        ----------
        ip
            The caller's address.
        vpc
            The caller's VPC; calls use its endpoints.
        endpoint
            The VPC endpoint that calls go through, its id or its ARN.

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
        leave = partial(setattr, self, "current_network", self.current_network)
        self.current_network = wanted
        return wanted.until(leave)

    @property
    def sts(self) -> Sts:
        """The Security Token Service: temporary credentials."""
        from iamlab.world.sts import Sts

        return Sts(self)

    def sign_in(self, **credentials: Any) -> ConsoleSession:
        """Sign in to the console: see ``iamlab.operations.sign_in.sign_in`` for the parameters.

        Examples
        --------
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.create_login_profile("Correct-Horse-1")
        >>> world.sign_in(account="main", user="ana", password="Correct-Horse-1").with_mfa
        False
        """
        from iamlab.operations.sign_in import sign_in

        return sign_in(self, **credentials)

    def create_oidc_issuer(
        self, url: str, *, audience: str = "sts.amazonaws.com", algorithm: str = "RS256"
    ) -> OidcIssuer:
        """Create an OpenID Connect issuer outside AWS, which signs tokens.

        Parameters
        ----------
        url
            ``https://``, a host, and optionally a path.
        audience
            The default audience of its tokens.
        algorithm
            ``RS256``, ``RS384``, ``RS512`` or ``ES384``.

        Raises
        ------
        RequestError
            The URL isn't valid or already used, or the algorithm is unknown.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> issuer = world.create_oidc_issuer("https://id.acme.example")
        >>> issuer.register(main).arn
        'arn:aws:iam::111111111111:oidc-provider/id.acme.example'
        """
        from iamlab.operations.federation.oidc_issuer import create_issuer

        return create_issuer(self, url, audience=audience, algorithm=algorithm)

    def github_actions(self) -> OidcIssuer:
        """Create an issuer of tokens like those of GitHub's workflows.

        Its ``token("repo:acme/star-maps:ref:refs/heads/main")`` is the token of a workflow.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).github_actions().url
        'https://token.actions.githubusercontent.com'
        """
        from iamlab.operations.federation.oidc_issuer import github_actions

        return github_actions(self)

    def cognito(self, identity_pool_id: str | None = None) -> OidcIssuer:
        """Create an issuer of tokens like those of an Amazon Cognito identity pool.

        Its ``token`` makes the token of an identity.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).cognito().url
        'https://cognito-identity.amazonaws.com'
        """
        from iamlab.operations.federation.oidc_issuer import cognito

        return cognito(self, identity_pool_id)

    def create_saml_directory(self, name: str = "Acme Active Directory") -> SamlDirectory:
        """Create a directory of people, which signs SAML assertions about them.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> world.create_saml_directory().register(main).arn
        'arn:aws:iam::111111111111:saml-provider/AcmeAD'
        """
        from iamlab.operations.federation.saml_directory import create_directory

        return create_directory(self, name)

    def caller_of(self, credentials: Mapping[str, object]) -> AccessKey | Session:
        """Return the caller with some credentials, in the form that software has them.

        Parameters
        ----------
        credentials
            Access key id, secret and, if temporary, session token, with the names of STS, of the
            metadata service or of environment variables.

        Raises
        ------
        InvalidClientTokenId
            The key is unknown, or the token is wrong, missing or unexpected.
        SignatureDoesNotMatch
            The secret is wrong.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> answer = world.sts.call("GetSessionToken", ana)
        >>> world.sts.get_caller_identity(world.caller_of(answer["Credentials"])).arn == ana.arn
        True
        """
        from iamlab.operations.credential_lookup import caller_of

        return caller_of(self, credentials)  # type: ignore[return-value]  # an object of `iamlab.world`

    @classmethod
    def from_account_details(
        cls,
        *exports: str | Path | Mapping[str, object] | list[Mapping[str, object]],
        organization: Source | None = None,
        resource_policies: Mapping[str, str | Mapping[str, object]] | None = None,
    ) -> Self:
        """Read the output of ``aws iam get-account-authorization-details``.

        Parameters
        ----------
        exports
            Paths, dicts, or lists of pages; of one account or several.
        organization
            The output of ``aws organizations``: a path, a ``dict``, or a list of outputs; see
            docs/organization-export.md.
        resource_policies
            Resource-based policies by ARN; such a file doesn't contain them.

        Raises
        ------
        LoadError
            A file isn't such an output, or is cut off; with the place.
        """
        from iamlab.storage.account_details import load_account_details

        world = cls()
        load_account_details(world, exports, resource_policies or {}, organization)
        return world

    def save(self, path: str | Path, *, secrets: bool = False) -> None:
        """Write the world to a file.

        The file is written beside the old one and then replaces it, so that an interrupted save
        loses nothing.

        Parameters
        ----------
        path
            The path of the JSON file.
        secrets
            Whether to write secrets too, with a warning. Without them the loaded world has the same
            users, but their passwords, keys and devices no longer work.

        Raises
        ------
        RequestError
            Something in the world can't be written; the file is unchanged.

        Examples
        --------
        >>> import tempfile
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     world.save(f"{folder}/world.json")
        ...     again = World.load(f"{folder}/world.json")
        >>> again.user("ana").arn == ana.arn
        True
        """
        from iamlab.storage.saved_world import save_world

        save_world(self, path, secrets=secrets)

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read a world that this version of iamlab, or an older one, saved.

        Raises
        ------
        LoadError
            The file is cut off, damaged, or of a newer version; with the place.
        """
        from iamlab.storage.saved_world import load_world

        return cast("World", load_world(path))  # an object of `iamlab.world`

    def to_account_details(self) -> list[dict[str, Any]]:
        """Return each account as ``aws iam get-account-authorization-details`` prints it.

        Such an output contains identities and policies, but no credentials and no resources;
        ``to_resource_policies`` returns resource-based policies.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main", account_id="111111111111").create_user("ana")
        >>> again = World.from_account_details(*world.to_account_details())
        >>> again.user("ana").arn
        'arn:aws:iam::111111111111:user/ana'
        """
        from iamlab.storage.account_details import whole

        return [whole(account) for account in self.accounts.values()]

    def to_resource_policies(self) -> dict[str, dict[str, Any]]:
        """Return the resource-based policies, by ARN.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> topic = world.create_account("main", account_id="111111111111").create_topic("news")
        >>> list(world.to_resource_policies())
        ['arn:aws:sns:us-east-1:111111111111:news']
        """
        every = [each for account in self.accounts.values() for each in account.resources.values()]
        own = {found.arn: found.policy.to_dict() for found in every if found.policy is not None}
        return {**{arn: policy.to_dict() for arn, policy in self.resource_policies.items()}, **own}
