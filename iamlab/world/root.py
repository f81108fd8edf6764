"""The root user: the account's owner, who signs in by e-mail address.

Notes
-----
AWS page: "AWS account root user".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.display import Shown
from iamlab.world.has_credentials import HasCredentials
from iamlab.world.kept import Kept

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.keys import KeyRecord
    from iamlab.world.passwords import LoginProfile


@dataclass(slots=True, eq=False)
class RootUser(HasCredentials, Shown, Kept):
    """The root user of an account. It has no credentials unless they are made.

    Parameters
    ----------
    email
        The address that it signs in with.
    former_sign_in
        When the last of the passwords that were taken away from it was last used.

    Examples
    --------
    >>> from iamlab import World
    >>> root = World(seed=7).create_account("main", account_id="111111111111").root
    >>> root.arn, root.access_keys, root.mfa_devices
    ('arn:aws:iam::111111111111:root', [], [])
    """

    account: Account = field(repr=False)
    email: str = ""
    key_records: dict[str, KeyRecord] = field(default_factory=dict, repr=False)
    login_profile: LoginProfile | None = field(default=None, repr=False)
    former_sign_in: datetime | None = field(default=None, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:root``."""
        return self.account.root_arn

    @property
    def unique_id(self) -> str:
        """The account's id, which stands where users have an id of their own."""
        return self.account.account_id

    @property
    def user_name(self) -> str:
        """How answers of the API name it, where they must: by the account's alias or id."""
        return self.account.alias or self.account.account_id

    @property
    def named(self) -> dict[str, str]:
        """How the API names it: not at all."""
        return {}

    @property
    def is_there(self) -> bool:
        """Whether it has not been deleted; a root user cannot be."""
        return True
