"""Lists in pages, as IAM gives them: at most 100 at a time, and a marker where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PAGE = 100
"""So many there are on a page, if nothing else is asked for."""


def page(
    name: str, things: Iterable[Any], asked: Mapping[str, Any], write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give one page of a list.

    Parameters
    ----------
    name
        Under which the list is answered: ``"Users"``.
    asked
        ``MaxItems``, ``Marker`` and ``PathPrefix`` as they were sent.

    Examples
    --------
    >>> page("Names", ["a", "b", "c"], {"MaxItems": 2}, str)
    {'Names': ['a', 'b'], 'IsTruncated': True, 'Marker': '2'}
    """
    prefix = asked.get("PathPrefix", "/")
    every = [one for one in things if getattr(one, "path", "/").startswith(prefix)]
    marker = asked.get("Marker", "0")
    if not marker.isdecimal() or int(marker) > len(every):
        raise ValidationError("Invalid Marker.")
    start = int(marker)
    stop = start + asked.get("MaxItems", PAGE)
    found: dict[str, Any] = {name: [write(one) for one in every[start:stop]]}
    if stop < len(every):
        return {**found, "IsTruncated": True, "Marker": str(stop)}
    return {**found, "IsTruncated": False}
