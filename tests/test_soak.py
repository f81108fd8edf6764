"""The soak finds a disagreement, shows it, and can ask the same questions again."""

import json
import random

import pytest

from tests import soak
from tests.engine.random_questions import random_question


def test_a_chunk_of_questions_agrees():
    """Engine, readable path and oracle; the same numbers give the same questions."""
    first, second = (soak.ask_chunk((7, 3, 150)) for _ in range(2))

    assert first.disagreement is None, json.dumps(first.disagreement)
    assert first.questions == first.verdicts.total() == 150
    assert first == second


def test_the_first_disagreement_is_kept_with_its_question(monkeypatch):
    """An evaluator that errs is found out at the first question on which it does."""
    honest = soak.answers_to

    def erring(question):
        answers = honest(question)
        changed = "allowed" if answers["engine"] == "explicitDeny" else answers["engine"]
        return answers | {"engine": changed}

    monkeypatch.setattr(soak, "answers_to", erring)
    found = soak.ask_chunk((7, 3, 150)).disagreement

    rng = random.Random("soak 7 3")
    requests = [random_question(rng) for _ in range(found["place"] + 1)]
    assert json.loads(json.dumps(found))["question"] == json.loads(json.dumps(requests[-1]))
    assert [honest(item)["oracle"] == "explicitDeny" for item in requests].index(True) == found[
        "place"
    ]
    assert found["answers"]["engine"] == "allowed"


@pytest.mark.parametrize(
    "name", ["tests.engine.json_questions.ask_engine", "tests.engine.oracle.decide"]
)
def test_what_an_evaluator_raises_is_a_disagreement(monkeypatch, name):
    """The question is shown like any other, with where it broke."""

    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr(name, broken)
    found = soak.ask_chunk((7, 3, 150)).disagreement

    assert found["place"] == 0
    assert "ZeroDivisionError" in "".join(found["answers"].values())
    assert found["question"]["action"]


def test_the_whole_loop_runs_and_tells_how_far_it_is(capsys):
    """Two processes, plain lines in a log, the seed at the top, the shares at the end."""
    few = ["--questions", "60", "--seed", "5", "--jobs", "2", "--figures", "0", "--items", "0"]
    assert soak.main(few) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("make soak N=60 SEED=5")
    assert "60 of 60 (100%)" in lines[-2]
    assert lines[-1].startswith("All 60 agreed: allowed ")


def test_every_figure_is_drawn_and_a_complaint_is_reported(monkeypatch, capsys):
    """What a strict reader says comes with figure, size and seed; the soak then ends with 1."""
    from tests.view import every_figure, looking
    from tests.view import soak as figures

    broken = {"door": every_figure.FIGURES["door"], "nothing": lambda _, __: 1 // 0}
    monkeypatch.setattr(every_figure, "FIGURES", broken)
    monkeypatch.setattr(looking, "faults", lambda _: ["a label is in the way"])
    seed, complaints = figures.look_at_seed(7)

    assert seed == 7
    assert len(complaints) == 12
    assert complaints[0] == "door of 3-7: a label is in the way"
    assert complaints[-1].startswith("nothing of 60-7-ugly: Traceback")

    monkeypatch.setattr(figures, "look_at_figures", lambda *_: iter([(7, complaints), (8, [])]))
    assert not soak.draw(2, 7, 2)
    text = capsys.readouterr().out
    assert "door of 3-7: a label is in the way" in text
    assert "Figures of 2 of 2 worlds, seed 8: 0 complaints." in text
