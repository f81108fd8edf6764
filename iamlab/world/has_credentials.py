"""Whoever can have credentials of his own: IAM users, and the root user.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "AWS Multi-factor
authentication in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.keys import KeyRecord
    from iamlab.world.passwords import LoginProfile


class HasCredentials:
    """What IAM users and root users have in common: access keys, a password, MFA devices.

    ``named`` is how IAM's API names one: a root user by naming nobody.
    """

    account: Account
    key_records: dict[str, KeyRecord]
    login_profile: LoginProfile | None
    former_sign_in: datetime | None

    if TYPE_CHECKING:

        @property
        def unique_id(self) -> str: ...  # noqa: D102

        @property
        def arn(self) -> str: ...  # noqa: D102 - said where it is computed

        @property
        def user_name(self) -> str: ...  # noqa: D102

        @property
        def named(self) -> dict[str, str]: ...  # noqa: D102

        @property
        def is_there(self) -> bool: ...  # noqa: D102
    else:
        __slots__ = ()  # those who inherit have the slots, which mypy would not believe
