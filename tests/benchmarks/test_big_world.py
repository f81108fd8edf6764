"""A world of 5,000 users, or sessions, beside a small one; an organization asked at once."""

import time

from iamlab import Policy, World
from iamlab.analysis.access_matrix import everybody
from tests.benchmarks.big_organization import big_organization, question
from tests.benchmarks.many_sessions import assume, seconds_of, world_of_roles

USERS, GROUPS = 5_000, 300
READ, MAP = "s3:GetObject", "arn:aws:s3:::star-maps/m31"
POLICY = Policy.allow(READ, "arn:aws:s3:::star-maps/*")


def _world(users, groups):
    """Make users, each in one group."""
    world = World(seed=7)
    account = world.create_account("main")
    made = [account.create_group(f"group-{number}") for number in range(groups)]
    for group in made:
        group.put_policy("read", POLICY)
    for number in range(users):
        made[number % groups].add_user(account.create_user(f"user-{number}"))
    return world


def _seconds(action, tries=5):
    """Take the quickest of several tries, since noise only adds."""
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def _ask(world, names):
    world.changed()  # so that nothing is remembered
    for name in names:
        assert world.can(world.user(name), READ, MAP)


def test_a_decision_takes_no_longer_among_5000_users():
    """It depends on who asks and what is attached to them, not on how many others there are."""
    names = [f"user-{number}" for number in range(0, 100, 2)]
    small, big = _world(100, 6), _world(USERS, GROUPS)
    in_small, in_big = (_seconds(lambda item=item: _ask(item, names)) for item in (small, big))

    assert in_big <= 2 * in_small


def test_asking_everybody_is_faster_than_asking_one_by_one():
    """In an organization, once everybody is gathered; with its SCPs, RCPs, tags and groups."""
    world = big_organization(accounts=5, principals=60)
    action, resource = question(world)
    every = everybody(world)
    assert list(world.who_can(action, resource)) == [
        arn for arn in every if world.can(arn, action, resource)
    ]

    together = _seconds(lambda: world.who_can(action, resource))
    alone = _seconds(lambda: [world.can(arn, action, resource) for arn in every], tries=2)

    assert together <= alone / 3


def test_a_session_is_as_fast_among_5000_others():
    """What is known of it is found by its id."""
    world, ana = world_of_roles()
    first = assume(world, ana, 0)
    alone = _seconds(lambda: seconds_of(world, [first] * 50))
    every = [assume(world, ana, number) for number in range(5_000)]
    among = _seconds(lambda: seconds_of(world, every[::100]))

    assert among <= 2 * alone
