"""The package works without the packages for notebooks, and names the command that installs one."""

from importlib.util import find_spec

import pytest

from iamlab import teach
from iamlab.teach.scenarios import MAP, scenario
from tests.hidden import hide


def _decision():
    world = scenario("groups")
    return world.can(world.user("dana"), "s3:DeleteObject", MAP)


NEEDED = {
    "pandas": [
        lambda: _decision().to_frame(),
        lambda: _decision().show().table,
        lambda: teach.progress().to_frame(),
    ],
    "networkx": [
        lambda: scenario("groups").reach().graph(),
        lambda: _decision().show().graph,
        lambda: _decision().show().to_graphml(),
    ],
    "matplotlib": [lambda: _decision().show().drawing],
    "anywidget": [
        lambda: teach.exercise("0.1")._ipython_display_(),
        lambda: teach.membership_board(scenario("groups"))._ipython_display_(),
    ],
}
CALLS = [(name, call) for name, calls in NEEDED.items() for call in calls]


@pytest.mark.parametrize(("package", "call"), CALLS)
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, call, monkeypatch):
    """It is asked for when it is needed."""
    hide(package, monkeypatch)
    with pytest.raises(ModuleNotFoundError) as caught:
        call()

    extra = "lab" if package == "anywidget" else "figures"
    command = f'python -m pip install "iamlab[{extra}]"'
    assert str(caught.value) == f"{package} isn't installed. Install it with: {command}"
    assert caught.value.name == package


def test_only_imports_of_iamlab_are_refused(monkeypatch):
    """Other packages ask which ones are there, and do without."""
    hide("pandas", monkeypatch)

    assert find_spec("pandas") is not None


@pytest.mark.parametrize("package", NEEDED)
def test_decisions_and_pictures_need_none_of_them(package, monkeypatch):
    """A picture is SVG, which iamlab writes itself."""
    hide(package, monkeypatch)

    assert _decision().show().svg().startswith(b"<?xml")
