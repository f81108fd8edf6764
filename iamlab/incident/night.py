"""The night: an ordinary day and a half at Acme, with an attack in the second night.

All calls are planned first, with their times, and then made in this order. Each call is
authorized by the policies of that moment, and the world's log is the trail. The seed decides what
the attacker does: whose access key leaked, the privilege escalation, the foothold, and how the
maps left.

Notes
-----
AWS pages: "CloudTrail record contents"; "AWS Security Incident Response Guide"; "Security best
practices in IAM".
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied
from iamlab.incident.calls import Actor, Line, read_line, read_lines
from iamlab.incident.company import PASSWORD, Table, build_company
from iamlab.tables import tables
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.credentials import Credential
    from iamlab.world.identities import User

_ATTACKS: Table = tables(__file__, "attacks.toml")
_WORK: Table = tables(__file__, "work.toml")
_KINDS = ("entries", "escalations", "footholds", "exfiltrations")
_MAPS: list[str] = _ATTACKS["maps"].split()

ENTRIES: tuple[str, ...] = tuple(_ATTACKS["entries"])
"""The users whose keys can leak."""

MORNING = datetime(2026, 12, 10, 8, tzinfo=UTC)
"""When the learner begins."""

STOLEN_PASSWORD = "Blue-Moon-99"
"""The password that the attacker sets."""

MOST_EDITS = 3
"""This number of edits contains every night."""

_EVENING = MORNING - timedelta(hours=36)
_BEGINS = (5, 215)
"""The earliest and the latest start of the attack, in minutes after the second midnight."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an attacker does: the names of the parts in ``attacks.toml``.

    Parameters
    ----------
    entry
        The user whose access key leaked.
    escalation
        How the attacker became an administrator.
    foothold
        What lets the attacker return.
    exfiltration
        How the maps left.

    Examples
    --------
    >>> Plan("frank", "update-login-profile", "trust", "power").leaves
    ('frank-key', 'erin-password', 'auditor-trust')
    """

    entry: str
    escalation: str
    foothold: str
    exfiltration: str

    @property
    def parts(self) -> list[Table]:
        """The tables of the parts, in the order of the names."""
        names = (self.entry, self.escalation, self.foothold, self.exfiltration)
        return [_ATTACKS[kind][name] for kind, name in zip(_KINDS, names, strict=True)]

    @property
    def leaves(self) -> tuple[str, ...]:
        """The names of the edits that take away all that the attacker still has."""
        return tuple(dict.fromkeys(part["leaves"] for part in self.parts if "leaves" in part))

    @property
    def erases(self) -> tuple[str, ...]:
        """The names of the edits that then remove the rest, its keys among them."""
        keys = (f"no-{name}" for name in self.leaves if name.endswith("-key"))
        return (*keys, *(part["erase"] for part in self.parts if "erase" in part))

    @property
    def reads(self) -> str:
        """The name of the credentials with which the maps are read."""
        *_, foothold, out = self.parts
        return str(out["reads"] or foothold.get("reads", "foothold"))

    @property
    def is_possible(self) -> bool:
        """Whether the parts fit together, and a few edits contain the attack."""
        _, escalation, foothold, __ = self.parts
        left_behind = sum("leaves" in part for part in self.parts)
        return (
            self.entry in escalation["entries"].split()
            and foothold.get("needs", "") in ("", escalation["power"])
            and self.reads != "nobody"
            and len(self.leaves) == left_behind <= MOST_EDITS
        )


@cache
def plans() -> tuple[Plan, ...]:
    """Return all attacks that are possible.

    Examples
    --------
    >>> len(plans()) > 100
    True
    """
    every = product(*(_ATTACKS[kind] for kind in _KINDS))
    return tuple(plan for names in every if (plan := Plan(*names)).is_possible)


def _drawn_plan(draw: Random) -> Plan:
    """Choose part by part: an entry with many escalations isn't more frequent."""
    left = list(plans())
    for part in fields(Plan):
        chosen = draw.choice(list(dict.fromkeys(getattr(plan, part.name) for plan in left)))
        left = [plan for plan in left if getattr(plan, part.name) == chosen]
    return left[0]


@dataclass(frozen=True, slots=True)
class Night:
    """The world of the morning after, and what happened.

    Parameters
    ----------
    attack
        The ids of the events of the attacker's calls, in order.
    refused
        The ids of those that were denied.
    access_key_id
        The access key that leaked.
    goal
        The ARNs of the objects that left.
    outside
        The id of the attacker's own account, which isn't in the world.
    held
        All credentials that the attacker got, also those that have expired.
    passwords
        The names of the users whose password the attacker set.
    """

    world: World = field(repr=False)
    plan: Plan
    attack: tuple[str, ...] = field(repr=False)
    refused: frozenset[str] = field(repr=False)
    access_key_id: str
    goal: tuple[str, ...]
    outside: str
    held: tuple[Credential, ...] = field(repr=False)
    passwords: tuple[str, ...]


def night(seed: int) -> Night:
    """Build a world, and let the night happen in it.

    Examples
    --------
    >>> found = night(7)
    >>> found.world.clock.now == MORNING, len(found.goal)
    (True, 5)
    """
    return populate(World(seed), seed)


def populate(world: World, seed: int) -> Night:
    """Let the night happen in an empty world.

    Parameters
    ----------
    world
        A new world, made with the same seed.
    seed
        What happens follows from it.

    Examples
    --------
    >>> world = World(7)
    >>> populate(world, 7).world is world, len(world.accounts)
    (True, 4)
    """
    draw = Random(f"attack/{seed}")
    build_company(world)
    _move_to(world, _EVENING)
    world.events.clear()
    account_id = str(draw.randrange(5 * 10**11, 9 * 10**11))
    outside = outside_user(world, account_id)
    plan = _drawn_plan(draw)
    bucket = plan.parts[3].get("bucket", "star-maps")
    goal = tuple(f"arn:aws:s3:::{bucket}/survey/{name}.fits" for name in draw.sample(_MAPS, 5))
    key = world.user(plan.entry).access_keys[0]
    held: dict[str, Any] = {"entry": key, "power": key, "outside": outside}
    calls = [*_attack(world, plan, goal, held, draw)]
    calls += [call for table in _WORK["work"] for call in _work(world, table, draw)]
    attack: list[str] = []
    refused: list[str] = []
    for call in sorted(calls, key=lambda call: call.moment):
        ids = _make(world, call)
        attack += ids if call.is_attack else ()
        refused += ids if call.is_attack and call.is_refused else ()
    _move_to(world, MORNING)
    del world.accounts[account_id]
    world.events[:] = [own for own in world.events if own.recipient_account_id != account_id]
    world.changed()
    there = {own.event_id for own in world.events}
    return Night(
        world,
        plan,
        tuple(id_ for id_ in attack if id_ in there),
        frozenset(refused) & there,
        key.access_key_id,
        goal,
        account_id,
        tuple(dict.fromkeys(own for name, own in held.items() if name != "outside")),
        tuple(user for call in calls if call.is_attack for user in call.line.password_of),
    )


def outside_user(world: World, account_id: str) -> User:
    """Create the attacker's account, and return its administrator.

    Examples
    --------
    >>> outside_user(World(7), "666666666666").arn
    'arn:aws:iam::666666666666:user/admin'
    """
    admin = world.create_account("outside", account_id=account_id).create_user("admin")
    admin.attach_policy("AdministratorAccess")
    return admin


@dataclass(frozen=True, slots=True)
class _Call:
    """A planned call.

    Parameters
    ----------
    is_refused
        Whether it is planned to be denied.
    """

    moment: datetime
    actor: Actor
    line: Line
    is_refused: bool = False
    is_attack: bool = False


def _move_to(world: World, moment: datetime) -> None:
    world.clock.advance(seconds=(moment - world.clock.now).total_seconds())


def _make(world: World, call: _Call) -> list[str]:
    """Make a call at its time, and return the ids of its events."""
    _move_to(world, call.moment)
    before = len(world.events)
    with suppress(AccessDenied) if call.is_refused else nullcontext():
        call.actor.make(call.line)
    return [event.event_id for event in world.events[before:]]


def _attack(
    world: World, plan: Plan, goal: tuple[str, ...], held: dict[str, Any], draw: Random
) -> Iterator[_Call]:
    """Plan the attacker's calls; those as an administrator come from another address."""
    _, escalation, foothold, out = plan.parts
    probes = _ATTACKS["probes"]
    first = [
        ("entry", "sts:GetCallerIdentity", False),
        *(("entry", text, True) for text in draw.sample(probes["entry"], 3)),
        ("entry", escalation["calls"], False),
    ]
    second = [
        ("power", draw.choice(probes["power"]), True),
        ("power", foothold["calls"], False),
        ("power", out.get("calls", ""), False),
        (plan.reads, "\n".join(f"s3:GetObject {arn}" for arn in goal), False),
    ]
    names = {"session": draw.choice(_ATTACKS["sessions"]), "map": draw.choice(_MAPS)}
    values = {"outside": held["outside"].account.account_id}
    moment = MORNING.replace(hour=0) + timedelta(minutes=draw.randint(*_BEGINS))
    agent, browser, browsing = draw.choice(_ATTACKS["agents"]), _ATTACKS["browser"], set[str]()
    for texts, address in zip((first, second), draw.sample(_ATTACKS["addresses"], 2), strict=True):
        ip = f"{address}.{draw.randint(100, 250)}"
        policies = _ATTACKS["policies"]
        actor = Actor(world, ip, agent, held, policies, values, STOLEN_PASSWORD, browser, browsing)
        for by, text, is_refused in texts:
            for line in read_lines(_filled(text, names), by):
                moment += timedelta(seconds=draw.randint(15, 100))
                yield _Call(moment, actor, line, is_refused, is_attack=True)


def _work(world: World, table: Table, draw: Random) -> Iterator[_Call]:
    """Plan what somebody does, of one table of ``work.toml``."""
    if draw.random() >= table.get("chance", 1):
        return
    account, _, function = table.get("function", "").partition("/")
    own: Any = None if function else world.user(table["user"]).access_keys[0]
    if function:
        account_id = world.account(account).account_id
        arn = f"arn:aws:lambda:us-east-1:{account_id}:function:{function}"
        own = world.accounts[account_id].resources[arn]
    policies = _WORK["policies"]
    actor = Actor(world, table["ip"], table["agent"], {"own": own}, policies, {}, PASSWORD)
    is_refused = table.get("is_refused", False)
    for start, end in table["periods"]:
        if "assume" in table:
            yield _Call(start, actor, read_line(table["assume"]))
        for part in sorted(draw.random() for _ in range(table["many"])):
            moment = start + timedelta(seconds=20 + int(part * (end - start).total_seconds()))
            text = _filled(draw.choice(table["turns"]), {"map": draw.choice(_MAPS)})
            for line in read_lines(text, "role" if "assume" in table else "own"):
                moment += timedelta(seconds=draw.randint(2, 15))
                yield _Call(moment, actor, line, is_refused)


def _filled(text: str, names: dict[str, str]) -> str:
    """Put names into a text of calls."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
