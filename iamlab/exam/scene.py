"""A scene: a world that was drawn from a template, and the questions about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.exam.items import Item
from iamlab.teach.mutants import MISCONCEPTIONS

if TYPE_CHECKING:
    from random import Random

    from iamlab.teach.items import Asked, Drawn, Table


@dataclass(frozen=True)
class Scene:
    """A world that was drawn, and the questions about it.

    Parameters
    ----------
    draw
        Chooses what the idea needs by chance.
    """

    table: Table
    seed: int
    draw: Random
    drawn: Drawn

    @property
    def wanted(self) -> list[str]:
        """The names of the mutants that must differ from AWS in one of the options."""
        beliefs = self.table.get("beliefs", "").split()
        return [own.name for belief in beliefs for own in MISCONCEPTIONS[belief].mutants]

    def __post_init__(self) -> None:
        """Choose the words first, so that they don't depend on what an idea draws."""
        _ = self.text, self.question

    @cached_property
    def text(self) -> str:
        """The scenario."""
        return " ".join(str(self.drawn.part(self.table["scenario"])).split())

    @cached_property
    def question(self) -> str:
        """The template's own question; can be empty."""
        return " ".join(str(self.drawn.part(self.table.get("question", ""))).split())

    @cached_property
    def asked(self) -> list[Asked]:
        """What is to be known about each call, the world, and the decision; by chance in order."""
        return [*self.drawn.decisions(self.seed)]

    def item(self, **parts: Any) -> Item:
        """Make an item with the tags of the template, and what it says of the reasons."""
        table, why = self.table, self.drawn.named(self.table.get("why", ""))
        tags = {"kind": table["idea"], "lesson": table["lesson"], "level": table["level"]}
        tags |= {"seed": str(self.seed), "beliefs": table.get("beliefs", "")}
        return Item(tags=tags, rationale=(*parts.pop("rationale"), *why.splitlines()), **parts)


Idea = Callable[[Scene], Item | None]
"""Makes an item of a scene, or nothing if it isn't a good question."""
