"""What a learner has tried and solved, from the progress file."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.display import need
from iamlab.teach import journal
from iamlab.teach.tables import every
from iamlab.view.html import CELL
from iamlab.view.style import INK, PAPER
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Progress:
    """What a learner has solved, and how well confidence and correctness agree."""

    rows: tuple[dict[str, str], ...]
    calibration: tuple[dict[str, str], ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the exercises as a table."""
        need("pandas")
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def __str__(self) -> str:
        if not self.rows and not self.calibration:
            name = journal.path().name
            return f"Nothing yet. Your answers will be saved in {name}, on this computer."
        lines = [", ".join(f"{key}: {value}" for key, value in row.items()) for row in self.rows]
        lines += [
            ", ".join(f"{key}: {value}" for key, value in row.items()) for row in self.calibration
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.rows and not self.calibration:
            return f"<p>{escape(str(self))}</p>"
        tables = "".join(_table(rows) for rows in (self.rows, self.calibration) if rows)
        name = escape(journal.path().name)
        return f"{tables}<p>Saved in <code>{name}</code>, on this computer only.</p>"


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
    known = journal.records()
    if not known:
        return Progress((), ())
    rows = tuple(_row(number, known) for number in every())
    first = list({_question(record): record for record in reversed(known)}.values())
    levels = [level for level in CONFIDENCE if any(r.get("confidence") == level for r in first)]
    return Progress(rows, tuple(_calibration(level, first) for level in levels))


def _question(record: journal.Record) -> str:
    """Return a key for the question of a record: an exercise, or the request of a prediction."""
    names = ("kind", "exercise", "seed", "question", "verdict")
    return " ".join(str(record.get(name)) for name in names)


def _row(number: str, known: list[journal.Record]) -> dict[str, str]:
    own = [record for record in known if record.get("exercise") == number]
    attempts = [record for record in own if record.get("kind") == "attempt"]
    solved = any(record.get("correct") for record in attempts)
    state = "✓ solved" if solved else "↻ not yet" if attempts else "– not tried"
    return {
        "exercise": number,
        "state": "★ mastered" if journal.right_again(number) >= journal.ENOUGH else state,
        "attempts": str(len(attempts)),
        "hints": str(sum(record.get("kind") == "hint" for record in own)),
    }


def _calibration(level: str, first: list[journal.Record]) -> dict[str, str]:
    own = [record for record in first if record.get("confidence") == level]
    right = sum(bool(record.get("correct")) for record in own)
    return {"how sure": level, "right at the first answer": f"{right} of {len(own)}"}
