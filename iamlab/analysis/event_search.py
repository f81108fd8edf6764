"""Which events are meant: by whom, of what, when, with which end. Each a check of one event.

Notes
-----
AWS pages: "CloudTrail userIdentity element", for where an event says who called; "API
LookupEvents", for times, both of which count as within.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from iamlab.cloudtrail.event_names import NAMES
from iamlab.cloudtrail.user_identity import NOBODY
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.event import Event, Outcome
from iamlab.model.session_record import id_in, issuer_of
from iamlab.policy import catalog
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account

Check = Callable[[Event], bool]
Somebody: TypeAlias = "Caller | Account"

_WILD = re.compile(r"[*?]")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_HOST = ".amazonaws.com"


def checks_of(events: Iterable[Event], **wanted: Any) -> list[Check]:
    """Make the checks that an event must pass; see ``EventLog.where``.

    Parameters
    ----------
    events
        Those that will be tested: what they name is known, if nothing else knows it.

    Raises
    ------
    RequestError
        Nothing can be like that.
    """
    makers: dict[str, Callable[[Any], Check]] = {
        "account": _in_log_of,
        "outcome": _ended,
        "since": lambda given: _since(_moment("since", given)),
        "until": lambda given: _until(_moment("until", given)),
        "what": lambda given: _of_call(given, events),
        "who": _by,
    }
    return [make(wanted[name]) for name, make in makers.items() if wanted.get(name) is not None]


def _in_log_of(given: object) -> Check:
    wanted = getattr(given, "account_id", given)
    if not (isinstance(wanted, str) and _ACCOUNT.fullmatch(wanted)):
        raise RequestError(f"account={given!r} is none: give it itself, or its id of 12 digits.")
    return lambda event: event.recipient_account_id == wanted


def _ended(given: object) -> Check:
    known = get_args(Outcome)
    if given not in known:
        hint = did_you_mean(str(given)[:100], known)
        raise RequestError(f"outcome={given!r} is none. {hint}")
    return lambda event: event.outcome == given


def _moment(name: str, given: object) -> datetime:
    found = given
    if isinstance(given, str):
        try:
            found = datetime.fromisoformat(given)
        except ValueError:
            found = None
    if not isinstance(found, datetime):
        raise RequestError(f"{name}={given!r} is no time: write 2026-11-25T09:00:00Z.")
    if found.tzinfo is None:
        raise RequestError(f"{name}={given!r} has no time zone: write Z at its end for UTC.")
    return found


def _since(moment: datetime) -> Check:
    return lambda event: event.event_time >= moment


def _until(moment: datetime) -> Check:
    return lambda event: event.event_time <= moment


# -- what was called ------------------------------------------------------------------------------


def _of_call(given: object, events: Iterable[Event]) -> Check:
    if not isinstance(given, str) or not given:
        raise RequestError(f"what={given!r} is no action: write s3:GetObject, or iam:*.")
    called: dict[tuple[str, str], tuple[str, ...]] = {}

    def fits(event: Event) -> bool:
        call = event.event_source, event.event_name
        if call not in called:
            called[call] = _names_of_call(*call)
        names = called[call] if ":" in given else (event.event_name,)
        return any(glob_ignoring_case(given, name) for name in names)

    if ":" in given and not any(map(fits, events)):
        _check_action(given, {event.event_source.removesuffix(_HOST) for event in events})
    return fits


def _names_of_call(source: str, name: str) -> tuple[str, ...]:
    """Give what a call may be called: as the event has it, and as policies name its actions."""
    from iamlab.analysis.trails.actions import actions_of_call

    return (
        f"{source.removesuffix(_HOST)}:{name}",
        *(one.name for one in actions_of_call(source, name)),
    )


def _check_action(given: str, seen: set[str]) -> None:
    """Tell a slip from an action that nobody has called.

    Raises
    ------
    RequestError
        There is no such service, or it has no such action.
    """
    service, _, name = given.partition(":")
    if _WILD.search(service) or (service.lower() in seen and _WILD.search(name)):
        return
    if not catalog.has(service) and service.lower() not in seen:
        hint = did_you_mean(service[:100].lower(), catalog.services())
        raise RequestError(f"what={given!r}: there is no service {service}. {hint}")
    events = [one for key, one in NAMES.items() if key.startswith(f"{service.lower()}:")]
    known = [*(one.name for one in catalog.actions_of(service).values()), *events]
    if known and not _WILD.search(name) and name.lower() not in {one.lower() for one in known}:
        hint = did_you_mean(name[:100], known)
        raise RequestError(f"what={given!r}: {service} has no action {name}. {hint}")


# -- who called -----------------------------------------------------------------------------------


def _by(given: object) -> Check:
    """Make the check for a caller, however he is given."""
    if getattr(given, "kind", "") == "group":
        raise RequestError("A group never calls: search for its users, one by one.")
    issued = getattr(given, "issued", None)
    if getattr(given, "is_in_console", False) and isinstance(issued, datetime):
        return _in_console(str(getattr(given, "arn", "")), issued)
    wanted = frozenset(_names_given(given))
    if not wanted:
        raise RequestError(f"who={given!r} is nobody: give a caller, his ARN, key id or name.")
    unique_id = "" if isinstance(given, str) else getattr(given, "unique_id", "")
    arn = getattr(given, "arn", "")

    def fits(event: Event) -> bool:
        if unique_id and _is_another(event.user_identity, arn, unique_id):
            return False
        return not wanted.isdisjoint(names_of(event.user_identity))

    return fits


def _is_another(identity: Mapping[str, Any], arn: str, unique_id: str) -> bool:
    """Say whether it is somebody else who had the same name: made anew, or renamed since."""
    issuer = issuer_of(identity)
    return issuer.get("arn") == arn and id_in(issuer) not in ("", unique_id)


def _names_given(given: object) -> Iterator[str]:
    if isinstance(given, str):
        names: tuple[object, ...] = (NOBODY if given == ANONYMOUS else given,)
    elif hasattr(given, "access_key_id"):
        names = (given.access_key_id,)
    elif hasattr(given, "account_id") and not hasattr(given, "arn"):
        names = (given.account_id,)
    else:
        names = (getattr(given, "arn", ""), getattr(given, "unique_id", ""))
    yield from (name for name in names if isinstance(name, str) and name)


def _in_console(arn: str, issued: datetime) -> Check:
    """Find what was done in one session in the console, which has no access key."""
    since = issued.strftime("%Y-%m-%dT%H:%M:%SZ")

    def fits(event: Event) -> bool:
        identity = event.user_identity
        session = _part(identity, "sessionContext")
        made = _part(session, "attributes").get("creationDate")
        return event.session_credential_from_console and (identity.get("arn"), made) == (arn, since)

    return fits


_NAMED_BY = ("arn", "accessKeyId", "principalId", "userName", "invokedBy", "accountId")
_ISSUED_BY = ("arn", "principalId", "userName")


def names_of(identity: Mapping[str, Any]) -> Iterator[str]:
    """Give all by which a caller can be found in an event.

    Examples
    --------
    >>> sorted(names_of({"type": "AWSAccount", "principalId": "AROAEXAMPLE:ana"}))
    ['AROAEXAMPLE', 'AROAEXAMPLE:ana', 'ana']
    """
    issuer = issuer_of(identity)
    yield from (str(identity[name]) for name in _NAMED_BY if identity.get(name))
    if issuer is not identity:
        yield from (str(issuer[name]) for name in _ISSUED_BY if issuer.get(name))
    unique_id, colon, session_name = str(identity.get("principalId", "")).partition(":")
    if colon:
        yield unique_id
        yield session_name
    somebody = _part(identity, "onBehalfOf").get("userId")
    if somebody:
        yield str(somebody)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of an identity; an event from elsewhere may have anything in its place."""
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}
