"""How STS refuses a SAML response: AWS's sentence, and below it what is the matter.

Few of AWS's sentences are documented. Where none is, the general one stands, and the note says it.

Notes
-----
AWS page: "Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

from iamlab.sts_errors import ExpiredTokenException, InvalidIdentityToken

INVALID = "Your request included an invalid SAML response."


def invalid(note: str, sentence: str = INVALID) -> InvalidIdentityToken:
    """Make the error for a response that STS does not accept.

    Examples
    --------
    >>> error = invalid("There is no Role attribute.")
    >>> print(error, *error.__notes__, sep=chr(10))
    InvalidIdentityToken: Your request included an invalid SAML response.
    There is no Role attribute.
    """
    error = InvalidIdentityToken(sentence)
    error.add_note(note)
    return error


def expired(note: str, sentence: str = "Response has expired") -> ExpiredTokenException:
    """Make the error for a response that comes too late."""
    error = ExpiredTokenException(sentence)
    error.add_note(note)
    return error


def shown(text: str) -> str:
    """Write what somebody sent for a note: in ASCII, and no more than is of use.

    Examples
    --------
    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'"
    """
    return ascii(text if len(text) <= 60 else f"{text[:60]}...")
