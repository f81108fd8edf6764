"""A trail is read about as fast as JSON can be, and needs no memory for its length."""

import time

import pytest

from tests.analysis.trails.trail_files import write_long
from tests.benchmarks.trails import only_loaded, used

RECORDS = 10_000


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A compressed file on one line."""
    return write_long(tmp_path_factory.mktemp("trails") / "trail.json.gz", RECORDS)


def seconds(work, tries=3):
    """Take the least processor time of several tries, since noise only adds."""
    best = float("inf")
    for _ in range(tries):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def test_events_and_uses_cost_little_more_than_the_json(path):
    """Checked, made into events, and asked what they used: a few times what json.load takes."""
    assert used(path)[1] == only_loaded(path) == RECORDS

    assert seconds(lambda: used(path)) <= 5 * seconds(lambda: only_loaded(path))
