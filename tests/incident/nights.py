"""The nights of some seeds, each built once for all tests: who changes a world copies it."""

from functools import cache

import pytest

from iamlab.incident import night

FEW, MANY = range(3), range(3, 34)
"""The first 16 already have every part of an attack; a test asks all of these for it."""
IN_ONE_PROCESS = {seed: pytest.mark.xdist_group(f"night {seed}") for seed in (*FEW, *MANY)}
SEEDS = [
    *FEW,
    *(pytest.param(seed, marks=[pytest.mark.slow, IN_ONE_PROCESS[seed]]) for seed in MANY),
]
found = cache(night)
