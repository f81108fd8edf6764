"""Token boxes: the values of a condition and the values of a request, as tokens in two boxes.

Values are added and removed, and the engine decides whether the condition holds: also if the
request has no value, or doesn't have the key.

Notes
-----
AWS page: "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.policy.conditions import SET_OPERATORS
from iamlab.policy.document import Policy
from iamlab.view.arguments import texts
from iamlab.view.figures.policy.value_sets import shown, value_sets
from iamlab.view.style import EFFECTS
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.instruments.condition_table import ALSO, OPTIONS, decision_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.decision import Decision

BOXES = {"policy": "Values in the policy", "request": "Values in the request"}
_NAMES = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_SETS = (*(f"{name}:" for name in SET_OPERATORS), "")
MOST = 12
"""The most values in a box."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """The operator, and the values in the boxes; ``None`` if the request doesn't have the key."""

    operator: str
    policy: tuple[str, ...]
    request: tuple[str, ...] | None


class TokenBoxes(Instrument[Boxes]):
    """A condition and a request, each with several values.

    Its controls are ``operator``; ``present``, whether the request has the key; the fields
    ``policy`` and ``request`` with the buttons ``add policy`` and ``add request``; and the buttons
    ``remove policy 0`` and ``remove request 0``, with the number of a value.

    Parameters
    ----------
    key
        The condition key.
    state
        The operator and the values.
    """

    title = "Token boxes"
    question = "Does the condition match?"

    def __init__(self, key: str, state: Boxes, **more: Any) -> None:
        self.key, self.typed = key, dict.fromkeys(BOXES, "")
        names = (f"{many}{name}" for many in _SETS for name in _NAMES)
        self.operators = list(dict.fromkeys((*names, state.operator)))
        self._decided = lru_cache(64)(self._decide)
        self._decided(state)
        super().__init__(state, **{"options": OPTIONS["Allow"], **more})

    def _decide(self, state: Boxes) -> tuple[Decision, str]:
        """Return the decision, and the picture."""
        own = value_sets(state.operator, self.key, state.policy, state.request)
        when = {state.operator: {self.key: list(state.policy)}}
        [statement] = Policy.allow("*", when=when).statements
        return decision_on(statement, {self.key: state.request or ()}), own._repr_html_()

    def decide(self) -> Decision:
        """Return the decision on the request."""
        return self._decided(self.state)[0]

    def picture(self) -> str:
        """Return the values as two sets; nothing before a prediction."""
        return "" if self.is_hidden else self._decided(self.state)[1]

    def controls(self) -> Mapping[str, str]:
        """Return the operator, and the two boxes."""
        own, label = self.state, f"Operator for {self.key}"
        start = f"<p>{parts.badge(EFFECTS['Allow'])} if the condition matches. {ALSO['Allow']}</p>"
        has = parts.tick("present", "The request has the key", on=own.request is not None)
        boxes = f'<div class="tiles">{"".join(map(self._box, BOXES))}</div>'
        operator = parts.choice("operator", label, self.operators, own.operator)
        return {"operator": start + operator, "boxes": boxes + has}

    def _box(self, box: str) -> str:
        """Write the values of a box as buttons that remove them, and a field for another one."""
        values, tokens = getattr(self.state, box), ""
        for place, value in enumerate(map(shown, values or ())):
            tokens += parts.button(f"remove {box} {place}", f"{value} ×", label=f"Remove {value}")
        empty = "no such key" if values is None else "no value"
        field = parts.text_field(box, "Another value", self.typed[box], width=16)
        form = parts.row(field, parts.button(f"add {box}", "Add"))
        tokens = parts.row(tokens) if tokens else parts.paragraph(empty, "pale")
        return f"<fieldset><legend>{BOXES[box]}</legend>{tokens}{form}</fieldset>"

    def set(self, name: str, value: Any) -> None:
        """Set a control to a value; what is typed counts when it is added."""
        if name in BOXES:
            self.typed[name], self.note = str(value), ""
            self.changed()
        else:
            super().set(name, value)

    def change(self, name: str, value: Any) -> Boxes:
        """Change the operator, add or remove a value, or the key."""
        own, (what, _, rest) = self.state, name.partition(" ")
        box, _, place = rest.partition(" ")
        held = (getattr(own, box) or ()) if box in BOXES else ()
        typed, new = self.typed.get(box, "").strip(), dict[str, Any]()
        if name == "operator" and value in self.operators:
            new = {"operator": value}
        elif name == "present":
            new = {"request": () if value else None}
        elif what == "add" and box in BOXES:
            if not typed or len(held) >= MOST:
                raise ExerciseError(f"Type a value first. A box has at most {MOST}.")
            new, self.typed[box] = {box: tuple(dict.fromkeys((*held, typed)))}, ""
        elif what == "remove" and place in map(str, range(len(held))):
            new = {box: tuple(own for n, own in enumerate(held) if str(n) != place)}
        else:
            raise self.no_control(name)
        self._decided(replace(own, **new))  # an error comes before the change
        return replace(own, **new)


def token_boxes(
    key: str,
    values: str | Iterable[str],
    operator: str = "ForAllValues:StringEquals",
    request: str | Iterable[str] | None = None,
    **more: Any,
) -> TokenBoxes:
    """Compare the values of a condition with those of a request, each in a box.

    Parameters
    ----------
    key, values, operator
        The condition.
    request
        The values of the request; ``None`` if it doesn't have the key.
    more
        ``predict_first``: whether the outcome is hidden until it is predicted.

    Raises
    ------
    RequestError
        The operator doesn't exist, or a value isn't text.

    Examples
    --------
    >>> boxes = token_boxes("aws:TagKeys", ["project", "owner"])
    >>> str(boxes.decision.verdict)
    'allowed'
    >>> boxes.set("operator", "ForAnyValue:StringEquals")
    >>> str(boxes.decision.verdict)
    'implicit deny'
    """
    has = None if request is None else texts("value of the request", request)
    state = Boxes(operator, texts("value of the policy", values), has)
    return TokenBoxes(key, state, **more)
