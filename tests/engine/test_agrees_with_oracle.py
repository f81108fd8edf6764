"""The engine and the oracle, which share no code, always agree."""

import json
import random

import pytest
from hypothesis import given

from tests.effort import first_now
from tests.engine.json_questions import ask_engine
from tests.engine.oracle import decide
from tests.engine.random_questions import questions, random_question

CHUNKS, QUESTIONS = 6, 15_000
NOW = 1
"""So many chunks are asked in ``make test``."""


@pytest.mark.parametrize("seed", first_now(range(CHUNKS), NOW))
def test_the_engine_agrees_with_the_oracle_on_random_questions(seed):
    """15,000 in six chunks; ``make soak`` asks a million. A disagreement is shown as JSON."""
    rng = random.Random(seed)
    for number in range(QUESTIONS // CHUNKS):
        question = random_question(rng)
        assert ask_engine(question).verdict.value == decide(question), (
            f"seed {seed}, question {number}: {json.dumps(question)}"
        )


@given(questions())
def test_the_engine_agrees_with_the_oracle_on_questions_that_shrink(question):
    """The same universe; hypothesis finds the smallest disagreement."""
    assert ask_engine(question).verdict.value == decide(question)
