"""A card on which something can be changed, and whose verdict must be predicted, anew each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from iamlab.teach.marks import COARSE, CONFIDENCE, FINE
from iamlab.teach.predictions import commit
from iamlab.view.widgets import LONG, Card, button, on_click, pick, say, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.lab.world import World


def request_list(pairs: Sequence[tuple[str, str]]) -> widgets.Dropdown:
    """Make a list of requests to choose from."""
    labels = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs]
    return widgets.Dropdown(
        options=list(zip(labels, pairs, strict=True)),
        description="Request",
        tooltip="Request",
        style=LONG,
        layout=widgets.Layout(width="auto"),
    )


class HeldBack(Card):
    """What can be changed above, one question below.

    A subclass says what the world is now (``world``), and what may be said of it before a
    prediction (``about``); it calls ``changed`` after each change.

    Parameters
    ----------
    editor
        What changes the world.
    callers, pairs
        What can be asked about.
    fine
        Whether the prediction tells the two kinds of denial apart.
    record
        Whether to keep predictions in the progress file.
    """

    def __init__(
        self,
        editor: widgets.Widget,
        callers: Sequence[str],
        pairs: Sequence[tuple[str, str]],
        *,
        fine: bool,
        record: bool,
    ) -> None:
        self._record = record
        self.caller = widgets.Dropdown(
            options=list(callers), description="Caller", tooltip="Caller", style=LONG
        )
        self.pair = request_list(pairs)
        self.answer = pick("I predict", FINE if fine else COARSE)
        self.confidence = pick("and it is", CONFIDENCE)
        self.show = button("Show the verdict", width="12em", main=True)
        self.said = say(role="status")
        self.result = say(role="status")
        self.caller.observe(lambda _: self.changed(), names="value")
        self.pair.observe(lambda _: self.changed(), names="value")
        on_click(self.show, self._reveal, self.result)
        question = widgets.HBox([self.caller, self.pair])
        super().__init__(
            [editor, question, self.said, self.answer, self.confidence, self.show, self.result]
        )
        self.changed()

    def world(self) -> World:
        """Give the world as it is now."""
        raise NotImplementedError

    def about(self, world: World) -> str:
        """Say what may be said before a prediction, as HTML."""
        raise NotImplementedError

    def changed(self) -> None:
        """Hide the verdict until it is predicted again."""
        # First of all, so that no old verdict stands beside what is new.
        write(self.result, "", role="status")
        self.answer.value = None
        write(self.said, self.about(self.world()), role="status")

    def _reveal(self) -> None:
        if self.answer.value is None or self.confidence.value is None:
            text = "Predict first: choose a verdict, and say how sure you are."
            write(self.result, text, role="status")
            return
        world = self.world()
        action, resource = self.pair.value
        decision = world.can(world.user(self.caller.value), action, resource)
        prediction = commit(decision, self.answer.value, self.confidence.value, record=self._record)
        write(self.result, prediction.inner_html(), role="status")
