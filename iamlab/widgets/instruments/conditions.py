"""The condition table and the token boxes: which requests the conditions of a statement match.

A row of the table has the values of some condition keys ("given"), the outcome of each condition
("when"), and whether the statement matches ("then"). The operators can be changed, and every row
follows.

The boxes have the values of one condition and of a request. Values are added and removed, also if
the request has no value, or doesn't have the key.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Set operators for multivalued context
keys".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.labels import keys_in_policies
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request, as_text
from iamlab.errors import ExerciseError
from iamlab.policy.condition_keys import condition_key, is_multivalued
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, read_operator
from iamlab.policy.document import Policy
from iamlab.policy.statement import Statement
from iamlab.view.arguments import texts
from iamlab.view.figures.policy.condition_tree import MATCHES, MISSES, condition_tree
from iamlab.view.figures.policy.value_sets import NOBODY, shown, value_sets
from iamlab.view.style import EFFECTS
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.engine.verdict import StatementMatch

    Block = Mapping[str, object]
    Context = Mapping[str, ContextValue]

Texts = tuple[str, ...]
MOST, FULL = 24, 12
"""The most rows, and the most values in a box."""
OPTIONS = {"Allow": ("allowed", "implicit deny"), "Deny": ("allowed", "explicit deny")}
BOXES = {"policy": "Values in the policy", "request": "Values in the request"}
_NAMES = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_SETS = (*(f"{name}:" for name in SET_OPERATORS), "")
_VALUE = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
_BOOL = {"": "absent", "true": "true", "false": "false"}
_ANY = Policy.allow("*", sid="Everything").statements[0]


@dataclass(frozen=True, slots=True)
class Table:
    """The operators, the rows, the number of the chosen row, and what was predicted.

    Parameters
    ----------
    rows
        The values of the keys: several with commas between, and ``""`` if the key is absent.
    predicted
        The operators and the values of each row that was predicted.
    """

    operators: Texts
    rows: tuple[Texts, ...]
    row: int = 0
    predicted: tuple[tuple[Texts, Texts], ...] = ()


def decision_on(statement: Statement, context: Context) -> Decision:
    """Decide on a request for which only the conditions of a statement matter.

    Examples
    --------
    >>> [statement] = Policy.deny("s3:*", when={"aws:SecureTransport": False}).statements
    >>> str(decision_on(statement, {"aws:SecureTransport": False}).verdict)
    'explicit deny'
    """
    own = replace(statement, action=("*",), not_action=None, resource=("*",), not_resource=None)
    own = replace(own, number=1, principal=None, not_principal=None)
    policy = Policy((own,) if own.effect == "Allow" else (_ANY, own), "2012-10-17")
    request = Request(NOBODY, "s3:GetObject", "*", context=context)
    return evaluate(request, Layers([policy]))


class ConditionTable(Instrument[Table]):
    """Which requests the conditions of a statement match, as rows that can be edited.

    Its controls are ``row``, the number of the chosen row; ``given 0`` with the number of a key,
    for this row; ``operator 0`` with the number of a condition; and the buttons ``add`` and
    ``remove``. All numbers begin at 0.

    Parameters
    ----------
    what
        A statement, or a Condition block as in a policy.
    rows
        The context of each row: condition keys and their values. A key that isn't there is absent.
    more
        ``predict_first``: whether each row must be predicted before its outcome is shown.

    Examples
    --------
    >>> from iamlab.widgets import condition_table
    >>> mfa = "aws:MultiFactorAuthPresent"
    >>> table = condition_table({"Bool": {mfa: "false"}}, [{mfa: True}, {}])
    >>> [table.outcome(row).applies for row in (0, 1)]
    [False, False]
    >>> table.set("operator 0", "BoolIfExists")
    >>> [table.outcome(row).applies for row in (0, 1)]
    [False, True]
    """

    title = "The condition table"
    question = "Which requests does the statement match?"

    def __init__(self, what: Statement | Block, rows: Iterable[Context] = (), **more: Any) -> None:
        own = what if isinstance(what, Statement) else Policy.allow("*", when=what).statements[0]
        self._statement, self._decided = own, lru_cache(256)(self._decide)
        contexts = list(rows) or [{}]
        named = [each.key for each in own.conditions] + keys_in_policies(decision_on(own, {}))
        self.keys = {key.lower(): key for key in chain(named, *contexts)}
        found = (map(as_text(row).get, self.keys) for row in contexts)
        table = tuple(tuple(", ".join(values or ()) for values in row) for row in found)
        operators = tuple(str(each.comparison) for each in own.conditions)
        super().__init__(Table(operators, table), **{"options": OPTIONS[own.effect], **more})

    def _decide(self, operators: Texts, row: Texts) -> Decision:
        context: dict[str, ContextValue] = {}
        for key, text in zip(self.keys, row, strict=True):
            if text:
                context[key] = _VALUE.findall(text) if is_multivalued(key) else text
        pairs = zip(self._statement.conditions, map(read_operator, operators), strict=True)
        conditions = tuple(replace(own, comparison=name) for own, name in pairs if name)
        return decision_on(replace(self._statement, conditions=conditions), context)

    def outcome(self, row: int) -> StatementMatch | None:
        """Return the statement compared with a row; ``None`` while it must be predicted."""
        own = self.state
        if self.predict_first and (own.operators, own.rows[row]) not in own.predicted:
            return None
        found = self._decided(own.operators, own.rows[row]).trace.matches
        return next(match for match in found if match.effect == self._statement.effect)

    @property
    def is_hidden(self) -> bool:
        """Whether the chosen row must be predicted first."""
        return self.outcome(self.state.row) is None

    def decide(self) -> Decision:
        """Return the decision on the chosen row."""
        return self._decided(self.state.operators, self.state.rows[self.state.row])

    def _commit(self) -> None:
        super()._commit()
        own = self.state
        new = [(own.operators, own.rows[own.row])] * (self.prediction is not None)
        self.state = replace(own, predicted=(*own.predicted, *new))

    def operators(self, place: int) -> list[str]:
        """Return the operators to choose from for a condition."""
        own = self._statement.conditions[place]
        kind = own.comparison.name.removeprefix("Not")[:3]
        names = [name for name in OPERATORS if name.removeprefix("Not")[:3] == kind]
        starts = _SETS if is_multivalued(own.key) else ("",)
        found = map("".join, product(starts, names, ("", "IfExists")))
        null = ["Null"] * (set(own.values) <= {"true", "false"})
        known = dict.fromkeys([str(own.comparison), *found, *null])
        return [name for name in known if read_operator(name)]

    def controls(self) -> dict[str, str]:
        """Return the operators, the table, and the values of the chosen row."""
        own, block, fields = self.state, "", ""
        for place, each in enumerate(self._statement.conditions):
            name, label = f"operator {place}", f"{each.key}: {' or '.join(each.values)}"
            block += parts.choice(name, label, self.operators(place), own.operators[place])
        for place, key in enumerate(self.keys.values()):
            name, value, known = f"given {place}", own.rows[own.row][place], condition_key(key)
            if known and known.type == "Bool" and value in _BOOL:
                fields += parts.choice(name, key, _BOOL, value)
            else:
                fields += parts.text_field(name, f"{key} (empty: absent)", value)
        which = f"row {own.row + 1}"
        remove = parts.button("remove", f"Remove {which}") * (len(own.rows) > 1)
        return {
            "block": _start(self._statement.effect) + parts.row(block),
            "rows": self._table(),
            "given": f"<p>The request of {which}:</p>{parts.row(fields)}",
            "edit": parts.row(parts.button("add", "Add a row"), remove),
        }

    def _table(self) -> str:
        own, rows = self.state, []
        heads = [("Given", key) for key in self.keys.values()]
        pairs = zip(self._statement.conditions, own.operators, strict=True)
        heads += [(f"When {each.key}", name) for each, name in pairs] + [("Then", "the statement")]
        for row, values in enumerate(own.rows):
            cells = ["… not yet"] * (len(own.operators) + 1)
            if match := self.outcome(row):
                missed = [miss.condition for miss in match.mismatches]
                met = [*(each not in missed for each in match.statement.conditions), not missed]
                cells = [parts.badge(MATCHES if each else MISSES) for each in met]
            field = parts.radio("row", str(row), str(row + 1), on=row == own.row)
            written = (escape(text) or '<span class="pale">absent</span>' for text in values)
            rows.append([field, *written, *cells])
        words = (f"<small>{escape(kind)}</small><br>{escape(name)}" for kind, name in heads)
        return parts.table("Requests", ["", *words], rows)

    def picture(self) -> str:
        """Return the conditions of the chosen row as a tree; nothing before a prediction."""
        return "" if self.is_hidden else condition_tree(self.decide())._repr_html_()

    def change(self, name: str, value: Any) -> Table:
        """Choose, add, remove or edit a row, or change an operator."""
        own, rows, row = self.state, self.state.rows, self.state.row
        kind, _, number = name.partition(" ")
        place = int(number) if number.isdecimal() else MOST
        if name == "row" and str(value) in map(str, range(len(rows))):
            return replace(own, row=int(value))
        if name == "add" and len(rows) < MOST:
            return replace(own, rows=(*rows, rows[row]), row=len(rows))
        if name == "remove" and len(rows) > 1:
            return replace(own, rows=_put(rows, row), row=min(row, len(rows) - 2))
        if kind == "given" and place < len(self.keys):
            values = _put(rows[row], place, str(value).strip())
            self._decided(own.operators, values)  # an error comes before the change
            return replace(own, rows=_put(rows, row, values))
        if kind == "operator" and place < len(own.operators) and value in self.operators(place):
            return replace(own, operators=_put(own.operators, place, value))
        raise self.no_control(name)


def _start(effect: str) -> str:
    others = {"Allow": "No other statement allows", "Deny": "Another statement allows"}[effect]
    return f"<p>{parts.badge(EFFECTS[effect])} if all conditions match. {others} the request.</p>"


def _put(values: tuple[Any, ...], place: int, *new: object) -> tuple[Any, ...]:
    return (*values[:place], *new, *values[place + 1 :])


@dataclass(frozen=True, slots=True)
class Boxes:
    """The operator, and the values in the boxes; ``None`` if the request doesn't have the key."""

    operator: str
    policy: tuple[str, ...]
    request: tuple[str, ...] | None


class TokenBoxes(Instrument[Boxes]):
    """The values of a condition and those of a request, each in a box, to compare.

    Its controls are ``operator``; ``present``, whether the request has the key; the fields
    ``policy`` and ``request`` with the buttons ``add policy`` and ``add request``; and the buttons
    ``remove policy 0`` and ``remove request 0``, with the number of a value.

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
    >>> from iamlab.widgets import token_boxes
    >>> boxes = token_boxes("aws:TagKeys", ["project", "owner"])
    >>> str(boxes.decision.verdict)
    'allowed'
    >>> boxes.set("operator", "ForAnyValue:StringEquals")
    >>> str(boxes.decision.verdict)
    'implicit deny'
    """

    title = "Values of a condition"
    question = "Does the condition match the request?"

    def __init__(
        self,
        key: str,
        values: str | Iterable[str],
        operator: str = "ForAllValues:StringEquals",
        request: str | Iterable[str] | None = None,
        **more: Any,
    ) -> None:
        has = None if request is None else texts("value of the request", request)
        state = Boxes(operator, texts("value of the policy", values), has)
        self.key, self.typed = key, dict.fromkeys(BOXES, "")
        names = (f"{many}{name}" for many in _SETS for name in _NAMES)
        self.offered = {"operator": list(dict.fromkeys((*names, state.operator)))}
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

    def controls(self) -> dict[str, str]:
        """Return the operator, and the two boxes."""
        present = self.state.request is not None
        has = parts.tick("present", f"The request has {self.key}", on=present)
        boxes = f'<div class="tiles">{"".join(map(self._box, BOXES))}</div>'
        operator = self.chooser("operator", f"Operator for {self.key}")
        return {"operator": _start("Allow") + operator, "boxes": boxes + has}

    def _box(self, box: str) -> str:
        """Write the values of a box as buttons that remove them, and a field for another one."""
        values, tokens = getattr(self.state, box), ""
        for place, value in enumerate(map(shown, values or ())):
            tokens += parts.button(f"remove {box} {place}", f"{value} ×", label=f"Remove {value}")
        empty = "The request doesn't have the key." if values is None else "No values."
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
        """Add or remove a value, or the key."""
        own, (what, _, rest) = self.state, name.partition(" ")
        box, _, place = rest.partition(" ")
        held = (getattr(own, box) or ()) if box in BOXES else ()
        typed = self.typed.get(box, "").strip()
        if name == "present":
            box, held = "request", () if value else None
        elif what == "add" and box in BOXES:
            if not typed or len(held) >= FULL:
                raise ExerciseError(f"Type a value first. A box has at most {FULL}.")
            held, self.typed[box] = tuple(dict.fromkeys((*held, typed))), ""
        elif what == "remove" and place in map(str, range(len(held))):
            held = _put(held, int(place))
        else:
            raise self.no_control(name)
        new = replace(own, **{box: held})  # type: ignore[arg-type]
        self._decided(new)  # an error comes before the change
        return new
