"""The reach explorer: how one principal becomes another, step by step, and what closes the path.

An edit closes a step, or only one of the statements that allow it. Then the explorer looks for a
path again: the same one, another one, or none.
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
from iamlab.view.figures.reach.reach_path import becomes, names_of, scene_of, short_edit
from iamlab.view.layouts.tree import draw_tree
from iamlab.view.words import listed
from iamlab.widgets.controls import button, choice, paragraph, row
from iamlab.widgets.graph_picture import Part, picture
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.authorization.principal import Caller
    from iamlab.world.world import World

KINDS = {kind.__name__: kind for kind in get_args(cut_edits.CutEdit)}
"""The kinds of edits, by name."""
TO_ADMIN = ("target", ADMIN)
"""The only control with a value that isn't an ARN."""
Cuts = tuple[tuple[Any, ...], ...]
"""Edits, each as the name of its kind and its values."""


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

    # -- the state -------------------------------------------------------------------------------

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
        state = self.state
        return self._path(state.source, state.target, cuts=state.cuts)

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

    # -- the card --------------------------------------------------------------------------------

    def controls(self) -> Mapping[str, str]:
        """Return the lists, the path with its present step, and the edits."""
        state, targets = self.state, {ADMIN: "any administrator", **self._names}
        edits = {str(number): short_edit(str(edit)) for number, edit in enumerate(self.edits)}
        options = choice("edit", "An edit against this step", edits, str(state.edit))
        made = "".join(f"<li>{escape(short_edit(str(own)))}</li>" for own in self.made)
        buttons = [options, button("cut", "Make this edit", main=True)] * bool(edits)
        buttons += [button("undo", "Take back the last edit")] * bool(made)
        return {
            "who": row(
                choice("source", "From", self._names, state.source),
                choice("target", "To", targets, state.target),
            ),
            "before": self._closed(state.source, state.target, state.cuts),
            "graph": self._graph(),
            "facts": "".join(map(paragraph, self._facts())),
            "step": row(button("back", "◀ Back"), button("next", "Next ▶")) * bool(self._steps),
            "edits": f"<p>Edits made:</p><ol>{made}</ol>" * bool(made) + row(*buttons),
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
        parts = {
            node.id: Part(label=node.words, words={"decides": f"step {number}"})
            for number, node in enumerate(scene.nodes)
        }
        return picture(draw_tree(scene, "PATH"), parts, "The path, step by step")

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


reach_explorer = ReachExplorer
