"""A thing that a world keeps: plain fields below, and the methods of the lab above."""

from __future__ import annotations

from typing import Any, ClassVar, Self


class Kept:
    """Made as the class of the lab that stands for it, once there is one (as ``Path`` is made)."""

    __slots__ = ()
    made_as: ClassVar[type | None] = None

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return object.__new__(cls.__dict__.get("made_as") or cls)

    @classmethod
    def plain(cls) -> type:
        """Give the class of the record itself: a file names this one."""
        return next(one for one in cls.__mro__ if "made_as" in one.__dict__ or one is cls)


def stands_for(record: type) -> Any:
    """Say of a class of the lab which records are made as it."""

    def note(facade: type) -> type:
        record.made_as = facade
        return facade

    return note
