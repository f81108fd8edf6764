"""Draw the picture of the README, and write its alternative text.

Dana wants to delete a map: one of her groups allows it, and another group denies it. Run the script
after a change of the figure. A test fails if the picture or its text isn't up to date.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

import re
from pathlib import Path

from iamlab.teach.scenarios import MAP, scenario
from iamlab.view import access_graph
from iamlab.view.figure import Figure

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "notebooks" / "images" / "access_graph.svg"
LINK = re.compile(rf"!\[[^\]]*\]\({re.escape(PICTURE.relative_to(ROOT).as_posix())}\)")


def draw() -> Figure:
    """Draw the picture."""
    world = scenario("groups")
    return access_graph(world.can(world.user("dana"), "s3:DeleteObject", MAP))


def with_words(text: str, alt: str) -> str:
    """Return the README's text with this alternative text for the picture."""
    link = f"![{alt}]({PICTURE.relative_to(ROOT).as_posix()})"
    changed, times = LINK.subn(lambda _: link, text)
    if times != 1:
        message = f"The README shows {PICTURE.name} {times} times, not once."
        raise SystemExit(message)
    return changed


def main() -> None:
    """Write the picture and its alternative text."""
    figure = draw()
    figure.save(PICTURE)
    README.write_text(with_words(README.read_text("utf-8"), figure.alt), "utf-8")


if __name__ == "__main__":
    main()
