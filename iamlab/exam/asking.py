"""Questions in a terminal: one after the other, and each answer is marked at once."""

from __future__ import annotations

import shlex
import sys
from random import randrange
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.exam.forms import SEEDS, form
from iamlab.exam.items import Quiz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.exam.items import Item, Marking

    Write = Callable[..., None]
    """Prints lines."""
    Found = tuple[dict[str, Any], Sequence[str]]
    """The object for ``--json``, and the lines for people."""


def exam_asked(name: str, seed: int, path: str | None, write: Write, *, json: bool) -> Found:
    """Ask the questions of an exam, or write them to a file.

    Parameters
    ----------
    seed
        A negative one stands for one by chance.
    path
        The file; without one, the questions are asked.
    """
    made = form(name, randrange(SEEDS) if seed < 0 else seed)
    if path:
        from iamlab.exam.exports import export

        files = [str(own) for own in export(made.items, path, title=made.title)]
        return {"files": files}, files
    if not json:
        write(made.title, *([made.blueprint.note] if made.blueprint else []), "")
    return asked(made.items[: made.length], made.length, write, json=json)


def asked(
    items: Iterable[Item], total: int, write: Write, files: Sequence[str] = (), *, json: bool
) -> Found:
    """Ask on a terminal until the last item, ``q``, Ctrl+C or the end of the input.

    Parameters
    ----------
    total
        The number of items, if all can be made.
    write
        Prints lines.
    files
        The options of a command that name the files of the world.
    json
        Whether the items with their keys are returned instead.
    """
    if json:
        return {"questions": [item.to_dict() for item in items]}, ()
    begun: list[Item] = []
    try:
        for item in items:
            begun.append(item)
            write(f"Question {len(begun)} of {total}: {item.tags['kind']}", *item.lines(), "")
            further = shlex.join(("iamlab", *item.command[:1], *files, *item.command[1:]))
            more = [f"To look further: {further}"] if item.command else []
            write(*str(_answered(item, write)).split("\n"), *more, "")
    except (EOFError, KeyboardInterrupt):
        write("")
    return {}, Quiz(begun).score


def _answered(item: Item, write: Write) -> Marking:
    """Read answers until one can be marked."""
    while True:
        answer = input(f"Your answer ({item.wanted}; q stops): ")
        if not sys.stdin.isatty():
            write("")
        if answer.strip().lower() in ("q", "quit"):
            raise EOFError
        try:
            return item.answer(answer)
        except ExerciseError as error:
            write(str(error))
