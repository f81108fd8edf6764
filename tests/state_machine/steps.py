"""What state machines have in common: steps drawn from pools, and how each of them may end."""

import random
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from iamlab import World
from iamlab.errors import AwsError, RequestError
from tests.model.world_contents import snapshot

Fault = tuple[bool, type[Exception]]
"""Whether something is in the way, and what is then answered."""

BOTH = (False, True)
MOST_TRIES = 5


class Steps(dict[str, dict[str, tuple[Any, ...]]]):
    """Each step of a machine, and what its parameters are drawn from."""

    def step(self, **pools: tuple[Any, ...]) -> Callable[[Callable[..., None]], Any]:
        """Make a rule, whose operation is done by a method of iamlab's or by a call of the API."""

        def make(function: Callable[..., None]) -> Any:
            @wraps(function)
            def run(machine: Any, *, by_method: bool, **arguments: Any) -> None:
                machine.by_method = by_method
                function(machine, **arguments)

            self[function.__name__] = every = {"by_method": BOTH, **pools}
            return rule(**{name: st.sampled_from(pool) for name, pool in every.items()})(run)

        return make

    def take(self, machine: Any, draw: random.Random, among: tuple[str, ...] = ()) -> None:
        """Take one step by plain chance; if nothing is there for it, take another one."""
        before, tries = machine.ended.total(), 0
        while machine.ended.total() == before and tries < MOST_TRIES:
            name, tries = draw.choice(among or tuple(self)), tries + 1
            getattr(machine, name)(**{key: draw.choice(pool) for key, pool in self[name].items()})


class Stepping(RuleBasedStateMachine):
    """A machine that does one operation at a time, each done whole or not at all."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.by_method, self.operation = True, ""
        self.answer: Any = None
        self.ended: Counter[tuple[str, str]] = Counter()  # operation, error or "done"

    def ends_well(self, ask: Callable[[], Any], *faults: Fault) -> bool:
        """Do something. If there are faults, one of them is answered and nothing is changed."""
        expected = tuple(error for holds, error in faults if holds)
        before, ended = snapshot(self.world), None
        try:
            self.answer = ask()
        except (AwsError, RequestError) as error:
            ended = error
        self.ended[self.operation, type(ended).__name__ if ended else "done"] += 1
        if ended is None:
            assert not expected, (self.operation, expected)
            return True
        if not isinstance(ended, expected):
            raise ended
        assert snapshot(self.world) == before, (self.operation, ended)
        return False
