"""Which fields of a world hold secrets, and what stands in their place where none may be.

It fails safe: a field whose name sounds secret is one, unless it is listed here as harmless.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SOUNDS_SECRET = re.compile("hash|salt|passw|secret|seed|token|private")


def one_way(seed: int) -> int:
    """Give the seed of a world that is saved without secrets: no way leads back to the first.

    Whoever knows the seed knows all that follows from it: secret access keys, seeds of MFA devices.
    A seed that can be guessed, such as 7, is no secret anyway: each guess can be tried.

    Examples
    --------
    >>> one_way(7) == one_way(7), one_way(7) == one_way(8)
    (True, False)
    """
    return int.from_bytes(
        sha256(f"iamlab, a world without secrets/{seed}".encode()).digest(), "big"
    )


WRITTEN_INSTEAD: dict[str, Callable[[Any], Any]] = {"Ids.seed": one_way}
"""Secrets in whose place something is written that follows from them."""

LEFT_OUT: dict[str, object] = {
    "LoginProfile.hashes": (),  # there is a password, and none opens it
    "ServiceSpecificCredential.password": None,
}
"""Secrets that are not written, and what a loaded world has in their place."""

HARMLESS = frozenset(
    (
        "Account.global_endpoint_token_version",
        "Account.password_policy",
        "Credentials.password",  # since when, not which
        "KeyGrant.grant_token",  # "a unique, nonsecret" string, as AWS says
        "LoginProfile.password_reset_required",
        "PasswordPolicy.allow_users_to_change_password",
        "PasswordPolicy.max_password_age",
        "PasswordPolicy.minimum_password_length",
        "PasswordPolicy.password_reuse_prevention",
        "Row.password_enabled",
        "Row.password_last_changed",
        "Row.password_last_used",
        "Row.password_next_rotation",
        "SAMLProvider.private_keys",  # their ids, not the keys
        "SessionRecord.token_bytes",
    )
)
"""Fields that only sound secret."""


def is_secret(field: str) -> bool:
    """Say whether a field, such as ``"LoginProfile.hashes"``, may hold a secret.

    Examples
    --------
    >>> is_secret("LoginProfile.hashes"), is_secret("LoginProfile.password_reset_required")
    (True, False)
    """
    sounds = _SOUNDS_SECRET.search(field.partition(".")[2]) is not None
    return field in LEFT_OUT or field in WRITTEN_INSTEAD or (sounds and field not in HARMLESS)
