"""The functions that show something: ``predict``, ``exercise``, ``after``, ``refused``.

Widgets are imported only for a card; with an answer, ``predict`` needs no widget.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.errors import IamLabError
from iamlab.teach.ask import keep
from iamlab.teach.exercises import Feedback
from iamlab.teach.lesson import SEED
from iamlab.teach.tables import find
from iamlab.widgets.prediction import COARSE, FINE, Prediction, confidence_word, verdict_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.teach.cards import ExerciseCard, PredictionCard, Reveal
    from iamlab.widgets.instruments.explorer import Explorer
    from iamlab.widgets.instruments.switches import MembershipBoard, StatementStack
    from iamlab.world.world import World


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
        As in ``World.can``.
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

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> mine = predict(scenario("first_door"), "bob", "s3:GetObject", MAP, "denied", record=False)
    >>> mine.correct, str(mine.decision)
    (True, '○ implicit deny')
    """
    decision = world.can(principal, action, resource, context=context)
    if answer is None:
        from iamlab.teach.cards import PredictionCard

        more: dict[str, Any] = {"ritual": ritual, "explain": explain, "record": record}
        return PredictionCard(decision, FINE if fine else COARSE, world=world, **more)
    prediction = Prediction(verdict_word(answer), confidence_word(confidence), decision)
    if record:
        keep(prediction, world)
    return prediction


def exercise(number: str, *, seed: int = SEED) -> ExerciseCard:
    """Show an exercise as a card, in the world of a seed. Use the mouse or the keyboard.

    Examples
    --------
    >>> exercise("2.1")
    Exercise 2.1: Five requests to the stack
    Alice has the policy stack, in its original order, and no other policy. Bob has no ...
    """
    from iamlab.teach.cards import ExerciseCard

    return ExerciseCard(find(number, seed))


def after(number: str, draw: Callable[..., Any], *arguments: Any) -> Reveal:
    """Show something after the first attempt at an exercise, so that it doesn't reveal the answer.

    Parameters
    ----------
    number
        The exercise.
    draw
        A function that makes it, such as ``two_layers``.
    arguments
        The arguments of that function.

    Examples
    --------
    >>> from iamlab.view import door
    >>> after("1.1", door)
    This appears when you have answered exercise 1.1.
    """
    from iamlab.teach.cards import Reveal

    find(number)
    return Reveal(number, partial(draw, *arguments))


def reveal(card: PredictionCard | ExerciseCard | str, text: str) -> Reveal:
    """Show a text when the prediction or the exercise of a card has been answered.

    Parameters
    ----------
    card
        A card that was shown before, or the number of an exercise.
    text
        Its paragraphs are separated by empty lines; or the name of a text in a lesson's file, where
        nobody reads it too early.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> card = predict(scenario("first_door"), "bob", "s3:GetObject", MAP, record=False)
    >>> reveal(card, "Nothing denies it.")
    This appears when you have made a prediction in the card above.
    """
    from iamlab.teach.cards import Reveal
    from iamlab.teach.lesson import reveals

    return Reveal(card, reveals().get(text, text))


def statement_stack(
    world: World,
    user: str,
    policy_name: str,
    pairs: Sequence[tuple[str, str]],
    *,
    predict_first: bool = True,
    fine: bool = True,
    record: bool = True,
) -> StatementStack:
    """Show a statement stack, as in ``iamlab.widgets``.

    Parameters
    ----------
    world, user, policy_name, pairs
        As in ``iamlab.widgets.statement_stack``.
    predict_first
        Whether the verdict is hidden until it is predicted.
    fine
        Whether the prediction distinguishes explicit and implicit deny.
    record
        Whether to keep predictions in the progress file.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> pairs = [("s3:DeleteObject", MAP)]
    >>> stack = statement_stack(scenario("stack"), "alice", "stack", pairs, predict_first=False)
    >>> print(stack.decision)
    ✕ explicit deny by stack/KeepMaps
    """
    from iamlab.widgets import statement_stack as make

    return make(world, user, policy_name, pairs, **_asking(predict_first, fine, record))


@with_old_names
def membership_board(
    world: World,
    principals: Sequence[str] | None = None,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    predict_first: bool = True,
    fine: bool = True,
    record: bool = True,
) -> MembershipBoard:
    """Show a membership board, as in ``iamlab.widgets``.

    Parameters
    ----------
    world, principals, pairs
        As in ``iamlab.widgets.membership_board``.
    predict_first, fine, record
        As in ``statement_stack``.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> board = membership_board(scenario("groups"), pairs=[("s3:GetObject", MAP)], record=False)
    >>> board.state.caller, board.decision is None
    ('alice', True)
    """
    from iamlab.widgets import membership_board as make

    return make(world, principals, pairs, **_asking(predict_first, fine, record))


def request_builder(
    world: World,
    principal: Caller,
    action: str,
    resource: str,
    *,
    predict_first: bool = True,
    fine: bool = True,
    record: bool = True,
) -> Explorer:
    """Show a request builder: the explorer with only principal, action and resource.

    Parameters
    ----------
    world, principal, action, resource
        As in ``iamlab.lab``.
    predict_first, fine, record
        As in ``statement_stack``.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> builder = request_builder(scenario("first_door"), "bob", "s3:GetObject", MAP)
    >>> builder.set("action", "s3:PutObject")
    >>> builder.decision is None
    True
    """
    from iamlab import lab

    more = _asking(predict_first, fine, record)
    return lab(world, principal, action, resource, simple=True, **more)


def _asking(predict_first: bool, fine: bool, record: bool) -> dict[str, Any]:  # noqa: FBT001
    """Return what an instrument must know about predictions."""
    more = {"keep": keep} if record else {}
    return {"predict_first": predict_first, "options": FINE if fine else COARSE, **more}


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
        lines = error.short.split("\n")
    else:
        lines = ["Nothing was refused."]
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(Feedback(None, tuple(lines)))
    else:
        print("\n".join(lines))  # noqa: T201 - outside a notebook, print to the terminal
