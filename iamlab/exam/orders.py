"""Question ideas about an order: how AWS evaluates a request, and calls that need each other."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, cast

from iamlab.engine.layers import LAYERS
from iamlab.exam.documents import documents, name_of, reasons
from iamlab.exam.items import ORDER, Item, Option
from iamlab.exam.verdicts import fitting
from iamlab.teach.sequence import in_words, replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.exam.templates import Scene
    from iamlab.teach.callers import LessonWorld
    from iamlab.world.world import World

STEPS = 4
IN_CHART = [own for own in LAYERS if own not in ("endpoint", "grant", "scoped")]
"""The layers of AWS's flow chart; the others are beside it."""
CHART = (
    "AWS looks for an explicit deny first, then at RCPs, SCPs, resource-based policies, "
    "identity-based policies, the permissions boundary, and the session policy."
)


def order_the_evaluation(scene: Scene) -> Item | None:
    """Ask in which order AWS's flow chart has the policies that apply to a request."""
    for more, world, decision in fitting(scene):
        steps = [own for own in decision.steps if own.result != "absent" and own.layer in IN_CHART]
        names = ["any explicit deny", *(name_of(own.layer, decision.request) for own in steps)]
        if len(names) < STEPS:
            continue
        places = sorted(scene.draw.sample(range(len(names)), STEPS))
        shown = scene.draw.sample(places, STEPS)
        return scene.item(
            world=world,
            decision=decision,
            form=ORDER,
            question=f"{scene.text} {more} {scene.question}",
            facts=documents([decision]),
            options=tuple(Option(names[place]) for place in shown),
            key=tuple(shown.index(place) for place in places),
            rationale=(CHART, *reasons(decision)),
        )
    return None


def order_the_calls(scene: Scene) -> Item | None:
    """Ask for the only order in which all calls work and what is asked for is true."""
    drawn = scene.drawn
    world = drawn.build(drawn.table, scene.seed)
    calls = [_call(drawn.part(own["call"])) for own in scene.table["calls"]]
    texts = [drawn.part(own.get("text", "")) for own in scene.table["calls"]]
    lines = [line.strip() for line in drawn.part(scene.table.get("ask", "")).splitlines()]
    right = []
    for order in permutations(range(len(calls))):
        found = replay(world, [calls[place] for place in order])
        if found.error is None and all(_holds(scene, line, found.world) for line in lines):
            right.append(order)
    if len(right) != 1:
        return None
    shown = scene.draw.sample(range(len(calls)), len(calls))
    words = [text or in_words(own) for text, own in zip(texts, calls, strict=True)]
    return scene.item(
        world=world,
        form=ORDER,
        question=f"{scene.text} {scene.question}",
        options=tuple(Option(words[place]) for place in shown),
        key=tuple(shown.index(place) for place in right[0]),
        rationale=_failing(world, calls, right[0]),
    )


def _call(text: str) -> dict[str, Any]:
    """Read ``caller operation Name=value ...``."""
    who, operation, *pairs = text.split()
    return {"Caller": who, "Operation": operation, **dict(own.split("=", 1) for own in pairs)}


def _holds(scene: Scene, line: str, world: World) -> bool:
    must, twin = line[0] == "+", cast("LessonWorld", world)
    return all(bool(own) is must for *_, own in scene.drawn.ask(line[1:].strip(), twin))


def _failing(
    world: World, calls: Sequence[dict[str, Any]], right: Sequence[int]
) -> tuple[str, ...]:
    """Say for each two calls in the right order what happens if they are exchanged."""
    lines = []
    for place in range(len(right) - 1):
        order = list(right)
        order[place : place + 2] = reversed(order[place : place + 2])
        error = replay(world, [calls[own] for own in order]).error
        if error is not None:
            before = in_words(calls[right[place]])
            lines.append(f"Without {before} first: {error.short}")
    return tuple(lines)
