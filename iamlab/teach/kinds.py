"""The kinds of exercise: for each its code, its class, and the card in which it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.teach import inputs, step_inputs
from iamlab.teach.checks import Collect, Predict, Repair, Witness
from iamlab.teach.explain import Break, Explain, Order
from iamlab.teach.sequence import Sequence
from iamlab.teach.write import Design, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.teach.exercises import Exercise


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exercise.

    Parameters
    ----------
    code
        Its letter in the syllabus.
    exercise
        The class of its exercises.
    answered_in
        Makes the instrument in which a learner answers one of them.
    """

    code: str
    exercise: type[Exercise]
    answered_in: Callable[[Any], Any]

    @property
    def name(self) -> str:
        """The name of the kind, as lessons write it: ``"predict"``."""
        return self.exercise.__name__.lower()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("P", Predict, inputs.VerdictInput),
        Kind("E", Explain, inputs.ExplainInput),
        Kind("W", Write, inputs.PolicyInput),
        Kind("R", Repair, inputs.repair_input),
        Kind("X", Witness, inputs.RequestInput),
        Kind("C", Collect, inputs.NamesInput),
        Kind("O", Order, step_inputs.OrderInput),
        Kind("S", Sequence, step_inputs.CallsInput),
        Kind("D", Design, inputs.repair_input),
        Kind("B", Break, inputs.break_input),
    )
}
"""All kinds, by name."""


def kind_of(task: Exercise) -> Kind:
    """Return the kind of an exercise.

    Examples
    --------
    >>> from iamlab.teach.tables import find
    >>> kind = kind_of(find("0.1"))
    >>> kind.code, kind.name
    ('P', 'predict')
    """
    return KINDS[type(task).__name__.lower()]


def input_for(task: Exercise) -> Any:
    """Return the instrument in which an exercise is answered.

    It has ``read()``, which returns the answer or ``None``; ``restore()``, which takes an earlier
    answer back; and ``missing``, the text for a card without an answer.
    """
    return kind_of(task).answered_in(task)
