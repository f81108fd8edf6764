"""What a world has outside of AWS: identity providers, and software that holds credentials.

Notes
-----
AWS pages: "Identity providers and federation"; "OIDC federation"; "SAML 2.0 federation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.model import world as records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.lab.credentials import Session
    from iamlab.operations.federation.oidc_issuer import OidcIssuer
    from iamlab.operations.federation.saml_directory import SamlDirectory
    from iamlab.operations.iam.access_keys import AccessKey


class WorldProviders(records.World):
    """The methods of a world that create identity providers, and that read credentials."""

    def create_oidc_issuer(
        self, url: str, *, audience: str = "sts.amazonaws.com", algorithm: str = "RS256"
    ) -> OidcIssuer:
        """Let there be an OpenID Connect provider, which signs tokens.

        Parameters
        ----------
        url
            ``https://``, a host, and perhaps a path.
        audience
            For whom its tokens are if nothing else is said.
        algorithm
            ``RS256``, ``RS384``, ``RS512`` or ``ES384``.

        Raises
        ------
        RequestError
            It is no such URL, one that is taken, or an algorithm that is not known here.

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
        """Let there be an issuer of tokens like those of GitHub's workflows.

        ``iamlab.operations.federation.known_issuers.workflow_token`` makes the token of a workflow.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).github_actions().url
        'https://token.actions.githubusercontent.com'
        """
        from iamlab.operations.federation.known_issuers import github_actions

        return github_actions(self)

    def cognito(self, identity_pool_id: str | None = None) -> OidcIssuer:
        """Let there be an issuer of tokens like those of an Amazon Cognito identity pool.

        ``iamlab.operations.federation.known_issuers.identity_token`` makes an identity's token.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).cognito().url
        'https://cognito-identity.amazonaws.com'
        """
        from iamlab.operations.federation.known_issuers import cognito

        return cognito(self, identity_pool_id)

    def create_saml_directory(self, name: str = "Acme Active Directory") -> SamlDirectory:
        """Let there be a directory of people, which signs SAML assertions about them.

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
        """Make a caller of credentials as software has them.

        Parameters
        ----------
        credentials
            Access key id, secret and, of temporary ones, session token: with the names of STS's
            answers, of the metadata service's, or of environment variables.

        Raises
        ------
        InvalidClientTokenId
            The key is unknown, or the token is wrong, missing or too many.
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

        return caller_of(self, credentials)  # type: ignore[return-value]  # made as one of the lab
