"""Every figure in more worlds than ``make test`` has time for: the second half of ``make soak``.

A seed is a world of each size, once with plain and once with ugly names.
"""

import traceback
from collections.abc import Iterator
from itertools import product
from multiprocessing import get_context

from tests.view.scenes import SIZES


def look_at_figures(first: int, seeds: int, jobs: int) -> Iterator[tuple[int, list[str]]]:
    """Draw all figures of some seeds, in several processes; return the faults of each seed."""
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(look_at_seed, range(first, first + seeds))


def look_at_seed(seed: int) -> tuple[int, list[str]]:
    """Draw all figures of one seed, and list their faults."""
    from tests.view.every_figure import FIGURES, SEARCHED, Scene, draw
    from tests.view.looking import faults

    complaints = []
    for size, ugly in product(SIZES, (False, True)):
        scene = Scene(size, seed, ugly=ugly)
        for name in FIGURES:
            if name in SEARCHED and size > SIZES[0]:
                continue  # its data would be searched for at times for minutes
            try:
                found = faults(draw(name, scene))
            except Exception:  # noqa: BLE001 - whatever it is, the scene must be printed
                found = [traceback.format_exc()]
            complaints += [f"{name} of {scene!r}: {fault}" for fault in found]
    return seed, complaints
