"""The functions that show something: ``predict``, ``exercise``, ``after``, ``refused``.

Widgets are imported only for a card; with an answer, ``predict`` needs no widget.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.deprecated import with_old_names
from iamlab.errors import IamLabError
from iamlab.teach import journal
from iamlab.teach.exercises import caller_arn, find
from iamlab.teach.marks import COARSE, FINE, Feedback
from iamlab.teach.predictions import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.lab.world import World
    from iamlab.teach.cards import ExerciseCard, PredictionCard
    from iamlab.teach.predictions import Prediction


Shown = TypeVar("Shown")


@with_old_names
def predict(
    world: World,
    principal: Caller,
    action: str,
    resource: str,
    answer: str | None = None,
    confidence: str = "",
    *,
    context: Mapping[str, ContextValue] | None = None,
    fine: bool = False,
    ritual: bool = False,
    explain: bool = True,
    record: bool = True,
) -> PredictionCard | Prediction:
    """Ask for a prediction first, then show what AWS decides.

    Parameters
    ----------
    world, principal, action, resource, context
        As in ``World.can``; the principal can also be the name of a user or role.
    answer
        Your prediction: ``"allowed"`` or ``"denied"`` (``"explicit deny"``, ``"implicit deny"``).
        Without it, a card asks for your prediction.
    confidence
        ``"a guess"``, ``"fairly sure"`` or ``"certain"``.
    fine
        Whether the card distinguishes explicit and implicit deny.
    ritual
        Whether the card asks, after the reveal, what happened and which statement decided. After a
        wrong prediction it always asks.
    explain
        Whether the card answers the six questions after the reveal. Use ``False`` if the next cell
        of a lesson shows them.
    record
        Whether to keep the prediction in the progress file.

    Returns
    -------
    Prediction or PredictionCard
        With an answer, the prediction and the verdict; otherwise the card.
    """
    caller = caller_arn(world, principal) if isinstance(principal, str) else principal
    decision = world.can(caller, action, resource, context=context)
    if answer is None:
        from iamlab.teach.cards import PredictionCard

        options = FINE if fine else COARSE
        return PredictionCard(decision, options, ritual=ritual, explain=explain, record=record)
    return commit(decision, answer, confidence, record=record)


def exercise(number: str) -> ExerciseCard:
    """Show an exercise as a card. You can answer with the mouse or the keyboard."""
    from iamlab.teach.cards import ExerciseCard

    return ExerciseCard(find(number))


def after(number: str, draw: Callable[..., Shown], *arguments: Any) -> Shown | Feedback:
    """Show something after the first attempt at an exercise, so that it doesn't reveal the answer.

    Parameters
    ----------
    number
        The exercise.
    draw
        A function that makes it, such as ``two_layers``.
    arguments
        The arguments of that function.
    """
    find(number)
    if journal.of_exercise(number, "attempt") or journal.of_exercise(number, "solution"):
        return draw(*arguments)
    return Feedback(None, (f"Answer exercise {number} first, then run this cell again.",))


@contextmanager
def refused() -> Iterator[None]:
    """Show AWS's error message for the call inside, instead of a traceback.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("groups")
    >>> with refused():
    ...     world.group("astronomers").add_user("zoe")
    NoSuchEntity: The user with name zoe cannot be found.
    There are: alice, bob, carol, dana.
    """
    try:
        yield
    except IamLabError as error:
        lines = [str(error), *getattr(error, "__notes__", [])]
    else:
        lines = ["Nothing was refused."]
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(Feedback(None, tuple(lines)))
    else:
        print("\n".join(lines))  # noqa: T201 - outside a notebook, print to the terminal
