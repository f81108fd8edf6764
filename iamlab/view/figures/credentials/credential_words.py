"""What is said of the credentials of users: in a table, in a list, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.drawing.time_axis import day, stamp
from iamlab.view.figures.credentials.credential_facts import (
    ACTIVE,
    KEY,
    PASSWORD,
    SESSION,
    TOO_OLD,
    Credential,
    Facts,
    Owner,
)
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator


def state_words(facts: Facts, one: Credential) -> str:
    """Say in a few words how a credential is."""
    if one.status in ("Deleted", "Expired") and one.end is not None:
        return f"{one.state.symbol} {one.status.lower()} {day(one.end)}"
    age = f"{count(facts.age(one), 'day')} old"
    if one.state is TOO_OLD:
        return f"{one.state.symbol} too old: {count(facts.age(one), 'day')}"
    return f"{one.state.symbol} {one.status.lower()}, {age}"


def use_words(one: Credential) -> str:
    """Say when a credential was last used, and when it must be replaced."""
    said = []
    if one.status in ("Active", "Expired") and one.tells_use:
        said.append(f"used {day(one.last_used)}" if one.last_used else "never used")
    if one.due is not None and one.state is not TOO_OLD:
        said.append(f"{'due' if one.kind == KEY else 'expires'} {day(one.due)}")
    if one.status == "Inactive" and one.end is not None:
        said.append(f"since {day(one.end)}")
    return ", ".join(said)


def session_words(sessions: list[Credential]) -> str:
    """Count sessions, and those that are good."""
    good = sum(one.state is ACTIVE for one in sessions)
    return f"{'✓' if good else '○'} {good} of {count(len(sessions), 'session')} valid"


def all_words(owner: Owner) -> str:
    """Count what somebody has, and what of it is too old."""
    kinds = [one.kind for one in owner.credentials]
    return ", ".join(count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))


def sum_words(owner: Owner) -> str:
    """Say how somebody's credentials are, all in all."""
    old = sum(one.state is TOO_OLD for one in owner.credentials)
    active = sum(one.state is ACTIVE for one in owner.credentials)
    if old:
        return f"✕ {old} too old, {active} active"
    return f"{'✓' if active else '○'} {active} active"


# -- table, list, sentence ------------------------------------------------------------------------


def rows_of(facts: Facts) -> Iterator[dict[str, object]]:
    """Give a row for each credential; one without any for whoever has none."""
    for owner in facts.owners:
        for one in owner.credentials or (None,):
            yield {
                "user": owner.name,
                "arn": owner.arn,
                "account": owner.account_id,
                "credential": one and one.kind,
                "id": one and one.name,
                "status": one and one.status,
                "created": one and one.start,
                "last changed": one and one.changed,
                "last used": one and one.last_used,
                "end": one and one.end,
                "replace by": one and one.due,
                "age in days": one and facts.age(one),
                "too old": one and one.state is TOO_OLD,
            }


def lines_of(facts: Facts, *, by_account: bool) -> Iterator[str]:
    """Give all of it as an indented list: accounts, users, credentials."""
    yield f"now {stamp(facts.now)}"
    indent = "  " if by_account else ""
    for account, owners in by_accounts(facts).items():
        if by_account:
            yield account
        for owner in owners:
            if owner.credentials:
                yield from _of_owner(facts, owner, indent)
        if words := without_words(owners):
            yield f"{indent}{words}"


def by_accounts(facts: Facts) -> dict[str, list[Owner]]:
    """Sort users by account: its name and id."""
    found: dict[str, list[Owner]] = {}
    for owner in facts.owners:
        found.setdefault(f"{owner.account} {owner.account_id}", []).append(owner)
    return found


def without_words(owners: list[Owner]) -> str:
    """Name those who have no credentials."""
    names = [owner.name for owner in owners if not owner.credentials]
    return f"no credentials: {', '.join(names)}" if names else ""


def _of_owner(facts: Facts, owner: Owner, indent: str) -> Iterator[str]:
    alone = ": ✕ no MFA" if owner.lacks_mfa else ""
    yield f"{indent}{owner.name}{alone}: {sum_words(owner)}: {all_words(owner)}; {owner.arn}"
    sessions = [one for one in owner.credentials if one.kind == SESSION]
    for one in owner.credentials:
        if sessions and one is sessions[0]:
            yield f"{indent}  {count(len(sessions), 'session')}: {session_words(sessions)}"
        yield f"{indent}  {'  ' * (one.kind == SESSION)}{_line(facts, one)}"


def _line(facts: Facts, one: Credential) -> str:
    made = "made at an unknown time" if one.start is None else f"made {stamp(one.start)}"
    said = [one.title, made, state_words(facts, one)]
    if one.changed is not None:
        said.append(f"replaced {stamp(one.changed)}")
    if one.end is not None:
        said.append(f"until {stamp(one.end)}")
    if one.due is not None:
        said.append(f"to be replaced by {stamp(one.due)}")
    return "; ".join([*said, *([use_words(one)] if use_words(one) else [])])


def alt_of(facts: Facts) -> str:
    """Say what is to be seen: first what must be mended, then what is well."""
    every = list(facts.every())
    users = f"{len(facts.owners)} users" if len(facts.owners) > 1 else facts.owners[0].name
    first = f"On {day(facts.now)}, {count(len(every), 'credential')} of {shorten(users, 60)}"
    old = [_old(facts, owner, one) for owner, one in every if one.state is TOO_OLD]
    lacking = [owner.name for owner in facts.owners if owner.lacks_mfa]
    unused = [
        owner.name
        for owner, one in every
        if one.kind in (KEY, PASSWORD) and one.state is ACTIVE and one.last_used is None
    ]
    active = sum(one.state is ACTIVE for _, one in every)
    last = f"{active} {'is' if active == 1 else 'are'} active and in time."
    parts = [
        *old[:3],
        f"{len(old) - 3} more are too old" if len(old) > 3 else "",
        f"without MFA: {listed(lacking, 3, length=30)}" if lacking else "",
        f"never used: those of {listed(list(dict.fromkeys(unused)), 3, length=30)}"
        if unused
        else "",
    ]
    return told(f"{first}: ", [*parts, last])


def _old(facts: Facts, owner: Owner, one: Credential) -> str:
    whose = f"{one.kind} of {shorten(owner.name, 40)}"
    if one.status == "Expired" and one.end is not None:
        return f"{whose} expired {day(one.end)}"
    return f"{whose} is {count(facts.age(one), 'day')} old"
