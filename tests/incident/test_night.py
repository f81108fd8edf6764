"""The night: its world, its trail, and the attack in it."""

from collections import Counter
from dataclasses import fields

import pytest

from iamlab.incident import Plan, kept, plans, populate
from iamlab.incident.night import MORNING
from iamlab.teach.callers import LessonWorld
from tests.incident.nights import FEW, MANY, SEEDS, found

LEAST = {"entry": 4, "escalation": 6, "foothold": 5, "exfiltration": 3}
"""How many different ones of each part there are at least."""


def _calls_of(world, ids):
    return [event for event in world.events if event.event_id in ids]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_world_has_the_size_of_a_small_company(seed):
    """Four accounts, about 12 principals, about 30 policies and 400 events, for every seed."""
    world = found(seed).world
    accounts = world.accounts.values()
    identities = [own for acc in accounts for own in (*acc.users.values(), *acc.roles.values())]
    groups = [own for acc in accounts for own in acc.groups.values()]
    policies = sum(len(own.inline) for own in (*identities, *groups))
    policies += sum(len(acc.policies) + len(acc.roles) for acc in accounts)
    policies += sum(own.policy is not None for acc in accounts for own in acc.resources.values())

    assert [acc.name for acc in accounts] == ["acme-main", "acme-data", "acme-org", "starsoft"]
    assert 10 <= len(identities) <= 15
    assert 26 <= policies <= 34
    assert 340 <= len(world.events) <= 440


@pytest.mark.parametrize("seed", SEEDS)
def test_the_trail_has_the_attack_in_order_and_authorized(seed):
    """Each call of the attacker is in the trail: it was allowed, or it is one of the refused."""
    attack, refused, world = found(seed).attack, found(seed).refused, found(seed).world
    events = _calls_of(world, attack)
    outcomes = {event.event_id: event.outcome for event in events}

    assert tuple(event.event_id for event in events) == attack
    assert set(outcomes.values()) == {"allowed", "denied"}
    assert {own for own, outcome in outcomes.items() if outcome == "denied"} == refused
    assert len(refused) == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_the_attack_begins_with_the_leaked_key_and_ends_with_the_maps(seed):
    """The first call is signed with the leaked key, the last ones read the objects that left."""
    attack, goal, world = found(seed).attack, found(seed).goal, found(seed).world
    first, *_ = events = _calls_of(world, attack)
    read = [event.resources[0] for event in events if event.event_name == "GetObject"]

    assert first.user_identity["accessKeyId"] == found(seed).access_key_id
    assert first.user_identity["userName"] == found(seed).plan.entry
    assert tuple(read[-len(goal) :]) == goal


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_elses_calls_are_allowed_but_for_the_contractors(seed):
    """Only Dana's attempts in the evening are denied, outside the attack."""
    attack, world = found(seed).attack, found(seed).world
    others = [event for event in world.events if event.event_id not in attack]

    assert {own.user_identity["userName"] for own in others if own.outcome != "allowed"} <= {"dana"}


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_can_work_in_the_morning(seed):
    """The nightly job and daily work are allowed before any edit, and the job can run."""
    world = found(seed).world.copy()
    [job] = [
        own for own in world.account("acme-main").resources.values() if own.name == "nightly-job"
    ]
    session = job.role_session()

    assert [request for request in kept(world) if not world.can(*request)] == []
    assert world.can(session, "s3:GetObject", "arn:aws:s3:::star-maps/survey/m31.fits")
    assert world.can(session, "s3:PutObject", "arn:aws:s3:::star-archive/survey/m31.fits")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_attacker_is_not_in_the_office(seed):
    """And has no address that somebody works from, in the whole trail."""
    attack, world = found(seed).attack, found(seed).world
    places = {own.source_ip_address for own in _calls_of(world, attack)} - {"lambda.amazonaws.com"}
    others = {own.source_ip_address for own in world.events if own.event_id not in attack}

    assert places.isdisjoint(others)
    assert not any(own.startswith("203.0.113.") for own in places)


def test_who_signs_in_to_the_console_uses_a_browser():
    """Also after a switch to a role, whose session has the user's name."""
    own = _calls_of(found(14).world, found(14).attack)
    console = {call.user_agent.split()[0] for call in own if "/erin" in str(call.user_identity)}
    switched = [call.user_identity["arn"] for call in own if call.event_name == "SwitchRole"]

    assert console == {"Mozilla/5.0"}
    assert switched == ["arn:aws:sts::111111111111:assumed-role/auditor/erin"]


@pytest.mark.parametrize("seed", FEW)
def test_the_same_seed_gives_the_same_night(seed):
    """The plan, the trail and the credentials follow from the seed, also in a lesson's world."""
    first, again = found(seed), populate(LessonWorld(seed), seed)

    assert again.world.events == first.world.events
    assert tuple(first.world.diff(again.world)) == ()
    assert again.plan == first.plan
    assert [own.access_key_id for own in again.held if hasattr(own, "access_key_id")] == [
        own.access_key_id for own in first.held if hasattr(own, "access_key_id")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("part", [part.name for part in fields(Plan)])
def test_the_seeds_have_every_part(part):
    """Each entry, escalation, foothold and exfiltration that is possible happens in some seed."""
    happened = Counter(getattr(found(seed).plan, part) for seed in (*FEW, *MANY))

    assert set(happened) == {getattr(plan, part) for plan in plans()}
    assert len(happened) >= LEAST[part]


def test_the_attackers_account_is_not_in_the_world():
    """The learner sees its id in events and policies, but none of its principals and logs."""
    seed = next(seed for seed in range(20) if found(seed).plan.foothold == "trust")
    outside, world = found(seed).outside, found(seed).world
    seen = [event for event in world.events if event.user_identity.get("accountId") == outside]

    assert outside not in world.accounts
    assert seen
    assert {event.recipient_account_id for event in seen} == {"111111111111"}


def test_the_night_ends_in_the_morning_after_36_hours():
    """The clock is at 8:00, and the trail begins in the evening before the day."""
    world = found(0).world

    assert world.clock.now == MORNING
    assert (MORNING - world.events[0].event_time).total_seconds() <= 36 * 3600


def test_the_trail_gives_no_hint_that_a_real_one_does_not():
    """Times are whole seconds, and the attacker's programs and networks are those of others too."""
    world, attack = found(0).world, found(0).attack
    others = {event.user_agent for event in world.events if event.event_id not in attack}

    assert {event.event_time.microsecond for event in world.events} == {0}
    assert any(event.user_agent in others for event in _calls_of(world, attack))


def test_a_probe_is_refused_for_good_reasons():
    """With power, the attacker is still stopped by a service control policy."""
    events = _calls_of(found(0).world, found(0).refused)

    assert "service control policy" in events[-1].error_message
