"""Items as HTML: the scenario, its policies, and the options with what they are chosen with."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.exam.items import CHOICE, LETTERS, MATCH, ORDER, SEVERAL
from iamlab.view.html import html_table
from iamlab.view.style import bad, good
from iamlab.view.words import shorten
from iamlab.widgets import controls as html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.exam.items import Item, Places
    from iamlab.view.tables import Table

EMPTY = -1
"""The place of an option that isn't chosen yet, in an order or a match."""
FORMS = {"answer": (CHOICE,), "option": (SEVERAL,), "place": (ORDER, MATCH)}
"""The forms of items that have a control: one group, a box for each option, or some lists."""
IN_LIST = 70
"""So many characters of an option are in a list to choose from; the whole text is above it."""
LAST_SENTENCE = re.compile(r"(.+[.?!]) ([A-Z][^.?!]*\?[^?]*)", re.DOTALL)
"""A scenario, and the question about it."""
LINK = re.compile(r"https://[a-z.]*aws\.amazon\.com/[^\s]+")
STYLE = f"<style>{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"
"""How questions look outside of cards."""


def html_page(title: str, inside: str) -> str:
    """Return a whole HTML page, which a browser can print."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>{STYLE}'
    body = f'<body class="page">{inside}</body>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>{body}</html>\n'


def whole_table(table: Table) -> str:
    """Return a table with all of its rows, because a printed page can't be scrolled."""
    return html_table(table.caption, table.columns, table.rows, longest=len(table))


def is_complete(item: Item, picked: Sequence[int]) -> bool:
    """Return whether places of options are a whole answer."""
    is_whole = len(picked) == len(item.key) and EMPTY not in picked
    return is_whole and (item.form == MATCH or len({*picked}) == len(picked))


def marked_up(text: str, tag: str = "p") -> str:
    """Write a text with `code` and with links to AWS's pages.

    Examples
    --------
    >>> marked_up("`aws:SourceIp` & more")
    '<p><code>aws:SourceIp</code> &amp; more</p>'
    """
    body = re.sub("`(.+?)`", r"<code>\1</code>", escape(text))
    body = LINK.sub(r'<a href="\g<0>" target="_blank" rel="noopener">\g<0></a>', body)
    return f"<{tag}>{body}</{tag}>"


def written(text: str) -> str:
    """Write an option or a fact: each statement as code on a few lines, and its title above it.

    Examples
    --------
    >>> print(written('{"Effect": "Deny"}'))
    <span class="code"><span>{&quot;Effect&quot;: &quot;Deny&quot;}</span></span>
    """
    body = ""
    for line in text.split("\n"):
        if line.startswith("{"):
            own = json.loads(line)
            pairs = [f"{json.dumps(name)}: {json.dumps(own[name])}" for name in own]
            first = len({"Sid", "Effect"} & own.keys())
            shown = ",\n ".join([", ".join(pairs[:first]), *pairs[first:]])
            code = "".join(f"<span>{escape(own)}</span>" for own in f"{{{shown}}}".split("\n"))
            body += f'<span class="code">{code}</span>'
        else:
            body += marked_up(line, "span")
    return body


def question(item: Item) -> tuple[str, str]:
    """Return the scenario with its policies, and the question itself, which names the options."""
    found = LAST_SENTENCE.fullmatch(item.question)
    scenario, asks = found.groups() if found else (item.question, "Your answer")
    facts = "".join(f'<div class="policy">{written(fact)}</div>' for fact in item.facts)
    above = f'{marked_up(scenario)}<div class="policies">{facts}</div>'
    return above, marked_up(asks, "span")


def options(item: Item, picked: Places, *, marked: bool = False) -> str:
    """Write radio buttons, check boxes, or a list for each place; marked, with what is right."""
    body, lists = "", {}
    if marked and not is_complete(item, picked):
        picked = (EMPTY,) * len(item.key)
    for place, (letter, option) in enumerate(zip(LETTERS, item.options, strict=False)):
        lists[letter] = f"{letter}: {shorten(option.text, IN_LIST)}"
        on, text = place in picked, f"<b>{letter}</b><span>{written(option.text)}"
        if marked and item.form not in FORMS["place"]:
            is_right = place in item.key
            own = good("your answer") if is_right else bad("your answer")
            badges = [good("right answer")] * is_right + [own] * on
            text += " ".join(map(html.badge, badges))
            text += marked_up(option.why, "span") if option.why and not is_right else ""
        if item.form == CHOICE:
            radio = f'<input type="radio" name="answer" value="{letter}"{" checked" * on}>'
            body += f"<label>{radio}{text}</span></label>"
        else:
            box = html.check_box(f"option {letter}", f"{text}</span>", on=on)
            body += box if item.form == SEVERAL else f"<div>{text}</span></div>"
    body = f'<div class="options">{body}</div>'
    for number, place in enumerate(picked if item.form in FORMS["place"] else (), 1):
        name = f"{number}. {item.prompts[number - 1]}" if item.prompts else f"Step {number}"
        if marked:
            right = item.key[number - 1]
            name += " ✓ right" if place == right else f" ✕ right is {LETTERS[right]}"
        chosen = "" if place == EMPTY else LETTERS[place]
        body += html.choice(f"place {number}", name, lists, chosen)
    return body


def result(item: Item, chosen: Places) -> str:
    """Return whether an answer is right, and the right one if it isn't."""
    right = "" if chosen == item.key else f" The right answer is {item.lettered(item.key)}."
    return f"{item.marked(chosen).state if chosen else '○ Not answered.'}{right}"


def why(item: Item, chosen: Places, *, is_open: bool = False) -> str:
    """Write why the right answer is right, which beliefs a wrong one fits, and the picture."""
    beliefs = (f"You answered as if {own.claim}. {own.truth}" for own in item.fitting(chosen))
    texts = "".join(map(marked_up, (*item.rationale, *beliefs)))
    picture = item.picture._repr_html_() if item.picture else ""
    return f"<h4>Why</h4>{texts}{html.fold('Picture', picture, is_open=is_open) if picture else ''}"
