"""How the time of a piece of work grows when its input does."""

import gc
import time
from collections.abc import Callable

REPEATS, LONG = 4, 3.0


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of a few runs; what takes very long is timed once."""
    best = float("inf")
    gc.collect()
    gc.disable()  # a collection in one run and not in another would be noise
    try:
        for _ in range(REPEATS):
            start = time.process_time()
            work()
            best = min(best, time.process_time() - start)
            if best > LONG:
                break
    finally:
        gc.enable()
    return best


def grows_linearly(work_of: Callable[[int], Callable[[], object]], size: int) -> bool:
    """Say whether work on four times the input takes clearly less than sixteen times as long.

    Linear work takes 4 times, quadratic 16. Work of less than five milliseconds is too short to
    measure, and too short to matter.
    """
    small, large = seconds(work_of(size)), seconds(work_of(4 * size))
    return large < 0.005 or large < 10 * small
