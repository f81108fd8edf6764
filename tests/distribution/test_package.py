"""The wheel and the source distribution: what is in them, and what an index of packages shows."""

import re
import sys
import tarfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.distribution.built import built, run
from tests.repository import PROJECT, PYPROJECT, ROOT, files_of_git

LARGEST = 5 << 20
"""The most bytes of the wheel; most of them are data of AWS's services."""
REPOSITORY = PROJECT["urls"]["Repository"]
AT_VERSION = f"{REPOSITORY}/blob/v{PROJECT['version']}/"
AS_IMAGE = AT_VERSION.replace("github.com", "raw.githubusercontent.com").replace("/blob/", "/")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both files."""
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """The wheel, which is built from the source distribution."""
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The metadata in the wheel, whose body is the README."""
    with ZipFile(wheel) as files:
        [name] = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(files.read(name))


def in_repository(*folders: str) -> set[str]:
    """Name the files of git, or those in some folders."""
    return {path.relative_to(ROOT).as_posix() for path in files_of_git(*folders)}


def test_an_index_accepts_both_files(folder: Path, wheel: Path) -> None:
    """Metadata and README are as indexes want them, and the wheel has what wheels should have."""
    files = sorted(folder.iterdir())
    twine = run(sys.executable, "-m", "twine", "check", "--strict", *files, folder=folder)
    contents = run(sys.executable, "-m", "check_wheel_contents", wheel, folder=folder)

    assert len(files) == 2
    assert (twine.returncode, contents.returncode) == (0, 0), twine.stdout + contents.stdout


def test_both_files_have_metadata_that_older_programs_read(folder: Path, metadata: Message) -> None:
    """The newest hatchling writes 2.5, which Twine 6 refuses to upload; many actions have that."""
    [path] = folder.glob("*.tar.gz")
    with tarfile.open(path) as files:
        [name] = [name for name in files.getnames() if name.count("/") == 1 and "PKG-INFO" in name]
        source = message_from_bytes(files.extractfile(name).read())

    assert (metadata["Metadata-Version"], source["Metadata-Version"]) == ("2.4", "2.4")


def test_the_wheel_has_the_package_and_the_notebooks_and_nothing_else(wheel: Path) -> None:
    """Data, lesson files and images are among them."""
    with ZipFile(wheel) as files:
        names = {name for name in files.namelist() if ".dist-info/" not in name}
    notebooks = {f"iamlab/{name}" for name in in_repository("notebooks")}

    assert names == in_repository("iamlab") | notebooks
    assert {name for name in names if name.endswith((".ipynb", ".svg"))} >= notebooks
    assert wheel.stat().st_size < LARGEST


def test_the_source_distribution_has_the_repository_without_its_workflows(folder: Path) -> None:
    """So who packages iamlab elsewhere can run the tests; caches aren't in it."""
    [path] = folder.glob("*.tar.gz")
    with tarfile.open(path) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    left_out = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["exclude"]
    expected = {name for name in in_repository() if not f"/{name}".startswith(tuple(left_out))}

    assert names == expected | {"PKG-INFO"}


def test_every_link_of_the_readme_leads_somewhere_from_an_index(metadata: Message) -> None:
    """To the repository at this version, where the file is; pictures are shown by their address."""
    text = metadata.get_payload(decode=True).decode()  # type: ignore[union-attr]
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)", text)
    links += [("!", own) for own in re.findall(r'\bsrc="([^"]+)"', text)]
    links += [("", own) for own in re.findall(r'\bhref="([^"]+)"', text)]
    files = [link.removeprefix(AT_VERSION).removeprefix(AS_IMAGE) for _, link in links]
    own = [name.partition("#")[0] for name in files if not name.startswith("https://")]

    assert metadata["Description-Content-Type"] == "text/markdown"
    assert all(link.startswith(("https://", "#")) for _, link in links)
    assert not any(image and link.startswith(f"{REPOSITORY}/blob") for image, link in links)
    assert f"{AS_IMAGE}notebooks/images/access_graph.svg" in dict(map(reversed, links))
    assert len(own) > 20
    assert [name for name in own if name and not (ROOT / name).exists()] == []


def test_the_metadata_name_the_home_and_the_extras(metadata: Message) -> None:
    """As pyproject.toml does."""
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    extras = set(metadata.get_all("Provides-Extra", []))

    assert urls == PROJECT["urls"]
    assert extras == set(PROJECT["optional-dependencies"])
    assert metadata["License-Expression"] == PROJECT["license"]
