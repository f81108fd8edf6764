"""The learner's attempts, in a plain JSON file next to the notebooks.

Each attempt is one record: exercise, seed, version, the answer as data, and the hints used. A new
file is written completely and then replaces the old one, so a crash can't leave half a file. A
file that can't be read is renamed, never overwritten.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.teach.marks import CONFIDENCE
from iamlab.view.html import CELL
from iamlab.view.style import INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

FILE = "iamlab_progress.json"
FORMAT = 1

Record = dict[str, Any]


def path() -> Path:
    """Return the path of the file: ``IAMLAB_PROGRESS``, or in the folder of the notebook."""
    return Path(os.environ.get("IAMLAB_PROGRESS") or FILE)


def records() -> list[Record]:
    """Return all records; a broken file is renamed."""
    file = path()
    try:
        data = json.loads(file.read_text("utf-8"))
        found = data["records"]
        if not (isinstance(found, list) and all(isinstance(record, dict) for record in found)):
            raise TypeError  # noqa: TRY301 - handled below like any other broken file
    except OSError:  # there is no file, or it can't be read
        return list(_unkept)
    except (ValueError, KeyError, TypeError, RecursionError):
        file.replace(_free_name(file))
        return []
    return [*found, *_unkept]


def _free_name(file: Path) -> Path:
    number = 1
    while (kept := file.with_suffix(f".broken{number}.json")).exists():
        number += 1
    return kept


_unkept: list[Record] = []
"""Records that could not be written, kept while the kernel runs, so that a lesson can go on."""


def add(record: Record) -> None:
    """Add one record. If the file can't be written, keep it in memory and warn once."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    stamped = {"time": now, "version": iamlab.__version__, **record}
    file = path()
    aside = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        data = {"format": FORMAT, "records": [*records(), stamped]}
        aside.write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf-8")
        aside.replace(file)
    except OSError as error:
        if not _unkept:
            reason = error.strerror or error
            warnings.warn(f"Your progress can't be saved in {file}: {reason}.", stacklevel=2)
        _unkept.append(stamped)
    else:
        _unkept.clear()


def of_exercise(number: str, kind: str) -> list[Record]:
    """Return the records of one exercise and kind: ``"attempt"``, ``"hint"``, ``"solution"``."""
    return [r for r in records() if r.get("exercise") == number and r.get("kind") == kind]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has solved, and how well confidence and correctness agree."""

    rows: tuple[dict[str, str], ...]
    calibration: tuple[dict[str, str], ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the exercises as a table."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def __str__(self) -> str:
        if not self.rows and not self.calibration:
            return f"Nothing yet. Your answers will be saved in {path().name}, on this computer."
        lines = [", ".join(f"{key}: {value}" for key, value in row.items()) for row in self.rows]
        lines += [
            ", ".join(f"{key}: {value}" for key, value in row.items()) for row in self.calibration
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.rows and not self.calibration:
            return f"<p>{escape(str(self))}</p>"
        tables = "".join(_table(rows) for rows in (self.rows, self.calibration) if rows)
        return f"{tables}<p>Saved in <code>{escape(path().name)}</code>, on this computer only.</p>"


def _table(rows: Iterable[dict[str, str]]) -> str:
    rows = list(rows)
    head = "".join(f'<th scope="col" style="{CELL}">{escape(key)}</th>' for key in rows[0])
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{CELL}">{escape(value)}</td>' for value in row.values())
        + "</tr>"
        for row in rows
    )
    style = f"border-collapse:collapse;background:{PAPER};color:{INK};margin-bottom:0.6em"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def progress() -> Progress:
    """Show what you have tried and solved, and how confidence and correctness agree.

    For the confidence only the first answer to each question counts: later, you know the verdict.
    """
    from iamlab.teach.exercises import every

    known = records()
    if not known:
        return Progress((), ())
    rows = tuple(_row(number, known) for number in every())
    first = list({_question(record): record for record in reversed(known)}.values())
    levels = [level for level in CONFIDENCE if any(r.get("confidence") == level for r in first)]
    return Progress(rows, tuple(_calibration(level, first) for level in levels))


def _question(record: Record) -> str:
    """Return a key for the question of a record: an exercise, or the request of a prediction."""
    return " ".join(str(record.get(key)) for key in ("kind", "exercise", "question", "verdict"))


def _row(number: str, known: list[Record]) -> dict[str, str]:
    own = [record for record in known if record.get("exercise") == number]
    attempts = [record for record in own if record.get("kind") == "attempt"]
    solved = any(record.get("correct") for record in attempts)
    return {
        "exercise": number,
        "state": "✓ solved" if solved else "○ not yet" if attempts else "– not tried",
        "attempts": str(len(attempts)),
        "hints": str(sum(record.get("kind") == "hint" for record in own)),
    }


def _calibration(level: str, first: list[Record]) -> dict[str, str]:
    own = [record for record in first if record.get("confidence") == level]
    right = sum(bool(record.get("correct")) for record in own)
    return {"how sure": level, "right at the first answer": f"{right} of {len(own)}"}
