"""What all formats share: the id of a question, its texts as plain lines and as HTML, its key.

An id stays the same as long as template, seed and version do, or else the text of the question.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape
from io import BytesIO
from itertools import count, groupby
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from iamlab.exam.item_html import marked_up
from iamlab.exam.items import CHOICE, LETTERS, MATCH, ORDER
from iamlab.exam.templates import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.exam.items import Item

FRONT = "IAM practice"
LONGEST_CHOICE = 200
"""The choices of a list have so many characters at most: Moodle stores 255, with escapes."""
_NO_TEXT = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DOCUMENT = re.compile(r'\s|[{}\[\]"]|aws ')
"""How a line of a policy, of other JSON or of a command begins."""


def clean(text: str) -> str:
    r"""Replace what XML can't contain, such as characters that control a terminal.

    Examples
    --------
    >>> clean("a\r\nb\0") == "a\nb\ufffd"
    True
    """
    return _NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip, which is the same for the same files: it has no times."""
    stream = BytesIO()
    with ZipFile(stream, "w") as made:
        for name, content in files.items():
            made.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return stream.getvalue()


def is_document(line: str) -> bool:
    """Return whether a line belongs to a policy or a command, and keeps its spaces."""
    return bool(_DOCUMENT.match(line))


def html(*texts: str) -> str:
    """Return texts as HTML: policies in a fixed width with their line breaks, else paragraphs.

    Examples
    --------
    >>> html("Is `a<b`?", '{"Effect": "Deny"}')
    '<p>Is <code>a&lt;b</code>?</p><pre>{"Effect": "Deny"}</pre>'
    """
    made = []
    for document, lines in groupby("\n".join(texts).split("\n"), is_document):
        if document:
            escaped = (escape(line, quote=False) for line in lines)
            made.append(f"<pre>{'<br>'.join(escaped)}</pre>")
        else:
            made += [marked_up(line) for line in lines if line]
    return "".join(made)


@dataclass(frozen=True)
class Entry:
    """A question in a file.

    Parameters
    ----------
    number
        Its place, from 1.
    name
        Its id in words: ``boundary_and_identity-1-v1``.
    """

    number: int
    name: str
    item: Item

    @property
    def digest(self) -> str:
        """Its id in 32 hexadecimal digits."""
        return sha256(f"iamlab {self.name}".encode()).hexdigest()[:32]

    @property
    def title(self) -> str:
        """What a list of questions shows."""
        return f"{self.number:02}. {self.item.tags.get('kind', 'question')}: {self.name}"

    @property
    def labels(self) -> list[str]:
        """What to find it by: its kind, level and lesson."""
        tags = self.item.tags
        lesson = [f"lesson {tags['lesson']}"] if "lesson" in tags else []
        return [FRONT, *(tags[own] for own in ("kind", "level") if own in tags), *lesson]

    @property
    def stem(self) -> list[str]:
        """The question with its facts, without prompts and options."""
        return [self.item.question, *self.item.facts]

    @property
    def options(self) -> list[tuple[str, str]]:
        """The letter and the text of each option."""
        return [(LETTERS[place], own.text) for place, own in enumerate(self.item.options)]

    @property
    def asks_lines(self) -> bool:
        """Whether each of several lines gets a choice: a match, and an order that is made one."""
        return self.item.form in (MATCH, ORDER)

    @property
    def lines(self) -> list[tuple[str, int]]:
        """Prompts with the place of their option, or options with their place in the order."""
        item = self.item
        if item.form == MATCH:
            return [*zip(item.prompts, item.key, strict=True)]
        return [(own.text, item.key.index(place)) for place, own in enumerate(item.options)]

    @property
    def choices(self) -> list[str]:
        """What lines choose from: options, their letters if one is long, or places from 1."""
        if self.item.form != MATCH:
            return [str(number) for number, _ in enumerate(self.item.options, 1)]
        texts = [own.text for own in self.item.options]
        is_short = all("\n" not in own and len(escape(own)) <= LONGEST_CHOICE for own in texts)
        return texts if is_short else [letter for letter, _ in self.options]

    @property
    def whole_stem(self) -> list[str]:
        """The question with its facts, and with the options if lines choose from their letters."""
        is_listed = self.item.form == MATCH and self.choices[0] != self.item.options[0].text
        lines = [line for letter, text in self.options for line in (f"{letter})", text)]
        return [*self.stem, *(lines if is_listed else [])]

    @property
    def key(self) -> str:
        """The letters of the right answer: ``B``, ``A, C`` or ``1 B, 2 A``."""
        return self.item.lettered(self.item.key)

    def reasons(self, place: int) -> list[str]:
        """Return why an option is right or wrong, and the beliefs that lead to it."""
        item = self.item
        is_wrong = item.form == CHOICE and place not in item.key
        beliefs = item.fitting((place,)) if is_wrong else []
        lines = [f"This answer is as if {own.claim}. {own.truth}" for own in beliefs]
        return [own for own in (item.options[place].why, *lines) if own]

    @property
    def explained(self) -> list[tuple[int, str, str]]:
        """The place, the letter and the reasons of each option that has reasons."""
        reasons = (" ".join(self.reasons(place)) for place in range(len(self.options)))
        found = zip(count(), LETTERS, reasons, strict=False)
        return [own for own in found if own[2]]


def entries_of(items: Iterable[Item]) -> list[Entry]:
    """Return items as questions of a file, each with an id that no other has."""
    seen: Counter[str] = Counter()
    made = []
    for number, item in enumerate(map(_cleaned, items), 1):
        digest, tags = sha256(item.question.encode()).hexdigest()[:12], item.tags
        name = f"question-{digest}"
        if {"template", "seed"} <= tags.keys():
            name = f"{tags['template']}-{tags['seed']}-v{VERSION}"
            name += f"-{digest}" * bool(seen[name])  # the other one of a contrast
        seen[name] += 1
        made.append(Entry(number, name + f"-{seen[name]}" * (seen[name] > 1), item))
    return made


def _cleaned(item: Item) -> Item:
    """Return an item in which every text can be written."""
    names = ("rationale", "prompts", "facts")
    parts: dict[str, Any] = {own: tuple(map(clean, getattr(item, own))) for own in names}
    options = (own._replace(text=clean(own.text), why=clean(own.why)) for own in item.options)
    tags = {own: " ".join(clean(text).split()) for own, text in item.tags.items()}
    parts |= {"options": tuple(options), "tags": tags}
    return replace(item, question=clean(item.question), **parts)
