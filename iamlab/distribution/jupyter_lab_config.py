"""JupyterLab's settings: ``iamlab lab`` starts with this file, and so do Binder and the image.

Jupyter runs the file, and defines ``get_config`` for it. To start with it by hand:
jupyter lab --config=iamlab/distribution/jupyter_lab_config.py
"""

import os
import sys
from pathlib import Path
from typing import Any


def configure(c: Any) -> None:
    """Set what a learner needs, and let JupyterLab ask no other host."""
    # JupyterLab is started in the folder of the lessons, or in the one above it.
    folder = "" if Path("00_start_here.ipynb").exists() else "notebooks/"

    # The first day begins with the first lesson, and later ones with the map of the course.
    progress = Path(folder, os.environ.get("IAMLAB_PROGRESS") or "iamlab_progress.jsonl")
    is_first_day = not (progress.exists() or progress.with_suffix(".json").exists())
    first = "00_start_here" if is_first_day else "index"

    c.LabApp.default_url = f"/lab/tree/{folder}{first}.ipynb"
    c.ServerApp.ip = "127.0.0.1"  # nobody else on the network reaches it

    # iamlab works offline: no news, no updates and no list of extensions.
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
    c.LabApp.extension_manager = "readonly"
    c.ServerApp.tornado_settings = {"page_config_hook": _without_announcements}

    # In some containers everybody is root, and JupyterLab would refuse to start.
    c.ServerApp.allow_root = True

    # Without a screen there is no browser to open but one that would take over the terminal.
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        c.ServerApp.open_browser = False
        c.LabApp.open_browser = False

    # Of some thirty lines at the start, only the one with the address matters.
    c.Application.log_level = "WARN"


def _without_announcements(_: object, page_config: dict[str, Any]) -> dict[str, Any]:
    """Leave out the question whether to fetch news: a learner's first click is for the lesson."""
    page_config["disabledExtensions"].append("@jupyterlab/apputils-extension:announcements")
    return page_config


if "get_config" in globals():
    configure(globals()["get_config"]())
