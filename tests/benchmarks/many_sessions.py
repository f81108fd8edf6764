"""Many sessions in one world: how long a question takes, and how much memory they need.

``python -m tests.benchmarks.many_sessions 100000`` says it.
"""

import resource
import sys
import time

from iamlab import Policy, World

OBJECT = "arn:aws:s3:::star-maps/m31.fits"
ROLES = 20


def world_of_roles():
    """Make an account with a user who may assume some roles, which may read."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    ana = main.create_user("ana")
    trust = Policy.allow(["sts:AssumeRole", "sts:TagSession"], None, principal=ana.arn)
    for number in range(ROLES):
        role = main.create_role(f"role-{number}", assume_role_policy_document=trust)
        role.put_policy("read", Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*"))
    return world, ana


def assume(world, ana, number):
    """Assume one of the roles, with a tag."""
    role = world.role(f"role-{number % ROLES}")
    return world.sts.assume_role(
        ana, role_arn=role, role_session_name=f"s{number:06d}", tags={"job": str(number % 100)}
    )


def seconds_of(world, sessions):
    """Measure how long a question takes, as a mean of one for each session."""
    start = time.perf_counter()
    for session in sessions:
        assert world.can(session, "s3:GetObject", OBJECT)
    return (time.perf_counter() - start) / len(sessions)


def main(number):
    """Make so many sessions, and say what they cost."""

    def memory():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def say(*words):
        print(*words)  # noqa: T201 - whoever runs it wants to read it

    world, ana = world_of_roles()
    first = assume(world, ana, 0)
    alone, before = seconds_of(world, [first] * 2000), memory()
    start = time.perf_counter()
    every = [assume(world, ana, n) for n in range(1, number + 1)]
    took = time.perf_counter() - start
    say(f"{number} sessions made in {took:.1f} s, {1e6 * took / number:.0f} us each")
    say(f"memory: {memory() - before:.0f} MiB, of which {len(world.events)} events a part")
    spread = every[:: max(1, number // 2000)]
    among = seconds_of(world, spread)
    say(f"can: {1e6 * alone:.0f} us with one session, {1e6 * among:.0f} us among all of them")
    start = time.perf_counter()
    twin = world.copy()
    say(f"copy: {time.perf_counter() - start:.2f} s, {len(twin.sessions)} sessions")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
