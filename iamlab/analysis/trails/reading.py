"""Real trails: CloudTrail's files, read one event at a time.

A broken record or file is noted and does not stop the reading: a trail of a year with one broken
file is still a trail of a year. The files come from a folder, and their text in pieces.

Notes
-----
AWS pages: "Finding your CloudTrail log files"; "CloudTrail record contents"; "Viewing recent
management events with the AWS CLI"; "CloudTrail digest file structure".
"""

from __future__ import annotations

import gzip
import os
import zlib
from codecs import getincrementaldecoder
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.analysis.trails.decoding import PIECE, Damage, records_in
from iamlab.analysis.trails.records import FileNotes, RecordError, event_of
from iamlab.display import count, steps
from iamlab.errors import LoadError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from iamlab.model.event import Event


class Trail:
    """Files of CloudTrail, whose events can be read again and again.

    Each time they are read from the files again, so that a trail of any length needs little memory.

    Parameters
    ----------
    paths
        Files, or folders with files anywhere in them: as CloudTrail delivers them, compressed or
        not; one record a line; or what ``aws cloudtrail lookup-events`` prints. A folder's files
        come in the order of their names, and the events in file order: CloudTrail doesn't sort
        them.

    Attributes
    ----------
    files
        The files that are read.
    read
        How many events the last reading has given so far.
    problems
        What it could not read: the first hundred as text, ``problems.total`` in all.
    skipped
        What holds no events, such as digests.

    Raises
    ------
    LoadError
        There is nothing at a path, or no file of a trail.
    RequestError
        It isn't a path, or the path doesn't exist.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "trail.json")
    >>> _ = file.write_text('''{"Records": [{"eventVersion": "1.11",
    ...     "userIdentity": {"type": "Root"}, "eventTime": "2026-11-25T10:15:00Z",
    ...     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers"}, {"eventVersion": 7}]}''')
    >>> trail = Trail(file)
    >>> [event.event_name for event in trail]
    ['ListUsers']
    >>> trail.read, trail.problems.total
    (1, 1)
    >>> trail.problems[0].what
    "It isn't a record of CloudTrail: eventVersion is '7', and versions 1.x are known."
    >>> folder.cleanup()
    """

    def __init__(self, *paths: str | PathLike[str]) -> None:
        if not paths:
            raise RequestError("Name the files of the trail, or their folder.")
        self._skipped_files = FileNotes()
        found = (file for path in paths for file in files_of(path, self._skipped_files))
        self.files: tuple[Path, ...] = tuple(dict.fromkeys(found))
        self._reading = _Reading(self._skipped_files)

    def __iter__(self) -> Iterator[Event]:
        self._reading = reading = _Reading(self._skipped_files)
        events = chain.from_iterable(map(reading.events_of, self.files))
        return steps(events, "reading records")

    @property
    def read(self) -> int:
        """How many events the last reading has given so far."""
        return self._reading.read

    @property
    def problems(self) -> FileNotes:
        """What the last reading could not read so far."""
        return self._reading.problems

    @property
    def skipped(self) -> FileNotes:
        """What holds no events of calls, and was skipped."""
        return self._reading.skipped

    def __repr__(self) -> str:
        files, problems = count(len(self.files), "file"), count(self.problems.total, "problem")
        return f"<Trail of {files}, {self.read:,} events read, {problems}>"


class _Reading:
    """One reading of the files, with what it finds."""

    __slots__ = ("problems", "read", "skipped")

    def __init__(self, skipped_files: FileNotes) -> None:
        self.read = 0
        self.problems = FileNotes()
        self.skipped = skipped_files.copy()

    def events_of(self, file: Path) -> Iterator[Event]:
        """Return the events of one file."""
        name, position = str(file), 0
        pieces = Pieces(file)
        for position, record in enumerate(records_in(iter(pieces)), 1):
            if isinstance(record, Damage):
                self.problems.add(name, position, pieces.failure or record.what)
                pieces.failure = ""
            elif why := _reason_to_skip(record):
                self.skipped.add(name, position, why)
            else:
                try:
                    event = event_of(record)
                except RecordError as error:
                    self.problems.add(name, position, f"It isn't a record of CloudTrail: {error}.")
                else:
                    self.read += 1
                    yield event
        if pieces.failure:
            self.problems.add(name, position, pieces.failure)
        elif pieces.is_empty:
            self.problems.add(name, 0, "The file is empty.")


def _reason_to_skip(record: Any) -> str:
    """Return why an object is known not to be an event of a call; empty if that isn't known."""
    if isinstance(record, dict):
        if record.get("eventCategory") == "Insight":
            return NO_EVENTS["CloudTrail-Insight"]
        if "digestStartTime" in record:
            return NO_EVENTS["CloudTrail-Digest"]
    return ""


ENDINGS = (".json", ".json.gz", ".jsonl", ".jsonl.gz")

NO_EVENTS = {
    "CloudTrail-Digest": "A digest says which files there are; it holds no events.",
    "CloudTrail-Insight": "Insights are CloudTrail's findings about events, not calls.",
}
"""Folders next to those of the events, and why they are skipped."""

SMALL, MOST_EXPANSION = 1 << 26, 200
TOO_LARGE = f"It is more than {MOST_EXPANSION} times as large as its file; the rest is not read."
"""Compressed files of CloudTrail are some 20 times as large when they are read."""

HOW = "aws cloudtrail lookup-events > trail.json"


def files_of(path: object, skipped: FileNotes) -> list[Path]:
    """Return the files of a trail, in the order of their names.

    Parameters
    ----------
    path
        A file, or a folder with files anywhere in it.
    skipped
        Gets the files that hold no events.

    Raises
    ------
    RequestError
        That isn't a path.
    LoadError
        There is nothing, or no file of a trail.
    """
    raw = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(raw, str) or "\0" in raw:
        raise RequestError(f"A trail is read from files, and {path!r} isn't a path.")
    start = Path(raw)
    try:
        if start.is_file():
            return [start]
        if not start.is_dir():
            raise LoadError(f"{start} can't be read: there is no such file or folder.")
        found = sorted(_walk(start, skipped))
    except OSError as error:
        raise LoadError(f"{start} can't be read: {error.strerror}.") from None
    wanted = []
    for file in found:
        why = next((NO_EVENTS[part] for part in file.parts if part in NO_EVENTS), "")
        if why:
            skipped.add(str(file), 0, why)
        else:
            wanted.append(file)
    if not wanted:
        raise LoadError(
            f"{start} holds no file of a trail: none ends in {' or '.join(ENDINGS[:2])}. "
            f"CloudTrail delivers them to a bucket; the last 90 days can be had with: {HOW}"
        )
    return wanted


def _walk(folder: Path, skipped: FileNotes) -> Iterator[Path]:
    def note(error: OSError) -> None:
        skipped.add(str(error.filename), 0, f"It can't be read: {error.strerror}.")

    for place, _, names in os.walk(folder, onerror=note):
        for name in names:
            path = Path(place, name)
            # Pipes and sockets may have such names too, and would never end.
            if name.lower().endswith(ENDINGS) and path.is_file():
                yield path


class Pieces:
    """The text of a file, piece by piece; bytes that aren't UTF-8 become U+FFFD.

    Parameters
    ----------
    failure
        Why it ended early; empty if it did not.
    is_empty
        Whether there was nothing in it so far.
    """

    __slots__ = ("_path", "failure", "is_empty")

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failure = ""
        self.is_empty = True

    def __iter__(self) -> Iterator[str]:
        decoder = getincrementaldecoder("utf-8")("replace")
        try:
            with self._path.open("rb") as file:
                # Whether it is compressed, its first bytes say, not its name.
                is_compressed = file.peek(2)[:2] == b"\x1f\x8b"
                with gzip.GzipFile(fileobj=file, mode="rb") if is_compressed else file as stream:
                    size = 0
                    while piece := stream.read1(PIECE):
                        self.is_empty = False
                        yield decoder.decode(piece)
                        size += len(piece)
                        if is_compressed and size > max(SMALL, MOST_EXPANSION * file.tell()):
                            self.failure = TOO_LARGE
                            return
            yield decoder.decode(b"", final=True)
        except EOFError:
            self.failure = "The compressed file is cut off here."
        except (OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            self.failure = f"It cannot be read on: {reason}."
