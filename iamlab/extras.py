"""The packages of the extras: a missing one is named, with the command that installs it.

Modules import them where they use them, so the base install is light and starts fast. If Python
finds no such package for a module of iamlab, the last of its finders raises the error. The imports
of other packages, which may do without, fail as before.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXTRAS = {
    "federation": ("cryptography", "jwt", "lxml", "signxml"),
    "figures": ("matplotlib", "networkx", "pandas"),
    "lab": (
        *("IPython", "anywidget", "fsrs", "ipywidgets", "jupyterlab", "nbclient", "nbformat"),
        "traitlets",
    ),
    "clients": ("boto3", "botocore", "moto", "waitress", "werkzeug"),
    "exam": ("fpdf", "genanki", "lxml", "matplotlib"),
}
"""Extra -> what iamlab imports of it. Of two extras, that of the folder that imports is named."""

IN_BROWSER = sys.platform == "emscripten"
"""Whether Python itself runs in a browser, where some packages can't be installed."""

FULL = "The full installation has everything: https://iamlab-course.github.io/iamlab/"

_MACHINERY = ("importlib", "importlib._bootstrap", "_frozen_importlib")


class Finder:
    """A finder of Python's that finds nothing, and names the packages of extras.

    Examples
    --------
    >>> finder = Finder()
    >>> finder.extra_of("lxml", "iamlab.exam.exports.canvas")
    'exam'
    >>> finder.extra_of("lxml", "iamlab.operations.federation.saml_xml")
    'federation'
    >>> finder.extra_of("lxml", "pandas.io.xml")
    """

    def __init__(self, extras: Mapping[str, Sequence[str]] = EXTRAS) -> None:
        self.extras = extras

    def extra_of(self, package: str, importer: str) -> str | None:
        """Return the extra that installs what a module imports, if the module is iamlab's."""
        home, _, place = importer.partition(".")
        room = place.partition(".")[0]
        extras = [extra for extra, packages in self.extras.items() if package in packages]
        if not extras or home != "iamlab" or not room:
            return None
        return room if room in extras else extras[0]

    def find_spec(self, name: str, *_: object) -> None:
        """Find nothing, as all finders before this one.

        Raises
        ------
        MissingPackageError
            A module of iamlab imports a package of an extra, or in a browser a lesson does.
        """
        frame = sys._getframe(1)  # noqa: SLF001 - no other way leads to the module that imports
        while (importer := str(frame.f_globals.get("__name__"))) in _MACHINERY and frame.f_back:
            frame = frame.f_back
        if IN_BROWSER and importer == "__main__":
            importer = "iamlab.notebooks"
        if extra := self.extra_of(name, importer):
            from iamlab.errors import MissingPackageError

            command = f'python -m pip install "iamlab[{extra}]"'
            text = f"{name} isn't installed. Install it with: {command}"
            if IN_BROWSER:
                text = f"This needs {name}, which the browser edition doesn't have. {FULL}"
            raise MissingPackageError(text, name=name)
