"""``iamlab lab`` starts a real JupyterLab that has the lessons and opens the first one."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.browser.hub import free_ports
from tests.cli.helpers import ROOT_FOLDER
from tests.effort import slow


@slow
def test_jupyterlab_opens_the_first_lesson_of_the_folder(tmp_path: Path) -> None:
    """On this computer alone, at an address that it prints."""
    [port] = free_ports(1)
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    process = subprocess.Popen(
        [sys.executable, "-m", "iamlab", "lab", "own", "--no-browser", f"--port={port}"],
        cwd=tmp_path,
        env={**os.environ, **own, "PYTHONPATH": str(ROOT_FOLDER)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout
        printed = ""
        for line in process.stdout:
            printed += line
            if found := re.search(r"(http://127\.0\.0\.1:\d+)(\S+)\?token=(\w+)", line):
                break
        else:
            raise AssertionError(printed)
        address, opened, token = found.groups()
        with urlopen(f"{address}/api/contents?token={token}") as answer:
            files = {own["name"] for own in json.load(answer)["content"]}
        process.send_signal(signal.SIGTERM)

    assert "Copied: 00_start_here.ipynb" in printed
    assert opened == "/lab/tree/00_start_here.ipynb"
    assert files == {*(path.name for path in (tmp_path / "own").glob("[!.]*"))}
    assert process.returncode == 0
