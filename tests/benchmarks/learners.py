"""What a class needs: simulated learners at a JupyterHub, each with a server and a kernel.

``python -m tests.benchmarks.learners`` lets 30 learners run lesson 00 and answer its exercises
through the hub's proxy, as JupyterLab does: a message for each cell, and the next one after its
reply. When the last server is ready, all start a kernel at the same moment, and never pause;
``--pause 30`` lets each of them read for about 30 seconds before each step. It prints memory,
processor time, and how long a learner waits.

``--learners 1 --lesson 20`` measures one learner in another lesson. It needs Linux and npm.
"""

# ruff: noqa: T201 - a script prints

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, WebSocketError, websocket_connect

from iamlab.teach.lesson import seed_of
from tests.browser.hub import PROXY, REPOSITORY, Hub, installed_proxy, running

EXERCISE = re.compile(r'exercise\("([\w.]+)"')
MEBIBYTE = 2**20
CACHE = REPOSITORY / ".pytest_cache/d" / PROXY
PREPARE = """
from iamlab.teach import check
from iamlab.teach.lesson import SEED
from iamlab.teach.tables import find
answer = find({number!r}, SEED).solution_answer()
"""
LONGEST = 600
"""How many seconds a kernel may take until it answers; a busy machine is slow, not broken."""
EVERY = 2.0
"""How often memory is read, in seconds: reading it takes time, too."""


@dataclass
class Memory:
    """The memory of all processes of the hub: now, and when there was most of it."""

    hub: Hub
    most: dict[str, float] = field(default_factory=dict)
    servers: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Read it again and again, until the end."""
        while not self._stopped.wait(EVERY):
            found = self.read()
            if found["all, PSS"] > self.most.get("all, PSS", 0):
                self.most = found

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def read(self) -> dict[str, float]:
        """Return the mebibytes of each kind of process, and of all."""
        found = dict.fromkeys(("hub and proxy", "servers", "kernels"), 0.0)
        found |= {f"{kind}, PSS": 0.0 for kind in [*found, "all"]}
        for process in [self.hub.process, *self.hub.descendants()]:
            with contextlib.suppress(psutil.Error, OSError):
                kind = _kind(process)
                memory = process.memory_full_info()
                found[kind] += memory.rss / MEBIBYTE
                for name in (kind, "all"):
                    found[f"{name}, PSS"] += memory.pss / MEBIBYTE
        return found


def _kind(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if "ipykernel" in command:
        return "kernels"
    return "servers" if "singleuser" in command else "hub and proxy"


@dataclass
class Times:
    """How long learners waited, in seconds."""

    server: list[float] = field(default_factory=list)
    kernel: list[float] = field(default_factory=list)
    cells: list[float] = field(default_factory=list)
    checks: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Why a kernel was started again."""
    begin: float = 0.0
    """When the lesson began."""


class Kernel:
    """A kernel behind the hub's proxy, which runs one cell after the other."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._session = socket, uuid.uuid4().hex

    async def run(self, code: str) -> float:
        """Run a cell; return the seconds until its reply and all its outputs are there."""
        own, start = uuid.uuid4().hex, time.perf_counter()
        header = {"msg_id": own, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": self._session, "username": "", "date": ""}
        content = {"code": code, "silent": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        await self._socket.write_message(json.dumps({**message, "channel": "shell"}))
        waiting = {"reply", "idle"}
        while waiting:
            text = await self._socket.read_message()
            if text is None:
                raise WebSocketClosedError
            answer = json.loads(text)
            if answer["parent_header"].get("msg_id") != own:
                continue
            content = answer["content"]
            if answer["msg_type"] == "execute_reply":
                if content["status"] != "ok":
                    message = f"{code[:60]!r} raised {content['ename']}: {content['evalue']}"
                    raise RuntimeError(message)
                waiting.discard("reply")
            elif answer["msg_type"] == "status" and content["execution_state"] == "idle":
                waiting.discard("idle")
        return time.perf_counter() - start


def steps_of(lesson: str) -> list[str]:
    """Return the code of each cell of a lesson, and ``check`` after each exercise."""
    [notebook] = (REPOSITORY / "notebooks").glob(f"{lesson}_*.ipynb")
    steps = []
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            steps.append(source := "".join(cell["source"]))
            steps += [f"check {number}" for number in EXERCISE.findall(source)]
    return steps


async def learn(
    hub: Hub,
    name: str,
    steps: Sequence[str],
    pause: float,
    times: Times,
    ready: asyncio.Barrier,
) -> None:
    """Start a server, wait for those of the others, start a kernel, and go through a lesson."""
    start = time.perf_counter()
    await start_server(hub, name)
    times.server.append(time.perf_counter() - start)
    await ready.wait()
    start = times.begin = time.perf_counter()
    kernel = None
    while kernel is None:
        try:
            kernel = await start_kernel(hub, name)
        except (OSError, WebSocketError, HTTPClientError) as error:
            times.lost.append(f"{type(error).__name__}: {error}")
    times.kernel.append(time.perf_counter() - start)
    chance = random.Random(name)
    for step in steps:
        if pause:
            await asyncio.sleep(chance.expovariate(1 / pause))
        if step.startswith("check "):
            number = step.removeprefix("check ")
            await kernel.run(PREPARE.format(number=number))
            times.checks.append(await kernel.run(f"check({number!r}, answer)"))
        else:
            times.cells.append(await kernel.run(step))


async def start_kernel(hub: Hub, name: str) -> Kernel:
    """Start a kernel, and wait for its first answer."""
    where = {"name": "python3", "path": "notebooks/lesson.ipynb"}
    model = await asyncio.to_thread(hub.call, f"/user/{name}/api/kernels", "POST", where)
    address = f"{hub.url}/user/{name}/api/kernels/{model['id']}/channels".replace("http", "ws", 1)
    headers = {"Authorization": f"token {hub.token}"}
    patience = {"connect_timeout": LONGEST, "request_timeout": LONGEST}
    kernel = Kernel(await websocket_connect(HTTPRequest(address, headers=headers, **patience)))
    await kernel.run("")
    return kernel


async def start_server(hub: Hub, name: str) -> None:
    """Start a learner's server, and wait; a hub that starts others already refuses with 429."""
    while True:
        try:
            await asyncio.to_thread(hub.call, f"/hub/api/users/{name}/server", "POST")
            break
        except urllib.error.HTTPError as error:
            if error.code != 429:
                raise
            await asyncio.sleep(1)
    while True:
        model = await asyncio.to_thread(hub.call, f"/hub/api/users/{name}")
        if model["servers"].get("", {}).get("ready"):
            return
        await asyncio.sleep(0.5)


def unsolved(hub: Hub, name: str, steps: Sequence[str]) -> set[str]:
    """Return the exercises without a right answer in a learner's own progress file."""
    file = hub.home(name) / "notebooks/iamlab_progress.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    records = [json.loads(line) for line in lines]
    right = {
        own["exercise"]
        for own in records
        if own.get("correct") and own["student"] == name and own["seed"] == seed_of(name)
    }
    return {step.removeprefix("check ") for step in steps if step.startswith("check ")} - right


def line(name: str, values: Sequence[float]) -> str:
    """Return a line of the table: median, 95 %, and the longest."""
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"{name:28} {statistics.median(ordered):8.2f} s  {late:8.2f} s  {ordered[-1]:8.2f} s"
        f"   {len(ordered)}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Let learners work, and print what they needed; 1 if a right answer wasn't saved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--learners", type=int, default=30)
    parser.add_argument("-l", "--lesson", default="00")
    parser.add_argument("-p", "--pause", type=float, default=0.0)
    values = parser.parse_args(arguments)
    names = [f"learner{number:02}" for number in range(1, values.learners + 1)]
    steps, times = steps_of(values.lesson), Times()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), names, installed_proxy(CACHE)) as hub,
    ):
        memory = Memory(hub)
        watcher = threading.Thread(target=memory.watch)
        watcher.start()
        before = os.getloadavg()[0]

        async def everybody() -> None:
            ready = asyncio.Barrier(len(names))
            await asyncio.gather(
                *(learn(hub, name, steps, values.pause, times, ready) for name in names)
            )

        try:
            asyncio.run(everybody())
            seconds = time.perf_counter() - times.begin
        finally:
            memory.stop()
            watcher.join()
        last = memory.read()
        most = max(memory.most or last, last, key=lambda own: own["all, PSS"])
        work = sum(sum(own.cpu_times()[:2]) for own in [hub.process, *hub.descendants()])
        missing = {name: left for name in names if (left := unsolved(hub, name, steps))}
    print(
        f"{len(names)} learners, lesson {values.lesson}, pauses of {values.pause:g} s: "
        f"{seconds:.0f} s on {os.cpu_count()} processors (load before: {before:.1f}), "
        f"{work:.0f} s of processor time with the start of hub and servers."
    )
    print(f"\n{'':28} {'median':>10}  {'95 %':>10}  {'longest':>10}   number")
    print(line("until a server answers", times.server))
    print(line("until a kernel answers", times.kernel))
    print(line("a cell", times.cells))
    if times.checks:  # lesson 21 has exams instead
        print(line("a check", times.checks))
    print(f"\n{'memory at the peak, MiB':28} {'RSS':>8} {'PSS':>8}")
    for kind in ("hub and proxy", "servers", "kernels"):
        print(f"{kind:28} {most[kind]:8.0f} {most[f'{kind}, PSS']:8.0f}")
    each = (most["servers, PSS"] + most["kernels, PSS"]) / len(names)
    print(f"{'all':28} {'':8} {most['all, PSS']:8.0f}   a learner: {each:.0f}")
    print(f"{len(times.lost)} kernels didn't start at once {sorted(set(times.lost))}")
    if missing:
        print(f"Not solved: {missing}")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
