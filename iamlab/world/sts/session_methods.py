"""The way of a session into the console, as methods of ``world.sts``.

Neither of them is a call of STS: the console's federation endpoint is a service of its own.

Notes
-----
AWS page: "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.world.sts.console import ConsoleLink
    from iamlab.world.sts.console_session import FederatedConsoleSession
    from iamlab.world.sts.session import Session
    from iamlab.world.world import World


class TakesIntoTheConsole:
    """The methods that take sessions into the console."""

    __slots__ = ()

    if TYPE_CHECKING:
        world: World

    def console_federation_url(
        self,
        session: Session,
        *,
        destination: str | None = None,
        issuer: str = "https://example.com",
        session_duration: int | None = None,
    ) -> ConsoleLink:
        """Make a link into the console: see ``iamlab.world.sts.console``.

        Raises
        ------
        BadRequest
            AWS does not take these credentials, or this duration; a note says why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
        >>> role = main.create_role("audit", assume_role_policy_document=trust)
        >>> main.create_user("ana").put_policy("audit", Policy.allow("sts:AssumeRole", role.arn))
        >>> session = world.sts.assume_role(
        ...     world.user("ana"), role_arn=role, role_session_name="ana")
        >>> link = world.sts.console_federation_url(session)
        >>> world.sts.sign_in_with(link).arn
        'arn:aws:sts::111111111111:assumed-role/audit/ana'
        """
        from iamlab.world.sts.console import console_federation_url

        return console_federation_url(
            session,
            destination=destination,
            issuer=issuer,
            session_duration=session_duration,
            world=self.world,
        )

    def sign_in_with(self, link: ConsoleLink | str) -> FederatedConsoleSession:
        """Open a link into the console, as a browser does.

        Raises
        ------
        BadRequest
            It is no such link, or it was opened too late.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> key.user.put_policy("federate", Policy.allow("sts:GetFederationToken"))
        >>> session = world.sts.get_federation_token(key, name="bo", duration_seconds=900)
        >>> browser = world.sts.sign_in_with(world.sts.console_federation_url(session))
        >>> world.clock.advance(minutes=15)
        >>> browser.is_expired
        True
        """
        from iamlab.world.sts.console import sign_in_with

        return sign_in_with(self.world, link)
