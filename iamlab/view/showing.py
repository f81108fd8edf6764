"""The picture of each type of value, which ``decision.show()`` and similar methods return."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from iamlab.display import name_of
from iamlab.errors import RequestError
from iamlab.model.event import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.view.figure import Figure
    from iamlab.view.tables import Table

PICTURES = {
    "engine.decision.Decision": "access_graph",
    "engine.request.Request": "request_sentence",
    "policy.document.Policy": "policy_card",
    "engine.matrix.AccessMatrix": "access_matrix",
    "engine.access_changes.AccessChanges": "difference_bars",
    "model.identities.Identity": "attachment_graph",
    "model.account.Account": "attachment_graph",
    "model.world.World": "attachment_graph",
    "model.organization.organization.Organization": "organization_tree",
    "analysis.credential_timeline.timeline.Timeline": "session_timeline",
    "model.event.EventLog": "sequence",
    "analysis.privilege_escalation.reach.Reach": "reach_graph",
    "analysis.privilege_escalation.paths.Path": "figures.reach.reach_path.draw_path",
    "analysis.privilege_escalation.cut.Cut": "figures.reach.reach_path.draw_cut",
    "analysis.privilege_escalation.paths.Paths": "figures.reach.reach_graph.draw_found",
}
"""The types of values with a picture, and the function of ``iamlab.view`` that draws it.

The function takes the value and named options. Other values have a table. Types have their names
in ``iamlab``, because importing them all takes longer than drawing the first picture.
"""

MOST_CALLS = 40
"""The largest number of events that are drawn as a sequence; a longer log is a table."""


def show(value: object, **options: Any) -> Figure | Table:
    """Return the picture of a value, or its table if it has no picture.

    Parameters
    ----------
    options
        More arguments of the function that draws it. A table has none.

    Raises
    ------
    RequestError
        The value has no picture and no table, or there is no such option.

    Examples
    --------
    >>> from iamlab import Policy
    >>> print(show(Policy.allow("s3:GetObject", name="readers")).alt)
    Policy readers has 1 statement: Allow #1: Lets the caller read any object.
    """
    draw = _picture_of(value)
    if draw is not None:
        _check_options(draw, value, options)
        return draw(value, **options)
    found: Table = import_module("iamlab.view.tabular").table_of(value)
    if options:
        kind_of = type(value).__name__
        option = next(iter(options))
        raise RequestError(f"{kind_of} is shown as a table, which has no option {option!r}.")
    return found


def _picture_of(value: object) -> Callable[..., Figure] | None:
    """Return the function that draws a value; a long log has no picture."""
    if isinstance(value, EventLog) and not 0 < len(value) <= MOST_CALLS:
        return None
    for kind in type(value).__mro__:
        where = PICTURES.get(name_of(kind))
        if where is not None:
            module, _, name = f"iamlab.view.{where}".rpartition(".")
            found: Callable[..., Figure] = getattr(import_module(module), name)
            return found
    return None


def _check_options(
    draw: Callable[..., Figure], value: object, options: Mapping[str, object]
) -> None:
    """Raise an error that names the options, if the picture doesn't have this one."""
    others = [*signature(draw).parameters][1:]
    for option in options:
        if option not in others:
            known = f"its options are {', '.join(others)}" if others else "it has none"
            kind_of = type(value).__name__
            raise RequestError(f"The picture of {kind_of} has no option {option!r}; {known}.")
