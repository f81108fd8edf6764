"""What is said about a trail that is not its events: problems, and what was passed over.

A broken file can have a problem in each of a million records. The first ones are kept in words, the
rest are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

MOST = 100
"""So many are kept in words."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that is said of a file.

    Parameters
    ----------
    file
        Its path.
    position
        Which of its records, counted from 1; 0 for the file itself.
    what
        What is to be said.
    """

    file: str
    position: int
    what: str

    def __str__(self) -> str:
        place = f", record {self.position:,}" if self.position else ""
        return f"{self.file}{place}: {self.what}"


class Noted(Sequence[Note]):
    """The first notes, and how many there are in all.

    Examples
    --------
    >>> noted = Noted(most=1)
    >>> noted.add("a.json", 3, "eventName is missing")
    >>> noted.add("a.json", 4, "eventTime is missing")
    >>> len(noted), noted.total
    (1, 2)
    >>> print(noted)
    a.json, record 3: eventName is missing
    and 1 more
    """

    __slots__ = ("_kept", "most", "total")

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.total = 0
        self._kept: list[Note] = []

    def add(self, file: str, position: int, what: str) -> None:
        """Note one more."""
        self.total += 1
        if len(self._kept) < self.most:
            self._kept.append(Note(file, position, what))

    def copy(self) -> Noted:
        """Give another one that begins with the same notes."""
        copy = Noted(self.most)
        copy.total, copy._kept = self.total, self._kept.copy()
        return copy

    @overload
    def __getitem__(self, place: int) -> Note: ...

    @overload
    def __getitem__(self, place: slice) -> list[Note]: ...

    def __getitem__(self, place: int | slice) -> Note | list[Note]:
        return self._kept[place]

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<{self.total} noted>"

    def __str__(self) -> str:
        more = self.total - len(self._kept)
        return "\n".join([*map(str, self._kept), *([f"and {more:,} more"] if more else [])])
