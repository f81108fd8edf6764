"""What can be done with a session that is there, as methods of ``world.sts``.

None of them is a call of STS: to revoke is a call of IAM, and the console's federation endpoint is
a service of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.world.gather import Caller
    from iamlab.world.identities import Role
    from iamlab.world.sts.console import ConsoleLink
    from iamlab.world.sts.console_session import FederatedConsoleSession
    from iamlab.world.sts.revoking import Revocation
    from iamlab.world.sts.session import Session
    from iamlab.world.world import World


class HandlesSessions:
    """The methods that revoke sessions, and take them into the console."""

    __slots__ = ()

    if TYPE_CHECKING:
        world: World

    def revoke_session(
        self, role: Role, session: Session, caller: Caller | None = None
    ) -> Revocation:
        """Deny everything to one session, and to all of the same name.

        Parameters
        ----------
        caller
            Who does it, and needs iam:PutRolePolicy; if nothing is said, the account's root user.

        Raises
        ------
        RequestError
            It is no session of this role.
        """
        from iamlab.world.sts.revoking import revoke_session

        return revoke_session(role, session, caller)

    def revoke_by_source_identity(
        self, role: Role, name: str, caller: Caller | None = None
    ) -> Revocation:
        """Deny everything to the sessions of a role behind which somebody is."""
        from iamlab.world.sts.revoking import revoke_by_source_identity

        return revoke_by_source_identity(role, name, caller)

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
        """
        from iamlab.world.sts.console import sign_in_with

        return sign_in_with(self.world, link)
