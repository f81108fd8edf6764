"""What a check finds: a kind of defect, where it stands, and the words that it is told with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from iamlab.policy.places import Places

if TYPE_CHECKING:
    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Condition, Statement

Place = Callable[[Places], str]
"""Gives the JSON path of a defect; it is asked only for what is told."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that AWS would refuse.

    Parameters
    ----------
    kind
        The name under which ``messages.py`` has AWS's words and ``mends.py`` the mend.
    details
        What stands for each ``{...}`` in them.
    mend
        The name of the mend, where it is not that of the kind.
    """

    kind: str
    place: Place
    details: Mapping[str, object] = field(default_factory=dict)
    mend: str = ""


Check = Callable[["Policy", "TypeRules"], Iterator[Defect]]


def at_document(_: Places) -> str:
    """Give the path of the whole document."""
    return "$"


def at_statement(statement: Statement) -> Place:
    """Give the place of a statement."""
    return lambda places: places.statement(statement)


def at_element(statement: Statement, name: str) -> Place:
    """Give the place of an element of a statement."""
    return lambda places: places.element(statement, name)


def at_value(statement: Statement, name: str, index: int) -> Place:
    """Give the place of one value of Action, NotAction, Resource or NotResource."""
    return lambda places: places.value(statement, name, index)


def at_principal(statement: Statement, index: int) -> Place:
    """Give the place of one principal."""
    return lambda places: places.principal(statement, index)


def at_condition(statement: Statement, condition: Condition, index: int | None = None) -> Place:
    """Give the place of a condition's key, or of one of its values."""
    return partial(Places.condition, statement=statement, condition=condition, index=index)


def actions_of(statement: Statement) -> tuple[str, tuple[str, ...]]:
    """Give what is written in ``Action`` or ``NotAction``, with the element's name."""
    if statement.action is not None:
        return "Action", statement.action
    return "NotAction", statement.not_action or ()


def resources_of(statement: Statement) -> tuple[str, tuple[str, ...] | None]:
    """Give what is written in ``Resource`` or ``NotResource``, with the element's name."""
    if statement.resource is not None:
        return "Resource", statement.resource
    return "NotResource", statement.not_resource


def short(text: str) -> str:
    """Cut a text of absurd length, so that a message stays one that people can read."""
    return text if len(text) <= 300 else f"{text[:200]}..."
