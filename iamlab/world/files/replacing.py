"""A file is replaced in one step: whoever interrupts the writing loses nothing.

The new content is written beside the file, as ``.NAME.….unfinished``, and moved into its place when
all of it is on the disk.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_OWNER_ONLY = 0o600
_AS_USUAL = 0o666  # less what the user's umask takes away


def replace_file(path: Path, pieces: Iterable[str | bytes], *, private: bool) -> None:
    """Write a file, or leave the one that is there as it was.

    Parameters
    ----------
    pieces
        What is in it, in as many parts as it comes in; text is written as UTF-8.
    private
        Whether nobody but its owner may read it.

    Raises
    ------
    OSError
        It cannot be written.
    """
    target = path.resolve()  # behind a link, the file is replaced, not the link
    beside = target.with_name(f".{target.name[:100]}.{uuid4().hex[:12]}.unfinished")
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    number = os.open(beside, new, _OWNER_ONLY if private else _AS_USUAL)
    try:
        with open(number, "wb") as stream:  # noqa: PTH123 - a number
            stream.writelines(one.encode() if isinstance(one, str) else one for one in pieces)
            stream.flush()
            os.fsync(number)
        if not private and target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
