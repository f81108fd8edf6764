"""What to do in the cards of a lesson: the answers, as values of the controls that show them."""

import json
from html.parser import HTMLParser
from pathlib import Path

from iamlab.engine.verdict import addresses
from iamlab.teach.cards import PredictionCard, input_for
from iamlab.teach.checks import Predict
from iamlab.teach.explain import NO_STATEMENT
from iamlab.teach.inputs import BreakInput
from iamlab.teach.step_inputs import OrderInput
from iamlab.widgets.prediction import HAPPENED
from tests.teach.test_gate import run

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
BY_KEYBOARD = {"02", "03", "04", "13", "15", "16", "19"}
"""Lessons for the keyboard: all kinds of cards and all instruments are in one of them."""
SURE = {"confidence": "certain"}


class Values(HTMLParser):
    """The values of all controls in some HTML, by their names; a button has none."""

    def __init__(self, html):
        super().__init__()
        self.found, self._list, self._field = {}, "", ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Keep what is checked, selected, or written as a value."""
        own = dict(attributes)
        name, kind = own.get("name", ""), own.get("type")
        if tag == "input" and kind == "radio":
            if "checked" in own:
                self.found[name] = own["value"]
        elif tag == "input":
            value = own.get("value", "")
            self.found[name] = ("on" if "checked" in own else "off") if kind else value
        elif tag == "select":
            self._list = name
        elif tag == "option" and ("selected" in own or self._list not in self.found):
            self.found[self._list] = own["value"]
        elif tag == "textarea":
            self._field, self.found[name] = name, ""

    def handle_data(self, data):
        """Keep the text of a field."""
        if self._field:
            self.found[self._field] += data

    def handle_endtag(self, tag):
        """End a field; HTML ignores an empty line at its beginning."""
        if tag == "textarea":
            self.found[self._field], self._field = self.found[self._field].strip(), ""


def values_of(instrument):
    """Return the values of an instrument's controls."""
    return Values("".join(instrument.controls().values())).found


def moves_of(before, order):
    """Return how often each text of a list goes up, from the top, until they are in order."""
    texts, moves = list(before), {}
    for place, text in enumerate(order):
        if rows := texts.index(text) - place:
            moves[f"up {text}"] = rows
        texts.remove(text)
        texts.insert(place, text)
    return moves


def words_of(task, answer, before=None):
    """Return an answer to an exercise, by the names of the controls that change.

    Parameters
    ----------
    before
        The answer that the card shows.
    """
    if isinstance(task, Predict):  # a card without the two kinds of denial has one word for both
        answer = [own if own in task.options else "denied" for own in answer]
    old, new = input_for(task), input_for(task)
    if before is not None:
        old.restore(before)
    new.restore(answer)
    moves = {}
    if isinstance(new, OrderInput):
        moves = moves_of(old.state.values, answer)
    elif isinstance(new, BreakInput):
        moves = moves_of(old.state.statements, answer[0])
    shown, wanted = values_of(old), values_of(new)
    changed = {name: own for name, own in wanted.items() if shown.get(name) != own}
    if changed.get("accept") == "on":  # which empties the lists
        return {"accept": "on"}
    return moves | changed | (SURE if isinstance(task, Predict) else {})


def predicted(verdict, decided=""):
    """Return a prediction with certainty, and perhaps which statement decided."""
    happened = {str(own): text for own, text in HAPPENED.items()}
    explained = {"happened": happened[verdict], "decided": decided} if decided else {}
    return {"answer": verdict, **SURE, **explained}


def cells_of(lesson):
    """Return the source of each code cell of a lesson."""
    content = json.loads((NOTEBOOKS / lesson).read_text("utf-8"))
    return ["".join(own["source"]) for own in content["cells"] if own["cell_type"] == "code"]


def beginning(source):
    """Return the beginning of a cell, for ``Learner.cell``."""
    first, *rest = source.splitlines()
    return f"{first}..." if rest else first


def predictions_of(lesson):
    """Return the right prediction in each cell that asks for one, by the cell's beginning."""
    found, variables = {}, {}
    for source in cells_of(lesson):
        shown = run(source, variables)
        if isinstance(shown, PredictionCard):
            decision = shown.decide()
            verdict = str(decision.verdict)
            if verdict not in shown.options:
                verdict = "denied"
            decided = statement_of(decision) if "ritual=True" in source else ""
            found[beginning(source)] = predicted(str(decision.verdict), decided) | {
                "answer": verdict
            }
    return found


def statement_of(decision):
    """Return what decides, as a card names it."""
    return (addresses(decision.determining) or [NO_STATEMENT])[0]
