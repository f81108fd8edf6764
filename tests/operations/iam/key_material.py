"""Certificates, keys and metadata to upload."""

from textwrap import wrap

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)


def pem(label: str, base64: str) -> str:
    """Write a block of PEM."""
    return "\n".join([f"-----BEGIN {label}-----", *wrap(base64, 64), f"-----END {label}-----", ""])


_CERTIFICATE = (
    "MIIBQTCB56ADAgECAghzdGFyLW1hcDAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFz"
    "dGFyLW1hcHMuZXhhbXBsZTAeFw0yNjExMDEwMDAwMDBaFw0yNzExMDExMjAwMDBa"
    "MBwxGjAYBgNVBAMMEXN0YXItbWFwcy5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZI"
    "zj0DAQcDQgAEbq1CGp2pTWHrbKP6y+tulnwsC0YBpPEzbletfGMA2wE+ZoK9eaBC"
    "x/gDzuSDTUzI7SniHzFwg++oRw7ugy4oRqMTMBEwDwYDVR0TAQH/BAUwAwEB/zAK"
    "BggqhkjOPQQDAgNJADBGAiEAkhbIKiMyFo7AFQew0F1dRX/P8ZUcO5Z8fxQ9yl1X"
    "wjkCIQDsWk2BXRhMoKi1/Y56Z3GejXPbOtS9abN0lpwrzFBjTg=="
)
CERTIFICATE = pem("CERTIFICATE", _CERTIFICATE)
"""Of star-maps.example, signed with its own key; it ends on 1 November 2027 at noon."""

_LONG_CERTIFICATE = (
    "MIIBOTCB36ADAgECAghsb25nLmV4YTAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxs"
    "b25nLmV4YW1wbGUwIBcNMjYxMTAxMDAwMDAwWhgPMjA1NTExMDExMjAwMDBaMBcx"
    "FTATBgNVBAMMDGxvbmcuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA"
    "BG6tQhqdqU1h62yj+svrbpZ8LAtGAaTxM25XrXxjANsBPmaCvXmgQsf4A87kg01M"
    "yO0p4h8xcIPvqEcO7oMuKEajEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0E"
    "AwIDSQAwRgIhAMIRijhDkyuiejZa18FitH476t+2B4rwLUroFvDre2q4AiEAsCqy"
    "i3VR+loTZeIWzTvur9cSpfwIr+iAIqP6t43hNFI="
)
LONG_CERTIFICATE = pem("CERTIFICATE", _LONG_CERTIFICATE)
"""Another one, which ends on 1 November 2055: such years are written with four digits."""


def private_key(number: int, lock: KeySerializationEncryption | None = None) -> str:
    """Make a key out of a number: it opens nothing, and is the same every time."""
    key = ec.derive_private_key(number, ec.SECP256R1())
    form = Encoding.PEM, PrivateFormat.PKCS8
    return key.private_bytes(*form, lock or NoEncryption()).decode()


PRIVATE_KEY = private_key(2026)
"""That of both certificates."""

OTHER_PRIVATE_KEY = private_key(2027)
LOCKED_PRIVATE_KEY = private_key(2026, BestAvailableEncryption(b"password"))

_RSA = (
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCiN/PaFY636l+ziPEgRTpebpb+gSUQ9IvyL1XaupxkE6bSHfJg8SsTrhtAmg"
    "eLGtWd1Wo/W6EM4TsyBwXTUKVkvfk+yjTqsCAX6tKtM508Ar6kFkhO3W7J6qqOfzWv3+RUdjYXOtkOXrr5Tf2NaTMq"
    "VT0H408uKUcgYZcVPIGnh4V7YS43VQeDuagRm1yUMHPp6SnsBwRsbAsYoJUkoArUL5Yv+uR/cKp+ijGvC79IuNdTfB"
    "/ekKYC0IK0tpwguDOO5D2/wrWKqj1ilB3JpBQ0zKDNrFdK50nCjpK7hmsIXVo+QSAoDiRKyio3uHyXumF9K1BNbxY/"
    "nXh81JsPLnGF"
)
SSH_KEY = f"ssh-rsa {_RSA} alice@example"
FINGERPRINT = "bc:17:6c:02:10:03:7f:be:97:d6:32:ed:56:6d:ea:37"
"""As ``ssh-keygen -l -E md5`` tells it."""

_PUBLIC = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAojfz2hWOt+pfs4jxIEU6"
    "Xm6W/oElEPSL8i9V2rqcZBOm0h3yYPErE64bQJoHixrVndVqP1uhDOE7MgcF01Cl"
    "ZL35Pso06rAgF+rSrTOdPAK+pBZITt1uyeqqjn81r9/kVHY2FzrZDl66+U39jWkz"
    "KlU9B+NPLilHIGGXFTyBp4eFe2EuN1UHg7moEZtclDBz6ekp7AcEbGwLGKCVJKAK"
    "1C+WL/rkf3Cqfooxrwu/SLjXU3wf3pCmAtCCtLacILgzjuQ9v8K1iqo9YpQdyaQU"
    "NMygzaxXSudJwo6Su4ZrCF1aPkEgKA4kSsoqN7h8l7phfStQTW8WP514fNSbDy5x"
    "hQIDAQAB"
)
PUBLIC_KEY = pem("PUBLIC KEY", _PUBLIC)
"""The same key, as ``ssh-keygen -e -m PKCS8`` writes it."""

_RSA_PUBLIC = (
    "MIIBCgKCAQEAojfz2hWOt+pfs4jxIEU6Xm6W/oElEPSL8i9V2rqcZBOm0h3yYPEr"
    "E64bQJoHixrVndVqP1uhDOE7MgcF01ClZL35Pso06rAgF+rSrTOdPAK+pBZITt1u"
    "yeqqjn81r9/kVHY2FzrZDl66+U39jWkzKlU9B+NPLilHIGGXFTyBp4eFe2EuN1UH"
    "g7moEZtclDBz6ekp7AcEbGwLGKCVJKAK1C+WL/rkf3Cqfooxrwu/SLjXU3wf3pCm"
    "AtCCtLacILgzjuQ9v8K1iqo9YpQdyaQUNMygzaxXSudJwo6Su4ZrCF1aPkEgKA4k"
    "SsoqN7h8l7phfStQTW8WP514fNSbDy5xhQIDAQAB"
)
RSA_PUBLIC_KEY = pem("RSA PUBLIC KEY", _RSA_PUBLIC)
"""The same key, as ``ssh-keygen -e -m PEM`` writes it."""

_SMALL = (
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC1ywugwUIi9LrHjnNlaiTtQ+a4GNs/OiJhwr/MmHCGZoe2GYRPXDXzM+vhIh"
    "IAKHtnpn9oXDaM45HWObNmMCMMJ9uFv7Cro6VRiBVJpDgLTqWZNNvt2Hded7XvPjhoxCgDtkdd3UawHvuxrokPqIZO"
    "gSN16Sn1XJgYEE8M1YcOtQ=="
)
SMALL_KEY = f"ssh-rsa {_SMALL}"
"""An RSA key of 1,024 bits."""

ED25519_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHEmkYYqkPRN6WfTA8Bra8vzdLVdJBollunqk4KJUjMN"
_EC_PUBLIC = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbsCWIVG6TSTbReko6Xn4WecKqhiz"
    "yBt/uOL71xupc4Qu2Dh+eulMlkDr65VPhijWZxxd3vBBHSmXlYz+T1hkNA=="
)
EC_PUBLIC_KEY = pem("PUBLIC KEY", _EC_PUBLIC)
"""A public key that is not of RSA."""


def metadata(
    issuer: str = "https://idp.example/saml",
    *,
    valid_until: str | None = None,
    inside: str = "<IDPSSODescriptor/>",
    before: str = "",
) -> str:
    """Write SAML metadata, long enough to be uploaded."""
    until = "" if valid_until is None else f' validUntil="{valid_until}"'
    return (
        f'<?xml version="1.0"?>{before}<EntityDescriptor entityID="{issuer}"{until} '
        f'xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{inside}</EntityDescriptor>'
        f"<!--{' ' * 1000}-->"
    )
