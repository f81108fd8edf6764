"""Write the reference of all public names from their signatures and docstrings, for the site.

``make docs`` uses it: a page for each table of docs/api.md. The pages use the directives of Sphinx
for Python, so its index and its search find each name.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

from make_api_page import line_of, members, public_names, signature, value_of

from iamlab.engine import request, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
ITEM = re.compile(r"^(\S.*)\n((?: .*\n?|\n(?= ))*)", re.MULTILINE)
ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")
MORE = {
    "iamlab": "The names of `from iamlab import ...`.",
    "iamlab.view": "The figures and tables. [The gallery](../notebooks/gallery.ipynb) shows each.",
    "iamlab.teach": "What the lessons use.",
    "iamlab.exam": "Exam questions, and questions about your own account.",
    "iamlab.classroom": "What a teacher needs, as with [`iamlab classroom`](../classroom.md).",
    "Objects of a notebook": "What methods of a world and of an account return.",
}
"""Title of a table -> the sentence below it on its page."""


def pages() -> dict[str, str]:
    """Return the text of each page, by the name of its file."""
    kinds = {
        value
        for _, names in public_names()
        for value in map(value_of, names)
        if isinstance(value, type)
    }
    found: dict[str, str] = {}
    done: list[object] = []
    for title, names in public_names():
        parts = []
        for name in names:
            value = value_of(name)
            is_base = isinstance(value, type) and _is_only_a_base(value, kinds)
            if not is_base and not any(value is other for other in done):
                done.append(value)
                parts.append("\n".join(_entry(name, value)))
        short = title.strip("`")
        plain = short.lower().replace(" ", "-").replace(".", "-")
        about = MORE.get(short, "What methods of other classes return, and programs import.")
        found[f"{plain}.md"] = "\n\n".join((f"# {short}", about, *parts, ""))
    return found


def _is_only_a_base(kind: type, kinds: set[type]) -> bool:
    """Return whether a class of the world has its methods on the pages of others, as a mixin."""
    has_heirs = any(other is not kind and issubclass(other, kind) for other in kinds)
    return has_heirs and kind.__module__.startswith("iamlab.world.")


def _entry(name: str, value: Any) -> Iterator[str]:
    """Write a function, a class with its methods, or a constant."""
    if not callable(value):
        yield from _directive("data", name, [_words(_comment_below(name))], 4)
        return
    own = [*_docstring(value)]
    if not isinstance(value, type):
        yield from _directive("function", f"{name}{signature(value)}", own, 4)
        return
    is_error = issubclass(value, BaseException)
    if not is_error:
        for short, member in members(value):
            is_property = isinstance(member, property)
            kind = "property" if is_property else "method"
            head = f"{name}.{short}{'' if is_property else signature(member)}"
            own += ["", *_directive(kind, head, [*_docstring(member)], 4)]
    yield from _directive("exception" if is_error else "class", f"{name}{signature(value)}", own, 5)


def _directive(kind: str, head: str, inner: list[str], marks: int) -> Iterator[str]:
    """Write a directive. The entries of a page's contents are its classes and functions only."""
    fence = "`" * marks
    yield f"{fence}{{py:{kind}}} {head.replace(chr(92), '')}"
    if kind in ("method", "property"):
        yield ":no-contents-entry:"
    yield from ("", *inner, fence)


def _docstring(value: Any) -> Iterator[str]:
    """Write a docstring in Markdown: its text, then each section."""
    own = value.func if hasattr(value, "func") else value
    text = inspect.getdoc(own) or line_of(value)
    first, *rest = SECTION.split(text)
    yield _words(first.strip())
    result = getattr(own, "__annotations__", {}).get("return", "None")
    if result not in ("None", "NoReturn", "Self", "Any") and "Returns" not in rest:
        yield from ("", f"Returns {_code(result)}.")
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        if title == "Examples":
            yield from ("", "```pycon", body.strip(), "```")
        elif title == "Notes":
            yield from ("", _words(body.strip()))
        else:
            yield from ("", f"**{title}**", "")
            yield from _items(body, _types(own) if title == "Parameters" else {})


def _items(body: str, types: dict[str, str]) -> Iterator[str]:
    """Write the terms of a section and their descriptions as a list."""
    for term, text in ITEM.findall(body.rstrip() + "\n"):
        names = term.strip().split(", ")
        hints = {types[name] for name in names if name in types}
        hint = f" ({_code(hints.pop())})" if len(hints) == 1 else ""
        about = " ".join(textwrap.dedent(text).split())
        yield f"- {', '.join(map(_code, names))}{hint}: {_words(about)}".rstrip(": ")


def _types(value: Any) -> dict[str, str]:
    """Return the types of parameters, as they are written in the code."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # a property, or a class that is written in C
        return {}
    return {own.name: own.annotation for own in parameters if isinstance(own.annotation, str)}


def _words(text: str) -> str:
    """Write a text in Markdown: names as code, and all other signs as they are."""
    parts = re.split(r"``(.+?)``", ROLE.sub(r"``\1``", text), flags=re.DOTALL)
    plain = [re.sub(r"([\\*_<\[$`])", r"\\\1", own) for own in parts[::2]]
    codes = [*map(_code, parts[1::2]), ""]
    return "".join(text + code for text, code in zip(plain, codes, strict=True))


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{' '.join(text.split())}`"


def _comment_below(name: str) -> str:
    """Return the text below a constant, which is in one of the modules of the engine."""
    sources = map(inspect.getsource, (request, rules))
    pattern = rf'^{name.rpartition(".")[2]} = [^\n]*\n"""(.*?)"""'
    return next(own[1] for text in sources if (own := re.search(pattern, text, re.MULTILINE)))
