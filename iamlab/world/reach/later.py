"""What a call says that is made only when the call is: passwords, keys, signed assertions.

A call is described long before somebody makes it, and a description holds no secrets. In their
places stand these; whoever replays a way puts the texts in. They follow from the world's seed.

Notes
-----
AWS pages: "Set an account password policy for IAM users"; "Create a SAML identity provider in IAM";
"OIDC federation".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.world.world import World

WHOSE = "reach"
"""Whose keys it is that a caller makes."""

_LONGEST_PASSWORD = 128
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Later:
    """Stands for a text.

    Parameters
    ----------
    said
        What it is, in words.
    make
        Makes it, for the world in which the call is made.

    Examples
    --------
    >>> from iamlab import World
    >>> PASSWORD, len(PASSWORD.make(World(seed=7)))
    (Later(said='a password that the caller chooses'), 128)
    """

    said: str
    make: Callable[[World], str] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.said


def _password(world: World) -> str:
    """Make a password that every password policy takes: as long as can be, of all kinds."""
    every = "Aa1-"
    return every + world.ids.hidden("reach/password", _LETTERS, _LONGEST_PASSWORD - len(every))


def _ssh_key(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from iamlab.world.federation.signing_keys import rsa_key

    public = rsa_key(world, WHOSE).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _certificate(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    from iamlab.world.federation.saml_certificate import certificate_of
    from iamlab.world.federation.signing_keys import rsa_key

    made = certificate_of(rsa_key(world, WHOSE), "reach", 1)
    return made.public_bytes(Encoding.PEM).decode()


def _other_password(world: World) -> str:
    return _password(world)[::-1]


PASSWORD = Later("a password that the caller chooses", _password)
SUPPOSED = Later("a password that the user has already", _other_password)
SSH_KEY = Later("the public half of an SSH key that the caller has made", _ssh_key)
CERTIFICATE = Later("a certificate of a key that the caller has made", _certificate)
