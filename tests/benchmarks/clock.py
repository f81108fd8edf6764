"""How long a piece of work takes, at best: noise only adds."""

import time
from collections.abc import Callable


def seconds(work: Callable[[], object], tries: int = 3) -> float:
    """Return the quickest of a few tries, in seconds of the processor."""
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best
