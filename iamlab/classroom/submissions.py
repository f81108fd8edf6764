"""What students handed in: progress files and notebooks, in folders and archives, read as data.

Nothing is executed or unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.teach import journal

if TYPE_CHECKING:
    from iamlab.classroom.course import Course

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Submission:
    """All that one student handed in.

    Parameters
    ----------
    student
        The id in the roster; else what the records or the names of files say.
    file
        The file, or the first of several, relative to the folder.
    records
        The records of the progress file, sorted by time.
    """

    student: str
    file: str
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file: one line of the report."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def read_submissions(
    folder: str | Path, course: Course | None = None
) -> tuple[list[Submission], list[Fault]]:
    """Read all submissions in a folder, sorted by student, and what is wrong with files.

    Parameters
    ----------
    course
        Its roster says whose a file is.
    """
    found: dict[str, Submission] = {}
    for path in sorted(Path(folder).rglob("*.jsonl")):
        records = list(journal._saved(path))  # noqa: SLF001
        file = str(path.relative_to(folder))
        names = [str(own["student"]) for own in records if own.get("student")]
        student = names[-1] if names else path.parent.name
        known = course.roster.get(student.lower()) if course else None
        student = known.id if known else student
        before = found.get(student, Submission(student, file, []))
        found[student] = Submission(student, before.file, [*before.records, *records])
    return sorted(found.values(), key=lambda own: own.student), []
