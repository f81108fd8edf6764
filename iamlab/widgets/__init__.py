"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.widgets.instruments.access_graph import clickable_graph
    from iamlab.widgets.instruments.matrix_board import matrix_board
    from iamlab.widgets.instruments.membership import membership_board
    from iamlab.widgets.instruments.overlap import overlap
    from iamlab.widgets.instruments.policy_editor import policy_editor
    from iamlab.widgets.instruments.reach_explorer import reach_explorer
    from iamlab.widgets.instruments.session_slider import session_slider
    from iamlab.widgets.instruments.statement_stack import statement_stack
    from iamlab.widgets.instruments.stepper import stepper

_HOME = {
    "clickable_graph": "access_graph",
    "matrix_board": "matrix_board",
    "membership_board": "membership",
    "overlap": "overlap",
    "policy_editor": "policy_editor",
    "reach_explorer": "reach_explorer",
    "session_slider": "session_slider",
    "statement_stack": "statement_stack",
    "stepper": "stepper",
}

__all__ = [
    "clickable_graph",
    "matrix_board",
    "membership_board",
    "overlap",
    "policy_editor",
    "reach_explorer",
    "session_slider",
    "statement_stack",
    "stepper",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'iamlab.widgets' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"iamlab.widgets.instruments.{_HOME[name]}"), name)
    globals()[name] = value
    return value
