"""A card on which the learner changes a world and predicts the verdict after each change."""

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
    """Return a list of requests to choose from."""
    labels = [f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs]
    return widgets.Dropdown(
        options=list(zip(labels, pairs, strict=True)),
        description="Request",
        tooltip="Request",
        style=LONG,
        layout=widgets.Layout(width="auto"),
    )


class PredictFirst(Card):
    """An editor, and a question below it. The learner predicts before the verdict is shown.

    A subclass returns the present world (``world``) and a text that doesn't reveal the verdict
    (``about``). It calls ``changed`` after each change.

    Parameters
    ----------
    editor
        The widget that changes the world.
    callers, pairs
        The callers, and the (action, resource) pairs, to choose from.
    fine
        Whether the prediction distinguishes explicit and implicit deny.
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
        self.facts = say(role="status")
        self.result = say(role="status")
        self.caller.observe(lambda _: self.changed(), names="value")
        self.pair.observe(lambda _: self.changed(), names="value")
        on_click(self.show, self._reveal, self.result)
        question = widgets.HBox([self.caller, self.pair])
        super().__init__(
            [editor, question, self.facts, self.answer, self.confidence, self.show, self.result]
        )
        self.changed()

    def world(self) -> World:
        """Return the world with all changes."""
        raise NotImplementedError

    def about(self, world: World) -> str:
        """Return a text as HTML that the learner can read before the prediction."""
        raise NotImplementedError

    def changed(self) -> None:
        """Hide the verdict until the learner predicts again."""
        # This comes first, so that an old verdict is never shown next to new facts.
        write(self.result, "", role="status")
        self.answer.value = None
        write(self.facts, self.about(self.world()), role="status")

    def _reveal(self) -> None:
        if self.answer.value is None or self.confidence.value is None:
            text = "Predict first: choose a verdict and how sure you are."
            write(self.result, text, role="status")
            return
        world = self.world()
        action, resource = self.pair.value
        decision = world.can(world.user(self.caller.value), action, resource)
        prediction = commit(decision, self.answer.value, self.confidence.value, record=self._record)
        write(self.result, prediction.inner_html(), role="status")
