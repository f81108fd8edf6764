"""What students handed in: progress files and notebooks, in folders and archives, read as data.

Nothing is executed, unpickled or unpacked to the disk. A file that can't be read costs one line of
the report, whatever is in it. Limits and texts are in ``submissions.toml``.
"""

from __future__ import annotations

import base64
import io
import re
import stat
import zipfile
from collections import Counter, defaultdict
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.classroom.course import plain
from iamlab.display import count, few, printable
from iamlab.errors import LoadError
from iamlab.model.strict_json import parse_json
from iamlab.tables import tables
from iamlab.teach.journal import as_lines
from iamlab.teach.lesson import DEMO, seed_of
from iamlab.teach.source_lines import each_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.classroom.course import Course

Record = dict[str, Any]

_TABLES = tables(__file__)
LIMITS: dict[str, int] = _TABLES["limits"]
_WRONG: dict[str, str] = _TABLES["wrong"]
_PASSED_OVER = re.compile(_TABLES["passed_over"]["names"])
_DOWNLOAD = re.compile(r'href="data:application/x-ndjson;base64,([\w+/=]+)"')
_OUTSIDE = re.compile(r"[/\\]|\w:|(.*[/\\])?\.\.([/\\]|$)")
_PLATFORM = re.compile(r"(.+)_(\d+)_assignsubmission_|([^_]+)_(?:LATE_)?(\d+)_\d+_.")
"""Names that Moodle and Canvas give: a student's name and number."""


class Submission(NamedTuple):
    """All that one student handed in.

    Parameters
    ----------
    student
        The id in the roster; else what the records or the names of files say.
    file
        The file, or the first of several, relative to the folder.
    records
        The records, sorted by time.
    """

    student: str
    file: str
    records: list[Record]


class Fault(NamedTuple):
    """What is wrong with a file: one line of the report."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class _NotReadError(ValueError):
    """A file or a record can't be read; the argument says why, as a sentence."""


def _need(condition: object, otherwise: str) -> None:
    if not condition:
        raise _NotReadError(_WRONG[otherwise])


def _limit(**sizes: float) -> None:
    for name, size in sizes.items():
        _need(size <= LIMITS[name], name)


def _reason(error: Exception) -> str:
    """Return why a file or a record can't be read, as a sentence."""
    kind = type(error).__name__
    other = _WRONG.get(kind, f"it can't be read ({kind}).")
    return str(error) if isinstance(error, _NotReadError) else other


def read_submissions(
    folder: str | Path, course: Course | None = None
) -> tuple[list[Submission], list[Fault]]:
    """Read all submissions in a folder, sorted by student, and what is wrong with files.

    Parameters
    ----------
    folder
        A folder, or one archive or file.
    course
        Its roster says whose a file is.

    Raises
    ------
    LoadError
        There is no such folder.
    """
    root, found = Path(folder), _Reader(course)
    if not root.exists():
        raise LoadError(f"There is no folder {root}.")
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if path.is_symlink() or not path.is_dir():
            name = path.name if path == root else path.relative_to(root).as_posix()
            found.file(name, partial(_content, path))
    return found.submissions(), sorted(found.faults, key=str)


def _check_size(name: str, size: int) -> None:
    _limit(**{"archive" if name.lower().endswith(".zip") else "file": size})


def _content(path: Path) -> bytes:
    _need(path.is_file() and not path.is_symlink(), "link")
    _check_size(path.name, path.stat().st_size)
    return path.read_bytes()


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the content of a file in an archive."""
    _need(not _OUTSIDE.match(member.filename), "outside")
    _need(not stat.S_ISLNK(member.external_attr >> 16), "link")
    _check_size(member.filename, member.file_size)
    _limit(ratio=member.file_size / max(1, member.compress_size))
    return archive.read(member)


class _Reader:
    """Collects records by student, and faults."""

    def __init__(self, course: Course | None) -> None:
        self.known = course.known if course else {}
        self.roster = course.roster if course else {}
        self.faults: list[Fault] = []
        self.records: dict[str, dict[tuple[str, bytes], Record]] = {}
        self.files: dict[str, set[str]] = {}
        self.names = {own: student.id for own, student in self.roster.items()}

    def fault(self, file: str, what: str) -> None:
        self.faults.append(Fault(*(printable(own)[: LIMITS["line"]] for own in (file, what))))

    def file(self, name: str, content: Callable[[], bytes], nested: int = 0) -> None:
        """Read a file of the folder or of an archive."""
        suffix = PurePosixPath(name).suffix.lower()
        if _PASSED_OVER.search(name):
            return
        try:
            _limit(name=len(name))
            if suffix == ".zip":
                _need(nested < 2, "nested")
                self.archive(name, content(), nested + 1)
            else:
                _need(suffix in _READ, "foreign")
                self.keep(name, [*filter(bytes.strip, _READ[suffix](content()))])
        except Exception as error:  # noqa: BLE001 - a stranger's file
            self.fault(name, _reason(error))

    def archive(self, name: str, content: bytes, nested: int) -> None:
        """Read the files of an archive, in memory."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _limit(files=len(members), unpacked=sum(own.file_size for own in members))
            for own in members:
                if not own.is_dir():
                    self.file(f"{name}/{own.filename}", partial(_unpacked, archive, own), nested)

    def keep(self, file: str, lines: list[bytes]) -> None:
        """Keep the records of a file for their student: the file's owner, or who they name."""
        records, bad = list[Record](), [_WRONG["records"]] * (len(lines) > LIMITS["records"])
        for number, line in enumerate(lines[: LIMITS["records"]], 1):
            try:
                records.append(_checked(line))
            except (ValueError, RecursionError) as error:
                bad.append(f"record {number} is left out: {_reason(error)}")
        _need(records or bad, "empty")
        if bad:
            self.fault(file, f"{bad[0]} {f'And {len(bad) - 1} more.' * (len(bad) > 1)}".strip())
        owner, student = _owner(printable(file), self.known)
        student = next((own["student"] for own in records if own["student"].strip()), student)
        others = list[str]()
        _limit(students=len({own["student"] for own in records}))
        for record in records:
            student = record["student"].strip() or student
            by = self.known.get(plain(student), plain(student))
            is_other = owner and record["student"] and by != owner
            others += [student] * bool(is_other)
            if not is_other or by not in self.roster:
                self.names.setdefault(owner or by, student)
                self.records.setdefault(owner or by, {}).setdefault(_key(record), record)
                self.files.setdefault(owner or by, set()).add(file)
        if others:
            counts = any(plain(own) in self.known for own in others) * ", which don't count"
            what = f"{self.names[owner]}'s file has {count(len(others), 'record')}"
            self.fault(file, f"{what} of {few(sorted({*others}))}{counts}.")

    def submissions(self) -> list[Submission]:
        """Return the submissions, and add the faults that only all files show."""
        found, twins = list[Submission](), defaultdict[tuple[str, ...], set[str]](set)
        for student in sorted(self.records):
            file, name = min(self.files[student]), self.names[student]
            timed = [own for _, own in sorted(self.records[student].items())]
            tries = [own for own in timed if own["kind"] == "attempt" and own.get("seed", 0) >= 0]
            sizes, most = Counter(own["exercise"] for own in tries), LIMITS["attempts"]
            if many := sorted(own for own in sizes if sizes[own] > most):
                self.fault(file, f"many attempts at {few(many)}: only the last {most} count.")
            for own in tries:
                twins[own["time"], own["exercise"], str(own.get("seconds"))].add(student)
            if others := sum(own.get("seed", seed_of(name)) != seed_of(name) for own in tries):
                self.fault(file, _WRONG["seed"].format(count(others, "answer"), name))
            if self.roster and student not in self.roster:
                self.fault(file, f"{name} isn't in the roster.")
            found.append(Submission(name, printable(file), timed))
        groups = Counter(tuple(sorted(own)) for (time, *_), own in twins.items() if time)
        for group, number in groups.items():
            if len(group) > 1 and number >= LIMITS["copied"]:
                names = " and ".join(self.names[own] for own in group)
                what = f"{names} have {number} attempts with the same times."
                self.fault(min(self.files[group[0]]), what)
        return found


def _owner(file: str, known: dict[str, str]) -> tuple[str, str]:
    """Return whose a file is by its path, and a name for the student if no record has one.

    The outer folders decide: platforms name them, and students can name what is inside.
    """
    path = PurePosixPath(file)
    for part in (*path.parts[:-1], path.stem):
        names = [part, part.removesuffix(".zip"), *part.split("_")]
        if found := _PLATFORM.match(part):  # a group can be before the name: Group A-Maria Lopez
            name, number = filter(None, found.groups())
            parts = name.split("-")
            names = [number, *("-".join(parts[n:]) for n in range(len(parts)))]
        owners = {known[plain(own)] for own in names if plain(own) in known}
        if found or len(owners) == 1:
            return min(owners, default=""), names[-1]
    folder = path.parts[1] if path.parts[0] == "submitted" else path.parent.name  # of nbgrader
    return "", folder or path.stem


# -- records --------------------------------------------------------------------------------------


def _key(record: Record) -> tuple[str, bytes]:
    """Return what differs between two records, and sorts them by time."""
    return record["time"], as_lines([record])


def _json(content: bytes) -> Any:
    return parse_json(content.decode("utf-8-sig"))


def _of_notebook(content: bytes) -> Iterator[bytes]:
    """Yield the lines behind the download links in a notebook, which ``progress()`` shows."""
    for cell in _json(content)["cells"]:
        for output in cell.get("outputs", ()):
            html = "".join(output.get("data", {}).get("text/html", ""))
            for records in _DOWNLOAD.findall(html):
                yield from base64.b64decode(records).splitlines()


def _of_earlier(content: bytes) -> list[bytes]:
    """Return the lines that a progress file of an earlier version would have today."""
    return as_lines(_json(content)["records"]).splitlines()


_READ: dict[str, Callable[[bytes], Iterable[bytes]]] = {".jsonl": bytes.splitlines}
_READ |= {".json": _of_earlier, ".ipynb": _of_notebook}
_TEXTS = ("exercise", "kind", "student", "time", "version")


def _checked(line: bytes) -> Record:
    """Return a record whose fields have the right types, and with nothing that is too large."""
    _limit(record=len(line))
    value = _json(line)
    _need(isinstance(value, dict) and "kind" in value, "foreign_record")
    record = {**dict.fromkeys(_TEXTS, ""), **value}
    _need(all(isinstance(record[own], str) for own in _TEXTS), "foreign_record")
    _need(type(record.get("seed", DEMO)) is int, "foreign_record")
    for number, (path, own) in enumerate(each_value(record)):
        text = "".join((*path, own)) if isinstance(own, str) else "".join(path)
        _limit(values=number, text=len(text.encode()), wildcards=text.count("*"), deepest=len(path))
        _need(not isinstance(own, int | float) or abs(own) < 1e15, "number")
    return record
