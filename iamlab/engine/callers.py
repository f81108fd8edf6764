"""Many callers as bits of whole numbers: of which kind are they, and whom can a Principal name?

Callers of one kind and partition are alike before most rules; their sets are made once. A Principal
element may tell them apart all the same, but only those that one of its values can mean. So each
caller is entered under all that it can be called by: its ARN, its account, the role or user behind
it, its unique id. What the element then says of a caller is left to ``engine/principals.py``; this
is only the index in which one looks up whom there is to ask about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.pair_bitsets import bits_at
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from iamlab.engine.request import Request
    from iamlab.policy.statement import Principals

Members = int | tuple[int, ...]
"""A set of callers: one bit for each, or, if they are few, their numbers in order."""

FEW = 32
"""So few take less room as numbers: a bit for each of 20,000 is 2,500 bytes, whoever is meant."""

NAMING = frozenset({"aws:principalarn", "aws:userid", "aws:tokenissuetime"})
"""The condition keys that say who calls, and with what, beside the principal itself."""


def members(numbers: Sequence[int]) -> Members:
    """Write a set of callers, given in order, in the way that takes less room.

    Examples
    --------
    >>> members([0, 3]), members(range(40)) == (1 << 40) - 1
    ((0, 3), True)
    """
    return tuple(numbers) if len(numbers) < FEW else bits_at(numbers)


def united(sets: Iterable[Members]) -> int:
    """Give those who are in any of the sets, as bits.

    Examples
    --------
    >>> bin(united([(0, 3), 0b10]))
    '0b1011'
    """
    found = 0
    few: list[int] = []
    for one in sets:
        if isinstance(one, int):
            found |= one
        else:
            few += one
    return found | bits_at(sorted(few)) if few else found


def numbers_in(bits: int) -> Iterator[int]:
    """Give the numbers of those who are in a set.

    Examples
    --------
    >>> list(numbers_in(0b1001))
    [0, 3]
    """
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class Callers:
    """Callers, by what they are and by what they can be called.

    Parameters
    ----------
    requests
        One of each, about whatever it may be.

    Attributes
    ----------
    alike
        Sets of callers that differ only in account and name, and in what they bring along.

    Examples
    --------
    >>> from iamlab import Request
    >>> names = "user/alice", "user/bob", "root"
    >>> callers = Callers(
    ...     Request(f"arn:aws:iam::111122223333:{name}", "s3:GetObject", "*") for name in names)
    >>> [bin(bits) for bits in callers.alike], bin(callers.of_account("111122223333"))
    (['0b11', '0b100'], '0b111')
    """

    def __init__(self, requests: Iterable[Request]) -> None:
        alike: dict[Hashable, list[int]] = {}
        called: dict[Hashable, list[int]] = {}
        for number, request in enumerate(requests):
            caller = request.caller
            partition = caller.arn.split(":", 2)[1] if caller.account else ""
            own = request.with_long_term_keys
            kind = (caller.kind, partition, caller.is_saml, caller.is_service_linked, own)
            alike.setdefault(kind, []).append(number)
            for name in _names(request):
                called.setdefault(name, []).append(number)
        self.alike = [bits_at(numbers) for numbers in alike.values()]
        self._called = {name: members(numbers) for name, numbers in called.items()}

    def of_account(self, account: str) -> int:
        """Give those who are of an account."""
        return united([self._called.get(account, ())])

    def parts(self, listed: Principals, within: int) -> list[tuple[int, Principals]]:
        """Part callers by which values of a Principal element can mean them.

        Returns
        -------
        list of (int, Principals)
            Callers, and the values that can mean them; no others can. Those of one part who are
            alike and equally bounded are then named alike.
        """
        everybody = tuple(pair for pair in listed if _is_everybody(*pair))
        meant = [
            (united([self._called[name]]) & within, pair)
            for pair in listed
            for name in _meant(*pair)
            if name in self._called
        ]
        found: list[tuple[int, Principals]] = []
        seen = 0
        # The smallest first: so those who are named one by one need no cutting.
        for bits, pair in sorted(meant, key=lambda one: one[0].bit_count()):
            if bits & seen:
                found = [part for one in found for part in _cut(one, bits, pair)]
            if bits & ~seen:
                found.append((bits & ~seen, (*everybody, pair)))
                seen |= bits
        return [*found, (within & ~seen, everybody)] if within & ~seen else found


def _cut(
    part: tuple[int, Principals], bits: int, pair: tuple[str, str]
) -> Iterator[tuple[int, Principals]]:
    """Cut a part in two, if need be: those whom one more value can mean, and the others."""
    known, pairs = part
    if known & bits:
        yield known & bits, (*pairs, pair)
    if known & ~bits:
        yield known & ~bits, pairs


def _names(request: Request) -> Iterator[Hashable]:
    """Give all that a caller can be called by."""
    caller = request.caller
    yield caller.arn
    if not caller.account:
        return
    yield caller.account
    if caller.is_of_role:
        yield "role", caller.account, Arn.parse(caller.issuer).name
    elif caller.issuer:
        yield "behind", caller.account, caller.issuer
    user_id = request.value("aws:userid")
    if user_id:
        yield "id", user_id
        yield "id before the colon", user_id.partition(":")[0]


def _meant(kind: str, value: str) -> Iterator[Hashable]:
    """Give what a value of a Principal element can mean; rather too much than too little."""
    if _is_everybody(kind, value):
        return
    arn = Arn.parse(value) if kind == "AWS" and is_arn(value) else None
    if arn is None or arn.kind != "role":
        yield value
    if arn is not None:
        yield "role", arn.account, arn.name
        yield "behind", arn.account, value
    elif kind == "AWS":
        yield "id", value
        yield "id before the colon", value
    if arn is not None and arn.resource == "root":
        yield arn.account


def _is_everybody(kind: str, value: str) -> bool:
    return kind == "*" or (kind == "AWS" and value == "*")
