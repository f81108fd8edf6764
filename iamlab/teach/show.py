"""The verbs that show a card: ``predict`` and ``exercise``.

Widgets are imported only when a card is wanted; with an answer, ``predict`` needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.teach.exercises import find, named
from iamlab.teach.predictions import COARSE, FINE, commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.teach.cards import ExerciseCard, PredictionCard
    from iamlab.teach.predictions import Prediction
    from iamlab.world.gather import Caller
    from iamlab.world.world import World


def predict(
    world: World,
    caller: Caller,
    action: str,
    resource: str,
    answer: str | None = None,
    confidence: str = "",
    *,
    context: Mapping[str, ContextValue] | None = None,
    fine: bool = False,
    ritual: bool = False,
    record: bool = True,
) -> PredictionCard | Prediction:
    """Ask for a prediction, and only then show what AWS decides.

    Parameters
    ----------
    world, caller, action, resource, context
        As in ``World.can``; the caller may be given by its name.
    answer
        Your prediction: ``"allowed"`` or ``"denied"`` (``"explicit deny"``, ``"implicit deny"``).
        Without one, a card asks for it.
    confidence
        ``"a guess"``, ``"fairly sure"`` or ``"certain"``.
    fine
        Whether the card tells the two kinds of denial apart.
    ritual
        Whether the card asks, after the reveal, what happened and which statement decided. After a
        wrong prediction it always does.
    record
        Whether to keep the prediction in the progress file.

    Returns
    -------
    Prediction or PredictionCard
        With an answer, the prediction beside the verdict; else the card.
    """
    who = named(world, caller) if isinstance(caller, str) else caller
    decision = world.can(who, action, resource, context=context)
    if answer is None:
        from iamlab.teach.cards import PredictionCard

        return PredictionCard(decision, FINE if fine else COARSE, ritual=ritual, record=record)
    return commit(decision, answer, confidence, record=record)


def exercise(number: str) -> ExerciseCard:
    """Show an exercise as a card, to be answered by mouse or keyboard."""
    from iamlab.teach.cards import ExerciseCard

    return ExerciseCard(find(number))
