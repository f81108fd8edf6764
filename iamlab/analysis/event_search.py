"""The search for events: each condition, such as who called, becomes a check of one event.

Notes
-----
AWS pages: "CloudTrail userIdentity element", for where an event says who called; "API
LookupEvents", for times, both of which count as within.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from operator import ge, le
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from iamlab.cloudtrail.event_fields import NOBODY, id_in, issuer_of
from iamlab.cloudtrail.recording import NAMES
from iamlab.engine.request import ANONYMOUS, is_account
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.event import Event, Outcome
from iamlab.policy import catalog
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account

Check = Callable[[Event], bool]
Somebody: TypeAlias = "Caller | Account"

_WILD = re.compile(r"[*?]")
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
        "outcome": _with_outcome,
        "since": lambda time: _in_time("since", time, le),
        "until": lambda time: _in_time("until", time, ge),
        "what": lambda action: _calls_of(action, events),
        "who": _by,
    }
    return [make(wanted[name]) for name, make in makers.items() if wanted.get(name) is not None]


def _in_log_of(account: object) -> Check:
    account_id = getattr(account, "account_id", account)
    if not is_account(account_id):
        raise RequestError(
            f"account={account!r} isn't an account. Pass an account, or its id of 12 digits."
        )
    return lambda event: event.recipient_account_id == account_id


def _with_outcome(outcome: object) -> Check:
    known = get_args(Outcome)
    if outcome not in known:
        hint = did_you_mean(str(outcome)[:100], known)
        raise RequestError(f"outcome={outcome!r} isn't an outcome. {hint}")
    return lambda event: event.outcome == outcome


def _in_time(name: str, time: object, fits: Callable[[datetime, datetime], bool]) -> Check:
    found = time
    if isinstance(time, str):
        try:
            found = datetime.fromisoformat(time)
        except ValueError:
            found = None
    if not isinstance(found, datetime):
        raise RequestError(f"{name}={time!r} isn't a time. Write 2026-11-25T09:00:00Z.")
    if found.tzinfo is None:
        raise RequestError(f"{name}={time!r} has no time zone: write Z at its end for UTC.")
    return lambda event: fits(found, event.event_time)


# -- what was called ------------------------------------------------------------------------------


def _calls_of(action: object, events: Iterable[Event]) -> Check:
    if not isinstance(action, str) or not action:
        raise RequestError(f"what={action!r} isn't an action. Write s3:GetObject or iam:*.")

    def fits(event: Event) -> bool:
        name = event.event_name
        names = _names_of_call(event.event_source, name) if ":" in action else (name,)
        return any(glob_ignoring_case(action, name) for name in names)

    if ":" in action and not any(map(fits, events)):
        _check_action(action, {event.event_source.removesuffix(_HOST) for event in events})
    return fits


@lru_cache(maxsize=4096)
def _names_of_call(source: str, name: str) -> tuple[str, ...]:
    """Return the names of a call: as the event has it, and as policies name its actions."""
    from iamlab.analysis.trails.actions import actions_of_call

    actions = (action.name for action in actions_of_call(source, name))
    return (f"{source.removesuffix(_HOST)}:{name}", *actions)


def _check_action(action: str, seen: set[str]) -> None:
    """Check that an action exists, even if it was never called.

    Raises
    ------
    RequestError
        There is no such service, or it has no such action.
    """
    service, _, name = action.partition(":")
    if _WILD.search(service) or (service.lower() in seen and _WILD.search(name)):
        return
    if not catalog.has(service) and service.lower() not in seen:
        hint = did_you_mean(service[:100].lower(), catalog.services())
        raise RequestError(f"what={action!r}: there is no service {service}. {hint}")
    events = [event for key, event in NAMES.items() if key.startswith(f"{service.lower()}:")]
    known = [*(action.name for action in catalog.actions_of(service).values()), *events]
    lower = {text.lower() for text in known}
    if known and not _WILD.search(name) and name.lower() not in lower:
        hint = did_you_mean(name[:100], known)
        raise RequestError(f"what={action!r}: {service} has no action {name}. {hint}")


# -- who called -----------------------------------------------------------------------------------


def _by(caller: object) -> Check:
    """Make the check for a caller: an object, an ARN, an id or a name."""
    if getattr(caller, "kind", "") == "group":
        raise RequestError("A group never calls: search for its users, one by one.")
    issued, arn = getattr(caller, "issued", None), getattr(caller, "arn", "")
    if getattr(caller, "is_in_console", False) and isinstance(issued, datetime):
        return _in_console(str(arn), issued)
    wanted = frozenset(_names_of(caller))
    if not wanted:
        raise RequestError(
            f"principal={caller!r} is nobody. Pass a caller, an ARN, a key ID or a name."
        )
    unique_id = "" if isinstance(caller, str) else getattr(caller, "unique_id", "")

    def fits(event: Event) -> bool:
        issuer = issuer_of(event.user_identity)
        if unique_id and issuer.get("arn") == arn and id_in(issuer) not in ("", unique_id):
            return False  # somebody else who had the same name: made anew, or renamed since
        return not wanted.isdisjoint(names_of(event.user_identity))

    return fits


def _names_of(caller: object) -> Iterator[str]:
    if isinstance(caller, str):
        names: tuple[object, ...] = (NOBODY if caller == ANONYMOUS else caller,)
    elif hasattr(caller, "access_key_id"):
        names = (caller.access_key_id,)
    elif hasattr(caller, "account_id") and not hasattr(caller, "arn"):
        names = (caller.account_id,)
    else:
        names = (getattr(caller, "arn", ""), getattr(caller, "unique_id", ""))
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
    """Return all by which a caller can be found in an event.

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
    if user_id := _part(identity, "onBehalfOf").get("userId"):
        yield str(user_id)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a part of an identity; an event from elsewhere may have anything in its place."""
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}
