"""docs/api.md lists all public names, as the code has them."""

import re
from importlib import util
from pathlib import Path

import iamlab
from iamlab import classroom, deprecated, exam, teach, view

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")


def test_the_page_of_public_names_is_up_to_date():
    """``python scripts/make_api_page.py`` writes it."""
    spec = util.spec_from_file_location("made", ROOT / "scripts/make_api_page.py")
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)

    assert made.page() == PAGE


def test_the_page_has_every_public_name_and_no_old_name():
    """Of iamlab, its figures, its lessons, its questions and its classroom."""
    names = set(re.findall(r"^\| \**`(\w+)", PAGE, re.MULTILINE))

    rooms = (iamlab, view, teach, exam, classroom)
    assert {name for room in rooms for name in room.__all__} <= names
    assert names.isdisjoint(deprecated.MODULE_NAMES["iamlab"])


def test_what_is_public_has_a_sentence():
    """Each function, class, method and property says in a line what it is."""
    assert re.findall(r"^\|.*\|  ?(?:\(.*\) )?\|$", PAGE, re.MULTILINE) == []
