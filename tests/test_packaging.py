"""The files around the package agree with each other and say why they hold what they hold."""

import json
import os
import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec
from traitlets.config import PyFileConfigLoader

from iamlab.extras import EXTRAS
from tests.repository import PROJECT, PYPROJECT, ROOT, files_of_git

PYPROJECT_TEXT = (ROOT / "pyproject.toml").read_text("utf-8")
ENVIRONMENT_TEXT = (ROOT / "environment.yml").read_text("utf-8")
ENVIRONMENT = yaml.safe_load(ENVIRONMENT_TEXT)
CONDA = [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
SETTINGS = "iamlab/distribution/jupyter_lab_config.py"
BY_PIP = ENVIRONMENT["dependencies"][-1]["pip"][:-1]

# A reason is a comment of at least two words.
REASON = re.compile(r"#\s*\S+\s+\S+")


def ranges(requirements):
    """Map each name to its range, which compares equal however it is ordered."""
    return {r.name: r.specifier for r in map(Requirement, requirements)}


def lines_with(quoted):
    """Return the lines of pyproject.toml that hold this string."""
    return [line for line in PYPROJECT_TEXT.splitlines() if f'"{quoted}"' in line]


def test_environment_names_one_channel_and_installs_this_folder_last():
    """Conda takes most packages from conda-forge, pip the rest and, at the end, the folder."""
    assert ENVIRONMENT["name"] == "iamlab"
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert ENVIRONMENT["dependencies"][-2:] == ["pip", {"pip": [*BY_PIP, "-e ."]}]


@pytest.mark.parametrize("dependency", CONDA)
def test_environment_holds_only_what_conda_can_read(dependency):
    """Each dependency is a MatchSpec, conda's own form."""
    name = re.match(r"[a-z]+", dependency)[0]

    assert MatchSpec(dependency, strict=True).name.normalized == name


def test_environment_and_pyproject_agree():
    """Conda and pip install the same packages in the same ranges for the lessons."""
    conda = [line for line in CONDA if not re.match(r"(python|pip)\b", line)]

    extras = PROJECT["optional-dependencies"]
    lessons = [line for extra in ("lab", "clients") for line in extras[extra]]
    for line in lessons:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            lessons += [line for extra in requirement.extras for line in extras[extra]]
    lessons = [line for line in lessons if Requirement(line).name != PROJECT["name"]]
    assert ranges(conda + BY_PIP) == ranges(lessons)


def test_each_way_to_start_jupyterlab_reads_the_settings_of_make_lab():
    """Without them JupyterLab asks the network for news and extensions."""
    readme = (ROOT / "README.md").read_text("utf-8")
    binder = (ROOT / "postBuild").read_text("utf-8")

    assert "jupyter lab" not in readme
    assert "`iamlab lab notebooks`" in readme
    assert "/iamlab lab notebooks\n" in (ROOT / "Makefile").read_text("utf-8")
    assert f'cp {SETTINGS} "$HOME/.jupyter/"' in binder
    assert os.access(ROOT / "postBuild", os.X_OK)


@pytest.mark.parametrize(
    ("file", "opened"),
    [
        ("notes.txt", "00_start_here"),
        ("iamlab_progress.jsonl", "index"),
        ("iamlab_progress.json", "index"),
        ("alice.jsonl", "index"),
    ],
)
@pytest.mark.parametrize("folder", ["notebooks/", ""])
def test_jupyterlab_opens_the_map_of_the_course_from_the_second_day_on(
    folder, file, opened, tmp_path, monkeypatch
):
    """Progress is beside the notebooks, also under a name of the learner's own."""
    (tmp_path / folder).mkdir(exist_ok=True)
    for name in (file, "00_start_here.ipynb"):
        (tmp_path / folder / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IAMLAB_PROGRESS", raising=False)
    if file == "alice.jsonl":
        monkeypatch.setenv("IAMLAB_PROGRESS", file)
    config = PyFileConfigLoader(SETTINGS, path=str(ROOT)).load_config()

    assert config.LabApp.default_url == f"/lab/tree/{folder}{opened}.ipynb"


def test_environment_names_a_python_that_the_package_accepts():
    """Binder needs one Python named, and the package must accept it."""
    (version,) = [line.removeprefix("python=") for line in CONDA if line.startswith("python=")]

    assert re.fullmatch(r"3\.\d+", version)
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


@pytest.mark.parametrize(
    "dependency",
    [
        *PYPROJECT["build-system"]["requires"],
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ],
)
def test_every_dependency_has_a_reason(dependency):
    """Who adds a dependency says on its line what it is for."""
    lines = lines_with(dependency)

    assert lines
    assert all(REASON.search(line) for line in lines)


@pytest.mark.parametrize(
    "line",
    [line for line in ENVIRONMENT_TEXT.splitlines() if line.strip() and not line.startswith("#")],
)
def test_every_line_of_environment_has_a_reason(line):
    """A teacher who reads environment.yml learns what each line is for."""
    assert REASON.search(line)


LINT = PYPROJECT["tool"]["ruff"]["lint"]


@pytest.mark.parametrize(
    "rule",
    sorted({*LINT["ignore"], *(r for rules in LINT["per-file-ignores"].values() for r in rules)}),
)
def test_every_ignored_lint_rule_has_a_reason(rule):
    """Who switches a rule off says on its line why."""
    lines = lines_with(rule)

    assert lines
    assert all(REASON.search(line) for line in lines)


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    """The repository works wherever it is cloned, with whatever registry is set up there."""
    needles = [
        ".".join(parts)  # joined here, so that this file does not hold them
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("debian", "org"),
            ("conda", "anaconda", "org"),
        )
    ] + ["/".join(parts) for parts in (("", "work", ""), ("..", "shared"))]
    found = [
        f"{path.relative_to(ROOT)}: {needle}"
        for path in files_of_git()
        for needle in needles
        if needle.encode() in path.read_bytes().lower()
    ]

    assert found == []


def test_every_file_names_the_same_home():
    """A project that moves has a new home in pyproject.toml; this test finds other places."""
    urls = PROJECT["urls"]
    owner = urls["Repository"].split("/")[3]
    raw = urls["Repository"].replace("//github.com", "//raw.githubusercontent.com")
    homes = (urls["Repository"], urls["Homepage"], raw)
    found = [
        (path.relative_to(ROOT), address)
        for path in files_of_git()
        if path.suffix in (".cff", ".ipynb", ".json", ".md", ".py", ".toml", ".yaml", ".yml")
        for address in re.findall(
            r"https://[^\s)\"'<>`]*\biamlab\b[^\s)\"'<>`]*", path.read_text("utf-8")
        )
    ]

    assert len(found) > 50
    assert owner in urls["Homepage"]
    assert [row for row in found if not row[1].startswith(homes)] == []


def test_every_file_names_the_same_version():
    """The package, its citation and the newest entry of the changelog are of one version."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)[1]

    assert PROJECT["version"] == str(citation["version"]) == newest


def test_the_licence_of_every_file_of_data_is_named_and_travels_with_it():
    """Data of others keeps its licence; the texts are in the wheel's metadata."""
    notice = (ROOT / "NOTICE").read_text("utf-8")
    texts = PROJECT["license-files"]
    named = set(
        re.findall(r"\b\w+_model\.json|aws_managed_policies\.txt\.xz|glyph_widths\.json", notice)
    )
    origins = {
        path.name
        for path in (ROOT / "iamlab").rglob("*.json")
        if '"origin"' in path.read_text("utf-8")[:200]
        or '"licence"' in path.read_text("utf-8")[:400]
    }

    assert origins <= named
    assert "aws_managed_policies.txt.xz" in named
    assert PROJECT["license"] == "MIT AND Apache-2.0"
    assert [file for text in texts for file in sorted(path.name for path in ROOT.glob(text))] == [
        "LICENSE",
        "Apache-2.0.txt",
        "CC-BY-4.0.txt",
        "NOTICE",
    ]


def test_each_extra_installs_what_its_error_promises():
    """Directly, or as a requirement of what it names."""
    extras = PROJECT["optional-dependencies"]
    indirect = {"IPython", "botocore", "nbclient", "nbformat", "traitlets", "werkzeug"}
    installs = {"fpdf": "fpdf2", "jwt": "pyjwt"}

    assert {*EXTRAS} <= {*extras}
    for extra, packages in EXTRAS.items():
        named = {*ranges(extras[extra])}
        assert {installs.get(own, own) for own in packages} - indirect <= named


@pytest.mark.parametrize("name", [None, 5, "iamlab_x", "pandas.plotting", ""])
def test_other_modules_miss_a_package_as_without_iamlab(name):
    """Also code without a name: Python's own error comes, which its ``except`` expects."""
    for package in ("no_such_package", "no_such_package.part"):
        with pytest.raises(ModuleNotFoundError) as found:
            exec(f"import {package}", {"__name__": name})  # noqa: S102 - as a module with this name
        assert type(found.value) is ModuleNotFoundError


def test_the_hook_that_strips_notebooks_keeps_the_ids_of_cells():
    """Without it each commit would give every cell a new id."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    [strip] = [hook for repo in hooks for hook in repo["hooks"] if hook["id"] == "nbstripout"]

    assert strip["args"] == ["--keep-id", "--extra-keys", "metadata.widgets"]


def instructions():
    """Return the instructions of the Dockerfile: each name with its text, without comments."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def copied():
    """Return what the Dockerfile copies, by its place in the repository."""
    return [name for kind, text in instructions() if kind == "COPY" for name in text.split()[:-1]]


def test_the_image_has_a_base_of_one_version_that_the_package_accepts():
    """A tag without versions, such as latest, is another image next month."""
    [base] = [text for kind, text in instructions() if kind == "FROM"]

    assert (found := re.fullmatch(r"python:(3\.\d+)-slim-[a-z]+", base))
    assert f"Programming Language :: Python :: {found[1]}" in PROJECT["classifiers"]


def test_the_image_gets_all_that_the_package_is_built_of_and_nothing_else():
    """What a build needs and isn't copied fails only there; other files make the image larger."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    hatch = PYPROJECT["tool"]["hatch"]
    readme = hatch["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]
    needed = {"pyproject.toml", *hatch["build"]["targets"]["wheel"]["only-include"]}
    needed |= {fragment["path"] for fragment in readme}
    needed |= {path.partition("/")[0] for path in PROJECT["license-files"]}
    [install] = [text for _, text in instructions() if text.startswith("pip install")]
    before = instructions()[: instructions().index(("RUN", install))]

    assert needed <= {name for kind, text in before if kind == "COPY" for name in text.split()}
    assert all((ROOT / name).exists() for name in copied())
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied())


def test_the_image_runs_without_root_in_the_home_that_a_hub_mounts():
    """Zero to JupyterHub's user has the number 1000 and the home /home/jovyan."""
    kinds = [kind for kind, _ in instructions()]
    own = dict(instructions())

    assert own["USER"] == "1000"
    assert "HOME=/home/jovyan" in own["ENV"].split()
    assert own["WORKDIR"] == "/home/jovyan"
    assert "RUN" not in kinds[kinds.index("USER") :]


def test_the_image_keeps_no_lists_of_packages_and_no_caches():
    """They are of no use later; a layer keeps what its own line doesn't remove."""
    lines = [text for kind, text in instructions() if kind == "RUN"]
    apt = [line for line in lines if "apt-get" in line]

    assert all("apt-get update" in line and "rm -rf /var/lib/apt/lists/*" in line for line in apt)
    assert all("--no-cache-dir" in line for line in lines if "pip install" in line)


def test_the_image_starts_with_the_settings_of_make_lab_and_keeps_what_a_learner_changed():
    """Notebooks are copied at each start, also at a hub, which replaces CMD alone."""
    run = [text for kind, text in instructions() if kind == "RUN"]
    own = dict(instructions())
    *_, script, _ = json.loads(own["ENTRYPOINT"])
    copy = f"cp /opt/iamlab/{SETTINGS} /usr/local/etc/jupyter/jupyter_server_config.py"

    assert any(line.startswith(f"{copy} ") for line in run)
    assert "notebooks" in copied()
    assert script == 'iamlab lab --update --no-start notebooks; exec "$@"'
    assert json.loads(own["CMD"])[:2] == ["jupyter", "lab"]
