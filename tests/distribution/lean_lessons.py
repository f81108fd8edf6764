"""Runs the lessons of the browser edition without the packages that no browser can install.

It is a program of its own, because the packages are hidden before anything is imported. It prints a
JSON object: the problems of each lesson.
"""

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

HIDDEN = ("_hashlib", "cryptography", "jwt", "lxml", "matplotlib", "numpy", "pandas", "signxml")
LAST = "14"
"""The last lesson that needs none of them."""
NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"


class Hiding:
    """A finder of Python's that says of some packages that they aren't there."""

    def find_spec(self, name, *_):
        """Raise the error of a missing package; leave all others to the next finder."""
        if name.partition(".")[0] in HIDDEN:
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)


def problems_of(notebook):
    """Run the code cells of a notebook from top to bottom; yield what goes wrong."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.reset(new_session=True)
    for number, cell in enumerate(json.loads(notebook.read_text("utf-8"))["cells"]):
        if cell["cell_type"] != "code":
            continue
        with redirect_stdout(StringIO()) as shown:
            result = shell.run_cell("".join(cell["source"]))
        error = result.error_before_exec or result.error_in_exec
        if error is not None or "Traceback" in shown.getvalue():
            yield f"cell {number}: {error!r}"


def problems_of_answers(notebook):
    """Check the lesson: its solutions are right, and its known wrong answers are wrong."""
    from iamlab.teach.lesson import FOLDER
    from iamlab.teach.lesson_check import check_lesson

    yield from map(str, check_lesson(FOLDER / f"{notebook.stem}.toml", seeds=1))


def sentence_of(call):
    """Return what a call says that needs a missing package."""
    try:
        call()
    except ModuleNotFoundError as error:
        return str(error)
    return ""


def main(folder):
    """Run everything in a folder, where progress is saved."""
    from iamlab import extras
    from iamlab.view import door

    extras.IN_BROWSER = True
    own = extras.EXTRAS.items()
    light = {extra: [name for name in packages if name in HIDDEN] for extra, packages in own}
    sys.meta_path.insert(0, extras.Finder(light))  # before the finder that hides
    os.chdir(folder)
    found = {"without matplotlib": sentence_of(lambda: door().drawing)}
    notebooks = [path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")) if path.name[:2] <= LAST]
    for notebook in notebooks:
        found[notebook.stem] = list(problems_of(notebook))
    signed = next(path for path in notebooks if path.stem == "10_sessions")
    found["answers about signed tokens"] = list(problems_of_answers(signed))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    sys.meta_path.insert(0, Hiding())
    sys.modules.pop("_hashlib", None)  # Python itself imports it where it can
    main(sys.argv[1])
