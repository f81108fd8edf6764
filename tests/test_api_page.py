"""docs/api.md lists all public names, as the code has them."""

import inspect
import re
from pathlib import Path

import iamlab
from iamlab import classroom, deprecated, exam, teach, view
from scripts.make_api_page import members, page, public_names, value_of

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")


def test_the_page_of_public_names_is_up_to_date():
    """``python scripts/make_api_page.py`` writes it."""
    assert page() == PAGE


def test_the_page_has_every_public_name_and_no_old_name():
    """Of iamlab, its figures, its lessons, its questions and its classroom."""
    names = set(re.findall(r"^\| \**`(\w+)", PAGE, re.MULTILINE))

    rooms = (iamlab, view, teach, exam, classroom)
    assert {name for room in rooms for name in room.__all__} <= names
    assert names.isdisjoint(deprecated.MODULE_NAMES["iamlab"])


def test_what_is_public_has_a_sentence():
    """Each function, class, method and property says in a line what it is."""
    assert re.findall(r"^\|.*\|  ?(?:\(.*\) )?\|$", PAGE, re.MULTILINE) == []


def test_what_is_public_has_an_example():
    """In its docstring, or in that of one of its methods; each example is run as a test."""
    names = [name for _, several in public_names() for name in several]
    without = {
        name
        for name in names
        if callable(value := value_of(name))
        and not any(">>> " in (inspect.getdoc(part) or "") for part in _parts(value))
    }

    assert without == set()


def _parts(value):
    """Return a function or a class, and the methods and properties of the class."""
    return (value, *(own for _, own in members(value))) if isinstance(value, type) else (value,)
