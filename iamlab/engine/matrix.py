"""Many callers and many (action, resource) pairs at once, with sets instead of requests.

How it works
------------
Pairs are bits of integers (``engine/pair_bitsets.py``). For a caller, each layer becomes two sets:
the pairs that its statements allow, and those that they deny. A statement's set is the set of its
actions ``&`` the set of its resources. It is the same for all callers, and is computed once. Only
conditions, variables and Principal are checked for each caller. A condition is checked once for all
pairs, or once for each group of resources with the same values of its keys.

The rule that combines the layers, and the layers that apply, depend on the pair and on the type of
caller. So each type of caller has a set for each rule and each layer.

The rules are those of ``AWS_RULES`` in ``engine/rules.py``. They combine results with ``&`` and
``|``, whether a result has one bit or two thousand. A property test proves that each bit is the
verdict of ``evaluate`` for that caller and pair.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """The access of many callers: a row for each caller, a bit for each pair.

    Parameters
    ----------
    principals
        The principals.
    pairs
        (action, resource), in the original order.
    rows
        Bit ``j`` of row ``i`` is set if caller ``i`` is allowed pair ``j``.
    assumed
        What AWS wouldn't save, and what is odd about the questions, in words.
    """

    principals: tuple[str, ...]
    pairs: tuple[Pair, ...]
    rows: tuple[int, ...]
    assumed: tuple[str, ...] = field(default=(), compare=False)

    @with_old_names
    def allowed(self, principal: int, pair: int) -> bool:
        """Return whether a caller is allowed a pair, both by number."""
        return bool(self.rows[principal] >> range(len(self.pairs))[pair] & 1)

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """Return (caller, action, resource) for all allowed pairs."""
        for caller, row in zip(self.principals, self.rows, strict=True):
            for number, (action, resource) in enumerate(self.pairs):
                if row >> number & 1:
                    yield caller, action, resource

    def __len__(self) -> int:
        """The number of decisions."""
        return len(self.principals) * len(self.pairs)

    def __repr__(self) -> str:
        allowed = sum(row.bit_count() for row in self.rows)
        size = f"{len(self.principals):,} x {len(self.pairs):,}"
        return f"<AccessMatrix of callers x pairs: {size}, {allowed:,} of {len(self):,} allowed>"

    @turned_around
    def diff(self, after: AccessMatrix) -> AccessChanges:
        """Return the access that callers gain and lose from this matrix to a later one.

        Principals and pairs are compared by name, in any order. The result also lists those that
        only one of the matrices has. These aren't gains or losses.

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
        """Return a ``pandas.DataFrame`` of True and False, with callers as rows."""
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
        (principal, layers, context) as in ``Request`` and ``Layers``, with the issuer as an
        optional fourth part. The layers contain only the caller's policies; those of resources are
        in ``resources``.
    pairs
        (action, resource).
    resources
        The facts about each resource, by ARN.

    Returns
    -------
    AccessMatrix
        Each bit is the verdict of ``evaluate``.

    Raises
    ------
    RequestError
        A request isn't valid, or the layers of a caller have a resource's policies.

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
    known = tuple((action, resource) for action, resource in pairs)
    index = QuestionIndex(known, resources or {})
    who, rows = [], []
    for caller in principals:
        who.append(caller[0])
        row = AllowedPairs(index, *caller).allowed() if known else 0
        rows.append(index.pairs.in_order(row))
    return AccessMatrix(tuple(who), known, tuple(rows))
