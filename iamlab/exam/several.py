"""Question ideas about several requests: which are allowed, and what belongs to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.exam.documents import call, documents, name_of, result
from iamlab.exam.items import MATCH, SEVERAL, Item, Option
from iamlab.exam.verdicts import decided_by, led_to
from iamlab.teach.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.exam.templates import Scene
    from iamlab.teach.items import Asked

NUMBERS = {2: "two", 3: "three"}
PROMPTS = (3, 5)
"""So many prompts has a question that matches, at least and at most."""


def which_are_allowed(scene: Scene) -> Item | None:
    """Ask which requests, or who, AWS allows: two of five, or three of six."""
    number = scene.draw.choice(tuple(NUMBERS))
    asked = list({more: (more, world, own) for more, world, own in scene.asked}.values())
    right, wrong = ([own for own in asked if bool(own[2]) is wanted] for wanted in (True, False))
    if len(right) < number or len(wrong) < 3:
        return None
    wrong.sort(key=lambda own: scene.draw.random() - 2 * _tests(own, scene))
    chosen = scene.draw.sample([*right[:number], *wrong[:3]], number + 3)
    verdicts = {
        own.name: tuple(
            place for place, (_, world, each) in enumerate(chosen) if own.decide(each, world)
        )
        for own in MUTANTS.values()
    }
    return scene.item(
        **_about(chosen),
        form=SEVERAL,
        question=f"{scene.text} {scene.question} (Choose {NUMBERS[number]}.)",
        options=tuple(
            Option(more, () if own else tuple(_believers(asked_)), "" if own else result(own))
            for asked_ in chosen
            for more, _, own in (asked_,)
        ),
        key=tuple(place for place, own in enumerate(chosen) if own[2]),
        believed={name: own for name, own in verdicts.items() if len(own) == number},
    )


def _believers(asked: Asked) -> list[str]:
    """Return the mutants by which a denied request is allowed."""
    _, world, decision = asked
    return [own.name for own in MUTANTS.values() if own.decide(decision, world)]


def _tests(asked: Asked, scene: Scene) -> bool:
    _, world, decision = asked
    led = led_to(decision, world)
    led.pop(result(decision), None)
    return not {name for names in led.values() for name in names}.isdisjoint(scene.wanted)


def _about(chosen: Sequence[Asked]) -> dict[str, Any]:
    decisions = [own for *_, own in chosen]
    return {
        "world": chosen[0][1],
        "facts": documents(decisions),
        "rationale": tuple(dict.fromkeys(f"{call(own)} {result(own)}" for own in decisions)),
    }


def _type(decision: Decision) -> str:
    """Name the type of policy that decides; nothing if several do."""
    own = [*decided_by(decision)]
    return name_of(own[0], decision.request) if len(own) == 1 else ""


_ANSWERS: Mapping[str, Callable[[Decision], str]] = {
    "type": _type,
    "verdict": lambda decision: str(decision.verdict),
}


def match(scene: Scene) -> Item | None:
    """Ask what belongs to each request: the type of policy that decides, or the verdict.

    The prompts are what the template says of the requests, or AWS's messages.
    """
    answer = _ANSWERS[scene.table.get("match", "type")]
    prompts: dict[str, Asked] = {}
    for more, world, decision in scene.asked:
        prompt = decision.message if scene.table.get("prompts") == "message" else more
        if prompt and answer(decision) and prompt not in prompts:
            prompts[prompt] = more, world, decision
    chosen = _varied(prompts, answer)
    labels = [answer(own) for *_, own in chosen.values()]
    texts = scene.draw.sample([*dict.fromkeys(labels)], len({*labels}))
    if len(chosen) < PROMPTS[0] or len(texts) < PROMPTS[0]:
        return None
    believed = {
        own.name: tuple(texts.index(label) if label in texts else -1 for label in found)
        for own in MUTANTS.values()
        for found in [[answer(own.decide(each, world)) for _, world, each in chosen.values()]]
    }
    return scene.item(
        **_about([*chosen.values()])
        | ({"facts": ()} if scene.table.get("prompts") == "message" else {}),
        form=MATCH,
        question=f"{scene.text} {scene.question}",
        prompts=tuple(chosen),
        options=tuple(map(Option, texts)),
        key=tuple(texts.index(label) for label in labels),
        believed={name: own for name, own in believed.items() if -1 not in own},
    )


def _varied(prompts: Mapping[str, Asked], answer: Callable[[Decision], str]) -> dict[str, Asked]:
    """Choose prompts with as many different answers as possible."""
    seen: dict[str, int] = {}
    found: list[tuple[int, int, str]] = []
    for prompt, asked in prompts.items():
        label = answer(asked[2])
        seen[label] = seen.get(label, 0) + 1
        found.append((seen[label], len(found), prompt))
    return {prompt: prompts[prompt] for *_, prompt in sorted(found)[: PROMPTS[1]]}
