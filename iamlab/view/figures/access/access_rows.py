"""What stands behind an access graph: each statement of each layer, with what it missed.

One row for each statement, and one for each policy that has none: the figure's table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from iamlab.engine.applicable_statements import RESTRICTED
from iamlab.engine.layers import LAYERS, NAMES
from iamlab.engine.principals import PrincipalMatch
from iamlab.view.figures.names import resource_policy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy, Level
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch

ALLOWS, DENIES, TAKEN, SILENT = "allows", "denies", "taken away", "does not apply"
"""What a statement does. What Block Public Access takes away would apply but for that."""

SIDES = ("identity", "resource", "grant")
"""The layers that can grant; all others are gates on the way."""


@dataclass(frozen=True, slots=True)
class Row:
    """One statement, and how it came here.

    Parameters
    ----------
    layer, level
        Which kind of policy, and at which of its levels, from 1.
    place
        Where it hangs: an OU, a group; empty if on the caller or the resource itself.
    policy, kind, owner
        The policy's name, what it is called by AWS, and what tells two of one name apart.
    effect, label
        Of the statement; empty for a policy that has none.
    does
        ``ALLOWS``, ``DENIES``, ``TAKEN`` or ``SILENT``.
    missed, elements
        What it missed, in words; and which elements, or keys of conditions, these are.
    names
        For a policy of the resource: how it names the caller.
    is_nearest
        Whether it is the Allow that came nearest.
    decides
        Whether it is one of those that decided.
    """

    layer: str
    level: int
    place: str
    policy: str
    kind: str
    owner: str
    effect: str = ""
    label: str = ""
    does: str = SILENT
    missed: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    names: str = ""
    is_nearest: bool = False
    decides: bool = False

    @property
    def group(self) -> str:
        """The group that hands the policy on, if one does."""
        is_of_group = self.layer == "identity" and self.place.startswith("group ")
        return self.place.removeprefix("group ") if is_of_group else ""

    @property
    def address(self) -> str:
        """Policy and statement."""
        return f"{self.policy}/{self.label}"


def rows_of(decision: Decision) -> tuple[Row, ...]:
    """List the statements of each layer that has a part in the decision."""
    near = decision.trace.nearest
    known = _Known(frozenset(map(id, decision.determining)), "" if near is None else near.address)
    return tuple(
        row
        for layer in LAYERS
        for level, (policies, readings) in enumerate(_levels(decision, layer), 1)
        for number, attached in enumerate(policies, 1)
        for row in _rows(decision.request, (layer, level, number), attached, readings, known)
    )


class _Known(NamedTuple):
    """What was worked out of the decision as a whole: who decided, who came nearest."""

    deciding: frozenset[int]
    nearest: str


def _levels(decision: Decision, layer: str) -> Iterator[tuple[Level, tuple[StatementMatch, ...]]]:
    """Give policies and what was read in them, level by level."""
    heard = decision.layer_matches[layer]
    there = decision.layers.levels(layer) if heard.present else ()
    yield from zip_longest(there, heard.levels[: len(there)], fillvalue=())


def _rows(
    request: Request,
    where: tuple[str, int, int],
    attached: AttachedPolicy,
    readings: tuple[StatementMatch, ...],
    known: _Known,
) -> Iterator[Row]:
    layer, level, number = where
    bare = Row(
        layer,
        level,
        attached.path[0] if attached.path else "",
        attached.policy.name or "unnamed",
        kind_of(request, layer, attached),
        f"{layer} {level} {number}",
    )
    own = [reading for reading in readings if reading.attached is attached]
    for reading in own:
        does = _does(reading)
        yield replace(
            bare,
            effect=reading.effect,
            label=reading.statement.label,
            does=does,
            missed=tuple(map(str, reading.mismatches)),
            elements=tuple(
                one.condition.key if one.condition else one.element for one in reading.mismatches
            ),
            names=_names(request, reading) if layer in SIDES[1:] else "",
            is_nearest=(
                does == SILENT and reading.effect == "Allow" and reading.address == known.nearest
            ),
            decides=id(reading) in known.deciding,
        )
    if not own:
        yield bare


def _does(reading: StatementMatch) -> str:
    if reading.applies:
        return ALLOWS if reading.effect == "Allow" else DENIES
    taken = reading.mismatches == (RESTRICTED,)
    return TAKEN if taken else SILENT


def _names(request: Request, reading: StatementMatch) -> str:
    """Say how a policy of the resource names the caller."""
    if reading.principal_match is PrincipalMatch.INDIRECT:
        return "names its role" if request.caller.is_of_role else "names its user"
    if reading.principal_match is PrincipalMatch.DIRECT:
        everyone = any(value == "*" for _, value in reading.statement.principal or (("", "*"),))
        return "names everyone" if everyone else "names the caller"
    return "names its account" if reading.principal_match is PrincipalMatch.ACCOUNT else ""


_AS_PATH = {"root user": "all that a root user may", "account password policy": "password policy"}


def kind_of(request: Request, layer: str, attached: AttachedPolicy) -> str:
    """Say what kind of policy it is, as AWS calls it."""
    if layer == "resource":
        return resource_policy_of(request)
    if layer != "identity":
        return NAMES[layer]
    if attached.arn is None:
        return _AS_PATH.get(attached.path[0] if attached.path else "", "inline")
    return "AWS managed" if ":iam::aws:" in attached.arn else "customer managed"
