"""The files that GitHub reads: workflows, forms, and the documents of the community."""

from pathlib import Path
from typing import Any

import yaml

from tests.repository import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))
DOCUMENTS = [
    ROOT / name
    for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", ".github/pull_request_template.md")
]


def parsed(path: Path) -> dict[str, Any]:
    """Read a file. YAML 1.1 takes the key ``on`` for true, GitHub doesn't."""
    content = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in content.items()}


def jobs() -> dict[tuple[str, str], dict[str, Any]]:
    """Return every job, by the names of its workflow and of the job."""
    return {
        (path.stem, name): job for path in WORKFLOWS for name, job in parsed(path)["jobs"].items()
    }


def steps() -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in jobs().values() for step in job["steps"]]


def scripts() -> str:
    """Return all that workflows run, as one text."""
    return "\n".join(step["run"] for step in steps() if "run" in step)
