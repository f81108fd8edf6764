"""docs/clients.md: who follows it from top to bottom sees what it shows, and fixes the denial."""

import doctest
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from iamlab import World
from tests.clients.at_home import home  # noqa: F401 - a fixture
from tests.clients.served import Served

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TIME = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)


def _alike(text, folder):
    """Return the text without port, folder and time, and without the progress of an upload."""
    lines = (line.rstrip() for line in text.strip().split("\n"))
    text = "\n".join(line for line in lines if not line.startswith("Completed "))
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text.replace(str(folder), "/home/you"))
    return TIME.sub("TIME ", re.sub(r"( AWS_ENDPOINT_URL=\S+) .*", r"\1 ...", text))


@pytest.mark.slow
def test_the_page_leads_to_a_fixed_denial(home, tmp_path):  # noqa: F811
    """Each block of commands prints the block below it; the server prints its lines."""
    (kind, serve), *others = BLOCKS[: BLOCKS.index(next(b for b in BLOCKS if b[0] == "python"))]
    commands = serve.split()
    assert (kind, commands[:2]) == ("sh", ["iamlab", "serve"])
    with Served(*commands[2:], folder=tmp_path) as server:
        exported = server.until("  export ").strip()
        server.until("Calls:")
        assert _alike("\n".join(server.lines), tmp_path) == _alike(others.pop(0)[1], "/home/you")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        waiting, shown = "", []
        for kind, text in others:
            if kind == "sh":
                assert waiting == ""
                run = subprocess.run(
                    ["bash", "-c", f"{exported}\n{text}"],
                    cwd=tmp_path,
                    env={**os.environ, "HOME": str(home), "PATH": path},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    check=False,
                    encoding="utf-8",
                )
                waiting = _alike(run.stdout, tmp_path)
            elif TIME.match(text):
                shown.append(_alike(text, tmp_path))
            else:
                assert waiting == _alike(text, tmp_path)
                waiting = ""
        assert server.end(signal.SIGINT) == 0
    printed = _alike("\n".join(server.lines), tmp_path).split("\n")

    assert len(shown) == 2
    assert [line for line in printed if line in shown] == shown


@pytest.mark.slow
def test_the_example_in_python_works(home, tmp_path, capsys, monkeypatch):  # noqa: F811, ARG001
    """It prints why Dana can't list users."""
    (example,) = (text for kind, text in BLOCKS if kind == "python")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    world = World(seed=7)
    world.create_account("main").create_user("dana").create_access_key()
    exec(example, {"world": world})  # noqa: S102 - the page is ours

    assert capsys.readouterr().out.startswith("1. Who is really calling?")


def test_the_example_with_boto3_works():
    """As it is on the page."""
    (example,) = (text for kind, text in BLOCKS if kind == "pycon")
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    parsed = doctest.DocTestParser().get_doctest(example, {}, "page", "clients.md", 0)

    assert doctest.DocTestRunner(verbose=False, optionflags=flags).run(parsed).failed == 0
