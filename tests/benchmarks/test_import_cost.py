"""What it costs to import iamlab and to draw a figure, beside other imports in the same run."""

import subprocess
import sys

TRIES = 10
CODE = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
CLIENT = "import boto3; boto3.client('iam', region_name='us-east-1')"
FIRST_USER = "import iamlab; iamlab.World().create_account('main').create_user('ana')"
FIRST_FIGURE = "from iamlab.view import door; door().svg()"


def _seconds(*codes):
    """Run each code in new processes, by turns; the quickest of its tries, as noise only adds."""
    best = [float("inf")] * len(codes)
    for _ in range(TRIES):
        for number, code in enumerate(codes):
            command = [sys.executable, "-c", CODE.format(code)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            best[number] = min(best[number], float(run.stdout))
    return best


def test_import_iamlab_takes_at_most_a_third_of_import_boto3():
    """The core starts fast."""
    iamlab, boto3 = _seconds("import iamlab", "import boto3")

    assert iamlab <= boto3 / 3


def test_a_world_is_there_before_a_client_of_iam_is():
    """With all that a decision and an operation of IAM need, beside boto3 with its client."""
    user, client = _seconds(FIRST_USER, CLIENT)

    assert user <= client


def test_the_first_figure_is_there_before_matplotlib_is():
    """Drawn as SVG, imports and all: it takes at most half of what importing matplotlib does."""
    figure, matplotlib = _seconds(FIRST_FIGURE, "import matplotlib.figure")

    assert figure <= matplotlib / 2
