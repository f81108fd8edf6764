"""One entry for each operation of STS: who signs it, what does it, what is logged and answered.

Notes
-----
AWS pages: "AWS STS API Reference"; "AWS STS Regions and endpoints"; "Logging IAM and AWS STS API
calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, did_you_mean
from iamlab.world.api.entry import nothing

if TYPE_CHECKING:
    from iamlab.world.sts.asked import Asked

Perform = Callable[["Asked"], Any]
Answer = Callable[[Any], dict[str, Any]]
About = Callable[["Asked"], str]

MODULES = (
    *("assume_role", "assume_root", "delegated", "federated", "outbound", "scoped"),
    *("telling", "user_tokens"),
)
"""Where the entries are."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of STS.

    Parameters
    ----------
    name
        As in the API.
    perform
        Checks, asks, and does it.
    answer
        What ``perform`` gives, as the API answers it.
    is_signed
        Whether the caller signs it with AWS credentials; else a token of somebody else's speaks.
    is_regional
        Whether the global endpoint does not have it.
    reads_only
        Whether CloudTrail calls it a read.
    about
        The ARN that the event names, if it does.
    logs_answer
        Whether the event has the answer, without its secrets.
    """

    name: str
    perform: Perform
    answer: Answer
    is_signed: bool = True
    is_regional: bool = False
    reads_only: bool = True
    about: About | None = None
    logs_answer: bool = True


_OPERATIONS: dict[str, Operation] = {}


def sts_operation(name: str, answer: Answer = nothing, **more: Any) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation; ``more`` are fields of :class:`Operation`."""

    def make(perform: Perform) -> Perform:
        _OPERATIONS[name] = Operation(name, perform, answer, **more)
        return perform

    return make


def operations() -> Mapping[str, Operation]:
    """Give all operations by name.

    Examples
    --------
    >>> len(operations())
    12
    """
    for module in MODULES:
        import_module(f"iamlab.world.sts.{module}")
    return _OPERATIONS


def find(name: str) -> Operation:
    """Find an operation.

    Raises
    ------
    RequestError
        There is none.
    """
    every = operations()
    text: object = name
    if not isinstance(text, str):
        raise RequestError(f"An operation is named by its text, AssumeRole, not by {name!r}.")
    if name not in every:
        raise RequestError(f"STS has no operation {name!r}. {did_you_mean(name, every)}")
    return every[name]
