"""Ids and account numbers, from the world's seed: the same seed gives the same ids.

Notes
-----
AWS pages: "IAM identifiers", for the prefixes; "AWS Organizations API Reference", for its ids.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

PREFIXES = {
    "user": "AIDA",
    "group": "AGPA",
    "role": "AROA",
    "policy": "ANPA",
    "instance-profile": "AIPA",
    "server-certificate": "ASCA",
}
HEX = "0123456789abcdef"
"""The digits of hexadecimal numbers."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
_ORGANIZATION_LENGTHS = {"o": 10, "r": 4, "ou": 8, "p": 10, "h": 32, "car": 32}
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(slots=True)
class Ids:
    """Makes ids. Two worlds with one seed that do the same things get the same ids.

    Examples
    --------
    >>> Ids(seed=7).unique_id("user") == Ids(seed=7).unique_id("user")
    True
    """

    seed: int
    made: int = 0
    events: int = 0

    def unique_id(self, kind: str) -> str:
        """Make a unique id: a prefix that tells the kind, and 17 letters and digits."""
        return PREFIXES[kind] + "".join(self._next().choices(_LETTERS, k=17))

    def organization_id(self, kind: str, root_id: str = "") -> str:
        """Make an id of AWS Organizations; that of an OU names its root too.

        Examples
        --------
        >>> ids = Ids(seed=7)
        >>> root = ids.organization_id("r")
        >>> len(root), ids.organization_id("ou", root).startswith(f"ou-{root[2:]}-")
        (6, True)
        """
        within = f"{root_id.removeprefix('r-')}-" if root_id else ""
        drawn = self._next().choices(_SMALL, k=_ORGANIZATION_LENGTHS[kind])
        return f"{kind}-{within}{''.join(drawn)}"

    def key_id(self, prefix: str, length: int = 20) -> str:
        """Make the id of a key or certificate, marked as an example."""
        drawn = self._next().choices(_LETTERS, k=length - len(prefix) - 7)
        return f"{prefix}{''.join(drawn)}EXAMPLE"

    def secret(self, length: int = 40) -> str:
        """Make a secret, marked as an example."""
        return "".join(self._next().choices(_BASE64, k=length - 10)) + "EXAMPLEKEY"

    def uuid(self) -> str:
        """Make an id of 32 hexadecimal digits, in five parts."""
        return _in_five(self._next())

    def event_id(self) -> str:
        """Make the id of an event, which no other id depends on."""
        self.events += 1
        return _in_five(random.Random(f"{self.seed}/event/{self.events}"))

    def shared_event_id(self) -> str:
        """Make what the next events have in common that are of one call."""
        return _in_five(random.Random(f"{self.seed}/shared/{self.events}"))

    def request_id(self) -> str:
        """Make the id of the call that the next events are of."""
        return _in_five(random.Random(f"{self.seed}/request/{self.events}"))

    def secret_of(self, access_key_id: str) -> str:
        """Tell the secret of an access key, which follows from its id and need not be kept."""
        return self.hidden(f"secret/{access_key_id}", _BASE64, 30) + "EXAMPLEKEY"

    def number(self) -> int:
        """Make a number that is given only once."""
        self.made += 1
        return self.made

    def hidden(self, what: str, letters: str, size: int) -> str:
        """Tell what follows from the seed and from nothing that anybody is shown."""
        return "".join(random.Random(f"{self.seed}/hidden/{what}").choices(letters, k=size))

    def session_token_of(self, access_key_id: str, size: int) -> str:
        """Tell the session token of temporary credentials, so many letters long."""
        return self.hidden(f"token/{access_key_id}", _BASE64, size - 12) + "EXAMPLETOKEN"

    def account_id(self) -> str:
        """Make an account id of 12 digits."""
        return str(self._next().randrange(10**11, 10**12))

    def _next(self) -> random.Random:
        self.made += 1
        return random.Random(f"{self.seed}/{self.made}")


def _in_five(draw: random.Random) -> str:
    digits = f"{draw.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
