"""The README is true: its example runs, its picture is the package's, its lists are complete."""

import doctest
import re
from pathlib import Path

import iamlab
from iamlab import errors
from scripts.make_readme_picture import PICTURE, draw, with_words

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MADE_FOR_THE_SITE = ("glossary.md",)
GUIDE = (ROOT / "docs" / "python.md").read_text("utf-8")


def test_the_example_prints_what_the_readme_says():
    """The code in the README, run, gives the output in the README."""
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert results.attempted > 5
    assert results.failed == 0


def test_the_picture_says_in_words_what_it_shows():
    """Its alternative text is the one that the figure computes today."""
    assert with_words(README, draw().alt) == README


def test_the_picture_is_the_one_that_the_package_draws():
    """Byte by byte; if not: make_readme_picture.py."""
    shown = PICTURE.read_bytes()

    assert shown == draw().svg()
    assert {"dana", "guard", "AmazonS3FullAccess"} <= {
        *re.findall(r">([^<]+)</text>", shown.decode())
    }


def test_every_lesson_is_listed_and_every_listed_lesson_exists():
    """The table of lessons and the folder agree."""
    listed = set(re.findall(r"notebooks/(\w+\.ipynb)", README))

    assert listed == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_every_public_name_is_explained():
    """The table of names lists what iamlab exports."""
    table = GUIDE[GUIDE.index("| public name |") :].split("\n\n")[0]
    names = set(re.findall(r"`(\w+)`", table)) & (set(iamlab.__all__) | set(vars(errors)))

    assert set(iamlab.__all__) <= names


def test_every_file_that_is_linked_exists():
    """No link from the README or a page of docs to a file of the repository is broken."""
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#]+?)\)", page.read_text("utf-8")):
            is_known = link.startswith("https://") or link in MADE_FOR_THE_SITE
            assert is_known or (page.parent / link).exists(), (page.name, link)


def test_the_readme_is_short():
    """A newcomer reads it to the end."""
    assert len(README.splitlines()) <= 120
