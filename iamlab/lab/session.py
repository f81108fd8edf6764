"""A session: temporary credentials, with all that it can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import chain_of
from iamlab.model.record import facade_of
from iamlab.operations.sts import session as records

if TYPE_CHECKING:
    from iamlab.analysis.credential_timeline.lifetimes import Lifetime


@facade_of(records.Session)
class Session(records.Session):
    __doc__ = records.Session.__doc__
    __slots__ = ()

    def chain(self) -> tuple[Lifetime, ...]:
        """Give the credentials that led here, the first ones first, and this session last.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> [one.operation for one in world.sts.get_session_token(key).chain()]
        ['CreateAccessKey', 'GetSessionToken']
        """
        return chain_of(self)
