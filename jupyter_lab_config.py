"""How `make lab` starts JupyterLab; the browser tests start theirs with this same file.

By hand: jupyter lab --config=jupyter_lab_config.py
"""

import os
import sys
from pathlib import Path

c = get_config()

# The first day begins with the first lesson, and later ones with the map of the course.
progress = Path("notebooks", os.environ.get("IAMLAB_PROGRESS") or "iamlab_progress.jsonl")
is_first_day = not (progress.exists() or progress.with_suffix(".json").exists())
first = "00_start_here" if is_first_day else "index"

c.LabApp.default_url = f"/lab/tree/notebooks/{first}.ipynb"
c.ServerApp.ip = "127.0.0.1"  # nobody else on the network reaches it

# iamlab works offline, so JupyterLab asks no other host: no news, updates or list of extensions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"


def without_announcements(_handler, page_config):
    """Leave out the question whether to fetch news: a learner's first click is for the lesson."""
    page_config["disabledExtensions"].append("@jupyterlab/apputils-extension:announcements")
    return page_config


c.ServerApp.tornado_settings = {"page_config_hook": without_announcements}

# In a container everybody is root, and JupyterLab would refuse to start.
c.ServerApp.allow_root = True

# Without a screen there is no browser to open but one that would take over the terminal.
if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    c.ServerApp.open_browser = False
    c.LabApp.open_browser = False

# Of some thirty lines at the start, only the one with the address matters.
c.Application.log_level = "WARN"
