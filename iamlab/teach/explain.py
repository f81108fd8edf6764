"""Three kinds of exercise about how AWS decides: what decides, what comes first, a wrong belief.

A wrong belief is broken by a request on which it disagrees with AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from iamlab.engine.edits import Edit, apply_edits
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import CEILINGS, LAYERS, NAMES, Layers
from iamlab.engine.trace import ABSENT, ALLOWS
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.statement import statement_to_json
from iamlab.teach.checks import ForEach, applying, counted, request_lines, verdict_of
from iamlab.teach.exercises import Choosing, Exercise, Mark, Question
from iamlab.view.figures.names import resource_policy_of
from iamlab.world.policy_places import arrange
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.teach.mutants import Mutant

NO_STATEMENT = "no statement"


def _named(decision: Decision, layer: str) -> str:
    """Return the name of a layer's type of policy."""
    return resource_policy_of(decision.request) if layer == "resource" else NAMES[layer]


def _layers(decision: Decision) -> dict[str, str]:
    """Return the layers that apply, and those that can always allow, with their names."""
    steps = decision.trace.steps
    own = [s.layer for s in steps if s.found.present or s.layer in ("resource", "identity")]
    return {layer: _named(decision, layer) for layer in own}


def deciders(decision: Decision) -> set[str]:
    """Return everything that decides a request: addresses of statements, and types of policies.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("first_door")
    >>> sorted(deciders(world.can("alice", "s3:GetObject", MAP)))
    ['identity-based policy', 'read-maps/ReadMaps']
    >>> sorted(deciders(world.can("bob", "s3:GetObject", MAP)))
    ['identity-based policy', 'no statement']
    """
    matches, trace = decision.determining, decision.trace
    layers = {match.layer for match in matches} or set(decision.blocked_by)
    found = {match.address for match in matches}
    if not matches and not trace.is_cut:  # nothing would grant it, whatever limits it
        found.add(NO_STATEMENT)
        layers |= {trace.missing_granter} if layers else set()
    return found | {_named(decision, layer) for layer in layers}


def without(decision: Decision, chosen: str) -> Decision:
    """Decide the same request without a statement, a type of policy, or (nothing) any policy.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> decision = scenario("stack").can("alice", "s3:DeleteObject", MAP)
    >>> without(decision, "stack/AllMaps"), without(decision, "stack/KeepMaps")
    (<Decision ✕ explicit deny by stack/KeepMaps>, <Decision ✓ allowed by stack/AllMaps>)
    """
    layers = decision.layers
    removed = [own for own in LAYERS if chosen in (NO_STATEMENT, _named(decision, own))]
    if removed:
        empty: dict[str, Any] = {layer: getattr(Layers(), layer) for layer in removed}
        return evaluate(decision.request, replace(layers, **empty))
    edits = [
        Edit("", "", 1, (), layer, level, place, statement.number)
        for layer in LAYERS
        for level, policies in enumerate(layers.levels(layer))
        for place, attached in enumerate(policies)
        for statement in attached.policy.statements
        if layer != "grant" and chosen == f"{attached.policy.name or 'policy'}/{statement.label}"
    ]
    return evaluate(decision.request, apply_edits(layers, edits))


@dataclass(frozen=True, kw_only=True)
class Explain(ForEach):
    """E: what decides each request.

    Parameters
    ----------
    asks
        ``"statement"``: the address of a statement, ``"no statement"``, or the type of policy that
        limits the request. ``"layer"``: the type of policy. ``"nearest"``: the nearest
        statement, and the element of it that doesn't match: ``"read-maps/ReadMaps: Resource"``.
    shows
        What the learner explains: AWS's ``message``, if the card shows it.
    """

    asks: Literal["statement", "layer", "nearest"] = "statement"
    shows: Literal["", "message"] = ""
    unsolved = "Nothing that exercise {} offers explains a decision."

    def options(self, decisions: Sequence[Decision]) -> list[str]:
        """Return the explanations of these decisions to choose from."""
        matches = [match for decision in decisions for match in decision.trace.matches]
        layers = [own for decision in decisions for own in _layers(decision).items()]
        if self.asks == "layer":
            options = [name for _, name in layers]
        elif self.asks == "nearest":
            allows = [(own.address, own.statement) for own in matches if own.effect == "Allow"]
            every = [(own, key) for own, each in allows for key in statement_to_json(each)]
            options = [f"{own}: {key}" for own, key in every if key not in ("Sid", "Effect")]
        else:
            options = [match.address for match in matches]
            options += [*(name for layer, name in layers if layer in CEILINGS), NO_STATEMENT]
        return list(dict.fromkeys(options))

    def read(self, answer: Any, world: World) -> list[str]:
        """Return the explanations of an answer."""
        size = len(self.questions)
        items = self.items(answer, f"a list of {size} explanations", size)
        known = {option.lower(): option for option in self.options(self.decisions(world))}
        words = []
        for item, decision in zip(items, self.decisions(world), strict=True):
            word = str(item).lower()
            words.append(_layers(decision).get(word, word).lower())
            if words[-1] not in known:
                error = ExerciseError(f"{item!r} isn't one of the explanations.")
                raise noted(error, did_you_mean(str(item), known.values()))
        return [known[word] for word in words]

    def tries(self, world: World) -> list[list[str]]:
        """Return the first right explanation of each decision."""
        decisions = self.decisions(world)
        options = self.options(decisions)
        found = [[own for own in options if self.is_right(own, each)] for each in decisions]
        return [[own[0] for own in found]] if all(found) else []

    def is_right(self, word: str, decision: Decision) -> bool:
        """Return whether an explanation is one of the right ones."""
        if self.asks != "nearest":
            found = deciders(decision)
            return word in ({own for own in found if "/" in own and self.asks != "layer"} or found)
        near = decision.trace.all_nearest
        return word in [f"{own.address}: {miss.element}" for own in near for miss in own.mismatches]

    def contrast(self, word: str, decision: Decision) -> str:
        """Return a sentence that shows why an explanation is wrong."""
        if word in deciders(decision):
            return f"The {word} decides. Which statement in it?"
        return (_too_far if self.asks == "nearest" else _remove)(decision, word)


def _remove(decision: Decision, chosen: str) -> str:
    """Return a sentence with the decision without what was chosen."""
    now, then = verdict_of(decision), verdict_of(without(decision, chosen))
    layer = next((own for own in LAYERS if chosen == _named(decision, own)), "")
    outcome = decision.trace.step(layer).outcome if layer else ""
    if outcome == ABSENT:
        return f"No {chosen} applies to this request."
    if outcome == ALLOWS and not decision.denies:
        return f"The {chosen} allows it already. It is {now}: an Allow is missing elsewhere."
    if any(own.address == chosen and not own.applies for own in decision.trace.matches):
        return f"{chosen} doesn't match this request. Does another one? If not, choose the type."
    what = chosen if "/" in chosen else f"the {chosen}"  # a statement, or a type of policy
    end = ". So it must allow this too, but it grants nothing."
    still = f"Remove {what} and see: it is still {now}, so it doesn't decide."
    if chosen == NO_STATEMENT:
        what, end = "any policy", ", so a statement decides."
        still = f"{applying(decision)} Even so, it is {now}: which type of policy limits it?"
    return still if now == then else f"It is {now}. Without {what} it would be {then}{end}"


def _too_far(decision: Decision, chosen: str) -> str:
    """Return a sentence that compares the chosen statement with the request."""
    address, _, element = chosen.rpartition(": ")
    match = next((own for own in decision.trace.matches if own.address == address), None)
    if match is None:
        return f"{address} doesn't apply to this caller."
    if element not in {miss.element for miss in match.mismatches}:
        return f"The {element} of {address} matches this request."
    return f"{match.text} Another Allow is nearer."


Placed = Mapping[str, tuple[Any, str]]
"""Each text with its place, such as a number or a duration, and a few words that explain it."""


@dataclass(frozen=True, kw_only=True)
class Order(Exercise):
    """O: texts in their right order.

    Parameters
    ----------
    places
        A function of the world: the texts with their places. Texts with the same place can be in
        any order.
    """

    places: Callable[[World], Placed]

    def shuffled(self, world: World) -> list[str]:
        """Return the texts in an order that isn't right."""
        texts = self.right_answer(world)
        Random(self.number).shuffle(texts)
        return texts if self._misplaced(texts, world) else texts[::-1]

    def read(self, answer: Any, world: World) -> list[str]:
        """Return the texts of an answer, each once."""
        known = self.places(world)
        if not isinstance(answer, list | tuple) or sorted(map(str, answer)) != sorted(known):
            texts = ", ".join(map(repr, self.shuffled(world)))
            raise self.needs(f"a list with each of: {texts}")
        return list(map(str, answer))

    def right_answer(self, world: World) -> list[str]:
        """Return the texts by their places."""
        return sorted(places := self.places(world), key=lambda text: places[text][0])

    def _misplaced(self, answer: list[str], world: World) -> list[int]:
        """Return the numbers of the texts that are out of place, from 0."""
        places = {text: place for text, (place, _) in self.places(world).items()}
        right = sorted(places.values())
        return [number for number, text in enumerate(answer) if places[text] != right[number]]

    def _line(self, text: str, world: World) -> str:
        _, about = self.places(world)[text]
        return f"{text} ({about})" if about else text

    def _mark(self, answer: list[str], world: World) -> Mark:
        wrong = self._misplaced(answer, world)
        if not wrong:
            return Mark(correct=True, true_part=self.why)
        first, right = wrong[0], self.right_answer(world)
        steps = [f"{n}. {self._line(text, world)}" for n, text in enumerate(right[: first + 1], 1)]
        early = f"Number {first + 1} comes too early: {self._line(answer[first], world)}"
        true_part = counted(len(right) - len(wrong), len(right), "in the right place")
        worked = ("\n".join(["The order begins:", *steps]),)
        return Mark(correct=False, true_part=true_part, counterexample=early, worked=worked)

    def shown(self, answer: Any) -> str:
        """Return the texts from the top."""
        return "\n".join(f"{number}. {text}" for number, text in enumerate(answer, 1))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A learner's answer: a world, and a request in it.

    Parameters
    ----------
    order
        The statements of the stack that are switched on, in their order; ``None`` if the learner
        changed the world by hand.
    """

    world: World
    question: Question
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Break(Choosing):
    """B: an order of statements, and a request on which the engine and a mutant disagree.

    Parameters
    ----------
    belief
        The belief to break.
    user, policy_name
        The user with the stack, and the name of that inline policy; without them, an answer is
        only a request.
    """

    belief: Mutant
    user: str = ""
    policy_name: str = ""
    unsolved = "No request of exercise {} breaks the belief."

    def read(self, answer: Any, world: World) -> Attempt:
        """Return the attempt from (order or world, caller, action, resource)."""
        if not self.user:
            question = Question.read(self.items(answer, "(caller, action, resource)", 3))
            return Attempt(world, question)
        form = (
            "(order, caller, action, resource). The order is a list of statements such as "
            f"{self._all_labels(world)[:2]}, or a changed world"
        )
        first, *rest = self.items(answer, form, 4)
        question = Question.read(rest)
        if isinstance(first, World):
            return Attempt(first, question)
        if not isinstance(first, list | tuple):
            raise ExerciseError(f"{first!r} isn't a list of statements.")
        order = tuple(map(str, first))
        changed = world.copy()
        arrange(changed.user(self.user), self.policy_name, order)
        return Attempt(changed, question, order)

    def _all_labels(self, world: World) -> list[str]:
        policy = world.user(self.user).inline[self.policy_name]
        return [statement.label for statement in policy.statements]

    def data(self, answer: Any, world: World) -> list[Any]:
        """Return the order and the request; for a world changed by hand, the differences."""
        attempt = self.read(answer, world)
        if not self.user:
            return attempt.question.parts
        by_hand = world.diff(attempt.world) or ("nothing is changed",)
        order = list(by_hand if attempt.order is None else attempt.order)
        return [order, *attempt.question.parts]

    def tries(self, world: World) -> Iterator[list[Any]]:
        """Yield the orders and requests of the card, beginning with the order of the world."""
        orders: Iterable[list[Any]] = [[]]
        if self.user:
            orders = ([list(order)] for order in permutations(self._all_labels(world)))
        return ([*order, *question.parts] for order in orders for question in self.offered())

    def _mark(self, answer: Attempt, world: World) -> Mark:  # noqa: ARG002 - as for all kinds
        decision = answer.question.ask(answer.world)
        believed = self.belief.verdict(decision, answer.world)
        premise = f"you believe that {self.belief.claim}, you expect"
        verdict = f"AWS decides {verdict_of(decision)}."
        if (str(believed) == "allowed") is not bool(decision):
            lead = f"{answer.question}: if {premise} {believed.symbol} {believed}."
            return Mark(correct=True, true_part=f"{lead} {verdict} {self.why}", decision=decision)
        text = f"But both agree. {verdict} If {premise} the same. {self.nudge}"
        good = applying(decision)
        return Mark(correct=False, true_part=good, counterexample=text, decision=decision)

    def shown(self, answer: Any) -> str:
        """Return the statements that are on, in their order, and the request."""
        if not self.user:
            return request_lines(answer)
        order, *request = answer
        labels = ", ".join(order) or "none"
        return f"Statements that are on, from the top: {labels}\n{request_lines(request)}"
