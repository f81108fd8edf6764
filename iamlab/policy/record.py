"""A policy document as values: the record that every tool of this folder reads and writes.

``parse`` rejects only what isn't a policy. A document that IAM would not save but that
can be understood (an action ``"s3"``, a duplicated Sid, no Version) is read, and never matches. The
tools know only this record; ``policy/document.py`` has the class with their methods.

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
"""The class of a document: what is made of one is of the same class."""


@dataclass(frozen=True, slots=True, repr=False)
class PolicyRecord:
    """The values of a policy document; `Policy` describes them and has the tools' methods."""

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    id: str | None = None
    name: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    # What engine/compiled.py has made of it, once it was asked.
    compiled: dict[str, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def summary(self) -> str:
        """How many statements allow and deny, and of which services.

        Examples
        --------
        >>> from iamlab import Policy
        >>> Policy.allow(["s3:GetObject", "sqs:SendMessage"]).summary
        '1 Allow on s3, sqs'
        """
        effects = [one.effect for one in self.statements]
        counts = ", ".join(f"{effects.count(one)} {one}" for one in sorted(set(effects)))
        patterns = (p for one in self.statements for p in one.action or one.not_action or ())
        services = few(dict.fromkeys(pattern.partition(":")[0] for pattern in patterns))
        return f"{counts or 'no statements'}{' on ' if services else ''}{services}"

    def __repr__(self) -> str:
        return f"<Policy{' ' if self.name else ''}{few([self.name])}: {self.summary}>"

    def __reduce__(self) -> tuple[Any, ...]:  # what was made of it can be made again
        return type(self), (self.statements, self.version, self.id, self.name, self.text)

    @classmethod
    def parse(cls, document: str | Mapping[str, object] | Self, *, name: str = "") -> Self:
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
            It isn't a policy. The error lists every problem: JSON path, line, column and remedy.
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
            in_order = sorted(source.problems, key=lambda one: (one.line or 0, one.column or 0))
            raise PolicyError(in_order, name)
        return cls(*policy, name=name, text=text)

    def with_name(self, name: str) -> Self:
        """Return the same document under another name."""
        return type(self)(self.statements, self.version, self.id, name, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Give the document as JSON values, as it was written."""
        document: dict[str, Any] = json.loads(self.text, parse_int=_int, parse_float=_float)
        return document


def _int(text: str) -> int | str:
    """Read a number, unless Python would write it in another way."""
    return int(text) if len(text) < 4300 and str(int(text)) == text else text


def _float(text: str) -> float | str:
    """The same for one with a point or an exponent."""
    return float(text) if repr(float(text)) == text else text


def edited(
    policy: Document, changed: Mapping[int, Statement | None], added: Iterable[Statement] = ()
) -> Document:
    """Give a document with some statements changed, by number, and some added.

    Parameters
    ----------
    changed
        What stands in the place of a statement; ``None`` takes it out.
    added
        Statements that come last.

    Returns
    -------
    PolicyRecord
        Its statements are numbered anew.
    """
    kept = [changed.get(one.number, one) for one in policy.statements]
    return written((*(one for one in kept if one is not None), *added), policy)


def written(statements: Iterable[Statement], like: Document) -> Document:
    """Make a document of statements, numbered anew, with version, id and name of another.

    Where that one says no version, this one says none either.
    """
    numbered = tuple(
        replace(one, number=number, variables=like.version == "2012-10-17")
        for number, one in enumerate(statements, 1)
    )
    document: dict[str, Any] = {"Version": like.version} if _has_version(like) else {}
    if like.id is not None:
        document["Id"] = like.id
    document["Statement"] = [statement_to_json(one) for one in numbered]
    return type(like)(
        numbered,
        like.version,
        like.id,
        like.name,
        json.dumps(document, indent=2, ensure_ascii=False),
    )


def _has_version(policy: PolicyRecord) -> bool:
    """Say whether a document says its version; one that was never written shall."""
    newest = policy.version == "2012-10-17"
    return newest or not policy.text or "Version" in json.loads(policy.text)
