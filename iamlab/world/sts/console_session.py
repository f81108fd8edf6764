"""A session in the console that began with somebody's temporary credentials.

Notes
-----
AWS pages: "Enable custom identity broker access to the AWS console"; "Permissions for
GetFederationToken". Likely, not sure: that it has the issue time of the credentials, so that
revoking reaches it; and that STS is as closed to a federated user in the console as outside of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import ExpiredToken, RequestError
from iamlab.world.presented import CredentialKind
from iamlab.world.sts.session import Session, presented

if TYPE_CHECKING:
    from datetime import datetime
    from typing import NoReturn

    from iamlab.world.presented import Presented
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FederatedConsoleSession(Session):
    """A session in the console that began with a link: the same caller, with another end.

    A role's session may do there what its role may. A federated user may even call IAM there, which
    AWS does not let him do by the API. Its secrets stay in the browser.

    Parameters
    ----------
    signed_in, until
        When it began, and when it ends: the credentials may end earlier.
    """

    signed_in: datetime
    until: datetime
    is_in_console: ClassVar[bool] = True

    @property
    def expiration(self) -> datetime:
        """When it ends."""
        return self.until

    @property
    def secret_access_key(self) -> str:
        """Not to be had.

        Raises
        ------
        RequestError
            Always.
        """
        return _in_the_browser()

    @property
    def session_token(self) -> str:
        """Not to be had.

        Raises
        ------
        RequestError
            Always.
        """
        return _in_the_browser()

    def present(self, world: World) -> Presented:
        """Show it, as with every click.

        Raises
        ------
        ExpiredToken
            Its time is over.
        InvalidClientTokenId
            The role or user behind it has been deleted.
        """
        if world.clock.now >= self.until:
            raise ExpiredToken("The security token included in the request is expired")
        shown = presented(world, self.record)
        is_federated = shown.kind is CredentialKind.FEDERATED
        return replace(shown, kind=CredentialKind.FEDERATED_CONSOLE) if is_federated else shown


def _in_the_browser() -> NoReturn:
    raise RequestError("The credentials of a session in the console stay in the browser.")
