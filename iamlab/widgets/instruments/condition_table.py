"""The condition table: which requests the conditions of a statement match, row by row.

A row has the values of some condition keys ("given"), the outcome of each condition ("when"), and
whether the statement matches ("then"). The operators can be changed, and every row follows.

Notes
-----
AWS page: "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.labels import keys_in_policies
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request, as_text
from iamlab.policy.condition_keys import condition_key, is_multivalued
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, read_operator
from iamlab.policy.document import Policy
from iamlab.policy.statement import Statement
from iamlab.view.figures.policy.condition_tree import MATCHES, MISSES, condition_tree
from iamlab.view.figures.policy.value_sets import NOBODY
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

MOST = 24
"""The most rows."""
OPTIONS = {"Allow": ("allowed", "implicit deny"), "Deny": ("allowed", "explicit deny")}
ALSO = {"Allow": "No other statement allows it.", "Deny": "Another statement allows it."}
_VALUE = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
_BOOL = {"": "absent", "true": "true", "false": "false"}
_ABSENT, _LATER = '<span class="pale">absent</span>', "… not yet"
_ANY = Policy.allow("*", sid="Everything").statements[0]


@dataclass(frozen=True, slots=True)
class Table:
    """The operators, the rows, the verdicts that were predicted, and the chosen row.

    Parameters
    ----------
    rows
        The values of the keys: several with commas between, and ``""`` if the key is absent.
    answers
        A verdict for each row; ``""`` if it isn't predicted.
    """

    operators: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    answers: tuple[str, ...]
    row: int = 0


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
    """The conditions of a statement, and requests as rows.

    Its controls are ``row``, the number of the chosen row; ``given 0`` with the number of a key,
    for this row; ``operator 0`` with the number of a condition; and the buttons ``add`` and
    ``remove``. All numbers begin at 0.

    Parameters
    ----------
    what
        A statement, or a Condition block as in a policy.
    rows
        The context of each row: condition keys and their values.
    """

    title = "The condition table"
    question = "Which requests does the statement match?"

    def __init__(self, what: Statement | Block, rows: Iterable[Context], **more: Any) -> None:
        own = what if isinstance(what, Statement) else Policy.allow("*", when=what).statements[0]
        self._statement, self._decided = own, lru_cache(256)(self._decide)
        contexts = list(rows) or [{}]
        named = [each.key for each in own.conditions] + keys_in_policies(decision_on(own, {}))
        self.keys = {key.lower(): key for key in chain(named, *contexts)}
        found = (map(as_text(row).get, self.keys) for row in contexts)
        table = tuple(tuple(", ".join(values or ()) for values in row) for row in found)
        operators = tuple(str(each.comparison) for each in own.conditions)
        more = {"options": OPTIONS[own.effect], **more}
        super().__init__(Table(operators, table, ("",) * len(table)), **more)

    def _decide(self, operators: tuple[str, ...], row: tuple[str, ...]) -> Decision:
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
        if self.predict_first and not own.answers[row]:
            return None
        steps = self._decided(own.operators, own.rows[row]).trace.steps
        found = (match for step in steps for match in step.matches)
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
        own, answer = self.state, self.prediction.answer if self.prediction else ""
        self.state = replace(own, answers=_put(own.answers, own.row, answer))

    def operators(self, place: int) -> list[str]:
        """Return the operators to choose from for a condition; none if it doesn't exist."""
        if place >= len(self._statement.conditions):
            return []
        own = self._statement.conditions[place]
        kind = own.comparison.name.removeprefix("Not")[:3]
        names = [name for name in OPERATORS if name.removeprefix("Not")[:3] == kind]
        sets = SET_OPERATORS if is_multivalued(own.key) else ()
        found = [str(own.comparison), *(f"{each}:{name}" for each in sets for name in names)]
        found += [f"{name}{end}" for name in names for end in ("", "IfExists")]
        found += ["Null"] * (set(own.values) <= {"true", "false"})
        return [name for name in dict.fromkeys(found) if read_operator(name)]

    def controls(self) -> Mapping[str, str]:
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
        effect, which = self._statement.effect, f"row {own.row + 1}"
        start = f"{parts.badge(EFFECTS[effect])} if all conditions match. {ALSO[effect]}"
        remove = parts.button("remove", f"Remove {which}") * (len(own.rows) > 1)
        return {
            "block": f"<p>{start}</p>{parts.row(block)}",
            "rows": self._table(),
            "given": f"<p>The request of {which}:</p>{parts.row(fields)}",
            "edit": parts.row(parts.button("add", "Add a row"), remove),
        }

    def _table(self) -> str:
        own, rows = self.state, []
        heads = [("Given", key) for key in self.keys.values()]
        for name, each in zip(own.operators, self._statement.conditions, strict=True):
            heads.append((f"When {each.key}", name))
        heads.append(("Then", "the statement"))
        for row, values in enumerate(own.rows):
            match, chosen = self.outcome(row), " checked" * (row == own.row)
            missed = [miss.condition for miss in match.mismatches] if match else []
            met = [own not in missed for own in match.statement.conditions] if match else []
            looks = [MATCHES if own else MISSES for own in (*met, not missed)]
            field = f'<input type="radio" name="row" value="{row}"{chosen}>'
            shown = map(parts.badge, looks) if match else [_LATER] * (len(own.operators) + 1)
            texts = (escape(text) or _ABSENT for text in values)
            rows.append([f"<label>{field}{row + 1}</label>", *texts, *shown])
        words = (f"<small>{escape(kind)}</small><br>{escape(name)}" for kind, name in heads)
        return parts.table("Requests", ["", *words], rows)

    def picture(self) -> str:
        """Return the conditions of the chosen row as a tree; nothing before a prediction."""
        return "" if self.is_hidden else condition_tree(self.decide())._repr_html_()

    def change(self, name: str, value: Any) -> Table:
        """Choose, add, remove or edit a row, or change an operator."""
        own, row, (kind, _, number) = self.state, self.state.row, name.partition(" ")
        rows, place = own.rows, int(number) if number.isdecimal() else MOST
        if name == "row" and str(value) in map(str, range(len(rows))):
            return replace(own, row=int(value))
        if name == "add" and len(rows) < MOST:
            return Table(own.operators, (*rows, rows[row]), (*own.answers, ""), len(rows))
        if name == "remove" and len(rows) > 1:
            left, answers = _put(rows, row), _put(own.answers, row)
            return Table(own.operators, left, answers, min(row, len(left) - 1))
        if kind == "given" and place < len(self.keys):
            rows = _put(rows, row, _put(rows[row], place, str(value).strip()))
            self._decided(own.operators, rows[row])  # an error comes before the change
            return replace(own, rows=rows, answers=_put(own.answers, row, ""))
        if kind == "operator" and value in self.operators(place):
            operators = _put(own.operators, place, value)
            return Table(operators, rows, ("",) * len(rows), row)
        raise self.no_control(name)


def _put(values: tuple[Any, ...], place: int, *new: object) -> tuple[Any, ...]:
    return (*values[:place], *new, *values[place + 1 :])


def condition_table(
    what: Statement | Block, rows: Iterable[Context] = (), **more: Any
) -> ConditionTable:
    """Show which requests the conditions of a statement match, as rows that can be edited.

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
    >>> mfa = "aws:MultiFactorAuthPresent"
    >>> table = condition_table({"Bool": {mfa: "false"}}, [{mfa: True}, {}])
    >>> [table.outcome(row).applies for row in (0, 1)]
    [False, False]
    >>> table.set("operator 0", "BoolIfExists")
    >>> [table.outcome(row).applies for row in (0, 1)]
    [False, True]
    """
    return ConditionTable(what, rows, **more)
