"""Real trails: CloudTrail's files, read one event at a time.

Whatever is wrong with a record or a file is noted and does not stop the reading: a trail of a year
with one broken file is still a trail of a year.

Notes
-----
AWS pages: "Finding your CloudTrail log files"; "CloudTrail record contents"; "Viewing recent
management events with the AWS CLI".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.world.progress import steps
from iamlab.world.trails.decoding import Damage, records_in
from iamlab.world.trails.files import NO_EVENTS, Pieces, files_of
from iamlab.world.trails.noted import Noted
from iamlab.world.trails.records import RecordError, event_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path

    from iamlab.world.events import Event


class Trail:
    """Files of CloudTrail, whose events can be gone through again and again.

    Each time they are read from the files anew, so that a trail of any length needs little memory.

    Parameters
    ----------
    paths
        Files, or folders with files anywhere in them: as CloudTrail delivers them, compressed or
        not; one record a line; or what ``aws cloudtrail lookup-events`` prints. A folder's files
        come in the order of their names, and the events in each as they stand: CloudTrail does not
        sort them.

    Attributes
    ----------
    files
        The files that are read.
    read
        How many events the last reading has given so far.
    problems
        What it could not read: the first hundred in words, ``problems.total`` in all.
    skipped
        What holds no events, such as digests.

    Raises
    ------
    LoadError
        There is nothing at a path, or no file of a trail.
    RequestError
        It is no path, or there is none.

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
    "It is no record of CloudTrail: eventVersion is '7', and versions 1.x are known."
    >>> folder.cleanup()
    """

    def __init__(self, *paths: str | PathLike[str]) -> None:
        if not paths:
            raise RequestError("Name the files of the trail, or their folder.")
        self._passed_over = Noted()
        found = (file for path in paths for file in files_of(path, self._passed_over))
        self.files: tuple[Path, ...] = tuple(dict.fromkeys(found))
        self._reading = _Reading(self._passed_over)

    def __iter__(self) -> Iterator[Event]:
        self._reading = reading = _Reading(self._passed_over)
        return steps(reading.events(self.files), "reading records")

    @property
    def read(self) -> int:
        """How many events the last reading has given so far."""
        return self._reading.read

    @property
    def problems(self) -> Noted:
        """What the last reading could not read so far."""
        return self._reading.problems

    @property
    def skipped(self) -> Noted:
        """What holds no events of calls, and was passed over."""
        return self._reading.skipped

    def __repr__(self) -> str:
        files, problems = count(len(self.files), "file"), count(self.problems.total, "problem")
        return f"<Trail of {files}, {self.read:,} events read, {problems}>"


class _Reading:
    """One going through the files, with what it finds."""

    __slots__ = ("problems", "read", "skipped")

    def __init__(self, passed_over: Noted) -> None:
        self.read = 0
        self.problems = Noted()
        self.skipped = passed_over.copy()

    def events(self, files: tuple[Path, ...]) -> Iterator[Event]:
        for file in files:
            yield from self._events_of(file)

    def _events_of(self, file: Path) -> Iterator[Event]:
        """Give the events of one file."""
        name, position = str(file), 0
        pieces = Pieces(file)
        for position, record in enumerate(records_in(iter(pieces)), 1):
            if isinstance(record, Damage):
                self.problems.add(name, position, pieces.failure or record.what)
                pieces.failure = ""
            elif why := _no_event(record):
                self.skipped.add(name, position, why)
            else:
                try:
                    event = event_of(record)
                except RecordError as error:
                    self.problems.add(name, position, f"It is no record of CloudTrail: {error}.")
                else:
                    self.read += 1
                    yield event
        if pieces.failure:
            self.problems.add(name, position, pieces.failure)
        elif pieces.is_empty:
            self.problems.add(name, 0, "The file is empty.")


def _no_event(record: Any) -> str:
    """Say why an object is known to be no event of a call; empty if it is not known."""
    if isinstance(record, dict):
        if record.get("eventCategory") == "Insight":
            return NO_EVENTS["CloudTrail-Insight"]
        if "digestStartTime" in record:
            return NO_EVENTS["CloudTrail-Digest"]
    return ""
