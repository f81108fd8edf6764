"""A lesson's notebook for Otter-Grader and nbgrader, and ``grade``, which its test cells call.

The cells of both dialects, and all texts, are in ``exporters.toml``. Neither package is used here.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import partial
from pprint import pformat
from typing import TYPE_CHECKING, Any

from iamlab.classroom.editions import notebook_of, remade, save, with_source
from iamlab.errors import IamLabError, RequestError
from iamlab.tables import tables
from iamlab.teach.checks import Repair
from iamlab.teach.lesson import DEMO, SEED, open_lesson, seed_of
from iamlab.teach.sequence import Sequence
from iamlab.teach.tables import find
from iamlab.widgets import controls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iamlab.classroom.editions import Cell
    from iamlab.teach.exercises import Exercise

_TABLES = tables(__file__)
_EXERCISE = re.compile(r"""^(?:(\w+) = )?exercise\(["']([\w.]+)["']""", re.MULTILINE)


def grade(number: str, answer: Any, student: str | None = None) -> None:
    """Mark an answer by running the engine; tests of Otter-Grader and nbgrader call it.

    Nothing is saved in the progress file.

    Parameters
    ----------
    number
        The exercise: ``"8.3"``.
    answer
        The answer as data: JSON values. A set counts as a list.
    student
        Whose variant it is; ``""``: the course's. Default: the student of the environment.

    Raises
    ------
    AssertionError
        The answer isn't right. The message has what is right about it, and a counterexample.

    Examples
    --------
    >>> grade("0.3", ["denied"], student="")
    >>> grade("0.3", ["allowed"], student="")
    Traceback (most recent call last):
    AssertionError: Look at alice: s3:DeleteObject on star-maps/m31.fits. You answered allowed; ...
    """
    data, seed = None, SEED if student is None else seed_of(student)
    with suppress(TypeError, ValueError, RecursionError):
        data = json.loads(json.dumps(answer, default=sorted))
    if data is None:
        raise AssertionError(_TABLES["no_answer"].format(number))
    try:
        mark = find(number, seed).mark(data)
    except IamLabError as error:
        raise AssertionError(str(error)) from None
    if not mark.correct:
        raise AssertionError(" ".join(filter(None, (mark.true_part, mark.counterexample))))


def export(lesson: str, dialect: str, folder: Path, *, force: bool = False) -> Path:
    """Write the source notebook of a lesson for a grader, and return its path.

    Everybody gets the exercises of the course's seed: graders compare with one notebook.

    Parameters
    ----------
    lesson
        As in ``notebook_of``.
    dialect
        ``"otter"`` or ``"nbgrader"``.
    folder
        Where to write it; for nbgrader the folder of the course.
    force
        Whether to overwrite it if it is there.

    Raises
    ------
    RequestError
        There is no such notebook, it has no exercises, or the file exists.
    """
    source = notebook_of(lesson)
    place = folder / "source" / source.stem if dialect == "nbgrader" else folder
    own = source.with_suffix(".toml")
    files = [open_lesson(own).file.name] if own.exists() else []
    cells = partial(_cells, dialect, files)
    path = save(remade(source, place / source.name, cells, force=force), place / source.name)
    for name in files:
        (place / name).write_bytes(own.read_bytes())
    return path


def _cells(dialect: str, files: list[str], cells: list[Cell]) -> list[Cell]:
    """Return the cells of a dialect; a cell with an exercise becomes several."""
    made, first = list[Any](), dict[str, str]()
    for cell in cells:
        source = "".join(cell["source"])
        found = _EXERCISE.search(source) if cell["cell_type"] == "code" else None
        before = source.rpartition("\n")[0] if found else source
        made += [with_source(cell, before)] if before else []
        if found:
            texts = _texts(*found.groups(""))
            first = first or texts
            made += _filled(f"{dialect}-exercise", texts)
            made += _filled("card", texts) if texts["card"] else []
    if not first:
        raise RequestError("This notebook has no exercises.")
    return [*_filled(f"{dialect}-first", {**first, "files": json.dumps(files)}), *made]


def _filled(template: str, texts: dict[str, str]) -> list[Cell]:
    """Return the cells of a template, with texts in place of their names in braces."""
    filled = json.dumps(_TABLES[template])
    for name, text in texts.items():
        filled = filled.replace(f"{{{name}}}", json.dumps(text)[1:-1])
    return [with_source(cell, cell["source"].strip("\n")) for cell in json.loads(filled)]


def _texts(card: str, number: str) -> dict[str, str]:
    """Return the texts of an exercise: its names, its prompt, and a right answer as Python."""
    task = find(number, DEMO)
    answer = json.loads(json.dumps(task.submitted(task.solution_answer(), task.world())))
    names = {"number": number, "name": number.replace(".", "_"), "card": card}
    right = pformat(answer, width=88, sort_dicts=False)
    return {**names, "prompt": _prompt(task), "answer": right}


def _prompt(task: Exercise) -> str:
    """Return an exercise as text: what its card shows, without controls, and the answer's form."""
    from iamlab.teach.cards import ExerciseCard, input_for

    html = ExerciseCard(task).parts()["prompt"]  # with the target
    if lines := [*_lines(task)]:
        html += controls.paragraph("\n".join(lines))
    else:
        parts = input_for(task).controls().items()
        html += "".join(part for name, part in parts if name not in ("facts", "sure"))
    for pattern, text in _TABLES["html"].items():
        html = re.sub(pattern, text, html, flags=re.DOTALL)
    return f"**{task.title}**\n\n{html.strip()}\n\n{_form(task)}"


def _lines(task: Exercise) -> Iterator[str]:
    """Yield what a card offers step by step: its choices of edits, or its operations."""
    if isinstance(task, Repair):
        for name, edits in task.editor.choices.items():
            yield from (f"# {name}", *map(json.dumps, edits))
    if isinstance(task, Sequence):
        yield f"Callers: {', '.join(task.callers)}"
        for operation, parameters in task.operations(task.world()).items():
            yield operation
            for name, values in parameters.items():
                yield f"    {name}: {' or '.join(map(json.dumps, values)) or '(you write it)'}"


def _form(task: Exercise) -> str:
    """Return what an answer looks like, by the kind of the exercise or of its editor."""
    names = task.editor.name.split() if isinstance(task, Repair) else [type(task).__name__.lower()]
    kind = next((own for own in ("fine", "user", "before") if getattr(task, own, "")), names[0])
    return str(_TABLES["form"][kind]).strip().format(*names)
