"""Lines of what a caller may do, and of what is stopped: values that can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.policy.prose.resources import noun
from iamlab.policy.prose.words import briefly, joined, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW = 4
"""So many resources are named in a sentence; others are counted."""


@dataclass(frozen=True, slots=True)
class Access:
    """Some actions on some resources, which a caller may do.

    Parameters
    ----------
    actions
        The fewest patterns that match exactly these actions of the catalogue.
    resources, but
        ARNs or patterns: what the first match, and the second do not.
    when
        The conditions under which it is granted, in words. They are met now.
    by
        The statements that grant it, with the way they came: ``"readers/Maps (group team)"``. None
        if no permission is needed.
    words
        The actions in words, for whoever knows the resources: what works on none of them may be
        among them.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    but: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    words: str = field(default="", compare=False)

    @property
    def what(self) -> str:
        """Actions and resources in words."""
        return _what(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its parts as they stand in a table."""
        lists = (self.actions, self.resources, self.but, self.when, self.by)
        return tuple(", ".join(one) for one in lists)

    def __str__(self) -> str:
        when = f", if {joined(self.when, ', and')}" if self.when else ""
        by = f" by {joined(self.by)}" if self.by else " (no permission is needed)"
        return f"{self.what}{when}:{by}" if self.by else f"{self.what}{by}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Some actions on some resources, which a policy of the caller would grant.

    Parameters
    ----------
    actions, resources, but, words
        As in ``Access``.
    layer
        The kind of policy that stops it; ``"resource"`` if that side would have to allow too.
    by
        The statements that deny; of a ceiling without an Allow, its policies.
    why
        What stops it, in words.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    but: tuple[str, ...] = ()
    layer: str = ""
    by: tuple[str, ...] = ()
    why: str = ""
    words: str = field(default="", compare=False)

    @property
    def what(self) -> str:
        """Actions and resources in words."""
        return _what(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its parts as they stand in a table."""
        lists = (self.actions, self.resources, self.but)
        return (*(", ".join(one) for one in lists), "", self.why)

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def _what(one: Access | Stopped) -> str:
    where = "everything" if one.resources == ("*",) else _named(one.resources)
    but = f" but {_named(one.but)}" if one.but else ""
    return f"{one.words or briefly(one.actions, FEW, 'patterns')} on {where}{but}"


def _named(patterns: Sequence[str]) -> str:
    """Put resources into words."""
    words = list(dict.fromkeys(plain(noun(one).words) for one in patterns))
    return briefly(words, FEW, "resources")
