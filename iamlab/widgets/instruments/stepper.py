"""The stepper: walk down the rungs of a decision, in the order of AWS's flow chart.

With ``predict_first`` it asks before each rung what that rung will say. It shows a rung only after
the answer, and the verdict only at the end.

Notes
-----
AWS page: "How AWS enforcement code logic evaluates requests to allow or deny access".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.layers import PERMISSION_FILTERS
from iamlab.engine.trace import ABSENT, ALLOWS, DENIES, NO_ALLOW
from iamlab.errors import ExerciseError
from iamlab.view.arguments import check
from iamlab.view.figures.decision.ladder import NOTES, rungs
from iamlab.view.style import EFFECTS, RESULTS
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.explain import Step

NO_DENY = "no Deny"
SAYS = {"allow": ALLOWS, "deny": DENIES, "silent": NO_ALLOW, "absent": ABSENT}
"""The words for what a rung says, by the result of its step."""
MOST = 6
"""The most statements that a rung lists."""
KNOWS_THE_END = ("identity", *PERMISSION_FILTERS)
"""The rungs whose reason depends on later rungs, so it waits for the verdict."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How many rungs are shown, the answers, and the choice for the next rung."""

    shown: int = 0
    answers: tuple[str, ...] = ()
    choice: str = ""


class Stepper(Instrument[Walk]):
    """The rungs of a decision, one after the other, in the order of AWS's flow chart.

    Its controls are the buttons ``next``, ``back`` and ``restart``, and ``says``: what the next
    rung will say.

    Parameters
    ----------
    decision
        What ``World.can`` returns.
    more
        ``predict_first``: whether each rung must be predicted before it is shown.

    Raises
    ------
    RequestError
        It isn't a decision.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> steps = stepper(world.can(world.user("dana"), "s3:DeleteObject", MAP), predict_first=True)
    >>> steps.set("says", "denies")
    >>> steps.press("next")
    >>> steps.score, steps.decision
    ((1, 1), None)
    """

    title = "The stepper"
    question = "What does each rung say?"
    asks_itself = True

    def __init__(self, decision: Decision, **more: Any) -> None:
        check("stepper", decision, Decision)
        self._decision, self._steps = decision, decision.steps
        self._rungs = {rung.layer: rung for rung in rungs(decision)}
        super().__init__(Walk(), **more)

    @property
    def score(self) -> tuple[int, int]:
        """How many answers are right, and how many there are."""
        pairs = zip(self._steps, self.state.answers, strict=False)
        return sum(_says(step) == own for step, own in pairs), len(self.state.answers)

    @property
    def says(self) -> tuple[str, ...]:
        """What the next rung can say; empty if there is nothing to predict."""
        walk = self.state
        if not self.predict_first or not len(walk.answers) == walk.shown < len(self._steps):
            return ()
        return tuple(SAYS.values()) if walk.shown else (DENIES, NO_DENY)

    def controls(self) -> Mapping[str, str]:
        """Return the request, the rungs, and the form for the next rung."""
        items = "".join(self._item(number, step) for number, step in enumerate(self._steps))
        policies = parts.statements(self._decision, is_open=self.predict_first)
        return {
            "request": parts.request_facts(self._decision) + policies,
            "rungs": f'<ol class="rungs">{items}</ol>',
            "facts": parts.paragraph(self._last()),
            "form": self._form(),
        }

    def _item(self, number: int, step: Step) -> str:
        """Write a rung; before it is shown, it has only its name."""
        rung, is_end = self._rungs[step.layer], self.decide() is not None
        name = f'<strong>{escape(rung.name)}</strong> <span class="pale">{NOTES[step.layer]}</span>'
        if number >= self.state.shown:
            return f'<li class="later">{name} <span class="pale">… not yet</span></li>'
        seen = parts.badge(replace(RESULTS[step.result], word=_says(step)))
        for own in self.state.answers[number : number + 1]:
            seen += " as you predicted" if own == _says(step) else f" You predicted: {escape(own)}."
        is_now = number == self.state.shown - 1 and not is_end
        why = parts.paragraph(step.reason) if is_end or step.layer not in KNOWS_THE_END else ""
        why += _matches(step) if is_now or not why else ""
        kind, current = "now" * is_now, ' aria-current="step"' * is_now
        if is_end:
            kind = "now" if rung.decides else "later" * rung.is_pale
            seen += f" <strong>{rung.part}</strong>"
        return f'<li class="{kind}"{current}>{name} {seen}{why}</li>'

    def _last(self) -> str:
        """Return in words what the last rung says, and the score."""
        if not self.state.shown:
            return f"There are {len(self._steps)} rungs, and then the verdict."
        step, (right, of) = self._steps[self.state.shown - 1], self.score
        text = f"The answer of {self._rungs[step.layer].title}: {step.symbol} {_says(step)}."
        return f"{text} Right so far: {right} of {of}." if of else text

    def _form(self) -> str:
        walk, asks, word = self.state, "", "Next rung"
        if self.says:
            name = self._rungs[self._steps[walk.shown].layer].name.rstrip("?")
            legend = f"Rung {walk.shown + 1}, {name}: what will it say?"
            asks, word = parts.segmented("says", legend, self.says, walk.choice), "Show this rung"
        back = parts.button("back", "Back") if walk.shown else ""
        if self.decide() is not None:
            return parts.row(parts.button("restart", "Start again"), back)
        return asks + parts.row(parts.button("next", word, main=True), back)

    def change(self, name: str, value: Any) -> Walk:
        """Go to the next rung or back, or choose what the next rung will say."""
        walk = self.state
        if name == "restart":
            return Walk()
        if name == "back" and walk.shown:
            return replace(walk, shown=walk.shown - 1, choice="")
        if name == "says" and value in self.says:
            return replace(walk, choice=value)
        if name == "next" and self.says and not walk.choice:
            raise ExerciseError(f"First choose what this rung will say: {', '.join(self.says)}.")
        if name == "next" and walk.shown < len(self._steps):
            return Walk(walk.shown + 1, walk.answers + (walk.choice,) * bool(self.says))
        raise self.no_control(name)

    def decide(self) -> Decision | None:
        """Return the decision once all rungs are shown."""
        return self._decision if self.state.shown >= len(self._steps) else None


def _says(step: Step) -> str:
    return NO_DENY if (step.layer, step.result) == ("deny", "silent") else SAYS[step.result]


def _matches(step: Step) -> str:
    """Write the statements of a rung, the nearest ones first, each with what doesn't match."""
    near, rows = sorted(step.statements, key=lambda match: len(match.mismatches)), ""
    for match in near[:MOST]:
        outcome = "matches." if match.applies else f"doesn't match. {match.why_not}."
        text = f"<strong>{escape(match.address)}</strong> {escape(outcome)}"
        rows += f"<li>{parts.badge(EFFECTS[match.effect])} {text}</li>"
    more = f"<li>and {count(len(near) - MOST, 'more statement')}</li>" * (len(near) > MOST)
    return f'<ul class="plain">{rows}{more}</ul>' if rows else ""


stepper = Stepper
