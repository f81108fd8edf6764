"""The browser edition for the tests: built once, served as plain files, open in a page."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import ALL_CELLS, CELLS, READY, REPOSITORY, LabPage
from tests.browser.hub import NO_ANSWER, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = Path(sys.prefix, "site", "bin")
"""The programs that make the site; `make test-all` installs them."""
PYTHON = TOOLS / "python"
SOURCES = ("iamlab", "lite", "notebooks", "pyproject.toml")
OFFLINE = (*NO_ANSWER, "NewConnectionError", "NameResolutionError", "Temporary failure in name")

# A new kernel would take seconds for each lesson; this one has its modules already.
OPEN_WITH_KERNEL = """async path => {
  const app = window.jupyterapp;
  const open = [...app.shell.widgets('main')].filter(one => one.context);
  const { id, name } = open[0].context.sessionContext.session.kernel;
  open.forEach(one => one.dispose());
  await app.commands.execute('docmanager:open', { path, kernel: { id, name } });
}"""
RESTART = """async () => {
  const { sessionContext } = window.jupyterapp.shell.currentWidget.context;
  await sessionContext.session.kernel.restart();
}"""
SAVE = "async () => { await window.jupyterapp.shell.currentWidget.context.save(); }"
PATH = "() => window.jupyterapp.shell.currentWidget.context.path"


def version() -> str:
    """Return a hash of all that the site is made of."""
    found = hashlib.sha256()
    for name in SOURCES:
        start = REPOSITORY / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            is_own = "iamlab_progress" in path.name or path.suffix == ".pyc"
            if path.is_file() and not is_own:
                found.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def built(cache: Path) -> Path:
    """Return the folder of the site; build it if the cache has another version.

    Raises
    ------
    UnreachableError
        npm or the Python index doesn't answer.
    RuntimeError
        The environment is missing, or the site can't be built.
    """
    site = cache / version()
    if not (site / "lab/index.html").exists():
        if not PYTHON.exists():
            message = f"there is no {PYTHON}, which builds the site: make {PYTHON.parents[1]}/.site"
            raise RuntimeError(message)
        for old in cache.iterdir():
            shutil.rmtree(old)
        command = [PYTHON, "-m", "lite.make", "--target", site]
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode:
            is_offline = any(own in done.stderr for own in OFFLINE)
            kind = UnreachableError if is_offline else RuntimeError
            message = f"the site wasn't built: {done.stderr[-2000:]}"
            raise kind(message)
    return site


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and keeps connections open as real servers do."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Write no line for each request."""


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class LitePage(LabPage):
    """The browser edition in a page, with the storage of one learner."""

    def __init__(self, browser, server):
        super().__init__(browser, server)
        self.site = server
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message):
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def open(self, path="", seconds=120):
        """Load the site, which opens a notebook, and wait until its kernel is idle."""
        self.page.goto(f"{self.site}/lab/index.html{path}")
        self.page.evaluate(READY, seconds)
        self.page.evaluate(ALL_CELLS, seconds)

    def turn_to(self, path, seconds=120):
        """Open a notebook in place of the one that is open, and keep the kernel."""
        self.page.evaluate(OPEN_WITH_KERNEL, path)
        self.page.evaluate(READY, seconds)
        self.page.evaluate(ALL_CELLS, seconds)

    def restart(self, seconds=120):
        """Restart the kernel, which forgets everything."""
        self.page.evaluate(RESTART)
        self.page.evaluate(READY, seconds)

    def save(self):
        """Save the notebook, so that the browser doesn't ask whether to leave the page."""
        self.page.evaluate(SAVE)

    @property
    def opened(self):
        """The path of the notebook that is open."""
        return self.page.evaluate(PATH)

    def outputs(self):
        """Return the text of all outputs, as the notebook has them."""
        return json.dumps(
            [cell.get("outputs", []) for cell in self.page.evaluate(CELLS)], ensure_ascii=False
        )
