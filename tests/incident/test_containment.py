"""Containment: what closes the leak, what it costs, and what the attacker can still do."""

from dataclasses import replace
from itertools import combinations

import pytest

from iamlab import Policy, World
from iamlab.errors import RequestError
from iamlab.incident import CHOICES, contain, edits, excessive, fault, kept, leak, score
from iamlab.incident.company import build_company
from iamlab.incident.containment import remains
from iamlab.incident.night import MOST_EDITS
from tests.incident.nights import FEW, SEEDS, found


def _with(world, names):
    changed = world.copy()
    for name in names:
        contain(changed, name)
    return changed


def _works(world, its):
    return fault(world, its) == () and all(world.can(*request) for request in kept(world))


def _redesigned(world):
    """Deny each excessive request with a statement of its own."""
    changed = world.copy()
    for number, (caller, action, resource) in enumerate(excessive(world)):
        user = changed.user(caller.rpartition("/")[2])
        user.put_policy(f"no-{number}", Policy.deny(action, resource))
    return changed


def _solution(its, world, path, names=()):
    """Search: only an edit that stops the path that was found leads on."""
    if path is None:
        return names if _works(world, its) else None
    for name in CHOICES if len(names) < MOST_EDITS else ():
        after = _with(world, [name])
        other = leak(after, its)
        solution = _solution(its, after, other, (*names, name)) if other != path else None
        if solution is not None:
            return solution
    return None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_contains_every_night_with_a_few_edits(seed):
    """Without an edit the maps leak; at most three close the leak and break nothing."""
    its = found(seed)
    path = leak(its.world, its)
    solution = _solution(its, its.world, path)

    assert path is not None
    assert solution is not None
    assert 1 <= len(edits(its.world, _with(its.world, solution))) <= MOST_EDITS


@pytest.mark.parametrize("seed", SEEDS)
def test_the_edits_for_what_the_attacker_left_are_enough_and_each_is_needed(seed):
    """The fewest edits of the score are those of the plan."""
    its = found(seed)
    result = score(_with(its.world, its.plan.leaves), its)

    assert result.is_contained
    assert (result.kept, len(result.edits)) == (1, result.fewest)
    for name in its.plan.leaves:
        others = [other for other in its.plan.leaves if other != name]
        assert leak(_with(its.world, others), its) is not None


@pytest.mark.slow
def test_no_three_edits_contain_all_nights():
    """A fixed answer fails: eight seeds are enough to show it."""

    def contains(names, its):
        world = _with(its.world, names)
        return leak(world, its) is None and _works(world, its)

    every = combinations(CHOICES, MOST_EDITS)
    all_seeds = [names for names in every if all(contains(names, found(seed)) for seed in range(8))]

    assert all_seeds == []


@pytest.mark.parametrize("seed", FEW)
def test_each_choice_can_be_made_in_each_world(seed):
    """An edit changes one thing, or nothing if there is nothing to take away."""
    its = found(seed)

    assert all(len(edits(its.world, _with(its.world, [name]))) <= 1 for name in CHOICES)


@pytest.mark.parametrize("seed", FEW)
def test_what_is_put_back_is_as_before_the_night(seed):
    """The attacker's traces are gone: the rest of the difference is colleagues' work, and keys."""
    its = found(seed)
    before = World(seed)
    build_company(before)
    after = _with(its.world, [*its.plan.leaves, *its.plan.erases])
    left = [line for line in before.diff(after) if "function" not in line]

    assert remains(after, its) == ()
    assert all("developer-tools" in own or "AWSRevokeOlderSessions" in own for own in left), left


@pytest.mark.parametrize("name", ["no-nightly-job", "no-vendor", "no-maps-policy"])
def test_some_choices_break_daily_work(name):
    """Work that must go on is denied, and the score says which."""
    its = found(0)
    result = score(_with(its.world, [name]), its)

    assert result.lost
    assert 0 < result.kept < 1
    assert not result.is_contained


def test_an_unknown_edit_is_refused_with_a_similar_one():
    """A misspelt name gets a hint."""
    with pytest.raises(RequestError) as caught:
        contain(found(0).world.copy(), "bob-keys")

    assert "bob-key" in "".join(caught.value.__notes__)


def test_a_redesign_has_no_excess():
    """What a redesign must deny can be denied without breaking daily work."""
    its = found(0)
    result = score(_redesigned(its.world), its)

    assert set(score(its.world, its).excess) < set(excessive(its.world))
    assert len(score(its.world, its).excess) >= 16
    assert (result.excess, result.lost) == ((), ())


@pytest.mark.parametrize("user", ["bob", "dana", "frank", "plate-scanner"])
def test_after_a_redesign_the_next_key_that_leaks_leads_nowhere(user):
    """The matrix is strict enough: nobody whose key leaked becomes anybody who can read maps."""
    before = World(0)
    build_company(before)
    its = replace(found(0), held=(before.user(user).access_keys[0],), passwords=())

    assert leak(before, its) is not None
    assert leak(_redesigned(before), its) is None


def test_deleting_a_key_stops_it_as_deactivating_does():
    """Any correct containment counts, not only the choices of a card."""
    its = found(0)
    deleted, deactivated = (_with(its.world, its.plan.leaves[1:]) for _ in range(2))
    for key in deleted.user(its.plan.entry).access_keys:
        key.delete()
    contain(deactivated, its.plan.leaves[0])

    assert leak(deleted, its) is None
    assert len(edits(its.world, deleted)) == len(edits(its.world, deactivated))


def test_a_session_that_has_expired_leaks_nothing():
    """Without an edit of the session: after twelve hours it has ended."""
    its = next(its for its in map(found, range(20)) if its.plan.foothold == "session")
    world = _with(its.world, [name for name in its.plan.leaves if name != "auditor-sessions"])
    before = leak(world, its)
    world.clock.advance(hours=12)

    assert before is not None
    assert "auditor" in before[0]
    assert leak(world, its) is None


def test_anonymous_access_is_a_leak():
    """A bucket for everybody needs no credentials at all."""
    its = found(0)
    world = _with(its.world, its.plan.leaves)
    bucket = world.bucket("star-maps")
    bucket.delete_public_access_block()
    bucket.put_policy(Policy.allow("s3:GetObject", f"{bucket.arn}/*", principal="*"))

    assert leak(world, its)[0].startswith("without credentials")
