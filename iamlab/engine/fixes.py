"""The smallest changes that flip a verdict, each tested by deciding again.

First, every single change is tried, then every set of two, then every set of three. If none is
enough, a larger set is found in which every change is needed. A smaller set may exist, and the text
says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.engine import compiled
from iamlab.engine.candidate_edits import candidate_edits
from iamlab.engine.edits import Edit, apply_edits, edited_request
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import Request

LARGEST = 3
"""Sets up to this size are searched exhaustively."""

MOST = 12
"""The most sets of changes that are returned, if no single change is enough."""


NOT_SMALLEST = "(Every one of these changes is needed, but a smaller set may exist.)"


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class Fix:
    """A set of changes that flips a verdict.

    Parameters
    ----------
    edits
        The changes; all are needed.
    smallest
        Whether certainly no smaller set is enough.

    Examples
    --------
    >>> from iamlab import Layers, Request, evaluate
    >>> request = Request("arn:aws:iam::111122223333:user/alice", "ec2:StopInstances", "*")
    >>> fix = evaluate(request, Layers()).fixes()[0]
    >>> print(fix.text, bool(evaluate(request, fix.apply(Layers()))))
    Add to a policy of alice: Allow ec2:StopInstances on *. True
    """

    edits: tuple[Edit, ...]
    smallest: bool = True

    @property
    def text(self) -> str:
        """What to do, with a sentence for each change."""
        text = " ".join(edit.text for edit in self.edits)
        return text if self.smallest else f"{text} {NOT_SMALLEST}"

    @property
    def who(self) -> tuple[str, ...]:
        """Who can make the changes; if there are several people, all are needed."""
        return tuple(dict.fromkeys(edit.who for edit in self.edits))

    @property
    def breadth(self) -> int:
        """How much else can change; see ``engine/edits.py``."""
        return sum(edit.breadth for edit in self.edits)

    def apply(self, layers: Layers) -> Layers:
        """Return the policies with the changes applied."""
        return apply_edits(layers, self.edits)

    def ask(self, request: Request) -> Request:
        """Return the request after the changes: the caller may need to sign in with MFA."""
        return edited_request(request, self.edits)

    def to_dict(self) -> dict[str, Any]:
        """Return the fix as JSON values."""
        return {"text": self.text, "who": list(self.who), "breadth": self.breadth}

    def __repr__(self) -> str:
        return f"<Fix {self}>"

    def __str__(self) -> str:
        return f"{self.text} ({'; '.join(self.who)})"


def fixes(decision: Decision) -> tuple[Fix, ...]:
    """Find the changes; see ``Decision.fixes``."""
    if decision.rules is not AWS_RULES:
        raise RequestError("Fixes exist only for decisions by AWS's own rules.")
    edits = candidate_edits(decision)
    for size in range(1, LARGEST + 1):
        found = [Fix(chosen) for chosen in _sets(decision, edits, size) if flips(decision, chosen)]
        if found:
            found.sort(key=lambda fix: fix.breadth)
            return tuple(found) if size == 1 else tuple(found[:MOST])
    return _irreducible(decision, edits)


def flips(decision: Decision, edits: Sequence[Edit]) -> bool:
    """Decide again with the changes, and return whether the verdict flips."""
    try:
        request = edited_request(decision.request, edits)
    except RequestError:  # no request can have what a policy expects
        return False
    layers = apply_edits(decision.layers, edits)
    return (compiled.decide(request, layers) is Verdict.ALLOWED) is not bool(decision)


def _sets(decision: Decision, edits: Sequence[Edit], size: int) -> Iterator[tuple[Edit, ...]]:
    """Choose changes with different targets."""
    targets: dict[tuple[object, ...], list[Edit]] = {}
    for edit in edits:
        targets.setdefault(edit.target, []).append(edit)
    denies = set() if decision else {key for key in targets if key[0] in ("deny", "detach")}
    for chosen in combinations(targets.values(), size):
        # Every Deny must be removed, unless the request's context changes.
        kept = denies - {edits[0].target for edits in chosen}
        if not kept or any(edits[0].context for edits in chosen):
            yield from product(*chosen)


def _irreducible(decision: Decision, edits: Sequence[Edit]) -> tuple[Fix, ...]:
    """Start with the broadest change for each target, remove unneeded ones, then narrow them."""
    chosen = list({edit.target: edit for edit in edits}.values())
    if not flips(decision, chosen):
        return ()
    for edit in tuple(chosen):
        rest = [change for change in chosen if change is not edit]
        if flips(decision, rest):
            chosen = rest
    for place, broad in enumerate(chosen):
        before, after = chosen[:place], chosen[place + 1 :]
        same = [edit for edit in edits if edit.target == broad.target]
        chosen[place] = next(edit for edit in same if flips(decision, [*before, edit, *after]))
    return (Fix(tuple(chosen), smallest=False),)
