"""Question ideas about changes of a world: one that is enough, two together, documents, calls.

A template lists changes as tables that are laid over the world's table. Each is tried in a world of
its own, where the requests of the template are asked again: those with ``+`` must be allowed, those
with ``-`` denied.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.errors import IamLabError
from iamlab.exam.documents import call, documents, reasons, result
from iamlab.exam.items import SEVERAL, Item, Option
from iamlab.exam.verdicts import WRONG
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS
from iamlab.teach.notation import read_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.exam.templates import Scene
    from iamlab.teach.items import Table
    from iamlab.world.world import World

MORE = "+ "
"""A text that begins with it is added to the lines that are there."""
OF_TWO = 5
"""So many options has a question about two changes."""


@dataclass(frozen=True)
class Tried:
    """What happens after some changes.

    Parameters
    ----------
    why
        What isn't as it must be, in a sentence; empty if all is.
    beliefs
        The names of the mutants by which all is as it must be.
    """

    why: str
    beliefs: frozenset[str]
    decisions: tuple[Decision, ...] = ()


class Changes:
    """The changes that a template offers, in a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene, part = scene, scene.drawn.part
        self.texts: list[str] = []
        self.tables: list[Table] = []
        lines = [line.strip() for line in part(scene.table["ask"]).splitlines()]
        self._targets = [(line[0] == "+", line[1:].strip()) for line in lines]
        self.world = scene.drawn.build(scene.drawn.table, scene.seed)
        for change in scene.table["changes"]:
            if "policy" in change:
                text = part(change["policy"])
                document = read_policy(text, self.world.main)["Statement"]
                self.texts.append("\n".join(map(json.dumps, document)))
                self.tables.append(_nested(part(scene.table["into"]).split(), text))
            else:
                self.texts.append(part(change["text"]))
                self.tables.append(part(change["world"]))
        self.before = self.tried(())

    def tried(self, places: Iterable[int]) -> Tried:
        """Make changes, and ask again."""
        scene, table = self._scene, self._scene.drawn.table
        for place in places:
            table = overlaid(table, self.tables[place])
        try:
            world = scene.drawn.build(table, scene.seed)
        except IamLabError as error:
            return Tried(error.short, frozenset())
        asked = [(must, [*scene.drawn.ask(line, world)]) for must, line in self._targets]
        found = [(must, world, own) for must, answers in asked for _, world, own in answers]
        missing = any(must and not answers for must, answers in asked)
        wrong = [own for must, _, own in found if bool(own) is not must]
        why = f"{call(wrong[0])} {result(wrong[0])}" if wrong else "There is no such session."
        beliefs = frozenset() if missing else _believing(found)
        return Tried(why if wrong or missing else "", beliefs, tuple(own for *_, own in found))

    def option(self, place: int, tried: Tried) -> Option:
        """Return a change as an option; a template can name a belief that no verdict tells."""
        named = self._scene.table["changes"][place].get("belief", "").split() if tried.why else ()
        own = [each.name for belief in named for each in MISCONCEPTIONS[belief].mutants]
        return Option(self.texts[place], tuple(sorted({*tried.beliefs, *own})), tried.why)


def _believing(found: Sequence[tuple[bool, World, Decision]]) -> frozenset[str]:
    """Return the mutants by which all requests are decided as they must be."""
    return frozenset(
        own.name
        for own in MUTANTS.values()
        if all(own.decide(decision, world).allowed is must for must, world, decision in found)
    )


def overlaid(base: Table, change: Table) -> Table:
    """Return a table with changes: ``false`` removes a key, a text that begins with ``+`` is added.

    Examples
    --------
    >>> overlaid({"ana": {"read": "allow - s3:GetObject *"}}, {"ana": {"read": False}})
    {'ana': {}}
    """
    found: dict[str, Any] = dict(base)
    for key, value in change.items():
        before = found.get(key)
        if value is False:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = overlaid(before if isinstance(before, dict) else {}, value)
        elif isinstance(value, str) and value.startswith(MORE):
            found[key] = "\n".join(filter(None, (before, value.removeprefix(MORE))))
        else:
            found[key] = value
    return found


def _nested(path: Sequence[str], value: str) -> Table:
    return {path[0]: _nested(path[1:], value) if len(path) > 1 else value}


def which_change(scene: Scene) -> Item | None:
    """Ask which change, document or call is enough; all options are tried."""
    changes = Changes(scene)
    if not changes.before.why and "into" not in scene.table:
        return None
    tried = [changes.tried((place,)) for place in range(len(changes.texts))]
    right = [place for place, own in enumerate(tried) if not own.why]
    wrong = [place for place, own in enumerate(tried) if own.why]
    if not right or len(wrong) < WRONG:
        return None
    key, wanted = scene.draw.choice(right), {*scene.wanted}
    wrong.sort(key=lambda own: scene.draw.random() - 2 * bool(wanted & tried[own].beliefs))
    places = scene.draw.sample([key, *wrong[:WRONG]], WRONG + 1)
    return scene.item(
        **_about(scene, changes, tried[key]),
        question=f"{scene.text} {scene.question}",
        options=tuple(changes.option(place, tried[place]) for place in places),
        key=(places.index(key),),
    )


def which_two_changes(scene: Scene) -> Item | None:
    """Ask which two changes are enough together; one of them never is."""
    changes = Changes(scene)
    every = range(len(changes.texts))
    if not changes.before.why or not all(changes.tried((place,)).why for place in every):
        return None
    tried = {own: changes.tried(own) for own in combinations(every, 2)}
    right = [own for own, found in tried.items() if not found.why]
    if not right:
        return None
    key = scene.draw.choice(right)
    others = scene.draw.sample([own for own in every if own not in key], len(every) - 2)
    places = list(key)
    for place in others:
        if not any(tuple(sorted((place, own))) in right for own in places):
            places.append(place)
    places = scene.draw.sample(places[:OF_TWO], min(OF_TWO, len(places)))
    if len(places) < OF_TWO:
        return None

    def answer(pair: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(places.index(own) for own in pair))

    believed = {
        name: answer(own)
        for own, found in tried.items()
        if {*own} <= {*places} and found.why
        for name in found.beliefs
    }
    alone = [changes.tried((place,)) for place in places]
    return scene.item(
        **_about(scene, changes, tried[key]),
        form=SEVERAL,
        question=f"{scene.text} {scene.question} (Choose two.)",
        options=tuple(
            Option(changes.texts[place], why="" if place in key else f"It isn't needed. {own.why}")
            for place, own in zip(places, alone, strict=True)
        ),
        key=answer(key),
        believed=believed,
    )


def _about(scene: Scene, changes: Changes, done: Tried) -> dict[str, Any]:
    """Return what an item about changes shows: the policies before, and what is decided after."""
    before = changes.before.decisions
    hidden = part.split()[-1:] if (part := scene.drawn.part(scene.table.get("into", ""))) else []
    after = dict.fromkeys(f"{call(own)} {result(own)}" for own in done.decisions)
    why = reasons(before[0])[-1:] if before and not before[0] else ()
    return {
        "world": changes.world,
        "decision": before[0] if before else None,
        "facts": documents(before, hidden=hidden),
        "rationale": (*why, *after),
    }
