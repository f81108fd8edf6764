"""Question ideas about several requests: which are allowed, and what belongs to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.exam.documents import (
    GRANTING,
    SAME_ACCOUNT,
    call,
    documents,
    layers_of,
    name_of,
    result,
)
from iamlab.exam.items import MATCH, SEVERAL, Item, Option
from iamlab.exam.verdicts import WRONG
from iamlab.teach.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.exam.items import Places
    from iamlab.exam.scene import Scene
    from iamlab.teach.items import Asked
    from iamlab.teach.mutants import Mutant

NUMBERS = {2: "two", 3: "three"}
PROMPTS = (3, 4)
"""So many prompts has a question that matches, at least and at most."""
OPTIONS = 6
"""So many options it has at most."""


def which_are_allowed(scene: Scene) -> Item | None:
    """Ask which requests, or who, AWS allows: two of five, or three of six.

    With ``who = "denied"`` the template asks which of them AWS denies.
    """
    number = scene.draw.choice(tuple(NUMBERS))
    wanted = scene.table.get("who") != "denied"
    requests = list({more: (more, world, own) for more, world, own in scene.asked}.values())
    right = [own for own in requests if bool(own[2]) is wanted]
    wrong = [own for own in requests if bool(own[2]) is not wanted]
    if len(right) < number or len(wrong) < WRONG:
        return None
    beliefs = {
        more: {own.name for own in MUTANTS.values() if bool(own.decide(each, world)) is wanted}
        for more, world, each in requests
    }
    wrong.sort(key=lambda own: scene.draw.random() - 2 * bool(beliefs[own[0]] & {*scene.wanted}))
    chosen = scene.draw.sample([*right[:number], *wrong[:WRONG]], number + WRONG)
    key = tuple(place for place, own in enumerate(chosen) if own in right)
    return scene.item(
        **_about(chosen),
        form=SEVERAL,
        question=f"{scene.text} {scene.question} (Choose {NUMBERS[number]}.)",
        options=tuple(
            Option(more, () if bool(own) is wanted else tuple(sorted(beliefs[more])), _why(own))
            for more, _, own in chosen
        ),
        key=key,
        believed=_believed([beliefs[own[0]] for own in chosen], key),
    )


def _believed(beliefs: Sequence[set[str]], key: Places) -> dict[str, Places]:
    """Return what each mutant answers: first the wrong options, if too many are right for it."""
    found = {}
    for name in {name for own in beliefs for name in own}:
        places = [place for place, own in enumerate(beliefs) if name in own]
        if len(places) >= len(key):
            places.sort(key=lambda place: place in key)
            found[name] = tuple(sorted(places[: len(key)]))
    return dict(sorted(found.items()))


def _about(chosen: Sequence[Asked]) -> dict[str, Any]:
    lines = (f"{(more or call(own)).rstrip('.')}. {_why(own)}" for more, _, own in chosen)
    return {
        "world": chosen[0][1],
        "facts": documents([own for *_, own in chosen]),
        "rationale": tuple(dict.fromkeys(lines)),
    }


def _why(decision: Decision) -> str:
    """Return the verdict and the reason: ``"Implicit deny: no policy grants it."``."""
    return f"{str(decision.verdict).capitalize()}: {result(decision).partition(': ')[2]}"


def _type(decision: Decision, real: Decision) -> str:
    """Name the type of policy that allows or blocks a request; nothing if several do.

    A wrong belief can count a policy as another type, so AWS's decision tells its type.
    """
    found = layers_of(decision.determining if decision else decision.denies, real)
    if not decision and not found:
        found = {*decision.blocked_by} if decision.trace.is_cut else _only_granter(decision)
    return name_of(found.pop(), real.request) if len(found) == 1 else ""


def _verdict(decision: Decision, _: Decision) -> str:
    return str(decision.verdict)


def _only_granter(decision: Decision) -> set[str]:
    """Return the only type of policy that could allow what no ceiling blocks, and doesn't."""
    steps = [own for own in decision.trace.steps if own.layer in GRANTING and own.found.present]
    missing = {own.layer for own in steps} & {*decision.blocked_by}
    is_clear = len(steps) == 1 or decision.combining_rule not in SAME_ACCOUNT
    return missing if is_clear and len(missing) == 1 else set()


def match(scene: Scene) -> Item | None:
    """Ask what belongs to each request: the type of policy that decides, or the verdict.

    The prompts are what the template says of the requests, or AWS's messages. An option can belong
    to no prompt, and to several.
    """
    answer = _verdict if scene.table.get("match") == "verdict" else _type
    with_messages = scene.table.get("prompts") == "message"
    prompts: dict[str, Asked] = {}
    for more, world, decision in scene.asked:
        prompt = decision.message if with_messages else more
        if prompt and answer(decision, decision):
            prompts.setdefault(prompt, (more, world, decision))
    labels = {prompt: answer(own, own) for prompt, (*_, own) in prompts.items()}

    def belief(mutant: Mutant, prompt: str) -> str:
        _, world, decision = prompts[prompt]
        return answer(mutant.decide(decision, world), decision)

    wanted = [MUTANTS[name] for name in scene.wanted]
    telling = [
        own
        for own in prompts
        if any(belief(each, own) in {*labels.values()} - {labels[own]} for each in wanted)
    ]
    chosen = _varied({own: labels[own] for own in (*telling, *prompts)})
    if len({labels[own] for own in chosen}) < PROMPTS[0] or (wanted and not telling):
        return None
    texts = [*dict.fromkeys(labels[own] for own in (*chosen, *prompts))][:OPTIONS]
    chosen, texts = (scene.draw.sample(own, len(own)) for own in (chosen, texts))
    believed = {name: [belief(own, each) for each in chosen] for name, own in MUTANTS.items()}
    return scene.item(
        **_about([prompts[own] for own in chosen]) | ({"facts": ()} if with_messages else {}),
        form=MATCH,
        question=f"{scene.text} {scene.question}",
        prompts=tuple(chosen),
        options=tuple(map(Option, texts)),
        key=tuple(texts.index(labels[own]) for own in chosen),
        believed={
            name: tuple(map(texts.index, found))
            for name, found in believed.items()
            if {*found} <= {*texts}
        },
    )


def _varied(labels: Mapping[str, str]) -> list[str]:
    """Choose the first prompts with as many different labels as possible."""
    every = [*labels.values()]
    seen = {own: every[:place].count(labels[own]) for place, own in enumerate(labels)}
    return sorted(labels, key=seen.__getitem__)[: PROMPTS[1]]
