"""The parts of every card: a light background, announced results, buttons that show errors."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from iamlab.view.style import ALLOW, HAIRLINE, INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAME = widgets.Layout(
    border=f"1px solid {HAIRLINE}", padding="0.6em 0.9em", margin="0.4em 0", max_width="62em"
)
LONG = {"description_width": "initial"}
CHOOSE = "choose ..."
PAPER_CLASS = "iamlab-card"
_STYLE = (
    f"<style>.{PAPER_CLASS}{{background:{PAPER};color:{INK};color-scheme:light;"
    f"--jp-widgets-label-color:{INK};--jp-widgets-color:{INK}}}"
    f".{PAPER_CLASS} .widget-dropdown select,.{PAPER_CLASS} textarea"
    f"{{background-color:{PAPER}!important;color:{INK}!important}}"
    f".{PAPER_CLASS} .widget-checkbox{{height:auto;min-height:1.7em}}"
    f".{PAPER_CLASS} .widget-checkbox label span{{white-space:normal}}</style>"
)


class Card(widgets.VBox):
    """A framed box with a light background, so it looks the same in a dark notebook."""

    def __init__(self, parts: Sequence[widgets.Widget]) -> None:
        super().__init__([say(_STYLE), *parts], layout=FRAME)
        self.add_class(PAPER_CLASS)


def say(text: str = "", *, role: str = "") -> widgets.HTML:
    """Make a piece of HTML on a light background; with a role, screen readers announce changes."""
    piece = widgets.HTML()
    write(piece, text, role=role)
    return piece


def write(piece: widgets.HTML, text: str, *, role: str = "") -> None:
    """Change a piece of HTML."""
    announced = f' role="{role}"' if role else ""
    style = f"color:{INK};background:{PAPER};line-height:1.5"
    piece.value = f'<div{announced} style="{style}">{text}</div>'


def on_click(button: widgets.Button, act: Callable[[], None], result: widgets.HTML) -> None:
    """Call ``act`` at each click; its errors are shown, because Jupyter only logs them."""

    def clicked(_: widgets.Button) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a learner must see every error
            text = " ".join([str(error), *getattr(error, "__notes__", [])])
            name = f"{type(error).__name__}: "
            write(result, escape(name + text.removeprefix(name)), role="status")

    button.on_click(clicked)


def button(name: str, *, width: str = "8em", main: bool = False) -> widgets.Button:
    """Make a button; the main one of a card stands out."""
    return widgets.Button(
        description=name,
        tooltip=name,
        style={"button_color": ALLOW, "text_color": PAPER} if main else {},
        layout=widgets.Layout(width=width, margin="0.5em 0.4em 0.2em 0"),
    )


def choice(description: str, options: Sequence[str]) -> widgets.Dropdown:
    """Make a list to choose from; no option is chosen at first."""
    return widgets.Dropdown(
        options=[(CHOOSE, ""), *((option, option) for option in options)],
        value="",
        description=description,
        tooltip=description,
        style=LONG,
        layout=widgets.Layout(width="auto", max_width="58em"),
    )


def pick(description: str, options: Sequence[str]) -> widgets.RadioButtons:
    """Make a row of options; one can be picked, and none is picked at first.

    They are radio buttons, so a screen reader announces the picked one.
    """
    return widgets.RadioButtons(
        options=list(options),
        value=None,
        description=description,
        tooltip=description,
        orientation="horizontal",
        style=LONG,
        layout=widgets.Layout(width="auto"),
    )


def tick(description: str, *, value: bool = False, **layout: Any) -> widgets.Checkbox:
    """Make a check box."""
    return widgets.Checkbox(
        value=value,
        description=description,
        tooltip=description,
        indent=False,
        layout=widgets.Layout(**{"width": "auto", **layout}),
    )
