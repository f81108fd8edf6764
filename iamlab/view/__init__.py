"""The pictures: figures, tables and boards, each a function of values.

Names are imported when first used, so that a lesson that draws nothing loads no matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.view.figure import Figure
    from iamlab.view.figures.access_graph import access_graph
    from iamlab.view.figures.attachment_graph import attachment_graph
    from iamlab.view.figures.door import door
    from iamlab.view.figures.two_layers import two_layers
    from iamlab.view.tables import VerdictTable, verdict_table

_HOME = {
    "Figure": "figure",
    "VerdictTable": "tables",
    "access_graph": "figures.access_graph",
    "attachment_graph": "figures.attachment_graph",
    "door": "figures.door",
    "two_layers": "figures.two_layers",
    "verdict_table": "tables",
}

__all__ = [
    "Figure",
    "VerdictTable",
    "access_graph",
    "attachment_graph",
    "door",
    "two_layers",
    "verdict_table",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'iamlab.view' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"iamlab.view.{_HOME[name]}"), name)
    globals()[name] = value
    return value
