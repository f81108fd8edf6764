"""The package works without the packages for notebooks, and names the command that installs one."""

import sys

import pytest

from iamlab import teach
from iamlab.teach.scenarios import MAP, scenario


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


@pytest.fixture
def without(monkeypatch):
    """Hide a package, and forget what was imported with it."""

    def hide(package):
        monkeypatch.setitem(sys.modules, package, None)

    return hide


@pytest.mark.parametrize(("package", "call"), CALLS)
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, call, without):
    """It is asked for when it is needed."""
    without(package)
    with pytest.raises(ModuleNotFoundError) as caught:
        call()

    expected = f"{package} isn't installed. Install it with: python -m pip install 'iamlab[lab]'"
    assert str(caught.value) == expected
    assert caught.value.name == package


@pytest.mark.parametrize("package", NEEDED)
def test_decisions_and_pictures_need_none_of_them(package, without):
    """A picture is SVG, which iamlab writes itself."""
    without(package)

    assert _decision().show().svg().startswith(b"<?xml")
