"""The gate covers answers: no sentence of a lesson settles a prediction that is still open.

Before its prediction, no sentence names the action of a request, or a statement that decides it,
together with a verdict. Questions, tasks, and what a statement itself allows or denies ("KeepMaps
denies deleting") don't count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision

_VERDICT = re.compile(
    r"\b(allowed|denied|explicit deny|implicit deny|(denies|allows) it|decides|decided by|wins"
    r"|matches nothing)\b"
    r"|[✓✕○](?! Allow| Deny)",
    re.IGNORECASE,
)
_ABLE = re.compile(
    r"\b(can(not|'t)?|may|is (not )?able|isn't able|stops?|blocks?|fails|succeeds)\b"
)
"""A verdict too, if the caller is named."""

_NO_VERDICT = re.compile(r"\?$|^[-\s]*(Add|Choose|Find|Remove|Set|Write)\b|\banother bucket\b")
"""Questions, tasks, and sentences about other resources."""

_WORDS: dict[str, str] = tables(__file__)["words"]
"""What an action is called in a text."""

_BLOCK = re.compile(r"\n(?=\s*(?:[-|#>]|\d+\.))|\n\n+")
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class OpenRequest:
    """A request whose verdict must be predicted.

    Parameters
    ----------
    where
        The cell: ``"cell 9"``.
    decision
        What the engine decides.
    """

    where: str
    decision: Decision

    def settled_by(self, sentence: str) -> bool:
        """Return whether a sentence names its action or what decides it, with a verdict."""
        operation = self.decision.request.action.partition(":")[2]
        action = _names(sentence, f"{operation}|{_WORDS.get(operation, operation)}")
        if _NO_VERDICT.search(sentence) or not (action or self._is_deciding_in(sentence)):
            return False
        able = _ABLE.search(sentence) and self._is_caller_in(sentence)
        return bool(able or _VERDICT.search(sentence))

    def is_meant_by(self, sentence: str) -> bool:
        """Return whether a sentence is clearly about this request, or about a similar request."""
        mine = self._is_caller_in(sentence) or self._is_deciding_in(sentence)
        return mine and self.settled_by(sentence)

    def _is_caller_in(self, sentence: str) -> bool:
        return _names(sentence, self.decision.request.principal.rpartition("/")[2])

    def _is_deciding_in(self, sentence: str) -> bool:
        deciding = [own.statement.label for own in self.decision.determining]
        return any(_names(sentence, own) for own in deciding if not own.startswith("#"))


def _names(sentence: str, words: str) -> bool:
    return bool(re.search(rf"\b({words})\b", sentence, re.IGNORECASE))


def sentences(text: str) -> Iterator[str]:
    """Split a text into sentences; rows of a table and items of a list are apart.

    Examples
    --------
    >>> list(sentences("One *word*. Two words."))
    ['One word.', 'Two words.']
    """
    for block in _BLOCK.split(_FENCED.sub("", text)):
        plain = " ".join(re.sub(r"[*`]", "", block).split())
        yield from re.split(r"(?<=[.!?])\s+|(?<=[.!?][\"')])\s+", plain)


def violations(steps: Iterable[tuple[Any, str | OpenRequest]]) -> Iterator[tuple[Any, str]]:
    """Yield each place and sentence that settles a request which is asked there or later.

    A sentence about a request that was asked before repeats what the learner knows.

    Parameters
    ----------
    steps
        In the order of the lesson, each sentence and each request with its place.
    """
    found = list(steps)
    earlier: list[OpenRequest] = []
    later = [own for _, own in found if isinstance(own, OpenRequest)]
    for where, own in found:
        if isinstance(own, OpenRequest):
            earlier.append(later.pop(0))
        elif not any(request.is_meant_by(own) for request in earlier):
            request = next((each for each in later if each.settled_by(own)), None)
            if request is not None:
                action = request.decision.request.action
                yield where, f"{own!r} settles the prediction of {action} in {request.where}"
