"""Values that a world holds about its calls."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from iamlab.errors import RequestError
from iamlab.world.networks import Network

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue


class Membership(NamedTuple):
    """An account's place in its organization: ``o-.../r-.../ou-.../`` is the path."""

    organization_id: str
    path: str


class Circumstances(TypedDict, total=False):
    """How a call is made, where that matters. Whoever leaves one out leaves it to the world.

    Parameters
    ----------
    network
        Where the call comes from; else from where ``world.network(...)`` says.
    via
        The services that call for the principal: ``"athena.amazonaws.com"``, or several, the first
        one first. They use forward access sessions.
    source_arn
        Of a service that calls for itself: the resource for which it does, a trail, say.
    request_tags
        Tags that the call sends.
    region
        The Region whose endpoint is called; else the resource's own.
    """

    network: Network
    via: str | Sequence[str]
    source_arn: str
    request_tags: Mapping[str, str]
    region: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How every call of a world is made that does not say otherwise: of a copy that tries some."""

    context: Mapping[str, ContextValue] = field(default_factory=dict)
    circumstances: Circumstances = field(default_factory=Circumstances)

    def with_(
        self, context: Mapping[str, ContextValue], circumstances: Circumstances
    ) -> tuple[Mapping[str, ContextValue], Circumstances]:
        """Give what one call says, and where it says nothing, what stands."""
        if self.context:
            context = over(self.context, context)
        if self.circumstances:
            circumstances = {**self.circumstances, **circumstances}
        return context, circumstances


@dataclass(slots=True)
class Remembered:
    """What was worked out for earlier questions; a change of the world forgets it.

    Parameters
    ----------
    gathered
        Callers, by ARN.
    crowds
        All callers of the world or of an account, made ready for questions.
    """

    gathered: dict[str, Any] = field(default_factory=dict)
    crowds: dict[Hashable, Any] = field(default_factory=dict)


def over(
    known: Mapping[str, ContextValue], given: Mapping[str, ContextValue]
) -> dict[str, ContextValue]:
    """Lay what is given over what is known; the letter case of keys does not count.

    Raises
    ------
    RequestError
        What is given is no context.
    """
    context: object = given
    if not (isinstance(context, Mapping) and all(isinstance(key, str) for key in context)):
        raise RequestError(f"context is a dict of condition keys and values, not {given!r}.")
    lower = {key.lower() for key in given}
    return {**{key: value for key, value in known.items() if key.lower() not in lower}, **given}
