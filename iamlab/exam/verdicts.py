"""Two question ideas about one request: will it work, and which statement decides?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import LAYERS
from iamlab.engine.verdict import addresses
from iamlab.exam.documents import call, documents, name_of, reasons, result
from iamlab.exam.items import Item, Option
from iamlab.teach.explain import NO_STATEMENT, deciders, without
from iamlab.teach.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.exam.templates import Scene
    from iamlab.world.world import World

WRONG = 3


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
        if own and (not layers or own & {*layers}) and len(own) <= 2:
            yield more, world, decision


def led_to(decision: Decision, world: World, answers: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the results that wrong beliefs lead to, with the names of the mutants."""
    found: dict[str, list[str]] = {own: [] for own in answers}
    for mutant in MUTANTS.values():
        believed = mutant.decide(decision, world)
        if believed is not decision:
            found.setdefault(result(believed, decision), []).append(mutant.name)
    return found


def will_it_work(scene: Scene) -> Item | None:
    """Ask whether a request is allowed, and by which type of policy."""
    for more, world, decision in fitting(scene):
        right = result(decision)
        led = led_to(decision, world)
        led.pop(right, None)
        led = {text: names for text, names in led.items() if not _is_arguable(text, decision)}
        others = {
            text: why
            for text, why in _other_results(decision).items()
            if text not in (*led, right) and not _is_arguable(text, decision)
        }
        first = sorted(led, key=lambda text: scene.draw.random() - 2 * _is_wanted(led[text], scene))
        wrong = [*first, *scene.draw.sample([*others], len(others))][:WRONG]
        if len(wrong) == WRONG and len({own[:2] for own in (right, *wrong)}) == 2:
            options = [Option(own, tuple(led.get(own, ())), others.get(own, "")) for own in wrong]
            options.insert(place := scene.draw.randrange(WRONG + 1), Option(right))
            return scene.item(
                world=world,
                decision=decision,
                question=f"{scene.text} {more or call(decision)} Does it work?",
                facts=documents([decision]),
                options=tuple(options),
                key=(place,),
                rationale=reasons(decision),
            )
    return None


def _is_wanted(names: Iterable[str], scene: Scene) -> bool:
    return not set(names).isdisjoint(scene.wanted)


def _other_results(decision: Decision) -> dict[str, str]:
    """Return results that other policies could have, each with what this policy really does."""
    request, deciding = decision.request, decided_by(decision)
    found = {}
    for step in decision.steps:
        if step.layer in LAYERS and step.result != "absent" and step.layer not in deciding:
            name = name_of(step.layer, request)
            found[f"No: the {name} doesn't allow it."] = step.reason
            found[f"No: a statement of the {name} denies it."] = step.reason
            found[f"Yes: the {name} allows it."] = step.reason
    if decision and deciding:
        found["No: no policy allows it."] = f"The {name_of(min(deciding), request)} does."
    return found


def _is_arguable(text: str, decision: Decision) -> bool:
    """Return whether a result has AWS's verdict, and says of policies only what is true."""
    if text.startswith("Yes") is not bool(decision):
        return False
    result_of = {own.layer: own.result for own in decision.steps if own.layer in LAYERS}
    own = {layer for layer in LAYERS if name_of(layer, decision.request) in text}
    claimed = "allow" if decision else "deny" if "denies" in text else ""
    if not claimed:
        granted = {"identity", "resource", "grant"} & {
            layer for layer, made in result_of.items() if made == "allow"
        }
        return all(result_of.get(layer) != "allow" for layer in own) if own else not granted
    return all(result_of.get(layer) == claimed for layer in own)


def which_decides(scene: Scene) -> Item | None:
    """Ask which statement, or which type of policy without an Allow, decides a request."""
    for more, world, decision in fitting(scene):
        right = deciders(decision)
        steps = [own for own in decision.trace.steps if own.found.present]
        limits = [name_of(own.layer, decision.request) for own in steps]
        words = [*addresses(decision.trace.matches), *limits, NO_STATEMENT]
        changing = {own for own in words if without(decision, own).verdict != decision.verdict}
        keys = [own for own in words if own in right & {*changing, NO_STATEMENT}]
        statements = [own for own in keys if "/" in own] or keys
        wrong = [own for own in words if own not in right | changing]
        if len(statements) != 1 or len(wrong) < WRONG:
            continue
        led = {own: list[str]() for own in wrong}
        for mutant in MUTANTS.values():
            believed = deciders(mutant.decide(decision, world))
            for own in wrong:
                if own in believed and statements[0] not in believed:
                    led[own].append(mutant.name)
        whys = dict(_whys(decision))
        wrong.sort(key=lambda own: scene.draw.random() - 2 * _is_wanted(led[own], scene))
        texts = scene.draw.sample([statements[0], *wrong[:WRONG]], WRONG + 1)
        return scene.item(
            world=world,
            decision=decision,
            question=f"{scene.text} {more or call(decision)} AWS decides: {decision.verdict}. "
            "Which statement or type of policy decides this?",
            facts=documents([decision]),
            options=tuple(Option(own, tuple(led.get(own, ())), whys.get(own, "")) for own in texts),
            key=(texts.index(statements[0]),),
            rationale=reasons(decision),
        )
    return None


def _whys(decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield for each statement and each type of policy what it really does."""
    for match in decision.trace.matches:
        if match.mismatches:
            elements = ", ".join(own.element for own in match.mismatches)
            yield match.address, f"{match.address} doesn't match: {elements}."
        else:
            yield match.address, f"{match.address} matches, but it doesn't decide."
    for step in decision.steps:
        if step.layer in LAYERS:
            yield name_of(step.layer, decision.request), step.reason
    yield NO_STATEMENT, "A statement decides."
