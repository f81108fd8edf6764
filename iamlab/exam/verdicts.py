"""Two question ideas about one request: will it work, and which statement decides?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.verdict import Verdict, addresses
from iamlab.exam.documents import (
    GRANTING,
    PUBLIC_ACCESS_IS_BLOCKED,
    call,
    documents,
    is_delegated,
    is_public_access_blocked,
    missing,
    name_of,
    reasons,
    result,
)
from iamlab.exam.items import Item, Option
from iamlab.policy.describe.words import joined
from iamlab.teach.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch
    from iamlab.exam.scene import Scene
    from iamlab.world.world import World

Led = Mapping[str, Sequence[str]]
"""The names of the mutants that lead to each answer."""
WRONG = 3
SIDES = ("resource", "identity")
NOTHING_GRANTS = "No statement grants it, so AWS denies it."
WHAT_DECIDES = "What does AWS decide, and why?"
NOTHING_DENIES = "No statement denies it, so AWS allows it."


def decided_by(decision: Decision) -> frozenset[str]:
    """Return the layers that decide a request: those that allow it, or those that block it."""
    if decision:
        return frozenset(match.layer for match in decision.determining)
    return frozenset({match.layer for match in decision.denies} or decision.blocked_by)


def fitting(scene: Scene) -> Iterator[tuple[str, World, Decision]]:
    """Yield the requests that a wanted layer decides alone, or two layers together."""
    layers = scene.table.get("decides", "").split()
    for more, world, decision in scene.asked:
        own = decided_by(decision)
        if (own or decision) and (not layers or own & {*layers}) and len(own) <= 2:
            yield more, world, decision


def led_to(decision: Decision, world: World, answers: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the results that wrong beliefs lead to, with the names of the mutants."""
    found: dict[str, list[str]] = {own: [] for own in answers}
    for mutant in MUTANTS.values():
        believed = mutant.decide(decision, world)
        if believed is not decision:
            found.setdefault(result(believed, decision), []).append(mutant.name)
    return found


def _about_one(
    scene: Scene, question: str, make: Callable[[Decision, World], dict[str, Any] | None]
) -> Item | None:
    """Make an item about the first request that has enough options."""
    for more, world, decision in fitting(scene):
        made = make(decision, world)
        if made and len(made["options"]) > WRONG:
            return scene.item(
                world=world,
                decision=decision,
                question=f"{scene.text} {more or call(decision)} {question}",
                facts=documents([decision]),
                rationale=reasons(decision),
                **made,
            )
    return None


def will_it_work(scene: Scene) -> Item | None:
    """Ask whether a request is allowed, and by which type of policy."""

    def make(decision: Decision, world: World) -> dict[str, Any] | None:
        right = result(decision)
        led = led_to(decision, world)
        led.pop(right, None)
        led = {text: names for text, names in led.items() if not _is_arguable(text, decision)}
        others = {
            text: why
            for text, why in _other_results(decision).items()
            if text not in (*led, right) and not _is_arguable(text, decision)
        }
        wrong = _wrong(right, [*led, *others], led, scene.draw, scene.wanted, slice(3))
        if len({own[:2] for own in (right, *wrong)}) != 2:
            return None
        return _options(right, wrong, led, others, scene.draw)

    return _about_one(scene, "Does it work?", make)


def _options(
    right: str, wrong: Sequence[str], led: Led, why: Mapping[str, str], draw: Random
) -> dict[str, Any]:
    """Return the options in an order by chance, and the key."""
    texts = draw.sample([right, *wrong], 1 + len(wrong))
    options = tuple(Option(own, tuple(led.get(own, ())), why.get(own, "")) for own in texts)
    return {"options": options, "key": (texts.index(right),)}


def _wrong(
    right: str, wrong: Iterable[str], led: Led, draw: Random, wanted: Iterable[str], side: slice
) -> list[str]:
    """Choose wrong answers: one of a wanted belief, then by chance, rather those of beliefs.

    If possible, two of the four answers are about each verdict; ``side`` is the part of an answer
    that tells which.
    """
    ordered = sorted(wrong, key=lambda own: draw.random() - bool(led.get(own)) / 5)
    telling = {*wanted} or MUTANTS.keys()
    ordered.sort(key=lambda own: telling.isdisjoint(led.get(own, ())))
    like = [own for own in ordered if own[side] == right[side]]
    chosen = [*like[:1], *(own for own in ordered if own not in like)][:WRONG]
    return chosen if len(chosen) == WRONG else ordered[:WRONG]


def _other_results(decision: Decision) -> dict[str, str]:
    """Return results that other policies could have, each with what this policy really does."""
    request, found = decision.request, {"No: no policy grants it.": "A policy does."}
    steps = [own for own in decision.steps if own.layer in LAYERS]
    for step in steps:
        name = name_of(step.layer, request)
        if step.result != "absent":
            found[f"No: the {name} doesn't allow it."] = step.reason
            found[f"No: a statement in the {name} denies it."] = "No Deny statement matches."
        if step.result != "absent" or (step.layer in SIDES and request.service != "iam"):
            found[f"Yes: the {name} allows it."] = step.reason
    sides = {own.layer: own.reason for own in steps if own.layer in SIDES and own.result != "allow"}
    if sides and decision.combining_rule == "cross_account":
        names = joined([f"the {name_of(own, request)}" for own in SIDES])
        found[f"Yes: {names} allow it."] = min(sides.values())
    if is_public_access_blocked(decision):
        layers = replace(decision.layers, public_access_block=None)
        why = "RestrictPublicBuckets is on, and the bucket policy is public."
        found[result(evaluate(request, layers), decision)] = why
    return found


def _is_arguable(text: str, decision: Decision) -> bool:
    """Return whether a result has AWS's verdict, and says of policies only what is true."""
    if text.startswith("Yes") is not bool(decision):
        return False
    result_of = {own.layer: own.result for own in decision.steps if own.layer in LAYERS}
    if text == PUBLIC_ACCESS_IS_BLOCKED:
        return is_public_access_blocked(decision)
    own = {layer for layer in LAYERS if name_of(layer, decision.request) in text}
    claimed = "allow" if decision else "deny" if " den" in text else ""
    if claimed:
        return all(result_of.get(layer) == claimed for layer in own)
    allowing = {layer for layer, made in result_of.items() if made == "allow"}
    if is_delegated(decision):
        allowing.discard("resource")
    return not own & allowing if own else not {*GRANTING} & allowing


def which_decides(scene: Scene) -> Item | None:
    """Ask which statement decides a request, or which type of policy without an Allow."""
    return _about_one(
        scene,
        WHAT_DECIDES,
        lambda decision, world: what_decides(decision, world, scene.draw, scene.wanted),
    )


def what_decides(
    decision: Decision,
    world: World,
    draw: Random,
    wanted: Iterable[str] = (),
    about: Callable[[StatementMatch], bool] = bool,
) -> dict[str, Any] | None:
    """Return the options and the key of a question about what decides, if one claim is true.

    Parameters
    ----------
    wanted
        The mutants of which one must lead to a wrong option.
    about
        Returns whether a statement can be an option.
    """
    claims = _claims(decision, about)
    right = [text for text, (is_true, _) in claims.items() if is_true]
    if len(right) != 1 or len(claims) < WRONG:
        return None
    led = {own: list[str]() for own in claims}
    for mutant in MUTANTS.values():
        believed = _claims(mutant.decide(decision, world), about).items()
        true = {own for own, (held, _) in believed if held}
        for own in true & led.keys() if right[0] not in true else ():
            led[own].append(mutant.name)
    wrong = [own for own in claims if own != right[0]]
    wrong = _wrong(right[0], wrong, led, draw, wanted, slice(-10, None))
    return _options(right[0], wrong, led, {own: why for own, (_, why) in claims.items()}, draw)


def _claims(
    decision: Decision, about: Callable[[StatementMatch], bool]
) -> dict[str, tuple[bool, str]]:
    """Return reasons for a decision, each with whether it is true, and what is true instead.

    What can be argued about is left out.
    """
    trace, request = decision.trace, decision.request
    deciding, claims = {*addresses(decision.determining)}, dict[str, tuple[bool, str]]()
    for match in filter(about, trace.matches):
        if not (decision and match.layer in CEILINGS):
            is_true = match.address in deciding
            claims[claim(match, request)] = is_true, "" if is_true else _why(match)
    is_implicit = decision.verdict is Verdict.IMPLICIT_DENY
    blocking = missing(decision) | {*decision.blocking} if is_implicit else frozenset[str]()
    unclear = {"resource"} if is_delegated(decision) else set[str]()
    has_sides = trace.step("resource").found.present
    for step in (own for own in decision.steps if own.layer in LAYERS):
        blocks, layer = step.layer in blocking, step.layer
        is_false = step.result == "allow" and layer not in unclear
        is_there = has_sides if layer == "identity" else step.result != "absent"
        if blocks or (is_there and (is_false or decision)):
            claims[silence(layer, request)] = blocks, "" if blocks else step.reason
    grants = any(trace.step(own).found.allows for own in GRANTING)
    is_also_true = grants if is_implicit else bool(decision.denies) and not grants
    if not is_also_true:
        claims[NOTHING_GRANTS] = is_implicit, "" if is_implicit else "A statement decides."
    is_free = bool(decision) and not decision.determining
    claims[NOTHING_DENIES] = is_free, "" if is_free else "That isn't enough: AWS denies by default."
    return claims


def claim(match: StatementMatch, request: Request) -> str:
    """Return that a statement decides: ``"ReadAll in the bucket policy allows it."``."""
    label, is_resource = match.statement.label, match.layer == "resource"
    where = f"the {name_of('resource', request)}" if is_resource else match.attached.policy.name
    name = f"Statement {label}" if label[0] == "#" else label
    return f"{name} in {where} {'allows' if match.effect == 'Allow' else 'denies'} it."


def silence(layer: str, request: Request) -> str:
    """Return that a type of policy decides, because it doesn't allow the request."""
    name = name_of(layer, request)
    if layer == "identity":
        return f"No {name} allows it, so AWS denies it."
    return f"The {name} doesn't allow it, so AWS denies it."


def _why(match: StatementMatch) -> str:
    """Return what a statement really does that doesn't decide."""
    if not match.mismatches:
        return f"{match.address} matches, but it doesn't decide."
    elements = ", ".join(own.element for own in match.mismatches)
    return f"{match.address} doesn't match: {elements}."
