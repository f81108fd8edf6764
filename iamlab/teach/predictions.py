"""Predict first: a verdict stays hidden until the learner has predicted one."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from iamlab.engine.verdict import addresses
from iamlab.teach import journal
from iamlab.teach.explain import NO_STATEMENT
from iamlab.teach.recognition import evidence
from iamlab.widgets.prediction import HAPPENED, Prediction

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.world.world import World


def keep(prediction: Prediction, world: World | None = None, **facts: Any) -> None:
    """Keep a prediction in the progress file, with further facts such as its item."""
    decision = prediction.decision
    request = decision.request
    question = [request.principal, request.action, request.resource]
    about = {"key": key_of(decision), "question": question, "verdict": decision.verdict.value}
    names = ("answer", "confidence", "seconds", "correct")
    answer = {name: getattr(prediction, name) for name in names}
    found = evidence(decision, prediction.answer, world)
    journal.add({"kind": "prediction", **about, **answer, "evidence": found, **facts})


def key_of(decision: Decision) -> str:
    """Return a key of a question: the same request in the same world has the same."""
    request = decision.request
    statements = [[own.address, str(own.statement)] for own in decision.trace.matches]
    facts = [request.principal, request.action, request.resource, statements]
    return sha256(json.dumps(facts).encode()).hexdigest()[:16]


def earlier(decision: Decision, key: str) -> tuple[Prediction | None, dict[str, Any]]:
    """Return the prediction of this question that is in the progress file, and what followed."""
    own = [record for record in journal.records() if record.get("key") == key]
    found = next((each for each in own if each.get("kind") == "prediction"), None)
    explained = next((each for each in own if each.get("kind") == "explanation"), {})
    if found is None:
        return None, {}
    return Prediction(found["answer"], found["confidence"], decision), explained


def keep_explanation(key: str, happened: str, decided: str, *, correct: bool) -> None:
    """Keep what the learner chose under "What happened?" and "Which statement decided?"."""
    facts = {"happened": happened, "decided": decided, "correct": correct}
    journal.add({"kind": "explanation", "key": key, **facts})


def statements(decision: Decision) -> list[str]:
    """Return the addresses of all statements that could decide, and "no statement"."""
    every = [match.address for match in decision.trace.matches]
    return [*dict.fromkeys(every), NO_STATEMENT]


def reflect(decision: Decision, happened: str, decided: str) -> tuple[bool, str]:
    """Check the learner's explanation of a revealed decision, and return the feedback."""
    right = HAPPENED[decision.verdict]
    names = addresses(decision.determining) or [NO_STATEMENT]
    first = f"You chose: {happened} What happened: {right}"
    if happened == right:
        first = "Yes, that is what happened."
    other = "" if decided == NO_STATEMENT else f", not {decided}"
    second = f"{' and '.join(names)} decided it{other}."
    if decided in names:
        second = f"And {decided} decided it."
    elif names == [NO_STATEMENT]:
        second = "No statement decided it. An implicit deny is the default: it needs none."
    return happened == right and decided in names, f"{first} {second}"
