"""Where the parts of a policy stand in its text: the JSON path, line and column of each value."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.policy.json_text import child, read_json

if TYPE_CHECKING:
    from iamlab.policy.document import Policy
    from iamlab.policy.json_text import Source
    from iamlab.policy.statement import Condition, Statement


class Places:
    """The places of one policy. Its text is read again only when somebody asks.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{"Statement": [{"Effect": "Allow", "Action": ["a:b", "c:d"]}]}')
    >>> places = Places(policy)
    >>> path = places.value(policy.statements[0], "Action", 1)
    >>> path, places.where(path)
    ('$.Statement[0].Action[1]', (1, 54))
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known_ordinals: dict[int, list[int]] = {}

    def statement(self, statement: Statement) -> str:
        """Give the path of a statement."""
        raw = self._raw.get("Statement")
        return f"$.Statement[{statement.number - 1}]" if isinstance(raw, list) else "$.Statement"

    def element(self, statement: Statement, name: str) -> str:
        """Give the path of an element of a statement: ``$.Statement[0].Action``."""
        return child(self.statement(statement), name)

    def value(self, statement: Statement, name: str, index: int) -> str:
        """Give the path of one value of Action, NotAction, Resource or NotResource."""
        return self._one_of(
            self._written(statement).get(name), self.element(statement, name), index
        )

    def principal(self, statement: Statement, index: int) -> str:
        """Give the path of one pair of ``statement.principal`` or ``.not_principal``."""
        name = "NotPrincipal" if statement.principal is None else "Principal"
        pairs = statement.not_principal if statement.principal is None else statement.principal
        path = self.element(statement, name)
        block = self._written(statement).get(name)
        if pairs is None or not isinstance(block, dict):
            return path
        kind = pairs[index][0]
        return self._one_of(block.get(kind), child(path, kind), self._ordinals(statement)[index])

    def _ordinals(self, statement: Statement) -> list[int]:
        """Say of each principal which one of its type it is, counted from 0."""
        known = self._known_ordinals.get(statement.number)
        if known is None:
            seen: Counter[str] = Counter()
            known = self._known_ordinals[statement.number] = []
            for kind, _ in statement.principal or statement.not_principal or ():
                known.append(seen[kind])
                seen[kind] += 1
        return known

    def condition(
        self, statement: Statement, condition: Condition, index: int | None = None
    ) -> str:
        """Give the path of a condition's key, or of one of its values."""
        operator = str(condition.comparison)
        path = child(child(self.element(statement, "Condition"), operator), condition.key)
        if index is None:
            return path
        block = self._written(statement).get("Condition") or {}
        return self._one_of(block.get(operator, {}).get(condition.key), path, index)

    def where(self, path: str) -> tuple[int | None, int | None]:
        """Give line and column, from 1, of the value at a path."""
        return self._read[1].where(path)

    @cached_property
    def _read(self) -> tuple[Any, Source]:
        return read_json(self._policy.text)

    @property
    def _raw(self) -> dict[str, Any]:
        return self._read[0] if isinstance(self._read[0], dict) else {}

    def _written(self, statement: Statement) -> dict[str, Any]:
        raw = self._raw.get("Statement")
        found: dict[str, Any] = raw[statement.number - 1] if isinstance(raw, list) else raw or {}
        return found

    @staticmethod
    def _one_of(raw: object, path: str, index: int) -> str:
        return f"{path}[{index}]" if isinstance(raw, list) else path
