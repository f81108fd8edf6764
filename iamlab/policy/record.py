"""A policy document as values: the record that every tool of this folder reads and writes.

``parse`` rejects only text that isn't a policy. It also reads documents that IAM wouldn't save,
such as one with the action ``"s3"``, a duplicate Sid or no Version. The tools use only this record;
``policy/document.py`` has the class with their methods.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.display import few
from iamlab.errors import PolicyError
from iamlab.policy.json_text import read_json, take_json
from iamlab.policy.reading import Reader
from iamlab.policy.statement import Statement, Version, statement_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

Document = TypeVar("Document", bound="PolicyRecord")
"""The class of a document. A changed document has the same class."""


@dataclass(frozen=True, slots=True, repr=False)
class PolicyRecord:
    """The values of a policy document. `Policy` documents them and has the tools' methods."""

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    id: str | None = None
    name: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    # The form that engine/compiled.py caches here.
    compiled: dict[str, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def summary(self) -> str:
        """The numbers of statements that allow and deny, and their services.

        Examples
        --------
        >>> from iamlab import Policy
        >>> Policy.allow(["s3:GetObject", "sqs:SendMessage"]).summary
        '1 Allow on s3, sqs'
        """
        effects = [statement.effect for statement in self.statements]
        counts = ", ".join(f"{effects.count(effect)} {effect}" for effect in sorted(set(effects)))
        patterns = (pattern for statement in self.statements for pattern in statement.actions)
        services = few(dict.fromkeys(pattern.partition(":")[0] for pattern in patterns))
        return f"{counts or 'no statements'}{' on ' if services else ''}{services}"

    def __repr__(self) -> str:
        return f"<Policy{' ' if self.name else ''}{few([self.name])}: {self.summary}>"

    def __reduce__(self) -> tuple[Any, ...]:  # without the cache
        return type(self), (self.statements, self.version, self.id, self.name, self.text)

    @classmethod
    def parse(cls, document: str | Mapping[str, object] | Self, *, name: str = "") -> Self:
        """Read a policy document.

        Parameters
        ----------
        document
            JSON text, or the same as a ``dict``. A policy is returned unchanged.
        name
            The policy's name.

        Raises
        ------
        PolicyError
            It isn't a policy. The error lists every problem: JSON path, line, column and remedy.

        Examples
        --------
        >>> from iamlab import Policy
        >>> text = '{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'
        >>> Policy.parse(text).statements[0].action
        ('s3:GetObject',)
        """
        if isinstance(document, cls):
            return document.with_name(name) if name else document
        if isinstance(document, str):
            text, (value, source) = document, read_json(document)
        else:
            value, source = take_json(document)
            text = "" if source.problems else json.dumps(document, indent=2)
        policy = Reader(source).policy(value) if not source.problems or value else None
        if source.problems or policy is None:
            in_order = sorted(
                source.problems, key=lambda found: (found.line or 0, found.column or 0)
            )
            raise PolicyError(in_order, name)
        return cls(*policy, name=name, text=text)

    def with_name(self, name: str) -> Self:
        """Return the same document under another name."""
        return type(self)(self.statements, self.version, self.id, name, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Return the document as JSON values, as it was written."""
        document: dict[str, Any] = json.loads(self.text, parse_int=_int, parse_float=_float)
        return document


def _int(text: str) -> int | str:
    """Read an integer; keep it as text if Python would write it differently."""
    return int(text) if len(text) < 4300 and str(int(text)) == text else text


def _float(text: str) -> float | str:
    """Read a number with a point or an exponent in the same way."""
    return float(text) if repr(float(text)) == text else text


def edited(
    policy: Document, changed: Mapping[int, Statement | None], added: Iterable[Statement] = ()
) -> Document:
    """Return a document with some statements changed, by number, and some added.

    Parameters
    ----------
    changed
        The statements that replace others; ``None`` removes a statement.
    added
        Statements to append.

    Returns
    -------
    PolicyRecord
        Its statements get new numbers.
    """
    kept = [changed.get(statement.number, statement) for statement in policy.statements]
    return written((*filter(None, kept), *added), policy)


def written(statements: Iterable[Statement], like: Document) -> Document:
    """Write a document of statements with new numbers, and with another's version, ID and name.

    If that document has no Version element, this one has none either.
    """
    numbered = tuple(
        replace(statement, number=number, variables=like.version == "2012-10-17")
        for number, statement in enumerate(statements, 1)
    )
    document: dict[str, Any] = {"Version": like.version} if _has_version(like) else {}
    if like.id is not None:
        document["Id"] = like.id
    document["Statement"] = [statement_to_json(statement) for statement in numbered]
    return type(like)(
        numbered,
        like.version,
        like.id,
        like.name,
        json.dumps(document, indent=2, ensure_ascii=False),
    )


def _has_version(policy: PolicyRecord) -> bool:
    """Return whether to write a document's version: it has one, or no text yet."""
    newest = policy.version == "2012-10-17"
    return newest or not policy.text or "Version" in json.loads(policy.text)
