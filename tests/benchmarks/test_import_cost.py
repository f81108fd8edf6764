"""What it costs to import iamlab, beside what it costs to import boto3, in the same run."""

import subprocess
import sys

TRIES = 5
CODE = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
CLIENT = "import boto3; boto3.client('iam', region_name='us-east-1')"


def _seconds(code):
    """Run some code in a new process; the quickest of several tries, since noise only adds."""
    command = [sys.executable, "-c", CODE.format(code)]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(TRIES)
    ]
    return min(float(run.stdout) for run in runs)


def test_import_iamlab_takes_at_most_a_third_of_import_boto3():
    """The core starts fast."""
    boto3 = _seconds("import boto3")

    assert _seconds("import iamlab") <= boto3 / 3


def test_a_world_is_there_before_a_client_of_iam_is():
    """With all that a decision and an operation of IAM need, beside boto3 with its client."""
    client = _seconds(CLIENT)
    first = "import iamlab; iamlab.World().create_account('main').create_user('ana')"

    assert _seconds(first) <= client
