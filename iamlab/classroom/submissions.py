"""What students handed in: progress files and notebooks, in folders and archives, read as data.

Nothing is executed, unpickled or unpacked to the disk. A file that can't be read costs one line of
the report, whatever is in it. Limits and texts are in ``submissions.toml``.
"""

from __future__ import annotations

import ast
import io
import json
import re
import stat
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.classroom.course import plain
from iamlab.classroom.editions import without_commands
from iamlab.display import count, few, printable
from iamlab.errors import LoadError
from iamlab.tables import tables
from iamlab.teach import journal
from iamlab.teach.lesson import DEMO, STUDENT, seed_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.classroom.course import Course

Record = dict[str, Any]

MIME = "application/vnd.iamlab.progress+json"
"""The type of an output that has the records of a learner: ``{"records": [...]}``."""
_TABLES = tables(__file__)
LIMITS: dict[str, int] = _TABLES["limits"]
_WRONG: dict[str, str] = _TABLES["wrong"]
_PASSED_OVER = re.compile(_TABLES["passed_over"]["names"])
_OUTSIDE = re.compile(r"[/\\]|\w:|(.*[/\\])?\.\.([/\\]|$)")
_MOODLE = re.compile(r"(.+)_(\d+)_assignsubmission_")
_CANVAS = re.compile(r"([^_]+)_(?:LATE_)?(\d+)_\d+_.")


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
        The records, sorted by time.
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


class _NotReadError(ValueError):
    """A file or a record can't be read; the argument is a key of ``_WRONG``."""


def _need(condition: object, otherwise: str) -> None:
    if not condition:
        raise _NotReadError(otherwise)


def _reason(error: Exception) -> str:
    """Return why a file or a record can't be read, as a sentence."""
    kinds = {zipfile.BadZipFile: "zip", RecursionError: "deep", json.JSONDecodeError: "json"}
    key = str(error) if isinstance(error, _NotReadError) else kinds.get(type(error), "")
    return _WRONG.get(key, f"{_WRONG['read']} ({type(error).__name__}).")


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
    _need(size <= LIMITS["archive" if name.lower().endswith(".zip") else "file"], "large")


def _content(path: Path) -> bytes:
    _need(path.is_file() and not path.is_symlink(), "link")
    _check_size(path.name, path.stat().st_size)
    return path.read_bytes()


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the content of a file in an archive."""
    _need(not _OUTSIDE.match(member.filename), "outside")
    _need(not stat.S_ISLNK(member.external_attr >> 16), "link")
    _check_size(member.filename, member.file_size)
    most = max(LIMITS["small"], LIMITS["ratio"] * member.compress_size)
    _need(member.file_size <= most, "bomb")
    return archive.read(member)


class _Reader:
    """Collects records by student, and faults."""

    def __init__(self, course: Course | None) -> None:
        self.known = course.known if course else {}
        self.roster = course.roster if course else {}
        self.faults: list[Fault] = []
        self.records: dict[str, dict[str, Record]] = {}
        self.files: dict[str, set[str]] = {}
        self.names = {own: student.id for own, student in self.roster.items()}

    def fault(self, file: str, what: str) -> None:
        texts = (own.encode("utf-8", "replace").decode() for own in (file, what))
        self.faults.append(Fault(*(printable(own)[: LIMITS["line"]] for own in texts)))

    def file(self, name: str, content: Callable[[], bytes], nested: int = 0) -> None:
        """Read a file of the folder or of an archive."""
        suffix = PurePosixPath(name).suffix.lower()
        if _PASSED_OVER.search(name):
            return
        try:
            _need(len(name) <= LIMITS["name"], "name")
            if suffix == ".zip":
                _need(nested < 2, "nested")
                self.archive(name, content(), nested + 1)
            else:
                _need(suffix in _READ, "foreign")
                self.keep(name, _READ[suffix], content())
        except Exception as error:  # noqa: BLE001 - a stranger's file
            self.fault(name, _reason(error))

    def archive(self, name: str, content: bytes, nested: int) -> None:
        """Read the files of an archive, in memory."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = sorted(archive.infolist(), key=lambda own: (own.filename, own.header_offset))
            _need(len(members) <= LIMITS["files"], "files")
            _need(sum(own.file_size for own in members) <= LIMITS["unpacked"], "large")
            for own in members:
                if not own.is_dir():
                    self.file(f"{name}/{own.filename}", partial(_unpacked, archive, own), nested)

    def keep(self, file: str, read: Callable[[str], Iterator[Any]], content: bytes) -> None:
        """Keep the records of a file for their student: the file's owner, or who they name."""
        text, records, bad = content.decode("utf-8-sig", "replace"), list[Record](), list[str]()
        if "\ufffd" in text and "\ufffd".encode() not in content:
            bad.append(_WRONG["utf8"])
        for number, value in enumerate(read(text), 1):
            if number > LIMITS["records"]:
                bad.append(_WRONG["records"])
                break
            try:
                records.append(_checked(value))
            except (ValueError, RecursionError) as error:
                bad.append(f"record {number} is left out: {_reason(error)}")
        _need(records or bad, "empty")
        if bad:
            self.fault(file, f"{bad[0]} {f'And {len(bad) - 1} more.' * (len(bad) > 1)}".strip())
        owner, student = _owner(file, self.known)
        student = next((own["student"] for own in records if own["student"].strip()), student)
        others, names = list[str](), {own["student"] for own in records}
        _need(len(names) <= LIMITS["students"], "students")
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
        found, twins = list[Submission](), dict[tuple[str, ...], set[str]]()
        for student in sorted(self.records):
            file, name = min(self.files[student]), self.names[student]
            timed = sorted(self.records[student].values(), key=lambda own: (own["time"], _key(own)))
            tries = [own for own in timed if own["kind"] == "attempt" and own.get("seed", 0) >= 0]
            sizes, most = Counter(own["exercise"] for own in tries), LIMITS["attempts"]
            if many := sorted(own for own in sizes if sizes[own] > most):
                self.fault(file, f"many attempts at {few(many)}: only the last {most} count.")
            for own in filter(itemgetter("time"), tries):
                key = own["exercise"], own["time"], str(own.get("seconds"))
                twins.setdefault(key, set()).add(student)
            if others := sum(own.get("seed", seed_of(name)) != seed_of(name) for own in tries):
                what = f"{count(others, 'answer')} for another seed than {name}'s."
                self.fault(file, f"{what} Was IAMLAB_STUDENT set?")
            if self.roster and student not in self.roster:
                self.fault(file, f"{name} isn't in the roster.")
            found.append(Submission(name, printable(file), timed))
        groups = Counter(tuple(sorted(own)) for own in twins.values() if len(own) > 1)
        for group, number in groups.items():
            if number >= LIMITS["copied"]:
                names = " and ".join(self.names[own] for own in group)
                files = ", ".join(min(self.files[own]) for own in group)
                self.fault(files, f"{names} have {number} attempts with the same times.")
        return found


def _owner(file: str, known: dict[str, str]) -> tuple[str, str]:
    """Return whose a file is by its path, and a name for the student if no record has one.

    The outer folders decide: platforms name them, and students can name what is inside.
    """
    path = PurePosixPath(file)
    for part in (*path.parts[:-1], path.stem):
        moodle, canvas = _MOODLE.match(part), _CANVAS.match(part)
        names = [part, part.removesuffix(".zip"), *part.split("_")]
        if found := moodle or canvas:  # a group can be before the name: Group A-Maria Lopez
            parts = found[1].split("-")
            names = [found[2], *("-".join(parts[n:]) for n in range(len(parts)))]
        owners = {known[plain(own)] for own in names if plain(own) in known}
        if found or len(owners) == 1:
            return min(owners, default=""), names[-1]
    folders = [own for own in path.parts[:-1] if own != "submitted"] or [path.stem]
    return "", folders[0 if path.parts[0] == "submitted" else -1]


# -- records --------------------------------------------------------------------------------------


def _key(record: Record) -> str:
    return json.dumps(record, sort_keys=True)


def _whole(text: str) -> int:
    _need(len(text) < 18, "number")
    return int(text)


def _json(text: str) -> Any:
    return json.loads(text, parse_int=_whole, parse_constant=lambda _: _need("", "number"))


def _of_lines(text: str) -> Iterator[Any]:
    """Yield the values in the lines of a progress file; an error for a line that isn't JSON."""
    for line in filter(str.strip, text.split("\n")):
        try:
            _need(len(line) <= LIMITS["record"], "long")
            value = _json(line)
        except (ValueError, RecursionError) as error:
            value = error
        yield value


def _of_value(value: Any) -> Iterator[Any]:
    """Yield the records of a document of earlier versions, or of a notebook's output."""
    yield from value["records"]


def _of_notebook(text: str) -> Iterator[Any]:
    """Yield the records in a notebook's outputs, then the answers in its calls of ``check``."""
    cells, values = _json(text)["cells"], dict[str, Any]()
    for output in chain.from_iterable(cell.get("outputs", ()) for cell in cells):
        if MIME in output.get("data", ()):
            yield from _of_value(output["data"][MIME])
    for source in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
        if len(source) <= LIMITS["text"]:
            with suppress(SyntaxError, ValueError, MemoryError, RecursionError):
                for node in ast.walk(ast.parse(without_commands(source))):
                    with suppress(ValueError, TypeError, MemoryError, RecursionError):
                        yield from _of_code(node, values)


def _of_code(node: ast.AST, values: dict[str, Any]) -> Iterator[Record]:
    """Yield the answer of ``check("3.1", answer)``; it is a literal, or the name of one."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        values[node.targets[0].id] = ast.literal_eval(node.value)
    if isinstance(node, ast.Call) and len(node.args) == 2:
        number, answer = node.args
        if getattr(node.func, "id", getattr(node.func, "attr", "")) == "check":
            name = getattr(answer, "id", "")
            made = values[name] if name in values else ast.literal_eval(answer)
            seeds = {own.arg: ast.literal_eval(own.value) for own in node.keywords}
            seed = {"seed": seeds["seed"]} if "seed" in seeds else {}
            facts = {"kind": "attempt", "exercise": ast.literal_eval(number), **seed}
            yield {**facts, "given": _json(json.dumps(made, default=sorted))}


_READ = {
    ".jsonl": _of_lines,
    ".json": lambda text: _of_value(_json(text)),
    ".ipynb": _of_notebook,
}
_TEXTS = ("exercise", "kind", "student", "time", "version")


def _checked(value: Any) -> Record:
    """Return a record whose fields have the right types, and with nothing that is too large."""
    if isinstance(value, Exception):
        raise value
    _need(isinstance(value, dict) and "kind" in value, "record")
    record = {**dict.fromkeys(_TEXTS, ""), **value}
    _need(all(isinstance(record[own], str) for own in _TEXTS), "record")
    _need(type(record.get("seed", DEMO)) is int, "record")
    _need(len(json.dumps(record, ensure_ascii=False).encode()) <= LIMITS["record"], "long")
    _need(_values(record, 0) <= LIMITS["values"], "values")
    return record


def _values(value: Any, depth: int) -> int:
    """Count the values in a value, and check each."""
    _need(depth <= LIMITS["deepest"], "deep")
    if isinstance(value, str):
        long = len(value) > LIMITS["text"] or value.count("*") > LIMITS["wildcards"]
        _need(not long, "long")
    _need(not isinstance(value, float) or abs(value) < 1e15, "number")
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    inside = inner if isinstance(inner, list) else ()
    return 1 + sum(_values(own, depth + 1) for own in inside)


# -- hand in --------------------------------------------------------------------------------------


class HandIn(list[Record]):
    """The records of a learner, which the output of a cell embeds in the notebook."""

    def __repr__(self) -> str:
        tried = [own.get("exercise") for own in self if own.get("kind") == "attempt"]
        about = f"{count(len(tried), 'answer')} to {count(len({*tried}), 'exercise')}"
        return f"{about}{f' of {STUDENT}' * bool(STUDENT)}. Save the notebook, then hand it in."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        about = {"version": iamlab.__version__, "student": STUDENT, "records": list(self)}
        return {"text/plain": repr(self), MIME: about}


def hand_in() -> HandIn:
    """Put your records into the notebook, as the output of its last cell.

    Run it last, save the notebook, and hand it in. The records are data: nobody runs your code.
    """
    return HandIn(journal.records())
