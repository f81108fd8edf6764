"""Reach takes time that grows as the company does, and not as its square."""

import time

import pytest

from tests.benchmarks.reach import company, dense

SMALL, LARGE = 100, 400
MOST = 10
"""Four times the principals may take so many times the time; each with each would take 16."""


def seconds(principals):
    """Measure how long all edges take, at best."""
    best = float("inf")
    for _ in range(2):
        world = company(principals, 1)
        start = time.perf_counter()
        assert world.reach().edges
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize(("make", "principals", "most"), [(dense, 100, 20), (company, 500, 15)])
def test_administrators_are_found_in_time(make, principals, most):
    """The seconds are of this process alone: 300 dense principals take 60 at most."""
    world = make(principals, 1) if make is company else make(principals)
    reach = world.reach()
    start = time.process_time()
    assert reach.admins()
    assert time.process_time() - start < most


def test_reach_grows_as_the_company_does():
    """Most principals can do nothing of what a way takes, and are soon left alone."""
    assert seconds(LARGE) < MOST * seconds(SMALL)
