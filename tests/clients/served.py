"""``iamlab serve`` in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Served:
    """A server in a process of its own, and the lines that it prints."""

    def __init__(self, *arguments, folder=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iamlab", "serve", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def until(self, words):
        """Read lines until one has some words; return it."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if words in line:
                return self.lines[-1]
        raise AssertionError(self.lines)

    def end(self, number):
        """Send a signal; return the exit status."""
        self.process.send_signal(number)
        self.lines += self.process.communicate()[0].splitlines()
        return self.process.returncode
