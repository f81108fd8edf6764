"""What the log alone still knows: passwords, MFA devices and the like that there are no more.

Access keys are not among it: a world's timeline tells of those.

Notes
-----
AWS page: "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.model.event import Event

Owner = tuple[str, str]
"""An account's id, and a user's name in lower case: empty for the root user."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that has ended; ``start`` is ``None`` if no event says when it began."""

    kind: str
    name: str
    start: datetime | None
    end: datetime


@dataclass(frozen=True, slots=True)
class Log:
    """What has ended, by its owner: of users who are there, and of those who were deleted.

    Parameters
    ----------
    names
        Of deleted users, as they were written.
    """

    living: dict[Owner, list[Gone]] = field(default_factory=dict)
    deleted: dict[Owner, list[Gone]] = field(default_factory=dict)
    names: dict[Owner, str] = field(default_factory=dict)


# The event that makes it, the one that ends it, and under which names they call it: in the answer
# of the first one, in the request of the second one.
_KINDS = (
    ("password", "CreateLoginProfile", "DeleteLoginProfile", ""),
    ("MFA device", "EnableMFADevice", "DeactivateMFADevice", "serialNumber"),
    (
        "signing certificate",
        "UploadSigningCertificate",
        "DeleteSigningCertificate",
        "certificateId",
    ),
    ("SSH key", "UploadSSHPublicKey", "DeleteSSHPublicKey", "sSHPublicKeyId"),
    (
        "service credential",
        "CreateServiceSpecificCredential",
        "DeleteServiceSpecificCredential",
        "serviceSpecificCredentialId",
    ),
)
_MAKING = {making: (kind, name) for kind, making, _, name in _KINDS}
_ENDING = {ending: (kind, name) for kind, _, ending, name in _KINDS}


def read_log(events: Iterable[Event]) -> Log:
    """Read what has ended."""
    log = Log()
    begun: dict[Owner, dict[tuple[str, str], datetime]] = {}
    for event in events:
        if event.event_source != "iam.amazonaws.com" or event.error_code:
            continue
        given = event.request_parameters or {}
        name = str(given.get("userName", ""))
        owner = (event.recipient_account_id, name.lower())
        if event.event_name in _MAKING:
            kind, id_name = _MAKING[event.event_name]
            found = _id_in(given, id_name) or _id_in(event.response_elements, id_name)
            begun.setdefault(owner, {})[kind, found] = event.event_time
        elif event.event_name in _ENDING:
            kind, id_name = _ENDING[event.event_name]
            found = _id_in(given, id_name)
            start = begun.get(owner, {}).pop((kind, found), None)
            ended = Gone(kind, found.rpartition("/")[2], start, event.event_time)
            log.living.setdefault(owner, []).append(ended)
        elif event.event_name == "UpdateUser" and given.get("newUserName"):
            new = (owner[0], str(given["newUserName"]).lower())
            _move(begun, owner, new)
            _move(log.living, owner, new)
        elif event.event_name == "DeleteUser":
            begun.pop(owner, None)
            log.deleted.setdefault(owner, []).extend(log.living.pop(owner, ()))
            log.names[owner] = name
    return log


def _move(held: dict[Owner, Any], old: Owner, new: Owner) -> None:
    if old in held and old != new:
        held[new] = held.pop(old)


def _id_in(found: Mapping[str, Any] | None, id_name: str) -> str:
    """Find an id in a request, or in the one thing that an answer is about."""
    if not id_name or not isinstance(found, dict):
        return ""
    nested = next((one for one in found.values() if isinstance(one, dict)), {})
    return str(found.get(id_name) or nested.get(id_name) or "")
