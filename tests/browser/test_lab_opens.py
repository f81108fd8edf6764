"""JupyterLab and the first lesson, as a learner meets them."""

import json
import re
import urllib.request
from pathlib import Path


def test_the_map_leads_to_the_lesson_where_the_learner_left_off(open_notebook, notebooks):
    """A link opens the lesson in JupyterLab; another one downloads the file."""
    file = notebooks / "iamlab_progress.jsonl"
    record = {"kind": "hint", "exercise": "2.1", "lesson": "02", "time": "2026-11-29"}
    file.write_text(json.dumps({**record, "version": "0.1.0"}) + "\n", "utf-8")
    lab = open_notebook("index.ipynb")
    lab.run_all()
    with lab.page.expect_download() as downloaded:
        lab.page.get_by_role("link", name="Download progress").first.click()
    lab.page.get_by_role("link", name="Continue with exercise 2.1").first.click()
    lab.page.get_by_role("heading", name="02 Deny wins").wait_for()

    assert downloaded.value.suggested_filename == "iamlab_progress.jsonl"
    assert json.loads(Path(downloaded.value.path()).read_text("utf-8"))["exercise"] == "2.1"
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
