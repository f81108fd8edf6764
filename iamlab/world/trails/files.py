"""The files of a trail: which ones a folder holds, and their text in pieces.

Notes
-----
AWS pages: "Finding your CloudTrail log files"; "CloudTrail digest file structure".
"""

from __future__ import annotations

import gzip
import os
import zlib
from codecs import getincrementaldecoder
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.errors import LoadError, RequestError
from iamlab.world.trails.decoding import PIECE

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from iamlab.world.trails.noted import Noted

ENDINGS = (".json", ".json.gz", ".jsonl", ".jsonl.gz")

NO_EVENTS = {
    "CloudTrail-Digest": "A digest says which files there are; it holds no events.",
    "CloudTrail-Insight": "Insights are findings of CloudTrail's about events; they are no calls.",
}
"""Folders beside the events' own, and why they are passed over."""

HOW = "aws cloudtrail lookup-events > trail.json"


def files_of(path: object, skipped: Noted) -> list[Path]:
    """Give the files of a trail, in the order of their names.

    Parameters
    ----------
    path
        A file, or a folder with files anywhere in it.
    skipped
        Gets the files that hold no events.

    Raises
    ------
    RequestError
        That is no path.
    LoadError
        There is nothing, or no file of a trail.
    """
    raw = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(raw, str) or "\0" in raw:
        raise RequestError(f"A trail is read from files; {path!r} is no path.")
    given = Path(raw)
    try:
        if given.is_file():
            return [given]
        if not given.is_dir():
            raise LoadError(f"{given} cannot be read: there is no such file or folder.")
        found = sorted(_walk(given, skipped))
    except OSError as error:
        raise LoadError(f"{given} cannot be read: {error.strerror}.") from None
    wanted = []
    for one in found:
        why = next((NO_EVENTS[part] for part in one.parts if part in NO_EVENTS), "")
        if why:
            skipped.add(str(one), 0, why)
        else:
            wanted.append(one)
    if not wanted:
        raise LoadError(
            f"{given} holds no file of a trail: none ends in {' or '.join(ENDINGS[:2])}. "
            f"CloudTrail delivers them to a bucket; the last 90 days can be had with: {HOW}"
        )
    return wanted


def _walk(folder: Path, skipped: Noted) -> Iterator[Path]:
    def note(error: OSError) -> None:
        skipped.add(str(error.filename), 0, f"It cannot be read: {error.strerror}.")

    for place, _, names in os.walk(folder, onerror=note):
        for name in names:
            path = Path(place, name)
            # Pipes and sockets may have such names too, and would never end.
            if name.lower().endswith(ENDINGS) and path.is_file():
                yield path


class Pieces:
    """The text of a file, piece by piece; bytes that are no UTF-8 become U+FFFD.

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
            with closing(_opened(self._path)) as stream:
                while piece := stream.read1(PIECE):
                    self.is_empty = False
                    yield decoder.decode(piece)
            yield decoder.decode(b"", final=True)
        except EOFError:
            self.failure = "The compressed file is cut off here."
        except (OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            self.failure = f"It cannot be read on: {reason}."


def _opened(path: Path) -> io.BufferedReader | gzip.GzipFile:
    """Open a file; whether it is compressed, its first bytes say, not its name."""
    stream = path.open("rb")
    if stream.peek(2)[:2] == b"\x1f\x8b":
        return _Whole(stream)
    return stream


class _Whole(gzip.GzipFile):
    """A compressed file that closes the file below it too."""

    def __init__(self, stream: io.BufferedReader) -> None:
        super().__init__(fileobj=stream, mode="rb")
        self._below = stream

    def close(self) -> None:
        super().close()
        self._below.close()
