"""A long trail: how long it takes to read it and to say what each record used, and the memory.

``python -m tests.benchmarks.trails 1000000`` says it. The file is compressed, and one line.
"""

import gzip
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from iamlab import Trail
from iamlab.analysis.trails.uses import uses_of
from tests.analysis.trails.trail_files import write_long


def used(path):
    """Count the uses of a file by action; give also how many records there were."""
    trail = Trail(path)
    counts = Counter(use.action for event in trail for use in uses_of(event))
    return counts, trail.read


def only_loaded(path):
    """Read the same file with the standard library alone, all at once."""
    with gzip.open(path) as file:
        return len(json.load(file)["Records"])


def main(number):
    """Make a trail of so many records, and say what it costs to read."""

    def say(*words):
        print(*words)  # noqa: T201 - whoever runs it wants to read it

    def memory():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    with tempfile.TemporaryDirectory() as folder:
        path = write_long(Path(folder, "trail.json.gz"), number)
        size = path.stat().st_size / 2**20
        begun, cpu = time.perf_counter(), time.process_time()
        counts, read = used(path)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
        many = sum(counts.values())
        say(f"{read:,} records ({size:.0f} MiB compressed) in {took:.1f} s, {cpu:.1f} s of a core")
        say(f"{many:,} uses of {len(counts)} actions; peak memory {memory():.0f} MiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
