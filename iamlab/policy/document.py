"""Policy documents: JSON text in, frozen values out, every problem at once.

``parse`` refuses only what is no policy at all. What IAM would not save but can be understood (an
action ``"s3"``, the same Sid twice, no Version) is let through, and simply never matches.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from iamlab.errors import PolicyError, PolicyProblem
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, Comparison, read_operator
from iamlab.policy.json_text import Number, Source, child, read_json, take_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]

EFFECTS = ("Allow", "Deny")
VERSIONS = ("2012-10-17", "2008-10-17")
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
POLICY_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
EITHER = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition block: an operator, a key, and the values of which one must fit."""

    comparison: Comparison
    key: str
    values: tuple[str, ...]


# A Principal element as pairs of type and value: (("AWS", "111122223333"), ("Service", "..."));
# the bare "*" is ("*", "*").
Principals = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: an effect, and the elements that must all match for it to apply.

    An element that is not written is ``None``; an empty list is ``()``. Of ``Action`` and
    ``NotAction`` exactly one is there; of ``Resource`` and ``NotResource``, and of ``Principal``
    and ``NotPrincipal``, at most one.

    Parameters
    ----------
    number
        Its place in the document, counted from 1.
    variables
        Whether ``${...}`` means anything: only in a document of version 2012-10-17.
    """

    effect: Effect
    number: int
    sid: str | None = None
    principal: Principals | None = None
    not_principal: Principals | None = None
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] | None = None
    not_resource: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    variables: bool = True

    @property
    def label(self) -> str:
        """What the statement is called: its Sid, or ``#2`` for the second."""
        return self.sid or f"#{self.number}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document.

    Parameters
    ----------
    statements
        Its statements, in order.
    version
        The version of the *language*. Without one, AWS takes 2008-10-17: no variables.
    name
        What it is called where it hangs; a bare document has no name.
    text
        The JSON it was read from.

    Examples
    --------
    >>> policy = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    >>> policy.statements[0].action, policy.version
    (('s3:*',), '2008-10-17')
    """

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    id: str | None = None
    name: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    # What engine/compiled.py has made of it, once it was asked.
    compiled: dict[str, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    @classmethod
    def parse(cls, document: str | Mapping[str, object] | Policy, *, name: str = "") -> Policy:
        """Read a policy document.

        Parameters
        ----------
        document
            JSON text, or the same as a ``dict``. A policy comes back as it is.
        name
            What it is to be called.

        Raises
        ------
        PolicyError
            It is no policy. The error lists every problem: JSON path, line, column, mend.
        """
        if isinstance(document, Policy):
            return document.named(name) if name else document
        if isinstance(document, str):
            text, (value, source) = document, read_json(document)
        else:
            value, source = take_json(document)
            text = "" if source.problems else json.dumps(document, indent=2)
        policy = _Reader(source).policy(value) if not source.problems or value else None
        if source.problems or policy is None:
            raise PolicyError(sorted(source.problems, key=_reading_order), name)
        return cls(*policy, name=name, text=text)

    def named(self, name: str) -> Policy:
        """Give the same document under another name."""
        return Policy(self.statements, self.version, self.id, name, self.text)

    def to_json(self) -> dict[str, Any]:
        """Give the document as JSON values, as it was written."""
        document: dict[str, Any] = json.loads(self.text, parse_int=_int, parse_float=_float)
        return document

    def _repr_html_(self) -> str:
        from iamlab import display

        return display.html(self)


def read_part(value: Any, source: Source, path: str, *, name: str = "") -> Policy | None:
    """Read a policy that stands inside another document; its problems go to the source.

    Parameters
    ----------
    value, source
        As ``read_json`` gives them.
    path
        Where the policy stands: ``"$.layers.identity[0]"``.
    """
    before = len(source.problems)
    policy = _Reader(source, path).policy(value)
    if policy is None or len(source.problems) > before:
        return None
    numbers_as_text = json.JSONDecoder(parse_int=str, parse_float=str)
    _, end = numbers_as_text.raw_decode(source.text, source.places[path])
    return Policy(*policy, name=name, text=source.text[source.places[path] : end])


def _reading_order(problem: PolicyProblem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0


class _Reader:
    """Turns JSON values into statements, and notes on the way all that is wrong."""

    def __init__(self, source: Source, root: str = "$") -> None:
        self.source = source
        self.root = root

    def policy(self, value: Any) -> tuple[tuple[Statement, ...], Version, str | None] | None:
        if not isinstance(value, dict):
            what = f"A policy is an object, not {_kind(value)}."
            self.source.problem(self.root, what, "Begin with {.")
            return None
        self._known(value, POLICY_ELEMENTS, self.root)
        version = self._one_of(value, "Version", VERSIONS, self.root)
        identifier = self._text(value, "Id", self.root)
        if "Statement" not in value:
            self.source.problem(self.root, "Statement is missing.", "Add a list of statements.")
            return None
        raw = value["Statement"]
        if isinstance(raw, list):
            places = [(item, f"{self.root}.Statement[{i}]") for i, item in enumerate(raw)]
        else:
            places = [(raw, f"{self.root}.Statement")]
        newest = version == "2012-10-17"
        read = [
            self.statement(item, n, path, variables=newest)
            for n, (item, path) in enumerate(places, 1)
        ]
        kept = tuple(statement for statement in read if statement is not None)
        return kept, "2012-10-17" if newest else "2008-10-17", identifier

    def statement(self, value: Any, number: int, path: str, *, variables: bool) -> Statement | None:
        if not isinstance(value, dict):
            self.source.problem(
                path, f"A statement is an object, not {_kind(value)}.", "Write {...}."
            )
            return None
        self._known(value, STATEMENT_ELEMENTS, path)
        for one, other in EITHER:
            if one in value and other in value:
                what = f"{one} and {other} cannot stand in one statement."
                self.source.problem(child(path, other), what, "Make two statements of it.")
        if "Action" not in value and "NotAction" not in value:
            self.source.problem(path, "Action is missing.", 'Add "Action" (or "NotAction").')
        if "Effect" not in value:
            self.source.problem(path, "Effect is missing.", 'Add "Effect": "Allow" or "Deny".')
        effect = self._one_of(value, "Effect", EFFECTS, path)
        return Statement(
            effect="Deny" if effect == "Deny" else "Allow",
            number=number,
            sid=self._text(value, "Sid", path),
            principal=self._principals(value, "Principal", path),
            not_principal=self._principals(value, "NotPrincipal", path),
            action=self._list(value, "Action", path),
            not_action=self._list(value, "NotAction", path),
            resource=self._list(value, "Resource", path),
            not_resource=self._list(value, "NotResource", path),
            conditions=self._conditions(value, path),
            variables=variables,
        )

    def _known(self, value: dict[str, Any], elements: Iterable[str], path: str) -> None:
        for name in value:
            if name not in elements:
                self.source.problem(
                    child(path, name),
                    f"There is no element {name!r} here.",
                    _nearest(name, elements, "The elements are"),
                )

    def _one_of(
        self, value: dict[str, Any], name: str, allowed: tuple[str, ...], path: str
    ) -> str | None:
        text = self._text(value, name, path)
        if text is not None and text not in allowed:
            what = f"{name} cannot be {text!r}."
            fix = f"Write {' or '.join(allowed)}; letter case counts."
            self.source.problem(child(path, name), what, fix)
        return text

    def _text(self, value: dict[str, Any], name: str, path: str) -> str | None:
        if name not in value:
            return None
        text = value[name]
        if isinstance(text, str) and not isinstance(text, Number):
            return text
        self.source.problem(child(path, name), f"{name} is text, not {_kind(text)}.", "Quote it.")
        return None

    def _list(self, value: dict[str, Any], name: str, path: str) -> tuple[str, ...] | None:
        """Read a string or a list of strings."""
        if name not in value:
            return None
        path = child(path, name)
        raw = value[name]
        many = raw if isinstance(raw, list) else [raw]
        for i, item in enumerate(many):
            if not isinstance(item, str) or isinstance(item, Number):
                place = f"{path}[{i}]" if isinstance(raw, list) else path
                what = f"{name} holds text, not {_kind(item)}."
                self.source.problem(place, what, "Write a string or a list of strings.")
        return tuple(item for item in many if isinstance(item, str))

    def _principals(self, value: dict[str, Any], name: str, path: str) -> Principals | None:
        if name not in value:
            return None
        raw, path = value[name], child(path, name)
        if isinstance(raw, str) and not isinstance(raw, Number):
            return (("*" if raw == "*" else "", raw),)  # any other bare text matches nobody
        if not isinstance(raw, dict):
            what = f'{name} is an object or "*", not {_kind(raw)}.'
            self.source.problem(path, what, 'Write {"AWS": "arn:..."}.')
            return None
        found: list[tuple[str, str]] = []
        for kind in raw:
            if kind not in PRINCIPAL_TYPES:
                fix = _nearest(kind, PRINCIPAL_TYPES, "The types are")
                self.source.problem(child(path, kind), f"No principal type {kind!r}.", fix)
            found += ((kind, item) for item in self._list(raw, kind, path) or ())
        return tuple(found)

    def _conditions(self, value: dict[str, Any], path: str) -> tuple[Condition, ...]:
        block, path = value.get("Condition", {}), f"{path}.Condition"
        if not isinstance(block, dict):
            what = f"Condition is an object, not {_kind(block)}."
            self.source.problem(path, what, "Write {operator: {key: value}}.")
            return ()
        found: list[Condition] = []
        for operator, keys in block.items():
            comparison = read_operator(operator)
            place = child(path, operator)
            if comparison is None:
                self.source.problem(place, f"No operator {operator!r}.", _operator_hint(operator))
            if not isinstance(keys, dict):
                what = f"An operator holds keys and values, not {_kind(keys)}."
                self.source.problem(place, what, "Write {key: value}.")
                continue
            for key, raw in keys.items():
                values = self._values(raw, child(place, key))
                if comparison is not None:
                    found.append(Condition(comparison, key, values))
        return tuple(found)

    def _values(self, raw: Any, path: str) -> tuple[str, ...]:
        """Read condition values: text, numbers and booleans, quoted or not."""
        many = raw if isinstance(raw, list) else [raw]
        for i, item in enumerate(many):
            if not isinstance(item, str | bool):
                place = f"{path}[{i}]" if isinstance(raw, list) else path
                what = f"A condition value is text, a number or a boolean, not {_kind(item)}."
                self.source.problem(place, what, "Write one value or a list of values.")
        return tuple(
            ("true" if item else "false") if isinstance(item, bool) else str(item)
            for item in many
            if isinstance(item, str | bool)
        )


def _int(text: str) -> int | str:
    """Read a number, unless Python would write it in another way."""
    return int(text) if len(text) < 4300 and str(int(text)) == text else text


def _float(text: str) -> float | str:
    """The same for one with a point or an exponent."""
    return float(text) if repr(float(text)) == text else text


def _kind(value: Any) -> str:
    """Name a JSON type as people say it."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, Number):
        return "a number"
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names[type(value)]


def _nearest(name: str, known: Iterable[str], introduction: str) -> str:
    known = list(known)
    same = [word for word in known if word.lower() == name.lower()]
    close = same or get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else f"{introduction} {', '.join(known)}."


def _operator_hint(operator: str) -> str:
    if operator.endswith("NullIfExists"):
        return "Null asks itself whether the key exists: write Null."
    prefix, colon, name = operator.rpartition(":")
    known = [f"{base}{end}" for base in OPERATORS for end in ("", "IfExists")]
    wrong_prefix = colon and prefix not in SET_OPERATORS
    fixed = (
        _nearest(prefix, SET_OPERATORS, "Before the colon stands one of") if wrong_prefix else ""
    )
    nearest = _nearest(name, known, "Operators are")
    return fixed or (nearest if nearest.endswith("?") else nearest.split(", Numeric")[0] + ".")
