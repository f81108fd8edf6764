"""The README is true: its example runs, its picture is the package's, its lists are complete."""

import doctest
import re
from pathlib import Path

import iamlab
from iamlab import errors
from iamlab.teach.scenarios import MAP, scenario
from iamlab.view import access_graph

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_prints_what_the_readme_says():
    """The code in the README, run, gives the output in the README."""
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)

    assert results.attempted > 5
    assert results.failed == 0


def test_the_picture_shows_what_the_package_draws_and_says_it_in_words():
    """The picture's alternative text is the one that the figure computes today."""
    world = scenario("groups")
    figure = access_graph(world.can(world.user("dana"), "s3:DeleteObject", MAP))
    alt, path = re.search(r"!\[(.*?)\]\((.*?)\)", README, re.DOTALL).groups()

    assert alt == figure.alt
    assert (ROOT / path).read_bytes().startswith(b"<?xml")


def test_every_lesson_is_listed_and_every_listed_lesson_exists():
    """The table of lessons and the folder agree."""
    listed = set(re.findall(r"notebooks/(\w+\.ipynb)", README))

    assert listed == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_every_public_name_is_explained():
    """The table of names lists what iamlab exports."""
    table = README[README.index("| public name |") :].split("\n\n")[0]
    names = set(re.findall(r"`(\w+)`", table)) & (set(iamlab.__all__) | set(vars(errors)))

    assert set(iamlab.__all__) <= names


def test_every_file_that_is_linked_exists():
    """No link to a file of the repository is broken."""
    links = re.findall(r"\]\(([^)#]+?)\)", README)

    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists()
