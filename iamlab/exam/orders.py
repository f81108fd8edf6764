"""Question ideas about an order: how AWS evaluates a request, and calls that need each other."""

from __future__ import annotations

import json
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, Any, cast

from iamlab.engine.layers import LAYERS
from iamlab.errors import AwsError
from iamlab.exam.documents import documents, name_of, reasons
from iamlab.exam.items import ORDER, Item, Option
from iamlab.exam.verdicts import fitting
from iamlab.teach.callers import credential_of
from iamlab.teach.named import GOALS
from iamlab.teach.sequence import OF_CALL, in_words, replay
from iamlab.teach.source_lines import find_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.exam.items import Places
    from iamlab.exam.scene import Scene
    from iamlab.teach.callers import LessonWorld
    from iamlab.teach.sequence import Call
    from iamlab.world.world import World

STEPS = 4
NO_KEY = ", because it needs the credentials."
NO_GOAL = ": in the other order all calls work, but they don't reach the goal."
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
    """Ask for the only order in which all calls work and each request is decided as it must be."""
    drawn = scene.drawn
    world = drawn.build(drawn.table, scene.seed)
    calls = [_call(drawn.part(own["call"]), world) for own in scene.table["calls"]]
    texts = [drawn.part(own.get("text", "")) for own in scene.table["calls"]]
    lines = [line.strip() for line in drawn.part(scene.table.get("ask", "")).splitlines()]
    name, *arguments = drawn.part(scene.table.get("goal", "always")).split()
    goal = find_named("goal", name, GOALS)(*(credential_of(own, world.main) for own in arguments))
    right, refused = [], set[tuple[int, ...]]()
    for order in permutations(range(len(calls))):
        if any(order[:number] in refused for number in range(1, len(order))):
            continue
        found = replay(world, _in_order(calls, order))
        if found.error is not None:
            refused.add(order[: len(found.made) + 1])
        elif goal(found.world) and all(_holds(scene, line, found.world) for line in lines):
            right.append(order)
    if len(right) != 1:
        return None
    shown = scene.draw.sample(range(len(calls)), len(calls))
    words = [text or in_words(own) for text, own in zip(texts, calls, strict=True)]
    requests = [own for line in lines for *_, own in drawn.ask(line[1:].strip(), world)]
    return scene.item(
        world=world,
        form=ORDER,
        question=f"{scene.text} {scene.question}",
        facts=documents(requests),
        options=tuple(Option(words[place]) for place in shown),
        key=tuple(shown.index(place) for place in right[0]),
        rationale=tuple(_failing(world, calls, words, right[0])),
    )


def _call(text: str, world: LessonWorld) -> Call:
    """Read ``caller operation Name=value ...``; a number is the call that returned credentials."""
    who, operation, *pairs = text.split()
    values = (own.split("=", 1) for own in pairs)
    return {
        "Caller": who,
        "Operation": operation,
        **{key: _value(own, world) for key, own in values},
    }


def _value(text: str, world: LessonWorld) -> Any:
    is_json = text.isdigit() or text.startswith(("{", "[", '"'))
    return json.loads(text) if is_json else credential_of(text, world.main)


def _in_order(calls: Sequence[Call], order: Places) -> list[Call]:
    """Return calls in an order; the numbers of callers are those of the calls in it."""
    numbers = {str(place + 1): f"{OF_CALL}{number}" for number, place in enumerate(order, 1)}
    found = (calls[place] for place in order)
    return [{**own, "Caller": numbers.get(own["Caller"], own["Caller"])} for own in found]


def _holds(scene: Scene, line: str, world: World) -> bool:
    must, twin = line[0] == "+", cast("LessonWorld", world)
    return all(bool(own) is must for *_, own in scene.drawn.ask(line[1:].strip(), twin))


def _failing(
    world: World, calls: Sequence[Call], words: Sequence[str], right: Places
) -> Iterator[str]:
    """Return for each two calls in the right order what happens if they are exchanged."""
    for place, (first, second) in enumerate(pairwise(right)):
        order = (*right[:place], second, first, *right[place + 2 :])
        error = replay(world, _in_order(calls, order)).error
        why = f": {error}" if isinstance(error, AwsError) else NO_KEY if error else NO_GOAL
        yield f"“{words[first]}” must come before “{words[second]}”{why}"
