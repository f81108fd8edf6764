"""The credentials of users, sorted into lanes: each its own, or those of a user one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.credentials.credential_facts import (
    SESSION,
    TOO_OLD,
    Credential,
    Facts,
    Owner,
)
from iamlab.view.figures.credentials.credential_words import (
    all_words,
    by_accounts,
    session_words,
    state_words,
    sum_words,
    use_words,
)
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 60
"""So many lanes are drawn one by one; of more credentials, those of a user share a lane."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture: credentials of somebody, the name of an account, or a remark."""

    heading: str = ""
    remark: str = ""
    owner: Owner | None = None
    is_first: bool = False
    title: str = ""
    detail: str = ""
    state: str = ""
    use: str = ""
    credentials: tuple[Credential, ...] = ()


def lanes_of(facts: Facts) -> list[Lane]:
    """Sort credentials into lanes: each its own, or those of a user one, as many as there are."""
    holders = [owner for owner in facts.owners if owner.credentials]
    own = {id(owner): list(_lanes_of(facts, owner)) for owner in holders}
    if sum(map(len, own.values())) > MOST:
        own = {id(owner): [_sum_lane(owner)] for owner in holders}
    rest: list[Owner] = []
    if len(holders) > MOST:
        # The first ones of those who have most to mend are drawn.
        order = sorted(range(len(holders)), key=lambda i: (_to_mend(holders[i]), -i))
        rest = [holders[i] for i in order[: len(holders) - MOST + 1]]
    left = {id(owner) for owner in rest}
    accounts = by_accounts(facts)
    lanes: list[Lane] = []
    for account, owners in accounts.items():
        if len(accounts) > 1:
            lanes.append(Lane(heading=account))
        for owner in owners:
            if owner.credentials and id(owner) not in left:
                lanes += own[id(owner)]
        if names := [owner.name for owner in owners if not owner.credentials]:
            lanes.append(Lane(remark=f"no credentials: {listed(names, 2)}"))
    return [*lanes, *([_rest_lane(rest)] if rest else [])]


def _to_mend(owner: Owner) -> int:
    return sum(one.state is TOO_OLD for one in owner.credentials)


def _lanes_of(facts: Facts, owner: Owner) -> Iterator[Lane]:
    """Give a lane for each credential; one for all sessions."""
    sessions = [one for one in owner.credentials if one.kind == SESSION]
    for number, one in enumerate(owner.credentials):
        if one.kind != SESSION:
            yield Lane(
                owner=owner,
                is_first=number == 0,
                title=one.kind,
                detail=one.name,
                state=state_words(facts, one),
                use=use_words(one),
                credentials=(one,),
            )
    if sessions:
        yield Lane(
            owner=owner,
            is_first=len(sessions) == len(owner.credentials),
            title=count(len(sessions), SESSION),
            state=session_words(sessions),
            credentials=tuple(sessions),
        )


def _sum_lane(owner: Owner) -> Lane:
    return Lane(
        owner=owner,
        is_first=True,
        title=all_words(owner),
        state=sum_words(owner),
        credentials=owner.credentials,
    )


def _rest_lane(rest: list[Owner]) -> Lane:
    every = [one for owner in rest for one in owner.credentials]
    old = sum(one.state is TOO_OLD for one in every)
    words = f"and {len(rest)} more users: {count(len(every), 'credential')}, {old} too old"
    return Lane(remark=words)
