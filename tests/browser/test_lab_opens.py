"""JupyterLab and the first lesson, as a learner meets them."""

import json
import re
import urllib.request


def test_first_lesson_runs_without_error_and_asks_no_other_host(open_notebook):
    """The first lesson runs from top to bottom in a browser, and nothing leaves the machine."""
    lab = open_notebook("00_start_here.ipynb")
    lab.run_all()

    assert lab.cell_errors() == []
    assert lab.outside_requests == []


def test_jupyterlab_opens_at_the_first_lesson_and_fetches_no_news(jupyter_url):
    """The server's own settings lead to the first lesson and keep it from asking other hosts."""
    with urllib.request.urlopen(jupyter_url) as response:
        html = response.read().decode()
    script = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    config = json.loads(script[1])

    assert config["treePath"] == "notebooks/00_start_here.ipynb"
    assert config["news"] == {"disabled": True}
    assert config["extensionManager"]["name"] == "read-only"
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
