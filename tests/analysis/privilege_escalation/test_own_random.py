"""Own ways in worlds of chance: each keeps its promise, and none is forgotten."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AwsError
from tests.analysis.privilege_escalation import random_worlds
from tests.analysis.privilege_escalation.own_paths import Own, moves
from tests.analysis.privilege_escalation.random_worlds import PROBES
from tests.effort import tries


def callers(world: World) -> list[str]:
    """Return the users and roles of the main account."""
    main = world.accounts[random_worlds.MAIN]
    return [user.arn for user in (*main.users.values(), *main.roles.values())]


@settings(max_examples=tries(15))
@given(st.integers(0, 1_000_000))
def test_two_own_steps_are_kept_by_the_replay(seed: int) -> None:
    """No call is refused, and the caller may then do just what was promised."""
    world = random_worlds.made(seed)
    own = Own(world)
    arn = callers(world)[seed % 6]
    for number, path in enumerate(own.paths(own.power(arn), 2)):
        if number % 3 == seed % 3:
            assert own.kept(path, PROBES) == own.promised(path.target, PROBES), str(path)


@settings(max_examples=tries(15))
@given(st.integers(0, 1_000_000))
def test_whatever_makes_more_of_somebody_is_an_own_way(seed: int) -> None:
    """Every call is tried that a principal can make on its own: what gains has an edge for it."""
    world = random_worlds.made(seed)
    own = Own(world)
    arn = callers(world)[seed % 6]
    before = {probe for probe in PROBES if world.can(arn, *probe, allow_unknown=True)}
    reached: list[set[Any]] | None = None
    for move in moves(world, arn):
        twin = world.copy()
        try:
            for name, given_ in move:
                twin.accounts[random_worlds.MAIN].call(name, arn, **given_)
        except AwsError:
            continue
        after = {probe for probe in PROBES if twin.can(arn, *probe, allow_unknown=True)}
        if after - before:
            if reached is None:
                powers = {path.target for path in own.paths(own.power(arn), 3)}
                mine = [power for power in powers if power.arn == arn]
                reached = [
                    {
                        probe
                        for probe, may in zip(PROBES, own.promised(power, PROBES), strict=True)
                        if may
                    }
                    for power in mine
                ]
            assert any(after <= some for some in reached), (arn, move)
