"""The lessons: predict, run, explain; exercises that the engine checks; progress in a plain file."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.teach.ask import check, exercise, hint, solution, start
    from iamlab.teach.predict import predict
    from iamlab.teach.progress import progress
    from iamlab.teach.scenarios import scenario

_HOME = {
    "check": "ask",
    "exercise": "ask",
    "hint": "ask",
    "predict": "predict",
    "progress": "progress",
    "scenario": "scenarios",
    "solution": "ask",
    "start": "ask",
}

__all__ = [
    "check",
    "exercise",
    "hint",
    "predict",
    "progress",
    "scenario",
    "solution",
    "start",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'iamlab.teach' has no attribute {name!r}"
        raise AttributeError(message)
    # Set, not only returned: the module of the same name would stand in the function's place.
    value = getattr(import_module(f"iamlab.teach.{_HOME[name]}"), name)
    globals()[name] = value
    return value
