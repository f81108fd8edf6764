"""What people hand to a figure, and names as a list shows them.

An argument that takes several texts takes one as well, and says so when it gets neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamlab.errors import RequestError


def texts(what: str, given: object) -> tuple[str, ...]:
    """Read one text or several, each once; a set, which has no order, in that of the alphabet.

    Raises
    ------
    RequestError
        Something in it is no text.

    Examples
    --------
    >>> texts("action", "s3:GetObject"), texts("action", ["a:b", "c:d", "a:b"])
    (('s3:GetObject',), ('a:b', 'c:d'))
    """
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)
    values: list[Any] = list(given) if several else [given]  # type: ignore[call-overload]
    for one in values:
        if not isinstance(one, str):
            raise RequestError(f"A {what} is text, and not {one!r}.")
    if isinstance(given, set | frozenset):
        values.sort()
    return tuple(dict.fromkeys(values))
