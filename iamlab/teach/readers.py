"""For each kind of exercise, the function that reads its keys."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import Verdict
from iamlab.errors import ExerciseError
from iamlab.policy.patterns import glob, glob_ignoring_case
from iamlab.teach import named
from iamlab.teach.callers import credential_of
from iamlab.teach.checks import Collect, Predict, Repair, Witness
from iamlab.teach.edits import EDITORS, apply_edits, of_choices, read_edits
from iamlab.teach.exercises import Cell
from iamlab.teach.explain import Break, Explain, Order
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.notation import arn_of, identity_arn, read_policy, words_of
from iamlab.teach.places import Place
from iamlab.teach.sequence import OF_CALL, Sequence, text_of
from iamlab.teach.source_lines import at, each_line, expect, find_named
from iamlab.teach.write import Design, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.engine.decision import Decision
    from iamlab.teach.edits import Editor
    from iamlab.teach.exercises import Exercise, Question
    from iamlab.teach.sequence import Call
    from iamlab.teach.tables import Keys
    from iamlab.world.world import World

Fields = dict[str, Any]
"""The fields of an exercise."""

Operations = dict[str, dict[str, list[Any]]]
"""What a card offers: operations, their parameters, and the values to choose from."""

_VERDICTS: dict[str, Callable[[Decision], bool]] = {
    str(own): lambda decision, own=own: decision.verdict is own  # type: ignore[misc]
    for own in Verdict
}
VERDICTS = {"A": "allowed", "D": "denied", "E": "explicit deny", "I": "implicit deny"}


def _predict(keys: Keys) -> Fields:
    questions = keys.lines("ask", keys.question)

    def believed(mutant: Any, world: World) -> list[str]:
        return [str(mutant.verdict(question.ask(world), world)) for question in questions]

    def read(text: str) -> list[str]:
        return [VERDICTS.get(word, word) for word in text.split()]

    return {
        "questions": questions,
        "fine": keys.take("fine", default=True, types=(bool,)),
        "known_wrong": keys.wrong(read, believed),
    }


def _witness(keys: Keys) -> Fields:
    return {
        "has": keys.one_of("has", "property", _VERDICTS | named.PROPERTIES),
        "wanted": keys.take("wanted"),
        "before": keys.one_of("before", "world", {"": ""} | keys.worlds, ""),
        "purpose": keys.lines("purpose", lambda line: _must(keys, f"allow {line}")[0], ""),
        **keys.requests(),
        "known_wrong": keys.wrong(lambda text: [] if text == "none" else keys.question(text).parts),
    }


def _collect(keys: Keys) -> Fields:
    collection = keys.of_world("collect", named.COLLECTIONS)
    every = list(collection(keys.world))

    def read(text: str) -> list[str]:
        return every if text == "all" else _listed(text)

    return {"collection": collection, "known_wrong": keys.wrong(read)}


def _cell(keys: Keys, line: str) -> Cell:
    sign, _, request = line.partition(" ")
    if sign not in ("+", "-"):
        raise ExerciseError(f"{line!r} isn't a cell. Begin with + (allowed) or - (denied).")
    return Cell(keys.question(request.strip()), allowed=sign == "+")


def _editor(keys: Keys) -> Editor:
    """Return what a repair can change: an editor by name, or the choices that the table offers."""
    if "choices" in keys.left:
        choices = {}
        for place, choice in enumerate(keys.take("choices", types=(list,))):
            with at("choices", str(place)):
                name, _, edits = choice.partition(": ")
                choices[name] = read_edits(edits)
                apply_edits(keys.world.copy(), choices[name])
        return of_choices(choices, read_edits(keys.take("solution", "")))
    return keys.named("edit", EDITORS)


def _repair(keys: Keys) -> Fields:
    editor = _editor(keys)
    return {
        "target": keys.lines("target", partial(_cell, keys)),
        "most": keys.take("most", None, types=(int,)),
        "no_path": keys.lines("no_path", str.split, ""),
        "editor": editor,
        "known_wrong": keys.wrong(editor.read),
    }


def _design(keys: Keys) -> Fields:
    limits = keys.take("limits", {}, types=(dict,))
    return {**_repair(keys), "limits": limits, "excepted": keys.words("excepted", "")}


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _explain(keys: Keys) -> Fields:
    return {
        "questions": keys.lines("ask", keys.question),
        "asks": keys.one_of("asks", "ask", _ASKS, "statement"),
        "shows": keys.one_of("shows", "text", _SHOWS, ""),
        "known_wrong": keys.wrong(_listed),
    }


_ASKS: dict[str, Any] = {name: name for name in ("statement", "layer", "nearest")}
_SHOWS: dict[str, Any] = {name: name for name in ("", "message")}


def _order(keys: Keys) -> Fields:
    return {"places": keys.of_world("order", named.ORDERS), "known_wrong": keys.wrong(_listed)}


def _sequence(keys: Keys) -> Fields:
    target = keys.lines("target", partial(_cell, keys), "")
    credential = partial(credential_of, account=keys.account)
    reached = keys.named("goal", named.GOALS, "always", read=credential)
    offered: Operations = {}
    for operation, parameters in keys.take("operations", types=(dict,)).items():
        with at("operations", operation):
            offered[operation] = {}
            for name, values in expect(parameters, dict).items():
                with at(name):
                    offered[operation][name] = _values(keys, name, expect(values, str, list))
    solution = keys.take("solution", "")

    def goal(world: World) -> bool:
        return reached(world) and all(cell.holds_in(world) for cell in target)

    return {
        "callers": keys.words("callers"),
        "operations": lambda _: offered,
        "goal": goal,
        "wanted": keys.take("wanted"),
        "still_open": getattr(reached, "still_open", lambda _: ()),
        "most": keys.take("most", None, types=(int,)),
        "solution": (lambda _: _calls(keys, offered, solution)) if solution else None,
        "known_wrong": keys.wrong(partial(_calls, keys, offered)),
    }


def _calls(keys: Keys, offered: Operations, text: str) -> list[Call]:
    """Read calls, one in a line or with ``;`` between them."""

    def read(line: str) -> list[Call]:
        parts = (words_of(part) for part in line.split(";"))
        return [_call(keys, offered, words) for words in parts if words]

    return [call for calls in each_line(text, read) for call in calls]


def _call(keys: Keys, offered: Operations, words: list[str]) -> Call:
    if len(words) < 2 or not all("=" in word for word in words[2:]):
        form = "caller operation Name=value"
        raise ExerciseError(f"{' '.join(words)!r} isn't a call. Write: {form}.")
    caller, operation, *parameters = words
    caller = f"{OF_CALL}{caller}" if caller.isdecimal() else caller
    call: Call = {"Caller": caller, "Operation": operation}
    named_values = find_named("operation", operation, offered)
    for name, text in (word.split("=", 1) for word in parameters):
        known = find_named(f"parameter of {operation}", name, named_values)
        # a value that isn't a text is listed: 14, not "14"
        (call[name],) = [own for own in known if text_of(own) == text] or _values(keys, name, text)
    return call


def _values(keys: Keys, name: str, values: Any) -> list[Any]:
    """Return the values of a parameter: ARNs, JSON of policies, ids, codes, or words.

    Values that aren't texts, such as numbers, are a list.
    """
    if isinstance(values, list):
        return values
    if name.endswith("Document") or name == "Policy":
        return [json.dumps(read_policy(values, keys.account))] if values else []
    return [_OF_PARAMETERS.get(name, credential_of)(own, keys.account) for own in values.split()]


_OF_PARAMETERS = {
    **dict.fromkeys(("Resource", "SerialNumber", "PrincipalArn"), arn_of),
    "RoleArn": identity_arn,
}


def _break(keys: Keys) -> Fields:
    def read(text: str) -> list[Any]:
        if stack is None:
            return keys.question(text).parts
        order, _, request = text.partition("/ ")
        return [order.split(), *keys.question(request).parts]

    stack = keys.take("stack", read=Place.parse) if "stack" in keys.left else None
    if stack is not None:
        with at("stack"):
            stack.read(keys.world)
    return {
        "belief": keys.one_of("mutant", "mutant", MUTANTS),
        **({"user": stack.owner, "policy_name": stack.name} if stack else {}),
        **keys.requests(),
        "known_wrong": keys.wrong(read),
    }


def _write(keys: Keys) -> Fields:
    place = keys.take("put", read=Place.parse)
    musts = keys.lines("must", partial(_must, keys))

    def wanted(question: Question, without: bool) -> bool | None:  # noqa: FBT001 - a result
        return next((verdict for matches, verdict in musts if matches(question)), without)

    read = partial(read_policy, account=keys.account)
    return {
        "place": place,
        **keys.requests(),
        "cases": dict(keys.lines("cases", partial(_case, keys), "today")),
        "wanted": wanted,
        "solution": keys.take("solution", types=(str, dict), read=read),
        "known_wrong": keys.wrong(read),
    }


_WANTED: dict[str, bool | None] = {"allow": True, "deny": False, "either": None}


def _must(keys: Keys, line: str) -> tuple[Callable[[Question], bool], bool | None]:
    """Read a line such as ``deny alice s3:Delete* star-maps/*``: which requests, and what."""
    verdict, *patterns = line.split()
    if verdict not in _WANTED or len(patterns) != 3:
        form = "allow, deny or either, then caller action resource"
        raise ExerciseError(f"{line!r} isn't a rule. Write {form}.")
    patterns[2] = arn_of(patterns[2], keys.account)
    tests = (glob, glob_ignoring_case, glob)

    def matches(question: Question) -> bool:
        return all(test(*own) for test, *own in zip(tests, patterns, question.parts, strict=True))

    return matches, _WANTED[verdict]


def _case(keys: Keys, line: str) -> tuple[str, Callable[[World], object]]:
    """Read a situation: its name, and after a colon the edits that lead to it."""
    name, _, text = line.partition(": ")
    edits = read_edits(text)
    apply_edits(keys.world.copy(), edits)
    return name.strip(), lambda world: apply_edits(world, edits)


_KINDS: dict[type[Exercise], Callable[[Keys], Fields]] = {
    Predict: _predict,
    Explain: _explain,
    Write: _write,
    Repair: _repair,
    Witness: _witness,
    Collect: _collect,
    Order: _order,
    Sequence: _sequence,
    Design: _design,
    Break: _break,
}

READERS = {kind.__name__.lower(): (kind, read) for kind, read in _KINDS.items()}
"""By its name, each kind and the function that reads the fields that only this kind has."""
