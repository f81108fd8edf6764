"""Which picture belongs to which value: what ``decision.show()`` and its like give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.view.figure import Figure
    from iamlab.view.tables import Table


def show(value: object, **options: Any) -> Figure | Table:
    """Give the picture of a value, or its table if it has no picture.

    Raises
    ------
    RequestError
        It has neither.
    """
    for kind, draw in _PICTURES:
        if isinstance(value, kind):
            return draw(value, **options)
    raise RequestError(f"There is no picture of {type(value).__name__}.")


def _decision(decision: Decision) -> Figure:
    from iamlab.view.figures.access_graph import draw_decision

    return draw_decision(decision)


_PICTURES: tuple[tuple[type, Callable[..., Figure | Table]], ...] = ((Decision, _decision),)
