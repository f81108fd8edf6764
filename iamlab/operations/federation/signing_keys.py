"""Keys with which made-up identity providers sign: they follow from the world's seed.

So no key is kept in a file or in the source, and the same seed gives the same tokens. They guard
nothing: whoever knows the seed can make them.

The certificate of an identity provider: its public key under its own name, signed by itself.

Who trusts it does so because it stands in metadata that somebody uploaded; no authority vouches
for it. Its dates are wide, as a world's time is not that of the computer.

Notes
-----
AWS pages: "API AssumeRoleWithWebIdentity", for the algorithms of tokens; "Create a SAML identity
provider in IAM".
AWS page: "Create a SAML identity provider in IAM", for the certificate in the metadata.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

    from iamlab.model.world import World


_EXPONENT = 65_537
_BITS = 2048
_SMALL_PRIMES = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2)))


def rsa_key(world: World, whose: str) -> RSAPrivateKey:
    """Give somebody's RSA key of 2,048 bits.

    Parameters
    ----------
    whose
        Any text: another text, another key.

    Examples
    --------
    >>> from iamlab import World
    >>> one, again = (rsa_key(World(seed=7), "directory 1") for _ in range(2))
    >>> one.key_size, one.private_numbers() == again.private_numbers()
    (2048, True)
    """
    return _rsa(_seed_for(world, "rsa", whose))


def ec_key(world: World, whose: str) -> EllipticCurvePrivateKey:
    """Give somebody's key on the curve P-384, as ES384 wants it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    draw = random.Random(_seed_for(world, "ec", whose))
    return ec.derive_private_key(draw.getrandbits(380) | 1, ec.SECP384R1())


def _seed_for(world: World, kind: str, whose: str) -> str:
    return world.ids.hidden(f"signing key/{kind}/{whose}", "0123456789abcdef", 64)


@lru_cache(maxsize=64)
def _rsa(seed: str) -> RSAPrivateKey:
    """Make a key of two primes that are drawn with a seed."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    draw = random.Random(seed)
    p, q = _prime(draw), _prime(draw)
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p,
        q,
        private,
        rsa.rsa_crt_dmp1(private, p),
        rsa.rsa_crt_dmq1(private, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


def _prime(draw: random.Random) -> int:
    """Draw a prime of half the key's length; its two highest bits are set, as for every RSA key."""
    size = _BITS // 2
    while True:
        number = draw.getrandbits(size) | (3 << (size - 2)) | 1
        if gcd(number - 1, _EXPONENT) == 1 and _is_prime(number, draw):
            return number


def _is_prime(number: int, draw: random.Random) -> bool:
    """Say whether a number is prime (Miller and Rabin's test, wrong once in 4**20 times)."""
    if any(number % small == 0 for small in _SMALL_PRIMES):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(draw.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_LONGEST_NAME = 64  # of a common name, in X.520


def certificate_of(key: RSAPrivateKey, name: str, serial_number: int) -> Certificate:
    """Make the certificate of a key: the same again for the same three.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.signing_keys import rsa_key
    >>> made = certificate_of(rsa_key(World(seed=7), "acme"), "Acme signing", 1)
    >>> made.subject.rfc4514_string(), made.issuer == made.subject
    ('CN=Acme signing', True)
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    common_name = x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:_LONGEST_NAME])
    whose = x509.Name([common_name])
    return (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, hashes.SHA256())
    )
