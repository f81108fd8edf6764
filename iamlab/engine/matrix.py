"""Many callers and many (action, resource) pairs at once, with sets instead of requests.

How it works
------------
Pairs are bits of whole numbers (``engine/pair_bitsets.py``). For a caller each layer becomes two
sets: the pairs that its statements allow, and those that they deny. A statement's set is that of
its actions ``&`` that of its resources; it is the same for all callers, and is worked out once.
Only its conditions, variables and Principal are checked for each caller. A condition is checked
once for all pairs, or once for each group of resources that have the same values of its keys.

Which rule combines the layers, and which layers apply, depends on the pair and on the kind of
caller. So each kind of caller has one more set for each rule and each layer.

The rules are those of ``AWS_RULES`` in ``engine/rules.py``: they combine results with ``&`` and
``|``, whether a result is one bit or two thousand. A property test proves that each bit is the
verdict of ``evaluate`` for that caller and pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import old_names_of, turned_around, with_old_names
from iamlab.display import Shown
from iamlab.engine.allowed_pairs import AllowedPairs
from iamlab.engine.question_index import QuestionIndex, ResourceFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.access_changes import AccessChanges
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import ContextValue
else:
    __getattr__ = old_names_of(__name__)

__all__ = ["AccessMatrix", "ResourceFacts", "evaluate_matrix"]

Pair = tuple[str, str]


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class AccessMatrix(Shown):
    """Who may do what: a row for each caller, a bit for each pair.

    Parameters
    ----------
    principals
        The principals.
    pairs
        (action, resource), as they were given.
    rows
        Bit ``j`` of row ``i`` says whether caller ``i`` may do pair ``j``.
    """

    principals: tuple[str, ...]
    pairs: tuple[Pair, ...]
    rows: tuple[int, ...]

    @with_old_names
    def allowed(self, principal: int, pair: int) -> bool:
        """Say whether a caller may do a pair, both by number."""
        return bool(self.rows[principal] >> range(len(self.pairs))[pair] & 1)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """Give (caller, action, resource) for all that is allowed."""
        for caller, row in zip(self.principals, self.rows, strict=True):
            for number, (action, resource) in enumerate(self.pairs):
                if row >> number & 1:
                    yield caller, action, resource

    def __len__(self) -> int:
        """How many decisions it holds."""
        return len(self.principals) * len(self.pairs)

    def __repr__(self) -> str:
        allowed = sum(row.bit_count() for row in self.rows)
        size = f"{len(self.principals):,} x {len(self.pairs):,}"
        return f"<AccessMatrix of callers x pairs: {size}, {allowed:,} of {len(self):,} allowed>"

    @turned_around
    def diff(self, after: AccessMatrix) -> AccessChanges:
        """Return who gains and who loses access from this matrix to a later one.

        Principals and pairs are compared by name, in any order. The result lists those that only
        one of the matrices has; they are neither gains nor losses.

        Examples
        --------
        >>> pairs = (("s3:GetObject", "arn:aws:s3:::maps/m31"),)
        >>> before = AccessMatrix(("ana", "bob"), pairs, (0b1, 0b0))
        >>> after = AccessMatrix(("bob", "ana", "zoe"), pairs, (0b1, 0b1, 0b1))
        >>> changes = before.diff(after)
        >>> changes.gained, changes.lost, changes.only_after
        ((('bob', 's3:GetObject', 'arn:aws:s3:::maps/m31'),), (), ('zoe',))
        """
        from iamlab.engine.access_changes import changes_between

        return changes_between(self, after)

    def to_frame(self) -> Any:
        """Give it as a ``pandas.DataFrame`` of True and False: callers down, pairs across."""
        from iamlab import display

        return display.frame(self)


@with_old_names
def evaluate_matrix(
    principals: Iterable[
        tuple[str, Layers, Mapping[str, ContextValue]]
        | tuple[str, Layers, Mapping[str, ContextValue], str | None]
    ],
    pairs: Iterable[Pair],
    resources: Mapping[str, ResourceFacts] | None = None,
) -> AccessMatrix:
    """Decide for each caller and each (action, resource) pair, by AWS's rules.

    Parameters
    ----------
    principals
        (principal, layers, context), as in ``Request`` and ``Layers``; a fourth part may be the
        issuer. Of the layers only the caller's side: what belongs to a resource stands in
        ``resources``.
    pairs
        (action, resource).
    resources
        What is known of a resource, by its ARN.

    Returns
    -------
    AccessMatrix
        Each bit is what ``evaluate`` would say.

    Raises
    ------
    RequestError
        One of the questions cannot be asked; or the layers of a caller hold a resource's policies.

    Examples
    --------
    >>> from iamlab import Layers, Policy
    >>> readers = Policy.parse({"Statement": {
    ...     "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::maps/*"}})
    >>> alice = ("arn:aws:iam::111122223333:user/alice", Layers(identity=[readers]), {})
    >>> matrix = evaluate_matrix([alice], [("s3:GetObject", "arn:aws:s3:::maps/m31"),
    ...                                  ("s3:PutObject", "arn:aws:s3:::maps/m31")])
    >>> matrix.allowed(0, 0), matrix.allowed(0, 1)
    (True, False)
    """
    asked = tuple((action, resource) for action, resource in pairs)
    universe = QuestionIndex(asked, resources or {})
    who, rows = [], []
    for caller in principals:
        who.append(caller[0])
        row = AllowedPairs(universe, *caller).allowed() if asked else 0
        rows.append(universe.pairs.in_order(row))
    return AccessMatrix(tuple(who), asked, tuple(rows))
