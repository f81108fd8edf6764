"""The workflows are what GitHub accepts, and each job has only the permissions that it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import check_jsonschema
import pytest
from packaging.specifiers import SpecifierSet

from tests.distribution.github import FORMS, WORKFLOWS, jobs, parsed, scripts, steps
from tests.repository import PROJECT, ROOT

MORE = {  # job -> the permissions that it has beyond reading the repository, and what for
    ("ci", "report"): {"issues": "opens an issue when the monthly run fails"},
    ("pages", "deploy"): {
        "pages": "publishes the site",
        "id-token": "proves to GitHub Pages which branch and workflow this is",
    },
    ("release", "publish"): {
        "id-token": "is what the package index and the signing service trust",
        "attestations": "stores where the files were built",
    },
    ("release", "announce"): {"contents": "makes the release on GitHub"},
}
FAULTS = {  # what zizmor calls a fault -> a change of release.yml that makes it
    "excessive-permissions": ("permissions: {}", "permissions: write-all"),
    "dangerous-triggers": ('  push:\n    tags: ["v*"]', "  pull_request_target:"),
    "template-injection": ('--tag "$GITHUB_REF_NAME"', "--tag ${{ github.event.issue.title }}"),
    "artipacked": ("          persist-credentials: false\n          fetch", "          fetch"),
    "unpinned-uses": ("actions/checkout@v6", "somebody/checkout@v6"),
    "undocumented-permissions": ("id-token: write  #", "id-token: write\n      #"),
}


def zizmor(folder):
    """Return what zizmor finds in a folder, with the names of the files; it asks no network."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    program = shutil.which("zizmor", path=path)
    done = subprocess.run(
        [program, "--offline", "--quiet", "--persona=pedantic", "--format=json", folder],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        (fault["ident"], file)
        for fault in json.loads(done.stdout)
        for file in re.findall(r"([\w-]+)\.yml", json.dumps(fault["locations"]))
    }


def test_zizmor_finds_no_weak_point():
    """No untrusted text in a script, no token left behind, no permission without a comment."""
    assert zizmor(ROOT / ".github") == set()


def test_zizmor_finds_the_weak_points_that_this_project_fears(tmp_path):
    """Each file is release.yml with one fault; the settings are the project's."""
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    workflows = tmp_path / ".github/workflows"
    workflows.mkdir(parents=True)
    shutil.copy(ROOT / ".github/zizmor.yml", tmp_path / ".github")
    for name, (right, wrong) in FAULTS.items():
        assert right in text
        (workflows / f"{name}.yml").write_text(text.replace(right, wrong), "utf-8")

    assert {(name, name) for name in FAULTS} <= zizmor(tmp_path)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [ROOT / ".github/ISSUE_TEMPLATE/config.yml"]),
        ("vendor.dependabot", [ROOT / ".github/dependabot.yml"]),
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_github_accepts_each_file(schema, files, capsys):
    """The schemas are those of GitHub's formats; a job that hangs ends before six hours."""
    names = [str(file) for file in files]
    options = ["--builtin-schema", schema, "--force-filetype", "yaml"]

    assert files
    assert not check_jsonschema.main([*options, *names], standalone_mode=False), capsys.readouterr()


def test_no_workflow_grants_all_its_jobs_more_than_reading():
    """A job that needs more says so itself."""
    assert all(parsed(path)["permissions"] in ({}, {"contents": "read"}) for path in WORKFLOWS)


def test_each_permission_of_a_job_has_a_reason():
    """Whoever adds one to a workflow adds its reason to the table above."""
    more = {}
    for name, job in jobs().items():
        for scope, level in job.get("permissions", {}).items():
            if (scope, level) != ("contents", "read"):
                more.setdefault(name, set()).add(scope)

    assert more == {name: set(reasons) for name, reasons in MORE.items()}


def test_a_job_that_can_write_runs_no_code_of_the_repository():
    """It clones nothing and installs nothing: it gets files, and hands them on."""
    for name in MORE:
        job = jobs()[name]
        commands = " ".join(step.get("run", "") for step in job["steps"])
        assert not re.search(r"\b(make|pip|python|npm)\b", commands), name
        assert not any("checkout" in step.get("uses", "") for step in job["steps"]), name


def test_only_the_job_with_the_environment_of_the_index_can_publish():
    """It needs the tests and the trial of the built files, and no stored token."""
    publish = jobs()["release", "publish"]

    assert publish["environment"] == "pypi"
    assert publish["needs"] == ["test", "try"]
    assert [name for name, job in jobs().items() if job.get("environment") == "pypi"] == [
        ("release", "publish")
    ]
    assert all("secrets." not in path.read_text("utf-8") for path in WORKFLOWS)


def test_every_workflow_uses_the_same_version_of_an_action():
    """Dependabot raises them together; a copy from elsewhere doesn't stay behind."""
    used = {tuple(step["uses"].split("@")) for step in steps() if "uses" in step}

    assert len({action for action, _ in used}) == len(used)


def test_each_target_and_file_that_a_workflow_names_exists():
    """A renamed script would only be missed on the day of a release."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    paths = re.findall(r"(?<![\w/])(?:scripts|iamlab|docs)/[\w./]+", scripts())

    assert {*re.findall(r"\bmake ([a-z-]+)", scripts())} <= targets
    assert len(paths) > 3
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_site_is_built_again_when_its_version_or_changelog_changes():
    """A release made by a workflow starts no other workflow; the push before it does."""
    paths = parsed(ROOT / ".github/workflows/pages.yml")["on"]["push"]["paths"]

    assert {"docs/**", "iamlab/**", "notebooks/**", "pyproject.toml", "*.md"} <= set(paths)


def pythons(matrix):
    """Return the Python versions of a matrix."""
    return {*matrix["python"], *(row["python"] for row in matrix.get("include", ()))}


@pytest.mark.parametrize("job", [("ci", "test"), ("ci", "windows"), ("release", "try")])
def test_each_python_that_the_package_names_is_tried(job):
    """And none that it doesn't accept."""
    tried = pythons(jobs()[job]["strategy"]["matrix"])
    named = {text.rpartition(" ")[2] for text in PROJECT["classifiers"] if " :: 3." in text}

    assert named <= tried
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(version) for version in tried)
