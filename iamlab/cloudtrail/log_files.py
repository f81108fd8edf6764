"""Events in files, as CloudTrail writes them: one file, or the folders of a trail's bucket.

Notes
-----
AWS pages: "Getting and viewing your CloudTrail log files"; "CloudTrail log file name format". A
real trail writes within about five minutes, in no order.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from string import ascii_letters, digits
from typing import TYPE_CHECKING

from iamlab.cloudtrail.recording import REGION
from iamlab.display import steps
from iamlab.errors import RequestError
from iamlab.model.quotas import is_account_id
from iamlab.model.strict_json import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.event import Event
    from iamlab.model.organization.organization import Organization

EVERY = timedelta(minutes=5)
"""The time that a trail's file covers."""

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
_PREFIX = re.compile(r"[\w!.'()-]+(/[\w!.'()-]+)*", re.ASCII)


def write(events: Iterable[Event], path: str | Path) -> None:
    """Write events to a file, for ``EventLog.save``."""
    place = _path(path)
    if place.is_dir():
        raise RequestError(f"{path} is a folder. Use events.deliver(...) to write a trail's files.")
    pieces = _pieces(events)
    replace_file(place, _packed(pieces) if place.suffix == ".gz" else pieces, private=False)


def deliver(
    events: Iterable[Event],
    folder: str | Path,
    *,
    prefix: str = "",
    organization: Organization | str | None = None,
) -> list[Path]:
    """Write events to a trail's folders, for ``EventLog.deliver``."""
    place = _path(folder)
    if place.exists() and not place.is_dir():
        raise RequestError(f"{folder} is a file. Use events.save(...) to write a single file.")
    start = [*_parts(prefix), "AWSLogs"]
    members = None
    if organization is not None:
        start.append(_id_of(organization))
        if not isinstance(organization, str):
            members = {account.account_id for account in organization.accounts}
    files: dict[Path, list[Event]] = {}
    for event in events:
        if members is None or event.recipient_account_id in members:
            files.setdefault(place.joinpath(*start, *_place_of(event)), []).append(event)
    return [_delivered(path, held) for path, held in steps(files.items(), "writing", len(files))]


def _delivered(start: Path, events: list[Event]) -> Path:
    """Write a file of a trail; its name depends only on the events."""
    draw = Random("/".join(event.event_id for event in events))
    letters = "".join(draw.choices(ascii_letters + digits, k=16))
    path = start.with_name(f"{start.name}_{letters}.json.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, _packed(_pieces(events)), private=False)
    return path


def _place_of(event: Event) -> tuple[str, ...]:
    """Return where an event is written: the folders and the start of the file's name.

    Raises
    ------
    RequestError
        It has no account or no Region, which are names of folders.
    """
    account, region = event.recipient_account_id, event.aws_region
    if not (is_account_id(account) and REGION.fullmatch(region)):
        raise RequestError(
            f"The event {event.event_id} cannot be delivered: it is of account {account!r} in "
            f"Region {region!r}."
        )
    begun = datetime.min.replace(tzinfo=UTC)
    end = event.event_time + (begun - event.event_time) % EVERY
    stamp = f"{end.astimezone(UTC):%Y%m%dT%H%MZ}"
    day = (stamp[:4], stamp[4:6], stamp[6:8])
    return (account, "CloudTrail", region, *day, f"{account}_CloudTrail_{region}_{stamp}")


def _pieces(events: Iterable[Event]) -> Iterator[str]:
    """Return the text of a file, in parts."""
    yield '{"Records":['
    for number, event in enumerate(events):
        comma = "," if number else ""
        yield comma + json.dumps(event.to_dict(), separators=(",", ":"))
    yield "]}"


def _packed(pieces: Iterable[str]) -> Iterator[bytes]:
    """Compress text with gzip, part by part; the same text gives the same bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as stream:
        for piece in pieces:
            stream.write(piece.encode())
            if packed.tell() > io.DEFAULT_BUFFER_SIZE:
                yield packed.getvalue()
                packed.seek(0)
                packed.truncate()
    yield packed.getvalue()


def _path(path: object) -> Path:
    text = str(path) if isinstance(path, str | Path) else ""
    try:
        can_be = bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        can_be = False
    if not can_be:
        raise RequestError(f"{path!r} isn't the path of a file or folder.")
    return Path(text)


def _parts(prefix: object) -> list[str]:
    """Split a prefix, which can't lead out of the folder."""
    if prefix == "":
        return []
    text = prefix.strip("/") if isinstance(prefix, str) else ""
    parts = text.split("/")
    if not _PREFIX.fullmatch(text) or any(not part.strip(".") for part in parts):
        raise RequestError(f"prefix={prefix!r} isn't valid. Write names with slashes between them.")
    return parts


def _id_of(organization: object) -> str:
    found = getattr(organization, "id", organization)
    if not (isinstance(found, str) and _ORGANIZATION.fullmatch(found)):
        raise RequestError(f"organization={organization!r} isn't valid. Pass it or its id, o-....")
    return found
