"""A world of 5,000 users in 300 groups, beside a small one in the same run."""

import time

from iamlab import Policy, World

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
    """It depends on who asks and what hangs on them, not on how many others there are."""
    names = [f"user-{number}" for number in range(0, 100, 2)]
    small, big = _world(100, 6), _world(USERS, GROUPS)
    in_small, in_big = (_seconds(lambda one=one: _ask(one, names)) for one in (small, big))

    assert in_big <= 2 * in_small
