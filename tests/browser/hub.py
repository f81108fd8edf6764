"""A JupyterHub on this machine: every learner has a server and a folder, and no system user.

The hub is from the Python index, its proxy from npm. Both listen on ports of this machine alone,
and ``running`` ends all processes, also those that a hub that crashed would leave.
"""

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).parents[2]
PROXY = "configurable-http-proxy@5.2.0"
"""Needs Node.js 20, which Debian 13 has; 5.3.0 takes a package that asks for Node.js 22."""
FIRST = "00_start_here.ipynb"
NO_ANSWER = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH")

NEWS = "@jupyterlab/apputils-extension:announcements"
"""A hub ignores the setting of `make lab` that leaves out its question."""

# A server's settings are those of `make lab`, as docs/jupyterhub.md says.
SETTINGS = """
from pathlib import Path
from shutil import copytree

c = get_config()

def notebooks(spawner):
    copytree({notebooks!r}, Path(spawner.home_dir, "notebooks"), dirs_exist_ok=True)

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {users!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.concurrent_spawn_limit = 3
c.JupyterHub.services = [{{"name": "tests", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{
    "name": "tests",
    "services": ["tests"],
    "scopes": ["list:users", "read:users", "servers", "tokens", "access:servers"],
}}]
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.pre_spawn_hook = notebooks
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--config={config}", "--LabApp.expose_app_in_browser=True"]
c.Spawner.environment = {{"PYTHONPATH": {repository!r}, "JUPYTER_CONFIG_PATH": "{folder}/config"}}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Application.log_level = "WARN"
"""


class UnreachableError(Exception):
    """The registry of npm doesn't answer."""


def installed_proxy(folder: Path) -> str:
    """Return the path of the proxy in a folder; install it there if it is missing.

    Raises
    ------
    UnreachableError
        The registry doesn't answer.
    RuntimeError
        npm is missing, or refuses.
    """
    program = folder / "node_modules/.bin/configurable-http-proxy"
    if not program.exists():
        if not (npm := shutil.which("npm")):
            message = "there is no npm on this machine, which installs JupyterHub's proxy"
            raise RuntimeError(message)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        options += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
        done = subprocess.run(
            [npm, "install", *options, f"--prefix={folder}", PROXY],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            kind = (
                UnreachableError if any(own in done.stderr for own in NO_ANSWER) else RuntimeError
            )
            message = f"npm didn't install {PROXY}: {done.stderr[:500]}"
            raise kind(message)
    return str(program)


def free_ports(many: int) -> list[int]:
    """Ask the operating system for ports that nobody uses."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(many)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]


@dataclass
class Hub:
    """A hub that runs.

    Parameters
    ----------
    url
        Its address: ``"http://127.0.0.1:40001"``.
    folder
        Its own files, its log, and ``homes`` with a folder for each user.
    token
        A token of its API, which can start servers.
    process
        The hub. Its proxy, the servers and their kernels are its descendants.
    """

    url: str
    folder: Path
    token: str = field(repr=False)
    process: psutil.Popen
    seen: set[psutil.Process] = field(default_factory=set, repr=False)

    @property
    def log(self) -> str:
        """What the hub, its proxy and the servers have written."""
        return (self.folder / "hub.log").read_text("utf-8", "replace")

    def home(self, user: str) -> Path:
        """Return the folder of a user."""
        return self.folder / "homes" / user

    def descendants(self) -> list[psutil.Process]:
        """Return the processes that the hub has started, and theirs; remember them for the end."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = self.process.children(recursive=True)
            self.seen.update(found)
            return found
        return []

    def call(self, path: str, method: str = "GET", data: Any = None) -> Any:
        """Call the API of the hub, or of a server: ``"/user/emil/api/contents"``."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=None if data is None else json.dumps(data).encode(),
        )
        with urllib.request.urlopen(request, timeout=300) as response:
            text = response.read()
        return json.loads(text) if text else None

    def wait(self, seconds: float = 60) -> None:
        """Return when the hub answers through its proxy.

        Raises
        ------
        RuntimeError
            It ended, or doesn't answer in time. The message has its log.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            self.descendants()
            with contextlib.suppress(OSError):
                self.call("/hub/api/")
                return
            time.sleep(0.1)
        message = f"JupyterHub did not start:\n{self.log}"
        raise RuntimeError(message)

    def end(self) -> None:
        """Ask the hub to stop everything, and then end what is left."""
        self.descendants()
        self.process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            self.process.wait(30)
        left = [own for own in (*self.seen, self.process) if own.is_running()]
        for own in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                own.kill()
        psutil.wait_procs(left, timeout=10)


@contextlib.contextmanager
def running(folder: Path, users: list[str], proxy: str):
    """Start a hub for these users, and end it with all that it has started."""
    token = secrets.token_hex()
    port, hub_port, proxy_port = free_ports(3)
    settings = SETTINGS.format(
        folder=folder,
        proxy=proxy,
        token=token,
        port=port,
        hub_port=hub_port,
        proxy_port=proxy_port,
        notebooks=str(REPOSITORY / "notebooks"),
        config=REPOSITORY / "iamlab/distribution/jupyter_lab_config.py",
        repository=str(REPOSITORY),
        python=sys.executable,
        users=set(users),
    )
    file = folder / "jupyterhub_config.py"
    file.write_text(settings, "utf-8")
    disabled = (
        folder / "config/labconfig/page_config.json"
    )  # as `jupyter labextension disable` does
    disabled.parent.mkdir(parents=True)
    disabled.write_text(json.dumps({"disabledExtensions": {NEWS: True}}), "utf-8")
    with (folder / "hub.log").open("w") as output:
        process = psutil.Popen(
            [sys.executable, "-m", "jupyterhub", f"--config={file}"],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    hub = Hub(f"http://127.0.0.1:{port}", folder, token, process)
    try:
        hub.wait()
        yield hub
    finally:
        hub.end()
