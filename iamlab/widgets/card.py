"""The card of an instrument: its parts in a notebook, kept up to date by one JavaScript module.

Above each card is a sentence for readers without a kernel, such as on GitHub or on the next day. A
card hides it; where the card can't be shown, it also hides Jupyter's own error.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython import display as notebook

if TYPE_CHECKING:
    from iamlab.widgets.instrument import Instrument

WITHOUT_KERNEL = Path(__file__).with_name("without_kernel.html").read_text("utf-8")

TURNS = Lock()
"""Jupyter can handle the messages of cards in several threads: one at a time changes a world."""


class Card(anywidget.AnyWidget):
    """An instrument in a notebook.

    Parameters
    ----------
    instrument
        What is shown. The card is drawn again after each of its changes.
    """

    _esm = Path(__file__).with_name("card.js")
    _css = Path(__file__).with_name("card.css")
    shown = traitlets.Dict().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)

    def __init__(self, instrument: Instrument[Any]) -> None:
        self.instrument, self._sent = instrument, 0
        super().__init__(shown=self._now(), answers=instrument.answers())
        self.on_msg(self._used)
        instrument.listen(self._draw)

    def _now(self) -> dict[str, Any]:
        parts, own = self.instrument.parts(), self.instrument
        return {"sent": self._sent, "parts": parts, "marks": own.marks(), "on": own.switches_on()}

    def _draw(self) -> None:
        self.answers = self.instrument.answers()
        self.shown = self._now()

    def _used(self, _: Card, message: dict[str, Any], __: object) -> None:
        """Do what was done in the card, in its order, except what an earlier message had too."""
        with TURNS:
            for own in message["unanswered"]:
                if own["sent"] > self._sent:
                    self._sent = own["sent"]
                    self.instrument.use(own["name"], own.get("value"), press="press" in own)


def display(instrument: Instrument[Any]) -> None:
    """Show an instrument below a cell; a terminal shows its text."""
    show: Any = notebook.publish_display_data
    show({"text/html": WITHOUT_KERNEL, "text/plain": ""})
    bundle, _ = Card(instrument)._repr_mimebundle_() or ({}, {})
    show({**bundle, "text/plain": str(instrument)})
