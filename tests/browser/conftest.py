"""A real JupyterLab and a real browser, as a learner has them.

A test takes ``open_notebook`` and gets a ``LabPage``::

    def test_first_lesson_runs(open_notebook):
        lab = open_notebook("00_start_here.ipynb")
        lab.run_all()

        assert lab.cell_errors() == []
        assert lab.outside_requests == []
        lab.page.get_by_role("button", name="Check", exact=True).click()

Every test in this folder is marked ``browser``. Each of ``GROUPS`` runs in one worker: the lessons
by mouse, which take half of the time, the hub, the browser edition, the site, and all others.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from scripts.make_course_pdf import find_browser
from tests.browser.hub import free_ports
from tests.browser.learner import Learner
from tests.effort import give_up

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
MOST_TESTS = 3
"""So many tests share a page: it keeps parts of closed notebooks, and gets slower."""
GROUPS = {"test_lessons": "mouse", "test_hub": "hub", "test_lite": "lite", "test_site": "site"}
PATIENCE = 15_000
"""So long an expectation waits, in ms: three workers share two processors."""
NO_BROWSER = "there is no Chromium or Chrome on this machine"

# Each script below gives up by itself: Playwright would wait for it for ever.
WITHIN = """
const within = (seconds, what, work) => Promise.race([work(), new Promise((_, reject) =>
  setTimeout(() => reject(new Error(what + ' took over ' + seconds + ' s; the page says: '
    + (document.querySelector('.jp-Dialog') || document.body).innerText.slice(0, 500))),
  seconds * 1000))]);
const until = async happened => { while (!happened()) await new Promise(r => setTimeout(r, 50)); };
"""

READY = f"""async seconds => {{ {WITHIN}
  await within(seconds, 'opening the notebook', async () => {{
    await until(() => window.jupyterapp);
    const app = window.jupyterapp;
    await app.restored;
    await until(() => app.shell.currentWidget && app.shell.currentWidget.context);
    const context = app.shell.currentWidget.context;
    await context.ready;
    await context.sessionContext.ready;
    await until(() => context.sessionContext.session);
    await context.sessionContext.session.kernel.info;
    await until(() => context.sessionContext.session.kernel.status === 'idle');
  }});
}}"""

# A cell's last reply may overtake what its widgets still have to say: hence one more round trip.
RUN_ALL = f"""async seconds => {{ {WITHIN}
  await within(seconds, 'running all cells', async () => {{
    const app = window.jupyterapp;
    const kernel = app.shell.currentWidget.context.sessionContext.session.kernel;
    await app.commands.execute('notebook:run-all-cells');
    await kernel.requestKernelInfo();
    await until(() => kernel.status === 'idle');
  }});
}}"""

# Idle for a while: what waits in the browser for its turn is sent as soon as the kernel is idle.
# And at rest: while cards still move, a click may be pressed on one place and released on another.
SETTLED = f"""async seconds => {{ {WITHIN}
  await within(seconds, 'settling', async () => {{
    const context = window.jupyterapp.shell.currentWidget.context;
    const kernel = context.sessionContext.session.kernel;
    const places = () => [...document.querySelectorAll('.jp-Cell')]
      .map(one => one.getBoundingClientRect().top).join();
    let since = Date.now(), before = places();
    const busy = () => {{
      const now = places();
      if (kernel.status !== 'idle' || now !== before) since = Date.now();
      before = now;
    }};
    await until(() => {{ busy(); return Date.now() - since > 500; }});
  }});
}}"""

# Cells that are out of sight stay on the page. Each is scrolled to once, as JupyterLab draws a cell
# when it is in sight, or when the browser has time. What moves or blinks is drawn again and again.
ALL_CELLS = f"""async seconds => {{ {WITHIN}
  const still = document.createElement('style');
  still.textContent = `*, *::before, *::after {{ animation: none !important;
    transition: none !important; caret-color: transparent !important; }}`;
  document.head.append(still);
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.notebookConfig = {{ ...notebook.notebookConfig, windowingMode: 'none' }};
  await within(seconds, 'scrolling to all cells', async () => {{
    for (const one of notebook.widgets) {{
      one.node.scrollIntoView();
      await new Promise(drawn => requestAnimationFrame(drawn));
    }}
    notebook.widgets[0].node.scrollIntoView();
  }});
}}"""

CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"

OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"

# A notebook that never opened has no kernel to stop.
CLOSE = """async () => {
  for (const one of [...(window.jupyterapp?.shell.widgets('main') ?? [])]) {
    await one.context?.sessionContext.shutdown();
    one.dispose();
  }
}"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark every test of this folder, so that nobody has to remember it."""
    for item in items:
        if HERE in item.path.parents:
            group = GROUPS.get(item.path.stem, "keyboard")
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(group))


class LabPage:
    """One notebook, open in JupyterLab; ``page`` is Playwright's, for all that is not here."""

    def __init__(self, browser, server):
        self._lab, self._server = f"{server}/lab/tree", urlsplit(server).netloc
        self.outside_requests = []
        self._context = browser.new_context(viewport={"width": 1300, "height": 950})
        self._context.on("request", lambda request: self._note(request.url))
        self.page = self._context.new_page()
        self.page.on("websocket", lambda websocket: self._note(websocket.url))

    def _note(self, url):
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._server:
            self.outside_requests.append(url)

    def open(self, path, seconds=60):
        """Load JupyterLab with a notebook, and wait until its kernel is idle."""
        self.page.goto(f"{self._lab}/{path}?reset")
        self.page.evaluate(READY, seconds)

    def turn_to(self, path, seconds=60):
        """Close what is open and open a notebook; to load JupyterLab again would take seconds."""
        if self.page.url == "about:blank":
            self.open(path, seconds)
        else:
            self.close_notebooks()
            self.page.evaluate(OPEN, path)
            self.page.evaluate(READY, seconds)
        self.page.evaluate(ALL_CELLS, seconds)

    def reopen(self, seconds=60):
        """Load the page again, as on the next day."""
        self.page.goto(self.page.url)
        self.page.evaluate(READY, seconds)
        self.page.evaluate(ALL_CELLS, seconds)

    def close_notebooks(self):
        """Close all notebooks and stop their kernels."""
        self.page.evaluate(CLOSE)

    def leave(self):
        """Stop all kernels and close the page."""
        self.close_notebooks()
        self._context.close()

    def run_all(self, seconds=120):
        """Run all cells and wait until the last has ended; a cell that raises ends it too."""
        self.page.evaluate(RUN_ALL, seconds)
        self.settle(seconds)

    def settle(self, seconds=60):
        """Wait until for half a second the kernel has had nothing to do and nothing has moved."""
        self.page.evaluate(SETTLED, seconds)

    def cell_errors(self):
        """List what the cells raised, such as ``"cell 3: NameError: name 'x' is not defined"``."""
        return [
            f"cell {number}: {output['ename']}: {output['evalue']}"
            for number, cell in enumerate(self.page.evaluate(CELLS), start=1)
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    def screenshot(self, path):
        """Save what a learner sees now."""
        self.page.screenshot(path=path)


def wait_for(url, server, log, seconds=60):
    """Return when the server answers; fail with its log when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


# "package": Playwright keeps an event loop running, in which no other test should find itself.
@pytest.fixture(scope="package")
def browser():
    """Start Chromium; without one the browser tests are skipped, and fail where CI=true."""
    program = find_browser()
    if program is None:
        give_up(NO_BROWSER)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # Chromium's sandbox does not start as root, and the pages are our own. Neither a page
        # nor what works in its background can reach another host.
        args = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        chromium = playwright.chromium.launch(executable_path=program, args=args)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def lab_folder(tmp_path_factory):
    """Make the folder that JupyterLab serves; in it are the notebooks of each test."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="package")
def jupyter_url(lab_folder, tmp_path_factory):
    """Start JupyterLab with the settings of `make lab` and nobody's own, on a free port."""
    home = tmp_path_factory.mktemp("jupyter")
    log = home / "server.log"
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"),
        f"--config={REPOSITORY / 'iamlab/distribution/jupyter_lab_config.py'}",
        f"--ServerApp.root_dir={lab_folder}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
    ]
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    environment = os.environ | {name: str(path) for name, path in own.items()}
    with log.open("w") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=lab_folder, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"{url}/api/status", server, log)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def notebooks(lab_folder):
    """Lay the notebooks anew, in a folder of their own: JupyterLab may still look into the last."""
    folder = Path(mkdtemp(prefix="notebooks", dir=lab_folder))
    shutil.copytree(REPOSITORY / "notebooks", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture
def open_notebook(browser, jupyter_url, notebooks):
    """Return a function that opens a notebook by its name, in a page of its own."""
    opened = []

    def open_one(name):
        opened.append(lab := LabPage(browser, jupyter_url))
        lab.open(f"{notebooks.name}/{name}")
        return lab

    yield open_one
    for lab in opened:
        lab.leave()


@pytest.fixture(scope="package")
def pages():
    """Keep the page that tests share, as often as it is still used."""
    return []


@pytest.fixture
def turn_to(request, browser, jupyter_url, notebooks, pages):
    """Return a function that opens a notebook in a page that a few tests share, until one fails."""
    failed = request.session.testsfailed
    if not pages:
        pages.extend([LabPage(browser, jupyter_url)] * MOST_TESTS)
    lab = pages.pop()
    lab.outside_requests.clear()

    def turn_to_one(name):
        lab.turn_to(f"{notebooks.name}/{name}")
        return lab

    yield turn_to_one
    lab.close_notebooks()
    if request.session.testsfailed > failed:
        pages.clear()
    if not pages:
        lab.leave()


@pytest.fixture
def open_lesson(turn_to):
    """Return a function that opens a lesson, runs it, and returns a learner."""
    opened = []

    def run(name):
        opened.append(lab := turn_to(name))
        lab.run_all()

        assert lab.cell_errors() == []

        return Learner(lab)

    yield run
    for lab in opened:
        assert lab.cell_errors() == []
        assert lab.outside_requests == []
