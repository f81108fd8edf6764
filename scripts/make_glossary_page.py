"""Write the glossary of the site from the words of the lessons. ``make docs`` uses it."""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.teach.lesson import own_lessons
from iamlab.teach.terms import terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.teach.terms import Term

HEAD = """\
# Glossary

The words of IAM and STS, and the lessons that teach them. In a notebook or a terminal,
`lookup("trust policy")` and `iamlab lookup trust policy` show the same.

```{glossary}
"""


def page() -> str:
    """Return the text of the page."""
    every = sorted(terms().values(), key=lambda own: (own.word.casefold(), own.word))
    return HEAD + "\n".join(line for own in every for line in _entry(own)) + "```\n"


def _entry(own: Term) -> Iterator[str]:
    yield own.word
    yield f"    {_escaped(own.rule)}"
    also = f"Also: {_escaped(own.also)}." if own.also else ""
    lesson = own_lessons().get(own.lesson)
    taught = f"Lesson [{lesson.number}](notebooks/{lesson.file.stem}.ipynb)." if lesson else ""
    source = f"AWS: [{own.page}]({own.url})." if own.url else ""
    if more := " ".join(filter(None, (also, taught, source))):
        yield f"\n    {more}"
    yield ""


def _escaped(text: str) -> str:
    """Keep signs that mean something in Markdown, such as the wildcard."""
    for sign in "\\*_`<[$":
        text = text.replace(sign, f"\\{sign}")
    return text
