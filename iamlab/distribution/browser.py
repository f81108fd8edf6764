"""What the browser edition needs: words about what isn't there, and progress to take along."""

from __future__ import annotations

HOME = "https://iamlab-course.github.io/iamlab/"


def without(package: str) -> str:
    """Return what to do where a package can't be installed.

    Examples
    --------
    >>> print(without("matplotlib"))
    This needs matplotlib, which the browser edition doesn't have. The rest of the lesson works. \
The full installation has everything: https://iamlab-course.github.io/iamlab/
    """
    return (
        f"This needs {package}, which the browser edition doesn't have. The rest of the lesson "
        f"works. The full installation has everything: {HOME}"
    )
