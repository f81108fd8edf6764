"""The learner's attempts, in a plain file next to the notebooks: one line of JSON for each.

A record has exercise, seed, version, the answer as data, and the hints used. Records are appended
under a lock, so two notebooks can write at once and a crash loses at most the line that was being
written. A line that can't be read is passed over and kept. Earlier versions wrote one JSON
document: its records are copied when the first new one is written.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.display import locked
from iamlab.teach.lesson import DEMO, SEED, STUDENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FILE = "iamlab_progress.jsonl"
EARLIER = ".json"
"""The extension of files of earlier versions."""
PATIENCE = 10.0
"""How long to wait for another notebook that writes, in seconds."""

ENOUGH = 3
"""In how many new worlds the first answer to an exercise must be right, to master it."""

_BEGINNING = re.compile(r"\S")

Record = dict[str, Any]


def path() -> Path:
    """Return the path of the file: ``IAMLAB_PROGRESS``, or in the folder of the notebook."""
    return Path(os.environ.get("IAMLAB_PROGRESS") or FILE)


def records() -> list[Record]:
    """Return all records; a file that can't be read gives a warning, a missing file none."""
    file = path()
    key = _key(file)
    if key is None or key != _read.get("key"):
        try:
            _read.update(key=key, records=_in_time(_saved(file)))
        except OSError as error:
            _warn("read", error)
            _read.update(key=None, records=[])
    return [*_read["records"], *unsaved]


def _in_time(found: Iterable[Record]) -> list[Record]:
    """Sort records by time, as imported ones are added last; without a time, they follow others."""
    last, timed = "", []
    for record in found:
        last = str(record.get("time") or last)
        timed.append((last, record))
    return [record for _, record in sorted(timed, key=itemgetter(0))]


_read: dict[str, Any] = {}
"""The records of the file as it was read last; a file of 10,000 records is read once."""


def _key(file: Path) -> tuple[str, int, int] | None:
    """Return what changes when a file does; ``None`` if there is no file."""
    with suppress(OSError):
        state = file.stat()
        return str(file.absolute()), state.st_mtime_ns, state.st_size
    return None


_listeners: list[Callable[[], object]] = []


def listen(listener: Callable[[], object]) -> None:
    """Call a function after each record."""
    _listeners.append(listener)


def _saved(file: Path) -> Iterator[Record]:
    """Yield the records of a file, or of the earlier version's file beside it."""
    try:
        content = file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        if file.suffix != EARLIER:
            yield from _saved(file.with_suffix(EARLIER))
        return
    for document in _documents(content):
        found = document.get("records") if isinstance(document, dict) else None
        parts = found if isinstance(found, list) else [document]
        yield from (part for part in parts if isinstance(part, dict))


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents of a text; after one that is broken, go on in the next line."""
    read, place = json.JSONDecoder().raw_decode, 0
    while start := _BEGINNING.search(text, place):
        try:
            document, place = read(text, start.start())
            yield document
        except (ValueError, RecursionError):
            place = text.find("\n", start.start()) + 1 or len(text)


unsaved: list[Record] = []
"""Records that could not be written, kept while the kernel runs, so that a lesson can go on."""
problems: dict[str, str] = {}
"""The last warning about the file that can't be ``"read"`` or ``"saved"``."""


def add(record: Record) -> None:
    """Add one record. If the file can't be written, keep it in memory, and warn once."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lesson = str(record.get("exercise") or notebook()).partition(".")[0].partition("_")[0]
    facts = {"time": now, "version": iamlab.__version__, "lesson": lesson and lesson.zfill(2)}
    mine = {"student": STUDENT} if STUDENT else {}
    keep([json.loads(json.dumps({**facts, **mine, **record}))])  # as the file gives it back


def keep(new: Iterable[Record]) -> None:
    """Add complete records. If the file can't be written, keep them in memory, and warn once."""
    unsaved.extend(new)
    file = path()
    try:
        with locked(file, PATIENCE):
            is_known = _key(file) is not None and _key(file) == _read.get("key")
            _append(file, unsaved)
            if is_known:  # nothing else was added, so there is nothing to read again
                _read.update(key=_key(file), records=_in_time([*_read["records"], *unsaved]))
    except OSError as error:
        _warn("saved", error)
    else:
        unsaved.clear()
    for listener in _listeners:
        listener()


def notebook() -> str:
    """Return the name of the notebook, which JupyterLab tells its kernel."""
    return Path(os.environ.get("JPY_SESSION_NAME", "")).stem


def as_lines(new: Iterable[Record]) -> bytes:
    """Return records as a file has them: a line of JSON for each."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in new).encode()


def _append(file: Path, new: Sequence[Record]) -> None:
    if not file.exists():
        new = [*_saved(file), *new]
    lines = as_lines(new)
    with file.open("a+b") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":  # the last line was cut off
                lines = b"\n" + lines
        stream.write(lines)


def _warn(done: str, error: OSError) -> None:
    """Warn that progress can't be read or saved, once in a kernel."""
    text = f"Your progress can't be {done} in {path()}: {error.strerror or error}."
    if problems.get(done) != text:
        problems[done] = text
        warnings.warn(text, stacklevel=4)


def of_exercise(number: str, kind: str, seed: int | None = SEED) -> list[Record]:
    """Return the records of one exercise and kind: ``"attempt"``, ``"hint"``, ``"solution"``.

    Parameters
    ----------
    seed
        The seed of the exercise; ``None`` for all seeds.
    """
    own = [r for r in records() if r.get("exercise") == number and r.get("kind") == kind]
    return [r for r in own if seed is None or r.get("seed", DEMO) == seed]


def first_answers(found: Sequence[Record]) -> list[Record]:
    """Return the first answer to each question: an exercise, or the request of a prediction."""
    names = ("kind", "exercise", "seed", "question", "verdict")
    return list({str([own.get(name) for name in names]): own for own in reversed(found)}.values())


def again(number: str) -> dict[int, bool]:
    """Return whether the first answer to an exercise was right, for the seed of each new world."""
    tried = [(r.get("seed"), r.get("correct")) for r in of_exercise(number, "attempt", None)]
    return {s: bool(right) for s, right in reversed(tried) if isinstance(s, int) and s < 0}
