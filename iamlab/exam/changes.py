"""Question ideas about changes of a world: one that is enough, two together, documents, calls.

A template lists changes as tables that are laid over the world's table. Each is tried in a world of
its own, where the requests of the template are asked again: those with ``+`` must be allowed, those
with ``-`` denied.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.errors import IamLabError
from iamlab.exam.documents import caller, documents, result, target
from iamlab.exam.items import SEVERAL, Item, Option
from iamlab.exam.verdicts import WRONG
from iamlab.policy.describe.words import joined
from iamlab.teach.callers import can_of, read_call, read_circumstances
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS
from iamlab.teach.notation import read_policy
from iamlab.teach.tables import question_of
from iamlab.teach.worlds import declared, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.exam.scene import Scene
    from iamlab.teach.callers import LessonWorld
    from iamlab.teach.items import Table

MORE = "+ "
"""A text that begins with it is added to the lines that are there."""
ADDED = ("attach", "groups", "tags", "role")
"""What is added to what is there; all other texts are put in its place."""
ALONE = "With this alone: "
OF_TWO = 5
"""So many options has a question about two changes."""


@dataclass(frozen=True)
class Tried:
    """What happens after some changes.

    Parameters
    ----------
    found
        Whether a request must be allowed, its circumstances, its world, and its decision.
    why
        What isn't as it must be, in a sentence; empty if all is.
    """

    found: tuple[tuple[bool, str, LessonWorld, Decision], ...]
    why: str

    @cached_property
    def beliefs(self) -> frozenset[str]:
        """The names of the mutants by which all is as it must be."""
        return frozenset(
            own.name
            for own in MUTANTS.values()
            if self.found
            and all(own.decide(made, world).allowed is must for must, _, world, made in self.found)
        )


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

    @cached_property
    def shown(self) -> list[Decision]:
        """The decisions whose policies are shown: those of ``shows``, or those before a change."""
        text = self._scene.drawn.part(self._scene.table.get("shows", ""))
        lines = [(True, line.strip()) for line in text.splitlines()]
        return [own for *_, own in tuple(_asked(lines, self.world)) or self.before.found]

    def tried(self, places: Sequence[int]) -> Tried:
        """Make changes, and ask again."""
        try:
            found = tuple(_asked(self._targets, self._changed(places)))
        except IamLabError as error:
            return Tried((), error.short)
        wrong = (sentence(own, more) for must, more, _, own in found if bool(own) is not must)
        return Tried(found, next(wrong, ""))

    def _changed(self, places: Sequence[int]) -> LessonWorld:
        """Return the world with changes; another one is built only if a copy isn't enough."""
        table, changes = self._scene.drawn.table, [dict(self.tables[place]) for place in places]
        after = reduce(overlaid, changes, table)
        sessions = {key: own for each in changes for key, own in each.pop("sessions", {}).items()}
        if not all(_is_put(change, table) for change in changes):
            return self._scene.drawn.build(after, self._scene.seed)
        world = self.world.copy()
        lists = {key: own for key, own in after.items() if isinstance(own, str)}
        for change in changes:
            put = {name: {key: after[name][key] for key in own} for name, own in change.items()}
            fill(world.main, lists | put)
        world.calls |= {name: read_call(name, own, world.main) for name, own in sessions.items()}
        return world

    def option(self, place: int, tried: Tried, lead: str = "") -> Option:
        """Return a change as an option; a template can name a belief, and why it is wrong."""
        if not tried.why:
            return Option(self.texts[place])
        change = self._scene.table["changes"][place]
        named = change.get("belief", "").split()
        own = [each.name for belief in named for each in MISCONCEPTIONS[belief].mutants]
        beliefs = tuple(sorted({*tried.beliefs, *own}))
        return Option(self.texts[place], beliefs, change.get("why", lead + tried.why))


def _is_put(change: Table, before: Table) -> bool:
    """Return whether changes only put policies, or add what users and resources didn't have."""
    names = {name for _, name in declared(before)}
    return change.keys() <= names and all(
        isinstance(value, str) and (key not in ADDED or key not in before.get(name, {}))
        for name, own in change.items()
        for key, value in own.items()
    )


def _asked(
    targets: Iterable[tuple[bool, str]], world: LessonWorld
) -> Iterator[tuple[bool, str, LessonWorld, Decision]]:
    """Ask each request; if the call for a session is denied, that isn't as it must be."""
    callers: dict[str, Callable[..., Decision]] = {}
    for must, line in targets:
        own = question_of(line, world.main)
        can = callers[own.caller] = callers.get(own.caller) or can_of(world, own.caller)
        circumstances = read_circumstances(own.circumstances, world.main)
        decision = can(own.action, own.resource, **circumstances)
        is_other = decision.request.action != own.action
        yield must or is_other, own.circumstances, world, decision


def sentence(decision: Decision, circumstances: str = "") -> str:
    """Return a sentence: whether a caller can make a call, and why.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("first_door")
    >>> print(sentence(world.can("alice", "s3:GetObject", MAP)))
    The user alice can call s3:GetObject on star-maps/m31.fits: the identity-based policy allows it.
    """
    request, (verdict, _, why) = decision.request, result(decision).partition(": ")
    where = "" if request.resource == "*" else f" on {target(request.resource)}"
    where += f" with {joined(circumstances.split())}" if circumstances else ""
    verb = "can" if verdict == "Yes" else "can't"
    return f"{caller(request)} {verb} call {request.action}{where}: {why}"


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
    """Ask which change, document or call is enough; changes are tried until three are wrong."""
    changes, wanted = Changes(scene), {*scene.wanted}
    if not changes.before.why and "into" not in scene.table:
        return None
    right, wrong = list[tuple[Option, Tried]](), list[Option]()
    for place in scene.draw.sample(range(len(changes.texts)), len(changes.texts)):
        tried = changes.tried((place,))
        option = changes.option(place, tried)
        right += [] if tried.why else [(option, tried)]
        wrong += [option] if tried.why else []
        wrong.sort(key=lambda own: wanted.isdisjoint(own.beliefs))
        if right and len(wrong) >= WRONG and not wanted.isdisjoint(wrong[0].beliefs):
            break
    if not right or len(wrong) < WRONG:
        return None
    options = scene.draw.sample([right[0][0], *wrong[:WRONG]], WRONG + 1)
    return scene.item(
        **_about(scene, changes, right[0][1]),
        question=f"{scene.text} {scene.question}",
        options=tuple(options),
        key=(options.index(right[0][0]),),
    )


def which_two_changes(scene: Scene) -> Item | None:
    """Ask which two changes are enough together; one of them never is."""
    changes = Changes(scene)
    every = range(len(changes.texts))
    alone: list[Tried] = []
    for place in every:
        if not changes.before.why or not (own := changes.tried((place,))).why:
            return None
        alone.append(own)
    tried = {(own, its): changes.tried((own, its)) for own, its in combinations(every, 2)}
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
    return scene.item(
        **_about(scene, changes, tried[key]),
        form=SEVERAL,
        question=f"{scene.text} {scene.question} (Choose two.)",
        options=tuple(
            Option(changes.texts[own]) if own in key else changes.option(own, alone[own], ALONE)
            for own in places
        ),
        key=answer(key),
        believed=believed,
    )


def _about(scene: Scene, changes: Changes, done: Tried) -> dict[str, Any]:
    """Return what an item about changes shows: the policies before, and what is decided after."""
    before = [own for *_, own in changes.before.found]
    hidden = part.split()[-1:] if (part := scene.drawn.part(scene.table.get("into", ""))) else []
    after = dict.fromkeys(sentence(own, more) for _, more, _, own in done.found)
    why = [f"Before: {changes.before.why}"] if before and changes.before.why else []
    return {
        "world": changes.world,
        "decision": before[0] if before else None,
        "facts": documents(changes.shown, hidden=hidden),
        "rationale": (*why, *after),
    }
