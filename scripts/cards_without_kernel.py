"""Show the cards of a notebook that was run on a page without a kernel.

On such a page nobody can press a button. A card keeps its question, its request and its pictures,
a group of options becomes a line of text, and a link leads to the lesson in the browser.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import re
from typing import Any

from lxml import html
from lxml.html import builder as E  # noqa: N812 - lxml's own name for it

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
FEW = 8
"""The most options of a list that are written out."""
UNUSED = ("confidence", "flag")
"""How the names of controls begin that mean nothing without an answer."""
WAITS = re.compile(r"This appears when you have (?:made|answered (exercise [\d.]+\d))[^<]*")
"""The text of a card that waits for another one."""
IDS = re.compile(r'\bid="([^"]+)"')


def without_kernel(notebook: Any, lesson: str) -> Any:
    """Replace the cards in the outputs of a notebook, and forget the state of its widgets.

    Parameters
    ----------
    lesson
        The address of the lesson in the browser.
    """
    states = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    number, before = 0, ""
    for cell in [*notebook.cells]:
        outputs, waits = [], ""
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if 'class="iamlab-asleep"' in data.get("text/html", ""):
                continue  # the sentence above a card, for readers on GitHub
            if VIEW in data:
                number += 1
                parts = states[data[VIEW]["model_id"]]["state"]["shown"]["parts"]
                text = card(parts, lesson, f"card{number}-")
                found = WAITS.search(text)
                waits = _waiting(cell.source, found) if found else ""
                output.data = {"text/html": text.replace(found[0], waits) if found else text}
            outputs.append(output)
        if cell.cell_type == "code":
            cell.outputs = outputs
        if waits and waits == before and "\n" not in cell.source:
            notebook.cells.remove(cell)  # one line is enough for all that waits for the same
        before = waits
    return notebook


def card(parts: dict[str, str], lesson: str, prefix: str) -> str:
    """Return a card as HTML without controls.

    Parameters
    ----------
    prefix
        Begins each id, because an id must be unique on a page.
    """
    whole = "".join(f'<div data-part="{own}">{text}</div>' for own, text in parts.items())
    asks = 'name="check"' in whole or 'name="reveal"' in whole or ">Question 1 of" in whole
    used = "<button" in whole or "<select" in whole or "<input" in whole or "data-press" in whole
    tree = html.fromstring(f'<div class="iamlab-card">{whole}</div>')
    for change in (_groups, _lists, _fields, _drawings, _headings):
        change(tree)
    for own in [*tree.iter("button", "datalist")]:
        own.drop_tree()
    for own in reversed([*tree.iter("div")]):
        if not len(own) and not own.text_content().strip() and own is not tree:
            own.drop_tree()
    if asks or used:
        text = "Answer it in the browser" if asks else "Use it in the browser"
        link = E.A(text, href=lesson)
        tree.append(E.P(E.CLASS("in-browser"), link, ", after the cells above it."))
    written: str = html.tostring(tree, encoding="unicode")
    for name in sorted({*IDS.findall(written)}, key=len, reverse=True):
        written = re.sub(rf'(?<=["#(]){re.escape(name)}(?=[")])', prefix + name, written)
    return written


def _waiting(source: str, found: re.Match[str]) -> str:
    """Say in one line what a reader does first, and what the notebook shows then."""
    if found[1]:
        shown = "the picture" if source.startswith("after(") else "the explanation"
        return f"Answer {found[1]} first: {shown} appears in the notebook."
    if ".walk_through(" in source:
        return "Predict first: the answers to the six questions appear in the notebook."
    shown = "the access graph" if ".access_graph(" in source else "the verdict"
    return f"Predict first: {shown} appears in the notebook."


def _groups(tree: Any) -> None:
    """Write a group of options as a line, or as a list if its options are sentences."""
    for group in [*tree.iter("fieldset")]:
        inputs = [*group.iter("input")]
        if not inputs or inputs[0].get("name", "").startswith(UNUSED):
            group.drop_tree()
            continue
        legend = " ".join(group.find("legend").text_content().split())
        chosen = [own for own in inputs if "checked" in own.attrib] or inputs
        texts = [_words(own.getparent()) for own in chosen]
        if group.find_class("options"):
            made = E.DIV(E.P(E.B(legend)), E.UL(*map(E.LI, texts), E.CLASS("plain")))
        else:
            made = E.P(E.B(f"{legend}: "), " / ".join(texts))
        _replace(group, made)


def _lists(tree: Any) -> None:
    """Write what is chosen in a list, or what there is to choose if that isn't much."""
    for own in [*tree.iter("select")]:
        options = [option for option in own.iter("option") if option.get("value")]
        if not options:  # they come with an answer
            label = _up(own, "label")
            (own if label is None else label).drop_tree()
            continue
        chosen = [option.text for option in options if "selected" in option.attrib]
        every = [str(option.text) for option in options] if len(options) <= FEW else []
        text = chosen[0] if chosen else " / ".join(every) or f"{len(options)} to choose from"
        _replace(own, E.SPAN(text))


def _fields(tree: Any) -> None:
    """Write what is in a field; an empty one disappears with its label."""
    for area in [*tree.iter("textarea")]:
        label = _up(area, "label")
        text, name = (area.text or "").strip("\n"), _words(label.find_class("name")[0])
        made = E.DIV(E.SPAN(f"{name}:", E.CLASS("name")), E.SPAN(text, E.CLASS("code")))
        _replace(label, made) if text else label.drop_tree()
    for own in [*tree.iter("input")]:
        kind, label = own.get("type"), _up(own, "label")
        if own.get("name", "").startswith(UNUSED):
            (own if label is None else label).drop_tree()
        elif kind in ("checkbox", "radio"):
            sign = "☑ " if "checked" in own.attrib else "☐ "
            own.tail = sign + (own.tail or "")
            own.drop_tree()
        elif kind == "range":
            own.drop_tree()
        elif (value := own.get("value")) and kind != "password":
            _replace(own, E.SPAN(value))
        else:
            (own if label is None else label).drop_tree()
    for label in [*tree.iter("label")]:
        for name in label.find_class("name"):
            name.tail = f" {name.tail or ''}"
        label.tag = "span"
        label.set("class", "field")


def _drawings(tree: Any) -> None:
    """Make a picture of a drawing whose nodes were buttons."""
    for drawing in [*tree.iter("svg")]:
        for own in drawing.iter():
            for name in ("tabindex", "role", "data-press", "aria-pressed", "aria-disabled"):
                own.attrib.pop(name, None)
        drawing.set("role", "img")


def _headings(tree: Any) -> None:
    """Write the title of a card as a paragraph, so that only the lesson has headings."""
    for own in [*tree.iter("h3", "h4")]:
        own.attrib.pop("tabindex", None)
        own.set("class", "title" if own.tag == "h3" else "name")
        own.tag = "p"
        for small in own.iter("small"):
            small.text = f" {small.text}"


def _up(own: Any, tag: str) -> Any:
    return next(own.iterancestors(tag), None)


def _words(own: Any) -> str:
    """Return the text of an element; the letter of an option gets a dot."""
    for letter in own.iter("b"):
        if own.tag == "label":
            letter.text = f"{letter.text}. "
    return " ".join(own.text_content().split())


def _replace(own: Any, made: Any) -> None:
    made.tail = own.tail
    own.tail = None
    own.getparent().replace(own, made)
