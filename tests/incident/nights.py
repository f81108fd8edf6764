"""The nights of some seeds, each built once for all tests: who changes a world copies it."""

from functools import cache

import pytest

from iamlab.incident import night

FEW, MANY = range(3), range(3, 34)
"""Half as many seeds already have every part of an attack; a test asks for that."""
SEEDS = [*FEW, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MANY)]
found = cache(night)
