"""How the work grows when its input does.

``make test`` counts the steps that Python takes, which no other process can change; ``make
test-all`` also takes the processor's time, which sees what happens inside of a regular expression.
"""

import gc
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tests.effort import is_thorough

_CACHE: Any = type(lru_cache(len))
Work = Callable[[], object]
REPEATS, LONG, ATTEMPTS = 4, 3.0, 3
FEW = 2_000
"""So few steps are too little to matter."""
SHORT = 0.005
"""So few seconds are too short to measure."""


def steps(work: Work) -> int:
    """Count the lines that Python runs for a piece of work, and the calls, with caches emptied."""
    for cache in input_caches():
        cache.cache_clear()
    count = 0

    def step(*_: Any) -> Any:
        nonlocal count
        count += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def input_caches() -> list[Any]:
    """List iamlab's bounded caches: emptied before each measure, no earlier test makes it cheap.

    Caches without a bound, or for one value, hold the data that iamlab ships.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith("iamlab.")]
    caches = {
        id(value): value
        for module in modules
        for value in vars(module).values()
        if type(value) is _CACHE and (value.cache_parameters()["maxsize"] or 1) > 1
    }
    return list(caches.values())


def seconds(work: Work) -> float:
    """Return the least processor time of a few runs; what takes very long is timed once."""
    best = float("inf")
    caches = input_caches()
    gc.disable()  # a collection in one run and not in another would be noise
    try:
        for _ in range(REPEATS):
            for cache in caches:
                cache.cache_clear()
            start = time.process_time()
            work()
            best = min(best, time.process_time() - start)
            if best > LONG:
                break
    finally:
        gc.enable()
    return best


def grows_linearly(work_of: Callable[[int], Work], size: int, *, counted: int = 0) -> bool:
    """Return whether work on four times the input takes clearly less than sixteen times as much.

    Linear work takes 4 times, quadratic 16. The size is that for a clock; steps are counted of an
    eighth of it, or of ``counted``.
    """
    if not _few(steps, work_of, counted or max(size // 8, 10), FEW):
        return False
    return not is_thorough() or any(_few(seconds, work_of, size, SHORT) for _ in range(ATTEMPTS))


def _few(
    measure: Callable[[Work], float], work_of: Callable[[int], Work], size: int, least: float
) -> bool:
    small, large = (measure(work_of(of)) for of in (size, 4 * size))
    return large < least or large < 10 * small
