"""Two instruments that go step by step: down the rungs of a decision, and along a path.

The stepper walks down the rungs of a decision, in the order of AWS's flow chart. With
``predict_first`` it asks before each rung what that rung will say. It shows a rung only after the
answer, and the verdict only at the end.

The reach explorer shows how one principal becomes another, and what closes the path. An edit closes
a step, or only one of the statements that allow it. Then the explorer looks for a path again: the
same one, another one, or none.

Notes
-----
AWS page: "How AWS enforcement code logic evaluates requests to allow or deny access".
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, get_args

from iamlab.analysis.privilege_escalation import cut_edits
from iamlab.analysis.privilege_escalation.cut import Cut, candidates
from iamlab.analysis.privilege_escalation.reach import ADMIN
from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.layers import PERMISSION_FILTERS
from iamlab.engine.trace import ABSENT, ALLOWS, DENIES, NO_ALLOW
from iamlab.errors import ExerciseError
from iamlab.view.arguments import check
from iamlab.view.figures.decision.ladder import NOTES, rungs
from iamlab.view.figures.reach.reach_path import becomes, names_of, scene_of, short_edit
from iamlab.view.layouts.tree import draw_tree
from iamlab.view.style import EFFECTS, RESULTS
from iamlab.view.words import listed
from iamlab.widgets import controls as parts
from iamlab.widgets.graph_picture import Part, picture
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.authorization.principal import Caller
    from iamlab.engine.explain import Step
    from iamlab.world.world import World

NO_DENY = "no Deny"
SAYS = {"allow": ALLOWS, "deny": DENIES, "silent": NO_ALLOW, "absent": ABSENT}
"""The words for what a rung says, by the result of its step."""
MOST = 6
"""The most statements that a rung lists."""
KNOWS_THE_END = ("identity", *PERMISSION_FILTERS)
"""The rungs whose reason depends on later rungs, so it waits for the verdict."""
KINDS = {kind.__name__: kind for kind in get_args(cut_edits.CutEdit)}
"""The kinds of edits, by name."""
TO_ADMIN = ("target", ADMIN)
"""The only control with a value that isn't an ARN."""
Cuts = tuple[tuple[Any, ...], ...]
"""Edits, each as the name of its kind and its values."""


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
    >>> from iamlab.widgets import stepper
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

    def controls(self) -> dict[str, str]:
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


@dataclass(frozen=True, slots=True)
class Exploration:
    """The ARNs of source and target, the number of the step and of its edit, and the edits made.

    An edit is the name of its kind, and its values.
    """

    source: str
    target: str = ADMIN
    step: int = 1
    edit: int = 0
    cuts: Cuts = ()


class ReachExplorer(Instrument[Exploration]):
    """A path of privilege escalation, step by step, with edits that close its steps.

    Its controls are ``source`` and ``target`` (ARNs, or ``"admin"``), ``back`` and ``next``,
    ``edit`` (the number of an edit of this step), ``cut`` and ``undo``.

    Parameters
    ----------
    world
        The explorer doesn't change it.
    source, target
        As in ``reach.path``.
    more
        As in ``Instrument``.

    Examples
    --------
    >>> from iamlab.widgets import reach_explorer
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana = main.create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> explorer = reach_explorer(main.world, dana)
    >>> print(explorer.path)
    1. user/dana -> user/dana with any permission: iam:PutUserPolicy
    >>> explorer.press("cut")
    >>> print(explorer)
    The reach explorer
    After 1 edit, no path leads from dana to an administrator.
    Remove iam:PutUserPolicy from statement #1 of own of arn:aws:iam::111111111111:user/dana.
    """

    title = "The reach explorer"
    question = "Follow the path, cut a step, and see whether a path remains."

    def __init__(self, world: World, source: Caller, target: Caller = ADMIN, **more: Any) -> None:
        self._first = world.reach()
        self._reach = lru_cache(16)(self._reach_after)
        self._path = lru_cache(64)(lambda *ends, cuts: self._reach(cuts).path(*ends))
        self._closed = lru_cache(16)(self._closing)
        ends = [own if own == ADMIN else principal_of(world, own).arn for own in (source, target)]
        self._names = names_of(dict.fromkeys([*self._first.principals, *ends]), world)
        self._names.pop(ADMIN, None)
        self._path(*ends, cuts=())  # an error belongs here, not into the card
        super().__init__(Exploration(ends[0], ends[1]), **more)

    def change(self, name: str, value: Any) -> Exploration:
        """Choose source, target, step or edit; make the edit, or take back the last one."""
        state = self.state
        again = replace(state, step=1, edit=0)
        if name in ("source", "target") and (value in self._names or (name, value) == TO_ADMIN):
            return replace(again, **{name: value})
        if name in ("back", "next"):
            step = state.step + (1 if name == "next" else -1)
            return replace(again, step=max(min(step, len(self._steps)), 1))
        if name == "edit" and str(value) in map(str, range(len(self.edits))):
            return replace(state, edit=int(value))
        if name == "cut" and self.edits:
            edit = self.edits[state.edit]
            return replace(again, cuts=(*state.cuts, (type(edit).__name__, *astuple(edit))))
        if name == "undo" and state.cuts:
            return replace(again, cuts=state.cuts[:-1])
        raise self.no_control(name)

    @property
    def path(self) -> Path | None:
        """A shortest path after all edits, or ``None``."""
        return self._path(self.state.source, self.state.target, cuts=self.state.cuts)

    @property
    def edits(self) -> list[CutEdit]:
        """The edits that take away what the present step needs, the narrowest first."""
        if self.path is None:
            return []
        reach, step = self._reach(self.state.cuts), self._steps[self.state.step - 1 :][:1]
        found = candidates(reach, reach.along(*step) if step else self.path)
        return sorted(found, key=lambda edit: (edit.breadth, str(edit)))

    @property
    def made(self) -> list[CutEdit]:
        """The edits that were made, in order."""
        return [edit for cut in self.state.cuts for edit in _cut(cut).edits]

    @property
    def _steps(self) -> Sequence[Edge]:
        return self.path.edges if self.path else ()

    def _reach_after(self, cuts: Cuts) -> Reach:
        if not cuts:
            return self._first
        before = self._reach(cuts[:-1])
        return before.again(_cut(cuts[-1]).apply(before.world.copy()))

    def controls(self) -> dict[str, str]:
        """Return the lists, the path with its present step, and the edits."""
        state, targets = self.state, {ADMIN: "any administrator", **self._names}
        source = parts.choice("source", "From", self._names, state.source)
        target = parts.choice("target", "To", targets, state.target)
        edits = {str(number): short_edit(str(edit)) for number, edit in enumerate(self.edits)}
        options = parts.choice("edit", "An edit against this step", edits, str(state.edit))
        steps = parts.button("back", "◀ Back"), parts.button("next", "Next ▶")
        made = "".join(f"<li>{escape(short_edit(str(own)))}</li>" for own in self.made)
        buttons = [options, parts.button("cut", "Make this edit", main=True)] * bool(edits)
        buttons += [parts.button("undo", "Take back the last edit")] * bool(made)
        return {
            "who": parts.row(source, target),
            "before": self._closed(state.source, state.target, state.cuts),
            "graph": self._graph(),
            "facts": "".join(map(parts.paragraph, self._facts())),
            "step": parts.row(*steps) * bool(self._steps),
            "edits": f"<p>Edits made:</p><ol>{made}</ol>" * bool(made) + parts.row(*buttons),
        }

    def _facts(self) -> Iterator[str]:
        """Yield sentences about the path and its present step."""
        state, steps = self.state, self._steps
        new = names_of((step.target.arn for step in steps), self._first.world)
        names = {ADMIN: "an administrator", **new, **self._names}
        after = f"After {count(len(state.cuts), 'edit')}, " * bool(state.cuts)
        before = self._path(state.source, state.target, cuts=state.cuts[:-1])
        same = "the same" if str(before) == str(self.path) else "another"
        path = f"{same if after else 'a'} path of {count(len(steps), 'step')}"
        text = f"{after}{'no path' if self.path is None else path} leads "
        yield f"{text[0].upper()}{text[1:]}from {names[state.source]} to {names[state.target]}."
        for step in steps[state.step - 1 : state.step]:
            who = names[step.source.arn]
            yield f"Step {state.step} of {len(steps)}: {who} {becomes(step, names)}."
            found = self._reach(state.cuts).decisions(step)
            by = dict.fromkeys(own.address for each in found for own in each.determining)
            if by:
                yield f"Allowed by {listed(list(by), 4)}."
            yield from (f"Only if {condition}." for condition in step.conditions)

    def _graph(self) -> str:
        """Return the path."""
        if self.path is None:
            return ""
        scene = scene_of(self.path, [], [])
        labels = dict[str, Part]()
        for number, node in enumerate(scene.nodes):
            labels[node.id] = Part(label=node.words, words={"decides": f"step {number}"})
        return picture(draw_tree(scene, "PATH"), labels, "The path, step by step")

    def marks(self) -> dict[str, str]:
        """Return which step is the present one, and which come later."""
        here, nodes = self.state.step, scene_of(self.path, [], []).nodes if self.path else ()
        states = ("out" if n > here else "decides" * (n == here) for n in range(len(nodes)))
        return {node.id: state for node, state in zip(nodes, states, strict=True)}

    def _closing(self, source: str, target: str, cuts: Cuts) -> str:
        """Return the path before the last edit, and what the edit does to each step."""
        before = self._path(source, target, cuts=cuts[:-1])
        if before is None or not cuts:
            return ""
        closing = list(_cut(cuts[-1]).edits_by_step(before, self._reach(cuts[:-1])))
        sheet = draw_tree(scene_of(before, closing, []), "PATH BEFORE THE LAST EDIT")
        return picture(sheet, {}, "The path before the last edit, and what the edit closes")

    def __repr__(self) -> str:
        return "\n".join((self.title, *self._facts(), *map(str, self.made)))


def _cut(values: Sequence[Any]) -> Cut:
    """Return the edit of a state as a cut."""
    return Cut((KINDS[values[0]](*values[1:]),), is_closed=False, is_smallest=False)
