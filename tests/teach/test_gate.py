"""The gate covers answers: nothing in a lesson settles a prediction that is still open.

A lesson is read from the top by somebody who runs each cell and predicts nothing. What is read is
text and headings, what cells show with their alternative texts, and what exercises ask, with their
first hint.

``iamlab.teach.gate`` has the rule. ``iamlab lesson check`` reads texts and exercises; these tests
also run the cells. Cards show no verdict at all, except as options to choose from.
"""

import ast
import json
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from iamlab.teach import hint, scenario
from iamlab.teach.cards import ExerciseCard, PredictionCard
from iamlab.teach.checks import Predict
from iamlab.teach.explain import Break
from iamlab.teach.gate import OpenRequest, sentences, violations
from iamlab.teach.mutants import MISCONCEPTIONS, telling
from iamlab.teach.scenarios import MAP
from iamlab.widgets.instrument import Instrument

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
EXAM = "21_mock_exam"
"""It has no predictions and no exercises of its own."""
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)

IN_A_CARD = re.compile(
    r"✓ allowed|✕ explicit deny|○ implicit deny|(allows|denies) it\b|(Allowed|Denied) by|decided it"
)
CHOICES = re.compile(r"<(fieldset|select)\b.*?</\1>", re.DOTALL)
STATEMENTS = re.compile(r"<div class=\"statements\">.*?</details>", re.DOTALL)
BLOCK = re.compile(r"</?(p|li|h\d|small|td|th|dd|dt|div|caption|figcaption|summary)\b[^>]*>")
ALT = re.compile(r'\balt="([^"]*)"')


def read(html):
    """Return the text of HTML with its alternative texts, each as one sentence."""
    alternatives = "\n\n".join(own.replace(". ", "; ") for own in ALT.findall(html))
    text = re.sub(r"<[^>]*>", "", BLOCK.sub("\n\n", re.sub(r"<style>.*?</style>", "", html)))
    return unescape(f"{alternatives}\n\n{text}")


def run(source, variables):
    """Run a cell; return what it shows. Commands of a terminal are left out."""
    variables.setdefault("get_ipython", lambda: SimpleNamespace(system=str))
    tree = ast.parse(TransformerManager().transform_cell(source))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), variables)  # noqa: S102 - a lesson of our own
    return last and eval(compile(ast.Expression(last.value), "cell", "eval"), variables)  # noqa: S307


def open_in(shown, where):
    """Yield the requests that a card asks for."""
    if isinstance(shown, ExerciseCard):
        if isinstance(shown.task, Predict):
            world = shown.task.world()
            for question in shown.task.questions:
                yield OpenRequest(where, question.ask(world))
    elif isinstance(shown, Instrument) and shown.predict_first:
        decision = shown.decide()
        if decision is not None:  # a matrix asks for each cell by itself
            yield OpenRequest(where, decision)


def texts_of(shown):
    """Yield the texts that a cell shows."""
    if isinstance(shown, Instrument):
        html = "".join(shown.parts().values())
        yield read(STATEMENTS.sub("", CHOICES.sub("", html)))
        if isinstance(shown, ExerciseCard):
            yield from hint(shown.task.number).paragraphs
    elif hasattr(shown, "_repr_html_"):
        yield read(shown._repr_html_())
    elif shown is not None:
        yield str(shown)


def steps(path):
    """Yield each sentence of a lesson, and each request where it is asked."""
    variables = {}
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        where, source = f"cell {number}", "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield from ((where, own) for own in sentences(source))
            continue
        shown = run(source, variables)
        yield from ((where, own) for text in texts_of(shown) for own in sentences(text))
        yield from ((where, own) for own in open_in(shown, where))


@each_lesson
@pytest.mark.usefixtures("capsys")
def test_nothing_in_a_lesson_settles_an_open_prediction(path):
    """No sentence, title, objective, alternative text, prompt or first hint."""
    found = list(steps(path))

    assert sum(isinstance(own, OpenRequest) for _, own in found) > 1 or path.stem == EXAM
    assert list(violations(found)) == []


@each_lesson
@pytest.mark.usefixtures("capsys")
def test_no_card_shows_a_verdict_without_a_prediction(path):
    """Also not the cards of explanations and figures, which wait."""
    variables = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shown = run("".join(cell["source"]), variables)
            if isinstance(shown, Instrument):
                text = CHOICES.sub("", "".join(shown.parts().values()))

                assert not IN_A_CARD.search(text)
                assert not IN_A_CARD.search(str(shown))


@pytest.fixture
def open_request():
    """The first prediction of lesson 02: alice deletes a map, and KeepMaps denies it."""
    world = scenario("stack")
    return OpenRequest("cell 9", world.can("alice", "s3:DeleteObject", MAP))


@pytest.mark.parametrize(
    "sentence",
    [
        "Alice can't delete the map.",
        "So deleting a map is denied.",
        "As you see, *KeepMaps* wins.",
        "## Why s3:DeleteObject is an explicit deny",
        "| delete | ✕ |",
        "- Explain why KeepMaps stops Alice (exercise 2.1).",
        read('<img alt="alice, stack, KeepMaps. ✕ Explicit deny."> <p>A picture.</p>'),
    ],
)
def test_a_sentence_that_settles_a_prediction_is_found_before_it_only(open_request, sentence):
    """Planted before the prediction; after it, it repeats what is known."""
    planted = [("cell 8", own) for own in sentences(sentence)]

    assert len(list(violations([*planted, ("cell 9", open_request)]))) == 1
    assert list(violations([("cell 9", open_request), *planted])) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "*KeepMaps* denies deleting.",
        "Can Alice delete the map?",
        "Alice wants to delete a map.",
        "Write a policy with which Alice can't delete a map.",
        "A request is denied until a statement allows it.",
        "Bob can't delete the map.",
        read('<span class="badge deny">✕ Deny</span> KeepMaps s3:Delete* on star-maps/*'),
    ],
)
def test_a_sentence_that_leaves_a_prediction_open_is_not_found(open_request, sentence):
    """What a statement says, a question, a task, a general rule, and another caller."""
    planted = [("cell 8", own) for own in sentences(sentence)]

    assert list(violations([*planted, ("cell 9", open_request)])) == []


@pytest.mark.slow
@each_lesson
def test_a_lesson_meets_the_beliefs_that_the_course_promises_there(path):
    """A prediction tells each of them from AWS's rule, or an exercise breaks it or knows it."""
    variables, met = {}, set()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        shown = run("".join(cell["source"]), variables) if cell["cell_type"] == "code" else None
        if isinstance(shown, PredictionCard):
            world = shown.keep.keywords["world"]
            met |= {mutant.belief for mutant in telling(shown.decide(), world)}
        elif isinstance(shown, ExerciseCard):
            met |= {known.belief for known in shown.task.known_wrong}
            met |= {shown.task.belief.belief} if isinstance(shown.task, Break) else set()
    promised = {key for key, own in MISCONCEPTIONS.items() if path.name[:2] in own.lessons}

    assert promised - met == set()
