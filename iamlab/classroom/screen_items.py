"""Items that fit on a projector's screen in large type: about a subject, with short statements."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain
from math import ceil
from random import Random
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.exam.forms import subjects
from iamlab.exam.items import CHOICE
from iamlab.exam.templates import beliefs_tested
from iamlab.tables import tables
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.source_lines import find_named
from iamlab.teach.tables import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.exam.items import Item

ELEMENTS: dict[str, str] = tables(__file__)["elements"]
LAST = "zz"
"""It is after the number of each lesson."""
WIDTH, IN_OPTION, IN_TABLE, MOST_LINES, TRIES = 70, 30, 36, 15.5, 30
"""So many characters has a line of the screen, of an option and of a table's option; so many lines
fit on it. So many times each template is tried for an item that fits."""
_STATEMENT = re.compile(r"^\{.*", re.MULTILINE)
_ARN = re.compile(r"arn:aws:[\w-]*:[\w-]*:(\d*):([^\s,\"]+)")


def item_about(name: str, seed: int) -> tuple[str, Item]:
    """Return the name of a subject as it is known, and an item about it; see ``poll``."""
    text = " ".join(name.lower().split())
    if re.fullmatch(r"\w+\.\w+", text):
        beliefs = {own.belief for own in find(text).known_wrong}
        lessons: Sequence[str] = [text.partition(".")[0].zfill(2)]
    else:
        known = {own.lower(): own for own in (*subjects(), *MISCONCEPTIONS)}
        text = find_named("subject", text.zfill(2) if text.isdigit() else text, known)
        beliefs = {text} & MISCONCEPTIONS.keys()
        lessons = MISCONCEPTIONS[text].lessons if beliefs else [text]
    until = LAST if text in beliefs else lessons[0]
    groups = (beliefs, until), (beliefs, LAST), (lessons, LAST)
    for item in chain.from_iterable(_items(text, names, seed, to) for names, to in groups):
        return text, item
    raise ExerciseError(f"No question about {text} fits on a screen. Choose a lesson or a topic.")


def _items(text: str, names: Iterable[str], seed: int, until: str) -> Iterator[Item]:
    """Yield items about any of these subjects, up to a lesson, that fit on a screen.

    If they are beliefs, a wrong option fits one of them, and templates come before the bank.
    """
    known, wanted = subjects(), MISCONCEPTIONS.keys() & {*names}
    every = [own for name in sorted(names) for own in known.get(name, ()) if own.lesson <= until]
    every = [own for own in dict.fromkeys(every) if own.form == CHOICE]
    deck, draw = Random(text).sample(every, len(every)), Random(f"{text} {seed}")
    turn = {own: (bool(wanted and own.point), (n - seed) % len(deck)) for n, own in enumerate(deck)}
    for question in sorted(deck * TRIES, key=turn.__getitem__):
        item = short(question.item(draw))
        if _lines(item) <= MOST_LINES and (not wanted or wanted & beliefs_tested(item)):
            yield replace(item, tags={**item.tags, "beliefs": " ".join(wanted)}) if wanted else item


def short(item: Item) -> Item:
    """Return an item with each statement as one line of text, so that it fits on a screen.

    ARNs are without what is the same in all of them.
    """
    whole = "\n".join([*item.facts, *(own.text for own in item.options)])
    several = len({*re.findall(r":(\d{12}):", whole)}) > 1

    def without(arn: re.Match[str]) -> str:
        if arn[2] == "root":
            return f"account {arn[1]}"
        return f"{arn[1]}:{arn[2]}" if several and arn[1] else arn[2]

    def in_words(statement: re.Match[str]) -> str:
        own = json.loads(_ARN.sub(without, statement[0]))
        words = [f"{word}{_flat(own[name])}" for name, word in ELEMENTS.items() if name in own]
        return f"{own['Effect']} {own.get('Sid', '')}".rstrip() + f": {' '.join(words)}"

    arns = {own[0]: without(own) for own in _ARN.finditer(whole)}
    if len({*arns.values()}) < len(arns):
        return item  # it needs whole ARNs
    facts = tuple(_STATEMENT.sub(in_words, fact) for fact in item.facts)
    options = (own._replace(text=_STATEMENT.sub(in_words, own.text)) for own in item.options)
    return replace(item, facts=facts, options=tuple(options))


def _flat(value: Any) -> str:
    """Write a value of a statement as text."""
    if isinstance(value, dict):
        pairs = (f"{name} {_flat(own)}" for name, own in value.items())
        return " and ".join(pairs).removeprefix("AWS ")
    return ", ".join(map(_flat, value)) if isinstance(value, list) else str(value)


def _lines(item: Item) -> float:
    """Estimate how many lines of a screen its question needs, or the table of its votes."""
    texts = "\n".join([item.question, *item.facts]).split("\n")
    needs = [ceil(len(own.text) / IN_OPTION) for own in item.options]
    grid = sum(map(max, needs[::2], needs[1::2])) + len(item.facts) / 4
    table = sum(max(2.4, ceil(len(own.text) / IN_TABLE) + 0.4) for own in item.options) + 2
    return max(table, grid + sum(ceil(len(text) / WIDTH) for text in texts))
