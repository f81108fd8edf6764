"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.widgets.instruments.membership import membership_board
    from iamlab.widgets.instruments.statement_stack import statement_stack

_HOME = {
    "membership_board": "membership",
    "statement_stack": "statement_stack",
}

__all__ = [
    "membership_board",
    "statement_stack",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'iamlab.widgets' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"iamlab.widgets.instruments.{_HOME[name]}"), name)
    globals()[name] = value
    return value
