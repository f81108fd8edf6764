"""Read JSON values as statements, and collect all problems with their places.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from iamlab.policy.arn import names
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, read_operator
from iamlab.policy.json_text import Number, child
from iamlab.policy.statement import Condition, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.policy.json_text import Source
    from iamlab.policy.statement import Principals, Version

EFFECTS = ("Allow", "Deny")
VERSIONS = ("2012-10-17", "2008-10-17")
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
POLICY_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = names("statement_elements")
WRONG_TYPE = "DATA_TYPE_MISMATCH"
EITHER = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


class Reader:
    """Reads JSON values as statements, and collects all problems."""

    def __init__(self, source: Source, root: str = "$") -> None:
        self.source = source
        self.root = root

    def policy(self, value: Any) -> tuple[tuple[Statement, ...], Version, str | None] | None:
        """Read a whole document: its statements, its version, its Id."""
        if not isinstance(value, dict):
            what = f"A policy is a JSON object, not {_kind(value)}."
            self.source.problem(self.root, what, "Begin with {.", code=WRONG_TYPE)
            return None
        self._known(value, POLICY_ELEMENTS, self.root)
        version = self._one_of(value, "Version", VERSIONS, self.root)
        identifier = self._text(value, "Id", self.root)
        if "Statement" not in value:
            self.source.problem(
                self.root,
                "Statement is missing.",
                "Add a list of statements.",
                code="MISSING_STATEMENT",
            )
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
        """Read one statement; ``None`` if the value isn't an object."""
        if not isinstance(value, dict):
            what = f"A statement is a JSON object, not {_kind(value)}."
            self.source.problem(path, what, "Write {...}.", code=WRONG_TYPE)
            return None
        self._known(value, STATEMENT_ELEMENTS, path)
        for element, other in EITHER:
            if element in value and other in value:
                what = f"A statement can't have both {element} and {other}."
                self.source.problem(
                    child(path, other),
                    what,
                    "Write two statements.",
                    code="UNSUPPORTED_ELEMENT_COMBINATION",
                )
        if "Action" not in value and "NotAction" not in value:
            fix = 'Add "Action" (or "NotAction").'
            self.source.problem(path, "Action is missing.", fix, code="MISSING_ACTION")
        if "Effect" not in value:
            fix = 'Add "Effect": "Allow" or "Deny".'
            self.source.problem(path, "Effect is missing.", fix, code="MISSING_EFFECT")
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
                    code="INVALID_POLICY_ELEMENT",
                )

    def _one_of(
        self, value: dict[str, Any], name: str, allowed: tuple[str, ...], path: str
    ) -> str | None:
        text = self._text(value, name, path)
        if text is not None and text not in allowed:
            what = f"{name} can't be {text!r}."
            fix = f"Write {' or '.join(allowed)} (case-sensitive)."
            self.source.problem(child(path, name), what, fix, code=f"INVALID_{name.upper()}")
        return text

    def _text(self, value: dict[str, Any], name: str, path: str) -> str | None:
        if name not in value:
            return None
        text = value[name]
        if isinstance(text, str) and not isinstance(text, Number):
            return text
        what = f"{name} must be text, not {_kind(text)}."
        self.source.problem(child(path, name), what, "Put it in quotes.", code=WRONG_TYPE)
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
                what = f"{name} must contain text, not {_kind(item)}."
                fix = "Write a string or a list of strings."
                self.source.problem(place, what, fix, code=WRONG_TYPE)
        return tuple(item for item in many if isinstance(item, str))

    def _principals(self, value: dict[str, Any], name: str, path: str) -> Principals | None:
        if name not in value:
            return None
        raw, path = value[name], child(path, name)
        if isinstance(raw, str) and not isinstance(raw, Number):
            return (("*" if raw == "*" else "", raw),)  # any other bare text matches nobody
        if not isinstance(raw, dict):
            what = f'{name} must be an object or "*", not {_kind(raw)}.'
            self.source.problem(path, what, 'Write {"AWS": "arn:..."}.', code=WRONG_TYPE)
            return None
        found: list[tuple[str, str]] = []
        for kind in raw:
            if kind not in PRINCIPAL_TYPES:
                fix = _nearest(kind, PRINCIPAL_TYPES, "The types are")
                what = f"There is no principal type {kind!r}."
                self.source.problem(child(path, kind), what, fix, code="INVALID_PRINCIPAL_KEY")
            found += ((kind, item) for item in self._list(raw, kind, path) or ())
        return tuple(found)

    def _conditions(self, value: dict[str, Any], path: str) -> tuple[Condition, ...]:
        block, path = value.get("Condition", {}), f"{path}.Condition"
        if not isinstance(block, dict):
            what = f"Condition must be an object, not {_kind(block)}."
            fix = "Write {operator: {key: value}}."
            self.source.problem(path, what, fix, code=WRONG_TYPE)
            return ()
        found: list[Condition] = []
        for operator, keys in block.items():
            comparison = read_operator(operator)
            place = child(path, operator)
            if comparison is None:
                null = operator.endswith("NullIfExists")
                self.source.problem(
                    place,
                    f"There is no operator {operator!r}.",
                    _operator_hint(operator),
                    code="NULL_WITH_IF_EXISTS" if null else "INVALID_CONDITION_OPERATOR",
                )
            if not isinstance(keys, dict):
                what = f"An operator must have keys and values, not {_kind(keys)}."
                self.source.problem(place, what, "Write {key: value}.", code=WRONG_TYPE)
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
                what = f"A condition value must be text, a number or a boolean, not {_kind(item)}."
                fix = "Write one value or a list of values."
                self.source.problem(place, what, fix, code="INVALID_CONDITION_DATA_TYPE")
        return tuple(
            ("true" if item else "false") if isinstance(item, bool) else str(item)
            for item in many
            if isinstance(item, str | bool)
        )


def _kind(value: Any) -> str:
    """Name a JSON type with its article."""
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
        return "Write Null. It already checks whether the key exists."
    prefix, colon, name = operator.rpartition(":")
    known = [f"{base}{end}" for base in OPERATORS for end in ("", "IfExists")]
    wrong_prefix = colon and prefix not in SET_OPERATORS
    fixed = (
        _nearest(prefix, SET_OPERATORS, "Before the colon, write one of") if wrong_prefix else ""
    )
    nearest = _nearest(name, known, "Operators are")
    return fixed or (nearest if nearest.endswith("?") else nearest.split(", Numeric")[0] + ".")
