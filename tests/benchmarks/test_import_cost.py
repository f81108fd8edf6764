"""What it costs to import iamlab, beside what it costs to import boto3, in the same run."""

import subprocess
import sys

TRIES = 5
CODE = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def _seconds(module):
    """Import a module in a new process; the quickest of several tries, since noise only adds."""
    command = [sys.executable, "-c", CODE.format(module)]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(TRIES)
    ]
    return min(float(run.stdout) for run in runs)


def test_import_iamlab_takes_at_most_a_third_of_import_boto3():
    """The core starts fast."""
    boto3 = _seconds("boto3")

    assert _seconds("iamlab") <= boto3 / 3


def test_even_the_world_takes_no_longer_than_boto3():
    """With everything that a decision needs, it is still quicker than boto3 without a client."""
    boto3 = _seconds("boto3")

    assert _seconds("iamlab.world.world") <= boto3
